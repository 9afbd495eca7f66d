"""Tables of the register on a real database: taken in whole or not at all, each mistake with its line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from domain.errors import BadInput, SiteError
from runtime.site import Difference, apply_site
from runtime.siteexport import read_site
from runtime.sitefile import load_site
from runtime.siteimport import import_site, read_site_tables
from storage.database import Database, fetch_all
from tests.integration.runtime.test_commands import plantwatch
from tests.integration.runtime.test_site import NOW, site
from tests.unit.runtime.test_sitefile import GOOD

METERS = """\
企业编码,计量点编码,出厂编号,检定日期,检定周期（月）,安装日期,测点编码
coke-one,P1,SN-1,2026/9/1,24,2020-01-01,W-01
coke-one,P2,００９,2026年9月1日,２４,2026-09-10,
"""


@pytest.fixture
async def city(database: Database, tmp_path: Path) -> Database:
    """A database that holds GOOD."""
    await apply_site(database, load_site(site(tmp_path, GOOD)), lambda: NOW)
    return database


def table(folder: Path, text: str, name: str = "meter.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text(text, encoding)
    return path


async def taken(database: Database, *files: Path, noun: str | None = None, dry_run: bool = False) -> Difference:
    return await import_site(database, read_site_tables(files, noun), lambda: NOW, dry_run=dry_run)


async def refused(database: Database, *files: Path, noun: str | None = None) -> list[str]:
    with pytest.raises(SiteError) as caught:
        await taken(database, *files, noun=noun)
    return str(caught.value).splitlines()


async def test_a_table_of_an_office_is_taken_in_once(city: Database, tmp_path: Path) -> None:
    """GBK, full-width digits, days as people write them; a column that is missing keeps what is registered."""
    file = table(tmp_path, METERS, "水表台账.csv", "gbk")
    first = await taken(city, file, noun="计量器具")
    assert first.lines == [
        "~ meter coke-one/SN-1/2020-01-01: verified_on: 2025-06-01 -> 2026-09-01",
        "+ meter coke-one/009/2026-09-10",
    ]
    register = await read_site(city)
    assert [(row["serial"], row["accuracy_class"], row["verification_months"]) for row in register["meter"]] == [
        ("009", None, 24), ("EM-7", None, 72), ("SN-1", "2", 24),
    ]  # fmt: skip
    assert (await taken(city, file, noun="meter")).lines == []


async def test_a_change_is_work_for_the_rules_of_its_enterprise(city: Database, tmp_path: Path) -> None:
    async with city.transaction() as connection:
        await connection.execute("delete from rule_work")
    file = table(tmp_path, METERS)
    await taken(city, file, dry_run=True)
    async with city.transaction() as connection:
        assert await fetch_all(connection, "select kind from rule_work") == []
    await taken(city, file)
    async with city.transaction() as connection:
        work = await fetch_all(connection, "select kind, at from rule_work order by seq")
    assert [row["kind"] for row in work] == ["register", "metering"]
    assert (work[0]["at"], work[1]["at"] < NOW) == (NOW, True)


async def test_every_mistake_is_told_with_its_line_and_nothing_is_taken_in(city: Database, tmp_path: Path) -> None:
    file = table(
        tmp_path,
        "企业编码,计量点编码,出厂编号,检定日期,检定周期,安装日期,测点编码,表盘位数\n"
        "coke-one,P2,GOOD-1,2026-01-01,24,2026-01-02,,\n"
        "coke-one,P2,A-1,2026-13-01,两年,2026-01-01,,\n"
        "coke-one,,A-2,2026-01-01,24,2026-01-01,,\n"
        "coke-nine,P1,A-3,2026-01-01,24,2026-01-01,,\n"
        "coke-one,P9,A-4,2026-12-01,24,2026-01-01,,\n"
        "coke-one,P1,SN-1,2026-01-01,24,2020-01-01,W-01,99\n"
        "coke-one,E1,SN-1,2026-01-01,24,2026-01-01,W-01,\n"
        "coke-one,P2,GOOD-1,2026-01-01,24,2026/1/2,,\n",
    )
    assert await refused(city, file) == [
        "meter.csv: line 3, column 检定日期: '2026-13-01': expected a day such as 2026-09-01",
        "meter.csv: line 3, column 检定周期: '两年': expected a whole number",
        "meter.csv: line 4, column 计量点编码: is empty: expected text",
        "meter.csv: line 7, column 表盘位数: '99': Input should be less than or equal to 15 (a register of its own "
        "needs digits and scale; leave all three out where it is the point's)",
        "meter.csv: line 9: given twice, first at meter.csv: line 2",
        "meter.csv: line 5, column 企业编码: 'coke-nine': meter coke-nine/A-3/2026-01-01: enterprise = 'coke-nine': "
        "no such enterprise",
        "meter.csv: line 5, column 计量点编码: 'P1': meter coke-nine/A-3/2026-01-01: place = 'P1': "
        "no such metering_place of the enterprise (coke-one has one)",
        "meter.csv: line 6, column 计量点编码: 'P9': meter coke-one/A-4/2026-01-01: place = 'P9': "
        "no such metering_place",
        "meter.csv: line 8, column 测点编码: 'W-01': meter coke-one/SN-1/2026-01-01: point W-01 is in m3; a place of "
        "electricity (E1) is measured in kWh",
        "meter.csv: line 8, column 安装日期: '2026-01-01': meter coke-one/SN-1/2026-01-01: the meter of this serial is "
        "installed at coke-one/P1 from 2020-01-01, it is not removed: expected one after the other; give the earlier "
        "one its removed_on",
        "meter.csv: line 6, column 检定日期: '2026-12-01': meter coke-one/A-4/2026-01-01: verified_on 2026-12-01 lies "
        "after today (2026-11-02): expected the day it was verified",
    ]
    assert len((await read_site(city))["meter"]) == 2


async def test_a_mistake_in_every_row_is_not_told_without_end(city: Database, tmp_path: Path) -> None:
    rows = "".join(f"coke-one,P9,{number},2026-01-01,24,2026-01-01\n" for number in range(1500))
    told = await refused(city, table(tmp_path, "企业编码,计量点编码,出厂编号,检定日期,检定周期,安装日期\n" + rows))
    assert (len(told), told[-1]) == (1001, "... and 1999 more")  # no such place, and all of them at one


async def test_a_workbook_of_several_nouns_refers_to_itself(city: Database, tmp_path: Path) -> None:
    """A new enterprise with its intake, place and meter, sheets in any order, in words that a bureau uses."""
    book = Workbook()
    book.remove(book.worksheets[0])
    sheets: dict[str, list[list[Any]]] = {
        "计量器具": [
            ["企业编码", "计量点编码", "出厂编号", "检定日期", "检定周期月数", "安装日期"],
            ["coke-two", "P1", "0001", date(2026, 3, 1), 24, date(2026, 3, 9)],
        ],
        "企业": [
            ["企业编码", "企业名称", "所在区", "行业", "工业企业", "重点用水单位", "纳入监管日期"],
            ["coke-two", "二号（焦化）", "north", "焦化", "是", "自治区级", date(2026, 10, 1)],
        ],
        "取水口": [
            [
                "企业编码",
                "取水口编码",
                "取水口名称",
                "水源",
                "年许可水量(m³)",
                "农业取水",
                "启用日期",
                "许可证截止日期",
            ],
            ["coke-two", "I1", "一号井", "地下水", 120000, False, date(2020, 1, 1), date(2026, 6, 30)],
        ],
        "计量点": [
            ["企业编码", "计量点编码", "计量点名称", "计量级别", "取水口编码", "用水类型", "启用日期"],
            ["coke-two", "P1", "总表", "用水单位", "I1", "新水", date(2020, 1, 1)],
        ],
    }
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    file = tmp_path / "二号焦化.xlsx"
    book.save(file)
    difference = await taken(city, file)
    assert difference.lines == [
        "+ enterprise coke-two",
        "+ intake coke-two/I1",
        "+ metering_place coke-two/P1",
        "+ meter coke-two/0001/2026-03-09",
    ]
    assert difference.warnings == ["! intake coke-two/I1: the permit expired on 2026-06-30"]
    register = await read_site(city)
    (two,) = (row for row in register["enterprise"] if row["code"] == "coke-two")
    assert (two["name"], two["key_water"], two["is_industrial"]) == ("二号（焦化）", "region", True)
    assert (await taken(city, file)).lines == []

    book["企业"]["C2"] = "south"
    book["计量点"]["E2"] = "I9"
    book.save(file)
    assert await refused(city, file) == [
        "二号焦化.xlsx: sheet 企业: line 2, column 所在区: 'south': enterprise coke-two: district = 'south': "
        "no such district",
        "二号焦化.xlsx: sheet 计量点: line 2, column 取水口编码: 'I9': metering_place coke-two/P1: intake = 'I9': "
        "no such intake",
    ]


async def test_an_empty_cell_takes_away_and_a_missing_column_keeps(city: Database, tmp_path: Path) -> None:
    header = "enterprise,code,permit_number,permit_to\n"
    known = table(tmp_path, header + "coke-one,I1,取水（测）字第7号,2030-12-31\n", "intake.csv")
    assert (await taken(city, known)).lines == [
        "~ intake coke-one/I1: permit_number: None -> 取水（测）字第7号; permit_to: None -> 2030-12-31"
    ]
    gone = table(tmp_path, header + "coke-one,I1,取水（测）字第7号,\n", "intake.csv")
    assert (await taken(city, gone)).lines == ["~ intake coke-one/I1: permit_to: 2030-12-31 -> None"]
    new = table(tmp_path, header + "coke-one,I2,,\n", "intake.csv")
    told = await refused(city, new)
    assert "intake.csv: line 2: the column 年许可水量 (permitted_m3_a) is missing: expected a number" in told[3]
    assert len(told) == 5


async def test_mistakes_that_were_there_before_do_not_stop_others_from_being_mended(
    city: Database, tmp_path: Path
) -> None:
    async with city.transaction() as connection:
        await connection.execute("update point set unit = 'L' where code = 'W-01'")
    file = table(tmp_path, "enterprise,code,name\ncoke-one,P2,化产\n", "metering_place.csv")
    difference = await taken(city, file)
    assert difference.lines == ["~ metering_place coke-one/P2: name: 化产工段 -> 化产"]
    assert difference.warnings == [
        "! meter coke-one/SN-1/2020-01-01: point W-01 is in L; a place of water (P1) is measured in m3"
    ]
    told = await refused(city, table(tmp_path, "enterprise,code,unit\ncoke-one,W-01,kL\n", "point.csv"))
    assert told == [
        "in the database: meter coke-one/SN-1/2020-01-01: point W-01 is in kL; a place of water (P1) is measured in m3"
    ]


async def test_a_register_too_small_for_what_is_stored(city: Database, tmp_path: Path) -> None:
    async with city.transaction() as connection:
        await connection.execute(
            "insert into hourly (point_id, hour_at, valid_minutes, reading_count, valid_count, last_value, flag_counts,"
            " marks, computed_at) select point_id, %s, 0, 1, 1, 123456.7, '{}', '{}', %s from point"
            " where code = 'W-01'",
            (datetime(2026, 11, 1, tzinfo=UTC), NOW),
        )
    header = "企业编码,测点编码,表盘位数,每字量值\n"
    assert (await taken(city, table(tmp_path, header + "coke-one,W-01,7,0.1\n", "测点.csv"))).lines == [
        "~ point coke-one/W-01: counter_digits: 8 -> 7"
    ]
    assert await refused(city, table(tmp_path, header + "coke-one,W-01,6,0.1\n", "测点.csv")) == [
        "测点.csv: line 2, column 表盘位数: '6': point coke-one/W-01: a register of 6 digits at 0.1 m3 ends below "
        "100000, but W-01 showed 123457 on 2026-11-01: expected more digits or another scale"
    ]
    file = table(tmp_path, "企业编码,出厂编号,安装日期,表盘位数\ncoke-one,SN-1,2020-01-01,5\n")
    assert "a register of 5 digits at 1 m3 ends below 100000" in (await refused(city, file))[0]


async def test_a_limit_takes_the_place_of_the_one_of_its_day(city: Database, tmp_path: Path) -> None:
    """Also when the unit is another: nothing overlaps, and the present one is superseded."""
    row = next(row for row in (await read_site(city))["limit"])
    names = [name for name, value in row.items() if value not in (None, [], "")]
    cells = {**row, "unit": "ug/m3", "value": 50000.0}
    text = ",".join(names) + "\n" + ",".join(str(cells[name]) for name in names) + "\n"
    difference = await taken(city, table(tmp_path, text, "limit.csv"))
    assert difference.lines == ["+ limit coke-one/S1/so2/legal/hour/any/ug/m3/2026-01-01"]
    assert [(one["unit"], one["value"]) for one in (await read_site(city))["limit"]] == [("ug/m3", 50000.0)]


@pytest.mark.parametrize(
    ("name", "text", "noun", "said"),
    [
        ("list.csv", METERS, None, "'list' names no noun: expected city (城市), district (区)"),
        ("meter.csv", METERS, "valve", "--noun valve: there is no such noun"),
        (
            "meter.csv",
            "企业编码,表计\na,b\n",
            None,
            "column 表计: meter has no such field; expected 企业编码 (enterprise)",
        ),
        (
            "meter.csv",
            "企业编码,enterprise,出厂编号,安装日期\na,b,c,d\n",
            None,
            "columns 企业编码 and enterprise are both",
        ),
        (
            "meter.csv",
            "企业编码,计量点编码\na,b\n",
            None,
            "the column 出厂编号 (serial) is missing: without it nobody knows",
        ),
        ("meter.csv", "企业编码\na", None, "line 2: has no line end"),
    ],
)
def test_tables_that_nobody_can_take_in(tmp_path: Path, name: str, text: str, noun: str | None, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_site_tables([table(tmp_path, text, name)], noun)
    assert said in str(caught.value)


async def test_into_an_empty_database(database: Database, tmp_path: Path) -> None:
    files = [
        table(tmp_path, "code,name\ntestcity,测试市\n", "city.csv"),
        table(tmp_path, "code,name\nnorth,北区\n", "district.csv"),
    ]
    assert "expected exactly one [city]" in (await refused(database, files[1]))[0]
    assert (await taken(database, *files)).lines == ["+ city testcity", "+ district north"]
    assert (
        "expected exactly one [city]"
        in (await refused(database, table(tmp_path, "code,name\nother,别市\n", "city.csv")))[0]
    )


async def test_as_a_person_types_it(city: Database, database_url: str, tmp_path: Path) -> None:
    file = table(tmp_path, METERS.replace("2026/9/1", "2025/9/1").replace("2026年9月1日", "2025-09-01"))
    dry = plantwatch(database_url, "site", "import", str(file), "--dry-run")
    assert dry.stdout.splitlines()[-1] == "2 differences (dry run)", dry.stderr
    done = plantwatch(database_url, "site", "import", str(file))
    assert done.stdout.splitlines()[-1] == "2 differences"
    again = plantwatch(database_url, "site", "import", str(file), "--noun", "计量器具")
    assert (again.returncode, again.stdout) == (0, "0 differences: the register says this already\n")
    wrong = plantwatch(database_url, "site", "import", str(table(tmp_path, METERS.replace("P2", "P7"))))
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "plantwatch: meter.csv: line 3, column 计量点编码: 'P7'" in wrong.stderr

    book = tmp_path / "台账.xlsx"
    assert plantwatch(database_url, "site", "export", "--format", "xlsx", "--out", str(book)).returncode == 0
    assert load_workbook(book)["计量器具"]["C1"].value == "出厂编号"
    same = plantwatch(database_url, "site", "import", str(book))
    assert same.stdout.splitlines()[-1] == "0 differences: the register says this already", same.stderr
    missing = plantwatch(database_url, "site", "export", "--format", "csv")
    assert (missing.returncode, missing.stderr) == (2, "plantwatch: --format csv: --dir DIR expected\n")
    written = plantwatch(database_url, "site", "export", "--format", "csv", "--dir", str(tmp_path / "tables"))
    assert str(tmp_path / "tables" / "meter.csv") in written.stdout.splitlines()
    same = plantwatch(database_url, "site", "import", *map(str, sorted((tmp_path / "tables").iterdir())))
    assert same.stdout.splitlines()[-1] == "0 differences: the register says this already", same.stderr
