"""Laws that hold for every endpoint below /v1, also for those that will be written: walked by the OpenAPI document.

Who gets what is in test_rights.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.auth import COOKIE, Auth
from domain.accounts import Role
from ingest.passwords import hash_password
from storage import accounts as store
from storage.database import Database
from tests.integration.api.conftest import NOW, TOKEN, Client

PASSWORD = "a-long-password"


def _endpoints(document: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """(method, path, a URL of it, operation)."""
    for path, operations in document["paths"].items():
        if path.startswith("/v1/"):
            url = re.sub(r"\{(\w+)\}", lambda match: "1" if match[1].endswith("_id") else "x", path)
            for method, operation in operations.items():
                yield method.upper(), path, url, operation


async def _endpoints_of(http: httpx.AsyncClient) -> list[tuple[str, str, str, dict[str, Any]]]:
    found = list(_endpoints((await http.get("/openapi.json")).json()))
    assert len(found) > 80
    return found


@pytest.fixture
async def manned(city: Database) -> Database:
    async with city.transaction() as connection:
        account = store.NewAccount("vera", "Vera", Role.VIEWER, hash_password(PASSWORD))
        await store.insert_account(connection, account, by="test", at=NOW)
    return city


async def test_a_cookie_alone_changes_nothing_and_no_other_site_does(client: Client, manned: Database) -> None:
    async with manned.transaction() as connection:
        await store.set_role(connection, "vera", Role.ADMIN)
    async with client(token=TOKEN) as http:
        auth: Auth = http._transport.app.state.auth  # type: ignore[attr-defined]
        token = await auth.sign_in("vera", PASSWORD, "10.0.0.7")
        found = await auth.session_of(token)
        assert found is not None
        cookie = {"Cookie": f"{COOKIE}={token}"}
        foreign = [
            cookie,
            {**cookie, "x-csrf-token": found.csrf, "Origin": "https://evil.example"},
            {**cookie, "x-csrf-token": found.csrf, "Sec-Fetch-Site": "cross-site"},
            {"Authorization": httpx.BasicAuth("vera", PASSWORD)._auth_header, "Sec-Fetch-Site": "cross-site"},
        ]
        for method, path, url, _ in await _endpoints_of(http):
            if method != "GET":
                for headers in foreign:
                    assert (await http.request(method, url, headers=headers)).status_code == 403, (method, path)


async def test_an_expired_session_is_no_credential(city: Database, client: Client, manned: Database) -> None:
    async with client(token=TOKEN) as http:
        auth: Auth = http._transport.app.state.auth  # type: ignore[attr-defined]
        token = await auth.sign_in("vera", PASSWORD, "10.0.0.7")
        cookie = {"Cookie": f"{COOKIE}={token}"}
        assert (await http.get("/v1/alerts", headers=cookie)).status_code == 200
        async with city.transaction() as connection:
            await connection.execute("update desk_session set expires_at = %(at)s", {"at": NOW})
        assert (await http.get("/v1/alerts", headers=cookie)).status_code == 401
        async with city.transaction() as connection:
            await connection.execute(
                "update desk_session set expires_at = %(at)s, seen_at = %(seen)s",
                {"at": NOW + timedelta(hours=1), "seen": NOW - timedelta(hours=12)},
            )
        assert (await http.get("/v1/alerts", headers=cookie)).status_code == 401
