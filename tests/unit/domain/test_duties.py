"""Calendar arithmetic of duties."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.duties import (
    Done,
    DutyState,
    Every,
    Plan,
    Span,
    block_of,
    blocks,
    calendar_standings,
    chained_standings,
    clipped,
    merged,
)

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
EVERY = st.one_of(
    st.integers(1, 8).map(lambda n: Every(weeks=n)),
    st.sampled_from([1, 2, 3, 6, 12, 24, 36]).map(lambda n: Every(months=n)),
    st.integers(1, 31).map(lambda n: Every(monthday=n)),
)
WEEKLY, YEARLY = Every(weeks=1), Every(months=12)


def day(text: str) -> date:
    return date.fromisoformat(text)


def done(*days: str, kinds: str = "") -> list[Done]:
    return [Done(day(text), number, frozenset(kinds.split())) for number, text in enumerate(days, 1)]


@given(EVERY, DAYS)
def test_blocks_tile_the_calendar(every: Every, when: date) -> None:
    block = block_of(every, when)
    assert block.start <= when < block.next
    assert block.start <= block.due < block.next
    assert block_of(every, block.start) == block
    assert block_of(every, block.next - timedelta(days=1)) == block
    assert block_of(every, block.next).start == block.next
    if every.weeks is not None:
        assert block.start.weekday() == 0
    else:
        assert block.start.day == 1


@given(EVERY, DAYS, st.integers(0, 2000))
def test_blocks_of_a_stretch_follow_each_other_and_none_is_begun_before(every: Every, first: date, length: int) -> None:
    found = list(blocks(every, first, first + timedelta(days=length)))
    assert all(first <= one.start <= first + timedelta(days=length) for one in found)
    assert all(one.next == other.start for one, other in pairwise(found))


def test_blocks_people_know() -> None:
    assert block_of(WEEKLY, day("2026-11-01")).start == day("2026-10-26")  # a Sunday belongs to the week before
    assert block_of(WEEKLY, day("2027-01-01")).due == day("2027-01-03")  # a week across New Year is one
    assert block_of(Every(months=3), day("2026-11-02")).start == day("2026-10-01")
    assert block_of(Every(months=24), day("2027-05-01")).start == day("2026-01-01")
    assert block_of(Every(monthday=15), day("2026-02-20")).due == day("2026-02-15")
    assert block_of(Every(monthday=31), day("2028-02-20")).due == day("2028-02-29")


@pytest.mark.parametrize("fields", [{}, {"weeks": 0}, {"weeks": 1, "months": 1}, {"monthday": 32}, {"months": -1}])
def test_how_often_is_said_once(fields: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="one of weeks"):
        Every(**fields)


def test_months_later_are_clipped_to_the_months_end() -> None:
    assert Every(months=6).after(day("2025-08-31")) == day("2026-02-28")
    assert Every(months=24).after(day("2024-02-29")) == day("2026-02-28")


def states(plan: Plan, start: str, records: list[Done], as_of: str, end: str | None = None) -> list[tuple[str, str]]:
    span = Span(day(start), None if end is None else day(end))
    found = calendar_standings(plan, span, records, day(as_of))
    return [(one.term.start.isoformat(), one.state.value) for one in found]


def test_weeks_in_time_missed_and_running() -> None:
    found = states(
        Plan(WEEKLY, due_soon_days=2), "2026-10-28", done("2026-11-02", "2026-11-08", "2026-11-16"), "2026-11-18"
    )
    assert found == [
        ("2026-11-02", "done_in_time"),
        ("2026-11-09", "overdue"),  # nothing makes up for a week that is over
        ("2026-11-16", "done_in_time"),
    ]
    assert states(Plan(WEEKLY, due_soon_days=2), "2026-11-02", [], "2026-11-05")[-1][1] == "scheduled"
    assert states(Plan(WEEKLY, due_soon_days=2), "2026-11-02", [], "2026-11-06")[-1][1] == "due_soon"
    assert states(Plan(WEEKLY, due_soon_days=2), "2026-11-02", [], "2026-11-08")[-1][1] == "due_soon"
    assert states(Plan(WEEKLY, due_soon_days=2), "2026-11-02", [], "2026-11-09")[0][1] == "overdue"


def test_a_record_of_today_counts_before_the_day_has_closed() -> None:
    assert states(Plan(WEEKLY), "2026-11-02", done("2026-11-09"), "2026-11-08") == [
        ("2026-11-02", "due_soon"),
        ("2026-11-09", "done_in_time"),
    ]


def test_the_fifteenth() -> None:
    plan = Plan(Every(monthday=15))
    found = states(plan, "2026-01-01", done("2026-01-15", "2026-02-16", "2026-04-30"), "2026-05-01")
    assert found == [
        ("2026-01-01", "done_in_time"),
        ("2026-02-01", "done_late"),
        ("2026-03-01", "overdue"),
        ("2026-04-01", "done_late"),
        ("2026-05-01", "scheduled"),
    ]


def test_days_of_grace_belong_to_the_year_before_as_long_as_it_has_nothing() -> None:
    plan = Plan(YEARLY, grace_days=31)
    assert states(plan, "2025-01-01", done("2026-01-31"), "2026-02-05")[0] == ("2025-01-01", "done_in_time")
    assert states(plan, "2025-01-01", done("2026-02-01"), "2026-02-05") == [
        ("2025-01-01", "overdue"),
        ("2026-01-01", "done_in_time"),
    ]
    assert states(plan, "2025-01-01", done("2025-06-01", "2026-01-15"), "2026-02-05") == [
        ("2025-01-01", "done_in_time"),
        ("2026-01-01", "done_in_time"),
    ]
    assert states(plan, "2025-01-01", [], "2026-01-31")[0][1] == "due_soon"
    assert states(plan, "2025-01-01", [], "2026-02-01")[0][1] == "overdue"


def test_what_may_be_made_up_is_made_up_once_each_the_oldest_first() -> None:
    plan = Plan(YEARLY, can_be_made_up=True)
    found = states(plan, "2023-01-01", done("2025-03-01", "2025-04-01", "2025-05-01"), "2025-06-01")
    assert [state for _, state in found] == ["done_late", "done_late", "done_in_time"]


def test_a_record_without_its_evidence_proves_nothing() -> None:
    plan = Plan(YEARLY, evidence=frozenset({"report"}))
    assert states(plan, "2025-01-01", done("2025-06-01"), "2025-07-01")[0][1] == "done_without_evidence"
    assert states(plan, "2025-01-01", done("2025-06-01"), "2026-07-01")[0][1] == "done_without_evidence"
    assert states(plan, "2025-01-01", done("2025-06-01", kinds="photo report"), "2026-07-01")[0][1] == "done_in_time"
    late = Plan(Every(monthday=15), evidence=frozenset({"report"}))
    assert states(late, "2026-01-01", done("2026-01-20"), "2026-01-25")[0][1] == "overdue"
    assert states(late, "2026-01-01", done("2026-01-20", kinds="report"), "2026-01-25")[0][1] == "done_late"


def test_only_terms_that_lie_whole_in_the_span_are_asked_for() -> None:
    assert states(Plan(YEARLY), "2025-01-02", [], "2027-06-01") == [
        ("2026-01-01", "overdue"),
        ("2027-01-01", "scheduled"),
    ]
    assert states(Plan(YEARLY), "2025-01-01", [], "2027-06-01", end="2026-12-31") == [("2025-01-01", "overdue")]
    assert states(Plan(YEARLY), "2025-01-01", [], "2027-06-01", end="2027-01-01")[-1] == ("2026-01-01", "overdue")


def chain(
    plan: Plan, start: str, records: list[Done], as_of: str, end: str | None = None
) -> list[tuple[str, str, str]]:
    span = Span(day(start), None if end is None else day(end))
    found = chained_standings(plan, span, records, day(as_of))
    return [(one.term.start.isoformat(), one.term.due.isoformat(), one.state.value) for one in found]


TWO_YEARS = Plan(Every(months=24), due_soon_days=60, evidence=frozenset({"ledger"}))


def test_terms_that_follow_each_other() -> None:
    assert chain(TWO_YEARS, "2024-02-29", [], "2025-12-29") == [("2024-02-29", "2026-02-28", "scheduled")]
    assert chain(TWO_YEARS, "2024-02-29", [], "2025-12-30")[0][2] == "due_soon"
    assert chain(TWO_YEARS, "2024-02-29", [], "2026-02-28")[0][2] == "due_soon"
    assert chain(TWO_YEARS, "2024-02-29", [], "2026-03-01")[0][2] == "overdue"
    assert chain(TWO_YEARS, "2024-02-29", done("2026-03-05", "2027-01-01", kinds="ledger"), "2027-02-01") == [
        ("2024-02-29", "2026-02-28", "done_late"),
        ("2026-03-05", "2028-03-05", "done_in_time"),
        ("2027-01-01", "2029-01-01", "scheduled"),
    ]


def test_a_late_record_without_evidence_closes_nothing_and_an_early_one_is_undetermined() -> None:
    assert chain(TWO_YEARS, "2024-01-01", done("2026-06-01"), "2026-07-01") == [("2024-01-01", "2026-01-01", "overdue")]
    assert chain(TWO_YEARS, "2024-01-01", done("2025-06-01"), "2026-07-01") == [
        ("2024-01-01", "2026-01-01", "done_without_evidence"),
        ("2025-06-01", "2027-06-01", "scheduled"),
    ]


def test_a_record_of_the_first_day_anchors() -> None:
    found = chained_standings(TWO_YEARS, Span(day("2024-01-01")), done("2024-01-01"), day("2024-02-01"))
    assert [(one.first, one.state) for one in found] == [(False, DutyState.SCHEDULED)]


def test_a_term_that_ends_after_the_duty_is_not_asked_for() -> None:
    assert chain(TWO_YEARS, "2024-01-01", [], "2026-07-01", end="2026-01-01") == []
    assert chain(TWO_YEARS, "2024-01-01", [], "2026-07-01", end="2026-01-02")[0][2] == "overdue"


RECORDS = st.lists(st.tuples(st.integers(0, 900), st.booleans()), unique_by=lambda one: one[0], max_size=12)


@given(EVERY, RECORDS, st.integers(0, 40), st.booleans(), st.integers(0, 900))
def test_a_record_counts_for_one_term_at_most_and_never_for_one_that_has_not_begun(
    every: Every, records: list[tuple[int, bool]], grace: int, made_up: bool, today: int
) -> None:
    start = day("2024-01-01")
    items = [
        Done(start + timedelta(days=offset), number, frozenset({"report"} if whole else ()))
        for number, (offset, whole) in enumerate(records)
    ]
    plan = Plan(every, grace, 3, frozenset({"report"}), made_up)
    judged = [calendar_standings(plan, Span(start), items, start + timedelta(days=today))]
    if every.monthday is None:
        judged.append(chained_standings(plan, Span(start), items, start + timedelta(days=today)))
    for found in judged:
        used = [one.done.record_id for one in found if one.done is not None]
        assert len(used) == len(set(used))
        for one in found:
            if one.done is not None:
                assert one.term.start <= one.done.day
                in_time = one.done.day <= one.term.last
                assert in_time == (one.state in (DutyState.DONE_IN_TIME, DutyState.DONE_WITHOUT_EVIDENCE))
        assert [one.term.start for one in found] == sorted({one.term.start for one in found})


def test_spans_are_merged_and_clipped() -> None:
    one, two, three = Span(day("2025-01-01"), day("2025-06-01")), Span(day("2025-06-01")), Span(day("2026-01-01"))
    assert merged([three, one, two]) == [Span(day("2025-01-01"))]
    assert merged([three, one]) == [one, three]
    assert clipped([one, three], day("2025-06-01")) == [three]
    assert clipped([one], day("2025-05-31")) == [Span(day("2025-05-31"), day("2025-06-01"))]
