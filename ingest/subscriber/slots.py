"""Which slot to take and which to give back. Pure: what is held and the time are passed in.

A session at the broker that nobody serves collects messages until it expires, and they are lost with it. So every
slot is served as long as one worker lives: a slot that stays free is adopted by a worker that has one already, and
given back when a worker without any comes.
"""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple


class Move(NamedTuple):
    """What to do now. take: slots to try in this order, of which one is enough."""

    take: tuple[int, ...] = ()
    give_back: int | None = None


class SlotChoice:
    """Remembers since when slots are free."""

    def __init__(self, count: int, adopt_after_s: float) -> None:
        self._count = count
        self._adopt_after_s = adopt_after_s
        self._free_since_s: dict[int, float] = {}

    def move(self, taken: Set[int], mine: Set[int], waiting: bool, now_s: float) -> Move:
        """What to do. taken: by anybody, this worker included; waiting: whether another worker has none; now_s: of any
        steady clock."""
        free = [slot for slot in range(self._count) if slot not in taken]
        self._free_since_s = {slot: self._free_since_s.get(slot, now_s) for slot in free}
        if not mine:
            return Move(take=tuple(free))
        if waiting and not free and len(mine) > 1:
            return Move(give_back=max(mine))
        ripe = [slot for slot in free if now_s - self._free_since_s[slot] >= self._adopt_after_s]
        return Move(take=tuple(ripe))
