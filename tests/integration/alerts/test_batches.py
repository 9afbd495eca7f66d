"""Many series in one step: the same alerts as each by itself, whoever works, in whatever order, and whoever dies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import psycopg
import pytest

from alerts.engine import AlertEngine, EngineSettings
from alerts.lifecycle import judge
from domain.alerts import AlertSettings, CurrentFinding
from domain.findings import Subject, Verdict
from domain.periods import HOUR, Period
from storage.database import Database
from tests.integration.alerts.world import World, instant

NOW = instant("2026-11-04 13:10")
START = instant("2026-11-02 00:00")
RULES = {
    "legal.hourly": {"severity": "critical", "no_data_for_h": 3, "subjects": ["pollutant"]},
    "ule.hourly": {"severity": "warning", "for_h": 2, "keep_firing_for_h": 1.5, "subjects": ["pollutant"]},
    "data.point_offline": {"severity": "warning", "each_period": True, "subjects": ["point"]},
}
WORDS = {
    "v": ("violation", "over_limit"),
    "c": ("compliant", "within_limit"),
    "n": ("undetermined", "no_data"),
    "u": ("undetermined", "excluded_stopped"),
}


class Bulk:
    """Random series of several rules, and their findings as they come."""

    def __init__(self, world: World, database_url: str, random: Random, count: int, length: int) -> None:
        self.world, self._url = world, database_url
        for rule_id, alert in RULES.items():
            world.rule(rule_id, title=rule_id, standard="", clause="", alert=alert)
        self.series: dict[tuple[str, str], str] = {}
        for number in range(count):
            rule_id = list(RULES)[number % len(RULES)]
            subject = (
                f"point:tianhe/P{number}" if rule_id == "data.point_offline" else f"pollutant:tianhe/S{number}/so2"
            )
            text = "".join(random.choices("vcnu_", (4, 4, 6, 1, 2), k=length))
            self.series[rule_id, subject] = text
        self.arrivals = [
            (rule_id, subject, hour, letter)
            for (rule_id, subject), text in self.series.items()
            for hour, letter in enumerate(text)
            if letter != "_"
        ]
        random.shuffle(self.arrivals)

    def put(self, arrivals: Iterable[tuple[str, str, int, str]]) -> None:
        """Write findings as the rules stage does: the current one of the same period is superseded."""
        with psycopg.connect(self._url) as connection:
            for rule_id, subject, hour, letter in arrivals:
                start = START + HOUR * hour
                connection.execute(
                    "with old as (update finding set superseded_at = %(end)s where rule_id = %(rule)s"
                    " and subject = %(subject)s and period_start = %(start)s and superseded_at is null"
                    " returning finding_id) select count(*) from old",
                    given := {
                        "rule": rule_id,
                        "subject": subject,
                        "enterprise": self.world.enterprises["tianhe"],
                        "start": start,
                        "end": start + HOUR,
                        "verdict": WORDS[letter][0],
                        "reason": WORDS[letter][1],
                        "evidence": json.dumps({}),
                    },
                )
                connection.execute(
                    "with new as (insert into finding (rule_id, rule_version, subject, enterprise_id, period_start,"
                    " period_end, verdict, reason, evidence, computed_at) values (%(rule)s, 1, %(subject)s,"
                    " %(enterprise)s, %(start)s, %(end)s, %(verdict)s, %(reason)s, %(evidence)s, %(end)s)"
                    " returning finding_id) insert into alert_work (finding_id) select finding_id from new",
                    given,
                )

    def expected(self) -> dict[tuple[str, str], list[tuple[object, ...]]]:
        """What alerts there are, of each series by itself."""
        found = {}
        for (rule_id, text), letters in self.series.items():
            subject = Subject.parse(text)
            known = [
                CurrentFinding(
                    hour, subject, Period(at := START + HOUR * hour, at + HOUR), Verdict(WORDS[letter][0]),
                    WORDS[letter][1],
                )
                for hour, letter in enumerate(letters)
                if letter != "_"
            ]  # fmt: skip
            spans, _ = judge(known, AlertSettings.parse(RULES[rule_id]))
            if spans:
                found[rule_id, text] = [
                    (s.condition, s.state, s.occurred_at, s.fired_at, s.last_seen_at, s.resolved_at, s.resolution,
                     s.no_data_since)
                    for s in spans
                ]  # fmt: skip
        return found

    def alerts(self) -> dict[tuple[str, str], list[tuple[object, ...]]]:
        """What alerts stand in the database."""
        found: dict[tuple[str, str], list[tuple[object, ...]]] = {}
        for rule_id, subject, *rest in self.world.rows(
            "select rule_id, subject, condition, state, occurred_at, fired_at, last_seen_at, resolved_at, resolution,"
            " no_data_since from alert where resolution is distinct from 'superseded' order by occurred_at, alert_id"
        ):
            found.setdefault((rule_id, subject), []).append(tuple(rest))
        return found

    def differing(self) -> dict[tuple[str, str], tuple[object, object]]:
        """Series whose alerts in the database, on the left, are not what they should be."""
        stand, expected = self.alerts(), self.expected()
        keys = stand.keys() | expected.keys()
        return {key: (stand.get(key), expected.get(key)) for key in keys if stand.get(key) != expected.get(key)}

    def news(self) -> list[tuple[object, ...]]:
        """Alerts and news of which there is more than there should be: nothing is said twice."""
        return self.world.rows(
            "select alert_id, kind, count(*) from alert_news where kind <> 'fired' group by 1, 2 having count(*) > 1"
        ) + self.world.rows(
            "select alert_id, kind, count(*) from alert_event where kind in ('firing', 'resolved')"
            " group by 1, 2 having count(*) > 1"
        )


def _changed(bulk: Bulk, random: Random, count: int) -> list[tuple[str, str, int, str]]:
    """Some findings are judged anew, with another verdict perhaps."""
    changes = []
    for rule_id, subject, hour, _ in random.sample(bulk.arrivals, count):
        letter = random.choice("vcnu")
        text = bulk.series[rule_id, subject]
        bulk.series[rule_id, subject] = text[:hour] + letter + text[hour + 1 :]
        changes.append((rule_id, subject, hour, letter))
    return changes


async def _work(engine: AlertEngine, now: datetime = NOW) -> int:
    steps = 0
    while (report := await engine.step(now)).taken:
        assert not report.failed
        steps += 1
    return steps


async def test_a_batch_is_the_same_as_each_by_itself(world: World, database: Database, database_url: str) -> None:
    random = Random(7)
    bulk = Bulk(world, database_url, random, count=60, length=24)
    engine = AlertEngine(database, EngineSettings())
    left = bulk.arrivals
    while left:
        size = random.choice([1, 40, 300])
        bulk.put(left[:size])
        left = left[size:]
        await _work(engine)
    assert bulk.differing() == {}
    for _ in range(4):
        bulk.put(_changed(bulk, random, 60))
        await _work(engine)
        assert bulk.differing() == {}
    assert bulk.news() == []
    # the same again changes nothing
    before = world.rows("select count(*) from alert_event")
    bulk.put([(rule, subject, 0, text[0]) for (rule, subject), text in bulk.series.items() if text[0] != "_"])
    await _work(engine)
    assert bulk.differing() == {}
    assert world.rows("select count(*) from alert_event") == before


async def test_two_at_once_and_one_that_dies_between(world: World, database: Database, database_url: str) -> None:
    random = Random(11)
    bulk = Bulk(world, database_url, random, count=30, length=24)
    small = AlertEngine(database, EngineSettings(batch=17))
    bulk.put(bulk.arrivals)

    async def dies() -> None:
        """Cancelled wherever it happens to be, again and again; what it had taken comes back."""
        for delay in range(1, 30):
            task = asyncio.create_task(small.step(NOW))
            for _ in range(delay):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    await asyncio.gather(_work(small), _work(small), dies())
    await _work(small)
    assert bulk.differing() == {}
    assert bulk.news() == []


async def test_statements_do_not_grow_with_the_number_of_series(
    world: World, database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[object] = []
    execute = psycopg.AsyncCursor.execute

    async def counted(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        statements.append(query)
        return await execute(cursor, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", counted)
    counts = []
    for count in (6, 60):
        world.execute("truncate alert_work, alert_event, alert_news, alert, finding cascade")
        bulk = Bulk(world, database_url, Random(3), count=count, length=12)
        bulk.put(bulk.arrivals)
        statements.clear()
        await AlertEngine(database, EngineSettings()).step(NOW)
        counts.append(len(statements))
        assert len(bulk.alerts()) > count / 2
    assert counts[0] == counts[1] <= 20


async def test_of_many_that_fail_the_others_go_on(world: World, database: Database, database_url: str) -> None:
    bulk = Bulk(world, database_url, Random(5), count=24, length=12)
    broken = {"point:tianhe/P2", "point:tianhe/P11"}
    world.execute("create function fail() returns trigger language plpgsql as $$ begin raise 'broken'; end $$")
    world.execute(
        "create trigger fail before insert on alert for each row"
        " when (new.subject in ('point:tianhe/P2', 'point:tianhe/P11')) execute function fail()"
    )
    bulk.put(bulk.arrivals)
    engine = AlertEngine(database, EngineSettings())
    report = await engine.step(NOW)
    assert (report.series, report.failed) == (24, 2)
    expected = bulk.expected()
    assert broken <= {subject for _, subject in expected}
    assert bulk.alerts() == {key: spans for key, spans in expected.items() if key[1] not in broken}
    world.execute("drop trigger fail on alert")
    await _work(engine)
    assert bulk.alerts() == expected


async def test_the_clock_may_jump(world: World, database: Database, database_url: str) -> None:
    """The platform's clock only dates what is written: alerts are event time."""
    random = Random(13)
    bulk = Bulk(world, database_url, random, count=30, length=24)
    engine = AlertEngine(database, EngineSettings())
    left = bulk.arrivals
    jumps = [timedelta(), timedelta(days=400), timedelta(days=-400), timedelta(hours=-3), timedelta(hours=3)]
    while left:
        bulk.put(left[:90])
        left = left[90:]
        await _work(engine, NOW + random.choice(jumps))
    assert bulk.differing() == {}
    assert bulk.news() == []
    open_twice = (
        "select 1 from alert where state in ('pending', 'firing') group by rule_id, subject having count(*) > 1"
    )
    assert world.rows(open_twice) == []
