"""GB/T 8170 rounding: 四舍六入五成双."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rounding import round_gbt8170, without_noise


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
