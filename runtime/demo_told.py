"""Holds what people were told, and what they were not and why, against what the simulators know they had to be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from domain.periods import HOUR
from runtime.demo_people import Phones
from simulators.people import PHONE, PLANT, ROBOT, SMS, phone
from simulators.truth import Truth
from simulators.truth_told import Telling
from storage import pipeline
from storage.database import Connection

#: Reasons for not telling, or not at once, of which the simulators know when they must be given. Of the others (a
#: flood, a group that was told a moment ago) they know that they put off by minutes only.
KNOWN_REASONS = frozenset({
    "historical", "out_of_service", "plant_stopped", "inhibited", "silenced", "shelved", "flapping",
    "quiet_hours", "resolved_while_held", "withdrawn", "acknowledged",
})  # fmt: skip

#: Events of one kind: a person hears of one of them once, by whatever team.
_REMINDERS = frozenset({"repeated", "realarmed", "escalated"})


async def check_told(
    connection: Connection, truth: Truth, phones: Phones, start: datetime
) -> tuple[dict[str, Any], list[str]]:
    """(report keys, what differs). start: of the story."""
    told = await pipeline.read(connection, "told_in_short")
    withheld = await pipeline.read(connection, "withheld_in_short")
    counts = await pipeline.read(connection, "decision_counts")
    undecided = await pipeline.read(connection, "undecided_alerts")
    people = await pipeline.read(connection, "deed_counts")
    sent = [row for row in told if row["state"] == "sent"]
    problems = [
        *_phone(truth, phones, start),
        *_channels(truth, sent, start),
        *_persons(truth, sent, start),
        *_delivered(sent, phones),
        *_withheld(truth, withheld),
        *(f"alert {row['rule_id']} {row['subject']} fired, and nobody decided about it" for row in undecided),
        *(f"message {r['notification_id']} by {r['channel']} is {r['state']}" for r in told if r["state"] != "sent"),
    ]  # fmt: skip
    messages = {row["notification_id"]: row for row in told}.values()  # a row is one alert that a message tells
    by_event = Counter(row["event"] for row in messages)
    by_channel = Counter(row["channel"] for row in messages if row["state"] == "sent")
    figures = {
        "notifications": {
            "sent": by_channel[PHONE],
            "failed": sum(row["state"] == "failed" for row in messages),
        },
        "notifications_on_duty_phone": len(phones.inbox.notifications()),
        "messages": dict(by_channel),
        "messages_by_event": dict(by_event),
        "alerts_told": len({(row["alert_id"], row["team"]) for row in told if row["alert_event"] == "firing"}),
        "digests": by_event["digest"],
        "held": {row["reason"]: row["decisions"] for row in counts if row["decision"] == "hold"},
        "dropped": {row["reason"]: row["decisions"] for row in counts if row["decision"] == "drop"},
        "decisions": sum(row["decisions"] for row in counts),
        "escalated": sum(telling.event == "escalated" for telling in truth.tellings),
        "people_did": {row["kind"]: row["events"] for row in people},
        "tellings_expected": len(truth.tellings),
        "tellings_open": sum(telling.is_open for telling in truth.tellings),
        "services_busy": {ROBOT: phones.robot.busy, SMS: phones.sms.busy},
    }
    return figures, problems


def _hour(at: datetime, start: datetime) -> int:
    return (at - start) // HOUR


def _differences(
    what: str, wanted: Iterable[tuple[Any, bool]], found: Mapping[Any, int], text: Callable[[Any], str]
) -> list[str]:
    """Each thing expected exactly so often; what is open may be there as often or not at all."""
    sure: Counter[Any] = Counter()
    most: Counter[Any] = Counter()
    for key, is_open in wanted:
        most[key] += 1
        sure[key] += not is_open
    return [
        f"{what} {text(key)}: {found.get(key, 0)}, expected {sure[key]}"
        + (f" to {most[key]}" if most[key] != sure[key] else "")
        for key in sorted(found.keys() | most.keys())
        if not sure[key] <= found.get(key, 0) <= most[key]
    ]


def _words(key: tuple[Any, ...]) -> str:
    *parts, hour = key
    return f"{' '.join(map(str, parts))} on d{hour // 24 + 1:02d} at {hour % 24:02d}"


def _of_team(telling: Telling) -> tuple[str, str, str, str, int]:
    return (telling.event, telling.team, telling.key[0], telling.key[1], telling.hour)


def _phone(truth: Truth, phones: Phones, start: datetime) -> list[str]:
    """What the duty phone holds, alert by alert, of however many a message tells."""
    found: Counter[tuple[str, str, str, str, int]] = Counter()
    problems = []
    for one in phones.inbox.notifications():
        body = one.body
        if body["left_off"] or body["count"] != len(body["alerts"]):
            problems.append(f"the message {one.key} leaves alerts off")
        for alert in body["alerts"]:
            hour = _hour(datetime.fromisoformat(alert["queued_at"]), start)
            found[(alert["event"], body["team"], alert["rule"], alert["subject"], hour)] += 1
    wanted = [(_of_team(telling), telling.is_open) for telling in truth.tellings if telling.to_team]
    return problems + _differences("on the duty phone:", wanted, found, _words)


def _channels(truth: Truth, sent: list[dict[str, Any]], start: datetime) -> list[str]:
    """What was sent to teams as such: all of them have the phone, one has a robot besides."""
    problems = []
    for channel, teams in ((PHONE, None), (ROBOT, (PLANT,))):
        found = Counter(
            (row["alert_event"], row["team"], row["rule_id"], row["subject"], _hour(row["queued_at"], start))
            for row in sent
            if row["channel"] == channel and row["receiver"] == f"team:{row['team']}"
        )
        wanted = [
            (_of_team(telling), telling.is_open)
            for telling in truth.tellings
            if telling.to_team and (teams is None or telling.team in teams)
        ]
        problems += _differences(f"sent by {channel}:", wanted, found, _words)
    return problems


def _persons(truth: Truth, sent: list[dict[str, Any]], start: datetime) -> list[str]:
    """Whom the gateway for short messages reached."""
    found = Counter(
        (row["alert_event"], row["receiver"], row["rule_id"], row["subject"], _hour(row["queued_at"], start))
        for row in sent
        if row["channel"] == SMS
    )
    seen: set[tuple[str, Any, int, str]] = set()
    wanted = []
    for telling in sorted(truth.tellings, key=lambda one: (one.minute, one.team)):
        kind = "reminder" if telling.event in _REMINDERS else telling.event
        for person in telling.people:
            if (person, telling.key, telling.minute, kind) in seen:
                continue  # another of his teams has told him
            seen.add((person, telling.key, telling.minute, kind))
            key = (telling.event, f"person:{person}", telling.key[0], telling.key[1], telling.hour)
            wanted.append((key, telling.is_open))
    return _differences("sent to a person:", wanted, found, _words)


def _delivered(sent: list[dict[str, Any]], phones: Phones) -> list[str]:
    """What the services hold, against what the platform thinks it sent; nothing may have been refused for good.

    Robot and gateway take a message twice when a worker dies between sending and noting it; the phone keeps it once.
    """
    by_id = {row["notification_id"]: row for row in sent}
    wanted = [
        (row["channel"] if row["channel"] == ROBOT else phone(row["receiver"].partition(":")[2]), is_open)
        for row in by_id.values()
        if row["channel"] in (ROBOT, SMS)
        for is_open in ((False, True) if row["in_doubt"] else (False,))
    ]
    found = Counter(taken.address for taken in phones.sms.taken)
    found[ROBOT] = len(phones.robot.taken)
    problems = _differences("messages taken by", wanted, found, str)
    on_phone = {one.key for one in phones.inbox.notifications()}
    posted = {row["idempotency_key"] for row in by_id.values() if row["channel"] == PHONE}
    if on_phone != posted:
        missing, strange = len(posted - on_phone), len(on_phone - posted)
        problems.append(f"{missing} messages never reached the duty phone, {strange} are on it that nobody sent")
    return problems + [f"refused by a service: {words}" for words in (*phones.robot.refused, *phones.sms.refused)]


def _withheld(truth: Truth, rows: list[dict[str, Any]]) -> list[str]:
    """By rule, subject and reason how many alerts were held, or dropped, before they were told of as firing."""
    found = {
        (row["rule_id"], row["subject"], row["reason"]): row["alerts"] for row in rows if row["reason"] in KNOWN_REASONS
    }
    wanted = [(key, False) for key, times in truth.withheld.items() for _ in range(times)]
    wanted += [(key, True) for key, times in truth.withheld_open.items() for _ in range(times)]
    return _differences("not told:", wanted, found, " ".join)
