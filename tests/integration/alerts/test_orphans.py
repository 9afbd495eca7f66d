"""A channel is taken out of the channels file while messages wait for it."""

from __future__ import annotations

import asyncio

from alerts.dispatch.dispatcher import ChannelInfo, Dispatcher, DispatchSettings
from alerts.orphans import Orphans
from storage.database import Database
from tests.integration.alerts.sending import NOW, Quick, Wall, outbox
from tests.integration.alerts.world import World

STATES = "select channel, state from notification order by notification_id"


class Seconds:
    at = 0.0

    def __call__(self) -> float:
        return self.at


async def test_what_waits_for_a_channel_that_nobody_has_is_given_up_and_told_anew(
    queued: World, database: Database, wall: Wall
) -> None:
    seconds = Seconds()
    orphans = Orphans(database, seconds, patience_s=600)
    async with outbox(database, wall, Quick()):  # somebody has it, however slow
        assert await orphans.step(NOW) == 0
        seconds.at = 5000.0
        assert await orphans.step(NOW) == 0
    async with asyncio.timeout(30):  # the server hears a moment later that a session is gone, with its locks
        while not orphans.unserved:
            assert await orphans.step(NOW) == 0, "whoever had it may be starting again"
    seconds.at += 599
    assert await orphans.step(NOW) == 0
    seconds.at += 1
    assert await orphans.step(NOW) == 1
    assert queued.events(1)[-1] == (
        "notify_failed",
        "firing webhook/team:duty: no alert stage has this channel any more",
    )
    dispatcher = Dispatcher(database, [ChannelInfo("robot", "dingtalk", True)], DispatchSettings())
    await dispatcher.step(NOW)
    assert queued.rows(STATES) == [("webhook", "failed"), ("robot", "queued")]
    assert await orphans.step(NOW) == 0


async def test_whoever_heard_by_another_channel_is_not_told_again(
    queued: World, database: Database, wall: Wall
) -> None:
    queued.execute(
        "insert into notification (alert_id, event, team, channel, receiver, idempotency_key, group_key, body, state,"
        " queued_at, next_attempt_at, sent_at) select alert_id, event, team, 'sms', receiver, 'k', group_key, body,"
        " 'sent', queued_at, next_attempt_at, queued_at from notification"
    )
    queued.execute("insert into notification_alert (notification_id, alert_id, event) values (2, 1, 'firing')")
    before = queued.rows("select state, reason, next_at from alert_dispatch")
    assert await Orphans(database, Seconds(), patience_s=0).step(NOW) == 1
    assert queued.rows("select state, reason, next_at from alert_dispatch") == before
