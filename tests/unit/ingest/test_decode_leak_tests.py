"""Records of leaks as JSON: what is written is read again, every record is kept or refused, and nothing raises."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.leakrecords import FIELDS, Record, TestRecord, net_of
from domain.refusals import Reason
from ingest.decode.instants import read_at
from ingest.decode.leak_tests import decode_leak_tests

NOW = datetime(2026, 11, 3, tzinfo=UTC)
_NAMES = {"RepairRecord": "repair", "DelayRecord": "delay", "CalibrationRecord": "calibration", "EventRecord": "event"}

names = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)
instants = st.datetimes(datetime(2000, 1, 2), datetime(2026, 11, 2)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
positive = st.floats(0.001, 1e6)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def leak_tests(draw: st.DrawFn) -> dict[str, Any]:
    said: dict[str, Any] = {
        "component": draw(names),
        "tested_at": draw(instants),
        "background_umol_mol": draw(optional(st.floats(0, 50))),
        "response_factor": draw(optional(positive)),
        "dwell_s": draw(optional(st.floats(0, 600))),
        "purpose": draw(st.sampled_from(("routine", "retest", "spot_check", "recheck"))),
        "visible": draw(st.booleans()),
        "campaign": draw(optional(st.from_regex(r"[A-Za-z0-9._-]{1,10}", fullmatch=True))),
        "instrument": draw(optional(names)),
        "tester": draw(optional(names)),
        "video": draw(optional(names)),
    }
    method = draw(st.sampled_from(("instrument", "visual", "ogi", "ultrasonic")))
    said["method"] = method
    if method == "instrument" or draw(st.booleans()):
        said["reading_umol_mol"] = draw(st.floats(-5, 1e5))
    return {"record": "test"} | said


@st.composite
def others(draw: st.DrawFn) -> dict[str, Any]:
    found = draw(instants)
    later = found + timedelta(seconds=draw(st.integers(0, 3600)))
    component, note = draw(names), draw(optional(names))
    return draw(
        st.sampled_from(
            [
                {"record": "repair", "component": component, "repaired_at": later, "measure": "x", "found_at": found},
                {
                    "record": "delay", "component": component, "found_at": found, "filed_at": later, "ground": "unsafe",
                    "repair_by": date(2030, 1, 1), "document": "1号",
                },
                {"record": "calibration", "instrument": component, "done_at": found, "kind": "zero", "expected": 0.0,
                 "shown": draw(st.floats(-10, 10))},
                {"record": "event", "kind": "restart", "component": component, "happened_at": found, "note": note},
            ]
        )
    )  # fmt: skip


def written(said: dict[str, Any], hours: int = 8) -> dict[str, Any]:
    """As JSON has it, the instants with an offset of so many hours."""
    zone = timedelta(hours=hours)
    sign = f"{'+' if hours >= 0 else '-'}{abs(hours):02}:00"
    return {
        name: f"{(value + zone).replace(tzinfo=None).isoformat()}{sign}" if isinstance(value, datetime)
        else value.isoformat() if isinstance(value, date) else value
        for name, value in said.items()
    }  # fmt: skip


def said_again(record: Record) -> dict[str, Any]:
    kind = _NAMES.get(type(record).__name__, "test")
    return {"record": kind} | {f.name: getattr(record, f.name) for f in fields(record) if f.name in FIELDS[kind]}


@settings(deadline=None)
@given(st.lists(leak_tests() | others(), min_size=1, max_size=4), st.integers(-12, 14))
def test_what_is_written_is_read(all_said: list[dict[str, Any]], hours: int) -> None:
    found = decode_leak_tests(json.dumps([written(said, hours) for said in all_said]).encode(), NOW)
    assert not found.faults, found.faults
    assert [one.path for one in found.records] == [f"$[{number}]" for number in range(len(all_said))]
    for said, one in zip(all_said, found.records, strict=True):
        again = said_again(one.record)
        if isinstance(one.record, TestRecord) and said.get("reading_umol_mol") is not None:
            factor = said["response_factor"]
            assert again.pop("net_umol_mol") == net_of(said["reading_umol_mol"], said["background_umol_mol"], factor)
        assert {name: value for name, value in again.items() if value is not None} == {
            name: value for name, value in said.items() if value is not None
        }


_CLEAN: dict[str, Any] = {"component": "P-1", "tested_at": "2026-11-02T10:30:05+08:00", "net_umol_mol": 1}
values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({}),
    st.sampled_from(["retest", "2026-02-29T08:00:00+08:00", "2026/11/2", "02/11/2026", "release", "span", 10**400]),
)  # fmt: skip
kinds = st.sampled_from([None, "test", "repair", "delay", "calibration", "event", "tests", 7, ["test"]])


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(kinds, st.dictionaries(st.sampled_from(sorted({f for k in FIELDS.values() for f in k})), values))
    )
)
def test_every_record_is_kept_or_refused_once(all_said: list[tuple[Any, dict[str, Any]]]) -> None:
    payload = json.dumps([{"record": kind, **_CLEAN, **said} for kind, said in all_said]).encode()
    found = decode_leak_tests(payload, NOW)
    assert len(found.records) + found.faults.items == max(1, len(all_said))
    for fault in found.faults.by_reason.values():
        assert (fault.first_item + fault.expected).isprintable()
        assert found.faults.by_reason.keys() <= {
            Reason.BAD_LEAK_TEST, Reason.BAD_LEAK_RECORD, Reason.BAD_TIME, Reason.NAIVE_TIME, Reason.FUTURE_TIME,
            Reason.TOO_OLD, Reason.BAD_PAYLOAD,
        }  # fmt: skip


@settings(deadline=None, max_examples=100)
@given(
    st.builds(
        "{}-{}-{}{}{}:{}:{}{}{}".format,
        st.sampled_from(("2026", "2024", "2010")),
        st.sampled_from(("01", "02", "11", "13")),
        st.sampled_from(("01", "28", "29", "30", "32")),
        st.sampled_from("Tt _"),
        st.sampled_from(("00", "23", "24")),
        st.sampled_from(("00", "59", "60")),
        st.sampled_from(("00", "59", "60")),
        st.sampled_from(("", ".5", ".1234567", ".")),
        st.sampled_from(("Z", "z", "+08:00", "-11:59", "+08:60", "+24:00", "", "+0800")),
    )
)
def test_times_are_those_of_readings(text: str) -> None:
    """A gateway writes one kind of time, whatever it sends."""
    found = decode_leak_tests(json.dumps(_CLEAN | {"tested_at": text}).encode(), NOW)
    at = read_at(text)
    if isinstance(at, Reason):
        assert set(found.faults.by_reason) <= {Reason.BAD_TIME, Reason.NAIVE_TIME}
        assert found.faults
    elif found.records:
        ((record,)) = [one.record for one in found.records]
        assert isinstance(record, TestRecord)
        assert (record.tested_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) == at
    else:
        assert list(found.faults.by_reason) == [Reason.FUTURE_TIME]


def test_without_saying_so_a_record_is_a_test_and_may_say_more() -> None:
    for said in ({}, {"record": None}):
        found = decode_leak_tests(json.dumps(_CLEAN | said | {"weather": "晴", "": 1}).encode(), NOW)
        assert [type(one.record) for one in found.records] == [TestRecord]
    found = decode_leak_tests(json.dumps(_CLEAN | {"record": "test", "weather": "晴"}).encode(), NOW)
    assert list(found.faults.by_reason) == [Reason.BAD_LEAK_TEST]
