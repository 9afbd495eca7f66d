"""People, teams, shifts and routes by the site file, on a real database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from domain.alerts import Severity
from domain.errors import SiteError
from runtime.channelfile import channels_known
from runtime.clock import ClockFile
from runtime.everything import apply_and_tell
from runtime.rosternotes import stored_notes
from runtime.settings import Settings
from runtime.site import apply_site
from runtime.sitecommands import told
from runtime.siteexport import export_site, read_site, write_csv, write_workbook
from runtime.sitefile import load_site
from runtime.siteimport import import_site, read_site_tables
from storage.database import Database, fetch_all
from storage.roster import load
from tests.unit.runtime.test_sitefile import GOOD, PEOPLE

NOW = datetime(2026, 11, 27, 4, tzinfo=UTC)


def now() -> datetime:
    return NOW


async def apply(database: Database, folder: Path, text: str) -> str:
    file = folder / "site.toml"
    file.write_text(text, "utf-8")
    return told(await apply_site(database, load_site(file), now), dry_run=False)


async def test_what_was_applied_is_the_roster(database: Database, tmp_path: Path) -> None:
    shown = await apply(database, tmp_path, GOOD)
    for line in ("+ person wang-wei", "+ team duty", "+ shift duty/night/2026-01-01", "+ route north"):
        assert line in shown
    async with database.transaction() as connection:
        roster, routes = await load(connection)
    assert [turn.people for turn in roster.on_duty("duty", NOW)] == [("li-bai",)]
    assert roster.people["wang-wei"].contacts[0].address == "13800000001"
    assert roster.teams["duty"].policy.repeat[Severity.INFO] is None
    assert roster.teams["duty"].steps[1].to == "person:li-bai"
    assert routes.teams({"district": "north", "severity": "warning"}) == ("duty",)
    assert routes.teams({"district": "north", "severity": "info"}) == ()


async def test_applying_and_exporting_come_back_to_the_same(database: Database, tmp_path: Path) -> None:
    await apply(database, tmp_path, GOOD)
    assert await apply(database, tmp_path, GOOD) == "0 differences: the register says this already\n"
    assert (await apply(database, tmp_path, await export_site(database))).startswith("0 differences")
    register = await read_site(database)
    write_workbook(register, tmp_path / "book.xlsx")
    for files in (write_csv(register, tmp_path / "csv"), [tmp_path / "book.xlsx"]):
        tables = [table for table in read_site_tables(files) if table.table.rows]
        assert (await import_site(database, tables, now)).lines == []


async def test_whoever_starts_reads_what_should_be_looked_at(database: Database, tmp_path: Path) -> None:
    """The same when a site is applied by hand, by `plantwatch all --site`, and when the alert stage starts."""
    file = tmp_path / "site.toml"
    ends = PEOPLE.replace("valid_from = 2026-01-01\n", "valid_from = 2026-01-01\nvalid_to = 2026-12-27\n", 1)
    ends = GOOD.removesuffix(PEOPLE) + ends
    nothing = '{ label = "rule", op = "starts", value = "lgeal" }, { label = "severity", op = "!="'
    file.write_text(ends.replace('{ label = "severity", op = "!="', nothing), "utf-8")
    ClockFile(tmp_path / "clock", at=NOW)
    settings = Settings(clock_file=tmp_path / "clock")  # type: ignore[call-arg]
    told_at_start = await apply_and_tell(settings, database.url, file)
    notes = [
        "team duty: nobody is on duty 2026-12-27 08:00 to 2026-12-27 20:00, 2026-12-28 08:00 to 2026-12-28 12:00",
        "team duty: li-bai, wang-wei have no contact of a configured channel that reaches people, "
        "only its channels tell them",
        "person wang-wei: has a contact of channel 'email', which is not configured",
        "person li-bai: has a contact of channel 'sms', which is not configured, and 1 more",
        "team duty: channel 'dingtalk-duty' is not configured",
        "route north: rule starts lgeal fits none that there is",
    ]
    assert [line.removeprefix("! ") for line in told_at_start.splitlines() if line.startswith("! ")] == notes
    assert told_at_start.splitlines()[-1].endswith(f"differences applied from {file}")
    channels = await channels_known(settings)
    by_hand = await apply_site(database, load_site(file), now, dry_run=True, channels=channels)
    assert [line.removeprefix("! ") for line in by_hand.warnings] == notes
    assert await stored_notes(database, NOW, channels) == notes


async def test_an_address_is_not_told_when_it_changes(database: Database, tmp_path: Path) -> None:
    await apply(database, tmp_path, GOOD)
    shown = await apply(database, tmp_path, GOOD.replace("13800000002", "13900000003"))
    assert shown == "~ person li-bai: contacts: another address\n1 differences\n"
    shown = await apply(database, tmp_path, GOOD.replace('{ channel = "sms", address = "13800000001" }, ', ""))
    assert "~ person wang-wei: contacts: sms, email -> email" in shown
    assert "1380000" not in shown
    assert "1390000" not in shown


async def test_who_and_what_vanishes_from_the_file_ends(database: Database, tmp_path: Path) -> None:
    await apply(database, tmp_path, GOOD)
    without = PEOPLE.replace("[[route]]", "").replace('code = "north"\nposition = 10\n', "")
    without = without[: PEOPLE.rindex("[[shift]]")].replace('"wang-wei", "li-bai"', '"li-bai"')
    without = without[without.index('[[person]]\ncode = "li-bai"') :]
    shown = await apply(database, tmp_path, GOOD.removesuffix(PEOPLE) + without)
    lines = shown.splitlines()
    assert "~ person wang-wei: active: True -> False" in lines
    assert "~ shift duty/night/2026-01-01: valid_to: None -> 2026-11-27" in lines
    assert "- route north" in lines
    assert any(
        line.startswith("! team duty: nobody is on duty 2026-11-27 20:00 to 2026-11-28 08:00, ") for line in lines
    )
    # history stays, and the same file again has nothing to say about it
    again = await apply(database, tmp_path, GOOD.removesuffix(PEOPLE) + without)
    assert "0 differences" in again
    async with database.transaction() as connection:
        roster, routes = await load(connection)
        kept = await fetch_all(connection, "select code, valid_to from duty_shift order by code")
    assert kept == [{"code": "day", "valid_to": None}, {"code": "night", "valid_to": date(2026, 11, 27)}]
    assert not roster.people["wang-wei"].active
    assert routes.routes == ()


async def test_a_table_of_people_as_somebody_keeps_it(database: Database, tmp_path: Path) -> None:
    await apply(database, tmp_path, GOOD)
    file = tmp_path / "人员.csv"
    file.write_text("人员编码,姓名,联系方式,在岗\ndu-fu,杜甫,sms:13800000009;email:du@example.org,是\n", "utf-8")
    assert (await import_site(database, read_site_tables([file]), now)).lines == ["+ person du-fu"]
    async with database.transaction() as connection:
        roster, _ = await load(connection)
    assert [contact.channel for contact in roster.people["du-fu"].contacts] == ["sms", "email"]

    file.write_text("人员编码,姓名,联系方式\ndu-fu,杜甫,13800000009\n", "utf-8")
    with pytest.raises(SiteError) as refusal:
        await import_site(database, read_site_tables([file]), now)
    assert "expected channel and address, in a table as channel:address" in str(refusal.value)
    assert "1380000" not in str(refusal.value)

    shifts = tmp_path / "班次.csv"
    shifts.write_text(
        "值班组编码,班次编码,班次名称,开始时刻,时长,轮值人员,轮换单位,适用日,生效日期\n"
        "duty,aid,增援班,9:00,8,du-fu;wang-wei,按周,工作日,2026-12-01\n",
        "utf-8",
    )
    difference = await import_site(database, read_site_tables([shifts]), now)
    assert difference.lines == ["+ shift duty/aid/2026-12-01"]
    assert any("shifts aid and day are on duty at once 2026-12-01 09:00 to" in line for line in difference.warnings)
