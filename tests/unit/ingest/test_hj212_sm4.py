"""Encrypted data areas against the vectors of GB/T 32907 and HJ 212-2025."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode.hj212_sm4 import decrypt, encrypt

#: Of the examples of HJ 212-2025.
OFFICIAL_KEY = b"0" * 16
BLOCKS = [
    (b"DataTime=2024052", "E43E159ACFAB242CB53155FB8B9281A1"),
    (b"12,a01014-Flag=N", "D7467C70B94F1D4A7B0350A48DBF8B41"),
    (b"=3.20,a01014-Fla", "EF70128554B82438E91ADCE98A0D03A4"),
]


def written(hexadecimal: str) -> str:
    return "{" + ",".join(f"0x{hexadecimal[place : place + 2]}" for place in range(0, len(hexadecimal), 2)) + "}"


def test_gb_t_32907() -> None:
    key = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    assert encrypt(key, key).decode() == written("681EDF34D206965E86B3E94F536E4246")


@pytest.mark.parametrize(("plain", "cipher"), BLOCKS)
def test_official_blocks(plain: bytes, cipher: str) -> None:
    assert encrypt(plain, OFFICIAL_KEY).decode() == written(cipher)
    assert decrypt(written(cipher), OFFICIAL_KEY) == plain
    assert decrypt(written(cipher.lower()), OFFICIAL_KEY) == plain


def test_the_remainder_stays_plain() -> None:
    plain, cipher = BLOCKS[2]
    assert encrypt(plain + b"g=N", OFFICIAL_KEY).decode() == written(cipher) + "g=N"
    assert decrypt(written(cipher) + "g=N", OFFICIAL_KEY) == plain + b"g=N"
    assert encrypt(b"short", OFFICIAL_KEY) == b"short"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "{0x}",
        "{0xE4}",
        "plain",
        written(BLOCKS[0][1])[:-1],
        written(BLOCKS[0][1] + "00"),
        written(BLOCKS[0][1]) + "sixteen bytes...",
        written(BLOCKS[0][1]).replace("0xE4", "0xG4"),
        written(BLOCKS[0][1]).replace(",", ";"),
    ],
)
def test_what_is_not_of_the_form(text: str) -> None:
    assert decrypt(text, OFFICIAL_KEY) is None


@given(st.text(st.characters(max_codepoint=126), max_size=200), st.binary(min_size=16, max_size=16))
def test_there_and_back(text: str, key: bytes) -> None:
    plain = text.encode("ascii")
    secret = encrypt(plain, key).decode("ascii")
    if len(plain) < 16:
        assert secret == text
    else:
        assert secret != text
        assert decrypt(secret, key) == plain
