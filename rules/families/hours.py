"""Family of hourly limits: every closed hour of every pollutant that has a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from domain.limits import Averaging
from domain.periods import Period, hour_number, hour_of, numbered_hour
from rules.evaluators.contract import Judgement
from rules.families.contract import Advance, Job, Worklist, judge
from rules.families.hourwindows import Fetched, Row, Span, window_of
from rules.families.outlets import Channel, channels_of
from rules.families.recording import settle
from rules.pack import Rule
from storage import limits, marks, rule_state, windows
from storage.database import Connection


class Hours:
    """See `contract.Family`. The watermark of a pollutant is the first hour that is not judged."""

    def __init__(self, averaging: Averaging) -> None:
        self._averaging = averaging

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return hour_of(job.closed_at).start

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge closed hours, each pollutant up to its first hour that the roll-up has yet to look at."""
        channels = await fetch_channels(connection, job, self._averaging)
        through = await rule_state.watermarks(connection, job.rule_id)
        closed = hour_number(job.closed_at)
        dirty = await dirty_by_point(connection, channels, job.closed_at)
        done = Advance(subjects=len(channels))
        spans: list[Span] = []
        room = job.batch_rows
        for channel in channels:
            first, stop = judged_until(channel, through), channel.stop(closed)
            settled = min((hour for p in channel.point_ids for hour in dirty.get(p, ()) if hour >= first), default=stop)
            done.deferred |= first <= settled < stop
            stop = min(stop, settled)
            done.more |= stop - first > room
            stop = min(stop, first + room)
            if stop > first:
                spans.append(Span(channel, first, stop))
                room -= stop - first
        if spans:
            done.add(await self._judge(connection, job, spans))
            moved = {span.channel.key: span.stop_at for span in spans}
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, moved)
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge changed hours again, as far as they are judged already."""
        channels = await fetch_channels(connection, job, self._averaging)
        through = await rule_state.watermarks(connection, job.rule_id)
        done = await forget(connection, job, channels, through, work)
        spans = [span for channel in channels for span in changed_spans(channel, through, work)]
        for batch in batches(spans, job.batch_rows):
            done.add(await self._judge(connection, job, batch))
        return done

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark of each touched pollutant goes back to its earliest changed hour."""
        channels = await fetch_channels(connection, job, self._averaging)
        through = await rule_state.watermarks(connection, job.rule_id)
        changed = {channel.key: changed_spans(channel, through, work) for channel in channels}
        back = {key: spans[0].start_at for key, spans in changed.items() if spans}
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, back)

    async def _judge(self, connection: Connection, job: Job, spans: Sequence[Span]) -> Advance:
        """Judge all hours of some spans: findings of hours without a limit, of no variant or out of service go."""
        judged = judge_spans(job, spans, await fetch_hours(connection, spans))
        whole = [(span.channel.key, span.start_at, span.stop_at) for span in spans]
        return await settle(connection, judged, owners(spans), job.now, whole=whole, rule_id=job.rule_id)


async def fetch_channels(connection: Connection, job: Job, averaging: Averaging) -> list[Channel]:
    """The pollutants that a rule judges, by the register and the limits of now."""
    return channels_of(await windows.outlet_points(connection), await limits.limit_book(connection), job, averaging)


async def fetch_hours(connection: Connection, spans: Sequence[Span]) -> Fetched:
    """Hourly rows and process marks of some spans."""
    if not spans:
        return Fetched()
    wanted = [(point, span.start_at, span.stop_at) for span in spans for point in dict.fromkeys(span.channel.point_ids)]
    first, stop = min(span.first for span in spans), max(span.stop for span in spans)
    outlets = sorted({span.channel.outlet.outlet_id for span in spans})
    from_at, to_at = numbered_hour(first).start, numbered_hour(stop).start
    found = await marks.effective_marks(connection, outlets, from_at, to_at, dimension="process")
    return Fetched.of(await windows.means(connection, merged(wanted)), found, first, stop)


def merged(wanted: Iterable[tuple[int, datetime, datetime]]) -> list[tuple[int, datetime, datetime]]:
    """(point, from, to) windows that ask for nothing twice: pollutants of an outlet share their oxygen."""
    out: list[tuple[int, datetime, datetime]] = []
    for point, start, end in sorted(wanted):
        if out and out[-1][0] == point and start <= out[-1][2]:
            out[-1] = (point, out[-1][1], max(out[-1][2], end))
        else:
            out.append((point, start, end))
    return out


def owners(spans: Iterable[Span]) -> dict[str, int]:
    """enterprise_id by enterprise code."""
    return {span.channel.outlet.enterprise: span.channel.enterprise_id for span in spans}


def judged_until(channel: Channel, through: dict[str, datetime]) -> int:
    """Number of the first hour of a pollutant that is not judged yet."""
    mark = through.get(channel.key)
    return max(channel.first, channel.begins) if mark is None else hour_number(mark)


def changed_spans(channel: Channel, through: dict[str, datetime], work: Worklist) -> list[Span]:
    """Hours of a pollutant that are judged already and may have changed, in order, no hour twice."""
    mark = through.get(channel.key)
    if mark is None:
        return []
    until, since = hour_number(mark), work.registers.get(channel.enterprise_id)
    whole_from = until if since is None else min(until, hour_number(since))
    hours = sorted({hour for p in channel.point_ids for hour in work.hours.get(p, ()) if hour < whole_from})
    spans: list[Span] = []
    for hour in hours:
        if spans and spans[-1].stop == hour:
            spans[-1] = Span(channel, spans[-1].first, hour + 1)
        else:
            spans.append(Span(channel, hour, hour + 1))
    return spans if whole_from == until else [*spans, Span(channel, whole_from, until)]


def batches(spans: Sequence[Span], size: int) -> list[list[Span]]:
    """The spans in pieces of at most `size` hours."""
    out: list[list[Span]] = [[]]
    room = size
    for span in spans:
        first = span.first
        while first < span.stop:
            if room == 0:
                out.append([])
                room = size
            stop = min(span.stop, first + room)
            out[-1].append(Span(span.channel, first, stop))
            room -= stop - first
            first = stop
    return [batch for batch in out if batch]


async def forget(
    connection: Connection,
    job: Job,
    channels: Sequence[Channel],
    through: dict[str, datetime],
    work: Worklist,
    period_of: Callable[[datetime], Period] = hour_of,
) -> Advance:
    """Supersede what was found of pollutants that have no limit or no point any more, since the register changed."""
    if not work.registers:
        return Advance()
    gone = sorted(through.keys() - {channel.key for channel in channels})
    enterprises = await rule_state.enterprises_of(connection, gone)
    since = {subject: work.registers[enterprise] for subject, enterprise in enterprises if enterprise in work.registers}
    whole = [(subject, period_of(at).start, through[subject]) for subject, at in since.items() if at < through[subject]]
    return await settle(connection, [], {}, job.now, whole=whole, rule_id=job.rule_id) if whole else Advance()


async def dirty_by_point(connection: Connection, channels: Sequence[Channel], before: datetime) -> dict[int, list[int]]:
    """Hours that the roll-up has yet to look at, by point."""
    points = sorted({point for channel in channels for point in channel.point_ids})
    found: dict[int, list[int]] = {}
    for point_id, hour_at in await windows.dirty_hours(connection, points, before):
        found.setdefault(point_id, []).append(hour_number(hour_at))
    return found


def judge_spans(job: Job, spans: Sequence[Span], fetched: Fetched) -> list[tuple[Rule, Judgement]]:
    """Judgements on the hours of spans that have a limit, each by the variant that is valid in it. Pure."""
    by_variant: dict[int, tuple[Rule, list[Row]]] = {}
    variants: dict[int, Rule | None] = {}
    for span in spans:
        for row in span.rows():
            hour = row[1]
            if hour not in variants:
                variants[hour] = job.variant_at(numbered_hour(hour).start)
            rule = variants[hour]
            if rule is not None:
                by_variant.setdefault(id(rule), (rule, []))[1].append(row)
    return [
        (rule, judgement) for rule, rows in by_variant.values() for judgement in judge(rule, window_of(rows, fetched))
    ]
