"""What the hours of the analysers are, as far as a platform can know it at a moment of the story.

Recomputed from the minutes that were sent, row by row, after HJ 212-2017 D.2 and HJ 75. Assumptions: a reading counts
when its flag is N, its value lies within the physical range of the register and no equipment mark in force covers it;
a reading stands for the point's interval. A correction is all of its hour. Marks that an enterprise posts at a clock
value have effect after the judgements of that clock value; so has their rejection.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.periods import HOUR, Period, month_of
from simulators.city import City, Point
from simulators.effects import Effects, Marking
from simulators.events import Arrivals, closing_clock
from simulators.field import Field
from simulators.timing import Timeline

MIN_VALID_MINUTES = 45
#: Concentrations that the city measures.
POLLUTANTS = frozenset({"so2", "nox", "pm", "nmhc", "benzene", "toluene", "xylene"})


class Moment(NamedTuple):
    """What is known: readings that have arrived by clock value `data`, marks and rejections posted by `marks`."""

    data: int
    marks: int


@dataclass(frozen=True, slots=True)
class HourOf:
    """Of one point. mean and greatest: of the valid readings, NaN without any."""

    mean: float
    greatest: float
    valid_minutes: int
    readings: int

    @property
    def is_valid(self) -> bool:
        return self.valid_minutes >= MIN_VALID_MINUTES and math.isfinite(self.mean)


_NOTHING = HourOf(math.nan, math.nan, 0, 0)


class Change(NamedTuple):
    """At a clock value something becomes known about hours [start, end) of an outlet."""

    clock: int
    start: int
    end: int


def is_ambient(process: str) -> bool:
    """Whether the air around is measured there, not a waste gas."""
    return process == "in_plant" or process.startswith("fenceline")


def rounded(value: float, decimals: int) -> float:
    """GB/T 8170 of what a person would write: twelve digits, half to even."""
    return float(Decimal(f"{value:.12g}").quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN))


class Hours:
    """Of one story."""

    def __init__(self, city: City, timeline: Timeline, effects: Effects, field: Field) -> None:
        self.city = city
        self.timeline = timeline
        self.effects = effects
        self._field = field
        self._days: dict[tuple[str, int], tuple[NDArray[np.float64], NDArray[np.bool_]]] = {}
        self._points = {
            outlet.key: {point.quantity: point for point in city.outlet_points(outlet.key)} for outlet in city.outlets
        }
        self._letters: dict[tuple[str, int], NDArray[np.str_]] = {}
        # hours of which nothing ever changes once they are known
        self._fixed: dict[tuple[str, int], HourOf] = {}
        self._changing = {(c.point, c.hour) for c in effects.corrections} | {
            (point.key, hour)
            for mark in effects.marks
            for point in self._points[mark.outlet].values()
            for hour in range(mark.start // 60, -(-mark.end // 60))
        }
        self._marked = {mark.outlet for mark in effects.marks if mark.dimension == "process"}

    # Moments ----------------------------------------------------------------------------------------------------------

    def changes(self, outlet: str, arrivals: Arrivals) -> list[Change]:
        """Everything that makes hours of an outlet known or other than they were, beyond their timely arrival."""
        enterprise = outlet.split("/")[0]
        found = [Change(clock, hours.start, hours.stop) for of, clock, hours in arrivals.late() if of == enterprise]
        found += [Change(c.sent + 1, c.hour, c.hour + 1) for c in self.effects.corrections if c.outlet == outlet]
        for mark in self.effects.marks:
            if mark.outlet == outlet:
                hours = (mark.start // 60, -(-mark.end // 60))
                found += [Change(clock, *hours) for clock in (mark.posted, mark.rejected) if clock is not None]
        return sorted(found)

    def moments(
        self, start: int, end: int, changes: list[Change], until: int, arrivals: Arrivals
    ) -> Iterator[tuple[int, Moment]]:
        """(clock, what is known) of each judgement of hours [start, end): when they close, and with every change."""
        closed = closing_clock(end)
        if closed <= until:
            yield closed, Moment(closed - 1 if arrivals.judged_first else closed, closed - 1)
        for clock in dict.fromkeys(c.clock for c in changes if c.start < end and start < c.end):
            if closed <= clock <= until:
                yield clock, Moment(clock, clock)

    def months(self, until: int) -> Iterator[tuple[Period, int, int]]:
        """(period, first hour, hour after the last one) of each month that has closed by a clock value."""
        month = self.city.month
        while True:
            first, end = ((at - self.city.month.start) // HOUR for at in (month.start, month.end))
            if closing_clock(end) > until:
                return
            yield month, first, end
            month = month_of(month.end)

    # Figures ----------------------------------------------------------------------------------------------------------

    def point(self, outlet: str, quantity: str) -> Point | None:
        """The measuring point of a quantity at an outlet."""
        return self._points[outlet].get(quantity)

    def day_value(self, point: Point, day: int) -> float:
        """What a point that speaks once a day says on a day."""
        return float(self._field.minutes(point, day)[0][0])

    def has_flag(self, point: Point, hour: int, letter: str) -> bool:
        """Whether any reading of an hour carries a flag, as first sent."""
        day, part = divmod(hour, 24)
        if (point.key, day) not in self._letters:
            _, flags = self._field.minutes(point, day)
            self._letters[(point.key, day)] = flags.reshape(24, -1)
        return bool((self._letters[(point.key, day)][part] == letter).any())

    def of(self, point: Point, hour: int, known: Moment, arrivals: Arrivals) -> HourOf:
        """The hour of a point as known at a moment; for what is said of a day, the day's first hour."""
        if point.interval_s >= 86_400:
            if not arrivals.known(point.key, hour // 24 * 24 + 23, known.data):
                return _NOTHING
            values, flags = self._field.minutes(point, hour // 24)
            good = flags[0] == "N"
            value = float(values[0]) if good else math.nan
            return HourOf(value, value, 60 if good else 0, 1)
        if not arrivals.known(point.key, hour, known.data):
            return _NOTHING
        key = (point.key, hour)
        if key in self._changing:
            return self._computed(point, hour, known)
        if key not in self._fixed:
            self._fixed[key] = self._computed(point, hour, known)
        return self._fixed[key]

    def _computed(self, point: Point, hour: int, known: Moment) -> HourOf:
        values, valid = self.readings(point, hour, known)
        good = values[valid]
        minutes = min(len(good) * point.interval_s // 60, 60)
        if not len(good):
            return HourOf(math.nan, math.nan, 0, len(values))
        return HourOf(math.fsum(good.tolist()) / len(good), float(good.max()), minutes, len(values))

    def readings(self, point: Point, hour: int, known: Moment) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Values of an hour, and which of them are valid."""
        day, part = divmod(hour, 24)
        key = (point.key, day)
        if key not in self._days:
            shown, flags = self._field.minutes(point, day)
            self._days[key] = shown, (flags == "N") & self._possible(point, shown)
        shown, valid = self._days[key]
        count = len(shown) // 24
        values, good = shown[part * count : part * count + count], valid[part * count : part * count + count]
        if (point.key, hour) not in self._changing:
            return values, good
        for correction in self.effects.corrections:
            if (correction.point, correction.hour) == (point.key, hour) and correction.sent + 1 <= known.data:
                values = np.full(count, correction.value)
                good = self._possible(point, values)
        for mark in self.marks(f"{point.enterprise}/{point.outlet}", "equipment", hour, known):
            if mark.point in (None, point.key) and point.kind == "instantaneous":
                at = hour * 60 + np.arange(count) * 60 // count
                good = good & ~((at >= mark.start) & (at < mark.end))
        return values, good

    @staticmethod
    def _possible(point: Point, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        low = -np.inf if point.physical_min is None else point.physical_min
        high = np.inf if point.physical_max is None else point.physical_max
        return (values >= low) & (values <= high)

    def marks(self, outlet: str, dimension: str, hour: int, known: Moment) -> list[Marking]:
        """Marks in force that touch an hour of an outlet."""
        return [
            mark
            for mark in self.effects.marks
            if (mark.outlet, mark.dimension) == (outlet, dimension)
            and mark.start < hour * 60 + 60
            and hour * 60 < mark.end
            and mark.posted <= known.marks
            and (mark.rejected is None or mark.rejected > known.marks)
        ]

    def excluded(
        self, outlet: str, exempt: tuple[str, ...], hour: int, known: Moment, arrivals: Arrivals
    ) -> str | None:
        """The process kind that takes an hour out of a limit, None when enough of it is left."""
        if outlet not in self._marked and "running_state" not in self._points[outlet]:
            return None
        minutes: dict[str, int] = {}
        covered: set[int] = set()
        for mark in self.marks(outlet, "process", hour, known):
            if mark.kind in ("stopped", *exempt):
                mine = set(range(max(mark.start, hour * 60), min(mark.end, hour * 60 + 60)))
                minutes[mark.kind] = minutes.get(mark.kind, 0) + len(mine)
                covered |= mine
        total = float(len(covered))
        state = self.point(outlet, "running_state")
        if state is not None:
            running = self.of(state, hour, known, arrivals)
            if running.readings and math.isfinite(running.mean):
                idle = running.valid_minutes * (1 - running.mean)
                if idle > minutes.get("stopped", 0):
                    total += idle - minutes.get("stopped", 0)
                    minutes["stopped"] = round(idle)
        if not minutes or 60 - total >= MIN_VALID_MINUTES:
            return None
        return min(minutes, key=lambda kind: (-minutes[kind], kind))
