"""What is missing, read from the evidence of a coverage finding. Pure.

Evidence is the rules' own JSON and grows with them: unknown or absent keys only make a text shorter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from domain.ledger import MEDIUM_NAMES
from domain.metering import LEVEL_NAMES

_WHY = {
    "no_meter": "未装表",
    "no_verified_meter": "无检定有效的水表",
    "verification_expired": "检定已过期",
    "not_connected": "水表未联网",
    "too_few_arrivals": "数据到报率不足",
}


def shortcomings(evidence: Mapping[str, Any]) -> list[str]:
    """Places without a valid meter (计量点), meters that report too little or nothing, intakes not online (取水口),
    enterprises not complete; each with why."""
    found = [f"计量点 {_place(place)}{_why(place)}" for place in _failing(evidence, "places", "fitted")]
    found += [f"计量点 {_place(place)}到报率{_why(place)}" for place in _entries(evidence, "below")]
    found += [f"计量点 {_place(place)}未联网" for place in _entries(evidence, "unconnected")]
    for intake in _failing(evidence, "intakes", "online"):
        reasons = [
            f"{_text(place, 'serial') or _text(place, 'place')}{_why(place)}"
            for place in _failing(intake, "places", "online")
        ]
        found.append(f"取水口 {_text(intake, 'intake')}（{'、'.join(reasons) if reasons else '无计量点'}）")
    found += [f"企业 {_text(user, 'enterprise')}" for user in _failing(evidence, "enterprises", "complete")]
    return found


def _entries(parent: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    entries = parent.get(key)
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, Mapping):
            yield entry


def _failing(parent: Mapping[str, Any], key: str, good: str) -> Iterator[Mapping[str, Any]]:
    return (entry for entry in _entries(parent, key) if entry.get(good) is False)


def _place(entry: Mapping[str, Any]) -> str:
    """A place's code, with what it measures and at which level where the evidence tells."""
    told = (MEDIUM_NAMES.get(_text(entry, "medium")), LEVEL_NAMES.get(_text(entry, "level")))
    beside = "，".join(word for word in told if word is not None)
    return f"{_text(entry, 'place')}（{beside}）" if beside else _text(entry, "place")


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def _why(entry: Mapping[str, Any]) -> str:
    why = _WHY.get(_text(entry, "why"), _text(entry, "why"))
    meters, arrival = entry.get("meters"), entry.get("arrival_pct")
    if isinstance(arrival, int | float):
        why += f" {arrival:.1f}%"
    if entry.get("why") == "verification_expired" and isinstance(meters, list) and meters:
        due = [_text(meter, "verification_due") for meter in meters if isinstance(meter, Mapping)]
        if any(due):
            why += f"（应检 {max(due)}）"
    return why
