"""What the simulators know of energy beside what the rules find of the same figures: two hands, one result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from typing import Any, cast

import pytest

from domain.ledger import Entry, Ledger
from domain.metering import Line, Place, WaterUser
from domain.periods import add_months
from rules.evaluators import EVALUATORS
from rules.evaluators.account import AccountWindow, MonthTotal
from rules.evaluators.contract import Judgement
from rules.evaluators.coverage import Register
from rules.pack import load_packs
from simulators import truth_energy
from simulators.city import MeteringPlace
from simulators.ledger import figures
from simulators.plants import build_city
from simulators.truth_accounts import Account
from simulators.truth_totals import Totals

RULES = ("energy.unit", "energy.unit_access", "energy.total", "energy.retrofit_list", "energy.benchmark_share")
#: What every meter passed in the story month.
METERED = 100_000.5


class _Totals:
    """Every meter complete."""

    def sum(self, places: Iterable[MeteringPlace]) -> tuple[float, bool]:
        return METERED * len(list(places)), True


def same(kind: type[Any], thing: object) -> Any:
    """The platform's word for a thing of the simulators."""
    return kind(**{field.name: getattr(thing, field.name) for field in fields(kind) if hasattr(thing, field.name)})


@pytest.mark.parametrize("month", [(2026, 9), (2026, 11)])
def test_both_come_to_the_same(month: tuple[int, int]) -> None:
    city, first = build_city(month), date(*month, 1)
    months = [add_months(first, n) for n in range(-11, 1)]
    reported = {(one.enterprise, one.line, one.item, one.first): one.value for one in figures(first)}
    account = Account(city, cast(Totals, _Totals()), reported, months)
    expected = {
        (rule, subject): (outcome.verdict, outcome.reason, outcome.value)
        for rule, subject, outcome in [*truth_energy.lines(account), *truth_energy.enterprises(account)]
    }
    places = [same(Place, place) for place in city.places]
    register = Register(
        [city.code],
        [district.code for district in city.districts],
        [same(WaterUser, enterprise) for enterprise in city.enterprises],
        places=places,
        lines=[same(Line, line) for line in city.lines],
    )
    totals = {
        (place.enterprise, place.code): {first: MonthTotal(METERED, hours=720, expected_hours=720)} for place in places
    }
    entries = [Entry(whose, line, item, "month", at, value) for (whose, line, item, at), value in reported.items()]
    window = AccountWindow(months, register, totals, Ledger(entries))
    found: dict[tuple[str, str], Judgement] = {}
    for rule_id in RULES:
        rule = load_packs().variants[rule_id][0]
        evaluator = EVALUATORS[rule.evaluator]
        for judgement in evaluator.judge(window, evaluator.params.model_validate(rule.params)):
            found[rule_id, str(judgement.subject)] = judgement
    assert found.keys() == expected.keys()
    for key, (verdict, reason, value) in expected.items():
        assert (key, found[key].verdict, found[key].reason) == (key, verdict, reason)
        if value is not None:
            assert found[key].value == pytest.approx(value, rel=1e-9)
