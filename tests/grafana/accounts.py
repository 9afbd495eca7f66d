"""Water, energy and carbon accounts of the filled city, judged by the real evaluators from what is in the tables."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import psycopg

from domain.ledger import Ledger
from domain.periods import add_months, day_start, local_day, year_period
from rules.evaluators import EVALUATORS
from rules.evaluators.account import LOOK_BACK, AccountWindow
from rules.evaluators.contract import Judgement
from rules.evaluators.coverage import CoverageWindow
from rules.families.contract import judge
from rules.families.placetotals import place_totals
from rules.families.registers import register_of
from rules.pack import load_packs
from rules.scoreboard.board import rows_of
from rules.scoreboard.step import figures_of
from rules.targets import target_rows
from storage import ledger, metering, month_totals, rule_state, scoreboard
from storage.scoreboard import NewValue
from tests.grafana.plant import NOW, store

_FILL = Path(__file__).with_name("accounts.sql")
#: Judged months; the last closed one is October 2026.
MONTHS = [date(2026, month, 1) for month in range(6, 11)]
#: What coverage rates of accounts judge that plant.py has not judged before there were sub-meters.
_RATES = {"fit_rate"}
#: Green factories, as a bureau has counted them.
_ENTERED = [
    NewValue("T128", "", date(2025, 12, 31), 14, "市工信局函"),
    NewValue("T129", "", date(2026, 3, 31), 15, "市工信局函"),
    NewValue("T129", "", date(2026, 6, 30), 16, "市工信局函"),
    NewValue("T129", "", date(2026, 9, 30), 17, "市工信局函"),
]


async def fill_accounts(url: str) -> None:
    """Write and judge them; `plant.fill` comes before."""
    connection = await psycopg.AsyncConnection.connect(url, options="-c timezone=UTC")
    async with connection:
        await connection.execute(_FILL.read_text("utf-8").encode())
        await rule_state.sync_targets(connection, target_rows())
        stored = await metering.register(connection)
        begin, end = add_months(MONTHS[0], -11), MONTHS[-1]
        span = [add_months(begin, back) for back in range((end.year - begin.year) * 12 + end.month - begin.month + 1)]
        register = register_of(stored)
        totals = place_totals(register, await month_totals.totals(connection, begin, end), span)
        entries = Ledger(await ledger.entries(connection, begin, end))
    days = [local_day(NOW) - timedelta(days=back) for back in (2, 1)]
    rules = load_packs()
    with psycopg.connect(url, options="-c timezone=UTC") as connection_of_findings:
        for rule_id in rules.variants:
            rule = rules.in_force(rule_id, NOW)
            found: list[Judgement] = []
            if rule.evaluator in LOOK_BACK:
                for month in MONTHS:
                    looked_at = [add_months(month, n) for n in range(1 - LOOK_BACK[rule.evaluator], 1)]
                    found += judge(rule, AccountWindow(looked_at, register, totals, entries))
            elif rule.evaluator in _RATES & EVALUATORS.keys():
                found = EVALUATORS[rule.evaluator].judge(CoverageWindow(days, register), rule.typed_params)
            store(connection_of_findings, rule_id, found)
            if rule.evaluator in LOOK_BACK:
                connection_of_findings.execute(
                    "insert into rule_watermark values (%s, 'month', 1, %s)",
                    (rule_id, day_start(add_months(MONTHS[-1], 1))),
                )
    connection = await psycopg.AsyncConnection.connect(url, options="-c timezone=UTC")
    async with connection:
        await scoreboard.add_values(connection, _ENTERED, author="王工", origin="api", at=NOW)
        today = local_day(NOW)
        rounds = await scoreboard.ldar_rounds(connection, year_period(today.year).start)
        rows = rows_of(await figures_of(connection, today, rounds))
        await scoreboard.write(connection, rows, [row["target_id"] for row in rows], NOW)
