"""Other habits of honest people: what differs from one contractor to the next and is no sign of anything.

`HABITS[name](made)` is the same honest campaign as people with another logger, display, shift or ledger would leave it
behind. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from math import floor

from domain.periods import SITE_ZONE
from simulators.leak_shapes import Campaign, Instrument, Probe

_NOON = 13
#: From the day shifts into the night: the first ends before midnight, the second goes on past it.
_LATER = timedelta(hours=9, minutes=30)


def as_it_is(made: Campaign) -> Campaign:
    return made


def _each(made: Campaign, change: Callable[[Probe], Probe]) -> Campaign:
    tests = sorted((change(test) for test in made.tests), key=lambda test: (test.tested_at, test.component))
    return replace(made, tests=tuple(tests))


def minutes(made: Campaign) -> Campaign:
    """A logger whose clock has no seconds. Repairs are written down to the minute as well."""
    whole = replace(
        made,
        mendings=tuple(
            replace(m, repaired_at=m.repaired_at.replace(second=0), found_at=m.found_at.replace(second=0))
            for m in made.mendings
        ),
    )
    return _each(whole, lambda test: replace(test, tested_at=test.tested_at.replace(second=0)))


def whole_numbers(made: Campaign) -> Campaign:
    """A display without tenths."""
    return _each(made, lambda test: _measured(test, round, 1.0))


def tight(made: Campaign) -> Campaign:
    """A new plant: what does not leak reads a tenth of what it reads elsewhere."""
    return _each(made, lambda test: _measured(test, lambda value: round(value, 1), 0.1))


def tight_whole_numbers(made: Campaign) -> Campaign:
    """A new plant and a display without tenths."""
    return whole_numbers(tight(made))


def _measured(test: Probe, shown: Callable[[float], float], scale: float) -> Probe:
    """The reading on another display; scale: of what lies above the background, unless it leaks."""
    if test.reading is None or test.background is None:
        return test
    above = test.reading - test.background
    leaks = (test.net or 0.0) > 400 or test.purpose == "retest"
    reading = float(shown(test.background + (above if leaks else above * scale)))
    background = float(shown(test.background))
    net = round(max(0.0, reading - background) * (test.response_factor or 1.0), 2)
    return replace(test, reading=reading, background=background, net=net)


def net_only(made: Campaign) -> Campaign:
    """A gateway that sends net values, which it has corrected, with the background and no more."""
    return _each(made, lambda test: replace(test, reading=None, response_factor=None))


def night(made: Campaign) -> Campaign:
    """Work in the cool of the night, past midnight."""
    moved = replace(
        made,
        to_day=made.to_day + timedelta(days=1),
        checks=tuple(replace(check, done_at=check.done_at + _LATER) for check in made.checks),
        mendings=tuple(
            replace(m, repaired_at=m.repaired_at + _LATER, found_at=m.found_at + _LATER) for m in made.mendings
        ),
        filings=tuple(replace(f, found_at=f.found_at + _LATER, filed_at=f.filed_at + _LATER) for f in made.filings),
    )
    return _each(moved, lambda test: replace(test, tested_at=test.tested_at + _LATER))


def second_instrument(made: Campaign) -> Campaign:
    """In the afternoon everybody takes their other instrument, which was calibrated with the first."""
    others = tuple(Instrument(f"{one.serial}-B", one.model, one.response_time_s) for one in made.instruments)
    checks = made.checks + tuple(replace(check, instrument=f"{check.instrument}-B") for check in made.checks)

    def change(test: Probe) -> Probe:
        is_late = test.tested_at.astimezone(SITE_ZONE).hour >= _NOON
        return replace(test, instrument=f"{test.instrument}-B") if is_late and test.instrument else test

    return _each(replace(made, instruments=made.instruments + others, checks=checks), change)


def whole_seconds(made: Campaign) -> Campaign:
    """Dwell times that stand at twice the response time and are cut to whole seconds."""
    responses = {one.serial: one.response_time_s for one in made.instruments}
    return _each(
        made, lambda test: replace(test, dwell_s=float(floor(2 * responses.get(test.instrument or "", 5.0) + 0.4)))
    )


def two_works(made: Campaign) -> Campaign:
    """A contractor with two customers: here in the morning, there in the afternoon, with the same instruments."""
    here = tuple(t for t in made.tests if t.purpose != "routine" or t.tested_at.astimezone(SITE_ZONE).hour < _NOON)
    kept = set(here)
    there = tuple(test for test in made.tests if test not in kept)
    other = replace(made, enterprise=f"{made.enterprise}-2", tests=there, also=None)
    tested = {test.component for test in here}
    leaks = sum(test.purpose == "routine" and _leaks(made, test) for test in here)
    return replace(
        made,
        tests=tuple(t for t in here if t.purpose == "routine" or t.component in tested),
        spots=tuple(spot for spot in made.spots if spot.code in tested),
        mendings=tuple(m for m in made.mendings if m.component in tested),
        filings=tuple(f for f in made.filings if f.component in tested),
        declared_components=len(tested),
        declared_unreachable=sum(not spot.reachable for spot in made.spots if spot.code in tested),
        declared_leaks=leaks,
        also=other,
    )


def _leaks(made: Campaign, test: Probe) -> bool:
    return any(mending.component == test.component for mending in made.mendings)


HABITS: dict[str, Callable[[Campaign], Campaign]] = {
    "as_it_is": as_it_is,
    "minutes": minutes,
    "whole_numbers": whole_numbers,
    "tight": tight,
    "tight_whole_numbers": tight_whole_numbers,
    "net_only": net_only,
    "night": night,
    "second_instrument": second_instrument,
    "whole_seconds": whole_seconds,
    "two_works": two_works,
}
