"""The short commands: they do one thing to a database and end."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import secrets
import string
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from domain.errors import BadInput
from ingest.passwords import hash_password
from runtime.accountcommands import terminal
from runtime.clock import open_clock, system_clock
from runtime.ledgerfile import import_ledger
from runtime.meterfile import import_changes
from runtime.settings import Settings
from runtime.tablefields import Difference
from storage import audit
from storage.accounts import end_sessions_of_enterprise
from storage.credentials import set_password_hash
from storage.database import Database
from storage.migrate import migrate
from storage.stations import set_station_key, set_station_password

#: Commands that change what is stored and write no line of the audit log themselves; what they take in says by whom.
_NOTED = {
    ("site", "apply"),
    ("site", "import"),
    ("ledger", "import"),
    ("meters", "import"),
    ("duties", "import"),
    ("ldar", "import"),
    ("targets", "import"),
    ("channels", "test"),
}


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Dispatch; returns an exit code. What was changed is on record."""
    code = _dispatch(options, settings)
    command = (options.command, getattr(options, f"{options.command}_command", ""))
    if command in _NOTED and not getattr(options, "dry_run", False):
        asyncio.run(_note(" ".join(command), options, settings))
    return code


async def _note(command: str, options: argparse.Namespace, settings: Settings) -> None:
    files = getattr(options, "files", None) or [getattr(options, "file", None)]
    said = {"files": [file.name for file in files if file is not None], "author": getattr(options, "author", None)}
    what = getattr(options, "code", None) or command
    now = open_clock(settings.clock_file)()
    async with Database(settings.require_database_url()) as database, database.transaction() as connection:
        entry = audit.Entry(now, terminal(), "command", f"{command} {what}" if what != command else command, said)
        await audit.write(connection, entry)


def _dispatch(options: argparse.Namespace, settings: Settings) -> int:
    if options.command == "migrate":
        return _migrate(settings)
    if options.command == "site":
        from runtime.sitecommands import site

        return asyncio.run(site(options, settings))
    if options.command == "roster":
        from runtime.rostercommands import roster

        return asyncio.run(roster(options, settings))
    if options.command == "channels":
        from runtime.channelcommands import channels

        return asyncio.run(channels(options, settings))
    if options.command == "ledger":
        return asyncio.run(_ledger(options, settings))
    if options.command == "meters":
        return asyncio.run(_meters(options, settings))
    if options.command == "duties":
        return asyncio.run(_duties(options, settings))
    if options.command == "ldar":
        return asyncio.run(_ldar(options, settings))
    if options.command == "targets":
        return asyncio.run(_targets(options, settings))
    if options.command == "password":
        return asyncio.run(_password(options.enterprise, settings))
    if options.command == "account":
        from runtime.accountcommands import account

        return asyncio.run(account(options, settings))
    if options.command == "station":
        return asyncio.run(_station(options, settings))
    if options.command == "simulate":
        from runtime.simulation import simulate

        return simulate(
            settings, passwords=options.passwords, site=options.site, seed=options.seed, hours=options.hours
        )
    raise BadInput(f"no such command {options.command}")


def _migrate(settings: Settings) -> int:
    report = migrate(settings.require_database_url(), now=open_clock(settings.clock_file), timescale=settings.timescale)
    engine = "TimescaleDB" if report.timescale else "native partitions"
    applied = ", ".join(report.applied) or "nothing to do"
    sys.stdout.write(f"readings on {engine}; applied: {applied}\n")
    return 0


async def _ledger(options: argparse.Namespace, settings: Settings) -> int:
    return await _take_in(options, settings, import_ledger)


async def _take_in(options: argparse.Namespace, settings: Settings, take: Callable[..., Awaitable[Difference]]) -> int:
    """A table of figures or records, which may correct what was there."""
    async with Database(settings.require_database_url()) as database:
        found = await take(
            database,
            options.file,
            open_clock(settings.clock_file),
            author=options.author,
            dry_run=options.dry_run,
            sheet=options.sheet,
        )
    for line in found.lines:
        sys.stdout.write(line + "\n")
    counts = f"{found.new} new, {found.corrected} corrected, {found.same} same"
    sys.stdout.write(f"{counts}{' (dry run)' if options.dry_run else ''}\n")
    return 0


async def _meters(options: argparse.Namespace, settings: Settings) -> int:
    async with Database(settings.require_database_url()) as database:
        found = await import_changes(
            database,
            options.file,
            open_clock(settings.clock_file),
            author=options.author,
            dry_run=options.dry_run,
            sheet=options.sheet,
        )
    for line in found.lines:
        sys.stdout.write(line + "\n")
    sys.stdout.write(f"{found.new} new, {found.same} same{' (dry run)' if options.dry_run else ''}\n")
    return 0


async def _ldar(options: argparse.Namespace, settings: Settings) -> int:
    from runtime.leakimport import import_leaks, shown

    async with Database(settings.require_database_url()) as database:
        for number, file in enumerate(options.files):
            try:
                with shown() as steps:
                    done = await import_leaks(
                        database,
                        file,
                        open_clock(settings.clock_file),
                        author=options.author,
                        kind=options.kind,
                        sheet=options.sheet,
                        enterprise=options.enterprise,
                        dry_run=options.dry_run,
                        steps=steps,
                    )
            except BadInput as error:
                kept = [] if options.dry_run else [one.name for one in options.files[:number]]
                more = f"；此前已入库：{'、'.join(kept)}" if kept else ""
                left = [one.name for one in options.files[number + 1 :]]
                more += f"；没有处理：{'、'.join(left)}" if left else ""
                raise type(error)(f"{error}\n{file.name} 没有入库，一行也没有{more}") from error
            for line in done.lines:
                sys.stdout.write(f"{line}\n")
            sys.stdout.write(f"{file.name}：{'检查通过，没有入库（dry run）' if options.dry_run else '已入库'}\n")
    return 0


async def _duties(options: argparse.Namespace, settings: Settings) -> int:
    from runtime.dutyfile import import_duties

    return await _take_in(options, settings, import_duties)


async def _targets(options: argparse.Namespace, settings: Settings) -> int:
    from runtime.targetimport import import_targets

    async with Database(settings.require_database_url()) as database:
        now = open_clock(settings.clock_file)
        done = await import_targets(
            database, options.file, now, author=options.author, dry_run=options.dry_run, sheet=options.sheet
        )
    sys.stdout.write(done + "\n")
    return 0


async def _password(enterprise: str, settings: Settings) -> int:
    password = secrets.token_urlsafe(18)
    hashed = hash_password(password)
    now = open_clock(settings.clock_file)()
    async with Database(settings.require_database_url()) as database, database.transaction() as connection:
        await set_password_hash(connection, enterprise, hashed, now)
        # whoever is at the desk with the old one is out; sessions go by the machine's clock
        await end_sessions_of_enterprise(connection, enterprise, system_clock())
        await audit.write(connection, audit.Entry(now, terminal(), "password", f"enterprise:{enterprise}"))
    sys.stdout.write(password + "\n")
    return 0


_STATION_PASSWORD_CHARACTERS = string.ascii_uppercase + string.digits


async def _station(options: argparse.Namespace, settings: Settings) -> int:
    now = open_clock(settings.clock_file)
    async with Database(settings.require_database_url()) as database, database.transaction() as connection:
        detail = {"command": options.station_command, "removed": options.remove}
        await audit.write(connection, audit.Entry(now(), terminal(), "station", f"station:{options.mn}", detail))
        if options.station_command == "key":
            key = None if options.remove else read_sm4_key(sys.stdin.readline().rstrip("\r\n"))
            await set_station_key(connection, options.mn, key, now())
            return 0
        password = None
        if options.stdin and not options.remove:
            password = sys.stdin.readline().rstrip("\r\n")
            if not password:
                raise BadInput("standard input holds no password")
        elif not options.remove:
            # HJ 212-2017 table 3: PW has 6 characters
            password = "".join(secrets.choice(_STATION_PASSWORD_CHARACTERS) for _ in range(6))
        hashed = None if password is None else hash_password(password)
        await set_station_password(connection, options.mn, hashed, now())
    if password is not None and not options.stdin:
        sys.stdout.write(password + "\n")
    return 0


def read_sm4_key(text: str) -> bytes:
    """The 16 bytes of an SM4 key as people write it down. Raises BadInput."""
    if len(text) == 32:
        with contextlib.suppress(ValueError):
            return bytes.fromhex(text)
    elif len(text) == 16 and text.isascii():
        return text.encode("ascii")
    raise BadInput("an SM4 key is 32 hexadecimal digits, or 16 ASCII characters")


def rules_test(paths: Sequence[Path]) -> int:
    """Run rule cases and print each failure; exit code 1 when one fails."""
    from rules.cases.files import run_cases

    results = run_cases(paths)
    failed = [result for result in results if not result.passed]
    for result in failed:
        sys.stdout.write(f"FAILED {result.title}\n")
        for problem in result.problems:
            sys.stdout.write(f"       {problem}\n")
    sys.stdout.write(f"{len(results) - len(failed)} passed, {len(failed)} failed\n")
    return 1 if failed or not results else 0


def rules_decide(options: argparse.Namespace, settings: Settings) -> int:
    """Write an operator's decision on a rule down and print what holds now."""
    from runtime.decide import Request, decide

    request = Request(
        options.rule,
        options.from_day,
        options.enabled,
        options.params,
        options.author,
        options.reason,
        options.source,
    )

    async def run() -> str:
        async with Database(settings.require_database_url()) as database:
            return await decide(database, request, open_clock(settings.clock_file))

    sys.stdout.write(asyncio.run(run()) + "\n")
    return 0
