"""Family of hourly limits: every closed hour of every selected outlet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import numpy as np

from domain.air import HourColumns
from domain.periods import hour_number, hour_of, numbered_hour
from rules.evaluators.contract import Judgement
from rules.evaluators.hourly_limit import HourlyWindow
from rules.family import Advance, Job, Worklist, judge
from rules.outlets import Outlet, ServiceSpan, enterprise_ids, select
from rules.pack import Rule
from rules.recording import settle
from storage import rule_state, windows
from storage.database import Connection

#: One hour to judge: an outlet and the number of an hour.
Row = tuple[Outlet, int]

#: An hourly row: point_id, hour number, mean, valid_minutes, reading_count.
HourlyRow = tuple[int, int, float | None, int, int]


class Hours:
    """See `rules.family.Family`. The watermark of an outlet is the first hour that is not judged."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return hour_of(job.closed_at).start

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge closed hours, each outlet up to its first hour that the roll-up has yet to look at."""
        outlets = select(await windows.outlet_points(connection), job)
        marks = await rule_state.watermarks(connection, job.rule_id)
        closed = hour_number(job.closed_at)
        dirty = await dirty_by_point(connection, outlets, job.closed_at)
        done = Advance(subjects=len(outlets))
        rows: list[Row] = []
        through: dict[str, datetime] = {}
        for outlet in outlets:
            first, stop = judged_until(outlet, marks), outlet.stop(closed)
            settled = min((hour for p in outlet.point_ids for hour in dirty.get(p, ()) if hour >= first), default=stop)
            done.deferred |= first <= settled < stop
            stop = min(stop, settled)
            room = job.batch_rows - len(rows)
            done.more |= stop - first > room
            stop = min(stop, first + room)
            if stop > first:
                rows += [(outlet, hour) for hour in range(first, stop)]
                through[outlet.key] = numbered_hour(stop).start
        if rows:
            done.add(await self._judge(connection, job, outlets, rows))
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge changed hours again, as far as they are judged already."""
        outlets = select(await windows.outlet_points(connection), job)
        marks = await rule_state.watermarks(connection, job.rule_id)
        rows = [(outlet, hour) for outlet in outlets for hour in changed_hours(outlet, marks, work)]
        done = Advance()
        for start in range(0, len(rows), job.batch_rows):
            done.add(await self._judge(connection, job, outlets, rows[start : start + job.batch_rows]))
        return done

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark of each touched outlet goes back to its earliest changed hour."""
        outlets = select(await windows.outlet_points(connection), job)
        marks = await rule_state.watermarks(connection, job.rule_id)
        changed = {outlet.key: changed_hours(outlet, marks, work) for outlet in outlets}
        through = {key: numbered_hour(hours[0]).start for key, hours in changed.items() if hours}
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)

    async def _judge(self, connection: Connection, job: Job, outlets: Sequence[Outlet], rows: list[Row]) -> Advance:
        fetched = await windows.means(connection, _spans(rows))
        return await settle(
            connection, judge_rows(job, rows, fetched), enterprise_ids(outlets), job.now, rule_id=job.rule_id
        )


def judged_until(outlet: Outlet, marks: dict[str, datetime]) -> int:
    """Number of the first hour of an outlet that is not judged yet."""
    mark = marks.get(outlet.key)
    return outlet.first if mark is None else max(outlet.first, hour_number(mark))


def changed_hours(outlet: Outlet, marks: dict[str, datetime], work: Worklist) -> list[int]:
    """Hours of an outlet that are judged already and may have changed, in order."""
    until = outlet.stop(judged_until(outlet, marks))
    hours = {hour for point in outlet.point_ids for hour in work.hours.get(point, ()) if outlet.first <= hour < until}
    since = work.registers.get(outlet.enterprise_id)
    if since is not None:
        hours |= set(range(max(outlet.first, hour_number(since)), until))
    return sorted(hours)


async def dirty_by_point(connection: Connection, outlets: Sequence[Outlet], before: datetime) -> dict[int, list[int]]:
    """Hours that the roll-up has yet to look at, by point."""
    points = sorted({point for outlet in outlets for point in outlet.point_ids})
    found: dict[int, list[int]] = {}
    for point_id, hour_at in await windows.dirty_hours(connection, points, before):
        found.setdefault(point_id, []).append(hour_number(hour_at))
    return found


def judge_rows(job: Job, rows: Sequence[Row], fetched: Iterable[HourlyRow]) -> list[tuple[Rule, Judgement]]:
    """Judgements on hours, each by the variant that is valid in it; hours of no variant get none. Pure."""
    by_variant: dict[int, tuple[Rule, list[Row]]] = {}
    variants: dict[int, Rule | None] = {}
    for outlet, hour in rows:
        if hour not in variants:
            variants[hour] = job.variant_at(numbered_hour(hour).start)
        rule = variants[hour]
        if rule is not None:
            by_variant.setdefault(id(rule), (rule, []))[1].append((outlet, hour))
    hourly = {(point_id, hour): row for point_id, hour, *row in fetched}
    return [
        (rule, judgement)
        for rule, chosen in by_variant.values()
        for judgement in judge(rule, window_of(chosen, hourly))
    ]


def window_of(rows: Sequence[Row], hourly: dict[tuple[int, int], list[float | int | None]]) -> HourlyWindow:
    """The evaluator's window. Of several points of a quantity the one in service with most valid minutes counts."""
    pollutant = [_best(outlet.points, hour, hourly) for outlet, hour in rows]
    oxygen = [_best(outlet.o2_points, hour, hourly) for outlet, hour in rows]
    return HourlyWindow(
        [outlet.subject for outlet, _ in rows],
        [numbered_hour(hour) for _, hour in rows],
        HourColumns(
            np.array([one[1] for one in pollutant], np.float64),
            np.array([one[2] for one in pollutant], np.int64),
            np.array([one[3] for one in pollutant], np.int64),
            np.array([one[1] for one in oxygen], np.float64),
            np.array([one[2] for one in oxygen], np.int64),
            np.array([one[3] for one in oxygen], np.int64),
        ),
        [one[0] for one in pollutant],
        [one[0] for one in oxygen],
    )


def _best(
    spans: Sequence[ServiceSpan], hour: int, hourly: dict[tuple[int, int], list[float | int | None]]
) -> tuple[str | None, float, int, int]:
    """Point code, mean, valid minutes and readings of the point that speaks for an hour."""
    best: tuple[str | None, float, int, int] = (None, np.nan, 0, 0)
    for span in spans:
        if not span.covers(hour):
            continue
        mean, valid_minutes, readings = hourly.get((span.point_id, hour), (None, 0, 0))
        known = np.nan if mean is None else float(mean)
        found = (span.code, known, int(valid_minutes or 0), int(readings or 0))
        if best[0] is None or found[2:] > best[2:]:
            best = found
    return best


def _spans(rows: Sequence[Row]) -> list[tuple[int, datetime, datetime]]:
    """(point, from, to) windows that cover the hours: runs of consecutive hours of an outlet become one window."""
    spans: list[tuple[int, datetime, datetime]] = []
    run: list[Row] = []
    for row in [*rows, None]:
        if run and (row is None or row[0] is not run[-1][0] or row[1] != run[-1][1] + 1):
            first, last = numbered_hour(run[0][1]), numbered_hour(run[-1][1])
            spans += [(point, first.start, last.end) for point in dict.fromkeys(run[0][0].point_ids)]
            run = []
        if row is not None:
            run.append(row)
    return spans
