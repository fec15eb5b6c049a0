# SPDX-License-Identifier: MIT
"""The schema is changed just while a dump begins."""

import json
import shutil
import zipfile

from box import assert_same
from cases_create import load
from world import ROWS_OF_APPLICATION

SHORT_LIVED = ("CREATE TABLE short_lived (a integer);"
               "CREATE SCHEMA short CREATE TABLE lived (a integer)")
DROPS = ("DROP TABLE short_lived", "DROP SCHEMA short CASCADE")  # a dump that each overtakes


def attempts_of(archive):
    with zipfile.ZipFile(archive) as file:
        return json.loads(file.read("backup_metadata.json"))["capture"]["attempts"]


def overtaken_by(box, *statements):
    """A PATH with a pg_dump that finds its first dump, its second, ... overtaken by such a change,
    which its snapshot does not see."""
    folder = box.folder / "bin"
    folder.mkdir(exist_ok=True)
    (folder / "statements").write_text("".join(f"{each};\n" for each in statements))
    script = folder / "pg_dump"
    script.write_text(f"""#!/bin/sh
case "$*" in *--snapshot=*)
  for word; do case $word in --dbname=*) database=$word ;; esac; done
  head -n 1 {folder}/statements | psql -X -q -v ON_ERROR_STOP=1 "$database" || exit 99
  sed -i 1d {folder}/statements
esac
exec {shutil.which("pg_dump")} "$@"
""")
    script.chmod(0o700)
    return f"{folder}:{box.environment['PATH']}"


def assert_all_overtaken(box):
    """Each of the changes was made."""
    left = (box.folder / "bin" / "statements").read_text()
    assert not left, left


def case_create_dropped_meanwhile(box):
    """What is dropped while pg_dump begins costs another try, with a new snapshot."""
    before = box.dump()
    box.sql(SHORT_LIVED)
    archive = box.create(PATH=overtaken_by(box, *DROPS))
    assert box.record(archive)["tables"] == ROWS_OF_APPLICATION, box.record(archive)
    assert attempts_of(archive) == 3, attempts_of(archive)
    name, _ = box.fresh()
    load(box, archive, name)
    assert_same(box.dump(name), before)


def again_and_again(box):
    """A PATH on which every dump is overtaken."""
    names = [f"short_lived_{number}" for number in range(4)]
    box.sql("".join(f"CREATE TABLE {name} (a integer);" for name in names))
    return overtaken_by(box, *(f"DROP TABLE {name}" for name in names))


def assert_given_up(box, err):
    assert "short_lived_2" in err and "dropped meanwhile" in err, err
    assert box.sql("SELECT count(*) FROM short_lived_3") == "0"


def case_create_dropped_again_and_again(box):
    """exit 3 after three tries, with what to do"""
    _, err = box.run("create", code=3, PATH=again_and_again(box))
    assert_given_up(box, err)
    assert not box.archives()


def case_restore_dropped_meanwhile(box):
    """The same for the present state that a restore keeps, and for the one that its undo keeps."""
    box.create()
    before = box.state()
    damaged = box.damage()
    # What a role has set must not keep the second try from seeing what the first did not.
    box.server.sql(f'ALTER DATABASE "{box.database}" SET default_transaction_isolation = '
                   "'repeatable read'")
    box.sql(SHORT_LIVED)
    path = overtaken_by(box, *DROPS)
    box.run("restore", "latest", "--yes", PATH=path)
    assert_all_overtaken(box)
    assert_same(box.state(), before, "after the restore")
    box.sql(SHORT_LIVED)
    overtaken_by(box, *DROPS)
    box.run("restore", "--undo", "--yes", PATH=path)
    assert_all_overtaken(box)
    assert_same(box.state(), damaged, "after the undo")


def case_restore_dropped_again_and_again(box):
    """exit 3 after three tries, and nothing is changed"""
    box.create()
    before = box.damage()
    path = again_and_again(box)
    _, err = box.run("restore", "latest", "--yes", code=3, PATH=path)
    assert_given_up(box, err)
    box.sql("DROP TABLE short_lived_3")
    assert_same(box.state(), before)
    box.run("restore", "latest", "--yes")


def case_diff_dropped_meanwhile(box):
    """The same for what diff compares with."""
    box.create()
    box.sql(SHORT_LIVED + ";DELETE FROM audit.events")
    out, _ = box.run("diff", "latest", code=(0, 10), PATH=overtaken_by(box, *DROPS))
    assert_all_overtaken(box)
    assert "audit.events" in out and "short" not in out, out


def case_diff_dropped_again_and_again(box):
    """exit 3 after three tries, with what to do"""
    box.create()
    _, err = box.run("diff", "latest", code=3, PATH=again_and_again(box))
    assert_given_up(box, err)
