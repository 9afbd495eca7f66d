"""`plantwatch bench leak-signs`: how often LDAR signs are seen in campaigns of honest people, and how often in forged
ones.

Honest does not mean uniform: campaigns are small and large, by one to three teams, and people have other loggers,
displays, shifts and ledgers (`simulators.leak_habits`). None of that is a sign. Pure evaluators with the shipped
thresholds; no database.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from domain.findings import Verdict
from rules.families.contract import judge
from rules.families.leakcampaigns import CAMPAIGN_SIGNS
from rules.families.leakdays import DAY_SIGNS
from rules.pack import Rule, RuleSet, load_packs
from runtime.bench.leakwindows import campaign_of, days_of
from simulators.leak_campaign import VARIANTS, dishonest, honest, works
from simulators.leak_habits import HABITS
from simulators.leak_shapes import Campaign

#: (points of the works, teams) of honest campaigns, in turn.
SIZES = ((300, 1), (1200, 2), (2400, 3), (5000, 3))
#: The sign that each forgery is made to show.
SIGN_OF = {
    "F1": "times",
    "F2": "speed",
    "F3": "undeclared",
    "F4": "dwell",
    "F5": "background",
    "F6": "response_factor",
    "F7": "ledger",
    "F8": "period",
    "F9": "calibration",
    "F10": "digits",
    "F11": "movement",
    "F12": "video",
    "F13": "repair",
    "F14": "two_places",
}
#: 95 % of samples without a single case have a rate below this many by their number.
_RULE_OF_THREE = 3.0
_Z = 1.645


@dataclass(frozen=True, slots=True)
class LeakSignPlan:
    """campaigns: honest ones; forged: campaigns of each forgery; forged_points: of the works they are about."""

    campaigns: int = 500
    forged: int = 20
    forged_points: int = 2400

    @classmethod
    def short(cls) -> LeakSignPlan:
        """Enough to see that everything works."""
        return cls(len(HABITS), 1, 2400)


@dataclass(slots=True)
class Tally:
    """Days or campaigns with enough records, those on which a sign was seen, and those with too few."""

    judged: int = 0
    seen: int = 0
    too_few: int = 0

    @property
    def upper_pct(self) -> float:
        """Upper limit of the rate, one-sided 95 %: the rule of three where nothing was seen, else Wilson's."""
        if not self.judged:
            return 100.0
        if not self.seen:
            return min(100.0, 100 * _RULE_OF_THREE / self.judged)
        n, rate = self.judged, self.seen / self.judged
        centre = rate + _Z**2 / (2 * n)
        spread: float = _Z * (rate * (1 - rate) / n + _Z**2 / (4 * n**2)) ** 0.5
        return 100 * (centre + spread) / (1 + _Z**2 / n)


def bench_leak_signs(plan: LeakSignPlan) -> dict[str, Any]:
    """Measure; `figures` only, there is nothing to compare a rate with."""
    return {
        "load": {"campaigns": plan.campaigns, "habits": list(HABITS), "sizes": [list(size) for size in SIZES]},
        "figures": {
            "false_alarms": false_alarms(range(plan.campaigns)),
            "found": found(range(plan.forged), plan.forged_points),
        },
        "ratios": {},
    }


def honest_campaign(seed: int) -> Campaign:
    """One of many: sizes and habits take turns with different steps."""
    points, crews = SIZES[seed % len(SIZES)]
    habit = list(HABITS.values())[(seed // len(SIZES) + seed) % len(HABITS)]
    return habit(honest(seed, works(points), crews=crews))


def false_alarms(seeds: Sequence[int] | range) -> dict[str, dict[str, float]]:
    """{rule: judged, seen, too_few, rate_pct, upper_pct} over honest campaigns, by days or campaigns."""
    rules = load_packs()
    tallies: dict[str, Tally] = {rule.id: Tally() for rule in signs(rules)}
    for done, seed in enumerate(seeds):
        if done and done % 50 == 0:
            sys.stderr.write(f"{done} honest campaigns\n")
        for rule_id, verdict in verdicts(rules, honest_campaign(seed)):
            count(tallies[rule_id], verdict)
    return {rule_id: _figures(tally) for rule_id, tally in sorted(tallies.items())}


def found(seeds: Sequence[int] | range, points: int) -> dict[str, float]:
    """{"F1 no_time": share of forged campaigns in per cent in which their sign was seen at least once}."""
    rules, spots = load_packs(), works(points)
    shares = {}
    for forgery, variants in VARIANTS.items():
        mine = {f"ldar.sign_{SIGN_OF[forgery]}"}
        for variant in variants:
            made = [dishonest(forgery, seed, spots, variant=variant) for seed in seeds]
            seen = [any(v is Verdict.VIOLATION for _, v in verdicts(rules, one, mine)) for one in made]
            shares[f"{forgery} {variant}"] = round(100 * sum(seen) / len(seen), 1)
    return shares


def signs(rules: RuleSet) -> list[Rule]:
    """The LDAR signs that are in force."""
    names = {*DAY_SIGNS, *CAMPAIGN_SIGNS}
    return [variants[0] for variants in rules.enabled.values() if variants[0].evaluator in names]


def verdicts(rules: RuleSet, made: Campaign, only: set[str] | None = None) -> Iterator[tuple[str, Verdict]]:
    """(rule, verdict) of each day and of the campaign."""
    days, whole = list(days_of(made)), campaign_of(made)
    for rule in signs(rules):
        if only is None or rule.id in only:
            windows = days if rule.evaluator in DAY_SIGNS else [whole]
            for window in windows:
                yield from ((rule.id, one.verdict) for one in judge(rule, window))


def count(tally: Tally, verdict: Verdict) -> None:
    """Add a verdict."""
    tally.too_few += verdict is Verdict.UNDETERMINED
    tally.judged += verdict is not Verdict.UNDETERMINED
    tally.seen += verdict is Verdict.VIOLATION


def _figures(tally: Tally) -> dict[str, float]:
    return {
        "judged": tally.judged,
        "seen": tally.seen,
        "too_few": tally.too_few,
        "rate_pct": round(100 * tally.seen / tally.judged, 2) if tally.judged else 0.0,
        "upper_pct": round(tally.upper_pct, 2),
    }
