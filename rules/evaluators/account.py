"""What rules on a month's accounts look at: metered totals by place, the ledger and the register.

A month's total of a place is conserved: what bridges a gap belongs to the month of its later reading, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from domain.findings import SubjectKind
from domain.ledger import Ledger
from domain.metering import Line, Place, WaterUser, in_service
from domain.periods import Period, month_period
from rules.evaluators.contract import Evidence, Judge, Params, evaluator
from rules.evaluators.coverage import Register

#: Hours at a month's beginning or end without a reading beyond which its total is not complete.
OPEN_HOURS = 24


@dataclass(frozen=True, slots=True)
class MonthTotal:
    """What a place's meters passed in a local month, in the unit of its medium.

    total: None where no increment is known. bridged: part of it that bridges gaps; carried: part of that from gaps that
    began before the month. hours: with a reading, of expected_hours. why: None when the total is complete, else
    ``no_data``, ``meter_reset`` (a reset or jump without a replacement record: what passed then is unknown),
    ``late_start`` or ``open_gap`` (no reading or no connected meter in more than 24 h at the beginning, or later),
    ``long_carry`` (a gap that began more than 24 h before the month: what it bridges is not of this month alone),
    ``meter_moved`` (its meter counted at another place too).
    """

    total: float | None
    bridged: float = 0.0
    carried: float = 0.0
    hours: int = 0
    expected_hours: int = 0
    why: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether a verdict may rest on it."""
        return self.why is None

    def evidence(self) -> Evidence:
        """As JSON."""
        return {
            "total": self.total,
            "bridged": self.bridged,
            "carried": self.carried,
            "hours": self.hours,
            "expected_hours": self.expected_hours,
            **({} if self.why is None else {"why": self.why}),
        }


@dataclass(frozen=True, slots=True)
class AccountWindow:
    """months: first local days, oldest first; the last one is judged, the others are looked back at.

    totals: by (enterprise, place), then month; a place without a connected meter has none.
    """

    months: Sequence[date]
    register: Register
    totals: Mapping[tuple[str, str], Mapping[date, MonthTotal]] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def month(self) -> date:
        """First local day of the judged month."""
        return self.months[-1]

    @property
    def period(self) -> Period:
        """The judged month."""
        return month_period(self.month.year, self.month.month)

    @property
    def last_day(self) -> date:
        """Last local day of the judged month: as of when the register is read."""
        return (self.month + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    @property
    def year_to_date(self) -> list[date]:
        """Months of the judged month's calendar year up to it. The window must look back twelve months."""
        return [first for first in self.months if first.year == self.month.year]

    def users(self) -> list[WaterUser]:
        """Enterprises that are judged, as of the month's last day."""
        return self.register.users_on(self.last_day)

    def places(self, enterprise: str, medium: str, level: str | None = None) -> list[Place]:
        """An enterprise's places of a medium (and level) in service on the month's last day."""
        return [
            place
            for place in self.register.places_of.get(enterprise, ())
            if place.medium == medium
            and (level is None or place.level == level)
            and in_service(place.in_service_from, place.in_service_to, self.last_day)
        ]

    def lines(self, enterprise: str) -> list[Line]:
        """An enterprise's production lines in service on the month's last day."""
        return [
            line
            for line in self.register.lines_of.get(enterprise, ())
            if in_service(line.in_service_from, line.in_service_to, self.last_day)
        ]

    def metered(self, place: Place, first: date | None = None) -> MonthTotal | None:
        """The total of a place in a month, by default the judged one; None where no meter is connected."""
        return self.totals.get((place.enterprise, place.code), {}).get(first or self.month)

    def metered_sum(self, places: Iterable[Place], months: Iterable[date]) -> tuple[float, bool]:
        """Sum of what is known of some places over some months, and whether every total was there and complete."""
        months = list(months)
        found = [self.metered(place, first) for place in places for first in months]
        known = sum(total.total for total in found if total is not None and total.total is not None)
        return known, bool(found) and all(total is not None and total.is_complete for total in found)


#: How many months the evaluators of accounts look at, by name; the engine and rule tests make their windows of it.
LOOK_BACK: dict[str, int] = {}


def account_evaluator(
    name: str, *, params: type[Params], selects: set[str], subjects: set[SubjectKind], months: int
) -> Callable[[Judge], Judge]:
    """Register a judging function on `AccountWindow`. months: of the window, the judged one included: 1, or 12 for
    whatever speaks of a year to date or of the last twelve months."""
    LOOK_BACK[name] = months
    return evaluator(name, params=params, window=AccountWindow, selects=selects, subjects=subjects)
