"""What people do to the roster: take somebody's turn, take that back, hand a shift over.

As in `alerts.actions`: every function asks first whether the actor may (Forbidden), does not commit, and writes to the
audit log. now: the platform's clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from alerts.actions import actor_name, authorise, bounded_text
from alerts.wording import local_text
from domain.accounts import Action, Actor
from domain.errors import BadInput, Conflict, NotFound
from domain.periods import Period
from domain.roster import Override, Roster, Turn
from domain.rosterplan import UNSAVED, Foresight, foresee, foresee_cancel
from storage import audit
from storage import roster as store
from storage.database import Connection

#: A change for longer is one of the site file.
LONGEST_OVERRIDE = timedelta(days=92)


async def override_roster(
    connection: Connection,
    team: str,
    *,
    period: Period,
    person: str,
    replaces: str | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> int:
    """A person takes the turns of another in a period, or comes in addition (replaces None); gives its number.

    Raises NotFound for an unknown team; BadInput for nobody or somebody who has left, a period that is empty, over or
    too long; Conflict when who is replaced has no turn in it, or when the same was written down already.
    """
    authorise(actor, Action.OVERRIDE_ROSTER, f"team:{team[:64]}")
    reason = bounded_text(reason, "原因", empty=False)
    roster = await locked_roster(connection, team)
    for other in await store.overrides_of(connection, team, period):
        same = (other.period, other.person, other.replaces) == (period, person, replaces)
        if same and other.cancelled_at is None:
            raise Conflict(f"{other.author} 已于{local_text(other.created_at)}登记了同样的变动")
    _check_override(roster, team, period, person, replaces, now)
    override_id = await store.insert_override(
        connection, team, period, person, replaces, actor_name(actor), reason, now
    )
    said = {
        "from_at": period.start.isoformat(),
        "until_at": period.end.isoformat(),
        "person": person,
        "replaces": replaces,
        "text": reason,
    }
    entry = audit.Entry(now, actor, Action.OVERRIDE_ROSTER, f"override:{override_id}", {"team": team, **said})
    await audit.write(connection, entry)
    return override_id


async def preview_override(
    connection: Connection,
    team: str,
    *,
    period: Period,
    person: str,
    replaces: str | None,
    actor: Actor,
    now: datetime,
) -> tuple[Roster, Foresight]:
    """The roster as it stands, and what `override_roster` would make of it. Raises as that does; changes nothing."""
    authorise(actor, Action.OVERRIDE_ROSTER, f"team:{team[:64]}")
    roster = await _known(connection, team)
    _check_override(roster, team, period, person, replaces, now)
    return roster, foresee(roster, Override(UNSAVED, team, period, person, replaces, now))


async def preview_cancel(
    connection: Connection, team: str, override_id: int, *, actor: Actor, now: datetime
) -> tuple[Roster, Foresight]:
    """The roster as it stands, and what `cancel_override` would make of it. Raises NotFound, Forbidden."""
    authorise(actor, Action.OVERRIDE_ROSTER, f"override:{override_id}")
    roster = await _known(connection, team)
    found = next((one for one in roster.overrides if (one.override_id, one.team) == (override_id, team)), None)
    if found is None:
        raise NotFound(f"{team[:64]} 没有排班变动 {override_id}")
    return roster, foresee_cancel(roster, found, now)


async def cancel_override(connection: Connection, team: str, override_id: int, *, actor: Actor, now: datetime) -> None:
    """Take a change of the roster back; one that has begun counts until now.

    Raises NotFound; Conflict when it is cancelled already, by whom and when, or over.
    """
    authorise(actor, Action.OVERRIDE_ROSTER, f"override:{override_id}")
    found = await store.lock_override(connection, override_id)
    if found is None or found.team != team:
        raise NotFound(f"{team[:64]} 没有排班变动 {override_id}")
    if found.cancelled_at is not None:
        raise Conflict(f"{found.cancelled_by} 已于{local_text(found.cancelled_at)}取消")
    if found.period.end <= now:
        raise Conflict(f"排班变动 {override_id} 已于{local_text(found.period.end)}结束")
    await store.cancel_override(connection, override_id, actor_name(actor), now)
    detail = {"team": team, "cancelled": True}
    await audit.write(connection, audit.Entry(now, actor, Action.OVERRIDE_ROSTER, f"override:{override_id}", detail))


async def write_handover(
    connection: Connection,
    team: str,
    *,
    at: datetime,
    note: str,
    actor: Actor,
    now: datetime,
    giver: str | None = None,
    taker: str | None = None,
) -> int:
    """Write down what the shift of an instant tells the next one, with what stands now; gives its number.

    giver, taker: codes of persons; those of the roster where these are single. Raises NotFound, BadInput, and Conflict
    when the shift has not begun, or nobody was on duty then.
    """
    authorise(actor, Action.WRITE_HANDOVER, f"team:{team[:64]}")
    note = bounded_text(note, "交接内容", empty=False)
    roster = await locked_roster(connection, team)
    turn = turn_of(roster, team, at)
    if turn is None:
        raise Conflict(f"{local_text(at)}没有人值班，没有可交接的班")
    if turn.whole.start > now:
        raise Conflict(f"{turn.shift_name}尚未开始")
    taking = roster.following(team, turn.whole.end - timedelta(microseconds=1))
    giver = giver or _single("交班人", turn.people, roster)
    taker = taker or _single("接班人", () if taking is None else taking.people, roster)
    for person in (giver, taker):
        if person not in roster.people:
            raise BadInput(f"没有人员 {person[:64]!r}：应为值班人员的代码")
    if giver == taker:
        raise BadInput("交班人与接班人不能是同一人")
    handover_id = await store.insert_handover(
        connection,
        team,
        turn.whole,
        now,
        author=actor_name(actor),
        giver=giver,
        taker=taker,
        note=note,
        snapshot=await store.standing(connection, now),
    )
    said = {"team": team, "shift": turn.shift, "giver": giver, "taker": taker, "text": note}
    entry = audit.Entry(now, actor, Action.WRITE_HANDOVER, f"handover:{handover_id}", said)
    await audit.write(connection, entry)
    return handover_id


async def locked_roster(connection: Connection, team: str) -> Roster:
    """The roster, while nobody else changes the team's. Raises NotFound for an unknown team."""
    if not await store.lock_team(connection, team):
        raise NotFound(f"没有值班组 {team[:64]}")
    roster, _ = await store.load(connection)
    return roster


async def _known(connection: Connection, team: str) -> Roster:
    roster, _ = await store.load(connection)
    if team not in roster.teams:
        raise NotFound(f"没有值班组 {team[:64]}")
    return roster


def _check_override(
    roster: Roster, team: str, period: Period, person: str, replaces: str | None, now: datetime
) -> None:
    name = _active(roster, person)
    if replaces == person:
        raise BadInput(f"{name}不能替自己的班")
    if period.end <= period.start:
        raise BadInput("结束时间应晚于开始时间")
    if period.end <= now:
        raise BadInput("结束时间应晚于现在：已经过去的班不能再改")
    if period.end - period.start > LONGEST_OVERRIDE:
        raise BadInput(f"最多 {LONGEST_OVERRIDE.days} 天；更久的变动请改排班表")
    if replaces is not None and not any(replaces in turn.people for turn in roster.turns(team, period)):
        raise Conflict(f"{shown(roster, replaces)}在此期间没有班")


def turn_of(roster: Roster, team: str, at: datetime) -> Turn | None:
    """The turn that an instant belongs to: of a shift before an addition, of several the one that began last."""
    turns = sorted(roster.on_duty(team, at), key=lambda turn: (bool(turn.shift), turn.period.start, turn.shift))
    return turns[-1] if turns else None


def shown(roster: Roster, person: str) -> str:
    """A person's name, the code of who is unknown."""
    known = roster.people.get(person)
    return person[:64] if known is None else known.name


def _active(roster: Roster, person: str) -> str:
    known = roster.people.get(person)
    if known is None:
        raise BadInput(f"没有人员 {person[:64]!r}：应为值班人员的代码")
    if not known.active:
        raise BadInput(f"{known.name}已离岗")
    return known.name


def _single(what: str, people: Iterable[str], roster: Roster) -> str:
    found = tuple(people)
    if len(found) != 1:
        names = "、".join(shown(roster, person) for person in found) or "无人"
        raise BadInput(f"请指明{what}：排班表上为{names}")
    return found[0]
