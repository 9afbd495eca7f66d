"""When every sealing point (密封点) of the city is due by each LDAR schedule, as at the end of a day: from tests,
events and the register, not from what the rules have kept. One aggregate, then calendar arithmetic on columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from domain.leaks import CYCLE_KINDS, LIQUID_RELIEF, NAT, SCHEDULED_PURPOSES, Bools, Days
from domain.leakterms import Events, OpenDuties, Service, Terms, open_duties, stretches, strictest, yearly_duties
from domain.periods import day_start
from storage.database import Connection
from storage.sql import queries

_SQL = queries("dues")

Ids = NDArray[np.int32]

_KINDS = list(CYCLE_KINDS)
_RELIEF = [_KINDS.index("relief") + 1, _KINDS.index(LIQUID_RELIEF) + 1]
_STANDARDS = ["GB37822", "GB31571"]
#: PostgreSQL counts days from 2000-01-01; its infinity is the largest number.
_FIRST_DAY = np.datetime64("2000-01-01", "D")
_INFINITY = np.iinfo(np.int32).max
#: An array of 4-byte values that are none of them null: each value with its length before it.
_ELEMENT = np.dtype([("length", ">i4"), ("value", ">i4")])
_ARRAY_HEADER = 20


@dataclass(frozen=True, slots=True)
class Regime:
    """A schedule as `city_dues` needs it; fields as of the rules' parameters. months None: one test in a calendar year.

    kinds of `months`: all of `domain.leaks.CYCLE_KINDS`.
    """

    rule_id: str
    months: Mapping[str, int] | None
    min_components: int = 0
    first_days: int = 0
    restart_days: int | None = None
    release_workdays: int | None = None
    standard: str | None = None


@dataclass(frozen=True, slots=True)
class CityDues:
    """Columns of all components in service on the day, in no order; days NaT where nothing is due.

    due: last day in time by rule; strictest: the earliest of them. overdue: the strictest one has passed.
    """

    component_id: Ids
    enterprise_id: Ids
    due: dict[str, Days]
    strictest: Days
    overdue: Bools


async def city_dues(connection: Connection, as_of: date, regimes: Sequence[Regime]) -> CityDues:
    """Due days and what is overdue of the whole city as at the end of a local day, by what is known now of the time up
    to then."""
    through = day_start(as_of + timedelta(days=1))
    found = await _columns(
        connection,
        "city_dues",
        {
            "through": through,
            "as_of": as_of,
            "purposes": sorted(SCHEDULED_PURPOSES),
            "kinds": _KINDS,
            "liquid_relief": LIQUID_RELIEF,
            "standards": _STANDARDS,
        },
    )
    ids, enterprises, kinds, counts, standards = found[:5]
    registered, start, exempt_from, exempt_to, tested = (_days(column) for column in found[5:])
    events = await _events(connection, through, ids, kinds)
    today = np.full(len(ids), np.datetime64(as_of, "D"))
    columns = _Columns(kinds, counts, standards, registered, start, exempt_from, exempt_to, tested, events, today)
    duties = [columns.duties(regime) for regime in regimes]
    due: dict[str, Days] = {}
    for regime, duty in zip(regimes, duties, strict=True):
        due[regime.rule_id] = np.full(len(ids), NAT)
        due[regime.rule_id][duty.owner] = duty.due
    earliest = strictest(duties, len(ids))
    return CityDues(ids, enterprises, due, earliest, earliest < today)


@dataclass(frozen=True, slots=True)
class _Columns:
    """What the query found, one row a component; kinds and standards by position, counted from 1."""

    kinds: Ids
    counts: Ids
    standards: Ids
    registered: Days
    start: Days
    exempt_from: Days
    exempt_to: Days
    tested: Days
    events: Events
    today: Days

    def duties(self, regime: Regime) -> OpenDuties:
        """The open duties by a regime."""
        judged_from = np.maximum(self.start, self.registered)
        applies = (judged_from <= self.today) & (self.counts >= regime.min_components)
        if regime.standard is not None:
            applies &= self.standards == _STANDARDS.index(regime.standard) + 1
        service = Service(self.start, self.exempt_from, self.exempt_to)
        if regime.months is None:
            return yearly_duties(service, judged_from, self.tested, self.today).of(applies)
        months = np.array([0, *(regime.months[kind] for kind in _KINDS)], np.int64)[self.kinds]
        terms = Terms(months, regime.first_days, regime.restart_days, regime.release_workdays)
        known = np.flatnonzero(~np.isnat(self.tested))
        # only the last stretch matters: a start before the last test need not be looked at
        from_test = Service(np.where(np.isnat(self.tested), self.start, self.tested), self.exempt_from, self.exempt_to)
        found = stretches(from_test, known, self.tested[known], self.events, terms)
        return open_duties(found, service, self.today).of(applies)


async def _events(connection: Connection, through: object, ids: Ids, kinds: Ids) -> Events:
    component, day, is_release = await _columns(connection, "city_events", {"through": through})
    order = np.argsort(ids)
    place = np.searchsorted(ids, component, sorter=order)
    inside = place < len(ids)
    owner = order[np.where(inside, place, 0)] if len(ids) else np.zeros(len(component), np.int64)
    # what is not in service any more is not among the components; a release concerns relief devices only
    known = inside & (ids[owner] == component) if len(ids) else np.zeros(len(component), bool)
    known &= (is_release == 0) | (np.isin(kinds[owner], _RELIEF)) if len(ids) else known
    return Events(owner[known].astype(np.int64), _days(day)[known], is_release[known] == 1)


async def _columns(connection: Connection, query: str, parameters: Mapping[str, object]) -> list[Ids]:
    """The arrays of a single row, all of 4-byte values that are not null."""
    cursor = await connection.execute(_SQL[query], parameters, binary=True)
    result = cursor.pgresult
    assert result is not None
    return [_array(result.get_value(0, column)) for column in range(result.nfields)]


def _array(content: bytes | None) -> Ids:
    if content is None:
        return np.zeros(0, np.int32)
    return np.frombuffer(content, _ELEMENT, offset=_ARRAY_HEADER)["value"].astype(np.int32)


def _days(numbers: Ids) -> Days:
    days: Days = _FIRST_DAY + numbers.astype("timedelta64[D]")
    return np.where(numbers == _INFINITY, NAT, days)
