"""`plantwatch account ...`: people who may come to the desk. Passwords come from a prompt or from standard input, never
as an argument, where every user of the machine could read them."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import TYPE_CHECKING

from domain.accounts import ROLES, STAFF, Actor, Role, check_login, check_password
from domain.errors import BadInput
from runtime.clock import open_clock, system_clock
from runtime.settings import Settings
from storage import accounts as store
from storage.database import Connection, Database

if TYPE_CHECKING:
    from api.people import Times

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
    add.add_argument("--role", required=True, choices=ROLES)
    add.add_argument("--enterprise", metavar="CODE", help="of role enterprise: the plant whose rows they see")
    add.add_argument("--person", metavar="CODE", help="who it is in the roster")
    add.add_argument("--team", metavar="CODE", help="their team in the roster: what the desk shows first")
    actions.add_parser("list", help="all accounts")
    password = actions.add_parser("set-password", help="another password; whoever is signed in with it is out")
    role = actions.add_parser("set-role", help="another role, from the next click on")
    disable = actions.add_parser("disable", help="let an account in no longer; whoever is signed in with it is out")
    enable = actions.add_parser("enable", help="let a disabled account in again")
    unlock = actions.add_parser("unlock", help="let somebody who mistyped their password try again at once")
    for parser in (password, role, disable, enable, unlock):
        parser.add_argument("login")
    role.add_argument("role", choices=STAFF)


async def account(options: argparse.Namespace, settings: Settings) -> int:
    """Run one of the account commands; returns an exit code. Raises BadInput, Conflict, NotFound."""
    from api.people import Times  # not while every other command is being parsed

    times = Times(open_clock(settings.clock_file)(), system_clock())
    async with Database(settings.require_database_url()) as database:
        if options.account_command == "list":
            async with database.transaction() as connection:
                rows = await store.list_accounts(connection, times.wall)
            for row in rows:
                state = "" if row.disabled_at is None else f"  disabled {row.disabled_at:%Y-%m-%d %H:%M}Z"
                codes = (("enterprise", row.enterprise), ("person", row.person), ("team", row.team))
                known = "  ".join(f"{what} {code}" for what, code in codes if code)
                sys.stdout.write(f"{row.login}  {row.role}  {row.name}{'  ' if known else ''}{known}{state}\n")
            return 0
        password = None
        if options.account_command in ("add", "set-password"):
            password = check_password(check_login(options.login), read_password())
        async with database.transaction() as connection:
            await _change(connection, options, password, times)
    return 0


async def _change(connection: Connection, options: argparse.Namespace, password: str | None, times: Times) -> None:
    from api import people

    login, actor = options.login, terminal()
    if options.account_command == "add":
        profile = people.Profile(options.name, options.role, options.enterprise, options.person, options.team)
        await people.create_account(connection, login, profile, password=password, actor=actor, times=times)
    elif options.account_command == "set-password":
        await people.reset_password(connection, login, password=password, actor=actor, times=times)
    elif options.account_command == "set-role":
        await people.set_role(connection, login, options.role, actor=actor, times=times)
    else:
        act = {"disable": people.disable_account, "enable": people.enable_account, "unlock": people.unlock_account}
        await act[options.account_command](connection, login, actor=actor, times=times)


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
