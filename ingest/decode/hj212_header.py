"""The fields before the data area of an HJ 212 frame: `QN;ST;CN;PW;MN;Flag;[PNUM;PNO;][RF;]` (HJ 212-2017, 6.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from ingest.decode.hj212_quirks import Quirk

#: In the order that the standard prescribes; RF is new in 2025.
HEADER_FIELDS = ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO", "RF")
_ORDER = {name: place for place, name in enumerate(HEADER_FIELDS)}
_BY_UPPER = {name.upper(): name for name in HEADER_FIELDS}
_SEPARATORS = re.compile("[;,]")
_QN_LENGTH = len("QN=20160801085857223;")
#: Headers without QN are the same frame after frame. Longer ones are not worth remembering.
_CACHED_CHARACTERS = 160
_NOTHING: Mapping[str, str] = {}


def read_header(text: str) -> tuple[Mapping[str, str], tuple[Quirk, ...]]:
    """The fields by their proper names, and what is wrong with how they are written. The first of a name wins.

    Never raises. What the values say is not looked at.
    """
    rest = _after_number(text)
    if rest is None:
        return _read(text)
    fields, quirks = _read_rest(rest)
    return {**fields, "QN": text[3 : _QN_LENGTH - 1]}, quirks


def _after_number(text: str) -> str | None:
    """The header behind a QN that stands where it should; None when it does not, or when all is too long to be kept."""
    if (
        text.startswith("QN=")
        and text.find(";") == _QN_LENGTH - 1
        and len(text) <= _CACHED_CHARACTERS
        and text.find(",", 0, _QN_LENGTH) < 0
        and " " not in text
    ):
        return text[_QN_LENGTH:]
    return None


@lru_cache(maxsize=4096)
def _read_rest(text: str) -> tuple[Mapping[str, str], tuple[Quirk, ...]]:
    return _read(text, {"QN": ""})


@lru_cache(maxsize=4096)
def _judge_rest(text: str, edition: str) -> tuple[Quirk, ...]:
    return _judge(_read_rest(text)[0], edition)


def _read(text: str, before: Mapping[str, str] = _NOTHING) -> tuple[Mapping[str, str], tuple[Quirk, ...]]:
    """before: fields that stand before the text; they are part of the result."""
    quirks: dict[Quirk, None] = {}
    fields = dict(before)
    last = -1
    if not text.endswith(";") or "," in text:
        quirks[Quirk.HEADER_SYNTAX] = None
    pieces = _SEPARATORS.split(text)
    for piece in pieces[:-1] if pieces[-1] == "" else pieces:
        key, equals, value = piece.partition("=")
        name, stripped = key.strip(), value.strip()
        if not equals or name != key or stripped != value:
            quirks[Quirk.HEADER_SYNTAX] = None
        if not equals:
            continue
        if name not in _ORDER:
            if name.upper() not in _BY_UPPER:
                quirks[Quirk.HEADER_UNKNOWN_FIELD] = None
                continue
            quirks[Quirk.HEADER_CASE] = None
            name = _BY_UPPER[name.upper()]
        if name in fields:
            quirks[Quirk.HEADER_REPEATED] = None
            continue
        if _ORDER[name] < last:
            quirks[Quirk.HEADER_ORDER] = None
        last = max(last, _ORDER[name])
        fields[name] = stripped
    return fields, tuple(quirks)


_BOTH_ST = "21 22 23 24 25 26 27 31 32 33 34 35 36 37 38 39 41 51 52 91"
_BOTH_CN = (
    "1000 1011 1012 1013 1061 1062 1063 1064 1072 2011 2012 2021 2022 2031 2041 2051 2061 2081 "
    "3011 3012 3013 3014 3015 3016 3017 3018 3019 3020 3021 9011 9012 9013 9014"
)
#: System codes (HJ 212-2017 table 5; 2025 adds power use and key process conditions).
SYSTEMS = {
    "2005": frozenset(_BOTH_ST.split()),
    "2017": frozenset(_BOTH_ST.split()),
    "2025": frozenset(f"{_BOTH_ST} 44 45".split()),
}
#: Commands (HJ 212-2017 table 9). 2005 has alarms and warn times of its own.
COMMANDS = {
    "2005": frozenset(f"{_BOTH_CN} 1001 1021 1022 1031 1032 1041 1042 2071 2072".split()),
    "2017": frozenset(_BOTH_CN.split()),
    "2025": frozenset(f"{_BOTH_CN} 1001 1002 1014 2013 2052 2062 2111 3022 3024 9015".split()),
}
_MN = {
    "2005": re.compile("[0-9A-Za-z]{14}", re.ASCII),
    "2017": re.compile("[0-9A-F]{24}", re.ASCII),
    "2025": re.compile("[0-9A-F]{24}", re.ASCII),
}
_QN = re.compile(
    r"[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9][0-9]{3}", re.ASCII
)
_PW_CHARACTERS = 6
_FLAG = re.compile("[0-9]{1,3}", re.ASCII)
_EDITIONS = {0: "2005", 1: "2017", 2: "2025"}
#: Written in one, two or three digits.
_EDITION_BY_FLAG = {f"{flag:0{width}}": _EDITIONS[flag >> 2] for flag in range(12) for width in (1, 2, 3)}
_PACKET_NUMBER = re.compile("[0-9]{1,9}", re.ASCII)


def flag_number(header: Mapping[str, str]) -> int | None:
    """The header's Flag as a number 0..255: version in bits 7-2, packet numbers bit 1, answer wanted bit 0.

    None when it is missing or no such number. (2025 swaps the names of bits 0 and 1, not their meaning.)
    """
    text = header.get("Flag", "")
    if _FLAG.fullmatch(text) is None:
        return None
    number = int(text)
    return number if number <= 255 else None


def edition_of(header: Mapping[str, str], default: str) -> str:
    """ "2005", "2017" or "2025" as Flag says; the default without a Flag that names an edition."""
    return _EDITION_BY_FLAG.get(header.get("Flag", ""), default)


def judge_header(text: str, edition: str, header: Mapping[str, str]) -> tuple[Quirk, ...]:
    """What the values of a header say against the standard, in the given edition of it.

    text: as given to `read_header`; header: the fields that it found.
    """
    rest = _after_number(text)
    quirks = _judge(header, edition) if rest is None else _judge_rest(rest, edition)
    number = header.get("QN")
    if number is None:
        # uploads of 2005 have none
        return quirks if edition == "2005" else (Quirk.QN_MISSING, *quirks)
    return quirks if _QN.fullmatch(number) else (Quirk.QN_FORM, *quirks)


def _judge(header: Mapping[str, str], edition: str) -> tuple[Quirk, ...]:
    quirks: list[Quirk] = []
    if "ST" not in header:
        quirks.append(Quirk.ST_MISSING)
    elif header["ST"] not in SYSTEMS[edition]:
        quirks.append(Quirk.ST_UNKNOWN)
    if header.get("CN") not in COMMANDS[edition]:
        quirks.append(Quirk.CN_UNKNOWN)
    if "PW" not in header:
        quirks.append(Quirk.PW_MISSING)
    elif len(header["PW"]) != _PW_CHARACTERS:
        quirks.append(Quirk.PW_FORM)
    if _MN[edition].fullmatch(header.get("MN", "")) is None:
        quirks.append(Quirk.MN_FORM)
    flag = flag_number(header)
    if "Flag" not in header:
        if edition != "2005":
            quirks.append(Quirk.FLAG_MISSING)
    elif flag is None or flag >> 2 not in _EDITIONS:
        quirks.append(Quirk.FLAG_FORM)
    quirks += _judge_packet_numbers(header, flag)
    if "RF" in header and (header["RF"] != "1" or edition != "2025"):
        quirks.append(Quirk.RF)
    return tuple(quirks)


def _judge_packet_numbers(header: Mapping[str, str], flag: int | None) -> list[Quirk]:
    asked = flag is not None and flag & 2 == 2
    total, number = header.get("PNUM"), header.get("PNO")
    if total is None and number is None:
        return [Quirk.PACKET_NUMBERS_MISSING] if asked else []
    quirks = [] if asked or flag is None else [Quirk.PACKET_NUMBERS_UNASKED]
    if total is None or number is None:
        return [*quirks, Quirk.PACKET_NUMBERS_MISSING]
    if not (_PACKET_NUMBER.fullmatch(total) and _PACKET_NUMBER.fullmatch(number)):
        return [*quirks, Quirk.PACKET_NUMBERS_WRONG]
    if not 1 <= int(number) <= int(total):
        quirks.append(Quirk.PACKET_NUMBERS_WRONG)
    if "0" in (total[0], number[0]):
        quirks.append(Quirk.PACKET_NUMBERS_FORM)
    return quirks
