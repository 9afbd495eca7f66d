"""ThingsBoard telemetry to samples, as ThingsBoard itself reads it.

Device API (`v1/devices/me/telemetry`): `{"k":1}`, `{"ts":1451649600512,"values":{"k":1}}` or a list of either. Gateway
API (`v1/gateway/telemetry`): `{"Device A":[...]}` with the same samples. Source: thingsboard.io, MQTT Device API and
MQTT Gateway API; where these are silent, ThingsBoard's own converter: numbers in text are numbers, true is 1, a
gateway's `metadata` is no telemetry. Unlike there, one bad sample does not cost the good ones beside it, and what is
no number is refused and counted instead of being kept as text or passed over.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.quality import SourceFlag
from domain.refusals import Reason
from ingest.decode.faults import Faults, printable, show
from ingest.decode.instants import read_ts
from ingest.decode.register import View
from ingest.decode.samples import Samples
from ingest.decode.strict_json import RepeatedKeys, read_json

#: What ThingsBoard takes for a number although it is text: no exponent, no sign but minus.
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
_MILLISECONDS = re.compile(r"-?[0-9]{1,18}")
_SAMPLE = '{"ts": milliseconds, "values": {key: number}}, or {key: number}'
_NORMAL = SourceFlag.NORMAL.value
_NAME_CHARACTERS = 200


def decode_device(payload: bytes, received_us: int, view: View) -> Samples:
    """Telemetry of the device API: a key is a point's code, unless the register has a tag for it (device "")."""
    samples = Samples()
    decoded = read_json(payload, samples.faults)
    if not samples.faults:
        reader = _Reader(samples, received_us, view, "")
        if isinstance(decoded, list):
            reader.read_list(decoded, "$")
        else:
            reader.read(decoded, "$")
    return samples


def decode_gateway(payload: bytes, received_us: int, view: View) -> Samples:
    """Telemetry of the gateway API: the register's tag for device and key, else the point `{device}.{key}`."""
    samples = Samples()
    faults = samples.faults
    decoded = read_json(payload, faults)
    if faults:
        return samples
    expected = '{"DEVICE": [sample, ...]}'
    if not isinstance(decoded, dict) or not decoded:
        faults.add(Reason.BAD_SAMPLE, f"$ = {show(decoded)}", expected=expected)
    elif isinstance(decoded, RepeatedKeys):
        faults.add(Reason.BAD_SAMPLE, "$", items=_items(decoded), expected="no device is given twice")
    else:
        for device, listed in decoded.items():
            path = f"$.{_name(device)}"
            if device and isinstance(listed, list):
                _Reader(samples, received_us, view, device).read_list(listed, path)
            else:
                faults.add(Reason.BAD_SAMPLE, f"{path} = {show(listed)}", expected=expected)
    return samples


def decode_presence(payload: bytes, online: bool, view: View) -> Samples:
    """A device that a gateway says is connected, or not: `{"device":"A"}`."""
    samples = Samples()
    decoded = read_json(payload, samples.faults)
    if samples.faults:
        return samples
    device = decoded.get("device") if isinstance(decoded, dict) else None
    if isinstance(device, str) and device and device.isprintable() and len(device) <= _NAME_CHARACTERS:
        samples.online.append((device, online))
    else:
        shown = "$" if device is None else "$.device"
        samples.faults.add(
            Reason.BAD_STATUS, f"{shown} = {show(decoded if device is None else device)}", expected='{"device": "NAME"}'
        )
    return samples


@dataclass(slots=True)
class _Reader:
    """Reads the samples of one device; of the device API its name is empty."""

    samples: Samples
    received_us: int
    view: View
    device: str

    def read_list(self, listed: list[Any], path: str) -> None:
        if not listed:
            self.samples.faults.add(Reason.BAD_SAMPLE, f"{path} = []", expected="at least one sample")
        for index, sample in enumerate(listed):
            self.read(sample, f"{path}[{index}]")

    def read(self, sample: Any, path: str) -> None:
        """Add what can be used of one sample, refuse the rest: a sample without usable structure is a single item."""
        faults = self.samples.faults
        if isinstance(sample, RepeatedKeys):
            items = _items(sample)
            faults.add(Reason.BAD_SAMPLE, path, items=items, expected="no key is given twice in an object")
            return
        if not isinstance(sample, dict):
            faults.add(Reason.BAD_SAMPLE, f"{path} = {show(sample)}", expected=_SAMPLE)
            return
        if self.device:
            sample = {key: value for key, value in sample.items() if key != "metadata"}
        parts = self._parts(sample, path, faults)
        if parts is None:
            return
        at_us, values = parts
        if not isinstance(values, dict) or not values:
            faults.add(Reason.BAD_SAMPLE, f"{path} = {show(values)}", expected=_SAMPLE)
        elif isinstance(values, RepeatedKeys):
            faults.add(Reason.BAD_SAMPLE, path, items=len(values), expected="no key is given twice in an object")
        elif isinstance(at_us, Reason):
            faults.add(at_us, f"{path}.ts = {show(sample['ts'])}", items=len(values), expected="ts in milliseconds")
        else:
            where = f"{path}.values" if values is sample.get("values") else path
            self.samples.add(path, at_us, self._values(values, where, faults))

    def _parts(self, sample: dict[str, Any], path: str, faults: Faults) -> tuple[int | Reason, Any] | None:
        """When and what; None once it is refused, because `ts` stands beside values that are not in `values`.

        ThingsBoard would make a series called ts of it, and false times for the others.
        """
        if "values" in sample and ("ts" in sample or isinstance(sample["values"], dict)):
            return (_instant(sample["ts"]) if "ts" in sample else self.received_us), sample["values"]
        if "ts" in sample:
            faults.add(Reason.BAD_SAMPLE, f"{path} = {show(sample)}", items=max(1, len(sample) - 1), expected=_SAMPLE)
            return None
        return self.received_us, sample

    def _values(self, values: Mapping[str, Any], path: str, faults: Faults) -> list[tuple[str, float, str]]:
        found: list[tuple[str, float, str]] = []
        for key, given in values.items():
            number = _number(given)
            tag = self.view.thingsboard.get((self.device, key))
            if tag is not None and number is not None:
                number = tag.value(number)
            if number is None or not math.isfinite(number):
                faults.add(Reason.NOT_A_NUMBER, f"{path}.{_name(key)} = {show(given)}")
                continue
            code = tag.point if tag is not None else f"{self.device}.{key}" if self.device else key
            if tag is not None or code in self.view.points:
                found.append((code, number, _NORMAL))
            else:
                faults.add(Reason.UNKNOWN_POINT, f"{path}.{_name(key)} = {show(given)}")
        return found


def _instant(ts: Any) -> int | Reason:
    return read_ts(int(ts) if isinstance(ts, str) and _MILLISECONDS.fullmatch(ts) else ts)


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return float(value) if isinstance(value, (bool, int, float)) else None


def _name(name: str) -> str:
    return printable(name[:80])


def _items(sample: Mapping[str, Any]) -> int:
    """How many values an object that cannot be used would have held, about."""
    values = sample.get("values")
    return max(1, len(values)) if isinstance(values, dict) else max(1, len(sample))
