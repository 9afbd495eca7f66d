"""What must be seen of the meters themselves: standing still, counting the same, falling without a word.

Assumptions. Frozen: of a local day, unit-level water meters; 22 known hourly increments at least; the works runs when
the electricity of all its meters rose in 22 hours at least. Identical: the 48 hours that end with the day, 44 known
increments at least, from the second day in service on; the value is their deviation. A step is found in the hour in
which a register falls, and goes when the replacement is entered. An hour's increment is known when the hour and the one
before it have readings; over a gap it belongs to the hour of the later one. A corrected reading is worth a look when
the hour's increment becomes ten times what it was first, or a tenth.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import pstdev

from domain.periods import day_period
from simulators.city import City, Point
from simulators.effects import Effects, Outcome
from simulators.events import Arrivals, Event, closing_clock
from simulators.field import Field
from simulators.timing import Timeline

FROZEN = "data.meter_frozen"
IDENTICAL = "data.identical_increments"
STEP = "data.meter_step"
MAGNITUDE = "data.correction_magnitude"

LEAST_HOURS = 22
LEAST_OF_48 = 44
TENFOLD = 10.0


class Meters:
    """Of one story."""

    def __init__(self, city: City, timeline: Timeline, effects: Effects, field: Field) -> None:
        self._city = city
        self._timeline = timeline
        self._effects = effects
        self._field = field
        unit = {(p.enterprise, p.code) for p in city.places if (p.medium, p.level) == ("water", "unit")}
        connected = {(m.enterprise, m.point) for m in city.meters if (m.enterprise, m.place) in unit}
        self._water = [point for point in city.points if (point.enterprise, point.code) in connected]
        self._power: dict[str, list[Point]] = {}
        for point in city.points:
            if point.quantity == "energy" and point.kind == "counter":
                self._power.setdefault(point.enterprise, []).append(point)

    def events(self, until: int, arrivals: Arrivals) -> Iterator[Event]:
        """All judgements up to a clock value, in order for each series."""
        yield from self._steps(until)
        yield from self._corrected(until)
        for point in self._water:
            late = [(clock, hours) for of, clock, hours in arrivals.late() if of == point.enterprise]
            for day in range(max(0, (until - 1) // 24)):
                closed = closing_clock(day * 24 + 24)
                moments = [(closed, closed - 1 if arrivals.judged_first else closed)]
                moments += [
                    (clock, clock) for clock, hours in late
                    if closed <= clock <= until and hours.start < day * 24 + 24 and hours.stop + 1 > day * 24 - 24
                ]  # fmt: skip
                before: dict[str, Outcome] = {}
                for clock, known in moments:
                    found = {FROZEN: self._frozen(point, day, known, arrivals)}
                    if day >= 1:
                        found[IDENTICAL] = self._identical(point, day, known, arrivals)
                    for rule, outcome in found.items():
                        if before.get(rule) != outcome:
                            period = day_period(self._timeline.day_of(day * 24))
                            yield Event(clock, rule, f"point:{point.key}", period, outcome)
                    before = found

    def _steps(self, until: int) -> Iterator[Event]:
        falls: list[tuple[str, int, int | None]] = [(point, hour, None) for point, hour in self._effects.resets.items()]
        falls += [(change.point, change.hour, change.posted) for change in self._effects.replacements]
        for point, hour, posted in falls:
            clock = closing_clock(hour + 1)
            if clock <= until and self._city.point(point).kind == "counter":
                period = self._timeline.period(hour)
                outcome = Outcome("violation", "reset_without_record")
                yield Event(clock, STEP, f"point:{point}", period, outcome)
                if posted is not None and posted <= until:
                    yield Event(posted, STEP, f"point:{point}", period, None)

    def _corrected(self, until: int) -> Iterator[Event]:
        for misread in self._effects.misreads:
            if misread.sent + 1 <= until:
                times = self._field.hour_counts(self._city.point(misread.point), misread.hour) / misread.counts
                if max(times, 1 / times) >= TENFOLD:
                    outcome = Outcome("violation", "corrected_tenfold", max(times, 1 / times))
                    period = self._timeline.period(misread.hour)
                    yield Event(misread.sent + 1, MAGNITUDE, f"point:{misread.point}", period, outcome)

    def _increments(self, point: Point, hours: range, known: int, arrivals: Arrivals) -> Iterator[float]:
        """Known increments of some hours, as of a clock value."""
        for hour in hours:
            if hour < 0 or not arrivals.known(point.key, hour, known):
                continue
            first = hour
            while first > 0 and not arrivals.known(point.key, first - 1, known):
                first -= 1
            if self._effects.resets.get(point.key) == hour:
                continue
            if first == 0:  # nothing came before; within its first hour a meter may speak several times
                if hour == 0 and point.interval_s < 3600:
                    yield self._field.hour_volume(point, 0)
                continue
            yield round(sum(self._field.hour_volume(point, h) for h in range(first, hour + 1)), 6)

    def _frozen(self, point: Point, day: int, known: int, arrivals: Arrivals) -> Outcome:
        hours = range(day * 24, day * 24 + 24)
        found = list(self._increments(point, hours, known, arrivals))
        if len(found) < LEAST_HOURS:
            return Outcome("undetermined", "too_few_hours")
        still = float(sum(increment == 0 for increment in found))
        if any(found):
            return Outcome("compliant", "moving", still)
        meters = self._power.get(point.enterprise, [])
        if not meters:
            return Outcome("undetermined", "no_running_signal")
        running = sum(
            any(
                increment > 0
                for meter in meters
                for increment in self._increments(meter, range(h, h + 1), known, arrivals)
            )
            for h in hours
        )
        if running < LEAST_HOURS:
            return Outcome("undetermined", "plant_not_running")
        return Outcome("violation", "frozen", still)

    def _identical(self, point: Point, day: int, known: int, arrivals: Arrivals) -> Outcome:
        found = list(self._increments(point, range(day * 24 - 24, day * 24 + 24), known, arrivals))
        if len(found) < LEAST_OF_48:
            return Outcome("undetermined", "too_few_hours")
        if any(abs(increment - found[0]) > 1e-9 for increment in found):
            return Outcome("compliant", "varying", pstdev(found))
        return Outcome("compliant", "standing", 0.0) if found[0] == 0 else Outcome("violation", "identical", 0.0)
