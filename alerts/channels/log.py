"""Writes messages into the log, as short as an SMS: for a first try, and where a log collector forwards them."""

from __future__ import annotations

import logging

from alerts.messages import Message
from alerts.templates import layouts
from alerts.templates.sheet import sheet
from domain.alerts import Occasion

#: Characters of a line; a log has no parts that are paid for.
_MOST = 500

logger = logging.getLogger(__name__)


class LogChannel:
    """What lasts is a warning, what is over and a test are information."""

    code = kind = "log"
    is_group = True
    rate_per_min = None

    async def send(self, message: Message, address: str | None = None) -> str:
        """Write one line."""
        alert = message.body.get("alert", message.body)
        level = logging.INFO if message.event in (Occasion.RESOLVED, Occasion.TEST) else logging.WARNING
        logger.log(
            level,
            "alert notification",
            extra={
                "event": str(message.event),
                "alert_id": alert.get("id"),
                "rule": alert.get("rule"),
                "subject": alert.get("subject"),
                "title": message.body.get("title"),
                "text": layouts.sms(sheet(message), _MOST),
                "url": message.body.get("url"),
                "idempotency_key": message.idempotency_key,
            },
        )
        return "written"

    async def aclose(self) -> None:
        """Nothing to give back."""
