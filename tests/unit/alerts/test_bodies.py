"""What a message's body says beside its alerts: what comes next, and where the list is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.dispatch.bodies import MOST, Bodies
from alerts.dispatch.contract import PlannedMessage
from alerts.messages import Receiver
from domain.alerts import Occasion
from domain.roster import Roster, Team
from domain.telling import Reason
from storage.dispatch import Content

AT = datetime(2026, 11, 2, tzinfo=UTC)
FIRING, RESOLVED = Occasion.FIRING, Occasion.RESOLVED


def content(number: int, severity: str = "critical", enterprise: str = "tianhe") -> Content:
    return Content(
        number, "legal.hourly", f"outlet:{enterprise}/S1", severity, "violation", None, "【严重】甲", "", {}, AT,
        AT, AT, AT, None, 1, None, None,
    )  # fmt: skip


def body(event: Occasion, *alerts: tuple[Content, Occasion], of: int | None = None) -> dict[str, Any]:
    contents = {one.alert_id: one for one, _ in alerts}
    told = tuple((one.alert_id, own) for one, own in alerts)
    told += tuple((number, FIRING) for number in range(1000, 1000 + (of or len(told)) - len(told)))
    contents |= {number: content(number) for number, _ in told[len(alerts) : MOST]}
    team = Team("north", "北区")
    message = PlannedMessage(event, team, Receiver("log", "team:north"), (), Reason.FLOOD, "", told, "0")
    return Bodies(contents, Roster({}, {"north": team}), "https://pw.example", AT).body(message)


def test_what_comes_next_comes_of_what_lasts() -> None:
    one, other = content(1), content(2, "warning")
    assert body(Occasion.DIGEST, (one, FIRING), (other, FIRING))["next"].startswith("15 分钟无人签收")
    assert body(Occasion.DIGEST, (one, RESOLVED), (other, FIRING))["next"] == "一直无人签收，每 24 小时再次提醒。"
    assert body(Occasion.DIGEST, (one, RESOLVED), (other, RESOLVED))["next"] == ""


@pytest.mark.parametrize(
    ("event", "alerts", "of", "url"),
    [
        (FIRING, [content(1)], None, "alerts/1"),
        (FIRING, [content(1), content(2, "info")], None, "?enterprise=tianhe"),
        (Occasion.ESCALATED, [content(1), content(2)], None, "?enterprise=tianhe&severity=critical"),
        (Occasion.ESCALATED, [content(1), content(2, "info")], None, "?enterprise=tianhe"),
        (Occasion.DIGEST, [content(1), content(2, enterprise="beishan")], None, "?team=north"),
        # of the others nobody knows here whose they are
        (Occasion.DIGEST, [content(1)], MOST + 1, "?team=north"),
    ],
)
def test_the_list_is_narrowed_to_what_the_message_is_about(
    event: Occasion, alerts: list[Content], of: int | None, url: str
) -> None:
    assert body(event, *((one, event) for one in alerts), of=of)["url"] == f"https://pw.example/{url}"
