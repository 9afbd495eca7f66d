"""What the city's enterprises report besides measuring it: production, purchases, stocks, waste, money; and how.

A figure is a monthly mean from ledger_table.py with a wave over the year, so that it is the same in every run. The
eleven months before the story month are reported when the story begins, those of the story month near or after its end.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from math import pi, sin
from zlib import crc32

from domain.ledger import ITEMS
from domain.periods import add_months
from simulators.ledger_table import EXACT, LATER, MISSING, STOCKS, TABLE, Row

#: How each enterprise reports, None being the city's own bureau: a file that somebody imports, the API, or MQTT.
WAYS: dict[str | None, str] = {
    None: "file",
    "yunhe-coking": "file",
    "shuoyuan-coking": "file",
    "lanxu-chloralkali": "file",
    "baiheng-cement": "file",
    "qinglan-coking": "api",
    "heming-bdo": "api",
    "ruichuan-pvc": "api",
    "zhuohui-ferrosilicon": "api",
    "jinlu-steel": "mqtt",
    "tuoyan-power": "mqtt",
    "xunfeng-semicoke": "mqtt",
    "qingyuan-water": "mqtt",
    "guangyi-solar": "mqtt",
}
#: When the story month is reported, in the words of scenario files.
REPORTED_AT = {"mqtt": "end-1d 20:00", "api": "end+9h", "file": "end+14h"}

MONTHS = 12
_COLUMNS = ("enterprise", "line", "item", "month", "value", "unit", "evidence")


@dataclass(frozen=True, slots=True)
class Figure:
    """One entry. enterprise None: the city's. first: first day of its month."""

    enterprise: str | None
    line: str | None
    item: str
    first: date
    value: float

    @property
    def unit(self) -> str:
        return ITEMS[self.item].unit

    @property
    def month(self) -> str:
        """``2026-09``."""
        return f"{self.first:%Y-%m}"

    @property
    def evidence(self) -> str:
        """What it is said to rest on."""
        return f"{self.month}月报（虚构）"


def figures(story_month: date) -> list[Figure]:
    """All figures of the story month and of the eleven before it, in the order of the table, then of time."""
    made = []
    for row in TABLE:
        for item in row.monthly:
            for offset in range(1 - MONTHS, 1):
                value = figure(row, item, add_months(story_month, offset), offset)
                if value is not None:
                    made.append(Figure(row.enterprise, row.line, item, add_months(story_month, offset), value))
    return made


def figure(row: Row, item: str, first: date, offset: int) -> float | None:
    """The figure of a month, None where it is never reported. offset: months from the story month, 0 or less."""
    key = (row.enterprise, row.line, item)
    if offset in MISSING.get(key, ()):
        return None
    mean = row.monthly[item]
    if key in LATER and offset == 0:
        return LATER[key]
    if item.partition(".")[0] == "stock_open":  # what lay there when the month before closed
        first = add_months(first, -1)
    name = item.replace("stock_open.", "stock_close.")
    spread = 0.0 if item.startswith(EXACT) else 0.2 if item.startswith(STOCKS) else 0.02
    turn = (first.year * 12 + first.month) / 12 + crc32(f"{row.enterprise}/{row.line}/{name}".encode()) % 97 / 97
    value = mean * (1 + spread * sin(2 * pi * turn))
    return round(value, 6 if mean < 1 else 2 if mean < 1000 else 0)


def way_of(one: Figure) -> str:
    """How a figure is reported: a budget by the bureau that sets it, whoever's it is."""
    return "file" if ITEMS[one.item].planned else WAYS[one.enterprise]


def of_way(made: Iterable[Figure], way: str) -> Iterator[tuple[str | None, list[Figure]]]:
    """(enterprise, its figures) of those who report in a way."""
    found: dict[str | None, list[Figure]] = {}
    for one in made:
        if way_of(one) == way:
            found.setdefault(one.enterprise, []).append(one)
    yield from found.items()


def as_csv(made: Iterable[Figure]) -> str:
    """The file that a bureau's clerk imports."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in made:
        writer.writerow(
            (one.enterprise or "", one.line or "", one.item, one.month, repr(one.value), one.unit, one.evidence)
        )
    return text.getvalue()


def entry(one: Figure) -> dict[str, object]:
    """One entry as the API and the production topic take it; of whom it is says whoever sends it."""
    said: dict[str, object] = {
        "item": one.item, "month": one.month, "value": one.value, "unit": one.unit, "evidence": one.evidence,
    }  # fmt: skip
    return said if one.line is None else {"line": one.line} | said
