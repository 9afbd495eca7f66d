"""Sequence numbers of Sparkplug nodes: which messages are missing, and how often a birth is requested."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.readings import SECOND_US
from ingest.sparkplug import Sequences
from ingest.topics import Sparkplug

COMMAND = ("spBv1.0/coke-1/NCMD/edge", b"please")


def hear(
    sequences: Sequences, seq: int | None, kind: str = "NDATA", *, node: str = "edge", duplicate: bool = False
) -> bool:
    topic = Sparkplug(kind, node, "cems" if kind.startswith("D") else "")
    return sequences.gap("coke-1", topic, seq, duplicate=duplicate)


def born(start: int = 0) -> Sequences:
    sequences = Sequences()
    assert not hear(sequences, start, "NBIRTH")
    return sequences


@given(st.integers(0, 255), st.integers(1, 600))
def test_no_gap_while_none_is_missing(start: int, count: int) -> None:
    sequences = born(start)
    assert not any(hear(sequences, (start + step) % 256) for step in range(1, count))


@given(st.integers(0, 255), st.integers(1, 254))
def test_a_gap_is_seen_wherever_the_count_stands(last: int, missing: int) -> None:
    assert hear(born(last), (last + 1 + missing) % 256)


@given(st.integers(0, 255), st.integers(0, 100))
def test_redeliveries_are_no_gap_and_the_count_goes_on(last: int, back: int) -> None:
    sequences = born(last)
    assert not any(hear(sequences, (last - step) % 256, duplicate=True) for step in range(back, -1, -1))
    assert not hear(sequences, (last + 1) % 256)


def test_one_old_redelivery_does_not_turn_the_count_back() -> None:
    sequences = born(10)
    assert not hear(sequences, 8, duplicate=True)
    assert not hear(sequences, 11)


def test_the_same_number_again_is_no_gap() -> None:
    sequences = born()
    assert not any(hear(sequences, seq) for seq in (1, 2, 2, 3))


def test_a_redelivery_of_what_was_never_heard_counts() -> None:
    sequences = born()
    assert not hear(sequences, 1, duplicate=True)
    assert not hear(sequences, 2)
    assert hear(sequences, 5, duplicate=True)


def test_an_older_one_that_is_no_redelivery_is_a_gap() -> None:
    assert hear(born(9), 8)


def test_a_gap_is_owed_until_the_node_is_born_again() -> None:
    sequences = born()
    assert hear(sequences, 4)
    assert hear(sequences, 5)
    assert hear(sequences, None)
    assert hear(sequences, 6, "DBIRTH")
    assert not hear(sequences, 200, "NBIRTH")
    assert not hear(sequences, 201)


@pytest.mark.parametrize("kind", ["DBIRTH", "DDATA", "DDEATH", "NDATA"])
def test_all_but_the_death_of_the_node_count(kind: str) -> None:
    sequences = born()
    assert not hear(sequences, None, "NDEATH")
    assert not hear(sequences, 7, "NDEATH")
    assert not hear(sequences, 1, kind)
    assert hear(sequences, 3, kind)


def test_nothing_is_known_before_the_first_message() -> None:
    sequences = Sequences()
    assert not hear(sequences, None)
    assert not hear(sequences, 77)
    assert not hear(sequences, 78)
    assert hear(sequences, 80)


def test_a_count_that_does_not_wrap_is_taken_as_if_it_did() -> None:
    sequences = born(254)
    assert not any(hear(sequences, seq) for seq in (255, 256, 257, 258))


def test_nodes_and_enterprises_are_apart() -> None:
    sequences = born()
    assert not hear(sequences, 9, node="other")
    assert not sequences.gap("steel-2", Sparkplug("NDATA", "edge", ""), 17, duplicate=False)
    assert not hear(sequences, 1)


def test_memory_is_bounded_and_the_silent_are_forgotten() -> None:
    sequences = Sequences(max_nodes=3)
    for node in ("a", "b", "c"):
        hear(sequences, 0, "NBIRTH", node=node)
    hear(sequences, 1, node="a")
    hear(sequences, 0, "NBIRTH", node="d")
    assert not hear(sequences, 9, node="b")  # forgotten, so nothing is missing; and now c is
    assert hear(sequences, 9, node="a")


# --- requests


def test_a_node_is_not_asked_again_at_once() -> None:
    sequences = Sequences(ask_again_us=10 * SECOND_US)
    start = 1_793_581_200_000_000
    asked = [second for second in range(35) if sequences.due((COMMAND,), start + second * SECOND_US)]
    assert asked == [0, 10, 20, 30]


def test_another_node_is_asked_and_nothing_is_nothing() -> None:
    sequences = Sequences()
    other = ("spBv1.0/coke-1/NCMD/other", b"please")
    assert sequences.due((COMMAND,), 0) == (COMMAND,)
    assert sequences.due((COMMAND, other), 1) == (other,)
    assert sequences.due((), 2) == ()


def test_a_clock_that_was_set_back_silences_nobody() -> None:
    sequences = Sequences()
    assert sequences.due((COMMAND,), 3_600 * SECOND_US)
    assert sequences.due((COMMAND,), 0)


def test_memory_of_requests_is_bounded() -> None:
    sequences = Sequences(max_nodes=2)
    topics = [(f"spBv1.0/coke-1/NCMD/{node}", b"") for node in "abc"]
    assert [len(sequences.due((each,), 0)) for each in topics] == [1, 1, 1]
    assert [len(sequences.due((each,), 1)) for each in topics[::-1]] == [0, 0, 1]
