"""Mutations of HJ 212 that get past the checksum: of the fields of a frame, and of how it is framed."""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta

from tests.fuzz.hj212_frames import FRAME, annex_a, envelope, modbus, replaced

_TIME = re.compile(rb"(?<=Time=)[0-9]{14}")
_CONTENTS: tuple[bytes, ...] = (
    b"",
    b"NaN",
    b"inf",
    b"-Infinity",
    b"1e999",
    b"-0",
    b"0x1F",
    b"1_000",
    b" 1",
    b"1 ",
    b"9" * 400,
    b"1e-400",
)
_CONTENTS += (
    b"12.",
    b".5",
    b"+.5e+3",
    "１２".encode(),
    b"\xff\xfe",
    b"\0",
    b"&&",
    b"##0123",
    b"{0x",
    b"{0x41,0x42}",
    b"=",
)
_CONTENTS += (b"20261102085900", b"20261332085900", b"00010101000000", b"99991231235959", b"20261102085960")
_CONTENTS += ("２０２６１１０２０８５９００".encode(), b"N", b"F", b"T", b"n", b"0", b"3", b"NN", b"\xe2\x80\xae")
_KEYS: tuple[bytes, ...] = (
    b"DataTime",
    b"a21026-Rtd",
    b"a21026-Flag",
    b"w01018-SampleTime",
    b"w01018-Rtd",
    b"Flag",
    b"-",
    b"a-b-Rtd",
)
_KEYS += (
    b"a21026-Info",
    b"SB1-RS",
    b"LA-td",
    b"QN",
    b"MN",
    b"CN",
    b"ST",
    b"PW",
    b"PNUM",
    b"PNO",
    b"RF",
    b"CP",
    b"a21026-",
)
_COMMANDS = (
    b"2011",
    b"2013",
    b"2051",
    b"2061",
    b"2031",
    b"3020",
    b"9015",
    b"9014",
    b"1014",
    b"2111",
    b"0000",
    b"",
    b"20 11",
)
_FLAGS = (b"0", b"4", b"5", b"7", b"8", b"9", b"11", b"255", b"256", b"05", b"-1", b"", b"9" * 5000, "５".encode())
_SEPARATOR = re.compile(rb"([;,])")
_HEADER_FIELD = re.compile(rb"(?<=[;,])(Flag|CN|ST|PW|MN|PNUM|PNO|RF)=([^;,&]*)")


def shift_times(payload: bytes, seconds: int) -> bytes:
    """Move DataTime, SampleTime and the like; checksums that were right stay right."""

    def shifted(match: re.Match[bytes]) -> bytes:
        try:
            at = datetime.strptime(match[0].decode(), "%Y%m%d%H%M%S") + timedelta(seconds=seconds)  # noqa: DTZ007
        except (ValueError, OverflowError):
            return match[0]
        return at.strftime("%Y%m%d%H%M%S").encode()

    return replaced(payload, lambda segment: _TIME.sub(shifted, segment))


def change(payload: bytes, rng: random.Random) -> bytes:
    """One mutation of one frame; a payload without any gets some bytes that look like one."""
    frames = list(FRAME.finditer(payload))
    if not frames:
        at = rng.randrange(len(payload) + 1)
        return (
            payload[:at]
            + rng.choice((b"##0009CP=&&&&1C80\r\n", b"##", b"##9999", b"##0000", b"&&FFFF\r\n"))
            + payload[at:]
        )
    frame = rng.choice(frames)
    head, tail = payload[: frame.start()], payload[frame.end() :]
    if rng.random() < 0.2:
        return head + _framing(frame, rng) + tail
    segment = frame[2]
    new = segment
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        new = _change_segment(new, rng)
    if rng.random() < 0.1:
        return head + b"##" + frame[1] + new + frame[3] + tail
    algorithm = modbus if modbus(segment) == int(frame[3], 16) else annex_a
    return head + envelope(new, algorithm, length=None if rng.random() < 0.9 else int(frame[1]), tail=b"") + tail


def _framing(frame: re.Match[bytes], rng: random.Random) -> bytes:
    digits, segment, crc = frame.groups()
    match rng.randrange(7):
        case 0:
            return b"##%04d%s%s" % (rng.choice((0, 1, 9999, len(segment) + 1, len(segment) - 1)), segment, crc)
        case 1:
            return frame[0] + b"\r\n" + frame[0]
        case 2:
            return b"##" + digits + frame[0]
        case 3:
            return envelope(segment, rng.choice((annex_a, modbus)), tail=rng.choice((b"", b"\n", b"\r", b"\r\n\r\n")))
        case 4:
            return b"##" + digits + segment + crc.lower()
        case 5:
            return frame[0][: rng.randrange(len(frame[0]))]
        case _:
            return (frame[0] + b"\r\n") * rng.choice((2, 5, 40))


def _change_segment(segment: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.25 and (fields := list(_HEADER_FIELD.finditer(segment))):
        chosen = rng.choice(fields)
        contents = {b"Flag": _FLAGS, b"CN": _COMMANDS}.get(chosen[1], _CONTENTS)
        return segment[: chosen.start(2)] + rng.choice(contents) + segment[chosen.end(2) :]
    pieces = _SEPARATOR.split(segment)
    position = rng.randrange(0, len(pieces), 2)
    key, equals, content = pieces[position].partition(b"=")
    match rng.randrange(8):
        case 0:
            pieces[position] = key + equals + rng.choice(_CONTENTS)
        case 1:
            pieces[position] = rng.choice(_KEYS) + equals + content
        case 2:
            del pieces[position : position + 2]
        case 3:
            pieces[position:position] = [pieces[position], rng.choice((b";", b","))] * rng.choice((1, 1, 2, 60))
        case 4:
            pieces[position] = key + rng.choice((b"", b"==", b" = ", b"\t"))
        case 5 if position + 1 < len(pieces):
            pieces[position + 1] = rng.choice((b";", b",", b"", b";;", b" ; "))
        case 6:
            pieces[position] = key + equals + b"%g" % rng.uniform(-50.0, 250.0)
        case _:
            at = rng.randrange(len(segment) + 1)
            return segment[:at] + rng.choice((*_CONTENTS, rng.randbytes(3))) + segment[at + rng.randrange(3) :]
    return b"".join(pieces)
