"""Honest campaigns show no sign, whatever the contractor's habits, and each forged one shows its own.

The same, larger: `plantwatch bench leak-signs`; its figures stand in docs/ldar-signs.md.
"""

from __future__ import annotations

import pytest

from domain.findings import Verdict
from rules.pack import load_packs
from runtime.bench.leaksigns import SIGN_OF, Tally, count, honest_campaign, signs, verdicts
from simulators.leak_campaign import VARIANTS, dishonest, honest, works
from simulators.leak_habits import HABITS

RULES = load_packs()
#: A works that is large enough for every sign, of more than 2000 points.
SPOTS = works(2100)
#: Share of days or campaigns of honest people on which a sign may be seen; there was none when this was written.
ALLOWED = 0.02


@pytest.mark.parametrize("habit", HABITS)
def test_no_sign_is_seen_in_an_honest_campaign(habit: str) -> None:
    made = HABITS[habit](honest(11, works(900), crews=2))
    seen = {rule for rule, verdict in verdicts(RULES, made) if verdict is Verdict.VIOLATION}
    assert seen == set()


def test_few_of_many_honest_days_show_a_sign() -> None:
    tallies = {rule.id: Tally() for rule in signs(RULES)}
    for seed in range(1000, 1024):
        for rule_id, verdict in verdicts(RULES, honest_campaign(seed)):
            count(tallies[rule_id], verdict)
    assert {rule_id: one.seen for rule_id, one in tallies.items() if one.seen > ALLOWED * one.judged} == {}
    assert all(one.judged >= 15 for one in tallies.values()), "each sign had something to look at"


@pytest.mark.parametrize(("forgery", "variant"), [(sign, one) for sign in VARIANTS for one in VARIANTS[sign]])
def test_each_forgery_is_found_by_its_sign(forgery: str, variant: str) -> None:
    rule_id = f"ldar.sign_{SIGN_OF[forgery]}"
    made = dishonest(forgery, 5, SPOTS, variant=variant)
    assert Verdict.VIOLATION in {verdict for _, verdict in verdicts(RULES, made, {rule_id})}


@pytest.mark.parametrize(("seen", "judged", "upper"), [(0, 300, 1.0), (0, 0, 100.0), (5, 1000, 1.02), (1, 2, 89.0)])
def test_the_upper_limit_of_a_rate(seen: int, judged: int, upper: float) -> None:
    assert Tally(judged, seen).upper_pct == pytest.approx(upper, rel=0.03)
