"""When components (密封点) are due: the terms of a schedule on columns.

A stretch of a schedule begins with a test, or with the start of service, and lasts until the next test. Its term is
a cycle of calendar months after a test and a number of days after a start; a restart after maintenance and a
release of a relief device shorten it, an exemption (豁免) moves it on or ends it. GB 37822-2019 8.3.1, 8.3.2;
GB 31571-2015 5.3. Days are the site's calendar, `datetime64[D]`, NaT where there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.leaks import ANCHORS, NAT, ONE_DAY, Anchors, Bools, Days, Ints, add_months_to_days, anchors, year_of
from domain.workdays import add_workdays

#: Words of what a term is counted from, by code.
ANCHOR_WORDS: Final = tuple(ANCHORS)
TEST, IN_SERVICE, RESTART, RELEASE, EXEMPTION_END, YEAR = range(len(ANCHOR_WORDS))

_FAR: Final = np.datetime64("9999-12-31", "D")


@dataclass(frozen=True, slots=True)
class Service:
    """Components, one row each. start: of the service that their schedules count from.

    exempt_from: first day of the exemption, NaT for none; exempt_to: first day without it again, NaT while it lasts.
    """

    start: Days
    exempt_from: Days
    exempt_to: Days

    @property
    def ends(self) -> Days:
        """exempt_to, far away where the exemption lasts."""
        return np.where(np.isnat(self.exempt_to), _FAR, self.exempt_to)

    def exempt_on(self, day: Days) -> Bools:
        """Whether each component is exempt on its day."""
        begun: Bools = self.exempt_from <= day
        return begun & (day < self.ends)


@dataclass(frozen=True, slots=True)
class Events:
    """What happened to components: row of the component, local day, and whether a relief device has released there,
    else the component was started again after maintenance (检修后投用)."""

    owner: Ints
    day: Days
    is_release: Bools


@dataclass(frozen=True, slots=True)
class Terms:
    """months: cycle of each component. first_days: for the first test after a start, and after an exemption.

    restart_days: after maintenance, release_workdays: after a release, in working days; None where a regime has none.
    """

    months: Ints
    first_days: int
    restart_days: int | None = None
    release_workdays: int | None = None


@dataclass(frozen=True, slots=True)
class Stretches:
    """Sorted by owner and day.

    owner: row of the component. day: where the stretch begins; is_test: with a test. next_day: the test that closed it,
    NaT while it is open. due: last day in time; why: code of what the due day is counted from, and counted_from: that
    day. lapsed: the due day lies in an exemption that lasts, so it cannot be missed. relieved: broken before an
    exemption began, which ended the duty. after_exemption: begins at an exemption's end.
    """

    owner: Ints
    day: Days
    is_test: Bools
    next_day: Days
    due: Days
    why: Ints
    counted_from: Days
    lapsed: Bools
    relieved: Bools
    after_exemption: Bools

    @property
    def deadline(self) -> Days:
        """The due day, far away where it cannot be missed."""
        return np.where(self.lapsed, _FAR, self.due)


def stretches(service: Service, test_owner: Ints, test_day: Days, events: Events, terms: Terms) -> Stretches:
    """The stretches of every component's schedule, with their due days.

    A restart or a release counts within the stretch that began on an earlier day, unless the component is exempt on
    that day; of several the first one binds. A stretch that is not yet due when an exemption begins is due
    `first_days` after its end, or later if its own term is longer; one that is overdue then is relieved, and
    another begins where the exemption ends.
    """
    found = anchors(service.start, test_owner, test_day)
    first = np.timedelta64(terms.first_days, "D")
    due = np.where(found.is_test, add_months_to_days(found.day, terms.months[found.owner]), found.day + first)
    why = np.where(found.is_test, TEST, IN_SERVICE).astype(np.int64)
    due, why, counted = _shortened(due, why, found.day, *_events(service, found, events, after=False), terms)
    begins, ends = service.exempt_from[found.owner], service.ends[found.owner]
    reaches = np.isnat(found.next_day) | (found.next_day >= begins)
    touched: Bools = ~np.isnat(begins) & (found.day < ends) & reaches
    relieved = touched & (due < begins)
    moved = touched & ~relieved
    lapsed = moved & (ends == _FAR)
    later = ends + np.where(ends == _FAR, np.timedelta64(0, "D"), first)
    extended = moved & ~lapsed & (later > due)
    due, why = np.where(extended, later, due), np.where(extended, EXEMPTION_END, why)
    counted = np.where(extended, ends, counted)
    restart, release = _events(service, found, events, after=True)
    plain = np.where(relieved, NAT, restart), np.where(relieved, NAT, release)
    due, why, counted = _shortened(due, why, counted, *plain, terms)
    none = np.zeros(len(found.owner), bool)
    next_day = np.where(relieved, NAT, found.next_day)
    own = Stretches(
        found.owner, found.day, found.is_test, next_day, due, why, counted, lapsed, relieved, after_exemption=none
    )
    resumed = np.flatnonzero(relieved & (ends != _FAR) & (np.isnat(found.next_day) | (found.next_day > ends)))
    return own if len(resumed) == 0 else _resumed(own, found, ends, first, restart, release, terms, resumed)


def _resumed(
    own: Stretches,
    found: Anchors,
    ends: Days,
    first: np.timedelta64,
    restart: Days,
    release: Days,
    terms: Terms,
    rows: NDArray[np.intp],
) -> Stretches:
    """With the stretches that begin where an exemption ends which began when a test was overdue."""
    day = ends[rows]
    due, why, counted = _shortened(
        day + first, np.full(len(rows), EXEMPTION_END), day, restart[rows], release[rows], terms
    )
    none = np.zeros(len(rows), bool)
    more = Stretches(
        own.owner[rows], day, none, found.next_day[rows], due, why, counted, none, none, np.ones(len(rows), bool)
    )
    joined = [np.concatenate([getattr(own, name), getattr(more, name)]) for name in Stretches.__slots__]
    order = np.lexsort((joined[1], joined[0]))
    return Stretches(*(column[order] for column in joined))


def _events(service: Service, found: Anchors, events: Events, *, after: bool) -> tuple[Days, Days]:
    """First restart and first release in each stretch, before the exemption or after it."""
    count = len(found.owner)
    out = np.full(count, _FAR), np.full(count, _FAR)
    if len(events.owner) and count:
        begins, ends = service.exempt_from[events.owner], service.ends[events.owner]
        chosen = (events.day >= ends) if after else (np.isnat(begins) | (events.day < begins))
        owner, day, is_release = events.owner[chosen], events.day[chosen], events.is_release[chosen]
        row = np.searchsorted(_key(found.owner, found.day), _key(owner, day), side="left") - 1
        inside = (row >= 0) & (found.owner[row] == owner)
        for column, kind in zip(out, (inside & ~is_release, inside & is_release), strict=True):
            np.minimum.at(column, row[kind], day[kind])
    return np.where(out[0] == _FAR, NAT, out[0]), np.where(out[1] == _FAR, NAT, out[1])


def _key(owner: Ints, day: Days) -> Ints:
    """Numbers in the order of (owner, day)."""
    return owner * (1 << 32) + day.astype(np.int64)


def _shortened(
    due: Days, why: Ints, counted: Days, restart: Days, release: Days, terms: Terms
) -> tuple[Days, Ints, Days]:
    """Due days with what a restart and a release ask for, where that is earlier."""
    if terms.restart_days is not None:
        asked = restart + np.timedelta64(terms.restart_days, "D")
        sooner = asked < due
        due, why = np.where(sooner, asked, due), np.where(sooner, RESTART, why)
        counted = np.where(sooner, restart, counted)
    if terms.release_workdays is not None:
        asked = workdays_after(release, terms.release_workdays)
        sooner = asked < due
        due, why = np.where(sooner, asked, due), np.where(sooner, RELEASE, why)
        counted = np.where(sooner, release, counted)
    return due, why.astype(np.int64), counted


def workdays_after(days: Days, count: int) -> Days:
    """`domain.workdays.add_workdays` on columns; NaT stays NaT."""
    out = np.full(len(days), NAT)
    known = ~np.isnat(days)
    if known.any():
        distinct, where = np.unique(days[known], return_inverse=True)
        ends = [np.datetime64(add_workdays(day, count), "D") for day in distinct.tolist()]
        out[known] = np.array(ends, "datetime64[D]")[where]
    return out


@dataclass(frozen=True, slots=True)
class OpenDuties:
    """The open duty of components: their row, last day in time, what that is counted from, and that day."""

    owner: Ints
    due: Days
    why: Ints
    counted_from: Days

    @classmethod
    def none(cls) -> OpenDuties:
        """No duty of anybody."""
        return cls(np.zeros(0, np.int64), np.full(0, NAT), np.zeros(0, np.int64), np.full(0, NAT))

    def of(self, owners: Bools) -> OpenDuties:
        """Those of chosen components."""
        rows = owners[self.owner]
        return OpenDuties(self.owner[rows], self.due[rows], self.why[rows], self.counted_from[rows])


def open_duties(found: Stretches, service: Service, as_of: Days) -> OpenDuties:
    """What each component's last stretch asks for as at its day in `as_of`; nothing of what is exempt then."""
    day = as_of[found.owner]
    begins, ends = service.exempt_from[found.owner], service.ends[found.owner]
    asks = np.where(found.relieved, day < begins, ~found.lapsed)
    begun = ~found.after_exemption | (ends <= day)
    rows = np.flatnonzero(np.isnat(found.next_day) & asks & begun & ~service.exempt_on(as_of)[found.owner])
    return OpenDuties(found.owner[rows], found.due[rows], found.why[rows], found.counted_from[rows])


def yearly_duties(service: Service, judged_from: Days, tested: Days, as_of: Days) -> OpenDuties:
    """One test in each calendar year, as at days: due is the first year that passed without a test and was not made
    good since, or the current one, or the next one after a year with a test; nothing of what is exempt.

    judged_from: first day of each component that is judged; tested: of its last test, NaT for none.
    """
    ended = ~np.isnat(service.exempt_to) & (service.exempt_to <= as_of)
    resumed = np.where(ended, year_of(np.where(ended, service.exempt_to, as_of)), 0)
    after_test = np.where(np.isnat(tested), 0, year_of(np.where(np.isnat(tested), as_of, tested)) + 1)
    year = np.maximum.reduce([first_years(service.start, judged_from), after_test, resumed])
    first_day = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    last_day = (year - 1969).astype("datetime64[Y]").astype("datetime64[D]") - ONE_DAY
    rows = np.flatnonzero(~service.exempt_on(as_of))
    return OpenDuties(rows, last_day[rows], np.full(len(rows), YEAR), first_day[rows])


def first_years(start: Days, judged_from: Days) -> Ints:
    """The first calendar year of each component that asks for a test: not that in which its service began, unless on
    1 January."""
    whole_from = year_of(start) + (start > start.astype("datetime64[Y]").astype("datetime64[D]"))
    years: Ints = np.maximum(year_of(judged_from), whole_from)
    return years


def strictest(regimes: Sequence[OpenDuties], count: int) -> Days:
    """The earliest due day of each of `count` components over regimes, NaT where none asks for anything."""
    earliest = np.full(count, _FAR)
    for regime in regimes:
        np.minimum.at(earliest, regime.owner, regime.due)
    return np.where(earliest == _FAR, NAT, earliest)
