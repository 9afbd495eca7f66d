"""One local day of one outlet, as the signs of false data look at it: hourly rows, the days before, limits and marks.

A sign says what was seen (`seen`), that it was looked for and not seen (`not_seen`), or that there was too little to
look at (`too_little_data`). It never says why. An outlet without the points that a sign needs gets no finding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from domain.air import POLLUTANTS, convert_columns
from domain.findings import Subject, SubjectKind, Verdict
from domain.limits import Limit, mg_m3_factor
from domain.periods import Period, numbered_hour
from rules.evaluators.contract import Evidence, Floats, Ints, Judgement, Params, evaluator, json_instant

Bools = NDArray[np.bool_]

#: Local days have 24 hours in Asia/Shanghai, which knows no daylight saving.
DAY_HOURS = 24
#: Days of an outlet's own past that a sign may look at.
HISTORY_DAYS = 30
#: What says whether a source runs.
RUNNING_QUANTITIES = frozenset({"flue_flow", "flue_velocity", "flue_temperature"})
#: Analysers that work in batches (chromatographs) repeat a value until the next one is there.
BATCH_INTERVAL_S = 600
SEEN, NOT_SEEN, TOO_LITTLE = "seen", "not_seen", "too_little_data"


class SignParams(Params):
    """What every sign has. weight: of one day on which it is seen, in the score of the outlet."""

    weight: float = Field(gt=0, le=100)
    min_valid_minutes: int = Field(default=45, ge=1, le=60)
    min_valid_hours: int = Field(default=20, ge=1, le=24)


@dataclass(frozen=True, slots=True)
class DayHours:
    """Hourly rows of one point: one entry an hour, NaN or 0 where there is no row. Columns as of table `hourly`.

    flagged: readings with C, M or D. calibrating: with C. stopped: with F or f. twin: number of an earlier hour of the
    point with the same digest, -1 for none or when nobody asked.
    """

    mean: Floats
    valid_minutes: Ints
    reading_count: Ints
    valid_count: Ints
    minimum: Floats
    maximum: Floats
    first_value: Floats
    last_value: Floats
    deviation: Floats
    marked_minutes: Ints
    flat_head_s: Ints
    flat_tail_s: Ints
    flat_longest_s: Ints
    zero_minutes: Ints
    negative_minutes: Ints
    maximum_count: Ints
    late_count: Ints
    flagged: Ints
    calibrating: Ints
    stopped: Ints
    corrected: Bools
    twin: Ints


@dataclass(frozen=True, slots=True)
class PastDays:
    """The 30 days before, oldest first: means and coefficients of variation of a day's good hours, NaN where none.

    flagged_minutes: minutes with C, M or D or taken out by equipment marks; reported_hours: hours with a reading.
    """

    good_hours: Ints
    mean: Floats
    variation: Floats
    flagged_minutes: Floats
    reported_hours: Ints


@dataclass(frozen=True, slots=True)
class PastCalibrations:
    """Hours of the 30 days before, and of the day, that are at most two hours from a calibration; in order."""

    hour: Ints
    mean: Floats
    valid_minutes: Ints
    calibrating: Bools


@dataclass(frozen=True, slots=True)
class DayPoint:
    """A point that is in service on the day. statistic, of: what it states of which point; None for a measured one."""

    code: str
    quantity: str
    unit: str
    interval_s: int
    statistic: str | None
    of: str | None
    range_top: float | None
    hours: DayHours
    past: PastDays | None = None
    calibrations: PastCalibrations | None = None

    def good(self, params: SignParams) -> Bools:
        """Hours with enough valid minutes and a mean."""
        return (self.hours.valid_minutes >= params.min_valid_minutes) & np.isfinite(self.hours.mean)

    def speaks(self, params: SignParams) -> bool:
        """Whether there are enough good hours to say that nothing was seen."""
        return int(self.good(params).sum()) >= params.min_valid_hours


@dataclass(frozen=True, slots=True)
class DayMark:
    """An effective mark that overlaps the window; point None: the whole outlet."""

    mark_id: int
    dimension: str
    kind: str
    point: str | None
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class JudgedHours:
    """Hours of the day that an hourly rule has judged: their numbers, values in mg/m3 and whether they are over."""

    rule_id: str
    quantity: str
    limit: float
    hour: Ints
    value: Floats
    over: Bools


@dataclass(frozen=True, slots=True)
class LimitShare:
    """Hours judged by an hourly rule in the 30 days up to and with the day: all, just below the limit, over it."""

    rule_id: str
    quantity: str
    judged: int
    near: int
    over: int


@dataclass(frozen=True, slots=True)
class OutletDayWindow:
    """What a sign may look at; which of the parts after `points` are filled is said by the sign's `Needs`."""

    subject: Subject
    process: str
    makeup_air: bool | None
    day: Period
    first_hour: int
    points: Sequence[DayPoint]
    limits: Mapping[str, Sequence[Limit]] = field(default_factory=dict)
    marks: Sequence[DayMark] = ()
    judged: Sequence[JudgedHours] = ()
    shares: Sequence[LimitShare] = ()
    quirks: Mapping[str, Mapping[str, int]] | None = None

    def measured(self, *quantities: str) -> list[DayPoint]:
        """Measured points of some quantities."""
        return [point for point in self.points if point.statistic is None and point.quantity in quantities]

    def pollutants(self) -> list[DayPoint]:
        """Measured concentrations."""
        return [point for point in self.points if point.statistic is None and point.quantity in POLLUTANTS]

    def best(self, quantity: str, params: SignParams) -> DayPoint | None:
        """Of several points of a quantity the one with most good hours."""
        points = self.measured(quantity)
        return max(points, key=lambda point: int(point.good(params).sum()), default=None)

    def stated(self, statistic: str) -> list[tuple[DayPoint, DayPoint]]:
        """Points that state something, each with the measured point of which they state it."""
        by_code = {point.code: point for point in self.points}
        pairs = [(point, by_code.get(point.of or "")) for point in self.points if point.statistic == statistic]
        return [(stating, of) for stating, of in pairs if of is not None]

    def reference_of(self, limit: Limit) -> float | None:
        """Reference oxygen that holds here: oxidisers without make-up air are not converted (GB 37822 10.3.3)."""
        if self.process == "voc_incinerator" and self.makeup_air is False:
            return None
        return limit.reference_o2_pct

    def hours_at(self, chosen: Bools) -> list[str]:
        """Starts of the chosen hours as evidence writes them."""
        return [json_instant(self.day.start + timedelta(hours=int(n))) for n in np.flatnonzero(chosen)]

    def covered_minutes(self, dimension: str, kinds: frozenset[str], point: str | None = None) -> Ints:
        """Minutes of each hour under marks of some kinds, for a point those of its own as well."""
        covered = np.zeros((DAY_HOURS, 60), bool).reshape(-1)
        for mark in self.marks:
            if mark.dimension == dimension and mark.kind in kinds and mark.point in (None, point):
                first = int((mark.start - self.day.start).total_seconds() // 60)
                last = -int((self.day.start - mark.end).total_seconds() // 60)
                covered[max(0, first) : max(0, last)] = True
        found: Ints = covered.reshape(DAY_HOURS, 60).sum(axis=1).astype(np.int64)
        return found


@dataclass(frozen=True, slots=True)
class Needs:
    """Parts of the window that a sign looks at beside the day's hours. past: quantities whose days before it needs;
    flags: readings by flag, in the hours of the day; flagged: minutes so flagged, on the days before."""

    past: frozenset[str] = frozenset()
    flags: bool = False
    flagged: bool = False
    limits: bool = False
    marks: bool = False
    judged: bool = False
    shares: bool = False
    twins: bool = False
    calibrations: bool = False
    quirks: bool = False


@dataclass(slots=True)
class Look:
    """What a sign found in a window: entries of what was seen, how much could speak, which points could not."""

    seen: list[Evidence] = field(default_factory=list)
    spoke: int = 0
    left_out: list[str] = field(default_factory=list)
    evidence: Evidence = field(default_factory=dict)

    def consider(self, point: DayPoint, params: SignParams, *, known: bool = True) -> bool:
        """Note whether a point can speak: it has enough good hours and, where they are needed, enough `known` days."""
        if point.speaks(params) and known:
            self.spoke += 1
            return True
        self.left_out.append(point.code)
        return False


#: A looking function: None where the outlet lacks what the sign needs.
Looking = Callable[[OutletDayWindow, Any], Look | None]

NEEDS: dict[str, Needs] = {}


def sign(name: str, *, params: type[SignParams], needs: Needs | None = None) -> Callable[[Looking], Looking]:
    """Register a sign as the evaluator `sign_{name}` of outlet-days. Raises ValueError for a name given twice."""

    def register(looking: Looking) -> Looking:
        def judge(window: OutletDayWindow, given: SignParams) -> list[Judgement]:
            look = looking(window, given)
            return [] if look is None else [_judgement(window, given, look)]

        title = f"sign_{name}"
        evaluator(title, params=params, window=OutletDayWindow, selects=set(), subjects={SubjectKind.OUTLET})(judge)
        NEEDS[title] = needs or Needs()
        return looking

    return register


def _judgement(window: OutletDayWindow, params: SignParams, look: Look) -> Judgement:
    if look.seen:
        verdict, reason = Verdict.VIOLATION, SEEN
    elif look.spoke:
        verdict, reason = Verdict.COMPLIANT, NOT_SEEN
    else:
        verdict, reason = Verdict.UNDETERMINED, TOO_LITTLE
    evidence: Evidence = {
        "weight": params.weight,
        "seen": look.seen,
        "left_out": look.left_out,
        **look.evidence,
        "thresholds": params.model_dump(mode="json", exclude={"weight"}),
    }
    marks = sorted({mark.mark_id for mark in window.marks})
    if marks:
        evidence["marks"] = marks
    value = float(len(look.seen)) if look.spoke or look.seen else None
    return Judgement(window.subject, window.day, verdict, reason, value, evidence=evidence)


def day_mean(point: DayPoint, params: SignParams) -> float:
    """Mean of the good hours of the day, NaN without any."""
    good = point.good(params)
    return float(point.hours.mean[good].mean()) if good.any() else float("nan")


def past_means(point: DayPoint, params: SignParams) -> Floats:
    """Daily means of the days before that had enough good hours."""
    if point.past is None:
        return np.zeros(0)
    means: Floats = point.past.mean[point.past.good_hours >= params.min_valid_hours]
    return means


def level(point: DayPoint, params: SignParams) -> float:
    """What is usual at a point: the median of its daily means, of the 30 days before and of the day itself."""
    means = np.append(past_means(point, params), day_mean(point, params))
    means = means[np.isfinite(means)]
    return float(np.median(means)) if len(means) else float("nan")


def hour_limits(window: OutletDayWindow, quantity: str) -> list[tuple[Limit, float]]:
    """Hourly limits of a concentration on the day, with their values in mg/m3."""
    found = [(limit, mg_m3_factor(limit.unit)) for limit in window.limits.get(quantity, ())]
    return [(limit, limit.value * factor) for limit, factor in found if factor is not None]


def at_reference(mean: Floats, o2_pct: Floats, reference_o2_pct: float | None) -> Floats:
    """Hour means at a reference oxygen, as they are where there is none; NaN where they cannot be converted."""
    if reference_o2_pct is None:
        return mean
    return convert_columns(mean, o2_pct, np.full(len(mean), reference_o2_pct))


def figure(number: float, digits: int = 6) -> float | None:
    """A figure for evidence in as many significant digits as a person reads; None instead of NaN."""
    return float(f"{number:.{digits}g}") if np.isfinite(number) else None


def json_hour(number: int) -> str:
    """The start of a numbered hour as evidence writes it."""
    return json_instant(numbered_hour(number).start)
