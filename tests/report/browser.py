# SPDX-License-Identifier: MIT
"""A headless Chromium, driven by the DevTools protocol through a pair of pipes."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe")
TIMEOUT = 60


def program():
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """One tab. It speaks JSON that ends in a zero byte: commands go to descriptor 3 of the browser,
    answers and events come from 4."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="a2a-report-browser.")
        to_browser, self.to = os.pipe()
        self.answers, from_browser = os.pipe()
        # Through two spare descriptors, because 3 or 4 may be one of these.
        spare_in, spare_out = (os.dup2(fd, 100 + i, True)
                               for i, fd in enumerate((to_browser, from_browser)))
        self.process = subprocess.Popen(
            ["bash", "-c", 'exec 3<&100 4>&101; exec "$0" "$@"', program(), *FLAGS,
             f"--user-data-dir={self.profile}", "about:blank"],
            pass_fds=(spare_in, spare_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for fd in (to_browser, from_browser, spare_in, spare_out):
            os.close(fd)
        self.buffer, self.count, self.session, self.events = b"", 0, None, []
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page["targetId"],
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def close(self):
        self.process.terminate()
        self.process.wait()
        os.close(self.to)
        os.close(self.answers)
        shutil.rmtree(self.profile, ignore_errors=True)

    def receive(self):
        deadline = time.monotonic() + TIMEOUT
        while b"\0" not in self.buffer:
            data = os.read(self.answers, 1 << 20)
            if not data or time.monotonic() > deadline:
                raise RuntimeError("the browser has gone")
            self.buffer += data
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def call(self, method, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") != self.count:
                self.events.append(answer)
            elif "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']}")
            else:
                return answer["result"]

    def emulate(self, width, scheme="light", media="screen"):
        """A window of that many pixels, as wide as a phone below 500."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                  deviceScaleFactor=1, mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", media=media,
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, url):
        """Loads the page; `events` then holds what happened meanwhile."""
        self.events = []
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + TIMEOUT
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{url} does not load")
            self.events.append(self.receive())

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def complaints(self):
        """Errors on the console, and requests for anything but the page itself."""
        found = []
        for event in self.events:
            method, params = event.get("method"), event.get("params", {})
            if method == "Log.entryAdded":
                found.append("console: " + params["entry"]["text"])
            elif method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
                found.append("a script ran")
            elif method == "Page.javascriptDialogOpening":
                found.append("a dialog opened")
            elif method == "Network.requestWillBeSent":
                url = params["request"]["url"]
                if params.get("type") != "Document" and not url.startswith("data:"):
                    found.append("request: " + url)
        return found

    def screenshot(self, path, whole=True):
        picture = self.call("Page.captureScreenshot", captureBeyondViewport=whole, **(
            {"clip": {**self.page_size(), "x": 0, "y": 0, "scale": 1}} if whole else {}))
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def page_size(self):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return {"width": size["width"], "height": min(size["height"], 8000)}
