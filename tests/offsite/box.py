# SPDX-License-Identifier: MIT
"""What each case gets: an a2a-system in a folder of its own, a bucket, and the program."""

import hashlib
import itertools
import json
import os
import pathlib
import subprocess
import sys

import radosgw
import s3

DEMO = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "demo_system.py"
_numbers = itertools.count(1)


class Box:
    def __init__(self, binary, folder, gateway):
        self.binary, self.folder, self.gateway = binary, pathlib.Path(folder), gateway
        self.s3 = s3.S3(gateway.port, radosgw.KEY_ID, radosgw.SECRET)
        self.bucket = f"bucket-{os.getpid()}-{next(_numbers)}"
        self.s3.make_bucket(self.bucket)
        self.place = f"s3://{self.bucket}/backups"
        self.system = self.folder / "system"
        (self.folder / "tmp").mkdir()
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "TMPDIR": str(self.folder / "tmp"),
            "AWS_ACCESS_KEY_ID": radosgw.KEY_ID, "AWS_SECRET_ACCESS_KEY": radosgw.SECRET,
            "AWS_ENDPOINT_URL": gateway.url}
        self.make_system()

    def make_system(self, *options):
        subprocess.run([sys.executable, DEMO, "make", self.system, "--seed", "7", "--tasks", "12",
                        "--rows", "20", *options], check=True, stdout=subprocess.DEVNULL)

    def start(self, *words, **variables):
        return subprocess.Popen(
            [self.binary, "-C", self.system, *map(str, words)], cwd=self.folder, text=True,
            env={**self.environment, **variables}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *words, code=0, **variables):
        """(stdout, stderr) of a command that must end so; no secret may be in them."""
        process = self.start(*words, **variables)
        out, err = process.communicate(timeout=240)
        assert process.returncode == code, (words, process.returncode, out, err)
        assert radosgw.SECRET not in out + err, "the secret was shown"
        return out, err

    def json(self, *words, **variables):
        return json.loads(self.run(*words, "--json", **variables)[0])

    def create(self, *words, **variables):
        """Its name."""
        return self.run("create", "-q", *words, **variables)[0].strip().rsplit("/", 1)[-1]

    def keys(self):
        return self.s3.keys(self.bucket)

    def pad(self, megabytes, name="shared/agent_tasks.json"):
        """Makes the next backup this large, if it is not compressed."""
        path = self.system / name
        text = "[" + ",".join(f'"{hashlib.sha256(bytes([i % 251, i // 251 % 251])).hexdigest()}"'
                              for i in range(megabytes * 1_000_000 // 67)) + "]"
        document = json.loads(path.read_text())
        document["padding"] = json.loads(text)
        path.write_text(json.dumps(document))
        os.utime(path, (1_700_000_000, 1_700_000_000))


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def tree(folder):
    return {str(path.relative_to(folder)): digest(path)
            for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file()}
