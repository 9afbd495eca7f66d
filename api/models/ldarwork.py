"""What is to be done on sealing points: the forecast of tests, and an enterprise's work list."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.fields import Instant, Number

_DAY = "local date (Asia/Shanghai)"

_MONTH: dict[str, Any] = {
    "month": "2026-12",
    "enterprise": "hx-coking",
    "unit_name": "苯加氢装置",
    "kind": "valve",
    "kind_word": "阀门",
    "components": 412,
    "overdue": 0,
}


class MonthItem(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_MONTH]})

    month: str = Field(description="local month, YYYY-MM")
    enterprise: str
    unit_name: str | None = Field(description="only where an enterprise is asked for")
    kind: str
    kind_word: str
    components: int = Field(description="tests due in the month")
    overdue: int = Field(description="of these: due before today")


class Forecast(BaseModel):
    """Tests due month by month, if each is made on its last day in time; what is overdue counts in this month."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"as_of": "2026-11-02", "months": 12, "items": [_MONTH]}]}
    )

    as_of: date = Field(description=_DAY)
    months: int
    items: list[MonthItem]


_DUTY: dict[str, Any] = {
    "rule_id": "ldar.gb37822",
    "title": "密封点泄漏检测周期",
    "standard": "GB 37822-2019",
    "due_day": "2026-11-20",
    "anchor": "test",
    "anchor_word": "上次检测",
    "anchor_on": "2026-05-20",
}
_TEST: dict[str, Any] = {
    "code": "V-0001",
    "name": "苯储罐出口阀",
    "installation": "苯加氢装置",
    "unit_name": "苯加氢装置",
    "kind": "valve",
    "kind_word": "阀门",
    "medium": "light_liquid",
    "medium_word": "挥发性有机液体",
    "tag": "BJQ-V-0001",
    "reachable": True,
    "last_tested_at": "2026-05-20T02:00:00Z",
    "due_day": "2026-11-20",
    "days_left": 18,
    "status": "due",
    "status_word": "18 天后到期",
    "duties": [_DUTY],
}
_LEAK: dict[str, Any] = {
    "code": "P-0102",
    "name": "粗苯泵",
    "installation": "粗苯装置",
    "unit_name": "粗苯工段",
    "kind": "pump",
    "kind_word": "泵",
    "medium": "light_liquid",
    "medium_word": "挥发性有机液体",
    "tag": None,
    "found_at": "2026-10-30T02:00:00Z",
    "net_umol_mol": 8200.0,
    "visible": False,
    "state": "found",
    "state_word": "待修复",
    "attempts": 0,
    "last_repair_at": None,
    "delay_until": None,
    "attempt_due_day": "2026-11-04",
    "repair_due_day": "2026-11-14",
    "days_left": 2,
    "status": "due",
    "status_word": "首次维修 2 天后到期",
}


class WorkDuty(BaseModel):
    """What one regime asks for."""

    rule_id: str
    title: str
    standard: str
    due_day: date = Field(description=_DAY)
    anchor: str
    anchor_word: str
    anchor_on: date


class _Work(BaseModel):
    code: str
    name: str
    installation: str | None
    unit_name: str
    kind: str
    kind_word: str
    medium: str
    medium_word: str
    tag: str | None
    days_left: int | None = Field(description="to the end of the earliest due day; negative: overdue; null: no term")
    status: str = Field(description="overdue, today, due, none")
    status_word: str


class WorkTest(_Work):
    """A component that is to be tested."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TEST]})

    reachable: bool
    last_tested_at: Instant | None
    due_day: date = Field(description=f"{_DAY}; by the strictest regime")
    duties: list[WorkDuty] = Field(description="of each regime, the strictest first")


class WorkLeak(_Work):
    """A leak that is not over."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LEAK]})

    found_at: Instant
    net_umol_mol: Number | None
    visible: bool
    state: str
    state_word: str
    attempts: int
    last_repair_at: Instant | None
    delay_until: date | None = Field(description="of the delay that was filed")
    attempt_due_day: date | None = Field(description="of the first attempt; null once it was made, or without a term")
    repair_due_day: date | None = Field(description="null where no standard calls it a leak")


class Worklist(BaseModel):
    """What an enterprise has to do on its sealing points up to some days from today, the most urgent first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "enterprise": "hx-coking",
                    "enterprise_name": "海西焦化",
                    "as_of": "2026-11-02",
                    "days": 30,
                    "overdue": 0,
                    "tests": [_TEST],
                    "leaks": [_LEAK],
                }
            ]
        }
    )

    enterprise: str
    enterprise_name: str
    as_of: date = Field(description=_DAY)
    days: int
    overdue: int = Field(description="components whose test is overdue")
    tests: list[WorkTest]
    leaks: list[WorkLeak]
