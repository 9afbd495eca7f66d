"""Hours that process marks (工况标记) exclude from a limit, on columns.

Data count only while the source runs (HJ 75-2017 12.1.1), so a stopped source is excluded from every limit; other
conditions only where the limit exempts them. An hour is excluded when what is left of it could not make a valid hour;
otherwise all its valid minutes are judged: a mark takes no minute out of a mean.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from domain.marks import PROCESS_KINDS, STOPPED

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Columns of the arrays below. In alphabetical order: the first of several equal maxima names the hour.
KINDS = tuple(sorted(PROCESS_KINDS))
NOT_EXCLUDED = -1

_HOUR_MINUTES = 60.0
_STOPPED = KINDS.index(STOPPED)
#: Minutes come from shares of an hour: less than this is arithmetic, not time.
_GRAIN = 1e-6


def minutes_by_kind(size: int) -> Floats:
    """An array for `excluded_kinds`: a row an hour, a column a kind, no minute covered."""
    return np.zeros((size, len(KINDS)))


def exempt_columns(exempt: Iterable[Collection[str]]) -> NDArray[np.bool_]:
    """Which kinds exclude, a row for each limit's `exempt_process`; `stopped` always does."""
    return np.array([[kind == STOPPED or kind in kinds for kind in KINDS] for kinds in exempt], dtype=bool).reshape(
        -1, len(KINDS)
    )


def with_running(minutes: Floats, running: Floats, told_minutes: Ints) -> Floats:
    """The minutes with what a running signal says: a mean is the share of the minutes told of that the source ran.

    running: NaN where nothing was read. told_minutes: valid minutes of the signal; of the others it says nothing, so
    that a single reading cannot take an hour out of a limit. What the signal and a mark of `stopped` say is not added
    up: the longer counts.
    """
    out = minutes.copy()
    silent = np.where(np.isfinite(running), told_minutes * (1.0 - np.clip(running, 0.0, 1.0)), 0.0)
    out[:, _STOPPED] = np.maximum(out[:, _STOPPED], silent)
    return out


def excluded_kinds(minutes: Floats, exempt: NDArray[np.bool_], min_valid_minutes: int) -> Ints:
    """Position in KINDS of the kind that excludes an hour, NOT_EXCLUDED where none does.

    minutes: (hours, kinds), marks of different kinds never overlap. exempt: the same shape. The kind with most minutes
    names the hour; of equal ones the first in the alphabet.
    """
    covered = np.where(exempt, minutes, 0.0)
    left = _HOUR_MINUTES - np.minimum(covered.sum(axis=1), _HOUR_MINUTES)
    is_excluded = left < min_valid_minutes - _GRAIN
    return np.where(is_excluded, np.argmax(covered, axis=1), NOT_EXCLUDED).astype(np.int64)
