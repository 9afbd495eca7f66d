"""Accounts of people over HTTP: who may keep them, and what keeps the last administrator in."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from api.auth import Auth, SignInRefused
from domain.accounts import Role
from ingest.passwords import verify_password
from storage import accounts as store
from storage.database import Database, fetch_all
from tests.integration.api.conftest import NOW, TOKEN, Client, as_person, assert_problem

NEW = {"login": "li.na", "name": "李娜", "role": "duty", "person": "wang-wei"}
CHANGE = {name: value for name, value in NEW.items() if name != "login"}


async def test_only_administrators_keep_accounts(manned: Database, client: Client) -> None:
    for login in ("vera", "dan", "lea", "hx-coking"):
        async with as_person(client, login) as http:
            assert_problem(await http.get("/v1/users"), 403, "forbidden")
            assert_problem(await http.post("/v1/users", json=NEW), 403, "forbidden")
            for act, body in (("", CHANGE), ("/password", {}), ("/disable", {}), ("/enable", {}), ("/unlock", {})):
                assert_problem(await http.post(f"/v1/users/ada{act}", json=body), 403, "forbidden")
    async with manned.transaction() as connection:
        lines = await fetch_all(connection, "select outcome, action from audit where action = 'accounts'")
        assert len(await store.list_accounts(connection, NOW)) == 4
    assert {line["outcome"] for line in lines} == {"refused"}


async def test_an_account_from_beginning_to_end(manned: Database, client: Client) -> None:
    async with as_person(client, "ada") as http:
        made = (await http.post("/v1/users", json=NEW)).json()
        assert (made["role_name"], made["person"], len(made["password"])) == ("值班员", "wang-wei", 16)
        assert_problem(await http.post("/v1/users", json=NEW), 409, "conflict")
        auth: Auth = http._transport.app.state.auth  # type: ignore[attr-defined]
        token = await auth.sign_in("li.na", made["password"], "10.0.0.7")
        (row,) = [one for one in (await http.get("/v1/users")).json()["items"] if one["login"] == "li.na"]
        assert (row["last_sign_in_at"], "password" in row) == ("2026-11-02T03:00:00Z", False)

        changed = await http.post("/v1/users/li.na", json=CHANGE | {"role": "lead", "name": "李娜娜"})
        assert changed.status_code == 200, changed.text
        found = await auth.session_of(token)
        assert found is not None
        assert (found.actor.role, found.actor.name) == (Role.LEAD, "李娜娜")

        given = {"password": "a new long one 1"}
        assert (await http.post("/v1/users/li.na/password", json=given)).json()["password"] is None
        assert await auth.session_of(token) is None
        token = await auth.sign_in("li.na", given["password"], "10.0.0.7")
        assert (await http.post("/v1/users/li.na/disable", json={})).json()["disabled_at"] is not None
        assert await auth.session_of(token) is None
        assert_problem(await http.post("/v1/users/li.na/disable", json={}), 409, "conflict")
        assert (await http.post("/v1/users/li.na/enable", json={})).json()["disabled_at"] is None
        assert_problem(await http.post("/v1/users/li.na/enable", json={}), 409, "conflict")
        assert_problem(await http.post("/v1/users/nobody/enable", json={}), 404, "not-found")
    async with manned.transaction() as connection:
        lines = await fetch_all(connection, "select detail from audit where object = 'account:li.na' order by audit_id")
        found = await store.credentials(connection, "li.na")
    commands = [line["detail"].get("command") for line in lines if "command" in line["detail"]]
    assert commands == ["add", "set-role", "set-profile", "set-password", "disable", "enable"]
    assert made["password"] not in str(lines)
    assert given["password"] not in str(lines)
    assert found is not None
    assert verify_password(found.password_hash, given["password"].encode())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"person": "nobody"}, "没有人员 nobody"),
        ({"team": "nowhere"}, "没有值班组 nowhere"),
        ({"password": "short"}, "10 至 200"),
        ({"role": "enterprise"}, "哪一家企业"),
        ({"role": "enterprise", "enterprise": "nothing"}, "没有企业 nothing"),
        ({"enterprise": "hx-coking"}, "才属于一家企业"),
        ({"name": " "}, "姓名"),
    ],
)
async def test_what_makes_no_account(manned: Database, client: Client, changes: dict[str, str], said: str) -> None:
    async with as_person(client, "ada") as http:
        assert said in assert_problem(await http.post("/v1/users", json=NEW | changes), 422, "validation")["detail"]


async def test_the_last_administrator_stays(manned: Database, client: Client) -> None:
    last, other = "ada", {"login": "second", "name": "副管理员", "role": "admin", "password": "long enough 22"}
    async with as_person(client, last) as http:
        for act, body in (("", {"name": "x", "role": "lead"}), ("/disable", {})):
            told = assert_problem(await http.post(f"/v1/users/{last}{act}", json=body), 409, "conflict")
            assert "唯一在用的管理员" in told["detail"]
        assert (await http.post("/v1/users", json=other)).status_code == 200
        # each puts the other out at the same moment: one of them stays
        async with client(token=TOKEN, headers={"Authorization": f"Bearer {TOKEN}"}) as program:
            answers = await asyncio.gather(
                *(program.post(f"/v1/users/{login}/disable", json={"actor": "张三"}) for login in (last, "second"))
            )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_people_of_a_plant_have_accounts_of_their_own(manned: Database, client: Client) -> None:
    plant = {"login": "zhang.gong", "name": "张工", "role": "enterprise", "enterprise": "hx-coking"}
    async with as_person(client, "ada") as http:
        password = (await http.post("/v1/users", json=plant)).json()["password"]
        for changes in ({"role": "duty", "enterprise": None}, {"enterprise": "ly-chem"}):
            body = {name: value for name, value in (plant | changes).items() if name != "login"}
            assert_problem(await http.post("/v1/users/zhang.gong", json=body), 409, "conflict")
        auth: Auth = http._transport.app.state.auth  # type: ignore[attr-defined]
        token = await auth.sign_in("zhang.gong", password, "10.0.0.7")
        found = await auth.session_of(token)
        assert found is not None
        assert (found.actor.enterprise, found.actor.role, found.actor.name) == ("hx-coking", Role.ENTERPRISE, "张工")
    async with client(token=TOKEN, auth=httpx.BasicAuth("zhang.gong", password)) as http:
        mine = (await http.get("/v1/alerts")).json()["items"]
        assert {item["enterprise"] for item in mine} == {"hx-coking"}
        # the second time the password is remembered
        assert_problem(await http.get("/v1/alerts?enterprise=ly-chem"), 403, "forbidden")
        assert_problem(await http.get("/v1/roster"), 403, "forbidden")


async def test_somebody_who_mistyped_may_try_again_at_once(manned: Database, client: Client) -> None:
    async with as_person(client, "ada") as http:
        made: dict[str, Any] = (await http.post("/v1/users", json=NEW)).json()
        auth: Auth = http._transport.app.state.auth  # type: ignore[attr-defined]
        for _ in range(6):
            with pytest.raises(SignInRefused):
                await auth.sign_in("li.na", "wrong", "10.0.0.7")
        with pytest.raises(SignInRefused, match="过于频繁"):
            await auth.sign_in("li.na", made["password"], "10.0.0.7")
        assert (await http.post("/v1/users/li.na/unlock", json={})).json()["failures"] == 0
        assert await auth.sign_in("li.na", made["password"], "10.0.0.7")
