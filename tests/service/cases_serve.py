# SPDX-License-Identifier: MIT
"""`serve`, asked by curl, by Python, by our own `create --from`, and by people who mean no good."""

import base64
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
import zipfile

from process_memory import peak_memory
from servers import (MEMORY_LIMIT, Choke, Serve, Service, clean_environment, connect, good,
                     make_authority, make_certificate, make_system, read_to_end, wait_until)

TOKEN = "t0ken-0123456789abcdef0123456789abcdef"
PGBACKREST = pathlib.Path(__file__).parents[1] / "fixtures" / "pgbackrest"
WRONG = "wrong-0123456789abcdef0123456789abcdef"


def system(folder, **options):
    """A system in folder/live, and the environment of its server."""
    live = folder / "live"
    make_system(live, **options)
    return live, clean_environment(A2A_BACKUP_TOKEN=TOKEN)


def get(url, token=TOKEN, header="X-API-Key", authorization=None, context=None):
    headers = {header: token} if token else {}
    if authorization:
        headers["Authorization"] = authorization
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30, context=context) as response:
            return response.status, response.read(), response.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def create(binary, folder, url, *options, code=0, token=TOKEN):
    folder.mkdir(exist_ok=True)
    if "--retries" not in options:
        options += ("--retries", "1")
    done = subprocess.run([binary, "-C", folder, "create", "--from", url, *options], env=clean_environment(A2A_API_KEY=token),
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == code, f"exit {done.returncode}, not {code}: {done.stderr}"
    return done


def case_round_trip(binary, folder):
    """a service is backed up through its export, restored elsewhere, and is the same"""
    live, env = system(folder, rows=300)
    with Serve(binary, live, env=env) as serve:
        done = create(binary, folder / "here", serve.url)
        assert f"from {serve.url}" in done.stdout, done.stdout
        assert serve.stop() == 0
    subprocess.run([binary, "-C", folder / "here", "verify"], check=True, capture_output=True)
    subprocess.run([binary, "-C", folder / "here", "restore", "latest", "--to", folder / "there"],
                   check=True, capture_output=True, env=clean_environment())
    for name in ("shared/tasks.json", "shared/agent_tasks.json"):
        assert (folder / "there" / name).read_bytes() == (live / name).read_bytes(), name
    dumps = []
    for root in (live, folder / "there"):
        with sqlite3.connect(root / "database/a2a_system.db") as database:
            dumps.append(list(database.iterdump()))
    assert dumps[0] == dumps[1] and len(dumps[0]) > 900
    assert not (live / "backups").exists(), "serve left something in the system"


def case_under_a_writer(binary, folder):
    """backups that are handed out while the application writes are consistent"""
    live, env = system(folder, rows=300)
    demo = str(pathlib.Path(__file__).parents[2] / "scripts/demo_system.py")
    writer = subprocess.Popen(["python3", demo, "write", live], stdout=subprocess.DEVNULL)
    try:
        with Serve(binary, live, env=env) as serve:
            for i in range(3):
                create(binary, folder / f"n{i}", serve.url, "--retries", "5")
                subprocess.run([binary, "-C", folder / f"n{i}", "restore", "latest", "--to",
                                folder / f"r{i}"], check=True, capture_output=True)
                subprocess.run(["python3", demo, "check", folder / f"r{i}"], check=True,
                               capture_output=True)
    finally:
        writer.terminate()
        writer.wait()


def case_endpoints(binary, folder):
    """each endpoint, by the right key in both headers"""
    live, env = system(folder)
    with Serve(binary, live, env=env) as serve:
        assert get(serve.url + "/health", token=None)[:2] == (200, b'{"status": "ok"}\n')
        for name in ("tasks", "agent_tasks"):
            status, body, headers = get(serve.url + "/export/" + name)
            assert status == 200 and body == (live / f"shared/{name}.json").read_bytes()
            assert headers["Content-Type"] == "application/json"
            assert headers["Cache-Control"] == "no-store"
        status, body, _ = get(serve.url + "/export/database", f"Bearer {TOKEN}", "Authorization")
        assert status == 200
        (folder / "x.db").write_bytes(body)
        with sqlite3.connect(folder / "x.db") as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert database.execute("SELECT count(*) FROM tasks").fetchone() == (1000,)
        status, body, headers = get(serve.url + "/export/backup")
        assert status == 200 and headers["Content-Type"] == "application/zip"
        (folder / "x.zip").write_bytes(body)
        assert zipfile.ZipFile(folder / "x.zip").testzip() is None
        for path in ("/index.html", "/export/", "/export/../health", "/nothing", "/export/tasks/"):
            assert get(serve.url + path)[0] == 404, path


def case_curl(binary, folder):
    """curl, as the documentation shows it"""
    live, env = system(folder)
    with Serve(binary, live, env=env) as serve:
        done = subprocess.run(["curl", "-fsS", "-H", f"X-API-Key: {TOKEN}", "-OJ",
                               serve.url + "/export/backup"], cwd=folder, env=clean_environment())
        assert done.returncode == 0
        (archive,) = folder.glob("a2a_backup_*.zip")
        subprocess.run([binary, "verify", archive], check=True, capture_output=True)


def case_keys(binary, folder):
    """no key, a wrong key, one in the query, one that is too long or too short"""
    live, env = system(folder)
    with Serve(binary, live, env=env) as serve:
        for path in ("/export/backup", "/export/tasks", "/metrics", "/", "/nothing"):
            assert get(serve.url + path, token=None)[0] == 401, path
        for token in (WRONG, TOKEN + "x", TOKEN[:-1], TOKEN.upper()):
            assert get(serve.url + "/export/tasks", token)[0] == 401
        assert get(serve.url + f"/export/tasks?key={TOKEN}", token=None)[0] in (401, 429)
        serve.stop()
        log = "".join(serve.log)
        assert TOKEN not in log and WRONG not in log, "a token is in the log"
        assert "GET /export/tasks 401" in log, log


def case_wrong_key_from(binary, folder):
    """create --from with a wrong key, and with none"""
    live, env = system(folder)
    with Serve(binary, live, env=env) as serve:
        done = create(binary, folder / "a", serve.url, code=9, token=WRONG)
        assert "refuses the key" in done.stderr
        done = create(binary, folder / "b", serve.url, code=9, token="")
        assert "wants a key" in done.stderr


def case_many_wrong_keys(binary, folder):
    """wrong keys are answered with 429 after ten, and the right one still gets in"""
    live, env = system(folder)
    with Serve(binary, live, env=env) as serve:
        found, headers = [], None
        while 429 not in found and len(found) < 30:  # every six seconds one more is allowed
            status, _, headers = get(serve.url + "/export/tasks", WRONG)
            found.append(status)
        assert found[:10] == [401] * 10 and found[-1] == 429, found
        assert headers["Retry-After"] == "60"
        assert get(serve.url + "/export/tasks")[0] == 200


def case_too_many_requests(binary, folder):
    """more than a hundred requests at once from one address"""
    live, env = system(folder)
    with Serve(binary, live, env=env) as serve:
        found = []
        while b"429" not in found and len(found) < 1000:  # ten more are allowed every second
            with contextlib.ExitStack() as stack:
                clients = [stack.enter_context(connect(serve.port)) for _ in range(20)]
                for client in clients:
                    client.sendall(b"GET /health HTTP/1.1\r\n\r\n")
                found += [read_to_end(client).split(b" ")[1] for client in clients]
        assert set(found) == {b"200", b"429"} and found.count(b"200") >= 100, found


def case_fifty_clients(binary, folder):
    """fifty clients at once: each gets health; exports come one at a time, the others get 503"""
    live, env = system(folder, rows=20000)
    with Serve(binary, live, env=env) as serve, concurrent.futures.ThreadPoolExecutor(50) as pool:
        paths = ["/health"] * 25 + ["/export/backup"] * 25
        found = list(pool.map(lambda path: get(serve.url + path), paths))
        assert [status for status, _, _ in found[:25]] == [200] * 25
        exports = [status for status, _, _ in found[25:]]
        assert set(exports) == {200, 503}, exports
        busy = next(headers for status, _, headers in found[25:] if status == 503)
        assert busy["Retry-After"] == "5"
        for status, body, _ in found[25:]:
            if status == 200:
                (folder / "x.zip").write_bytes(body)
                subprocess.run([binary, "verify", folder / "x.zip"], check=True,
                               capture_output=True)


def case_slow_loris(binary, folder):
    """clients that send a byte now and then are cut off after 10 s, and others are answered"""
    live, env = system(folder)
    with Serve(binary, live, env=env) as serve:
        began = time.monotonic()
        slow = [connect(serve.port) for _ in range(40)]
        while time.monotonic() - began < 9:
            for client in slow:
                with contextlib.suppress(ConnectionError):  # when this took longer than it should
                    client.send(b"G")
            assert get(serve.url + "/health", token=None)[0] == 200
            time.sleep(1)
        for client in slow:
            read_to_end(client)  # which gives up long before nobody would be cut off


def case_silent_crowd(binary, folder):
    """more silent clients than there is room for: the rest is told so, and it passes"""
    live, env = system(folder)
    with Serve(binary, live, env=env) as serve:
        silent = [connect(serve.port) for _ in range(64)]
        late = connect(serve.port)  # they are taken in the order in which they came
        assert b" 503 " in read_to_end(late).split(b"\r\n")[0]
        for client in silent:
            client.close()

        def answers():
            with contextlib.suppress(OSError):  # a 503 that comes before it is asked for
                return get(serve.url + "/health", token=None)[0] == 200

        wait_until(answers, "an answer", seconds=8)


def case_bad_requests(binary, folder):
    """what is no plain GET is refused"""
    live, env = system(folder)
    with Serve(binary, live, env=env) as serve:
        for text, status in ((b"POST /export/tasks HTTP/1.1\r\n\r\n", 405),
                             (b"HEAD / HTTP/1.1\r\n\r\n", 405),
                             (b"GET / HTTP/2.0\r\n\r\n", 505),
                             (b"GET /\r\n\r\n", 400),
                             (b"GET http://x/ HTTP/1.1\r\n\r\n", 400),
                             (b"GET /\x00 HTTP/1.1\r\n\r\n", 400),
                             (b"GET / HTTP/1.1\r\nnonsense\r\n\r\n", 400),
                             (b"GET / HTTP/1.1\r\nA: 1\r\n folded: 2\r\n\r\n", 400),
                             (b"GET / HTTP/1.1\r\nX-API-Key: a\r\nx-api-key: b\r\n\r\n", 400),
                             (b"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 413),
                             (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 413),
                             (b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n\r\n", 413),
                             (b"\xff\xfe\r\n\r\n", 400)):
            client = connect(serve.port)
            client.sendall(text)
            line = read_to_end(client).split(b"\r\n")[0]
            assert b" %d " % status in line, (text[:40], line)


def case_endless_header(binary, folder):
    """a header without end takes no memory"""
    live, env = system(folder)
    with Serve(binary, live, env=env) as serve:
        client = connect(serve.port)
        client.sendall(b"GET / HTTP/1.1\r\nX: ")
        try:
            for _ in range(50):
                client.sendall(b"a" * 1000000)
        except OSError:
            pass
        status = pathlib.Path(f"/proc/{serve.process.pid}/status").read_text()
        peak = next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)
        assert peak < MEMORY_LIMIT, f"{peak} KiB"


def case_client_goes(binary, folder):
    """a client that goes away in the middle does no harm"""
    live, env = system(folder, rows=20000)
    with Serve(binary, live, env=env) as serve:
        for _ in range(5):
            client = connect(serve.port)
            client.sendall(b"GET /export/database HTTP/1.1\r\nX-API-Key: " + TOKEN.encode()
                           + b"\r\n\r\n")
            client.recv(1000)
            client.close()
        assert get(serve.url + "/health", token=None)[0] == 200
        create(binary, folder / "here", serve.url, "--retries", "5")


def case_killed(binary, folder):
    """the service is killed in the middle of a download: exit 3 and no archive"""
    live, env = system(folder)
    with Serve(binary, live, env=env) as serve, \
            Choke(serve.port, "/export/backup", 10000) as choke:
        process = subprocess.Popen(
            [binary, "-C", folder, "create", "--from", choke.url, "--retries", "1"],
            env=clean_environment(A2A_API_KEY=TOKEN), stderr=subprocess.PIPE, text=True)
        wait_until(choke.reached.is_set, "the middle of the download", process)
        serve.process.kill()
        _, said = process.communicate(timeout=60)
        assert process.returncode == 3, said
        assert not list(folder.glob("backups/*")), "something was left"


def case_term(binary, folder):
    """SIGTERM lets a download end and exits with 0; nobody is waited for who asked nothing"""
    live, env = system(folder, rows=30000)
    for number in (signal.SIGTERM, signal.SIGINT):
        with Serve(binary, live, env=env) as serve:
            client = connect(serve.port)
            client.sendall(b"GET /export/database HTTP/1.1\r\nX-API-Key: " + TOKEN.encode()
                           + b"\r\n\r\n")
            head = client.recv(200)
            began = time.monotonic()
            idle = connect(serve.port)
            assert get(serve.url + "/health", token=None)[0] == 200  # so it has the idle one, too
            serve.process.send_signal(number)
            wait_until(lambda: any("sent no whole request" in line for line in serve.log),
                       "the end of the idle one", serve.process)
            # Without a signal it would have been cut off after ten seconds.
            assert time.monotonic() - began < 10
            whole = head + read_to_end(client)
            size = int(whole.split(b"Content-Length: ")[1].split(b"\r\n")[0])
            assert len(whole.split(b"\r\n\r\n", 1)[1]) == size
            assert serve.process.wait(60) == 0
            idle.close()


def case_max_age(binary, folder):
    """the newest backup is handed out while it is young enough"""
    live, env = system(folder)
    subprocess.run([binary, "-C", live, "create"], check=True, env=env, capture_output=True)
    (backup,) = (live / "backups").glob("*.zip")
    with Serve(binary, live, "--max-age", "1h", env=env) as serve:
        _, body, headers = get(serve.url + "/export/backup")
        assert body == backup.read_bytes() and backup.name in headers["Content-Disposition"]
    time.sleep(1.1)
    with Serve(binary, live, "--max-age", "1s", env=env) as serve:
        assert get(serve.url + "/export/backup")[1] != backup.read_bytes()


def case_report(binary, folder):
    """a browser sees the page with the token as password, which opens no export"""
    live, env = system(folder)
    subprocess.run([binary, "-C", live, "create"], check=True, env=env, capture_output=True)
    basic = "Basic " + base64.b64encode(f"anybody:{TOKEN}".encode()).decode()
    with Serve(binary, live, env=env) as serve:
        status, _, headers = get(serve.url + "/", token=None)
        assert status == 401 and headers["WWW-Authenticate"].startswith("Basic "), headers
        for token, header, expected in ((None, basic, 200), (TOKEN, None, 200),
                                        (None, basic[:-6] + "AAAA==", 401), (None, "Basic", 401)):
            status, body, headers = get(serve.url + "/", token=token, authorization=header)
            assert status == expected, (header, status)
            if status == 200:
                assert headers["Content-Type"].startswith("text/html")
                assert b"a2a_backup_2" in body and b"</footer>" in body
        for path in ("/export/tasks", "/export/backup", "/metrics"):
            status, _, headers = get(serve.url + path, token=None, authorization=basic)
            assert status == 401 and headers["WWW-Authenticate"] == "Bearer", path


def case_metrics(binary, folder):
    """Prometheus text, for who has the token"""
    live, env = system(folder)
    subprocess.run([binary, "-C", live, "create"], check=True, env=env, capture_output=True)
    (live / "backups/a2a_backup_20250101_000000.zip").write_text("broken")
    with Serve(binary, live, env=env) as serve:
        status, body, headers = get(serve.url + "/metrics")
        assert status == 200 and headers["Content-Type"].startswith("text/plain")
        values = dict(line.split() for line in body.decode().splitlines() if line[0] != "#")
        assert values["a2a_backup_count"] == "1" and values["a2a_backup_broken"] == "1", values
        assert 0 <= int(values["a2a_backup_age_seconds"]) < 60
        assert int(values["a2a_backup_last_size_bytes"]) > 1000


def pgbackrest_of(env, script=None):
    """The environment with the pgbackrest of the fixtures, or with this one."""
    return {**env, "A2A_BACKUP_PGBACKREST_STANZA": "a2a",
            "PATH": f"{script.parent if script else PGBACKREST}:{env['PATH']}"}


def gauges(url):
    status, body, _ = get(url + "/metrics")
    assert status == 200, status
    return dict(line.split() for line in body.decode().splitlines() if line[0] != "#")


def case_point_in_time(binary, folder):
    """what pgBackRest has is on the page and in the metrics, where a stanza is named"""
    live, env = system(folder)
    with Serve(binary, live, env={**pgbackrest_of(env), "A2A_BACKUP_PGBACKREST_STANZA": ""}) as serve:
        assert not [name for name in gauges(serve.url) if "point_in_time" in name]
        assert b"Point in time" not in get(serve.url + "/")[1]
    with Serve(binary, live, env=pgbackrest_of(env)) as serve:
        values = gauges(serve.url)
        assert values["a2a_backup_count"] == "0", values
        assert values["a2a_backup_point_in_time_good"] == "1", values
        assert values["a2a_backup_point_in_time_newest_timestamp_seconds"] == "1752524105", values
        assert values["a2a_backup_point_in_time_end_timestamp_seconds"] == "1752524732", values
        _, page, _ = get(serve.url + "/")
        assert b"<h2 id=moments>Point in time</h2>" in page and b"stanza a2a" in page, page
        assert serve.stop() == 0
    with Serve(binary, live, "--pgbackrest-stanza", "nope", env=pgbackrest_of(env)) as serve:
        values = gauges(serve.url)
        assert values["a2a_backup_point_in_time_good"] == "0", values
        assert "a2a_backup_point_in_time_end_timestamp_seconds" not in values, values
        _, page, _ = get(serve.url + "/")
        assert b"missing stanza" in page and b"wrong with pgBackRest" in page, page


def case_point_in_time_hangs(binary, folder):
    """a pgBackRest that does not answer hides nothing else, and ends with serve"""
    live, env = system(folder)
    subprocess.run([binary, "-C", live, "create"], check=True, env=env, capture_output=True)
    script = folder / "bin" / "pgbackrest"
    script.parent.mkdir()
    script.write_text(f"#!/bin/sh\necho $$ >> {folder}/asked\nexec sleep 600\n")
    script.chmod(0o755)
    with Serve(binary, live, env=pgbackrest_of(env, script)) as serve:
        for _ in range(2):
            values = gauges(serve.url)
            assert values["a2a_backup_count"] == "1", values
            assert values["a2a_backup_point_in_time_good"] == "0", values
        assert b"pgBackRest has not answered yet" in get(serve.url + "/")[1]
        (asked,) = (folder / "asked").read_text().split()
        assert serve.stop() == 0, serve.log
        assert not pathlib.Path("/proc", asked).exists(), "pgbackrest was left behind"


def case_broken_system(binary, folder):
    """data that cannot be backed up is status 500 for the client and words for the log"""
    live, env = system(folder)
    (live / "shared/tasks.json").write_text("[{")
    with Serve(binary, live, env=env) as serve:
        status, body, _ = get(serve.url + "/export/backup")
        assert (status, body) == (500, b'{"error": "source"}\n'), (status, body)
        (live / "shared/tasks.json").unlink()
        assert get(serve.url + "/export/tasks")[0] == 404
        create(binary, folder / "here", serve.url, code=3)
        serve.stop()
        assert any("cut off" in line for line in serve.log), serve.log


def case_tls(binary, folder):
    """serve with a certificate: our client with the authority, and without; no plain http"""
    live, env = system(folder)
    make_authority(folder)
    make_certificate(folder, "right", "IP:127.0.0.1")
    options = ("--tls-cert", str(folder / "right.pem"), "--tls-key", str(folder / "right.key"))
    with Serve(binary, live, *options, env=env, listen="0.0.0.0:0") as serve:
        url = f"https://127.0.0.1:{serve.port}"
        create(binary, folder / "a", url, "--ca-file", str(folder / "ca.pem"))
        create(binary, folder / "b", url, code=3)
        done = subprocess.run(["curl", "-sS", "--cacert", str(folder / "ca.pem"), "--tls-max",
                               "1.1", url + "/health"], env=clean_environment(),
                              capture_output=True)
        assert done.returncode != 0, "TLS 1.1 was accepted"
        try:
            get(f"http://127.0.0.1:{serve.port}/health", token=None)
            raise AssertionError("plain http was answered")
        except (OSError, http.client.HTTPException):
            pass
        silent = [connect(serve.port) for _ in range(10)]
        done = subprocess.run(["curl", "-fsS", "--cacert", str(folder / "ca.pem"),
                               url + "/health"], env=clean_environment(), capture_output=True)
        assert json.loads(done.stdout) == {"status": "ok"}
        for client in silent:
            client.close()
        assert serve.stop() == 0


def case_encrypted(binary, folder):
    """what arrives is stored encrypted when it should be, as one file and as parts"""
    live, env = system(folder)
    subprocess.run(["age-keygen", "-o", folder / "key"], check=True, capture_output=True)
    recipient = subprocess.run(["age-keygen", "-y", folder / "key"], check=True, text=True,
                               capture_output=True).stdout.strip()
    with Serve(binary, live, env=env) as serve, Service(good()) as parts:
        for name, url in (("whole", serve.url), ("parts", parts.url)):
            create(binary, folder / name, url, "--encrypt-to", recipient)
            (archive,) = (folder / name / "backups").iterdir()
            assert archive.name.endswith(".zip.age"), archive
            with open(folder / f"{name}.zip", "wb") as plain:
                subprocess.run(["age", "-d", "-i", folder / "key", archive], check=True,
                               stdout=plain)
            subprocess.run([binary, "verify", folder / f"{name}.zip"], check=True,
                           capture_output=True)


def case_memory(binary, folder):
    """a client needs little memory for a large download"""
    live, env = system(folder, rows=60000)
    with Serve(binary, live, env=env) as serve:
        (folder / "here").mkdir()
        process = subprocess.Popen([binary, "-C", folder / "here", "create", "--from", serve.url],
                                   env=clean_environment(A2A_API_KEY=TOKEN),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        peak = peak_memory(process)
        assert process.returncode == 0
        assert 0 < peak * 1024 < MEMORY_LIMIT, f"{peak} MiB"
