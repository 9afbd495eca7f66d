"""Amounts of energy to standard coal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger import ENERGY
from domain.standard_coal import MJ_PER_KGCE, PRINTED_UNITS, Factor, Factors, exact, measured_factor

D = Decimal


def factor(kind: str, kgce: str, valid_from: date | None = None, edition: str = "x") -> Factor:
    return Factor(kind, D(kgce), edition, "source", "secondary", True, valid_from=valid_from)


@pytest.mark.parametrize(
    ("kind", "kgce", "amount", "tce", "unit"),
    [
        ("electricity", "0.1229", "1000000", "122.9", "kgce/kWh"),
        ("washed_coal", "0.9", "1000", "900", "kgce/kg"),
        ("coke_oven_gas", "0.5714", "10000", "5.714", "kgce/m3"),
        ("heat", "0.03412", "1000", "34.12", "kgce/MJ"),
        ("steam", "0.1286", "-10", "-1.286", "kgce/kg"),
    ],
)
def test_tce_of_an_amount(kind: str, kgce: str, amount: str, tce: str, unit: str) -> None:
    one = factor(kind, kgce)
    assert one.tce(D(amount)) == D(tce)
    assert one.unit == unit


def test_every_kind_has_a_printed_unit() -> None:
    assert {kind.unit for kind in ENERGY.values()} == set(PRINTED_UNITS)


def test_a_measured_calorific_value_of_one_kgce() -> None:
    found = measured_factor("natural_gas", MJ_PER_KGCE)
    assert (found.kgce, found.reading, found.confirmed) == (1, "measured", True)


def test_the_edition_in_force() -> None:
    old, new = factor("steam", "0.1", None, "2008"), factor("steam", "0.2", date(2021, 4, 1), "2020")
    factors = Factors([new, old])
    assert factors.of("steam", date(2021, 3, 31)) is old
    assert factors.of("steam", date(2021, 4, 1)) is new
    assert factors.of("heat", date(2021, 4, 1)) is None


@given(st.decimals(min_value=0, max_value=10**9, places=3))
def test_a_figure_stays_as_it_was_written(value: Decimal) -> None:
    assert exact(float(value)) == value
