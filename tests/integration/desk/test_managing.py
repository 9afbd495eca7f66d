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
