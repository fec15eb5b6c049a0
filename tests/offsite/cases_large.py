# SPDX-License-Identifier: MIT
"""Many objects, and large ones. Only with --full."""

import concurrent.futures
import os

from box import digest
from process_memory import peak_memory


def case_large_1200_objects(box):
    """A list of more than a page."""
    name = box.create()
    content = (box.system / "backups" / name).read_bytes()
    names = [f"a2a_backup_20250101_{i:06d}.zip" for i in range(1200)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: box.s3.demand("PUT", f"{box.bucket}/backups/{each}",
                                                 body=content), names))
    listed = box.json("--backup-dir", box.place, "list")
    assert sorted(each["name"] for each in listed["backups"]) == names
    out, _ = box.run("copy", "--all-missing", "--to", box.place)
    assert "1 backup" in out, out


def case_large_300_megabytes(box):
    """Uploaded in parts and fetched again, in less than 64 MiB of memory."""
    box.folder.joinpath("large").mkdir()
    name = "a2a_backup_20250101_000000.zip.age"
    backups = box.system / "backups"
    backups.mkdir()
    with open(backups / name, "wb") as file:
        file.write(b"age-encryption.org/v1\n")
        for _ in range(300):
            file.write(os.urandom(1 << 20))
    for words in (("copy", name, "--to", box.place),
                  ("--backup-dir", box.place, "copy", name, "--to", box.folder / "large")):
        process = box.start(*words)
        peak = peak_memory(process)
        assert process.returncode == 0, process.communicate()
        assert peak < 64, f"{peak} MiB"
        print(f"{words[0]}: {peak:.1f} MiB at most")
    assert digest(box.folder / "large" / name) == digest(backups / name)
