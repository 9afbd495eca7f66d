"""A person in front of a browser: headless Chromium, driven by the DevTools protocol.

A page is asked what a person sees (`text`, `sees`) and does what a person does (`click`, `write`, `press`). Waiting is
for something to be seen, never for a time to pass.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

#: Longest wait for something to be seen; only a failing test waits so long.
PATIENCE_S = 15.0
_WORD = "const seen = (e) => e && e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden';"


class Browser:
    """One Chromium with a profile of its own. `page()` opens a window of a new person: cookies are not shared."""

    def __init__(self, port: int) -> None:
        self.port = port
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/version") as answer:
            url = json.load(answer)["webSocketDebuggerUrl"]
        self._wire = _Wire(url)
        self._pages: list[Page] = []
        self._people: list[str] = []

    def person(self) -> str:
        """A new set of cookies; give it to `page`."""
        made = str(self._wire.call("Target.createBrowserContext")["browserContextId"])
        self._people.append(made)
        return made

    def go_home(self) -> None:
        """Close every window, and forget whoever sat there."""
        for page in self._pages:
            page.close()
        for person in self._people:
            with contextlib.suppress(WireError):
                self._wire.call("Target.disposeBrowserContext", browserContextId=person)
        self._pages, self._people = [], []

    def page(self, person: str | None = None, *, width: int = 1366, height: int = 768, phone: bool = False) -> Page:
        """A window, of a new person when none is named."""
        context = person or self.person()
        target = self._wire.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        page = Page(_Wire(f"ws://127.0.0.1:{self.port}/devtools/page/{target}"), context)
        page.resize(width, height, phone=phone)
        self._pages.append(page)
        return page

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._wire.call("Browser.close")
        self._wire.close()


class Page:
    """A window. Selectors are CSS; texts are what is rendered."""

    def __init__(self, wire: _Wire, person: str) -> None:
        self.person = person
        self.requests: list[str] = []
        self.errors: list[str] = []
        self._wire = wire
        wire.on_event = self._event
        for domain in ("Page", "Runtime", "Network"):
            wire.call(f"{domain}.enable")

    def _event(self, method: str, params: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.requests.append(params["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(params["exceptionDetails"].get("exception", {}).get("description", "?"))
        elif method == "Page.javascriptDialogOpening":
            self._wire.send("Page.handleJavaScriptDialog", accept=True)

    def resize(self, width: int, height: int, *, phone: bool = False) -> None:
        self._wire.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone
        )
        if phone:
            self._wire.call("Emulation.setTouchEmulationEnabled", enabled=True)

    def open(self, url: str) -> None:
        """Go to an address; what it shows is to be waited for."""
        answer = self._wire.call("Page.navigate", url=url)
        assert "errorText" not in answer, answer

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression or promise."""
        answer = self._wire.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"].get("exception", answer["exceptionDetails"]))
        return answer["result"].get("value")

    def wait(self, what: str, script: str) -> Any:
        """Until an expression is true; a page that is just being left counts as no."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            with contextlib.suppress(AssertionError, WireError):
                value = self.run(script)
                if value:
                    return value
            threading.Event().wait(0.03)
        shown = self.run("document.body ? document.body.innerText : ''")
        raise AssertionError(f"never seen: {what}; at {self.run('location.href')} the page shows:\n{shown[:3000]}")

    def text(self, selector: str = "body") -> str:
        """What is rendered of the first element that fits, empty when there is none."""
        return str(self.run(f"(document.querySelector({json.dumps(selector)})?.innerText ?? '')"))

    def texts(self, selector: str) -> list[str]:
        """What is rendered of every element that fits and is visible."""
        found = self.run(
            f"(() => {{ {_WORD} return [...document.querySelectorAll({json.dumps(selector)})]"
            ".filter(seen).map((e) => e.innerText.trim()); })()"
        )
        return list(found)

    def sees(self, words: str, selector: str = "body") -> None:
        """Wait until the words are to be read there."""
        self.wait(
            f"{words!r} in {selector}",
            f"(() => {{ {_WORD} return [...document.querySelectorAll({json.dumps(selector)})]"
            f".some((e) => seen(e) && e.innerText.includes({json.dumps(words)})); }})()",
        )

    def misses(self, words: str, selector: str = "body") -> None:
        """Wait until the words are not to be read there."""
        self.wait(
            f"no {words!r} in {selector}",
            f"(() => {{ {_WORD} return document.readyState === 'complete' && ![...document.querySelectorAll("
            f"{json.dumps(selector)})].some((e) => seen(e) && e.innerText.includes({json.dumps(words)})); }})()",
        )

    def click(self, selector: str, words: str | None = None) -> None:
        """Press the mouse on the visible element that fits (and reads so), as soon as nothing covers it."""
        script = f"""(() => {{ {_WORD}
            const words = {json.dumps(words)};
            for (const e of document.querySelectorAll({json.dumps(selector)})) {{
                if (!seen(e) || e.disabled || (words !== null && !e.innerText.includes(words))) continue;
                e.scrollIntoView({{block: 'center', behavior: 'instant'}});
                const box = e.getBoundingClientRect();
                const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                const top = document.elementFromPoint(x, y);
                if (top && (e.contains(top) || top.contains(e))) return [x, y];
            }}
            return null; }})()"""
        x, y = self.wait(f"something to click: {selector} {words or ''}", script)
        for kind in ("mousePressed", "mouseReleased"):
            self._wire.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def write(self, selector: str, words: str) -> None:
        """Replace what a field holds, by the keyboard."""
        self.click(selector)
        self.run("document.activeElement.select && document.activeElement.select()")
        self._wire.call("Input.insertText", text=words)

    def choose(self, selector: str, words: str) -> None:
        """Take an option of a select by what it reads."""
        self.wait(
            f"option {words} of {selector}",
            f"""(() => {{ const e = document.querySelector({json.dumps(selector)});
            const option = e && [...e.options].find((o) => o.text.includes({json.dumps(words)}));
            if (!option) return false;
            e.value = option.value; e.dispatchEvent(new Event('input', {{bubbles: true}}));
            e.dispatchEvent(new Event('change', {{bubbles: true}})); return true; }})()""",
        )

    def press(self, key: str) -> None:
        code = {"Enter": 13, "Escape": 27, "Tab": 9}[key]
        for kind in ("rawKeyDown", "char", "keyUp") if key == "Enter" else ("rawKeyDown", "keyUp"):
            self._wire.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                **({"text": "\r"} if kind == "char" else {}),
            )

    def cookie(self, name: str) -> dict[str, Any] | None:
        """A cookie with its attributes."""
        cookies = self._wire.call("Network.getCookies")["cookies"]
        return next((cookie for cookie in cookies if cookie["name"] == name), None)

    def offline(self, is_offline: bool) -> None:
        """Pull the network plug of this window's requests, or put it back. Open sockets stay."""
        state = {"offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self._wire.call("Network.emulateNetworkConditions", **state)
        with contextlib.suppress(WireError):  # newer browsers tell pages by this alone
            self._wire.call("Network.overrideNetworkState", **state)

    def picture(self, path: Path, *, full: bool = False) -> None:
        """A screenshot, for eyes."""
        answer = self._wire.call("Page.captureScreenshot", format="png", captureBeyondViewport=full)
        path.write_bytes(base64.b64decode(answer["data"]))

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._wire.send("Page.close")
        self._wire.close()


class WireError(AssertionError):
    """The browser refused a command."""


class _Wire:
    """Commands and answers over one websocket; events go to `on_event` from a thread of its own."""

    def __init__(self, url: str) -> None:
        self._open = contextlib.ExitStack()
        self._socket = self._open.enter_context(
            connect(url, max_size=None, open_timeout=PATIENCE_S, close_timeout=1, compression=None)
        )
        self.on_event: Callable[[str, dict[str, Any]], None] = lambda _method, _params: None
        self._number = 0
        self._answers: dict[int, dict[str, Any]] = {}
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True, name="devtools").start()

    def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            for text in self._socket:
                message = json.loads(text)
                if "id" in message:
                    with self._news:
                        self._answers[message["id"]] = message
                        self._news.notify_all()
                else:
                    self.on_event(message["method"], message.get("params", {}))

    def send(self, method: str, **params: Any) -> int:
        with self._news:
            self._number += 1
            number = self._number
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        return number

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = self.send(method, **params)
        with self._news:
            if not self._news.wait_for(lambda: number in self._answers, PATIENCE_S):
                raise WireError(f"{method}: no answer")
            answer = self._answers.pop(number)
        if "error" in answer:
            raise WireError(f"{method}: {answer['error']}")
        return dict(answer["result"])

    def close(self) -> None:
        self._open.close()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for some tests; skips them where there is none."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no chromium here to look at the duty desk with")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                program,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-extensions",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-default-apps",
                "--no-first-run",
                "--mute-audio",
                "--lang=zh-CN",
                "--remote-debugging-port=0",
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stderr is not None
            port = None
            for line in process.stderr:
                found = re.search(r"DevTools listening on ws://[^:]+:(\d+)/", line)
                if found:
                    port = int(found[1])
                    break
            assert port is not None, "chromium did not start"
            threading.Thread(target=process.stderr.read, daemon=True).start()
            browser = Browser(port)
            yield browser
            browser.close()
        finally:
            process.terminate()
            process.wait(20)
            process.stderr and process.stderr.close()
