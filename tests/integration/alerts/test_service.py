"""The service as a whole: findings in, deliveries out, figures shown, until it is cancelled."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from prometheus_client import CollectorRegistry

from alerts.messages import Message
from alerts.service import AlertService, AlertsSettings
from domain.errors import ChannelFailed
from storage.database import Database
from tests.integration.alerts.world import World, instant

LISTENING = (
    "select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    " and state = 'idle' and position('listen plantwatch_alerts' in query) > 0"
)
NOW = instant("2026-11-02 13:10")


class Inbox:
    """A channel at the outermost edge that keeps what it gets."""

    code, kind, is_group, rate_per_min = "inbox", "log", True, None

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Message] = asyncio.Queue()
        self.closed = False

    async def send(self, message: Message, address: str | None) -> str:
        self.queue.put_nowait(message)
        return "kept"

    async def aclose(self) -> None:
        self.closed = True


async def _value(registry: CollectorRegistry, name: str, expected: float, **labels: str) -> None:
    async with asyncio.timeout(10):
        while registry.get_sample_value(f"plantwatch_alerts_{name}", labels) != expected:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("poll_s", [0.02, 600.0], ids=["by polling", "by hints alone"])
async def test_runs_until_cancelled(poll_s: float, world: World, database: Database) -> None:
    inbox, registry = Inbox(), CollectorRegistry()
    service = AlertService(
        database,
        [inbox],
        clock=lambda: NOW,
        wall=lambda: NOW,
        random=Random(7),
        registry=registry,
        settings=AlertsSettings(poll_s=poll_s, metrics_s=0.02),
    )
    running = asyncio.create_task(service.run())
    async with asyncio.timeout(20):
        while not world.rows(LISTENING):
            assert not running.done()
            await asyncio.sleep(0.01)
        for hour, value, event in (("08", 46.2, "firing"), ("09", 20.0, "resolved")):
            world.so2(hour, value)
            message = await inbox.queue.get()
            assert message.event == event
            if event == "firing":
                await _value(registry, "open", 1, severity="critical", state="firing")
        await _value(registry, "open", 0, severity="critical", state="firing")
    await _value(registry, "fired_total", 1, severity="critical")
    await _value(registry, "resolved_total", 1, resolution="compliant")
    await _value(registry, "decisions_total", 1, decision="send", reason="first")
    await _value(registry, "decisions_total", 1, decision="send", reason="resolved")
    await _value(registry, "held", 0, reason="inhibited")
    await _value(registry, "floods_open", 0)
    await _value(registry, "notifications_total", 2, channel="inbox", outcome="sent")
    await _value(registry, "notifications_queued", 0, channel="inbox")
    await _value(registry, "oldest_queued_seconds", 0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert inbox.closed


async def test_a_channel_that_fails_is_told_by_the_others(world: World, database: Database) -> None:
    class Refusing(Inbox):
        code, kind, is_group, rate_per_min = "robot", "dingtalk", True, 20

        async def send(self, message: Message, address: str | None) -> str:
            raise ChannelFailed("errcode 310000: security settings refuse it", retryable=False)

    inbox, robot, registry = Inbox(), Refusing(), CollectorRegistry()
    service = AlertService(
        database,
        [robot, inbox],
        clock=lambda: NOW,
        wall=lambda: NOW,
        random=Random(7),
        registry=registry,
        settings=AlertsSettings(poll_s=0.02, metrics_s=0.02),
    )
    world.so2("08", 46.2)
    running = asyncio.create_task(service.run())
    async with asyncio.timeout(30):
        titles = [(await inbox.queue.get()).body["title"] for _ in range(2)]
        await _value(registry, "channel_failing", 1, channel="robot")
        await _value(registry, "channel_failing", 0, channel="inbox")
    assert titles[0].startswith("【严重】天河焦化")
    assert titles[1] == "【严重】钉钉群通道“robot”发不出消息"
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
