"""Who is on duty now and next, changes of the roster by hand, hand-over notes, calendars to subscribe to.

Nobody's telephone number or address is in any answer.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Response

from alerts.duty import cancel_override, override_roster, write_handover
from api import ical
from api.errors import BAD_REQUEST, CONFLICT, NOT_FOUND, invalid, problems
from api.fields import FromParameter, OptionalFrom, OptionalTo, RowId, ToParameter, period, span
from api.models.roster import (
    Cancellation,
    HandoverItem,
    NewHandover,
    NewOverride,
    OverrideItem,
    OverrideList,
    RosterView,
    TeamStanding,
    TurnList,
    handover_item,
    override_item,
    person,
    spans,
    turn_item,
)
from api.paging import Page, Paging
from api.rostercalendar import events
from api.session import OperatorSession, PersonSession, Session
from domain.errors import NotFound
from domain.periods import Period
from domain.roster import Roster
from storage import roster as store

router = APIRouter(prefix="/roster", tags=["roster"])

_GAPS_AHEAD = timedelta(days=7)
#: Days of a calendar before and after today; days of turns or changes that are listed at once.
_BACK, _AHEAD, _MOST = timedelta(days=7), timedelta(days=92), timedelta(days=92)

TeamCode = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,64}$", examples=["duty"])]
PersonCode = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,64}$", examples=["wang-wei"])]

_CALENDAR: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "RFC 5545",
        "content": {ical.MEDIA_TYPE: {"schema": {"type": "string"}, "example": "BEGIN:VCALENDAR\r\n…"}},
    }
}


@router.get("", summary="Who is on duty now and next, in every team")
async def roster(session: OperatorSession) -> RosterView:
    known, _ = await store.load(session.connection)
    return RosterView(as_of=session.now, teams=[_standing(session, known, code) for code in sorted(known.teams)])


def _standing(session: Session, known: Roster, code: str) -> TeamStanding:
    team, ahead = known.teams[code], Period(session.now, session.now + _GAPS_AHEAD)
    following = known.following(code, session.now)
    return TeamStanding(
        code=code,
        name=team.name,
        district=team.district,
        enterprise=team.enterprise,
        lead=None if team.lead is None else person(known, team.lead),
        channels=list(team.channels),
        now=[turn_item(known, turn) for turn in known.on_duty(code, session.now)],
        next=None if following is None else turn_item(known, following),
        gaps=spans(known.gaps(code, ahead)) if known.has_shifts(code) else [],
        reckoned=known.is_reckoned(code, ahead),
    )


@router.get("/{team}/turns", summary="Turns of a team in a period", responses=problems(NOT_FOUND))
async def turns(session: OperatorSession, team: TeamCode, from_at: FromParameter, to_at: ToParameter) -> TurnList:
    """At most 92 days."""
    asked = _bounded(period(from_at, to_at))
    known = await _known(session, team)
    return TurnList(
        team=team,
        from_at=asked.start,
        to_at=asked.end,
        turns=[turn_item(known, turn) for turn in known.turns(team, asked)],
        gaps=spans(known.gaps(team, asked)),
        reckoned=known.is_reckoned(team, asked),
    )


@router.get(
    "/{team}/calendar.ics",
    summary="A team's turns as iCalendar, to subscribe to",
    response_class=Response,
    responses=_CALENDAR | problems(NOT_FOUND),
)
async def team_calendar(session: OperatorSession, team: TeamCode) -> Response:
    """From a week ago to three months ahead. Telephones and mail programs subscribe by HTTP Basic."""
    known = await _known(session, team)
    turns = known.turns(team, _shown(session))
    return _calendar(session, f"值班 {known.teams[team].name}", team, events(known, turns))


@router.get(
    "/people/{code}/calendar.ics",
    summary="One person's turns in all teams as iCalendar",
    response_class=Response,
    responses=_CALENDAR | problems(NOT_FOUND),
)
async def person_calendar(session: OperatorSession, code: PersonCode) -> Response:
    """As a team's, with a reminder half an hour before each turn."""
    known, _ = await store.load(session.connection)
    if code not in known.people:
        raise NotFound(f"没有人员 {code}")
    turns = [turn for team in sorted(known.teams) for turn in known.turns(team, _shown(session))]
    return _calendar(session, f"值班 {known.name_of(code)}", code, events(known, turns, code))


@router.get("/{team}/overrides", summary="Changes of the roster by hand", responses=problems(NOT_FOUND))
async def overrides(
    session: OperatorSession, team: TeamCode, from_at: FromParameter, to_at: ToParameter
) -> OverrideList:
    """Those that touch the period, cancelled ones too, in the order in which they were made. At most 92 days."""
    asked = _bounded(period(from_at, to_at))
    known = await _known(session, team)
    made = await store.overrides_of(session.connection, team, asked)
    return OverrideList(items=[override_item(known, one) for one in made])


@router.post(
    "/{team}/overrides",
    summary="Change who is on duty",
    responses=problems(BAD_REQUEST, NOT_FOUND, CONFLICT),
)
async def new_override(session: PersonSession, team: TeamCode, body: Annotated[NewOverride, Body()]) -> OverrideItem:
    """For leads. 409 when who is replaced has no turn in the period, or when the same change stands already."""
    override_id = await override_roster(
        session.connection,
        team,
        period=Period(body.from_at, body.until_at),
        person=body.person,
        replaces=body.replaces,
        reason=body.reason,
        actor=session.access.signing(body.actor),
        now=session.now,
    )
    return await _override(session, team, override_id)


@router.post(
    "/{team}/overrides/{override_id}/cancel",
    summary="Take a change of the roster back",
    responses=problems(BAD_REQUEST, NOT_FOUND, CONFLICT),
)
async def cancel_roster_override(
    session: PersonSession, team: TeamCode, override_id: RowId, body: Annotated[Cancellation, Body()]
) -> OverrideItem:
    """For leads. One that has begun counts until now. 409 when it is cancelled already, or over."""
    actor = session.access.signing(body.actor)
    await cancel_override(session.connection, team, override_id, actor=actor, now=session.now)
    return await _override(session, team, override_id)


@router.get("/{team}/handovers", summary="Hand-over notes, newest first", responses=problems(NOT_FOUND))
async def handovers(
    session: OperatorSession,
    paging: Paging,
    team: TeamCode,
    from_at: OptionalFrom = None,
    to_at: OptionalTo = None,
) -> Page[HandoverItem]:
    """`from` and `to` bound the end of the shift that was handed over."""
    span(from_at, to_at)
    known = await _known(session, team)
    rows = await store.handovers(
        session.connection, team, from_at=from_at, to_at=to_at, after=paging.after(int), limit=paging.fetch
    )
    items, next_cursor = paging.cut(rows, lambda row: (row["handover_id"],))
    return Page[HandoverItem](items=[handover_item(known, row) for row in items], next_cursor=next_cursor)


@router.post(
    "/{team}/handovers",
    summary="Hand a shift over (交接班)",
    responses=problems(BAD_REQUEST, NOT_FOUND, CONFLICT),
)
async def new_handover(session: PersonSession, team: TeamCode, body: Annotated[NewHandover, Body()]) -> HandoverItem:
    """For who is on duty. Keeps what stands now beside the note; notes are never altered, another one may follow."""
    handover_id = await write_handover(
        session.connection,
        team,
        at=body.at or session.now,
        note=body.note,
        giver=body.giver,
        taker=body.taker,
        actor=session.access.signing(body.actor),
        now=session.now,
    )
    (row,) = await store.handovers(session.connection, team, handover_id=handover_id)
    return handover_item(await _known(session, team), row)


async def _known(session: Session, team: str) -> Roster:
    known, _ = await store.load(session.connection)
    if team not in known.teams:
        raise NotFound(f"没有值班组 {team}")
    return known


async def _override(session: Session, team: str, override_id: int) -> OverrideItem:
    found = await store.lock_override(session.connection, override_id)
    assert found is not None
    return override_item(await _known(session, team), found)


def _bounded(asked: Period) -> Period:
    if asked.end - asked.start > _MOST:
        raise invalid("to", asked.end.isoformat(), f"与 from 相隔不超过 {_MOST.days} 天")
    return asked


def _shown(session: Session) -> Period:
    return Period(session.now - _BACK, session.now + _AHEAD)


def _calendar(session: Session, name: str, code: str, shown: list[ical.TimedEvent]) -> Response:
    headers = {"Content-Disposition": f"inline; filename=roster-{code}.ics", "Cache-Control": "private, no-store"}
    file = ical.calendar(name, shown, session.now)
    return Response(file, media_type=f"{ical.MEDIA_TYPE}; charset=utf-8", headers=headers)
