"""What every decoder makes of a message: columns of values, and what was wrong with the rest."""

from __future__ import annotations

import msgspec

from ingest.decode.faults import Faults
from ingest.decode.register import Birth


class Samples(msgspec.Struct):
    """Values of one message in the order of the payload; codes, values and flags have one entry a value.

    A Struct, as are the other objects that are made for every message: in a tenth of the time of a dataclass.
    """

    codes: list[str] = []
    """Point codes of the enterprise."""
    values: list[float] = []
    """In the unit of the point."""
    flags: str = ""
    """One letter a value."""
    at_us: list[int] = []
    """One entry a sample, as in sizes and paths."""
    sizes: list[int] = []
    """Values of each sample; may be 0."""
    paths: list[str] = []
    """Where the sample stands in the payload: `$`, or `$[3]` in a list."""
    faults: Faults = msgspec.field(default_factory=Faults)
    quirks: dict[tuple[str, str], int] = {}
    """Frames by device and deviation from the standard that was tolerated."""
    ignored: int = 0
    """Values that the register says are knowingly not kept; no items."""
    online: list[tuple[str, bool]] = []
    """What the message says of the presence of gateways, in order."""
    births: list[Birth] = []
    """Sparkplug: what aliases mean from this message on."""
    commands: list[tuple[str, bytes]] = []
    """(topic, payload) to be sent to the sender, such as a request for a birth."""

    def add(self, path: str, at_us: int, values: list[tuple[str, float, str]]) -> None:
        """One sample: (point code, value, flag letter) each."""
        self.paths.append(path)
        self.at_us.append(at_us)
        self.sizes.append(len(values))
        for code, value, flag in values:
            self.codes.append(code)
            self.values.append(value)
            self.flags += flag

    def tolerate(self, device: str, quirk: str) -> None:
        """Count a deviation from the standard in one frame of a device."""
        self.quirks[device, quirk] = self.quirks.get((device, quirk), 0) + 1
