"""What a rule-test file may say. Strict, so that a mistyped key cannot make a test pass."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.errors import BadInput
from domain.limits import Region
from domain.metering import Intake, Meter, Place, WaterUser
from domain.periods import require_aware
from domain.points import Basis
from rules.cases.duties import DutyEntry
from rules.cases.leakentries import EmittingEntry, LeakingEntry
from rules.cases.leaks import ComponentEntry
from rules.cases.leaksignentries import LeaksEntry
from rules.cases.reminders import TermEntry
from rules.cases.stack import Stack
from rules.evaluators.contract import Judgement


class CaseError(BadInput):
    """A rule test file is wrong."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Expectation(_Strict):
    """A judgement that must be made: its period starts `at`. value: compared to nine digits when given."""

    at: datetime
    verdict: Literal["compliant", "violation", "undetermined"]
    reason: str
    subject: str | None = None
    value: float | None = None
    ends: datetime | None = None

    def mismatch(self, found: Judgement) -> str | None:
        """How a judgement of the same subject and start differs, None when it does not."""
        said = (found.verdict.value, found.reason)
        if said != (self.verdict, self.reason):
            return f"expected {self.verdict} {self.reason}, found {' '.join(said)}"
        if self.value is not None and (found.value is None or abs(found.value - self.value) > 1e-9 * abs(self.value)):
            return f"expected value {self.value}, found {found.value}"
        if self.ends is not None and found.period.end != self.ends:
            return f"expected an end at {self.ends}, found {found.period.end}"
        return None


class UserEntry(_Strict):
    """A water user."""

    code: str
    district: str
    is_industrial: bool = True
    registered_from: date
    park: str | None = None
    industry: str = ""
    key_water: str | None = None
    key_energy: str | None = None


class IntakeEntry(_Strict):
    """An intake."""

    enterprise: str
    code: str
    source: str
    permitted_m3_a: float
    is_agricultural: bool = False
    in_service_from: date = date(2020, 1, 1)
    in_service_to: date | None = None
    permit_number: str | None = None
    permit_from: date | None = None
    permit_to: date | None = None


class PlaceEntry(_Strict):
    """A metering place."""

    enterprise: str
    code: str
    level: str = "unit"
    medium: str = "water"
    flow: str = "in"
    use: str | None = None
    intake: str | None = None
    parent: str | None = None
    line: str | None = None
    in_service_from: date = date(2020, 1, 1)
    in_service_to: date | None = None


class MeterEntry(_Strict):
    """A meter; `point` names a series of hours_with_reading."""

    enterprise: str
    place: str
    serial: str
    verified_on: date
    verification_months: int
    installed_on: date = date(2025, 1, 1)
    removed_on: date | None = None
    point: str | None = None
    point_in_service_from: date = date(2020, 1, 1)


class LineEntry(_Strict):
    """A production line."""

    enterprise: str
    code: str
    product: str
    capacity_t_a: float | None = None
    charging: str | None = None
    quenching: str | None = None
    commissioned_on: date | None = None
    in_service_from: date = date(2020, 1, 1)
    in_service_to: date | None = None


class ControlIndexEntry(_Strict):
    """Water that an enterprise may use in a year."""

    enterprise: str
    year: int
    water_m3: float


class QuotaEntry(_Strict):
    """A water quota."""

    product: str
    region: str = "内蒙古"
    edition: str = "2020"
    grade: str
    value: float
    unit: str
    source: str = "虚构"
    confidence: str = "V"
    valid_from: date = date(2020, 1, 1)
    valid_to: date | None = None


class LedgerFigure(_Strict):
    """Reported figures of one item: `values` of as many months from `from` on, or one `year`. No enterprise: the city.

    A month of which nothing was reported is left out by `_`: values = "100 _ 100*10".
    """

    enterprise: str | None = None
    line: str | None = None
    item: str
    start: date | None = Field(default=None, alias="from")
    values: str = ""
    year: int | None = None
    value: float | None = None


class PlaceFigure(_Strict):
    """Monthly totals of a place from `from` on, as `values`; `why`: of all of them, None when complete."""

    enterprise: str
    place: str
    start: date = Field(alias="from")
    values: str
    bridged: float = 0.0
    hours: int | None = None
    why: str | None = None


class LimitEntry(_Strict):
    """A limit of the case's outlet, in the words of the site file; its quantity, kind and averaging are the case's."""

    value: float = Field(gt=0)
    unit: Literal["mg/m3", "ug/m3", "ng/m3", "kg/h", "t"] = "mg/m3"
    decimals: int = Field(default=0, ge=0, le=6)
    reference_o2_pct: float | None = Field(default=None, ge=0, lt=21)
    exempt_process: list[str] = Field(default_factory=list)
    enabled: bool = True
    valid_from: date = date(2000, 1, 1)
    valid_to: date | None = None

    def fields(self) -> dict[str, Any]:
        """As fields of `domain.limits.Limit`."""
        return {**dict(self), "exempt_process": tuple(self.exempt_process), "region": Region.ANY}


class CounterEntry(_Strict):
    """The register of the case's counter, in the words of the site file."""

    digits: int
    scale: float = 1.0
    max_rate_per_h: float | None = None


class ChangeEntry(_Strict):
    """A recorded replacement of the case's meter."""

    changed_at: datetime
    old_final: float
    new_initial: float


class MarkEntry(_Strict):
    """A process mark at the case's outlet: [from, to)."""

    kind: str
    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to")


class StackEntry(_Strict):
    """What the register says of the case's outlet, in the words of the site file."""

    duct_area_m2: float | None = None
    velocity_factor: float | None = None
    atmosphere_kpa: float | None = None


class Case(_Strict):
    """One test. Which fields it takes depends on the rule's evaluator, see rules/README.md.

    covers: what the case shows of the rule; every rule needs violation, compliant, boundary and too_little_data.
    complete: whether the expectations are all that may be found.
    """

    name: str = Field(min_length=1)
    covers: Literal["violation", "compliant", "boundary", "too_little_data", "other"]
    at: datetime
    expect: list[Expectation]
    complete: bool = True
    series: dict[str, str] = Field(default_factory=dict)
    interval_s: int = Field(default=60, ge=1, le=3600)
    in_service_from: date | None = None
    process: str | None = None
    limit: LimitEntry | None = None
    key_region_from: date | None = None
    process_marks: list[MarkEntry] = Field(default_factory=list)
    running: str | None = None
    makeup_air: bool | None = None
    unit: str = "mg/m3"
    stated_unit: str | None = None
    basis: Basis | None = Field(default=None, strict=False)
    stack: StackEntry = StackEntry()
    units: dict[str, str] = Field(default_factory=dict)
    bases: dict[str, str] = Field(default_factory=dict)
    days: list[date] = Field(default_factory=list)
    districts: list[str] = Field(default_factory=list)
    enterprises: list[UserEntry] = Field(default_factory=list)
    intakes: list[IntakeEntry] = Field(default_factory=list)
    places: list[PlaceEntry] = Field(default_factory=list)
    meters: list[MeterEntry] = Field(default_factory=list)
    hours_with_reading: dict[str, str] = Field(default_factory=dict)
    month: date | None = None
    lines: list[LineEntry] = Field(default_factory=list)
    control_indices: list[ControlIndexEntry] = Field(default_factory=list)
    quotas: list[QuotaEntry] = Field(default_factory=list)
    ledger: list[LedgerFigure] = Field(default_factory=list)
    totals: list[PlaceFigure] = Field(default_factory=list)
    as_of: date | None = None
    registered_from: date | None = None
    components_in_service: int | None = None
    components: list[ComponentEntry] = Field(default_factory=list)
    emitting: list[EmittingEntry] = Field(default_factory=list)
    leaking: list[LeakingEntry] = Field(default_factory=list)
    leak_records: LeaksEntry | None = None
    terms: list[TermEntry] = Field(default_factory=list)
    outcomes: list[str] = Field(default_factory=list)
    outlet: Stack | None = None
    duty: DutyEntry | None = None
    counter: CounterEntry | None = None
    corrections: str | None = None
    meter_changes: list[ChangeEntry] = Field(default_factory=list)

    @property
    def start(self) -> datetime:
        """`at` in UTC; it must have an offset."""
        return require_aware(self.at)

    def users(self) -> list[WaterUser]:
        """Enterprises as the domain has them."""
        return [WaterUser(**dict(entry)) for entry in self.enterprises]

    def domain_intakes(self) -> list[Intake]:
        """Intakes as the domain has them."""
        return [Intake(**dict(entry)) for entry in self.intakes]

    def domain_places(self) -> list[Place]:
        """Places as the domain has them."""
        return [Place(**dict(entry)) for entry in self.places]

    def domain_meters(self, point_ids: dict[str, int]) -> list[Meter]:
        """Meters as the domain has them."""
        return [
            Meter(**dict(entry), point_id=None if entry.point is None else point_ids[entry.point])
            for entry in self.meters
        ]


class _File(_Strict):
    rule: str | list[str]
    case: list[Case] = Field(min_length=1)


def read_cases(path: Path) -> list[tuple[str, Case]]:
    """(rule id, case) of a file. Raises CaseError naming file, key and reason."""
    try:
        content = _File.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CaseError(f"{path.name}: {error}") from error
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise CaseError(f"{path.name}: {'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}") from error
    ids = [content.rule] if isinstance(content.rule, str) else content.rule
    return [(rule_id, case) for rule_id in ids for case in content.case]
