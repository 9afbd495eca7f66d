"""Water balances by hand, and what holds for all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.balance import (
    Balance,
    ahead_of,
    condensate_pct,
    cooling_circulation_pct,
    forecast,
    reuse_pct,
    saved_m3,
    unit_intake,
)

VOLUMES = st.floats(0, 1e9, allow_nan=False)


def test_a_balance_by_hand() -> None:
    balance = Balance(1000.0, 930.0)
    assert (balance.loss, balance.loss_pct) == (70.0, 7.0)
    assert balance.exceeds(5)
    assert not balance.exceeds(7)
    assert Balance(0.0, 5.0).loss_pct is None
    assert Balance(0.0, 5.0).exceeds(10), "more arrived than entered, whatever the share"
    assert not Balance(0.0, 0.0).exceeds(10)


@given(VOLUMES, VOLUMES, st.floats(0.1, 100))
def test_the_band_looks_both_ways(entry: float, difference: float, percent: float) -> None:
    below, above = Balance(entry, entry - difference), Balance(entry, entry + difference)
    if entry + difference - entry == entry - (entry - difference):  # where doubles do not blur it
        assert below.exceeds(percent) == above.exceeds(percent)
    assert not Balance(entry, entry).exceeds(percent)


def test_rates_by_hand() -> None:
    assert reuse_pct(900.0, 100.0) == 90.0
    assert reuse_pct(0.0, 0.0) is None
    assert cooling_circulation_pct(975.0, 25.0) == 97.5
    assert condensate_pct(80.0, 100.0) == 80.0
    assert condensate_pct(80.0, 0.0) is None
    assert unit_intake(1300.0, 1000.0) == 1.3
    assert unit_intake(1300.0, 0.0) is None
    assert saved_m3(1.4, 1.2, 1000.0) == pytest.approx(200.0)


def test_a_forecast_goes_on_as_until_now() -> None:
    assert forecast(100.0, 73, 365) == 500.0
    with pytest.raises(ValueError, match="no day"):
        forecast(100.0, 0, 365)


@given(VOLUMES, st.floats(1, 1e9), st.integers(1, 366))
def test_to_be_ahead_is_to_be_forecast_above(to_date: float, allowed: float, elapsed: int) -> None:
    coming = forecast(to_date, elapsed, 366)
    if abs(coming - allowed) > 1e-6 * allowed:
        assert ahead_of(to_date, allowed, elapsed, 366) == (coming > allowed)
    assert not ahead_of(0.0, allowed, elapsed, 366)
