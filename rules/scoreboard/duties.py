"""Figures of targets that ask for something to be done regularly, from the terms of its duty. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from domain.periods import add_months
from rules.scoreboard.computed import Computed
from rules.scoreboard.figures import DutyTerm, Figures
from rules.scoreboard.sources import DutySource
from rules.scoreboard.standing import Point

_DONE = ("done_in_time", "done_late")
_DAYS_A_YEAR = 365.25


def of_duty(source: DutySource, figures: Figures) -> Computed:
    """The figures of a duty's terms."""
    terms = sorted(figures.duties.get(source.rule, ()), key=lambda one: (one.first, one.subject))
    if not terms:
        return Computed(missing=f"还没有判定结果，需要：{source.needs}", basis={"rules": [source.rule]})
    points = _FIGURES[source.figure](terms, figures.today)
    basis: dict[str, Any] = {"rule": source.rule, "reasons": _by_reason(_newest(terms).values())}
    return Computed(points, "" if points else "本期尚未到期，还没有办理记录", basis)


def _done_in_year(terms: Sequence[DutyTerm], today: date) -> list[Point]:
    """How many subjects did it in each calendar year, as far as that has gone."""
    years = sorted({one.first.year for one in terms})
    return [
        Point(
            min(date(year, 12, 31), today),
            float(len({one.subject for one in terms if one.first.year == year and one.reason in _DONE})),
        )
        for year in years
        if year <= today.year
    ]


def _longest_years(terms: Sequence[DutyTerm], today: date) -> list[Point]:
    """The longest time since anybody did it last, or was first asked to; the calendar says whether that is too long."""
    newest = _newest(terms).values()
    longest = max((today - one.first) / timedelta(days=_DAYS_A_YEAR) for one in newest)
    return [Point(today, round(longest, 2), not any(one.reason == "overdue" for one in newest))]


def _day_of_month(terms: Sequence[DutyTerm], today: date) -> list[Point]:
    """On which day of the month it was done; of a month in which it was not, the days that it has had."""
    points = []
    for one in terms:
        last = min(add_months(one.first, 1) - timedelta(days=1), today)
        if one.reason in _DONE and one.done_on is not None:
            points.append(Point(one.done_on, float(one.done_on.day), one.reason == "done_in_time"))
        elif one.reason == "overdue":
            points.append(Point(last, float((last - one.first).days + 1), False))
    return points


def _done_subjects(terms: Sequence[DutyTerm], today: date) -> list[Point]:
    """How many subjects have done it at all."""
    return [Point(today, float(len({one.subject for one in terms if one.reason in _DONE})))]


_FIGURES = {
    "done_in_year": _done_in_year,
    "longest_years": _longest_years,
    "day_of_month": _day_of_month,
    "done_subjects": _done_subjects,
}


def _newest(terms: Iterable[DutyTerm]) -> dict[str, DutyTerm]:
    """The last term of each subject; terms in order of their first days."""
    return {one.subject: one for one in terms}


def _by_reason(terms: Iterable[DutyTerm]) -> dict[str, int]:
    return dict(sorted(Counter(one.reason for one in terms).items()))
