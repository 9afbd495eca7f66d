"""Texts of tests of sealing points (密封点) that are overdue: how many, where, since when, by which demand. Pure.

An enterprise may have thousands of them: they are counted by unit and kind, the most urgent are named, and the rest
is in the work list.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date

from alerts.reminders import worklist
from alerts.wording import WORK_LIST, Facts, Text, concerned, date_text, details, due_day, local_text, told, where
from domain.alerts import AlertState
from domain.findings import SubjectKind
from domain.leaks import ANCHORS, COMPONENT_KINDS

_UNITS_SHOWN = 4
_KINDS_SHOWN = 3
_NAMED = 3
_ADVICE = "请督促企业尽快检测并上传检测记录；已经检测的补传记录，告警自动解除。"


def is_test_schedule(facts: Facts) -> bool:
    """Whether an alert is about components that were not tested in time; its evidence knows nothing of a leak."""
    return facts.breaches[-1].finding.subject.kind is SubjectKind.COMPONENT and "found_at" not in facts.evidence


def overdue_tests(facts: Facts) -> Text:
    """The text of an alert on components whose test is overdue by one regime."""
    about = sorted(concerned(facts), key=lambda breach: (due_day(breach), breach.finding.subject))
    entries = [
        f"{one.finding.subject.key.partition('/')[2]}（最迟应于{date_text(due_day(one))}检测）"
        for one in about[:_NAMED]
    ]
    named = "、".join(entries) + (f" 等 {len(about)} 项" if len(about) > _NAMED else "")
    lines = [_since(facts, len(about)), f"情况：{_by_unit(facts)}{named}。", f"依据：{_basis(facts)}。"]
    if facts.span.state is not AlertState.RESOLVED:
        lines.insert(1, f"处置：{_ADVICE}")
        if (address := worklist(facts)) is not None:
            lines.append(f"{WORK_LIST}{address}")
    said = details(facts)
    if facts.groups:
        said["by_unit"] = [{"unit": unit, "kind": kind, "components": count} for unit, kind, count in facts.groups[:50]]
    return told(facts, f"{where(facts)}：{len(about)} 个密封点泄漏检测超期", lines, said)


def _since(facts: Facts, count: int) -> str:
    since = f"自{local_text(facts.span.occurred_at)}（北京时间）起"
    if facts.span.resolved_at is not None:
        return f"{since}，至{local_text(facts.span.resolved_at)}解除，涉及 {len(facts.breaches)} 个密封点。"
    return f"{since}超期，现有 {count} 个密封点，尚未解除。"


def _by_unit(facts: Facts) -> str:
    """Counts by unit and, within it, kind; the largest first."""
    if not facts.groups:
        return ""
    units: dict[str, Counter[str]] = defaultdict(Counter)
    for unit, kind, count in facts.groups:
        units[unit][COMPONENT_KINDS.get(kind, kind)] += count
    ordered = sorted(units.items(), key=lambda one: (-one[1].total(), one[0]))
    texts = []
    for unit, kinds in ordered[:_UNITS_SHOWN]:
        shown = "、".join(f"{kind} {count}" for kind, count in kinds.most_common(_KINDS_SHOWN))
        texts.append(f"{unit} {kinds.total()} 个（{shown}{' 等' if len(kinds) > _KINDS_SHOWN else ''}）")
    more = f" 等 {len(ordered)} 个单元" if len(ordered) > _UNITS_SHOWN else ""
    return f"{'，'.join(texts)}{more}。最早到期的："


def _basis(facts: Facts) -> str:
    """The clause, and what it asks for of the component that was due last."""
    text = " ".join(part for part in (facts.standard, facts.clause) if part) or facts.rule_title
    cycle, anchor, day = (facts.evidence.get(key) for key in ("cycle", "anchor", "anchor_on"))
    if not isinstance(cycle, dict) or not isinstance(day, str) or anchor not in ANCHORS:
        return text
    units = {"months": "个月", "days": "天", "workdays": "个工作日"}
    terms = [f"{number} {units[unit]}" for unit, number in cycle.items() if unit in units]
    code = facts.breaches[-1].finding.subject.key.partition("/")[2]
    return f"{text}；如 {code}，自{ANCHORS[anchor]}（{date_text(date.fromisoformat(day))}）起 {''.join(terms)}内"
