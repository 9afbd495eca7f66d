"""The head's words: figures against targets, who is on duty, and what is wrong with the desk itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from api.desk.strip import _FIGURES, Strip, banners, on_duty, teams_shown
from domain.accounts import Actor, Role
from domain.periods import HOUR
from domain.roster import Person, Roster, Shift, Team

NOW = datetime(2026, 11, 26, 13, 40, tzinfo=UTC)


def roster(*, hours: float = 24) -> Roster:
    shift = Shift("city", "day", "白班", "08:00", hours, ("a", "b"), date(2026, 11, 26), date(2026, 1, 1))
    people = {code: Person(code, name) for code, name in (("a", "王维"), ("b", "李娜"))}
    return Roster(people, {"city": Team("city", "市局")}, (shift,))


def test_a_figure_says_value_target_and_as_of() -> None:
    made = _FIGURES["ule"]({"value": 92.1149, "target": 95.0, "judged": 720}, NOW)
    assert (made["value"], made["target"], made["tone"]) == ("92.11%", "目标 95%", "bad")
    assert made["as_of"] == "本月至 21:40（已判定 720 小时）"
    assert _FIGURES["water"]({"value": 96.0, "target": 95.0, "period_end": NOW}, NOW)["tone"] == "good"
    assert _FIGURES["ldar"]({"value": 100.0, "overdue": 0}, NOW)["value"] == "100%"


def test_figures_of_whole_days_name_the_last_day_that_was_judged() -> None:
    midnight = datetime(2026, 11, 25, 16, tzinfo=UTC)
    assert _FIGURES["water"]({"value": 96.0, "target": 95.0, "period_end": midnight}, NOW)["as_of"] == "截至 11-25 全天"
    ldar = {"value": 97.5, "overdue": 3, "as_of": date(2026, 11, 24)}
    assert _FIGURES["ldar"](ldar, NOW)["as_of"] == "逾期 3 个，截至 11-24 全天"
    assert _FIGURES["ldar"]({**ldar, "as_of": date(2025, 12, 31)}, NOW)["as_of"] == "逾期 3 个，截至 2025-12-31 全天"


def test_a_figure_of_nothing_is_no_zero() -> None:
    for made in (figure({}, NOW) for figure in _FIGURES.values()):
        assert (made["value"], made["tone"], made["as_of"]) == ("—", "none", "暂无可判定的数据")


def test_who_is_on_duty_and_who_comes_next() -> None:
    line = on_duty(roster(), "city", NOW)
    assert line == {
        "code": "city",
        "team": "市局",
        "now": "王维（白班，至 明天 08:00）",
        "next": "明天 08:00 起 李娜",
        "tone": "good",
    }


def test_a_gap_now_or_soon_and_a_failing_channel_are_said() -> None:
    assert banners(roster(), [], NOW) == []
    assert banners(roster(hours=12), [], NOW) == [
        "市局 现在无人值班，至 明天 08:00：告警转给负责人",
        "市局 明天 20:00 至 明天 21:40 排班空缺，请安排人员",
    ]
    failing = {"channel": "sms", "failing_since": NOW, "last_error": "503\nService", "kind": "sms"}
    assert banners(roster(), [failing], NOW) == [
        "通知渠道 短信（sms）自 21:40 起发送失败，通知可能没有送达：503 Service"
    ]


def test_the_head_has_the_citys_teams_with_shifts_first() -> None:
    known = roster()
    shift = known.shifts[0]
    teams = {
        "a-plant": Team("a-plant", "企业组", enterprise="hx-coking"),
        "b-district": Team("b-district", "乌达区值班室", district="wuda"),
        "c-lead": Team("c-lead", "带班领导"),
        "z-city": Team("z-city", "市局"),
    }
    shifts = tuple(replace(shift, team=code) for code in ("a-plant", "b-district", "z-city"))
    assert teams_shown(Roster(known.people, teams, shifts)) == ["z-city", "b-district"]


def test_what_is_old_is_said_to_everybody_until_it_is_not() -> None:
    strip = Strip(banners=["排班空缺"])
    strip.away(NOW)
    strip.away(NOW + HOUR)
    old = "暂时读不到新的数据：页面停在 21:40:00，恢复后自动更新"
    assert strip.shown(Actor("王维", Role.DUTY))["banners"] == [old, "排班空缺"]
    plant = Actor("海西焦化", Role.ENTERPRISE, "hx-coking")
    assert strip.shown(plant) == {"figures": [], "duty": [], "others": 0, "banners": [old]}
    strip.back()
    assert strip.shown(plant)["banners"] == []


def test_the_persons_own_team_comes_first() -> None:
    strip = Strip(duty=[{"code": code} for code in ("city", "a", "b", "c", "d")])
    shown = strip.shown(Actor("王维", Role.DUTY, team="c"))
    assert ([line["code"] for line in shown["duty"]], shown["others"]) == (["c", "city", "a"], 2)
    assert strip.shown(Actor("局领导", Role.VIEWER))["duty"][0] == {"code": "city"}
