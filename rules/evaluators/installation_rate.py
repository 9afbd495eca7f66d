"""Installation rate of water meters at industrial enterprises (工业企业用水计量设施安装率).

The plans print no formula. Two readings are in use, by enterprise and by required meter; the verdict rests on the one
by enterprise, the evidence gives both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.metering import WaterUser, fitted_meter, in_service, reaches, unfitted_reason
from domain.periods import day_period
from rules.evaluators.contract import Evidence, Judgement, Params, YearTarget, evaluator, json_day, share_pct
from rules.evaluators.coverage import COVERAGE_SUBJECTS, CoverageWindow, Reading, target_evidence, target_of


class InstallationRateReadings(Params):
    """by_enterprise decides on groups, by_place on an enterprise."""

    by_enterprise: Reading
    by_place: Reading


class InstallationRateParams(Params):
    """targets: one a year; a year without one is not judged."""

    targets: list[YearTarget] = Field(min_length=1)
    readings: InstallationRateReadings


@dataclass(frozen=True, slots=True)
class _User:
    code: str
    required: int
    fitted: int
    places: list[Evidence]

    @property
    def is_complete(self) -> bool:
        return 0 < self.required == self.fitted


@evaluator(
    "installation_rate",
    params=InstallationRateParams,
    window=CoverageWindow,
    selects={"level"},
    subjects=COVERAGE_SUBJECTS,
)
def installation_rate(window: CoverageWindow, params: InstallationRateParams) -> list[Judgement]:
    """Per day: each industrial enterprise, each district, the city. value and limit in %."""
    out = []
    known: dict[tuple[str, int], _User] = {}
    for day in window.days:
        target = target_of(params.targets, day.year)
        if target is None:
            continue
        users = [user for user in window.register.users_on(day) if user.is_industrial]
        counted = {user.code: _counted(window, user, day, known) for user in users}
        out += [_enterprise(counted[user.code], day, target, params.readings) for user in users]
        out += [
            _group(subject, [counted[user.code] for user in members], day, target, params.readings)
            for subject, members in window.register.groups(users)
        ]
    return out


def _counted(window: CoverageWindow, user: WaterUser, day: date, known: dict[tuple[str, int], _User]) -> _User:
    key = user.code, window.stretch(user.code, day)
    if key not in known:
        known[key] = _count(window, user, day)
    return known[key]


def _count(window: CoverageWindow, user: WaterUser, day: date) -> _User:
    places, fitted = [], 0
    for place in window.register.places_on(user.code, window.level, day):
        meters = window.register.meters_at.get((user.code, place.code), [])
        meter = fitted_meter(meters, day)
        fitted += meter is not None
        shown = [meter] if meter else [m for m in meters if in_service(m.installed_on, m.removed_on, day)]
        places.append(
            {
                "place": place.code,
                "fitted": meter is not None,
                **({} if meter else {"why": unfitted_reason(meters, day)}),
                "meters": [
                    {
                        "serial": one.serial,
                        "installed_on": json_day(one.installed_on),
                        "verified_on": json_day(one.verified_on),
                        "verification_due": json_day(one.verification_due),
                    }
                    for one in shown
                ],
            }
        )
    return _User(user.code, len(places), fitted, places)


def _verdict(numerator: int, denominator: int, target: YearTarget) -> tuple[Verdict, str]:
    if reaches(numerator, denominator, target.percent, strictly=target.operator == ">"):
        return Verdict.COMPLIANT, "target_met"
    return Verdict.VIOLATION, "target_not_met"


def _readings(users: Sequence[_User], readings: InstallationRateReadings) -> Evidence:
    complete = sum(user.is_complete for user in users)
    required, fitted = sum(user.required for user in users), sum(user.fitted for user in users)
    return {
        "by_enterprise": readings.by_enterprise.evidence(
            "by_enterprise",
            {"enterprises": len(users), "enterprises_complete": complete, "pct": share_pct(complete, len(users))},
        ),
        "by_place": readings.by_place.evidence(
            "by_place", {"required": required, "fitted": fitted, "pct": share_pct(fitted, required)}
        ),
    }


def _enterprise(user: _User, day: date, target: YearTarget, readings: InstallationRateReadings) -> Judgement:
    subject = Subject(SubjectKind.ENTERPRISE, user.code)
    evidence: Evidence = {
        "target": target_evidence(target),
        "method": "by_place",
        "formula": "100*fitted/required",
        "required": user.required,
        "fitted": user.fitted,
        **_readings([user], readings),
        "places": user.places,
    }
    verdict, reason = _verdict(user.fitted, user.required, target)
    if user.required == 0:
        verdict, reason = Verdict.UNDETERMINED, "no_metering_place"
    value = share_pct(user.fitted, user.required)
    return Judgement(subject, day_period(day), verdict, reason, value, target.percent, "%", evidence)


def _group(
    subject: Subject, users: list[_User], day: date, target: YearTarget, readings: InstallationRateReadings
) -> Judgement:
    complete = sum(user.is_complete for user in users)
    evidence: Evidence = {
        "target": target_evidence(target),
        "method": "by_enterprise",
        "formula": "100*enterprises_complete/enterprises",
        **_readings(users, readings),
        "enterprises": [
            {"enterprise": user.code, "required": user.required, "fitted": user.fitted, "complete": user.is_complete}
            for user in users
        ],
    }
    verdict, reason = _verdict(complete, len(users), target)
    if not users:
        verdict, reason = Verdict.UNDETERMINED, "no_enterprise"
    value = share_pct(complete, len(users))
    return Judgement(subject, day_period(day), verdict, reason, value, target.percent, "%", evidence)
