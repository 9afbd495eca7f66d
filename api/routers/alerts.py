"""Alerts with their history: the list, one of them, and what people do to it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query

from alerts import actions
from api.errors import BAD_REQUEST, CONFLICT, NOT_FOUND, problems
from api.fields import EnterpriseParameter, OptionalFrom, OptionalTo, RowId, RuleId, Word, span
from api.models.alerts import (
    ROWS_SHOWN,
    Acknowledgement,
    AlertComment,
    AlertDetail,
    AlertEvent,
    AlertHold,
    AlertItem,
    Assignment,
    Decision,
    Notification,
    OutOfService,
    Release,
    Shelving,
)
from api.ownwords import alert_for_enterprise, events_for_enterprise
from api.paging import Page, Paging
from api.session import PersonSession, ReadSession, Session
from domain.alarmstate import DisplayState
from storage.listing.alerts import (
    AlertFilter,
    alert_decisions,
    alert_events,
    alert_holds,
    alert_notifications,
    get_alert,
    list_alerts,
)
from storage.listing.findings import get_finding
from storage.listing.session import Row

__all__ = ["AlertEvent", "AlertHold", "Decision", "Notification", "router"]  # models of the document

router = APIRouter(prefix="/alerts", tags=["alerts"])

_ACTED = problems(BAD_REQUEST, NOT_FOUND, CONFLICT)


async def _detail(session: Session, alert_id: int) -> AlertDetail:
    connection = session.connection
    row = await get_alert(connection, alert_id, session.now)
    session.access.require(row["enterprise"])
    events = await alert_events(connection, alert_id, limit=ROWS_SHOWN)
    notifications = await alert_notifications(connection, alert_id, limit=ROWS_SHOWN)
    decisions: list[Row] = []
    holds: list[Row] = []
    if session.access.enterprise is None:
        decisions = await alert_decisions(connection, alert_id, limit=ROWS_SHOWN)
        holds = await alert_holds(connection, row["rule_id"], row["subject"], session.now)
    else:
        row = alert_for_enterprise(row)
        events = events_for_enterprise(events)
        notifications = [told | {"receiver": None, "last_error": None, "team": None} for told in notifications]
    return AlertDetail.model_validate(
        row
        | {
            "events": events,
            "notifications": notifications,
            "decisions": decisions,
            "holds": holds,
            "finding": await get_finding(connection, row["finding_id"]),
        }
    )


@router.get("", summary="Alerts, newest first", responses=problems(NOT_FOUND))
async def alerts(
    session: ReadSession,
    paging: Paging,
    state: Literal["pending", "firing", "resolved"] | None = None,
    display: Annotated[DisplayState | None, Query(description="the state as people see it, after ISA-18.2")] = None,
    live: Annotated[
        bool, Query(description="only those that last, and those that are over and wait to be confirmed")
    ] = False,
    severity: Literal["critical", "warning", "info"] | None = None,
    enterprise: EnterpriseParameter = None,
    district: Annotated[Word | None, Query(description="of the enterprise, or the district itself")] = None,
    rule: Annotated[RuleId | None, Query(description="rule id")] = None,
    team: Annotated[Word | None, Query(description="code of a team that it is told to")] = None,
    assignee: Annotated[Word | None, Query(description="code of the person it was handed over to")] = None,
    q: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=100,
            pattern=r"^[^\x00]*$",
            description="a text that title, summary, subject, rule id or the enterprise's name hold, in any case",
        ),
    ] = None,
    from_at: OptionalFrom = None,
    to_at: OptionalTo = None,
) -> Page[AlertItem]:
    """`from` and `to` bound occurred_at."""
    span(from_at, to_at)
    if team is not None or assignee is not None:
        session.access.require_operator()
    wanted = AlertFilter(
        state=state,
        display=display,
        is_live=live,
        severity=severity,
        enterprise_id=await session.enterprise_id(enterprise),
        district=district,
        rule_id=rule,
        team=team,
        assignee=assignee,
        words=q,
        from_at=from_at,
        to_at=to_at,
    )
    after = paging.after(int)
    rows = await list_alerts(session.connection, wanted, now=session.now, after=after, limit=paging.fetch)
    items, next_cursor = paging.cut(rows, lambda row: (row["alert_id"],))
    if session.access.enterprise is not None:
        items = [alert_for_enterprise(row) for row in items]
    return Page[AlertItem](items=[AlertItem.model_validate(row) for row in items], next_cursor=next_cursor)


@router.get("/{alert_id}", summary="One alert with its history", responses=problems(NOT_FOUND))
async def alert(session: ReadSession, alert_id: RowId) -> AlertDetail:
    return await _detail(session, alert_id)


@router.post("/{alert_id}/acknowledge", summary="Take an alert", responses=_ACTED)
async def acknowledge_alert(
    session: PersonSession, alert_id: RowId, body: Annotated[Acknowledgement, Body()]
) -> AlertDetail:
    """409 when it is resolved, or acknowledged already and not told anew since."""
    actor = session.access.signing(body.actor)
    await actions.acknowledge(session.connection, alert_id, comment=body.comment, actor=actor, now=session.now)
    return await _detail(session, alert_id)


@router.post("/{alert_id}/confirm", summary="Say that one has seen that an alert is over", responses=_ACTED)
async def confirm_alert(
    session: PersonSession, alert_id: RowId, body: Annotated[Acknowledgement, Body()]
) -> AlertDetail:
    """Of one that people were told of and nobody had acknowledged (`returned_unacknowledged`); else 409."""
    actor = session.access.signing(body.actor)
    await actions.confirm_return(session.connection, alert_id, comment=body.comment, actor=actor, now=session.now)
    return await _detail(session, alert_id)


@router.post("/{alert_id}/comment", summary="Note something down beside an alert", responses=_ACTED)
async def comment_alert(session: PersonSession, alert_id: RowId, body: Annotated[AlertComment, Body()]) -> AlertDetail:
    actor = session.access.signing(body.actor)
    await actions.comment(session.connection, alert_id, comment=body.comment, actor=actor, now=session.now)
    return await _detail(session, alert_id)


@router.post("/{alert_id}/shelve", summary="Put an alarm aside for a limited time", responses=_ACTED)
async def shelve_alert(session: PersonSession, alert_id: RowId, body: Annotated[Shelving, Body()]) -> AlertDetail:
    """Nobody is told of this rule and subject until then. 403 when that is later than the role may choose."""
    actor = session.access.signing(body.actor)
    await actions.shelve(
        session.connection, alert_id, until_at=body.until, reason=body.reason, actor=actor, now=session.now
    )
    return await _detail(session, alert_id)


@router.post("/{alert_id}/unshelve", summary="Take an alarm from the shelf", responses=_ACTED)
async def unshelve_alert(session: PersonSession, alert_id: RowId, body: Annotated[Release, Body()]) -> AlertDetail:
    actor = session.access.signing(body.actor)
    await actions.unshelve(session.connection, alert_id, comment=body.comment, actor=actor, now=session.now)
    return await _detail(session, alert_id)


@router.post("/{alert_id}/out-of-service", summary="Take an alarm out of service", responses=_ACTED)
async def take_alert_out_of_service(
    session: PersonSession, alert_id: RowId, body: Annotated[OutOfService, Body()]
) -> AlertDetail:
    """Of this rule and subject; it is judged and shown, and nobody is told."""
    actor = session.access.signing(body.actor)
    await actions.take_out_of_service(
        session.connection, alert_id, until_at=body.until, reason=body.reason, actor=actor, now=session.now
    )
    return await _detail(session, alert_id)


@router.post("/{alert_id}/in-service", summary="Put an alarm back into service", responses=_ACTED)
async def return_alert_to_service(
    session: PersonSession, alert_id: RowId, body: Annotated[Release, Body()]
) -> AlertDetail:
    actor = session.access.signing(body.actor)
    await actions.return_to_service(session.connection, alert_id, comment=body.comment, actor=actor, now=session.now)
    return await _detail(session, alert_id)


@router.post("/{alert_id}/hand-over", summary="Give an alert to somebody", responses=_ACTED)
async def hand_over_alert(session: PersonSession, alert_id: RowId, body: Annotated[Assignment, Body()]) -> AlertDetail:
    """To an active person of the roster, who is told."""
    actor = session.access.signing(body.actor)
    await actions.hand_over(
        session.connection, alert_id, person=body.person, comment=body.comment, actor=actor, now=session.now
    )
    return await _detail(session, alert_id)
