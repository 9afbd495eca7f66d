"""Alarm health over HTTP: the figures with their rating, and what may not be asked."""

from __future__ import annotations

from datetime import timedelta

import httpx

from api.fields import format_instant
from storage.database import Database
from tests.integration.api.conftest import (
    HOUR_AT,
    NOW,
    PASSWORDS,
    TOKEN,
    Client,
    assert_problem,
    insert_alert,
    insert_finding,
)


async def _told(city: Database) -> None:
    async with city.transaction() as connection:
        finding_id = await insert_finding(connection)
        alert_id = await insert_alert(connection, finding_id)
        await connection.execute(
            "insert into alert_event (alert_id, at, kind, actor, comment) values (%(id)s, %(at)s, 'firing', 'p', '')",
            {"id": alert_id, "at": HOUR_AT},
        )
        await connection.execute(
            "insert into notification (alert_id, event, team, channel, receiver, idempotency_key, group_key, body,"
            " state, queued_at, next_attempt_at) values (%(id)s, 'firing', null, 'log', 'duty', 'k', '', '{}',"
            " 'queued', %(at)s, %(at)s)",
            {"id": alert_id, "at": HOUR_AT},
        )
        await connection.execute(
            "insert into notification_alert select notification_id, alert_id, event from notification"
        )


async def test_figures_are_rated(client: Client, city: Database) -> None:
    await _told(city)
    asked = {"from": (HOUR_AT - timedelta(hours=1)).isoformat(), "to": (HOUR_AT + timedelta(hours=2)).isoformat()}
    async with client() as http:
        found = (await http.get("/v1/alarm-health", params=asked)).json()
        of_team = (await http.get("/v1/alarm-health", params=asked | {"team": "duty"})).json()
        week = (await http.get("/v1/alarm-health")).json()
    city_row, duty = found["health"]
    assert (city_row["team"], city_row["alarms"], city_row["standing"], city_row["stale"]) == (None, 1, 1, 0)
    assert (duty["team"], duty["team_name"], duty["alarms"]) == ("duty", "值班", 1)
    assert city_row["figures"]["per_day"] == {
        "value": 8.0, "acceptable": 144.0, "manageable": 288.0, "rating": "good", "source": "EEMUA 191; ISA-18.2 表5",
    }  # fmt: skip
    assert city_row["figures"]["top10_pct"]["rating"] == "over"
    assert duty["figures"]["top10_pct"]["rating"] is None
    assert found["response"][0] == {
        "severity": "critical",
        "told": 1,
        "acknowledged": 0,
        "median_min": None,
        "p90_min": None,
        "late": 1,
        "waiting": 1,
    }
    assert [row["rule_id"] for row in found["top_rules"]] == ["ule.coke_oven_stack.so2.hourly"]
    assert [row["team"] for row in of_team["health"]] == ["duty"]
    assert len(week["health"]) == 2


async def test_it_is_for_operators_and_for_periods_that_can_be_looked_at(client: Client) -> None:
    async with client() as http:
        assert_problem(
            await http.get("/v1/alarm-health", params={"from": "2026-01-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}),
            422,
            "validation",
        )
        assert_problem(
            await http.get("/v1/alarm-health", params={"from": "2026-11-02T00:00:00Z", "to": "2026-11-02T00:00:00Z"}),
            422,
            "validation",
        )
        assert_problem(await http.get("/v1/alarm-health", params={"team": "nobody"}), 404, "not-found")
        assert_problem(await http.get("/v1/alarm-health", params={"team": "a\0"}), 422, "validation")
        future = (
            await http.get("/v1/alarm-health", params={"to": "2099-01-01T00:00:00Z", "from": "2026-11-01T00:00:00Z"})
        ).json()
        assert future["to"] == format_instant(NOW)
    auth = httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])
    async with client(auth=auth, token=TOKEN) as http:
        assert_problem(await http.get("/v1/alarm-health"), 403, "forbidden")
