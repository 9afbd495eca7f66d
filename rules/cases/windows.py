"""From rule-test cases to judgements, one way for each evaluator, by the pure functions of the engine's families."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from domain.channelhealth import ChannelRecord
from domain.findings import Subject, SubjectKind, Verdict
from domain.limits import Averaging
from domain.periods import Period, day_start, hour_number, hour_of, local_day, numbered_hour
from rules.cases.accounts import case_register, judge_case_accounts
from rules.cases.duties import judge_case_duty
from rules.cases.hours import judge_case_days, judge_case_hours, judge_case_months
from rules.cases.leak_emission import judge_case_emissions
from rules.cases.leak_repair import judge_case_checks, judge_case_repairs
from rules.cases.leaks import judge_case_components
from rules.cases.leaksigns import judge_case_leak_signs
from rules.cases.mass import judge_case_capture, judge_case_mass, judge_case_rates, judge_case_transmission
from rules.cases.meters import judge_case_corrections, judge_case_meter_days, judge_case_steps
from rules.cases.model import Case, CaseError
from rules.cases.quality import (
    judge_case_calibrations,
    judge_case_drift,
    judge_case_minutes,
    judge_case_oxidiser,
    judge_case_runs,
    judge_case_statements,
)
from rules.cases.reminders import judge_case_reminders
from rules.cases.series import parse_series
from rules.cases.signs import judge_signs
from rules.evaluators.account import LOOK_BACK
from rules.evaluators.channel_failed import ChannelWindow
from rules.evaluators.contract import Judgement
from rules.evaluators.outlet_day import NEEDS
from rules.evaluators.rule_failed import HealthWindow
from rules.families.contract import Job, judge
from rules.families.days import city_of, judge_days
from rules.families.gateways import Member, WatchedGateway, judge_gateways
from rules.families.leaksignset import LEAK_SIGN_FAMILIES
from rules.families.months import hourly_rule
from rules.families.oxidisers import OXYGEN_PAIR, Oxidisers
from rules.families.silence import Watched, judge_stretches
from rules.pack import RuleSet


def _job(rules: RuleSet, rule_id: str) -> Job:
    now = datetime.max.replace(tzinfo=UTC)  # a case has no clock: everything in it is closed
    as_in_force = [rule.model_copy(update={"enabled": True}) for rule in rules.variants[rule_id]]
    return Job(rule_id, as_in_force, now, now, 1)


def _hourly(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    return judge_case_hours(rules, _job(rules, rule_id), case, Averaging.HOUR)


def _single(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    return judge_case_hours(rules, _job(rules, rule_id), case, Averaging.SINGLE)


def _daily(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    return judge_case_days(rules, _job(rules, rule_id), case)


def _monthly(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    job = _job(rules, rule_id)
    return judge_case_months(rules, job, _job(rules, hourly_rule(job)), case)


def _coverage(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    """The register, and for each point of a meter the hours with a reading from `at` on: 1 or _. Judges `days`."""
    job = _job(rules, rule_id)
    names = {meter.point for meter in case.meters if meter.point is not None} | set(case.hours_with_reading)
    ids = {name: number for number, name in enumerate(sorted(names), 1)}
    register = case_register(case, ids)
    city = city_of(register, {}, job)
    days = case.days or [local_day(case.start)]
    chosen = {day: {subject for subject, start in city.starts.items() if start <= day} for day in days}
    counts: dict[tuple[int, datetime], int] = {}
    for name, text in case.hours_with_reading.items():
        for position, sample in enumerate(parse_series(text)):
            if sample is not None:
                day_at = day_start(local_day(case.start + timedelta(hours=position)))
                counts[ids[name], day_at] = counts.get((ids[name], day_at), 0) + 1
    hours = [(point, day_at, count) for (point, day_at), count in counts.items()]
    return [judgement for _, judgement in judge_days(job, register, chosen, hours)]


def _leaks(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    """`components` with their tests, judged as at the end of `as_of`, by default the day before `at`."""
    return judge_case_components(
        _job(rules, rule_id),
        case.components,
        case.start,
        as_of=case.as_of,
        registered_from=case.registered_from,
        in_service=case.components_in_service,
    )


def _duty(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    """`duty`: a subject with its records, judged as at the end of `as_of`, by default the day before `at`."""
    if case.duty is None:
        raise CaseError(f"case {case.name}: needs duty")
    return judge_case_duty(_job(rules, rule_id), case.duty, case.as_of or local_day(case.start) - timedelta(days=1))


def _silence(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    """`series` of one point: readings in each hour from `at` on, which is the start of its service."""
    job = _job(rules, rule_id)
    ((_, text),) = case.series.items()
    first = hour_number(case.start)
    samples = parse_series(text)
    counts = {(1, first + n): int(sample.value) for n, sample in enumerate(samples) if sample is not None}
    point = Watched(Subject(SubjectKind.POINT, "plant/W-1"), (1,), 1, first, None)
    previous: Mapping[str, Verdict] = {}
    return [one for _, one in judge_stretches(job, [(point, first, first + len(samples))], counts, previous)]


def _gateway_silence(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    """`series` of each point of one gateway: readings in each hour from `at` on, its from the first of them on. All are
    due every `interval_s`."""
    job, begin = _job(rules, rule_id), hour_number(case.start)
    counts: dict[tuple[int, int], int] = {}
    members, stop = [], begin
    for number, (code, text) in enumerate(case.series.items(), 1):
        sent = {begin + n: int(one.value) for n, one in enumerate(parse_series(text)) if one is not None}
        stop = max(stop, begin + len(parse_series(text)))
        for hour, readings in sent.items():
            counts[0, hour] = counts.get((0, hour), 0) + readings
        if sent:
            members.append(Member(number, code, case.interval_s, min(sent), None))
    if not members:
        return []
    ids, first = tuple(one.point_id for one in members), min(one.first for one in members)
    gateway = WatchedGateway(Subject(SubjectKind.GATEWAY, "plant/gw1"), ids, 1, first, None, tuple(members))
    return [one for _, one in judge_gateways(job, [(gateway, first, stop)], counts, {})]


def _health(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    """`outcomes` of hourly evaluations from `at` on: ok, or the text of an error."""
    job = _job(rules, rule_id)
    out: list[Judgement] = []
    for number, outcome in enumerate(case.outcomes):
        hour: Period = hour_of(numbered_hour(hour_number(case.start) + number).start)
        window = HealthWindow(
            Subject(SubjectKind.RULE, "some.rule"),
            hour,
            None if outcome == "ok" else outcome,
            out[-1].reason if out else None,
        )
        out += judge(job.rule, window)
    return out


def _channel(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    """`outcomes` of a channel by the minute from `at` on: ok, failed, gave_up, or nothing sent."""
    job = _job(rules, rule_id)
    out: list[Judgement] = []
    ok_at: datetime | None = None
    failing: datetime | None = None
    gave_up: datetime | None = None
    for number, outcome in enumerate(case.outcomes):
        now = case.start + number * timedelta(minutes=1)
        if outcome == "ok":
            ok_at, failing, gave_up = now, None, None
        elif outcome:
            failing = failing or now
            gave_up = now if outcome == "gave_up" else gave_up
        window = ChannelWindow(
            Subject(SubjectKind.CHANNEL, "some"),
            ChannelRecord(ok_at, failing, gave_up),
            now,
            Period(now, now + timedelta(minutes=1)),
            out[-1].verdict if out else None,
        )
        out += judge(job.rule, window)
    return out


def _warnings(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    return judge_case_minutes(rules, _job(rules, rule_id), case)


def _statements(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    return judge_case_statements(rules, _job(rules, rule_id), case)


def _drift(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    return judge_case_drift(_job(rules, rule_id), case)


def _calibrations(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    return judge_case_calibrations(_job(rules, rule_id), case)


def _runs(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    return judge_case_runs(_job(rules, rule_id), case)


def _oxidiser(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    return judge_case_oxidiser(_job(rules, rule_id), case, Oxidisers(OXYGEN_PAIR, without_air_only=True))


def _furnace(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    return judge_case_oxidiser(_job(rules, rule_id), case, Oxidisers(("furnace_temperature",), without_air_only=False))


def _accounts(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    """A month of the register, metered totals and ledger; see `rules.cases.accounts`."""
    job = _job(rules, rule_id)
    return judge_case_accounts(job, case, LOOK_BACK[job.rule.evaluator])


def _leak_signs(rules: RuleSet, rule_id: str, case: Case) -> list[Judgement]:
    """`leak_records` of the day of `at`, or of their campaign."""
    return judge_case_leak_signs(_job(rules, rule_id), case)


#: How a case becomes judgements, by evaluator.
JUDGES: Mapping[str, Callable[[RuleSet, str, Case], list[Judgement]]] = {
    "hourly_limit": _hourly,
    "single_limit": _single,
    "daily_limit": _daily,
    "monthly_share": _monthly,
    "early_warning": _warnings,
    "reported_value": _statements,
    "qa_drift": _drift,
    "qa_calibration_due": _calibrations,
    "run_gap": _runs,
    "oxidiser_o2": _oxidiser,
    "furnace_temperature": _furnace,
    "installation_rate": _coverage,
    "fit_rate": _coverage,
    "online_rate": _coverage,
    "leak_schedule": _leaks,
    "yearly_campaign": _leaks,
    "leak_repair": lambda rules, rule_id, case: judge_case_repairs(_job(rules, rule_id), case),
    "spot_check": lambda rules, rule_id, case: judge_case_checks(_job(rules, rule_id), case),
    "leak_emission": lambda rules, rule_id, case: judge_case_emissions(_job(rules, rule_id), case.emitting, case.start),
    "duty": _duty,
    "due_reminder": lambda rules, rule_id, case: judge_case_reminders(_job(rules, rule_id), case.terms, case.days),
    "offline": _silence,
    "gateway_offline": _gateway_silence,
    "rule_failed": _health,
    "channel_failed": _channel,
    "meter_step": lambda rules, rule_id, case: judge_case_steps(_job(rules, rule_id), case),
    "correction_magnitude": lambda rules, rule_id, case: judge_case_corrections(_job(rules, rule_id), case),
    "meter_frozen": lambda rules, rule_id, case: judge_case_meter_days(_job(rules, rule_id), case, 0),
    "identical_increments": lambda rules, rule_id, case: judge_case_meter_days(_job(rules, rule_id), case, 1),
    "hourly_rate": lambda rules, rule_id, case: judge_case_rates(_job(rules, rule_id), case),
    "capture_rate": lambda rules, rule_id, case: judge_case_capture(_job(rules, rule_id), case),
    "transmission_rate": lambda rules, rule_id, case: judge_case_transmission(_job(rules, rule_id), case),
    "mass_total": lambda rules, rule_id, case: judge_case_mass(_job(rules, rule_id), case),
    **dict.fromkeys(NEEDS, judge_signs),
    **dict.fromkeys(LEAK_SIGN_FAMILIES, _leak_signs),
    **dict.fromkeys(LOOK_BACK, _accounts),
}
