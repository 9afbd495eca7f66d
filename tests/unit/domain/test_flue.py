"""Flue gas formulas: vectors computed by hand, inverses, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import flue
from domain.air import convert_columns
from domain.flue import FlueGas, Problem
from domain.points import Basis

few = settings(max_examples=40, deadline=None)
temperatures = st.floats(-30, 400)
statics = st.floats(-5, 5)
humidities = st.floats(0, 60)
concentrations = st.floats(0.001, 5_000)


def gas(
    temperature: float = np.nan, static: float = np.nan, humidity: float = np.nan, atmosphere: float | None = None
) -> FlueGas:
    return FlueGas(np.array([temperature]), np.array([static]), np.array([humidity]), atmosphere)


def test_18_actual_to_standard() -> None:
    # 20 mg/m3 at 160 degC, 89.0 kPa - 0.5 kPa: 20 * 101.325/88.5 * 433/273
    assert flue.standard_from_actual(20.0, 160.0, -0.5, 89.0) == pytest.approx(36.31856, rel=1e-6)
    assert flue.standard_from_actual(20.0, 0.0, 0.0, 101.325) == 20.0


def test_19_wet_to_dry() -> None:
    assert flue.dry_from_wet(18.0, 10.0) == pytest.approx(20.0)
    assert flue.dry_from_wet(5.4, 10.0) == pytest.approx(6.0)  # oxygen converts the same way


def test_20_ppm_to_mass() -> None:
    assert flue.mg_m3_from_ppm(10.0, flue.MOLAR_MASS["so2"]) == pytest.approx(28.5982, rel=1e-5)


def test_21_22_nitrogen_oxides_as_no2() -> None:
    assert flue.nox_from_mg_m3(100.0, 5.0) == pytest.approx(158.319, rel=1e-5)  # 46.005/30.006 = 1.53319
    assert flue.nox_from_ppm(100.0, 5.0) == pytest.approx(215.648, rel=1e-5)


def test_26_27_excess_air() -> None:
    assert flue.excess_air(9.0) == pytest.approx(1.75)
    assert flue.at_excess_air(40.0, 1.75, 1.4) == pytest.approx(50.0)


def test_29_30_31_flow() -> None:
    assert flue.duct_velocity(10.0, 0.95) == pytest.approx(9.5)
    assert flue.wet_actual_flow(9.5, 12.5) == pytest.approx(427_500.0)
    # 427,500 * 273/433 * 88.5/101.325 * 0.9
    assert flue.dry_standard_from_wet_actual(427_500.0, 160.0, -0.5, 10.0, 89.0) == pytest.approx(211_875.16, rel=1e-7)


def test_33_mass_is_of_the_measured_concentration() -> None:
    assert flue.mass_kg_h(25.0, 200_000.0) == pytest.approx(5.0)
    assert flue.mass_kg_h(np.array([25.0, 0.0]), np.array([200_000.0, 200_000.0])).tolist() == pytest.approx([5.0, 0.0])


@few
@given(concentrations, temperatures, statics, humidities)
def test_inverses(value: float, temperature: float, static: float, humidity: float) -> None:
    there = flue.standard_from_actual(value, temperature, static, 89.0)
    assert flue.actual_from_standard(there, temperature, static, 89.0) == pytest.approx(value)
    assert flue.wet_from_dry(flue.dry_from_wet(value, humidity), humidity) == pytest.approx(value)
    assert flue.ppm_from_mg_m3(flue.mg_m3_from_ppm(value, 46.005), 46.005) == pytest.approx(value)


@few
@given(concentrations, st.floats(0, 20), st.floats(0, 20))
def test_excess_air_and_reference_oxygen_agree(value: float, o2: float, reference: float) -> None:
    by_oxygen = convert_columns(np.array([value]), np.array([o2]), np.array([reference]))[0]
    by_air = flue.at_excess_air(value, flue.excess_air(o2), flue.excess_air(reference))
    assert by_air == pytest.approx(by_oxygen)


@few
@given(concentrations, st.floats(1, 1e6), temperatures, statics, humidities, st.sampled_from(Basis))
def test_mass_does_not_depend_on_the_basis(
    value: float, flow: float, temperature: float, static: float, humidity: float, basis: Basis
) -> None:
    """What a concentration gains a volume loses: the same gas, described in any state, carries the same mass."""
    state = gas(temperature, static, humidity, 89.0)
    dry, why = flue.dry_standard(np.array([value]), basis, state)
    dry_flow, why_flow = flue.dry_standard_flow(np.array([flow]), basis, state)
    assert (why[0], why_flow[0]) == (Problem.NONE, Problem.NONE)
    assert flue.mass_kg_h(dry, dry_flow)[0] == pytest.approx(value * flow * 1e-6)


@few
@given(temperatures, st.floats(0.1, 50), humidities, st.floats(0.1, 20))
def test_hotter_and_wetter_gas_is_more_concentrated_when_dry_and_standard(
    temperature: float, more_temperature: float, humidity: float, more_humidity: float
) -> None:
    def one(*state: float) -> float:
        return float(flue.dry_standard(np.array([10.0]), Basis.WET_ACTUAL, gas(*state, atmosphere=89.0))[0][0])

    base = one(temperature, 0.0, humidity)
    assert one(temperature + more_temperature, 0.0, humidity) > base
    assert one(temperature, 0.0, humidity + more_humidity) > base
    assert one(temperature, -1.0, humidity) > base


def test_31_is_what_a_wet_actual_flow_becomes() -> None:
    flow, why = flue.dry_standard_flow(np.array([427_500.0]), Basis.WET_ACTUAL, gas(160.0, -0.5, 10.0, 89.0))
    assert why.tolist() == [Problem.NONE]
    assert flow[0] == pytest.approx(flue.dry_standard_from_wet_actual(427_500.0, 160.0, -0.5, 10.0, 89.0))


def test_velocity_needs_an_area_and_takes_a_factor() -> None:
    state = gas(160.0, -0.5, 10.0, 89.0)
    found, why = flue.dry_standard_flow_of_velocity(np.array([10.0]), state, 12.5, 0.95)
    assert (found[0], why[0]) == (pytest.approx(211_875.16, rel=1e-7), Problem.NONE)
    without, _ = flue.dry_standard_flow_of_velocity(np.array([10.0]), state, 12.5, None)
    assert without[0] == pytest.approx(found[0] / 0.95)
    nothing, why = flue.dry_standard_flow_of_velocity(np.array([10.0]), state, None, 0.95)
    assert (np.isnan(nothing[0]), why[0]) == (True, Problem.AREA_MISSING)


@pytest.mark.parametrize(
    ("basis", "state", "why"),
    [
        (Basis.DRY_STANDARD, gas(), Problem.NONE),
        (Basis.WET_STANDARD, gas(humidity=10.0), Problem.NONE),
        (Basis.WET_STANDARD, gas(160.0, -0.5, atmosphere=89.0), Problem.HUMIDITY_MISSING),
        (Basis.WET_STANDARD, gas(humidity=100.0), Problem.HUMIDITY_IMPLAUSIBLE),
        (Basis.WET_STANDARD, gas(humidity=-1.0), Problem.HUMIDITY_IMPLAUSIBLE),
        (Basis.DRY_ACTUAL, gas(160.0, -0.5, atmosphere=89.0), Problem.NONE),
        (Basis.DRY_ACTUAL, gas(static=-0.5, atmosphere=89.0), Problem.TEMPERATURE_MISSING),
        (Basis.DRY_ACTUAL, gas(-273.0, -0.5, atmosphere=89.0), Problem.TEMPERATURE_IMPLAUSIBLE),
        (Basis.DRY_ACTUAL, gas(160.0, -0.5), Problem.ATMOSPHERE_MISSING),
        (Basis.DRY_ACTUAL, gas(160.0, atmosphere=89.0), Problem.PRESSURE_MISSING),
        (Basis.WET_ACTUAL, gas(160.0, -0.5, atmosphere=89.0), Problem.HUMIDITY_MISSING),
        # -123 Pa that came as kPa, an absolute pressure that came as a static one, and the edges of what is believed
        (Basis.WET_ACTUAL, gas(160.0, -123.0, 10.0, 89.0), Problem.PRESSURE_IMPLAUSIBLE),
        (Basis.WET_ACTUAL, gas(160.0, 88.5, 10.0, 89.0), Problem.PRESSURE_IMPLAUSIBLE),
        (Basis.WET_ACTUAL, gas(160.0, -49.0, 10.0, 89.0), Problem.NONE),
        (Basis.WET_ACTUAL, gas(160.0, -49.1, 10.0, 89.0), Problem.PRESSURE_IMPLAUSIBLE),
        (Basis.WET_ACTUAL, gas(160.0, 21.0, 10.0, 89.0), Problem.NONE),
        (Basis.WET_ACTUAL, gas(160.0, 21.1, 10.0, 89.0), Problem.PRESSURE_IMPLAUSIBLE),
    ],
)
def test_what_a_basis_needs(basis: Basis, state: FlueGas, why: Problem) -> None:
    for convert in (flue.dry_standard, flue.dry_standard_flow):
        found, problem = convert(np.array([10.0]), basis, state)
        assert problem.tolist() == [why]
        assert np.isnan(found[0]) == (why is not Problem.NONE)


def test_a_flow_that_is_none() -> None:
    _, why = flue.dry_standard_flow(
        np.array([np.nan, -1.0, 0.0]), Basis.DRY_STANDARD, FlueGas(*[np.zeros(3)] * 3, None)
    )
    assert why.tolist() == [Problem.FLOW_MISSING, Problem.FLOW_NEGATIVE, Problem.NONE]


def test_units() -> None:
    assert [flue.pressure_factor(unit) for unit in ("kPa", "Pa", "mmHg")] == [1.0, 1e-3, None]
    assert [flue.flow_factor(unit) for unit in ("m3/h", "m3/s", "t")] == [1.0, 3600.0, None]
    assert Problem.PRESSURE_IMPLAUSIBLE.word == "pressure_implausible"
