# SPDX-License-Identifier: MIT
"""--ping, against a service that takes it, refuses it, or is not there."""

import signal
import subprocess

from servers import Answer, Service, clean_environment, make_system, wait_until

PATH = "/5ecre7-uu1d"


def watched(**more):
    answers = {PATH: Answer(body="OK"), PATH + "/start": Answer(body="OK"),
               PATH + "/fail": Answer(body="OK")}
    answers.update(more)
    return answers


def run(binary, folder, url, *words, code=0):
    done = subprocess.run([binary, "-C", folder, *words], capture_output=True, text=True, timeout=60,
                          env=clean_environment(A2A_BACKUP_PING=url))
    assert done.returncode == code, f"exit {done.returncode}, not {code}: {done.stderr}"
    assert PATH[1:] not in done.stdout + done.stderr, "the secret address was shown"
    return done


def case_ping_of_success(binary, folder):
    """start, then success with what was backed up; the same for verify"""
    make_system(folder / "live")
    with Service(watched()) as service:
        run(binary, folder / "live", service.url + PATH, "create")
        run(binary, folder / "live", service.url + PATH, "verify")
        paths = [path for path, _ in service.posts]
        assert paths == [PATH + "/start", PATH] * 2, paths
        assert "task" in service.posts[1][1] and "row" in service.posts[1][1], service.posts
        assert service.posts[3][1] == "1 backup verified", service.posts


def case_ping_of_failure(binary, folder):
    """the message of the error goes to /fail"""
    make_system(folder / "live")
    (folder / "live/shared/tasks.json").write_text("<html>")
    with Service(watched()) as service:
        run(binary, folder / "live", service.url + PATH, "create", code=3)
        assert [path for path, _ in service.posts] == [PATH + "/start", PATH + "/fail"]
        text = service.posts[1][1]
        assert "exit code 3" in text and "tasks.json" in text, text


def case_ping_of_half_a_success(binary, folder):
    """exit code 10 sounds the alarm, although the backup is there"""
    make_system(folder / "live")
    with Service(watched()) as service:
        run(binary, folder / "live", service.url + PATH, "create", "--after", "exit 1", code=10)
        assert [path for path, _ in service.posts] == [PATH + "/start", PATH + "/fail"]


def case_ping_nobody_takes(binary, folder):
    """is a warning, and is tried three times at the end"""
    make_system(folder / "live")
    with Service(watched(**{PATH: Answer(500), PATH + "/start": Answer(404)})) as service:
        done = run(binary, folder / "live", service.url + PATH, "create")
        assert [path for path, _ in service.posts] == [PATH + "/start"] + [PATH] * 3
        assert done.stderr.count("warning: the ping of ") == 2, done.stderr
    done = run(binary, folder / "live", service.url + PATH, "create")
    assert "warning: the ping of " + service.url + " failed: it does not answer" in done.stderr


def case_ping_of_nothing(binary, folder):
    """no URL, plain http elsewhere: refused before anything is done; no ping for a dry run"""
    make_system(folder / "live")
    for url in ("hc-ping.com" + PATH, "http://example.com" + PATH, "ftp://example.com" + PATH):
        run(binary, folder / "live", url, "create", code=2)
    assert not (folder / "live/backups").exists()
    with Service(watched()) as service:
        run(binary, folder / "live", service.url + PATH, "create", "--dry-run")
        assert not service.posts


def case_ping_of_an_interrupted_run(binary, folder):
    """Ctrl-C is told too"""
    make_system(folder / "live")
    with Service(watched()) as service:
        process = subprocess.Popen(
            [binary, "-C", folder / "live", "create", "--before", "touch began; sleep 60"],
            cwd=folder, env=clean_environment(A2A_BACKUP_PING=service.url + PATH),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        wait_until((folder / "began").exists, "its hook", process)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
        assert process.returncode == 130, stderr
        assert "exit code 130" in service.posts[-1][1] and service.posts[-1][0] == PATH + "/fail"
