"""Runs the services as child processes: a stage that dies is started again, and all end together.

Every child holds one end of a pipe, its lifeline. When the supervisor ends, however it ends, the pipe closes and the
child stops by itself: even a killed supervisor leaves no service behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from domain.errors import WorldFailed
from runtime.settings import PREFIX

logger = logging.getLogger(__name__)

READY_FD = "PLANTWATCH_CHILD_READY_FD"
LIFELINE_FD = "PLANTWATCH_CHILD_LIFELINE_FD"

_READY_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 20.0
_BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class ServiceFailed(WorldFailed):
    """A service did not start."""


class Supervisor:
    """Child processes by name: the service's, with a number from the second instance on.

    Use as an async context manager; leaving it ends every child.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)
        self._children: dict[str, asyncio.subprocess.Process] = {}
        self._lifelines: dict[int, int] = {}
        """Our ends of the pipes, by child pid; open as long as the child should live."""
        self._ports: dict[str, dict[str, int]] = {}
        self._own: dict[str, Mapping[str, str]] = {}
        """Variables that only this child gets."""
        self._keepers: set[asyncio.Task[None]] = set()
        self.restarts: dict[str, int] = {}

    async def __aenter__(self) -> Supervisor:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    async def start(
        self, service: str, *, instance: int = 1, environ: Mapping[str, str] | None = None
    ) -> dict[str, int]:
        """Start a service and keep it running. Returns the ports it serves, by setting name, once it is ready.

        instance: from 2 on for further processes of the same service; environ: variables of this one alone. Raises
        ServiceFailed when it ends or is not ready in time; later deaths are mended with growing pauses.
        """
        name = service if instance == 1 else f"{service} {instance}"
        self._own[name] = environ or {}
        ports = await self._spawn(name)
        self._ports[name] = ports
        keeper = asyncio.create_task(self._keep(name), name=f"keep {name}")
        self._keepers.add(keeper)
        return ports

    def pid(self, service: str) -> int:
        """Process id of a running service."""
        return self._children[service].pid

    async def _spawn(self, name: str) -> dict[str, int]:
        ready_read, ready_write = os.pipe()
        life_read, life_write = os.pipe()
        environ = self._environ | dict(self._own[name]) | {READY_FD: str(ready_write), LIFELINE_FD: str(life_read)}
        # a service that comes back must come back where its clients look for it
        environ |= {PREFIX + setting.upper(): str(port) for setting, port in self._ports.get(name, {}).items()}
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "runtime.cli", name.partition(" ")[0],
                env=environ, cwd=Path(__file__).parent.parent, stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(ready_write, life_read),
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops them in order
            )  # fmt: skip
        finally:
            os.close(ready_write)
            os.close(life_read)
        self._children[name] = process
        self._lifelines[process.pid] = life_write
        try:
            line = await asyncio.wait_for(_read_line(ready_read), _READY_TIMEOUT_S)
        except TimeoutError:
            line = b""
        if not line:
            process.terminate()
            raise ServiceFailed(f"{name} did not become ready (exit code {await process.wait()})")
        ports: dict[str, int] = json.loads(line)
        return ports

    async def _keep(self, service: str) -> None:
        failures = 0
        while True:
            process = self._children[service]
            code = await process.wait()
            self._drop_lifeline(process.pid)
            pause = _BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)]
            failures += 1
            self.restarts[service] = self.restarts.get(service, 0) + 1
            logger.error("service ended unexpectedly", extra={"service": service, "exit": code, "restart_in_s": pause})
            await asyncio.sleep(pause)
            with contextlib.suppress(ServiceFailed):
                await self._spawn(service)

    async def stop(self) -> None:
        """End every child: SIGTERM, then SIGKILL to those that do not end in time. Youngest first."""
        # first, so that nobody starts again what we are about to end
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for process in reversed(self._children.values()):
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
        for service, process in self._children.items():
            try:
                await asyncio.wait_for(process.wait(), _STOP_TIMEOUT_S)
            except TimeoutError:
                logger.error("service did not stop in time", extra={"service": service})
                process.kill()
                await process.wait()
            self._drop_lifeline(process.pid)

    def _drop_lifeline(self, pid: int) -> None:
        descriptor = self._lifelines.pop(pid, None)
        if descriptor is not None:
            os.close(descriptor)


async def _read_line(descriptor: int) -> bytes:
    """One line of a pipe, empty when it closes first."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
    )
    try:
        return await reader.readline()
    finally:
        transport.close()


def report_ready(environ: Mapping[str, str], ports: Mapping[str, int]) -> None:
    """In a child: tell the supervisor that the service serves, and on which ports."""
    if READY_FD in environ:
        descriptor = int(environ[READY_FD])
        with os.fdopen(descriptor, "wb") as pipe:
            pipe.write(json.dumps(dict(ports)).encode() + b"\n")


async def lifeline_cut(environ: Mapping[str, str]) -> None:
    """In a child: returns when the supervisor is gone. Without a supervisor it never returns."""
    if LIFELINE_FD in environ:
        await _read_line(int(environ[LIFELINE_FD]))
    else:
        await asyncio.Event().wait()
