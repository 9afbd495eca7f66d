"""Family of signs of false data: every closed local day of every outlet that measures a pollutant.

A late reading re-judges its own day only: the days before are a background, against which a day was judged with what
was known of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from domain.air import POLLUTANTS
from domain.marks import Mark
from domain.periods import day_period, day_start, local_day, numbered_hour
from rules.evaluators.contract import Judgement
from rules.evaluators.outlet_day import DAY_HOURS, HISTORY_DAYS, NEEDS
from rules.evaluators.sign_limits import ClippingParams
from rules.evaluators.sign_records import QN_QUIRKS, DuplicateParams
from rules.families.contract import Advance, Job, Worklist, judge
from rules.families.recording import settle
from rules.families.signwindows import Fetched, Row, SignOutlet, select, windows_of
from rules.pack import Rule
from storage import limits, marks, outlet_days, rule_state, windows
from storage.database import Connection
from storage.outlet_days import HourRows, JudgedHour, Window

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
#: Rows of the engine's batch that one outlet-day stands for: a day of eight points is two hundred hourly rows.
_ROWS_PER_DAY = 40


class Signs:
    """See `contract.Family`. The watermark of an outlet is the start of the first day that is not judged."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return job.day_closed_at

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge closed days, each outlet up to its first day with an hour that the roll-up has yet to look at."""
        outlets = select(await outlet_days.points(connection), local_day(job.valid_from_at))
        done = Advance(subjects=len(outlets))
        watermarks = await rule_state.watermarks(connection, job.rule_id)
        closed = local_day(job.closed_at) - _DAY
        pending = [(o, first, o.last(closed)) for o in outlets if (first := next_day(o, watermarks)) <= o.last(closed)]
        if not pending:
            return done
        dirty = await _dirty_days(connection, [outlet for outlet, _, _ in pending], job.closed_at)
        rows: list[Row] = []
        through: dict[str, datetime] = {}
        for outlet, first, last in pending:
            settled = min((day for day in dirty.get(outlet.outlet_id, ()) if day >= first), default=last + _DAY)
            done.deferred |= settled <= last
            stop = min(last, settled - _DAY)
            room = max(1, job.batch_rows // _ROWS_PER_DAY) - len(rows)
            done.more |= (stop - first).days + 1 > room
            stop = min(stop, first + (room - 1) * _DAY)
            if stop >= first:
                rows += [(outlet, day) for day in days_between(first, stop)]
                through[outlet.key] = day_period(stop).end
        done.add(await self._judge(connection, job, rows))
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge changed days again, as far as they are judged already."""
        rows = await self._changed(connection, job, work)
        done, size = Advance(), max(1, job.batch_rows // _ROWS_PER_DAY)
        for start in range(0, len(rows), size):
            done.add(await self._judge(connection, job, rows[start : start + size]))
        return done

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark of each touched outlet goes back to its earliest changed day."""
        through: dict[str, datetime] = {}
        for outlet, day in await self._changed(connection, job, work):
            through.setdefault(outlet.key, day_start(day))
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)

    async def _changed(self, connection: Connection, job: Job, work: Worklist) -> list[Row]:
        outlets = select(await outlet_days.points(connection), local_day(job.valid_from_at))
        watermarks = await rule_state.watermarks(connection, job.rule_id)
        rows: list[Row] = []
        for outlet in outlets:
            last = outlet.last(next_day(outlet, watermarks) - _DAY)
            days = {
                local_day(numbered_hour(hour).start)
                for point in outlet.points
                for hour in work.hours.get(point.point_id, ())
            }
            since = work.registers.get(outlet.enterprise_id)
            if since is not None:
                days |= set(days_between(max(outlet.first, local_day(since)), last))
            rows += [(outlet, day) for day in sorted(days) if outlet.first <= day <= last]
        return rows

    async def _judge(self, connection: Connection, job: Job, rows: Sequence[Row]) -> Advance:
        """Each day by the variant that is valid on it; days of no variant lose what was found of them."""
        by_variant: dict[int, tuple[Rule, list[Row]]] = {}
        for outlet, day in rows:
            rule = job.variant_at(day_start(day))
            if rule is not None:
                by_variant.setdefault(id(rule), (rule, []))[1].append((outlet, day))
        judged: list[tuple[Rule, Judgement]] = []
        for rule, chosen in by_variant.values():
            fetched = await fetch(connection, rule, chosen)
            judged += [(rule, one) for window in windows_of(chosen, fetched) for one in judge(rule, window)]
        whole = [(outlet.key, day_start(day), day_period(day).end) for outlet, day in rows]
        ids = {str(outlet.subject.enterprise): outlet.enterprise_id for outlet, _ in rows}
        return await settle(connection, judged, ids, job.now, whole=whole, rule_id=job.rule_id)


def next_day(outlet: SignOutlet, watermarks: Mapping[str, datetime]) -> date:
    """First day of an outlet that is not judged yet."""
    mark = watermarks.get(outlet.key)
    return outlet.first if mark is None else max(outlet.first, local_day(mark))


def days_between(first: date, last: date) -> list[date]:
    """Days from the first to the last one, both included."""
    return [first + n * _DAY for n in range((last - first).days + 1)]


async def fetch(connection: Connection, rule: Rule, rows: Sequence[Row]) -> Fetched:
    """What a sign looks at on some outlet-days; every query is bounded by these days and a look back."""
    needs, params = NEEDS[rule.evaluator], rule.typed_params
    of_day = _spans(rows, None, 0, 1)
    fetched = Fetched(await outlet_days.hours(connection, of_day, flags=needs.flags))
    if needs.past:
        minutes = getattr(params, "min_valid_minutes")  # noqa: B009  every sign's parameters have it
        fetched.days = await outlet_days.days(connection, _spans(rows, needs.past, -HISTORY_DAYS, 0), minutes)
    if needs.flagged:
        past = _spans(rows, frozenset(POLLUTANTS), -HISTORY_DAYS, 0)
        fetched.flagged = await outlet_days.flagged_days(connection, past)
    if needs.twins and isinstance(params, DuplicateParams):
        fetched.twins = await outlet_days.twins(connection, of_day, params.days * DAY_HOURS)
    if needs.calibrations:
        fetched.calibrations = await outlet_days.calibrations(connection, _calibrated(rows, fetched.hours))
    if needs.limits:
        fetched.limits = await limits.limit_book(connection)
    if needs.marks:
        fetched.marks = await _marks(connection, rows)
    if needs.judged:
        fetched.judged = await outlet_days.judged_hours(connection, _subjects(rows, -_HOUR, _HOUR))
    if needs.shares and isinstance(params, ClippingParams):
        near_from = params.near_from_pct / 100
        spans = _near(rows, fetched.judged, near_from)
        fetched.shares = await outlet_days.limit_shares(connection, spans, near_from) if spans else ()
    if needs.quirks:
        fetched.quirks = await _quirks(connection, rows)
    return fetched


def _spans(rows: Sequence[Row], quantities: frozenset[str] | None, before: int, after: int) -> list[Window]:
    """(point, from, to) of every outlet-day, from some days before its start to some after; overlaps are one."""
    days: dict[int, list[date]] = {}
    for outlet, day in rows:
        for point in outlet.points_on(day):
            if quantities is None or point.quantity in quantities:
                days.setdefault(point.point_id, []).append(day)
    spans: list[Window] = []
    for point_id, chosen in days.items():
        begin, end = chosen[0] + before * _DAY, chosen[0] + after * _DAY
        for day in sorted(chosen):
            if day + before * _DAY > end:
                spans.append((point_id, day_start(begin), day_start(end)))
                begin = day + before * _DAY
            end = max(end, day + after * _DAY)
        spans.append((point_id, day_start(begin), day_start(end)))
    return spans


def _subjects(rows: Sequence[Row], before: timedelta, after: timedelta) -> list[tuple[str, datetime, datetime]]:
    """(pollutant subject, from, to) of every outlet-day, with something on either side."""
    return [
        (outlet.pollutant(quantity), day_start(day) + before, day_period(day).end + after)
        for outlet, day in rows
        for quantity in _pollutants(outlet, day)
    ]


def _pollutants(outlet: SignOutlet, day: date) -> list[str]:
    points = outlet.points_on(day)
    return sorted({p.quantity for p in points if p.statistic is None and p.quantity in POLLUTANTS})


def _near(rows: Sequence[Row], judged: Iterable[JudgedHour], near_from: float) -> list[tuple[str, datetime, datetime]]:
    """30 days up to and with each day on which a pollutant has an hour just below a limit; the others need no look."""
    near = {
        (one.subject, local_day(numbered_hour(one.hour).start))
        for one in judged
        if not one.over and one.value >= one.limit * near_from
    }
    latest: dict[str, tuple[date, date]] = {}
    for outlet, day in rows:
        for quantity in _pollutants(outlet, day):
            if (outlet.pollutant(quantity), day) in near:
                low, high = latest.get(outlet.pollutant(quantity), (day, day))
                latest[outlet.pollutant(quantity)] = (min(low, day), max(high, day))
    return [
        (subject, day_start(low - (HISTORY_DAYS - 1) * _DAY), day_period(high).end)
        for subject, (low, high) in latest.items()
    ]


def _calibrated(rows: Sequence[Row], hours: HourRows) -> list[Window]:
    """The look back of points that were calibrated on the day, by flag or perhaps by a mark."""
    found = (hours.calibrating > 0) | (hours.marked_minutes > 0)
    touched = set(zip(hours.point_id[found].tolist(), hours.hour[found].tolist(), strict=True))
    days: dict[int, set[date]] = {}
    for point_id, hour in touched:
        days.setdefault(point_id, set()).add(local_day(numbered_hour(hour).start))
    chosen: dict[int, list[date]] = {}
    for outlet, day in rows:
        for point in outlet.points_on(day):
            if point.quantity in POLLUTANTS and day in days.get(point.point_id, ()):
                chosen.setdefault(point.point_id, []).append(day)
    return [
        (point_id, day_start(min(found_days) - HISTORY_DAYS * _DAY), day_period(max(found_days)).end)
        for point_id, found_days in chosen.items()
    ]


async def _marks(connection: Connection, rows: Sequence[Row]) -> Mapping[int, Sequence[Mark]]:
    first, last = min(day for _, day in rows), max(day for _, day in rows)
    outlet_ids = sorted({outlet.outlet_id for outlet, _ in rows})
    found: dict[int, list[Mark]] = {}
    for mark in await marks.effective_marks(connection, outlet_ids, day_start(first), day_period(last).end):
        found.setdefault(mark.outlet_id, []).append(mark)
    return found


async def _quirks(
    connection: Connection, rows: Sequence[Row]
) -> Mapping[int, Mapping[str, Mapping[date, Mapping[str, int]]]]:
    first, last = min(day for _, day in rows), max(day for _, day in rows)
    outlet_ids = sorted({outlet.outlet_id for outlet, _ in rows})
    found: dict[int, dict[str, dict[date, dict[str, int]]]] = {}
    for outlet_id, station, day, quirk, frames in await outlet_days.quirks(
        connection, outlet_ids, first, last, QN_QUIRKS
    ):
        by_day = found.setdefault(outlet_id, {}).setdefault(station, {})
        if day is not None and quirk is not None:
            by_day.setdefault(day, {})[quirk] = frames
    return found


async def _dirty_days(connection: Connection, outlets: Sequence[SignOutlet], before: datetime) -> dict[int, set[date]]:
    """Days with an hour that the roll-up has yet to look at, by outlet."""
    owner = {point.point_id: outlet.outlet_id for outlet in outlets for point in outlet.points}
    found: dict[int, set[date]] = {}
    for point_id, hour_at in await windows.dirty_hours(connection, sorted(owner), before):
        found.setdefault(owner[point_id], set()).add(local_day(hour_at))
    return found
