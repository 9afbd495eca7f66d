"""When a source was running: hours that marks of process conditions and running signals take out of account."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from domain.emission import Measured
from domain.exclusion import KINDS, NOT_EXCLUDED, excluded_kinds, exempt_columns, minutes_by_kind, with_running
from domain.marks import STOPPED, Dimension, Mark
from domain.periods import hour_number, numbered_hour
from rules.families.hourwindows import covered_minutes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def marked_minutes(marks: Iterable[Mark], first: int, stop: int) -> Floats:
    """Minutes of each hour of [first, stop) under process marks of one outlet: a row an hour, a column a kind."""
    out = minutes_by_kind(stop - first)
    for mark in marks:
        if mark.dimension is not Dimension.PROCESS:
            continue
        column = KINDS.index(mark.kind)
        last = hour_number(mark.end - timedelta(microseconds=1))
        for hour in range(max(first, hour_number(mark.start)), min(stop, last + 1)):
            out[hour - first, column] += covered_minutes(mark, hour)
    return out


def exclusions(minutes: Floats, running: Measured, exempt: Sequence[Iterable[str]], min_valid_minutes: int) -> Ints:
    """Position in `domain.exclusion.KINDS` of what excludes each hour, NOT_EXCLUDED for nothing.

    running: of the outlet's running signal. exempt: by hour, kinds that exclude beside `stopped`.
    """
    rows = exempt_columns([set(kinds) for kinds in exempt])
    return excluded_kinds(with_signal(minutes, running), rows, min_valid_minutes)


def with_signal(minutes: Floats, running: Measured) -> Floats:
    """Minutes of marks with what the outlet's running signal says."""
    return with_running(minutes, np.where(running.readings > 0, running.mean, np.nan), running.valid_minutes)


def stopped(minutes: Floats, running: Measured, min_valid_minutes: int) -> Bools:
    """Hours in which too little is left between stops to make a valid hour: they are none of operation."""
    always = np.broadcast_to(exempt_columns([()]), minutes.shape)
    found: Bools = excluded_kinds(with_signal(minutes, running), always, min_valid_minutes) != NOT_EXCLUDED
    return found


def marks_used(
    marks: Iterable[Mark], points: Collection[str], first: int, stop: int, *, kinds: Collection[str] = (STOPPED,)
) -> list[int]:
    """Ids of the marks of one outlet that touch hours [first, stop), in order: process marks of some kinds, by default
    of a stopped source, and equipment marks of some points."""
    begin, end = numbered_hour(first).start, numbered_hour(stop).start
    return sorted(
        mark.mark_id
        for mark in marks
        if mark.start < end
        and mark.end > begin
        and (mark.kind in kinds if mark.dimension is Dimension.PROCESS else mark.point is None or mark.point in points)
    )
