"""A sending process to be killed: `python -m tests.integration.alerts.sender DATABASE URL WHERE`.

It delivers by the webhook for ever. WHERE it stops and waits to be killed: `before` (begun and noted, not sent),
`after` (sent, not noted), or nowhere. It prints a line when it is there, and one for each round without work.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random

from alerts.channels.webhook import WebhookChannel
from alerts.messages import Message
from alerts.outbox import Outbox
from storage.database import Database


class Stopping(WebhookChannel):
    """Stops before or after it has sent."""

    where = ""

    async def send(self, message: Message, address: str | None = None) -> str:
        if self.where == "before":
            await self._stop()
        answer = await super().send(message, address)
        if self.where == "after":
            await self._stop()
        return answer

    async def _stop(self) -> None:
        _say(self.where)
        await asyncio.Event().wait()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def _sender(url: str, hook: str, where: str) -> AsyncIterator[Outbox]:
    channel = Stopping(hook, wall=_now)
    channel.where = where
    async with Database(url) as database:
        outbox = Outbox(database, [channel], clock=_now, wall=_now, random=Random(1))
        async with outbox:
            yield outbox


async def main(url: str, hook: str, where: str = "") -> None:
    async with _sender(url, hook, where) as outbox:
        while True:
            report = await outbox.deliver()
            if report.is_idle:
                _say("idle")
                await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
