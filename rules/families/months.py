"""Family of monthly shares: every closed local month of every pollutant, once its hours are judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.limits import Averaging
from domain.periods import Period, hour_number, month_of, numbered_hour
from rules.evaluators.contract import Judgement
from rules.evaluators.monthly_share import HourCounts, MonthlyShareParams, MonthWindow
from rules.families.contract import Advance, Job, Worklist, judge
from rules.families.hours import changed_spans, dirty_by_point, fetch_channels, forget, judged_until
from rules.families.outlets import Channel, enterprise_ids
from rules.families.recording import settle
from rules.pack import Rule
from storage import findings, rule_state
from storage.database import Connection

#: One month to judge.
Row = tuple[Channel, Period]


class Months:
    """See `contract.Family`. The watermark of a pollutant is the start of the first month that is not judged."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return month_of(job.closed_at).start

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge closed months whose hours are all judged and settled."""
        channels = await fetch_channels(connection, job, Averaging.HOUR)
        through = await rule_state.watermarks(connection, job.rule_id)
        hours_through = await rule_state.watermarks(connection, hourly_rule(job))
        dirty = await dirty_by_point(connection, channels, job.closed_at)
        done = Advance(subjects=len(channels))
        rows: list[Row] = []
        moved: dict[str, datetime] = {}
        for channel in channels:
            hours_until = hours_through.get(channel.key)
            unsettled = {hour for point in channel.point_ids for hour in dirty.get(point, ())}
            month = _first_month(channel, through)
            while month is not None and month.end <= job.closed_at and len(rows) < job.batch_rows:
                last = channel.stop(hour_number(month.end))
                open_hours = hours_until is None or hour_number(hours_until) < last
                if open_hours or any(hour_number(month.start) <= hour < last for hour in unsettled):
                    done.deferred = True
                    break
                rows.append((channel, month))
                moved[channel.key] = month.end
                month = _in_service(channel, month_of(month.end))
        done.more = len(rows) >= job.batch_rows
        if rows:
            done.add(await self._judge(connection, job, rows))
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, moved)
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge months again of which an hour has changed. The hours themselves must be revised before."""
        channels = await fetch_channels(connection, job, Averaging.HOUR)
        through = await rule_state.watermarks(connection, job.rule_id)
        done = await forget(connection, job, channels, through, work, month_of)
        rows = [(channel, month) for channel in channels for month in _changed(channel, through, work)]
        if rows:
            done.add(await self._judge(connection, job, rows))
        return done

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark of each touched pollutant goes back to its earliest changed month."""
        channels = await fetch_channels(connection, job, Averaging.HOUR)
        through = await rule_state.watermarks(connection, job.rule_id)
        changed = {channel.key: _changed(channel, through, work) for channel in channels}
        back = {key: months[0].start for key, months in changed.items() if months}
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, back)

    async def _judge(self, connection: Connection, job: Job, rows: Sequence[Row]) -> Advance:
        spans = [(channel.key, month.start, month.end) for channel, month in rows]
        counted = await findings.verdict_counts(connection, hourly_rule(job), spans)
        judged, owners = judge_months(job, rows, counted), enterprise_ids([channel for channel, _ in rows])
        return await settle(connection, judged, owners, job.now, whole=spans, rule_id=job.rule_id)


def hourly_rule(job: Job) -> str:
    """Id of the rule whose verdicts are counted."""
    params = job.rule.typed_params
    if not isinstance(params, MonthlyShareParams):
        raise TypeError(f"rule {job.rule_id} has parameters of another evaluator")
    return params.of


def judge_months(
    job: Job, rows: Sequence[Row], counted: Sequence[tuple[int, str, str, int]]
) -> list[tuple[Rule, Judgement]]:
    """Judgements on months from (row, verdict, reason, count) of their hours. Pure.

    Every hour in service that has a limit has a verdict, so their number is that of the hours that the month asks for;
    a month without any has no judgement.
    """
    verdicts: dict[int, dict[str, int]] = {}
    undetermined: dict[int, dict[str, int]] = {}
    for row, verdict, reason, count in counted:
        by_verdict = verdicts.setdefault(row, {})
        by_verdict[verdict] = by_verdict.get(verdict, 0) + count
        if verdict == "undetermined":
            undetermined.setdefault(row, {})[reason] = count
    out = []
    for number, (channel, month) in enumerate(rows):
        of_row = verdicts.get(number)
        start = max(channel.first, channel.begins, hour_number(month.start))
        rule = job.variant_at(month.start) or job.variant_at(numbered_hour(start).start)
        if rule is None or of_row is None:
            continue
        counts = HourCounts(of_row.get("compliant", 0), of_row.get("violation", 0), undetermined.get(number, {}))
        out += [(rule, one) for one in judge(rule, MonthWindow([channel.subject], [month], [counts]))]
    return out


def _first_month(channel: Channel, through: dict[str, datetime]) -> Period | None:
    return _in_service(channel, month_of(numbered_hour(judged_until(channel, through)).start))


def _in_service(channel: Channel, month: Period) -> Period | None:
    first = max(channel.first, hour_number(month.start))
    return month if channel.stop(hour_number(month.end)) > first else None


def _changed(channel: Channel, through: dict[str, datetime], work: Worklist) -> list[Period]:
    """Months of a pollutant that are judged already and hold a changed hour, in order."""
    months: set[Period] = set()
    for span in changed_spans(channel, through, work):
        month = month_of(span.start_at)
        while month.start < span.stop_at:
            months.add(month)
            month = month_of(month.end)
    return sorted(months)
