"""Accounts of people, who is signed in, and attempts to come in that failed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from domain.accounts import MEMORY, Failures, Role
from domain.errors import Conflict, NotFound
from storage.database import Connection
from storage.sql import queries

_SQL = queries("accounts_of_people")


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account without its password. enterprise: of a plant's own people; person, team: codes of the roster.

    last_sign_in_at: at the desk, within the last quarter; failures: attempts within `domain.accounts.MEMORY`.
    """

    account_id: int
    login: str
    name: str
    role: str
    enterprise: str | None
    person: str | None
    team: str | None
    created_at: datetime
    created_by: str
    password_set_at: datetime
    disabled_at: datetime | None
    last_sign_in_at: datetime | None
    failures: int


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account is made of."""

    login: str
    name: str
    role: Role
    password_hash: str
    person: str | None = None
    team: str | None = None
    enterprise: str | None = None


async def insert_account(connection: Connection, account: NewAccount, *, by: str, at: datetime) -> int:
    """A new account; gives its id. Raises Conflict when the login is taken, by a person or as an enterprise's code."""
    cursor = await connection.execute(_SQL["insert_account"], asdict(account) | {"by": by, "at": at})
    row = await cursor.fetchone()
    if row is None:
        raise Conflict(f"登录名 {account.login} 已经有人使用，或是一家企业的代码")
    return int(row[0])


async def list_accounts(connection: Connection, wall: datetime, login: str | None = None) -> list[AccountRow]:
    """All accounts by login, or the one of a login. wall: the machine's clock, by which attempts to come in go."""
    async with connection.cursor(row_factory=class_row(AccountRow)) as cursor:
        await cursor.execute(_SQL["list_accounts"], {"login": login, "since": wall - MEMORY})
        return await cursor.fetchall()


async def get_account(connection: Connection, login: str, wall: datetime) -> AccountRow:
    """One account. Raises NotFound."""
    rows = await list_accounts(connection, wall, login)
    if not rows:
        raise _unknown(login)
    return rows[0]


async def lock_account(connection: Connection, login: str) -> tuple[str, bool]:
    """(role, whether not disabled) of an account, held until the transaction ends. Raises NotFound."""
    row = await (await connection.execute(_SQL["lock_account"], {"login": login})).fetchone()
    if row is None:
        raise _unknown(login)
    return row[1], row[2]


async def lock_admins(connection: Connection) -> list[str]:
    """Logins of the administrators who may come in, held until the transaction ends."""
    return [login for (login,) in await (await connection.execute(_SQL["lock_admins"])).fetchall()]


async def set_profile(connection: Connection, login: str, name: str, person: str | None, team: str | None) -> None:
    """Another name, person and team. Raises NotFound."""
    await _changed(connection, "set_profile", login, {"name": name, "person": person, "team": team})


async def forget_failures(connection: Connection, login: str) -> int:
    """Let attempts that failed not count any more, from wherever they came; gives how many."""
    return (await connection.execute(_SQL["forget_failures"], {"login": login})).rowcount


async def set_password(connection: Connection, login: str, hashed: str, at: datetime) -> None:
    """Another password for an account. Raises NotFound. Sessions are the caller's to end."""
    await _changed(connection, "set_password", login, {"password_hash": hashed, "at": at})


async def set_role(connection: Connection, login: str, role: Role) -> None:
    """Another role, from the next request on. Raises NotFound."""
    await _changed(connection, "set_role", login, {"role": role})


async def set_disabled(connection: Connection, login: str, at: datetime | None) -> None:
    """Let an account in no longer, or again (None). Raises NotFound. Sessions are the caller's to end."""
    await _changed(connection, "set_disabled", login, {"at": at})


async def registers_have(
    connection: Connection, person: str | None, team: str | None, enterprise: str | None
) -> tuple[bool, bool, bool]:
    """Whether there is a person, a team, and an enterprise, of these codes."""
    asked = {"person": person, "team": team, "enterprise": enterprise}
    row = await (await connection.execute(_SQL["registers_have"], asked)).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


async def _changed(connection: Connection, block: str, login: str, parameters: dict[str, object]) -> None:
    cursor = await connection.execute(_SQL[block], parameters | {"login": login})
    if await cursor.fetchone() is None:
        raise _unknown(login)


def _unknown(login: str) -> NotFound:
    return NotFound(f"没有账号 {login[:64]}")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is needed to let somebody in. enterprise: of a plant's own people; is_active: not disabled."""

    account_id: int
    name: str
    role: str
    enterprise: str | None
    person: str | None
    team: str | None
    password_hash: str
    is_active: bool


async def credentials(connection: Connection, login: str) -> Credentials | None:
    """Of a person's account; None when there is none of this login."""
    async with connection.cursor(row_factory=class_row(Credentials)) as cursor:
        await cursor.execute(_SQL["credentials"], {"login": login})
        return await cursor.fetchone()


async def enterprise_of(connection: Connection, code: str) -> tuple[int, str] | None:
    """Id and name of an enterprise."""
    row = await (await connection.execute(_SQL["enterprise_of"], {"code": code})).fetchone()
    return None if row is None else (row[0], row[1])


# Sessions ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session and whose it is. Of an enterprise's MQTT account login and role are None."""

    csrf: str
    seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    login: str | None
    name: str
    role: str | None
    person: str | None
    team: str | None
    enterprise: str | None
    is_active: bool


async def insert_session(
    connection: Connection,
    *,
    token_hash: bytes,
    csrf: str,
    account_id: int | None,
    enterprise_id: int | None,
    created_at: datetime,
    expires_at: datetime,
    address: str,
    device: bytes | None = None,
) -> None:
    """Somebody has come in; exactly one of account and enterprise. device: digest of what the browser keeps."""
    parameters = {
        "token_hash": token_hash,
        "csrf": csrf,
        "account_id": account_id,
        "enterprise_id": enterprise_id,
        "at": created_at,
        "expires_at": expires_at,
        "address": address,
        "device": device,
    }
    await connection.execute(_SQL["insert_session"], parameters)


async def find_session(connection: Connection, token_hash: bytes) -> SessionRow | None:
    """The session of a token, whether it still holds or not."""
    async with connection.cursor(row_factory=class_row(SessionRow)) as cursor:
        await cursor.execute(_SQL["find_session"], {"token_hash": token_hash})
        return await cursor.fetchone()


async def touch_session(connection: Connection, token_hash: bytes, at: datetime) -> None:
    """Somebody has been seen."""
    await connection.execute(_SQL["touch_session"], {"token_hash": token_hash, "at": at})


async def end_session(connection: Connection, token_hash: bytes, at: datetime) -> None:
    """Somebody goes."""
    await connection.execute(_SQL["end_session"], {"token_hash": token_hash, "at": at})


async def end_sessions_of(connection: Connection, login: str, at: datetime, *, but: bytes | None = None) -> int:
    """End every session of a person's account; gives how many. at: as the sessions' times, the wall's clock; but: the
    digest of the token of one that goes on."""
    return (await connection.execute(_SQL["end_sessions_of"], {"login": login, "at": at, "but": but})).rowcount


async def end_sessions_of_enterprise(connection: Connection, enterprise: str, at: datetime) -> int:
    """End every session of an enterprise's account; gives how many."""
    return (await connection.execute(_SQL["end_sessions_of_enterprise"], {"enterprise": enterprise, "at": at})).rowcount


# Attempts ---------------------------------------------------------------------------------------------------------


async def lock_attempts(connection: Connection, login: str, address: str) -> None:
    """Attempts of one login, and those from one address, are booked one after the other: counting before booking
    would let as many through as come together."""
    await connection.execute(_SQL["lock_login"], {"login": login})
    await connection.execute(_SQL["lock_address"], {"address": address})


async def knows_device(connection: Connection, login: str, device: bytes, now: datetime) -> bool:
    """Whether a login came in from a browser not long ago. device: digest of what the browser keeps."""
    parameters = {"login": login, "device": device, "now": now}
    row = await (await connection.execute(_SQL["knows_device"], parameters)).fetchone()
    return row is not None and bool(row[0])


async def failures(connection: Connection, login: str, address: str, now: datetime) -> Failures:
    """What has failed lately that bears upon an attempt."""
    async with connection.cursor(row_factory=class_row(Failures)) as cursor:
        parameters = {"login": login, "address": address, "now": now, "from_at": now - MEMORY}
        await cursor.execute(_SQL["failures"], parameters)
        row = await cursor.fetchone()
    assert row is not None
    return row


async def book_failure(connection: Connection, login: str, address: str, at: datetime) -> int:
    """Book an attempt as failed, before it is looked at; gives its id."""
    row = await (
        await connection.execute(_SQL["book_failure"], {"login": login, "address": address, "at": at})
    ).fetchone()
    assert row is not None
    return int(row[0])


async def unbook_failure(connection: Connection, failure_id: int) -> None:
    """It was no failure."""
    await connection.execute(_SQL["unbook_failure"], {"failure_id": failure_id})


async def drop_old(connection: Connection, now: datetime) -> None:
    """Forget attempts of a week ago and sessions of a quarter ago, some at a time: they bear upon nothing any more, and
    who signed in stays in the audit log."""
    await connection.execute(_SQL["drop_failures"], {"before": now - timedelta(days=7)})
    await connection.execute(_SQL["drop_sessions"], {"before": now - timedelta(days=90)})
