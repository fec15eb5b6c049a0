# SPDX-License-Identifier: MIT
"""What every case is made of."""

import dataclasses
from typing import Callable, Iterator

from good_backup import Backup
from zip_parts import Archive, Entry

REFUSED = "refused"
ACCEPTED = "accepted"


@dataclasses.dataclass
class Case:
    name: str  # of the file, without ".zip"
    why: str  # why the promise is what it is
    data: bytes
    promise: str = REFUSED


Cases = Iterator[Case]


def spoiled(name: str, why: str, change: Callable[[Archive], None], promise: str = REFUSED) -> Case:
    """A good archive after `change`."""
    archive = Backup().archive()
    change(archive)
    return Case(name, why, archive.build(), promise)


def spoiled_entry(name: str, why: str, change: Callable[[Entry], object], index: int = 1,
                  promise: str = REFUSED) -> Case:
    """A good archive after `change` to one entry; 0 and 1 are JSON, 2 the database, 3 metadata."""
    return spoiled(name, why, lambda archive: change(archive.entries[index]), promise)


def with_file(name: str, why: str, path: str, content: bytes = b"{}",
              promise: str = REFUSED) -> Case:
    """A good backup that has one file more, which its metadata lists with the right digest."""
    backup = Backup()
    backup.files[path] = content
    return Case(name, why, backup.build(), promise)
