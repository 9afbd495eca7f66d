"""The loop around the engine. Looks for work whenever somebody hints at it, and every few seconds anyway."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from domain.clock import Clock
from rules.engine import Engine, EngineSettings, StepReport
from rules.metrics import RulesMetrics
from rules.pack import RuleSet
from rules.scoreboard.step import Scoreboard
from rules.targets import target_rows
from storage import rule_state
from storage.database import Database

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RulesSettings:
    """How the service works.

    poll_s: seconds between looks at the database when nobody hints at work. min_pause_s: seconds between two steps
    however often somebody hints, since every roll-up does.
    """

    poll_s: float = 5.0
    min_pause_s: float = 0.5
    engine: EngineSettings = field(default_factory=EngineSettings)


class RulesService:
    """Judges for as long as it runs. Any number may run on one database."""

    def __init__(
        self,
        *,
        database: Database,
        rules: RuleSet,
        clock: Clock,
        settings: RulesSettings | None = None,
        metrics: RulesMetrics | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings or RulesSettings()
        self._metrics = metrics
        self.engine = Engine(database, rules, self._settings.engine)
        self.scoreboard = Scoreboard(database)

    async def start(self) -> None:
        """Bring the rows of rules and targets to this version's files."""
        await self.engine.sync(self._clock())
        async with self._database.transaction() as connection:
            await rule_state.sync_targets(connection, target_rows())

    async def step(self) -> StepReport:
        """One step as at the clock, counted in the metrics; then the scoreboard, where anything has changed for it."""
        loop = asyncio.get_running_loop()
        began, now = loop.time(), self._clock()
        report = await self.engine.step(now)
        if self._metrics is not None:
            self._metrics.observe(report, loop.time() - began)
        await self.scoreboard.step(now, report)
        if self._metrics is not None:
            self._metrics.observe_scoreboard(self.scoreboard.is_failing)
        logger.debug("step done", extra={"judged": report.judged, "written": report.written, "work": report.work})
        return report

    async def run(self) -> None:
        """Start, then step until cancelled. Raises StorageUnavailable: the supervisor starts it again."""
        await self.start()
        async with self._database.autocommit() as connection:
            await rule_state.listen(connection)
            while True:
                await self.step()
                await asyncio.sleep(self._settings.min_pause_s)
                await rule_state.hint(connection, self._settings.poll_s)
