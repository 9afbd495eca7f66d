"""The duty phone over real HTTP."""

from __future__ import annotations

import httpx
import pytest

from simulators.inbox import Inbox


def _post(inbox: Inbox, key: str | None, body: object) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return httpx.post(inbox.url, json=body, headers=headers)


def test_notifications_are_kept_in_order_and_listed() -> None:
    with Inbox() as inbox:
        assert _post(inbox, "b", {"title": "二氧化硫超标"}).status_code == 200
        assert _post(inbox, "a", {"title": "已恢复"}).status_code == 200
        listed = httpx.get(inbox.url).json()
    assert [(n["key"], n["body"]["title"]) for n in listed] == [("b", "二氧化硫超标"), ("a", "已恢复")]
    assert [n.key for n in inbox.notifications()] == ["b", "a"]
    assert inbox.notifications()[0].path == "/notify"


def test_a_repeated_key_is_one_notification() -> None:
    with Inbox() as inbox:
        for _ in range(3):
            assert _post(inbox, "k", {"n": 1}).status_code == 200
    assert [(n.key, n.attempts) for n in inbox.notifications()] == [("k", 3)]
    assert inbox.deliveries == 3


def test_the_first_delivery_can_fail() -> None:
    with Inbox(fail_first=True) as inbox:
        assert _post(inbox, "k", {"n": 1}).status_code == 500
        assert inbox.notifications() == []
        assert _post(inbox, "k", {"n": 1}).status_code == 200
    assert [(n.key, n.attempts) for n in inbox.notifications()] == [("k", 2)]


def test_what_is_no_notification_is_refused() -> None:
    with Inbox() as inbox:
        assert _post(inbox, None, {"n": 1}).status_code == 400
        assert httpx.post(inbox.url, content=b"{", headers={"Idempotency-Key": "k"}).status_code == 400
        assert inbox.notifications() == []


def test_it_is_gone_afterwards() -> None:
    with Inbox() as inbox:
        url = inbox.url
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
