"""What a page does when its line or its server is gone, and that it asks no other host."""

from __future__ import annotations

from tests.integration.desk.chromium import Browser
from tests.integration.desk.city import add_alert
from tests.integration.desk.conftest import DeskServer, sign_in
from tests.integration.desk.test_list import ROW, row


def test_a_lost_line_is_said_and_what_was_typed_is_kept(desk: DeskServer, browser: Browser) -> None:
    with desk.database() as connection:
        known = add_alert(connection)
    page = sign_in(desk, browser, "wangwei")
    page.click(f"{row(known)} .act-acknowledge")
    page.write("dialog [name=comment]", "已电话通知")
    desk.stop()
    page.sees("连接中断，数据停在", "#desk-lost")
    page.click("dialog .dk-confirm")
    page.sees("没有收到答复", "dialog")
    with desk.database() as connection:
        add_alert(
            connection, enterprise="bl-coking", subject="pollutant:bl-coking/S2/nox", title="【严重】北岭煤焦：超限"
        )
    desk.start()
    page.sees("北岭煤焦", ROW)
    page.sees("离开期间有新的严重告警：北岭煤焦：超限", ".dk-arrived")
    page.wait("no bar", "!document.getElementById('desk-lost')")
    page.sees("没有收到答复", "dialog")
    assert page.run("document.querySelector('dialog [name=comment]').value") == "已电话通知"
    page.click("dialog .dk-confirm")
    page.sees("已签收", row(known))


def test_a_plug_that_is_pulled_is_said_at_once(desk: DeskServer, browser: Browser) -> None:
    with desk.database() as connection:
        add_alert(connection)
    page = sign_in(desk, browser, "wangwei")
    page.sees("海西焦化", ROW)
    page.wait("a line", "window.socket?.connected")
    page.offline(True)
    page.sees("连接中断，数据停在", "#desk-lost")
    page.offline(False)
    page.wait("no bar", "!document.getElementById('desk-lost')")


def test_a_page_asks_no_other_host(desk: DeskServer, browser: Browser) -> None:
    with desk.database() as connection:
        add_alert(connection)
    page = sign_in(desk, browser, "wangwei")
    page.sees("海西焦化", ROW)
    page.click("[data-desk=sound]")
    page.sees("声音：开")
    host = desk.address.removeprefix("http://")
    foreign = [
        url for url in page.requests if not url.startswith((f"http://{host}/", f"ws://{host}/", "data:", "blob:"))
    ]
    assert len(page.requests) > 5
    assert foreign == []


def test_a_phone_has_nothing_to_push_aside(desk: DeskServer, browser: Browser) -> None:
    with desk.database() as connection:
        known = add_alert(connection, title="【严重】" + "长" * 300)
    page = sign_in(desk, browser, "wangwei", width=390, height=844, phone=True)
    page.sees("海西焦化", ROW)
    assert page.run("document.documentElement.scrollWidth") == 390
    page.click(f"{row(known)} .act-acknowledge")
    page.sees("签收告警", "dialog")
    assert page.run("document.documentElement.scrollWidth") == 390


def test_texts_of_others_stay_texts(desk: DeskServer, browser: Browser) -> None:
    bad = "<img src=x onerror=alert(1)><script>alert(2)</script>\n{{7*7}}"
    with desk.database() as connection:
        connection.execute("update enterprise set name = %s where code = 'yh-pvc'", (bad + "长" * 10_000,))
        add_alert(connection, enterprise="yh-pvc", subject="enterprise:yh-pvc", title=f"【严重】{bad}：{bad}")
    page = sign_in(desk, browser, "wangwei")
    page.sees("<img src=x onerror=alert(1)>", ROW)
    page.sees("{{7*7}}", ROW)
    assert page.run("document.querySelectorAll('.dk-page img, .dk-page script').length") == 0
    assert page.errors == []


def test_a_desk_that_cannot_read_says_how_old_it_is(desk: DeskServer, browser: Browser) -> None:
    with desk.database() as connection:
        add_alert(connection)
    page = sign_in(desk, browser, "hx-coking")
    page.sees("海西焦化", ROW)
    with desk.database() as connection:
        connection.execute("alter table alert_event rename to alert_event_away")
    try:
        page.sees("暂时读不到新的数据：页面停在 21:40:00", ".dk-banner")
        assert "海西焦化" in page.text(ROW)
    finally:
        with desk.database() as connection:
            connection.execute("alter table alert_event_away rename to alert_event")
    page.misses("暂时读不到新的数据", ".dk-banner")
