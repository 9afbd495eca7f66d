"""From what the store gives to the windows of signs: outlets as subjects, and their days. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta

import numpy as np

from domain.air import POLLUTANTS
from domain.findings import Subject, SubjectKind
from domain.limits import Averaging, Limit, LimitBook, LimitKind
from domain.marks import Mark
from domain.periods import day_period, hour_number
from rules.evaluators.contract import Floats, Ints
from rules.evaluators.outlet_day import (
    DAY_HOURS,
    HISTORY_DAYS,
    DayHours,
    DayMark,
    DayPoint,
    JudgedHours,
    LimitShare,
    OutletDayWindow,
    PastCalibrations,
    PastDays,
)
from storage.outlet_days import (
    CalibrationRows,
    DayRows,
    DayShare,
    FlaggedRows,
    HourRows,
    JudgedHour,
    SignPoint,
    TwinRows,
)

_FLOATS = ("mean", "minimum", "maximum", "first_value", "last_value", "deviation")
_INTS = tuple(f.name for f in fields(DayHours) if f.name not in (*_FLOATS, "corrected", "twin"))
_EPOCH_DAY = date(1970, 1, 1)
_DAY = timedelta(days=1)


@dataclass(slots=True)
class SignOutlet:
    """An outlet that measures a pollutant. Judged on local days [first, end); end None while in service."""

    subject: Subject
    enterprise_id: int
    outlet_id: int
    process: str
    makeup_air: bool | None
    first: date
    end: date | None
    points: list[SignPoint] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The subject as the store writes it."""
        return str(self.subject)

    def points_on(self, day: date) -> list[SignPoint]:
        """Points in service on a day."""
        return [p for p in self.points if p.point_from <= day and (p.point_to is None or day < p.point_to)]

    def last(self, closed: date) -> date:
        """Last day that can be judged when days up to `closed` are closed."""
        return closed if self.end is None else min(closed, self.end - _DAY)

    def pollutant(self, quantity: str) -> str:
        """The subject that limits judge, as the store writes it."""
        return str(Subject(SubjectKind.POLLUTANT, f"{self.subject.key}/{quantity}"))


#: One day to judge.
Row = tuple[SignOutlet, date]


def select(rows: Iterable[SignPoint], valid_from: date) -> list[SignOutlet]:
    """Outlets that measure a pollutant, with all their points."""
    outlets: dict[int, SignOutlet] = {}
    for row in rows:
        outlet = outlets.get(row.outlet_id)
        if outlet is None:
            subject = Subject(SubjectKind.OUTLET, f"{row.enterprise}/{row.outlet}")
            first = max(row.registered_from, row.in_service_from, valid_from)
            outlet = outlets[row.outlet_id] = SignOutlet(
                subject, row.enterprise_id, row.outlet_id, row.process, row.makeup_air, first, row.in_service_to
            )
        outlet.points.append(row)
    return [
        outlet
        for outlet in outlets.values()
        if any(point.statistic is None and point.quantity in POLLUTANTS for point in outlet.points)
    ]


@dataclass(slots=True)
class Fetched:
    """What windows are made of; parts that no sign asked for stay empty."""

    hours: HourRows
    days: DayRows | None = None
    flagged: FlaggedRows | None = None
    twins: TwinRows | None = None
    calibrations: CalibrationRows | None = None
    judged: Sequence[JudgedHour] = ()
    shares: Sequence[DayShare] = ()
    limits: LimitBook | None = None
    marks: Mapping[int, Sequence[Mark]] = field(default_factory=dict)
    quirks: Mapping[int, Mapping[str, Mapping[date, Mapping[str, int]]]] = field(default_factory=dict)


def day_number(day: date) -> int:
    """Local days since 1970-01-01, as the columns of days have them."""
    return (day - _EPOCH_DAY).days


def windows_of(rows: Sequence[Row], fetched: Fetched) -> list[OutletDayWindow]:
    """The windows of some outlet-days, in their order."""
    hours, past = _Hours(fetched.hours, fetched.twins), _Past(fetched)
    judged: dict[str, list[JudgedHour]] = {}
    for one in sorted(fetched.judged, key=lambda one: one.hour):
        judged.setdefault(one.subject, []).append(one)
    shares: dict[str, list[DayShare]] = {}
    for share in fetched.shares:
        shares.setdefault(share.subject, []).append(share)
    return [_window(outlet, day, fetched, hours, past, judged, shares) for outlet, day in rows]


def _window(
    outlet: SignOutlet,
    day: date,
    fetched: Fetched,
    hours: _Hours,
    past: _Past,
    judged: Mapping[str, Sequence[JudgedHour]],
    shares: Mapping[str, Sequence[DayShare]],
) -> OutletDayWindow:
    period = day_period(day)
    first = hour_number(period.start)
    points = [
        DayPoint(
            row.point,
            row.quantity,
            row.unit,
            row.interval_s,
            row.statistic,
            row.of,
            row.range_top,
            hours.of(row.point_id, first),
            past.of(row.point_id, day),
            past.calibrations(row.point_id, first),
        )
        for row in outlet.points_on(day)
    ]
    quantities = sorted({p.quantity for p in points if p.statistic is None and p.quantity in POLLUTANTS})
    subjects = {quantity: outlet.pollutant(quantity) for quantity in quantities}
    return OutletDayWindow(
        outlet.subject,
        outlet.process,
        outlet.makeup_air,
        period,
        first,
        points,
        limits={} if fetched.limits is None else _limits(outlet, day, quantities, fetched.limits),
        marks=[
            DayMark(mark.mark_id, mark.dimension, mark.kind, mark.point, mark.start, mark.end)
            for mark in fetched.marks.get(outlet.outlet_id, ())
            if mark.start < period.end and mark.end > period.start
        ],
        judged=[one for q, subject in subjects.items() for one in _judged(q, judged.get(subject, ()), first)],
        shares=[one for q, subject in subjects.items() for one in _shares(q, shares.get(subject, ()), day)],
        quirks={station: by_day.get(day, {}) for station, by_day in fetched.quirks.get(outlet.outlet_id, {}).items()},
    )


def _limits(outlet: SignOutlet, day: date, quantities: Sequence[str], book: LimitBook) -> dict[str, list[Limit]]:
    found = {
        quantity: [
            limit
            for kind in LimitKind
            if (limit := book.on(outlet.subject.key, outlet.process, quantity, kind, Averaging.HOUR, day)) is not None
        ]
        for quantity in quantities
    }
    return {quantity: limits for quantity, limits in found.items() if limits}


def _judged(quantity: str, found: Sequence[JudgedHour], first: int) -> list[JudgedHours]:
    """Judged hours of the day and of one hour on either side, by rule and limit; found: in order of hours."""
    low = bisect_left(found, first - 1, key=lambda one: one.hour)
    near = found[low : bisect_right(found, first + DAY_HOURS, low, key=lambda one: one.hour)]
    out = []
    for rule_id, limit in sorted({(one.rule_id, one.limit) for one in near}):
        mine = [one for one in near if (one.rule_id, one.limit) == (rule_id, limit)]
        out.append(
            JudgedHours(
                rule_id,
                quantity,
                limit,
                np.array([one.hour for one in mine], np.int64),
                np.array([one.value for one in mine], np.float64),
                np.array([one.over for one in mine], bool),
            )
        )
    return out


def _shares(quantity: str, found: Sequence[DayShare], day: date) -> list[LimitShare]:
    last = day_number(day)
    mine = [one for one in found if last - HISTORY_DAYS < one.day <= last]
    return [
        LimitShare(
            rule_id,
            quantity,
            sum(one.judged for one in mine if one.rule_id == rule_id),
            sum(one.near for one in mine if one.rule_id == rule_id),
            sum(one.over for one in mine if one.rule_id == rule_id),
        )
        for rule_id in sorted({one.rule_id for one in mine})
    ]


def _keys(point_id: Ints, number: Ints) -> Ints:
    # hours and days since 1970 stay below 2**32; points are 31-bit identities
    return (point_id << 32) + number


class _Hours:
    """Hourly rows by point and day."""

    def __init__(self, rows: HourRows, twins: TwinRows | None) -> None:
        keys = _keys(rows.point_id, rows.hour)
        order = np.argsort(keys)
        self._keys = keys[order]
        self._hour = rows.hour[order]
        self._floats: Floats = np.array([getattr(rows, name)[order] for name in _FLOATS], np.float64)
        self._ints: Ints = np.array([getattr(rows, name)[order] for name in _INTS], np.int64)
        self._corrected = rows.corrected[order] != 0
        self._twin = np.full(len(order), -1, np.int64)
        if twins is not None and len(twins.point_id):
            at = np.searchsorted(self._keys, _keys(twins.point_id, twins.hour))
            self._twin[at] = twins.earlier

    def of(self, point_id: int, first: int) -> DayHours:
        low, high = np.searchsorted(self._keys, [(point_id << 32) + first, (point_id << 32) + first + DAY_HOURS])
        chosen, slot = slice(int(low), int(high)), self._hour[low:high] - first
        floats = np.full((len(_FLOATS), DAY_HOURS), np.nan)
        ints = np.zeros((len(_INTS), DAY_HOURS), np.int64)
        corrected, twin = np.zeros(DAY_HOURS, bool), np.full(DAY_HOURS, -1, np.int64)
        floats[:, slot], ints[:, slot] = self._floats[:, chosen], self._ints[:, chosen]
        corrected[slot], twin[slot] = self._corrected[chosen], self._twin[chosen]
        named = dict(zip(_FLOATS, floats, strict=True)) | dict(zip(_INTS, ints, strict=True))
        return DayHours(**named, corrected=corrected, twin=twin)


class _Past:
    """The days before a day, by point."""

    def __init__(self, fetched: Fetched) -> None:
        self._days, self._flagged, self._calibrations = fetched.days, fetched.flagged, fetched.calibrations
        if fetched.days is not None:
            self._day_keys = _keys(fetched.days.point_id, fetched.days.day)
            self._day_order = np.argsort(self._day_keys)
        if fetched.flagged is not None:
            self._flagged_keys = _keys(fetched.flagged.point_id, fetched.flagged.day)
            self._flagged_order = np.argsort(self._flagged_keys)

    def of(self, point_id: int, day: date) -> PastDays | None:
        if self._days is None and self._flagged is None:
            return None
        first = day_number(day) - HISTORY_DAYS
        good, reported = np.zeros(HISTORY_DAYS, np.int64), np.zeros(HISTORY_DAYS, np.int64)
        mean, variation, minutes = np.full(HISTORY_DAYS, np.nan), np.full(HISTORY_DAYS, np.nan), np.zeros(HISTORY_DAYS)
        if self._days is not None:
            rows = _between(self._day_keys, self._day_order, point_id, first)
            slot, count = self._days.day[rows] - first, self._days.good_hours[rows]
            means = self._days.means[rows] / count
            spread = (self._days.mean_squares[rows] + self._days.deviation_squares[rows]) / count - means**2
            good[slot], mean[slot] = count, means
            above = means > 0
            variation[slot[above]] = np.sqrt(np.maximum(spread[above], 0)) / means[above]
        if self._flagged is not None:
            rows = _between(self._flagged_keys, self._flagged_order, point_id, first)
            slot = self._flagged.day[rows] - first
            minutes[slot], reported[slot] = self._flagged.minutes[rows], self._flagged.hours[rows]
        return PastDays(good, mean, variation, minutes, reported)

    def calibrations(self, point_id: int, first: int) -> PastCalibrations | None:
        rows = self._calibrations
        if rows is None:
            return None
        since, until = first - HISTORY_DAYS * DAY_HOURS, first + DAY_HOURS
        chosen = (rows.point_id == point_id) & (rows.hour >= since) & (rows.hour < until)
        return PastCalibrations(
            rows.hour[chosen], rows.mean[chosen], rows.valid_minutes[chosen], rows.calibrating[chosen] != 0
        )


def _between(keys: Ints, order: Ints, point_id: int, first: int) -> Ints:
    """Rows of a point in the history from a day on."""
    ends = [(point_id << 32) + first, (point_id << 32) + first + HISTORY_DAYS]
    low, high = np.searchsorted(keys, ends, sorter=order)
    found: Ints = order[low:high]
    return found
