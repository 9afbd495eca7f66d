"""`plantwatch account` as a person types it."""

from __future__ import annotations

from datetime import timedelta

from ingest.passwords import verify_password
from runtime.clock import system_clock
from storage import accounts as store
from storage.database import Connection, Database, fetch_all
from tests.integration.runtime.test_commands import plantwatch

ADD = ("account", "add", "wang.wei", "--name", "王维", "--role", "duty")
PASSWORD = "correct horse 电池"
PLANT = """
insert into district values ('wuda', '乌达区');
insert into enterprise (code, name, district, industry, is_industrial, registered_from)
values ('hx-coking', '海西焦化', 'wuda', 'coking', true, '2026-11-01');
"""


async def _signed_in(connection: Connection, **whose: int) -> None:
    now = system_clock()
    await store.insert_session(
        connection,
        token_hash=b"t" * 32,
        csrf="c",
        account_id=whose.get("account_id"),
        enterprise_id=whose.get("enterprise_id"),
        created_at=now,
        expires_at=now + timedelta(hours=24),
        address="10.0.0.7",
    )


async def test_an_account_from_the_first_to_the_last_day(database: Database, database_url: str) -> None:
    made = plantwatch(database_url, *ADD, given=PASSWORD + "\n")
    assert (made.returncode, made.stdout) == (0, ""), made.stderr
    assert plantwatch(database_url, *ADD, given=PASSWORD + "\n").returncode == 2
    async with database.transaction() as connection:
        found = await store.credentials(connection, "wang.wei")
        assert found is not None
        await _signed_in(connection, account_id=found.account_id)
    assert verify_password(found.password_hash, PASSWORD.encode())
    assert plantwatch(database_url, "account", "set-role", "wang.wei", "lead").returncode == 0
    assert plantwatch(database_url, "account", "list").stdout == "wang.wei  lead  王维\n"

    changed = plantwatch(database_url, "account", "set-password", "wang.wei", given="another one 2026\n")
    assert changed.returncode == 0, changed.stderr
    async with database.transaction() as connection:
        (row,) = await fetch_all(connection, "select ended_at from desk_session")
        found = await store.credentials(connection, "wang.wei")
    assert row["ended_at"] is not None
    assert found is not None
    assert verify_password(found.password_hash, b"another one 2026")

    assert plantwatch(database_url, "account", "disable", "wang.wei").returncode == 0
    assert "disabled" in plantwatch(database_url, "account", "list").stdout
    assert plantwatch(database_url, "account", "enable", "wang.wei").returncode == 0
    async with database.transaction() as connection:
        rows = await fetch_all(connection, "select object, detail, role, address from audit order by audit_id")
    assert [row["detail"]["command"] for row in rows] == ["add", "set-role", "set-password", "disable", "enable"]
    assert {(row["object"], row["role"], row["address"]) for row in rows} == {("account:wang.wei", "admin", "terminal")}
    assert PASSWORD not in str(rows)
    assert "argon2" not in str(rows)


async def test_what_makes_no_account(database: Database, database_url: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(PLANT)
    for arguments, given, said in [
        (ADD, "short\n", "10"),
        (ADD, "\n", "no password"),
        (("account", "add", "wang.weiwang", *ADD[3:]), "Wang.WeiWang\n", "登录名"),
        (("account", "add", "Wang Wei", *ADD[3:]), PASSWORD, "登录名 'Wang Wei'"),
        (("account", "add", "hx-coking", *ADD[3:]), PASSWORD, "一家企业的代码"),
        ((*ADD, "--person", "nobody"), PASSWORD, "没有人员 nobody"),
        ((*ADD[:-1], "enterprise"), PASSWORD, "哪一家企业"),
        ((*ADD, "--enterprise", "hx-coking"), PASSWORD, "才属于一家企业"),
        (("account", "set-role", "nobody", "lead"), "", "没有账号 nobody"),
        (("account", "disable", "nobody"), "", "没有账号 nobody"),
    ]:
        told = plantwatch(database_url, *arguments, given=given)
        assert told.returncode == 2, arguments
        assert said in told.stderr, told.stderr
    async with database.transaction() as connection:
        assert await store.list_accounts(connection, system_clock()) == []
        assert await fetch_all(connection, "select audit_id from audit") == []


async def test_a_new_mqtt_password_ends_the_enterprises_sessions(database: Database, database_url: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(PLANT)
        await _signed_in(connection, enterprise_id=1)
    made = plantwatch(database_url, "password", "hx-coking")
    assert made.returncode == 0, made.stderr
    async with database.transaction() as connection:
        (row,) = await fetch_all(connection, "select ended_at from desk_session")
        audited = str(await fetch_all(connection, "select * from audit"))
    assert row["ended_at"] is not None
    assert "enterprise:hx-coking" in audited
    assert made.stdout.strip() not in audited
