"""`plantwatch backfill` on a real database: formats, books, and runs that are stopped, killed and repeated."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from alerts.dispatch.dispatcher import ChannelInfo, Dispatcher, DispatchSettings
from alerts.engine import AlertEngine, EngineSettings
from domain.errors import BadInput
from runtime.backfill import Request, backfill
from runtime.settings import Settings
from storage.database import Database
from tests.integration.ingest.plant import make_site

ROOT = Path(__file__).parents[3]
LEAP_DAY = datetime(2024, 2, 29, tzinfo=UTC)
PATIENCE_S = 60.0


@pytest.fixture
def site(database_url: str) -> str:
    make_site(database_url)
    return database_url


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def stored(url: str) -> list[tuple[Any, ...]]:
    """(code, instant, value, flag) of all readings."""
    return rows(
        url,
        """select code, to_char(measured_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS'), value,
                  source_flag::text from reading join point using (point_id) order by measured_at, code""",
    )


def books(url: str) -> dict[str, int]:
    names = ("messages", "received", "stored", "duplicates", "corrections", "refused")
    ((*sums,),) = rows(
        url, "select " + ", ".join(f"coalesce(sum({name}), 0)::int" for name in names) + " from accounting"
    )
    return dict(zip(names, sums, strict=True))


def run(url: str, file: Path, **options: Any) -> int:
    settings = Settings(database_url=SecretStr(url))  # type: ignore[call-arg]
    return backfill(settings, Request(file, options.pop("enterprise", "coke-1"), **options))


def written(folder: Path, text: str, name: str = "history.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def long_table(count: int, *, bad_line: int | None = None) -> str:
    """A long table of one point, a value every second; the line with this number holds no number."""
    lines = ["point,at,value"]
    for second in range(count):
        value = "x" if second + 2 == bad_line else f"{second % 97}.5"
        lines.append(f"SO2,{(LEAP_DAY + timedelta(seconds=second)).isoformat()},{value}")
    return "\n".join(lines) + "\n"


def test_a_wide_table_in_gbk_on_a_leap_day(site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        "at,SO2,SO2.flag,O2,备注\r\n"
        "2024-02-29T23:59:00+08:00,21.5,M,9.5,\r\n"
        "2024-03-01T00:00:00+08:00,故障,,9.6,\r\n"
        "2023-02-29T00:00:00+08:00,22,,,\r\n"
        "2024-03-01T00:01:00+08:00,,,,检修\r\n"
    )
    assert run(site, written(tmp_path, text, encoding="gb18030"), gateway="dcs-1") == 1
    assert stored(site) == [
        ("O2", "2024-02-29 23:59:00", 9.5, "N"),
        ("SO2", "2024-02-29 23:59:00", 21.5, "M"),
        ("O2", "2024-03-01 00:00:00", 9.6, "N"),
    ]
    assert books(site) == {"messages": 1, "received": 6, "stored": 3, "duplicates": 0, "corrections": 0, "refused": 3}
    kept = rows(
        site,
        """select gateway, topic, reason, items, first_item, convert_from(payload, 'GB18030') = %s
           from refusal join refused_message using (message_id) order by reason""".replace("%s", f"'{text}'"),
    )
    topic = "plantwatch/v1/coke-1/dcs-1/readings"
    assert kept == [
        ("dcs-1", topic, "bad_time", 1, 'line 4: at = "2023-02-29T00:00:00+08:00"', True),
        ("dcs-1", topic, "not_a_number", 2, 'line 3: SO2 = "故障"', True),
    ]
    assert rows(site, "select count(*) from dirty_hour") == [(3,)]
    out = capsys.readouterr().out
    assert "received    6 values" in out
    assert 'not_a_number: 2, first line 3: SO2 = "故障"' in out


def test_a_long_table_with_a_byte_order_mark_and_the_same_file_again(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, long_table(2_500), encoding="utf-8-sig")
    assert run(site, file) == 0
    once = {"messages": 3, "received": 2_500, "stored": 2_500, "duplicates": 0, "corrections": 0, "refused": 0}
    assert books(site) == once
    assert rows(site, "select distinct topic from refused_message") == []
    renamed = file.rename(tmp_path / "renamed.csv")  # the content is what counts
    assert run(site, renamed) == 0
    assert books(site) == once
    assert "was taken in by" in capsys.readouterr().out
    assert run(site, renamed, again=True) == 0
    assert books(site) == once | {"messages": 6, "received": 5_000, "duplicates": 2_500}
    assert rows(site, "select count(*) from reading") == [(2_500,)]
    assert rows(site, "select file_name, rows_done, finished_at is not null from backfill") == [
        ("history.csv", 2_500, True)
    ]


def test_another_value_is_a_correction_and_both_stay(site: str, tmp_path: Path) -> None:
    run(site, written(tmp_path, long_table(3)))
    assert run(site, written(tmp_path, long_table(3).replace("1.5", "8.5"), "other.csv")) == 0
    assert books(site) == {"messages": 2, "received": 6, "stored": 3, "duplicates": 2, "corrections": 1, "refused": 0}
    assert rows(site, "select value from correction") == [(8.5,)]


def test_a_file_that_is_cut_in_the_middle_of_a_line_and_the_whole_one_later(site: str, tmp_path: Path) -> None:
    whole = long_table(20)
    assert run(site, written(tmp_path, whole[:-3], "cut.csv")) == 1
    assert [value for *_, value, _ in stored(site)] == [second + 0.5 for second in range(19)]
    assert rows(site, "select reason, items, left(first_item, 8) from refusal") == [("bad_payload", 1, "line 21:")]
    assert run(site, written(tmp_path, whole, "whole.csv")) == 0
    assert [value for *_, value, _ in stored(site)] == [second + 0.5 for second in range(20)]
    found = books(site)
    assert (found["received"], found["stored"], found["duplicates"], found["refused"]) == (40, 20, 19, 1)


def test_times_without_offset(site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, "point;at;value\nSO2;2024-02-29 08:00:00;1\n")
    assert run(site, file) == 1
    assert stored(site) == []
    assert 'naive_time: 1, first line 2: at = "2024-02-29 08:00:00"' in capsys.readouterr().out
    assert run(site, file, again=True, offset="+08:00") == 0
    assert stored(site) == [("SO2", "2024-02-29 08:00:00", 1.0, "N")]


def test_json_lines(site: str, tmp_path: Path) -> None:
    text = (
        '{"at":"2024-02-29T08:00:00+08:00","values":{"SO2":1,"NOPE":2}}\n'
        '[{"ts":1709164860000,"values":{"SO2":3},"flags":{"SO2":"C"}}]'
    )
    assert run(site, written(tmp_path, text, "history.jsonl")) == 1
    assert stored(site) == [("SO2", "2024-02-29 08:00:00", 1.0, "N"), ("SO2", "2024-02-29 08:01:00", 3.0, "C")]
    assert rows(site, "select reason, first_item from refusal") == [("unknown_point", "line 1: $.values.NOPE = 2.0")]


def test_a_dry_run_says_the_same_and_writes_nothing(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = long_table(30, bad_line=7) + "SO2,2199-01-01T00:00:00Z,1\nNOPE,2024-02-29T00:00:00Z,1\n"
    assert run(site, written(tmp_path, text), dry_run=True) == 1
    out = capsys.readouterr().out
    assert "good        29 " in out
    for line in (
        'not_a_number: 1, first line 7: SO2 = "x"',
        "unknown_point: 1, first line 33: NOPE = 1.0",
        "future_time: 1, first line 32 at 2199-01-01T00:00:00+00:00",
    ):
        assert line in out
    for table in ("reading", "accounting", "refused_message", "backfill"):
        assert rows(site, f"select count(*) from {table}") == [(0,)]


@pytest.mark.parametrize(
    ("name", "content", "options", "problem"),
    [
        ("a.parquet", b"PAR1", {}, "Parquet"),
        ("a.xlsx", b"PK", {}, "spreadsheets"),
        ("a.csv", b"", {}, "line 1: no column at"),
        ("a.csv", "at,SO2\n".encode("utf-16"), {}, "UTF-16"),
        ("a.csv", b"at,\xff\xff\n", {}, "neither UTF-8 nor GB 18030"),
        ("a.csv", b"at,SO2\n" + b"1" * 300_000, {}, "longer than 262144 bytes"),
        ("a.csv", b"at,SO2\n", {"enterprise": "nobody"}, "not in the register"),
        ("a.csv", b"at,SO2\n", {"gateway": "a/b"}, "bad_topic"),
        ("a.csv", b"at,SO2\n", {"offset": "8"}, "expected an offset"),
        ("a.jsonl", b"", {"offset": "+08:00"}, "--offset is for tables"),
    ],
)
def test_input_that_cannot_be_used(
    site: str, tmp_path: Path, name: str, content: bytes, options: dict[str, str], problem: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadInput, match=problem):
        run(site, path, **options)
    assert rows(site, "select count(*) from backfill") == [(0,)]


def test_a_missing_file_is_bad_input(site: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        run(site, tmp_path / "nothing.csv")


def test_the_command_and_its_exit_codes(site: str, tmp_path: Path) -> None:
    good = written(tmp_path, long_table(2), "good.csv")
    bad = written(tmp_path, long_table(2, bad_line=3), "bad.csv")
    for file, code, told in (
        (good, 0, "stored      2"),
        (bad, 1, "refused     1"),
        (tmp_path / "none.csv", 2, "No such file"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "runtime.cli", "backfill", str(file), "--enterprise", "coke-1"],
            cwd=ROOT,
            env=os.environ | {"PLANTWATCH_DATABASE_URL": site},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == code
        assert told in done.stdout + done.stderr


# --- runs that are broken off: a lock on the refusals holds the run at its one bad line, the rows before are committed

TOTAL, BAD_LINE = 150_000, 45_000


@pytest.fixture
def held(site: str, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], psycopg.Connection[Any], Path]]:
    """A run that stands at its bad line, the lock that holds it, and its file."""
    file = written(tmp_path, long_table(TOTAL, bad_line=BAD_LINE))
    with psycopg.connect(site) as lock:
        lock.execute("lock table refused_message in access exclusive mode")
        process = subprocess.Popen(
            [sys.executable, "-m", "runtime.cli", "backfill", str(file), "--enterprise", "coke-1"],
            cwd=ROOT,
            env=os.environ | {"PLANTWATCH_DATABASE_URL": site},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            with psycopg.connect(site, autocommit=True) as look:
                waiting = "select count(*) from pg_locks where relation = 'refused_message'::regclass and not granted"
                while look.execute(waiting).fetchone() == (0,):
                    assert process.poll() is None, process.communicate()
            yield process, lock, file
        finally:
            process.kill()
            process.communicate()


def test_a_run_that_is_killed_loses_nothing_and_doubles_nothing(
    held: tuple[subprocess.Popen[str], psycopg.Connection[Any], Path], site: str
) -> None:
    process, lock, file = held
    process.kill()
    process.wait(PATIENCE_S)
    lock.rollback()
    ((before,),) = rows(site, "select count(*) from reading")
    assert 0 < before < BAD_LINE - 1
    ((noted,),) = rows(site, "select rows_done from backfill where finished_at is null")
    assert noted <= before
    assert run(site, file) == 1
    assert rows(site, "select count(*), count(distinct measured_at) from reading") == [(TOTAL - 1, TOTAL - 1)]
    # what was committed but not noted came twice
    assert books(site) | {"messages": 0} == {
        "messages": 0, "received": TOTAL + before - noted, "stored": TOTAL - 1, "duplicates": before - noted,
        "corrections": 0, "refused": 1,
    }  # fmt: skip
    assert rows(site, "select rows_done, finished_at is not null from backfill") == [(TOTAL, True)]


def test_a_run_that_is_stopped_goes_on_where_it_was(
    held: tuple[subprocess.Popen[str], psycopg.Connection[Any], Path], site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    process, lock, file = held
    process.send_signal(signal.SIGINT)
    lock.rollback()
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, err
    assert "stopped: run the same command again" in out
    ((noted, count),) = rows(site, "select rows_done, (select count(*) from reading) from backfill")
    assert BAD_LINE <= noted < TOTAL
    assert count == noted - 1
    assert run(site, file) == 0  # the bad line was refused and told by the first run
    assert f"({noted:,} were known from an earlier run)" in capsys.readouterr().out
    assert books(site) | {"messages": 0} == {
        "messages": 0, "received": TOTAL, "stored": TOTAL - 1, "duplicates": 0, "corrections": 0, "refused": 1,
    }  # fmt: skip


async def test_alerts_on_history_are_told_to_whoever_asked_for_it(
    site: str, tmp_path: Path, database: Database
) -> None:
    """The real command writes the notice before the readings; the same finding is history without it."""
    file = written(tmp_path, long_table(2_500))
    refused = await asyncio.to_thread(_command, site, file, "--notify")
    assert (refused.returncode, "--author" in refused.stderr) == (2, True)
    await _violation(site, database)
    assert rows(site, "select reason from notification_decision") == [("historical",)]
    done = await asyncio.to_thread(_command, site, file, "--notify", "--author", "王维")
    assert done.returncode == 0, done.stderr
    ((author, start, end, until, created),) = rows(
        site, "select author, from_at, to_at, until_at, created_at from history_notice"
    )
    assert (author, start, end) == ("王维", datetime(2024, 1, 31, 16, tzinfo=UTC), LEAP_DAY + timedelta(hours=1))
    assert until > created
    await _violation(site, database)
    assert rows(site, "select decision from notification_decision order by decision_id desc limit 1") == [("send",)]


def _command(url: str, file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "runtime.cli", "backfill", str(file), "--enterprise", "coke-1", *more]
    environment = {**os.environ, "PLANTWATCH_DATABASE_URL": url}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


async def _violation(url: str, database: Database) -> None:
    """A finding of a violation in the file's hour, and what the alert stage makes of it today."""
    with psycopg.connect(url) as connection:
        ((count,),) = connection.execute("select count(*) from alert").fetchall()
        connection.execute(
            "insert into rule (rule_id, version, pack, title, evaluator, standard, clause, status, document_status,"
            " confidence, enabled, severity, definition) values ('legal.hourly', 1, 'test', '', 'test', '', '', 'law',"
            " '现行', 'V', true, 'critical', '{\"alert\": {\"severity\": \"critical\"}}') on conflict do nothing"
        )
        connection.execute(
            "with new as (insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end,"
            " verdict, reason, evidence, computed_at) select 'legal.hourly', 1, 'pollutant:coke-1/S' || %s || '/so2',"
            " enterprise_id, %s, %s, 'violation', 'over_limit', '{}', %s from enterprise where code = 'coke-1'"
            " returning finding_id) insert into alert_work (finding_id) select finding_id from new",
            (str(count), LEAP_DAY, LEAP_DAY + timedelta(hours=1), LEAP_DAY),
        )
    now = datetime.now(UTC)
    assert (await AlertEngine(database, EngineSettings()).step(now)).opened == 1
    await Dispatcher(database, [ChannelInfo("log", "log")], DispatchSettings()).step(now)
