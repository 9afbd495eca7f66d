"""How long to wait before the next attempt. Pure: chance is passed in."""

from __future__ import annotations

from collections.abc import Callable


class Backoff:
    """Doubling pauses up to a cap, each shortened by chance so that many workers do not come back at once."""

    def __init__(self, first_s: float, cap_s: float, chance: Callable[[], float]) -> None:
        """chance: uniform in [0, 1)."""
        self._first_s = first_s
        self._cap_s = cap_s
        self._chance = chance
        self._pause_s = first_s

    def next_s(self) -> float:
        """The next pause: from half of it to all of it."""
        pause_s = min(self._pause_s, self._cap_s)
        self._pause_s = min(self._pause_s * 2, self._cap_s)
        return pause_s * (0.5 + 0.5 * self._chance())

    def reset(self) -> None:
        """Something worked: begin again with the first pause."""
        self._pause_s = self._first_s
