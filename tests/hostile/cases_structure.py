# SPDX-License-Identifier: MIT
"""Sizes that explode, records that contradict each other, bytes where none belong."""

import dataclasses
import gzip
import struct
import zlib

from cases import ACCEPTED, Case, Cases, spoiled, spoiled_entry
from good_backup import Backup
from zip_parts import (SATURATED, STORED, STREAMED, Archive, deflated_zeros, entry, extra_field,
                       row, stream, zip64_extra)

GIGABYTE = 1 << 30


def change(**fields):
    def apply(target):
        for field, value in fields.items():
            setattr(target, field, value)
    return apply


def bombs() -> Cases:
    data = deflated_zeros(GIGABYTE)
    crc = 0
    for _ in range(GIGABYTE >> 20):
        crc = zlib.crc32(bytes(1 << 20), crc)
    backup = Backup()
    backup.files["shared/bomb.json"] = bytes(100)
    small = backup.archive()
    small.entries[3] = entry("shared/bomb.json", bytes(100), data=data)
    yield Case("size_bomb_declared_small", "1 GiB of zeros that both headers call 100 bytes",
               small.build())
    small.entries[3].both(crc=crc, size=GIGABYTE)
    yield Case("size_bomb_against_metadata", "1 GiB of zeros that the metadata calls 100 bytes",
               small.build())

    kernel = entry("shared/a.json", bytes(1 << 20))
    archive = Archive([kernel, Backup().metadata_entry()])
    rows = []
    for i in range(999):
        central = dataclasses.replace(kernel.central, name=b"shared/b%d.json" % i)
        rows.append(row(dataclasses.replace(kernel, central=central), 0))
    archive.rows = b"".join(rows)
    archive.count = 1001
    yield Case("size_overlap_same", "1,000 entries share one piece of data", archive.build())

    inner = entry("shared/inner.json", b"{}", STORED)
    quoted = Archive([inner]).build().split(b"PK\x01\x02")[0]
    archive = Backup().archive()
    archive.entries.insert(0, entry("shared/outer.json", quoted, STORED))
    archive.rows = row(inner, 30 + len("shared/outer.json"))
    archive.count = 6
    yield Case("size_overlap_quoted", "an entry whose header lies inside another one's data",
               archive.build())


def sizes() -> Cases:
    yield spoiled_entry("size_declared_small", "holds more than both headers say",
                        lambda item: item.both(size=10))
    yield spoiled_entry("size_declared_large", "holds less than both headers say",
                        lambda item: item.both(size=item.local.size + 1))
    yield spoiled_entry("size_stored_differs", "stored data has one size, not two",
                        lambda item: item.both(method=STORED))

    def tera(item):
        packed = item.local.packed
        item.both(size=SATURATED)
        item.central.extra = zip64_extra(1 << 40)
        item.local.packed, item.local.extra = SATURATED, zip64_extra(1 << 40, packed)

    yield spoiled_entry("size_tebibyte", "2^40 bytes cannot come out of this data", tera)

    def wrap(item):
        item.both(packed=SATURATED)
        item.local.size = SATURATED
        item.central.extra = zip64_extra((1 << 64) - 100)
        item.local.extra = zip64_extra(item.central.size, (1 << 64) - 100)

    yield spoiled_entry("size_wraps", "offset plus size is beyond 2^64", wrap)
    yield spoiled_entry("zip64_missing", "points to a zip64 field that is not there",
                        lambda item: change(size=SATURATED)(item.central))
    yield spoiled_entry("zip64_contradicts", "the zip64 field says another size",
                        lambda item: change(extra=zip64_extra(5))(item.central))
    yield spoiled_entry("zip64_offset_wraps", "the local header would be at 2^64 - 1", lambda item:
                        (change(offset=SATURATED)(item),
                         change(extra=zip64_extra((1 << 64) - 1))(item.central)))
    yield spoiled("zip64_end_contradicts", "two end records, two counts",
                  change(zip64=True, zip64_count=5))
    yield spoiled("zip64_end_elsewhere", "the zip64 end record is not where its locator says",
                  change(zip64=True, zip64_offset=(1 << 64) - 8))
    yield spoiled("zip64_directory_wraps", "offset plus size of the directory is beyond 2^64",
                  change(zip64=True, directory_offset=(1 << 64) - 100))

    def many(count):
        backup = Backup()
        items = [entry(f"shared/n{i}.json", b"{}", STORED) for i in range(count)]
        return Archive(items + backup.entries() + [backup.metadata_entry()])

    archive = many(70_000)
    yield Case("count_70000_wrapped", "70,004 entries, announced modulo 65,536", archive.build())
    archive.zip64, archive.zip64_count, archive.count = True, 70_004, SATURATED
    yield Case("count_70000", "more entries than any backup has", archive.build())


def cut_off() -> Cases:
    archive = Backup().archive()
    stream(archive.entries[1])
    archive.zip64 = True
    parts = archive.parts()
    whole = b"".join(parts)
    ends = [sum(map(len, parts[: i + 1])) for i in range(len(parts) - 1)]
    inside = [1, 4, 29, len(whole) // 2, len(whole) - 21, len(whole) - 1]
    for size in sorted(set(ends + inside)):
        yield Case(f"cut_at_{size:05}", "cut off, as by a full disk or a broken download",
                   whole[:size])
    yield Case("ok_streamed_zip64", "the same archive, whole", whole, ACCEPTED)


def extra_bytes() -> Cases:
    good = Backup().build()
    yield Case("bytes_before", "a byte before the archive moves everything", b"x" + good)
    yield spoiled("bytes_before_counted", "a script before the archive, offsets adjusted: the "
                  "file is two things at once", change(prefix=b"#!/bin/sh\nexit 0\n"))
    yield Case("bytes_after", "a byte after the archive", good + b"\n")
    yield Case("joined", "two archives in one file: which one counts?", good + good)
    yield spoiled("comment", "no backup has an archive comment", change(comment=b"hello"))
    end = good[-22:]
    yield spoiled("comment_with_end", "an end record inside the comment of another",
                  change(comment=end))
    yield spoiled("bytes_before_directory", "bytes that belong to no entry",
                  change(before_directory=b"hidden"))
    yield spoiled_entry("bytes_between", "bytes that belong to no entry",
                        change(descriptor=b"hidden bytes"))
    yield spoiled_entry("directory_hides_end", "an end record inside the directory",
                        lambda item: change(extra=extra_field(0x5455, end))(item.central))
    yield spoiled("directory_signature", "rows that belong to no entry",
                  change(rows=b"PK\x05\x05\x04\x00sign"))


def contradictions() -> Cases:
    size = len(b"".join(Backup().archive().parts()))
    yield spoiled("count_low", "announces fewer entries than there are", change(count=3))
    yield spoiled("count_high", "announces more entries than there are", change(count=5))
    yield spoiled("count_differs", "the two counts of the end record differ", change(disk_count=3))
    yield spoiled("count_zero", "announces no entries", change(count=0))
    yield spoiled("split", "a part of a split archive", change(disk=1))
    yield spoiled_entry("split_entry", "an entry on another disk", change(disk=1))
    yield spoiled("directory_size", "the directory has another size", change(directory_size=46))
    yield spoiled("directory_size_huge", "a directory of 4 GiB", change(directory_size=SATURATED))
    yield spoiled("directory_offset", "the directory is elsewhere", change(directory_offset=1))
    yield spoiled("directory_offset_huge", "the directory is beyond the end",
                  change(directory_offset=SATURATED))
    yield spoiled_entry("offset_one_off", "no local header there", change(offset=1), 0)
    yield spoiled_entry("offset_beyond", "no local header there", change(offset=size))
    local = [("name", change(name=b"shared/other.json")), ("method", change(method=STORED)),
             ("size", change(size=1)), ("packed", change(packed=1)), ("crc", change(crc=1)),
             ("flags", change(flags=STREAMED)), ("encrypted", change(flags=1))]
    for name, apply in local:
        yield spoiled_entry("local_" + name, "the local header says something else",
                            lambda item, apply=apply: apply(item.local))
    yield spoiled_entry("descriptor_missing", "announces a data descriptor that is not there",
                        lambda item: item.both(flags=STREAMED))
    yield spoiled_entry("descriptor_wrong", "the data descriptor says something else",
                        lambda item: change(descriptor=bytes(16))(stream(item)))
    unicode = struct.pack("<BI", 1, zlib.crc32(b"shared/tasks.json")) + b"../../evil.json"
    yield spoiled_entry("second_name", "a Unicode path field replaces the name in some programs",
                        lambda item: change(extra=extra_field(0x7075, unicode))(item.central))
    yield spoiled_entry("extra_cut_off", "an extra field that is longer than its place",
                        lambda item: change(extra=b"UT\xff\xffabcd")(item.central))
    yield hidden_directory()
    yield many_ends()


def hidden_directory() -> Case:
    """The last entry's content is a zip whose offsets are right where it lies: a library that
    weighs every end record it finds (libzip does) can be made to prefer that one."""
    backup = Backup()
    files = {**backup.files, "shared/tasks.json": b'["evil"]'}
    inner = Archive([entry(name, content) for name, content in files.items()])
    outer = backup.archive()
    outer.entries[0].local.date += 1
    name = b"shared/zz.json"
    start = len(outer.build().split(b"PK\x01\x02")[0]) + 30 + len(name)
    inner.prefix = bytes(start)
    content = inner.build()[start:]
    outer.entries.append(entry(name, content, STORED))
    return Case("hidden_directory", "a second archive inside the data of the last entry",
                outer.build())


def many_ends() -> Case:
    """Thousands of end records in the data of the last entry, each of which leads to a directory of
    10,000 entries: libzip 1.7.3 reads them all, for more than half a minute."""
    items = [entry(f"shared/n{i}.json", b"{}", STORED) for i in range(9900)]
    rows = b"".join(row(item, 0) for item in items)

    def build(offset: int) -> bytes:
        end = struct.pack("<HHHHIIH", 0, 0, len(items), len(items), len(rows), offset, 0)
        content = rows + (b"PK\x05\x06" + end) * 2900
        return Archive(items[:50] + [entry("shared/zz.json", content, STORED)]).build()

    return Case("many_ends", "must not cost more than a moment",
                build(build(0).index(rows[:60])))


def not_zips() -> Cases:
    yield Case("not_empty_file", "an empty file is no backup", b"")
    yield Case("not_html", "a login page that was saved as a zip",
               b"<!DOCTYPE html>\n<html><body>Please sign in</body></html>\n")
    yield Case("not_gzip", "another format", gzip.compress(Backup().build(), mtime=0))
    yield Case("not_text", "another format", b"hello\n" * 20_000)
    yield Case("not_zeros", "a file that was never written to the disk", bytes(100_000))
    yield Case("empty_zip", "a zip without entries", Archive([]).build())
    yield Case("only_metadata_of_others", "a zip of something else",
               Archive([entry("word/document.xml", b"<x/>")]).build())


def controls() -> Cases:
    yield Case("ok_base", "nothing is wrong with it", Backup().build(), ACCEPTED)
    backup = Backup()
    backup.method = STORED
    yield Case("ok_stored", "stored instead of deflated", backup.build(), ACCEPTED)
    archive = Backup().archive()
    for index, item in enumerate(archive.entries):
        stream(item, wide=index % 2 == 1, signature=index < 2)
    yield Case("ok_descriptors", "every kind of data descriptor", archive.build(), ACCEPTED)
    yield spoiled("ok_zip64_end", "a zip64 end record that is right", change(zip64=True), ACCEPTED)

    def times(archive):
        for item in archive.entries:
            item.local.extra = extra_field(0x5455, b"\x03" + bytes(8)) + extra_field(0x7875, bytes(11))
            item.central.extra = extra_field(0x5455, b"\x03" + bytes(4)) + extra_field(0x7875, bytes(11))

    yield spoiled("ok_extra_fields", "the fields that Info-ZIP adds", times, ACCEPTED)
    yield spoiled("ok_metadata_first", "packed again in another order",
                  lambda archive: archive.entries.insert(0, archive.entries.pop()), ACCEPTED)
    backup = Backup()
    for i in range(300):
        backup.files[f"shared/n{i}.json"] = b"{}"
    yield Case("ok_many", "a few hundred files are fine", backup.build(), ACCEPTED)


def all_cases() -> Cases:
    yield from controls()
    yield from bombs()
    yield from sizes()
    yield from cut_off()
    yield from extra_bytes()
    yield from contradictions()
    yield from not_zips()
