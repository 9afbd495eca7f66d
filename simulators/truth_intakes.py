"""What must be found of water that is taken: permits, plans, quotas, the city's cap, and whether reports agree.

Assumptions. An enterprise's intake of a month is what its intakes' meters passed, or before it was registered what it
reported. A year to date whose known part is above a permit is above it whatever is missing; one that is below says
nothing while something is missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from simulators.city import Line
from simulators.effects import Outcome
from simulators.truth_accounts import Account, Found

PERMIT = "water.permit"
INDEX = "water.control_index"
QUOTA = "water.quota"
CAP = "water.cap"
CAP_WATCH = "water.cap_watch"
REPORT = "water.report_check"

CAP_M3 = 3.29e8
#: rule: share of the cap's pro rata part from which a forecast is too high, in %.
PRO_RATA_PCT = {CAP: 100.0, CAP_WATCH: 90.0}
REPORT_PCT = 5.0


def intake_volume(account: Account, enterprise: str, month: date) -> tuple[float | None, bool]:
    """(m3 that are known, whether that is all) of a month."""
    if not account.is_metered(month):
        reported = account.figure(enterprise, "water.reported", month)
        return reported, reported is not None
    places = [
        p for p in account.places(enterprise, "water", "unit")
        if p.flow == "in" and p.parent is None and (p.intake is not None or p.use == "fresh")
    ]  # fmt: skip
    return account.totals.sum(places)


def _to_date(account: Account, enterprise: str, months: Iterable[date]) -> tuple[float, str | None]:
    """(m3 that are known, why that is not all)."""
    known, reason = 0.0, None
    for month in months:
        volume, complete = intake_volume(account, enterprise, month)
        known += volume or 0.0
        if not complete and reason != "incomplete_data":
            reason = "incomplete_data" if account.is_metered(month) else "partial_year"
    return known, reason


def permits(account: Account) -> Found:
    """Permitted volumes and plans of everybody with an intake."""
    for enterprise in account.city.enterprises:
        intakes = account.intakes(enterprise.code)
        if not intakes:
            continue
        subject = f"enterprise:{enterprise.code}"
        known, missing = _to_date(account, enterprise.code, account.year_to_date)
        own = {
            intake.code: account.totals.sum(
                p for p in account.places(enterprise.code, "water", "unit") if p.intake == intake.code
            )[0]
            for intake in intakes
        }
        expired = any(i.permit_to is not None and i.permit_to < account.last_day and own[i.code] > 0 for i in intakes)
        permitted = sum(intake.permitted_m3_a for intake in intakes)
        over = known > permitted or any(own[i.code] > i.permitted_m3_a for i in intakes)
        if expired:
            outcome = Outcome("violation", "permit_expired", known)
        elif over:
            outcome = Outcome("violation", "over_permit", known)
        elif missing is not None:
            outcome = Outcome("undetermined", missing, known)
        else:
            outcome = Outcome("compliant", "within_permit", known)
        yield PERMIT, subject, outcome
        plans = {i.enterprise: i.water_m3 for i in account.city.control_indices if i.year == account.first.year}
        if (plan := plans.get(enterprise.code)) is None:
            outcome = Outcome("undetermined", "no_index", known)
        elif known > plan:
            outcome = Outcome("violation", "over_index", known)
        elif missing is not None:
            outcome = Outcome("undetermined", missing, known)
        else:
            outcome = Outcome("compliant", "within_index", known)
        yield INDEX, subject, outcome


def quotas(account: Account) -> Found:
    """Water per unit of output of every line, over twelve months."""
    for line in account.city.lines:
        if line.in_service_from <= account.last_day:
            yield QUOTA, f"line:{line.enterprise}/{line.code}", _quota(account, line)


def _quota(account: Account, line: Line) -> Outcome:
    rows = {
        row.grade: row.value for row in account.city.quotas
        if row.product == line.product and row.valid_from <= account.first
    }  # fmt: skip
    if not rows:
        return Outcome("undetermined", "no_quota")
    allowed = rows.get("mandatory", rows.get("general"))
    if allowed is None:
        return Outcome("undetermined", "no_general_quota")
    outputs = [account.figure(line.enterprise, "output", month, line.code) for month in account.months]
    water, missing = _to_date(account, line.enterprise, account.months)
    if None in outputs or missing is not None or len(account.lines(line.enterprise)) > 1:
        return Outcome("undetermined", "incomplete_data")
    made = sum(output for output in outputs if output is not None)
    if made == 0:
        return Outcome("undetermined", "no_output")
    value = water / made
    return Outcome("violation", "over_quota", value) if value > allowed else Outcome("compliant", "quota_met", value)


def cap(account: Account) -> Found:
    """The city's use of water in the year to date, and what it becomes at that pace."""
    months = account.year_to_date
    city = [account.figure(None, "water.total", month) for month in months]
    known = 0.0
    for month, total in zip(months, city, strict=True):
        if total is not None:
            known += total
        else:
            known += sum(intake_volume(account, e.code, month)[0] or 0.0 for e in account.city.enterprises)
    elapsed = (account.last_day - date(account.first.year, 1, 1)).days + 1
    whole = (date(account.first.year, 12, 31) - date(account.first.year, 1, 1)).days + 1
    for rule, percent in PRO_RATA_PCT.items():
        if known > CAP_M3:
            outcome = Outcome("violation", "over_cap", known)
        elif None in city:
            outcome = Outcome("undetermined", "no_city_total", known)
        elif 100 * known * whole > percent * CAP_M3 * elapsed:
            outcome = Outcome("violation", "forecast_over_cap", known)
        else:
            outcome = Outcome("compliant", "within_cap", known)
        yield rule, f"city:{account.city.code}", outcome


def reports(account: Account) -> Found:
    """What is reported as taken in the month against what was metered."""
    for enterprise in account.city.enterprises:
        if not account.intakes(enterprise.code):
            continue
        metered, complete = intake_volume(account, enterprise.code, account.first)
        reported = account.figure(enterprise.code, "water.reported", account.first)
        if metered is None or not complete:
            outcome = Outcome("undetermined", "incomplete_data")
        elif reported is None:
            outcome = Outcome("undetermined", "not_reported")
        elif metered == 0:
            outcome = Outcome("undetermined", "no_flow")
        else:
            value = 100 * abs(metered - reported) / metered
            differs = value > REPORT_PCT
            verdict = ("violation", "report_differs") if differs else ("compliant", "report_agrees")
            outcome = Outcome(*verdict, value)
        yield REPORT, f"enterprise:{enterprise.code}", outcome
