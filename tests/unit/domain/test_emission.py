"""Mass of an hour: what has to be valid, which flow counts, and which reason comes first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from domain.emission import Flow, Measured, flow_of, gas_of, hourly_mass
from domain.flue import Problem
from domain.points import Basis
from domain.reasons import REASON_WORDS

DRY, WET = list(Basis).index(Basis.DRY_STANDARD), list(Basis).index(Basis.WET_STANDARD)


def measured(*means: float, minutes: int = 60, factor: float = 1.0, basis: int = DRY) -> Measured:
    size = len(means)
    known = ~np.isnan(means)
    return Measured(
        np.array(means),
        np.where(known, minutes, 0),
        np.where(known, 60, 0),
        np.full(size, factor),
        np.full(size, basis),
        np.zeros(size, np.int64),
    )


def nothing(size: int) -> Measured:
    return measured(*[np.nan] * size)


def flow(*m3_h: float) -> Flow:
    gas = gas_of(*[nothing(len(m3_h))] * 3, None, 45)
    return flow_of(measured(*m3_h), None, gas, None, None, 45)


def mass(pollutant: Measured, of: Flow, humidity: Measured | None = None) -> tuple[list[float], list[str]]:
    size = len(pollutant.mean)
    gas = gas_of(nothing(size), nothing(size), humidity or nothing(size), None, 45)
    kg, _, problem = hourly_mass(pollutant, gas, of, 45)
    return kg.tolist(), [Problem(int(one)).word for one in problem]


def test_44_valid_minutes_are_too_few_and_45_are_enough() -> None:
    assert mass(measured(10.0, minutes=44), flow(100_000))[1] == ["too_few_valid_minutes"]
    assert mass(measured(10.0, minutes=45), flow(100_000)) == ([1.0], ["none"])
    few = flow_of(measured(100_000, minutes=44), None, gas_of(*[nothing(1)] * 3, None, 45), None, None, 45)
    assert mass(measured(10.0), few)[1] == ["flow_missing"]


@pytest.mark.parametrize(
    ("mean", "kg", "why"), [(-0.5, 0.0, "none"), (-0.51, np.nan, "negative_mean"), (0.0, 0.0, "none")]
)
def test_a_wandering_zero_is_zero_and_what_is_below_it_no_measurement(mean: float, kg: float, why: str) -> None:
    found, problems = mass(measured(mean), flow(100_000))
    assert found == pytest.approx([kg], nan_ok=True)
    assert problems == [why]


def test_a_unit_that_is_thousand_times_smaller_gives_a_thousandth_of_the_mass() -> None:
    assert mass(measured(10.0, factor=1e-3), flow(100_000))[0] == pytest.approx([0.001])
    assert mass(measured(10.0, factor=np.nan), flow(100_000))[1] == ["unit_unknown"]


def test_a_valid_flow_goes_before_a_velocity_and_a_velocity_before_nothing() -> None:
    gas = gas_of(measured(0, 0, 0, np.nan), measured(0, 0, 0, 0), measured(0, 0, 0, 0), 101.325, 45)
    found = flow_of(measured(7_200, np.nan, np.nan, np.nan), measured(1, 1, np.nan, 1), gas, 10.0, 0.5, 45)
    assert found.m3_h.tolist() == pytest.approx([7_200, 18_000, np.nan, np.nan], nan_ok=True)
    assert [Problem(int(p)).word for p in found.problem] == ["none", "none", "flow_missing", "flow_missing"]
    assert found.from_velocity.tolist() == [False, True, False, False]
    alone = flow_of(None, measured(1, 1, np.nan, 1), gas, 10.0, 0.5, 45)
    assert [Problem(int(p)).word for p in alone.problem] == ["none", "none", "flow_missing", "temperature_missing"]
    none = flow_of(None, None, gas, 10.0, 0.5, 45)
    assert set(none.problem.tolist()) == {Problem.NO_FLOW}


def test_each_hour_by_the_basis_of_the_point_that_speaks_for_it() -> None:
    replaced = replace(measured(9.0, 10.0), basis=np.array([WET, DRY]))
    assert mass(replaced, flow(100_000, 100_000), measured(10.0, np.nan))[0] == pytest.approx([1.0, 1.0])
    assert mass(replaced, flow(100_000, 100_000), nothing(2))[1] == ["humidity_missing", "none"]


def test_a_state_in_a_unit_that_nobody_knows_matters_only_where_it_is_needed() -> None:
    odd = measured(10.0, 10.0, factor=np.nan)
    both = replace(measured(9.0, 10.0), basis=np.array([WET, DRY]))
    assert mass(both, flow(100_000, 100_000), odd)[1] == ["unit_unknown", "none"]


def test_every_reason_can_be_read_by_people() -> None:
    assert {problem.word for problem in Problem if problem} <= REASON_WORDS.keys()
