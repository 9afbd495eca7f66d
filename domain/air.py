"""Air emissions of one hour at one outlet: when there is enough data for a verdict, and which one.

One function for live work, backfill and rule tests. It works on columns, one row per hour, because a city's month is
hundreds of thousands of hours; the arithmetic is that of `domain.oxygen` and `domain.rounding`, row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from domain.oxygen import AIR_O2_PCT, at_reference
from domain.rounding import round_gbt8170, without_noise

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Outlets by process (工序/排放口), as registers and rules name them.
PROCESSES = {
    "coke_oven_stack": "焦炉烟囱",
    "charging": "装煤地面站",
    "pushing": "推焦地面站",
    "dry_quenching": "干法熄焦",
    "wet_quenching": "湿法熄焦",
    "material_handling": "精煤破碎、焦炭破碎筛分转运",
    "tubular_furnace": "粗苯管式炉等燃用焦炉煤气设施",
    "ammonium_sulfate_drying": "硫铵结晶干燥",
    "desulfurisation_regenerator": "脱硫再生塔",
    "tar_tank": "冷鼓、库区焦油各类贮槽",
    "benzene_tank": "苯贮槽",
    "wastewater_treatment": "生产废水处理设施",
    "boiler": "锅炉",
}

#: Concentrations that limits may be set for.
POLLUTANTS = {
    "so2": "二氧化硫",
    "nox": "氮氧化物",
    "pm": "颗粒物",
    "co": "一氧化碳",
    "nmhc": "非甲烷总烃",
    "nh3": "氨",
    "h2s": "硫化氢",
    "hcl": "氯化氢",
    "cl2": "氯气",
    "benzene": "苯",
    "toluene": "甲苯",
    "xylene": "二甲苯",
    "vcm": "氯乙烯",
    "benzo_a_pyrene": "苯并[a]芘",
    "hcn": "氰化氢",
    "phenols": "酚类",
}


class HourReason(IntEnum):
    """Why an hour got its verdict; the order is the order in which the reasons are looked for."""

    NO_DATA = 0
    TOO_FEW_VALID_MINUTES = 1
    O2_MISSING = 2
    TOO_FEW_VALID_O2_MINUTES = 3
    O2_INVALID = 4
    O2_NEAR_AMBIENT = 5
    OVER_LIMIT = 6
    WITHIN_LIMIT = 7

    @property
    def word(self) -> str:
        """The reason as findings write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class HourlyLimit:
    """A limit for hourly means (小时均值), dry, standard state.

    limit: in the unit of the means. decimals: of the limit, the comparison is made after GB/T 8170 rounding to them.
    reference_o2_pct: None where the standard defines none; then the measured value stands (HJ 212-2017 D.2.3(4)).
    min_valid_minutes: HJ 212-2017 D.2.2(2) and HJ 75: 45. ambient_o2_from_pct: engineering rule, see `domain.oxygen`.
    """

    limit: float
    decimals: int = 0
    reference_o2_pct: float | None = None
    min_valid_minutes: int = 45
    ambient_o2_from_pct: float = 19.0


@dataclass(frozen=True, slots=True)
class HourColumns:
    """One row per hour. Means are NaN where there is none; a count is 0 where no reading or no hourly row exists."""

    mean: Floats
    valid_minutes: Ints
    reading_count: Ints
    o2_mean_pct: Floats
    o2_valid_minutes: Ints
    o2_reading_count: Ints

    def __len__(self) -> int:
        return len(self.mean)


@dataclass(frozen=True, slots=True)
class HourVerdicts:
    """One row per hour: a HourReason; the converted mean and its rounded value, NaN where the hour is not judged."""

    reason: Ints
    converted: Floats
    rounded: Floats


def convert_columns(mean: Floats, o2_pct: Floats, reference_o2_pct: float | None) -> Floats:
    """`domain.oxygen.convert` on columns, without its refusals: rows that cannot be converted are NaN."""
    if reference_o2_pct is None:
        return mean.copy()
    usable = (o2_pct >= 0) & (o2_pct < AIR_O2_PCT)
    return at_reference(mean, np.where(usable, o2_pct, np.nan), reference_o2_pct)


def judge_hours(hours: HourColumns, limit: HourlyLimit) -> HourVerdicts:
    """Verdicts of hours against a limit: compliant when the rounded converted mean is at most the limit (不高于)."""
    few = (hours.valid_minutes < limit.min_valid_minutes) | ~np.isfinite(hours.mean)
    conditions = [hours.reading_count <= 0, few]
    if limit.reference_o2_pct is None:
        never = np.zeros(len(hours), dtype=bool)
        conditions += [never] * 4
    else:
        o2 = hours.o2_mean_pct
        conditions += [
            hours.o2_reading_count <= 0,
            (hours.o2_valid_minutes < limit.min_valid_minutes) | ~np.isfinite(o2),
            (o2 >= AIR_O2_PCT) | (o2 < 0),
            o2 >= limit.ambient_o2_from_pct,
        ]
    blocked = np.any(conditions, axis=0) if len(hours) else np.zeros(0, dtype=bool)
    converted = np.where(blocked, np.nan, convert_columns(hours.mean, hours.o2_mean_pct, limit.reference_o2_pct))
    rounded = np.array(
        [
            np.nan if stop else round_gbt8170(without_noise(value), limit.decimals)
            for stop, value in zip(blocked, converted, strict=True)
        ],
        dtype=np.float64,
    )
    reason = np.select(
        [*conditions, rounded > limit.limit],
        [*range(len(conditions)), int(HourReason.OVER_LIMIT)],
        default=int(HourReason.WITHIN_LIMIT),
    ).astype(np.int64)
    return HourVerdicts(reason, converted, rounded)
