"""The demo's check of what people were told is strict: a telling too few, too many, too late or to another is seen."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runtime.clock import system_clock
from runtime.demo_people import Phones
from runtime.demo_told import _channels, _delivered, _persons, _phone, _withheld
from simulators.inbox import Inbox
from simulators.people import PHONE, PLANT, ROBOT, SMS, phone
from simulators.services import GroupRobot, SmsGateway, Taken
from simulators.truth import Truth
from simulators.truth_told import Telling

START = datetime(2026, 8, 31, 16, tzinfo=UTC)
RULE, SUBJECT = "ule.hourly", "pollutant:yunhe-coking/S1/so2"
KEY = (RULE, SUBJECT, START)
TELLINGS = [
    Telling(600, "firing", PLANT, KEY, ("ren-haoyu",)),
    Telling(660, "resolved", PLANT, KEY, ("ren-haoyu",)),
]


def truth(tellings: list[Telling], withheld: dict[tuple[str, str, str], int] | None = None) -> Truth:
    nothing: dict[Any, Any] = {}
    return Truth(
        START, nothing, nothing, nothing, frozenset(), nothing, frozenset(), tellings, Counter(withheld or {}),
        Counter(), nothing, nothing, (),
    )  # fmt: skip


def rows(tellings: list[Telling]) -> list[dict[str, Any]]:
    """What a platform that does it right has sent."""
    made: list[dict[str, Any]] = []
    for telling in tellings:
        receivers = [(PHONE, f"team:{telling.team}"), (ROBOT, f"team:{telling.team}")]
        for channel, receiver in [*receivers, *((SMS, f"person:{person}") for person in telling.people)]:
            made.append(
                {
                    "notification_id": len(made),
                    "event": telling.event,
                    "alert_event": telling.event,
                    "team": telling.team,
                    "channel": channel,
                    "receiver": receiver,
                    "rule_id": RULE,
                    "subject": SUBJECT,
                    "state": "sent",
                    "queued_at": START + timedelta(minutes=telling.minute),
                    "idempotency_key": str(len(made)),
                    "in_doubt": False,
                }
            )
    return made


def problems(wanted: list[Telling], sent: list[dict[str, Any]]) -> list[str]:
    return [*_channels(truth(wanted), sent, START), *_persons(truth(wanted), sent, START)]


def test_what_is_right_is_right() -> None:
    assert problems(TELLINGS, rows(TELLINGS)) == []


@pytest.mark.parametrize(
    "sent",
    [
        TELLINGS[:1],
        [*TELLINGS, TELLINGS[0]],
        [replace(TELLINGS[0], minute=660), TELLINGS[1]],
        [replace(TELLINGS[0], people=("su-mingjing",)), TELLINGS[1]],
        [replace(TELLINGS[0], team="hewan-duty"), TELLINGS[1]],
        [replace(TELLINGS[0], event="repeated"), TELLINGS[1]],
    ],
)
def test_anything_else_is_seen(sent: list[Telling]) -> None:
    assert problems(TELLINGS, rows(sent))


def test_what_is_open_may_be_told_or_not_but_no_oftener() -> None:
    wanted = [replace(telling, is_open=True) for telling in TELLINGS]
    assert problems(wanted, rows(TELLINGS)) == problems(wanted, []) == []
    assert problems(wanted, rows([*TELLINGS, *TELLINGS]))


def test_withheld_for_another_reason_is_seen() -> None:
    wanted = truth([], {(RULE, SUBJECT, "inhibited"): 1})
    row = {"rule_id": RULE, "subject": SUBJECT, "reason": "inhibited", "alerts": 1}
    assert _withheld(wanted, [row]) == []
    assert _withheld(wanted, [row | {"reason": "silenced"}])
    assert _withheld(wanted, [row | {"alerts": 2}])
    assert _withheld(wanted, [])
    # a group that was told a moment ago puts off by minutes only
    assert _withheld(wanted, [row, row | {"reason": "group_interval"}]) == []


def test_what_services_hold_is_what_was_sent(tmp_path: Path) -> None:
    with Inbox() as inbox, GroupRobot(wall=system_clock) as robot, SmsGateway() as sms:
        phones = Phones(inbox, robot, sms, tmp_path)
        sent = rows(TELLINGS)
        assert len(_delivered(sent, phones)) == 3
        assert _phone(truth(TELLINGS), phones, START)
        robot.taken += [Taken("", "a"), Taken("", "b")]
        sms.taken += [Taken(phone("ren-haoyu"), "a")]
        assert len(_delivered(sent, phones)) == 2
        sms.taken += [Taken(phone("ren-haoyu"), "b")]
        without_phone = [row for row in sent if row["channel"] != PHONE]
        assert _delivered(without_phone, phones) == []
        robot.taken.append(Taken("", "b"))
        assert _delivered(without_phone, phones)
        # a worker that died between sending and noting it may have sent twice
        assert _delivered([row | {"in_doubt": True} for row in without_phone], phones) == []
        robot.refused.append("sign not match")
        assert _delivered([row | {"in_doubt": True} for row in without_phone], phones)
