"""ThingsBoard telemetry: both APIs, what ThingsBoard takes for a number, and that no payload breaks the decoder."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.refusals import Reason
from ingest.decode.register import Tag, View
from ingest.decode.samples import Samples
from ingest.decode.thingsboard import decode_device, decode_gateway, decode_presence

ARRIVAL_US = 1_793_581_200_000_001
TS = 1_451_649_600_512
VIEW = View(
    points={"temperature", "running", "SO2", "boiler.humidity", "ts"},
    thingsboard={("", "so2_raw"): Tag("SO2", 2.0, 1.0), ("Device A", "temp"): Tag("temperature")},
)


def device(content: Any) -> Samples:
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    return decode_device(payload, ARRIVAL_US, VIEW)


def gateway(content: Any) -> Samples:
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    return decode_gateway(payload, ARRIVAL_US, VIEW)


def values(samples: Samples) -> list[tuple[str, int, float, str]]:
    at = [at_us for at_us, size in zip(samples.at_us, samples.sizes, strict=True) for _ in range(size)]
    return list(zip(samples.codes, at, samples.values, samples.flags, strict=True))


def refused(samples: Samples) -> dict[Reason, tuple[int, str]]:
    return {reason: (fault.items, fault.first_item) for reason, fault in samples.faults.by_reason.items()}


def test_without_ts_the_time_of_arrival_counts() -> None:
    found = device({"temperature": 22.5, "running": True})
    assert values(found) == [("temperature", ARRIVAL_US, 22.5, "N"), ("running", ARRIVAL_US, 1.0, "N")]
    assert not found.faults


def test_ts_and_values() -> None:
    found = device({"ts": TS, "values": {"temperature": -1, "running": False}})
    assert values(found) == [("temperature", TS * 1000, -1.0, "N"), ("running", TS * 1000, 0.0, "N")]


def test_a_list_of_either_shape() -> None:
    found = device([{"temperature": 1}, {"ts": str(TS), "values": {"temperature": 2}}, {"values": {"temperature": 3}}])
    assert [(at, value) for _, at, value, _ in values(found)] == [
        (ARRIVAL_US, 1.0),
        (TS * 1000, 2.0),
        (ARRIVAL_US, 3.0),
    ]
    assert found.paths == ["$[0]", "$[1]", "$[2]"]


def test_a_tag_of_the_register_names_the_point_and_converts() -> None:
    assert values(device({"so2_raw": 10}))[0][::2] == ("SO2", 21.0)
    assert values(gateway({"Device A": [{"temp": 10}]}))[0][::2] == ("temperature", 10.0)
    # the tag is of Device A, not of the device API
    assert refused(device({"temp": 10})) == {Reason.UNKNOWN_POINT: (1, "$.temp = 10")}


def test_a_gateway_reports_several_devices() -> None:
    found = gateway(
        {
            "boiler": [{"ts": TS, "values": {"humidity": 1}}, {"humidity": 2, "metadata": {"connector": "c"}}],
            "Device A": [{"ts": TS, "values": {"temp": 3, "humidity": 4}}],
        }
    )
    assert values(found) == [
        ("boiler.humidity", TS * 1000, 1.0, "N"),
        ("boiler.humidity", ARRIVAL_US, 2.0, "N"),
        ("temperature", TS * 1000, 3.0, "N"),
    ]
    assert refused(found) == {Reason.UNKNOWN_POINT: (1, "$.Device A[0].values.humidity = 4")}


@pytest.mark.parametrize(
    ("text", "value"), [("22.5", 22.5), ("-3", -3.0), (".5", 0.5), ("007", 7.0), ("1" * 400, None)]
)
def test_numbers_in_text_are_numbers_as_with_thingsboard(text: str, value: float | None) -> None:
    assert [v for _, _, v, _ in values(device({"temperature": text}))] == ([] if value is None else [value])


@pytest.mark.parametrize(
    "given_", ["", "-", "1e3", "0x1F", " 1", "1.", "+1", "on", "NaN", "Infinity", "２２", None, [1], {"a": 1}]
)
def test_what_is_no_number_is_refused_beside_what_is(given_: object) -> None:
    found = device({"ts": TS, "values": {"temperature": given_, "SO2": 5}})
    assert [code for code, *_ in values(found)] == ["SO2"]
    assert [(reason, items) for reason, (items, _) in refused(found).items()] == [(Reason.NOT_A_NUMBER, 1)]


def test_a_conversion_beyond_a_double_is_no_number() -> None:
    assert refused(device({"so2_raw": 1.7e308})) == {Reason.NOT_A_NUMBER: (1, "$.so2_raw = 1.7e+308")}


@pytest.mark.parametrize(
    ("payload", "reason", "items"),
    [
        (b'{"temperature":1,"temperature":2}', Reason.BAD_SAMPLE, 1),
        (b'{"ts":1,"values":{"SO2":1,"temperature":2,"SO2":2}}', Reason.BAD_SAMPLE, 2),
        (b'{"ts":1451649600512,"temperature":2,"SO2":1}', Reason.BAD_SAMPLE, 2),
        (b'{"ts":null,"values":{"SO2":1,"temperature":2}}', Reason.BAD_TIME, 2),
        (b'{"ts":"today","values":{"SO2":1}}', Reason.BAD_TIME, 1),
        (b'{"ts":1451649600512.5,"values":{"SO2":1}}', Reason.BAD_TIME, 1),
        (b'{"ts":1451649600512,"values":[1]}', Reason.BAD_SAMPLE, 1),
        (b"{}", Reason.BAD_SAMPLE, 1),
        (b"[]", Reason.BAD_SAMPLE, 1),
        (b"[7]", Reason.BAD_SAMPLE, 1),
        (b"null", Reason.BAD_SAMPLE, 1),
        (b'"temperature"', Reason.BAD_SAMPLE, 1),
        (b"{", Reason.BAD_PAYLOAD, 1),
        (b"", Reason.BAD_PAYLOAD, 1),
        (b"\xff", Reason.BAD_PAYLOAD, 1),
    ],
)
def test_a_sample_without_usable_structure(payload: bytes, reason: Reason, items: int) -> None:
    found = device(payload)
    assert values(found) == []
    assert [(why, n) for why, (n, _) in refused(found).items()] == [(reason, items)]


@pytest.mark.parametrize(
    ("payload", "reason", "items"),
    [
        (b'{"Device A":{"temp":1}}', Reason.BAD_SAMPLE, 1),
        (b'{"Device A":[]}', Reason.BAD_SAMPLE, 1),
        (b'{"":[{"temperature":1}]}', Reason.BAD_SAMPLE, 1),
        (b'{"Device A":[{"temp":1}],"Device A":[{"temp":2}]}', Reason.BAD_SAMPLE, 1),
        (b'[{"temp":1}]', Reason.BAD_SAMPLE, 1),
        (b"{}", Reason.BAD_SAMPLE, 1),
    ],
)
def test_gateway_telemetry_without_usable_structure(payload: bytes, reason: Reason, items: int) -> None:
    found = gateway(payload)
    assert values(found) == []
    assert [(why, n) for why, (n, _) in refused(found).items()] == [(reason, items)]


def test_presence() -> None:
    assert decode_presence(b'{"device":"Device A","type":"default"}', True, VIEW).online == [("Device A", True)]
    assert decode_presence(b'{"device":"Device A"}', False, VIEW).online == [("Device A", False)]


@pytest.mark.parametrize("payload", [b"{}", b'{"device":7}', b'{"device":""}', b'{"device":"a\\u0000b"}', b"7", b"[]"])
def test_presence_of_nobody_is_refused(payload: bytes) -> None:
    found = decode_presence(payload, True, VIEW)
    assert found.online == []
    assert list(found.faults.by_reason) == [Reason.BAD_STATUS]


keys = st.one_of(st.sampled_from(["ts", "values", "temperature", "temp", "SO2", "metadata", "Device A"]), st.text())
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(TS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)


@given(st.one_of(anything.map(lambda value: json.dumps(value).encode()), st.binary()))
def test_any_payload_is_taken_apart_or_refused(payload: bytes) -> None:
    for samples in (
        decode_device(payload, ARRIVAL_US, VIEW),
        decode_gateway(payload, ARRIVAL_US, VIEW),
        decode_presence(payload, True, VIEW),
    ):
        assert len(samples.codes) == len(samples.values) == len(samples.flags) == sum(samples.sizes)
        assert len(samples.sizes) == len(samples.at_us) == len(samples.paths)
        assert samples.codes or samples.faults or samples.online  # nothing disappears
        assert all(fault.items > 0 and fault.first_item.isprintable() for fault in samples.faults.by_reason.values())
        assert all(name.isprintable() for name, _ in samples.online)


numbers = st.dictionaries(st.sampled_from(["temperature", "running", "SO2"]), st.floats(-1e9, 1e9), min_size=1)
sample_lists = st.lists(st.tuples(st.none() | st.integers(0, 4_000_000_000_000), numbers), min_size=1, max_size=5)


@given(sample_lists)
def test_what_was_sent_is_what_is_read(sent: list[tuple[int | None, dict[str, float]]]) -> None:
    content = [given_ if ts is None else {"ts": ts, "values": given_} for ts, given_ in sent]
    expected = [
        (code, ARRIVAL_US if ts is None else ts * 1000, value, "N")
        for ts, given_ in sent
        for code, value in given_.items()
    ]
    found = device(content)
    assert values(found) == expected
    assert not found.faults
