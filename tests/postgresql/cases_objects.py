# SPDX-License-Identifier: MIT
"""Restores and undos of more than tables: what is easy to create, and hard to replace."""

import shutil

from box import assert_same, on
from cases_restore import injected
from world import Skipped

EVERYTHING = """
CREATE VIEW open_tasks AS SELECT id, title FROM tasks WHERE status <> 'completed';
CREATE MATERIALIZED VIEW per_agent AS SELECT agent, count(*) FROM tasks GROUP BY agent;
CREATE FUNCTION title_of(tasks) RETURNS text LANGUAGE sql AS 'SELECT $1.title';
CREATE TYPE mood AS ENUM ('well', 'unwell');
CREATE SCHEMA apart;
CREATE TABLE apart.notes (id integer PRIMARY KEY, task bigint REFERENCES public.tasks, how mood);
CREATE SEQUENCE spare;
SELECT lo_create(77);
"""
NOTHING = """
DROP TABLE tasks CASCADE;
DROP SCHEMA apart CASCADE;
DROP SEQUENCE spare;
DROP TYPE mood;
DROP FUNCTION IF EXISTS title_of;
DROP MATERIALIZED VIEW IF EXISTS per_agent;
SELECT lo_unlink(77);
"""


def there_and_back(box, change):
    """A backup, a change, a restore, its undo, and the restore once more."""
    archive = box.create()
    before = box.dump()
    box.sql(change)
    changed = box.dump()
    assert changed != before
    box.run("restore", archive, "--yes")
    assert_same(box.dump(), before, "restored")
    box.run("restore", "--undo", "--yes")
    assert_same(box.dump(), changed, "undone")
    box.run("restore", archive, "--yes")
    assert_same(box.dump(), before, "restored again")


def case_objects_dropped(box):
    """Views, functions, types, schemas, sequences and large objects come back, and go again."""
    box.sql(EVERYTHING)
    there_and_back(box, NOTHING)


def case_objects_partitions_with_a_key(box):
    """The key of a partition cannot be dropped by itself."""
    box.sql("CREATE TABLE part (id integer, day date, task bigint REFERENCES tasks,"
            "  PRIMARY KEY (id, day)) PARTITION BY RANGE (day);"
            "CREATE TABLE part_a PARTITION OF part FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
            "CREATE TABLE part_b PARTITION OF part FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
            "INSERT INTO part VALUES (1, '2024-05-05', 1), (2, '2025-05-05', 2);")
    there_and_back(box, "DELETE FROM part")


def case_objects_partitions_since(box):
    """A partitioned table that the backup does not have stays, and an undo can bring it back."""
    archive = box.create()
    box.sql("CREATE TABLE later (id integer PRIMARY KEY) PARTITION BY RANGE (id);"
            "CREATE TABLE later_a PARTITION OF later FOR VALUES FROM (0) TO (10);"
            "INSERT INTO later VALUES (1); DELETE FROM system_metrics")
    changed = box.dump()
    out, _ = box.run("restore", archive, "--yes")
    assert "the table later_a" in out, out
    assert box.sql("SELECT count(*) FROM later").strip() == "1"
    box.run("restore", "--undo", "--yes")
    assert_same(box.dump(), changed, "undone")


def case_objects_rolled_back(box):
    """When a file cannot follow, what came with the database goes again."""
    if shutil.which("strace") is None:
        raise Skipped("strace is not installed")
    box.environment["ASAN_OPTIONS"] = "detect_leaks=0"  # it cannot run under strace
    box.sql(EVERYTHING)
    archive = box.create()
    box.sql(NOTHING)
    (box.system / "shared" / "tasks.json").write_text("[]\n")
    changed = box.state()
    done = injected(box, archive, "rename:error=EIO:when=2")  # the first one is the journal's
    assert done.returncode == 12, done.stderr
    assert_same(box.state(), changed)


def case_objects_extension_of_another(box):
    """An extension that the administrator installed is left alone."""
    name, url = box.role("CREATE ON SCHEMA public")
    if box.sql("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'").strip() == "0":
        return
    box.sql("CREATE EXTENSION pg_trgm")
    for table in ("tasks", "api_keys", "request_logs", "system_metrics", "audit.events"):
        box.sql(f'ALTER TABLE {table} OWNER TO "{name}"')
    box.sql(f'ALTER SEQUENCE ticket_numbers OWNER TO "{name}"; ALTER SCHEMA audit OWNER TO "{name}";'
            f'GRANT CREATE ON DATABASE "{box.database}" TO "{name}";'
            "CREATE INDEX fuzzy ON tasks USING gin (title gin_trgm_ops)")
    archive = box.create(A2A_DATABASE_URL=url)
    before = box.dump()
    box.sql("DELETE FROM tasks")
    box.run("restore", archive, "--yes", A2A_DATABASE_URL=url)
    assert_same(box.dump(), before)


@on("bulk")
def case_objects_loud(box):
    """What the server has to say of each step keeps nothing waiting."""
    archive = box.create()
    before = box.state()
    damaged = box.damage()
    box.sql("CREATE FUNCTION loud() RETURNS event_trigger LANGUAGE plpgsql AS"
            "  $$BEGIN RAISE WARNING '%', repeat('x', 50000); END$$;"
            "CREATE EVENT TRIGGER loud ON ddl_command_end EXECUTE FUNCTION loud();"
            "CREATE EVENT TRIGGER loud_drop ON sql_drop EXECUTE FUNCTION loud()")
    quiet = "DROP EVENT TRIGGER loud; DROP EVENT TRIGGER loud_drop; DROP FUNCTION loud"
    box.run("restore", archive, "--yes")
    box.sql(quiet)
    assert_same(box.state(), before)
    box.run("restore", "--undo", "--yes")
    box.sql(quiet)
    assert_same(box.state(), damaged)


def case_objects_remarks(box):
    """Nothing but errors is asked for, whatever the database is set to."""
    archive = box.create()
    before = box.state()
    box.sql("CREATE TABLE seen (level text);"
            "CREATE FUNCTION look() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN"
            "  INSERT INTO public.seen VALUES (current_setting('client_min_messages')); END$$;"
            "CREATE EVENT TRIGGER look ON sql_drop EXECUTE FUNCTION look();"
            f"ALTER DATABASE \"{box.database}\" SET client_min_messages = 'debug1'")
    box.run("restore", archive, "--yes")
    assert box.sql("SELECT DISTINCT level FROM seen").strip() == "error"
    box.sql("DROP EVENT TRIGGER look; DROP FUNCTION look; DROP TABLE seen;"
            f"ALTER DATABASE \"{box.database}\" RESET client_min_messages")
    assert_same(box.state(), before)


def case_objects_secret_row(box):
    """The server quotes a row that breaks a rule; the row may hold a key."""
    box.sql("CREATE TABLE zz_allowed (name text);"
            "CREATE FUNCTION allowed(text) RETURNS boolean LANGUAGE sql STABLE AS"
            "  'SELECT EXISTS (SELECT FROM public.zz_allowed z WHERE z.name = $1)';"
            "INSERT INTO zz_allowed VALUES ('sk-live-TOPSECRET');"
            "CREATE TABLE aa_keys (name text CHECK (allowed(name)));"
            "INSERT INTO aa_keys VALUES ('sk-live-TOPSECRET')")
    archive = box.create()
    before = box.dump()
    _, err = box.run("restore", archive, "--yes", "-v", code=12)
    assert "aa_keys" in err and "TOPSECRET" not in err, err
    assert_same(box.dump(), before)


def case_objects_any_bytes(box):
    """A database without an encoding may hold bytes that are none in UTF-8."""
    name, url = "bytes", box.other_database("bytes", more="ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
    box.sql(r"CREATE TABLE odd (t text); INSERT INTO odd VALUES (E'\377\376')", name)
    archive = box.create(A2A_DATABASE_URL=url)
    box.sql("DELETE FROM odd", name)
    box.run("restore", archive, "--yes", A2A_DATABASE_URL=url)
    assert box.sql("SELECT encode(t::bytea, 'hex') FROM odd", name).strip() == "fffe"


def case_objects_many(box):
    """More statements than go at once, with names that hold line breaks."""
    box.sql("".join(f'CREATE TABLE "many\n;\n{n}" (id integer PRIMARY KEY, task bigint REFERENCES '
                    f'tasks); INSERT INTO "many\n;\n{n}" VALUES ({n}, 1);' for n in range(150)))
    there_and_back(box, "".join(f'DROP TABLE "many\n;\n{n}";' for n in range(0, 150, 2)))
