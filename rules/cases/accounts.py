"""Rule-test cases of monthly accounts: register, metered totals and ledger in, the engine's judgements out."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date

from domain.ledger import Entry, Ledger
from domain.metering import ControlIndex, Line, Quota
from domain.periods import add_months, local_day
from rules.cases.model import Case, CaseError, LedgerFigure
from rules.cases.series import parse_series
from rules.evaluators.account import AccountWindow, MonthTotal
from rules.evaluators.contract import Judgement
from rules.evaluators.coverage import Register
from rules.families.accounts import judge_month
from rules.families.contract import Job


def case_register(case: Case, points: dict[str, int] | None = None) -> Register:
    """The register of a case; points: identities of the meters' points by name."""
    return Register(
        cities=["city"],
        districts=case.districts or sorted({entry.district for entry in case.enterprises}),
        users=case.users(),
        intakes=case.domain_intakes(),
        places=case.domain_places(),
        meters=case.domain_meters(points or {}),
        parks=sorted({entry.park for entry in case.enterprises if entry.park is not None}),
        lines=[Line(**dict(entry)) for entry in case.lines],
        control_indices=[ControlIndex(**dict(entry)) for entry in case.control_indices],
        quotas=[Quota(**dict(entry)) for entry in case.quotas],
    )


def judge_case_accounts(job: Job, case: Case, months: int) -> list[Judgement]:
    """Judges `month`, by default that of `at`, as a family that looks at so many months does."""
    judged = (case.month or local_day(case.start)).replace(day=1)
    looked_at = [add_months(judged, n) for n in range(1 - months, 1)]
    names = {meter.point for meter in case.meters if meter.point is not None}
    register = case_register(case, {name: number for number, name in enumerate(sorted(names), 1)})
    totals: dict[tuple[str, str], dict[date, MonthTotal]] = {}
    for figure in case.totals:
        place = totals.setdefault((figure.enterprise, figure.place), {})
        for first, value in _monthly(figure.start, figure.values):
            expected = 24 * monthrange(first.year, first.month)[1]
            hours = expected if figure.hours is None else figure.hours
            why = "no_data" if value is None else figure.why
            place[first] = MonthTotal(value, figure.bridged, 0.0, 0 if value is None else hours, expected, why)
    ledger = Ledger(entry for figure in case.ledger for entry in _entries(figure))
    return [judgement for _, judgement in judge_month(job, AccountWindow(looked_at, register, totals, ledger))]


def _monthly(start: date, text: str) -> Iterator[tuple[date, float | None]]:
    for position, sample in enumerate(parse_series(text)):
        yield add_months(start.replace(day=1), position), None if sample is None else float(sample.value)


def _entries(figure: LedgerFigure) -> Iterator[Entry]:
    if figure.year is not None and figure.value is not None:
        yield Entry(figure.enterprise, figure.line, figure.item, "year", date(figure.year, 1, 1), figure.value)
    elif figure.start is not None:
        for first, value in _monthly(figure.start, figure.values):
            if value is not None:
                yield Entry(figure.enterprise, figure.line, figure.item, "month", first, value)
    else:
        raise CaseError(f"ledger {figure.item}: give from and values, or year and value")
