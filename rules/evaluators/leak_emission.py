"""VOC that sealing points emit in a month, by EPA-453/R-95-017, 2.3.

No limit is known for it: the verdict is always `undetermined`, the value is what it is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.leak_emission import (
    DAY_S,
    METHOD_WORDS,
    Components,
    Method,
    MonthRow,
    Months,
    Point,
    Readings,
    Repairs,
    Selection,
    avoided,
    emitted,
    summed,
)
from domain.periods import add_months, day_start, month_period, year_period
from rules.evaluators.contract import Evidence, Judgement, Params, evaluator
from rules.policy.leak_factors import columns, shipped_leak_factors
from rules.policy.reference import Confidence

#: Units that evidence names one by one; the others are summed up.
_UNITS_NAMED = 20


class LeakEmissionParams(Params):
    """zero_below_umol_mol, pegged_from_umol_mol: where the correlation begins and ends. avoided_days: for how long
    after a repair what it avoids is counted."""

    zero_below_umol_mol: float = Field(gt=0)
    pegged_from_umol_mol: float = Field(gt=0)
    avoided_days: int = Field(ge=1, le=3660)

    @property
    def selection(self) -> Selection:
        """As the arithmetic takes it."""
        return Selection(self.zero_below_umol_mol, self.pegged_from_umol_mol)


@dataclass(frozen=True, slots=True)
class EmissionWindow:
    """An enterprise's month (its first local day), in rows."""

    enterprise: str
    month: date
    rows: Sequence[MonthRow]


@evaluator(
    "leak_emission",
    params=LeakEmissionParams,
    window=EmissionWindow,
    selects=set(),
    subjects={SubjectKind.ENTERPRISE},
)
def leak_emission(window: EmissionWindow, params: LeakEmissionParams) -> list[Judgement]:
    """The month's kg; nothing without a component in service."""
    if not window.rows:
        return []
    units: dict[str, float] = {}
    for row in window.rows:
        units[row.unit_name] = units.get(row.unit_name, 0.0) + row.kg
    named = sorted(units, key=lambda unit: (-units[unit], unit))[:_UNITS_NAMED]
    evidence: Evidence = {
        "formula": "sum(kg_h*hours*voc_share)",
        "by_method": {method: _sums([row for row in window.rows if row.method == method]) for method in METHOD_WORDS},
        "by_unit": [{"unit": unit, "kg": units[unit]} for unit in named],
        "other_units": {"units": len(units) - len(named), "kg": sum(units.values()) - sum(units[u] for u in named)},
        "components": sum(row.components for row in window.rows),
        "avoided_kg": sum(row.avoided_kg for row in window.rows),
        "factors": _status(),
        "selection": params.model_dump(mode="json"),
    }
    value = sum(row.kg for row in window.rows)
    period = month_period(window.month.year, window.month.month)
    subject = Subject(SubjectKind.ENTERPRISE, window.enterprise)
    return [Judgement(subject, period, Verdict.UNDETERMINED, "no_limit", value, None, "kg", evidence)]


def month_rows(
    points: Sequence[Point], readings: Readings, repairs: Repairs, months: Sequence[date], params: LeakEmissionParams
) -> list[MonthRow]:
    """What points emit in consecutive months (first local days). repairs.until: when the next leak was found, `inf`
    for never; the term of `avoided_days` is applied here."""
    if not points or not months:
        return []
    factors = shipped_leak_factors()
    row_of = {factor.key: row for row, factor in enumerate(factors)}
    groups = sorted({(point.unit_name, point.kind) for point in points})
    group_of = {group: number for number, group in enumerate(groups)}
    group = np.array([group_of[point.unit_name, point.kind] for point in points])
    components = _components(points, row_of)
    span = _months(months)
    until = np.minimum(repairs.until, repairs.closed + params.avoided_days * DAY_S)
    closed = Repairs(repairs.owner, repairs.closed, repairs.found_net, repairs.closed_net, until)
    figures = columns(factors)
    size = (len(groups), len(months))
    kg, count = summed(emitted(components, readings, figures, span, params.selection), group, *size)
    less, _ = summed(avoided(components, closed, figures, span, params.selection), group, *size)
    rows = []
    for place, m, n in np.argwhere((kg > 0) | (count > 0) | (less > 0)):
        unit, kind = groups[place]
        figures_of = float(kg[place, m, n]), float(less[place, m, n])
        rows.append(MonthRow(months[m], unit, kind, Method(int(n)).word, int(count[place, m, n]), *figures_of))
    return rows


def _components(points: Sequence[Point], row_of: dict[tuple[str, str, str], int]) -> Components:
    starts: dict[date | None, float] = {None: np.inf}
    for point in points:
        for day in (point.service_from, point.service_to):
            if day not in starts and day is not None:
                starts[day] = day_start(day).timestamp()
    return Components(
        np.array([row_of[point.family, point.kind, point.medium] for point in points]),
        np.array([starts[point.service_from] for point in points]),
        np.array([starts[point.service_to] for point in points]),
        np.array([1.0 if point.voc_share is None else point.voc_share for point in points]),
        np.array([np.nan if point.hours_per_year is None else point.hours_per_year for point in points]),
    )


def _months(months: Sequence[date]) -> Months:
    days = [*months, add_months(months[-1], 1)]
    years = {day.year: year_period(day.year) for day in months}
    hours = {year: (period.end - period.start).total_seconds() / 3600 for year, period in years.items()}
    return Months(np.array([day_start(day).timestamp() for day in days]), np.array([hours[day.year] for day in months]))


def _sums(rows: Sequence[MonthRow]) -> Evidence:
    return {
        "kg": sum(row.kg for row in rows),
        "avoided_kg": sum(row.avoided_kg for row in rows),
        "components": sum(row.components for row in rows),
    }


def _status() -> Evidence:
    """How sure the figures are: none of the tables' rows was compared with the report so far."""
    order = [confidence.value for confidence in Confidence]
    known = sorted({factor.confidence for factor in shipped_leak_factors()}, key=order.index)
    return {"status": "unconfirmed", "confidence": known, "source": "EPA-453/R-95-017"}
