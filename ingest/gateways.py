"""Which gateway sends which point: learnt as readings come, so that the silence of a gateway has a name.

A pair is written when it is new, and once a day of readings after that; between, a batch costs one comparison of
columns. HJ 212 stations and Sparkplug nodes are gateways as well; ThingsBoard names none.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence

import numpy as np

from domain.readings import DAY_US, Int32, Int64, from_us, to_us
from ingest.batch import Batch
from ingest.decode.faults import printable
from storage.database import Connection
from storage.gateways import GatewayPoint, known_points, note_points

logger = logging.getLogger(__name__)

#: Gateways of one enterprise, and of one point, that are remembered: a client may publish under any name, for ever new
#: ones too.
MOST_GATEWAYS, MOST_OF_POINT = 1000, 16
_NOBODY = -1
_NEVER = np.iinfo(np.int64).max


class Gateways:
    """What this process knows of gateways and their points."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, str], int] = {}
        self._names: list[tuple[int, str]] = []
        self._of_enterprise: Counter[int] = Counter()
        self._of_point: Counter[int] = Counter()
        self._pairs: dict[tuple[int, int], tuple[int, int]] = {}
        self._loaded: set[int] = set()
        # by point_id, of the gateway that sent it last: its number, and what needs no looking up
        self._gateway: Int32 = np.empty(0, np.int32)
        self._first_us: Int64 = np.empty(0, np.int64)
        self._due_us: Int64 = np.empty(0, np.int64)

    async def note(self, connection: Connection, batch: Batch) -> list[GatewayPoint]:
        """Write what a batch tells anew; to be learnt once it is committed."""
        strange = self._strange(batch)
        if strange is None:
            return []
        number, point_id, measured_us = strange
        enterprises = {self._names[one][0] for one in np.unique(number).tolist()} - self._loaded
        if enterprises:
            for known in await known_points(connection, sorted(enterprises)):
                self._learn(self._number(known.enterprise_id, known.gateway, always=True), known)
            self._loaded |= enterprises
        seen = self._seen(number, point_id, measured_us)
        await note_points(connection, seen)
        return seen

    def learn(self, seen: Sequence[GatewayPoint]) -> None:
        """Take note of what is committed."""
        for one in seen:
            self._learn(self._numbers[one.enterprise_id, one.gateway], one)

    def _strange(self, batch: Batch) -> tuple[Int64, Int64, Int64] | None:
        """(gateway number, point_id, instant) of the readings that need a look; None for the usual, when none do."""
        readings = batch.readings
        if len(readings) == 0:
            return None
        self._grow(int(readings.point_id[-1]) + 1)
        find = self._numbers.get
        numbers = [
            find((enterprise_id, message.gateway), _NOBODY) if message.gateway and not message.is_history else _NOBODY
            for message, enterprise_id in zip(batch.messages, batch.enterprise_ids, strict=True)
        ]
        if _NOBODY in numbers:
            self._name(batch, numbers)
        number = np.array(numbers, np.int32)[batch.reading_owner]
        point_id, measured_us = readings.point_id, readings.measured_us
        strange = number != self._gateway[point_id]
        strange |= measured_us < self._first_us[point_id]
        strange |= measured_us >= self._due_us[point_id]
        strange &= number != _NOBODY
        if not strange.any():
            return None
        return number[strange].astype(np.int64), point_id[strange], measured_us[strange]

    def _name(self, batch: Batch, numbers: list[int]) -> None:
        """Give numbers to gateways that are met for the first time."""
        for position, message in enumerate(batch.messages):
            if numbers[position] == _NOBODY and message.gateway and not message.is_history:
                numbers[position] = self._number(batch.enterprise_ids[position], message.gateway)

    def _number(self, enterprise_id: int, gateway: str, *, always: bool = False) -> int:
        # a name is shown to people: what no eye can read is written out
        key = (enterprise_id, gateway if gateway.isprintable() else printable(gateway))
        number = self._numbers.get(key)
        if number is None:
            if self._of_enterprise[enterprise_id] >= MOST_GATEWAYS and not always:
                return _NOBODY
            number = self._numbers[key] = len(self._names)
            self._names.append(key)
            self._of_enterprise[enterprise_id] += 1
            if self._of_enterprise[enterprise_id] == MOST_GATEWAYS:
                logger.warning("too many gateways: no more are learnt", extra={"enterprise_id": enterprise_id})
        return number

    def _seen(self, number: Int64, point_id: Int64, measured_us: Int64) -> list[GatewayPoint]:
        """The pairs that tell something new, each once."""
        pairs, place = np.unique(np.column_stack((number, point_id)), axis=0, return_inverse=True)
        first = np.full(len(pairs), _NEVER)
        last = np.full(len(pairs), -_NEVER)
        np.minimum.at(first, place.reshape(-1), measured_us)
        np.maximum.at(last, place.reshape(-1), measured_us)
        seen = []
        for (of_gateway, point), first_us, last_us in zip(pairs.tolist(), first.tolist(), last.tolist(), strict=True):
            known = self._pairs.get((of_gateway, point))
            if known is None and self._of_point[point] >= MOST_OF_POINT:
                continue
            if known is not None and first_us >= known[0] and last_us < known[1] + DAY_US:
                self._point_at(of_gateway, point)  # only another gateway of the point than a moment ago
                continue
            enterprise_id, name = self._names[of_gateway]
            seen.append(GatewayPoint(enterprise_id, name, point, from_us(first_us), from_us(last_us)))
        return seen

    def _learn(self, number: int, one: GatewayPoint) -> None:
        first_us, last_us = to_us(one.first_at), to_us(one.last_at)
        known = self._pairs.get((number, one.point_id))
        if known is None:
            self._of_point[one.point_id] += 1
        else:
            first_us, last_us = min(first_us, known[0]), max(last_us, known[1])
        self._pairs[number, one.point_id] = first_us, last_us
        self._grow(one.point_id + 1)
        self._point_at(number, one.point_id)

    def _point_at(self, number: int, point_id: int) -> None:
        first_us, last_us = self._pairs[number, point_id]
        self._gateway[point_id] = number
        self._first_us[point_id], self._due_us[point_id] = first_us, last_us + DAY_US

    def _grow(self, length: int) -> None:
        missing = length - len(self._gateway)
        if missing > 0:
            missing += len(self._gateway)  # at least double, so that growing stays cheap
            self._gateway = np.r_[self._gateway, np.full(missing, _NOBODY, np.int32)]
            self._first_us = np.r_[self._first_us, np.zeros(missing, np.int64)]
            self._due_us = np.r_[self._due_us, np.zeros(missing, np.int64)]
