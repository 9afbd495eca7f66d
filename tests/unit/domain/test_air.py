"""Verdicts of hours on columns, held against the rules for one hour."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.air import HourColumns, HourlyLimit, HourReason, convert_columns, judge_hours
from domain.oxygen import O2Problem, convert
from domain.rounding import round_gbt8170, without_noise

MEANS = st.one_of(st.just(float("nan")), st.floats(0, 1000))
ROWS = st.tuples(
    MEANS,
    st.integers(0, 60),
    st.integers(0, 60),
    st.one_of(st.just(float("nan")), st.floats(-1, 25)),
    st.integers(0, 60),
    st.integers(0, 60),
)


def columns(rows: list[tuple[float, int, int, float, int, int]]) -> HourColumns:
    by_column = list(zip(*rows, strict=True)) if rows else [()] * 6
    floats, ints = np.float64, np.int64
    kinds = [floats, ints, ints, floats, ints, ints]
    return HourColumns(*(np.array(c, k) for c, k in zip(by_column, kinds, strict=True)))  # type: ignore[arg-type]


def one_hour(row: tuple[float, int, int, float, int, int], limit: HourlyLimit) -> HourReason:
    """The rules of one hour, in the order of the decision table."""
    mean, valid, readings, o2, o2_valid, o2_readings = row
    if readings == 0:
        return HourReason.NO_DATA
    if valid < limit.min_valid_minutes or np.isnan(mean):
        return HourReason.TOO_FEW_VALID_MINUTES
    if limit.reference_o2_pct is not None:
        if o2_readings == 0:
            return HourReason.O2_MISSING
        if o2_valid < limit.min_valid_minutes or np.isnan(o2):
            return HourReason.TOO_FEW_VALID_O2_MINUTES
    converted = convert(mean, o2, limit.reference_o2_pct, ambient_from_pct=limit.ambient_o2_from_pct)
    if isinstance(converted, O2Problem):
        return {O2Problem.INVALID: HourReason.O2_INVALID, O2Problem.NEAR_AMBIENT: HourReason.O2_NEAR_AMBIENT}[converted]
    over = round_gbt8170(without_noise(converted), limit.decimals) > limit.limit
    return HourReason.OVER_LIMIT if over else HourReason.WITHIN_LIMIT


@given(st.lists(ROWS, max_size=20), st.sampled_from([None, 3.5, 8.0]), st.integers(0, 2))
def test_columns_say_what_the_rules_of_one_hour_say(
    rows: list[tuple[float, int, int, float, int, int]], reference: float | None, decimals: int
) -> None:
    limit = HourlyLimit(30.0, decimals, reference)
    verdicts = judge_hours(columns(rows), limit)
    assert [HourReason(int(reason)) for reason in verdicts.reason] == [one_hour(row, limit) for row in rows]
    judged = verdicts.reason >= HourReason.OVER_LIMIT
    assert (np.isfinite(verdicts.converted) == judged).all()
    assert (np.isfinite(verdicts.rounded) == judged).all()


@pytest.mark.parametrize(("minutes", "reason"), [(44, "too_few_valid_minutes"), (45, "within_limit")])
def test_forty_five_minutes(minutes: int, reason: str) -> None:
    verdicts = judge_hours(columns([(20.0, minutes, 60, 8.0, 60, 60)]), HourlyLimit(30.0, 0, 8.0))
    assert HourReason(int(verdicts.reason[0])).word == reason


def test_conversion_leaves_out_what_cannot_be_converted() -> None:
    converted = convert_columns(np.array([30.0, 30.0, 30.0]), np.array([8.0, 21.0, -1.0]), 8.0)
    assert converted[0] == 30.0
    assert np.isnan(converted[1:]).all()


@given(st.lists(st.integers(0, 600), min_size=59, max_size=59), st.sampled_from([30, 10, 150]))
def test_a_mean_of_exactly_half_above_an_even_limit_is_compliant(tenths: list[int], limit: int) -> None:
    """Readings of one decimal whose sum is 60 times limit + 0.5, however binary fractions sum up."""
    last = 60 * (10 * limit + 5) - sum(tenths)
    mean = float(np.mean(np.array([*tenths, last]) / 10))
    verdicts = judge_hours(columns([(mean, 60, 60, 8.0, 60, 60)]), HourlyLimit(float(limit), 0, 8.0))
    assert HourReason(int(verdicts.reason[0])).word == "within_limit"
