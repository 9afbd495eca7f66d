"""Whole messages as people read them: several alerts in one, told again, over. Golden texts."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.messages import Message
from alerts.templates import layouts
from alerts.templates.sheet import Sheet, sheet
from domain.alerts import Occasion
from tests.unit.alerts.templates.test_layouts import ALERT

SO2 = ALERT | {
    "id": 7, "value": 46.2, "limit": 30.0, "unit": "mg/m3", "standard": "GB 16171-2012", "clause": "表6 特别排放限值",
    "queued_at": "2026-11-02T00:20:00+00:00",
}  # fmt: skip
WARNED = SO2 | {
    "id": 8,
    "severity": "info",
    "title": "【提示】预警：天河焦化 1号焦炉烟囱（S1） 二氧化硫：预计小时均值 53.1 mg/m³，高于限值 30 mg/m³，"
    "尚未构成超标",
    "standard": "平台规则",
    "clause": "预计小时均值超出限值，或连续10分钟高于限值的100%、80%：以分钟值计",
    "occurred_at": "2025-11-02T00:09:00+00:00",
    "url": "https://pw.example/alerts/8",
}
CITY = SO2 | {
    "id": 9,
    "severity": "warning",
    "title": "【警告】钉钉群通道“duty”发不出消息",
    "enterprise_name": None,
    "standard": "平台规则",
    "clause": "连续失败10分钟或放弃消息",
    "url": "https://pw.example/alerts/9",
}
ENDED = SO2 | {
    "id": 10,
    "event": "resolved",
    "resolution": "compliant",
    "resolved_at": "2026-11-02T02:00:00+00:00",
    "url": "https://pw.example/alerts/10",
}


def told(event: Occasion, *alerts: dict[str, Any], **more: Any) -> Sheet:
    body = {
        "alerts": list(alerts),
        "alert": alerts[0],
        "count": len(alerts),
        "to": ["王维（夜班）"],
        "sent_at": "2026-11-02T00:20:00+00:00",
        "url": alerts[0]["url"] if len(alerts) == 1 else "https://pw.example/?enterprise=tianhe",
    }
    return sheet(Message(1, event, "c", "team:duty", "k", 1, body | more))


def test_each_of_several_has_its_figures_its_beginning_its_clause_and_its_page() -> None:
    parts = told(Occasion.FIRING, WARNED, SO2)
    assert layouts.markdown(parts, layouts.WECOM_MARKDOWN_BYTES, join="\n").splitlines() == [
        "### 【严重】天河焦化 2 条告警（严重 1、提示 1）",
        "1. 【严重】1号焦炉烟囱（S1） 二氧化硫：排放限值超标，小时均值 46.2 mg/m³，限值 30 mg/m³；11月2日 08:00起；"
        "GB 16171-2012 表6 特别排放限值 [查看](https://pw.example/alerts/7)",
        "2. 【提示】预警：1号焦炉烟囱（S1） 二氧化硫：预计小时均值 53.1 mg/m³，高于限值 30 mg/m³，尚未构成超标；"
        "2025年11月2日 08:09起；平台规则 预计小时均值超出限值，或连续10分钟高于限值的100%、80% "
        "[查看](https://pw.example/alerts/8)",
        "本次通知：王维（夜班），11月2日 08:20发出",
        "[打开列表（共 2 条）并签收](https://pw.example/?enterprise=tianhe)",
    ]
    _, text, page = layouts.mail(parts)
    assert text.splitlines()[1].endswith("表6 特别排放限值 https://pw.example/alerts/7")
    assert '特别排放限值 <a href="https://pw.example/alerts/7">查看</a></p>' in page
    assert "{" not in page


def test_a_digest_is_as_severe_as_what_lasts_and_says_whose_it_is() -> None:
    parts = told(Occasion.DIGEST, ENDED, CITY, WARNED)
    assert layouts.text(parts, 4096).splitlines()[:5] == [
        "【告警汇总·警告】天河焦化等 2 处 3 条告警（警告 1、提示 1、已恢复 1）",
        "分布：天河焦化 2 条、其他 1 条",
        "1. 【警告】钉钉群通道“duty”发不出消息；11月2日 08:00起；平台规则 连续失败10分钟或放弃消息 "
        "https://pw.example/alerts/9",
        "2. 【提示】预警：天河焦化 1号焦炉烟囱（S1） 二氧化硫：预计小时均值 53.1 mg/m³，高于限值 30 mg/m³，"
        "尚未构成超标；2025年11月2日 08:09起；平台规则 预计小时均值超出限值，或连续10分钟高于限值的100%、80% https://pw.example/alerts/8",
        "3. 【已恢复】天河焦化 1号焦炉烟囱（S1） 二氧化硫：排放限值超标，小时均值 46.2 mg/m³，限值 30 mg/m³；"
        "11月2日 08:00至10:00；GB 16171-2012 表6 特别排放限值 https://pw.example/alerts/10",
    ]
    over = told(Occasion.DIGEST, ENDED, ENDED)
    assert (over.title, over.is_over) == ("【告警汇总·已恢复】天河焦化 2 条告警", True)
    assert layouts.card(over)[2] == "green"
    mixed = told(Occasion.DIGEST, SO2, ENDED, ENDED, ENDED | {"resolution": "superseded"})
    assert mixed.title == "【告警汇总·严重】天河焦化 4 条告警（严重 1、已恢复 2、已撤销 1）"


def test_what_does_not_fit_is_counted_by_weight_and_no_plant_crowds_out_another() -> None:
    other = SO2 | {"enterprise_name": "北山焦化", "title": SO2["title"].replace("天河焦化", "北山焦化")}
    parts = told(Occasion.FIRING, *[SO2] * 30, other, *[CITY] * 3)
    lines = layouts.text(parts, layouts.WECOM_TEXT_BYTES).splitlines()
    assert lines[1] == "分布：天河焦化 30 条、其他 3 条、北山焦化 1 条"
    assert [line.partition("】")[2][:4] for line in lines[2:5]] == ["天河焦化", "北山焦化", "天河焦化"]
    shown = sum(line[0].isdigit() for line in lines)
    assert f"余 {34 - shown} 条（严重 {31 - shown}、警告 3），见列表" in lines
    assert layouts.size("\n".join(lines)) <= layouts.WECOM_TEXT_BYTES


def test_told_again_it_says_how_often_since_when_and_whether_it_is_worse() -> None:
    before = {"count": 2, "first_at": "2026-11-01T16:00:00Z", "last_at": "2026-11-01T20:00:00Z", "last_value": 38.0}
    parts = told(Occasion.REPEATED, SO2 | {"event": "repeated", "told": before})
    assert parts.title.startswith("【第 3 次通知：无人签收·严重】天河焦化")
    assert parts.lines[0] == (
        "此前已通知 2 次，首次 11月2日 00:00，上次 11月2日 04:00；比上次加重（上次 38，现 46.2 mg/m³）。"
    )
    assert layouts.sms(parts, 134).startswith("【第3次·严重】天河焦化 1号焦炉烟囱（S1） 二氧化硫：")


@pytest.mark.parametrize(
    ("value", "limit", "before", "said"),
    [
        (46.2, 30.0, 38.0, "比上次加重（上次 38，现 46.2 mg/m³）"),
        (31.0, 30.0, 38.0, "比上次减轻（上次 38，现 31 mg/m³）"),
        (93.0, 95.0, 94.0, "比上次加重（上次 94，现 93 mg/m³）"),
        (38.0, 30.0, 38.0, "与上次相同（38 mg/m³）"),
        (38.001, 30.0, 38.002, "比上次减轻（上次 38.002，现 38.001 mg/m³）"),
        (38.0, None, 30.0, ""),
        (None, 30.0, 38.0, ""),
    ],
)
def test_worse_is_further_from_the_limit(value: float | None, limit: float | None, before: float, said: str) -> None:
    again = {"count": 1, "first_at": "2026-11-01T16:00:00Z", "last_value": before}
    parts = told(Occasion.REPEATED, SO2, SO2 | {"event": "repeated", "value": value, "limit": limit, "told": again})
    assert parts.entries[1].facts[1] == "第 2 次通知" + (f"，{said}" if said else "")


def test_what_is_over_says_until_when_and_what_is_left_to_do() -> None:
    unheard = told(Occasion.RESOLVED, ENDED | {"acknowledged_at": None, "acknowledged_by": None})
    assert unheard.lines[-1] == "告警期间无人签收，请到值班台确认恢复。"
    assert layouts.sms(unheard, 134).endswith(
        "限值 30 mg/m³，11月2日 08:00至10:00。https://pw.example/alerts/7".replace("/7", "/10")
    )
    heard = told(Occasion.RESOLVED, ENDED | {"acknowledged_at": "2026-11-02T00:30:00Z", "acknowledged_by": "王维"})
    assert heard.lines[-1] == "签收：王维，11月2日 08:30"
    for resolution, head in (("superseded", "【已撤销】"), ("retired", "【不再判定】")):
        ended = told(Occasion.RESOLVED, ENDED | {"resolution": resolution, "acknowledged_at": None})
        assert ended.title.startswith(f"{head}天河焦化")
        assert not any("确认恢复" in line for line in ended.lines)


def test_a_reminder_that_is_over_does_not_say_that_it_was_done() -> None:
    ended = ENDED | {"title": "【已恢复】天河焦化：3 项今日（11月2日）到期", "acknowledged_at": None}
    today = told(Occasion.RESOLVED, ended | {"reason": "due_today"})
    assert (today.title, today.lines[-1]) == (
        "【当日已过】天河焦化：3 项今日（11月2日）到期",
        "本条是提醒；逾期未完成的另行告警。",
    )
    assert told(Occasion.RESOLVED, ended | {"reason": "due_soon"}).title.startswith("【已解除】")
    assert told(Occasion.RESOLVED, ENDED, ended | {"reason": "due_today"}).title.startswith("【已恢复】")


def test_a_work_list_is_a_link_of_ours_and_nobody_elses() -> None:
    own = "https://pw.example/v1/ldar/worklist.xlsx?enterprise=tianhe"
    due = SO2 | {"reason": "due_today", "summary": f"情况：3 项。\n工作清单：{own}\n详情：https://pw.example/alerts/7"}
    parts = told(Occasion.FIRING, due)
    assert f"[工作清单]({own})" in layouts.markdown(parts, 4096)
    assert f"工作清单：{own}" in layouts.text(parts, 4096)
    assert f'<a href="{own}">工作清单</a>' in layouts.mail(parts)[2]
    assert parts.since == "", "a reminder of a day names it"
    evil = told(Occasion.FIRING, due | {"summary": "工作清单：https://evil.example/alerts/x"})
    assert "evil" not in layouts.markdown(evil, 4096) + layouts.mail(evil)[2]


def test_a_name_with_a_colon_does_not_cost_the_figures() -> None:
    name = "天河：焦化（集团）有限公司第二煤焦化分公司"
    parts = told(Occasion.FIRING, SO2 | {"title": SO2["title"].replace("天河焦化", name), "enterprise_name": name})
    text = layouts.sms(parts, 70, "【监测平台】")
    assert text.endswith("…二氧化硫：排放限值超标，小时均值 46.2 mg/m³，限值 30 mg/m³。详见值班台")
    assert len(text) <= 70


def test_a_rare_character_counts_twice() -> None:
    name = "𬭎𬬭𫟼" * 9
    parts = told(Occasion.FIRING, SO2 | {"title": SO2["title"].replace("天河焦化", name), "enterprise_name": name})
    for most in (70, 134):
        text = layouts.sms(parts, most, "【监测平台】")
        assert len(text.encode("utf-16-le")) // 2 <= most
        assert "46.2 mg/m³，限值 30 mg/m³" in text
    assert (layouts.sms_parts("𬭎" * 35), layouts.sms_parts("𬭎" * 36)) == (1, 2)


def test_no_figure_is_cut() -> None:
    parts = told(Occasion.ESCALATED, SO2)
    for most in range(45, 140):
        text = layouts.sms(parts, most, "【监测平台】")
        assert len(text) <= most
        assert "46.2" in text or "6.2" not in text
    assert layouts.preview(parts).endswith("二氧化硫：排放限值超标，小时均值 46.2 mg/m³，限值 30 mg/m³")
    assert len(layouts.preview(parts)) <= 60
