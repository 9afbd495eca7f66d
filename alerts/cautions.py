"""Texts of findings that say less than that a limit was exceeded: early warnings (预警), and what loggers and analysers
show. Pure.

An early warning is read by people who may act against a plant. It must never look like 超标: the hour is not over, and
until it is nothing can be judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from alerts.duties import duty, is_duty
from alerts.energy import WORDS as ENERGY_WORDS
from alerts.gateways import WORDS as GATEWAY_WORDS
from alerts.leaks import TOO_MANY, is_leak_term, leak_terms, spot_check
from alerts.leaksigns import ADVICE as LEAK_ADVICE
from alerts.leaksigns import WORDS as LEAK_WORDS
from alerts.leaktests import is_test_schedule, overdue_tests
from alerts.meters import WORDS as METER_WORDS
from alerts.nodata import no_data
from alerts.reminders import is_reminder, reminder
from alerts.signs import ADVICE, CAUTION, SEEN, sightings
from alerts.water import WORDS as WATER_WORDS
from alerts.water import is_leak, leak
from alerts.wording import Facts, Text, details, local_text, number, period_text, quantity, told, where
from alerts.wording import describe as describe_violation
from domain.alerts import AlertState, Condition
from domain.findings import SubjectKind
from domain.limits import LimitKind

#: Of months, by reasons that no other rule gives.
_ACCOUNTS = {**ENERGY_WORDS, **WATER_WORDS}
_HARDWARE = {**METER_WORDS, **GATEWAY_WORDS}
_WARNED = {"projected_over", "minutes_over_100", "minutes_over_80"}
_NOT_JUDGED = "本条是预警，不是超标：该小时尚未结束，尚未构成超标，结束后按小时均值另行判定"
_WARNING_ADVICE = "请提醒企业关注工况和治理设施运行情况，及早调整。"
_STATED_ADVICE = "请企业核对数采仪的计算、折算氧含量和时段；相差不说明谁对谁错。"
_ANALYSER_ADVICE = "请企业核实分析仪的运行和校准记录。"


def describe(facts: Facts) -> Text:
    """The text of an alert as it stands, whatever it is about."""
    reason = facts.breaches[-1].finding.reason
    if facts.span.condition is Condition.NO_DATA:
        return no_data(facts)
    if is_reminder(facts):
        return reminder(facts)
    if reason in _WARNED:
        return _warning(facts, reason)
    if is_leak_term(facts):
        return leak_terms(facts)
    if is_test_schedule(facts):
        return overdue_tests(facts)
    if is_duty(facts):
        return duty(facts)
    if reason == TOO_MANY:
        headline, seen, advice = spot_check(facts)
        lasted = _since(facts, f"累计 {len(facts.breaches)} 次抽查不合格")
        return _text(facts, f"{where(facts)}：{headline}", f"情况：{seen}。", lasted, advice)
    if (account := leak if is_leak(facts) else _ACCOUNTS.get(reason)) is not None:
        headline, seen, advice = account(facts)
        since = _since(facts, f"累计 {len(facts.breaches)} 个月")
        return _text(facts, f"{where(facts)}：{headline}", f"情况：{seen}。", since, advice)
    if (meter := _HARDWARE.get(reason)) is not None:
        said = meter(facts)
        lasted = _since(facts, said.lasted)
        return _text(facts, f"{where(facts)}：{said.headline}", f"情况：{said.seen}。", lasted, said.advice)
    if reason in LEAK_WORDS:
        return _leak_sign(facts)
    words = _WORDS.get(reason)
    if words is None or facts.subject.kind not in (SubjectKind.POINT, SubjectKind.OUTLET):
        return describe_violation(facts)
    headline, seen, advice = words(facts)
    return _text(facts, f"{where(facts)}：{headline}", f"情况：{seen}。", _since(facts, "持续"), advice)


def _warning(facts: Facts, reason: str) -> Text:
    last, evidence = facts.breaches[-1].finding, facts.evidence
    value, limit = (
        quantity(last.value or 0.0, last.unit, last.limit),
        quantity(last.limit or 0.0, last.unit, last.value),
    )
    named = f"{_limit_word(facts)} {limit}"
    minutes = _whole(evidence.get("window_min"))
    share = _whole(evidence.get("share_pct"))
    seen = {
        "projected_over": f"预计小时均值 {value}，高于{named}",
        "minutes_over_100": f"连续 {minutes} 分钟均高于{named}，平均 {value}",
        "minutes_over_80": f"连续 {minutes} 分钟均高于{named} 的 {share}%，平均 {value}",
    }[reason]
    reference = evidence.get("reference_o2_pct")
    converted = f"（已折算到基准氧含量{number(reference)}%）" if isinstance(reference, int | float) else ""
    return _text(
        facts,
        f"预警：{where(facts)}：{seen}，尚未构成超标",
        f"情况：{local_text(last.period.end)} {seen}{converted}。{_NOT_JUDGED}。",
        _since(facts, "预警持续"),
        _WARNING_ADVICE,
    )


def _limit_word(facts: Facts) -> str:
    """What the limit is: a demand of ultra-low emission is none for penalties."""
    is_ule = facts.basis is not None and facts.basis.kind == LimitKind.ULE
    return "超低排放指标" if is_ule else "限值"


def _differs(facts: Facts) -> tuple[str, str, str]:
    last, evidence = facts.breaches[-1].finding, facts.evidence
    own = _table(evidence, "own").get("value")
    ours = quantity(own, last.unit, last.value) if isinstance(own, int | float) else "未知"
    theirs = quantity(last.value or 0.0, last.unit, own if isinstance(own, int | float) else None)
    tolerance = evidence.get("tolerance")
    allowed = f"，容许偏差 {quantity(tolerance, last.unit)}" if isinstance(tolerance, int | float) else ""
    headline = f"数采仪上报值 {theirs} 与平台计算值 {ours} 不一致"
    return headline, f"{period_text(last.period)} {headline}{allowed}", _STATED_ADVICE


def _gap(facts: Facts) -> tuple[str, str, str]:
    last = facts.breaches[-1].finding
    headline = f"色谱运行连续缺失 {number(last.value or 0.0)} 个分析周期"
    return headline, f"{period_text(last.period)} {headline}", _ANALYSER_ADVICE


def _drift(facts: Facts) -> tuple[str, str, str]:
    last = facts.breaches[-1].finding
    headline = f"{facts.rule_title} {number(last.value or 0.0)}%（满量程），超出失控限 ±{number(last.limit or 0.0)}%"
    return headline, f"{period_text(last.period)} {headline}", _ANALYSER_ADVICE


def _overdue(facts: Facts) -> tuple[str, str, str]:
    last = facts.breaches[-1].finding
    headline = f"已 {number(last.value or 0.0)} 小时没有校准记录，应不超过 {number(last.limit or 0.0)} 小时"
    return headline, f"{period_text(last.period)} {headline}", _ANALYSER_ADVICE


def _oxygen(facts: Facts) -> tuple[str, str, str]:
    last = facts.breaches[-1].finding
    leaving, entering = quantity(last.value or 0.0, "%", last.limit), quantity(last.limit or 0.0, "%", last.value)
    headline = f"焚烧装置出口氧含量 {leaving}，高于进口的 {entering}"
    return headline, f"{period_text(last.period)} {headline}", "请企业核实是否有空气混入，以及氧分析仪是否正常。"


def _sign(facts: Facts) -> tuple[str, str, str]:
    last = facts.breaches[-1].finding
    found = sightings(facts.evidence)
    some = "；".join(found[:3]) + (f" 等 {len(found)} 项" if len(found) > 3 else "")
    return facts.rule_title, f"累计 {len(facts.breaches)} 天看到，{period_text(last.period)} {some}。{CAUTION}", ADVICE


def _leak_sign(facts: Facts) -> Text:
    """A sign in records of leak tests, of a day or a campaign: the days between have no records and say nothing."""
    last = facts.breaches[-1].finding
    found = sightings(facts.evidence)
    campaign = facts.evidence.get("campaign")
    of = f"检测轮次 {campaign}（{period_text(last.period)}）" if isinstance(campaign, str) else period_text(last.period)
    some = "；".join(found[:2]) + (f"；等 {len(found)} 项" if len(found) > 2 else "")
    counted = f"累计 {len(facts.breaches)} {'轮' if isinstance(campaign, str) else '天'}看到"
    resolved = facts.span.resolved_at
    since = f"自{local_text(facts.span.occurred_at)}（北京时间）起，{counted}"
    since += "。" if resolved is None else f"，{local_text(resolved)}起的检测记录中没有再看到。"
    headline = f"{where(facts)}：{facts.rule_title}"
    return _text(facts, headline, f"情况：{of} {some}。{CAUTION}。", since, LEAK_ADVICE)


_WORDS: Mapping[str, Callable[[Facts], tuple[str, str, str]]] = {
    "differs": _differs,
    "gap": _gap,
    "out_of_control": _drift,
    "overdue": _overdue,
    "o2_above_inlet": _oxygen,
    SEEN: _sign,
}


def _text(facts: Facts, headline: str, seen: str, since: str, advice: str) -> Text:
    standard, clause = facts.standard, facts.clause
    lines = [since, seen, f"依据：{standard} {clause}。"]
    if facts.span.state is not AlertState.RESOLVED:
        lines.append(f"处置：{advice}")
    return told(facts, headline, lines, details(facts))


def _since(facts: Facts, word: str) -> str:
    since = f"自{local_text(facts.span.occurred_at)}（北京时间）起"
    if facts.span.resolved_at is not None:
        return f"{since}，至{local_text(facts.span.resolved_at)}解除。"
    return f"{since}，{word}，尚未解除。"


def _table(evidence: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A table of the evidence, which grows with the rules: absent or of another kind it is empty."""
    found = evidence.get(key)
    return found if isinstance(found, Mapping) else {}


def _whole(value: object) -> str:
    return number(float(value)) if isinstance(value, int | float) else ""
