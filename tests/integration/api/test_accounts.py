"""Monthly accounts: findings of a month with their reasons in words, and an enterprise's balance as a tree."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from storage.database import Database
from tests.integration.api.conftest import PASSWORDS, TOKEN, Client, assert_problem, insert_finding

#: November 2026 in Wuhai.
FROM, TO = datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 11, 30, 16, tzinfo=UTC)
OPERATOR = {"Authorization": f"Bearer {TOKEN}"}

_REGISTER = """
insert into rule (rule_id, version, pack, title, evaluator, standard, clause, status, document_status, confidence,
                  enabled, severity, definition) values
    ('water.balance', 1, 'water_balance', '水量平衡', 'balance', '平台规则', '10%', 'platform', '平台规则', 'DESIGN',
     true, 'warning', '{"document": "平台设计", "reading": "按月", "params": {"limit_pct": 10}}'),
    ('water.cap', 1, 'water_balance', '全市用水总量', 'water_cap', '文件', '3.29亿', 'policy', 'issued', 'V', true,
     'warning', '{"document": "文件", "reading": "累计", "params": {}}');
insert into rule_watermark values ('water.balance', 'month', 1, '2026-11-30 16:00Z');
insert into metering_place (enterprise_id, code, name, level, in_service_from) values
    (1, 'P0', '取水总管', 'unit', '2020-01-01'), (1, 'P9', '备用', 'unit', '2020-01-01');
insert into metering_place (enterprise_id, code, name, level, parent_id, in_service_from)
    select 1, 'P' || n, '车间' || n, 'secondary', (select place_id from metering_place where code = 'P0'), '2020-01-01'
    from generate_series(1, 2) n;
insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, counter_digits, counter_scale,
                   in_service_from)
    select 1, 'C' || n, 'C' || n, 'counter', 'water_volume', 'm3', 3600, 8, 1, '2020-01-01'
    from generate_series(0, 2) n;
insert into meter (enterprise_id, place_id, serial, verified_on, verification_months, installed_on, point_id)
    select 1, m.place_id, 'S-' || m.code, '2026-01-01', 24, '2025-01-01', p.point_id
    from metering_place m join point p on p.code = replace(m.code, 'P', 'C') and p.enterprise_id = 1;
insert into point_month select p.point_id, '2026-11-01', 1000 - 400 * substr(p.code, 2)::int, 0, 0, 720, 0,
    '2026-10-31 16:00Z', '2026-11-30 15:00Z' from point p where p.code in ('C0', 'C1', 'C2') and p.enterprise_id = 1;
"""


@pytest.fixture
async def judged(city: Database) -> Database:
    month: dict[str, Any] = {"period_start": FROM, "period_end": TO, "unit": "%"}
    async with city.transaction() as connection:
        await connection.execute(_REGISTER)
        await insert_finding(
            connection, rule_id="water.balance", subject="place:hx-coking/P0", verdict="violation",
            reason="loss_over_band", evidence='{"entry": 1000}', **month,
        )  # fmt: skip
        await insert_finding(
            connection, rule_id="water.balance", subject="enterprise:ly-chem", enterprise_id=2,
            verdict="undetermined", reason="not_metered", evidence="{}", **month,
        )  # fmt: skip
        await insert_finding(
            connection, rule_id="water.cap", subject="city:wuhai", enterprise_id=None, verdict="compliant",
            reason="within_cap", evidence="{}", **month,
        )  # fmt: skip
    return city


async def test_the_newest_month_by_rule_and_subject(client: Client, judged: Database) -> None:
    async with client(headers=OPERATOR) as http:
        page = (await http.get("/v1/accounts")).json()
        first = (await http.get("/v1/accounts", params={"limit": 1})).json()
        rest = (await http.get("/v1/accounts", params={"limit": 2, "cursor": first["next_cursor"]})).json()
        other = (await http.get("/v1/accounts", params={"month": "2026-10"})).json()
        one = (await http.get("/v1/accounts", params={"rule": "water.balance", "verdict": "violation"})).json()
    said = [(item["rule_id"], item["subject"], item["name"], item["reason_word"]) for item in page["items"]]
    assert page["month"] == "2026-11"
    assert said == [
        ("water.balance", "enterprise:ly-chem", "绿源化工", "未计量或未联网"),
        ("water.balance", "place:hx-coking/P0", "取水总管", "进大于出，超过允许差"),
        ("water.cap", "city:wuhai", "乌海市", "未超用水总量控制目标"),
    ]
    assert first["items"] + rest["items"] == page["items"]
    assert (other["items"], other["month"]) == ([], "2026-10")
    assert [item["evidence"] for item in one["items"]] == [{"entry": 1000}]


async def test_an_enterprise_sees_its_own_accounts_only(client: Client, judged: Database) -> None:
    async with client(auth=("hx-coking", PASSWORDS["hx-coking"])) as http:
        page = (await http.get("/v1/accounts")).json()
        foreign = await http.get("/v1/accounts", params={"enterprise": "ly-chem"})
        tree = await http.get("/v1/accounts/balance/ly-chem", params={"month": "2026-11"})
    assert [item["subject"] for item in page["items"]] == ["place:hx-coking/P0"]
    assert_problem(foreign, 403, "forbidden")
    assert_problem(tree, 403, "forbidden")


async def test_nothing_judged_yet_is_no_month(client: Client, city: Database) -> None:
    async with client(headers=OPERATOR) as http:
        page = (await http.get("/v1/accounts")).json()
    assert page == {"items": [], "next_cursor": None, "month": None}


async def test_the_rules_say_what_is_computed(client: Client, judged: Database) -> None:
    async with client(headers=OPERATOR) as http:
        items = (await http.get("/v1/accounts/rules")).json()["items"]
    assert [(item["rule_id"], item["document"], item["params"]) for item in items] == [
        ("water.balance", "平台设计", {"limit_pct": 10}),
        ("water.cap", "文件", {}),
    ]


async def test_a_balance_is_a_tree(client: Client, judged: Database) -> None:
    async with client(headers=OPERATOR) as http:
        answer = (await http.get("/v1/accounts/balance/hx-coking", params={"month": "2026-11"})).json()
        power = (
            await http.get("/v1/accounts/balance/hx-coking", params={"month": "2026-11", "medium": "electricity"})
        ).json()
        unknown = await http.get("/v1/accounts/balance/nobody", params={"month": "2026-11"})
        medium = await http.get("/v1/accounts/balance/hx-coking", params={"month": "2026-11", "medium": "milk"})
    main, spare = answer["items"]
    assert (answer["unit"], power["unit"], power["items"]) == ("m3", "kWh", [])
    assert (main["place"], main["name"], main["meters"], main["total"]) == ("P0", "取水总管", ["S-P0"], 1000.0)
    assert (main["subs"], main["difference"], main["difference_pct"], main["complete"]) == (800.0, 200.0, 20.0, True)
    assert [(child["place"], child["total"]) for child in main["children"]] == [("P1", 600.0), ("P2", 200.0)]
    assert (spare["why"], spare["why_word"], spare["total"], spare["hours"]) == (
        "not_metered", "未计量或未联网", None, None,
    )  # fmt: skip
    assert_problem(unknown, 404, "not-found")
    assert_problem(medium, 422, "validation")


async def test_a_branch_closed_within_the_month_is_in_the_tree_and_later_not(client: Client, judged: Database) -> None:
    async with judged.transaction() as connection:
        await connection.execute("update metering_place set in_service_to = '2026-11-20' where code = 'P2'")
    async with client(headers=OPERATOR) as http:
        november = (await http.get("/v1/accounts/balance/hx-coking", params={"month": "2026-11"})).json()
        december = (await http.get("/v1/accounts/balance/hx-coking", params={"month": "2026-12"})).json()
    (main, _), (later, _) = november["items"], december["items"]
    assert [child["place"] for child in main["children"]] == ["P1", "P2"]
    assert (main["subs"], main["difference"]) == (800.0, 200.0), "as water.balance has it"
    assert [child["place"] for child in later["children"]] == ["P1"]
