"""Roles, rights and waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts import (
    STAFF,
    Action,
    Actor,
    Failures,
    Role,
    allowed,
    check_login,
    check_name,
    check_password,
    check_role,
    least_role,
    longest_shelf,
    retry_at,
)
from domain.errors import BadInput

NOW = datetime(2026, 11, 2, tzinfo=UTC)

#: Who may do what, by hand from the contract of the desk; a right that is missing here is a mistake in the table.
BY_HAND = {
    Role.VIEWER: {Action.READ},
    Role.DUTY: {
        Action.ACKNOWLEDGE,
        Action.CONFIRM_RETURN,
        Action.COMMENT,
        Action.SHELVE,
        Action.UNSHELVE,
        Action.HAND_OVER,
        Action.WRITE_HANDOVER,
        Action.REPORT,
        Action.CORRECT,
    },
    Role.LEAD: {
        Action.OUT_OF_SERVICE,
        Action.IN_SERVICE,
        Action.SILENCE,
        Action.END_SILENCE,
        Action.OVERRIDE_ROSTER,
        Action.DECIDE,
    },
    Role.ADMIN: {Action.ACCOUNTS, Action.READ_AUDIT, Action.TEST_CHANNEL},
}


def test_every_action_begins_with_one_role() -> None:
    begins = [action for actions in BY_HAND.values() for action in actions]
    assert sorted(begins) == sorted(Action)
    for role, actions in BY_HAND.items():
        for action in actions:
            assert least_role(action) is role


@given(st.sampled_from(STAFF), st.sampled_from(STAFF), st.sampled_from(list(Action)))
def test_a_higher_role_may_all_that_a_lower_one_may(one: Role, other: Role, action: Action) -> None:
    lower, higher = sorted((one, other), key=STAFF.index)
    assert allowed(higher, action) >= allowed(lower, action)
    assert allowed(one, action) == any(action in BY_HAND[role] for role in STAFF[: STAFF.index(one) + 1])
    assert longest_shelf(higher) >= longest_shelf(lower)
    assert (longest_shelf(one) > timedelta(0)) == allowed(one, Action.SHELVE)


@given(st.sampled_from(list(Action)))
def test_an_enterprise_reads_and_reports(action: Action) -> None:
    assert allowed(Role.ENTERPRISE, action) == (action in {Action.READ, Action.REPORT})
    assert longest_shelf(Role.ENTERPRISE) == timedelta(0)


def test_two_of_one_name_are_told_apart() -> None:
    assert Actor("王维", Role.DUTY, account="wang.wei").signature == "王维 <wang.wei>"
    assert Actor("王维", Role.ADMIN).signature == "王维"


@pytest.mark.parametrize("login", ["", "a", "A.B", "王维", "a b", "a" * 65, "a\n", "a;--"])
def test_what_is_no_login(login: str) -> None:
    with pytest.raises(BadInput, match="a-z、0-9"):
        check_login(login)


def test_what_is_no_password_name_or_role() -> None:
    for password in ("", "123456789", "Wang.Wei.2", "aaaaaaaaaaaa", "x" * 201, "lone surrogate \ud800"):
        with pytest.raises(BadInput) as refused:
            check_password("wang.wei.2", password)
        assert not password or password not in str(refused.value)
    assert check_password("wang.wei.2", "correct horse") == "correct horse"
    for name in ("", "  ", "a\nb", "x" * 101):
        with pytest.raises(BadInput, match="可显示"):
            check_name(name)
    assert check_name(" 王维 ") == "王维"
    assert check_role("enterprise") is Role.ENTERPRISE
    for role in ("root", ""):
        with pytest.raises(BadInput, match="viewer, duty, lead, admin, enterprise"):
            check_role(role)


counts = st.integers(0, 10**6)
ages = st.integers(0, 900)


@given(counts, counts, counts, st.booleans(), ages)
def test_nobody_waits_for_longer_than_a_minute(pair: int, login: int, address: int, known: bool, age_s: int) -> None:
    at = NOW - timedelta(seconds=age_s)
    until = retry_at(Failures(pair, at, pair + login, at, pair + address, at, known), NOW)
    assert until is None or NOW < until <= NOW + timedelta(minutes=1)
    if age_s >= 60:
        assert until is None


@given(counts, counts, counts, st.booleans())
def test_more_failures_never_shorten_the_wait(pair: int, login: int, address: int, known: bool) -> None:
    def wait(more: int) -> timedelta:
        until = retry_at(Failures(pair + more, NOW, login + more, NOW, address + more, NOW, known), NOW)
        return (until or NOW) - NOW

    assert wait(1) >= wait(0)


def test_a_guesser_does_not_keep_a_colleague_from_the_desk() -> None:
    busy = Failures(pair=0, login=10_000, login_at=NOW, address=10_000, address_at=NOW, known=True)
    assert retry_at(busy, NOW) is None
    assert retry_at(Failures(login=10_000, login_at=NOW), NOW) == NOW + timedelta(minutes=1)
    assert retry_at(Failures(address=10_000, address_at=NOW), NOW) == NOW + timedelta(minutes=1)
    assert retry_at(Failures(pair=4, pair_at=NOW), NOW) is None
    assert retry_at(Failures(pair=5, pair_at=NOW), NOW) == NOW + timedelta(seconds=1)
