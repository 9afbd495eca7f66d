"""The leak register and its records from files on a real database: in whole or not at all, and once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from domain.errors import BadInput, SiteError
from runtime.leakimport import Imported, import_leaks
from runtime.site import apply_site
from runtime.sitefile import load_site
from storage.database import Database, fetch_all
from tests.integration.runtime.test_commands import plantwatch
from tests.integration.runtime.test_site import site
from tests.unit.runtime.test_sitefile import GOOD

NOW = datetime(2026, 11, 20, tzinfo=UTC)
HEADER = "企业编码,密封点编码,检测时间,净值,检测目的,检测轮次,仪器编号,检测人员\n"
TESTS = HEADER + (
    "coke-one,C-1,2026-07-02 10:30:05,6000,,2026-H2,0071,李四\ncoke-one,V-2,2026/7/2 10:31,12.5,,2026-H2,0071,李四\n"
)
REPAIRS = "企业编码,密封点编码,维修时间,维修措施,维修人员\ncoke-one,C-1,2026-07-04 09:00,更换机械密封,王五\n"


@pytest.fixture
async def plant(database: Database, tmp_path: Path) -> Database:
    """A database that holds GOOD, and no work for the rules."""
    await apply_site(database, load_site(site(tmp_path, GOOD)), lambda: NOW)
    async with database.transaction() as connection:
        await connection.execute("delete from rule_work")
    return database


def file(folder: Path, text: str, name: str = "检测记录.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text(text, encoding)
    return path


async def take(database: Database, path: Path, **more: Any) -> Imported:
    return await import_leaks(database, path, lambda: NOW, author="张三", **more)


async def refused(database: Database, path: Path, **more: Any) -> list[str]:
    with pytest.raises(BadInput) as caught:
        await take(database, path, **more)
    return str(caught.value).splitlines()


async def ask(database: Database, sql: str) -> list[dict[str, Any]]:
    async with database.transaction() as connection:
        return await fetch_all(connection, sql)


async def test_tests_are_taken_in_once(plant: Database, tmp_path: Path) -> None:
    path = file(tmp_path, TESTS, encoding="gbk")
    assert list((await take(plant, path)).lines) == ["检测记录：新增 2 条，更正 0 条，相同 0 条"]
    assert await ask(plant, "select net_umol_mol, campaign, has_time, tester from leak_test order by tested_at") == [
        {"net_umol_mol": 6000.0, "campaign": "2026-H2", "has_time": True, "tester": "李四"},
        {"net_umol_mol": 12.5, "campaign": "2026-H2", "has_time": True, "tester": "李四"},
    ]
    assert await ask(plant, "select state from leak") == [{"state": "found"}]
    work = await ask(plant, "select kind from rule_work")
    assert {row["kind"] for row in work} == {"leak_test"}
    assert list((await take(plant, path)).lines) == ["检测记录：新增 0 条，更正 0 条，相同 2 条"]
    assert await ask(plant, "select kind from rule_work") == work


async def test_a_corrected_file_tells_what_it_corrects(plant: Database, tmp_path: Path) -> None:
    await take(plant, file(tmp_path, TESTS))
    done = await take(plant, file(tmp_path, TESTS.replace("12.5", "13.5")))
    assert list(done.lines) == [
        "更正的记录 1 条，原记录保留：第 3 行 V-2",
        "检测记录：新增 0 条，更正 1 条，相同 1 条",
    ]
    assert await ask(plant, "select net_umol_mol from leak_test where revision = 1") == [{"net_umol_mol": 13.5}]


async def test_a_trial_changes_nothing(plant: Database, tmp_path: Path) -> None:
    done = await take(plant, file(tmp_path, TESTS), dry_run=True)
    assert done.new["test"] == 2
    assert await ask(plant, "select component_id from leak_test") == []
    assert await ask(plant, "select kind from rule_work") == []


async def test_days_alone_are_counted_and_named(plant: Database, tmp_path: Path) -> None:
    done = await take(plant, file(tmp_path, TESTS.replace("2026/7/2 10:31", "2026年7月2日")))
    assert next(iter(done.lines)) == "只有日期、没有时间的检测记录 1 条，按当天零时保存：第 3 行 V-2"
    assert await ask(plant, "select tested_at from leak_test where not has_time") == [
        {"tested_at": datetime(2026, 7, 1, 16, tzinfo=UTC)}
    ]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("coke-one,C-9,2026-07-02,1,,,,", "line 4, column 密封点编码: 'C-9'：应为"),
        (
            "coke-one,C-1,2019-12-31,1,,,,",
            "line 4, column 检测时间: '2019-12-31'：应为2020-01-01 或以后：密封点自该日投用",
        ),
        ("coke-one,C-1,2026-07-03,1,,2025-H1,,", "line 4, column 检测轮次: '2025-H1'：应为"),
        ("coke-two,C-1,2026-07-03,1,,,,", "line 4, column 企业编码: 'coke-two'：应为已登记的企业编码"),
        ("coke-one,C-1,2026-07-03 08:00,1,修复后复测,,,", "line 4, column 检测时间: 复测时间 2026-07-03 08:00"),
        ("coke-one,C-1,2026-07-03,-1,,,,", "line 4, column 净值: '-1'：应为不小于 0"),
    ],
)
async def test_one_wrong_row_keeps_the_whole_file_out(plant: Database, tmp_path: Path, row: str, told: str) -> None:
    problem, *advice = await refused(plant, file(tmp_path, TESTS + row + "\n"))
    assert all("放进同一个工作簿" in line for line in advice)
    assert told in problem
    assert await ask(plant, "select component_id from leak_test") == []
    assert await ask(plant, "select kind from rule_work") == []


async def test_what_was_removed_is_not_tested_any_more(plant: Database, tmp_path: Path) -> None:
    closed = GOOD.replace('code = "V-2"', 'code = "V-2"\nin_service_to = 2026-07-02')
    await apply_site(plant, load_site(site(tmp_path, closed)), lambda: NOW)
    (problem,) = await refused(plant, file(tmp_path, TESTS))
    assert "line 3, column 检测时间: '2026/7/2 10:31'：应为2026-07-02 以前：密封点自该日停用" in problem


async def test_the_first_fifty_mistakes_and_how_many_there_are(plant: Database, tmp_path: Path) -> None:
    rows = [f"coke-one,X-{number},2026-07-02 10:30,1,,,,\n" for number in range(60)]
    told = await refused(plant, file(tmp_path, HEADER + "".join(rows)))
    assert len(told) == 51
    assert [line.split(":")[1] for line in told[:2]] == [" line 2, column 密封点编码", " line 3, column 密封点编码"]
    assert told[-1] == "... 共 60 处错误，整个文件没有入库"


async def test_a_repair_and_its_retest(plant: Database, tmp_path: Path) -> None:
    """In one workbook with the finding, in whatever order; a second import changes nothing."""
    book = Workbook()
    for title, text in (("维修记录", REPAIRS), ("检测记录", TESTS)):
        sheet = book.create_sheet(title)
        for line in text.splitlines():
            sheet.append(line.split(","))
    book["检测记录"].append(["coke-one", "C-1", datetime.fromisoformat("2026-07-04 11:00"), 30, "复测"])
    book.remove(book.worksheets[0])
    path = tmp_path / "七月.xlsx"
    book.save(path)
    assert list((await take(plant, path)).lines) == [
        "检测记录：新增 3 条，更正 0 条，相同 0 条",
        "维修记录：新增 1 条，更正 0 条，相同 0 条",
    ]
    assert await ask(plant, "select state, attempts from leak") == [{"state": "closed", "attempts": 1}]
    assert (await take(plant, path)).same == {"test": 3, "repair": 1}


async def test_one_sheet_of_several(plant: Database, tmp_path: Path) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title in ("检测记录", "草稿"):
        sheet = book.create_sheet(title)
        for line in TESTS.splitlines():
            sheet.append(line.split(","))
    path = tmp_path / "七月.xlsx"
    book.save(path)
    assert "sheet 草稿: 不知道表中是什么" in (await refused(plant, path))[0]
    assert (await take(plant, path, kind="检测", dry_run=True)).new == {"test": 2}
    assert (await take(plant, path, kind="检测", sheet="草稿", dry_run=True)).new == {"test": 2}
    assert await refused(plant, path, kind="维修") == [
        "七月.xlsx: 有几张工作表（检测记录、草稿），用 --sheet 指明哪一张"
    ]


async def test_a_repair_of_what_does_not_leak_is_refused(plant: Database, tmp_path: Path) -> None:
    problem, advice = await refused(plant, file(tmp_path, REPAIRS, "维修记录.csv"))
    assert "放进同一个工作簿" in advice
    assert "line 2, column 维修时间: 维修时间 2026-07-04 09:00" in problem
    assert "没有未修复的泄漏；维修须在检出泄漏之后、复测合格之前；应为：此前有检出泄漏的检测记录" in problem


async def test_a_filing_a_calibration_and_an_event(plant: Database, tmp_path: Path) -> None:
    await take(plant, file(tmp_path, TESTS))
    filing = (
        "密封点编码,发现时间,备案日期,延迟原因,计划修复日期,备案文件\n"
        "C-1,2026-07-02 10:30:05,2026-07-08,停车检修,2027-05-31,备案表-12\n"
    )
    done = await take(plant, file(tmp_path, filing, "延迟修复.csv"), enterprise="coke-one")
    assert done.new == {"delay": 1}
    assert await ask(plant, "select state, delay_until::text from leak") == [
        {"state": "delayed", "delay_until": "2027-05-31"}
    ]
    calibration = "企业编码,仪器编号,校准时间,校准类型,标准值,示值\ncoke-one,0071,2026-07-02 08:00,示值校准,500,496\n"
    assert (await take(plant, file(tmp_path, calibration, "calibrations.csv"))).new == {"calibration": 1}
    unknown = await refused(plant, file(tmp_path, calibration.replace("0071", "0072"), "校准记录.csv"))
    assert "line 2, column 仪器编号: '0072'" in unknown[0]
    event = "企业编码,事件类型,装置编码,发生时间,备注\ncoke-one,检修后投用,CP,2026-08-01,大修\n"
    assert (await take(plant, file(tmp_path, event, "x.csv"), kind="事件")).new == {"event": 1}
    work = await ask(plant, "select kind, count(*) as n from rule_work group by kind order by kind")
    assert [row["kind"] for row in work] == ["ldar", "leak_test"]


async def test_components_and_their_tests_in_one_workbook(plant: Database, tmp_path: Path) -> None:
    """The register goes first; a mistake in a record keeps the components out too."""
    book = Workbook()
    book.remove(book.worksheets[0])
    tests, components = book.create_sheet("检测记录"), book.create_sheet("密封点")
    components.append(["密封点编码", "密封点名称", "所属单元", "密封点类型", "介质状态", "投用日期"])
    components.append(["N-1", "新阀", "CP/U1", "阀门", "气体", "2026-06-01"])
    tests.append(["密封点编码", "检测时间", "净值"])
    tests.append(["N-1", "2026-07-02 10:30", -1])
    path = tmp_path / "补充.xlsx"
    book.save(path)
    await refused(plant, path, enterprise="coke-one")
    assert await ask(plant, "select code from component where code = 'N-1'") == []
    tests["C2"] = 4.5
    book.save(path)
    assert list((await take(plant, path, enterprise="coke-one")).lines) == [
        "+ component coke-one/N-1",
        "登记：1 处变化",
        "检测记录：新增 1 条，更正 0 条，相同 0 条",
    ]
    components["C2"] = "CP/U9"
    book.save(path)
    with pytest.raises(SiteError, match="no such process_unit"):
        await take(plant, path, enterprise="coke-one")


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("七月.csv", None, "不知道表中是什么：用 --kind，或以工作表名、文件名写明 检测记录（test）"),
        ("七月.csv", "meter", "--kind meter：应为 检测记录（test）"),
    ],
)
async def test_what_a_table_holds_must_be_said(
    plant: Database, tmp_path: Path, name: str, kind: str | None, told: str
) -> None:
    (problem,) = await refused(plant, file(tmp_path, TESTS, name), kind=kind)
    assert told in problem


async def test_two_instruments_of_one_number(plant: Database, tmp_path: Path) -> None:
    text = "企业编码,仪器编号,仪器型号,启用日期\ncoke-one,0099,A,2026-01-01\ncoke-one,0099,B,2026-02-01\n"
    with pytest.raises(SiteError, match="line 3: given twice, first at"):
        await take(plant, file(tmp_path, text, "检测仪器.csv"))
    assert await ask(plant, "select serial from instrument where serial = '0099'") == []


async def test_a_register_that_changes_makes_leaks_anew(plant: Database, tmp_path: Path) -> None:
    """A component that is taken out of service has no open leak any more."""
    await take(plant, file(tmp_path, TESTS))
    text = "企业编码,密封点编码,停用日期\ncoke-one,C-1,2026-08-01\n"
    done = await take(plant, file(tmp_path, text, "密封点.csv"))
    assert await ask(plant, "select state from leak") == [{"state": "removed"}]
    assert done.register is not None
    assert done.register.warnings == []


async def test_service_that_ends_before_a_test_is_warned_of(plant: Database, tmp_path: Path) -> None:
    """The records stay; who closed the component too early, or tested another one, is for people to find out."""
    await take(plant, file(tmp_path, TESTS))
    text = "企业编码,密封点编码,投用日期,停用日期\ncoke-one,C-1,2020-01-01,2026-07-02\ncoke-one,V-2,2026-07-03,\n"
    done = await take(plant, file(tmp_path, text, "密封点.csv"), dry_run=True)
    assert done.register is not None
    assert done.register.warnings == [
        "! enterprise coke-one: 2 components were tested while not in service: C-1 on 2026-07-02, V-2 on 2026-07-02"
    ]


async def test_by_the_command(plant: Database, database_url: str, tmp_path: Path) -> None:
    """One file after the other; the first that is wrong ends it, and what was taken in before is said."""
    first, second = file(tmp_path, TESTS), file(tmp_path, REPAIRS.replace("C-1", "V-2"), "维修记录.csv")
    ways = ("ldar", "import", str(first), str(second), "--author", "张三")
    done = plantwatch(database_url, *ways)
    assert done.returncode == 2
    assert done.stdout.splitlines() == ["检测记录：新增 2 条，更正 0 条，相同 0 条", "检测记录.csv：已入库"]
    assert "维修记录.csv 没有入库，一行也没有；此前已入库：检测记录.csv" in done.stderr
    # clerks have tests and repairs in two files: each lacks the other
    assert "一种记录一张工作表" in done.stderr
    broken = file(tmp_path, HEADER + "coke-one,X-1,2026-07-02 10:30,1,,,,\n", "检测记录2.csv")
    done = plantwatch(database_url, "ldar", "import", str(broken), str(first), "--author", "张三", "--kind", "检测记录")
    assert done.stderr.splitlines()[-1] == "检测记录2.csv 没有入库，一行也没有；没有处理：检测记录.csv"
    assert "工作表" not in done.stderr
    second.write_text(REPAIRS, "utf-8")
    done = plantwatch(database_url, *ways, "--dry-run")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "维修记录.csv：检查通过，没有入库（dry run）")
    assert await ask(plant, "select repair_id from repair") == []
