"""Alerts: the list, the story of one, and acknowledging it once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from storage.database import Database, fetch_all
from tests.integration.api.conftest import HOUR_AT, Client, assert_problem, insert_alert, insert_finding

BODY = {"actor": "张三", "comment": "已通知企业"}


async def _alerts(database: Database) -> tuple[int, int]:
    """A firing alert of hx-coking and a resolved one of ly-chem."""
    async with database.transaction() as connection:
        finding = await insert_finding(connection)
        firing = await insert_alert(connection, finding)
        resolved = await insert_alert(
            connection,
            finding,
            rule_id="data.point_offline",
            subject="point:ly-chem/W-01",
            enterprise_id=2,
            severity="warning",
            state="resolved",
            occurred_at=HOUR_AT + timedelta(hours=1),
            resolved_at=HOUR_AT + timedelta(hours=2),
        )
        await connection.execute(
            "insert into alert_event (alert_id, at, kind, actor, comment, finding_id) values"
            " (%(id)s, %(at)s, 'pending', 'platform', '', %(finding)s),"
            " (%(id)s, %(at)s, 'firing', 'platform', '', %(finding)s)",
            {"id": firing, "at": HOUR_AT, "finding": finding},
        )
        await connection.execute(
            "insert into notification (alert_id, event, channel, receiver, idempotency_key, body, state, queued_at,"
            " next_attempt_at, last_error) values"
            " (%(id)s, 'firing', 'sms', '13800000000', 'k', '{}', 'failed', %(at)s, %(at)s, 'busy')",
            {"id": firing, "at": HOUR_AT},
        )
    return firing, resolved


async def test_filters(client: Client, city: Database) -> None:
    firing, resolved = await _alerts(city)
    async with client() as http:

        async def ids(**params: str) -> list[int]:
            return [item["alert_id"] for item in (await http.get("/v1/alerts", params=params)).json()["items"]]

        assert await ids() == [resolved, firing]
        assert await ids(state="firing") == [firing]
        assert await ids(enterprise="ly-chem") == [resolved]
        assert await ids(rule="data.point_offline") == [resolved]
        assert await ids(**{"from": "2026-11-02T00:00:00Z", "to": "2026-11-02T01:00:00Z"}) == [firing]


async def test_one_alert_tells_its_story(client: Client, city: Database) -> None:
    firing, _ = await _alerts(city)
    async with client() as http:
        detail = (await http.get(f"/v1/alerts/{firing}")).json()
        assert_problem(await http.get("/v1/alerts/999"), 404, "not-found")
    assert [event["kind"] for event in detail["events"]] == ["pending", "firing"]
    assert [(told["receiver"], told["state"]) for told in detail["notifications"]] == [("13800000000", "failed")]
    assert detail["finding"]["verdict"] == "violation"


async def test_acknowledge_is_stored_with_who_and_why(client: Client, city: Database) -> None:
    firing, _ = await _alerts(city)
    async with client() as http:
        response = await http.post(f"/v1/alerts/{firing}/acknowledge", json=BODY)
        detail = (await http.get(f"/v1/alerts/{firing}")).json()
    assert response.status_code == 200, response.text
    assert response.json() == detail
    assert (detail["acknowledged_by"], detail["acknowledge_comment"]) == ("张三", "已通知企业")
    assert detail["acknowledged_at"] == "2026-11-02T03:00:00Z"
    assert detail["events"][-1]["kind"] == "acknowledged"
    assert detail["events"][-1]["actor"] == "张三"


async def test_acknowledge_conflicts(client: Client, city: Database) -> None:
    firing, resolved = await _alerts(city)
    async with client() as http:
        await http.post(f"/v1/alerts/{firing}/acknowledge", json=BODY)
        assert_problem(await http.post(f"/v1/alerts/{firing}/acknowledge", json=BODY), 409, "conflict")
        assert_problem(await http.post(f"/v1/alerts/{resolved}/acknowledge", json=BODY), 409, "conflict")
        assert_problem(await http.post("/v1/alerts/999/acknowledge", json=BODY), 404, "not-found")


async def test_of_two_who_acknowledge_together_one_wins(client: Client, city: Database) -> None:
    firing, _ = await _alerts(city)
    async with client() as http:
        answers = await asyncio.gather(
            *(http.post(f"/v1/alerts/{firing}/acknowledge", json=BODY | {"actor": actor}) for actor in ("甲", "乙"))
        )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    async with city.transaction() as connection:
        rows = await fetch_all(connection, "select actor from alert_event where kind = 'acknowledged'")
    winner = next(answer for answer in answers if answer.status_code == 200)
    assert [row["actor"] for row in rows] == [winner.json()["acknowledged_by"]]


async def test_a_bad_acknowledgement_is_refused_and_changes_nothing(client: Client, city: Database) -> None:
    firing, _ = await _alerts(city)
    async with client() as http:
        for body, name in [
            ({"comment": "x"}, "actor"),
            ({"actor": "", "comment": "x"}, "actor"),
            ({"actor": "  ", "comment": "x"}, "actor"),
            ({"actor": "a" * 101, "comment": "x"}, "actor"),
            ({"actor": "a\x00b", "comment": "x"}, "actor"),
            ({"actor": "a", "comment": "x\x00"}, "comment"),
            ({"actor": "a", "comment": "x" * 1001}, "comment"),
            ({"actor": 7, "comment": "x"}, "actor"),
            ({"actor": "a", "comment": "x", "who": "b"}, "who"),
        ]:
            response = await http.post(f"/v1/alerts/{firing}/acknowledge", json=body)
            problem = assert_problem(response, 422, "validation")
            assert [item["name"] for item in problem["errors"]] == [name]
        broken = await http.post(
            f"/v1/alerts/{firing}/acknowledge", content=b"{", headers={"content-type": "application/json"}
        )
        assert_problem(broken, 422, "validation")
        not_text = await http.post(
            f"/v1/alerts/{firing}/acknowledge", content=b"\xff", headers={"content-type": "application/json"}
        )
        assert_problem(not_text, 400, "bad-request")
        detail = (await http.get(f"/v1/alerts/{firing}")).json()
    assert detail["acknowledged_at"] is None
