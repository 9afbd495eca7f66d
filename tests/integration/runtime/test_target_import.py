"""Tables of figures that bureaus keep: taken whole or not at all."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from domain.errors import BadInput
from runtime.tables import read_table
from runtime.targetimport import import_targets, read_values
from storage import scoreboard
from storage.database import Database
from tests.integration.runtime.test_commands import plantwatch

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 2)
GOOD = (
    "目标,日期,数值,依据,分项\nT028,2026/10/31,７,市水务局〔2026〕12号,\nT097,2026-10-31,30,工信局报表,基础级智能工厂\n"
)


def table(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "figures.csv"
    path.write_bytes(text.encode(encoding))
    return path


async def entered(database: Database) -> list[tuple[str, str, float, str]]:
    async with database.transaction() as connection:
        await connection.execute(
            "insert into target (target_id, document, document_status, indicator, operator, domain, check_mode, quote,"
            " note) select t, '', '', '', '', '', '', '', '' from unnest(array['T028', 'T097']) t"
            " on conflict do nothing"
        )
        return [(one.target_id, one.part, one.value, one.evidence) for one in await scoreboard.values(connection)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_the_same_table_twice(database: Database, tmp_path: Path, encoding: str) -> None:
    path = table(tmp_path, GOOD, encoding)
    assert "2 figures" in await import_targets(database, path, lambda: NOW, author="王", dry_run=True)
    assert await entered(database) == []
    assert await import_targets(database, path, lambda: NOW, author="王", dry_run=False) == "2 new, 0 corrected, 0 same"
    assert await import_targets(database, path, lambda: NOW, author="王", dry_run=False) == "0 new, 0 corrected, 2 same"
    assert await entered(database) == [
        ("T028", "", 7.0, "市水务局〔2026〕12号"),
        ("T097", "基础级智能工厂", 30.0, "工信局报表"),
    ]
    corrected = table(tmp_path, GOOD.replace("７", "8"))
    assert (await import_targets(database, corrected, lambda: NOW, author="李", dry_run=False)).startswith(
        "0 new, 1 corrected"
    )


async def test_one_wrong_row_and_nothing_is_taken(database: Database, tmp_path: Path) -> None:
    path = table(tmp_path, GOOD + "T031,2026-10-31,88,函,\n")
    with pytest.raises(BadInput, match=r"line 4：目标 T031 由判定结果自动计算"):
        await import_targets(database, path, lambda: NOW, author="王", dry_run=False)
    assert await entered(database) == []


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("T999,2026-10-31,1,函,", "没有目标 T999"),
        ("T028,2026-13-31,1,函,", "应为日期"),
        ("T028,2026-11-03,1,函,", "不晚于今天"),
        ("T028,2026-10-31,7户,函,", "不带单位"),
        ("T028,2026-10-31,-1,函,", "不小于零"),
        ("T005,2026-10-31,101,函,", "不大于 100"),
        ("T028,2026-10-31,7,,", "依据"),
        ("T028,2026-10-31,7,函,x", "不填写"),
        ("T097,2026-10-31,7,函,", "下列之一：基础级智能工厂"),
        ("T028,2026-10-31,7,函,\nT028,2026-10-31,8,函,", "同一目标、同一日期"),
    ],
)
def test_what_is_wrong_with_a_row(tmp_path: Path, row: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        read_values(read_table(table(tmp_path, f"target,as_of,value,evidence,part\n{row}\n")), TODAY)


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("target,as_of,value", "缺少列 evidence"),
        ("target,as_of,value,evidence,note", "不认识的列 note"),
        ("target,目标,as_of,value,evidence", "同一列"),
    ],
)
def test_what_is_wrong_with_the_columns(tmp_path: Path, header: str, why: str) -> None:
    row = ",".join("1" for _ in header.split(","))
    with pytest.raises(BadInput, match=why):
        read_values(read_table(table(tmp_path, f"{header}\n{row}\n")), TODAY)


def test_a_table_without_rows(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        read_values(read_table(table(tmp_path, "target,as_of,value,evidence\n")), TODAY)


async def test_a_spreadsheet_by_the_command(database: Database, database_url: str, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["目标", "日期", "数值", "依据"])
    sheet.append(["T028", date(2026, 10, 31), 7, "函"])
    book.save(tmp_path / "figures.xlsx")
    done = plantwatch(database_url, "targets", "import", str(tmp_path / "figures.xlsx"), "--author", "王")
    assert (done.returncode, done.stdout) == (0, "1 new, 0 corrected, 0 same\n"), done.stderr
    assert await entered(database) == [("T028", "", 7.0, "函")]
    wrong = plantwatch(database_url, "targets", "import", str(table(tmp_path, "a\n1\n")), "--author", "王")
    assert wrong.returncode == 2
