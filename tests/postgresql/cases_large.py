# SPDX-License-Identifier: MIT
"""A large database."""

import contextlib
import os
import pathlib
import subprocess
import threading
import time

import servers
from box import digest, on
from process_memory import peak_memory
from world import LARGE

MIB_LIMIT = 512 if os.environ.get("A2A_SANITIZED") else 64


class Sizes:
    """Of each file of the case, the largest seen, also of those that have no name."""

    def __init__(self, folder, process):
        self.folder, self.process = folder, process
        self.largest, self.ended = {}, threading.Event()
        self.thread = threading.Thread(target=self._look)

    def _note(self, name, path):
        with contextlib.suppress(OSError):
            self.largest[name] = max(self.largest.get(name, 0), path.stat().st_size)

    def _look(self):
        while not self.ended.is_set():
            for folder, _, names in os.walk(self.folder):  # which forgives what vanishes
                for path in (pathlib.Path(folder, name) for name in names):
                    self._note(str(path.relative_to(self.folder)), path)
            for path in pathlib.Path(f"/proc/{self.process.pid}/fd").glob("*"):
                with contextlib.suppress(OSError):
                    target = os.readlink(path)
                    if target.endswith(" (deleted)"):
                        self._note(target, path)
            time.sleep(0.02)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread_lived = self.thread.is_alive()
        self.ended.set()
        self.thread.join()


def text_digest(box):
    """Of the whole database as text, never all of it in memory."""
    path = box.folder / "text"
    with open(path, "wb") as file:
        dump = subprocess.Popen(["pg_dump", box.server.url_of(box.database, servers.USER, None)],
                                env=box.server.environment(), stdout=subprocess.PIPE)
        subprocess.run(["grep", "-av", r"^\\\(un\)\?restrict "], stdin=dump.stdout, stdout=file,
                       check=True)
        dump.stdout.close()
        assert dump.wait() == 0
    found = digest(path)
    path.unlink()
    return found


@on("empty")
def case_large(box):
    """200 MB: no copy on disk, less than 64 MiB of memory, and all of it comes back."""
    box.server.script(LARGE, box.database)
    before = text_digest(box)
    process = box.start("create", "--store-only")
    with Sizes(box.folder, process) as sizes:
        peak = peak_memory(process)
    box.finish(process)
    archive = box.system / "backups" / box.archives()[0]
    assert archive.stat().st_size > 190_000_000, archive.stat().st_size
    others = {path: size for path, size in sizes.largest.items()
              if not path.startswith("system/backups/")}
    assert sum(others.values()) < 1_000_000, others
    assert sizes.thread_lived, "nobody looked"
    assert peak < MIB_LIMIT, f"create: {peak} MiB"

    box.sql("DELETE FROM request_logs WHERE id % 3 = 0; UPDATE tasks SET title = 'gone';"
            "DROP TABLE system_metrics; ALTER TABLE tasks DROP COLUMN priority")
    (box.system / "shared" / "tasks.json").unlink()
    process = box.start("restore", "latest", "--yes")
    peak_of_restore = peak_memory(process)
    box.finish(process)
    assert peak_of_restore < MIB_LIMIT, f"restore: {peak_of_restore} MiB"
    assert text_digest(box) == before
    assert (box.system / "shared" / "tasks.json").exists()
    print(f"large: {peak:.1f} MiB at most to create, {peak_of_restore:.1f} to restore")
