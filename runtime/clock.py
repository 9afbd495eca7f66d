"""Clocks. Below `runtime` nobody reads one: instants are handed down.

A simulated city runs many times faster than the wall. Its services are separate processes, so the clock they share is
eight bytes in a file that the simulator moves and they map: an instant is valid the moment it is written.
"""

from __future__ import annotations

import mmap
import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.clock import Clock
from domain.errors import SettingsError

_FORMAT = struct.Struct("<q")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def system_clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class ClockFile:
    """A clock that stands until somebody moves it. The writer makes it, readers open it.

    Eight aligned bytes are stored and loaded in one piece on every machine Python runs on; a reader never sees half
    an instant.
    """

    def __init__(self, path: Path, *, at: datetime | None = None) -> None:
        if at is not None:
            path.write_bytes(_FORMAT.pack(0))
        try:
            self._file = os.open(path, os.O_RDWR if at is not None else os.O_RDONLY)
            access = mmap.ACCESS_WRITE if at is not None else mmap.ACCESS_READ
            self._map = mmap.mmap(self._file, _FORMAT.size, access=access)
        except (OSError, ValueError) as error:
            raise SettingsError(f"clock file {path}: {error}") from error
        if at is not None:
            self.move(at)

    def move(self, at: datetime) -> None:
        """Set the instant. Moving backwards is refused: nothing in the platform is built for that."""
        if at < self():
            raise ValueError(f"the clock stands at {self().isoformat()}; it does not go back to {at.isoformat()}")
        microseconds = (at - _EPOCH) // timedelta(microseconds=1)
        self._map[:] = _FORMAT.pack(microseconds)

    def __call__(self) -> datetime:
        (microseconds,) = _FORMAT.unpack(self._map[:])
        return _EPOCH + timedelta(microseconds=microseconds)

    def close(self) -> None:
        """Give the mapping back."""
        self._map.close()
        os.close(self._file)


def open_clock(path: Path | None) -> Clock:
    """The clock that the settings name: a clock file's, or the machine's."""
    return system_clock if path is None else ClockFile(path)
