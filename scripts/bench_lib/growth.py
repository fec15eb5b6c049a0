# SPDX-License-Identifier: MIT
"""How time and memory grow with the data: each size made, measured and removed again."""

import shutil

from . import data
from .measure import measure, require_space, settle, size_below
from .proof import Original
from .rounds import OURS, empty

SIZES = (10**7, 10**8, 10**9, 10**10)


def space_needed(size):
    """The live data, a copy of it, what is kept for undo, and the archive."""
    return 4 * (size + data.json_size(size))


def measure_size(binary, size, work, env, say):
    root, backups = work / "grown", work / "grown-backups"
    empty(backups)
    say(f"growth: making {size / 1e6:,.0f} MB")
    data.make_system(root, size)
    original = Original(root)
    row = {"database_bytes": size, "json_bytes": data.json_size(size)}
    command = [binary, "-C", root, "--backup-dir", backups, "-q", "-y"]
    for kind, words in (("create", ["create"]), ("verify", ["verify", "latest"]),
                        ("restore", ["restore", "latest"])):
        if kind == "restore":
            data.disturb(root, 1)
        settle(root, backups)
        say(f"growth: {kind}")
        run = measure(f"{OURS} {kind}", [[*command, *words]], work, env)
        row[kind] = {"seconds": run.seconds, "peak_bytes": run.peak_bytes}
    row["archive_bytes"] = size_below(backups)
    original.require(root, OURS)
    return row


def grow(binary, largest, work, env, say):
    """A row for each size up to `largest`."""
    sizes = [size for size in SIZES if size <= largest]
    require_space(work, space_needed(max(sizes)), "--growth")
    rows = []
    for size in sizes:
        try:
            rows.append(measure_size(binary, size, work, env, say))
        finally:
            shutil.rmtree(work / "grown", ignore_errors=True)
            shutil.rmtree(work / "grown-backups", ignore_errors=True)
    return rows
