"""The engine on a real database: two at once, faults of one series, acknowledgement, what a message says."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from alerts.actions import acknowledge
from alerts.dispatch.dispatcher import Dispatcher, DispatchSettings
from alerts.engine import AlertEngine, EngineSettings
from domain.accounts import Actor, Role
from domain.alerts import Severity, Span
from domain.errors import BadInput, Conflict, NotFound
from domain.findings import Subject
from storage.alerts import AlertContent, NewAlert, insert_alerts, next_alert_ids
from storage.database import Database
from storage.rule_state import sync_rules
from tests.integration.alerts.world import RULES, World, instant, period

NOW = instant("2026-11-02 13:10")


def duty(name: str) -> Actor:
    return Actor(name, Role.DUTY)


async def test_a_step_without_work_does_nothing(engine: AlertEngine) -> None:
    report = await engine.step(NOW)
    assert report.is_idle
    assert report.taken == 0


def _rules(world: World) -> list[dict[str, Any]]:
    """The rules as the rules stage brings them."""
    names = (
        "rule_id, version, pack, title, evaluator, standard, clause, status, document_status, confidence, enabled,"
        " severity, definition"
    )
    return [dict(zip(names.split(", "), row, strict=True)) for row in world.rows(f"select {names} from rule")]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"enabled": False}, "规则已停用"),
        ({"definition": {}}, "规则已不再就此告警"),
        ({"definition": {"alert": {"severity": "critical", "subjects": ["outlet"]}}}, "规则已不再就此告警"),
        (
            {"definition": {"alert": {"severity": "critical", "per": "enterprise", "subjects": ["pollutant"]}}},
            "规则已不再就此告警",
        ),
    ],
    ids=["a decision ends it", "no alert", "of others", "per enterprise"],
)
async def test_what_lasts_of_a_rule_that_does_not_judge_or_alert_on_it_any_more_is_ended_and_told(
    changed: dict[str, Any],
    why: str,
    world: World,
    engine: AlertEngine,
    dispatcher: Dispatcher,
    database: Database,
) -> None:
    world.so2("08", 46.2)
    world.so2("08", 46.2, rule_id="ule.hourly")
    await engine.step(NOW)
    await dispatcher.step(NOW)
    rows = [row | changed if row["rule_id"] == "legal.hourly" else row for row in _rules(world)]
    for _ in range(2):
        async with database.transaction() as connection:
            await sync_rules(connection, rows)
        while (await engine.step(NOW)).taken:
            pass
    subject = "pollutant:tianhe/S1/so2"
    assert world.rows("select rule_id, state, resolution from alert where subject = %s order by 1", (subject,)) == [
        ("legal.hourly", "resolved", "retired"),
        ("ule.hourly", "firing", None),
    ]
    ((summary,),) = world.rows("select summary from alert where state = 'resolved'")
    assert summary.startswith(
        f"{why}，之后不再判定，本告警到此为止；这不表示问题已经消除。\n原告警：自2026年11月2日 08:00"
    )
    await dispatcher.step(NOW)
    ((title,),) = world.rows("select body -> 'alert' ->> 'title' from notification where event = 'resolved'")
    assert title.startswith("【不再判定】")


async def test_what_lasts_of_a_rule_that_no_pack_has_any_more_is_ended_and_told(
    world: World, engine: AlertEngine, dispatcher: Dispatcher, database: Database
) -> None:
    world.so2("08", 46.2)
    world.so2("08", 46.2, rule_id="ule.hourly")
    await engine.step(NOW)
    await dispatcher.step(NOW)
    rows = [row for row in _rules(world) if row["rule_id"] != "legal.hourly"]
    for _ in range(2):
        async with database.transaction() as connection:
            await sync_rules(connection, rows)
        await engine.step(NOW)
    assert world.rows("select rule_id, state, resolution, resolved_at from alert order by 1") == [
        ("legal.hourly", "resolved", "retired", instant("2026-11-02 09:00")),
        ("ule.hourly", "firing", None, None),
    ]
    ((summary,),) = world.rows("select summary from alert where state = 'resolved'")
    assert summary.startswith(
        "规则已从规则包中撤下，之后不再判定，本告警到此为止；这不表示问题已经消除。\n原告警：自2026年11月2日 08:00"
    )
    assert "恢复" not in summary.replace("尚未恢复", "")
    await dispatcher.step(NOW)
    ((title,),) = world.rows("select body -> 'alert' ->> 'title' from notification where event = 'resolved'")
    assert title.startswith("【不再判定】")


async def test_two_engines_at_once_make_each_alert_once(
    world: World, engine: AlertEngine, dispatcher: Dispatcher
) -> None:
    for hour in range(12):
        for code in ("tianhe", "beishan"):
            world.so2(f"{hour:02d}", 46.2 if hour % 3 else 20.0, f"{code}/S1")
    small = AlertEngine(engine._database, EngineSettings(batch=3))

    async def work() -> int:
        taken = 0
        while count := (await small.step(NOW)).taken:
            taken += count
        return taken

    assert sum(await asyncio.gather(*(work() for _ in range(4)))) == 24
    expected = [
        (
            f"pollutant:{code}/S1/so2",
            f"2026-11-02 {start:02d}:00",
            f"2026-11-02 {start + 2:02d}:00" if start < 10 else None,
        )
        for code in ("beishan", "tianhe")
        for start in (1, 4, 7, 10)
    ]
    standing = [a for a in world.alerts() if a[2] != "superseded"]
    assert sorted((subject, begin, end) for subject, _, _, begin, end in standing) == sorted(
        expected, key=lambda e: e[:2]
    )
    await asyncio.gather(*(dispatcher.step(NOW) for _ in range(4)))
    keys = world.rows("select alert_id, event, count(*) from notification_alert group by 1, 2 having count(*) > 1")
    assert keys == []
    decided = world.rows("select distinct alert_id from notification_decision order by 1")
    assert decided == world.rows("select alert_id from alert where fired_at is not null order by 1")
    # four times within a step is flapping: the one that lasts is told
    assert world.rows(
        "select a.state, d.decision, d.reason, count(*) from notification_decision d join alert a using (alert_id)"
        " where a.resolution is distinct from 'superseded' group by 1, 2, 3 order by 1, 2"
    ) == [("firing", "send", "flapping", 2), ("resolved", "drop", "resolved_while_held", 6)]


async def test_the_database_keeps_a_second_open_alert_out(
    world: World, engine: AlertEngine, database: Database
) -> None:
    """Even from somebody who does not take the series' lock."""
    world.so2("08", 46.2)
    await engine.step(NOW)
    at = instant("2026-11-02 08:00")
    subject = Subject.parse("pollutant:tianhe/S1/so2")
    async with database.transaction() as connection:
        (number,) = await next_alert_ids(connection, 1)
        content = AlertContent(number, Severity.CRITICAL, Span(at, at, at), "", "", {}, 1)
        inserted = await insert_alerts(connection, [NewAlert("legal.hourly", subject, None, content)], NOW)
    assert inserted == set()
    assert len(world.alerts()) == 1


async def test_a_series_that_fails_does_not_hold_up_the_others(world: World, engine: AlertEngine) -> None:
    world.so2("08", 46.2, "tianhe/S1")
    world.so2("08", 46.2, "beishan/S1")
    # a trigger stands for any fault of one series
    world.execute("create function fail() returns trigger language plpgsql as $$ begin raise 'broken'; end $$")
    world.execute(
        "create trigger fail before insert on alert for each row when (new.subject = 'pollutant:tianhe/S1/so2')"
        " execute function fail()"
    )
    report = await engine.step(NOW)
    assert (report.series, report.failed, report.opened, report.is_idle) == (2, 1, 1, False)
    assert [a[0] for a in world.alerts()] == ["pollutant:beishan/S1/so2"]
    assert (await engine.step(NOW)).is_idle, "only the failing one is left: wait before trying it again"
    world.execute("drop trigger fail on alert")
    await engine.step(NOW)
    assert [a[0] for a in world.alerts()] == ["pollutant:beishan/S1/so2", "pollutant:tianhe/S1/so2"]


@pytest.mark.parametrize("alert", [None, {"severity": "red"}, {}])
async def test_a_rule_without_readable_settings_does_not_alert(
    alert: dict[str, str] | None, world: World, engine: AlertEngine
) -> None:
    world.rule("legal.hourly", **(RULES["legal.hourly"] | {"alert": None}))
    if alert is not None:
        world.execute(f"update rule set definition = jsonb_build_object('alert', '{json.dumps(alert)}'::jsonb)")
    world.so2("08", 46.2)
    report = await engine.step(NOW)
    assert (report.taken, report.series, world.alerts()) == (1, 0, [])


async def test_nobody_configured_is_noted(world: World, database: Database) -> None:
    world.so2("08", 46.2)
    engine = AlertEngine(database, EngineSettings())
    dispatcher = Dispatcher(database, [], DispatchSettings())
    await engine.step(NOW)
    await dispatcher.step(NOW)
    world.so2("09", 46.2)
    await engine.step(NOW)
    await dispatcher.step(NOW)
    assert world.events(1) == [("firing", ""), ("not_notified", "no_receiver")]


async def test_a_message_stands_by_itself(world: World, engine: AlertEngine, dispatcher: Dispatcher) -> None:
    world.so2("08", 46.2)
    world.so2("09", 52.25)
    finding_id = world.so2("10", 31.0)
    await engine.step(NOW)
    await dispatcher.step(NOW)
    ((whole, key),) = world.rows("select body, idempotency_key from notification")
    body = whole["alert"]
    assert (whole["event"], whole["team"], whole["count"], whole["left_off"]) == ("firing", "duty", 1, 0)
    assert (whole["title"], whole["url"]) == (body["title"], f"https://pw.example/alerts/{body['id']}")
    assert whole["alerts"] == [body]
    assert body["title"] == (
        "【严重】天河焦化 1号焦炉烟囱（S1） 二氧化硫：排放限值超标，小时均值 31 mg/m³，限值 30 mg/m³"
    )
    assert body["summary"].splitlines() == [
        "自2026年11月2日 08:00（北京时间）起，累计 3 小时不符合，尚未恢复。",
        "情况：2026年11月2日 10:00—11:00 31 mg/m³，限值 30 mg/m³；其间最高 52.25 mg/m³（2026年11月2日 09:00—10:00）。",
        "依据：排污许可证 91150300MA0N000001P 表3 排口DA001 二氧化硫。",
        "处置：请联系企业核实工况、治理设施和监测数据，情况属实的安排现场检查。",
        f"详情：https://pw.example/alerts/{body['id']}",
    ]
    assert {k: body[k] for k in ("rule", "subject", "enterprise", "value", "limit", "unit", "finding_id", "state")} == {
        "rule": "legal.hourly",
        "subject": "pollutant:tianhe/S1/so2",
        "enterprise": "tianhe",
        "value": 31.0,
        "limit": 30.0,
        "unit": "mg/m3",
        "finding_id": finding_id,
        "state": "firing",
    }
    assert (body["occurred_at"], body["fired_at"], body["detected_at"], body["resolved_at"]) == (
        "2026-11-02T00:00:00+00:00",
        "2026-11-02T00:00:00+00:00",
        "2026-11-02T05:10:00+00:00",
        None,
    )
    assert len(key) == 40


async def test_ultra_low_emission_is_not_taken_for_the_law(
    world: World, engine: AlertEngine, dispatcher: Dispatcher
) -> None:
    world.so2("08", 31.0, rule_id="ule.hourly")
    await engine.step(NOW)
    await dispatcher.step(NOW)
    ((body,),) = world.rows("select body -> 'alert' from notification")
    assert body["title"] == (
        "【警告】天河焦化 1号焦炉烟囱（S1） 二氧化硫：超低排放小时超过指标（不等于违法超标），"
        "小时均值 31 mg/m³，指标 30 mg/m³"
    )
    assert body["summary"].splitlines()[1:3] == [
        "情况：2026年11月2日 08:00—09:00 31 mg/m³，指标 30 mg/m³。",
        "依据：环大气〔2024〕5号 附表 焦炉烟囱（超低排放指标，不等于违法超标）。",
    ]
    assert (body["standard"], body["clause"]) == ("环大气〔2024〕5号", "附表 焦炉烟囱")


async def test_more_components_change_the_text_and_tell_nobody_again(
    world: World, engine: AlertEngine, dispatcher: Dispatcher
) -> None:
    for number in range(1, 6):
        world.finding(
            "ldar.gb37822", f"component:tianhe/V{number}", f"2026-05-0{number}..2026-10-31", "violation", "overdue"
        )
        await engine.step(instant("2026-11-02 00:10"))
        await dispatcher.step(instant("2026-11-02 00:10"))
    assert world.messages() == [(1, "firing", "queued")]
    ((title, summary, details),) = world.rows("select title, summary, details from alert")
    assert title == "【警告】天河焦化：5 个密封点泄漏检测超期"
    assert "V1（最迟应于2026年10月31日检测）、V2（最迟应于2026年10月31日检测）" in summary
    assert "等 5 项" in summary
    assert [entry["component"] for entry in details["components"]] == ["V1", "V2", "V3", "V4", "V5"]


async def test_a_withdrawn_alert_says_so(world: World, engine: AlertEngine, dispatcher: Dispatcher) -> None:
    for value in (46.2, 20.0):
        world.so2("08", value)
        await engine.step(NOW)
        await dispatcher.step(NOW)
    (_, (body, state)) = world.rows("select body -> 'alert', state from notification order by notification_id")
    assert body["title"].startswith("【已撤销】天河焦化 1号焦炉烟囱")
    assert "不成立" in body["summary"]
    assert (body["resolution"], body["state"], state) == ("superseded", "resolved", "queued")
    assert world.events(1)[-2:] == [("resolved", "superseded"), ("notify", "resolved log/team:duty")]


async def test_acknowledge_once(world: World, engine: AlertEngine, database: Database) -> None:
    world.so2("08", 46.2)
    await engine.step(NOW)
    async with database.transaction() as connection:
        await acknowledge(
            connection, 1, comment="已电话联系企业", actor=duty(" 王强 "), now=instant("2026-11-02 13:20")
        )
    assert world.rows("select acknowledged_by, acknowledge_comment from alert") == [("王强", "已电话联系企业")]
    with pytest.raises(Conflict, match="已由 王强 于2026年11月2日 13:20签收"):
        async with database.transaction() as connection:
            await acknowledge(connection, 1, comment="", actor=duty("李丽"), now=NOW)
    assert world.rows("select actor, comment from alert_event where kind = 'acknowledged'") == [
        ("王强", "已电话联系企业")
    ]


async def test_of_two_who_acknowledge_at_once_one_wins(world: World, engine: AlertEngine, database: Database) -> None:
    world.so2("08", 46.2)
    await engine.step(NOW)

    async def attempt(actor: str) -> str:
        try:
            async with database.transaction() as connection:
                await acknowledge(connection, 1, comment="", actor=duty(actor), now=NOW)
        except Conflict:
            return "conflict"
        return "done"

    assert sorted(await asyncio.gather(attempt("王强"), attempt("李丽"))) == ["conflict", "done"]


async def test_what_cannot_be_acknowledged(world: World, engine: AlertEngine, database: Database) -> None:
    world.so2("08", 46.2)
    world.so2("09", 20.0)
    await engine.step(NOW)
    for alert_id, actor, comment, error in (
        (99, "王强", "", NotFound),
        (1, "王强", "", Conflict),
        (1, "  ", "", BadInput),
        (1, "王" * 101, "", BadInput),
        (1, "王强", "长" * 1001, BadInput),
    ):
        with pytest.raises(error) as caught:
            async with database.transaction() as connection:
                await acknowledge(connection, alert_id, comment=comment, actor=duty(actor), now=NOW)
        assert type(caught.value) is error
    assert world.rows("select count(*) from alert_event where kind = 'acknowledged'") == [(0,)]


async def test_a_long_history_is_not_read_again(world: World, engine: AlertEngine) -> None:
    """Only what the change can touch is evaluated: an old alert far from it stays, even if its data is gone."""
    world.so2("02", 46.2)
    world.so2("03", 20.0)
    await engine.step(NOW)
    world.execute("update finding set verdict = 'undetermined' where verdict = 'violation'")
    world.finding("legal.hourly", "pollutant:tianhe/S1/so2", period("2026-11-02T10"), "compliant")
    await engine.step(NOW)
    assert world.alerts() == [
        ("pollutant:tianhe/S1/so2", "resolved", "compliant", "2026-11-02 02:00", "2026-11-02 03:00"),
    ]
