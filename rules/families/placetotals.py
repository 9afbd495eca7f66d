"""From monthly totals of points to those of metering places. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from domain.metering import Meter, Place
from domain.periods import HOUR, day_start
from rules.evaluators.account import OPEN_HOURS, MonthTotal
from rules.evaluators.coverage import Register
from storage.month_totals import PointMonth

_DAY = timedelta(days=1)
_midnight = lru_cache(maxsize=4096)(day_start)


class _Span(NamedTuple):
    """Days [start, end) on which a meter's point counts for its place; no end: still."""

    point_id: int
    start: date
    end: date | None


def place_totals(
    register: Register, rows: Iterable[PointMonth], months: Iterable[date]
) -> dict[tuple[str, str], dict[date, MonthTotal]]:
    """Totals by (enterprise, place) and month. A place's total is the sum over the points of its connected meters.

    A place has an entry for every month in which one of its meters was connected for at least a day.
    """
    by_point: dict[int, dict[date, PointMonth]] = defaultdict(dict)
    for row in rows:
        by_point[row.point_id][row.month] = row
    registered = {user.code: user.registered_from for user in register.users}
    bounds = [(first, (first + 31 * _DAY).replace(day=1)) for first in months]
    found: dict[tuple[str, str], dict[date, MonthTotal]] = {}
    for place in register.places:
        key = place.enterprise, place.code
        since = registered.get(place.enterprise)
        meters = register.meters_at.get(key)
        if since is None or not meters:
            continue
        spans = [_span(place, meter, since, meter.point_id) for meter in meters if meter.point_id is not None]
        by_month = {
            first: total for first, after in bounds if (total := _total(spans, first, after, by_point)) is not None
        }
        if by_month:
            found[key] = by_month
    return found


def _span(place: Place, meter: Meter, registered_from: date, point_id: int) -> _Span:
    start = max(place.in_service_from, meter.installed_on, registered_from)
    if meter.point_in_service_from is not None:
        start = max(start, meter.point_in_service_from)
    ends = [day for day in (place.in_service_to, meter.removed_on, meter.point_in_service_to) if day is not None]
    return _Span(point_id, start, min(ends) if ends else None)


def _total(
    spans: list[_Span], first: date, after: date, by_point: Mapping[int, Mapping[date, PointMonth]]
) -> MonthTotal | None:
    begin, finish, points = after, first, set()
    for point_id, span_start, span_end in spans:
        start = span_start if span_start > first else first
        end = after if span_end is None or span_end > after else span_end
        if start < end:
            points.add(point_id)
            begin, finish = min(begin, start), max(finish, end)
    if not points:
        return None
    rows = [row for point in sorted(points) if (row := by_point.get(point, _NOTHING).get(first)) is not None]
    expected = 24 * (finish - begin).days
    if not rows:
        return MonthTotal(None, 0.0, 0.0, 0, expected, "no_data")
    row = rows[0] if len(rows) == 1 else _sum(rows)
    why = _why(row, _midnight(begin), _midnight(finish))
    return MonthTotal(row.total, row.bridged, row.carried, row.hours, expected, why)


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
    )


_NOTHING: Mapping[date, PointMonth] = {}


def _why(row: PointMonth, start: datetime, end: datetime) -> str | None:
    """Why a total is not complete, None when it is."""
    if row.first_hour is None or row.last_hour is None or row.total is None:
        return "no_data"
    if row.unknown_steps:
        return "meter_reset"
    if row.first_hour - start > OPEN_HOURS * HOUR:
        return "late_start"
    if end - row.last_hour > (OPEN_HOURS + 1) * HOUR:  # the last hour begins an hour before it ends
        return "open_gap"
    return None
