"""Energy of production lines and of enterprises over twelve months, in standard coal, every component kept.

A month's figure of a kind is what the ledger says, else what complete meters say, else missing: nothing is assumed. A
component whose factor nobody has seen in a source counts, but decides nothing: see `Doubt`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from domain.ledger import ENERGY
from domain.metering import Line, Place, in_month
from domain.standard_coal import Factor, Factors, exact, measured_factor
from domain.unit_energy import unit_energy, weighted_mean
from rules.evaluators.account import AccountWindow
from rules.evaluators.contract import Evidence

_ZERO = Decimal(0)


@dataclass(slots=True)
class Component:
    """One kind of energy in one direction over the window. sign: 1 for what counts, -1 for what was given away."""

    flow: str
    kind: str
    sign: int
    amounts: dict[date, tuple[Decimal, Factor]] = field(default_factory=dict)
    sources: dict[date, str] = field(default_factory=dict)
    missing: list[date] = field(default_factory=list)

    def add(self, first: date, amount: Decimal, factor: Factor, source: str) -> None:
        """A month's amount in the kind's unit."""
        self.amounts[first] = (amount, factor)
        self.sources[first] = source

    @property
    def amount(self) -> Decimal:
        """Sum of the known months."""
        return sum((amount for amount, _ in self.amounts.values()), _ZERO)

    @property
    def tce(self) -> Decimal:
        """Of the known months, signed."""
        return self.sign * sum((factor.tce(amount) for amount, factor in self.amounts.values()), _ZERO)

    @property
    def doubt(self) -> Decimal:
        """tce that rest on figures which nobody has seen in a source, never negative."""
        parts = (factor.tce(amount) for amount, factor in self.amounts.values() if not factor.confirmed)
        return abs(sum(parts, _ZERO))

    def evidence(self) -> Evidence:
        """As JSON: amount and tce of the known months."""
        found: dict[Factor, list[date]] = {}
        for first, (_, factor) in self.amounts.items():
            found.setdefault(factor, []).append(first)
        sources = list(self.sources.values())
        return {
            "kind": self.kind,
            "name": ENERGY[self.kind].name,
            "flow": self.flow,
            "amount": float(self.amount),
            "unit": ENERGY[self.kind].unit,
            "tce": float(self.tce),
            "months": {source: sources.count(source) for source in sorted(set(sources))},
            "factors": [_factor_evidence(factor, len(months)) for factor, months in found.items()],
            **({"missing": months_text(self.missing)} if self.missing else {}),
        }


def _factor_evidence(factor: Factor, months: int) -> Evidence:
    found: Evidence = {
        "kgce": float(factor.kgce),
        "unit": factor.unit,
        "edition": factor.edition,
        "source": factor.source,
        "confidence": factor.confidence,
        "reading": factor.reading,
        "months": months,
    }
    if factor.low is not None and factor.high is not None:
        found |= {"low": float(factor.low), "high": float(factor.high)}
    return found


@dataclass(frozen=True, slots=True)
class Doubt:
    """A figure of which a part rests on unconfirmed factors: all between figure - part and figure + part may be."""

    figure: Decimal
    part: Decimal

    def exceeds(self, limit: Decimal) -> bool | None:
        """Whether the figure is above a limit whatever the unconfirmed part is; None when that depends on it."""
        if self.figure - self.part > limit:
            return True
        return False if self.figure + self.part <= limit else None


@dataclass(frozen=True, slots=True)
class LineEnergy:
    """What a line used and made over the window's months. e: kgce per unit of output, None unless all is known."""

    line: Line
    months: Sequence[date]
    components: Sequence[Component]
    outputs: Sequence[tuple[date, Decimal | None]]

    @property
    def whole_year(self) -> bool:
        """Whether the line was in service in each month from its first day on."""
        return self.line.in_service_from <= self.months[0]

    @property
    def output(self) -> Decimal:
        """Of the known months."""
        return sum((value for _, value in self.outputs if value is not None), _ZERO)

    @property
    def is_complete(self) -> bool:
        """Whether every month's output and every kind's figure is there."""
        known = all(value is not None for _, value in self.outputs)
        return known and bool(self.components) and not any(part.missing for part in self.components)

    def tce(self, sign: int) -> Decimal:
        """What went in (1) or out (-1), both positive, of the known months."""
        return sign * sum((part.tce for part in self.components if part.sign == sign), _ZERO)

    @property
    def e(self) -> Doubt | None:
        """Unit energy, None unless all is known and something was made."""
        if not self.is_complete:
            return None
        found = unit_energy(self.tce(1), self.tce(-1), self.output)
        if found is None:
            return None
        doubtful = sum((part.doubt for part in self.components), _ZERO)
        return Doubt(found, 1000 * doubtful / self.output)

    def evidence(self) -> Evidence:
        """As JSON."""
        e = self.e
        return {
            "formula": "1000*(used_tce-made_tce)/output",
            "used_tce": float(self.tce(1)),
            "made_tce": float(self.tce(-1)),
            "output": float(self.output),
            "product": self.line.product,
            "months": [month_text(first) for first in self.months],
            "components": [part.evidence() for part in self.components],
            "missing_output": months_text(first for first, value in self.outputs if value is None),
            **({} if e is None or not e.part else {"unconfirmed_kgce_per_t": float(e.part)}),
        }


def line_energy(window: AccountWindow, line: Line, factors: Factors) -> LineEnergy:
    """Every kind that the ledger reports as used or made by the line, or that a place of the line measures."""
    whose, code = line.enterprise, line.code
    places = line_places(window, line)
    items = window.ledger.items(whose, window.months, code)
    components = []
    for kind in ENERGY:
        for flow, direction, sign in (("used", "in", 1), ("made", "out", -1)):
            fitting = [place for place in places if (place.medium, place.flow) == (kind, direction)]
            item = f"{flow}.{kind}"
            if item not in items and not fitting:
                continue
            component = Component(flow, kind, sign)
            for first in window.months:
                value, source = window.ledger.month(whose, item, first, code), "ledger"
                if value is None:
                    value, source = metered_month(window, fitting, first), "metered"
                factor = factor_of(window, factors, kind, first, whose, code)
                if value is None or factor is None:
                    component.missing.append(first)
                else:
                    component.add(first, exact(value), factor, source)
            components.append(component)
    outputs = [(first, window.ledger.month(whose, "output", first, code)) for first in window.months]
    known = [(first, None if value is None else exact(value)) for first, value in outputs]
    return LineEnergy(line, window.months, components, known)


def line_places(window: AccountWindow, line: Line) -> list[Place]:
    """Places that measure what a line takes or gives, those below another place of the same line left out."""
    mine = {place.code: place for place in window.register.places_of.get(line.enterprise, ())}
    return [
        place
        for place in mine.values()
        if place.line == line.code
        and place.medium in ENERGY
        and (place.parent is None or place.parent not in mine or mine[place.parent].line != line.code)
        and any(in_month(place, first) for first in window.months)
    ]


def metered_month(window: AccountWindow, places: Iterable[Place], first: date) -> float | None:
    """Sum of a month's totals over the places that are in service then; None unless all of them are complete."""
    totals = [window.metered(place, first) for place in places if in_month(place, first)]
    known = [total.total for total in totals if total is not None and total.is_complete and total.total is not None]
    return sum(known) if known and len(known) == len(totals) else None


def factor_of(
    window: AccountWindow, factors: Factors, kind: str, first: date, enterprise: str, line: str | None = None
) -> Factor | None:
    """A month's factor: of the calorific value that the line or the enterprise reports as measured, or the table's."""
    item = f"ncv.{kind}"
    ncv = None if line is None else window.ledger.month(enterprise, item, first, line)
    if ncv is None:
        ncv = window.ledger.month(enterprise, item, first)
    return factors.of(kind, first) if not ncv else measured_factor(kind, exact(ncv))


def output_mean(window: AccountWindow, found: LineEnergy, item: str) -> Decimal | None:
    """Mean of a monthly item weighted by output; None when a month that made something has none."""
    values = []
    for first, output in found.outputs:
        if output:
            value = window.ledger.month(found.line.enterprise, item, first, found.line.code)
            if value is None:
                return None
            values.append((exact(value), output))
    return weighted_mean(values)


def month_text(first: date) -> str:
    """A month as evidence writes it."""
    return f"{first:%Y-%m}"


def months_text(months: Iterable[date]) -> list[str]:
    """Months as evidence writes them, in order."""
    return [month_text(first) for first in sorted(months)]
