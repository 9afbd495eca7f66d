"""What the outbox keeps to with any channel: its rate, the address of who is meant, and how the channel stands."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import ClassVar

from hypothesis import given
from hypothesis import strategies as st

from alerts.dispatch.dispatcher import ChannelInfo
from alerts.messages import Message
from alerts.outbox import free_places
from domain.errors import ChannelFailed
from storage.database import Database
from tests.integration.alerts.receiver import Receiver
from tests.integration.alerts.sending import NOW, Quick, Wall, outbox, tell
from tests.integration.alerts.world import World, instant


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
    # that is no fault of the channel's, and who has left is told nothing more
    assert queued.rows("select failures, failing_since, gave_up_at from channel_state") == [(0, None, None)]
    queued.execute("update person set active = false")
    queued.execute("update notification set receiver = 'person:wang', state = 'queued', attempts = 0")
    assert (await outbox(database, wall, Addressed()).deliver()).failed == {"webhook": 1}
    assert Addressed.addresses == ["13800000000"]


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
