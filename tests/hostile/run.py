#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lets the program read every hostile archive and sees whether it keeps the promises.

usage: run.py BINARY [--asan-friendly] [--only WORD]

For each archive of generate.py: `verify FILE`, `restore FILE --to NEW_FOLDER --yes` and
`inspect FILE`, each within 10 seconds and 1 GiB of address space. A refused archive means exit
code 5 (inspect may also succeed: it need not read everything), a message and nothing written; an
accepted one means 0 and files. --asan-friendly lifts the memory limit, which sanitizers cannot
live with, and gives a minute; a program that was built with AddressSanitizer is recognised. --only
runs the archives whose name contains WORD.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from cases_names import ABSOLUTE  # noqa: E402
from generate import generate  # noqa: E402

MEMORY = 1 << 30


def tree(folder: str, skip: str = "") -> set:
    """Every path below the folder, without what is at or below `skip`."""
    found = set()
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if os.path.join(place, name) != skip]
        found.update(os.path.join(place, name) for name in folders + files)
    return found


def files_below(folder: str) -> list:
    return [os.path.join(place, name) for place, _, names in os.walk(folder) for name in names]


def has_sanitizer(binary: str) -> bool:
    with open(binary, "rb") as file:
        return b"__asan_init" in file.read()


class Runner:
    def __init__(self, binary: str, asan_friendly: bool, scratch: str) -> None:
        self.binary = os.path.abspath(binary)
        self.limit = None if asan_friendly else MEMORY
        self.timeout = 60 if asan_friendly else 10
        self.scratch = scratch
        # Deep enough that a few "../" still land where the runner looks.
        self.cwd = os.path.join(scratch, "a", "b", "c", "root")
        self.target = os.path.join(scratch, "a", "b", "c", "target")
        self.temp = os.path.join(scratch, "tmp")

    def call(self, *arguments: str):
        """Exit code and what was printed; the code is None when it took too long."""
        def limit():
            if self.limit is not None:
                resource.setrlimit(resource.RLIMIT_AS, (self.limit, self.limit))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        environment = {"PATH": os.environ.get("PATH", ""), "HOME": self.cwd, "TMPDIR": self.temp,
                       "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LD_LIBRARY_PATH"):
            if name in os.environ:
                environment[name] = os.environ[name]
        try:
            done = subprocess.run([self.binary, *arguments], cwd=self.cwd, env=environment,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=self.timeout, preexec_fn=limit)
        except subprocess.TimeoutExpired:
            return None, b"", b""
        return done.returncode, done.stdout, done.stderr

    def fresh(self) -> None:
        shutil.rmtree(os.path.join(self.scratch, "a"), ignore_errors=True)
        shutil.rmtree(self.temp, ignore_errors=True)
        os.makedirs(self.cwd)
        os.makedirs(self.temp)

    def problems(self, path: str, promise: str) -> list:
        """What is wrong with how the program treats this archive, in words."""
        self.fresh()
        refused = promise == "refused"
        found = []
        expected = {"verify": {5} if refused else {0}, "inspect": {0, 5} if refused else {0},
                    "restore": {5} if refused else {0}}
        before = tree(self.scratch)
        for command in ("verify", "inspect", "restore"):
            extra = ["--to", self.target, "--yes"] if command == "restore" else []
            code, out, err = self.call(command, path, *extra)
            found += self.judge(command, expected[command], code, out, err)
        after = tree(self.scratch, skip=self.target)
        strange = sorted(after - before)
        if strange:
            found.append(f"left behind: {', '.join(strange[:3])}")
        if sorted(before - after - {path}):
            found.append("removed something")
        if os.path.lexists(ABSOLUTE):
            os.unlink(ABSOLUTE)
            found.append(f"wrote {ABSOLUTE}")
        written = files_below(self.target)
        if refused and written:
            found.append(f"restore refused it and wrote {written[0]}")
        if not refused and not written:
            found.append("restore wrote no files")
        return found

    @staticmethod
    def judge(command: str, expected: set, code, out: bytes, err: bytes) -> list:
        if code is None:
            return [f"{command} took too long"]
        found = []
        if code not in expected:
            words = (err.strip().splitlines() or [b""])[0].decode(errors="replace")
            wanted = " or ".join(map(str, sorted(expected)))
            found.append(f"{command} exits with {code}, not {wanted}: {words!r}")
        if code == 5 and b"error: " not in err:
            found.append(f"{command} refuses it without saying why")
        if any(byte < 32 and byte not in b"\n\t\r" for byte in out + err):
            found.append(f"{command} prints control characters")
        if "\u202e".encode() in out + err:
            found.append(f"{command} prints characters that turn text around")
        return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs the program on hostile archives.")
    parser.add_argument("binary")
    parser.add_argument("--asan-friendly", action="store_true")
    parser.add_argument("--only", default="", metavar="WORD")
    options = parser.parse_args()

    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="a2a-hostile-") as scratch:
        folder = os.path.join(scratch, "archives")
        lenient = options.asan_friendly or has_sanitizer(options.binary)
        runner = Runner(options.binary, lenient, scratch)
        for item in generate(folder):
            if options.only not in item["file"]:
                continue
            found = runner.problems(os.path.join(folder, item["file"]), item["promise"])
            for problem in found:
                print(f"FAIL {item['file']} ({item['promise']}: {item['why']}): {problem}")
            passed += not found
            failed += bool(found)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
