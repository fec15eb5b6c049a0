# SPDX-License-Identifier: MIT
"""What each case gets: an a2a-system in a folder of its own, whose database is one of its own in
PostgreSQL, and the program."""

import contextlib
import difflib
import hashlib
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import zipfile

import servers

try:
    import jsonschema
except ImportError:
    jsonschema = None

PROJECT = pathlib.Path(__file__).resolve().parents[2]
DEMO = PROJECT / "scripts" / "demo_system.py"
DUMP = "database/a2a_system.dump"
SECRET = "s3cret"  # in every password, however it is encoded
ROLE_PASSWORD = "r0le/s3cret"
assert SECRET in servers.PASSWORD and SECRET in urllib.parse.quote(servers.PASSWORD)
_numbers = itertools.count(1)


def on(template):
    """The case's database is a copy of that one."""

    def mark(case):
        case.template = template
        return case

    return mark


def make_shared(folder):
    """The JSON files that each case gets a copy of, and a pg_dump that stops who starts it."""
    subprocess.run([sys.executable, DEMO, "make", folder, "--seed", "7", "--tasks", "12",
                    "--rows", "20"], check=True, stdout=subprocess.DEVNULL)
    program = folder / "bin" / "pg_dump"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\n[ -e "${0%/*}/$PPID" ] ||\n'
                       '  case " $*" in *" --snapshot"*) kill -STOP "$PPID" ;; esac\n'
                       f'exec {shutil.which("pg_dump")} "$@"\n')
    program.chmod(0o755)


class Box:
    def __init__(self, binary, folder, world, model, template="application"):
        self.binary, self.folder, self.world = binary, pathlib.Path(folder), world
        self.model = pathlib.Path(model)
        self.server = world.server
        self.database = f"box_{next(_numbers)}"
        self.url = self.server.createdb(self.database, world.template(template))
        self.place = f"127.0.0.1:{self.server.port}"
        self.system, self.tmp = self.folder / "system", self.folder / "tmp"
        self.home = self.folder / "home"
        for each in (self.tmp, self.home, self.system):
            each.mkdir()
        shutil.copytree(self.model / "shared", self.system / "shared")
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.home), "TMPDIR": str(self.tmp),
            "A2A_DB_TYPE": "postgresql", "A2A_DATABASE_URL": self.url,
            **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}}
        self.may_hold_secret = set()
        self.processes, self.others = [], []

    # The program.

    def start(self, *words, binary_output=False, **variables):
        """A variable that is None is not set."""
        environment = {name: str(value) for name, value in {**self.environment, **variables}.items()
                       if value is not None}
        process = subprocess.Popen(
            [self.binary, "-C", self.system, *map(str, words)], cwd=self.folder, env=environment,
            text=not binary_output, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True)
        self.processes.append(process)
        return process

    def finish(self, process, code=0, timeout=120):
        """(stdout, stderr) of one that must end so; no secret may be in them."""
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(("did not end", process.args, out[-2000:], err[-2000:])) from None
        said = (out if isinstance(out, str) else "") + str(err)
        assert SECRET not in said, ("the password was shown", said)
        codes = code if isinstance(code, tuple) else (code,)
        assert process.returncode in codes, (
            process.args[3:], f"exit {process.returncode}, not {code}", out[-2000:], err[-2000:])
        return out, err

    def run(self, *words, code=0, **variables):
        return self.finish(self.start(*words, **variables), code)

    def json(self, command, *words, **variables):
        """What it says to programs, which must be what its schema says."""
        answer = json.loads(self.run(command, *words, "--json", **variables)[0])
        if jsonschema is not None:
            schema = PROJECT / "docs" / "schema" / f"{command}.schema.json"
            jsonschema.validate(answer, json.loads(schema.read_text()))
        return answer

    def create(self, *words, **variables):
        """The archive's path."""
        return pathlib.Path(self.system, self.run("create", "-q", *words, **variables)[0].strip())

    def settle(self, way):
        """The exit code of --resume or --rollback: 0, or that of nothing to settle."""
        process = self.start("restore", way)
        self.finish(process, code=(0, 4))
        return process.returncode

    def cat(self, selector, path, entry=DUMP):
        """Writes the entry there."""
        process = self.start("inspect", selector, "--cat", entry, binary_output=True)
        out, _ = self.finish(process)
        path.write_bytes(out)
        return path

    def record(self, archive):
        """What the archive's metadata says of the database."""
        with zipfile.ZipFile(archive) as file:
            return json.loads(file.read("backup_metadata.json"))["database"]

    def archives(self):
        folder = self.system / "backups"
        return sorted(path.name for path in folder.glob("a2a_backup_*"))

    # Its surroundings.

    def sql(self, text, database=None):
        return self.server.sql(text, database or self.database)

    def session(self, **options):
        return self.server.session(self.database, **options)

    def role(self, *rights):
        """A role with these rights alone: its name, and its URL."""
        name = f"role_{self.database}"
        return name, self.server.role(name, self.database, *rights, password=ROLE_PASSWORD)

    def fresh(self, suffix="fresh"):
        """The name and the URL of an empty database."""
        name = f"{self.database}_{suffix}"
        return name, self.server.createdb(name)

    def other_database(self, name, **options):
        """One that is dropped with the case's own: its URL."""
        self.others.append(name)
        return self.server.createdb(name, **options)

    def dump(self, database=None, server=None):
        """The database as text: everything in it, row for row."""
        server = server or self.server
        text = server.client("pg_dump", server.url_of(database or self.database, servers.USER, None))
        return re.sub(r"^\\(un)?restrict .*\n", "", text, flags=re.M)

    def state(self):
        return {"database": self.dump(), "files": tree(self.system / "shared")}

    def everything(self):
        """Each file of the case, with its digest."""
        return tree(self.folder)

    def damage_rows(self):
        """Rows deleted, changed and added."""
        self.sql("DELETE FROM request_logs WHERE id % 2 = 0; UPDATE tasks SET title = 'gone';"
                 "DELETE FROM tasks WHERE id < 10; SELECT nextval('ticket_numbers');"
                 "INSERT INTO api_keys (name, key_hash, permissions, created_at)"
                 " VALUES ('new' || random(), 'new', 'read', now()); DELETE FROM audit.events")

    def damage(self):
        """The worst hour: the JSON files cut off or emptied, too. What is left."""
        self.damage_rows()
        (self.system / "shared" / "tasks.json").write_text("[]")
        (self.system / "shared" / "agent_tasks.json").write_text('{"jules": [{"id": "task-0')
        return self.state()

    def sqlite(self):
        """Variables for the same system with a SQLite database."""
        if not (self.system / "database").exists():
            shutil.copytree(self.model / "database", self.system / "database")
        return {"A2A_DB_TYPE": None, "A2A_DATABASE_URL": None}

    def wait_for(self, query, timeout=120, server=None, database=None, process=None):
        """Until the query's answer is t, while the process runs."""
        with (server or self.server).session(database or self.database) as session:
            deadline = time.monotonic() + timeout
            while session.sql(query) != "t":
                assert time.monotonic() < deadline, f"it never came true: {query}"
                if process is not None and process.poll() is not None:
                    raise AssertionError(("ended too early", process.returncode,
                                          process.communicate()))
                time.sleep(0.001)

    def wait_for_statement(self, process, beginning="", waits=False, server=None):
        """Until somebody executes such a statement in the case's database, while the process runs;
        with `waits`, hangs at a lock in it."""
        lock = " AND wait_event_type = 'Lock'" if waits else ""
        self.wait_for("SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = "
                      f"'{self.database}' AND state = 'active' AND query ILIKE '{beginning}%'{lock}"
                      " AND pid <> pg_backend_pid()", server=server, database="postgres",
                      process=process)

    def create_that_stands_still(self, *words, server=None, **variables):
        """A create in the middle of reading the table bulk; it goes on by SIGCONT. Its pg_dump stops
        it before there is anything to read, fills the pipe and waits: that does not depend on how
        fast anybody is."""
        process = self.start("create", "--max-shrink", "100", *words,
                             PATH=f"{self.model}/bin:{os.environ['PATH']}", **variables)
        self.wait_for_statement(process, "COPY public.bulk %TO stdout", server=server)
        return process

    def go_on(self, process, code=0):
        free = self.model / "bin" / str(process.pid)  # should it start another pg_dump
        free.touch()
        process.send_signal(signal.SIGCONT)
        try:
            return self.finish(process, code)
        finally:
            free.unlink()

    @contextlib.contextmanager
    def held_restores(self):
        """Whoever creates an index, as a restore does, gets no further before the end of the block;
        no lock is waited for, so no timeout for locks ends that."""
        self.sql("CREATE FUNCTION hold() RETURNS event_trigger LANGUAGE plpgsql AS "
                 "$$BEGIN WHILE NOT pg_try_advisory_lock_shared(1) LOOP PERFORM pg_sleep(0.01);"
                 " END LOOP; PERFORM pg_advisory_unlock_shared(1); END$$;"
                 "CREATE EVENT TRIGGER hold ON ddl_command_end WHEN TAG IN ('CREATE INDEX')"
                 " EXECUTE FUNCTION hold()")
        with self.session() as holder:
            holder.sql("SELECT pg_advisory_lock(1)")
            yield

    def free_restores(self):
        """The database as it was."""
        self.sql("DROP EVENT TRIGGER hold; DROP FUNCTION hold")

    # The end.

    def close(self):
        """What holds after every case."""
        for process in self.processes:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGCONT)
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            for stream in (process.stdout, process.stderr):
                stream.close()
        self.world.mend()
        for name in self.server.sql("SELECT datname FROM pg_database WHERE datname ~ "
                                    f"'^{self.database}(_|$)'").splitlines():
            self.server.dropdb(name)
        for name in self.others:
            self.server.dropdb(name)
        self.server.sql(f"DROP ROLE IF EXISTS \"role_{self.database}\"")

    def check_secret(self):
        """It is in no file."""
        for path, content in contents(self.folder):
            if path.name not in self.may_hold_secret:
                assert SECRET.encode() not in content, f"the password is in {path}"

    def check(self):
        """No secret in any file that is left, nothing in the temporary folder, nobody connected."""
        self.check_secret()
        assert not os.listdir(self.tmp), ("left in TMPDIR", os.listdir(self.tmp))
        self.wait_for("SELECT count(*) = 0 FROM pg_stat_activity WHERE datname ~ "
                      f"'^{self.database}(_|$)'", database="postgres")


def contents(folder):
    """(path, bytes) of each file, and of each entry of each zip."""
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path, path.read_bytes()
            if zipfile.is_zipfile(path):
                with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
                    for name in archive.namelist():
                        yield path, archive.read(name)


def digest(path):
    with open(path, "rb") as file:
        sha256 = hashlib.sha256()
        while block := file.read(1 << 20):
            sha256.update(block)
    return sha256.hexdigest()


def tree(folder):
    return {str(path.relative_to(folder)): digest(path)
            for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file()}


def without_setval(dump):
    return re.sub(r"(?m)^SELECT pg_catalog.setval.*\n", "", dump)


def without_sequences(state):
    """After a crash the server lets sequences jump ahead, by up to 32."""
    return {**state, "database": without_setval(state["database"])}


def assert_same(found, expected, what="it"):
    """Of states, or of dumps."""
    if isinstance(expected, dict):
        assert_same(found["database"], expected["database"], f"the database: {what}")
        assert found["files"] == expected["files"], f"the JSON files: {what}"
    elif found != expected:
        lines = itertools.islice(difflib.unified_diff(expected.splitlines(), found.splitlines(),
                                                      "expected", "found", n=0, lineterm=""), 25)
        raise AssertionError(f"{what}\n" + "\n".join(line[:200] for line in lines))


class CommandLines:
    """Looks at the command lines of all processes as long as it lives."""

    def __enter__(self):
        self.seen, self.ended = set(), threading.Event()
        self.thread = threading.Thread(target=self._look)
        self.thread.start()
        return self

    def _look(self):
        while not self.ended.is_set():
            for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    self.seen.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def of(self, program):
        return [line for line in self.seen if os.path.basename(line.split(" ")[0]) == program]


def children(pid, name):
    """The processes that it started and that are called so now."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            status = path.read_text()
            if f"\nPPid:\t{pid}\n" in status and status.startswith(f"Name:\t{name}\n"):
                found.append(int(path.parent.name))
    return found
