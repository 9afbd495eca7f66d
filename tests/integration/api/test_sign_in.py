"""Coming in at the desk: passwords, sessions, waits, and requests that other sites send in somebody's name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import psycopg
import pytest
from prometheus_client import CollectorRegistry

from api.auth import COOKIE, Auth, SignInRefused, network_of
from domain.accounts import IDLE, LONGEST_SESSION, Role
from ingest.passwords import Passwords, hash_password, verify_password
from storage import accounts as store
from storage.database import Database, fetch_all
from tests.integration.api.conftest import NOW, PASSWORDS, TOKEN, Accounts, Client, assert_problem

PASSWORD = "wang-wei-密码-1"
HASH = hash_password(PASSWORD)
DESK = "10.0.0.7"

Hire = Callable[..., Awaitable[None]]


@pytest.fixture
def hire(city: Database) -> Hire:
    """Makes an account with PASSWORD."""

    async def hired(login: str = "wang.wei", role: Role = Role.DUTY, name: str = "王维") -> None:
        async with city.transaction() as connection:
            account = store.NewAccount(login, name, role, HASH, person=login.replace(".", "-"))
            await store.insert_account(connection, account, by="test", at=NOW)

    return hired


class Wall:
    """The machine's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def on(self, span: timedelta) -> None:
        self.now += span


class Counted:
    """Checks hashes and counts it."""

    def __init__(self) -> None:
        self.checked = 0

    def __call__(self, stored: str, password: bytes) -> bool:
        self.checked += 1
        return verify_password(stored, password)


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def auth(city: Database, wall: Wall, registry: CollectorRegistry) -> Auth:
    return Auth(city, Accounts(), wall=wall, clock=lambda: NOW, registry=registry)


async def test_a_person_comes_in_and_goes(auth: Auth, hire: Hire, city: Database) -> None:
    await hire()
    token = await auth.sign_in("Wang.Wei ", PASSWORD, DESK)
    found = await auth.session_of(token, DESK)
    assert found is not None
    actor = found.actor
    assert (actor.name, actor.role, actor.account, actor.person) == ("王维", Role.DUTY, "wang.wei", "wang-wei")
    assert (actor.enterprise, actor.address) == (None, DESK)
    async with city.transaction() as connection:
        (row,) = await fetch_all(connection, "select token_hash, csrf from desk_session")
    assert token.encode() not in row["token_hash"]
    assert row["csrf"] != token
    await auth.sign_out(token)
    assert await auth.session_of(token) is None
    assert await auth.session_of("") is None
    assert await auth.session_of("x" * 5000) is None


async def test_an_enterprise_comes_in_with_its_own_account(auth: Auth, hire: Hire) -> None:
    token = await auth.sign_in("hx-coking", PASSWORDS["hx-coking"], DESK)
    found = await auth.session_of(token)
    assert found is not None
    assert (found.actor.role, found.actor.enterprise, found.actor.name) == (Role.ENTERPRISE, "hx-coking", "海西焦化")


async def test_sessions_end_by_idleness_age_sign_out_and_disabling(
    auth: Auth, hire: Hire, city: Database, wall: Wall
) -> None:
    await hire()
    idle = await auth.sign_in("wang.wei", PASSWORD, DESK)
    wall.on(IDLE)
    assert await auth.session_of(idle) is None
    used = await auth.sign_in("wang.wei", PASSWORD, DESK)
    for _ in range(int(LONGEST_SESSION / timedelta(hours=6)) - 1):
        wall.on(timedelta(hours=6))
        assert await auth.session_of(used) is not None
    wall.on(timedelta(hours=6))
    assert await auth.session_of(used) is None
    disabled = await auth.sign_in("wang.wei", PASSWORD, DESK)
    async with city.transaction() as connection:
        await store.set_disabled(connection, "wang.wei", wall())
    assert await auth.session_of(disabled) is None
    with pytest.raises(SignInRefused, match="登录名或密码不正确"):
        await auth.sign_in("wang.wei", PASSWORD, DESK)


async def test_a_changed_role_counts_from_the_next_request(auth: Auth, hire: Hire, city: Database) -> None:
    await hire()
    token = await auth.sign_in("wang.wei", PASSWORD, DESK)
    async with city.transaction() as connection:
        await store.set_role(connection, "wang.wei", Role.VIEWER)
    found = await auth.session_of(token)
    assert found is not None
    assert found.actor.role is Role.VIEWER


async def test_a_session_that_was_put_into_the_browser_ends_at_sign_in(auth: Auth, hire: Hire) -> None:
    """Session fixation: the token after signing in is a new one, and the old one is no use to whoever planted it."""
    await hire()
    await hire("mallory", name="马洛")
    planted = await auth.sign_in("mallory", PASSWORD, DESK)
    token = await auth.sign_in("wang.wei", PASSWORD, DESK, replaces=planted)
    assert token != planted
    assert await auth.session_of(planted) is None
    found = await auth.session_of(token)
    assert found is not None
    assert found.actor.account == "wang.wei"


async def test_every_attempt_costs_one_check_of_one_hash(city: Database, hire: Hire, wall: Wall) -> None:
    """So that neither the answer nor its time says which logins exist."""
    await hire()
    await hire("gone")
    async with city.transaction() as connection:
        await store.set_disabled(connection, "gone", NOW)
    counted = Counted()

    class Plants:
        async def authenticate(self, username: str | None, password: bytes | None) -> str | None:
            counted("$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$Zm9v", password or b"")
            return None

    auth = Auth(
        city,
        Plants(),
        wall=wall,
        clock=lambda: NOW,
        registry=CollectorRegistry(),
        passwords=Passwords(verify=counted),
    )
    said = set()
    for number, login in enumerate(["wang.wei", "gone", "nobody", "hx-coking", "Not a login!", "王维", ""], 1):
        with pytest.raises(SignInRefused) as refused:
            await auth.sign_in(login, "wrong-password", DESK)
        said.add(str(refused.value))
        assert counted.checked == number, login
    assert said == {"登录名或密码不正确"}


async def test_guessing_gets_slower_and_shuts_nobody_out(auth: Auth, hire: Hire, wall: Wall) -> None:
    await hire()
    await auth.sign_in("wang.wei", PASSWORD, DESK)
    wall.on(timedelta(days=1))
    refused = []
    for _ in range(30):
        with pytest.raises(SignInRefused) as error:
            await auth.sign_in("wang.wei", "wrong-password", "192.0.2.66")
        refused.append(error.value.retry_after_s)
    assert refused[:5] == [None] * 5
    assert set(refused[5:]) == {1}
    # the guesser waits, also with the right password; the one whose login it is does not
    with pytest.raises(SignInRefused, match="秒后再试"):
        await auth.sign_in("wang.wei", PASSWORD, "192.0.2.66")
    assert await auth.sign_in("wang.wei", PASSWORD, DESK)
    # nobody waits for longer than a minute
    for _ in range(40):
        wall.on(timedelta(minutes=1))
        with pytest.raises(SignInRefused, match="不正确"):
            await auth.sign_in("wang.wei", "wrong-password", "192.0.2.66")


async def test_a_browser_that_came_in_is_known_wherever_it_is_carried(auth: Auth, hire: Hire, wall: Wall) -> None:
    """A telephone gets another address each night; whoever guesses at its owner's login keeps it from nothing."""
    await hire()
    await auth.sign_in("wang.wei", PASSWORD, DESK, device="the-browser")
    wall.on(timedelta(days=1))
    for number in range(25):
        with pytest.raises(SignInRefused):
            await auth.sign_in("wang.wei", "wrong-password", f"192.0.2.{number}", device=f"guessed-{number}")
    for device in (None, "another-browser"):
        with pytest.raises(SignInRefused, match="秒后再试"):
            await auth.sign_in("wang.wei", PASSWORD, "198.51.100.7", device=device)
    assert await auth.sign_in("wang.wei", PASSWORD, "198.51.100.7", device="the-browser")
    # who has taken the browser guesses no faster than at an address, wherever from
    waits = []
    for number in range(8):
        with pytest.raises(SignInRefused) as refused:
            await auth.sign_in("wang.wei", "wrong-password", f"203.0.113.{number}", device="the-browser")
        waits.append(refused.value.retry_after_s)
    assert waits == [None] * 5 + [1] * 3


async def test_a_house_with_a_network_of_addresses_is_one_guesser(auth: Auth, hire: Hire) -> None:
    await hire()
    waits = []
    for number in range(7):
        with pytest.raises(SignInRefused) as refused:
            await auth.sign_in("wang.wei", "wrong-password", f"2001:db8:1:2::{number + 1:x}")
        waits.append(refused.value.retry_after_s)
    assert waits == [None] * 5 + [1] * 2
    with pytest.raises(SignInRefused, match="不正确"):
        await auth.sign_in("wang.wei", "wrong-password", "2001:db8:1:3::1")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("x" * 500) == "x" * 64


async def test_a_line_of_the_audit_log_is_neither_changed_nor_removed(auth: Auth, hire: Hire, city: Database) -> None:
    await hire()
    await auth.sign_in("wang.wei", PASSWORD, DESK)
    for statement in ("update audit set actor = 'x'", "delete from audit", "truncate audit"):
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            async with city.transaction() as connection:
                await connection.execute(statement)


async def test_many_attempts_at_once_do_not_slip_through(auth: Auth, hire: Hire, registry: CollectorRegistry) -> None:
    await hire()
    await asyncio.gather(
        *(auth.sign_in("wang.wei", f"wrong-password-{n}", DESK) for n in range(20)), return_exceptions=True
    )

    def count(outcome: str) -> float | None:
        return registry.get_sample_value("plantwatch_sign_ins_total", {"outcome": outcome})

    assert (count("wrong"), count("throttled"), count("ok")) == (5, 15, 0)


async def test_a_password_typed_as_the_login_is_not_kept(auth: Auth, city: Database) -> None:
    with pytest.raises(SignInRefused):
        await auth.sign_in("My Secret Password", "x", DESK)
    async with city.transaction() as connection:
        kept = str(await fetch_all(connection, "select * from sign_in_failure"))
        kept += str(await fetch_all(connection, "select * from audit"))
    assert "ecret" not in kept


async def test_no_secret_is_in_the_audit_log(auth: Auth, hire: Hire, city: Database) -> None:
    await hire()
    token = await auth.sign_in("wang.wei", PASSWORD, DESK)
    with pytest.raises(SignInRefused):
        await auth.sign_in("wang.wei", PASSWORD + "x", DESK)
    await auth.sign_out(token)
    async with city.transaction() as connection:
        rows = await fetch_all(connection, "select * from audit order by audit_id")
    assert [(row["action"], row["object"], row["outcome"]) for row in rows] == [
        ("sign_in", "account:wang.wei", "done"),
        ("sign_in", "account:wang.wei", "refused"),
        ("sign_out", "account:wang.wei", "done"),
    ]
    assert PASSWORD not in str(rows)
    assert token not in str(rows)


async def test_a_cookie_reads_but_changes_nothing_without_its_csrf_token(
    client: Client, city: Database, hire: Hire
) -> None:
    await hire(role=Role.LEAD)
    auth = Auth(city, Accounts(), wall=lambda: NOW, clock=lambda: NOW, registry=CollectorRegistry())
    token = await auth.sign_in("wang.wei", PASSWORD, DESK)
    found = await auth.session_of(token)
    assert found is not None
    cookie = {"Cookie": f"{COOKIE}={token}"}
    own = {**cookie, "X-CSRF-Token": found.csrf}
    body = {"rule_id": "x"}
    async with client(token=TOKEN) as http:
        assert (await http.get("/v1/alerts", headers=cookie)).status_code == 200
        assert_problem(await http.get("/v1/alerts", headers={"Cookie": f"{COOKIE}={token}x"}), 401, "unauthorized")
        for headers in (
            cookie,
            {**cookie, "X-CSRF-Token": "wrong"},
            {**cookie, "X-CSRF-Token": token},
            {**own, "Origin": "https://evil.example"},
            {**own, "Origin": "null"},
            {**own, "Sec-Fetch-Site": "cross-site"},
            {**own, "Sec-Fetch-Site": "same-site"},
        ):
            refused = await http.post("/v1/limits", json=body, headers=headers)
            assert_problem(refused, 403, "forbidden")
        for more in ({}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}):
            assert (await http.post("/v1/limits", json=body, headers={**own, **more})).status_code == 422


async def test_another_site_cannot_use_an_open_api(client: Client, city: Database) -> None:
    async with client() as http:
        crossed = {"Origin": "https://evil.example"}
        assert_problem(await http.post("/v1/limits", json={}, headers=crossed), 403, "forbidden")
        assert (await http.post("/v1/limits", json={})).status_code == 422


async def test_people_come_by_basic_too(client: Client, hire: Hire) -> None:
    await hire()
    async with client(token=TOKEN) as http:
        assert (await http.get("/v1/enterprises", auth=("wang.wei", PASSWORD))).status_code == 200
        for _ in range(5):
            assert_problem(await http.get("/v1/alerts", auth=("wang.wei", "wrong-password")), 401, "unauthorized")
        waits = await http.get("/v1/alerts", auth=("wang.wei", "wrong-password"))
        assert_problem(waits, 429, "too-many")
        assert waits.headers["retry-after"] == "1"
        # what was right before goes on
        assert (await http.get("/v1/enterprises", auth=("wang.wei", PASSWORD))).status_code == 200


async def test_waits_do_not_tell_which_logins_there_are(client: Client, city: Database, hire: Hire) -> None:
    await hire()
    await hire("gone")
    async with city.transaction() as connection:
        await store.set_disabled(connection, "gone", NOW)
    async with client(token=TOKEN) as http:
        answers = {
            login: [(await http.get("/v1/alerts", auth=(login, "wrong-password"))) for _ in range(6)]
            for login in ("wang.wei", "gone", "nobody", "Not a login")
        }
    told = {
        login: [(answer.status_code, answer.text, answer.headers.get("retry-after")) for answer in given]
        for login, given in answers.items()
    }
    assert [status for status, _, _ in told["wang.wei"]] == [401] * 5 + [429]
    assert all(given == told["wang.wei"] for given in told.values())


async def test_a_script_may_begin_with_many_requests_at_once(client: Client, hire: Hire) -> None:
    await hire()
    async with client(token=TOKEN, auth=("wang.wei", PASSWORD)) as http:
        answers = await asyncio.gather(*(http.get("/v1/session") for _ in range(12)))
    assert {answer.status_code for answer in answers} == {200}
