"""LDAR at least once a calendar year for each component of an enterprise (每年至少完成1次LDAR)."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from domain.findings import SubjectKind
from domain.leaks import NAT, LeakStatus, campaign_status, year_of
from domain.leakterms import OpenDuties, first_years, yearly_duties
from domain.periods import year_period
from rules.evaluators.components import ComponentWindow, Days, ended, met_at, to_date, verdict_of
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

    A year in which a component was put in service is not judged: it may have been there for a day. Nor is one at whose
    last day so far it is exempt, unless it was tested in it; a component that is exempt or removed after a year without
    a test gets a compliant day, `exempt` or `removed`, that ends the matter.
    """
    if not window.subjects:
        return []
    first, last = window.judged_from, window.judged_to
    first_year, last_year = first_years(window.start, first), year_of(last)
    first_test = _first_tests(window)
    out: list[Judgement] = []
    for row in np.flatnonzero(first <= last):
        owner, broken = int(row), None
        for year in range(int(first_year[owner]), int(last_year[owner]) + 1):
            at = min(last[owner], _last_day(year))
            tested_on = first_test.get((owner, year))
            if tested_on is None and _is_exempt(window, owner, at):
                out += [] if broken is None else ended(window, owner, broken)
                broken = None
                continue
            if tested_on is not None:
                broken = None
            elif at == _last_day(year):
                broken = at if broken is None else broken
            out.append(_year(window, params, owner, year, last[owner], tested_on))
        out += [] if broken is None else ended(window, owner, broken)
    return out


def campaign_duties(window: ComponentWindow, params: YearlyCampaignParams) -> OpenDuties:
    """The open duties of the components that are there on the window's last day."""
    count = len(window.subjects)
    tested = np.full(count, np.datetime64("0001-01-01", "D"))
    np.maximum.at(tested, window.test_owner, window.test_day)
    tested = np.where(tested == np.datetime64("0001-01-01", "D"), NAT, tested)
    as_of = np.full(count, np.datetime64(window.as_of, "D"))
    return window.open_on_last_day(yearly_duties(window.service, window.judged_from, tested, as_of))


def _last_day(year: int) -> np.datetime64:
    return np.datetime64(f"{year:04}-12-31", "D")


def _is_exempt(window: ComponentWindow, owner: int, at: np.datetime64) -> bool:
    begins, ends = window.exempt_from[owner], window.exempt_to[owner]
    return bool(begins <= at and (np.isnat(ends) or at < ends))


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
