# SPDX-License-Identifier: MIT
"""A server whose log goes to pgBackRest, an a2a-system beside it, and the program."""

import contextlib
import datetime
import hashlib
import itertools
import json
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.request

import servers

ROOT = pathlib.Path(__file__).resolve().parents[2]
SETUP = ROOT / "scripts" / "pitr-setup"
DEMO = ROOT / "scripts" / "demo_system.py"
_numbers = itertools.count(1)


def is_installed():
    return servers.is_installed() and bool(shutil.which("pgbackrest"))


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def tree(folder):
    """What is in it, so that a change of a single byte shows."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        info = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path.relative_to(folder))] = (info.st_mode, info.st_uid, content)
    return found


class Box:
    """The server runs from the constructor to stop()."""

    def __init__(self, binary, folder, where=()):
        """`where` is given to pitr-setup instead of a folder."""
        self.binary, self.folder = binary, pathlib.Path(folder)
        self.server = servers.Server(self.folder / "server")
        self.data = self.server.data
        self.stanza = f"a2a-{os.getpid()}-{next(_numbers)}"
        self.config = self.folder / "etc" / "pgbackrest.conf"
        self.repo = self.folder / "repo"
        self.where = [str(word) for word in where or ("--repo", self.repo)]
        self.system = self.folder / "system"
        for name in ("tmp", "log", "empty"):
            (self.folder / name).mkdir(mode=0o755)
            self.server.give(self.folder / name)
        # Beside those of a pgBackRest that this machine has for itself.
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "TMPDIR": str(self.folder / "tmp"),
            "PGBACKREST_JOB_RETRY": "0",  # what fails would be tried again after 15 s
            "PGBACKREST_LOG_PATH": str(self.folder / "log")}
        subprocess.run([sys.executable, DEMO, "make", self.system, "--seed", "7", "--tasks", "12",
                        "--rows", "20"], check=True, stdout=subprocess.DEVNULL)

    def stop(self):
        self.server.stop("immediate")

    # pitr-setup

    def setup(self, *words, code=0, **variables):
        """What it says."""
        done = subprocess.run(
            [SETUP, "--data", self.data, "--stanza", self.stanza, "--config", self.config,
             "--db-user", servers.USER, *words], env={**self.environment, **variables},
            cwd=self.folder, text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def set_up(self, **variables):
        """All of it, with the restart."""
        self.setup(*self.where, "--yes", code=3, **variables)
        self.server.stop()
        self.server.start()
        said = self.setup(*self.where, "--yes", **variables)
        time.sleep(1.2)  # the first moment to go back to is in the second after the backup
        return said

    # the programs

    def start(self, *words, **variables):
        return subprocess.Popen(
            [self.binary, "-C", self.system, *map(str, words)], cwd=self.folder, text=True,
            env={**self.environment, "A2A_BACKUP_PGBACKREST_STANZA": self.stanza,
                 "A2A_BACKUP_PGBACKREST_CONFIG": str(self.config), **variables}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *words, code=0, **variables):
        """(stdout, stderr) of a command that must end so."""
        process = self.start(*words, **variables)
        out, err = process.communicate(timeout=300)
        assert process.returncode == code, (words, process.returncode, out, err,
                                            self.server.log.read_text()[-1500:])
        return out, err

    @contextlib.contextmanager
    def serving(self, *words):
        """`serve`, as a function from a path to the text that is there."""
        token = "t0ken-0123456789abcdef0123456789abcdef"
        process = self.start("serve", "--listen", "127.0.0.1:0", *words, A2A_BACKUP_TOKEN=token)
        try:
            line = process.stderr.readline()
            assert "serving http://" in line, (line, process.communicate())
            threading.Thread(target=process.stderr.read, daemon=True).start()
            url = line.split("serving ")[1].strip()

            def get(path):
                request = urllib.request.Request(url + path, headers={"X-API-Key": token})
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return answer.read().decode()

            yield get
        finally:
            process.terminate()
            assert process.wait(60) == 0, process.returncode

    def json(self, *words, **variables):
        return json.loads(self.run(*words, "--json", **variables)[0])

    def pgbackrest(self, *words):
        done = subprocess.run(
            ["pgbackrest", f"--config={self.config}", f"--stanza={self.stanza}", *words],
            **servers.account(), cwd="/", env=self.environment, text=True, capture_output=True)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    # the database

    def table(self, name, rows=100):
        self.server.sql(f"CREATE TABLE {name} AS SELECT generate_series(1, {rows}) AS n")

    def rows(self, name):
        """How many; None for a table that is not there."""
        if self.server.sql(f"SELECT to_regclass('{name}') IS NULL") == "t":
            return None
        return int(self.server.sql(f"SELECT count(*) FROM {name}"))

    def moment(self):
        """A time with nothing written near it, as --at takes it."""
        time.sleep(0.3)
        moment = now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        time.sleep(0.3)
        return moment

    def wait_for_archive(self, moment):
        """Until the archive goes beyond that moment; the server writes to another file for it."""
        self.server.sql("SELECT pg_switch_wal()")
        deadline = time.monotonic() + 120
        while self.json("list")["point_in_time"]["to"] <= moment[:19] + "Z":  # in whole seconds
            assert time.monotonic() < deadline, "the archive does not come to that moment"
            time.sleep(0.2)

    def start_server(self):
        self.server.start()
        deadline = time.monotonic() + 120
        while self.server.sql("SELECT pg_is_in_recovery()") == "t":
            assert time.monotonic() < deadline, "it does not come out of recovery"
            time.sleep(0.05)

    def beside(self, kind):
        """The folders beside the data directory that are called so."""
        return sorted(self.data.parent.glob(f"{self.data.name}.{kind}-*"))


def shell(command, **environment):
    return subprocess.run(["bash", "-euc", command], env={**os.environ, **environment}, text=True,
                          capture_output=True, timeout=240)


def server_user():
    who = servers.account()
    return pwd.getpwuid(who["user"] if who else os.geteuid()).pw_name


def blocks(document, heading, kinds):
    """The blocks of code of these kinds below a heading, as (kind, text)."""
    section = document.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [found for found in re.findall(r"^```(\w+)\n(.*?)^```$", section, re.M | re.S)
            if found[0] in kinds]
