# SPDX-License-Identifier: MIT
"""The life of backups that live elsewhere."""

import os
import shutil
import signal
import time

import radosgw
from box import tree


def case_life_in_a_bucket(box):
    """Every command works on s3:// as on a folder, over TLS."""
    tls = {"AWS_ENDPOINT_URL": box.gateway.tls_url, "AWS_CA_BUNDLE": str(box.gateway.certificate)}
    where = ("--backup-dir", box.place)
    made = box.json(*where, "create", **tls)
    name = made["name"]
    assert made["path"] == f"{box.place}/{name}", made
    assert not (box.system / "backups").exists()
    assert box.keys() == [f"backups/{name}"]
    second = box.create(*where, **tls)

    listed = box.json(*where, "list", **tls)
    assert [each["name"] for each in listed["backups"]] == [second, name], listed
    assert {each["state"] for each in listed["backups"]} == {"ok"}
    assert listed["backup_dir"] == box.place
    assert box.json(*where, "list", "--digest", **tls)["backups"][1]["sha256"] == made["sha256"]
    assert box.json(*where, "inspect", "latest~1", **tls)["name"] == name
    assert '"' in box.run(*where, "inspect", "--cat", "shared/tasks.json", **tls)[0]
    assert "good" in box.run(*where, "verify", "--all", **tls)[0]
    box.run(*where, "diff", "latest~1", "latest", "--exit-code", **tls)

    before = tree(box.system / "shared")
    shutil.rmtree(box.system / "shared")
    box.run(*where, "restore", name, "--yes", **tls)
    assert tree(box.system / "shared") == before
    box.run("restore", f"{box.place}/{second}", "--to", box.folder / "fresh", **tls)
    assert tree(box.folder / "fresh" / "shared") == before

    out, _ = box.run(*where, "prune", "--keep-last", "1", "--yes", **tls)
    assert "removed 1 of 2" in out, out
    assert box.keys() == [f"backups/{second}"]
    assert not os.listdir(box.folder / "tmp")


def case_life_keep_in_a_bucket(box):
    """create --keep-* prunes the bucket, and the shrink gate compares with what is in it."""
    where = ("--backup-dir", box.place)
    box.create(*where)
    box.create(*where)
    last = box.create(*where, "--keep-last", "1")
    assert box.keys() == [f"backups/{last}"]
    (box.system / "shared" / "tasks.json").write_text("[]")
    time.sleep(0.1)
    _, err = box.run(*where, "create", code=7)
    assert last in err, err


def case_life_two_places(box):
    """create --to copies here and there; what is lost here comes back from there."""
    other = box.folder / "usb"
    name = box.create("--to", box.place, "--to", other)
    assert box.keys() == [f"backups/{name}"]
    assert (other / name).read_bytes() == (box.system / "backups" / name).read_bytes()
    before = tree(box.system / "shared")
    shutil.rmtree(box.system)
    box.system.mkdir()
    box.run("restore", f"{box.place}/{name}", "--yes")
    assert tree(box.system / "shared") == before


def case_life_json(box):
    """What create and copy say of the places, for programs."""
    made = box.json("create", "--to", box.place, "--to", box.folder / "usb")
    assert made["copies"] == [
        {"place": box.place, "ok": True, "copied": [made["name"]], "present": []},
        {"place": str(box.folder / "usb"), "ok": True, "copied": [made["name"]], "present": []}]
    copied = box.json("copy", "latest", "--to", box.place)
    assert copied["places"][0]["present"] == [made["name"]], copied


def case_life_upload_fails_copy_catches_up(box):
    """No network: the backup is here, exit 10; copy --all-missing catches up, once."""
    gone = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{radosgw.free_port()}"}
    first = box.create("--to", box.folder / "usb")
    process = box.start("create", "-q", "--to", box.place, **gone)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 10, (process.returncode, out, err)
    assert "backed up here, but not elsewhere" in err and "copy --all-missing" in err, err
    assert len(os.listdir(box.system / "backups")) == 2
    out, _ = box.run("copy", "--all-missing", "--to", box.place, "--dry-run")
    assert out.count("would copy") == 2 and not box.keys(), out
    out, _ = box.run("copy", "--all-missing", "--to", box.place)
    assert "2 backups" in out, out
    out, _ = box.run("copy", "--all-missing", "--to", box.place)
    assert "0 backups" in out, out
    out, _ = box.run("copy", first, "--to", box.place)
    assert "1 there already" in out, out


def case_life_copy_back(box):
    """copy brings a bucket's backups into a folder."""
    name = box.create("--backup-dir", box.place)
    box.run("--backup-dir", box.place, "copy", "latest", "--to", box.folder / "here")
    assert os.listdir(box.folder / "here") == [name]
    box.run("verify", box.folder / "here" / name)


def case_life_another_file_of_that_name(box):
    """A name that is taken by something else is never overwritten."""
    name = box.create()
    box.s3.demand("PUT", f"{box.bucket}/backups/{name}", body=b"precious")
    _, err = box.run("copy", name, "--to", box.place, code=1)
    assert "another file of the name" in err, err
    assert box.s3.demand("GET", f"{box.bucket}/backups/{name}") == "precious"


def case_life_encrypted(box):
    """What is encrypted is fetched and opened where the key is, and only listed elsewhere."""
    import subprocess
    key = box.folder / "key"
    subprocess.run(["age-keygen", "-o", key], check=True, capture_output=True)
    recipient = subprocess.run(["age-keygen", "-y", key], check=True, capture_output=True,
                               text=True).stdout.strip()
    where = ("--backup-dir", box.place)
    box.create(*where, "--encrypt-to", recipient)
    assert box.json(*where, "list")["backups"][0]["state"] == "encrypted"
    box.run(*where, "verify", "--identity", key)
    box.run(*where, "verify", code=9)


def case_life_profiles(box):
    """Keys, region and endpoint come from a profile; a file that others can read is refused."""
    (box.folder / ".aws").mkdir()
    keys = box.folder / ".aws" / "credentials"
    keys.write_text(f"[far]\naws_access_key_id = {radosgw.KEY_ID}\n"
                    f"aws_secret_access_key = {radosgw.SECRET}\n")
    keys.chmod(0o600)
    (box.folder / ".aws" / "config").write_text(
        f"[profile far]\nendpoint_url = {box.gateway.url}\nregion = default\n")
    nothing = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_ENDPOINT_URL": ""}
    box.create("--to", f"s3://far@{box.bucket}", **nothing)
    box.run("--backup-dir", f"s3://{box.bucket}", "list", AWS_PROFILE="far", **nothing)
    _, err = box.run("--backup-dir", f"s3://{box.bucket}", "list", code=9, **nothing)
    assert "AWS_ACCESS_KEY_ID" in err, err
    keys.chmod(0o644)
    _, err = box.run("--backup-dir", f"s3://{box.bucket}", "list", code=9, AWS_PROFILE="far",
                     **nothing)
    assert "chmod 600" in err, err


def case_life_configured(box):
    """The places and the service stand in the configuration file, the keys do not."""
    config = box.folder / "config.toml"
    config.write_text(f's3-endpoint = "{box.gateway.url}"\ns3-region = "us-east-1"\n'
                      f'[create]\nto = ["{box.place}"]\n')
    config.chmod(0o600)
    box.run("--config", config, "create", AWS_ENDPOINT_URL="")
    assert len(box.keys()) == 1


def case_life_versions(box):
    """Where a bucket keeps versions, prune removes them all."""
    box.s3.demand("PUT", box.bucket, {"versioning": ""},
                  b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
    where = ("--backup-dir", box.place)
    box.create(*where)
    last = box.create(*where)
    box.run(*where, "prune", "--keep-last", "1", "--yes")
    versions = box.s3.keys(box.bucket, "VersionId") or []
    text = box.s3.demand("GET", box.bucket, {"versions": ""})
    assert text.count("<Key>") == 1 and last in text, (versions, text)


def case_life_interrupted(box):
    """Ctrl-C in the middle of an upload in parts takes the parts back, and leaves the backup here."""
    from proxy import Proxy
    box.pad(60)
    with Proxy(box.gateway.port, kept="partNumber=2") as proxy:
        process = box.start("create", "-q", "--store-only", "--max-shrink", "100", "--to", box.place,
                            AWS_ENDPOINT_URL=proxy.url)
        deadline = time.monotonic() + 120
        while not any("partNumber=2" in each for each in proxy.requests):
            assert time.monotonic() < deadline and process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, (process.returncode, err)
    assert not box.keys() and not box.s3.uploads(box.bucket)
    assert len([n for n in os.listdir(box.system / "backups") if n.endswith(".zip")]) == 1


def case_life_of_the_documents(box):
    """The commands of docs/offsite.md, one after the other, over TLS."""
    import pathlib
    import re
    import subprocess
    document = pathlib.Path(__file__).resolve().parents[2] / "docs" / "offsite.md"
    blocks = re.findall(r"^```bash\n(.*?)^```$", document.read_text(), re.M | re.S)
    assert len(blocks) > 4
    script = "".join(blocks)
    for word, here in (("AWS_ACCESS_KEY_ID=...", f"AWS_ACCESS_KEY_ID={radosgw.KEY_ID}"),
                       ("SECRET_ACCESS_KEY=...", f"SECRET_ACCESS_KEY={radosgw.SECRET}"),
                       ("https://s3.example.com", box.gateway.tls_url),
                       ("my-bucket", box.bucket), ("/app", str(box.system)),
                       ("/mnt/usb/a2a", str(box.folder / "usb"))):
        assert word in script, word
        script = script.replace(word, here)
    home = {"HOME": str(box.folder), "TMPDIR": str(box.folder / "tmp"),
            "PATH": f"{os.path.dirname(box.binary)}:{os.environ['PATH']}",
            "AWS_CA_BUNDLE": str(box.gateway.certificate)}
    done = subprocess.run(["bash", "-eu"], input=script, env=home, cwd=box.folder, text=True,
                          capture_output=True, timeout=240)
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
    assert len(box.keys()) == 1


def case_life_object_lock(box):
    """What the bucket locks is out of sight after prune, and its bytes stay: a warning."""
    box.bucket += "-locked"
    box.s3.demand("PUT", box.bucket, headers={"x-amz-bucket-object-lock-enabled": "true"})
    box.s3.demand("PUT", box.bucket, {"object-lock": ""}, (
        b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>"
        b"<DefaultRetention><Mode>COMPLIANCE</Mode><Days>1</Days></DefaultRetention></Rule>"
        b"</ObjectLockConfiguration>"))
    where = ("--backup-dir", f"s3://{box.bucket}")
    first = box.create(*where)
    last = box.create(*where)
    _, err = box.run(*where, "prune", "--keep-last", "1", "--yes")
    assert first in err and "keeps its bytes" in err, err
    assert box.keys() == [last]
    assert box.s3.demand("GET", box.bucket, {"versions": ""}).count("<Version>") == 2
