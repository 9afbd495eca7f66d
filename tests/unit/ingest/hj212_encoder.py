"""HJ 212 as a data logger writes it, from the text of the standard; shares nothing with the decoder."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

MN = "010000A8900016F000169DC0"
MN_2005 = "88888880000001"
FLAGS = {"2005": 0, "2017": 4, "2025": 8}


def checksum(segment: bytes, *, modbus: bool = False) -> int:
    """Annex A of HJ 212-2017, bit by bit; CRC-16/MODBUS differs in one line."""
    crc = 0xFFFF
    for byte in segment:
        crc = crc ^ byte if modbus else (crc >> 8) ^ byte
        for _ in range(8):
            lowest = crc & 1
            crc >>= 1
            if lowest:
                crc ^= 0xA001
    return crc


def envelope(
    segment: str | bytes,
    *,
    length: int | None = None,
    crc: str | None = None,
    tail: bytes = b"\r\n",
    modbus: bool = False,
) -> bytes:
    """The frame around a data segment, with what a logger may get wrong."""
    data = segment.encode("utf-8") if isinstance(segment, str) else segment
    text = f"{checksum(data, modbus=modbus):04X}" if crc is None else crc
    return b"##" + f"{len(data) if length is None else length:04}".encode() + data + text.encode() + tail


def header(
    *, qn: str = "20261102085900123", st: str = "31", cn: str = "2011", mn: str = MN, flag: int = 5, more: str = ""
) -> str:
    """Everything before `CP=`."""
    return f"QN={qn};ST={st};CN={cn};PW=123456;MN={mn};Flag={flag};{more}"


def segment(cp: str, **fields: str | int) -> str:
    """A data segment around a data area."""
    return f"{header(**fields)}CP=&&{cp}&&"  # type: ignore[arg-type]


def encrypted(plain_segment: str, key: bytes) -> bytes:
    """The frame of HJ 212-2025 around an encrypted data area: length and CRC of the plain text."""
    plain = plain_segment.encode("utf-8")
    start = plain.index(b"CP=&&") + len(b"CP=&&")
    area = plain[start:-2]
    size = len(area) - len(area) % 16
    encryptor = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()
    blocks = encryptor.update(area[:size]) + encryptor.finalize()
    cipher = b"{" + b",".join(b"0x%02X" % byte for byte in blocks) + b"}" if blocks else b""
    travelling = plain[:start] + cipher + area[size:] + b"&&"
    return envelope(travelling, length=len(plain), crc=f"{checksum(plain):04X}")
