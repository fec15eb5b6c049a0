# SPDX-License-Identifier: MIT
"""pitr-setup: each case has a server of its own, and gets the folder for it."""

import os
import pathlib
import re
import subprocess
import time

import pitr_box
import radosgw
import s3
import servers


def settings(box):
    """What is written down in the server, apart from where the tests started it."""
    return box.server.sql("SELECT name, setting FROM pg_file_settings WHERE sourcefile LIKE "
                          "'%auto.conf' ORDER BY name")


def case_setup(binary, folder):
    """Plan, question, restart, backup, and all of it taken back."""
    box = pitr_box.Box(binary, folder)
    try:
        out = box.setup(*box.where, "--dry-run")
        assert "set       archive_mode = 'on'" in out and "RESTART" in out, out
        out = box.setup(*box.where, code=7)
        assert "nobody to ask" in out, out
        assert not box.config.exists() and not box.repo.exists() and settings(box) == ""
        out = box.setup(*box.where, "--yes", code=3)
        assert "restart the server" in out, out
        box.server.stop()
        box.server.start()
        out = box.setup(*box.where, "--yes")
        assert "archiving works" in out and "first full backup" in out, out
        assert box.config.stat().st_mode & 0o777 == 0o640
        assert box.config.owner() == pitr_box.server_user()
        written = box.config.read_text()
        out = box.setup(*box.where, "--yes")
        assert "archiving works" in out and "first full" not in out, out
        assert box.config.read_text() == written
        found = box.json("list")["point_in_time"]
        assert found["ok"] and found["backups"] == 1, found
        box.setup("--remove", "--dry-run")
        assert box.config.exists()
        out = box.setup("--remove", "--yes")
        assert str(box.repo) in out, out
        assert settings(box) == "" and not box.config.exists()
        assert list((box.repo / "backup").iterdir())
    finally:
        box.stop()


def case_setup_refuses(binary, folder):
    """What is somebody else's stays, and nothing is half done."""
    box = pitr_box.Box(binary, folder)
    try:
        box.config.parent.mkdir()
        box.config.write_text("[global]\n")
        assert "not from this script" in box.setup(*box.where, "--yes", code=1)
        assert box.config.read_text() == "[global]\n"
        box.config.unlink()
        box.server.sql("ALTER SYSTEM SET archive_command = 'cp %p /archive/%f'")
        assert "archives its log already" in box.setup(*box.where, "--yes", code=1)
        box.server.sql("ALTER SYSTEM RESET archive_command")
        assert "no data directory" in box.setup(*box.where, "--data", "/nowhere", code=2)
        assert "--repo" in box.setup("--yes", code=2)
        assert "there is no key for S3" in box.setup("--repo", "s3://bucket", "--yes", code=2)
        for url in ("http://localhost:1", "ftp://x"):
            out = box.setup("--repo", "s3://bucket", "--s3-endpoint", url, "--yes", code=2,
                            AWS_ACCESS_KEY_ID="id", AWS_SECRET_ACCESS_KEY="s3cret")
            assert "over https alone" in out and "s3cret" not in out, out
        assert "Command not found" not in box.setup("--remove", "--yes", code=1)
        assert not box.config.exists() and settings(box) == ""
        box.server.stop()
        assert "does not run" in box.setup(*box.where, "--yes", code=1)
    finally:
        box.stop()


def case_s3(binary, folder):
    """The log and the backups in a bucket, over TLS; the key comes from a profile and is not shown."""
    (folder / "ceph").mkdir()
    gateway = radosgw.start(folder / "ceph")
    try:
        s3.S3(gateway.port, radosgw.KEY_ID, radosgw.SECRET).make_bucket("pitr")
        # A folder that the server's user may read.
        authority = folder / "ca.pem"
        authority.write_text(gateway.certificate.read_text())
        box = pitr_box.Box(binary, folder / "box", (
            "--repo", "s3://pitr/log", "--s3-endpoint", gateway.tls_url, "--s3-ca-file", authority))
        try:
            (box.folder / ".aws").mkdir()
            (box.folder / ".aws" / "credentials").write_text(
                f"[default]\naws_access_key_id = wrong\naws_secret_access_key = wrong\n[ceph]\n"
                f"aws_access_key_id = {radosgw.KEY_ID}\naws_secret_access_key={radosgw.SECRET}\n")
            said = box.set_up(AWS_PROFILE="ceph")
            assert "archiving works" in said and radosgw.SECRET not in said, said
            assert radosgw.SECRET in box.config.read_text()
            assert box.config.stat().st_mode & 0o777 == 0o640
            box.table("far")
            moment = box.moment()
            box.server.sql("DROP TABLE far")
            box.server.stop()
            out, err = box.run("restore", "--at", moment, "--yes")
            assert "proven" in out and radosgw.SECRET not in out + err, (out, err)
            box.start_server()
            assert box.rows("far") == 100
            box.pgbackrest("--type=diff", "backup")
            out, _ = box.run("list")
            assert "2 backups" in out, out
            # The service is gone: said, and not waited for without end.
            gateway.stop()
            out, _ = box.run("list", PGBACKREST_IO_TIMEOUT="1")
            assert "PROBLEM: " in out and radosgw.SECRET not in out, out
        finally:
            box.stop()
    finally:
        gateway.stop()


STUBS = {
    # As root already, and with the path of the tests.
    "sudo": 'if [ "$1" = -u ]; then shift 2; exec {as_server} "$@"; fi; exec "$@"',
    "systemctl": 'exec {as_server} {binaries}/pg_ctl -D {data} -l {log} -w -m fast '
                 '-o "{options}" "$1"',
}


def case_documents(binary, folder):
    """The commands of docs/postgresql.md, one after the other."""
    box = pitr_box.Box(binary, folder)
    data = box.data
    as_server = f"runuser -u {pitr_box.server_user()} --" if os.geteuid() == 0 else ""
    words = {"as_server": as_server, "binaries": box.server.binaries, "data": data,
             "log": box.server.log, "options": f"-c port={box.server.port} -c fsync=off "
             f"-c unix_socket_directories={box.server.socket} -c listen_addresses=127.0.0.1"}
    stubs = box.folder / "stubs"
    stubs.mkdir()
    for name, text in STUBS.items():
        (stubs / name).write_text("#!/bin/bash\nset -e\n" + text.format(**words) + "\n")
        (stubs / name).chmod(0o755)
    (stubs / "a2a-backup").symlink_to(binary)
    environment = {**box.environment, "A2A_BACKUP_YES": "1",
                   "PATH": f"{stubs}:{os.environ['PATH']}"}
    found = pitr_box.blocks(pitr_box.ROOT / "docs" / "postgresql.md", "Point in time",
                            ("bash", "toml"))
    assert [kind for kind, _ in found].count("bash") >= 3, found
    try:
        # From here on the server is started and stopped by the commands.
        box.server.stop()
        subprocess.run([stubs / "systemctl", "start"], check=True, env=environment,
                       stdout=subprocess.DEVNULL)
        moment, restored = None, False
        for kind, text in found:
            for word, here in (
                    ("scripts/pitr-setup", f"{pitr_box.SETUP} --yes --db-user {servers.USER} "
                     f"--data {data} --config {box.config} --stanza {box.stanza}"),
                    ("/etc/pgbackrest/a2a.conf", str(box.config)),
                    ("/mnt/backup/pgbackrest", str(box.repo)), ("/app", str(box.system)),
                    ("--stanza=a2a", f"--stanza={box.stanza}"), ('"a2a"', f'"{box.stanza}"')):
                text = text.replace(word, here)
            if kind == "toml":
                (box.folder / ".config" / "a2a-backup").mkdir(parents=True)
                (box.folder / ".config" / "a2a-backup" / "config.toml").write_text(text)
                box.run("create", "-q")
                continue
            if "--at" in text:
                time.sleep(1.2)  # pgBackRest notes the end of its backup in whole seconds
                box.table("precious")
                moment = box.moment()
                box.server.sql("DROP TABLE precious")
                restored = True
                text = re.sub(r"--at \S+", f"--at {moment}", text)
            done = subprocess.run(["bash", "-euc", text], env=environment, cwd=box.folder, text=True,
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
            assert done.returncode == 0, (text, done.returncode, done.stdout, done.stderr)
        assert restored and box.rows("precious") == 100
    finally:
        pid = pathlib.Path(data, "postmaster.pid")
        if pid.exists():
            subprocess.run([stubs / "systemctl", "stop"], check=False, env=environment,
                           stdout=subprocess.DEVNULL)
        box.stop()
