"""The short commands: they do one thing to a database and end."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from domain.errors import BadInput
from ingest.listener.passwords import hash_password
from runtime.clock import open_clock
from runtime.settings import Settings
from runtime.site import apply_site, export_site
from runtime.sitefile import load_site
from storage.credentials import set_password_hash
from storage.database import Database
from storage.migrate import migrate


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Dispatch; returns an exit code."""
    if options.command == "migrate":
        return _migrate(settings)
    if options.command == "site":
        return asyncio.run(_site(options, settings))
    if options.command == "password":
        return asyncio.run(_password(options.enterprise, settings))
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


async def _site(options: argparse.Namespace, settings: Settings) -> int:
    async with Database(settings.require_database_url()) as database:
        if options.site_command == "export":
            sys.stdout.write(await export_site(database))
            return 0
        difference = await apply_site(
            database, load_site(options.file), open_clock(settings.clock_file), dry_run=options.dry_run
        )
    for line in difference.lines:
        sys.stdout.write(line + "\n")
    sys.stdout.write(f"{len(difference.lines)} differences{' (dry run)' if options.dry_run else ''}\n")
    return 0


async def _password(enterprise: str, settings: Settings) -> int:
    password = secrets.token_urlsafe(18)
    hashed = hash_password(password)
    async with Database(settings.require_database_url()) as database, database.transaction() as connection:
        await set_password_hash(connection, enterprise, hashed, open_clock(settings.clock_file)())
    sys.stdout.write(password + "\n")
    return 0


def rules_test(paths: Sequence[Path]) -> int:
    """Run rule cases and print each failure; exit code 1 when one fails."""
    from rules.casefiles import run_cases

    results = run_cases(paths)
    failed = [result for result in results if not result.passed]
    for result in failed:
        sys.stdout.write(f"FAILED {result.title}\n")
        for problem in result.problems:
            sys.stdout.write(f"       {problem}\n")
    sys.stdout.write(f"{len(results) - len(failed)} passed, {len(failed)} failed\n")
    return 1 if failed or not results else 0
