"""A server of the desk in a process of its own, and a browser in front of it; both once a module."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from runtime.clock import ClockFile
from runtime.supervisor import READY_FD
from tests.conftest import TestServer
from tests.integration.desk import city
from tests.integration.desk.chromium import Browser, Page, chromium

ROOT = Path(__file__).parents[3]


class DeskServer:
    """`plantwatch api` on a database of its own. It can be stopped and started again at the same address."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._clock = ClockFile(folder / "clock", at=city.NOW)
        self._folder = folder
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        ready, told = os.pipe()
        own = {
            "PLANTWATCH_DATABASE_URL": self.url,
            "PLANTWATCH_API_PORT": str(self._port),
            "PLANTWATCH_CLOCK_FILE": str(self._folder / "clock"),
            "PLANTWATCH_PUBLIC_URL": "http://127.0.0.1",
            READY_FD: str(told),
        }
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PLANTWATCH_")}
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "runtime.cli", "api"],
                env=clean | own,
                cwd=ROOT,
                pass_fds=(told,),
                stdout=log,
                stderr=log,
            )
        os.close(told)
        with os.fdopen(ready, "rb") as pipe:
            line = pipe.readline()
        assert line, self.log()
        self._port = json.loads(line)["api_port"]

    def stop(self, *, how: int = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def log(self) -> str:
        return (self._folder / "server.log").read_text("utf-8")

    def move(self, at: datetime) -> None:
        """Set the platform's clock."""
        self._clock.move(at)

    @contextmanager
    def database(self) -> Iterator[Any]:
        with psycopg.connect(self.url) as connection:
            yield connection

    def close(self) -> None:
        self.stop()
        self._clock.close()


@pytest.fixture(scope="module")
def desk(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskServer]:
    name = server.create(template=server.migrated())
    url = server.database_url(name)
    city.fill(url)
    running = DeskServer(url, tmp_path_factory.mktemp("desk"))
    running.start()
    yield running
    running.close()
    server.drop(name)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(autouse=True)
def fresh(desk: DeskServer, request: pytest.FixtureRequest) -> Iterator[None]:
    """No alerts, and nobody's findings, at the beginning of each test; nobody sits there after it."""
    with desk.database() as connection:
        # not truncated: that would wait for pages that are being read, and they for it
        for table in (
            "alert_event", "alert_hold", "notification_alert", "notification_decision", "notification", "alert_news",
            "alert_dispatch", "flapping", "alert", "finding", "silence",
        ):  # fmt: skip
            connection.execute(f"delete from {table}")
        connection.execute("set session_replication_role = replica; delete from audit")  # past its trigger
    yield
    if "browser" in request.fixturenames:
        browser: Browser = request.getfixturevalue("browser")
        browser.go_home()


def sign_in(desk: DeskServer, browser: Browser, login: str, path: str = "/", **window: Any) -> Page:
    """A new person in front of a window, signed in, looking at a page."""
    page = browser.page(**window)
    page.open(desk.address + path)
    page.write("[name=login]", login)
    page.write("[name=password]", city.PASSWORD)
    page.click("button[type=submit]")
    page.sees("退出")
    return page
