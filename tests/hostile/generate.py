#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes archives that lie, and some that do not (ok_*.zip), with a manifest of what to expect.

usage: generate.py DIR

manifest.json is a list of {"file", "why", "promise"}; the promise is "refused" (exit code 5, and
nothing is written) or "accepted". The same Python writes the same bytes every time.
"""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import cases_content  # noqa: E402
import cases_names  # noqa: E402
import cases_structure  # noqa: E402


def all_cases():
    for module in (cases_structure, cases_names, cases_content):
        yield from module.all_cases()


def generate(folder: str) -> list:
    """Writes everything to `folder` and returns the manifest."""
    os.makedirs(folder, exist_ok=True)
    manifest = []
    seen = set()
    for case in all_cases():
        if case.name in seen:
            raise ValueError(f"two cases are called {case.name}")
        seen.add(case.name)
        with open(os.path.join(folder, case.name + ".zip"), "wb") as file:
            file.write(case.data)
        manifest.append({"file": case.name + ".zip", "why": case.why, "promise": case.promise})
    with open(os.path.join(folder, "manifest.json"), "w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=1)
        file.write("\n")
    return manifest


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    manifest = generate(sys.argv[1])
    refused = sum(item["promise"] == "refused" for item in manifest)
    print(f"{refused} to be refused, {len(manifest) - refused} to be accepted")
    return 0


if __name__ == "__main__":
    sys.exit(main())
