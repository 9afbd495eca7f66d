"""Online monitoring rate of intakes (取水计量在线监控率).

The plans print no formula. The verdict weighs each intake by its permitted volume; the evidence also gives the count
over the intakes that must be online by the ministry's thresholds of 2021.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.metering import Intake, Meter, WaterUser, counted_from, elapsed_hours, fitted_meter, must_be_online, reaches
from domain.periods import day_period
from rules.evaluators.contract import Evidence, Judgement, Params, YearTarget, evaluator, json_day, share_pct
from rules.evaluators.coverage import COVERAGE_SUBJECTS, CoverageWindow, Reading, target_evidence, target_of


class OnlineRateReadings(Params):
    """by_volume decides."""

    by_volume: Reading
    by_count: Reading


class OnlineRateParams(Params):
    """min_arrival_pct: arrival rate (到报率) of the month to date from which a meter is online."""

    targets: list[YearTarget] = Field(min_length=1)
    min_arrival_pct: float = Field(gt=0, le=100)
    required_surface_m3_a: float = Field(gt=0)
    required_ground_m3_a: float = Field(gt=0)
    readings: OnlineRateReadings


@dataclass(frozen=True, slots=True)
class _Intake:
    intake: Intake
    online: bool
    required: bool
    evidence: Evidence


@evaluator(
    "online_rate",
    params=OnlineRateParams,
    window=CoverageWindow,
    selects={"level"},
    subjects=COVERAGE_SUBJECTS,
)
def online_rate(window: CoverageWindow, params: OnlineRateParams) -> list[Judgement]:
    """Per day: each enterprise with an intake, each district, the city. value and limit in %."""
    out = []
    for day in window.days:
        target = target_of(params.targets, day.year)
        if target is None:
            continue
        users = window.register.users_on(day)
        counted = {user.code: _count(window, user, day, params) for user in users}
        for user in users:
            if counted[user.code]:
                subject = Subject(SubjectKind.ENTERPRISE, user.code)
                beside: Evidence = {"intakes": [one.evidence for one in counted[user.code]]}
                out.append(_judge(subject, counted[user.code], day, target, params.readings, beside))
        for subject, members in window.register.groups(users):
            intakes = [intake for user in members for intake in counted[user.code]]
            beside = {"enterprises": [_listed(user.code, counted[user.code]) for user in members if counted[user.code]]}
            out.append(_judge(subject, intakes, day, target, params.readings, beside))
    return out


def _count(window: CoverageWindow, user: WaterUser, day: date, params: OnlineRateParams) -> list[_Intake]:
    places = window.register.places_on(user.code, window.level, day)
    counted = []
    for intake in window.register.intakes_on(user.code, day):
        shown, online = [], False
        for place in places:
            if place.intake == intake.code:
                meters = window.register.meters_at.get((user.code, place.code), [])
                one_online, evidence = _place(window, user, place.code, meters, day, params)
                online |= one_online
                shown.append(evidence)
        required = must_be_online(
            intake, surface_m3_a=params.required_surface_m3_a, ground_m3_a=params.required_ground_m3_a
        )
        evidence = {
            "enterprise": intake.enterprise,
            "intake": intake.code,
            "source": intake.source,
            "permitted_m3_a": intake.permitted_m3_a,
            "online": online,
            "must_be_online": required,
            "places": shown,
        }
        counted.append(_Intake(intake, online, required, evidence))
    return counted


def _place(
    window: CoverageWindow, user: WaterUser, place: str, meters: list[Meter], day: date, params: OnlineRateParams
) -> tuple[bool, Evidence]:
    """Whether a place is online, with the meter that speaks for it."""
    connected = [meter for meter in meters if meter.is_connected(day)]
    meter = fitted_meter(connected, day)
    if meter is None or meter.point_id is None:
        unconnected = fitted_meter(meters, day)
        why = "not_connected" if unconnected else "no_verified_meter"
        return False, {"place": place, "online": False, "why": why, "serial": unconnected and unconnected.serial}
    start = counted_from(meter, user.registered_from, day)
    by_day = window.hours_with_reading.get(meter.point_id, {})
    arrived = sum(by_day.get(start + timedelta(days=offset), 0) for offset in range((day - start).days + 1))
    elapsed = elapsed_hours(start, day)
    online = reaches(arrived, elapsed, params.min_arrival_pct)
    evidence: Evidence = {
        "place": place,
        "online": online,
        **({} if online else {"why": "too_few_arrivals"}),
        "serial": meter.serial,
        "point": meter.point,
        "installed_on": json_day(meter.installed_on),
        "verified_on": json_day(meter.verified_on),
        "verification_due": json_day(meter.verification_due),
        "counted_from": json_day(start),
        "arrived_hours": arrived,
        "elapsed_hours": elapsed,
        "arrival_pct": share_pct(arrived, elapsed),
        "min_arrival_pct": params.min_arrival_pct,
    }
    return online, evidence


def _listed(enterprise: str, intakes: list[_Intake]) -> Evidence:
    """An enterprise among those of a group: its finding of the same day tells its intakes."""
    return {
        "enterprise": enterprise,
        "permitted_m3_a": sum(one.intake.permitted_m3_a for one in intakes),
        "permitted_online_m3_a": sum(one.intake.permitted_m3_a for one in intakes if one.online),
        "required": sum(one.required for one in intakes),
        "required_online": sum(one.required and one.online for one in intakes),
        "complete": all(one.online for one in intakes),
    }


def _judge(
    subject: Subject,
    intakes: list[_Intake],
    day: date,
    target: YearTarget,
    readings: OnlineRateReadings,
    beside: Evidence,
) -> Judgement:
    total = sum(one.intake.permitted_m3_a for one in intakes)
    online = sum(one.intake.permitted_m3_a for one in intakes if one.online)
    required = [one for one in intakes if one.required]
    required_online = sum(one.online for one in required)
    by_volume = {"permitted_m3_a": total, "permitted_online_m3_a": online, "pct": share_pct(online, total)}
    by_count = {
        "required": len(required),
        "required_online": required_online,
        "pct": share_pct(required_online, len(required)),
    }
    evidence: Evidence = {
        "target": target_evidence(target),
        "method": "by_volume",
        "formula": "100*permitted_online_m3_a/permitted_m3_a",
        "by_volume": readings.by_volume.evidence("by_volume", by_volume),
        "by_count": readings.by_count.evidence("by_count", by_count),
        **beside,
    }
    if not intakes:
        verdict, reason = Verdict.UNDETERMINED, "no_intake"
    elif reaches(online, total, target.percent, strictly=target.operator == ">"):
        verdict, reason = Verdict.COMPLIANT, "target_met"
    else:
        verdict, reason = Verdict.VIOLATION, "target_not_met"
    value = share_pct(online, total)
    return Judgement(subject, day_period(day), verdict, reason, value, target.percent, "%", evidence)
