"""Leak detection and repair (LDAR, 泄漏检测与修复): when a component (密封点) is due for its next test.

Works on columns: an enterprise has thousands of components. Days are numpy `datetime64[D]` of the site's calendar,
NaT where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.datetime64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: Kinds of component (GB 37822-2019 clause 8.3.1).
COMPONENT_KINDS = {
    "pump": "泵",
    "compressor": "压缩机",
    "agitator": "搅拌器（机）",
    "valve": "阀门",
    "open_end": "开口阀或开口管线",
    "relief": "泄压设备",
    "sampling": "取样连接系统",
    "flange": "法兰",
    "connector": "其他连接件",
    "other": "其他密封设备",
}

#: What test cycles tell apart: the kinds, and relief devices of liquids, since GB 31571-2015 5.3.3 a) names those of
#: gas and vapour only.
LIQUID_RELIEF = "liquid_relief"
CYCLE_KINDS = (*COMPONENT_KINDS, LIQUID_RELIEF)


def cycle_kind(kind: str, medium: str) -> str:
    """The kind by which a component's test cycle is found."""
    return LIQUID_RELIEF if kind == "relief" and medium != "gas" else kind


#: States of the medium that a component carries.
MEDIA = {"gas": "气体", "light_liquid": "挥发性有机液体", "heavy_liquid": "其他液体"}


class Reached(float):
    """A leak definition, net umol/mol, that a reading need only reach (大于等于, GB 31571-2015 5.3.4). A plain number
    is one that it has to exceed (超过, GB 37822-2019 8.2)."""


def is_above(net_umol_mol: float, definition: float) -> bool:
    """Whether a net reading is a leak by a definition, in the definition's own sense of `above`."""
    return net_umol_mol >= definition if isinstance(definition, Reached) else net_umol_mol > definition


#: Lowest published leak definition by medium, net umol/mol as carbon: GB 31571-2015 5.3.4; as low as GB 37822-2019
#: table 1 for key regions, but to be reached only. Such a test opens a leak in the ledger; which regime calls that a
#: leak is a rule's business.
FIND_FROM_UMOL_MOL = {"gas": Reached(2000.0), "light_liquid": Reached(2000.0), "heavy_liquid": Reached(500.0)}

#: What a test was made for. Only routine tests and rechecks meet a schedule: a retest says whether a repair helped, a
#: spot check is the bureau's.
PURPOSES = {"routine": "例行检测", "retest": "修复后复测", "spot_check": "监督抽查", "recheck": "漂移后补测"}
#: The purpose that only the bureau's people, and files taken in by them, may give a test.
SPOT_CHECK = "spot_check"
SCHEDULED_PURPOSES = frozenset({"routine", "recheck"})

#: How a test was made. Without a probe at the interface only a component that cannot be reached is tested.
METHODS = {"instrument": "仪器检测", "visual": "目视检查", "ogi": "红外成像", "ultrasonic": "超声检测"}

#: Grounds on which a repair may be put off (GB 37822-2019 8.4.3).
DELAY_GROUNDS = {"shutdown": "停车（工）检修才能修复", "unsafe": "立即修复存在安全风险", "special": "其他特殊情况"}

#: States of a leak.
LEAK_STATES = {
    "found": "待修复",
    "attempted": "已维修，待复测",
    "still_leaking": "复测仍泄漏",
    "delayed": "延迟修复（已备案）",
    "closed": "已修复",
    "removed": "已停用",
}

#: What happens to components between tests, and moves their schedules.
EVENTS = {"restart": "检修后投用", "release": "泄压"}

#: Anchors of a duty: what its term is counted from.
ANCHORS = {
    "test": "上次检测",
    "in_service": "投用",
    "restart": "检修后投用",
    "release": "泄压",
    "exemption_end": "豁免结束",
    "year": "日历年",
}

ONE_DAY = np.timedelta64(1, "D")
NAT = np.datetime64("NaT", "D")


class LeakStatus(IntEnum):
    """How a component stands in one period of its schedule."""

    SCHEDULED = 0
    DUE_SOON = 1
    OVERDUE = 2
    TESTED_IN_TIME = 3
    TESTED_LATE = 4
    TESTED = 5
    REMOVED = 6
    EXEMPT = 7

    @property
    def word(self) -> str:
        """The status as findings write it."""
        return self.name.lower()

    @property
    def is_violation(self) -> bool:
        return self in (LeakStatus.OVERDUE, LeakStatus.TESTED_LATE)


def add_months_to_days(days: Days, months: Ints) -> Days:
    """`domain.periods.add_months` on columns: the same day some months later, clipped to the month's end."""
    month = days.astype("datetime64[M]")
    day_in_month = (days - month.astype("datetime64[D]")).astype(np.int64)
    target = month + months.astype("timedelta64[M]")
    length = ((target + 1).astype("datetime64[D]") - target.astype("datetime64[D]")).astype(np.int64)
    clipped: Days = target.astype("datetime64[D]") + np.minimum(day_in_month, length - 1).astype("timedelta64[D]")
    return clipped


@dataclass(frozen=True, slots=True)
class Anchors:
    """One row per stretch of a schedule: from a test (or from the start of service) to the next test.

    owner: index of the component. day: the anchor. is_test: False for the start of service. next_day: the test that
    closed the stretch, NaT while it is open. Rows are sorted by owner and day.
    """

    owner: Ints
    day: Days
    is_test: Bools
    next_day: Days


def anchors(in_service_from: Days, test_owner: Ints, test_day: Days) -> Anchors:
    """The stretches of each component's schedule.

    Several tests on one day are one anchor. A component is anchored at its start of service unless it was tested on
    or before that day: such a test is as good as one made there.
    """
    earliest = np.full(len(in_service_from), np.datetime64("9999-12-31", "D"))
    np.minimum.at(earliest, test_owner, test_day)
    untested_at_start = np.flatnonzero(earliest > in_service_from)
    owner = np.concatenate([test_owner, untested_at_start]).astype(np.int64)
    day = np.concatenate([test_day, in_service_from[untested_at_start]])
    is_test = np.concatenate([np.ones(len(test_owner), bool), np.zeros(len(untested_at_start), bool)])
    order = np.lexsort((day, owner))
    owner, day, is_test = owner[order], day[order], is_test[order]
    keep = np.ones(len(owner), bool)
    keep[1:] = (owner[1:] != owner[:-1]) | (day[1:] != day[:-1])
    owner, day, is_test = owner[keep], day[keep], is_test[keep]
    next_day = np.full(len(owner), NAT)
    same = owner[1:] == owner[:-1]
    next_day[:-1][same] = day[1:][same]
    return Anchors(owner, day, is_test, next_day)


def schedule_status(due: Days, next_day: Days, as_of: Days, due_soon_days: int) -> Ints:
    """LeakStatus of stretches as at the end of local days: the due day itself is still in time."""
    closed = ~np.isnat(next_day)
    remaining = (due - as_of).astype(np.int64)
    return np.select(
        [closed & (next_day <= due), closed, remaining < 0, remaining <= due_soon_days],
        [LeakStatus.TESTED_IN_TIME, LeakStatus.TESTED_LATE, LeakStatus.OVERDUE, LeakStatus.DUE_SOON],
        default=LeakStatus.SCHEDULED,
    ).astype(np.int64)


def campaign_status(year: Ints, tested: Bools, as_of: Days, due_soon_days: int) -> Ints:
    """LeakStatus of calendar years as at the end of local days: overdue once 31 December has ended without a test."""
    new_year: Days = (year - 1970 + 1).astype("datetime64[Y]").astype("datetime64[D]")
    last_day: Days = new_year - ONE_DAY
    remaining = (last_day - as_of).astype(np.int64)
    return np.select(
        [tested, remaining <= 0, remaining <= due_soon_days],
        [LeakStatus.TESTED, LeakStatus.OVERDUE, LeakStatus.DUE_SOON],
        default=LeakStatus.SCHEDULED,
    ).astype(np.int64)


def year_of(days: Days) -> Ints:
    """Calendar year of days."""
    return days.astype("datetime64[Y]").astype(np.int64) + 1970
