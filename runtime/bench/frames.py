"""HJ 212 frames for the bench: minute data (CN=2051) of one station a connection, each asking for its answer."""

from __future__ import annotations

import numpy as np

from domain.readings import Int64
from runtime.bench.fleet import FACTORS, STEP_MS, Bytes, Cargo, Sender, mn, repeated, shuffled_source

#: Characters of a station's password (PW).
PASSWORD_LENGTH = 6


def _crc_table() -> Int64:
    table = np.arange(256)
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ 0xA001, table >> 1)
    return table


_TABLE = _crc_table()


def crc16(data: Bytes) -> Int64:
    """The check of HJ 212-2017, annex A, of each row.

    Not the CRC of Modbus: a byte meets the high half of the register, which the eight shifts then replace whole.
    """
    register = np.full(len(data), 0xFFFF)
    for column in data.T:
        register = _TABLE[register >> 8 ^ column]
    return register


def frames(segments: list[str]) -> Bytes:
    """Data segments of equal length with head, length, check and end, one a row."""
    data = np.frombuffer("".join(segments).encode("ascii"), np.uint8).reshape(len(segments), -1)
    head = np.frombuffer(f"##{data.shape[1]:04d}".encode(), np.uint8)
    tail = np.array([f"{check:04X}\r\n" for check in crc16(data).tolist()], "S6")
    return np.hstack([np.tile(head, (len(data), 1)), data, tail.view(np.uint8).reshape(-1, 6)])


def _mn(sender: Sender) -> str:
    return mn(sender.enterprise, int(sender.client_id.removeprefix("gw-")))


def heartbeat(sender: Sender, password: str) -> bytes:
    """CN=9015, which asks for its answer too: a station proves its password with it before the clock starts."""
    segment = f"QN=20260101000000000;ST=91;CN=9015;PW={password};MN={_mn(sender)};Flag=5;CP=&&&&"
    return bytes(frames([segment])[0])


def load_frames(sender: Sender, *, first_ms: int, messages: int, seed: int, password: str) -> Cargo:
    """The frames of a station: minute after minute from `first_ms` (local time of +08:00), 2 % of them sent again."""
    rng = np.random.default_rng(seed)
    source = shuffled_source(messages, rng)
    instants: Int64 = np.cumsum(~repeated(messages), dtype=np.int64)
    values = rng.integers(100_000, 999_999, (int(instants[-1]), len(sender.codes)))
    segments: list[str] = []
    for number, row in enumerate((values / 1000).tolist()):
        at_ms = first_ms + number * STEP_MS + 8 * 3_600_000
        stamp = str(np.datetime64(at_ms, "ms")).translate({ord(letter): None for letter in "-T:."})
        text = ";".join(
            f"{factor}-Avg={value:07.3f},{factor}-Flag=N" for factor, value in zip(FACTORS, row, strict=False)
        )
        segments.append(
            f"QN={stamp};ST=31;CN=2051;PW={password};MN={_mn(sender)};Flag=5;CP=&&DataTime={stamp[:14]};{text}&&"
        )
    return Cargo(frames(segments)[source], instants)
