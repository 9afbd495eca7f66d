"""How a gateway writes LDAR facts down, from the published record shapes alone; apart from the platform's decoder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.periods import SITE_ZONE
from simulators.leak_shapes import Check, Fact, Filing, Happening, Mending, Probe


def payload(facts: Sequence[Fact]) -> bytes:
    """A leak-tests message: a JSON list of records."""
    records = [said(fact) for fact in facts]
    return json.dumps(records, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def said(fact: Fact) -> dict[str, object]:
    """One record as it is sent."""
    return {key: value for key, value in record(fact).items() if value is not None}


def record(fact: Fact) -> Mapping[str, object]:
    """One record; None stands for a key that is left out."""
    match fact:
        case Probe():
            return {
                "record": "test" if fact.purpose != "routine" else None,  # the default
                "component": fact.component,
                "tested_at": _at(fact.tested_at),
                "net_umol_mol": fact.net,
                "reading_umol_mol": fact.reading,
                "background_umol_mol": fact.background,
                "response_factor": fact.response_factor,
                "dwell_s": fact.dwell_s,
                "method": fact.method if fact.method != "instrument" else None,
                "purpose": fact.purpose if fact.purpose != "routine" else None,
                "visible": fact.visible or None if fact.method == "instrument" else fact.visible,
                "campaign": fact.campaign,
                "instrument": fact.instrument,
                "tester": fact.tester,
                "video": fact.video,
            }
        case Mending():
            return {
                "record": "repair",
                "component": fact.component,
                "found_at": _at(fact.found_at),
                "repaired_at": _at(fact.repaired_at),
                "measure": fact.measure,
                "repaired_by": fact.repaired_by,
            }
        case Filing():
            return {
                "record": "delay",
                "component": fact.component,
                "found_at": _at(fact.found_at),
                "filed_at": _at(fact.filed_at),
                "ground": fact.ground,
                "repair_by": fact.repair_by.isoformat(),
                "document": fact.document,
            }
        case Check():
            return {
                "record": "calibration",
                "instrument": fact.instrument,
                "done_at": _at(fact.done_at),
                "kind": fact.kind,
                "expected": fact.expected,
                "shown": fact.shown,
            }
        case Happening():
            return {
                "record": "event",
                "kind": fact.kind,
                "component": fact.component,
                "installation": fact.installation,
                "happened_at": _at(fact.happened_at),
                "note": fact.note,
            }


def _at(at: datetime) -> str:
    return at.astimezone(SITE_ZONE).isoformat()
