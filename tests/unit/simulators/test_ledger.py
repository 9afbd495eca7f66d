"""The invented ledger is lawful, closes from month to month, and is reported as it stands."""

from __future__ import annotations

import csv
import json
from datetime import date

from domain.ledger import ITEMS, entry_fault
from domain.periods import add_months
from simulators.ledger import WAYS, Figure, as_csv, figures, way_of
from simulators.ledger_table import MISSING, TABLE
from simulators.marker import Entry, Upload
from simulators.speech import Format
from tests.unit.simulators.conftest import Told

FIRST = date(2026, 9, 1)


def test_every_figure_is_one_that_a_platform_must_take() -> None:
    made = figures(FIRST)
    assert len({(one.enterprise, one.line, one.item, one.first) for one in made}) == len(made)
    for one in made:
        of = "line" if one.line else "enterprise" if one.enterprise else "city"
        assert entry_fault(one.item, of, one.value) is None, one
        assert one.unit == ITEMS[one.item].unit
        assert add_months(FIRST, -11) <= one.first <= FIRST


def test_stocks_close_as_the_next_month_opens() -> None:
    known = {(one.enterprise, one.item, one.first): one.value for one in figures(FIRST)}
    closed = [key for key in known if key[1].startswith("stock_close.") and key[2] < FIRST]
    assert closed
    for enterprise, item, first in closed:
        opening = (enterprise, item.replace("stock_close", "stock_open"), add_months(first, 1))
        assert known[opening] == known[enterprise, item, first]


def test_what_is_left_out_exists_otherwise() -> None:
    told = {(row.enterprise, row.line, item) for row in TABLE for item in row.monthly}
    assert told >= MISSING.keys()


def test_everybody_reports_and_in_each_way_somebody_does(told: Told) -> None:
    assert {enterprise.code for enterprise in told.story.city.enterprises} | {None} == WAYS.keys()
    assert {row.enterprise for row in TABLE} == WAYS.keys()
    registered = {(line.enterprise, line.code) for line in told.story.city.lines}
    assert {(row.enterprise, row.line) for row in TABLE if row.line is not None} == registered


def test_the_file_says_what_the_figures_are() -> None:
    made = [one for one in figures(FIRST) if way_of(one) == "file"]
    rows = list(csv.DictReader(as_csv(made).splitlines()))
    assert [(r["enterprise"], r["line"], r["item"], r["month"], float(r["value"]), r["unit"]) for r in rows] == [
        (one.enterprise or "", one.line or "", one.item, one.month, one.value, one.unit) for one in made
    ]


def _said(enterprise: str, entry: dict[str, object]) -> Figure:
    month = str(entry["month"])
    line = entry.get("line")
    value = entry["value"]
    assert isinstance(value, float)
    return Figure(
        enterprise, None if line is None else str(line), str(entry["item"]), date.fromisoformat(f"{month}-01"), value
    )


def test_everything_is_reported_and_the_last_word_is_the_figure(told: Told) -> None:
    by_key: dict[tuple[object, ...], Figure] = {}
    uploaded = 0
    for step in told.steps:
        for message in step.messages:
            if message.format is Format.PRODUCTION and not message.tally.refused:
                for entry in json.loads(message.payload):
                    one = _said(message.enterprise, entry)
                    by_key[one.enterprise, one.line, one.item, one.first] = one
        for act in step.acts:
            if isinstance(act, Upload):
                uploaded += len(act.text.splitlines()) - 1
            elif isinstance(act, Entry) and act.path == "/v1/ledger":
                assert act.enterprise is not None
                for entry in act.body["entries"]:
                    one = _said(act.enterprise, entry)
                    by_key[one.enterprise, one.line, one.item, one.first] = one
    made = figures(told.story.timeline.first_day)
    by_file = [one for one in made if way_of(one) == "file"]
    assert uploaded == len(by_file)
    assert set(by_key.values()) == set(made) - set(by_file)
