"""Mutations of JSON: of its tree, written back in a form that no JSON library would write, or of its text."""

from __future__ import annotations

import json
import random
import re
from datetime import datetime, timedelta
from typing import Any

_RFC3339 = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_EPOCH = re.compile(rb"(?<![0-9.eE+-])1[0-9]{12}(?![0-9.eE])")
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
#: More of them may be nested more deeply than a recursion should go.
_BRACKETS = 150

#: JSON texts that take the place of a value.
_TEXTS = (
    *("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "-0", "-0.0", "0", "1", "-1", "9007199254740993", "1E400"),
    *("9" * 20, "9" * 400, "-" + "9" * 5000, "0." + "1" * 500, "1e-400", "01", "+1", ".5", "1.", "0x10", "١٢"),
    *(
        "null",
        "true",
        "false",
        "{}",
        "[]",
        '""',
        '"NaN"',
        '"12.5"',
        '"\\u0000"',
        '"\\ud800"',
        '"\\udc00x"',
        '"\\ud83d\\ude00"',
    ),
    *('"N"', '"M"', '"X"', '"NN"', '"2026-11-02T08:00:00"', '"2026-11-02T08:00:00Z"', '"2026-02-30T00:00:00Z"'),
    *(
        '"0001-01-01T00:00:00+23:59"',
        '"9999-12-31T23:59:59-23:59"',
        '"2026-11-02T08:00:60Z"',
        '"2026-11-02 08:00:00+08:00"',
    ),
    *(
        '"2026-11-02T08:00:00+99:99"',
        '"2026-11-02T08:00:00.1234567890123Z"',
        '"２０２６-11-02T08:00:00Z"',
        '"1793581200000"',
    ),
    *("1793581200000", "1793581200000.0", "1793581200000.5", "1793581200000000", "-62135596800000", "-62135596800001"),
    *(
        "253402300799999",
        "99999999999999",
        "-99999999999999",
        "100000000000000",
        "100000000000001",
        "1e13",
        "-1e13",
        "1e300",
    ),
    *('{"":1}', '{"a":1,"a":2}', '{"values":{}}', '{"ts":1793581200000,"values":{"a":1}}', "[[[[1]]]]", '["online"]'),
)
_KEYS: tuple[str, ...] = (
    "",
    "at",
    "ts",
    "values",
    "flags",
    "metadata",
    "device",
    "SO2",
    "O2",
    "W-01",
    "component",
    "tested_at",
    "\0",
    "\ud800",
)
_KEYS += ("net_umol_mol", "background_umol_mol", "instrument", "tester", "a" * 300, "测点", "x:y", 'q"uote', "\u2028")


class _Raw:
    """A JSON text as it is."""

    def __init__(self, text: str) -> None:
        self.text = text


class _Pairs(list[tuple[str, Any]]):
    """An object, whose keys may repeat."""


def shift_times(payload: bytes, seconds: int) -> bytes:
    """Move RFC 3339 times and epochs of thirteen digits."""
    moved = timedelta(seconds=seconds)

    def shifted(match: re.Match[bytes]) -> bytes:
        try:
            return (datetime.fromisoformat(match[0].decode()) + moved).isoformat()[:19].encode()
        except (ValueError, OverflowError):
            return match[0]

    payload = _RFC3339.sub(shifted, payload)
    return _EPOCH.sub(lambda match: b"%d" % (int(match[0]) + 1000 * seconds), payload)


def change(payload: bytes, rng: random.Random) -> bytes:
    """One mutation."""
    if rng.random() < 0.2 or payload.count(b"[") + payload.count(b"{") > _BRACKETS:
        return _change_text(payload, rng)
    try:
        tree = json.loads(payload, object_pairs_hook=_Pairs, parse_float=_Raw, parse_int=_Raw, parse_constant=_Raw)
    except ValueError:
        return _change_text(payload, rng)
    text = _written(_change_tree(tree, rng), ascii_only=rng.random() < 0.5)
    return text.encode("utf-8", "surrogatepass")


def _change_text(payload: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.1:
        depth = rng.choice((10, 500, 900, 1100, 5000))
        opening, closing = rng.choice((("[", "]"), ('{"a":', "}"), ('{"values":', "}")))
        return opening.encode() * depth + payload + closing.encode() * rng.choice((depth, depth, 0, depth - 1))
    numbers = list(_NUMBER.finditer(payload[:2000]))
    new = rng.choice(_TEXTS).encode()
    if numbers and rng.random() < 0.7:
        chosen = rng.choice(numbers)
        return payload[: chosen.start()] + new + payload[chosen.end() :]
    at = rng.randrange(len(payload) + 1)
    return payload[:at] + rng.choice((new, b",", b":", b"}", b"]", b"{", b"[", b'"', b"\\", b"\\u00")) + payload[at:]


def _change_tree(tree: Any, rng: random.Random) -> Any:
    """The tree with one place changed, which is looked for from the root downwards."""
    if isinstance(tree, list) and tree and rng.random() < 0.92:
        position = rng.randrange(len(tree))
        if isinstance(tree, _Pairs):
            key, value = tree[position]
            if rng.random() < 0.25:
                _change_pairs(tree, position, rng)
            else:
                tree[position] = key, _change_tree(value, rng)
        else:
            tree[position] = _change_tree(tree[position], rng)
            if rng.random() < 0.1:
                tree.insert(position, tree[rng.randrange(len(tree))])
        return tree
    match rng.randrange(10):
        case 0:
            return [tree] * rng.choice((1, 1, 2, 30))
        case 1:
            return _Pairs([(rng.choice(_KEYS), tree)])
        case 2 | 3 | 4 | 5:
            return _Raw(repr(round(rng.uniform(-50.0, 250.0), rng.randrange(4))))
        case _:
            return _Raw(rng.choice(_TEXTS))


def _change_pairs(pairs: _Pairs, position: int, rng: random.Random) -> None:
    key, value = pairs[position]
    match rng.randrange(4):
        case 0:
            del pairs[position]
        case 1:
            pairs.insert(rng.randrange(len(pairs) + 1), (key, value))
        case 2:
            pairs[position] = rng.choice(_KEYS), value
        case _:
            pairs.insert(rng.randrange(len(pairs) + 1), (rng.choice(_KEYS), _Raw(rng.choice(_TEXTS))))


def _written(tree: Any, *, ascii_only: bool) -> str:
    if isinstance(tree, _Raw):
        return tree.text
    if isinstance(tree, _Pairs):
        pairs = (f"{json.dumps(k, ensure_ascii=ascii_only)}:{_written(v, ascii_only=ascii_only)}" for k, v in tree)
        return "{" + ",".join(pairs) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(_written(each, ascii_only=ascii_only) for each in tree) + "]"
    return json.dumps(tree, ensure_ascii=ascii_only)
