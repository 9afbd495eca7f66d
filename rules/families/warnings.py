"""Family of early warnings: pollutants judged minute by minute from readings, a finding only where a warning begins or
ends.

Minutes are read as they are stored: neither the roll-up nor the engine's grace is waited for, a warning that comes with
the hour's mean would be none. The open hour is judged again from its beginning in every step, so what comes late there
needs no work list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from domain.air import OXIDISER
from domain.findings import Verdict
from domain.limits import Averaging, Limit, mg_m3_factor, unit_ratio
from domain.marks import PROCESS_KINDS, STOPPED, Dimension
from domain.points import Basis
from domain.readings import Float64, Int64
from domain.warning import MINUTES_OF_HOUR
from rules.evaluators.contract import Judgement
from rules.evaluators.early_warning import NOT_EXCLUDED, EarlyWarningParams, EarlyWarningWindow
from rules.families.contract import Advance, Job, Worklist, judge
from rules.families.minutes import MinuteMeans, minute_means
from rules.families.outlets import Channel, ServiceSpan, channels_of, outlets_of
from rules.families.recording import settle
from rules.pack import Rule
from storage import findings, limits, rule_state, statements, windows
from storage.database import Connection
from storage.marks import StoredMark, effective_marks

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
#: Analysers that are read less often than this, in s, know nothing of minutes.
_SLOWEST_S = 60
#: Why no limit applies in a minute: a process mark's kind, or that there is none.
_KINDS = (*sorted(PROCESS_KINDS), "no_limit")
_NO_LIMIT = len(_KINDS) - 1
#: Subject-minutes in one transaction; bounds memory: an analyser may be read every second.
_MINUTES_AT_ONCE = 20_000
_DRY = (None, Basis.DRY_STANDARD)
#: A share of oxygen does not care for temperature and pressure.
_WET = (Basis.WET_STANDARD, Basis.WET_ACTUAL)
#: A running signal below this means that the source stands.
_RUNS_FROM = 0.5


@dataclass(frozen=True, slots=True)
class Watch:
    """A pollutant that is watched in minutes [first, end), in whole minutes since 1970; end None while in service."""

    channel: Channel
    points: Sequence[ServiceSpan]
    o2_points: Sequence[ServiceSpan]
    running_points: Sequence[ServiceSpan]
    first: int
    end: int | None

    @property
    def key(self) -> str:
        """The subject as the store writes it."""
        return self.channel.key

    @property
    def point_ids(self) -> list[int]:
        """Every point on which its warnings rest."""
        return [span.point_id for span in (*self.points, *self.o2_points, *self.running_points)]

    def stop(self, closed: int) -> int:
        """First minute that cannot be judged yet or at all, when minutes before `closed` are closed."""
        return closed if self.end is None else min(closed, self.end)


#: Minutes [first, stop) of a pollutant to judge; first begins an hour.
Stretch = tuple[Watch, int, int]


class Warnings:
    """See `contract.Family`. The watermark of a pollutant is the first minute that is not judged."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return _at(_closed(job))

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge closed minutes, each pollutant from the beginning of the hour in which its watermark lies."""
        params = _params(job)
        marks = await rule_state.watermarks(connection, job.rule_id)
        watches = await self._select(connection, job, marks)
        closed, room = _closed(job), max(2 * MINUTES_OF_HOUR, _MINUTES_AT_ONCE)
        done = Advance(subjects=len(watches))
        stretches: list[Stretch] = []
        for watch in watches:
            begin, stop = _begin(watch, marks, closed, params), watch.stop(closed)
            if stop <= begin:
                continue
            first = max(watch.first, _hour_start(begin))
            if room < 2 * MINUTES_OF_HOUR:  # the open hour again and a new one: less would not get on
                done.more = True
                break
            done.more |= stop - first > room
            stop = min(stop, first + room)
            room -= stop - first
            stretches.append((watch, first, stop))
        if stretches:
            done.add(await self._judge(connection, job, stretches))
            through = {watch.key: _at(stop) for watch, _, stop in stretches}
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge again from the earliest changed hour to the watermark, as far as that is no history yet."""
        stretches = await self._changed(connection, job, work)
        return await self._judge(connection, job, stretches) if stretches else Advance()

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark of each touched pollutant goes back to its earliest changed hour."""
        through = {watch.key: _at(first) for watch, first, _ in await self._changed(connection, job, work)}
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)

    async def _select(self, connection: Connection, job: Job, marks: Mapping[str, datetime]) -> list[Watch]:
        """Pollutants with a limit, and those that were watched and have lost it: a warning of theirs must end."""
        rows = await windows.outlet_points(connection)
        book = await limits.limit_book(connection)
        channels = channels_of(rows, book, job, Averaging.HOUR)
        known = {channel.key for channel in channels}
        for outlet in outlets_of(rows):
            for quantity in outlet.points:
                bare = Channel(outlet, quantity, 0, [])
                if bare.key in marks and bare.key not in known:
                    channels.append(bare)
        fast = set(await statements.points_read_every(connection, _SLOWEST_S))
        return [watch for channel in channels if (watch := watch_of(channel, fast)) is not None]

    async def _changed(self, connection: Connection, job: Job, work: Worklist) -> list[Stretch]:
        params = _params(job)
        marks = await rule_state.watermarks(connection, job.rule_id)
        stretches = []
        for watch in await self._select(connection, job, marks):
            mark = marks.get(watch.key)
            if mark is None:
                continue
            until = watch.stop(_number(mark))
            hours = [hour for point in watch.point_ids for hour in work.hours.get(point, ())]
            oldest = max(watch.first, _next_hour(until - MINUTES_OF_HOUR * params.revise_h))
            since = work.registers.get(watch.channel.enterprise_id)
            touched = [hour * MINUTES_OF_HOUR for hour in hours if (hour + 1) * MINUTES_OF_HOUR > oldest]
            if since is not None:
                touched.append(max(oldest, _hour_start(_number(since))))
            if touched and (first := max(oldest, min(touched))) < until:
                stretches.append((watch, first, until))
        return stretches

    async def _judge(self, connection: Connection, job: Job, stretches: Sequence[Stretch]) -> Advance:
        back = _back(job)
        spans: dict[int, tuple[int, int]] = {}
        for watch, first, stop in stretches:
            for point in watch.point_ids:
                low, high = spans.get(point, (first - back, stop))
                spans[point] = (min(low, first - back), max(high, stop))
        outlet_ids = sorted({watch.channel.outlet.outlet_id for watch, _, _ in stretches})
        from_at = _at(min(first - back for _, first, _ in stretches))
        said = await effective_marks(
            connection, outlet_ids, from_at, _at(max(stop for _, _, stop in stretches)), dimension=Dimension.PROCESS
        )
        means = await minute_means(connection, spans)
        begins = [(watch.key, _at(first)) for watch, first, _ in stretches]
        last = await findings.last_before(connection, job.rule_id, begins)
        warned = {subject for subject, (verdict, _) in last.items() if verdict == Verdict.VIOLATION}
        judged = judge_stretches(job, stretches, means, said, warned)
        whole = [(watch.key, _at(first), _at(stop)) for watch, first, stop in stretches]
        ids = {watch.channel.outlet.enterprise: watch.channel.enterprise_id for watch, _, _ in stretches}
        done = await settle(connection, judged, ids, job.now, whole=whole, rule_id=job.rule_id)
        done.judged = sum(stop - first for _, first, stop in stretches)
        return done


def judge_stretches(
    job: Job,
    stretches: Sequence[Stretch],
    means: MinuteMeans,
    marks: Sequence[StoredMark],
    warned: Iterable[str],
) -> list[tuple[Rule, Judgement]]:
    """Beginnings and ends of warnings within stretches. warned: subjects that are warned of before theirs. Pure."""
    out: list[tuple[Rule, Judgement]] = []
    before = set(warned)
    for watch, first, stop in stretches:
        is_warned = watch.key in before
        for rule, low, high in _by_variant(job, first, stop):
            window = window_of(watch, low, high, is_warned, means, marks, _back(job))
            found = judge(rule, window)
            out += [(rule, judgement) for judgement in found]
            if found:
                is_warned = found[-1].verdict is Verdict.VIOLATION
    return out


def window_of(
    watch: Watch,
    first: int,
    stop: int,
    warned: bool,
    means: MinuteMeans,
    marks: Sequence[StoredMark],
    back: int,
) -> EarlyWarningWindow:
    """The evaluator's window of minutes [first, stop) and `back` minutes ahead of them."""
    start, size = first - back, stop - first + back
    channel = watch.channel
    mean, point = _chosen(watch.points, start, size, means)
    o2, o2_point = _chosen(watch.o2_points, start, size, means)
    running, _ = _chosen(watch.running_points, start, size, means)
    no_reference = channel.outlet.process == OXIDISER and channel.outlet.makeup_air is False
    limit, ratio, reference, mg_m3 = (np.full(size, np.nan) for _ in range(4))
    decimals, limit_id, unit = (np.zeros(size, np.int64) for _ in range(3))
    units: list[str] = [""]
    excluded = np.full(size, NOT_EXCLUDED, np.int64)
    for low, high, held in _limits(channel, start, size):
        if held is None:
            excluded[low:high] = _NO_LIMIT
            continue
        limit[low:high], mg_m3[low:high] = held.value, mg_m3_factor(held.unit) or np.nan
        units.append(held.unit)
        unit[low:high] = len(units) - 1
        for position, span in enumerate(watch.points):
            ratio[low:high][point[low:high] == position] = _ratio(span, held)
        decimals[low:high] = held.decimals
        limit_id[low:high] = held.limit_id
        if held.reference_o2_pct is not None and not no_reference:
            reference[low:high] = held.reference_o2_pct
        stands = np.flatnonzero(running[low:high] < _RUNS_FROM) + low
        excluded[stands] = _KINDS.index(STOPPED)
        _exclude(excluded, start, low, high, held, channel, marks)
    return EarlyWarningWindow(
        channel.subject,
        start,
        back,
        warned,
        mean,
        ratio,
        o2,
        limit,
        mg_m3,
        decimals,
        reference,
        limit_id,
        unit,
        units,
        excluded,
        _KINDS,
        point,
        [span.code for span in watch.points],
        o2_point,
        [span.code for span in watch.o2_points],
    )


def _chosen(points: Sequence[ServiceSpan], start: int, size: int, means: MinuteMeans) -> tuple[Float64, Int64]:
    """Mean of each minute, and the position in `points` of the one that it is of, -1 for none.

    Of several points in service the first with a valid minute: which one speaks must not depend on minutes to come.
    """
    mean, chosen = np.full(size, np.nan), np.full(size, -1, np.int64)
    hour = (start + np.arange(size)) // MINUTES_OF_HOUR
    for position, span in enumerate(points):
        in_service = (hour >= span.first) & (hour < (np.iinfo(np.int64).max if span.end is None else span.end))
        found = means.of(span.point_id, start, size)
        rows = np.flatnonzero(in_service & np.isfinite(found) & (chosen < 0))
        mean[rows], chosen[rows] = found[rows], position
    return mean, chosen


def _ratio(span: ServiceSpan, held: Limit) -> float:
    """What turns a point's unit into a limit's, NaN where a figure cannot be compared: limits are for dry gas in
    standard state."""
    ratio = unit_ratio(span.unit, held.unit) if span.basis in _DRY else None
    return np.nan if ratio is None else ratio


def _limits(channel: Channel, start: int, size: int) -> Iterable[tuple[int, int, Limit | None]]:
    """(from, to, limit) of rows of minutes in which one limit holds."""
    low = 0
    while low < size:
        hour = (start + low) // MINUTES_OF_HOUR
        held = channel.limit_at(hour)
        high = low
        while high < size and channel.limit_at((start + high) // MINUTES_OF_HOUR) is held:
            high = min(size, ((start + high) // MINUTES_OF_HOUR + 1) * MINUTES_OF_HOUR - start)
        yield low, high, held
        low = high


def _exclude(
    excluded: Int64,
    start: int,
    low: int,
    high: int,
    held: Limit,
    channel: Channel,
    marks: Sequence[StoredMark],
) -> None:
    """Note the minutes in rows [low, high) that an effective process mark takes from the limit."""
    for mark in marks:
        if mark.outlet_id != channel.outlet.outlet_id:
            continue
        if mark.kind != STOPPED and mark.kind not in held.exempt_process:
            continue
        begin, end = _number(mark.start) - start, -(-(mark.end - _EPOCH) // _MINUTE) - start
        excluded[max(low, begin) : max(low, min(high, end))] = _KINDS.index(mark.kind)


def watch_of(channel: Channel, fast: set[int]) -> Watch | None:
    """A channel as it is watched, None where nothing measures it by the minute."""

    def quick(spans: Sequence[ServiceSpan]) -> list[ServiceSpan]:
        return sorted((span for span in spans if span.point_id in fast), key=lambda span: span.point_id)

    points = quick(channel.points)
    if not points:
        return None
    first, end = channel.first * MINUTES_OF_HOUR, channel.end
    return Watch(
        channel,
        points,
        [span for span in quick(channel.o2_points) if span.basis not in _WET],
        quick(channel.running_points),
        first,
        None if end is None else end * MINUTES_OF_HOUR,
    )


def _by_variant(job: Job, first: int, stop: int) -> Iterable[tuple[Rule, int, int]]:
    """(rule, from, to) of minutes that one variant judges; minutes of none are left out."""
    low = first
    while low < stop:
        rule = job.variant_at(_at(low))
        high = low
        while high < stop and job.variant_at(_at(high)) is rule:
            high = min(stop, _hour_start(high) + MINUTES_OF_HOUR)
        if rule is not None:
            yield rule, low, high
        low = high


def _begin(watch: Watch, marks: Mapping[str, datetime], closed: int, params: EarlyWarningParams) -> int:
    """The first minute that is to be judged: what lies further back than the rule looks is history."""
    mark = marks.get(watch.key)
    if mark is None:
        oldest = closed - MINUTES_OF_HOUR * params.lookback_h
        return max(watch.first, _next_hour(oldest))
    return max(watch.first, _number(mark), _hour_start(closed - MINUTES_OF_HOUR * params.revise_h))


def _params(job: Job) -> EarlyWarningParams:
    """Of the newest variant: for what is asked of a rule and not of a minute."""
    params = job.rules[-1].typed_params
    if not isinstance(params, EarlyWarningParams):
        raise TypeError(f"rule {job.rule_id} has no parameters of an early warning")
    return params


def _back(job: Job) -> int:
    """Minutes ahead of a stretch that its signs look back on."""
    lengths = [r.typed_params.window_min for r in job.rules if isinstance(r.typed_params, EarlyWarningParams)]
    return max(lengths) - 1


def _closed(job: Job) -> int:
    """Number of the first minute that is not closed."""
    return _number(job.now - timedelta(seconds=_params(job).grace_s))


def _number(at: datetime) -> int:
    return (at - _EPOCH) // _MINUTE


def _at(number: int) -> datetime:
    return _EPOCH + number * _MINUTE


def _hour_start(number: int) -> int:
    return number // MINUTES_OF_HOUR * MINUTES_OF_HOUR


def _next_hour(number: int) -> int:
    """The first hour that begins at a minute or later."""
    return -(-number // MINUTES_OF_HOUR) * MINUTES_OF_HOUR
