"""A channel that fails is an alert that goes by the other channels, and ends with its next success."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from alerts.channelwatch import CHANNEL_FAILED, ChannelWatch
from alerts.dispatch.dispatcher import ChannelInfo, Dispatcher, DispatchSettings
from alerts.engine import AlertEngine, EngineSettings
from alerts.orphans import Orphans
from storage import channels
from storage.database import Database
from tests.integration.alerts.world import World, instant

NOW = instant("2026-11-02 13:10")
FOUND = (
    "select verdict, reason, period_start, evidence ->> 'error' from finding"
    f" where rule_id = '{CHANNEL_FAILED}' order by finding_id"
)


@pytest.fixture
def watch(world: World, database: Database) -> ChannelWatch:
    return ChannelWatch(database)


async def answer(database: Database, at: datetime, error: str | None = None, *, gave_up: bool = False) -> None:
    async with database.transaction() as connection:
        if error is None:
            await channels.answered(connection, "sms", at)
        else:
            await channels.failed(connection, "sms", error, at, gave_up=gave_up)


async def test_given_up_and_working_again(world: World, database: Database, watch: ChannelWatch) -> None:
    await answer(database, NOW)
    assert await watch.step(NOW) == 0, "a channel that works is no news"
    failed_at = NOW + timedelta(minutes=1)
    await answer(database, failed_at, "answered HTTP 503")
    await answer(database, failed_at, "code 22: refused", gave_up=True)
    assert await watch.step(failed_at) == 1
    assert await watch.step(failed_at) == 0
    assert world.rows(FOUND) == [("violation", "channel_gave_up", failed_at, "code 22: refused")]
    engine = AlertEngine(database, EngineSettings())
    await engine.step(failed_at)
    ((state, title, summary),) = world.rows("select state, title, summary from alert")
    assert state == "firing"
    assert title == "【严重】通知通道“sms”发不出消息"
    assert "有消息重试后仍未送达，已放弃，连续失败 2 次。最近一次报错：被拒绝（code 22）。" in summary
    works_at = failed_at + timedelta(hours=1)
    await answer(database, works_at)
    assert await watch.step(works_at) == 1
    await engine.step(works_at)
    assert world.rows("select state, resolution, occurred_at, resolved_at from alert") == [
        ("resolved", "compliant", failed_at, works_at)
    ]


async def test_failing_for_long_enough(world: World, database: Database, watch: ChannelWatch) -> None:
    await answer(database, NOW, "not reached")
    assert await watch.step(NOW + timedelta(minutes=9, seconds=59)) == 0
    assert await watch.step(NOW + timedelta(minutes=10)) == 1
    assert world.rows(FOUND) == [("violation", "channel_failing", NOW, "not reached")]


async def test_on_a_clock_that_stands_still(world: World, database: Database, watch: ChannelWatch) -> None:
    engine = AlertEngine(database, EngineSettings())
    for gave_up in (True, False, True):
        await answer(database, NOW, "refused" if gave_up else None, gave_up=gave_up)
        assert await watch.step(NOW) == 1
        await engine.step(NOW)
    assert [row[0] for row in world.rows(FOUND)] == ["violation", "compliant", "violation"]
    assert world.rows("select state from alert order by alert_id") == [("resolved",), ("firing",)]


async def test_a_rule_that_is_not_in_force_finds_nothing(world: World, database: Database, watch: ChannelWatch) -> None:
    world.execute(f"update rule set enabled = false where rule_id = '{CHANNEL_FAILED}'")
    await answer(database, NOW, "refused", gave_up=True)
    assert await watch.step(NOW) == 0


async def test_a_channel_that_is_taken_out_while_it_fails_is_not_judged_any_more(
    world: World, database: Database, watch: ChannelWatch
) -> None:
    engine = AlertEngine(database, EngineSettings())
    dispatcher = Dispatcher(database, [ChannelInfo("log", "log")], DispatchSettings())
    seconds = iter((0.0, 600.0))  # of each step
    orphans = Orphans(database, seconds.__next__, patience_s=600)
    await answer(database, NOW, "code 22: refused", gave_up=True)
    await answer(database, NOW, "code 22: refused", gave_up=True)
    assert await watch.step(NOW) == 1
    await engine.step(NOW)
    await dispatcher.step(NOW)
    taken_out = NOW + timedelta(minutes=10)
    await orphans.step(NOW)
    assert await watch.step(NOW, orphans.unserved, orphans.gone) == 0, "whoever had it may be starting again"
    await orphans.step(taken_out)
    assert await watch.step(taken_out, orphans.unserved, orphans.gone) == 1
    await engine.step(taken_out)
    await dispatcher.step(taken_out)
    assert world.rows("select state, resolution, resolved_at from alert") == [("resolved", "retired", taken_out)]
    ((title, summary),) = world.rows(
        "select body -> 'alert' ->> 'title', body -> 'alert' ->> 'summary' from notification where event = 'resolved'"
    )
    assert title == "【不再判定】通知通道“sms”发不出消息"
    assert summary.startswith("通道已从通道配置中移除，之后不再判定，本告警到此为止；这不表示问题已经消除。\n原告警：")
    # it is put back, and fails anew
    again = taken_out + timedelta(hours=1)
    assert await watch.step(again) == 0
    await answer(database, again, "answered HTTP 503", gave_up=True)
    assert await watch.step(again) == 1
    await engine.step(again)
    assert world.rows("select state from alert order by alert_id") == [("resolved",), ("firing",)]


async def test_a_channel_that_nobody_has_is_not_found_to_fail(
    world: World, database: Database, watch: ChannelWatch
) -> None:
    await answer(database, NOW, "not reached")
    assert await watch.step(NOW + timedelta(hours=1), ["sms"], []) == 0
    assert await watch.step(NOW + timedelta(hours=1), ["sms"], ["sms"]) == 0
    assert world.rows("select channel from channel_state") == []
