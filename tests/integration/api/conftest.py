"""A small city in the database, and clients of the application over it."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from api.app import create_app
from api.settings import ApiSettings
from domain.accounts import Role
from ingest.passwords import hash_password
from storage import accounts as store
from storage.database import Connection, Database

#: 2026-11-02 08:00 in Wuhai; the hour that most rows are about starts here.
HOUR_AT = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)
NOW = HOUR_AT + timedelta(hours=3)
TOKEN = "operator-secret"
PASSWORDS = {"hx-coking": "hx-password", "ly-chem": "ly-密码"}
#: Accounts of people by their login, and what each of them has as its password.
PEOPLE = {"vera": Role.VIEWER, "dan": Role.DUTY, "lea": Role.LEAD, "ada": Role.ADMIN}
PASSWORD = "a-long-password"
HASH = hash_password(PASSWORD)
SOON = (NOW + timedelta(hours=2)).isoformat()

Client = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]

REGISTERS = """
insert into district values ('wuda', '乌达区'), ('hainan', '海南区');
insert into city values ('wuhai', '乌海市');
insert into enterprise (code, name, district, industry, is_industrial, registered_from) values
    ('hx-coking', '海西焦化', 'wuda', 'coking', true, '2026-11-01'),
    ('ly-chem', '绿源化工', 'hainan', 'chemical', true, '2026-11-01');
insert into outlet (enterprise_id, code, name, process, in_service_from) values
    (1, 'S1', '焦炉烟囱', 'coke_oven_stack', '2026-11-01');
insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, outlet_id, counter_digits,
                   counter_scale, in_service_from) values
    (1, 'S1-SO2', '二氧化硫', 'instantaneous', 'so2', 'mg/m3', 60, 1, null, null, '2026-11-01'),
    (1, 'S1-O2', '氧', 'instantaneous', 'o2', '%', 60, 1, null, null, '2026-11-01'),
    (1, 'W-01', '取水', 'counter', 'water_volume', 'm3', 300, null, 8, 0.1, '2026-11-01'),
    (2, 'W-01', '取水', 'counter', 'water_volume', 'm3', 300, null, 8, 0.1, '2026-11-01');
insert into component (enterprise_id, code, name, unit_name, kind, medium, in_service_from, exempt_clause) values
    (1, 'V-1', '阀1', '苯加氢', 'valve', 'gas', '2026-01-01', null),
    (1, 'V-2', '阀2', '苯加氢', 'valve', 'gas', '2026-01-01', null),
    (2, 'P/1', '泵1', '合成', 'pump', 'light_liquid', '2026-01-01', '5.1 a');
insert into rule (rule_id, version, pack, title, evaluator, standard, clause, status, document_status, confidence,
                  enabled, severity, definition) values
    ('ule.coke_oven_stack.so2.hourly', 1, 'ule', '二氧化硫', 'hourly_limit', '环大气', '表1', 'law', 'issued', 'high',
     true, 'critical', '{"limit": 30}'),
    ('ule.coke_oven_stack.so2.monthly', 1, 'ule', '二氧化硫', 'monthly_share', '环大气', '表1', 'law', 'issued', 'high',
     true, 'warning', '{}'),
    ('water.meter_installation_rate', 1, 'water', '安装率', 'installation_rate', '方案', '一', 'policy', 'draft',
     'high', true, 'warning', '{}');
insert into target (target_id, document, document_status, indicator, operator, value, unit, target_year, bureau, domain,
                    check_mode, quote, note) values
    ('T001', 'coking', '征求意见稿', '安装率', '=', 100, '%', 2025, '市水务局', 'water', 'auto', '达到100%', ''),
    ('T002', 'coking', '征求意见稿', '综合', '>=', 'NaN', '%', 2025, '工信局', 'water;energy', 'manual', '…', ''),
    ('T003', 'park', '送审稿', '数字化', '', null, null, null, null, 'digital', 'display', '…', '');
insert into gateway_status values (1, 'gw1', true, '2026-11-02 00:00Z'), (2, 'gw1', false, '2026-11-02 01:00Z');
insert into station (enterprise_id, mn, name, gateway, edition, profile, crc, missing_flag, ignored, in_service_from)
    values (1, 'MN1', '数采仪', 'gw1', '2017', 'lenient', 'hj212', 'refuse', '{*/*-Min}', '2026-01-01'),
           (2, 'MN2', '数采仪', 'gw-9', '2025', 'strict', 'none', 'normal', '{}', '2026-01-01');
insert into station_secret values (1, 'hash', null, '2026-11-02 00:00Z'), (2, null, decode(repeat('30', 16), 'hex'),
    '2026-11-02 00:00Z');
insert into tag (enterprise_id, protocol, device, name, point_id, unit, scale, zero)
    values (1, 'hj212', 'MN1', '2011/a21026-Rtd', 1, 'mg/m3', 1, 0);
insert into tolerated_quirk values (1, 'MN1', '2026-11-02', 'crc_lower_case', 7), (2, 'MN2', '2026-11-03', 'x', 1);
insert into stray_message (door, sender, topic, received_at, payload, payload_size, reason)
    values ('hj212', 'MN9', '', '2026-11-02 00:00Z', '##00', 9000, 'unknown_station');
insert into accounting (enterprise_id, day, shard, messages, received, stored, duplicates, corrections, refused) values
    (1, '2026-11-01', 0, 2, 10, 10, 0, 0, 0), (1, '2026-11-02', 0, 5, 50, 40, 5, 3, 2),
    (1, '2026-11-02', 1, 1, 7, 7, 0, 0, 0), (2, '2026-11-02', 0, 1, 1, 0, 0, 0, 1);
insert into refused_message (enterprise_id, gateway, client_id, topic, received_at, payload, payload_size) values
    (1, 'gw1', 'c1', 'plantwatch/v1/hx-coking/gw1/readings', '2026-11-02 00:00Z', '好', 3),
    (1, null, 'c1', 'x', '2026-11-02 01:00Z', '\\xff00fe', 3),
    (2, 'gw1', 'c2', 'plantwatch/v1/ly-chem/gw1/readings', '2026-11-02 02:00Z', '[]', 2);
insert into refusal values
    (1, 'unknown_point', 2, 'W-99', '已登记的测点'), (1, 'naive_time', 1, '2026-11-02T08:00:00', '带时区'),
    (2, 'bad_topic', 1, 'x', 'plantwatch/v1/…'), (3, 'bad_sample', 1, '[]', '对象');
"""


@pytest.fixture
async def city(database: Database) -> Database:
    """A migrated database with two enterprises and a few rows of everything that needs no story."""
    async with database.transaction() as connection:
        await connection.execute(REGISTERS)
        await connection.execute(
            "select ensure_reading_partitions_v1(%(from)s, %(to)s)",
            {"from": HOUR_AT - timedelta(days=2), "to": HOUR_AT + timedelta(days=2)},
        )
    return database


def listening() -> tuple[socket.socket, str]:
    """A socket to serve on and its URL: connections queue before the server accepts, so nobody has to wait for it."""
    door = socket.create_server(("127.0.0.1", 0), backlog=128)
    return door, f"http://127.0.0.1:{door.getsockname()[1]}"


class Accounts:
    """The outermost edge of access control: who is who."""

    async def authenticate(self, username: str | None, password: bytes | None) -> str | None:
        if username is None or password is None:
            return None
        known = PASSWORDS.get(username)
        return username if known is not None and known.encode() == password else None


@pytest.fixture
def client(city: Database) -> Client:
    """Opens a client of an application over the city; settings and headers by keyword."""
    return client_of(city)


def client_of(database: Database) -> Client:
    @asynccontextmanager
    async def opened(
        *,
        registry: CollectorRegistry | None = None,
        verifier: Any = None,
        headers: Any = None,
        auth: Any = None,
        **settings: Any,
    ) -> AsyncIterator[httpx.AsyncClient]:
        app = create_app(
            database,
            clock=lambda: NOW,
            settings=ApiSettings(**settings),
            registry=registry or CollectorRegistry(),
            verifier=verifier or Accounts(),
        )
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost", headers=headers, auth=auth
        ) as opened_client:
            yield opened_client

    return opened


@pytest.fixture
async def manned(city: Database) -> Database:
    """A firing alert (1) of hx-coking, one of ly-chem (2) that is over and was told, one (3) of which nobody was told;
    accounts of every role; two people in the roster."""
    async with city.transaction() as connection:
        finding = await insert_finding(connection)
        await insert_alert(connection, finding)
        over: dict[str, Any] = {"state": "resolved", "enterprise_id": 2, "resolved_at": HOUR_AT + timedelta(hours=2)}
        await insert_alert(connection, finding, subject="point:ly-chem/W-01", severity="warning", **over)
        await insert_alert(connection, finding, subject="point:ly-chem/W-02", severity="info", **over)
        await connection.execute("update alert set notified_at = %(at)s where alert_id in (1, 2)", {"at": HOUR_AT})
        await connection.execute(
            "insert into person (code, name, active) values ('wang-wei', '王维', true), ('gone', '李白', false)"
        )
        for login, role in PEOPLE.items():
            account = store.NewAccount(login, login.title(), role, HASH)
            await store.insert_account(connection, account, by="test", at=NOW)
    return city


@asynccontextmanager
async def as_person(client: Client, login: str | None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a person or an enterprise; of None with the operators' token."""
    if login is None:
        async with client(token=TOKEN, headers={"Authorization": f"Bearer {TOKEN}"}) as http:
            yield http
    else:
        async with client(token=TOKEN, auth=(login, PASSWORDS.get(login, PASSWORD))) as http:
            yield http


async def insert_finding(connection: Connection, **changes: Any) -> int:
    """A finding of the hourly rule on outlet S1, changed as told; gives its id."""
    row = {
        "rule_id": "ule.coke_oven_stack.so2.hourly",
        "subject": "outlet:hx-coking/S1",
        "enterprise_id": 1,
        "period_start": HOUR_AT,
        "period_end": HOUR_AT + timedelta(hours=1),
        "verdict": "violation",
        "reason": "over_limit",
        "value": 33.4,
        "limit_value": 30.0,
        "unit": "mg/m3",
        "evidence": '{"valid_minutes": 60}',
        "computed_at": HOUR_AT + timedelta(hours=1, minutes=10),
        "superseded_at": None,
        "superseded_by": None,
    } | changes
    cursor = await connection.execute(
        "insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason,"
        " value, limit_value, unit, evidence, computed_at, superseded_at, superseded_by) values (%(rule_id)s, 1,"
        " %(subject)s, %(enterprise_id)s, %(period_start)s, %(period_end)s, %(verdict)s, %(reason)s, %(value)s,"
        " %(limit_value)s, %(unit)s, %(evidence)s, %(computed_at)s, %(superseded_at)s, %(superseded_by)s)"
        " returning finding_id",
        row,
    )
    found = await cursor.fetchone()
    assert found is not None
    return int(found[0])


async def insert_alert(connection: Connection, finding_id: int, **changes: Any) -> int:
    """A firing alert on outlet S1, changed as told; gives its id."""
    row = {
        "rule_id": "ule.coke_oven_stack.so2.hourly",
        "subject": "outlet:hx-coking/S1",
        "enterprise_id": 1,
        "severity": "critical",
        "state": "firing",
        "occurred_at": HOUR_AT,
        "resolved_at": None,
        "finding_id": finding_id,
    } | changes
    cursor = await connection.execute(
        "insert into alert (rule_id, subject, enterprise_id, severity, state, title, summary, details, occurred_at,"
        " detected_at, fired_at, last_seen_at, resolved_at, finding_id) values (%(rule_id)s, %(subject)s,"
        " %(enterprise_id)s, %(severity)s, %(state)s, '二氧化硫超标', '折算浓度 33.4', '{}', %(occurred_at)s,"
        " %(occurred_at)s, %(occurred_at)s, %(occurred_at)s, %(resolved_at)s, %(finding_id)s) returning alert_id",
        row,
    )
    found = await cursor.fetchone()
    assert found is not None
    return int(found[0])


def assert_problem(response: httpx.Response, status: int, name: str) -> dict[str, Any]:
    """The response is a problem of this kind; gives its body."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["type"] == f"urn:plantwatch:problem:{name}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body
