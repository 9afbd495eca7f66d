"""Mutated messages through the real writer into a real PostgreSQL, and whether every one of them is in the books.

The oracle has its word on each message alone before the writer takes it in a batch of others; the two must agree to
the byte of the rejects report, and the tables to the item.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from prometheus_client import CollectorRegistry

from domain.readings import from_us
from ingest.delivery import Receipt, SinkUnavailable
from ingest.metrics import IngestMetrics
from ingest.registry import Registry
from ingest.writer import Writer, WriterLimits
from storage.database import Database, fetch_all
from storage.refusals import KEPT_HEAD_BYTES
from storage.sparkplug import StoredBirth, set_births
from tests.fuzz.corpus import ENTERPRISE, Plant
from tests.fuzz.mutations import FIRST_AT, Mutation
from tests.fuzz.oracle import Oracle, Verdict

#: Messages that are under way at once, as the doors of a process might have.
_UNDER_WAY = 3_000
#: One message in so many is looked for in the tables afterwards.
_SAMPLED = 97
_TRIES = 5
_PROBLEMS = 50


@dataclass(slots=True)
class Tally:
    """What became of messages, by the receipts. Tallies of several processes add up."""

    messages: int = 0
    booked: int = 0
    """Messages with items, which are those that enter the books."""
    items: int = 0
    refused: int = 0
    refused_messages: int = 0
    refused_bytes: int = 0
    tried_again: int = 0
    formats: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    fates: Counter[str] = field(default_factory=Counter)
    """Items by what the writer counted: stored, duplicate, correction, refused."""
    failures: Counter[str] = field(default_factory=Counter)
    """Transactions that did not commit, by cause."""
    problems: list[str] = field(default_factory=list)
    longest: dict[str, int] = field(default_factory=lambda: {"first_item": 0, "expected": 0})

    def problem(self, mutation: Mutation, text: str) -> None:
        if len(self.problems) < _PROBLEMS:
            self.problems.append(f"message {mutation.number} ({mutation.format}, {mutation.seed}): {text}")

    def add(self, other: Tally) -> None:
        for name in ("messages", "booked", "items", "refused", "refused_messages", "refused_bytes", "tried_again"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("formats", "outcomes", "reasons", "fates", "failures"):
            getattr(self, name).update(getattr(other, name))
        self.problems += other.problems
        self.longest = {key: max(value, other.longest[key]) for key, value in self.longest.items()}


def make_plant(url: str, plant: Plant) -> None:
    """Write the register into a migrated database."""
    with psycopg.connect(url) as connection:
        run = connection.execute
        run("insert into district values ('hainan', '海南区')")
        run(
            "insert into enterprise (code, name, district, industry, is_industrial, registered_from)"
            " values (%s, '甲焦化', 'hainan', 'coking', true, '2026-01-01')",
            (ENTERPRISE,),
        )
        for code, bounds in plant.points.items():
            run(
                "insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, physical_min,"
                " physical_max, in_service_from) values (1, %s, '测点', 'instantaneous', 'so2', 'mg/m3', 60, %s, %s,"
                " '2026-01-01')",
                (code, *bounds),
            )
        for code, kind in plant.components.items():
            run(
                "insert into component (enterprise_id, code, name, unit_name, kind, medium, in_service_from)"
                " values (1, %s, '泵', '粗苯', %s, 'light_liquid', '2026-01-01')",
                (code, kind),
            )
        for statement, codes in _LEAK_PARTS.items():
            for code in getattr(plant, codes):
                run(statement, (code,))
        for code in plant.lines:
            run(
                "insert into line (enterprise_id, code, name, product, in_service_from)"
                " values (1, %s, '线', 'coke', '2026-01-01')",
                (code,),
            )
        for mn, row in plant.stations.items():
            run(
                "insert into station (enterprise_id, mn, name, gateway, edition, profile, crc, missing_flag, ignored,"
                " in_service_from) values (1, %s, '数采仪', %s, %s, %s, %s, %s, %s, '2026-01-01')",
                (mn, *(row[key] for key in ("gateway", "edition", "profile", "crc", "missing_flag", "ignored"))),
            )
            if row["sm4_key"]:
                run(
                    "insert into station_secret (station_id, sm4_key, set_at)"
                    " select station_id, %s, %s from station where mn = %s",
                    (bytes.fromhex(row["sm4_key"]), FIRST_AT, mn),
                )
        for (protocol, device, name), (point, scale, zero) in plant.tags.items():
            run(
                "insert into tag (enterprise_id, protocol, device, name, point_id, unit, scale, zero)"
                " select 1, %s, %s, %s, point_id, 'unit', %s, %s from point where code = %s",
                (protocol, device, name, scale, zero, point),
            )


_LEAK_PARTS = {
    "insert into installation (enterprise_id, code, name, in_service_from) values (1, %s, '装置', '2026-01-01')": (
        "installations"
    ),
    "insert into instrument (enterprise_id, serial, in_use_from) values (1, %s, '2026-01-01')": "instruments",
    "insert into campaign (enterprise_id, code, name, from_day, to_day) values (1, %s, '轮次', '2026-01-01',"
    " '2026-12-31')": "campaigns",
}


async def keep_births(database: Database, plant: Plant) -> None:
    """What the nodes said before the first message."""
    births = [StoredBirth(birth.node, birth.device, birth.bd_seq, birth.metrics) for birth in plant.births.values()]
    async with database.transaction() as connection:
        await set_births(connection, 1, births, FIRST_AT)


@asynccontextmanager
async def _writing(database: Database, metrics: IngestMetrics) -> AsyncIterator[Writer]:
    registry = Registry(database, asyncio.get_running_loop().time)
    writer = Writer(database, registry, metrics, WriterLimits(batch_values=5_000))
    task = asyncio.create_task(writer.run())
    try:
        yield writer
    finally:
        writer.close()
        await task


@dataclass(slots=True)
class _UnderWay:
    mutation: Mutation
    verdict: Verdict
    future: asyncio.Future[Receipt]


async def send(database: Database, plant: Plant, mutations: Iterable[Mutation]) -> Tally:
    """Send messages and check what comes back, and one in some against the tables. The database holds the plant."""
    tally = Tally()
    oracle = Oracle(plant.registry())
    collector = CollectorRegistry()
    metrics = IngestMetrics(collector)
    sampled: list[_UnderWay] = []
    async with _writing(database, metrics) as writer:
        under_way: deque[_UnderWay] = deque()
        for mutation in mutations:
            verdict = oracle.examine(mutation.delivery)
            each = _UnderWay(mutation, verdict, writer.enqueue(mutation.delivery))
            under_way.append(each)
            if mutation.number % _SAMPLED == 0:
                sampled.append(each)
            if len(under_way) > _UNDER_WAY:
                await _close(writer, under_way, tally, _UNDER_WAY // 2)
        await _close(writer, under_way, tally, 0)
    for name, counter in (("fate", "values"), ("cause", "failed_batches")):
        for metric in collector.collect():
            if metric.name == f"plantwatch_ingest_{counter}":
                counted = {s.labels[name]: int(s.value) for s in metric.samples if s.name.endswith("_total")}
                (tally.fates if name == "fate" else tally.failures).update(counted)
    if tally.failures["content"]:
        tally.problems.append(f"{tally.failures['content']} transactions failed for their content")
    await _look_for_values(database, sampled, tally)
    await _look_for_refusals(database, sampled, tally)
    return tally


async def _close(writer: Writer, under_way: deque[_UnderWay], tally: Tally, left: int) -> None:
    """Wait for the oldest messages until so many are left."""
    while len(under_way) > left:
        each = under_way.popleft()
        for _ in range(_TRIES):
            try:
                answer = await each.future
            except SinkUnavailable as error:
                # as a sender would: another writer stood in the way
                tally.tried_again += 1
                failure = error
                each.future = writer.enqueue(each.mutation.delivery)
            else:
                _count(each, answer, tally)
                break
        else:
            tally.problem(each.mutation, f"no receipt: {failure}")


def _count(each: _UnderWay, answer: Receipt, tally: Tally) -> None:
    mutation, verdict = each.mutation, each.verdict
    tally.messages += 1
    tally.formats[mutation.format] += 1
    tally.outcomes[answer.outcome.value] += 1
    for problem in verdict.problems:
        tally.problem(mutation, problem)
    items = verdict.items
    if answer.rejects is not None:
        report = json.loads(answer.rejects)
        items = report["items"]
        tally.refused_messages += 1
        tally.refused_bytes += len(mutation.delivery.payload)
        for refusal in report["refused"]:
            tally.refused += refusal["items"]
            tally.reasons[refusal["reason"]] += refusal["items"]
            for name, longest in tally.longest.items():
                tally.longest[name] = max(longest, len(refusal[name]))
    expected = verdict.receipt
    if expected is not None and not _agree(expected, answer, is_open=verdict.leak_records > 0):
        tally.problem(mutation, f"alone it is {expected.outcome} {expected.rejects!r}, here {answer!r}"[:600])
    tally.items += items
    tally.booked += items > 0


def _agree(alone: Receipt, together: Receipt, *, is_open: bool) -> bool:
    """Whether a message is answered as it is on its own.

    is_open: it holds records of leaks, of which the store may refuse more: by the register, and by the state of leaks.
    """
    if not is_open:
        return (alone.outcome, alone.rejects) == (together.outcome, together.rejects)
    if alone.rejects is None:
        return True
    if together.rejects is None:
        return False
    least = {one["reason"]: one for one in json.loads(alone.rejects)["refused"]}
    found = {one["reason"]: one for one in json.loads(together.rejects)["refused"]}
    return all(
        reason in found and found[reason]["items"] >= one["items"] and found[reason]["first_item"] == one["first_item"]
        for reason, one in least.items()
    )


async def _look_for_values(database: Database, sampled: Sequence[_UnderWay], tally: Tally) -> None:
    """A stored value is in the readings or the corrections."""
    async with database.transaction() as connection:
        for each in sampled:
            for code, at_us, value, flag in each.verdict.stored[:20]:
                found = await fetch_all(connection, _FIND_VALUE, (code, from_us(at_us), code, from_us(at_us)))
                if not any(row["value"] == value and _letter(row["source_flag"]) == flag for row in found):
                    tally.problem(each.mutation, f"{code} at {from_us(at_us)}: {value} {flag} is not in the store")


async def _look_for_refusals(database: Database, sampled: Sequence[_UnderWay], tally: Tally) -> None:
    """A refused message is kept whole, or its head is. Each arrived at an instant of its own."""
    refused = [each for each in sampled if each.verdict.refused]
    instants = [each.mutation.delivery.received_at for each in refused]
    async with database.transaction() as connection:
        rows = await fetch_all(connection, _FIND_REFUSED, (instants,))
    kept = {row["received_at"]: (row["payload"], row["payload_size"]) for row in rows}
    for each in refused:
        delivery = each.mutation.delivery
        payload, size = kept.get(delivery.received_at, (None, 0))
        if payload not in (delivery.payload, delivery.payload[:KEPT_HEAD_BYTES]) or size != delivery.payload_size:
            tally.problem(each.mutation, "the refused message is not in the store")


_FIND_VALUE = """
select value, source_flag from reading join point using (point_id) where code = %s and measured_at = %s
union all
select value, source_flag from correction join point using (point_id) where code = %s and measured_at = %s
"""
_FIND_REFUSED = "select received_at, payload, payload_size from refused_message where received_at = any(%s)"


def _letter(flag: Any) -> str:
    return flag.decode() if isinstance(flag, bytes) else str(flag)


async def audit(database: Database, tally: Tally) -> dict[str, int]:
    """The sums of the tables, after comparing them with the receipts; differences are added to the problems."""
    async with database.transaction() as connection:
        (sums,) = await fetch_all(connection, _SUMS)
    books = {name: int(value) for name, value in sums.items()}
    for name, expected in {
        "messages": tally.booked,
        "received": tally.items,
        "refused": tally.refused,
        "refused_messages": tally.refused_messages,
        "refusal_items": tally.refused,
        "stored": sum(books[f"first_{noun}"] for noun in ("leak_tests", "leak_facts", "figures")) + books["readings"],
        "corrections": sum(books[f"further_{noun}"] for noun in ("leak_tests", "leak_facts", "figures"))
        + books["kept_corrections"],
        "refused_volume": tally.refused_bytes,
        "unlawful": 0,
    }.items():
        if books[name] != expected:
            tally.problems.append(f"{name}: {books[name]} in the tables, {expected} expected")
    for fate, column in (("stored", "stored"), ("duplicate", "duplicates"), ("correction", "corrections")):
        if tally.fates[fate] != books[column]:
            tally.problems.append(f"{column}: {books[column]} in the books, {tally.fates[fate]} in the metrics")
    return books


_SUMS = """
select a.*, m.*, r.readings, c.kept_corrections, l.*, x.*, f.*, v.refused_volume, i.refusal_items,
       pg_database_size(current_database()) as bytes
from (select coalesce(sum(messages), 0) as messages, coalesce(sum(received), 0) as received,
             coalesce(sum(stored), 0) as stored, coalesce(sum(duplicates), 0) as duplicates,
             coalesce(sum(corrections), 0) as corrections, coalesce(sum(refused), 0) as refused,
             count(*) filter (where received <> stored + duplicates + corrections + refused) as unlawful
      from accounting) a,
     (select count(*) as refused_messages from refused_message) m,
     (select coalesce(sum(items), 0) as refusal_items from refusal) i,
     (select count(*) as readings from reading) r,
     (select count(*) as kept_corrections from correction) c,
     (select count(*) filter (where revision = 0) as first_leak_tests,
             count(*) filter (where revision > 0) as further_leak_tests from leak_test) l,
     (select count(*) filter (where turn = 1) as first_leak_facts,
             count(*) filter (where turn > 1) as further_leak_facts
      from (select row_number() over (partition by component_id, repaired_at order by repair_id) as turn from repair
            union all
            select row_number() over (partition by component_id, found_at, filed_at order by delay_id) from repair_delay
            union all
            select row_number() over (partition by instrument_id, done_at, kind, expected order by calibration_id)
            from instrument_calibration
            union all
            select row_number() over (partition by kind, component_id, installation_id, happened_at order by event_id)
            from component_event) e) x,
     (select count(*) filter (where turn = 1) as first_figures, count(*) filter (where turn > 1) as further_figures
      from (select row_number() over (partition by line_id, item, period_kind, period_from order by entry_id) as turn
            from ledger_entry) e) f,
     (select coalesce(sum(bytes), 0) as refused_volume from refused_volume) v
"""
