"""What is registered of the simulated city: enterprises, outlets, points, intakes, meters, LDAR components.

The records carry exactly what the site file says of them, plus `typical`: what the device shows on an ordinary day,
which only the simulators know. Every name is invented; no simulated value is ever attached to a real enterprise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from domain.periods import Period, local_day, month_period
from simulators.city_leaks import (
    CampaignRow,
    Component,
    DeclaredInstrument,
    DeclaredTester,
    Installation,
    Listing,
    ProcessUnit,
)
from simulators.city_people import AlertRoute, DutyPerson, DutyShift, DutyTeam

#: Topic name of the one gateway that every simulated enterprise has.
GATEWAY = "gw-1"


@dataclass(frozen=True, slots=True)
class District:
    code: str
    name: str
    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True)
class Park:
    code: str
    name: str
    district: str
    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True)
class Enterprise:
    code: str
    name: str
    district: str
    industry: str
    is_industrial: bool
    registered_from: date
    park: str | None = None
    key_water: str | None = None
    key_energy: str | None = None


@dataclass(frozen=True, slots=True)
class Outlet:
    enterprise: str
    code: str
    name: str
    process: str
    in_service_from: date
    in_service_to: date | None = None
    duct_area_m2: float | None = None
    velocity_factor: float | None = None
    atmosphere_kpa: float | None = None
    makeup_air: bool | None = None

    @property
    def key(self) -> str:
        """``{enterprise}/{code}``."""
        return f"{self.enterprise}/{self.code}"


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A limit that the city's register adds to the shipped ones: of an outlet's permit, or of a process.

    unit: mg/m3, ug/m3, kg/h, or t for a permitted yearly total. reference_o2_pct: None for none.
    """

    quantity: str
    kind: str
    averaging: str
    value: float
    unit: str
    standard: str
    clause: str
    valid_from: date
    enterprise: str | None = None
    outlet: str | None = None
    process: str | None = None
    region: str = "any"
    decimals: int = 0
    reference_o2_pct: float | None = None
    exempt_process: tuple[str, ...] = ()
    source: str = "虚构"
    status: str = "permit"
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class CounterSpec:
    """The register of a cumulative meter: 10 ** digits counts of `scale` units each."""

    digits: int
    scale: float
    max_rate_per_h: float | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """typical: mean of an analyser, units per hour of a counter, share of time of a state. of, statistic: what a data
    logger says of another point. process: of the outlet, which shapes the device's day.

    fed_by: points of the same enterprise through whose meters everything comes that passes here, and part: the share
    of it, from one fraction to another, so that sub-meters of neighbouring parts add up. error: by which share the
    meter counts too much.
    """

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
    of: str | None = None
    statistic: str | None = None
    basis: str | None = None
    range_top: float | None = None
    process: str = ""
    fed_by: tuple[str, ...] = ()
    part: tuple[float, float] = (0.0, 1.0)
    error: float = 0.0

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
    permit_number: str | None = None
    permit_from: date | None = None
    permit_to: date | None = None


@dataclass(frozen=True, slots=True)
class ControlIndex:
    enterprise: str
    year: int
    water_m3: int
    source: str


@dataclass(frozen=True, slots=True)
class Line:
    enterprise: str
    code: str
    name: str
    product: str
    in_service_from: date
    in_service_to: date | None = None
    capacity_t_a: int | None = None
    charging: str | None = None
    quenching: str | None = None
    commissioned_on: date | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    product: str
    region: str
    edition: str
    grade: str
    value: float
    unit: str
    source: str
    confidence: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class MeteringPlace:
    enterprise: str
    code: str
    name: str
    level: str
    in_service_from: date
    in_service_to: date | None = None
    medium: str = "water"
    flow: str = "in"
    use: str | None = None
    intake: str | None = None
    parent: str | None = None
    line: str | None = None

    @property
    def key(self) -> str:
        """``{enterprise}/{code}``, as in a finding's subject."""
        return f"{self.enterprise}/{self.code}"


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
class Station:
    """A data logger of one outlet that speaks HJ 212. outlet: what only the simulators know of it."""

    enterprise: str
    mn: str
    name: str
    gateway: str
    edition: str
    profile: str
    in_service_from: date
    outlet: str

    @property
    def key(self) -> str:
        """``{enterprise}/{outlet}``."""
        return f"{self.enterprise}/{self.outlet}"


@dataclass(frozen=True, slots=True)
class Tag:
    """What a point is called on the wire; value in the point's unit = raw * scale, and scale is None for no change."""

    enterprise: str
    protocol: str
    device: str
    name: str
    point: str
    unit: str
    scale: float | None = None

    def raw(self, value: float) -> float:
        """What the device shows for a value: three more decimals than any instrument here has."""
        return value if self.scale is None else round(value / self.scale, 3)

    def stored(self, value: float) -> float:
        """What a correct platform stores of it: the very double that raw * scale is, or the value itself."""
        return value if self.scale is None else self.raw(value) * self.scale


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
    stations: tuple[Station, ...] = ()
    tags: tuple[Tag, ...] = ()
    limits: tuple[LimitRow, ...] = ()
    key_region_from: date | None = None
    parks: tuple[Park, ...] = ()
    lines: tuple[Line, ...] = ()
    control_indices: tuple[ControlIndex, ...] = ()
    quotas: tuple[Quota, ...] = ()
    installations: tuple[Installation, ...] = ()
    units: tuple[ProcessUnit, ...] = ()
    instruments: tuple[DeclaredInstrument, ...] = ()
    testers: tuple[DeclaredTester, ...] = ()
    campaigns: tuple[CampaignRow, ...] = ()
    listings: tuple[Listing, ...] = ()
    people: tuple[DutyPerson, ...] = ()
    teams: tuple[DutyTeam, ...] = ()
    shifts: tuple[DutyShift, ...] = ()
    routes: tuple[AlertRoute, ...] = ()

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
        for point in self.outlet_points(outlet_key):
            if point.quantity == quantity:
                return point
        raise KeyError(f"{outlet_key} has no {quantity}")

    def outlet_points(self, outlet_key: str) -> Iterator[Point]:
        """What is measured at ``{enterprise}/{outlet}``, without what a logger says of it."""
        for point in self.points:
            if point.statistic is None and f"{point.enterprise}/{point.outlet}" == outlet_key:
                yield point

    def outlet(self, key: str) -> Outlet:
        """The outlet ``{enterprise}/{code}``; KeyError when there is none."""
        for outlet in self.outlets:
            if outlet.key == key:
                return outlet
        raise KeyError(key)


def story_month(month: tuple[int, int]) -> Period:
    """The local calendar month of a story."""
    return month_period(*month)
