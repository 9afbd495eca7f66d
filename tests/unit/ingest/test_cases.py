"""Walks tests/cases/ingest: a topic and a payload as they came, and what must be read from them.

A new case is a directory with `topic.txt`, `payload` (raw bytes) and `expected.json`; the sender is always coke-1.
Formats whose names mean nothing without the register have a `register.toml` besides, all of it optional:

    points = ["S1-SO2"]          # registered point codes, for formats that need no tags

    [[station]]                  # HJ 212
    mn = "010000A8900016F000169DC0"
    gateway = "gw1"              # this and what follows may be left out; these are the defaults
    edition = "2017"
    profile = "strict"           # or "lenient"
    crc = "hj212"                # or "modbus", "none"
    missing_flag = "refuse"      # or "normal"
    ignored = []                 # patterns CN/FACTOR-KEY
    sm4_key = ""                 # 32 hexadecimal digits

    [[tag]]
    protocol = "hj212"           # or "sparkplug", "thingsboard"
    device = "010000A8900016F000169DC0"  # MN; node or node/device; device
    name = "2011/a21026-Rtd"     # CN/FACTOR-KEY; metric; telemetry key
    point = "S1-SO2"
    scale = 1.0                  # may be left out, as may zero
    zero = 0.0

    [[birth]]                    # Sparkplug births that were heard before
    node = "n1"
    device = ""                  # may be left out
    bd_seq = 0                   # may be left out
    metrics = [{name = "SO2", alias = 1, datatype = 10}]  # alias may be left out

What is expected of such a payload besides `values`, `outcome` and `refused`, each only where it is not empty: `quirks`
(frames by "device quirk"), `ignored`, `presence` ([gateway, online]), `births` ([node, device, bd_seq, metrics]) and
`commands` ([topic, payload in hexadecimal digits]).
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.leakrecords import Record, TestRecord
from domain.readings import from_us
from ingest.decode.register import Birth, Station, Tag, View
from ingest.decode.samples import Samples
from ingest.delivery import Delivery
from ingest.messages import Message, read_message, receipt
from ingest.sparkplug import Sequences

CASES = sorted(path for path in (Path(__file__).parents[2] / "cases" / "ingest").iterdir() if path.is_dir())
RECEIVED_AT = datetime(2026, 11, 2, 1, tzinfo=UTC)
#: What follows their colon is a parser's own words, which change with Python and msgspec.
FOREIGN_WORDS = ("bad_payload",)


def read_register(case: Path) -> View:
    """The register of a case; an empty one without register.toml."""
    path = case / "register.toml"
    text: dict[str, Any] = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    unknown = text.keys() - {"points", "station", "tag", "birth"}
    assert not unknown, f"{path}: unknown {unknown}"
    tags: dict[str, dict[tuple[str, str], Tag]] = {"hj212": {}, "sparkplug": {}, "thingsboard": {}}
    for row in text.get("tag", []):
        known = Tag(row["point"], row.get("scale", 1.0), row.get("zero", 0.0))
        tags[row["protocol"]][row["device"], row["name"]] = known
    stations = {row["mn"]: _station(row, tags["hj212"]) for row in text.get("station", [])}
    births = {(row["node"], row.get("device", "")): _birth(row) for row in text.get("birth", [])}
    return View(text.get("points", ()), stations, tags["sparkplug"], tags["thingsboard"], births)


def _station(row: dict[str, Any], tags: dict[tuple[str, str], Tag]) -> Station:
    mn = row["mn"]
    return Station(
        mn=mn,
        gateway=row.get("gateway", "gw1"),
        edition=row.get("edition", "2017"),
        strict={"strict": True, "lenient": False}[row.get("profile", "strict")],
        crc=row.get("crc", "hj212"),
        missing_flag_is_normal={"normal": True, "refuse": False}[row.get("missing_flag", "refuse")],
        ignored=tuple(row.get("ignored", ())),
        sm4_key=bytes.fromhex(row["sm4_key"]) if row.get("sm4_key") else None,
        tags={name: tag for (device, name), tag in tags.items() if device == mn},
    )


def _birth(row: dict[str, Any]) -> Birth:
    metrics = tuple((metric["name"], metric.get("alias"), metric["datatype"]) for metric in row["metrics"])
    return Birth(row["node"], row.get("device", ""), row.get("bd_seq"), metrics)


def result(case: Path) -> dict[str, Any]:
    """What is read from a case, as its expected.json says it."""
    topic, payload = (case / "topic.txt").read_text("utf-8").strip(), (case / "payload").read_bytes()
    delivery = Delivery("coke-1", "client", topic, payload, len(payload), 1, False, False, RECEIVED_AT)
    message = read_message(delivery, Sequences())
    samples, faults = message.samples, message.faults
    if message.deferred is not None:
        samples = message.deferred(read_register(case))
        faults = samples.faults
    found: dict[str, Any] = {}
    if samples is not None:
        found |= _of_samples(samples)
    found |= _of_message(message)
    good = (len(samples.codes) if samples else 0) + message.recorded
    answer = receipt(message, faults, good + faults.items, ())
    found["outcome"] = answer.outcome.value
    if answer.rejects is not None:
        found["refused"] = [_refusal(refusal) for refusal in json.loads(answer.rejects)["refused"]]
    return found


def _of_samples(samples: Samples) -> dict[str, Any]:
    instants = [from_us(at).isoformat() for at, n in zip(samples.at_us, samples.sizes, strict=True) for _ in range(n)]
    values = zip(samples.codes, instants, samples.values, samples.flags, strict=True)
    found: dict[str, Any] = {"values": [list(value) for value in values]}
    besides = {
        "quirks": {f"{device} {quirk}": frames for (device, quirk), frames in sorted(samples.quirks.items())},
        "ignored": samples.ignored,
        "presence": [list(presence) for presence in samples.online],
        "births": [
            [birth.node, birth.device, birth.bd_seq, [list(metric) for metric in birth.metrics]]
            for birth in samples.births
        ],
        "commands": [[topic, payload.hex()] for topic, payload in samples.commands],
    }
    return found | {key: value for key, value in besides.items() if value}


def _of_message(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if tests := [_test(one.record) for one in message.records if isinstance(one.record, TestRecord)]:
        found["leak_tests"] = tests
    others = [one.record for one in message.records if not isinstance(one.record, TestRecord)]
    if others:
        found["leak_records"] = [[type(one).__name__, _fields(one)] for one in others]
    if message.figures:
        found["figures"] = [
            [f.line, f.item, f.period, f.value, f.unit, f.evidence] for f in (r.figure for r in message.figures)
        ]
    if message.online is not None:
        found["online"] = message.online
    return found


_OF_OLD = ("component", "tested_at", "net_umol_mol", "background_umol_mol", "instrument", "tester")


def _test(test: TestRecord) -> list[Any]:
    """What tests have always said, then what else this one says."""
    said = _fields(test)
    more = {name: value for name, value in said.items() if name not in _OF_OLD}
    return [*(said.get(name) for name in _OF_OLD), *([more] if more else [])]


def _fields(record: Record) -> dict[str, Any]:
    """What a record says besides the defaults."""
    values = {one.name: getattr(record, one.name) for one in fields(record)}
    said = {one.name: values[one.name] for one in fields(record) if values[one.name] != one.default}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}


def _refusal(refusal: dict[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in refusal.items() if key != "chinese"}
    if shown["reason"] in FOREIGN_WORDS:
        shown["expected"] = shown["expected"].split(": ")[0]
    return shown


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path) -> None:
    assert result(case) == json.loads((case / "expected.json").read_text("utf-8"))


def test_there_are_cases() -> None:
    assert len(CASES) > 50
