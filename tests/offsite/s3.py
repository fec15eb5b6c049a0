# SPDX-License-Identifier: MIT
"""What the tests ask of S3 behind the program's back, with a signer of their own."""

import datetime
import hashlib
import hmac
import http.client
import re
import urllib.parse


class S3:
    """One account at one service; plain http on loopback."""

    def __init__(self, port, key_id, secret, region="us-east-1"):
        self.port, self.key_id, self.secret, self.region = port, key_id, secret, region

    def _authorization(self, method, path, query, headers, payload, moment):
        scope = f"{moment[:8]}/{self.region}/s3/aws4_request"
        names = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        canonical = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{payload}"
        to_sign = (f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n"
                   + hashlib.sha256(canonical.encode()).hexdigest())
        key = b"AWS4" + self.secret.encode()
        for part in (*scope.split("/"),):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
        return (f"AWS4-HMAC-SHA256 Credential={self.key_id}/{scope},SignedHeaders={names},"
                f"Signature={signature}")

    def ask(self, method, key="", query=None, body=b"", headers=None):
        """(status, headers, body)"""
        path = urllib.parse.quote("/" + key)
        text = "&".join(f"{urllib.parse.quote(name, safe='')}={urllib.parse.quote(value, safe='')}"
                        for name, value in sorted((query or {}).items()))
        moment = datetime.datetime.utcnow().strftime("%Y%m%dT%H%M%SZ")
        payload = hashlib.sha256(body).hexdigest()
        signed = {"host": f"127.0.0.1:{self.port}", "x-amz-date": moment,
                  "x-amz-content-sha256": payload, **(headers or {})}
        signed["Authorization"] = self._authorization(method, path, text, signed, payload, moment)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path + ("?" + text if text else ""), body, signed)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def demand(self, method, key="", query=None, body=b"", headers=None):
        status, _, answer = self.ask(method, key, query, body, headers)
        assert 200 <= status < 300, (method, key, query, status, answer[:500])
        return answer.decode()

    def make_bucket(self, name):
        self.demand("PUT", name)

    def keys(self, bucket, kind="Key"):
        return re.findall(f"<{kind}>(.*?)</{kind}>", self.demand("GET", bucket,
                                                                 {"max-keys": "1000"}))

    def uploads(self, bucket):
        """Multipart uploads that nobody has ended."""
        return re.findall("<UploadId>(.*?)</UploadId>", self.demand("GET", bucket, {"uploads": ""}))
