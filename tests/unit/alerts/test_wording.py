"""What people read: plain, complete, short."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.evidence import shortcomings
from alerts.lifecycle import breaches_of, judge
from alerts.messages import Receiver, idempotency_key
from alerts.wording import (
    MAX_SUMMARY,
    MAX_TITLE,
    Basis,
    Facts,
    Text,
    describe,
    number,
    occasion_title,
    period_text,
    quantity,
    withdrawn,
)
from domain.alerts import AlertSettings, Condition, CurrentFinding, Occasion, Per, Resolution, Severity
from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import Period, day_period, day_start, hour_of, month_period, year_period

URL = "https://pw.example/alerts/7"
HOUR_8 = hour_of(datetime(2026, 11, 2, 0, 0, tzinfo=UTC))


def found(
    subject: str, period: Period, value: float | None = None, limit: float | None = None, **more: Any
) -> CurrentFinding:
    fields = {"verdict": Verdict.VIOLATION, "reason": "", "unit": "%"} | more
    return CurrentFinding(1, Subject.parse(subject), period, value=value, limit=limit, **fields)


def text(findings: list[CurrentFinding], subject: str | None = None, **more: Any) -> Text:
    """The text of the first alert of some findings."""
    return describe(facts_of(findings, subject, **more))


def facts_of(findings: list[CurrentFinding], subject: str | None = None, **more: Any) -> Facts:
    """What is known of the first alert of some findings."""
    about = findings[-1].subject if subject is None else Subject.parse(subject)
    per = Per.SUBJECT if subject is None else Per.ENTERPRISE
    is_duty = findings[-1].subject.kind is SubjectKind.COMPONENT
    settings = AlertSettings(Severity.WARNING, timedelta(), timedelta(), per, frozenset(), duty=is_duty)
    spans, breaches = judge(findings, settings)
    fields: dict[str, Any] = {
        "alert_id": 7,
        "rule_title": "工业企业用水计量设施安装率",
        "standard": "GB/T 24789-2022",
        "clause": "4.2",
        "severity": Severity.WARNING,
        "subject": about,
        "enterprise_name": "天河焦化" if about.enterprise else None,
        "subject_name": "天河焦化" if about.kind is SubjectKind.ENTERPRISE else None,
        "span": spans[0],
        "breaches": breaches_of(spans[0], breaches),
        "evidence": {},
        "url": URL,
    }
    return Facts(**(fields | more))


@pytest.mark.parametrize("name", ["长" * 10_000, "<b>坏\n名\u202e</b>" * 500])
def test_a_name_of_any_length_leaves_room_for_what_is_said(name: str) -> None:
    shown = text([found("outlet:a/S1", HOUR_8, 46.2, 30.0, unit="mg/m3")], enterprise_name=name, subject_name=name)
    assert len(shown.title) <= MAX_TITLE
    assert "46.2 mg/m³，超过限值 30 mg/m³" in shown.title
    assert "\n" not in shown.title
    assert "\u202e" not in shown.title


def test_coverage_names_what_is_missing() -> None:
    evidence = {
        "places": [
            {"place": "P1", "fitted": True, "meters": []},
            {"place": "P2", "fitted": False, "why": "no_meter", "meters": []},
            {
                "place": "P3",
                "fitted": False,
                "why": "verification_expired",
                "meters": [{"serial": "M3", "verification_due": "2026-10-31"}],
            },
        ]
    }
    days = [found("enterprise:tianhe", day_period(date(2026, 11, day)), 33.3333, 100.0) for day in (1, 2)]
    made = text(days, evidence=evidence)
    assert made.title == "【警告】天河焦化：工业企业用水计量设施安装率 33.33%，低于要求的 100%"
    assert made.summary.splitlines() == [
        "自2026年11月1日 00:00（北京时间）起，累计 2 天不符合，尚未恢复。",
        "情况：2026年11月2日 33.33%，要求 100%。不足：计量点 P2未装表、计量点 P3检定已过期（应检 2026-10-31）。",
        "依据：GB/T 24789-2022 4.2。",
        "处置：请督促企业补齐、检定计量器具，或恢复数据上传。",
        f"详情：{URL}",
    ]


def test_intakes_that_are_not_online() -> None:
    evidence = {
        "intakes": [
            {"intake": "Q1", "online": True, "places": [{"place": "P1", "online": True}]},
            {
                "intake": "Q2",
                "online": False,
                "places": [
                    {"place": "P2", "online": False, "why": "too_few_arrivals", "serial": "M2", "arrival_pct": 81.25},
                    {"place": "P3", "online": False, "why": "not_connected", "serial": None},
                ],
            },
            {"intake": "Q3", "online": False, "places": []},
        ]
    }
    assert shortcomings(evidence) == ["取水口 Q2（M2数据到报率不足 81.2%、P3水表未联网）", "取水口 Q3（无计量点）"]


def test_what_a_kind_of_energy_lacks_and_which_meters_are_silent() -> None:
    fit = {
        "places": [
            {
                "place": "B2",
                "medium": "electricity",
                "level": "secondary",
                "fitted": False,
                "why": "verification_expired",
                "meters": [{"serial": "1", "verification_due": "2026-10-31"}],
            }
        ]
    }
    made = text([found("enterprise:tianhe", day_period(date(2026, 11, 1)), 50.0, 100.0)], evidence=fit,
                rule_title="能源计量器具配备率", standard="GB 17167-2006", clause="4.3 表3")  # fmt: skip
    assert made.title == "【警告】天河焦化：能源计量器具配备率 50%，低于要求的 100%"
    assert "不足：计量点 B2（电力，次级单位）检定已过期（应检 2026-10-31）。" in made.summary
    silent = {
        "below": [{"place": "W2", "medium": "water", "level": "unit", "hours": 324, "arrival_pct": 45.0}],
        "unconnected": [{"place": "X1", "medium": "steam", "serial": "9"}],
    }
    assert shortcomings(silent) == ["计量点 W2（水，进出单位）到报率 45.0%", "计量点 X1（蒸汽）未联网"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "places",
                        "below",
                        "intakes",
                        "enterprises",
                        "fitted",
                        "online",
                        "why",
                        "medium",
                        "meters",
                        "serial",
                    ]
                ),
                inner,
            )
        ),
        max_leaves=20,
    )
)
def test_evidence_of_any_shape_is_tolerated(value: object) -> None:
    evidence = value if isinstance(value, dict) else {"places": value, "intakes": value, "below": value}
    assert all(isinstance(entry, str) for entry in shortcomings(evidence))


def test_a_silent_point() -> None:
    silent = found("point:tianhe/W-01", HOUR_8, reason="silent", unit=None)
    made = text([silent], subject_name="取水总表", rule_title="测点失联", standard="平台规则", clause="")
    assert made.title == "【警告】天河焦化 取水总表（W-01）：没有数据上报"
    assert made.summary.splitlines()[0] == "自2026年11月2日 08:00（北京时间）起，之后没有收到数据，尚未恢复。"
    back = found("point:tianhe/W-01", hour_of(HOUR_8.end + timedelta(hours=9)), verdict=Verdict.COMPLIANT, unit=None)
    over = text([silent, back], subject_name="取水总表")
    assert over.summary.splitlines()[0] == (
        "自2026年11月2日 08:00（北京时间）起，至2026年11月2日 18:00恢复，历时 10 小时。"
    )
    assert "处置" not in over.summary


def test_overdue_components() -> None:
    def component(code: str, due: date, reason: str = "overdue") -> CurrentFinding:
        period = Period(day_start(due - timedelta(days=180)), day_start(due + timedelta(days=1)))
        return found(f"component:tianhe/{code}", period, reason=reason, unit=None)

    findings = [component(code, date(2026, 10, day)) for code, day in (("V1", 31), ("V2", 1), ("V3", 2), ("V4", 3))]
    made = text(findings, "enterprise:tianhe")
    assert made.title == "【警告】天河焦化：4 个密封点泄漏检测超期"
    assert made.summary.splitlines()[:2] == [
        "自2026年10月2日 00:00（北京时间）起，涉及 4 个密封点，尚未恢复。",
        "情况：V2（最迟应于2026年10月1日检测）、V3（最迟应于2026年10月2日检测）、"
        "V4（最迟应于2026年10月3日检测） 等 4 项。",
    ]
    assert (made.details["value"], made.details["limit"], made.details["component_count"]) == (4.0, 0.0, 4)


def test_a_rule_that_failed() -> None:
    broken = found("rule:ule.x", HOUR_8, verdict=Verdict.UNDETERMINED, reason="rule_error", unit=None)
    made = text([broken], subject_name="焦炉烟囱二氧化硫小时均值", evidence={"error": "ZeroDivisionError"})
    assert made.title == "【警告】规则“焦炉烟囱二氧化硫小时均值”无法计算"
    assert "规则 ule.x 计算出错，期间不作判定：ZeroDivisionError。" in made.summary


def test_a_month_below_its_share() -> None:
    month = found("pollutant:tianhe/S1/so2", month_period(2026, 10), 94.9951, 95.0)
    made = text([month], rule_title="超低排放每月达标时段占比", subject_name="1号焦炉烟囱")
    assert (
        made.title == "【警告】天河焦化 1号焦炉烟囱（S1） 二氧化硫：超低排放每月达标时段占比 94.9951%，低于要求的 95%"
    )
    assert "情况：2026年10月 94.9951%，要求 95%。" in made.summary


@pytest.mark.parametrize(
    ("averaging", "reason", "headline"),
    [
        ("hour", "over_limit", "排放限值超标，小时均值 31 mg/m³，限值 30 mg/m³"),
        ("single", "over_limit", "排放限值超标，任意一次浓度值 31 mg/m³，限值 30 mg/m³"),
        ("day", "over_limit", "排放限值超标，日均值 31 mg/m³，限值 30 mg/m³"),
        ("hour", "projected_over", "某规则 31 mg/m³，超过限值 30 mg/m³"),  # a warning is no exceedance
    ],
)
def test_a_limit_is_named_by_its_averaging(averaging: str, reason: str, headline: str) -> None:
    basis = Basis("legal", averaging, "GB 31571-2015", "表7")
    hour = found("pollutant:tianhe/M1/benzo_a_pyrene", HOUR_8, 31.0, 30.0, unit="mg/m3", reason=reason)
    made = text([hour], basis=basis, rule_title="某规则")
    assert made.title == f"【警告】天河焦化 M1 苯并[a]芘：{headline}"
    assert "依据：GB 31571-2015 表7。" in made.summary


def test_a_finding_without_figures() -> None:
    made = text([found("outlet:tianhe/S1", HOUR_8, unit=None)], rule_title="某规则", standard="", clause="")
    assert made.title == "【警告】天河焦化 S1：某规则，不符合要求"
    assert "依据：某规则。" in made.summary


@given(st.text(max_size=400), st.text(max_size=400), st.integers(1, 300))
def test_never_too_long_and_never_without_the_address(name: str, clause: str, places: int) -> None:
    evidence = {"places": [{"place": f"计量点{n}" * 9, "fitted": False} for n in range(places)]}
    made = text(
        [found("enterprise:tianhe", day_period(date(2026, 11, 1)), 1.0, 100.0)],
        subject_name=name,
        clause=clause,
        evidence=evidence,
    )
    assert len(made.title) <= MAX_TITLE
    assert len(made.summary) <= MAX_SUMMARY
    assert made.summary.endswith(f"\n详情：{URL}")
    again = withdrawn(made.summary, URL)
    assert len(again) <= MAX_SUMMARY
    assert again.endswith(f"\n详情：{URL}")


@pytest.mark.parametrize(
    ("occasion", "resolution", "expected"),
    [
        (Occasion.FIRING, None, "【警告】甲厂：超限"),
        (Occasion.RESOLVED, Resolution.COMPLIANT, "【已恢复】甲厂：超限"),
        (Occasion.RESOLVED, Resolution.SUPERSEDED, "【已撤销】甲厂：超限"),
        (Occasion.RESOLVED, Resolution.RETIRED, "【不再判定】甲厂：超限"),
    ],
)
def test_the_title_says_what_has_become_of_it(occasion: Occasion, resolution: Resolution | None, expected: str) -> None:
    assert occasion_title("【警告】甲厂：超限", occasion, resolution) == expected


def test_data_that_came_back_do_not_read_as_a_limit_that_is_met_again() -> None:
    title = "【警告】甲厂：连续 24 小时以上没有有效数据，无法判定"
    made = occasion_title(title, Occasion.RESOLVED, Resolution.VIOLATION, Condition.NO_DATA)
    assert made == "【数据已恢复】甲厂：连续 24 小时以上没有有效数据，无法判定"
    assert occasion_title(title, Occasion.RESOLVED, Resolution.SUPERSEDED, Condition.NO_DATA).startswith("【已撤销】")


@pytest.mark.parametrize(
    ("value", "other", "expected"),
    [
        (46.2, 30.0, "46.2"),
        (30.0, None, "30"),
        (94.9951, 95.0, "94.9951"),
        (0.0, None, "0"),
        (1234567.891, 1.0, "1234567.89"),
        (-0.001, None, "0"),
        (100.0, 100.0, "100"),
        (29.9999999, 30.0, "30"),
    ],
)
def test_numbers(value: float, other: float | None, expected: str) -> None:
    assert number(value, other) == expected


@pytest.mark.parametrize(
    ("unit", "expected"),
    [("ug/m3", "1 μg/m³"), ("umol/mol", "1 μmol/mol"), ("m3", "1 m³"), ("%", "1%"), ("unit", "1 unit"), (None, "1")],
)
def test_units(unit: str | None, expected: str) -> None:
    assert quantity(1.0, unit) == expected


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (HOUR_8, "2026年11月2日 08:00—09:00"),
        (day_period(date(2026, 11, 2)), "2026年11月2日"),
        (month_period(2026, 2), "2026年2月"),
        (year_period(2026), "2026年1月1日至2026年12月31日"),
    ],
)
def test_periods(period: Period, expected: str) -> None:
    assert period_text(period) == expected


def test_a_key_is_the_same_for_the_same_message_only() -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    keys = {
        idempotency_key("r", "outlet:a/S1", alert, when, occasion, Receiver("webhook", name), team, nth)
        for team, nth in (("a", "0"), ("a", "1"), ("b", "0"))
        for alert in (1, 2)
        for when in (at, at + timedelta(seconds=1))
        for occasion in Occasion
        for name in ("a", "b")
    }
    assert len(keys) == 24 * len(Occasion)
    again = idempotency_key("r", "outlet:a/S1", 1, at, Occasion.FIRING, Receiver("webhook", "a"), "b", "0")
    assert again in keys
