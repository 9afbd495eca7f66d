"""Want of data: its own `for`, never the end of a violation, never a second alert; and alerts of each period."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.cautions import describe
from alerts.lifecycle import Lifecycle, Sighting, breaches_of, judge, spans_of
from alerts.reconcile import StoredAlert, plan
from alerts.wording import Facts
from domain.alerts import (
    NO_DATA_REASONS,
    AlertSettings,
    AlertState,
    Condition,
    CurrentFinding,
    Per,
    Resolution,
    Severity,
    Span,
)
from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import HOUR, Period
from domain.reasons import REASON_WORDS

START = datetime(2026, 11, 2, tzinfo=UTC)
SUBJECT = Subject.parse("pollutant:a/S1/so2")
#: v violation, c compliant, n no data, u undetermined for another reason, m no data but marked.
WORDS = {
    "v": (Verdict.VIOLATION, "over_limit", False),
    "c": (Verdict.COMPLIANT, "within_limit", False),
    "n": (Verdict.UNDETERMINED, "no_data", False),
    "u": (Verdict.UNDETERMINED, "excluded_stopped", False),
    "m": (Verdict.UNDETERMINED, "too_few_valid_minutes", True),
}
SETTINGS = AlertSettings(
    Severity.CRITICAL,
    timedelta(),
    timedelta(),
    Per.SUBJECT,
    frozenset({SubjectKind.POLLUTANT}),
    no_data_for=3 * HOUR,
)
EACH = replace(SETTINGS, no_data_for=None, each_period=True)


def findings(text: str) -> list[CurrentFinding]:
    """One letter an hour; `_`: no finding."""
    found = []
    for number, letter in enumerate(text):
        if letter != "_":
            verdict, reason, is_marked = WORDS[letter]
            period = Period(START + HOUR * number, START + HOUR * (number + 1))
            found.append(CurrentFinding(number, SUBJECT, period, verdict, reason, is_marked=is_marked))
    return found


def hours(at: datetime | None) -> float | None:
    return None if at is None else (at - START) / HOUR


def short(spans: list[Span]) -> list[tuple[object, ...]]:
    """(condition, occurred, fired, resolved, no data since) in hours."""
    return [
        (s.condition[0], hours(s.occurred_at), hours(s.fired_at), hours(s.resolved_at), hours(s.no_data_since))
        for s in spans
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cnn", []),
        ("cnnn", [("n", 1, 4, None, None)]),
        ("nnnn", [("n", 0, 3, None, None)]),
        # known: over at its start
        ("nnnnc", [("n", 0, 3, 4, None)]),
        ("nnnv", [("n", 0, 3, 3, None), ("v", 3, 3, None, None)]),
        ("nncnn", []),
        # gaps are no findings; stopped and marked plants are no want of data, and it begins anew after them
        ("nn_n", [("n", 0, 3, None, None)]),
        ("nnunn", []),
        ("nnmnn", []),
        ("nnunnn", [("n", 3, 6, None, None)]),
        # but once it is an alert, only what is known ends it
        ("nnnuunc", [("n", 0, 3, 6, None)]),
        ("uuuuuu", []),
        ("mmmmmm", []),
        # a violation is not ended; that nothing is known of it is noted when it has lasted, until something is
        ("vnn", [("v", 0, 0, None, None)]),
        ("vnnn", [("v", 0, 0, None, 1)]),
        ("vnnnv", [("v", 0, 0, None, None)]),
        ("vnnnnc", [("v", 0, 0, 5, None)]),
        ("vnnnvnnn", [("v", 0, 0, None, 5)]),
        ("vnnnu", [("v", 0, 0, None, 1)]),
        # after its end, want of data counts from then
        ("vcnnn", [("v", 0, 0, 1, None), ("n", 2, 5, None, None)]),
        ("vnnc_nnn", [("v", 0, 0, 3, None), ("n", 5, 8, None, None)]),
    ],
)
def test_spans(text: str, expected: list[tuple[object, ...]]) -> None:
    assert short(judge(findings(text), SETTINGS)[0]) == expected


def test_the_boundary_is_the_end_of_a_period() -> None:
    settings = replace(SETTINGS, no_data_for=24 * HOUR)
    assert judge(findings("c" + "n" * 23), settings)[0] == []
    (span,) = judge(findings("c" + "n" * 24), settings)[0]
    assert (hours(span.occurred_at), hours(span.fired_at), span.state) == (1, 25, AlertState.FIRING)


def test_what_ends_it_is_known() -> None:
    assert judge(findings("nnnc"), SETTINGS)[0][0].resolution is Resolution.COMPLIANT
    assert judge(findings("nnnv"), SETTINGS)[0][0].resolution is Resolution.VIOLATION


def test_a_rule_without_the_word_has_no_such_alerts() -> None:
    assert judge(findings("nnnnnnvnnnn"), replace(SETTINGS, no_data_for=None))[0] == [
        Span(START + 6 * HOUR, START + 7 * HOUR, START + 6 * HOUR)
    ]


def test_keep_firing_for_and_want_of_data() -> None:
    settings = replace(SETTINGS, keep_firing_for=2 * HOUR)
    # one compliant hour is not enough, and hours without data make it neither more nor less
    assert short(judge(findings("vcnnnn"), settings)[0]) == [("v", 0, 0, None, 2)]
    assert short(judge(findings("vcnnnnc"), settings)[0]) == [("v", 0, 0, 6, None)]


def test_a_pending_violation_stays_pending() -> None:
    settings = replace(SETTINGS, for_=2 * HOUR)
    assert short(judge(findings("vnnn"), settings)[0]) == [("v", 0, None, None, 1)]


texts = st.text("vcnum_", max_size=30)
settings = st.builds(
    lambda for_h, keep_h, no_h: replace(
        SETTINGS, for_=HOUR * for_h, keep_firing_for=HOUR * keep_h, no_data_for=HOUR * no_h
    ),
    st.sampled_from([0, 1, 2.5]),
    st.sampled_from([0, 1, 3]),
    st.sampled_from([1, 2, 3.5, 6]),
)


@given(texts, settings, st.randoms(use_true_random=False))
def test_the_order_in_which_findings_come_does_not_matter(text: str, how: AlertSettings, random: Random) -> None:
    given_ = findings(text)
    shuffled = list(given_)
    random.shuffle(shuffled)
    assert judge(shuffled, how) == judge(given_, how)


@given(texts, settings)
def test_there_are_never_two_at_a_time(text: str, how: AlertSettings) -> None:
    spans = judge(findings(text), how)[0]
    assert all(span.resolved_at is not None and span.resolution is not None for span in spans[:-1])
    for before, after in pairwise(spans):
        assert before.resolved_at is not None
        assert before.resolved_at <= after.occurred_at
    for span in spans:
        known = [at for at in (span.occurred_at, span.fired_at, span.resolved_at) if at is not None]
        assert known == sorted(known)
        assert span.condition is Condition.VIOLATION or span.fired_at is not None


@given(texts, settings)
def test_violations_are_the_same_with_and_without_it(text: str, how: AlertSettings) -> None:
    """Want of data never opens, ends, restarts or moves a violation."""
    with_it = [replace(s, no_data_since=None) for s in judge(findings(text), how)[0] if s.condition == "violation"]
    assert with_it == judge(findings(text), replace(how, no_data_for=None))[0]
    assert with_it == judge(findings(text.replace("n", "_").replace("m", "_")), replace(how, no_data_for=None))[0]


@given(texts, settings)
def test_every_span_has_what_it_rests_on(text: str, how: AlertSettings) -> None:
    spans, breaches = judge(findings(text), how)
    for span in spans:
        own = breaches_of(span, breaches)
        assert own, span
        assert own[0].since_at == span.occurred_at
        assert max(b.established_at for b in own) == span.last_seen_at
        assert {b.finding.is_want_of_data for b in own} == {span.condition is Condition.NO_DATA}


@given(texts, settings)
def test_one_at_a_time_is_the_same_as_at_once(text: str, how: AlertSettings) -> None:
    seen = [Sighting(f.period.start, f.period.end, f.verdict, f.is_want_of_data) for f in findings(text)]
    lifecycle = Lifecycle(how.for_, how.keep_firing_for, how.no_data_for)
    for count, sighting in enumerate(seen, 1):
        lifecycle.see(sighting)
        assert lifecycle.spans() == spans_of(seen[:count], how.for_, how.keep_firing_for, how.no_data_for)


def _carried_out(stored: list[StoredAlert], spans: list[Span], number: int) -> tuple[list[StoredAlert], int]:
    made = plan(stored, spans)
    standing = {a.alert_id: a for a in stored}
    for gone in made.superseded:
        del standing[gone.alert_id]
    for old, now in made.kept:
        assert old.condition is now.condition
        standing[old.alert_id] = _as_stored(old.alert_id, now)
    for now, _ in made.new:
        number += 1
        standing[number] = _as_stored(number, now)
        assert sum(a.state is not AlertState.RESOLVED for a in standing.values()) <= 1
    return sorted(standing.values(), key=lambda a: (a.occurred_at, a.alert_id)), number


def _as_stored(number: int, span: Span) -> StoredAlert:
    return StoredAlert(number, span.state, span.occurred_at, span.fired_at, span.resolved_at, span.condition)


@given(texts, settings, st.randoms(use_true_random=False), st.integers(1, 6))
def test_however_findings_come_the_alerts_are_the_same_at_the_end(
    text: str, how: AlertSettings, random: Random, batch: int
) -> None:
    left = findings(text)
    random.shuffle(left)
    stored: list[StoredAlert] = []
    known: list[CurrentFinding] = []
    number = 0
    while left:
        known += left[:batch]
        left = left[batch:]
        stored, number = _carried_out(stored, judge(known, how)[0], number)
    assert [_as_stored(0, span) for span in judge(findings(text), how)[0]] == [replace(a, alert_id=0) for a in stored]


def test_an_alert_on_want_of_data_never_becomes_one_on_a_violation() -> None:
    stored = [StoredAlert(1, AlertState.FIRING, START, START + 3 * HOUR, None, Condition.NO_DATA)]
    made = plan(stored, judge(findings("vnnn"), SETTINGS)[0])
    assert ([a.alert_id for a in made.superseded], made.kept, len(made.new)) == ([1], [], 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v", [(0, None)]),
        ("vv", [(0, 1), (1, None)]),
        ("vvc", [(0, 1), (1, 2)]),
        # what says nothing ends nothing; the end is the period's own
        ("vu_", [(0, None)]),
        ("v__c", [(0, 1)]),
        ("cvuv", [(1, 2), (3, None)]),
    ],
)
def test_alerts_of_each_period(text: str, expected: list[tuple[float, float | None]]) -> None:
    spans, breaches = judge(findings(text), EACH)
    assert [(hours(s.occurred_at), hours(s.resolved_at)) for s in spans] == expected
    assert all(s.fired_at == s.occurred_at for s in spans)
    assert [len(breaches_of(s, breaches)) for s in spans] == [1] * len(spans)


def test_want_of_data_is_the_reason_unless_the_plant_has_marked_it() -> None:
    assert REASON_WORDS.keys() >= NO_DATA_REASONS
    for text, wanting in (("n", True), ("u", False), ("m", False), ("c", False)):
        assert findings(text)[0].is_want_of_data is wanting


def test_nobody_is_called_out_of_bed_for_it() -> None:
    assert SETTINGS.severity_of(Condition.NO_DATA) is Severity.WARNING
    assert SETTINGS.severity_of(Condition.VIOLATION) is Severity.CRITICAL
    assert replace(SETTINGS, severity=Severity.INFO).severity_of(Condition.NO_DATA) is Severity.INFO


def _told(text: str, evidence: dict[str, object]) -> list[str]:
    spans, breaches = judge(findings(text), SETTINGS)
    facts = Facts(
        alert_id=1,
        rule_title="排放限值小时均值",
        standard="排污许可证",
        clause="表3",
        severity=SETTINGS.severity_of(spans[0].condition),
        subject=SUBJECT,
        enterprise_name="天河焦化",
        subject_name="1号焦炉烟囱",
        span=spans[0],
        breaches=breaches_of(spans[0], breaches),
        evidence=evidence,
        url="https://pw.example/alerts/1",
    )
    text_ = describe(facts)
    return [text_.title, *text_.summary.splitlines()]


def test_the_text_says_that_nothing_is_known() -> None:
    assert _told("nnnn", {}) == [
        "【警告】天河焦化 1号焦炉烟囱（S1） 二氧化硫：排放限值小时均值连续 3 小时以上没有有效数据，无法判定",
        "自2026年11月2日 08:00（北京时间）起没有有效数据，尚未恢复。",
        "情况：2026年11月2日 11:00—12:00 无数据。是否达标无法判定：缺数不算达标，也不算超标。",
        "依据：排污许可证 表3。",
        "处置：请联系企业检查分析仪、数采仪、网关的运行、供电和网络；停产或维护的，请企业报送标记。",
        "详情：https://pw.example/alerts/1",
    ]
    resolved = _told("nnnc", {})
    assert resolved[1] == "自2026年11月2日 08:00（北京时间）起没有有效数据，至2026年11月2日 11:00恢复。"
    assert not any(line.startswith("处置") for line in resolved)
    assert "恢复后即不符合要求，另有告警" in _told("nnnv", {})[1]


def test_a_violation_that_cannot_be_seen_any_more_says_so() -> None:
    assert "尚未恢复；2026年11月2日 09:00起没有有效数据，目前情况不明。" in _told("vnnn", {})[1]
    assert "情况不明" not in _told("vnn", {})[1]
