"""The ledger's table: append-only, idempotent, and right under concurrent writers."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.ledger import Ledger
from domain.reported import Figure
from storage.database import Database, fetch_all
from storage.ledger import FigureFate, Kept, Written, add_entries, compare, entries, keep_figures, known_lines

AT = datetime(2026, 9, 15, tzinfo=UTC)
AUGUST = date(2026, 8, 1)


def figure(value: float = 100.0, **changes: Any) -> Figure:
    fields: dict[str, Any] = {
        "enterprise": "a",
        "line": "L1",
        "item": "output",
        "period_kind": "month",
        "first": AUGUST,
        "unit": "t",
        "evidence": "",
    }
    return Figure(**fields | {"value": value} | changes)


CITY = figure(2.5e7, enterprise=None, line=None, item="water.total", unit="m3")
BOUGHT = figure(7.0, line=None, item="bought.coke")


@pytest.fixture
async def registered(database: Database) -> Database:
    async with database.transaction() as connection:
        await connection.execute("insert into city values ('wuhai', '乌海市')")
        await connection.execute("insert into district values ('haibowan', '海勃湾区')")
        for code in ("a", "b"):
            await connection.execute(
                "insert into enterprise (code, name, district, industry, is_industrial, registered_from)"
                " values (%s, %s, 'haibowan', 'coking', true, '2026-01-01')",
                (code, code),
            )
        await connection.execute(
            "insert into line (enterprise_id, code, name, product, in_service_from)"
            " select enterprise_id, 'L1', '1号', 'coke', '2020-01-01' from enterprise"
        )
        await connection.execute("delete from rule_work")
    return database


async def write(database: Database, *new: Figure, at: datetime = AT) -> Written:
    async with database.transaction() as connection:
        return await add_entries(connection, new, author="x", origin="api", at=at)


async def rows(database: Database, query: str) -> list[dict[str, Any]]:
    async with database.transaction() as connection:
        return await fetch_all(connection, query)


async def test_figures_of_lines_enterprises_and_the_city(registered: Database) -> None:
    assert await write(registered, figure(), BOUGHT, CITY) == Written(3, 0, 0, 0)
    async with registered.transaction() as connection:
        ledger = Ledger(await entries(connection, AUGUST, AUGUST))
    assert ledger.month("a", "output", AUGUST, "L1") == 100.0
    assert ledger.month("a", "bought.coke", AUGUST) == 7.0
    assert ledger.month(None, "water.total", AUGUST) == 2.5e7
    assert len(ledger.entries) == 3


async def test_the_same_again_changes_nothing(registered: Database) -> None:
    await write(registered, figure(), CITY)
    before = await rows(registered, "select * from ledger_entry order by entry_id")
    work = await rows(registered, "select kind from rule_work")
    assert await write(registered, figure(), CITY, at=AT + timedelta(days=1)) == Written(0, 0, 2, 0)
    assert await rows(registered, "select * from ledger_entry order by entry_id") == before
    assert await rows(registered, "select kind from rule_work") == work


async def test_another_figure_supersedes_and_both_stay(registered: Database) -> None:
    await write(registered, figure(100.0), CITY)
    later = AT + timedelta(hours=1)
    assert await write(registered, figure(110.0), CITY, at=later) == Written(0, 1, 1, 0)
    found = await rows(
        registered, "select value, superseded_at from ledger_entry where line_id is not null order by entry_id"
    )
    assert [(row["value"], row["superseded_at"]) for row in found] == [(100.0, later), (110.0, None)]


async def test_a_period_twice_at_once_corrects_itself_in_order(registered: Database) -> None:
    async with registered.transaction() as connection:
        found = await keep_figures(
            connection,
            [figure(1.0), figure(1.0), figure(2.0), BOUGHT, figure(2.0)],
            author="x",
            origin="mqtt",
            at=AT,
        )
    new, same, corrected = FigureFate.NEW, FigureFate.SAME, FigureFate.CORRECTED
    assert found == [Kept(new, None), Kept(same, 1.0), Kept(corrected, 1.0), Kept(new, None), Kept(same, 2.0)]
    assert await rows(registered, "select value from ledger_entry where superseded_at is null order by value") == [
        {"value": 2.0},
        {"value": 7.0},
    ]


async def test_what_is_not_registered_is_counted_and_not_written(registered: Database) -> None:
    made = await write(registered, figure(enterprise="z"), figure(line="L9"), figure(enterprise="z", line=None), CITY)
    assert made == Written(1, 0, 0, 3)
    assert await rows(registered, "select count(*) from ledger_entry") == [{"count": 1}]


async def test_a_line_of_one_enterprise_is_not_the_other_s(registered: Database) -> None:
    assert await write(registered, figure(1.0), figure(2.0, enterprise="b")) == Written(2, 0, 0, 0)
    async with registered.transaction() as connection:
        ledger = Ledger(await entries(connection, AUGUST, AUGUST))
    assert ledger.month("a", "output", AUGUST, "L1") == 1.0
    assert ledger.month("b", "output", AUGUST, "L1") == 2.0


async def test_work_is_left_for_the_rules(registered: Database) -> None:
    year = figure(5.0, enterprise=None, line=None, item="gdp", unit="万元", period_kind="year", first=date(2026, 1, 1))
    await write(registered, figure(), BOUGHT, CITY, year, figure(first=date(2026, 7, 1)))
    found = await rows(registered, "select kind, key, at from rule_work order by key, at")
    (enterprise,) = await rows(registered, "select enterprise_id from enterprise where code = 'a'")
    assert [(row["kind"], row["key"], row["at"].isoformat()) for row in found] == [
        ("ledger", 0, "2025-12-31T16:00:00+00:00"),
        ("ledger", 0, "2026-07-31T16:00:00+00:00"),
        ("ledger", enterprise["enterprise_id"], "2026-06-30T16:00:00+00:00"),
        ("ledger", enterprise["enterprise_id"], "2026-07-31T16:00:00+00:00"),
    ]


async def test_a_month_and_its_year_do_not_correct_each_other(registered: Database) -> None:
    month = figure(1.0, item="gdp", enterprise=None, line=None, unit="万元", first=date(2026, 1, 1))
    year = figure(12.0, item="gdp", enterprise=None, line=None, unit="万元", first=date(2026, 1, 1), period_kind="year")
    assert await write(registered, month, year) == Written(2, 0, 0, 0)


async def test_writers_of_one_period_at_once_all_come_through(registered: Database) -> None:
    """Ten write different figures of one line and of the city: one is new, nine correct it, none fails."""
    made = await asyncio.gather(
        *(
            write(registered, figure(float(n)), figure(float(n), enterprise=None, line=None, item="water.total"))
            for n in range(10)
        )
    )
    assert sum(one.new for one in made) == 2
    assert sum(one.corrected for one in made) == 18
    found = await rows(
        registered, "select count(*) filter (where superseded_at is null) as current, count(*) from ledger_entry"
    )
    assert found == [{"current": 2, "count": 20}]


async def test_a_comparison_writes_nothing(registered: Database) -> None:
    await write(registered, figure(100.0), CITY)
    async with registered.transaction() as connection:
        found = await compare(connection, [figure(110.0), CITY, BOUGHT, figure(enterprise="z"), figure(line="L9")])
    assert found == [
        Kept(FigureFate.CORRECTED, 100.0),
        Kept(FigureFate.SAME, 2.5e7),
        Kept(FigureFate.NEW, None),
        Kept(FigureFate.UNKNOWN, None),
        Kept(FigureFate.UNKNOWN, None),
    ]
    assert await rows(registered, "select count(*) from ledger_entry") == [{"count": 2}]


async def test_lines_that_are_registered(registered: Database) -> None:
    async with registered.transaction() as connection:
        await connection.execute(
            "delete from line where enterprise_id = (select enterprise_id from enterprise where code = 'b')"
        )
        assert await known_lines(connection, ["a", "b", "z"]) == {"a": {"L1"}, "b": set()}
