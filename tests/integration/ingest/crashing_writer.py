"""A process that writes what stands on its standard input and says which messages were acknowledged, until killed.

Arguments: the database URL, the kind of the messages. Each line is a payload of coke-1; each line of output is the
number of one that is committed. Used by test_crash.py.
"""

from __future__ import annotations

import asyncio
import sys

from ingest.writer import WriterLimits
from storage.database import Database
from tests.integration.ingest.plant import delivery, running_writer


async def main(url: str, kind: str) -> None:
    payloads = sys.stdin.buffer.read().splitlines()
    async with Database(url) as database, running_writer(database, WriterLimits(batch_values=50)) as writer:

        async def one(number: int, payload: bytes) -> None:
            await writer.submit(delivery(payload, kind=kind))
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()

        async with asyncio.TaskGroup() as group:
            for number, payload in enumerate(payloads):
                group.create_task(one(number, payload))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
