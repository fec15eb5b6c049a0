# SPDX-License-Identifier: MIT
"""What this program is held to, and the measurements that the rounds do not make."""

import datetime
import json
import shutil
import statistics
import subprocess
import sys

import demo_system

from .measure import BenchError, measure
from .rounds import OURS, empty

TAR_ZSTD = "tar | zstd -T0 -1"
LISTED = 1000


def start_up(binary, work, env):
    """Seconds of `--version`, the median of many."""
    runs = measure("--version", [[binary, "--version"]], work, env, repeat=50, durable=False)
    return statistics.median(runs.times)


def list_many(binary, work, env):
    """Seconds of `list` over 1,000 backups of a small system."""
    root, backups = work / "small", work / "many"
    empty(backups)
    subprocess.run([sys.executable, "-B", demo_system.__file__, "make", root, "--rows", "50"],
                   check=True, stdout=subprocess.DEVNULL)
    command = [binary, "-C", root, "--backup-dir", backups]
    subprocess.run([*command, "-q", "create"], check=True, env=env, stdout=subprocess.DEVNULL)
    original = next(backups.glob("*.zip"))
    moment = datetime.datetime(2024, 1, 1)
    for _ in range(LISTED - 1):
        moment += datetime.timedelta(hours=6)
        shutil.copy(original, backups / moment.strftime("a2a_backup_%Y%m%d_%H%M%S.zip"))
    listed = json.loads(subprocess.run([*command, "list", "--json"], check=True, env=env,
                                       stdout=subprocess.PIPE).stdout)["backups"]
    if len(listed) != LISTED or any(backup["state"] != "ok" for backup in listed):
        raise BenchError(f"list does not call all of {LISTED} copies of a backup good; see for "
                         f"yourself: {' '.join(map(str, command))} list")
    runs = measure("list", [[*command, "list"]], work, env, repeat=7, durable=False)
    shutil.rmtree(backups)
    shutil.rmtree(root)
    return statistics.median(runs.times)


class Goal:
    """`value` is None where nothing was measured that it could be compared with."""

    def __init__(self, what, value, limit, form, why=""):
        self.what, self.value, self.limit, self.form, self.why = what, value, limit, form, why

    @property
    def state(self):
        if self.value is None:
            return "skipped"
        return "pass" if self.value <= self.limit else "MISS"

    def line(self):
        if self.value is None:
            return f"skipped  {self.what}: {self.why}"
        return (f"{self.state:<7}  {self.what}: {self.form.format(self.value)}, wanted at most "
                f"{self.form.format(self.limit)}{self.why and ' (' + self.why + ')'}")

    def raw(self):
        return {"goal": self.what, "value": self.value, "limit": self.limit, "state": self.state}


def against(results, what, kind, limit, names, fastest, ours=None):
    """Our time, of the kind `ours`, as a part of that of the fastest of `names`."""
    names = [name for name in names if results.has(name, kind)]
    if not names:
        return Goal(what, None, limit, "", "no such peer was run")
    best = min(names, key=lambda name: results.seconds(name, kind))
    ratio = results.seconds(OURS, ours or kind) / results.seconds(best, kind)
    return Goal(what, ratio, limit, "{:.2f}x", best if fastest else "")


def all_goals(results, peers, start, listing):
    consistent = [peer.name for peer in peers if peer.consistent]
    everybody = [peer.name for peer in peers]
    again = results.seconds(OURS, "again") / results.seconds(OURS, "create")
    return [
        against(results, "create against the fastest consistent peer", "create", 0.75, consistent,
                True),
        against(results, f"create against {TAR_ZSTD}", "create", 1.0, [TAR_ZSTD], False),
        against(results, "restore --to, proven, against the fastest extraction", "restore", 0.75,
                everybody, True, "restore_to"),
        against(results, "restore into a live system against the fastest extraction", "restore",
                0.75, everybody, True),
        Goal("a second create of unchanged data against the first", again, 0.3, "{:.2f}x"),
        Goal("peak memory", results.peak(OURS) / 2**20, 64, "{:.1f} MiB"),
        Goal("start-up (--version)", start * 1000, 15, "{:.1f} ms"),
        Goal(f"list of {LISTED:,} backups", listing, 0.2, "{:.3f} s"),
    ]
