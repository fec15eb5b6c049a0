# SPDX-License-Identifier: MIT
"""What is compared: one shell command per peer and direction, as somebody would write it.

The commands get SYSTEM, the folder to back up; OUT, where the archive goes; COPY, an empty folder for
a working copy; and TARGET, the empty folder to extract into, which `restore` starts in.
"""

import dataclasses
import pathlib
import shutil
import sys

OLD_SCRIPT = pathlib.Path(__file__).with_name("old_script.py")

# SQLite's own consistent copy, which nobody keeps once it is packed.
COPY = """cd "$COPY"; mkdir database
sqlite3 "$SYSTEM/database/a2a_system.db" ".backup {flags}database/a2a_system.db"
{command}
rm -r "$COPY/database"
"""
TAR_COPY = 'tar -C "$COPY" -c database -C "$SYSTEM" shared'
TAR_LIVE = 'tar -C "$SYSTEM" -c database shared'


@dataclasses.dataclass
class Peer:
    name: str
    consistent: bool
    create: str
    restore: str
    verifies: str
    needs: tuple
    prepare: str = ""            # not timed: a repository is made once
    deduplicates: bool = False   # a second backup goes into the same repository
    env: dict = dataclasses.field(default_factory=dict)

    def missing(self):
        """The packages that are not installed, as Debian calls them."""
        return [PACKAGES[program] for program in self.needs if not shutil.which(program)]


PACKAGES = {"restic": "restic", "borg": "borgbackup", "sqlite3": "sqlite3", "zip": "zip",
            "unzip": "unzip", "7z": "p7zip-full", "zstd": "zstd", "pigz": "pigz", "gzip": "gzip",
            "tar": "tar"}


def copied(command, flags=""):
    return COPY.format(command=command, flags=flags)


def zipped(level):
    return Peer(f"zip -{level}", False, f'cd "$SYSTEM"; zip -q -r -{level} "$OUT/a.zip" *',
                'unzip -q "$OUT/a.zip"', "CRC-32, while writing", ("zip", "unzip"))


def tarred(name, tar, compress, unpack, verifies, needs, flags=None):
    """`flags` of .backup make it consistent; without, the live file is read."""
    pack = f'{tar} | {compress} >"$OUT/a.tar.x"'
    return Peer(name, flags is not None, pack if flags is None else copied(pack, flags),
                f'{unpack} <"$OUT/a.tar.x" | tar -x', verifies,
                ("tar", *needs) if flags is None else ("sqlite3", "tar", *needs))


def all_peers():
    xxh, crc = "XXH64, while writing", "CRC-32, while writing"
    python = f"'{sys.executable}' '{OLD_SCRIPT}'"
    return [
        Peer(".backup, restic", True,
             copied('restic -q backup database "$SYSTEM/shared"'),
             'restic -q restore latest --target "$TARGET"', "SHA-256 of chunks, while writing",
             ("sqlite3", "restic"), "restic -q init", True,
             {"RESTIC_PASSWORD": "benchmark", "RESTIC_REPOSITORY": "{out}/repository"}),
        Peer(".backup, borg", True,
             copied('borg create "$BORG_REPO::{now:%H%M%S.%f}" database "$SYSTEM/shared"'),
             'borg extract "$BORG_REPO::$(borg list --short --last 1 "$BORG_REPO")"',
             "SHA-256 of chunks, while writing", ("sqlite3", "borg"),
             'borg init -e none "$BORG_REPO"', True,
             {"BORG_REPO": "{out}/repository",
              "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes"}),
        tarred(".backup, tar | gzip", TAR_COPY, "gzip", "gzip -d", crc, ("gzip",), ""),
        tarred(".backup, tar | zstd -T0 -1", TAR_COPY, "zstd -q -T0 -1", "zstd -q -d", xxh,
               ("zstd",), ""),
        tarred(".backup --async, tar | zstd -T0 -1", TAR_COPY, "zstd -q -T0 -1", "zstd -q -d", xxh,
               ("zstd",), "--async "),
        tarred("tar | zstd -T0 -1", TAR_LIVE, "zstd -q -T0 -1", "zstd -q -d", xxh, ("zstd",)),
        tarred("tar | zstd -T0 -3", TAR_LIVE, "zstd -q -T0 -3", "zstd -q -d", xxh, ("zstd",)),
        tarred("tar | pigz -1", TAR_LIVE, "pigz -1", "pigz -d", crc, ("pigz",)),
        zipped(1),
        zipped(6),
        Peer("7z -mx=1", False, 'cd "$SYSTEM"; 7z a -bd -mx=1 "$OUT/a.7z" *',
             '7z x -bd "$OUT/a.7z"', crc, ("7z",)),
        Peer("Python's zipfile", False, f'{python} create "$SYSTEM" "$OUT/a.zip"',
             f'{python} restore "$OUT/a.zip" "$TARGET"', crc, ()),
    ]


def bash(script):
    return ["bash", "-euo", "pipefail", "-c", script]


def chosen(peers, only, skip):
    """Those whose name holds one of the words of `only`, if any, and none of `skip`."""
    return [peer for peer in peers
            if (not only or any(word in peer.name for word in only))
            and not any(word in peer.name for word in skip)]
