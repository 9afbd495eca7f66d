"""What the outbox's tests send with: a wall clock, what is told, an outbox, a channel that keeps what it gets."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from alerts.channels import Channel
from alerts.dispatch.dispatcher import ChannelInfo, Dispatcher, DispatchSettings
from alerts.engine import AlertEngine, EngineSettings
from alerts.messages import Message
from alerts.outbox import Outbox, OutboxSettings
from storage.database import Database
from tests.integration.alerts.world import instant

NOW = instant("2026-11-02 13:10")
SETTINGS = OutboxSettings(max_attempts=3)


class Wall:
    """A wall clock that the test moves; it is not the platform's clock."""

    def __init__(self) -> None:
        self.at = instant("2031-05-05 05:05")

    def __call__(self) -> datetime:
        return self.at

    def pass_s(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


async def tell(database: Database, to: ChannelInfo) -> None:
    """Evaluate what is new and queue messages about it."""
    await AlertEngine(database, EngineSettings()).step(NOW)
    await Dispatcher(database, [to], DispatchSettings()).step(NOW)


def outbox(database: Database, wall: Wall, *channels: Channel, settings: OutboxSettings = SETTINGS) -> Outbox:
    return Outbox(database, channels, clock=lambda: NOW, wall=wall, random=Random(7), settings=settings)


class Quick:
    """A channel with a rate that takes everything and keeps the order."""

    kind, is_group = "webhook", True

    def __init__(self, code: str = "webhook", rate_per_min: int | None = None) -> None:
        self.code, self.rate_per_min = code, rate_per_min
        self.taken: list[Message] = []

    async def send(self, message: Message, address: str | None) -> str:
        self.taken.append(message)
        return "kept"

    async def aclose(self) -> None:
        return
