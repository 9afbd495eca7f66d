"""An alert's page in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.desk.story import (
    EVENTS,
    OCCASIONS,
    REASONS,
    board_url,
    decision_line,
    event_line,
    facts,
    finding_line,
    receiver_name,
    summary_lines,
)
from domain.alerts import EventKind, Occasion
from domain.periods import HOUR, Period
from domain.telling import Reason

NOW = datetime(2026, 11, 26, 13, 40, tzinfo=UTC)
NAMES = {"person:wang-wei": "王维", "team:city": "市局值班"}


def alert(**changes: Any) -> dict[str, Any]:
    return {
        "subject": "pollutant:hx-coking/S1/so2",
        "rule_id": "ule.hourly",
        "rule_title": "超低排放小时均值",
        "standard": "意见",
        "clause": "附件2",
        "enterprise_name": "海西焦化",
        "district_name": "乌达区",
        "details": {"value": 46.2, "limit": 30.0, "unit": "mg/m3", "subject_name": "焦炉烟囱"},
        "occurred_at": NOW - 2 * HOUR,
        "detected_at": NOW - HOUR,
        "resolved_at": None,
        "resolution": None,
        "no_data_since": None,
        "notified_at": None,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "assignee": None,
        "assignee_name": None,
        "hold": None,
    } | changes


def test_every_kind_of_event_and_occasion_has_a_word() -> None:
    assert {str(kind) for kind in EventKind} <= EVENTS.keys()
    assert {str(occasion) for occasion in Occasion} <= OCCASIONS.keys()


def test_every_reason_to_tell_or_not_has_a_word() -> None:
    assert {str(reason) for reason in Reason} <= REASONS.keys()


def test_facts_say_where_since_when_and_against_what() -> None:
    said = dict(facts(alert(), NOW))
    assert said["地点"] == "海西焦化 · 焦炉烟囱 · 乌达区"
    assert said["开始"] == "2026-11-26 19:40 起，已 2小时"
    assert said["值 / 限值"] == "46.2 mg/m³ / 30 mg/m³"
    assert said["依据"] == "意见 附件2"
    assert said["首次通知"] == "尚未通知任何人"


def test_no_data_is_never_said_to_be_over() -> None:
    assert "不能认为已经恢复" in dict(facts(alert(no_data_since=NOW - HOUR), NOW))["注意"]
    over = dict(facts(alert(resolved_at=NOW, resolution="compliant"), NOW))
    assert over["结束"] == "2026-11-26 21:40（恢复达标）"


def test_a_hold_says_by_whom_until_when_and_why() -> None:
    held = alert(
        hold="shelved", hold_author="王维", hold_from=NOW - HOUR, hold_until=NOW + 4 * HOUR, hold_reason="仪表校准"
    )
    assert dict(facts(held, NOW))["搁置"] == "王维 20:40，至 明天 01:40：仪表校准"


@pytest.mark.parametrize(
    ("kind", "comment", "shown"),
    [
        ("notify", "firing sms/person:wang-wei", "告警：王维（sms）"),
        ("notify", "escalated dingtalk/team:city", "升级：市局值班（群）（dingtalk）"),
        ("not_notified", "historical", REASONS["historical"]),
        ("commented", "已通知\n企业", "已通知 企业"),
    ],
)
def test_events_read_as_sentences(kind: str, comment: str, shown: str) -> None:
    line = event_line({"at": NOW, "kind": kind, "actor": "plantwatch", "comment": comment}, NAMES)
    assert (line["comment"], line["who"], line["at"]) == (shown, "平台", "2026-11-26 21:40:00")


def test_a_receiver_that_left_the_register_keeps_its_code() -> None:
    assert receiver_name("person:gone", NAMES) == "gone"
    assert receiver_name(None, NAMES) == ""
    assert receiver_name("duty", NAMES) == "duty"


def test_decisions_say_why_and_what_became_of_the_message() -> None:
    row = {
        "at": NOW,
        "event": "firing",
        "team": "city",
        "team_name": "市局值班",
        "channel": "sms",
        "receiver": "person:wang-wei",
        "decision": "send",
        "reason": "first",
        "detail": "",
        "state": "failed",
        "sent_at": None,
        "attempts": 5,
        "last_error": "503",
    }
    line = decision_line(row, NAMES)
    assert (line["to"], line["decision"], line["reason"], line["became"]) == (
        "王维",
        "发送",
        "首次告知",
        "发送失败：503",
    )
    held = decision_line(row | {"decision": "hold", "reason": "inhibited", "detail": "12", "state": None}, NAMES)
    assert (held["decision"], held["reason"], held["became"]) == ("暂缓", f"{REASONS['inhibited']}（12）", "")
    assert decision_line(row | {"state": "sent", "sent_at": NOW}, NAMES)["became"] == "已送达 21:40:00"


def test_the_address_is_left_out_of_the_text() -> None:
    assert summary_lines("情况：超标。\n\n详情：https://x/alerts/1") == ["情况：超标。"]


def test_terms_are_lines_of_a_table() -> None:
    line = finding_line(
        {
            "subject": "component:ly-chem/P-1",
            "period_start": datetime(2026, 10, 31, 16, tzinfo=UTC),
            "period_end": datetime(2026, 11, 15, 16, tzinfo=UTC),
            "verdict": "violation",
            "reason": "not_done",
            "value": None,
            "limit_value": None,
            "unit": None,
        }
    )
    assert line["subject"] == "ly-chem/P-1"
    assert line["verdict"] == "不符合"
    assert line["period"] == "2026年11月1日至2026年11月15日"


def test_a_board_opens_at_the_plant_and_the_time() -> None:
    url = board_url("https://g", "ule.hourly", "hx-coking", Period(NOW, NOW + timedelta(hours=1)))
    assert url.startswith(
        "https://g/d/plantwatch-emission?from=1795700400000&to=1795704000000&var-enterprise=hx-coking"
    )
