"""Water metering: which places must have a meter, which meters count, and when an intake is online.

Terms after GB/T 24789 (用水单位水计量器具配备和管理通则); a place is 用水单位, 次级用水单位 or 主要用水设备 level.
All dates are local days. `in_service_to` and `removed_on` are the first day without.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain.periods import add_months


class PlaceLevel(StrEnum):
    """Level of a metering place."""

    UNIT = "unit"  # 用水单位
    SECONDARY = "secondary"  # 次级用水单位
    EQUIPMENT = "equipment"  # 主要用水设备


#: What people call a level, whatever the medium.
LEVEL_NAMES = {
    PlaceLevel.UNIT.value: "进出单位",
    PlaceLevel.SECONDARY.value: "次级单位",
    PlaceLevel.EQUIPMENT.value: "主要设备",
}


class WaterUse(StrEnum):
    """What the water at a place is there for (GB/T 7119, GB/T 21534)."""

    FRESH = "fresh"  # 新水
    REUSED = "reused"  # 重复利用: used again, after treatment or as it is
    COOLING_CIRCULATING = "cooling_circulating"  # 间接冷却循环水
    COOLING_MAKEUP = "cooling_makeup"  # 间接冷却循环系统补充水
    CONDENSATE = "condensate"  # 回用的蒸汽冷凝水
    STEAM = "steam"  # 产汽量, from which the condensate comes
    DISCHARGE = "discharge"  # 外排
    SOLD = "sold"  # 转供


@dataclass(frozen=True, slots=True)
class WaterUser:
    """An enterprise as far as metering is concerned. Counted from registered_from on.

    key_water, key_energy: by whose list it is a 重点用水单位 or 重点用能单位 (national, region, city), None for none.
    """

    code: str
    district: str
    is_industrial: bool
    registered_from: date
    park: str | None = None
    industry: str = ""
    key_water: str | None = None
    key_energy: str | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """An intake (取水口) with its permitted annual volume (许可水量)."""

    enterprise: str
    code: str
    source: str
    permitted_m3_a: float
    is_agricultural: bool
    in_service_from: date
    in_service_to: date | None = None
    permit_number: str | None = None
    permit_from: date | None = None
    permit_to: date | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a meter is required; `intake` names the intake that it measures, if it measures one.

    medium: key of `domain.ledger.MEDIA`. flow: ``in`` or ``out`` of the user. use: a `WaterUse`, None: not said.
    parent: the place whose meter measures what passes here too. line: the production line that it feeds.
    """

    enterprise: str
    code: str
    level: str
    intake: str | None
    in_service_from: date
    in_service_to: date | None = None
    medium: str = "water"
    flow: str = "in"
    use: str | None = None
    parent: str | None = None
    line: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A production line; product is a key of `domain.products.PRODUCTS`.

    charging: ``top`` (顶装) or ``stamp`` (捣固), quenching: ``dry`` or ``wet``, of coke ovens only. capacity_t_a: in
    units of the product a year.
    """

    enterprise: str
    code: str
    product: str
    in_service_from: date
    in_service_to: date | None = None
    capacity_t_a: float | None = None
    charging: str | None = None
    quenching: str | None = None
    commissioned_on: date | None = None


@dataclass(frozen=True, slots=True)
class ControlIndex:
    """用水计划（总量控制指标） of an enterprise for a calendar year, in m3."""

    enterprise: str
    year: int
    water_m3: float


@dataclass(frozen=True, slots=True)
class Quota:
    """用水定额 per unit of a product. grade: ``leading``, ``advanced``, ``general`` or ``mandatory``."""

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
class Meter:
    """One installation of a meter at a place. point_id is None for a meter that is not connected."""

    enterprise: str
    place: str
    serial: str
    verified_on: date
    verification_months: int
    installed_on: date
    removed_on: date | None = None
    point_id: int | None = None
    point: str | None = None
    point_in_service_from: date | None = None
    point_in_service_to: date | None = None

    @property
    def verification_due(self) -> date:
        """Last day on which the verification (检定) holds."""
        return add_months(self.verified_on, self.verification_months)

    def is_fitted(self, day: date) -> bool:
        """Whether it is installed that day and its verification holds; the due day itself still counts."""
        return in_service(self.installed_on, self.removed_on, day) and day <= self.verification_due

    def is_connected(self, day: date) -> bool:
        """Whether it has a point in service that day."""
        return (
            self.point_id is not None
            and self.point_in_service_from is not None
            and in_service(self.point_in_service_from, self.point_in_service_to, day)
        )


def in_service(first: date, end: date | None, day: date) -> bool:
    """Whether a day lies in [first, end); no end means still in service."""
    return first <= day and (end is None or day < end)


def in_month(served: Place | Line | Intake, first: date) -> bool:
    """Whether a place, a line or an intake was in service on any day of the month that begins on `first`."""
    return served.in_service_from < add_months(first, 1) and (
        served.in_service_to is None or served.in_service_to > first
    )


def fitted_meter(meters: Iterable[Meter], day: date) -> Meter | None:
    """The meter that makes its place count as fitted on a day: of several, the one installed last."""
    fitted = [meter for meter in meters if meter.is_fitted(day)]
    return max(fitted, key=lambda meter: (meter.installed_on, meter.serial), default=None)


def unfitted_reason(meters: Iterable[Meter], day: date) -> str:
    """Why a place without a fitted meter has none: ``verification_expired`` or ``no_meter``."""
    installed = any(in_service(meter.installed_on, meter.removed_on, day) for meter in meters)
    return "verification_expired" if installed else "no_meter"


def counted_from(meter: Meter, registered_from: date, day: date) -> date:
    """First day of the month's arrival rate (到报率) of a connected meter, as seen on a day of that month."""
    start = max(day.replace(day=1), meter.installed_on, registered_from)
    return max(start, meter.point_in_service_from) if meter.point_in_service_from is not None else start


def elapsed_hours(start: date, day: date) -> int:
    """Hours from the start of one local day to the end of another: the site's days have 24 hours."""
    return 24 * ((day - start) // timedelta(days=1) + 1)


def must_be_online(intake: Intake, *, surface_m3_a: float, ground_m3_a: float) -> bool:
    """Whether an intake must have online metering (取水计量在线监控), by source and permitted volume."""
    threshold = {"surface": surface_m3_a, "ground": ground_m3_a}.get(intake.source)
    return not intake.is_agricultural and threshold is not None and intake.permitted_m3_a >= threshold


def reaches(numerator: float, denominator: float, percent: float, *, strictly: bool = False) -> bool:
    """Whether numerator / denominator is at least (strictly: more than) some percent.

    Compared crosswise, so that 850,000 of 1,000,000 is 85 % exactly and no binary fraction decides. False for an
    empty denominator.
    """
    if denominator <= 0:
        return False
    left, right = 100.0 * numerator, percent * denominator
    return left > right if strictly else left >= right
