"""An alert's page in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.desk.history import EVENTS, REASONS, history, receiver_name, told
from api.desk.story import Fact, board_url, facts, finding_line, summary_lines
from api.naming import OCCASIONS, Names
from domain.alerts import EventKind, Occasion
from domain.periods import HOUR, Period
from domain.telling import Reason

NOW = datetime(2026, 11, 26, 13, 40, tzinfo=UTC)
PEOPLE = {"person:wang-wei": "王维", "person:li-na": "李娜", "team:city": "市局值班"}
STACK = "pollutant:hx-coking/S1/so2"
NAMES = Names({STACK: ("海西焦化", "焦炉烟囱")}, {"sms": "sms", "group-1": "dingtalk"})


def alert(**changes: Any) -> dict[str, Any]:
    return {
        "subject": STACK,
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
        "realarmed_at": None,
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


def said(row: dict[str, Any], *, names: Names = NAMES, is_bureau: bool = True) -> dict[str, str]:
    return {fact.what: fact.text for fact in facts(row, NOW, names, is_bureau=is_bureau)}


def test_facts_say_where_since_when_and_against_what() -> None:
    found = said(alert())
    assert found["地点"] == "海西焦化 · 乌达区"
    assert found["开始"] == "2026-11-26 19:40 起，已 2小时"
    assert found["值 / 限值"] == "46.2 mg/m³ / 30 mg/m³"
    assert found["依据"] == "意见 附件2"
    assert found["首次通知"] == "尚未通知任何人"


def test_what_it_is_about_and_by_which_rule_is_said_by_name_with_the_code_beside_it() -> None:
    found = facts(alert(), NOW, NAMES)
    assert Fact("对象", "焦炉烟囱（S1） 二氧化硫", STACK) in found
    assert Fact("规则", "超低排放小时均值", "ule.hourly") in found


@pytest.mark.parametrize(
    ("subject", "own", "shown"),
    [
        ("point:hx-coking/S1-SO2", "1号焦炉烟囱二氧化硫", "测点 1号焦炉烟囱二氧化硫（S1-SO2）"),
        ("point:hx-coking/W-01", None, "测点 W-01"),
        ("component:hx-coking/C-0004", "连接件C-0004", "密封点 连接件C-0004"),
        ("gateway:hx-coking/scada-2", None, "网关 scada-2"),
        ("enterprise:hx-coking", "海西焦化", "海西焦化"),
        ("pollutant:hx-coking/S9/nox", None, "S9 氮氧化物"),
        ("rule:water.balance", "水量平衡", "规则 水量平衡"),
        ("channel:group-1", None, "通知渠道 钉钉"),
        ("channel:dingtalk-2", None, "通知渠道 钉钉"),
        ("channel:x", None, "通知渠道 x"),
        ("district:wuda", "乌达区", "乌达区"),
        ("nonsense", None, "nonsense"),
        ("planet:mars", None, "planet:mars"),
    ],
)
def test_subjects_are_called_what_people_call_them(subject: str, own: str | None, shown: str) -> None:
    assert Names({subject: (None, own)}, NAMES.channels).subject(subject) == shown


def test_the_platforms_own_alerts_are_not_the_citys() -> None:
    assert said(alert(subject="channel:sms", enterprise_name=None, district_name=None))["地点"] == "平台自身"
    city = alert(subject="city:wuhai", enterprise_name=None, district_name=None, details={})
    assert said(city, names=Names({"city:wuhai": (None, "乌海市")}))["地点"] == "乌海市"


def test_a_number_of_things_is_told_without_a_limit_of_none() -> None:
    found = said(alert(details={"value": 45.0, "limit": 0.0, "unit": "个"}))
    assert (found["值"], "值 / 限值" in found) == ("45 个", False)
    assert said(alert(details={"value": 3.0, "limit": 0.0, "unit": "mg/m3"}))["值 / 限值"] == "3 mg/m³ / 0 mg/m³"


def test_no_data_is_never_said_to_be_over() -> None:
    assert "不能认为已经恢复" in said(alert(no_data_since=NOW - HOUR))["注意"]
    assert said(alert(resolved_at=NOW, resolution="compliant"))["结束"] == "2026-11-26 21:40（恢复达标）"


def test_a_hold_says_by_whom_until_when_and_why() -> None:
    held = alert(
        hold="shelved", hold_author="王维", hold_from=NOW - HOUR, hold_until=NOW + 4 * HOUR, hold_reason="仪表校准"
    )
    assert said(held)["搁置"] == "王维 20:40，至 明天 01:40：仪表校准"
    assert said(held, is_bureau=False)["搁置"] == "20:40 起，至 明天 01:40"


def test_an_acknowledgement_from_before_the_alarm_came_again_says_so() -> None:
    taken = alert(acknowledged_at=NOW - HOUR, acknowledged_by="王维")
    assert said(taken)["签收"] == "王维，2026-11-26 20:40:00"
    assert said(taken | {"realarmed_at": NOW})["签收"].endswith("此后一直未恢复，21:40 再次告警")
    assert said(taken | {"realarmed_at": NOW - 2 * HOUR})["签收"] == "王维，2026-11-26 20:40:00"


def event(kind: str, *comments: str, at: datetime = NOW, actor: str = "plantwatch") -> dict[str, Any]:
    return {"at": at, "kind": kind, "actor": actor, "comments": list(comments)}


@pytest.mark.parametrize(
    ("row", "what", "text"),
    [
        (event("notify", "firing sms/person:wang-wei"), "发出通知 · 告警", "短信：王维"),
        (
            event(
                "notify",
                *(f"escalated {to}" for to in ("group-1/team:city", "sms/person:wang-wei", "sms/person:li-na")),
            ),
            "发出通知 · 升级",
            "钉钉：市局值班（群）；短信：王维、李娜",
        ),
        (event("notify", "digest log/duty"), "发出通知 · 汇总", "运行日志：duty"),
        (event("notify", "who knows"), "发出通知 · who", "who knows"),
        (
            event("notify_failed", "firing sms/person:wang-wei: answered HTTP 503"),
            "通知失败 · 告警",
            "短信：王维（对方返回 HTTP 503（对方服务故障））",
        ),
        (event("not_notified", "historical", "silenced"), "未通知", "历史时段，不再告知；已静默"),
        (event("commented", "已通知\n企业", actor="王维"), "备注", "已通知 企业"),
        (event("firing", ""), "触发告警", ""),
    ],
)
def test_a_line_of_the_history_reads_as_a_sentence(row: dict[str, Any], what: str, text: str) -> None:
    (line,) = history([row], PEOPLE, NAMES)
    assert (line.what, line.text) == (what, text)
    assert line.who == ("王维" if row["kind"] == "commented" else "平台")


def test_a_month_of_reminders_is_one_line() -> None:
    reminders = [event("notify", "repeated sms/person:wang-wei", at=NOW - n * 4 * HOUR) for n in range(180)]
    rows = [event("commented", "在修", actor="王维"), *reminders, event("firing", "", at=NOW - 720 * HOUR)]
    lines = history(rows, PEOPLE, NAMES)
    assert [line.what for line in lines] == ["备注", "发出通知 · 重复提醒", "触发告警"]
    assert lines[1].text == "共 180 次，第一次在 10-28 01:40。最近一次：短信：王维"


def test_an_enterprise_reads_when_but_not_what_the_bureau_says_among_itself() -> None:
    rows = [
        event("commented", "疑似造假，突击检查", actor="王维"),
        event("acknowledged", "先不告诉企业", actor="王维"),
        event("notify", "firing sms/person:wang-wei"),
        event("corrected", "起 08:00"),
    ]
    lines = history(rows, PEOPLE, NAMES, is_bureau=False)
    assert [(line.what, line.who, line.text) for line in lines] == [
        ("备注", "管理部门", ""),
        ("签收", "王维", ""),
        ("发出通知", "平台", ""),
        ("起止时间更正", "平台", "起 08:00"),
    ]
    hidden = said(alert(assignee="wang-wei", assignee_name="王维"), is_bureau=False)
    assert "处理人" not in hidden


def test_a_receiver_that_left_the_register_keeps_its_code() -> None:
    assert receiver_name("person:gone", PEOPLE) == "gone"
    assert receiver_name(None, PEOPLE) == ""
    assert receiver_name("duty", PEOPLE) == "duty"


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
        "last_error": "answered HTTP 503",
        "together": 3,
    }
    rows = [row, row | {"receiver": "person:li-na", "state": "sent", "sent_at": NOW, "channel": "group-1"}]
    (one,) = told(rows, PEOPLE)
    assert (one.what, one.code, one.why, one.together) == ("发送 · 告警", "send", "首次告知", 3)
    assert list(one.lines(NAMES)) == [
        "短信：王维 · 发送失败：对方返回 HTTP 503（对方服务故障）",
        "钉钉：李娜 · 已送达 21:40:00",
    ]
    nobody = {"channel": None, "receiver": None, "state": None, "together": None, "last_error": None}
    held = row | nobody | {"decision": "hold", "reason": "inhibited", "detail": "12", "at": NOW + HOUR}
    newest, _ = told([row, held], PEOPLE)
    assert (newest.what, newest.why) == ("暂缓 · 告警", f"{REASONS['inhibited']}（12）")
    assert list(newest.lines(NAMES)) == ["市局值班"]


@pytest.mark.parametrize(
    ("reason", "detail", "shown"),
    [
        ("silenced", "#3", "静默 3"),
        ("flapping", "#30", "告警 30"),
        ("inhibited", "#2 网关离线，其下测点收不到数据", "告警 2：网关离线，其下测点收不到数据"),
        ("escalation", "roster_gap", REASONS["roster_gap"]),
    ],
)
def test_a_decision_names_what_it_rests_on(reason: str, detail: str, shown: str) -> None:
    row = dict.fromkeys(("team_name", "channel", "receiver", "state", "sent_at", "attempts", "last_error", "together"))
    given = {"at": NOW, "event": "firing", "team": "city", "decision": "hold", "reason": reason, "detail": detail}
    (one,) = told([row | given], PEOPLE)
    assert one.why == f"{REASONS[reason]}（{shown}）"


def test_the_address_is_left_out_of_the_text() -> None:
    text = "情况：超标。\n处置：请联系企业。\n\n详情：https://x/alerts/1"
    assert summary_lines(text) == ["情况：超标。", "处置：请联系企业。"]
    assert summary_lines(text, is_bureau=False) == ["情况：超标。"], "a plant is not told to ask the plant"


def test_terms_are_lines_of_a_table() -> None:
    line = finding_line(
        "duty.example",
        {
            "subject": "component:ly-chem/P-1",
            "period_start": datetime(2026, 10, 31, 16, tzinfo=UTC),
            "period_end": datetime(2026, 11, 15, 16, tzinfo=UTC),
            "verdict": "violation",
            "reason": "not_done",
            "value": 2.0,
            "limit_value": 0.0,
            "unit": "项",
        },
        NAMES,
    )
    assert (line["subject"], line["value"], line["limit"]) == ("密封点 P-1", "2 项", "")
    assert line["verdict"] == "不符合"
    assert line["period"] == "2026年11月1日至2026年11月15日"


def test_a_board_opens_at_the_plant_and_the_time() -> None:
    url = board_url("https://g", "ule.hourly", "hx-coking", Period(NOW, NOW + timedelta(hours=1)))
    assert url.startswith(
        "https://g/d/plantwatch-emission?from=1795700400000&to=1795704000000&var-enterprise=hx-coking"
    )
