"""Texts of duties with a date (定期事项) that nobody did in time: who owes what since when, by which clause, what proof
is missing, and how to report it. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from alerts.wording import Facts, Text, concerned, date_text, details, due_day, local_text, told, where
from domain.alerts import AlertState, Breach
from domain.duties import EVIDENCE_KINDS
from domain.findings import SubjectKind

_SHOWN = 3
_KINDS = {SubjectKind.PLACE: "计量点", SubjectKind.POINT: "分析仪"}
_REPORT = "登记方式：接口 /v1/duties/records，或用表格导入（plantwatch duties import）"


def is_duty(facts: Facts) -> bool:
    """Whether an alert is about a duty with a date; those of sealing points are told by themselves."""
    kind = facts.breaches[-1].finding.subject.kind
    return kind is not SubjectKind.COMPONENT and {"anchor_on", "due_on", "required"} <= set(facts.evidence)


def duty(facts: Facts) -> Text:
    """The text of an alert on a duty that was not done in time."""
    about = sorted(concerned(facts), key=lambda breach: (breach.since_at, breach.finding.subject))
    is_over = facts.span.state is AlertState.RESOLVED
    own = facts.subject.kind is about[-1].finding.subject.kind
    what = f"{facts.rule_title}逾期" if is_over else f"{facts.rule_title}逾期未办"
    if own:
        headline = f"{where(facts)}：{what}（应于{date_text(_due(facts, about[0]))}前完成）"
    else:
        headline = f"{where(facts)}：{len(about)} 个{_KINDS.get(about[-1].finding.subject.kind, '对象')}{what}"
    lines = [_since(facts), f"情况：{_seen(facts, about, own)}。", f"依据：{facts.standard} {facts.clause}。"]
    if not is_over:
        # what to do must not be cut off by a long list
        lines.insert(1, f"处置：{_advice(facts)}")
    said = details(facts) | {
        "due_on": _due(facts, about[0]).isoformat(),
        "required": _required(facts),
        "overdue": [
            {"subject": str(breach.finding.subject), "due_on": _due(facts, breach).isoformat()} for breach in about[:50]
        ],
    }
    return told(facts, headline, lines, said)


def _since(facts: Facts) -> str:
    since = f"自{local_text(facts.span.occurred_at)}（北京时间）起逾期"
    if facts.span.resolved_at is not None:
        return f"{since}，至{local_text(facts.span.resolved_at)}已办理或不再要求。"
    return f"{since}，尚未办理。"


def _seen(facts: Facts, about: Sequence[Breach], own: bool) -> str:
    if not own:
        shown = [
            f"{b.finding.subject.key.partition('/')[2]}（{date_text(_due(facts, b))}到期）" for b in about[:_SHOWN]
        ]
        return "、".join(shown) + (f" 等 {len(about)} 个" if len(about) > _SHOWN else "")
    evidence = facts.evidence_of(about[-1])
    due = f"最迟应于{date_text(due_day(about[-1]))}办理"
    done, missing = _day(evidence.get("done_on")), _names(evidence.get("missing"))
    if done is not None and missing:
        return f"{due}；{date_text(done)}有一条办理记录，但缺少凭证：{missing}，不能认定已办"
    if done is not None:
        return f"{due}，{date_text(done)}才办理"
    if facts.span.resolved_at is not None:
        return f"{due}，该期没有办理记录"
    return f"{due}，至今没有办理记录{_last(evidence)}"


def _last(evidence: Mapping[str, Any]) -> str:
    """When it was done last, where the term is counted from that."""
    anchor_on = _day(evidence.get("anchor_on"))
    if anchor_on is None or evidence.get("anchor") != "last_done":
        return ""
    return f"；上次办理为{date_text(anchor_on)}"


def _advice(facts: Facts) -> str:
    kind = facts.breaches[-1].finding.subject.kind
    if kind is SubjectKind.PLACE:
        return "请督促企业送检；检定后更新登记的检定日期，告警自动解除。"
    required = _names(facts.evidence.get("required"))
    proof = f"并提交凭证（{required}）" if required else ""
    if kind in (SubjectKind.CITY, SubjectKind.PARK):
        return f"请尽快办理，登记办理日期{proof}；已按期办理的补登记，告警自动解除。{_REPORT}。"
    return f"请督促企业尽快办理，登记办理日期{proof}；已按期办理的补登记，告警自动解除。{_REPORT}。"


def _required(facts: Facts) -> list[str]:
    found = facts.evidence.get("required")
    return [str(kind) for kind in found] if isinstance(found, list) else []


def _names(kinds: object) -> str:
    found = kinds if isinstance(kinds, list) else []
    return "、".join(EVIDENCE_KINDS.get(str(kind), str(kind)) for kind in found)


def _due(facts: Facts, breach: Breach) -> date:
    """The last day in time as the duty says it; with the days of grace where nothing else is known."""
    return _day(facts.evidence_of(breach).get("due_on")) or due_day(breach)


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
