"""Records of leak detection over MQTT: the accounting law holds, and what no leak can do is refused by record."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from domain.leakrecords import TestRecord, read_record
from ingest.delivery import Delivery, Outcome, Receipt
from ingest.lanes import Lanes
from ingest.metrics import IngestMetrics
from ingest.registry import Registry
from ingest.writer import Writer, WriterLimits
from storage.database import Database
from storage.leak_records import Said, keep_records
from storage.leak_register import lock_ledgers
from tests.integration.ingest.plant import NOW, account, delivery, minutes, rows, running_writer, sample, send

FOUND = "2026-10-20T10:00:00+08:00"
REPAIRED = "2026-10-22T09:00:00+08:00"
RETESTED = "2026-10-22T15:00:00+08:00"
FILED = "2026-10-21T09:00:00+08:00"


def found(net: float = 9000, **more: Any) -> dict[str, Any]:
    return {"component": "P-101", "tested_at": FOUND, "net_umol_mol": net, **more}


def repair(**more: Any) -> dict[str, Any]:
    return {"record": "repair", "component": "P-101", "repaired_at": REPAIRED, "measure": "更换填料"} | more


def retest(net: float = 40, **more: Any) -> dict[str, Any]:
    return found(net, tested_at=RETESTED, purpose="retest") | more


def filing(**more: Any) -> dict[str, Any]:
    return {
        "record": "delay", "component": "P-101", "found_at": FOUND, "filed_at": FILED, "ground": "shutdown",
        "repair_by": "2027-05-31", "document": "乌环备〔2026〕12号",
    } | more  # fmt: skip


def calibration(shown: float = 4980, **more: Any) -> dict[str, Any]:
    return {
        "record": "calibration", "instrument": "FID-7", "done_at": FOUND, "kind": "span", "expected": 5000,
        "shown": shown,
    } | more  # fmt: skip


def event(**more: Any) -> dict[str, Any]:
    return {"record": "event", "kind": "restart", "installation": "CP", "happened_at": FOUND} | more


ALL = [found(), repair(), retest(), filing(), calibration(), event()]


@pytest.fixture
async def works(plant: Database) -> Database:
    async with plant.transaction() as connection:
        await connection.execute(
            """
            insert into installation (enterprise_id, code, name, in_service_from)
                select enterprise_id, 'CP', '粗苯装置', '2026-01-01' from enterprise;
            insert into process_unit (installation_id, code, name)
                select installation_id, 'U1', '粗苯' from installation;
            update component c set unit_id = u.unit_id
                from process_unit u join installation i using (installation_id) where i.enterprise_id = c.enterprise_id;
            insert into component (enterprise_id, code, name, unit_name, kind, medium, in_service_from, in_service_to)
                values (1, 'PSV-1', '安全阀', '粗苯', 'relief', 'gas', '2026-01-01', null),
                       (1, 'V-OLD', '阀', '粗苯', 'valve', 'gas', '2026-01-01', '2026-10-20'),
                       (1, 'V-NEW', '阀', '粗苯', 'valve', 'gas', '2026-10-21', null);
            insert into instrument (enterprise_id, serial, in_use_from) values (1, 'FID-7', '2026-01-01');
            insert into campaign (enterprise_id, code, name, from_day, to_day)
                values (1, '2026-H2', '下半年', '2026-10-01', '2026-11-30');
            delete from rule_work
            """
        )
    return plant


def message(content: Any, **more: Any) -> Delivery:
    return delivery(content, kind="leak-tests", **more)


async def tell(database: Database, *contents: Any) -> list[Receipt]:
    """Messages one after the other, each in a transaction of its own."""
    receipts: list[Receipt] = []
    async with running_writer(database) as writer:
        for number, content in enumerate(contents):
            receipts += await send(writer, message(content, received_at=NOW + minutes(number)))
    return receipts


def refused(receipt: Receipt) -> dict[str, Any]:
    """What came back, by reason."""
    return {} if receipt.rejects is None else {one["reason"]: one for one in json.loads(receipt.rejects)["refused"]}


async def books(database: Database) -> tuple[int, ...]:
    """received, stored, duplicates, corrections, refused."""
    found = await account(database)
    assert found["received"] == found["stored"] + found["duplicates"] + found["corrections"] + found["refused"]
    return tuple(found[name] for name in ("received", "stored", "duplicates", "corrections", "refused"))


async def leaks(database: Database) -> list[tuple[Any, ...]]:
    return [
        tuple(one.values())
        for one in await rows(
            database, "select c.code, l.state, l.attempts from leak l join component c using (component_id) order by 1"
        )
    ]


async def test_every_kind_is_stored_once_and_recognised(works: Database) -> None:
    (first, again) = await tell(works, ALL, ALL)
    assert (first.outcome, again.outcome) == (Outcome.STORED, Outcome.STORED), refused(first)
    assert await books(works) == (12, 6, 6, 0, 0)
    assert await leaks(works) == [("P-101", "closed", 1)]
    tables = {"leak_test": 2, "repair": 1, "repair_delay": 1, "instrument_calibration": 1, "component_event": 1}
    for table, count in tables.items():
        assert await rows(works, f"select count(*) from {table}") == [{"count": count}], table
    for table in tables:
        said = await rows(works, f"select distinct author, origin from {table}")
        assert said == [{"author": "coke-1:gw1", "origin": "mqtt"}], table


async def test_a_message_may_hold_a_leak_s_life_in_any_order(works: Database) -> None:
    (receipt,) = await tell(works, list(reversed(ALL)))
    assert receipt.rejects is None
    assert await leaks(works) == [("P-101", "closed", 1)]


async def test_the_rules_are_told_of_each_kind_and_of_no_duplicate(works: Database) -> None:
    await tell(works, ALL, ALL)
    work = await rows(works, "select kind, at, count(distinct key) as keys from rule_work group by 1, 2 order by 1, 2")
    at = {text: datetime.fromisoformat(text).astimezone(UTC) for text in (FOUND, FILED, REPAIRED, RETESTED)}
    assert [tuple(one.values()) for one in work] == [
        ("ldar", at[FOUND], 1),
        ("leak_test", at[FOUND], 1),
        ("leak_test", at[FILED], 1),
        ("leak_test", at[REPAIRED], 1),
        ("leak_test", at[RETESTED], 1),
    ]


async def test_another_content_corrects_and_both_stay(works: Database) -> None:
    others = [
        found(9100),
        repair(measure="更换垫片"),
        retest(50),
        filing(document="13号"),
        calibration(4970),
        event(note="大修"),
    ]
    await tell(works, ALL, others, ALL)
    assert await books(works) == (18, 6, 6, 6, 0)
    kept = {
        "repair": "select measure from repair where superseded_at is null",
        "delay": "select document from repair_delay where superseded_at is null",
        "calibration": "select shown from instrument_calibration where superseded_at is null",
        "event": "select note from component_event where superseded_at is null",
        "test": "select net_umol_mol from current_leak_test order by tested_at",
    }
    found_now = {name: [next(iter(one.values())) for one in await rows(works, query)] for name, query in kept.items()}
    assert found_now == {
        "repair": ["更换垫片"], "delay": ["13号"], "calibration": [4970.0], "event": ["大修"], "test": [9100.0, 50.0],
    }  # fmt: skip


async def test_a_corrected_reading_unmakes_the_leak(works: Database) -> None:
    await tell(works, found(9000))
    assert await leaks(works) == [("P-101", "found", 0)]
    await tell(works, found(20))
    assert await leaks(works) == []


async def test_good_and_bad_records_side_by_side(works: Database) -> None:
    content = [
        found(),
        found(component="P-999"),
        found(component="V-OLD"),
        found(component="V-NEW"),
        found(component="V-OLD", tested_at="2026-10-19T23:59:59+08:00", net_umol_mol=3),
        found(component="V-NEW", tested_at="2026-10-21T00:00:00+08:00", net_umol_mol=3),
        found(campaign="2026-H9", tested_at=RETESTED),
        event(installation="XX"),
        event(installation=None, component="P-101", kind="release"),
        event(installation=None, component="PSV-1", kind="release"),
        calibration(instrument="FID-8"),
        repair(component="PSV-1"),
        repair(measure=None),
        {"component": "P-101", "tested_at": "2026-10-20", "net_umol_mol": 1},
        found(-1),
        7,
    ]
    (receipt,) = await tell(works, content)
    assert receipt.outcome is Outcome.PARTLY_REFUSED
    told = refused(receipt)
    assert {reason: (one["items"], one["first_item"]) for reason, one in told.items()} == {
        "bad_leak_record": (2, "$[12].measure"),
        "bad_time": (1, '$[13].tested_at = "2026-10-20"'),
        "bad_leak_test": (2, "$[14].net_umol_mol = -1"),
        "unknown_component": (1, "$[1].component = P-999"),
        "not_in_service": (2, "$[2].tested_at = 2026-10-20"),
        "unknown_campaign": (1, "$[6].campaign = 2026-H9"),
        "unknown_installation": (1, "$[7].installation = XX"),
        "unknown_instrument": (1, "$[10].instrument = FID-8"),
        "illegal_step": (1, told["illegal_step"]["first_item"]),
    }
    assert "没有未修复的泄漏" in told["illegal_step"]["first_item"]
    assert told["illegal_step"]["first_item"].startswith("$[11].repaired_at：")
    assert "2026-10-20" in told["not_in_service"]["expected"]
    assert await books(works) == (16, 4, 0, 0, 12)
    kept = await rows(works, "select reason, sum(items)::int as items from refusal group by 1 order by 1")
    assert {one["reason"]: one["items"] for one in kept} == {reason: one["items"] for reason, one in told.items()}


@pytest.mark.parametrize(
    ("contents", "word"),
    [
        ([repair()], "没有未修复的泄漏"),
        ([found(), repair(repaired_at="2026-10-19T09:00:00+08:00")], "没有未修复的泄漏"),
        ([found(), retest()], "没有维修记录"),
        ([retest()], "没有未修复的泄漏"),
        ([filing()], "没有未修复的泄漏"),
        ([found(), filing(found_at="2026-10-20T11:00:00+08:00")], "该密封点未修复的泄漏发现于"),
        ([found(), repair(), retest(), filing(filed_at="2026-10-23T09:00:00+08:00")], "没有未修复的泄漏"),
        ([found(), repair(), retest(), repair(repaired_at="2026-10-23T09:00:00+08:00")], "没有未修复的泄漏"),
        ([found(), repair(found_at="2026-10-20T10:00:01+08:00")], "该密封点未修复的泄漏发现于"),
    ],
    ids=[
        "repair without a leak", "repair before it was found", "retest without a repair", "retest without a leak",
        "filing without a leak", "filing for another leak", "filing after closing", "repair after closing",
        "repair of another leak",
    ],
)  # fmt: skip
async def test_illegal_steps_are_refused_together_or_one_by_one(
    works: Database, contents: list[dict[str, Any]], word: str
) -> None:
    (together,) = await tell(works, contents)
    assert refused(together)["illegal_step"]["items"] == 1
    assert word in refused(together)["illegal_step"]["first_item"]
    assert await books(works) == (len(contents), len(contents) - 1, 0, 0, 1)
    one_by_one = await tell(works, *contents)
    assert [sorted(refused(one)) for one in one_by_one] == [[]] * (len(contents) - 1) + [["illegal_step"]]


async def test_the_same_record_in_two_messages_of_one_batch(works: Database) -> None:
    async with running_writer(works) as writer:
        receipts = await send(writer, message(ALL), message(ALL), message([found(), repair(component="P-999")]))
    assert [one.outcome for one in receipts] == [Outcome.STORED, Outcome.STORED, Outcome.PARTLY_REFUSED]
    assert await books(works) == (14, 6, 7, 0, 1)


async def test_enterprises_of_one_batch_do_not_mix(works: Database) -> None:
    async with running_writer(works) as writer:
        (own, other) = await send(writer, message(ALL), message(ALL, enterprise="steel-2"))
    assert own.rejects is None
    assert sorted(refused(other)) == ["unknown_instrument"]
    assert await rows(works, "select enterprise_id, count(*) from component_event group by 1 order by 1") == [
        {"enterprise_id": 1, "count": 1},
        {"enterprise_id": 2, "count": 1},
    ]
    assert (await account(works, "steel-2"))["stored"] == 5


async def test_writers_of_one_component_at_a_time(works: Database) -> None:
    """Two processes: what one stores the other recognises, and the leak is derived from both."""
    async with running_writer(works) as one, running_writer(works) as other:
        await asyncio.gather(*(send(writer, message(ALL), message(retest(30))) for writer in (one, other)))
    received, stored, duplicates, corrections, refusals = await books(works)
    assert (received, stored, refusals) == (14, 6, 0)
    assert (duplicates, corrections) == (7, 1)


async def test_a_copy_of_a_corrected_test_is_no_finding_again(works: Database) -> None:
    """The old reading comes again with a repair: it counts no more, so there is nothing to repair."""
    (_, _, again) = await tell(works, found(9000), found(20), [found(9000), repair()])
    assert sorted(refused(again)) == ["illegal_step"]
    assert await books(works) == (4, 1, 1, 1, 1)
    assert await leaks(works) == []


async def test_a_test_is_refused_with_its_correction(works: Database) -> None:
    (receipt,) = await tell(works, [found(), retest(50), retest(60)])
    assert refused(receipt)["illegal_step"]["items"] == 2
    assert await books(works) == (3, 1, 0, 0, 2)


async def test_what_is_stored_is_never_refused_with_what_comes_beside_it(works: Database) -> None:
    """The finding is corrected away: the retest is passed over, its copy is known, and what would change it is not."""
    (_, _, last) = await tell(works, [found(), repair(), retest(50)], found(20), [retest(50), retest(60)])
    assert refused(last)["illegal_step"]["items"] == 1
    assert await books(works) == (6, 3, 1, 1, 1)


async def test_readings_in_the_same_batch_are_not_held_back_by_a_refused_record(works: Database) -> None:
    async with running_writer(works) as writer:
        (good, bad) = await send(writer, delivery(sample(NOW, {"SO2": 20})), message([repair()]))
    assert (good.outcome, bad.outcome) == (Outcome.STORED, Outcome.REFUSED_PAYLOAD)
    assert await books(works) == (2, 1, 0, 0, 1)


async def test_readings_do_not_wait_for_records_that_wait_for_a_file(works: Database) -> None:
    """While a file of an enterprise's records is taken in, its guns wait and nothing else does."""
    loop = asyncio.get_running_loop()
    metrics = IngestMetrics(CollectorRegistry())
    registry = Registry(works, loop.time)
    lanes = Lanes(lambda limits: Writer(works, registry, metrics, limits), WriterLimits(), 1, lambda: NOW, metrics)
    running = asyncio.create_task(lanes.run())
    async with works.transaction() as importing:
        await lock_ledgers(importing, [1])
        record = lanes.enqueue(message(found()))
        reading = await lanes.submit(delivery(sample(NOW, {"SO2": 20})))
        assert reading.outcome is Outcome.STORED
        assert not record.done()
    assert (await record).outcome is Outcome.STORED
    lanes.close()
    await running


async def test_a_component_registered_or_removed_a_moment_ago(works: Database) -> None:
    async with running_writer(works, unknown_refresh_s=3600.0) as writer:
        await send(writer, message(found(component="X-1")))
        await rows(
            works,
            "insert into component (enterprise_id, code, name, unit_name, kind, medium, in_service_from)"
            " values (1, 'X-1', '阀', '粗苯', 'valve', 'gas', '2026-01-01') returning 1",
        )
        (known,) = await send(writer, message(found(component="X-1")))
        day = {"day": date(2026, 10, 1)}
        await rows(works, "update component set in_service_to = %(day)s::date where code = 'X-1' returning 1", **day)
        (gone,) = await send(writer, message(found(5, component="X-1", tested_at=REPAIRED)))
    assert known.rejects is None
    assert sorted(refused(gone)) == ["not_in_service"]


async def test_a_message_that_was_cut_is_one_item(works: Database) -> None:
    whole = json.dumps(ALL, ensure_ascii=False).encode()
    async with running_writer(works) as writer:
        (receipt,) = await send(writer, message(whole[: len(whole) // 2]))
    assert sorted(refused(receipt)) == ["bad_payload"]
    assert await books(works) == (1, 0, 0, 0, 1)


async def test_a_gateway_neither_reports_nor_corrects_spot_checks(works: Database) -> None:
    (first,) = await tell(works, [found(purpose="spot_check"), calibration()])
    assert refused(first)["bureau_only"]["first_item"] == "$[0].purpose = spot_check"
    assert "监督抽查由监管人员报送" in refused(first)["bureau_only"]["expected"]
    assert await books(works) == (2, 1, 0, 0, 1)

    async with works.transaction() as connection:
        check = read_record(found(purpose="spot_check"), NOW)
        assert isinstance(check, TestRecord)
        (kept,) = await keep_records(connection, [Said(1, check, "监管", "api", NOW, by_bureau=True)])
    assert kept.refusal is None
    corrected, twice = await tell(works, found(12), [found(12), found(13), retest()])
    assert refused(corrected)["bureau_only"]["first_item"] == f"$.tested_at = {FOUND}"
    # without its finding the retest would be refused: the check is still there, and so is its leak
    assert set(refused(twice)) == {"bureau_only", "illegal_step"}
    assert await rows(works, "select purpose, net_umol_mol from current_leak_test") == [
        {"purpose": "spot_check", "net_umol_mol": 9000.0}
    ]
    assert await leaks(works) == [("P-101", "found", 0)]
