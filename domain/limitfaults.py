"""What is wrong with a limit that somebody writes down, in both languages: a site file and the API refuse alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from domain.air import POLLUTANTS, PROCESSES
from domain.limits import Averaging
from domain.marks import PROCESS_KINDS

#: Units that a limit may be given in.
UNITS = ("mg/m3", "ug/m3", "ng/m3", "kg/h", "t")
#: Standing of the text that a limit comes from.
STATUSES = {
    "law": "强制性标准",
    "policy": "政策文件",
    "permit": "排污许可证",
    "draft": "草案，待核对",
    "unconfirmed": "未核实",
}
#: Of these nobody has seen the original text: they are shown and judge nothing.
UNCONFIRMED = frozenset({"draft", "unconfirmed"})


@dataclass(frozen=True, slots=True)
class LimitFault:
    """field: the one at fault. chinese and english: what was expected."""

    field: str
    chinese: str
    english: str


def limit_faults(
    *,
    enterprise: str | None,
    outlet: str | None,
    process: str | None,
    quantity: str,
    averaging: str,
    unit: str,
    reference_o2_pct: float | None,
    exempt_process: Sequence[str],
    status: str,
    enabled: bool,
    valid_from: date,
    valid_to: date | None,
) -> Iterator[LimitFault]:
    """Every fault of one limit by itself; that it overlaps another is `domain.limits.first_overlap`'s to say."""
    if (outlet is None) == (process is None) or (outlet is None) != (enterprise is None):
        yield LimitFault(
            "process", "给出 enterprise 与 outlet，或只给 process", "give enterprise and outlet, or process alone"
        )
    if process is not None and process not in PROCESSES:
        yield LimitFault(
            "process",
            f"没有这个工序；可用：{_listed(PROCESSES)}",
            f"process {process!r} is unknown; expected one of {', '.join(PROCESSES)}",
        )
    if quantity not in POLLUTANTS:
        yield LimitFault(
            "quantity",
            f"没有这个污染物；可用：{_listed(POLLUTANTS)}",
            f"quantity {quantity!r} is unknown; expected one of {', '.join(POLLUTANTS)}",
        )
    for kind in exempt_process:
        if kind not in PROCESS_KINDS:
            yield LimitFault(
                "exempt_process",
                f"没有工况标记 {kind}；可用：{_listed(PROCESS_KINDS)}",
                f"exempt_process {kind!r} is unknown; expected some of {', '.join(PROCESS_KINDS)}",
            )
    if (averaging == Averaging.YEAR) != (unit == "t"):
        yield LimitFault(
            "unit",
            "年许可排放量以 t 计，其他限值不以 t 计",
            "a yearly total is in t, and nothing else is",
        )
    if unit == "kg/h" and averaging != Averaging.HOUR:
        yield LimitFault("unit", "排放速率 kg/h 只按小时判定", "a rate in kg/h is judged by the hour")
    if reference_o2_pct is not None and averaging == Averaging.SINGLE:
        # one reading has no oxygen mean to be converted with
        yield LimitFault(
            "reference_o2_pct",
            "任意一次浓度值不折算，不能有基准含氧量",
            "a single reading is judged as measured and cannot have reference_o2_pct",
        )
    if reference_o2_pct is not None and unit in ("kg/h", "t"):
        yield LimitFault(
            "reference_o2_pct",
            "排放速率与排放量用实测浓度计算，不能有基准含氧量",
            "rates and totals come from the measured concentration and cannot have reference_o2_pct",
        )
    if valid_to is not None and valid_to < valid_from:
        yield LimitFault("valid_to", f"不早于 valid_from（{valid_from}）", "valid_to must not be before valid_from")
    if enabled and status in UNCONFIRMED:
        yield LimitFault(
            "enabled",
            f"{STATUSES[status]}（{status}）的限值不能启用；先核对原文，把 status 改为 law、policy 或 permit",
            f"a limit of status {status} stays disabled; confirm it as law, policy or permit",
        )


def _listed(words: dict[str, str]) -> str:
    return "、".join(f"{code}（{word}）" for code, word in words.items())
