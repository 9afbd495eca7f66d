"""Marks on minutes, what an hour says of its values, and hours opened down to their minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.hourly import NO_DIGEST, Hours, Windows, hours
from domain.pointhours import Spans, marked_by
from domain.readings import FLAG_CODES, Readings, to_us
from domain.slots import Minutes, minutes
from tests.unit.domain.by_hand import Hour, Reading
from tests.unit.domain.columns import START, at, columns, computed, marks, windows


def minutely(count: int = 60, start: int = 0, **changes: object) -> list[Reading]:
    return [replace(Reading(at(start + m), 10.0 + m / 4), **changes) for m in range(count)]  # type: ignore[arg-type]


def one(readings: list[Reading], **traits: float | None) -> Hour:
    (row,) = computed(readings, [START], **traits)
    return row


def whole(readings: list[Reading], **traits: object) -> Hours:
    return hours(windows([START], **traits), *columns(readings), marks(readings))  # type: ignore[arg-type]


def digest(readings: list[Reading], **traits: object) -> int:
    return int(whole(readings, **traits).digest[0])


def identical(a: Hours, b: Hours) -> bool:
    """To the last bit."""
    return all(
        list(getattr(a, name)) == list(getattr(b, name))
        if name == "mark_ids"
        else np.array_equal(getattr(a, name), getattr(b, name), equal_nan=getattr(a, name).dtype == np.float64)
        for name in Hours.__slots__
    )


# --- marks


@pytest.mark.parametrize("valid", [44, 45])
def test_a_mark_cuts_an_hour_to_so_many_valid_minutes(valid: int) -> None:
    readings = [replace(r, mark=7 if r.at >= at(valid) else 0) for r in minutely()]
    row = one(readings)
    assert (row.valid_minutes, row.marked_minutes, row.mark_ids, row.valid_count) == (valid, 60 - valid, [7], valid)
    assert (row.reading_count, row.flag_counts) == (60, {"N": 60})
    assert row.mean == pytest.approx(10 + (valid - 1) / 8)


def test_marks_are_named_in_order_even_where_they_took_nothing() -> None:
    readings = minutely()
    readings[3] = replace(readings[3], mark=9)
    readings[4] = replace(readings[4], mark=2)
    readings[5] = replace(readings[5], mark=5, flag="D")
    row = one(readings)
    assert (row.mark_ids, row.marked_minutes, row.valid_minutes) == ([2, 5, 9], 2, 57)


@pytest.mark.parametrize(("marked", "minutes_"), [(0, 1), (1, 0), (12, 0)])
def test_a_minute_of_which_anything_is_marked_is_not_valid(marked: int, minutes_: int) -> None:
    readings = [Reading(at(s / 12), 5.0, mark=3 if s < marked else 0) for s in range(12)]
    row = one(readings, interval_s=5)
    assert (row.valid_minutes, row.marked_minutes, row.valid_count) == (minutes_, 1 - minutes_, 12 - marked)


def test_a_minute_that_was_not_valid_is_not_lost_to_a_mark() -> None:
    readings = [Reading(at(s / 12), 5.0, "N" if s < 8 else "D", mark=3) for s in range(12)]
    row = one(readings, interval_s=5)
    assert (row.valid_minutes, row.marked_minutes, row.mark_ids) == (0, 0, [3])


@pytest.mark.parametrize("flag", ["D", "B"])
def test_a_zero_with_a_fault_is_never_valid(flag: str) -> None:
    row = one([Reading(at(m), 0.0, flag) for m in range(60)])
    assert (row.valid_minutes, row.mean, row.zero_minutes, row.minimum) == (0, None, 0, None)
    assert row.flag_counts == {flag: 60}


def test_spans_are_half_open_and_of_their_point() -> None:
    readings = [Reading(at(m), 1.0) for m in range(5)]
    (a, _), (b, _) = columns(readings, 1), columns(readings, 7)
    both = Readings(*(np.r_[getattr(a, n), getattr(b, n)] for n in Readings.__slots__))
    us = [to_us(at(m)) for m in range(5)]
    spans = Spans(
        *(np.array(column, np.int64) for column in ([7, 1, 3], [4, 5, 6], [us[0], us[1], us[0]], [us[2], us[4], us[4]]))
    )
    assert marked_by(both, spans).tolist() == [0, 5, 5, 5, 0, 4, 4, 0, 0, 0]


# --- what values do


def test_zeros_and_negatives_are_counted_in_valid_minutes() -> None:
    values = [0.0] * 3 + [-0.0] + [-0.1] * 5 + [4.0]
    readings = [Reading(at(10 * m), value) for m, value in enumerate(values[:6])]
    row = one(readings, interval_s=600)
    assert (row.zero_minutes, row.negative_minutes) == (40, 20)


def test_a_ceiling_and_late_readings_are_counted() -> None:
    readings = [Reading(at(m), min(m, 50.0), late=m % 2 == 0) for m in range(60)]
    row = one(readings)
    assert (row.maximum_count, row.late_count) == (10, 30)


def test_the_deviation_is_that_of_the_minutes() -> None:
    dense = [Reading(at(s / 2), float(s % 2)) for s in range(120)]
    assert one(dense, interval_s=30).deviation == 0.0
    row = one([Reading(at(0), 1.0), Reading(at(1), 3.0)])
    assert (row.mean, row.deviation) == (2.0, 1.0)
    assert one([Reading(at(0), 1.0)], rollover=100.0).deviation is None


def test_absurd_values_are_computed_without_complaint() -> None:
    row = one([Reading(at(m), 1e308) for m in range(60)])
    assert (row.mean, row.maximum, row.valid_minutes) == (float("inf"), 1e308, 60)


def test_equal_hours_have_equal_digests_and_others_do_not() -> None:
    readings = minutely()
    same_day_later = [replace(r, at=r.at + timedelta(days=1)) for r in readings]
    later = hours(windows([at(1440)]), *columns(same_day_later), None)
    found = digest(readings)
    assert found == int(later.digest[0]) != NO_DIGEST
    for place in (0, 31, 59):
        for value in (readings[place].value + 0.25, readings[place].value - 1e-9, -readings[place].value):
            changed = readings.copy()
            changed[place] = replace(readings[place], value=value)
            assert digest(changed) != found
    swapped = readings.copy()
    swapped[0], swapped[1] = replace(readings[0], value=10.25), replace(readings[1], value=10.0)
    assert digest(swapped) != found
    assert digest(readings[:-1]) != found


def test_digests_of_short_decimals_do_not_collide() -> None:
    """Values such as 12.5 end in many zero bits; a careless sum of products would lose them."""
    rng = np.random.default_rng(1)
    values = rng.integers(0, 4, (2_000, 60)) / 2 + 12.0
    wide = windows([at(60 * n) for n in range(len(values))])
    readings = [Reading(at(60 * n + m), value) for n, row in enumerate(values.tolist()) for m, value in enumerate(row)]
    found = hours(wide, *columns(readings), None)
    assert len(set(found.digest.tolist())) == len({tuple(row) for row in values.tolist()})
    # nor do neighbours that differ in one place
    one_off = np.repeat(values[:1], 180, axis=0)
    one_off[np.arange(180), np.arange(180) % 60] += np.repeat([0.5, 1.0, -4.0], 60)
    readings = [Reading(at(60 * n + m), value) for n, row in enumerate(one_off.tolist()) for m, value in enumerate(row)]
    assert len(set(hours(windows([at(60 * n) for n in range(180)]), *columns(readings), None).digest.tolist())) == 180


def test_a_zero_has_no_sign_in_a_digest() -> None:
    readings = minutely()
    assert digest([replace(readings[0], value=0.0), *readings[1:]]) == digest(
        [replace(readings[0], value=-0.0), *readings[1:]]
    )


def test_flat_short_and_counted_hours_have_no_digest() -> None:
    readings = minutely()
    assert digest(readings[:29]) == NO_DIGEST
    assert digest(readings[:30]) != NO_DIGEST
    assert digest([replace(r, value=0.1) for r in readings]) == NO_DIGEST
    assert digest([replace(r, value=0.1) for r in readings[:58]] + readings[58:]) != NO_DIGEST
    assert (
        digest([replace(r, value=0.1, flag="N" if r.at < at(50) else "D") for r in readings[:59]] + readings[59:])
        != NO_DIGEST
    )
    assert digest(readings, rollover=1e6) == NO_DIGEST


# --- one definition, however it is computed

any_readings = st.lists(
    st.builds(
        Reading,
        st.integers(-60 * 4, 120 * 4).map(lambda steps: at(steps / 4)),
        st.sampled_from([0.0, -0.0, 0.1, 0.3, -2.5, 1e300]) | st.floats(-100, 100),
        st.sampled_from("NNNNNNNMD"),
        st.sampled_from([1, 1, 1, 3]),
        st.booleans(),
        st.sampled_from([0, 0, 0, 5, 3]),
        st.booleans(),
    ),
    max_size=60,
    unique_by=lambda reading: reading.at,
)
three_hours = [at(60 * h) for h in range(-1, 2)]


@settings(deadline=None, max_examples=60)
@given(any_readings, any_readings, st.sampled_from([60, 600]), st.booleans())
def test_a_row_is_the_same_to_the_last_bit_whatever_is_computed_beside_it(
    some: list[Reading], others: list[Reading], interval_s: int, whole_minutes: bool
) -> None:
    """At most one reading a slot is computed another way than many; beside others, an hour may go either way."""
    if whole_minutes:
        some = list({r.at: r for r in (replace(r, at=r.at.replace(second=0)) for r in some)}.values())
    (a, ca), (b, cb), (ma, mb) = columns(some), columns(others, 2), (marks(some), marks(others))
    wa, wb = windows(three_hours, interval_s=interval_s), windows(three_hours, point_id=2)
    both = Readings(*(np.r_[getattr(a, n), getattr(b, n)] for n in Readings.__slots__))
    wide = Windows(*(np.r_[getattr(wa, n), getattr(wb, n)] for n in Windows.__slots__))
    beside = hours(wide, both, np.r_[ca, cb], np.r_[ma, mb])
    for n in range(len(wide)):
        alone = np.arange(len(wide)) == n
        assert identical(hours(wide.take(alone), both, np.r_[ca, cb], np.r_[ma, mb]), beside.take(alone))
    assert identical(hours(wa, a, ca, ma), beside.take(np.arange(6) < 3))


@settings(deadline=None, max_examples=40)
@given(any_readings)
def test_marks_that_are_taken_back_leave_the_row_as_it_was(readings: list[Reading]) -> None:
    wide, (found, corrected) = windows(three_hours), columns(readings)
    before = hours(wide, found, corrected)
    assert identical(hours(wide, found, corrected, np.zeros(len(found), np.int64)), before)
    marked = hours(wide, found, corrected, marks(readings))
    for name in ("reading_count", "flag_counts", "late_count"):
        assert np.array_equal(getattr(marked, name), getattr(before, name)), "a mark hides nothing"
    assert np.array_equal(marked.valid_minutes + marked.marked_minutes, before.valid_minutes)


def test_many_hours_are_cut_into_blocks_without_a_trace() -> None:
    """More readings than a block holds; an hour that is missing, one that is dense, and a point of nobody."""
    count = 3_000
    minute = np.arange(count * 60)
    minute = minute[(minute // 60 != 1_350) & (minute // 60 != 1_351)]
    quarter = 60 * 1_351 + np.arange(240) / 4
    at_minute = np.sort(np.r_[minute, quarter])
    at_us = to_us(START) + np.round(at_minute * 60_000_000).astype(np.int64)
    value = np.round(np.sin(at_minute) * 20, 1) + 5
    flag = np.where(np.arange(len(value)) % 97 == 0, ord("C"), ord("N")).astype(np.int8)
    point_id, good = np.ones(len(value), np.int64), np.ones(len(value), np.int16)
    point_id[-30:] = 2
    found = Readings(point_id, at_us, value, flag, good, at_us)
    starts, nowhere = [at(60 * n) for n in range(count)], np.zeros(len(value), np.bool_)
    together = hours(windows(starts), found, nowhere)
    for first, stop in ((0, 1), (1, 1_350), (1_350, 1_353), (1_353, count)):  # few windows are found another way
        part = hours(windows(starts[first:stop]), found, nowhere)
        assert identical(part, together.take((np.arange(count) >= first) & (np.arange(count) < stop)))
    assert together.reading_count[[1_349, 1_350, 1_351, count - 1]].tolist() == [60, 0, 240, 30]


# --- an hour opened


def opened(readings: list[Reading], **traits: object) -> Minutes:
    return minutes(windows([START], **traits), *columns(readings), marks(readings))  # type: ignore[arg-type]


def test_an_hour_opens_to_its_minutes() -> None:
    readings = [
        *(Reading(at(s / 12), 5.0 + s, "N" if s < 9 else "D") for s in range(12)),
        *(Reading(at(1 + s / 12), 5.0, "N" if s < 8 else "T") for s in range(12)),
        Reading(at(30), 7.0, corrected=True),
        Reading(at(31), 8.0, mark=4),
    ]
    found = opened(readings, interval_s=5)
    assert found.window.tolist() == [0] * 4
    assert found.slot.tolist() == [0, 1, 30, 31]
    assert found.start_us.tolist() == [to_us(at(m)) for m in (0, 1, 30, 31)]
    assert found.length_s.tolist() == [60] * 4
    assert [None if np.isnan(mean) else mean for mean in found.mean.tolist()] == [9.0, None, 7.0, None]
    assert found.is_valid.tolist() == [True, False, True, False]
    assert found.readings.tolist() == [12, 12, 1, 1]
    assert found.valid_readings.tolist() == [9, 8, 1, 0]
    assert found.corrected.tolist() == [0, 0, 1, 0]
    assert found.mark_id.tolist() == [0, 0, 0, 4]
    by_flag = {chr(code): column for column, code in enumerate(FLAG_CODES.tolist())}
    assert found.flag_counts[:, [by_flag["N"], by_flag["D"], by_flag["T"]]].tolist() == [
        [9, 3, 0], [8, 0, 4], [1, 0, 0], [1, 0, 0]
    ]  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(any_readings, st.sampled_from([15, 60, 600, 3600]))
def test_an_hour_is_what_its_minutes_make(readings: list[Reading], interval_s: int) -> None:
    wide = windows(three_hours, interval_s=interval_s)
    found = hours(wide, *columns(readings), marks(readings))
    inside = minutes(wide, *columns(readings), marks(readings))
    for n in range(3):
        of = inside.window == n
        valid = of & inside.is_valid
        assert inside.length_s[valid].sum() == 60 * found.valid_minutes[n]
        assert inside.readings[of].sum() == found.reading_count[n]
        assert inside.valid_readings[of].sum() == found.valid_count[n]
        assert inside.flag_counts[of].sum(axis=0).tolist() == found.flag_counts[n].tolist()
        assert found.mean[n] == pytest.approx(inside.mean[valid].mean() if valid.any() else np.nan, nan_ok=True)
    assert not np.isnan(inside.mean[inside.is_valid]).any()
    assert np.isnan(inside.mean[~inside.is_valid]).all()
