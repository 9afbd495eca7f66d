"""Figures for the ledger (台账): a JSON list of records, or one record. Pure.

`[{"line":"L1","item":"output","month":"2026-09","value":1234.5,"unit":"t","evidence":"..."}]`; without a line the
figure is the enterprise's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from domain.refusals import Reason
from domain.reported import Figure, read_figure
from ingest.decode.faults import Faults, printable, show
from ingest.decode.strict_json import RepeatedKeys, read_json

_NAME_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Record:
    """A figure, well-formed in itself, and where it stands in the payload."""

    figure: Figure
    path: str


@dataclass(slots=True)
class Records:
    """The figures of one message, and what was wrong with the others."""

    records: list[Record] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)


def decode_production(payload: bytes, enterprise: str, today: date) -> Records:
    """The figures of a payload; whatever cannot be used is in their faults, never raised.

    enterprise: who sends them, and whose they are. today: the local day of arrival.
    """
    found = Records()
    decoded = read_json(payload, found.faults)
    if found.faults:
        return found
    listed = decoded if isinstance(decoded, list) else [decoded]
    if not listed:
        found.faults.add(Reason.BAD_PRODUCTION, "$ = []", expected="at least one record")
    for index, record in enumerate(listed):
        _read(record, f"$[{index}]" if isinstance(decoded, list) else "$", enterprise, today, found)
    return found


def _read(record: Any, path: str, enterprise: str, today: date, found: Records) -> None:
    bad = Reason.BAD_PRODUCTION
    if not isinstance(record, dict):
        found.faults.add(bad, f"{path} = {show(record)}")
        return
    if isinstance(record, RepeatedKeys):
        found.faults.add(bad, path, expected="no key is given twice in an object")
        return
    whose = record.get("enterprise")
    if whose is not None and whose != enterprise:
        found.faults.add(bad, f"{path}.enterprise = {show(whose)}", expected=f"{enterprise}, or no enterprise at all")
        return
    figure = read_figure({**record, "enterprise": enterprise}, today, by_enterprise=True)
    if isinstance(figure, Figure):
        found.records.append(Record(figure, path))
        return
    first = figure[0]
    where = printable(first.field[:_NAME_CHARACTERS])
    shown = "" if first.value is None else f" = {show(first.value)}"
    also = "" if len(figure) == 1 else f"；另有 {len(figure) - 1} 处"
    found.faults.add(bad, f"{path}.{where}{shown}", expected=printable(f"{where}：{first.expected}{also}"))
