"""Arrival rate (到报率) of a month: hours with a reading over the hours in which connected meters should have reported.

What should have reported comes from the register, so that a meter that never said anything is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.metering import WaterUser, fitted_meter, in_service, reaches
from rules.evaluators.account import AccountWindow, account_evaluator
from rules.evaluators.contract import Evidence, Judgement, Params, share_pct
from rules.evaluators.coverage import COVERAGE_SUBJECTS


class ArrivalRateParams(Params):
    """min_arrival_pct: of the expected hours, of a subject and of each of its places."""

    min_arrival_pct: float = Field(gt=0, le=100)


@dataclass(frozen=True, slots=True)
class _User:
    code: str
    hours: int
    expected: int
    places: int
    below: list[Evidence]
    unconnected: list[Evidence]


@account_evaluator("arrival_rate", params=ArrivalRateParams, selects=set(), subjects=COVERAGE_SUBJECTS, months=1)
def arrival_rate(window: AccountWindow, params: ArrivalRateParams) -> list[Judgement]:
    """Of the month: each enterprise with a connected meter, each park and district, the city. value and limit in %."""
    users = window.users()
    counted = {user.code: _count(window, user, params.min_arrival_pct) for user in users}
    out = []
    for user in users:
        found = counted[user.code]
        if found.places:
            beside: Evidence = {"places_counted": found.places, "below": found.below, "unconnected": found.unconnected}
            out.append(_judge(window, Subject(SubjectKind.ENTERPRISE, user.code), [found], beside, params))
    for subject, members in window.register.groups(users):
        found_in = [counted[user.code] for user in members]
        beside = {"enterprises": _listed(found_in, params)}
        out.append(_judge(window, subject, found_in, beside, params))
    return out


def _count(window: AccountWindow, user: WaterUser, min_pct: float) -> _User:
    hours = expected = places = 0
    below: list[Evidence] = []
    unconnected: list[Evidence] = []
    for place in window.register.places_of.get(user.code, ()):
        total = window.metered(place)
        if total is None:
            meter = None
            if in_service(place.in_service_from, place.in_service_to, window.last_day):
                meters = window.register.meters_at.get((user.code, place.code), ())
                meter = fitted_meter(meters, window.last_day)
            if meter is not None:
                unconnected.append({"place": place.code, "medium": place.medium, "serial": meter.serial})
            continue
        # a second meter beside the first must not make up for the silence of another place
        arrived = min(total.hours, total.expected_hours)
        places, hours, expected = places + 1, hours + arrived, expected + total.expected_hours
        if not reaches(arrived, total.expected_hours, min_pct):
            below.append(
                {
                    "place": place.code,
                    "medium": place.medium,
                    "level": place.level,
                    "hours": arrived,
                    "expected_hours": total.expected_hours,
                    "arrival_pct": share_pct(arrived, total.expected_hours),
                }
            )
    return _User(user.code, hours, expected, places, below, unconnected)


def _judge(
    window: AccountWindow, subject: Subject, users: Sequence[_User], beside: Evidence, params: ArrivalRateParams
) -> Judgement:
    hours, expected = sum(user.hours for user in users), sum(user.expected for user in users)
    evidence: Evidence = {
        "formula": "100*hours/expected_hours",
        "hours": hours,
        "expected_hours": expected,
        "min_arrival_pct": params.min_arrival_pct,
        **beside,
    }
    value, limit = share_pct(hours, expected), params.min_arrival_pct
    if expected == 0:
        verdict, reason = Verdict.UNDETERMINED, "not_metered"
    elif reaches(hours, expected, limit):
        verdict, reason = Verdict.COMPLIANT, "target_met"
    else:
        verdict, reason = Verdict.VIOLATION, "target_not_met"
    return Judgement(subject, window.period, verdict, reason, value, limit, "%", evidence)


def _listed(users: Sequence[_User], params: ArrivalRateParams) -> list[Evidence]:
    """Enterprises with something to report or to connect: one line each."""
    return [
        {
            "enterprise": user.code,
            "hours": user.hours,
            "expected_hours": user.expected,
            "places": user.places,
            "below": len(user.below),
            "unconnected": len(user.unconnected),
            "complete": user.places == 0 or reaches(user.hours, user.expected, params.min_arrival_pct),
        }
        for user in users
        if user.places or user.unconnected
    ]
