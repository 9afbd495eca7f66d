"""Increments of cumulative meters: rollover, reset, jump and spike told apart; volume is conserved."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.counters import Step, increments
from domain.hourly import hours
from tests.unit.domain.by_hand import Reading, step
from tests.unit.domain.columns import START, at, columns, computed, rows, windows

R = 1000.0


def steps(values: list[float], max_rate: float | None, minutes: float = 60) -> list[tuple[float | None, Step]]:
    size = len(values)
    found = increments(
        np.ones(size, np.int64),
        np.arange(size, dtype=np.int64) * int(minutes * 60_000_000),
        np.array(values, np.float64),
        np.full(size, R),
        np.full(size, np.nan if max_rate is None else max_rate),
    )
    return [
        (None if np.isnan(value) else float(value), Step(kind))
        for value, kind in zip(found.value, found.step, strict=True)
    ]


@pytest.mark.parametrize(
    ("values", "max_rate", "expected"),
    [
        pytest.param([5.0], None, [(None, Step.FIRST)], id="nothing before it"),
        pytest.param([5.0, 5.0], 10.0, [(None, Step.FIRST), (0.0, Step.PLAIN)], id="standing still is a known zero"),
        pytest.param([900.0, 100.0], None, [(None, Step.FIRST), (200.0, Step.ROLLOVER)], id="rollover, edges included"),
        pytest.param([899.9, 100.0], None, [(None, Step.FIRST), (None, Step.RESET)], id="was not full"),
        pytest.param([900.0, 100.1], None, [(None, Step.FIRST), (None, Step.RESET)], id="is not empty"),
        pytest.param(
            [950.0, 50.0], 80.0, [(None, Step.FIRST), (None, Step.RESET)], id="rollover the meter cannot pass"
        ),
        pytest.param([0.0, 12.0], 10.0, [(None, Step.FIRST), (12.0, Step.PLAIN)], id="a fifth above the rate"),
        pytest.param([0.0, 12.1], 10.0, [(None, Step.FIRST), (None, Step.JUMP)], id="more than a fifth above"),
        pytest.param(
            [10.0, 500.0, 22.0, 25.0],
            10.0,
            [(None, Step.FIRST), (None, Step.JUMP), (12.0, Step.SPIKE), (3.0, Step.PLAIN)],
            id="a spike is passed over",
        ),
        pytest.param(
            [10.0, 1e9, 22.0, 25.0],
            None,
            [(None, Step.FIRST), (None, Step.JUMP), (12.0, Step.SPIKE), (3.0, Step.PLAIN)],
            id="a value that the register cannot show is passed over, though the rate is unknown",
        ),
        pytest.param(
            [990.0, 1000.0, 1000.0, 1005.0, 7.0],
            None,
            [(None, Step.FIRST), *[(None, Step.JUMP)] * 3, (None, Step.RESET)],
            id="a register of too few digits: nothing is counted",
        ),
        pytest.param(
            [10.0, -5.0, 20.0, 21.0],
            None,
            [(None, Step.FIRST), (None, Step.RESET), (None, Step.JUMP), (1.0, Step.PLAIN)],
            id="below zero: neither the fall nor the rise from it is volume",
        ),
        pytest.param(
            [10.0, 500.0, 505.0],
            10.0,
            [(None, Step.FIRST), (None, Step.JUMP), (5.0, Step.PLAIN)],
            id="a jump that stays is the new level",
        ),
        pytest.param(
            [10.0, 500.0, 5.0],
            10.0,
            [(None, Step.FIRST), (None, Step.JUMP), (None, Step.RESET)],
            id="below what was before the jump",
        ),
        pytest.param(
            [500.0, 3.0, 6.0],
            10.0,
            [(None, Step.FIRST), (None, Step.RESET), (3.0, Step.PLAIN)],
            id="a replaced meter counts on from its first value",
        ),
        pytest.param(
            [10.0, 500.0, 22.0],
            None,
            [(None, Step.FIRST), (490.0, Step.PLAIN), (None, Step.RESET)],
            id="no rate, no jump",
        ),
    ],
)
def test_steps(values: list[float], max_rate: float | None, expected: list[tuple[float | None, Step]]) -> None:
    assert steps(values, max_rate) == [(pytest.approx(value), kind) for value, kind in expected]


def test_a_spike_counts_from_the_reading_before_it() -> None:
    readings = [Reading(at(-90), 10.0), Reading(at(-30), 500.0), Reading(at(30), 22.0)]
    before, hour = computed(readings, [at(-60), START], rollover=R, max_rate=10.0)
    assert (before.increment, before.marks) == (None, ["jump"])
    assert (hour.increment, hour.marks, hour.gap_from) == (12.0, ["spike", "gap"], at(-90))


def test_meters_do_not_see_each_other() -> None:
    found = increments(
        np.array([1, 1, 2, 2, 3]),
        np.array([0, 60, 0, 60, 0]) * 60_000_000,
        np.array([1.0, 3.0, 2.0, 9.0, 4.0]),
        np.full(5, R),
        np.full(5, np.nan),
    )
    assert found.step.tolist() == [Step.FIRST, Step.PLAIN, Step.FIRST, Step.PLAIN, Step.FIRST]
    assert found.value[[1, 3]].tolist() == [2.0, 7.0]


volumes = st.lists(st.integers(0, 100), min_size=1, max_size=80)
gaps_min = st.integers(1, 200)


@settings(deadline=None)
@given(st.integers(0, 999), volumes, st.lists(gaps_min, min_size=80, max_size=80))
def test_any_number_of_rollovers_conserves_volume(start: int, passed: list[int], gaps: list[int]) -> None:
    total, now, readings = start, 0, [Reading(at(0), float(start))]
    for volume, gap in zip(passed, gaps, strict=False):
        total, now = total + volume, now + gap
        readings.append(Reading(at(now), float(total % 1000)))
    starts = [at(60 * h) for h in range(-1, now // 60 + 2)]
    found = computed(readings, starts, rollover=R)
    assert sum(row.increment or 0.0 for row in found) == sum(passed)
    assert not any(mark in row.marks for row in found for mark in ("reset", "jump", "spike"))


any_series = st.lists(
    st.tuples(st.integers(1, 90), st.integers(0, 999), st.sampled_from("NNNNNND")), min_size=1, max_size=40
)


def series(parts: list[tuple[int, int, str]]) -> list[Reading]:
    now, readings = 0, []
    for gap, value, flag in parts:
        now += gap
        readings.append(Reading(at(now), float(value), flag))
    return readings


@settings(deadline=None)
@given(any_series, st.sampled_from([None, 50.0, 400.0]))
def test_each_step_is_that_of_the_rule_by_hand(parts: list[tuple[int, int, str]], max_rate: float | None) -> None:
    valid = [r for r in series(parts) if r.valid]
    found, _ = columns(valid)
    got = increments(
        found.point_id,
        found.measured_us,
        found.value,
        np.full(len(valid), R),
        np.full(len(valid), np.nan if max_rate is None else max_rate),
    )
    for index in range(len(valid)):
        increment, _, mark = step(valid[: index + 1], R, max_rate)
        assert got.value[index] == (
            pytest.approx(increment) if increment is not None else pytest.approx(np.nan, nan_ok=True)
        )
        assert (mark or "plain") == (
            "plain" if got.step[index] in (Step.PLAIN, Step.FIRST) else Step(got.step[index]).name.lower()
        )


@settings(deadline=None)
@given(any_series, st.sampled_from([None, 50.0, 400.0]))
def test_windows_give_the_same_hours_as_one_pass(parts: list[tuple[int, int, str]], max_rate: float | None) -> None:
    readings = series(parts)
    starts = [at(60 * h) for h in range(int((readings[-1].at - START) / timedelta(hours=1)) + 1)]
    whole = computed(readings, starts, rollover=R, max_rate=max_rate)
    for start, row in zip(starts, whole, strict=True):
        valid_before = [r for r in readings if r.valid and r.at <= start][-2:]
        inside = [r for r in readings if start < r.at <= start + timedelta(hours=1)]
        (alone,) = rows(hours(windows([start], rollover=R, max_rate=max_rate), *columns([*valid_before, *inside])))
        assert alone == row


@settings(deadline=None)
@given(any_series, any_series, st.sampled_from([None, 400.0]))
def test_a_late_reading_changes_only_its_own_hour_and_those_of_the_next_two(
    parts: list[tuple[int, int, str]], late: list[tuple[int, int, str]], max_rate: float | None
) -> None:
    readings = series(parts)
    extra = Reading(series(late)[-1].at + timedelta(seconds=1), float(late[-1][1]), late[-1][2])
    starts = [at(60 * h) for h in range(62)]
    before = computed(readings, starts, rollover=R, max_rate=max_rate)
    after = computed([*readings, extra], starts, rollover=R, max_rate=max_rate)
    next_two = sorted(r.at for r in readings if r.valid and r.at > extra.at)[:2]
    allowed = {(t - START - timedelta(microseconds=1)) // timedelta(hours=1) for t in (extra.at, *next_two)}
    changed = {index for index, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]}
    assert changed <= allowed
