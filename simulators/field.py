"""What every device shows, day by day: ordinary behaviour plus the edits of the scenarios.

Values are made for whole days at once (numpy) and depend on seed, device and day only, so that any day can be made
again. Counters carry their count from day to day, which is all the state there is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.city import City, CounterSpec, Point
from simulators.devices import cems, counter, logger
from simulators.devices.noise import generator
from simulators.effects import Edit, Effects, Misread, Stuck

#: Instant of the first value of an hour, and the step, in minutes; counters are read at the end of each part.
Stamps = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """Values of one local day by point key, in time order; flags only of points that have any but N."""

    values: dict[str, list[float]]
    flags: dict[str, list[str]]


#: Hour of the day and minute of it at which an analyser checks itself against zero and span gas.
SELF_CHECK = (4, 10)
SELF_CHECK_MINUTES = 8
_DAY_S = 86_400
#: Days of counters that are kept: a month of all of them.
_REMEMBERED = 8000


def stamps(point: Point) -> Stamps:
    """Minutes after the hour at which a point is read, within [0, 60) or, for counters, (0, 60]; see `due`."""
    step = point.interval_s // 60
    first = step if point.kind == "counter" else 0
    return tuple(range(first, 60 + first, step))


def due(point: Point, hour: int) -> Stamps:
    """Minutes after the start of hour n at which the readings that it brings were taken.

    What is said once a day comes with one hour only: a day's mean with the last one, under the day's beginning.
    """
    if point.interval_s < _DAY_S:
        return stamps(point)
    check, minute = SELF_CHECK
    if point.statistic in ("zero_drift", "span_drift"):
        return (minute,) if hour % 24 == check else ()
    return (-23 * 60,) if hour % 24 == 23 else ()


class Field:
    """All devices of the city."""

    def __init__(self, seed: int, city: City, effects: Effects) -> None:
        self._seed = seed
        self._city = city
        self._edits: dict[str, list[Edit]] = {}
        for edit in effects.edits:
            self._edits.setdefault(edit.point, []).append(edit)
        self._lost: dict[str, list[tuple[int, int]]] = {}
        for lost in effects.lost:
            self._lost.setdefault(lost.point, []).append((lost.start, lost.end))
        self._point = {point.key: point for point in city.points}
        self._stuck: dict[str, list[Stuck]] = {}
        for stuck in effects.stuck:
            self._stuck.setdefault(stuck.point, []).append(stuck)
        self._misreads: dict[str, list[Misread]] = {}
        for misread in effects.misreads:
            self._misreads.setdefault(misread.point, []).append(misread)
        self._restarts = {point: (hour, 0) for point, hour in effects.resets.items()}
        self._restarts |= {change.point: (change.hour, change.initial) for change in effects.replacements}
        self._flowed: dict[tuple[str, int], counter.Counts] = {}
        self._analysers = [point for point in city.points if point.kind != "counter"]
        self._analysers.sort(key=lambda point: point.statistic is not None)  # what is said of others comes after them
        self._self_checked = {f"{p.enterprise}/{p.of}" for p in city.points if p.statistic == "zero_drift"}
        self._counters = [point for point in city.points if point.counter is not None]
        self._ends: list[dict[str, int]] = [{}]  # total counts since the story's start, at the start of each day
        self._starts: dict[str, int] = {}
        self._days: dict[int, Day] = {}
        self._start_registers(effects)

    def lost(self, point: str, hour: int) -> bool:
        """Whether the readings of an hour never leave the plant."""
        return any(start <= hour < end for start, end in self._lost.get(point, ()))

    def minutes(self, point: Point, day: int) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
        """Values and flags of a point for one day, as first sent: two arrays of one entry for each reading."""
        if point.statistic is not None:
            values, flags = self._stated(point, day)
        else:
            values, flags = self._measured(point, day)
        for edit in self._edits.get(point.key, ()):
            self._apply(edit, point, day, values, flags)
        return values, flags

    def _measured(self, point: Point, day: int) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
        count = _DAY_S // point.interval_s
        if point.kind == "state":
            values = cems.state_values(self._seed, point.key, day, count, point.typical)
        else:
            values = cems.day_values(
                self._seed, point.key, point.quantity, day, count, point.typical,
                process=point.process, of=f"{point.enterprise}/{point.outlet}",
            )  # fmt: skip
        flags = np.full(count, "N", dtype="<U1")
        if point.key in self._self_checked:
            at = (SELF_CHECK[0] * 60 + SELF_CHECK[1]) * 60 // point.interval_s
            flags[at : at + SELF_CHECK_MINUTES * 60 // point.interval_s] = "C"
        return values, flags

    def _stated(self, point: Point, day: int) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
        """What the logger says of another point on a day."""
        if point.statistic in ("zero_drift", "span_drift"):
            drift = generator(self._seed, point.key, day).normal(0.0, 0.4, 1).round(2)
            return drift, np.array(["N"])
        of = self._city.point(f"{point.enterprise}/{point.of}")
        parts = 24 if point.statistic.startswith(("hour", "day")) else _DAY_S // point.interval_s  # type: ignore[union-attr]
        mean, flags = logger.means(*self.minutes(of, day), parts)
        if point.statistic in ("hour_converted", "day_converted"):
            oxygen = self._city.outlet_point(f"{of.enterprise}/{of.outlet}", "o2")
            mean = logger.converted(mean, logger.means(*self.minutes(oxygen, day), parts)[0])
        if point.statistic in ("day_mean", "day_converted"):
            return logger.day_mean(mean, flags)
        return mean, flags

    def _apply(self, edit: Edit, point: Point, day: int, values: NDArray[np.float64], flags: NDArray[np.str_]) -> None:
        step = point.interval_s // 60
        for hour in range(max(edit.start, day * 24), min(edit.end, day * 24 + 24)):
            at = (hour - day * 24) * 60
            # a reading at minute m stands for the minutes from m on
            part = slice(-(-(at + edit.minute_from) // step), -(-(at + edit.minute_to) // step))
            if step >= _DAY_S // 60:
                part = slice(0, 1 if hour == max(edit.start, day * 24) else 0)
            count = len(values[part])
            if edit.copied_from is not None and count:
                before = cems.day_values(
                    self._seed, point.key, point.quantity, edit.copied_from, len(values), point.typical,
                    process=point.process, of=f"{point.enterprise}/{point.outlet}",
                )  # fmt: skip
                values[part] = before[part]
            values[part] = values[part] * edit.factor + edit.offset
            if edit.factor != 1 or edit.offset:
                values[part] = values[part].round(3)
            if edit.value is not None and (edit.spread == 0 or point.kind == "state"):
                values[part] = edit.value
            elif edit.value is not None:
                decimals = cems.profile_of(point.quantity, point.typical, point.process).decimals
                values[part] = cems.around(self._seed, point.key, hour, edit.value, count, decimals, edit.spread)
            if edit.cap is not None:
                values[part] = np.minimum(values[part], edit.cap)
            if edit.flag is not None:
                flags[part] = edit.flag

    def passed(self, point: Point, day: int) -> counter.Counts:
        """Counts that really pass in each part of a day: of its own, or its part of what its mains pass each hour."""
        assert point.counter is not None
        key = (point.key, day)
        if key not in self._flowed:
            made = self._part(point, point.counter, day) if point.fed_by else self._own(point, point.counter, day)
            if len(self._flowed) > _REMEMBERED:
                self._flowed.clear()
            self._flowed[key] = made
        return self._flowed[key]

    def _own(self, point: Point, spec: CounterSpec, day: int) -> counter.Counts:
        count = _DAY_S // point.interval_s
        return counter.day_increments(self._seed, point.key, spec, point.typical, day, count)

    def _part(self, point: Point, spec: CounterSpec, day: int) -> counter.Counts:
        entered = np.zeros(24, np.int64)
        for code in point.fed_by:
            main = self._point[f"{point.enterprise}/{code}"]
            assert main.counter is not None
            hourly = self.passed(main, day).reshape(24, -1).sum(axis=1)
            entered += np.rint(hourly * main.counter.scale * 1000).astype(np.int64)
        return counter.part_of(entered, point.part, spec)

    def increments(self, point: Point, day: int) -> counter.Counts:
        """Counts that the meter adds in each part of a day, whatever the register shows."""
        counted = counter.counted(self.passed(point, day), point.error)
        for stuck in self._stuck.get(point.key, ()):
            per_hour = 3600 // point.interval_s
            hours = slice(max(stuck.start - day * 24, 0) * per_hour, max(stuck.end - day * 24, 0) * per_hour)
            counted = counted.copy()
            counted[hours] = stuck.counts
        return counted

    def hour_volume(self, point: Point, hour: int) -> float:
        """What the meter counted in an hour, in units of the point."""
        assert point.counter is not None
        return round(self.hour_counts(point, hour) * point.counter.scale, 6)

    def day(self, day: int) -> Day:
        """Everything that is shown on one day (0 is the month's first). The two newest days are kept."""
        if day not in self._days:
            self._days = {kept: made for kept, made in self._days.items() if kept == day - 1}
            self._days[day] = self._make(day)
        return self._days[day]

    def _make(self, day: int) -> Day:
        values: dict[str, list[float]] = {}
        flags: dict[str, list[str]] = {}
        for point in self._analysers:
            shown, marks = self.minutes(point, day)
            values[point.key] = shown.tolist()
            if bool((marks != "N").any()):
                flags[point.key] = marks.tolist()
        totals = self._totals(day)
        ends: dict[str, int] = {}
        for point in self._counters:
            assert point.counter is not None
            counts = totals[point.key] + np.cumsum(self.increments(point, day))
            ends[point.key] = int(counts[-1])
            values[point.key] = self._register(point, point.counter, counts, day).tolist()
        if day + 1 == len(self._ends):
            self._ends.append(ends)
        return Day(values, flags)

    def _totals(self, day: int) -> dict[str, int]:
        """Counts at the start of a day; days that nobody asked for are added up silently."""
        while len(self._ends) <= day:
            before, number = self._ends[-1], len(self._ends) - 1
            self._ends.append(
                {p.key: before.get(p.key, 0) + int(self.increments(p, number).sum()) for p in self._counters}
            )
        return {point.key: self._ends[day].get(point.key, 0) for point in self._counters}

    def _register(self, point: Point, spec: CounterSpec, counts: counter.Counts, day: int) -> NDArray[np.float64]:
        base = counts + self._starts[point.key]
        if point.key in self._restarts:
            restart, initial = self._restarts[point.key]
            hours = day * 24 + np.arange(len(counts)) * point.interval_s // 3600
            base = np.where(hours >= restart, counts - self._counts_at(point, restart) + initial, base)
        for misread in self._misreads.get(point.key, ()):
            if misread.hour // 24 == day:
                base = base.copy()
                base[misread.hour % 24] = base[misread.hour % 24 - 1] + misread.counts
        return counter.shown(base, spec)

    def right(self, misread: Misread) -> float:
        """What the register really showed at the end of an hour that was misread."""
        point = self._point[misread.point]
        assert point.counter is not None
        counts = self._starts[point.key] + self._counts_before(point, misread.hour + 1)
        return float(counter.shown(np.array([counts]), point.counter)[0])

    def _counts_at(self, point: Point, hour: int) -> int:
        """In the middle of an hour: half of its increment has passed by then."""
        return self._counts_before(point, hour) + int(self.hour_counts(point, hour) // 2)

    def final(self, point: Point, hour: int) -> float:
        """What the register shows in the middle of an hour, where it has not been started again before."""
        assert point.counter is not None
        counts = np.array([self._starts[point.key] + self._counts_at(point, hour)])
        return float(counter.shown(counts, point.counter)[0])

    def hour_counts(self, point: Point, hour: int) -> int:
        """Counts of one hour."""
        per_hour = 3600 // point.interval_s
        part = hour % 24 * per_hour
        return int(self.increments(point, hour // 24)[part : part + per_hour].sum())

    def _counts_before(self, point: Point, hour: int) -> int:
        day, rest = divmod(hour, 24)
        whole = sum(int(self.increments(point, d).sum()) for d in range(day))
        return whole + int(self.increments(point, day)[: rest * 3600 // point.interval_s].sum())

    def _start_registers(self, effects: Effects) -> None:
        for point in self._counters:
            assert point.counter is not None
            rollover = effects.rollovers.get(point.key)
            if rollover is None:
                self._starts[point.key] = counter.start_counts(point.key, point.counter)
            else:  # half of that hour's water fits below the end of the register
                passed = self._counts_before(point, rollover) + self.hour_counts(point, rollover) // 2
                self._starts[point.key] = 10**point.counter.digits - passed
