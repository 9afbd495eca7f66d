"""Tables of replaced meters."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.errors import BadInput
from runtime.meterfile import Imported, import_changes
from storage.database import Database, fetch_all
from tests.integration.ingest.plant import SITE
from tests.integration.runtime.test_commands import plantwatch

NOW = datetime(2026, 11, 2, 4, tzinfo=UTC)
HEADER = "企业代码,测点,换表时间,旧表止码,新表起码,旧表号,新表号,换表原因\n"
GOOD = (
    HEADER
    + "coke-1,W-01,2026-11-02 09:30,53,4,B,C,损坏\n"
    + "coke-1,W-01,2026-11-01T08:00:00+08:00,510,50,A,B,到期轮换\n"
)


@pytest.fixture
async def plant(database: Database) -> Database:
    async with database.transaction() as connection:
        await connection.execute(SITE)  # type: ignore[arg-type]
        await connection.execute("select ensure_reading_partitions_v1('2026-10-01Z', '2026-11-30Z')")
        await connection.execute(
            "insert into reading (point_id, measured_at, value, source_flag, qc_flag, received_at)"
            " values (3, '2026-10-31 23:00Z', 500, 'N', 1, '2026-10-31 23:00Z')"
        )
    return database


async def take(database: Database, folder: Path, text: str, *, dry_run: bool = False) -> Imported:
    path = folder / "changes.csv"
    path.write_text(text, "utf-8")
    return await import_changes(database, path, lambda: NOW, author="王工", dry_run=dry_run)


async def kept(database: Database) -> list[tuple[object, ...]]:
    async with database.transaction() as connection:
        found = await fetch_all(connection, "select changed_at, old_final, new_serial, author from meter_change")
    return [tuple(row.values()) for row in found]


async def test_rows_are_recorded_in_the_order_of_time_and_once(plant: Database, tmp_path: Path) -> None:
    tried = await take(plant, tmp_path, GOOD, dry_run=True)
    assert tried == Imported(
        ["+ coke-1/W-01 2026-11-01 08:00: 510 -> 50", "+ coke-1/W-01 2026-11-02 09:30: 53 -> 4"], 2, 0
    )
    assert await kept(plant) == []
    assert await take(plant, tmp_path, GOOD) == tried
    assert await kept(plant) == [
        (datetime(2026, 11, 1, tzinfo=UTC), 510.0, "B", "王工"),
        (datetime(2026, 11, 2, 1, 30, tzinfo=UTC), 53.0, "C", "王工"),
    ]
    path = tmp_path / "changes.csv"
    again = await import_changes(plant, path, lambda: datetime(2026, 11, 2, 5, tzinfo=UTC), author="王工")
    assert again == Imported([], 0, 2)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("coke-1,W-01,2026-11-01 08:00,499,0,,,轮换", "column 旧表止码: 499 小于旧表最后一次上报的读数 500"),
        ("coke-1,W-01,2026-11-01 08:00,1000,0,,,轮换", "column 旧表止码: 1000 超出表计量程"),
        ("coke-1,W-01,2026-11-02 13:00,510,0,,,轮换", "column 换表时间: 换表时间在将来"),
        ("coke-1,W-01,2026-11-31 08:00,510,0,,,轮换", "column 换表时间: 应为时间"),
        ("coke-1,W-01,昨天,510,0,,,轮换", "column 换表时间: 应为时间"),
        ("coke-1,W-01,2026-11-01 08:00,五百,0,,,轮换", "column 旧表止码: 应为不小于 0 的数"),
        ("coke-1,W-01,2026-11-01 08:00,510,-1,,,轮换", "column 新表起码: 应为不小于 0 的数"),
        ("coke-1,W-01,2026-11-01 08:00,510,0,,,", "column 换表原因: 应为非空"),
        ("coke-1,SO2,2026-11-01 08:00,510,0,,,轮换", "column 测点: SO2 不是累计量测点"),
        ("coke-1,W-77,2026-11-01 08:00,510,0,,,轮换", "line 3: 没有测点 coke-1/W-77"),
        ("coke-1,W-01,2026-11-02 09:30,53,4,B,C,损坏", "line 3: 与第 2 行是同一次换表"),
    ],
)
async def test_one_faulty_row_keeps_the_file_out(plant: Database, tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        await take(plant, tmp_path, HEADER + "coke-1,W-01,2026-11-02 09:30,530,4,B,C,损坏\n" + row + "\n")
    assert said in str(refused.value)
    assert await kept(plant) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEADER, "没有数据行"),
        ("企业,测点\nx,y\n", "缺少列 changed_at、old_final、new_initial、reason"),
        (HEADER.replace("旧表号", "备注"), "没有列 '备注'"),
        (HEADER.replace("旧表号", "point"), "是同一列"),
    ],
)
async def test_a_table_that_is_none(plant: Database, tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        await take(plant, tmp_path, text)


async def test_by_the_command(plant: Database, database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "changes.csv"
    path.write_bytes(GOOD.encode("gb18030"))
    done = plantwatch(database_url, "meters", "import", str(path), "--author", "王工", "--dry-run")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "2 new, 0 same (dry run)"), done.stderr
