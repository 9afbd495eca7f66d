"""Flue gas: from what instruments measure to dry standard concentration, dry standard flow and mass.

HJ 212-2017 annex D.2, formulas (18) to (22) and (26) to (34); means of minutes, hours and days, (23) to (25), are
`domain.hourly`'s. Every formula works on one value and on columns alike and says nothing about whether its input is
fit: `dry_standard` and `dry_standard_flow` do that, and give a reason where an ingredient is missing, never a guess.

Standard state is 273 K (as the standard writes it, not 273.15) and 101.325 kPa; percentages are per cent by volume.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from domain.air import AIR_O2_PCT
from domain.points import Basis

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Value = TypeVar("Value", float, NDArray[np.float64])

STANDARD_KPA = 101.325
STANDARD_K = 273.0
#: Litres of a mole of ideal gas in standard state, as (20) has it.
MOLE_L = 22.4
#: g/mol, as used with HJ 75.
MOLAR_MASS = {"so2": 64.06, "no": 30.006, "no2": 46.005}
#: kg/h of (mg/m3)·(m3/h).
KG_OF_MG = 1e-6

#: A flue's absolute pressure: Wuhai lies at 1,100 m with about 89 kPa, and fans move it by a few kPa. Outside, somebody
#: has mistaken Pa for kPa, or an absolute for a static pressure.
LOWEST_KPA, HIGHEST_KPA = 40.0, 110.0
_PRESSURE_KPA = {"kPa": 1.0, "Pa": 1e-3}
_FLOW_M3_H = {"m3/h": 1.0, "m3/s": 3600.0}


class Problem(IntEnum):
    """Why an hour has no dry standard value or no mass, the first one that is met."""

    NONE = 0
    UNIT_UNKNOWN = 1
    TEMPERATURE_MISSING = 2
    TEMPERATURE_IMPLAUSIBLE = 3
    ATMOSPHERE_MISSING = 4
    PRESSURE_MISSING = 5
    PRESSURE_IMPLAUSIBLE = 6
    HUMIDITY_MISSING = 7
    HUMIDITY_IMPLAUSIBLE = 8
    FLOW_MISSING = 9
    FLOW_NEGATIVE = 10
    AREA_MISSING = 11
    # of the hour's own data, see `domain.emission`
    NO_DATA = 12
    TOO_FEW_VALID_MINUTES = 13
    NEGATIVE_MEAN = 14
    NO_FLOW = 15

    @property
    def word(self) -> str:
        """As findings and their evidence write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class FlueGas:
    """State of the gas in the duct, one row per hour; NaN where it is not known.

    static_kpa: gauge pressure (静压), negative behind a fan. atmosphere_kpa: Ba of the place, None when not registered.
    is_unreadable: hours in which one of the three has a unit that nobody knows.
    """

    temperature_c: Floats
    static_kpa: Floats
    humidity_pct: Floats
    atmosphere_kpa: float | None
    is_unreadable: NDArray[np.bool_] | None = None


def standard_from_actual(actual: Value, temperature_c: Value, static_kpa: Value, atmosphere_kpa: float) -> Value:
    """(18): a concentration at duct temperature and pressure (工况) to standard state; wet stays wet."""
    return actual * STANDARD_KPA / (atmosphere_kpa + static_kpa) * ((STANDARD_K + temperature_c) / STANDARD_K)


def actual_from_standard(standard: Value, temperature_c: Value, static_kpa: Value, atmosphere_kpa: float) -> Value:
    """The inverse of (18)."""
    return standard * (atmosphere_kpa + static_kpa) / STANDARD_KPA * (STANDARD_K / (STANDARD_K + temperature_c))


def dry_from_wet(wet: Value, humidity_pct: Value) -> Value:
    """(19), for oxygen too: wet concentration to dry."""
    return wet / (1.0 - humidity_pct / 100.0)


def wet_from_dry(dry: Value, humidity_pct: Value) -> Value:
    """The inverse of (19)."""
    return dry * (1.0 - humidity_pct / 100.0)


def mg_m3_from_ppm(ppm: Value, molar_mass: float) -> Value:
    """(20): volume concentration (umol/mol) of a gas to mg/m3 in standard state; molar_mass in g/mol."""
    return ppm * (molar_mass / MOLE_L)


def ppm_from_mg_m3(mg_m3: Value, molar_mass: float) -> Value:
    """The inverse of (20)."""
    return mg_m3 * (MOLE_L / molar_mass)


def nox_from_mg_m3(no: Value, no2: Value) -> Value:
    """(21): NO and NO2 in mg/m3 to NOx as NO2, mg/m3."""
    return no * (MOLAR_MASS["no2"] / MOLAR_MASS["no"]) + no2


def nox_from_ppm(no: Value, no2: Value) -> Value:
    """(22): NO and NO2 in ppm to NOx as NO2, mg/m3."""
    return (no + no2) * (MOLAR_MASS["no2"] / MOLE_L)


def excess_air(dry_o2_pct: Value) -> Value:
    """(27): excess air coefficient (过量空气系数) from dry oxygen below 21 %."""
    return AIR_O2_PCT / (AIR_O2_PCT - dry_o2_pct)


def at_excess_air(measured: Value, alpha: Value, standard_alpha: float) -> Value:
    """(26): dry standard concentration to the excess air that a standard asks for.

    (28), by reference oxygen, is `domain.air.convert_columns`; the two agree where standard_alpha = excess_air(O2s).
    """
    return measured * alpha / standard_alpha


def duct_velocity(measured_m_s: Value, velocity_factor: float) -> Value:
    """(29): velocity at the probe to that of the whole cross-section, by 速度场系数 Kv."""
    return velocity_factor * measured_m_s


def wet_actual_flow(duct_m_s: Value, area_m2: float) -> Value:
    """(30): m3/h, wet, at duct temperature and pressure."""
    return 3600.0 * area_m2 * duct_m_s


def dry_standard_from_wet_actual(
    flow: Value, temperature_c: Value, static_kpa: Value, humidity_pct: Value, atmosphere_kpa: float
) -> Value:
    """(31): flow, wet and actual, to dry standard; same unit."""
    return (
        flow
        * (STANDARD_K / (STANDARD_K + temperature_c))
        * ((atmosphere_kpa + static_kpa) / STANDARD_KPA)
        * (1.0 - humidity_pct / 100.0)
    )


def mass_kg_h(measured_mg_m3: Value, dry_standard_m3_h: Value) -> Value:
    """(33): kg/h from the MEASURED dry standard concentration, never from the one at reference oxygen.

    (34), a day's or month's mass, is the sum of its valid hours; the 10⁻⁶ that the standard prints there a second time
    is a misprint: its unit would not be kg.
    """
    return measured_mg_m3 * dry_standard_m3_h * KG_OF_MG


def pressure_factor(unit: str) -> float | None:
    """What turns a static pressure of a unit into kPa; None for a unit that is none."""
    return _PRESSURE_KPA.get(unit)


def flow_factor(unit: str) -> float | None:
    """What turns a flow of a unit into m3/h; None for a unit that is none."""
    return _FLOW_M3_H.get(unit)


def dry_standard(measured: Floats, basis: Basis, gas: FlueGas) -> tuple[Floats, Ints]:
    """Dry standard concentrations in the unit of `measured`, and why not: a Problem each. NaN where there is one.

    dry_standard needs nothing, wet_* humidity, *_actual temperature, static pressure and the place's atmosphere.
    """
    factor, problem = _to_dry_standard(basis, gas)
    return measured * factor, problem


def dry_standard_flow(measured_m3_h: Floats, basis: Basis, gas: FlueGas) -> tuple[Floats, Ints]:
    """Dry standard flow in m3/h from a flow that refers to a basis, and why not; (31) where it is wet_actual.

    A volume shrinks by what makes a concentration grow, so that mass does not depend on the basis.
    """
    factor, problem = _to_dry_standard(basis, gas)
    problem = np.where((problem == Problem.NONE) & np.isnan(measured_m3_h), Problem.FLOW_MISSING, problem)
    problem = np.where((problem == Problem.NONE) & (measured_m3_h < 0), Problem.FLOW_NEGATIVE, problem)
    return np.where(problem == Problem.NONE, measured_m3_h / factor, np.nan), problem.astype(np.int64)


def dry_standard_flow_of_velocity(
    measured_m_s: Floats, gas: FlueGas, area_m2: float | None, velocity_factor: float | None
) -> tuple[Floats, Ints]:
    """(29), (30), (31): dry standard flow in m3/h from the velocity at the probe, and why not.

    velocity_factor: None stands for 1. A velocity is always that of the wet gas as it is.
    """
    if area_m2 is None:
        size = len(measured_m_s)
        return np.full(size, np.nan), np.full(size, int(Problem.AREA_MISSING), np.int64)
    flow = wet_actual_flow(duct_velocity(measured_m_s, 1.0 if velocity_factor is None else velocity_factor), area_m2)
    return dry_standard_flow(flow, Basis.WET_ACTUAL, gas)


def _to_dry_standard(basis: Basis, gas: FlueGas) -> tuple[Floats, Ints]:
    """What a concentration of a basis is multiplied by, and the first Problem of each row; NaN where there is one."""
    size = len(gas.temperature_c)
    factor = np.ones(size)
    problem = np.zeros(size, np.int64)

    def refuse(rows: NDArray[np.bool_], why: Problem) -> None:
        problem[rows & (problem == Problem.NONE)] = why

    if gas.is_unreadable is not None and basis is not Basis.DRY_STANDARD:
        refuse(gas.is_unreadable, Problem.UNIT_UNKNOWN)
    with np.errstate(divide="ignore", invalid="ignore"):
        if basis in (Basis.DRY_ACTUAL, Basis.WET_ACTUAL):
            refuse(np.isnan(gas.temperature_c), Problem.TEMPERATURE_MISSING)
            refuse(gas.temperature_c <= -STANDARD_K, Problem.TEMPERATURE_IMPLAUSIBLE)
            if gas.atmosphere_kpa is None:
                refuse(np.ones(size, bool), Problem.ATMOSPHERE_MISSING)
            else:
                absolute = gas.atmosphere_kpa + gas.static_kpa
                refuse(np.isnan(absolute), Problem.PRESSURE_MISSING)
                refuse((absolute < LOWEST_KPA) | (absolute > HIGHEST_KPA), Problem.PRESSURE_IMPLAUSIBLE)
                factor = standard_from_actual(factor, gas.temperature_c, gas.static_kpa, gas.atmosphere_kpa)
        if basis in (Basis.WET_STANDARD, Basis.WET_ACTUAL):
            refuse(np.isnan(gas.humidity_pct), Problem.HUMIDITY_MISSING)
            refuse((gas.humidity_pct < 0) | (gas.humidity_pct >= 100), Problem.HUMIDITY_IMPLAUSIBLE)
            factor = dry_from_wet(factor, gas.humidity_pct)
    return np.where(problem == Problem.NONE, factor, np.nan), problem
