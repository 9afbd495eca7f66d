"""Mutated messages: pure, and the same for the same seed and number. Message 712 can be made without the 711 before it.

Topics are what a door can hand over: valid UTF-8 (a listener closes the connection over anything else) of any length
and content. Payloads and client ids are anything at all.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ingest.delivery import Delivery
from tests.fuzz import mutate_hj212, mutate_json, protobuf
from tests.fuzz.corpus import ENTERPRISE, Seed

#: When the first message arrives; each comes a little later, so that a long run spans several days.
FIRST_AT = datetime(2026, 11, 2, 1, tzinfo=UTC)
_STEP = timedelta(milliseconds=200)
#: A door keeps so many bytes of what is larger than it takes.
MAX_BYTES = 262_144
_KEPT_OF_OVERSIZE = 1024
_USUAL_BYTES = 16_384

#: How often each format is taken.
_WEIGHTS = {
    "json": 22,
    "hj212": 26,
    "sparkplug": 20,
    "thingsboard-device": 9,
    "thingsboard-gateway": 8,
    "thingsboard-presence": 2,
    "leak-tests": 7,
    "production": 7,
    "status": 2,
    "topics": 4,
}
_CLIENT_IDS = ("", "设备-7", "a" * 23, "x" * 65_535, "tab\there", "nul\0", "\ud800", "\x7f\x1b[2J", "‮oculto", "😀")
_LEVELS = ("gw1", "焦炉", "网" * 64, "g" * 65, "\x01", "a b", "", "+", "#", "😀", "\ufffe", "'; --", "%s", "{x}")
_NAMES = (
    "readings",
    "leak-tests",
    "production",
    "status",
    "hj212",
    "rejects",
    "READINGS",
    "",
    "sparkplug",
    "v1/devices/me/telemetry",
)
_TYPES = ("NBIRTH", "NDEATH", "NDATA", "DBIRTH", "DDEATH", "DDATA", "NCMD", "STATE", "ndata")
_OTHERS = ("v1/devices/me/attributes", "v1/gateway/rpc", "$SYS/broker", "t" * 60_000, "/", "v1/gateway/telemetry")


@dataclass(frozen=True, slots=True)
class Mutation:
    """A message to be sent. format: of the seed; what its topic says may be another by now."""

    number: int
    format: str
    seed: str
    delivery: Delivery


def make(seeds: dict[str, tuple[Seed, ...]], seed: int, number: int) -> Mutation:
    """The message of a number; some are one shortly before, sent again with or without DUP, or with another value."""
    rng = random.Random(seed << 40 | number)
    if number and rng.random() < 0.06:
        earlier = make(seeds, seed, number - rng.randrange(1, min(number, 60) + 1))
        payload = earlier.delivery.payload
        if rng.random() < 0.4 and not earlier.delivery.oversize:
            payload = _once(earlier.format, payload, seeds[earlier.format], rng)
        delivery = _delivery(earlier.delivery, payload, number, duplicate=rng.random() < 0.7)
        return Mutation(number, earlier.format, earlier.seed, delivery)
    (name,) = rng.choices(tuple(_WEIGHTS), tuple(_WEIGHTS.values()))
    good = [each for each in seeds[name] if each.is_good]
    chosen = rng.choice(good if good and rng.random() < 0.7 else seeds[name])
    payload = mutated(name, chosen.payload, seeds[name], rng)
    topic = chosen.topic
    if rng.random() < 0.05:
        topic = _topic(topic, seeds, rng)
    elif name == "sparkplug" and rng.random() < 0.3:
        topic = rng.choice(seeds[name]).topic
    return Mutation(number, name, chosen.name, _first_delivery(topic, payload, number, rng))


def _first_delivery(topic: str, payload: bytes, number: int, rng: random.Random) -> Delivery:
    client_id = "client-7" if rng.random() < 0.97 else rng.choice(_CLIENT_IDS)
    kept, size, oversize = payload, len(payload), False
    if len(payload) > MAX_BYTES or rng.random() < 0.005:
        kept, oversize = payload[:_KEPT_OF_OVERSIZE], True
        size = max(size, rng.choice((MAX_BYTES + 1, 268_435_455)))
    delivery = Delivery(ENTERPRISE, client_id, topic, kept, size, 1, False, False, FIRST_AT, oversize)
    return _delivery(delivery, kept, number, duplicate=rng.random() < 0.03)


def _delivery(like: Delivery, payload: bytes, number: int, *, duplicate: bool) -> Delivery:
    at = FIRST_AT + number * _STEP
    payload = payload[:MAX_BYTES]
    size = like.payload_size if like.oversize else len(payload)
    return Delivery(like.enterprise, like.client_id, like.topic, payload, size, 1, False, duplicate, at, like.oversize)


def mutated(format: str, payload: bytes, seeds: tuple[Seed, ...], rng: random.Random) -> bytes:
    """A payload of a format, changed in its times and then, mostly, in one to a few ways more."""
    if rng.random() < 0.85:
        payload = _at_other_times(format, payload, rng)
    for _ in range(rng.choice((0, 1, 1, 1, 1, 1, 1, 2, 2, 3, 6))):
        payload = _once(format, payload, seeds, rng)
        if len(payload) > _USUAL_BYTES and rng.random() < 0.98:
            payload = payload[:_USUAL_BYTES]
    return payload[: 2 * MAX_BYTES]


def _at_other_times(format: str, payload: bytes, rng: random.Random) -> bytes:
    """The same values at times up to a month before, so that most of them are news to the store."""
    seconds = -rng.randrange(60, 30 * 86_400)
    match format:
        case "hj212":
            return mutate_hj212.shift_times(payload, seconds)
        case "sparkplug":
            fields = protobuf.read(payload)
            if fields is None:
                return payload
            protobuf.shift_times(fields, seconds * 1000)
            return protobuf.write(fields)
        case _:
            return mutate_json.shift_times(payload, seconds)


def _once(format: str, payload: bytes, seeds: tuple[Seed, ...], rng: random.Random) -> bytes:
    if rng.random() < 0.75:
        match format:
            case "hj212":
                return mutate_hj212.change(payload, rng)
            case "sparkplug":
                fields = protobuf.read(payload)
                if fields is not None:
                    protobuf.change(fields, rng)
                    return protobuf.write(fields)
            case (
                "json"
                | "leak-tests"
                | "production"
                | "thingsboard-device"
                | "thingsboard-gateway"
                | "thingsboard-presence"
            ):
                return mutate_json.change(payload, rng)
    if rng.random() < 0.15:
        other = rng.choice(seeds).payload
        return payload[: rng.randrange(len(payload) + 1)] + other[rng.randrange(len(other) + 1) :]
    return change_bytes(payload, rng)


def change_bytes(payload: bytes, rng: random.Random) -> bytes:
    """One mutation that knows no format."""
    data = bytearray(payload)
    at = rng.randrange(len(data) + 1)
    size = min(rng.choice((1, 1, 2, 4, 16, 64)), len(data) - at)
    match rng.randrange(8):
        case 0 if size:
            data[at] ^= 1 << rng.randrange(8)
        case 1 if size:
            data[at] = rng.randrange(256)
        case 2:
            data[at:at] = rng.randbytes(rng.choice((1, 1, 2, 8, 40)))
        case 3:
            del data[at : at + size]
        case 4:
            data[at:at] = data[at : at + size] * rng.choice((1, 1, 2, 50, 2000))
        case 5:
            del data[at:]
        case 6:
            data[at : at + size] = reversed(data[at : at + size])
        case _:
            data[at:at] = rng.choice(
                (b"\0", b"\xef\xbb\xbf", b"\xff", b"\r\n", b"##", b"&&", b"\xed\xa0\x80", b"\xc0\x80")
            )
    return bytes(data)


def _topic(topic: str, seeds: dict[str, tuple[Seed, ...]], rng: random.Random) -> str:
    parts = topic.split("/")
    match rng.randrange(7):
        case 0:
            return rng.choice(seeds[rng.choice(tuple(seeds))]).topic
        case 1:
            parts[rng.randrange(len(parts))] = rng.choice(_LEVELS)
        case 2:
            parts[-1] = rng.choice(_NAMES)
        case 3:
            return f"spBv1.0/{ENTERPRISE}/{rng.choice(_TYPES)}/{rng.choice(_LEVELS)}" + rng.choice(
                ("", f"/{rng.choice(_LEVELS)}")
            )
        case 4:
            parts.insert(rng.randrange(len(parts) + 1), rng.choice(_LEVELS))
        case 5:
            return rng.choice(_OTHERS)
        case _:
            return topic.replace(ENTERPRISE, rng.choice(("steel-2", "", "Coke-1", "nobody")))
    return "/".join(parts)[:60_000].replace("\0", "")
