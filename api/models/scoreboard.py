"""Where the city's targets stand, as the API says it, and the figures that bureaus enter."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.bodies import Author, Reason
from api.fields import DayIn, Instant, Number

HISTORY_SHOWN = 200

State = Literal["met", "on_track", "behind", "missed", "unknown", "not_computable"]
STATE_WORDS: dict[str, str] = {
    "met": "已达到",
    "on_track": "预计可达到",
    "behind": "落后",
    "missed": "到期未达到",
    "unknown": "暂无数值",
    "not_computable": "无法计算",
}

STANDING_EXAMPLE: dict[str, Any] = {
    "target_id": "T033",
    "document": "乌海市绿色园区专项治理工作方案",
    "document_status": "送审稿",
    "indicator": "取水计量在线监控率",
    "operator": ">=",
    "target_value": 95.0,
    "unit": "%",
    "baseline_year": None,
    "target_year": 2027,
    "bureau": "市水务局",
    "domain": "water",
    "check_mode": "auto",
    "quote": "2027年取水计量在线监控率力争达到95%以上",
    "note": "",
    "indicator_year": 2027,
    "state": "behind",
    "state_word": "落后",
    "value": 84.8,
    "as_of": "2026-10-31",
    "gap": 10.2,
    "projected": 90.4,
    "trend": [{"as_of": "2026-09-30", "value": 84.4}, {"as_of": "2026-10-31", "value": 84.8}],
    "parts": [],
    "conflicts": [
        {
            "id": "online-rate-2027",
            "topic": "2027年取水计量在线监控率",
            "targets": ["T002", "T033"],
            "other_source": None,
            "remark": "煤焦化方案（征求意见稿）力争突破90%，绿色园区方案（送审稿）力争95%以上",
        }
    ],
    "source": {
        "kind": "finding",
        "reading": "按许可水量加权",
        "rule": "water.intake_online_rate.green_park_plan",
        "finding_id": 4711,
        "projection": "linear",
    },
    "why": "",
    "computed_at": "2026-11-02T00:10:00Z",
}
_VALUE_EXAMPLE: dict[str, Any] = {
    "value_id": 12,
    "part": "",
    "as_of": "2026-10-31",
    "value": 7.0,
    "author": "张三",
    "evidence": "市水务局〔2026〕12号",
    "origin": "api",
    "created_at": "2026-11-02T03:00:00Z",
    "superseded_at": None,
}


class TrendPoint(BaseModel):
    as_of: date
    value: float
    part: str = Field(default="", description="of targets that count several kinds of things")


class PartStanding(BaseModel):
    """One number of a target that has several."""

    part: str = Field(description="a year, or what is counted")
    operator: str
    target_value: float
    target_year: int | None
    state: State
    value: Number
    as_of: date | None
    gap: Number
    projected: Number


class ConflictItem(BaseModel):
    """Targets of several documents that do not agree; none of them wins."""

    id: str
    topic: str
    targets: list[str]
    other_source: str | None
    remark: str


class TargetStanding(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [STANDING_EXAMPLE]})

    target_id: str
    document: str
    document_status: str
    indicator: str
    operator: str
    target_value: Number
    unit: str | None
    baseline_year: int | None
    target_year: int | None
    bureau: str | None
    domain: str = Field(description="one or more, separated by `;`")
    check_mode: str
    quote: str = Field(description="the document's own words")
    note: str
    indicator_year: int | None = Field(description="the year that the state is said of")
    state: State
    state_word: str
    value: Number = Field(description="in the target's unit")
    as_of: date | None = Field(description="local day of the value")
    gap: Number = Field(description="what is missing in the target's direction; zero or less: nothing")
    projected: Number = Field(description="a straight line through the last months at the year's end; not a promise")
    trend: list[TrendPoint] = Field(description="by month where computed, by entry where entered; at most 36")
    parts: list[PartStanding]
    conflicts: list[ConflictItem]
    source: dict[str, Any] = Field(description="how the value came about, and what the newest one rests on")
    why: str = Field(description="why there is no state, or what it leaves open; empty for nothing")
    computed_at: Instant | None


class Scoreboard(BaseModel):
    """All targets that match."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"states": {"behind": 1}, "items": [STANDING_EXAMPLE]}]})

    states: dict[str, int] = Field(description="how many of the items are in which state")
    items: list[TargetStanding]


class EnteredItem(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_VALUE_EXAMPLE]})

    value_id: int
    part: str
    as_of: date
    value: float
    author: str
    evidence: str
    origin: str = Field(description="api or file")
    created_at: Instant
    superseded_at: Instant | None


class TargetDetail(TargetStanding):
    """A target with the figures that were entered for it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**STANDING_EXAMPLE, "history": [_VALUE_EXAMPLE]}]})

    history: list[EnteredItem] = Field(description=f"newest first, superseded ones among them, at most {HISTORY_SHOWN}")


class NewTargetValue(BaseModel):
    """A figure that a bureau states."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"as_of": "2026-10-31", "value": 7, "author": "张三", "evidence": "市水务局〔2026〕12号"},
            ]
        },
    )

    as_of: DayIn = Field(description="local day that the figure is of, not after today")
    value: Annotated[float, Field(strict=True, allow_inf_nan=False, description="in the target's unit")]
    part: Annotated[str, Field(max_length=64)] = Field(
        default="", description="only for targets that count several kinds of things: which of them"
    )
    author: Author
    evidence: Reason
