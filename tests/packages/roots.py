# SPDX-License-Identifier: MIT
"""Roots, disks and limits for `run`. All of them clean up after themselves."""
import contextlib
import glob
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading

DEMO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts",
                    "demo_system.py")
MEMORY_GROUPS = "/sys/fs/cgroup/memory"


def run(command, code=0, key=None, tmp=None):
    env = {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "LC_ALL": "C.UTF-8",
           "DEBIAN_FRONTEND": "noninteractive"}
    env.update({"A2A_API_KEY": key} if key else {}, **({"TMPDIR": tmp} if tmp else {}))
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=env, timeout=900)
    said = done.stdout.decode(errors="replace")
    if done.returncode != code:
        raise AssertionError(f"{command}: exit code {done.returncode}, not {code}: {said[-3000:]}")
    return said


def demo(*arguments):
    return run([sys.executable, DEMO, *arguments])


def make(system):
    demo("make", system, "--tasks", "8", "--rows", "20")
    return system


def fill_database(system, size):
    """Rows that do not compress, so that an archive is as large as its database."""
    database = sqlite3.connect(os.path.join(system, "database", "a2a_system.db"))
    database.execute("CREATE TABLE noise (id INTEGER PRIMARY KEY, bytes BLOB)")
    source = random.Random(1)
    database.executemany("INSERT INTO noise (bytes) VALUES (?)",
                         ((source.randbytes(65536),) for _ in range(size // 65536)))
    database.commit()
    database.close()


def names_below(root, *folders):
    return sorted(os.path.join(base, name) for folder in folders or ("",)
                  for base, inner, files in os.walk(os.path.join(root, folder))
                  for name in inner + files)


def free_bytes(folder):
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def fill_disk(disk, leave):
    size = free_bytes(disk) - leave
    assert size > 0, f"{disk} has only {free_bytes(disk) >> 20} MiB left"
    with open(os.path.join(disk, "ballast"), "wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, size)


@contextlib.contextmanager
def disk(folder, size):
    """A disk of its own, with ext4 on it."""
    image = folder + ".img"
    run(["truncate", "-s", size, image])
    run(["mkfs.ext4", "-q", "-m", "0", image])
    os.mkdir(folder)
    run(["mount", "-o", "loop", image, folder])
    try:
        yield folder
    finally:
        run(["umount", "-l", folder])
        os.remove(image)


def can_mount():
    with tempfile.TemporaryDirectory(prefix="a2a-packages-") as base:
        try:
            with disk(os.path.join(base, "disk"), "8M"):
                return True
        except (OSError, AssertionError):
            return False


def mirror():
    """Where this machine gets Debian from; on an Ubuntu, where everybody does."""
    for path in (*glob.glob("/etc/apt/sources.list.d/*.sources"), "/etc/apt/sources.list",
                 *glob.glob("/etc/apt/sources.list.d/*.list")):
        with contextlib.suppress(OSError), open(path, encoding="utf-8") as stream:
            found = re.search(r"^(?:URIs:|deb)\s.*?(https?://\S+/debian)/?(?:\s|$)", stream.read(),
                              re.MULTILINE)
            if found:
                return found.group(1)
    return "http://deb.debian.org/debian"


@contextlib.contextmanager
def bootstrapped(root, suite):
    """debootstrap mounts /proc in the root while it works; broken off, it leaves that behind."""
    try:
        run(["debootstrap", "--variant=minbase", suite, root, mirror()])
        yield root
    finally:
        for name in ("proc", "sys"):
            if os.path.ismount(os.path.join(root, name)):
                run(["umount", "-l", os.path.join(root, name)])


@contextlib.contextmanager
def memory_limit(size):
    """The start of a command that limits what it starts. A cgroup counts resident memory and the
    page cache, as Render's container does, and kills; both of its versions are known here. Without
    one, `prlimit --as` limits addresses: stricter, as it counts what is never touched, too, but the
    page cache is not in it."""
    group, name = tempfile.mktemp(prefix="a2a-packages-", dir=MEMORY_GROUPS), "limit_in_bytes"
    if os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
        group, name = group.replace("/memory/", "/"), "max"
    try:
        os.mkdir(group)
        with open(os.path.join(group, f"memory.{name}"), "w", encoding="ascii") as stream:
            stream.write(str(size))
    except OSError as error:
        with contextlib.suppress(OSError):
            os.rmdir(group)
        print(f"  no cgroup ({error.strerror}): prlimit --as limits the memory")
        yield ["prlimit", f"--as={size}"]
        return
    try:
        yield ["sh", "-c", f'echo $$ >{group}/cgroup.procs && exec "$@"', "sh"]
    finally:
        os.rmdir(group)


def watched(command, limit, output, tmp):
    """Runs the command; the most of resident memory, and of the room in `tmp`, that it took."""
    # ru_maxrss begins with what the parent had, so a small parent stands between.
    script = ("import resource, subprocess, sys\n"
              "code = subprocess.run(sys.argv[1:]).returncode\n"
              "peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024\n"
              "print(peak, file=sys.stderr)\n"
              "sys.exit(code)")
    at_first, least, over = free_bytes(tmp), [free_bytes(tmp)], threading.Event()

    def watch():
        while not over.wait(0.02):
            least.append(min(least.pop(), free_bytes(tmp)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        # A pipe, as ssh has: not the file itself.
        child = subprocess.Popen([sys.executable, "-c", script, *limit, *command],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": tmp})
        try:
            while block := child.stdout.read(1 << 16):
                output.write(block)
            said = child.stderr.read().decode()
        finally:
            if child.poll() is None and sys.exc_info()[0]:
                child.send_signal(signal.SIGTERM)
            child.wait()
    finally:
        over.set()
        watcher.join()
    assert child.returncode == 0, f"exit code {child.returncode}: {said}"
    return int(said.split()[-1]), at_first - least[0]
