# SPDX-License-Identifier: MIT
"""The way back to a moment, on one server that pitr-setup has set up. Each case finds the server
running, and leaves it so."""

import contextlib
import datetime
import os
import re
import shutil
import signal
import time

import pitr_box
import servers


@contextlib.contextmanager
def stopped(box):
    box.server.stop()
    try:
        yield
    finally:
        if not box.server.is_running():
            box.start_server()


def case_dropped_table(box):
    """The database of the moment before DROP TABLE comes back; what was there is kept."""
    box.table("precious")
    moment = box.moment()
    box.server.sql("DROP TABLE precious")
    box.table("later")
    before = box.beside("before")
    with stopped(box):
        out, _ = box.run("restore", "--at", moment, "--yes")
        assert "done, and proven: the server came to that moment" in out, out
        kept = [path for path in box.beside("before") if path not in before]
        assert len(kept) == 1 and str(kept[0]) in out, (kept, out)
        assert not box.beside("restore")
        assert box.data.stat().st_mode & 0o777 == 0o700
        assert box.data.owner() == kept[0].owner()
    assert box.rows("precious") == 100 and box.rows("later") is None
    box.server.sql("INSERT INTO precious VALUES (101)")  # it is a server like any other
    # The command that takes it back is printed, and works.
    back = re.search(r"^take it back: +\(server stopped\) (.+)$", out, re.M)[1]
    with stopped(box):
        done = pitr_box.shell(back)
        assert done.returncode == 0, done.stderr
    assert box.rows("precious") is None and box.rows("later") == 100
    time.sleep(1)  # within one second nobody can tell which of the two pasts was the present


def case_a_second_try(box):
    """A moment of the past that the first restore gave up: its timeline is found."""
    box.table("steps", 1)
    first = box.moment()
    box.server.sql("INSERT INTO steps VALUES (2)")
    second = box.moment()
    box.server.sql("DROP TABLE steps")
    with stopped(box):
        box.run("restore", "--at", first, "--yes")
    assert box.rows("steps") == 1
    box.server.sql("INSERT INTO steps VALUES (7), (8), (9)")
    third = box.moment()
    box.server.sql("DROP TABLE steps")
    with stopped(box):
        plan = box.json("restore", "--at", second, "--dry-run")["point_in_time"]
        box.run("restore", "--at", second, "--yes")
    assert box.rows("steps") == 2
    with stopped(box):
        other = box.json("restore", "--at", third, "--dry-run")["point_in_time"]
        assert other["timeline"] > plan["timeline"], (plan, other)
        box.run("restore", "--at", third, "--yes")
    assert box.rows("steps") == 4


def case_backup_on_the_past_that_was_given_up(box):
    """A backup that was taken after the moment that was gone back to is not used for later ones."""
    box.table("branch", 1)
    early = box.moment()
    box.server.sql("INSERT INTO branch VALUES (2)")
    box.pgbackrest("--type=diff", "backup")
    with stopped(box):
        box.run("restore", "--at", early, "--yes")
    box.server.sql("INSERT INTO branch VALUES (3), (4)")
    time.sleep(1.2)
    later = box.moment()
    box.server.sql("DROP TABLE branch")
    with stopped(box):
        box.run("restore", "--at", later, "--yes")
    assert box.rows("branch") == 3


def case_nothing_written_since(box):
    """After the last transaction any moment is the same."""
    box.table("quiet", 5)
    moment = box.moment()
    time.sleep(1)
    box.server.sql("SELECT pg_create_restore_point('a2a')")  # no transaction
    box.server.sql("SELECT pg_switch_wal()")
    with stopped(box):
        out, err = box.run("restore", "--at", moment, "--yes")
        assert "nothing was changed between 20" in err and "proven" in out, (out, err)
    assert box.rows("quiet") == 5
    box.server.sql("INSERT INTO quiet VALUES (6)")


def case_plan(box):
    """--dry-run shows the plan, of a running server, too, and changes nothing."""
    moment = box.moment()
    time.sleep(1)  # the archive knows of whole seconds
    box.table("plan")
    box.server.sql("DROP TABLE plan")
    out, err = box.run("restore", "--at", moment, "--dry-run", code=4)
    assert "stop it, and all of it comes into the archive" in err, err
    box.wait_for_archive(moment)
    out, _ = box.run("restore", "--at", moment, "--dry-run")
    assert "must be stopped first" in out and str(box.data) in out, out
    with stopped(box):
        before = pitr_box.tree(box.data.parent)
        plan = box.json("restore", "--at", moment, "--dry-run")["point_in_time"]
        assert plan["data_dir"] == str(box.data) and plan["server_pid"] is None, plan
        assert plan["from"] < plan["target"] < plan["to"], plan
        _, err = box.run("restore", "--at", moment, code=7)
        assert "nobody to ask" in err, err
        assert pitr_box.tree(box.data.parent) == before


def case_running_server(box):
    """A server that runs is left alone, unless --before stops it."""
    box.table("held")
    moment = box.moment()
    time.sleep(1)
    box.server.sql("DROP TABLE held")
    box.wait_for_archive(moment)
    _, err = box.run("restore", "--at", moment, "--yes", code=6)
    assert "runs (process" in err and box.rows("held") is None, err
    file = box.data / "postmaster.pid"
    pid = file.read_text().split()[0]
    box.run("restore", "--at", moment, "--yes", "--before",
            f"kill -INT {pid}; while [ -e {file} ]; do sleep 0.1; done")
    box.server.process.wait(60)
    box.start_server()
    assert box.rows("held") == 100


def case_outside_of_the_window(box):
    """Too early, too late, and not a time."""
    with stopped(box):
        before = pitr_box.tree(box.data.parent)
        for moment in ("2001-02-03", "2099-01-01T00:00Z"):
            _, err = box.run("restore", "--at", moment, "--yes", code=4)
            assert re.search(r"any moment from 20\S+ \S+ UTC to 20", err), err
        _, err = box.run("restore", "--at", "yesterday", "--yes", code=2)
        assert "not a time" in err, err
        assert pitr_box.tree(box.data.parent) == before


def case_damaged_repository(box):
    """A restore that fails leaves the old data directory as it was: exit code 12."""
    moment = box.moment()
    box.table("after_damage")
    with stopped(box):
        before = pitr_box.tree(box.data.parent)
        label = box.json("restore", "--at", moment, "--dry-run")["point_in_time"]["backup"]
        saved = box.folder / "saved"
        shutil.copytree(box.repo, saved)
        shutil.copystat(box.repo, saved)
        victims = [path for path in (box.repo / "backup").rglob("PG_VERSION*") if path.is_file()]
        assert victims, label
        for path in victims:
            path.unlink()
        _, err = box.run("restore", "--at", moment, "--yes", code=12)
        assert "is as it was" in err, err
        assert pitr_box.tree(box.data.parent) == before
        for path in victims:  # the same, and with its owner
            shutil.copy2(saved / path.relative_to(box.repo), path)
            box.server.give(path)
        # The log in the middle is gone: pgBackRest is content, the server is not.
        segments = sorted((box.repo / "archive").rglob("0000*-*"))
        hidden = box.folder / "hidden"
        segments[-1].rename(hidden)
        broken = segments[-1]
        broken.write_bytes(b"rubbish")
        box.server.give(broken)
        _, err = box.run("restore", "--at", moment, "--yes", code=12)
        assert "a hole" in err and "is as it was" in err, err
        hidden.rename(broken)
        assert pitr_box.tree(box.data.parent) == before
        shutil.rmtree(saved)
    assert box.rows("after_damage") == 100


def case_interrupted(box):
    """A signal while it works: nothing of it stays, and nothing has changed."""
    moment = box.moment()
    box.table("interrupted")
    with stopped(box):
        before = pitr_box.tree(box.data.parent)
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = box.start("restore", "--at", moment, "--yes")
            while not box.beside("restore") and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
            assert process.returncode == code, (process.returncode, out, err)
            assert pitr_box.tree(box.data.parent) == before
            assert not list((box.folder / "tmp").iterdir())


def case_lost_data_directory(box):
    """The disk is new: there is nothing to keep."""
    box.table("lost", 3)
    moment = box.moment()
    box.server.sql("DROP TABLE lost")
    with stopped(box):
        elsewhere = box.data.with_name("lost-disk")
        box.data.rename(elsewhere)
        out, _ = box.run("restore", "--at", moment, "--yes")
        assert "keep      nothing" in out and "proven" in out, out
        shutil.rmtree(elsewhere)
    assert box.rows("lost") == 3


def case_copy_beside(box):
    """A copy of a moment, to look at or to dump a table from, while the server runs."""
    box.table("wanted")
    moment = box.moment()
    time.sleep(1)
    box.server.sql("DROP TABLE wanted")
    box.wait_for_archive(moment)
    folder = box.folder / "copy"
    folder.mkdir()
    box.server.give(folder)
    box.server.give(box.folder)  # a neighbour of the copy is made first
    out, _ = box.run("restore", "--at", moment, "--pg-data", folder, "--yes")
    assert "a copy, whose server will not archive" in out and "proven" in out, out
    port = servers.free_port()
    command = re.search(r"^start it: +(.+ start)$", out, re.M)[1]
    done = pitr_box.shell(f"{command} -w -l {box.server.socket}/copy.log -o '-p {port} "
                          f"-k {box.server.socket} -c fsync=off'")
    try:
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        said = box.server.client("psql", "-XAtq", "-h", box.server.socket, "-p", str(port), "-U",
                                 servers.USER, "-d", "postgres", "-c",
                                 "SELECT count(*), current_setting('archive_mode') FROM wanted")
        assert said == "100|off\n", said
    finally:
        pitr_box.shell(command.removesuffix("start") + "-m immediate stop")
    shutil.rmtree(folder)
    assert box.rows("wanted") is None


def case_configured_elsewhere(box):
    """As on Debian, where postgresql.conf is not in the data directory, and so in no backup."""
    elsewhere = box.folder / "etc-postgresql"
    elsewhere.mkdir()
    box.server.give(elsewhere)
    with stopped(box):
        for name in ("postgresql.conf", "pg_hba.conf", "pg_ident.conf"):
            shutil.move(box.data / name, elsewhere / name)
        with open(elsewhere / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write(f"external_pid_file = '{box.folder}/nowhere/pid'\n"
                       f"hba_file = '{elsewhere}/pg_hba.conf'\n"
                       f"ident_file = '{elsewhere}/pg_ident.conf'\n")
        box.server.settings["config_file"] = elsewhere / "postgresql.conf"
    box.pgbackrest("--type=full", "backup")
    time.sleep(1.2)
    box.table("configured")
    moment = box.moment()
    box.server.sql("DROP TABLE configured")
    with stopped(box):
        out, _ = box.run("restore", "--at", moment, "--yes")
        assert "proven" in out and f"config_file={elsewhere}/postgresql.conf" in out, out
        assert not (box.data / "postgresql.conf").exists()
    assert box.rows("configured") == 100


def case_not_a_data_directory(box):
    """Nothing else is taken for one, however it is named."""
    with stopped(box):
        moment = box.json("list")["point_in_time"]["to"]
        before = pitr_box.tree(box.system)
        _, err = box.run("restore", "--at", moment, "--pg-data", box.system, "--yes", code=7)
        assert pitr_box.tree(box.system) == before
        assert "is not a data directory" in err or "as the user" in err, err


def case_list_and_verify(box):
    """Both show it; verify fails when it is too old or unwell, and says which."""
    box.run("create", "-q")
    out, _ = box.run("list")
    assert re.search(r"^point in time: pgBackRest stanza \S+, \d+ backups?, newest full 20.* UTC, "
                     r"any moment from 20.* UTC to 20.* UTC$", out, re.M), out
    out, _ = box.run("verify", "--max-age", "26h")
    assert "point in time: " in out, out
    time.sleep(1.1)
    box.run("create", "-q")
    time.sleep(2)
    box.run("verify", "--max-age", "1s", code=11)
    # Older than the limit, while there is time for a new one of ours to be younger than that.
    newest = box.json("list")["point_in_time"]["newest"].replace("Z", "+00:00")
    newest = datetime.datetime.fromisoformat(newest)
    while (age := (pitr_box.now() - newest).total_seconds()) < 16:
        time.sleep(1)
    box.run("create", "-q")
    _, err = box.run("verify", "--max-age", f"{int(age) - 1}s", code=11)
    assert f"pgBackRest stanza {box.stanza}: the newest backup is" in err, (err, newest)


def case_serve(box):
    """Its page and its metrics tell what list and verify do, and that it is unwell."""
    box.run("create", "-q")
    for stanza, good in ((box.stanza, "1"), ("nope", "0")):
        with box.serving("--pgbackrest-stanza", stanza) as get:
            metrics = get("/metrics")
            assert f"\na2a_backup_point_in_time_good {good}\n" in metrics, metrics
            assert re.search(r"(?m)^a2a_backup_count [1-9]", metrics), metrics
            page = get("/")
            assert f"pgBackRest, stanza {stanza}</b>" in page, page
            assert ("missing stanza" in page) == (good == "0"), page
            newest = re.search(r"(?m)^a2a_backup_point_in_time_newest_timestamp_seconds (\d+)$",
                               metrics)
            if good == "1":
                listed = box.json("list")["point_in_time"]["newest"].replace("Z", "+00:00")
                assert int(newest[1]) == datetime.datetime.fromisoformat(listed).timestamp(), metrics
            else:
                assert newest is None, metrics


def case_unwell(box):
    """A wrong stanza and a missing program are said, with what to do, and hide no zip."""
    name = box.run("create", "-q")[0].strip().rsplit("/", 1)[-1]
    out, _ = box.run("list", "--pgbackrest-stanza", "nope")
    assert name in out and "PROBLEM: missing stanza path" in out and "pitr-setup" in out, out
    _, err = box.run("verify", "--max-age", "26h", "--pgbackrest-stanza", "nope", code=11)
    assert "pgBackRest stanza nope: missing stanza path" in err and "hint: correct" in err, err
    _, err = box.run("restore", "--at", "2025-07-11", "--pgbackrest-stanza", "nope", code=4)
    assert "missing stanza path" in err, err
    empty = str(box.folder / "empty")
    out, _ = box.run("list", PATH=empty)
    assert name in out and "pgbackrest is not installed" in out, out
    for words, code in ((("verify",), 11), (("restore", "--at", "2025-07-11"), 1)):
        _, err = box.run(*words, code=code, PATH=empty)
        assert "pgbackrest is not installed" in err and "apt-get install pgbackrest" in err, err
    document = box.json("list", PATH=empty)["point_in_time"]
    assert document["ok"] is False and document["from"] is None, document
    out, _ = box.run("list", "--pgbackrest-config", box.folder / "none.conf")
    assert "PROBLEM: " in out and "none.conf" in out, out
    _, err = box.run("restore", "--at", "2025-07-11", "--undo", code=2)
    assert "--at" in err, err


def case_other_users(box):
    """Who is neither root nor the server's user is told so."""
    if os.geteuid() != 0:
        return
    moment = box.json("list")["point_in_time"]["to"]
    words = [box.binary, "--pgbackrest-stanza", box.stanza, "--pgbackrest-config", str(box.config),
             "restore", "--at", moment, "--dry-run"]
    done = pitr_box.shell("setpriv --reuid=nobody --regid=nogroup --clear-groups -- "
                          + " ".join(map(str, words)), **box.environment)
    assert done.returncode in (1, 7), (done.returncode, done.stderr)
    assert "pgbackrest" in done.stderr or "as the user" in done.stderr, done.stderr
    if box.config.group() != "nogroup":  # who is in the server's group may look
        done = pitr_box.shell(f"setpriv --reuid=nobody --regid={box.config.group()} --clear-groups "
                              f"-- pgbackrest --config={box.config} --stanza={box.stanza} info",
                              **box.environment)
        assert done.returncode == 0 and "status: ok" in done.stdout, (done.stdout, done.stderr)
    # As the server's user everything works.
    box.table("own")
    own = box.moment()
    box.server.sql("DROP TABLE own")
    with stopped(box):
        program = box.folder / "a2a-backup"  # the build may be in a folder that is closed to others
        shutil.copy(box.binary, program)
        words = [program, *words[1:-2], own, "--yes"]
        done = pitr_box.shell(f"cd /; runuser -u {pitr_box.server_user()} -- "
                              + " ".join(map(str, words)), **box.environment)
        assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
    assert box.rows("own") == 100
