#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a small a2a-system to try backups on, keeps it busy, breaks it, and checks it.

The data is made so that a copy taken at a bad moment shows:
- in each JSON file every task carries the generation of the file and the number of its tasks;
- agent_tasks.json is written first, so its generation is that of tasks.json or one more;
- four rows of system_metrics count what the other tables hold, and change in the same transaction.
"""

import argparse
import contextlib
import datetime
import fcntl
import hashlib
import json
import os
import pathlib
import random
import signal
import sqlite3
import sys
import threading
import time

STATUSES = ("pending", "acknowledged", "in_progress", "completed", "failed")
AGENTS = ("jules", "planner", "reviewer", "builder", "archivist", "übersetzer", "調査員")
TEXTS = (
    "Summarise the error log of the last night",
    "Add an index to request_logs and measure it",
    "Reply to ticket {n}: the export stops at 50 %",
    "Überprüfe das Backup von gestern Nacht",
    "Résumer le rapport du {n}e trimestre",
    "Añadir pruebas para el módulo de facturación",
    "日次レポート第{n}号を作成する",
    "Проверить журнал запросов и найти медленные",
    "Rotate the API keys that are older than {n} days",
    "Find out why \"tasks.json\" grew to {n} MB\n(see the chart in the wiki)",
    "Deploy build {n} 🚀 and watch the metrics",
    "Μετάφραση της σελίδας βοήθειας",
)
RESPONSES = (
    "Done, see commit {n}.",
    "Erledigt – {n} Dateien geprüft, keine Auffälligkeiten.",
    "Terminé : {n} éléments, 0 erreur",
    "完了しました({n}件)",
    "Failed: the server answered 503 {n} times.",
)
PATHS = ("/api/tasks", "/api/agents", "/api/tasks/next", "/api/metrics", "/health")
START = datetime.datetime(2025, 7, 1, 6, 30, 0, 118000)

SCHEMA = """
CREATE TABLE tasks (
  id INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE, agent TEXT NOT NULL, title TEXT NOT NULL,
  description TEXT, status TEXT NOT NULL DEFAULT 'pending', priority INTEGER NOT NULL DEFAULT 3,
  duration_ms INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL);
CREATE TABLE api_keys (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, key_hash TEXT NOT NULL,
  permissions TEXT NOT NULL, is_active INTEGER NOT NULL DEFAULT 1,
  request_count INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL);
CREATE TABLE request_logs (
  id INTEGER PRIMARY KEY, api_key_id INTEGER REFERENCES api_keys(id), method TEXT NOT NULL,
  path TEXT NOT NULL, status_code INTEGER NOT NULL, duration_ms REAL NOT NULL,
  client_ip TEXT, created_at TEXT NOT NULL);
CREATE TABLE system_metrics (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, value NUMERIC NOT NULL, unit TEXT,
  recorded_at TEXT NOT NULL);
CREATE INDEX idx_tasks_status ON tasks(status);
CREATE INDEX idx_tasks_agent_created ON tasks(agent, created_at);
CREATE INDEX idx_request_logs_created ON request_logs(created_at);
CREATE INDEX idx_request_logs_key ON request_logs(api_key_id, created_at);
CREATE INDEX idx_system_metrics_name ON system_metrics(name, recorded_at);
"""

# What must agree in every committed state: the metric's name, and the query that counts it anew.
INVARIANTS = {
    "tasks.count": "SELECT count(*) FROM tasks",
    "tasks.duration_ms": "SELECT coalesce(sum(duration_ms), 0) FROM tasks",
    "request_logs.count": "SELECT count(*) FROM request_logs",
    "requests.total": "SELECT coalesce(sum(request_count), 0) FROM api_keys",
}


def files_of(root):
    return root / "shared" / "agent_tasks.json", root / "shared" / "tasks.json"


def database_of(root):
    return root / "database" / "a2a_system.db"


def connect(root, timeout=10.0):
    """A connection to the existing database. Transactions are begun by hand."""
    uri = database_of(root).absolute().as_uri() + "?mode=rw"
    return contextlib.closing(sqlite3.connect(uri, uri=True, timeout=timeout, isolation_level=None))


def agent_names(count):
    return [AGENTS[i] if i < len(AGENTS) else f"agent-{i + 1}" for i in range(count)]


def fill(rng, texts):
    return rng.choice(texts).replace("{n}", str(rng.randrange(2, 900)))


# --- the JSON files ---


def agent_task(rng, number, text, created):
    status = rng.choice(STATUSES)
    task = {"id": f"task-{number:06d}", "task": text, "created": created, "status": "pending",
            "acknowledged": None, "completed": None, "response": None}
    advance(rng, task, status, created)
    return task


def advance(rng, task, status, when):
    """Moves a task on to `status`, filling in what belongs to it."""
    task["status"] = status
    task["acknowledged"] = None if status == "pending" else task["acknowledged"] or when
    over = status in ("completed", "failed")
    task["completed"] = when if over else None
    task["response"] = fill(rng, RESPONSES) if over else None


def stamp(items, generation):
    for item in items:
        item["generation"] = generation
        item["items"] = len(items)


def all_tasks(agent_tasks):
    return [task for tasks in agent_tasks.values() for task in tasks]


def write_json(path, data):
    # Exactly what the application does: truncate and rewrite in place.
    with open(path, "w") as f:
        json.dump(data, f, indent=2)


def make_files(rng, root, count, agents):
    tasks, agent_tasks = [], {name: [] for name in agent_names(agents)}
    created = START
    for number in range(1, count + 1):
        created += datetime.timedelta(seconds=rng.randrange(20, 4000))
        text = fill(rng, TEXTS)
        agent = rng.choice(list(agent_tasks))
        tasks.append({"task": text, "created": created.isoformat(), "agent": agent})
        agent_tasks[agent].append(agent_task(rng, number, text, created.isoformat()))
    stamp(tasks, 1)
    stamp(all_tasks(agent_tasks), 1)
    for path, data in zip(files_of(root), (agent_tasks, tasks)):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, data)


@contextlib.contextmanager
def files_locked(root, create=True):
    """Only one process of ours works on the JSON files at a time, like the threads of one
    application. Without `create` it does nothing where no writer has ever been."""
    path = root / ".demo_system.lock"
    if not create and not path.exists():
        yield
        return
    with open(path, "a") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def rewrite_files(rng, root, limit):
    """One request of the application: a new task is handed out and some others move on."""
    agent_path, tasks_path = files_of(root)
    with files_locked(root):
        agent_tasks = json.loads(agent_path.read_text())
        tasks = json.loads(tasks_path.read_text())
        # After a restore the counters may differ by one for a moment; agent_tasks.json leads.
        generation = max(tasks[0]["generation"], all_tasks(agent_tasks)[0]["generation"]) + 1
        when = datetime.datetime.now().isoformat()
        agent, text = rng.choice(list(agent_tasks)), fill(rng, TEXTS)
        number = 1 + max(int(task["id"].split("-")[1]) for task in all_tasks(agent_tasks))
        agent_tasks[agent].append(agent_task(rng, number, text, when))
        advance(rng, rng.choice(all_tasks(agent_tasks)), rng.choice(STATUSES), when)
        while len(all_tasks(agent_tasks)) > limit:
            max(agent_tasks.values(), key=len).pop(0)
        tasks = (tasks + [{"task": text, "created": when, "agent": agent}])[-limit:]
        stamp(all_tasks(agent_tasks), generation)
        stamp(tasks, generation)
        write_json(agent_path, agent_tasks)
        write_json(tasks_path, tasks)
        return generation


# --- the database ---


def make_database(rng, root, rows, agents, journal):
    path = database_of(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(str(path) + suffix)
    names = agent_names(agents)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"PRAGMA journal_mode={journal}").fetchall()
        db.executescript(SCHEMA)
        db.execute("BEGIN")
        for name in names:
            db.execute("INSERT INTO api_keys(name, key_hash, permissions, created_at) "
                       "VALUES (?, ?, ?, ?)",
                       (name, hashlib.sha256(f"demo {name}".encode()).hexdigest(),
                        rng.choice(("read", "read,write")), START.isoformat()))
        db.executemany(INSERT_METRIC, ((name, 0, "n", START.isoformat()) for name in INVARIANTS))
        db.executemany(INSERT_METRIC, history(rng, max(1, rows // 5)))
        for first in range(0, rows, 1000):
            refs = [f"seed-{n}" for n in range(first + 1, min(rows, first + 1000) + 1)]
            add_rows(rng, db, refs, START + datetime.timedelta(minutes=first))
        db.execute("COMMIT")


INSERT_METRIC = "INSERT INTO system_metrics(name, value, unit, recorded_at) VALUES (?, ?, ?, ?)"


def history(rng, count):
    for i in range(count):
        when = (START + datetime.timedelta(minutes=5 * i)).isoformat()
        yield rng.choice((("cpu", round(rng.uniform(1, 99), 2), "%", when),
                          ("memory", rng.randrange(200, 4000), "MiB", when),
                          ("größe der warteschlange", rng.randrange(0, 60), "n", when)))


def add_rows(rng, db, refs, when):
    """Inserts a task for each ref, and two logged requests for each task, in the transaction that
    the caller has begun, and counts them in the metrics."""
    agents = dict(db.execute("SELECT name, id FROM api_keys"))
    duration = 0
    for ref in refs:
        when += datetime.timedelta(seconds=1)
        agent, spent = rng.choice(list(agents)), rng.randrange(5, 90000)
        duration += spent
        db.execute("INSERT INTO tasks(ref, agent, title, description, status, priority, "
                   "duration_ms, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                   (ref, agent, fill(rng, TEXTS),
                    " ".join(fill(rng, TEXTS) for _ in range(rng.randrange(0, 5))) or None,
                    rng.choice(STATUSES), rng.randrange(1, 6), spent, when.isoformat()))
        for method in ("POST", "GET"):
            db.execute("INSERT INTO request_logs(api_key_id, method, path, status_code, "
                       "duration_ms, client_ip, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                       (agents[agent], method, rng.choice(PATHS), rng.choice((200, 201, 404, 500)),
                        round(rng.uniform(0.2, 900), 3), f"192.0.2.{rng.randrange(1, 255)}",
                        when.isoformat()))
        db.execute("UPDATE api_keys SET request_count = request_count + 2 WHERE id = ?",
                   (agents[agent],))
    count(db, "tasks.count", len(refs))
    count(db, "tasks.duration_ms", duration)
    count(db, "request_logs.count", 2 * len(refs))
    count(db, "requests.total", 2 * len(refs))


def count(db, name, change):
    # Relative on purpose: a recount would hide rows that got lost.
    db.execute("UPDATE system_metrics SET value = value + ? WHERE name = ?", (change, name))


def drop_oldest(db, limit):
    """Keeps the newest `limit` tasks and the newest requests, in the caller's transaction."""
    for table, keep, sums in (("tasks", limit, "duration_ms"), ("request_logs", 2 * limit, "0")):
        rows = db.execute(f"SELECT id, {sums} FROM {table} ORDER BY id DESC LIMIT -1 OFFSET ?",
                          (keep,)).fetchall()
        db.executemany(f"DELETE FROM {table} WHERE id = ?", ((row[0],) for row in rows))
        count(db, f"{table}.count", -len(rows))
        if table == "tasks":
            count(db, "tasks.duration_ms", -sum(row[1] for row in rows))


def commit_rows(rng, db, refs, limit):
    """One transaction over many rows of all four tables."""
    db.execute("BEGIN IMMEDIATE")
    try:
        add_rows(rng, db, refs, datetime.datetime.now())
        spent = rng.randrange(1, 5000)
        done = db.execute("UPDATE tasks SET status = ?, duration_ms = duration_ms + ? WHERE id = "
                          "(SELECT id FROM tasks ORDER BY id DESC LIMIT 1 OFFSET ?)",
                          (rng.choice(STATUSES), spent, rng.randrange(0, 20)))
        count(db, "tasks.duration_ms", spent * done.rowcount)
        drop_oldest(db, limit)
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


# --- the writer ---


def write(args):
    root, rng = args.dir, random.Random(args.seed)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    totals = {"commits": 0, "rows": 0, "rewrites": 0, "refused": 0, "last_error": None}
    deadline = time.monotonic() + args.seconds if args.seconds is not None else None
    with connect(root) as db:
        if args.journal:
            db.execute(f"PRAGMA journal_mode={args.journal}").fetchall()
        row_limit = 2 * max(100, db.execute("SELECT count(*) FROM tasks").fetchone()[0])
        task_limit = 2 * max(10, len(read_json(files_of(root)[1])[0] or ()))
        while not stop.is_set() and (deadline is None or time.monotonic() < deadline):
            if args.only != "database":
                try_files(rng, root, task_limit, totals, args)
            if args.only != "files":
                try_commit(rng, db, row_limit, totals, args)
            stop.wait(rng.uniform(0.5, 1.5) * args.pause)
    print(json.dumps(totals), flush=True)
    return 0


def try_files(rng, root, limit, totals, args):
    try:
        generation = rewrite_files(rng, root, limit)
        totals["rewrites"] += 1
        if args.verbose:
            print(f"rewrite {totals['rewrites']} generation {generation}", flush=True)
    except (ValueError, LookupError, OSError) as error:
        # The application would answer "500" here and live on; it never mends a file.
        refuse(totals, error)


def try_commit(rng, db, limit, totals, args):
    began = time.time()
    number = totals["commits"] + 1
    refs = [f"{args.name}-{number}-{i}" for i in range(1, rng.randrange(2, 7))]
    try:
        commit_rows(rng, db, refs, limit)
    except sqlite3.DatabaseError as error:
        refuse(totals, error)
        return
    totals["commits"] += 1
    totals["rows"] += len(refs)
    if args.verbose:
        print(f"commit {number} began {began:.6f} {' '.join(refs)}", flush=True)


def refuse(totals, error):
    totals["refused"] += 1
    totals["last_error"] = f"{type(error).__name__}: {error}"


# --- check ---


def read_json(path):
    """The parsed file, or None and why not."""
    try:
        return json.loads(path.read_text(encoding="utf-8")), None
    except FileNotFoundError:
        return None, "is missing"
    except (OSError, ValueError) as error:
        return None, f"does not parse: {error}"


def stamps_problem(items):
    if not items:
        return "holds no tasks"
    for item in items:
        if (item.get("generation"), item.get("items")) != (items[0].get("generation"), len(items)):
            return (f"mixes states: {len(items)} tasks, but one says generation "
                    f"{item.get('generation')} of {item.get('items')} tasks")
    return None


def agent_task_problem(tasks):
    if len({task.get("id") for task in tasks}) != len(tasks):
        return "has the same id twice"
    for task in tasks:
        status = task.get("status")
        if status not in STATUSES:
            return f"task {task.get('id')} has the status {status!r}"
        over = status in ("completed", "failed")
        if (task["acknowledged"] is None) != (status == "pending") or \
                (task["completed"] is None) == over or (task["response"] is None) == over:
            return f"task {task.get('id')} contradicts itself: {status}"
    return None


def json_problem(path, kind):
    """What is wrong with the file, and its generation (0 where unknown)."""
    data, problem = read_json(path)
    if problem:
        return problem, 0
    if not isinstance(data, kind):
        return f"is not a {kind.__name__}", 0
    try:
        items = all_tasks(data) if kind is dict else data
        problem = stamps_problem(items) or (agent_task_problem(items) if kind is dict else None)
        return problem, 0 if problem else items[0]["generation"]
    except (AttributeError, LookupError, TypeError) as error:
        return f"is not as the demo writes it: {error!r}", 0


def check_files(root):
    """What is wrong with the two JSON files, and their generations."""
    problems, generations = [], []
    for path, kind in zip(files_of(root), (dict, list)):
        problem, generation = json_problem(path, kind)
        generations.append(generation)
        if problem:
            problems.append(f"shared/{path.name} {problem}")
    if all(generations) and generations[0] - generations[1] not in (0, 1):
        problems.append(f"the JSON files are of different moments: agent_tasks.json has generation "
                        f"{generations[0]}, tasks.json {generations[1]}")
    return problems, generations


def check_database(root):
    """What is wrong with the database, and the values of the metrics that count."""
    try:
        with connect(root) as db:
            db.execute("BEGIN")
            verdict = [row[0] for row in db.execute("PRAGMA integrity_check")]
            if verdict != ["ok"]:
                return [f"the database is malformed: {verdict[0]}"], {}
            problems, metrics = [], {}
            for name, query in INVARIANTS.items():
                row = db.execute("SELECT value FROM system_metrics WHERE name = ?",
                                 (name,)).fetchone()
                metrics[name], real = row[0] if row else None, db.execute(query).fetchone()[0]
                if metrics[name] != real:
                    problems.append(f"the metric {name} says {metrics[name]}, "
                                    f"but the tables hold {real}")
            return problems, metrics
    except sqlite3.Error as error:
        return [f"the database cannot be read: {error}"], {}


def inspect(root):
    """All problems, and the counters that only ever grow in a living system."""
    with files_locked(root, create=False):
        problems, generations = check_files(root)
    more, metrics = check_database(root)
    return problems + more, {"agent_tasks.json": generations[0], "tasks.json": generations[1],
                             "requests.total": metrics.get("requests.total", 0), **metrics}


def missing_rows(root, refs):
    try:
        with connect(root) as db:
            return [f"the table tasks has no row {ref}" for ref in refs if not db.execute(
                "SELECT count(*) FROM tasks WHERE ref = ?", (ref,)).fetchone()[0]]
    except sqlite3.Error as error:
        return [f"the rows {' '.join(refs)} cannot be looked up: {error}"] if refs else []


def check(args):
    problems, facts = inspect(args.dir)
    problems += missing_rows(args.dir, args.ref)
    for problem in problems:
        print(f"bad: {problem}")
    if not problems:
        print(f"ok: generation {facts['tasks.json']} of the JSON files; "
              f"{facts['tasks.count']} tasks and {facts['request_logs.count']} requests "
              f"in the database, all counters agree")
    return 1 if problems else 0


def digest(args):
    """What a writer of the database alone leaves as it was: the files, and the first rows."""
    for path in sorted(files_of(args.dir)):
        print(hashlib.sha256(path.read_bytes()).hexdigest(), f"shared/{path.name}")
    sha = hashlib.sha256()
    with connect(args.dir) as db:
        rows = db.execute("SELECT id, ref, agent, title, description, priority, created_at "
                          "FROM tasks WHERE ref LIKE 'seed-%' ORDER BY id").fetchall()
    for row in rows:
        sha.update(json.dumps(row).encode())
    print(sha.hexdigest(), f"{len(rows)} rows of the table tasks")
    return 0


# --- damage ---


def damage(args):
    agent_path, tasks_path = files_of(args.dir)
    tasks_path.write_bytes(b"")
    print("shared/tasks.json is now empty")
    os.truncate(agent_path, agent_path.stat().st_size // 2)
    print("shared/agent_tasks.json is now cut in half")
    database = database_of(args.dir)
    if args.database == "rows":
        with connect(args.dir) as db:
            tasks = db.execute("DELETE FROM tasks WHERE id % 3 <> 0").rowcount
            requests = db.execute("DELETE FROM request_logs").rowcount
        print(f"the database has lost {tasks} tasks and {requests} requests")
    elif args.database == "corrupt":
        with open(database, "r+b") as f:
            f.write(random.Random(args.seed).randbytes(4096))
        print("the database is now garbage in its first 4096 bytes")
    else:
        database.unlink()
        print("the database is now gone")
    return 0


def make(args):
    rng = random.Random(args.seed)
    make_files(rng, args.dir, args.tasks, args.agents)
    make_database(rng, args.dir, args.rows, args.agents, args.journal or "wal")
    print(f"made {args.dir}: {args.tasks} tasks for {args.agents} agents, "
          f"a database with {args.rows} tasks")
    return 0


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    commands = parser.add_subparsers(dest="command", required=True)

    def command(run, text):
        sub = commands.add_parser(run.__name__, help=text, description=text)
        sub.add_argument("dir", metavar="DIR", type=pathlib.Path)
        sub.add_argument("--seed", type=int, default=1)
        sub.set_defaults(run=run)
        return sub

    sub = command(make, "make a new system, the same one for the same options")
    sub.add_argument("--tasks", type=positive, default=40, help="tasks in the JSON files")
    sub.add_argument("--agents", type=positive, default=4)
    sub.add_argument("--rows", type=positive, default=1000, help="rows of the table tasks")
    sub.add_argument("--journal", choices=("wal", "delete"), help="default: wal")
    sub = command(write, "write like the application, until SIGTERM")
    sub.add_argument("--seconds", type=float, help="stop by itself after so long")
    sub.add_argument("--pause", type=float, default=0.02, help="seconds between two rounds, about")
    sub.add_argument("--journal", choices=("wal", "delete"), help="default: as it is")
    sub.add_argument("--only", choices=("database", "files"), help="leave the other one alone")
    sub.add_argument("--name", default=f"w{os.getpid()}", help="first part of each new row's ref")
    sub.add_argument("-v", "--verbose", action="store_true", help="a line for each round")
    sub = command(check, "check that the system is whole; exit 1 when it is not")
    sub.add_argument("--ref", nargs="*", default=[], help="rows that must be in the table tasks")
    command(digest, "print digests of the files and of the rows that `make` put in")
    sub = command(damage, "do what the worst hour does")
    sub.add_argument("--database", choices=("rows", "corrupt", "missing"), default="rows")
    return parser.parse_args(argv)


def main(argv):
    args = parse(argv)
    return args.run(args)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
