"""From a sign's test case to its judgement: readings through the real hourly computation, then the evaluator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np

from domain.findings import Subject, SubjectKind
from domain.hourly import Hours, Windows, hours
from domain.limits import Averaging, Limit, LimitBook, LimitKind, Region
from domain.marks import Dimension, Mark
from domain.periods import SITE_ZONE, day_start, hour_number, local_day
from domain.quality import QcFlag
from domain.readings import HOUR_US, Readings, to_us
from rules.cases.model import Case, CaseError
from rules.cases.series import Sample
from rules.cases.stack import NORMAL, LimitOf, PastEntry, Stack, day_series, numbers
from rules.evaluators.contract import Floats, Judgement
from rules.evaluators.outlet_day import (
    DAY_HOURS,
    HISTORY_DAYS,
    OutletDayWindow,
    PastCalibrations,
    PastDays,
    SignParams,
)
from rules.families.contract import Job, judge
from rules.families.signrows import hour_rows, judged_rows, twin_rows
from rules.families.signwindows import Fetched, SignOutlet, windows_of
from rules.pack import RuleSet
from storage.outlet_days import DayShare, HourRows, SignPoint

_LONG_AGO = date(2000, 1, 1)
_OUTLET = Subject(SubjectKind.OUTLET, "plant/S1")


def judge_signs(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    """`outlet` is looked at on the local day of `at`; `series` say what single points did, a value an interval."""
    if case.outlet is None:
        raise CaseError("outlet: missing")
    now = datetime.max.replace(tzinfo=UTC)
    job = Job(rule_id, rules.variants[rule_id], now, now, 1)
    day = local_day(case.start)
    rule = job.variant_at(day_start(day))
    if rule is None or not isinstance(rule.typed_params, SignParams):
        return []
    return judge(rule, stack_window(case.outlet, case.series, day, rule.typed_params))


def stack_window(stack: Stack, series: dict[str, str], day: date, params: SignParams) -> OutletDayWindow:
    """The window of a case."""
    points = [_point(stack, number, code) for number, code in enumerate(stack.points, 1)]
    outlet = SignOutlet(_OUTLET, 1, 1, stack.process, stack.makeup_air, _LONG_AGO, None, points)
    windows, computed = _computed(stack, series, points, day)
    rows = hour_rows(windows, computed)
    limits = [_limit(number, one) for number, one in enumerate(stack.limits, 1)]
    fetched = Fetched(
        rows,
        twins=twin_rows(windows, computed, 60 * DAY_HOURS),
        limits=LimitBook(limits),
        marks={1: _marks(stack, day)},
        shares=_shares(stack, outlet, limits, day),
        quirks={1: {station: {day: counts} for station, counts in stack.quirks.items()}},
    )
    ((window),) = windows_of([(outlet, day)], fetched)
    judged = judged_rows(window, outlet, params)
    ((window),) = windows_of([(outlet, day)], replace(fetched, judged=judged))
    first = hour_number(day_start(day))
    known = [
        replace(
            point,
            past=_past(stack.past.get(point.code), point.quantity),
            calibrations=_calibrations(stack.past.get(point.code), first, rows, number),
        )
        for number, point in enumerate(window.points, 1)
    ]
    return replace(window, points=known)


def _point(stack: Stack, number: int, code: str) -> SignPoint:
    about = stack.about.get(code)
    quantity = code if about is None or about.quantity is None else about.quantity
    unit = about.unit if about is not None and about.unit is not None else None
    if unit is None:
        if quantity not in NORMAL:
            raise CaseError(f"outlet.points.{code}: say quantity and unit in outlet.about")
        unit = NORMAL[quantity].unit
    return SignPoint(
        outlet_id=1,
        enterprise_id=1,
        enterprise="plant",
        registered_from=_LONG_AGO,
        outlet="S1",
        process=stack.process,
        makeup_air=stack.makeup_air,
        in_service_from=_LONG_AGO,
        in_service_to=None,
        point_id=number,
        point=code,
        quantity=quantity,
        unit=unit,
        interval_s=60 if about is None else about.interval_s,
        statistic=None if about is None else about.statistic,
        of=None if about is None else about.of,
        range_top=None if about is None else about.range_top,
        point_from=_LONG_AGO,
        point_to=None,
    )


def _computed(stack: Stack, series: dict[str, str], points: Sequence[SignPoint], day: date) -> tuple[Windows, Hours]:
    """Hours of the day and, where a case gives it, of the day before, through the real hourly computation."""
    unknown = {*series, *stack.about, *stack.past, *stack.late, *stack.yesterday} - set(stack.points)
    if unknown:
        raise CaseError(f"series.{min(unknown)}: not among outlet.points")
    start = to_us(day_start(day))
    columns: list[tuple[int, int, float, int, int]] = []
    corrected: list[bool] = []
    pairs: list[tuple[int, int, int]] = []
    for point in points:
        days = [(start, day_series(point.point, series.get(point.point), point.quantity))]
        if point.point in stack.yesterday:
            before = day_series(point.point, stack.yesterday[point.point], point.quantity)
            days.insert(0, (start - DAY_HOURS * HOUR_US, before))
        late = stack.late.get(point.point, [0, 0])
        for begin, samples in days:
            pairs += [(point.point_id, begin + n * HOUR_US, point.interval_s) for n in range(DAY_HOURS)]
            for place, at, sample in _timed(samples, begin, point.interval_s):
                is_late = begin == start and late[0] <= place * point.interval_s // 60 < late[1]
                received = at + 2 * HOUR_US if is_late else at
                columns.append((point.point_id, at, sample.value, ord(sample.flag), received))
                corrected.append(is_late)
    size = len(pairs)
    windows = Windows(
        point_id=np.array([pair[0] for pair in pairs], np.int64),
        hour_us=np.array([pair[1] for pair in pairs], np.int64),
        is_counter=np.zeros(size, bool),
        interval_s=np.array([pair[2] for pair in pairs], np.int64),
        rollover=np.full(size, np.nan),
        max_rate_per_h=np.full(size, np.nan),
        stuck_minutes=np.zeros(size, np.int64),
        max_step=np.full(size, np.nan),
    )
    readings = Readings(
        point_id=np.array([c[0] for c in columns], np.int64),
        measured_us=np.array([c[1] for c in columns], np.int64),
        value=np.array([c[2] for c in columns], np.float64),
        source_flag=np.array([c[3] for c in columns], np.int8),
        qc_flag=np.full(len(columns), int(QcFlag.GOOD), np.int16),
        received_us=np.array([c[4] for c in columns], np.int64),
    )
    return windows, hours(windows, readings, np.array(corrected, bool))


def _timed(samples: Sequence[Sample | None], begin: int, interval_s: int) -> list[tuple[int, int, Sample]]:
    return [
        (place, begin + place * interval_s * 1_000_000, sample)
        for place, sample in enumerate(samples)
        if sample is not None
    ]


def _limit(number: int, one: LimitOf) -> Limit:
    return Limit(
        limit_id=number,
        origin="site",
        outlet=_OUTLET.key,
        process=None,
        quantity=one.quantity,
        kind=LimitKind(one.kind),
        averaging=Averaging.HOUR,
        region=Region.ANY,
        value=one.value,
        unit="mg/m3",
        decimals=0,
        reference_o2_pct=one.reference_o2_pct,
        exempt_process=(),
        status="permit",
        enabled=True,
        valid_from=_LONG_AGO,
        valid_to=None,
    )


def _marks(stack: Stack, day: date) -> list[Mark]:
    return [
        Mark(
            number,
            _OUTLET.key,
            one.point,
            Dimension(one.dimension),
            one.kind,
            datetime.combine(day, one.start, SITE_ZONE).astimezone(UTC),
            datetime.combine(day, one.end, SITE_ZONE).astimezone(UTC),
        )
        for number, one in enumerate(stack.marks, 1)
    ]


def _shares(stack: Stack, outlet: SignOutlet, limits: Sequence[Limit], day: date) -> list[DayShare]:
    rule_id = {limit.quantity: f"{limit.kind}.hourly" for limit in limits}
    number = (day - date(1970, 1, 1)).days
    return [
        DayShare(rule_id[one.quantity], outlet.pollutant(one.quantity), number, one.judged, one.near, one.over)
        for one in stack.shares
    ]


def _past(entry: PastEntry | None, quantity: str) -> PastDays:
    """The days before: as said, else of the normal middle and of the variation that normal minutes have."""
    normal = NORMAL.get(quantity)
    middle, spread = (normal.middle, normal.spread) if normal else (np.nan, np.nan)
    said = PastEntry() if entry is None else entry
    mean = _thirty(said.mean, middle)
    good = np.where(np.isfinite(mean), DAY_HOURS, 0).astype(np.int64)
    variation = _thirty(said.variation, spread / np.sqrt(3) / middle if middle else np.nan)
    flagged = _thirty(said.flagged, 0.0)
    return PastDays(good, mean, variation, flagged, np.where(good > 0, DAY_HOURS, 0).astype(np.int64))


def _thirty(text: str | None, default: float) -> Floats:
    if text is None:
        return np.full(HISTORY_DAYS, default)
    given = numbers(text)
    if len(given) != HISTORY_DAYS:
        raise CaseError(f"outlet.past: expected {HISTORY_DAYS} figures, found {len(given)}")
    return np.array(given, np.float64)


def _calibrations(entry: PastEntry | None, first: int, rows: HourRows, point_id: int) -> PastCalibrations:
    """Calibrations at ten o'clock of the last days before, with two hours on either side; and the hours of the day."""
    count = 0 if entry is None else entry.calibrations
    found: list[tuple[int, float, int, bool]] = []
    for days in range(count, 0, -1):
        at = first - days * DAY_HOURS + 10
        before, after = (entry.before, entry.after) if entry is not None else (0.0, 0.0)
        found += [(at - 2, before, 60, False), (at - 1, before, 60, False), (at, before, 20, True)]
        found += [(at + 1, after, 60, False), (at + 2, after, 60, False)]
    mine = (rows.point_id == point_id) & (rows.hour >= first)
    found += [
        (hour, mean, valid, calibrating > 0)
        for hour, mean, valid, calibrating in zip(
            rows.hour[mine].tolist(),
            rows.mean[mine].tolist(),
            rows.valid_minutes[mine].tolist(),
            rows.calibrating[mine].tolist(),
            strict=True,
        )
    ]
    return PastCalibrations(
        np.array([one[0] for one in found], np.int64),
        np.array([one[1] for one in found], np.float64),
        np.array([one[2] for one in found], np.int64),
        np.array([one[3] for one in found], bool),
    )
