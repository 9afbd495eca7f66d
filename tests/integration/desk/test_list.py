"""The live list as duty staff meet it: coming in, finding, taking; two at once; what others may not."""

from __future__ import annotations

import json

import httpx
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.integration.desk import city
from tests.integration.desk.chromium import Browser
from tests.integration.desk.city import HOUR, NOW, add_alert, add_many
from tests.integration.desk.conftest import DeskServer, sign_in

ROW = ".dk-row[data-alert]"


def row(alert_id: int) -> str:
    return f'.dk-row[data-alert="{alert_id}"]'


def some(desk: DeskServer) -> dict[str, int]:
    """An alert of each kind that the list tells apart."""
    with desk.database() as connection:
        return {
            "so2": add_alert(connection),
            "nox": add_alert(
                connection,
                enterprise="bl-coking",
                subject="pollutant:bl-coking/S2/nox",
                title="【严重】北岭煤焦 2号焦炉烟囱（S2） 氮氧化物：超出超低排放指标，小时均值 171 mg/m³",
                value=171.0,
                limit=150.0,
                at=NOW - HOUR,
            ),
            "water": add_alert(
                connection,
                enterprise="ly-chem",
                rule_id="water.quota",
                subject="line:ly-chem/L1",
                severity="warning",
                title="【警告】绿源化工 聚合线（L1）：单位产品取水量 5.31 m3/t，超过限值 4.8 m3/t",
            ),
            "over": add_alert(
                connection,
                enterprise="jt-cement",
                subject="pollutant:jt-cement/S3/nox",
                state="resolved",
                resolved_at=NOW - HOUR,
                title="【严重】金台水泥 窑尾烟囱（S3） 氮氧化物：超出排放限值，小时均值 331 mg/m³",
            ),
        }


def test_a_person_comes_in_and_sees_the_most_urgent_first(desk: DeskServer, browser: Browser) -> None:
    some(desk)
    page = sign_in(desk, browser, "wangwei")
    page.sees("王维 · 值班员")
    assert [text.split("\n")[1] for text in page.texts(ROW)] == ["北岭煤焦", "海西焦化", "绿源化工", "金台水泥"]
    first = page.text(ROW)
    for words in ("严重", "2号焦炉烟囱（S2） 氮氧化物", "171", "150 mg/m³", "20:40", "已 1小时", "未签收"):
        assert words in first
    assert page.texts(".dk-chip.st-unacknowledged") == ["未签收 3"]
    assert page.run("document.title") == "（3）值班台"
    assert page.errors == []


def test_a_wrong_password_lets_nobody_in(desk: DeskServer, browser: Browser) -> None:
    page = browser.page()
    page.open(desk.address + "/")
    page.write("[name=login]", "wangwei")
    page.write("[name=password]", "not-the-password")
    page.click("button[type=submit]")
    page.sees("登录名或密码不正确")
    assert page.cookie("plantwatch_session") is None


def test_the_list_is_narrowed_and_the_address_keeps_it(desk: DeskServer, browser: Browser) -> None:
    some(desk)
    page = sign_in(desk, browser, "wangwei")
    page.choose("[aria-label=企业]", "绿源化工")
    page.misses("海西焦化", ROW)
    page.sees("聚合线（L1）", ROW)
    assert "enterprise=ly-chem" in page.run("location.search")
    page.open(page.run("location.href"))
    page.sees("聚合线（L1）", ROW)
    page.misses("海西焦化", ROW)
    page.click(".dk-link", "清除筛选")
    page.sees("海西焦化", ROW)
    page.write(".dk-words", "氮氧化物")
    page.misses("海西焦化", ROW)
    page.sees("北岭煤焦", ROW)
    page.write(".dk-words", "100%_\\")
    page.sees("没有符合筛选的告警")


def test_taking_an_alert_is_two_clicks(desk: DeskServer, browser: Browser) -> None:
    known = some(desk)
    page = sign_in(desk, browser, "wangwei")
    page.click(f"{row(known['so2'])} .act-acknowledge")
    page.click("dialog .dk-confirm")
    page.sees("已签收", row(known["so2"]))
    page.sees("王维", f"{row(known['so2'])} .c-who")
    with desk.database() as connection:
        kept = connection.execute("select acknowledged_by from alert where alert_id = %s", (known["so2"],)).fetchone()
        audited = connection.execute("select actor, action from audit where object = %s", (f"alert:{known['so2']}",))
        assert kept == ("王维",)
        assert audited.fetchall() == [("王维 <wangwei>", "alert.acknowledge")]


def test_of_two_who_take_it_at_once_the_second_is_told_by_whom(desk: DeskServer, browser: Browser) -> None:
    known = some(desk)
    first, second = sign_in(desk, browser, "wangwei"), sign_in(desk, browser, "lina")
    for page in (first, second):
        page.click(f"{row(known['so2'])} .act-acknowledge")
        page.sees("签收告警", "dialog")
    first.click("dialog .dk-confirm")
    first.sees("已签收", row(known["so2"]))
    second.click("dialog .dk-confirm")
    second.sees("已由 王维 于", ".dk-note")
    second.sees("王维", f"{row(known['so2'])} .c-who")


def test_new_alerts_come_by_themselves(desk: DeskServer, browser: Browser) -> None:
    page = sign_in(desk, browser, "wangwei")
    page.sees("现在没有待处理的告警")
    page.click("[data-desk=sound]")
    page.sees("声音：开")
    with desk.database() as connection:
        add_alert(connection)
    page.sees("海西焦化", ROW)
    page.sees("新的严重告警", ".dk-note")
    page.wait("a tab that counts", "document.title === '（1）值班台'")
    assert page.run("window.desk.played") == ["new", "critical"]
    assert page.errors == []


def test_new_alerts_are_heard_on_every_page_and_lead_to_their_own(desk: DeskServer, browser: Browser) -> None:
    with desk.database() as connection:
        first = add_alert(connection)
    page = sign_in(desk, browser, "wangwei", f"/alerts/{first}")
    page.sees("焦炉烟囱", "h1")
    page.wait("a page that follows", "window.socket?.connected && sessionStorage.getItem('desk-heard')")
    with desk.database() as connection:
        second = add_alert(
            connection, enterprise="bl-coking", subject="pollutant:bl-coking/S2/nox", title="【严重】北岭煤焦：超限"
        )
    page.click(".dk-arrived a", "北岭煤焦：超限")
    page.wait("its page", f"location.pathname === '/alerts/{second}'")


def test_what_is_shelved_is_not_heard_until_it_is_back(desk: DeskServer, browser: Browser) -> None:
    page = sign_in(desk, browser, "wangwei", "/duty")
    page.sees("夜班")
    missed = "fetch('/desk/arrivals?after=0').then((a) => a.json()).then((told) => told.told && told.told.words)"
    with desk.database() as connection:
        add_alert(connection)
        connection.execute(
            "insert into alert_hold (kind, rule_id, subject, from_at, until_at, author, reason)"
            " values ('shelved', 'ule.hourly', 'pollutant:hx-coking/S1/so2', %s, %s, '王维', '检修')",
            (NOW - HOUR, NOW + HOUR),
        )
    assert page.run(missed) is None
    with desk.database() as connection:
        connection.execute("update alert_hold set ended_at = %s, ended_by = '王维'", (NOW,))
    assert "焦炉烟囱" in page.run(missed)


def test_a_sound_that_the_browser_keeps_back_is_said(desk: DeskServer, browser: Browser) -> None:
    page = sign_in(desk, browser, "wangwei")
    page.click("[data-desk=sound]")
    page.sees("声音：开")
    page.run("{ HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException('', 'NotAllowedError')) }")
    with desk.database() as connection:
        add_alert(connection)
    page.sees("浏览器挡住了提示音", ".dk-note")
    # red letters on a red ground are none
    notes = "[...document.querySelectorAll('.dk-note')].map((e) => getComputedStyle(e))"
    assert set(page.run(f"{notes}.map((style) => style.color)")) == {"rgb(255, 255, 255)"}
    assert "rgb(255, 255, 255)" not in page.run(f"{notes}.map((style) => style.backgroundColor)")
    page.sees("声音：点一下继续", ".dk-header")
    page.press("Tab")
    page.sees("声音：开", ".dk-header")
    page.misses("浏览器挡住了提示音")


def test_shelving_asks_for_a_reason_and_how_long(desk: DeskServer, browser: Browser) -> None:
    known = some(desk)
    page = sign_in(desk, browser, "wangwei")
    page.click(f"{row(known['water'])} .act-shelve")
    assert page.texts("dialog .dk-radio") == ["1 小时", "4 小时", "8 小时", "24 小时"]
    page.click("dialog .dk-confirm")
    page.sees("请填写原因", "dialog")
    page.click("dialog .dk-radio", "8 小时")
    page.click("dialog .dk-hint", "仪表校准")
    page.click("dialog .dk-confirm")
    page.sees("已搁置 8 小时", ".dk-note")
    page.misses("聚合线", ROW)
    page.click(".dk-chip.st-shelved")
    page.sees("搁置至 明天 05:40", row(known["water"]))
    page.click(f"{row(known['water'])} .act-unshelve")
    page.click("dialog .dk-confirm")
    page.sees("没有符合筛选的告警")


def test_handing_over_names_who_has_it_then(desk: DeskServer, browser: Browser) -> None:
    known = some(desk)
    page = sign_in(desk, browser, "wangwei")
    page.click(f"{row(known['so2'])} .act-hand_over")
    page.choose("dialog [name=person]", "赵磊")
    page.click("dialog .dk-confirm")
    page.sees("赵磊", f"{row(known['so2'])} .c-who")
    lead = sign_in(desk, browser, "zhaolei", "/?mine=1")
    lead.sees("海西焦化", ROW)
    lead.misses("北岭煤焦", ROW)


def test_what_is_over_is_confirmed(desk: DeskServer, browser: Browser) -> None:
    known = some(desk)
    page = sign_in(desk, browser, "lina")
    page.click(f"{row(known['over'])} .act-confirm")
    page.click("dialog .dk-confirm")
    page.misses("金台水泥", ROW)


def test_a_viewer_has_no_buttons_and_may_not_without_them(desk: DeskServer, browser: Browser) -> None:
    known = some(desk)
    page = sign_in(desk, browser, "guest")
    page.sees("海西焦化", ROW)
    assert page.texts(".dk-act") == []
    assert page.run("JSON.parse(document.getElementById('desk-config').textContent).dialogs") == {}
    told = page.run(post(known["so2"]))
    assert told[0] == 403
    assert "值班员" in told[1]


def post(alert_id: int, *, token: str | None = None) -> str:
    """What a page would send."""
    given = f'"{token}"' if token else 'JSON.parse(document.getElementById("desk-config").textContent).csrf'
    return (
        f'fetch("/desk/alerts/{alert_id}/acknowledge",'
        f' {{method: "POST", headers: {{"X-CSRF-Token": {given}}}, body: "{{}}"}})'
        ".then(async (a) => [a.status, (await a.json()).text])"
    )


def test_an_enterprise_sees_its_own_only(desk: DeskServer, browser: Browser) -> None:
    some(desk)
    page = sign_in(desk, browser, "hx-coking", "/?enterprise=bl-coking&states=all")
    page.sees("海西焦化", ROW)
    assert len(page.texts(ROW)) == 1
    assert "北岭煤焦" not in page.text()
    assert page.texts(".dk-act") == []


def test_nothing_is_done_without_the_pages_token(desk: DeskServer, browser: Browser) -> None:
    known = some(desk)
    page = sign_in(desk, browser, "wangwei")
    assert page.run(post(known["so2"], token="guessed"))[0] == 403
    with desk.database() as connection:
        assert connection.execute(
            "select acknowledged_at from alert where alert_id = %s", (known["so2"],)
        ).fetchone() == (None,)


def test_a_session_that_ends_takes_the_person_to_the_form(desk: DeskServer, browser: Browser) -> None:
    known = some(desk)
    page = sign_in(desk, browser, "wangwei", "/?severity=critical")
    page.click(f"{row(known['so2'])} .act-acknowledge")
    page.write("dialog [name=comment]", "正在核实")
    with desk.database() as connection:
        connection.execute("update desk_session set ended_at = now()")
    page.click("dialog .dk-confirm")
    page.sees("登录已结束，请重新登录")
    with desk.database() as connection:
        assert connection.execute("select count(*) from audit where object like 'alert:%'").fetchone() == (0,)
    page.write("[name=login]", "wangwei")
    page.write("[name=password]", city.PASSWORD)
    page.click("button[type=submit]")
    page.sees("请先看这条告警现在的状态", "dialog")
    assert page.run("document.querySelector('dialog [name=comment]').value") == "正在核实"


def test_signing_out_closes_the_other_windows(desk: DeskServer, browser: Browser) -> None:
    some(desk)
    page = sign_in(desk, browser, "wangwei")
    other = browser.page(page.person)
    other.open(desk.address + "/")
    other.sees("海西焦化", ROW)
    page.click(".dk-header button", "退出")
    page.sees("登录", "main")
    other.sees("登录已结束，请重新登录")


def test_a_session_that_ends_elsewhere_is_noticed_without_a_click(desk: DeskServer, browser: Browser) -> None:
    some(desk)
    page = sign_in(desk, browser, "wangwei")
    page.sees("海西焦化", ROW)
    with desk.database() as connection:
        connection.execute("update account set disabled_at = now() where login = 'wangwei'")
    try:
        page.sees("登录已结束，请重新登录")
    finally:
        with desk.database() as connection:
            connection.execute("update account set disabled_at = null")


def test_pages_of_fifty_show_every_alert_once(desk: DeskServer, browser: Browser) -> None:
    with desk.database() as connection:
        add_many(connection, 120)
    page = sign_in(desk, browser, "wangwei")
    seen: list[str] = []
    numbers = "[...document.querySelectorAll('.dk-row[data-alert]')].map((e) => e.dataset.alert)"
    while True:
        page.wait(
            "a page that is not the one before", f"{numbers}.length > 0 && !{json.dumps(seen)}.includes({numbers}[0])"
        )
        shown = page.run(numbers)
        assert len(shown) <= 50
        seen += shown
        if not page.texts(".dk-next"):
            break
        page.click(".dk-next")
    assert len(seen) == len(set(seen)) == 120
    page.click(".dk-link", "回到最前")
    page.wait("the first page", f"{numbers}[0] === {json.dumps(seen[0])}")


def test_sockets_are_opened_by_our_pages_within_a_session_alone(desk: DeskServer, browser: Browser) -> None:
    page = sign_in(desk, browser, "wangwei")
    cookie = page.cookie("plantwatch_session")
    assert cookie is not None
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    url = desk.address.replace("http", "ws") + "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    ours, token = desk.address, f"plantwatch_session={cookie['value']}"

    def opened(origin: str | None, session: str) -> bool:
        try:
            with connect(url, origin=origin, additional_headers={"Cookie": session}, proxy=None):
                return True
        except InvalidStatus as error:
            return error.response.status_code != 403

    assert opened(ours, token)
    assert not opened("https://evil.example", token)
    assert not opened(None, token)
    assert not opened(ours, "plantwatch_session=guessed")


def test_another_sites_form_signs_nobody_in(desk: DeskServer) -> None:
    form = {"login": "wangwei", "password": city.PASSWORD, "form": "x", "next": "/"}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": desk.address}):
        answer = httpx.post(f"{desk.address}/sign-in", data=form, headers=headers)
        assert answer.status_code == 403
        assert "plantwatch_session" not in answer.headers.get("set-cookie", "")


def test_paths_that_are_not_the_desks_are_answered_by_the_api(desk: DeskServer) -> None:
    unknown = httpx.get(f"{desk.address}/v1/nothing")
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, "application/problem+json")
    assert httpx.post(f"{desk.address}/health/live").status_code == 405
    front = httpx.get(f"{desk.address}/")
    assert (front.status_code, front.headers["location"]) == (303, "/sign-in?next=%2F")
    assert "default-src 'self'" in front.headers["content-security-policy"]
