"""Timelines as data: tests/cases/alerts/*.toml, each a series of steps with the alerts expected after each.

A finding is `subject period verdict[/reason] [value]`; an alert `subject state[/resolution] occurred [resolved]` in
the order of opening; a message `#alert event`, or `#alert not_notified: reason`, new ones of the step. `found`: when
the findings of a step were made, if not at it; `judged`: the rule, after these findings, has judged all that was closed
at an instant.
"""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.dispatch.dispatcher import ChannelInfo, Dispatcher, DispatchSettings
from alerts.engine import AlertEngine, EngineSettings
from storage import rule_state
from storage.database import Database
from tests.integration.alerts.world import RULES, World, instant

CASES = sorted((Path(__file__).parents[2] / "cases" / "alerts").glob("*.toml"))


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def _put(world: World, rule_id: str, line: str, met: dict[str, str], at: datetime) -> None:
    subject, when, verdict, *rest = line.split()
    verdict, _, reason = verdict.partition("/")
    evidence = {"met_at": met[subject]} if subject in met else {}
    value = float(rest[0]) if rest else None
    world.finding(rule_id, subject, when, verdict, reason, value=value, evidence=evidence, computed_at=at)


def _alerts(world: World) -> list[str]:
    return [
        " ".join(
            [subject, state if resolution is None else f"{state}/{resolution}", occurred.replace(" ", "T")]
            + ([] if resolved is None else [resolved.replace(" ", "T")])
        )
        for subject, state, resolution, occurred, resolved in world.alerts()
    ]


def _told(world: World, after: int) -> tuple[list[str], int]:
    rows = world.rows(
        "select event_id, alert_id, kind, comment from alert_event where event_id > %s"
        " and kind in ('notify', 'not_notified') order by alert_id, event_id",
        (after,),
    )
    lines = [
        f"#{alert} {comment.split()[0]}" if kind == "notify" else f"#{alert} not_notified: {comment}"
        for _, alert, kind, comment in rows
    ]
    return lines, max([after, *(row[0] for row in rows)])


async def _work_through(engine: AlertEngine, dispatcher: Dispatcher, at: str) -> None:
    while (report := await engine.step(instant(at))).taken:
        assert not report.failed
    while (await dispatcher.step(instant(at))).taken:
        pass


@pytest.mark.parametrize("at_once", [True, False], ids=["all at once", "one by one"])
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
async def test_case(path: Path, at_once: bool, world: World, database: Database) -> None:
    case = _read(path)
    rule_id = case["rule"]
    if "alert" in case:
        world.rule(rule_id, **(RULES[rule_id] | {"alert": case["alert"]}))
    engine = AlertEngine(database, EngineSettings())
    dispatcher = Dispatcher(database, [ChannelInfo("log", "log")], DispatchSettings())
    seen = 0
    for step in case["step"]:
        for line in step.get("findings", []):
            _put(world, rule_id, line, step.get("met_at", {}), instant(step.get("found", step["at"])))
            if not at_once:
                await _work_through(engine, dispatcher, step["at"])
        await _work_through(engine, dispatcher, step["at"])
        if "judged" in step:
            at = instant(step["judged"])
            async with database.transaction() as connection:
                await rule_state.set_evaluated(connection, [rule_id], at, at - timedelta(minutes=10))
            await _work_through(engine, dispatcher, step["at"])
        told, seen = _told(world, seen)
        assert (_alerts(world), told) == (step["alerts"], step.get("told", [])), step["at"]
        assert world.rows("select count(*) from alert_work union all select count(*) from alert_news") == [(0,), (0,)]


def test_there_are_cases() -> None:
    assert len(CASES) >= 8
