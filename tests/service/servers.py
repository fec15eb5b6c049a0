# SPDX-License-Identifier: MIT
"""The other side of each case: services that behave well, badly and strangely, and a small CA."""

import contextlib
import http.server
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
TASKS = json.dumps([{"task": f"task {i}", "created": "2025-07-11T01:18:32"} for i in range(30)])


# KiB. A sanitizer keeps what is freed, and more.
MEMORY_LIMIT = (512 if os.environ.get("A2A_SANITIZED") else 64) * 1024


class Answer:
    """What a service says to one request."""

    def __init__(self, status=200, body=b"", type="application/json", headers=None, cut=None,
                 endless=False, pause=0.0):
        self.status, self.type, self.headers = status, type, headers or {}
        self.body = body.encode() if isinstance(body, str) else body
        self.cut, self.endless, self.pause = cut, endless, pause


class Service:
    """A web service. `answers` maps a path to an Answer, or to a list of them that are used up until
    the last one. All requests are kept, as (path, headers, time), and what is posted, as (path, text)."""

    def __init__(self, answers, context=None, host="127.0.0.1"):
        self.requests, self.posts, self.answers = [], [], answers
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                service.requests.append((self.path, dict(self.headers.items()), time.monotonic()))
                found = service.answers.get(self.path, Answer(404, '{"error": "not found"}'))
                if isinstance(found, list):
                    found = found.pop(0) if len(found) > 1 else found[0]
                with contextlib.suppress(OSError):
                    service.say(self, found)

            def do_POST(self):
                length = int(self.headers.get("Content-Length", "0"))
                service.posts.append((self.path, self.rfile.read(length).decode()))
                self.do_GET()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # clients that hang up are what is tested
        scheme = "http"
        if context:
            scheme = "https"
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        self.port = self.server.server_port
        self.url = f"{scheme}://{host}:{self.port}"

    @staticmethod
    def say(handler, answer):
        time.sleep(answer.pause)
        handler.close_connection = True
        handler.send_response(answer.status)
        if answer.type:
            handler.send_header("Content-Type", answer.type)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        if not answer.endless:
            handler.send_header("Content-Length", str(len(answer.body)))
        handler.end_headers()
        handler.wfile.write(answer.body[:answer.cut])
        while answer.endless:
            handler.wfile.write(b"[" + b" " * 65535)

    def paths(self):
        return [path for path, _, _ in self.requests]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def good(**more):
    """A service with the parts of an export, and no whole backup."""
    answers = {"/health": Answer(body='{"status": "ok"}'), "/tasks": Answer(body=TASKS),
               "/export/tasks": Answer(body=TASKS),
               "/export/agent_tasks": Answer(body='{"jules": [{"id": "1", "status": "done"}]}')}
    answers.update({"/" + path.replace("__", "/"): answer for path, answer in more.items()})
    return answers


class Serve:
    """`a2a-backup serve` on a free port, until the end of the block."""

    def __init__(self, binary, root, *options, env=None, listen="127.0.0.1:0"):
        self.process = subprocess.Popen(
            [binary, "-C", root, "serve", "--listen", listen, *options], env=env,
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        line = self.process.stderr.readline()
        if "serving " not in line:
            raise AssertionError(f"serve does not start: {line}{self.process.stderr.read()}")
        self.url = line.split("serving ")[1].strip()
        self.port = int(self.url.rsplit(":", 1)[1])
        self.log = [line]
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.log.append(line)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(30)
        self.reader.join(5)
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_authority(folder):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", "/CN=Test CA", "-keyout", f"{folder}/ca.key", "-out",
            f"{folder}/ca.pem", "-addext", "basicConstraints=critical,CA:TRUE")


def make_certificate(folder, name, alternative):
    """`name`.pem and `name`.key, signed by the authority of the folder, for e.g. IP:127.0.0.1."""
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
            f"/CN={name}", "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.csr")
    extension = pathlib.Path(folder, f"{name}.ext")
    extension.write_text(f"subjectAltName={alternative}\n")
    openssl("x509", "-req", "-in", f"{folder}/{name}.csr", "-CA", f"{folder}/ca.pem", "-CAkey",
            f"{folder}/ca.key", "-CAcreateserial", "-days", "2", "-extfile", str(extension),
            "-out", f"{folder}/{name}.pem")


def tls_context(folder, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/{name}.pem", f"{folder}/{name}.key")
    return context


class Choke:
    """Lies before the service at `port`, and lets only `limit` bytes of the answer to one request
    through: whoever asks for more than that is in the middle of it until the service ends."""

    def __init__(self, port, path, limit):
        self.target, self.path, self.limit = port, path.encode(), limit
        self.reached = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def listen(self):
        with contextlib.suppress(OSError):
            while True:
                client = self.listener.accept()[0]
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError), client:
            with socket.create_connection(("127.0.0.1", self.target)) as service:
                request = client.recv(65536)  # which is small, and comes at once
                service.sendall(request)
                chosen, passed = request.startswith(b"GET %s " % self.path), 0
                while data := service.recv(65536):
                    if chosen:
                        data = data[:self.limit - passed]
                    client.sendall(data)
                    passed += len(data)
                    if chosen and passed == self.limit:
                        self.reached.set()

    def __enter__(self):
        threading.Thread(target=self.listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def wait_until(condition, what, process=None, seconds=60):
    """While the process runs."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process is None or process.poll() is None, f"it ended before {what}"
        assert time.monotonic() < deadline, f"it never came to {what}"
        time.sleep(0.01)


def connect(port):
    client = socket.create_connection(("127.0.0.1", port))
    client.settimeout(20)
    return client


def read_to_end(client):
    """Until the other side ends the connection, in whatever way."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while more := client.recv(65536):
            data += more
    return data


def make_system(folder, **options):
    arguments = [word for key, value in options.items() for word in (f"--{key}", str(value))]
    subprocess.run(["python3", str(HERE.parent.parent / "scripts/demo_system.py"), "make",
                    str(folder), "--seed", "7", *arguments], check=True,
                   stdout=subprocess.DEVNULL)


def clean_environment(**more):
    environment = {k: v for k, v in os.environ.items()
                   if not k.startswith(("A2A_", "GITHUB_")) and not k.lower().endswith("_proxy")}
    environment.update(more)
    return environment
