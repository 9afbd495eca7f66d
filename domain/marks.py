"""Marks (标记): what an enterprise or its data logger says of a stretch of time, in two independent dimensions.

Equipment marks say that an analyser was not fit to measure: the minutes they cover are not valid. Process marks (工况)
say what the plant was doing: they exclude hours from limits that exempt that condition, and change no value. Marks are
never altered: a mark is superseded by another, withdrawn by its enterprise or rejected by the bureau, and stays.
Structure after 《污染物排放自动监测设备标记规则》 (公告2022年第21号); kinds as seen on the national enterprise portal
and in the waste-incineration rule (生态环境部令第10号).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import BadInput
from domain.quality import SourceFlag


class Dimension(StrEnum):
    EQUIPMENT = "equipment"
    PROCESS = "process"


class Decision(StrEnum):
    """What ends a mark's effect, beside another mark that supersedes it."""

    REJECTED = "rejected"  # by the bureau
    WITHDRAWN = "withdrawn"  # by its enterprise


DECISION_WORDS = {Decision.REJECTED: "驳回", Decision.WITHDRAWN: "撤回"}
DIMENSION_WORDS = {Dimension.EQUIPMENT: "设备标记", Dimension.PROCESS: "工况标记"}

EQUIPMENT_KINDS = {
    "missing": "数据缺失",
    "communication": "通讯中断",
    "calibration": "校准",
    "fault": "故障",
    "maintenance": "日常维护",
}
PROCESS_KINDS = {
    "oven_drying": "烘炉",
    "start_up": "启炉",
    "shutdown": "停炉",
    "cooling": "停炉降温",
    "stopped": "停运",
    "fault": "故障",
    "accident": "事故",
}
KINDS = {Dimension.EQUIPMENT: EQUIPMENT_KINDS, Dimension.PROCESS: PROCESS_KINDS}

#: The process mark that excludes an hour from every limit and from the time a plant ran (HJ 75-2017 12.1.1: valid data
#: need a running source).
STOPPED = "stopped"
#: A longer mark is a slip of the pen: HJ 75 itself counts by the quarter.
LONGEST = timedelta(days=92)
#: How far ahead planned work may be announced.
AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Mark:
    """[start, end) at an outlet, ``{enterprise}/{code}``. point: the analyser's code, None for all of the outlet;
    process marks have none."""

    mark_id: int
    outlet: str
    point: str | None
    dimension: Dimension
    kind: str
    start: datetime
    end: datetime

    def concerns(self, other: Mark) -> bool:
        """Whether both speak of the same thing at the same time."""
        return (
            self.dimension is other.dimension
            and self.outlet == other.outlet
            and (self.point is None or other.point is None or self.point == other.point)
            and self.start < other.end
            and other.start < self.end
        )


def check_mark(mark: Mark, now: datetime) -> None:
    """Raises BadInput that says what is wrong with a new mark and what was expected."""
    kinds = KINDS[mark.dimension]
    if mark.kind not in kinds:
        known = "、".join(f"{code}（{word}）" for code, word in kinds.items())
        raise BadInput(f"kind: {mark.dimension} 标记没有 {mark.kind!r}，应为 {known}")
    if mark.dimension is Dimension.PROCESS and mark.point is not None:
        raise BadInput("point: 工况标记针对整个排口，不能只针对一个测点")
    if mark.end <= mark.start:
        raise BadInput(f"end: 结束时间 {mark.end.isoformat()} 不晚于开始时间 {mark.start.isoformat()}")
    if mark.end - mark.start > LONGEST:
        raise BadInput(f"end: 一条标记最长 {LONGEST.days} 天，请分段标记")
    if mark.start > now + AHEAD:
        raise BadInput(f"start: 最多提前 {AHEAD.days} 天标记")


def first_conflict(mark: Mark, effective: Iterable[Mark]) -> Mark | None:
    """The earliest effective mark that a new one would overlap: the same minute cannot carry two kinds."""
    found = [other for other in effective if other.mark_id != mark.mark_id and mark.concerns(other)]
    return min(found, key=lambda other: other.start, default=None)


#: What an instrument's own flag (HJ 212-2017 table 8, and 2005) says as a mark: dimension, kind, Chinese. A flag is an
#: automatic mark of the single reading.
FLAG_MARKS = {
    SourceFlag.CALIBRATION: (Dimension.EQUIPMENT, "calibration", "校准"),
    SourceFlag.MAINTENANCE: (Dimension.EQUIPMENT, "maintenance", "日常维护"),
    SourceFlag.FAULT: (Dimension.EQUIPMENT, "fault", "故障"),
    SourceFlag.COMMUNICATION: (Dimension.EQUIPMENT, "communication", "通讯中断"),
    SourceFlag.STOPPED: (Dimension.EQUIPMENT, "instrument_stopped", "监测仪器停运"),
    SourceFlag.POWER: (Dimension.EQUIPMENT, "power", "电源故障"),
    SourceFlag.MANUAL: (Dimension.EQUIPMENT, "manual_value", "手工输入"),
    SourceFlag.OVER_RANGE: (Dimension.EQUIPMENT, "over_range", "超测量上限"),
    SourceFlag.SOURCE_STOPPED: (Dimension.PROCESS, STOPPED, "排放源停运"),
}
