"""A headless Chromium, driven through chromedriver's own protocol (W3C WebDriver): no client library is needed."""
import base64
import contextlib
import http.client
import json
import os
import subprocess
import tempfile

from support import free_port, wait_for

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-proxy-server",
         "--enable-precise-memory-info", "--js-flags=--expose-gc"]


class Browser:
    """One browser with one tab and a fresh profile."""

    def __init__(self, chromium, driver, folder, size=(1280, 900)):
        self.port = free_port()
        self.log = open(os.path.join(str(folder), "chromedriver.log"), "wb")
        self.profile = tempfile.mkdtemp(prefix="profile-", dir=str(folder))
        self.process = subprocess.Popen([driver, "--port=%d" % self.port], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        wait_for(self.is_up, 60, "chromedriver")
        options = {"binary": chromium, "args": FLAGS + ["--window-size=%d,%d" % size, "--user-data-dir=" + self.profile]}
        asked = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options,
                                                  "goog:loggingPrefs": {"browser": "ALL"}}}}
        self.session = None
        self.session = self.call("POST", "/session", asked)["sessionId"]

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError("chromedriver ended; see " + self.log.name)
        try:
            return self.call("GET", "/status")["ready"]
        except OSError:
            return False

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {"content-type": "application/json"})
            value = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        assert not (isinstance(value, dict) and "error" in value), value
        return value

    def ask(self, method, path, body=None):
        return self.call(method, "/session/%s%s" % (self.session, path), body)

    def go(self, url):
        self.ask("POST", "/url", {"url": url})

    def run(self, script, *args):
        """Runs the body of a function in the page; what it returns."""
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(args)})

    def cdp(self, command, **params):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": params})

    def element(self, css):
        return list(self.ask("POST", "/element", {"using": "css selector", "value": css}).values())[0]

    def click(self, css):
        self.ask("POST", "/element/%s/click" % self.element(css), {})

    def type(self, css, text):
        self.ask("POST", "/element/%s/value" % self.element(css), {"text": text})

    def clear(self, css):
        """As a person does: all is selected and deleted."""
        self.type(css, "\ue009a\ue000\ue003")

    def text(self, css):
        """The text of all that `css` selects, as the page holds it."""
        return self.run("return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent).join('\\n')", css)

    def wait(self, script, *args, seconds=30):
        return wait_for(lambda: self.run(script, *args), seconds, script)

    def complaints(self):
        """What the browser's console has said since the last call."""
        return [entry["message"] for entry in self.ask("POST", "/se/log", {"type": "browser"})]

    def heap(self):
        """Bytes of the page's own heap, after a collection."""
        self.cdp("HeapProfiler.collectGarbage")
        return self.cdp("Runtime.getHeapUsage")["usedSize"]

    def set_dark(self, is_dark):
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}])

    def screenshot(self, path):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.ask("GET", "/screenshot")))

    def close(self):
        with contextlib.suppress(Exception):
            if self.session:
                self.ask("DELETE", "")
        self.process.terminate()
        self.process.wait(30)
        self.log.close()
