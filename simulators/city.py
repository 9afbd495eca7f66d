"""What is registered of the simulated city: enterprises, outlets, points, intakes, meters, LDAR components.

The records carry exactly what the site file says of them, plus `typical`: what the device shows on an ordinary day,
which only the simulators know. Every name is invented; no simulated value is ever attached to a real enterprise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.periods import Period, local_day, month_period

#: Topic name of the one gateway that every simulated enterprise has.
GATEWAY = "gw-1"


@dataclass(frozen=True, slots=True)
class District:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Enterprise:
    code: str
    name: str
    district: str
    industry: str
    is_industrial: bool
    registered_from: date


@dataclass(frozen=True, slots=True)
class Outlet:
    enterprise: str
    code: str
    name: str
    process: str
    in_service_from: date
    in_service_to: date | None = None


@dataclass(frozen=True, slots=True)
class CounterSpec:
    """The register of a cumulative meter: 10 ** digits counts of `scale` units each."""

    digits: int
    scale: float
    max_rate_per_h: float | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """typical: mean of an analyser, units per hour of a counter, share of time of a state."""

    enterprise: str
    code: str
    name: str
    kind: str
    quantity: str
    unit: str
    interval_s: int
    in_service_from: date
    typical: float
    in_service_to: date | None = None
    outlet: str | None = None
    physical_min: float | None = None
    physical_max: float | None = None
    counter: CounterSpec | None = None

    @property
    def key(self) -> str:
        """``{enterprise}/{code}``, as in a finding's subject."""
        return f"{self.enterprise}/{self.code}"


@dataclass(frozen=True, slots=True)
class Intake:
    enterprise: str
    code: str
    name: str
    source: str
    permitted_m3_a: int
    is_agricultural: bool
    in_service_from: date
    in_service_to: date | None = None


@dataclass(frozen=True, slots=True)
class MeteringPlace:
    enterprise: str
    code: str
    name: str
    level: str
    in_service_from: date
    in_service_to: date | None = None
    intake: str | None = None


@dataclass(frozen=True, slots=True)
class Meter:
    enterprise: str
    place: str
    serial: str
    accuracy_class: str
    verified_on: date
    verification_months: int
    installed_on: date
    removed_on: date | None = None
    point: str | None = None


@dataclass(frozen=True, slots=True)
class Component:
    enterprise: str
    code: str
    name: str
    unit_name: str
    kind: str
    medium: str
    in_service_from: date
    in_service_to: date | None = None
    exempt_clause: str | None = None

    @property
    def key(self) -> str:
        """``{enterprise}/{code}``, as in a finding's subject."""
        return f"{self.enterprise}/{self.code}"


@dataclass(frozen=True, slots=True)
class City:
    """The whole register, for one story month."""

    code: str
    name: str
    month: Period
    districts: tuple[District, ...]
    enterprises: tuple[Enterprise, ...]
    outlets: tuple[Outlet, ...]
    points: tuple[Point, ...]
    intakes: tuple[Intake, ...]
    places: tuple[MeteringPlace, ...]
    meters: tuple[Meter, ...]
    components: tuple[Component, ...]

    @property
    def first_day(self) -> date:
        """Local first day of the story month: everybody is registered from here."""
        return local_day(self.month.start)

    def point(self, key: str) -> Point:
        """The point ``{enterprise}/{code}``; KeyError when there is none."""
        for point in self.points:
            if point.key == key:
                return point
        raise KeyError(key)

    def outlet_point(self, outlet_key: str, quantity: str) -> Point:
        """The point of one quantity at ``{enterprise}/{outlet}``; KeyError when there is none."""
        for point in self.points:
            if f"{point.enterprise}/{point.outlet}" == outlet_key and point.quantity == quantity:
                return point
        raise KeyError(f"{outlet_key} has no {quantity}")


def story_month(month: tuple[int, int]) -> Period:
    """The local calendar month of a story."""
    return month_period(*month)
