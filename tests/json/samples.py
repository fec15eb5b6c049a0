# SPDX-License-Identifier: MIT
"""Commands whose output is held against each schema: shell text for an empty folder, with the helpers
of tests/cli/lib.sh; all that it prints on stdout must be JSON."""

SAMPLES = {
    "config": [
        "a2a-backup config show --json",
        """printf 'create.tag = ["a=1", "b=2"]\\njobs = 2\\n' > config.toml
A2A_BACKUP_QUIET=1 a2a-backup config show --json --config config.toml -C .""",
        "a2a-backup config check --json",
        "printf 'jobs = 2\\n' > config.toml; a2a-backup config check --json config.toml",
    ],
    "create": [
        "make_system; a2a-backup create --json",
        "make_system; a2a-backup create --json --database none --exclude 'shared/*tasks.json'",
        "make_system . --journal delete; rm database/a2a_system.db; a2a-backup create --json",
        "make_system; a2a-backup create --json --dry-run",
        "make_system; a2a-backup create -q > /dev/null; a2a-backup create --json --keep-last 1",
        "make_system; a2a-backup create -q > /dev/null; a2a-backup create --json --if-changed",
        """make_system
age-keygen -o key 2> /dev/null
a2a-backup create --json --encrypt-to "$(age-keygen -y key)\"""",
        "make_system; touch file; a2a-backup create --json --to a --to file/b || test $? = 10",
    ],
    "copy": [
        """make_system
a2a-backup -q create > /dev/null
a2a-backup copy --all-missing --to elsewhere --json --dry-run
a2a-backup copy --all-missing --to elsewhere --json
a2a-backup copy latest --to elsewhere --json
touch file
a2a-backup copy latest --to file/x --json || test $? = 1""",
    ],
    "list": [
        "a2a-backup list --json",
        """make_system
a2a-backup -q create --tag run=nightly > /dev/null
a2a-backup -q create --database none > /dev/null
cp "$legacy" backups/a2a_backup_20250711_011832.zip
(cd backups && zip -q artifact.zip a2a_backup_2*.zip && echo '<html>' > page.zip)
printf 'age-encryption.org/v1\\n' > backups/a2a_backup_20250711_011832.zip.age
a2a-backup list --json
a2a-backup list --json --digest""",
        """make_system
a2a-backup -q create > /dev/null
a2a-backup -q restore latest --to elsewhere > /dev/null
a2a-backup list --json
printf X | dd of="$(only_backup)" bs=1 seek=100 conv=notrunc status=none
a2a-backup -q verify > /dev/null 2>&1 || a2a-backup list --json""",
    ],
    "inspect": [
        """make_system
age-keygen -o key 2> /dev/null
a2a-backup -q create --encrypt-to "$(age-keygen -y key)" > /dev/null
a2a-backup inspect --json --identity key""",
        "make_system; a2a-backup -q create --tag a=b > /dev/null; a2a-backup inspect --json",
        "make_system; a2a-backup -q create --database none > /dev/null; a2a-backup inspect --json",
        'a2a-backup inspect "$legacy" --json',
        'a2a-backup inspect "$postgresql" --json',
    ],
    "restore": [
        """make_system
a2a-backup -q create > /dev/null
a2a-backup restore latest --json --yes
a2a-backup restore latest --json --to elsewhere
demo_system damage . > /dev/null
echo '{}' > shared/new.json
a2a-backup restore latest --json --dry-run
a2a-backup restore latest --json --yes
a2a-backup restore --undo --json --yes""",
        """make_system
cp "$legacy" old.zip
a2a-backup restore old.zip --json --dry-run""",
        """make_system
a2a-backup -q create > /dev/null
demo_system damage . > /dev/null
for way in --resume --rollback; do
  hit=1
  until [ -e .a2a-backup/journal ]; do
    strace -f -qq -o /dev/null -e inject=rename:signal=KILL:when=$hit \\
      a2a-backup -q restore latest --yes > /dev/null 2>&1 || true
    hit=$((hit + 1))
  done
  a2a-backup restore $way --json
  [ $way = --rollback ] || a2a-backup -q restore --undo --yes > /dev/null
done""",
    ],
    "verify": [
        """make_system
a2a-backup -q create > /dev/null
cp "$legacy" backups/a2a_backup_20250711_011832.zip
a2a-backup verify --all --json
echo rubbish > backups/a2a_backup_20250711_011833.zip
expect_exit 5 a2a-backup verify --all --json 2> /dev/null""",
        """make_system
printf 'age-encryption.org/v1\\n' > any.age
age-keygen -o key 2> /dev/null
a2a-backup -q create --encrypt-to "$(age-keygen -y key)" > /dev/null
a2a-backup verify --json --identity key
expect_exit 9 a2a-backup verify --json 2> /dev/null
a2a-backup verify ./any.age --json --max-age 20000w 2> /dev/null || true""",
    ],
    "diff": [
        """make_system
a2a-backup -q create > /dev/null
a2a-backup diff --json
python3 -c '
import json
tasks = json.load(open("shared/agent_tasks.json"))
for agent in tasks:
    for task in tasks[agent]:
        task["status"] = "odd"
json.dump(tasks, open("shared/agent_tasks.json", "w"))'
a2a-backup diff --json
demo_system damage . > /dev/null
sql "CREATE TABLE notes AS SELECT 1 AS a"
a2a-backup diff --json
echo '<html>' > shared/tasks.json
a2a-backup diff --json""",
    ],
    "prune": [
        "a2a-backup prune --json --keep-last 1",
        """for day in 1 2 3; do backup_at 2025-07-0${day}T02:00:00; done
echo '<html>' > backups/page.zip
a2a-backup prune --json --keep-last 2 --dry-run
a2a-backup prune --json --keep-last 2 --yes
a2a-backup prune --json --keep-last 2""",
    ],
    "error": [
        "expect_exit 4 a2a-backup inspect --json 2>&1",
        "expect_exit 2 a2a-backup --json nonsense 2>&1",
        "expect_exit 3 a2a-backup create --json 2>&1",
    ],
}
