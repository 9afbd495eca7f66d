"""Water taken in against what may be taken: permit (取水许可), plan (用水计划), and the enterprise's own report.

Year to date is by calendar year. Months before an enterprise was registered here count as it reported them; where it
reported none, what is known can be over but never within.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from math import fsum

from pydantic import Field

from domain.balance import forecast
from domain.findings import Subject, SubjectKind, Verdict
from domain.metering import Intake, WaterUser, in_month
from rules.evaluators.account import AccountWindow, account_evaluator
from rules.evaluators.contract import Evidence, Judgement, Params, json_day
from rules.evaluators.intakes import REPORTED, Volume, intake_places, intake_volume, lacking, metered_volume

_ENTERPRISES = {SubjectKind.ENTERPRISE}


class PermitParams(Params):
    """None: permits are rows of the register."""


class ControlIndexParams(Params):
    """None: plans are rows of the register."""


class ReportCheckParams(Params):
    """limit_pct: difference of report and meters in % of what the meters passed."""

    limit_pct: float = Field(gt=0, le=100)


def takers(window: AccountWindow) -> list[tuple[WaterUser, list[Intake]]]:
    """Enterprises with their non-agricultural intakes in service on the month's last day, those that have any."""
    found = [(user, window.register.intakes_on(user.code, window.last_day)) for user in window.users()]
    return [(user, intakes) for user, intakes in found if intakes]


def days_of(window: AccountWindow) -> tuple[int, int]:
    """Days of the year that have passed with the judged month, and days of the year."""
    last = window.last_day
    return last.timetuple().tm_yday, date(last.year, 12, 31).timetuple().tm_yday


def year_evidence(window: AccountWindow, volumes: Sequence[Volume]) -> Evidence:
    """The months of a year to date, and what the year comes to when it goes on like that."""
    elapsed, whole = days_of(window)
    known = fsum(volume.known for volume in volumes)
    return {
        "year": window.month.year,
        "months": [volume.evidence() for volume in volumes],
        "days_elapsed": elapsed,
        "forecast_m3": forecast(known, elapsed, whole),
    }


@account_evaluator("permit", params=PermitParams, selects=set(), subjects=_ENTERPRISES, months=12)
def permit(window: AccountWindow, params: PermitParams) -> list[Judgement]:
    """Enterprises with an intake: m3 of the year to date against what their permits allow in a year."""
    return [_permit(window, user, intakes) for user, intakes in takers(window)]


def _permit(window: AccountWindow, user: WaterUser, intakes: Sequence[Intake]) -> Judgement:
    codes = {intake.code for intake in intakes}
    volumes = [_under_permit(window, user, codes, first) for first in window.year_to_date]
    known, permitted = fsum(one.known for one in volumes), fsum(intake.permitted_m3_a for intake in intakes)
    own = {intake.code: _of_intake(window, user, intake) for intake in intakes}
    shown = [
        {
            "intake": intake.code,
            "source": intake.source,
            "permit_number": intake.permit_number,
            "permit_to": None if intake.permit_to is None else json_day(intake.permit_to),
            "permitted_m3_a": intake.permitted_m3_a,
            "metered_m3": fsum(one.known for one in own[intake.code]),
            "metered_month_m3": own[intake.code][-1].known if own[intake.code] else None,
            "expired": _expired(window, intake, own[intake.code]),
        }
        for intake in intakes
    ]
    over = known > permitted or any(one["metered_m3"] > one["permitted_m3_a"] for one in shown)  # type: ignore[operator]
    unmetered = any(one.why == "not_metered" for of in own.values() for one in of)
    lacks = lacking(volumes)
    if any(one["expired"] for one in shown):
        verdict, reason = Verdict.VIOLATION, "permit_expired"
    elif over:
        verdict, reason = Verdict.VIOLATION, "over_permit"
    elif unmetered or lacks is not None:
        verdict, reason = Verdict.UNDETERMINED, "not_metered" if unmetered else lacks or "incomplete_data"
    else:
        verdict, reason = Verdict.COMPLIANT, "within_permit"
    evidence: Evidence = {"formula": "sum(m3)", "intakes": shown, **year_evidence(window, volumes)}
    subject = Subject(SubjectKind.ENTERPRISE, user.code)
    return Judgement(subject, window.period, verdict, reason, known, permitted, "m3", evidence)


def _under_permit(window: AccountWindow, user: WaterUser, codes: Collection[str], first: date) -> Volume:
    """What an enterprise took in that its judged permits have to cover: nothing of an intake for agriculture, or of one
    that is closed by now, the permit of which is not in the sum either."""
    if first < user.registered_from.replace(day=1):
        return intake_volume(window, user, first)
    places = [p for p in intake_places(window, user.code, first) if p.intake is None or p.intake in codes]
    if not places and not _has_intake(window, user, codes, first):
        return Volume(first, 0.0, "metered")
    return metered_volume(window, places, first)


def _has_intake(window: AccountWindow, user: WaterUser, codes: Collection[str], first: date) -> bool:
    """Whether one of some intakes was there in a month: before the first one nothing could be taken in."""
    return any(one.code in codes and in_month(one, first) for one in window.register.intakes_of.get(user.code, ()))


def _of_intake(window: AccountWindow, user: WaterUser, intake: Intake) -> list[Volume]:
    """What the meters of an intake passed in the year's months in which it was there, since registration."""
    since = user.registered_from.replace(day=1)
    return [
        metered_volume(window, [p for p in intake_places(window, user.code, first) if p.intake == intake.code], first)
        for first in window.year_to_date
        if first >= since and in_month(intake, first)
    ]


def _expired(window: AccountWindow, intake: Intake, months: Sequence[Volume]) -> bool:
    """Whether a permit had run out by the month's last day, and water was taken in that month."""
    if intake.permit_to is None or intake.permit_to >= window.last_day:
        return False
    return bool(months) and months[-1].known > 0


@account_evaluator("control_index", params=ControlIndexParams, selects=set(), subjects=_ENTERPRISES, months=12)
def control_index(window: AccountWindow, params: ControlIndexParams) -> list[Judgement]:
    """Enterprises with an intake: m3 of the year to date against their plan of the year (用水计划)."""
    plans = {(one.enterprise, one.year): one.water_m3 for one in window.register.control_indices}
    return [_index(window, user, plans.get((user.code, window.month.year))) for user, _ in takers(window)]


def _index(window: AccountWindow, user: WaterUser, plan: float | None) -> Judgement:
    volumes = [intake_volume(window, user, first) for first in window.year_to_date]
    known, lacks = fsum(one.known for one in volumes), lacking(volumes)
    if plan is None:
        verdict, reason = Verdict.UNDETERMINED, "no_index"
    elif known > plan:
        verdict, reason = Verdict.VIOLATION, "over_index"
    elif lacks is not None:
        verdict, reason = Verdict.UNDETERMINED, lacks
    else:
        verdict, reason = Verdict.COMPLIANT, "within_index"
    evidence: Evidence = {"formula": "sum(m3)", **year_evidence(window, volumes)}
    subject = Subject(SubjectKind.ENTERPRISE, user.code)
    return Judgement(subject, window.period, verdict, reason, known, plan, "m3", evidence)


@account_evaluator("report_check", params=ReportCheckParams, selects=set(), subjects=_ENTERPRISES, months=1)
def report_check(window: AccountWindow, params: ReportCheckParams) -> list[Judgement]:
    """Enterprises with an intake: the month's report (water.reported) against their meters, in % of the meters."""
    out = []
    for user, _ in takers(window):
        metered = metered_volume(window, intake_places(window, user.code, window.month), window.month)
        reported = window.ledger.month(user.code, REPORTED, window.month)
        difference = None if reported is None else reported - metered.known
        if metered.why is not None:
            verdict = Verdict.UNDETERMINED
            reason = "not_metered" if metered.why == "not_metered" else "incomplete_data"
        elif difference is None:
            verdict, reason = Verdict.UNDETERMINED, "not_reported"
        elif metered.known <= 0:
            verdict, reason = Verdict.UNDETERMINED, "no_flow"
        elif 100.0 * abs(difference) > params.limit_pct * metered.known:
            verdict, reason = Verdict.VIOLATION, "report_differs"
        else:
            verdict, reason = Verdict.COMPLIANT, "report_agrees"
        value = None if difference is None or metered.known <= 0 else 100.0 * abs(difference) / metered.known
        evidence: Evidence = {
            "formula": "100*|reported-metered|/metered",
            "metered": metered.evidence(),
            "reported_m3": reported,
            "difference_m3": difference,
        }
        subject = Subject(SubjectKind.ENTERPRISE, user.code)
        out.append(Judgement(subject, window.period, verdict, reason, value, params.limit_pct, "%", evidence))
    return out
