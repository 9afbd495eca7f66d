"""A data logger against `plantwatch all`, as a user starts it: two ingest processes on the same ports."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.acceptance.platform import Platform, eventually, free_port, platform

MN = "010000A8900016F000169DC0"


@pytest.fixture(scope="module")
def door() -> int:
    return free_port()


@pytest.fixture(scope="module")
def running(door: int) -> Iterator[Platform]:
    with platform(PLANTWATCH_HJ212_PORT=str(door), PLANTWATCH_INGEST_WORKERS="2") as found:
        yield found


def frame(password: str, area: str, *, mn: str = MN, damage: bool = False) -> bytes:
    """HJ 212-2017, 6.3 and Annex A, written here from the standard."""
    segment = f"QN=20261122080000000;ST=31;CN=2011;PW={password};MN={mn};Flag=5;CP=&&{area}&&".encode()
    crc = 0xFFFF
    for byte in segment:
        crc = (crc >> 8) ^ byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return b"##%04d%s%04X\r\n" % (len(segment), segment, crc ^ (0x4000 if damage else 0))


def say(port: int, *frames: bytes, answers: int = 1) -> bytes:
    """So many answers to some frames, or fewer when the platform ends the connection."""
    heard = b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as link:
        link.sendall(b"".join(frames))
        while heard.count(b"\r\n") < answers and (data := link.recv(4096)):
            heard += data
    return heard


GOOD = "DataTime=20261122080200;a21026-Rtd=21.4,a21026-Flag=N;a19001-Rtd=6.8,a19001-Flag=N"


def test_a_logger_is_answered_when_its_values_are_stored(running: Platform, door: int) -> None:
    password = running.run("station", "password", MN).strip()
    answer = say(door, frame(password, GOOD))
    assert b"CN=9014" in answer
    assert b"QN=20261122080000000" in answer
    day = "from=2026-11-22T00:00:00Z&to=2026-11-22T00:03:00Z"
    (reading,) = running.get(f"/v1/readings?enterprise=my-plant&point=S1-SO2&{day}")["items"]
    assert (reading["value"], reading["source_flag"]) == (21.4, "N")

    # a wrong CRC is not answered, but it is on record; the frames around it are answered
    good, damaged = frame(password, GOOD), frame(password, GOOD, damage=True)
    assert say(door, good, damaged, good, answers=2).count(b"CN=9014") == 2
    (books,) = running.get("/v1/accounting?enterprise=my-plant")["items"]
    assert (books["received"], books["stored"], books["duplicates"], books["refused"]) == (7, 2, 4, 1)
    (reject,) = running.get("/v1/rejects?enterprise=my-plant")["items"]
    assert [(r["reason"], r["items"]) for r in reject["refusals"]] == [("bad_crc", 1)]
    (station,) = running.get("/v1/stations?enterprise=my-plant")["items"]
    assert (station["has_password"], station["tags"]) == (True, 2)


def test_nobody_is_a_stray(running: Platform, door: int) -> None:
    answer = say(door, frame("123456", GOOD, mn="99000000000000000000FFFF"))
    assert b"CN=9011" in answer
    assert b"QnRtn=4" in answer
    (stray,) = eventually(lambda: running.get("/v1/strays")["items"])  # written down after the answer
    assert (stray["door"], stray["sender"], stray["reason"]) == ("hj212", "99000000000000000000FFFF", "unknown_mn")
