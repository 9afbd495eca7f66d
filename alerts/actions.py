"""What people do to alerts. The API calls these; each takes the request's connection and does not commit."""

from __future__ import annotations

from datetime import datetime

from alerts.wording import local_text
from domain.alerts import AlertState, EventKind
from domain.errors import BadInput, Conflict, NotFound
from storage import alerts as store
from storage.database import Connection

#: An actor is a name, a comment is a few sentences.
MAX_ACTOR = 100
MAX_COMMENT = 1000


async def acknowledge(connection: Connection, alert_id: int, actor: str, comment: str, now: datetime) -> None:
    """Somebody takes charge of an open alert. now: the platform's clock.

    Raises NotFound for no such alert; Conflict when it is resolved, or acknowledged already: then it names by whom and
    when; BadInput for an empty actor or one, or a comment, that is too long. Of two at once, one wins.
    """
    actor, comment = actor.strip(), comment.strip()
    if not actor or len(actor) > MAX_ACTOR:
        raise BadInput(f"签收人不能为空，且不超过 {MAX_ACTOR} 字")
    if len(comment) > MAX_COMMENT:
        raise BadInput(f"备注不超过 {MAX_COMMENT} 字")
    standing = await store.lock_alert(connection, alert_id)
    if standing is None:
        raise NotFound(f"没有告警 {alert_id}")
    state, acknowledged_at, acknowledged_by = standing
    if acknowledged_at is not None:
        raise Conflict(f"告警 {alert_id} 已由 {acknowledged_by} 于{local_text(acknowledged_at)}签收")
    if state == AlertState.RESOLVED:
        raise Conflict(f"告警 {alert_id} 已经结束，不能再签收")
    await store.acknowledge(connection, alert_id, actor, comment, now)
    await store.append_events(connection, [store.Event(alert_id, now, EventKind.ACKNOWLEDGED, actor, comment)])
