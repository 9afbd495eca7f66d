"""What a site file may say of each noun: strict models, one a table, in the words of the store."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from domain.limitfaults import limit_faults
from domain.limits import Averaging, LimitKind, Region
from domain.points import Basis, Statistic
from runtime.siteitems import (
    Code,
    Counter,
    InService,
    Item,
    ItemCode,
    Name,
    Number,
    Plain,
    Positive,
    Reason,
    Unit,
    Word,
)
from runtime.siteldar import (
    Campaign,
    Component,
    EnterpriseList,
    Installation,
    Instrument,
    LeakTester,
    ProcessUnit,
)
from runtime.sitemetering import ControlIndex, Intake, Line, Meter, MeteringPlace, Quota
from runtime.siteroster import AlertRoute, DutyShift, Person, Team


class City(Item):
    """The city; limits of key regions hold from the local date `key_region_from` on."""

    code: Code
    name: Name
    key_region_from: date | None = None


class _Located(Item):
    code: Code
    name: Name
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> _Located:
        if (self.longitude is None) != (self.latitude is None):
            raise ValueError("longitude and latitude belong together")
        return self


class District(_Located):
    """A district of the city; its coordinates (degrees, WGS 84) are for maps."""


class Park(_Located):
    """An industrial park (工业园区) in a district."""

    district: Code


class Enterprise(Item):
    """An enterprise; judged from `registered_from`, a local date, on.

    key_water, key_energy: by whose list it is a 重点用水单位 or 重点用能单位.
    """

    code: Code
    name: Name
    district: Code
    park: Code | None = None
    industry: Name
    is_industrial: bool
    key_water: Literal["national", "region", "city"] | None = None
    key_energy: Literal["national", "region", "city"] | None = None
    registered_from: date


class Outlet(InService):
    """A stack, a vent or a monitoring place; `process` is what the limits select by.

    duct_area_m2, velocity_factor (Kv) and atmosphere_kpa (Ba) turn a gas velocity or an actual flow into dry standard
    flow (HJ 212-2017 D.2.4). makeup_air: of thermal oxidisers, whether combustion air is added (GB 37822 10.3.3).
    """

    enterprise: Code
    code: ItemCode
    name: Name
    process: Word
    duct_area_m2: Positive | None = None
    velocity_factor: Positive | None = None
    atmosphere_kpa: Annotated[float, Field(ge=40, le=110)] | None = None
    makeup_air: bool | None = None


class Point(InService):
    """A measured quantity at a place.

    of and statistic: what the values say of another point, such as the logger's own hourly mean. basis: state of the
    gas, dry_standard when left out. range_top: top of the measuring range.
    """

    enterprise: Code
    code: ItemCode
    name: Name
    kind: Literal["instantaneous", "counter", "state"]
    quantity: Word
    unit: Unit
    interval_s: Annotated[int, Field(ge=1, le=86400)]
    outlet: ItemCode | None = None
    physical_min: Number | None = None
    physical_max: Number | None = None
    counter: Counter | None = None
    stuck_minutes: Annotated[int, Field(ge=2, le=60)] | None = None
    max_step: Positive | None = None
    of: ItemCode | None = None
    statistic: Statistic | None = None
    basis: Basis | None = None
    range_top: Positive | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Point:
        if (self.of is None) != (self.statistic is None):
            raise ValueError("of and statistic belong together")
        if self.statistic is not None and self.kind != "instantaneous":
            raise ValueError("a point that speaks of another one is of kind instantaneous")
        if (self.kind == "counter") != (self.counter is not None):
            raise ValueError("a point of kind counter needs `counter`, any other kind must not have one")
        if None not in (self.physical_min, self.physical_max) and self.physical_min >= self.physical_max:  # type: ignore[operator]
            raise ValueError("physical_min must be below physical_max")
        if self.kind != "instantaneous" and (self.stuck_minutes is not None or self.max_step is not None):
            raise ValueError("stuck_minutes and max_step belong to instantaneous points")
        return self


class Limit(Item):
    """A limit of one outlet (a permit's, say) or of every outlet of a process; see docs/limits.md."""

    enterprise: Code | None = None
    outlet: ItemCode | None = None
    process: Word | None = None
    quantity: Word
    kind: LimitKind
    averaging: Averaging
    region: Region = Region.ANY
    value: Positive
    unit: Literal["mg/m3", "ug/m3", "ng/m3", "kg/h", "t"]
    decimals: Annotated[int, Field(ge=0, le=6)] = 0
    reference_o2_pct: Annotated[float, Field(ge=0, lt=21)] | None = None
    exempt_process: list[str] = Field(default_factory=list)
    standard: Name
    clause: Name
    source: Name
    status: Literal["law", "policy", "permit", "draft", "unconfirmed"]
    enabled: bool
    valid_from: date
    valid_to: date | None = None
    preset: Name | None = None
    reason: Reason = ""

    @model_validator(mode="after")
    def _coherent(self) -> Limit:
        faults = limit_faults(
            enterprise=self.enterprise,
            outlet=self.outlet,
            process=self.process,
            quantity=self.quantity,
            averaging=self.averaging,
            unit=self.unit,
            reference_o2_pct=self.reference_o2_pct,
            exempt_process=self.exempt_process,
            status=self.status,
            enabled=self.enabled,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )
        for fault in faults:
            raise ValueError(fault.english)  # one at a time, as the other models do
        return self


class Station(InService):
    """A data logger that speaks HJ 212; `ignored` holds patterns CN/FACTOR-KEY of values that are not kept."""

    enterprise: Code
    mn: Annotated[str, Plain, Field(pattern=r"^[!-~]{1,64}$")]
    name: Name
    gateway: Annotated[str, Plain, Field(pattern=r"^[^/+#\x00]{1,64}$")]
    edition: Literal["2005", "2017", "2025"]
    profile: Literal["strict", "lenient"] = "strict"
    crc: Literal["hj212", "modbus", "none"] = "hj212"
    missing_flag: Literal["normal", "refuse"] = "refuse"
    ignored: list[Annotated[str, Field(pattern=r"^[^/]+/[^/]+$", max_length=100)]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _writable(self) -> Station:
        if set(self.mn) & set(";=,&#"):
            raise ValueError("an MN cannot hold ; = , & or #")
        return self


class Tag(Item):
    """What a name on the wire means; value in the point's unit = raw * scale + zero.

    scale may be left out only where the device sends the point's own unit.
    """

    enterprise: Code
    protocol: Literal["hj212", "sparkplug", "thingsboard"]
    device: Annotated[str, Field(max_length=130)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    point: ItemCode
    unit: Unit
    scale: Number | None = None
    zero: Number = 0.0

    @model_validator(mode="after")
    def _named(self) -> Tag:
        if self.scale == 0:
            raise ValueError("a scale of 0 would make every value the same")
        if self.protocol == "hj212" and not re.fullmatch(r"[0-9]{4}/[^/;,=&]+-[^/;,=&-]+", self.name):
            raise ValueError("a name of hj212 is CN/FACTOR-KEY, such as 2011/a21026-Rtd")
        return self


MODELS: dict[str, type[BaseModel]] = {
    "city": City,
    "district": District,
    "park": Park,
    "enterprise": Enterprise,
    "outlet": Outlet,
    "point": Point,
    "limit": Limit,
    "intake": Intake,
    "control_index": ControlIndex,
    "line": Line,
    "quota": Quota,
    "metering_place": MeteringPlace,
    "meter": Meter,
    "installation": Installation,
    "process_unit": ProcessUnit,
    "component": Component,
    "instrument": Instrument,
    "leak_tester": LeakTester,
    "campaign": Campaign,
    "enterprise_list": EnterpriseList,
    "station": Station,
    "tag": Tag,
    "person": Person,
    "team": Team,
    "shift": DutyShift,
    "route": AlertRoute,
}
