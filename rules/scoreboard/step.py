"""Keeps the scoreboard: fetches what it rests on when that has changed or a day has begun, and writes what differs."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from domain.errors import WorldFailed
from domain.ledger import Ledger
from domain.periods import add_months, day_start, local_day, year_period
from rules.engine import StepReport
from rules.scoreboard.board import rows_of
from rules.scoreboard.figures import Counted, DutyTerm, EnteredValue, Figures, Linked, Seen, Summed
from rules.scoreboard.sources import (
    CountSource,
    DeclineSource,
    DutySource,
    FindingSource,
    LedgerSumSource,
    RatioSource,
    ShareSource,
    load_sources,
)
from storage import rule_state, scoreboard
from storage.database import Connection, Database

logger = logging.getLogger(__name__)

#: Months of a trend that rests on one finding a month, and of one that counts subjects.
_MONTHS, _COUNTED_MONTHS = 36, 12
#: Months that duties look back: their terms may last for years.
_DUTY_MONTHS = 60
#: Seconds between two looks when something has changed, but nothing that a target is known to rest on.
_PAUSE_S = 30.0
_LOCK = "scoreboard"
_LDAR = "ldar.wuhai_yearly"


class Scoreboard:
    """Writes `target_status` from what there is in a database. Any number may run; one at a time writes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: tuple[date, int, int] | None = None
        self._urgent = self._dirty = False
        self._next_at = 0.0
        self._rounds: tuple[date, list[tuple[str, int, int]]] | None = None
        self._known_error = ""
        self._rules = {rule for rule, _ in _asked()} | {_LDAR} | {rule for _, rule in _counted()} | {*_duties()}

    @property
    def is_failing(self) -> bool:
        """Whether it could not be computed the last time that it was due."""
        return bool(self._known_error)

    async def step(self, now: datetime, report: StepReport) -> int:
        """Look whether anything that targets rest on has changed, and if so write; how many rows were written.

        Raises StorageUnavailable. Any other failure is logged and tried again: it must not stop the rules.
        """
        changed = {rule for rule, done in report.by_rule.items() if done.written or done.superseded}
        self._urgent |= bool(changed & self._rules)
        self._dirty |= not report.is_idle
        if _LDAR in changed:
            self._rounds = None
        try:
            return await self._look(now)
        except WorldFailed:
            raise
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            if text != self._known_error:
                logger.error("the scoreboard could not be computed", exc_info=error)
                self._known_error = text
            return 0

    async def _look(self, now: datetime) -> int:
        moment = asyncio.get_running_loop().time()
        async with self._database.transaction() as connection:
            seen = (local_day(now), *await scoreboard.newest_figures(connection))
            is_due = seen != self._seen or self._urgent or (self._dirty and moment >= self._next_at)
            if not is_due or not await rule_state.try_lock_rule(connection, _LOCK):
                return 0
            written = await self.refresh(connection, now)
        self._seen, self._urgent, self._dirty, self._known_error = seen, False, False, ""
        self._next_at = moment + _PAUSE_S
        return written

    async def refresh(self, connection: Connection, now: datetime) -> int:
        """Compute every row as at an instant and write those that differ; how many."""
        today = local_day(now)
        if self._rounds is None or self._rounds[0] != today:
            self._rounds = today, await scoreboard.ldar_rounds(connection, year_period(today.year).start)
        rows = rows_of(await figures_of(connection, today, self._rounds[1]))
        stored = await scoreboard.statuses(connection)
        differing = [row for row in rows if stored.get(row["target_id"]) != row]
        kept = [row["target_id"] for row in rows]
        if differing or set(stored) - set(kept):
            await scoreboard.write(connection, differing, kept, now)
        return len(differing)


async def figures_of(connection: Connection, today: date, rounds: list[tuple[str, int, int]]) -> Figures:
    """Everything that the targets' figures come from, as of a local day."""
    this_month = today.replace(day=1)
    months = [add_months(this_month, -number) for number in range(_MONTHS)][::-1]
    counted_months = months[-_COUNTED_MONTHS:]
    asked, items, sums = _asked(), _items(), _sums(today)
    city = await scoreboard.city(connection)
    seen: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for row in [] if city is None else await scoreboard.city_findings(connection, city, asked, months):
        as_of = min(local_day(row.period_end - timedelta(microseconds=1)), today)
        seen[asked[row.number - 1]].append(
            Seen(row.month, as_of, row.finding_id, row.verdict, row.reason, row.value, row.judged_target)
        )
    counted: dict[tuple[str, str], list[Counted]] = {}
    for of, rule in _counted():
        count = scoreboard.line_counts if of == "line" else scoreboard.enterprise_counts
        counted[of, rule] = [Counted(*one) for one in await count(connection, rule, counted_months)]
    summed: dict[str, list[Summed]] = defaultdict(list)
    for one in await scoreboard.enterprise_sums(connection, sums):
        summed[one.item].append(Summed(one.period_kind, one.first, one.value, one.enterprises))
    entered: dict[str, list[EnteredValue]] = defaultdict(list)
    for value in await scoreboard.values(connection):
        entered[value.target_id].append(
            EnteredValue(value.part, value.as_of, value.value, value.author, value.evidence, value.value_id)
        )
    linked = [Linked(*one) for one in await scoreboard.connected(connection, counted_months)]
    ledger = Ledger(await scoreboard.city_entries(connection, items))
    duties: dict[str, list[DutyTerm]] = defaultdict(list)
    for term in await scoreboard.duty_terms(connection, _duties(), day_start(add_months(this_month, -_DUTY_MONTHS))):
        duties[term.rule_id].append(DutyTerm(*term[1:]))
    return Figures(today, seen, counted, linked, rounds, ledger, summed, entered, duties)


def _asked() -> list[tuple[str, str]]:
    """(rule, path) of every figure that comes from findings on the city."""
    found = {
        (rule, source.path): None
        for source in load_sources().values()
        if isinstance(source, FindingSource)
        for rule in source.rules
    }
    return list(found)


def _counted() -> list[tuple[str, str]]:
    """(enterprise or line, rule) of every count."""
    found: dict[tuple[str, str], None] = {}
    for source in load_sources().values():
        if isinstance(source, CountSource):
            found[source.of, source.rule] = None
        elif isinstance(source, ShareSource):
            found["line", source.rule] = None
    return list(found)


def _duties() -> list[str]:
    """Rules of every duty that a target follows."""
    found = [source.rule for source in load_sources().values() if isinstance(source, DutySource)]
    return list(dict.fromkeys(found))


def _items() -> list[str]:
    """Items of the city's ledger."""
    found: dict[str, Any] = {}
    for source in load_sources().values():
        if isinstance(source, DeclineSource | RatioSource):
            found |= {source.numerator: None, source.denominator: None}
        elif isinstance(source, LedgerSumSource):
            found[source.item] = None
    return list(found)


def _sums(today: date) -> list[tuple[str, date]]:
    """(item, first day of each month) of what is summed over enterprises; a year begins as its first month does."""
    found: dict[tuple[str, date], None] = {}
    for source in load_sources().values():
        if isinstance(source, LedgerSumSource):
            for year in range(source.years[0], min(source.years[1], today.year) + 1):
                found |= {(source.item, date(year, month, 1)): None for month in range(1, 13)}
    return list(found)
