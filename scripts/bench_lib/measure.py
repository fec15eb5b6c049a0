# SPDX-License-Identifier: MIT
"""One measured run: its time with the data durable, and the peak memory of all its processes."""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys

RUNNER = pathlib.Path(__file__).with_name("runner.py")


class BenchError(Exception):
    """Something that makes the whole benchmark worthless: what happened, and what to do."""


@dataclasses.dataclass
class Measured:
    seconds: float
    peak_bytes: int
    cpu_seconds: float
    times: list


def measure(what, commands, folder, env, repeat=1, durable=True):
    """Runs the commands one after the other in `folder`. With `durable` the time ends when the file
    system of `folder` has everything on the disk."""
    log = os.path.join(env["HOME"], "log")
    commands = [[str(word) for word in argv] for argv in commands]
    if durable:
        commands.append(["sync", "-f", str(folder)])
    spec = {"commands": commands, "cwd": str(folder), "env": env, "log": log, "repeat": repeat}
    done = subprocess.run([sys.executable, "-I", "-S", RUNNER], input=json.dumps(spec).encode(),
                          stdout=subprocess.PIPE, check=True)
    result = json.loads(done.stdout)
    if result["code"] != 0:
        said = pathlib.Path(log).read_bytes()[-2000:].decode(errors="replace").strip()
        raise BenchError(f"{what} ended with exit code {result['code']} and said:\n{said}\n"
                         "Mend that, or leave it out with --skip.")
    times = result["seconds"]
    return Measured(sum(times) / len(times), result["peak_kib"] * 1024,
                    result["cpu"] / len(times), times)


def settle(*folders):
    """What the next run reads is in the page cache, and nothing of the last one is left to write."""
    buffer = bytearray(1 << 20)
    for folder in folders:
        for path in files_below(folder):
            with open(path, "rb", buffering=0) as f:
                while f.readinto(buffer):
                    pass
    os.sync()


def files_below(folder):
    return sorted(path for path in pathlib.Path(folder).rglob("*")
                  if path.is_file() and not path.is_symlink())


def size_below(folder):
    return sum(path.stat().st_size for path in files_below(folder))


def clean_environment(home):
    """What the measured programs get: nobody's configuration, no colours, one language."""
    home.mkdir(parents=True, exist_ok=True)
    keep = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return {"LC_ALL": "C.UTF-8", "HOME": str(home), **keep}


def require_space(folder, needed, what):
    status = os.statvfs(folder)
    free = status.f_bavail * status.f_frsize
    if free < needed:
        raise BenchError(f"{what} needs {needed / 1e9:.1f} GB in {folder}, and {free / 1e9:.1f} GB "
                         "are free. Free some, or name another folder with --data.")
