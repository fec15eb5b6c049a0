# SPDX-License-Identifier: MIT
"""A server that does not speak English: what its errors mean is known all the same."""

import re

from box import assert_same
from cases_overtaken import overtaken_by
from world import APPLICATION, ROWS, ROWS_OF_APPLICATION


def germany(box):
    """The case's database on that server: the variables that name it."""
    server = box.world.german
    box.server.dropdb(box.database)
    box.server = server
    url = server.createdb(box.database)
    box.place = f"127.0.0.1:{server.port}"
    server.script(APPLICATION + ROWS.format(tasks=40, repeat=2), box.database)
    return {"A2A_DATABASE_URL": url}


def case_language_round_trip(box):
    """create, restore and undo"""
    where = germany(box)
    archive = box.create(**where)
    assert box.record(archive)["tables"] == ROWS_OF_APPLICATION
    before = box.state()
    damaged = box.damage()
    box.run("restore", "latest", "--yes", **where)
    assert_same(box.state(), before)
    box.run("restore", "--undo", "--yes", **where)
    assert_same(box.state(), damaged)


def case_language_lock(box):
    """exit 6, and who holds the lock"""
    where = germany(box)
    box.create(**where)
    with box.session() as holder:
        holder.sql("BEGIN; SELECT count(*) FROM tasks")
        _, err = box.run("--lock-timeout", "1", "restore", "latest", "--yes", code=6, **where)
        assert f"tasks (process {holder.pid})" in err and "--lock-timeout" in err, err


def case_language_depends(box):
    """The message is the server's own, and the hint is there."""
    where = germany(box)
    box.create(**where)
    box.sql("CREATE VIEW later AS SELECT id FROM tasks")
    before = box.state()
    _, err = box.run("restore", "latest", "--yes", code=12, **where)
    assert "andere Objekte davon ab" in err and "does not have depends on" in err, err
    assert "2BP01" not in err, err
    assert_same(box.state(), before)


def case_language_dump(box):
    """pg_dump tells no SQLSTATE: exit 3 with the server's words, unless it is told to speak English
    as docs/postgresql.md does it."""
    where = germany(box)
    names = ("short_lived", "short_lived_too")
    for name in names:
        box.sql(f"CREATE TABLE {name} (a integer)")
    path = overtaken_by(box, *(f"DROP TABLE {name}" for name in names))
    _, err = box.run("create", code=3, PATH=path, **where)
    assert re.search("error: cannot dump .*short_lived.* existiert nicht", err), err
    box.sql(f'ALTER DATABASE "{box.database}" SET lc_messages = \'C\'')
    box.create(PATH=path, **where)
