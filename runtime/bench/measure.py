"""One measurement each: load through a door, a bare COPY, the loop by hand, and the publishers against nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from runtime.bench.broker import broker
from runtime.bench.children import BenchFailed, Child, Cost, child, family
from runtime.bench.fleet import Sender, load
from runtime.bench.frames import PASSWORD_LENGTH
from runtime.bench.stage import Stage, ingest_services

Figures = dict[str, Any]

#: Values/s for which messages are encoded ahead; nobody is faster on the machines this is for.
_MOST_VALUES_PER_S = 600_000
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: by whom, for how long, how many messages unanswered a connection, and at which rate (None: as fast
    as the windows allow)."""

    senders: Sequence[Sender]
    seconds: float
    window: int
    rate: float | None = None
    format: str = "json"
    processes: int = 1

    @property
    def values(self) -> int:
        """Values per message."""
        return len(self.senders[0].codes)

    @property
    def messages(self) -> int:
        """Messages that are encoded for each connection."""
        per_s = self.rate * 1.2 if self.rate else _MOST_VALUES_PER_S / (self.values if self.values > 1 else 2)
        return int(per_s * self.seconds / len(self.senders)) + self.window

    def tasks(self, *, port: int, password: str, first_ms: int) -> list[dict[str, Any]]:
        """The work of each publisher process."""
        common = {
            "port": port,
            "password": password[:PASSWORD_LENGTH] if self.format == "hj212" else password,
            "first_ms": first_ms,
            "messages": self.messages,
            "seconds": self.seconds,
            "window": self.window,
            "rate": None if self.rate is None else self.rate / self.processes,
            "format": self.format,
        }
        shares = [self.senders[number :: self.processes] for number in range(self.processes)]
        return [
            {**common, "seed": 1_000_000 * number, "senders": [asdict(sender) for sender in share]}
            for number, share in enumerate(shares)
        ]


async def through_listener(stage: Stage, work: Load, *, workers: int = 1) -> Figures:
    """Publishers -> `plantwatch ingest` -> PostgreSQL; over by the last PUBACK, which means stored."""
    async with ingest_services(stage.embedded, workers) as (ports, pids):
        return await _through(stage, work, ports["mqtt_port"], pids, acknowledged_is_stored=True)


async def through_hj212(stage: Stage, work: Load) -> Figures:
    """The same over the HJ 212 door: TCP, every frame answered after the commit."""
    async with ingest_services(stage.embedded, 1, {"HJ212_PORT": "0"}) as (ports, pids):
        if "hj212_port" not in ports:
            raise BenchFailed("`plantwatch ingest` serves no HJ 212 door")
        return await _through(stage, work, ports["hj212_port"], pids, acknowledged_is_stored=True)


async def through_broker(stage: Stage, work: Load) -> Figures:
    """Publishers -> Mosquitto -> `plantwatch ingest` as its subscriber -> PostgreSQL; over when the books have it all,
    for a broker acknowledges before anything is stored."""
    async with broker() as mosquitto:
        settings = {"BROKER_URL": f"mqtt://bench:{stage.password}@127.0.0.1:{mosquitto.port}"}
        async with ingest_services(stage.embedded, 1, settings) as (_, pids):
            await mosquitto.subscribed()
            more = {"broker": lambda: [mosquitto.pid]}
            return await _through(stage, work, mosquitto.port, pids, acknowledged_is_stored=False, more=more)


async def _through(
    stage: Stage,
    work: Load,
    port: int,
    pids: list[int],
    *,
    acknowledged_is_stored: bool,
    more: Mapping[str, Callable[[], list[int]]] | None = None,
) -> Figures:
    first_ms = await stage.reserve(work.messages)
    before = await stage.books()
    async with AsyncExitStack() as stack:
        publishers = [
            await stack.enter_async_context(child("publishers", task))
            for task in work.tasks(port=port, password=stage.password, first_ms=first_ms)
        ]
        groups = {
            "ingest": lambda: pids,
            "postgres": lambda: family(stage.embedded.server.pid),
            "publishers": lambda: [publisher.pid for publisher in publishers],
            **(more or {}),
        }
        loop = asyncio.get_running_loop()
        async with Cost(groups) as cost:
            began = loop.time()
            results = await _together(publishers)
            values = sum(result["messages"] for result in results) * work.values
            seconds = max(result["seconds"] for result in results)
            if not acknowledged_is_stored:
                await stage.stored(before["received"] + values)
                seconds = loop.time() - began
    roll_up_s = await stage.rolled_up()
    distinct = sum(result["instants"] for result in results) * work.values
    await _check(stage, before, values, distinct)
    figures = _figures(results, values, distinct, seconds, cost)
    figures["roll_up_behind_s"] = None if roll_up_s is None else round(roll_up_s, 2)
    if acknowledged_is_stored:
        latency = np.concatenate([np.array(result["latency_ms"]) for result in results])
        figures |= {f"puback_p{q}_ms": round(float(np.percentile(latency, q)), 1) for q in (50, 99)}
    return figures


async def _together(publishers: Sequence[Child]) -> list[dict[str, Any]]:
    for publisher in publishers:
        publisher.go()
    results = await asyncio.gather(*(publisher.result() for publisher in publishers))
    if any(result["messages"] == 0 for result in results):
        raise BenchFailed("nothing was acknowledged")
    return results


def _figures(results: list[dict[str, Any]], values: int, distinct: int, seconds: float, cost: Cost) -> Figures:
    return {
        "values_per_s": round(values / seconds),
        "stored_values_per_s": round(distinct / seconds),
        "messages_per_s": round(sum(result["messages"] for result in results) / seconds),
        "seconds": round(seconds, 2),
        "cpu_us_per_value": {name: round(spent / values * 1e6, 2) for name, spent in cost.cpu_s.items()},
        "peak_pss_mib": {name: round(size / _MIB) for name, size in cost.peak_pss.items()},
        "publishers_ran_out": any(result["ran_out"] for result in results),
    }


async def _check(stage: Stage, before: dict[str, int], values: int, distinct: int) -> None:
    """The books must say what the publishers did, or the speed is that of losing data."""
    after = await stage.books()
    gained = {fate: after[fate] - before[fate] for fate in after}
    wanted = {
        "received": values, "stored": distinct, "duplicates": values - distinct, "corrections": 0, "refused": 0
    }  # fmt: skip
    if gained != wanted:
        raise BenchFailed(f"the books do not agree with the publishers: {gained}, expected {wanted}")


async def bare_copy(stage: Stage, rows: int, *, connections: int, batch: int = 5_000) -> Figures:
    """The same number of rows, of the same points and the same spacing, from arrays into the same table."""
    instants = max(1, rows // len(stage.point_ids))
    task = {
        "url": stage.embedded.url,
        "point_ids": stage.point_ids,
        "first_ms": await stage.reserve(instants),
        "instants": instants,
        "connections": connections,
        "rows": batch,
    }
    async with (
        child("ceiling", task) as copier,
        Cost({"copy": lambda: [copier.pid], "postgres": lambda: family(stage.embedded.server.pid)}) as cost,
    ):
        copier.go()
        result = await copier.result()
    stored = result["rows"]
    return {
        "values_per_s": round(stored / result["seconds"]),
        "rows": stored,
        "cpu_us_per_value": {name: round(spent / stored * 1e6, 2) for name, spent in cost.cpu_s.items()},
    }


async def by_hand(stage: Stage, senders: Sequence[Sender], seconds: float) -> Figures:
    """The loop that people write, behind a broker that holds more than it can take."""
    work = Load(senders, 60.0, 1_000, rate=None)
    messages = int(seconds * 1_000 / len(senders)) + 10
    first_ms = await stage.reserve(messages)
    async with broker() as mosquitto:
        port = mosquitto.port
        task = {"url": stage.embedded.url, "port": port, "points": stage.points, "seconds": seconds}
        async with child("naive", task) as loop:
            (push,) = work.tasks(port=port, password=stage.password, first_ms=first_ms)
            async with child("publishers", {**push, "messages": messages}) as publisher:
                loop.go()
                publisher.go()
                await publisher.result()
                result = await loop.result()
    return {"values_per_s": round(result["values"] / result["seconds"])}


async def to_nobody(stage: Stage, work: Load) -> Figures:
    """The publishers against a server that only answers: they must be far faster than what they measure."""
    sizes = [load(sender, first_ms=0, messages=1, seed=0).packets.shape[1] for sender in work.senders]
    async with child("nullsink", {"sizes": sizes}) as sink:
        sink.go()
        port = (await sink.result())["port"]
        (task,) = work.tasks(port=port, password=stage.password, first_ms=0)
        async with child("publishers", task) as publisher:
            (result,) = await _together([publisher])
    values = result["messages"] * work.values
    return {
        "values_per_s": round(values / result["seconds"]),
        "messages_per_s": round(result["messages"] / result["seconds"]),
        "cpu_us_per_value": {"publishers": round(result["cpu_s"] / values * 1e6, 3)},
    }
