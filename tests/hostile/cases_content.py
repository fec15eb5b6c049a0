# SPDX-License-Identifier: MIT
"""Archives whose structure is right and whose content is not."""

import bz2
import json
import lzma

from cases import ACCEPTED, Case, Cases, spoiled_entry, with_file
from good_backup import DATABASE, Backup, compact, database
from zip_parts import STORED, Archive, deflate_chunks, entry, stream

TASKS = "shared/tasks.json"


def flipped(data: bytes, position: int, bit: int = 0x10) -> bytes:
    return data[:position] + bytes([data[position] ^ bit]) + data[position + 1 :]


def flip_middle(item) -> None:
    item.data = flipped(item.data, len(item.data) // 2)


def with_metadata(name: str, why: str, edit, promise: str = "refused") -> Case:
    backup = Backup()
    backup.edit = edit
    return Case(name, why, backup.build(), promise)


def with_raw_metadata(name: str, why: str, text: bytes) -> Case:
    backup = Backup()
    backup.raw_metadata = text
    return Case(name, why, backup.build())


def damage() -> Cases:
    yield spoiled_entry("crc_wrong", "both headers say another checksum",
                        lambda item: item.both(crc=item.local.crc ^ 1))
    yield spoiled_entry("crc_wrong_metadata", "both headers say another checksum",
                        lambda item: item.both(crc=item.local.crc ^ 1), 3)
    yield spoiled_entry("flip_deflated", "a bit of deflated data is flipped", flip_middle)
    yield spoiled_entry("flip_database", "a bit of the database is flipped", flip_middle, 2)
    yield spoiled_entry("flip_metadata", "a bit of the metadata is flipped", flip_middle, 3)
    backup = Backup()
    backup.method = STORED
    archive = backup.archive()
    flip_middle(archive.entries[1])
    yield Case("flip_stored", "a bit of stored data is flipped", archive.build())
    yield spoiled_entry("deflate_garbage", "data that does not inflate",
                        lambda item: setattr(item, "data", b"\xff" * len(item.data)))

    def half(item):
        item.data = item.data[: len(item.data) // 2]
        item.both(packed=len(item.data))

    yield spoiled_entry("deflate_half", "half a deflate stream", half)


def methods() -> Cases:
    yield spoiled_entry("encrypted", "marked as encrypted", lambda item: item.both(flags=1))
    yield spoiled_entry("encrypted_strongly", "marked as strongly encrypted",
                        lambda item: item.both(flags=0x41))
    content = Backup().files[TASKS]
    packers = [("bzip2", 12, bz2.compress(content)),
               ("lzma", 14, lzma.compress(content, lzma.FORMAT_ALONE)), ("zstd", 93, content),
               ("deflate64", 9, content), ("unknown", 77, content), ("aes", 99, content)]
    for name, method, data in packers:
        archive = Backup().archive()
        archive.entries[1] = entry(TASKS, content, method, data)
        yield Case("method_" + name, "only stored and deflate are read", archive.build())


def metadata_texts() -> Cases:
    good = compact(Backup().metadata())
    yield with_raw_metadata("metadata_not_json", "not JSON", b"timestamp=2025-07-11\n")
    yield with_raw_metadata("metadata_empty", "empty", b"")
    yield with_raw_metadata("metadata_half", "cut in half", good[: len(good) // 2])
    yield with_raw_metadata("metadata_twice", "two documents", good + good)
    yield with_raw_metadata("metadata_list", "a list, not an object", b"[]")
    yield with_raw_metadata("metadata_null", "null, not an object", b"null")
    yield with_raw_metadata("metadata_not_utf8", "not UTF-8",
                            good.replace(b'"example"', b'"\xff\xfe"'))
    yield with_raw_metadata("metadata_deep", "nests 100,000 deep",
                            b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    yield with_raw_metadata("metadata_deep_open", "nests 1,000,000 deep and never closes",
                            b"[" * 1_000_000)
    yield with_raw_metadata("metadata_huge", "more than the 8 MiB that are read",
                            good + b" " * (9 << 20))
    archive = Backup().archive()
    archive.entries.pop()
    yield Case("metadata_missing", "no metadata at all", archive.build())


def metadata_values() -> Cases:
    def put(key, value):
        return lambda metadata: metadata.__setitem__(key, value)

    def drop(key):
        return lambda metadata: metadata.pop(key)

    def in_record(key, value):
        return lambda metadata: metadata["entries"][1].__setitem__(key, value)

    yield with_metadata("version_major", "a major version that nobody knows", put("version", "3.0"))
    yield with_metadata("version_number", "the version is a string", put("version", 2.0))
    yield with_metadata("version_missing", "without a version nothing can be said", drop("version"))
    yield with_metadata("version_strange", "2 is not 2000", put("version", "2000.1"))
    yield with_metadata("entries_missing", "version 2 promises digests", drop("entries"))
    yield with_metadata("entries_empty", "the archive has entries", put("entries", []))
    yield with_metadata("entries_object", "a wrong type", put("entries", {}))
    yield with_metadata("entries_of_numbers", "a wrong type", put("entries", [1, 2, 3]))
    yield with_metadata("files_string", "a wrong type", put("files", TASKS))
    yield with_metadata("timestamp_number", "a wrong type", put("timestamp", 1752196712))
    yield with_metadata("timestamp_impossible", "there is no 13th month",
                        put("timestamp", "2025-13-45T99:99:99Z"))
    yield with_metadata("sha256_wrong", "another digest than the content's",
                        in_record("sha256", "0" * 64))
    yield with_metadata("sha256_short", "not a SHA-256", in_record("sha256", "abc"))
    yield with_metadata("sha256_missing", "no digest",
                        lambda metadata: metadata["entries"][1].pop("sha256"))
    yield with_metadata("record_size_wrong", "another size than the content's",
                        in_record("size", 1))
    yield with_metadata("record_size_negative", "a wrong type", in_record("size", -1))
    yield with_metadata("record_size_text", "a wrong type", in_record("size", "12"))
    yield with_metadata("record_size_float", "a wrong type", in_record("size", 1e300))
    yield with_metadata("record_path_parent", "lists a file that is not there",
                        in_record("path", "../../evil.json"))
    yield with_metadata("ok_minor_version", "a newer minor version only adds keys",
                        put("version", "2.9"), ACCEPTED)
    yield with_metadata("ok_unknown_keys", "keys that nobody knows are ignored",
                        put("future", {"a": [1, {"b": None}]}), ACCEPTED)
    yield with_metadata("ok_many_keys", "300,000 keys are legal and must not cost minutes",
                        put("future", {f"k{i}": 0 for i in range(300_000)}), ACCEPTED)


def files() -> Cases:
    good = Backup().files[TASKS]
    nested = b"[" * 100_000 + b"]" * 100_000
    yield with_file("json_half", "JSON cut in half, with the right digest", TASKS,
                    good[: len(good) // 2])
    yield with_file("json_empty", "an empty file is not JSON", TASKS, b"")
    yield with_file("json_zeros", "zeros are not JSON: a crash left them", TASKS, bytes(4096))
    yield with_file("json_deep", "nests 100,000 deep: the application could not load it",
                    "shared/x.json", nested)
    yield with_file("json_not_utf8", "not UTF-8", TASKS, b'["\xff"]')
    pages = database()
    yield with_file("database_text", "not a database", DATABASE, b"hello\n" * 1000)
    yield with_file("database_half", "half a database", DATABASE, pages[: 4096 * 3])
    yield with_file("database_zero_page", "a page of zeros", DATABASE,
                    pages[:4096] + bytes(4096) + pages[8192:])
    yield with_file("database_garbage_page", "a page of garbage", DATABASE,
                    pages[:8192] + b"\xa5" * 4096 + pages[12288:])
    backup = Backup()
    del backup.files[DATABASE]
    yield Case("ok_no_database", "made with --database none", backup.build(), ACCEPTED)


def chunks() -> Cases:
    content = json.dumps([f"item {i}" for i in range(20_000)]).encode()
    pieces = deflate_chunks(content, 65536)
    sizes = [len(piece) for piece in pieces]

    def chunked(name, why, listed, chunk_size=65536, promise="refused"):
        backup = Backup()
        backup.files[TASKS] = content
        backup.edit = lambda metadata: backup.record(metadata, TASKS).update(
            chunk_size=chunk_size, chunks=listed)
        archive = backup.archive()
        archive.entries[1] = entry(TASKS, content, data=b"".join(pieces))
        return Case(name, why, archive.build(), promise)

    yield chunked("ok_chunks", "the chunks add up", sizes, promise=ACCEPTED)
    yield chunked("chunks_short", "the chunks do not add up", sizes[:-1])
    yield chunked("chunks_long", "the chunks do not add up", sizes + [1])
    yield chunked("chunks_one_off", "the chunks do not add up", [sizes[0] + 1] + sizes[1:])
    yield chunked("chunks_shifted", "the boundaries are wrong",
                  [sizes[0] + 1, sizes[1] - 1] + sizes[2:])
    yield chunked("chunks_wrap", "the sum is right modulo 2^64",
                  [1 << 63, (1 << 63) + sum(sizes)] + [0] * (len(sizes) - 2))
    yield chunked("chunks_size_wrong", "the chunk size does not fit their number", sizes, 1000)
    yield chunked("chunks_size_huge", "so many chunks of 2^60 bytes are not this file", sizes,
                  1 << 60)
    yield chunked("chunks_million", "a million empty chunks", sizes + [0] * 1_000_000)
    yield chunked("chunks_text", "a wrong type", "many")


def wrappers() -> Cases:
    inner = Backup().build()
    name = "a2a_backup_20250711_011832.zip"
    artifact = stream(entry(name, inner))
    yield Case("ok_wrapper", "a GitHub artifact around a backup", Archive([artifact]).build(),
               ACCEPTED)
    yield Case("ok_wrapper_stored", "the inner zip is stored, so its end record is in sight",
               Archive([entry(name, inner, STORED)]).build(), ACCEPTED)
    yield Case("wrapper_parent", "the name of the inner zip leaves the folder",
               Archive([entry("../" + name, inner)]).build())
    yield Case("wrapper_absolute", "the name of the inner zip is absolute",
               Archive([entry("/tmp/" + name, inner)]).build())
    link = entry(name, b"/etc/passwd", STORED)
    link.attributes = 0o120777 << 16
    yield Case("wrapper_symlink", "the inner zip is a symbolic link", Archive([link]).build())
    bad = Backup().archive()
    flip_middle(bad.entries[1])
    yield Case("wrapper_damaged", "the inner zip is damaged",
               Archive([entry(name, bad.build())]).build())
    yield Case("wrapper_cut_off", "the inner zip is cut off",
               Archive([entry(name, inner[:-30])]).build())
    yield Case("wrapper_of_nothing", "no backup inside",
               Archive([entry("readme.txt", b"hello")]).build())
    nested = inner
    for _ in range(50):
        nested = Archive([entry(name, nested, STORED)]).build()
    yield Case("wrapper_nested", "one zip around a backup is an artifact, fifty are a trap", nested)


def all_cases() -> Cases:
    yield from damage()
    yield from methods()
    yield from metadata_texts()
    yield from metadata_values()
    yield from files()
    yield from chunks()
    yield from wrappers()
