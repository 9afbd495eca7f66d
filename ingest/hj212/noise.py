"""What came between frames, gathered until it is worth a line in the books. Pure."""

from __future__ import annotations

import re

#: A frame that had begun when the stream was over.
_BEGUN = re.compile(rb"##?[0-9]{0,3}\Z|##[0-9]{4}")


class NoiseHeap:
    """The first bytes of what is no frame, and how many there were."""

    def __init__(self, kept_bytes: int) -> None:
        self._kept_bytes = kept_bytes
        self._kept = bytearray()
        self.size = 0
        """Bytes gathered, kept or not."""

    def add(self, data: bytes) -> None:
        """More of it."""
        self.size += len(data)
        self._kept += data[: self._kept_bytes - len(self._kept)]

    def add_last(self, data: bytes) -> None:
        """What was left when the stream was over. A frame that was cut off is no noise: its sender knows that it was
        not answered."""
        begun = _BEGUN.search(data)
        data = data if begun is None else data[: begun.start()]
        if data.strip():
            self.add(data)

    def take(self) -> tuple[bytes, int]:
        """The first bytes and how many there were; begins anew."""
        taken = bytes(self._kept), self.size
        self._kept.clear()
        self.size = 0
        return taken
