"""Work of the months to come."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.leakforecast import DueGroup, MonthWork, month_work

TODAY = date(2026, 11, 15)


def counted(*groups: DueGroup[str], months: int = 12) -> dict[tuple[str, str], tuple[int, int]]:
    found = month_work(groups, TODAY, months)
    return {(f"{month:%Y-%m}", key): (work.components, work.overdue) for (month, key), work in found.items()}


def test_each_cycle_follows_the_one_before() -> None:
    valves = DueGroup("valve", date(2026, 12, 31), 3, (6,), yearly=False)
    assert counted(valves) == {("2026-12", "valve"): (3, 0), ("2027-06", "valve"): (3, 0)}


def test_what_is_overdue_is_work_of_this_month() -> None:
    assert counted(DueGroup("pump", date(2026, 10, 1), 2, (6, 3), yearly=True)) == {
        ("2026-11", "pump"): (2, 2),
        ("2027-02", "pump"): (2, 0),
        ("2027-05", "pump"): (2, 0),
        ("2027-08", "pump"): (2, 0),
    }


def test_one_test_a_year() -> None:
    once = DueGroup("other", date(2026, 12, 31), 5, (), yearly=True)
    assert counted(once, months=13) == {("2026-12", "other"): (5, 0)}
    assert counted(once, months=14) == {("2026-12", "other"): (5, 0), ("2027-12", "other"): (5, 0)}


def test_without_a_regime_one_test_is_all() -> None:
    assert counted(DueGroup("x", date(2026, 11, 20), 1, (), yearly=False)) == {("2026-11", "x"): (1, 0)}


@given(st.integers(-400, 700), st.integers(1, 12), st.integers(1, 24))
def test_no_month_is_forgotten(days: int, cycle: int, months: int) -> None:
    group = DueGroup("x", TODAY + timedelta(days=days), 1, (cycle,), yearly=False)
    found = month_work([group], TODAY, months)
    assert all(work == MonthWork(1, work.overdue) for work in found.values())
    first = max(group.due, TODAY)
    ordered = sorted(month for month, _ in found)
    gaps = {(b.year - a.year) * 12 + b.month - a.month for a, b in pairwise(ordered)}
    assert gaps <= {cycle}
    assert not ordered or ordered[0] == first.replace(day=1)
