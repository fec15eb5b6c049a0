# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Helpers for the cases; `run` sources this before each. $TESTS is the project's tests folder.

# Files of the helpers live here, outside the folder that the case sees.
helper_dir=$A2A_TEST_PRIVATE
unset A2A_TEST_PRIVATE

demo_system() {
  python3 "$TESTS/../scripts/demo_system.py" "$@"
}

# fail WORDS...: ends the case.
fail() {
  printf 'FAIL: %s\n' "$*" >&2
  exit 99
}

# make_system [DIR [OPTION...]]: a small a2a-system, the same one every time: 12 tasks for 3 agents
# in the JSON files, 20 rows in the database's table tasks, in WAL mode.
make_system() {
  local dir=${1:-.}
  [ $# -eq 0 ] || shift
  demo_system make "$dir" --seed 7 --tasks 12 --agents 3 --rows 20 "$@" >"$helper_dir/make.log"
}

# start_writer [DIR [OPTION...]]: an application that keeps writing; returns when it has begun.
# Stopped by stop_writer, or at the end of the case. Pass `--only database` to keep the files still.
start_writer() {
  local dir=${1:-.} waited=0 sign=commit
  [ $# -eq 0 ] || shift
  [[ "$*" != *"--only files"* ]] || sign=rewrite
  [ -z "${writer_pid-}" ] || fail "a writer is running already"
  : >"$helper_dir/writer.log"
  python3 "$TESTS/../scripts/demo_system.py" write "$dir" -v "$@" >"$helper_dir/writer.log" 2>&1 &
  writer_pid=$!
  trap 'stop_writer >/dev/null' EXIT
  until grep -q "^$sign " "$helper_dir/writer.log"; do
    kill -0 "$writer_pid" 2>/dev/null || fail "the writer died: $(cat "$helper_dir/writer.log")"
    [ "$waited" -lt 200 ] || fail "the writer has written nothing in 20 s"
    waited=$((waited + 1))
    sleep 0.1
  done
}

# stop_writer: ends it cleanly and fails unless it ended so. Its totals are in $writer_totals.
stop_writer() {
  local pid=${writer_pid-}
  [ -n "$pid" ] || return 0
  writer_pid=
  kill -TERM "$pid"
  wait "$pid" || fail "the writer failed: $(tail -n 5 "$helper_dir/writer.log")"
  # shellcheck disable=SC2034
  writer_totals=$(tail -n 1 "$helper_dir/writer.log")
}

# committed_refs: the refs of the rows that the writer has committed so far, one a line.
committed_refs() {
  sed -n 's/^commit [0-9]* began [0-9.]* //p' "$helper_dir/writer.log" | tr ' ' '\n'
}

# mode_of FILE: its permissions in octal.
mode_of() {
  stat -c %a -- "$1"
}

# digest_of FILE: its SHA-256.
digest_of() {
  sha256sum <"$1" | cut -d ' ' -f 1
}

# sql QUERY [DATABASE]: runs it on the live database.
sql() {
  python3 - "$1" "${2:-database/a2a_system.db}" <<'PYTHON'
import contextlib, pathlib, sqlite3, sys
uri = pathlib.Path(sys.argv[2]).absolute().as_uri() + "?mode=rw"
with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=10)) as db:
    for row in db.execute(sys.argv[1]):
        print("|".join(str(value) for value in row))
    db.commit()
PYTHON
}

# only_backup [DIR]: the path of the one backup in the folder.
only_backup() {
  local found=("${1:-backups}"/a2a_backup_*.zip)
  if [ "${#found[@]}" -ne 1 ] || [ ! -f "${found[0]}" ]; then
    fail "not exactly one backup: ${found[*]}"
  fi
  printf '%s\n' "${found[0]}"
}

# expect_exit N COMMAND...: runs it and fails unless it exits with N.
expect_exit() {
  local want=$1 got=0
  shift
  "$@" || got=$?
  [ "$got" -eq "$want" ] || fail "exit code $got instead of $want: $*"
}

# backup_at TIME [KEY=VALUE...]: puts a good backup of that time, such as 2025-07-11T02:00:00, and
# with these tags into the folder backups.
backup_at() {
  mkdir -p backups
  python3 - "$TESTS/fixtures/version_2_0.zip" "$@" <<'PYTHON'
import json, re, sys, zipfile
source, time, tags = sys.argv[1], sys.argv[2], sys.argv[3:]
name = "backups/a2a_backup_" + re.sub("[-:]", "", time).replace("T", "_") + ".zip"
with zipfile.ZipFile(source) as old, zipfile.ZipFile(name, "x", zipfile.ZIP_DEFLATED) as new:
    for entry in old.namelist():
        data = old.read(entry)
        if entry == "backup_metadata.json":
            metadata = json.loads(data)
            metadata["timestamp"] = time + "Z"
            metadata["tags"] = dict(tag.split("=", 1) for tag in tags)
            for record in metadata["entries"]:
                record.pop("chunks"), record.pop("chunk_size")
            data = json.dumps(metadata)
        new.writestr(entry, data)
PYTHON
}

# fake_pgbackrest: from now on `pgbackrest` is the one of the fixtures, which see, with the backups of
# 2025-07-14 under the stanza a2a.
fake_pgbackrest() {
  export PATH="$TESTS/fixtures/pgbackrest:$PATH"
}

# fake_postgres DIR: a data directory, whose server was started the last time by a program that comes
# to each recovery target at once.
fake_postgres() {
  mkdir -p "$1"
  echo 15 >"$1/PG_VERSION"
  echo old >"$1/which"
  printf '%s "-D" "%s"\n' "$TESTS/fixtures/pgbackrest/postgres" "$1" >"$1/postmaster.opts"
}
