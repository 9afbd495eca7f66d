"""What a request may send, and what its answer says to browsers; whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from api import guard
from api.models.leak_records import MAX_RECORDS, NewLeakRecord
from tests.integration.api.conftest import TOKEN, Client, assert_problem

EVIL = {"Host": "evil.example"}


async def test_a_body_is_bounded_before_anybody_is_asked_who_they_are(client: Client) -> None:
    def endless() -> AsyncIterator[bytes]:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(4000):
                sent.append(1)
                yield b"[" * 65536

        return pieces()

    sent: list[int] = []
    async with client(token=TOKEN) as http:
        long = b"x" * (guard.LONGEST_BODY + 1)
        assert_problem(await http.post("/v1/limits", content=long), 413, "too-large")
        assert_problem(await http.post("/v1/limits", content=endless()), 413, "too-large")
        assert_problem(await http.post("/v1/nothing", content=long), 413, "too-large")
        assert_problem(await http.post("/v1/limits", content=b"{}"), 401, "unauthorized")
    assert len(sent) <= 1 + 2 * guard.LONGEST_BODY // 65536


async def test_the_longest_report_fits(client: Client) -> None:
    record = dict.fromkeys(NewLeakRecord.model_fields, "1" * 20) | {"note": "检" * 100}
    whole = {"records": [record] * MAX_RECORDS}
    async with client(token=TOKEN, headers={"Authorization": f"Bearer {TOKEN}"}) as http:
        assert_problem(await http.post("/v1/ldar/records", json=whole), 422, "validation")


async def test_a_body_that_does_not_come_is_not_waited_for(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    monkeypatch.setattr(guard, "PATIENCE_S", 0.05)
    async with client(token=TOKEN) as http:
        assert_problem(await http.post("/v1/limits", content=never()), 408, "too-slow")


async def test_answers_say_what_browsers_may_do_with_them(client: Client) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    async with client(token=TOKEN, headers=bearer) as http:
        for path in ("/v1/alerts", "/v1/nothing", "/metrics", "/openapi.json", "/health/live", "/docs", "/about"):
            answer = await http.get(path)
            assert answer.headers["x-content-type-options"] == "nosniff", path
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path
            assert answer.headers["referrer-policy"] == "same-origin", path
        assert (await http.get("/v1/alerts")).headers["cache-control"] == "private, no-store"
        report = await http.get("/v1/reports/ule", params={"month": "2026-11", "format": "html"})
        assert report.headers["content-type"].startswith("text/html")
        assert "script-src" not in report.headers["content-security-policy"]
        assert report.headers["content-security-policy"].startswith("default-src 'none'")


async def test_without_a_token_only_this_machine_by_its_own_name_is_let_in(client: Client) -> None:
    """A page whose site has its name pointed at 127.0.0.1 is of one origin with what it asks, for a browser."""
    rebound = {**EVIL, "Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}
    async with client() as http:
        for headers in (EVIL, rebound, {**EVIL, "Authorization": "Bearer x"}, {"Host": ""}, {"Host": "[::1"}):
            assert_problem(await http.get("/v1/alerts", headers=headers), 401, "unauthorized")
            assert_problem(await http.post("/v1/limits", json={}, headers=headers), 401, "unauthorized")
        for host in ("localhost:8080", "127.0.0.1", "[::1]:8080"):
            assert (await http.get("/v1/alerts", headers={"Host": host})).status_code == 200, host


async def test_without_a_token_a_reverse_proxy_lets_nobody_in(client: Client) -> None:
    async with client() as http:
        transport = http._transport
        assert isinstance(transport, httpx.ASGITransport)
        transport.client = ("203.0.113.9", 4711)
        assert_problem(await http.get("/v1/alerts"), 401, "unauthorized")
        transport.client = ("::ffff:127.0.0.1", 4711)
        assert (await http.get("/v1/alerts")).status_code == 200
