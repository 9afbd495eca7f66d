"""The simulated gateways against the platform's own listener, over real sockets, with a sink that only records."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from ingest.delivery import Delivery, Outcome, Receipt
from ingest.listener import Limits, Listener
from simulators.messages import Message, Tally
from simulators.publish import Publisher
from simulators.sending import PublishFailed
from simulators.speech import Format
from simulators.story import Story
from tests.conftest import NOW
from tests.unit.simulators.reading import fields

ENTERPRISES = {"yunhe-coking": "3.1.1", "heming-bdo": "5"}


@dataclass
class Sink:
    """Keeps every delivery and acknowledges it; `before` runs first."""

    deliveries: list[Delivery] = field(default_factory=list)
    statuses: list[tuple[str, bool]] = field(default_factory=list)
    outcome: Outcome = Outcome.STORED
    rejects: bytes | None = None
    hold: asyncio.Event | None = None

    async def submit(self, delivery: Delivery) -> Receipt:
        if self.hold is not None:
            await self.hold.wait()
        self.deliveries.append(delivery)
        return Receipt(self.outcome, self.rejects, "gw-1")

    async def status(self, enterprise: str, gateway: str, online: bool, at: datetime) -> None:
        self.statuses.append((enterprise, online))

    @property
    def values(self) -> list[Delivery]:
        return [d for d in self.deliveries if not d.topic.endswith("/status")]


class Passwords:
    async def authenticate(self, username: str | None, password: bytes | None) -> str | None:
        return username if password == f"secret of {username}".encode() else None


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
async def listener(sink: Sink) -> AsyncIterator[Listener]:
    limits = Limits(drain_timeout_s=2.0, linger_timeout_s=1.0)
    async with Listener("127.0.0.1", 0, sink, Passwords(), lambda: NOW, limits) as listener:
        yield listener


def _publisher(port: int, **options: object) -> Publisher:
    credentials = {enterprise: f"secret of {enterprise}" for enterprise in ENTERPRISES}
    return Publisher("127.0.0.1", port, credentials, versions=ENTERPRISES, **options)  # type: ignore[arg-type]


def _message(enterprise: str, number: int, qos: int = 1, size: int = 0) -> Message:
    payload = f"{number}".encode() + b" " * size
    return Message(enterprise, "gw-1", f"plantwatch/v1/{enterprise}/gw-1/readings", payload, qos, Tally(stored=2))


async def test_everything_is_acknowledged_in_order_over_both_versions_and_all_levels(
    listener: Listener, sink: Sink
) -> None:
    messages = [_message(e, n, qos=n % 3) for n in range(200) for e in ENTERPRISES] + [
        _message(e, 200) for e in ENTERPRISES
    ]
    async with _publisher(listener.port) as publisher:
        await publisher.publish(messages)
        for enterprise in ENTERPRISES:
            mine = [int(d.payload) for d in sink.values if d.enterprise == enterprise]
            assert mine == list(range(201))
        assert publisher.published_messages == 402
        assert publisher.published_values == 804
        assert publisher.resent_messages == 0


async def test_real_steps_pass(listener: Listener, sink: Sink) -> None:
    """Without a TCP door the frames of the data loggers come by MQTT."""
    story = Story()
    messages = [m for m in story.step(0).messages if m.enterprise in ENTERPRISES]
    async with _publisher(listener.port) as publisher:
        await publisher.publish(messages)
        assert publisher.messages_by_format == Counter(m.format for m in messages)
        # 4 * 60 + 3 * 6 of the stack, 2 * 4 each of two stations, 6 stated minutes and 3 stated figures of the hour
        assert publisher.values_by_format["hj212-2017"] == 283
    assert sorted(d.payload for d in sink.values) == sorted(m.payload for m in messages)
    assert {d.topic for d in sink.values if d.payload.startswith(b"##")} == {
        f"plantwatch/v1/yunhe-coking/cems-{outlet}/hj212" for outlet in ("s1", "c1", "p1")
    }


async def test_a_sparkplug_node_is_born_numbers_its_data_and_dies(listener: Listener, sink: Sink) -> None:
    story = Story()
    messages = [m for m in story.step(3).messages if m.format is Format.SPARKPLUG]
    async with _publisher(listener.port, dialects=story.dialects, clock=lambda: NOW) as publisher:
        await publisher.publish(messages)
    said = [d for d in sink.deliveries if d.topic.startswith("spBv1.0/")]
    assert [d.topic.split("/")[2] for d in said] == ["NBIRTH", *["DBIRTH"] * 3, *["DDATA"] * 3, "NDEATH"]
    assert [dict(fields(d.payload))[3] for d in said[:-1]] == list(range(7))
    assert [d.payload[: len(m.payload)] for d, m in zip(said[4:], messages, strict=False)] == [
        m.payload for m in messages
    ]
    assert not any(d.topic.endswith("/status") and d.enterprise == "heming-bdo" for d in sink.deliveries)


async def test_an_oversize_message_over_311_is_acknowledged_and_the_connection_lives(
    listener: Listener, sink: Sink
) -> None:
    async with _publisher(listener.port) as publisher:
        large = _message("yunhe-coking", 1, size=300 * 1024)
        await publisher.publish([large, _message("yunhe-coking", 2)])
        assert publisher.resent_messages == 0
    assert [d.oversize for d in sink.values] == [True, False]
    assert sink.values[0].payload_size == len(large.payload)


@pytest.mark.parametrize("outcome", [Outcome.REFUSED_PAYLOAD, Outcome.REFUSED_TOPIC, Outcome.REFUSED_TENANT])
async def test_a_refused_message_counts_as_answered(listener: Listener, sink: Sink, outcome: Outcome) -> None:
    sink.outcome, sink.rejects = outcome, b'{"items":1}'
    async with _publisher(listener.port) as publisher:
        await publisher.publish([_message(e, 1, qos=qos) for e in ENTERPRISES for qos in (1, 2)])
        assert (publisher.published_messages, publisher.resent_messages) == (4, 0)
        sink.outcome, sink.rejects = Outcome.STORED, None
        await publisher.publish([_message(e, 2) for e in ENTERPRISES])
    assert len(sink.values) == 6


async def test_gateways_say_that_they_come_and_go(listener: Listener, sink: Sink) -> None:
    async with _publisher(listener.port):
        pass
    said = sink.statuses or [(d.enterprise, d.payload == b"online") for d in sink.deliveries]
    for enterprise in ENTERPRISES:
        assert [online for e, online in said if e == enterprise][:2] == [True, False]


async def test_what_a_broken_connection_left_is_sent_again(sink: Sink) -> None:
    limits = Limits(drain_timeout_s=0.1, linger_timeout_s=0.1)
    async with AsyncExitStack() as stack:
        first = Listener("127.0.0.1", 0, sink, Passwords(), lambda: NOW, limits)
        await first.start()
        port = first.port
        publisher = await stack.enter_async_context(_publisher(port))
        sink.hold = asyncio.Event()  # nothing is acknowledged any more
        sending = asyncio.create_task(publisher.publish([_message("heming-bdo", n) for n in range(5)]))
        stopping = asyncio.create_task(first.stop())
        await stopping
        sink.hold.set()
        sink.hold = None
        second = Listener("127.0.0.1", port, sink, Passwords(), lambda: NOW, limits)
        await stack.enter_async_context(second)
        await sending
        assert publisher.published_messages == 5
        assert {int(d.payload) for d in sink.values} == set(range(5))
        assert publisher.resent_messages == 5
        assert publisher.resent_values == 10


async def test_a_wrong_password_fails(listener: Listener) -> None:
    publisher = Publisher("127.0.0.1", listener.port, {"yunhe-coking": "guess"}, attempts=2)
    with pytest.raises(PublishFailed, match="yunhe-coking"):
        await publisher.__aenter__()


async def test_nobody_publishes_without_credentials(listener: Listener) -> None:
    async with _publisher(listener.port) as publisher:
        with pytest.raises(KeyError, match="jinlu-steel"):
            await publisher.publish([_message("jinlu-steel", 1)])
