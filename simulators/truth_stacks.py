"""What must be found of the outlets with limits: each hour by the permit and by the ultra-low emission Opinions side by
side, single values, days, and the month's share of 95 %.

Assumptions beside those of truth_hours: an hour is excluded by a process mark before anything else is looked at;
converted = hourly mean times (21 - reference) / (21 - hourly mean of the oxygen), and the mean as it is where the limit
has no reference or a thermal oxidiser is given no make-up air; the comparison is made after GB/T 8170 rounding, and
equality is compliant. The month counts its hours as they are known when it closes or later; hours of a stopped plant
are no operating hours; below 75 % judged of these it is undetermined.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from domain.periods import day_period
from simulators.city import LimitRow
from simulators.effects import Outcome
from simulators.events import Arrivals, Event
from simulators.standards import Limits
from simulators.truth_hours import Hours, Moment, rounded

HOURLY = "{}.hourly"
MONTHLY = "ule.monthly"
SINGLE = "legal.single"
DAILY = "legal.daily"

_AMBIENT_O2_PCT = 19
_IN_MG_M3 = {"mg/m3": 1.0, "ug/m3": 1e-3}
_MIN_VALID_HOURS = 20


class Stacks:
    """The limits of a story."""

    def __init__(self, hours: Hours, limits: Limits) -> None:
        self._hours = hours
        self._limits = limits

    def events(self, until: int, arrivals: Arrivals) -> Iterator[Event]:
        """All judgements up to a clock value, in order for each series."""
        for kind in ("legal", "ule"):
            for outlet, quantity, limit in self._limits.judged(kind, "hour"):
                yield from self._each_hour(HOURLY.format(kind), outlet, quantity, limit, until, arrivals)
                if kind == "ule":
                    yield from self._months(outlet, quantity, limit, until, arrivals)
        for outlet, quantity, limit in self._limits.judged("legal", "single"):
            yield from self._each_hour(SINGLE, outlet, quantity, limit, until, arrivals)
        for outlet, quantity, limit in self._limits.judged("legal", "day"):
            yield from self._days(outlet, quantity, limit, until, arrivals)

    def _each_hour(
        self, rule: str, outlet: str, quantity: str, limit: LimitRow, until: int, arrivals: Arrivals
    ) -> Iterator[Event]:
        judge = self.single if rule == SINGLE else self.hourly
        changes = self._hours.changes(outlet, arrivals)
        for hour in range(until - 1):
            before: tuple[Outcome, bool] | None = None
            for clock, known in self._hours.moments(hour, hour + 1, changes, until, arrivals):
                outcome = judge(outlet, quantity, limit, hour, known, arrivals)
                marked = outcome.verdict == "undetermined" and self._is_marked(outlet, quantity, hour, known)
                if (outcome, marked) != before:
                    period = self._hours.timeline.period(hour)
                    yield Event(clock, rule, f"pollutant:{outlet}/{quantity}", period, outcome, marked=marked)
                before = outcome, marked

    def _is_marked(self, outlet: str, quantity: str, hour: int, known: Moment) -> bool:
        """Whether anybody has said why the hour of an analyser is as it is."""
        points = [self._hours.point(outlet, name) for name in (quantity, "o2")]
        mine = {None, *(point.key for point in points if point is not None)}
        return any(
            mark.point in mine
            for dimension in ("equipment", "process")
            for mark in self._hours.marks(outlet, dimension, hour, known)
        )

    def hourly(
        self, outlet: str, quantity: str, limit: LimitRow, hour: int, known: Moment, arrivals: Arrivals
    ) -> Outcome:
        """The verdict on one hour; its value is the converted mean in mg/m3."""
        kind = self._hours.excluded(outlet, limit.exempt_process, hour, known, arrivals)
        if kind is not None:
            return Outcome("undetermined", f"excluded_{kind}")
        point = self._hours.point(outlet, quantity)
        assert point is not None
        measured = self._hours.of(point, hour, known, arrivals)
        if not measured.readings:
            return Outcome("undetermined", "no_data")
        if not measured.is_valid:
            return Outcome("undetermined", "too_few_valid_minutes")
        value = measured.mean * _IN_MG_M3[point.unit]
        if self.reference(outlet, limit) is not None:
            problem, factor = self._conversion(outlet, limit, hour, known, arrivals)
            if problem is not None:
                return Outcome("undetermined", problem)
            value = value * factor
        shown = rounded(value, limit.decimals)
        if shown < 0:
            return Outcome("undetermined", "negative_mean")
        return Outcome("violation", "over_limit", value) if shown > limit.value else _within(value)

    def reference(self, outlet: str, limit: LimitRow) -> float | None:
        """The oxygen to convert to; GB 37822-2019 10.3.3 for oxidisers without make-up air."""
        register = self._hours.city.outlet(outlet)
        if register.process == "voc_incinerator" and register.makeup_air is False:
            return None
        return limit.reference_o2_pct

    def _conversion(
        self, outlet: str, limit: LimitRow, hour: int, known: Moment, arrivals: Arrivals
    ) -> tuple[str | None, float]:
        """(what is wrong with the oxygen, factor)."""
        point = self._hours.point(outlet, "o2")
        oxygen = None if point is None else self._hours.of(point, hour, known, arrivals)
        if oxygen is None or not oxygen.readings:
            return "o2_missing", math.nan
        if not oxygen.is_valid:
            return "too_few_valid_o2_minutes", math.nan
        if not 0 <= oxygen.mean < 21:
            return "o2_invalid", math.nan
        if oxygen.mean >= _AMBIENT_O2_PCT:
            return "o2_near_ambient", math.nan
        assert limit.reference_o2_pct is not None
        return None, (21 - limit.reference_o2_pct) / (21 - oxygen.mean)

    def single(
        self, outlet: str, quantity: str, limit: LimitRow, hour: int, known: Moment, arrivals: Arrivals
    ) -> Outcome:
        """任意一次浓度值: the hour's greatest valid reading; too few of them still prove a violation."""
        kind = self._hours.excluded(outlet, limit.exempt_process, hour, known, arrivals)
        if kind is not None:
            return Outcome("undetermined", f"excluded_{kind}")
        point = self._hours.point(outlet, quantity)
        assert point is not None
        measured = self._hours.of(point, hour, known, arrivals)
        value = measured.greatest * _IN_MG_M3[point.unit]
        if not measured.readings:
            return Outcome("undetermined", "no_data")
        if math.isfinite(value) and rounded(value, limit.decimals) > limit.value:
            return Outcome("violation", "over_limit", value)
        return _within(value) if measured.is_valid else Outcome("undetermined", "too_few_valid_minutes")

    def _days(self, outlet: str, quantity: str, limit: LimitRow, until: int, arrivals: Arrivals) -> Iterator[Event]:
        changes = self._hours.changes(outlet, arrivals)
        for day in range(until // 24):
            before: Outcome | None = None
            for clock, known in self._hours.moments(day * 24, day * 24 + 24, changes, until, arrivals):
                outcome = self._day(outlet, quantity, limit, day, known, arrivals)
                if outcome != before:
                    period = day_period(self._hours.timeline.day_of(day * 24))
                    yield Event(clock, DAILY, f"pollutant:{outlet}/{quantity}", period, outcome)
                before = outcome

    def _day(self, outlet: str, quantity: str, limit: LimitRow, day: int, known: Moment, arrivals: Arrivals) -> Outcome:
        judged = [
            self.hourly(outlet, quantity, limit, hour, known, arrivals) for hour in range(day * 24, day * 24 + 24)
        ]
        values = [outcome.value for outcome in judged if outcome.value is not None]
        if all(outcome.reason == "no_data" for outcome in judged):
            return Outcome("undetermined", "no_data")
        if len(values) < _MIN_VALID_HOURS:
            return Outcome("undetermined", "too_few_valid_hours")
        mean = math.fsum(values) / len(values)
        return (
            Outcome("violation", "over_limit", mean) if rounded(mean, limit.decimals) > limit.value else _within(mean)
        )

    def _months(self, outlet: str, quantity: str, limit: LimitRow, until: int, arrivals: Arrivals) -> Iterator[Event]:
        changes = self._hours.changes(outlet, arrivals)
        for period, first, end in self._hours.months(until):
            before: Outcome | None = None
            for clock, known in self._hours.moments(first, end, changes, until, arrivals):
                verdicts = [self.hourly(outlet, quantity, limit, hour, known, arrivals) for hour in range(first, end)]
                outcome = _share(verdicts)
                if outcome != before:
                    subject = f"pollutant:{outlet}/{quantity}"
                    yield Event(clock, MONTHLY, subject, period, outcome, evidence=_counts(verdicts))
                before = outcome


def _within(value: float) -> Outcome:
    return Outcome("compliant", "within_limit", value)


def _share(verdicts: list[Outcome]) -> Outcome:
    counts = _counts(verdicts)
    operating, judged, compliant = (counts[f"hours_{name}"] for name in ("operating", "judged", "compliant"))
    if not operating:
        return Outcome("undetermined", "not_operating")
    if judged * 100 < operating * 75:
        return Outcome("undetermined", "insufficient_data")
    share = 100 * compliant / judged
    if compliant * 100 >= judged * 95:
        return Outcome("compliant", "share_met", share)
    return Outcome("violation", "share_not_met", share)


def _counts(verdicts: list[Outcome]) -> dict[str, Any]:
    """Numerator, denominator and what is in neither, by reason."""
    by_verdict = Counter(outcome.verdict for outcome in verdicts)
    reasons = Counter(outcome.reason for outcome in verdicts if outcome.verdict == "undetermined")
    excluded = {reason: n for reason, n in reasons.items() if reason.startswith("excluded_")}
    return {
        "hours_in_service": len(verdicts),
        "hours_operating": len(verdicts) - excluded.get("excluded_stopped", 0),
        "hours_judged": by_verdict["compliant"] + by_verdict["violation"],
        "hours_compliant": by_verdict["compliant"],
        "hours_violation": by_verdict["violation"],
        "hours_excluded": excluded,
        "hours_undetermined": {reason: n for reason, n in reasons.items() if reason not in excluded},
    }
