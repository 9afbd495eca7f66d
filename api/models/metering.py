"""The monthly report on metering of a district: rates with both readings, what is missing, accounts of the month."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.fields import Instant, Number
from api.models.gaps import GAP, Gap
from domain.findings import SubjectKind, Verdict

_READING: dict[str, Any] = {
    "method": "by_enterprise",
    "label": "按企业：用水单位级全部装齐的工业企业占比",
    "document": "《乌海市绿色园区专项治理工作方案》附件1 第6项（只有指标名称，未给出公式）",
    "document_status": "送审稿",
    "numerator": 3.0,
    "denominator": 4.0,
    "pct": 75.0,
}
_FINDING: dict[str, Any] = {
    "finding_id": 90,
    "rule_id": "water.meter_installation_rate",
    "rule_version": 1,
    "title": "工业企业用水计量设施安装率",
    "subject": "district:wuda",
    "subject_kind": "district",
    "name": "乌达区",
    "park": None,
    "enterprise_name": None,
    "verdict": "violation",
    "verdict_word": "未达标",
    "reason": "target_not_met",
    "reason_word": "未达目标",
    "value": 75.0,
    "limit": 100.0,
    "unit": "%",
    "period_start": "2026-09-29T16:00:00Z",
    "period_end": "2026-09-30T16:00:00Z",
    "computed_at": "2026-09-30T16:10:00Z",
}
_RATE: dict[str, Any] = _FINDING | {
    "readings": [_READING],
    "levels": [],
    "target_id": "T030",
    "document": "乌海市绿色园区专项治理工作方案",
    "document_status": "送审稿",
}
_ACCOUNT: dict[str, Any] = _FINDING | {
    "sheet": "水量平衡",
    "finding_id": 91,
    "rule_id": "water.balance",
    "title": "水量平衡",
    "subject": "place:hx-coking/W-U1",
    "subject_kind": "place",
    "name": "进厂总管",
    "park": "wuda-park",
    "enterprise_name": "海西焦化",
    "reason": "loss_over_band",
    "reason_word": "进大于出，超过允许差",
    "value": 12.5,
    "limit": 10.0,
    "period_start": "2026-08-31T16:00:00Z",
    "evidence": {"entry": 1000.0, "subs": 875.0},
}
_RULE: dict[str, Any] = {
    "rule_id": "water.balance",
    "version": 1,
    "title": "水量平衡",
    "standard": "平台规则",
    "clause": "进出之差不超过10%",
    "document": "平台设计",
    "document_status": "平台规则",
    "status": "platform",
    "confidence": "DESIGN",
    "enabled": True,
    "reading": "按月",
}


class ReadingRow(BaseModel):
    """One reading of a rate, with its own document; the verdict rests on the first of a rate's readings."""

    method: str
    label: str
    document: str | None
    document_status: str | None
    numerator: Number
    denominator: Number
    pct: Number


class LevelRow(BaseModel):
    """A medium and level of a fit rate."""

    medium: str
    medium_word: str
    level: str
    level_word: str
    required: int
    fitted: int
    pct: Number
    required_pct: Number
    met: bool


class ReportFinding(BaseModel):
    """A current finding of the report's month."""

    finding_id: int
    rule_id: str
    rule_version: int
    title: str
    subject: str
    subject_kind: SubjectKind
    name: str | None
    park: str | None
    enterprise_name: str | None
    verdict: Verdict
    verdict_word: str
    reason: str
    reason_word: str
    value: Number
    limit: Number
    unit: str | None
    period_start: Instant
    period_end: Instant
    computed_at: Instant


class RateRow(ReportFinding):
    """A metering rate: of the month's newest judged day, an arrival rate of the month."""

    readings: list[ReadingRow]
    levels: list[LevelRow] = Field(description="of a fit rate")
    target_id: str | None
    document: str = Field(description="that asks for it")
    document_status: str


class AccountRow(ReportFinding):
    """A finding on the month's accounts."""

    sheet: str = Field(description="under which heading it stands")
    evidence: dict[str, Any]


class RuleNote(BaseModel):
    """A rule of the report in its own words."""

    rule_id: str
    version: int
    title: str
    standard: str
    clause: str
    document: str | None
    document_status: str
    status: str
    confidence: str
    enabled: bool
    reading: str | None


class MeteringReport(BaseModel):
    """The whole report: what was known when it was asked for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "乌达区 2026 年 9 月水与能源计量月报",
                    "month": "2026-09",
                    "district": "wuda",
                    "district_name": "乌达区",
                    "made_at": "2026-10-05T00:00:00Z",
                    "gaps_on": "2026-09-30",
                    "rates": [_RATE],
                    "gaps": [GAP],
                    "accounts": [_ACCOUNT],
                    "rules": [_RULE],
                }
            ]
        }
    )

    title: str
    month: str
    district: str
    district_name: str
    made_at: Instant = Field(description="platform clock")
    gaps_on: date = Field(description="local day as of which the list of gaps reads the register")
    rates: list[RateRow]
    gaps: list[Gap]
    accounts: list[AccountRow]
    rules: list[RuleNote]
