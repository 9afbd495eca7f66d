"""What every decoder makes of a message: columns of values, and what was wrong with the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ingest.decode.faults import Faults
from ingest.decode.register import Birth


@dataclass(slots=True)
class Samples:
    """Values of one message in the order of the payload; codes, values and flags have one entry a value."""

    codes: list[str] = field(default_factory=list)
    """Point codes of the enterprise."""
    values: list[float] = field(default_factory=list)
    """In the unit of the point."""
    flags: str = ""
    """One letter a value."""
    at_us: list[int] = field(default_factory=list)
    """One entry a sample, as in sizes and paths."""
    sizes: list[int] = field(default_factory=list)
    """Values of each sample; may be 0."""
    paths: list[str] = field(default_factory=list)
    """Where the sample stands in the payload: `$`, or `$[3]` in a list."""
    faults: Faults = field(default_factory=Faults)
    quirks: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Frames by device and deviation from the standard that was tolerated."""
    ignored: int = 0
    """Values that the register says are knowingly not kept; no items."""
    online: list[tuple[str, bool]] = field(default_factory=list)
    """What the message says of the presence of gateways, in order."""
    births: list[Birth] = field(default_factory=list)
    """Sparkplug: what aliases mean from this message on."""
    commands: list[tuple[str, bytes]] = field(default_factory=list)
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
