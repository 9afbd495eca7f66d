"""Stopping: what is at the sink is answered, nobody comes in, and a stuck sink cannot hold us for ever."""

from __future__ import annotations

import asyncio

import pytest

from ingest.hj212 import HjServer
from tests.integration.hj212.conftest import Open, Sample, Start
from tests.integration.hj212.support import (
    NOW,
    Logger,
    RecordingSink,
    Stations,
    Strays,
    acknowledgement,
    upload,
)


async def test_what_is_at_the_sink_is_answered_before_the_end(start: Start, known: Open, sink: RecordingSink) -> None:
    host = await start(max_inflight=2)
    sink.held = True
    logger = await known(host)
    logger.send(upload(1), upload(2), upload(3))
    await sink.received(2)
    port = host.port
    stopping = asyncio.create_task(host.stop())
    await asyncio.sleep(0)  # the task begins
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await Logger.open(port)
    assert not stopping.done()
    sink.release()
    assert [await logger.answer(), await logger.answer()] == [acknowledgement(1), acknowledgement(2)]
    await logger.ended()
    await logger.close()
    await stopping
    assert len(sink.deliveries) == 2, "the third is left to be sent again"
    assert sink.statuses == [("coke-1", "cems-1", True)], "stopping calls nobody gone"


async def test_a_stuck_sink_does_not_hold_the_stop(
    start: Start, known: Open, sink: RecordingSink, sample: Sample
) -> None:
    host = await start(drain_timeout_s=0.05)
    sink.held = True
    logger = await known(host)
    logger.send(upload(1))
    await sink.received(1)
    await host.stop()
    await logger.ended()
    assert sample("connections") == 0


async def test_who_has_not_said_who_it_is_is_closed(host: HjServer, raw: Open, stations: Stations) -> None:
    stations.gate = asyncio.Event()
    silent, waiting = await raw(host), await raw(host)
    waiting.send(upload(1))
    await stations.until_asked()
    stopping = asyncio.create_task(host.stop())
    for logger in (silent, waiting):
        await logger.ended()
        await logger.close()
    await stopping


async def test_stopping_waits_until_strays_and_statuses_are_recorded(
    host: HjServer, known: Open, raw: Open, sink: RecordingSink, strays: Strays
) -> None:
    gone = await known(host)
    sink.status_gate = gate = asyncio.Event()
    await gone.close()
    stray = await raw(host)
    stray.send(upload(1, mn="0" * 24))
    await stray.answer()
    await stray.close()
    stopping = asyncio.create_task(host.stop())
    await sink.until(lambda: sink.status_gate is None)
    assert not stopping.done()
    gate.set()
    await stopping
    assert sink.statuses[-1] == ("coke-1", "cems-1", False)
    assert len(strays.noted) == 1


async def test_stopping_twice_or_before_the_start_does_nothing(host: HjServer) -> None:
    await host.stop()
    await host.stop()
    with pytest.raises(RuntimeError, match="not started"):
        _ = host.port


async def test_several_processes_may_share_a_port(sink: RecordingSink, stations: Stations, strays: Strays) -> None:
    def another(port: int, reuse_port: bool) -> HjServer:
        return HjServer("127.0.0.1", port, sink, stations, strays, lambda: NOW, reuse_port=reuse_port)

    async with another(0, True) as first, another(first.port, True) as second:
        assert first.port == second.port
        loggers = [await Logger.open(first.port) for _ in range(8)]
        for number, logger in enumerate(loggers):
            logger.send(upload(number))
            assert await logger.answer() == acknowledgement(number)
            await logger.close()
        with pytest.raises(OSError, match="in use"):
            await another(first.port, False).start()
