"""Frames in a stream: where they begin and end, whatever stands between them and however the stream is cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode.hj212_frames import (
    BUFFER_BYTES,
    Command,
    Frame,
    FrameReader,
    Noise,
    RequestResult,
    make_answer,
    make_frame,
    split,
)
from ingest.decode.hj212_quirks import Quirk
from tests.unit.ingest.hj212_encoder import MN, MN_2005, encrypted, envelope, segment

AREA = "DataTime=20261102085900;a21026-Rtd=21.4,a21026-Flag=N"
SEGMENT = segment(AREA)
GOOD = envelope(SEGMENT)
SECRET = encrypted(segment(AREA, flag=9), bytes(16))


def shown(pieces: list[Frame | Noise]) -> list[bytes]:
    """Frames as they came, noise behind a mark."""
    return [piece.raw if isinstance(piece, Frame) else b"noise:" + piece.data for piece in pieces]


def the_frame(payload: bytes) -> Frame:
    (piece,) = split(payload)
    assert isinstance(piece, Frame)
    return piece


def test_the_official_frame() -> None:
    official = (
        b"##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
        b"CP=&&RtdInterval=30&&1C80\r\n"
    )
    frame = the_frame(official)
    assert frame.length == "0101"
    assert frame.crc == "1C80"
    assert frame.segment == official[6:-6]
    assert frame.header == {
        "QN": "20160801085857223",
        "ST": "32",
        "CN": "1062",
        "PW": "100000",
        "MN": "010000A8900016F000169DC0",
        "Flag": "5",
    }
    assert frame.cp == "RtdInterval=30"
    assert frame.quirks == ()
    assert frame.wants_answer
    assert frame.edition("2005") == "2017"
    assert make_frame(official[6:-6].decode()) == official


def test_packet_numbers_and_backfill() -> None:
    frame = the_frame(envelope(segment(AREA, flag=10, more="PNUM=12;PNO=3;RF=1;")))
    assert (frame.header["PNUM"], frame.header["PNO"], frame.header["RF"]) == ("12", "3", "1")
    assert not frame.wants_answer
    assert frame.edition("2005") == "2025"
    assert frame.quirks == ()


@pytest.mark.parametrize(
    ("tail", "quirks"),
    [(b"\r\n", ()), (b"\n", (Quirk.TAIL,)), (b"", (Quirk.TAIL,)), (b"\r", (Quirk.TAIL,))],
)
def test_tails(tail: bytes, quirks: tuple[Quirk, ...]) -> None:
    odd = envelope(SEGMENT, tail=tail)
    for payload in (odd, odd + GOOD, odd + odd):
        pieces = split(payload)
        assert b"".join(shown(pieces)) == payload
        first = pieces[0]
        assert isinstance(first, Frame)
        assert (first.raw, first.quirks) == (odd, quirks)


@pytest.mark.parametrize("length", [0, 7, len(SEGMENT) - 1, len(SEGMENT) + 1, len(SEGMENT) + 40, 1024, 9999])
@pytest.mark.parametrize("tail", [b"\r\n", b"\n", b""])
def test_a_wrong_length_is_found_out(length: int, tail: bytes) -> None:
    odd = envelope(SEGMENT, length=length, tail=tail)
    for payload in (odd, odd + GOOD, odd + odd + GOOD):
        pieces = split(payload)
        assert b"".join(shown(pieces)) == payload
        first = pieces[0]
        assert isinstance(first, Frame)
        assert first.raw == odd
        assert Quirk.LENGTH_MISMATCH in first.quirks


def test_an_encrypted_frame_keeps_the_length_of_its_plain_text() -> None:
    frame = the_frame(SECRET)
    assert frame.encrypted
    assert frame.quirks == ()
    assert int(frame.length) == len(SEGMENT) < len(frame.segment)


@pytest.mark.parametrize(("area", "length", "travelling"), [(208, "0295", 1128), (147, "0234", 811)])
def test_the_lengths_of_the_official_encrypted_frames(area: int, length: str, travelling: int) -> None:
    frame = the_frame(encrypted(segment("x" * area, flag=9), b"0" * 16))
    assert (frame.length, len(frame.segment)) == (length, travelling)


def test_a_frame_that_is_cut_off_costs_itself_only() -> None:
    assert shown(split(GOOD[:70] + GOOD)) == [b"noise:" + GOOD[:70], GOOD]
    assert shown(split(GOOD + GOOD[:70])) == [GOOD, b"noise:" + GOOD[:70]]


def test_noise_between_frames() -> None:
    noise = b"\x00\xff#AT##12x\r\n"
    assert shown(split(noise + GOOD + noise + SECRET)) == [b"noise:" + noise, GOOD, b"noise:" + noise, SECRET]
    assert Noise(b"\r\n \t").blank
    assert not Noise(noise).blank


def test_a_start_within_a_text_is_no_start() -> None:
    frame = envelope(segment("DataTime=20261102085900;i12001-Info=//##0101 &&12//", cn="3020"))
    assert shown(split(frame + GOOD)) == [frame, GOOD]


def test_a_frame_without_data_area() -> None:
    frame = the_frame(envelope("QN=1;MN=2;"))
    assert frame.cp is None
    assert frame.header == {"QN": "1", "MN": "2"}


def test_memory_is_bounded_and_bytes_come_back() -> None:
    reader = FrameReader()
    given_bytes, back = 0, 0
    for piece in (b"##9999", b"x" * 5000, b"##0001", b"\xff" * 100_000, b"&&", b"##" * 9000, b"##1024" * 4000):
        given_bytes += len(piece)
        back += sum(len(noise.data) for noise in reader.feed(piece) if isinstance(noise, Noise))
        assert reader.pending <= BUFFER_BYTES
        assert back + reader.pending == given_bytes
    found = reader.feed(GOOD)
    assert GOOD in shown(found)
    assert reader.pending == 0


def test_flush_gives_a_frame_that_lacks_only_its_line_end() -> None:
    reader = FrameReader()
    assert reader.feed(GOOD[:-2]) == []
    assert shown(reader.flush()) == [GOOD[:-2]]
    assert reader.feed(b"\r\n" + GOOD[:50]) == []
    assert reader.flush() == []
    assert shown(reader.feed(GOOD[50:])) == [b"noise:\r\n", GOOD]
    assert reader.close() == []


def test_flush_finds_the_end_of_an_encrypted_frame() -> None:
    reader = FrameReader()
    assert reader.feed(SECRET[:-2]) == []
    assert shown(reader.flush()) == [SECRET[:-2]]


PIECES = st.sampled_from(
    [
        GOOD,
        SECRET,
        envelope(SEGMENT, tail=b"\n"),
        envelope(SEGMENT, tail=b""),
        envelope(SEGMENT, tail=b"\r"),
        envelope(SEGMENT, length=99),
        envelope(SEGMENT, length=300),
        envelope(SEGMENT, length=9999),
        envelope("abc"),
        envelope(""),
        GOOD[:60],
        GOOD[40:],
        b"##",
        b"#",
        b"##0004",
        b"##9999",
        b"&&",
        b"&&1C80",
        b"&&1C80\r\n",
        b"\r\n",
        b"noise" * 30,
    ]
)
STREAMS = st.lists(PIECES | st.binary(max_size=20), max_size=12).map(b"".join)


@given(STREAMS, st.lists(st.integers(0, 3000), max_size=30), st.sampled_from([150, 200, 400, BUFFER_BYTES]))
def test_the_cut_of_a_stream_never_matters(stream: bytes, cuts: list[int], limit: int) -> None:
    whole = FrameReader(limit)
    expected = whole.feed(stream) + whole.close()
    reader = FrameReader(limit)
    found: list[Frame | Noise] = []
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for start, end in pairwise(edges):
        found += reader.feed(stream[start:end])
        assert reader.pending <= limit
    found += reader.close()
    assert found == expected
    assert b"".join(piece.raw if isinstance(piece, Frame) else piece.data for piece in found) == stream
    if limit == BUFFER_BYTES:
        assert split(stream) == expected


@given(STREAMS)
def test_byte_by_byte(stream: bytes) -> None:
    reader = FrameReader()
    found = [piece for place in range(len(stream)) for piece in reader.feed(stream[place : place + 1])]
    assert found + reader.close() == split(stream)


@given(st.lists(st.sampled_from([GOOD, SECRET]), max_size=8), st.lists(st.binary(max_size=30), max_size=8))
def test_noise_never_costs_a_frame(frames: list[bytes], noises: list[bytes]) -> None:
    # noise that could itself begin a frame or end one is another matter
    noises = [noise.replace(b"#", b"").replace(b"&", b"") for noise in noises]
    noises += [b""] * (len(frames) + 1 - len(noises))
    stream = b"".join(noise + frame for noise, frame in zip(noises, [*frames, b""], strict=False))
    assert [piece.raw for piece in split(stream) if isinstance(piece, Frame)] == frames[: len(noises)]


@pytest.mark.parametrize(
    ("frame", "edition", "expected"),
    [
        (GOOD, "2017", f"QN=20261102085900123;ST=91;CN=9014;PW=123456;MN={MN};Flag=4;CP=&&&&"),
        (SECRET, "2025", f"QN=20261102085900123;ST=91;CN=9014;PW=123456;MN={MN};Flag=8;CP=&&&&"),
        (
            envelope(segment("", mn=MN_2005, flag=1)),
            "2005",
            f"ST=91;CN=9014;PW=123456;MN={MN_2005};Flag=0;CP=&&QN=20261102085900123&&",
        ),
        (
            envelope(f"ST=31;CN=2011;PW=123456;MN={MN_2005};Flag=1;CP=&&&&"),
            "2005",
            f"ST=91;CN=9014;PW=123456;MN={MN_2005};Flag=0;CP=&&&&",
        ),
    ],
)
def test_answers_to_data(frame: bytes, edition: str, expected: str) -> None:
    assert the_frame(frame).edition("2005") == edition
    assert make_answer(the_frame(frame), Command.DATA_ANSWER, edition) == envelope(expected)


def test_answers_with_a_result() -> None:
    begin = f"ST=91;CN=9011;PW=123456;MN={MN};Flag="
    frame = the_frame(GOOD)
    assert make_answer(frame, Command.REQUEST_ANSWER, "2017", RequestResult.CRC) == envelope(
        f"QN=20261102085900123;{begin}4;CP=&&QnRtn=9&&"
    )
    assert make_answer(frame, Command.REQUEST_ANSWER, "2005", 1) == envelope(
        f"{begin}0;CP=&&QN=20261102085900123;QnRtn=1&&"
    )
    assert b"CN=9012;" in make_answer(frame, Command.RESULT, "2025", 100)
    assert b"CP=&&ExeRtn=100&&" in make_answer(frame, Command.RESULT, "2025", 100)
    assert b"CN=9013;" in make_answer(frame, Command.NOTIFICATION_ANSWER, "2025")


@given(STREAMS)
def test_answers_to_anything_are_frames(stream: bytes) -> None:
    for piece in split(stream):
        if isinstance(piece, Frame):
            assert make_answer(piece, Command.DATA_ANSWER, piece.edition("2005")).endswith(b"\r\n")
