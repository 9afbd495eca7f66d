"""The simulated data loggers against the platform's own HJ 212 door, over real sockets, with a sink that records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import pytest

from ingest.delivery import Delivery, Outcome, Receipt
from ingest.hj212.gate import Station
from ingest.hj212.limits import HjLimits
from ingest.hj212.server import HjServer
from ingest.passwords import hash_password
from simulators.hj212_link import Link
from simulators.messages import Message
from simulators.sending import PublishFailed, Totals
from simulators.story import Story
from tests.conftest import NOW

LIMITS = HjLimits(drain_timeout_s=0.5, linger_timeout_s=0.1)


@dataclass
class Sink:
    deliveries: list[Delivery] = field(default_factory=list)
    hold: asyncio.Event | None = None

    async def submit(self, delivery: Delivery) -> Receipt:
        if self.hold is not None:
            await self.hold.wait()
        self.deliveries.append(delivery)
        return Receipt(Outcome.STORED, None, "cems-s1")

    async def status(self, enterprise: str, gateway: str, online: bool, at: datetime) -> None:
        """Not looked at."""


class Stations:
    """All data loggers of the story, with their passwords."""

    def __init__(self, story: Story) -> None:
        self._known = {
            s.mn: Station(
                s.mn, s.enterprise, s.gateway, s.edition, s.profile == "strict", "hj212", date(2022, 1, 1), None,
                hash_password(story.secrets[s.mn].password),
            )
            for s in story.city.stations
            if s.mn in story.tcp_stations
        }  # fmt: skip

    async def station(self, mn: str) -> Station | None:
        return self._known.get(mn)


@dataclass
class Strays:
    reasons: list[str] = field(default_factory=list)

    async def note(
        self, door: str, sender: str, topic: str, payload: bytes, size: int, reason: str, at: datetime
    ) -> None:
        self.reasons.append(reason)


@pytest.fixture(scope="module")
def story() -> Story:
    return Story()


@pytest.fixture(scope="module")
def stations(story: Story) -> Stations:
    return Stations(story)


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
async def server(sink: Sink, stations: Stations) -> AsyncIterator[HjServer]:
    strays = Strays()
    async with HjServer("127.0.0.1", 0, sink, stations, strays, lambda: NOW, LIMITS) as server:
        yield server
    assert strays.reasons == []


def _link(totals: Totals, port: int, mn: str, *, attempts: int = 8, timeout_s: float = 60.0) -> Link:
    return Link(totals, "127.0.0.1", port, "yunhe-coking", mn, 16, attempts, timeout_s)


def _frames(story: Story, enterprise: str, *hours: int) -> dict[str, list[Message]]:
    by_station: dict[str, list[Message]] = {}
    for hour in hours:
        for message in story.step(hour).messages:
            if message.enterprise == enterprise and message.station is not None:
                by_station.setdefault(message.station, []).append(message)
    return by_station


def _payloads(messages: Sequence[Message]) -> list[bytes]:
    return [message.payload for message in messages]


# two hours; of yunhe each 60 + 4 + 4 frames of 2011 from three loggers, and of the first 6 of 2051 and one of 2061
@pytest.mark.parametrize(("enterprise", "frames"), [("yunhe-coking", 150), ("baiheng-cement", 8)])
async def test_frames_of_both_editions_are_answered_in_order(
    story: Story, server: HjServer, sink: Sink, enterprise: str, frames: int
) -> None:
    totals = Totals()
    for mn, messages in _frames(story, enterprise, 2, 3).items():
        sink.deliveries.clear()
        link = _link(totals, server.port, mn)
        await link.send(messages)
        await link.close()
        assert [d.payload.rstrip() for d in sink.deliveries] == [p.rstrip() for p in _payloads(messages)]
    assert (totals.published_messages, totals.resent_messages) == (frames, 0)


async def test_a_damaged_frame_and_noise_are_not_waited_for(story: Story, server: HjServer, sink: Sink) -> None:
    totals = Totals()
    hours = sorted({wrong.sent for wrong in story.effects.malformed if wrong.enterprise == "yunhe-coking"})
    mn = story.city.stations[0].mn
    messages = _frames(story, "yunhe-coking", *hours)[mn]
    unanswered = [message for message in messages if message.qos == 0]
    assert len(unanswered) == 2
    link = _link(totals, server.port, mn)
    await link.send(messages)
    await link.close()
    await server.stop()
    assert totals.published_messages == len(messages)
    taken = sorted(d.payload.rstrip() for d in sink.deliveries)
    assert taken == sorted(payload.rstrip() for payload in _payloads(messages))


async def test_what_a_broken_connection_left_is_sent_again(story: Story, sink: Sink, stations: Stations) -> None:
    mn = story.city.stations[0].mn
    messages = _frames(story, "yunhe-coking", 2)[mn]
    totals = Totals()
    first = HjServer("127.0.0.1", 0, sink, stations, Strays(), lambda: NOW, LIMITS)
    await first.start()
    port = first.port
    link = _link(totals, port, mn)
    await link.send(messages[:1])
    sink.hold = asyncio.Event()  # nothing is answered any more
    sending = asyncio.create_task(link.send(messages[1:]))
    await first.stop()
    sink.hold.set()
    sink.hold = None
    async with HjServer("127.0.0.1", port, sink, stations, Strays(), lambda: NOW, LIMITS):
        await sending
        await link.close()
    assert totals.published_messages == len(messages)
    assert totals.resent_messages == 16
    assert {d.payload for d in sink.deliveries} == set(_payloads(messages))


async def test_a_wrong_password_fails(sink: Sink, stations: Stations) -> None:
    stranger = Story(salt="somebody else")
    mn = stranger.city.stations[0].mn
    strays = Strays()
    async with HjServer("127.0.0.1", 0, sink, stations, strays, lambda: NOW, LIMITS) as server:
        link = _link(Totals(), server.port, mn, attempts=2)
        with pytest.raises(PublishFailed, match=mn):
            await link.send(_frames(stranger, "yunhe-coking", 2)[mn])
    assert strays.reasons == ["wrong_password"] * 2
    assert sink.deliveries == []
