"""What must be found of masses and of the data's quality: kg/h, the year's total in t, capture and transmission rates.

Assumptions. Mass is measured concentration times dry standard flow, HJ 212-2017 D.2 (31) and (33), both of valid hours;
what has none is given the greatest of the last 180 valid hours before the failure, of 720 when it lasts more than 24
hours, of 2160 below 90 % capture, and nothing below 75 % (HJ 75-2017 tables 5 and 6). The capture rate of a quarter is
that of hours of operation with 45 valid minutes, of flue gas only; the transmission rate of a month is that of all
pollutants and the oxygen of an outlet. Hours of a stopped source are no hours of operation.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from domain.periods import HOUR, Period, local_day, month_period
from simulators.city import LimitRow
from simulators.effects import Outcome
from simulators.events import Arrivals, Event, closing_clock
from simulators.standards import Limits
from simulators.truth_hours import POLLUTANTS, Hours, Moment, is_ambient, rounded

RATE = "legal.rate"
YEARLY = "mass.yearly"
CAPTURE = "data.capture_rate"
TRANSMISSION = "data.transmission_rate"

_STANDARD_K, _STANDARD_KPA = 273.0, 101.325


class Masses:
    """Of one story."""

    def __init__(self, hours: Hours, limits: Limits) -> None:
        self._hours = hours
        self._limits = limits
        self._city = hours.city

    def events(self, until: int, arrivals: Arrivals) -> Iterator[Event]:
        """All judgements up to a clock value, in order for each series."""
        for outlet, quantity, limit in self._limits.judged("legal", "hour", unit="kg/h"):
            yield from self._rates(outlet, quantity, limit, until, arrivals)
        for period, first, end in self._hours.months(until):
            for outlet, quantity, limit in self._limits.judged("legal", "year", unit="t"):
                yield from self._year(outlet, quantity, limit, period, first, end, until, arrivals)
            yield from self._quality(period, first, end, until, arrivals)

    # Mass -------------------------------------------------------------------------------------------------------------

    def _rates(self, outlet: str, quantity: str, limit: LimitRow, until: int, arrivals: Arrivals) -> Iterator[Event]:
        changes = self._hours.changes(outlet, arrivals)
        for hour in range(until - 1):
            before: Outcome | None = None
            for clock, known in self._hours.moments(hour, hour + 1, changes, until, arrivals):
                outcome = self._rate(outlet, quantity, limit, hour, known, arrivals)
                if outcome != before:
                    period = self._hours.timeline.period(hour)
                    yield Event(clock, RATE, f"pollutant:{outlet}/{quantity}", period, outcome)
                before = outcome

    def _rate(
        self, outlet: str, quantity: str, limit: LimitRow, hour: int, known: Moment, arrivals: Arrivals
    ) -> Outcome:
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
        value = self._kg(outlet, quantity, hour, known, arrivals)
        if value is None:
            return Outcome("undetermined", "flow_missing")
        over = rounded(value, limit.decimals) > limit.value
        return Outcome("violation", "over_limit", value) if over else Outcome("compliant", "within_limit", value)

    def _kg(self, outlet: str, quantity: str, hour: int, known: Moment, arrivals: Arrivals) -> float | None:
        """Mass of an hour in kg; None where it cannot be known."""
        flow = self._hours.point(outlet, "flue_flow")
        assert flow is not None
        names = [quantity, "flue_flow"]
        if flow.basis == "wet_actual":
            names += ["flue_temperature", "flue_pressure", "flue_humidity"]
        found = [self._hours.of(self._city.outlet_point(outlet, name), hour, known, arrivals) for name in names]
        if not all(one.is_valid for one in found):
            return None
        concentration, gas, *state = (one.mean for one in found)
        if state:
            celsius, static, humid = state
            ambient = self._city.outlet(outlet).atmosphere_kpa
            assert ambient is not None
            gas *= _STANDARD_K / (_STANDARD_K + celsius) * (ambient + static) / _STANDARD_KPA * (1 - humid / 100)
        return concentration * gas * 1e-6

    def _year(
        self,
        outlet: str,
        quantity: str,
        limit: LimitRow,
        period: Period,
        first: int,
        end: int,
        until: int,
        arrivals: Arrivals,
    ) -> Iterator[Event]:
        changes = self._hours.changes(outlet, arrivals)
        before: Outcome | None = None
        for clock, known in self._hours.moments(first, end, changes, until, arrivals):
            masses = [self._kg(outlet, quantity, hour, known, arrivals) for hour in range(end)]
            stopped = [self._hours.excluded(outlet, (), hour, known, arrivals) is not None for hour in range(end)]
            total, evidence = _filled(masses, stopped, first)
            over = rounded(total, limit.decimals) > limit.value
            outcome = Outcome("violation", "over_total", total) if over else Outcome("compliant", "within_total", total)
            if evidence["unsubstituted_h"] and not over:
                outcome = Outcome("undetermined", "capture_too_low", total)
            if outcome != before:
                yield Event(clock, YEARLY, f"pollutant:{outlet}/{quantity}", period, outcome, evidence=evidence)
            before = outcome

    # Quality ----------------------------------------------------------------------------------------------------------

    def _quality(self, period: Period, first: int, end: int, until: int, arrivals: Arrivals) -> Iterator[Event]:
        for outlet in self._city.outlets:
            measured = dict.fromkeys(point.quantity for point in self._city.outlet_points(outlet.key))
            pollutants = [quantity for quantity in measured if quantity in POLLUTANTS]
            if not pollutants:
                continue
            has_flue = not is_ambient(outlet.process)
            changes = [c for c in self._hours.changes(outlet.key, arrivals) if c.clock > closing_clock(end)]
            said: dict[str, Outcome] = {}
            for clock, known in self._hours.moments(first, end, changes, until, arrivals):
                found: dict[tuple[str, str, Period], Outcome] = {}
                counters = Counter[str]()
                for quantity in (*pollutants, *(("o2",) if "o2" in measured else ())):
                    due, received, valid = self._counted(outlet.key, quantity, first, end, known, arrivals)
                    counters.update(due=due, received=received, valid=valid)
                    if quantity in POLLUTANTS and has_flue and (quarter := self._quarter(period)) is not None:
                        subject = f"pollutant:{outlet.key}/{quantity}"
                        start = max(0, (quarter.start - self._city.month.start) // HOUR)
                        due, _, valid = self._counted(outlet.key, quantity, start, end, known, arrivals)
                        found[(CAPTURE, subject, quarter)] = _rate_of(valid, due, 75, "capture")
                outcome = _rate_of(counters["valid"], counters["due"], 90, "transmission")
                found[(TRANSMISSION, f"outlet:{outlet.key}", period)] = outcome
                for (rule, subject, of), outcome in found.items():
                    if said.get(f"{rule} {subject}") != outcome:
                        yield Event(clock, rule, subject, of, outcome)
                    said[f"{rule} {subject}"] = outcome

    @staticmethod
    def _quarter(month: Period) -> Period | None:
        """The quarter that ends with a month."""
        day = local_day(month.start)
        return Period(month_period(day.year, day.month - 2).start, month.end) if day.month % 3 == 0 else None

    def _counted(
        self, outlet: str, quantity: str, first: int, end: int, known: Moment, arrivals: Arrivals
    ) -> tuple[int, int, int]:
        """Hours that were due, that arrived and that are valid."""
        point = self._city.outlet_point(outlet, quantity)
        due = received = valid = 0
        for hour in range(first, end):
            if self._hours.excluded(outlet, (), hour, known, arrivals) is None:
                found = self._hours.of(point, hour, known, arrivals)
                due, received, valid = due + 1, received + (found.readings > 0), valid + found.is_valid
        return due, received, valid


def _rate_of(valid: int, due: int, least_pct: int, name: str) -> Outcome:
    if not due:
        return Outcome("undetermined", "not_operating")
    met = valid * 100 >= due * least_pct
    return Outcome("compliant" if met else "violation", f"{name}_{'met' if met else 'not_met'}", 100 * valid / due)


def _filled(masses: list[float | None], stopped: list[bool], first: int) -> tuple[float, dict[str, Any]]:
    """(t of the hours from `first` on, evidence), what is missing being filled in."""
    operating = [not stop for stop in stopped[first:]]
    valid = sum(1 for mass, runs in zip(masses[first:], operating, strict=True) if mass is not None and runs)
    counts: Counter[str] = Counter()
    substituted: Counter[str] = Counter()
    kilograms: list[float] = []
    for hour in range(first, len(masses)):
        mass = masses[hour]
        if mass is not None:
            counts["measured_h"] += 1
            kilograms.append(mass)
        elif stopped[hour]:
            counts["stopped_h"] += 1
        else:
            start, stop = hour, hour + 1
            while start > 0 and masses[start - 1] is None:
                start -= 1
            while stop < len(masses) and masses[stop] is None:
                stop += 1
            length = sum(1 for other in range(start, stop) if not stopped[other])
            width = 0
            if valid * 100 >= sum(operating) * 90:
                width = 180 if length <= 24 else 720
            elif valid * 100 >= sum(operating) * 75:
                width = 2160
            earlier = [kg for kg in masses[:start] if kg is not None][-width:] if width else []
            if earlier:
                substituted[str(width)] += 1
                kilograms.append(max(earlier))
            else:
                counts["unsubstituted_h"] += 1
    return math.fsum(kilograms) / 1000, {
        "measured_h": counts["measured_h"],
        "substituted_h": dict(substituted),
        "unsubstituted_h": counts["unsubstituted_h"],
        "stopped_h": counts["stopped_h"],
    }
