"""Family of data loggers' statements: each stated hour or day beside our own figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.findings import Subject, SubjectKind
from domain.limits import Averaging, Limit, LimitBook, LimitKind
from domain.periods import hour_number, local_day, numbered_hour
from domain.points import Statistic
from rules.evaluators.reported_value import CONVERTED, OF_DAY, OwnHour, Statement, StatementWindow
from rules.families.contract import Job, judge
from rules.families.outlets import OXYGEN, ServiceSpan, first_hour, outlets_of
from rules.families.periodic import DAYS, HOURS, Judged, Slots, Tracked, by_variant, spans
from storage import limits, statements, windows
from storage.database import Connection
from storage.statements import HourFigures, StatingPoint

#: Whose reference oxygen a statement is measured by: the law's where it has one.
_KINDS = (LimitKind.LEGAL, LimitKind.ULE)

#: Hourly rows by point and hour.
Figures = Mapping[tuple[int, int], HourFigures]


@dataclass(frozen=True, slots=True)
class Stating(Tracked):
    """A stating point. o2_points: what measures oxygen at its outlet, where the statement is at reference oxygen; book:
    for the reference, None where it is not."""

    row: StatingPoint
    o2_points: Sequence[ServiceSpan]
    book: LimitBook | None

    def limit_in(self, hour: int) -> Limit | None:
        """The hour limit whose reference oxygen holds in an hour: the legal one, else the ultra-low one."""
        row = self.row
        if self.book is None or row.outlet is None or row.process is None or row.makeup_air is False:
            return None
        day = local_day(numbered_hour(hour).start)
        found = [self.book.on(row.outlet, row.process, row.quantity, kind, Averaging.HOUR, day) for kind in _KINDS]
        return next((one for one in found if one is not None and one.reference_o2_pct is not None), None)


class Statements:
    """See `rules.families.periodic.Source`."""

    def slots(self, job: Job) -> Slots:
        """As the rule's statistic speaks of hours or of days."""
        return DAYS if Statistic(job.rule.applies["statistic"]) in OF_DAY else HOURS

    def cost(self, job: Job) -> int:
        """Rows of both points and of oxygen."""
        return 72 if self.slots(job) is DAYS else 3

    def reach(self, job: Job) -> int:
        """A statement speaks of its own period only."""
        return 0

    async def select(self, connection: Connection, job: Job) -> list[Stating]:
        """Points that make the rule's statement."""
        statistic = Statistic(job.rule.applies["statistic"])
        rows = await statements.stating_points(connection, statistic)
        oxygen: dict[int, Sequence[ServiceSpan]] = {}
        book = None
        if rows and statistic in CONVERTED:
            outlets = outlets_of(await windows.outlet_points(connection))
            oxygen = {outlet.outlet_id: outlet.of(OXYGEN) for outlet in outlets}
            book = await limits.limit_book(connection)
        return [stating(row, job, self.slots(job), oxygen.get(row.outlet_id or 0, ()), book) for row in rows]

    async def judge(self, connection: Connection, job: Job, rows: Sequence[tuple[Stating, int]]) -> Judged:
        """See `Source.judge`."""
        slots = self.slots(job)
        found = await statements.hour_figures(connection, spans(slots, rows))
        return judge_statements(job, slots, rows, {(one.point_id, one.hour): one for one in found})


def stating(
    row: StatingPoint, job: Job, slots: Slots, o2_points: Sequence[ServiceSpan], book: LimitBook | None
) -> Stating:
    """A stating point as a subject."""
    first = max(first_hour(row.first_day), hour_number(job.valid_from_at))
    return Stating(
        Subject(SubjectKind.POINT, f"{row.enterprise}/{row.point}"),
        row.enterprise_id,
        (row.point_id, row.own_id, *(span.point_id for span in o2_points)),
        slots.number(first),
        None if row.end_day is None else slots.number(first_hour(row.end_day)),
        row,
        o2_points,
        book,
    )


def judge_statements(job: Job, slots: Slots, rows: Sequence[tuple[Stating, int]], figures: Figures) -> Judged:
    """Judgements on stated periods. Pure."""
    statistic = Statistic(job.rule.applies["statistic"])
    return [
        (rule, judgement)
        for rule, chosen in by_variant(job, slots, rows)
        for judgement in judge(
            rule, StatementWindow([_statement(statistic, slots, one, slot, figures) for one, slot in chosen])
        )
    ]


def _statement(statistic: Statistic, slots: Slots, one: Stating, slot: int, figures: Figures) -> Statement:
    period, row = slots.period(slot), one.row
    first = hour_number(period.start)
    hours = range(first, hour_number(period.end))
    said = figures.get((row.point_id, first))
    value = None if said is None else said.mean if statistic is Statistic.MINUTE_MEAN else said.first_value
    limit = one.limit_in(first)
    oxygen = [_oxygen(one, hour, figures) for hour in hours]
    best = next((point for point, _, _ in oxygen if point is not None), None)
    return Statement(
        one.subject,
        period,
        statistic,
        row.point,
        row.unit,
        np.nan if value is None else value,
        0 if said is None else said.reading_count,
        0 if said is None else said.valid_minutes,
        row.own_point,
        row.own_unit,
        [_own(row.own_id, hour, figures, o2, minutes) for hour, (_, o2, minutes) in zip(hours, oxygen, strict=True)],
        best,
        None if limit is None else limit.reference_o2_pct,
        None if limit is None else limit.limit_id,
    )


def _own(point_id: int, hour: int, figures: Figures, o2_pct: float, o2_minutes: int) -> OwnHour:
    row = figures.get((point_id, hour))
    if row is None:
        return OwnHour(hour, o2_pct=o2_pct, o2_valid_minutes=o2_minutes)
    mean = np.nan if row.mean is None else row.mean
    return OwnHour(hour, mean, row.valid_minutes, row.reading_count, o2_pct, o2_minutes)


def _oxygen(one: Stating, hour: int, figures: Figures) -> tuple[str | None, float, int]:
    """Code, mean and valid minutes of the oxygen of an hour: of several points in service the one with most valid
    minutes, as the hourly rules have it."""
    best: tuple[str | None, float, int] = (None, np.nan, -1)
    for span in one.o2_points:
        if span.covers(hour):
            row = figures.get((span.point_id, hour))
            minutes = 0 if row is None else row.valid_minutes
            if minutes > best[2]:
                best = (span.code, np.nan if row is None or row.mean is None else row.mean, minutes)
    return best[0], best[1], max(best[2], 0)
