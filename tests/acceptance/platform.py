"""A whole platform as a user starts it: `plantwatch all --embedded`, driven from outside."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "deploy" / "site" / "example.toml"


T = TypeVar("T")


def eventually(look: Callable[[], T], within_s: float = 30.0) -> T:
    """What `look` finds once it finds anything: for what a service does after it has answered."""
    ends = time.monotonic() + within_s
    while not (found := look()) and time.monotonic() < ends:
        time.sleep(0.05)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def descendants(pid: int) -> set[int]:
    """Every living process below one, itself left out."""
    below: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        below.setdefault(parent, []).append(int(folder.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for child in below.get(waiting.pop(), []):
            found.add(child)
            waiting.append(child)
    return found


def service_pid(supervisor: int, service: str) -> int:
    """Process id of a service below a supervisor; LookupError while it is not running."""
    for pid in descendants(supervisor):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:  # it has ended since
            continue
        if b"runtime.cli" in command and service.encode() in command:
            return pid
    raise LookupError(service)


class Platform:
    """A running platform: its ports, its data folder, its processes."""

    def __init__(self, data: Path, process: subprocess.Popen[str], mqtt_port: int, api_port: int) -> None:
        self.data = data
        self.process = process
        self.mqtt_port = mqtt_port
        self.api_port = api_port

    def run(self, *arguments: str) -> str:
        """Another plantwatch command on the same database; its standard output."""
        environ = os.environ | {"PLANTWATCH_DATABASE_URL_FILE": str(self.data / "database-url")}
        done = subprocess.run(
            [sys.executable, "-m", "runtime.cli", *arguments],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.api_port}{path}", timeout=30) as answer:
            return json.loads(answer.read())

    def service_pid(self, service: str) -> int:
        return service_pid(self.process.pid, service)

    def publish(self, password: str, topic: str, payload: str, *options: str) -> subprocess.CompletedProcess[str]:
        """mosquitto_pub, as an enterprise's engineer would."""
        return subprocess.run(
            ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.mqtt_port), "-u", "my-plant", "-P", password,
             "-t", topic, "-q", "1", *options, "-s"],
            input=payload, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip


@contextmanager
def platform(**settings: str) -> Iterator[Platform]:
    """Start, wait until it says that it serves, and end it with Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="plantwatch-acceptance-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        mqtt_port, api_port = free_port(), free_port()
        environ = os.environ | {
            "PLANTWATCH_MQTT_PORT": str(mqtt_port),
            "PLANTWATCH_API_PORT": str(api_port),
            "PLANTWATCH_INGEST_METRICS_PORT": "0",
            "PLANTWATCH_RULES_METRICS_PORT": "0",
            "PLANTWATCH_ALERTS_METRICS_PORT": "0",
            **settings,
        }
        command = [sys.executable, "-m", "runtime.cli", "all", "--embedded", "--data", str(folder / "data")]
        process = subprocess.Popen(
            [*command, "--site", str(EXAMPLE)], cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True
        )
        try:
            _await_ready(process)
            yield Platform(folder / "data", process, mqtt_port, api_port)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.wait(60)
            assert process.stderr is not None
            process.stderr.close()


def _await_ready(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if "Ctrl-C ends everything" in line:
            # keep the pipe from filling up
            threading.Thread(target=lambda: [None for _ in process.stderr or ()], daemon=True).start()
            return
    raise AssertionError("the platform did not start:\n" + "".join(lines))
