"""Records of leak detection and repair: a JSON list of records, or one record. Pure.

`[{"component":"P-101","tested_at":"2026-11-02T10:30:00+08:00","net_umol_mol":120.5,"background_umol_mol":2.0,
"instrument":"FID-7","tester":"..."}, {"record":"repair","component":"P-101","repaired_at":"...","measure":"..."}]`

`record` says what it is: test, repair, delay, calibration or event. A record that does not say so is a test, and what
it says besides is passed over: gateways have sent remarks of their own since before there was anything but tests. Where
it is said, a name that means nothing is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from domain.leakrecords import FIELDS, Record, RecordFault, read_record
from domain.refusals import Reason
from ingest.check import AHEAD_REFUSED_US
from ingest.decode.faults import Faults, printable, show
from ingest.decode.strict_json import RepeatedKeys, read_json

_NAME_CHARACTERS = 80
#: As of readings: this far ahead the time is an error.
_AHEAD = timedelta(microseconds=AHEAD_REFUSED_US)


@dataclass(frozen=True, slots=True)
class PlacedRecord:
    """One record, well-formed in itself, and where it stands in the payload."""

    record: Record
    path: str


@dataclass(slots=True)
class Records:
    """The records of one message, and what was wrong with the others."""

    records: list[PlacedRecord] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)


def decode_leak_tests(payload: bytes, received_at: datetime) -> Records:
    """The records of a payload; whatever cannot be used is in their faults, never raised."""
    found = Records()
    decoded = read_json(payload, found.faults)
    if found.faults:
        return found
    listed = decoded if isinstance(decoded, list) else [decoded]
    if not listed:
        found.faults.add(Reason.BAD_LEAK_TEST, "$ = []", expected="at least one record")
    for index, record in enumerate(listed):
        _read(record, f"$[{index}]" if isinstance(decoded, list) else "$", received_at, found)
    return found


def _read(said: Any, path: str, received_at: datetime, found: Records) -> None:
    bad = Reason.BAD_LEAK_TEST
    if not isinstance(said, dict):
        found.faults.add(bad, f"{path} = {show(said)}")
        return
    if isinstance(said, RepeatedKeys):
        found.faults.add(bad, path, expected="no key is given twice in an object")
        return
    if said.get("record") is None:
        said = {name: value for name, value in said.items() if name in FIELDS["test"]}
    elif said["record"] != "test":
        bad = Reason.BAD_LEAK_RECORD
    record = read_record(said, received_at, ahead=_AHEAD)
    if isinstance(record, list):
        fault = record[0]
        # a time that is no text is no misread time, but a record of another shape
        is_of_time = fault.reason is not Reason.BAD_LEAK_TEST and isinstance(fault.value, str)
        reason = fault.reason if is_of_time else bad
        found.faults.add(reason, _where(fault, path), expected=_expected(record))
    else:
        found.records.append(PlacedRecord(record, path))


def _where(fault: RecordFault, path: str) -> str:
    shown = "" if fault.value is None else f" = {show(fault.value)}"
    return f"{path}.{printable(fault.field[:_NAME_CHARACTERS])}{shown}"


def _expected(faults: list[RecordFault]) -> str:
    first = faults[0]
    also = "" if len(faults) == 1 else f"；另有 {len(faults) - 1} 处"
    return printable(f"{first.field[:_NAME_CHARACTERS]}：{first.expected}{also}")
