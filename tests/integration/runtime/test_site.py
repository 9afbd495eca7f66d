"""site apply and export on a real database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from domain.limits import Averaging, LimitKind
from runtime.site import apply_site
from runtime.siteexport import export_site
from runtime.sitefile import load_site
from storage.database import Database, fetch_all
from storage.limits import limit_book
from tests.unit.runtime.test_sitefile import GOOD, PEOPLE

NOW = datetime(2026, 11, 2, tzinfo=UTC)


def site(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(text, "utf-8")
    return path


async def test_applying_twice_changes_nothing(database: Database, tmp_path: Path) -> None:
    register = load_site(site(tmp_path, GOOD))
    first = await apply_site(database, register, lambda: NOW)
    assert "+ point coke-one/S1-SO2" in first.lines
    second = await apply_site(database, register, lambda: NOW)
    assert second.lines == []


async def test_dry_run_writes_nothing(database: Database, tmp_path: Path) -> None:
    register = load_site(site(tmp_path, GOOD))
    assert (await apply_site(database, register, lambda: NOW, dry_run=True)).lines
    assert (await apply_site(database, register, lambda: NOW)).lines != []


async def test_an_alteration_shows_old_and_new_and_is_work_for_the_rules(database: Database, tmp_path: Path) -> None:
    await apply_site(database, load_site(site(tmp_path, GOOD)), lambda: NOW)
    async with database.transaction() as connection:
        await connection.execute("delete from rule_work")
    altered = GOOD.replace("verified_on = 2025-06-01", "verified_on = 2026-06-01")
    difference = await apply_site(database, load_site(site(tmp_path, altered)), lambda: NOW)
    assert difference.lines == ["~ meter coke-one/SN-1/2020-01-01: verified_on: 2025-06-01 -> 2026-06-01"]
    async with database.transaction() as connection:
        work = await fetch_all(connection, "select kind, at from rule_work")
    # rates and accounts look back: what is not verified since the older of the two days may be judged otherwise
    assert work == [
        {"kind": "register", "at": NOW},
        {"kind": "metering", "at": datetime(2025, 5, 31, 16, tzinfo=UTC)},
    ]


async def test_what_the_file_lacks_is_kept_and_told(database: Database, tmp_path: Path) -> None:
    await apply_site(database, load_site(site(tmp_path, GOOD)), lambda: NOW)
    smaller = GOOD[: GOOD.index("[[component]]")] + GOOD[GOOD.index("[[installation]]") : GOOD.index("[[station]]")]
    smaller += PEOPLE
    difference = await apply_site(database, load_site(site(tmp_path, smaller)), lambda: NOW)
    assert difference.lines == [
        "? component coke-one/C-1: only in the database, kept",
        "? station 010000A8900016F000169DC0: only in the database, kept",
        "- tag coke-one/hj212/010000A8900016F000169DC0/2011/a21026-Rtd",
    ]
    async with database.transaction() as connection:
        assert await fetch_all(connection, "select count(*) as tags from tag") == [{"tags": 0}]


async def test_export_round_trips(database: Database, tmp_path: Path) -> None:
    odd = GOOD.replace("一号泵", '一号"泵\\\\').replace('name = "一号"泵', "name = \"一号'泵")
    await apply_site(database, load_site(site(tmp_path, odd)), lambda: NOW)
    exported = await export_site(database)
    difference = await apply_site(database, load_site(site(tmp_path, exported)), lambda: NOW)
    assert difference.lines == []


async def test_a_limit_is_superseded_and_both_stay(database: Database, tmp_path: Path) -> None:
    await apply_site(database, load_site(site(tmp_path, GOOD)), lambda: NOW)
    async with database.transaction() as connection:
        await connection.execute("delete from rule_work")
    altered = GOOD.replace("value = 50.0", "value = 30.0")
    difference = await apply_site(database, load_site(site(tmp_path, altered)), lambda: NOW)
    assert difference.lines == ["~ limit coke-one/S1/so2/legal/hour/any/mg/m3/2026-01-01: value: 50.0 -> 30.0"]
    async with database.transaction() as connection:
        rows = await fetch_all(connection, "select value, superseded_at from emission_limit order by limit_id")
        work = await fetch_all(connection, "select kind, at from rule_work")
        book = await limit_book(connection)
    assert rows == [{"value": 50.0, "superseded_at": NOW}, {"value": 30.0, "superseded_at": None}]
    # periods since the limit began are to be judged again, not only those after the edit
    assert work == [{"kind": "register", "at": datetime(2025, 12, 31, 16, tzinfo=UTC)}]
    found = book.on("coke-one/S1", "coke_oven_stack", "so2", LimitKind.LEGAL, Averaging.HOUR, date(2026, 11, 1))
    assert found is not None
    assert found.value == 30.0


async def test_a_rate_and_the_key_region_are_judged_from_their_days(database: Database, tmp_path: Path) -> None:
    """A permit gives a concentration and a rate from one day on; a city that becomes a key region has other limits."""
    await apply_site(database, load_site(site(tmp_path, GOOD)), lambda: NOW)
    async with database.transaction() as connection:
        await connection.execute("delete from rule_work")
    start = GOOD.index("[[limit]]")
    end = GOOD.find("\n[[", start + 1)
    limit = GOOD[start : end if end > 0 else len(GOOD)]
    rate = limit.replace('unit = "mg/m3"', 'unit = "kg/h"').replace("value = 50.0", "value = 4.9")
    assert rate != limit
    altered = GOOD.replace("[city]", "[city]\nkey_region_from = 2026-09-01", 1) + "\n" + rate
    await apply_site(database, load_site(site(tmp_path, altered)), lambda: NOW)
    async with database.transaction() as connection:
        work = await fetch_all(connection, "select distinct at from rule_work order by at")
        book = await limit_book(connection)
    assert work == [{"at": datetime(2025, 12, 31, 16, tzinfo=UTC)}]
    asked = ("coke-one/S1", "coke_oven_stack", "so2", LimitKind.LEGAL, Averaging.HOUR, date(2026, 11, 1))
    found = book.on(*asked), book.on(*asked, rate=True)
    assert [limit and (limit.value, limit.unit) for limit in found] == [(50.0, "mg/m3"), (4.9, "kg/h")]

    async with database.transaction() as connection:
        await connection.execute("delete from rule_work")
    later = altered.replace("2026-09-01", "2026-10-01")
    await apply_site(database, load_site(site(tmp_path, later)), lambda: NOW)
    async with database.transaction() as connection:
        work = await fetch_all(connection, "select distinct at from rule_work order by at")
    assert work == [{"at": datetime(2026, 8, 31, 16, tzinfo=UTC)}]
