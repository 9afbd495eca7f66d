"""Substitution of hourly emissions: the table of HJ 75 on its boundaries, and what a failure is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.substitution import MEASURED, STOPPED, UNKNOWN, Capture, Failure, failures, substitute, window_h

GOOD, POOR, BAD = Capture(95, 100), Capture(80, 100), Capture(74, 100)


def history(length: int, gap: int, *, after: int = 10) -> np.ndarray:
    """Emissions 1, 2, 3, … kg, then a gap, then hours of 0.5 kg."""
    return np.concatenate((np.arange(1.0, length + 1), np.full(gap, np.nan), np.full(after, 0.5)))


@pytest.mark.parametrize(
    ("capture", "hours", "window"),
    [
        (Capture(9000, 10_000), 24, 180),
        (Capture(9000, 10_000), 25, 720),
        (Capture(8999, 10_000), 24, 2160),  # 89.99 %
        (Capture(8999, 10_000), 25, 2160),
        (Capture(7500, 10_000), 1, 2160),
        (Capture(7499, 10_000), 1, 0),
        (Capture(100, 100), 1, 180),
        (Capture(0, 0), 1, 0),
    ],
)
def test_which_window(capture: Capture, hours: int, window: int) -> None:
    assert window_h(capture, hours) == window


@pytest.mark.parametrize(("gap", "rule"), [(24, 180), (25, 720)])
def test_a_failure_of_24_and_of_25_hours(gap: int, rule: int) -> None:
    falling = np.concatenate((np.arange(1000.0, 0, -1), np.full(gap, np.nan), np.full(10, 5_000.0)))
    found = substitute(falling, np.ones(len(falling), bool), 0, GOOD)
    assert set(found.rule[1000 : 1000 + gap].tolist()) == {rule}
    assert set(found.kg[1000 : 1000 + gap].tolist()) == {float(rule)}  # the greatest of the last `rule` is the oldest
    assert set(found.available[1000 : 1000 + gap].tolist()) == {rule}
    assert set(found.since[1000 : 1000 + gap].tolist()) == {1000 - rule}
    assert (found.rule[0], found.kg[-1]) == (MEASURED, 5_000.0)  # measured hours stay


def test_poor_capture_looks_back_further_and_bad_capture_not_at_all() -> None:
    kg = np.concatenate((np.arange(3000.0, 0, -1), [np.nan]))
    operating = np.ones(len(kg), bool)
    assert substitute(kg, operating, 0, POOR).kg[-1] == 2160.0
    none = substitute(kg, operating, 0, BAD)
    assert (none.rule[-1], np.isnan(none.kg[-1]), none.since[-1]) == (UNKNOWN, True, -1)


def test_fewer_valid_hours_than_asked_for() -> None:
    found = substitute(history(7, 2), np.ones(19, bool), 0, GOOD)
    assert (found.kg[7], found.rule[7], found.available[7], found.since[7]) == (7.0, 180, 7, 0)


def test_nothing_before_the_first_failure() -> None:
    found = substitute(history(0, 3), np.ones(13, bool), 0, GOOD)
    assert (found.rule[:3].tolist(), np.isnan(found.kg[:3]).all()) == ([UNKNOWN] * 3, True)
    assert found.since[0] == 0  # an hour that turns up before would count


def test_valid_hours_are_counted_not_clock_hours() -> None:
    kg = np.concatenate(([99.0], np.full(179, 1.0), np.full(500, np.nan), [np.nan]))
    operating = np.concatenate((np.ones(180, bool), np.zeros(500, bool), [True]))
    found = substitute(kg, operating, 0, GOOD)
    assert (found.kg[-1], found.available[-1]) == (99.0, 180)
    assert set(found.rule[180:680].tolist()) == {STOPPED}
    assert found.kg[180:680].sum() == 0.0


def test_a_stop_within_a_failure_neither_ends_nor_lengthens_it() -> None:
    kg = np.full(60, np.nan)
    kg[:5] = 1.0
    operating = np.ones(60, bool)
    operating[17:41] = False
    assert failures(kg, operating) == [Failure(5, 60, 31)]
    found = substitute(kg, operating, 0, GOOD)
    assert set(found.rule[operating][5:].tolist()) == {720}  # 12 and 19 hours are one failure of 31
    assert failures(np.full(3, np.nan), np.zeros(3, bool)) == []


def test_a_failure_that_began_before_the_quarter() -> None:
    kg = history(300, 30, after=0)
    found = substitute(kg, np.ones(330, bool), 310, GOOD)
    assert found.rule[300:310].tolist() == [UNKNOWN] * 10  # the quarter before answers for them
    assert set(found.rule[310:].tolist()) == {720}  # 30 hours, though only 20 lie in this quarter
    earlier = substitute(np.concatenate((history(5, 3), [np.nan])), np.ones(19, bool), 15, GOOD)
    assert earlier.rule[5] == UNKNOWN


def test_before_the_last_calibration() -> None:
    kg = np.concatenate((np.full(100, 1.0), np.full(50, 9.0), np.full(10, np.nan)))
    operating = np.ones(160, bool)
    assert substitute(kg, operating, 0, GOOD).kg[-1] == 9.0
    assert substitute(kg, operating, 0, GOOD, before={150: 100}).kg[-1] == 1.0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(0, 100)), min_size=1, max_size=80), st.data())
def test_laws(values: list[float | None], data: st.DataObject) -> None:
    """Measured hours stay; a substitute is what was measured before it, and a stopped hour has none."""
    kg = np.array([np.nan if value is None else value for value in values])
    operating = np.array(data.draw(st.lists(st.booleans(), min_size=len(kg), max_size=len(kg))))
    found = substitute(kg, operating, 0, data.draw(st.sampled_from([GOOD, POOR, BAD])))
    valid = ~np.isnan(kg)
    assert (found.kg[valid] == kg[valid]).all()
    assert ((found.rule == STOPPED) == (~valid & ~operating)).all()
    assert (np.isnan(found.kg) == (found.rule == UNKNOWN)).all()
    for row in np.flatnonzero(found.rule > 0):
        before = kg[:row][valid[:row]]
        assert found.kg[row] == before.max()  # fewer than 180 rows: all of them count
        assert found.available[row] == len(before)
