"""What the metrics of a Sparkplug node or device mean: alias to name, name to point."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ingest.decode.register import Birth, Tag, View
from ingest.decode.sparkplug_payload import DataType

#: Metrics that steer a node or device and measure nothing (clauses 5.17, 6.4.19 and 6.4.25).
_CONTROL = ("Node Control/", "Device Control/")
BD_SEQ = "bdSeq"

_GATEWAY_CHARACTERS = 64
_DIGEST_CHARACTERS = 8


#: Types of numbers -> the field that carries them, and the bits of those that are sent as two's complement.
_CARRIERS = {
    DataType.INT8: ("int_value", 8),
    DataType.INT16: ("int_value", 16),
    DataType.INT32: ("int_value", 32),
    DataType.INT64: ("long_value", 64),
    DataType.UINT8: ("int_value", 0),
    DataType.UINT16: ("int_value", 0),
    DataType.UINT32: ("int_value", 0),
    DataType.UINT64: ("long_value", 0),
    DataType.FLOAT: ("float_value", 0),
    DataType.DOUBLE: ("double_value", 0),
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is known of a metric."""

    name: str
    datatype: int | None
    """None when no birth told it."""
    tag: Tag | None
    """None when no point stands for it."""
    is_control: bool
    carrier: str
    """The field in which a conforming node sends its numbers; empty for what is no number, or no point's."""
    signed_bits: int
    """Of the type; 0 for one without sign."""


def origin(node: str, device: str) -> str:
    """How the register writes a node or a device of it."""
    return f"{node}/{device}" if device else node


def gateway_name(node: str, device: str) -> str:
    """Under which name presence is reported: `node` or `node/device`, which no gateway of ours can be called.

    Names have at most 64 characters: a longer one keeps its first 55, then comes `~` and the first 8 hexadecimal digits
    of the SHA-256 of the whole, so that two long ones stay apart.
    """
    name = origin(node, device)
    if len(name) <= _GATEWAY_CHARACTERS:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_CHARACTERS]
    return f"{name[: _GATEWAY_CHARACTERS - _DIGEST_CHARACTERS - 1]}~{digest}"


def meaning(name: str, datatype: int | None, node: str, device: str, view: View) -> Meaning:
    """What a name means: the point that the register ties to it, else the one whose code spells device and name."""
    if name == BD_SEQ or name.startswith(_CONTROL):
        return Meaning(name, datatype, None, True, "", 0)
    tag = view.sparkplug.get((origin(node, device), name))
    if tag is None:
        code = name.replace("/", ".")
        if device:
            code = f"{device}.{code}"
        tag = Tag(code) if code in view.points else None
    carrier, bits = _CARRIERS.get(datatype or 0, ("", 0))  # type: ignore[call-overload]
    return Meaning(name, datatype, tag, False, carrier if tag else "", bits)


def signed_bits(datatype: int | None) -> int:
    """Bits of a type that is sent as two's complement; 0 for any other."""
    return _CARRIERS.get(datatype or 0, ("", 0))[1]  # type: ignore[call-overload, no-any-return]


#: By alias and by name.
Meanings = Mapping[int | str, Meaning]
#: Stands for alias 0, which an absent one looks like.
ALIAS_ZERO = -1


@dataclass(frozen=True, slots=True)
class _Known:
    birth: Birth
    tags: Mapping[tuple[str, str], Tag]
    points: Collection[str]
    meanings: Meanings


#: Births whose meanings are kept ready; others are worked out again.
_REMEMBERED = 4_096
_known: OrderedDict[int, _Known] = OrderedDict()


def meanings(birth: Birth, view: View) -> Meanings:
    """What the metrics of a birth mean. An alias given to two names means neither.

    Remembered by the identity of the three things it is made of, which are held as long: births are compared by the
    message, and theirs is a long comparison.
    """
    known = _known.get(id(birth))
    # it holds the birth, so nothing else can have its identity
    if known is not None and known.tags is view.sparkplug and known.points is view.points:
        _known.move_to_end(id(birth))
        return known.meanings
    found: dict[int | str, Meaning] = {}
    ambiguous: set[int] = set()
    for name, alias, datatype in birth.metrics:
        meant = meaning(name, datatype, birth.node, birth.device, view)
        found[name] = meant
        key = ALIAS_ZERO if alias == 0 else alias
        if key is not None and found.setdefault(key, meant).name != name:
            ambiguous.add(key)
    for key in ambiguous:
        del found[key]
    _known[id(birth)] = _Known(birth, view.sparkplug, view.points, found)
    _known.move_to_end(id(birth))
    if len(_known) > _REMEMBERED:
        _known.popitem(last=False)
    return found
