"""Findings: filters, history, and what the platform held at an instant."""

from __future__ import annotations

from datetime import timedelta

from storage.database import Database
from tests.integration.api.conftest import HOUR_AT, Client, assert_problem, insert_finding


async def _superseded_pair(database: Database) -> tuple[int, int]:
    """undetermined at 09:10, violation since 10:30: ids of both."""
    async with database.transaction() as connection:
        first = await insert_finding(
            connection,
            verdict="undetermined",
            reason="too_few_valid_minutes",
            value=float("nan"),
            computed_at=HOUR_AT + timedelta(minutes=70),
            superseded_at=HOUR_AT + timedelta(minutes=150),
        )
        second = await insert_finding(connection, computed_at=HOUR_AT + timedelta(minutes=150))
        await connection.execute(
            "update finding set superseded_by = %(by)s where finding_id = %(id)s", {"by": second, "id": first}
        )
    return first, second


async def test_as_known_at_gives_what_was_held_then(client: Client, city: Database) -> None:
    first, second = await _superseded_pair(city)
    async with client() as http:

        async def ids(**params: str) -> list[int]:
            response = await http.get("/v1/findings", params=params)
            return [item["finding_id"] for item in response.json()["items"]]

        assert await ids() == [second]
        assert await ids(as_known_at="2026-11-02T01:09:59.999999Z") == []
        assert await ids(as_known_at="2026-11-02T01:10:00Z") == [first]
        assert await ids(as_known_at="2026-11-02T02:29:59Z") == [first]
        assert await ids(as_known_at="2026-11-02T02:30:00Z") == [second]
        assert await ids(as_known_at="2026-11-02T01:10:00Z", verdict="violation") == []


async def test_filters(client: Client, city: Database) -> None:
    async with city.transaction() as connection:
        mine = await insert_finding(connection)
        theirs = await insert_finding(
            connection,
            rule_id="data.point_offline",
            subject="point:ly-chem/W-01",
            enterprise_id=2,
            verdict="compliant",
            period_start=HOUR_AT + timedelta(hours=1),
        )
        of_city = await insert_finding(
            connection, rule_id="water.meter_installation_rate", subject="city:wuhai", enterprise_id=None
        )
    async with client() as http:

        async def ids(**params: str) -> list[int]:
            response = await http.get("/v1/findings", params=params)
            assert response.status_code == 200, response.text
            return [item["finding_id"] for item in response.json()["items"]]

        assert await ids() == [theirs, of_city, mine]
        assert await ids(rule="data.point_offline") == [theirs]
        assert await ids(subject="outlet:hx-coking/S1") == [mine]
        assert await ids(enterprise="ly-chem") == [theirs]
        assert await ids(verdict="violation") == [of_city, mine]
        half_open = {"from": "2026-11-02T00:00:00Z", "to": "2026-11-02T01:00:00Z"}
        assert await ids(**half_open) == [of_city, mine]
        assert await ids(**{"from": "2026-11-02T01:00:00Z"}) == [theirs]


async def test_a_finding_opens_down(client: Client, city: Database) -> None:
    first, second = await _superseded_pair(city)
    async with client() as http:
        detail = (await http.get(f"/v1/findings/{second}")).json()
        earlier = (await http.get(f"/v1/findings/{first}")).json()
        hours = await http.get(detail["links"]["hourly"][0])
        readings = await http.get(detail["links"]["readings"][1])
        rule = await http.get(detail["links"]["rule"])
        assert_problem(await http.get("/v1/findings/999"), 404, "not-found")
    assert detail["evidence"] == {"valid_minutes": 60}
    assert [item["finding_id"] for item in detail["history"]] == [first]
    assert earlier["superseded_by"] == second
    assert earlier["value"] is None  # NaN has no place in JSON
    assert [item["finding_id"] for item in earlier["history"]] == [second]
    assert len(detail["links"]["hourly"]) == 2  # SO2 and O2 of the outlet
    assert (hours.status_code, readings.status_code, rule.status_code) == (200, 200, 200)


async def test_a_point_finding_links_to_the_point(client: Client, city: Database) -> None:
    async with city.transaction() as connection:
        finding = await insert_finding(connection, subject="point:hx-coking/W-01")
        of_city = await insert_finding(connection, subject="city:wuhai", enterprise_id=None)
    async with client(public_url="https://pw.example") as http:
        links = (await http.get(f"/v1/findings/{finding}")).json()["links"]
        none = (await http.get(f"/v1/findings/{of_city}")).json()["links"]
    assert links["hourly"] == [
        "https://pw.example/v1/hourly?enterprise=hx-coking&point=W-01"
        "&from=2026-11-02T00%3A00%3A00Z&to=2026-11-02T01%3A00%3A00Z"
    ]
    assert (none["hourly"], none["readings"]) == ([], [])
