"""Tables of reported figures into the ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from domain.errors import BadInput
from runtime.ledgerfile import import_ledger, read_ledger
from runtime.tablefields import Difference
from storage.database import Database, fetch_all
from tests.integration.runtime.test_commands import plantwatch

NOW = datetime(2026, 10, 8, tzinfo=UTC)
TODAY = date(2026, 10, 8)
HEADER = "enterprise,line,item,month,value,unit,evidence\n"
GOOD = (
    HEADER
    + "hx,L1,output,2026-09,1234.5,t,月报\n"
    + "hx,,bought.electricity,2026-09,8000000,kWh,\n"
    + ",,water.total,2026-09,2.1e7,m3,\n"
)


@pytest.fixture
async def registered(database: Database) -> Database:
    async with database.transaction() as connection:
        await connection.execute("insert into district values ('d', '区')")
        await connection.execute(
            "insert into enterprise (code, name, district, industry, is_industrial, registered_from)"
            " values ('hx', '海西', 'd', 'coking', true, '2026-01-01')"
        )
        await connection.execute(
            "insert into line (enterprise_id, code, name, product, in_service_from)"
            " select enterprise_id, 'L1', '1号', 'coke', '2020-01-01' from enterprise"
        )
    return database


def csv(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "figures.csv"
    path.write_bytes(text.encode(encoding))
    return path


async def take(database: Database, path: Path, *, dry_run: bool = False) -> Difference:
    return await import_ledger(database, path, lambda: NOW, author="王工", dry_run=dry_run)


async def count(database: Database) -> int:
    async with database.transaction() as connection:
        (row,) = await fetch_all(connection, "select count(*) from ledger_entry")
    return int(row["count"])


async def test_a_file_is_taken_in_and_the_same_file_changes_nothing(registered: Database, tmp_path: Path) -> None:
    path = csv(tmp_path, GOOD)
    tried = await take(registered, path, dry_run=True)
    assert tried == Difference(
        [
            "+ hx L1 output 2026-09: 1234.5 t",
            "+ hx bought.electricity 2026-09: 8000000 kWh",
            "+ city water.total 2026-09: 21000000 m3",
        ],
        3,
        0,
        0,
    )
    assert await count(registered) == 0
    assert await take(registered, path) == tried
    assert await take(registered, path) == Difference([], 0, 0, 3)
    assert await count(registered) == 3


async def test_a_correction_shows_old_and_new(registered: Database, tmp_path: Path) -> None:
    await take(registered, csv(tmp_path, GOOD))
    found = await take(registered, csv(tmp_path, GOOD.replace("1234.5", "1200")))
    assert found == Difference(["~ hx L1 output 2026-09: 1234.5 -> 1200 t"], 0, 1, 2)


CHINESE = (
    "企业代码,生产线,台账项目,月份,数值,计量单位,依据\n"
    "hx,L1,产品产量,2026年9月,１２３４.5,t,月报\n"
    "hx,,购入电力,2026/9,8000000,kWh,\n"
    ",,全市用水总量,2026-09-01,2.1e7,m³,\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_headers_items_and_full_width_digits(tmp_path: Path, encoding: str) -> None:
    _, found = read_ledger(csv(tmp_path, CHINESE, encoding), TODAY)
    _, expected = read_ledger(csv(tmp_path, GOOD), TODAY)
    assert found == expected


def test_a_workbook_whose_month_became_a_date(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["企业", "生产线", "项目", "月份", "数值", "单位"])
    sheet.append(["hx", "L1", "output", date(2026, 9, 1), 1234.5, "t"])
    path = tmp_path / "figures.xlsx"
    book.save(path)
    _, ((line, figure),) = read_ledger(path, TODAY)
    assert (line, figure.first, figure.value) == (2, date(2026, 9, 1), 1234.5)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEADER + 'hx,L1,output,2026-09,"1,234.5",t,\n', r"line 2, column value: '1,234.5'：应为数字"),
        (HEADER + "hx,L1,output,2026-09,约100,t,\n", r"line 2, column value: '约100'：应为数字"),
        (HEADER + "hx,L1,output,2026-09,,t,\n", r"line 2, column value: 应为数字"),
        (HEADER + "hx,L1,output,2026-09,-5,t,\n", r"line 2, column value: '-5'：应为不小于 0 的数：产品产量不能为负"),
        (
            HEADER + "hx,,stock_open.coke,2026-09,-5,t,\n",
            r"column value: '-5'：应为不小于 0 的数：期初库存焦炭不能为负",
        ),
        (HEADER + "hx,L1,output,2026-09,1,万t,\n", r"line 2, column unit: '万t'：应为t（产品产量的单位"),
        (HEADER + "hx,L1,output,2026-11,1,t,\n", r"line 2, column month: '2026-11'：应为不晚于今天（2026-10-08）"),
        (HEADER + "hx,L1,output,2026-09-15,1,t,\n", r"line 2, column month: '2026-09-15'：应为月份"),
        (HEADER + "hx,L1,outptu,2026-09,1,t,\n", r"line 2, column item: 'outptu'：应为台账项目的代码"),
        (
            HEADER + "hx,L1,output,2026-09,1,t,\nhx,L1,output,2026-08,1,t,\nhx,L1,产品产量,2026年9月,1,t,\n",
            r"line 4: 与第 2 行是同一项目的同一时段",
        ),
        ("enterprise,item,value,unit\nhx,output,1,t\n", "缺少列 month（或 year）"),
        ("企业,enterprise,item,month,value,unit\nhx,hx,output,2026-09,1,t\n", "是同一列"),
        ("公司,item,month,value,unit\nhx,output,2026-09,1,t\n", "不认识的列 '公司'"),
        (HEADER, "."),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read_ledger(csv(tmp_path, text), TODAY)


async def test_one_unknown_line_and_nothing_is_written(registered: Database, tmp_path: Path) -> None:
    text = GOOD + "hx,L9,output,2026-09,1,t,\nzz,,bought.coke,2026-09,1,t,\n"
    with pytest.raises(BadInput, match=r"line 5: 企业 hx 没有生产线 'L9'\n.*line 6: 没有企业 'zz'"):
        await take(registered, csv(tmp_path, text))
    assert await count(registered) == 0


async def test_an_author_is_needed(registered: Database, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--author"):
        await import_ledger(registered, csv(tmp_path, GOOD), lambda: NOW, author=" ")


async def test_the_command(registered: Database, database_url: str, tmp_path: Path) -> None:
    path = str(csv(tmp_path, GOOD.replace("2026-09", "2025-09")))
    made = plantwatch(database_url, "ledger", "import", path, "--author", "王工", "--dry-run")
    assert made.returncode == 0, made.stderr
    assert made.stdout.splitlines()[-1] == "3 new, 0 corrected, 0 same (dry run)"
    assert plantwatch(database_url, "ledger", "import", path, "--author", "王工").returncode == 0
    assert (
        plantwatch(database_url, "ledger", "import", path, "--author", "王工").stdout == "0 new, 0 corrected, 3 same\n"
    )
    bad = plantwatch(
        database_url, "ledger", "import", str(csv(tmp_path, GOOD + "hx,L9,output,2025-09,1,t,\n")), "--author", "x"
    )
    assert bad.returncode == 2
    assert "L9" in bad.stderr
