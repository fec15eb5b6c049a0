# SPDX-License-Identifier: MIT
"""Proves, outside of the measured time, that what was restored is what was backed up."""

import contextlib
import hashlib
import pathlib
import sqlite3

import demo_system

from .measure import BenchError

# What SQLite itself changes in the header of a copy: the change counter, the schema cookie, and which
# version wrote it when.
VOLATILE = ((24, 28), (40, 44), (92, 100))


def header(data):
    for first, end in VOLATILE:
        data = data[:first] + bytes(end - first) + data[end:]
    return data


def digest(path, mask=lambda data: data):
    """SHA-256 with the first 100 bytes seen through `mask`."""
    result, buffer = hashlib.sha256(), bytearray(1 << 20)
    with open(path, "rb", buffering=0) as f:
        result.update(mask(f.read(100)))
        while count := f.readinto(buffer):
            result.update(memoryview(buffer)[:count])
    return result.hexdigest()


def rows_digest(path):
    """The content alone: page by page a database may be laid out otherwise and hold the same."""
    result = hashlib.sha256()
    uri = path.absolute().as_uri() + "?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as db:
        schema = db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
        result.update(repr(schema).encode())
        for kind, name, _ in schema:
            if kind == "table":
                for row in db.execute(f'SELECT * FROM "{name}" ORDER BY rowid'):
                    result.update(repr(row).encode())
    return result.hexdigest()


def find(folder, name):
    found = [path for path in pathlib.Path(folder).rglob(name) if ".a2a-backup" not in path.parts]
    if len(found) != 1:
        raise BenchError(f"{len(found)} files {name} are in {folder}, where one was to be restored")
    return found[0]


class Original:
    """What the system held when it was backed up."""

    def __init__(self, system):
        self.database = demo_system.database_of(system)
        self.pages = digest(self.database, header)
        self.rows = None
        self.files = {path.name: digest(path) for path in demo_system.files_of(system)}

    def same_database(self, path):
        if digest(path, header) == self.pages:
            return True
        self.rows = self.rows or rows_digest(self.database)
        return rows_digest(path) == self.rows

    def require(self, folder, who):
        """Throws unless `folder` holds the same."""
        wrong = [name for name, wanted in self.files.items()
                 if digest(find(folder, name)) != wanted]
        try:
            if not self.same_database(find(folder, self.database.name)):
                wrong.append(self.database.name)
        except sqlite3.Error as error:
            wrong.append(f"{self.database.name} ({error})")
        if wrong:
            raise BenchError(f"what {who} restored is not what it backed up: {', '.join(wrong)}. "
                             "Its times mean nothing; leave it out with --skip until it is mended.")
