"""The words by which a rule says what it applies to. A word that nobody registers would silently select nothing."""

from __future__ import annotations

from collections.abc import Mapping

from domain.air import POLLUTANTS, PROCESSES
from domain.limits import LimitKind
from domain.metering import PlaceLevel
from domain.points import Statistic

#: Quantities of points that rules may select by: concentrations that have limits, what is measured beside them, and
#: what meters count.
QUANTITIES = {
    **POLLUTANTS,
    "o2": "氧含量",
    "o2_inlet": "进口氧含量",
    "flue_temperature": "烟气温度",
    "flue_flow": "烟气流量",
    "flue_velocity": "烟气流速",
    "flue_pressure": "烟气压力",
    "flue_humidity": "烟气湿度",
    "furnace_temperature": "炉膛温度",
    "running_state": "运行状态",
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
    "solid_mass": "固体物料量",
    "liquid_mass": "液体物料量",
    "steam_mass": "蒸汽量",
}

#: Words by the key of `applies` that takes them.
WORDS: Mapping[str, frozenset[str]] = {
    "process": frozenset(PROCESSES),
    "quantity": frozenset(QUANTITIES),
    "level": frozenset(PlaceLevel),
    "kind": frozenset(LimitKind),
    "statistic": frozenset(Statistic),
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
