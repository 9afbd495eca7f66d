"""Fit rate of metering instruments (计量器具配备率) by medium and level: Rp = Ns / Nl, fitted over required.

GB 17167-2006 and GB/T 24789-2022 ask for a share at each level (用能或用水单位, 次级, 主要设备). The verdict rests on
every level, the value is that of the one with the smallest margin.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import Field, field_validator, model_validator

from domain.findings import Subject, SubjectKind, Verdict
from domain.ledger import MEDIA, WATER
from domain.metering import PlaceLevel, WaterUser, fitted_meter, in_service, reaches, unfitted_reason
from domain.periods import day_period
from rules.evaluators.contract import Evidence, Judgement, Params, evaluator, json_day, share_pct
from rules.evaluators.coverage import COVERAGE_SUBJECTS, CoverageWindow


class Requirement(Params):
    """What is asked for of some media, in % at each level; each medium is counted by itself."""

    media: list[str] = Field(min_length=1)
    unit: float = Field(gt=0, le=100)
    secondary: float = Field(gt=0, le=100)
    equipment: float = Field(gt=0, le=100)

    @field_validator("media")
    @classmethod
    def _known(cls, media: list[str]) -> list[str]:
        for medium in media:
            if medium not in MEDIA:
                raise ValueError(f"unknown medium {medium!r}; known: {', '.join(MEDIA)}")
        return media


class FitRateParams(Params):
    """scope: ``water`` judges every enterprise; ``energy`` only those with a place of a medium that has a row, and
    names the other kinds of energy that an enterprise meters as not listed."""

    scope: Literal["water", "energy"]
    requirements: list[Requirement] = Field(min_length=1)

    @model_validator(mode="after")
    def _once(self) -> FitRateParams:
        media = [medium for row in self.requirements for medium in row.media]
        if len(set(media)) != len(media):
            raise ValueError("a medium is given twice")
        if any((medium == WATER) != (self.scope == "water") for medium in media):
            raise ValueError(f"a medium is not of the scope {self.scope}")
        return self

    @property
    def required_pct(self) -> dict[tuple[str, str], float]:
        """In % by (medium, level), in the order of the pack."""
        return {
            (medium, level): getattr(row, level)
            for row in self.requirements
            for medium in row.media
            for level in PlaceLevel
        }


_Counts = dict[tuple[str, str], tuple[int, int]]  # (fitted, required) by (medium, level)


@dataclass(frozen=True, slots=True)
class _User:
    code: str
    counts: _Counts
    lacking: list[Evidence]
    not_listed: list[str]


@evaluator("fit_rate", params=FitRateParams, window=CoverageWindow, selects=set(), subjects=COVERAGE_SUBJECTS)
def fit_rate(window: CoverageWindow, params: FitRateParams) -> list[Judgement]:
    """Per day: each enterprise, each park and district, the city. value and limit in %."""
    out = []
    required = params.required_pct
    known: dict[tuple[str, int], _User] = {}
    for day in window.days:
        users = window.register.users_on(day)
        counted = {}
        for user in users:
            key = user.code, window.stretch(user.code, day)
            if key not in known:
                known[key] = _count(window, user, day, params.scope, required)
            counted[user.code] = found = known[key]
            if found.counts or params.scope == "water":
                subject = Subject(SubjectKind.ENTERPRISE, user.code)
                beside: Evidence = {"places": found.lacking, "not_listed": found.not_listed}
                out.append(_judge(subject, found.counts, day, required, beside, "no_metering_place"))
        for subject, members in window.register.groups(users):
            found_in = [counted[user.code] for user in members]
            beside = {"enterprises": _listed(found_in, required), "not_listed": _not_listed(found_in)}
            none = "no_metering_place" if members else "no_enterprise"
            out.append(_judge(subject, _sum(found_in), day, required, beside, none))
    return out


def _count(
    window: CoverageWindow, user: WaterUser, day: date, scope: str, required: dict[tuple[str, str], float]
) -> _User:
    counts: _Counts = {}
    lacking: list[Evidence] = []
    not_listed: set[str] = set()
    for place in window.register.places_of.get(user.code, ()):
        key = place.medium, place.level
        if not in_service(place.in_service_from, place.in_service_to, day):
            continue
        if key not in required:
            if (place.medium == WATER) == (scope == "water"):
                not_listed.add(place.medium)
            continue
        meters = window.register.meters_at.get((user.code, place.code), [])
        meter = fitted_meter(meters, day)
        fitted, all_of = counts.get(key, (0, 0))
        counts[key] = fitted + (meter is not None), all_of + 1
        if meter is None:
            lacking.append(
                {
                    "place": place.code,
                    "medium": place.medium,
                    "level": place.level,
                    "fitted": False,
                    "why": unfitted_reason(meters, day),
                    "meters": [
                        {"serial": one.serial, "verification_due": json_day(one.verification_due)}
                        for one in meters
                        if in_service(one.installed_on, one.removed_on, day)
                    ],
                }
            )
    return _User(user.code, counts, lacking, sorted(not_listed))


def _sum(users: Iterable[_User]) -> _Counts:
    total: _Counts = {}
    for user in users:
        for key, (fitted, required) in user.counts.items():
            known = total.get(key, (0, 0))
            total[key] = known[0] + fitted, known[1] + required
    return total


def _judge(
    subject: Subject, counts: _Counts, day: date, required: dict[tuple[str, str], float], beside: Evidence, none: str
) -> Judgement:
    period = day_period(day)
    levels: list[Evidence] = [
        {
            "medium": medium,
            "level": level,
            "required": counts[medium, level][1],
            "fitted": counts[medium, level][0],
            "pct": share_pct(*counts[medium, level]),
            "required_pct": percent,
            "met": reaches(*counts[medium, level], percent),
        }
        for (medium, level), percent in required.items()
        if (medium, level) in counts
    ]
    evidence: Evidence = {"formula": "100*fitted/required", "levels": levels, **beside}
    if not levels:
        return Judgement(subject, period, Verdict.UNDETERMINED, none, None, None, "%", evidence)
    # a level that is not met has the smaller margin also where floats would call it a draw
    worst = min(levels, key=lambda row: (row["met"], row["pct"] - row["required_pct"]))
    decisive = {"medium": worst["medium"], "level": worst["level"]}
    evidence |= {"decisive": decisive, "required": worst["required"], "fitted": worst["fitted"]}
    verdict, reason = Verdict.VIOLATION, "target_not_met"
    if worst["met"]:
        verdict, reason = Verdict.COMPLIANT, "target_met"
    return Judgement(subject, period, verdict, reason, worst["pct"], worst["required_pct"], "%", evidence)


def _listed(users: Iterable[_User], required: dict[tuple[str, str], float]) -> list[Evidence]:
    """Enterprises with a place that counts: one line each, however many places they have."""
    return [
        {
            "enterprise": user.code,
            "required": sum(counts[1] for counts in user.counts.values()),
            "fitted": sum(counts[0] for counts in user.counts.values()),
            "complete": all(reaches(*counts, required[key]) for key, counts in user.counts.items()),
        }
        for user in users
        if user.counts
    ]


def _not_listed(users: Iterable[_User]) -> list[str]:
    return sorted({medium for user in users for medium in user.not_listed})
