# SPDX-License-Identifier: MIT
"""The old Python backup script, reduced to what it did with the data.

    old_script.py create SYSTEM ARCHIVE
    old_script.py restore ARCHIVE TARGET
"""

import os
import sys
import zipfile


def create(system, archive):
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for folder in ("database", "shared"):
            for name in sorted(os.listdir(os.path.join(system, folder))):
                file.write(os.path.join(system, folder, name), os.path.join(folder, name))


def restore(archive, target):
    with zipfile.ZipFile(archive) as file:
        file.extractall(target)


if __name__ == "__main__":
    {"create": create, "restore": restore}[sys.argv[1]](*sys.argv[2:])
