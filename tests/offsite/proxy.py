# SPDX-License-Identifier: MIT
"""Stands between the program and the service and does what networks do; or is the service itself and
only ever says one thing."""

import http.server
import re
import socket
import socketserver
import threading
import time


class Proxy:
    """Passes bytes on to `port`. `busy` requests are answered with 503; `cuts` connections break off
    after `cut_after` bytes of answers; `delay` seconds lie between pieces of answers. `lost` is a
    pattern of the request whose answer is lost, once; `kept` one of requests that never get anywhere."""

    def __init__(self, port, busy=0, cuts=0, cut_after=0, lost=None, delay=0.0, kept=None):
        self.target, self.busy, self.cuts, self.cut_after = port, busy, cuts, cut_after
        self.lost, self.delay, self.kept = lost, delay, kept
        self.requests, self.from_service = [], 0
        self.lock = threading.Lock()
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                proxy.serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request, client_address):
                pass  # broken connections are what this is for

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def take(self, name):
        with self.lock:
            left = getattr(self, name)
            setattr(self, name, max(0, left - 1))
            return left > 0

    def serve(self, client):
        with client, socket.create_connection(("127.0.0.1", self.target)) as service:
            state = {"lost": False}
            back = threading.Thread(target=self.back, args=(service, client, state), daemon=True)
            back.start()
            while data := client.recv(65536):
                if first := re.match(rb"([A-Z]+ \S+) HTTP/1\.1\r\n", data):
                    request = first[1].decode()
                    self.requests.append(request)
                    if self.take("busy"):
                        client.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n"
                                       b"Connection: close\r\n\r\n")
                        return
                    if self.kept and re.search(self.kept, request):
                        while client.recv(65536):
                            pass
                        return
                    with self.lock:
                        if self.lost and re.search(self.lost, request):
                            state["lost"], self.lost = True, None
                service.sendall(data)

    def back(self, service, client, state):
        cut = self.take("cuts")
        left = self.cut_after
        try:
            while data := service.recv(4096 if self.delay else 65536):
                self.from_service += len(data)
                if state["lost"]:
                    break
                if cut and len(data) >= left:
                    client.sendall(data[:left])
                    break
                left -= len(data)
                client.sendall(data)
                if self.delay:
                    time.sleep(self.delay)
        except OSError:
            pass
        for each in (client, service):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Refusing:
    """A service that answers every request with this status and document."""

    def __init__(self, status, code, more="", headers=None):
        document = (f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message>{more}"
                    "</Error>").encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(document)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(document)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
