# SPDX-License-Identifier: MIT
"""The route that docs/export.md shows, in a real Flask application."""

import contextlib
import os
import pathlib
import re
import subprocess
import sys

from servers import clean_environment, make_system, wait_until

KEY = "flask-key-0123456789abcdef0123456789abcdef"
DOCUMENT = pathlib.Path(__file__).parents[2] / "docs/export.md"
# Where Debian's Flask is, whichever python3 comes first in the path.
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


@contextlib.contextmanager
def flask(binary, folder, **environment):
    """The application of the document, in folder/live; its URL."""
    live = folder / "live"
    make_system(live)
    (code,) = re.findall(r"^```python\n(.*?)^```$", DOCUMENT.read_text(), re.M | re.S)
    (folder / "app.py").write_text(code)
    path = f"{os.path.dirname(binary)}:{os.environ['PATH']}"
    log = folder / "flask.log"
    with open(log, "wb") as stream:
        process = subprocess.Popen(
            [PYTHON, "-m", "flask", "--app", folder / "app.py", "run", "--port", "0"],
            cwd=live, env=clean_environment(PATH=path, **environment), stdout=stream, stderr=stream)
    try:
        # It listens before it says so.
        wait_until(lambda: "Running on http" in log.read_text(), "its address", process)
        yield re.search(r"Running on (http://127\.0\.0\.1:\d+)", log.read_text())[1]
    finally:
        process.kill()
        process.wait()


def create(binary, folder, url, code=0, key=KEY):
    done = subprocess.run([binary, "-C", folder, "create", "--from", url, "--retries", "0"],
                          env=clean_environment(A2A_API_KEY=key), capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == code, f"exit {done.returncode}, not {code}: {done.stderr}"


def case_flask(binary, folder):
    """backed up through the application's own route, restored elsewhere, the same"""
    with flask(binary, folder, A2A_EXPORT_KEY=KEY) as url:
        create(binary, folder, url)
        create(binary, folder, url, code=9, key="another-key")
        create(binary, folder, url, code=9, key="")
    subprocess.run([binary, "-C", folder, "restore", "latest", "--to", folder / "there"],
                   check=True, capture_output=True)
    for name in ("shared/tasks.json", "shared/agent_tasks.json"):
        assert (folder / "there" / name).read_bytes() == (folder / "live" / name).read_bytes()


def case_flask_fails(binary, folder):
    """data that cannot be backed up is status 500"""
    with flask(binary, folder, A2A_EXPORT_KEY=KEY) as url:
        (folder / "live/shared/tasks.json").write_text("<html>")
        create(binary, folder, url, code=3)


def case_flask_short_key(binary, folder):
    """a key that could be guessed lets nobody in"""
    with flask(binary, folder, A2A_EXPORT_KEY="short") as url:
        create(binary, folder, url, code=9, key="short")
