"""Delivery against a real HTTP server: signatures, retries, giving up, two workers, a death between send and note."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import socket
from collections.abc import AsyncIterator

import pytest

from alerts.channels.log import LogChannel
from alerts.channels.webhook import WebhookChannel
from alerts.dispatch.dispatcher import ChannelInfo
from alerts.messages import Message
from alerts.outbox import OutboxSettings
from domain.errors import BadInput
from storage.database import Database
from tests.integration.alerts.receiver import Receiver
from tests.integration.alerts.sending import NOW, SETTINGS, Wall, outbox, tell
from tests.integration.alerts.world import World

KEY = "shared key"


@pytest.fixture
async def channel(hook: Receiver, wall: Wall) -> AsyncIterator[WebhookChannel]:
    channel = WebhookChannel(hook.url, wall=wall, secret=KEY, timeout_s=5)
    yield channel
    await channel.aclose()


async def test_delivered_signed_and_marked(
    queued: World, database: Database, wall: Wall, channel: WebhookChannel, hook: Receiver
) -> None:
    report = await outbox(database, wall, channel).deliver()
    assert report.sent == {"webhook": 1}
    (got,) = hook.received
    assert got.body["event"] == "firing"
    assert got.body["alert"]["title"].startswith("【严重】天河焦化")
    assert got.body["idempotency_key"] == got.key
    timestamp = int(wall().timestamp())
    digest = hmac.new(KEY.encode(), f"{timestamp}.".encode() + got.raw, hashlib.sha256).hexdigest()
    assert got.headers["x-plantwatch-signature"] == f"t={timestamp},v1={digest}"
    assert queued.rows("select state, attempts, sent_at, last_error from notification") == [("sent", 1, NOW, None)]
    assert (await outbox(database, wall, channel).deliver()).is_idle


async def test_firing_comes_before_resolved(
    queued: World, database: Database, wall: Wall, channel: WebhookChannel, hook: Receiver
) -> None:
    queued.so2("09", 20.0)
    await tell(database, ChannelInfo("webhook", "webhook"))
    hook.answers = [500]
    box = outbox(database, wall, channel)
    await box.deliver()
    assert (await box.deliver()).is_idle, "the resolved message waits for the firing one"
    wall.pass_s(60)
    await box.deliver()
    await box.deliver()
    assert [got.body["event"] for got in hook.received] == ["firing", "firing", "resolved"]
    resolved = hook.received[-1].body["alert"]
    assert resolved["title"].startswith("【已恢复】天河焦化")
    assert resolved["resolved_at"] == "2026-11-02T01:00:00+00:00"


@pytest.mark.parametrize("status", [500, 503, 429, 408, 302, 307])
async def test_a_busy_receiver_gets_it_again_with_the_same_key(
    status: int, queued: World, database: Database, wall: Wall, channel: WebhookChannel, hook: Receiver
) -> None:
    hook.answers = [status, 200]
    box = outbox(database, wall, channel)
    assert (await box.deliver()).retried == {"webhook": 1}
    assert (await box.deliver()).is_idle, "not before its pause is over"
    wall.pass_s(SETTINGS.first_pause_s)
    assert (await box.deliver()).sent == {"webhook": 1}
    assert hook.received[0].key == hook.received[1].key
    assert queued.rows("select state, attempts from notification") == [("sent", 2)]


@pytest.mark.parametrize("status", [400, 401, 404, 410])
async def test_an_unwilling_receiver_is_given_up_at_once_and_seen(
    status: int, queued: World, database: Database, wall: Wall, channel: WebhookChannel, hook: Receiver
) -> None:
    hook.answers = [status]
    assert (await outbox(database, wall, channel).deliver()).failed == {"webhook": 1}
    assert queued.rows("select state, last_error from notification") == [("failed", f"answered HTTP {status}")]
    assert queued.events(1)[-1] == ("notify_failed", f"firing webhook/team:duty: answered HTTP {status}")
    wall.pass_s(1e6)
    assert (await outbox(database, wall, channel).deliver()).is_idle


async def test_given_up_after_the_last_attempt(queued: World, database: Database, wall: Wall) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        channel = WebhookChannel(f"http://127.0.0.1:{unused.getsockname()[1]}/", wall=wall)
        box = outbox(database, wall, channel)
        outcomes = []
        for _ in range(SETTINGS.max_attempts):
            report = await box.deliver()
            outcomes.append("retried" if report.retried else "failed" if report.failed else "?")
            wall.pass_s(3600)
        await channel.aclose()
    assert outcomes == ["retried", "retried", "failed"]
    assert queued.rows("select state, attempts, last_error from notification") == [("failed", 3, "connection refused")]


async def test_a_receiver_that_does_not_answer(queued: World, database: Database, wall: Wall, hook: Receiver) -> None:
    hook.answers = [0]
    channel = WebhookChannel(hook.url, wall=wall, timeout_s=0.2)
    assert (await outbox(database, wall, channel).deliver()).retried == {"webhook": 1}
    assert queued.rows("select state, in_doubt, last_error from notification") == [
        ("queued", True, "no answer within 0.2 s")
    ]
    hook.release.set()
    await channel.aclose()


async def test_two_workers_at_once_send_once(
    world: World, database: Database, wall: Wall, channel: WebhookChannel, hook: Receiver
) -> None:
    for hour in ("08", "10", "12"):  # told one after the other: of one step they would be one message
        for at, value in ((hour, 46.2), (f"{int(hour) + 1:02d}", 20.0)):
            world.so2(at, value)
            await tell(database, ChannelInfo("webhook", "webhook"))
    settings = OutboxSettings(batch=1)
    boxes = [outbox(database, wall, channel, settings=settings) for _ in range(3)]
    while (await asyncio.gather(*(box.deliver() for box in boxes)))[0].sent or any(
        state == "queued" for *_, state in world.messages()
    ):
        pass
    keys = [got.key for got in hook.received]
    assert len(keys) == 6
    assert len(set(keys)) == 6


async def test_what_a_sender_that_ended_had_in_hand_is_free_at_once_and_in_doubt(
    queued: World, database: Database, wall: Wall, channel: WebhookChannel, hook: Receiver
) -> None:
    hook.answers = [0]
    at_once = OutboxSettings(finish_s=0)
    dying = asyncio.create_task(outbox(database, wall, channel, settings=at_once).deliver())
    assert await asyncio.to_thread(hook.arrived.wait, 10)
    box = outbox(database, wall, channel)
    wall.pass_s(1e6)
    assert (await box.deliver()).is_idle, "whoever lives keeps what is in hand, however slow"
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    hook.release.set()
    assert queued.rows("select state, attempts, in_hand, in_doubt from notification") == [("queued", 1, True, False)]
    report = await box.deliver()
    assert (report.sent, report.in_doubt) == ({"webhook": 1}, {"webhook": 1})
    assert queued.rows("select state, attempts, in_hand, in_doubt from notification") == [("sent", 2, False, True)]
    assert [got.key for got in hook.received] == [hook.received[0].key] * 2


async def test_who_is_asked_to_stop_notes_what_is_under_way(
    queued: World, database: Database, wall: Wall, channel: WebhookChannel, hook: Receiver
) -> None:
    hook.answers = [0]
    stopping = asyncio.create_task(outbox(database, wall, channel).deliver())
    assert await asyncio.to_thread(hook.arrived.wait, 10)
    stopping.cancel()
    hook.release.set()
    with pytest.raises(asyncio.CancelledError):
        await stopping
    assert queued.rows("select state, attempts, in_hand, in_doubt from notification") == [("sent", 1, False, False)]


async def test_a_channel_that_raises_is_tried_again_and_its_words_are_kept_out_of_the_log(
    queued: World, database: Database, wall: Wall, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        code, kind, is_group, rate_per_min = "webhook", "webhook", True, None

        async def send(self, message: Message, address: str | None) -> str:
            raise RuntimeError("cannot read https://example.test/?token=s3cret")

        async def aclose(self) -> None:
            return

    assert (await outbox(database, wall, Broken()).deliver()).retried == {"webhook": 1}
    written = "\n".join(str(vars(record)) for record in caplog.records)
    assert "RuntimeError" in written
    assert "token=s3cret" not in str(queued.rows("select n::text from notification n"))
    assert "example.test" not in written


async def test_messages_of_other_channels_are_left_to_others(
    queued: World, database: Database, wall: Wall, hook: Receiver
) -> None:
    assert (await outbox(database, wall, LogChannel()).deliver()).is_idle
    assert queued.messages() == [(1, "firing", "queued")]


async def test_address_and_secret_are_in_no_log_and_no_table(
    queued: World,
    database: Database,
    wall: Wall,
    channel: WebhookChannel,
    hook: Receiver,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    hook.answers = [500, 400]
    box = outbox(database, wall, channel)
    await box.deliver()
    wall.pass_s(60)
    await box.deliver()
    written = "\n".join(str(vars(record)) for record in caplog.records)
    written += str(queued.rows("select n::text from notification n union all select e::text from alert_event e"))
    assert "notification given up" in written
    assert "s3cret" not in written
    assert KEY not in written
    assert f":{hook.port}" not in written


async def test_the_log_channel_writes_the_title(
    world: World, database: Database, wall: Wall, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.so2("08", 46.2)
    await tell(database, ChannelInfo("log", "log"))
    assert (await outbox(database, wall, LogChannel()).deliver()).sent == {"log": 1}
    (record,) = [record for record in caplog.records if record.name == "alerts.channels.log"]
    assert record.levelno == logging.WARNING
    assert vars(record)["title"].startswith("【严重】天河焦化")


@pytest.mark.parametrize("url", ["ftp://example.test/s3cret", "example.test/s3cret", "https://?token=s3cret", ""])
def test_a_wrong_address_is_refused_without_being_repeated(url: str, wall: Wall) -> None:
    with pytest.raises(BadInput) as caught:
        WebhookChannel(url, wall=wall)
    assert "s3cret" not in str(caught.value)
