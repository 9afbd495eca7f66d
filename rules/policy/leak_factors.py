"""Which rows of the EPA tables speak of which class of sealing points: family, kind and medium.

The tables have no row for every class. Where a class takes the row of another one by convention, `is_borrowed` says so;
nobody has compared the figures with the report, so an emission computed by them is as unconfirmed as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product

import numpy as np

from domain.leak_emission import Factors, LeakFactor
from domain.leaks import COMPONENT_KINDS, MEDIA
from rules.policy.loaders import load_policy
from rules.policy.reference import Confidence, EpaAverageFactor, EpaCorrelation

FAMILIES = ("socmi", "petroleum")

_SOCMI_PUMP = ("SOCMI", "pump", "light liquid")
_SOCMI_CONNECTOR = ("SOCMI", "connector/flange", "all")
_OTHER = ("Petroleum", "other", "all")
_OPEN_END = ("Petroleum", "open-ended line", "all")
#: Row of the correlations by kind, of all media; SOCMI valves differ by medium.
_CORRELATIONS = {
    "socmi": {
        "pump": _SOCMI_PUMP,
        "compressor": _SOCMI_PUMP,
        "agitator": _SOCMI_PUMP,
        "relief": _SOCMI_PUMP,
        "sampling": _SOCMI_PUMP,
        "flange": _SOCMI_CONNECTOR,
        "connector": _SOCMI_CONNECTOR,
        "open_end": _OPEN_END,
        "other": _OTHER,
    },
    "petroleum": {
        "valve": ("Petroleum", "valve", "all"),
        "pump": ("Petroleum", "pump seal", "all"),
        "compressor": _OTHER,
        "agitator": _OTHER,
        "relief": _OTHER,
        "sampling": _OTHER,
        "flange": ("Petroleum", "flange", "all"),
        "connector": ("Petroleum", "connector", "all"),
        "open_end": _OPEN_END,
        "other": _OTHER,
    },
}
_SOCMI_VALVES = {"gas": "gas", "light_liquid": "light liquid", "heavy_liquid": "light liquid"}
#: Row of the averages by kind, of all media; valves, pumps and agitators differ by medium.
_AVERAGES = {
    "compressor": ("compressor seal", "gas"),
    "relief": ("pressure relief valve", "gas"),
    "flange": ("connector", "all"),
    "connector": ("connector", "all"),
    "open_end": ("open-ended line", "all"),
    "sampling": ("sampling connection", "all"),
    "other": ("sampling connection", "all"),
}
_MEDIA = {"gas": "gas", "light_liquid": "light liquid", "heavy_liquid": "heavy liquid"}
#: Classes whose own rows these are, by the tables' words: kind, and medium where the row has one.
_OWN_CORRELATIONS = {
    "socmi": {("valve", "gas"), ("valve", "light_liquid"), ("pump", "light_liquid")}
    | {(kind, medium) for kind in ("flange", "connector") for medium in MEDIA},
    "petroleum": {(kind, medium) for kind in COMPONENT_KINDS for medium in MEDIA},
}
_OWN_AVERAGES = (
    {("valve", medium) for medium in MEDIA}
    | {("pump", "light_liquid"), ("pump", "heavy_liquid"), ("compressor", "gas"), ("relief", "gas")}
    | {(kind, medium) for kind in ("flange", "connector", "open_end", "sampling") for medium in MEDIA}
)


def leak_factors(
    correlations: Sequence[EpaCorrelation], averages: Sequence[EpaAverageFactor]
) -> tuple[LeakFactor, ...]:
    """One row per family, kind and medium. Raises KeyError where the tables lack a row."""
    correlation_of = {(row.family, row.component, row.service): row for row in correlations}
    average_of = {(row.component, row.service): row for row in averages}
    return tuple(
        _factor(
            family, kind, medium, correlation_of[_correlation(family, kind, medium)], average_of[_average(kind, medium)]
        )
        for family, kind, medium in product(FAMILIES, COMPONENT_KINDS, MEDIA)
    )


@cache
def shipped_leak_factors() -> tuple[LeakFactor, ...]:
    """Those of the package's own tables."""
    policy = load_policy()
    return leak_factors(policy.epa_correlations, policy.epa_average_factors)


def columns(factors: Sequence[LeakFactor]) -> Factors:
    """As the arithmetic takes them, row by row."""
    return Factors(
        np.array([one.coefficient_a for one in factors]),
        np.array([one.exponent_b for one in factors]),
        np.array([one.default_zero_kg_h for one in factors]),
        np.array([one.pegged_kg_h for one in factors]),
        np.array([one.average_kg_h for one in factors]),
    )


def _correlation(family: str, kind: str, medium: str) -> tuple[str, str, str]:
    if family == "socmi" and kind == "valve":
        return "SOCMI", "valve", _SOCMI_VALVES[medium]
    return _CORRELATIONS[family][kind]


def _average(kind: str, medium: str) -> tuple[str, str]:
    if kind == "valve":
        return "valve", _MEDIA[medium]
    if kind in ("pump", "agitator"):  # no row for a pump in gas
        return "pump seal", "heavy liquid" if medium == "heavy_liquid" else "light liquid"
    return _AVERAGES[kind]


def _factor(family: str, kind: str, medium: str, correlation: EpaCorrelation, average: EpaAverageFactor) -> LeakFactor:
    own = (kind, medium) in _OWN_CORRELATIONS[family] and (kind, medium) in _OWN_AVERAGES
    worst = max((correlation.confidence, average.confidence), key=list(Confidence).index)
    sources = dict.fromkeys((correlation.source, average.source))
    return LeakFactor(
        family=family,
        kind=kind,
        medium=medium,
        coefficient_a=float(correlation.coefficient_a),
        exponent_b=float(correlation.exponent_b),
        default_zero_kg_h=float(correlation.default_zero_kg_h),
        pegged_kg_h=float(correlation.pegged_100000_kg_h),
        average_kg_h=float(average.socmi_kg_h if family == "socmi" else average.refinery_kg_h),
        correlation_row=f"{correlation.family} {correlation.component} {correlation.service}",
        average_row=f"{average.component} {average.service}",
        is_borrowed=not own,
        confidence=worst.value,
        source="；".join(sources),
    )
