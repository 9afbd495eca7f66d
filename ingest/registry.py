"""The register as it was a moment ago: which codes an enterprise may send, and who may come in.

A point that was registered a second ago works without a restart, because an unknown code makes us look again; a
gateway that keeps sending an unknown code makes us look no more than once a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from domain.points import PointKind
from domain.readings import Bool, Float64, Int64
from storage.credentials import password_hash
from storage.database import Connection, Database
from storage.points import KnownPoint, load_register


@dataclass(slots=True)
class Entry:
    """What one enterprise may send."""

    enterprise_id: int
    points: dict[str, int]
    """point_id by code."""
    components: dict[str, int]
    """component_id by code."""
    loaded_s: float


@dataclass(slots=True)
class Traits:
    """What the checks need of points, in columns addressed by point_id. NaN is no bound."""

    physical_min: Float64 = field(default_factory=lambda: np.full(1, np.nan))
    physical_max: Float64 = field(default_factory=lambda: np.full(1, np.nan))
    is_counter: Bool = field(default_factory=lambda: np.zeros(1, np.bool_))

    def learn(self, points: Sequence[KnownPoint]) -> None:
        """Take over what the register says of some points."""
        if not points:
            return
        index = np.array([point.point_id for point in points])
        missing = int(index.max()) + 1 - len(self.is_counter)
        if missing > 0:
            missing += len(self.is_counter)  # at least double, so that growing stays cheap
            self.physical_min = np.r_[self.physical_min, np.full(missing, np.nan)]
            self.physical_max = np.r_[self.physical_max, np.full(missing, np.nan)]
            self.is_counter = np.r_[self.is_counter, np.zeros(missing, np.bool_)]
        self.physical_min[index] = [np.nan if p.physical_min is None else p.physical_min for p in points]
        self.physical_max[index] = [np.nan if p.physical_max is None else p.physical_max for p in points]
        self.is_counter[index] = [p.kind is PointKind.COUNTER for p in points]

    def counters(self, point_id: Int64) -> Bool:
        """Which of some known points are counters."""
        return self.is_counter[point_id]


class Registry:
    """A cache of the register, and the lookup behind the listener's password check."""

    def __init__(
        self,
        database: Database,
        monotonic: Callable[[], float],
        *,
        refresh_s: float = 30.0,
        unknown_refresh_s: float = 1.0,
    ) -> None:
        """refresh_s: a changed range or a removed point takes effect within it; unknown_refresh_s: least time between
        two looks at one enterprise on account of codes that are unknown."""
        self._database = database
        self._monotonic = monotonic
        self._refresh_s = refresh_s
        self._unknown_refresh_s = unknown_refresh_s
        self._entries: dict[str, Entry] = {}
        self.traits = Traits()

    def entry(self, enterprise: str) -> Entry | None:
        """What is known of an enterprise; None for one that does not exist."""
        return self._entries.get(enterprise)

    async def prepare(self, wanted: dict[str, tuple[set[str], set[str]]]) -> None:
        """Look at the register where that is due. wanted: codes of points and of components by enterprise.

        Raises StorageUnavailable.
        """
        due = [enterprise for enterprise, codes in wanted.items() if self._is_due(enterprise, *codes)]
        if not due:
            return
        async with self._database.transaction() as connection:
            for enterprise in due:
                await self._load(connection, enterprise)

    def _is_due(self, enterprise: str, points: set[str], components: set[str]) -> bool:
        entry = self._entries.get(enterprise)
        if entry is None:
            return True
        age_s = self._monotonic() - entry.loaded_s
        if age_s >= self._refresh_s:
            return True
        known = entry.points.keys() >= points and entry.components.keys() >= components
        return not known and age_s >= self._unknown_refresh_s

    async def _load(self, connection: Connection, enterprise: str) -> None:
        register = await load_register(connection, enterprise)
        if register is None:
            self._entries.pop(enterprise, None)
            return
        self.traits.learn(register.points)
        points = {point.code: point.point_id for point in register.points}
        self._entries[enterprise] = Entry(register.enterprise_id, points, register.components, self._monotonic())

    async def password_hash(self, enterprise: str) -> str | None:
        """The stored hash; asked of the database every time, so that a withdrawn password works no longer."""
        async with self._database.transaction() as connection:
            return await password_hash(connection, enterprise)
