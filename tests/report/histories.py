# SPDX-License-Identifier: MIT
"""Folders of backups to draw: none, one, many, broken ones, and with names made to hurt."""

import datetime
import hashlib
import json
import math
import os
import random
import zipfile

METADATA = "backup_metadata.json"
HISTORY = ".a2a-backup-history.json"
DAY = datetime.timedelta(days=1)


def rfc3339(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def backup_name(moment):
    return moment.strftime("a2a_backup_%Y%m%d_%H%M%S.zip")


def add(archive, moment, name, content):
    info = zipfile.ZipInfo(name, moment.timetuple()[:6])
    info.create_system, info.external_attr = 3, 0o100644 << 16
    archive.writestr(info, content)


def write_backup(folder, moment, tasks=10, rows=100, size=2000, tags=None, host="a2a-prod-1",
                 name=None):
    """A backup that `list` calls good. Its data is filling; only the metadata counts tasks."""
    path = os.path.join(folder, name or backup_name(moment))
    content = b"[" + b" " * size + b"]"
    metadata = {
        "timestamp": rfc3339(moment), "files": ["shared/tasks.json"], "version": "2.0",
        "tool": "a2a-backup 0.1.0", "host": host, "tags": tags or {},
        "capture": {"started": rfc3339(moment), "finished": rfc3339(moment), "attempts": 1},
        "entries": [{"path": "shared/tasks.json", "source": "/app/shared/tasks.json",
                     "size": len(content), "mtime": rfc3339(moment),
                     "sha256": hashlib.sha256(content).hexdigest()}],
        "database": rows if rows is None else
        {"engine": "sqlite", "source": "a2a_system.db", "page_size": 4096, "page_count": 10,
         "user_version": 0, "journal_mode": "wal", "tables": {"tasks": rows}},
        "tasks": {"total": tasks, "by_status": {}, "by_agent": {}}, "warnings": []}
    with zipfile.ZipFile(path, "w") as archive:
        add(archive, moment, "shared/tasks.json", content)
        add(archive, moment, METADATA, json.dumps(metadata).encode())
    return path


def drill(path, moment, kind="verify", seconds=1.8, size=133_000_000, problem=""):
    status = os.stat(path)
    return {"backup": os.path.basename(path), "size": status.st_size,
            "mtime_ns": status.st_mtime_ns, "kind": kind, "time": rfc3339(moment),
            "problem": problem, "seconds": seconds, "bytes": size}


def write_history(folder, drills):
    with open(os.path.join(folder, HISTORY), "w", encoding="utf-8") as file:
        json.dump({"schema": "a2a-backup-history/1", "drills": drills}, file)


def nightly(folder, now, count, every=DAY, gaps=(), size=2000):
    """Backups every night, growing; returns their paths, oldest first."""
    rng, paths = random.Random(7), []
    for i in range(count):
        moment = now - every * (count - 1 - i) - datetime.timedelta(hours=3, minutes=rng.randrange(9))
        if count - 1 - i in gaps:
            continue
        growth = 1 + 0.9 * i / count + 0.06 * math.sin(i / 5) + rng.random() * 0.02
        paths.append(write_backup(
            folder, moment, tasks=int(840 * growth), rows=int(61_000 * growth * growth),
            size=int(size * growth), tags={"run": "nightly"} if i % 7 else {"run": "weekly"}))
    return paths


def none(folder, now):
    del folder, now


def one(folder, now):
    write_backup(folder, now - datetime.timedelta(hours=3))


def forty(folder, now):
    paths = nightly(folder, now, 43, gaps=(9, 22, 23), size=180_000)
    write_history(folder, [drill(paths[-8], now - 7 * DAY, "restore", 4.2),
                           drill(paths[-3], now - 2 * DAY), drill(paths[-1], now - DAY / 12)])


def thousand(folder, now):
    paths = nightly(folder, now, 1000, every=DAY * 0.7, gaps=range(300, 320))
    write_history(folder, [drill(path, now - DAY / 24) for path in paths[-200:]])


def broken(folder, now):
    paths = nightly(folder, now - 4 * DAY, 12, gaps=(5,))
    for days, content in ((3, b""), (2, b"<html>503 Service Unavailable</html>"), (1, b"PK cut off")):
        with open(os.path.join(folder, backup_name(now - days * DAY)), "wb") as file:
            file.write(content)
    write_history(folder, [drill(paths[-2], now - 5 * DAY),
                           drill(paths[-1], now - DAY, problem="shared/tasks.json is damaged: its "
                                 "SHA-256 is not the recorded one")])


MARKUP = "<script>document.title='owned'</script><img src=http://127.0.0.1:9/x onerror=alert(1)>"
QUOTES = "\"'>&amp;`${x}"
RIGHT_TO_LEFT = "txt.\u202egpj\u202c \u05e9\u05dc\u05d5\u05dd"
CONTROLS = "a\x07b\u0085c\u2028d\ufeffe"


def hostile(folder, now):
    """Everything that somebody else may choose."""
    names = [b"a2a_backup_<script>alert(1)<!--.zip", b"\"><b onclick=x>'.zip", b"bell\x07 \x1b[31m.zip",
             b"latin1 \xff\xfe.zip", "\u202egpj.\u05d0.zip".encode(), b"&lt;i&gt;.zip"]
    for i, name in enumerate(names):
        path = os.path.join(os.fsencode(folder), name)
        if i % 2:
            with open(path, "wb") as file:
                file.write(b"<html>")
        else:
            write_backup(folder, now - i * DAY, name=os.fsdecode(name), host=MARKUP)
    paths = [write_backup(folder, now - (9 + i) * DAY, host=text, tags={text: text, "k": text})
             for i, text in enumerate((MARKUP, QUOTES, RIGHT_TO_LEFT, CONTROLS))]
    write_history(folder, [drill(paths[0], now - DAY, problem=MARKUP + QUOTES),
                           drill(paths[1], now - DAY)])


ALL = (none, one, forty, thousand, broken, hostile)
