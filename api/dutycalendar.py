"""An enterprise's calendar: duties, sealing points to test, leaks to repair; as JSON and as iCalendar. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date

from api.ical import Event
from api.models.duties import STATE_WORDS, CalendarItem, last_day_of
from domain.duties import EVIDENCE_KINDS
from storage.listing.session import Row

#: Days of reminder before a duty, unless it is called due soon later than that.
_REMIND_DAYS = 7
_OPEN = {"scheduled", "due_soon", "overdue", "done_without_evidence"}


def duty_item(row: Row) -> CalendarItem:
    """A term of a duty."""
    evidence = row["evidence"]
    return CalendarItem(
        day=date.fromisoformat(evidence["due_on"]),
        kind="duty",
        title=row["title"],
        rule_ids=[row["rule_id"]],
        subject=row["subject"],
        count=1,
        state=row["reason"],
        state_word=STATE_WORDS[row["reason"]],
        done_day=evidence.get("done_on"),
        finding_id=row["finding_id"],
        standard=row["standard"],
        clause=row["clause"],
    )


def tests_item(row: Row, subject: str, today: date) -> CalendarItem:
    """Sealing points that are to be tested by a day."""
    return CalendarItem(
        day=row["due_on"],
        kind="ldar",
        title="密封点泄漏检测",
        rule_ids=row["rule_ids"],
        subject=subject,
        count=row["components"],
        state=_state(row["due_on"], today),
        state_word=STATE_WORDS[_state(row["due_on"], today)],
        done_day=None,
        finding_id=None,
        standard=None,
        clause=None,
    )


def leak_item(row: Row, subject: str, today: date) -> CalendarItem:
    """Leaks whose term ends with a day."""
    day = last_day_of(row["period_end"])
    return CalendarItem(
        day=day,
        kind="leak",
        title=row["title"],
        rule_ids=[row["rule_id"]],
        subject=subject,
        count=row["leaks"],
        state=_state(day, today),
        state_word=STATE_WORDS[_state(day, today)],
        done_day=None,
        finding_id=None,
        standard=row["standard"],
        clause=row["clause"],
    )


def _state(day: date, today: date) -> str:
    return "overdue" if day < today else "due_soon" if (day - today).days <= _REMIND_DAYS else "scheduled"


def events(items: Iterable[CalendarItem], duties: Sequence[Row]) -> list[Event]:
    """The items as events. duties: rows of the duties among them, for what is asked for and how early to remind."""
    rows = {row["finding_id"]: row for row in duties}
    return [_event(item, rows.get(item.finding_id or 0)) for item in items]


def _event(item: CalendarItem, row: Row | None) -> Event:
    lines = [f"状态：{item.state_word}"]
    if item.done_day is not None:
        lines.append(f"办理日期：{item.done_day.isoformat()}")
    evidence = {} if row is None else row["evidence"]
    if required := evidence.get("required"):
        lines.append(f"凭证：{'、'.join(EVIDENCE_KINDS.get(kind, kind) for kind in required)}")
    if missing := evidence.get("missing"):
        lines.append(f"还缺：{'、'.join(EVIDENCE_KINDS.get(kind, kind) for kind in missing)}")
    if item.subject is not None and not item.subject.startswith("enterprise:"):
        lines.append(f"对象：{item.subject}")
    if item.standard is not None:
        lines.append(f"依据：{item.standard} {item.clause or ''}".strip())
    is_open = item.state in _OPEN
    remind = None
    if is_open and item.state != "overdue":
        soon = row["due_soon_days"] if row is not None else None
        remind = min(_REMIND_DAYS, _REMIND_DAYS if soon is None else soon)
    return Event(
        uid=_uid(item, evidence.get("anchor_on")),
        day=item.day,
        summary=_summary(item),
        description="\n".join(lines),
        category={"duty": "定期事项", "ldar": "LDAR检测", "leak": "泄漏修复"}[item.kind],
        remind_days=remind,
    )


def _summary(item: CalendarItem) -> str:
    counted = {"duty": "", "ldar": f"：{item.count} 个密封点", "leak": f"：{item.count} 处泄漏"}[item.kind]
    mark = "" if item.state in ("scheduled", "due_soon") else f"〔{item.state_word}〕"
    place = ""
    if item.subject is not None and item.subject.partition(":")[0] in ("place", "point"):
        place = f"（{item.subject.partition('/')[2]}）"
    return f"{mark}{item.title}{place}{counted}，截止日"


def _uid(item: CalendarItem, anchor_on: str | None) -> str:
    """One for each term of a duty, and for each day of tests and of leaks of a rule: whatever becomes of it."""
    of = item.rule_ids[0] if item.kind != "ldar" else "ldar"
    key = f"{of}|{item.subject}|{anchor_on or item.day.isoformat()}"
    return f"{item.kind}-{hashlib.sha256(key.encode()).hexdigest()[:32]}@plantwatch"
