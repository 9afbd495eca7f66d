"""What must be found of what loggers state, of calibrations, of gas chromatographs and of thermal oxidisers.

Assumptions. A statement of the same hour or day is compared with the platform's own figure from the minutes: minute and
hourly means and daily means within 1 % (at least 0.01), converted means within 10 %, an hour's total within 2 %. Own
figures need 45 valid minutes and 20 valid hours; the conversion is the one of the permit if it has a reference, else of
the Opinions. Three missed runs of a chromatograph in a row are a gap. A calibration is due again after 24 hours and two
hours of grace; drift beyond 5 % (zero) or 10 % (span) of full scale is out of control. An oxidiser without make-up air
lets out no more oxygen than it took in, after rounding to one decimal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

from domain.periods import day_period
from simulators.city import Point
from simulators.effects import Outcome
from simulators.events import Arrivals, Event
from simulators.field import SELF_CHECK
from simulators.standards import Limits
from simulators.truth_hours import MIN_VALID_MINUTES, POLLUTANTS, Change, Hours, Moment, is_ambient, rounded

#: statistic: (rule, tolerance relative to the own figure)
STATED = {
    "minute_mean": ("data.reported_minute", 0.01),
    "hour_mean": ("data.reported_hour", 0.01),
    "hour_converted": ("data.reported_converted", 0.1),
    "hour_total": ("data.reported_total", 0.02),
    "day_mean": ("data.reported_day", 0.01),
}
_LEAST = 0.01

#: statistic: (rule, threshold in % of full scale of a gas analyser)
DRIFTS = {"zero_drift": ("qa.zero_drift", 5.0), "span_drift": ("qa.span_drift", 10.0)}
CALIBRATION_DUE = "qa.calibration_due"
_DUE_H = 26

RUN_GAP = "gc.run_gap"
_LONGEST_GAP = 2

OXIDISER = "voc.oxidiser_o2"

_Judge = Callable[[int, Moment], Outcome]


class Said:
    """Of one story."""

    def __init__(self, hours: Hours, limits: Limits) -> None:
        self._hours = hours
        self._limits = limits
        self._city = hours.city

    def events(self, until: int, arrivals: Arrivals) -> Iterator[Event]:
        """All judgements up to a clock value, in order for each series."""
        for point in self._city.points:
            if point.statistic in STATED:
                yield from self._stated(point, until, arrivals)
            elif point.statistic in DRIFTS:
                yield from self._drift(point, until, arrivals)
        for outlet in self._city.outlets:
            in_the_open = is_ambient(outlet.process)
            for point in self._city.outlet_points(outlet.key):
                if in_the_open and point.interval_s >= 1800:
                    yield from self._gaps(point, until, arrivals)
                elif not in_the_open and (point.quantity in POLLUTANTS or point.quantity == "o2"):
                    yield from self._calibrated(point, until, arrivals)
            if outlet.process == "voc_incinerator" and outlet.makeup_air is False:
                yield from self._oxidiser(outlet.key, until, arrivals)

    def _each(
        self, rule: str, subject: str, outlet: str, hours: int, judge: _Judge, until: int, arrivals: Arrivals
    ) -> Iterator[Event]:
        """Judgements of each hour, or of each day of 24 hours; `judge` is given the number of the hour or day."""
        changes: list[Change] = self._hours.changes(outlet, arrivals)
        timeline = self._hours.timeline
        for number in range(until // hours):
            before: Outcome | None = None
            first = number * hours
            for clock, known in self._hours.moments(first, first + hours, changes, until, arrivals):
                outcome = judge(number, known)
                if outcome != before:
                    period = timeline.period(first) if hours == 1 else day_period(timeline.day_of(first))
                    yield Event(clock, rule, subject, period, outcome)
                before = outcome

    # Statements -------------------------------------------------------------------------------------------------------

    def _stated(self, point: Point, until: int, arrivals: Arrivals) -> Iterator[Event]:
        assert point.statistic is not None
        rule, tolerance = STATED[point.statistic]
        by_day = point.statistic.startswith("day")
        of = self._city.point(f"{point.enterprise}/{point.of}")

        def judge(number: int, known: Moment) -> Outcome:
            said = self._hours.of(point, number * 24 if by_day else number, known, arrivals)
            least = MIN_VALID_MINUTES if point.statistic == "minute_mean" else 1
            if said.valid_minutes < least or not math.isfinite(said.mean):
                return Outcome("undetermined", "not_reported")
            own = self._own(point, of, number, known, arrivals)
            if own is None:
                return Outcome("undetermined", "no_own_value")
            difference = float(f"{abs(said.mean - own):.9g}")
            if difference > max(tolerance * abs(own), _LEAST):
                return Outcome("violation", "differs", said.mean)
            return Outcome("compliant", "same", said.mean)

        subject, outlet = f"point:{point.key}", f"{point.enterprise}/{point.outlet}"
        yield from self._each(rule, subject, outlet, 24 if by_day else 1, judge, until, arrivals)

    def _own(self, point: Point, of: Point, number: int, known: Moment, arrivals: Arrivals) -> float | None:
        if point.statistic == "day_mean":
            hours = [self._hours.of(of, hour, known, arrivals) for hour in range(number * 24, number * 24 + 24)]
            valid = [hour.mean for hour in hours if hour.is_valid]
            return math.fsum(valid) / len(valid) if len(valid) >= 20 else None
        own = self._hours.of(of, number, known, arrivals)
        if not own.is_valid:
            return None
        if point.statistic != "hour_converted":
            return own.mean  # a total of an hour is the mean flow in m3/h as well
        outlet = f"{of.enterprise}/{of.outlet}"
        rows = [self._limits.of(outlet, of.quantity, kind, "hour") for kind in ("legal", "ule")]
        references = [row.reference_o2_pct for row in rows if row is not None and row.reference_o2_pct is not None]
        oxygen = self._hours.of(self._city.outlet_point(outlet, "o2"), number, known, arrivals)
        if not references or not oxygen.is_valid or not 0 <= oxygen.mean < 19:
            return None
        return own.mean * (21 - references[0]) / (21 - oxygen.mean)

    # Calibration ------------------------------------------------------------------------------------------------------

    def _drift(self, point: Point, until: int, arrivals: Arrivals) -> Iterator[Event]:
        assert point.statistic is not None
        rule, threshold = DRIFTS[point.statistic]

        def judge(day: int, known: Moment) -> Outcome:
            said = self._checked(point, day, known, arrivals)
            if said is None:
                return Outcome("undetermined", "no_calibration")
            is_out = abs(said) > threshold
            return Outcome("violation", "out_of_control") if is_out else Outcome("compliant", "in_control")

        subject, outlet = f"point:{point.enterprise}/{point.of}", f"{point.enterprise}/{point.outlet}"
        yield from self._each(rule, subject, outlet, 24, judge, until, arrivals)

    def _checked(self, point: Point, day: int, known: Moment, arrivals: Arrivals) -> float | None:
        """What a drift statement of a day says."""
        hour = day * 24 + SELF_CHECK[0]
        if not arrivals.known(point.key, hour, known.data):
            return None
        return self._hours.day_value(point, day)

    def _calibrated(self, point: Point, until: int, arrivals: Arrivals) -> Iterator[Event]:
        """Of an analyser, by the flags of its readings and by what it states of its drift."""
        outlet = f"{point.enterprise}/{point.outlet}"
        stating = [p for p in self._city.points if p.statistic in DRIFTS and f"{p.enterprise}/{p.of}" == point.key]

        flagged = [hour for hour in range(until) if self._hours.has_flag(point, hour, "C")]
        checks = range(SELF_CHECK[0], until, 24) if stating else ()

        def judge(day: int, known: Moment) -> Outcome:
            span = range(max(0, day - 30) * 24, day * 24 + 24)
            at = {hour for hour in flagged if hour in span and arrivals.known(point.key, hour, known.data)}
            for hour in checks:
                if hour in span and any(self._checked(p, hour // 24, known, arrivals) is not None for p in stating):
                    at.add(hour)
            if not at:
                return Outcome("undetermined", "no_calibration")
            longest = max(
                later - earlier for earlier, later in pairwise([*sorted(at), day * 24 + 24]) if later > day * 24
            )
            return Outcome("violation", "overdue") if longest > _DUE_H else Outcome("compliant", "calibrated")

        yield from self._each(CALIBRATION_DUE, f"point:{point.key}", outlet, 24, judge, until, arrivals)

    # Gas chromatographs, oxidisers ------------------------------------------------------------------------------------

    def _gaps(self, point: Point, until: int, arrivals: Arrivals) -> Iterator[Event]:
        def judge(day: int, known: Moment) -> Outcome:
            longest = run = 0
            for hour in range(max(day * 24 - 24, 0), day * 24 + 24):
                has_run = self._hours.of(point, hour, known, arrivals).valid_minutes > 0
                run = 0 if has_run else run + 1
                if hour >= day * 24:
                    longest = max(longest, run)
            if longest > _LONGEST_GAP:
                return Outcome("violation", "gap", float(longest))
            return Outcome("compliant", "no_gap", float(longest))

        outlet = f"{point.enterprise}/{point.outlet}"
        yield from self._each(RUN_GAP, f"point:{point.key}", outlet, 24, judge, until, arrivals)

    def _oxidiser(self, outlet: str, until: int, arrivals: Arrivals) -> Iterator[Event]:
        out, inside = (self._city.outlet_point(outlet, quantity) for quantity in ("o2", "o2_inlet"))

        def judge(hour: int, known: Moment) -> Outcome:
            kind = self._hours.excluded(outlet, (), hour, known, arrivals)
            if kind is not None:
                return Outcome("undetermined", f"excluded_{kind}")
            both = [self._hours.of(point, hour, known, arrivals) for point in (out, inside)]
            if not all(one.readings for one in both):
                return Outcome("undetermined", "no_data")
            if not all(one.is_valid for one in both):
                return Outcome("undetermined", "too_few_valid_minutes")
            above = rounded(both[0].mean, 1) > rounded(both[1].mean, 1)
            return Outcome("violation", "o2_above_inlet") if above else Outcome("compliant", "o2_not_above_inlet")

        yield from self._each(OXIDISER, f"outlet:{outlet}", outlet, 1, judge, until, arrivals)
