"""The simulators' own encoders against the standards' examples."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from simulators import hj212_wire, sparkplug_wire
from simulators.dialects import SparkplugNode, dialects
from simulators.hj212_wire import Habits, Header
from simulators.plants import build_city
from simulators.sparkplug_wire import Metric
from tests.unit.simulators.reading import FRAME, fields

AT = datetime(2026, 10, 3, 22, 4, 5, 678_000, tzinfo=UTC)
HEADER = Header("010000A8900016F000169DC0", "123456", "2017", acknowledge=True)


@pytest.mark.parametrize(
    ("segment", "value"),
    [
        # HJ 212-2017 annex A
        (
            b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&",
            0x1C80,
        ),
        # HJ 212-2025 A.1
        (b"QN=20240601085857223;ST=32;CN=1011;PW=123456;MN=010000A8900016F000169DC0;Flag=9;CP=&&&&", 0x2200),
        (b"123456789", 0x2F80),  # 4B37 would be CRC-16/MODBUS
        (b"", 0xFFFF),
    ],
)
def test_the_check_value(segment: bytes, value: int) -> None:
    assert hj212_wire.crc(segment) == value


def test_a_frame_of_each_edition() -> None:
    factors = [("a21026", "Rtd", "16.2", "N"), ("a19001", "Rtd", "8.0", "D")]
    frame = hj212_wire.data(HEADER, hj212_wire.qn(AT), AT, factors, late=True, number="2011")
    segment = (
        b"QN=20261004060405678;ST=31;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&"
        b"DataTime=20261004060405;a21026-Rtd=16.2,a21026-Flag=N;a19001-Rtd=8.0,a19001-Flag=D&&"
    )
    assert frame == b"##%04d" % len(segment) + segment + b"%04X\r\n" % hj212_wire.crc(segment)
    for edition, flag in (("2005", b";Flag=1;CP="), ("2025", b";Flag=9;RF=1;CP=")):
        header = replace(HEADER, edition=edition)
        assert flag in hj212_wire.data(header, hj212_wire.qn(AT), AT, factors, late=True, number="2011")
    silent = replace(HEADER, edition="2025", acknowledge=False)
    assert b";Flag=8;CP=" in hj212_wire.data(silent, hj212_wire.qn(AT), AT, factors, number="2011")


def test_what_is_said_of_one_factor_shares_its_flag() -> None:
    factors = [("a21026", "Avg", "16.2", "N"), ("a00000", "Cou", "3.5", "N"), ("a21026", "ZsAvg", "15.9", "N")]
    frame = hj212_wire.data(HEADER, hj212_wire.qn(AT), AT, factors, number="2061")
    assert b";CN=2061;" in frame
    assert b";a21026-Avg=16.2,a21026-ZsAvg=15.9,a21026-Flag=N;a00000-Cou=3.5,a00000-Flag=N&&" in frame


def test_habits() -> None:
    def frame(**habits: bool) -> bytes:
        return hj212_wire.framed(b"QN=1;CP=&&", b"a=1", b"&&", habits=Habits(**habits))

    proper = frame()
    assert proper.endswith(b"\r\n")
    assert frame(no_line_end=True) == proper[:-2]
    assert frame(lower_case_crc=True) == proper.replace(b"F3C1", b"f3c1")
    assert frame(wrong_crc=True)[:-6] == proper[:-6]
    assert frame(wrong_crc=True)[-6:] != proper[-6:]


def test_sm4_hides_whole_blocks_and_keeps_length_and_check_value_of_the_plain_text() -> None:
    key = b"0" * 16
    head, area = b"QN=20240601085857223;CP=&&", b"DataTime=20240601085857;a21026-Rtd=1.1,a21026-Flag=N"
    plain, hidden = hj212_wire.framed(head, area, b"&&"), hj212_wire.framed(head, area, b"&&", key)
    assert hidden[:6] == plain[:6]
    assert hidden[-6:] == plain[-6:]
    whole = len(area) // 16 * 16
    # each byte as 0xHH, commas between, braces around, the remainder as it is (HJ 212-2025)
    assert len(hidden) - len(plain) == whole * 5 + 1 - whole
    assert hidden.endswith(area[whole:] + plain[-8:])
    # GB/T 32907 annex A: key and text 0123456789ABCDEFFEDCBA9876543210
    vector = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    written = hj212_wire.encrypt(vector, vector).strip(b"{}").split(b",")
    assert bytes(int(part, 16) for part in written).hex().upper() == "681EDF34D206965E86B3E94F536E4246"


def test_answers_are_recognised_by_their_number() -> None:
    said = b"##0000QN=20261004060405678;ST=91;CN=9014;PW=123456;MN=1;Flag=4;CP=&&&&0000"
    assert hj212_wire.acknowledged_qn(said) == "20261004060405678"
    old = b"##0000ST=91;CN=9014;PW=123456;MN=1;Flag=0;CP=&&QN=20261004060405678;QnRtn=1&&0000"
    assert hj212_wire.acknowledged_qn(old) == "20261004060405678"
    assert hj212_wire.acknowledged_qn(said.replace(b"9014", b"9013")) is None


def test_a_sparkplug_payload_field_by_field() -> None:
    metrics = [
        Metric(12.25, alias=300, at=AT, historical=True),
        Metric(None, name="a/b", alias=1),
        Metric(7, sparkplug_wire.UINT64, "bdSeq"),
        Metric(True, sparkplug_wire.BOOLEAN, sparkplug_wire.REBIRTH),
    ]
    milliseconds = round(AT.timestamp() * 1000)
    timestamp, *parts, seq = fields(sparkplug_wire.payload(AT, metrics, seq=255))
    assert (timestamp, seq) == ((1, milliseconds), (3, 255))
    read = [dict(fields(content)) for number, content in parts if number == 2 and isinstance(content, bytes)]
    assert read == [
        {2: 300, 3: milliseconds, 4: 10, 5: 1, 13: 12.25},
        {1: b"a/b", 2: 1, 4: 10, 7: 1},
        {1: b"bdSeq", 4: 8, 11: 7},
        {1: b"Node Control/Rebirth", 4: 11, 14: 1},
    ]


class Clock:
    def __call__(self) -> datetime:
        return AT


def _node() -> SparkplugNode:
    made = dialects(build_city((2026, 10)))["heming-bdo"](Clock())
    assert isinstance(made, SparkplugNode)
    return made


def _seq(payload: bytes) -> int | float | bytes:
    return dict(fields(payload))[3]


def test_a_node_is_born_lives_and_dies() -> None:
    node = _node()
    for number in (0, 1):  # each connection has its own pair of birth and death
        will = node.will()
        assert (will.topic, will.qos, will.retain) == ("spBv1.0/heming-bdo/NDEATH/gw-1", 1, False)
        births = node.hello()
        assert [b.topic.removeprefix("spBv1.0/heming-bdo/") for b in births] == [
            "NBIRTH/gw-1", "DBIRTH/gw-1/water-rtu", "DBIRTH/gw-1/power-meter", "DBIRTH/gw-1/process-dcs",
        ]  # fmt: skip
        assert [_seq(birth.payload) for birth in births] == [0, 1, 2, 3]
        for payload in (will.payload, births[0].payload):
            first = dict(fields(_first_metric(payload)))
            assert (first[1], first[11]) == (b"bdSeq", number)
        data = sparkplug_wire.payload(AT, [Metric(1.5, alias=1)])
        topic = "spBv1.0/heming-bdo/DDATA/gw-1/water-rtu"
        assert [_seq(node.dressed(topic, data)) for _ in range(253)] == [*range(4, 256), 0]
    assert node.dressed("plantwatch/v1/heming-bdo/gw-1/leak-tests", b"[]") == b"[]"
    assert node.dressed("spBv1.0/heming-bdo/DDATA/gw-9/water-rtu", data) == data
    assert node.farewell() == [will]


def _first_metric(payload: bytes) -> bytes:
    return next(content for number, content in fields(payload) if number == 2 and isinstance(content, bytes))


def test_aliases_of_births_are_those_of_the_data() -> None:
    node = _node()
    node.will()
    named: dict[int, bytes] = {}
    for birth in node.hello()[1:]:
        for number, content in fields(birth.payload):
            if number == 2 and isinstance(content, bytes):
                metric = dict(fields(content))
                assert metric[7] == 1
                named[int(metric[2])] = metric[1]  # type: ignore[assignment]
    tags = [tag for tag in build_city((2026, 10)).tags if tag.enterprise == "heming-bdo"]
    assert [named[number] for number in range(1, len(tags) + 1)] == [tag.name.encode() for tag in tags]


def test_a_node_is_born_again_when_it_is_told_to() -> None:
    node = _node()
    node.will()
    first = node.hello()
    told = sparkplug_wire.payload(AT, [Metric(True, sparkplug_wire.BOOLEAN, sparkplug_wire.REBIRTH)])
    assert node.answer("spBv1.0/heming-bdo/NCMD/gw-1", told) == first
    not_now = sparkplug_wire.payload(AT, [Metric(False, sparkplug_wire.BOOLEAN, sparkplug_wire.REBIRTH)])
    assert node.answer("spBv1.0/heming-bdo/NCMD/gw-1", not_now) == []
    assert node.answer("spBv1.0/heming-bdo/NCMD/gw-2", told) == []


def test_a_thingsboard_gateway_names_its_devices() -> None:
    gateway = dialects(build_city((2026, 10)))["xunfeng-semicoke"](Clock())
    said = [(s.topic, s.payload) for s in gateway.hello()]
    assert said[0] == ("plantwatch/v1/xunfeng-semicoke/gw-1/status", b"online")
    assert ("v1/gateway/connect", b'{"device":"water-rtu"}') in said
    gone = [(s.topic, s.payload) for s in gateway.farewell()]
    assert ("v1/gateway/disconnect", b'{"device":"water-rtu"}') in gone
    assert gone[-1] == ("plantwatch/v1/xunfeng-semicoke/gw-1/status", b"offline")


def test_numbers_of_frames_count_milliseconds() -> None:
    numbers = [hj212_wire.qn(AT + timedelta(milliseconds=n)) for n in range(3)]
    assert numbers == ["20261004060405678", "20261004060405679", "20261004060405680"]
    assert FRAME.fullmatch(hj212_wire.data(HEADER, numbers[0], AT, [("a21026", "Rtd", "1.0", "N")], number="2011"))
