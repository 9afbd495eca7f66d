"""Texts of leaks of sealing points (密封点): terms of repair that are over, and spot checks that found too many. Pure.

A tired duty officer must see which component, where it is, what was read against which definition, since when it is
known, until when it should have been repaired, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from alerts.wording import Facts, Text, concerned, date_text, details, due_day, local_text, number, told, where
from domain.alerts import AlertState, Breach
from domain.findings import SubjectKind
from domain.leaks import DELAY_GROUNDS, MEDIA
from domain.periods import SITE_ZONE

TOO_MANY = "too_many_leaks"
_SHOWN = 3
_ATTEMPT_ADVICE = "请督促企业立即维修，并上传维修记录；已经维修的补传记录，告警自动解除。"
_REPAIR_ADVICE = (
    "请督促企业立即维修并复测，上传维修和复测记录；停车（工）检修才能修复、立即修复不安全等情形，"
    "应报备案后上传延迟修复备案。"
)
_CHECK_ADVICE = "请保存抽查记录，督促企业立即修复泄漏点、扩大自查，并按标准该条核实处理；再次抽查合格后自动解除。"


def is_leak_term(facts: Facts) -> bool:
    """Whether an alert is about leaks whose repair is overdue, not about tests that are."""
    return facts.breaches[-1].finding.subject.kind is SubjectKind.COMPONENT and "found_at" in facts.evidence


def leak_terms(facts: Facts) -> Text:
    """The text of an alert on leaks that nobody tried, or that were not repaired, in time."""
    about = sorted(concerned(facts), key=lambda breach: (breach.since_at, breach.finding.subject))
    is_attempt = _is_attempt(facts)
    what = "泄漏后未按期首次维修" if is_attempt else "泄漏未按期修复"
    since = f"自{local_text(facts.span.occurred_at)}（北京时间）起"
    if facts.span.resolved_at is not None:
        since += f"，至{local_text(facts.span.resolved_at)}解除，涉及 {len(facts.breaches)} 个密封点。"
    else:
        since += f"超期，现有 {len(about)} 个密封点，尚未解除。"
    shown = "；".join(_leak(facts, breach) for breach in about[:_SHOWN])
    more = f"；等 {len(about)} 个" if len(about) > _SHOWN else ""
    lines = [since, f"情况：{shown}{more}。", f"依据：{facts.standard} {facts.clause}。"]
    if facts.span.state is not AlertState.RESOLVED:
        # what to do must not be cut off by a long list
        lines.insert(1, f"处置：{_ATTEMPT_ADVICE if is_attempt else _REPAIR_ADVICE}")
    said = details(facts)
    said["components"] = [
        entry | _figures(facts.evidence_of(breach)) for entry, breach in zip(said["components"], about, strict=False)
    ]
    return told(facts, f"{where(facts)}：{len(about)} 个密封点{what}", lines, said)


def _is_attempt(facts: Facts) -> bool:
    """Whether the alert is about the first attempt: only of its term, 5 days, no filing is ever heard."""
    return facts.evidence.get("step") == "attempt"


def _leak(facts: Facts, breach: Breach) -> str:
    evidence = facts.evidence_of(breach)
    code = breach.finding.subject.key.partition("/")[2]
    name = evidence.get("name")
    told = [str(evidence[key]) for key in ("unit",) if evidence.get(key)]
    told += [f"标识牌 {evidence['tag']}"] if evidence.get("tag") else []
    who = code if name in (None, code) else f"{name}（{code}）"
    if told:
        who += f"［{'，'.join(told)}］"
    found = _instant(evidence.get("found_at"))
    seen = f"{_short(found)}检出" if found is not None else "检出"
    parts = [f"{seen}{reading(evidence)}", f"最迟应于{_day_text(due_day(breach))}{_done(facts)}"]
    return f"{who}{'，'.join([*parts, *_since_then(breach, evidence)])}"


def _done(facts: Facts) -> str:
    return "首次维修" if _is_attempt(facts) else "修复"


def reading(evidence: Mapping[str, Any]) -> str:
    """What was read against which definition."""
    net, definition = evidence.get("net_umol_mol"), evidence.get("definition_umol_mol")
    if evidence.get("visible") or not isinstance(net, int | float):
        return "目测可见泄漏"
    medium = MEDIA.get(str(evidence.get("medium")), "")
    bound = f"（{medium}认定浓度 {number(float(definition))}）" if isinstance(definition, int | float) else ""
    return f" {number(float(net))} μmol/mol{bound}"


def _since_then(breach: Breach, evidence: Mapping[str, Any]) -> Iterator[str]:
    """What has happened to a leak since it was found."""
    reason = breach.finding.reason
    met = _instant(evidence.get("met_at"))
    on = "" if met is None else _day_text(met.astimezone(SITE_ZONE).date())
    failed = _instant(evidence.get("still_leaking_at"))
    attempts = evidence.get("attempts")
    filings = evidence.get("filings")
    last = filings[-1] if isinstance(filings, list) and filings and isinstance(filings[-1], Mapping) else None
    if reason == "attempted_late":
        yield f"{on}首次维修"
    elif reason == "repaired_late":
        yield f"{on}修复，复测合格"
    elif reason == "removed_late":
        yield f"{on}停用"
    elif reason == "delayed_late":
        yield f"{on}才备案延迟修复{_until(last)}"
    elif last is not None:
        ground = DELAY_GROUNDS.get(str(last.get("ground")), "")
        yield f"延迟修复（{ground}）备案{_until(last)}，已过期"
    if reason == "overdue" and isinstance(attempts, int) and attempts:
        state = f"，{_short(failed)}复测仍泄漏" if failed is not None else "，没有复测合格的记录"
        yield f"已维修 {attempts} 次{state}"


def _until(filing: Mapping[str, Any] | None) -> str:
    day = None if filing is None else filing.get("repair_by")
    return f"至{_day_text(date.fromisoformat(day))}" if isinstance(day, str) else ""


def _figures(evidence: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("name", "unit", "tag", "found_at", "net_umol_mol", "visible", "definition_umol_mol", "state", "attempts")
    return {key: evidence[key] for key in keys if key in evidence}


def spot_check(facts: Facts) -> tuple[str, str, str]:
    """Headline, what was seen and what to do of a spot check that found too many leaks."""
    last, evidence = facts.breaches[-1].finding, facts.evidence
    points, worked_on = evidence.get("points"), evidence.get("in_repair_count")
    value, limit = number(last.value or 0.0), number(last.limit or 0.0)
    headline = f"监督抽查 {points} 个密封点，{value} 个泄漏且不在修复期内，超过 {limit} 个"
    entries = evidence.get("leaking")
    named = [
        f"{entry.get('component')} {reading(entry).strip()}"
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, Mapping)
    ]
    shown = "、".join(named[:5]) + (f" 等 {len(named)} 个" if len(named) > 5 else "")
    beside = f"；另有 {worked_on} 个泄漏点在修复期内，未计入" if worked_on else ""
    day = date_text(last.period.start.astimezone(SITE_ZONE).date())
    return headline, f"{day}抽查，{shown}{beside}", _CHECK_ADVICE


def _instant(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _short(at: datetime) -> str:
    here = at.astimezone(SITE_ZONE)
    return f"{_day_text(here.date())} {here:%H:%M} "


def _day_text(day: date) -> str:
    return f"{day.month}月{day.day}日"
