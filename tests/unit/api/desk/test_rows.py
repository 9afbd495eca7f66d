"""A row of the list as it is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.desk.rows import row_view

NOW = datetime(2026, 11, 26, 13, 40, tzinfo=UTC)
ALL = frozenset(
    {"acknowledge", "confirm", "comment", "shelve", "unshelve", "hand_over", "out_of_service", "return_to_service"}
)


def row(**changes: Any) -> dict[str, Any]:
    return {
        "alert_id": 12,
        "subject": "pollutant:hx-coking/S1/so2",
        "severity": "critical",
        "state": "firing",
        "display": "unacknowledged",
        "condition": "violation",
        "title": "【严重】海西焦化 焦炉烟囱（S1） 二氧化硫：超出超低排放指标，小时均值 46.2 mg/m³",
        "occurred_at": NOW - timedelta(hours=2, minutes=5),
        "resolved_at": None,
        "no_data_since": None,
        "realarmed_at": None,
        "acknowledged_by": None,
        "assignee": None,
        "assignee_name": None,
        "enterprise_name": "海西焦化",
        "told_enterprise_name": None,
        "district_name": "乌达区",
        "value": 46.2,
        "limit_value": 30.0,
        "unit": "mg/m3",
        "until_at": None,
        "dispatch_state": "told",
        "dispatch_reason": "first",
    } | changes


def test_a_row_says_where_what_how_much_and_since_when() -> None:
    view = row_view(row(), NOW, ALL)
    assert (view["plant"], view["where"]) == ("海西焦化", "焦炉烟囱（S1） 二氧化硫")
    assert view["what"] == "超出超低排放指标，小时均值 46.2 mg/m³"
    assert (view["value"], view["limit"]) == ("46.2", "30 mg/m³")
    assert (view["since"], view["lasted"]) == ("19:35", "已 2小时5分")
    assert (view["level_word"], view["state_word"], view["who"], view["tags"]) == ("严重", "未签收", "", [])
    assert [act["act"] for act in view["acts"]] == ["acknowledge", "shelve", "hand_over"]


@pytest.mark.parametrize(
    ("display", "acts"),
    [
        ("acknowledged", ["comment", "shelve", "hand_over"]),
        ("returned_unacknowledged", ["confirm"]),
        ("pending", ["shelve"]),
        ("shelved", ["unshelve"]),
        ("suppressed", ["shelve"]),
        ("out_of_service", ["return_to_service"]),
    ],
)
def test_a_state_offers_what_can_be_done_in_it(display: str, acts: list[str]) -> None:
    assert [act["act"] for act in row_view(row(display=display), NOW, ALL)["acts"]] == acts


def test_nobody_is_offered_what_they_may_not() -> None:
    assert row_view(row(), NOW, frozenset())["acts"] == []


def test_whoever_it_was_handed_over_to_has_it() -> None:
    taken = row(acknowledged_by="王维", assignee="zhao-lei", assignee_name="赵磊")
    assert row_view(taken, NOW, ALL)["who"] == "赵磊"
    assert row_view(row(acknowledged_by="王维"), NOW, ALL)["who"] == "王维"


def test_tags_say_what_the_state_does_not() -> None:
    shelved = row(display="shelved", until_at=NOW + timedelta(hours=8))
    assert row_view(shelved, NOW, ALL)["tags"] == ["搁置至 明天 05:40"]
    held = row(dispatch_state="held", dispatch_reason="silenced")
    assert row_view(held, NOW, ALL)["tags"] == ["已静默"]
    dark = row(condition="no_data", realarmed_at=NOW, no_data_since=NOW - timedelta(hours=1))
    assert row_view(dark, NOW, ALL)["tags"] == ["无数据", "20:40 起无数据", "再次告警"]


def test_what_is_over_says_how_long_it_was() -> None:
    over = row(state="resolved", display="returned_unacknowledged", resolved_at=NOW - timedelta(hours=1))
    assert row_view(over, NOW, ALL)["lasted"] == "历时 1小时5分"


def test_hostile_names_are_cut_and_lose_their_line_breaks() -> None:
    name = "<img src=x onerror=alert(1)>\n\x07企业" + "长" * 10_000
    view = row_view(row(enterprise_name=name, title=f"【严重】{name}：{name}"), NOW, ALL)
    assert len(view["plant"]) == 40
    assert len(view["title"]) <= 160
    assert not any(letter in view[key] for key in ("plant", "title", "where", "what") for letter in "\n\x07")


def test_figures_that_are_none_show_nothing() -> None:
    view = row_view(row(value=None, limit_value="30", unit=None), NOW, ALL)
    assert (view["value"], view["limit"]) == ("", "")


def test_an_early_warning_is_headed_by_its_place_like_others() -> None:
    title = "【提示】预警：海西焦化 焦炉烟囱（S1） 二氧化硫：预计小时均值 55 mg/m³，高于限值 50 mg/m³"
    view = row_view(row(title=title), NOW, ALL)
    assert (view["where"], view["tags"]) == ("焦炉烟囱（S1） 二氧化硫", ["预警"])
    assert view["what"].startswith("预计小时均值")


def test_the_platforms_own_alerts_and_counts_read_so() -> None:
    nobodys = {"enterprise_name": None, "district_name": None, "value": 2.0, "limit_value": 0.0, "unit": "项"}
    view = row_view(row(subject="channel:sms", **nobodys), NOW, ALL)
    assert (view["plant"], view["value"], view["limit"]) == ("平台自身", "2 项", "")
    assert row_view(row(subject="city:wuhai", **nobodys), NOW, ALL)["plant"] == "全市"


def test_an_enterprise_is_not_told_to_whom_the_bureau_gave_it() -> None:
    given = row(assignee="wang-wei", assignee_name="王维", acknowledged_by="李娜")
    assert row_view(given, NOW, ALL)["who"] == "王维"
    assert row_view(given, NOW, frozenset(), is_bureau=False)["who"] == "李娜"
