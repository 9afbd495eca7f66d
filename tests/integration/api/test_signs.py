"""Signs of false data by outlet: what was seen is added up, what was not is shown as zero."""

from __future__ import annotations

from datetime import timedelta

import httpx

from storage.database import Database
from tests.integration.api.conftest import HOUR_AT, PASSWORDS, TOKEN, Client, assert_problem, insert_finding

DAY_AT = HOUR_AT - timedelta(hours=8)


async def _seen(city: Database) -> None:
    async with city.transaction() as connection:
        await connection.execute(
            "insert into outlet (enterprise_id, code, name, process, in_service_from)"
            " values (1, 'S2', '装煤', 'charging', '2026-01-01'), (2, 'K1', '锅炉', 'boiler', '2026-01-01');"
            "insert into rule select 'sign.' || n, 1, 'signs', 'sign ' || n, 'sign', '', '', 'platform', '', '', true,"
            " 'info', '{}' from unnest(array['flatline', 'qn']) n"
        )
        for rule, outlet, ago, verdict, weight in [
            ("flatline", "S1", 0, "violation", 3),
            ("flatline", "S1", 1, "violation", 3),
            ("qn", "S1", 1, "violation", 0.5),
            ("qn", "S1", 40, "violation", 0.5),  # too long ago
            ("qn", "S2", 0, "compliant", 0.5),
        ]:
            await insert_finding(
                connection,
                rule_id=f"sign.{rule}",
                subject=f"outlet:hx-coking/{outlet}",
                period_start=DAY_AT - timedelta(days=ago),
                period_end=DAY_AT - timedelta(days=ago - 1),
                verdict=verdict,
                reason="seen" if verdict == "violation" else "not_seen",
                evidence=f'{{"weight": {weight}}}',
            )


async def test_scores_add_up_what_was_seen(client: Client, city: Database) -> None:
    await _seen(city)
    async with client() as http:
        page = (await http.get("/v1/signs", params={"day": "2026-11-02"})).json()
        first = (await http.get("/v1/signs", params={"limit": 1})).json()
        rest = (await http.get("/v1/signs", params={"limit": 1, "cursor": first["next_cursor"]})).json()
        one_day = (await http.get("/v1/signs", params={"day": "2026-11-02", "days": 1, "outlet": "S1"})).json()
        findings = (await http.get(page["items"][0]["signs"][0]["findings"])).json()["items"]
    assert (page["from_day"], page["to_day"]) == ("2026-10-04", "2026-11-02")
    assert [(item["outlet"], item["score"], item["seen_days"]) for item in page["items"]] == [
        ("S1", 6.5, 2),
        ("S2", 0.0, 0),
    ]
    assert [(sign["rule_id"], sign["weight"], sign["days"]) for sign in page["items"][0]["signs"]] == [
        ("sign.flatline", 6.0, 2),
        ("sign.qn", 0.5, 1),
    ]
    assert page["items"][0]["signs"][0]["last_day"] == "2026-11-02"
    assert len(findings) == 2
    assert first["items"] + rest["items"] == page["items"]
    assert [item["score"] for item in one_day["items"]] == [3.0]


async def test_signs_are_the_bureaus(client: Client, city: Database) -> None:
    async with client(token=TOKEN, auth=httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])) as http:
        assert_problem(await http.get("/v1/signs"), 403, "forbidden")
