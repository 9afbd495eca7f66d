"""Rule-test cases of air emissions: one outlet with its series, its limits, its marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from domain.air import POLLUTANTS
from domain.limits import Averaging, Limit, LimitBook, LimitKind
from domain.marks import PROCESS_KINDS, Dimension, Mark
from domain.periods import day_of, hour_number, month_of, require_aware
from rules.cases.model import Case, CaseError
from rules.cases.series import Sample, hourly_rows, parse_series, whole_hours
from rules.evaluators.contract import Judgement
from rules.families.contract import Job
from rules.families.hours import judge_spans
from rules.families.hourwindows import Fetched, Span
from rules.families.months import judge_months
from rules.families.outletdays import judge_days_of
from rules.families.outlets import OXYGEN, RUNNING, Channel, channels_of
from rules.pack import RuleSet
from storage.windows import HourRow, OutletPoint

_LONG_AGO = date(2000, 1, 1)
_OUTLET = "plant/S1"


def judge_case_hours(rules: RuleSet, job: Job, case: Case, averaging: Averaging) -> list[Judgement]:
    """`series` by quantity, one sample every interval_s: every hour that a series reaches into is judged."""
    series, ids = case_series(case)
    longest = max((len(samples) for samples in series.values()), default=0)
    first = hour_number(case.start)
    stop = first + max(1, -(-longest * case.interval_s // 3600))
    rows = hourly_rows({ids[name]: samples for name, samples in series.items()}, case.start, case.interval_s)
    fetched = Fetched.of(rows, case_marks(case), first, stop)
    spans = [Span(channel, first, stop) for channel in case_channels(rules, job, case, ids, averaging)]
    return [judgement for _, judgement in judge_spans(job, spans, fetched)]


def judge_case_days(rules: RuleSet, job: Job, case: Case) -> list[Judgement]:
    """`series` with one sample an hour from `at` on: every local day that a series reaches into is judged."""
    rows, ids, hours = _whole_hours(case)
    first = hour_number(day_of(case.start).start)
    stop = hour_number(day_of(case.start + timedelta(hours=max(1, hours)) - timedelta(microseconds=1)).end)
    fetched = Fetched.of(rows, case_marks(case), first, stop)
    days = [
        Span(channel, start, start + 24)
        for channel in case_channels(rules, job, case, ids, Averaging.DAY)
        for start in range(first, stop, 24)
    ]
    return [judgement for _, judgement in judge_days_of(job, days, fetched)]


def judge_case_months(rules: RuleSet, job: Job, hourly: Job, case: Case) -> list[Judgement]:
    """`series` with one sample an hour from `at` on: the month of `at` is judged by the verdicts of its hourly rule."""
    rows, ids, _ = _whole_hours(case)
    month = month_of(case.start)
    first, stop = hour_number(month.start), hour_number(month.end)
    fetched = Fetched.of(rows, case_marks(case), first, stop)
    channels = case_channels(rules, job, case, ids, Averaging.HOUR)
    counts: dict[tuple[int, str, str], int] = {}
    for number, channel in enumerate(channels):
        for _, one in judge_spans(hourly, [Span(channel, first, stop)], fetched):
            key = (number, one.verdict.value, one.reason)
            counts[key] = counts.get(key, 0) + 1
    counted = [(*key, count) for key, count in counts.items()]
    return [judgement for _, judgement in judge_months(job, [(channel, month) for channel in channels], counted)]


def case_series(case: Case) -> tuple[dict[str, list[Sample | None]], dict[str, int]]:
    """Samples by quantity, the running signal among them, and the ids of the points."""
    texts = case.series if case.running is None else {**case.series, RUNNING: case.running}
    return {name: parse_series(text) for name, text in texts.items()}, {
        name: number for number, name in enumerate(sorted(texts), 1)
    }


def _whole_hours(case: Case) -> tuple[list[HourRow], dict[str, int], int]:
    series, ids = case_series(case)
    rows = [row for name, samples in series.items() for row in whole_hours(ids[name], samples, case.start)]
    return rows, ids, max((len(samples) for samples in series.values()), default=0)


def case_channels(
    rules: RuleSet, job: Job, case: Case, ids: Mapping[str, int], averaging: Averaging
) -> Sequence[Channel]:
    """What the case judges: pollutants of the outlet that have a limit."""
    measured = sorted(set(case.series) - {OXYGEN})
    if unknown := [name for name in measured if name not in POLLUTANTS]:
        raise CaseError(f"series.{unknown[0]}: expected a pollutant or {OXYGEN}")
    if not measured:
        raise CaseError("series: expected one of a pollutant")
    kind = LimitKind(job.rule.applies["kind"])
    points = [case_point(case, name, ids[name]) for name in sorted(ids)]
    return channels_of(points, case_book(rules, case, measured, kind, averaging), job, averaging)


def case_book(
    rules: RuleSet, case: Case, quantities: Sequence[str], kind: LimitKind, averaging: Averaging
) -> LimitBook:
    """The case's own limit for each quantity, or the shipped ones of its process."""
    if case.limit is not None:
        explicit = [
            Limit(
                limit_id=number,
                origin="operator",
                outlet=_OUTLET,
                process=None,
                quantity=quantity,
                kind=kind,
                averaging=averaging,
                status="permit",
                **case.limit.fields(),
            )
            for number, quantity in enumerate(quantities, 1)
        ]
        return LimitBook(explicit, case.key_region_from)
    if case.process is None:
        raise CaseError("expected process or [case.limit]")
    shipped = [preset.limit(number) for number, preset in enumerate(rules.limits, 1)]
    return LimitBook(shipped, case.key_region_from)


def case_point(case: Case, quantity: str, point_id: int) -> OutletPoint:
    is_pollutant = quantity not in (OXYGEN, RUNNING)
    return OutletPoint(
        outlet_id=1,
        enterprise_id=1,
        enterprise="plant",
        registered_from=_LONG_AGO,
        outlet="S1",
        process=case.process or "",
        makeup_air=case.makeup_air,
        in_service_from=case.in_service_from or _LONG_AGO,
        in_service_to=None,
        point_id=point_id,
        point=quantity,
        quantity=quantity,
        unit=case.unit if is_pollutant else "%",
        basis=case.basis if is_pollutant else None,
        statistic=None,
        point_from=_LONG_AGO,
        point_to=None,
    )


def case_marks(case: Case) -> list[Mark]:
    """`process_marks`, numbered from 1 in their order."""
    marks = []
    for number, entry in enumerate(case.process_marks, 1):
        start, end = require_aware(entry.start), require_aware(entry.end)
        if entry.kind not in PROCESS_KINDS:
            raise CaseError(f"process_marks: there is no kind {entry.kind!r}")
        if end <= start:
            raise CaseError(f"process_marks: {entry.kind} ends before it begins")
        marks.append(Mark(number, _OUTLET, None, Dimension.PROCESS, entry.kind, start, end))
    return marks
