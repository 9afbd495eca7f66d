"""A TrueType font made by hand, all of whose letters are the same box: what the tests embed, whatever is installed."""

from __future__ import annotations

import struct

_UNITS = 1000
#: A square: end of its contour, no instructions, four points on the curve, each by two words.
_BOX = struct.pack(">hhhhhHH4B4h4h", 1, 100, 0, 900, 800, 3, 0, *[1] * 4, 100, 800, 0, -800, 0, 0, 800, 0)


def tiny_font(letters: str) -> bytes:
    """A font (.ttf) that has exactly these letters, of the Basic Multilingual Plane."""
    codes = sorted(set(map(ord, letters)))
    glyphs = len(codes) + 1
    tables = {
        b"OS/2": struct.pack(">HhHHH", 4, 500, 400, 5, 0) + bytes(86),
        b"cmap": _cmap(codes),
        b"glyf": _BOX * glyphs,
        b"head": struct.pack(
            ">IIIIHHqqhhhhHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 3, _UNITS, 0, 0, 0, 0, 900, 800, 0, 8, 2, 1, 0
        ),
        b"hhea": struct.pack(">IhhhHhhhhhh8xhH", 0x10000, 800, -200, 0, _UNITS, 0, 0, 0, 1, 0, 0, 0, glyphs),
        b"hmtx": struct.pack(">Hh", 500, 100) * glyphs,
        b"loca": struct.pack(f">{glyphs + 1}I", *(len(_BOX) * number for number in range(glyphs + 1))),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, glyphs, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        b"name": _names({1: "Tiny", 4: "Tiny", 6: "Tiny"}),
        b"post": struct.pack(">IIhhIIIII", 0x30000, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    head, body, at = b"", b"", 12 + 16 * len(tables)
    for tag, table in sorted(tables.items()):
        padded = table + bytes(-len(table) % 4)
        head += struct.pack(">4sIII", tag, _checksum(padded), at, len(table))
        body, at = body + padded, at + len(padded)
    return struct.pack(">IHHHH", 0x10000, len(tables), 0, 0, 0) + head + body


def _checksum(table: bytes) -> int:
    return sum(struct.unpack(f">{len(table) // 4}I", table)) & 0xFFFFFFFF


def _cmap(codes: list[int]) -> bytes:
    """Format 4, a segment for each letter."""
    segments = [*codes, 0xFFFF]
    many = len(segments)
    deltas = [(glyph + 1 - code) & 0xFFFF for glyph, code in enumerate(codes)] + [1]
    words = [2 * many, 0, 0, 0, *segments, 0, *segments, *deltas, *[0] * many]
    table = struct.pack(f">HHH{len(words)}H", 4, 6 + 2 * len(words), 0, *words)
    return struct.pack(">HHHHI", 0, 1, 3, 1, 12) + table


def _names(names: dict[int, str]) -> bytes:
    records, text = b"", b""
    for key, name in names.items():
        written = name.encode("utf-16-be")
        records += struct.pack(">HHHHHH", 3, 1, 0x409, key, len(written), len(text))
        text += written
    return struct.pack(">HHH", 0, len(names), 6 + len(records)) + records + text
