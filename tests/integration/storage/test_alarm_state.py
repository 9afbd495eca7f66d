"""The state of an alarm in SQL is the one of the domain, for everything that can be known of an alert."""

from __future__ import annotations

from itertools import product

from domain.alarmstate import Facts, display
from domain.alerts import AlertState
from storage.database import Database, fetch_all


async def test_sql_and_domain_agree(database: Database) -> None:
    cases = [(state, *flags) for state in AlertState for flags in product((False, True), repeat=5)]
    async with database.transaction() as connection:
        for state, *flags in cases:
            (row,) = await fetch_all(
                connection,
                "select dash.alert_display_v1(%s, %s, %s, %s, %s, %s) as display",
                (str(state), *flags),
            )
            assert row["display"] == display(Facts(state, *flags)), (state, flags)
