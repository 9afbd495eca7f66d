"""What the meters of a place passed in the story month, as far as a platform can know it when the month has closed.

Assumptions. What a meter adds from one reading to the next is known; what it added before its first reading is not. A
gap is bridged: the register went on. Over a replacement that is entered nothing is lost; over a reset that nobody
explains the hour's volume is unknown, and with it the month's. A total is complete when there is data, nothing is
unknown, and no more than 24 hours at the month's beginning or end are without a reading.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from domain.periods import HOUR, day_start
from simulators.city import City, MeteringPlace, Point
from simulators.effects import Effects
from simulators.events import Arrivals
from simulators.field import Field
from simulators.timing import Timeline

OPEN_HOURS = 24


@dataclass(frozen=True, slots=True)
class Total:
    """Of a place in a month, in the unit of its medium. value: None where nothing is known. hours: with a reading."""

    value: float | None
    hours: int
    expected: int
    is_complete: bool


class Totals:
    """Of the story month. Everything that was sent late has arrived long before it closes."""

    def __init__(self, city: City, timeline: Timeline, effects: Effects, field: Field) -> None:
        self._city = city
        self._timeline = timeline
        self._effects = effects
        self._field = field
        self._arrivals = Arrivals(effects)
        self._points = {point.key: point for point in city.points}

    @cached_property
    def of_places(self) -> dict[str, Total]:
        """By place ``{enterprise}/{code}``; those without a connected meter are not there."""
        found: dict[str, Total] = {}
        for place in self._city.places:
            total = self._place(place)
            if total is not None:
                found[place.key] = total
        return found

    def sum(self, places: Iterable[MeteringPlace]) -> tuple[float, bool]:
        """(what is known of some places, whether every one has a complete total)."""
        found = [self.of_places.get(place.key) for place in places]
        known = [total.value for total in found if total is not None and total.value is not None]
        return sum(known), bool(found) and all(total is not None and total.is_complete for total in found)

    def _place(self, place: MeteringPlace) -> Total | None:
        first = self._timeline.first_day
        after = first + timedelta(days=self._timeline.month_hours // 24)
        spans = []
        for meter in self._city.meters:
            if (meter.enterprise, meter.place) == (place.enterprise, place.code) and meter.point is not None:
                begin = max(first, meter.installed_on, place.in_service_from)
                end = min(day for day in (after, meter.removed_on, place.in_service_to) if day is not None)
                if begin < end:
                    spans.append((self._points[f"{place.enterprise}/{meter.point}"], begin, end))
        if not spans:
            return None
        begin, end = min(span[1] for span in spans), max(span[2] for span in spans)
        points = list(dict.fromkeys(span[0] for span in spans))
        found = [self._point(point) for point in points]
        known = [value for value, _, _ in found if value is not None]
        hours = sorted(hour for _, there, _ in found for hour in there)
        from_hour, to_hour = ((day_start(day) - self._city.month.start) // HOUR for day in (begin, end))
        complete = (
            bool(known)
            and all(known_steps for _, _, known_steps in found)
            and hours[0] - from_hour <= OPEN_HOURS
            and to_hour - 1 - hours[-1] <= OPEN_HOURS
        )
        return Total(sum(known) if known else None, len(hours), 24 * (end - begin).days, complete)

    def _point(self, point: Point) -> tuple[float | None, list[int], bool]:
        """(units that are known to have passed, hours with a reading, whether no hour's volume is unknown)."""
        assert point.counter is not None
        per_hour = 3600 // point.interval_s
        there = [hour for hour in range(self._timeline.month_hours) if not self._arrivals.lost(point.key, hour)]
        if not there:
            return None, [], True
        counts = 0
        for hour in range(there[0], there[-1] + 1):
            part = self._field.increments(point, hour // 24)[hour % 24 * per_hour :][:per_hour]
            # of the first hour only what came after its first reading
            counts += int(part[1:].sum() if hour == there[0] else part.sum())
        reset = self._effects.resets.get(point.key)
        is_known = reset is None or reset not in range(there[0] + 1, there[-1] + 1)
        if not is_known and reset is not None:
            counts -= self._field.hour_counts(point, reset)
        return counts * point.counter.scale, there, is_known
