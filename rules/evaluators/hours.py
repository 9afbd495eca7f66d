"""What the evaluators of hours share: their window, its columns and the evidence of one hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from pydantic import Field

from domain.air import (
    AIR_O2_PCT,
    AMBIENT_FROM_PCT,
    MIN_VALID_MINUTES,
    OXIDISER,
    HourColumns,
    LimitColumns,
)
from domain.exclusion import KINDS, excluded_kinds, exempt_columns
from domain.findings import Subject
from domain.limits import Limit, mg_m3_factor, unit_ratio
from domain.periods import Period
from domain.points import Basis
from domain.rounding import without_noise
from rules.evaluators.contract import Evidence, Floats, Ints, Params, known


class HourParams(Params):
    """How much data a verdict needs; see `domain.air`. The figures that are compared come with the limits."""

    min_valid_minutes: int = Field(default=MIN_VALID_MINUTES, ge=1, le=60)
    ambient_o2_from_pct: float = Field(default=AMBIENT_FROM_PCT, gt=0, le=AIR_O2_PCT)


@dataclass(frozen=True, slots=True)
class Measured:
    """What the point that speaks for an hour measured; point None where the register has none in service.

    mean and maximum: NaN where there is none, in `unit`; basis: state of the gas, None for dry standard. mark_ids:
    equipment marks that took minutes away.
    """

    point: str | None = None
    unit: str = ""
    basis: str | None = None
    mean: float = np.nan
    valid_minutes: int = 0
    reading_count: int = 0
    maximum: float = np.nan
    marked_minutes: int = 0
    flags: Mapping[str, int] = field(default_factory=dict)
    mark_ids: Sequence[int] = ()


NOTHING = Measured()

#: Limits are for dry gas in standard state; a share of oxygen does not care for temperature and pressure.
_DRY = (None, Basis.DRY_STANDARD)
_WET = (Basis.WET_STANDARD, Basis.WET_ACTUAL)


@dataclass(frozen=True, slots=True)
class HourlyWindow:
    """One row per (pollutant, hour) in which a limit holds.

    processes, makeup_air: of the outlet. process_minutes: shape (rows, kinds of `domain.exclusion`), with what the
    running signal says; process_marks: ids of the process marks that overlap the hour. running: the running signal.
    """

    subjects: list[Subject]
    periods: list[Period]
    limits: list[Limit]
    pollutant: list[Measured]
    oxygen: list[Measured]
    running: list[Measured]
    processes: list[str]
    makeup_air: list[bool | None]
    process_minutes: Floats
    process_marks: list[Sequence[int]]

    def __len__(self) -> int:
        return len(self.subjects)


def limit_columns(window: HourlyWindow) -> LimitColumns:
    """The limits as columns; a reference that does not apply to the outlet is none."""
    references = (reference_of(window, row) for row in range(len(window)))
    return LimitColumns(
        np.array([limit.value for limit in window.limits], np.float64),
        np.array([limit.decimals for limit in window.limits], np.int64),
        np.array([np.nan if reference is None else reference for reference in references], np.float64),
    )


def reference_of(window: HourlyWindow, row: int) -> float | None:
    """The reference oxygen of a row's conversion.

    An oxidiser whose waste gas brings its own oxygen is judged as measured; where combustion air is added, or where
    the register does not say, the reference holds (GB 37822-2019 10.3.3).
    """
    if window.processes[row] == OXIDISER and window.makeup_air[row] is False:
        return None
    return window.limits[row].reference_o2_pct


def hour_columns(window: HourlyWindow, means: Floats, min_valid_minutes: int) -> HourColumns:
    """What was measured as columns; means: what is compared, an entry a row."""
    exempt = exempt_columns([limit.exempt_process for limit in window.limits])
    return HourColumns(
        means,
        np.array([np.nan if (ratio := _ratio(window, row)) is None else ratio for row in range(len(window))]),
        _ints([one.valid_minutes for one in window.pollutant]),
        _ints([one.reading_count for one in window.pollutant]),
        np.array([one.mean for one in window.oxygen], np.float64),
        _ints([one.valid_minutes for one in window.oxygen]),
        _ints([one.reading_count for one in window.oxygen]),
        excluded_kinds(window.process_minutes, exempt, min_valid_minutes),
    )


def in_mg_m3(value: float, limit: Limit) -> float:
    """A figure in the unit of a limit as findings give it, which compare outlets of any unit."""
    factor = mg_m3_factor(limit.unit)
    return value if factor is None or factor == 1.0 else without_noise(value * factor)


def hour_evidence(window: HourlyWindow, row: int, params: HourParams, symbol: str = "C") -> Evidence:
    """All that a person needs to compute an hour by hand, but its result. symbol: of what is compared."""
    limit, reference = window.limits[row], reference_of(window, row)
    pollutant, oxygen = window.pollutant[row], window.oxygen[row]
    evidence: Evidence = {
        "pollutant": {"point": pollutant.point, "mean": known(pollutant.mean), "unit": pollutant.unit}
        | _counts(pollutant),
        "limit_id": limit.limit_id,
        "limit": limit.value,
        "limit_unit": limit.unit,
        "comparison": "<=",
        "decimals": limit.decimals,
        "min_valid_minutes": params.min_valid_minutes,
        "process": {
            kind: float(minutes) for kind, minutes in zip(KINDS, window.process_minutes[row], strict=True) if minutes
        },
    }
    ratio = _ratio(window, row)
    formula = symbol if ratio in (None, 1.0) else f"{symbol}*{ratio:g}"
    if reference is not None:
        evidence["o2"] = {"point": oxygen.point, "mean_pct": known(oxygen.mean)} | _counts(oxygen)
        evidence["reference_o2_pct"] = reference
        formula += f"*(21-{reference:g})/(21-O2)"
    if window.processes[row] == OXIDISER:
        evidence["makeup_air"] = window.makeup_air[row]
    running = window.running[row]
    if running.reading_count:
        evidence["running"] = {
            "point": running.point,
            "mean": known(running.mean),
            "valid_minutes": running.valid_minutes,
            "readings": running.reading_count,
        }
    return evidence | {"formula": formula, "marks": marks_of(window, row)}


def marks_of(window: HourlyWindow, row: int) -> list[int]:
    """Marks that had a part in a row: what took minutes away, and what the plant was doing."""
    found = {*window.pollutant[row].mark_ids, *window.process_marks[row]}
    if reference_of(window, row) is not None:
        found.update(window.oxygen[row].mark_ids)
    return sorted(found)


def _counts(measured: Measured) -> Evidence:
    basis = {} if measured.basis in _DRY else {"basis": measured.basis}
    return basis | {
        "valid_minutes": measured.valid_minutes,
        "readings": measured.reading_count,
        "marked_minutes": measured.marked_minutes,
        "flags": dict(measured.flags),
    }


def _ratio(window: HourlyWindow, row: int) -> float | None:
    """What turns the point's unit into the limit's, None where a figure cannot be compared with a limit for dry gas in
    standard state. Without a point there is no unit to be wrong: the reason is that there are no data."""
    point, oxygen = window.pollutant[row], window.oxygen[row]
    if point.point is None:
        return 1.0
    is_wet = oxygen.basis in _WET and reference_of(window, row) is not None
    return None if is_wet or point.basis not in _DRY else unit_ratio(point.unit, window.limits[row].unit)


def _ints(values: list[int]) -> Ints:
    return np.array(values, np.int64)
