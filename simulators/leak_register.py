"""The LDAR ledgers (密封点台账): a BDO works of 5000, and three works below the 2000 components of the duty.

GB 37822 obliges from 2000 components of an enterprise on, GB 31571 besides in an installation that it regulates, the
yearly duty of the city for any number. Ordinary components were tested so recently that nothing of theirs falls due
within a story; the special ones, with the dates that matter, are spelled out in scenarios/ldar.toml and leaks.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

from domain.errors import BadInput
from domain.periods import add_months
from simulators.city_leaks import Component, Installation, ProcessUnit

#: Months from one test to the next, GB 37822-2019 clause 8.3.1.
CYCLE_MONTHS = {
    "pump": 6, "compressor": 6, "agitator": 6, "valve": 6, "open_end": 6, "relief": 6, "sampling": 6,
    "flange": 12, "connector": 12, "other": 12,
}  # fmt: skip

_KINDS = (
    ("valve", "阀门", "V"), ("flange", "法兰", "F"), ("flange", "法兰", "F"), ("connector", "连接件", "C"),
    ("valve", "阀门", "V"), ("pump", "泵", "P"), ("flange", "法兰", "F"), ("sampling", "取样连接系统", "S"),
    ("open_end", "开口阀或开口管线", "O"), ("relief", "泄压设备", "R"),
)  # fmt: skip
_KIND_NAMES = {kind: name for kind, name, _ in _KINDS} | {"compressor": "压缩机", "agitator": "搅拌器"}
_MEDIA = ("gas", "light_liquid", "light_liquid", "heavy_liquid")
_SIZES = (15.0, 25.0, 50.0, 80.0, 100.0, 150.0, 200.0)
_ELEVATIONS = (0.5, 1.5, 6.0, 12.0)
#: One ordinary component in so many cannot be reached with a probe.
_UNREACHABLE_EVERY = 60

SINCE = date(2022, 1, 1)

INSTALLATIONS = (
    Installation("heming-bdo", "BDO", "BDO装置", SINCE, standard="GB31571", hours_per_year=8000.0),
    Installation("heming-bdo", "RCT", "精馏装置", SINCE, standard="GB31571"),
    Installation("heming-bdo", "TKF", "罐区及公用工程", SINCE),
    Installation("ruichuan-pvc", "PVC", "通用型树脂装置", SINCE),
)
UNITS = (
    ProcessUnit("heming-bdo", "BDO", "ACE", "炔化单元", 0.0, 0.0),
    ProcessUnit("heming-bdo", "BDO", "HYD", "加氢单元", 160.0, 0.0),
    ProcessUnit("heming-bdo", "RCT", "DIS", "精馏单元", 320.0, 0.0),
    ProcessUnit("heming-bdo", "TKF", "TK", "罐区", 0.0, 240.0),
    ProcessUnit("ruichuan-pvc", "PVC", "POL", "聚合单元", 0.0, 0.0),
)


@dataclass(frozen=True, slots=True)
class Ledger:
    """A works: components in service, and its units with the share of them that each has, in order.

    special: the unit of components with a story that name none.
    """

    total: int
    units: tuple[tuple[str, float], ...]
    special: str
    prefix: str = ""


#: A unit is a path of UNITS, or only a name where no units are registered.
LEDGERS = {
    "heming-bdo": Ledger(
        5000, (("BDO/ACE", 0.2), ("BDO/HYD", 0.2), ("RCT/DIS", 0.16), ("TKF/TK", 0.44)), "TKF/TK", "HM"
    ),
    "lanxu-chloralkali": Ledger(60, (("氯氢处理单元", 0.34), ("氯乙烯单元", 0.33), ("罐区", 0.33)), "氯氢处理单元"),
    "ruichuan-pvc": Ledger(1700, (("PVC/POL", 1.0),), "PVC/POL", "RC"),
    "yunhe-coking": Ledger(60, (("冷鼓单元", 0.5), ("粗苯单元", 0.5)), "冷鼓单元"),
}

#: The ledgers that are long enough to live in CSV files beside the site file, and their names there.
CSV_LEDGERS = {"heming-bdo": "demo-components.csv", "ruichuan-pvc": "demo-components-pvc.csv"}

_UNIT_OF = {(unit.enterprise, unit.path): unit for unit in UNITS}
_STANDARD_OF = {(one.enterprise, one.code): one.standard for one in INSTALLATIONS}


@dataclass(frozen=True, slots=True)
class Special:
    """One component with a story; see scenarios/ldar.toml and leaks.toml."""

    component: Component
    last_test: date | None
    expect: Mapping[str, tuple[str, ...]]

    @property
    def key(self) -> str:
        return self.component.key


def regulated_by(component: Component) -> str:
    """GB31571 where its installation says so, else GB37822."""
    if component.unit is None:
        return "GB37822"
    return _STANDARD_OF[component.enterprise, component.unit.partition("/")[0]]


def cycle_months(component: Component, standard: str = "GB37822") -> int:
    """Months from one test to the next; GB 31571 has half of them, and names neither agitators nor relief devices of
    liquids among those of three months."""
    months = CYCLE_MONTHS[component.kind]
    if standard != "GB31571":
        return months
    is_other = component.kind == "agitator" or (component.kind == "relief" and component.medium != "gas")
    return 6 if is_other else months // 2


def specials(first: date) -> list[Special]:
    """The components of scenarios/ldar.toml and leaks.toml, with dates for a story month that begins on `first`."""
    found = []
    for name in ("ldar.toml", "leaks.toml"):
        text = files("simulators").joinpath("scenarios", name).read_text(encoding="utf-8")
        found += [_special(entry, first) for entry in tomllib.loads(text)["component"]]
    return found


_FIELDS = frozenset(
    {
        "enterprise", "code", "kind", "medium", "unit", "due", "tested_months_ago", "tested_days_ago", "standard",
        "in_service_days_before", "in_service", "out_of_service_days_before", "out_of_service", "exempt", "exempt_from",
        "exempt_to", "reachable", "expect", "comment",
    }
)  # fmt: skip


def _special(entry: Mapping[str, Any], first: date) -> Special:
    if unknown := entry.keys() - _FIELDS:
        raise BadInput(f"component {entry.get('code')}: does not know {', '.join(sorted(unknown))}")
    enterprise, kind = str(entry["enterprise"]), str(entry["kind"])

    def day(key: str) -> date | None:
        return first.replace(day=int(str(entry[key])[1:])) if key in entry else None

    since = day("in_service") or SINCE
    if "in_service_days_before" in entry:
        since = first - timedelta(days=int(entry["in_service_days_before"]))
    gone = day("out_of_service")
    if "out_of_service_days_before" in entry:
        gone = first - timedelta(days=int(entry["out_of_service_days_before"]))
    unit = str(entry.get("unit", LEDGERS[enterprise].special))
    path, name = _place(enterprise, unit)
    code = str(entry["code"])
    component = Component(
        enterprise, code, f"{name}{_KIND_NAMES[kind]}{code}", name, kind, str(entry.get("medium", "light_liquid")),
        since, gone, entry.get("exempt"), path, size_mm=50.0, elevation_m=1.5, reachable=entry.get("reachable", True),
        exempt_from=day("exempt_from"), exempt_to=day("exempt_to"),
    )  # fmt: skip
    last: date | None = None
    if (due := day("due")) is not None:  # the day of the month on which the next test falls due
        last = add_months(due, -cycle_months(component, str(entry.get("standard", "GB37822"))))
    elif "tested_months_ago" in entry:
        last = add_months(first, -int(entry["tested_months_ago"]))
    elif "tested_days_ago" in entry:
        last = first - timedelta(days=int(entry["tested_days_ago"]))
    expect = entry.get("expect", {})
    if isinstance(expect, list):
        expect = {"ldar.gb37822": expect}
    return Special(component, last, {rule: tuple(said) for rule, said in expect.items()})


def _place(enterprise: str, unit: str) -> tuple[str | None, str]:
    """(path, name) of a unit as LEDGERS has it."""
    known = _UNIT_OF.get((enterprise, unit))
    return (None, unit) if known is None else (known.path, known.name)


def components(first: date) -> Iterator[Component]:
    """The ledgers of all enterprises; the special components stand first and count towards the total."""
    odd = specials(first)
    for enterprise, ledger in LEDGERS.items():
        mine = [special.component for special in odd if special.component.enterprise == enterprise]
        yield from mine
        total = ledger.total - sum(1 for special in mine if special.in_service_to is None)
        for number in range(total):
            kind, name, letter = _KINDS[number % len(_KINDS)]
            path, unit = _place(enterprise, _unit_at(ledger, number / total))
            code = f"{letter}-{number + 1:04d}"
            yield Component(
                enterprise, code, f"{unit}{name}{code}", unit, kind, _MEDIA[number % len(_MEDIA)], SINCE, unit=path,
                tag=None if path is None else f"{ledger.prefix}{number + 1:05d}",
                size_mm=_SIZES[number % len(_SIZES)],
                elevation_m=None if path is None else _ELEVATIONS[number // 7 % len(_ELEVATIONS)],
                reachable=path is None or number % _UNREACHABLE_EVERY != 11,
                voc_share=0.8 if path is not None and number % 9 == 0 else None,
            )  # fmt: skip


def _unit_at(ledger: Ledger, part: float) -> str:
    for unit, share in ledger.units:
        if part < share:
            return unit
        part -= share
    return ledger.units[-1][0]


def last_tests(first: date, all_components: tuple[Component, ...]) -> Iterator[tuple[Component, date]]:
    """The newest test of each component before the story, as a local date.

    Ordinary components of a cycle of three months: 1 to 28 days before the month, of six months 1 to 100 days, so due
    80 days after its start at the earliest; twelve months: 1 to 290 days. Nothing of theirs can fall due or even be due
    soon within a month and a day.
    """
    odd = {special.key: special for special in specials(first)}
    spans = {3: 28, 6: 100, 12: 290}
    for index, component in enumerate(all_components):
        special = odd.get(component.key)
        if special is not None:
            if special.last_test is not None:
                yield component, special.last_test
            continue
        span = spans[cycle_months(component, regulated_by(component))]
        step = 9 if span == 28 else 7  # without a common divisor, so that every day has its share
        yield component, first - timedelta(days=1 + index * step % span)
