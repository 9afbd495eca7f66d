"""Family of thermal oxidisers of VOC: closed hours of outlets that have what the rule looks at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.air import OXIDISER
from domain.exclusion import KINDS, NOT_EXCLUDED, excluded_kinds, exempt_columns, minutes_by_kind, with_running
from domain.findings import Subject
from domain.marks import Dimension
from domain.periods import hour_number, numbered_hour
from rules.evaluators.oxidiser import OutletHour, OutletHours
from rules.families.contract import Job, judge
from rules.families.hourwindows import covered_minutes
from rules.families.outlets import OXYGEN, RUNNING, Outlet, ServiceSpan, outlets_of
from rules.families.periodic import HOURS, Judged, Slots, Tracked, by_variant, spans
from storage import statements, windows
from storage.database import Connection
from storage.marks import StoredMark, effective_marks
from storage.statements import HourFigures

#: Hourly rows by point and hour.
Figures = Mapping[tuple[int, int], HourFigures]


@dataclass(frozen=True, slots=True)
class Oxidiser(Tracked):
    """An oxidiser's outlet."""

    outlet: Outlet


class Oxidisers:
    """See `periodic.Source`. quantities: what the rule looks at; an outlet without one of them is not judged.

    without_air_only: only those to which the register says no combustion air is added (GB 37822-2019 10.3.3).
    """

    def __init__(self, quantities: Sequence[str], *, without_air_only: bool) -> None:
        self._quantities = quantities
        self._without_air_only = without_air_only

    def slots(self, job: Job) -> Slots:
        """Hours."""
        return HOURS

    def cost(self, job: Job) -> int:
        """Rows of the quantities and of the running signal."""
        return len(self._quantities) + 1

    def reach(self, job: Job) -> int:
        """An hour stands for itself."""
        return 0

    async def select(self, connection: Connection, job: Job) -> list[Oxidiser]:
        """Outlets of oxidisers."""
        return self.chosen(outlets_of(await windows.outlet_points(connection)), job)

    def chosen(self, outlets: Iterable[Outlet], job: Job) -> list[Oxidiser]:
        """Of some outlets those that the rule judges. Pure."""
        return [
            Oxidiser(
                outlet.subject,
                outlet.enterprise_id,
                [span.point_id for word in (*self._quantities, RUNNING) for span in outlet.of(word)],
                max(outlet.first, hour_number(job.valid_from_at)),
                outlet.end,
                outlet,
            )
            for outlet in outlets
            if outlet.process == OXIDISER
            and all(outlet.of(word) for word in self._quantities)
            and (outlet.makeup_air is False or not self._without_air_only)
        ]

    async def judge(self, connection: Connection, job: Job, rows: Sequence[tuple[Oxidiser, int]]) -> Judged:
        """See `Source.judge`."""
        found = await statements.hour_figures(connection, spans(HOURS, rows))
        from_at = numbered_hour(min(hour for _, hour in rows)).start
        to_at = numbered_hour(max(hour for _, hour in rows)).end
        outlets = sorted({one.outlet.outlet_id for one, _ in rows})
        said = await effective_marks(connection, outlets, from_at, to_at, dimension=Dimension.PROCESS)
        return self.judge_hours(job, rows, {(one.point_id, one.hour): one for one in found}, said)

    def judge_hours(
        self, job: Job, rows: Sequence[tuple[Oxidiser, int]], figures: Figures, marks: Sequence[StoredMark]
    ) -> Judged:
        """Judgements on hours. Pure."""
        out: Judged = []
        for rule, chosen in by_variant(job, HOURS, rows):
            min_valid = int(rule.typed_params.model_dump()["min_valid_minutes"])
            window = self._window(chosen, figures, marks, min_valid)
            out += [(rule, judgement) for judgement in judge(rule, window)]
        return out

    def _window(
        self,
        rows: Sequence[tuple[Oxidiser, int]],
        figures: Figures,
        marks: Sequence[StoredMark],
        min_valid_minutes: int,
    ) -> OutletHours:
        minutes = minutes_by_kind(len(rows))
        ids: list[list[int]] = [[] for _ in rows]
        for number, (one, hour) in enumerate(rows):
            for mark in marks:
                covered = covered_minutes(mark, hour) if mark.outlet_id == one.outlet.outlet_id else 0.0
                if covered > 0:
                    minutes[number, KINDS.index(mark.kind)] += covered
                    ids[number].append(mark.mark_id)
        running = [_speaking(one.outlet.of(RUNNING), hour, figures) for one, hour in rows]
        told = np.array([one.valid_minutes for one in running], np.int64)
        minutes = with_running(minutes, np.array([one.mean for one in running], np.float64), told)
        kinds = excluded_kinds(minutes, exempt_columns([()] * len(rows)), min_valid_minutes)
        subjects: list[Subject] = [one.subject for one, _ in rows]
        return OutletHours(
            subjects,
            [numbered_hour(hour) for _, hour in rows],
            {word: [_speaking(one.outlet.of(word), hour, figures) for one, hour in rows] for word in self._quantities},
            [None if kind == NOT_EXCLUDED else KINDS[kind] for kind in kinds],
            [{kind: float(count) for kind, count in zip(KINDS, row, strict=True) if count > 0} for row in minutes],
            ids,
        )


#: Oxygen behind and before the oxidiser.
OXYGEN_PAIR = (OXYGEN, "o2_inlet")


def _speaking(points: Sequence[ServiceSpan], hour: int, figures: Figures) -> OutletHour:
    """An hour of the point in service with most valid minutes."""
    best = OutletHour()
    for span in points:
        if not span.covers(hour):
            continue
        row = figures.get((span.point_id, hour))
        if row is None:
            one = OutletHour(span.code)
        else:
            mean = np.nan if row.mean is None else row.mean
            one = OutletHour(span.code, mean, row.valid_minutes, row.reading_count)
        if best.point is None or (one.valid_minutes, one.readings) > (best.valid_minutes, best.readings):
            best = one
    return best
