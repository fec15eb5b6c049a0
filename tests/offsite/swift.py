# SPDX-License-Identifier: MIT
"""OpenStack Swift with its S3 interface on loopback: stricter than radosgw about what was signed, and
about the region. One server of each kind; nothing outside its folder."""

import getpass
import pathlib
import shutil
import socket
import subprocess
import time

from radosgw import free_port

KINDS = ("account", "container", "object")
PROGRAMS = ("swift-ring-builder", "swift-proxy-server",
            *(f"swift-{kind}-server" for kind in KINDS))
KEY_ID = "test:tester"
SECRET = "testing0123456789"

DEFAULT = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
swift_dir = {folder}
log_address = {folder}/no-log
"""
STORAGE = DEFAULT + """\
devices = {folder}/node
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""

FILTERS = ("catch_errors", "gatekeeper", "cache", "bulk", "s3api", "tempauth", "copy", "slo", "dlo",
           "versioned_writes", "symlink")
SETTINGS = {
    "cache": ("use = egg:swift#memcache", "memcache_servers = 127.0.0.1:1"),
    "s3api": ("use = egg:swift#s3api", "s3_acl = false", "location = us-east-1"),
    "tempauth": ("use = egg:swift#tempauth", f"user_test_tester = {SECRET} .admin"),
    "versioned_writes": ("use = egg:swift#versioned_writes", "allow_versioned_writes = true",
                         "allow_object_versioning = true"),
}
PROXY = DEFAULT + """\
[pipeline:main]
pipeline = {filters} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
"""


def is_installed():
    return all(shutil.which(program) for program in PROGRAMS)


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def proxy_settings(folder, port):
    text = PROXY.format(user=getpass.getuser(), folder=folder, port=port,
                        filters=" ".join(FILTERS))
    for name in FILTERS:
        lines = SETTINGS.get(name, (f"use = egg:swift#{name}",))
        text += f"[filter:{name}]\n" + "\n".join(lines) + "\n"
    return text


class Swift:
    """Running from the constructor to stop()."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.processes = []
        self.port = free_port()
        self.storage_ports = [free_port() for _ in KINDS]
        self.url = f"http://127.0.0.1:{self.port}"
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self):
        folder = self.folder
        (folder / "node/sdb1").mkdir(parents=True)
        for kind, port in zip(KINDS, self.storage_ports):
            (folder / f"{kind}.conf").write_text(STORAGE.format(
                user=getpass.getuser(), folder=folder, port=port, kind=kind))
            builder = folder / f"{kind}.builder"
            self._ring(builder, "create", "4", "1", "0")
            self._ring(builder, "add", "--region", "1", "--zone", "1", "--ip", "127.0.0.1",
                       "--port", str(port), "--device", "sdb1", "--weight", "1")
            self._ring(builder, "rebalance")
        (folder / "proxy.conf").write_text(proxy_settings(folder, self.port))
        for kind in (*KINDS, "proxy"):
            log = open(folder / f"{kind}.out", "wb")
            self.processes.append(subprocess.Popen(
                [f"swift-{kind}-server", folder / f"{kind}.conf", "-v"], stdout=log,
                stderr=subprocess.STDOUT))
        self._wait()

    def _ring(self, *words):
        # A rebalance of one device is told as a warning: exit code 1.
        done = subprocess.run(["swift-ring-builder", *words], capture_output=True, text=True)
        if done.returncode > 1:
            raise RuntimeError("swift-ring-builder: " + done.stdout + done.stderr)

    def _wait(self):
        """For all of them: what the proxy cannot reach once, it does not ask again for a minute."""
        deadline = time.monotonic() + 60
        for port in (*self.storage_ports, self.port):
            while not listens(port):
                if time.monotonic() > deadline or self.processes[-1].poll() is not None:
                    raise RuntimeError("Swift does not start: "
                                       + (self.folder / "proxy.out").read_text()[-500:])
                time.sleep(0.25)

    def stop(self):
        for process in reversed(self.processes):
            process.kill()
        for process in self.processes:
            process.wait()
