"""The monthly workbook of a district, cell by cell beside the findings that it is made of."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from openpyxl import load_workbook

from domain.accountreasons import account_word
from domain.periods import SITE_ZONE
from storage.database import Database
from tests.integration.api.conftest import TOKEN, Client, assert_problem, client_of
from tests.integration.rules.world import City, at, engine, step

RATES = ("water.meter_installation_rate", "water.intake_online_rate", "data.arrival_rate", "energy.fit_rate")
EVIL = '=HYPERLINK("http://x","y")'


@pytest.fixture
def world(database_url: str) -> Iterator[City]:
    city = City(database_url)
    city.run("insert into park (code, name, district) values ('hb-park', '海勃湾工业园', 'haibowan')")
    tianhe = city.enterprise("tianhe", since="2026-10-01")
    city.enterprise("bare", since="2026-10-15")
    city.enterprise("elsewhere", since="2026-10-15", district="wuda")
    city.run("update enterprise set park = 'hb-park', name = %s where code = 'tianhe'", EVIL)
    online = city.metered(tianhe, "A", permitted=600_000)
    silent = city.metered(tianhe, "F", permitted=400_000)
    assert online is not None
    assert silent is not None
    city.hours(online, at("2026-10-01"), 31 * 24)
    city.hours(silent, at("2026-10-01"), 10 * 24)
    city.metered(tianhe, "C", verified="2024-10-20")
    city.run("update metering_place set name = '+A1' where code = 'C'")
    city.run(
        "insert into metering_place (enterprise_id, code, name, level, medium, in_service_from)"
        " values (%s, 'E', '二号变', 'secondary', 'electricity', '2020-01-01')",
        tianhe,
    )
    yield city
    city.connection.close()


@pytest.fixture
async def client(world: City, database: Database) -> Client:
    """Real rates; accounts of the month as rules of other kinds would have written them."""
    judging = engine(database, *RATES)
    await judging.sync(at("2026-11-01 00:10"))
    await step(judging, "2026-11-01 00:10")
    rule = (
        "insert into rule (rule_id, version, pack, title, evaluator, standard, clause, status, document_status,"
        " confidence, enabled, severity, definition) values (%s, 1, 'x', %s, 'carbon_account', '平台规则', '一',"
        " 'platform', '平台规则', 'DESIGN', true, 'info', '{\"document\": \"平台设计\", \"reading\": \"按月\"}')"
        " on conflict (rule_id) do nothing"
    )
    for rule_id in ("water.balance", "water.permit", "energy.unit", "carbon.account", "new.kind"):
        world.run(rule, rule_id, f"指标{rule_id}")
    for rule_id, subject, enterprise, verdict, reason, value in (
        ("water.balance", "place:tianhe/A", "tianhe", "violation", "loss_over_band", 12.345678901234567),
        ("water.balance", "enterprise:elsewhere", "elsewhere", "violation", "loss_over_band", 1.0),
        ("water.permit", "enterprise:tianhe", "tianhe", "compliant", "within_permit", 12_345_678.5),
        ("energy.unit", "line:tianhe/L1", "tianhe", "undetermined", "incomplete_data", None),
        ("carbon.account", "enterprise:tianhe", "tianhe", "undetermined", "no_budget", 7.0),
        ("new.kind", "district:haibowan", None, "undetermined", "no_limit", 3.0),
    ):
        world.run(
            "insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict,"
            " reason, value, limit_value, unit, evidence, computed_at)"
            " select %s, 1, %s, (select enterprise_id from enterprise where code = %s), %s, %s, %s, %s, %s, 10, 'm3',"
            " %s, %s",
            rule_id,
            subject,
            enterprise,
            at("2026-10-01"),
            at("2026-11-01"),
            verdict,
            reason,
            value,
            json.dumps({"of": rule_id}),
            at("2026-11-01 00:20"),
        )
    return client_of(database)


async def _workbook(client: Client, **asked: str) -> tuple[dict[str, Any], Any]:
    params = {"district": "haibowan", "month": "2026-10"} | asked
    async with client() as http:
        report = await http.get("/v1/reports/metering", params=params)
        assert report.status_code == 200, report.text
        written = await http.get("/v1/reports/metering", params=params | {"format": "xlsx"})
    assert f"metering-{params['month']}-{params['district']}.xlsx" in written.headers["content-disposition"]
    return report.json(), load_workbook(io.BytesIO(written.content))


def _rows(sheet: Any) -> list[dict[str, Any]]:
    """The sheet's table by its headers."""
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    top = next(number for number, row in enumerate(rows) if row[0] in ("指标", "企业", "规则"))
    return [dict(zip(rows[top], row, strict=True)) for row in rows[top + 1 :]]


def _written(value: float | None) -> Any:
    """A figure as a workbook keeps it: to 15 digits."""
    return None if value is None else pytest.approx(value, rel=1e-14)


def _local(when: datetime) -> str:
    return when.astimezone(SITE_ZONE).strftime("%Y-%m-%d %H:%M")


async def test_each_rate_is_a_row_with_both_readings_and_its_document(client: Client, world: City) -> None:
    _, book = await _workbook(client)
    assert book.sheetnames == [
        "覆盖率", "配备率", "缺口清单", "水量平衡", "许可与计划", "能耗", "碳与固废", "其他", "规则", "说明",
    ]  # fmt: skip
    assert book["覆盖率"]["A1"].value == "海勃湾区 2026 年 10 月水与能源计量月报"
    rows = {row["判定号"]: row for row in _rows(book["覆盖率"])}
    found = world.run(
        "select distinct on (rule_id, subject) * from finding where superseded_at is null"
        " and rule_id in ('water.meter_installation_rate', 'water.intake_online_rate.green_park_plan',"
        " 'data.arrival_rate', 'energy.fit_rate') and period_start < %s"
        " and subject not in ('city:wuhai', 'district:wuda', 'enterprise:elsewhere')"
        " order by rule_id, subject, period_start desc",
        at("2026-11-01"),
    )
    assert set(rows) == {one["finding_id"] for one in found}
    assert len({one["rule_id"] for one in found}) == 4
    for one in found:
        row, evidence = rows[one["finding_id"]], one["evidence"]
        assert row["数值"] == _written(one["value"])
        assert (row["要求"], row["单位"]) == (one["limit_value"], one["unit"])
        assert row["原因"] == account_word(one["reason"])
        assert row["判定"] == {"compliant": "达标", "violation": "未达标", "undetermined": "不作判定"}[one["verdict"]]
        assert (row["规则"], row["计算时间"]) == (one["rule_id"], _local(one["computed_at"]))
        if one["rule_id"].startswith("water."):
            method = evidence["method"]
            (other,) = {"by_enterprise", "by_place", "by_volume", "by_count"} & set(evidence) - {method}
            for column, reading in (("口径一", evidence[method]), ("口径二", evidence[other])):
                assert row[column] == reading["label"]
                assert row[f"{column} %"] == _written(reading["pct"])
                assert (row[f"{column} 出处"], row[f"{column} 出处状态"]) == (
                    reading["document"],
                    reading["document_status"],
                )
            assert row["目标号"] == evidence["target"]["target_id"]
            assert (row["文件状态"], row["判定日或月"]) == ("送审稿", "2026-10-31")
    online = next(r for r in rows.values() if r["规则"].endswith("green_park_plan") and r["类别"] == "区")
    assert (online["口径一 分子"], online["口径一 分母"], online["口径二 分母"]) == (600_000, 1_000_000, 1)
    arrival = next(r for r in rows.values() if r["规则"] == "data.arrival_rate" and r["类别"] == "园区")
    assert (arrival["判定日或月"], arrival["口径一 分子"], arrival["文件状态"]) == (
        "2026-10",
        744 + 240 + 0,
        "平台规则",
    )


async def test_levels_gaps_and_accounts_are_those_of_the_findings(client: Client, world: City) -> None:
    report, book = await _workbook(client)
    level = _rows(book["配备率"])[-1]
    assert (level["介质"], level["级别"], level["应装"], level["已装"], level["配备率 %"]) == (
        "电力",
        "次级单位",
        1,
        0,
        0,
    )
    gaps = _rows(book["缺口清单"])
    assert [(row["企业"], row["编号"], row["缺口"], row["自"]) for row in gaps] == [
        ("bare", None, "未登记计量点", "2026-10-15"),
        (EVIL, "Q-F", "取水口不在线", "2026-10-01"),
        (EVIL, "C", "到报率不足", "2026-10-01"),
        (EVIL, "C", "检定已过期", "2026-10-21"),
        (EVIL, "E", "未装表", "2026-10-01"),
        (EVIL, "F", "到报率不足", "2026-10-01"),
    ]
    assert gaps[1]["许可水量 m³/a"] == 400_000
    assert report["gaps_on"] == "2026-10-31"
    for sheet, rule_id in {
        "水量平衡": "water.balance",
        "许可与计划": "water.permit",
        "能耗": "energy.unit",
        "碳与固废": "carbon.account",
        "其他": "new.kind",
    }.items():
        (row,) = _rows(book[sheet])
        (one,) = [
            o for o in world.run("select * from finding where rule_id = %s", rule_id) if "elsewhere" not in o["subject"]
        ]
        assert row["数值"] == _written(one["value"])
        assert (row["规则"], row["限值"], row["单位"]) == (rule_id, 10, "m³")
        assert (row["原因"], row["判定号"]) == (account_word(one["reason"]), one["finding_id"])
        assert json.loads(row["依据"]) == one["evidence"]
    assert (_rows(book["水量平衡"])[0]["名称"], _rows(book["能耗"])[0]["名称"]) == ("A", "L1")
    assert {row["规则"] for row in _rows(book["规则"])} >= {"water.balance", "energy.fit_rate"}


async def test_nothing_in_it_is_a_formula_and_numbers_are_numbers(client: Client) -> None:
    _, book = await _workbook(client)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    risky = [cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@"))]
    assert {cell.value for cell in risky} == {EVIL, "+A1"}
    assert all(cell.quotePrefix for cell in risky)
    assert isinstance(_rows(book["许可与计划"])[0]["数值"], float)


async def test_the_page_says_what_the_workbook_says(client: Client) -> None:
    async with client() as http:
        page = (await http.get("/v1/reports/metering?district=haibowan&month=2026-10&format=html")).text
    assert "12345678.5" in page
    assert "按许可水量" in page
    assert "=HYPERLINK(&quot;" in page


async def test_a_month_that_is_not_over_has_its_days_so_far(client: Client) -> None:
    report, book = await _workbook(client, month="2026-11")
    assert report["rates"] == report["accounts"] == []
    assert report["gaps_on"] == "2026-10-31"  # the newest judged day
    assert book["能耗"]["A2"].value == "当月没有判定。"


async def test_what_nobody_has_is_refused(client: Client) -> None:
    async with client(token=TOKEN) as http:
        assert (await http.get("/v1/reports/metering?district=haibowan&month=2026-10")).status_code == 401
    async with client() as http:
        assert_problem(await http.get("/v1/reports/metering?district=none&month=2026-10"), 404, "not-found")
        for asked in ("month=2026-10", "district=haibowan&month=2026-12", "district=haibowan&month=2026-1"):
            assert_problem(await http.get(f"/v1/reports/metering?{asked}"), 422, "validation")
