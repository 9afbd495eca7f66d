"""What the metering rates share: the register, the window of a local day, and the readings of an indicator."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from domain.findings import Subject, SubjectKind
from domain.metering import ControlIndex, Intake, Line, Meter, Place, Quota, WaterUser, in_service
from rules.evaluators.contract import Evidence, Params, YearTarget

#: Evaluators of rates that are judged day by day.
DAILY_RATES = ("installation_rate", "online_rate", "fit_rate")
_DAY = timedelta(days=1)
COVERAGE_SUBJECTS = {SubjectKind.ENTERPRISE, SubjectKind.PARK, SubjectKind.DISTRICT, SubjectKind.CITY}


class Reading(Params):
    """One reading of an indicator for which the plans print no formula. document: what this reading rests on.

    Readings stand beside each other in the evidence, each with its figures; none is ever worked into another.
    """

    label: str
    document: str
    document_status: str

    def evidence(self, method: str, figures: Evidence) -> Evidence:
        """Its figures under its name."""
        return {
            "method": method,
            "label": self.label,
            "document": self.document,
            "document_status": self.document_status,
            **figures,
        }


@dataclass(frozen=True)
class Register:
    """The metering register as it stands; what counts on a day follows from the dates in it."""

    cities: Sequence[str]
    districts: Sequence[str]
    users: Sequence[WaterUser]
    intakes: Sequence[Intake] = ()
    places: Sequence[Place] = ()
    meters: Sequence[Meter] = ()
    parks: Sequence[str] = ()
    lines: Sequence[Line] = ()
    control_indices: Sequence[ControlIndex] = ()
    quotas: Sequence[Quota] = ()

    @cached_property
    def meters_at(self) -> dict[tuple[str, str], list[Meter]]:
        """Meters by (enterprise, place)."""
        found: dict[tuple[str, str], list[Meter]] = defaultdict(list)
        for meter in self.meters:
            found[meter.enterprise, meter.place].append(meter)
        return found

    @cached_property
    def places_of(self) -> dict[str, list[Place]]:
        """Places by enterprise."""
        found: dict[str, list[Place]] = defaultdict(list)
        for place in self.places:
            found[place.enterprise].append(place)
        return found

    @cached_property
    def _places_by(self) -> dict[tuple[str, str, str], list[Place]]:
        """Places by (enterprise, level, medium)."""
        found: dict[tuple[str, str, str], list[Place]] = defaultdict(list)
        for place in self.places:
            found[place.enterprise, place.level, place.medium].append(place)
        return found

    @cached_property
    def lines_of(self) -> dict[str, list[Line]]:
        """Production lines by enterprise."""
        found: dict[str, list[Line]] = defaultdict(list)
        for line in self.lines:
            found[line.enterprise].append(line)
        return found

    @cached_property
    def intakes_of(self) -> dict[str, list[Intake]]:
        """Intakes by enterprise."""
        found: dict[str, list[Intake]] = defaultdict(list)
        for intake in self.intakes:
            found[intake.enterprise].append(intake)
        return found

    @cached_property
    def _turns(self) -> dict[str, list[date]]:
        """By enterprise the days on which one of its places or meters begins or ceases to count, in order."""
        found: dict[str, set[date | None]] = defaultdict(set)
        for place in self.places:
            found[place.enterprise] |= {place.in_service_from, place.in_service_to}
        for meter in self.meters:
            found[meter.enterprise] |= {meter.installed_on, meter.removed_on, meter.verification_due + _DAY}
        return {code: sorted(day for day in days if day is not None) for code, days in found.items()}

    def stretch(self, enterprise: str, day: date) -> int:
        """Equal for two days between which nothing begins or ceases to be fitted or required at an enterprise.

        What is counted of places and meters on one of them holds on the other; whether meters are connected does not.
        """
        return bisect_right(self._turns.get(enterprise, ()), day)

    def users_on(self, day: date) -> list[WaterUser]:
        """Enterprises that are judged on a day."""
        return [user for user in self.users if user.registered_from <= day]

    def places_on(self, enterprise: str, level: str, day: date, medium: str = "water") -> list[Place]:
        """An enterprise's places of a level and medium that are in service on a day."""
        return [
            place
            for place in self._places_by.get((enterprise, level, medium), ())
            if in_service(place.in_service_from, place.in_service_to, day)
        ]

    def intakes_on(self, enterprise: str, day: date) -> list[Intake]:
        """An enterprise's non-agricultural intakes that are in service on a day."""
        return [
            intake
            for intake in self.intakes_of.get(enterprise, ())
            if not intake.is_agricultural and in_service(intake.in_service_from, intake.in_service_to, day)
        ]

    def groups(self, users: Iterable[WaterUser]) -> Iterator[tuple[Subject, list[WaterUser]]]:
        """The parks, the districts and the city, each with its enterprises among the given ones."""
        users = list(users)
        for park in self.parks:
            yield Subject(SubjectKind.PARK, park), [user for user in users if user.park == park]
        for district in self.districts:
            yield Subject(SubjectKind.DISTRICT, district), [user for user in users if user.district == district]
        for city in self.cities:
            yield Subject(SubjectKind.CITY, city), users


@dataclass(frozen=True, slots=True)
class CoverageWindow:
    """Local days to judge, the register, and for each point the hours with a reading by local day."""

    days: list[date]
    register: Register
    level: str = "unit"
    hours_with_reading: dict[int, dict[date, int]] = field(default_factory=dict)

    def stretch(self, enterprise: str, day: date) -> int:
        """See `Register.stretch`; of a single day there is nothing to remember."""
        return self.register.stretch(enterprise, day) if len(self.days) > 1 else 0


def target_of(targets: Sequence[YearTarget], year: int) -> YearTarget | None:
    """What is asked for in a year, None for nothing."""
    return next((target for target in targets if target.year == year), None)


def target_evidence(target: YearTarget) -> Evidence:
    """The target as evidence shows it."""
    return {
        "year": target.year,
        "operator": target.operator,
        "percent": target.percent,
        "target_id": target.target_id,
    }
