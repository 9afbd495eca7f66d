"""The register as it was a moment ago: which codes an enterprise may send, and who may come in.

A point that was registered a second ago works without a restart, because an unknown code makes us look again; a
gateway that keeps sending an unknown code makes us look no more than once a second.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from domain.points import PointKind
from domain.readings import Bool, Float64, Int64
from ingest.decode.register import Birth, Station, Tag, View
from storage.credentials import password_hash
from storage.database import Connection, Database
from storage.points import KnownPoint, KnownTag, exists, load_register
from storage.points import Register as StoredRegister
from storage.sparkplug import birth_numbers, load_births


@dataclass(slots=True)
class Entry:
    """What one enterprise may send."""

    enterprise_id: int
    points: dict[str, int]
    """point_id by code."""
    view: View
    """What decoders see of it."""
    loaded_s: float
    birth_numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    """Which births `view` holds, by node and device."""
    lines: frozenset[str] = frozenset()
    """Codes of production lines."""


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
        self._lookups: dict[str, asyncio.Task[str | None]] = {}
        self.traits = Traits()

    def entry(self, enterprise: str) -> Entry | None:
        """What is known of an enterprise; None for one that does not exist."""
        return self._entries.get(enterprise)

    async def prepare(self, enterprises: Iterable[str], *, sparkplug: Iterable[str] = ()) -> None:
        """Know these enterprises, as they were within `refresh_s`.

        sparkplug: those of which births are needed, which another process may have heard a moment ago. Raises
        StorageUnavailable.
        """
        now = self._monotonic()
        due = [code for code in enterprises if self._age_s(code, now) >= self._refresh_s]
        nodes = list(sparkplug)
        if not due and not nodes:
            return
        async with self._database.transaction() as connection:
            for enterprise in due:
                await self._load(connection, enterprise)
            for enterprise in nodes:
                await self._refresh_births(connection, enterprise)

    async def refresh(self, enterprises: Iterable[str]) -> bool:
        """Look again at enterprises of which something was unknown; False when all were looked at a moment ago."""
        now = self._monotonic()
        due = [code for code in enterprises if self._age_s(code, now) >= self._unknown_refresh_s]
        if not due:
            return False
        async with self._database.transaction() as connection:
            for enterprise in due:
                await self._load(connection, enterprise)
                entry = self._entries.get(enterprise)
                if entry is not None and entry.birth_numbers:
                    await self._refresh_births(connection, enterprise)
        return True

    def _age_s(self, enterprise: str, now: float) -> float:
        entry = self._entries.get(enterprise)
        return math.inf if entry is None else now - entry.loaded_s

    async def _load(self, connection: Connection, enterprise: str) -> None:
        register = await load_register(connection, enterprise)
        if register is None:
            self._entries.pop(enterprise, None)
            return
        self.traits.learn(register.points)
        points = {point.code: point.point_id for point in register.points}
        before = self._entries.get(enterprise)
        entry = Entry(register.enterprise_id, points, _view(register, points), self._monotonic())
        entry.lines = register.lines
        if before is not None:
            entry.view.births, entry.birth_numbers = before.view.births, before.birth_numbers
        self._entries[enterprise] = entry

    async def _refresh_births(self, connection: Connection, enterprise: str) -> None:
        entry = self._entries.get(enterprise)
        if entry is None:
            return
        if await birth_numbers(connection, entry.enterprise_id) == entry.birth_numbers:
            return
        births = await load_births(connection, entry.enterprise_id)
        entry.view.births = {
            (birth.node, birth.device): Birth(birth.node, birth.device, birth.bd_seq, birth.metrics) for birth in births
        }
        entry.birth_numbers = {(birth.node, birth.device): birth.number for birth in births}

    async def exists(self, enterprise: str) -> bool:
        """Whether there is such an enterprise; asked of the database every time. Raises StorageUnavailable."""
        async with self._database.transaction() as connection:
            return await exists(connection, enterprise)

    async def password_hash(self, enterprise: str) -> str | None:
        """The stored hash; asked of the database again and again, so that a withdrawn password works no longer.

        A thousand gateways that come back at once share one question, or they would queue for connections until they
        are sent away.
        """
        running = self._lookups.get(enterprise)
        if running is None:
            running = asyncio.get_running_loop().create_task(self._look_up(enterprise))
            self._lookups[enterprise] = running
            running.add_done_callback(lambda _: self._lookups.pop(enterprise, None))
        return await asyncio.shield(running)

    async def _look_up(self, enterprise: str) -> str | None:
        async with self._database.transaction() as connection:
            return await password_hash(connection, enterprise)


def _view(register: StoredRegister, points: dict[str, int]) -> View:
    of_station: dict[str, dict[str, Tag]] = {}
    for (mn, name), tag in _tags(register.tags, "hj212").items():
        of_station.setdefault(mn, {})[name] = tag
    stations = {
        station.mn: Station(
            mn=station.mn,
            gateway=station.gateway,
            edition=station.edition,
            strict=station.profile == "strict",
            crc=station.crc,
            missing_flag_is_normal=station.missing_flag == "normal",
            ignored=tuple(station.ignored),
            sm4_key=station.sm4_key,
            tags=of_station.get(station.mn, {}),
        )
        for station in register.stations
    }
    return View(points.keys(), stations, _tags(register.tags, "sparkplug"), _tags(register.tags, "thingsboard"))


def _tags(tags: Sequence[KnownTag], protocol: str) -> dict[tuple[str, str], Tag]:
    return {(tag.device, tag.name): Tag(tag.point, tag.scale, tag.zero) for tag in tags if tag.protocol == protocol}
