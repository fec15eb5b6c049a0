# SPDX-License-Identifier: MIT
"""Runs commands and measures them. A program of its own, started anew for every measurement.

The kernel counts what a process held before it became another program towards that program's peak
memory, so whoever starts the measured program has to be small. This imports next to nothing: below
its own size, about 10 MiB, the peak is the sampled one.

Reads a JSON document on stdin, and answers with one on stdout.
"""

import json
import os
import select
import sys
import time

SAMPLE_SECONDS = 0.02


def high_water(pid):
    """The most that a process has held since it became this program, in KiB."""
    try:
        with open(f"/proc/{pid}/status", "rb") as f:
            for line in f:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def children(pid):
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as f:
                yield from (int(word) for word in f.read().split())
    except OSError:
        pass


def tree_high_water(pid):
    """The sum over a process and all below it: never less than what they held together."""
    return high_water(pid) + sum(tree_high_water(child) for child in children(pid))


def run(argv, spec, log):
    """Exit code, peak memory in KiB, and seconds of all cores."""
    actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
               (os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
    floor = high_water("self")
    pid = os.posix_spawnp(argv[0], argv, spec["env"], file_actions=actions)
    peak, ended = 0, select.poll()
    descriptor = os.pidfd_open(pid)
    ended.register(descriptor, select.POLLIN)
    while not ended.poll(SAMPLE_SECONDS * 1000):
        peak = max(peak, tree_high_water(pid))
    os.close(descriptor)
    _, status, usage = os.wait4(pid, 0)
    if usage.ru_maxrss > floor:
        peak = max(peak, usage.ru_maxrss)
    return os.waitstatus_to_exitcode(status), peak, usage.ru_utime + usage.ru_stime


def main():
    spec = json.load(sys.stdin)
    os.chdir(spec["cwd"])
    log = os.open(spec["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    code, seconds, peak, cpu = 0, [], 0, 0.0
    for _ in range(spec["repeat"]):
        began = time.perf_counter()
        for argv in spec["commands"]:
            code, used, worked = run(argv, spec, log)
            peak = max(peak, used)
            cpu += worked
            if code != 0:
                break
        seconds.append(time.perf_counter() - began)
        if code != 0:
            break
    json.dump({"code": code, "seconds": seconds, "peak_kib": peak, "cpu": cpu}, sys.stdout)


if __name__ == "__main__":
    main()
