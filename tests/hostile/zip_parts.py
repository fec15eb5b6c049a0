# SPDX-License-Identifier: MIT
"""Zips built record by record, so that any field of them can lie (PKWARE APPNOTE.TXT 6.3.10)."""

import dataclasses
import struct
import zlib
from typing import List, Optional, Union

STORED = 0
DEFLATE = 8
STREAMED = 0x0008
UTF8 = 0x0800
REGULAR = 0o100644 << 16
SATURATED = 0xFFFFFFFF


def deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def deflate_chunks(content: bytes, chunk_size: int) -> List[bytes]:
    """One deflate stream in chunks that each end in a full flush, as a2a-backup writes it."""
    pieces = [content[i : i + chunk_size] for i in range(0, len(content), chunk_size)]
    chunks = []
    for index, piece in enumerate(pieces):
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        last = index + 1 == len(pieces)
        chunks.append(packer.compress(piece) + packer.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH))
    return chunks


def deflated_zeros(count: int) -> bytes:
    """The deflate stream of `count` zeros, a multiple of 1 MiB, without compressing them all."""
    piece = 1 << 20
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    chunk = packer.compress(bytes(piece)) + packer.flush(zlib.Z_FULL_FLUSH)
    return chunk * (count // piece) + b"\x03\x00"


def extra_field(identifier: int, data: bytes) -> bytes:
    return struct.pack("<HH", identifier, len(data)) + data


def zip64_extra(*numbers: int) -> bytes:
    return extra_field(1, b"".join(struct.pack("<Q", number) for number in numbers))


@dataclasses.dataclass
class Header:
    """What one of an entry's two headers says."""

    name: bytes
    flags: int = 0
    method: int = 0
    crc: int = 0
    packed: int = 0
    size: int = 0
    extra: bytes = b""
    date: int = 0x5AEB  # 2025-07-11

    def middle(self) -> bytes:
        return struct.pack("<HHHHIIIHH", self.flags, self.method, 0, self.date, self.crc,
                           self.packed, self.size, len(self.name), len(self.extra))


@dataclasses.dataclass
class Entry:
    local: Header
    central: Header
    data: bytes
    descriptor: bytes = b""
    comment: bytes = b""
    attributes: int = REGULAR
    host: int = 3
    disk: int = 0
    offset: Optional[int] = None  # what the directory says, when it lies

    def both(self, **changes) -> "Entry":
        for header in (self.local, self.central):
            for field, value in changes.items():
                setattr(header, field, value)
        return self


def entry(name: Union[str, bytes], content: bytes, method: int = DEFLATE,
          data: Optional[bytes] = None) -> Entry:
    raw = name.encode() if isinstance(name, str) else name
    flags = UTF8 if isinstance(name, str) and not name.isascii() else 0
    if data is None:
        data = deflate(content) if method == DEFLATE else content
    header = Header(raw, flags, method, zlib.crc32(content), len(data), len(content))
    return Entry(header, dataclasses.replace(header), data)


def stream(item: Entry, wide: bool = False, signature: bool = True) -> Entry:
    """Moves an entry's numbers behind its data, as a writer does that cannot seek back."""
    item.descriptor = (b"PK\x07\x08" if signature else b"") + struct.pack(
        "<IQQ" if wide else "<III", item.central.crc, item.central.packed, item.central.size)
    item.both(flags=item.central.flags | STREAMED)
    item.local.crc = item.local.packed = item.local.size = 0
    return item


@dataclasses.dataclass
class Archive:
    entries: List[Entry]
    prefix: bytes = b""
    before_directory: bytes = b""
    rows: bytes = b""  # more rows for the directory
    zip64: bool = False
    count: Optional[int] = None
    disk_count: Optional[int] = None
    directory_size: Optional[int] = None
    directory_offset: Optional[int] = None
    zip64_count: Optional[int] = None
    zip64_offset: Optional[int] = None
    disk: int = 0
    comment: bytes = b""

    def parts(self) -> List[bytes]:
        """The bytes, cut at every boundary of the structure."""
        parts = [self.prefix] if self.prefix else []
        position = len(self.prefix)
        directory = []
        for item in self.entries:
            offset = position if item.offset is None else item.offset
            header = b"PK\x03\x04" + struct.pack("<H", 20) + item.local.middle()
            local = [header, item.local.name + item.local.extra, item.data, item.descriptor]
            directory.append(row(item, offset))
            parts += local
            position += sum(map(len, local))
        parts.append(self.before_directory)
        position += len(self.before_directory)
        directory.append(self.rows)
        parts += directory
        return [part for part in parts + self.end(position, sum(map(len, directory))) if part]

    def build(self) -> bytes:
        return b"".join(self.parts())

    def end(self, position: int, length: int) -> List[bytes]:
        count = len(self.entries) if self.count is None else self.count
        on_disk = count if self.disk_count is None else self.disk_count
        size = length if self.directory_size is None else self.directory_size
        offset = position if self.directory_offset is None else self.directory_offset
        wide = []
        if self.zip64:
            wide_count = count if self.zip64_count is None else self.zip64_count
            start = position + length if self.zip64_offset is None else self.zip64_offset
            wide = [b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, wide_count,
                                                wide_count, size, offset),
                    b"PK\x06\x07" + struct.pack("<IQI", 0, start, 1)]
            count = on_disk = min(count, 0xFFFF)
            size, offset = min(size, SATURATED), min(offset, SATURATED)
        return wide + [b"PK\x05\x06" + struct.pack(
            "<HHHHIIH", self.disk, self.disk, on_disk & 0xFFFF, count & 0xFFFF, size, offset,
            len(self.comment)), self.comment]


def row(item: Entry, offset: int) -> bytes:
    """The entry's row in the directory."""
    central = item.central
    return (b"PK\x01\x02" + struct.pack("<BBH", 20, item.host, 20) + central.middle() +
            struct.pack("<HHHII", len(item.comment), item.disk, 0, item.attributes, offset) +
            central.name + central.extra + item.comment)
