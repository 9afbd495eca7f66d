"""What the API says of who is on duty, and what it takes. Contacts are in none of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.fields import Instant, InstantIn
from domain.periods import Period
from domain.roster import Override, Roster, Turn

#: A name or a reason in one line.
_LINE = r"^[^\x00-\x1f]*[^\x00-\x20][^\x00-\x1f]*$"
Code = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
Signature = Annotated[
    str | None,
    Field(
        default=None,
        min_length=1,
        max_length=100,
        pattern=_LINE,
        description="who does this; left out by whoever is signed in with an account, which counts instead",
    ),
]

_WANG: dict[str, Any] = {"code": "wang-wei", "name": "王维"}
_LI: dict[str, Any] = {"code": "li-bai", "name": "李白"}
_TURN: dict[str, Any] = {
    "team": "duty",
    "shift": "day",
    "shift_name": "白班",
    "from_at": "2026-11-02T00:00:00Z",
    "until_at": "2026-11-02T12:00:00Z",
    "people": [_WANG],
    "overridden": False,
    "left": [],
}
_NIGHT = _TURN | {
    "shift": "night",
    "shift_name": "夜班",
    "from_at": "2026-11-02T12:00:00Z",
    "until_at": "2026-11-03T00:00:00Z",
    "people": [_LI],
}
_TEAM: dict[str, Any] = {
    "code": "duty",
    "name": "市值班室",
    "district": None,
    "enterprise": None,
    "lead": _LI,
    "channels": ["dingtalk-duty"],
    "now": [_TURN],
    "next": _NIGHT,
    "gaps": [],
    "reckoned": False,
}
_OVERRIDE: dict[str, Any] = {
    "override_id": 7,
    "team": "duty",
    "from_at": "2026-11-02T12:00:00Z",
    "until_at": "2026-11-03T00:00:00Z",
    "person": _WANG,
    "replaces": _LI,
    "author": "张三",
    "reason": "李白请假",
    "created_at": "2026-11-02T03:00:00Z",
    "cancelled_at": None,
    "cancelled_by": None,
    "state": "effective",
    "state_word": "有效",
}
_HANDOVER: dict[str, Any] = {
    "handover_id": 3,
    "team": "duty",
    "from_at": "2026-11-02T00:00:00Z",
    "until_at": "2026-11-02T12:00:00Z",
    "at": "2026-11-02T11:55:00Z",
    "author": "王维",
    "giver": _WANG,
    "taker": _LI,
    "note": "海西焦化2号焦炉正在检修，预计22时复产；8号告警已通知企业。",
    "open_alerts": 1,
    "alerts": [{"alert_id": 8, "severity": "critical", "title": "海西焦化 二氧化硫超标", "acknowledged_by": "王维"}],
    "shelved": 0,
    "out_of_service": 0,
    "silences": 0,
}


class PersonRef(BaseModel):
    """Somebody, without how to reach them."""

    model_config = ConfigDict(json_schema_extra={"examples": [_WANG]})

    code: str
    name: str


class Span(BaseModel):
    from_at: Instant
    until_at: Instant


class TurnItem(BaseModel):
    """A stretch of a shift with the same people."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TURN]})

    team: str
    shift: str = Field(description="code of the shift; empty where somebody comes in addition")
    shift_name: str
    from_at: Instant
    until_at: Instant
    people: list[PersonRef] = Field(description="empty: nobody, which is a gap unless another turn covers it")
    overridden: bool = Field(description="changed by hand")
    left: list[PersonRef] = Field(description="whose turn it would be but who have left; others stand in")


class TurnList(BaseModel):
    """Turns by start, uncut: the first and the last may reach beyond what was asked for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "team": "duty",
                    "from_at": "2026-11-02T00:00:00Z",
                    "to_at": "2026-11-03T00:00:00Z",
                    "turns": [_TURN, _NIGHT],
                    "gaps": [],
                    "reckoned": False,
                }
            ]
        }
    )

    team: str
    from_at: Instant
    to_at: Instant
    turns: list[TurnItem]
    gaps: list[Span] = Field(description="in which nobody is on duty")
    reckoned: bool = Field(description="rests on a year whose holidays are not published: weekends alone count")


class TeamStanding(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_TEAM]})

    code: str
    name: str
    district: str | None
    enterprise: str | None
    lead: PersonRef | None
    channels: list[str] = Field(description="codes of the channels that reach the group as such")
    now: list[TurnItem] = Field(description="who is on duty; empty in a gap, when the lead is told")
    next: TurnItem | None = Field(description="who comes on next; null: nobody within two months")
    gaps: list[Span] = Field(description="of the next seven days, for a team with shifts")
    reckoned: bool


class RosterView(BaseModel):
    """All teams."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"as_of": "2026-11-02T03:00:00Z", "teams": [_TEAM]}]})

    as_of: Instant
    teams: list[TeamStanding]


class OverrideItem(BaseModel):
    """A change by hand."""

    model_config = ConfigDict(json_schema_extra={"examples": [_OVERRIDE]})

    override_id: int
    team: str
    from_at: Instant
    until_at: Instant
    person: PersonRef
    replaces: PersonRef | None = Field(description="whose turns the person takes; null: comes in addition")
    author: str
    reason: str
    created_at: Instant
    cancelled_at: Instant | None = Field(description="it counted until then")
    cancelled_by: str | None
    state: Literal["effective", "cancelled"]
    state_word: str


class OverrideList(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_OVERRIDE]}]})

    items: list[OverrideItem]


class NewOverride(BaseModel):
    """A person takes the turns of another in [from_at, until_at), or comes in addition."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "from_at": "2026-11-02T20:00:00+08:00",
                    "until_at": "2026-11-03T08:00:00+08:00",
                    "person": "wang-wei",
                    "replaces": "li-bai",
                    "reason": "李白请假",
                    "actor": "张三",
                }
            ]
        },
    )

    from_at: InstantIn
    until_at: InstantIn
    person: Code
    replaces: Code | None = None
    reason: str = Field(min_length=1, max_length=500, pattern=_LINE)
    actor: Signature


class Cancellation(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"actor": "张三"}]})

    actor: Signature


class StandingAlert(BaseModel):
    alert_id: int
    severity: str
    title: str
    acknowledged_by: str | None


class HandoverItem(BaseModel):
    """交接班: what one shift told the next, with what stood then."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HANDOVER]})

    handover_id: int
    team: str
    from_at: Instant = Field(description="of the shift that is handed over")
    until_at: Instant
    at: Instant = Field(description="when it was written")
    author: str
    giver: PersonRef
    taker: PersonRef
    note: str
    open_alerts: int
    alerts: list[StandingAlert] = Field(description="the most severe of those that were open")
    shelved: int
    out_of_service: int
    silences: int


class NewHandover(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "at": "2026-11-02T10:00:00+08:00",
                    "note": "海西焦化2号焦炉正在检修，预计22时复产。",
                    "giver": "wang-wei",
                    "taker": "li-bai",
                    "actor": "王维",
                }
            ]
        },
    )

    at: InstantIn | None = Field(default=None, description="an instant of the shift that is handed over; now")
    note: str = Field(min_length=1, max_length=1000, pattern=r"^[^\x00]*[^\x00-\x20][^\x00]*$")
    giver: Code | None = Field(default=None, description="left out: who is on duty, where it is one person")
    taker: Code | None = Field(default=None, description="left out: who comes on next, where it is one person")
    actor: Signature


def person(roster: Roster, code: str) -> PersonRef:
    """A person by code; of who is unknown the code stands for the name."""
    return PersonRef(code=code, name=roster.name_of(code))


def turn_item(roster: Roster, turn: Turn) -> TurnItem:
    """A turn with names."""
    return TurnItem(
        team=turn.team,
        shift=turn.shift,
        shift_name=turn.shift_name,
        from_at=turn.period.start,
        until_at=turn.period.end,
        people=[person(roster, code) for code in turn.people],
        overridden=turn.overridden,
        left=[person(roster, code) for code in turn.left],
    )


def spans(periods: Iterable[Period]) -> list[Span]:
    """Periods as they are shown."""
    return [Span(from_at=period.start, until_at=period.end) for period in periods]


def override_item(roster: Roster, made: Override) -> OverrideItem:
    """A change by hand with names."""
    cancelled = made.cancelled_at is not None
    return OverrideItem(
        override_id=made.override_id,
        team=made.team,
        from_at=made.period.start,
        until_at=made.period.end,
        person=person(roster, made.person),
        replaces=None if made.replaces is None else person(roster, made.replaces),
        author=made.author,
        reason=made.reason,
        created_at=made.created_at,
        cancelled_at=made.cancelled_at,
        cancelled_by=made.cancelled_by,
        state="cancelled" if cancelled else "effective",
        state_word="已取消" if cancelled else "有效",
    )


def handover_item(roster: Roster, row: dict[str, Any]) -> HandoverItem:
    """A hand-over note with names."""
    snapshot = row["snapshot"]
    counted = ("shelved", "out_of_service", "silences")
    return HandoverItem(
        **{name: row[name] for name in ("handover_id", "team", "from_at", "until_at", "at", "author", "note")},
        giver=person(roster, row["giver"]),
        taker=person(roster, row["taker"]),
        open_alerts=snapshot.get("open", 0),
        alerts=snapshot.get("alerts", []),
        **{name: snapshot.get(name, 0) for name in counted},
    )
