"""Family of monthly shares: every closed local month of every outlet, once its hours are judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.periods import Period, hour_number, month_of, numbered_hour
from rules.evaluators.contract import Judgement
from rules.evaluators.monthly_share import HourCounts, MonthlyShareParams, MonthWindow
from rules.family import Advance, Job, Worklist, judge
from rules.hours import dirty_by_point
from rules.outlets import Outlet, enterprise_ids, select
from rules.pack import Rule
from rules.recording import settle
from storage import findings, rule_state, windows
from storage.database import Connection

#: One month to judge.
Row = tuple[Outlet, Period]


class Months:
    """See `rules.family.Family`. The watermark of an outlet is the start of the first month that is not judged."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return month_of(job.closed_at).start

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge closed months whose hours are all judged and settled."""
        outlets = select(await windows.outlet_points(connection), job)
        marks = await rule_state.watermarks(connection, job.rule_id)
        hour_marks = await rule_state.watermarks(connection, hourly_rule(job))
        dirty = await dirty_by_point(connection, outlets, job.closed_at)
        done = Advance(subjects=len(outlets))
        rows: list[Row] = []
        through: dict[str, datetime] = {}
        for outlet in outlets:
            hours_until = hour_marks.get(outlet.key)
            unsettled = {hour for point in outlet.point_ids for hour in dirty.get(point, ())}
            month = _first_month(outlet, marks)
            while month is not None and month.end <= job.closed_at and len(rows) < job.batch_rows:
                last = outlet.stop(hour_number(month.end))
                open_hours = hours_until is None or hour_number(hours_until) < last
                if open_hours or any(hour_number(month.start) <= hour < last for hour in unsettled):
                    done.deferred = True
                    break
                rows.append((outlet, month))
                through[outlet.key] = month.end
                month = _next_month(outlet, month)
        done.more = len(rows) >= job.batch_rows
        if rows:
            done.add(await self._judge(connection, job, outlets, rows))
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge months again of which an hour has changed. The hours themselves must be revised before."""
        outlets = select(await windows.outlet_points(connection), job)
        marks = await rule_state.watermarks(connection, job.rule_id)
        rows = [(outlet, month) for outlet in outlets for month in _changed(outlet, marks, work)]
        return await self._judge(connection, job, outlets, rows) if rows else Advance()

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark of each touched outlet goes back to its earliest changed month."""
        outlets = select(await windows.outlet_points(connection), job)
        marks = await rule_state.watermarks(connection, job.rule_id)
        changed = {outlet.key: _changed(outlet, marks, work) for outlet in outlets}
        through = {key: months[0].start for key, months in changed.items() if months}
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)

    async def _judge(self, connection: Connection, job: Job, outlets: Sequence[Outlet], rows: list[Row]) -> Advance:
        spans = [(outlet.key, month.start, month.end) for outlet, month in rows]
        counted = await findings.verdict_counts(connection, hourly_rule(job), spans)
        judged = judge_months(job, rows, counted)
        return await settle(connection, judged, enterprise_ids(outlets), job.now, rule_id=job.rule_id)


def hourly_rule(job: Job) -> str:
    """Id of the rule whose verdicts are counted."""
    params = job.rule.typed_params
    if not isinstance(params, MonthlyShareParams):
        raise TypeError(f"rule {job.rule_id} has parameters of another evaluator")
    return params.of


def judge_months(
    job: Job, rows: Sequence[Row], counted: Sequence[tuple[int, str, str, int]]
) -> list[tuple[Rule, Judgement]]:
    """Judgements on months from (row, verdict, reason, count) of their hours. Pure."""
    counts = [HourCounts(hours_in_service(outlet, month), 0, 0, {}) for outlet, month in rows]
    by_row: dict[int, dict[str, int]] = {}
    for row, verdict, reason, count in counted:
        by_verdict = by_row.setdefault(row, {})
        by_verdict[verdict] = by_verdict.get(verdict, 0) + count
        if verdict == "undetermined":
            counts[row].undetermined[reason] = count
    out = []
    for number, (outlet, month) in enumerate(rows):
        rule = job.variant_at(month.start) or job.variant_at(numbered_hour(_start(outlet, month)).start)
        if rule is None:
            continue
        of_row = by_row.get(number, {})
        known = HourCounts(
            counts[number].in_service,
            of_row.get("compliant", 0),
            of_row.get("violation", 0),
            counts[number].undetermined,
        )
        out += [(rule, judgement) for judgement in judge(rule, MonthWindow([outlet.subject], [month], [known]))]
    return out


def hours_in_service(outlet: Outlet, month: Period) -> int:
    """Hours of a month in which an outlet is judged."""
    return max(0, outlet.stop(hour_number(month.end)) - _start(outlet, month))


def _start(outlet: Outlet, month: Period) -> int:
    return max(outlet.first, hour_number(month.start))


def _first_month(outlet: Outlet, marks: dict[str, datetime]) -> Period | None:
    first = month_of(numbered_hour(outlet.first).start)
    mark = marks.get(outlet.key)
    month = first if mark is None else max(first, month_of(mark))
    return _in_service(outlet, month)


def _next_month(outlet: Outlet, month: Period) -> Period | None:
    return _in_service(outlet, month_of(month.end))


def _in_service(outlet: Outlet, month: Period) -> Period | None:
    return month if hours_in_service(outlet, month) > 0 else None


def _changed(outlet: Outlet, marks: dict[str, datetime], work: Worklist) -> list[Period]:
    """Months of an outlet that are judged already and hold a changed hour, in order."""
    mark = marks.get(outlet.key)
    if mark is None:
        return []
    until = min(hour_number(mark), outlet.stop(hour_number(mark)))
    hours = {hour for point in outlet.point_ids for hour in work.hours.get(point, ()) if outlet.first <= hour < until}
    months = {month_of(numbered_hour(hour).start) for hour in hours}
    since = work.registers.get(outlet.enterprise_id)
    if since is not None:
        month = month_of(max(since, numbered_hour(outlet.first).start))
        while hour_number(month.start) < until:
            months.add(month)
            month = month_of(month.end)
    return sorted(months)
