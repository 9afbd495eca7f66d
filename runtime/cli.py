"""The `plantwatch` command. Exit codes: 0 done, 1 the answer is no, 2 the input or the settings are wrong."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from domain.errors import PlantwatchError

SERVICES = ("ingest", "rules", "alerts", "api")
BENCHES = ("ingest", "air", "coverage", "ldar", "leak-signs", "alerts")


def duration(text: str) -> float:
    """Seconds of `90`, `60s`, `5m` or `1h`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a duration such as 60s, 5m or 1h")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def rows(text: str) -> int:
    """A number such as `500000`, `500k` or `10M`."""
    match = re.fullmatch(r"(\d+)([kM]?)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number of rows such as 500k or 10M")
    return int(match[1]) * {"": 1, "k": 1_000, "M": 1_000_000}[match[2]]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="plantwatch",
        description="A city's industrial monitoring: meters over MQTT, public rules, alerts to duty staff.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="the whole system on this machine with a simulated city")
    demo.add_argument(
        "--for", dest="seconds", type=duration, help="run headless for about so long, then check and exit"
    )
    demo.add_argument("--report", type=Path, metavar="FILE", help="write the figures as JSON")
    demo.add_argument("--seed", type=int, default=1, help="seed of the simulated city (default 1)")
    demo.add_argument("--days", type=int, metavar="N", help="tell only the first N days of the month")
    demo.add_argument("--data", type=Path, metavar="DIR", help="keep the database here instead of a temporary folder")

    everything = commands.add_parser("all", help="every service on this machine, without simulators")
    everything.add_argument("--embedded", action="store_true", help="with a PostgreSQL of our own that keeps its data")
    everything.add_argument("--data", type=Path, metavar="DIR", help="where the embedded PostgreSQL keeps its data")
    everything.add_argument("--site", type=Path, metavar="FILE", help="apply this site file before starting")

    for service, meaning in {
        "ingest": "the MQTT listener, the writer and the roll-up",
        "alerts": "findings to alerts to people",
        "api": "the HTTP API",
    }.items():
        commands.add_parser(service, help=meaning)
    rules = commands.add_parser("rules", help="judge; `rules test` runs rule cases, `rules decide` decides on a rule")
    rules_commands = rules.add_subparsers(dest="rules_command")
    rules_test = rules_commands.add_parser("test", help="run rule cases: series and the verdicts they must give")
    rules_test.add_argument("paths", nargs="*", type=Path, help="case files or folders")

    decide = rules_commands.add_parser("decide", help="put a shipped rule into force or out of it, from a local day on")
    decide.add_argument("rule", help="id of the rule")
    decide.add_argument("--from", dest="from_day", required=True, metavar="DAY", help="2026-11-01; may lie in the past")
    state = decide.add_mutually_exclusive_group(required=True)
    state.add_argument("--enable", dest="enabled", action="store_true")
    state.add_argument("--disable", dest="enabled", action="store_false")
    decide.add_argument("--params", default="{}", metavar="JSON", help="parameters that are to differ from the pack's")
    decide.add_argument("--author", required=True, help="who decides")
    decide.add_argument("--reason", required=True)
    decide.add_argument("--source", required=True, help="the text that it rests on, and how it was read")

    commands.add_parser("migrate", help="bring the database to this version's schema")

    _add_site(commands)

    ledger = commands.add_parser(
        "ledger", help="figures that are reported, not measured: production, purchases, stocks"
    )
    ledger_commands = ledger.add_subparsers(dest="ledger_command", required=True)
    imported = ledger_commands.add_parser("import", help="a CSV or XLSX table of figures, all rows or none")
    imported.add_argument("file", type=Path, metavar="FILE", help="item, value, unit, month or year, enterprise, line")
    imported.add_argument("--author", required=True, help="who reports them")
    imported.add_argument("--sheet", metavar="NAME", help="of a workbook with several sheets")
    imported.add_argument("--dry-run", action="store_true", help="print the difference and change nothing")

    roster = commands.add_parser("roster", help="who is on duty")
    roster_commands = roster.add_subparsers(dest="roster_command", required=True)
    roster_show = roster_commands.add_parser("show", help="turns and gaps of a team")
    roster_show.add_argument("team", metavar="TEAM")
    roster_show.add_argument("--days", type=int, default=7, help="how far ahead, 1 to 92 (7)")
    channels = commands.add_parser("channels", help="ways to reach people")
    channels_commands = channels.add_subparsers(dest="channels_command", required=True)
    channels_test = channels_commands.add_parser("test", help="send a test by a channel and print the service's answer")
    channels_test.add_argument("code", metavar="CODE", help="of the channels file, or `webhook`, or `log`")
    channels_test.add_argument("--to", metavar="PERSON", help="whom, by a channel that reaches people: mail, SMS")

    _add_meters(commands)
    _add_duties(commands)
    _add_ldar(commands)
    _add_backfill(commands)

    targets = commands.add_parser("targets", help="the targets of the city's plans")
    targets_commands = targets.add_subparsers(dest="targets_command", required=True)
    figures = targets_commands.add_parser("import", help="enter a bureau's figures from a table (CSV, XLSX)")
    figures.add_argument("file", type=Path, metavar="FILE", help="columns target, as_of, value, evidence, part")
    figures.add_argument("--author", required=True, help="who enters them")
    figures.add_argument("--sheet", metavar="NAME", help="of a workbook with several sheets")
    figures.add_argument("--dry-run", action="store_true", help="check everything and store nothing")

    from runtime.accountcommands import add_parser

    add_parser(commands)

    password = commands.add_parser("password", help="give an enterprise a new MQTT password and print it once")
    password.add_argument("enterprise", help="enterprise code")

    station = commands.add_parser("station", help="secrets of HJ 212 stations")
    station_commands = station.add_subparsers(dest="station_command", required=True)
    for secret, meaning in {
        "password": "a new PW for the TCP door, printed once; --stdin takes the one the logger has",
        "key": "the SM4 key of HJ 212-2025, read from standard input: 32 hexadecimal digits, or 16 characters",
    }.items():
        change = station_commands.add_parser(secret, help=meaning)
        change.add_argument("mn", help="MN of the station")
        change.add_argument("--remove", action="store_true", help="take it away")
        if secret == "password":
            change.add_argument("--stdin", action="store_true", help="read the password from standard input")

    simulate = commands.add_parser("simulate", help="publish a simulated city to a running platform")
    simulate.add_argument("--seed", type=int, default=1)
    simulate.add_argument("--site", type=Path, metavar="DIR", help="write this month's site file there and end")
    simulate.add_argument("--passwords", type=Path, metavar="FILE", help="JSON: enterprise code to password")
    simulate.add_argument("--hours", type=int, default=0, help="past hours to send first (default 0)")

    bench = commands.add_parser("bench", help="speed as ratios, measured side by side in one run")
    bench.add_argument("name", nargs="?", choices=BENCHES, help="one bench; without it all of them")
    bench.add_argument("--report", type=Path, metavar="FILE", help="write the figures as JSON")
    bench.add_argument("--seconds", type=duration, help="length of one measurement of `ingest` (default 5s)")
    bench.add_argument("--short", action="store_true", help="enough to see that everything works")
    bench.add_argument("--history", type=rows, default=0, metavar="ROWS", help="`ingest` also on top of so many: 10M")
    return parser


_IMPORT = """\
Takes in tables of the register: CSV (UTF-8, GBK) or XLSX, a noun a file or a sheet, named by it in English or Chinese
(meter.csv, 计量器具) or by --noun. Headers are field names or the Chinese ones of docs/register.zh-CN.md. Everything is
checked first, and every mistake is told with its line; then all is written, or nothing. Rows that are not in the
files stay as they are; a column that is not in a table keeps what is registered."""


def _add_site(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    site = commands.add_parser("site", help="the register of enterprises, points, meters and components")
    site_commands = site.add_subparsers(dest="site_command", required=True)
    apply = site_commands.add_parser("apply", help="bring the database to a site file and print the difference")
    apply.add_argument("file", type=Path)
    tables = site_commands.add_parser("import", help="take in tables of the register", description=_IMPORT)
    tables.add_argument("files", type=Path, nargs="+", metavar="FILE")
    tables.add_argument("--noun", help="what every row is, such as meter or 计量器具")
    tables.add_argument("--sheet", help="take only this sheet of a workbook")
    for command in (apply, tables):
        command.add_argument("--dry-run", action="store_true", help="print the difference and change nothing")
    export = site_commands.add_parser("export", help="the register as a site file, CSV files or a workbook")
    export.add_argument("--format", choices=("toml", "csv", "xlsx"), default="toml", help="default toml")
    export.add_argument("--out", type=Path, metavar="FILE", help="of toml (else printed) and xlsx")
    export.add_argument("--dir", type=Path, metavar="DIR", help="of csv: a file a noun")


_BACKFILL = """\
Takes in a file of history: CSV (also ; or tab; UTF-8, GBK or GB 18030), long (point,at,value[,flag]) or wide
(at,CODE1,CODE2,... where an empty cell is nothing and CODE1.flag may stand beside CODE1), or JSON lines of samples
(.jsonl). Times are RFC 3339 with offset. Every line of a table ends with a line end. Parquet and spreadsheets must be
exported first. A run that broke off goes on where it stopped. Exit codes: 0 done, 1 something was refused, 2 the file
cannot be used, 130 stopped."""


def _add_duties(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    duties = commands.add_parser("duties", help="duties with a date: what was done, and when")
    imported = duties.add_subparsers(dest="duties_command", required=True).add_parser(
        "import", help="a CSV or XLSX table of records, all rows or none"
    )
    imported.add_argument(
        "file", type=Path, metavar="FILE", help="columns duty, done_on, enterprise, subject, documents"
    )
    imported.add_argument("--author", required=True, help="who reports them")
    imported.add_argument("--sheet", metavar="NAME", help="of a workbook with several sheets")
    imported.add_argument("--dry-run", action="store_true", help="print the difference and change nothing")


def _add_meters(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    meters = commands.add_parser("meters", help="meters that were replaced")
    meters_commands = meters.add_subparsers(dest="meters_command", required=True)
    imported = meters_commands.add_parser("import", help="a CSV or XLSX table of replacements, all rows or none")
    imported.add_argument(
        "file", type=Path, metavar="FILE", help="enterprise, point, changed_at, old_final, new_initial, reason, serials"
    )
    imported.add_argument("--author", required=True, help="who records them")
    imported.add_argument("--sheet", metavar="NAME", help="of a workbook with several sheets")
    imported.add_argument("--dry-run", action="store_true", help="check everything and record nothing")


def _add_ldar(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    ldar = commands.add_parser("ldar", help="leak detection and repair: its register and its records")
    ldar_commands = ldar.add_subparsers(dest="ldar_command", required=True)
    imported = ldar_commands.add_parser(
        "import", help="CSV or XLSX tables of components, tests, repairs and the like, each file in whole or not at all"
    )
    imported.add_argument("files", type=Path, nargs="+", metavar="FILE", help="see docs/ldar.zh-CN.md")
    imported.add_argument("--author", required=True, help="who reports them")
    imported.add_argument("--kind", metavar="KIND", help="what the tables hold, where no sheet, file or column says it")
    imported.add_argument("--enterprise", metavar="CODE", help="whose they are, where the table does not say it")
    imported.add_argument("--sheet", metavar="NAME", help="only this one of a workbook")
    imported.add_argument("--dry-run", action="store_true", help="check everything and store nothing")


def _add_backfill(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    history = commands.add_parser("backfill", help="take in a file of history", description=_BACKFILL)
    history.add_argument("file", type=Path, metavar="FILE")
    history.add_argument("--enterprise", required=True, metavar="CODE", help="whose history it is")
    history.add_argument("--gateway", default="backfill", metavar="NAME", help="who reports it (default backfill)")
    history.add_argument("--offset", default="", metavar="+08:00", help="of times without one, which are refused else")
    history.add_argument("--dry-run", action="store_true", help="check everything and store nothing")
    history.add_argument("--again", action="store_true", help="also a file that was taken in already")
    history.add_argument("--notify", action="store_true", help="tell people of alerts on it; history wakes nobody else")
    history.add_argument("--author", default="", metavar="NAME", help="who wants them to be told")


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the `plantwatch` command."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except PlantwatchError as error:
        sys.stderr.write(f"plantwatch: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def _run(options: argparse.Namespace) -> int:
    """Imports follow the command: `plantwatch migrate` must not load a web framework."""
    from runtime.logging import configure_logging
    from runtime.settings import Settings

    if options.command == "rules" and options.rules_command == "test":
        from runtime.commands import rules_test

        return rules_test(options.paths)
    if options.command == "rules" and options.rules_command == "decide":
        from runtime.commands import rules_decide

        return rules_decide(options, Settings.from_environ(os.environ))
    settings = Settings.from_environ(os.environ)
    configure_logging(settings.log_style, settings.log_level)
    if options.command in SERVICES:
        from runtime.services import run_service

        asyncio.run(run_service(options.command, settings))
        return 0
    if options.command == "demo":
        from runtime.demo import demo

        return demo(
            settings,
            seconds=options.seconds,
            report=options.report,
            seed=options.seed,
            data=options.data,
            days=options.days,
        )
    if options.command == "all":
        from runtime.everything import run_everything

        return run_everything(settings, embedded=options.embedded, data=options.data, site=options.site)
    if options.command == "bench":
        from runtime.bench import bench

        return bench(
            options.name, options.report, seconds=options.seconds, short=options.short, history=options.history
        )
    if options.command == "backfill":
        from runtime.backfill import Request, backfill

        request = Request(
            options.file,
            options.enterprise,
            options.gateway,
            options.offset,
            options.dry_run,
            options.again,
            options.notify,
            options.author,
        )
        return backfill(settings, request)
    from runtime import commands

    return commands.run(options, settings)


if __name__ == "__main__":
    sys.exit(main())
