"""Delivery against a real HTTP server: signatures, retries, giving up, two workers, a death between send and note."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import Channel
from alerts.channels.log import LogChannel
from alerts.channels.webhook import WebhookChannel
from alerts.dispatch.dispatcher import ChannelInfo, Dispatcher, DispatchSettings
from alerts.engine import AlertEngine, EngineSettings
from alerts.messages import Message
from alerts.outbox import Outbox, OutboxSettings, free_places
from domain.errors import BadInput, ChannelFailed
from storage.database import Database
from tests.integration.alerts.receiver import Receiver, receiver
from tests.integration.alerts.world import World, instant

NOW = instant("2026-11-02 13:10")
KEY = "shared key"
SETTINGS = OutboxSettings(max_attempts=3)


class Wall:
    """A wall clock that the test moves; it is not the platform's clock."""

    def __init__(self) -> None:
        self.at = instant("2031-05-05 05:05")

    def __call__(self) -> datetime:
        return self.at

    def pass_s(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as state:
        yield state


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
async def channel(hook: Receiver, wall: Wall) -> AsyncIterator[WebhookChannel]:
    channel = WebhookChannel(hook.url, wall=wall, secret=KEY, timeout_s=5)
    yield channel
    await channel.aclose()


async def tell(database: Database, to: ChannelInfo) -> None:
    """Evaluate what is new and queue messages about it."""
    await AlertEngine(database, EngineSettings()).step(NOW)
    await Dispatcher(database, [to], DispatchSettings()).step(NOW)


@pytest.fixture
async def queued(world: World, database: Database) -> World:
    """A world with one firing message for the webhook in the outbox."""
    world.so2("08", 46.2)
    await tell(database, ChannelInfo("webhook", "webhook"))
    assert world.messages() == [(1, "firing", "queued")]
    return world


def outbox(database: Database, wall: Wall, *channels: Channel, settings: OutboxSettings = SETTINGS) -> Outbox:
    return Outbox(database, channels, clock=lambda: NOW, wall=wall, random=Random(7), settings=settings)


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


@pytest.mark.parametrize("status", [500, 503, 429, 408])
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


@pytest.mark.parametrize("status", [400, 401, 404, 410, 302])
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
    assert queued.rows("select state, attempts, last_error from notification") == [
        ("failed", 3, "not reached: ConnectError")
    ]


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


async def test_workers_share_a_channels_rate_and_what_waits_is_a_decision(
    world: World, database: Database, wall: Wall
) -> None:
    for outlet in ("tianhe/S1", "beishan/S1"):
        for hour, value in (("08", 46.2), ("09", 20.0), ("10", 46.2), ("11", 20.0)):
            world.so2(hour, value, outlet)
            await tell(database, ChannelInfo("webhook", "webhook"))
    channels = [Quick(rate_per_min=3), Quick(rate_per_min=3)]
    boxes = [outbox(database, wall, channel) for channel in channels]

    async def rounds() -> int:
        while any([not (await box.deliver()).is_idle for box in boxes]):
            pass
        return sum(len(channel.taken) for channel in channels)

    assert len(world.messages()) == 8
    assert await rounds() == 3
    decided = "select decision, reason, count(*) from notification_decision where reason = 'rate_limited' group by 1, 2"
    waiting = world.rows(decided)
    assert waiting
    assert waiting[0][:2] == ("hold", "rate_limited")
    wall.pass_s(59)
    assert await rounds() == 3
    wall.pass_s(1)
    assert await rounds() == 6
    wall.pass_s(60)
    assert await rounds() == 8
    told = [(m.body["alert"]["id"], m.event) for channel in channels for m in channel.taken]
    assert len(set(told)) == 8


async def test_not_sooner_than_the_service_says(queued: World, database: Database, wall: Wall) -> None:
    class Busy(Quick):
        async def send(self, message: Message, address: str | None) -> str:
            self.taken.append(message)
            raise ChannelFailed("too fast", retry_after_s=600)

    channel = Busy()
    box = outbox(database, wall, channel)
    await box.deliver()
    wall.pass_s(599)
    assert (await box.deliver()).is_idle
    wall.pass_s(1)
    assert (await box.deliver()).retried == {"webhook": 1}
    assert not channel.taken[1].may_repeat


async def test_people_are_mentioned_by_their_addresses_in_the_group(
    queued: World, database: Database, wall: Wall
) -> None:
    contacts = json.dumps([{"channel": "webhook", "address": "13800000000"}])
    queued.execute(f"insert into person (code, name, contacts) values ('wang', '王维', '{contacts}')")
    queued.execute("""update notification set body = body || '{"people": ["wang", "li"]}'""")
    channel = Quick()
    assert (await outbox(database, wall, channel).deliver()).sent == {"webhook": 1}
    assert channel.taken[0].mentions == ("13800000000",)


async def test_a_clock_set_back_holds_nothing_up(queued: World, database: Database, wall: Wall, hook: Receiver) -> None:
    class Failing(Quick):
        async def send(self, message: Message, address: str | None) -> str:
            if not self.taken:
                self.taken.append(message)
                raise ChannelFailed("busy")
            return await super().send(message, address)

    channel = Failing(rate_per_min=1)
    box = outbox(database, wall, channel)
    assert (await box.deliver()).retried == {"webhook": 1}
    wall.pass_s(-86400)
    assert (await box.deliver()).sent == {"webhook": 1}


async def test_how_a_channel_stands_is_kept(queued: World, database: Database, wall: Wall, hook: Receiver) -> None:
    class Failing(Quick):
        answers: ClassVar[list[bool]] = [False, False, True]

        async def send(self, message: Message, address: str | None) -> str:
            if not self.answers.pop(0):
                raise ChannelFailed("busy")
            return "kept"

    state = "select failures, failing_since, last_ok_at, last_error, gave_up_at from channel_state"
    box = outbox(database, wall, Failing())
    await box.deliver()
    wall.pass_s(60)
    await box.deliver()
    assert queued.rows(state) == [(2, NOW, None, "busy", None)]
    wall.pass_s(60)
    await box.deliver()
    assert queued.rows(state) == [(0, None, NOW, None, None)]


async def test_a_person_is_reached_at_the_address_of_the_register(
    queued: World, database: Database, wall: Wall
) -> None:
    class Addressed(Quick):
        addresses: ClassVar[list[str | None]] = []

        async def send(self, message: Message, address: str | None) -> str:
            self.addresses.append(address)
            return await super().send(message, address)

    contacts = [{"channel": "other", "address": "x"}, {"channel": "webhook", "address": "13800000000"}]
    queued.execute(f"insert into person (code, name, contacts) values ('wang', '王维', '{json.dumps(contacts)}')")
    queued.execute("update notification set receiver = 'person:wang'")
    assert (await outbox(database, wall, Addressed()).deliver()).sent == {"webhook": 1}
    assert Addressed.addresses == ["13800000000"]
    queued.execute("update notification set receiver = 'person:li', state = 'queued', attempts = 0")
    assert (await outbox(database, wall, Addressed()).deliver()).failed == {"webhook": 1}
    assert queued.rows("select last_error from notification") == [("person:li has no address in this channel",)]


@given(
    ages=st.lists(st.floats(0, 59.9), max_size=30),
    rate=st.integers(1, 25),
)
def test_no_minute_sees_more_attempts_than_the_rate(ages: list[float], rate: int) -> None:
    wall = instant("2031-05-05 05:05")
    started = sorted(wall - timedelta(seconds=age) for age in ages)
    places, until = free_places(started, rate, wall)
    assert 0 <= places <= rate
    assert len(started) + places <= max(rate, len(started))
    if places == 0:
        assert wall < until <= wall + timedelta(minutes=1)
        assert sum(at > until - timedelta(minutes=1) for at in started) < rate


async def test_whose_number_it_was_is_not_written_down(queued: World, database: Database, wall: Wall) -> None:
    class Refusing(Quick):
        async def send(self, message: Message, address: str | None) -> str:
            raise ChannelFailed(f"not a mobile number: {address}", retryable=False)

    contacts = json.dumps([{"channel": "webhook", "address": "13800001234"}])
    queued.execute(f"insert into person (code, name, contacts) values ('wang', '王维', '{contacts}')")
    queued.execute("update notification set receiver = 'person:wang'")
    assert (await outbox(database, wall, Refusing()).deliver()).failed == {"webhook": 1}
    kept = queued.rows("select last_error from channel_state union all select last_error from notification")
    assert kept == [("not a mobile number: 138****1234",)] * 2
    assert queued.rows("select comment from alert_event where kind = 'notify_failed'") == [
        ("firing webhook/person:wang: not a mobile number: 138****1234",)
    ]
