"""LDAR campaigns of which it is known whether they are honest: what signs of invented data are measured by.

`honest(seed, spots)` is how people with instruments do it (leak_crew.py). `dishonest(sign, seed, spots)` is the same
campaign forged in one way, F1 to F14, some with variants: the first name in VARIANTS is what comes by default. Pure;
the same arguments give the same records. Spots: `works(count)`, or made of a city's ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

import numpy as np

from domain.periods import SITE_ZONE
from simulators.leak_crew import calibrations, honest, leak_limits, works
from simulators.leak_shapes import Campaign, Probe, Spot

__all__ = ["SIGNS", "VARIANTS", "dishonest", "honest", "works"]

VARIANTS = {
    "F1": ("same_second", "no_time", "shared"),
    "F2": ("fast", "too_fast", "impossible"),
    "F3": ("both", "instrument", "tester"),
    "F4": ("short", "missing"),
    "F5": ("zeros", "clipped"),
    "F6": ("too_high", "missing"),
    "F7": ("ledger", "declared"),
    "F8": ("not_repaired", "outside", "one_unit"),
    "F9": ("no_calibration", "no_drift", "background"),
    "F10": ("copied", "digits", "no_leaks"),
    "F11": ("jumps", "overlap"),
    "F12": ("no_video", "unreachable"),
    "F13": ("equal", "before"),
    "F14": ("two_places",),
}
SIGNS = tuple(VARIANTS)


def dishonest(
    sign: str,
    seed: int,
    spots: Sequence[Spot],
    *,
    variant: str | None = None,
    elsewhere: tuple[str, Sequence[Spot]] | None = None,
    **how: object,
) -> Campaign:
    """A campaign that shows one sign, F1 to F14. how: as honest takes it. Raises KeyError for another sign.

    elsewhere: the other enterprise of F14 with its components; by default one with the same ledger.

    F7 `ledger`: two in five components were never walked up to. F8 `outside`: a fifth of the tests after the campaign's
    last day. F13 `before`: the retest's time lies before the repair's. F14: `also` is the other enterprise's campaign.
    """
    variant = variant or VARIANTS[sign][0]
    rng = np.random.default_rng([seed, int(sign[1:]), len(variant)])
    if (sign, variant) == ("F10", "no_leaks"):
        how["leaks"] = False
    if (sign, variant) == ("F8", "not_repaired"):
        how["mended"] = False
    made = honest(seed, spots, **how)  # type: ignore[arg-type]
    if sign == "F14":
        return two_places(made, elsewhere or (f"{made.enterprise}-2", made.spots), rng)
    return FORGERIES[sign](made, variant, rng)


def _tests(made: Campaign, change: Callable[[Probe], Probe], share: float, rng: np.random.Generator) -> Campaign:
    """A share of the routine tests by instrument, changed."""
    tests = [
        change(test) if test.purpose == "routine" and test.reading is not None and rng.random() < share else test
        for test in made.tests
    ]
    return replace(made, tests=tuple(sorted(tests, key=lambda test: (test.tested_at, test.component))))


def _at(test: Probe, at: time) -> datetime:
    return datetime.combine(test.tested_at.astimezone(SITE_ZONE).date(), at, tzinfo=SITE_ZONE)


def times(made: Campaign, variant: str, rng: np.random.Generator) -> Campaign:
    if variant == "no_time":
        return _tests(made, lambda test: replace(test, tested_at=_at(test, time(0)), has_time=False), 1.0, rng)
    if variant == "same_second":
        return _tests(made, lambda test: replace(test, tested_at=_at(test, time(10, 0, 0))), 1.0, rng)
    firsts: dict[tuple[object, int], datetime] = {}
    tests = []
    seen: dict[tuple[object, str | None], int] = {}
    for test in made.tests:  # what one tester wrote, second by second, all others wrote as well
        day = test.tested_at.astimezone(SITE_ZONE).date()
        number = seen[(day, test.tester)] = seen.get((day, test.tester), 0) + 1
        at = firsts.setdefault((day, number), test.tested_at)
        tests.append(replace(test, tested_at=at) if test.purpose == "routine" else test)
    return replace(made, tests=tuple(sorted(tests, key=lambda test: (test.tested_at, test.component))))


def speed(made: Campaign, variant: str, rng: np.random.Generator) -> Campaign:
    """All of one team's points in days of 750, 1200 or 3200, squeezed together as long as the ledger has so many."""
    a_day = {"fast": 750, "too_fast": 1200, "impossible": 3200}[variant]
    team, tester = made.instruments[0], made.testers[0]
    start = datetime.combine(made.from_day, time(8, 30), tzinfo=SITE_ZONE)
    tests, checks = [], {check for check in made.checks if check.instrument.endswith("-OWN")}
    routine = [test for test in made.tests if test.purpose == "routine"]
    for number, test in enumerate(routine):
        at = start + timedelta(days=number // a_day, seconds=number % a_day * 30_000 // a_day)
        dwell = None if test.dwell_s is None else min(test.dwell_s, max(2 * team.response_time_s, 30_000 // a_day - 1))
        tests.append(replace(test, tested_at=at, instrument=team.serial, tester=tester, dwell_s=dwell))
        if number % a_day == 0:
            checks |= set(calibrations(rng, team, at.date()))
    return replace(
        made, tests=tuple(tests), checks=tuple(sorted(checks, key=lambda c: (c.done_at, c.instrument))),
        to_day=tests[-1].tested_at.date(), mendings=(), filings=(), declared_leaks=0,
    )  # fmt: skip


def undeclared(made: Campaign, variant: str, rng: np.random.Generator) -> Campaign:
    """A third of the points by somebody, or with something, that nobody declared."""
    change: dict[str, str] = {}
    if variant in ("both", "instrument"):
        change["instrument"] = "BORROWED-77"
    if variant in ("both", "tester"):
        change["tester"] = "临时工甲"
    return _tests(made, lambda test: replace(test, **change), 0.35, rng)  # type: ignore[arg-type]


def dwell(made: Campaign, variant: str, rng: np.random.Generator) -> Campaign:
    if variant == "missing":
        made = replace(made, spots=tuple(replace(spot, size_mm=None) for spot in made.spots))
        return _tests(made, lambda test: replace(test, dwell_s=None), 0.9, rng)
    return _tests(made, lambda test: replace(test, dwell_s=float(rng.integers(1, 4))), 0.6, rng)


def background(made: Campaign, variant: str, rng: np.random.Generator) -> Campaign:
    """zeros: most net values are exactly 0. clipped: the background is said to be what was read."""
    if variant == "zeros":
        return _tests(made, lambda test: replace(test, reading=test.background, net=0.0), 0.85, rng)
    return _tests(
        made,
        lambda t: replace(t, background=round((t.reading or 0.0) + float(rng.uniform(0.5, 3)), 1), net=0.0),
        0.5,
        rng,
    )


def factors(made: Campaign, variant: str, rng: np.random.Generator) -> Campaign:
    """too_high: 12, with which an instrument is unusable for the stream. missing: never said."""
    if variant == "missing":
        return _tests(
            made,
            lambda t: replace(t, response_factor=None, net=round(max(0.0, (t.reading or 0) - (t.background or 0)), 2)),
            1.0, rng,
        )  # fmt: skip
    return _tests(
        made,
        lambda t: replace(t, response_factor=12.0, net=round(max(0.0, (t.reading or 0) - (t.background or 0)), 2)),
        0.4, rng,
    )  # fmt: skip


def ledger(made: Campaign, variant: str, rng: np.random.Generator) -> Campaign:
    if variant == "declared":
        return replace(made, declared_components=round(made.declared_components * 1.3))
    kept = tuple(t for t in made.tests if t.purpose != "routine" or (t.net or 0) > 400 or rng.random() < 0.6)
    return replace(made, tests=kept)


def period(made: Campaign, variant: str, rng: np.random.Generator) -> Campaign:
    if variant == "not_repaired":
        return made
    if variant == "outside":
        after = replace(made, to_day=made.from_day + (made.to_day - made.from_day) * 2 // 3)
        return _tests(after, lambda test: replace(test, tested_at=test.tested_at + timedelta(days=21)), 0.2, rng)
    first = made.spots[0].unit
    inside = {spot.code for spot in made.spots if spot.unit == first}
    return replace(
        made,
        tests=tuple(test for test in made.tests if test.component in inside),
        mendings=tuple(m for m in made.mendings if m.component in inside),
        filings=tuple(f for f in made.filings if f.component in inside),
    )


def calibration(made: Campaign, variant: str, rng: np.random.Generator) -> Campaign:
    if variant == "background":
        return background(made, "clipped", rng)
    gone = ("zero", "span", "drift") if variant == "no_calibration" else ("drift",)
    return replace(made, checks=tuple(check for check in made.checks if check.kind not in gone))


def digits(made: Campaign, variant: str, rng: np.random.Generator) -> Campaign:
    """copied: a few figures again and again. digits: made up in tens and fives. no_leaks: none in the whole works."""
    if variant == "no_leaks":
        return made
    few = (12.3, 15.6, 18.7, 21.4, 26.5)
    tens = (10.5, 12.0, 15.0, 20.5, 25.0, 30.5, 35.0, 40.0, 45.5, 50.0)

    def forged(test: Probe) -> Probe:
        above = float(rng.choice(few)) if variant == "copied" else float(rng.choice(tens)) + float(rng.integers(0, 9))
        reading = round((test.background or 0.0) + above, 1)
        if variant == "digits":
            reading = float(round(reading * 2) / 2)
        factor = test.response_factor or 1.0
        return replace(test, reading=reading, net=round(max(0.0, reading - (test.background or 0.0)) * factor, 2))

    return _tests(made, lambda t: t if (t.net or 0) > 400 else forged(t), 0.8, rng)


def movement(made: Campaign, variant: str, rng: np.random.Generator) -> Campaign:
    """jumps: the order was shuffled afterwards. overlap: the probe is at two components at once."""
    tests = list(made.tests)
    if variant == "overlap":
        for number in range(1, len(tests)):
            one, before = tests[number], tests[number - 1]
            if one.purpose == before.purpose == "routine" and one.instrument == before.instrument and number % 3 == 0:
                tests[number] = replace(one, tested_at=before.tested_at + timedelta(seconds=2), dwell_s=one.dwell_s)
        return replace(made, tests=tuple(tests))
    by_team: dict[str | None, list[int]] = {}
    for number, test in enumerate(tests):
        if test.purpose == "routine":
            by_team.setdefault(test.instrument, []).append(number)
    for mine in by_team.values():
        turned = rng.permutation(len(mine))
        whole = [tests[n] for n in mine]
        for number, other in zip(mine, turned, strict=True):
            there = whole[other]
            stamp = tests[number]
            tests[number] = replace(there, tested_at=stamp.tested_at, tester=stamp.tester, video=stamp.video)
        close = [n for order, n in enumerate(mine) if order % 2]
        for n in close:  # and every second record follows the one before it by seconds
            ahead = tests[max(m for m in mine if m < n)]
            length = max(ahead.dwell_s or 0, tests[n].dwell_s or 0)
            tests[n] = replace(tests[n], tested_at=ahead.tested_at + timedelta(seconds=length + 2))
    return replace(made, tests=tuple(sorted(tests, key=lambda test: (test.tested_at, test.component))))


def video(made: Campaign, variant: str, rng: np.random.Generator) -> Campaign:
    if variant == "no_video":
        return replace(made, tests=tuple(replace(test, video=None) for test in made.tests))
    return _tests(
        made,
        lambda t: t if (t.net or 0) > 400 else replace(
            t, reading=None, background=None, net=None, response_factor=None, method="visual"
        ),
        0.2, rng,
    )  # fmt: skip


def repair(made: Campaign, variant: str, rng: np.random.Generator) -> Campaign:
    """equal: retests say the very figure of the leak. before: they were made before the repair."""
    limits = leak_limits(made.spots)
    found = {t.component: t for t in made.tests if t.purpose == "routine" and (t.net or 0) > limits[t.component]}
    mended = {m.component: m for m in made.mendings}

    def forged(test: Probe) -> Probe:
        if variant == "before":
            return replace(test, tested_at=mended[test.component].repaired_at - timedelta(minutes=30))
        leak = found[test.component]
        return replace(test, reading=leak.reading, background=leak.background, net=leak.net)

    return replace(made, tests=tuple(forged(test) if test.purpose == "retest" else test for test in made.tests))


def two_places(made: Campaign, elsewhere: tuple[str, Sequence[Spot]], rng: np.random.Generator) -> Campaign:
    """The same instruments are at another works in the same hours."""
    enterprise, spots = elsewhere
    other = honest(
        int(rng.integers(1, 2**31)), spots, enterprise=enterprise, code=made.code, from_day=made.from_day,
        crews=max(1, len(made.instruments) - 1), leaks=False,
    )  # fmt: skip
    lent = {there.serial: here for here, there in zip(made.instruments, other.instruments, strict=False)}

    def test(one: Probe) -> Probe:
        here = lent.get(one.instrument or "")
        if here is None or one.dwell_s is None:
            return one
        return replace(
            one, instrument=here.serial, dwell_s=max(one.dwell_s, float(np.ceil(2.1 * here.response_time_s)))
        )

    also = replace(
        other,
        instruments=tuple(lent.get(one.serial, one) for one in other.instruments),
        tests=tuple(test(one) for one in other.tests),
        checks=tuple(
            replace(one, instrument=lent[one.instrument].serial) if one.instrument in lent else one
            for one in other.checks
        ),
    )
    return replace(made, also=also)


FORGERIES: dict[str, Callable[[Campaign, str, np.random.Generator], Campaign]] = {
    "F1": times,
    "F2": speed,
    "F3": undeclared,
    "F4": dwell,
    "F5": background,
    "F6": factors,
    "F7": ledger,
    "F8": period,
    "F9": calibration,
    "F10": digits,
    "F11": movement,
    "F12": video,
    "F13": repair,
}
