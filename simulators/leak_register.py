"""The LDAR ledgers (密封点台账): a large BDO works, and two works well below the 2000 components of the duty.

GB 37822 obliges from 2000 components of an enterprise on; the yearly duty of the city holds for any number. Ordinary
components were tested so recently that nothing of theirs falls due within a story; the special ones, with the dates
that matter, are spelled out in scenarios/ldar.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files

from domain.periods import add_months
from simulators.city import Component

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
_MEDIA = ("gas", "light_liquid", "light_liquid", "heavy_liquid")

SINCE = date(2022, 1, 1)

#: enterprise: (components in service, units of the works).
LEDGERS = {
    "heming-bdo": (2100, ("炔化单元", "加氢单元", "精馏单元", "罐区")),
    "lanxu-chloralkali": (60, ("氯氢处理单元", "氯乙烯单元", "罐区")),
    "yunhe-coking": (60, ("冷鼓单元", "粗苯单元")),
}

#: The ledger that is long enough to live in a CSV file beside the site file, and its name there.
CSV_LEDGERS = {"heming-bdo": "demo-components.csv"}


@dataclass(frozen=True, slots=True)
class Special:
    """One component with a story; see scenarios/ldar.toml."""

    enterprise: str
    code: str
    kind: str
    in_service_from: date
    last_test: date | None
    in_service_to: date | None
    exempt_clause: str | None
    expect: tuple[str, ...]
    comment: str


def specials(first: date) -> list[Special]:
    """The special components of scenarios/ldar.toml, with dates for a story month that begins on `first`."""
    text = files("simulators").joinpath("scenarios/ldar.toml").read_text(encoding="utf-8")
    return [_special(entry, first) for entry in tomllib.loads(text)["component"]]


def _special(entry: dict[str, object], first: date) -> Special:
    kind = str(entry["kind"])
    last: date | None = None
    if "due" in entry:  # the day of the month on which the next test falls due
        last = add_months(first.replace(day=int(str(entry["due"])[1:])), -CYCLE_MONTHS[kind])
    elif "tested_months_ago" in entry:
        last = add_months(first, -int(str(entry["tested_months_ago"])))
    since = SINCE
    if "in_service_days_before" in entry:
        since = first - timedelta(days=int(str(entry["in_service_days_before"])))
    elif "in_service" in entry:
        since = first.replace(day=int(str(entry["in_service"])[1:]))
    gone = entry.get("out_of_service_days_before")
    return Special(
        enterprise=str(entry["enterprise"]),
        code=str(entry["code"]),
        kind=kind,
        in_service_from=since,
        last_test=last,
        in_service_to=None if gone is None else first - timedelta(days=int(str(gone))),
        exempt_clause=None if "exempt" not in entry else str(entry["exempt"]),
        expect=tuple(entry.get("expect", ())),  # type: ignore[arg-type]
        comment=str(entry["comment"]),
    )


def components(first: date) -> Iterator[Component]:
    """The ledgers of all enterprises; the special components stand first and count towards the total."""
    odd = specials(first)
    names = {kind: name for kind, name, _ in _KINDS} | {"compressor": "压缩机"}
    for enterprise, (total, units) in LEDGERS.items():
        mine = [special for special in odd if special.enterprise == enterprise]
        for special in mine:
            yield Component(
                enterprise, special.code, f"{units[0]}{names[special.kind]}{special.code}", units[0], special.kind,
                "light_liquid", special.in_service_from, special.in_service_to, special.exempt_clause,
            )  # fmt: skip
        for number in range(total - sum(1 for special in mine if special.in_service_to is None)):
            kind, name, letter = _KINDS[number % len(_KINDS)]
            unit = units[number * len(units) // total]
            code = f"{letter}-{number + 1:04d}"
            yield Component(
                enterprise, code, f"{unit}{name}{code}", unit, kind, _MEDIA[number % len(_MEDIA)], SINCE
            )  # fmt: skip


def last_tests(first: date, all_components: tuple[Component, ...]) -> Iterator[tuple[Component, date]]:
    """The newest test of each component before the story, as a local date.

    Ordinary six-month components: 1 to 100 days before the month, so due 80 days after its start at the earliest;
    twelve-month ones: 1 to 290 days. Nothing of theirs can fall due or even be due soon within a month and a day.
    """
    odd = {f"{special.enterprise}/{special.code}": special for special in specials(first)}
    for index, component in enumerate(all_components):
        special = odd.get(component.key)
        if special is not None:
            if special.last_test is not None:
                yield component, special.last_test
            continue
        span = 100 if CYCLE_MONTHS[component.kind] == 6 else 290
        yield component, first - timedelta(days=1 + index * 7 % span)
