# SPDX-License-Identifier: MIT
"""A small backup that is right in every way, for the cases to spoil in one."""

import hashlib
import json
import os
import sqlite3
import tempfile
from typing import Callable, Dict, List, Optional

from zip_parts import Archive, Entry, entry

METADATA = "backup_metadata.json"
DATABASE = "database/a2a_system.db"
TIME = "2025-07-11T01:18:32.046675Z"
ROWS = 200

_database = None


def database() -> bytes:
    """The bytes of a real SQLite database."""
    global _database
    if _database is None:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a2a.db")
            connection = sqlite3.connect(path, isolation_level=None)
            connection.execute("PRAGMA page_size = 4096")
            connection.execute("CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT, status TEXT)")
            connection.execute("CREATE INDEX by_status ON tasks (status)")
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO tasks (title, status) VALUES (?, ?)",
                                   [(f"task {i} " + "x" * 60, ("open", "done")[i % 2])
                                    for i in range(ROWS)])
            connection.execute("COMMIT")
            connection.close()
            with open(path, "rb") as file:
                _database = file.read()
    return _database


def compact(value) -> bytes:
    return json.dumps(value, indent=1).encode()


def shared_files() -> Dict[str, bytes]:
    agent_tasks = {agent: [{"task_id": f"{agent}-{i}", "status": "pending", "title": "work " * 20}
                           for i in range(20)] for agent in ("agent1", "agent2")}
    tasks = [{"task_id": f"t{i}", "status": "completed", "description": "text " * 10}
             for i in range(50)]
    return {"shared/agent_tasks.json": compact(agent_tasks), "shared/tasks.json": compact(tasks)}


class Backup:
    """Files and the metadata that fits them; `edit` may change the metadata before it is written,
    `raw_metadata` replaces it."""

    def __init__(self) -> None:
        self.files: Dict[str, bytes] = {**shared_files(), DATABASE: database()}
        self.edit: Callable[[dict], None] = lambda metadata: None
        self.raw_metadata: Optional[bytes] = None
        self.method = 8

    def metadata(self) -> dict:
        records = [{"path": path, "source": path, "size": len(content), "mtime": TIME,
                    "sha256": hashlib.sha256(content).hexdigest()}
                   for path, content in self.files.items()]
        pages = len(self.files.get(DATABASE, b"")) // 4096
        metadata = {
            "timestamp": TIME, "files": list(self.files), "version": "2.0",
            "tool": "a2a-backup 0.1.0", "host": "example", "tags": {},
            "capture": {"started": TIME, "finished": TIME, "attempts": 1}, "entries": records,
            "database": {"engine": "sqlite", "source": "a2a_system.db", "page_size": 4096,
                         "page_count": pages, "user_version": 0, "journal_mode": "delete",
                         "tables": {"tasks": ROWS}},
            "warnings": []}
        if DATABASE not in self.files:
            metadata["database"] = None
        self.edit(metadata)
        return metadata

    def record(self, metadata: dict, path: str) -> dict:
        return next(record for record in metadata["entries"] if record["path"] == path)

    def metadata_entry(self) -> Entry:
        text = self.raw_metadata
        return entry(METADATA, compact(self.metadata()) + b"\n" if text is None else text)

    def entries(self) -> List[Entry]:
        return [entry(name, content, self.method) for name, content in self.files.items()]

    def archive(self) -> Archive:
        return Archive(self.entries() + [self.metadata_entry()])

    def build(self) -> bytes:
        return self.archive().build()


def legacy_metadata(files: List[str]) -> bytes:
    """Version 1.0, as the Python script wrote it."""
    return compact({"timestamp": "2025-07-11T01:18:32.046675", "files": files, "version": "1.0"})
