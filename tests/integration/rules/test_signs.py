"""Signs of false data on a database: what is fetched, when a day is judged, and what late data does."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from domain.limits import Averaging, Limit, LimitKind, Region
from domain.periods import day_start
from rules.evaluators.outlet_day import HISTORY_DAYS, SignParams
from rules.families.contract import judge
from rules.families.signs import fetch
from rules.families.signwindows import Fetched, select, windows_of
from rules.pack import load_packs
from runtime.bench.signs import Stack
from simulators.air_register import STACKS
from storage import outlet_days
from storage.database import Database
from storage.hourly import upsert_hours
from tests.integration.rules.world import City, at, engine, step

RULES = load_packs()
SIGNS = sorted(rule_id for rule_id in RULES.variants if rule_id.startswith("sign."))
LATE = "sign.late_changed"
DAYS = HISTORY_DAYS + 4
#: (quantity, mg/m3) at 8 % oxygen, of all coke ovens.
LIMITS = [
    Limit(
        limit_id=number,
        origin="preset",
        outlet=None,
        process="coke_oven_stack",
        quantity=quantity,
        kind=LimitKind.ULE,
        averaging=Averaging.HOUR,
        region=Region.ANY,
        value=value,
        unit="mg/m3",
        decimals=0,
        reference_o2_pct=8.0,
        exempt_process=(),
        status="policy",
        enabled=True,
        valid_from=date(2020, 1, 1),
        valid_to=None,
    )
    for number, (quantity, value) in enumerate((("so2", 30.0), ("nox", 150.0), ("pm", 10.0)), 1)
]


def register(city: City, stack: Stack) -> None:
    """The simulated stack as the register has it; the ids of its points are those that the simulation uses."""
    plant = city.enterprise(stack.outlet.subject.key.partition("/")[0], since="2026-03-01")
    outlet = city.outlet(plant, "S1", process=stack.outlet.process)
    for point in stack.points:
        point_id = city.point(plant, point.point, point.quantity, outlet=outlet)
        assert point_id == point.point_id
        city.run(
            "update point set unit = %s, interval_s = %s, range_top = %s where point_id = %s",
            point.unit,
            point.interval_s,
            point.range_top,
            point_id,
        )
    for point in stack.points:
        if point.of is not None:
            city.run(
                "update point p set statistic = %s, of_point_id = q.point_id from point q"
                " where p.point_id = %s and q.code = %s and q.enterprise_id = p.enterprise_id",
                point.statistic,
                point.point_id,
                point.of,
            )
    for limit in stack.limits:
        city.run(
            "insert into emission_limit (origin, preset, process, quantity, kind, averaging, region, value, unit,"
            " decimals, reference_o2_pct, exempt_process, standard, clause, source, confidence, status, enabled,"
            " valid_from, author, reason, created_at) values ('preset', %s, %s, %s, 'ule', 'hour', 'any', %s, 'mg/m3',"
            " 0, %s, '{}', 's', 'c', 's', 'V2', 'policy', true, '2020-01-01', 'x', '', '2020-01-01')",
            limit.quantity,
            limit.process,
            limit.quantity,
            limit.value,
            limit.reference_o2_pct,
        )


def judged_by_hourly_rules(city: City, stack: Stack) -> None:
    """Findings of the hourly rules, as they would stand."""
    rows = stack.judged
    city.run(
        "insert into finding (rule_id, rule_version, subject, period_start, period_end, verdict, reason, value,"
        " limit_value, unit, evidence, computed_at) select r, 1, s, to_timestamp(h * 3600),"
        " to_timestamp(h * 3600 + 3600),"
        " case when o then 'violation' else 'compliant' end, '', v, l, 'mg/m3', '{}', '2026-03-01'"
        " from unnest(%s::text[], %s::text[], %s::int[], %s::float8[], %s::float8[], %s::bool[])"
        " as t (r, s, h, v, l, o)",
        [row.rule_id for row in rows],
        [row.subject for row in rows],
        [row.hour for row in rows],
        [row.value for row in rows],
        [row.limit for row in rows],
        [row.over for row in rows],
    )


def repeat_some_hours(stack: Stack) -> None:
    """Two hours of the last day are digit by digit those of ten days before."""
    first = np.flatnonzero(stack.windows.point_id == 1)[0]
    last_day = first + (DAYS - 1) * 24
    stack.hours.digest[last_day + 8 : last_day + 10] = stack.hours.digest[last_day - 240 + 8 : last_day - 240 + 10]


def same(left: Any, right: Any) -> None:
    """Columns of two sets of rows, in order of point and of their second column."""
    names = list(type(left).__slots__)
    for one in (left, right):
        assert len({len(getattr(one, name)) for name in names}) == 1
    order = [np.lexsort((getattr(one, names[1]), one.point_id)) for one in (left, right)]
    for name in names:
        a, b = getattr(left, name)[order[0]], getattr(right, name)[order[1]]
        np.testing.assert_allclose(a, b, rtol=1e-9, err_msg=name)


async def test_the_store_gives_what_was_computed(city: City, database: Database) -> None:
    stack = Stack(STACKS[0], 7, DAYS, LIMITS)
    repeat_some_hours(stack)
    register(city, stack)
    judged_by_hourly_rules(city, stack)
    async with database.transaction() as connection:
        await upsert_hours(connection, stack.windows, stack.hours, day_start(stack.outlet_days[0][1]))
        (outlet,) = select(await outlet_days.points(connection), stack.outlet.first)
        told = ("point_id", "point", "quantity", "unit", "interval_s", "statistic", "of", "range_top")
        assert [[getattr(p, key) for key in told] for p in outlet.points] == [
            [getattr(p, key) for key in told] for p in stack.points
        ]
        rows = [(outlet, day) for _, day in stack.outlet_days[HISTORY_DAYS:]]
        seen = set()
        for rule_id in SIGNS:
            (rule,) = RULES.variants[rule_id]
            assert isinstance(rule.typed_params, SignParams)
            fetched, made = await fetch(connection, rule, rows), stack.fetched(rule.typed_params)
            if fetched.limits is not None:
                made.limits = fetched.limits
            made.quirks = {}
            found = [one for window in windows_of(rows, fetched) for one in judge(rule, window)]
            expected = [one for window in windows_of(rows, made) for one in judge(rule, window)]
            assert [(one.period, one.verdict, one.reason) for one in found] == [
                (one.period, one.verdict, one.reason) for one in expected
            ]
            assert [one.evidence["seen"] for one in found] == [one.evidence["seen"] for one in expected]
            seen |= {rule_id for one in found if one.reason == "seen"}
            compare_parts(fetched, made, {point.point_id for point in stack.points})
    assert seen == {"sign.duplicate_period"}


def compare_parts(fetched: Fetched, made: Fetched, points: set[int]) -> None:
    """The parts that were fetched, as far as they reach."""
    for name in ("days", "flagged", "calibrations"):
        found, computed = getattr(fetched, name), getattr(made, name)
        if found is None or not len(found.point_id):
            continue
        second = type(found).__slots__[1]
        inside = np.isin(computed.point_id, found.point_id)
        span = getattr(found, second)
        inside &= (getattr(computed, second) >= span.min()) & (getattr(computed, second) <= span.max())
        same(found, type(found)(*(getattr(computed, field)[inside] for field in type(found).__slots__)))
    assert set(fetched.hours.point_id.tolist()) <= points


def plant(city: City, quantities: tuple[str, ...] = ("so2",), since: str = "2026-11-01") -> dict[str, int]:
    return city.stack(city.enterprise("tianhe", since=since), quantities=quantities)


def corrected_late(city: City, point: int, when: str) -> None:
    """An hour whose readings came late and were not what had been stored."""
    city.run(
        "update hourly set marks = '{corrected}', late_count = 60 where point_id = %s and hour_at = %s", point, at(when)
    )
    city.work("hour", point, at(when))


async def test_a_day_is_judged_when_it_has_closed(city: City, database: Database) -> None:
    points = plant(city)
    judging = engine(database, LATE)
    city.hours(points["so2"], at("2026-11-01"), 24, 16.0)
    await step(judging, "2026-11-02 00:09")
    assert city.current(LATE) == []
    report = await step(judging, "2026-11-02 00:10")
    assert (report.judged, report.written) == (1, 1)
    assert city.brief(LATE) == [("11-01 00", "compliant", "not_seen")]
    (row,) = city.current(LATE)
    assert row["subject"] == "outlet:tianhe/S1"
    assert row["evidence"]["weight"] == 1.0
    assert row["period_end"] == at("2026-11-02")
    assert (await step(judging, "2026-11-02 12:00")).judged == 0


async def test_late_data_judge_their_own_day_again(city: City, database: Database) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-11-01"), 72, 16.0)
    judging = engine(database, LATE)
    await step(judging, "2026-11-04 00:10")
    assert [row[2] for row in city.brief(LATE)] == ["not_seen"] * 3
    before = {row["period_start"]: row["finding_id"] for row in city.current(LATE)}

    corrected_late(city, points["so2"], "2026-11-02 10:00")
    report = await step(judging, "2026-11-04 00:11")
    assert (report.judged, report.written, report.superseded) == (1, 1, 1)
    assert city.brief(LATE)[1] == ("11-02 00", "violation", "seen")
    after = {row["period_start"]: row["finding_id"] for row in city.current(LATE)}
    assert {start for start in before if before[start] != after[start]} == {at("2026-11-02")}
    (entry,) = city.current(LATE)[1]["evidence"]["seen"]
    assert (entry["point"], entry["hours"]) == ("S1-SO2", ["2026-11-02T02:00:00Z"])


async def test_an_unsettled_hour_is_waited_for(city: City, database: Database) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-11-01"), 72, 16.0)
    city.dirty(points["o2"], at("2026-11-02 08:00"))
    judging = engine(database, LATE)
    report = await step(judging, "2026-11-04 00:10")
    assert (report.deferred, len(city.current(LATE))) == ([LATE], 1)
    city.clean()
    report = await step(judging, "2026-11-04 00:11")
    assert (report.deferred, len(city.current(LATE))) == ([], 3)


async def test_bounded_steps_find_the_same(city: City, database: Database) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-11-01"), 24 * 5, 16.0)
    await step(engine(database, LATE, batch_rows=80), "2026-11-06 00:10")
    assert [row[0] for row in city.brief(LATE)] == [f"11-0{day} 00" for day in range(1, 6)]


async def test_too_few_hours_are_said_so(city: City, database: Database) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-11-01"), 19, 16.0)
    await step(engine(database, LATE), "2026-11-02 00:10")
    assert city.brief(LATE) == [("11-01 00", "undetermined", "too_little_data")]


async def test_an_outlet_without_what_a_sign_needs_has_no_finding(city: City, database: Database) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-11-01"), 24, 16.0)
    judging = engine(database, "sign.")
    report = await step(judging, "2026-11-02 00:10")
    assert report.failed == {}
    found = {row["rule_id"] for row in city.run("select rule_id from finding where rule_id like 'sign.%%'")}
    assert not found & {"sign.flatline", "sign.zs_mismatch", "sign.flow_inconsistent", "sign.range_top", "sign.qn"}
    assert found >= {"sign.clipping", "sign.duplicate_period", "sign.late_changed"}


async def test_a_point_that_never_was_takes_its_findings_away(city: City, database: Database) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-11-01"), 48, 16.0)
    judging = engine(database, LATE)
    await step(judging, "2026-11-03 00:10")
    city.run("update point set in_service_to = '2026-11-02' where point_id = %s", points["so2"])
    enterprise = city.one("select enterprise_id from enterprise")
    city.work("register", enterprise, at("2026-11-01"))
    report = await step(judging, "2026-11-03 00:11")
    assert (report.written, report.superseded) == (0, 1)
    assert city.brief(LATE) == [("11-01 00", "compliant", "not_seen")]


async def test_hours_near_a_limit_are_counted_from_findings(city: City, database: Database) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-11-01"), 24 * 30, 16.0)
    city.run(
        "insert into finding (rule_id, rule_version, subject, period_start, period_end, verdict, reason, value,"
        " limit_value, unit, evidence, computed_at) select 'legal.hourly', 1, 'pollutant:tianhe/S1/so2', h,"
        " h + interval '1 hour', 'compliant', 'within_limit', case when n %% 30 = 5 then 29.5 else 16 end, 30,"
        " 'mg/m3', '{}', h"
        " from generate_series(0, 719) n, lateral (select %s::timestamptz + n * interval '1 hour' as h) t",
        at("2026-11-01"),
    )
    judging = engine(database, "sign.clipping")
    await step(judging, "2026-12-01 00:10")
    verdicts = [row[2] for row in city.brief("sign.clipping")]
    assert verdicts[:9] == ["not_seen"] * 9  # fewer than 240 hours
    near = [5 + 30 * n for n in range(24)]
    expected = [
        day
        for day in range(9, 30)
        if any(hour // 24 == day for hour in near)
        and sum(hour < 24 * day + 24 for hour in near) >= 0.03 * (24 * day + 24)
    ]
    assert [day for day, reason in enumerate(verdicts) if reason == "seen"] == expected
    last = [row for row in city.current("sign.clipping") if row["reason"] == "seen"][-1]["evidence"]["seen"]
    assert (last[0]["detail"], last[0]["near_hours"], last[0]["over_hours"]) == ("near_limit", 24, 0)


async def test_a_stop_mark_on_a_stack_that_runs(city: City, database: Database) -> None:
    points = plant(city, ("so2", "flue_flow"))
    for point, mean in (("so2", 16.0), ("flue_flow", 210_000.0)):
        city.hours(points[point], at("2026-11-01"), 48, mean)
    judging = engine(database, "sign.stopped_running")
    await step(judging, "2026-11-03 00:10")
    assert [row[2] for row in city.brief("sign.stopped_running")] == ["not_seen", "not_seen"]
    mark_id = city.one(
        "insert into mark (enterprise_id, outlet_id, dimension, kind, start_at, end_at, origin, author, reason,"
        " created_at)"
        " select enterprise_id, outlet_id, 'process', 'stopped', %s, %s, 'manual', 'x', 'x', %s from outlet"
        " returning mark_id",
        at("2026-11-01 08:00"),
        at("2026-11-01 12:00"),
        at("2026-11-03 00:10"),
    )
    city.work("hour", points["so2"], at("2026-11-01 08:00"))
    await step(judging, "2026-11-03 00:11")
    assert [row[2] for row in city.brief("sign.stopped_running")] == ["seen", "not_seen"]
    evidence = city.current("sign.stopped_running")[0]["evidence"]
    assert (evidence["marks"], evidence["seen"][0]["detail"]) == ([mark_id], "stop_mark")


async def test_numbers_that_a_logger_used_again(city: City, database: Database) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-11-01"), 72, 16.0)
    enterprise = city.one("select enterprise_id from enterprise")
    city.run(
        "insert into tag (enterprise_id, protocol, device, name, point_id, unit, scale, zero)"
        " values (%s, 'hj212', 'MN1', '2011/a21026-Rtd', %s, 'mg/m3', 1, 0)",
        enterprise,
        points["so2"],
    )
    city.run(
        "insert into tolerated_quirk (enterprise_id, device, day, quirk, frames) values"
        " (%s, 'MN1', '2026-11-02', %s, 3),"
        " (%s, 'MN1', '2026-11-02', 'tail', 500), (%s, 'MN2', '2026-11-03', %s, 1)",
        enterprise,
        "qn_reused",
        enterprise,
        enterprise,
        "qn_backwards",
    )
    await step(engine(database, "sign.qn"), "2026-11-04 00:10")
    assert [row[2] for row in city.brief("sign.qn")] == ["not_seen", "seen", "not_seen"]
    (entry,) = city.current("sign.qn")[1]["evidence"]["seen"]
    assert (entry["station"], entry["frames"]) == ("MN1", {"qn_reused": 3, "qn_backwards": 0})


async def test_a_rule_that_fails_catches_up(city: City, database: Database) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-11-01"), 48, 16.0)
    judging = engine(database, LATE)
    await step(judging, "2026-11-03 00:10")
    city.run("alter table hourly rename column late_count to moved")
    city.work("hour", points["so2"], at("2026-11-01 10:00"))
    report = await step(judging, "2026-11-03 00:11")
    assert list(report.failed) == [LATE]
    city.run("alter table hourly rename column moved to late_count")
    city.run("update hourly set marks = '{corrected}', late_count = 1 where hour_at = %s", at("2026-11-01 10:00"))
    report = await step(judging, "2026-11-03 00:12")
    assert report.failed == {}
    assert [row[2] for row in city.brief(LATE)] == ["seen", "not_seen"]


async def test_scores_add_up_weights_of_thirty_days(city: City, database: Database) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-11-01"), 24 * 32, 16.0)
    for day in (1, 2, 3, 20):
        corrected_late(city, points["so2"], f"2026-11-{day:02} 10:00")
    await step(engine(database, LATE), "2026-12-03 00:10")
    assert city.run(
        "select day, sign, weight, verdict_code from dash.sign_day where verdict = 'violation' order by day"
    )[0] == {
        "day": (at("2026-11-01") + timedelta(hours=8)).date(),
        "sign": "late_changed",
        "weight": 1.0,
        "verdict_code": 2,
    }
    columns = "outlet, score, seen_days, signs, judged_days"
    # the newest judged day is 2 December: of the four days two lie in the 30 days up to it
    assert city.run(f"select {columns} from dash.sign_score") == [
        {"outlet": "tianhe/S1", "score": 2.0, "seen_days": 2, "signs": ["late_changed"], "judged_days": 30}
    ]
    assert city.run(f"select {columns} from dash.sign_score_at(%s)", at("2026-11-02 12:00")) == [
        {"outlet": "tianhe/S1", "score": 2.0, "seen_days": 2, "signs": ["late_changed"], "judged_days": 2}
    ]
