"""Compact notation for series in rule tests, after promtool: ``36*44 _*16`` is 44 times 36 and 16 missing.

A value may carry the source flag of its readings, as in ``5D*3``. Counts are exact: promtool's own ``36x44`` would mean
44 further samples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from domain.hourly import Hours, Windows, hours
from domain.quality import QcFlag, SourceFlag
from domain.readings import HOUR_US, Readings, to_us
from storage.windows import HourRow

_TOKEN = re.compile(r"(?P<value>_|-?\d+(?:\.\d+)?)(?P<flag>[A-Z])?(?:\*(?P<count>\d+))?")


@dataclass(frozen=True, slots=True)
class Sample:
    """One value with its source flag."""

    value: float
    flag: SourceFlag


def parse_series(text: str) -> list[Sample | None]:
    """Samples in order, None where one is missing. Raises ValueError naming the token that cannot be read."""
    return [sample for token in text.split() for sample in _samples(token)]


def _samples(token: str) -> Iterator[Sample | None]:
    match = _TOKEN.fullmatch(token)
    flags = {flag.value for flag in SourceFlag}
    if match is None or (match["flag"] is not None and (match["flag"] not in flags or match["value"] == "_")):
        raise ValueError(f"series token {token!r}: expected a value as 36, 36*44, 5D*3 or _*16")
    sample = None if match["value"] == "_" else Sample(float(match["value"]), SourceFlag(match["flag"] or "N"))
    for _ in range(int(match["count"] or 1)):
        yield sample


def readings_of(series: Mapping[int, Sequence[Sample | None]], start: datetime, interval_s: int) -> Readings:
    """Readings of series by point id, one sample every interval_s from `start` on, in order of point and time."""
    step_us, start_us = interval_s * 1_000_000, to_us(start)
    columns = [
        (point, start_us + position * step_us, sample.value, ord(sample.flag))
        for point in sorted(series)
        for position, sample in enumerate(series[point])
        if sample is not None
    ]
    return Readings(
        point_id=np.array([c[0] for c in columns], np.int64),
        measured_us=np.array([c[1] for c in columns], np.int64),
        value=np.array([c[2] for c in columns], np.float64),
        source_flag=np.array([c[3] for c in columns], np.int8),
        qc_flag=np.full(len(columns), int(QcFlag.GOOD), np.int16),
        received_us=np.array([c[1] for c in columns], np.int64),
    )


def computed_hours(
    series: Mapping[int, Sequence[Sample | None]], start: datetime, interval_s: int
) -> tuple[list[tuple[int, int]], Hours]:
    """(point, hour number) and rows of every hour that the series reach into, through the real hourly computation.

    series: by point id, one sample every interval_s from `start` on, which must be a whole hour.
    """
    step_us, start_us = interval_s * 1_000_000, to_us(start)
    last_us = max((start_us + (len(samples) - 1) * step_us for samples in series.values()), default=start_us)
    hour_us = range(start_us, last_us + 1, HOUR_US)
    pairs = [(point, hour) for point in sorted(series) for hour in hour_us]
    size = len(pairs)
    windows = Windows(
        point_id=np.array([point for point, _ in pairs], np.int64),
        hour_us=np.array([hour for _, hour in pairs], np.int64),
        is_counter=np.zeros(size, bool),
        interval_s=np.full(size, interval_s, np.int64),
        rollover=np.full(size, np.nan),
        max_rate_per_h=np.full(size, np.nan),
        stuck_minutes=np.zeros(size, np.int64),
        max_step=np.full(size, np.nan),
    )
    readings = readings_of(series, start, interval_s)
    found = hours(windows, readings, np.zeros(len(readings), bool))
    return [(point, at // HOUR_US) for point, at in pairs], found


def hourly_rows(series: Mapping[int, Sequence[Sample | None]], start: datetime, interval_s: int) -> list[HourRow]:
    """Hourly rows of series that have readings; see `computed_hours`."""
    pairs, found = computed_hours(series, start, interval_s)
    return [
        HourRow(
            point,
            hour,
            None if np.isnan(found.mean[row]) else float(found.mean[row]),
            int(found.valid_minutes[row]),
            int(found.reading_count[row]),
            None if np.isnan(found.maximum[row]) else float(found.maximum[row]),
            0,
            {flag.value: n for flag, n in zip(SourceFlag, found.flag_counts[row].tolist(), strict=True) if n},
            [],
        )
        for row, (point, hour) in enumerate(pairs)
        if found.reading_count[row] > 0
    ]


def whole_hours(point: int, samples: list[Sample | None], start: datetime) -> list[HourRow]:
    """Hourly rows of a series with one sample an hour: each stands for an hour with 60 readings of that value."""
    expanded = [sample for sample in samples for _ in range(60)]
    return hourly_rows({point: expanded}, start, 60)
