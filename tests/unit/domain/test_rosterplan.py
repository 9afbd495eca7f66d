"""What a change of the roster by hand would bring."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from domain.rosterplan import UNSAVED, Clash, Foresight, foresee, foresee_cancel, with_change
from tests.unit.domain.test_roster import DAY_AND_NIGHT, MEMBERS, at, override, period, roster, shift

#: Days only: the nights are a gap.
DAYS = (shift(),)


def people(seen: Foresight) -> list[tuple[str, tuple[str, ...]]]:
    return [(turn.shift, turn.people) for turn in seen.turns]


def test_a_stand_in_has_the_turn_and_nothing_is_missing() -> None:
    seen = foresee(roster(DAY_AND_NIGHT), override("2026-09-01T08:00", "2026-09-01T20:00", "e", "a", UNSAVED))
    assert people(seen) == [("day", ("e",))]
    assert (seen.gaps, seen.overlaps, seen.clashes) == ((), (), ())


def test_a_part_of_a_turn_leaves_the_rest_to_whose_it_was() -> None:
    seen = foresee(roster(DAY_AND_NIGHT), override("2026-09-01T10:00", "2026-09-01T12:00", "e", "a", UNSAVED))
    assert people(seen) == [("day", ("e",))]
    assert [turn.period for turn in seen.turns] == [period("2026-09-01T10:00", "2026-09-01T12:00")]


def test_who_is_on_duty_already_at_that_time_is_told() -> None:
    known = roster((*DAY_AND_NIGHT, shift("late", "18:00", hours=4, members=("e",))))
    seen = foresee(known, override("2026-09-01T08:00", "2026-09-01T20:00", "e", "a", UNSAVED))
    assert seen.clashes == (Clash("e", period("2026-09-01T18:00", "2026-09-01T20:00"), "duty", "late"),)
    assert [one.period for one in seen.overlaps] == [period("2026-09-01T18:00", "2026-09-01T20:00")]


def test_of_a_pair_a_colleague_cannot_stand_in_for_the_other_unseen() -> None:
    known = roster((shift(seats=2),))
    seen = foresee(known, override("2026-09-01T08:00", "2026-09-01T20:00", "b", "a", UNSAVED))
    assert people(seen) == [("day", ("b",))]
    assert [clash.person for clash in seen.clashes] == ["b"]


def test_gaps_that_remain_are_told_and_an_addition_fills_them() -> None:
    night = ("2026-09-01T20:00", "2026-09-02T08:00")
    seen = foresee(roster(DAYS), override("2026-09-01T12:00", "2026-09-02T08:00", "e", "a", UNSAVED))
    assert seen.gaps == (period(*night),)
    filled = foresee(roster(DAYS), override(*night, "e", None, UNSAVED))
    assert (people(filled), filled.gaps) == ([("", ("e",))], ())


def test_taking_an_addition_back_leaves_the_gap_again() -> None:
    night = ("2026-09-01T20:00", "2026-09-02T08:00")
    made = override(*night, "e", None)
    seen = foresee_cancel(roster(DAYS, [made]), made, at("2026-09-01T12:00"))
    assert seen.gaps == (period(*night),)
    running = foresee_cancel(roster(DAYS, [made]), made, at("2026-09-01T22:00"))
    assert running.gaps == (period("2026-09-01T22:00", "2026-09-02T08:00"),)


def test_taking_a_stand_in_back_gives_the_turn_to_whose_it_was() -> None:
    made = override("2026-09-01T08:00", "2026-09-01T20:00", "e", "a")
    seen = foresee_cancel(roster(DAY_AND_NIGHT, [made]), made, at("2026-08-31T12:00"))
    assert people(seen) == [("day", ("a",))]


@given(
    start=st.integers(0, 72), hours=st.integers(1, 48), person=st.sampled_from((*MEMBERS, "e")),
    replaces=st.sampled_from((*MEMBERS, None)),
)  # fmt: skip
def test_what_is_foreseen_is_what_comes(start: int, hours: int, person: str, replaces: str | None) -> None:
    """The preview is the roster with the change in it: every turn that differs is shown, and no other."""
    begin = at("2026-09-01T00:00").timestamp() + start * 3600
    change = override("2026-09-01T00:00", "2026-09-01T01:00", person, replaces, UNSAVED)
    where = period("2026-09-01T00:00", "2026-09-01T01:00")
    moved = replace(
        where,
        start=where.start.fromtimestamp(begin, where.start.tzinfo),
        end=where.start.fromtimestamp(begin + hours * 3600, where.start.tzinfo),
    )
    change = replace(change, period=moved)
    known = roster(DAY_AND_NIGHT)
    seen, after = foresee(known, change), with_change(known, change)
    assert set(after.turns("duty", moved)) - set(known.turns("duty", moved)) == set(seen.turns)
    assert after.gaps("duty", moved) == list(seen.gaps)
    for clash in seen.clashes:
        assert any(clash.person in turn.people for turn in known.on_duty("duty", clash.period.start))
