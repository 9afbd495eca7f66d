"""Which frame of a data logger gets which answer, and whose it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ingest.decode.hj212_frames import Frame, split
from ingest.hj212.gate import Refusal, Station
from ingest.hj212.noise import NoiseHeap
from ingest.hj212.protocol import Kind, Owner, Reaction, Say, crc_is_right, kind_of, owner_of, qn_rtn, react, reply

MN = "010000A8900016F000169DC0"
STRICT = Station(MN, "coke-1", "cems-1", "2017", True, "hj212", date(2026, 1, 1), None, "hash")
LENIENT = replace(STRICT, strict=False)


def one(raw: bytes) -> Frame:
    (found,) = split(raw)
    assert isinstance(found, Frame)
    return found


def upload(head: str, cp: str = "") -> Frame:
    """A frame whose CRC nobody looks at."""
    segment = f"{head};CP=&&{cp}&&"
    return one(f"##{len(segment):04d}{segment}0000\r\n".encode())


@pytest.mark.parametrize("cn", ["1011", "2011", "2021", "2031", "2051", "2061", "2081", "3020"])
@pytest.mark.parametrize("edition", ["2005", "2017", "2025"])
def test_data_are_acknowledged_if_the_sender_waits_for_it(cn: str, edition: str) -> None:
    assert react(cn, edition, True, True) == Reaction(Kind.UPLOAD, True, Say.DATA_ACK)
    assert react(cn, edition, False, True) == Reaction(Kind.UPLOAD, True, None)


@pytest.mark.parametrize(
    ("cn", "editions"), [("2071", ["2005"]), ("1001", ["2005", "2025"]), ("2013", ["2025"]), ("3024", ["2025"])]
)
def test_a_command_belongs_to_its_editions(cn: str, editions: list[str]) -> None:
    known = [edition for edition in ("2005", "2017", "2025") if kind_of(cn, edition) is Kind.UPLOAD]
    assert known == editions


@pytest.mark.parametrize("cn", ["1013", "9015"])
@pytest.mark.parametrize("edition", ["2005", "2017", "2025"])
def test_notices_are_answered_and_not_kept(cn: str, edition: str) -> None:
    assert react(cn, edition, True, True) == Reaction(Kind.NOTICE, False, Say.NOTICE_ACK)
    assert react(cn, edition, False, False) == Reaction(Kind.NOTICE, False, None)


@pytest.mark.parametrize("cn", ["9011", "9012", "9013", "9014"])
@pytest.mark.parametrize("wants_answer", [True, False])
def test_answers_are_never_answered(cn: str, wants_answer: bool) -> None:
    assert react(cn, "2017", wants_answer, True) == Reaction(Kind.ANSWER, False, None)


@pytest.mark.parametrize("cn", ["9021", "2012x", "", None, "9999", "2013"])
def test_an_unknown_command_is_kept_and_a_strict_station_is_told(cn: str | None) -> None:
    assert react(cn, "2017", True, True) == Reaction(Kind.UNKNOWN, True, Say.REQUEST_ACK, 8)
    assert react(cn, "2017", True, False) == Reaction(Kind.UNKNOWN, True, Say.DATA_ACK)
    assert react(cn, "2017", False, True) == Reaction(Kind.UNKNOWN, True, None)


def test_every_refusal_has_a_code_of_the_standard() -> None:
    """HJ 212-2017 table 6: 3 is PW, 4 is MN."""
    assert {refusal: qn_rtn(refusal) for refusal in Refusal} == {
        Refusal.UNKNOWN_MN: 4,
        Refusal.OUT_OF_SERVICE: 4,
        Refusal.FOREIGN_MN: 4,
        Refusal.NO_PASSWORD_SET: 3,
        Refusal.BAD_PW: 3,
    }


@pytest.mark.parametrize(
    ("mn", "pw", "expected"),
    [
        (MN, "123456", Owner.BOUND),
        (MN, "654321", Refusal.BAD_PW),
        (MN, "", Refusal.BAD_PW),
        (MN, None, Refusal.BAD_PW),
        (MN.lower(), "123456", Refusal.FOREIGN_MN),
        ("OTHER", "123456", Refusal.FOREIGN_MN),
        ("KNOWN", "123456", Refusal.FOREIGN_MN),
        (None, "123456", Owner.BOUND),
    ],
)
def test_a_strict_station_speaks_for_itself_only(mn: str | None, pw: str | None, expected: Owner | Refusal) -> None:
    assert owner_of(mn, pw, STRICT, "123456", {"KNOWN"}) is expected


@pytest.mark.parametrize(
    ("mn", "pw", "expected"),
    [
        (MN, "123456", Owner.BOUND),
        (MN, "654321", Refusal.BAD_PW),
        (MN, "", Owner.BOUND),
        (MN, None, Owner.BOUND),
        (None, None, Owner.BOUND),
        ("OTHER", "123456", Owner.ASK),
        ("OTHER", "another", Owner.ASK),
        ("KNOWN", None, Owner.KNOWN),
    ],
)
def test_a_lenient_station_may_speak_for_others(mn: str | None, pw: str | None, expected: Owner | Refusal) -> None:
    assert owner_of(mn, pw, LENIENT, "123456", {"KNOWN"}) is expected


HEAD_2017 = f"QN=20261102090000123;ST=31;CN=2011;PW=123456;MN={MN};Flag=5"


@pytest.mark.parametrize(
    ("head", "say", "returned", "segment"),
    [
        (HEAD_2017, Say.DATA_ACK, None, f"QN=20261102090000123;ST=91;CN=9014;PW=123456;MN={MN};Flag=4;CP=&&&&"),
        (
            HEAD_2017.replace("Flag=5", "Flag=9"),
            Say.DATA_ACK,
            None,
            f"QN=20261102090000123;ST=91;CN=9014;PW=123456;MN={MN};Flag=8;CP=&&&&",
        ),
        (
            HEAD_2017.replace("Flag=5", "Flag=1"),
            Say.DATA_ACK,
            None,
            f"ST=91;CN=9014;PW=123456;MN={MN};Flag=0;CP=&&QN=20261102090000123;QnRtn=1&&",
        ),
        (
            HEAD_2017.replace("Flag=5", "Flag=1"),
            Say.NOTICE_ACK,
            None,
            f"ST=91;CN=9013;PW=123456;MN={MN};Flag=0;CP=&&QN=20261102090000123&&",
        ),
        (HEAD_2017, Say.NOTICE_ACK, None, f"QN=20261102090000123;ST=91;CN=9013;PW=123456;MN={MN};Flag=4;CP=&&&&"),
        (HEAD_2017, Say.REQUEST_ACK, 4, f"QN=20261102090000123;ST=91;CN=9011;PW=123456;MN={MN};Flag=4;CP=&&QnRtn=4&&"),
    ],
)
def test_an_answer_is_of_the_edition_of_its_frame(head: str, say: Say, returned: int | None, segment: str) -> None:
    answer = reply(upload(head), say, "2017", returned)
    assert one(answer).segment.decode() == segment
    assert crc_is_right(one(answer), "hj212")


def test_a_frame_without_flag_is_of_the_edition_of_its_station() -> None:
    answer = reply(upload("QN=1;ST=31;CN=2011;PW=1;MN=2"), Say.DATA_ACK, "2005")
    assert one(answer).segment == b"ST=91;CN=9014;PW=1;MN=2;Flag=0;CP=&&QN=1;QnRtn=1&&"


# Vectors: HJ 212-2017 annex A, and the same segment under CRC-16/MODBUS.
ANNEX_A = b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"


@pytest.mark.parametrize(
    ("sent", "profile", "right"),
    [
        (b"1C80", "hj212", True),
        (b"1c80", "hj212", True),
        (b"1C81", "hj212", False),
        (b"0759", "hj212", False),
        (b"0759", "modbus", True),
        (b"1C80", "modbus", False),
        (b"FFFF", "none", True),
    ],
)
def test_the_crc_is_the_one_of_the_station(sent: bytes, profile: str, right: bool) -> None:
    assert crc_is_right(one(b"##0101" + ANNEX_A + sent + b"\r\n"), profile) is right


def test_the_crc_of_an_encrypted_frame_is_left_to_who_has_the_key() -> None:
    encrypted = upload(HEAD_2017, "{0xE4,0x3E,0x15,0x9A,0xCF,0xAB,0x24,0x2C,0xB5,0x31,0x55,0xFB,0x8B,0x92,0x81,0xA1}x")
    assert crc_is_right(encrypted, "hj212")


@pytest.mark.parametrize(
    ("day", "serves"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2026, 6, 30), True),
        (date(2026, 7, 1), False),
    ],
)
def test_a_station_serves_from_its_first_day_to_before_its_last(day: date, serves: bool) -> None:
    assert replace(STRICT, in_service_to=date(2026, 7, 1)).serves(day) is serves


def test_noise_is_gathered_up_to_a_size_and_counted_beyond() -> None:
    heap = NoiseHeap(4)
    heap.add(b"abc")
    heap.add(b"def")
    assert (heap.size, heap.take()) == (6, (b"abcd", 6))
    assert (heap.size, heap.take()) == (0, (b"", 0))


@pytest.mark.parametrize(
    ("left", "noise"),
    [
        (b"##0101QN=2016", b""),
        (b"##01", b""),
        (b"#", b""),
        (b"\r\n", b""),
        (b"\r\n##0101QN", b""),
        (b"rubbish##0101QN=2016", b"rubbish"),
        (b"rubbish", b"rubbish"),
        (b"rub#bish", b"rub#bish"),
    ],
)
def test_a_frame_that_was_cut_off_is_no_noise(left: bytes, noise: bytes) -> None:
    heap = NoiseHeap(100)
    heap.add_last(left)
    assert heap.take() == (noise, len(noise))
