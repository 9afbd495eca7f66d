"""Turns at an enterprise's rate, and connections that pay late but pay. Rates here give nothing for 1,000 seconds,
or little enough that the order of turns shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from prometheus_client import CollectorRegistry

from ingest.listener.limits import Limits
from ingest.listener.metrics import ListenerMetrics
from ingest.listener.pace import Pace, Paces, Turnstile
from ingest.listener.rate import UNLIMITED, Allowance


def standstill() -> Allowance:
    """Two messages, one on credit, and no more."""
    return Allowance(0.001, None, 2_000.0)


def pace(own: Allowance | None, shared: Turnstile | None, *, unasked: bool) -> Pace:
    return Pace(own, shared, lambda: None, ListenerMetrics(CollectorRegistry()), unasked=unasked)


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_who_queues_gets_turns_in_order_and_one_at_a_time() -> None:
    turnstile, order, done = Turnstile(Allowance(10_000, None, 0.01)), [], asyncio.Event()
    turns: dict[str, Callable[[], None]] = {}

    def turn(name: str) -> None:
        order.append(name)
        turnstile.allowance.spend(500, 0, now())
        if len(order) == 9:
            done.set()
        else:
            turnstile.queue(turns[name])

    turnstile.allowance.spend(500, 0, now())
    for name in "abc":
        turns[name] = lambda name=name: turn(name)  # type: ignore[misc]
        turnstile.queue(turns[name])
    async with asyncio.timeout(20):
        await done.wait()
    assert "".join(order) == "abcabcabc"


async def test_who_has_gone_gets_no_turn() -> None:
    turnstile, order, done = Turnstile(Allowance(1_000, None, 0.01)), [], asyncio.Event()
    turnstile.allowance.spend(20, 0, now())
    first: Callable[[], None] = lambda: order.append("first")  # noqa: E731
    turnstile.queue(first)
    turnstile.queue(done.set)
    turnstile.forget(first)
    async with asyncio.timeout(20):
        await done.wait()
    assert order == []


async def test_a_few_messages_are_paid_late_but_at_the_end_at_the_latest() -> None:
    allowance = standstill()
    connection = pace(allowance, None, unasked=True)
    assert connection.room() == 3, "the first time it asks"
    connection.spend(0, 40_000)
    assert connection.room() == UNLIMITED
    assert connection.spend(2, 100)
    assert allowance.room(now()) == 3
    connection.close()
    assert allowance.room(now()) == 1


async def test_what_was_taken_unasked_is_waited_for() -> None:
    allowance = standstill()
    connection = pace(allowance, None, unasked=True)
    connection.spend(0, 40_000)
    assert not connection.spend(1_000, 0)
    assert connection.room() == 0
    assert 900_000 < allowance.wait_s(now()) < 1_000_000
    connection.close()


async def test_where_rates_are_low_every_message_is_asked_for() -> None:
    connection = pace(standstill(), None, unasked=False)
    assert [connection.room(), connection.spend(1, 10), connection.room()] == [3, True, 2]
    assert [connection.spend(1, 10), connection.room(), connection.spend(1, 10)] == [True, 1, False]
    assert connection.room() == 0
    connection.close()


async def test_a_new_connection_of_an_enterprise_in_debt_takes_nothing_unasked() -> None:
    limits = Limits(max_messages_per_s=None, max_bytes_per_s=None, max_messages_per_s_per_enterprise=10_000)
    paces = Paces(limits, ListenerMetrics(CollectorRegistry()))
    first = paces.of("ent", lambda: None)
    assert first is not None
    first.spend(100_000_000, 0)
    first.close()
    second, other = paces.of("ent", lambda: None), paces.of("other", lambda: None)
    assert second is not None
    assert other is not None
    assert second.room() == 0
    assert other.room() > 0
    second.close()


async def test_without_rates_there_is_no_pace() -> None:
    off = dict.fromkeys(("max_messages_per_s", "max_bytes_per_s", "max_messages_per_s_per_enterprise"))
    limits = Limits(**off, max_bytes_per_s_per_enterprise=0)  # type: ignore[arg-type]
    assert Paces(limits, ListenerMetrics(CollectorRegistry())).of("ent", lambda: None) is None
