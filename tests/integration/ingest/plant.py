"""A small plant for the ingest tests, and what one wants to ask of the store afterwards."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from prometheus_client import CollectorRegistry

from ingest.delivery import Delivery, Receipt
from ingest.metrics import IngestMetrics
from ingest.registry import Registry
from ingest.rollup import RollUp
from ingest.writer import Writer, WriterLimits
from storage.database import Database, fetch_all

#: 09:00 in Wuhai; the messages of the tests arrive then unless they say otherwise.
NOW = datetime(2026, 11, 2, 1, tzinfo=UTC)

SITE = """
insert into district values ('hainan', '海南区');
insert into enterprise (code, name, district, industry, is_industrial, registered_from) values
    ('coke-1', '甲焦化', 'hainan', 'coking', true, '2026-01-01'),
    ('steel-2', '乙钢铁', 'hainan', 'steel', true, '2026-01-01');
insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, physical_min, physical_max,
                   counter_digits, counter_scale, counter_max_rate_per_h, in_service_from)
select e.enterprise_id, p.* from enterprise e cross join (values
    ('SO2', '二氧化硫', 'instantaneous', 'so2', 'mg/m3', 60, 0.0::float8, 500.0::float8,
     null::int, null::float8, null::float8, '2026-01-01'::date),
    ('O2', '含氧量', 'instantaneous', 'o2', '%', 60, 0, 25, null, null, null, '2026-01-01'),
    ('W-01', '取水', 'counter', 'water_volume', 'm3', 600, null, null, 3, 1, 400, '2026-01-01')) as p;
insert into component (enterprise_id, code, name, unit_name, kind, medium, in_service_from)
select enterprise_id, 'P-101', '泵', '粗苯', 'pump', 'light_liquid', '2026-01-01' from enterprise
"""


def make_site(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(SITE)  # type: ignore[arg-type]


def delivery(
    content: Any,
    *,
    topic: str | None = None,
    kind: str = "readings",
    enterprise: str = "coke-1",
    received_at: datetime = NOW,
    oversize: int | None = None,
) -> Delivery:
    """A message; content that is no bytes is written as JSON."""
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    size = oversize or len(payload)
    topic = topic or f"plantwatch/v1/{enterprise}/gw1/{kind}"
    return Delivery(enterprise, "client-7", topic, payload, size, 1, False, False, received_at, oversize is not None)


def sample(at: datetime, values: Mapping[str, object], **flags: str) -> dict[str, Any]:
    found: dict[str, Any] = {"at": at.isoformat(), "values": dict(values)}
    return {**found, "flags": flags} if flags else found


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@asynccontextmanager
async def running_writer(
    database: Database, limits: WriterLimits | None = None, *, unknown_refresh_s: float = 0.0
) -> AsyncIterator[Writer]:
    """A writer that runs; at the end its queue is written."""
    loop = asyncio.get_running_loop()
    registry = Registry(database, loop.time, unknown_refresh_s=unknown_refresh_s)
    writer = Writer(database, registry, IngestMetrics(CollectorRegistry()), limits)
    task = asyncio.create_task(writer.run())
    try:
        yield writer
    finally:
        writer.close()
        await task


async def send(writer: Writer, *deliveries: Delivery) -> list[Receipt]:
    """Submit messages together, so that they share batches."""
    return list(await asyncio.gather(*(writer.submit(each) for each in deliveries)))


def roll_up(database: Database, **options: Any) -> RollUp:
    return RollUp(database, lambda: NOW, IngestMetrics(CollectorRegistry()), **options)


async def rolled_up(database: Database, now: datetime = NOW) -> None:
    """Roll up until there is no work."""
    worker = roll_up(database)
    while await worker.step(now):
        pass


async def rows(database: Database, query: str, **parameters: Any) -> list[dict[str, Any]]:
    async with database.transaction() as connection:
        return await fetch_all(connection, query, parameters)


async def gateways(database: Database) -> list[tuple[str, str]]:
    """(gateway, point) of who is known to send what."""
    found = await rows(database, "select gateway, code from gateway_point join point using (point_id) order by 1, 2")
    return [(row["gateway"], row["code"]) for row in found]


async def readings(database: Database, code: str = "SO2", enterprise: str = "coke-1") -> list[tuple[Any, ...]]:
    """(minutes before NOW, value, flag, qc) of the stored readings of a point in order of time."""
    found = await rows(
        database,
        """select measured_at, value, source_flag, qc_flag from reading join point using (point_id)
           join enterprise e using (enterprise_id) where point.code = %(code)s and e.code = %(enterprise)s
           order by measured_at""",
        code=code,
        enterprise=enterprise,
    )
    return [(round((NOW - r["measured_at"]) / minutes(1), 4), r["value"], _letter(r), r["qc_flag"]) for r in found]


def _letter(row: Mapping[str, Any]) -> str:
    flag = row["source_flag"]
    return flag.decode() if isinstance(flag, bytes) else str(flag)


async def corrections(database: Database) -> list[tuple[float, str]]:
    found = await rows(database, "select value, source_flag from correction order by correction_id")
    return [(r["value"], _letter(r)) for r in found]


async def account(database: Database, enterprise: str = "coke-1") -> dict[str, int]:
    """Sums of the books of one enterprise over days and shards."""
    (found,) = await rows(
        database,
        """select coalesce(sum(messages), 0)::int as messages, coalesce(sum(received), 0)::int as received,
                  coalesce(sum(stored), 0)::int as stored, coalesce(sum(duplicates), 0)::int as duplicates,
                  coalesce(sum(corrections), 0)::int as corrections, coalesce(sum(refused), 0)::int as refused
           from accounting join enterprise using (enterprise_id) where code = %(enterprise)s""",
        enterprise=enterprise,
    )
    return found


async def refusals(database: Database) -> list[dict[str, Any]]:
    return await rows(
        database,
        """select e.code as enterprise, m.gateway, m.client_id, m.topic, m.payload, m.payload_size, m.received_at,
                  r.reason, r.items, r.first_item, r.expected
           from refusal r join refused_message m using (message_id) join enterprise e using (enterprise_id)
           order by m.message_id, r.reason""",
    )


async def dirty(database: Database) -> list[tuple[str, datetime]]:
    found = await rows(
        database, "select distinct code, hour_at from dirty_hour join point using (point_id) order by code, hour_at"
    )
    return [(r["code"], r["hour_at"]) for r in found]
