"""Sparkplug B payloads to samples."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.decode.faults import Faults
from ingest.decode.register import View
from ingest.decode.samples import Samples
from ingest.topics import Sparkplug


@dataclass(slots=True)
class Parsed:
    """A payload whose names are not yet resolved."""

    seq: int | None
    faults: Faults = field(default_factory=Faults)


def parse_sparkplug(payload: bytes) -> Parsed:
    """The payload; faults when it is no protobuf."""
    raise NotImplementedError


def resolve_sparkplug(
    parsed: Parsed, topic: Sparkplug, enterprise: str, received_us: int, gap: bool, view: View
) -> Samples:
    """The samples, births and requests of a payload."""
    raise NotImplementedError
