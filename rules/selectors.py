"""The words by which a rule says what it applies to. A word that nobody registers would silently select nothing."""

from __future__ import annotations

from collections.abc import Mapping

from domain.air import PROCESSES
from domain.metering import PlaceLevel

#: Quantities of points that rules may select by.
QUANTITIES = {
    "so2": "二氧化硫",
    "nox": "氮氧化物",
    "pm": "颗粒物",
    "o2": "氧含量",
    "nmhc": "非甲烷总烃",
    "nh3": "氨",
    "h2s": "硫化氢",
    "voc": "挥发性有机物",
    "temperature": "温度",
    "pressure": "压力",
    "flow": "流量",
    "humidity": "湿度",
    "water_volume": "水量",
    "energy": "电能",
    "gas_volume": "燃气量",
    "heat": "热量",
    "power": "功率",
}

#: Words by the key of `applies` that takes them.
WORDS: Mapping[str, frozenset[str]] = {
    "process": frozenset(PROCESSES),
    "quantity": frozenset(QUANTITIES),
    "level": frozenset(PlaceLevel),
}


def selector_problem(applies: Mapping[str, object], selects: frozenset[str]) -> tuple[str, str] | None:
    """What is wrong with a rule's `applies` for an evaluator that selects by some keys: (key, reason), or None."""
    for key in applies:
        if key not in selects:
            return f"applies.{key}", f"unknown key; expected {', '.join(sorted(selects)) or 'none'}"
    for key in sorted(selects):
        if key not in applies:
            return f"applies.{key}", "missing"
        if applies[key] not in WORDS[key]:
            known = ", ".join(sorted(WORDS[key]))
            return f"applies.{key}", f"unknown word {applies[key]!r}; known: {known}"
    return None
