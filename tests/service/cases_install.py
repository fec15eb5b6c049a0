# SPDX-License-Identifier: MIT
"""scripts/install, against releases that are good, and some that are not."""

import hashlib
import io
import os
import pathlib
import platform
import subprocess
import tarfile

from servers import Answer, Service, clean_environment

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/install"
PROGRAM = b"#!/bin/sh\necho a2a-backup 9.8.7\n"
NAME = f"a2a-backup-9.8.7-linux-{platform.machine()}"


def tarball(program):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, mode, data in (("bin/a2a-backup", 0o755, program),
                                 ("share/man/man1/a2a-backup.1", 0o644, b"manual")):
            entry = tarfile.TarInfo(f"{NAME}/{path}")
            entry.mode, entry.size = mode, len(data)
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def release(data, sums=None, place="/latest/download"):
    line = f"{hashlib.sha256(data).hexdigest()}  {NAME}.tar.gz\n"
    return {f"{place}/SHA256SUMS": Answer(body=line if sums is None else sums),
            f"{place}/{NAME}.tar.gz": Answer(body=data)}


def install(folder, service, *words, code=0):
    done = subprocess.run(
        [SCRIPT, "somebody/a2a-backup", *words], capture_output=True, text=True, timeout=60,
        env=clean_environment(A2A_BACKUP_RELEASES=service.url, PREFIX=str(folder / "prefix")))
    assert done.returncode == code, done.stdout + done.stderr
    return done


def case_install(binary, folder):
    """the newest, one by its version, over the one that is there"""
    good = tarball(PROGRAM)
    answers = release(good) | release(good, place="/download/v9.8.7")
    with Service(answers) as service:
        for words in ((), ("9.8.7",), ("v9.8.7",)):
            done = install(folder, service, *words)
            assert "installed a2a-backup 9.8.7 " in done.stdout and "to your PATH" in done.stderr
    assert os.access(folder / "prefix/bin/a2a-backup", os.X_OK)
    assert (folder / "prefix/share/man/man1/a2a-backup.1").read_text() == "manual"
    assert os.listdir(folder / "prefix/bin") == ["a2a-backup"]


def case_install_refused(binary, folder):
    """changed on the way, not listed, listed twice, not there, not running: nothing is installed"""
    good = tarball(PROGRAM)
    listed = release(good)["/latest/download/SHA256SUMS"].body.decode()
    other = listed.replace(NAME, NAME.replace("9.8.7", "9.8.6"))
    broken = tarball(b"#!/bin/sh\nexit 1\n")
    for answers, words in (
            (release(good, sums="0" * 64 + f"  {NAME}.tar.gz\n"), "is not the file that"),
            (release(good, sums=""), "names no program"),
            (release(good, sums=listed.replace(NAME, "a2a-backup-1-linux-vax")), "names no program"),
            (release(good, sums=listed + other), "names several"),
            (release(broken), "does not run here"),
            ({}, "cannot download")):
        with Service(answers) as service:
            done = install(folder, service, code=1)
            assert words in done.stderr, done.stderr
        assert not (folder / "prefix").exists()
