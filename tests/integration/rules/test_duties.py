"""Duties with a date over their life: records, lists, meters, and that a day writes only what it has changed."""

from __future__ import annotations

from datetime import date

from psycopg.types.json import Jsonb

from rules.engine import Engine, EngineSettings
from rules.pack import RuleSet, load_packs
from runtime.decide import Request, decide
from storage import duties
from storage.database import Database
from storage.duties import NewAttachment, NewRecord, RecordFate
from tests.integration.rules.world import City, at, engine, step

WEEKLY, SOIL, DANGER = "duty.visual_weekly", "duty.soil_monitoring", "duty.hidden_danger"
DISPATCH, METERS = "duty.retrofit_dispatch", "duty.meter_verification"


def listed(city: City, enterprise: int, since: str, until: str | None = None, name: str = "soil_key_unit") -> None:
    city.run("insert into enterprise_list values (%s, %s, %s, %s, '名录')", enterprise, name, since, until)
    registered(city, enterprise)


def registered(city: City, enterprise: int) -> None:
    """What an import of the register leaves for the rules."""
    city.run("insert into rule_work (kind, key, at) values ('register', %s, '2020-01-01Z')", enterprise)


async def record(
    database: Database, rule: str, subject: str, enterprise: int | None, day: str, *kinds: str, when: str
) -> int:
    new = NewRecord(rule, subject, enterprise, date.fromisoformat(day), tuple((kind, "编号1") for kind in kinds), None)
    async with database.transaction() as connection:
        (kept,) = await duties.keep_records(connection, [new], author="王工", origin="api", at=at(when))
    return kept.record_id


async def test_a_week_of_visual_checks(city: City, database: Database) -> None:
    plant = city.enterprise("tianhe", since="2026-11-01")
    city.components(plant, 2000)
    judging = engine(database, WEEKLY)
    await step(judging, "2026-11-02 00:10")
    assert city.brief(WEEKLY) == []  # the first Monday has not closed
    await step(judging, "2026-11-03 00:10")
    assert city.brief(WEEKLY) == [("11-02 00", "compliant", "scheduled")]
    (finding,) = city.current(WEEKLY)
    assert (finding["subject"], finding["enterprise_id"]) == ("enterprise:tianhe", plant)
    assert finding["period_end"] == at("2026-11-09")
    assert (await step(judging, "2026-11-05 00:10")).written == 0
    await step(judging, "2026-11-07 00:10")
    assert city.brief(WEEKLY) == [("11-02 00", "compliant", "due_soon")]
    await step(judging, "2026-11-10 00:10")
    assert city.brief(WEEKLY) == [("11-02 00", "violation", "overdue"), ("11-09 00", "compliant", "scheduled")]
    await record(database, WEEKLY, "enterprise:tianhe", plant, "2026-11-10", when="2026-11-10 09:00")
    report = await step(judging, "2026-11-10 09:00:05")
    assert (report.written, report.superseded) == (1, 1)
    assert city.brief(WEEKLY) == [("11-02 00", "violation", "overdue"), ("11-09 00", "compliant", "done_in_time")]
    assert city.current(WEEKLY)[1]["evidence"]["met_at"] == "2026-11-09T16:00:00Z"
    # found in a drawer: the week before was done
    await record(database, WEEKLY, "enterprise:tianhe", plant, "2026-11-04", when="2026-11-12 09:00")
    await step(judging, "2026-11-12 09:00:05")
    assert [row[1:] for row in city.brief(WEEKLY)] == [("compliant", "done_in_time")] * 2
    assert (await step(judging, "2026-11-13 00:10")).written == 0


async def test_below_the_threshold_nobody_checks(city: City, database: Database) -> None:
    city.components(city.enterprise("tianhe", since="2026-11-01"), 1999)
    report = await step(engine(database, WEEKLY), "2026-11-20 00:10")
    assert (report.judged, report.by_rule[WEEKLY].subjects) == (0, 0)


async def test_a_list_that_is_joined_left_and_corrected(city: City, database: Database) -> None:
    plant = city.enterprise("tianhe", since="2025-01-01")
    other = city.enterprise("beishan", since="2025-01-01")
    listed(city, plant, "2025-01-01")
    judging = engine(database, SOIL, DANGER)
    await step(judging, "2026-01-02 00:10")
    assert city.brief(SOIL, "enterprise:tianhe") == [
        ("01-01 00", "violation", "overdue"),
        ("01-01 00", "compliant", "scheduled"),
    ]
    assert city.brief(DANGER) == [("01-01 00", "compliant", "scheduled")]
    listed(city, other, "2025-01-01")
    await step(judging, "2026-01-03 00:10")
    assert len(city.brief(SOIL)) == 4
    city.run("delete from enterprise_list where enterprise_id = %s", other)  # it was a mistake
    registered(city, other)
    await step(judging, "2026-01-03 12:00")
    assert city.brief(SOIL, "enterprise:beishan") == city.brief(DANGER, "enterprise:beishan") == []
    city.run("update enterprise_list set listed_to = '2026-01-04' where enterprise_id = %s", plant)
    registered(city, plant)
    await step(judging, "2026-01-05 00:10")
    assert [row[1:] for row in city.brief(SOIL)] == [("violation", "overdue"), ("compliant", "ended")]
    assert city.brief(DANGER) == []


async def test_evidence_makes_a_record_count_and_a_withdrawal_takes_it_away(city: City, database: Database) -> None:
    plant = city.enterprise("tianhe", since="2025-01-01")
    listed(city, plant, "2025-01-01")
    judging = engine(database, SOIL)
    await step(judging, "2025-11-20 00:10")
    first = await record(database, SOIL, "enterprise:tianhe", plant, "2025-11-10", when="2025-11-20 09:00")
    await step(judging, "2025-11-20 09:01")
    assert city.brief(SOIL) == [("01-01 00", "undetermined", "done_without_evidence")]
    assert city.current(SOIL)[0]["evidence"]["missing"] == ["report"]
    async with database.transaction() as connection:
        held = await duties.lock_record(connection, first)
        new = NewAttachment("report", "报告.pdf", "application/pdf", "0" * 64, b"%PDF-1.7")
        attached = await duties.add_attachment(connection, held, new, "王工", at("2025-11-20 10:00"))
        again = await duties.add_attachment(connection, held, new, "王工", at("2025-11-20 10:00"))
    assert (attached[0], attached[1], again) == (again[0], True, (attached[0], False))
    await step(judging, "2025-11-20 10:01")
    assert city.brief(SOIL) == [("01-01 00", "compliant", "done_in_time")]
    # a correction of the same day keeps what was attached
    second = await record(database, SOIL, "enterprise:tianhe", plant, "2025-11-10", "photo", when="2025-11-21 09:00")
    assert second != first
    await step(judging, "2025-11-21 09:01")
    assert city.brief(SOIL) == [("01-01 00", "compliant", "done_in_time")]
    assert city.current(SOIL)[0]["evidence"]["record_id"] == second
    async with database.transaction() as connection:
        held = await duties.lock_record(connection, second)
        await duties.withdraw_record(connection, held, "李科长", "不是本企业的报告", at("2025-11-22 09:00"))
    await step(judging, "2025-11-22 09:01")
    assert city.brief(SOIL)[0][1:] == ("compliant", "due_soon")


async def test_the_city_and_its_month(city: City, database: Database) -> None:
    city.enterprise("tianhe", since="2026-10-01")
    judging = engine(database, DISPATCH)
    await step(judging, "2026-10-17 00:10")
    assert city.brief(DISPATCH, "city:wuhai") == [("10-01 00", "violation", "overdue")]
    await record(database, DISPATCH, "city:wuhai", None, "2026-10-16", when="2026-10-17 09:00")
    await step(judging, "2026-10-17 09:01")
    assert city.brief(DISPATCH) == [("10-01 00", "violation", "done_late")]
    assert city.current(DISPATCH)[0]["enterprise_id"] is None


async def test_meters_by_the_register(city: City, database: Database) -> None:
    plant = city.enterprise("tianhe", since="2026-01-01")
    city.metered(plant, "W1", verified="2024-11-10", months=24)
    judging = engine(database, METERS)
    await step(judging, "2026-11-02 00:10")
    assert city.brief(METERS) == [("11-10 00", "compliant", "due_soon")]
    await step(judging, "2026-11-12 00:10")
    assert city.brief(METERS) == [("11-10 00", "violation", "overdue")]
    city.run("update meter set verified_on = '2026-11-20'")
    registered(city, plant)
    await step(judging, "2026-11-21 00:10")
    assert [row[1:] for row in city.brief(METERS)] == [("violation", "done_late"), ("compliant", "scheduled")]
    assert city.current(METERS)[0]["evidence"]["met_at"] == "2026-11-19T16:00:00Z"
    assert (await step(judging, "2026-11-22 00:10")).written == 0
    registered(city, plant)
    assert (await step(judging, "2026-11-22 00:20")).written == 0


async def test_a_record_looks_at_its_enterprise_alone(city: City, database: Database) -> None:
    plants = [city.enterprise(f"plant-{number}", since="2026-06-01") for number in range(5)]
    for plant in plants:
        city.components(plant, 2000)
    judging = engine(database, WEEKLY)
    await step(judging, "2026-11-20 00:10")
    judged = city.count("finding")
    await record(database, WEEKLY, "enterprise:plant-2", plants[2], "2026-11-19", when="2026-11-20 09:00")
    report = await step(judging, "2026-11-20 09:01")
    assert (report.judged, report.written) == (judged // 5, 1)
    report = await step(judging, "2026-11-21 00:10")
    assert report.judged <= 5 * 2  # the terms that a day may change


async def test_a_failed_rule_is_judged_anew_when_it_works_again(city: City, database: Database) -> None:
    plant = city.enterprise("tianhe", since="2025-01-01")
    listed(city, plant, "2025-01-01")
    judging = engine(database, SOIL)
    await step(judging, "2025-11-20 00:10")
    city.run("insert into duty_record (rule_id, subject, enterprise_id, done_on, documents, author, origin,"
             " received_at) values (%s, 'enterprise:tianhe', %s, '2025-05-01', %s, 'x', 'api', '2025-11-20Z')",
             SOIL, plant, Jsonb(["not a document"]))  # fmt: skip
    registered(city, plant)
    report = await step(judging, "2025-11-20 12:00")
    assert SOIL in report.failed
    city.run("update duty_record set documents = %s", Jsonb([{"kind": "report", "reference": "1"}]))
    registered(city, plant)
    await step(judging, "2025-11-20 13:00")
    await step(judging, "2025-11-21 00:10")
    assert city.brief(SOIL) == [("01-01 00", "compliant", "done_in_time")]


async def test_the_same_record_changes_nothing_and_another_of_the_day_corrects(city: City, database: Database) -> None:
    plant = city.enterprise("tianhe", since="2025-01-01")
    one = NewRecord(SOIL, "enterprise:tianhe", plant, date(2025, 5, 1), (("report", "A"),), None)
    other = NewRecord(SOIL, "enterprise:tianhe", plant, date(2025, 5, 1), (("report", "B"),), "更正")
    fates = []
    for new in (one, one, other, other, one):
        async with database.transaction() as connection:
            foretold = await duties.compare_records(connection, [new])
            (kept,) = await duties.keep_records(connection, [new], author="x", origin="file", at=at("2025-05-02"))
        assert foretold == [kept.fate]
        fates.append(kept.fate)
    new, same, corrected = RecordFate.NEW, RecordFate.SAME, RecordFate.CORRECTED
    assert fates == [new, same, corrected, same, corrected]
    assert city.run("select count(*), count(*) filter (where superseded_at is null) as current from duty_record") == [
        {"count": 3, "current": 1}
    ]
    assert city.count("rule_work") == 3


def only_enabled(rule_id: str) -> RuleSet:
    """A disabled rule as operators would put it into force."""
    rules = load_packs()
    enabled = [one.model_copy(update={"enabled": True}) for one in rules.variants[rule_id]]
    return RuleSet({rule_id: enabled}, rules.pack_of, ())


async def test_analysers_and_parks(city: City, database: Database) -> None:
    city.run("insert into park (code, name, district) values ('wuda-park', '乌达园区', 'wuda')")
    plant = city.enterprise("tianhe", since="2026-01-01")
    city.run("update enterprise set park = 'wuda-park'")
    stack = city.outlet(plant)
    city.point(plant, "S1-SO2", "so2", outlet=stack)
    city.point(plant, "S1-O2", "o2", outlet=stack)
    city.point(plant, "SO2-SPARE", "so2")
    await step(Engine(database, only_enabled("duty.cems_calibration"), EngineSettings()), "2026-03-01 00:10")
    assert [row["subject"] for row in city.current("duty.cems_calibration")] == ["point:tianhe/S1-SO2"]
    await step(Engine(database, only_enabled("duty.emergency_drill"), EngineSettings()), "2026-03-01 00:10")
    assert [row["subject"] for row in city.current("duty.emergency_drill")] == ["park:wuda-park"]


async def decide_on(database: Database, rule_id: str, day: str, enabled: bool, when: str, params: str = "{}") -> None:
    request = Request(rule_id, day, enabled, params, "张三", "专题会决定", "会议纪要〔2026〕3号")
    await decide(database, request, lambda: at(when))


async def test_a_duty_without_a_printed_period_is_put_into_force(city: City, database: Database) -> None:
    rule = "duty.water_balance_test"
    plant = city.enterprise("tianhe", since="2025-01-01")
    await record(database, rule, "enterprise:tianhe", plant, "2026-03-20", "report", when="2026-03-21")
    judging = engine(database, "duty.")
    await step(judging, "2026-04-01 00:10")
    assert city.brief(rule) == []
    await decide_on(database, rule, "2026-03-01", True, "2026-04-01 09:00", '{"years": 2}')
    await step(judging, "2026-04-01 09:01")
    assert city.brief(rule) == [("03-01 00", "compliant", "done_in_time"), ("03-20 00", "compliant", "scheduled")]
    assert city.current(rule)[1]["period_end"] == at("2028-03-21")


async def test_a_duty_is_put_out_of_force(city: City, database: Database) -> None:
    listed(city, city.enterprise("tianhe", since="2025-01-01"), "2025-01-01")
    judging = engine(database, SOIL)
    await step(judging, "2026-02-01 00:10")
    assert len(city.brief(SOIL)) == 2
    await decide_on(database, SOIL, "2026-01-01", False, "2026-02-01 09:00")
    await step(judging, "2026-02-01 09:01")
    await step(judging, "2026-02-02 00:10")
    assert [row[1:] for row in city.brief(SOIL)] == [("violation", "overdue")]


async def test_another_interval_from_a_day_on(city: City, database: Database) -> None:
    """Terms are judged by what holds on their first day; leaving the list is said once."""
    plant = city.enterprise("tianhe", since="2025-01-01")
    listed(city, plant, "2025-01-01")
    judging = engine(database, SOIL)
    await step(judging, "2026-03-01 00:10")
    await decide_on(database, SOIL, "2026-01-01", True, "2026-03-01 09:00", '{"grace_days": 31}')
    await step(judging, "2026-03-01 09:01")
    assert [row["period_end"] for row in city.current(SOIL)] == [at("2026-01-01"), at("2027-02-01")]
    city.run("update enterprise_list set listed_to = '2026-03-01'")
    registered(city, plant)
    await step(judging, "2026-03-02 00:10")
    assert [row[1:] for row in city.brief(SOIL)] == [("violation", "overdue"), ("compliant", "ended")]


async def test_many_enterprises_over_years_in_time(city: City, database: Database) -> None:
    """A day that closes looks at the terms that it may change, whatever has been judged before."""
    for number in range(40):
        city.components(city.enterprise(f"plant-{number}", since="2021-01-01"), 2000)
    judging = engine(database, WEEKLY)
    report = await step(judging, "2026-11-03 00:10")
    assert report.judged == 40 * 305  # whole weeks since January 2021
    assert (await step(judging, "2026-11-04 00:10")).judged <= 80


async def test_an_installation_under_gb31571_is_looked_at_weekly(city: City, database: Database) -> None:
    plant = city.enterprise("tianhe", since="2026-01-01")
    judging = engine(database, "duty.visual_weekly")
    await step(judging, "2026-11-10 00:10")
    assert city.current("duty.visual_weekly") == []
    city.run(
        "insert into installation (enterprise_id, code, name, standard, started_on, in_service_from)"
        " values (%s, 'I', 'I', 'GB31571', '2026-11-02', '2026-01-01')",
        plant,
    )
    city.run("insert into rule_work (kind, key, at) values ('register', %s, '2026-11-10 00:10+08')", plant)
    await step(judging, "2026-11-10 00:20")
    assert city.brief("duty.visual_weekly", "enterprise:tianhe") == [
        ("11-02 00", "violation", "overdue"),
        ("11-09 00", "compliant", "scheduled"),
    ]
