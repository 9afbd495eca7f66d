"""What people do to alerts. The API and the desk call these; each takes a connection and does not commit.

Every function asks first whether the actor may (Forbidden), and writes what was done to the alert's history and to the
audit log; where telling people changes, it leaves news for the dispatcher. now: the platform's clock. Run them within
`acting`, so that what was refused is on record as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, NoReturn

from alerts.wording import local_text
from domain.accounts import ROLE_NAMES, Action, Actor, allowed, least_role, longest_shelf
from domain.alerts import AlertState, EventKind
from domain.clock import Clock
from domain.errors import BadInput, Conflict, Forbidden, NotFound
from storage import acting as store
from storage import audit, holds
from storage.acting import Standing
from storage.alerts import Event, append_events
from storage.database import Connection, Database
from storage.dispatch import News, announce

#: An actor is a name, a comment is a few sentences.
MAX_ACTOR = 100
MAX_COMMENT = 1000

_SHELF: holds.HoldKind = "shelved"
_OUT: holds.HoldKind = "out_of_service"


@asynccontextmanager
async def acting(database: Database, clock: Clock) -> AsyncIterator[Connection]:
    """A transaction to act in. What is refused is rolled back, then written to the audit log, and raised again."""
    try:
        async with database.transaction() as connection:
            yield connection
    except Forbidden as error:
        await record_refusal(database, error, clock())
        raise


async def record_refusal(database: Database, error: Forbidden, now: datetime) -> None:
    """Write to the audit log what somebody was refused; nothing when the error does not say who."""
    if isinstance(error.actor, Actor):
        async with database.transaction() as connection:
            entry = audit.Entry(now, error.actor, error.action, error.subject, {}, "refused")
            await audit.write(connection, entry)


def authorise(actor: Actor, action: Action, subject: str) -> None:
    """Raises Forbidden when the actor may not. subject: for the audit log, such as `alert:12`."""
    if not allowed(actor.role, action):
        _refuse(actor, action, subject, f"需要{ROLE_NAMES[least_role(action)]}或以上的权限")


async def acknowledge(connection: Connection, alert_id: int, *, comment: str, actor: Actor, now: datetime) -> None:
    """Somebody takes charge of an open alert, and nobody else is called for it.

    Raises NotFound; Conflict when it is resolved, or acknowledged already and not told anew since: then it says by
    whom and when; BadInput for a comment that is too long. Of two at once, one wins.
    """
    authorise(actor, Action.ACKNOWLEDGE, _alert(alert_id))
    comment, name = bounded_text(comment, "备注"), actor_name(actor)
    alert = await _locked(connection, alert_id)
    _refuse_acknowledged(alert)
    if alert.state == AlertState.RESOLVED:
        raise Conflict(f"告警 {alert_id} 已经结束，不能再签收")
    await store.acknowledge(connection, alert_id, name, comment, now)
    await announce(connection, [News(alert_id, "acknowledged", now, now)])
    await _note(connection, alert, Action.ACKNOWLEDGE, EventKind.ACKNOWLEDGED, comment, actor, now)


async def confirm_return(connection: Connection, alert_id: int, *, comment: str, actor: Actor, now: datetime) -> None:
    """Somebody has seen that an alert is over which people were told of and nobody had acknowledged.

    Raises NotFound, Conflict when it is not over, when nobody was told, or when somebody has done so; BadInput.
    """
    authorise(actor, Action.CONFIRM_RETURN, _alert(alert_id))
    comment, name = bounded_text(comment, "备注"), actor_name(actor)
    alert = await _locked(connection, alert_id)
    _refuse_acknowledged(alert)
    if alert.state != AlertState.RESOLVED:
        raise Conflict(f"告警 {alert_id} 尚未恢复，请签收")
    if alert.notified_at is None:
        raise Conflict(f"告警 {alert_id} 没有通知过任何人，不需要确认")
    await store.acknowledge(connection, alert_id, name, comment, now)
    await _note(connection, alert, Action.CONFIRM_RETURN, EventKind.RETURN_CONFIRMED, comment, actor, now)


async def comment(connection: Connection, alert_id: int, *, comment: str, actor: Actor, now: datetime) -> None:
    """Somebody notes something down beside an alert, open or over. Raises NotFound, BadInput for an empty text."""
    authorise(actor, Action.COMMENT, _alert(alert_id))
    comment = bounded_text(comment, "备注", empty=False)
    alert = await _locked(connection, alert_id)
    await _note(connection, alert, Action.COMMENT, EventKind.COMMENTED, comment, actor, now)


async def shelve(
    connection: Connection, alert_id: int, *, until_at: datetime, reason: str, actor: Actor, now: datetime
) -> None:
    """Put an open alert aside for a limited time: nobody is told of its (rule, subject) until then.

    Raises NotFound; Conflict when it is over, or shelved already: by whom and until when; BadInput for no reason or an
    end that has passed; Forbidden when the end is later than the role may choose.
    """
    authorise(actor, Action.SHELVE, _alert(alert_id))
    reason = bounded_text(reason, "原因", empty=False)
    if until_at <= now:
        raise BadInput("搁置的截止时间应晚于现在")
    longest = longest_shelf(actor.role)
    if until_at - now > longest:
        _refuse(actor, Action.SHELVE, _alert(alert_id), f"{ROLE_NAMES[actor.role]}最多搁置{_span(longest)}")
    alert = await _locked(connection, alert_id)
    if alert.state == AlertState.RESOLVED:
        raise Conflict(f"告警 {alert_id} 已经结束，不需要搁置")
    await _hold(connection, alert, _SHELF, until_at, reason, actor, now)
    detail = {"until_at": until_at.isoformat()}
    await _note(connection, alert, Action.SHELVE, EventKind.SHELVED, reason, actor, now, detail)


async def unshelve(connection: Connection, alert_id: int, *, comment: str, actor: Actor, now: datetime) -> None:
    """Take an alert's (rule, subject) from the shelf before its time. Raises NotFound, Conflict when it is on none."""
    authorise(actor, Action.UNSHELVE, _alert(alert_id))
    comment = bounded_text(comment, "备注")
    alert = await _locked(connection, alert_id)
    await _release(connection, alert, _SHELF, actor, now)
    await _note(connection, alert, Action.UNSHELVE, EventKind.UNSHELVED, comment, actor, now)


async def take_out_of_service(
    connection: Connection,
    alert_id: int,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    until_at: datetime | None = None,
) -> None:
    """Take the alarm of an alert's (rule, subject) out of service, with or without an end. It is judged and shown.

    Also at an alert that is over. Raises NotFound, Conflict when it is out of service already, BadInput.
    """
    authorise(actor, Action.OUT_OF_SERVICE, _alert(alert_id))
    reason = bounded_text(reason, "原因", empty=False)
    if until_at is not None and until_at <= now:
        raise BadInput("停用的截止时间应晚于现在")
    alert = await _locked(connection, alert_id)
    await _hold(connection, alert, _OUT, until_at, reason, actor, now)
    detail = {"until_at": None if until_at is None else until_at.isoformat()}
    await _note(connection, alert, Action.OUT_OF_SERVICE, EventKind.OUT_OF_SERVICE, reason, actor, now, detail)


async def return_to_service(
    connection: Connection, alert_id: int, *, comment: str, actor: Actor, now: datetime
) -> None:
    """Put the alarm of an alert's (rule, subject) back into service. Raises NotFound, Conflict when it is in it."""
    authorise(actor, Action.IN_SERVICE, _alert(alert_id))
    comment = bounded_text(comment, "备注")
    alert = await _locked(connection, alert_id)
    await _release(connection, alert, _OUT, actor, now)
    await _note(connection, alert, Action.IN_SERVICE, EventKind.IN_SERVICE, comment, actor, now)


async def hand_over(
    connection: Connection, alert_id: int, *, person: str, comment: str, actor: Actor, now: datetime
) -> None:
    """Give an open alert to a person of the roster, by code; they are told.

    Raises NotFound, Conflict when it is over or theirs already, BadInput for nobody or somebody who is not active.
    """
    authorise(actor, Action.HAND_OVER, _alert(alert_id))
    comment = bounded_text(comment, "备注")
    alert = await _locked(connection, alert_id)
    if alert.state == AlertState.RESOLVED:
        raise Conflict(f"告警 {alert_id} 已经结束，不能再移交")
    found = await store.person_name(connection, person) if len(person) <= 64 and _storable(person) else None
    if found is None:
        raise BadInput(f"没有人员 {person[:64]!r}：应为值班人员的代码")
    name, active = found
    if not active:
        raise BadInput(f"{name} 已停用，不能接手")
    if alert.assignee == person:
        raise Conflict(f"告警 {alert_id} 已经移交给{name}")
    await store.assign(connection, alert_id, person)
    await announce(connection, [News(alert_id, "handed_over", now, now)])
    detail = {"person": person, "name": name, "from": alert.assignee}
    await _note(connection, alert, Action.HAND_OVER, EventKind.HANDED_OVER, comment, actor, now, detail)


async def _hold(
    connection: Connection,
    alert: Standing,
    kind: holds.HoldKind,
    until_at: datetime | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    name = actor_name(actor)
    await holds.lock_holds(connection, alert.rule_id, alert.subject)
    for hold in await holds.standing_holds(connection, alert.rule_id, alert.subject, now):
        if hold.kind == kind:
            until = "" if hold.until_at is None else f"，至{local_text(hold.until_at)}"
            done = "搁置" if kind == _SHELF else "停用"
            raise Conflict(f"{hold.author} 已于{local_text(hold.from_at)}{done}{until}")
    await holds.insert_hold(
        connection,
        kind=kind,
        rule_id=alert.rule_id,
        subject=alert.subject,
        enterprise_id=alert.enterprise_id,
        alert_id=alert.alert_id,
        from_at=now,
        until_at=until_at,
        author=name,
        reason=reason,
    )


async def _release(connection: Connection, alert: Standing, kind: holds.HoldKind, actor: Actor, now: datetime) -> None:
    await holds.lock_holds(connection, alert.rule_id, alert.subject)
    standing = [
        hold for hold in await holds.standing_holds(connection, alert.rule_id, alert.subject, now) if hold.kind == kind
    ]
    if not standing:
        raise Conflict("没有被搁置" if kind == _SHELF else "没有停用")
    for hold in standing:
        await holds.end_hold(connection, hold.hold_id, actor_name(actor), now)
    released = await holds.open_alerts_of(connection, alert.rule_id, alert.subject)
    await announce(connection, [News(alert_id, "released", now, now) for alert_id in released])


async def _locked(connection: Connection, alert_id: int) -> Standing:
    alert = await store.lock_alert(connection, alert_id)
    if alert is None:
        raise NotFound(f"没有告警 {alert_id}")
    return alert


def _refuse_acknowledged(alert: Standing) -> None:
    at = alert.acknowledged_at
    if at is not None and (alert.realarmed_at is None or alert.realarmed_at <= at):
        raise Conflict(f"告警 {alert.alert_id} 已由 {alert.acknowledged_by} 于{local_text(at)}签收")


async def _note(
    connection: Connection,
    alert: Standing,
    action: Action,
    kind: EventKind,
    text: str,
    actor: Actor,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """One line of the alert's history, one of the audit log."""
    line = Event(alert.alert_id, now, kind, actor_name(actor), text, detail=detail)
    await append_events(connection, [line])
    said = {"rule": alert.rule_id, "subject": alert.subject, "text": text, **(detail or {})}
    await audit.write(connection, audit.Entry(now, actor, action, _alert(alert.alert_id), said))


def actor_name(actor: Actor) -> str:
    """Who it is, for the history. Raises BadInput for no name, or one that is too long."""
    name = actor.name.strip()
    if not name or len(name) > MAX_ACTOR or not _storable(name):
        raise BadInput(f"签收人不能为空，且不超过 {MAX_ACTOR} 字")
    return name


def bounded_text(text: str, what: str, *, empty: bool = True) -> str:
    """What somebody wrote, as text: no markup is looked for, so none is trusted."""
    text = text.strip()
    if not text and not empty:
        raise BadInput(f"{what}不能为空")
    if len(text) > MAX_COMMENT:
        raise BadInput(f"{what}不超过 {MAX_COMMENT} 字")
    if not _storable(text):
        raise BadInput(f"{what}中有不能保存的字符")
    return text


def _storable(text: str) -> bool:
    """Whether PostgreSQL takes it: no NUL, no lone surrogate."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _alert(alert_id: int) -> str:
    return f"alert:{alert_id}"


def _refuse(actor: Actor, action: Action, subject: str, message: str) -> NoReturn:
    raise Forbidden(message, action=action, subject=subject, actor=actor)


def _span(span: timedelta) -> str:
    hours = round(span / timedelta(hours=1))
    return f" {hours} 小时" if hours <= 24 else f" {hours // 24} 天"
