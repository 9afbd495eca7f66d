"""Which topics the listener knows itself, and whose they are."""

from __future__ import annotations

import pytest

from ingest.listener.limits import Limits
from ingest.listener.packets import Filter, Reason
from ingest.listener.subscriptions import Subscriptions
from ingest.listener.topics import command_filters, rejects_topic, status_gateway, subscription_refusal
from ingest.listener.wire import is_topic_filter


@pytest.mark.parametrize(
    ("topic", "gateway"),
    [
        ("plantwatch/v1/ent/gw1/status", "gw1"),
        ("plantwatch/v1/ent/网关/status", "网关"),
        ("plantwatch/v1/other/gw1/status", None),
        ("plantwatch/v1/foe/gw1/status", None),
        ("plantwatch/v1/ent/gw1/readings", None),
        ("plantwatch/v1/ent/a/b/status", None),
        ("plantwatch/v1/ent//status", None),
        ("plantwatch/v1/ent/status", None),
        ("plantwatch/v2/ent/gw1/status", None),
        ("x/plantwatch/v1/ent/gw1/status", None),
    ],
)
def test_status_topics_of_ones_own(topic: str, gateway: str | None) -> None:
    assert status_gateway("ent", topic) == gateway


@pytest.mark.parametrize(
    ("pattern", "refusal"),
    [
        ("plantwatch/v1/ent/gw1/rejects", None),
        ("plantwatch/v1/ent/gw1/status", None),
        ("plantwatch/v1/ent/+/rejects", None),
        ("spBv1.0/ent/NCMD/node", None),
        ("spBv1.0/ent/NCMD/node/#", None),
        ("spBv1.0/ent/DCMD/node/#", None),
        ("spBv1.0/ent/DCMD/node/+", None),
        ("spBv1.0/ent/DCMD/节点/device", None),
        ("spBv1.0/STATE/plantwatch", None),
        ("spBv1.0/STATE/other", None),
        ("spBv1.0/STATE/+", None),
        ("v1/devices/me/rpc/request/+", None),
        ("v1/gateway/rpc", None),
        ("spBv1.0/other/NCMD/node", Reason.NOT_AUTHORIZED),
        ("spBv1.0/ent/NCMD/+", Reason.NOT_AUTHORIZED),
        ("spBv1.0/ent/NCMD/#", Reason.NOT_AUTHORIZED),
        ("spBv1.0/ent/NCMD", Reason.NOT_AUTHORIZED),
        ("spBv1.0/ent/NDATA/node", Reason.NOT_AUTHORIZED),
        ("spBv1.0/ent/NCMD/node/a/b", Reason.NOT_AUTHORIZED),
        ("spBv1.0/ent/+/node", Reason.NOT_AUTHORIZED),
        ("spBv1.0/+/NCMD/node", Reason.NOT_AUTHORIZED),
        ("spBv1.0/#", Reason.NOT_AUTHORIZED),
        ("spBv1.0/STATE/", Reason.NOT_AUTHORIZED),
        ("spBv1.0/STATE/a/b", Reason.NOT_AUTHORIZED),
        ("v1/devices/me/telemetry", Reason.NOT_AUTHORIZED),
        ("v1/devices/+/attributes", Reason.NOT_AUTHORIZED),
        ("plantwatch/v1/ent/+/status", Reason.NOT_AUTHORIZED),
        ("plantwatch/v1/ent/#", Reason.NOT_AUTHORIZED),
        ("plantwatch/v1/+/+/rejects", Reason.NOT_AUTHORIZED),
        ("plantwatch/v1/other/gw1/rejects", Reason.NOT_AUTHORIZED),
        ("plantwatch/v1/ent/gw1/readings", Reason.NOT_AUTHORIZED),
        ("#", Reason.NOT_AUTHORIZED),
        ("$SYS/#", Reason.NOT_AUTHORIZED),
        ("$share/g/plantwatch/v1/ent/gw1/rejects", Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED),
    ],
)
def test_what_may_be_subscribed_to(pattern: str, refusal: Reason | None) -> None:
    assert subscription_refusal("ent", pattern) is refusal


@pytest.mark.parametrize(
    ("topic", "filters"),
    [
        ("spBv1.0/ent/NCMD/n", ("spBv1.0/ent/NCMD/n", "spBv1.0/ent/NCMD/n/#")),
        ("spBv1.0/ent/DCMD/n/d", ("spBv1.0/ent/DCMD/n/d", "spBv1.0/ent/DCMD/n/+", "spBv1.0/ent/DCMD/n/#")),
        *(
            (topic, ())
            for topic in (
                "spBv1.0/other/NCMD/n",
                "spBv1.0/ent/NCMD/+",
                "spBv1.0/ent/DCMD/n/#",
                "spBv1.0/ent/DCMD/n/+",
                "spBv1.0/ent/DCMD/n/",
                "spBv1.0/ent/NDATA/n",
                "spBv1.0/ent/NCMD",
                "",
            )
        ),
    ],
)
def test_who_hears_a_command(topic: str, filters: tuple[str, ...]) -> None:
    assert command_filters("ent", topic) == filters
    for pattern in filters:
        assert subscription_refusal("ent", pattern) is None


@pytest.mark.parametrize("gateway", ["", "a/b", "+", "a#", "a\0"])
def test_a_gateway_that_is_no_level_has_no_rejects_topic(gateway: str) -> None:
    assert rejects_topic("ent", gateway) is None


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        *((pattern, True) for pattern in ("a", "/", "a/+/b", "+", "#", "a/#")),
        *((pattern, False) for pattern in ("", "a#", "#/a", "a+", "+a/b", "a/##")),
    ],
)
def test_where_wildcards_may_stand(pattern: str, allowed: bool) -> None:
    assert is_topic_filter(pattern) is allowed


class Inbox:
    """A subscriber that keeps what it is sent."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes, int, bool]] = []

    def deliver(self, topic: str, payload: bytes, qos: int, retain: bool) -> None:
        self.messages.append((topic, payload, qos, retain))


def test_overlapping_subscriptions_get_one_copy_at_the_higher_qos() -> None:
    subscriptions, inbox = Subscriptions(), Inbox()
    assert not subscriptions.add(inbox, Filter("p/gw/r", 0))
    assert not subscriptions.add(inbox, Filter("p/+/r", 1))
    assert subscriptions.add(inbox, Filter("p/gw/r", 0))
    subscriptions.publish("p/gw/r", b"x", wildcards=["p/+/r"])
    assert inbox.messages == [("p/gw/r", b"x", 1, False)]


def test_no_local_and_retain_as_published() -> None:
    subscriptions, sender, reader = Subscriptions(), Inbox(), Inbox()
    subscriptions.add(sender, Filter("t", 0, no_local=True))
    subscriptions.add(reader, Filter("t", 0, retain_as_published=True))
    subscriptions.publish("t", b"x", retain=True, publisher=sender)
    assert sender.messages == []
    assert reader.messages == [("t", b"x", 0, True)]


def test_who_unsubscribed_hears_nothing() -> None:
    subscriptions, inbox = Subscriptions(), Inbox()
    subscriptions.add(inbox, Filter("t", 0))
    assert subscriptions.remove(inbox, "t")
    assert not subscriptions.remove(inbox, "t")
    subscriptions.publish("t", b"x")
    assert inbox.messages == []


@pytest.mark.parametrize(
    "wrong", [{"max_inflight": 0}, {"max_inflight": 65_536}, {"connect_timeout_s": -1.0}, {"max_payload_bytes": 1}]
)
def test_limits_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must"):
        Limits(**wrong)  # type: ignore[arg-type]
