"""What a message says of what was said before: the how-manieth it is, whether it is worse now, who did not answer, who
handed it over. Pure; a body that does not say it gives nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alerts.templates import clean
from alerts.templates.moments import lasted, moment
from alerts.wording import number, quantity
from domain.alerts import Occasion

MAX_NOTE = 120
_MOST_NAMES = 5
_MAX_UNIT = 20
#: Reasons of reminders, which are no breach.
_REMINDED = ("due_soon", "due_today")
_AGAIN = (Occasion.REPEATED, Occasion.REALARMED, Occasion.ESCALATED)


def reasons(event: Occasion, body: Mapping[str, Any], alert: Mapping[str, Any]) -> tuple[str, ...]:
    """Why a single alert is told again, in the lines before what it is about."""
    said = list(waited(body))
    if event is Occasion.REALARMED and alert.get("acknowledged_by"):
        by, at = clean.name(alert["acknowledged_by"]), moment(alert.get("acknowledged_at"), alert.get("queued_at"))
        said.append(f"{by}于{at}签收，至今未恢复")
    told = _table(alert, "told")
    if event in _AGAIN and told:
        now = alert.get("queued_at")
        since = f"此前已通知 {_count(told)} 次，首次 {moment(told.get('first_at'), now)}"
        if _count(told) > 1:
            since += f"，上次 {moment(told.get('last_at'), now)}"
        said.append(since + (f"；{worse}" if (worse := _worse(alert, told)) else ""))
    handed = _table(alert, "handed_over")
    if event is Occasion.HANDED_OVER and handed:
        note = clean.line(handed.get("comment") or "", MAX_NOTE)
        said.append(f"{clean.name(handed.get('by'))}于{moment(handed.get('at'))}移交" + (f"：{note}" if note else ""))
    return tuple(f"{text.rstrip('。')}。" for text in said)


def ending(event: Occasion, alert: Mapping[str, Any]) -> tuple[str, ...]:
    """Who took charge of an alert; of one that is over, what is still to be done."""
    by = alert.get("acknowledged_by")
    if by and event is not Occasion.REALARMED:
        at = moment(alert.get("acknowledged_at"))
        word = "上次签收" if event in _AGAIN else "签收"  # told again: it does not count any more
        return (f"{word}：{clean.name(by)}{f'，{at}' if at else ''}",)
    has_returned = alert.get("resolution") in ("compliant", "violation") and "acknowledged_at" in alert
    if event is not Occasion.RESOLVED or by or not has_returned:
        return ()
    if alert.get("reason") in _REMINDED:
        return ("本条是提醒；逾期未完成的另行告警。",)
    return ("告警期间无人签收，请到值班台确认恢复。",)


def waited(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Of an escalation: who was told first, and how long nobody has acknowledged it."""
    found = _table(body, "waited")
    if not found or not moment(found.get("since")):
        return ()
    names = [clean.name(one) for one in found.get("to") or () if one]
    more = f"等 {len(names)} 人" if len(names) > _MOST_NAMES else ""
    who = f"{'、'.join(names[:_MOST_NAMES])}{more}" if names else ""
    minutes = found.get("minutes")
    span = lasted(minutes) if isinstance(minutes, int | float) else ""
    return (f"{moment(found['since'])} 通知{who}后，{span or '至今'}无人签收。",)


def again(alert: Mapping[str, Any]) -> str:
    """The same of one of several alerts, short."""
    told = _table(alert, "told")
    if not told or str(alert.get("event")) not in _AGAIN:
        return ""
    worse = _worse(alert, told)
    return f"第 {_count(told) + 1} 次通知" + (f"，{worse}" if worse else "")


def times(alerts: Sequence[Mapping[str, Any]]) -> int:
    """The how-manieth telling it is, where it is the same for all; 0 where it is not, or is not known."""
    counts = {_count(_table(alert, "told")) for alert in alerts}
    return counts.pop() + 1 if len(counts) == 1 and 0 not in counts else 0


def _worse(alert: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """Whether it is further from its limit than when it was told last."""
    now, before, limit = alert.get("value"), told.get("last_value"), alert.get("limit")
    if not (isinstance(now, int | float) and isinstance(before, int | float) and isinstance(limit, int | float)):
        return ""
    shown = quantity(now, clean.line(alert.get("unit") or "", _MAX_UNIT), before)
    if now == before:
        return f"与上次相同（{shown}）"
    change = f"上次 {number(before, now)}，现 {shown}"
    over = now - limit if now > limit else limit - now
    past = before - limit if now > limit else limit - before
    return f"比上次{'加重' if over > past else '减轻'}（{change}）"


def _table(found: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    one = found.get(key)
    return one if isinstance(one, Mapping) else {}


def _count(told: Mapping[str, Any]) -> int:
    count = told.get("count")
    return count if isinstance(count, int) else 0
