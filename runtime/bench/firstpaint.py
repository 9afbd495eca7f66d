"""The duty desk's list as a person waits for it: from the start of the navigation until the first alert can be read.

`plantwatch api` in a process of its own, a headless Chromium in front of it over loopback. A session is made in the
database; signing in is no part of what is timed. Each round is a browser of a new person: nothing is in its cache the
first time; the second visit is what somebody on duty has every other time.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
import shutil
import statistics
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from domain.accounts import Role
from runtime.bench.children import BenchFailed, end_with_us
from runtime.bench.stage import services
from runtime.clock import system_clock
from runtime.databases import Embedded
from storage import accounts
from storage.database import Database

Figures = dict[str, Any]

_PATIENCE_S = 30.0
#: When the first row could be seen, by the page's own clock, which begins with the navigation.
_WATCH = """
new MutationObserver((_, watcher) => {
  const row = document.querySelector('[data-alert]');
  if (row && row.getClientRects().length) {
    watcher.disconnect();
    requestAnimationFrame(() => setTimeout(() => { window.firstRow = performance.now(); }));
  }
}).observe(document, {childList: true, subtree: true});
"""


async def measure_first_paint(embedded: Embedded, rounds: int) -> Figures | str:
    """Seconds to the first row, on a first and on a later visit; why not, where there is no browser."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        return "not measured: no chromium here"
    token = await _session(embedded)
    first: list[float] = []
    later: list[float] = []
    async with services(embedded, ("api",)) as ports:
        url = f"http://127.0.0.1:{ports['api_port']}/"
        for _ in range(rounds + 1):  # the first warms up the server
            async with _browser(program) as page:
                await page.sign_in(url, token)
                first.append(await page.first_row(url))
                later.append(await page.first_row(url))
    return {
        "first_visit_s": round(statistics.median(first[1:]), 3),
        "later_visit_s": round(statistics.median(later[1:]), 3),
        "worst_s": round(max(first[1:] + later[1:]), 3),
    }


async def _session(embedded: Embedded) -> str:
    """A person on duty who is signed in; the token of the cookie."""
    token, now = secrets.token_urlsafe(32), system_clock()
    person = accounts.NewAccount("bench", "值班员", Role.DUTY, "no password fits")
    async with Database(embedded.url, name="plantwatch bench") as database, database.transaction() as connection:
        account_id = await accounts.insert_account(connection, person, by="bench", at=now)
        await accounts.insert_session(
            connection,
            token_hash=hashlib.sha256(token.encode()).digest(),
            account_id=account_id,
            enterprise_id=None,
            csrf=secrets.token_urlsafe(16),
            created_at=now,
            expires_at=now + timedelta(hours=1),
            address="127.0.0.1",
        )
    return token


class _Page:
    """One window, by the DevTools protocol. Raises BenchFailed when the browser refuses, or does not answer in time."""

    def __init__(self, socket: ClientConnection, patience_s: float = _PATIENCE_S) -> None:
        self._socket = socket
        self._patience_s = patience_s
        self._numbers = count(1)

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Carry out a command; events on the way are of no interest."""
        number = next(self._numbers)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            try:
                message = json.loads(await asyncio.wait_for(self._socket.recv(), self._patience_s))
            except TimeoutError as error:
                raise BenchFailed(f"the browser did not answer {method} within {self._patience_s:g} s") from error
            if message.get("id") == number:
                if "error" in message:
                    raise BenchFailed(f"the browser refused {method}: {message['error']}")
                return dict(message["result"])

    async def sign_in(self, url: str, token: str) -> None:
        await self.call("Network.setCookie", name="plantwatch_session", value=token, url=url, httpOnly=True)
        await self.call("Page.enable")
        await self.call("Page.addScriptToEvaluateOnNewDocument", source=_WATCH)

    async def first_row(self, url: str) -> float:
        """Open the page; seconds until an alert can be read."""
        await self.call("Page.navigate", url=url)
        try:
            async with asyncio.timeout(self._patience_s):
                while True:
                    answer = await self.call("Runtime.evaluate", expression="window.firstRow || 0")
                    if seen := answer["result"].get("value"):
                        return float(seen) / 1000
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            answer = await self.call("Runtime.evaluate", expression="document.body.innerText.slice(0, 500)")
            raise BenchFailed(f"the desk showed no alert: {answer['result'].get('value')!r}") from error


@asynccontextmanager
async def _browser(program: str) -> AsyncIterator[_Page]:
    with tempfile.TemporaryDirectory(prefix="plantwatch-bench-", ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-extensions", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--window-size=1366,768",
            "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, preexec_fn=end_with_us(),
        )  # fmt: skip
        assert process.stderr is not None
        try:
            while line := await process.stderr.readline():
                if found := re.search(rb"DevTools listening on ws://[^:]+:(\d+)/", line):
                    break
            else:
                raise BenchFailed("chromium did not start")
            drain = asyncio.create_task(process.stderr.read(), name="chromium's words")
            async with httpx.AsyncClient(trust_env=False) as client:
                targets = (await client.get(f"http://127.0.0.1:{int(found[1])}/json/list")).json()
            address = next(target["webSocketDebuggerUrl"] for target in targets if target["type"] == "page")
            async with connect(address, max_size=None, compression=None) as socket:
                yield _Page(socket)
            drain.cancel()
        finally:
            process.terminate()
            await process.wait()
