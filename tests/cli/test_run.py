#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Proves that the runner of the end-to-end cases fails where it must, on a fake program."""

import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

RUN = pathlib.Path(__file__).resolve().parent / "run"

FAKE = """#!/bin/bash
case $1 in
  say) printf '%s\\n' "${@:2}" ;;
  complain) printf '%s\\n' "${@:2}" >&2 ;;
  exit) exit "$2" ;;
  touch) touch "$2" ;;
  linger) sleep 30 & ;;
esac
"""


class Runner(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(self.enterContextCompat(tempfile.TemporaryDirectory())).resolve()
        self.binary = self.dir / "bin" / "a2a-backup"
        self.binary.parent.mkdir()
        self.binary.write_text(FAKE)
        self.binary.chmod(0o755)

    def enterContextCompat(self, context):
        # enterContext() came with Python 3.11.
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        return stack.enter_context(context)

    def case(self, text, name="group/one"):
        path = self.dir / "cases" / f"{name}.test"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def run_cases(self, *args, env=None):
        (self.dir / "cases").mkdir(exist_ok=True)
        command = [sys.executable, RUN, self.binary, "--cases", self.dir / "cases", *args]
        return subprocess.run(command, capture_output=True, text=True, timeout=60,
                              env={**os.environ, **(env or {})})

    def outcome(self, text, *args, env=None):
        """Runs one case; returns "pass" or "fail", and what was printed."""
        self.case(text)
        result = self.run_cases(*args, env=env)
        last = result.stdout.splitlines()[-1]
        self.assertIn((result.returncode, last),
                      [(0, "1 passed, 0 failed"), (1, "0 passed, 1 failed")], result)
        return ("fail" if result.returncode else "pass"), result.stdout

    def passes(self, text, **kwargs):
        verdict, printed = self.outcome(text, **kwargs)
        self.assertEqual(verdict, "pass", printed)

    def fails(self, text, *words, **kwargs):
        verdict, printed = self.outcome(text, **kwargs)
        self.assertEqual(verdict, "fail", printed)
        for word in words:
            self.assertIn(word, printed)

    def test_stdout(self):
        self.passes("a2a-backup say one two\n==> stdout\none\ntwo\n")
        self.fails("a2a-backup say one two\n==> stdout\none\nthree\n", "-three", "+two", " one")
        self.fails("a2a-backup say one two\n==> stdout\none\n", "+two")
        self.fails("a2a-backup say one\n==> stdout\none\ntwo\n", "-two")
        self.fails("a2a-backup say one\n", "+one")

    def test_stderr(self):
        self.passes("a2a-backup complain one\n==> stderr\none\n")
        self.fails("a2a-backup complain one\n==> stderr\ntwo\n", "-two", "+one")
        self.fails("a2a-backup complain one\n", "+one")
        self.fails("a2a-backup say one\n==> stderr\none\n")

    def test_ignored_streams_are_not_compared(self):
        self.passes("a2a-backup say one; a2a-backup complain two\n"
                    "==> stdout ignored\n==> stderr ignored\n")

    def test_a_missing_newline_shows(self):
        self.passes("printf one\n==> stdout\none\n<no newline at the end>\n")
        self.fails("printf one\n==> stdout\none\n", "no newline")

    def test_exit_code(self):
        self.passes("a2a-backup exit 7\n==> exit 7\n")
        self.fails("a2a-backup exit 7\n", "exit code 7, expected 0")
        self.fails("a2a-backup exit 0\n==> exit 7\n", "exit code 0, expected 7")
        self.passes("kill -9 $$\n==> exit 137\n")

    def test_the_script_stops_at_the_first_failure(self):
        self.passes("a2a-backup exit 3\na2a-backup say never\n==> exit 3\n")
        self.passes("echo $undefined_variable\n==> stderr\none.test: line 1: <*>\n==> exit 1\n")

    def test_leftovers(self):
        for name in (".a2a-backup-stage.Ab12Cd", "deep.tmp"):
            self.fails(f"mkdir sub\na2a-backup touch sub/{name}\n", f"left behind: work/sub/{name}")
        self.fails('a2a-backup touch "$TMPDIR/x.tmp"\n', "left behind: temporary/x.tmp")
        self.fails('a2a-backup touch "$HOME/x.tmp"\n', "left behind: home/x.tmp")
        self.fails("mkdir .a2a-backup-stage.1\n", "left behind")
        self.passes("# leftovers: allowed\na2a-backup touch x.tmp\n")
        self.passes("a2a-backup touch x.tmpl\n")

    def test_timeout(self):
        started = time.monotonic()
        self.fails("# timeout: 1\nsleep 20\n", "timed out after 1 s")
        self.fails("# timeout: 1\ntrap '' TERM\nsleep 20\nsleep 20\n", "timed out after 1 s")
        self.assertLess(time.monotonic() - started, 10)

    def test_processes_left_behind(self):
        self.fails("a2a-backup linger\n", "left a process running")
        self.passes("sleep 0.2 &\n")

    def test_wildcards(self):
        self.passes("a2a-backup say 'took 12 ms of 3'\n==> stdout\ntook <*> ms of <*>\n")
        self.fails("a2a-backup say 'took 12 s'\n==> stdout\ntook <*> ms\n",
                   "-took <*> ms", "+took 12 s")
        self.passes("a2a-backup say 'a.b'\n==> stdout\n<*>.b\n")
        self.fails("a2a-backup say 'a+b'\n==> stdout\n<*>.b\n")
        self.passes("a2a-backup say 1 2 3 end\n==> stdout\n1\n<**>\nend\n")
        self.passes("a2a-backup say 1 end\n==> stdout\n1\n<**>\nend\n")
        self.fails("a2a-backup say 1 2 3\n==> stdout\n1\n<**>\nend\n", "-end")
        self.fails("a2a-backup say 1 2\n==> stdout\n<*>\n")

    def test_paths_of_the_machine_do_not_show(self):
        self.passes('echo "$PWD/x $HOME $TMPDIR/y $TESTS/z"\n'
                    "==> stdout\n$PWD/x $HOME $TMPDIR/y $TESTS/z\n")

    def test_the_environment(self):
        self.passes('env | grep -E "^(A2A|XDG|GITHUB)_|^(CI|NO_COLOR|LANG)=" || true\n'
                    'echo "$LC_ALL $TZ $(umask)"; find . "$HOME" "$TMPDIR" -mindepth 1\n'
                    'cat; type -P a2a-backup\n'
                    "==> stdout\nC.UTF-8 America/St_Johns 0022\n"
                    f"{self.binary}\n",
                    env={"A2A_BACKUP_DIR": "x", "XDG_CONFIG_HOME": "x", "GITHUB_OUTPUT": "x",
                         "CI": "true", "NO_COLOR": "1", "LANG": "de_DE"})

    def test_malformed_cases(self):
        self.fails("true\n==> stdut\n", "not a section")
        self.fails("true\n==> exit 0\nmore\n", "text after a section that takes none")
        self.fails("true\n==> stdout\n==> stdout\n", "a second section")

    def test_no_case_is_a_failure(self):
        result = self.run_cases()
        self.assertEqual((result.returncode, result.stdout), (1, "0 passed, 0 failed\n"))
        self.case("true\n")
        result = self.run_cases("nothing-is-called-so")
        self.assertEqual((result.returncode, result.stdout), (1, "0 passed, 0 failed\n"))

    def test_patterns_and_counts(self):
        self.case("true\n", "a/good")
        self.case("false\n", "a/bad")
        self.case("true\n", "b/good")
        result = self.run_cases()
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout.splitlines()[-1], "2 passed, 1 failed")
        self.assertIn("FAIL a/bad", result.stdout)
        self.assertEqual(self.run_cases("good").stdout, "2 passed, 0 failed\n")
        self.assertEqual(self.run_cases("b/*").stdout, "1 passed, 0 failed\n")

    def test_update(self):
        path = self.case("# why\na2a-backup say 'took 12 ms' two end\na2a-backup exit 4\n"
                         "==> stdout\ntook <*> ms\n2\n<**>\nend\n==> stderr\ngone\n")
        result = self.run_cases("--update")
        self.assertIn("updated group/one", result.stdout)
        self.assertEqual(path.read_text(),
                         "# why\na2a-backup say 'took 12 ms' two end\na2a-backup exit 4\n"
                         "==> stdout\ntook <*> ms\ntwo\n<**>\nend\n==> exit 4\n")
        self.assertEqual(self.run_cases().stdout, "1 passed, 0 failed\n")

    def test_update_lets_a_wildcard_swallow_no_more_than_it_must(self):
        script = "a2a-backup say 1 2 3 changed\n==> stdout\n1\n<**>\n"
        path = self.case(script + "end\n")
        self.run_cases("--update")
        self.assertEqual(path.read_text(), script + "changed\n")

    def test_update_replaces_times_of_today(self):
        script = ('a2a-backup say "x_$(date -u +%Y%m%d_%H%M%S).zip" "at $(date -u +%FT%T)Z, new"\n'
                  "a2a-backup say x_20250711_011832.zip 'at 2025-07-11 01:18:32 UTC'\n")
        path = self.case(script)
        self.run_cases("--update")
        self.assertEqual(path.read_text(), script + "==> stdout\nx_<*>.zip\nat <*>, new\n"
                         "x_20250711_011832.zip\nat 2025-07-11 01:18:32 UTC\n")

    def test_update_does_not_hide_leftovers(self):
        text = "a2a-backup touch x.tmp\n"
        path = self.case(text)
        self.assertEqual(self.run_cases("--update").returncode, 1)
        self.assertEqual(path.read_text(), text)

    def test_the_helpers(self):
        self.passes("make_system\nstart_writer . --only database\n"
                    "[ \"$(committed_refs | wc -l)\" -ge 2 ]\nstop_writer\n"
                    "echo \"$writer_totals\" | grep -q '\"refused\": 0'\n"
                    "demo_system check .\n"
                    "sql 'SELECT count(*) FROM tasks WHERE ref LIKE \"seed-%\"'\n"
                    "mode_of shared/tasks.json\n"
                    "==> stdout\nok: <*>\n20\n644\n")
        self.passes("make_system app\nstart_writer app\ndemo_system check app\n"
                    "==> stdout\nok: <*>\n")
        self.passes("mkdir b\ntouch b/a2a_backup_1.zip\nonly_backup b\n"
                    "digest_of b/a2a_backup_1.zip\n"
                    "touch b/a2a_backup_2.zip\nonly_backup b\n"
                    "==> stdout\nb/a2a_backup_1.zip\ne3b0c44298fc1c14<*>\n"
                    "==> stderr\nFAIL: not exactly one backup: <*>_1.zip <*>_2.zip\n==> exit 99\n")
        self.passes("fail on purpose\n==> stderr\nFAIL: on purpose\n==> exit 99\n")
        self.passes("expect_exit 5 a2a-backup exit 5\nexpect_exit 5 a2a-backup exit 6\n"
                    "==> stderr\nFAIL: exit code 6 instead of 5: a2a-backup exit 6\n==> exit 99\n")

    def test_the_damage_is_noticed(self):
        self.passes("make_system\ndemo_system damage .\ndemo_system check .\n"
                    "==> stdout\n<**>\nbad: shared/agent_tasks.json does not parse: <*>\n"
                    "bad: shared/tasks.json does not parse: <*>\n"
                    "bad: the metric tasks.count says 20, but the tables hold 6\n<**>\n"
                    "==> exit 1\n")


def main():
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Runner)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(suite)
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    return 1 if bad or not result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
