"""Verdicts of hours on columns, held against the rules for one hour written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.air import (
    HourColumns,
    HourReason,
    LimitColumns,
    convert_columns,
    judge_hours,
    reason_word,
)
from domain.exclusion import KINDS, NOT_EXCLUDED
from domain.limits import unit_ratio
from domain.rounding import round_gbt8170, without_noise

NAN = float("nan")
MEANS = st.one_of(st.just(NAN), st.floats(-5, 1000))
#: mean, factor, valid, readings, o2, valid, readings, excluded; limit, decimals, reference
ROWS = st.tuples(
    MEANS,
    st.sampled_from([1.0, 1.0, 1e-3, NAN]),
    st.integers(40, 60),
    st.integers(0, 60),
    st.one_of(st.just(NAN), st.floats(-1, 25)),
    st.integers(40, 60),
    st.integers(0, 60),
    st.sampled_from([NOT_EXCLUDED, NOT_EXCLUDED, NOT_EXCLUDED, 0, len(KINDS) - 1]),
    st.sampled_from([30.0, 0.3]),
    st.integers(0, 2),
    st.sampled_from([NAN, 3.5, 8.0]),
)
Row = tuple[float, float, int, int, float, int, int, int, float, int, float]


def columns(rows: list[Row]) -> tuple[HourColumns, LimitColumns]:
    by_column = list(zip(*rows, strict=True)) if rows else [()] * 11
    f, i = np.float64, np.int64
    kinds = [f, f, i, i, f, i, i, i, f, i, f]
    arrays = [np.array(c, k) for c, k in zip(by_column, kinds, strict=True)]  # type: ignore[arg-type]
    return HourColumns(*arrays[:8]), LimitColumns(*arrays[8:])


def hour(mean: float, o2: float = 8.0, *, limit: float = 30.0, decimals: int = 0, reference: float = 8.0, **more: int):
    row: Row = (mean, 1.0, 60, 60, o2, 60, 60, NOT_EXCLUDED, limit, decimals, reference)
    names = ("mean", "factor", "valid", "readings", "o2", "o2_valid", "o2_readings", "excluded")
    changed = list(row)
    for name, value in more.items():
        changed[names.index(name)] = value
    return judge_hours(*columns([tuple(changed)]))  # type: ignore[list-item]


def word(*args: float, **named: float) -> str:
    return HourReason(int(hour(*args, **named).reason[0])).name.lower()  # type: ignore[arg-type]


def one_hour(row: Row) -> HourReason:
    """The rules of one hour, in the order of the decision table."""
    mean, factor, valid, readings, o2, o2_valid, o2_readings, excluded, limit, decimals, reference = row
    if excluded != NOT_EXCLUDED:
        return HourReason.EXCLUDED
    if readings == 0:
        return HourReason.NO_DATA
    if valid < 45 or np.isnan(mean):
        return HourReason.TOO_FEW_VALID_MINUTES
    if np.isnan(factor):
        return HourReason.UNIT_UNKNOWN
    value = mean * factor
    if not np.isnan(reference):
        if o2_readings == 0:
            return HourReason.O2_MISSING
        if o2_valid < 45 or np.isnan(o2):
            return HourReason.TOO_FEW_VALID_O2_MINUTES
        if o2 >= 21 or o2 < 0:
            return HourReason.O2_INVALID
        if o2 >= 19:
            return HourReason.O2_NEAR_AMBIENT
        value = value * (21 - reference) / (21 - o2)
    rounded = round_gbt8170(without_noise(value), decimals)
    if rounded < 0:
        return HourReason.NEGATIVE_MEAN
    return HourReason.OVER_LIMIT if rounded > limit else HourReason.WITHIN_LIMIT


@settings(max_examples=200)
@given(st.lists(ROWS, max_size=20))
def test_columns_say_what_the_rules_of_one_hour_say(rows: list[Row]) -> None:
    verdicts = judge_hours(*columns(rows))
    assert [HourReason(int(reason)) for reason in verdicts.reason] == [one_hour(row) for row in rows]
    compared = verdicts.reason >= HourReason.NEGATIVE_MEAN
    assert (np.isfinite(verdicts.converted) == compared).all()
    assert (np.isfinite(verdicts.rounded) == compared).all()
    assert [HourReason(int(r)).is_judged for r in verdicts.reason] == (
        verdicts.reason > HourReason.NEGATIVE_MEAN
    ).tolist()


@given(st.lists(ROWS, min_size=1, max_size=8), st.permutations(range(8)))
def test_the_order_of_hours_changes_nothing(rows: list[Row], order: list[int]) -> None:
    chosen = [place for place in order if place < len(rows)]
    straight, shuffled = judge_hours(*columns(rows)), judge_hours(*columns([rows[place] for place in chosen]))
    assert shuffled.reason.tolist() == straight.reason[chosen].tolist()
    np.testing.assert_array_equal(shuffled.converted, straight.converted[chosen])


@pytest.mark.parametrize(("minutes", "reason"), [(44, "too_few_valid_minutes"), (45, "within_limit")])
def test_forty_five_minutes(minutes: int, reason: str) -> None:
    assert word(20.0, valid=minutes) == reason


@pytest.mark.parametrize(
    ("measured", "o2", "reference", "converted"),
    [
        (42.1, 6.8, 8.0, 38.5423),
        (100, 12, 8.0, 144.4444),
        (8.5, 14.5, 8.0, 17.0),
        (10, 3.0, 3.5, 9.7222),
        (30, 18.9, 8.0, 185.7143),
        (30, 8.0, 8.0, 30.0),
        (30, 0.0, 8.0, 18.5714),
        (30, 20.9, NAN, 30.0),
        (30, NAN, NAN, 30.0),
    ],
)
def test_conversion_vectors(measured: float, o2: float, reference: float, converted: float) -> None:
    """HJ 212-2017 Annex D equation (28), computed by hand."""
    found = convert_columns(np.array([float(measured)]), np.array([float(o2)]), np.array([reference]))
    assert round(float(found[0]), 4) == converted


@pytest.mark.parametrize("o2", [21.0, 21.3, -0.1, NAN])
def test_oxygen_that_cannot_be_converted_with(o2: float) -> None:
    assert np.isnan(convert_columns(np.array([30.0]), np.array([o2]), np.array([8.0])))[0]


@given(st.floats(0, 1000), st.floats(0, 18.9), st.floats(0, 18.9), st.floats(0, 20))
def test_more_oxygen_never_lowers_the_value(measured: float, one: float, other: float, reference: float) -> None:
    low, high = convert_columns(np.full(2, measured), np.array(sorted([one, other])), np.full(2, reference))
    assert low <= high


@pytest.mark.parametrize(
    ("o2", "reason"), [(21.3, "o2_invalid"), (-0.1, "o2_invalid"), (19.0, "o2_near_ambient"), (18.9, "over_limit")]
)
def test_oxygen_at_the_edges(o2: float, reason: str) -> None:
    assert word(30.0, o2) == reason


@pytest.mark.parametrize(
    ("mean", "reason"), [(-0.5, "within_limit"), (-0.51, "negative_mean"), (-3.0, "negative_mean")]
)
def test_less_than_nothing_is_no_measurement(mean: float, reason: str) -> None:
    assert word(mean) == reason


@given(st.lists(st.integers(0, 600), min_size=59, max_size=59), st.sampled_from([30, 10, 150]))
def test_a_mean_of_exactly_half_above_an_even_limit_is_compliant(tenths: list[int], limit: int) -> None:
    """Readings of one decimal whose sum is 60 times limit + 0.5, however binary fractions sum up."""
    last = 60 * (10 * limit + 5) - sum(tenths)
    mean = float(np.mean(np.array([*tenths, last]) / 10))
    assert word(mean, limit=float(limit)) == "within_limit"


def test_a_limit_is_compared_in_its_own_unit() -> None:
    """0.0003 mg/m3 against 0.3 ug/m3: the decimals are those of the limit's unit."""
    ratio = unit_ratio("mg/m3", "ug/m3")
    assert ratio == 1000.0
    row: Row = (0.000349, ratio, 60, 60, NAN, 0, 0, NOT_EXCLUDED, 0.3, 1, NAN)
    verdicts = judge_hours(*columns([row]))
    assert (verdicts.reason[0], verdicts.rounded[0]) == (HourReason.WITHIN_LIMIT, 0.3)
    assert unit_ratio("ug/m3", "mg/m3") == 1e-3
    assert unit_ratio("ppm", "mg/m3") is None
    assert unit_ratio("mg/m3", "kg/h") is None


def test_an_exclusion_names_its_kind() -> None:
    assert reason_word(HourReason.EXCLUDED, KINDS.index("stopped")) == "excluded_stopped"
    assert reason_word(HourReason.O2_MISSING) == "o2_missing"
