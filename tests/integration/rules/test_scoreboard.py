"""From findings, ledger and entered figures to the scoreboard's rows and the API's answer."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from rules.engine import StepReport
from rules.metrics import RulesMetrics
from rules.scoreboard.step import Scoreboard
from rules.service import RulesService
from rules.targets import target_rows
from storage import ledger, rule_state, scoreboard
from storage.database import Database
from storage.duties import NewRecord, keep_records
from storage.ledger import NewEntry
from storage.scoreboard import NewValue
from tests.integration.api.conftest import NOW, client_of
from tests.integration.rules.world import City, at, engine, only, step

INSTALLED = "water.meter_installation_rate"


def idle(when: str) -> StepReport:
    return StepReport(at(when))


def rows(city: City) -> dict[str, dict[str, Any]]:
    return {row["target_id"]: row for row in city.run("select * from target_status")}


async def sync(database: Database) -> None:
    async with database.transaction() as connection:
        await rule_state.sync_targets(connection, target_rows())


async def enter(database: Database, *new: NewValue, when: str = "2026-11-02 09:00") -> tuple[int, int, int]:
    async with database.transaction() as connection:
        return await scoreboard.add_values(connection, new, author="王", origin="file", at=at(when))


async def test_findings_become_a_standing_and_nothing_is_written_twice(city: City, database: Database) -> None:
    await sync(database)
    half = city.enterprise("half", since="2026-11-01")
    city.metered(half, "A")
    city.metered(half, "B", meter=False)
    judging, board = engine(database, INSTALLED), Scoreboard(database)
    report = await step(judging, "2026-11-02 00:10")
    assert await board.step(at("2026-11-02 00:10"), report) == 156
    found = rows(city)
    assert len(found) == 156
    for target in ("T001", "T030"):
        assert (found[target]["state"], found[target]["value"], found[target]["gap"]) == ("missed", 0.0, 100.0)
        assert found[target]["as_of"] == date(2026, 11, 1)
    assert found["T012"]["state"] == "unknown"
    assert await board.step(at("2026-11-02 00:11"), idle("2026-11-02 00:11")) == 0
    assert await Scoreboard(database).step(at("2026-11-02 00:11"), idle("2026-11-02 00:11")) == 0, "nothing differs"

    city.run("delete from metering_place where code = 'B'")
    city.work("register", half, at("2026-11-01"))
    report = await step(judging, "2026-11-02 00:12")
    assert await board.step(at("2026-11-02 00:12"), report) == 2
    assert {rows(city)[target]["state"] for target in ("T001", "T030")} == {"met"}
    assert rows(city)["T004"]["computed_at"] == at("2026-11-02 00:10"), "the others stay as they are"


async def test_a_new_day_looks_again(city: City, database: Database) -> None:
    await sync(database)
    board = Scoreboard(database)
    await enter(database, NewValue("T128", "", date(2025, 12, 1), 12, "函"))
    await board.step(at("2025-12-31 23:59"), idle("2025-12-31 23:59"))
    assert rows(city)["T128"]["state"] == "behind"
    await board.step(at("2026-01-01 00:00"), idle("2026-01-01 00:00"))
    assert rows(city)["T128"]["state"] == "missed"


async def test_an_entered_figure_is_seen_at_the_next_step_and_corrected(city: City, database: Database) -> None:
    await sync(database)
    board = Scoreboard(database)
    await board.step(at("2026-11-02 08:00"), idle("2026-11-02 08:00"))
    new = NewValue("T028", "", date(2026, 10, 31), 7, "函1")
    assert await enter(database, new) == (1, 0, 0)
    assert await board.step(at("2026-11-02 09:01"), idle("2026-11-02 09:01")) == 1
    found = rows(city)["T028"]
    assert (found["state"], found["value"], found["gap"], found["source"]["author"]) == ("behind", 7, 2, "王")
    assert await enter(database, new) == (0, 0, 1)
    assert await enter(database, NewValue("T028", "", date(2026, 10, 31), 9, "函2")) == (0, 1, 0)
    await board.step(at("2026-11-02 09:02"), idle("2026-11-02 09:02"))
    assert (rows(city)["T028"]["state"], rows(city)["T028"]["source"]["evidence"]) == ("met", "函2")
    assert city.one("select count(*) from target_value where target_id = 'T028'") == 2, "both stay"


async def test_the_ledger_of_the_city_and_of_enterprises(city: City, database: Database) -> None:
    await sync(database)
    city.enterprise("a")
    city.enterprise("b")
    board = Scoreboard(database)
    await board.step(at("2026-11-02 08:00"), idle("2026-11-02 08:00"))

    def entry(enterprise: str | None, item: str, kind: str, first: date, value: float, unit: str) -> NewEntry:
        return NewEntry(enterprise, None, item, kind, first, value, unit, "年报")

    figures = [
        entry(None, item, "year", date(year, 1, 1), value, unit)
        for item, unit, by_year in (
            ("water.total", "m3", {2020: 3e8, 2025: 2.4e8}),
            ("gdp", "万元", {2020: 8e6, 2025: 8e6}),
        )
        for year, value in by_year.items()
    ]
    figures += [
        entry("a", "saving.water", "year", date(2026, 1, 1), 20_000.0, "m3"),
        entry("a", "saving.water", "month", date(2026, 3, 1), 10_000.0, "m3"),
        entry("b", "saving.water", "month", date(2026, 3, 1), 5_000.0, "m3"),
    ]
    async with database.transaction() as connection:
        await ledger.add_entries(connection, figures, author="王", origin="api", at=at("2026-11-02 08:30"))
    await board.step(at("2026-11-02 09:01"), idle("2026-11-02 09:01"))
    found = rows(city)
    assert (found["T013"]["state"], found["T013"]["value"]) == ("met", pytest.approx(20))
    assert found["T027"]["value"] == pytest.approx(2.5), "a year of one enterprise, a month of another"


async def test_who_sends_data_and_whose_components_are_tested(city: City, database: Database) -> None:
    await sync(database)
    a, b = city.enterprise("a", since="2026-10-01"), city.enterprise("b", since="2026-10-01")
    city.run(
        "insert into accounting (enterprise_id, day, shard, received, stored) values (%s, '2026-10-31', 0, 1, 1)", a
    )
    city.run(
        "insert into accounting (enterprise_id, day, shard, received, refused) values (%s, '2026-10-31', 0, 1, 1)", b
    )
    for enterprise, code, reason in ((a, "a", "tested"), (b, "b", "due_soon")):
        city.component(enterprise, "V1")
        city.run(
            "insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict,"
            " reason, evidence, computed_at)"
            " values ('ldar.wuhai_yearly', 1, %s, %s, %s, %s, 'compliant', %s, '{}', %s)",
            f"component:{code}/V1",
            enterprise,
            at("2026-01-01"),
            at("2027-01-01"),
            reason,
            at("2026-11-02"),
        )
    await Scoreboard(database).step(at("2026-11-02 09:01"), idle("2026-11-02 09:01"))
    found = rows(city)
    assert (found["T082"]["value"], found["T083"]["value"], found["T107"]["value"]) == (50, 1, 1)
    assert (found["T072"]["value"], found["T072"]["source"]["enterprises_complete"]) == (0.5, 1)


async def test_monthly_accounts_reach_the_board(city: City, database: Database) -> None:
    """Ledger to finding to target: solid waste of a month."""
    await sync(database)
    city.enterprise("a", since="2026-10-01")
    entries = [
        NewEntry("a", None, item, "month", date(2026, 10, 1), value, "t", "月报")
        for item, value in (("solid.generated", 100), ("solid.utilised", 96))
    ]
    async with database.transaction() as connection:
        await ledger.add_entries(connection, entries, author="王", origin="api", at=at("2026-11-01 08:30"))
    judging, board = engine(database, "solid.", "green.", "carbon."), Scoreboard(database)
    await board.step(at("2026-11-02 00:20"), await step(judging, "2026-11-02 00:20"))
    found = rows(city)
    assert (found["T077"]["state"], found["T077"]["value"], found["T077"]["as_of"]) == ("met", 96, date(2026, 10, 31))
    assert (found["T052"]["state"], found["T052"]["why"]) == ("unknown", "2026年10月：数据不完整")


async def test_the_service_keeps_the_board_and_judges_on_when_it_cannot(city: City, database: Database) -> None:
    city.metered(city.enterprise("full", since="2026-11-01"), "A")
    registry = CollectorRegistry()
    service = RulesService(
        database=database,
        rules=only(INSTALLED, "platform."),
        clock=lambda: at("2026-11-02 09:00"),
        metrics=RulesMetrics(registry),
    )
    city.run("alter table target_status rename to hidden")
    await service.start()
    await service.step()
    assert city.current(INSTALLED), "rules are judged all the same"
    assert registry.get_sample_value("plantwatch_rules_failing", {"rule": "scoreboard"}) == 1
    city.run("alter table hidden rename to target_status")
    await service.step()
    assert len(rows(city)) == 156
    assert registry.get_sample_value("plantwatch_rules_failing", {"rule": "scoreboard"}) == 0


async def test_the_answer_of_the_api(city: City, database: Database) -> None:
    await sync(database)
    await Scoreboard(database).step(NOW, StepReport(NOW))
    async with client_of(database)() as client:
        answer = (await client.get("/v1/scoreboard")).json()
        assert len(answer["items"]) == 156
        assert sum(answer["states"].values()) == 156
        assert [item["target_id"] for item in answer["items"]] == sorted(item["target_id"] for item in answer["items"])
        water = (await client.get("/v1/scoreboard", params={"domain": "water", "year": 2025, "mode": "auto"})).json()
        assert {item["target_id"] for item in water["items"]} == {"T001", "T030", "T031"}
        document = (await client.get("/v1/scoreboard", params={"document": "wuhai-office-2025-38"})).json()
        assert {item["document_status"] for item in document["items"]} == {"issued"}
        assert "T024" in {item["target_id"] for item in document["items"]}

        listed = (await client.get("/v1/targets", params={"document": "wuhai-office-2025-38"})).json()["items"]
        assert {item["target_id"] for item in listed} == {item["target_id"] for item in document["items"]}

        body = {"as_of": "2026-10-31", "value": 7, "author": "张三", "evidence": "市水务局函"}
        made = await client.post("/v1/targets/T028/values", json=body)
        assert made.status_code == 201
        assert [(one["value"], one["superseded_at"]) for one in made.json()["history"]] == [(7, None)]
        await client.post("/v1/targets/T028/values", json={**body, "value": 9})
        await Scoreboard(database).step(NOW, StepReport(NOW))
        detail = (await client.get("/v1/targets/T028")).json()
        assert (detail["state"], detail["state_word"], detail["value"]) == ("met", "已达到", 9)
        assert [one["value"] for one in detail["history"]] == [9, 7]
        assert detail["history"][1]["superseded_at"] is not None

        refused = await client.post("/v1/targets/T031/values", json=body)
        assert refused.status_code == 409
        assert "water.intake_online_rate.green_park_plan" in refused.json()["detail"]
        assert (await client.post("/v1/targets/T087/values", json=body)).status_code == 409
        assert (await client.get("/v1/targets/T999")).status_code == 404
        for wrong, field in (
            ({"evidence": ""}, "evidence"),
            ({"as_of": "2026-11-03"}, "as_of"),
            ({"value": -1}, "value"),
            ({"value": "7"}, "value"),
            ({"part": "x"}, "part"),
        ):
            answer = await client.post("/v1/targets/T028/values", json=body | wrong)
            assert answer.status_code == 422, wrong
            assert field in str(answer.json()["errors"])


async def test_duties_become_standings_at_once(city: City, database: Database) -> None:
    await sync(database)
    plant = city.enterprise("tianhe", since="2026-01-01")
    city.run("insert into enterprise_list values (%s, 'soil_key_unit', '2026-01-01', null, '名录')", plant)
    judging, board = engine(database, "duty."), Scoreboard(database)
    await board.step(at("2026-10-20 00:10"), await step(judging, "2026-10-20 00:10"))
    found = rows(city)
    assert (found["T048"]["state"], found["T048"]["value"]) == ("behind", 20.0)
    assert (found["T078"]["state"], found["T078"]["indicator_year"]) == ("unknown", 2025)
    assert (found["T079"]["state"], found["T079"]["value"]) == ("met", 0.8)
    assert found["T022"]["state"] == "not_computable"
    new = NewRecord("duty.retrofit_dispatch", "city:wuhai", None, date(2026, 10, 13), (), None)
    async with database.transaction() as connection:
        await keep_records(connection, [new], author="王", origin="api", at=at("2026-10-20 09:00"))
    await board.step(at("2026-10-20 09:01"), await step(judging, "2026-10-20 09:01"))
    assert (rows(city)["T048"]["state"], rows(city)["T048"]["value"]) == ("met", 13.0)
