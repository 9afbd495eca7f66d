"""Messages for channels that no alert stage has any more: they would wait for ever.

A channel that is taken out of the channels file may leave messages behind. Once nobody has served it for a while they
are given up, which their alerts' histories say; an alert that lasts and that no message has told anybody of is told
anew, by the channels that there are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from domain.alerts import EventKind
from storage import dispatch, notifications
from storage.alerts import Event, append_events
from storage.database import Database

logger = logging.getLogger(__name__)

#: As outboxes' own errors, in English; alerts/failures.py says it in Chinese.
NOT_CONFIGURED = "no alert stage has this channel any more"
#: A stage that starts again has its channels again within this.
_PATIENCE_S = 600.0


class Orphans:
    """Any number may run on one database. seconds: a clock that only goes on, of this machine."""

    def __init__(self, database: Database, seconds: Callable[[], float], patience_s: float = _PATIENCE_S) -> None:
        self._database = database
        self._seconds = seconds
        self._patience_s = patience_s
        self._since: dict[str, float] = {}
        self._gone: frozenset[str] = frozenset()

    @property
    def unserved(self) -> frozenset[str]:
        """Channels that messages waited for or that failed, and that nobody had, when it looked last."""
        return frozenset(self._since)

    @property
    def gone(self) -> frozenset[str]:
        """Those of them that nobody has had for long enough: they are taken out of the channels file."""
        return self._gone

    async def step(self, now: datetime) -> int:
        """Give up what waits for channels that nobody has served for long enough; returns how many messages. now: the
        platform's clock. Raises StorageUnavailable; then nothing has changed."""
        async with self._database.transaction() as connection:
            if not await dispatch.try_lock(connection):  # how far telling has come is the dispatcher's
                return 0
            unserved = await notifications.unserved(connection)
            at = self._seconds()
            self._since = {channel: self._since.get(channel, at) for channel in unserved}
            gone = [channel for channel, since in self._since.items() if at - since >= self._patience_s]
            self._gone = frozenset(gone)
            given_up = await notifications.abandon(connection, gone, now, NOT_CONFIGURED) if gone else []
            about = {one.notification_id: one for one in given_up}
            alerts = await notifications.alerts_of_many(connection, about)
            events = [
                Event(
                    alert_id,
                    now,
                    EventKind.NOTIFY_FAILED,
                    comment=f"{about[number].event} {about[number].channel}/{about[number].receiver}: {NOT_CONFIGURED}",
                )
                for number, alert_id in alerts
            ]
            await append_events(connection, events)
            await dispatch.forget_untold(connection, {alert_id for _, alert_id in alerts}, now)
        if given_up:
            logger.error("messages are given up: nobody has their channels", extra={"channels": sorted(gone)})
        return len(given_up)
