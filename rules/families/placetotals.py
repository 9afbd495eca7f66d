"""From monthly totals of points to those of metering places. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache

from domain.metering import Meter, Place
from domain.periods import HOUR, day_start
from rules.evaluators.account import OPEN_HOURS, MonthTotal
from rules.evaluators.coverage import Register
from storage.month_totals import PointMonth

_DAY = timedelta(days=1)
_FOREVER = date.max


def place_totals(
    register: Register, rows: Iterable[PointMonth], months: Iterable[date]
) -> dict[tuple[str, str], dict[date, MonthTotal]]:
    """Totals by (enterprise, place) and month. A place's total is the sum over the points of its connected meters.

    A place has an entry for every month in which one of its meters was connected for at least a day.
    """
    by_point: dict[tuple[int | None, date], PointMonth] = {(row.point_id, row.month): row for row in rows}
    registered = {user.code: user.registered_from for user in register.users}
    connected: dict[tuple[str, str], list[Meter]] = defaultdict(list)
    for meter in register.meters:
        if meter.point_id is not None:
            connected[meter.enterprise, meter.place].append(meter)
    firsts = list(months)
    found: dict[tuple[str, str], dict[date, MonthTotal]] = {}
    for place in register.places:
        meters = connected.get((place.enterprise, place.code))
        if meters and place.enterprise in registered:
            by_month = {
                first: total
                for first in firsts
                if (total := _total(place, meters, registered[place.enterprise], first, by_point)) is not None
            }
            if by_month:
                found[place.enterprise, place.code] = by_month
    return found


def _total(
    place: Place,
    meters: list[Meter],
    registered_from: date,
    first: date,
    by_point: Mapping[tuple[int | None, date], PointMonth],
) -> MonthTotal | None:
    after = (first + 31 * _DAY).replace(day=1)
    spans = []
    for meter in meters:
        start = max(
            first, place.in_service_from, meter.installed_on, meter.point_in_service_from or first, registered_from
        )
        ends = (after, place.in_service_to, meter.removed_on, meter.point_in_service_to)
        end = min(day for day in ends if day is not None)
        if start < end:
            spans.append((meter.point_id, start, end))
    if not spans:
        return None
    _, start, end = spans[0]
    rows = []
    if len(spans) == 1:  # nearly all places: a register of a city has tens of thousands
        row = by_point.get((spans[0][0], first))
        rows = [] if row is None else [row]
    else:
        start, end = min(span[1] for span in spans), max(span[2] for span in spans)
        keys = [(point, first) for point in {span[0] for span in spans}]
        rows = [by_point[key] for key in keys if key in by_point]
    hours, why = 24 * (end - start).days, _why(rows, _midnight(start), _midnight(end))
    if len(rows) == 1:
        return MonthTotal(rows[0].total, rows[0].bridged, rows[0].carried, rows[0].hours, hours, why)
    known = [row.total for row in rows if row.total is not None]
    return MonthTotal(
        sum(known) if known else None,
        sum(row.bridged for row in rows),
        sum(row.carried for row in rows),
        sum(row.hours for row in rows),
        hours,
        why,
    )


#: The same few days are asked for tens of thousands of times.
_midnight = lru_cache(1024)(day_start)


def _why(rows: list[PointMonth], start: datetime, end: datetime) -> str | None:
    """Why a total is not complete, None when it is."""
    firsts = [row.first_hour for row in rows if row.first_hour is not None]
    lasts = [row.last_hour for row in rows if row.last_hour is not None]
    if not firsts or not lasts or all(row.total is None for row in rows):
        return "no_data"
    if any(row.unknown_steps for row in rows):
        return "meter_reset"
    if min(firsts) - start > OPEN_HOURS * HOUR:
        return "late_start"
    if end - max(lasts) > (OPEN_HOURS + 1) * HOUR:  # the last hour begins an hour before it ends
        return "open_gap"
    return None
