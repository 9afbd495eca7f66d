"""Minutes of points from readings: means of valid minutes by the hourly computation, marks of equipment applied."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from domain.pointhours import Windows, marked_by
from domain.readings import SECOND_US, Bool, Float64, Int64, Readings
from domain.slots import minutes
from storage.database import Connection
from storage.marks import equipment_spans
from storage.readings import effective_readings

_MINUTE_US = 60 * SECOND_US
_HOUR_MIN = 60


class MinuteMeans:
    """Means of minutes by point, NaN where a minute is not valid or was not asked for."""

    def __init__(self, spans: Mapping[int, tuple[int, int]]) -> None:
        """spans: [first, stop) minutes since 1970 by point."""
        self._first = {point: first for point, (first, _) in spans.items()}
        self._means = {point: np.full(stop - first, np.nan) for point, (first, stop) in spans.items()}

    def put(self, point_id: int, minute: Int64, mean: Float64) -> None:
        """Set minutes of a point; those outside its span are dropped."""
        first, means = self._first[point_id], self._means[point_id]
        inside = (minute >= first) & (minute < first + len(means))
        means[minute[inside] - first] = mean[inside]

    def of(self, point_id: int, start: int, size: int) -> Float64:
        """Means of `size` minutes from `start` on."""
        out = np.full(size, np.nan)
        if point_id in self._means:
            first, means = self._first[point_id], self._means[point_id]
            low, high = max(start, first), min(start + size, first + len(means))
            if low < high:
                out[low - start : high - start] = means[low - first : high - first]
        return out


async def minute_means(connection: Connection, spans: Mapping[int, tuple[int, int]]) -> MinuteMeans:
    """Means of minutes [first, stop) by point, from effective readings, equipment marks applied."""
    ids = np.array(sorted(spans), np.int64)
    # ranges are (from, to]: a microsecond earlier, as minutes are [start, end)
    from_us = np.array([spans[point][0] * _MINUTE_US - 1 for point in ids.tolist()], np.int64)
    to_us = np.array([spans[point][1] * _MINUTE_US - 1 for point in ids.tolist()], np.int64)
    readings, corrected = await effective_readings(connection, ids, from_us, to_us)
    marked = None
    if len(readings):
        said = await equipment_spans(connection, ids, int(from_us.min()), int(to_us.max()) + 1)
        marked = marked_by(readings, said) if len(said) else None
    return means_of(spans, readings, corrected, marked)


def means_of(
    spans: Mapping[int, tuple[int, int]], readings: Readings, corrected: Bool, marked: Int64 | None
) -> MinuteMeans:
    """Means of minutes from readings in order of point and time; marked: as `domain.slots.minutes` takes it. Pure."""
    out = MinuteMeans(spans)
    pairs = [
        (point, hour)
        for point, (first, stop) in sorted(spans.items())
        for hour in range(first // _HOUR_MIN, -(-stop // _HOUR_MIN))
    ]
    size = len(pairs)
    asked = Windows(
        point_id=np.array([point for point, _ in pairs], np.int64),
        hour_us=np.array([hour * _HOUR_MIN * _MINUTE_US for _, hour in pairs], np.int64),
        is_counter=np.zeros(size, np.bool_),
        interval_s=np.full(size, _HOUR_MIN, np.int64),
        rollover=np.full(size, np.nan),
        max_rate_per_h=np.full(size, np.nan),
        stuck_minutes=np.zeros(size, np.int64),
        max_step=np.full(size, np.nan),
    )
    found = minutes(asked, readings, corrected, marked)
    owner = asked.point_id[found.window]
    for point in spans:
        chosen = owner == point
        out.put(point, found.start_us[chosen] // _MINUTE_US, found.mean[chosen])
    return out
