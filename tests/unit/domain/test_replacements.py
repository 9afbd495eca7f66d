"""Replaced meters and reversed flow: what is known with a record, what is not, and what a doubtful record does."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.hourly import hours
from tests.unit.domain import by_hand
from tests.unit.domain.by_hand import Change, Hour, Reading
from tests.unit.domain.columns import START, Register, at, columns, computed, meters, rows, windows

R = 1000.0
HOUR = timedelta(hours=1)


def increments(
    values: list[float],
    changes: list[Change],
    max_rate: float | None = 10.0,
    registers: list[Register] | None = None,
) -> list[tuple[float | None, list[str]]]:
    """(increment, marks) of hours with a reading at half past each, from START on."""
    readings = [Reading(at(60 * n + 30), value) for n, value in enumerate(values)]
    starts = [at(60 * n) for n in range(len(values))]
    found = computed(readings, starts, rollover=R, max_rate=max_rate, changes=changes, registers=registers or [])
    return [(row.increment, row.marks) for row in found]


@pytest.mark.parametrize(
    ("values", "changes", "expected"),
    [
        pytest.param([500, 3], [Change(at(60), 504, 1)], [(6, ["replaced"])], id="both parts count"),
        pytest.param([500, 3], [Change(at(60), 504, 3)], [(4, ["replaced"])], id="nothing passed since"),
        pytest.param([3, 500], [Change(at(60), 5, 498)], [(4, ["replaced"])], id="the new register starts higher"),
        pytest.param(
            [998, 3], [Change(at(60), 2, 1)], [(6, ["rollover", "replaced"])], id="the old one rolls over first"
        ),
        pytest.param(
            [500, 1], [Change(at(60), 504, 999)], [(6, ["rollover", "replaced"])], id="the new one rolls over"
        ),
        pytest.param([500, 3], [Change(at(30), 500, 1)], [(2, ["replaced"])], id="at the old one's last reading"),
        pytest.param(
            [500, 502, 3],
            [Change(at(90), 502, 1)],
            [(2, []), (2, ["replaced"])],
            id="a reading at the change is the old one's",
        ),
        pytest.param(
            [500, 5],
            [Change(at(45), 502, 100), Change(at(60), 103, 4)],
            [(6, ["replaced"])],
            id="two replacements between two readings",
        ),
        pytest.param([500, 3], [Change(at(60), 499, 1)], [(None, ["reset"])], id="the old one ended below its reading"),
        pytest.param([500, 3], [Change(at(60), 504, 5)], [(None, ["reset"])], id="the new one began above its reading"),
        pytest.param([500, 3], [Change(at(60), 600, 1)], [(None, ["jump"])], id="more than the old one can pass"),
        pytest.param([500, 9], [Change(at(60), 508, 1)], [(None, ["jump"])], id="together more than can pass"),
        pytest.param([500, 3], [Change(at(91), 504, 1)], [(None, ["reset"])], id="a record of after the step"),
        pytest.param([500, 3], [Change(at(29), 504, 1)], [(None, ["reset"])], id="a record of before the step"),
        pytest.param(
            [500, 900, 8],
            [Change(at(95), 507, 1)],
            [(None, ["jump"]), (14, ["spike", "gap", "replaced"])],
            id="a spike of the old one is passed over",
        ),
        pytest.param(
            [500, 900, 8],
            [Change(at(60), 507, 1)],
            [(None, ["jump"]), (14, ["spike", "gap", "replaced"])],
            id="a spike of the new one is passed over",
        ),
        pytest.param(
            [500, 900, 8],
            [Change(at(60), 600, 1)],
            [(None, ["jump"]), (None, ["reset"])],
            id="a record that fits neither value",
        ),
    ],
)
def test_steps_over_recorded_replacements(
    values: list[float], changes: list[Change], expected: list[tuple[float | None, list[str]]]
) -> None:
    assert increments(values, changes)[1:] == expected


def test_without_the_record_a_replacement_is_a_reset() -> None:
    assert increments([500, 3], []) == [(None, []), (None, ["reset"])]


def test_a_replacement_is_written_down_by_hand_and_may_be_an_hour_out() -> None:
    # 8 an hour: the old one cannot have gained 8 in the half hour that the record leaves it, but in a whole one
    assert increments([500, 2], [Change(at(45), 508, 1)]) == [(None, []), (9, ["replaced"])]
    assert increments([500, 2], [Change(at(45), 516, 1)])[1] == (None, ["jump"])


@pytest.mark.parametrize(
    ("values", "max_rate", "expected"),
    [
        pytest.param([500, 495], 10.0, (-5, ["reversed"]), id="what may have flowed back keeps its sign"),
        pytest.param([500, 488], 10.0, (-12, ["reversed"]), id="a fifth above the rate"),
        pytest.param([500, 487.9], 10.0, (None, ["reset"]), id="more than can have flowed back"),
        pytest.param([20, 12.1], 10.0, (pytest.approx(-7.9), ["reversed"]), id="above what a new register has reached"),
        pytest.param([20, 12], 10.0, (None, ["reset"]), id="may be flow or a register set to zero"),
        pytest.param([500, 495], None, (None, ["reset"]), id="unknown rate"),
        pytest.param([999, 995], 10.0, (-4, ["reversed"]), id="no rollover"),
        pytest.param([950, 50], 200.0, (100, ["rollover"]), id="a rollover comes first"),
    ],
)
def test_reversed_flow(values: list[float], max_rate: float | None, expected: tuple[float | None, list[str]]) -> None:
    assert increments(values, [], max_rate)[1] == expected


def test_a_spike_comes_before_reversed_flow() -> None:
    assert increments([480, 500, 495], [], 10.0)[1:] == [(None, ["jump"]), (15, ["spike", "gap"])]


def test_the_register_of_a_meter_takes_over_from_the_points() -> None:
    bigger = [(at(60), 10_000.0, 1000.0)]
    change = Change(at(60), 504, 9_990)
    assert increments([500, 2], [change], 10.0, bigger) == [(None, []), (16, ["rollover", "replaced"])]
    assert increments([500, 2, 900], [change], 10.0, bigger)[2] == (898, [])
    assert increments([500, 2, 900], [change], 10.0)[2] == (None, ["jump"])
    # the old register is the one that the reading before showed
    assert increments([998, 2], [Change(at(60), 3, 1)], 10.0, bigger) == [(None, []), (6, ["rollover", "replaced"])]


def test_a_reading_at_the_change_shows_the_old_register() -> None:
    registers: list[Register] = [(at(-600), 100.0, None), (at(90), 10_000.0, None)]
    assert increments([95, 5, 95], [], None, registers) == [(None, []), (10, ["rollover"]), (90, [])]
    assert increments([95, 5], [], None, [(at(89), 10_000.0, None)])[1] == (None, ["reset"])


def test_several_meters_with_replacements_do_not_see_each_other() -> None:
    readings = [Reading(at(30), 500), Reading(at(90), 3)]
    one, two = columns(readings, 1)[0], columns(readings, 2)[0]
    both = type(one)(*(np.r_[getattr(one, n), getattr(two, n)] for n in one.__slots__))
    asked = windows([at(60)], point_id=2, rollover=R)
    none = np.zeros(4, bool)
    (alone,) = rows(hours(asked, both, none, None, meters([Change(at(60), 504, 1)], point_id=1)))
    assert (alone.increment, alone.marks) == (None, ["reset"])
    (own,) = rows(hours(asked, both, none, None, meters([Change(at(60), 504, 1)], point_id=2)))
    assert (own.increment, own.marks) == (6, ["replaced"])


any_series = st.lists(
    st.tuples(
        st.integers(1, 90), st.sampled_from([0, 1, 3, 50, 500, 898, 905, 950, 997, 999]), st.sampled_from("NNNNND")
    ),
    min_size=1,
    max_size=20,
)
any_changes = st.lists(
    st.tuples(
        st.integers(0, 900), st.sampled_from([0, 2, 51, 505, 906, 999]), st.sampled_from([0, 1, 48, 499, 900, 998])
    ),
    max_size=4,
    unique_by=lambda change: change[0],
)


@settings(deadline=None)
@given(any_series, any_changes, st.sampled_from([None, 5.0, 50.0, 400.0]))
def test_hours_are_those_counted_by_hand(
    parts: list[tuple[int, int, str]], made: list[tuple[int, int, int]], max_rate: float | None
) -> None:
    readings, now = [], 0
    for gap, value, flag in parts:
        now += gap
        readings.append(Reading(at(now), float(value), flag))
    changes = sorted((Change(at(t), float(a), float(b)) for t, a, b in made), key=lambda change: change.at)
    starts = [at(60 * h) for h in range(-1, now // 60 + 1)]
    traits: dict[str, Any] = {"rollover": R, "max_rate": max_rate}
    whole = computed(readings, starts, changes=changes, **traits)
    for start, row in zip(starts, whole, strict=True):
        expected = by_hand.hour(readings, start, changes=changes, **traits)
        assert (row.increment, row.marks, row.gap_from) == (
            pytest.approx(expected.increment) if expected.increment is not None else None,
            expected.marks,
            expected.gap_from,
        )
        valid_before = [r for r in readings if r.valid and r.at <= start][-2:]
        inside = [r for r in readings if start < r.at <= start + HOUR]
        (alone,) = rows(hours(windows([start], **traits), *columns([*valid_before, *inside]), None, meters(changes)))
        assert alone == row, "an hour is the same from its own readings and the two before"


class Platform:
    """What the store, its work list and the roll-up do with a counter, as far as it is pure."""

    def __init__(self, max_rate: float | None) -> None:
        self.readings: dict[Any, Reading] = {}
        self.changes: list[Change] = []
        self.rows: dict[Any, Hour] = {}
        self._traits: dict[str, Any] = {"rollover": R, "max_rate": max_rate}

    def take(self, batch: list[Reading | Change]) -> None:
        """Readings and records as they arrive; what is there already changes nothing."""
        dirty = set()
        for one in batch:
            if isinstance(one, Change):
                self.changes.append(one)
                dirty.add(START + (one.at - START) // HOUR * HOUR)
            elif one.at not in self.readings:
                self.readings[one.at] = one
                dirty.add(self._hour(one))
        for start in list(dirty):
            later = sorted(r.at for r in self.readings.values() if r.at > start + HOUR)[:2]
            dirty |= {self._hour(self.readings[moment]) for moment in later}
        for start in sorted(dirty):
            ordered = sorted(self.readings.values(), key=lambda r: r.at)
            mine = [r for r in ordered if start < r.at <= start + HOUR]
            before = [r for r in ordered if r.at <= start][-2:]
            if mine:
                found = hours(windows([start], **self._traits), *columns([*before, *mine]), None, meters(self.changes))
                (self.rows[start],) = rows(found)

    def _hour(self, reading: Reading) -> Any:
        return START + (reading.at - START - timedelta(microseconds=1)) // HOUR * HOUR


@settings(deadline=None, max_examples=150)
@given(
    start=st.integers(0, 999),
    flow=st.lists(
        st.tuples(
            st.integers(1, 600), st.integers(0, 60), st.sampled_from(["read", "read", "read", "lost", "replaced"])
        ),
        min_size=1,
        max_size=60,
    ),
    new_initial=st.lists(st.integers(0, 999), min_size=60, max_size=60),
    max_rate=st.sampled_from([None, 3600.0]),
    seed=st.integers(0, 2**16),
)
def test_consumption_is_conserved(
    start: int, flow: list[tuple[int, int, str]], new_initial: list[int], max_rate: float | None, seed: int
) -> None:
    """Whatever is lost for less than a tenth of the register, and however the rest arrives: to the litre."""
    register, now, read_at, unread = start, 0, 0, 0
    true_total = read_total = 0
    arriving: list[Reading | Change] = [Reading(at(0), float(register))]
    for (gap, volume, what), initial in zip(flow, new_initial, strict=False):
        now, register, unread = now + gap, (register + volume) % 1000, unread + volume
        true_total += volume
        if what == "replaced":
            arriving.append(Change(at(now), float(register), float(initial)))
            register, unread = initial, 0
        elif what == "read" or unread + 60 > 100:  # a rollover shows while less than a tenth has passed unseen
            arriving.append(Reading(at(now), float(register)))
            unread, read_total, read_at = 0, true_total, now
    chance = random.Random(seed)
    arriving += chance.sample([one for one in arriving if isinstance(one, Reading)], 1)
    chance.shuffle(arriving)
    platform = Platform(max_rate)
    while arriving:
        size = chance.randint(1, 8)
        platform.take(arriving[:size])
        del arriving[:size]
    assert sum(row.increment or 0.0 for row in platform.rows.values()) == read_total
    marks = {mark for row in platform.rows.values() for mark in row.marks}
    assert marks <= {"rollover", "gap", "replaced"}
    assert max(platform.readings) == at(read_at)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 300), st.floats(-1, 1)), min_size=1, max_size=40),
    st.randoms(use_true_random=False),
)
def test_what_flows_back_is_taken_off(flow: list[tuple[int, float]], chance: random.Random) -> None:
    """A register far from its ends that turns both ways, read at every turn."""
    now, register = 0, 500
    readings = [Reading(at(0), 500.0)]
    for gap, share in flow:
        now += gap
        step = int(share * min(gap / 60, 3) * 10)  # up to 10 an hour
        register += step if 400 <= register + step <= 600 else 0
        readings.append(Reading(at(now), float(register)))
    platform = Platform(10.0)
    arriving: list[Reading | Change] = list(readings)
    chance.shuffle(arriving)
    for one in arriving:
        platform.take([one])
    assert sum(row.increment or 0.0 for row in platform.rows.values()) == register - 500
    falls = any(later.value < earlier.value for earlier, later in itertools.pairwise(readings))
    assert falls == any("reversed" in row.marks for row in platform.rows.values())
