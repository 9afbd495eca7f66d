"""What a tired duty officer reads at three in the morning. Pure: facts in, plain Simplified Chinese out.

A message stands by itself: who, what, how much against which limit, since when, by which clause, what to do, where to
look. Times are Asia/Shanghai and written out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from alerts.advice import advice
from alerts.evidence import shortcomings
from alerts.failures import CHANNEL_WORDS, failure_text
from alerts.signs import sightings
from alerts.templates.clean import begin_of, line
from alerts.templates.moments import lasted
from domain.air import POLLUTANTS
from domain.alerts import AlertState, Breach, Condition, Occasion, Resolution, Severity, Span
from domain.findings import Subject, SubjectKind
from domain.limits import Averaging, LimitKind
from domain.periods import SITE_ZONE, Period, local_day, month_of

#: A message is read on a telephone.
MAX_SUMMARY = 560
MAX_TITLE = 120
_LONGEST_NAME = 30
#: What a title begins with.
SEVERITY_WORDS = {Severity.CRITICAL: "严重", Severity.WARNING: "警告", Severity.INFO: "提示"}
#: What a line of a summary begins with that is an address of a list of what is to be done.
WORK_LIST = "工作清单："
_MINUTE = timedelta(minutes=1)
_MICRO = re.compile(r"^u(?=g/|mol/)")
_MEANS: Mapping[str, str] = {Averaging.HOUR: "小时均值", Averaging.SINGLE: "任意一次浓度值", Averaging.DAY: "日均值"}


@dataclass(frozen=True, slots=True)
class Basis:
    """The limit that a violation was judged by. kind: legal, or ule for one that is no emission standard."""

    kind: str
    averaging: str
    standard: str
    clause: str

    @property
    def exceeded(self) -> str:
        """What is wrong, in law: whoever reads it half asleep must not take the one for the other."""
        return "超低排放小时超过指标（不等于违法超标）" if self.is_ule else "排放限值超标"

    @property
    def is_ule(self) -> bool:
        """Whether it asks for a share of a month's hours and is no limit for penalties."""
        return self.kind == LimitKind.ULE


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a text may say. breaches: the violations of the span in time order, at least one.

    evidence: of the latest of them; basis: the limit that it names; evidences: by finding, of those that a text tells
    one by one; groups: (unit, kind, number) of the components that it is about. Names are None where the register has
    none.
    """

    alert_id: int
    rule_title: str
    standard: str
    clause: str
    severity: Severity
    subject: Subject
    enterprise_name: str | None
    subject_name: str | None
    span: Span
    breaches: Sequence[Breach]
    evidence: Mapping[str, Any]
    url: str
    basis: Basis | None = None
    evidences: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    groups: Sequence[tuple[str, str, int]] = ()

    def evidence_of(self, breach: Breach) -> Mapping[str, Any]:
        """The evidence of one of the violations; empty where a text does not tell it."""
        return self.evidences.get(breach.finding.finding_id) or (self.evidence if breach is self.breaches[-1] else {})


@dataclass(frozen=True, slots=True)
class Text:
    """title: one line; summary: some lines; details: the figures behind them, as JSON."""

    title: str
    summary: str
    details: dict[str, Any]


def describe(facts: Facts) -> Text:
    """The text of an alert as it stands."""
    lines = [_since(facts), _seen(facts), f"依据：{basis_text(facts)}。"]
    if facts.span.state is not AlertState.RESOLVED:
        lines.append(f"处置：{advice(facts.breaches[-1].finding, facts.evidence)}")
    return told(facts, _headline(facts), lines, details(facts))


def told(facts: Facts, headline: str, lines: Sequence[str], said: dict[str, Any]) -> Text:
    """A text of its parts, the title headed by the severity."""
    title = cut(f"【{SEVERITY_WORDS[facts.severity]}】{headline}", MAX_TITLE)
    return Text(title, assemble(lines, facts.url), said)


def occasion_title(
    title: str,
    occasion: Occasion,
    resolution: Resolution | None,
    condition: Condition = Condition.VIOLATION,
    reason: str | None = None,
) -> str:
    """The title of a message: an alert's own, but headed by what has become of it."""
    if occasion is Occasion.FIRING:
        return title
    return f"【{over_word(resolution, condition, reason)}】{title.partition('】')[2] or title}"


#: What has become of a reminder: nothing was wrong, and that its day is over does not say that it was done.
_REMINDERS_OVER = {"due_today": "当日已过", "due_soon": "已解除"}


def over_word(resolution: str | None, condition: str | None, reason: str | None = None) -> str:
    """What has become of an alert that is over. Data that came back say nothing of whether the limit is met.

    reason: of its last finding.
    """
    if resolution == Resolution.SUPERSEDED:
        return "已撤销"
    if resolution == Resolution.RETIRED:
        return "不再判定"
    return "数据已恢复" if condition == Condition.NO_DATA else _REMINDERS_OVER.get(reason or "", "已恢复")


def withdrawn(summary: str, url: str) -> str:
    """The summary of an alert that does not stand any more."""
    lines = ["迟到或更正的数据表明，本告警所述情况不成立或时段有变，现予撤销；如仍有异常，另有告警。"]
    lines += [f"原告警：{line}" for line in summary.splitlines()[:2]]
    return assemble(lines, url)


def local_text(at: datetime) -> str:
    """An instant as people here write it."""
    here = at.astimezone(SITE_ZONE)
    return f"{date_text(here.date())} {here:%H:%M}"


def date_text(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def number(value: float, other: float | None = None) -> str:
    """A figure with up to two decimals; with more where it would look the same as another figure that it is not."""
    for decimals in (2, 4, 6):
        text = _plain(value, decimals)
        if other is None or other == value or text != _plain(other, decimals):
            break
    return text


def _plain(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def quantity(value: float, unit: str | None, other: float | None = None) -> str:
    """A figure with its unit: 46.2 mg/m³, 93.5%."""
    if unit == "%":
        return f"{number(value, other)}%"
    return f"{number(value, other)} {unit_text(unit)}".strip()


def unit_text(unit: str | None) -> str:
    """A unit as people write it; in the data it is ASCII."""
    return _MICRO.sub("μ", (unit or "").replace("m3", "m³"))


def where(facts: Facts) -> str:
    """Who and what an alert is about, in names and codes."""
    subject = facts.subject
    code = subject.key.partition("/")[2] or subject.key
    pollutant = ""
    if subject.kind is SubjectKind.POLLUTANT:
        code, _, measured = code.partition("/")
        pollutant = f" {POLLUTANTS.get(measured, measured)}"
    # a name of any length, with anything in it, must leave room for what is said of it
    enterprise = line(facts.enterprise_name or subject.enterprise or "", _LONGEST_NAME)
    own = line(facts.subject_name or "", _LONGEST_NAME)
    if subject.kind is SubjectKind.GATEWAY:
        return f"{enterprise} 网关 {code}"
    if subject.enterprise is None or subject.kind is SubjectKind.ENTERPRISE:
        return own or enterprise or code
    return f"{enterprise} {code if own in ('', code) else f'{own}（{code}）'}{pollutant}"


def _headline(facts: Facts) -> str:
    last = facts.breaches[-1].finding
    if last.subject.kind is SubjectKind.COMPONENT:
        return f"{where(facts)}：{len(concerned(facts))} 个密封点泄漏检测超期"
    if last.subject.kind is SubjectKind.RULE:
        return f"规则“{facts.subject_name or last.subject.key}”无法计算"
    if last.subject.kind is SubjectKind.CHANNEL:
        kind = CHANNEL_WORDS.get(str(facts.evidence.get("kind")), "通知通道")
        return f"{kind}“{line(last.subject.key, _LONGEST_NAME)}”发不出消息"
    if last.reason == "silent":
        return f"{where(facts)}：没有数据上报"
    if last.value is None or last.limit is None:
        return f"{where(facts)}：{facts.rule_title}，不符合要求"
    relation = "低于要求的" if last.value < last.limit else "超过限值"
    value = quantity(last.value, last.unit, last.limit)
    if facts.basis is not None and last.reason == "over_limit":
        mean, word = _MEANS.get(facts.basis.averaging, ""), "指标" if facts.basis.is_ule else "限值"
        limit = quantity(last.limit, last.unit, last.value)
        return f"{where(facts)}：{facts.basis.exceeded}，{mean} {value}，{word} {limit}"
    return f"{where(facts)}：{facts.rule_title} {value}，{relation} {quantity(last.limit, last.unit, last.value)}"


def concerned(facts: Facts) -> list[Breach]:
    """The breaches that an alert is about: those that last, or all of them when it is over."""
    lasting = [breach for breach in facts.breaches if breach.until_at is None]
    if facts.span.state is AlertState.RESOLVED or not lasting:
        return list(facts.breaches)
    return lasting


def _since(facts: Facts) -> str:
    span = facts.span
    since = f"自{local_text(span.occurred_at)}（北京时间）起"
    if span.resolved_at is not None:
        return f"{since}，至{local_text(span.resolved_at)}恢复，{_lasted(facts)}。"
    unseen = "" if span.no_data_since is None else f"；{local_text(span.no_data_since)}起没有有效数据，目前情况不明"
    return f"{since}，{_lasted(facts)}，尚未恢复{unseen}。"


def _lasted(facts: Facts) -> str:
    """How long so far, in the rule's own step: hours, days, months in violation."""
    periods = [breach.finding.period for breach in facts.breaches]
    kind = facts.breaches[-1].finding.subject.kind
    if kind is SubjectKind.COMPONENT:
        return f"涉及 {len(facts.breaches)} 个密封点"
    if facts.breaches[-1].finding.reason == "silent" and facts.span.resolved_at is None:
        return "之后没有收到数据"
    longest = max(period.hours for period in periods)
    if facts.breaches[-1].finding.reason == "silent" or kind in (SubjectKind.RULE, SubjectKind.CHANNEL):
        end = facts.span.resolved_at or facts.span.last_seen_at
        return f"历时 {lasted((end - facts.span.occurred_at) / _MINUTE)}"
    if longest <= 1:
        return f"累计 {len(periods)} 小时不符合"
    return f"累计 {len(periods)} 天不符合" if longest <= 24 else f"累计 {len(periods)} 个时段不符合"


def _seen(facts: Facts) -> str:
    last = facts.breaches[-1].finding
    if last.subject.kind is SubjectKind.COMPONENT:
        return _components(facts)
    if last.reason == "silent":
        return "情况：连续 3 个整点小时没有收到该测点的数据；缺数按缺失计，不按零计。"
    if last.subject.kind is SubjectKind.RULE:
        return f"情况：规则 {last.subject.key} 计算出错，期间不作判定：{facts.evidence.get('error', '原因见日志')}。"
    if last.subject.kind is SubjectKind.CHANNEL:
        return _channel(facts)
    text = f"情况：{period_text(last.period)}"
    if last.value is not None:
        text += f" {quantity(last.value, last.unit, last.limit)}"
        reference = facts.evidence.get("reference_o2_pct")
        if isinstance(reference, int | float):
            text += f"（已折算到基准氧含量{number(reference)}%）"
    if last.limit is not None:
        is_ule = facts.basis is not None and facts.basis.is_ule
        word = "要求" if last.value is not None and last.value < last.limit else "指标" if is_ule else "限值"
        text += f"，{word} {quantity(last.limit, last.unit, last.value)}"
    worst = _worst(facts)
    if worst is not None:
        text += f"；其间最{worst}"
    missing = shortcomings(facts.evidence)
    if missing:
        text += f"。不足：{_some(missing, 5)}"
    return f"{text}。"


def _channel(facts: Facts) -> str:
    """What a channel could not do, and its last words."""
    evidence = facts.evidence
    what = "有消息重试后仍未送达，已放弃" if evidence.get("gave_up") else "持续发送失败"
    failures = evidence.get("failures")
    times = f"，连续失败 {failures} 次" if isinstance(failures, int) and failures > 1 else ""
    return f"情况：{what}{times}。最近一次报错：{failure_text(str(evidence.get('error') or '见日志'))}。"


def _worst(facts: Facts) -> str | None:
    """The furthest figure of several, where it is not the last one."""
    last = facts.breaches[-1].finding
    valued = [b.finding for b in facts.breaches if b.finding.value is not None]
    if last.value is None or last.limit is None or len(valued) < 2:
        return None
    low = last.value < last.limit
    worst = (min if low else max)(valued, key=lambda f: f.value or 0.0)
    if worst.value is None or worst.value == last.value:
        return None
    return f"{'低' if low else '高'} {quantity(worst.value, worst.unit)}（{period_text(worst.period)}）"


def _components(facts: Facts) -> str:
    entries = [
        f"{b.finding.subject.key.partition('/')[2]}（最迟应于{date_text(due_day(b))}检测）"
        for b in sorted(concerned(facts), key=lambda b: (b.since_at, b.finding.subject))
    ]
    return f"情况：{_some(entries, 3)}。"


def due_day(breach: Breach) -> date:
    """The last day on which the duty could have been met."""
    return local_day(breach.finding.period.end - timedelta(seconds=1))


def _some(entries: Sequence[str], count: int) -> str:
    text = "、".join(entries[:count])
    return text if len(entries) <= count else f"{text} 等 {len(entries)} 项"


def basis_text(facts: Facts) -> str:
    """By which standard and clause it is judged; the limit's own where a finding names one."""
    basis = facts.basis
    standard, clause = (facts.standard, facts.clause) if basis is None else (basis.standard, basis.clause)
    text = " ".join(part for part in (standard, clause) if part) or facts.rule_title
    if basis is not None and basis.is_ule:
        return f"{text}（超低排放指标，不等于违法超标）"
    return text


def period_text(period: Period) -> str:
    """A calendar period as people write it; otherwise its first and last instants."""
    first, last = local_day(period.start), local_day(period.end - timedelta(seconds=1))
    if period.hours <= 1:
        return f"{local_text(period.start)}—{period.end.astimezone(SITE_ZONE):%H:%M}"
    if first == last:
        return date_text(first)
    if period == month_of(period.start):
        return f"{first.year}年{first.month}月"
    return f"{date_text(first)}至{date_text(last)}"


def details(facts: Facts) -> dict[str, Any]:
    """The figures behind a text."""
    last = facts.breaches[-1].finding
    details: dict[str, Any] = {
        "value": last.value,
        "limit": last.limit,
        "unit": last.unit,
        "reason": last.reason,
        "rule_title": facts.rule_title,
        "standard": facts.standard if facts.basis is None else facts.basis.standard,
        "clause": facts.clause if facts.basis is None else facts.basis.clause,
        "enterprise_name": facts.enterprise_name,
        "subject_name": facts.subject_name,
        "violating_periods": len(facts.breaches),
        "url": facts.url,
    }
    if last.subject.kind is SubjectKind.COMPONENT:
        about = sorted(concerned(facts), key=lambda b: (b.since_at, b.finding.subject))
        details |= {
            "value": float(len(about)),
            "limit": 0.0,
            "unit": "个",
            "components": [
                {
                    "component": b.finding.subject.key.partition("/")[2],
                    "due_on": due_day(b).isoformat(),
                    "finding_id": b.finding.finding_id,
                }
                for b in about[:50]
            ],
            "component_count": len(about),
        }
    seen = sightings(facts.evidence)
    if seen:
        details["seen"] = seen[:50]
    missing = shortcomings(facts.evidence)
    if missing:
        details["shortcomings"] = missing[:50]
    return details


def assemble(lines: Sequence[str], url: str) -> str:
    """Lines and the address; what does not fit is cut from the lines, never from the address."""
    end = f"\n详情：{url}"
    return cut("\n".join(lines), MAX_SUMMARY - len(end)) + end


def cut(text: str, length: int) -> str:
    """A text at its greatest length, no figure cut."""
    return text if len(text) <= length else f"{begin_of(text, length - 1)}…"
