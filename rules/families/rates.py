"""Family of emission rates: every closed hour of a pollutant that has a limit in kg/h."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain.air import POLLUTANTS
from domain.exclusion import KINDS, NOT_EXCLUDED
from domain.flue import Problem
from domain.limits import Averaging, Limit, LimitBook, LimitKind
from domain.marks import STOPPED
from domain.periods import hour_number, hour_of, local_day, numbered_hour
from rules.evaluators.contract import Judgement, known
from rules.evaluators.hourly_rate import HourlyRateParams, RateHour, RateWindow
from rules.families.calendar import Entry, changed_hours, entry_of, unsettled
from rules.families.capture import Span, look, stacks
from rules.families.contract import Advance, Job, Worklist, judge
from rules.families.emissions import Emission, emission
from rules.families.operating import exclusions, marked_minutes, marks_used, with_signal
from rules.families.recording import settle
from rules.families.stacks import GAS, RUNNING
from rules.pack import Rule
from storage import rule_state
from storage.database import Connection
from storage.limits import limit_book

#: Hours [first, stop) of a subject to judge.
Stretch = tuple[Entry, int, int]
_LIMIT = (LimitKind.LEGAL, Averaging.HOUR)


class Rates:
    """See `contract.Family`. The watermark of a subject is the first hour that is not judged."""

    def latest(self, job: Job) -> datetime:
        """See `Family.latest`."""
        return hour_of(job.closed_at).start

    async def advance(self, connection: Connection, job: Job) -> Advance:
        """Judge closed hours, each subject up to its first hour that the roll-up has yet to look at."""
        book = await limit_book(connection)
        entries = await _entries(connection, job, book)
        marks = await rule_state.watermarks(connection, job.rule_id)
        dirty = await unsettled(connection, entries, job.closed_at)
        done = Advance(subjects=len(entries))
        stretches: list[Stretch] = []
        room = job.batch_rows
        for entry in entries:
            mark = marks.get(entry.key)
            first = entry.first if mark is None else max(entry.first, hour_number(mark))
            stop = entry.stop(hour_number(job.closed_at))
            settled = min((hour for p in entry.point_ids for hour in dirty.get(p, ()) if hour >= first), default=stop)
            done.deferred |= first <= settled < stop
            stop = min(stop, settled)
            done.more |= stop - first > room
            stop = min(stop, first + room)
            if stop > first:
                stretches.append((entry, first, stop))
                room -= stop - first
        if stretches:
            done.add(await _judge(connection, job, book, stretches))
            through = {entry.key: numbered_hour(stop).start for entry, _, stop in stretches}
            await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)
        return done

    async def revise(self, connection: Connection, job: Job, work: Worklist) -> Advance:
        """Judge changed hours again, as far as they are judged already."""
        book = await limit_book(connection)
        done = Advance()
        for stretch in await _changed(connection, job, book, work):
            done.add(await _judge(connection, job, book, [stretch]))
        return done

    async def rewind(self, connection: Connection, job: Job, work: Worklist) -> None:
        """The watermark of each touched subject goes back to its earliest changed hour."""
        through: dict[str, datetime] = {}
        for entry, first, _ in await _changed(connection, job, await limit_book(connection), work):
            through.setdefault(entry.key, numbered_hour(first).start)
        await rule_state.save_watermarks(connection, job.rule_id, job.rule.version, through)


async def _entries(connection: Connection, job: Job, book: LimitBook) -> list[Entry]:
    found = []
    for stack in await stacks(connection, job, (*POLLUTANTS, *GAS)):
        for quantity in book.quantities(stack.key, stack.process, *_LIMIT, rate=True):
            entry = entry_of(stack, stack.subject(quantity), [quantity, *GAS], [quantity])
            if entry is not None:
                found.append(entry)
    return found


async def _changed(connection: Connection, job: Job, book: LimitBook, work: Worklist) -> list[Stretch]:
    """Runs of hours that are judged already and may have changed, by subject and in order."""
    marks = await rule_state.watermarks(connection, job.rule_id)
    stretches: list[Stretch] = []
    for entry in await _entries(connection, job, book):
        until = marks.get(entry.key)
        for hour in sorted(changed_hours(entry, until, work, step=1)) if until is not None else ():
            last = stretches[-1] if stretches else None
            if last is not None and last[0] is entry and last[2] == hour and hour - last[1] < job.batch_rows:
                stretches[-1] = (entry, last[1], hour + 1)
            else:
                stretches.append((entry, hour, hour + 1))
    return stretches


async def _judge(connection: Connection, job: Job, book: LimitBook, stretches: Sequence[Stretch]) -> Advance:
    judged: list[tuple[Rule, Judgement]] = []
    for entry, first, stop in stretches:
        judged += judge_rates(job, entry, book, await look(connection, [entry], first, stop))
    ids = {entry.stack.enterprise: entry.stack.enterprise_id for entry, _, _ in stretches}
    whole = [(entry.key, numbered_hour(first).start, numbered_hour(stop).start) for entry, first, stop in stretches]
    return await settle(connection, judged, ids, job.now, whole=whole, rule_id=job.rule_id)


def judge_rates(job: Job, entry: Entry, book: LimitBook, span: Span) -> list[tuple[Rule, Judgement]]:
    """Judgements on the hours of a span that have a limit in kg/h. Pure."""
    first, stop = span.grid.first, span.grid.stop
    stack, (quantity, *_) = entry.stack, entry.quantities
    limits = []
    for number in range(first, stop):
        day = local_day(numbered_hour(number).start)
        limits.append(book.on(stack.key, stack.process, quantity, *_LIMIT, day, rate=True))
    minutes = marked_minutes(span.marks.get(stack.outlet_id, ()), first, stop)
    covered = with_signal(minutes, span.grid.of(stack, RUNNING))
    exempt = [() if limit is None else limit.exempt_process for limit in limits]
    out: list[tuple[Rule, Judgement]] = []
    of_rule: dict[int, tuple[Emission, Any]] = {}
    for row, limit in enumerate(limits):
        hour = numbered_hour(first + row)
        rule = job.variant_at(hour.start)
        if rule is None or limit is None:
            continue
        if rule.version not in of_rule:
            enough = _params(rule).min_valid_minutes
            off = exclusions(minutes, span.grid.of(stack, RUNNING), exempt, enough)
            of_rule[rule.version] = (emission(stack, quantity, span, enough), off)
        found, off = of_rule[rule.version]
        process = {kind: float(covered[row, n]) for n, kind in enumerate(KINDS) if covered[row, n]}
        window = RateWindow(
            [entry.subject],
            [hour],
            [_hour(entry, span, found, row, limit, None if off[row] == NOT_EXCLUDED else KINDS[off[row]], process)],
        )
        out += [(rule, one) for one in judge(rule, window)]
    return out


def _hour(
    entry: Entry, span: Span, found: Emission, row: int, limit: Limit, excluded: str | None, process: dict[str, float]
) -> RateHour:
    stack, number = entry.stack, span.grid.first + row
    codes = {one.code for quantity in entry.quantities for one in stack.instruments.get(quantity, ())}
    kinds = {STOPPED, *limit.exempt_process}
    by_velocity = bool(found.flow.from_velocity[row])
    return RateHour(
        float(found.kg[row]),
        Problem(int(found.problem[row])).word,
        excluded,
        limit.limit_id,
        limit.value,
        limit.decimals,
        {
            "pollutant": {
                "point": stack.code_of(int(found.pollutant.point_id[row])),
                "mean": known(found.pollutant.mean[row]),
                "valid_minutes": int(found.pollutant.valid_minutes[row]),
                "readings": int(found.pollutant.readings[row]),
                "dry_standard_mg_m3": known(found.dry_mg_m3[row]),
            },
            "flow": {
                "quantity": "flue_velocity" if by_velocity else "flue_flow",
                "dry_standard_m3_h": known(found.flow.m3_h[row]),
                "duct_area_m2": stack.duct_area_m2,
                "velocity_factor": stack.velocity_factor,
            },
            "gas": {
                "temperature_c": known(found.gas.temperature_c[row]),
                "static_kpa": known(found.gas.static_kpa[row]),
                "humidity_pct": known(found.gas.humidity_pct[row]),
                "atmosphere_kpa": stack.atmosphere_kpa,
            },
        },
        process,
        marks_used(span.marks.get(stack.outlet_id, ()), codes, number, number + 1, kinds=kinds),
    )


def _params(rule: Rule) -> HourlyRateParams:
    params = rule.typed_params
    if not isinstance(params, HourlyRateParams):
        raise TypeError(f"rule {rule.id} has parameters of another evaluator")
    return params
