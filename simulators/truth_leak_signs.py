"""Which signs of invented LDAR records must be seen: exactly those that a campaign's scenario says it shows.

Assumptions. Day signs are judged when the day has closed, on every day of a campaign's routine tests; campaign signs
when its last day has closed, what was left unrepaired sixteen days later. The next campaign without the sign ends the
alert, but for signs that need retests or many figures: the forged campaign of each is the last of its works.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from domain.periods import Period, day_period, day_start, local_day
from simulators.effects import Outcome
from simulators.events import Event, closing_clock
from simulators.leak_rounds import Round
from simulators.leak_shapes import Campaign
from simulators.timing import Timeline

PREFIX = "ldar.sign_"
BY_DAY = frozenset(
    {
        "times", "speed", "undeclared", "dwell", "background", "response_factor", "calibration", "movement",
        "two_places",
    }
)  # fmt: skip
BY_CAMPAIGN = frozenset({"ledger", "period", "digits", "video", "repair"})
#: Ordinary campaigns of this size say nothing of these.
SELDOM_KNOWN = frozenset({"digits", "repair"})
#: Days after a campaign at whose end what was left unrepaired is known.
_REPAIRS_AFTER = 16

_ONE = timedelta(days=1)


def leak_sign_events(timeline: Timeline, rounds: Iterable[Round], until: int) -> Iterator[Event]:
    """The declared signs, and what ends their alerts."""
    of: dict[str, list[tuple[Campaign, dict[str, str]]]] = {}
    for one in rounds:
        for made in (one.made, one.made.also):
            if made is not None:
                of.setdefault(made.enterprise, []).append((made, one.shows))
    for enterprise, campaigns in of.items():
        ever = {sign for _, shows in campaigns for sign in shows}
        for made, shows in sorted(campaigns, key=lambda item: item[0].from_day):
            for sign in sorted(ever & BY_DAY):
                for day in sorted({local_day(test.tested_at) for test in made.tests if test.purpose == "routine"}):
                    yield from _event(timeline, sign, enterprise, day_period(day), day, shows.get(sign), until)
            period = Period(day_start(made.from_day), day_start(made.to_day + _ONE))
            for sign in sorted(ever & BY_CAMPAIGN):
                if sign == "period" and shows.get(sign) == "not_repaired":
                    yield from _event(timeline, sign, enterprise, period, made.to_day, None, until)
                    later = made.to_day + _REPAIRS_AFTER * _ONE
                    yield from _event(timeline, sign, enterprise, period, later, shows[sign], until)
                elif sign in shows or sign not in SELDOM_KNOWN:
                    yield from _event(timeline, sign, enterprise, period, made.to_day, shows.get(sign), until)


def _event(
    timeline: Timeline, sign: str, enterprise: str, period: Period, day: date, reason: str | None, until: int
) -> Iterator[Event]:
    clock = closing_clock(((day - timeline.first_day).days + 1) * 24)
    if clock <= until:
        outcome = Outcome("compliant", "no_sign") if reason is None else Outcome("violation", reason)
        yield Event(clock, f"{PREFIX}{sign}", f"enterprise:{enterprise}", period, outcome)
