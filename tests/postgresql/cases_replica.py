# SPDX-License-Identifier: MIT
"""Backing up from a hot standby."""

import re
import time

import servers
from box import assert_same, on
from world import ROWS_OF_APPLICATION


def of_replica(box):
    """The variables for a system that reads from the standby, which is even with its primary."""
    box.world.replica.wait_until_equal()
    return {"A2A_DATABASE_URL": box.world.replica.url_of(box.database)}


def warnings_of(box, archive):
    return box.json("inspect", archive)["warnings"]


def case_replica_create(box):
    """The metadata says that it was one, and there is nothing to warn of."""
    where = of_replica(box)
    archive = box.create(**where)
    _, err = box.run("create", **where)
    record = box.record(archive)
    assert record["standby"] is True, record
    assert record["tables"] == ROWS_OF_APPLICATION, record
    assert str(box.world.replica.port) in record["source"], record
    assert "warning" not in err and not warnings_of(box, archive), (err, warnings_of(box, archive))
    before = box.state()
    box.damage()
    assert box.json("restore", "latest", "--dry-run")["warnings"] == []
    box.run("restore", "latest", "--yes")  # into the primary
    assert_same(box.state(), before)


def case_replica_by_flag(box):
    """--database URL"""
    where = of_replica(box)["A2A_DATABASE_URL"]
    archive = box.create("--database", where)
    assert box.record(archive)["standby"] is True


def case_replica_among_hosts(box):
    """A URL of several hosts, which prefers the standby: all connections go to the same one."""
    of_replica(box)
    hosts = f"127.0.0.1:{box.server.port},127.0.0.1:{box.world.replica.port}"
    url = box.url.replace(box.place, hosts) + "?target_session_attrs=prefer-standby"
    assert box.record(box.create(A2A_DATABASE_URL=url))["standby"] is True
    url = box.url.replace(box.place, hosts) + "?target_session_attrs=primary"
    assert not box.record(box.create(A2A_DATABASE_URL=url)).get("standby")


@on("rich")
def case_replica_unlogged(box):
    """An unlogged table, which a standby cannot read, does not keep the rest from being taken."""
    archive = box.create(**of_replica(box))
    assert box.record(archive)["tables"]["measured_2024"] == 213, box.record(archive)
    box.run("verify", archive)
    name, url = box.fresh()
    box.run("restore", archive, "--to", url)
    assert box.sql("SELECT count(*) FROM tasks", name) == "40"
    assert box.sql("SELECT count(*) FROM scratch", name) == "0"


def assert_warned(box, where):
    made = box.create(**where)
    _, err = box.run("create", **where)
    assert "warning" in err and re.search("behind|lag|replay|primary|standby", err), err
    assert warnings_of(box, made), "the archive does not tell"


def case_replica_paused(box):
    """A warning when its replay stands still while the primary goes on"""
    where, replica = of_replica(box), box.world.replica
    replica.sql("SELECT pg_wal_replay_pause()")
    try:
        box.sql("INSERT INTO audit.events SELECT n, 'later' FROM generate_series(100, 20000) n")
        box.wait_for("SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()", server=replica)
        assert_warned(box, where)
    finally:
        replica.sql("SELECT pg_wal_replay_resume()")
    where = of_replica(box)
    _, err = box.run("create", **where)
    assert "warning" not in err, err


def case_replica_cut_off(box):
    """A warning when it has lost its primary"""
    where, replica = of_replica(box), box.world.replica
    conninfo = replica.sql("SHOW primary_conninfo")
    quoted = conninfo.replace("'", "''")
    try:
        replica.sql("ALTER SYSTEM SET primary_conninfo = ''")
        replica.sql("SELECT pg_reload_conf()")
        box.wait_for("SELECT count(*) = 0 FROM pg_stat_wal_receiver", server=replica)
        box.sql("DELETE FROM audit.events")
        assert_warned(box, where)
    finally:
        replica.sql(f"ALTER SYSTEM SET primary_conninfo = '{quoted}'")
        replica.sql("SELECT pg_reload_conf()")
        box.wait_for("SELECT count(*) = 1 FROM pg_stat_wal_receiver", server=replica)


def wait_for_conflict(replica, begin):
    """Until it has told both who are in its way, the session and its pg_dump, to end. One who waits
    for us to read may notice that later; then it logs after half a second that it waits."""
    if servers.release_of(replica.binaries) < 14:
        time.sleep(2)  # it does not log that
        return
    deadline = time.monotonic() + 120
    while True:
        said = replica.log.read_bytes()[begin:]
        if said.count(b"due to conflict with recovery") >= 2 or b"recovery still waiting" in said:
            return
        assert time.monotonic() < deadline, f"there was no conflict: {said[-1500:]}"
        time.sleep(0.05)


@on("bulk")
def case_replica_conflict(box):
    """A recovery conflict, which ends the first try, is nothing but time."""
    where, replica = of_replica(box), box.world.replica
    process = box.create_that_stands_still(server=replica, **where)
    begin = replica.log.stat().st_size
    box.sql("DELETE FROM bulk WHERE id % 2 = 0")
    deleted = box.sql("SELECT pg_current_wal_lsn()")
    box.sql("VACUUM bulk")
    written = box.sql("SELECT pg_current_wal_lsn()")
    box.wait_for(f"SELECT pg_last_wal_receive_lsn() >= '{written}' AND"
                 f" pg_last_wal_replay_lsn() >= '{deleted}'", server=replica)
    wait_for_conflict(replica, begin)
    box.go_on(process)
    box.wait_for("SELECT confl_snapshot > 0 FROM pg_stat_database_conflicts "
                 "WHERE datname = current_database()", server=replica)
    archive = box.system / "backups" / box.archives()[0]
    assert box.record(archive)["tables"]["bulk"] == 40000, box.record(archive)
    box.run("verify", archive)


@on("bulk")
def case_replica_killed(box):
    """exit 3, and nothing is left, when it dies in the middle"""
    where = of_replica(box)
    before = box.everything()
    process = box.create_that_stands_still(server=box.world.replica, **where)
    box.world.replica.stop("immediate")
    box.go_on(process, code=3)
    assert box.everything() == before


def case_replica_is_not_restored_into(box):
    """A standby cannot be written to: refused, and nothing is changed."""
    where = of_replica(box)
    archive = box.create(**where)
    before = box.damage()
    box.world.replica.wait_until_equal()
    _, err = box.run("restore", archive, "--yes", code=(1, 2, 3, 7, 12), **where)
    assert re.search("standby|read-only|recovery", err), err
    assert_same(box.state(), before)


def case_replica_promoted(box):
    """Promoted meanwhile, it is a primary: not a standby, no warning."""
    replica = box.world.lone_replica()
    where = {"A2A_DATABASE_URL": replica.url_of(box.database)}
    replica.command("pg_ctl", "promote", "-D", replica.data, "-w")
    assert not box.record(box.create(**where)).get("standby")
    _, err = box.run("create", **where)
    assert "warning" not in err, err
