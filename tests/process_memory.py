# SPDX-License-Identifier: MIT
"""What a process needs of memory; for the rings whose tests have a limit for it."""

import pathlib
import re
import time


def peak_memory(process):
    """MiB that the process held at most, until its end; its output is left in the pipes. Not from
    getrusage(): that counts what this process held when it forked."""
    peak = 0.0
    while process.poll() is None:
        try:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            break
        peak = max([peak, *(int(kib) / 1024 for kib in re.findall(r"VmHWM:\s+(\d+)", status))])
        time.sleep(0.01)
    process.wait()
    return peak
