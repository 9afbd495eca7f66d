"""Hourly means: valid minutes, flags, boundaries; and the columns against the same computed by hand."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.hourly import MARK_WORDS, MARKS, Windows, hours, mark_names
from domain.readings import Readings, dirty_hours
from tests.unit.domain import by_hand
from tests.unit.domain.by_hand import Hour, Reading
from tests.unit.domain.columns import START, at, columns, computed, rows, windows


def same(found: Hour, expected: Hour) -> None:
    given_, wanted = asdict(found), asdict(expected)
    for name in ("mean", "increment", "deviation"):  # sums in another order
        assert given_.pop(name) == pytest.approx(wanted.pop(name), abs=1e-9), (found, expected)
    assert given_ == wanted


def one(readings: list[Reading], **traits: float | None) -> Hour:
    (row,) = computed(readings, [START], **traits)
    return row


@pytest.mark.parametrize("valid", [44, 45, 60])
def test_hour_with_so_many_valid_minutes(valid: int) -> None:
    readings = [Reading(at(m), 10.0 + m, "N" if m < valid else "M") for m in range(60)]
    row = one(readings)
    assert (row.valid_minutes, row.reading_count, row.valid_count) == (valid, 60, valid)
    assert row.mean == pytest.approx(10 + (valid - 1) / 2)
    assert row.flag_counts == ({"N": 60} if valid == 60 else {"N": valid, "M": 60 - valid})


@pytest.mark.parametrize(("valid", "minutes"), [(8, 0), (9, 1), (12, 1)])
def test_a_minute_needs_three_quarters_of_its_readings(valid: int, minutes: int) -> None:
    readings = [Reading(at(s / 12), 5.0, "N" if s < valid else "D") for s in range(12)]
    row = one(readings, interval_s=5)
    assert row.valid_minutes == minutes
    assert row.mean == (5.0 if minutes else None)


def test_minutes_weigh_the_same_however_many_readings_they_have() -> None:
    dense = [Reading(at(s / 60), 0.0) for s in range(60)]
    assert one([*dense, Reading(at(1), 100.0)], interval_s=1).mean == pytest.approx(50.0)


def test_ten_minute_readings_stand_for_ten_minutes() -> None:
    row = one([Reading(at(m), 1.0) for m in (0, 10, 20, 30)], interval_s=600)
    assert (row.valid_minutes, row.mean) == (40, 1.0)


def test_slots_that_do_not_fill_whole_minutes_are_rounded_down() -> None:
    assert one([Reading(at(0), 1.0)], interval_s=90).valid_minutes == 1
    assert one([Reading(at(0), 1.0)], interval_s=86400).valid_minutes == 60


def test_an_instantaneous_reading_on_the_hour_opens_it() -> None:
    readings = [Reading(at(0), 1.0), Reading(at(60), 3.0)]
    first, second = computed(readings, [START, at(60)])
    assert (first.mean, first.reading_count) == (1.0, 1)
    assert (second.mean, second.reading_count) == (3.0, 1)


def test_a_counter_reading_on_the_hour_closes_it() -> None:
    readings = [Reading(at(0), 100.0), Reading(at(60), 103.0), Reading(at(61), 104.0)]
    first, second = computed(readings, [START, at(60)], rollover=1e6)
    assert (first.increment, first.reading_count, first.last_value) == (3.0, 1, 103.0)
    assert (second.increment, second.reading_count) == (1.0, 1)
    assert first.mean is None


def test_marks_and_extremes_come_from_the_right_readings() -> None:
    readings = [
        Reading(at(0), 5.0),
        Reading(at(1), 999.0, "T"),
        Reading(at(2), -7.0, qc=3),
        Reading(at(3), 6.0, corrected=True),
    ]
    row = one(readings)
    assert row.marks == ["corrected", "over_range", "suspect"]
    assert (row.minimum, row.maximum, row.first_value, row.last_value) == (5.0, 6.0, 5.0, 6.0)


def test_an_hour_without_readings_is_unknown_never_zero() -> None:
    same(one([]), Hour())
    same(one([Reading(at(-30), 5.0)], rollover=1e6), Hour())


def test_a_gap_bridges_the_whole_increment_to_the_hour_of_the_later_reading() -> None:
    readings = [Reading(at(-125), 10.0), Reading(at(30), 60.0)]
    hours_ = computed(readings, [at(-120), at(-60), START], rollover=1e6)
    assert [row.increment for row in hours_] == [None, None, 50.0]
    assert hours_[2].marks == ["gap"]
    assert hours_[2].gap_from == at(-125)


def test_an_earlier_reading_exactly_an_hour_before_is_no_gap() -> None:
    assert one([Reading(at(-60), 1.0), Reading(at(1), 2.0)], rollover=1e6).marks == []
    just_more = at(-60) - timedelta(microseconds=1)
    assert one([Reading(just_more, 1.0), Reading(at(1), 2.0)], rollover=1e6).marks == ["gap"]


@pytest.mark.parametrize(("minutes", "marks"), [(29, []), (30, ["stuck"]), (60, ["stuck"])])
def test_values_that_stand_still_for_so_many_minutes(minutes: int, marks: list[str]) -> None:
    readings = [Reading(at(m), 7.0 if m < minutes else 10.0 + m) for m in range(60)]
    row = one(readings, stuck_minutes=30)
    assert row.marks == marks
    assert (row.valid_minutes, row.valid_count) == (60, 60)
    assert one(readings).marks == []


def test_a_value_alone_is_not_stuck_however_long_its_interval() -> None:
    assert one([Reading(at(0), 7.0)], interval_s=3600, stuck_minutes=60).marks == []
    assert one([Reading(at(0), 7.0), Reading(at(30), 7.0)], interval_s=1800, stuck_minutes=60).marks == ["stuck"]


def test_what_is_not_valid_does_not_interrupt_a_standstill_but_another_value_does() -> None:
    still = [Reading(at(m), 7.0) for m in range(60)]
    calibrated = [replace(r, flag="C", value=0.0) if 20 <= r.at.minute < 25 else r for r in still]
    assert one(calibrated, stuck_minutes=60).marks == ["stuck"]
    assert one([replace(still[0], flag="M"), *still[1:]], stuck_minutes=60).marks == []
    moved = [replace(r, value=7.1) if r.at.minute == 30 else r for r in still]
    assert one(moved, stuck_minutes=31).marks == []
    assert one(moved, stuck_minutes=30).marks == ["stuck"]


def test_a_standstill_over_two_hours_is_seen_in_each_by_its_part_there() -> None:
    readings = [Reading(at(m), 7.0 if 40 <= m < 85 else float(m)) for m in range(120)]
    for minutes, marks in ((20, [["stuck"], ["stuck"]]), (21, [[], ["stuck"]]), (26, [[], []])):
        found = computed(readings, [START, at(60)], stuck_minutes=minutes)
        assert [row.marks for row in found] == marks


@pytest.mark.parametrize(
    ("first", "second", "marks"),
    [
        (10.0, 15.0, []),
        (10.0, 15.1, ["step"]),
        (15.1, 10.0, ["step"]),
        (0.6, 5.6, []),
        (1.8, -3.2, []),
        (1e17, 0, ["step"]),
    ],
)
def test_a_change_of_the_greatest_step_is_not_beyond_it(first: float, second: float, marks: list[str]) -> None:
    assert one([Reading(at(0), first), Reading(at(1), second)], max_step=5.0).marks == marks


def test_decimals_that_a_double_holds_only_nearly_are_equal_to_the_step() -> None:
    assert 0.8 - 0.6 > 0.2  # the trap
    assert one([Reading(at(0), 0.6), Reading(at(1), 0.8)], max_step=0.2).marks == []
    assert one([Reading(at(0), 0.6), Reading(at(1), 0.800001)], max_step=0.2).marks == ["step"]


@pytest.mark.parametrize(("apart", "marks"), [(2, ["step"]), (2.001, [])])
def test_a_step_needs_neighbours_at_most_two_intervals_apart(apart: float, marks: list[str]) -> None:
    assert one([Reading(at(0), 1.0), Reading(at(apart), 9.0)], max_step=5.0).marks == marks


def test_a_step_is_between_valid_readings_of_one_hour() -> None:
    dip = [Reading(at(0), 9.0), Reading(at(1), 0.0, "C"), Reading(at(2), 9.0)]
    assert one(dip, max_step=5.0).marks == []
    across = [Reading(at(59), 1.0), Reading(at(60), 9.0)]
    assert [row.marks for row in computed(across, [START, at(60)], max_step=5.0)] == [[], []]


def test_a_counter_neither_stands_still_nor_leaps() -> None:
    readings = [Reading(at(m), 100.0 if m < 40 else 900.0) for m in range(1, 61)]
    assert one(readings, rollover=1e6, stuck_minutes=5, max_step=1.0).marks == []


def test_every_mark_has_its_bit_and_its_word() -> None:
    assert mark_names((1 << len(MARKS)) - 1) == list(MARKS) == by_hand.ORDER == list(MARK_WORDS)
    assert np.uint16((1 << len(MARKS)) - 1) > 0


readings_of_a_point = st.lists(
    st.builds(
        Reading,
        # a grid, so that exact hours and minutes are met; a microsecond aside, so that boundaries are tried
        st.builds(
            lambda steps, aside: at(steps / 4) + timedelta(microseconds=aside),
            st.integers(-700, 700),
            st.sampled_from([0, 0, 1, -1]),
        ),
        st.integers(-2, 6).map(float) | st.integers(0, 1000).map(float),
        st.sampled_from("NNNNNMTD"),
        st.sampled_from([1, 1, 1, 3]),
        st.booleans(),
        st.sampled_from([0, 0, 0, 5, 3]),
        st.booleans(),
    ),
    max_size=60,
    unique_by=lambda reading: reading.at,
)
four_hours = [at(60 * h) for h in range(-2, 2)]


@settings(deadline=None)
@given(readings_of_a_point, st.sampled_from([1, 60, 90, 600, 3600]))
def test_means_equal_those_computed_by_hand(readings: list[Reading], interval_s: int) -> None:
    ordered = sorted(readings, key=lambda r: r.at)
    for start, row in zip(four_hours, computed(readings, four_hours, interval_s=interval_s), strict=True):
        same(row, by_hand.hour(ordered, start, interval_s=interval_s))


still_readings = st.lists(
    st.builds(
        Reading,
        st.builds(
            lambda steps, aside: at(steps) + timedelta(microseconds=aside),
            st.integers(-60, 120),
            st.sampled_from([0, 0, 0, 1, -1]),
        ),
        st.sampled_from([0.1, 0.1, 0.1, 0.3, 0.30000001, -0.1]),
        st.sampled_from("NNNNNNM"),
        st.sampled_from([1, 1, 1, 1, 3]),
    ),
    max_size=80,
    unique_by=lambda reading: reading.at,
)


@settings(deadline=None)
@given(
    still_readings,
    st.sampled_from([60, 300, 1800]),
    st.sampled_from([0, 2, 5, 10, 60]),
    st.sampled_from([None, 0.2, 0.4, 0.05]),
)
def test_marks_of_behaviour_equal_those_found_by_hand(
    readings: list[Reading], interval_s: int, stuck_minutes: int, max_step: float | None
) -> None:
    ordered = sorted(readings, key=lambda r: r.at)
    traits = {"interval_s": interval_s, "stuck_minutes": stuck_minutes, "max_step": max_step}
    for start, row in zip(four_hours, computed(readings, four_hours, **traits), strict=True):
        expected = by_hand.hour(ordered, start, **traits)  # type: ignore[arg-type]
        same(row, expected)
        # they only mark
        same(replace(row, marks=[]), replace(by_hand.hour(ordered, start, interval_s=interval_s), marks=[]))


@settings(deadline=None)
@given(readings_of_a_point, st.sampled_from([None, 60.0, 2000.0]))
def test_increments_equal_those_computed_by_hand(readings: list[Reading], max_rate: float | None) -> None:
    ordered = sorted(readings, key=lambda r: r.at)
    found = computed(readings, four_hours, rollover=1000.0, max_rate=max_rate)
    for start, row in zip(four_hours, found, strict=True):
        same(row, by_hand.hour(ordered, start, rollover=1000.0, max_rate=max_rate))


@settings(deadline=None)
@given(readings_of_a_point, readings_of_a_point)
def test_points_computed_together_do_not_touch_each_other(first: list[Reading], second: list[Reading]) -> None:
    (a, ca), (b, cb) = columns(first, 1), columns(second, 7)
    wa, wb = windows(four_hours, point_id=1), windows(four_hours, point_id=7, rollover=1000.0)
    both = Readings(*(np.r_[getattr(a, n), getattr(b, n)] for n in Readings.__slots__))
    wide = Windows(*(np.r_[getattr(wa, n), getattr(wb, n)] for n in Windows.__slots__))
    together = rows(hours(wide, both, np.r_[ca, cb]))
    assert together == rows(hours(wa, a, ca)) + rows(hours(wb, b, cb))


@settings(deadline=None)
@given(readings_of_a_point)
def test_the_hours_made_dirty_are_those_that_own_a_reading(readings: list[Reading]) -> None:
    found, _ = columns(readings)
    for is_counter in (False, True):
        _, hour_us = dirty_hours(found, np.full(len(found), is_counter))
        starts = [START + timedelta(hours=h) for h in range(-4, 4)]
        traits = {"rollover": 1e9} if is_counter else {}
        owning = [s for s in starts if by_hand.hour(readings, s, **traits).reading_count]
        (_, expected) = dirty_hours(
            columns([replace(readings[0], at=s + timedelta(minutes=30)) for s in owning] if readings else [])[0],
            np.zeros(len(owning), np.bool_),
        )
        assert hour_us.tolist() == expected.tolist()
