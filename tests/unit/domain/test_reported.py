"""Figures for the ledger, right and wrong, whichever door they come by."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger import ITEMS
from domain.reported import Figure, FigureFault, read_figure, repeated

TODAY = date(2026, 9, 15)
GOOD: dict[str, Any] = {
    "enterprise": "hx-coking",
    "line": "L1",
    "item": "output",
    "month": "2026-08",
    "value": 1234.5,
    "unit": "t",
    "evidence": "月报第3号",
}


def test_a_figure_of_a_line() -> None:
    found = read_figure(GOOD, TODAY)
    assert found == Figure("hx-coking", "L1", "output", "month", date(2026, 8, 1), 1234.5, "t", "月报第3号")
    assert found.period == "2026-08"


def test_a_figure_of_the_city_for_a_year() -> None:
    found = read_figure({"item": "gdp", "year": 2025, "value": 7000000, "unit": "万元"}, TODAY)
    assert found == Figure(None, None, "gdp", "year", date(2025, 1, 1), 7000000.0, "万元", "")
    assert found.period == "2025"


@pytest.mark.parametrize("value", [0, 0.0])
def test_a_production_of_zero_is_a_figure(value: float) -> None:
    found = read_figure(GOOD | {"value": value}, TODAY)
    assert isinstance(found, Figure)
    assert found.value == 0.0


def test_the_month_that_runs_may_be_reported() -> None:
    assert isinstance(read_figure(GOOD | {"month": "2026-09"}, TODAY), Figure)


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"value": "1234.5"}, "value", "数字（不带引号、单位和千分位）"),
        ({"value": True}, "value", "数字（不带引号、单位和千分位）"),
        ({"value": None}, "value", "数字（不带引号、单位和千分位）"),
        ({"value": 10**400}, "value", "数字（不带引号、单位和千分位）"),
        ({"value": float("nan")}, "value", "数字（不带引号、单位和千分位）"),
        ({"value": float("inf")}, "value", "数字（不带引号、单位和千分位）"),
        ({"value": -1}, "value", "不小于 0 的数：产品产量不能为负"),
        ({"item": "outputs"}, "item", "台账项目的代码"),
        ({"item": None}, "item", "台账项目的代码"),
        ({"item": ["output"]}, "item", "台账项目的代码"),
        ({"unit": "kg"}, "unit", "t（产品产量的单位；平台不换算单位）"),
        ({"unit": None}, "unit", "t（产品产量的单位"),
        ({"unit": "万t"}, "unit", "t（产品产量的单位"),
        ({"month": "2026-10"}, "month", "不晚于今天（2026-09-15）"),
        ({"month": "2026-13"}, "month", "月份，例如 2026-09"),
        ({"month": "2026-9"}, "month", "月份，例如 2026-09"),
        ({"month": "1999-12"}, "month", "月份，例如 2026-09"),
        ({"month": 202609}, "month", "月份，例如 2026-09"),
        ({"month": None}, "month", "月份（month，如 2026-09）或年份"),
        ({"year": 2026}, "month", "月份（month，如 2026-09）或年份"),
        ({"month": None, "year": 2027}, "year", "不晚于今天"),
        ({"month": None, "year": "2026"}, "year", "年份，例如 2026"),
        ({"month": None, "year": True}, "year", "年份，例如 2026"),
        ({"line": None}, "item", "产品产量（output）按生产线填报"),
        ({"line": "条线"}, "line", "登记的生产线代码"),
        ({"enterprise": None}, "enterprise", "企业代码：填了生产线就要填企业"),
        ({"enterprise": "HX"}, "enterprise", "登记的企业代码"),
        ({"evidence": "x" * 501}, "evidence", "至多 500 个可见字符的文本"),
        ({"evidence": "a\x00b"}, "evidence", "至多 500 个可见字符的文本"),
        ({"evidence": 7}, "evidence", "至多 500 个可见字符的文本"),
        ({"units": "t"}, "units", "没有这个字段"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], field: str, expected: str) -> None:
    found = read_figure(GOOD | changes, TODAY)
    assert isinstance(found, list)
    assert [fault.field for fault in found] == [field]
    assert found[0].expected.startswith(expected)


def test_negative_stock_is_no_figure() -> None:
    said = {"enterprise": "a", "item": "stock_close.washed_coal", "month": "2026-08", "value": -0.1, "unit": "t"}
    assert read_figure(said, TODAY) == [
        FigureFault("value", -0.1, "不小于 0 的数：期末库存洗精煤不能为负"),
    ]


def test_a_calorific_value_of_nothing_is_no_figure() -> None:
    said = {"enterprise": "a", "item": "ncv.natural_gas", "month": "2026-08", "value": 0, "unit": "MJ/m3"}
    assert read_figure(said, TODAY) == [FigureFault("value", 0, "大于 0 的数：天然气低位发热量（实测）不能为零")]


def test_a_budget_may_be_said_of_months_to_come() -> None:
    said = {"enterprise": "a", "item": "carbon.budget", "month": "2026-12", "value": 10, "unit": "t"}
    assert isinstance(read_figure(said, TODAY), Figure)


def test_no_enterprise_sets_its_own_budget() -> None:
    said = {"enterprise": "a", "item": "carbon.budget", "month": "2026-12", "value": 10, "unit": "t"}
    faults = read_figure(said, TODAY, by_enterprise=True)
    assert isinstance(faults, list)
    assert [(fault.field, fault.value) for fault in faults] == [("item", "carbon.budget")]
    assert "由主管部门下达" in faults[0].expected


@pytest.mark.parametrize(
    ("item", "meant"),
    [
        ("产量", "；是否为：产品产量（output）"),
        ("outptu", "；是否为：产品产量（output）"),
        ("购入电", "；是否为：购入电力（bought.electricity）"),
        ("天气", ""),
        ("", ""),
    ],
)
def test_an_item_that_was_misspelt_is_guessed_at_but_never_taken(item: str, meant: str) -> None:
    found = read_figure(GOOD | {"item": item}, TODAY)
    assert isinstance(found, list)
    assert found[0].expected == f"台账项目的代码，见 GET /v1/ledger/items{meant}"


def test_a_field_that_was_misspelt_is_shown_with_what_it_said() -> None:
    found = read_figure({**GOOD, "valu": 7}, TODAY)
    assert isinstance(found, list)
    assert (found[0].field, found[0].value) == ("valu", 7)


def test_every_fault_is_named_at_once() -> None:
    found = read_figure({"line": "L1", "item": "output", "month": "2027-01", "value": "1", "unit": "kg"}, TODAY)
    assert isinstance(found, list)
    assert [fault.field for fault in found] == ["enterprise", "unit", "value", "month"]


def test_a_period_given_twice_is_found() -> None:
    one = read_figure(GOOD, TODAY)
    other = read_figure(GOOD | {"value": 7}, TODAY)
    another = read_figure(GOOD | {"month": "2026-07"}, TODAY)
    assert isinstance(one, Figure)
    assert isinstance(other, Figure)
    assert isinstance(another, Figure)
    assert repeated([(2, one), (3, another), (4, other), (9, one)]) == [(4, 2), (9, 2)]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
SAID = st.dictionaries(
    st.sampled_from([*GOOD, "year", "x"]),
    SCALARS | st.lists(SCALARS, max_size=2) | st.sampled_from([*list(ITEMS)[:5], "2026-08", "t", "hx-coking"]),
)


@given(SAID)
def test_whatever_is_said_is_a_figure_or_has_faults(said: dict[str, Any]) -> None:
    found = read_figure(said, TODAY)
    assert isinstance(found, Figure) or found
