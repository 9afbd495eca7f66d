"""What a site file may say of each noun: strict models, one a table, in the words of the store."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.limitfaults import limit_faults
from domain.limits import Averaging, LimitKind, Region
from domain.points import Basis, Statistic

Code = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
ItemCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
ComponentCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]{1,64}$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Item(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _InService(_Item):
    in_service_from: date
    in_service_to: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> _InService:
        if self.in_service_to is not None and self.in_service_to <= self.in_service_from:
            raise ValueError("in_service_to must be after in_service_from")
        return self


class City(_Item):
    """The city; limits of key regions hold from the local date `key_region_from` on."""

    code: Code
    name: Name
    key_region_from: date | None = None


class District(_Item):
    """A district of the city."""

    code: Code
    name: Name


class Enterprise(_Item):
    """An enterprise; judged from `registered_from`, a local date, on."""

    code: Code
    name: Name
    district: Code
    industry: Name
    is_industrial: bool
    registered_from: date


class Outlet(_InService):
    """A stack, a vent or a monitoring place; `process` is what the limits select by.

    duct_area_m2, velocity_factor (Kv) and atmosphere_kpa (Ba) turn a gas velocity or an actual flow into dry standard
    flow (HJ 212-2017 D.2.4). makeup_air: of thermal oxidisers, whether combustion air is added (GB 37822 10.3.3).
    """

    enterprise: Code
    code: ItemCode
    name: Name
    process: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]
    duct_area_m2: Positive | None = None
    velocity_factor: Positive | None = None
    atmosphere_kpa: Annotated[float, Field(ge=40, le=110)] | None = None
    makeup_air: bool | None = None


class Counter(_Item):
    """The register of a cumulative meter; scale in units per count."""

    digits: Annotated[int, Field(ge=1, le=15)]
    scale: Positive = 1.0
    max_rate_per_h: Positive | None = None


class Point(_InService):
    """A measured quantity at a place.

    of and statistic: what the values say of another point, such as the logger's own hourly mean. basis: state of the
    gas, dry_standard when left out. range_top: top of the measuring range.
    """

    enterprise: Code
    code: ItemCode
    name: Name
    kind: Literal["instantaneous", "counter", "state"]
    quantity: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]
    unit: Annotated[str, Field(min_length=1, max_length=32)]
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


class Limit(_Item):
    """A limit of one outlet (a permit's, say) or of every outlet of a process; see docs/limits.md."""

    enterprise: Code | None = None
    outlet: ItemCode | None = None
    process: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")] | None = None
    quantity: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]
    kind: LimitKind
    averaging: Averaging
    region: Region = Region.ANY
    value: Positive
    unit: Literal["mg/m3", "ug/m3", "ng/m3", "kg/h", "t"]
    decimals: Annotated[int, Field(ge=0, le=6)] = 0
    reference_o2_pct: Annotated[float, Field(ge=0, lt=21)] | None = None
    exempt_process: list[str] = []
    standard: Name
    clause: Name
    source: Name
    status: Literal["law", "policy", "permit", "draft", "unconfirmed"]
    enabled: bool
    valid_from: date
    valid_to: date | None = None
    preset: Name | None = None
    reason: Annotated[str, Field(max_length=500)] = ""

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


class Intake(_InService):
    """A water intake with its permitted yearly volume."""

    enterprise: Code
    code: ItemCode
    name: Name
    source: Literal["surface", "ground", "public", "reclaimed", "purchased"]
    permitted_m3_a: Positive
    is_agricultural: bool


class MeteringPlace(_InService):
    """Where a water meter is required (GB/T 24789)."""

    enterprise: Code
    code: ItemCode
    name: Name
    level: Literal["unit", "secondary", "equipment"]
    intake: ItemCode | None = None


class Meter(_Item):
    """A meter fitted at a metering place."""

    enterprise: Code
    place: ItemCode
    serial: Annotated[str, Field(min_length=1, max_length=64)]
    accuracy_class: str | None = None
    verified_on: date
    verification_months: Annotated[int, Field(ge=1, le=240)]
    installed_on: date
    removed_on: date | None = None
    point: ItemCode | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Meter:
        if self.removed_on is not None and self.removed_on <= self.installed_on:
            raise ValueError("removed_on must be after installed_on")
        return self


class Component(_InService):
    """An LDAR component (密封点)."""

    enterprise: Code
    code: ComponentCode
    name: Name
    unit_name: Name
    kind: Literal[
        "pump", "compressor", "agitator", "valve", "open_end", "relief", "sampling", "flange", "connector", "other"
    ]
    medium: Literal["gas", "light_liquid", "heavy_liquid"]
    exempt_clause: str | None = None


class Station(_InService):
    """A data logger that speaks HJ 212; `ignored` holds patterns CN/FACTOR-KEY of values that are not kept."""

    enterprise: Code
    mn: Annotated[str, Field(pattern=r"^[!-~]{1,64}$")]
    name: Name
    gateway: Annotated[str, Field(pattern=r"^[^/+#\x00]{1,64}$")]
    edition: Literal["2005", "2017", "2025"]
    profile: Literal["strict", "lenient"] = "strict"
    crc: Literal["hj212", "modbus", "none"] = "hj212"
    missing_flag: Literal["normal", "refuse"] = "refuse"
    ignored: list[Annotated[str, Field(pattern=r"^[^/]+/[^/]+$", max_length=100)]] = []

    @model_validator(mode="after")
    def _writable(self) -> Station:
        if set(self.mn) & set(";=,&#"):
            raise ValueError("an MN cannot hold ; = , & or #")
        return self


class Tag(_Item):
    """What a name on the wire means; value in the point's unit = raw * scale + zero.

    scale may be left out only where the device sends the point's own unit.
    """

    enterprise: Code
    protocol: Literal["hj212", "sparkplug", "thingsboard"]
    device: Annotated[str, Field(max_length=130)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    point: ItemCode
    unit: Annotated[str, Field(min_length=1, max_length=32)]
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
    "enterprise": Enterprise,
    "outlet": Outlet,
    "point": Point,
    "limit": Limit,
    "intake": Intake,
    "metering_place": MeteringPlace,
    "meter": Meter,
    "component": Component,
    "station": Station,
    "tag": Tag,
}
