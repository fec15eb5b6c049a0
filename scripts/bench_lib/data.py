# SPDX-License-Identifier: MIT
"""Makes the system that is backed up: always the same for the same size, and never held in memory.

The text is drawn word by word, so that it compresses like text: the words are those that such an
application writes, in the frequencies of a language, with numbers and digests between them.
"""

import contextlib
import datetime
import hashlib
import itertools
import json
import pathlib
import random
import shutil
import sqlite3

import demo_system

VERSION = 1
SEED = 20250711
BATCH = 1000
AGENTS = 12
# Larger databases are this much, again and again: making them anew would take an hour.
UNIQUE_BYTES = 10**9
START = datetime.datetime(2023, 1, 1, 6, 30, 0, 118000)

STEMS = """
account action address agent alarm alert answer archive article artifact audit backup balance batch
bill branch browser budget bug build cache calendar call campaign card cart case catalog channel
chapter chart check client cloud cluster code column comment commit company config connect contact
container content context contract cookie copy cost counter course credit customer dashboard data
database date deadline decision default delivery deploy design detail device digest document domain
download draft driver email endpoint engine entry error estimate event example export failure feature
field file filter finance firewall fix flag folder form format forward frame function gateway graph
group guide handler header health history host hour image import incident index input install
instance interface invoice issue item job journal key label language latency layer layout letter
level library license limit line link list load locale lock log login machine mail manager margin
market measure meeting member memory merge message method metric migrate minute mirror mobile model
module monitor month name network node notice number object offer office option order output owner
package page panel parser partner patch path payment percent permission person phase phone plan
platform plugin point policy pool port position post price print priority process product profile
program project proof proxy quality quarter query queue quota rate ratio reader reason receipt record
region release reminder render repair reply report request reset resource response restore result
retry return review revision role rollback route row rule sample scale schedule schema scope score
script search section segment sensor server service session setting shard share signal site size
slot snapshot socket source space spec stage standard start state statement status step storage
stream string summary supply support survey switch symbol sync system table tag target task team
template tenant test text thread ticket time timeout title token tool total trace traffic transfer
translation trigger trust type unit update upload usage user value vendor version view volume vote
wallet warning watch week widget window worker workflow zone
""".split()
SMALL = """
the of and to in a is that for it as with on be by this are at from or not an was which have has when
all after before if no we they there been will can one more than only also into out over its two some
would should must may then them so does did still again because until without within every other
""".split()
FOREIGN = """
Überprüfung Rückmeldung Verzögerung Sicherung wöchentlich geändert für über nicht Prüfsumme après
dépôt requête données déjà vérifié échec terminé año número módulo después configuración también
проверка журнал запрос ошибка сервер резервная копия 確認 完了 件 エラー 処理 報告 更新 サーバー 設定
""".split()
ENDINGS = ("", "s", "ed", "ing", "er", "able", "ment", "-id", "_count", "less", "ly", "ation")


def vocabulary(rng):
    """Words and their cumulated weights: the n-th most frequent one is drawn 1/n as often."""
    long = [stem + ending for stem in STEMS for ending in ENDINGS] + FOREIGN
    rng.shuffle(long)
    words = SMALL + long
    return words, list(itertools.accumulate(1 / (rank + 8) for rank in range(len(words))))


class Text:
    def __init__(self, rng):
        self.rng = rng
        self.words, self.weights = vocabulary(rng)
        self.drawn = iter(())

    def sentence(self, length):
        words = list(itertools.islice(self.drawn, length))
        if len(words) < length:
            self.drawn = iter(self.rng.choices(self.words, cum_weights=self.weights, k=100_000))
            words = list(itertools.islice(self.drawn, length))
        return " ".join(words).capitalize() + "."

    def paragraph(self):
        """From nothing to some lines, as people and programs write them."""
        rng = self.rng
        parts = [self.sentence(rng.randrange(4, 22)) for _ in range(rng.randrange(0, 9))]
        if parts and rng.random() < 0.4:
            parts.append(f"See commit {rng.getrandbits(48):012x}, {rng.randrange(10**6)} ms.")
        return " ".join(parts)


# --- the database ---

INSERT_TASK = ("INSERT INTO tasks(ref, agent, title, description, status, priority, duration_ms, "
               "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
INSERT_LOG = ("INSERT INTO request_logs(api_key_id, method, path, status_code, duration_ms, "
              "client_ip, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)")
COPY_TASKS = ("INSERT INTO tasks(ref, agent, title, description, status, priority, duration_ms, "
              "created_at) SELECT ref || ?, agent, title, description, status, priority, "
              "duration_ms + ?, created_at FROM tasks WHERE id BETWEEN ? AND ?")
COPY_LOGS = ("INSERT INTO request_logs(api_key_id, method, path, status_code, duration_ms, "
             "client_ip, created_at) SELECT api_key_id, method, path, status_code, duration_ms + ?, "
             "client_ip, created_at FROM request_logs WHERE id BETWEEN ? AND ?")
METHODS, CODES = ("GET", "GET", "GET", "POST", "PUT"), (200, 200, 200, 201, 304, 404, 500)


def task_rows(rng, text, names, first, when):
    for number in range(first, first + BATCH):
        when += datetime.timedelta(seconds=rng.randrange(1, 40))
        yield (f"T-{number:09d}", rng.choice(names), text.sentence(rng.randrange(3, 10)),
               text.paragraph() or None, rng.choice(demo_system.STATUSES), rng.randrange(1, 6),
               rng.randrange(5, 90000), when.isoformat())


def log_rows(rng, keys, when):
    for _ in range(3 * BATCH):
        when += datetime.timedelta(seconds=rng.randrange(1, 14))
        path = rng.choice(demo_system.PATHS)
        if path == "/api/tasks":
            path = f"/api/tasks/{rng.randrange(10**6)}"
        yield (rng.randrange(1, keys + 1), rng.choice(METHODS), path, rng.choice(CODES),
               round(rng.uniform(0.2, 900), 3), f"198.51.100.{rng.randrange(1, 255)}",
               when.isoformat())


def metric_rows(rng, when):
    for name, unit in (("cpu", "%"), ("memory", "MiB"), ("queue", "n"), ("latency", "ms")):
        for minute in range(BATCH // 20):
            yield (name, round(rng.uniform(1, 4000), 2), unit,
                   (when + datetime.timedelta(minutes=minute)).isoformat())


def pages(db):
    return db.execute("PRAGMA page_count").fetchone()[0]


def add_batch(db, rng, text, names, batch):
    when = START + datetime.timedelta(seconds=20 * BATCH * batch)
    db.execute("BEGIN")
    db.executemany(INSERT_TASK, task_rows(rng, text, names, batch * BATCH, when))
    db.executemany(INSERT_LOG, log_rows(rng, len(names), when))
    db.executemany(demo_system.INSERT_METRIC, metric_rows(rng, when))
    db.execute("COMMIT")


def repeat_batch(db, batch, unique):
    """The rows of an early batch once more, under other names and with other numbers."""
    copy, source = divmod(batch, unique)
    db.execute("BEGIN")
    db.execute(COPY_TASKS, (f"-{copy}", copy, source * BATCH + 1, (source + 1) * BATCH))
    db.execute(COPY_LOGS, (copy, 3 * source * BATCH + 1, 3 * (source + 1) * BATCH))
    db.execute("COMMIT")


def make_database(path, size):
    """Stops within one batch, under 2 MB, of `size`."""
    path.parent.mkdir(parents=True)
    rng = random.Random(SEED)
    text, names = Text(rng), demo_system.agent_names(AGENTS)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=OFF").fetchall()
        db.execute("PRAGMA synchronous=OFF")
        db.execute("PRAGMA page_size=4096")
        db.executescript(demo_system.SCHEMA)
        for name in names:
            db.execute("INSERT INTO api_keys(name, key_hash, permissions, created_at) "
                       "VALUES (?, ?, ?, ?)",
                       (name, hashlib.sha256(name.encode()).hexdigest(), "read,write",
                        START.isoformat()))
        unique = None
        for batch in itertools.count():
            bytes_now = pages(db) * 4096
            if bytes_now >= size:
                break
            if unique is None and bytes_now >= UNIQUE_BYTES:
                unique = batch
            if unique is None:
                add_batch(db, rng, text, names, batch)
            else:
                repeat_batch(db, batch, unique)
        db.execute("PRAGMA journal_mode=DELETE").fetchall()


# --- the JSON files ---


def indented(value, spaces):
    return json.dumps(value, indent=2).replace("\n", "\n" + " " * spaces)


def make_tasks(path, rng, text, names, size):
    when = START
    with open(path, "w") as f:
        f.write("[")
        comma = "\n  "
        while f.tell() < size:
            when += datetime.timedelta(seconds=rng.randrange(20, 4000))
            item = {"task": text.sentence(rng.randrange(4, 30)), "created": when.isoformat(),
                    "agent": rng.choice(names)}
            f.write(comma + indented(item, 2))
            comma = ",\n  "
        f.write("\n]")


def make_agent_tasks(path, rng, text, names, size):
    number, when = 0, START
    with open(path, "w") as f:
        f.write("{")
        for place, name in enumerate(names, 1):
            f.write(("\n  " if place == 1 else ",\n  ") + json.dumps(name) + ": [")
            comma = "\n    "
            while f.tell() < size * place // len(names) or comma == "\n    ":
                number += 1
                when += datetime.timedelta(seconds=rng.randrange(20, 4000))
                task = demo_system.agent_task(rng, number, text.sentence(rng.randrange(4, 30)),
                                              when.isoformat())
                task["response"] = task["response"] and text.paragraph()
                f.write(comma + indented(task, 4))
                comma = ",\n    "
            f.write("\n  ]")
        f.write("\n}")


def make_files(folder, size):
    folder.mkdir(parents=True)
    rng = random.Random(SEED + 1)
    text, names = Text(rng), demo_system.agent_names(AGENTS)
    make_tasks(folder / "tasks.json", rng, text, names, size // 3)
    make_agent_tasks(folder / "agent_tasks.json", rng, text, names, size - size // 3)


# --- what others call ---


def json_size(database_size):
    return database_size // 10


def make_system(root, database_size):
    """A new system in `root`, with nothing there when it fails."""
    shutil.rmtree(root, ignore_errors=True)
    make_database(demo_system.database_of(root), database_size)
    make_files(root / "shared", json_size(database_size))


def cached_system(cache, database_size, say):
    """The system of that size in the folder `cache`, made when it is not there."""
    base = pathlib.Path(cache) / f"system-{database_size}"
    marker = base / "made-by-version"
    if not marker.exists() or marker.read_text() != str(VERSION):
        say(f"Making {database_size / 1e6:.0f} MB of database and "
            f"{json_size(database_size) / 1e6:.0f} MB of JSON in {base}")
        make_system(base / "system", database_size)
        marker.write_text(str(VERSION))
    return base / "system"


def disturb(root, number):
    """Changes a live system as weeks of use would: a row in fifty, and both files."""
    with contextlib.closing(sqlite3.connect(demo_system.database_of(root))) as db, db:
        db.execute("UPDATE tasks SET priority = priority % 5 + 1, duration_ms = duration_ms + ? "
                   "WHERE id % 50 = 0", (number + 1,))
    for path in demo_system.files_of(root):
        with open(path, "a") as f:
            f.write("\n")
