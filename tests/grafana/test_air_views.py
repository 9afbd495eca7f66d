"""What the views of stacks say of the filled city, counted here by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from domain.air import POLLUTANTS, HourReason, reason_word
from domain.exclusion import KINDS, minutes_by_kind
from domain.findings import Subject
from domain.flue import Problem
from domain.limits import Averaging, Limit, LimitKind, Region
from domain.marks import PROCESS_KINDS
from domain.periods import hour_of
from domain.reasons import REASON_WORDS
from domain.warning import Sign
from grafana import words
from rules.evaluators.hourly_limit import hourly_limit
from rules.evaluators.hours import NOTHING, HourlyWindow, Measured
from rules.pack import load_packs
from tests.grafana.plant import NOW

Connection = psycopg.Connection[tuple[object, ...]]
MONTH_START = datetime(2026, 10, 31, 16, tzinfo=UTC)
LAST_HOUR = NOW - timedelta(hours=2)


def rows(connection: Connection, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode(), parameters).fetchall()


def number(hour: datetime) -> int:
    return int(hour.timestamp()) // 3600


def month() -> list[int]:
    """Hours of November that are judged, as numbers since 1970: what air.sql counts by."""
    return list(range(number(MONTH_START), number(LAST_HOUR) + 1))


def newest(remainders: Iterable[int], modulus: int, *, not_by: int | None = None) -> datetime:
    """The last judged hour whose number leaves one of the remainders."""
    wanted = set(remainders)
    return next(
        datetime.fromtimestamp(n * 3600, UTC)
        for n in reversed(month())
        if n % modulus in wanted and (not_by is None or n % not_by not in wanted)
    )


def insert_hour(connection: Connection, hour: datetime, verdict: str, reason: str, **evidence: object) -> None:
    """An hour of ule.hourly at coke-b, in the place of the one that is there."""
    subject = "pollutant:coke-b/S1/so2"
    connection.execute(
        "update finding set superseded_at = %s where rule_id = 'ule.hourly' and subject = %s and period_start = %s",
        (NOW, subject, hour),
    )
    connection.execute(
        "insert into finding (rule_id, rule_version, subject, period_start, period_end, verdict, reason, value,"
        " limit_value, unit, evidence, computed_at) values ('ule.hourly', 1, %s, %s, %s, %s, %s, %s, 30, 'mg/m3',"
        " %s, %s)",
        (subject, hour, hour + timedelta(hours=1), verdict, reason, evidence.pop("value", None), Jsonb(evidence), NOW),
    )


@pytest.mark.parametrize("kind", ["ule", "legal"])
def test_month_to_date_has_numerator_denominator_and_excluded_hours(kind: str, reader: Connection) -> None:
    hours = month()
    stopped, started = sum(n % 48 in (10, 11) for n in hours), sum(n % 48 == 12 for n in hours)
    silent = sum(n % 48 == 5 for n in hours)
    violations = sum(n % (24 if kind == "ule" else 120) == 3 for n in hours)
    judged = len(hours) - stopped - started - silent
    found = rows(
        reader,
        "select hours, compliant_hours, violation_hours, judged_hours, excluded_hours, stopped_hours,"
        " undetermined_hours,"
        " operating_hours, share_pct, target_pct, judged_pct, limit_mg_m3, excluded, undetermined"
        " from dash.emission_month_to_date(%s) where outlet = 'coke-a/S1' and pollutant = 'so2' and kind = %s",
        NOW,
        kind,
    )
    assert found == [
        (
            len(hours),
            judged - violations,
            violations,
            judged,
            stopped + started,
            stopped,
            silent,
            len(hours) - stopped,
            pytest.approx(100 * (judged - violations) / judged),
            95.0 if kind == "ule" else None,
            pytest.approx(100 * judged / (len(hours) - stopped)),
            30.0 if kind == "ule" else 40.0,
            {"excluded_stopped": stopped, "excluded_start_up": started},
            {"no_data": silent},
        )
    ]


def test_one_hour_has_both_judgements_side_by_side(reader: Connection) -> None:
    """36 mg/m3 at a ule limit of 30 and a permit of 40: over the one, within the other."""
    found = rows(
        reader,
        "select kind, converted_mg_m3, rounded_mg_m3, limit_mg_m3, reference_o2_pct, o2_pct, verdict, hour_code,"
        " limit_standard, limit_clause, limit_status, limit_origin from dash.hourly_emission"
        " where time = %s and outlet = 'coke-a/S1' and pollutant = 'so2' order by kind",
        newest([3], 24, not_by=120),
    )
    assert found == [
        ("legal", 36.0, 36.0, 40.0, None, None, "compliant", 1, "排污许可证", "副本表12", "permit", "operator"),
        ("ule", 36.0, 36.0, 30.0, 8.0, 9.0, "violation", 2, "环大气〔2024〕5号", "表5", "policy", "preset"),
    ]


@pytest.mark.parametrize(
    ("remainder", "reason", "excluded", "code", "marks"),
    [(10, "excluded_stopped", True, 3, []), (12, "excluded_start_up", True, 3, [2]), (5, "no_data", False, 0, [])],
)
def test_excluded_is_told_from_undetermined(
    remainder: int, reason: str, excluded: bool, code: int, marks: list[int], reader: Connection
) -> None:
    found = rows(
        reader,
        "select reason, is_excluded, hour_code, verdict, marks, valid_minutes, marked_minutes from dash.hourly_emission"
        " where time = %s and outlet = 'coke-a/S1' and pollutant = 'nox' and kind = 'ule'",
        newest([remainder], 48),
    )
    assert found == [(reason, excluded, code, "undetermined", marks, 55, 5)]
    assert {str(code), "2"} <= words.HOUR_CODES.keys()
    assert words.HOUR_CODES["3"] != words.HOUR_CODES["0"]


@pytest.mark.parametrize(
    ("codes", "worst"), [([1, 2, 0], 2), ([1, 0, 3], 0), ([3, 1], 1), ([3, 3], 3), ([1], 1), ([], None)]
)
def test_the_worst_of_several_hours(codes: list[int], worst: int | None, reader: Connection) -> None:
    assert rows(reader, "select dash.worst_hour(%s::smallint[])", codes) == [(worst,)]


def test_concentrations_are_in_mg_m3_whatever_the_unit(filled_url: str) -> None:
    with psycopg.connect(filled_url) as connection:
        pollutant = {"point": "S1-SO2", "mean": 21000.0, "unit": "ug/m3", "valid_minutes": 60, "readings": 60}
        insert_hour(
            connection,
            LAST_HOUR,
            "compliant",
            "within_limit",
            value=21.0,
            pollutant=pollutant,
            rounded=21000.0,
            limit_unit="ug/m3",
        )
        found = rows(
            connection,
            "select measured_mg_m3, converted_mg_m3, rounded_mg_m3 from dash.hourly_emission"
            " where time = %s and outlet = 'coke-b/S1' and pollutant = 'so2' and kind = 'ule'",
            LAST_HOUR,
        )
        connection.rollback()
    assert found == [(pytest.approx(21.0), 21.0, pytest.approx(21.0))]


def test_hour_shows_what_its_verdict_rests_on(filled_url: str) -> None:
    """The evaluator's own evidence, read by the view."""
    hour = hour_of(LAST_HOUR)
    window = HourlyWindow(
        subjects=[Subject.parse("pollutant:coke-b/S1/so2")],
        periods=[hour],
        limits=[_limit(limit_id=2)],
        pollutant=[
            Measured("S1-SO2", "mg/m3", mean=30.0, valid_minutes=52, reading_count=60, marked_minutes=8, mark_ids=[4])
        ],
        oxygen=[Measured("S1-O2", "%", mean=10.0, valid_minutes=47, reading_count=50)],
        running=[NOTHING],
        processes=["coke_oven_stack"],
        makeup_air=[None],
        process_minutes=minutes_by_kind(1),
        process_marks=[[9]],
    )
    (judged,) = hourly_limit(window, load_packs().in_force("ule.hourly", NOW).typed_params)
    with psycopg.connect(filled_url) as connection:
        insert_hour(connection, hour.start, str(judged.verdict), judged.reason, value=judged.value, **judged.evidence)
        found = rows(
            connection,
            "select measured_mg_m3, valid_minutes, marked_minutes, o2_pct, o2_valid_minutes, converted_mg_m3,"
            " rounded_mg_m3, limit_id, reference_o2_pct, marks, verdict, reason from dash.hourly_emission"
            " where time = %s and outlet = 'coke-b/S1' and pollutant = 'so2' and kind = 'ule'",
            hour.start,
        )
        connection.rollback()
    converted = pytest.approx(30 * 13 / 11)
    assert found == [(30.0, 52, 8, 10.0, 47, converted, 35.0, 2, 8.0, [4, 9], "violation", "over_limit")]


def _limit(limit_id: int) -> Limit:
    return Limit(
        limit_id=limit_id,
        origin="preset",
        outlet=None,
        process="coke_oven_stack",
        quantity="so2",
        kind=LimitKind.ULE,
        averaging=Averaging.HOUR,
        region=Region.ANY,
        value=30.0,
        unit="mg/m3",
        decimals=0,
        reference_o2_pct=8.0,
        exempt_process=(),
        status="policy",
        enabled=True,
        valid_from=NOW.date(),
        valid_to=None,
    )


@pytest.mark.parametrize(
    ("rounded", "verdict", "name"),
    [
        (0.0, "compliant", "0–5"),
        (1.5, "compliant", "0–5"),
        (2.0, "compliant", "5–10"),
        (28.5, "compliant", "90–95"),
        (30.0, "compliant", "95–100"),
        (31.0, "violation", "100–105"),
        (99.0, "violation", ">120"),
    ],
)
def test_distribution_puts_an_hour_at_the_limit_below_it(
    rounded: float, verdict: str, name: str, filled_url: str
) -> None:
    reason = "within_limit" if verdict == "compliant" else "over_limit"
    with psycopg.connect(filled_url) as connection:
        insert_hour(connection, LAST_HOUR, verdict, reason, value=rounded + 0.3, rounded=rounded)
        found = rows(
            connection,
            "select class_name, verdict, hours from dash.emission_distribution(%s, %s)"
            " where outlet = 'coke-b/S1' and pollutant = 'so2' and kind = 'ule'",
            LAST_HOUR,
            NOW,
        )
        connection.rollback()
    assert found == [(name, verdict, 1)]


def test_distribution_counts_judged_hours_only(filled_url: str) -> None:
    """An hour of negative mean has a rounded value and no verdict."""
    with psycopg.connect(filled_url) as connection:
        insert_hour(connection, LAST_HOUR, "undetermined", "negative_mean", value=-2.0, rounded=-2.0)
        query = "select coalesce(sum(hours), 0) from dash.emission_distribution(%s, %s) where outlet = 'coke-b/S1'"
        found = rows(connection, query + " and pollutant = 'so2' and kind = 'ule'", LAST_HOUR, NOW)
        connection.rollback()
    assert found == [(0,)]


def test_month_verdict_adds_up(reader: Connection) -> None:
    found = rows(
        reader,
        "select month, compliant_hours, judged_hours, operating_hours, in_service_hours, excluded_hours,"
        " undetermined_hours,"
        " judged_pct, share_pct, target_pct from dash.emission_month_verdict"
        " where outlet = 'coke-b/S1' and pollutant = 'pm'",
    )
    assert found == [("2026-10", 660, 680, 713, 744, 46, 18, pytest.approx(100 * 680 / 713), 97.0, 95.0)]


def test_marks_say_what_became_of_them(reader: Connection) -> None:
    found = rows(
        reader,
        "select mark_id, kind, state, state_by, state_reason, superseded_by, point from dash.mark order by mark_id",
    )
    assert found == [
        (1, "calibration", "effective", None, None, None, "coke-a/S1-SO2"),
        (2, "start_up", "effective", None, None, None, None),
        (3, "fault", "rejected", "市生态环境局", "无维修记录", None, "coke-a/S1-SO2"),
        (4, "maintenance", "withdrawn", "甲焦化", "标错排口", None, "coke-a/S1-SO2"),
        (5, "fault", "superseded", "甲焦化", "更正开始时间", 6, "coke-a/S1-SO2"),
        (6, "fault", "effective", None, None, None, "coke-a/S1-SO2"),
        (7, "stopped", "effective", None, None, None, None),
    ]
    assert {state for _, _, state, *_ in found} == words.MARK_STATES.keys()


def test_limits_show_drafts_as_such_and_who_changed_what(reader: Connection) -> None:
    found = rows(
        reader,
        "select state, status, outlet, value, author, reason from dash.limit"
        " where pollutant in ('so2', 'nmhc') and kind = 'legal' order by limit_id",
    )
    assert found == [
        ("enabled", "law", None, 50.0, "随平台提供", ""),
        ("draft", "draft", None, 80.0, "随平台提供", ""),
        ("superseded", "permit", "coke-a/S1", 45.0, "王工", "按许可证录入"),
        ("enabled", "permit", "coke-a/S1", 40.0, "李工", "更正录入错误"),
    ]


def test_limit_in_use_is_that_of_the_newest_hour(reader: Connection) -> None:
    found = rows(
        reader,
        "select outlet, value, standard, author, hour_at from dash.limit_in_use(%s)"
        " where pollutant = 'so2' and kind = 'legal' order by outlet",
        NOW,
    )
    assert found == [
        ("coke-a/S1", 40.0, "排污许可证", "李工", LAST_HOUR),
        ("coke-b/S1", 50.0, "GB 16171-2012", "随平台提供", LAST_HOUR),
    ]


def test_a_draft_makes_no_pollutant_to_choose(reader: Connection) -> None:
    assert rows(reader, "select pollutant from dash.pollutant order by 1") == [("nox",), ("pm",), ("so2",)]


def test_a_warning_lasts_until_the_next_change(reader: Connection) -> None:
    found = rows(
        reader,
        "select kind, is_warning, reason, until_at, duration_s from dash.early_warning"
        " where outlet = 'coke-a/S1' order by time",
    )
    assert found == [
        ("ule", True, "projected_over", NOW - timedelta(hours=28), 7200.0),
        ("ule", False, "normal", None, None),
        ("legal", True, "minutes_over_80", None, None),
    ]


def test_statements_of_loggers_are_no_measurements(reader: Connection) -> None:
    found = rows(reader, "select statistic, of_point from dash.point where point like 'coke-a/S1-SO2%%' order by point")
    assert found == [
        (None, None),
        ("hour_mean", "coke-a/S1-SO2"),
        ("span_drift", "coke-a/S1-SO2"),
        ("zero_drift", "coke-a/S1-SO2"),
    ]
    drift = rows(reader, "select distinct quantity, statistic, drift_pct from dash.drift where point like 'coke-a/%%'")
    assert sorted(drift) == [("so2", "span_drift", -1.1), ("so2", "zero_drift", 0.4)]


def test_flags_of_an_hour_are_counted_by_letter(reader: Connection) -> None:
    found = rows(
        reader,
        "select flag, readings from dash.hour_flag where point = 'coke-a/S1-SO2' and time = %s order by flag",
        LAST_HOUR,
    )
    assert found == [("M", 1), ("N", 59)]


def test_an_outlets_hours_are_found_by_the_index(filled_url: str) -> None:
    """No scan of all findings: their number grows for years."""
    with psycopg.connect(filled_url) as connection:
        connection.execute("set enable_seqscan = off; set role dash_reader")
        plan = rows(
            connection,
            "explain select converted_mg_m3 from dash.hourly_emission where outlet = 'coke-a/S1' and pollutant = 'so2'"
            " and time >= %s and time < %s",
            LAST_HOUR - timedelta(days=1),
            NOW,
        )
    text = "\n".join(line for (line,) in plan)
    (condition,) = [line for line in text.splitlines() if "Index Cond" in line and "subject" in line]
    assert "rule_id" in condition
    assert "period_start" in condition


def test_words_cover_marks_limits_and_exclusions(reader: Connection) -> None:
    excluded = {reason_word(HourReason.EXCLUDED, position) for position in range(len(KINDS))}
    others = {reason_word(reason) for reason in HourReason if reason is not HourReason.EXCLUDED}
    assert excluded | others <= words.HOUR_REASONS.keys()
    assert REASON_WORDS.keys() <= words.REASONS.keys()
    assert {sign.word for sign in Sign if sign is not Sign.NONE} == words.WARNING_REASONS.keys()
    known = words.HOUR_REASONS.keys() | words.FLOW_REASONS.keys()
    assert {problem.word for problem in Problem if problem is not Problem.NONE} <= known
    assert dict(rows(reader, "select pollutant, pollutant_name from dash.substance")) == POLLUTANTS
    for table, column, known in (
        ("mark", "kind", words.MARK_KINDS),
        ("mark", "dimension", words.MARK_DIMENSIONS),
        ("mark", "origin", words.MARK_ORIGINS),
        ("limit", "state", words.LIMIT_STATES),
        ("limit", "status", words.LIMIT_STATUS),
        ("limit", "origin", words.LIMIT_ORIGINS),
        ("limit", "averaging", words.AVERAGINGS),
        ("limit", "region", words.REGIONS),
        ("outlet", "process", words.PROCESSES),
    ):
        found = {value for (value,) in rows(reader, f"select distinct {column} from dash.{table}")}
        assert found <= known.keys(), (table, column)
    assert rows(reader, "select dash.condition_names(%s)", list(PROCESS_KINDS)) == [
        ("、".join(PROCESS_KINDS.values()),)
    ]


def test_boards_read_rates_against_what_the_rules_demand(reader: Connection) -> None:
    """The one mark of a stopped source covers two hours of coke-b."""
    query = "select outlet, target_pct, stopped_h, operating_h + stopped_h = in_service_h from dash.capture_rate(%s)"
    found = rows(reader, query + " where pollutant = 'so2' order by outlet", NOW)
    assert found == [("coke-a/S1", 75.0, 0, True), ("coke-b/S1", 75.0, 2, True)]
    assert rows(reader, "select distinct target_pct from dash.transmission_rate(%s)", NOW) == [(90.0,)]
