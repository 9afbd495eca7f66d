"""From hourly rows, marks and limits to the windows of the evaluators of hours and days. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from domain.exclusion import KINDS, minutes_by_kind, with_running
from domain.limits import Limit
from domain.marks import Mark
from domain.periods import hour_number, numbered_hour
from rules.evaluators.hours import NOTHING, HourlyWindow, Measured
from rules.families.outlets import Channel, ServiceSpan
from storage.windows import HourRow

#: One hour to judge, by the limit that holds in it.
Row = tuple[Channel, int, Limit]

_MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Fetched:
    """What the store has of some hours: hourly rows by (point, hour), process marks by (outlet, hour)."""

    hourly: dict[tuple[int, int], HourRow] = field(default_factory=dict)
    marks: dict[tuple[str, int], list[Mark]] = field(default_factory=dict)

    @classmethod
    def of(cls, hourly: Iterable[HourRow], marks: Iterable[Mark], first: int, stop: int) -> Fetched:
        """From rows; marks are spread over the hours [first, stop) that they overlap."""
        found = cls({(row.point_id, row.hour): row for row in hourly})
        for mark in marks:
            last = hour_number(mark.end - timedelta(microseconds=1))
            for hour in range(max(first, hour_number(mark.start)), min(stop - 1, last) + 1):
                found.marks.setdefault((mark.outlet, hour), []).append(mark)
        return found


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive hours [first, stop) of a pollutant at an outlet."""

    channel: Channel
    first: int
    stop: int

    @property
    def start_at(self) -> datetime:
        """Start of its first hour."""
        return numbered_hour(self.first).start

    @property
    def stop_at(self) -> datetime:
        """End of its last hour."""
        return numbered_hour(self.stop).start

    def rows(self) -> Iterable[Row]:
        """Its hours in service in which a limit holds."""
        first, stop = max(self.first, self.channel.first), self.channel.stop(self.stop)
        for hour in range(first, stop):
            limit = self.channel.limit_at(hour)
            if limit is not None:
                yield self.channel, hour, limit


def window_of(rows: Sequence[Row], fetched: Fetched) -> HourlyWindow:
    """The evaluators' window. Of several points of a quantity the one in service with most valid minutes counts."""
    running = [best(channel.running_points, hour, fetched.hourly) for channel, hour, _ in rows]
    minutes = minutes_by_kind(len(rows))
    marks = [fetched.marks.get((channel.outlet.key, hour), []) for channel, hour, _ in rows]
    for number, (_, hour, _) in enumerate(rows):
        for mark in marks[number]:
            minutes[number, KINDS.index(mark.kind)] += covered_minutes(mark, hour)
    signal = np.array([one.mean if one.reading_count > 0 else np.nan for one in running], np.float64)
    told = np.array([one.valid_minutes for one in running], np.int64)
    return HourlyWindow(
        subjects=[channel.subject for channel, _, _ in rows],
        periods=[numbered_hour(hour) for _, hour, _ in rows],
        limits=[limit for _, _, limit in rows],
        pollutant=[best(channel.points, hour, fetched.hourly) for channel, hour, _ in rows],
        oxygen=[best(channel.o2_points, hour, fetched.hourly) for channel, hour, _ in rows],
        running=running,
        processes=[channel.outlet.process for channel, _, _ in rows],
        makeup_air=[channel.outlet.makeup_air for channel, _, _ in rows],
        process_minutes=with_running(minutes, signal, told),
        process_marks=[[mark.mark_id for mark in found] for found in marks],
    )


def covered_minutes(mark: Mark, hour: int) -> float:
    """Minutes of an hour that a mark covers."""
    period = numbered_hour(hour)
    return max(0.0, (min(mark.end, period.end) - max(mark.start, period.start)) / _MINUTE)


def best(spans: Sequence[ServiceSpan], hour: int, hourly: Mapping[tuple[int, int], HourRow]) -> Measured:
    """What the point measured that speaks for an hour: of those in service the one with most valid minutes."""
    found = NOTHING
    for span in spans:
        if not span.covers(hour):
            continue
        row = hourly.get((span.point_id, hour))
        one = Measured(span.code, span.unit, span.basis) if row is None else _measured(span, row)
        rank = (one.valid_minutes, one.reading_count)
        if found.point is None or rank > (found.valid_minutes, found.reading_count):
            found = one
    return found


def _measured(span: ServiceSpan, row: HourRow) -> Measured:
    return Measured(
        span.code,
        span.unit,
        span.basis,
        np.nan if row.mean is None else float(row.mean),
        row.valid_minutes,
        row.reading_count,
        np.nan if row.maximum is None else float(row.maximum),
        row.marked_minutes,
        row.flag_counts,
        row.mark_ids,
    )
