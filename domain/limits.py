"""Limits as rows: a number with unit, reference and the clause it comes from; and which row holds where and when.

Reference oxygen belongs to the limit, never to the outlet: GB 16171-2012 judges the coke-oven stack as measured, the
ultra-low-emission Opinions judge the same stack at 8 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.errors import BadInput


class LimitKind(StrEnum):
    LEGAL = "legal"  # 排污许可证或排放标准: every valid hour
    ULE = "ule"  # 超低排放: a share of the month's valid hours


class Averaging(StrEnum):
    HOUR = "hour"  # 小时均值
    SINGLE = "single"  # 任意一次浓度值
    DAY = "day"  # 日均值
    YEAR = "year"  # 年许可排放量, t


class Region(StrEnum):
    ANY = "any"
    GENERAL = "general"
    KEY = "key"  # 重点区域, 特别排放限值


#: A permit gives an outlet both: a concentration and a rate. Neither takes the place of the other.
RATE_UNIT = "kg/h"


@dataclass(frozen=True, slots=True)
class Limit:
    """A row of the register of limits.

    outlet: ``{enterprise}/{code}``, None for a row that holds for a whole process. origin: preset (shipped), site or
    operator. reference_o2_pct: None where the standard defines none (HJ 212-2017 D.2.3(4)). exempt_process: kinds of
    process marks that exclude an hour, beside `stopped`. valid_from and valid_to are local days, both included.
    """

    limit_id: int
    origin: str
    outlet: str | None
    process: str | None
    quantity: str
    kind: LimitKind
    averaging: Averaging
    region: Region
    value: float
    unit: str
    decimals: int
    reference_o2_pct: float | None
    exempt_process: tuple[str, ...]
    status: str
    enabled: bool
    valid_from: date
    valid_to: date | None

    def is_valid_on(self, day: date) -> bool:
        """Whether the row speaks of a local day, enabled or not."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    @property
    def is_rate(self) -> bool:
        """Whether the row limits what is emitted in an hour (排放速率), beside what limits its concentration."""
        return self.unit == RATE_UNIT

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """Who wins where several rows speak: the outlet's own over its process's, a person's over the shipped one,
        a region's over the general one."""
        return (self.outlet is not None, self.origin != "preset", self.region is not Region.ANY)


class LimitBook:
    """Current rows, asked for what holds. A winning row that is disabled means that no limit holds there.

    rate: asks for limits in kg/h, which stand beside those of concentrations (or, of a year, of mass).
    """

    def __init__(self, rows: Iterable[Limit], key_region_from: date | None = None) -> None:
        """key_region_from: local day from which rows of key regions hold in place of general ones; None: never."""
        self._key_region_from = key_region_from
        self._rows: dict[tuple[object, ...], list[Limit]] = {}
        for row in rows:
            self._rows.setdefault((row.outlet, row.process, row.kind, row.averaging, row.is_rate), []).append(row)

    def quantities(
        self, outlet: str, process: str, kind: LimitKind, averaging: Averaging, *, rate: bool = False
    ) -> list[str]:
        """Quantities for which an outlet has an enabled limit at any time, sorted."""
        return sorted({row.quantity for row in self._of(outlet, process, kind, averaging, rate) if row.enabled})

    def on(
        self,
        outlet: str,
        process: str,
        quantity: str,
        kind: LimitKind,
        averaging: Averaging,
        day: date,
        *,
        rate: bool = False,
    ) -> Limit | None:
        """The limit that holds on a local day, None for none."""
        ranked = self.ranked(outlet, process, quantity, kind, averaging, day, rate=rate)
        return ranked[0] if ranked and ranked[0].enabled else None

    def ranked(
        self,
        outlet: str,
        process: str,
        quantity: str,
        kind: LimitKind,
        averaging: Averaging,
        day: date,
        *,
        rate: bool = False,
    ) -> list[Limit]:
        """Every row that speaks of a local day, enabled or not; the first one wins."""
        is_key = self._key_region_from is not None and self._key_region_from <= day
        foreign = Region.GENERAL if is_key else Region.KEY
        rows = [
            row
            for row in self._of(outlet, process, kind, averaging, rate)
            if row.quantity == quantity and row.region is not foreign and row.is_valid_on(day)
        ]
        return sorted(rows, key=lambda row: (row.rank, row.valid_from, row.limit_id), reverse=True)

    def changes(
        self,
        outlet: str,
        process: str,
        quantity: str,
        kind: LimitKind,
        averaging: Averaging,
        *,
        rate: bool = False,
    ) -> list[date]:
        """Local days on which the answer of `on` may change, sorted; before the first there is no limit."""
        days: set[date] = set()
        for row in self._of(outlet, process, kind, averaging, rate):
            if row.quantity == quantity:
                days.add(row.valid_from)
                if row.valid_to is not None:
                    days.add(date.fromordinal(row.valid_to.toordinal() + 1))
                if self._key_region_from is not None:
                    days.add(max(row.valid_from, self._key_region_from))
        return sorted(days)

    def _of(self, outlet: str, process: str, kind: LimitKind, averaging: Averaging, rate: bool) -> list[Limit]:
        own = self._rows.get((outlet, None, kind, averaging, rate), [])
        return own + self._rows.get((None, process, kind, averaging, rate), [])


_POWER = {"mg/m3": 0, "ug/m3": -3, "ng/m3": -6}
_TO_MG_M3 = {unit: 10.0**power for unit, power in _POWER.items()}


def mg_m3_factor(unit: str) -> float | None:
    """What turns a mass concentration of a unit into mg/m3; None for a unit that is none."""
    return _TO_MG_M3.get(unit)


def unit_ratio(unit: str, limit_unit: str) -> float | None:
    """What turns a mass concentration of a unit into the unit of a limit; None when one of the two is none.

    A limit is compared in its own unit, because its decimals are those of that unit.
    """
    power = _POWER.get(unit), _POWER.get(limit_unit)
    if power[0] is None or power[1] is None:
        return None
    return float(10.0 ** (power[0] - power[1]))


def first_overlap(rows: Iterable[Limit]) -> tuple[Limit, Limit] | None:
    """Two rows of one scope, origin, quantity, kind, averaging and region that speak of one day, the earlier first."""
    seen: dict[tuple[object, ...], Limit] = {}
    for row in sorted(rows, key=lambda row: row.valid_from):
        scope = (row.outlet, row.process, row.origin == "preset", row.quantity, row.is_rate)
        key = (*scope, row.kind, row.averaging, row.region)
        before = seen.get(key)
        if before is not None and (before.valid_to is None or row.valid_from <= before.valid_to):
            return before, row
        seen[key] = row
    return None


def check_overlap(rows: Sequence[Limit]) -> None:
    """Raises BadInput when two rows of one scope speak of one day, see `first_overlap`."""
    found = first_overlap(rows)
    if found is not None:
        before, row = found
        where = row.outlet or row.process
        raise BadInput(
            f"limit {where}/{row.quantity}/{row.kind}/{row.averaging}: valid_from {row.valid_from} overlaps the "
            f"row from {before.valid_from}; give that one a valid_to before it"
        )
