"""The checksum of HJ 212 against the vectors of the standards, and against its text followed bit by bit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode.hj212_crc import CRC_LOW_BYTES, crc, crc_modbus
from tests.unit.ingest.hj212_encoder import checksum

ANNEX_A_2017 = b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"
ANNEX_A_2025 = b"QN=20240601085857223;ST=32;CN=1011;PW=123456;MN=010000A8900016F000169DC0;Flag=9;CP=&&&&"


@pytest.mark.parametrize(
    ("segment", "expected"),
    [(ANNEX_A_2017, 0x1C80), (ANNEX_A_2025, 0x2200), (b"123456789", 0x2F80), (b"", 0xFFFF)],
)
def test_vectors(segment: bytes, expected: int) -> None:
    assert crc(segment) == expected


def test_the_vectors_have_the_lengths_that_the_standards_print() -> None:
    assert (len(ANNEX_A_2017), len(ANNEX_A_2025)) == (101, 87)


@pytest.mark.parametrize(("segment", "expected"), [(ANNEX_A_2017, 0x0759), (b"123456789", 0x4B37), (b"", 0xFFFF)])
def test_modbus_is_another_algorithm(segment: bytes, expected: int) -> None:
    assert crc_modbus(segment) == expected


def test_there_are_256_values_of_eight_low_bytes() -> None:
    found = {crc(bytes((first, second))) for first in range(256) for second in range(256)}
    assert len(found) == 256
    assert {value & 0xFF for value in found} == CRC_LOW_BYTES
    assert frozenset((0x00, 0x01, 0x40, 0x41, 0x80, 0x81, 0xC0, 0xC1)) == CRC_LOW_BYTES
    assert 0 in found  # 0000 is a CRC like any other


def test_the_table_of_single_bytes() -> None:
    # the state before the byte is FFFF, whose high byte is taken away by XOR
    assert [crc(bytes((0xFF ^ byte,))) for byte in range(8)] == [
        0x0000, 0xC0C1, 0xC181, 0x0140, 0xC301, 0x03C0, 0x0280, 0xC241,
    ]  # fmt: skip


@given(st.binary(max_size=300))
def test_as_the_text_says(segment: bytes) -> None:
    assert crc(segment) == checksum(segment)
    assert crc_modbus(segment) == checksum(segment, modbus=True)


@pytest.mark.parametrize("size", [63, 64, 65, 511, 512, 513, 1023, 1024, 1025, 8000])
def test_long_segments(size: int) -> None:
    for segment in (bytes(size), b"\xff" * size, bytes(range(256)) * 40):
        assert crc(segment[:size]) == checksum(segment[:size])


@given(st.binary(min_size=1, max_size=100), st.data())
def test_one_changed_byte_always_shows(segment: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(segment) - 1))
    change = data.draw(st.integers(1, 255))
    changed = segment[:place] + bytes((segment[place] ^ change,)) + segment[place + 1 :]
    assert crc(changed) != crc(segment)
