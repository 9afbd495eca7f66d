"""Child processes of a bench, and what they cost: CPU and memory from /proc.

A child reads its task as one line of JSON, says `ready`, waits for `go`, and answers with one line of JSON. It ends
with the bench, even with a killed one.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from domain.errors import WorldFailed

_PR_SET_PDEATHSIG = 1
_TICKS = os.sysconf("SC_CLK_TCK")
_LINE_BYTES = 64 * 1024 * 1024
_SAMPLE_S = 0.5
_STOP_TIMEOUT_S = 5.0


class BenchFailed(WorldFailed):
    """A part of a bench did not do what it should; its figures would be worth nothing."""


class Child:
    """One process of a bench, a module of this package."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    async def line(self) -> str:
        """The next line it says. Raises BenchFailed when it ends instead."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise BenchFailed(f"{self.name} of the bench ended with code {await self._process.wait()}")
        return line.decode().strip()

    def go(self) -> None:
        """Let it begin."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")

    async def result(self) -> dict[str, Any]:
        """What it measured."""
        found: dict[str, Any] = json.loads(await self.line())
        if "error" in found:
            raise BenchFailed(f"{self.name} of the bench: {found['error']}")
        return found

    async def stop(self) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), _STOP_TIMEOUT_S)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()


@asynccontextmanager
async def child(name: str, task: Mapping[str, Any]) -> AsyncIterator[Child]:
    """Run `runtime.bench.NAME` until the block ends; it is ready when the block begins."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"runtime.bench.{name}",
        cwd=Path(__file__).parents[2], stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        limit=_LINE_BYTES, start_new_session=True, preexec_fn=end_with_us(),
    )  # fmt: skip
    made = Child(name, process)
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(task).encode() + b"\n")
        said = await made.line()
        if said != "ready":
            raise BenchFailed(f"{name} of the bench: {said}")
        yield made
    finally:
        await made.stop()


def end_with_us() -> Callable[[], object] | None:
    """For a child about to be started: on Linux the kernel ends it when we are killed and cannot do it ourselves."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def read_task() -> dict[str, Any]:
    """In a child: the task."""
    found: dict[str, Any] = json.loads(sys.stdin.readline())
    return found


def say(line: str) -> None:
    """In a child: a line for the bench."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def await_go() -> None:
    """In a child: say `ready`, wait for `go`; ends the process when the bench is gone."""
    say("ready")
    if sys.stdin.readline().strip() != "go":
        raise SystemExit(0)


def await_end() -> None:
    """In a child: stay until the bench has read what we cost from /proc and closes our input."""
    sys.stdin.read()


def family(pid: int) -> list[int]:
    """A process and its children, which is all that PostgreSQL has."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *map(int, children)]


def cpu_s(pids: Iterable[int]) -> float:
    """CPU seconds of some processes and of those of their children that have ended."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(field) for field in fields[11:15])
    return total / _TICKS


def pss_bytes(pids: Iterable[int]) -> int:
    """Proportional set size: memory, with what is shared divided among those who share it."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


class Cost:
    """CPU and peak memory of named groups of processes between the beginning and the end of a block."""

    def __init__(self, groups: Mapping[str, Callable[[], list[int]]]) -> None:
        self._groups = groups
        self.cpu_s: dict[str, float] = {}
        self.peak_pss: dict[str, int] = dict.fromkeys(groups, 0)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Cost:
        self._before = {name: cpu_s(pids()) for name, pids in self._groups.items()}
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.cpu_s = {name: cpu_s(pids()) - self._before[name] for name, pids in self._groups.items()}
        if self._task is not None:
            self._task.cancel()
        self._look()

    def _look(self) -> None:
        for name, pids in self._groups.items():
            self.peak_pss[name] = max(self.peak_pss[name], pss_bytes(pids()))

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_SAMPLE_S)
            self._look()
