"""What docs/ldar.zh-CN.md shows is taken in as it stands there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from openpyxl import Workbook

from runtime.leakimport import import_leaks
from runtime.site import apply_site
from runtime.sitefile import load_site
from storage.database import Database, fetch_all
from tests.integration.runtime.test_site import site
from tests.unit.runtime.test_sitefile import GOOD

PAGE = Path(__file__).parents[3] / "docs" / "ldar.zh-CN.md"
#: What the tables of the page hold, in the order in which they stand there.
SHEETS = (
    "装置", "装置单元", "密封点", "检测仪器", "检测轮次", "检测记录", "检测", "维修记录", "延迟修复", "校准记录",
    "事件",
)  # fmt: skip


async def test_the_tables_of_the_page(database: Database, tmp_path: Path) -> None:
    register = load_site(site(tmp_path, GOOD.replace("coke-one", "my-plant")))
    await apply_site(database, register, lambda: datetime(2026, 9, 1, tzinfo=UTC))
    tables = re.findall(r"```\n(企业编码,.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, text in zip(SHEETS, tables, strict=True):
        sheet = book.create_sheet(name)
        for line in text.splitlines():
            sheet.append(line.split(","))
    path = tmp_path / "页.xlsx"
    book.save(path)
    done = await import_leaks(database, path, lambda: datetime(2026, 11, 20, tzinfo=UTC), author="张三")
    assert done.new == {"test": 4, "repair": 1, "delay": 1, "calibration": 1, "event": 2}
    async with database.transaction() as connection:
        leaks = await fetch_all(connection, "select state from leak order by found_at")
    assert leaks == [{"state": "closed"}, {"state": "delayed"}]
