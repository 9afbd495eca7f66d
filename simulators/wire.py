"""What the simulated gateways put on the wire: topics and payloads, written from the published contract alone.

These encoders share nothing with the platform's decoders, on purpose: a misunderstanding on one side must show.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum

from domain.periods import SITE_ZONE

#: A sample: instant, values by point code, flags by point code (absent means N).
Sample = tuple[datetime, Mapping[str, float], Mapping[str, str]]


class TimeStyle(Enum):
    """Gateways write the instant as their makers liked it; the contract allows all three."""

    LOCAL = "at, +08:00"
    UTC = "at, Z"
    MILLISECONDS = "ts, epoch milliseconds"


#: Where a ThingsBoard gateway publishes; who it is says the connection's user name.
THINGSBOARD_TELEMETRY = "v1/gateway/telemetry"
THINGSBOARD_CONNECT = "v1/gateway/connect"
THINGSBOARD_DISCONNECT = "v1/gateway/disconnect"


def topic(enterprise: str, gateway: str, kind: str) -> str:
    """``plantwatch/v1/{enterprise}/{gateway}/{kind}``."""
    return f"plantwatch/v1/{enterprise}/{gateway}/{kind}"


def readings(samples: Iterable[Sample], style: TimeStyle) -> bytes:
    """The payload of a readings message: a JSON list of samples."""
    return _compact([_sample(sample, style) for sample in samples])


def _sample(sample: Sample, style: TimeStyle) -> dict[str, object]:
    at, values, flags = sample
    body: dict[str, object]
    if style is TimeStyle.MILLISECONDS:
        body = {"ts": int(at.timestamp() * 1000), "values": values}
    elif style is TimeStyle.UTC:
        body = {"at": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "values": values}
    else:
        body = {"at": at.astimezone(SITE_ZONE).isoformat(), "values": values}
    if flags:
        body["flags"] = flags
    return body


def thingsboard(devices: Mapping[str, Sequence[tuple[datetime, Mapping[str, float]]]]) -> bytes:
    """The payload of a ThingsBoard gateway: by device, instants and values by telemetry key."""
    return _compact(
        {
            device: [{"ts": int(at.timestamp() * 1000), "values": values} for at, values in rows]
            for device, rows in devices.items()
        }
    )


def thingsboard_device(device: str) -> bytes:
    """The payload with which a ThingsBoard gateway says that a device is connected, or not any more."""
    return _compact({"device": device})


def production(entries: Sequence[Mapping[str, object]]) -> bytes:
    """The payload of a production message: a JSON list of figures of the ledger."""
    return _compact(entries)


def _compact(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
