"""Conversion to reference oxygen, with the vectors computed from HJ 212-2017 equation (28)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.oxygen import O2Problem, convert


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
    ],
)
def test_vectors(measured: float, o2: float, reference: float, converted: float) -> None:
    result = convert(measured, o2, reference)
    assert not isinstance(result, O2Problem)
    assert round(result, 4) == converted


@pytest.mark.parametrize(("o2", "converted"), [(19.5, 260.0), (20.5, 780.0), (20.9, 3900.0)])
def test_near_ambient_is_not_judged_unless_asked(o2: float, converted: float) -> None:
    assert convert(30, o2, 8.0) is O2Problem.NEAR_AMBIENT
    assert convert(30, o2, 8.0, ambient_from_pct=21.0) == pytest.approx(converted)


@pytest.mark.parametrize(
    ("o2", "problem"),
    [
        (None, O2Problem.MISSING),
        (21.0, O2Problem.INVALID),
        (21.3, O2Problem.INVALID),
        (-0.1, O2Problem.INVALID),
        (float("nan"), O2Problem.INVALID),
        (19.0, O2Problem.NEAR_AMBIENT),
    ],
)
def test_problems(o2: float | None, problem: O2Problem) -> None:
    assert convert(30, o2, 8.0) is problem


def test_without_a_reference_the_measured_value_stands() -> None:
    assert convert(30, None, None) == 30
    assert convert(30, 20.9, None) == 30


@given(st.floats(0, 1000), st.floats(0, 18.9), st.floats(0, 18.9), st.floats(0, 20))
def test_more_oxygen_never_lowers_the_value(measured: float, one: float, other: float, reference: float) -> None:
    low, high = convert(measured, min(one, other), reference), convert(measured, max(one, other), reference)
    assert not isinstance(low, O2Problem)
    assert not isinstance(high, O2Problem)
    assert low <= high
