"""Figures of alarm health, each against a count by hand or by plain Python."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import pytest

from domain.periods import Period
from storage.database import Database, fetch_all
from storage.listing.alarm_health import alarm_health

START = datetime(2026, 11, 2, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DAY = Period(START, START + 24 * HOUR)

_SITE = """
insert into district values ('hainan', '海南区');
insert into enterprise (code, name, district, industry, is_industrial, registered_from)
values ('coke-1', '甲焦化', 'hainan', 'coking', true, '2026-01-01');
insert into team (code, name) values ('day', '白班'), ('idle', '机动');
insert into rule select 'r.' || n, 1, 'p', 'rule ' || n, 'e', '', '', 'platform', '', '', true, 'info', '{}'
from generate_series(1, 30) n;
insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason, evidence,
                     computed_at)
values ('r.1', 1, 'enterprise:coke-1', 1, '2026-11-01', '2026-11-02', 'violation', 'x', '{}', '2026-11-02');
"""


class Desk:
    """Writes alerts, their history and their messages as the alert stage does."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.count = 0

    async def run(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        async with self.database.transaction() as connection:
            return await fetch_all(connection, statement, values)

    async def alarm(
        self,
        raised: timedelta,
        *,
        severity: str = "warning",
        rule: str = "r.1",
        subject: str | None = None,
        teams: Sequence[str] = ("day",),
        told: timedelta | None = timedelta(),
        answered: timedelta | None = None,
        ended: timedelta | None = None,
    ) -> int:
        """raised: after START; told, answered and ended: after that, None for never. told more than once a team: a
        message over a second channel."""
        self.count += 1
        subject = subject or f"enterprise:coke-{self.count}"
        at = START + raised
        (row,) = await self.run(
            "insert into alert (rule_id, subject, enterprise_id, severity, state, title, summary, details, occurred_at,"
            " detected_at, fired_at, last_seen_at, resolved_at, finding_id, notified_at, acknowledged_at)"
            " values (%(rule)s, %(subject)s, 1, %(severity)s, %(state)s, 't', 's', '{}', %(at)s, %(at)s, %(at)s,"
            " %(at)s, %(ended)s, 1, %(told)s, %(answered)s) returning alert_id",
            rule=rule,
            subject=subject,
            severity=severity,
            state="firing" if ended is None else "resolved",
            at=at,
            told=None if told is None else at + told,
            answered=None if answered is None else at + answered,
            ended=None if ended is None else at + ended,
        )
        alert_id = int(row["alert_id"])
        events = [("firing", at)] + ([] if ended is None else [("resolved", at + ended)])
        events += [] if answered is None else [("acknowledged", at + answered)]
        for kind, when in events:
            await self.run(
                "insert into alert_event (alert_id, at, kind, actor, comment)"
                " values (%(id)s, %(at)s, %(kind)s, 'p', '') returning 1",
                id=alert_id,
                at=when,
                kind=kind,
            )
        await self.run(
            "insert into alert_dispatch (alert_id, state, reason, since_at, teams)"
            " values (%(id)s, 'told', 'first', %(at)s, %(teams)s) returning 1",
            id=alert_id,
            at=at,
            teams=list(teams),
        )
        if told is not None:
            for team in teams:
                for channel in ("webhook", "email"):
                    await self.message(alert_id, at + told, team, channel)
        return alert_id

    async def message(self, alert_id: int, at: datetime, team: str, channel: str, event: str = "firing") -> None:
        await self.run(
            "with n as (insert into notification (alert_id, event, team, channel, receiver, idempotency_key, group_key,"
            " body, state, attempts, queued_at, next_attempt_at) values (%(id)s, %(event)s, %(team)s, %(channel)s, 'x',"
            " gen_random_uuid()::text, '', '{}', 'sent', 1, %(at)s, %(at)s) returning notification_id)"
            " insert into notification_alert select notification_id, %(id)s, %(event)s from n returning 1",
            id=alert_id,
            at=at,
            team=team,
            channel=channel,
            event=event,
        )

    async def decided(self, alert_id: int, at: timedelta, event: str, decision: str, reason: str) -> None:
        await self.run(
            "insert into notification_decision (at, alert_id, event, team, decision, reason)"
            " values (%(at)s, %(id)s, %(event)s, 'day', %(decision)s, %(reason)s) returning 1",
            at=START + at,
            id=alert_id,
            event=event,
            decision=decision,
            reason=reason,
        )


@pytest.fixture
async def desk(database: Database) -> Desk:
    async with database.transaction() as connection:
        await connection.execute(_SITE)
    return Desk(database)


def floods(counts: Sequence[int]) -> list[bool]:
    """More than ten begins one, fewer than five ends it."""
    out, is_flood = [], False
    for count in counts:
        is_flood = count > 10 or (is_flood and count >= 5)
        out.append(is_flood)
    return out


async def test_rates_and_floods_by_team_and_city(desk: Desk) -> None:
    chosen = random.Random(7)
    told: dict[str, Counter[int]] = {"day": Counter(), "duty": Counter()}
    both = 0
    for slot in range(36):
        for _ in range(chosen.choice([0, 1, 3, 5, 7, 12])):
            teams = chosen.choice([("day",), ("duty",), ("day", "duty")])
            both += 1
            await desk.alarm(slot * 10 * MINUTE + chosen.randrange(600) * timedelta(seconds=1), teams=teams)
            for team in teams:
                told[team][slot] += 1
    async with desk.database.transaction() as connection:
        rows = await fetch_all(
            connection, "select * from dash.alarm_slots_v1(%(from)s, %(to)s) order by team, slot",
            {"from": START, "to": START + 6 * HOUR},
        )  # fmt: skip
        found = await alarm_health(connection, Period(START, START + 6 * HOUR), team=None, late_min=30)
    for team, counts in told.items():
        expected = [counts[slot] for slot in range(36)]
        mine = [row for row in rows if row["team"] == team]
        assert [row["alarms"] for row in mine] == expected
        assert [row["is_flood"] for row in mine] == floods(expected)
        assert [row["is_busy"] for row in mine] == [count > 10 for count in expected]
        figures = {row["figure"]: row["value"] for row in found.ratings if row["team"] == team}
        assert figures["per_10min"] == pytest.approx(sum(expected) / 36)
        assert figures["per_day"] == pytest.approx(sum(expected) * 4)
        assert figures["peak_10min"] == max(expected)
        assert figures["flood_pct"] == pytest.approx(100 * sum(floods(expected)) / 36)
    city = {row["team"]: row for row in found.counts}
    assert city[None]["alarms"] == both, "an alarm that two teams are told of is one"
    assert city["idle"]["alarms"] == 0, "a team that nobody troubled is there"


async def test_a_figure_is_rated_at_its_very_bound(desk: Desk) -> None:
    for number in range(289):
        await desk.alarm(number * 290 * timedelta(seconds=1), ended=MINUTE)
    async with desk.database.transaction() as connection:
        at_most = await alarm_health(connection, DAY, team="day", late_min=30)
        (first,) = [r for r in at_most.ratings if r["figure"] == "per_day"]
        await connection.execute("delete from notification_alert where alert_id = 289")
        (second,) = [
            r
            for r in (await alarm_health(connection, DAY, team="day", late_min=30)).ratings
            if r["figure"] == "per_day"
        ]
        await connection.execute("delete from notification_alert where alert_id > 144")
        (third,) = [
            r
            for r in (await alarm_health(connection, DAY, team="day", late_min=30)).ratings
            if r["figure"] == "per_day"
        ]
    assert [(r["value"], r["rating"]) for r in (first, second, third)] == [
        (289.0, "over"),
        (288.0, "manageable"),
        (144.0, "good"),
    ]


async def test_what_stands_and_what_is_stale_at_an_instant(desk: Desk) -> None:
    old = await desk.alarm(-30 * HOUR)
    await desk.alarm(timedelta())  # exactly a day: not yet more than 24 hours
    await desk.alarm(-50 * HOUR, ended=74 * HOUR + MINUTE)  # ends a minute after the end
    await desk.alarm(-50 * HOUR, ended=60 * HOUR)
    await desk.alarm(25 * HOUR)
    async with desk.database.transaction() as connection:
        found = await alarm_health(connection, DAY, team=None, late_min=30)
    (city, *_) = found.counts
    assert (city["standing"], city["stale"]) == (3, 2)
    assert [row["alert_id"] for row in found.stale] == [old + 2, old]
    assert found.stale[1]["age_h"] == 54.0


async def test_how_soon_people_answer(desk: Desk) -> None:
    minutes = [2, 4, 6, 30, 31]
    for number, minute in enumerate(minutes):
        await desk.alarm(number * HOUR, severity="critical", answered=minute * MINUTE)
    await desk.alarm(6 * HOUR, severity="critical", ended=29 * MINUTE)  # over in time: nobody had to answer
    await desk.alarm(7 * HOUR, severity="critical", ended=31 * MINUTE)
    await desk.alarm(8 * HOUR, severity="critical")
    await desk.alarm(24 * HOUR - 5 * MINUTE, severity="critical")  # there is time left
    await desk.alarm(9 * HOUR, severity="info", told=None, answered=MINUTE)  # nobody was told
    async with desk.database.transaction() as connection:
        found = await alarm_health(connection, DAY, team=None, late_min=30)
    by_severity = {row["severity"]: row for row in found.response}
    critical = by_severity["critical"]
    assert (critical["told"], critical["acknowledged"], critical["late"], critical["waiting"]) == (9, 5, 3, 1)
    assert critical["median_min"] == median(minutes)
    assert critical["p90_min"] == pytest.approx(30.6)
    assert by_severity["info"] == {
        "severity": "info", "told": 0, "acknowledged": 0, "median_min": None, "p90_min": None, "late": 0, "waiting": 0,
    }  # fmt: skip


async def test_what_comes_and_goes(desk: Desk) -> None:
    for number in range(3):  # six changes in five hours and ten minutes
        await desk.alarm(number * 2 * HOUR, subject="enterprise:coke-9", ended=70 * MINUTE)
    for number in range(2):
        await desk.alarm(number * 2 * HOUR, subject="enterprise:coke-8", ended=70 * MINUTE)
    for number in range(3):  # six, but never within a day
        await desk.alarm((number - 2) * 30 * HOUR, subject="enterprise:coke-7", ended=10 * HOUR)
    async with desk.database.transaction() as connection:
        found = await alarm_health(connection, Period(START - 90 * HOUR, DAY.end), team=None, late_min=30)
    assert [(row["subject"], row["raised"], row["most_in_24h"]) for row in found.chattering] == [
        ("enterprise:coke-9", 3, 6)
    ]
    (rating,) = [row for row in found.ratings if row["figure"] == "chattering" and row["team"] is None]
    assert (rating["value"], rating["rating"]) == (1, "over")


async def test_the_most_frequent_and_their_share(desk: Desk) -> None:
    for rule in range(1, 13):
        for number in range(rule):
            await desk.alarm(
                number * HOUR, rule=f"r.{rule}", subject=f"enterprise:coke-{number % 2}", told=None, ended=MINUTE
            )
    await desk.alarm(HOUR, rule="r.30", teams=("idle",))
    async with desk.database.transaction() as connection:
        found = await alarm_health(connection, DAY, team=None, late_min=30)
        of_team = await alarm_health(connection, DAY, team="idle", late_min=30)
    rules = [row for row in found.top if row["what"] == "rule"]
    assert [(row["place"], row["rule_id"], row["alarms"]) for row in rules] == [
        (place, f"r.{13 - place}", 13 - place) for place in range(1, 11)
    ]
    assert rules[0]["share_pct"] == pytest.approx(100 * 12 / 79)
    series = [row for row in found.top if row["what"] == "series"]
    assert [(row["rule_id"], row["subject"], row["alarms"]) for row in series[:2]] == [
        ("r.11", "enterprise:coke-0", 6),
        ("r.12", "enterprise:coke-0", 6),
    ]
    assert [(row["rule_id"], row["share_pct"]) for row in of_team.top] == [("r.30", 100.0), ("r.30", 100.0)]


async def test_priorities_decisions_and_escalations(desk: Desk) -> None:
    first = await desk.alarm(HOUR, severity="critical")
    await desk.alarm(HOUR, severity="info", told=None)
    await desk.alarm(HOUR, severity="info", told=None)
    for at in (HOUR, 2 * HOUR):
        await desk.decided(first, at, "escalated", "send", "step")
    await desk.decided(first, HOUR, "firing", "hold", "silenced")
    await desk.decided(first, -HOUR, "firing", "hold", "silenced")  # before the period
    async with desk.database.transaction() as connection:
        found = await alarm_health(connection, DAY, team=None, late_min=30)
    assert [(row["severity"], row["alarms"], row["target_pct"]) for row in found.priorities] == [
        ("critical", 1, 5.0),
        ("warning", 0, 15.0),
        ("info", 2, 80.0),
    ]
    assert sum(row["share_pct"] for row in found.priorities) == pytest.approx(100)
    assert found.decisions == [
        {"event": "escalated", "decision": "send", "reason": "step", "decisions": 2, "alarms": 1},
        {"event": "firing", "decision": "hold", "reason": "silenced", "decisions": 1, "alarms": 1},
    ]
    assert {row["team"]: row["escalated"] for row in found.counts} == {None: 1, "day": 1, "duty": 0, "idle": 0}


async def test_nothing_has_happened(desk: Desk) -> None:
    async with desk.database.transaction() as connection:
        found = await alarm_health(connection, DAY, team=None, late_min=30)
    assert {row["rating"] for row in found.ratings if row["team"] is None} == {"good", None}
    assert [row["share_pct"] for row in found.priorities] == [None, None, None]
    assert (found.top, found.chattering, found.stale, found.decisions) == ([], [], [], [])
