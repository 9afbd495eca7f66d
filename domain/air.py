"""Air emissions of one hour at one outlet: when there is enough data for a verdict, and which one.

One function for live work, backfill and rule tests. It works on columns, one row per hour with the limit that holds in
it, because a city's month is hundreds of thousands of hours and its limits differ by outlet, quantity and day.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from domain.exclusion import KINDS, NOT_EXCLUDED
from domain.rounding import round_columns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Oxygen of air as HJ 212-2017 Annex D writes it, % by volume.
AIR_O2_PCT = 21.0

#: What is measured of a waste gas and has limits, by the quantity of its points.
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

#: Outlets by process (工序/排放口), as registers and limits name them.
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
    "gas_boiler": "燃气锅炉",
    "coal_boiler": "燃煤锅炉",
    "power_boiler": "火电燃煤锅炉",
    "voc_incinerator": "有机废气焚烧（RTO/TO/RCO）",
    "petrochemical_furnace": "石油化学工业工艺加热炉",
    "in_plant": "厂区内监控点",
    "fenceline_petrochemical": "厂界（石油化学工业）",
    "fenceline_coking": "厂界（炼焦化学工业）",
    "fenceline": "厂界",
    "semi_coke_drying": "半焦烘干",
    "waste_incinerator": "危险废物焚烧炉",
    "sintering_head": "烧结机机头",
    "pellet_grate_kiln": "链篦机回转窑、带式球团焙烧机",
    "reheating_furnace": "轧钢热处理炉",
    "electric_arc_furnace": "电炉",
    "submerged_arc_furnace": "矿热炉",
    "carbide_furnace": "电石炉",
    "cement_kiln": "水泥窑及窑尾余热利用系统",
}

#: Places that measure the air around, not a waste gas: rules for CEMS (HJ 75: 固定污染源烟气) do not hold for them.
AMBIENT = tuple(code for code in PROCESSES if code.startswith(("in_plant", "fenceline")))

#: The process whose conversion depends on how it is fed: GB 37822-2019 10.3.3.
OXIDISER = "voc_incinerator"

#: HJ 212-2017 D.2.2(2) and HJ 75: minutes that make a valid hour.
MIN_VALID_MINUTES = 45
#: Engineering rule: from this oxygen content on a small error is multiplied many times (at 20.5 % a concentration of 30
#: becomes 780), and the plant is probably shut down: nothing is judged automatically.
AMBIENT_FROM_PCT = 19.0


class HourReason(IntEnum):
    """Why an hour got its verdict; the order is the order in which the reasons are looked for."""

    EXCLUDED = 0
    NO_DATA = 1
    TOO_FEW_VALID_MINUTES = 2
    UNIT_UNKNOWN = 3
    O2_MISSING = 4
    TOO_FEW_VALID_O2_MINUTES = 5
    O2_INVALID = 6
    O2_NEAR_AMBIENT = 7
    NEGATIVE_MEAN = 8
    OVER_LIMIT = 9
    WITHIN_LIMIT = 10

    @property
    def is_judged(self) -> bool:
        """Whether the hour has a verdict of compliant or violation."""
        return self >= HourReason.OVER_LIMIT


def reason_word(reason: int, excluded: int = NOT_EXCLUDED) -> str:
    """A reason as findings write it; excluded: the position in `domain.exclusion.KINDS` for EXCLUDED."""
    found = HourReason(reason)
    return f"excluded_{KINDS[excluded]}" if found is HourReason.EXCLUDED else found.name.lower()


@dataclass(frozen=True, slots=True)
class HourColumns:
    """What was measured, one row per hour.

    mean: as measured, dry, standard state, NaN where there is none. factor: what turns it into the unit of the limit,
    NaN where the two cannot be compared (`domain.limits.unit_ratio`). A count is 0 where no reading or hourly row is.
    excluded: position in `domain.exclusion.KINDS` of the mark that excludes the hour, NOT_EXCLUDED for none.
    """

    mean: Floats
    factor: Floats
    valid_minutes: Ints
    reading_count: Ints
    o2_mean_pct: Floats
    o2_valid_minutes: Ints
    o2_reading_count: Ints
    excluded: Ints

    def __len__(self) -> int:
        return len(self.mean)


@dataclass(frozen=True, slots=True)
class LimitColumns:
    """The limit that holds in each hour, in its own unit, with its decimals; reference oxygen in %, NaN for none."""

    value: Floats
    decimals: Ints
    reference_o2_pct: Floats


@dataclass(frozen=True, slots=True)
class HourVerdicts:
    """One row per hour: a HourReason; the mean at reference oxygen and its rounded value, both in the limit's unit and
    NaN where the hour has none that may be compared. Hours of NEGATIVE_MEAN have both."""

    reason: Ints
    converted: Floats
    rounded: Floats


def convert_columns(mean: Floats, o2_pct: Floats, reference_o2_pct: Floats) -> Floats:
    """Conversion to reference oxygen (折算), HJ 212-2017 Annex D equation (28): C·(21−O2s)/(21−O2), row by row.

    reference_o2_pct: NaN where the standard defines none; there the measured value stands (D.2.3(4)). Rows whose oxygen
    cannot be converted with (negative, 21 % or more, unknown) are NaN. O2 below the reference lowers the value.
    """
    has_reference = np.isfinite(reference_o2_pct)
    usable = (o2_pct >= 0) & (o2_pct < AIR_O2_PCT)
    o2 = np.where(has_reference & usable, o2_pct, np.nan)
    return np.where(has_reference, mean * (AIR_O2_PCT - reference_o2_pct) / (AIR_O2_PCT - o2), mean)


def judge_hours(
    hours: HourColumns,
    limits: LimitColumns,
    *,
    min_valid_minutes: int = MIN_VALID_MINUTES,
    ambient_from_pct: float = AMBIENT_FROM_PCT,
) -> HourVerdicts:
    """Verdicts of hours, each against its limit: compliant when the rounded converted mean is at most it (不高于).

    min_valid_minutes: of the pollutant, and of oxygen where the limit has a reference. A mean that rounds to less than
    zero is no measurement and is not judged; too little data never is.
    """
    o2, needs_o2 = hours.o2_mean_pct, np.isfinite(limits.reference_o2_pct)
    blocked = [
        hours.excluded != NOT_EXCLUDED,
        hours.reading_count <= 0,
        (hours.valid_minutes < min_valid_minutes) | ~np.isfinite(hours.mean),
        ~np.isfinite(hours.factor),
        needs_o2 & (hours.o2_reading_count <= 0),
        needs_o2 & ((hours.o2_valid_minutes < min_valid_minutes) | ~np.isfinite(o2)),
        needs_o2 & ((o2 >= AIR_O2_PCT) | (o2 < 0)),
        needs_o2 & (o2 >= ambient_from_pct),
    ]
    stopped = np.logical_or.reduce(blocked)
    found = np.where(stopped, np.nan, convert_columns(hours.mean * hours.factor, o2, limits.reference_o2_pct))
    rounded = round_columns(found, limits.decimals)
    reason = np.select(
        [*blocked, rounded < 0, rounded > limits.value],
        list(range(int(HourReason.WITHIN_LIMIT))),
        default=int(HourReason.WITHIN_LIMIT),
    ).astype(np.int64)
    return HourVerdicts(reason, found, rounded)
