# SPDX-License-Identifier: MIT
"""Ceph's radosgw on loopback: a real S3 service that checks signatures and digests. One monitor, one
object store in memory, one gateway; no systemd, nothing outside its folder."""

import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import time
import uuid

PROGRAMS = ("radosgw", "ceph-mon", "ceph-osd", "ceph", "ceph-authtool", "monmaptool",
            "radosgw-admin")
KEY_ID = "testkey"
SECRET = "testsecret/0123456789+abcdef"

CONFIG = """
[global]
fsid = {fsid}
mon_host = [v1:127.0.0.1:{mon_port}]
mon_initial_members = a
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
keyring = {folder}/keyring
run_dir = {folder}/run
admin_socket = {folder}/run/$name.$pid.asok
log_file = {folder}/log/$name.log
pid_file =
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
ms_bind_ipv6 = false
ms_bind_msgr2 = false
[mon.a]
mon_data = {folder}/mon
mon_data_avail_crit = -1
mon_data_avail_warn = -1
paxos_propose_interval = 0.05
[osd.0]
osd_data = {folder}/osd
osd_objectstore = memstore
memstore_device_bytes = 2147483648
osd_max_object_name_len = 460
osd_max_object_namespace_len = 64
[client.rgw]
rgw_data = {folder}/rgw
rgw_frontends = beast endpoint=127.0.0.1:{port} ssl_endpoint=127.0.0.1:{tls_port} \
ssl_certificate={folder}/cert.pem ssl_private_key={folder}/key.pem
rgw_dns_name = localhost
rgw_thread_pool_size = 16
rgw_enable_usage_log = false
"""


def is_installed():
    return all(shutil.which(program) for program in PROGRAMS)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(folder):
    """For localhost and 127.0.0.1, signed by itself: cert.pem and key.pem."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost,DNS:*.localhost,IP:127.0.0.1",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)


class Radosgw:
    """Running from the constructor to stop()."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.processes = []
        self.port, self.tls_port, self.mon_port = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.tls_url = f"https://localhost:{self.tls_port}"
        self.certificate = self.folder / "cert.pem"
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _run(self, *words):
        return subprocess.run(words, check=True, capture_output=True, timeout=120)

    def _spawn(self, *words):
        log = open(self.folder / "log" / f"{words[0]}.out", "wb")
        self.processes.append(subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT))

    def _start(self):
        folder, config = self.folder, self.folder / "ceph.conf"
        for name in ("mon", "osd", "rgw", "run", "log"):
            (folder / name).mkdir()
        make_certificate(folder)
        fsid, osd = str(uuid.uuid4()), str(uuid.uuid4())
        config.write_text(CONFIG.format(folder=folder, fsid=fsid, port=self.port,
                                        tls_port=self.tls_port, mon_port=self.mon_port))
        keyring, monmap = folder / "keyring", folder / "monmap"
        self._run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.",
                  "--cap", "mon", "allow *")
        self._run("ceph-authtool", keyring, "--gen-key", "-n", "client.admin",
                  "--cap", "mon", "allow *", "--cap", "osd", "allow *")
        self._run("monmaptool", "--create", "--addv", "a", f"[v1:127.0.0.1:{self.mon_port}]",
                  "--fsid", fsid, "--clobber", monmap)
        self._run("ceph-mon", "-c", config, "--mkfs", "-i", "a", "--monmap", monmap,
                  "--keyring", keyring)
        self._spawn("ceph-mon", "-c", config, "-f", "-i", "a")
        self._run("ceph", "-c", config, "--connect-timeout", "60", "osd", "new", osd, "0")
        self._run("ceph-osd", "-c", config, "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._spawn("ceph-osd", "-c", config, "-f", "-i", "0")
        self._wait("the object store", self._store_is_up)
        for attempt in (1, 2):  # it may wait for a pool without end; a second one finds it made
            self._spawn("radosgw", "-c", config, "-f", "-n", "client.rgw")
            try:
                self._wait("radosgw", self._answers)
                break
            except RuntimeError:
                if attempt == 2:
                    raise
            gateway = self.processes.pop()
            gateway.kill()
            gateway.wait()
        self.add_user("test", KEY_ID, SECRET)

    def _store_is_up(self):
        said = self._run("ceph", "-c", self.folder / "ceph.conf", "--connect-timeout", "60",
                         "osd", "stat", "-f", "json")
        return json.loads(said.stdout)["num_up_osds"] == 1

    def _answers(self):
        with contextlib.suppress(OSError), \
                socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def _wait(self, what, is_there):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if is_there():
                return
            if any(process.poll() is not None for process in self.processes):
                break
            time.sleep(0.25)
        raise RuntimeError(f"{what} does not start\n{self._state()}")

    def _state(self):
        """Which of the processes have ended, and the last lines that each wrote."""
        lines = [f"{process.args[0]}: {process.poll()}" for process in self.processes]
        for log in sorted((self.folder / "log").iterdir()):
            lines += [f"{log.name}: {line[:200]}"
                      for line in log.read_text(errors="replace").splitlines()[-5:]]
        return "\n".join(lines)

    def add_user(self, name, key_id, secret):
        self._run("radosgw-admin", "-c", self.folder / "ceph.conf", "user", "create",
                  f"--uid={name}", f"--display-name={name}", f"--access-key={key_id}",
                  f"--secret-key={secret}")

    def stop(self):
        for process in reversed(self.processes):
            process.kill()
        for process in self.processes:
            process.wait()


def start(folder):
    """A port that was free may be taken by the time it is used: then once more, with others."""
    for name in ("first", "second", "third"):
        place = pathlib.Path(folder) / name
        place.mkdir()
        try:
            return Radosgw(place)
        except (RuntimeError, subprocess.SubprocessError) as error:
            problem = error
    raise problem
