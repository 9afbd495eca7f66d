"""HJ 212 frames as a data logger writes them: HJ 212-2017 clause 6.3, annex A (CRC), HJ 212-2025 (SM4, RF).

Written from the standard alone; it shares nothing with the platform's decoder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

from domain.periods import SITE_ZONE

_BLOCK = 16
_POLYNOMIAL = 0xA001
_ACKNOWLEDGE = 1
#: Bits 7-2 of Flag: the version.
_VERSIONS = {"2005": 0, "2017": 1, "2025": 2}
#: 大气环境污染源
AIR_SOURCE = "31"
#: 甲烷, which no logger of the city has registered.
UNREGISTERED = "a05002"


def _table() -> list[int]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ _POLYNOMIAL if crc & 1 else crc >> 1
        table.append(crc)
    return table


_TABLE = _table()
_NUMBER = re.compile(rb"QN=([0-9]+)")
_HEX = [f"0x{byte:02X}" for byte in range(256)]


def crc(segment: bytes) -> int:
    """The check value of a data segment, annex A: only the register's high byte meets the next byte."""
    register = 0xFFFF
    for byte in segment:
        register = _TABLE[register >> 8 ^ byte]
    return register


@dataclass(frozen=True, slots=True)
class Header:
    """What a logger writes before every data area. acknowledge: it wants a 9014 for each frame."""

    mn: str
    password: str
    edition: str
    acknowledge: bool
    sm4_key: bytes | None = None

    def under(self, key: bytes) -> Header:
        """The same logger with another SM4 key."""
        return replace(self, sm4_key=key)


@dataclass(frozen=True, slots=True)
class Habits:
    """How a frame deviates from the standard."""

    lower_case_crc: bool = False
    no_line_end: bool = False
    trailing_semicolon: bool = False
    wrong_crc: bool = False


STANDARD = Habits()

#: Factor code, key such as Rtd, decimal text, flag letter.
Factor = tuple[str, str, str, str]


def qn(at: datetime) -> str:
    """请求编码: local time to the millisecond, 17 digits."""
    local = at.astimezone(SITE_ZONE)
    return f"{local:%Y%m%d%H%M%S}{local.microsecond // 1000:03d}"


def data(
    header: Header,
    qn: str,
    at: datetime,
    factors: Iterable[Factor],
    *,
    late: bool = False,
    habits: Habits = STANDARD,
    number: str,
) -> bytes:
    """A data frame with the values of one instant, or of the period that begins there. number: CN, see speech.py.

    qn: of the frame. late: sent again later (RF, 2025 only).
    """
    told: dict[str, list[str]] = {}
    for code, key, value, letter in factors:
        told.setdefault(code, [f"{code}-Flag={letter}"]).insert(-1, f"{code}-{key}={value}")
    parts = [f"DataTime={_local(at)}", *(",".join(attributes) for attributes in told.values())]
    area = ";".join(parts) + (";" if habits.trailing_semicolon else "")
    flag = _VERSIONS[header.edition] << 2 | (_ACKNOWLEDGE if header.acknowledge else 0)
    again = "RF=1;" if late and header.edition == "2025" else ""
    head = f"QN={qn};ST={AIR_SOURCE};CN={number};PW={header.password};MN={header.mn};Flag={flag};{again}CP=&&"
    return framed(head.encode(), area.encode(), b"&&", header.sm4_key, habits)


def framed(head: bytes, area: bytes, tail: bytes, key: bytes | None = None, habits: Habits = STANDARD) -> bytes:
    """## + length + segment + CRC + CR LF. Length and CRC are of the plain text, also when the area is encrypted."""
    plain = head + area + tail
    value = crc(plain) ^ (0x0100 if habits.wrong_crc else 0)
    check = f"{value:04X}".encode()
    if habits.lower_case_crc:
        check = check.lower()
    segment = plain if key is None else head + encrypt(area, key) + tail
    return b"##%04d" % len(plain) + segment + check + (b"" if habits.no_line_end else b"\r\n")


def encrypt(area: bytes, key: bytes) -> bytes:
    """Whole blocks under SM4-ECB as ``{0xE4,0x3E,...}``; the remainder stays as it is."""
    whole = len(area) - len(area) % _BLOCK
    encryptor = _cipher(key).encryptor()
    hidden = encryptor.update(area[:whole]) + encryptor.finalize()
    return ("{" + ",".join([_HEX[byte] for byte in hidden]) + "}").encode() + area[whole:]


@lru_cache(maxsize=64)
def _cipher(key: bytes) -> Cipher[modes.ECB]:
    # the standard prescribes ECB; the simulators do as it says
    return Cipher(SM4(key), modes.ECB())


def _local(at: datetime) -> str:
    return f"{at.astimezone(SITE_ZONE):%Y%m%d%H%M%S}"


def acknowledged_qn(frame: bytes) -> str | None:
    """The QN that a host's 9014 acknowledges; None for any other frame.

    In the header since 2017; the 2005 edition has it in the data area, together with QnRtn.
    """
    found = _NUMBER.search(frame)
    return found[1].decode() if found is not None and b"CN=9014;" in frame else None
