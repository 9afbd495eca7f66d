"""Standstills over hours: what hourly rows give, joined, against the readings themselves in one piece."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.hourly import hours
from domain.readings import HOUR_US, to_us
from domain.runs import FlatHours, Run, Runs, join_runs
from tests.unit.domain.by_hand import Reading
from tests.unit.domain.columns import START, at, columns, marks, windows

FIRST = to_us(START) // HOUR_US


def flat_hours(readings: list[Reading], count: int, *, interval_s: int = 60, point_id: int = 1) -> FlatHours:
    """What the store has of some hours: rows with readings."""
    wide = windows([at(60 * n) for n in range(count)], interval_s=interval_s, point_id=point_id)
    found = hours(wide, *columns(readings, point_id), marks(readings))
    there = found.reading_count > 0
    wide, found = wide.take(there), found.take(there)
    return FlatHours(
        wide.point_id,
        wide.hour_us // HOUR_US,
        found.first_value,
        found.last_value,
        found.minimum,
        found.maximum,
        found.flat_head_s,
        found.flat_tail_s,
        found.flat_longest_s,
    )


def by_hand(readings: list[Reading], interval_s: int) -> list[tuple[int, int, int]]:
    """(first hour, last hour, seconds) of every standstill of the valid readings, looked at in one piece."""
    valid = sorted((r for r in readings if r.valid), key=lambda r: r.at)
    hour = [to_us(r.at) // HOUR_US for r in valid]
    interval = timedelta(seconds=interval_s)
    stands = [
        min(interval, later.at - r.at) if h == next_hour else interval
        for (r, later), (h, next_hour) in zip(pairwise(valid), pairwise(hour), strict=True)
    ] + [interval] * bool(valid)
    runs: list[tuple[int, int, int]] = []
    for index, reading in enumerate(valid):
        seconds = stands[index] // timedelta(seconds=1)
        if index and reading.value == valid[index - 1].value and hour[index] - hour[index - 1] <= 1:
            first, _, so_far = runs.pop()
            runs.append((first, hour[index], so_far + seconds))
        else:
            runs.append((hour[index], hour[index], seconds))
    return runs


few_values = st.lists(
    st.builds(
        Reading,
        st.integers(0, 5 * 240 - 1).map(lambda steps: at(steps / 4)),
        st.sampled_from([1.0, 1.0, 1.0, 2.0, -0.5]),
        st.sampled_from("NNNNNNC"),
        mark=st.sampled_from([0, 0, 0, 0, 9]),
    ),
    max_size=80,
    unique_by=lambda reading: reading.at,
)


@settings(deadline=None)
@given(few_values, st.sampled_from([15, 60, 600, 3600]))
def test_the_longest_run_over_hours_is_the_longest_of_the_readings(readings: list[Reading], interval_s: int) -> None:
    joined = join_runs(flat_hours(readings, 5, interval_s=interval_s))
    expected = by_hand(readings, interval_s)
    longest = joined.longest()
    assert (0 if longest is None else longest.seconds) == max((run[2] for run in expected), default=0)
    # every run that crosses the hour is there whole, and nothing else is
    crossing = [run for run in expected if run[1] > run[0]]
    assert [(r.first_hour, r.last_hour, r.seconds) for r in joined if r.last_hour > r.first_hour] == crossing
    assert {(r.first_hour, r.last_hour, r.seconds) for r in joined} <= set(expected)


@settings(deadline=None)
@given(few_values, few_values)
def test_runs_of_points_do_not_touch(first: list[Reading], second: list[Reading]) -> None:
    a, b = flat_hours(first, 5), flat_hours(second, 5, point_id=2)
    both = FlatHours(*(np.r_[getattr(a, name), getattr(b, name)] for name in FlatHours.__slots__))
    assert same(join_runs(both), [*join_runs(a), *join_runs(b)])


def same(runs: Runs, expected: list[Run]) -> bool:
    return repr(list(runs)) == repr(expected)  # NaN is not equal to itself


def minutely(first: int, stop: int, value: float | None = None, **changes: object) -> list[Reading]:
    return [Reading(at(m), float(m) if value is None else value, **changes) for m in range(first, stop)]  # type: ignore[arg-type]


def test_a_standstill_through_whole_hours_is_one_run() -> None:
    readings = [*minutely(0, 50), *minutely(50, 250, 7.0), *minutely(250, 300)]
    longest = join_runs(flat_hours(readings, 5)).longest()
    assert longest == Run(1, FIRST, FIRST + 4, 200 * 60, 7.0)


@pytest.mark.parametrize(("gap", "seconds"), [((100, 140), 260 * 60), ((60, 119), 241 * 60), ((60, 120), 180 * 60)])
def test_what_is_missing_does_not_count_and_an_hour_without_a_valid_reading_ends(
    gap: tuple[int, int], seconds: int
) -> None:
    readings = [*minutely(0, gap[0], 7.0), *minutely(*gap, 7.0, flag="C"), *minutely(gap[1], 300, 7.0)]
    longest = join_runs(flat_hours(readings, 5)).longest()
    assert longest is not None
    assert longest.seconds == seconds


def test_a_run_inside_an_hour_is_found_without_its_value() -> None:
    readings = [*minutely(0, 20), *minutely(20, 45, 7.0), *minutely(45, 60)]
    longest = join_runs(flat_hours(readings, 1)).longest()
    assert longest is not None
    assert (longest.first_hour, longest.seconds, np.isnan(longest.value)) == (FIRST, 25 * 60, True)


def test_no_hours_have_no_runs() -> None:
    empty = flat_hours([], 3)
    assert len(empty) == 0
    assert list(join_runs(empty)) == []
    assert join_runs(empty).longest() is None
    assert list(join_runs(flat_hours(minutely(0, 60, 7.0, flag="D"), 1))) == []
