"""What administrators do to accounts, and people to their own. The desk, the API and the command line call this.

As in `alerts.actions`: every function asks first whether the actor may (Forbidden), does not commit, and writes to the
audit log, which never holds a password. now: the platform's clock, for the audit log; wall: the machine's, by which
accounts and sessions go. Texts of errors are Chinese.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.actions import authorise
from domain.accounts import Action, Actor, Role, check_login, check_name, check_password, check_role
from domain.errors import BadInput, Conflict
from ingest.passwords import hash_password
from storage import accounts as store
from storage import audit
from storage.database import Connection

#: Bytes of a password that is made here: 96 bits, 16 letters to type once.
_MADE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Times:
    """now: the platform's clock; wall: the machine's."""

    now: datetime
    wall: datetime


@dataclass(frozen=True, slots=True)
class Profile:
    """What an account says of a person. role: a `Role`, not yet looked at; enterprise: for that role alone, the code of
    the plant; person, team: codes of the roster."""

    name: str
    role: str
    enterprise: str | None = None
    person: str | None = None
    team: str | None = None


async def create_account(
    connection: Connection, login: str, profile: Profile, *, password: str | None, actor: Actor, times: Times
) -> str | None:
    """A new account; gives the password where none was given and one was made.

    Raises BadInput for what is no login, name, role, password, person, team or enterprise; Conflict when the login is
    taken.
    """
    authorise(actor, Action.ACCOUNTS, _of(login))
    check_login(login)
    name, role = check_name(profile.name), check_role(profile.role)
    if role is Role.ENTERPRISE and profile.enterprise is None:
        raise BadInput("企业账号须指明是哪一家企业")
    if role is not Role.ENTERPRISE and profile.enterprise is not None:
        raise BadInput("只有角色为企业的账号才属于一家企业")
    await _check_codes(connection, profile)
    chosen, hashed = await _hashed(login, password)
    new = store.NewAccount(login, name, role, hashed, profile.person, profile.team, profile.enterprise)
    await store.insert_account(connection, new, by=actor.name, at=times.wall)
    said = {"role": role, "name": name, "enterprise": new.enterprise, "person": new.person, "team": new.team}
    await _note(connection, login, "add", actor, times, said)
    return chosen if password is None else None


async def change_account(connection: Connection, login: str, profile: Profile, *, actor: Actor, times: Times) -> None:
    """Another name, role, person or team, from the next click on; nothing happens where all is the same.

    Raises NotFound; BadInput; Conflict for the last administrator, and for an account of a plant that is to become one
    of the bureau, or the other way round, or of another plant.
    """
    authorise(actor, Action.ACCOUNTS, _of(login))
    name, role = check_name(profile.name), check_role(profile.role)
    await _check_codes(connection, profile)
    await _spare_the_last_admin(connection, login, stays=role is Role.ADMIN)
    await store.lock_account(connection, login)
    before = await store.get_account(connection, login, times.wall)
    if before.enterprise != profile.enterprise or (before.role == Role.ENTERPRISE) != (role is Role.ENTERPRISE):
        raise Conflict("企业账号与市局账号不能互换，也不能换企业：请停用后另建账号")
    if role != before.role:
        await store.set_role(connection, login, role)
        await _note(connection, login, "set-role", actor, times, {"role": role, "before": before.role})
    if (name, profile.person, profile.team) != (before.name, before.person, before.team):
        await store.set_profile(connection, login, name, profile.person, profile.team)
        was = {"name": before.name, "person": before.person, "team": before.team}
        said = {"name": name, "person": profile.person, "team": profile.team, "before": was}
        await _note(connection, login, "set-profile", actor, times, said)


async def set_role(connection: Connection, login: str, role: str, *, actor: Actor, times: Times) -> None:
    """Another role and nothing else; as `change_account`."""
    authorise(actor, Action.ACCOUNTS, _of(login))
    found = await store.get_account(connection, login, times.wall)
    profile = Profile(found.name, role, found.enterprise, found.person, found.team)
    await change_account(connection, login, profile, actor=actor, times=times)


async def reset_password(
    connection: Connection, login: str, *, password: str | None, actor: Actor, times: Times
) -> str | None:
    """Another password, and whoever is signed in with the account is out; gives it where one was made.

    Raises NotFound, BadInput.
    """
    authorise(actor, Action.ACCOUNTS, _of(login))
    chosen, hashed = await _hashed(login, password)
    await store.set_password(connection, login, hashed, times.wall)
    await store.end_sessions_of(connection, login, times.wall)
    await _note(connection, login, "set-password", actor, times)
    return chosen if password is None else None


async def disable_account(connection: Connection, login: str, *, actor: Actor, times: Times) -> None:
    """Let an account in no longer; whoever is signed in with it is out. Raises NotFound; Conflict when it is disabled,
    and for the last administrator."""
    authorise(actor, Action.ACCOUNTS, _of(login))
    await _spare_the_last_admin(connection, login, stays=False)
    _, is_active = await store.lock_account(connection, login)
    if not is_active:
        raise Conflict(f"账号 {login} 已经停用")
    await store.set_disabled(connection, login, times.wall)
    await store.end_sessions_of(connection, login, times.wall)
    await _note(connection, login, "disable", actor, times)


async def enable_account(connection: Connection, login: str, *, actor: Actor, times: Times) -> None:
    """Let a disabled account in again. Raises NotFound; Conflict when it is not disabled."""
    authorise(actor, Action.ACCOUNTS, _of(login))
    _, is_active = await store.lock_account(connection, login)
    if is_active:
        raise Conflict(f"账号 {login} 没有停用")
    await store.set_disabled(connection, login, None)
    await _note(connection, login, "enable", actor, times)


async def unlock_account(connection: Connection, login: str, *, actor: Actor, times: Times) -> int:
    """Let somebody who mistyped their password try again at once; gives how many attempts are forgotten.

    Raises NotFound. The wait is a minute at most anyway, and goes away after a quarter of an hour.
    """
    authorise(actor, Action.ACCOUNTS, _of(login))
    await store.lock_account(connection, login)
    forgotten = await store.forget_failures(connection, login)
    await _note(connection, login, "unlock", actor, times, {"count": forgotten})
    return forgotten


async def change_own_password(
    connection: Connection, password: str, *, actor: Actor, times: Times, token_hash: bytes
) -> None:
    """Another password of one's own, and all one's other sessions end. The caller has seen that the present one is
    known. token_hash: of the session that goes on. Raises BadInput; Conflict for a plant's MQTT account."""
    login = own_login(actor)
    _, hashed = await _hashed(login, password)
    await store.set_password(connection, login, hashed, times.wall)
    await store.end_sessions_of(connection, login, times.wall, but=token_hash)
    await _note(connection, login, "change-own", actor, times)


async def sign_out_everywhere(connection: Connection, *, actor: Actor, times: Times) -> int:
    """End all one's sessions, also the present one; gives how many there were. Raises Conflict for who has none."""
    if actor.account is None:
        raise Conflict("没有登录")
    if actor.account == actor.enterprise:
        ended = await store.end_sessions_of_enterprise(connection, actor.account, times.wall)
    else:
        ended = await store.end_sessions_of(connection, actor.account, times.wall)
    entry = audit.Entry(times.now, actor, "sign_out", _of(actor.account), {"command": "everywhere", "count": ended})
    await audit.write(connection, entry)
    return ended


def own_login(actor: Actor) -> str:
    """The login of a person's own account. Raises Conflict for a plant's MQTT account, and for a program's token."""
    if actor.account is None or actor.account == actor.enterprise:
        raise Conflict("企业的 MQTT 密码由市局设置，不能在这里修改")
    return actor.account


async def _spare_the_last_admin(connection: Connection, login: str, *, stays: bool) -> None:
    """Nobody could make an administrator any more."""
    if not stays and await store.lock_admins(connection) == [login]:
        raise Conflict(f"{login} 是唯一在用的管理员，不能停用或改为其他角色：请先另设一位管理员")


async def _check_codes(connection: Connection, profile: Profile) -> None:
    codes = (profile.person, profile.team, profile.enterprise)
    known = await store.registers_have(connection, *codes)
    for what, code, has in zip(("人员", "值班组", "企业"), codes, known, strict=True):
        if code is not None and not has:
            raise BadInput(f"没有{what} {code[:64]}：请先在站点文件中登记")


async def _hashed(login: str, password: str | None) -> tuple[str, str]:
    """(password, its hash). In a thread: a hash takes tens of milliseconds of one core."""
    chosen = secrets.token_urlsafe(_MADE_BYTES) if password is None else check_password(login, password)
    return chosen, await asyncio.to_thread(hash_password, chosen)


async def _note(
    connection: Connection, login: str, command: str, actor: Actor, times: Times, said: Mapping[str, Any] | None = None
) -> None:
    detail = {"command": command, **(said or {})}
    await audit.write(connection, audit.Entry(times.now, actor, Action.ACCOUNTS, _of(login), detail))


def _of(login: str) -> str:
    return f"account:{login[:64]}"
