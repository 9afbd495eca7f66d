"""A listener process: writes what it acknowledges into a file, one line a message, until it is told to stop.

Arguments: the port (0 takes a free one), the file. Says its port on standard output once it listens. A line is the
client id and the payload. Used by the tests of several processes.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from ingest.delivery import Delivery, Outcome, Receipt
from ingest.listener import Listener
from tests.integration.listener.support import OnePassword


class FileSink:
    """A store of lines."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    async def submit(self, delivery: Delivery) -> Receipt:
        self._file.write(delivery.client_id.encode() + b" " + delivery.payload + b"\n")
        return Receipt(Outcome.STORED, None, None)

    async def status(self, enterprise: str, gateway: str, online: bool, at: datetime) -> None:
        raise NotImplementedError


async def main(port: int, path: Path) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    sink = FileSink(path)
    async with Listener("127.0.0.1", port, sink, OnePassword(), lambda: datetime.now(UTC), reuse_port=True) as listener:
        sys.stdout.write(f"{listener.port}\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
