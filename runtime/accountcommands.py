"""`plantwatch account ...`: people who may come to the desk. Passwords come from a prompt or from standard input, never
as an argument, where every user of the machine could read them."""

from __future__ import annotations

import argparse
import getpass
import sys

from domain.accounts import STAFF, Action, Actor, Role, check_login, check_name, check_password, check_role
from domain.errors import BadInput
from ingest.passwords import hash_password
from runtime.clock import open_clock, system_clock
from runtime.settings import Settings
from storage import accounts as store
from storage import audit
from storage.database import Connection, Database

#: What the commands' lines of the audit log give as the address.
TERMINAL = "terminal"


def terminal() -> Actor:
    """Whoever types a command: by the name the machine knows. They have the database, so they may everything."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "?"
    return Actor(name, Role.ADMIN, address=TERMINAL)


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The `account` command's arguments."""
    account = commands.add_parser("account", help="people who may come to the duty desk, and what they may do")
    actions = account.add_subparsers(dest="account_command", required=True)
    add = actions.add_parser("add", help="a new account; the password is asked for, or read from standard input")
    add.add_argument("login", help="2 to 64 of a-z, 0-9, dot, underscore and hyphen")
    add.add_argument("--name", required=True, help="as people read it: 王维")
    add.add_argument("--role", required=True, choices=STAFF)
    add.add_argument("--person", metavar="CODE", help="who it is in the roster")
    add.add_argument("--team", metavar="CODE", help="their team in the roster, as a note")
    actions.add_parser("list", help="all accounts")
    password = actions.add_parser("set-password", help="another password; whoever is signed in with it is out")
    role = actions.add_parser("set-role", help="another role, from the next click on")
    disable = actions.add_parser("disable", help="let an account in no longer; whoever is signed in with it is out")
    enable = actions.add_parser("enable", help="let a disabled account in again")
    for parser in (password, role, disable, enable):
        parser.add_argument("login")
    role.add_argument("role", choices=STAFF)


async def account(options: argparse.Namespace, settings: Settings) -> int:
    """Run one of the account commands; returns an exit code. Raises BadInput, Conflict, NotFound."""
    now = open_clock(settings.clock_file)()
    async with Database(settings.require_database_url()) as database:
        if options.account_command == "list":
            async with database.transaction() as connection:
                rows = await store.list_accounts(connection)
            for row in rows:
                state = "" if row.disabled_at is None else f"  disabled {row.disabled_at:%Y-%m-%d %H:%M}Z"
                known = "  ".join(
                    f"{what} {code}" for what, code in (("person", row.person), ("team", row.team)) if code
                )
                sys.stdout.write(f"{row.login}  {row.role}  {row.name}{'  ' if known else ''}{known}{state}\n")
            return 0
        hashed = None
        if options.account_command in ("add", "set-password"):
            login = check_login(options.login)
            hashed = hash_password(check_password(login, read_password()))
        async with database.transaction() as connection:
            detail = await _change(connection, options, hashed)
            entry = audit.Entry(now, terminal(), Action.ACCOUNTS, f"account:{options.login}", detail)
            await audit.write(connection, entry)
    return 0


async def _change(connection: Connection, options: argparse.Namespace, hashed: str | None) -> dict[str, str | None]:
    """Do it; what the audit log says of it. Accounts and sessions go by the machine's clock, which no demo moves."""
    login, command, now = options.login, options.account_command, system_clock()
    detail: dict[str, str | None] = {"command": command}
    if command == "add":
        assert hashed is not None
        role = check_role(options.role)
        for what, code, known in zip(
            ("person", "team"),
            (options.person, options.team),
            await store.roster_has(connection, options.person, options.team),
            strict=True,
        ):
            if code is not None and not known:
                raise BadInput(f"--{what}: the roster has no {what} {code!r}: apply a site file first")
        new = store.NewAccount(login, check_name(options.name), role, hashed, options.person, options.team)
        await store.insert_account(connection, new, by=terminal().name, at=now)
        return detail | {"role": role, "name": new.name, "person": new.person, "team": new.team}
    if command == "set-password":
        assert hashed is not None
        await store.set_password(connection, login, hashed, now)
        await store.end_sessions_of(connection, login, now)
    elif command == "set-role":
        before = (await store.get_account(connection, login)).role
        await store.set_role(connection, login, check_role(options.role))
        detail |= {"role": options.role, "before": before}
    elif command == "disable":
        await store.set_disabled(connection, login, now)
        await store.end_sessions_of(connection, login, now)
    else:
        await store.set_disabled(connection, login, None)
    return detail


def read_password() -> str:
    """A new password: asked for twice at a terminal, else the first line of standard input. Raises BadInput."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline().rstrip("\r\n")
        if not line:
            raise BadInput("standard input holds no password")
        return line
    first = getpass.getpass("密码：")
    if getpass.getpass("再输入一次：") != first:
        raise BadInput("两次输入的密码不同")
    return first
