"""Texts of findings on meters: a register that fell or leapt, one that stands still, one that is too regular. Pure.

Whoever is on duty must read which meter, what it showed, that the volume is unknown and not zero, and that a record of
the replacement settles it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from alerts.signs import CAUTION
from alerts.wording import Facts, number, period_text, quantity
from domain.periods import hour_of

_RESET_ADVICE = (
    "请联系企业：已换表的补报换表记录（换表时间、旧表止码、新表起码），补报后自动重算并撤销本告警；"
    "没有换表的，检查表计和采集设备是否被复位。"
)
_JUMP_ADVICE = "请联系企业核对表底和采集换算（倍率、小数位）：读数错的更正上报，确已换表的补报换表记录，之后自动重算。"
_FROZEN_ADVICE = "请企业核对水表是否卡滞、阀门是否关闭、是否改由其他管路取水；表坏的尽快更换并补报换表记录。"
_CORRECTED_ADVICE = "请企业说明更正原因并核对采集换算（倍率、小数位）和现场表底；更正有误的再次更正。"
_IDENTICAL_ADVICE = "请企业核对水表、采集程序和原始记录，必要时现场读表。"


class Words(NamedTuple):
    """What an alert says: headline, what was seen, how long so far, what to do."""

    headline: str
    seen: str
    lasted: str
    advice: str


def _reset(facts: Facts) -> Words:
    fall = _change(facts.evidence, falls=True) or "回落"
    seen = f"{_when(facts)}表底{fall}{_read_before(facts)}，不是翻转，也不能判为倒流"
    seen += "；其间用量未知，不计入也不按零计，当月合计不完整"
    return Words(f"表底{fall}，没有相符的换表记录", seen, _hours(facts), _RESET_ADVICE)


def _jump(facts: Facts) -> Words:
    rise = _change(facts.evidence, falls=False) or "突增"
    seen = f"{_when(facts)}表底{rise}{_read_before(facts)}，超过该表的量程或可能通过的最大量"
    seen += "；这一增量不计入，当月合计可能不完整"
    return Words(f"表底{rise}，超过该表的量程或可能通过的最大量", seen, _hours(facts), _JUMP_ADVICE)


def _frozen(facts: Facts) -> Words:
    evidence = facts.evidence
    seen = f"{_when(facts)}已知的 {_whole(evidence, 'known_hours')} 个小时增量全为零"
    seen += f"，同日企业电表有 {_whole(evidence, 'running_hours')} 个小时在走"
    return Words("水表全天不走，而企业全天用电", seen, f"累计 {len(facts.breaches)} 天", _FROZEN_ADVICE)


def _identical(facts: Facts) -> Words:
    last, evidence = facts.breaches[-1].finding, facts.evidence
    increment = evidence.get("increment")
    each = quantity(increment, last.unit) if isinstance(increment, int | float) else "同一数值"
    hours = _whole(evidence, "hours")
    seen = f"{_meter(facts)}截至{period_text(last.period)}的 {hours} 小时中，"
    seen += f"已知的 {_whole(evidence, 'known_hours')} 个小时增量均为 {each}；{CAUTION}"
    return Words(
        f"连续 {hours} 小时每小时增量完全相同（{each}）", seen, f"累计 {len(facts.breaches)} 天", _IDENTICAL_ADVICE
    )


def _corrected(facts: Facts) -> Words:
    readings = facts.evidence.get("readings")
    worst = readings[0] if isinstance(readings, list) and readings and isinstance(readings[0], Mapping) else {}
    unit = facts.evidence.get("unit")
    was, now = worst.get("first_increment"), worst.get("corrected_increment")
    change = "表底更正前后的增量相差十倍以上"
    if isinstance(was, int | float) and isinstance(now, int | float):
        shown = unit if isinstance(unit, str) else None
        change = f"表底更正，增量由 {number(was, now)} 改为 {quantity(now, shown, was)}"
    count = _whole(facts.evidence, "corrections")
    seen = f"{_when(facts)}{change}，该小时共 {count} 个读数相差十倍以上；不说明哪一个是对的"
    return Words(change, seen, f"累计 {len(facts.breaches)} 小时", _CORRECTED_ADVICE)


def _meter(facts: Facts) -> str:
    serial = facts.evidence.get("serial")
    return f"表号 {serial}，" if isinstance(serial, str) else ""


def _when(facts: Facts) -> str:
    return f"{_meter(facts)}{period_text(facts.breaches[-1].finding.period)} "


def _change(evidence: Mapping[str, Any], *, falls: bool) -> str | None:
    """Between which readings it happened, as far as the hour's row tells: into the hour, or within it."""
    before, first, last = (evidence.get(key) for key in ("before", "first_value", "last_value"))
    unit = evidence.get("unit")
    pairs = [
        (a, b)
        for a, b in ((before, first), (first, last))
        if isinstance(a, int | float) and isinstance(b, int | float) and (b < a if falls else b > a)
    ]
    if not pairs:
        return None
    a, b = max(pairs, key=lambda pair: abs(pair[1] - pair[0]))
    word = "回落" if falls else "突增"
    return f"由 {number(a, b)} {word}到 {quantity(b, unit if isinstance(unit, str) else None, a)}"


def _read_before(facts: Facts) -> str:
    """When the meter was read before, where that was not in the hour just before."""
    said, start = facts.evidence.get("before_hour"), facts.breaches[-1].finding.period.start
    hour = hour_of(datetime.fromisoformat(said)) if isinstance(said, str) else None
    return "" if hour is None or hour.end == start else f"（前一次读数在{period_text(hour)}）"


def _hours(facts: Facts) -> str:
    count = len(facts.breaches)
    return "尚无换表记录或更正" if count == 1 else f"共 {count} 个小时，尚无换表记录或更正"


def _whole(evidence: Mapping[str, Any], key: str) -> str:
    value = evidence.get(key)
    return number(value) if isinstance(value, int | float) else "若干"


WORDS: Mapping[str, Callable[[Facts], Words]] = {
    "reset_without_record": _reset,
    "jump_unexplained": _jump,
    "frozen": _frozen,
    "identical": _identical,
    "corrected_tenfold": _corrected,
}
