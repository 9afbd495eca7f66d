"""Outlets as subjects: which of them a rule selects, and from when to when they are judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.findings import Subject, SubjectKind
from domain.periods import day_start, hour_number
from rules.family import Job
from storage.windows import OutletPoint


@dataclass(frozen=True, slots=True)
class ServiceSpan:
    """A point's service in whole hours since 1970: [first, end), end None while in service."""

    point_id: int
    code: str
    first: int
    end: int | None

    def covers(self, hour: int) -> bool:
        """Whether the point is in service in an hour."""
        return self.first <= hour and (self.end is None or hour < self.end)


@dataclass(slots=True)
class Outlet:
    """An outlet that a rule judges, in hours [first, end); end None while in service."""

    subject: Subject
    enterprise_id: int
    first: int
    end: int | None
    points: list[ServiceSpan] = field(default_factory=list)
    o2_points: list[ServiceSpan] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The subject as the store writes it."""
        return str(self.subject)

    @property
    def point_ids(self) -> list[int]:
        """Every point on which its verdicts rest."""
        return [span.point_id for span in (*self.points, *self.o2_points)]

    def stop(self, closed: int) -> int:
        """First hour that cannot be judged yet or at all, when hours before `closed` are closed."""
        return closed if self.end is None else min(closed, self.end)


def first_hour(*days: date) -> int:
    """Hour number of local midnight at the start of the latest of some days."""
    return hour_number(day_start(max(days)))


def select(rows: Iterable[OutletPoint], job: Job) -> list[Outlet]:
    """Outlets of the rule's process that have a point of its quantity, with the points of their oxygen."""
    process, quantity = job.rule.applies["process"], job.rule.applies["quantity"]
    outlets: dict[int, Outlet] = {}
    for row in rows:
        if row.process != process:
            continue
        outlet = outlets.get(row.outlet_id)
        if outlet is None:
            subject = Subject(SubjectKind.OUTLET, f"{row.enterprise}/{row.outlet}")
            first = max(first_hour(row.registered_from, row.in_service_from), hour_number(job.valid_from_at))
            end = None if row.in_service_to is None else first_hour(row.in_service_to)
            outlet = outlets[row.outlet_id] = Outlet(subject, row.enterprise_id, first, end)
        span = ServiceSpan(
            row.point_id,
            row.point,
            first_hour(row.point_from),
            None if row.point_to is None else first_hour(row.point_to),
        )
        if row.quantity == quantity:
            outlet.points.append(span)
        elif row.quantity == "o2":
            outlet.o2_points.append(span)
    return [outlet for outlet in outlets.values() if outlet.points]


def enterprise_ids(outlets: Sequence[Outlet]) -> Mapping[str, int]:
    """enterprise_id by enterprise code."""
    return {str(outlet.subject.enterprise): outlet.enterprise_id for outlet in outlets}
