"""LDAR test records: a JSON list of records, or one record.

`[{"component":"P-101","tested_at":"2026-11-02T10:30:00+08:00","net_umol_mol":120.5,"background_umol_mol":2.0,
"instrument":"FID-7","tester":"..."}]`
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from domain.refusals import Reason
from ingest.decode.faults import Faults, show
from ingest.decode.instants import read_at
from ingest.decode.strict_json import RepeatedKeys, read_json

_NAME_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Record:
    """One record, well-formed in itself. Concentrations in umol/mol."""

    component: str
    tested_us: int
    net_umol_mol: float
    background_umol_mol: float | None
    instrument: str | None
    tester: str | None
    path: str
    """Where it stands in the payload."""


@dataclass(slots=True)
class Records:
    """The records of one message, and what was wrong with the others."""

    records: list[Record] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)


def decode_leak_tests(payload: bytes) -> Records:
    """The records of a payload; whatever cannot be used is in their faults, never raised."""
    found = Records()
    decoded = read_json(payload, found.faults)
    if found.faults:
        return found
    listed = decoded if isinstance(decoded, list) else [decoded]
    if not listed:
        found.faults.add(Reason.BAD_LEAK_TEST, "$ = []", expected="at least one record")
    for index, record in enumerate(listed):
        _read(record, f"$[{index}]" if isinstance(decoded, list) else "$", found)
    return found


def _read(record: Any, path: str, found: Records) -> None:
    bad = Reason.BAD_LEAK_TEST
    if not isinstance(record, dict):
        found.faults.add(bad, f"{path} = {show(record)}")
        return
    if isinstance(record, RepeatedKeys):
        found.faults.add(bad, path, expected="no key is given twice in an object")
        return
    component, tested_at = record.get("component"), record.get("tested_at")
    net, background = record.get("net_umol_mol"), record.get("background_umol_mol")
    if not _is_name(component):
        found.faults.add(bad, f"{path}.component = {show(component)}")
    elif not isinstance(tested_at, str):
        found.faults.add(bad, f"{path}.tested_at = {show(tested_at)}")
    elif isinstance(tested := read_at(tested_at), Reason):
        found.faults.add(tested, f"{path}.tested_at = {show(tested_at)}")
    elif not _is_concentration(net):
        found.faults.add(bad, f"{path}.net_umol_mol = {show(net)}", expected="a finite number, not negative")
    elif background is not None and not _is_concentration(background):
        found.faults.add(
            bad, f"{path}.background_umol_mol = {show(background)}", expected="a finite number, not negative"
        )
    else:
        for key in ("instrument", "tester"):
            if record.get(key) is not None and not _is_name(record[key]):
                found.faults.add(bad, f"{path}.{key} = {show(record[key])}", expected="1 to 64 printable characters")
                return
        found.records.append(
            Record(
                component,
                tested,
                float(net),
                None if background is None else float(background),
                record.get("instrument"),
                record.get("tester"),
                path,
            )
        )


def _is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= _NAME_CHARACTERS and value.isprintable()


def _is_concentration(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
