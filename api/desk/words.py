"""The desk's words: states, levels, durations, actions and what their dialogues ask. Pure."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from alerts.wording import SEVERITY_WORDS, quantity
from api.naming import FAMILIES
from domain.alarmstate import WORDS, DisplayState
from domain.periods import SITE_ZONE

#: States in which somebody is to do something; the list opens with these.
ATTENTION = (DisplayState.UNACKNOWLEDGED, DisplayState.ACKNOWLEDGED, DisplayState.RETURNED_UNACKNOWLEDGED)

#: Why telling waits, where it stands beside the state in the list.
HOLDS = {
    "silenced": "已静默",
    "flapping": "频繁翻转",
    "quiet_hours": "静音时段",
    "flood": "汇总发送",
    "group_interval": "合并发送",
    "inhibited": "原因告警在先",
    "plant_stopped": "已停产",
}

_STATE_TEXTS = {str(state): word for state, word in WORDS.items()}
_LEVELS = {str(severity): word for severity, word in SEVERITY_WORDS.items()}


def state_word(state: str) -> str:
    """A display state in Chinese; an unknown one as it is."""
    return _STATE_TEXTS.get(state, state)


def level_word(severity: str) -> str:
    """A severity in Chinese; an unknown one as it is."""
    return _LEVELS.get(severity, severity)


def family_word(family: str) -> str:
    """What a family of rules is about; an unknown one as it is."""
    return FAMILIES.get(family, family)


#: Days that have a word, by their distance from today.
_NEAR = {-1: "昨天 ", 0: "", 1: "明天 "}


def clock_text(at: datetime | None, now: datetime) -> str:
    """An instant as short as it can be read: today's by its time, others with the day."""
    if at is None:
        return ""
    here, today = at.astimezone(SITE_ZONE), now.astimezone(SITE_ZONE)
    days = (here.date() - today.date()).days
    if days in _NEAR:
        return f"{_NEAR[days]}{here:%H:%M}"
    if here.year == today.year:
        return f"{here:%m-%d %H:%M}"
    return f"{here:%Y-%m-%d %H:%M}"


def full_text(at: datetime | None) -> str:
    """An instant with its day and seconds, in local time."""
    return "" if at is None else f"{at.astimezone(SITE_ZONE):%Y-%m-%d %H:%M:%S}"


def lasted_text(duration: timedelta) -> str:
    """A duration in its two largest units, never below a minute."""
    minutes = max(0, int(duration.total_seconds()) // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days}天{hours}小时" if hours else f"{days}天"
    if hours:
        return f"{hours}小时{minutes}分" if minutes else f"{hours}小时"
    return f"{minutes}分"


def figure(value: Any, unit: str | None, other: Any = None) -> str:
    """A figure with its unit, empty when it is none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return ""
    against = float(other) if isinstance(other, int | float) and not isinstance(other, bool) else None
    return quantity(float(value), unit, against)


#: Units of what is counted.
COUNTED = frozenset({"个", "项", "处", "次", "条", "家", "天", "台"})


def against(value: Any, limit: Any, unit: str | None) -> tuple[str, str]:
    """A value and its limit, each with the unit. A number of things of which there should be none has no limit worth
    reading: 45 个 alone says it."""
    if limit == 0 and unit in COUNTED:
        return figure(value, unit), ""
    return figure(value, unit, limit), figure(limit, unit, value)


def one_line(text: str, longest: int) -> str:
    """A text without line breaks and control letters, cut."""
    flat = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return flat if len(flat) <= longest else f"{flat[: longest - 1]}…"


def as_json(value: Any) -> str:
    """JSON that may stand in a script element: no text in it can end the element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", "\\u2028")
