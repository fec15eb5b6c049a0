# SPDX-License-Identifier: MIT
"""What the fault tests share: the system that is hurt, the commands, and what they promise."""
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DEMO = os.path.join(HERE, "..", "..", "scripts", "demo_system.py")

CALLS = ["write", "pwrite64", "fsync", "fdatasync", "rename", "link", "unlink", "ftruncate", "mkdir"]
KILL, FULL, BAD = "signal=KILL", "error=ENOSPC", "error=EIO"
# A call that cannot fail that way would only make the sweep longer.
WAYS = {call: [KILL, FULL, BAD] for call in CALLS}
for never_full in ("fsync", "fdatasync", "unlink"):
    WAYS[never_full] = [KILL, BAD]


def run(binary, system, *arguments, inject=None, env=None, follow=True):
    """Runs the tool on the system; returns its exit code and what it said. Without `follow` only the
    main thread of the tool is hit, and no program that it starts."""
    command = [binary, "-C", system, "--lock-timeout", "2", "-j", "1", *arguments]
    if inject:
        trace = ["strace", *(["-f"] if follow else []), "-qq", "-o", "/dev/null", "-e",
                 "inject=" + inject]
        command = trace + command
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60, env=env)
    return done.returncode, done.stdout.decode(errors="replace")


def state_of(system):
    """What an application would find: the bytes of the JSON files and the rows of the database."""
    digest = hashlib.sha256()
    for name in ("tasks.json", "agent_tasks.json", "extra.json"):
        path = os.path.join(system, "shared", name)
        if os.path.exists(path):
            with open(path, "rb") as stream:
                digest.update(name.encode() + stream.read())
    path = os.path.join(system, "database", "a2a_system.db")
    if os.path.exists(path):
        database = sqlite3.connect(path)
        for line in database.iterdump():
            digest.update(line.encode())
        database.close()
    return digest.hexdigest()


def leftovers(system):
    found = []
    for folder, folders, files in os.walk(system):
        for name in folders + files:
            if name.startswith(".a2a-backup-stage") or name.endswith(".tmp") or name == "stage":
                found.append(os.path.relpath(os.path.join(folder, name), system))
    return found


class Scenario:
    """A prepared system, the command that is hit, and the two states that may come of it."""

    def __init__(self, name, binary, base, journal):
        self.name, self.binary, self.base = f"{name} ({journal})", binary, base
        self.seed = os.path.join(base, "seed")
        subprocess.run([sys.executable, DEMO, "make", self.seed, "--tasks", "6", "--agents", "2",
                        "--rows", "20", "--journal", journal], check=True,
                       stdout=subprocess.DEVNULL)
        self.must(self.seed, "create", "-q")
        self.new = state_of(self.seed)
        subprocess.run([sys.executable, DEMO, "damage", self.seed], check=True,
                       stdout=subprocess.DEVNULL)
        self.old = state_of(self.seed)
        self.command = ["restore", "latest", "--yes"]
        self.pending_before = False

    def must(self, system, *arguments):
        code, said = run(self.binary, system, *arguments)
        if code != 0:
            raise SystemExit(f"{self.name}: cannot prepare, {arguments}: {code}\n{said}")

    def check(self, system, code):
        """Problems after a run that was hit; an empty list when the promise held."""
        return check_restore(self, system, code)

    def check_after(self, system):
        """Problems of the runs that follow."""
        return check_after(self, system)

    def fresh(self):
        system = os.path.join(self.base, "system")
        shutil.rmtree(system, ignore_errors=True)
        shutil.copytree(self.seed, system, symlinks=True)
        # The manifest and the journal hold absolute paths, so every run happens in one place.
        return system


class Restore(Scenario):
    def __init__(self, binary, base, journal):
        super().__init__("restore", binary, base, journal)


class RestoreLost(Scenario):
    """The database is gone, a stale log lies in its place."""

    def __init__(self, binary, base, journal):
        super().__init__("restore of a lost database", binary, base, journal)
        os.remove(os.path.join(self.seed, "database", "a2a_system.db"))
        for suffix in ("-wal", "-shm"):
            path = os.path.join(self.seed, "database", "a2a_system.db" + suffix)
            if os.path.exists(path):
                os.remove(path)
        self.old = state_of(self.seed)


def in_place(scenario, prepare):
    """Prepares the scenario where it will run, since the undo state names absolute paths."""
    system = scenario.fresh()
    prepare(system)
    shutil.rmtree(scenario.seed)
    os.rename(system, scenario.seed)


class Undo(Scenario):
    def __init__(self, binary, base, journal):
        super().__init__("undo", binary, base, journal)
        in_place(self, lambda system: self.must(system, "restore", "latest", "--yes"))
        self.old, self.new = self.new, self.old
        self.command = ["restore", "--undo", "--yes"]


class Crashed(Scenario):
    """A restore that died right after its commit point; hit again while it is settled."""

    def __init__(self, name, flag, binary, base, journal):
        super().__init__(name, binary, base, journal)
        in_place(self, self.crash)
        self.command = ["restore", flag]
        self.pending_before = True
        if flag == "--rollback":
            self.target = self.old

    def crash(self, system):
        # The third rename is the first one behind the commit point.
        for number in range(1, 50):
            code, _ = run(self.binary, system, "restore", "latest", "--yes",
                          inject=f"rename:signal=KILL:when={number}")
            if os.path.exists(os.path.join(system, ".a2a-backup", "journal")):
                return
            if code == 0:
                break
            shutil.rmtree(system)
            shutil.copytree(self.seed, system, symlinks=True)
        raise SystemExit(f"{self.name}: no run died with its journal on disk")


class Resume(Crashed):
    def __init__(self, binary, base, journal):
        super().__init__("resume", "--resume", binary, base, journal)


class Rollback(Crashed):
    def __init__(self, binary, base, journal):
        super().__init__("rollback", "--rollback", binary, base, journal)


def check_restore(scenario, system, code):
    """Problems after a run that was hit; an empty list when the promise held."""
    binary, problems = scenario.binary, []
    journal = os.path.join(system, ".a2a-backup", "journal")
    if not os.path.exists(journal):
        state = state_of(system)
        if state not in (scenario.old, scenario.new):
            problems.append("the system is neither all old nor all new")
        # The last steps only tidy up: a run may fail there with everything in place.
        if code == 0 and state != (scenario.new if "--rollback" not in scenario.command
                                   else scenario.old):
            problems.append("exit 0, and the work is not done")
        if code == 12 and state != scenario.old:
            problems.append("exit 12, and the old state is not back")
        return problems
    code, said = run(binary, system, "create", "-q")
    if code != 8:
        problems.append(f"a restore waits, and create says {code}: {said}")
    for flag, wanted in (("--resume", scenario.new), ("--rollback", scenario.old)):
        copy = system + ".pending"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(system, copy, symlinks=True)
        link_again(system, copy)
        code, said = run(binary, system, "restore", flag)
        if code != 0 or state_of(system) != wanted:
            problems.append(f"{flag} says {code} and the state is wrong: {said}")
        shutil.rmtree(system)
        os.rename(copy, system)
    run(binary, system, "restore", "--rollback")
    return problems


def link_again(source, copy):
    """copytree makes two files of two names of one; the protocol looks at that."""
    seen = {}
    for folder, _, files in os.walk(source):
        for name in files:
            path = os.path.join(folder, name)
            number = os.stat(path).st_ino
            other = os.path.join(copy, os.path.relpath(path, source))
            if number in seen:
                os.remove(other)
                os.link(seen[number], other)
            else:
                seen[number] = other


def check_after(scenario, system):
    """The next runs find nothing in their way, and tidy up."""
    problems = []
    if not os.path.exists(os.path.join(system, ".a2a-backup", "journal")):
        code, said = run(scenario.binary, system, "restore", "latest", "--yes")
        if code != 0:
            problems.append(f"the next restore says {code}: {said}")
    for command in (["create", "-q"], ["verify", "--all"]):
        code, said = run(scenario.binary, system, *command)
        if code != 0:
            problems.append(f"the next {command[0]} says {code}: {said}")
    problems += [f"{path} is left behind" for path in leftovers(system)]
    return problems


class Create(Scenario):
    def __init__(self, binary, base, journal):
        super().__init__("create", binary, base, journal)
        in_place(self, lambda system: self.must(system, "restore", "latest", "--yes"))
        self.old = self.new
        self.command = ["create", "-q"]
