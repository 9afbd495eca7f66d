"""Alarm health of histories made by chance, against a slow count in plain Python that goes by docs/alarm-health.md."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from domain.periods import Period
from storage.database import Connection, Database, fetch_all
from storage.listing.alarm_health import AlarmHealth, alarm_health

#: The local first of November.
START = datetime(2026, 10, 31, 16, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SLOT = 10 * MINUTE
LATE = 30
SEVERITIES = ("critical", "warning", "info")
TEAMS = ("day", "night")
BEFORE, AFTER = Period(START - DAY, START), Period(START, START + DAY)
BOTH = Period(START - DAY, START + DAY)
ODD = Period(START + 7 * MINUTE, START + 23 * HOUR + 13 * MINUTE)

_SITE = """
insert into district values ('hainan', '海南区');
insert into enterprise (code, name, district, industry, is_industrial, registered_from)
values ('coke-1', '甲焦化', 'hainan', 'coking', true, '2026-01-01');
insert into team (code, name) values ('day', '白班'), ('night', '夜班');
insert into rule select 'r.' || n, 1, 'p', 'rule ' || n, 'e', '', '', 'platform', '', '', true, 'info', '{}'
from generate_series(0, 2) n;
insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason, evidence,
                     computed_at)
values ('r.1', 1, 'enterprise:coke-1', 1, '2026-11-01', '2026-11-02', 'violation', 'x', '{}', '2026-11-02');
"""
_WRITE = (
    "insert into alert (rule_id, subject, enterprise_id, severity, state, title, summary, details, occurred_at,"
    " detected_at, fired_at, last_seen_at, resolved_at, finding_id, notified_at, acknowledged_at)"
    " select r.rule, r.subject, 1, r.severity, case when r.ended is null then 'firing' else 'resolved' end, 't', 's',"
    " '{}', r.raised, r.raised, r.raised, r.raised, r.ended, 1, r.told, r.answered"
    " from jsonb_to_recordset(%s) r (id bigint, rule text, subject text, severity text, raised timestamptz,"
    " ended timestamptz, told timestamptz, answered timestamptz) order by r.id",
    "insert into alert_event (alert_id, at, kind, actor, comment)"
    " select id, at, kind, 'p', comment"
    " from jsonb_to_recordset(%s) r (id bigint, at timestamptz, kind text, comment text)",
    "insert into notification (alert_id, event, team, channel, receiver, idempotency_key, group_key, body, state,"
    " attempts, queued_at, next_attempt_at)"
    " select id, 'firing', team, 'log', 'x', number::text, '', '{}', 'sent', 1, at, at"
    " from jsonb_to_recordset(%s) r (number int, id bigint, team text, at timestamptz) order by number",
    "insert into alert_dispatch (alert_id, state, reason, since_at, teams)"
    " select id, state, reason, at, array(select jsonb_array_elements_text(teams))"
    " from jsonb_to_recordset(%s) r (id bigint, state text, reason text, at timestamptz, teams jsonb)",
    "insert into notification_decision (at, alert_id, event, team, decision, reason)"
    " select at, id, 'firing', 'day', decision, reason"
    " from jsonb_to_recordset(%s) r (at timestamptz, id bigint, decision text, reason text) order by at",
    "insert into alert_hold (kind, rule_id, subject, alert_id, from_at, until_at, author, reason, ended_at, ended_by)"
    " select kind, rule, subject, id, since, until, 'p', 'r', ended, case when ended is not null then 'p' end"
    " from jsonb_to_recordset(%s) r (kind text, rule text, subject text, id bigint, since timestamptz,"
    " until timestamptz, ended timestamptz)",
    "insert into flapping (rule_id, subject, since_at, until_at, changes, alert_id)"
    " select rule, subject, since, until, 6, id"
    " from jsonb_to_recordset(%s) r (rule text, subject text, since timestamptz, until timestamptz, id bigint)",
)  # fmt: skip


@dataclass
class Hold:
    kind: str
    since: datetime
    until: datetime | None
    ended: datetime | None

    def at(self, at: datetime) -> bool:
        return self.since <= at and all(end is None or at < end for end in (self.until, self.ended))


@dataclass
class Alarm:
    rule: str
    subject: str
    severity: str
    raised: datetime
    ended: datetime | None = None
    is_withdrawn: bool = False
    is_history: bool = False
    told: list[tuple[str | None, datetime]] = field(default_factory=list)
    answers: list[tuple[str, datetime]] = field(default_factory=list)
    decided: list[tuple[datetime, str, str]] = field(default_factory=list)

    @property
    def series(self) -> tuple[str, str]:
        return self.rule, self.subject

    @property
    def answered(self) -> datetime | None:
        return min((at for _, at in self.answers), default=None)

    def first(self, team: str | None) -> datetime | None:
        """When a team was first told; the city's teams all together when None."""
        return min((at for one, at in self.told if team is None or (one or "duty") == team), default=None)


@dataclass
class City:
    alarms: list[Alarm]
    holds: dict[tuple[str, str], list[Hold]]
    flaps: list[tuple[tuple[str, str], datetime, datetime]]


def made(seed: int) -> City:
    """Three days about the month's edge, mostly by steps of five minutes, so that bounds are met."""
    chance = random.Random(seed)

    def instant(first: float = -48, last: float = 26) -> datetime:
        return START + chance.randrange(int(first * 12), int(last * 12)) * 5 * MINUTE

    city = City([], {}, [])
    sizes = [[chance.choice((4, 5, 7, 10, 11, 13)) for _ in range(5)] for _ in range(3)]
    bursts = [*zip([instant(-26, 24) for _ in range(3)], sizes, strict=True)]
    bursts.append((START - 25 * MINUTE, [13, 12, 7, 7, 6]))  # a flood over the edge
    for series in range(26):
        rule, subject = f"r.{series % 3}", f"enterprise:coke-1-{series}"
        at = instant()
        for _ in range(chance.choice((1, 1, 1, 2, 5, 9))):
            alarm = Alarm(rule, subject, chance.choice(SEVERITIES), at, is_history=chance.random() < 0.1)
            if chance.random() < 0.75:
                alarm.ended = at + chance.choice((0, 5, 30, 35, 120, 300)) * MINUTE
                alarm.is_withdrawn = chance.random() < 0.2
            if not alarm.is_history:
                _tell(chance, alarm)
            city.alarms.append(alarm)
            if alarm.ended is None:
                break
            at = alarm.ended + chance.choice((5, 60, 240, 1440)) * MINUTE
        if chance.random() < 0.3:
            since = instant()
            until, ended = (since + chance.choice((1, 8, 40)) * HOUR if chance.random() < 0.7 else None), None
            if chance.random() < 0.4:
                ended = since + chance.choice((1, 3, 30)) * HOUR
            kind = "out_of_service" if until is None else chance.choice(("shelved", "out_of_service"))
            city.holds.setdefault((rule, subject), []).append(Hold(kind, since, until, ended))
        if chance.random() < 0.1:
            since = instant()
            city.flaps.append(((rule, subject), since, since + 6 * HOUR))
    city.alarms.append(Alarm("r.1", "enterprise:a-day-ago", "info", START - DAY))
    for burst, counts in bursts:
        for slot, count in enumerate(counts):
            for number in range(count):
                alarm = Alarm("r.0", f"enterprise:burst-{len(city.alarms)}", "warning", burst + slot * SLOT)
                alarm.told = [(chance.choice(TEAMS), alarm.raised + number * timedelta(seconds=59))]
                alarm.ended = alarm.told[0][1] + HOUR
                city.alarms.append(alarm)
    return city


def _tell(chance: random.Random, alarm: Alarm) -> None:
    at = alarm.raised
    if chance.random() < 0.2:  # its cause fires: nobody is told, for a while or ever
        alarm.decided.append((at, "hold", chance.choice(("inhibited", "plant_stopped", "quiet_hours"))))
        if chance.random() < 0.5:
            return
        at += chance.choice((10, 60, 1440)) * MINUTE
        alarm.decided.append((at, "send", "hold_ended"))
    for team in chance.sample((*TEAMS, None), chance.choice((1, 1, 2))):
        alarm.told.append((team, at))
        if chance.random() < 0.5:  # another channel; another team later on, perhaps after the edge
            alarm.told.append((team, at))
        at += chance.choice((0, 10, 600)) * MINUTE
    if chance.random() < 0.6:
        answer = alarm.told[0][1] + chance.choice((-5, 0, 5, 30, 31, 90, 1500)) * MINUTE
        is_over = alarm.ended is not None and answer >= alarm.ended
        alarm.answers.append(("return_confirmed" if is_over else "acknowledged", answer))
        if not is_over and chance.random() < 0.3:  # told anew, acknowledged anew
            alarm.answers.append(("acknowledged", answer + 24 * HOUR))


async def write(connection: Connection, city: City) -> None:
    alarms, events, messages, dispatch, decisions = [], [], [], [], []
    ids: dict[tuple[str, str], int] = {}
    for key, one in enumerate(city.alarms, 1):
        ids.setdefault(one.series, key)
        alarms.append(
            {
                "id": key,
                "rule": one.rule,
                "subject": one.subject,
                "severity": one.severity,
                "raised": one.raised,
                "ended": one.ended,
                "told": one.first(None),
                "answered": max((at for _, at in one.answers), default=None),
            }
        )
        events.append({"id": key, "at": one.raised, "kind": "firing", "comment": ""})
        events += [{"id": key, "at": at, "kind": kind, "comment": "ok"} for kind, at in one.answers]
        if one.ended is not None:
            comment = "superseded" if one.is_withdrawn else "compliant"
            events.append({"id": key, "at": one.ended, "kind": "resolved", "comment": comment})
        messages += [
            {"number": len(messages) + n, "id": key, "team": team, "at": at} for n, (team, at) in enumerate(one.told)
        ]
        decided = [(one.raised, "drop", "historical")] if one.is_history else one.decided
        decisions += [{"at": at, "id": key, "decision": what, "reason": why} for at, what, why in decided]
        at, what, why = decided[-1] if decided else (one.raised, "send", "first")
        state = "over" if one.ended is not None else {"hold": "held", "send": "told", "drop": "silent"}[what]
        since = one.ended if one.ended is not None else at
        dispatch.append({"id": key, "state": state, "reason": "resolved" if state == "over" else why, "at": since,
                         "teams": sorted({team or "duty" for team, _ in one.told})})  # fmt: skip
    holds = [
        {"kind": hold.kind, "rule": series[0], "subject": series[1], "id": ids[series], "since": hold.since,
         "until": hold.until, "ended": hold.ended}
        for series, found in city.holds.items() for hold in found
    ]  # fmt: skip
    flaps = [
        {"rule": s[0], "subject": s[1], "since": since, "until": until, "id": ids[s]} for s, since, until in city.flaps
    ]
    await connection.execute(_SITE)
    for statement, rows in zip(_WRITE, (alarms, events, messages, dispatch, decisions, holds, flaps), strict=True):
        await connection.execute(statement, (json.dumps(rows, default=datetime.isoformat),))
    await connection.execute(
        "insert into notification_alert select notification_id, alert_id, 'firing' from notification"
    )


def slots(period: Period) -> Iterator[datetime]:
    slot = datetime.fromtimestamp(period.start.timestamp() // 600 * 600, UTC)
    while slot < period.end:
        yield slot
        slot += SLOT


def told_in(city: City, team: str | None, period: Period) -> list[tuple[Alarm, datetime]]:
    firsts = [(alarm, alarm.first(team)) for alarm in city.alarms]
    return [(alarm, at) for alarm, at in firsts if at is not None and period.start <= at < period.end]


def loaded(city: City, team: str | None, period: Period) -> list[tuple[datetime, int, bool, bool]]:
    """(slot, alarms, is_busy, is_flood)"""
    first = next(slots(period))
    whole = Period(first - DAY, period.end)
    told = [at for _, at in told_in(city, team, whole)]
    out, is_flood = [], False
    for slot in slots(whole):
        came = [at for at in told if slot <= at < slot + SLOT]
        is_flood = len(came) > 10 or (is_flood and len(came) >= 5)
        within = sum(at >= period.start for at in came)
        if slot >= first:
            out.append((slot, within, within > 10, is_flood))
    return out


def aside(city: City, alarm: Alarm, at: datetime) -> str | None:
    kinds = {hold.kind for hold in city.holds.get(alarm.series, ()) if hold.at(at)}
    if "out_of_service" in kinds:
        return "out_of_service"
    before = [(what, why) for when, what, why in alarm.decided if when <= at]
    if before and before[-1] in (("hold", "inhibited"), ("hold", "plant_stopped")):
        return "suppressed"
    return "shelved" if kinds else None


def stood(city: City, at: datetime) -> list[Alarm]:
    return [one for one in city.alarms if one.raised <= at and (one.ended is None or one.ended > at)]


def seen(city: City) -> list[Alarm]:
    return [one for one in city.alarms if not one.is_history]


def chattering(city: City, period: Period) -> dict[tuple[str, str], int]:
    changes: dict[tuple[str, str], list[datetime]] = {}
    for one in seen(city):
        changes.setdefault(one.series, []).append(one.raised)
        if one.ended is not None and not one.is_withdrawn:
            changes[one.series].append(one.ended)
    found = {}
    for series, ats in changes.items():
        most = max(
            (sum(at - DAY < other <= at for other in ats) for at in ats if period.start <= at < period.end), default=0
        )
        if most >= 6:
            found[series] = most
    for series, since, until in city.flaps:
        if since < period.end and until > period.start:
            in_period = [at for at in changes.get(series, ()) if period.start <= at < period.end]
            found.setdefault(
                series, max((sum(at - DAY < other <= at for other in changes[series]) for at in in_period), default=6)
            )
    return found


def quantile(values: list[float], share: float) -> float | None:
    if not values:
        return None
    ordered, place = sorted(values), share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def check_load(city: City, found: AlarmHealth, period: Period) -> None:
    counts = {row["team"]: row for row in found.counts}
    figures: dict[Any, dict[str, float]] = {}
    for row in found.ratings:
        figures.setdefault(row["team"], {})[row["figure"]] = row["value"]
    assert set(counts) == {None, "day", "night", "duty"}
    length = (period.end - period.start) / SLOT
    for team, row in counts.items():
        told, load = told_in(city, team, period), loaded(city, team, period)
        assert row["alarms"] == len(told)
        figure = figures[team]
        assert figure["per_10min"] == pytest.approx(len(told) / length)
        assert figure["per_hour"] == pytest.approx(6 * len(told) / length)
        assert figure["per_day"] == pytest.approx(144 * len(told) / length)
        assert figure["peak_10min"] == max(alarms for _, alarms, _, _ in load)
        assert figure["busy_pct"] == pytest.approx(100 * sum(busy for _, _, busy, _ in load) / len(load))
        assert figure["flood_pct"] == pytest.approx(100 * sum(flood for *_, flood in load) / len(load))
        flags = [False, *(flood for *_, flood in load)]
        assert row["floods"] == sum(after and not before for before, after in pairwise(flags))
        mine = [
            one for one in stood(city, period.end) if team is None or team in {name or "duty" for name, _ in one.told}
        ]
        listed = [one for one in mine if aside(city, one, period.end) is None]
        assert (row["standing"], row["set_aside"]) == (len(listed), len(mine) - len(listed))
        assert row["stale"] == figure["stale"] == sum(period.end - one.raised > DAY for one in listed)
    stale = sorted(
        (one.raised, one.subject)
        for one in stood(city, period.end)
        if period.end - one.raised > DAY and aside(city, one, period.end) is None
    )
    assert sorted((row["raised_at"], row["subject"]) for row in found.stale) == stale[:50]
    assert figures[None]["chattering"] == len(chattering(city, period))
    assert {(row["rule_id"], row["subject"]): row["most_in_24h"] for row in found.chattering} == chattering(
        city, period
    )


def check_most(city: City, found: AlarmHealth, period: Period) -> None:
    raised = [one for one in seen(city) if period.start <= one.raised < period.end]
    by_series = Counter(one.series for one in raised)
    most = sorted(by_series.items(), key=lambda item: (-item[1], item[0]))[:10]
    series = [row for row in found.top if row["what"] == "series"]
    assert [((row["rule_id"], row["subject"]), row["alarms"]) for row in series] == most
    by_rule = sorted(Counter(one.rule for one in raised).items(), key=lambda item: (-item[1], item[0]))
    assert [(row["rule_id"], row["alarms"]) for row in found.top if row["what"] == "rule"] == by_rule
    (share,) = [row["value"] for row in found.ratings if row["team"] is None and row["figure"] == "top10_pct"]
    assert share == pytest.approx(100 * sum(count for _, count in most) / len(raised))
    severities = Counter(one.severity for one in raised)
    assert {row["severity"]: row["alarms"] for row in found.priorities} == {one: severities[one] for one in SEVERITIES}


def check_response(city: City, found: AlarmHealth, period: Period, team: str | None) -> None:
    for row in found.response:
        told = [(one, at) for one, at in told_in(city, team, period) if one.severity == row["severity"]]
        took, late, waiting = [], 0, 0
        for one, at in told:
            answered = one.answered if one.answered is not None and one.answered < period.end else None
            if answered is not None:
                took.append(max((answered - at) / MINUTE, 0.0))
            over = min(end for end in (answered, one.ended, period.end) if end is not None)
            late += over - at > LATE * MINUTE
            is_open = one.ended is None or one.ended >= period.end
            waiting += answered is None and is_open and period.end - at > LATE * MINUTE
        assert (row["told"], row["acknowledged"], row["late"], row["waiting"]) == (len(told), len(took), late, waiting)
        for name, share in (("median_min", 0.5), ("p90_min", 0.9)):
            expected = quantile(took, share)
            assert row[name] == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("seed", range(4))
async def test_every_figure_of_a_history_made_by_chance(database: Database, seed: int) -> None:
    city = made(seed)
    async with database.transaction() as connection:
        await write(connection, city)
        alarms: dict[Period, dict[str | None, int]] = {}
        for period in (BEFORE, AFTER, BOTH, ODD):
            found = await alarm_health(connection, period, team=None, late_min=LATE)
            check_load(city, found, period)
            check_most(city, found, period)
            check_response(city, found, period, None)
            alarms[period] = {row["team"]: row["alarms"] for row in found.counts}
        for team in (*TEAMS, "duty"):
            of_team = await alarm_health(connection, AFTER, team=team, late_min=LATE)
            check_response(city, of_team, AFTER, team)
        standing = await fetch_all(connection, "select * from dash.alarm_standing_v1(%s)", (START,))
    assert sorted((row["subject"], row["raised_at"], row["aside"] or "") for row in standing) == sorted(
        (one.subject, one.raised, aside(city, one, START) or "") for one in stood(city, START)
    )
    for team, count in alarms[BOTH].items():
        assert count == alarms[BEFORE][team] + alarms[AFTER][team], "what was told before the edge is not told again"
