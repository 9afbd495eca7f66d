"""The simulated senders of a bench: who they are, and their messages, encoded before anybody looks at a clock.

All packets of a connection have the same length, so that a million of them are one numpy matrix in which only the
instant, the digits, the packet identifier and the DUP flag differ from row to row.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from domain.readings import Bool, Int64
from runtime.sitemodels import MODELS
from runtime.siteregister import Register, row_of

Bytes = NDArray[np.uint8]

#: One message in so many is sent again: 2 %.
DUPLICATE_EVERY = 50
#: A redelivery comes at most so many messages after the original, mostly in another transaction.
_FARTHEST_DUPLICATE = 200
#: Milliseconds between two samples of a point: the minute values of an analyser.
STEP_MS = 60_000
_INSTANT = "0000-00-00T00:00:00.000"
#: HJ 212 factor codes of the points of a gateway, in their order.
FACTORS = tuple(f"a{21001 + number}" for number in range(20))
_VALUE = "000.000"
_DIGITS = tuple(place for place, letter in enumerate(_VALUE) if letter == "0")


@dataclass(frozen=True, slots=True)
class Fleet:
    """Enterprises, gateways of each, points of each gateway."""

    enterprises: int = 10
    gateways: int = 10
    points: int = 20

    def enterprise(self, number: int) -> str:
        return f"bench-{number:02d}"

    def codes(self, gateway: int) -> list[str]:
        """Point codes of one gateway."""
        return [f"G{gateway:03d}-P{number:02d}" for number in range(self.points)]

    def senders(self) -> list[Sender]:
        """One per gateway, each with all its points."""
        return [
            Sender(self.enterprise(number), f"gw-{gateway:03d}", tuple(self.codes(gateway)), 5 if gateway % 2 else 4)
            for gateway in range(self.gateways)
            for number in range(self.enterprises)
        ]

    def single_senders(self, count: int) -> list[Sender]:
        """So many senders of one point each."""
        codes = [code for gateway in range(self.gateways) for code in self.codes(gateway)]
        return [
            Sender(
                self.enterprise(number % self.enterprises),
                f"one-{number:04d}",
                (codes[number // self.enterprises],),
                5 if number // self.enterprises % 2 else 4,
            )
            for number in range(count)
        ]

    def register(self) -> Register:
        """The site of the fleet: points of minute values with a physical range."""
        register: Register = {noun: {} for noun in MODELS}
        _put(register, "city", ("bench",), code="bench", name="bench")
        _put(register, "district", ("bench",), code="bench", name="bench")
        for number in range(self.enterprises):
            enterprise = self.enterprise(number)
            _put(
                register, "enterprise", (enterprise,),
                code=enterprise, name=enterprise, district="bench", industry="bench", is_industrial=True,
                registered_from="2020-01-01",
            )  # fmt: skip
            for gateway in range(self.gateways):
                for code in self.codes(gateway):
                    _put(
                        register, "point", (enterprise, code),
                        enterprise=enterprise, code=code, name=code, kind="instantaneous", quantity="bench", unit="1",
                        interval_s=STEP_MS // 1000, physical_min=0.0, physical_max=2000.0,
                        in_service_from="2020-01-01",
                    )  # fmt: skip
                for code, factor in zip(self.codes(gateway), FACTORS, strict=False):
                    _put(
                        register, "tag", (enterprise, "hj212", mn(enterprise, gateway), f"2051/{factor}-Avg"),
                        enterprise=enterprise, protocol="hj212", device=mn(enterprise, gateway),
                        name=f"2051/{factor}-Avg", point=code, unit="1", scale=1.0,
                    )  # fmt: skip
                _put(
                    register, "station", (mn(enterprise, gateway),),
                    enterprise=enterprise, mn=mn(enterprise, gateway), name=enterprise, gateway=f"gw-{gateway:03d}",
                    edition="2017", in_service_from="2020-01-01",
                )  # fmt: skip
        return register


def mn(enterprise: str, gateway: int) -> str:
    """The number of a gateway's HJ 212 station, 24 characters."""
    return f"{enterprise.removeprefix('bench-')}{gateway:03d}".rjust(24, "8")


def _put(register: Register, noun: str, key: tuple[str, ...], **item: object) -> None:
    given = {name: date.fromisoformat(str(value)) if name.endswith("_from") else value for name, value in item.items()}
    register[noun][key] = row_of(noun, given)


@dataclass(frozen=True, slots=True)
class Sender:
    """One connection. level: 4 is MQTT 3.1.1, 5 is MQTT 5."""

    enterprise: str
    client_id: str
    codes: tuple[str, ...]
    level: int

    @property
    def topic(self) -> str:
        return f"plantwatch/v1/{self.enterprise}/{self.client_id}/readings"


@dataclass(frozen=True, slots=True)
class Cargo:
    """What one connection will send. packets: one row a packet; instants: how many distinct ones are in the first so
    many packets, one entry a packet."""

    packets: Bytes
    instants: Int64

    @property
    def messages(self) -> int:
        return int(self.packets.shape[0])

    @property
    def size(self) -> int:
        """Bytes of a packet."""
        return int(self.packets.shape[1])


def load(sender: Sender, *, first_ms: int, messages: int, seed: int) -> Cargo:
    """The packets of a connection: minute after minute from `first_ms`, 2 % of them sent again."""
    rng = np.random.default_rng(seed)
    again = repeated(messages)
    source = shuffled_source(messages, rng)
    instants: Int64 = np.cumsum(~again, dtype=np.int64)
    template, places = _template(sender)
    packets = np.tile(np.frombuffer(template, np.uint8), (messages, 1))
    digits = rng.integers(0, 10, (int(instants[-1]), len(places) * len(_DIGITS)), np.uint8) + np.uint8(ord("0"))
    packets[:, [place + digit for place in places for digit in _DIGITS]] = digits[source]
    packets[:, places] = np.maximum(packets[:, places], ord("1"))  # a number has no leading zero
    at = (first_ms + source * STEP_MS).astype("datetime64[ms]")
    text = np.datetime_as_string(at, unit="ms").astype(f"S{len(_INSTANT)}")
    start = template.index(_INSTANT.encode())
    packets[:, start : start + len(_INSTANT)] = text.view(np.uint8).reshape(messages, -1)
    _identify(packets, sender, again & (np.cumsum(again) % 2 == 0))
    return Cargo(packets, instants)


def repeated(messages: int) -> Bool:
    """Which messages of a connection are one sent again."""
    again: Bool = np.arange(messages) % DUPLICATE_EVERY == DUPLICATE_EVERY - 1
    return again


def shuffled_source(messages: int, rng: np.random.Generator) -> Int64:
    """Which distinct sample each message of a connection carries: the next one, or for a repetition an earlier one."""
    again = repeated(messages)
    source: Int64 = np.cumsum(~again, dtype=np.int64) - 1
    source[again] -= rng.integers(0, np.minimum(source[again], _FARTHEST_DUPLICATE) + 1)
    return source


def _identify(packets: Bytes, sender: Sender, marked: Bool) -> None:
    """Packet identifiers 1, 2, ..., and DUP on every other repetition: a gateway's own repetition carries none."""
    packet_id = (np.arange(len(packets)) % 65_535 + 1).astype(">u2")
    at = 3 + 2 + len(sender.topic)
    packets[:, at : at + 2] = packet_id.view(np.uint8).reshape(-1, 2)
    packets[marked, 0] |= 0x08


def _template(sender: Sender) -> tuple[bytes, list[int]]:
    """A PUBLISH of QoS 1 and where its values stand."""
    sample: dict[str, object] = {"at": _INSTANT + "+00:00", "values": dict.fromkeys(sender.codes, _VALUE)}
    if sender.client_id.endswith("3"):  # some gateways send flags
        sample["flags"] = {sender.codes[0]: "N"}
    text = json.dumps(sample, separators=(",", ":")).replace(f'"{_VALUE}"', _VALUE)
    topic = sender.topic.encode()
    body = len(topic).to_bytes(2) + topic + b"\0\0" + (b"\0" if sender.level == 5 else b"") + text.encode()
    if not 128 <= len(body) < 128 * 128:
        if len(body) >= 128:
            raise ValueError("a packet of the bench is too long for a length of two bytes")
        body = body.ljust(128)  # white space behind JSON means nothing, and every length takes two bytes
    packet = bytes((0x32, len(body) % 128 | 0x80, len(body) // 128)) + body
    places = []
    at = packet.index(b'"values":{')
    for _ in sender.codes:
        at = packet.index(b":" + _VALUE.encode(), at) + 1
        places.append(at)
    return packet, places


def connect_packet(sender: Sender, password: str) -> bytes:
    """CONNECT with clean start and without keep-alive. To a broker, client ids of all enterprises are one space."""
    fields = [f"{sender.enterprise}-{sender.client_id}".encode(), sender.enterprise.encode(), password.encode()]
    body = b"\0\4MQTT" + bytes((sender.level, 0xC2, 0, 0)) + (b"\0" if sender.level == 5 else b"")
    body += b"".join(len(field).to_bytes(2) + field for field in fields)
    if len(body) >= 128:
        raise ValueError("a CONNECT of the bench is too long for a length of one byte")
    return bytes((0x10, len(body))) + body
