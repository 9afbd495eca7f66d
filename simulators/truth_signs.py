"""Which signs of false data must be seen: exactly those that a scenario declares, on its days.

Assumptions. A day is judged when it closes; by then everything that makes a sign is there. The first day after a row of
such days on which nothing is seen ends the alert.
"""

from __future__ import annotations

from collections.abc import Iterator

from domain.periods import day_period
from simulators.effects import Effects, Outcome
from simulators.events import Event, closing_clock
from simulators.timing import Timeline

#: What the ids of these rules begin with.
SIGNS = "sign."


def sign_events(timeline: Timeline, effects: Effects, until: int) -> Iterator[Event]:
    """The declared days, and the day after each row of them."""
    days: dict[tuple[str, str], set[int]] = {}
    for outlet, sign, day in effects.signs:
        days.setdefault((outlet, sign), set()).add(day)
    for (outlet, sign), seen in days.items():
        for day in sorted(seen | {day + 1 for day in seen}):
            clock = closing_clock(day * 24 + 24)
            if clock <= until:
                outcome = Outcome("violation", "seen") if day in seen else Outcome("compliant", "not_seen")
                period = day_period(timeline.day_of(day * 24))
                yield Event(clock, f"{SIGNS}{sign}", f"outlet:{outlet}", period, outcome)
