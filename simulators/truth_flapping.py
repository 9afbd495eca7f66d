"""Series whose alerts come and go: six changes within 24 hours are told once, then nothing until six quiet hours."""

from __future__ import annotations

from itertools import pairwise

CHANGES, WINDOW, QUIET = 6, 24 * 60, 6 * 60


class Flapping:
    """Series by (rule, subject); times are minutes of the story."""

    def __init__(self) -> None:
        self._changes: dict[tuple[str, str], list[int]] = {}
        self._since: dict[tuple[str, str], int] = {}

    def note(self, series: tuple[str, str], minute: int) -> None:
        """An alert of the series has fired or is over."""
        self._changes.setdefault(series, []).append(minute)

    def held_until(self, series: tuple[str, str], minute: int, *, was_held: bool) -> int | None:
        """When a series that is held for coming and going will have been quiet for long enough; None when it is not
        held: neither the alert with which it becomes one of those, nor any before. was_held: the alert was."""
        changes = self._changes.get(series, [])
        if not changes:
            return None
        until = changes[-1] + QUIET
        if series in self._since:
            gaps = pairwise(changes)
            if minute >= until or any(b - a >= QUIET and b > self._since[series] for a, b in gaps):
                del self._since[series]
            else:
                return until
        if not was_held and minute < until and sum(minute - WINDOW < change <= minute for change in changes) >= CHANGES:
            self._since[series] = minute
        return None
