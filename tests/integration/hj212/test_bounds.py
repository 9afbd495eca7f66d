"""What a peer can stretch is bounded: memory, connections, patience."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from ingest.decode.hj212_frames import BUFFER_BYTES, Frame
from ingest.hj212 import HjLimits, HjServer
from ingest.hj212.quiet import QuietLog
from tests.integration.hj212.conftest import Open, Sample, Start
from tests.integration.hj212.support import (
    MN,
    SIBLING,
    STRANGER,
    RecordingSink,
    Strays,
    acknowledgement,
    gone,
    upload,
)


async def test_beyond_the_window_the_socket_is_not_read(
    start: Start, known: Open, sink: RecordingSink, sample: Sample
) -> None:
    host = await start(max_inflight=3)
    sink.held = True
    logger = await known(host)
    logger.send(*(upload(number) for number in range(1, 11)))
    await sink.received(3)
    assert sample("pauses_total") == 1
    for number in range(1, 11):
        sink.release(number - 1)
        assert await logger.answer() == acknowledgement(number)
        await sink.received(min(number + 3, 10))
        assert len(sink.deliveries) == min(number + 3, 10)


async def test_the_window_counts_bytes_too(start: Start, known: Open, sink: RecordingSink) -> None:
    host = await start(max_inflight_bytes=len(upload(1)) + 1)
    sink.held = True
    logger = await known(host)
    logger.send(*(upload(number) for number in range(1, 5)))
    await sink.received(2)
    sink.release(0)
    assert await logger.answer() == acknowledgement(1)
    await sink.received(3)
    assert len(sink.deliveries) == 3


async def test_what_a_connection_holds_while_the_sink_is_stuck_is_bounded(
    start: Start, known: Open, sink: RecordingSink
) -> None:
    host = await start(max_inflight=1)
    sink.held = True
    logger = await known(host)
    logger.send(upload(1) * 200_000)  # 30 MB: far more than the kernel's buffers take
    await sink.received(1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await logger.writer.drain()
    (connection,) = host._connections
    held = sum(len(item.raw) for item in connection._items if isinstance(item, Frame))
    assert held + connection._reader.pending <= 2 * BUFFER_BYTES
    logger.drop()


async def test_an_endless_frame_is_given_up_and_the_next_is_found(
    host: HjServer, known: Open, sink: RecordingSink
) -> None:
    logger = await known(host)
    logger.send(b"##9999", b"QN=1;" * 100_000, upload(1))
    assert await logger.answer() == acknowledgement(1)
    await sink.until(lambda: sum(d.payload_size for d in sink.deliveries) == 500_006 + len(upload(1)))
    assert max(len(delivery.payload) for delivery in sink.deliveries) <= 4096


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n", b"##", b"##0001", b"\x16\x03\x01"])
async def test_garbage_without_any_frame_is_cut_off(
    host: HjServer, raw: Open, strays: Strays, sample: Sample, garbage: bytes
) -> None:
    logger = await raw(host)
    logger.send(garbage * 20_000)
    await logger.ended()
    await logger.close()
    await gone(host)
    assert sample("disconnects_total", reason="no_frame") == 1
    assert [(sender, len(payload), reason) for sender, payload, reason in strays.noted] == [("", 4096, "no_frame")]
    assert strays.sizes[0] > 4096


async def test_who_does_not_read_its_answers_is_dropped(
    start: Start, known: Open, sink: RecordingSink, sample: Sample
) -> None:
    host = await start(max_write_buffer_bytes=1)
    logger = await known(host)
    logger.reader._transport.pause_reading()  # type: ignore[attr-defined]
    heartbeats = b"".join(upload(number, cn="9015", cp="") for number in range(1_000))

    async def talk() -> None:
        while not logger.writer.is_closing():
            logger.send(heartbeats)
            await logger.writer.drain()

    with pytest.raises(ConnectionError):
        async with asyncio.timeout(60):
            await talk()
    await gone(host)
    assert sample("disconnects_total", reason="slow_peer") == 1


async def test_who_never_says_who_it_is_is_sent_away(start: Start, raw: Open, sample: Sample) -> None:
    host = await start(identify_timeout_s=0.02)
    logger = await raw(host)
    await logger.ended()
    assert sample("disconnects_total", reason="identify_timeout") == 1


async def test_a_silent_station_is_sent_away_and_noise_is_silence(
    start: Start, known: Open, sink: RecordingSink, sample: Sample
) -> None:
    host = await start(idle_timeout_s=0.1, linger_timeout_s=0.05)
    logger = await known(host)

    async def babble() -> None:
        while True:
            logger.send(b"noise", upload(1).replace(b"2011", b"2012"))  # the second has a wrong CRC
            await asyncio.sleep(0.01)

    babbling = asyncio.create_task(babble())
    await logger.ended()
    babbling.cancel()
    assert sample("disconnects_total", reason="idle") == 1
    await sink.until(lambda: ("coke-1", "cems-1", False) in sink.statuses)


async def test_silence_while_we_do_not_read_is_our_own(start: Start, known: Open, sink: RecordingSink) -> None:
    host = await start(idle_timeout_s=0.05, max_inflight=1)
    logger = await known(host)
    sink.held = True
    logger.send(upload(1), upload(2))
    await sink.received(1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await logger.reader.readline()
    sink.release()
    assert await logger.answer() == acknowledgement(1)


async def test_a_heartbeat_keeps_a_station(start: Start, known: Open, sample: Sample) -> None:
    host = await start(idle_timeout_s=0.3)
    logger = await known(host)
    loop = asyncio.get_running_loop()
    until = loop.time() + 1.0
    while loop.time() < until:
        await logger.silent()
    assert sample("disconnects_total", reason="idle") == 0


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"max_connections": 2}, "too_many_connections"),
        ({"max_unidentified": 2}, "too_many_unidentified"),
        ({"max_unidentified_per_address": 2}, "too_many_unidentified"),
    ],
)
async def test_connections_of_nobody_are_limited(
    start: Start, raw: Open, sample: Sample, limits: dict[str, Any], reason: str
) -> None:
    host = await start(**limits)
    first, second, third = [await raw(host) for _ in range(3)]
    await third.ended()
    assert sample("disconnects_total", reason=reason) == 1
    if reason == "too_many_unidentified":
        first.send(upload(1))
        assert await first.answer() == acknowledgement(1)
        fourth = await raw(host)
        fourth.send(upload(2))
        assert await fourth.answer() == acknowledgement(2), "who says who it is makes room"
    await second.close()


async def test_connections_of_an_enterprise_are_limited(
    start: Start, known: Open, raw: Open, strays: Strays, sample: Sample
) -> None:
    host = await start(max_connections_per_enterprise=1)
    await known(host)
    second = await raw(host)
    second.send(upload(1, mn=SIBLING))
    assert await second.answer() == acknowledgement(1, mn=SIBLING, cn="9011", cp="QnRtn=2")
    await second.ended()
    await strays.received(1)
    assert strays.reasons == [(SIBLING, "too_many_of_enterprise")]
    await known(host, mn=STRANGER)
    await known(host, mn=MN)  # takes over: not one more
    assert sample("stations") == 2


async def test_the_store_being_down_is_no_answer(
    host: HjServer, known: Open, sink: RecordingSink, sample: Sample
) -> None:
    logger = await known(host)
    sink.unavailable = True
    logger.send(upload(1))
    await logger.ended()
    assert sample("disconnects_total", reason="sink_unavailable") == 1
    assert sink.statuses == [("coke-1", "cems-1", True)], "the outage is ours: nobody is called gone"
    sink.unavailable = False
    again = await known(host)
    again.send(upload(1))
    assert await again.answer() == acknowledgement(1)


async def test_nothing_behind_a_failure_is_answered(host: HjServer, known: Open, sink: RecordingSink) -> None:
    sink.held = True
    logger = await known(host)
    logger.send(upload(1), upload(2))
    await sink.received(2)
    sink.unavailable = True
    sink.release(0)
    await logger.ended()
    sink.unavailable = False
    sink.release(1)


async def test_a_defect_of_the_sink_is_no_answer_either(
    host: HjServer, known: Open, sink: RecordingSink, sample: Sample
) -> None:
    logger = await known(host)
    sink.broken = True
    logger.send(upload(1))
    await logger.ended()
    assert sample("disconnects_total", reason="internal_error") == 1


@pytest.mark.parametrize("name", ["max_inflight", "idle_timeout_s"])
def test_a_limit_is_positive(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        HjLimits(**{name: 0})


def test_log_lines_that_peers_cause_are_few(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    log = QuietLog(logging.getLogger("door"), lambda: now, a_minute=2)
    with caplog.at_level(logging.INFO):
        for _ in range(5):
            log.say(logging.INFO, "refused", {"peer": "p"})
        log.say(logging.INFO, "another", {})
        now = 60.0
        log.say(logging.INFO, "refused", {"peer": "p"})
    assert [(r.getMessage(), getattr(r, "left_out", None)) for r in caplog.records] == [
        ("refused", None),
        ("refused", None),
        ("another", None),
        ("refused", 3),
    ]
