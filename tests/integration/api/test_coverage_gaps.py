"""What is missing for coverage: from the register and from what the real rules found, page by page, and in the view."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from storage.database import Database
from tests.integration.api.conftest import Client, assert_problem, client_of
from tests.integration.rules.world import City, at, engine, step

RULES = ("water.meter_installation_rate", "water.intake_online_rate", "data.arrival_rate")


@pytest.fixture
def world(database_url: str) -> Iterator[City]:
    """tianhe with a place for each thing that may be missing, another without any."""
    city = City(database_url)
    city.run("insert into park (code, name, district) values ('hb-park', '海勃湾工业园', 'haibowan')")
    tianhe = city.enterprise("tianhe", since="2026-10-01")
    city.run("update enterprise set park = 'hb-park' where enterprise_id = %s", tianhe)
    city.enterprise("bare", since="2026-10-15", district="wuda")
    for code, more in {
        "A": {"permitted": 600_000},
        "C": {"verified": "2024-10-31"},
        "D": {"verified": "2025-11-20", "months": 12},
    }.items():
        point = city.metered(tianhe, code, **more)
        assert point is not None
        city.hours(point, at("2026-10-01"), 32 * 24)
    city.metered(tianhe, "B", meter=False)
    silent = city.metered(tianhe, "F", permitted=80_000, source="ground")
    assert silent is not None
    city.hours(silent, at("2026-10-01"), 10 * 24)
    city.metered(tianhe, "GONE", verified="2020-01-01")
    city.run("update metering_place set in_service_to = '2026-10-01' where code = 'GONE'")
    city.run(
        "insert into metering_place (enterprise_id, code, name, level, medium, in_service_from)"
        " values (%s, 'E', '二号变', 'secondary', 'electricity', '2020-01-01')",
        tianhe,
    )
    city.run(
        "insert into meter (enterprise_id, place_id, serial, verified_on, verification_months, installed_on)"
        " select enterprise_id, place_id, 'E-1', '2026-01-15', 24, '2026-10-05' from metering_place where code = 'E'"
    )
    yield city
    city.connection.close()


@pytest.fixture
async def client(world: City, database: Database) -> Client:
    judging = engine(database, *RULES)
    await judging.sync(at("2026-11-02 00:10"))
    await step(judging, "2026-11-02 00:10")
    return client_of(database)


EXPECTED = [
    # enterprise, kind, item, reason, detail, since, verification due, arrival
    ("bare", "enterprise", "", "no_metering_place", None, "2026-10-15", None, None),
    ("tianhe", "intake", "Q-F", "intake_offline", "too_few_arrivals", "2026-11-01", "2028-01-15", 0.0),
    ("tianhe", "place", "B", "no_meter", None, "2026-10-01", None, None),
    ("tianhe", "place", "C", "verification_expired", None, "2026-11-01", "2026-10-31", None),
    ("tianhe", "place", "D", "expiring", None, "2026-10-21", "2026-11-20", None),
    ("tianhe", "place", "E", "not_connected", None, "2026-10-05", "2028-01-15", None),
    ("tianhe", "place", "F", "silent", None, "2026-10-01", "2028-01-15", 100 * 240 / 744),
]


def brief(items: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    names = ("enterprise", "kind", "item", "reason", "detail", "since", "verification_due", "arrival_pct")
    return [tuple(item[name] for name in names) for item in items]


async def test_an_enterprise_sees_what_it_lacks_itself(client: Client) -> None:
    class Bare:
        async def authenticate(self, username: str | None, password: bytes | None) -> str | None:
            return username

    async with client(verifier=Bare(), auth=("bare", "x")) as http:
        page = (await http.get("/v1/coverage/gaps")).json()
        assert brief(page["items"]) == EXPECTED[:1]
        assert_problem(await http.get("/v1/coverage/gaps?enterprise=tianhe"), 403, "forbidden")


async def test_each_gap_once_with_what_one_must_know_to_act(client: Client) -> None:
    async with client() as http:
        page = (await http.get("/v1/coverage/gaps")).json()
    assert (page["day"], page["next_cursor"]) == ("2026-11-01", None)
    assert brief(page["items"]) == EXPECTED
    intake, *_, silent = page["items"][1:]
    assert (intake["permitted_m3_a"], intake["must_be_online"], intake["detail_word"]) == (80_000, True, "到报率不足")
    assert (silent["meter_serial"], silent["intake"], silent["reason_word"]) == ("M-F", "Q-F", "到报率不足")
    assert {item["park"] for item in page["items"]} == {"hb-park", None}


async def test_pages_neither_lose_nor_repeat(client: Client) -> None:
    found: list[dict[str, Any]] = []
    async with client() as http:
        cursor = None
        while True:
            asked = {"limit": 2} | ({} if cursor is None else {"cursor": cursor})
            page = (await http.get("/v1/coverage/gaps", params=asked)).json()
            found += page["items"]
            if (cursor := page["next_cursor"]) is None:
                break
    assert brief(found) == EXPECTED


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        ({"enterprise": "bare"}, [""]),
        ({"district": "wuda"}, [""]),
        ({"park": "hb-park", "reason": "no_meter"}, ["B"]),
        ({"medium": "electricity"}, ["E"]),
        ({"level": "secondary"}, ["E"]),
        ({"medium": "steam"}, []),
        ({"day": "2026-10-31", "reason": "verification_expired"}, []),
        ({"day": "2026-10-31", "reason": "expiring"}, ["C", "D"]),
    ],
)
async def test_filters(client: Client, asked: dict[str, str], places: list[str]) -> None:
    async with client() as http:
        page = (await http.get("/v1/coverage/gaps", params=asked)).json()
    assert [item["item"] for item in page["items"]] == places


async def test_what_nobody_knows_is_said(client: Client) -> None:
    async with client() as http:
        for asked in ({"enterprise": "none"}, {"district": "none"}, {"park": "none"}):
            assert_problem(await http.get("/v1/coverage/gaps", params=asked), 404, "not-found")
        for name, value in {"medium": "wasser", "level": "top", "reason": "x", "day": "2026-13-01"}.items():
            body = assert_problem(await http.get("/v1/coverage/gaps", params={name: value}), 422, "validation")
            assert name in str(body)


async def test_the_view_says_the_same_as_the_list(client: Client, world: City) -> None:
    rows = world.run("select * from dash.coverage_gap order by enterprise, kind, item, reason")
    async with client() as http:
        items = (await http.get("/v1/coverage/gaps")).json()["items"]
    plain = [
        {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()} for row in rows
    ]
    assert plain == [{name: item[name] for name in plain[0]} for item in items]


async def test_coverage_has_parks_and_the_arrival_rate_of_the_last_month_that_was_over(client: Client) -> None:
    async with client() as http:
        page = (await http.get("/v1/coverage")).json()
        earlier = (await http.get("/v1/coverage", params={"day": "2026-10-30"})).json()
    parks = {item["rule_id"]: item for item in page["items"] if item["subject"] == "park:hb-park"}
    assert {item["name"] for item in parks.values()} == {"海勃湾工业园"}
    arrival = parks["data.arrival_rate"]
    assert (arrival["period_start"], arrival["verdict"]) == ("2026-09-30T16:00:00Z", "violation")
    (own,) = [i for i in page["items"] if i["rule_id"] == "data.arrival_rate" and i["subject"] == "enterprise:tianhe"]
    assert [entry["place"] for entry in own["gaps"]] == ["F"]
    assert "data.arrival_rate" not in {item["rule_id"] for item in earlier["items"]}
