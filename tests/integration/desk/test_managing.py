"""What a lead does to the roster and an administrator to accounts and channels, as they meet it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.desk.chromium import Browser, Page
from tests.integration.desk.city import NOW, add_alert
from tests.integration.desk.conftest import DeskServer, sign_in


@pytest.fixture(autouse=True)
def as_before(desk: DeskServer) -> Iterator[None]:
    yield
    with desk.database() as connection:
        connection.execute("delete from duty_override; update duty_shift set valid_to = null, days = 'all'")


def post(page: Page, path: str, body: dict[str, Any], csrf: str | None = None) -> tuple[int, str]:
    """What a page's own script would send; the token of its session when none is named."""
    token = json.dumps(csrf) if csrf is not None else "JSON.parse(document.getElementById('desk-config').text).csrf"
    script = (
        f"fetch({json.dumps(path)}, {{method: 'POST', headers: {{'X-CSRF-Token': {token}}},"
        f" body: JSON.stringify({json.dumps(body)})}}).then(async (a) => [a.status, (await a.json()).text])"
    )
    status, text = page.run(script)
    return int(status), str(text)


def fill(page: Page, **fields: str) -> None:
    """Set fields of the open dialogue as a person would, whatever kind they are."""
    page.sees("取消", "dialog")
    for name, value in fields.items():
        script = (
            f"const e = document.querySelector('dialog [name={name}]'); e.value = {json.dumps(value)};"
            " e.dispatchEvent(new Event('input', {bubbles: true}));"
        )
        page.run(f"(() => {{ {script} }})()")


def test_a_lead_has_somebody_else_on_duty_and_sees_first_what_it_brings(desk: DeskServer, browser: Browser) -> None:
    lead = sign_in(desk, browser, "zhaolei", "/duty")
    officer = sign_in(desk, browser, "wangwei", "/duty")
    officer.sees("没有空缺，也没有重叠", ".dk-troubles")
    assert "调班" not in officer.texts(".dk-team button")
    lead.click(".dk-team summary")
    lead.click(".dk-team details button", "换人")
    fill(lead, person="sun-yue", reason="王维请假")
    lead.sees("现在至 11月27日 08:00 夜班：孙悦", ".dk-foresee")
    fill(lead, replaces="", until_at="2026-11-27T12:00")
    lead.sees("11月27日 08:00–12:00 孙悦 同时还有白班", ".dk-foresee .bad")
    fill(lead, until_at="2026-11-26T20:00")
    lead.sees("结束时间应晚于开始时间", ".dk-foresee")
    fill(lead, replaces="wang-wei", until_at="2026-11-27T08:00")
    lead.sees("夜班：孙悦", ".dk-foresee")
    lead.click("dialog .dk-confirm")
    lead.sees("调班已登记", ".dk-note")
    for page in (lead, officer):
        page.sees("孙悦（夜班", ".dk-now")
        page.sees("孙悦 替 王维", ".dk-changes")
    assert officer.texts(".dk-changes button") == []

    lead.click(".dk-changes button", "结束")
    lead.sees("夜班：王维", ".dk-foresee")
    lead.click("dialog .dk-confirm")
    officer.sees("王维（夜班", ".dk-now")
    officer.misses("孙悦 替 王维", ".dk-changes")
    with desk.database() as connection:
        rows = connection.execute("select actor, detail ->> 'cancelled' from audit where action = 'roster.override'")
        assert rows.fetchall() == [("赵磊 <zhaolei>", None), ("赵磊 <zhaolei>", "true")]


def test_gaps_are_said_in_words_and_taking_an_addition_back_shows_its_gap(desk: DeskServer, browser: Browser) -> None:
    with desk.database() as connection:
        connection.execute("update duty_shift set valid_to = '2026-11-30' where code = 'day'")
        connection.execute(
            "insert into duty_override (team_id, from_at, until_at, person, author, reason, created_at)"
            " values (1, '2026-11-30T08:00+08', '2026-11-30T20:00+08', 'zhao-lei', '赵磊', '顶班', '2026-11-26Z')"
        )
    page = sign_in(desk, browser, "zhaolei", "/duty")
    page.sees("12月1日至12月10日每天 08:00–20:00 无人值班", ".dk-troubles .bad")
    page.sees("赵磊 增援（尚未开始）", ".dk-changes")
    page.click(".dk-changes button", "取消")
    page.sees("11月30日 08:00–20:00 无人值班", ".dk-foresee .bad")
    page.click("dialog .dk-confirm")
    page.sees("11月30日至12月10日每天 08:00–20:00 无人值班", ".dk-troubles .bad")


def test_the_roster_is_changed_by_leads_alone_and_with_the_pages_token(desk: DeskServer, browser: Browser) -> None:
    change = {
        "person": "sun-yue", "replaces": "", "from_at": "2026-11-28T08:00", "until_at": "2026-11-28T12:00",
        "reason": "支援",
    }  # fmt: skip
    for login in ("wangwei", "guest", "hx-coking"):
        page = sign_in(desk, browser, login, "/duty")
        for path in ("override", "override/preview", "overrides/1/cancel", "overrides/1/cancel/preview"):
            assert post(page, f"/desk/teams/city/{path}", change)[0] == 403, (login, path)
    lead = sign_in(desk, browser, "zhaolei", "/duty")
    assert post(lead, "/desk/teams/city/override", change, csrf="x") == (403, "页面已过期，请刷新后再试")
    assert post(lead, "/desk/teams/none/override", change)[0] == 404
    assert post(lead, "/desk/teams/city/overrides/99/cancel", {})[0] == 404
    assert post(lead, "/desk/teams/city/override", change | {"person": "nobody"})[0] == 422
    assert post(lead, "/desk/teams/city/override", change) == (200, "调班已登记")
    status, text = post(lead, "/desk/teams/city/override", change)
    assert (status, "赵磊 已于" in text) == (409, True)


def test_a_person_meets_their_own_team_first(desk: DeskServer, browser: Browser) -> None:
    with desk.database() as connection:
        connection.execute("insert into team (code, name, channels) values ('wuda', '乌达区值班', '{log}')")
    try:
        page = sign_in(desk, browser, "wangwei", "/duty")
        page.sees("市局值班（本班组）", ".dk-teams .on")
        assert page.texts(".dk-team h2")[:1] == ["市局值班"]
        page.misses("乌达区值班", ".dk-team")
        page.click(".dk-teams a", "全部班组")
        page.sees("乌达区值班", ".dk-team")
    finally:
        with desk.database() as connection:
            connection.execute("delete from team where code = 'wuda'")


def test_the_list_begins_with_ones_own_team_and_hides_nothing_that_no_team_has(
    desk: DeskServer, browser: Browser
) -> None:
    with desk.database() as connection:
        connection.execute("insert into team (code, name, channels) values ('wuda', '乌达区值班', '{log}')")
        told = {"ly-chem": "city", "qs-power": "wuda", "yh-pvc": "duty"}
        for plant, team in told.items():
            alert_id = add_alert(connection, enterprise=plant, subject=f"pollutant:{plant}/S1/so2")
            connection.execute(
                "insert into alert_dispatch (alert_id, state, reason, since_at, teams)"
                " values (%s, 'told', 'first', %s, %s)",
                (alert_id, NOW, [team]),
            )
        add_alert(connection, enterprise="jt-cement", subject="pollutant:jt-cement/S1/so2")
    try:
        page = sign_in(desk, browser, "wangwei")
        page.sees("绿源化工", ".dk-row")
        # told to the built-in team that nobody is in, or not decided yet: everybody's
        assert sorted(page.texts(".dk-row .c-plant")) == sorted(["绿源化工", "远河氯碱", "金台水泥"])
        page.choose("select[aria-label=班组]", "全部班组")
        page.sees("千山热电", ".dk-row")
        page.choose("select[aria-label=班组]", "乌达区值班")
        page.misses("绿源化工", ".dk-row")
        page.choose("select[aria-label=班组]", "本班组：市局值班")
        page.misses("千山热电", ".dk-row")
    finally:
        with desk.database() as connection:
            connection.execute("delete from team where code = 'wuda'")


NEW = {"login": "liu.yang", "name": "刘洋", "role": "duty", "enterprise": "", "team": "city", "person": ""}


@pytest.fixture
def hired(desk: DeskServer) -> Iterator[None]:
    """Accounts as they were, afterwards."""
    yield
    with desk.database() as connection:
        connection.execute(
            "delete from desk_session where account_id in (select account_id from account where login like '%.%')"
        )
        connection.execute("delete from account where login like '%.%'; update account set disabled_at = null")


def come_in(desk: DeskServer, browser: Browser, login: str, password: str) -> Page:
    page = browser.page()
    page.open(f"{desk.address}/sign-in")
    page.write("[name=login]", login)
    page.write("[name=password]", password)
    page.click("button[type=submit]")
    return page


@pytest.mark.usefixtures("hired")
def test_an_administrator_keeps_accounts(desk: DeskServer, browser: Browser) -> None:
    page = sign_in(desk, browser, "admin", "/admin")
    page.click("button", "新建账号")
    fill(page, login="liu.yang", name="刘洋", role="duty", team="city", password="short")
    page.click("dialog .dk-confirm")
    page.sees("两次输入的密码不同", "dialog .dk-trouble")
    fill(page, password="", login="guest")
    page.click("dialog .dk-confirm")
    page.sees("已经有人使用", "dialog .dk-trouble")
    fill(page, login="liu.yang")
    page.click("dialog .dk-confirm")
    page.sees("只显示这一次", "dialog")
    password = page.text("dialog .dk-secret")
    page.click("dialog .dk-confirm")
    page.sees("刘洋", "[data-login='liu.yang']")

    officer = come_in(desk, browser, "liu.yang", password)
    officer.sees("刘洋 · 值班员")
    page.click("[data-login='liu.yang'] button", "修改")
    fill(page, role="lead")
    page.click("dialog .dk-confirm")
    page.sees("账号 liu.yang 已修改", ".dk-note")
    page.sees("值班长", "[data-login='liu.yang']")
    page.click("[data-login='liu.yang'] button", "停用")
    page.click("dialog .dk-confirm")
    page.sees("停用", "[data-login='liu.yang'] td")
    officer.sees("登录已结束")

    page.click("[data-login=admin] button", "停用")
    page.click("dialog .dk-confirm")
    page.sees("唯一在用的管理员", ".dk-note")
    assert not any(password in text for text in page.texts("body"))


@pytest.mark.usefixtures("hired")
def test_accounts_and_channels_are_for_administrators_with_the_pages_token(desk: DeskServer, browser: Browser) -> None:
    with desk.database() as connection:
        connection.execute(
            "insert into channel_state (channel, kind, is_group, configured_at) values ('log', 'log', true, now())"
        )
    acts = ("", "/guest", "/guest/password", "/guest/disable", "/guest/enable", "/guest/unlock")
    try:
        for login in ("zhaolei", "guest", "hx-coking"):
            page = sign_in(desk, browser, login, "/me")
            for act in acts:
                assert post(page, f"/desk/accounts{act}", NEW)[0] == 403, (login, act)
            assert post(page, "/desk/channels/log/test", {})[0] == 403, login
        page = sign_in(desk, browser, "admin", "/admin")
        for path in (*(f"/desk/accounts{act}" for act in acts), "/desk/channels/log/test", "/desk/me/sign-out"):
            assert post(page, path, NEW, csrf="x") == (403, "页面已过期，请刷新后再试"), path
        assert post(page, "/desk/accounts/guest/nonsense", {})[0] == 404
        assert post(page, "/desk/accounts/..x..y", NEW)[0] == 404
        assert post(page, "/desk/channels/none/test", {})[0] == 404
        with desk.database() as connection:
            assert connection.execute("select count(*) from account").fetchone() == (5,)
            assert connection.execute("select count(*) from notification").fetchone() == (0,)
    finally:
        with desk.database() as connection:
            connection.execute("delete from channel_state")


@pytest.mark.usefixtures("hired")
def test_a_person_changes_their_password_and_leaves_every_device(desk: DeskServer, browser: Browser) -> None:
    admin = sign_in(desk, browser, "admin", "/admin")
    first, second = "first password 1", "second password 2"
    assert post(admin, "/desk/accounts", NEW | {"password": first, "again": first})[0] == 200
    here, there = (come_in(desk, browser, "liu.yang", first) for _ in range(2))
    for page in (here, there):
        page.sees("刘洋 · 值班员")
    here.click(".dk-who")
    here.click("button", "修改密码")
    fill(here, present="not my password", password=second, again=second)
    here.click("dialog .dk-confirm")
    here.sees("现在的密码不正确", "dialog .dk-trouble")
    fill(here, present=first)
    here.click("dialog .dk-confirm")
    here.sees("密码已修改", ".dk-note")
    there.sees("登录已结束")
    there = come_in(desk, browser, "liu.yang", second)
    there.sees("刘洋 · 值班员")
    here.click("button", "在所有设备上退出")
    here.click("dialog .dk-confirm")
    here.sees("登录", "h1, button")
    there.sees("登录已结束")
    plant = sign_in(desk, browser, "hx-coking", "/me")
    plant.sees("密码由市局设置")
    assert post(plant, "/desk/me/password", {"present": "x", "password": first, "again": first})[0] == 409


def test_a_channel_is_seen_to_fail_and_is_tried(desk: DeskServer, browser: Browser) -> None:
    with desk.database() as connection:
        connection.execute(
            "insert into channel_state (channel, kind, is_group, rate_per_min, configured_at, failing_since, failures,"
            " last_error) values ('robot', 'dingtalk', true, 20, %(at)s, %(at)s, 3, 'answered HTTP 503'),"
            " ('log', 'log', true, null, %(at)s, null, 0, null)",
            {"at": NOW},
        )
    try:
        page = sign_in(desk, browser, "admin", "/admin")
        page.sees("自 21:40 起失败 3 次", "[data-channel=robot]")
        page.sees("对方返回 HTTP 503", "[data-channel=robot]")
        page.sees("每分钟 20 条", "[data-channel=robot]")
        page.click("[data-channel=log] button", "测试")
        page.click("dialog .dk-confirm")
        page.sees("正在办理", "dialog")
        with desk.database() as connection:
            page.wait("a queued test", "true")
            while not connection.execute("select 1 from notification where event = 'test'").fetchone():
                connection.rollback()
            connection.execute("update notification set state = 'sent', sent_at = %s", (NOW,))
        page.sees("21:40 已送达", "[data-channel=log]")
    finally:
        with desk.database() as connection:
            connection.execute("delete from channel_state; delete from notification")
