"""Where a target stands, given its figures: state, gap, projection. Pure.

A projection is a straight line through what was seen, and is called one: nobody has promised that it goes on so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import fsum

from domain.periods import add_months
from rules.policy.tables import Comparison, YearRule

#: Months that a projection looks back, and of how many it needs a figure.
LOOK_BACK_MONTHS = 12
MIN_MONTHS = 3


class State(StrEnum):
    """From best to worst; the last two say nothing about the city."""

    MET = "met"  # 已达到
    ON_TRACK = "on_track"  # 预计可达到
    BEHIND = "behind"  # 落后
    MISSED = "missed"  # 到期未达到
    UNKNOWN = "unknown"  # 暂无数值
    NOT_COMPUTABLE = "not_computable"  # 无法计算


@dataclass(frozen=True, slots=True)
class Aim:
    """What is asked for: a comparison with a figure, by, from or in every year. is_share: cannot go beyond 100.

    grows: the figure begins anew each year and adds up in it, so that only the year's end decides.
    """

    operator: Comparison
    value: float
    target_year: int | None = None
    year_rule: YearRule | None = None
    is_share: bool = False
    grows: bool = False

    def gap(self, value: float) -> float:
        """What is missing in the target's direction: above zero something is, below zero there is to spare.

        An ``=`` of a plan (安装率达到100%, 完成14家) asks for as much, and more is no failure.
        """
        return value - self.value if self.operator is Comparison.AT_MOST else self.value - value

    def is_met_by(self, value: float) -> bool:
        """Whether a figure satisfies it."""
        missing = self.gap(value)
        return missing < 0 if self.operator is Comparison.MORE else missing <= 0


@dataclass(frozen=True, slots=True)
class Point:
    """A figure as of a local day. meets: the verdict of a rule that judged this very target, None: compare."""

    as_of: date
    value: float
    meets: bool | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a target stands. year: which one that is said of; projected: at that year's end."""

    state: State
    year: int | None
    value: float | None = None
    as_of: date | None = None
    gap: float | None = None
    projected: float | None = None
    why: str = ""


def stand(aim: Aim, points: Sequence[Point], today: date) -> Standing:
    """The standing as of a local day; points in order of days, none after it."""
    year = _year(aim, points, today)
    if not points:
        return Standing(State.UNKNOWN, year)
    if aim.grows:
        return _stand_in_year(aim, points, today, year)
    newest = points[-1]
    is_over = year is not None and today.year > year
    projected = None if year is None or is_over else project(aim, points, date(year, 12, 31))
    if _meets(aim, newest):
        state = State.MET
    elif is_over:
        state = State.MISSED
    else:
        state = State.ON_TRACK if projected is not None and aim.is_met_by(projected) else State.BEHIND
    return Standing(state, year, newest.value, newest.as_of, aim.gap(newest.value), projected)


def _stand_in_year(aim: Aim, points: Sequence[Point], today: date, target_year: int | None) -> Standing:
    """Of a figure that adds up within a year: the target's year decides, before it the present one tells the pace."""
    year = today.year if target_year is None else min(target_year, today.year)
    of_year = [point for point in points if point.as_of.year == year]
    if not of_year:
        return Standing(State.UNKNOWN, year, why=f"没有{year}年的数据")
    newest, end = of_year[-1], date(year, 12, 31)
    gap = aim.gap(newest.value)
    why = "" if year == target_year else f"按{year}年的进度判断，目标年为{target_year}年" if target_year else ""
    decided = target_year is None or year == target_year
    if newest.as_of >= end:
        met = _meets(aim, newest)
        state = (State.MET if met else State.MISSED) if decided else State.ON_TRACK if met else State.BEHIND
        return Standing(state, year, newest.value, newest.as_of, gap, None, why)
    if today.year > year:
        if aim.operator is Comparison.AT_MOST and not _meets(aim, newest):
            return Standing(State.MISSED, year, newest.value, newest.as_of, gap)
        return Standing(State.UNKNOWN, year, newest.value, newest.as_of, gap, None, f"{year}年的数据不全")
    projected = project(aim, of_year, end)
    if aim.operator is not Comparison.AT_MOST and _meets(aim, newest):
        state = State.MET if decided else State.ON_TRACK
    elif aim.operator is Comparison.AT_MOST and not _meets(aim, newest):
        state = State.BEHIND
    else:
        expected = _pro_rata(newest, end) if projected is None else projected
        state = State.ON_TRACK if aim.is_met_by(expected) else State.BEHIND
    return Standing(state, year, newest.value, newest.as_of, gap, projected, why)


def _pro_rata(point: Point, end: date) -> float:
    """A year's figure at the pace so far, where there are too few points for a line."""
    start = date(end.year, 1, 1)
    return point.value * ((end - start).days + 1) / ((point.as_of - start).days + 1)


def project(aim: Aim, points: Sequence[Point], at: date) -> float | None:
    """The least-squares line through the last twelve months' points at a day; None for fewer than three months.

    Not below zero where nothing was, not above 100 for a share. A better newest point never makes it worse.
    """
    newest = points[-1].as_of
    if newest >= at:
        return None
    recent = [point for point in points if point.as_of > add_months(newest, -LOOK_BACK_MONTHS)]
    if len(recent) < MIN_MONTHS or len({(point.as_of.year, point.as_of.month) for point in recent}) < MIN_MONTHS:
        return None
    xs = [(point.as_of - newest) / timedelta(days=1) for point in recent]
    mean_x, mean_y = fsum(xs) / len(xs), fsum(point.value for point in recent) / len(recent)
    spread = fsum((x - mean_x) ** 2 for x in xs)
    slope = fsum((x - mean_x) * (point.value - mean_y) for x, point in zip(xs, recent, strict=True)) / spread
    projected = mean_y + slope * ((at - newest) / timedelta(days=1) - mean_x)
    if all(point.value >= 0 for point in recent):
        projected = max(0.0, projected)
    return min(100.0, projected) if aim.is_share else projected


def worst(states: Sequence[State]) -> State:
    """The state of a target with several numbers: that of the worst; what is not known counts before what is met."""
    order = (State.MISSED, State.BEHIND, State.UNKNOWN, State.ON_TRACK, State.MET)
    return next((state for state in order if state in states), State.NOT_COMPUTABLE)


def _meets(aim: Aim, point: Point) -> bool:
    return aim.is_met_by(point.value) if point.meets is None else point.meets


def _year(aim: Aim, points: Sequence[Point], today: date) -> int | None:
    """The year that a state is said of."""
    if aim.year_rule is YearRule.EVERY:
        return points[-1].as_of.year if points else today.year
    if aim.year_rule is YearRule.FROM and aim.target_year is not None:
        return max(aim.target_year, points[-1].as_of.year if points else today.year)
    return aim.target_year
