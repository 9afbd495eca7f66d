"""Texts of findings on gateways: what fell silent with them, and what to check first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from alerts.meters import Words
from alerts.wording import Facts, local_text, number

_ADVICE = (
    "请联系企业检查该网关（数采仪）的供电、网络、证书和采集程序；同一企业其他网关也中断的，先查企业出口网络，"
    "全市网关同时中断的，先查平台接入服务。恢复后请企业补传中断期间的数据。"
)
#: A message is short: so many points are named.
_NAMED = 6


def _silent(facts: Facts) -> Words:
    evidence, last = facts.evidence, facts.breaches[-1].finding
    codes = evidence.get("codes")
    named = [str(code) for code in codes] if isinstance(codes, Sequence) and not isinstance(codes, str) else []
    points, hours = evidence.get("points"), evidence.get("silent_hours")
    total = int(points) if isinstance(points, int | float) else len(named)
    seen = (
        f"截至{local_text(last.period.end)}，连续 {number(hours) if isinstance(hours, int | float) else 1} 个整点小时"
    )
    seen += f"没有收到该网关任何测点的数据，涉及在用测点 {total} 个"
    if named:
        seen += f"：{'、'.join(named[:_NAMED])}{' 等' if total > _NAMED else ''}"
    seen += "；缺数按缺失计，不按零计"
    return Words("全部测点没有数据上报", seen, "之后没有收到数据", _ADVICE)


WORDS: Mapping[str, Callable[[Facts], Words]] = {"gateway_silent": _silent}
