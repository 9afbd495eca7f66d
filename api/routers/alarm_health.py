"""Health of the alarm system after EEMUA 191 and ISA-18.2: are people told so much that they stop looking?

Operators only."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.errors import NOT_FOUND, invalid, problems
from api.fields import Instant, InstantIn, Number, format_instant, period
from api.session import OperatorSession
from domain.errors import NotFound
from storage.listing.alarm_health import alarm_health, team_exists
from storage.listing.session import Row

router = APIRouter(prefix="/alarm-health", tags=["alerts"])

#: Periods of ten minutes are looked at one by one.
_MOST = timedelta(days=92)
_DEFAULT = timedelta(days=7)


class Figure(BaseModel):
    """A figure of good practice. rating: good (acceptable), manageable, over; null where there is no such figure."""

    value: Number | None
    acceptable: Number
    manageable: Number
    rating: str | None
    source: str


class TeamHealth(BaseModel):
    """Of one team, or of the city as if it were one team."""

    team: str | None
    team_name: str | None
    alarms: int = Field(description="alarms that were told for the first time, each once")
    peak_at: Instant | None = Field(description="start of the ten minutes with the most alarms")
    floods: int
    standing: int = Field(description="alarms that stand at the end, without those set aside")
    stale: int = Field(description="of these, for more than 24 hours")
    set_aside: int = Field(description="stand at the end, but were shelved, out of service or suppressed by design")
    escalated: int = Field(description="alarms that nobody answered in time, so that the next step was told")
    figures: dict[str, Figure] = Field(
        description="per_10min, per_hour, per_day, peak_10min, busy_pct (ten minutes with more than 10 alarms), "
        "flood_pct (from more than 10 until fewer than 5), stale, chattering, top10_pct"
    )


class Response(BaseModel):
    severity: str
    told: int
    acknowledged: int
    median_min: Number | None
    p90_min: Number | None
    late: int = Field(description="neither acknowledged nor over within late_min minutes")
    waiting: int = Field(description="of these, still firing and not acknowledged at the end")


class Priority(BaseModel):
    severity: str
    alarms: int = Field(description="raised, whether anybody was told or not")
    share_pct: Number | None
    target_pct: Number


class Frequent(BaseModel):
    place: int
    rule_id: str
    rule_title: str | None
    subject: str | None = Field(description="null in a list of rules")
    enterprise_name: str | None
    alarms: int
    share_pct: Number


class Chattering(BaseModel):
    rule_id: str
    subject: str
    enterprise: str | None
    enterprise_name: str | None
    raised: int
    most_in_24h: int = Field(description="times it was raised or ended within 24 hours, at most")
    last_at: Instant


class Stale(BaseModel):
    alert_id: int
    rule_id: str
    subject: str
    severity: str
    title: str
    enterprise: str | None
    raised_at: Instant
    acknowledged_at: Instant | None
    age_h: Number


class Decisions(BaseModel):
    event: str
    decision: str
    reason: str
    decisions: int
    alarms: int


_EXAMPLE: dict[str, Any] = {
    "from": "2026-10-26T00:00:00Z",
    "to": "2026-11-02T00:00:00Z",
    "team": None,
    "late_min": 30,
    "health": [
        {
            "team": None,
            "team_name": None,
            "alarms": 210,
            "peak_at": "2026-10-29T03:20:00Z",
            "floods": 1,
            "standing": 14,
            "stale": 6,
            "set_aside": 2,
            "escalated": 3,
            "figures": {
                "per_day": {
                    "value": 30.0,
                    "acceptable": 144.0,
                    "manageable": 288.0,
                    "rating": "good",
                    "source": "EEMUA 191",
                }
            },
        }
    ],
    "response": [
        {
            "severity": "critical",
            "told": 12,
            "acknowledged": 11,
            "median_min": 6.5,
            "p90_min": 21.0,
            "late": 1,
            "waiting": 0,
        }
    ],
    "priorities": [{"severity": "critical", "alarms": 12, "share_pct": 5.7, "target_pct": 5.0}],
    "top_rules": [
        {
            "place": 1,
            "rule_id": "data.point_offline",
            "rule_title": "水表通信中断",
            "subject": None,
            "enterprise_name": None,
            "alarms": 80,
            "share_pct": 38.1,
        }
    ],
    "top_series": [],
    "chattering": [],
    "stale": [],
    "decisions": [{"event": "firing", "decision": "drop", "reason": "historical", "decisions": 4, "alarms": 4}],
}


class AlarmHealthOut(BaseModel):
    """By the platform's clock: what people saw, not when it happened."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]}, populate_by_name=True)

    from_at: Instant = Field(alias="from")
    to_at: Instant = Field(alias="to")
    team: str | None
    late_min: int
    health: list[TeamHealth] = Field(description="the city first, then teams; of one team where one was asked for")
    response: list[Response]
    priorities: list[Priority]
    top_rules: list[Frequent]
    top_series: list[Frequent]
    chattering: list[Chattering] = Field(description="of the city; at most 50")
    stale: list[Stale] = Field(description="the oldest 50 at the end, without those set aside")
    decisions: list[Decisions]


@router.get("", summary="Health of the alarm system", responses=problems(NOT_FOUND))
async def health(
    session: OperatorSession,
    from_at: Annotated[InstantIn | None, Query(alias="from", description="without it seven days before to")] = None,
    to_at: Annotated[InstantIn | None, Query(alias="to", description="without it now, and never later")] = None,
    team: Annotated[
        str | None, Query(pattern=r"^[a-z0-9-]{1,64}$", description="code of a team; without it the city")
    ] = None,
    late_min: Annotated[int, Query(ge=1, le=1440, description="an acknowledgement after so many minutes is late")] = 30,
) -> AlarmHealthOut:
    """Rates, floods, standing and stale alarms, chattering, response times and the most frequent alarms of a period of
    at most 92 days, beside what EEMUA 191 and ISA-18.2 ask of one operating position."""
    end = min(to_at or session.now, session.now)  # hours to come hold no alarms and would thin out the others
    span = period(from_at or end - _DEFAULT, end)
    if span.end - span.start > _MOST:
        raise invalid("to", format_instant(span.end), f"from 之后不超过 {_MOST.days} 天")
    if team is not None and not await team_exists(session.connection, team):
        raise NotFound(f"没有班组 {team}")
    found = await alarm_health(session.connection, span, team=team, late_min=late_min)
    figures: dict[str | None, dict[str, Row]] = {}
    for row in found.ratings:
        figures.setdefault(row["team"], {})[row["figure"]] = row
    return AlarmHealthOut.model_validate(
        {
            "from": span.start,
            "to": span.end,
            "team": team,
            "late_min": late_min,
            "health": [row | {"figures": figures.get(row["team"], {})} for row in found.counts],
            "response": found.response,
            "priorities": found.priorities,
            "top_rules": [row for row in found.top if row["what"] == "rule"],
            "top_series": [row for row in found.top if row["what"] == "series"],
            "chattering": found.chattering,
            "stale": found.stale,
            "decisions": found.decisions,
        }
    )
