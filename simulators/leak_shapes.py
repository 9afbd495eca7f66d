"""What an LDAR campaign leaves behind: places to test, people, instruments, and the records of tests and repairs.

Plain records, as a contractor's tablet would hold them; what goes on the wire is made of them elsewhere. Instants are
aware, days local. Figures are umol/mol as carbon.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Spot:
    """One component as those who walk up to it know it. x_m, y_m: the middle of its unit on the plant's grid."""

    code: str
    unit: str
    kind: str
    medium: str
    x_m: float = 0.0
    y_m: float = 0.0
    elevation_m: float = 0.0
    size_mm: float | None = 50.0
    reachable: bool = True


@dataclass(frozen=True, slots=True)
class Instrument:
    serial: str
    model: str
    response_time_s: float


@dataclass(frozen=True, slots=True)
class Probe:
    """A test. reading: as shown, background included; net: what the record says of it, corrected where it says so.

    By a method without a probe there are no figures. has_time: False where only the day was written down.
    """

    component: str
    tested_at: datetime
    reading: float | None
    background: float | None
    net: float | None
    response_factor: float | None = None
    dwell_s: float | None = None
    method: str = "instrument"
    purpose: str = "routine"
    visible: bool = False
    campaign: str | None = None
    instrument: str | None = None
    tester: str | None = None
    video: str | None = None
    has_time: bool = True


@dataclass(frozen=True, slots=True)
class Check:
    """A calibration: kind zero, span, drift, response_time (s) or flow (L/min)."""

    instrument: str
    done_at: datetime
    kind: str
    expected: float | None
    shown: float


@dataclass(frozen=True, slots=True)
class Mending:
    """A repair of a component that was found leaking."""

    component: str
    found_at: datetime
    repaired_at: datetime
    measure: str
    repaired_by: str


@dataclass(frozen=True, slots=True)
class Filing:
    """A delayed repair as filed with the bureau."""

    component: str
    found_at: datetime
    filed_at: datetime
    ground: str
    repair_by: date
    document: str


@dataclass(frozen=True, slots=True)
class Campaign:
    """A round of tests at one enterprise, with everything that was declared and recorded.

    spots: the ledger's components that are due. declared_unreachable, declared_leaks: as the report's cover says.
    also: what was recorded at another enterprise with the same instruments, where that matters.
    """

    enterprise: str
    code: str
    from_day: date
    to_day: date
    spots: tuple[Spot, ...]
    instruments: tuple[Instrument, ...]
    testers: tuple[str, ...]
    tests: tuple[Probe, ...]
    checks: tuple[Check, ...]
    mendings: tuple[Mending, ...] = ()
    filings: tuple[Filing, ...] = ()
    declared_components: int = 0
    declared_unreachable: int = 0
    declared_leaks: int = 0
    also: Campaign | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened to a component, or to a whole installation: restart or release."""

    kind: str
    happened_at: datetime
    component: str | None = None
    installation: str | None = None
    note: str | None = None


Fact = Probe | Mending | Filing | Check | Happening


@dataclass(frozen=True, slots=True)
class Told:
    """A fact that an enterprise's gateway sends with the messages of hour `sent`, and what must become of it; the
    bureau posts its own over the API once that hour is over.

    becomes: stored, duplicate, correction, or the reason for which it is refused.
    """

    enterprise: str
    sent: int
    fact: Fact
    becomes: str = "stored"

    @property
    def is_bureaus(self) -> bool:
        """Whether it is of a spot check, which no plant may report of itself."""
        return isinstance(self.fact, Probe) and self.fact.purpose == "spot_check"

    @property
    def clock(self) -> int:
        """The clock value at which it is at the platform."""
        return self.sent + 1

    @property
    def key(self) -> str | None:
        """``{enterprise}/{component}``; None of what is not about a component."""
        code = None if isinstance(self.fact, Check) else self.fact.component
        return None if code is None else f"{self.enterprise}/{code}"

    @property
    def at(self) -> datetime:
        """When it was done."""
        fact = self.fact
        match fact:
            case Probe():
                return fact.tested_at
            case Mending():
                return fact.repaired_at
            case Filing():
                return fact.filed_at
            case Check():
                return fact.done_at
        return fact.happened_at
