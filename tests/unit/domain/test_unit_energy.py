"""Unit energy and the corrections of GB 21342-2025, with the tables as shipped."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.unit_energy import (
    CokeState,
    CokeTable,
    Levels,
    coke_corrections,
    interpolate,
    unit_energy,
    weighted_mean,
    whole_years,
)
from rules.policy.energy_data import energy_data

D = Decimal
STAMP = energy_data().coke["GB 21342-2025", "stamp"]
TOP = energy_data().coke["GB 21342-2025", "top"]
STAMP_LEVELS = Levels(D(115), D(115), D(140))
TOP_LEVELS = Levels(D(110), D(110), D(135))
TABLES = pytest.mark.parametrize("table", [STAMP, TOP], ids=["stamp", "top"])


def state(
    volatile: str | None,
    moisture: str | None,
    *,
    quenching: str | None = "dry",
    age: int | None = 10,
    mixed: str = "0",
) -> CokeState:
    return CokeState(
        None if volatile is None else D(volatile), None if moisture is None else D(moisture), D(mixed), quenching, age
    )


@pytest.mark.parametrize(
    ("table", "levels", "one", "expected"),
    [
        (STAMP, STAMP_LEVELS, state("25", "10.5"), ("115", "115", "140")),
        (STAMP, STAMP_LEVELS, state("25", "10.5", quenching="wet"), ("115", "115", "186.46")),
        (TOP, TOP_LEVELS, state("26.5", "11", age=20), ("128.71", "126.21", "153.71")),
        (STAMP, STAMP_LEVELS, state("25", "10.5", mixed="50"), ("121", "121", "146")),
        (TOP, TOP_LEVELS, state("23", "10", mixed="100"), ("118", "118", "143")),
        (TOP, TOP_LEVELS, state("21", "9"), ("98.03", "98.03", "123.03")),
        (STAMP, STAMP_LEVELS, state("32", "10.5", age=26), ("145.00", "139.50", "170.00")),
    ],
)
def test_corrected_levels(table: CokeTable, levels: Levels, one: CokeState, expected: tuple[str, str, str]) -> None:
    found = coke_corrections(table, one)
    assert found.missing == ()
    assert found.apply(levels) == Levels(*(D(value) for value in expected))


@pytest.mark.parametrize(("age", "correction"), [(0, "0"), (15, "0"), (16, "2.50"), (25, "2.50"), (26, "5.50")])
def test_age(age: int, correction: str) -> None:
    assert coke_corrections(TOP, state("23", "10", age=age)).age == D(correction)


@pytest.mark.parametrize(
    ("table", "one", "missing"),
    [
        (STAMP, state(None, "10.5"), ("volatile",)),
        (STAMP, state("25", None), ("moisture",)),
        (STAMP, state("25", "10.5", quenching=None), ("quenching",)),
        (STAMP, state("25", "10.5", age=None), ("commissioned_on",)),
        (STAMP, state("24.999", "10.5"), ("volatile_outside_table",)),
        (STAMP, state("32.001", "10.5"), ("volatile_outside_table",)),
        (TOP, state("20.999", None), ("moisture", "volatile_outside_table")),
    ],
)
def test_what_is_missing_is_named_and_no_level_is_said(
    table: CokeTable, one: CokeState, missing: tuple[str, ...]
) -> None:
    found = coke_corrections(table, one)
    assert found.missing == missing
    assert found.apply(STAMP_LEVELS) is None


@TABLES
def test_interpolation_is_exact_at_the_nodes(table: CokeTable) -> None:
    assert [interpolate(table.volatile, x) for x, _ in table.volatile] == [y for _, y in table.volatile]


@TABLES
@given(data=st.data())
def test_interpolation_rises_where_the_table_does(table: CokeTable, data: st.DataObject) -> None:
    low, high = table.volatile[0][0], table.volatile[-1][0]
    inside = st.decimals(min_value=low, max_value=high, places=4)
    left, right = sorted((data.draw(inside), data.draw(inside)))
    assume(left < right)
    a, b = interpolate(table.volatile, left), interpolate(table.volatile, right)
    assert a is not None
    assert b is not None
    assert a < b, "both tables rise throughout"


@TABLES
@given(data=st.data())
def test_interpolation_has_no_jumps(table: CokeTable, data: st.DataObject) -> None:
    steepest = max((y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(table.volatile))
    low, high = table.volatile[0][0], table.volatile[-1][0]
    step = D("0.0001")
    x = data.draw(st.decimals(min_value=low, max_value=high - step, places=4))
    here, there = interpolate(table.volatile, x), interpolate(table.volatile, x + step)
    assert here is not None
    assert there is not None
    assert abs(there - here) <= steepest * step + D("1e-20")


@given(st.decimals(min_value=-100, max_value=200, places=3))
def test_outside_the_table_there_is_nothing(x: Decimal) -> None:
    inside = STAMP.volatile[0][0] <= x <= STAMP.volatile[-1][0]
    assert (interpolate(STAMP.volatile, x) is not None) == inside


def test_unit_energy() -> None:
    assert unit_energy(D("1806.5"), D("306.5"), D(10000)) == 150
    assert unit_energy(D(100), D(200), D(1000)) == -100, "a process may give more than it takes"
    assert unit_energy(D(100), D(0), D(0)) is None


def test_weighted_mean() -> None:
    assert weighted_mean([(D(20), D(1)), (D(30), D(3))]) == D("27.5")
    assert weighted_mean([(D(20), D(0))]) is None
    assert weighted_mean([]) is None


@pytest.mark.parametrize(
    ("since", "day", "years"),
    [
        (date(2011, 9, 30), date(2026, 9, 30), 15),
        (date(2011, 10, 1), date(2026, 9, 30), 14),
        (date(2012, 2, 29), date(2026, 2, 28), 13),
    ],
)
def test_whole_years(since: date, day: date, years: int) -> None:
    assert whole_years(since, day) == years
