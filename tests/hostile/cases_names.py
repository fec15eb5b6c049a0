# SPDX-License-Identifier: MIT
"""Names that lead astray, entries that are not files, lists that do not match."""

from cases import Case, Cases, spoiled, spoiled_entry, with_file
from good_backup import METADATA, TIME, Backup, compact, legacy_metadata
from zip_parts import REGULAR, STORED, entry

# Where an absolute name would end up; the runner looks there.
ABSOLUTE = "/tmp/a2a_backup_hostile_absolute.json"


def paths() -> Cases:
    bad = [
        ("parent", "../evil.json", "leaves the target folder"),
        ("parent_deep", "shared/../../../evil.json", "leaves the target folder"),
        ("parent_stays", "shared/../shared/evil.json", "climbs, even if it comes back"),
        ("absolute", ABSOLUTE, "an absolute name writes anywhere"),
        ("backslash_parent", "..\\evil.json", "climbs on Windows"),
        ("backslash", "shared\\evil.json", "another folder on Windows, a strange file elsewhere"),
        ("drive", "C:/evil.json", "a drive on Windows"),
        ("drive_relative", "C:evil.json", "a drive on Windows"),
        ("stream", "shared/tasks.json:evil", "an NTFS stream of another file"),
        ("dot", "./shared/evil.json", "a second spelling of a name"),
        ("double_slash", "shared//evil.json", "a second spelling of a name"),
        ("inner_dot", "shared/./evil.json", "a second spelling of a name"),
        ("subfolder", "shared/sub/evil.json", "no backup has folders below shared"),
        ("elsewhere", "config/evil.json", "not a place that a backup restores to"),
        ("wrong_suffix", "shared/evil.sh", "a backup holds JSON, not programs"),
        ("database_wal", "database/a2a_system.db-wal", "a WAL would change the database"),
        ("nul", "shared/evil\0.json", "C code would stop at the NUL"),
        ("newline", "shared/evil\n.json", "a control character"),
        ("escape", "shared/\x1b[2Jevil.json", "talks to the terminal"),
        ("bidi", "shared/evil\u202enosj.json", "shows as another name"),
        ("non_ascii", "shared/\u00e4.json", "names are ASCII, so that no two look alike"),
        ("long", "shared/" + "n" * 300 + ".json", "no file system takes 300 bytes"),
        ("device", "shared/CON.json", "a device on Windows"),
        ("device_number", "shared/lpt1.old.json", "a device on Windows"),
        ("trailing_dot", "shared/evil.json.", "Windows drops the dot: another name"),
        ("trailing_space", "shared/evil.json ", "Windows drops the space: another name"),
        ("hidden", "shared/.evil.json", "names start with a letter, a digit or '_'"),
        ("option", "shared/-rf.json", "a program would take it for an option"),
        ("empty", "", "has no name"),
    ]
    for name, path, why in bad:
        yield with_file("path_" + name, why, path)
    backup = Backup()
    archive = backup.archive()
    archive.entries.insert(0, entry(b"shared/\xff\xfe.json", b"{}"))
    yield Case("path_not_utf8", "the name is not text", archive.build())


def types() -> Cases:
    kinds = [("symlink", 0o120777), ("character_device", 0o020666), ("block_device", 0o060666),
             ("fifo", 0o010644), ("socket", 0o140644), ("folder_mode", 0o040755)]
    for name, mode in kinds:
        yield spoiled_entry("type_" + name, "not a regular file",
                            lambda item, mode=mode: setattr(item, "attributes", mode << 16))

    def link_of_dos(item):
        item.attributes, item.host = 0o120777 << 16, 0

    yield spoiled_entry("type_symlink_dos", "unpackers believe the mode whatever the host",
                        link_of_dos)
    yield spoiled_entry("type_dos_folder", "a folder by its MS-DOS attribute",
                        lambda item: setattr(item, "attributes", REGULAR | 0x10))

    backup = Backup()
    backup.files["shared/link.json"] = b"/tmp"
    backup.files["shared/link.json/evil.json"] = b"{}"
    archive = backup.archive()
    archive.entries[3].attributes = 0o120777 << 16
    yield Case("type_symlink_then_file", "a link first, then a file written through it",
               archive.build())
    yield spoiled("type_folder", "a backup has no folder entries", lambda archive:
                  archive.entries.insert(0, entry("shared/", b"", STORED)))
    yield spoiled_entry("ok_setuid", "permissions in the zip are never applied",
                        lambda item: setattr(item, "attributes", 0o106777 << 16), 1, "accepted")


def lists() -> Cases:
    yield spoiled("name_twice", "which of the two would be restored?",
                  lambda archive: archive.entries.insert(1, entry("shared/tasks.json", b"[]")))
    yield with_file("name_case_pair", "one file on a file system that ignores case",
                    "shared/Tasks.json")
    backup = Backup()
    backup.files["shared/caf\u00e9.json"] = b"{}"
    backup.files["shared/cafe\u0301.json"] = b"{}"
    yield Case("name_normal_forms", "one file on a file system that normalises", backup.build())
    yield spoiled("name_unlisted", "the metadata does not know this file",
                  lambda archive: archive.entries.insert(0, entry("shared/extra.json", b"{}")))
    yield spoiled("name_missing", "the metadata lists a file that is not there",
                  lambda archive: archive.entries.pop(0))
    yield spoiled("name_database_missing", "the metadata lists a database that is not there",
                  lambda archive: archive.entries.pop(2))

    def lists_itself(metadata):
        metadata["entries"].append({"path": METADATA, "source": "", "size": 1, "mtime": TIME,
                                    "sha256": "0" * 64})

    backup = Backup()
    backup.edit = lists_itself
    yield Case("name_metadata_in_itself", "the metadata cannot hold its own digest",
               backup.build())

    def two_records(metadata):
        second = dict(metadata["entries"][0], sha256="0" * 64)
        metadata["entries"].append(second)

    backup = Backup()
    backup.edit = two_records
    yield Case("name_two_records", "two records of one file contradict each other",
               backup.build())


def legacy() -> Cases:
    backup = Backup()
    names = list(backup.files)
    backup.raw_metadata = legacy_metadata(names)
    yield Case("ok_legacy", "version 1.0, as the Python script wrote it", backup.build(),
               "accepted")
    backup.raw_metadata = legacy_metadata(names + ["shared/gone.json"])
    # The list of version 1.0 is what its script meant to save: in the worst hour what is there counts.
    yield Case("ok_legacy_missing", "version 1.0 lists a file that is not there", backup.build(),
               "accepted")
    backup.raw_metadata = legacy_metadata(names[1:])
    yield Case("ok_legacy_unlisted", "version 1.0 does not list a file that is there",
               backup.build(), "accepted")
    backup.raw_metadata = compact({"timestamp": "yesterday", "files": names, "version": "1.0"})
    yield Case("legacy_time", "the timestamp is not a time", backup.build())


def all_cases() -> Cases:
    yield from paths()
    yield from types()
    yield from lists()
    yield from legacy()
