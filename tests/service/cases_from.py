# SPDX-License-Identifier: MIT
"""`create --from URL` against services of every kind."""

import json
import signal
import socket
import sqlite3
import subprocess
import time
import zipfile

from servers import (TASKS, Answer, Service, clean_environment, good, make_authority,
                     make_certificate, make_system, tls_context, wait_until)

KEY = "k3y-that-must-not-be-shown-0123456789"


def create(binary, folder, url, *options, code=0, retries=0, key=KEY, **environment):
    """Runs `create --from`; nothing that it prints may hold the key."""
    if key:
        environment["A2A_API_KEY"] = key
    if "--wake-timeout" not in options:
        options += ("--wake-timeout", "10s")
    done = subprocess.run(
        [binary, "-C", str(folder), "create", "--from", url, "--retries", str(retries), "-v",
         *options],
        env=clean_environment(**environment), capture_output=True, text=True, timeout=60)
    assert done.returncode == code, f"exit {done.returncode}, not {code}: {done.stderr}"
    assert KEY not in done.stdout + done.stderr, "the key was shown"
    if code != 0:
        assert not backups(folder), "a failed run left a backup"
        assert not list(folder.glob("**/.a2a-backup-stage*")), "a failed run left a staging folder"
    return done.stderr


def backups(folder):
    return sorted((folder / "backups").glob("*.zip"))


def metadata_of(folder):
    (path,) = backups(folder)
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("backup_metadata.json"))


def case_parts(binary, folder):
    """a service with the parts of an export is backed up, and its URL noted"""
    with Service(good()) as service:
        said = create(binary, folder, service.url)
        assert "has no /export/database" in said, said
    metadata = metadata_of(folder)
    assert metadata["files"] == ["shared/agent_tasks.json", "shared/tasks.json"]
    assert metadata["entries"][1]["source"] == service.url + "/export/tasks"
    assert metadata["tasks"]["total"] == 30
    asked = [path for path, headers, _ in service.requests if headers.get("X-API-Key") == KEY]
    assert asked == [path for path in service.paths() if path != "/health"]


def case_database(binary, folder):
    """a database is checked on arrival, and leaves write-ahead mode"""
    make_system(folder / "there", rows=50)
    with sqlite3.connect(folder / "there/database/a2a_system.db") as live:
        live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = (folder / "there/database/a2a_system.db").read_bytes()
    assert content[18] == 2, "the sample is not in write-ahead mode"
    database = Answer(body=content, type="application/vnd.sqlite3")
    with Service(good(export__database=database)) as service:
        create(binary, folder, service.url, "--require", "database")
    assert metadata_of(folder)["database"]["tables"]["tasks"] == 50
    with zipfile.ZipFile(backups(folder)[0]) as archive:
        assert archive.read("database/a2a_system.db")[18] == 1


def case_if_changed(binary, folder):
    """what a service exports is backed up only when it has changed, in parts and whole"""
    answers = good()
    with Service(answers) as service:
        for _ in range(2):
            create(binary, folder, service.url, "--if-changed")
    [path] = backups(folder)
    archive = path.read_bytes()
    with Service(good(export__backup=Answer(body=archive, type="application/zip"))) as service:
        create(binary, folder, service.url, "--if-changed")
        assert backups(folder) == [path]
        create(binary, folder, service.url)
    assert len(backups(folder)) == 2
    with Service(good(export__tasks=Answer(body=b"[]"))) as service:
        create(binary, folder, service.url, "--if-changed", "--max-shrink", "100")
    assert len(backups(folder)) == 3


def case_damaged_database(binary, folder):
    """a damaged database is refused"""
    make_system(folder / "there", rows=50)
    content = bytearray((folder / "there/database/a2a_system.db").read_bytes())
    content[4096:8192] = b"x" * 4096
    database = Answer(body=bytes(content), type="application/octet-stream")
    with Service(good(export__database=database)) as service:
        create(binary, folder, service.url, code=3)


def case_required(binary, folder):
    """what is required and not exported is an error"""
    with Service(good()) as service:
        said = create(binary, folder, service.url, "--require", "database", code=3)
        assert "exports no database" in said, said


def case_tasks_only(binary, folder):
    """the public list alone, and the metadata says so"""
    with Service({"/health": Answer(404), "/tasks": Answer(body=TASKS)}) as service:
        create(binary, folder, service.url + "/", "--tasks-only", key=None)
    metadata = metadata_of(folder)
    assert metadata["warnings"] == [f"tasks only, from {service.url}/tasks: neither the tasks of "
                                    "the agents nor the database"]
    assert metadata["files"] == ["shared/tasks.json"]
    assert "X-API-Key" not in service.requests[-1][1]


def case_no_export(binary, folder):
    """a service without any export"""
    with Service({"/tasks": Answer(body=TASKS)}) as service:
        said = create(binary, folder, service.url, code=3)
        assert "--tasks-only" in said, said


def case_service_variable(binary, folder):
    """--from service is the URL in A2A_JULES_API_URL"""
    with Service(good()) as service:
        create(binary, folder, "service", A2A_JULES_API_URL=service.url)
    (folder / "none").mkdir()
    create(binary, folder / "none", "service", code=2)


def case_no_key(binary, folder):
    """a service that wants a key"""
    with Service(good(export__backup=Answer(401))) as service:
        said = create(binary, folder, service.url, code=9, key=None)
        assert "wants a key" in said and "A2A_API_KEY" in said, said


def case_wrong_key(binary, folder):
    """a key that is refused is not tried again"""
    for status in (401, 403):
        with Service(good(export__backup=Answer(status))) as service:
            said = create(binary, folder, service.url, code=9, retries=3)
            assert "refuses the key" in said, said
            assert service.paths().count("/export/backup") == 1


def case_key_headers(binary, folder):
    """the key goes into the header that was named, from a private file too"""
    secret = folder / "key"
    secret.write_text(KEY + "\n")
    secret.chmod(0o600)
    with Service(good()) as service:
        (folder / "a").mkdir()
        create(binary, folder / "a", service.url, key=None, A2A_API_KEY_FILE=str(secret),
               A2A_API_KEY_HEADER="Authorization")
        assert service.requests[-1][1]["Authorization"] == f"Bearer {KEY}"
        assert "X-API-Key" not in service.requests[-1][1]
        (folder / "b").mkdir()
        create(binary, folder / "b", service.url, A2A_API_KEY_HEADER="X-Other")
        assert service.requests[-1][1]["X-Other"] == KEY


def case_web_page(binary, folder):
    """an error page with status 200 never becomes tasks.json, whatever it claims to be"""
    page = "<!DOCTYPE html><html>Service is starting</html>"
    for kind in ("text/html; charset=utf-8", "application/json", None):
        with Service(good(export__tasks=Answer(body=page, type=kind))) as service:
            create(binary, folder, service.url, code=3)
        with Service(good(tasks=Answer(body=page, type=kind))) as service:
            create(binary, folder, service.url, "--tasks-only", code=3)
        with Service(good(export__backup=Answer(body=page, type=kind))) as service:
            create(binary, folder, service.url, code=3)
    with Service(good(export__backup=Answer(body=page, type="application/zip"))) as service:
        create(binary, folder, service.url, code=5)


def case_wrong_type(binary, folder):
    """JSON of the wrong shape, or with the wrong content type"""
    for answer in (Answer(body='{"tasks": []}'), Answer(body='"tasks"'), Answer(body=""),
                   Answer(body=TASKS, type="text/plain"), Answer(body=TASKS[:-5])):
        with Service(good(export__tasks=answer)) as service:
            create(binary, folder, service.url, code=3)


def case_hiccups(binary, folder):
    """a 502 while it wakes, another one later, and then all is well"""
    answers = good(health=[Answer(502), Answer(503), Answer(body="{}")],
                   export__tasks=[Answer(502), Answer(500), Answer(body=TASKS)])
    with Service(answers) as service:
        said = create(binary, folder, service.url, retries=3)
        assert said.count("to wake up") == 1, said
        assert service.paths().count("/export/tasks") == 3
    assert metadata_of(folder)["tasks"]["total"] == 30


def case_asleep_for_good(binary, folder):
    """a service that never wakes"""
    with Service(good(health=Answer(503))) as service:
        said = create(binary, folder, service.url, "--wake-timeout", "2s", code=3)
        assert "does not wake up" in said, said


def case_bad_for_good(binary, folder):
    """retries end; what no try would change is not tried again"""
    for status, tries in ((503, 3), (500, 3), (400, 1), (410, 1), (204, 1)):
        with Service(good(export__tasks=Answer(status))) as service:
            create(binary, folder, service.url, code=3, retries=2)
            assert service.paths().count("/export/tasks") == tries, (status, service.paths())


def case_retry_after(binary, folder):
    """429 with Retry-After is waited for"""
    answers = [Answer(429, headers={"Retry-After": "2"}), Answer(body=TASKS)]
    with Service(good(export__tasks=answers)) as service:
        create(binary, folder, service.url, retries=1)
        times = [time for path, _, time in service.requests if path == "/export/tasks"]
        assert times[1] - times[0] >= 1.9, times


def case_retry_after_for_ever(binary, folder):
    """a Retry-After beyond all patience ends the run"""
    answer = Answer(429, headers={"Retry-After": "999999"})
    with Service(good(export__tasks=answer)) as service:
        create(binary, folder, service.url, "--download-timeout", "5s", code=3, retries=3)


def case_short_body(binary, folder):
    """a body that breaks off is fetched again, and refused when it always does"""
    cut = Answer(body=TASKS, cut=100)
    with Service(good(export__tasks=[cut, Answer(body=TASKS)])) as service:
        (folder / "twice").mkdir()
        create(binary, folder / "twice", service.url, retries=1)
        assert metadata_of(folder / "twice")["tasks"]["total"] == 30
    with Service(good(export__tasks=cut)) as service:
        said = create(binary, folder, service.url, code=3, retries=1)
        assert "broke off" in said, said


def case_endless_body(binary, folder):
    """an endless body, or one too large from the start, is stopped at the limit"""
    with Service(good(export__tasks=Answer(endless=True))) as service:
        said = create(binary, folder, service.url, "--max-download", "5MiB", code=3, retries=3)
        assert "more than 5.00 MiB" in said, said
        assert service.paths().count("/export/tasks") == 1
    with Service(good(health=Answer(endless=True))) as service:
        create(binary, folder, service.url, code=3)
    with Service(good(export__backup=Answer(body=b"x" * 2000000, type="application/zip"))) as service:
        create(binary, folder, service.url, "--max-download", "1MiB", code=3)


def case_other_host(binary, folder):
    """a redirect to another host is not followed, and the key stays here"""
    with Service(good()) as other:
        for status in (301, 302, 307, 308):
            answer = Answer(status, headers={"Location": other.url + "/export/tasks"})
            with Service(good(export__tasks=answer)) as service:
                said = create(binary, folder, service.url, code=3)
                assert "redirects to another host" in said, said
        for place in ("http://example.com/", "ftp://127.0.0.1/", "file:///etc/passwd",
                      "http://localhost:%d/export/tasks" % other.port):
            answer = Answer(302, headers={"Location": place})
            with Service(good(export__tasks=answer)) as service:
                create(binary, folder, service.url, code=3)
        assert not other.requests


def case_same_host(binary, folder):
    """a redirect on the same host is followed, with the key; circles end"""
    answers = good(export__tasks=Answer(307, headers={"Location": "/v2/tasks"}),
                   v2__tasks=Answer(body=TASKS))
    with Service(answers) as service:
        create(binary, folder, service.url)
        assert dict(service.requests[-2][1])["X-API-Key"] == KEY, service.paths()
    (folder / "circle").mkdir()
    answers = good(export__tasks=Answer(302, headers={"Location": "/export/tasks"}))
    with Service(answers) as service:
        said = create(binary, folder / "circle", service.url, code=3)
        assert "in circles" in said, said


def case_proxy(binary, folder):
    """plain http on this machine never goes by a proxy, which would see the key"""
    with Service(good()) as proxy, Service(good()) as service:
        create(binary, folder, service.url, http_proxy=proxy.url, ALL_PROXY=proxy.url)
        assert not proxy.requests


def case_tls(binary, folder):
    """a right certificate of a private authority; a wrong name; an unknown authority"""
    make_authority(folder)
    make_certificate(folder, "right", "IP:127.0.0.1")
    make_certificate(folder, "wrong", "DNS:elsewhere.example")
    authority = str(folder / "ca.pem")
    with Service(good(), tls_context(folder, "right")) as service:
        said = create(binary, folder, service.url, code=3, retries=3)
        assert "cannot prove who it is" in said and "--ca-file" in said, said
        assert not service.requests
    with Service(good(), tls_context(folder, "wrong")) as service:
        said = create(binary, folder, service.url, "--ca-file", authority, code=3, retries=3)
        assert "cannot prove who it is" in said, said
        assert not service.requests
    with Service(good(), tls_context(folder, "right")) as service:
        (folder / "a").mkdir()
        create(binary, folder / "a", service.url, "--ca-file", authority)
        (folder / "b").mkdir()
        create(binary, folder / "b", service.url, SSL_CERT_FILE=authority)
        (folder / "c").mkdir()
        create(binary, folder / "c", service.url, "--ca-file", str(folder / "none.pem"), code=2)
        (folder / "d").mkdir()
        create(binary, folder / "d", service.url, "--ca-file", str(folder / "right.ext"), code=3)


def case_tls_downgrade(binary, folder):
    """from https to http is no redirect that is followed"""
    make_authority(folder)
    make_certificate(folder, "right", "IP:127.0.0.1")
    with Service(good()) as plain:
        answer = Answer(302, headers={"Location": plain.url + "/export/tasks"})
        with Service(good(export__tasks=answer), tls_context(folder, "right")) as service:
            create(binary, folder, service.url, "--ca-file", str(folder / "ca.pem"), code=3)
        assert not plain.requests


def case_nobody_there(binary, folder):
    """nothing listens; what listens is no web server; it hangs up; it says nothing"""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        said = create(binary, folder, f"http://127.0.0.1:{unused.getsockname()[1]}", code=3)
        assert "does not answer" in said, said
        unused.listen()
        create(binary, folder, f"http://127.0.0.1:{unused.getsockname()[1]}", "--wake-timeout",
               "2s", code=3)


def case_slow(binary, folder):
    """a service that takes too long"""
    with Service(good(export__tasks=Answer(body=TASKS, pause=50))) as service:
        before = time.monotonic()
        create(binary, folder, service.url, "--download-timeout", "3s", code=3, retries=3)
        assert time.monotonic() - before < 40
        assert service.paths().count("/export/tasks") == 1, service.paths()  # tries included


def case_interrupted(binary, folder):
    """a signal ends the wait at once"""
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        with Service(good(export__tasks=Answer(body=TASKS, pause=60))) as service:
            process = subprocess.Popen([binary, "-C", folder, "create", "--from", service.url],
                                       env=clean_environment(), stderr=subprocess.DEVNULL)
            wait_until(lambda: "/export/tasks" in service.paths(), "the download", process)
            process.send_signal(number)
            assert process.wait(10) == code
            assert not backups(folder)


def case_redis(binary, folder):
    """/health says that the truth is in Redis: a warning, in the backup too"""
    health = Answer(body='{"status": "ok", "services": {"storage": "redis"}}')
    with Service(good(health=health)) as service:
        said = create(binary, folder, service.url)
        assert "live in Redis" in said, said
    assert any("live in Redis" in warning for warning in metadata_of(folder)["warnings"])


def case_shrunk(binary, folder):
    """a service that has lost most of its tasks"""
    with Service(good()) as service:
        create(binary, folder, service.url)
        service.answers["/export/tasks"] = Answer(body="[]")
        done = subprocess.run([binary, "-C", folder, "create", "--from", service.url],
                              env=clean_environment(), capture_output=True, text=True)
        assert done.returncode == 7 and "there are 0 tasks" in done.stderr, done
        assert len(backups(folder)) == 1
        create(binary, folder, service.url, "--max-shrink", "100")
        assert len(backups(folder)) == 2


def case_output(binary, folder):
    """an archive for stdout, and no folder of backups"""
    with Service(good()) as service:
        done = subprocess.run([binary, "-C", folder, "create", "--from", service.url, "--output",
                               "-"], env=clean_environment(), capture_output=True, check=True)
    (folder / "x.zip").write_bytes(done.stdout)
    assert zipfile.ZipFile(folder / "x.zip").testzip() is None
    assert not (folder / "backups").exists()
