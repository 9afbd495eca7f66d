"""What the views say of the filled city, counted here by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from alerts.leaksigns import WORDS as SIGN_WORDS
from domain.duties import DutyState
from domain.leaks import LeakStatus
from domain.quality import SourceFlag
from domain.refusals import Reason
from grafana import leak_words, words
from tests.grafana.plant import NOW

Connection = psycopg.Connection[tuple[object, ...]]
MONTH_START = datetime(2026, 10, 31, 16, tzinfo=UTC)


def rows(connection: Connection, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode(), parameters).fetchall()


@pytest.mark.parametrize(
    ("at", "day", "hour"),
    [("2026-10-31T15:59:59Z", date(2026, 10, 31), 23), ("2026-10-31T16:00:00Z", date(2026, 11, 1), 0)],
)
def test_calendar_is_local(at: str, day: date, hour: int, reader: Connection) -> None:
    found = rows(reader, "select dash.local_day(%s::timestamptz), dash.local_hour(%s::timestamptz)", at, at)
    assert found == [(day, hour)]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("day_floor", "2026-11-14T16:00:00+00:00"),
        ("month_floor", "2026-10-31T16:00:00+00:00"),
        ("year_floor", "2025-12-31T16:00:00+00:00"),
    ],
)
def test_floors_are_local_midnights(function: str, expected: str, reader: Connection) -> None:
    assert rows(reader, f"select dash.{function}(%s::timestamptz)", NOW) == [(datetime.fromisoformat(expected),)]


def test_superseded_finding_is_not_shown(filled_url: str) -> None:
    with psycopg.connect(filled_url) as connection:
        before = connection.execute("select count(*) from dash.hourly_emission").fetchone()
        connection.execute(
            "update finding set superseded_at = %s"
            " where finding_id = (select min(finding_id) from dash.hourly_emission)",
            (NOW,),
        )
        after = connection.execute("select count(*) from dash.hourly_emission").fetchone()
        connection.rollback()
    assert before is not None
    assert after == (before[0] - 1,)


def test_gaps_name_the_meter_and_the_reason(reader: Connection) -> None:
    """As the reader of Grafana, who may see the list and none of the tables that it is made of."""
    found = rows(
        reader,
        "select enterprise, kind, item, item_name, meter_serial, reason, detail from dash.coverage_gap"
        " order by 1, 2, 3, 6",
    )
    assert found == [
        ("bare-d", "enterprise", "", "丁建材", None, "no_metering_place", None),
        ("chem-c", "intake", "I-01", "1#取水口", None, "intake_offline", "no_verified_meter"),
        ("chem-c", "place", "P-01", "进厂总管01", "M-chem-c", "verification_expired", None),
        ("coke-b", "intake", "I-02", "2#取水口", None, "intake_offline", "no_verified_meter"),
        ("coke-b", "place", "P-02", "进厂总管02", None, "no_meter", None),
        ("inn-e", "intake", "I-01", "1#取水口", "M-inn-e", "intake_offline", "too_few_arrivals"),
    ]


def test_latest_coverage_gives_both_readings_of_the_formula(reader: Connection) -> None:
    found = rows(
        reader,
        "select rate_pct, target_pct, margin_pct_points, numerator, denominator, second_pct, verdict, day"
        " from dash.metering_coverage_latest where subject_kind = 'city' and rule_id = 'water.meter_installation_rate'",
    )
    # of four industrial enterprises only coke-a is complete; two of four required places are fitted
    assert found == [(25.0, 100.0, -75.0, 1.0, 4.0, 50.0, "violation", date(2026, 11, 14))]


def test_coverage_has_one_row_a_day(reader: Connection) -> None:
    found = rows(
        reader,
        "select count(*), count(distinct day) from dash.metering_coverage"
        " where subject = 'city:wuhai' and rule_id = 'water.intake_online_rate.green_park_plan'",
    )
    assert found == [(31, 31)]


def test_ldar_summary_counts_components_once(reader: Connection) -> None:
    # component n of 30 is due 100 + 7 n days after its anchor 150 days ago; 30 is exempt; 20 more follow in both works
    counted = [*range(1, 30), *range(31, 51)]
    overdue = sum(100 + 7 * n < 150 for n in counted)
    due_soon = sum(150 <= 100 + 7 * n <= 180 for n in counted)  # within the rules' 30 days of 14 November
    found = rows(
        reader,
        "select components, exempt_components, judged_components, overdue_components, due_soon_components, on_time_pct"
        " from dash.ldar_summary where enterprise = 'chem-c'",
    )
    assert found == [(50, 1, 49, overdue, due_soon, pytest.approx(100 * (49 - overdue) / 49))]


def test_due_day_is_the_last_day_of_the_period(reader: Connection) -> None:
    anchor = (NOW - timedelta(days=150) + timedelta(hours=8) - timedelta(hours=8)).date()
    found = rows(
        reader,
        "select anchor_on, due_on from dash.ldar_overdue where component = 'chem-c/V-1' and rule_id = 'ldar.gb37822'",
    )
    assert found == [(anchor, anchor + timedelta(days=106))]


def test_accounting_keeps_the_law_and_stands_at_local_midnight(reader: Connection) -> None:
    found = rows(
        reader,
        "select time, messages, received, stored, duplicates, corrections, refused, difference"
        " from dash.accounting_daily where enterprise = 'coke-a' and day = '2026-11-01'",
    )
    assert found == [(MONTH_START, 200, 2000, 1960, 20, 8, 12, 0)]


def test_raw_reading_keeps_the_value_beside_the_correction(reader: Connection) -> None:
    found = rows(
        reader,
        "select value, effective_value, corrections from dash.reading_raw where point = 'coke-a/S1-SO2' and time = %s",
        NOW - timedelta(minutes=10),
    )
    assert found == [(20.0, 21.5, 1)]


def test_water_of_a_gap_is_marked(reader: Connection) -> None:
    found = rows(
        reader,
        "select increment_m3, bridges_gap, place, meter_serial from dash.water_hourly"
        " where point = 'coke-a/W-01' and time in (%s, %s) order by time",
        NOW - timedelta(hours=5),
        NOW - timedelta(hours=4),
    )
    assert found == [(12.5, True, "P-01", "M-coke-a"), (12.5, False, "P-01", "M-coke-a")]


def test_backlog_names_every_stage(reader: Connection) -> None:
    stages = rows(reader, "select stage, items > 0 from dash.pipeline_backlog order by position")
    assert stages == [("rollup", True), ("rules", True), ("alerts", True), ("notify", True)]
    assert {stage for stage, _ in stages} == words.STAGES.keys()


def test_words_cover_what_the_database_says(reader: Connection) -> None:
    known = words.REASONS.keys() | leak_words.DUTY_REASONS.keys() | leak_words.LEAK_SIGN_REASONS.keys()
    assert leak_words.LEAK_SIGN_REASONS.keys() >= SIGN_WORDS.keys()
    assert {state.value for state in DutyState} - {DutyState.ENDED} == leak_words.DUTY_REASONS.keys()
    assert {reason for (reason,) in rows(reader, "select distinct reason from dash.finding")} <= known
    assert {status.word for status in LeakStatus} <= words.REASONS.keys()
    assert words.REFUSALS.keys() == set(Reason)
    assert words.SOURCE_FLAGS.keys() == set(SourceFlag)
    assert {
        kind for (kind,) in rows(reader, "select distinct status from dash.rule_health")
    } <= words.RULE_STATUS.keys()


def test_stations_and_what_they_were_forgiven(reader: Connection) -> None:
    assert rows(reader, "select mn, online, tags from dash.station where enterprise = 'inn-e'") == [
        ("MN-inn-e", False, 0)
    ]
    assert rows(reader, "select sum(frames), min(time) from dash.tolerated_quirk where enterprise = 'coke-a'") == [
        (150, MONTH_START)
    ]
    assert rows(reader, "select sender, reason from dash.stray_message") == [("MN-9", "unknown_station")]


def test_migrating_again_renews_the_views(filled_url: str) -> None:
    """The views are dropped and made anew: the second time must work, and keep the grants."""
    from storage.migrate import migrate

    migrate(filled_url, now=lambda: NOW)
    with psycopg.connect(filled_url) as connection:
        connection.execute("set role dash_reader")
        assert connection.execute("select count(*) from dash.enterprise").fetchone() == (5,)
