"""Stored alerts against spans: one to one, and no alert that people were told of changes its past."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.lifecycle import Sighting, spans_of
from alerts.reconcile import StoredAlert, plan
from domain.alerts import AlertState, Span
from domain.findings import Verdict
from domain.periods import HOUR

START = datetime(2026, 11, 2, tzinfo=UTC)


def hour(number: int | None) -> datetime | None:
    return None if number is None else START + HOUR * number


def span(occurred: int, resolved: int | None = None, *, fired: bool = True) -> Span:
    begin = START + HOUR * occurred
    return Span(begin, begin + HOUR, begin if fired else None, hour(resolved))


def alert(number: int, occurred: int, resolved: int | None = None, *, fired: bool = True) -> StoredAlert:
    like = span(occurred, resolved, fired=fired)
    return StoredAlert(number, like.state, like.occurred_at, like.fired_at, like.resolved_at)


@pytest.mark.parametrize(
    ("stored", "spans", "superseded", "kept", "new"),
    [
        pytest.param([], [span(0)], [], [], [0], id="first"),
        pytest.param([alert(1, 0)], [span(0, 3)], [], [(1, 0)], [], id="resolves"),
        pytest.param([alert(1, 0)], [span(2)], [], [(1, 2)], [], id="began later than thought"),
        pytest.param([alert(1, 2)], [span(0)], [], [(1, 0)], [], id="began earlier than thought"),
        pytest.param([alert(1, 0)], [], [1], [], [], id="did not happen"),
        pytest.param([alert(1, 0)], [span(0, 2), span(3)], [], [(1, 0)], [3], id="was interrupted"),
        pytest.param([alert(1, 3)], [span(0, 1), span(3)], [], [(1, 3)], [0], id="had a forerunner"),
        pytest.param([alert(1, 0, 2), alert(2, 3)], [span(0)], [1], [(2, 0)], [], id="two grow together"),
        pytest.param([alert(1, 0, 2)], [span(0)], [1], [], [0], id="goes on: a resolved alert is not reopened"),
        pytest.param([alert(1, 0, 2)], [span(0, 4)], [], [(1, 0)], [], id="ended later than thought"),
        pytest.param([alert(1, 0)], [span(0, fired=False)], [1], [], [0], id="fired alert is not pending again"),
        pytest.param([alert(1, 0, fired=False)], [span(0)], [], [(1, 0)], [], id="pending fires"),
        pytest.param([alert(1, 0, 2, fired=False)], [span(0, 3)], [1], [], [0], id="ended pending, now fired"),
    ],
)
def test_plan(
    stored: list[StoredAlert],
    spans: list[Span],
    superseded: list[int],
    kept: list[tuple[int, int]],
    new: list[int],
) -> None:
    made = plan(stored, spans)
    assert [a.alert_id for a in made.superseded] == superseded
    assert [(a.alert_id, (s.occurred_at - START) / HOUR) for a, s in made.kept] == kept
    assert [(s.occurred_at - START) / HOUR for s, _ in made.new] == new


def test_a_new_alert_names_the_resolved_ones_that_it_replaces() -> None:
    ((_, replaced),) = plan([alert(1, 0, 2), alert(2, 6, 7)], [span(0), span(6, 7)][:1]).new
    assert [a.alert_id for a in replaced] == [1, 2]
    ((_, replaced),) = plan([alert(1, 0, fired=True)], [span(0, fired=False)]).new
    assert replaced == [], "an open alert is withdrawn, and that is told by itself"


def _spans(text: str, for_h: int) -> list[Span]:
    words = {"v": Verdict.VIOLATION, "c": Verdict.COMPLIANT}
    seen = [Sighting(START + HOUR * n, START + HOUR * (n + 1), words[c]) for n, c in enumerate(text) if c != "_"]
    return spans_of(seen, HOUR * for_h, HOUR * 0)


def _apply(stored: list[StoredAlert], spans: list[Span], number: int) -> tuple[list[StoredAlert], int]:
    """What stands after a plan is carried out; checks that no step leaves two open alerts."""
    made = plan(stored, spans)
    standing = {a.alert_id: a for a in stored}
    for gone in made.superseded:
        del standing[gone.alert_id]
    for old, now in made.kept:
        assert old.state is not AlertState.RESOLVED or now.state is AlertState.RESOLVED
        assert old.fired_at is None or now.fired_at is not None
        standing[old.alert_id] = StoredAlert(old.alert_id, now.state, now.occurred_at, now.fired_at, now.resolved_at)
        assert sum(a.state is not AlertState.RESOLVED for a in standing.values()) <= 1
    for now, _ in made.new:
        number += 1
        standing[number] = StoredAlert(number, now.state, now.occurred_at, now.fired_at, now.resolved_at)
        assert sum(a.state is not AlertState.RESOLVED for a in standing.values()) <= 1
    return sorted(standing.values(), key=lambda a: (a.occurred_at, a.alert_id)), number


@given(st.lists(st.text("vc_", max_size=12), max_size=6), st.sampled_from([0, 2]))
def test_whatever_history_was_it_ends_one_to_one(histories: list[str], for_h: int) -> None:
    stored: list[StoredAlert] = []
    number = 0
    for text in histories:
        spans = _spans(text, for_h)
        stored, number = _apply(stored, spans, number)
        assert [(a.occurred_at, a.fired_at, a.resolved_at) for a in stored] == [
            (s.occurred_at, s.fired_at, s.resolved_at) for s in spans
        ]
        again = plan(stored, spans)
        assert (again.superseded, again.new) == ([], []), "doing it twice changes nothing"
