# SPDX-License-Identifier: MIT
"""Putting a database back, and everything that can come between."""

import hashlib
import itertools
import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import time
import zipfile

import servers
from box import (DUMP, ROLE_PASSWORD, SECRET, assert_same, children, on, tree, without_sequences,
                 without_setval)
from world import ROWS_OF_APPLICATION, Skipped

# A restore failed and nothing was changed: at once, or by putting everything back.
NOTHING_CHANGED = (1, 12)


def case_restore_worst_hour(box):
    """Rows and JSON files are what they were, and --undo brings back what was there, twice."""
    box.create()
    before = box.state()
    damaged = box.damage()
    box.run("restore", "latest", "--yes")
    assert_same(box.state(), before, "after the restore")
    box.run("restore", "--undo", "--yes")
    assert_same(box.state(), damaged, "after the undo")
    box.run("restore", "--undo", "--yes")
    assert_same(box.state(), before, "after the undo of the undo")


def case_restore_private(box):
    """What a restore keeps and stages is nobody else's, whatever the umask."""
    box.create()
    box.damage()
    old = os.umask(0)
    try:
        with box.held_restores():
            process = box.start("restore", "latest", "--yes")
            box.wait_for_statement(process, "CREATE INDEX")
            during = modes(box.system / ".a2a-backup")
        box.finish(process)
    finally:
        os.umask(old)
    # A JSON file that is staged has the mode of the one that it will replace.
    for found in (during, modes(box.system / ".a2a-backup")):
        assert not {path: mode for path, mode in found.items()
                    if mode & 0o077 and not path.endswith(".json")}, found
    assert any(path.endswith(".dump") for path in during), during


def modes(folder):
    return {str(path.relative_to(folder)): path.lstat().st_mode & 0o7777
            for path in folder.rglob("*")}


def case_restore_dropped_tables(box):
    """Tables, columns, indexes and sequences come back; undo gives the rows that were."""
    box.create()
    before = box.state()
    box.sql("DROP TABLE request_logs; ALTER TABLE tasks DROP COLUMN priority;"
            "DROP SCHEMA audit CASCADE; DROP INDEX idx_tasks_status;"
            "DROP SEQUENCE ticket_numbers; DELETE FROM system_metrics;"
            "ALTER TABLE api_keys RENAME COLUMN name TO label")
    damaged = box.sql("SELECT * FROM tasks ORDER BY id")
    box.run("restore", "latest", "--yes")
    assert_same(box.state(), before)
    box.run("restore", "--undo", "--yes")
    assert box.sql("SELECT * FROM tasks ORDER BY id") == damaged
    assert box.sql("SELECT count(*), max(label) FROM api_keys") == "5|key 5"


def case_restore_all_dropped(box):
    """Into a database that is there but empty, and shared/ gone: a machine that is new."""
    archive = box.create()
    before = box.state()
    box.sql("DROP SCHEMA public CASCADE; DROP SCHEMA audit CASCADE; CREATE SCHEMA public")
    shutil.rmtree(box.system / "shared")
    box.run("restore", archive, "--yes")
    found = box.state()
    assert found["files"] == before["files"]
    tables = {table: int(box.sql(f"SELECT count(*) FROM {table}")) for table in ROWS_OF_APPLICATION}
    assert tables == ROWS_OF_APPLICATION, tables
    box.run("restore", "--undo", "--yes")
    assert box.sql("SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', 'audit')") == "0"
    assert not (box.system / "shared").exists() or not tree(box.system / "shared")


def case_restore_database_gone(box):
    """A database that does not exist is not made: which one it is, and nothing is changed."""
    archive = box.create()
    box.damage()
    files = tree(box.system / "shared")
    box.server.dropdb(box.database)
    _, err = box.run("restore", archive, "--yes", code=(1, 3, 4, 7, 12))
    assert box.database in err and re.search("createdb|CREATE DATABASE|does not exist", err), err
    assert tree(box.system / "shared") == files
    box.server.createdb(box.database)
    box.run("restore", archive, "--yes")
    assert box.sql("SELECT count(*) FROM tasks") == "40"


@on("rich")
def case_restore_rich(box):
    """Odd names, types, partitions, heirs, views, large objects: all of it, over what is there."""
    box.create()
    before = box.state()
    box.sql("DELETE FROM measured WHERE value > 9; DROP VIEW glad; DELETE FROM child;"
            "SELECT lo_unlink(oid) FROM pg_largeobject_metadata;"
            "ALTER TYPE mood RENAME VALUE 'ok' TO 'so'")
    box.damage()
    box.run("restore", "latest", "--yes")
    assert_same(box.state(), before)


def case_restore_later_table(box):
    """A table that the backup does not have is left alone."""
    box.create()
    box.sql("CREATE TABLE later AS SELECT generate_series(1, 4) AS n")
    box.damage()
    box.run("restore", "latest", "--yes")
    assert box.sql("SELECT sum(n) FROM later") == "10"
    box.run("restore", "--undo", "--yes")
    assert box.sql("SELECT sum(n) FROM later") == "10"


def case_restore_plan(box):
    """--dry-run tells how many rows only the present database has, and changes nothing."""
    box.create()
    box.sql("INSERT INTO audit.events VALUES (7, 'new'), (8, 'new');"
            "DELETE FROM tasks WHERE id < 5")
    box.sql("INSERT INTO system_metrics (name, value, recorded_at) SELECT 'x', n, now()"
            " FROM generate_series(1, 6) n")
    before, files = box.state(), box.everything()
    out, _ = box.run("restore", "latest", "--dry-run")
    assert box.database in out and box.place in out, out
    assert "2 rows of audit.events only in the present database" in out, out
    assert "6 rows of system_metrics only in the present database" in out, out
    assert "rows of tasks" not in out, out
    plan = box.json("restore", "latest", "--dry-run")
    (entry,) = [each for each in plan["files"] if each["path"] == DUMP]
    assert entry["lost_rows"] == {"audit.events": 2, "system_metrics": 6}, entry
    assert entry["action"] == "overwrite", entry
    _, err = box.run("restore", "latest", code=7)
    assert "--yes" in err, err
    assert_same(box.state(), before)
    assert box.everything() == files


def case_restore_other_database(box):
    """The plan points out that the backup is of another database; of the same one it says nothing,
    however that is named and whether it was asked itself or its replica."""
    archive = box.create()
    own = f"postgresql:///{box.database}?host={box.server.socket}&port={box.server.port}&user=postgres"
    for url in (box.url, own):
        plan = box.json("restore", archive, "--dry-run", A2A_DATABASE_URL=url)
        assert plan["warnings"] == [], plan
    name, url = box.fresh("staging")
    _, err = box.run("restore", archive, "--dry-run", A2A_DATABASE_URL=url)
    port = box.server.port
    assert (f"warning: the backup is of another database, {box.database} at localhost:{port},"
            f" and is going to replace what is in {name} at localhost:{port}\n") in err, err
    box.run("restore", archive, "--yes", A2A_DATABASE_URL=url)
    assert box.sql("SELECT count(*) FROM tasks", name) == "40"


def on_a_small_disk(box, size):
    """The program, with the system on a file system of its own, of that size."""
    command = ["unshare", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run(
            [*command, "mount", "-t", "tmpfs", "none", box.tmp], stderr=subprocess.DEVNULL).returncode:
        raise Skipped("nothing can be mounted here")
    script = box.folder / "on_a_small_disk"
    script.write_text(f"""#!/bin/sh
exec {shlex.join(command)} sh -c 'mount -t tmpfs -o size={size} none {box.system} &&
  cp -R {box.model}/shared {box.system} && exec "$0" "$@"' {box.binary} "$@"
""")
    script.chmod(0o700)
    return script


def case_restore_space(box):
    """The space for the safety dump is that of the database which is there, not of the backup's."""
    box.create("--backup-dir", "elsewhere")
    box.sql("CREATE TABLE bulk AS SELECT (SELECT string_agg(md5(n || '.' || i), '')"
            " FROM generate_series(1, 16) i) FROM generate_series(1, 80000) n")  # 40 MB
    before = box.dump()
    real, box.binary = box.binary, on_a_small_disk(box, "16m")
    _, err = box.run("--backup-dir", "elsewhere", "restore", "latest", "--yes", code=1)
    assert "not enough space" in err and "to restore safely" in err, err
    box.binary = real
    assert_same(box.dump(), before)
    box.run("--backup-dir", "elsewhere", "restore", "latest", "--yes")


def case_restore_json(box):
    """What it says to programs is what its schema says."""
    box.create()
    box.damage()
    done = box.json("restore", "latest", "--yes")
    assert done["done"] is True, done
    assert [each["path"] for each in done["files"] if each["path"] == DUMP], done


def case_restore_only(box):
    """--only takes the JSON files without the database, and the database without the JSON files."""
    box.create()
    before, damaged = box.state(), box.damage()
    box.run("restore", "latest", "--only", "shared/*", "--yes")
    assert_same(box.dump(), damaged["database"])
    assert tree(box.system / "shared") == before["files"]
    damaged = box.damage()
    box.run("restore", "latest", "--only", "database/*", "--yes")
    assert_same(box.dump(), before["database"])
    assert tree(box.system / "shared") == damaged["files"]


def case_restore_application_connected(box):
    """A running application keeps its connection, and sees the rows."""
    box.create()
    with box.session() as application:
        assert application.sql("SELECT count(*) FROM tasks") == "40"
        application.sql("PREPARE look AS SELECT count(*) FROM tasks")
        box.damage()
        box.run("restore", "latest", "--yes")
        assert application.sql("SELECT count(*) FROM tasks") == "40"
        assert application.sql("EXECUTE look") == "40"


def case_restore_as_owner(box):
    """A role that owns its database and is nobody else makes backups and restores them."""
    name, _ = box.role()
    own = f"{box.database}_owned"
    box.server.createdb(own, owner=name)
    url = box.server.url_of(own, name, ROLE_PASSWORD)
    box.server.sql("CREATE TABLE tasks (id serial PRIMARY KEY, title text);"
                   "INSERT INTO tasks (title) SELECT 'task ' || n FROM generate_series(1, 30) n;"
                   "CREATE SCHEMA more; CREATE TABLE more.things (task integer REFERENCES tasks);"
                   "INSERT INTO more.things VALUES (1), (2); SELECT lo_from_bytea(0, 'abc')",
                   own, name, ROLE_PASSWORD)
    archive = box.create(A2A_DATABASE_URL=url)
    before = box.dump(own)
    box.sql("DELETE FROM more.things; DELETE FROM tasks WHERE id > 7", own)
    damaged = box.dump(own)
    box.run("restore", archive, "--yes", A2A_DATABASE_URL=url)
    assert_same(box.dump(own), before)
    box.run("restore", "--undo", "--yes", A2A_DATABASE_URL=url)
    assert_same(box.dump(own), damaged)


def case_restore_rights(box):
    """Owners and rights come back with the tables."""
    name, _ = box.role("SELECT ON tasks", "INSERT ON audit.events")
    box.sql(f'ALTER TABLE system_metrics OWNER TO "{name}"')
    box.create()
    before = box.state()
    box.sql(f'DROP TABLE system_metrics; REVOKE ALL ON tasks FROM "{name}"')
    box.run("restore", "latest", "--yes")
    assert_same(box.state(), before)


# Elsewhere.


def case_restore_to_database(box):
    """--to URL fills an empty database, and touches nothing of the system."""
    archive = box.create()
    before, damaged = box.dump(), box.damage()
    name, url = box.fresh()
    files = box.everything()
    box.run("restore", "latest", "--to", url)
    assert_same(box.dump(name), before)
    assert_same(box.state(), damaged)
    changed = {path for path, digest in box.everything().items() if files.get(path) != digest}
    assert not [path for path in changed if not path.startswith("system/.a2a-backup/history")
                and "drill" not in path], changed
    # The same without a system at all, in SQLAlchemy's form.
    name, url = box.fresh("other")
    box.run("restore", archive, "--to", url.replace("postgresql://", "postgresql+psycopg2://"),
            **box.sqlite())
    assert_same(box.dump(name), before)


def case_restore_to_database_not_empty(box):
    """exit 7, whatever it is that is in it"""
    archive = box.create()
    for number, statement in enumerate((
            "CREATE TABLE mine (id integer)", "CREATE VIEW mine AS SELECT 1",
            "CREATE SEQUENCE mine", "CREATE SCHEMA mine; CREATE TABLE mine.mine (id integer)",
            "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'")):
        name, url = box.fresh(f"fresh{number}")
        box.sql(statement, name)
        before = box.dump(name)
        _, err = box.run("restore", archive, "--to", url, code=7)
        assert name in err and "empty" in err, err
        assert_same(box.dump(name), before)
    _, err = box.run("restore", archive, "--to", box.url, "--yes", code=7)
    assert box.sql("SELECT count(*) FROM tasks") == "40"


def case_restore_to_database_not_there(box):
    """Which one it is."""
    archive = box.create()
    _, err = box.run("restore", archive, "--to", box.server.url_of("no_such_place"),
                     code=(1, 3, 4, 7))
    assert "no_such_place" in err, err


def case_restore_to_database_fails(box):
    """What cannot be restored whole leaves it as empty as it was."""
    name, _ = box.role()
    box.sql(f'ALTER TABLE system_metrics OWNER TO "{name}"')
    archive = box.create()
    box.server.dropdb(box.database)
    box.server.sql(f'DROP ROLE "{name}"')
    fresh, url = box.fresh()
    before = box.dump(fresh)
    _, err = box.run("restore", archive, "--to", url, code=NOTHING_CHANGED)
    assert name in err and "--no-owner" in err, err
    assert_same(box.dump(fresh), before)


def case_restore_no_owner(box):
    """--no-owner where the roles do not exist, here and elsewhere."""
    name, _ = box.role("SELECT ON tasks")
    box.sql(f'ALTER TABLE system_metrics OWNER TO "{name}"')
    archive = box.create()
    files = tree(box.system / "shared")
    box.sql(f'DROP OWNED BY "{name}"')
    box.server.sql(f'DROP ROLE "{name}"')
    box.damage()
    box.run("restore", archive, "--yes", code=NOTHING_CHANGED)
    box.run("restore", archive, "--no-owner", "--yes")
    assert box.sql("SELECT count(*) FROM system_metrics") == "8"
    assert tree(box.system / "shared") == files
    fresh, url = box.fresh()
    box.run("restore", archive, "--to", url, "--no-owner")
    assert_same(box.dump(fresh), box.dump())


def case_restore_to_folder(box):
    """--to DIR extracts the files, the dump among them."""
    box.create()
    box.server.dropdb(box.database)
    out = box.folder / "out"
    box.run("restore", "latest", "--to", out)
    assert set(tree(out)) == {"shared/agent_tasks.json", "shared/tasks.json", DUMP}, tree(out)
    assert "TABLE DATA public tasks" in box.server.client("pg_restore", "--list", out / DUMP)


# What comes between. Nothing may be changed then, neither database nor JSON.


def fails(box, *words, code=NOTHING_CHANGED, **variables):
    """A restore that does not come through. Its stderr."""
    before = box.state()
    _, err = box.run(*words, code=code, **variables)
    assert_same(box.state(), before, err)
    # Nothing waits, either.
    box.run("create", "--max-shrink", "100")
    return err


def case_fails_later_view(box):
    """A view made after the backup"""
    archive = box.create()
    box.sql("CREATE VIEW open_tasks AS SELECT * FROM tasks WHERE status = 'pending'")
    box.damage_rows()
    err = fails(box, "restore", archive, "--yes")
    assert "open_tasks" in err, err


def case_fails_later_foreign_key(box):
    """A table made after the backup, which refers to one of it"""
    archive = box.create()
    box.sql("CREATE TABLE notes (task bigint REFERENCES tasks(id))")
    box.damage_rows()
    err = fails(box, "restore", archive, "--yes")
    assert "notes" in err, err


def case_fails_no_rights(box):
    """A role that may read everything, and own nothing"""
    archive = box.create()
    name, url = box.role("pg_read_all_data")
    box.damage_rows()
    err = fails(box, "restore", archive, "--yes", A2A_DATABASE_URL=url)
    assert "owner" in err or "permission denied" in err, err


def case_fails_read_only(box):
    """A database that takes no writes"""
    archive = box.create()
    box.damage_rows()
    box.server.sql(f"ALTER DATABASE {box.database} SET default_transaction_read_only = on")
    before = box.state()
    _, err = box.run("restore", archive, "--yes", code=NOTHING_CHANGED)
    assert "read-only" in err, err
    assert_same(box.state(), before)


def case_fails_wrong_password(box):
    """exit 9"""
    archive = box.create()
    _, url = box.role("pg_read_all_data")
    box.damage_rows()
    fails(box, "restore", archive, "--yes", code=9, A2A_DATABASE_URL=url.replace("r0le", "wr0ng"))


def case_fails_no_server(box):
    """exit 3 or 1; the JSON files alone can be had."""
    archive = box.create()
    files = tree(box.system / "shared")
    box.damage_rows()
    (box.system / "shared" / "tasks.json").write_text("[]")
    gone = f"postgresql://u@127.0.0.1:{servers.free_port()}/a2a"
    fails(box, "restore", archive, "--yes", code=(1, 3), A2A_DATABASE_URL=gone)
    box.run("restore", archive, "--only", "shared/*", "--yes", A2A_DATABASE_URL=gone)
    assert tree(box.system / "shared") == files


def injected(box, archive, what):
    """A restore under strace, which makes a system call fail or the program die."""
    return subprocess.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={what}", box.binary,
         "-C", box.system, "restore", archive, "--yes"],
        env=box.environment, cwd=box.folder, text=True, stdin=subprocess.DEVNULL,
        capture_output=True, timeout=120)


def case_fails_after_the_database(box):
    """A JSON file that cannot be replaced, when the database is already: both are put back."""
    if shutil.which("strace") is None:
        raise Skipped("strace is not installed")
    box.environment["ASAN_OPTIONS"] = "detect_leaks=0"  # it cannot run under strace
    archive = box.create()
    codes = []
    for number in (2, 3):  # the first rename is the journal's
        before = box.damage()
        done = injected(box, archive, f"rename:error=EIO:when={number}")
        codes.append(done.returncode)
        assert SECRET not in done.stdout + done.stderr
        assert done.returncode in (0, 12), done.stderr
        if done.returncode == 12:
            assert_same(box.state(), before, done.stderr)
    assert 12 in codes, codes


def case_killed_at_each_rename(box):
    """Dead at each step that changes a file: all old, all new, or it can be taken either way."""
    if shutil.which("strace") is None:
        raise Skipped("strace is not installed")
    box.environment["ASAN_OPTIONS"] = "detect_leaks=0"
    archive = box.create()
    before = box.state()
    waited = 0
    for number in range(1, 20):
        ways = ("--rollback", "--resume")
        for way in ways[number % 2:] + ways[:number % 2]:
            damaged = box.damage()
            done = injected(box, archive, f"rename:signal=KILL:when={number}")
            if done.returncode == 0:
                break
            code = box.settle(way)
            waited += code == 0
            found = box.state()
            new = way == "--resume" if code == 0 else found["files"] == before["files"]
            assert_same(found, before if new else damaged, f"rename {number}, {way}")
        if done.returncode == 0:
            break
    assert done.returncode == 0 and waited > 3, (number, waited)
    assert_same(box.state(), before)


def locked(box, table, statement):
    archive = box.create()
    box.damage_rows()
    before = box.state()
    with box.session() as holder:
        holder.sql(f"BEGIN; {statement}")
        began = time.monotonic()
        _, err = box.run("--lock-timeout", "1", "restore", archive, "--yes", code=(6, 12),
                         A2A_BACKUP_LOCK_TIMEOUT=60)
        assert time.monotonic() - began < 50, "it waited too long"
        assert "--lock-timeout" in err, err
        process = holder.sql("SELECT pg_backend_pid()")
        assert f"locked by others: {table} (process {process})\n" in err, err
        holder.sql("ROLLBACK")
    assert_same(box.state(), before)
    box.run("restore", archive, "--yes")
    assert box.sql("SELECT count(*) FROM tasks") == "40"


def case_locked_by_a_reader(box):
    """exit 6 or 12 when a transaction that has read a table stays open"""
    locked(box, "audit.events", "SELECT count(*) FROM audit.events")


def case_locked_by_a_writer(box):
    """exit 6 or 12 when a transaction that has written to a table stays open"""
    locked(box, "audit.events", "INSERT INTO audit.events VALUES (99, '')")


def case_locked_whole(box):
    """exit 6 or 12 when somebody has a table for himself"""
    locked(box, "request_logs", "LOCK TABLE request_logs")


def case_locked_in_the_meantime(box):
    """exit 6 or 12 when somebody who was kept waiting has a table before the restore has it"""
    archive = box.create()
    before = box.dump()
    files = tree(box.system / "shared")
    (box.system / "shared" / "tasks.json").write_text("[]")
    with box.session() as writer:
        with box.held_restores():
            process = box.start("--lock-timeout", "2", "restore", archive, "--yes")
            box.wait_for_statement(process, "CREATE INDEX")
            writer.send("BEGIN; INSERT INTO tasks (ref, agent, title, created_at)"
                        " VALUES ('meanwhile', 'jules', '', now())")
            box.wait_for_statement(process, "INSERT INTO tasks", waits=True)
        box.finish(process, code=(0, 6, 12))
        writer.answer()
        writer.sql("ROLLBACK")
    box.free_restores()
    if process.returncode == 0:  # it never let go of the table
        assert tree(box.system / "shared") == files
    else:
        assert (box.system / "shared" / "tasks.json").read_text() == "[]"
    assert_same(without_setval(box.dump()), without_setval(before))


def case_locked_for_a_while(box):
    """A lock that is gone within --lock-timeout is waited for."""
    archive = box.create()
    before = box.state()
    box.damage()
    with box.session() as reader:
        reader.sql("BEGIN; SELECT count(*) FROM tasks")
        process = box.start("--lock-timeout", "60", "restore", archive, "--yes")
        box.wait_for_statement(process, waits=True)
        time.sleep(0.5)
        reader.sql("COMMIT")
        box.finish(process)
    assert_same(box.state(), before)


# Deaths.


def waits_and_is_settled(box, archive, before, damaged, way):
    """The next run says exit 8, and --resume and --rollback do what they say."""
    for words in (("create",), ("restore", archive, "--yes")):
        _, err = box.run(*words, code=8)
        assert "--resume" in err and "--rollback" in err, err
    box.run("restore", way)
    if way == "--resume":
        assert_same(box.state(), before, way)
    else:
        assert_same(without_sequences(box.state()), without_sequences(damaged), way)
    # Nothing waits any more.
    box.run("create", "--max-shrink", "100", "--exclude", "agent_tasks.json")


def server_dies(box, way, end):
    archive = box.create()
    before, damaged = box.state(), box.damage()
    with box.held_restores():
        process = box.start("restore", archive, "--yes")
        box.wait_for_statement(process, "CREATE INDEX")
        end(box.server)
    box.finish(process, code=8)
    assert tree(box.system / "shared") == damaged["files"], "JSON files were changed"
    # While the server is away it cannot be settled, and goes on waiting.
    for _ in range(2):
        box.run("restore", way, code=(1, 3, 8, 12))
        assert tree(box.system / "shared") == damaged["files"], "JSON files were changed"
    box.server.start()
    box.free_restores()
    waits_and_is_settled(box, archive, before, damaged, way)


def case_server_dies_before(box):
    """The server ends while a restore still waits for a lock: exit 1, 3 or 12, or it waits."""
    archive = box.create()
    before, damaged = box.state(), box.damage()
    with box.session() as reader:
        reader.sql("BEGIN; SELECT count(*) FROM audit.events")
        process = box.start("--lock-timeout", "60", "restore", archive, "--yes")
        box.wait_for_statement(process, waits=True)
        box.server.stop("immediate")
        box.finish(process, code=(1, 3, 8, 12))
    box.server.start()
    damaged = without_sequences(damaged)
    assert_same(without_sequences(box.state()), damaged)
    if process.returncode == 8:
        box.run("restore", "--rollback")
        assert_same(without_sequences(box.state()), damaged)
    box.run("restore", archive, "--yes")
    assert_same(box.state(), before)


def case_server_stopped_rollback(box):
    """The server ends at once in the middle of a restore; taken back"""
    server_dies(box, "--rollback", lambda server: server.stop("immediate"))


def case_server_stopped_resume(box):
    """The server ends at once in the middle of a restore; finished"""
    server_dies(box, "--resume", lambda server: server.stop("immediate"))


def case_server_killed_rollback(box):
    """The server is killed in the middle of a restore; taken back"""
    server_dies(box, "--rollback", lambda server: server.kill())


def case_server_killed_resume(box):
    """The server is killed in the middle of a restore; finished"""
    server_dies(box, "--resume", lambda server: server.kill())


def case_connection_ended(box):
    """Somebody ends the connection of the restore: all old, or it waits."""
    archive = box.create()
    before, damaged = box.state(), box.damage()
    with box.held_restores():
        process = box.start("restore", archive, "--yes")
        box.wait_for_statement(process, "CREATE INDEX")
        box.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE query LIKE 'CREATE INDEX%' AND datname = current_database()")
        box.finish(process, code=(*NOTHING_CHANGED, 8))
    box.free_restores()
    if process.returncode == 8:
        waits_and_is_settled(box, archive, before, damaged, "--rollback")
    else:
        assert_same(box.state(), damaged)


def killed(box, way):
    archive = box.create()
    before, damaged = box.state(), box.damage()
    with box.held_restores():
        process = box.start("restore", archive, "--yes")
        box.wait_for_statement(process, "CREATE INDEX")
        process.kill()
        box.finish(process, code=-signal.SIGKILL)
        box.check_secret()
        # While what it left behind in the server is still at work.
        for words in (("create",), ("restore", archive, "--yes")):
            box.run(*words, code=8)
        process = box.start("restore", way)
        time.sleep(0.5)
    box.finish(process)
    expected = before if way == "--resume" else damaged
    files = tree(box.system / "shared")
    box.wait_for(f"SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = '{box.database}'",
                 database="postgres")
    box.free_restores()
    assert files == expected["files"]
    assert_same(box.state(), expected, f"{way}, and the end of all connections")


def case_killed_rollback(box):
    """SIGKILL in the middle of a restore; taken back"""
    killed(box, "--rollback")


def case_killed_resume(box):
    """SIGKILL in the middle of a restore; finished"""
    killed(box, "--resume")


def case_killed_anywhere(box):
    """SIGKILL at many moments: all old, all new, or it waits and can be taken either way."""
    archive = box.create()
    before = box.state()
    chance = random.Random(7)
    box.damage()
    whole = seconds_of_restore(box, archive)
    codes = []
    for number in itertools.count():
        if number >= 8 and 0 in codes:
            break
        assert number < 40, ("no kill hit the middle", codes)
        damaged = box.damage()
        process = box.start("restore", archive, "--yes")
        time.sleep(whole * (number % 8 + chance.random()) / 8)
        process.kill()
        box.finish(process, code=(-signal.SIGKILL, 0))
        way = ("--resume", "--rollback")[number % 2]
        codes.append(box.settle(way))
        found = box.state()
        if codes[-1] == 0:
            assert_same(found, before if way == "--resume" else damaged, f"{number}: {way}")
        elif found["files"] == before["files"]:
            assert_same(found, before, f"{number}: all new")
        else:
            assert_same(found, damaged, f"{number}: all old")
        whole = seconds_of_restore(box, archive)  # others may keep the machine busy, or no longer
        assert_same(box.state(), before, f"{number}: restored once more")


def seconds_of_restore(box, archive):
    began = time.monotonic()
    box.run("restore", archive, "--yes")
    return time.monotonic() - began


def interrupted(box, number):
    archive = box.create()
    before, damaged = box.state(), box.damage()
    with box.held_restores():
        process = box.start("restore", archive, "--yes")
        box.wait_for_statement(process, "CREATE INDEX")
        process.send_signal(number)
    box.finish(process, code=(0, 128 + number, 12, 8))
    if process.returncode == 8:
        box.run("restore", "--rollback")
    box.free_restores()
    found = box.state()
    assert_same(found, before if found["files"] == before["files"] else damaged)
    box.run("create", "--max-shrink", "100", "--exclude", "agent_tasks.json")


def case_interrupted(box):
    """Ctrl-C: all old, all new, or it waits."""
    interrupted(box, signal.SIGINT)


def case_terminated(box):
    """SIGTERM: all old, all new, or it waits."""
    interrupted(box, signal.SIGTERM)


@on("bulk")
def case_interrupted_sending(box):
    """Ctrl-C while nobody takes what is sent into another database: it is not waited for."""
    archive = box.create()
    name, url = box.fresh()
    process = box.start("restore", archive, "--to", url)
    box.wait_for(f"SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = '{name}'"
                 " AND query LIKE 'COPY %'", database="postgres", process=process)
    (psql,) = children(process.pid, "psql")
    os.kill(psql, signal.SIGSTOP)
    time.sleep(0.5)  # until there is no more room in the pipe
    process.send_signal(signal.SIGINT)
    box.finish(process, code=130, timeout=60)
    box.wait_for(f"SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = '{name}'",
                 database="postgres")
    box.run("restore", archive, "--to", url)


# Another engine.


def case_cross_engine(box):
    """exit 7 between SQLite and PostgreSQL, both ways; the JSON files can be had."""
    dumped = box.create()
    sqlite = box.sqlite()
    copied = box.create("--max-shrink", "100", **sqlite)
    damaged = box.damage()
    database = tree(box.system / "database")
    for archive, variables in ((copied, {}), (dumped, sqlite)):
        _, err = box.run("restore", archive, "--yes", code=7, **variables)
        assert "sqlite" in err.lower() and "postgresql" in err.lower(), err
        assert "--only 'shared/*'" in err, err
        assert_same(box.state(), damaged)
        assert tree(box.system / "database") == database
        _, err = box.run("restore", archive, "--dry-run", code=7, **variables)
    model = tree(box.model / "shared")
    for archive, variables in ((copied, {}), (dumped, sqlite)):
        box.run("restore", archive, "--only", "shared/*", "--yes", **variables)
        assert tree(box.system / "shared") == model
        assert_same(box.dump(), damaged["database"])
        assert tree(box.system / "database") == database
        (box.system / "shared" / "tasks.json").write_text("[]")
    _, err = box.run("restore", copied, "--to", box.fresh()[1], code=7)


# Damage.


def rewritten(box, archive, change):
    """A copy of the archive whose dump is another, with metadata that agree with it."""
    path = box.folder / archive.name.replace("a2a_backup_20", "a2a_backup_19")
    with zipfile.ZipFile(archive) as file:
        entries = {name: file.read(name) for name in file.namelist()}
    dump = entries[DUMP] = change(entries[DUMP])
    metadata = json.loads(entries.pop("backup_metadata.json"))
    (entry,) = [each for each in metadata["entries"] if each["path"] == DUMP]
    entry["size"], entry["sha256"] = len(dump), hashlib.sha256(dump).hexdigest()
    for each in metadata["entries"]:
        del each["chunk_size"], each["chunks"]
    entries["backup_metadata.json"] = json.dumps(metadata).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return path


def case_verify(box):
    """A good one is good; a bit that flipped is exit 5, before anything is touched."""
    archive = box.create("--store-only")
    out, _ = box.run("verify", archive)
    assert "good" in out, out
    honest = rewritten(box, archive, lambda dump: dump)
    box.run("verify", honest)
    damaged = box.damage()
    content = bytearray(archive.read_bytes())
    content[content.index(b"PGDMP") + 3000] ^= 4
    archive.write_bytes(content)
    box.run("verify", archive, code=5)
    box.run("verify", "--all", code=5)
    box.run("restore", archive, "--yes", code=5)
    name, url = box.fresh()
    box.run("restore", archive, "--to", url, code=5)
    assert_same(box.state(), damaged)
    assert box.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", name) == "0"


def case_verify_dump(box):
    """exit 5 for a dump that is none, of another format, or cut off, though its digest is right."""
    archive = box.create()
    damaged = box.damage()
    plain = box.dump().encode()
    for what, change in (("none", lambda dump: b"<html>" * 1000), ("empty", lambda dump: b""),
                         ("plain text", lambda dump: plain),
                         ("its contents cut off", lambda dump: dump[:900]),
                         ("its data cut off", lambda dump: dump[:len(dump) * 2 // 3])):
        path = rewritten(box, archive, change)
        process = box.start("verify", path)
        box.finish(process, code=(0, 5))
        assert process.returncode == 5, f"{what}: verify takes it for good"
        box.run("restore", path, "--yes", code=(5, 12) if "data" in what else 5)
        assert_same(box.state(), damaged, what)
        path.unlink()
