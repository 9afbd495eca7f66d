"""How much testing is due in the months to come, if every test is made on its last day in time. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from domain.periods import add_months

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class DueGroup(Generic[K]):
    """Components that are due on one day and by the same regimes. key: what they are counted by.

    cycles: calendar months of the regimes that hold for them; yearly: whether one test in each calendar year is owed.
    """

    key: K
    due: date
    components: int
    cycles: tuple[int, ...]
    yearly: bool

    def next_due(self, tested: date) -> date | None:
        """The earliest day on which a test is due after one that was made on a day; None where no regime asks."""
        days = [add_months(tested, months) for months in self.cycles]
        if self.yearly:
            days.append(date(tested.year + 1, 12, 31))
        return min(days, default=None)


@dataclass(slots=True)
class MonthWork:
    """Components due in a month; overdue: those of them that were due before the first day of the forecast."""

    components: int = 0
    overdue: int = 0


def month_work(groups: Iterable[DueGroup[K]], today: date, months: int) -> dict[tuple[date, K], MonthWork]:
    """By first day of the month and key, for the month of `today` and those after it, `months` in all, at least one.

    What is overdue is taken to be tested today. A component may be due more than once.
    """
    end = add_months(today.replace(day=1), months)
    found: dict[tuple[date, K], MonthWork] = {}
    for group in groups:
        due: date | None = max(group.due, today)
        while due is not None and due < end:
            work = found.setdefault((due.replace(day=1), group.key), MonthWork())
            work.components += group.components
            due = group.next_due(due)
        if group.due < today:
            found[today.replace(day=1), group.key].overdue += group.components
    return found
