"""Hourly mass of a pollutant at a stack from its hourly rows: what the mass of months and the rate of hours share."""

from __future__ import annotations

from dataclasses import dataclass

from domain.emission import Bools, Floats, Flow, Ints, Measured, flow_of, gas_of, hourly_mass
from domain.flue import FlueGas
from rules.families.capture import Span
from rules.families.stacks import Stack


@dataclass(frozen=True, slots=True)
class Emission:
    """One row per hour of a span: kg in the hour, dry standard mg/m3, a Problem; NaN where there is none.

    is_stopped: hours in which the source was stopped.
    """

    pollutant: Measured
    gas: FlueGas
    flow: Flow
    kg: Floats
    dry_mg_m3: Floats
    problem: Ints
    is_stopped: Bools


def emission(stack: Stack, quantity: str, span: Span, min_valid_minutes: int) -> Emission:
    """What a stack emits of a pollutant in each hour of a span. Pure."""
    grid = span.grid

    def of(name: str) -> Measured:
        return grid.of(stack, name)

    gas = gas_of(
        of("flue_temperature"), of("flue_pressure"), of("flue_humidity"), stack.atmosphere_kpa, min_valid_minutes
    )
    flow = flow_of(
        of("flue_flow") if "flue_flow" in stack.instruments else None,
        of("flue_velocity") if "flue_velocity" in stack.instruments else None,
        gas,
        stack.duct_area_m2,
        stack.velocity_factor,
        min_valid_minutes,
    )
    pollutant = of(quantity)
    kg, dry, problem = hourly_mass(pollutant, gas, flow, min_valid_minutes)
    return Emission(pollutant, gas, flow, kg, dry, problem, span.stopped(stack, min_valid_minutes))
