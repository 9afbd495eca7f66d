"""One alert's page, the page of duty, and the administrators' page."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.integration.desk.chromium import Browser, Page
from tests.integration.desk.city import HOUR, MINUTE, NOW, add_alert, add_finding
from tests.integration.desk.conftest import DeskServer, sign_in


def with_evidence(desk: DeskServer) -> int:
    """An alert on an hour whose evidence names a point, with hours before it, and decisions about telling."""
    start = NOW.replace(minute=0) - 3 * HOUR
    with desk.database() as connection:
        connection.execute(
            "insert into outlet (enterprise_id, code, name, process, in_service_from)"
            " values (1, 'S1', '焦炉烟囱', 'coke_oven_stack', '2026-01-01') on conflict do nothing"
        )
        connection.execute(
            "insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, outlet_id,"
            " in_service_from) values (1, 'S1-SO2', '二氧化硫', 'instantaneous', 'so2', 'mg/m3', 60, 1, '2026-01-01')"
            " on conflict do nothing"
        )
        evidence = {"pollutant": {"point": "S1-SO2", "unit": "mg/m3"}, "formula": "C"}
        for hours in range(1, 6):
            at = start - hours * HOUR
            add_finding(
                connection,
                period_start=at,
                period_end=at + HOUR,
                verdict="compliant",
                reason="within_limit",
                value=20.0,
            )
            connection.execute(
                "insert into hourly (point_id, hour_at, mean, valid_minutes, reading_count, valid_count, flag_counts,"
                " marks, computed_at) select point_id, %s, 18, 60, 60, 60, '{}', '{}', %s from point"
                " where code = 'S1-SO2' on conflict do nothing",
                (at, at),
            )
        finding = add_finding(connection, period_start=start, period_end=start + HOUR, evidence=evidence)
        alert_id = add_alert(connection, at=start, finding_id=finding)
        connection.execute(
            "insert into notification_decision (at, alert_id, event, team, channel, receiver, decision, reason)"
            " values (%(at)s, %(id)s, 'firing', 'city', 'sms', 'person:wang-wei', 'send', 'first'),"
            " (%(at)s, %(id)s, 'escalated', 'city', 'sms', 'person:li-na', 'hold', 'silenced')",
            {"at": NOW - 50 * MINUTE, "id": alert_id},
        )
    return alert_id


def test_an_alerts_page_says_what_where_since_when_and_who_was_told(desk: DeskServer, browser: Browser) -> None:
    alert_id = with_evidence(desk)
    page = sign_in(desk, browser, "wangwei", f"/alerts/{alert_id}")
    page.sees("超出超低排放指标", "h1")
    facts = page.text(".dk-facts")
    for words in (
        "海西焦化 · 乌达区",
        "2026-11-26 18:00 起",
        "46.2 mg/m³ / 30 mg/m³",
        "附件2",
        "焦炉烟囱（S1） 二氧化硫",
    ):
        assert words in facts
    page.wait("a drawn plot", "document.querySelectorAll('.dk-plot svg path').length > 5")
    assert "判定值" in page.text(".dk-plot")
    assert "限值 30" in page.text(".dk-plot")
    assert page.texts(".dk-facts .dk-code") == ["pollutant:hx-coking/S1/so2", "ule.hourly"]
    told = page.text(".dk-told")
    for words in ("发送 · 告警", "短信：王维", "首次告知", "暂缓 · 升级", "短信：李娜", "静默"):
        assert words in told
    assert page.errors == []


def test_evidence_of_a_quarter_that_began_long_ago_is_shown(desk: DeskServer, browser: Browser) -> None:
    long_ago = NOW - timedelta(days=90)
    with desk.database() as connection:
        finding = add_finding(
            connection, rule_id="data.capture_rate", subject="point:hx-coking/W-1", period_start=long_ago,
            period_end=NOW - HOUR, value=81.2, limit_value=90.0, unit="%",
        )  # fmt: skip
        alert_id = add_alert(
            connection, rule_id="data.capture_rate", subject="point:hx-coking/W-1", finding_id=finding, at=long_ago,
            summary="情况：81.2%。\n工作清单：http://elsewhere/v1/ldar/worklist.xlsx?enterprise=hx-coking",
        )  # fmt: skip
    page = sign_in(desk, browser, "wangwei", f"/alerts/{alert_id}")
    page.sees("81.2%", ".dk-cells")
    page.sees("测点 W-1", ".dk-cells")
    assert page.run("document.querySelector('.dk-summary a').getAttribute('href')") == (
        "/v1/ldar/worklist.xlsx?enterprise=hx-coking"
    )


def test_the_page_follows_what_others_do(desk: DeskServer, browser: Browser) -> None:
    alert_id = with_evidence(desk)
    page = sign_in(desk, browser, "wangwei", f"/alerts/{alert_id}")
    page.sees("未签收", ".dk-alerthead")
    other = sign_in(desk, browser, "lina", f"/alerts/{alert_id}")
    other.click(".dk-actions .act-acknowledge")
    other.write("dialog [name=comment]", "已电话通知企业")
    other.click("dialog .dk-confirm")
    page.sees("已签收", ".dk-alerthead")
    page.sees("已电话通知企业", ".dk-events")
    page.sees("李娜", ".dk-facts")


def test_a_lead_silences_and_takes_out_of_service(desk: DeskServer, browser: Browser) -> None:
    alert_id = with_evidence(desk)
    duty = sign_in(desk, browser, "wangwei", f"/alerts/{alert_id}")
    duty.sees("签收", ".dk-actions")
    assert "静默" not in duty.text(".dk-actions")
    lead = sign_in(desk, browser, "zhaolei", f"/alerts/{alert_id}")
    lead.click(".dk-actions .act-silence")
    lead.write("dialog [name=comment]", "企业检修")
    lead.click("dialog .dk-confirm")
    lead.sees("已静默 1 小时", ".dk-note")
    with desk.database() as connection:
        ((matchers, ends_at),) = connection.execute(
            "select matchers, ends_at from silence order by silence_id desc limit 1"
        )
    assert [(one["label"], one["value"]) for one in matchers] == [
        ("rule", "ule.hourly"),
        ("subject", "pollutant:hx-coking/S1/so2"),
    ]
    assert ends_at == NOW + HOUR
    lead.click(".dk-actions .act-out_of_service")
    lead.write("dialog [name=reason]", "仪表更换")
    lead.click("dialog .dk-confirm")
    lead.sees("停用", ".dk-alerthead .dk-state")
    duty.sees("停用", ".dk-alerthead .dk-state")


def test_another_plants_alert_is_not_there(desk: DeskServer, browser: Browser) -> None:
    with desk.database() as connection:
        own = add_alert(connection)
        foreign = add_alert(connection, enterprise="bl-coking", subject="pollutant:bl-coking/S2/nox")
        connection.execute(
            "insert into alert_event (alert_id, at, kind, actor, comment)"
            " values (%s, %s, 'commented', '李娜', '突击检查')",
            (own, NOW),
        )
    page = sign_in(desk, browser, "hx-coking", f"/alerts/{own}")
    page.sees("超出超低排放指标", "h1")
    assert page.texts(".dk-told") == []
    assert "突击检查" not in page.text()
    assert "李娜" not in page.text()
    assert "备注" in page.text(".dk-events")
    page.open(f"{desk.address}/alerts/{foreign}")
    page.sees(f"没有告警 {foreign}")
    page.open(f"{desk.address}/alerts/99999999999999999999")
    page.sees("没有告警")


def test_evidence_that_cannot_be_read_is_said_in_a_sentence(desk: DeskServer, browser: Browser) -> None:
    with desk.database() as connection:
        finding = add_finding(connection, evidence={"formula": "C", "limit_id": "not a number"})
        alert_id = add_alert(connection, finding_id=finding)
    page = sign_in(desk, browser, "wangwei")
    page.open(f"{desk.address}/alerts/{alert_id}")
    page.sees("这一页出错了")
    page.click("main a", "回到告警列表")
    page.sees("海西焦化", ".dk-row")


def test_duty_shows_who_is_on_now_and_next_and_takes_a_hand_over(desk: DeskServer, browser: Browser) -> None:
    page = sign_in(desk, browser, "wangwei", "/duty")
    page.sees("王维（夜班，至 明天 08:00）", ".dk-now")
    page.sees("孙悦（白班，明天 08:00 至 明天 20:00）", ".dk-facts")
    page.sees("王维（夜班，至 明天 08:00）", ".dk-strip")
    page.click(".dk-team [data-act=handover]")
    page.write("dialog [name=note]", "北岭煤焦检修到 27 日")
    page.click("dialog .dk-confirm")
    page.sees("交接班记录已保存", ".dk-note")
    page.sees("北岭煤焦检修到 27 日", ".dk-note-of-shift")
    page.sees("王维 → 孙悦", ".dk-note-of-shift")


def test_the_shift_report_is_two_clicks_away(desk: DeskServer, browser: Browser) -> None:
    page = sign_in(desk, browser, "wangwei", "/duty")
    page.sees("PDF", ".dk-reports")
    links = page.run("[...document.querySelectorAll('.dk-reports a')].map((a) => a.href)")
    assert len(links) == 5
    for link in links:
        assert page.run(f"fetch({json.dumps(link)}).then((a) => a.status)") == 200, link


def test_a_failing_channel_and_a_gap_of_the_roster_are_said_in_red(desk: DeskServer, browser: Browser) -> None:
    with desk.database() as connection:
        connection.execute(
            "insert into channel_state (channel, failing_since, last_error) values ('sms', %s, '503')", (NOW,)
        )
        connection.execute("update duty_shift set valid_to = '2026-11-27' where code = 'day'")
    try:
        page = sign_in(desk, browser, "wangwei")
        page.sees("通知渠道 短信（sms）自 21:40 起发送失败", ".dk-banner")
        page.sees("明天 08:00 至 明天 20:00 排班空缺", ".dk-banner")
    finally:
        with desk.database() as connection:
            connection.execute("delete from channel_state; update duty_shift set valid_to = null")
    page.misses("排班空缺", ".dk-banner")


def test_silences_are_listed_and_a_shift_leader_ends_one(desk: DeskServer, browser: Browser) -> None:
    with desk.database() as connection:
        connection.execute(
            "insert into silence (matchers, starts_at, ends_at, author, comment, created_at) values"
            """ ('[{"label": "enterprise", "op": "=", "value": "hx-coking"},"""
            """ {"label": "rule", "op": "in", "value": ["ule.hourly", "gone"]},"""
            """ {"label": "rule", "op": "starts", "value": "ule."}]', %s, %s, '赵磊', '检修', %s)""",
            (NOW, NOW + 8 * HOUR, NOW),
        )
    officer = sign_in(desk, browser, "wangwei", "/duty")
    officer.sees(
        "企业 ＝ 海西焦化（hx-coking）；规则 属于 超低排放小时均值（ule.hourly）、gone；规则 以此开头 超低排放（ule.）",
        ".dk-silences",
    )
    officer.sees("至 明天 05:40", ".dk-silences")
    assert "结束" not in officer.texts(".dk-silences button")
    lead = sign_in(desk, browser, "zhaolei", "/duty")
    lead.click(".dk-silences button", "结束")
    lead.click("dialog .dk-confirm")
    lead.misses("hx-coking", ".dk-body")
    officer.misses("hx-coking", ".dk-body")
    with desk.database() as connection:
        assert connection.execute("select ended_by is not null from silence").fetchall() == [(True,)]


def test_the_strip_has_the_citys_three_figures(desk: DeskServer, browser: Browser) -> None:
    page = sign_in(desk, browser, "wangwei")
    page.sees("超低排放小时达标率", ".dk-strip")
    assert [text.split("\n")[0] for text in page.texts(".dk-figure:not(.dk-onduty)")] == [
        "超低排放小时达标率",
        "取水计量在线监控率",
        "LDAR 按期率",
    ]
    plant = sign_in(desk, browser, "hx-coking")
    assert plant.texts(".dk-strip") == []
    plant.open(desk.address + "/duty")
    plant.sees("向管理部门登记本企业的人员", ".dk-body")


def test_administrators_read_accounts_and_what_was_done(desk: DeskServer, browser: Browser) -> None:
    with desk.database() as connection:
        alert_id = add_alert(connection)
    page = sign_in(desk, browser, "admin", f"/alerts/{alert_id}")
    page.click(".dk-actions .act-acknowledge")
    page.click("dialog .dk-confirm")
    page.sees("已签收", ".dk-alerthead")
    page.open(f"{desk.address}/admin")
    page.sees(f"alert:{alert_id}", ".dk-audit")
    page.sees("签收", ".dk-audit")
    page.sees("wangwei", ".dk-cells")
    assert not any("argon2" in text for text in page.texts("table"))
    other = sign_in(desk, browser, "zhaolei")
    assert "管理" not in other.text("nav")
    other.open(f"{desk.address}/admin")
    other.sees("需要管理员的权限")


def test_every_page_fits_a_phone_and_a_small_screen(desk: DeskServer, browser: Browser) -> None:
    alert_id = with_evidence(desk)

    def widths(page: Page, width: int) -> None:
        for path, words in (
            ("/", "海西焦化"),
            (f"/alerts/{alert_id}", "情况"),
            ("/duty", "下一班"),
            ("/admin", "操作记录"),
        ):
            page.open(desk.address + path)
            page.sees(words)
            assert page.run("document.documentElement.scrollWidth") <= width, path

    page = sign_in(desk, browser, "admin", width=390, height=844, phone=True)
    widths(page, 390)
    page.resize(1366, 768)
    widths(page, 1366)


def test_no_page_asks_another_host(desk: DeskServer, browser: Browser) -> None:
    alert_id = with_evidence(desk)
    page = sign_in(desk, browser, "admin", f"/alerts/{alert_id}")
    page.wait("a drawn plot", "document.querySelectorAll('.dk-plot svg path').length > 5")
    for path, words in (("/duty", "下一班"), ("/admin", "操作记录"), ("/about", "接口文档")):
        page.open(desk.address + path)
        page.sees(words)
    host = desk.address.removeprefix("http://")
    known = (f"http://{host}/", f"ws://{host}/", "data:", "blob:")
    assert [url for url in page.requests if not url.startswith(known)] == []
    assert any("/esm/" in url for url in page.requests), "ECharts came, and from here"


def test_the_clock_moves_durations(desk: DeskServer, browser: Browser) -> None:
    with desk.database() as connection:
        add_alert(connection)
    page = sign_in(desk, browser, "wangwei")
    page.sees("已 2小时", ".c-since")
    desk.move(NOW + timedelta(minutes=7))
    with desk.database() as connection:
        add_alert(connection, enterprise="bl-coking", subject="pollutant:bl-coking/S2/nox")
    page.sees("已 2小时7分", ".c-since")
