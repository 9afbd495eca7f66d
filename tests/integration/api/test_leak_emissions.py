"""What sealing points emit, and how campaigns went, from the rule's rows to the answers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from rules.policy.leak_factors import shipped_leak_factors
from storage.database import Database
from tests.integration.api.conftest import PASSWORDS, Client, assert_problem
from tests.integration.rules.world import engine, step

HX = httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])
VALVE, PUMP = 0.00597, 0.0199  # kg/h, average factors: nothing was tested but V-1
RECORDS = """
insert into leak_test (component_id, tested_at, net_umol_mol, received_at)
    select component_id, '2026-10-31 16:00Z', 0, '2026-11-01Z' from component where code = 'V-1';
insert into campaign (enterprise_id, code, name, from_day, to_day, contractor, declared_components)
    values (1, 'A', '秋季', '2026-11-01', '2026-11-20', '某公司', 3),
           (2, 'B', '秋季', '2026-11-01', '2026-11-20', null, null),
           (1, 'C', '补测', '2026-11-21', '2026-11-25', null, null),
           (1, 'old', '去年', '2025-11-01', '2025-11-20', null, null);
insert into rule_work (kind, key, at) values ('ldar', 1, '2025-10-31 16:00Z'), ('ldar', 2, '2026-10-31 16:00Z');
"""


@pytest.fixture
async def judged(city: Database) -> Database:
    """November is accounted for; V-1 of hx-coking was tested at its beginning, and found tight."""
    async with city.transaction() as connection:
        await connection.execute(RECORDS)
    await step(engine(city, "ldar.voc_emission"), "2026-12-01 00:10")
    return city


async def get(client: Client, path: str, **kwargs: Any) -> Any:
    async with client(**kwargs) as http:
        answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_year_of_an_enterprise(judged: Database, client: Client) -> None:
    found = await get(client, "/v1/ldar/emissions?enterprise=hx-coking&year=2026")
    assert found["through_month"] == "2026-11"
    assert found["kg"] == pytest.approx(720 * (6.6e-7 + VALVE))
    assert found["untested_kg"] == pytest.approx(720 * VALVE)
    (november,) = found["months"]
    assert [(one["method"], one["method_word"], one["components"]) for one in november["methods"]] == [
        ("average_factor", "平均系数（未检测）", 1),
        ("default_zero", "默认零值", 1),
    ]
    assert [(one["unit_name"], one["kind_word"]) for one in found["units"]] == [("苯加氢", "阀门")]
    assert found["factors"]["status"] == "unconfirmed"
    assert found["factors"]["classes"] == len(shipped_leak_factors())


async def test_the_city_is_the_sum_of_its_enterprises(judged: Database, client: Client) -> None:
    found = await get(client, "/v1/ldar/emissions?year=2026")
    assert [one["enterprise"] for one in found["enterprises"]] == ["ly-chem", "hx-coking"]
    assert found["kg"] == pytest.approx(720 * (6.6e-7 + VALVE + PUMP))
    assert found["units"] == []


async def test_a_year_without_any_month(judged: Database, client: Client) -> None:
    found = await get(client, "/v1/ldar/emissions?year=2024")
    assert (found["kg"], found["through_month"], found["months"]) == (0, None, [])


async def test_campaigns_of_a_year_in_pages(judged: Database, client: Client) -> None:
    first = await get(client, "/v1/ldar/campaigns?limit=1")
    assert first["year"] == 2026
    (one,) = first["items"]
    assert (one["enterprise"], one["campaign"], one["contractor"], one["declared_components"]) == (
        "hx-coking",
        "A",
        "某公司",
        3,
    )
    assert (one["components"], one["tested"], one["tested_pct"], one["leaking"], one["leaking_pct"]) == (2, 1, 50, 0, 0)
    assert one["found_kg_h"] == pytest.approx(6.6e-7)
    assert one["untested_kg_h"] == pytest.approx(VALVE)
    page = await get(client, f"/v1/ldar/campaigns?limit=1&cursor={first['next_cursor']}")
    assert [item["campaign"] for item in page["items"]] == ["C"]
    page = await get(client, f"/v1/ldar/campaigns?limit=1&cursor={page['next_cursor']}")
    (one,) = page["items"]
    # what ly-chem has to test is exempt
    assert (one["campaign"], one["components"], one["tested_pct"], page["next_cursor"]) == ("B", 0, None, None)
    (old,) = (await get(client, "/v1/ldar/campaigns?year=2025"))["items"]
    assert (old["campaign"], old["tested"], old["leaking_pct"]) == ("old", 0, None)


async def test_an_enterprise_sees_its_own(judged: Database, client: Client) -> None:
    found = await get(client, "/v1/ldar/emissions?year=2026", auth=HX)
    assert [one["enterprise"] for one in found["enterprises"]] == ["hx-coking"]
    assert [one["campaign"] for one in (await get(client, "/v1/ldar/campaigns", auth=HX))["items"]] == ["A", "C"]
    async with client(auth=HX) as http:
        for path in ("/v1/ldar/emissions?enterprise=ly-chem", "/v1/ldar/campaigns?enterprise=ly-chem"):
            assert_problem(await http.get(path), 403, "forbidden")
