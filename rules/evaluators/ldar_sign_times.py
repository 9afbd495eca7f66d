"""Signs in the times and the pace of leak tests: what no clock writes, and what nobody can walk."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from pydantic import Field

from rules.evaluators.contract import Floats, Ints
from rules.evaluators.leak_records import (
    Bools,
    LeakDay,
    LeakRecords,
    LeakSignParams,
    Look,
    day_sign,
    is_minute_clock,
    json_ms,
    names_of,
    pct,
)

_SITE_OFFSET_MS = 8 * 3_600_000
_DAY_MS = 86_400_000
_MINUTE_S = 60.0


class TimesParams(LeakSignParams):
    """no_time_pct: of records without time of day, or at midnight to the second. same_time_pct: of records at one and
    the same second (minute, where the logger has no seconds). shared_pct: of a tester's seconds that another tester
    has too, of at least shared_records."""

    no_time_pct: float = Field(gt=0, le=100)
    same_time_pct: float = Field(gt=0, le=100)
    shared_pct: float = Field(gt=0, le=100)
    shared_records: int = Field(ge=2)


@day_sign("times", params=TimesParams)
def times(window: LeakDay, params: TimesParams) -> Look:
    """F1: times without hours, minutes and seconds, one time for all points of a day, two testers with equal times."""
    tests = window.tests
    look = Look(len(tests))
    if len(tests) < params.min_records:
        return look
    midnight = (tests.tested_ms + _SITE_OFFSET_MS) % _DAY_MS == 0
    without = ~tests.has_time | midnight
    if pct(int(without.sum()), len(tests)) >= params.no_time_pct:
        look.note("no_time", records=int(without.sum()), of=len(tests), examples=tests.examples(without))
    timed = tests.where(~without)
    look.evidence["minute_clock"] = is_minute_clock(timed.tested_ms)
    look.value = pct(int(without.sum()), len(tests))
    look.unit = "%"
    if len(timed) < params.min_records:
        return look
    at, counts = np.unique(timed.tested_ms, return_counts=True)
    most = int(counts.argmax())
    if pct(int(counts[most]), len(timed)) >= params.same_time_pct:
        same = timed.tested_ms == at[most]
        look.note(
            "same_time",
            records=int(counts[most]),
            of=len(timed),
            at=json_ms(int(at[most])),
            examples=timed.examples(same),
        )
    elif not look.evidence["minute_clock"]:
        # where a clock has minutes only, two teams that work side by side fill the same ones
        _shared(look, timed, params)
    return look


def _shared(look: Look, tests: LeakRecords, params: TimesParams) -> None:
    by_tester = {name: tests.tested_ms[tests.tester == name] for name in names_of(tests.tester)}
    for (one, mine), (other, theirs) in combinations(by_tester.items(), 2):
        fewer = min(len(mine), len(theirs))
        if fewer < params.shared_records:
            continue
        equal = np.intersect1d(mine, theirs)
        if pct(len(equal), fewer) >= params.shared_pct:
            chosen = np.isin(tests.tested_ms, equal) & (tests.tester == one)
            look.note(
                "shared_times",
                testers=[one, other],
                records=len(equal),
                of=fewer,
                examples=tests.examples(chosen),
            )


class SpeedParams(LeakSignParams):
    """Points a day of one instrument, or of one tester, above which each word is said."""

    fast: int = Field(ge=1)
    too_fast: int = Field(ge=1)
    impossible: int = Field(ge=1)


@day_sign("speed", params=SpeedParams)
def speed(window: LeakDay, params: SpeedParams) -> Look:
    """F2: more points a day by one instrument or one tester than fit into it. A tester who changes the instrument is
    counted over both, and points tested twice count once."""
    tests = window.tests.where(window.tests.by_probe)
    named = (tests.instrument != "") | (tests.tester != "")
    look = Look(int(named.sum()), unit="个")
    look.evidence["unnamed"] = int((~named).sum())
    counts: list[tuple[int, str, str, Bools]] = []
    for by, column in (("instrument", tests.instrument), ("tester", tests.tester)):
        for name in names_of(column):
            chosen = column == name
            counts.append((len(np.unique(tests.component[chosen])), by, name, chosen))
    counts.sort(key=lambda entry: (-entry[0], entry[1], entry[2]))
    look.value = float(counts[0][0]) if counts else None
    for points, by, name, chosen in counts:
        bounds = {"impossible": params.impossible, "too_fast": params.too_fast, "fast": params.fast}
        word = next((word for word, bound in bounds.items() if points > bound), None)
        if word is not None:
            at = tests.tested_ms[chosen]
            look.note(
                word,
                by=by,
                name=name,
                points=points,
                threshold=bounds[word],
                first=json_ms(int(at.min())),
                last=json_ms(int(at.max())),
                examples=tests.examples(chosen)[:3],
            )
    return look


class MovementParams(LeakSignParams):
    """jumps, overlaps: how many of a day it takes, of one instrument.

    walk_m_per_s, climb_m_per_s: faster than anybody walks or climbs in a works. slack_m, slack_climb_m: of a distance
    that say nothing, because positions are those of units' middles. least_s: of a test whose dwell time is not known.
    tolerance_s: of a clock with seconds.
    """

    jumps: int = Field(ge=1)
    overlaps: int = Field(ge=1)
    walk_m_per_s: float = Field(gt=0)
    climb_m_per_s: float = Field(gt=0)
    slack_m: float = Field(ge=0)
    slack_climb_m: float = Field(ge=0)
    least_s: float = Field(ge=0)
    tolerance_s: float = Field(ge=0)


@day_sign("movement", params=MovementParams)
def movement(window: LeakDay, params: MovementParams) -> Look:
    """F11: one instrument at distant places within seconds, or at two points at once."""
    all_tests = window.tests
    tests = all_tests.where(all_tests.has_time & (all_tests.instrument != ""))
    look = Look(0, unit="处")
    total = 0
    for serial in names_of(tests.instrument):
        mine = tests.where(tests.instrument == serial)
        if len(mine) < params.min_records:
            continue
        look.records += len(mine)
        coarse = is_minute_clock(mine.tested_ms)
        jumped, far = _jumps(mine, params, _MINUTE_S if coarse else params.tolerance_s)
        overlapping = _crowded_minutes(mine, params) if coarse else _overlaps(mine, params)
        total += int(jumped.sum()) + int(overlapping.sum())
        if int(overlapping.sum()) >= params.overlaps:
            look.note(
                "overlap",
                name=serial,
                records=int(overlapping.sum()),
                of=len(mine),
                examples=mine.examples(overlapping),
            )
        if int(jumped.sum()) >= params.jumps:
            look.note(
                "jump",
                name=serial,
                records=int(jumped.sum()),
                of=len(mine),
                farthest_m=round(float(far[jumped].max())),
                examples=mine.examples(jumped),
            )
    look.value = float(total) if look.records else None
    return look


def _steps(tests: LeakRecords) -> Floats:
    """Seconds since the record before, NaN for the first."""
    seconds: Floats = np.full(len(tests), np.nan)
    seconds[1:] = np.diff(tests.tested_ms) / 1000
    return seconds


def _jumps(tests: LeakRecords, params: MovementParams, tolerance_s: float) -> tuple[Bools, Floats]:
    """Records that nobody can have come to from the one before, and how far away that was, in m."""
    away = np.zeros(len(tests))
    away[1:] = np.hypot(np.diff(tests.x_m), np.diff(tests.y_m))
    away = np.nan_to_num(away)
    up = np.zeros(len(tests))
    up[1:] = np.abs(np.diff(tests.elevation_m))
    up = np.nan_to_num(up)
    needed = np.maximum(away - params.slack_m, 0) / params.walk_m_per_s
    needed += np.maximum(up - params.slack_climb_m, 0) / params.climb_m_per_s
    found: Bools = (needed > 0) & (_steps(tests) + tolerance_s < needed)
    return found, np.hypot(away, up)


def _needed(tests: LeakRecords, params: MovementParams) -> Floats:
    """Seconds that a test takes at least; a time may be its beginning or its end, so of two the shorter counts."""
    own = np.where(np.isfinite(tests.dwell_s), tests.dwell_s, params.least_s)
    least: Floats = own.copy()
    least[1:] = np.minimum(own[1:], own[:-1])
    return least


def _overlaps(tests: LeakRecords, params: MovementParams) -> Bools:
    """Records that begin before the one before can have ended."""
    found: Bools = _steps(tests) + params.tolerance_s < _needed(tests, params)
    return found


def _crowded_minutes(tests: LeakRecords, params: MovementParams) -> Bools:
    """Records of minutes that hold more tests than fit into one, where a clock has minutes only."""
    _, minute = np.unique(tests.tested_ms, return_inverse=True)
    own = np.where(np.isfinite(tests.dwell_s), tests.dwell_s, params.least_s)
    inside = np.zeros(int(minute.max()) + 1 if len(minute) else 0)
    longest: Floats = np.zeros(len(inside))
    np.add.at(inside, minute, own)
    np.maximum.at(longest, minute, own)
    counts: Ints = np.bincount(minute, minlength=len(inside))
    # the last one may end in the next minute
    crowded = (counts > 1) & (inside - longest > _MINUTE_S)
    found: Bools = crowded[minute]
    return found
