"""headless_browser.py - one page in a headless Chromium, controlled through a pipe (Chrome DevTools Protocol).

Only tests use it. No port is opened: the browser reads its descriptor 3 and writes 4; a zero byte ends each JSON message. It keeps
every complaint of the page (exceptions, refused loads, console errors) and every address that the page requests.
"""

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

PATIENCE_S = 120
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--remote-debugging-pipe")


def chromium() -> str | None:
    return shutil.which("chromium")


class HeadlessBrowser:
    def __init__(self, profile: Path):
        self._profile = profile
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._numbers, self._buffer = itertools.count(1), b""
        self._sessions: list[str] = []
        # A shell moves the pipes to 3 and 4, because our own descriptors may have these very numbers.
        self._process = subprocess.Popen(
            ["sh", "-c", 'exec 3<"/dev/fd/$1" 4>"/dev/fd/$2"; shift 2; exec "$@"', "sh", str(commands), str(answers),
             chromium() or "chromium", *OPTIONS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(commands, answers), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)

    def __enter__(self) -> "HeadlessBrowser":
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._enter(self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        return self

    def __exit__(self, *_error) -> None:
        # A browser that is killed leaves the folder of its socket, which lies where its path is short.
        socket = self._profile / "SingletonSocket"
        own_folder = Path(os.readlink(socket)).parent if socket.is_symlink() else None
        self._process.kill()
        self._process.wait()
        if own_folder:
            shutil.rmtree(own_folder, ignore_errors=True)
        os.close(self._commands)
        os.close(self._answers)

    def _enter(self, session: str) -> None:
        self._sessions.append(session)
        for domain in ("Runtime", "Log", "Network", "Page"):
            self.ask(f"{domain}.enable", session=session)

    def open(self, page: Path, width: int, *, dark: bool = False) -> None:
        self.complaints.clear()
        self.requests.clear()
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 700)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        answer = self.ask("Page.navigate", url=page.resolve().as_uri())
        assert "errorText" not in answer, answer
        self.wait_until("document.readyState === 'complete' && location.protocol === 'file:'")

    def value(self, expression: str) -> Any:
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_until(self, expression: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not self.value(expression):
            assert time.monotonic() < end, f"never came true: {expression}"
            time.sleep(0.05)

    def screenshot(self, whole: bool = False) -> bytes:
        return base64.b64decode(self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"])

    def ask(self, method: str, session: str | None = None, **parameters) -> dict[str, Any]:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session or self._sessions:
            message["sessionId"] = session or self._sessions[0]
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next_message()
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self._note(answer)

    def _next_message(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._answers], [], [], PATIENCE_S)
            assert ready, "the browser is silent"
            piece = os.read(self._answers, 1 << 20)
            assert piece, "the browser went away"
            self._buffer += piece
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def _note(self, event: dict[str, Any]) -> None:
        about = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(about["exceptionDetails"])[:500])
        elif event.get("method") == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
            self.complaints.append(about["entry"]["text"])
        elif event.get("method") == "Runtime.consoleAPICalled" and about["type"] in ("error", "assert"):
            self.complaints.append(json.dumps(about["args"])[:500])
        elif event.get("method") == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"][:200])
