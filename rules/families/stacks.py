"""Outlets with everything that is measured at them, and their hourly rows as columns over a span of hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from domain.air import POLLUTANTS
from domain.emission import Measured
from domain.findings import Subject, SubjectKind
from domain.flue import flow_factor, pressure_factor
from domain.limits import mg_m3_factor
from domain.periods import numbered_hour
from domain.points import Basis
from rules.families.outlets import first_hour
from storage import emissions
from storage.database import Connection
from storage.emissions import HourRows, StackPoint

Ints = NDArray[np.int64]

RUNNING = "running_state"
#: What turns a concentration into mass, by quantity.
GAS = ("flue_flow", "flue_velocity", "flue_temperature", "flue_pressure", "flue_humidity")
#: What a point of these quantities must be measured in, where no table of units is asked.
_UNITS = {"flue_velocity": "m/s", "flue_temperature": "degC", "flue_humidity": "%"}
_BASES = list(Basis)


@dataclass(frozen=True, slots=True)
class Instrument:
    """A point in service in hours [first, end); end None while in service.

    factor: what turns its values into the unit of the formulas (mg/m3, m3/h, m/s, degC, kPa, %), NaN for an unknown
    unit. basis: position in `list(Basis)`.
    """

    point_id: int
    code: str
    first: int
    end: int | None
    factor: float
    basis: int


@dataclass(slots=True)
class Stack:
    """An outlet that is judged in hours [first, end); end None while in service."""

    outlet_id: int
    enterprise_id: int
    enterprise: str
    code: str
    process: str
    first: int
    end: int | None
    duct_area_m2: float | None = None
    velocity_factor: float | None = None
    atmosphere_kpa: float | None = None
    instruments: dict[str, list[Instrument]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """``{enterprise}/{code}``, as limits and marks name it."""
        return f"{self.enterprise}/{self.code}"

    @property
    def pollutants(self) -> list[str]:
        """Pollutants that are measured here, sorted."""
        return sorted(set(self.instruments) & set(POLLUTANTS))

    def subject(self, quantity: str) -> Subject:
        """One pollutant of it as a subject."""
        return Subject(SubjectKind.POLLUTANT, f"{self.key}/{quantity}")

    def code_of(self, point_id: int) -> str | None:
        """Code of one of its points, None for -1."""
        found = (one.code for of in self.instruments.values() for one in of if one.point_id == point_id)
        return next(found, None)

    def point_ids(self, quantities: Iterable[str]) -> list[int]:
        """Its points of some quantities."""
        return [one.point_id for quantity in quantities for one in self.instruments.get(quantity, ())]


def service_of(stack: Stack, quantities: Iterable[str]) -> tuple[int, int | None] | None:
    """Hours [first, end) of a stack's service in which points of some quantities are or are to be replaced."""
    instruments = [one for quantity in quantities for one in stack.instruments.get(quantity, ())]
    if not instruments:
        return None
    first = max(stack.first, min(one.first for one in instruments))
    ends = [one.end for one in instruments]
    last = None if None in ends else max(end for end in ends if end is not None)
    end = min((end for end in (stack.end, last) if end is not None), default=None)
    return None if end is not None and end <= first else (first, end)


@dataclass(frozen=True, slots=True)
class Grid:
    """Hourly rows of some quantities of some stacks over hours [first, stop), dense."""

    first: int
    stop: int
    columns: Mapping[tuple[int, str], Measured]

    def of(self, stack: Stack, quantity: str) -> Measured:
        """Columns of a quantity, without any reading where it is not measured."""
        found = self.columns.get((stack.outlet_id, quantity))
        return empty(self.stop - self.first) if found is None else found


def empty(size: int) -> Measured:
    """Hours without any reading."""
    none, zero = np.full(size, np.nan), np.zeros(size, np.int64)
    return Measured(none, zero, zero, none, zero, zero - 1)


def select(rows: Iterable[StackPoint], valid_from: int) -> list[Stack]:
    """Outlets at which anything is measured, judged from an hour on at the earliest."""
    stacks: dict[int, Stack] = {}
    for row in rows:
        stack = stacks.get(row.outlet_id)
        if stack is None:
            stack = stacks[row.outlet_id] = Stack(
                row.outlet_id,
                row.enterprise_id,
                row.enterprise,
                row.outlet,
                row.process,
                max(first_hour(row.registered_from, row.in_service_from), valid_from),
                None if row.in_service_to is None else first_hour(row.in_service_to),
                row.duct_area_m2,
                row.velocity_factor,
                row.atmosphere_kpa,
            )
        stack.instruments.setdefault(row.quantity, []).append(instrument(row))
    return list(stacks.values())


def instrument(row: StackPoint) -> Instrument:
    """A point of the register as a source of columns."""
    factor = factor_of(row.quantity, row.unit)
    return Instrument(
        row.point_id,
        row.point,
        first_hour(row.point_from),
        None if row.point_to is None else first_hour(row.point_to),
        np.nan if factor is None else factor,
        _BASES.index(Basis.DRY_STANDARD if row.basis is None else Basis(row.basis)),
    )


def factor_of(quantity: str, unit: str) -> float | None:
    """What turns values of a quantity into the unit of the formulas; None for a unit that nobody knows."""
    if quantity in POLLUTANTS:
        return mg_m3_factor(unit)
    if quantity == "flue_flow":
        return flow_factor(unit)
    if quantity == "flue_pressure":
        return pressure_factor(unit)
    wanted = _UNITS.get(quantity)
    return 1.0 if wanted is None or wanted == unit else None


async def fetch(connection: Connection, wanted: Sequence[tuple[Stack, Sequence[str]]], first: int, stop: int) -> Grid:
    """Hourly rows of (stack, its quantities) over hours [first, stop), each point as far as it is in service."""
    series: dict[tuple[int, str], tuple[int, list[Instrument]]] = {}
    spans = []
    for stack, quantities in wanted:
        for quantity in quantities:
            key = (stack.outlet_id, quantity)
            if key in series or quantity not in stack.instruments:
                continue
            series[key] = (len(series), stack.instruments[quantity])
            for one in stack.instruments[quantity]:
                begin, end = max(first, one.first), stop if one.end is None else min(stop, one.end)
                if begin < end:
                    spans.append((series[key][0], one.point_id, numbered_hour(begin).start, numbered_hour(end).start))
    rows = await emissions.hour_rows(connection, spans)
    return grid(series, rows, first, stop)


def grid(
    series: Mapping[tuple[int, str], tuple[int, Sequence[Instrument]]], rows: HourRows, first: int, stop: int
) -> Grid:
    """Rows of numbered series, spread over all hours of a span. Pure."""
    shape = (len(series), stop - first)
    mean, factor = np.full(shape, np.nan), np.full(shape, np.nan)
    valid, readings, basis = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    point = np.full(shape, -1, np.int64)
    where = (rows.series, rows.hour - first)
    mean[where], valid[where], readings[where], point[where] = (
        rows.mean,
        rows.valid_minutes,
        rows.readings,
        rows.point_id,
    )
    for _, instruments in series.values():
        for one in instruments:
            of_point = rows.point_id == one.point_id
            at = (rows.series[of_point], rows.hour[of_point] - first)
            factor[at], basis[at] = one.factor, one.basis
    return Grid(
        first,
        stop,
        {
            key: Measured(mean[n], valid[n], readings[n], factor[n], basis[n], point[n])
            for key, (n, _) in series.items()
        },
    )
