"""Log lines that a peer can cause are few, however often it causes them."""

from __future__ import annotations

import logging
from collections.abc import Callable


class QuietLog:
    """At most some lines of each kind a minute; the next line of the kind says how many were left out."""

    def __init__(self, logger: logging.Logger, monotonic: Callable[[], float], *, a_minute: int = 10) -> None:
        """monotonic: seconds, such as the event loop's clock."""
        self._logger = logger
        self._monotonic = monotonic
        self._a_minute = a_minute
        self._minutes: dict[str, tuple[int, int, int]] = {}
        """By message: the minute, lines in it, lines left out since the last."""

    def say(self, level: int, message: str, facts: dict[str, object], error: BaseException | None = None) -> None:
        """Log, or not. message: a constant, because it is the kind."""
        minute = int(self._monotonic() // 60)
        of_minute, lines, left_out = self._minutes.get(message, (minute, 0, 0))
        if of_minute != minute:
            lines = 0
        if lines >= self._a_minute:
            self._minutes[message] = (minute, lines, left_out + 1)
            return
        self._minutes[message] = (minute, lines + 1, 0)
        extra = {**facts, "left_out": left_out} if left_out else facts
        self._logger.log(level, message, extra=extra, exc_info=error)
