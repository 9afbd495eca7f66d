"""Which early warnings (预警) must be given on the minutes of the coke-oven stacks, minute by minute.

Assumptions. A minute has a value when its reading is valid and, where the limit has a reference, its oxygen is valid,
not negative and below 19 %. After each minute with a value, or under a mark that excludes it: over the limit by
projection of the hour (from 15 values on; the mean of the hour's last ten stands for what is left, 45 must come
together), ten minutes in a row above the limit, ten above 80 % of it, ten in order and their mean within the limit, ten
excluded; otherwise nothing changes. Only a change of verdict is a finding, and the first one is a warning. Minutes that
end two minutes before the clock are judged. Hours that begin more than 24 hours before that are history, whatever comes
to be known of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from domain.periods import Period
from simulators.city import LimitRow, Point
from simulators.effects import Outcome
from simulators.events import Arrivals, Event
from simulators.standards import Limits
from simulators.truth_hours import Hours, Moment, rounded

_GRACE_MIN = 2
_HISTORY_H = 24
_MINUTE = timedelta(minutes=1)


class Warnings:
    """Of one story."""

    def __init__(self, hours: Hours, limits: Limits) -> None:
        self._hours = hours
        self._limits = limits

    def events(self, until: int, arrivals: Arrivals) -> Iterator[Event]:
        """All warnings up to a clock value, in order for each series."""
        for kind in ("legal", "ule"):
            for outlet, quantity, limit in self._limits.judged(kind, "hour"):
                point = self._hours.point(outlet, quantity)
                if point is not None and point.interval_s <= 60:
                    series = _Series(self._hours, arrivals, outlet, point, limit)
                    yield from series.events(f"warn.{kind}", until)


@dataclass(slots=True)
class _Series:
    """One pollutant. found: warnings and their ends by the minute after which they hold, as now known."""

    hours: Hours
    arrivals: Arrivals
    outlet: str
    point: Point
    limit: LimitRow
    found: dict[int, Outcome] = field(default_factory=dict)
    made: dict[int, tuple[NDArray[np.float64], NDArray[np.bool_]]] = field(default_factory=dict)

    def events(self, rule: str, until: int) -> Iterator[Event]:
        changes = self.hours.changes(self.outlet, self.arrivals)
        judged = 0
        for clock in range(1, until + 1):
            through = clock * 60 - _GRACE_MIN
            known = Moment(clock, clock - 1)
            yield from self._judge(rule, clock, judged // 60 * 60, through, known)
            judged = through
            touched = [change for change in changes if change.clock == clock]
            first = min((max(change.start, clock - _HISTORY_H) for change in touched), default=clock)
            if first < clock:
                for hour in range(first, clock):
                    self.made.pop(hour, None)
                yield from self._judge(rule, clock, first * 60, through, Moment(clock, clock))

    def _judge(self, rule: str, clock: int, start: int, end: int, known: Moment) -> Iterator[Event]:
        """Look at minutes [start, end), which begin with an hour, and say what is other than before."""
        before = {minute: outcome for minute, outcome in self.found.items() if start <= minute < end}
        after = self._walk(start, end, known)
        for minute in sorted(before.keys() | after.keys()):
            outcome = after.get(minute)
            if outcome == before.get(minute):
                continue
            if outcome is None:
                del self.found[minute]
            else:
                self.found[minute] = outcome
            at = self.hours.timeline.at(0) + minute * _MINUTE
            subject = f"pollutant:{self.outlet}/{self.point.quantity}"
            yield Event(clock, rule, subject, Period(at, at + _MINUTE), outcome)

    def _walk(self, start: int, end: int, known: Moment) -> dict[int, Outcome]:
        earlier = [minute for minute in self.found if minute < start]
        verdict = self.found[max(earlier)].verdict if earlier else ""
        after: dict[int, Outcome] = {}
        for hour in range(start // 60, -(-end // 60)):
            values, excluded = self._minutes(hour, known)
            if verdict != "violation" and not excluded.any() and not np.nanmax(values, initial=-1.0) > self._eighty:
                continue  # nothing can begin in such an hour
            for minute in range(max(hour * 60, start), min(hour * 60 + 60, end)):
                outcome = self._after(minute, known)
                if outcome is not None and outcome.verdict != verdict and (verdict or outcome.verdict == "violation"):
                    after[minute] = outcome
                    verdict = outcome.verdict
        return after

    @property
    def _eighty(self) -> float:
        return 0.8 * self.limit.value

    def _after(self, minute: int, known: Moment) -> Outcome | None:
        hour, part = divmod(minute, 60)
        values, excluded = self._minutes(hour, known)
        if math.isnan(values[part]) and not excluded[part]:
            return None
        so_far = [float(value) for value in values[: part + 1] if not math.isnan(value)]
        left = 59 - part
        if not math.isnan(values[part]) and len(so_far) >= 15 and len(so_far) + left >= 45:
            ten = math.fsum(so_far[-10:]) / 10
            projected = (math.fsum(so_far) + left * ten) / (len(so_far) + left)
            if rounded(projected, self.limit.decimals) > self.limit.value:
                return Outcome("violation", "projected_over", projected)
        last, out = self._last_ten(minute, known)
        if not np.isnan(last).any():
            mean = math.fsum(last.tolist()) / 10
            cut = [float(f"{value:.12g}") for value in last]
            if min(cut) > self.limit.value:
                return Outcome("violation", "minutes_over_100", mean)
            if min(cut) > float(f"{self._eighty:.12g}"):
                return Outcome("violation", "minutes_over_80", mean)
            within = rounded(mean, self.limit.decimals) <= self.limit.value
            return Outcome("compliant", "normal", mean) if within else None
        return Outcome("compliant", "excluded") if out.all() else None

    def _last_ten(self, minute: int, known: Moment) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        hour, part = divmod(minute, 60)
        values, excluded = self._minutes(hour, known)
        if part >= 9:
            return values[part - 9 : part + 1], excluded[part - 9 : part + 1]
        if hour == 0:
            return np.full(10, np.nan), np.zeros(10, dtype=bool)
        older, out = self._minutes(hour - 1, known)
        return (
            np.concatenate([older[part - 9 :], values[: part + 1]]),
            np.concatenate([out[part - 9 :], excluded[: part + 1]]),
        )

    def _minutes(self, hour: int, known: Moment) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Values in mg/m3, NaN where there is none, and which minutes are excluded."""
        if hour not in self.made:
            if not self.arrivals.known(self.point.key, hour, known.data):
                return np.full(60, np.nan), self._excluded(hour, known)
            values, valid = self.hours.readings(self.point, hour, known)
            values = np.where(valid, values, np.nan)
            if self.limit.reference_o2_pct is not None:
                values = values * self._factors(hour, known)
            excluded = self._excluded(hour, known)
            self.made[hour] = np.where(excluded, np.nan, values), excluded
        return self.made[hour]

    def _factors(self, hour: int, known: Moment) -> NDArray[np.float64]:
        oxygen = self.hours.point(self.outlet, "o2")
        assert oxygen is not None
        assert self.limit.reference_o2_pct is not None
        if not self.arrivals.known(oxygen.key, hour, known.data):
            return np.full(60, np.nan)
        o2, valid = self.hours.readings(oxygen, hour, known)
        fit = valid & (o2 >= 0) & (o2 < 19)
        factors: NDArray[np.float64] = (21 - self.limit.reference_o2_pct) / (21 - np.where(fit, o2, np.nan))
        return factors

    def _excluded(self, hour: int, known: Moment) -> NDArray[np.bool_]:
        excluded = np.zeros(60, dtype=bool)
        for mark in self.hours.marks(self.outlet, "process", hour, known):
            if mark.kind in ("stopped", *self.limit.exempt_process):
                excluded[max(mark.start - hour * 60, 0) : min(mark.end - hour * 60, 60)] = True
        return excluded
