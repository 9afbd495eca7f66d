"""What the API says of marks, and what it takes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.bodies import Author, Reason
from api.fields import EnterpriseCode, Instant, InstantIn, Number, PointCode, Word
from domain.findings import Verdict
from domain.marks import EQUIPMENT_KINDS, KINDS, PROCESS_KINDS, Dimension
from storage.listing.session import Row

ROWS_SHOWN = 500

Origin = Literal["manual", "auto"]
State = Literal["effective", "rejected", "withdrawn", "superseded"]
STATE_WORDS: dict[State, str] = {
    "effective": "有效",
    "rejected": "已驳回",
    "withdrawn": "已撤回",
    "superseded": "已被取代",
}

_NEW: dict[str, Any] = {
    "enterprise": "hx-coking",
    "outlet": "S1",
    "point": "S1-SO2",
    "dimension": "equipment",
    "kind": "maintenance",
    "start": "2026-11-02T08:10:00+08:00",
    "end": "2026-11-02T08:40:00+08:00",
    "origin": "manual",
    "author": "王工",
    "reason": "更换采样探头滤芯",
}
MARK_EXAMPLE: dict[str, Any] = {
    "mark_id": 7,
    "enterprise": "hx-coking",
    "outlet": "S1",
    "outlet_name": "焦炉烟囱",
    "point": "S1-SO2",
    "dimension": "equipment",
    "kind": "maintenance",
    "kind_word": "日常维护",
    "start": "2026-11-02T00:10:00Z",
    "end": "2026-11-02T00:40:00Z",
    "origin": "manual",
    "author": "hx-coking:王工",
    "reason": "更换采样探头滤芯",
    "created_at": "2026-11-02T01:00:00Z",
    "state": "effective",
    "state_word": "有效",
    "decision": None,
    "supersedes": None,
    "superseded_by": None,
}


class Decision(BaseModel):
    """What ended a mark's effect."""

    decision: Literal["rejected", "withdrawn"]
    author: str
    reason: str
    decided_at: Instant


class MarkItem(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [MARK_EXAMPLE]})

    mark_id: int
    enterprise: str
    outlet: str
    outlet_name: str
    point: str | None = Field(description="null: all analysers of the outlet")
    dimension: Dimension = Field(description="equipment: minutes become invalid; process: hours may be excluded")
    kind: str
    kind_word: str
    start: Instant
    end: Instant
    origin: Origin
    author: str = Field(description="an enterprise's account is put before the name it gave")
    reason: str
    created_at: Instant
    state: State = Field(description="now, or as known at the instant asked for")
    state_word: str
    decision: Decision | None
    supersedes: int | None
    superseded_by: int | None


class MarkedHour(BaseModel):
    """An hour of an analyser in which the mark made minutes invalid."""

    hour_at: Instant
    point: str
    marked_minutes: int = Field(description="minutes that would be valid but for marks, of all marks together")
    valid_minutes: int
    reading_count: int


class MarkedFinding(BaseModel):
    """A current verdict that names the mark."""

    finding_id: int
    rule_id: str
    subject: str
    period_start: Instant
    verdict: Verdict
    reason: str


class MarkDetail(MarkItem):
    """A mark with what it superseded and what superseded it, the hours it changed, the verdicts that used it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                MARK_EXAMPLE
                | {
                    "chain": [MARK_EXAMPLE],
                    "hours_total": 1,
                    "hours": [
                        {
                            "hour_at": "2026-11-02T00:00:00Z",
                            "point": "S1-SO2",
                            "marked_minutes": 30,
                            "valid_minutes": 30,
                            "reading_count": 60,
                        }
                    ],
                    "findings_total": 1,
                    "findings": [
                        {
                            "finding_id": 4711,
                            "rule_id": "legal.hourly",
                            "subject": "pollutant:hx-coking/S1/so2",
                            "period_start": "2026-11-02T00:00:00Z",
                            "verdict": "undetermined",
                            "reason": "too_few_valid_minutes",
                        }
                    ],
                }
            ]
        }
    )

    chain: list[MarkItem] = Field(description="marks that took each other's place, this one among them, oldest first")
    hours_total: int
    hours: list[MarkedHour] = Field(description=f"of equipment marks, in order, at most {ROWS_SHOWN}")
    findings_total: int
    findings: list[MarkedFinding] = Field(description=f"by period, at most {ROWS_SHOWN}")


class AutomaticMark(BaseModel):
    """What an instrument's flag, or a running state, says of an hour by itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "hour_at": "2026-11-02T00:00:00Z",
                    "enterprise": "hx-coking",
                    "outlet": "S1",
                    "point": "S1-SO2",
                    "quantity": "so2",
                    "dimension": "equipment",
                    "kind": "calibration",
                    "kind_word": "校准",
                    "origin": "auto",
                    "flag": "C",
                    "readings": 5,
                    "reading_count": 60,
                    "stopped_minutes": None,
                }
            ]
        }
    )

    hour_at: Instant
    enterprise: str
    outlet: str
    point: str
    quantity: str
    dimension: Dimension
    kind: str
    kind_word: str
    origin: Literal["auto"]
    flag: str | None = Field(description="letter of HJ 212; null for a running state")
    readings: int = Field(description="readings of the hour that carry the flag")
    reading_count: int = Field(description="all readings of the hour")
    stopped_minutes: Number = Field(description="of a running state: minutes of the hour that the source stood still")


class NewMark(BaseModel):
    """A mark [start, end) on one analyser, or on all of an outlet."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_NEW]})

    enterprise: EnterpriseCode
    outlet: PointCode
    point: PointCode | None = Field(default=None, description="an analyser; null: all of the outlet")
    dimension: Dimension
    kind: Word = Field(
        description=f"equipment: {'、'.join(f'{code} {word}' for code, word in EQUIPMENT_KINDS.items())}; "
        f"process: {'、'.join(f'{code} {word}' for code, word in PROCESS_KINDS.items())}"
    )
    start: InstantIn
    end: InstantIn = Field(description="exclusive")
    origin: Origin = Field(default="manual", description="auto: said by the enterprise's own system")
    author: Author
    reason: Reason
    supersedes: int | None = Field(default=None, ge=1, le=2**63 - 1, description="the mark that this one replaces")


class MarkDecision(BaseModel):
    """Who ends a mark's effect, and why."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"author": "李科长", "reason": "维护记录与现场台账不符"}]}
    )

    author: Author
    reason: Reason


def mark_item(row: Row) -> MarkItem:
    """A row as the API shows it."""
    decision = None
    if row["decision"] is not None:
        decision = Decision(
            decision=row["decision"],
            author=row["decided_by"],
            reason=row["decision_reason"],
            decided_at=row["decided_at"],
        )
    words = KINDS[Dimension(row["dimension"])]
    return MarkItem.model_validate(
        row
        | {
            "start": row["start_at"],
            "end": row["end_at"],
            "kind_word": words.get(row["kind"], row["kind"]),
            "state_word": STATE_WORDS[row["state"]],
            "decision": decision,
        }
    )
