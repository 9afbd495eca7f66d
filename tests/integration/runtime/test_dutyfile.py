"""Tables of duties done."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from domain.dutyrecords import KnownDuty
from domain.errors import BadInput
from domain.findings import SubjectKind
from rules.engine import Engine, EngineSettings
from rules.pack import load_packs
from runtime.dutyfile import import_duties, read_duties
from runtime.tablefields import Difference
from storage.database import Database, fetch_all
from tests.integration.runtime.test_commands import plantwatch

NOW = datetime(2026, 11, 2, tzinfo=UTC)
TODAY = date(2026, 11, 2)
KNOWN = {
    "duty.soil_monitoring": KnownDuty("duty.soil_monitoring", "土壤和地下水年度监测", SubjectKind.ENTERPRISE),
    "duty.retrofit_dispatch": KnownDuty("duty.retrofit_dispatch", "节能技术改造月度调度", SubjectKind.CITY),
}
HEADER = "duty,enterprise,done_on,documents,note\n"
GOOD = (
    HEADER
    + "duty.soil_monitoring,hx,2026-10-20,report:TR-2026-018;photo:IMG 1,第三方\n"
    + "duty.retrofit_dispatch,,2026-10-14,,\n"
)
CHINESE = (
    "事项,企业代码,办理日期,凭证,备注\n"
    "土壤和地下水年度监测,hx,2026年10月20日,报告：TR-2026-018；照片：IMG 1,第三方\n"
    "节能技术改造月度调度,,2026/10/14,,\n"
)


@pytest.fixture
async def bound(database: Database) -> Database:
    async with database.transaction() as connection:
        await connection.execute("insert into district values ('d', '区')")
        await connection.execute("insert into city values ('wuhai', '乌海市')")
        await connection.execute(
            "insert into enterprise (code, name, district, industry, is_industrial, registered_from)"
            " values ('hx', '海西', 'd', 'coking', true, '2026-01-01'), ('ly', '绿源', 'd', 'x', true, '2026-01-01')"
        )
        await connection.execute(
            "insert into enterprise_list select enterprise_id, 'soil_key_unit', '2025-01-01', null, '名录'"
            " from enterprise where code = 'hx'"
        )
    await Engine(database, load_packs(), EngineSettings()).sync(NOW)
    return database


def csv(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "duties.csv"
    path.write_bytes(text.encode(encoding))
    return path


async def take(database: Database, path: Path, *, dry_run: bool = False) -> Difference:
    return await import_duties(database, path, lambda: NOW, author="王工", dry_run=dry_run)


async def test_a_file_is_taken_in_and_the_same_file_changes_nothing(bound: Database, tmp_path: Path) -> None:
    expected = Difference(
        ["+ duty.soil_monitoring enterprise:hx 2026-10-20", "+ duty.retrofit_dispatch city:wuhai 2026-10-14"], 2, 0, 0
    )
    path = csv(tmp_path, GOOD)
    assert await take(bound, path, dry_run=True) == expected
    assert await take(bound, path) == expected
    assert await take(bound, csv(tmp_path, CHINESE, "gb18030")) == Difference([], 0, 0, 2)
    corrected = await take(bound, csv(tmp_path, GOOD.replace("第三方", "自测")))
    assert corrected == Difference(["~ duty.soil_monitoring enterprise:hx 2026-10-20"], 0, 1, 1)
    async with bound.transaction() as connection:
        rows = await fetch_all(connection, "select origin, author, enterprise_id from duty_record order by record_id")
    assert [(row["origin"], row["author"], row["enterprise_id"]) for row in rows] == [
        ("file", "王工", 1),
        ("file", "王工", None),
        ("file", "王工", 1),
    ]


def test_a_workbook_with_a_date_cell(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["事项", "企业", "日期", "凭证"])
    sheet.append(["土壤和地下水年度监测", "hx", date(2026, 10, 20), "监测报告:1"])
    path = tmp_path / "duties.xlsx"
    book.save(path)
    _, _, ((line, record),) = read_duties(path, TODAY, KNOWN, "wuhai")
    assert (line, record.done_on, record.documents) == (2, date(2026, 10, 20), (("report", "1"),))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            HEADER + "duty.soil,hx,2026-10-20,,\n",
            r"line 2, column duty: 'duty.soil'：应为事项编号：duty.soil_monitoring",
        ),
        (HEADER + "duty.soil_monitoring,hx,2026-11-03,,\n", r"column done_on: '2026-11-03'：应为不晚于今天"),
        (HEADER + "duty.soil_monitoring,hx,2026-02-29,,\n", r"column done_on: '2026-02-29'：应为办理日期"),
        (HEADER + "duty.soil_monitoring,hx,02/11/2026,,\n", r"column done_on: '02/11/2026'：应为办理日期"),
        (HEADER + "duty.soil_monitoring,,2026-10-20,,\n", r"column enterprise: 应为“土壤和地下水年度监测”的对象"),
        (HEADER + "duty.soil_monitoring,hx,2026-10-20,TR-1,\n", r"column documents: 'TR-1'：应为凭证写作 类型:编号"),
        (
            HEADER + "duty.soil_monitoring,hx,2026-10-20,录像:1,\n",
            r"column documents: '录像:1'：应为凭证写作 类型:编号",
        ),
        (
            HEADER + "duty.soil_monitoring,hx,2026-10-20,,\n土壤和地下水年度监测,hx,2026/10/20,,x\n",
            r"line 3: 与第 2 行是同一事项",
        ),
        ("duty,enterprise\nx,hx\n", "缺少列 done_on"),
        ("duty,完成时间\nx,2026-01-01\n", "不认识的列 '完成时间'"),
        ("duty,事项,done_on\nx,x,2026-01-01\n", "是同一列"),
        (HEADER, "没有数据行"),
        (HEADER + "duty.soil_monitoring,hx,2026-10-2", "no line end"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read_duties(csv(tmp_path, text), TODAY, KNOWN, "wuhai")


async def test_one_row_that_concerns_nobody_and_nothing_is_written(bound: Database, tmp_path: Path) -> None:
    for row, says in (
        (
            "duty.soil_monitoring,ly,2026-10-20,,\n",
            r"line 4, column duty: 'duty.soil_monitoring'：应为与 ly 有关的事项",
        ),
        ("duty.soil_monitoring,zz,2026-10-20,,\n", r"line 4: 'enterprise:zz'：应为已登记的企业代码"),
        (
            "duty.soil_monitoring,hx,2025-12-31,,\n",
            r"line 4, column done_on: '2025-12-31'：应为不早于登记日 2026-01-01",
        ),
    ):
        with pytest.raises(BadInput, match=says):
            await take(bound, csv(tmp_path, GOOD + row))
    with pytest.raises(BadInput, match="--author"):
        await import_duties(bound, csv(tmp_path, GOOD), lambda: NOW, author="\n")
    async with bound.transaction() as connection:
        assert await fetch_all(connection, "select record_id from duty_record") == []


async def test_the_command(bound: Database, database_url: str, tmp_path: Path) -> None:
    path = csv(tmp_path, GOOD)
    done = plantwatch(database_url, "duties", "import", str(path), "--author", "王工", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "2 new, 0 corrected, 0 same (dry run)"
