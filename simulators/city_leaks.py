"""What is registered of leak detection and repair in the simulated city: installations, units, sealing points, who
tests them with what, campaigns, and the lists that duties rest on. Fields as the site file has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Installation:
    """started_on: None for in_service_from; hours_per_year: None for all of them."""

    enterprise: str
    code: str
    name: str
    in_service_from: date
    family: str = "socmi"
    standard: str = "GB37822"
    started_on: date | None = None
    hours_per_year: float | None = None
    in_service_to: date | None = None


@dataclass(frozen=True, slots=True)
class ProcessUnit:
    """x_m, y_m: its middle on the plant's own grid."""

    enterprise: str
    installation: str
    code: str
    name: str
    x_m: float | None = None
    y_m: float | None = None

    @property
    def path(self) -> str:
        """``{installation}/{code}``, as components name it."""
        return f"{self.installation}/{self.code}"


@dataclass(frozen=True, slots=True)
class Component:
    """unit: ``installation/unit`` where that is registered; its name is then unit_name, which the site leaves out."""

    enterprise: str
    code: str
    name: str
    unit_name: str
    kind: str
    medium: str
    in_service_from: date
    in_service_to: date | None = None
    exempt_clause: str | None = None
    unit: str | None = None
    tag: str | None = None
    service: str | None = None
    size_mm: float | None = None
    reachable: bool = True
    elevation_m: float | None = None
    voc_share: float | None = None
    exempt_from: date | None = None
    exempt_to: date | None = None

    @property
    def key(self) -> str:
        """``{enterprise}/{code}``, as in a finding's subject."""
        return f"{self.enterprise}/{self.code}"

    def serves(self, day: date) -> bool:
        """Whether it is in service on a day."""
        return self.in_service_from <= day and (self.in_service_to is None or day < self.in_service_to)

    def is_exempt(self, day: date) -> bool:
        """Whether nothing is required of it on a day."""
        if self.exempt_clause is None:
            return False
        since = self.exempt_from or self.in_service_from
        return since <= day and (self.exempt_to is None or day < self.exempt_to)


@dataclass(frozen=True, slots=True)
class DeclaredInstrument:
    enterprise: str
    serial: str
    model: str
    response_time_s: float
    in_use_from: date
    owner: str | None = None
    verified_until: date | None = None


@dataclass(frozen=True, slots=True)
class DeclaredTester:
    enterprise: str
    name: str
    in_service_from: date
    company: str | None = None


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign as its report's cover has it; both days included."""

    enterprise: str
    code: str
    name: str
    from_day: date
    to_day: date
    contractor: str | None = None
    installations: tuple[str, ...] = ()
    declared_components: int | None = None
    declared_unreachable: int | None = None
    declared_leaks: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """An enterprise on a list of the bureau's."""

    enterprise: str
    list: str
    listed_from: date
    source: str
    listed_to: date | None = None
