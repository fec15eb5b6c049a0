# SPDX-License-Identifier: MIT
"""Removing backups under faults: what should stay does, and nothing else is touched."""
import hashlib
import os
import shutil

from faultlib import HERE, Scenario, check_after, run

FIXTURES = os.path.join(HERE, "..", "fixtures")
LEGACY = "a2a_backup_20250711_011832.zip"
FOREIGN, BROKEN = "holiday.zip", "a2a_backup_20250101_000000.zip"


def backups_in(system):
    """Name -> digest of everything in the backup folder."""
    folder, found = os.path.join(system, "backups"), {}
    for name in os.listdir(folder):
        if not name.startswith("."):
            with open(os.path.join(folder, name), "rb") as stream:
                found[name] = hashlib.sha256(stream.read()).hexdigest()
    return found


class Prunes(Scenario):
    """Four backups of `create`, an old one of the Python script, a foreign zip and a broken one."""

    def __init__(self, name, binary, base, journal):
        super().__init__(name, binary, base, journal)
        self.must(self.seed, "restore", "latest", "--yes")
        for _ in range(3):
            self.must(self.seed, "create", "-q")
        folder = os.path.join(self.seed, "backups")
        shutil.rmtree(os.path.join(self.seed, ".a2a-backup"))
        shutil.copy(os.path.join(FIXTURES, "version_1_0.zip"), os.path.join(folder, LEGACY))
        for name in (FOREIGN, BROKEN):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as stream:
                stream.write("no backup, but dear to somebody")
        self.before = backups_in(self.seed)
        self.old = self.new
        # The names are dated, and the legacy one is the oldest.
        self.ours = [LEGACY] + sorted(set(self.before) - {LEGACY, FOREIGN, BROKEN})

    def common_problems(self, system, kept):
        """About what must be as it was, and the order in which the others went."""
        found, problems = backups_in(system), []
        for name in [*kept, FOREIGN, BROKEN]:
            if found.get(name) != self.before[name]:
                problems.append(f"{name} is gone or was touched")
        there = [name for name in self.ours if name in found]
        if any(found[name] != self.before[name] for name in there):
            problems.append("a backup was changed")
        if there != self.ours[len(self.ours) - len(there):]:
            problems.append(f"not the oldest went first: {there}")
        newest = max(set(found) - {FOREIGN, BROKEN, LEGACY})
        code, said = run(self.binary, system, "verify", newest)
        if code != 0:
            problems.append(f"the newest backup: verify says {code}: {said}")
        return problems

    def expect_ours(self, system, count):
        left = sorted(set(backups_in(system)) - {FOREIGN, BROKEN})
        return [] if len(left) == count else [f"{count} of ours should be left, not {left}"]

    def check_after(self, system):
        """The next run completes the job."""
        problems = []
        code, said = run(self.binary, system, *self.command)
        if code != 0:
            problems.append(f"the next run says {code}: {said}")
        problems += self.expect_ours(system, 2)
        os.remove(os.path.join(system, "backups", BROKEN))
        os.remove(os.path.join(system, "backups", FOREIGN))
        return problems + check_after(self, system)


class Prune(Prunes):
    def __init__(self, binary, base, journal):
        super().__init__("prune", binary, base, journal)
        self.command = ["prune", "--keep-last", "2", "--yes"]

    def check(self, system, code):
        problems = self.common_problems(system, self.ours[-2:])
        if set(backups_in(system)) - set(self.before):
            problems.append("there is a file that was not there before")
        return problems + (self.expect_ours(system, 2) if code == 0 else [])


class CreateKeep(Prunes):
    def __init__(self, binary, base, journal):
        super().__init__("create --keep-last", binary, base, journal)
        self.command = ["create", "-q", "--keep-last", "2"]

    def check(self, system, code):
        new = set(backups_in(system)) - set(self.before)
        problems = self.common_problems(system, self.ours[-1:] if new else self.ours)
        if len(new) > 1 or (code in (0, 10) and not new):
            problems.append(f"exit {code}, and the new backups are {new}")
        return problems + (self.expect_ours(system, 2) if code == 0 else [])
