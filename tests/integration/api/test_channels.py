"""How channels stand, over HTTP."""

from __future__ import annotations

from datetime import timedelta

import httpx

from storage import channels
from storage.database import Database
from tests.integration.api.conftest import HOUR_AT, PASSWORDS, TOKEN, Client, assert_problem


async def test_how_channels_stand(client: Client, city: Database) -> None:
    async with city.transaction() as connection:
        await channels.configure(connection, "sms", "sms", False, 60, HOUR_AT)
        await channels.configure(connection, "log", "log", True, None, HOUR_AT)
        await channels.answered(connection, "sms", HOUR_AT)
        await channels.failed(connection, "sms", "answered HTTP 503", HOUR_AT + timedelta(minutes=1), gave_up=False)
        await channels.failed(connection, "sms", "code 22: refused", HOUR_AT + timedelta(minutes=2), gave_up=True)
    async with client() as http:
        log, sms = (await http.get("/v1/channels")).json()["items"]
    assert (log["channel"], log["works"], log["failures"], log["rate_per_min"]) == ("log", None, 0, None)
    assert (sms["works"], sms["failures"], sms["last_error"], sms["queued"]) == (False, 2, "code 22: refused", 0)
    assert sms["failing_since"] < sms["gave_up_at"] == sms["last_failure_at"]
    async with city.transaction() as connection:
        await channels.answered(connection, "sms", HOUR_AT + timedelta(minutes=3))
    async with client() as http:
        _, sms = (await http.get("/v1/channels")).json()["items"]
    assert (sms["works"], sms["failures"], sms["failing_since"], sms["gave_up_at"]) == (True, 0, None, None)


async def test_not_for_enterprises(client: Client) -> None:
    code, password = next(iter(PASSWORDS.items()))
    async with client(token=TOKEN) as http:
        refused = await http.get("/v1/channels", auth=httpx.BasicAuth(code, password))
    assert_problem(refused, 403, "forbidden")
