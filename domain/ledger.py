"""The ledger (台账): figures of a calendar month or year that are reported, not measured, and what each item means.

Items are a closed list, so that a mistyped one cannot become a figure that nobody adds up. An entry is in its item's
unit; nothing is converted silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from domain.periods import add_months


@dataclass(frozen=True, slots=True)
class EnergyKind:
    """A kind of energy as meters and the ledger count it. unit: of volumes, Nm3 for gases (0 degC, 101.325 kPa)."""

    key: str
    name: str
    unit: str


#: Kinds of energy (能源种类) after GB/T 2589 and GB 17167, in the order in which tables show them.
ENERGY: Mapping[str, EnergyKind] = {
    kind.key: kind
    for kind in (
        EnergyKind("electricity", "电力", "kWh"),
        EnergyKind("raw_coal", "原煤", "t"),
        EnergyKind("washed_coal", "洗精煤", "t"),
        EnergyKind("middlings", "洗中煤", "t"),
        EnergyKind("coke", "焦炭", "t"),
        EnergyKind("coke_oven_gas", "焦炉煤气", "m3"),
        EnergyKind("blast_furnace_gas", "高炉煤气", "m3"),
        EnergyKind("natural_gas", "天然气", "m3"),
        EnergyKind("steam", "蒸汽", "t"),
        EnergyKind("heat", "热力", "GJ"),
        EnergyKind("diesel", "柴油", "t"),
        EnergyKind("gasoline", "汽油", "t"),
        EnergyKind("coal_tar", "煤焦油", "t"),
        EnergyKind("crude_benzene", "粗苯", "t"),
    )
}
WATER = "water"
#: What a metering place may measure: water in m3, or a kind of energy in its unit.
MEDIA: Mapping[str, str] = {WATER: "m3", **{kind.key: kind.unit for kind in ENERGY.values()}}
MEDIUM_NAMES: Mapping[str, str] = {WATER: "水", **{kind.key: kind.name for kind in ENERGY.values()}}

#: Flows of a kind of energy: (what it is called, whether a line reports it, whether an enterprise does).
FLOWS: Mapping[str, tuple[str, bool, bool]] = {
    "bought": ("购入", False, True),
    "own": ("自产", False, True),
    "sold": ("外供", False, True),
    "stock_open": ("期初库存", False, True),
    "stock_close": ("期末库存", False, True),
    "feedstock": ("用作原料", False, True),
    "used": ("投入", True, False),
    "made": ("产出或回收外供", True, False),
}


@dataclass(frozen=True, slots=True)
class Item:
    """What an entry may say. of: whose figure it is, any of ``line``, ``enterprise``, ``city``. highest: None for none.

    positive: not even zero is possible. planned: what an authority sets, no report: no enterprise says it of itself,
    and it may be said of a period that has not begun.

    No item may be negative: a stock, a flow or a rate below zero is a mistake of whoever wrote it down.
    """

    key: str
    name: str
    unit: str
    of: frozenset[str]
    highest: float | None = None
    positive: bool = False
    planned: bool = False


def _item(key: str, name: str, unit: str, of: str, highest: float | None = None) -> Item:
    return Item(key, name, unit, frozenset(of.split()), highest)


def _flows() -> Iterable[Item]:
    for flow, (name, of_line, of_enterprise) in FLOWS.items():
        of = " ".join(word for word, is_so in (("line", of_line), ("enterprise", of_enterprise)) if is_so)
        for kind in ENERGY.values():
            yield _item(f"{flow}.{kind.key}", f"{name}{kind.name}", kind.unit, of)
    for kind in ENERGY.values():
        if kind.key not in ("electricity", "steam", "heat"):
            most = 1.0 if kind.unit == "t" else 0.01  # nothing is more than all carbon; a percentage was meant
            yield _item(f"carbon_content.{kind.key}", f"{kind.name}含碳量", f"tC/{kind.unit}", "line enterprise", most)
            per = "MJ/m3" if kind.unit == "m3" else "MJ/kg"
            both = frozenset({"line", "enterprise"})
            yield Item(f"ncv.{kind.key}", f"{kind.name}低位发热量（实测）", per, both, positive=True)


#: Every item by its key.
ITEMS: Mapping[str, Item] = {
    item.key: item
    for item in (
        _item("output", "产品产量", "t", "line"),
        _item("coke.volatile", "入炉煤干燥基挥发分", "%", "line", 100),
        _item("coke.moisture", "入炉煤水分", "%", "line", 100),
        _item("coke.mixed_gas_share", "混合煤气加热时间占比", "%", "line", 100),
        *_flows(),
        _item("water.reported", "企业上报取水量", "m3", "enterprise"),
        _item("water.total", "全市用水总量", "m3", "city"),
        _item("water.industrial", "全市工业用水量", "m3", "city"),
        _item("saving.water", "节水量", "m3", "enterprise city"),
        _item("green.self_consumed", "自发自用绿电", "kWh", "enterprise"),
        _item("green.direct_line", "绿电直供", "kWh", "enterprise"),
        _item("green.traded", "绿电交易", "kWh", "enterprise"),
        _item("green.certificate", "绿证对应电量", "kWh", "enterprise"),
        _item("carbon.recovered", "回收利用二氧化碳", "t", "enterprise"),
        _item("carbon.process", "工业生产过程排放二氧化碳", "t", "enterprise"),
        Item("carbon.budget", "碳排放预算", "t", frozenset({"enterprise"}), planned=True),
        _item("solid.generated", "一般工业固废产生量", "t", "enterprise"),
        _item("solid.utilised", "综合利用量", "t", "enterprise"),
        _item("solid.disposed", "处置量", "t", "enterprise"),
        _item("solid.stored", "贮存量", "t", "enterprise"),
        _item("solid.utilised_stock", "综合利用往年贮存量", "t", "enterprise"),
        _item("solid.disposed_stock", "处置往年贮存量", "t", "enterprise"),
        _item("value_added", "工业增加值（不变价）", "万元", "enterprise city"),
        _item("gdp", "地区生产总值（不变价）", "万元", "city"),
    )
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A current figure. enterprise None: the city's own. first: first local day of the month or year."""

    enterprise: str | None
    line: str | None
    item: str
    period_kind: str
    first: date
    value: float


class Ledger:
    """Current entries, to be looked up by whose they are, item and period."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = list(entries)

    @cached_property
    def _found(self) -> dict[tuple[str | None, str | None, str, str, date], float]:
        return {(e.enterprise, e.line, e.item, e.period_kind, e.first): e.value for e in self.entries}

    @cached_property
    def _months(self) -> dict[tuple[str | None, str | None], list[Entry]]:
        found: dict[tuple[str | None, str | None], list[Entry]] = {}
        for entry in self.entries:
            if entry.period_kind == "month":
                found.setdefault((entry.enterprise, entry.line), []).append(entry)
        return found

    def items(self, enterprise: str | None, months: Iterable[date], line: str | None = None) -> set[str]:
        """Items of which there is a figure in one of some months."""
        wanted = set(months)
        return {entry.item for entry in self._months.get((enterprise, line), ()) if entry.first in wanted}

    def month(self, enterprise: str | None, item: str, first: date, line: str | None = None) -> float | None:
        """The figure of a month, None when nobody reported it."""
        return self._found.get((enterprise, line, item, "month", first))

    def year(self, enterprise: str | None, item: str, year: int, line: str | None = None) -> float | None:
        """The figure of a year: as reported for the year, else the sum of its twelve months when all are there."""
        stated = self._found.get((enterprise, line, item, "year", date(year, 1, 1)))
        if stated is not None:
            return stated
        months = [add_months(date(year, 1, 1), number) for number in range(12)]
        return self.total(enterprise, item, months, line)

    def total(self, enterprise: str | None, item: str, months: Iterable[date], line: str | None = None) -> float | None:
        """Sum over months, None unless every one of them is there."""
        found = [self.month(enterprise, item, first, line) for first in months]
        known = [value for value in found if value is not None]
        return sum(known) if known and len(known) == len(found) else None


def entry_fault(item: str, of: str, value: float) -> str | None:
    """What was expected instead of a figure, None when nothing is wrong. of: ``line``, ``enterprise`` or ``city``."""
    known = ITEMS.get(item)
    if known is None:
        return f"台账项目，没有 {item!r}：{'、'.join(ITEMS)}"
    if of not in known.of:
        wanted = {"line": "生产线", "enterprise": "企业", "city": "全市"}
        return f"{known.name}（{item}）按{'或'.join(wanted[one] for one in sorted(known.of))}填报"
    if not value >= 0:
        return f"不小于 0 的数：{known.name}不能为负"
    if known.positive and value == 0:
        return f"大于 0 的数：{known.name}不能为零"
    if known.highest is not None and value > known.highest:
        return f"不大于 {known.highest:g} 的数：{known.name}不能大于 {known.highest:g}{known.unit}"
    return None
