"""Instants as people here read them: Asia/Shanghai, with their date. Pure."""

from __future__ import annotations

from datetime import datetime

from domain.periods import SITE_ZONE


def instant(text: object) -> datetime | None:
    """An instant of a body in local time; None where there is none."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return None if at.tzinfo is None else at.astimezone(SITE_ZONE)


def moment(text: object, now: object = None) -> str:
    """`11月2日 08:00`, with its year where it is not that of now; empty where there is none."""
    at, here = instant(text), instant(now)
    if at is None:
        return ""
    year = f"{at.year}年" if here is not None and here.year != at.year else ""
    return f"{year}{at.month}月{at.day}日 {at:%H:%M}"


def stretch(start: object, end: object, now: object = None) -> str:
    """From when to when, `11月2日 08:00至10:00`, or only from when: `11月2日 08:00起`."""
    first, last = instant(start), instant(end)
    if first is None:
        return ""
    if last is None:
        return f"{moment(start, now)}起"
    return f"{moment(start, now)}至{f'{last:%H:%M}' if last.date() == first.date() else moment(end, now)}"


def lasted(minutes: float) -> str:
    """`15 分钟`, `4 小时 10 分钟`, `3 天 2 小时`."""
    whole = max(int(minutes), 0)
    if whole < 60:
        return f"{whole} 分钟"
    hours, rest = divmod(whole, 60)
    if hours < 48:
        return f"{hours} 小时" + (f" {rest} 分钟" if rest else "")
    days, hours = divmod(hours, 24)
    return f"{days} 天" + (f" {hours} 小时" if hours else "")
