"""`plantwatch site apply|import|export` as a person meets them: what is printed, and the exit code."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from domain.errors import BadInput, SiteError
from runtime.channelfile import channels_known
from runtime.clock import open_clock
from runtime.settings import Settings
from runtime.site import Difference, apply_site
from runtime.sitefile import load_site
from storage.database import Database


async def site(options: argparse.Namespace, settings: Settings) -> int:
    """Run one of the site commands; returns an exit code."""
    if options.site_command == "export":
        return await _export(options, settings)
    now = open_clock(settings.clock_file)
    # who applies a site elsewhere need not have the channels' secrets
    channels = None if settings.channels_file is None else await channels_known(settings)
    async with Database(settings.require_database_url()) as database:
        if options.site_command == "apply":
            register = load_site(options.file)
            try:
                difference = await apply_site(database, register, now, dry_run=options.dry_run, channels=channels)
            except SiteError as error:  # found beside the database: the lines do not say of which file
                raise SiteError("\n".join(f"{options.file.name}: {line}" for line in str(error).split("\n"))) from error
        else:
            from runtime.siteimport import import_site, read_site_tables

            tables = read_site_tables(options.files, options.noun, options.sheet)
            difference = await import_site(database, tables, now, dry_run=options.dry_run, channels=channels)
    sys.stdout.write(told(difference, dry_run=options.dry_run))
    return 0


def told(difference: Difference, *, dry_run: bool) -> str:
    """A difference for a person: its lines, what to look at, and how much it was."""
    count = len(difference.lines)
    end = " (dry run)" if dry_run else "" if count else ": the register says this already"
    return "".join(f"{line}\n" for line in [*difference.lines, *difference.warnings, f"{count} differences{end}"])


async def _export(options: argparse.Namespace, settings: Settings) -> int:
    from runtime.siteexport import export_site, read_site, write_csv, write_workbook

    wanted: Path | None = options.dir if options.format == "csv" else options.out
    if wanted is None and options.format != "toml":
        raise BadInput(
            f"--format {options.format}: {'--dir DIR' if options.format == 'csv' else '--out FILE'} expected"
        )
    async with Database(settings.require_database_url()) as database:
        if options.format == "toml":
            _write_toml(await export_site(database), wanted)
            return 0
        register = await read_site(database)
    if wanted is not None and options.format == "csv":
        for path in write_csv(register, wanted):
            sys.stdout.write(f"{path}\n")
    elif wanted is not None:
        write_workbook(register, wanted)
        sys.stdout.write(f"{wanted}\n")
    return 0


def _write_toml(text: str, file: Path | None) -> None:
    if file is None:
        sys.stdout.write(text)
        return
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise BadInput(f"{file}: {error.strerror}") from error
