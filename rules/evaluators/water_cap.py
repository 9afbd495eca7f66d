"""Water use of the whole city in the year to date against what its plans allow in a year (用水总量控制目标)."""

from __future__ import annotations

from math import fsum

from pydantic import Field

from domain.balance import ahead_of, forecast
from domain.findings import Subject, SubjectKind, Verdict
from rules.evaluators.account import AccountWindow, account_evaluator
from rules.evaluators.contract import Evidence, Judgement, Params, json_day
from rules.evaluators.intakes import intake_volume
from rules.evaluators.water_use import days_of

TOTAL = "water.total"


class WaterCapParams(Params):
    """cap_m3: of a year. pro_rata_pct: share of the cap's part for the days that have passed, beyond which it is said:
    100 is the same as a forecast above the cap. target_ids: rows of the policy tables."""

    cap_m3: float = Field(gt=0)
    pro_rata_pct: float = Field(gt=0, le=100)
    target_ids: list[str]


@account_evaluator("water_cap", params=WaterCapParams, selects=set(), subjects={SubjectKind.CITY}, months=12)
def water_cap(window: AccountWindow, params: WaterCapParams) -> list[Judgement]:
    """The city. value: known m3 of the year to date.

    Plants' meters are a part of the city only: a month without the bureau's total counts what meters know, which can be
    over the cap but never within it.
    """
    stated = {first: window.ledger.month(None, TOTAL, first) for first in window.year_to_date}
    months: list[Evidence] = []
    volumes: list[float] = []
    for first, total in stated.items():
        if total is None:
            metered = fsum(intake_volume(window, user, first).known for user in window.users())
            months.append({"month": json_day(first), "m3": metered, "source": "known_intakes"})
            volumes.append(metered)
        else:
            months.append({"month": json_day(first), "m3": total, "source": "reported"})
            volumes.append(total)
    known, (elapsed, whole) = fsum(volumes), days_of(window)
    if known > params.cap_m3:
        verdict, reason = Verdict.VIOLATION, "over_cap"
    elif None in stated.values():
        verdict, reason = Verdict.UNDETERMINED, "no_city_total"
    elif ahead_of(known, params.cap_m3, elapsed, whole, params.pro_rata_pct):
        verdict, reason = Verdict.VIOLATION, "forecast_over_cap"
    else:
        verdict, reason = Verdict.COMPLIANT, "within_cap"
    evidence: Evidence = {
        "formula": "sum(m3)",
        "year": window.month.year,
        "months": months,
        "days_elapsed": elapsed,
        "pro_rata_m3": params.cap_m3 * elapsed / whole,
        "pro_rata_pct": params.pro_rata_pct,
        "forecast_m3": forecast(known, elapsed, whole),
        "target_ids": params.target_ids,
    }
    return [
        Judgement(Subject(SubjectKind.CITY, city), window.period, verdict, reason, known, params.cap_m3, "m3", evidence)
        for city in window.register.cities
    ]
