"""What an address asks of the list, however it was typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.desk.question import Question, cursor, filter_of, position_of, question, shown
from domain.accounts import Actor, Role
from storage.listing.desk import Position

DUTY = Actor("王维", Role.DUTY, account="wangwei", person="wang-wei")
PLANT = Actor("海西焦化", Role.ENTERPRISE, enterprise="hx-coking", account="hx-coking")


def test_an_empty_address_asks_for_what_waits_for_somebody() -> None:
    wanted = filter_of(question([]), DUTY)
    assert wanted.states == ("unacknowledged", "acknowledged", "returned_unacknowledged")
    assert (wanted.enterprise, wanted.words, wanted.is_mine) == (None, None, False)


def test_an_address_keeps_everything_that_the_fields_say() -> None:
    text = (
        "states=shelved&severity=critical&district=wuda&enterprise=hx-coking&family=ule&mine=1&words=二氧化硫&team=city"
    )
    asked = question(parse_qsl(text))
    assert asked == Question(("shelved",), "critical", "wuda", "hx-coking", "ule", True, "二氧化硫", "city")
    assert shown(asked, DUTY)["words"] == "二氧化硫"
    wanted = filter_of(asked, DUTY)
    assert (wanted.states, wanted.severities, wanted.person, wanted.names) == (
        ("shelved",),
        ("critical",),
        "wang-wei",
        ("王维",),
    )


def test_all_means_every_state() -> None:
    assert filter_of(question([("states", "all"), ("states", "shelved")]), DUTY).states == ()


def test_a_person_begins_with_the_alerts_of_their_own_team() -> None:
    own = replace(DUTY, team="city")
    assert filter_of(question([]), own).team == "city"
    assert filter_of(question([("team", "all")]), own).team is None
    assert filter_of(question([("team", "wuda")]), own).team == "wuda"
    assert filter_of(question([]), DUTY).team is None
    assert shown(question([]), own)["team"] == "city"
    assert shown(question([]), DUTY)["team"] == "all"
    # a link, a search or what is mine is not to miss what is looked for
    for looked_for in (("enterprise", "ly-chem"), ("words", "x"), ("mine", "1")):
        assert filter_of(question([looked_for]), own).team is None
    assert filter_of(question([("team", "city")]), PLANT).team is None


def test_an_enterprise_gets_its_own_whatever_the_address_says() -> None:
    assert filter_of(question([("enterprise", "ly-chem")]), PLANT).enterprise == "hx-coking"


@pytest.mark.parametrize(
    "text",
    [
        "states=nonsense",
        "severity=loud",
        "enterprise=../..",
        "after=abc",
        "after=" + "A" * 500,
        "mine=yes",
        "words=%00",
    ],
)
def test_what_cannot_be_read_asks_for_nothing(text: str) -> None:
    assert question(parse_qsl(text)) == Question()


@given(st.lists(st.tuples(st.sampled_from(["states", "words", "after", "enterprise", "x"]), st.text())))
def test_any_address_is_a_question(pairs: list[tuple[str, str]]) -> None:
    filter_of(question(pairs), DUTY)


@given(
    st.integers(0, 99),
    st.datetimes(timezones=st.just(UTC)),
    st.integers(0, 2**63 - 1),
)
def test_a_place_in_the_list_survives_the_address(rank: int, at: datetime, alert_id: int) -> None:
    place = Position(rank, at, alert_id)
    assert position_of(cursor(place)) == place
