# SPDX-License-Identifier: MIT
"""What the numbers were measured on: without it they mean little."""

import os
import pathlib
import platform
import re
import subprocess
import time

VERSION_ARGUMENTS = {"restic": ["version"], "7z": [], "zip": ["-v"], "unzip": ["-v"]}


def first_match(pattern, text, default="unknown"):
    found = re.search(pattern, text, re.M)
    return found[1].strip() if found else default


def said_by(argv):
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace")


def version_of(program):
    return first_match(r"\bv?(\d+\.\d+(?:\.\d+)?)\b",
                       said_by([program, *VERSION_ARGUMENTS.get(program, ["--version"])]))


def memory_bytes():
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def busy_share(span=1.0):
    """How much of all cores others take, while this program does nothing."""
    def ticks():
        with open("/proc/stat") as f:
            user, nice, system, idle, wait, *rest = map(int, f.readline().split()[1:9])
        return idle + wait, user + nice + system + idle + wait + sum(rest)

    idle_before, all_before = ticks()
    time.sleep(span)
    idle, everything = ticks()
    return 1 - (idle - idle_before) / max(1, everything - all_before)


def file_system(folder):
    """The type of the file system that holds `folder`."""
    found = said_by(["stat", "-f", "-c", "%T", str(folder)]).strip()
    return {"ext2/ext3": "ext4"}.get(found, found) or "unknown"


def describe(folder, programs):
    cpu = pathlib.Path("/proc/cpuinfo").read_text(errors="replace")
    release = pathlib.Path("/etc/os-release").read_text()
    return {"cpu": first_match(r"^model name\s*:(.*)$", cpu, platform.machine()),
            "cores": len(os.sched_getaffinity(0)), "memory_bytes": memory_bytes(),
            "kernel": platform.release(), "system": first_match(r'^PRETTY_NAME="?([^"\n]*)', release),
            "file_system": file_system(folder), "busy_before": round(busy_share(), 3),
            "python": platform.python_version(),
            "versions": {program: version_of(program) for program in programs}}


def sentence(machine):
    return (f"{machine['cores']} cores of {machine['cpu']}, "
            f"{machine['memory_bytes'] / 2**30:.0f} GiB, {machine['system']}, "
            f"Linux {machine['kernel']}, {machine['file_system']}")
