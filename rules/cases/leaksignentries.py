"""What a rule-test file may say of leak tests, for the LDAR signs. Strict as the rest of the file."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class RunEntry(_Strict):
    """`count` tests from `at` on, one every `every_s`, of components C-{first}, C-{first + 1}, ...

    spread: readings that fill (low, high) evenly, in tenths; readings: said one by one instead, the list again and
    again. net: said by the record instead of being computed. background, factor, dwell_s, size_mm: -1 for none.
    """

    at: datetime
    count: int = Field(default=1, ge=1, le=20_000)
    every_s: float = Field(default=75, ge=0)
    first: int = 1
    spread: list[float] = Field(default=[3.0, 60.0], min_length=2, max_length=2)
    readings: list[float] = Field(default_factory=list)
    net: float | None = None
    net_only: bool = False
    background: float = 2.0
    factor: float = 1.0
    dwell_s: float = 12.0
    size_mm: float = 50.0
    elevation_m: float = 1.0
    unit: str = "A"
    kind: str = "valve"
    medium: str = "gas"
    standard: str = "GB37822"
    reachable: bool = True
    method: str = "instrument"
    purpose: str = "routine"
    visible: bool = False
    has_time: bool = True
    campaign: str | None = "C1"
    instrument: str | None = "FID-0001"
    tester: str | None = "张工"
    video: str | None = "V-1"


class InstrumentEntry(_Strict):
    """A declared instrument."""

    serial: str = "FID-0001"
    model: str | None = None
    response_time_s: float | None = 5.0
    verified_until: date | None = None
    in_use_from: date = date(2000, 1, 1)
    in_use_to: date | None = None


class CalibrationEntry(_Strict):
    """A calibration."""

    at: datetime
    kind: str
    shown: float
    expected: float | None = 2000.0
    instrument: str = "FID-0001"


class UseEntry(_Strict):
    """A test at another enterprise."""

    at: datetime
    enterprise: str = "other"
    instrument: str = "FID-0001"
    model: str | None = None


class CampaignEntry(_Strict):
    """The campaign, judged as at the end of `as_of`."""

    from_day: date
    to_day: date
    as_of: date | None = None
    declared_components: int | None = None
    declared_unreachable: int | None = None
    declared_leaks: int | None = None


class LeakEntry(_Strict):
    """A leak of the ledger, found in the campaign."""

    component: str
    found_at: datetime
    net_umol_mol: float | None = None
    visible: bool = False
    medium: str = "gas"
    standard: str = "GB37822"
    repairs: list[datetime] = Field(default_factory=list)
    filed: bool = False
    settled: bool = False


class ServingEntry(_Strict):
    """Components in service that are not exempt."""

    unit: str = "A"
    kind: str = "valve"
    components: int


class PastEntry(_Strict):
    """A campaign before."""

    code: str
    points: int
    leaks: int


class LeaksEntry(_Strict):
    """Records of leak tests with what the register says; positions of units in m. past: campaigns before,
    the latest first."""

    runs: list[RunEntry] = Field(min_length=1)
    units: dict[str, list[float]] = Field(default_factory=dict)
    instruments: list[InstrumentEntry] = Field(default_factory=lambda: [InstrumentEntry()])
    testers: list[str] = Field(default_factory=lambda: ["张工"])
    calibrations: list[CalibrationEntry] = Field(default_factory=list)
    elsewhere: list[UseEntry] = Field(default_factory=list)
    campaign: CampaignEntry | None = None
    in_service: list[ServingEntry] = Field(default_factory=list)
    leaks: list[LeakEntry] = Field(default_factory=list)
    past: list[PastEntry] = Field(default_factory=list)
