"""Models of the leak register: installations, units, sealing points, instruments, testers, campaigns; and lists of
enterprises that duties rest on."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from runtime.siteitems import Code, ComponentCode, InService, Item, ItemCode, Name, Plain, Positive, Print, prose

Person = Annotated[str, BeforeValidator(prose), Field(min_length=1, max_length=64)]
#: A process unit as components name it: installation/unit.
UnitPath = Annotated[str, Plain, Field(pattern=r"^[A-Za-z0-9._-]{1,64}/[A-Za-z0-9._-]{1,64}$")]
_Grid = Annotated[float, Field(ge=-100_000, le=100_000)]
_Count = Annotated[int, Field(ge=0, le=10_000_000)]


class Installation(InService):
    """A 装置 of an enterprise.

    family: whose emission coefficients hold. standard: which standard regulates it; GB 31571 besides GB 37822.
    started_on: first day on which it ran, in_service_from when left out. hours_per_year: all hours when left out.
    """

    enterprise: Code
    code: ItemCode
    name: Name
    family: Literal["socmi", "petroleum"] = "socmi"
    standard: Literal["GB37822", "GB31571"] = "GB37822"
    started_on: date | None = None
    hours_per_year: Annotated[float, Field(gt=0, le=8784)] | None = None

    @model_validator(mode="after")
    def _started(self) -> Installation:
        if None not in (self.started_on, self.in_service_to) and self.started_on >= self.in_service_to:  # type: ignore[operator]
            raise ValueError("started_on must be before in_service_to")
        return self


class ProcessUnit(Item):
    """A 单元（区域） of an installation; x_m and y_m: its middle on the plant's own grid, m east and north."""

    enterprise: Code
    installation: ItemCode
    code: ItemCode
    name: Name
    x_m: _Grid | None = None
    y_m: _Grid | None = None

    @model_validator(mode="after")
    def _whole(self) -> ProcessUnit:
        if (self.x_m is None) != (self.y_m is None):
            raise ValueError("x_m and y_m belong together")
        return self


class Component(InService):
    """A sealing point (密封点).

    unit: installation/unit, whose name is shown; unit_name: what is shown where no unit is registered. voc_share: mass
    share of VOC in its stream. Exempt from exempt_from (else the start of service) until before exempt_to (else for
    good), by a clause.
    """

    enterprise: Code
    code: ComponentCode
    name: Name
    unit: UnitPath | None = None
    unit_name: Name | None = None
    kind: Literal[
        "pump", "compressor", "agitator", "valve", "open_end", "relief", "sampling", "flange", "connector", "other"
    ]
    medium: Literal["gas", "light_liquid", "heavy_liquid"]
    service: Name | None = None
    tag: Print | None = None
    size_mm: Annotated[float, Field(gt=0, lt=10_000)] | None = None
    reachable: bool = True
    elevation_m: Annotated[float, Field(ge=-1000, le=1000)] | None = None
    voc_share: Annotated[float, Field(gt=0, le=1)] | None = None
    exempt_clause: Print | None = None
    exempt_from: date | None = None
    exempt_to: date | None = None

    @model_validator(mode="before")
    @classmethod
    def _shown_by_its_unit(cls, said: Any) -> Any:
        """A unit says the name; a second one beside it would be shown by nobody."""
        if isinstance(said, dict) and said.get("unit") and "unit_name" in said:
            return {name: value for name, value in said.items() if name != "unit_name"}
        return said

    @model_validator(mode="after")
    def _coherent(self) -> Component:
        if self.unit is None and self.unit_name is None:
            raise ValueError("unit (installation/unit) or unit_name is needed")
        if self.exempt_clause is None and (self.exempt_from, self.exempt_to) != (None, None):
            raise ValueError("exempt_from and exempt_to need an exempt_clause")
        if self.exempt_to is not None and self.exempt_to <= (self.exempt_from or self.in_service_from):
            raise ValueError("exempt_to must be after the first day of the exemption")
        return self


class Instrument(Item):
    """A 检测仪器 as an enterprise declares it; one that tests at several is declared by each."""

    enterprise: Code
    serial: Print
    model: Name | None = None
    owner: Name | None = None
    response_time_s: Positive | None = None
    verified_until: date | None = None
    in_use_from: date
    in_use_to: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Instrument:
        if self.in_use_to is not None and self.in_use_to <= self.in_use_from:
            raise ValueError("in_use_to must be after in_use_from")
        return self


class LeakTester(InService):
    """A 检测人员 as an enterprise declares it."""

    enterprise: Code
    name: Person
    company: Name | None = None


class Campaign(Item):
    """A 检测轮次; its days are local and both included. installations: those it is about, all when empty.

    declared_*: what the report of the campaign says of itself.
    """

    enterprise: Code
    code: ItemCode
    name: Name
    from_day: date
    to_day: date
    contractor: Name | None = None
    installations: list[ItemCode] = Field(default_factory=list)
    declared_components: _Count | None = None
    declared_unreachable: _Count | None = None
    declared_leaks: _Count | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Campaign:
        if self.to_day < self.from_day:
            raise ValueError("to_day must not be before from_day")
        if len(set(self.installations)) != len(self.installations):
            raise ValueError("installations names one twice")
        for name in ("declared_unreachable", "declared_leaks"):
            part = getattr(self, name)
            if None not in (part, self.declared_components) and part > self.declared_components:
                raise ValueError(f"{name} must not be more than declared_components")
        return self


class EnterpriseList(Item):
    """That an enterprise is on a list of the bureau's (名录) which duties rest on; listed_to: first day off it."""

    enterprise: Code
    list: Literal["soil_key_unit", "cooling_water"]
    listed_from: date
    listed_to: date | None = None
    source: Name

    @model_validator(mode="after")
    def _in_order(self) -> EnterpriseList:
        if self.listed_to is not None and self.listed_to <= self.listed_from:
            raise ValueError("listed_to must be after listed_from")
        return self
