"""Drives Chromium by the protocol of its driver (W3C WebDriver), with the commands of its developer tools for the rest."""

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request

SECONDS = 60

ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--force-device-scale-factor=1",
]


class Browser:
    """A browser without a window. To be used in a with statement."""

    def __enter__(self):
        for name in ("chromedriver", "chromium"):
            if not shutil.which(name):
                raise AssertionError(f"{name} is missing: install the packages chromium and chromium-driver (scripts/deps test)")
        self.folder = tempfile.TemporaryDirectory()
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True, cwd=self.folder.name,
                                       env={**os.environ, "HOME": self.folder.name})
        try:
            self.url = f"http://127.0.0.1:{self.port()}/session"
            options = {"binary": shutil.which("chromium"), "args": [*ARGUMENTS, "--user-data-dir=" + self.folder.name]}
            capabilities = {"goog:chromeOptions": options, "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"},
                            "pageLoadStrategy": "normal"}
            made = self.ask("POST", "", {"capabilities": {"alwaysMatch": capabilities}})
            self.url += "/" + made["sessionId"]
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *error):
        try:
            self.ask("DELETE", "")
        finally:
            self.end()

    def end(self):
        self.driver.terminate()
        self.driver.wait(SECONDS)
        self.driver.stdout.close()
        for _ in range(50):  # the browser may still write its last files
            try:
                self.folder.cleanup()
                return
            except OSError:
                time.sleep(0.1)

    def port(self):
        for line in self.driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                return int(found[1])
        raise AssertionError("chromedriver has ended")

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method, headers={"Content-Type": "application/json"},
                                         data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from None

    def tools(self, command, **parameters):
        """A command of the developer tools."""
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def where(self):
        return self.ask("GET", "/url")

    def run(self, expression):
        """The value of an expression of JavaScript; of a promise, its result. The page's own policy does not hold for it."""
        done = self.tools("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in done:
            raise AssertionError(done["exceptionDetails"])
        return done["result"].get("value")

    def wait(self, expression):
        """Waits until an expression is true, and returns its value."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            value = self.run(expression)
            if value:
                return value
            time.sleep(0.02)
        raise AssertionError(f"never true: {expression}")

    def find(self, selector):
        found = self.ask("POST", "/element", {"using": "css selector", "value": selector})
        return f"/element/{next(iter(found.values()))}"

    def click(self, selector):
        self.ask("POST", self.find(selector) + "/click", {})

    def type(self, selector, text):
        """Types keys, after what the field has."""
        self.ask("POST", self.find(selector) + "/value", {"text": text})

    def paste(self, selector, text):
        """Puts text into a field at once, in place of what it has, as a paste does."""
        self.run(f"(field => {{ field.focus(); field.select(); document.execCommand('insertText', false, {json.dumps(text)}); }})"
                 f"(document.querySelector({json.dumps(selector)}))")

    def look(self, width=1100, height=1400, dark=False, media=""):
        """Sets the size of the window, light or dark, and what it is shown on ("print")."""
        self.tools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.tools("Emulation.setEmulatedMedia", media=media,
                   features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def languages(self, *names):
        self.tools("Emulation.setUserAgentOverride", userAgent=self.run("navigator.userAgent"), acceptLanguage=",".join(names))

    def scripts(self, on):
        self.tools("Emulation.setScriptExecutionDisabled", value=not on)

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("GET", "/screenshot")))

    def paper(self):
        """The page as a PDF."""
        return base64.b64decode(self.tools("Page.printToPDF", preferCSSPageSize=True)["data"])

    def log(self, kind):
        return self.ask("POST", "/se/log", {"type": kind})

    def requests(self):
        """The URLs that pages asked for since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
