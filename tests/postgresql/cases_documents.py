# SPDX-License-Identifier: MIT
"""docs/postgresql.md does what it says; its section on point in time has a ring of its own."""

import os
import re
import subprocess

from box import PROJECT


def case_documents(box):
    """The commands of docs/postgresql.md, one after the other."""
    text = (PROJECT / "docs" / "postgresql.md").read_text().split("\n## Point in time\n")[0]
    blocks = re.findall(r"^```bash\n(.*?)^```$", text, re.M | re.S)
    assert len(blocks) > 4
    script = "".join(blocks)
    place = box.url.rsplit("/", 1)[0]
    for word, here in (("postgresql://app:...@db.example.com/a2a_drill", f"{place}/{box.database}_drill"),
                       ("postgresql://app:...@db.example.com/a2a", box.url),
                       (" a2a_drill", f" {box.database}_drill"), ("/app", str(box.system))):
        assert word in script, word
        script = script.replace(word, here)
    before = box.dump()
    path = f"{os.path.dirname(box.binary)}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-eu"], input=script, cwd=box.folder, text=True,
                          env={"HOME": str(box.home), "TMPDIR": str(box.tmp), "PATH": path},
                          capture_output=True, timeout=120)
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
    assert box.dump() == before
    assert box.dump(f"{box.database}_drill"), "the drill put nothing there"
