"""Outlets, and pollutants at outlets as subjects: from when to when they are judged, and by which limit when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.findings import Subject, SubjectKind
from domain.limits import Averaging, Limit, LimitBook, LimitKind
from domain.periods import day_start, hour_number
from rules.families.contract import Job
from storage.windows import OutletPoint

#: Quantities with a part in judging a concentration.
OXYGEN, RUNNING = "o2", "running_state"


@dataclass(frozen=True, slots=True)
class ServiceSpan:
    """A measuring point's service in whole hours since 1970: [first, end), end None while in service."""

    point_id: int
    code: str
    first: int
    end: int | None
    unit: str = ""
    basis: str | None = None

    def covers(self, hour: int) -> bool:
        """Whether the point is in service in an hour."""
        return self.first <= hour and (self.end is None or hour < self.end)


@dataclass(slots=True)
class Outlet:
    """An outlet in hours [first, end), end None while in service; what measures there by quantity.

    Points that state what another point measured are not among them.
    """

    outlet_id: int
    enterprise_id: int
    enterprise: str
    code: str
    process: str
    makeup_air: bool | None
    first: int
    end: int | None
    points: dict[str, list[ServiceSpan]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """``{enterprise}/{code}``, as limits and marks name it."""
        return f"{self.enterprise}/{self.code}"

    @property
    def subject(self) -> Subject:
        """The outlet as a subject."""
        return Subject(SubjectKind.OUTLET, self.key)

    def of(self, quantity: str) -> list[ServiceSpan]:
        """Its measuring points of a quantity."""
        return self.points.get(quantity, [])


@dataclass(slots=True)
class Channel:
    """One pollutant at one outlet, judged in hours [first, end); end None while the outlet is in service.

    begins: before this hour it has no limit. limits: (first hour, limit or None for none), in order; each holds until
    the next.
    """

    outlet: Outlet
    quantity: str
    begins: int
    limits: list[tuple[int, Limit | None]]

    @property
    def subject(self) -> Subject:
        """The pollutant as a subject."""
        return Subject(SubjectKind.POLLUTANT, f"{self.outlet.key}/{self.quantity}")

    @property
    def key(self) -> str:
        """The subject as the store writes it."""
        return str(self.subject)

    @property
    def enterprise_id(self) -> int:
        """Whose outlet it is."""
        return self.outlet.enterprise_id

    @property
    def first(self) -> int:
        """First hour of the outlet that is judged."""
        return self.outlet.first

    @property
    def end(self) -> int | None:
        """First hour after the outlet's service."""
        return self.outlet.end

    @property
    def points(self) -> list[ServiceSpan]:
        """What measures the pollutant."""
        return self.outlet.of(self.quantity)

    @property
    def o2_points(self) -> list[ServiceSpan]:
        """What measures the oxygen that it is converted with."""
        return self.outlet.of(OXYGEN)

    @property
    def running_points(self) -> list[ServiceSpan]:
        """What says whether the source runs."""
        return self.outlet.of(RUNNING)

    @property
    def point_ids(self) -> list[int]:
        """Every point on which its verdicts rest."""
        return [span.point_id for span in (*self.points, *self.o2_points, *self.running_points)]

    def stop(self, closed: int) -> int:
        """First hour that cannot be judged yet or at all, when hours before `closed` are closed."""
        return closed if self.end is None else min(closed, self.end)

    def limit_at(self, hour: int) -> Limit | None:
        """The limit that holds in an hour."""
        place = bisect_right(self.limits, hour, key=lambda span: span[0])
        return self.limits[place - 1][1] if place else None


def first_hour(*days: date) -> int:
    """Hour number of local midnight at the start of the latest of some days."""
    return hour_number(day_start(max(days)))


def outlets_of(rows: Iterable[OutletPoint], valid_from: int = 0) -> list[Outlet]:
    """Outlets with the points that measure there, in the rows' order; judged from hour `valid_from` on at the
    earliest."""
    outlets: dict[int, Outlet] = {}
    for row in rows:
        if row.statistic is not None:
            continue
        outlet = outlets.get(row.outlet_id)
        if outlet is None:
            outlet = outlets[row.outlet_id] = Outlet(
                row.outlet_id,
                row.enterprise_id,
                row.enterprise,
                row.outlet,
                row.process,
                row.makeup_air,
                max(first_hour(row.registered_from, row.in_service_from), valid_from),
                None if row.in_service_to is None else first_hour(row.in_service_to),
            )
        span = ServiceSpan(
            row.point_id,
            row.point,
            first_hour(row.point_from),
            None if row.point_to is None else first_hour(row.point_to),
            row.unit,
            row.basis,
        )
        outlet.points.setdefault(row.quantity, []).append(span)
    return list(outlets.values())


def channels_of(rows: Iterable[OutletPoint], book: LimitBook, job: Job, averaging: Averaging) -> list[Channel]:
    """Pollutants that have a limit of the rule's kind at any time and a point that measures them."""
    kind = LimitKind(job.rule.applies["kind"])
    channels = []
    for outlet in outlets_of(rows, hour_number(job.valid_from_at)):
        for quantity in book.quantities(outlet.key, outlet.process, kind, averaging):
            if not outlet.of(quantity):
                continue
            asked = (outlet.key, outlet.process, quantity, kind, averaging)
            limits = [(first_hour(day), book.on(*asked, day)) for day in book.changes(*asked)]
            begins = next((hour for hour, limit in limits if limit is not None), None)
            if begins is not None:
                channels.append(Channel(outlet, quantity, begins, limits))
    return channels


def enterprise_ids(subjects: Sequence[Channel] | Sequence[Outlet]) -> Mapping[str, int]:
    """enterprise_id by enterprise code."""
    outlets = (one.outlet if isinstance(one, Channel) else one for one in subjects)
    return {outlet.enterprise: outlet.enterprise_id for outlet in outlets}
