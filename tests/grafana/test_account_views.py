"""What the views of water, energy, carbon and targets say of the filled city, counted here by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from domain.accountreasons import WORDS
from domain.hourly import MARK_WORDS
from domain.metering import WaterUse
from grafana import account_words
from grafana.words import WATER_REASONS, Words
from rules.evaluators import EVALUATORS
from rules.evaluators.account import LOOK_BACK
from rules.evaluators.meter_step import REASONS as STEP_REASONS
from rules.policy import CheckMode, DocumentStatus
from rules.scoreboard.standing import State
from runtime.sitewords import WORDS as SITE_WORDS
from tests.grafana.macros import expand
from tests.grafana.plant import NOW, fill_rules
from tests.grafana.test_dashboards import DASHBOARDS, everything, panels

Connection = psycopg.Connection[tuple[object, ...]]
OCTOBER = datetime(2026, 9, 30, 16, tzinfo=UTC)


def rows(connection: Connection, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode(), parameters).fetchall()


def test_parks_have_coordinates_or_none(reader: Connection) -> None:
    assert rows(reader, "select park, district, longitude, latitude from dash.park order by park") == [
        ("hainan-park", "hainan", 106.90, 39.40),
        ("new-park", "haibowan", None, None),
        ("wuda-park", "wuda", 106.71, 39.53),
    ]
    assert rows(reader, "select park, park_name, key_energy from dash.enterprise where enterprise = 'coke-a'") == [
        ("wuda-park", "乌达工业园", "region")
    ]


def test_a_park_is_judged_over_its_enterprises(reader: Connection) -> None:
    found = rows(
        reader,
        "select subject, rate_pct, numerator, denominator from dash.metering_coverage_latest"
        " where subject_kind = 'park' and rule_id = 'water.meter_installation_rate' order by subject",
    )
    # wuda-park has coke-a, complete, and chem-c; hainan-park has coke-b; nobody is in the new one
    assert found == [
        ("park:hainan-park", 0.0, 0.0, 1.0),
        ("park:new-park", None, 0.0, 0.0),
        ("park:wuda-park", 50.0, 1.0, 2.0),
    ]


def test_rules_of_a_month_are_no_coverage_of_a_day(reader: Connection) -> None:
    found = rows(reader, "select distinct rule_id from dash.metering_coverage_latest order by 1")
    assert [rule for (rule,) in found] == [
        "energy.fit_rate",
        "water.fit_rate",
        "water.intake_online_rate.green_park_plan",
        "water.meter_installation_rate",
    ]


def test_fit_rate_by_medium_and_level(reader: Connection) -> None:
    found = rows(
        reader,
        "select medium, level, fitted, required, pct, required_pct, met from dash.fit_level"
        " where subject = 'enterprise:coke-a' and rule_id = 'water.fit_rate' order by level desc",
    )
    assert found == [
        ("water", "unit", 1, 1, 100.0, 100.0, True),
        ("water", "secondary", 3, 3, 100.0, 95.0, True),
        ("water", "equipment", 3, 3, 100.0, 80.0, True),
    ]


def test_arrival_counts_what_is_below_it_also_for_groups(reader: Connection) -> None:
    found = rows(
        reader,
        "select arrival_pct, hours, expected_hours, below, unconnected, verdict from dash.arrival_latest"
        " where subject = 'district:hainan'",
    )
    # one connected place: 720 of the 744 hours of October
    assert found == [(pytest.approx(100 * 720 / 744), 720, 744, 0, 0, "compliant")]


def test_a_place_shows_its_meter_and_what_is_above_it(reader: Connection) -> None:
    found = rows(
        reader,
        "select medium, level, parent, has_children, meter_serial, verification_due, point from dash.place"
        " where place in ('coke-a/P-01', 'coke-a/P-11', 'coke-b/P-02') order by place",
    )
    assert found == [
        ("water", "unit", None, True, "M-coke-a", date(2027, 12, 1), "coke-a/W-01"),
        ("water", "secondary", "coke-a/P-01", False, "N-coke-a-P-11", date(2027, 12, 1), "coke-a/M-P-11"),
        ("water", "unit", None, False, None, None, None),
    ]


def test_months_of_a_place(reader: Connection) -> None:
    query = "select time, total, hours, unknown_steps, serials from dash.place_month where place = %s and month = %s"
    # two meters of that month count at one point, which passed its volume once
    assert rows(reader, query, "coke-a/P-11", date(2026, 10, 1)) == [(OCTOBER, 20000.0, 720, 0, "N-OLD、N-coke-a-P-11")]
    assert rows(reader, query, "coke-a/P-11", date(2026, 9, 1))[0][1:] == (20000.0, 720, 0, "N-OLD")
    assert rows(reader, query, "coke-a/P-11", date(2025, 12, 1)) == [], "no meter, no row: never zero"
    assert rows(reader, query, "coke-b/P-02", date(2026, 10, 1)) == []


def test_replacements_and_steps_stand_side_by_side(reader: Connection) -> None:
    found = rows(
        reader,
        "select point, event, old_serial, new_serial, old_final, new_initial, author, finding_id is null"
        " from dash.meter_event order by time",
    )
    assert found == [
        ("coke-a/M-P-11", "replaced", "N-OLD", "N-coke-a-P-11", 99000.0, 0.0, "计量员", True),
        ("chem-c/M-P-11", "reset_without_record", "N-chem-c-P-11", None, 51000.0, 2.0, None, False),
        ("chem-c/M-P-11", "corrected_tenfold", "N-chem-c-P-11", None, 520.0, 52.0, None, False),
    ]


def test_days_of_a_meter_that_stands_still(reader: Connection) -> None:
    found = rows(reader, "select point, reason, count(*), max(day) from dash.meter_sign group by 1, 2")
    assert found == [("coke-a/M-P-12", "frozen", 3, date(2026, 11, 12))]


def test_marks_read_as_the_domain_words_them(reader: Connection) -> None:
    assert rows(reader, "select dash.mark_names(%s)", list(MARK_WORDS)) == [("、".join(MARK_WORDS.values()),)]
    assert rows(reader, "select dash.mark_names('{}')") == [(None,)]


@pytest.mark.parametrize(
    ("rule", "subject", "expected"),
    [
        # 50,000 in, 20,000 + 24,000 below; 4,000 more hang below no place
        ("water.balance", "place:coke-a/P-01", (12.0, 10.0, "violation", "loss_over_band")),
        ("water.balance", "enterprise:coke-a", (4.0, 10.0, "compliant", "closed")),
        ("water.balance", "place:chem-c/P-01", (20.0, 10.0, "violation", "sub_exceeds_entry")),
        ("water.permit", "enterprise:coke-a", (500000.0, 600000.0, "compliant", "within_permit")),
        ("water.control_index", "enterprise:coke-a", (500000.0, 480000.0, "violation", "over_index")),
        ("water.control_index", "enterprise:chem-c", (200000.0, None, "undetermined", "no_index")),
        ("water.quota", "line:chem-c/L1", (None, None, "undetermined", "no_quota")),
        ("water.cap", "city:wuhai", (2.6e8, 3.29e8, "compliant", "within_cap")),
        ("data.arrival_rate", "park:new-park", (None, 90.0, "undetermined", "not_metered")),
    ],
)
def test_newest_finding_of_a_rule_and_subject(
    rule: str, subject: str, expected: tuple[object, ...], reader: Connection
) -> None:
    query = (
        "select value, limit_value, verdict, reason, month from dash.account_latest where rule_id = %s and subject = %s"
    )
    assert rows(reader, query, rule, subject) == [(*expected, "2026-10")]


def test_every_month_is_there_once(reader: Connection) -> None:
    found = rows(
        reader,
        "select month, count(*) from dash.account_month where rule_id = 'water.balance'"
        " and subject = 'place:coke-a/P-01' group by month order by month",
    )
    assert found == [(f"2026-{month:02}", 1) for month in range(6, 11)]


def test_what_is_not_judged_any_more_is_not_shown(filled_url: str) -> None:
    """October was judged, and of this boundary nothing was found: September's verdict does not stand for it."""
    query = "select month from dash.account_latest where rule_id = 'water.balance' and subject = 'place:coke-a/P-01'"
    with psycopg.connect(filled_url) as connection:
        assert connection.execute(query).fetchall() == [("2026-10",)]
        connection.execute(
            "update finding set superseded_at = %s where rule_id = 'water.balance' and subject = 'place:coke-a/P-01'"
            " and period_start = %s",
            (NOW, OCTOBER),
        )
        assert connection.execute(query).fetchall() == []
        connection.execute(
            "update rule_watermark set through_at = %s where rule_id = 'water.balance' and subject = 'month'",
            (OCTOBER,),
        )
        assert connection.execute(query).fetchall() == [("2026-09",)], "October is to be judged again"
        connection.rollback()


def test_a_line_stands_beside_every_document(reader: Connection) -> None:
    found = rows(
        reader,
        "select e, level_1, level_2, level_3, verdict, reason from dash.unit_energy where line = 'chem-c/L1'",
    )
    # 15,000 t of coke and 77.5 GWh for 25,000 t of carbide a month: (15000*0.9714 + 77500*0.1229)/25 kgce/t
    assert found == [(pytest.approx(963.83), 805.0, 823.0, 940.0, "violation", "over_level_3")]
    compared = rows(
        reader,
        "select name, limit_value, met from dash.unit_energy_comparison where line = 'chem-c/L1' order by position",
    )
    assert compared == [
        ("1级（先进值）", 805.0, False),
        ("2级（准入值）", 823.0, False),
        ("3级（限定值）", 940.0, False),
        ("标杆水平", 805.0, False),
        ("基准水平", 940.0, False),
        ("2022年清单 准入值", 823.0, False),
        ("2022年清单 先进值", 823.0, False),
    ]


def test_levels_of_coke_are_the_corrected_ones_or_none(reader: Connection) -> None:
    found = rows(
        reader, "select line, e is null, level_1, level_2, level_3, reason from dash.unit_energy where product = 'coke'"
    )
    # volatile 26.5 %, moisture 11 %: 12.54 + 3.67; wet quenching 46.46 on level 3
    assert sorted(found) == [
        ("coke-a/L1", False, *map(pytest.approx, (126.21, 126.21, 197.67)), "over_level_3"),
        ("coke-b/L1", True, None, None, None, "incomplete_data"),
    ]


def test_energy_of_an_enterprise_with_its_components(reader: Connection) -> None:
    found = rows(
        reader,
        "select equivalent_tce, equal_value_tce, reason from dash.energy_total where enterprise = 'chem-c'",
    )
    # 180,000 t of coke and 960 GWh; equal value takes 0.3 for 0.1229
    assert found == [(pytest.approx(174852 + 117984), pytest.approx(174852 + 288000), "over_10000_tce")]
    parts = rows(
        reader,
        "select kind, amount, tce, missing_months from dash.energy_component"
        " where enterprise = 'chem-c' and whose = '全企业' order by kind",
    )
    assert parts == [
        ("coke", 180000.0, pytest.approx(174852), None),
        ("electricity", 9.6e8, pytest.approx(117984), None),
    ]


def test_carbon_and_green_of_a_month(reader: Connection) -> None:
    found = rows(
        reader,
        "select fuel_t, process_t, electricity_t, t_co2, reason from dash.carbon_month"
        " where enterprise = 'chem-c' and month = '2026-10-01'",
    )
    ((fuel, process, electricity, total, reason),) = found
    assert (process, electricity, reason) == (None, pytest.approx(80000 * 0.6479), "no_budget")
    assert total == pytest.approx(fuel + electricity)
    green = rows(
        reader,
        "select green_pct, green_kwh, used_kwh, certificate_kwh from dash.green_month"
        " where rule_id = 'green.share' and subject = 'enterprise:chem-c' and month = '2026-10-01'",
    )
    assert green == [(10.0, 8e7, 8e8, 8e7)]


def test_all_targets_are_on_the_scoreboard(reader: Connection) -> None:
    assert rows(reader, "select count(*), count(distinct target_id) from dash.scoreboard") == [(156, 156)]
    assert rows(reader, "select count(*) from dash.scoreboard where state = 'not_computable' and why = ''") == [(0,)]
    found = rows(
        reader,
        "select state, value, gap, source ->> 'author', source ->> 'evidence' from dash.scoreboard"
        " where target_id = 'T129'",
    )
    assert found == [("on_track", 17.0, 1.0, "王工", "市工信局函")]


def test_scoreboard_before_anything_was_computed(empty_url: str) -> None:
    with psycopg.connect(empty_url) as connection:
        connection.execute(
            "insert into target values"
            " ('T1', '甲', 'issued', '乙', '>=', 90, '%', null, 2026, '局', 'water', 'auto', '', '')"
        )
        connection.execute("set local role dash_reader")
        found = connection.execute("select state, value, why from dash.scoreboard").fetchall()
        connection.rollback()
    assert found == [("unknown", None, "尚未计算")]


def test_words_cover_what_accounts_say(reader: Connection) -> None:
    of_accounts = "select distinct reason from dash.account_latest where rule_id !~ '^(ldar|duty)[.]'"
    said = {reason for (reason,) in rows(reader, of_accounts)}
    assert said <= WATER_REASONS.keys()
    gaps = rows(reader, "select distinct unnest(array[reason, detail]) from dash.coverage_gap")
    assert {word for (word,) in gaps} - {None} <= WATER_REASONS.keys()
    assert WATER_REASONS.keys() == WORDS.keys()
    assert account_words.TARGET_STATES.keys() == set(State)
    assert account_words.CHECK_MODES.keys() == set(CheckMode)
    assert account_words.DOCUMENT_STATUS.keys() == set(DocumentStatus)
    assert account_words.WATER_USES.keys() == set(WaterUse)
    assert account_words.METER_EVENTS.keys() == {"replaced", "corrected_tenfold", *STEP_REASONS.values()}


@pytest.mark.parametrize(
    ("words", "choice"),
    [
        (account_words.INTAKE_SOURCES, ("intake", "source")),
        (account_words.LINE_PRODUCTS, ("line", "product")),
        (account_words.CHARGING, ("line", "charging")),
        (account_words.QUENCHING, ("line", "quenching")),
        (account_words.QUOTA_GRADES, ("quota", "grade")),
        (account_words.FLOWS, ("metering_place", "flow")),
        (account_words.WATER_USES, ("metering_place", "use")),
        (account_words.MEDIA, ("metering_place", "medium")),
    ],
)
def test_the_register_reads_alike_in_tables_and_on_boards(words: Words, choice: tuple[str, str]) -> None:
    assert {code: word.text for code, word in words.items()} == SITE_WORDS[choice]


def test_every_evaluator_of_accounts_is_in_the_filled_city(reader: Connection) -> None:
    """What the boards show comes from the real evaluators, so each must have said something here."""
    judged = {
        name
        for (name,) in rows(
            reader,
            "select distinct h.evaluator from dash.rule_health h join dash.account_latest a using (rule_id)",
        )
    }
    assert LOOK_BACK.keys() & EVALUATORS.keys() <= judged


_BARE = """
insert into city values ('wuhai', '乌海市');
insert into district values ('wuda', '乌达区');
insert into park (code, name, district) values ('p', '园区', 'wuda');
insert into enterprise (code, name, district, park, industry, is_industrial, registered_from)
    values ('one', '独一家', 'wuda', 'p', 'coking', true, '2026-01-01');
insert into line (enterprise_id, code, name, product, in_service_from)
    select enterprise_id, 'L1', '一线', 'coke', '2026-01-01' from enterprise;
insert into metering_place (enterprise_id, code, name, level, in_service_from)
    select enterprise_id, c, c, 'unit', '2026-01-01' from enterprise cross join unnest(array['A', 'B']) c;
update metering_place b set parent_id = a.place_id from metering_place a where a.code = 'A' and b.code = 'B';
insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason, evidence,
                     computed_at)
select r.rule_id, 1, s, null, '2026-09-30T16:00:00Z', '2026-10-31T16:00:00Z', 'undetermined', 'incomplete_data', '{}',
       '2026-11-01T00:00:00Z'
from rule r
cross join unnest(array['city:wuhai', 'district:wuda', 'park:p', 'enterprise:one', 'line:one/L1', 'place:one/A']) s;
"""


@pytest.mark.parametrize("board", ["water", "balance", "energy", "carbon", "targets", "city"])
def test_one_of_each_with_nothing_known(board: str, empty_url: str) -> None:
    """Findings without a value, a limit and evidence, as an older version of a rule may have left them."""
    uid = f"plantwatch-{board}"
    with psycopg.connect(empty_url, options="-c timezone=UTC") as connection:
        fill_rules(connection)
        connection.execute(_BARE)
        connection.execute("set local role dash_reader")
        for panel in panels(DASHBOARDS[uid]):
            for target in panel["targets"]:
                query = expand(target["rawSql"], start=NOW - timedelta(days=60), end=NOW, chosen=everything(uid))
                connection.execute(query.encode()).fetchall()
        connection.rollback()
