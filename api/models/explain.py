"""A finding opened down: limit, formula with numbers, steps, marks, hourly rows, minutes, hours of a longer period."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from api.fields import Instant, Number
from api.models.limits import LimitItem
from api.models.marks import MarkItem
from domain.findings import Verdict

EXPLANATION_EXAMPLE: dict[str, Any] = {
    "formula": "C*(21-8)/(21-O2)",
    "filled": "26.9 × (21 − 8) ÷ (21 − 10.5) = 33.3047619",
    "steps": ["1. 污染物取测点 S1-SO2：读数 60 个，有效分钟 60（至少 45），有效分钟的均值 26.9 mg/m3。"],
    "limit": None,
    "marks": [],
    "points": [
        {
            "role": "pollutant",
            "role_word": "污染物",
            "point": "S1-SO2",
            "name": "二氧化硫",
            "quantity": "so2",
            "unit": "mg/m3",
            "hour": None,
            "changed_since": False,
            "minutes": [
                {
                    "start": "2026-11-02T00:00:00Z",
                    "length_s": 60,
                    "mean": 26.9,
                    "is_valid": True,
                    "readings": 1,
                    "valid_readings": 1,
                    "corrected": 0,
                    "mark_id": None,
                    "flags": {"N": 1},
                }
            ],
        }
    ],
    "parts": [],
    "notes": [],
}


class MinuteItem(BaseModel):
    """A minute of the hour, or the point's interval when that is longer."""

    start: Instant
    length_s: int
    mean: Number = Field(description="of the valid readings; null when the minute is not valid")
    is_valid: bool
    readings: int
    valid_readings: int = Field(description="flagged N, within the physical range, not marked")
    corrected: int
    mark_id: int | None = Field(description="the equipment mark that makes it invalid")
    flags: dict[str, int]


class ExplainedHour(BaseModel):
    """The hourly row as it is now."""

    hour_at: Instant
    mean: Number
    valid_minutes: int
    reading_count: int
    valid_count: int
    minimum: Number
    maximum: Number
    flag_counts: dict[str, Any]
    remarks: list[str]
    marked_minutes: int
    mark_ids: list[int]
    computed_at: Instant


class ExplainedPoint(BaseModel):
    """A point that the finding rests on."""

    role: str
    role_word: str
    point: str
    name: str
    quantity: str
    unit: str
    hour: ExplainedHour | None
    changed_since: bool = Field(description="the hourly row was computed after the finding: it may say something else")
    minutes: list[MinuteItem] = Field(
        description="every minute of the hour, those without readings too; computed from the readings as they are now"
    )


class PartItem(BaseModel):
    """Hours of a longer period with one verdict and reason, and where to read them."""

    rule_id: str
    verdict: Verdict
    reason: str
    reason_word: str
    hours: int
    findings: str


class Explanation(BaseModel):
    """All that is needed to compute a finding by hand."""

    formula: str | None = Field(
        description="C: hourly mean, Cmax: greatest valid reading, O2: mean oxygen %, Q: dry standard flow m3/h"
    )
    filled: str | None = Field(description="the formula with its numbers; null where it was not computed")
    steps: list[str]
    limit: LimitItem | None = Field(description="the row of the register of limits that the finding was judged by")
    marks: list[MarkItem] = Field(description="the marks that it names, with what has become of them since")
    points: list[ExplainedPoint] = Field(description="of findings on an hour")
    parts: list[PartItem] = Field(description="of findings on a day, month or quarter: their hours by reason")
    notes: list[str]
