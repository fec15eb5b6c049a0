# SPDX-License-Identifier: MIT
"""Large data that costs nearly nothing on disk.

A SQLite database of any number of pages whose rows are blobs of zeros: only the links between their
pages are written, and everything else is a hole. It passes integrity_check. Source of the format:
https://www.sqlite.org/fileformat2.html, sections 1.3, 1.6 and 2.1.
"""
import contextlib
import os
import sqlite3

PAGE = 65536
LOCK_PAGE = (1 << 30) // PAGE + 1   # is never used
PAGES_OF_A_ROW = 15_000             # less than the billion bytes that a value may have
LEAST_LOCAL = (PAGE - 12) * 32 // 255 - 23
WAL = 2                             # what the two format versions say
ROLLBACK = 1


def varint(value):
    """Big-endian, seven bits a byte; a ninth byte, which has eight, is never needed here."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(0x80 | value & 0x7F)
    return bytes(reversed(groups))


def cell_of_zeros(overflow_pages, first):
    """The one row of a table, whose blob fills that many overflow pages to the last byte."""
    payload = LEAST_LOCAL + overflow_pages * (PAGE - 4)
    for guess in range(1, 10):   # the header says its own length
        serial_type = varint(2 * (payload - guess) + 12)
        if 1 + len(serial_type) == guess:
            break
    header = bytes([1 + len(serial_type)]) + serial_type
    local = header + bytes(LEAST_LOCAL - len(header))
    return varint(payload) + varint(1) + local + first.to_bytes(4, "big")


def leaf_with(cell):
    start = PAGE - len(cell)
    head = bytes([13]) + bytes(2) + (1).to_bytes(2, "big") + start.to_bytes(2, "big") + bytes(1)
    head += start.to_bytes(2, "big")
    return head + bytes(start - len(head)) + cell


def usable(first, pages):
    return (page for page in range(first, pages + 1) if page != LOCK_PAGE)


def make_database(path, pages):
    """A database of `pages` pages of 64 KiB, in WAL mode, as a running application has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tables = (pages - 1) // (PAGES_OF_A_ROW + 1) + 1
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"PRAGMA page_size={PAGE}")
        for number in range(tables):
            db.execute(f"CREATE TABLE zeros_{number} (content BLOB)")
        roots = [root for (root,) in db.execute(
            "SELECT rootpage FROM sqlite_master ORDER BY rootpage")]
    free = list(usable(max(roots) + 1, pages))
    share = -(-len(free) // tables)
    fd = os.open(path, os.O_RDWR)
    try:
        os.ftruncate(fd, pages * PAGE)
        for number, root in enumerate(roots):
            chain = free[number * share:(number + 1) * share]
            os.pwrite(fd, leaf_with(cell_of_zeros(len(chain), chain[0])), (root - 1) * PAGE)
            for page, following in zip(chain, chain[1:]):
                os.pwrite(fd, following.to_bytes(4, "big"), (page - 1) * PAGE)
        os.pwrite(fd, pages.to_bytes(4, "big"), 28)
    finally:
        os.close(fd)
    set_mode(path, WAL)


def set_mode(path, mode):
    """In WAL mode nobody waits for a backup, so nothing is copied; the archive holds the other."""
    with open(path, "r+b") as file:
        file.seek(18)
        file.write(bytes([mode, mode]))


def make_tasks(path, size, words=750, first=0):
    """A history of tasks of at least that many bytes, with about so many words in each; their number.
    The ids begin with `first`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    task = ('  {\n    "id": "t-%07d",\n    "title": "look after number %07d",\n    "agent": "jules",'
            '\n    "status": "completed",\n    "result": "' + "it is done, and well. " * (words // 5) + '"\n  }')
    count = size // len(task % (0, 0)) + 1
    with open(path, "w") as file:
        file.write("[\n")
        for number in range(first, first + count):
            file.write(task % (number, number) + (",\n" if number + 1 < first + count else "\n"))
        file.write("]\n")
    return count
