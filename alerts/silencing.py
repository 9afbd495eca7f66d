"""Silences: nobody is told of what all matchers fit, until an end. It is judged and shown all the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from alerts.actions import actor_name, authorise, bounded_text
from alerts.dispatch.loading import labels
from alerts.wording import local_text
from domain.accounts import Action, Actor
from domain.errors import BadInput, Conflict, NotFound
from domain.matchers import Matcher, fit, parse
from storage import audit, dispatchfacts, holds
from storage.database import Connection
from storage.dispatch import News, announce

#: A silence that is needed for longer is a decision on the rule, or an alarm to take out of service.
LONGEST = timedelta(days=31)

_MOST_MATCHERS = 20
#: What alone fits everything, or nearly: whoever means that wants another instrument.
_WIDE = frozenset({"severity", "condition", "kind"})


def checked(rows: Iterable[Mapping[str, Any]]) -> tuple[Matcher, ...]:
    """The matchers of a silence. Raises BadInput for none, too many, unreadable ones, and those that fit everything."""
    matchers = parse(rows)
    if not matchers:
        raise BadInput("静默至少需要一个条件")
    if len(matchers) > _MOST_MATCHERS:
        raise BadInput(f"静默至多 {_MOST_MATCHERS} 个条件")
    if not any(_narrows(matcher) for matcher in matchers):
        raise BadInput("静默不能针对全部告警：至少一个条件要用 =、in 或非空的 starts 指明规则、对象、企业、区或园区")
    return matchers


def _narrows(matcher: Matcher) -> bool:
    """Whether a matcher by itself leaves out most of the city's alerts."""
    if matcher.op == "!=" or matcher.label in _WIDE:
        return False
    if matcher.op == "starts":
        # `point:` is a kind of subject, as wide as the label kind
        return bool(matcher.values[0].rstrip(":")) and not (
            matcher.label == "subject" and "/" not in matcher.values[0].rstrip("/")
        )
    return all(matcher.values)


async def preview(connection: Connection, matchers: Iterable[Matcher]) -> list[int]:
    """Ids of the open alerts that these matchers fit, by the labels that the dispatcher goes by."""
    wanted = tuple(matchers)
    rows = await dispatchfacts.facts(connection, await holds.open_alerts(connection))
    return sorted(row.alert_id for row in rows if fit(wanted, labels(row)))


async def create_silence(
    connection: Connection,
    *,
    matchers: Iterable[Mapping[str, Any]],
    ends_at: datetime,
    comment: str,
    actor: Actor,
    now: datetime,
    starts_at: datetime | None = None,
) -> int:
    """A new silence, from now or later; gives its id. Raises Forbidden, BadInput."""
    authorise(actor, Action.SILENCE, "silence")
    wanted, comment = checked(matchers), bounded_text(comment, "原因", empty=False)
    starts_at = now if starts_at is None else max(starts_at, now)
    if ends_at <= starts_at:
        raise BadInput("静默的结束时间应晚于开始时间")
    if ends_at - now > LONGEST:
        raise BadInput(f"静默最多到 {LONGEST.days} 天以后")
    silence_id = await holds.insert_silence(
        connection,
        wanted,
        starts_at=starts_at,
        ends_at=ends_at,
        author=actor_name(actor),
        comment=comment,
        created_at=now,
    )
    said = {
        "matchers": [matcher.row() for matcher in wanted],
        "starts_at": starts_at.isoformat(),
        "ends_at": ends_at.isoformat(),
        "text": comment,
    }
    await audit.write(connection, audit.Entry(now, actor, Action.SILENCE, f"silence:{silence_id}", said))
    return silence_id


async def end_silence(
    connection: Connection, silence_id: int, *, actor: Actor, now: datetime, comment: str = ""
) -> None:
    """End a silence before its time; what it held back is looked at again. Raises NotFound, Conflict, Forbidden."""
    authorise(actor, Action.END_SILENCE, f"silence:{silence_id}")
    comment = bounded_text(comment, "备注")
    silence = await holds.lock_silence(connection, silence_id)
    if silence is None:
        raise NotFound(f"没有静默 {silence_id}")
    if silence.ended_at is not None:
        raise Conflict(f"静默 {silence_id} 已由 {silence.ended_by} 于{local_text(silence.ended_at)}结束")
    if silence.ends_at <= now:
        raise Conflict(f"静默 {silence_id} 已于{local_text(silence.ends_at)}到期")
    await holds.end_silence(connection, silence_id, actor_name(actor), now)
    released = await preview(connection, parse(silence.matchers))
    await announce(connection, [News(alert_id, "released", now, now) for alert_id in released])
    said = {"text": comment, "matchers": silence.matchers}
    await audit.write(connection, audit.Entry(now, actor, Action.END_SILENCE, f"silence:{silence_id}", said))
