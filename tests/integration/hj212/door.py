"""A process that serves the HJ 212 door on a shared port until it is killed; says `listening` when it does.

Arguments: the database URL and the port. Used by test_store.py.
"""

from __future__ import annotations

import asyncio
import sys

from prometheus_client import CollectorRegistry

from ingest.hj212 import HjServer, RegisteredStations
from ingest.strays import StrayBook
from storage.database import Database
from tests.integration.hj212.support import NOW
from tests.integration.ingest.plant import running_writer


async def main(url: str, port: int) -> None:
    async with Database(url) as database, running_writer(database) as writer:
        strays = StrayBook(database, CollectorRegistry())
        stations = RegisteredStations(database)
        async with HjServer("127.0.0.1", port, writer, stations, strays, lambda: NOW, reuse_port=True):
            sys.stdout.write("listening\n")
            sys.stdout.flush()
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
