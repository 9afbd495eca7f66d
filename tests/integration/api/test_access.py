"""Who may ask what: operator, enterprise, wrong, nobody; with and without a token set."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from ingest.listener.passwords import PasswordAuthenticator
from ingest.passwords import hash_password
from storage.credentials import password_hash, set_password_hash
from storage.database import Database
from tests.integration.api.conftest import (
    NOW,
    PASSWORDS,
    TOKEN,
    Client,
    assert_problem,
    insert_alert,
    insert_finding,
)

BEARER = {"Authorization": f"Bearer {TOKEN}"}
HX = httpx.BasicAuth("hx-coking", PASSWORDS["hx-coking"])
LY = httpx.BasicAuth("ly-chem", PASSWORDS["ly-chem"])
SPAN = "from=2026-11-02T00:00:00Z&to=2026-11-03T00:00:00Z"

OWN_LISTS = [
    "/v1/points",
    f"/v1/readings?point=W-01&{SPAN}",
    f"/v1/hourly?point=W-01&{SPAN}",
    "/v1/findings",
    "/v1/alerts",
    "/v1/accounting",
    "/v1/rejects",
    "/v1/gateways",
    "/v1/stations",
    "/v1/quirks",
]
#: Lists of which some rows are nobody's own, or which need not have any.
OWN_OR_COMMON = [
    "/v1/limits",
    "/v1/marks",
    "/v1/meter-changes",
    f"/v1/marks/automatic?{SPAN}",
    "/v1/emissions",
    "/v1/coverage/gaps",
    "/v1/leaks",
    "/v1/accounts",
    "/v1/ledger",
    "/v1/energy/lists?list=over_5000_tce",
    "/v1/ldar",
    "/v1/ldar/forecast",
    *(
        f"/v1/ldar/{noun}"
        for noun in ("tests", "repairs", "delays", "events", "calibrations", "instruments", "testers")
    ),
]
OPERATORS_ONLY = [
    "/v1/strays",
    "/v1/enterprises",
    "/v1/enterprises/hx-coking",
    "/v1/rules",
    "/v1/rules/ule.coke_oven_stack.so2.hourly",
    "/v1/coverage",
    "/v1/scoreboard",
    "/v1/targets",
    "/metrics",
]
#: Ids: the fixture below and the city's own rows, in order of hx-coking and ly-chem.
BY_ID = [
    ("/v1/points/hx-coking/W-01", "/v1/points/ly-chem/W-01"),
    ("/v1/findings/1", "/v1/findings/2"),
    ("/v1/alerts/1", "/v1/alerts/2"),
    ("/v1/rejects/1/payload", "/v1/rejects/3/payload"),
]


@pytest.fixture
async def judged(city: Database) -> Database:
    """A finding and an alert of each enterprise, and a finding of the city."""
    async with city.transaction() as connection:
        mine = await insert_finding(connection)
        theirs = await insert_finding(connection, subject="point:ly-chem/W-01", enterprise_id=2)
        await insert_finding(connection, subject="city:wuhai", enterprise_id=None)
        await insert_alert(connection, mine)
        await insert_alert(connection, theirs, subject="point:ly-chem/W-01", enterprise_id=2)
        await connection.execute(
            "insert into notification (alert_id, event, channel, receiver, idempotency_key, body, state, queued_at,"
            " next_attempt_at, last_error) values"
            " (1, 'firing', 'sms', '13800000000', 'k', '{}', 'failed', %(at)s, %(at)s, 'secret')",
            {"at": NOW},
        )
    return city


def _paths() -> Iterator[str]:
    yield from OWN_LISTS
    yield from OWN_OR_COMMON
    yield from OPERATORS_ONLY
    for own, foreign in BY_ID:
        yield own
        yield foreign


async def test_with_a_token_nobody_gets_in_without_credentials(client: Client, judged: Database) -> None:
    wrong = [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Token {TOKEN}"},
        {"Authorization": b"Bearer \xff\xfe"},
        {"Authorization": httpx.BasicAuth("hx-coking", "wrong")._auth_header},
        {"Authorization": httpx.BasicAuth("nobody", "hx-password")._auth_header},
        {"Authorization": "Basic Og=="},
        {"Authorization": "Basic aHg="},
    ]
    async with client(token=TOKEN) as http:
        for path in _paths():
            for headers in wrong if path == "/v1/findings" else wrong[:2]:
                response = await http.get(path, headers=headers)
                assert_problem(response, 401, "unauthorized")
                assert "Bearer" in response.headers["www-authenticate"]
        assert_problem(await http.post("/v1/alerts/1/acknowledge", json={}), 401, "unauthorized")


async def test_the_operators_token_opens_everything(client: Client, judged: Database) -> None:
    async with client(token=TOKEN, headers=BEARER) as http:
        for path in _paths():
            if "point=W-01" in path:
                path += "&enterprise=ly-chem"
            assert (await http.get(path)).status_code == 200, path


async def test_without_a_token_the_api_is_open(client: Client, judged: Database) -> None:
    async with client() as http:
        for path in OPERATORS_ONLY:
            assert (await http.get(path)).status_code == 200, path


async def test_health_docs_and_start_page_need_no_token(client: Client) -> None:
    async with client(token=TOKEN) as http:
        for path in ("/health/live", "/health/ready", "/docs", "/openapi.json", "/about"):
            assert (await http.get(path)).status_code == 200, path


@pytest.mark.parametrize("settings", [{"token": TOKEN}, {}])
async def test_an_enterprise_sees_its_own_rows_only(client: Client, judged: Database, settings: dict[str, str]) -> None:
    async with client(auth=HX, **settings) as http:
        for path in OWN_LISTS:
            response = await http.get(path)
            assert response.status_code == 200, (path, response.text)
            owners = {item["enterprise"] for item in response.json()["items"] if "enterprise" in item}
            assert owners <= {"hx-coking"}, path
            assert owners or "point=" in path, path
            joiner = "&" if "?" in path else "?"
            assert (await http.get(f"{path}{joiner}enterprise=hx-coking")).status_code == 200
            assert_problem(await http.get(f"{path}{joiner}enterprise=ly-chem"), 403, "forbidden")
            assert_problem(await http.get(f"{path}{joiner}enterprise=nobody"), 403, "forbidden")
        for path in OWN_OR_COMMON:
            response = await http.get(path)
            assert response.status_code == 200, (path, response.text)
            assert {item["enterprise"] for item in response.json()["items"]} <= {"hx-coking", None}, path
            foreign = f"{path}{'&' if '?' in path else '?'}enterprise=ly-chem"
            assert_problem(await http.get(foreign), 403, "forbidden")
        for path in OPERATORS_ONLY:
            assert_problem(await http.get(path), 403, "forbidden")
        for own, foreign in BY_ID:
            assert (await http.get(own)).status_code == 200, own
            assert_problem(await http.get(foreign), 403, "forbidden")
        assert_problem(await http.get("/v1/findings/3"), 403, "forbidden")  # the city's
        assert_problem(await http.get("/v1/findings?subject=point:ly-chem/W-01"), 403, "forbidden")
        assert (await http.get("/v1/findings?subject=city:wuhai")).json()["items"] == []


async def test_an_enterprise_may_not_act(client: Client, judged: Database) -> None:
    async with client(token=TOKEN, auth=HX) as http:
        response = await http.post("/v1/alerts/1/acknowledge", json={"actor": "a", "comment": ""})
        assert_problem(response, 403, "forbidden")
        assert (await http.get("/v1/alerts/1")).json()["acknowledged_at"] is None


async def test_an_enterprise_does_not_see_whom_the_bureau_called(client: Client, judged: Database) -> None:
    async with client(token=TOKEN) as http:
        theirs = await http.get("/v1/alerts/1", auth=HX)
        ours = await http.get("/v1/alerts/1", headers=BEARER)
    assert "13800000000" in ours.text
    assert "13800000000" not in theirs.text
    assert "secret" not in theirs.text


async def test_a_cursor_of_one_enterprise_is_no_use_to_another(client: Client, city: Database) -> None:
    async with client(token=TOKEN) as http:
        cursor = (await http.get("/v1/points?limit=1", auth=HX)).json()["next_cursor"]
        assert_problem(await http.get(f"/v1/points?limit=1&cursor={cursor}", auth=LY), 422, "validation")


async def test_the_mqtt_password_is_the_accounts_password(client: Client, city: Database) -> None:
    """The listener's own authenticator over the stored argon2 hash."""

    class Hashes:
        async def password_hash(self, enterprise: str) -> str | None:
            async with city.transaction() as connection:
                return await password_hash(connection, enterprise)

    async with city.transaction() as connection:
        await set_password_hash(connection, "ly-chem", hash_password("ly-密码"), NOW)
    async with client(token=TOKEN, verifier=PasswordAuthenticator(Hashes())) as http:
        assert (await http.get("/v1/gateways", auth=LY)).json()["items"][0]["enterprise"] == "ly-chem"
        for auth in (HX, httpx.BasicAuth("ly-chem", "hx-password")):
            assert_problem(await http.get("/v1/gateways", auth=auth), 401, "unauthorized")


def test_an_empty_token_is_refused() -> None:
    from api.settings import ApiSettings

    with pytest.raises(ValueError, match="empty token"):
        ApiSettings(token="  ")
    assert TOKEN not in repr(ApiSettings(token=TOKEN))
