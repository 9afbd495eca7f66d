"""Whatever goes wrong is a problem document that says what was expected."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from api.app import create_app
from api.settings import ApiSettings
from storage.database import Database
from tests.integration.api.conftest import NOW, Accounts, Client, assert_problem, client_of, insert_finding

SQL_ISH = ["'; drop table finding; --", "1 or 1=1", "%' union select 1--", "\x00", "x" * 2000, "𝕊", "{}", "%s"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/readings?point=S1-SO2&enterprise=hx-coking&from=2026-11-02T08:00:00&to=2026-11-02T09:00:00Z", "from"),
        ("/v1/hourly?point=S1-SO2&enterprise=hx-coking&from=2026-11-02T08:00:00Z", "to"),
        ("/v1/hourly?point=S1-SO2&enterprise=hx-coking&from=2026-11-02T08:00:00Z&to=2026-11-02T08:00:00Z", "to"),
        ("/v1/hourly?point=S1-SO2&from=2026-11-02T08:00:00Z&to=2026-11-02T09:00:00Z", "enterprise"),
        ("/v1/findings?as_known_at=2026-11-02", "as_known_at"),
        ("/v1/findings?from=1762041600", "from"),
        ("/v1/findings?verdict=guilty", "verdict"),
        ("/v1/findings?subject=moon:1", "subject"),
        ("/v1/findings?limit=0", "limit"),
        ("/v1/findings?limit=1001", "limit"),
        ("/v1/findings?limit=many", "limit"),
        ("/v1/findings?cursor=AAAA", "cursor"),
        ("/v1/findings?form=2026-11-02T08:00:00Z", "form"),
        ("/v1/findings?limit=1&limit=2", "limit"),
        ("/v1/findings/0", "finding_id"),
        ("/v1/findings/9223372036854775808", "finding_id"),
        ("/v1/findings/x", "finding_id"),
        ("/v1/coverage?day=2026-11-02T00:00:00Z", "day"),
        ("/v1/emissions?month=2026-13", "month"),
        ("/v1/rejects?reason=none", "reason"),
        ("/v1/enterprises/HX", "code"),
        ("/v1/alerts?state=open", "state"),
    ],
)
async def test_bad_parameters_are_named_with_what_was_expected(client: Client, path: str, name: str) -> None:
    async with client() as http:
        problem = assert_problem(await http.get(path), 422, "validation")
    assert [item["name"] for item in problem["errors"]] == [name]
    assert problem["errors"][0]["in"] in ("query", "path")
    assert problem["errors"][0]["expected"]


@pytest.mark.parametrize("text", SQL_ISH)
async def test_sql_in_parameters_is_just_text(client: Client, city: Database, text: str) -> None:
    questions: list[tuple[str, dict[str, str]]] = [
        ("/v1/points", {"enterprise": text}),
        ("/v1/points", {"quantity": text}),
        ("/v1/readings", {"enterprise": text, "point": text, "from": text, "to": text}),
        ("/v1/findings", {"rule": text}),
        ("/v1/findings", {"subject": f"outlet:{text}"}),
        ("/v1/findings", {"cursor": text}),
        ("/v1/alerts", {"rule": text}),
        ("/v1/ldar", {"status": text}),
        ("/v1/targets", {"document": text, "domain": text, "mode": text}),
    ]
    async with client() as http:
        for path, params in questions:
            response = await http.get(path, params=params)
            assert response.status_code in (200, 422), (path, response.text)
            if response.status_code == 422:
                assert_problem(response, 422, "validation")
            else:
                assert response.json()["items"] == []
        assert len((await http.get("/v1/rules")).json()["items"]) == 3


async def test_unknown_enterprises_are_not_found_everywhere(client: Client) -> None:
    span = {"from": "2026-11-02T00:00:00Z", "to": "2026-11-03T00:00:00Z", "point": "S1-SO2"}
    async with client() as http:
        for path in ("points", "findings", "alerts", "ldar", "accounting", "rejects", "gateways", "readings", "hourly"):
            params = {"enterprise": "nobody", **(span if path in ("readings", "hourly") else {})}
            problem = assert_problem(await http.get(f"/v1/{path}", params=params), 404, "not-found")
            assert "nobody" in problem["detail"]
        assert_problem(await http.get("/v1/enterprises/nobody"), 404, "not-found")


async def test_paths_and_methods_that_do_not_exist(client: Client) -> None:
    async with client() as http:
        assert_problem(await http.get("/v1/nothing"), 404, "not-found")
        assert_problem(await http.get("/nothing"), 404, "not-found")
        assert_problem(await http.get("/docs-assets/nothing.js"), 404, "not-found")
        response = await http.delete("/v1/findings")
        assert_problem(response, 405, "method-not-allowed")
        assert response.headers["allow"] == "GET"


async def test_a_mistake_of_ours_is_a_problem_without_particulars(client: Client, city: Database) -> None:
    async with city.transaction() as connection:
        await connection.execute("alter table target rename to gone")
    async with client() as http:
        problem = assert_problem(await http.get("/v1/targets"), 500, "internal")
    assert "target" not in problem["detail"]


async def test_a_heavy_question_is_stopped_and_the_connection_comes_back_clean(client: Client, city: Database) -> None:
    async with city.transaction() as connection:
        await insert_finding(connection)
        await connection.execute(
            "create function slow(text) returns text language plpgsql volatile as"
            " $$ begin perform pg_sleep(30); return $1; end $$;"
            "alter table gateway_status rename to gateway_status_table;"
            "create view gateway_status as select enterprise_id, slow(gateway) as gateway, online, changed_at"
            " from gateway_status_table"
        )
    async with client(statement_timeout_s=0.05) as http:
        assert_problem(await http.get("/v1/gateways"), 503, "query-timeout")
        assert (await http.get("/v1/findings")).status_code == 200
    async with city.transaction() as connection:
        cursor = await connection.execute(
            "select current_setting('statement_timeout'), current_setting('transaction_read_only')"
        )
        assert await cursor.fetchone() == ("0", "off")


async def test_a_get_cannot_write(client: Client, city: Database) -> None:
    async with city.transaction() as connection:
        await connection.execute(
            "create function sneak(text) returns text language plpgsql volatile as"
            " $$ begin delete from target; return $1; end $$;"
            "alter table gateway_status rename to gateway_status_table;"
            "create view gateway_status as select enterprise_id, sneak(gateway) as gateway, online, changed_at"
            " from gateway_status_table"
        )
    async with client() as http:
        assert_problem(await http.get("/v1/gateways"), 500, "internal")
        assert len((await http.get("/v1/targets")).json()["items"]) == 3


async def test_a_database_that_is_away_is_a_503_for_questions_but_not_for_the_process() -> None:
    async with Database("postgresql://nobody@127.0.0.1:1/none?connect_timeout=1", min_size=0) as away:
        away._pool.timeout = 0.2
        async with client_of(away)(ready_timeout_s=0.3) as http:
            response = await http.get("/v1/rules")
            assert_problem(response, 503, "database-unavailable")
            assert response.headers["retry-after"]
            assert "127.0.0.1" not in response.text
            assert (await http.get("/health/live")).json() == {"status": "live"}
            problem = assert_problem(await http.get("/health/ready"), 503, "not-ready")
            assert problem["reasons"] == ["database: 数据库暂不可用"]
            assert "plantwatch_state_readable 0.0" in (await http.get("/metrics")).text


async def test_ready_says_which_migration_is_missing(client: Client, city: Database, empty_database_url: str) -> None:
    async with client() as http:
        assert (await http.get("/health/ready")).json() == {"status": "ready"}
    async with Database(empty_database_url) as empty, client_of(empty)() as http:
        problem = assert_problem(await http.get("/health/ready"), 503, "not-ready")
    assert any("0001_create_schema.sql" in reason for reason in problem["reasons"])


async def test_an_answer_is_sent_only_after_the_commit(city: Database) -> None:
    """A commit that fails must not have answered 200 before."""
    async with city.transaction() as connection:
        finding = await insert_finding(connection)
        await connection.execute(
            "insert into alert (rule_id, subject, severity, state, title, summary, details, occurred_at, detected_at,"
            " last_seen_at, finding_id) values ('r', 'city:wuhai', 'info', 'firing', 't', 's', '{}', %(at)s, %(at)s,"
            " %(at)s, %(finding)s)",
            {"at": NOW - timedelta(hours=1), "finding": finding},
        )
        await connection.execute(
            "create function refuse() returns trigger language plpgsql as"
            " $$ begin raise exception 'refused at commit'; end $$;"
            "create constraint trigger refuse after insert on alert_event deferrable initially deferred"
            " for each row execute function refuse()"
        )
    async with client_of(city)() as http:
        body: dict[str, Any] = {"actor": "a", "comment": ""}
        assert_problem(await http.post("/v1/alerts/1/acknowledge", json=body), 500, "internal")
        assert (await http.get("/v1/alerts/1")).json()["acknowledged_at"] is None


async def test_the_mistake_is_raised_again_for_the_log(city: Database) -> None:
    async with city.transaction() as connection:
        await connection.execute("alter table target rename to gone")
    app = create_app(city, clock=lambda: NOW, settings=ApiSettings(), registry=CollectorRegistry(), verifier=Accounts())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as http:
        with pytest.raises(Exception, match="target"):
            await http.get("/v1/targets")
