"""The monthly report on ultra-low emission: what a bureau files, sends and can ask for again."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.fields import Instant, Number
from api.models.emissions import LegalHours, PeriodVerdict, UleHours

_ITEM: dict[str, Any] = {
    "enterprise": "hx-coking",
    "enterprise_name": "海西焦化",
    "outlet": "S1",
    "outlet_name": "焦炉烟囱",
    "process_name": "焦炉烟囱",
    "pollutant": "so2",
    "pollutant_name": "二氧化硫",
    "verdict_word": "达标",
    "ule": {
        "numerator": 684,
        "denominator": 700,
        "share_pct": 97.71428571428571,
        "excluded_hours": 12,
        "excluded": [{"reason": "excluded_stopped", "word": "工况标记：停运", "hours": 12}],
        "undetermined_hours": 8,
        "undetermined": [{"reason": "too_few_valid_minutes", "word": "有效分钟不足", "hours": 8}],
        "monthly": None,
    },
    "legal": None,
    "capture": None,
    "transmission": None,
    "limits": [{"limit_id": 17, "kind": "ule", "hours": 708}],
    "marks": [{"mark_id": 7, "hours": 2}],
}
_EXCEEDANCE: dict[str, Any] = {
    "finding_id": 4711,
    "kind": "ule",
    "enterprise_name": "海西焦化",
    "outlet": "S1",
    "outlet_name": "焦炉烟囱",
    "pollutant": "so2",
    "pollutant_name": "二氧化硫",
    "hour_at": "2026-11-02T00:00:00Z",
    "measured": 27.1,
    "measured_unit": "mg/m3",
    "o2_pct": 9.4,
    "converted": 30.37,
    "rounded": 30.4,
    "limit": 30.0,
    "unit": "mg/m3",
    "limit_id": 17,
    "marks": [],
}
_MARK: dict[str, Any] = {
    "mark_id": 7,
    "enterprise": "hx-coking",
    "outlet": "S1",
    "point": "S1-SO2",
    "dimension_word": "设备标记",
    "kind_word": "日常维护",
    "start": "2026-11-02T00:10:00Z",
    "end": "2026-11-02T00:40:00Z",
    "author": "hx-coking:王工",
    "reason": "更换采样探头滤芯",
    "created_at": "2026-11-02T01:00:00Z",
    "state_word": "有效",
    "decision": None,
    "used_hours": 2,
}
_LIMIT: dict[str, Any] = {
    "limit_id": 17,
    "scope": "焦炉烟囱（工序）",
    "pollutant_name": "二氧化硫",
    "kind_word": "超低排放",
    "value": 30.0,
    "unit": "mg/m3",
    "reference_o2_pct": 8.0,
    "standard": "关于推进实施焦化行业超低排放的意见（环大气〔2024〕5号）",
    "clause": "附件2 表1",
    "source": "省级转发文件引述",
    "status_word": "政策文件",
    "origin": "preset",
    "valid_from": "2024-01-19",
    "valid_to": None,
}
_RULE: dict[str, Any] = {
    "rule_id": "ule.hourly",
    "version": 1,
    "title": "超低排放小时均值",
    "standard": "HJ 75-2017",
    "clause": "12.1",
    "hours": 708,
}


class UsedLimit(BaseModel):
    """A limit that hours were judged by."""

    limit_id: int
    kind: str
    hours: int


class UsedMark(BaseModel):
    """A mark that verdicts name."""

    mark_id: int
    hours: int


class ReportItem(BaseModel):
    """One pollutant of one outlet."""

    enterprise: str
    enterprise_name: str
    outlet: str
    outlet_name: str
    process_name: str
    pollutant: str
    pollutant_name: str
    verdict_word: str = Field(description="of the month by the 95 % rule; 未出结论 while the month is not closed")
    ule: UleHours | None
    legal: LegalHours | None
    capture: PeriodVerdict | None
    transmission: PeriodVerdict | None
    limits: list[UsedLimit]
    marks: list[UsedMark]


class Exceedance(BaseModel):
    """One hour over one limit."""

    finding_id: int
    kind: str = Field(description="legal or ule")
    enterprise_name: str
    outlet: str
    outlet_name: str
    pollutant: str
    pollutant_name: str
    hour_at: Instant
    measured: Number = Field(description="hourly mean, in the unit of the point")
    measured_unit: str | None
    o2_pct: Number
    converted: Number = Field(description="at the limit's reference oxygen, in `unit`")
    rounded: Number
    limit: Number
    unit: str | None = Field(description="of the limit")
    limit_id: int | None
    marks: list[int]


class ReportMark(BaseModel):
    """A mark of the month, whatever had become of it."""

    mark_id: int
    enterprise: str
    outlet: str
    point: str | None
    dimension_word: str
    kind_word: str
    start: Instant
    end: Instant
    author: str
    reason: str
    created_at: Instant
    state_word: str
    decision: str | None = Field(description="who rejected or withdrew it, and why")
    used_hours: int = Field(description="verdicts on hours that name it")


class ReportLimit(BaseModel):
    """A row of the register of limits that hours were judged by."""

    limit_id: int
    scope: str
    pollutant_name: str
    kind_word: str
    value: Number
    unit: str
    reference_o2_pct: Number
    standard: str
    clause: str
    source: str
    status_word: str
    origin: str
    valid_from: date
    valid_to: date | None


class ReportRule(BaseModel):
    """A version of a rule that judged hours of the report."""

    rule_id: str
    version: int
    title: str
    standard: str
    clause: str
    hours: int


class UleReport(BaseModel):
    """The whole report. What it rests on is told by its hash: asked for again as known at the same instant, it is the
    same."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "乌海市 2026 年 11 月超低排放月报",
                    "month": "2026-11",
                    "enterprise": None,
                    "as_known_at": "2026-12-05T00:00:00Z",
                    "inputs_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "items": [_ITEM],
                    "exceedances": [_EXCEEDANCE],
                    "marks": [_MARK],
                    "limits": [_LIMIT],
                    "rules": [_RULE],
                }
            ]
        }
    )

    title: str
    month: str
    enterprise: str | None
    as_known_at: Instant
    inputs_sha256: str = Field(description="SHA-256 of the canonical JSON of what the report rests on, names excepted")
    items: list[ReportItem]
    exceedances: list[Exceedance] = Field(description="by outlet, pollutant, kind and hour")
    marks: list[ReportMark]
    limits: list[ReportLimit]
    rules: list[ReportRule]
