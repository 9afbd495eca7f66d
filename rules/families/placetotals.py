"""From monthly totals of points to those of metering places. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from domain.metering import Meter, Place
from domain.periods import HOUR, day_start
from rules.evaluators.account import OPEN_HOURS, MonthTotal
from rules.evaluators.coverage import Register
from storage.month_totals import PointMonth

_DAY = timedelta(days=1)
#: Enterprise and place.
_Key = tuple[str, str]
_midnight = lru_cache(maxsize=4096)(day_start)


class _Span(NamedTuple):
    """Days [start, end) on which a meter's point counts for its place; no end: still."""

    point_id: int
    start: date
    end: date | None


def place_totals(
    register: Register, rows: Iterable[PointMonth], months: Iterable[date]
) -> dict[_Key, dict[date, MonthTotal]]:
    """Totals by (enterprise, place) and month. A place's total is the sum over the points of its connected meters.

    A place has an entry for every month in which one of its meters was connected for at least a day. Its total is
    complete only when meters were there over the whole time that the place was in service, but for a day, and each of
    them passed all of its volume at this one place.
    """
    by_point: dict[int, dict[date, PointMonth]] = defaultdict(dict)
    for row in rows:
        by_point[row.point_id][row.month] = row
    registered = {user.code: user.registered_from for user in register.users}
    bounds = [(first, (first + 31 * _DAY).replace(day=1)) for first in months]
    found: dict[_Key, dict[date, MonthTotal]] = {}
    at: dict[int, _Key] = {}
    moved: dict[int, dict[_Key, list[_Span]]] = {}
    for place in register.places:
        key = place.enterprise, place.code
        since = registered.get(place.enterprise)
        meters = register.meters_at.get(key)
        if since is None or not meters:
            continue
        spans = [_span(place, meter, since, meter.point_id) for meter in meters if meter.point_id is not None]
        there = max(place.in_service_from, since), place.in_service_to
        by_month = {
            first: total
            for first, after in bounds
            if (total := _total(spans, there, first, after, by_point)) is not None
        }
        if by_month:
            found[key] = by_month
        for span in spans:
            if (other := at.setdefault(span.point_id, key)) != key:
                moved.setdefault(span.point_id, {other: []})[key] = []
    if moved:
        _mark_moved(register, registered, bounds, moved, found)
    return found


def _mark_moved(
    register: Register,
    registered: Mapping[str, date],
    bounds: Iterable[tuple[date, date]],
    moved: Mapping[int, dict[_Key, list[_Span]]],
    found: dict[_Key, dict[date, MonthTotal]],
) -> None:
    """A point that counted at two places within a month has one total, and nobody knows how much of it was where."""
    for place in register.places:
        for meter in register.meters_at.get((place.enterprise, place.code), ()):
            point = meter.point_id
            if point is not None and point in moved and place.enterprise in registered:
                span = _span(place, meter, registered[place.enterprise], point)
                moved[point][place.enterprise, place.code].append(span)
    for first, after in bounds:
        for laid in moved.values():
            here = [key for key, spans in laid.items() if any(_clip(span, first, after) for span in spans)]
            for key in here if len(here) > 1 else ():
                found[key][first] = replace(found[key][first], why="meter_moved")


def _span(place: Place, meter: Meter, registered_from: date, point_id: int) -> _Span:
    start = max(place.in_service_from, meter.installed_on, registered_from)
    if meter.point_in_service_from is not None:
        start = max(start, meter.point_in_service_from)
    ends = [day for day in (place.in_service_to, meter.removed_on, meter.point_in_service_to) if day is not None]
    return _Span(point_id, start, min(ends) if ends else None)


def _total(
    spans: list[_Span],
    there: tuple[date, date | None],
    first: date,
    after: date,
    by_point: Mapping[int, Mapping[date, PointMonth]],
) -> MonthTotal | None:
    """there: days on which the place was in service."""
    if len(spans) == 1 and spans[0].start <= first and (spans[0].end is None or spans[0].end >= after):
        row = by_point.get(spans[0].point_id, _NOTHING).get(first)  # nearly all are like this
        expected = 24 * (after - first).days
        if row is None:
            return MonthTotal(None, 0.0, 0.0, 0, expected, "no_data")
        return MonthTotal(row.total, row.bridged, row.carried, row.hours, expected, _why(row, first, first, after))
    within: dict[int, tuple[date, date]] = {}
    for span in spans:
        if (clipped := _clip(span, first, after)) is not None:
            known = within.get(span.point_id, clipped)
            within[span.point_id] = min(known[0], clipped[0]), max(known[1], clipped[1])
    if not within:
        return None
    begin, finish = min(days[0] for days in within.values()), max(days[1] for days in within.values())
    rows = {point: row for point in sorted(within) if (row := by_point.get(point, _NOTHING).get(first)) is not None}
    expected = 24 * (finish - begin).days
    if not rows:
        return MonthTotal(None, 0.0, 0.0, 0, expected, "no_data")
    one = next(iter(rows.values())) if len(rows) == 1 else _sum(list(rows.values()))
    whys = [_why(rows.get(point), first, *days) for point, days in within.items()]
    start, end = max(first, there[0]), after if there[1] is None else min(after, there[1])
    why = next((why for why in _WHYS if why in whys), None) or _uncovered(sorted(within.values()), start, end)
    return MonthTotal(one.total, one.bridged, one.carried, one.hours, expected, why)


def _clip(span: _Span, first: date, after: date) -> tuple[date, date] | None:
    """The days of a span that lie in a month, None where there are none."""
    start = span.start if span.start > first else first
    end = after if span.end is None or span.end > after else span.end
    return (start, end) if start < end else None


def _uncovered(days: list[tuple[date, date]], start: date, end: date) -> str | None:
    """Whether a place was without a connected meter for more than a day of those on which it was in service."""
    reached = start
    for begin, finish in days:
        if begin - reached > _DAY:
            return "late_start" if reached == start else "open_gap"
        reached = max(reached, finish)
    return "open_gap" if end - reached > _DAY else None


def _sum(rows: list[PointMonth]) -> PointMonth:
    """Several points of one place as if they were one."""
    known = [row.total for row in rows if row.total is not None]
    return PointMonth(
        0,
        rows[0].month,
        sum(known) if known else None,
        sum(row.bridged for row in rows),
        sum(row.carried for row in rows),
        sum(row.hours for row in rows),
        sum(row.unknown_steps for row in rows),
        min((row.first_hour for row in rows if row.first_hour is not None), default=None),
        max((row.last_hour for row in rows if row.last_hour is not None), default=None),
        min((row.carried_from for row in rows if row.carried_from is not None), default=None),
    )


_NOTHING: Mapping[date, PointMonth] = {}


#: Why a total is not complete, what weighs most first.
_WHYS = ("no_data", "meter_reset", "late_start", "open_gap", "long_carry")


def _why(row: PointMonth | None, first: date, begin: date, finish: date) -> str | None:
    """Why what a point passed from one day to another is not complete, None when it is."""
    if row is None:  # beside another one that said something: a day of it may be missing
        return "no_data" if finish - begin > _DAY else None
    if row.first_hour is None or row.last_hour is None or row.total is None:
        return "no_data"
    if row.unknown_steps:
        return "meter_reset"
    if row.first_hour - _midnight(begin) > OPEN_HOURS * HOUR:
        return "late_start"
    if _midnight(finish) - row.last_hour > (OPEN_HOURS + 1) * HOUR:  # the last hour begins an hour before it ends
        return "open_gap"
    if row.carried_from is not None and _midnight(first) - row.carried_from >= (OPEN_HOURS + 1) * HOUR:
        return "long_carry"
    return None
