"""The pure parts of the subscriber: pauses, slots, whose a topic is, condemned messages, packets."""

from __future__ import annotations

import mqtt5
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.listener.framing import Frame, FrameReader
from ingest.listener.packets import PacketError
from ingest.subscriber import SubscriberOptions
from ingest.subscriber.backoff import Backoff
from ingest.subscriber.slots import Move, SlotChoice
from ingest.subscriber.strikes import Strikes
from ingest.subscriber.topics import owner, wishes
from ingest.subscriber.wire import acknowledge, connect, read_arrival, subscribe

OPTIONS = SubscriberOptions("broker.example")


# --- pauses


def test_pauses_double_up_to_the_cap_and_begin_again_after_success() -> None:
    backoff = Backoff(1.0, 6.0, lambda: 1.0)
    assert [backoff.next_s() for _ in range(5)] == [1, 2, 4, 6, 6]
    backoff.reset()
    assert backoff.next_s() == 1


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=50))
def test_chance_takes_at_most_half_of_a_pause(chances: list[float]) -> None:
    drawn = iter(chances)
    by_chance, longest = Backoff(0.5, 60, lambda: next(drawn)), Backoff(0.5, 60, lambda: 1.0)
    for _ in chances:
        pause_s, most_s = by_chance.next_s(), longest.next_s()
        assert most_s / 2 <= pause_s <= most_s <= 60


# --- slots


def test_a_worker_without_a_slot_takes_the_first_free_one_at_once() -> None:
    assert SlotChoice(4, 15).move({0, 2}, set(), False, 0) == Move(take=(1, 3))


def test_a_worker_without_a_slot_waits_when_all_are_taken() -> None:
    assert SlotChoice(2, 15).move({0, 1}, set(), False, 0) == Move()


def test_a_free_slot_is_adopted_only_after_its_worker_had_time_to_come_back() -> None:
    choice = SlotChoice(3, 15)
    assert choice.move({0}, {0}, False, 100) == Move()
    assert choice.move({0, 1}, {0}, False, 110) == Move()
    assert choice.move({0}, {0}, False, 114.9) == Move()
    assert choice.move({0}, {0}, False, 115) == Move(take=(2,)), "1 was taken meanwhile and is free since 114.9 only"
    assert choice.move({0}, {0}, False, 129.9) == Move(take=(1, 2))


def test_one_of_several_is_given_back_to_a_worker_that_waits() -> None:
    choice = SlotChoice(3, 15)
    assert choice.move({0, 1, 2}, {0, 1}, True, 0) == Move(give_back=1)
    assert choice.move({0, 1, 2}, {0, 1}, False, 0) == Move(), "nobody waits"
    assert choice.move({0, 1, 2}, {0}, True, 0) == Move(), "the last one is kept"
    assert choice.move({0, 1}, {0, 1}, True, 0) == Move(), "there is one already"


@given(st.integers(1, 6), st.integers(1, 8), st.randoms(use_true_random=False))
def test_whatever_workers_come_and_go_every_slot_is_served_by_one(slots: int, workers: int, random) -> None:  # type: ignore[no-untyped-def]
    """A small model of the database's locks: each step one worker looks, or dies, or comes back."""
    held: dict[int, set[int]] = {}
    choices: dict[int, SlotChoice] = {}

    def look(worker: int, now_s: float) -> None:
        choice = choices.setdefault(worker, SlotChoice(slots, 2))
        mine = held.setdefault(worker, set())
        taken = set().union(*held.values())
        waiting = any(not have for other, have in held.items() if other != worker)
        move = choice.move(taken, mine, waiting, now_s)
        assert not set(move.take) & taken
        if move.take:
            mine.add(move.take[0])
        if move.give_back is not None:
            mine.remove(move.give_back)

    now_s = 0.0
    for _ in range(60):
        now_s += random.random()
        worker = random.randrange(workers)
        if random.random() < 0.15:
            held.pop(worker, None)
            choices.pop(worker, None)
        else:
            look(worker, now_s)
    alive = list(held) or [0]
    for _ in range(12 * slots):
        now_s += 1.0
        for worker in alive:
            look(worker, now_s)
    counts = [slot for have in held.values() for slot in have]
    assert sorted(counts) == list(range(slots)), "each slot exactly once"
    assert sum(bool(have) for have in held.values()) == min(len(alive), slots), "nobody waits beside one with two"


# --- topics


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("plantwatch/v1/coke-1/gw1/readings", "coke-1"),
        ("plantwatch/v1/coke-1/gw1/anything/deeper", "coke-1"),
        ("spBv1.0/coke-1/DDATA/node/device", "coke-1"),
        ("plantwatch/v1/Coke/gw1/readings", None),
        ("plantwatch/v1//gw1/readings", None),
        ("plantwatch/v2/coke-1/gw1/readings", None),
        ("plantwatch/v1/coke-1", None),
        ("spBv1.0/STATE/host", None),
        ("v1/devices/me/telemetry", None),
        ("plantwatch/v1/" + "a" * 65 + "/gw1/readings", None),
    ],
)
def test_the_enterprise_is_the_level_that_the_broker_guards(topic: str, expected: str | None) -> None:
    assert owner(topic) == expected


def test_slot_0_alone_gets_what_needs_order() -> None:
    shared = [f"$share/g/plantwatch/v1/+/+/{kind}" for kind in ("readings", "hj212", "leak-tests", "production")]
    assert [wish.pattern for wish in wishes(3, "g", sparkplug=True)] == shared
    first = wishes(0, "g", sparkplug=True)
    assert [wish.pattern for wish in first[:5]] == [*shared, "plantwatch/v1/+/+/status"]
    assert [wish.pattern for wish in first if wish.fresh_retained] == ["plantwatch/v1/+/+/status"]
    assert all(wish.pattern.startswith("spBv1.0/+/") for wish in first[5:])
    assert not any("CMD" in wish.pattern or "rejects" in wish.pattern for wish in first)
    assert [wish.pattern for wish in wishes(0, None, sparkplug=False)] == [
        "plantwatch/v1/+/+/readings",
        "plantwatch/v1/+/+/hj212",
        "plantwatch/v1/+/+/leak-tests",
        "plantwatch/v1/+/+/production",
        "plantwatch/v1/+/+/status",
    ]


# --- condemned messages


def test_a_message_is_condemned_at_the_third_strike_and_no_other_with_it() -> None:
    strikes = Strikes(3)
    assert [strikes.count("t", b"bad") for _ in range(2)] == [False, False]
    assert not strikes.is_condemned("t", b"bad")
    assert not strikes.count("t", b"other")
    assert strikes.count("t", b"bad")
    assert strikes.is_condemned("t", b"bad")
    assert not strikes.is_condemned("t", b"other")
    assert not strikes.is_condemned("u", b"bad")


def test_the_memory_of_strikes_is_bounded() -> None:
    strikes = Strikes(2)
    strikes.count("t", b"old")
    for number in range(2_000):
        strikes.count("t", b"%d" % number)
    assert not strikes.count("t", b"old"), "forgotten"


# --- packets


def frames_of(packet: bytes, *, max_body: int = 100_000, kept: int = 100) -> Frame:
    reader = FrameReader(max_connect_bytes=max_body)
    reader.open_up(max_body_bytes=max_body, kept_payload_bytes=kept, drain_bytes=268_435_455)
    reader.feed(packet)
    frame = reader.next()
    assert frame is not None
    return frame


@given(
    topic=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0+#"), min_size=1, max_size=300),
    payload=st.binary(max_size=500),
    qos=st.integers(0, 1),
    packet_id=st.integers(1, 65_535),
    retain=st.booleans(),
    properties=st.lists(st.tuples(st.text("ab", max_size=90), st.text("cd", max_size=90)), max_size=3),
)
def test_a_publish_is_read_as_the_library_wrote_it(  # type: ignore[no-untyped-def]
    topic, payload, qos, packet_id, retain, properties
) -> None:
    packet = mqtt5.PublishPacket(
        topic,
        payload,
        qos=mqtt5.QoS(qos),
        packet_id=packet_id if qos else None,
        retain=retain,
        duplicate=bool(qos),
        user_properties=properties,
    ).write()
    arrival = read_arrival(frames_of(packet))
    assert arrival == (topic, payload, len(payload), qos, packet_id if qos else 0, retain, bool(qos), True)


@given(st.binary(max_size=60))
def test_no_bytes_after_a_publish_header_break_the_reader(body: bytes) -> None:
    frame = Frame(bytes((0x32, len(body))) + body, 2)
    try:
        arrival = read_arrival(frame)
    except PacketError:
        return
    assert arrival.size == len(arrival.payload)


def test_a_topic_that_is_no_text_can_still_be_acknowledged() -> None:
    arrival = read_arrival(Frame(b"\x32\x0a\x00\x03a\xffb\x00\x07\x00xy", 2))
    assert (arrival.is_text, arrival.packet_id, arrival.payload) == (False, 7, b"xy")
    assert "\ufffd" in arrival.topic
    assert acknowledge(arrival.packet_id) == b"\x40\x02\x00\x07"


def test_of_an_oversize_message_the_head_is_read_and_the_size_known() -> None:
    packet = mqtt5.PublishPacket("t", b"x" * 200_000, qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=9).write()
    arrival = read_arrival(frames_of(packet))
    assert (arrival.size, arrival.packet_id) == (200_000, 9)
    assert set(arrival.payload) == {ord("x")}
    assert len(arrival.payload) < 100_000


def test_properties_that_were_cut_off_leave_an_empty_head_of_the_right_size() -> None:
    packet = mqtt5.PublishPacket(
        "t",
        b"x" * 200_000,
        qos=mqtt5.QoS.AT_LEAST_ONCE,
        packet_id=9,
        user_properties=[("k", "v" * 60_000), ("k", "v" * 60_000)],
    ).write()
    arrival = read_arrival(frames_of(packet))
    assert (arrival.payload, arrival.size, arrival.packet_id) == (b"", 200_000, 9)


def test_the_connect_takes_up_the_session_and_bounds_what_is_under_way() -> None:
    options = SubscriberOptions("h", username="u", password="p", receive_maximum=77, session_expiry_days=2)
    read, _ = mqtt5.read(memoryview(connect(options, options.client_id(3))))
    assert isinstance(read, mqtt5.ConnectPacket)
    assert (read.client_id, read.clean_start, read.username, read.password) == ("plantwatch-3", False, "u", b"p")
    assert (read.receive_max, read.session_expiry_interval, read.topic_alias_max) == (77, 172_800, 0)


def test_the_subscription_is_at_qos_1() -> None:
    read, _ = mqtt5.read(memoryview(subscribe(1, wishes(0, "g", sparkplug=True))))
    assert isinstance(read, mqtt5.SubscribePacket)
    assert {int(each.max_qos) for each in read.topic_filters} == {1}
    assert not any(each.no_local for each in read.topic_filters), "forbidden on shared subscriptions (clause 3.8.3.1)"


# --- options


@pytest.mark.parametrize(
    "wrong",
    [
        {"slots": 0},
        {"slots": 2},
        {"group": "a/b", "slots": 2},
        {"client_prefix": ""},
        {"receive_maximum": 0},
        {"receive_maximum": 65_536},
        {"session_expiry_days": 0},
        {"session_expiry_days": 60_000},
        {"keep_alive_s": 0},
        {"password": "p"},
    ],
)
def test_options_that_contradict_themselves_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must|would|without"):
        SubscriberOptions("h", **wrong)  # type: ignore[arg-type]


def test_the_password_is_not_shown() -> None:
    assert "hush" not in repr(SubscriberOptions("h", username="u", password="hush"))
