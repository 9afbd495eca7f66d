"""What the views say of sealing points, leaks, campaigns and duties of the filled city, counted here by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import psycopg
import pytest

from domain.leak_emission import Selection, rates
from rules.policy.leak_factors import columns, shipped_leak_factors
from tests.grafana.plant import NOW

Connection = psycopg.Connection[tuple[object, ...]]
SCHEDULES = 3  # GB 37822, GB 31571 and the city's


def rows(connection: Connection, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode(), parameters).fetchall()


def test_schedules_are_counted_apart_and_components_once(reader: Connection) -> None:
    found = rows(
        reader, "select rule_id, components, overdue, due_soon from dash.ldar_standing where enterprise = 'chem-c'"
    )
    assert sorted(found) == [(rule, 49, 7, 4) for rule in ("ldar.gb31571", "ldar.gb37822", "ldar.wuhai_yearly")]
    assert rows(reader, "select count(*), count(distinct component) from dash.ldar_overdue") == [(7 * SCHEDULES, 7)]
    assert rows(reader, "select sum(components) from dash.ldar_due_month where month is null") == [(7,)]


def test_the_heat_map_has_every_pair_in_order(reader: Connection) -> None:
    grid = rows(
        reader,
        "select unit, label, components from dash.ldar_due_grid(%s, array['__all__'], array['chem-c'], 40)"
        " order by slot, unit_rank",
        NOW,
    )
    assert len(grid) == 2 * 14
    assert [row[0] for row in grid[:2]] == ["丙化工 苯加氢", "丙化工 精馏单元"]  # what is overdue first
    assert [row[1] for row in grid[::2]][:3] == ["已逾期", "2026-11", "2026-12"]
    assert grid[0][2] == 7
    counted = rows(
        reader,
        "select sum(components) from dash.ldar_due_month"
        " where enterprise = 'chem-c' and coalesce(month < '2027-12-01', true)",
    )
    assert counted == [(sum(row[2] for row in grid),)]


def test_coverage_is_of_the_year_and_of_what_has_to_be_tested(reader: Connection) -> None:
    found = rows(
        reader, "select enterprise, unit_name, components, tested from dash.ldar_coverage_at(%s) order by 1, 2", NOW
    )
    assert found == [
        ("chem-c", "精馏单元", 20, 16),  # a spot check meets no schedule
        ("chem-c", "苯加氢", 29, 9),  # every third of 30 was tested, and one of these is exempt
        ("coke-b", "精馏单元", 20, 16),
    ]
    assert rows(reader, "select sum(tested) from dash.ldar_coverage_at('2026-05-01 00:00+08')") == [(0,)]


def test_open_leaks_have_the_earliest_terms(reader: Connection) -> None:
    found = rows(
        reader,
        "select component_code, state, attempt_due_on, repair_due_on from dash.leak_open"
        " where enterprise = 'chem-c' order by 1",
    )
    assert found == [
        ("B-16", "delayed", date(2026, 5, 15), date(2026, 12, 20)),
        ("B-2", "found", date(2026, 11, 10), date(2026, 11, 20)),
        ("B-3", "found", date(2026, 11, 10), date(2026, 11, 20)),
    ]
    assert rows(reader, "select count(*), count(*) filter (where is_open) from dash.leak") == [(8, 6)]


def test_what_a_standard_calls_repaired_has_no_term_by_it(filled_url: str) -> None:
    """The ledger goes by the lowest definition: it may call leaking what a standard does not any more."""
    with psycopg.connect(filled_url) as connection:
        connection.execute(
            """update finding set evidence = '{"closed_at": "2026-11-06T02:00:00Z"}'"""
            " where subject = 'component:chem-c/B-2' and rule_id like 'ldar.%'"
        )
        found = rows(
            connection,
            "select component_code, repair_due_on, standards from dash.leak_open"
            " where enterprise = 'chem-c' and component_code in ('B-2', 'B-3') order by 1",
        )
        connection.rollback()
    assert found == [("B-2", None, None), ("B-3", date(2026, 11, 20), "GB 37822-2019")]


@pytest.mark.parametrize("reading", [None, 0.0, 0.99, 1.0, 12.5, 49_999.0, 50_000.0, 2e5])
def test_the_database_computes_rates_as_the_domain_does(reading: float | None, reader: Connection) -> None:
    factors = shipped_leak_factors()
    net = np.full(len(factors), np.nan if reading is None else reading)
    expected, _ = rates(columns(factors), np.arange(len(factors)), net, Selection())
    found = rows(
        reader,
        "select family, kind, medium, dash.leak_kg_h(%s, coefficient_a, exponent_b, default_zero_kg_h, pegged_kg_h,"
        " average_kg_h, zero_below_umol_mol, pegged_from_umol_mol) from dash.leak_factor",
        reading,
    )
    by_class = {tuple(row[:3]): row[3] for row in found}
    assert by_class == {one.key: pytest.approx(kg_h) for one, kg_h in zip(factors, expected, strict=True)}


def test_duties_show_their_newest_term_and_what_is_behind(reader: Connection) -> None:
    found = rows(
        reader,
        "select subject_name, reason, is_newest, due_on from dash.duty_open where rule_id = 'duty.soil_monitoring'",
    )
    assert sorted(found, key=lambda row: (row[3], row[0])) == [
        ("乙焦化", "overdue", False, date(2026, 10, 31)),
        ("甲焦化", "done_without_evidence", False, date(2026, 10, 31)),
        ("丙化工", "scheduled", True, date(2026, 11, 30)),
        ("乙焦化", "scheduled", True, date(2026, 11, 30)),
        ("甲焦化", "scheduled", True, date(2026, 11, 30)),
    ]
    of_city = "select subject_name, district, reason from dash.duty_open where rule_id = 'duty.retrofit_dispatch'"
    assert rows(reader, of_city) == [("乌海市", None, "due_soon")]


def test_the_calendar_counts_tests_and_repairs_beside_duties(reader: Connection) -> None:
    found = rows(
        reader,
        "select what, sum(items) from dash.duty_calendar"
        " where enterprise = 'chem-c' and due_on = '2026-11-20' group by 1",
    )
    assert sorted(found) == [("密封点检测", 1), ("泄漏修复", 2)]
