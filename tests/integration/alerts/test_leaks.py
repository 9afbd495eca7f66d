"""From a reading to what the duty officer reads: leaks through the rules and the alerts."""

from __future__ import annotations

from alerts.engine import AlertEngine, EngineSettings
from storage.database import Database
from tests.integration.rules.leak_world import Leaks
from tests.integration.rules.world import City, at, engine, step


async def test_two_leaks_that_nobody_repaired(database_url: str, database: Database) -> None:
    city = City(database_url)
    world = Leaks(city, database)
    world.installation("GB37822")
    city.run(
        "update component set name = '苯储罐出口阀', unit_name = '苯加氢装置', tag = '1203-007' where code = 'V-1'"
    )
    judging = engine(database, "ldar.repair")
    telling = AlertEngine(database, EngineSettings())
    await world.probe("2026-11-02 10:00", 6000)
    await world.repair("2026-11-05 10:00")
    await world.probe("2026-11-05 11:00", 5600, "retest")
    other = city.one("select component_id from component where code = 'X-7'")
    await world.probe("2026-11-03 10:00", 12000, component=other, visible=True)
    await step(judging, "2026-11-20 00:10")
    while (await telling.step(at("2026-11-20 00:11"))).taken:
        pass
    (alert,) = city.run("select title, summary, state, details from alert")
    assert alert["title"] == "【警告】tianhe：2 个密封点泄漏未按期修复"
    seen = next(line for line in alert["summary"].splitlines() if line.startswith("情况"))
    assert seen == (
        "情况：苯储罐出口阀（V-1）［苯加氢装置，标识牌 1203-007］11月2日 10:00 检出 6000 μmol/mol"
        "（气体认定浓度 5000），"
        "最迟应于11月17日修复，已维修 1 次，11月5日 11:00 复测仍泄漏；"
        "X（X-7）［X］11月3日 10:00 检出目测可见泄漏，最迟应于11月18日修复。"
    )
    assert [entry["tag"] for entry in alert["details"]["components"]] == ["1203-007", None]
    await world.repair("2026-11-21 10:00")
    await world.probe("2026-11-21 11:00", 10, "retest")
    await step(judging, "2026-11-21 12:00")
    while (await telling.step(at("2026-11-21 12:01"))).taken:
        pass
    (alert,) = city.run("select title, state from alert")
    assert alert["state"] == "firing"  # the other one leaks on
    city.run("update component set in_service_to = '2026-11-22' where component_id = %s", other)
    city.work("register", world.enterprise, at("2026-11-22"))
    await step(judging, "2026-11-23 00:10")
    while (await telling.step(at("2026-11-23 00:11"))).taken:
        pass
    (alert,) = city.run("select title, state, summary, resolved_at from alert")
    assert (alert["state"], alert["resolved_at"]) == ("resolved", at("2026-11-22"))
    assert "11月21日修复，复测合格" in alert["summary"]
    assert "11月22日停用" in alert["summary"]
    city.connection.close()
