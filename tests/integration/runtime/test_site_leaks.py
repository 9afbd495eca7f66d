"""The leak register in site files and tables: installations, units, sealing points, instruments, testers, campaigns."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from domain.errors import SiteError
from runtime.site import apply_site
from runtime.siteexport import export_site, read_site
from runtime.sitefile import load_site
from runtime.siteimport import import_site, read_site_tables
from storage.database import Database, fetch_all
from storage.site import write_rows
from tests.integration.runtime.test_site import NOW, site
from tests.unit.runtime.test_sitefile import GOOD


@pytest.fixture
async def city(database: Database, tmp_path: Path) -> Database:
    """A database that holds GOOD, and no work for the rules."""
    await apply_site(database, load_site(site(tmp_path, GOOD)), lambda: NOW)
    async with database.transaction() as connection:
        await connection.execute("delete from rule_work")
    return database


async def apply(database: Database, tmp_path: Path, text: str) -> list[str]:
    return (await apply_site(database, load_site(site(tmp_path, text)), lambda: NOW)).lines


async def test_a_site_file_is_applied_once_and_comes_back(city: Database, tmp_path: Path) -> None:
    assert await apply(city, tmp_path, GOOD) == []
    assert await apply(city, tmp_path, await export_site(city)) == []
    async with city.transaction() as connection:
        (row,) = await fetch_all(
            connection,
            "select c.unit_name, u.code, c.reachable, c.exempt_to from component c join process_unit u using (unit_id)",
        )
    assert row == {"unit_name": "脱苯单元", "code": "U1", "reachable": False, "exempt_to": date(2026, 7, 1)}


async def test_components_are_shown_by_the_name_that_their_unit_has_now(city: Database, tmp_path: Path) -> None:
    assert await apply(city, tmp_path, GOOD.replace("脱苯单元", "粗苯单元")) == [
        "~ process_unit coke-one/CP/U1: name: 脱苯单元 -> 粗苯单元"
    ]
    async with city.transaction() as connection:
        rows = await fetch_all(connection, "select code, unit_name from component order by code")
    assert rows == [{"code": "C-1", "unit_name": "粗苯工段"}, {"code": "V-2", "unit_name": "粗苯单元"}]


async def test_a_component_moves_into_a_unit(city: Database, tmp_path: Path) -> None:
    """The name that it was shown by gives way; the rest of the row stays as it was."""
    file = tmp_path / "密封点.csv"
    file.write_text("企业编码,密封点编码,所属单元\ncoke-one,C-1,CP/U1\n", "utf-8")
    done = await import_site(city, read_site_tables([file]), lambda: NOW)
    assert done.lines == ["~ component coke-one/C-1: unit: None -> CP/U1; unit_name: 粗苯工段 -> None"]
    assert (await import_site(city, read_site_tables([file]), lambda: NOW)).lines == []
    rows = (await read_site(city))["component"]
    assert [(row["code"], row["unit"], row["kind"]) for row in rows] == [
        ("C-1", "CP/U1", "pump"), ("V-2", "CP/U1", "valve"),
    ]  # fmt: skip


async def test_who_measures_is_work_for_the_signs_alone(city: Database, tmp_path: Path) -> None:
    """A changed instrument, tester or campaign puts tests in another light; no schedule rests on it."""
    altered = GOOD.replace("FID-3000", "FID-4000").replace("from_day = 2026-07-01", "from_day = 2026-08-01")
    assert len(await apply(city, tmp_path, altered)) == 2
    async with city.transaction() as connection:
        work = await fetch_all(connection, "select kind, at from rule_work")
    assert work == [{"kind": "ldar", "at": datetime(2025, 12, 31, 16, tzinfo=UTC)}]


async def test_a_closed_component_is_work_for_the_schedules(city: Database, tmp_path: Path) -> None:
    closed = GOOD.replace('code = "V-2"', 'code = "V-2"\nin_service_to = 2026-10-01')
    assert await apply(city, tmp_path, closed) == ["~ component coke-one/V-2: in_service_to: None -> 2026-10-01"]
    async with city.transaction() as connection:
        assert await fetch_all(connection, "select kind, at from rule_work") == [{"kind": "register", "at": NOW}]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('unit = "CP/U1"', 'unit = "CP/U9"', "component coke-one/V-2: unit = 'CP/U9': no such process_unit"),
        ('unit = "CP/U1"', 'unit = "U1"', "unit: String should match pattern"),
        ('unit = "CP/U1"', "", "unit (installation/unit) or unit_name is needed"),
        ('installation = "CP"', 'installation = "XX"', "installation = 'XX': no such installation"),
        ('installations = ["CP"]', 'installations = ["XX"]', "campaign coke-one/2026-H2: installations: 'XX'"),
        ('installations = ["CP"]', 'installations = ["CP", "CP"]', "installations names one twice"),
        ("to_day = 2026-09-30", "to_day = 2026-06-30", "to_day must not be before from_day"),
        ("declared_unreachable = 1", "declared_unreachable = 3", "declared_unreachable must not be more than"),
        ('exempt_clause = "GB 37822-2019 8.3.2"\n', "", "exempt_from and exempt_to need an exempt_clause"),
        ("exempt_to = 2026-07-01", "exempt_to = 2026-01-01", "exempt_to must be after the first day"),
        ("voc_share = 0.9", "voc_share = 90.0", "voc_share: Input should be less than or equal to 1"),
        ("hours_per_year = 8000.0", "hours_per_year = 9000", "hours_per_year: Input should be less than"),
        ('list = "soil_key_unit"', 'list = "soil"', "list: Input should be 'soil_key_unit' or 'cooling_water'"),
        ("in_use_from = 2026-01-01", "in_use_from = 2026-01-01\nin_use_to = 2026-01-01", "in_use_to must be after"),
        ("started_on = 2019-12-01", "started_on = 2026-12-01\nin_service_to = 2026-12-01", "started_on must be before"),
        (
            "started_on = 2019-12-01",
            "in_service_to = 2026-03-01",
            "installation coke-one/CP: in_service_to 2026-03-01, but 1 of its components stay in service",
        ),
        (
            "[[leak_tester]]",
            '[[instrument]]\nenterprise = "coke-one"\nserial = "0071"\nin_use_from = 2026-05-01\n[[leak_tester]]',
            "instrument 2 (coke-one/0071): given twice",
        ),
        (
            "[[station]]",
            '[[enterprise_list]]\nenterprise = "coke-one"\nlist = "soil_key_unit"\nlisted_from = 2026-05-01\n'
            'source = "名录"\n[[station]]',
            "is on the list since 2026-01-01 already; give that row a listed_to",
        ),
    ],
)
def test_what_contradicts_itself(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    with pytest.raises(SiteError) as caught:
        load_site(site(tmp_path, GOOD.replace(old, new, 1)))
    assert told in str(caught.value)


async def test_what_is_odd_is_told_once(city: Database, tmp_path: Path) -> None:
    odd = GOOD.replace("verified_until = 2027-03-31", "verified_until = 2026-03-31").replace(
        'unit_name = "粗苯工段"', 'unit_name = "粗苯工段"\ntag = "000217"'
    )
    done = await apply_site(city, load_site(site(tmp_path, odd)), lambda: NOW)
    assert done.warnings == [
        "! enterprise coke-one: 1 tags of components hang twice: 000217 on C-1 and V-2",
        "! instrument coke-one/0071: its verification ran out on 2026-03-31",
    ]


async def test_nobody_keeps_records_while_components_are_written(city: Database) -> None:
    """Both lock components, each in its own order: without waiting they would end in a deadlock."""
    free = "select pg_try_advisory_xact_lock(hashtext('leak_records'), enterprise_id) as free from enterprise"
    async with city.transaction() as connection:
        await write_rows(connection, "component", (await read_site(city))["component"], NOW)
        async with city.transaction() as other:
            assert await fetch_all(other, free) == [{"free": False}]
    async with city.transaction() as connection:
        assert await fetch_all(connection, free) == [{"free": True}]


async def test_thousands_of_components_in_one_table(city: Database, tmp_path: Path) -> None:
    """More than a statement takes: all are there, and coming again changes nothing."""
    file = tmp_path / "密封点.csv"
    lines = [f"coke-one,X-{n},{n}号阀,CP/U1,阀门,气体,2026-01-01" for n in range(20_500)]
    header = "企业编码,密封点编码,密封点名称,所属单元,密封点类型,介质状态,投用日期"
    file.write_text("\n".join([header, *lines, ""]), "utf-8")
    assert len((await import_site(city, read_site_tables([file]), lambda: NOW)).lines) == 20_500
    assert (await import_site(city, read_site_tables([file]), lambda: NOW)).lines == []
    async with city.transaction() as connection:
        assert await fetch_all(connection, "select count(*) as n from component where unit_id is not null") == [
            {"n": 20_501}
        ]
