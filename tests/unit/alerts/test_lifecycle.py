"""The alert lifecycle: Prometheus's `for` and `keep_firing_for` on periods, and duties."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.lifecycle import Lifecycle, Sighting, breaches_of, judge, spans_of
from domain.alerts import AlertSettings, AlertState, CurrentFinding, Per, Severity, Span
from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import HOUR, Period, day_start, year_period

START = datetime(2026, 11, 2, tzinfo=UTC)
ZERO = timedelta()


def hour(number: float) -> datetime:
    return START + HOUR * number


def series(text: str) -> list[Sighting]:
    """One letter an hour: v violation, c compliant, u undetermined, _ no finding."""
    words = {"v": Verdict.VIOLATION, "c": Verdict.COMPLIANT, "u": Verdict.UNDETERMINED}
    return [Sighting(hour(n), hour(n + 1), words[letter]) for n, letter in enumerate(text) if letter != "_"]


def short(spans: list[Span]) -> list[tuple[float | None, ...]]:
    """(occurred, fired, resolved) in hours."""
    return [
        tuple(None if at is None else (at - START) / HOUR for at in (s.occurred_at, s.fired_at, s.resolved_at))
        for s in spans
    ]


@pytest.mark.parametrize(
    ("text", "for_h", "keep_h", "expected"),
    [
        ("ccc", 0, 0, []),
        ("uu_", 0, 0, []),
        ("v", 0, 0, [(0, 0, None)]),
        ("cvvc", 0, 0, [(1, 1, 3)]),
        ("vcvc", 0, 0, [(0, 0, 1), (2, 2, 3)]),
        # undetermined and gaps neither resolve nor restart
        ("vuu_vc", 0, 0, [(0, 0, 5)]),
        ("vu_", 0, 0, [(0, 0, None)]),
        # `for`: pending until violating periods reach as far
        ("v", 2, 0, [(0, None, None)]),
        ("vc", 2, 0, [(0, None, 1)]),
        ("vv", 2, 0, [(0, 2, None)]),
        ("vvc", 2, 0, [(0, 2, 2)]),
        ("vuu", 2, 0, [(0, None, None)]),
        ("vuuv", 2, 0, [(0, 3, None)]),
        ("vu_v", 3.5, 0, [(0, 3.5, None)]),
        # a compliant period starts a pending alert anew, whatever `keep_firing_for`
        ("vcvv", 2, 3, [(0, None, 1), (2, 4, None)]),
        # `keep_firing_for`: over when compliance has lasted; a violation before that goes on with the same alert
        ("vc", 0, 2, [(0, 0, None)]),
        ("vcc", 0, 2, [(0, 0, 3)]),
        ("vcuc", 0, 2, [(0, 0, 3)]),
        ("vcvccc", 0, 2, [(0, 0, 5)]),
        ("v_c", 0, 1, [(0, 0, 3)]),
    ],
)
def test_spans(text: str, for_h: float, keep_h: float, expected: list[tuple[float | None, ...]]) -> None:
    assert short(spans_of(series(text), HOUR * for_h, HOUR * keep_h)) == expected


texts = st.text("vcu_", max_size=30)
hours = st.sampled_from([0, 1, 2, 3.5, 6])


@given(texts, hours, hours)
def test_one_at_a_time_is_the_same_as_at_once(text: str, for_h: float, keep_h: float) -> None:
    seen = series(text)
    lifecycle = Lifecycle(HOUR * for_h, HOUR * keep_h)
    for count, sighting in enumerate(seen, 1):
        lifecycle.see(sighting)
        assert lifecycle.spans() == spans_of(seen[:count], HOUR * for_h, HOUR * keep_h)


@given(texts, hours, hours)
def test_what_is_over_stays_as_it_is(text: str, for_h: float, keep_h: float) -> None:
    """Later findings never change an alert that has ended: only late ones do."""
    seen = series(text)
    whole = spans_of(seen, HOUR * for_h, HOUR * keep_h)
    for count in range(len(seen)):
        over = [s for s in spans_of(seen[:count], HOUR * for_h, HOUR * keep_h) if s.resolved_at is not None]
        assert whole[: len(over)] == over


@given(texts, hours, hours)
def test_undetermined_changes_nothing(text: str, for_h: float, keep_h: float) -> None:
    without = spans_of(series(text.replace("u", "_")), HOUR * for_h, HOUR * keep_h)
    assert spans_of(series(text), HOUR * for_h, HOUR * keep_h) == without


@given(texts, hours, hours)
def test_spans_are_in_order_and_only_the_last_is_open(text: str, for_h: float, keep_h: float) -> None:
    spans = spans_of(series(text), HOUR * for_h, HOUR * keep_h)
    assert all(span.resolved_at is not None for span in spans[:-1])
    for span in spans:
        times = [span.occurred_at, span.fired_at, span.resolved_at]
        known = [at for at in times if at is not None]
        assert known == sorted(known)
        assert span.occurred_at < span.last_seen_at
        assert (span.state is AlertState.RESOLVED) == (span.resolved_at is not None)
    for earlier, later in pairwise(spans):
        assert earlier.resolved_at is not None
        assert earlier.resolved_at <= later.occurred_at


SUBJECTS = AlertSettings(Severity.WARNING, ZERO, ZERO, Per.SUBJECT, frozenset())
ENTERPRISES = AlertSettings(Severity.WARNING, ZERO, ZERO, Per.ENTERPRISE, frozenset())
DUTIES = AlertSettings(Severity.WARNING, ZERO, ZERO, Per.ENTERPRISE, frozenset(), duty=True)


def finding(
    subject: str, period: Period, verdict: Verdict, reason: str = "", met_at: datetime | None = None
) -> CurrentFinding:
    return CurrentFinding(1, Subject.parse(subject), period, verdict, reason, met_at)


def days(first: str, due: str) -> Period:
    """The period of a duty: from the start of one local day to the end of another."""
    return Period(day_start(date.fromisoformat(first)), day_start(date.fromisoformat(due) + timedelta(days=1)))


def at(day: str) -> datetime:
    return day_start(date.fromisoformat(day))


@given(texts)
def test_an_enterprise_with_one_subject_is_like_the_subject(text: str) -> None:
    findings = [finding("outlet:a/S1", Period(s.start, s.end), s.verdict) for s in series(text)]
    assert short(judge(findings, ENTERPRISES)[0]) == short(judge(findings, SUBJECTS)[0])


@given(texts, texts)
def test_an_enterprise_is_in_violation_while_any_subject_is(one: str, two: str) -> None:
    findings = [
        finding(subject, Period(s.start, s.end), s.verdict)
        for subject, text in (("outlet:a/S1", one), ("outlet:a/S2", two))
        for s in series(text)
    ]
    together = judge(findings, ENTERPRISES)[0]
    singles = [
        span
        for subject in ("outlet:a/S1", "outlet:a/S2")
        for span in judge([f for f in findings if str(f.subject) == subject], SUBJECTS)[0]
    ]
    for number in range(31):
        inside = hour(number + 0.5)
        assert _any_holds(together, inside) == _any_holds(singles, inside)


def _any_holds(spans: list[Span], instant: datetime) -> bool:
    return any(s.occurred_at <= instant and (s.resolved_at is None or instant < s.resolved_at) for s in spans)


def test_a_duty_is_broken_from_its_due_day_until_it_is_met() -> None:
    late = finding("component:a/V1", days("2026-04-01", "2026-10-01"), Verdict.VIOLATION, "tested_late")
    anew = finding("component:a/V1", days("2026-10-20", "2027-04-20"), Verdict.COMPLIANT, "scheduled")
    spans, breaches = judge([late, anew], DUTIES)
    assert [(s.occurred_at, s.fired_at, s.resolved_at) for s in spans] == [
        (at("2026-10-02"), at("2026-10-02"), at("2026-10-20"))
    ]
    # overdue is found when the day after the due day has closed
    assert breaches[0].established_at == at("2026-10-03")


def test_components_of_an_enterprise_make_one_alert() -> None:
    findings = [
        finding("component:a/V1", days("2026-04-01", "2026-10-01"), Verdict.VIOLATION, "tested_late"),
        finding("component:a/V1", days("2026-10-20", "2027-04-20"), Verdict.COMPLIANT, "scheduled"),
        finding("component:a/V2", days("2026-04-05", "2026-10-05"), Verdict.VIOLATION, "overdue"),
        finding("component:a/V3", days("2026-04-05", "2026-12-05"), Verdict.COMPLIANT, "scheduled"),
    ]
    spans, breaches = judge(findings, DUTIES)
    assert [(s.occurred_at, s.resolved_at) for s in spans] == [(at("2026-10-02"), None)]
    assert [str(b.finding.subject) for b in breaches_of(spans[0], breaches)] == ["component:a/V1", "component:a/V2"]


def test_a_test_on_the_first_overdue_day_is_no_problem_to_tell_of() -> None:
    late = finding("component:a/V1", days("2026-04-01", "2026-10-01"), Verdict.VIOLATION, "tested_late")
    anew = finding("component:a/V1", days("2026-10-02", "2027-04-02"), Verdict.COMPLIANT, "scheduled")
    assert judge([late, anew], DUTIES) == ([], [])


def year(number: int, verdict: Verdict, reason: str, met_at: datetime | None = None) -> CurrentFinding:
    return finding("component:a/V1", year_period(number), verdict, reason, met_at)


def test_a_missed_year_is_not_forgotten_because_a_new_one_begins() -> None:
    missed = year(2026, Verdict.VIOLATION, "overdue")
    for still_unmet in (
        [],
        [year(2027, Verdict.COMPLIANT, "scheduled")],
        [year(2027, Verdict.VIOLATION, "overdue"), year(2028, Verdict.COMPLIANT, "due_soon")],
    ):
        spans, breaches = judge([missed, *still_unmet], DUTIES)
        assert [(s.occurred_at, s.resolved_at) for s in spans] == [(at("2027-01-01"), None)]
        assert len(breaches) == 1


def test_a_missed_year_is_made_good_by_the_next_test() -> None:
    findings = [
        year(2026, Verdict.VIOLATION, "overdue"),
        year(2027, Verdict.COMPLIANT, "tested", met_at=at("2027-03-05")),
    ]
    assert [(s.occurred_at, s.resolved_at) for s in judge(findings, DUTIES)[0]] == [
        (at("2027-01-01"), at("2027-03-05"))
    ]


def test_a_component_taken_out_of_service_owes_nothing_more() -> None:
    findings = [
        finding("component:a/V1", days("2026-04-01", "2026-10-01"), Verdict.VIOLATION, "overdue"),
        finding("component:a/V1", days("2026-10-02", "2026-10-02"), Verdict.COMPLIANT, "removed"),
    ]
    assert judge(findings, DUTIES)[0] == []


def test_a_broken_duty_that_says_when_it_was_met_ends_there() -> None:
    # a leak repaired late: no further period says anything about it
    late = finding(
        "component:a/V1", days("2026-10-01", "2026-10-16"), Verdict.VIOLATION, "repaired_late", at("2026-10-20")
    )
    assert [(s.occurred_at, s.resolved_at) for s in judge([late], DUTIES)[0]] == [(at("2026-10-17"), at("2026-10-20"))]
    # a filing of the last day's night does not end it before it began
    early = finding(
        "component:a/V1", days("2026-10-01", "2026-10-16"), Verdict.VIOLATION, "repaired_late", at("2026-10-12")
    )
    assert judge([early], DUTIES) == ([], [])


def week(first: str, verdict: Verdict, reason: str, met_at: datetime | None = None, grace: int = 0) -> CurrentFinding:
    due = date.fromisoformat(first) + timedelta(days=6 + grace)
    return finding("enterprise:a", days(first, due.isoformat()), verdict, reason, met_at)


def test_what_was_not_done_stays_wrong_until_it_is_done_whatever_weeks_say_nothing() -> None:
    duty = replace(DUTIES, per=Per.SUBJECT)
    missed = week("2026-10-05", Verdict.VIOLATION, "overdue")
    unproved = week("2026-10-12", Verdict.UNDETERMINED, "done_without_evidence", at("2026-10-13"))
    for findings, until in (
        ([missed, week("2026-10-12", Verdict.COMPLIANT, "scheduled")], None),
        ([missed, unproved, week("2026-10-19", Verdict.COMPLIANT, "scheduled")], None),
        ([missed, week("2026-10-12", Verdict.COMPLIANT, "done_in_time", at("2026-10-14"))], at("2026-10-14")),
        ([missed, unproved, week("2026-10-19", Verdict.COMPLIANT, "done_in_time", at("2026-10-21"))], at("2026-10-21")),
        ([missed, week("2026-10-12", Verdict.VIOLATION, "done_late", at("2026-10-20"))], at("2026-10-20")),
    ):
        assert [(s.occurred_at, s.resolved_at) for s in judge(findings, duty)[0]] == [(at("2026-10-12"), until)]


def test_the_next_month_makes_nothing_good_by_beginning() -> None:
    missed = finding("city:wuhai", days("2026-10-01", "2026-10-15"), Verdict.VIOLATION, "overdue")
    for after, until in (
        (finding("city:wuhai", days("2026-11-01", "2026-11-15"), Verdict.COMPLIANT, "scheduled"), None),
        (
            finding(
                "city:wuhai", days("2026-11-01", "2026-11-15"), Verdict.COMPLIANT, "done_in_time", at("2026-11-12")
            ),
            at("2026-11-12"),
        ),
    ):
        assert [(s.occurred_at, s.resolved_at) for s in judge([missed, after], DUTIES)[0]] == [
            (at("2026-10-16"), until)
        ]


def test_a_week_that_begins_within_the_days_of_grace_of_the_one_before_ends_nothing_by_beginning() -> None:
    missed = week("2026-10-05", Verdict.VIOLATION, "overdue", grace=3)
    for after, until in (
        (week("2026-10-12", Verdict.COMPLIANT, "scheduled", grace=3), None),
        (week("2026-10-12", Verdict.COMPLIANT, "done_in_time", at("2026-10-18"), grace=3), at("2026-10-18")),
    ):
        assert [(s.occurred_at, s.resolved_at) for s in judge([missed, after], DUTIES)[0]] == [
            (at("2026-10-15"), until)
        ]


def test_a_rule_that_cannot_be_evaluated_is_the_problem_itself() -> None:
    broken = finding("rule:ule.x", Period(hour(0), hour(1)), Verdict.UNDETERMINED, "rule_error")
    mended = finding("rule:ule.x", Period(hour(5), hour(6)), Verdict.COMPLIANT, "rule_ok")
    assert short(judge([broken], SUBJECTS)[0]) == [(0, 0, None)]
    assert short(judge([broken, mended], SUBJECTS)[0]) == [(0, 0, 5)]


def test_settings_say_who_alerts() -> None:
    outlets = AlertSettings.parse({"severity": "critical", "subjects": ["outlet"]})
    assert outlets.alert_subject(Subject.parse("outlet:a/S1")) == Subject(SubjectKind.OUTLET, "a/S1")
    assert outlets.alert_subject(Subject.parse("enterprise:a")) is None
    components = AlertSettings.parse({"severity": "warning", "per": "enterprise", "subjects": ["component"]})
    assert components.alert_subject(Subject.parse("component:a/V1")) == Subject(SubjectKind.ENTERPRISE, "a")
    everything = AlertSettings.parse({"severity": "warning", "per": "enterprise"})
    assert everything.alert_subject(Subject.parse("city:wuhai")) is None


def test_components_alone_had_duties_before_there_was_a_word_for_it() -> None:
    assert AlertSettings.parse({"severity": "warning", "subjects": ["component"]}).duty
    assert not AlertSettings.parse({"severity": "warning", "subjects": ["component", "enterprise"]}).duty
    assert not AlertSettings.parse({"severity": "warning", "subjects": ["component"], "duty": False}).duty
    assert AlertSettings.parse({"severity": "warning", "subjects": ["city"], "duty": True}).duty
