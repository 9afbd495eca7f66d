"""Monthly accounts on a real database: summed up when a month has closed, judged, and judged again when anything of it
changes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from rules.evaluators.contract import EVALUATORS, Judgement
from storage.database import Database
from storage.decisions import NewDecision, add_decision
from storage.ledger import NewEntry, add_entries
from tests.integration.rules.world import City, at, engine, step

BALANCE = "water.balance"
SOLID = "solid.rate"
CAP = "water.cap"
#: From 00:00 of 1 November to 00:00 of 1 December, Asia/Shanghai.
NOVEMBER_HOURS = 30 * 24


class Mains(City):
    """One plant with a main and two workshops below it, registered on 1 November."""

    plant: int
    points: dict[str, int]

    def lay(self) -> Mains:
        self.plant = self.enterprise("tianhe")
        self.points = {}
        parent = None
        for code in ("P0", "P1", "P2"):
            place = self.one(
                "insert into metering_place (enterprise_id, code, name, level, parent_id, in_service_from)"
                " values (%s, %s, %s, %s, %s, '2020-01-01') returning place_id",
                self.plant, code, code, "secondary" if parent else "unit", parent,
            )  # fmt: skip
            parent = parent or place
            self.points[code] = self.point(self.plant, f"W-{code}", "water_volume")
            self.run(
                "insert into meter (enterprise_id, place_id, serial, verified_on, verification_months, installed_on,"
                " point_id) values (%s, %s, %s, '2026-01-01', 24, '2025-01-01', %s)",
                self.plant, place, code, self.points[code],
            )  # fmt: skip
        return self

    def flow(self, code: str, per_hour: float, *, since: str = "2026-11-01", hours: int = NOVEMBER_HOURS) -> None:
        """Hourly rows as the roll-up writes them."""
        self.run(
            "insert into hourly (point_id, hour_at, increment, valid_minutes, reading_count, valid_count, flag_counts,"
            " marks, computed_at) select %s, %s::timestamptz + n * interval '1 hour', %s, 60, 1, 1, '{}', '{}', %s"
            " from generate_series(0, %s - 1) n",
            self.points[code], at(since), per_hour, at(since), hours,
        )  # fmt: skip

    def late(self, code: str, when: str, increment: float, *, marks: str = "{}") -> None:
        """A late reading changes an hour, and the roll-up tells the rules."""
        self.run(
            "update hourly set increment = %s, marks = %s::text[] where point_id = %s and hour_at = %s",
            increment, marks, self.points[code], at(when),
        )  # fmt: skip
        self.work("hour", self.points[code], at(when))

    def said(self, rule_id: str = BALANCE, subject: str = "place:tianhe/P0") -> list[tuple[str, str, float | None]]:
        return [(row["verdict"], row["reason"], row["value"]) for row in self.current(rule_id, subject)]


@pytest.fixture
def mains(database_url: str) -> Iterator[Mains]:
    made = Mains(database_url).lay()
    yield made
    made.connection.close()


async def test_a_month_is_judged_again_when_a_register_that_it_rests_on_is_mended_later(
    mains: Mains, database: Database
) -> None:
    for code, per_hour in (("P0", 10.0), ("P1", 4.0), ("P2", 6.0)):
        mains.flow(code, per_hour)
    mains.run("update metering_place set in_service_to = '2026-10-01' where code = 'P2'")
    judging = engine(database, BALANCE)
    await step(judging, "2026-12-01 00:10")
    assert mains.said() == [("violation", "loss_over_band", 60.0)]
    mains.run("update metering_place set in_service_to = null where code = 'P2'")
    mains.work("register", mains.plant, at("2026-12-05"))  # as the register's door writes them
    mains.work("metering", mains.plant, at("2020-01-01"))
    await step(judging, "2026-12-05 00:10")
    assert mains.said() == [("compliant", "closed", 0.0)]


async def entered(database: Database, item: str, first: date, value: float, enterprise: str | None = None) -> None:
    kind = "month"
    async with database.transaction() as connection:
        new = NewEntry(enterprise, None, item, kind, first, value, "", "台账")
        await add_entries(connection, [new], author="李", origin="api", at=at("2026-12-02"))


async def test_a_month_is_local_and_closes_with_the_grace(mains: Mains, database: Database) -> None:
    mains.flow("P0", 10.0)
    mains.flow("P1", 6.0)
    mains.flow("P2", 3.5)
    mains.flow("P2", 900.0, since="2026-12-01", hours=1)  # the first hour of December is no part of November
    judging = engine(database, BALANCE)
    assert (await step(judging, "2026-12-01 00:09")).written == 0
    assert (await step(judging, "2026-12-01 00:10")).written == 2
    (row,) = mains.current(BALANCE, "place:tianhe/P0")
    assert (row["period_start"], row["period_end"]) == (at("2026-11-01"), at("2026-12-01"))
    assert (row["verdict"], row["reason"], row["value"]) == ("compliant", "closed", 5.0)
    assert (row["evidence"]["entry"], row["evidence"]["subs"]) == (7200.0, 6840.0)
    assert mains.count("point_month") == 3
    assert (await step(judging, "2026-12-01 09:00")).is_idle


async def test_a_late_hour_changes_the_total_and_an_equal_one_nothing(mains: Mains, database: Database) -> None:
    for code, flow in (("P0", 10.0), ("P1", 6.0), ("P2", 3.5)):
        mains.flow(code, flow)
    judging = engine(database, BALANCE)
    await step(judging, "2026-12-01 01:00")
    mains.late("P2", "2026-11-30 23:00", 3.5)
    report = await step(judging, "2026-12-01 02:00")
    assert (report.work, report.judged, report.written) == (1, 0, 0), "the total is the same: nothing to judge"
    mains.late("P1", "2026-11-30 23:00", 2000.0)
    report = await step(judging, "2026-12-01 03:00")
    assert (report.written, report.superseded) == (2, 2), "the watch of 5 % beside the band of 10 %"
    ((verdict, reason, value),) = mains.said()
    assert (verdict, reason) == ("violation", "sub_exceeds_entry")
    assert value == pytest.approx(100 * (6840 + 1994 - 7200) / 7200)
    mains.late("P1", "2026-11-30 23:00", 6.0, marks="{reset}")
    await step(judging, "2026-12-01 04:00")
    assert mains.said() == [("undetermined", "incomplete_data", 5.0)]


async def test_hours_that_are_not_rolled_up_hold_the_month_back(mains: Mains, database: Database) -> None:
    for code, flow in (("P0", 10.0), ("P1", 6.0), ("P2", 3.5)):
        mains.flow(code, flow)
    judging = engine(database, BALANCE)
    mains.dirty(mains.points["P1"], at("2026-11-30 23:00"))
    mains.dirty(mains.points["P1"], at("2026-12-01 00:00"))  # of December, not in the way
    assert (await step(judging, "2026-12-01 01:00")).deferred == [BALANCE, f"{BALANCE}_watch"]
    assert mains.said() == []
    mains.run("delete from dirty_hour where hour_at = %s", at("2026-11-30 23:00"))
    assert (await step(judging, "2026-12-01 01:01")).deferred == []
    assert len(mains.said()) == 1


async def test_a_gap_over_the_end_of_a_month_belongs_to_the_later_one(mains: Mains, database: Database) -> None:
    for code, flow in (("P0", 10.0), ("P1", 6.0), ("P2", 3.5)):
        mains.flow(code, flow, hours=NOVEMBER_HOURS - 20)
        mains.flow(code, flow, since="2026-12-01 05:00", hours=31 * 24 - 5)
        mains.run(
            "update hourly set increment = 26 * %s::float8, marks = '{gap}', gap_from = %s"
            " where point_id = %s and hour_at = %s",
            flow, at("2026-11-30 04:00"), mains.points[code], at("2026-12-01 05:00"),
        )  # fmt: skip
    judging = engine(database, BALANCE)
    await step(judging, "2027-01-01 01:00")
    assert [row[:2] for row in mains.said()] == [("compliant", "closed")] * 2
    november, december = [row["evidence"]["entries"][0] for row in mains.current(BALANCE, "place:tianhe/P0")]
    assert november["total"] + december["total"] == 10.0 * 61 * 24, "nothing is lost between two months"
    assert (november["carried"], december["carried"], december["bridged"]) == (0.0, 260.0, 260.0)


async def test_what_is_reported_is_judged_again_when_it_changes(mains: Mains, database: Database) -> None:
    judging = engine(database, SOLID, CAP)
    await entered(database, "solid.generated", date(2026, 11, 1), 100.0, "tianhe")
    await entered(database, "solid.utilised", date(2026, 11, 1), 50.0, "tianhe")
    await step(judging, "2026-12-02 01:00")
    assert mains.said(SOLID, "enterprise:tianhe") == [("violation", "target_not_met", 50.0)]
    assert mains.said(CAP, "city:wuhai")[0][:2] == ("undetermined", "no_city_total")
    await entered(database, "solid.utilised", date(2026, 11, 1), 97.0, "tianhe")
    await entered(database, "solid.utilised", date(2026, 11, 1), 97.0, "tianhe")
    for month in range(1, 12):
        await entered(database, "water.total", date(2026, month, 1), 20e6)
    report = await step(judging, "2026-12-02 02:00")
    assert report.failed == {}
    assert mains.said(SOLID, "enterprise:tianhe") == [("compliant", "target_met", 97.0)]
    assert mains.said(CAP, "city:wuhai") == [("compliant", "within_cap", 220e6)]


async def test_a_figure_of_january_reaches_the_later_months_of_its_year(mains: Mains, database: Database) -> None:
    mains.run("update enterprise set registered_from = '2026-09-01'")
    judging = engine(database, CAP)
    for month in range(2, 12):
        await entered(database, "water.total", date(2026, month, 1), 20e6)
    await step(judging, "2026-12-02 01:00")
    assert {reason for _, reason, _ in mains.said(CAP, "city:wuhai")} == {"no_city_total"}
    await entered(database, "water.total", date(2026, 1, 1), 20e6)
    await step(judging, "2026-12-02 02:00")
    assert [value for _, _, value in mains.said(CAP, "city:wuhai")] == [180e6, 200e6, 220e6]


async def test_a_subject_that_is_no_more_loses_its_finding(mains: Mains, database: Database) -> None:
    for code, flow in (("P0", 10.0), ("P1", 6.0), ("P2", 3.5)):
        mains.flow(code, flow)
    judging = engine(database, BALANCE)
    await step(judging, "2026-12-01 01:00")
    mains.run("update metering_place set parent_id = null")
    mains.work("register", mains.plant, at("2026-11-15"))
    await step(judging, "2026-12-01 02:00")
    assert mains.said() == []
    assert mains.said(subject="enterprise:tianhe") == [("compliant", "closed", 5.0)]


async def test_a_rule_that_is_enabled_later_judges_from_its_day(mains: Mains, database: Database) -> None:
    for code, flow in (("P0", 10.0), ("P1", 6.0), ("P2", 3.5)):
        mains.flow(code, flow)
    mains.run("update metering_place set parent_id = null")
    judging = engine(database, "water.leak_rate")
    await step(judging, "2026-12-01 01:00")
    assert mains.said("water.leak_rate", "enterprise:tianhe") == []
    async with database.transaction() as connection:
        decided = NewDecision("water.leak_rate", date(2026, 11, 1), True, {}, "王", "已核对", "标准原文")
        await add_decision(connection, decided, at("2026-12-01 02:00"))
    await step(judging, "2026-12-01 02:00")
    assert mains.said("water.leak_rate", "enterprise:tianhe") == [("violation", "over_limit", 5.0)]


async def test_two_engines_judge_a_month_once(mains: Mains, database: Database) -> None:
    for code, flow in (("P0", 10.0), ("P1", 6.0), ("P2", 3.5)):
        mains.flow(code, flow)
    one, other = engine(database, BALANCE), engine(database, BALANCE)
    await asyncio.gather(step(one, "2026-12-01 01:00"), step(other, "2026-12-01 01:00"))
    await asyncio.gather(step(one, "2026-12-01 01:01"), step(other, "2026-12-01 01:01"))
    assert len(mains.run("select finding_id from finding where rule_id = %s", BALANCE)) == 1
    assert len(mains.said()) == 1


async def test_a_register_of_nobody_stops_nothing(mains: Mains, database: Database) -> None:
    mains.run("delete from meter")
    mains.run("delete from point")
    mains.run("update metering_place set parent_id = null")
    mains.run("delete from metering_place")
    mains.run("delete from enterprise")
    report = await step(engine(database, BALANCE, CAP), "2026-12-01 01:00")
    assert report.failed == {}
    assert mains.count("finding") == mains.one("select count(*) from finding where rule_id = 'platform.rule_failed'")


async def test_months_without_end_are_judged_in_portions(mains: Mains, database: Database) -> None:
    mains.run("update enterprise set registered_from = '2025-01-01'")
    judging = engine(database, BALANCE)
    await step(judging, "2026-12-01 01:00")
    starts = [row["period_start"] for row in mains.current(BALANCE, "place:tianhe/P0")]
    assert len(starts) == 23
    assert starts[0] == at("2025-01-01")
    assert timedelta(days=27) < starts[-1] - starts[-2] < timedelta(days=32)


async def test_a_meter_that_was_taken_away_leaves_the_month_open_and_one_that_is_entered_late_closes_it(
    mains: Mains, database: Database
) -> None:
    for code, flow in (("P0", 10.0), ("P1", 6.0), ("P2", 3.5)):
        mains.flow(code, flow)
    mains.run("update meter set removed_on = '2026-11-11' where serial = 'P2'")
    mains.run("delete from hourly where point_id = %s and hour_at >= %s", mains.points["P2"], at("2026-11-11"))
    judging = engine(database, BALANCE)
    await step(judging, "2026-12-01 01:00")
    assert [row[:2] for row in mains.said()] == [("undetermined", "incomplete_data")], "not a leak of 25 %"
    other = mains.point(mains.plant, "W-P2-new", "water_volume")
    place = mains.one("select place_id from metering_place where code = 'P2'")
    mains.run(
        "insert into meter (enterprise_id, place_id, serial, verified_on, verification_months, installed_on, point_id)"
        " values (%s, %s, 'P2-new', '2026-11-01', 24, '2026-11-11', %s)",
        mains.plant, place, other,
    )  # fmt: skip
    mains.points["new"] = other
    mains.flow("new", 3.5, since="2026-11-11", hours=20 * 24)
    for hour in (at("2026-11-11") + timedelta(hours=n) for n in range(20 * 24)):
        mains.work("hour", other, hour)
    mains.work("register", mains.plant, at("2026-11-11"))
    await step(judging, "2026-12-02 01:00")
    assert mains.said() == [("compliant", "closed", 5.0)]


async def test_what_a_long_gap_left_is_neither_months_loss(mains: Mains, database: Database) -> None:
    mains.flow("P1", 6.0, hours=61 * 24)
    mains.flow("P2", 3.5, hours=61 * 24)
    mains.flow("P0", 10.0, hours=20 * 24)
    mains.flow("P0", 10.0, since="2026-12-01 05:00", hours=31 * 24 - 5)
    mains.run(
        "update hourly set increment = 2460, marks = '{gap}', gap_from = %s where point_id = %s and hour_at = %s",
        at("2026-11-21 00:00"), mains.points["P0"], at("2026-12-01 05:00"),
    )  # fmt: skip
    judging = engine(database, BALANCE)
    await step(judging, "2027-01-01 01:00")
    assert [row[:2] for row in mains.said()] == [("undetermined", "incomplete_data")] * 2
    november, december = [row["evidence"]["entries"][0] for row in mains.current(BALANCE, "place:tianhe/P0")]
    assert (november["why"], december["why"]) == ("open_gap", "long_carry")
    assert november["total"] + december["total"] == 10.0 * 61 * 24, "nothing is lost"


async def test_a_rule_with_a_mistake_stops_no_other(
    mains: Mains, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object) -> list[Judgement]:
        raise ZeroDivisionError("a mistake")

    for code, flow in (("P0", 10.0), ("P1", 6.0), ("P2", 3.5)):
        mains.flow(code, flow)
    judging = engine(database, BALANCE, CAP)
    with monkeypatch.context() as patch:
        patch.setitem(EVALUATORS, "water_cap", replace(EVALUATORS["water_cap"], judge=wrong))
        report = await step(judging, "2026-12-01 01:00")
    assert set(report.failed) == {CAP, f"{CAP}_watch"}
    assert mains.said() == [("compliant", "closed", 5.0)]
    assert mains.said(CAP, "city:wuhai") == []
    assert (await step(judging, "2026-12-01 02:00")).failed == {}
    assert mains.said(CAP, "city:wuhai")[0][:2] == ("undetermined", "no_city_total")
