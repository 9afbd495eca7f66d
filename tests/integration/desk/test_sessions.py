"""What reaches a page after its session has ended, and what an enterprise's page is never told; without a browser, as
whoever means harm has one of their own."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

from tests.integration.desk.city import HOUR, NOW, add_alert
from tests.integration.desk.conftest import DeskServer
from tests.integration.desk.wire import come_in, csrf, opened

_OF = "where account_id = (select account_id from account where login = "
#: Whose session ends, how, and what they have open.
ENDS = {
    "admin": (f"update desk_session set ended_at = now() {_OF} 'admin')", ["/", "/admin"]),
    "lina": ("update account set disabled_at = now() where login = 'lina'", ["/alerts/1", "/duty"]),
    "guest": (f"update desk_session set expires_at = now() {_OF} 'guest')", ["/alerts/1"]),
    "hx-coking": (
        "update desk_session set seen_at = now() - interval '12 hours' where enterprise_id is not null",
        ["/", "/alerts/1"],
    ),
}


def happens(desk: DeskServer, alert_id: int) -> None:
    """Something that every page shows: a remark, and a channel that fails."""
    with desk.database() as connection:
        connection.execute(
            "insert into channel_state (channel, kind, is_group, failing_since, failures, last_error, configured_at)"
            " values ('sms', 'sms', false, %(at)s, 3, 'refused', %(at)s)",
            {"at": NOW},
        )
    with come_in(desk, "wangwei") as http:
        said = http.post(
            f"/desk/alerts/{alert_id}/comment", json={"comment": "去看看"}, headers={"x-csrf-token": csrf(http)}
        )
        assert said.status_code == 200, said.text


@pytest.fixture
def restored(desk: DeskServer) -> Any:
    yield
    with desk.database() as connection:
        connection.execute("update account set disabled_at = null; delete from channel_state")


def test_nothing_reaches_a_page_whose_session_has_ended(desk: DeskServer, restored: None) -> None:
    """Whatever the page does with being told so, and on pages that follow nothing but their head too."""
    with desk.database() as connection:
        alert_id = add_alert(connection)
    with ExitStack() as stack:
        pages = {}
        for login, (_, paths) in ENDS.items():
            http = stack.enter_context(come_in(desk, login))
            for path in paths:
                page = path.replace("/1", f"/{alert_id}")
                pages[login, path] = stack.enter_context(opened(desk, http, page))
        other = stack.enter_context(opened(desk, stack.enter_context(come_in(desk, "zhaolei")), "/"))
        with desk.database() as connection:
            for ends, _ in ENDS.values():
                connection.execute(ends)
        happens(desk, alert_id)
        other.sees("发送失败")
        for who, socket in pages.items():
            socket.sees("desk.ended()")
            sent = socket.sent()
            assert "desk.ended()" in sent[-1], who
            assert not [message for message in sent if "发送失败" in message or "去看看" in message], who


def test_an_enterprises_page_has_none_of_the_bureaus_words(desk: DeskServer) -> None:
    with desk.database() as connection:
        alert_id = add_alert(connection, assignee="li-na", acknowledged_at=NOW, acknowledged_by="王维")
        connection.execute("update alert set acknowledge_comment = '疑似造假'")
        connection.execute(
            "insert into alert_event (alert_id, at, kind, actor, comment, detail) values"
            " (%(id)s, %(at)s, 'acknowledged', '王维', '疑似造假', null),"
            " (%(id)s, %(at)s, 'commented', '孙悦', '悄悄去', null),"
            " (%(id)s, %(at)s, 'notify', 'plantwatch', 'firing sms/person:zhao-lei', null),"
            " (%(id)s, %(at)s, 'handed_over', '孙悦', '等执法', '{\"person\": \"li-na\"}'),"
            " (%(id)s, %(at)s, 'not_notified', 'plantwatch', 'silenced', null)",
            {"id": alert_id, "at": NOW},
        )
        connection.execute(
            "insert into alert_hold (kind, rule_id, subject, enterprise_id, alert_id, from_at, until_at, author,"
            " reason) select 'shelved', rule_id, subject, enterprise_id, alert_id, %s, %s, '孙悦', '等突击检查'"
            " from alert",
            (NOW - HOUR, NOW + HOUR),
        )
        connection.execute(
            "insert into alert_dispatch (alert_id, state, reason, since_at) values (%s, 'held', 'silenced', %s)",
            (alert_id, NOW),
        )
    secret = ("疑似造假", "悄悄去", "等执法", "等突击检查", "孙悦", "李娜", "赵磊", "li-na", "zhao-lei", "静默")
    with come_in(desk, "hx-coking") as http:
        shown = {
            path: http.get(path).text for path in ("/?states=all", f"/alerts/{alert_id}", f"/v1/alerts/{alert_id}")
        }
    for path, text in shown.items():
        assert "超出超低排放指标" in text, path
        assert [word for word in secret if word in text] == [], path
    # that it was put aside, and that somebody wrote something down, is theirs to know
    assert "搁置" in shown[f"/alerts/{alert_id}"]
    assert "备注" in shown[f"/alerts/{alert_id}"]
