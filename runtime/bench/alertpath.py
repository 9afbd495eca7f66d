"""How long from a reading being stored to a message at somebody's channel, with a city's readings coming in beside it.

Everything runs as a user runs it: `plantwatch ingest`, `rules` and `alerts` as processes, MQTT in, webhook out. What is
timed is an hour of minute values that breaks a limit, reported late: from its PUBACK, which means stored, to the
request that names its alert. Each plant has a duty team of its own, so that nobody is flooded and nothing waits for a
digest.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from domain.periods import local_day
from ingest.passwords import hash_password
from runtime.bench.children import BenchFailed
from runtime.bench.stage import services
from runtime.clock import system_clock
from runtime.databases import Embedded
from runtime.site import apply_site
from runtime.sitefile import load_site
from simulators.messages import Message, Tally
from simulators.publish import Publisher
from simulators.wire import Sample, TimeStyle, readings, topic
from storage.credentials import set_password_hash
from storage.database import Database, fetch_all

Figures = dict[str, Any]

_GATEWAY = "gw-1"
_LIMIT_MG_M3 = 30.0
_MINUTES = 60
#: An hour that closed so long ago is judged at once when its readings come, and somebody is still told.
_HOURS_AGO = 6
#: Nothing that is slower is waited for: the bench fails instead.
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class PathPlan:
    """plants, and stacks of each, which break their limit once. readings_per_s: in all, the broken hours among them.

    A stack is also told of once for want of data before: a team must have less than a flood of both together.
    """

    plants: int = 50
    stacks: int = 4
    meters: int = 20
    seconds: int = 80
    readings_per_s: int = 1_000


@dataclass(slots=True)
class Heard:
    """When the channel first heard of each alert subject, in seconds since 1970."""

    first: dict[str, float] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, subject: str, at: float) -> None:
        self.first.setdefault(subject, at)
        self._news.set()

    async def all_of(self, wanted: set[str]) -> None:
        """Wait until all of them were heard of."""
        while not wanted <= self.first.keys():
            self._news.clear()
            await self._news.wait()


def _enterprise(number: int) -> str:
    return f"bench-{number:02d}"


def _site(plan: PathPlan, since: str) -> Iterator[str]:
    yield '[city]\ncode = "bench"\nname = "试验市"\n[[district]]\ncode = "bench"\nname = "试验区"\n'
    for number in range(plan.plants):
        code = _enterprise(number)
        yield (
            f'[[enterprise]]\ncode = "{code}"\nname = "试验{number:02d}号焦化"\ndistrict = "bench"\n'
            f'industry = "coking"\nis_industrial = true\nregistered_from = {since}\n'
        )
        yield (
            f'[[person]]\ncode = "{code}"\nname = "值班员{number:02d}"\n'
            f'[[team]]\ncode = "{code}"\nname = "试验{number:02d}号值班组"\nchannels = ["webhook"]\n'
            f'[[route]]\ncode = "{code}"\nposition = {number}\nteam = "{code}"\n'
            f'matchers = [{{ label = "enterprise", value = "{code}" }}]\n'
        )
        for stack in range(plan.stacks):
            yield (
                f'[[outlet]]\nenterprise = "{code}"\ncode = "S{stack}"\nname = "{stack}号烟囱"\n'
                f'process = "coke_oven_stack"\nin_service_from = {since}\n'
            )
            yield _point(code, f"S{stack}-so2", "so2", "mg/m3", since, f'outlet = "S{stack}"\n')
            yield (
                f'[[limit]]\nenterprise = "{code}"\noutlet = "S{stack}"\nquantity = "so2"\nkind = "legal"\n'
                f'averaging = "hour"\nvalue = {_LIMIT_MG_M3}\nunit = "mg/m3"\nstandard = "试验"\nclause = "试验"\n'
                f'source = "试验"\nstatus = "permit"\nenabled = true\nvalid_from = {since}\nreason = "试验"\n'
            )
        for meter in range(plan.meters):
            yield _point(code, f"M{meter}", "bench", "1", since, "")


def _point(enterprise: str, code: str, quantity: str, unit: str, since: str, more: str) -> str:
    return (
        f'[[point]]\nenterprise = "{enterprise}"\ncode = "{code}"\nname = "{code}"\nkind = "instantaneous"\n'
        f'quantity = "{quantity}"\nunit = "{unit}"\ninterval_s = 60\nin_service_from = {since}\n{more}'
    )


async def measure_path(embedded: Embedded, plan: PathPlan) -> Figures:
    """Latencies in seconds, whole and by stage. Raises BenchFailed when an alert or its message does not come."""
    hour = system_clock().replace(minute=0, second=0, microsecond=0) - timedelta(hours=_HOURS_AGO)
    password = secrets.token_hex(12)
    await _register(embedded, plan, hour, password)
    async with (
        _channel() as (url, received),
        services(
            embedded, ("ingest", "rules", "alerts"), {"WEBHOOK_URL": url, "POLL_SECONDS": "2", "LOG_LEVEL": "ERROR"}
        ) as ports,
    ):
        stored = await _send(plan, ports["mqtt_port"], hour, password)
        await _all_received(set(stored), received)
    async with Database(embedded.url, name="plantwatch bench") as database:
        stages = await _stages(database, stored, received)
    whole = [received.first[subject] - at for subject, at in stored.items()]
    return {
        "alerts": len(whole),
        "readings_per_s": plan.readings_per_s,
        "e2e_p50_s": _percentile(whole, 50),
        "e2e_p99_s": _percentile(whole, 99),
        "e2e_max_s": round(max(whole), 3),
        "breakdown": {
            name: {"p50_s": _percentile(seconds, 50), "p99_s": _percentile(seconds, 99)}
            for name, seconds in stages.items()
        },
    }


def _percentile(seconds: Sequence[float], q: int) -> float:
    return round(float(np.percentile(seconds, q)), 3)


async def _register(embedded: Embedded, plan: PathPlan, hour: datetime, password: str) -> None:
    since = local_day(hour - timedelta(days=2)).isoformat()
    async with Database(embedded.url, name="plantwatch bench") as database:
        with tempfile.TemporaryDirectory(prefix="plantwatch-bench-") as folder:
            file = Path(folder) / "site.toml"
            file.write_text("".join(_site(plan, since)), "utf-8")
            await apply_site(database, load_site(file), system_clock)
        hashed = hash_password(password)
        async with database.transaction() as connection:
            for number in range(plan.plants):
                await set_password_hash(connection, _enterprise(number), hashed, system_clock())


async def _send(plan: PathPlan, port: int, hour: datetime, password: str) -> dict[str, float]:
    """Send for so many seconds, at the pace; when each broken hour was acknowledged, by alert subject."""
    credentials = {_enterprise(number): password for number in range(plan.plants)}
    stored: dict[str, float] = {}
    queue = [(number, stack) for stack in range(plan.stacks) for number in range(plan.plants)]
    per_second = -(-len(queue) // plan.seconds)
    meters = max(0, plan.readings_per_s - per_second * _MINUTES)
    async with Publisher("127.0.0.1", port, credentials) as publisher, asyncio.TaskGroup() as group:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for second in range(plan.seconds):
            now = system_clock()
            group.create_task(publisher.publish(_ordinary(plan, meters, now)))
            for number, stack in queue[second * per_second : (second + 1) * per_second]:
                group.create_task(_break_limit(publisher, number, stack, hour, stored))
            await asyncio.sleep(max(0.0, began + second + 1 - loop.time()))
    return stored


def _ordinary(plan: PathPlan, values: int, now: datetime) -> Iterator[Message]:
    """One sample of many meters at an instant, a message a plant."""
    each = min(plan.meters, -(-values // plan.plants))
    for number in range(plan.plants):
        sample: Sample = (now, {f"M{meter}": 20.0 + meter for meter in range(each)}, {})
        yield _message(_enterprise(number), [sample], each)


async def _break_limit(publisher: Publisher, number: int, stack: int, hour: datetime, stored: dict[str, float]) -> None:
    enterprise = _enterprise(number)
    minutes: list[Sample] = [
        (hour + timedelta(minutes=m), {f"S{stack}-so2": _LIMIT_MG_M3 + 12.5}, {}) for m in range(_MINUTES)
    ]
    await publisher.publish([_message(enterprise, minutes, _MINUTES)])
    stored[f"pollutant:{enterprise}/S{stack}/so2"] = system_clock().timestamp()


def _message(enterprise: str, samples: list[Sample], values: int) -> Message:
    payload = readings(samples, TimeStyle.MILLISECONDS)
    return Message(enterprise, _GATEWAY, topic(enterprise, _GATEWAY, "readings"), payload, 1, Tally(stored=values))


@asynccontextmanager
async def _channel() -> AsyncIterator[tuple[str, Heard]]:
    """A receiver on loopback: its address, and when it first heard of each alert subject."""
    received = Heard()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                length = int(head.split("content-length:")[1].split("\r\n")[0])
                body = json.loads(await reader.readexactly(length))
                now = system_clock().timestamp()
                for alert in body["alerts"]:
                    # a stack that has sent nothing since it was registered is told too, for want of data
                    if alert["rule"] == "legal.hourly" and alert["condition"] == "violation":
                        received.hear(alert["subject"], now)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=16 * 1024 * 1024)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/", received


async def _all_received(wanted: set[str], received: Heard) -> None:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await received.all_of(wanted)
    except TimeoutError as error:
        missing = sorted(wanted - received.first.keys())
        raise BenchFailed(f"no message about {len(missing)} of {len(wanted)} alerts, such as {missing[:3]}") from error


async def _stages(database: Database, stored: dict[str, float], received: Heard) -> dict[str, list[float]]:
    """Seconds of each stage; the services share the machine's clock.

    Raises BenchFailed when the database knows of other alerts than the channel heard of.
    """
    async with database.transaction() as connection:
        rows = await fetch_all(
            connection,
            """select a.subject, f.computed_at, a.detected_at, a.notified_at
               from alert a join finding f using (finding_id)
               where a.rule_id = 'legal.hourly' and a.condition = 'violation' and a.notified_at is not null""",
        )
    if sorted(row["subject"] for row in rows) != sorted(stored):
        raise BenchFailed(f"{len(stored)} alerts were told, the database knows of {len(rows)} that were")
    stages: dict[str, list[float]] = {name: [] for name in ("roll_up_and_rules", "alerts", "dispatch", "outbox")}
    for row in rows:
        subject = row["subject"]
        instants = [
            stored[subject], row["computed_at"].timestamp(), row["detected_at"].timestamp(),
            row["notified_at"].timestamp(), received.first[subject],
        ]  # fmt: skip
        for name, (earlier, later) in zip(stages, pairwise(instants), strict=True):
            stages[name].append(later - earlier)
    return stages
