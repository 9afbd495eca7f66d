"""Hours and increments as a person would compute them, one reading after the other: the oracle of the column code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

HOUR = timedelta(hours=1)


@dataclass
class Reading:
    at: datetime
    value: float
    flag: str = "N"
    qc: int = 1
    corrected: bool = False
    mark: int = 0
    late: bool = False

    @property
    def normal(self) -> bool:
        return self.flag == "N" and self.qc == 1

    @property
    def valid(self) -> bool:
        return self.normal and not self.mark


@dataclass
class Hour:
    mean: float | None = None
    increment: float | None = None
    valid_minutes: int = 0
    reading_count: int = 0
    valid_count: int = 0
    minimum: float | None = None
    maximum: float | None = None
    first_value: float | None = None
    last_value: float | None = None
    flag_counts: dict[str, int] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)
    gap_from: datetime | None = None
    marked_minutes: int = 0
    mark_ids: list[int] = field(default_factory=list)
    deviation: float | None = None
    flat_head_s: int = 0
    flat_tail_s: int = 0
    flat_longest_s: int = 0
    zero_minutes: int = 0
    negative_minutes: int = 0
    maximum_count: int = 0
    late_count: int = 0


@dataclass(frozen=True)
class Change:
    """A recorded replacement."""

    at: datetime
    old_final: float
    new_initial: float


ORDER = ["rollover", "reset", "jump", "spike", "gap", "corrected", "over_range", "suspect", "stuck", "step"]
ORDER += ["replaced", "reversed"]


def step(
    history: list[Reading], rollover: float, max_rate: float | None, changes: Sequence[Change] = ()
) -> tuple[float | None, Reading | None, str]:
    """(increment, earlier reading, marks with spaces) of the last of some valid readings in order of time."""

    def most(since: Reading, until: Reading) -> float:
        return 1.2 * (max_rate or float("inf")) * ((until.at - since.at) / HOUR)

    def plausible(increase: float, since: Reading) -> bool:
        return 0 <= increase <= most(since, history[-1])

    def shown(a: Reading, b: Reading) -> bool:
        return 0 <= a.value < rollover and 0 <= b.value < rollover

    def between(a: Reading, b: Reading) -> list[Change]:
        return [change for change in changes if a.at <= change.at < b.at]

    def jumped(a: Reading, b: Reading) -> bool:
        if between(a, b):
            return over(a, b, between(a, b), rollover, max_rate) == "jump"
        return b.value - a.value > most(a, b) or (b.value >= a.value and not shown(a, b))

    if len(history) < 2:
        return None, None, ""
    now, p = history[-1], history[-2]
    pp = history[-3] if len(history) > 2 else None
    d = now.value - p.value
    replaced = between(p, now)
    if replaced:
        counted = over(p, now, replaced, rollover, max_rate)
        if not isinstance(counted, str):
            volume, rolled = counted
            return volume, p, "replaced rollover" if rolled else "replaced"
        mark = counted
    else:
        if plausible(d, p) and shown(p, now):
            return d, p, ""
        if shown(p, now) and p.value >= 0.9 * rollover and now.value <= 0.1 * rollover and plausible(rollover + d, p):
            return rollover + d, p, "rollover"
        mark = "reset" if d < 0 else "jump"
    if pp is not None and jumped(pp, p):
        both = between(pp, now)
        if both:
            counted = over(pp, now, both, rollover, max_rate)
            if not isinstance(counted, str):
                return counted[0], pp, "replaced spike"
        elif d < 0 and plausible(now.value - pp.value, pp) and shown(pp, now):
            return now.value - pp.value, pp, "spike"
    if mark == "reset" and not replaced and shown(p, now) and max_rate is not None and -d <= most(p, now) < now.value:
        return d, p, "reversed"
    return None, None, mark


def over(
    a: Reading, b: Reading, replaced: list[Change], rollover: float, max_rate: float | None
) -> tuple[float, bool] | str:
    """What passed over some replacements, and whether a register rolled over; or why that is not known."""
    total, hours_at_most_rate, rolled = 0.0, 0.0, False
    left, left_at = a.value, a.at
    for value, value_at, next_left in [*((c.old_final, c.at, c.new_initial) for c in replaced), (b.value, b.at, 0.0)]:
        gain = value - left
        if gain < 0 and left >= 0.9 * rollover and value <= 0.1 * rollover:
            gain, rolled = gain + rollover, True
        if gain < 0:
            return "reset"
        if max_rate is not None:
            hours = gain / (1.2 * max_rate)
            if hours > (value_at - left_at) / HOUR + 1:
                return "jump"
            hours_at_most_rate += hours
        total += gain
        left, left_at = next_left, value_at
    return "jump" if hours_at_most_rate > (b.at - a.at) / HOUR else (total, rolled)


def hour(
    readings: list[Reading],
    start: datetime,
    *,
    interval_s: int = 60,
    rollover: float | None = None,
    max_rate: float | None = None,
    stuck_minutes: int = 0,
    max_step: float | None = None,
    changes: Sequence[Change] = (),
) -> Hour:
    """The row of the hour that starts at `start`, from all readings of a point in order of time."""
    end = start + HOUR
    counter = rollover is not None
    inside = [r for r in readings if (start < r.at <= end if counter else start <= r.at < end)]
    valid = [r for r in inside if r.valid]
    row = Hour(reading_count=len(inside), valid_count=len(valid))
    if valid:
        row.minimum, row.maximum = min(r.value for r in valid), max(r.value for r in valid)
        row.first_value, row.last_value = valid[0].value, valid[-1].value
    for r in inside:
        row.flag_counts[r.flag] = row.flag_counts.get(r.flag, 0) + 1
    marks = set()
    marks |= {"corrected"} if any(r.corrected for r in inside) else set()
    marks |= {"over_range"} if any(r.flag == "T" for r in inside) else set()
    marks |= {"suspect"} if any(r.qc == 3 for r in inside) else set()
    if not counter:
        marks |= behaviour(valid, timedelta(seconds=interval_s), timedelta(minutes=stuck_minutes), max_step)
    slot_s = min(max(60, interval_s), 3600)
    slots: dict[int, list[Reading]] = {}
    for r in inside:
        offset_us = (r.at - start) // timedelta(microseconds=1) - (1 if counter else 0)
        slots.setdefault(offset_us // (slot_s * 1_000_000), []).append(r)
    means, lost = [], 0
    for slot in slots.values():
        good = [r.value for r in slot if r.normal]
        if good and len(good) >= 0.75 * len(slot):
            if any(r.mark for r in slot):
                lost += 1
            else:
                means.append(sum(good) / len(good))

    def minutes(count: int) -> int:
        return min(60, count * slot_s // 60)

    row.valid_minutes = minutes(len(means))
    row.marked_minutes = minutes(len(means) + lost) - row.valid_minutes
    row.mark_ids = sorted({r.mark for r in inside if r.mark})
    row.zero_minutes = minutes(sum(mean == 0 for mean in means))
    row.negative_minutes = minutes(sum(mean < 0 for mean in means))
    row.maximum_count = sum(r.value == row.maximum for r in valid)
    row.late_count = sum(r.late for r in inside)
    if means and not counter:
        row.mean = sum(means) / len(means)
        row.deviation = (sum((mean - row.mean) ** 2 for mean in means) / len(means)) ** 0.5
    if valid and not counter:
        runs = standstills(valid, timedelta(seconds=interval_s))
        row.flat_head_s, row.flat_tail_s, row.flat_longest_s = runs[0], runs[-1], max(runs)
    if rollover is not None:
        _count(row, marks, [r for r in readings if r.valid and r.at <= end], start, rollover, max_rate, changes)
    row.marks = [mark for mark in ORDER if mark in marks]
    return row


def standstills(valid: list[Reading], interval: timedelta) -> list[int]:
    """Seconds for which the valid readings of an hour stand still, run by run of equal values."""
    runs: list[timedelta] = []
    for index, reading in enumerate(valid):
        stands = min(interval, HOUR)
        if index + 1 < len(valid):
            stands = min(stands, valid[index + 1].at - reading.at)
        if index and valid[index - 1].value == reading.value:
            runs[-1] += stands
        else:
            runs.append(stands)
    return [int(run / timedelta(seconds=1)) for run in runs]


def behaviour(valid: list[Reading], interval: timedelta, stuck: timedelta, max_step: float | None) -> set[str]:
    """Marks of series that stand still or leap, from the valid readings of an hour."""
    marks = set()
    for index, first in enumerate(valid):
        for last in valid[index + 1 :]:
            if last.value != first.value:
                break
            if stuck and last.at - first.at + interval >= stuck:
                marks.add("stuck")
    for before, now in pairwise(valid):
        change = abs(Decimal(repr(now.value)) - Decimal(repr(before.value)))
        if max_step is not None and change > Decimal(repr(max_step)) and now.at - before.at <= 2 * interval:
            marks.add("step")
    return marks


def _count(
    row: Hour,
    marks: set[str],
    valid: list[Reading],
    start: datetime,
    rollover: float,
    max_rate: float | None,
    changes: Sequence[Change],
) -> None:
    for index, reading in enumerate(valid):
        if reading.at <= start:
            continue
        increment, earlier, mark = step(valid[: index + 1], rollover, max_rate, changes)
        marks.update(mark.split())
        if increment is not None and earlier is not None:
            row.increment = (row.increment or 0.0) + increment
            if earlier.at < start - HOUR:
                marks.add("gap")
                row.gap_from = earlier.at
