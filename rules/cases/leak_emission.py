"""Rule-test cases of leak emissions: sealing points with their readings in, a month's kg out."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from domain.leak_emission import Point, Readings, Repairs
from domain.periods import local_day
from rules.cases.leakentries import EmittingEntry
from rules.evaluators.contract import Judgement
from rules.evaluators.leak_emission import LeakEmissionParams, month_rows
from rules.families.contract import Job
from rules.families.leakemissions import judge_months


def judge_case_emissions(job: Job, entries: list[EmittingEntry], start: datetime) -> list[Judgement]:
    """Judges the month of `start` of an enterprise `plant`."""
    rule = job.variant_at(start)
    if rule is None:
        return []
    params = rule.typed_params
    assert isinstance(params, LeakEmissionParams)
    month = local_day(start).replace(day=1)
    each = [entry for entry in entries for _ in range(entry.count)]
    points = [
        Point(
            entry.unit,
            entry.kind,
            entry.medium,
            entry.family,
            entry.in_service_from,
            entry.in_service_to,
            entry.voc_share,
            entry.hours_per_year,
        )
        for entry in each
    ]
    tests = [(row, test.at.timestamp(), test.net) for row, entry in enumerate(each) for test in entry.tests]
    repairs = [
        (
            row,
            leak.closed_at.timestamp(),
            leak.found_net,
            leak.closed_net,
            np.inf if leak.next_found_at is None else leak.next_found_at.timestamp(),
        )
        for row, entry in enumerate(each)
        for leak in entry.repairs
    ]
    owner, at, net = np.array(tests, float).reshape(len(tests), 3).T
    whose, closed, found_net, closed_net, until = np.array(repairs, float).reshape(len(repairs), 5).T
    rows = month_rows(
        points,
        Readings(owner.astype(np.int64), at, net),
        Repairs(whose.astype(np.int64), closed, found_net, closed_net, until),
        [month],
        params,
    )
    return [judgement for _, judgement in judge_months(job, "plant", [month], rows)]
