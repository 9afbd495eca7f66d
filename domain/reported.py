"""Figures on their way into the ledger: what somebody says, and all that is wrong with it. Pure.

One reading for every door (API, file, MQTT), so that a figure is right or wrong wherever it comes in. Nothing is
guessed: a text is no number, a unit is the item's own, and a period is a whole month or year that has begun.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from domain.ledger import ITEMS, entry_fault

#: What a figure may say; everything else is refused by name.
FIELDS = ("enterprise", "line", "item", "month", "year", "value", "unit", "evidence")
EVIDENCE_CHARACTERS = 500
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_LINE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_ENTERPRISE = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)
_YEARS = range(2000, 2101)
_NEAR = 3

EXPECTED_MONTH = "月份，例如 2026-09；或改填年份（year）"
EXPECTED_YEAR = "年份，例如 2026，2000 至 2100"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a period. enterprise None: the city's own; line None: of the whole enterprise. value: in `unit`,
    which is the item's. first: first local day of the month or year."""

    enterprise: str | None
    line: str | None
    item: str
    period_kind: str
    first: date
    value: float
    unit: str
    evidence: str

    @property
    def key(self) -> tuple[str | None, str | None, str, str, date]:
        """What of: another figure with the same key corrects this one."""
        return self.enterprise, self.line, self.item, self.period_kind, self.first

    @property
    def period(self) -> str:
        """As people write it: 2026-09, 2026."""
        return f"{self.first:%Y-%m}" if self.period_kind == "month" else f"{self.first:%Y}"


@dataclass(frozen=True, slots=True)
class FigureFault:
    """What is wrong: the field, what it said (None: nothing) and what was expected, in Chinese."""

    field: str
    value: Any
    expected: str


def read_figure(said: Mapping[str, Any], today: date, *, by_enterprise: bool = False) -> Figure | list[FigureFault]:
    """A figure of what was said, or every fault of it. today: the local day on which it is said. by_enterprise: an
    enterprise says it, which cannot set its own budget.

    Absent and null are the same. The value must be a number, not a text of one.
    """
    faults = [
        FigureFault(str(name), said[name], f"没有这个字段；可用：{'、'.join(FIELDS)}")
        for name in said
        if name not in FIELDS
    ]
    enterprise = _code(said, "enterprise", _ENTERPRISE, faults)
    line = _code(said, "line", _LINE, faults)
    if line is not None and said.get("enterprise") is None:
        faults.append(FigureFault("enterprise", None, "企业代码：填了生产线就要填企业"))
    kind, first = _period(said, faults)
    item, value, unit = said.get("item"), said.get("value"), said.get("unit")
    known = ITEMS.get(item) if isinstance(item, str) else None
    if known is None:
        faults.append(FigureFault("item", item, _expected_item(item)))
    elif unit != known.unit:
        faults.append(FigureFault("unit", unit, f"{known.unit}（{known.name}的单位；平台不换算单位）"))
    if known is not None and known.planned and by_enterprise:
        faults.append(FigureFault("item", item, f"{known.name}由主管部门下达和填报，企业不能自己填报"))
    number = _number(value)
    if number is None:
        faults.append(FigureFault("value", value, "数字（不带引号、单位和千分位）"))
    elif known is not None:
        of = "line" if said.get("line") is not None else "enterprise" if said.get("enterprise") is not None else "city"
        fault = entry_fault(known.key, of, number)
        if fault is not None:
            field = "value" if of in known.of else "item"
            faults.append(FigureFault(field, value if field == "value" else item, fault))
    if first is not None and first > today and not (known is not None and known.planned):
        field = "month" if kind == "month" else "year"
        faults.append(FigureFault(field, said.get(field), f"不晚于今天（{today.isoformat()}）已经开始的月份或年份"))
    evidence = said.get("evidence")
    if evidence is None:
        evidence = ""
    elif not isinstance(evidence, str) or len(evidence) > EVIDENCE_CHARACTERS or not _printable(evidence):
        faults.append(FigureFault("evidence", evidence, f"至多 {EVIDENCE_CHARACTERS} 个可见字符的文本"))
    if faults or first is None or known is None or number is None:
        return faults
    return Figure(enterprise, line, known.key, kind, first, number, known.unit, evidence)


def repeated(figures: Iterable[tuple[int, Figure]]) -> list[tuple[int, int]]:
    """Where a key comes again: (place, place of the first). Two figures of one period cannot both be meant."""
    seen: dict[tuple[str | None, str | None, str, str, date], int] = {}
    found = []
    for place, figure in figures:
        first = seen.setdefault(figure.key, place)
        if first != place:
            found.append((place, first))
    return found


def _expected_item(item: object) -> str:
    """Where the items are listed, and those that may have been meant."""
    said = str(item).strip() if isinstance(item, str) else ""
    near = [one for one in ITEMS.values() if said and (said in one.name or said in one.key)]
    if not near:
        keys = {name: one for one in ITEMS.values() for name in (one.key, one.name)}
        near = [keys[name] for name in get_close_matches(said, list(keys), n=_NEAR, cutoff=0.7)]
    meant = "、".join(f"{one.name}（{one.key}）" for one in near[:_NEAR])
    return "台账项目的代码，见 GET /v1/ledger/items" + (f"；是否为：{meant}" if meant else "")


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _code(said: Mapping[str, Any], field: str, pattern: re.Pattern[str], faults: list[FigureFault]) -> str | None:
    value = said.get(field)
    if value is None:
        return None
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        name = "企业代码" if field == "enterprise" else "生产线代码"
        faults.append(FigureFault(field, value, f"登记的{name}，符合 {pattern.pattern}"))
        return None
    return value


def _period(said: Mapping[str, Any], faults: list[FigureFault]) -> tuple[str, date | None]:
    month, year = said.get("month"), said.get("year")
    if (month is None) == (year is None):
        faults.append(FigureFault("month", month, "月份（month，如 2026-09）或年份（year，如 2026），填且只填一个"))
        return "month", None
    if month is not None:
        match = _MONTH.fullmatch(month) if isinstance(month, str) else None
        if match is not None and int(match[1]) in _YEARS and 1 <= int(match[2]) <= 12:
            return "month", date(int(match[1]), int(match[2]), 1)
        faults.append(FigureFault("month", month, EXPECTED_MONTH))
        return "month", None
    if isinstance(year, int) and not isinstance(year, bool) and year in _YEARS:
        return "year", date(year, 1, 1)
    faults.append(FigureFault("year", year, EXPECTED_YEAR))
    return "year", None


def _printable(text: str) -> bool:
    return all(letter.isprintable() for letter in text)
