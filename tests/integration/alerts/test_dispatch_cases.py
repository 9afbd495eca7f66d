"""Timelines of the dispatcher as data: tests/cases/dispatch/*.toml.

Each step: what happens at an instant (tests/integration/alerts/desk.py says in which words), the messages queued then
(`told`), the decisions that are no messages (`not_told`), and where it matters when alerts are looked at again
(`next`) and what the messages say (`says`, whole texts).
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from alerts.dispatch.dispatcher import ChannelInfo, Dispatcher, DispatchSettings
from domain.telling import Reason
from storage.database import Database
from tests.integration.alerts.desk import CHANNELS, Room, when
from tests.integration.alerts.world import World

CASES = sorted((Path(__file__).parents[2] / "cases" / "dispatch").glob("*.toml"))


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
async def test_case(path: Path, world: World, database: Database) -> None:
    case = _read(path)
    room = Room(world, case)
    channels = [ChannelInfo(*channel) for channel in CHANNELS if channel[0] in case.get("channels", ["log"])]
    dispatcher = Dispatcher(database, channels, DispatchSettings())
    for step in case["step"]:
        room.act(step)
        at = when(step["at"])
        while not (await dispatcher.step(at)).is_idle:
            pass
        texts = room.texts()
        found = {"told": room.told(), "not_told": room.not_told()}
        assert found == {"told": step.get("told", []), "not_told": step.get("not_told", [])}, step["at"]
        if "says" in step:
            assert texts == [text.strip() for text in step["says"]], step["at"]
        if "next" in step:
            assert room.next_looks() == step["next"], step["at"]
        late = world.rows("select alert_id from alert_dispatch where next_at <= %s", (at,))
        assert late == [], f"{step['at']}: something due is left"
    assert _told_twice(world) == []


def _told_twice(world: World) -> list[tuple[Any, ...]]:
    """Where alerts' histories say something else of telling than the decisions, which are the record."""
    return world.rows(
        """
        with decided as (
            select alert_id, at, 'notify' as kind, event || ' ' || channel || '/' || receiver as comment
            from notification_decision where decision = 'send'
            union all
            select distinct alert_id, at, 'not_notified', reason from notification_decision
            where decision <> 'send' and reason not in ('duplicate', 'rate_limited')
        ), said as (
            select alert_id, at, kind, comment from alert_event where kind in ('notify', 'not_notified')
        )
        (table decided except all table said) union all (table said except all table decided)
        """
    )


def test_every_reason_is_in_some_timeline() -> None:
    said = "".join(path.read_text("utf-8") for path in CASES)
    the_outbox_s = {Reason.RATE_LIMITED}
    assert [reason for reason in set(Reason) - the_outbox_s if f"/{reason}" not in said] == []
