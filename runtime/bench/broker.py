"""A Mosquitto on a free loopback port, with the settings that a queue in front of a store needs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from runtime.bench.children import BenchFailed, end_with_us

_PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
_START_TIMEOUT_S = 10.0
_SUBSCRIBE_TIMEOUT_S = 5.0
_POLL_S = 0.05
_CONFIGURATION = """
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_inflight_messages 0
max_queued_messages 0
max_connections -1
set_tcp_nodelay true
log_type subscribe
log_dest file {log}
{user}
"""


def mosquitto() -> str | None:
    """Path of the program, None when there is none."""
    return shutil.which("mosquitto", path=_PLACES)


@dataclass(frozen=True, slots=True)
class Broker:
    """A running one."""

    port: int
    pid: int
    log: Path
    """Holds a line for every subscription."""

    async def subscribed(self) -> None:
        """Wait until somebody has subscribed: what is published before is lost. Raises BenchFailed."""
        try:
            async with asyncio.timeout(_SUBSCRIBE_TIMEOUT_S):
                while True:
                    if self.log.exists() and "plantwatch/v1/" in self.log.read_text("utf-8"):
                        return
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            raise BenchFailed("`plantwatch ingest` did not subscribe to the broker") from None


@asynccontextmanager
async def broker() -> AsyncIterator[Broker]:
    """Run one until the block ends. Raises BenchFailed when it does not start."""
    program = mosquitto()
    if program is None:
        raise BenchFailed("there is no mosquitto on this machine")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="plantwatch-bench-") as folder:
        file = Path(folder) / "mosquitto.conf"
        log = Path(folder) / "log"
        user = "user root" if os.geteuid() == 0 else ""
        file.write_text(_CONFIGURATION.format(port=port, log=log, user=user), "utf-8")
        process = await asyncio.create_subprocess_exec(
            program, "-c", str(file),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, preexec_fn=end_with_us(),
        )  # fmt: skip
        try:
            await _answers(process, port)
            yield Broker(port, process.pid, log)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


async def _answers(process: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(_START_TIMEOUT_S):
        while True:
            if process.returncode is not None:
                raise BenchFailed(f"mosquitto ended at once with code {process.returncode}")
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(_POLL_S)
