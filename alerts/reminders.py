"""What is due soon (到期提醒): one text for an enterprise, however many tests, repairs and duties there are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from alerts.wording import WORK_LIST, Facts, Text, date_text, details, local_text, told, where
from domain.alerts import AlertState
from domain.periods import local_day

REMINDED = frozenset({"due_soon", "due_today"})

#: What the groups of a reminder's evidence are called; a duty's group is its rule.
_GROUPS = {"test": "密封点泄漏检测", "attempt": "泄漏首次维修", "repair": "泄漏修复"}
_DAYS_SHOWN = 4
_EXAMPLES_SHOWN = 3
_TITLES_SHOWN = 4


def is_reminder(facts: Facts) -> bool:
    """Whether an alert reminds of what is due; no breach."""
    return facts.breaches[-1].finding.reason in REMINDED


def reminder(facts: Facts) -> Text:
    """The text of a reminder as of the day when its number changed last."""
    last, evidence = facts.breaches[-1].finding, facts.evidence
    count = f"{last.value or 0:.0f}"
    is_today = last.reason == "due_today"
    # read a day later, "today" would be another day
    when = f"今日（{_short(facts)}）到期" if is_today else f"{evidence.get('days', 7)}日内到期"
    groups = [f"{_group(key, evidence)} {number} 项" for key, number in _counts(evidence, "by_group")]
    headline = f"{where(facts)}：{count} 项{when}" + (f"（{'、'.join(groups)}）" if groups else "")
    lines = [_since(facts), f"情况：{'、'.join(groups) or f'{count} 项{when}'}。{_days(evidence)}{_examples(evidence)}"]
    if titles := _titles(evidence):
        lines.append(f"依据：{titles}。")
    if facts.span.state is not AlertState.RESOLVED:
        lines.append("处置：请督促企业在期限内完成并上传记录；逾期未完成的另行告警。本条是提醒，不是违规。")
        if (address := worklist(facts)) is not None:
            lines.append(f"{WORK_LIST}{address}")
    said = details(facts) | {"reminder": {key: evidence[key] for key in _DETAILS if key in evidence}}
    return told(facts, headline, lines, said)


_DETAILS = ("days", "first_due_on", "by_group", "by_rule", "by_day", "examples")


def worklist(facts: Facts) -> str | None:
    """Where an enterprise's work list is, None for what belongs to no enterprise."""
    base, found, _ = facts.url.rpartition("/alerts/")
    enterprise = facts.subject.enterprise
    return f"{base}/v1/ldar/worklist.xlsx?enterprise={enterprise}" if found and enterprise is not None else None


def _since(facts: Facts) -> str:
    day = date_text(local_day(facts.breaches[-1].finding.period.start))
    if facts.breaches[-1].finding.reason == "due_today":  # each day is an alert of its own
        return f"{day}当天到期的事项" + ("；当日已过。" if facts.span.resolved_at is not None else "如下。")
    since = f"自{local_text(facts.span.occurred_at)}（北京时间）起有临期事项"
    if facts.span.resolved_at is not None:
        return f"{since}，至{local_text(facts.span.resolved_at)}已没有这样的事项。"
    return f"{since}，以下为{day}的情况。"


def _short(facts: Facts) -> str:
    day = local_day(facts.breaches[-1].finding.period.start)
    return f"{day.month}月{day.day}日"


def _group(key: str, evidence: Mapping[str, Any]) -> str:
    titles = evidence.get("titles")
    title = titles.get(key) if isinstance(titles, Mapping) else None
    return _GROUPS.get(key) or (title if isinstance(title, str) else key)


def _titles(evidence: Mapping[str, Any]) -> str:
    """By which rules it is due; what each says stands in the work list."""
    found = evidence.get("titles")
    titles = [one for one in found.values() if isinstance(one, str)] if isinstance(found, Mapping) else []
    return "、".join(titles[:_TITLES_SHOWN]) + (f" 等 {len(titles)} 项要求" if len(titles) > _TITLES_SHOWN else "")


def _counts(evidence: Mapping[str, Any], key: str) -> list[tuple[str, int]]:
    found = evidence.get(key)
    return [(str(name), int(number)) for name, number in found.items()] if isinstance(found, Mapping) else []


def _days(evidence: Mapping[str, Any]) -> str:
    days = _counts(evidence, "by_day")
    if len(days) < 2:
        return f"到期日：{_day(days[0][0])}。" if days else ""
    shown = "、".join(f"{_day(day)} {number} 项" for day, number in days[:_DAYS_SHOWN])
    return f"到期日：{shown}{' 等' if len(days) > _DAYS_SHOWN else ''}。"


def _examples(evidence: Mapping[str, Any]) -> str:
    found = evidence.get("examples")
    rows = [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []
    named = [str(row.get("subject", "")).partition("/")[2] for row in rows]
    named = [name for name in named if name]
    more = " 等" if len(named) > _EXAMPLES_SHOWN else ""
    return f"如：{'、'.join(named[:_EXAMPLES_SHOWN])}{more}。" if named else ""


def _day(text: str) -> str:
    return date_text(date.fromisoformat(text))
