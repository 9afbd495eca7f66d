"""Request numbers (QN) of data loggers: a moment to the millisecond, so each upload has its own, and they go forward.

What is odd about them refuses nothing, at strict stations neither: it is counted under a name, and is a sign that
somebody may want to look at. Uploads that nobody asked for are compared only with their like, command and packet
number being the same: an exchange may share a number between its parts (HJ 212-2017, 6.1 and C.47 to C.50).

Nothing here outlives the process, and other processes know nothing of it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ingest.decode.hj212_quirks import Quirk

_DIGITS = 17
#: Uploads of a station that are remembered: an answer that was lost makes a logger send the last ones again.
_REMEMBERED = 64
#: A clock that is set, or two channels that overtake each other, put a number back by less.
_TOLERANCE_S = 60.0


@dataclass(slots=True)
class _Station:
    newest: str
    contents: OrderedDict[tuple[str, str, str], int] = field(default_factory=OrderedDict)
    """Digest of what was sent, by number, command and packet number."""


class RequestNumbers:
    """The last numbers of each station that this process hears."""

    def __init__(self, *, max_stations: int = 20_000) -> None:
        """max_stations: of more stations, those are forgotten that were silent the longest."""
        self._max_stations = max_stations
        self._stations: OrderedDict[str, _Station] = OrderedDict()

    def note(self, mn: str, header: Mapping[str, str], content: str) -> Quirk | None:
        """Take note of an upload, once and in order of arrival; what is odd about its number.

        The same content under the same number is the same upload again, and nothing odd. Backfilled frames (RF=1) may
        bear the number under which they should have been sent.
        """
        number = header.get("QN", "")
        if len(number) != _DIGITS or not (number.isascii() and number.isdigit()):
            return None
        station = self._stations.get(mn)
        if station is None:
            station = self._stations[mn] = _Station(number)
            if len(self._stations) > self._max_stations:
                self._stations.popitem(last=False)
        self._stations.move_to_end(mn)
        key, digest = (number, header.get("CN", ""), header.get("PNO", "")), hash(content)
        before = station.contents.get(key)
        station.contents[key] = digest
        if before is not None:
            return None if before == digest else Quirk.QN_REUSED
        if len(station.contents) > _REMEMBERED:
            station.contents.popitem(last=False)
        if header.get("RF") == "1":
            return None
        newest, station.newest = station.newest, number
        return Quirk.QN_BACKWARDS if number < newest and _seconds(number, newest) > _TOLERANCE_S else None


class DeliveryNumbers:
    """Request numbers of one delivery, which may be taken apart more than once: each frame is taken note of once."""

    def __init__(self, numbers: RequestNumbers) -> None:
        self._numbers = numbers
        self._found: dict[str, Quirk | None] = {}

    def note(self, path: str, mn: str, header: Mapping[str, str], content: str) -> Quirk | None:
        """See `RequestNumbers.note`. path: where the frame stands in the delivery."""
        if path not in self._found:
            self._found[path] = self._numbers.note(mn, header, content)
        return self._found[path]


def _seconds(earlier: str, later: str) -> float:
    """Seconds between two numbers; none where one of them is no moment."""
    try:
        first, last = (datetime.strptime(text[:14], "%Y%m%d%H%M%S") for text in (earlier, later))  # noqa: DTZ007
    except ValueError:
        return 0.0
    return (last - first).total_seconds()
