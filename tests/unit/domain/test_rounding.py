"""GB/T 8170 rounding: 四舍六入五成双."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.rounding import round_columns, round_gbt8170, without_noise


@pytest.mark.parametrize(
    ("value", "decimals", "rounded"),
    [
        (30.4, 0, 30.0),
        (30.5, 0, 30.0),
        (30.500000000000004, 0, 31.0),
        (30.6, 0, 31.0),
        (31.5, 0, 32.0),
        (-30.5, 0, -30.0),
        (2.675, 2, 2.68),  # 2.67499999... in binary: the decimal that a person writes counts
        (2.665, 2, 2.66),
        (12.25, 1, 12.2),
        (12.35, 1, 12.4),
        (1234.5, -2, 1200.0),
        (1e22, 0, 1e22),
        (1.7e308, 2, 1.7e308),
        (5e-324, 3, 0.0),
    ],
)
def test_rounding(value: float, decimals: int, rounded: float) -> None:
    assert round_gbt8170(value, decimals) == rounded


def test_zero_has_no_sign() -> None:
    assert str(round_gbt8170(-0.4, 0)) == "0.0"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="cannot round"):
        round_gbt8170(value, 0)


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_nearest_and_even_at_ties(value: float, decimals: int) -> None:
    written, unit = Fraction(Decimal(repr(value))), Fraction(1, 10**decimals)
    rounded = Fraction(Decimal(repr(round_gbt8170(value, decimals))))
    distance = abs(rounded - written)
    assert distance <= unit / 2
    if distance == unit / 2:
        assert (rounded / unit) % 2 == 0


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_rounding_twice_changes_nothing(value: float, decimals: int) -> None:
    once = round_gbt8170(value, decimals)
    assert round_gbt8170(once, decimals) == once


@pytest.mark.parametrize(
    ("value", "clean"), [(30.500000000000004, 30.5), (30.499999999999996, 30.5), (30.50000001, 30.50000001), (0.0, 0.0)]
)
def test_the_noise_of_a_sum_is_taken_away_and_nothing_else(value: float, clean: float) -> None:
    assert without_noise(value) == clean


ANY = st.floats(allow_nan=False, allow_infinity=False)
TIES = st.builds(lambda n, d: (2 * n + 1) / 2 / 10**d, st.integers(-(10**7), 10**7), st.integers(0, 4))
NEAR_TIES = st.builds(lambda tie, ulps: tie + ulps * np.spacing(tie), TIES, st.integers(-40, 40))
RELATIVE = st.builds(lambda tie, part: tie * (1 + part * 1e-12), TIES, st.integers(-12, 12))


@settings(max_examples=400)
@given(st.lists(st.tuples(st.one_of(ANY, TIES, NEAR_TIES, RELATIVE), st.integers(0, 6)), min_size=1, max_size=20))
@example([(30.500000000000004, 0), (5e-324, 3), (1.7e308, 6), (-0.4, 0), (-0.0, 2), (1e22, 0), (2.675, 2)])
def test_columns_are_rounded_as_single_values_are(pairs: list[tuple[float, int]]) -> None:
    values, decimals = np.array([v for v, _ in pairs], np.float64), np.array([d for _, d in pairs])
    expected = [round_gbt8170(without_noise(value), place) for value, place in pairs]
    found = round_columns(values, decimals)
    assert found.view(np.int64).tolist() == np.array(expected).view(np.int64).tolist()  # to the last bit, and its sign


def test_columns_leave_out_what_is_no_number() -> None:
    found = round_columns(np.array([np.nan, np.inf, -np.inf, 1.25]), 1)
    assert np.isnan(found[:3]).all()
    assert found[3] == 1.2
    assert len(round_columns(np.array([]), 0)) == 0
    with pytest.raises(ValueError, match="decimals beyond 0 to 15"):
        round_columns(np.array([1.0]), -1)
