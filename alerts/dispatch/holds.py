"""What keeps an alert from everybody, in order of precedence: the first that holds is said. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.dispatch.contract import AlertFacts, Progress, World
from alerts.dispatch.inhibit import Causes, Table
from domain.matchers import fit
from domain.periods import HOUR
from domain.telling import Reason

#: A hold is looked at again at its end, and at the latest after this: somebody may have ended it early.
LOOK_AGAIN = timedelta(hours=1)
#: A cause and what it explains end by the same data, but are judged in different steps; until both are, what was
#: explained stays held.
SETTLE = timedelta(minutes=10)
_SETTLING = frozenset({Reason.INHIBITED, Reason.PLANT_STOPPED})


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an alert is told to nobody, and when to look again."""

    reason: Reason
    next_at: datetime
    cause_alert_id: int | None = None
    detail: str = ""
    settle_at: datetime | None = None


class Holds:
    """Asked about one alert after the other."""

    def __init__(self, world: World, table: Table) -> None:
        self._world = world
        self._table = table
        self._causes = Causes(table, world.causes, world.dark)

    def historical(self, alert: AlertFacts, established_at: datetime) -> bool:
        """Whether the newest period that shows an alert is too old to wake anybody, nobody asked for old ones, and it
        is not the platform's own fault that what lasts is told late."""
        within = HOUR * self._world.notify_within_h
        if self._world.now - established_at <= within:
            return False
        late = self._world.late.get(alert.alert_id)
        if alert.is_firing and late is not None and late.is_ours(established_at, within):
            return False
        return not any(
            notice.enterprise in (None, alert.enterprise) and notice.from_at <= alert.occurred_at < notice.to_at
            for notice in self._world.notices
        )

    def of(self, alert: AlertFacts, progress: Progress | None) -> Hold | None:
        """What holds an alert now, None when nothing does."""
        found = self._standing(alert)
        if found is not None or progress is None or progress.state != "held" or progress.reason not in _SETTLING:
            return found
        now = self._world.now
        settle_at = progress.settle_at or now + SETTLE
        if settle_at <= now:
            return None
        # a clock that was set back must not make it wait for longer
        settle_at = min(settle_at, now + SETTLE)
        return Hold(progress.reason, settle_at, progress.cause_alert_id, "settling", settle_at)

    def _standing(self, alert: AlertFacts) -> Hold | None:
        world = self._world
        by_people = {hold.kind: hold for hold in world.holds.get((alert.rule_id, alert.subject), ())}
        if (hold := by_people.get("out_of_service")) is not None:
            return self._until(Reason.OUT_OF_SERVICE, hold.until, detail=hold.author)
        outlets = world.behind.get(alert.subject, frozenset()) if alert.outlet is None else {alert.outlet}
        if outlets and outlets <= world.stopped.keys() and self._table.is_muted_by_stop(alert):
            return self._until(Reason.PLANT_STOPPED, min(world.stopped[outlet] for outlet in outlets))
        if (cause := self._causes.of(alert)) is not None:
            return self._until(Reason.INHIBITED, None, cause[0], f"#{cause[0]} {cause[1]}")
        ends = [silence for silence in world.silences if fit(silence.matchers, alert.labels)]
        if ends:
            last = max(ends, key=lambda silence: (silence.until, silence.silence_id))
            return self._until(Reason.SILENCED, last.until, detail=f"#{last.silence_id}")
        if (hold := by_people.get("shelved")) is not None:
            return self._until(Reason.SHELVED, hold.until, detail=hold.author)
        return None

    def _until(self, reason: Reason, until: datetime | None, cause: int | None = None, detail: str = "") -> Hold:
        latest = self._world.now + LOOK_AGAIN
        return Hold(reason, latest if until is None else min(until, latest), cause, detail)
