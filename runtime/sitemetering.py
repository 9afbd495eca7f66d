"""Models of the metering register: intakes, production lines, quotas, metering places and meters."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from domain.ledger import MEDIA, WATER
from domain.metering import WaterUse
from domain.products import PRODUCTS
from runtime.siteitems import Code, Counter, InService, Item, ItemCode, Name, Positive, Print, Unit


class Intake(InService):
    """A water intake with its permitted yearly volume (取水许可证)."""

    enterprise: Code
    code: ItemCode
    name: Name
    source: Literal["surface", "ground", "public", "reclaimed", "purchased"]
    permitted_m3_a: Positive
    is_agricultural: bool
    permit_number: Name | None = None
    permit_from: date | None = None
    permit_to: date | None = None

    @model_validator(mode="after")
    def _permit_in_order(self) -> Intake:
        if None not in (self.permit_from, self.permit_to) and self.permit_to < self.permit_from:  # type: ignore[operator]
            raise ValueError("permit_to must not be before permit_from")
        return self


class ControlIndex(Item):
    """用水计划（总量控制指标） of an enterprise for a calendar year."""

    enterprise: Code
    year: Annotated[int, Field(ge=2000, le=2100)]
    water_m3: Positive
    source: Name


class Line(InService):
    """A production line (生产线); product is a key of domain.products, charging and quenching are of coke ovens."""

    enterprise: Code
    code: ItemCode
    name: Name
    product: Print
    capacity_t_a: Positive | None = None
    charging: Literal["top", "stamp"] | None = None
    quenching: Literal["dry", "wet"] | None = None
    commissioned_on: date | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Line:
        if self.product not in PRODUCTS:
            raise ValueError(f"product {self.product!r} is not known; expected one of {', '.join(PRODUCTS)}")
        if self.product != "coke" and (self.charging, self.quenching) != (None, None):
            raise ValueError("charging and quenching belong to lines of coke")
        if self.commissioned_on is not None and self.commissioned_on > self.in_service_from:
            raise ValueError("commissioned_on must not be after in_service_from")
        return self


class Quota(Item):
    """A water quota (用水定额) per unit of a product, in m3 per the product's unit."""

    product: Print
    region: Name
    edition: Name
    grade: Literal["leading", "advanced", "general", "mandatory"]
    value: Positive
    unit: Unit
    source: Name
    confidence: Literal["V", "V1", "V2", "KH", "KL"]
    valid_from: date
    valid_to: date | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Quota:
        if self.product not in PRODUCTS:
            raise ValueError(f"product {self.product!r} is not known; expected one of {', '.join(PRODUCTS)}")
        wanted = f"m3/{PRODUCTS[self.product].unit}"
        if self.unit != wanted:
            raise ValueError(f"unit {self.unit!r}: a quota of this product is in {wanted}")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to must not be before valid_from")
        return self


class MeteringPlace(InService):
    """Where a meter is required (GB/T 24789 for water, GB 17167 for energy).

    medium: water, or a kind of energy. flow: in or out of the user. use: what the water is there for. parent: the place
    whose meter measures what passes here too, of the same medium. line: the production line that it feeds.
    """

    enterprise: Code
    code: ItemCode
    name: Name
    level: Literal["unit", "secondary", "equipment"]
    medium: Print = "water"
    flow: Literal["in", "out"] = "in"
    use: WaterUse | None = None
    intake: ItemCode | None = None
    parent: ItemCode | None = None
    line: ItemCode | None = None

    @model_validator(mode="after")
    def _coherent(self) -> MeteringPlace:
        if self.medium not in MEDIA:
            raise ValueError(f"medium {self.medium!r} is not known; expected one of {', '.join(MEDIA)}")
        if self.medium != WATER and (self.use, self.intake) != (None, None):
            raise ValueError("use and intake belong to places of water")
        if self.parent == self.code:
            raise ValueError("a place is not its own parent")
        return self


class Meter(Item):
    """A meter fitted at a metering place; counter: its register where that differs from the point's."""

    enterprise: Code
    place: ItemCode
    serial: Print
    accuracy_class: Print | None = None
    verified_on: date
    verification_months: Annotated[int, Field(ge=1, le=240)]
    installed_on: date
    removed_on: date | None = None
    point: ItemCode | None = None
    counter: Counter | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Meter:
        if self.removed_on is not None and self.removed_on <= self.installed_on:
            raise ValueError("removed_on must be after installed_on")
        if self.removed_on is not None and self.verified_on > self.removed_on:
            raise ValueError("verified_on must not be after removed_on: what holds for the next place is a new segment")
        return self
