"""Sparkplug B payloads to samples (specification 3.0), in two steps.

At arrival a payload is parsed; when the batch is assembled and the register is known, its metrics get their meaning.

What the specification leaves to a host, and what we do:

- A metric that comes with its name, and with a value that needs no birth to be understood (a float, a double, a
  boolean, or an integer beside its datatype), is stored although no birth was heard; a birth is requested all the same.
- An integer without a known datatype, and any unknown alias, is refused (NO_BIRTH), and a birth is requested.
- After a death certificate and, for the devices, after a new NBIRTH, the births before mean nothing: an alias may have
  been given to another metric since.
- Null is no reading. In a birth it says that there is none yet, which is no item; in data it is refused as
  NOT_A_NUMBER.
- In a birth, a text or an unknown metric without a number describes the node (`Properties/...`) and is no item.
- `Quality` 192 is flag N, any other (0 bad, 500 stale) flag B: the value is kept and is not valid.
- `is_transient` asks not to keep a value; a registered point's values are kept whatever it says. `is_historical` says
  what the timestamp says too.
- Values are the numbers that were sent: a 32-bit float becomes the double of exactly its value, true is 1, and whole
  numbers beyond 2^53 lose what a double cannot hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite

from domain.quality import SourceFlag
from domain.refusals import Reason
from ingest.decode.faults import Faults, payload_head, printable, show
from ingest.decode.instants import read_ts
from ingest.decode.register import Birth, View
from ingest.decode.samples import Samples
from ingest.decode.sparkplug_names import (
    ALIAS_ZERO,
    BD_SEQ,
    Meaning,
    Meanings,
    gateway_name,
    meaning,
    meanings,
    signed_bits,
)
from ingest.decode.sparkplug_payload import DataType, Metric, Payload, read_payload, rebirth_request
from ingest.topics import Sparkplug

_EXPECTED = "a Sparkplug B protobuf payload (specification 3.0, clause 6.4.1)"
_EXPECTED_NUMBER = "a finite number: an integer, a float, a double or a boolean"
_EXPECTED_TIME = "milliseconds since 1970 in UTC"
_NORMAL = SourceFlag.NORMAL.value
_BAD_QUALITY = SourceFlag.COMMUNICATION.value
_GOOD = 192
_QUALITY = b"Quality"
_INTEGERS = frozenset({"int_value", "long_value"})
_SELF_EXPLAINING = frozenset({"float_value", "double_value", "boolean_value"})
_NOT_NUMBERS = frozenset({DataType.STRING, DataType.DATE_TIME, DataType.TEXT, DataType.UUID})
_SHOWN_CHARACTERS = 80
#: bdSeq counts 0 to 255; what a node makes of it beyond is kept as far as the column goes.
_BD_SEQ_MASK = 0x7FFF


@dataclass(slots=True)
class Parsed:
    """A payload whose names are not yet resolved. Resolving reads it only, so that it can be done again."""

    seq: int | None
    faults: Faults = field(default_factory=Faults)
    payload: Payload | None = None
    """None when there are faults."""
    has_quality: bool = False
    """Whether a metric may say how good it is."""


def parse_sparkplug(payload: bytes) -> Parsed:
    """The payload; faults when it is no protobuf, or nothing of Sparkplug is in it."""
    parsed = Parsed(None)
    read = read_payload(payload)
    if read is None:
        parsed.faults.add(Reason.BAD_PAYLOAD, payload_head(payload), expected=_EXPECTED)
        return parsed
    if read.HasField("seq"):
        parsed.seq = read.seq
    if read.body and not read.metrics:
        expected = "metrics; a compressed body is no part of Sparkplug 3.0"
        parsed.faults.add(Reason.BAD_PAYLOAD, f"body of {len(read.body)} bytes", expected=expected)
    elif not read.metrics and parsed.seq is None and not read.timestamp:
        parsed.faults.add(Reason.BAD_PAYLOAD, payload_head(payload), expected=_EXPECTED)
    else:
        parsed.payload = read
        parsed.has_quality = _QUALITY in payload
    return parsed


def resolve_sparkplug(
    parsed: Parsed, topic: Sparkplug, enterprise: str, received_us: int, gap: bool, view: View
) -> Samples:
    """The samples, births and requests of a payload; whatever cannot be used is in their faults, never raised.

    gap: messages of the node are missing. At most one birth is requested, of the node, by an NCMD.
    """
    samples = Samples(faults=parsed.faults.copy())
    payload = parsed.payload
    is_missing_birth = False
    if payload is not None:
        match topic.type:
            case "NDEATH":
                _end_node(payload, topic.node, view, samples)
            case "DDEATH":
                _end(topic.node, topic.device, view, samples)
            case "NBIRTH" | "DBIRTH":
                _begin(parsed, payload, topic, received_us, view, samples)
            case _:
                is_missing_birth = _read_data(parsed, payload, topic, received_us, view, samples)
    if gap or is_missing_birth:
        command = f"spBv1.0/{enterprise}/NCMD/{topic.node}"
        samples.commands.append((command, rebirth_request(received_us // 1000)))
    return samples


# --- births and deaths


def _begin(parsed: Parsed, payload: Payload, topic: Sparkplug, received_us: int, view: View, samples: Samples) -> None:
    node, device = topic.node, topic.device
    named = [(_text(metric.name), metric) for metric in payload.metrics if metric.name]
    birth = Birth(
        node,
        device,
        None if device else _bd_seq(payload),
        tuple((name, metric.alias if metric.HasField("alias") else None, metric.datatype) for name, metric in named),
    )
    if not device:
        _end_devices(node, view, samples)
    samples.births.append(birth)
    samples.online.append((gateway_name(node, device), True))
    _Reader(samples, meanings(birth, view), topic, view, received_us, is_birth=True).read(
        payload, has_quality=parsed.has_quality
    )


def _end_node(payload: Payload, node: str, view: View, samples: Samples) -> None:
    """The death of the session that the birth belongs to, or nothing: wills of earlier sessions come late."""
    birth = view.births.get((node, ""))
    bd_seq = _bd_seq(payload)
    if birth is not None and None not in (birth.bd_seq, bd_seq) and birth.bd_seq != bd_seq:
        return
    _end(node, "", view, samples)
    _end_devices(node, view, samples)


def _end_devices(node: str, view: View, samples: Samples) -> None:
    for birth in list(view.births.values()):
        if birth.node == node and birth.device and birth.metrics:
            _end(node, birth.device, view, samples)


def _end(node: str, device: str, view: View, samples: Samples) -> None:
    """Say that a node or device is gone; its aliases mean nothing any more."""
    samples.online.append((gateway_name(node, device), False))
    birth = view.births.get((node, device))
    if birth is not None and birth.metrics:
        samples.births.append(Birth(node, device, birth.bd_seq, ()))


def _bd_seq(payload: Payload) -> int | None:
    for metric in payload.metrics:
        if metric.name == BD_SEQ.encode():
            held = metric.WhichOneof("value")
            return getattr(metric, held) & _BD_SEQ_MASK if held in _INTEGERS else None
    return None


# --- values


def _read_data(
    parsed: Parsed, payload: Payload, topic: Sparkplug, received_us: int, view: View, samples: Samples
) -> bool:
    """Whether a birth is missing that would be needed."""
    birth = view.births.get((topic.node, topic.device))
    is_born = birth is not None and bool(birth.metrics)
    known: Meanings = meanings(birth, view) if birth is not None and is_born else {}
    reader = _Reader(samples, known, topic, view, received_us, is_birth=False)
    reader.read(payload, has_quality=parsed.has_quality)
    return reader.is_missing_birth or not is_born


def _text(name: bytes) -> str:
    # neither bad UTF-8 nor NUL survives a text column; and what is written so is in no register
    return name.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


@dataclass(slots=True)
class _Reader:
    """The metrics of one payload on their way into samples: neighbours of one instant make one sample."""

    samples: Samples
    known: Meanings
    topic: Sparkplug
    view: View
    received_us: int
    is_birth: bool
    is_missing_birth: bool = False

    def read(self, payload: Payload, *, has_quality: bool) -> None:
        samples, known = self.samples, self.known
        codes, values, sizes = samples.codes, samples.values, samples.sizes
        letters: list[str] = []
        sent_ms = payload.timestamp
        last_ms = -1
        for index, metric in enumerate(payload.metrics):
            name = metric.name
            meant = known.get(_text(name) if name else metric.alias)
            # what is not zero is there, in the field where the birth's type belongs; all else is looked at closely
            if meant is None or not meant.carrier or not (number := getattr(metric, meant.carrier)) or metric.is_null:
                found = self._look(metric, index, meant)
                if found is None:
                    continue
                meant, number = found
            elif meant.signed_bits:
                number = _signed(number, meant.signed_bits)
            tag = meant.tag
            assert tag is not None, "who has none has no carrier, and is refused when looked at"
            number = tag.value(number)
            if not isfinite(number):
                samples.faults.add(
                    Reason.NOT_A_NUMBER, f"{_path(index, meant.name)} = {number}", expected=_EXPECTED_NUMBER
                )
                continue
            ms = metric.timestamp or sent_ms
            if ms != last_ms:
                instant = read_ts(ms) if ms else self.received_us
                path = _path(index, meant.name)
                if isinstance(instant, Reason):
                    samples.faults.add(instant, f"{path}.timestamp = {ms}", expected=_EXPECTED_TIME)
                    continue
                last_ms = ms
                samples.at_us.append(instant)
                sizes.append(0)
                samples.paths.append(path)
            sizes[-1] += 1
            codes.append(tag.point)
            values.append(float(number))
            letters.append(_letter(metric) if has_quality else _NORMAL)
        samples.flags += "".join(letters)

    def _look(self, metric: Metric, index: int, meant: Meaning | None) -> tuple[Meaning, float] | None:
        """A registered metric and its value; None once it is refused, or nothing that could be stored."""
        held = metric.WhichOneof("value")
        if meant is None and not metric.name and metric.alias == 0 and metric.HasField("alias"):
            meant = self.known.get(ALIAS_ZERO)
        if meant is None:
            meant = self._guess(metric, held, index)
        if meant is None or meant.is_control:
            return None
        number = None if metric.is_null or held is None else _number(metric, held, meant.datatype)
        if meant.tag is not None and number is not None:
            return meant, number
        self._refuse(metric, held, meant, index, number)
        return None

    def _guess(self, metric: Metric, held: str | None, index: int) -> Meaning | None:
        """The meaning of a metric that no birth explains, by what it says of itself; None once it is refused."""
        datatype = metric.datatype if metric.HasField("datatype") else None
        if metric.name:
            meant = meaning(_text(metric.name), datatype, self.topic.node, self.topic.device, self.view)
            if datatype is not None or held not in _INTEGERS or meant.tag is None:
                return meant
        alias = f"alias {metric.alias}" if metric.HasField("alias") else "without name and alias"
        where = _path(index, _text(metric.name) if metric.name else alias)
        self.samples.faults.add(Reason.NO_BIRTH, where)
        self.is_missing_birth = True
        return None

    def _refuse(self, metric: Metric, held: str | None, meant: Meaning, index: int, number: float | None) -> None:
        path = _path(index, meant.name)
        if meant.tag is None:
            describes = self.is_birth and number is None
            if not describes and not metric.is_transient:
                shown = _shown(metric, held) if number is None else show(number)
                self.samples.faults.add(Reason.UNKNOWN_POINT, f"{path} = {shown}")
        elif not (self.is_birth and (metric.is_null or held is None)):
            shown = _shown(metric, held)
            self.samples.faults.add(Reason.NOT_A_NUMBER, f"{path} = {shown}", expected=_EXPECTED_NUMBER)


def _path(index: int, name: str) -> str:
    return printable(f"metrics[{index}] {name[:_SHOWN_CHARACTERS]}")


def _number(metric: Metric, held: str, datatype: int | None) -> float | None:
    """The value of a metric as a number, not yet in the unit of its point; None when it is none."""
    if held in _SELF_EXPLAINING:
        return float(getattr(metric, held))
    datatype = metric.datatype or datatype
    if held not in _INTEGERS or datatype in _NOT_NUMBERS:
        return None
    return float(_signed(getattr(metric, held), signed_bits(datatype)))


def _signed(value: int, bits: int) -> int:
    """Two's complement; some libraries fill more of the field than the type has bits."""
    half = 1 << (bits - 1) if bits else 0
    return ((value & (2 * half - 1)) ^ half) - half if half else value


def _letter(metric: Metric) -> str:
    if metric.HasField("properties"):
        for key, value in zip(metric.properties.keys, metric.properties.values, strict=False):
            if key == _QUALITY and (value.HasField("int_value") or value.HasField("long_value")):
                return _NORMAL if (value.int_value or value.long_value) == _GOOD else _BAD_QUALITY
    return _NORMAL


def _shown(metric: Metric, held: str | None) -> str:
    if metric.is_null or held is None:
        return "null"
    value = getattr(metric, held)
    if held == "string_value":
        return show(value[: 4 * _SHOWN_CHARACTERS].decode("utf-8", "backslashreplace"))
    return f"{held.removesuffix('_value')} of {len(value)} bytes" if isinstance(value, bytes) else show(value)
