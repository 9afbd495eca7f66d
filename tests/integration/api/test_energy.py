"""Lists of enterprises by yearly energy, from figures in the ledger to the answer."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest

from domain.periods import add_months
from domain.reported import Figure
from storage.database import Database
from storage.ledger import add_entries
from tests.integration.api.conftest import PASSWORDS, Client, assert_problem
from tests.integration.rules.world import at, engine, step

HX = httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])
NOVEMBER = date(2026, 11, 1)
YEAR = [add_months(NOVEMBER, n) for n in range(-11, 1)]


def monthly(enterprise: str, item: str, value: float, unit: str, line: str | None = None) -> list[Figure]:
    return [Figure(enterprise, line, item, "month", first, value, unit, "月报") for first in YEAR]


@pytest.fixture
async def judged(city: Database) -> Database:
    """hx-coking uses 10,800 tce and has a line above its limit; ly-chem 33 GWh, which is a large one by equal value."""
    async with city.transaction() as connection:
        await connection.execute(
            "insert into line (enterprise_id, code, name, product, charging, quenching, commissioned_on,"
            " in_service_from) values (1, 'L1', '1号焦炉', 'coke', 'stamp', 'dry', '2016-03-01', '2020-01-01')"
        )
        figures = [
            *monthly("hx-coking", "bought.washed_coal", 1000.0, "t"),
            *monthly("hx-coking", "output", 1229.0, "t", "L1"),
            *monthly("hx-coking", "coke.volatile", 25.0, "%", "L1"),
            *monthly("hx-coking", "coke.moisture", 10.5, "%", "L1"),
            *monthly("hx-coking", "used.electricity", 1_500_000.0, "kWh", "L1"),
            *monthly("ly-chem", "bought.electricity", 2_800_000.0, "kWh"),
        ]
        await add_entries(connection, figures, author="王工", origin="api", at=at("2026-11-30 09:00"))
    await step(engine(city, "energy."), "2026-12-01 00:10")
    return city


async def get(client: Client, path: str, **kwargs: Any) -> Any:
    async with client(**kwargs) as http:
        answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_who_uses_more_than_5000_tce(judged: Database, client: Client) -> None:
    page = await get(client, "/v1/energy/lists")
    assert page["month"] == "2026-11"
    (one,) = page["items"]
    assert (one["enterprise"], one["equivalent_tce"], one["lists"]) == (
        "hx-coking",
        10800.0,
        ["over_10000_tce", "over_5000_tce"],
    )
    assert (one["retrofit"], one["retrofit_word"]) == ("to_retrofit", "列入改造清单")
    (line,) = one["lines"]
    assert (line["line"], line["product_name"], line["value"], line["limit"], line["reason_word"]) == (
        "L1",
        "焦炭",
        150.0,
        140.0,
        "超过限定值（3级）",
    )


async def test_large_by_equal_value_and_not_by_the_other(judged: Database, client: Client) -> None:
    items = (await get(client, "/v1/energy/lists?list=over_10000_tce"))["items"]
    assert [(one["enterprise"], one["lists"]) for one in items] == [
        ("hx-coking", ["over_10000_tce", "over_5000_tce"]),
        ("ly-chem", ["over_10000_tce"]),
    ]
    assert items[1]["equal_value_tce"] == 10080.0
    assert items[1]["lines"] == []
    page = await get(client, "/v1/energy/lists?list=over_10000_tce&limit=1")
    more = await get(client, f"/v1/energy/lists?list=over_10000_tce&limit=1&cursor={page['next_cursor']}")
    assert [one["enterprise"] for one in (*page["items"], *more["items"])] == ["hx-coking", "ly-chem"]
    assert (await get(client, "/v1/energy/lists?list=over_10000_tce&district=hainan"))["items"] == items[1:]


async def test_of_whom_figures_are_missing(judged: Database, client: Client) -> None:
    async with judged.transaction() as connection:
        more = Figure("ly-chem", None, "bought.coke", "month", NOVEMBER, 1.0, "t", "")
        await add_entries(connection, [more], author="王工", origin="api", at=at("2026-12-02 09:00"))
    await step(engine(judged, "energy."), "2026-12-02 09:01")
    (one,) = (await get(client, "/v1/energy/lists?list=incomplete_data"))["items"]
    assert (one["enterprise"], one["equivalent_tce"], one["lists"]) == ("ly-chem", None, [])
    assert one["known_tce"] > 4000


async def test_an_enterprise_sees_itself(judged: Database, client: Client) -> None:
    items = (await get(client, "/v1/energy/lists?list=over_10000_tce", auth=HX))["items"]
    assert [one["enterprise"] for one in items] == ["hx-coking"]
    async with client(auth=HX) as http:
        assert_problem(await http.get("/v1/energy/lists?enterprise=ly-chem"), 403, "forbidden")


async def test_nothing_was_judged_yet(city: Database, client: Client) -> None:
    assert await get(client, "/v1/energy/lists") == {"items": [], "next_cursor": None, "month": None}


async def test_a_month_of_which_nothing_is_known(judged: Database, client: Client) -> None:
    assert (await get(client, "/v1/energy/lists?month=2026-10"))["items"] == []


async def test_a_line_s_finding_is_explained_with_its_numbers(judged: Database, client: Client) -> None:
    (one,) = (await get(client, "/v1/findings?rule=energy.unit&subject=line:hx-coking/L1"))["items"]
    explained = (await get(client, f"/v1/findings/{one['finding_id']}"))["explanation"]
    assert explained["formula"] == "1000*(used_tce-made_tce)/output"
    assert explained["filled"] == "1000 × (2212.2 − 0) ÷ 14748 = 150"
    *steps, others = explained["steps"]
    assert steps == [
        "1. 统计期 2025-12 至 2026-11，共 12 个月；电力按当量值。",
        "2. 投入电力 18000000 kWh，折标系数 0.1229 kgce/kWh（GB/T 2589，12 个月），合 2212.2 吨标准煤；"
        "台账 12 个月，计量 0 个月。",
        "3. 单位产品能耗（千克标准煤/吨）：1000 × (2212.2 − 0) ÷ 14748 = 150。",
        "4. 限值修正（GB 21342-2025 5.3，千克标准煤/吨）："
        "燃料 0、挥发分 0、水分 0、熄焦（仅3级） 0、炉龄（1级、3级） 0。",
        "5. 比较：150 > 140 kgce/t（3级，GB 21342-2025，2026-05-01 起施行），不修约，相等为符合。"
        "结论：超过限定值（3级）。",
    ]
    assert others.startswith("6. 各文件口径（只列出，不影响结论）：1级（先进值） 115：未达到（GB 21342-2025）")
    assert "2022年清单 准入值 135：未达到（" in others
