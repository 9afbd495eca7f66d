"""Rates: who sends too much waits in its own socket; nothing is lost, refused or reordered, nobody else waits.

Where a test shows that somebody waits, the rate is one that lets nothing more through for a quarter of an hour.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ingest.listener import Listener
from tests.integration.listener import wire311
from tests.integration.listener.conftest import Open, Start
from tests.integration.listener.support import READINGS, Raw, RecordingSink

Sample = Callable[..., float]

STANDSTILL = {"rate_burst_s": 2_000.0}
"""With 0.001 messages a second: two at once, one on credit, and then nothing for 1,000 seconds."""
ONE = {"max_messages_per_s": 0.001} | STANDSTILL
ALL = {"max_messages_per_s_per_enterprise": 0.001} | STANDSTILL


def messages(count: int, *, payload: bytes = b"%d", qos: int = 1) -> bytes:
    return b"".join(wire311.publish(READINGS, payload % n, qos=qos, packet_id=n) for n in range(1, count + 1))


async def turns(listener: Listener, connect311: Open) -> None:
    """The event loop turns, and a client of another enterprise is served."""
    other = await connect311(listener, "bystander", username="bystander")
    for _ in range(3):
        await other.silent()
    other.send(wire311.DISCONNECT)
    await other.ended()


@pytest.mark.parametrize(("limits", "by"), [(ONE, "connection"), (ALL, "enterprise")])
async def test_beyond_its_rate_a_connection_is_not_read(
    start: Start, connect311: Open, sink: RecordingSink, sample: Sample, limits: dict[str, float], by: str
) -> None:
    listener = await start(**limits)
    client = await connect311(listener)
    client.send(messages(10))
    await sink.received(3)
    await turns(listener, connect311)
    assert sink.payloads == [b"1", b"2", b"3"]
    assert [await client.packet() for _ in range(3)] == [wire311.acknowledge(0x40, n) for n in (1, 2, 3)]
    assert sample("throttled_total", by=by) == 1


@pytest.mark.parametrize(("rate", "count"), [(200, 60), (10_000, 3_000)])
@pytest.mark.parametrize("limit", ["max_messages_per_s", "max_messages_per_s_per_enterprise"])
async def test_what_waited_is_taken_later_all_of_it_and_in_order(
    start: Start, connect311: Open, sink: RecordingSink, sample: Sample, limit: str, rate: int, count: int
) -> None:
    client = await connect311(await start(**{limit: rate, "rate_burst_s": 0.02}))
    client.send(messages(count))
    await sink.received(count)
    assert sink.payloads == [b"%d" % n for n in range(1, count + 1)]
    for number in range(1, count + 1):
        assert await client.packet() == wire311.acknowledge(0x40, number)
    assert sample("throttled_total", by="connection" if limit == "max_messages_per_s" else "enterprise") >= 2
    await client.silent()


async def test_a_rate_and_a_full_sink_do_not_get_in_each_others_way(
    start: Start, connect311: Open, sink: RecordingSink
) -> None:
    client = await connect311(await start(max_messages_per_s=500, rate_burst_s=0.01, max_inflight=2))
    sink.held = True
    client.send(messages(60))
    for number in range(60):
        await sink.received(number + 1)
        sink.release(number)
    assert sink.payloads == [b"%d" % n for n in range(1, 61)]


@pytest.mark.parametrize("limit", ["max_bytes_per_s", "max_bytes_per_s_per_enterprise"])
async def test_bytes_count_too(start: Start, connect311: Open, sink: RecordingSink, sample: Sample, limit: str) -> None:
    """A single read of a hundred of the largest messages is a debt of a hundred seconds."""
    listener = await start(**{limit: 1_000, "rate_burst_s": 0.5}, max_payload_bytes=1_000, oversize_kept_bytes=100)
    client = await connect311(listener)
    client.send(messages(100, payload=b"%0900d"))
    await sink.received(1)
    client.send(wire311.publish(READINGS, b"later"))
    await turns(listener, connect311)
    assert b"later" not in sink.payloads
    assert sample("throttled_total", by="enterprise" if "enterprise" in limit else "connection") == 1


async def test_the_connections_of_an_enterprise_share_its_rate(
    start: Start, connect311: Open, sink: RecordingSink, sample: Sample
) -> None:
    listener = await start(**ALL)
    first, second = await connect311(listener, "a"), await connect311(listener, "b")
    other = await connect311(listener, "a", username="other")
    first.send(messages(3))
    await sink.received(3)
    second.send(messages(3))
    other.send(messages(3))
    await sink.received(6)
    await turns(listener, connect311)
    assert [delivery.enterprise for delivery in sink.deliveries] == ["ent"] * 3 + ["other"] * 3
    assert {delivery.client_id for delivery in sink.deliveries} == {"a"}


async def test_the_loudest_connection_of_an_enterprise_does_not_get_all_of_its_rate(
    start: Start, connect311: Open, sink: RecordingSink
) -> None:
    listener = await start(max_messages_per_s_per_enterprise=1_000, rate_burst_s=0.01)
    loud, quiet = await connect311(listener, "loud"), await connect311(listener, "quiet")
    loud.send(messages(1_000))
    await sink.received(5)
    quiet.send(messages(5))
    await sink.received(1_005)
    senders = [delivery.client_id for delivery in sink.deliveries]
    last_of_the_quiet = len(senders) - senders[::-1].index("quiet")
    assert senders.count("quiet") == 5
    assert senders[last_of_the_quiet:].count("loud") > 500, "it had its turn, long before the loud one was through"


@pytest.mark.parametrize("goodbye", [wire311.DISCONNECT, b"\x00\x00"], ids=["goodbye", "garbage"])
async def test_coming_back_does_not_wipe_out_a_debt(
    start: Start, connect311: Open, sink: RecordingSink, goodbye: bytes
) -> None:
    listener = await start(**ALL)
    client = await connect311(listener)
    client.send(messages(2, qos=0), goodbye)
    await client.ended()
    client = await connect311(listener)
    client.send(messages(3))
    await sink.received(3)
    await turns(listener, connect311)
    assert len(sink.deliveries) == 3


async def test_silence_is_no_fault_while_the_rate_keeps_us_from_reading(
    start: Start, connect311: Open, sink: RecordingSink, sample: Sample
) -> None:
    listener = await start(**ONE)
    waiting = await connect311(listener, "waiting", keep_alive_s=1)
    waiting.send(messages(4))
    await sink.received(3)
    idle = await connect311(listener, "idle", keep_alive_s=1)
    await idle.ended()  # by then the other one, which came earlier, has been silent as long
    assert sample("disconnects_total", reason="keep_alive_timeout") == 1
    assert len(sink.deliveries) == 3


async def test_a_stop_does_not_wait_for_a_rate(start: Start, connect311: Open, sink: RecordingSink) -> None:
    listener = await start(**ALL)
    client, queued = await connect311(listener, "a"), await connect311(listener, "b")
    client.send(messages(10))
    await sink.received(3)
    queued.send(messages(10))
    stopping = asyncio.create_task(listener.stop())
    answers = [await client.packet() for _ in range(4)]
    assert answers == [*(wire311.acknowledge(0x40, n) for n in (1, 2, 3)), b""]
    await queued.ended()
    for each in (client, queued):
        await each.close()
    await stopping
    assert len(sink.deliveries) == 3, "the rest was not acknowledged and is sent again"


async def test_a_connection_that_goes_away_while_it_queues_lets_the_next_one_on(
    start: Start, connect311: Open, sink: RecordingSink, sample: Sample
) -> None:
    listener = await start(max_messages_per_s_per_enterprise=2, rate_burst_s=0.5)
    clients: list[Raw] = [await connect311(listener, name) for name in ("a", "b", "c")]
    for client in clients:
        client.send(messages(2))
    await sink.received(2)
    clients[1].drop()
    while sample("disconnects_total", reason="connection_lost") < 1:
        await turns(listener, connect311)
    await sink.until(lambda: sum(delivery.client_id == "c" for delivery in sink.deliveries) == 2)


async def test_without_rates_nobody_waits(start: Start, connect311: Open, sink: RecordingSink, sample: Sample) -> None:
    off = dict.fromkeys(("max_messages_per_s", "max_bytes_per_s", "max_messages_per_s_per_enterprise"), None) | {
        "max_bytes_per_s_per_enterprise": 0
    }
    client = await connect311(await start(**off, rate_burst_s=1e-9))
    client.send(messages(5_000))
    await sink.received(5_000)
    assert sample("throttled_total", by="connection") == sample("throttled_total", by="enterprise") == 0
