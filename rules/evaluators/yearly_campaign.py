"""LDAR at least once a calendar year for each component of an enterprise (每年至少完成1次LDAR)."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from domain.findings import SubjectKind
from domain.leaks import LeakStatus, campaign_status, year_of
from domain.periods import year_period
from rules.evaluators.components import ComponentWindow, Days, met_at, to_date, verdict_of
from rules.evaluators.contract import Evidence, Judgement, Params, evaluator


class YearlyCampaignParams(Params):
    """due_soon_days: last days of the year, called `due_soon`."""

    due_soon_days: int = Field(ge=0)


@evaluator(
    "yearly_campaign",
    params=YearlyCampaignParams,
    window=ComponentWindow,
    selects=set(),
    subjects={SubjectKind.COMPONENT},
)
def yearly_campaign(window: ComponentWindow, params: YearlyCampaignParams) -> list[Judgement]:
    """One judgement per component and calendar year, from its first judged year to the current one.

    A year in which a component was put in service is not judged: it may have been there for a day.
    """
    if not window.subjects:
        return []
    first, last = window.judged_from, window.judged_to
    first_year, last_year = year_of(first), year_of(last)
    put_in = window.in_service_from
    whole_from = year_of(put_in) + (put_in > put_in.astype("datetime64[Y]").astype("datetime64[D]"))
    first_year = np.maximum(first_year, whole_from)
    first_test = _first_tests(window)
    out = []
    for row in np.flatnonzero(first <= last):
        owner = int(row)
        for year in range(int(first_year[owner]), int(last_year[owner]) + 1):
            out.append(_year(window, params, owner, year, last[owner], first_test.get((owner, year))))
    return out


def _first_tests(window: ComponentWindow) -> dict[tuple[int, int], np.datetime64]:
    """The first test of each component in each year."""
    order = np.argsort(window.test_day, kind="stable")[::-1]
    owners, days = window.test_owner[order], window.test_day[order]
    return dict(zip(zip(owners.tolist(), year_of(days).tolist(), strict=True), days, strict=True))


def _year(
    window: ComponentWindow,
    params: YearlyCampaignParams,
    owner: int,
    year: int,
    as_of: np.datetime64,
    tested_on: np.datetime64 | None,
) -> Judgement:
    tested = np.array([tested_on is not None])
    at: Days = np.array([as_of])
    word = LeakStatus(int(campaign_status(np.array([year]), tested, at, params.due_soon_days)[0]))
    evidence: Evidence = {
        "kind": window.kinds[owner],
        "year": year,
        "in_service_from": to_date(window.in_service_from[owner]).isoformat(),
        "as_of": to_date(as_of).isoformat(),
    }
    if tested_on is not None:
        evidence |= met_at(tested_on)
    return Judgement(window.subjects[owner], year_period(year), verdict_of(word), word.word, evidence=evidence)
