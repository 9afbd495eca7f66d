"""Family of daily limits: every closed local day of every pollutant that has a daily limit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from domain.findings import Subject
from domain.limits import Averaging, Limit
from domain.periods import Period, day_of, hour_number, numbered_hour
from rules.evaluators.contract import Judgement
from rules.evaluators.daily_limit import DayWindow
from rules.families.contract import Advance, Job, Worklist, judge
from rules.families.hours import (
    changed_spans,
    dirty_by_point,
    fetch_channels,
    fetch_hours,
    forget,
    judged_until,
    owners,
)
from rules.families.hourwindows import Fetched, Row, Span, window_of
from rules.families.outlets import Channel
from rules.families.recording import settle
from rules.pack import Rule
from storage import rule_state
from storage.database import Connection

_HOURS = 24


class OutletDays:
    """See `contract.Family`. The watermark of a pollutant is the start of the first day that is not judged."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return day_of(job.closed_at).start

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge closed days, each pollutant up to its first day with an hour that the roll-up has yet to look at."""
        channels = await fetch_channels(connection, job, Averaging.DAY)
        through = await rule_state.watermarks(connection, job.rule_id)
        closed = hour_number(day_of(job.closed_at).start)
        dirty = await dirty_by_point(connection, channels, job.closed_at)
        done = Advance(subjects=len(channels))
        days: list[Span] = []
        moved: dict[str, datetime] = {}
        room = max(1, job.batch_rows // _HOURS)
        for channel in channels:
            unsettled = {hour for point in channel.point_ids for hour in dirty.get(point, ())}
            for day in _days(channel, judged_until(channel, through), channel.stop(closed)):
                if any(day.first <= hour < day.stop for hour in unsettled):
                    done.deferred = True
                    break
                if len(days) >= room:
                    done.more = True
                    break
                days.append(day)
                moved[channel.key] = day.stop_at
        if days:
            done.add(await self._judge(connection, job, days))
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, moved)
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge days again of which an hour has changed."""
        channels = await fetch_channels(connection, job, Averaging.DAY)
        through = await rule_state.watermarks(connection, job.rule_id)
        done = await forget(connection, job, channels, through, work, day_of)
        days = [day for channel in channels for day in _changed(channel, through, work)]
        size = max(1, job.batch_rows // _HOURS)
        for start in range(0, len(days), size):
            done.add(await self._judge(connection, job, days[start : start + size]))
        return done

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark of each touched pollutant goes back to its earliest changed day."""
        channels = await fetch_channels(connection, job, Averaging.DAY)
        through = await rule_state.watermarks(connection, job.rule_id)
        changed = {channel.key: _changed(channel, through, work) for channel in channels}
        back = {key: days[0].start_at for key, days in changed.items() if days}
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, back)

    async def _judge(self, connection: Connection, job: Job, days: Sequence[Span]) -> Advance:
        judged = judge_days_of(job, days, await fetch_hours(connection, days))
        whole = [(day.channel.key, day.start_at, day.stop_at) for day in days]
        return await settle(connection, judged, owners(days), job.now, whole=whole, rule_id=job.rule_id)


def judge_days_of(job: Job, days: Sequence[Span], fetched: Fetched) -> list[tuple[Rule, Judgement]]:
    """Judgements on local days in which a limit holds, each by the variant that is valid at its start. Pure."""
    by_variant: dict[int, tuple[Rule, list[tuple[Span, list[Row]]]]] = {}
    for day in days:
        rule, rows = job.variant_at(day.start_at), list(day.rows())
        if rule is not None and rows:
            by_variant.setdefault(id(rule), (rule, []))[1].append((day, rows))
    out = []
    for rule, chosen in by_variant.values():
        subjects: list[Subject] = [day.channel.subject for day, _ in chosen]
        periods = [Period(day.start_at, day.stop_at) for day, _ in chosen]
        limits: list[Limit] = [rows[0][2] for _, rows in chosen]
        hours = window_of([row for _, rows in chosen for row in rows], fetched)
        of_day = np.repeat(np.arange(len(chosen)), [len(rows) for _, rows in chosen])
        out += [(rule, one) for one in judge(rule, DayWindow(subjects, periods, limits, hours, of_day))]
    return out


def _days(channel: Channel, first: int, stop: int) -> list[Span]:
    """The local days that begin at or after the day of an hour and before another one."""
    days: list[Span] = []
    start = hour_number(day_of(numbered_hour(first).start).start)
    while start < stop:
        days.append(Span(channel, start, start + _HOURS))
        start += _HOURS
    return days


def _changed(channel: Channel, through: dict[str, datetime], work: Worklist) -> list[Span]:
    """Days of a pollutant that are judged already and hold a changed hour, in order, none twice."""
    firsts = {
        day.first for span in changed_spans(channel, through, work) for day in _days(channel, span.first, span.stop)
    }
    return [Span(channel, first, first + _HOURS) for first in sorted(firsts)]
