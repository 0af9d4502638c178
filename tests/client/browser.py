"""A headless Chromium that tells what a page did wrong.

Spoken to in the DevTools protocol through two pipes: no port, and the browser
ends when we do.
"""

import base64
import io
import json
import os
import select
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_SECONDS = 60.0  # for one answer; a machine under load is slow to start it
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
    "--disable-dev-shm-usage", "--disable-background-networking",
    "--no-first-run", "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe", "about:blank",
)
_READ, _WRITE = 3, 4  # the browser's ends; so the protocol wants


class BrowserMissing(Exception):
    """There is none, or it does not start; the text says why."""


class Browser:
    """One process, with a fresh page for each question. Not thread-safe."""

    def __init__(self, folder: Path) -> None:
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        if program is None:
            raise BrowserMissing("chromium is not installed; "
                                 "deploy/toolchain/bootstrap.sh installs it")
        to_read, self._out = os.pipe()
        self._in, to_write = os.pipe()
        # Above the numbers that they are to get.
        ends = [os.dup(end) for end in (to_read, to_write)]

        def place() -> None:
            os.dup2(ends[0], _READ)
            os.dup2(ends[1], _WRITE)

        self._log = open(folder / "chromium.log", "wb+")
        self._process = subprocess.Popen(
            [program, f"--user-data-dir={folder / 'profile'}", *_FLAGS],
            preexec_fn=place, pass_fds=(_READ, _WRITE),
            stdout=self._log, stderr=self._log,
            env={**os.environ, "HOME": str(folder)},
        )
        for end in (to_read, to_write, *ends):
            os.close(end)
        self._rest, self._number = b"", 0
        try:
            self.version = self.ask("Browser.getVersion")["product"]
        except (EOFError, OSError, TimeoutError) as error:
            self.close()
            raise BrowserMissing(
                f"chromium does not start: {self._last_words()}") from error

    def page(self, **look: Any) -> "Page":
        """See Page for `look`."""
        target = self.ask("Target.createTarget", url="about:blank")
        session = self.ask("Target.attachToTarget", flatten=True,
                           targetId=target["targetId"])
        return Page(self, session["sessionId"], **look)

    def ask(
        self, method: str, session: str = "",
        events: list[dict[str, Any]] | None = None, **parameters: Any
    ) -> dict[str, Any]:
        """The answer; what the browser tells meanwhile goes to `events`."""
        self._number += 1
        question = {"id": self._number, "method": method,
                    "params": parameters}
        if session:
            question["sessionId"] = session
        content = json.dumps(question).encode() + b"\0"
        while content:
            content = content[os.write(self._out, content):]
        while True:
            found = self.next_message()
            if found.get("id") == self._number:
                assert "error" not in found, f"{method}: {found['error']}"
                return found["result"]
            if events is not None and found.get("sessionId") == session:
                events.append(found)

    def next_message(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            if not select.select([self._in], [], [], _SECONDS)[0]:
                raise TimeoutError(f"nothing from chromium in {_SECONDS} s")
            part = os.read(self._in, 1 << 20)
            if not part:
                raise EOFError("chromium has ended")
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def close(self) -> None:
        for end in (self._out, self._in):
            os.close(end)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        return lines[-1] if lines else f"exit {self._process.returncode}"


class Page:
    """A page of `width` × `height` pixels, `dark` or light."""

    def __init__(
        self, browser: Browser, session: str, width: int = 1280,
        height: int = 900, dark: bool = False,
    ) -> None:
        self._browser, self._session = browser, session
        self._events: list[dict[str, Any]] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")
        self._ask("Emulation.setDeviceMetricsOverride", width=width,
                  height=height, deviceScaleFactor=1, mobile=width < 600)
        self._ask("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme",
             "value": "dark" if dark else "light"}])

    def open(self, file: Path) -> "Page":
        """Returns when it has loaded, with all that it asked for."""
        self._ask("Page.navigate", url=file.as_uri())
        while not self._told("Page.loadEventFired"):
            message = self._browser.next_message()
            if message.get("sessionId") == self._session:
                self._events.append(message)
        # Two frames later it has been painted.
        self.evaluate("new Promise(done => requestAnimationFrame("
                      "() => requestAnimationFrame(done)))")
        return self

    def evaluate(self, script: str) -> Any:
        found = self._ask("Runtime.evaluate", expression=script,
                          returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def move_to(self, x: float, y: float) -> None:
        self._ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def picture(self) -> Any:
        """All of it, as bytes [height, width, 3]."""
        shot = self._ask("Page.captureScreenshot", captureBeyondViewport=True,
                         clip={"x": 0, "y": 0, "scale": 1, **self.size()})
        content = io.BytesIO(base64.b64decode(shot["data"]))
        return np.asarray(Image.open(content).convert("RGB"))

    def size(self) -> dict[str, int]:
        return self.evaluate("({width: document.documentElement.scrollWidth, "
                             "height: document.documentElement.scrollHeight})")

    def errors(self) -> list[str]:
        """What a console would show in red."""
        self.evaluate("0")  # what was told before it has arrived by then
        found = []
        for event in self._told("Runtime.exceptionThrown"):
            found.append(str(event["exceptionDetails"]))
        for event in self._told("Runtime.consoleAPICalled"):
            if event["type"] in ("error", "assert", "warning"):
                found.append(str(event["args"]))
        for event in self._told("Log.entryAdded"):
            if event["entry"]["level"] in ("error", "warning"):
                found.append(event["entry"]["text"])
        return found

    def requests(self) -> list[str]:
        """Addresses of all that it asked for beside itself."""
        asked = [event["request"]["url"]
                 for event in self._told("Network.requestWillBeSent")]
        return [url for url in asked[1:] if not url.startswith("data:")]

    def _told(self, method: str) -> list[dict[str, Any]]:
        return [event["params"] for event in self._events
                if event.get("method") == method]

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.ask(method, self._session, self._events,
                                 **parameters)
