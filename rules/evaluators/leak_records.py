"""Records of leak tests as the LDAR signs look at them: a local day, or a campaign, of one enterprise, in columns.

A sign says what was seen, that it was looked for and not seen (`no_sign`), or that there was too little to look at. It
never says why. Every threshold is ours (DESIGN) unless a pack's row names a source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import Period
from rules.evaluators.contract import Evidence, Floats, Ints, Judgement, Params, evaluator, json_instant

Bools = NDArray[np.bool_]
Texts = NDArray[np.str_]

NO_SIGN, TOO_FEW = "no_sign", "too_few_records"
#: Records that evidence names one by one.
EXAMPLES = 20
#: Share of times on the full minute from which a logger's clock is one of minutes.
_MINUTE_CLOCK_SHARE = 0.95
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class LeakRecords:
    """Tests in order of time, each by its newest revision. Texts are empty and figures NaN where nothing was said.

    tested_ms: since 1970; has_time: whether the time of day is known. unit: its code or name; x_m, y_m: of the unit's
    middle, elevation_m: of the component. standard: that regulates the component's installation.
    """

    component: Texts
    kind: Texts
    medium: Texts
    unit: Texts
    standard: Texts
    reachable: Bools
    size_mm: Floats
    elevation_m: Floats
    x_m: Floats
    y_m: Floats
    tested_ms: Ints
    has_time: Bools
    net_umol_mol: Floats
    reading_umol_mol: Floats
    background_umol_mol: Floats
    response_factor: Floats
    dwell_s: Floats
    method: Texts
    purpose: Texts
    visible: Bools
    campaign: Texts
    instrument: Texts
    tester: Texts
    video: Texts

    def __len__(self) -> int:
        return len(self.tested_ms)

    @classmethod
    def of(cls, rows: Sequence[Any]) -> LeakRecords:
        """Columns of rows that have these names, in order of time; None for what is not known."""
        ordered = sorted(rows, key=lambda row: (row.tested_ms, row.component))
        columns = {
            column.name: _COLUMNS[str(column.type)]([getattr(row, column.name) for row in ordered])
            for column in fields(cls)
        }
        return cls(**columns)

    def where(self, chosen: Bools) -> LeakRecords:
        """Some of the rows."""
        return LeakRecords(**{column.name: getattr(self, column.name)[chosen] for column in fields(self)})

    @property
    def by_probe(self) -> Bools:
        """Made with an instrument at the interface."""
        probed: Bools = self.method == "instrument"
        return probed

    @property
    def above_background(self) -> Floats:
        """Reading minus background where both are known, umol/mol."""
        return self.reading_umol_mol - self.background_umol_mol

    def examples(self, chosen: Bools) -> list[Evidence]:
        """The first of the chosen rows as evidence names them."""
        return [
            {"component": str(self.component[row]), "at": json_ms(int(self.tested_ms[row]))}
            for row in np.flatnonzero(chosen)[:EXAMPLES]
        ]


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _texts(values: Sequence[str | None]) -> Texts:
    return np.array([value or "" for value in values], np.str_)


_COLUMNS: Mapping[str, Callable[[Sequence[Any]], NDArray[Any]]] = {
    "Floats": _floats,
    "Texts": _texts,
    "Ints": lambda values: np.array(values, np.int64),
    "Bools": lambda values: np.array(values, np.bool_),
}


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument as the enterprise has declared it; dates as in the register."""

    serial: str
    model: str | None
    response_time_s: float | None
    verified_until: date | None
    in_use_from: date
    in_use_to: date | None

    def serves(self, day: date) -> bool:
        """Whether it is declared for a day."""
        return self.in_use_from <= day and (self.in_use_to is None or day < self.in_use_to)


@dataclass(frozen=True, slots=True)
class LeakTester:
    """A tester as the enterprise has declared them."""

    name: str
    in_service_from: date
    in_service_to: date | None

    def serves(self, day: date) -> bool:
        """Whether they are declared for a day."""
        return self.in_service_from <= day and (self.in_service_to is None or day < self.in_service_to)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A calibration that stands; kind zero, span, drift, response_time or flow."""

    instrument: str
    done_ms: int
    kind: str
    expected: float | None
    shown: float


@dataclass(frozen=True, slots=True)
class Use:
    """A test with an instrument of the same number at another enterprise. model: as declared there."""

    enterprise: str
    instrument: str
    model: str | None
    tested_ms: int


@dataclass(frozen=True, slots=True)
class LeakDay:
    """A local day of an enterprise. calibrations: of its instruments, from some hours before the day to some after."""

    subject: Subject
    day: Period
    local_day: date
    tests: LeakRecords
    instruments: Sequence[Instrument] = ()
    testers: Sequence[LeakTester] = ()
    calibrations: Sequence[Calibration] = ()
    elsewhere: Sequence[Use] = ()

    def declared(self) -> dict[str, Instrument]:
        """Instruments that are declared for the day, by `key_of` their number."""
        return {key_of(one.serial): one for one in self.instruments if one.serves(self.local_day)}


@dataclass(frozen=True, slots=True)
class InService:
    """Components in service on the campaign's last day that are not exempt, by unit and kind."""

    unit: str
    kind: str
    components: int


@dataclass(frozen=True, slots=True)
class CampaignLeak:
    """A leak of the ledger that was found in the campaign. repairs: instants of its repairs, ms; is_filed: a delay of
    its repair was filed; is_settled: closed, or its component was taken out of service."""

    component: str
    medium: str
    standard: str
    found_ms: int
    found_on: date
    net_umol_mol: float | None
    visible: bool
    repairs_ms: Sequence[int]
    is_filed: bool
    is_settled: bool


@dataclass(frozen=True, slots=True)
class PastCampaign:
    """A campaign before: points tested and how many of them leaked, by the lowest published definition."""

    code: str
    points: int
    leaks: int


@dataclass(frozen=True, slots=True)
class LeakCampaign:
    """A campaign: its tests, also those outside its days that name it. as_of: the last closed local day."""

    subject: Subject
    code: str
    period: Period
    from_day: date
    to_day: date
    as_of: date
    tests: LeakRecords
    declared_components: int | None = None
    declared_unreachable: int | None = None
    declared_leaks: int | None = None
    in_service: Sequence[InService] = ()
    leaks: Sequence[CampaignLeak] = ()
    retests: LeakRecords | None = None
    past: Sequence[PastCampaign] = ()

    @property
    def routine(self) -> LeakRecords:
        """Tests of the schedule, within the campaign's days."""
        tests = self.tests
        start, end = epoch_ms(self.period.start), epoch_ms(self.period.end)
        inside = (tests.tested_ms >= start) & (tests.tested_ms < end)
        return tests.where(inside & np.isin(tests.purpose, ["routine", "recheck"]))


class LeakSignParams(Params):
    """min_records: below it nothing is said."""

    min_records: int = Field(ge=1)


@dataclass(slots=True)
class Look:
    """What a sign found: entries of what was seen, the weightiest first, each with a `detail`; how many records could
    speak; why nothing can be said when these are too few."""

    records: int
    seen: list[Evidence] = field(default_factory=list)
    value: float | None = None
    unit: str | None = None
    evidence: Evidence = field(default_factory=dict)
    otherwise: str = TOO_FEW

    def note(self, detail: str, **entry: Any) -> None:
        """Note something that was seen."""
        self.seen.append({"detail": detail, **entry})


def day_sign(name: str, *, params: type[LeakSignParams]) -> Callable[[Callable[..., Look]], Callable[..., Look]]:
    """Register a sign as the evaluator `ldar_sign_{name}` of days. Raises ValueError for a name given twice."""
    return _sign(name, params, LeakDay)


def campaign_sign(name: str, *, params: type[LeakSignParams]) -> Callable[[Callable[..., Look]], Callable[..., Look]]:
    """Register a sign as the evaluator `ldar_sign_{name}` of campaigns. Raises ValueError for a name given twice."""
    return _sign(name, params, LeakCampaign)


def _sign(
    name: str, params: type[LeakSignParams], window: type[Any]
) -> Callable[[Callable[..., Look]], Callable[..., Look]]:
    def register(looking: Callable[..., Look]) -> Callable[..., Look]:
        def judge(window: LeakDay | LeakCampaign, given: LeakSignParams) -> list[Judgement]:
            return [_judgement(window, given, looking(window, given))] if len(window.tests) else []

        title = f"ldar_sign_{name}"
        evaluator(title, params=params, window=window, selects=set(), subjects={SubjectKind.ENTERPRISE})(judge)
        return looking

    return register


def _judgement(window: LeakDay | LeakCampaign, params: LeakSignParams, look: Look) -> Judgement:
    if look.seen:
        verdict, reason = Verdict.VIOLATION, str(look.seen[0]["detail"])
    elif look.records < params.min_records:
        verdict, reason = Verdict.UNDETERMINED, look.otherwise
    else:
        verdict, reason = Verdict.COMPLIANT, NO_SIGN
    evidence: Evidence = {
        "seen": look.seen,
        "records": look.records,
        "tests": len(window.tests),
        **look.evidence,
        "thresholds": params.model_dump(mode="json"),
    }
    if isinstance(window, LeakCampaign):
        evidence["campaign"] = window.code
    period = window.period if isinstance(window, LeakCampaign) else window.day
    return Judgement(window.subject, period, verdict, reason, look.value, unit=look.unit, evidence=evidence)


def epoch_ms(at: datetime) -> int:
    """An instant as columns have it."""
    return round(at.timestamp() * 1000)


def json_ms(ms: int) -> str:
    """An instant as evidence writes it."""
    return json_instant(datetime.fromtimestamp(ms // 1000, UTC))


def is_minute_clock(tested_ms: Ints) -> bool:
    """Whether times are those of a logger that knows minutes only: nearly all lie on a full minute."""
    if not len(tested_ms):
        return False
    return float((tested_ms % _MINUTE_MS == 0).mean()) >= _MINUTE_CLOCK_SHARE


def key_of(name: str) -> str:
    """A number or a name as people may write it: case and blanks say nothing."""
    return "".join(name.split()).upper()


def names_of(column: Texts) -> list[str]:
    """The different texts of a column that are not empty, in order."""
    return [str(name) for name in np.unique(column) if name]


def pct(part: float, whole: float) -> float:
    """A share in per cent with one decimal, 0 of nothing."""
    return round(100.0 * part / whole, 1) if whole else 0.0


def count_by(names: Iterable[str]) -> dict[str, int]:
    """How often each name occurs, by name."""
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))
