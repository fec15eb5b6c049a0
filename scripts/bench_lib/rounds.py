# SPDX-License-Identifier: MIT
"""The rounds: everybody in turn, each from the same start, and everything proven once."""

import collections
import shutil
import statistics

from . import data
from .measure import measure, settle, size_below
from .peers import bash
from .proof import Original

OURS = "a2a-backup"
# What is measured of each contestant. Not every one has all of it.
KINDS = ("create", "again", "restore", "restore_to")


class Results:
    """Raw measurements: results[name][kind] is a list of Measured, one for each round."""

    def __init__(self):
        self.runs = collections.defaultdict(lambda: collections.defaultdict(list))
        self.sizes = {}

    def add(self, name, kind, measured):
        self.runs[name][kind].append(measured)

    def has(self, name, kind):
        return bool(self.runs[name][kind])

    def seconds(self, name, kind):
        return statistics.median(run.seconds for run in self.runs[name][kind])

    def cpu_seconds(self, name, kind):
        return statistics.median(run.cpu_seconds for run in self.runs[name][kind])

    def peak(self, name, kinds=KINDS):
        return max(run.peak_bytes for kind in kinds for run in self.runs[name][kind])

    def spread(self, name, kind):
        """How far the rounds are apart, as a part of the median."""
        times = [run.seconds for run in self.runs[name][kind]]
        return (max(times) - min(times)) / statistics.median(times)

    def raw(self):
        return {name: {"archive_bytes": self.sizes[name],
                       **{kind: [{"seconds": run.seconds, "cpu_seconds": run.cpu_seconds,
                                  "peak_bytes": run.peak_bytes}
                                 for run in runs] for kind, runs in kinds.items()}}
                for name, kinds in self.runs.items()}


def empty(*folders):
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)


class Rounds:
    def __init__(self, binary, system, work, env, say):
        self.binary, self.system, self.work, self.env, self.say = binary, system, work, env, say
        self.out, self.target, self.copy = work / "out", work / "target", work / "copy"
        self.live = work / "live"
        self.results = Results()
        self.original = Original(system)

    def run(self, peers, count):
        empty(self.live)
        shutil.copytree(self.system, self.live, dirs_exist_ok=True)
        for number in range(count):
            # Each round begins with somebody else, so that nobody always follows the slowest.
            turns = [None, *peers]
            shift = number % len(turns)
            for peer in turns[shift:] + turns[:shift]:
                empty(self.out, self.target, self.copy)
                self.say(f"round {number + 1} of {count}: {OURS if peer is None else peer.name}")
                if peer is None:
                    self.ours(number)
                else:
                    self.peer(peer, number)
        return self.results

    def ours(self, number):
        def command(root, *words):
            return [self.binary, "-C", root, "--backup-dir", self.out, "-q", "-y", *words]

        def timed(kind, folder, argv):
            settle(self.system, self.out)
            self.results.add(OURS, kind, measure(f"{OURS} {argv[6]}", [argv], folder, self.env))

        timed("create", self.out, command(self.system, "create"))
        self.results.sizes[OURS] = size_below(self.out)
        timed("again", self.out, command(self.system, "create"))
        data.disturb(self.live, number)
        settle(self.live)
        timed("restore", self.live, command(self.live, "restore", "latest"))
        there = self.target / "there"
        timed("restore_to", self.target, command(self.live, "restore", "latest", "--to", there))
        if number == 0:
            self.original.require(self.live, OURS)
            self.original.require(there, f"{OURS} restore --to")

    def peer(self, peer, number):
        env = {**self.env, "SYSTEM": str(self.system), "OUT": str(self.out),
               "COPY": str(self.copy), "TARGET": str(self.target),
               **{key: value.replace("{out}", str(self.out)) for key, value in peer.env.items()}}

        def timed(kind, folder, script):
            settle(self.system, self.out)
            self.results.add(peer.name, kind,
                             measure(f"{peer.name}, {kind}", [bash(script)], folder, env))

        if peer.prepare:
            measure(f"{peer.name}, prepare", [bash(peer.prepare)], self.out, env)
        timed("create", self.out, peer.create)
        self.results.sizes[peer.name] = size_below(self.out)
        if peer.deduplicates:
            timed("again", self.out, peer.create)
        timed("restore", self.target, peer.restore)
        if number == 0:
            self.original.require(self.target, peer.name)
