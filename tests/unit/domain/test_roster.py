from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.periods import SITE_ZONE, Period
from domain.roster import Overlap, Override, Person, Roster, Shift, Team

LEAD, MEMBERS = "lead", ("a", "b", "c", "d")
MADE = datetime(2026, 9, 1, tzinfo=SITE_ZONE)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SITE_ZONE)


def period(start: str, end: str) -> Period:
    return Period(at(start), at(end))


def shift(code: str = "day", starts: str = "08:00", hours: float = 12, **said: object) -> Shift:
    base = {"members": MEMBERS, "anchor_on": date(2026, 9, 1), "valid_from": date(2026, 1, 1)}
    return Shift("duty", code, code, starts, hours, **(base | said))  # type: ignore[arg-type]


def override(start: str, end: str, person: str, replaces: str | None, number: int = 1, **said: object) -> Override:
    return Override(number, "duty", period(start, end), person, replaces, **({"created_at": MADE} | said))  # type: ignore[arg-type]


def roster(shifts: Sequence[Shift], overrides: Sequence[Override] = (), left: Sequence[str] = ()) -> Roster:
    people = {code: Person(code, code, active=code not in left) for code in (*MEMBERS, "e", LEAD)}
    return Roster(people, {"duty": Team("duty", "值班", lead=LEAD)}, shifts, overrides)


def on_duty(known: Roster, text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(turn.shift, turn.people) for turn in known.on_duty("duty", at(text))]


DAY_AND_NIGHT = (shift(), shift("night", "20:00", members=("b", "c", "d", "a")))


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    known = roster(DAY_AND_NIGHT)
    assert on_duty(known, "2026-09-01T19:59:59") == [("day", ("a",))]
    assert on_duty(known, "2026-09-01T20:00") == [("night", ("b",))]
    assert on_duty(known, "2026-09-02T07:59:59") == [("night", ("b",))]
    assert on_duty(known, "2026-09-02T08:00") == [("day", ("b",))]


def test_the_turn_says_its_whole_period_in_utc() -> None:
    (turn,) = roster(DAY_AND_NIGHT).on_duty("duty", at("2026-09-02T03:00"))
    assert turn.period == period("2026-09-01T20:00", "2026-09-02T08:00")
    assert turn.period.start.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("turn", "every", "day", "people"),
    [
        ("day", 1, "2026-09-03", "c"),
        ("day", 2, "2026-09-03", "b"),
        ("day", 1, "2026-08-31", "d"),  # the order goes on before the anchor
        ("week", 1, "2026-09-07", "a"),  # a week is seven days from the anchor, a Tuesday
        ("week", 1, "2026-09-08", "b"),
        ("week", 2, "2026-09-14", "a"),
        ("week", 2, "2026-09-15", "b"),
        ("month", 1, "2026-09-30", "a"),
        ("month", 1, "2026-10-01", "b"),  # at the month's end, National Day or not
        ("month", 3, "2026-11-30", "a"),
        ("month", 3, "2026-12-01", "b"),
        ("month", 1, "2027-01-01", "a"),
    ],
)
def test_rotations(turn: str, every: int, day: str, people: str) -> None:
    assert on_duty(roster([shift(turn=turn, every=every)]), f"{day}T09:00") == [("day", (people,))]


def test_seats_are_taken_by_as_many_members_and_the_next_as_many_follow() -> None:
    known = roster([shift(seats=3)])
    assert on_duty(known, "2026-09-01T09:00") == [("day", ("a", "b", "c"))]
    assert on_duty(known, "2026-09-02T09:00") == [("day", ("d", "a", "b"))]


def test_working_days_are_those_of_the_state_council() -> None:
    """National Day 2026: 1 to 7 October off, 20 September (a Sunday) and 10 October (a Saturday) are worked."""
    known = roster([shift("work", days="workdays", turn="shift"), shift("rest", days="restdays", turn="shift")])
    shifts = {day: on_duty(known, f"2026-{day}T09:00")[0][0] for day in ("09-20", "09-30", "10-01", "10-07", "10-10")}
    assert shifts == {"09-20": "work", "09-30": "work", "10-01": "rest", "10-07": "rest", "10-10": "work"}
    # by shift: whoever had the last one before the holidays, the next one has the first after it
    before, after = on_duty(known, "2026-09-30T09:00"), on_duty(known, "2026-10-08T09:00")
    assert MEMBERS.index(after[0][1][0]) == (MEMBERS.index(before[0][1][0]) + 1) % 4


def test_a_night_that_begins_on_the_last_working_day_reaches_into_the_holidays() -> None:
    known = roster([shift("night", "20:00", days="workdays")])
    assert on_duty(known, "2026-10-01T03:00")[0][0] == "night"
    assert on_duty(known, "2026-10-02T03:00") == []


def test_years_without_a_notice_go_by_weekends_and_say_so() -> None:
    known = roster([shift(days="workdays")])
    assert on_duty(known, "2040-10-01T09:00")  # a Monday
    assert known.is_reckoned("duty", period("2040-10-01T00:00", "2040-10-02T00:00"))
    assert not known.is_reckoned("duty", period("2026-10-01T00:00", "2026-10-02T00:00"))
    assert not roster([shift()]).is_reckoned("duty", period("2040-10-01T00:00", "2040-10-02T00:00"))


def test_a_shift_begins_from_its_first_until_before_its_last_day() -> None:
    known = roster([shift("night", "20:00", valid_from=date(2026, 9, 2), valid_to=date(2026, 9, 3))])
    assert on_duty(known, "2026-09-02T01:00") == []
    assert on_duty(known, "2026-09-03T01:00")
    assert on_duty(known, "2026-09-03T21:00") == []


def test_a_stand_in_over_a_hand_over_takes_only_the_turns_of_whom_he_replaces() -> None:
    known = roster(DAY_AND_NIGHT, [override("2026-09-01T18:00", "2026-09-02T09:00", "e", "b")])
    # the day shift of 1 September is a's, the night b's until 08:00, then the day b's from 08:00 on
    turns = known.turns("duty", period("2026-09-01T08:00", "2026-09-02T20:00"))
    assert [(turn.period.end, turn.people, turn.overridden) for turn in turns] == [
        (at("2026-09-01T20:00"), ("a",), False),
        (at("2026-09-02T08:00"), ("e",), True),
        (at("2026-09-02T09:00"), ("e",), True),
        (at("2026-09-02T20:00"), ("b",), False),
    ]


def test_two_people_can_swap_shifts_and_a_stand_in_can_find_a_stand_in() -> None:
    both = (shift("one", members=("a",)), shift("two", members=("b",)))
    day = ("2026-09-01T00:00", "2026-09-02T00:00")
    swapped = roster(both, [override(*day, "b", "a", 1), override(*day, "a", "b", 2)])
    assert on_duty(swapped, "2026-09-01T09:00") == [("one", ("b",)), ("two", ("a",))]
    chain = roster(both, [override(*day, "c", "a", 1), override(*day, "d", "c", 2)])
    assert on_duty(chain, "2026-09-01T09:00") == [("one", ("d",)), ("two", ("b",))]


def test_the_later_made_override_counts_and_a_cancelled_one_until_it_was_cancelled() -> None:
    day = ("2026-09-01T00:00", "2026-09-02T00:00")
    later = override(*day, "d", "a", 1, created_at=MADE + timedelta(hours=1))
    assert on_duty(roster([shift()], [later, override(*day, "c", "a", 2)]), "2026-09-01T09:00") == [("day", ("d",))]
    cancelled = override(*day, "d", "a", 1, cancelled_at=MADE)
    assert on_duty(roster([shift()], [cancelled]), "2026-09-01T09:00") == [("day", ("a",))]
    at_ten = override(*day, "d", "a", 1, cancelled_at=at("2026-09-01T10:00"))
    known = roster([shift()], [at_ten])
    assert on_duty(known, "2026-09-01T09:59") == [("day", ("d",))]
    assert on_duty(known, "2026-09-01T10:00") == [("day", ("a",))]


def test_who_comes_in_addition_fills_a_gap_and_makes_no_overlap() -> None:
    known = roster([shift()], [override("2026-09-01T18:00", "2026-09-01T22:00", "e", None)])
    assert on_duty(known, "2026-09-01T19:00") == [("day", ("a",)), ("", ("e",))]
    assert on_duty(known, "2026-09-01T21:00") == [("", ("e",))]
    day = period("2026-09-01T08:00", "2026-09-02T08:00")
    assert known.gaps("duty", day) == [period("2026-09-01T22:00", "2026-09-02T08:00")]
    assert known.overlaps("duty", day) == []


def test_a_member_who_left_is_stood_in_for_and_the_turns_of_the_others_stay() -> None:
    known = roster([shift()], left=["b"])
    days = [on_duty(known, f"2026-09-{day:02}T09:00")[0][1] for day in (1, 2, 3, 4, 5)]
    assert days == [("a",), ("c",), ("c",), ("d",), ("a",)]
    (turn,) = known.on_duty("duty", at("2026-09-02T09:00"))
    assert turn.left == ("b",)
    assert known.people_for("duty", "on_duty", at("2026-09-02T09:00")).note == "member_left"


def test_when_all_members_left_it_is_a_gap() -> None:
    known = roster([shift(members=("b",))], left=["b"])
    assert known.on_duty("duty", at("2026-09-02T09:00")) == ()
    day = period("2026-09-01T00:00", "2026-09-02T00:00")
    assert known.gaps("duty", day) == [day]
    assert [turn.people for turn in known.turns("duty", day)] == [()]


def test_an_override_by_somebody_who_left_changes_nothing() -> None:
    day = ("2026-09-01T00:00", "2026-09-02T00:00")
    assert on_duty(roster([shift()], [override(*day, "e", "a")], left=["e"]), "2026-09-01T09:00") == [("day", ("a",))]


def test_an_empty_roster_has_only_its_lead() -> None:
    known = roster([])
    moment = at("2026-09-01T09:00")
    assert known.on_duty("duty", moment) == ()
    assert known.following("duty", moment) is None
    told = known.people_for("duty", "on_duty", moment)
    assert (told.people, told.note) == ((LEAD,), "roster_gap")
    assert Roster().people_for("duty", "on_duty", moment).people == ()
    assert Roster().people_for("duty", "team:other", moment).note == "unknown"


def test_a_gap_and_an_overlap_are_found_exactly() -> None:
    known = roster([shift(), shift("night", "21:00", 12)])
    day = period("2026-09-01T12:00", "2026-09-02T12:00")
    assert known.gaps("duty", day) == [period("2026-09-01T20:00", "2026-09-01T21:00")]
    assert known.overlaps("duty", day) == [Overlap(period("2026-09-02T08:00", "2026-09-02T09:00"), ("day", "night"))]
    told = known.people_for("duty", "on_duty", at("2026-09-02T08:30"))
    assert sorted(told.people) == ["a", "b"]
    assert known.people_for("duty", "on_duty", at("2026-09-01T20:30")) == known.people_for(
        "duty", "on_duty", at("2026-09-02T20:30")
    )


def test_next_is_somebody_who_is_not_on_duty_now() -> None:
    known = roster([shift(turn="week")])
    following = known.following("duty", at("2026-09-01T09:00"))
    assert following is not None
    assert (following.period.start, following.people) == (at("2026-09-02T08:00"), ("a",))
    assert known.people_for("duty", "next", at("2026-09-01T09:00")).people == ("b",)
    alone = roster([shift(members=("a",))])
    told = alone.people_for("duty", "next", at("2026-09-01T09:00"))
    assert (told.people, told.note) == ((LEAD,), "no_next")


def test_a_turn_that_begins_at_the_instant_is_not_the_following_one() -> None:
    known = roster(DAY_AND_NIGHT)
    following = known.following("duty", at("2026-09-01T20:00"))
    assert following is not None
    assert following.period.start == at("2026-09-02T08:00")


MOMENTS = st.integers(0, 60 * 24 * 60).map(lambda minutes: at("2026-08-20T00:00") + timedelta(minutes=minutes))
ROTATION = st.fixed_dictionaries(
    {
        "turn": st.sampled_from(["shift", "day", "week", "month"]),
        "every": st.integers(1, 3),
        "seats": st.integers(1, 3),
        "members": st.permutations(MEMBERS).map(tuple),
    }
)


@st.composite
def overrides(draw: st.DrawFn) -> list[Override]:
    found = []
    for number in range(draw(st.integers(0, 5))):
        start = draw(MOMENTS)
        span = Period(start, start + timedelta(minutes=draw(st.integers(1, 4000))))
        person, replaces = draw(st.sampled_from((*MEMBERS, "e"))), draw(st.sampled_from((*MEMBERS, "e", None)))
        made = MADE + timedelta(hours=draw(st.integers(0, 2)))
        found.append(Override(number, "duty", span, person, replaces, made))
    return found


@st.composite
def tiling(draw: st.DrawFn) -> list[Shift]:
    """Shifts that tile the day: three of eight hours, two of twelve, or one of twenty-four."""
    count = draw(st.sampled_from([1, 2, 3]))
    first = draw(st.integers(0, 23))
    return [
        shift(f"s{number}", f"{(first + number * 24 // count) % 24:02}:00", 24 / count, **draw(ROTATION))
        for number in range(count)
    ]


@given(tiling(), MOMENTS, st.integers(1, 20))
def test_turns_tile_without_overlap_where_shifts_do(shifts: list[Shift], start: datetime, days: int) -> None:
    known, asked = roster(shifts), Period(start, start + timedelta(days=days))
    turns = known.turns("duty", asked)
    assert turns[0].period.start <= asked.start
    assert turns[-1].period.end >= asked.end
    assert all(one.period.end == other.period.start for one, other in pairwise(turns))
    assert known.gaps("duty", asked) == []
    assert known.overlaps("duty", asked) == []


@given(tiling(), overrides(), MOMENTS)
def test_every_instant_has_one_answer(shifts: list[Shift], made: list[Override], moment: datetime) -> None:
    """Asked for the instant or for days around it, the same people are on duty, and no person twice."""
    known = roster(shifts, made)
    around = known.turns("duty", Period(moment - timedelta(days=3), moment + timedelta(days=3)))
    assert tuple(turn for turn in around if moment in turn.period) == known.on_duty("duty", moment)
    for turn in around:
        assert len(set(turn.people)) == len(turn.people)
        assert len(turn.people) >= 1
    # a swap changes who is there, never how many shifts are
    assert len([turn for turn in known.on_duty("duty", moment) if turn.shift]) == 1


@given(tiling(), overrides().flatmap(lambda made: st.tuples(st.just(made), st.permutations(made))))
def test_the_order_in_which_overrides_are_given_does_not_matter(
    shifts: list[Shift], made: tuple[list[Override], list[Override]]
) -> None:
    asked = period("2026-08-20T00:00", "2026-10-20T00:00")
    one, other = (roster(shifts, given).turns("duty", asked) for given in made)
    assert one == other


@given(tiling(), overrides(), MOMENTS)
def test_gaps_are_where_nobody_is(shifts: list[Shift], made: list[Override], moment: datetime) -> None:
    known = roster(shifts[1:], made)
    gaps = known.gaps("duty", Period(moment - timedelta(days=2), moment + timedelta(days=2)))
    assert any(moment in gap for gap in gaps) == (not known.on_duty("duty", moment))


@given(st.lists(ROTATION, max_size=2), overrides(), MOMENTS)
def test_the_following_turn_begins_later_and_nothing_begins_between(
    rotations: list[dict[str, object]], made: list[Override], moment: datetime
) -> None:
    known = roster([shift(f"s{n}", f"{7 + n:02}:30", 3, **said) for n, said in enumerate(rotations)], made)
    following = known.following("duty", moment)
    until = moment + timedelta(days=3) if following is None else following.period.start
    starts = [turn.period.start for turn in known.turns("duty", Period(moment, until)) if turn.people]
    assert not [start for start in starts if moment < start < until]
