"""Which meters count, and shares that no binary fraction decides."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.metering import (
    Intake,
    Meter,
    counted_from,
    elapsed_hours,
    fitted_meter,
    in_service,
    must_be_online,
    reaches,
    unfitted_reason,
)

DAY = date(2026, 11, 2)


def meter(serial: str = "1", **fields: object) -> Meter:
    known: dict[str, object] = {
        "verified_on": date(2026, 1, 1),
        "verification_months": 24,
        "installed_on": date(2025, 1, 1),
    }
    return Meter("a", "P", serial, **(known | fields))  # type: ignore[arg-type]


def test_service_is_half_open() -> None:
    assert in_service(DAY, None, DAY)
    assert not in_service(DAY, DAY, DAY)
    assert in_service(DAY, DAY + timedelta(days=1), DAY)
    assert not in_service(DAY + timedelta(days=1), None, DAY)


def test_the_due_day_of_the_verification_still_counts() -> None:
    lapsing = meter(verified_on=date(2024, 8, 31), verification_months=30)
    assert lapsing.verification_due == date(2027, 2, 28)
    assert lapsing.is_fitted(date(2027, 2, 28))
    assert not lapsing.is_fitted(date(2027, 3, 1))


def test_of_several_meters_the_one_installed_last_counts() -> None:
    old, new = meter("1"), meter("2", installed_on=date(2026, 6, 1))
    lapsed = meter("3", installed_on=date(2026, 7, 1), verified_on=date(2020, 1, 1))
    assert fitted_meter([new, old, lapsed], DAY) is new
    assert fitted_meter([lapsed], DAY) is None
    assert unfitted_reason([lapsed], DAY) == "verification_expired"
    assert unfitted_reason([meter(removed_on=DAY)], DAY) == unfitted_reason([], DAY) == "no_meter"


def test_arrival_counts_from_the_latest_of_four_dates() -> None:
    connected = meter(point_id=1, point_in_service_from=date(2020, 1, 1))
    assert connected.is_connected(DAY)
    assert counted_from(connected, date(2026, 1, 1), DAY) == date(2026, 11, 1)
    assert counted_from(connected, DAY, DAY) == DAY
    later = meter(point_id=1, point_in_service_from=DAY)
    assert counted_from(later, date(2026, 1, 1), date(2026, 11, 9)) == DAY
    assert counted_from(meter(installed_on=DAY), date(2026, 1, 1), date(2026, 11, 9)) == DAY
    assert not meter().is_connected(DAY)
    assert not meter(point_id=1, point_in_service_from=DAY, point_in_service_to=DAY).is_connected(DAY)
    assert elapsed_hours(date(2026, 11, 1), DAY) == 48


@pytest.mark.parametrize(
    ("source", "permitted", "agricultural", "expected"),
    [
        ("surface", 500_000, False, True),
        ("surface", 499_999, False, False),
        ("ground", 50_000, False, True),
        ("ground", 49_999, False, False),
        ("public", 9e9, False, False),
        ("ground", 9e9, True, False),
    ],
)
def test_who_must_be_online(source: str, permitted: float, agricultural: bool, expected: bool) -> None:
    intake = Intake("a", "Q", source, permitted, agricultural, date(2020, 1, 1))
    assert must_be_online(intake, surface_m3_a=500_000, ground_m3_a=50_000) is expected


def test_strict_and_empty_shares() -> None:
    assert reaches(9, 10, 90)
    assert not reaches(9, 10, 90, strictly=True)
    assert not reaches(0, 0, 0)


@given(st.integers(0, 10**7), st.integers(1, 10**7), st.integers(1, 100))
def test_shares_are_compared_exactly(numerator: int, denominator: int, percent: int) -> None:
    assert reaches(numerator, denominator, percent) == (100 * numerator >= percent * denominator)
    assert reaches(numerator, denominator, percent, strictly=True) == (100 * numerator > percent * denominator)
