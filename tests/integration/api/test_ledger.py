"""The ledger over HTTP: all or none, every mistake named, nothing lost."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from storage.database import Database, fetch_all
from tests.integration.api.conftest import PASSWORDS, TOKEN, Client, assert_problem

HX = httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])
LY = httpx.BasicAuth("ly-chem", PASSWORDS["ly-chem"])
OUTPUT: dict[str, Any] = {
    "enterprise": "hx-coking",
    "line": "L1",
    "item": "output",
    "month": "2026-10",
    "value": 81234.5,
    "unit": "t",
    "evidence": "月报",
}
BOUGHT = {"enterprise": "hx-coking", "item": "bought.washed_coal", "month": "2026-10", "value": 9.0, "unit": "t"}
CITY = {"item": "water.total", "month": "2026-10", "value": 2.1e7, "unit": "m3"}


@pytest.fixture
async def ledger(city: Database) -> Database:
    async with city.transaction() as connection:
        await connection.execute(
            "insert into line (enterprise_id, code, name, product, in_service_from) values"
            " (1, 'L1', '1号焦炉', 'coke', '2020-01-01'), (2, 'L2', '电石炉', 'carbide', '2020-01-01')"
        )
    return city


async def post(client: Client, entries: list[dict[str, Any]], **kwargs: Any) -> httpx.Response:
    async with client(token=TOKEN, **({"headers": {"authorization": f"Bearer {TOKEN}"}} | kwargs)) as http:
        return await http.post("/v1/ledger", json={"author": "王工", "entries": entries})


async def get(client: Client, path: str, **kwargs: Any) -> Any:
    async with client(token=TOKEN, **({"headers": {"authorization": f"Bearer {TOKEN}"}} | kwargs)) as http:
        answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_figures_are_written_listed_and_corrected(ledger: Database, client: Client) -> None:
    answer = await post(client, [OUTPUT, BOUGHT, CITY])
    assert (answer.status_code, answer.json()) == (200, {"new": 3, "corrected": 0, "same": 0, "corrections": []})
    again = await post(client, [OUTPUT, BOUGHT, CITY])
    assert again.json() == {"new": 0, "corrected": 0, "same": 3, "corrections": []}
    other = await post(client, [OUTPUT | {"value": 80000}, CITY])
    assert other.json() == {
        "new": 0,
        "corrected": 1,
        "same": 1,
        "corrections": [
            {
                "enterprise": "hx-coking",
                "line": "L1",
                "item": "output",
                "period": "2026-10",
                "before": 81234.5,
                "value": 80000.0,
            }
        ],
    }
    listed = (await get(client, "/v1/ledger"))["items"]
    assert [(one["of"], one["item"], one["value"], one["superseded_at"]) for one in listed] == [
        ("line", "output", 80000.0, None),
        ("city", "water.total", 2.1e7, None),
        ("enterprise", "bought.washed_coal", 9.0, None),
    ]
    history = (await get(client, "/v1/ledger?history=true&item=output"))["items"]
    assert [one["value"] for one in history] == [80000.0, 81234.5]
    assert history[1]["superseded_at"] == history[0]["created_at"]
    assert history[0]["item_name"] == "产品产量"
    assert history[0]["author"] == "王工"


async def test_pages_and_filters(ledger: Database, client: Client) -> None:
    months = [f"2025-{month:02}" for month in range(1, 13)]
    await post(client, [OUTPUT | {"month": month, "value": number} for number, month in enumerate(months)])
    await post(client, [BOUGHT, CITY, {"item": "gdp", "year": 2025, "value": 1, "unit": "万元"}])
    seen, path = [], "/v1/ledger?line=L1&from_month=2025-02&to_month=2025-11&limit=4"
    page = await get(client, path)
    seen += page["items"]
    while page["next_cursor"]:
        page = await get(client, f"{path}&cursor={page['next_cursor']}")
        seen += page["items"]
    assert [one["period"] for one in seen] == months[1:11][::-1]
    assert [one["period"] for one in (await get(client, "/v1/ledger?of=city"))["items"]] == ["2025", "2026-10"]
    assert [one["item"] for one in (await get(client, "/v1/ledger?of=enterprise"))["items"]] == ["bought.washed_coal"]


async def test_one_mistake_and_nothing_is_written_and_all_are_named(ledger: Database, client: Client) -> None:
    wrong = [
        OUTPUT,
        OUTPUT | {"month": "2026-12"},
        OUTPUT | {"line": "L9", "month": "2026-09"},
        OUTPUT | {"enterprise": "nobody", "month": "2026-09"},
        BOUGHT | {"item": "bought.plutonium"},
        BOUGHT | {"item": "stock_close.washed_coal", "value": -1},
        BOUGHT | {"unit": "kg", "value": "9"},
        OUTPUT | {"value": 7},
        BOUGHT | {"quantity": 3},
    ]
    problem = assert_problem(await post(client, wrong), 422, "validation")
    assert [(one["name"], one["value"]) for one in problem["errors"]] == [
        ("entries.1.month", "2026-12"),
        ("entries.2.line", "L9"),
        ("entries.3.enterprise", "nobody"),
        ("entries.4.item", "bought.plutonium"),
        ("entries.5.value", "-1"),
        ("entries.6.unit", "kg"),
        ("entries.6.value", "9"),
        ("entries.8.quantity", "3"),
        ("entries.7.month", "2026-10"),
    ]
    assert problem["detail"].startswith("9 处不符合要求")
    assert "第 0 条已填" in problem["errors"][-1]["expected"]
    async with ledger.transaction() as connection:
        assert await fetch_all(connection, "select count(*) from ledger_entry") == [{"count": 0}]


@pytest.mark.parametrize("body", [{}, {"author": "x", "entries": []}, {"author": "", "entries": [OUTPUT]}, [OUTPUT]])
async def test_a_body_of_another_shape_is_refused(ledger: Database, client: Client, body: Any) -> None:
    async with client() as http:
        assert_problem(await http.post("/v1/ledger", json=body), 422, "validation")


async def test_an_enterprise_reports_its_own(ledger: Database, client: Client) -> None:
    own = {key: value for key, value in OUTPUT.items() if key != "enterprise"}
    answer = await post(client, [own, BOUGHT], auth=HX, headers=None)
    assert answer.json()["new"] == 2
    (first, second) = (await get(client, "/v1/ledger", auth=HX, headers=None))["items"]
    assert {first["author"], second["author"]} == {"hx-coking:王工"}
    assert {first["enterprise"], second["enterprise"]} == {"hx-coking"}
    assert (await get(client, "/v1/ledger", auth=LY, headers=None))["items"] == []


async def test_an_enterprise_reports_nobody_else_s_and_no_city_figure(ledger: Database, client: Client) -> None:
    assert_problem(await post(client, [BOUGHT], auth=LY, headers=None), 403, "forbidden")
    problem = assert_problem(await post(client, [CITY], auth=LY, headers=None), 422, "validation")
    assert problem["errors"][0]["name"] == "entries.0.item"
    async with client(token=TOKEN, auth=LY) as http:
        assert_problem(await http.get("/v1/ledger?enterprise=hx-coking"), 403, "forbidden")


async def test_the_city_s_figures_are_for_operators(ledger: Database, client: Client) -> None:
    await post(client, [CITY])
    assert (await get(client, "/v1/ledger", auth=HX, headers=None))["items"] == []


async def test_the_vocabulary(ledger: Database, client: Client) -> None:
    items = {one["key"]: one for one in (await get(client, "/v1/ledger/items"))["items"]}
    assert items["output"] == {
        "key": "output",
        "name": "产品产量",
        "unit": "t",
        "of": ["line"],
        "highest": None,
        "positive": False,
    }
    assert items["coke.volatile"]["highest"] == 100
    assert items["ncv.coke_oven_gas"]["unit"] == "MJ/m3"
    assert items["ncv.coke_oven_gas"]["positive"] is True
