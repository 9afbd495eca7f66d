"""Texts of findings on water balances and on what may be taken: permits, plans, quotas, the city's cap. Pure.

Who reads one must see both sides of a difference, where it is, and which of several causes to look for first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from alerts.wording import Facts, number, period_text, quantity
from domain.ledger import MEDIUM_NAMES

#: Headline, what was seen, what to do.
Words = tuple[str, str, str]

_LOSS_ADVICE = "请联系企业先查漏损、未装表的支路和停走、偏慢的分表；属实的安排检修，登记有误的更正后自动重算。"
_SURPLUS_ADVICE = "请联系企业核对总表是否停走、偏慢或被旁通，以及分表倍率、登记的上下级关系。"


def _entries(evidence: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    entries = evidence.get(key)
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, Mapping):
            yield entry


def _figure(evidence: Mapping[str, Any], key: str) -> float:
    value = evidence.get(key)
    return float(value) if isinstance(value, int | float) else 0.0


def _sides(facts: Facts) -> tuple[str, str, str]:
    """Medium, entry and sub-meters with their figures."""
    evidence, unit = facts.evidence, str(facts.evidence.get("unit") or "")
    medium = MEDIUM_NAMES.get(str(evidence.get("medium")), "")
    named = [f"{one.get('place')} {quantity(_figure(one, 'total'), unit)}" for one in _entries(evidence, "sub_places")]
    shown = "、".join(named[:4]) + (f" 等 {len(named)} 块" if len(named) > 4 else "")
    entry = f"进 {quantity(_figure(evidence, 'entry'), unit)}"
    subs = f"分表合计 {quantity(_figure(evidence, 'subs'), unit)}（{shown}）"
    return medium, entry, subs


def _loss(facts: Facts) -> Words:
    last = facts.breaches[-1].finding
    medium, entry, subs = _sides(facts)
    value, limit = quantity(last.value or 0.0, "%", last.limit), quantity(last.limit or 0.0, "%", last.value)
    loss = quantity(_figure(facts.evidence, "loss"), str(facts.evidence.get("unit") or ""))
    return (
        f"{medium}计量不平衡，少了 {value}，超过允许差 {limit}",
        f"{period_text(last.period)} {entry}，{subs}，相差 {loss}",
        _LOSS_ADVICE,
    )


def _surplus(facts: Facts) -> Words:
    last = facts.breaches[-1].finding
    medium, entry, subs = _sides(facts)
    more = quantity(-_figure(facts.evidence, "loss"), str(facts.evidence.get("unit") or ""))
    share = "" if last.value is None else f" {quantity(last.value, '%', last.limit)}"
    return (
        f"{medium}分表之和大于总表{share}，超过允许差 {quantity(last.limit or 0.0, '%', last.value)}",
        f"{period_text(last.period)} {entry}，{subs}，多出 {more}",
        _SURPLUS_ADVICE,
    )


def is_leak(facts: Facts) -> bool:
    """Whether what is over its limit is the loss of a boundary: `over_limit` is a reason of many rules."""
    return facts.breaches[-1].finding.reason == "over_limit" and "loss_pct" in facts.evidence


def leak(facts: Facts) -> Words:
    """A loss rate over its limit."""
    last = facts.breaches[-1].finding
    _, entry, subs = _sides(facts)
    value, limit = quantity(last.value or 0.0, "%", last.limit), quantity(last.limit or 0.0, "%", last.value)
    lost = quantity(_figure(facts.evidence, "loss"), str(facts.evidence.get("unit") or ""))
    return (
        f"用水综合漏失率 {value}，超过 {limit}",
        f"{period_text(last.period)} {entry}，{subs}，漏失 {lost}",
        _LOSS_ADVICE,
    )


def _volumes(facts: Facts) -> tuple[str, str]:
    last = facts.breaches[-1].finding
    return quantity(last.value or 0.0, "m3", last.limit), quantity(last.limit or 0.0, "m3", last.value)


def _to_date(facts: Facts) -> str:
    year = facts.evidence.get("year")
    taken, _ = _volumes(facts)
    return f"{year}年截至{period_text(facts.breaches[-1].finding.period)}累计 {taken}"


def _coming(facts: Facts) -> str:
    return f"，按此进度全年约 {quantity(_figure(facts.evidence, 'forecast_m3'), 'm3')}"


def _over_permit(facts: Facts) -> Words:
    taken, permitted = _volumes(facts)
    over = [
        f"{one.get('intake')} {quantity(_figure(one, 'metered_m3'), 'm3')}"
        f"（许可 {quantity(_figure(one, 'permitted_m3_a'), 'm3')}）"
        for one in _entries(facts.evidence, "intakes")
        if _figure(one, "metered_m3") > _figure(one, "permitted_m3_a")
    ]
    own = f"；超许可的取水口：{'、'.join(over[:3])}" if over else ""
    return (
        f"取水 {taken}，超过许可水量 {permitted}" if not over else f"取水口超许可取水（{len(over)} 个）",
        f"{_to_date(facts)}，许可 {permitted}{own}",
        "请核对水表读数和许可登记；属实的报水行政主管部门依法处理，督促企业停止超许可取水。",
    )


def _permit_expired(facts: Facts) -> Words:
    expired = [one for one in _entries(facts.evidence, "intakes") if one.get("expired") is True]
    shown = "、".join(
        f"{one.get('intake')}（{one.get('permit_number') or '无证号'}，有效期至 {one.get('permit_to')}，"
        f"当月取水 {quantity(_figure(one, 'metered_month_m3'), 'm3')}）"
        for one in expired[:3]
    )
    return (
        f"取水许可证已过期仍在取水（{len(expired)} 个取水口）",
        f"{period_text(facts.breaches[-1].finding.period)} {shown}",
        "请核实是否已办延续；已办的更新登记，未办的报水行政主管部门依法处理。",
    )


def _over_index(facts: Facts) -> Words:
    taken, plan = _volumes(facts)
    return (
        f"年用水 {taken}，超过用水计划 {plan}",
        f"{_to_date(facts)}，计划 {plan}{_coming(facts)}",
        "请督促企业说明原因、压减用水或申请调整计划；计划登记有误的更正后自动重算。",
    )


def _over_quota(facts: Facts) -> Words:
    last = facts.breaches[-1].finding
    value, limit = (
        quantity(last.value or 0.0, last.unit, last.limit),
        quantity(last.limit or 0.0, last.unit, last.value),
    )
    used = (
        f"取水 {quantity(_figure(facts.evidence, 'water_m3'), 'm3')}，产量 {number(_figure(facts.evidence, 'output'))}"
    )
    return (
        f"单位产品取水量 {value}，超过用水定额 {limit}",
        f"截至{period_text(last.period)}的12个月 {value}，定额 {limit}；{used}",
        "请核对产量和取水计量；属实的列入节水改造计划。",
    )


def _city(volume: float, other: float | None = None) -> str:
    """A city's m3 in the unit of its plans; nobody counts nine digits at night."""
    return f"{number(volume / 1e8, None if other is None else other / 1e8)}亿 m³"


def _cap(facts: Facts) -> Words:
    last = facts.breaches[-1].finding
    taken, cap = _city(last.value or 0.0, last.limit), _city(last.limit or 0.0, last.value)
    share = _figure(facts.evidence, "pro_rata_pct")
    over = last.reason == "over_cap"
    line = _city(_figure(facts.evidence, "pro_rata_m3"))
    part = "" if over else f"，已过 {facts.evidence.get('days_elapsed')} 天按进度为 {line}"
    headline = f"全市用水 {taken}，超过总量控制目标 {cap}" if over else f"全市用水超过控制目标进度的{number(share)}%"
    return (
        headline,
        f"{facts.evidence.get('year')}年截至{period_text(last.period)}累计 {taken}，全年目标 {cap}{part}，"
        f"按此进度全年约 {_city(_figure(facts.evidence, 'forecast_m3'))}",
        "请会同水行政主管部门核对各行业用水，安排压减。",
    )


def _report(facts: Facts) -> Words:
    last, evidence = facts.breaches[-1].finding, facts.evidence
    metered = evidence.get("metered")
    measured = _figure(metered, "m3") if isinstance(metered, Mapping) else 0.0
    value, limit = quantity(last.value or 0.0, "%", last.limit), quantity(last.limit or 0.0, "%", last.value)
    return (
        f"上报取水量与计量值相差 {value}，超过允许差 {limit}",
        f"{period_text(last.period)} 上报 {quantity(_figure(evidence, 'reported_m3'), 'm3')}，"
        f"计量 {quantity(measured, 'm3')}",
        "请企业说明差异并更正上报量，或检修取水计量设施；核对用，不替代审定的水量。",
    )


WORDS: Mapping[str, Callable[[Facts], Words]] = {
    "loss_over_band": _loss,
    "sub_exceeds_entry": _surplus,
    "over_permit": _over_permit,
    "permit_expired": _permit_expired,
    "over_index": _over_index,
    "over_quota": _over_quota,
    "over_cap": _cap,
    "forecast_over_cap": _cap,
    "report_differs": _report,
}
