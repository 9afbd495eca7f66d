"""What sealing points emit: kg of VOC from the readings of their tests (EPA-453/R-95-017, chapter 2).

A reading becomes a rate, a rate holds until the next reading, and a month's kg are rates times hours. Works on columns:
an enterprise has a hundred thousand components. Instants are epoch seconds as floats, `inf` where there is no end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

HOUR_S = 3600.0
DAY_S = 86_400.0


class Method(IntEnum):
    """By what a rate was computed."""

    CORRELATION = 0
    DEFAULT_ZERO = 1
    PEGGED = 2
    AVERAGE_FACTOR = 3

    @property
    def word(self) -> str:
        """The method as tables and evidence write it."""
        return self.name.lower()


#: What people read for a method.
METHOD_WORDS = {
    Method.CORRELATION.word: "相关方程",
    Method.DEFAULT_ZERO.word: "默认零值",
    Method.PEGGED.word: "限定值",
    Method.AVERAGE_FACTOR.word: "平均系数（未检测）",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which method a net reading in umol/mol takes: default zero below zero_below, pegged from pegged_from on, the
    correlation between. Chinese petrochemical guide of 2015, from knowledge: 1 and 50,000."""

    zero_below: float = 1.0
    pegged_from: float = 50_000.0


@dataclass(frozen=True, slots=True)
class LeakFactor:
    """Figures of one class of sealing points, in kg/h of one of them except exponent_b.

    *_row: as the tables that they come from name them. is_borrowed: a row of another class stands in for want of an own
    one. confidence: how near somebody came to the source.
    """

    family: str
    kind: str
    medium: str
    coefficient_a: float
    exponent_b: float
    default_zero_kg_h: float
    pegged_kg_h: float
    average_kg_h: float
    correlation_row: str
    average_row: str
    is_borrowed: bool
    confidence: str
    source: str

    @property
    def key(self) -> tuple[str, str, str]:
        """The class: family, kind, medium."""
        return self.family, self.kind, self.medium


@dataclass(frozen=True, slots=True)
class Point:
    """A sealing point as its emission sees it. service_to: first local day without, None while in service. family:
    of its installation. voc_share, hours_per_year: None where all of it counts."""

    unit_name: str
    kind: str
    medium: str
    family: str
    service_from: date
    service_to: date | None
    voc_share: float | None = None
    hours_per_year: float | None = None


@dataclass(frozen=True, slots=True)
class MonthRow:
    """What points of one unit and kind emitted in a month (its first local day) by one method, kg. components: those
    that left the month with the method."""

    month: date
    unit_name: str
    kind: str
    method: str
    components: int
    kg: float
    avoided_kg: float


@dataclass(frozen=True, slots=True)
class Factors:
    """One row per class of components; all in kg/h of one component except b.

    rate = a * reading ** b; default_zero and pegged: what a reading beyond the correlation's range stands for; average:
    what was never tested.
    """

    a: Floats
    b: Floats
    default_zero: Floats
    pegged: Floats
    average: Floats


def rates(factors: Factors, row: Ints, reading: Floats, selection: Selection) -> tuple[Floats, Ints]:
    """(kg/h, Method) of components of some rows of the factors by their net readings in umol/mol, NaN: never tested."""
    never = np.isnan(reading)
    zero = reading < selection.zero_below
    pegged = reading >= selection.pegged_from
    within = np.where(never | zero, 1.0, reading)
    chosen = [never, zero, pegged]
    correlated = factors.a[row] * within ** factors.b[row]
    kg_h = np.select(chosen, [factors.average[row], factors.default_zero[row], factors.pegged[row]], correlated)
    words = [Method.AVERAGE_FACTOR, Method.DEFAULT_ZERO, Method.PEGGED]
    return kg_h, np.select(chosen, words, Method.CORRELATION).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Components:
    """Sealing points, one row each, exempt ones too: they are there.

    row: of the factors. start, end: of service. voc_share: mass share of VOC in what leaks. hours_per_year: NaN where
    all hours in service count.
    """

    row: Ints
    start: Floats
    end: Floats
    voc_share: Floats
    hours_per_year: Floats


@dataclass(frozen=True, slots=True)
class Readings:
    """Net readings in umol/mol in any order, each instant of an owner (row of the components) once."""

    owner: Ints
    at: Floats
    net: Floats


@dataclass(frozen=True, slots=True)
class Repairs:
    """Closed leaks: from when on the repair held, the readings that found and closed it, and until when what would
    have been emitted besides is counted."""

    owner: Ints
    closed: Floats
    found_net: Floats
    closed_net: Floats
    until: Floats


@dataclass(frozen=True, slots=True)
class Months:
    """Consecutive local months. edges: their beginnings and the end of the last; year_hours: hours of each one's
    calendar year."""

    edges: Floats
    year_hours: Floats


@dataclass(frozen=True, slots=True)
class Pieces:
    """Kg of one component in one month by one method. last: whether the component left the month with it."""

    owner: Ints
    month: Ints
    method: Ints
    kg: Floats
    last: Bools


def emitted(
    components: Components, readings: Readings, factors: Factors, months: Months, selection: Selection
) -> Pieces:
    """What components emit in months. A reading holds from its test to the next, the average factor before the first.

    Sorted by owner and instant. A reading from before the start of service holds from that start on.
    """
    count = len(components.row)
    owner = np.concatenate([np.arange(count), readings.owner])
    at = np.concatenate([np.full(count, -np.inf), readings.at])
    net = np.concatenate([np.full(count, np.nan), readings.net])
    order = np.lexsort((at, owner))
    owner, at, net = owner[order], at[order], net[order]
    following = np.full(len(owner), np.inf)
    same = owner[1:] == owner[:-1]
    following[:-1][same] = at[1:][same]
    start = np.maximum(at, components.start[owner])
    end = np.minimum(following, components.end[owner])
    kg_h, method = rates(factors, components.row[owner], net, selection)
    piece, month, hours = _by_month(start, end, months)
    owner, method = owner[piece], method[piece]
    kg = kg_h[piece] * hours * _share(components, owner, months.year_hours[month])
    last = np.ones(len(owner), bool)
    last[:-1] = (owner[1:] != owner[:-1]) | (month[1:] != month[:-1])
    return Pieces(owner, month, method, kg, last)


def avoided(components: Components, repairs: Repairs, factors: Factors, months: Months, selection: Selection) -> Pieces:
    """What repaired leaks would have emitted besides in months, had they gone on; by the method of the closing reading.

    Never below 0: a repair that made it worse has avoided nothing. `last` is nowhere set: nothing is counted here.
    """
    row = components.row[repairs.owner]
    before, _ = rates(factors, row, repairs.found_net, selection)
    after, method = rates(factors, row, repairs.closed_net, selection)
    start = np.maximum(repairs.closed, components.start[repairs.owner])
    end = np.minimum(repairs.until, components.end[repairs.owner])
    piece, month, hours = _by_month(start, end, months)
    owner = repairs.owner[piece]
    kg = np.maximum(before - after, 0.0)[piece] * hours * _share(components, owner, months.year_hours[month])
    return Pieces(owner, month, method[piece], kg, np.zeros(len(owner), bool))


def summed(pieces: Pieces, group: Ints, groups: int, months: int) -> tuple[Floats, Ints]:
    """(kg, number of components that left the month with the method), each of shape (groups, months, methods).

    group: of each component.
    """
    shape = (groups, months, len(Method))
    flat = (group[pieces.owner] * months + pieces.month) * len(Method) + pieces.method
    size = int(np.prod(shape))
    kg = np.bincount(flat, weights=pieces.kg, minlength=size).reshape(shape).astype(np.float64)
    count = np.bincount(flat, weights=pieces.last, minlength=size).reshape(shape)
    return kg, count.astype(np.int64)


def _by_month(start: Floats, end: Floats, months: Months) -> tuple[Ints, Ints, Floats]:
    """(position of the stretch, month, hours) of each part of [start, end) that lies in one month."""
    start = np.maximum(start, months.edges[0])
    end = np.minimum(end, months.edges[-1])
    there = np.flatnonzero(start < end)
    first = np.searchsorted(months.edges, start[there], "right") - 1
    final = np.searchsorted(months.edges, end[there], "left") - 1
    parts = final - first + 1
    piece = np.repeat(there, parts)
    within = np.arange(len(piece)) - np.repeat(np.cumsum(parts) - parts, parts)
    month = np.repeat(first, parts) + within
    begun = np.maximum(start[piece], months.edges[month])
    hours = (np.minimum(end[piece], months.edges[month + 1]) - begun) / HOUR_S
    return piece, month, hours


def _share(components: Components, owner: Ints, year_hours: Floats) -> Floats:
    """VOC share times the share of the year's hours in which the installation runs; never more than all of them."""
    per_year = components.hours_per_year[owner]
    running = np.where(np.isnan(per_year), 1.0, np.minimum(per_year / year_hours, 1.0))
    share: Floats = components.voc_share[owner] * running
    return share
