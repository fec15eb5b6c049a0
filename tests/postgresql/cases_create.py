# SPDX-License-Identifier: MIT
"""Backing a database up: what is in the archive, and what makes create fail."""

import datetime
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import time
import urllib.parse
import zipfile

import servers
from box import DUMP, ROLE_PASSWORD, SECRET, CommandLines, assert_same, children, on
from world import ROWS_OF_APPLICATION, Skipped


def load(box, archive, database):
    """The archive's dump into that database, by the archive and pg_restore alone."""
    with zipfile.ZipFile(archive) as file:
        file.extract(DUMP, box.folder / "loaded")
    box.server.client("pg_restore", "--exit-on-error", "-d",
                      box.server.url_of(database, servers.USER, None), box.folder / "loaded" / DUMP)


def rows_of(box, database, tables):
    return {table: int(box.sql(f"SELECT count(*) FROM {table}", database)) for table in tables}


def case_create_metadata(box):
    """The dump is in the archive, and the metadata tells of the database it came from."""
    began = time.time()
    archive = box.create()
    with zipfile.ZipFile(archive) as file:
        assert file.namelist() == ["shared/agent_tasks.json", "shared/tasks.json", DUMP,
                                   "backup_metadata.json"], file.namelist()
        assert file.read(DUMP)[:5] == b"PGDMP"
    record = box.record(archive)
    assert record["engine"] == "postgresql", record
    assert record["source"] == box.server.url_of(box.database, servers.USER, None), record
    assert record["server_version"] == box.server.version(), record
    assert record["tables"] == ROWS_OF_APPLICATION, record
    assert not record.get("standby"), record
    taken = record["snapshot_time"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", taken), taken
    seconds = datetime.datetime.fromisoformat(taken.replace("Z", "+00:00")).timestamp()
    assert began - 1 <= seconds <= time.time() + 1, (began, taken)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600


def case_create_is_shown(box):
    """list and inspect show the rows, and inspect --cat gives a file for pg_restore."""
    box.create()
    listed = box.json("list")["backups"][0]
    assert listed["state"] == "ok" and listed["rows"] == sum(ROWS_OF_APPLICATION.values()), listed
    out, _ = box.run("list")
    assert f"\t{sum(ROWS_OF_APPLICATION.values())}\t" in out, out
    shown = box.json("inspect", "latest")["database"]
    assert shown["engine"] == "postgresql" and shown["tables"] == ROWS_OF_APPLICATION, shown
    out, _ = box.run("inspect", "latest")
    for table, rows in ROWS_OF_APPLICATION.items():
        assert re.search(rf"(?m)^\s*{re.escape(table)}\s+{rows}$", out), (table, rows, out)
    assert box.place in out, out
    contents = box.server.client("pg_restore", "--list", box.cat("latest", box.folder / "the.dump"))
    assert "TABLE DATA public tasks" in contents, contents


def case_create_is_complete(box):
    """What pg_restore makes of the dump, without this program, is the database."""
    name, _ = box.fresh()
    load(box, box.create(), name)
    assert_same(box.dump(name), box.dump())


@on("rich")
def case_create_rich(box):
    """Odd names, types, partitions, views, large objects: all of it, and the rows of each."""
    archive = box.create()
    name, _ = box.fresh()
    load(box, archive, name)
    assert_same(box.dump(name), box.dump())
    tables = box.record(archive)["tables"]
    expected = {**ROWS_OF_APPLICATION, 'Other "Place".Odd \'Name\' with .dots': 9, "child": 2,
                "measured_2024": 213, "measured_2025": 187, "scratch": 2, "nothing_in_it": 0,
                "no_columns": 1, "parent": 1,
                "größe\n\tvon\\t| 'x'": 3}
    assert {table: tables.get(table) for table in expected} == expected, tables
    # A partitioned table holds no rows itself.
    assert set(tables) - set(expected) <= {"measured", "by_year"}, tables
    assert tables.get("measured", 0) in (0, 400), tables


@on("empty")
def case_create_empty(box):
    """A database without a table is a database."""
    archive = box.create()
    assert box.record(archive)["tables"] == {}, box.record(archive)
    box.run("verify", "latest")


def case_create_url_forms(box):
    """postgres://, SQLAlchemy's form, options in the URL, and --database before the environment."""
    for url in (box.server.url_of(box.database, scheme="postgres"),
                box.server.url_of(box.database, scheme="postgresql+psycopg2"),
                box.url + "?sslmode=disable&connect_timeout=7",
                f"postgresql:///{box.database}?host={box.server.socket}&port={box.server.port}"
                "&user=postgres"):
        assert box.record(box.create(A2A_DATABASE_URL=url))["tables"] == ROWS_OF_APPLICATION, url
    other, url = box.fresh("other")
    box.sql("CREATE TABLE only_here AS SELECT generate_series(1, 6)", other)
    for variables in ({}, box.sqlite(), {"A2A_DB_TYPE": None, "A2A_DATABASE_URL": None}):
        archive = box.create("--max-shrink", "100", "--database", url, **variables)
        assert box.record(archive)["tables"] == {"only_here": 6}, variables


def case_create_odd_names(box):
    """Names of a database and a role that need care: in URLs, SQL and connection strings."""
    name, role = f"odd={box.database} ü/%?'\\", f"at@role_{box.database}: x"
    box.server.sql(f"CREATE ROLE \"{role}\" LOGIN SUPERUSER PASSWORD '{ROLE_PASSWORD}'")
    try:
        box.other_database(name, template=box.world.template("application"))
        url = box.server.url_of(name, role, ROLE_PASSWORD)
        archive = box.create(A2A_DATABASE_URL=url)
        assert box.record(archive)["tables"] == ROWS_OF_APPLICATION, box.record(archive)
        assert box.record(archive)["source"] == box.server.url_of(name, role, None)
        before = box.dump(name)
        box.sql("DELETE FROM tasks", name)
        box.run("restore", archive, "--yes", A2A_DATABASE_URL=url)
        assert_same(box.dump(name), before)
    finally:
        box.server.dropdb(name)
        box.server.sql(f'DROP ROLE "{role}"')


def case_create_settings(box):
    """What the server, the role or the user has set otherwise makes no difference."""
    before = box.dump()
    (box.home / ".psqlrc").write_text("\\echo junk\n\\set AUTOCOMMIT off\n\\pset format html\n")
    for setting in ("idle_in_transaction_session_timeout = '250ms'",
                    "statement_timeout = '250ms'", "lock_timeout = '250ms'", "search_path = audit", "timezone = 'Asia/Kolkata'",
                    "datestyle = 'German'", "quote_all_identifiers = on", "row_security = off",
                    "default_transaction_isolation = 'serializable'", "bytea_output = 'escape'",
                    "default_transaction_deferrable = on", "client_encoding = 'LATIN1'",
                    "client_min_messages = 'debug1'", "intervalstyle = 'iso_8601'"):
        box.server.sql(f'ALTER DATABASE "{box.database}" SET {setting}')
    variables = {"PGDATABASE": "no_such_place", "PGHOST": "192.0.2.1", "PGPORT": "1",
                 "PGUSER": "nobody",
                 "PGOPTIONS": "-c search_path=audit", "PGTZ": "Asia/Tokyo", "LC_ALL": "C",
                 "PGAPPNAME": "odd"}
    began = time.time()
    archive = pathlib.Path(box.system, behind_a_lock(box, "create", "-q", **variables).strip())
    record = box.record(archive)
    assert record["tables"] == ROWS_OF_APPLICATION, record
    taken = datetime.datetime.fromisoformat(record["snapshot_time"].replace("Z", "+00:00"))
    assert began - 1 <= taken.timestamp() <= time.time() + 1, (record, began)
    name, _ = box.fresh()
    load(box, archive, name)
    box.sql("DELETE FROM public.request_logs")
    behind_a_lock(box, "restore", archive, "--yes", **variables)
    box.server.sql(f'ALTER DATABASE "{box.database}" RESET ALL')
    assert_same(box.dump(), box.dump(name))
    assert_same(box.dump(), before)


def behind_a_lock(box, *words, **variables):
    """The stdout of a command that is kept waiting for longer than those settings allow."""
    with box.session() as holder:
        holder.sql("RESET ALL; SET idle_in_transaction_session_timeout = 0")
        holder.sql("BEGIN; LOCK TABLE public.tasks")
        process = box.start(*words, **variables)
        box.wait_for_statement(process, waits=True)
        time.sleep(0.6)
        holder.sql("COMMIT")
        return box.finish(process)[0]


def case_create_read_only(box):
    """A database that takes no writes can be backed up."""
    box.server.sql(f'ALTER DATABASE "{box.database}" SET default_transaction_read_only = on')
    assert box.record(box.create())["tables"] == ROWS_OF_APPLICATION


def case_create_other_encoding(box):
    """A database that is not in UTF-8"""
    name = f"{box.database}_latin"
    url = box.server.createdb(name, more="ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
    box.sql("CREATE TABLE größe AS SELECT 'Überprüfe' AS title", name)
    archive = box.create(A2A_DATABASE_URL=url)
    assert box.record(archive)["tables"] == {"größe": 1}, box.record(archive)
    before = box.dump(name)
    box.sql("UPDATE größe SET title = 'gone'", name)
    box.run("restore", archive, "--yes", A2A_DATABASE_URL=url)
    assert_same(box.dump(name), before)
    fresh, url = box.fresh()
    box.run("restore", archive, "--to", url)
    assert box.sql("SELECT title FROM größe", fresh) == "Überprüfe"


def case_create_temporary_table(box):
    """Other people's temporary tables are none of it."""
    with box.session() as other:
        other.sql("CREATE TEMPORARY TABLE mine AS SELECT 1")
        assert box.record(box.create())["tables"] == ROWS_OF_APPLICATION


def case_create_extension_table(box):
    """What belongs to an extension is not in a dump, so its rows are not counted."""
    if box.sql("SELECT count(*) FROM pg_available_extensions WHERE name = 'pgcrypto'") == "0":
        raise Skipped("the extension pgcrypto is not installed")
    box.sql("CREATE EXTENSION pgcrypto; CREATE TABLE of_it AS SELECT 1 AS n;"
            "ALTER EXTENSION pgcrypto ADD TABLE of_it")
    archive = box.create()
    assert box.record(archive)["tables"] == ROWS_OF_APPLICATION, box.record(archive)
    box.run("restore", archive, "--to", box.fresh()[1])


def case_create_many_tables(box):
    """Some hundred tables, in some seconds"""
    box.sql("DO $$BEGIN FOR n IN 1..400 LOOP EXECUTE format('CREATE TABLE many_%s AS SELECT"
            " generate_series(1, %s) AS n', n, n % 5); END LOOP; END$$")
    began = time.monotonic()
    record = box.record(box.create())
    assert time.monotonic() - began < 60
    many = {f"many_{n}": n % 5 for n in range(1, 401)}
    assert record["tables"] == {**ROWS_OF_APPLICATION, **many}


def case_create_type_without_url(box):
    """exit 2"""
    for url in (None, "sqlite:///database/a2a_system.db", "database/a2a_system.db"):
        _, err = box.run("create", code=2, A2A_DATABASE_URL=url)
        assert "A2A_DB_TYPE" in err and "postgresql" in err, err
    assert not box.archives()


def case_create_database_none(box):
    """--database none takes the JSON files alone."""
    box.server.dropdb(box.database)
    with zipfile.ZipFile(box.create("--database", "none")) as file:
        assert DUMP not in file.namelist()


def case_create_ways(box):
    """Every level, stored, to stdout: the same dump."""
    box.create("--store-only")
    plain = box.cat("latest", box.folder / "plain").read_bytes()
    archive = box.create("--level", "9")
    assert len(box.cat("latest", box.folder / "nine").read_bytes()) == len(plain)
    assert archive.stat().st_size < len(plain)
    process = box.start("create", "--output", "-", binary_output=True)
    out, _ = box.finish(process)
    (box.folder / "out.zip").write_bytes(out)
    box.run("verify", box.folder / "out.zip")
    assert len(box.cat(box.folder / "out.zip", box.folder / "out").read_bytes()) == len(plain)


def case_create_encrypted(box):
    """Encrypted, shown by whom has the key, and restored."""
    key = box.folder / "key"
    recipient = re.search(r"age1\w+", subprocess.run(
        ["age-keygen", "-o", key], capture_output=True, text=True, check=True).stderr)[0]
    archive = box.create("--encrypt-to", recipient)
    assert archive.name.endswith(".zip.age")
    before = box.state()
    box.damage()
    box.run("restore", "latest", "--identity", key, "--yes")
    assert_same(box.state(), before)


def case_create_writer(box):
    """Rows are those of the dump, however busy somebody else is meanwhile."""
    box.sql("CREATE TABLE pairs (a integer); CREATE TABLE sriap (a integer)")
    stop = "SELECT count(*) = 0 FROM pg_class WHERE relname = 'stop'"
    busy = ("DO $$BEGIN WHILE (" + stop + ") LOOP INSERT INTO pairs VALUES (1);"
            "INSERT INTO sriap VALUES (1); INSERT INTO system_metrics (name, value, recorded_at)"
            " VALUES ('n', 1, now()); DELETE FROM request_logs WHERE id IN (SELECT id FROM"
            " request_logs LIMIT 1); INSERT INTO request_logs (method, path, status_code,"
            " duration_ms, created_at) SELECT 'GET', '', 1, 1, now() FROM generate_series(1, 3);"
            " COMMIT; END LOOP; END$$")
    with box.session() as writer:
        writer.send(busy)
        box.wait_for("SELECT count(*) > 10 FROM pairs")
        archives = []
        for _ in range(4):
            archives.append(box.create())
            written = box.sql("SELECT count(*) FROM pairs")
            box.wait_for(f"SELECT count(*) > {written} FROM pairs")
        box.sql("CREATE TABLE stop ()")
        writer.answer()
    seen = []
    for number, archive in enumerate(archives):
        tables = box.record(archive)["tables"]
        assert tables["pairs"] == tables["sriap"], tables
        name, _ = box.fresh(f"fresh{number}")
        load(box, archive, name)
        assert rows_of(box, name, tables) == tables, (rows_of(box, name, tables), tables)
        seen.append(tables["pairs"])
    assert seen == sorted(set(seen)), ("nobody wrote meanwhile", seen)


@on("bulk")
def case_create_writer_in_the_middle(box):
    """What is committed while the dump is being read is not in it, nor in its rows."""
    process = box.create_that_stands_still()
    box.sql("DELETE FROM request_logs; DELETE FROM system_metrics; INSERT INTO bulk VALUES (0, '')")
    box.go_on(process)
    archive = box.system / "backups" / box.archives()[0]
    assert box.record(archive)["tables"] == {**ROWS_OF_APPLICATION, "bulk": 80000}
    name, _ = box.fresh()
    load(box, archive, name)
    assert box.sql("SELECT count(*) FROM request_logs", name) == "80"


def case_create_truncated_meanwhile(box):
    """TRUNCATE, which respects no snapshot, cannot make the rows differ from the dump's."""
    box.sql("CREATE TABLE flip (a integer); CREATE TABLE flop (a integer)")
    busy = ("DO $$BEGIN WHILE (SELECT count(*) = 0 FROM pg_class WHERE relname = 'stop') LOOP "
            "TRUNCATE flip; INSERT INTO flip SELECT generate_series(1, 100); COMMIT; "
            "TRUNCATE flop; INSERT INTO flop SELECT generate_series(1, 100); COMMIT; "
            "END LOOP; END$$")
    with box.session() as writer:
        writer.send(busy)
        archives = [box.create("--max-shrink", "100") for _ in range(4)]
        box.sql("CREATE TABLE stop ()")
        writer.answer()
    for number, archive in enumerate(archives):
        tables = box.record(archive)["tables"]
        name, _ = box.fresh(f"fresh{number}")
        load(box, archive, name)
        assert rows_of(box, name, tables) == tables, (rows_of(box, name, tables), tables)


def case_create_shrunk(box):
    """exit 7 when most rows are gone"""
    box.create()
    box.sql("DELETE FROM request_logs; DELETE FROM tasks WHERE id > 3")
    _, err = box.run("create", code=7)
    assert "--max-shrink" in err, err
    box.create("--max-shrink", "100")


def case_secret_nowhere(box):
    """The password is in no output, no file, no command line of any process."""
    secret = f"{SECRET}/{box.server.port}"  # other cases of this ring run at the same time
    name, _ = box.role()
    box.server.sql(f"ALTER ROLE \"{name}\" SUPERUSER PASSWORD '{secret}'")
    url = box.server.url_of(box.database, name, secret)
    wrong = box.server.url_of(box.database, name, secret + "wrong")
    fresh = box.server.url_of(box.fresh()[0], name, secret)
    box.environment["A2A_DATABASE_URL"] = url
    with CommandLines() as lines:
        box.run("create", "-v")
        box.run("create", "-v", "--json")
        box.run("create", "-v", "--database", url, A2A_DATABASE_URL=None, A2A_DB_TYPE=None)
        box.run("create", "-v", code=9, A2A_DATABASE_URL=wrong)
        box.run("create", "-v", code=3, A2A_DATABASE_URL=url + "_not")
        box.run("create", "-v", code=(2, 3), A2A_DATABASE_URL=url + "?nonsense=1")
        box.run("inspect", "latest")
        box.run("config", "show")
        box.run("config", "show", "--json", A2A_BACKUP_DATABASE=url)
        box.run("diff", "latest", "-v")
        box.damage()
        box.run("restore", "latest", "-v", "--dry-run")
        box.run("restore", "latest", "-v", "--yes")
        box.run("restore", "--undo", "-v", "--yes")
        box.run("verify", "-v", "latest")
        box.run("restore", "latest", "-v", "--to", fresh)
    assert lines.of("pg_dump") and lines.of("pg_restore"), "no program was seen at work"
    own = [line for line in lines.of(os.path.basename(box.binary))
           if "--database" in line or "--to" in line]
    assert own
    for marked in (secret, urllib.parse.quote(secret, safe="")):
        found = [line for line in lines.seen.difference(own) if marked in line]
        assert not found, found


def case_secret_not_encoded(box):
    """Passwords that a URL cannot hold so may fail, but are not shown."""
    secret = f"{SECRET}{box.server.port}"
    shapes = ("{}?more", "more?{}", "{}#more", "{}/more", "{}@more", "more@{}", "{} more", "{}%zz",
              "{}:more", "[{}", "{}&x=1")
    urls = [f"postgresql://postgres:{each.format(secret)}@{box.place}/{box.database}"
            for each in shapes]
    urls += [f"postgresql://postgres@{box.place}/{box.database}?{option}={secret}"
             for option in ("password", "sslpassword", "pass%77ord")]
    with CommandLines() as lines:
        for url in urls:
            for words in (("-v",), ("-v", "--json")):
                box.run("create", *words, code=(2, 3, 9), A2A_DATABASE_URL=url)
    assert lines.of("psql"), "no program was seen at work"
    found = [line for line in lines.seen if secret in line]
    assert not found, found
    assert not box.archives()


def case_password_from_elsewhere(box):
    """Without one in the URL: PGPASSWORD, PGPASSFILE and ~/.pgpass, as for psql."""
    url = box.server.url_of(box.database, servers.USER, None)
    box.create(A2A_DATABASE_URL=url, PGPASSWORD=servers.PASSWORD)
    line = f"127.0.0.1:{box.server.port}:*:postgres:" + servers.PASSWORD.replace(":", r"\:") + "\n"
    for path, variables in ((box.folder / "passwords", {"PGPASSFILE": box.folder / "passwords"}),
                            (box.home / ".pgpass", {})):
        path.touch(mode=0o600)
        path.write_text(line)
        box.may_hold_secret.add(path.name)
        box.create(A2A_DATABASE_URL=url, **variables)
    box.damage()
    box.run("restore", "latest", "--yes", A2A_DATABASE_URL=url)
    # What is in the URL wins.
    box.create(PGPASSWORD="wrong")


def case_password_wrong(box):
    """exit 9, a wrong one and none at all; nobody is asked"""
    name, url = box.role()
    wrong = url.replace(urllib.parse.quote(ROLE_PASSWORD, safe=""), "wrong")
    for each in (wrong, box.server.url_of(box.database, name, None)):
        _, err = box.run("create", code=9, A2A_DATABASE_URL=each)
        assert name in err, err
    assert not box.archives()


def case_unreadable(box):
    """exit 3, and what it is: no server, no such database, no rights"""
    box.create()
    before = box.everything()
    port = servers.free_port()
    began = time.monotonic()
    _, err = box.run("create", code=3, A2A_DATABASE_URL=f"postgresql://u@127.0.0.1:{port}/a2a")
    assert str(port) in err and "127.0.0.1" in err, err
    assert time.monotonic() - began < 30
    _, err = box.run("create", code=3, A2A_DATABASE_URL=box.server.url_of("no_such_place"))
    assert "no_such_place" in err, err
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        began = time.monotonic()
        _, err = box.run("create", code=3, A2A_DATABASE_URL=(
            f"postgresql://u@127.0.0.1:{port}/a2a?connect_timeout=2"))
        assert str(port) in err and time.monotonic() - began < 30, err
    _, url = box.role()
    _, err = box.run("create", code=3, A2A_DATABASE_URL=url)
    assert re.search("api_keys|tasks|request_logs|system_metrics|audit", err), err
    assert box.everything() == before


def case_unreadable_one_table(box):
    """exit 3, and which table it is"""
    name, url = box.role("USAGE ON SCHEMA audit", "SELECT ON ALL TABLES IN SCHEMA public",
                         "SELECT ON ALL SEQUENCES IN SCHEMA public")
    _, err = box.run("create", code=3, A2A_DATABASE_URL=url)
    assert "events" in err, err
    assert not box.archives()
    box.sql(f'GRANT SELECT ON audit.events TO "{name}"')
    box.create(A2A_DATABASE_URL=url)


def case_row_security(box):
    """exit 3 when a policy hides rows from who makes the backup"""
    name, url = box.role("USAGE ON SCHEMA audit", "SELECT ON ALL TABLES IN SCHEMA public, audit",
                         "SELECT ON ALL SEQUENCES IN SCHEMA public")
    box.create(A2A_DATABASE_URL=url)
    box.sql("ALTER TABLE audit.events ENABLE ROW LEVEL SECURITY;"
            f'CREATE POLICY few ON audit.events TO "{name}" USING (id > 1)')
    _, err = box.run("create", code=3, A2A_DATABASE_URL=url)
    assert "events" in err, err
    assert len(box.archives()) == 1


def broken_dump(box, break_it):
    box.create("--exclude", "nothing.json")
    before = box.everything()
    process = box.create_that_stands_still()
    break_it(box)
    _, err = box.go_on(process, code=3)
    if not box.server.is_running():
        box.server.start()
    assert box.everything() == before, "something is left"
    box.create()
    return err


@on("bulk")
def case_dump_server_killed(box):
    """exit 3, and nothing is left, when the server dies in the middle"""
    broken_dump(box, lambda box: box.server.kill())


@on("bulk")
def case_dump_server_stopped(box):
    """exit 3, and nothing is left, when the server is stopped in the middle"""
    broken_dump(box, lambda box: box.server.stop("fast"))


@on("bulk")
def case_dump_cancelled(box):
    """exit 3, and nothing is left, when somebody cancels the statement"""
    err = broken_dump(box, lambda box: box.sql(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
        " WHERE query ILIKE 'COPY public.bulk %'"))
    assert "cancel" in err, err


@on("bulk")
def case_dump_terminated(box):
    """exit 3, and nothing is left, when somebody ends the connections"""
    broken_dump(box, lambda box: box.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"))


@on("bulk")
def case_dump_program_killed(box):
    """exit 3 or 1, and nothing is left, when pg_dump itself dies"""
    before = box.everything()
    process = box.create_that_stands_still()
    (pid,) = children(process.pid, "pg_dump")
    os.kill(pid, signal.SIGKILL)
    _, err = box.go_on(process, code=(1, 3))
    assert "cannot dump" in err and "illed" in err, err
    assert box.everything() == before


@on("bulk")
def case_dump_interrupted(box):
    """Ctrl-C and SIGTERM: exit 130 and 143, nothing is left, nobody stays connected"""
    before = box.everything()
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        process = box.create_that_stands_still()
        process.send_signal(number)
        box.go_on(process, code=code)
        assert box.everything() == before, "something is left"
        box.check()


@on("bulk")
def case_dump_killed(box):
    """After SIGKILL nobody stays connected, there is no archive, and the next run tidies up."""
    process = box.create_that_stands_still()
    process.kill()
    box.finish(process, code=-signal.SIGKILL)
    box.wait_for("SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = "
                 f"'{box.database}' AND pid <> pg_backend_pid()", database="postgres")
    assert not [name for name in box.archives() if name.endswith(".zip")], box.archives()
    archive = box.create()
    left = [path for path in box.everything() if not path.startswith("system/shared/")
            and path != f"system/backups/{archive.name}"]
    assert not [path for path in left if os.path.getsize(box.folder / path) > 100_000], left


def case_locked_table(box):
    """exit 6 after --lock-timeout when somebody holds a table; a short lock is sat out"""
    box.create()
    before = box.everything()
    with box.session() as holder:
        holder.sql("BEGIN; LOCK TABLE request_logs")
        began = time.monotonic()
        _, err = box.run("--lock-timeout", "1", "create", code=6, A2A_BACKUP_LOCK_TIMEOUT=60)
        spent = time.monotonic() - began
        assert 0.9 < spent < 50, spent
        assert "lock" in err and "--lock-timeout" in err, err
        process = holder.sql("SELECT pg_backend_pid()")
        assert f"request_logs (process {process})" in err and "tasks" not in err, err
        assert box.everything() == before
        process = box.start("--lock-timeout", "30", "create")
        box.wait_for_statement(process, waits=True)
        time.sleep(1)
        assert process.poll() is None
        holder.sql("COMMIT")
        box.finish(process)


def case_locked_catalog(box):
    """A lock that keeps everyone from looking at what tables there are is one, too."""
    with box.session() as holder:
        holder.sql("BEGIN; ALTER TABLE tasks ADD COLUMN more integer; LOCK TABLE audit.events")
        _, err = box.run("--lock-timeout", "1", "create", code=6)
        assert "lock" in err and "--lock-timeout" in err, err
        assert "audit.events (process" in err and "tasks (process" in err, err
    assert not box.archives()


def case_no_programs(box):
    """exit 1 without pg_dump, and which package has it; the same for restore"""
    box.create()
    (box.folder / "bin").mkdir()
    _, err = box.run("create", code=1, PATH=box.folder / "bin")
    assert re.search("pg_dump|psql", err) and "postgresql-client" in err, err
    before = box.damage()
    _, err = box.run("restore", "latest", "--yes", code=1, PATH=box.folder / "bin")
    assert "postgresql-client" in err, err
    assert_same(box.state(), before)
    out, err = box.run("verify", "latest", code=(0, 1), PATH=box.folder / "bin")
    assert "pg_restore" in out + err, ("it does not say what it did not check", out, err)
    box.json("list", PATH=box.folder / "bin")
    assert len(box.archives()) == 1, box.archives()


def case_newer_server(box):
    """exit 3 when pg_dump is older than the server: both versions, and where the newer one is"""
    server = box.world.newer
    name = box.database
    server.createdb(name)
    server.sql("CREATE TABLE tasks (id integer)", name)
    _, err = box.run("create", code=3, A2A_DATABASE_URL=server.url_of(name))
    own = re.search(r"\d+", box.server.client("pg_dump", "--version"))[0]
    assert server.version() in err and own in err, err
    assert f"postgresql-client-{server.version().split('.')[0]}" in err, err
    assert not box.archives()
