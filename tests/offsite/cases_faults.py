# SPDX-License-Identifier: MIT
"""Networks and services as they are; each with the exit code that it must lead to."""

import hashlib
import os

import radosgw
from box import digest
from proxy import Proxy, Refusing


def case_fault_busy(box):
    """503 three times is nothing but time."""
    with Proxy(box.gateway.port, busy=3) as proxy:
        name = box.create("--to", box.place, AWS_ENDPOINT_URL=proxy.url)
    assert box.keys() == [f"backups/{name}"]


def case_fault_connections_break(box):
    """A download whose connections break again and again goes on where it was."""
    box.pad(20)
    name = box.create("--store-only", "--to", box.place)
    size = os.path.getsize(box.system / "backups" / name)
    with Proxy(box.gateway.port, cuts=12, cut_after=3_000_000) as proxy:
        box.run("--backup-dir", box.place, "copy", name, "--to", box.folder / "here",
                AWS_ENDPOINT_URL=proxy.url)
        passed = proxy.from_service
    assert digest(box.folder / "here" / name) == digest(box.system / "backups" / name)
    assert passed < 1.5 * size, (passed, size)


def case_fault_answers_get_lost(box):
    """An upload whose answer is lost is seen to be there, whole or in parts."""
    for pattern, size in ((r"^PUT ", 0), (r"^POST .*uploadId", 40), (r"^PUT .*partNumber=2", 40)):
        if size:
            box.pad(size)
        with Proxy(box.gateway.port, lost=pattern) as proxy:
            name = box.create("--store-only", "--max-shrink", "100", "--to", box.place,
                              AWS_ENDPOINT_URL=proxy.url)
            assert proxy.lost is None, "nothing was lost"
        assert f"backups/{name}" in box.keys()
        box.run("verify", f"{box.place}/{name}")
    assert not box.s3.uploads(box.bucket)


def case_fault_lost_with_a_condition(box):
    """The same where the service takes If-None-Match: the second try finds the first one's object."""
    with Proxy(box.gateway.port, lost=r"^PUT ") as proxy:
        name = box.create("--to", box.place, "--s3-provider", "minio", AWS_ENDPOINT_URL=proxy.url)
        assert proxy.lost is None
    assert box.keys() == [f"backups/{name}"]


def case_fault_slow(box):
    """Answers that trickle are waited for."""
    name = box.create("--to", box.place)
    with Proxy(box.gateway.port, delay=0.2) as proxy:
        box.run("verify", f"{box.place}/{name}", AWS_ENDPOINT_URL=proxy.url)


def case_fault_decayed(box):
    """An object whose bytes are not those that were put there is not restored."""
    name = box.create()
    content = bytearray((box.system / "backups" / name).read_bytes())
    sha256 = hashlib.sha256(content).hexdigest()
    content[100] ^= 1
    box.s3.demand("PUT", f"{box.bucket}/backups/{name}", body=bytes(content),
                  headers={"x-amz-meta-sha256": sha256})
    _, err = box.run("restore", f"{box.place}/{name}", "--to", box.folder / "x", code=5)
    assert "SHA-256" in err, err
    assert not (box.folder / "x").exists()


def case_fault_tail_alone(box):
    """list and inspect do not fetch what they do not show."""
    box.pad(30)
    box.create("--store-only", "--to", box.place)
    with Proxy(box.gateway.port) as proxy:
        box.run("--backup-dir", box.place, "list", AWS_ENDPOINT_URL=proxy.url)
        box.run("--backup-dir", box.place, "inspect", AWS_ENDPOINT_URL=proxy.url)
        assert proxy.from_service < 2_500_000, proxy.from_service
        assert len(proxy.requests) < 20, proxy.requests


def case_wrong_secret(box):
    """exit 9, without the secret."""
    _, err = box.run("--backup-dir", box.place, "list", code=9, AWS_SECRET_ACCESS_KEY="wrong")
    assert "secret key" in err and radosgw.KEY_ID in err and "wrong" not in err.split("hint")[0], err
    _, err = box.run("create", "--to", box.place, code=10, AWS_SECRET_ACCESS_KEY="wrong")
    assert "secret key" in err, err


def case_wrong_key_id(box):
    """exit 9"""
    _, err = box.run("--backup-dir", box.place, "list", code=9, AWS_ACCESS_KEY_ID="nobody")
    assert "does not know the access key nobody" in err, err


def case_no_bucket(box):
    """exit 2 for a place that is not there"""
    _, err = box.run("--backup-dir", "s3://no-such-bucket/x", "list", code=2)
    assert "there is no bucket no-such-bucket" in err, err
    _, err = box.run("create", "--backup-dir", "s3://no-such-bucket/x", code=2)
    assert "there is no bucket no-such-bucket" in err, err


def case_no_object(box):
    """exit 4"""
    box.run("restore", f"{box.place}/a2a_backup_20250101_000000.zip", "--yes", code=4)
    box.run("--backup-dir", box.place, "verify", code=4)
    assert box.json("--backup-dir", box.place, "list")["backups"] == []


def case_other_scheme(box):
    """exit 2"""
    _, err = box.run("--backup-dir", "gs://bucket", "list", code=2)
    assert "--s3-provider" in err, err


def case_clear_text(box):
    """exit 2: keys are never sent by http to another machine"""
    _, err = box.run("--backup-dir", box.place, "--s3-endpoint", "http://192.0.2.1", "list", code=2)
    assert "in clear" in err, err


def case_untrusted(box):
    """exit 1: a certificate that nobody vouches for"""
    _, err = box.run("--backup-dir", box.place, "list", code=1, AWS_ENDPOINT_URL=box.gateway.tls_url)
    assert "--s3-ca-file" in err, err


def case_wrong_region(box):
    """exit 2, and where it is"""
    with Refusing(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>") as service:
        _, err = box.run("--backup-dir", box.place, "list", code=2, AWS_ENDPOINT_URL=service.url)
    assert "in eu-west-1" in err and "--s3-region eu-west-1" in err, err
    with Refusing(301, "PermanentRedirect", headers={"x-amz-bucket-region": "eu-west-1"}) as service:
        _, err = box.run("create", "--to", box.place, code=10, AWS_ENDPOINT_URL=service.url)
    assert "--s3-region eu-west-1" in err, err


def case_clocks_differ(box):
    """exit 1, and what time it is there"""
    with Refusing(403, "RequestTimeTooSkewed") as service:
        _, err = box.run("--backup-dir", box.place, "list", code=1, AWS_ENDPOINT_URL=service.url)
    assert "at the service" in err and "set the clock" in err, err


def case_bad_request_once(box):
    """What another try would not change is asked once: 400, 401, 403, 404."""
    for status, code in ((400, 1), (401, 9), (403, 9), (404, 4)):
        with Refusing(status, "Other") as service:
            with Proxy(service.server.server_address[1]) as proxy:
                box.run("--backup-dir", box.place, "list", code=code, AWS_ENDPOINT_URL=proxy.url)
                assert len(proxy.requests) == 1, proxy.requests


def case_only_writes(box):
    """A key that may not remove makes prune a warning."""
    writer = f"writer-{box.bucket}"
    box.gateway.add_user(writer, writer, "writersecret")
    box.s3.demand("PUT", box.bucket, {"policy": ""}, (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":'
        f'["arn:aws:iam:::user/{writer}"]}},"Action":["s3:PutObject","s3:GetObject",'
        '"s3:ListBucket","s3:AbortMultipartUpload"],"Resource":'
        f'["arn:aws:s3:::{box.bucket}","arn:aws:s3:::{box.bucket}/*"]}}]}}').encode())
    limited = {"AWS_ACCESS_KEY_ID": writer, "AWS_SECRET_ACCESS_KEY": "writersecret"}
    where = ("--backup-dir", box.place)
    box.create(*where, **limited)
    box.create(*where, **limited)
    _, err = box.run(*where, "prune", "--keep-last", "1", "--yes", **limited)
    assert "does not let go" in err and "s3:DeleteObject" in err, err
    _, err = box.run(*where, "create", "--keep-last", "1", **limited)
    assert "does not let go" in err, err
    assert len(box.keys()) == 3


def case_serve_wants_a_folder(box):
    """exit 2"""
    (box.folder / "token").write_text("0" * 32)
    (box.folder / "token").chmod(0o600)
    box.run("--backup-dir", box.place, "serve", "--token-file", box.folder / "token", code=2)
