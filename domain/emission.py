"""Mass of a pollutant that an outlet emits in an hour, or why there is none; on columns, one row per hour.

The arithmetic is `domain.flue`'s. A figure needs a valid hour of everything that it rests on: at least 45 valid minutes
(HJ 212-2017 D.2.2(2)) of the concentration, of the flow, and of what turns them into dry standard state. What is not
valid is missing, whatever its mean says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from domain.flue import FlueGas, Problem, dry_standard, dry_standard_flow, dry_standard_flow_of_velocity, mass_kg_h
from domain.points import Basis

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Convert = Callable[[Floats, Basis, FlueGas], tuple[Floats, Ints]]

#: A mean of at least this, in mg/m3, is an analyser's zero that wanders; below it, no measurement. Engineering rule.
ZERO_BAND_MG_M3 = -0.5


@dataclass(frozen=True, slots=True)
class Measured:
    """Hourly rows of one quantity. mean: NaN where there is none. factor: to the unit of the formula, NaN for a unit
    that nobody knows. basis: position in `list(Basis)`. point_id: whose row speaks, -1 where there is none."""

    mean: Floats
    valid_minutes: Ints
    readings: Ints
    factor: Floats
    basis: Ints
    point_id: Ints

    def part(self, first: int, stop: int) -> Measured:
        """Rows [first, stop)."""
        return Measured(*(getattr(self, f.name)[first:stop] for f in fields(self)))

    def is_valid(self, min_valid_minutes: int) -> Bools:
        """Hours with a mean of enough valid minutes."""
        valid: Bools = (self.valid_minutes >= min_valid_minutes) & np.isfinite(self.mean)
        return valid

    def values(self, min_valid_minutes: int) -> Floats:
        """Means of valid hours in the unit of the formula, NaN elsewhere."""
        return np.where(self.is_valid(min_valid_minutes), self.mean * self.factor, np.nan)

    def is_unreadable(self, min_valid_minutes: int) -> Bools:
        """Valid hours whose unit nobody knows."""
        return self.is_valid(min_valid_minutes) & np.isnan(self.factor)


@dataclass(frozen=True, slots=True)
class Flow:
    """Dry standard flow in m3/h, NaN where there is none, and why: a Problem. from_velocity: hours computed from it."""

    m3_h: Floats
    problem: Ints
    from_velocity: Bools


def gas_of(
    temperature: Measured, pressure: Measured, humidity: Measured, atmosphere_kpa: float | None, min_valid_minutes: int
) -> FlueGas:
    """State of the gas from the hourly rows of its three quantities; pressure's factor turns it into kPa."""
    unreadable = np.logical_or.reduce([p.is_unreadable(min_valid_minutes) for p in (temperature, pressure, humidity)])
    return FlueGas(
        temperature.values(min_valid_minutes),
        pressure.values(min_valid_minutes),
        humidity.values(min_valid_minutes),
        atmosphere_kpa,
        unreadable,
    )


def flow_of(
    flow: Measured | None,
    velocity: Measured | None,
    gas: FlueGas,
    area_m2: float | None,
    velocity_factor: float | None,
    min_valid_minutes: int,
) -> Flow:
    """Flow of a stack. A valid hour of flow goes before one of velocity; None: the outlet has no such point."""
    size = len(gas.temperature_c)
    found = Flow(np.full(size, np.nan), np.full(size, int(Problem.NO_FLOW), np.int64), np.zeros(size, bool))
    if velocity is not None:
        speed = velocity.values(min_valid_minutes)
        m3_h, problem = dry_standard_flow_of_velocity(speed, gas, area_m2, velocity_factor)
        problem = np.where(velocity.is_unreadable(min_valid_minutes), int(Problem.UNIT_UNKNOWN), problem)
        found = Flow(m3_h, problem, problem == Problem.NONE)
    if flow is not None:
        m3_h, problem = _by_basis(flow, gas, min_valid_minutes, dry_standard_flow)
        problem = np.where(np.isnan(flow.values(min_valid_minutes)), int(Problem.FLOW_MISSING), problem)
        problem = np.where(flow.is_unreadable(min_valid_minutes), int(Problem.UNIT_UNKNOWN), problem)
        m3_h = np.where(problem == Problem.NONE, m3_h, np.nan)
        own = found.from_velocity & (problem != Problem.NONE)
        found = Flow(np.where(own, found.m3_h, m3_h), np.where(own, int(Problem.NONE), problem), own)
    return found


def hourly_mass(pollutant: Measured, gas: FlueGas, flow: Flow, min_valid_minutes: int) -> tuple[Floats, Floats, Ints]:
    """(kg, dry standard concentration in mg/m3, Problem) of each hour; NaN where there is none.

    A mean slightly below zero counts as zero, one below the band is NEGATIVE_MEAN.
    """
    dry, state = _by_basis(pollutant, gas, min_valid_minutes, dry_standard)
    conditions = [
        (pollutant.readings <= 0, Problem.NO_DATA),
        (~pollutant.is_valid(min_valid_minutes), Problem.TOO_FEW_VALID_MINUTES),
        (pollutant.is_unreadable(min_valid_minutes), Problem.UNIT_UNKNOWN),
    ]
    problem = np.select([rows for rows, _ in conditions], [int(why) for _, why in conditions], default=state)
    problem = np.where(problem == Problem.NONE, flow.problem, problem)
    problem = np.where((problem == Problem.NONE) & (dry < ZERO_BAND_MG_M3), int(Problem.NEGATIVE_MEAN), problem)
    kg = np.where(problem == Problem.NONE, mass_kg_h(np.maximum(dry, 0.0), flow.m3_h), np.nan)
    return kg, dry, problem.astype(np.int64)


def _by_basis(measured: Measured, gas: FlueGas, min_valid_minutes: int, convert: Convert) -> tuple[Floats, Ints]:
    """Converts each hour by the basis of the point that speaks for it."""
    values = measured.values(min_valid_minutes)
    out, problem = np.full(len(values), np.nan), np.zeros(len(values), np.int64)
    for number, basis in enumerate(Basis):
        rows = measured.basis == number
        if rows.any():
            found, why = convert(values, basis, gas)
            out[rows], problem[rows] = found[rows], why[rows]
    return out, problem
