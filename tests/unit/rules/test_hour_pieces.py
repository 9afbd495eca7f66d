"""Hours are judged alike whatever is judged with them, and a mark touches only what it covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.exclusion import KINDS
from domain.limits import Averaging, Limit, LimitBook, LimitKind, Region
from domain.marks import Dimension, Mark
from domain.periods import day_of, hour_number, numbered_hour
from rules.evaluators.contract import Judgement
from rules.families.contract import Job
from rules.families.hours import batches, judge_spans
from rules.families.hourwindows import Fetched, Span
from rules.families.outlets import Channel, channels_of
from rules.pack import load_packs
from storage.windows import HourRow, OutletPoint

RULES = load_packs()
START = datetime(2026, 11, 1, 16, tzinfo=UTC)  # 2 November, midnight here
FIRST, COUNT = hour_number(START), 12
NOW = datetime(2027, 1, 1, tzinfo=UTC)
JOB = Job("legal.hourly", RULES.variants["legal.hourly"], NOW, NOW, 1000)


def channel() -> Channel:
    day = day_of(START).start.date()
    entry = OutletPoint(1, 1, "plant", day, "S1", "x", None, day, None, 1, "SO2", "so2", "mg/m3", None, None, day, None)
    points = [
        entry,
        replace(entry, point_id=2, point="O2", quantity="o2", unit="%"),
        replace(entry, point_id=3, point="SO2-B", unit="ug/m3"),
        replace(entry, point_id=4, point="RUN", quantity="running_state"),
    ]
    limit = Limit(
        9, "operator", "plant/S1", None, "so2", LimitKind.LEGAL, Averaging.HOUR, Region.ANY, 30.0, "mg/m3", 0, 8.0,
        ("start_up",), "permit", True, day, None,
    )  # fmt: skip
    (found,) = channels_of(points, LimitBook([limit]), JOB, Averaging.HOUR)
    return found


CHANNEL = channel()
ROW = st.builds(
    HourRow,
    st.sampled_from([1, 2, 3, 4]),
    st.integers(FIRST, FIRST + COUNT - 1),
    st.none() | st.floats(-2, 60),
    st.integers(40, 60),
    st.integers(0, 60),
    st.none() | st.floats(0, 60),
    st.integers(0, 10),
    st.just({}),
    st.just([]),
)
ROWS = st.lists(ROW, max_size=40, unique_by=lambda row: (row.point_id, row.hour))
MARK = st.builds(
    lambda kind, start, length, number: Mark(
        number, "plant/S1", None, Dimension.PROCESS, kind, numbered_hour(FIRST + start).start,
        numbered_hour(FIRST + start + length).start,
    ),
    st.sampled_from(KINDS), st.integers(0, COUNT - 1), st.integers(1, COUNT), st.integers(1, 99),
)  # fmt: skip


def judged(rows: list[HourRow], marks: list[Mark], pieces: list[Span]) -> dict[datetime, Judgement]:
    fetched = Fetched.of(rows, marks, FIRST, FIRST + COUNT)
    found = [one for _, one in judge_spans(JOB, pieces, fetched)]
    assert len({one.period.start for one in found}) == len(found)
    return {one.period.start: one for one in found}


WHOLE = [Span(CHANNEL, FIRST, FIRST + COUNT)]


@settings(max_examples=60)
@given(ROWS, st.lists(MARK, max_size=1), st.sets(st.integers(1, COUNT - 1)), st.randoms(use_true_random=False))
def test_in_pieces_and_in_any_order_as_at_once(rows: list[HourRow], marks: list[Mark], cuts: set[int], chance) -> None:
    at_once = judged(rows, marks, WHOLE)
    edges = [0, *sorted(cuts), COUNT]
    pieces = [Span(CHANNEL, FIRST + a, FIRST + b) for a, b in pairwise(edges)]
    chance.shuffle(pieces)
    chance.shuffle(rows)
    assert judged(rows, marks, pieces) == at_once
    assert len(at_once) == COUNT
    assert sum(span.stop - span.first for batch in batches(pieces, 5) for span in batch) == COUNT
    assert all(sum(span.stop - span.first for span in batch) <= 5 for batch in batches(pieces, 5))


@settings(max_examples=60)
@given(ROWS, MARK)
def test_a_mark_touches_only_what_it_covers(rows: list[HourRow], mark: Mark) -> None:
    without, marked = judged(rows, [], WHOLE), judged(rows, [mark], WHOLE)
    for at, one in marked.items():
        if not mark.start <= at < mark.end:
            assert one == without[at]
        elif mark.kind in ("stopped", "start_up"):  # the limit exempts the second
            assert one.reason.startswith("excluded_")
            assert one.evidence["marks"] == [mark.mark_id]
        else:
            assert (one.verdict, one.reason, one.value) == (without[at].verdict, without[at].reason, without[at].value)
            assert one.evidence["process"][mark.kind] == 60.0
