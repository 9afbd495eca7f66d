"""Where a bench plays: an embedded PostgreSQL with durable commits, a registered fleet, services as a user has them."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.readings import from_us, to_us
from ingest.passwords import hash_password
from runtime.bench.children import BenchFailed
from runtime.bench.fleet import STEP_MS, Fleet
from runtime.bench.frames import PASSWORD_LENGTH
from runtime.clock import system_clock
from runtime.databases import Embedded
from runtime.settings import PREFIX
from runtime.site import apply_site
from runtime.supervisor import Supervisor
from storage.credentials import set_password_hash
from storage.database import Database, fetch_all
from storage.hourly import count_dirty_hours
from storage.listing.accounting import list_accounting
from storage.points import load_register
from storage.readings import ensure_partition
from storage.stations import set_station_password

_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_FATES = ("received", "stored", "duplicates", "corrections", "refused")
_MONTH = timedelta(days=28)
_POLL_S = 0.02
#: Books that have not grown for so long will not.
_STALL_S = 10.0


@dataclass(slots=True)
class Stage:
    """What every measurement needs. next_ms: the first instant that no row has yet, far enough in the past."""

    embedded: Embedded
    database: Database
    fleet: Fleet
    password: str
    points: dict[str, dict[str, int]]
    next_ms: int
    settle_s: float
    """How long the roll-up may take after a measurement, so that it does not burden the next one."""
    server: dict[str, str] = field(default_factory=dict)

    @property
    def point_ids(self) -> list[int]:
        return sorted(point_id for points in self.points.values() for point_id in points.values())

    async def reserve(self, instants: int) -> int:
        """Room for so many further instants of every point; the first of them in milliseconds since 1970."""
        first_ms = self.next_ms
        self.next_ms += instants * STEP_MS
        at, end = from_us(first_ms * 1000), from_us(self.next_ms * 1000)
        if end > system_clock():
            raise BenchFailed("the bench ran out of past: fewer seconds, rounds or rows of history, please")
        while at < end + _MONTH:
            async with self.database.transaction() as connection:
                await ensure_partition(connection, at)
            at += _MONTH
        return first_ms

    async def books(self) -> dict[str, int]:
        """Items by fate, of all enterprises and days."""
        async with self.database.transaction() as connection:
            rows = await list_accounting(
                connection, enterprise_id=None, from_day=None, to_day=None, after=None, limit=100_000
            )
        return {fate: sum(int(row[fate]) for row in rows) for fate in _FATES}

    async def rolled_up(self) -> float | None:
        """Wait until the roll-up has done everything; the seconds that took, None when the time was not enough."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() - began < self.settle_s:
            async with self.database.transaction() as connection:
                if await count_dirty_hours(connection) == 0:
                    return loop.time() - began
            await asyncio.sleep(_POLL_S)
        return None

    async def stored(self, items: int) -> None:
        """Wait until the books have so many items received. Raises BenchFailed when they stop growing before."""
        loop = asyncio.get_running_loop()
        received, grown = 0, loop.time()
        while received < items:
            found = (await self.books())["received"]
            if found > received:
                received, grown = found, loop.time()
            elif loop.time() - grown > _STALL_S:
                raise BenchFailed(f"of {items} items only {received} were accounted for")
            await asyncio.sleep(_POLL_S)


@asynccontextmanager
async def stage(embedded: Embedded, fleet: Fleet, past: timedelta, settle_s: float) -> AsyncIterator[Stage]:
    """Register the fleet, and see that commits are durable. past: how long ago the first instant is."""
    async with Database(embedded.url, name="plantwatch bench") as database:
        server = await _server(database)
        await apply_site(database, fleet.register(), system_clock)
        password = secrets.token_hex(12)
        hashed = hash_password(password)
        points = {}
        for number in range(fleet.enterprises):
            enterprise = fleet.enterprise(number)
            async with database.transaction() as connection:
                await set_password_hash(connection, enterprise, hashed, system_clock())
                register = await load_register(connection, enterprise)
            if register is None:
                raise BenchFailed("the bench's own register was not applied")
            points[enterprise] = {point.code: point.point_id for point in register.points}
        await _let_stations_in(database, fleet, hash_password(password[:PASSWORD_LENGTH]))
        yield Stage(embedded, database, fleet, password, points, _first_ms(system_clock() - past), settle_s, server)


async def _let_stations_in(database: Database, fleet: Fleet, hashed: str) -> None:
    async with database.transaction() as connection:
        for (number,) in fleet.register()["station"]:
            await set_station_password(connection, number, hashed, system_clock())


def _first_ms(at: datetime) -> int:
    return to_us(at.replace(minute=0, second=0, microsecond=0)) // 1000


async def _server(database: Database) -> dict[str, str]:
    """Version and durability. Raises BenchFailed when a commit would not survive a power cut."""
    found = {}
    async with database.transaction() as connection:
        for name in ("server_version", *_DURABLE, "shared_buffers", "wal_sync_method"):
            (row,) = await fetch_all(connection, f"show {name}")
            found[name] = str(row[name])
    if any(found[name] != value for name, value in _DURABLE.items()):
        raise BenchFailed(f"commits are not durable here: {found}")
    return found


@asynccontextmanager
async def services(
    embedded: Embedded, names: Sequence[str], settings: Mapping[str, str] | None = None
) -> AsyncIterator[dict[str, int]]:
    """Run services of the platform, one process each, until the block ends; gives the ports they serve."""
    async with Supervisor(_environ(embedded, settings)) as supervisor:
        ports: dict[str, int] = {}
        for name in names:
            ports |= await supervisor.start(name)
        yield ports
        if supervisor.restarts:
            raise BenchFailed(f"a process died: {', '.join(supervisor.restarts)}")


def _environ(embedded: Embedded, settings: Mapping[str, str] | None) -> dict[str, str]:
    """Of a service: nothing of the caller's own settings, free ports, few words."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    wanted = {
        "DATABASE_URL": embedded.url,
        "MQTT_PORT": "0",
        "API_PORT": "0",
        "INGEST_METRICS_PORT": "0",
        "RULES_METRICS_PORT": "0",
        "ALERTS_METRICS_PORT": "0",
        "LOG_LEVEL": "WARNING",
        **(settings or {}),
    }
    return environ | {PREFIX + name: value for name, value in wanted.items()}


@asynccontextmanager
async def ingest_services(
    embedded: Embedded, count: int, settings: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[dict[str, int], list[int]]]:
    """Run so many `plantwatch ingest` processes until the block ends; gives the ports and the process ids."""
    own = {"MQTT_REUSE_PORT": str(count > 1).lower(), **(settings or {})}
    supervisor = Supervisor(_environ(embedded, own))
    async with supervisor:
        ports = await supervisor.start("ingest")
        pids = [supervisor.pid("ingest")]
        shared = {PREFIX + "MQTT_PORT": str(ports["mqtt_port"])}
        for instance in range(2, count + 1):
            await supervisor.start("ingest", instance=instance, environ=shared)
            pids.append(supervisor.pid(f"ingest {instance}"))
        yield ports, pids
        if supervisor.restarts:
            raise BenchFailed("an ingest process died")
