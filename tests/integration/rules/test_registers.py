"""What rules that judge by one work list share, and that nobody else sees it."""

from __future__ import annotations

from datetime import date

from rules.families.contract import Worklist
from rules.families.registers import books, registered
from storage.database import Database
from tests.integration.rules.world import City


async def test_one_reading_serves_a_work_list_and_no_other(city: City, database: Database) -> None:
    city.metered(city.enterprise("tianhe", since="2026-01-01"), "A")
    work = Worklist()
    async with database.transaction() as connection:
        first = await registered(connection, work)
        city.enterprise("later", since="2026-01-01")
        assert await registered(connection, work) is first
        assert [user.code for user in (await registered(connection, Worklist())).register.users] == ["later", "tianhe"]
        assert len((await registered(connection)).register.users) == 2


async def test_books_grow_to_what_is_asked_and_are_kept(city: City, database: Database) -> None:
    point = city.metered(city.enterprise("tianhe", since="2026-01-01"), "A")
    city.run(
        "insert into point_month (point_id, month, total, bridged, carried, hours, unknown_steps)"
        " select %s, m::date, extract(month from m), 0, 0, 700, 0"
        " from generate_series(timestamp '2026-07-01', '2026-09-01', '1 month') m",
        point,
    )
    work = Worklist()
    async with database.transaction() as connection:
        register = (await registered(connection, work)).register
        one = await books(connection, register, date(2026, 9, 1), date(2026, 9, 1), work)
        assert {month: total.total for month, total in one.totals["tianhe", "A"].items()} == {date(2026, 9, 1): 9}
        more = await books(connection, register, date(2026, 7, 1), date(2026, 8, 1), work)
        assert (more.first, more.last) == (date(2026, 7, 1), date(2026, 9, 1))
        assert [total.total for total in more.totals["tianhe", "A"].values()] == [7, 8, 9]
        assert await books(connection, register, date(2026, 8, 1), date(2026, 9, 1), work) is more
