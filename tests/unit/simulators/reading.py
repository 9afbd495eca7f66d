"""Reads what the simulated gateways wrote, as simply as possible and without the platform's decoders.

Any deviation from what the simulators write raises.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

from domain.periods import SITE_ZONE
from simulators.messages import Message
from simulators.senders import aliases
from simulators.speech import Format
from simulators.story import Story

FRAME = re.compile(
    rb"##(\d{4})(QN=\d{17};ST=31;CN=(?:2011|2051|2061|2031);PW=\d{6};MN=(\w+);Flag=(\d+);(RF=1;)?CP=&&)"
    rb"(?:\{([^}]*)\})?([^&]*)(&&)([0-9A-Fa-f]{4})(\r\n|(?=##|$))"
)


class Item(NamedTuple):
    """One value as the wire has it. raw: before any scale."""

    point: str
    at: datetime
    raw: float
    flag: str


class Reader:
    """Knows the names of one story's city."""

    def __init__(self, story: Story) -> None:
        self._keys = {mn: secret.sm4_key for mn, secret in story.secrets.items()}
        self._tags = {(t.enterprise, t.protocol, t.device, t.name): t.point for t in story.city.tags}
        self._metrics = {}
        for enterprise in {tag.enterprise for tag in story.city.tags if tag.protocol == "sparkplug"}:
            mine = [tag for tag in story.city.tags if tag.enterprise == enterprise]
            names = aliases(mine)
            self._metrics[enterprise] = {names[tag.name]: tag.point for tag in mine}

    def items(self, message: Message) -> Iterator[Item]:
        """All values of a well-formed message of readings, in order."""
        if message.format is Format.JSON:
            yield from self._json(message)
        elif message.format is Format.SPARKPLUG:
            yield from self._sparkplug(message)
        elif message.format is Format.THINGSBOARD:
            yield from self._thingsboard(message)
        else:
            yield from self._frames(message)

    def _json(self, message: Message) -> Iterator[Item]:
        for sample in json.loads(message.payload):
            if "ts" in sample:
                at = datetime.fromtimestamp(sample["ts"] / 1000, tz=UTC)
            else:
                at = datetime.fromisoformat(sample["at"]).astimezone(UTC)
            for code, value in sample["values"].items():
                yield Item(f"{message.enterprise}/{code}", at, value, sample.get("flags", {}).get(code, "N"))

    def _thingsboard(self, message: Message) -> Iterator[Item]:
        for device, rows in json.loads(message.payload).items():
            for row in rows:
                at = datetime.fromtimestamp(row["ts"] / 1000, tz=UTC)
                for key, value in row["values"].items():
                    point = self._tags[message.enterprise, "thingsboard", device, key]
                    yield Item(f"{message.enterprise}/{point}", at, value, "N")

    def _sparkplug(self, message: Message) -> Iterator[Item]:
        names = self._metrics[message.enterprise]
        for number, content in fields(message.payload):
            if number == 2:
                assert isinstance(content, bytes)
                metric = dict(fields(content))
                value, at, alias = metric[13], metric[3], metric[2]
                assert isinstance(value, float)
                assert isinstance(at, int)
                assert isinstance(alias, int)
                assert metric[4] == 10
                instant = datetime.fromtimestamp(at / 1000, tz=UTC)
                yield Item(f"{message.enterprise}/{names[alias]}", instant, value, "N")

    def _frames(self, message: Message) -> Iterator[Item]:
        position = 0
        while position < len(message.payload):
            frame = FRAME.match(message.payload, position)
            assert frame is not None, message.payload[position:]
            position = frame.end()
            length, head, mn, _, _, hidden, rest, tail, _, _ = frame.groups()
            area = rest
            if hidden is not None:
                key = self._keys[mn.decode()]
                assert key is not None
                decryptor = Cipher(SM4(key), modes.ECB()).decryptor()
                area = decryptor.update(bytes(int(byte, 16) for byte in hidden.split(b","))) + rest
            assert int(length) == len(head + area + tail)
            yield from self._area(
                message.enterprise, mn.decode(), head.partition(b";CN=")[2][:4].decode(), area.decode()
            )

    def _area(self, enterprise: str, mn: str, command: str, area: str) -> Iterator[Item]:
        first, *factors = area.rstrip(";").split(";")
        at = datetime.strptime(first, "DataTime=%Y%m%d%H%M%S").replace(tzinfo=SITE_ZONE).astimezone(UTC)
        for factor in factors:
            *values, (code, _, flag) = (part.replace("=", "-").split("-", 2) for part in _attributes(factor))
            for of, key, value in values:
                assert of == code
                point = self._tags[enterprise, "hj212", mn, f"{command}/{code}-{key}"]
                yield Item(f"{enterprise}/{point}", at, float(value), flag)


def _attributes(factor: str) -> list[str]:
    assert re.fullmatch(r"(\w+)(-(Rtd|Avg|ZsAvg|Cou)=-?[\d.]+,\1)+-Flag=[A-Z]", factor), factor
    return factor.split(",")


def fields(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """(field number, content) of a protobuf message: integers, doubles and byte strings."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        match key & 7:
            case 0:
                value, position = _varint(message, position)
                yield key >> 3, value
            case 1:
                yield key >> 3, struct.unpack_from("<d", message, position)[0]
                position += 8
            case 2:
                size, position = _varint(message, position)
                yield key >> 3, message[position : position + size]
                position += size
            case other:
                raise AssertionError(f"wire type {other}")


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position
