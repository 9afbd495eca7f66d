"""From the register and records through the rules to what people are told of duties."""

from __future__ import annotations

from datetime import date

from alerts.dispatch.dispatcher import ChannelInfo, Dispatcher, DispatchSettings
from alerts.engine import AlertEngine, EngineSettings
from storage.database import Database
from storage.duties import NewRecord, keep_records
from tests.integration.rules.world import City, at, engine, step


async def tell(database: Database, when: str) -> None:
    alerts = AlertEngine(database, EngineSettings())
    while (await alerts.step(at(when))).taken:
        pass
    await Dispatcher(database, [ChannelInfo("log", "log")], DispatchSettings()).step(at(when))


def said(city: City) -> list[tuple[str, str, str]]:
    rows = city.run("select subject, state, title from alert order by alert_id")
    return [(row["subject"], row["state"], row["title"]) for row in rows]


async def test_a_week_without_a_check_is_told_until_there_is_one(city: City, database: Database) -> None:
    plant = city.enterprise("tianhe", since="2026-11-01")
    city.components(plant, 2000)
    judging = engine(database, "duty.visual_weekly")
    for when in ("2026-11-05 00:10", "2026-11-09 00:10"):
        await step(judging, when)
        await tell(database, when)
    assert said(city) == []
    for when in ("2026-11-10 00:10", "2026-11-12 00:10", "2026-11-17 00:10"):
        await step(judging, when)
        await tell(database, when)
    title = "【警告】tianhe：密封点每周目视检查逾期未办（应于2026年11月8日前完成）"
    assert said(city) == [("enterprise:tianhe", "firing", title)]
    assert city.one("select count(*) from notification where event <> 'repeated'") == 1
    new = NewRecord("duty.visual_weekly", "enterprise:tianhe", plant, date(2026, 11, 17), (), None)
    async with database.transaction() as connection:
        await keep_records(connection, [new], author="王工", origin="api", at=at("2026-11-17 10:00"))
    await step(judging, "2026-11-17 10:01")
    await tell(database, "2026-11-17 10:01")
    ((subject, state, title),) = said(city)
    assert (subject, state) == ("enterprise:tianhe", "resolved")
    (row,) = city.run("select occurred_at, resolved_at, summary from alert")
    assert (row["occurred_at"], row["resolved_at"]) == (at("2026-11-09"), at("2026-11-17"))
    assert city.one("select count(*) from notification where event <> 'repeated'") == 2


async def test_meters_of_an_enterprise_make_one_alert(city: City, database: Database) -> None:
    plant = city.enterprise("tianhe", since="2026-01-01")
    for place, verified in (("W1", "2024-11-01"), ("W2", "2024-11-03"), ("W3", "2026-01-01")):
        city.metered(plant, place, verified=verified, months=24)
    judging = engine(database, "duty.meter_verification")
    for when in ("2026-11-03 00:10", "2026-11-05 00:10"):
        await step(judging, when)
        await tell(database, when)
    assert said(city) == [("enterprise:tianhe", "firing", "【提示】tianhe：2 个计量点计量器具检定到期逾期未办")]
    city.run("update meter set verified_on = '2026-11-06' where verified_on < '2025-01-01'")
    city.run("insert into rule_work (kind, key, at) values ('register', %s, '2026-11-06Z')", plant)
    for when in ("2026-11-06 12:00", "2026-11-07 00:10"):
        await step(judging, when)
        await tell(database, when)
    assert [state for _, state, _ in said(city)] == ["resolved"]
    assert city.one("select resolved_at from alert") == at("2026-11-06")
