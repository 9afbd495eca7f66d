"""What sealing points emit in the story month, kg of VOC, from the readings that were sent.

Assumptions. A net reading holds from its test until the next one with a reading, the average factor before the first;
a month has its hours of service, scaled by the installation's yearly hours where it names them, times the VOC share.
Coefficients of EPA-453/R-95-017 for SOCMI, written down again here; what SOCMI has no row for takes the petroleum one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from domain.periods import day_start
from simulators.city import City
from simulators.city_leaks import Component
from simulators.effects import Outcome
from simulators.events import Event, closing_clock
from simulators.leak_shapes import Probe, Told
from simulators.timing import Timeline

RULE = "ldar.voc_emission"

#: kind: (A, B, default zero, from 50,000 on), kg/h of umol/mol; of valves by medium.
_PUMP = (1.90e-5, 0.824, 7.5e-6, 0.62)
_CONNECTOR = (3.05e-6, 0.885, 6.1e-7, 0.22)
_LIQUID_VALVE = (6.41e-6, 0.797, 4.9e-7, 0.15)
CORRELATIONS = {
    ("valve", "gas"): (1.87e-6, 0.873, 6.6e-7, 0.11),
    ("valve", "light_liquid"): _LIQUID_VALVE,
    ("valve", "heavy_liquid"): _LIQUID_VALVE,
} | {
    (kind, medium): row
    for medium in ("gas", "light_liquid", "heavy_liquid")
    for kind, row in {
        "pump": _PUMP,
        "compressor": _PUMP,
        "agitator": _PUMP,
        "relief": _PUMP,
        "sampling": _PUMP,
        "flange": _CONNECTOR,
        "connector": _CONNECTOR,
        "open_end": (2.20e-6, 0.704, 2.0e-6, 0.079),
        "other": (1.36e-5, 0.589, 4.0e-6, 0.110),
    }.items()
}
#: kg/h of what was never tested.
AVERAGES = {
    ("valve", "gas"): 0.00597,
    ("valve", "light_liquid"): 0.00403,
    ("valve", "heavy_liquid"): 0.00023,
    ("pump", "heavy_liquid"): 0.00862,
    ("agitator", "heavy_liquid"): 0.00862,
}
_AVERAGE_OF_KIND = {
    "pump": 0.0199, "agitator": 0.0199, "compressor": 0.228, "relief": 0.104, "flange": 0.00183, "connector": 0.00183,
    "open_end": 0.0017, "sampling": 0.0150, "other": 0.0150,
}  # fmt: skip


def rate(component: Component, net: float | None) -> float:
    """kg/h; net: umol/mol, None for what was never tested."""
    key = (component.kind, component.medium)
    if net is None:
        return AVERAGES.get(key, _AVERAGE_OF_KIND.get(component.kind, 0.0))
    a, b, zero, pegged = CORRELATIONS[key]
    if net < 1:
        return zero
    return float(pegged if net >= 50_000 else a * net**b)


def emission_events(city: City, timeline: Timeline, told: Sequence[Told], until: int) -> Iterator[Event]:
    """The month's account of every enterprise with components, when the month has closed."""
    clock = closing_clock(timeline.month_hours)
    if clock > until:
        return
    readings: dict[str, dict[datetime, float]] = {}
    for one in told:
        if one.clock <= clock and isinstance(one.fact, Probe) and one.fact.net is not None and one.key is not None:
            readings.setdefault(one.key, {})[one.at] = one.fact.net
    kg: dict[str, float] = {}
    year_hours = 8784.0 if timeline.first_day.year % 4 == 0 else 8760.0
    running = {(i.enterprise, i.code): i.hours_per_year for i in city.installations}
    for component in city.components:
        hours = running.get((component.enterprise, (component.unit or "").partition("/")[0]))
        part = (1.0 if hours is None else hours / year_hours) * (component.voc_share or 1.0)
        emitted = _kg(component, readings.get(component.key, {}), timeline) * part
        if component.in_service_to is None or day_start(component.in_service_to) > timeline.month.start:
            kg[component.enterprise] = kg.get(component.enterprise, 0.0) + emitted
    for enterprise, value in kg.items():
        outcome = Outcome("undetermined", "no_limit", value)
        yield Event(clock, RULE, f"enterprise:{enterprise}", timeline.month, outcome)


def _kg(component: Component, readings: dict[datetime, float], timeline: Timeline) -> float:
    start = max(timeline.month.start, day_start(component.in_service_from))
    end = timeline.month.end
    if component.in_service_to is not None:
        end = min(end, day_start(component.in_service_to))
    total, at, net = 0.0, start, None
    for tested, reading in sorted(readings.items()):
        if tested >= end:
            break
        if tested > at:
            total += rate(component, net) * (tested - at).total_seconds() / 3600
            at = tested
        net = reading
    return total + rate(component, net) * max(0.0, (end - at).total_seconds()) / 3600
