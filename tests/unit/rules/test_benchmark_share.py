"""The share of capacity at benchmark level once somebody has confirmed the figures by `plantwatch rules decide`."""

from __future__ import annotations

from datetime import date

import pytest

from domain.ledger import Entry, Ledger
from domain.metering import Line, WaterUser
from domain.periods import add_months
from rules.evaluators.account import AccountWindow
from rules.evaluators.benchmark_share import BenchmarkShareParams, benchmark_share
from rules.evaluators.contract import Judgement
from rules.evaluators.coverage import Register
from rules.pack import load_packs

SHIPPED = load_packs().variants["energy.benchmark_share"][0].params


def judge(month: date, reaching: float, others: float, **changes: object) -> Judgement:
    """Two lines: one exactly at 110 kgce/t, one a hair above; with the capacity of each."""
    months = [add_months(month, n) for n in range(-11, 1)]
    lines = [
        Line("a", code, "coke", date(2020, 1, 1), capacity_t_a=capacity, charging="top")
        for code, capacity in (("L1", reaching), ("L2", others))
    ]
    entries = [
        Entry("a", code, item, "month", first, value)
        for first in months
        for code, kwh in (("L1", 1_100_000.0), ("L2", 1_100_001.0))
        for item, value in (("output", 1229.0), ("used.electricity", kwh))
    ]
    register = Register(["wuhai"], ["d"], [WaterUser("a", "d", True, date(2025, 1, 1))], lines=lines)
    params = BenchmarkShareParams.model_validate(SHIPPED | {"confirmed": True} | changes)
    (found,) = benchmark_share(AccountWindow(months, register, {}, Ledger(entries)), params)
    return found


@pytest.mark.parametrize(
    ("reaching", "others", "verdict", "reason", "value"),
    [
        (30.0, 70.0, "violation", "target_not_met", 30.0),
        (30.1, 69.9, "compliant", "target_met", 30.1),
        (20.0, 80.0, "violation", "target_not_met", 20.0),
    ],
)
def test_more_than_30_percent_in_2027(reaching: float, others: float, verdict: str, reason: str, value: float) -> None:
    found = judge(date(2027, 3, 1), reaching, others)
    assert (found.verdict, found.reason, found.limit) == (verdict, reason, 30.0)
    assert found.value == pytest.approx(value)
    assert found.evidence["target"]["target_id"] == "T038"
    assert [line["met"] for line in found.evidence["lines"]] == [True, False]


def test_a_year_without_a_target() -> None:
    found = judge(date(2026, 9, 1), 50.0, 50.0)
    assert (found.verdict, found.reason, found.value, found.limit) == (
        "undetermined",
        "no_target_this_year",
        50.0,
        None,
    )


def test_unconfirmed_figures_judge_nothing() -> None:
    found = judge(date(2027, 3, 1), 50.0, 50.0, confirmed=False)
    assert (found.verdict, found.reason, found.value) == ("undetermined", "benchmark_unconfirmed", 50.0)
