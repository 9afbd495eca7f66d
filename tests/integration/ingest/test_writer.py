"""The writer on a real database: what is stored, counted, refused and answered."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from ingest.delivery import Outcome, SinkUnavailable
from ingest.writer import WriterLimits
from storage.database import Database
from tests.integration.ingest.plant import (
    NOW,
    account,
    corrections,
    delivery,
    dirty,
    minutes,
    readings,
    refusals,
    rows,
    running_writer,
    sample,
    send,
)


async def test_readings_are_stored_with_flags_and_books(plant: Database) -> None:
    at = NOW - minutes(10)
    async with running_writer(plant) as writer:
        (receipt,) = await send(writer, delivery(sample(at, {"SO2": 21.4, "O2": 9.5, "W-01": 7}, SO2="M")))
    assert (receipt.outcome, receipt.rejects, receipt.gateway) == (Outcome.STORED, None, "gw1")
    assert await readings(plant, "SO2") == [(10, 21.4, "M", 1)]
    assert await readings(plant, "O2") == [(10, 9.5, "N", 1)]
    books = {"messages": 1, "received": 3, "stored": 3, "duplicates": 0, "corrections": 0, "refused": 0}
    assert await account(plant) == books


async def test_the_qc_flag_tells_impossible_values_and_clocks_ahead(plant: Database) -> None:
    async with running_writer(plant) as writer:
        await send(
            writer,
            delivery(sample(NOW - minutes(3), {"SO2": 500.0})),
            delivery(sample(NOW - minutes(2), {"SO2": 500.1})),
            delivery(sample(NOW + minutes(6), {"SO2": 20})),
        )
    assert [(value, qc) for _, value, _, qc in await readings(plant)] == [(500.0, 1), (500.1, 3), (20.0, 3)]


async def test_redelivery_changes_nothing_but_the_books(plant: Database) -> None:
    message = delivery(sample(NOW - minutes(10), {"SO2": 21.4, "O2": 9.5}))
    async with running_writer(plant) as writer:
        await send(writer, message)
        before = await rows(plant, "select measured_at, value, received_at from reading order by point_id")
        (again,) = await send(writer, delivery(json.loads(message.payload), received_at=NOW + minutes(1)))
    assert again.outcome is Outcome.STORED
    assert await rows(plant, "select measured_at, value, received_at from reading order by point_id") == before
    assert await corrections(plant) == []
    assert (await account(plant)) | {"messages": 0} == {
        "messages": 0, "received": 4, "stored": 2, "duplicates": 2, "corrections": 0, "refused": 0,
    }  # fmt: skip


async def test_another_value_or_flag_is_a_correction_and_known_ones_are_duplicates(plant: Database) -> None:
    at = NOW - minutes(10)
    async with running_writer(plant) as writer:
        for value, flag in ((20, "N"), (21, "N"), (20, "M"), (21, "N"), (20, "N"), (20, "M"), (22, "N")):
            await send(writer, delivery(sample(at, {"SO2": value}, SO2=flag)))
    assert await readings(plant) == [(10, 20.0, "N", 1)]
    assert await corrections(plant) == [(21.0, "N"), (20.0, "M"), (22.0, "N")]
    books = await account(plant)
    assert (books["stored"], books["duplicates"], books["corrections"]) == (1, 3, 3)


async def test_the_same_within_one_batch_and_one_message(plant: Database) -> None:
    at = NOW - minutes(10)
    values = (20, 21, 20, 21, 22, 20)
    async with running_writer(plant) as writer:
        await send(writer, *(delivery(sample(at, {"SO2": value})) for value in values[:3]),
                   delivery([sample(at, {"SO2": value}) for value in values[3:]]))  # fmt: skip
    assert await readings(plant) == [(10, 20.0, "N", 1)]
    assert await corrections(plant) == [(21.0, "N"), (22.0, "N")]
    books = await account(plant)
    assert (books["stored"], books["duplicates"], books["corrections"]) == (1, 3, 2)


async def test_negative_zero_is_zero(plant: Database) -> None:
    async with running_writer(plant) as writer:
        for value in (0.0, -0.0):
            await send(writer, delivery(sample(NOW, {"SO2": value})))
    assert (await account(plant))["duplicates"] == 1


async def test_stored_and_corrected_readings_make_their_hours_dirty_duplicates_do_not(plant: Database) -> None:
    hour = NOW - timedelta(hours=3)
    on_the_hour = sample(hour, {"SO2": 1, "W-01": 5})
    async with running_writer(plant) as writer:
        await send(writer, delivery(on_the_hour), delivery(sample(hour + minutes(5), {"SO2": 1})))
        assert await dirty(plant) == [("SO2", hour), ("W-01", hour - timedelta(hours=1))]
        await rows(plant, "delete from dirty_hour returning 1")
        await send(writer, delivery(on_the_hour))
        assert await dirty(plant) == []
        await send(writer, delivery(sample(hour, {"SO2": 2})))
        assert await dirty(plant) == [("SO2", hour)]


async def test_good_values_beside_refused_ones(plant: Database) -> None:
    at = NOW - minutes(10)
    content = [
        {"at": at.isoformat(), "values": {"SO2": 1, "NOPE": 2, "O2": None, "W-01": 3}},
        {"at": at.isoformat()[:19], "values": {"SO2": 1, "O2": 2}},
        {"at": (NOW + timedelta(days=2)).isoformat(), "values": {"SO2": 1, "NOPE": 1}},
        {"at": "1970-01-01T00:00:01Z", "values": {"SO2": 1}},
    ]
    message = delivery(content)
    async with running_writer(plant) as writer:
        (receipt,) = await send(writer, message)
    assert receipt.outcome is Outcome.PARTLY_REFUSED
    report = json.loads(receipt.rejects or b"")
    assert (report["topic"], report["items"]) == (message.topic, 9)
    assert report["received_at"] == "2026-11-02T01:00:00Z"
    found = {r["reason"]: (r["items"], r["first_item"], r["chinese"]) for r in report["refused"]}
    assert found == {
        "not_a_number": (1, "$[0].values.O2 = null", "数值不是有限的数字"),
        "naive_time": (2, '$[1].at = "2026-11-02T00:50:00"', "时间缺少时区，例如 +08:00"),
        "unknown_point": (1, "$[0].values.NOPE = 2.0", "测点未登记"),
        "future_time": (2, "$[2] at 2026-11-04T01:00:00+00:00", "时间超前平台时钟一天以上"),
        "too_old": (1, "$[3] at 1970-01-01T00:00:01+00:00", "时间早于平台接收的最早时间"),
    }
    kept = await refusals(plant)
    assert {r["reason"]: r["items"] for r in kept} == {reason: items for reason, (items, _, _) in found.items()}
    assert {bytes(r["payload"]) for r in kept} == {message.payload}
    assert {(r["enterprise"], r["gateway"], r["client_id"], r["received_at"]) for r in kept} == {
        ("coke-1", "gw1", "client-7", NOW)
    }
    assert await account(plant) == {
        "messages": 1, "received": 9, "stored": 2, "duplicates": 0, "corrections": 0, "refused": 7,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("message", "outcome", "reason"),
    [
        pytest.param(delivery(b"\xff\x00\xfe"), Outcome.REFUSED_PAYLOAD, "bad_payload", id="bytes"),
        pytest.param(delivery(b'{"at"', oversize=300_000), Outcome.REFUSED_OVERSIZE, "oversize", id="oversize"),
        pytest.param(
            delivery({}, topic="plantwatch/v1/steel-2/gw1/readings"),
            Outcome.REFUSED_TENANT,
            "foreign_tenant",
            id="foreign",
        ),
        pytest.param(delivery({}, topic="x\0y/\u0007"), Outcome.REFUSED_TOPIC, "bad_topic", id="topic"),
        pytest.param(delivery(b"##0041", kind="hj212"), Outcome.REFUSED_PAYLOAD, "bad_frame", id="hj212"),
        pytest.param(
            delivery({}, topic="v1/devices/me/attributes"), Outcome.REFUSED_TOPIC, "format_not_supported", id="kind"
        ),
        pytest.param(delivery(b"up", kind="status"), Outcome.REFUSED_PAYLOAD, "bad_status", id="status"),
        pytest.param(
            delivery(b'{"at":"2026-11-02T08:00:00+08:00","values":{"\\ud800\\u0000":1}}'),
            Outcome.REFUSED_PAYLOAD,
            "unknown_point",
            id="code that no database can hold",
        ),
    ],
)
async def test_a_refused_message_keeps_its_bytes_and_counts_as_one_item(
    plant: Database, message: object, outcome: Outcome, reason: str
) -> None:
    async with running_writer(plant) as writer:
        (receipt,) = await send(writer, message)  # type: ignore[arg-type]
    assert receipt.outcome is outcome
    (kept,) = await refusals(plant)
    assert (kept["enterprise"], kept["reason"], kept["items"]) == ("coke-1", reason, 1)
    assert bytes(kept["payload"]) == message.payload  # type: ignore[attr-defined]
    assert kept["payload_size"] == message.payload_size  # type: ignore[attr-defined]
    assert (await account(plant))["refused"] == 1
    assert (await account(plant, "steel-2"))["received"] == 0


async def test_every_local_day_has_its_own_book(plant: Database) -> None:
    midnight = datetime(2026, 11, 1, 16, tzinfo=UTC)
    async with running_writer(plant) as writer:
        await send(
            writer,
            delivery(sample(NOW - timedelta(days=2), {"SO2": 1}), received_at=midnight - timedelta(microseconds=1)),
            delivery(sample(NOW - timedelta(days=3), {"SO2": 1}), received_at=midnight),
        )
    books = await rows(plant, "select day::text, received from accounting order by day")
    assert [(b["day"], b["received"]) for b in books] == [("2026-11-01", 1), ("2026-11-02", 1)]


async def test_leak_tests_are_stored_corrected_and_recognised(plant: Database) -> None:
    def record(net: float, **more: object) -> dict[str, object]:
        return {"component": "P-101", "tested_at": "2026-11-01T10:00:00+08:00", "net_umol_mol": net, **more}

    async with running_writer(plant) as writer:
        await send(writer, delivery(record(120), kind="leak-tests"))
        await send(writer, delivery([record(120), record(90), record(90), record(120)], kind="leak-tests"))
        await send(writer, delivery(record(90, tester="张工"), kind="leak-tests"))
        (receipt,) = await send(
            writer,
            delivery(
                [{**record(1), "component": "P-999"}, {**record(1), "tested_at": "2026-11-04T10:00:00+08:00"}],
                kind="leak-tests",
            ),
        )
    found = await rows(plant, "select revision, net_umol_mol, tester from leak_test order by revision")
    assert [tuple(r.values()) for r in found] == [(0, 120.0, None), (1, 90.0, None), (2, 90.0, "张工")]
    assert {r["reason"] for r in json.loads(receipt.rejects or b"")["refused"]} == {"unknown_component", "future_time"}
    assert await account(plant) == {
        "messages": 4, "received": 8, "stored": 1, "duplicates": 3, "corrections": 2, "refused": 2,
    }  # fmt: skip
    work = await rows(plant, "select kind, at from rule_work order by seq")
    assert {tuple(w.values()) for w in work} == {("leak_test", datetime(2026, 11, 1, 2, tzinfo=UTC))}


async def test_a_gateway_says_when_it_comes_and_goes(plant: Database) -> None:
    async def known() -> list[tuple[object, ...]]:
        return [tuple(r.values()) for r in await rows(plant, "select gateway, online, changed_at from gateway_status")]

    async with running_writer(plant) as writer:
        await writer.status("coke-1", "gw1", True, NOW)
        assert await known() == [("gw1", True, NOW)]
        await writer.status("coke-1", "gw1", True, NOW + minutes(1))
        assert await known() == [("gw1", True, NOW)], "since when, not last heard"
        await send(writer, delivery(b"offline", kind="status", received_at=NOW + minutes(2)))
        assert await known() == [("gw1", False, NOW + minutes(2))]
        await writer.status("coke-1", "gw1", True, NOW + minutes(1))
        assert await known() == [("gw1", False, NOW + minutes(2))], "an older word does not count"
    assert (await account(plant))["messages"] == 0


async def test_a_point_registered_just_now_works(plant: Database) -> None:
    message = delivery(sample(NOW, {"NOX": 1}))
    async with running_writer(plant) as writer:
        (before,) = await send(writer, message)
        await rows(
            plant,
            """insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, in_service_from)
               select enterprise_id, 'NOX', 'x', 'instantaneous', 'nox', 'mg/m3', 60, '2026-01-01' from enterprise
               returning 1""",
        )
        (after,) = await send(writer, message)
    assert (before.outcome, after.outcome) == (Outcome.REFUSED_PAYLOAD, Outcome.STORED)


async def test_unknown_codes_do_not_make_us_look_at_every_message(plant: Database) -> None:
    async with running_writer(plant, unknown_refresh_s=3600.0) as writer:
        await send(writer, delivery(sample(NOW, {"NOX": 1})))
        await rows(plant, "update point set code = 'NOX' where code = 'O2' returning 1")
        (after,) = await send(writer, delivery(sample(NOW, {"NOX": 1})))
    assert after.outcome is Outcome.REFUSED_PAYLOAD


async def test_an_enterprise_that_is_gone_is_not_answered(plant: Database) -> None:
    async with running_writer(plant) as writer:
        gone = writer.submit(delivery(sample(NOW, {"SO2": 1}), enterprise="nobody"))
        there = writer.submit(delivery(sample(NOW, {"SO2": 1})))
        lost, kept = await asyncio.gather(gone, there, return_exceptions=True)
    assert isinstance(lost, SinkUnavailable)
    assert not isinstance(kept, BaseException)
    assert kept.outcome is Outcome.STORED


async def test_months_are_made_when_they_are_met_and_met_again_after_they_were_dropped(plant: Database) -> None:
    ends = [datetime(2026, 3, 31, 23, 59, 59, 999999, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)]
    old = datetime(2000, 1, 1, tzinfo=UTC)
    async with running_writer(plant) as writer:
        await send(writer, delivery([sample(at, {"SO2": 1}) for at in (*ends, old)]))
        assert len(await readings(plant)) == 3
        async with plant.transaction() as connection:
            await connection.execute("select maintain_v1(%s, interval '1000 days')", (NOW,))
        (receipt,) = await send(writer, delivery([sample(old, {"SO2": 2}), sample(NOW, {"SO2": 3})]))
    assert receipt.outcome is Outcome.STORED
    assert [value for _, value, _, _ in await readings(plant)] == [2.0, 1.0, 1.0, 3.0]


async def test_late_readings_meet_compressed_ones(plant: Database) -> None:
    old = NOW - timedelta(days=200)
    first = [sample(old + minutes(m), {"SO2": m, "O2": 9}) for m in range(30)]
    async with running_writer(plant) as writer:
        await send(writer, delivery(first))
        with psycopg.connect(plant.url) as connection:
            if connection.execute("select 1 from schema_info where value = 'timescale'").fetchone():
                connection.execute("select compress_chunk(show_chunks('reading'))")
        again = [sample(old + minutes(m), {"SO2": m + 100 * (m % 3 == 0), "O2": 9}) for m in range(20, 50)]
        await send(writer, delivery(again))
        await send(writer, delivery([sample(old + minutes(60), {"SO2": 1})]))
    books = await account(plant)
    assert (books["stored"], books["duplicates"], books["corrections"]) == (60 + 40 + 1, 17, 3)
    assert [value for value, _ in await corrections(plant)] == [121.0, 124.0, 127.0]


POISON = """
create function poison() returns trigger language plpgsql as $$
begin
    if new.value = 666 then raise exception 'no number of ours' using errcode = 'data_exception'; end if;
    return new;
end $$;
create trigger poison before insert on reading for each row execute function poison();
"""


async def test_a_message_that_the_database_will_not_have_blocks_nobody(plant: Database) -> None:
    with psycopg.connect(plant.url) as connection:
        connection.execute(POISON)
    messages = [delivery(sample(NOW - minutes(m), {"SO2": 666 if m in (3, 11) else m, "O2": 5})) for m in range(16)]
    async with running_writer(plant) as writer:
        receipts = await send(writer, *messages)
    bad = [number for number, receipt in enumerate(receipts) if receipt.outcome is not Outcome.STORED]
    assert bad == [3, 11]
    assert len(await readings(plant)) == 14
    kept = await refusals(plant)
    assert [bytes(r["payload"]) for r in kept] == [messages[3].payload, messages[11].payload]
    assert {r["reason"] for r in kept} == {"bad_payload"}
    assert "no number of ours" in kept[0]["expected"]
    books = await account(plant)
    assert (books["received"], books["stored"], books["refused"]) == (30, 28, 2)


async def test_a_full_queue_makes_senders_wait_and_loses_nothing(plant: Database) -> None:
    limits = WriterLimits(batch_values=4, queue_values=10)
    deliveries = [delivery(sample(NOW - minutes(m), {"SO2": m})) for m in range(60)]
    deepest = 0
    async with running_writer(plant, limits) as writer:

        async def watch(each: object) -> None:
            nonlocal deepest
            await writer.submit(each)  # type: ignore[arg-type]
            deepest = max(deepest, writer.queued)

        await asyncio.gather(*(watch(each) for each in deliveries))
    assert len(await readings(plant)) == 60
    assert deepest < 60


async def test_a_closed_writer_finishes_its_queue_and_takes_nothing_more(plant: Database) -> None:
    async with running_writer(plant) as writer:
        futures = [writer.enqueue(delivery(sample(NOW - minutes(m), {"SO2": m}))) for m in range(20)]
        writer.close()
        with pytest.raises(SinkUnavailable):
            await writer.submit(delivery(sample(NOW, {"SO2": 1})))
    assert {future.result().outcome for future in futures} == {Outcome.STORED}


@pytest.mark.parametrize("overlap", ["same values", "other values"])
async def test_two_writers_on_the_same_points(plant: Database, overlap: str) -> None:
    def messages(writer: int) -> list[object]:
        shift = writer if overlap == "other values" else 0
        found = [
            delivery([sample(NOW - minutes(m), {"SO2": m + shift, "O2": 9, "W-01": m}) for m in range(k, k + 40)])
            for k in range(0, 200, 20)
        ]
        return found if writer == 0 else found[::-1]

    limits = WriterLimits(batch_values=200)
    async with running_writer(plant, limits) as one, running_writer(plant, limits) as other:
        receipts = await asyncio.gather(send(one, *messages(0)), send(other, *messages(1)))  # type: ignore[arg-type]
    assert {receipt.outcome for both in receipts for receipt in both} == {Outcome.STORED}
    assert [len(await readings(plant, code)) for code in ("SO2", "O2", "W-01")] == [220, 220, 220]
    books = await account(plant)
    assert books["received"] == 2 * 10 * 40 * 3
    assert books["stored"] == 660
    assert books["corrections"] == len(await corrections(plant)) == (220 if overlap == "other values" else 0)
