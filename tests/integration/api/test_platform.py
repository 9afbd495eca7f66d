"""Health, metrics, documentation without a CDN, and the whole through a real socket."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import httpx
import uvicorn
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from api.settings import ApiSettings
from storage.database import Database
from tests.integration.api.conftest import HOUR_AT, NOW, Accounts, Client, insert_alert, insert_finding, listening


def _samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_metrics_tell_the_accounting_law_and_the_work(client: Client, city: Database) -> None:
    async with city.transaction() as connection:
        earlier = await insert_finding(connection, period_start=HOUR_AT - timedelta(hours=1), verdict="compliant")
        newest = await insert_finding(connection)
        await insert_finding(connection, subject="outlet:hx-coking/S2", verdict="compliant")
        await insert_finding(connection, subject="outlet:hx-coking/S3", superseded_at=NOW)
        await insert_alert(connection, newest)
        await insert_alert(connection, newest, subject="x:y", state="resolved", resolved_at=NOW)
        await connection.execute("insert into dirty_hour (point_id, hour_at) values (1, %(at)s)", {"at": HOUR_AT})
        await connection.execute("insert into alert_work (finding_id) values (%(a)s), (%(a)s)", {"a": earlier})
        await connection.execute(
            "insert into reading values (1, %(at)s, 1, 'N', 1, %(at)s)", {"at": NOW - timedelta(seconds=90)}
        )
    registry = CollectorRegistry()
    Counter("plantwatch_test", "of the process", registry=registry).inc(3)
    async with client(registry=registry) as http:
        response = await http.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    samples = _samples(response.text)

    def value(name: str, **labels: str) -> float:
        return samples[name, frozenset(labels.items())]

    assert value("plantwatch_test_total") == 3
    assert value("plantwatch_state_readable") == 1
    for enterprise in ("hx-coking", "ly-chem"):
        items = {
            outcome: value("plantwatch_accounting_items", enterprise=enterprise, outcome=outcome)
            for outcome in ("received", "stored", "duplicates", "corrections", "refused")
        }
        assert items.pop("received") == sum(items.values())
        assert value("plantwatch_accounting_law_holds", enterprise=enterprise) == 1
    assert value("plantwatch_accounting_items", enterprise="hx-coking", outcome="received") == 67
    rule = "ule.coke_oven_stack.so2.hourly"
    assert value("plantwatch_findings_current", rule=rule, verdict="violation") == 1
    assert value("plantwatch_findings_current", rule=rule, verdict="compliant") == 1
    assert value("plantwatch_alerts_open", severity="critical") == 1
    assert value("plantwatch_alerts_open", severity="warning") == 0
    assert value("plantwatch_backlog_items", queue="dirty_hour") == 1
    assert value("plantwatch_backlog_items", queue="alert_work") == 2
    assert value("plantwatch_backlog_items", queue="rule_work") == 0
    assert value("plantwatch_backlog_items", queue="notification") == 0
    assert value("plantwatch_ingest_lag_seconds", enterprise="hx-coking") == 90
    assert value("plantwatch_ingest_lag_seconds", enterprise="ly-chem") == float("inf")


async def test_a_broken_law_shows(client: Client, city: Database) -> None:
    async with city.transaction() as connection:
        await connection.execute("alter table accounting drop constraint accounting_law")
        await connection.execute("update accounting set stored = stored - 1 where enterprise_id = 2")
    async with client() as http:
        samples = _samples((await http.get("/metrics")).text)
        items = (await http.get("/v1/accounting?enterprise=ly-chem")).json()["items"]
    assert samples["plantwatch_accounting_law_holds", frozenset({("enterprise", "ly-chem")})] == 0
    assert samples["plantwatch_accounting_law_holds", frozenset({("enterprise", "hx-coking")})] == 1
    assert [item["law_holds"] for item in items] == [False]


async def test_pages_load_nothing_from_elsewhere(client: Client) -> None:
    async with client() as http:
        for page in ("/docs", "/about"):
            text = (await http.get(page)).text
            assert not re.search(r"""(src|href)=["'](https?:)?//""", text), page
        docs = (await http.get("/docs")).text
        for address in re.findall(r"""(?:src|href)=["']([^"']+)["']""", docs):
            assert (await http.get(f"/{address}")).status_code == 200, address
        start = (await http.get("/about")).text
        links = re.findall(r"""href=["']([^"']+)["']""", start)
        assert "./" in links, "the duty desk, which stands in front of this application"
        for address in set(links) - {"./"}:
            assert (await http.get(f"/{address}")).status_code == 200, address
        assert 'lang="zh-CN"' in start


async def test_through_a_real_socket(city: Database) -> None:
    app = create_app(
        city,
        clock=lambda: NOW,
        settings=ApiSettings(token="t"),
        registry=CollectorRegistry(),
        verifier=Accounts(),
    )
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    door, url = listening()
    serving = asyncio.create_task(server.serve(sockets=[door]))
    try:
        async with httpx.AsyncClient(base_url=url) as http:
            assert (await http.get("/health/ready")).json() == {"status": "ready"}
            assert (await http.get("/v1/points")).status_code == 401
            headers = {"Authorization": "Bearer t"}
            # more questions at once than the pool has connections: they wait, nobody fails
            answers = await asyncio.gather(*(http.get("/v1/points", headers=headers) for _ in range(30)))
            assert {answer.status_code for answer in answers} == {200}
            whole = await http.get("/v1/rejects/2/payload", headers=headers)
            assert whole.content == b"\xff\x00\xfe"
    finally:
        server.should_exit = True
        await serving
