"""Rule-test cases of leaks: what happened to sealing points in, where terms and spot checks stand out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from domain.findings import Subject, SubjectKind
from domain.leakstates import Fact, Filed, Measured, Repaired
from domain.periods import SITE_ZONE, day_period, local_day
from rules.cases.leakentries import LeakingEntry
from rules.cases.model import Case, CaseError
from rules.evaluators.contract import Judgement
from rules.evaluators.leak_repair import LeakWindow
from rules.evaluators.leaks import LeakyComponent
from rules.evaluators.spot_check import SpotCheckWindow
from rules.families.contract import Job, judge

_LONG_AGO = date(2000, 1, 1)
_ENOUGH = 2_000


def judge_case_repairs(job: Job, case: Case) -> list[Judgement]:
    """`leaking` components of an enterprise `plant`, judged as at the end of `as_of`, by default the day before `at`;
    `components_in_service`, by default 2000, at any time."""
    as_of = case.as_of or local_day(case.start) - timedelta(days=1)
    window = LeakWindow(as_of, case.key_region_from, _components(case))
    return [one for rule in job.rules for one in judge(rule, window) if job.variant_at(one.period.start) is rule]


def judge_case_checks(job: Job, case: Case) -> list[Judgement]:
    """`leaking` components of an enterprise `plant` on `days`, by default the day of `at`."""
    out: list[Judgement] = []
    for day in case.days or [local_day(case.start)]:
        period = day_period(day)
        subject = Subject(SubjectKind.ENTERPRISE, "plant")
        window = SpotCheckWindow(subject, day, period, case.key_region_from, _components(case))
        rule = job.variant_at(period.start)
        out += [] if rule is None else judge(rule, window)
    return out


def _components(case: Case) -> list[LeakyComponent]:
    return [
        LeakyComponent(
            subject=Subject(SubjectKind.COMPONENT, f"plant/{entry.code}" + (f"-{number}" if entry.count > 1 else "")),
            kind=entry.kind,
            medium=entry.medium,
            standard=entry.standard,
            registered_from=case.registered_from or _LONG_AGO,
            out_on=entry.out_on,
            facts=(facts := _facts(entry)),
            in_service={local_day(fact.at): case.components_in_service or _ENOUGH for fact in facts},
        )
        for entry in case.leaking
        for number in range(1, entry.count + 1)
    ]


def _facts(entry: LeakingEntry) -> Sequence[Fact]:
    facts: list[Fact] = []
    for line in entry.facts:
        day, time, word, *more = line.split()
        at = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=SITE_ZONE)
        if word == "repair":
            facts.append(Repaired(at))
        elif word == "delay":
            ground = more[1] if len(more) > 1 else "shutdown"
            facts.append(Filed(at, facts[0].at, ground, date.fromisoformat(more[0]), "备案"))
        elif more == ["visible"]:
            facts.append(Measured(at, None, visible=True, purpose=word))
        elif len(more) == 1:
            facts.append(Measured(at, float(more[0]), purpose=word))
        else:
            raise CaseError(f"facts: {line!r}: a reading or `visible` after the purpose")
    return facts
