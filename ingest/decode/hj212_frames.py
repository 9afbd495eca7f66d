"""HJ 212 frames in a stream or a message: `##`, four digits of length, data segment, CRC, CR LF (HJ 212-2017, 6.3).

The length counts the data segment only. It cannot be relied upon: encrypted frames of 2025 keep the length of their
plain text, and loggers miscount. So the end is where the length says if a CRC stands there, else at the first
`&&hhhh` that a line end or the next frame follows. Whatever is no frame comes back as `Noise`; no byte is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from ingest.decode.hj212_crc import crc
from ingest.decode.hj212_header import edition_of, flag_number, read_header
from ingest.decode.hj212_quirks import Quirk

#: Bytes that a connection may hold. The longest lawful frame, an encrypted one, has about 5,100.
BUFFER_BYTES = 8192
SEGMENT_CHARACTERS = 1024
#: What begins an encrypted data area (HJ 212-2025).
ENCRYPTED = "{0x"

_START = re.compile(rb"##[0-9]{4}")
_START_BYTES = 6
_PARTIAL_START = re.compile(rb"##?[0-9]{0,3}\Z")
_END = re.compile(rb"&&[0-9A-Fa-f]{4}(?:\r?\n|(?=##[0-9]{4}))")
_LAST_END = re.compile(rb"&&[0-9A-Fa-f]{4}(?:\r?\n|\r?\Z|(?=##[0-9]{4}))")
_AROUND_SEGMENT = _START_BYTES + len("1C80\r\n")
#: An end that has been seen in part: `&&hhhh##ddd`.
_END_BYTES = 12
_CRC = re.compile(rb"[0-9A-Fa-f]{4}")


@dataclass(slots=True)  # not frozen, which costs a microsecond a frame
class Frame:
    """One frame as it was cut out; nothing of it is believed yet, its CRC least of all."""

    raw: bytes
    segment: bytes
    crc: str
    """Four hexadecimal digits as sent."""
    length: str
    """Four decimal digits as sent."""
    head: str
    """What stands before the data area."""
    header: Mapping[str, str]
    """By QN, ST, CN, PW, MN, Flag, PNUM, PNO, RF; only what the frame has, values as sent. See `read_header`."""
    cp: str | None
    """What stands between `CP=&&` and the closing `&&`, encrypted if it was sent so; None without them."""
    quirks: tuple[Quirk, ...]
    """What is irregular in the framing and in how the header is written."""

    @property
    def encrypted(self) -> bool:
        """Whether the data area is in the form of HJ 212-2025 encryption."""
        return self.cp is not None and self.cp.startswith(ENCRYPTED)

    @property
    def wants_answer(self) -> bool:
        """Bit 0 of Flag: the sender waits for an answer. Without a Flag it does not."""
        flag = flag_number(self.header)
        return flag is not None and flag & 1 == 1

    def edition(self, default: str) -> str:
        """The edition that the frame follows, "2005", "2017" or "2025"; the default when it does not say."""
        return edition_of(self.header, default)


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that belong to no frame, among them frames that were cut off."""

    data: bytes

    @property
    def blank(self) -> bool:
        """Whether there are only line ends and spaces, which some loggers put between frames."""
        return not self.data.strip()


class FrameReader:
    """Frames of a byte stream, in pieces of any size: how the stream is cut never changes what is found.

    Holds at most `limit` bytes. Every byte is looked at a bounded number of times, whatever the stream says.
    """

    def __init__(self, limit: int = BUFFER_BYTES) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._begin = 0
        """Bytes before it are noise, which waits to be given back in one piece."""
        self._in_frame = False
        """Whether a start stands at `_begin`."""
        self._next_start: int | None = None
        self._starts_seen = 0
        """Before it no start begins but `_next_start`."""
        self._next_end: tuple[int, int] | None = None
        """Where `&&` of the next end stands, and where the line end behind it is over."""
        self._ends_seen = 0

    @property
    def pending(self) -> int:
        """Bytes that are held: noise not yet given back, or the beginning of a frame."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """What the next bytes complete, in the order of the stream."""
        found: list[Frame | Noise] = []
        taken = 0
        while taken < len(data):
            room = self._limit - len(self._buffer)
            self._buffer += data[taken : taken + room]
            taken += room
            self._advance(found)
            while len(self._buffer) >= self._limit:
                self._make_room(found)
                self._advance(found)
        return found

    def flush(self) -> list[Frame | Noise]:
        """What is complete but for its line end, for when the peer pauses; unfinished bytes stay."""
        found: list[Frame | Noise] = []
        self._forget_ends()
        self._advance(found, final=True)
        self._forget_ends()
        return found

    def close(self) -> list[Frame | Noise]:
        """What is complete but for its line end, and the rest as noise: the stream is over."""
        found: list[Frame | Noise] = []
        self._forget_ends()
        self._advance(found, final=True)
        while self._in_frame:
            self._give_up()
            self._advance(found, final=True)
        if self._buffer:
            found.append(Noise(bytes(self._buffer)))
            self._drop(len(self._buffer))
        return found

    def _advance(self, found: list[Frame | Noise], *, final: bool = False) -> None:
        while True:
            if not self._in_frame:
                start = self._start_after(self._begin)
                if start is None:
                    return
                self._begin, self._in_frame = start, True
            sizes = self._measure(final)
            if sizes is None:
                return
            segment_bytes, frame_bytes = sizes
            if frame_bytes == 0:
                self._give_up()
                continue
            if self._begin:
                found.append(Noise(bytes(self._buffer[: self._begin])))
            end = self._begin + frame_bytes
            found.append(_frame(bytes(self._buffer[self._begin : end]), segment_bytes))
            self._drop(end)

    def _measure(self, final: bool) -> tuple[int, int] | None:
        """Bytes of the segment and of the frame at `_begin`; (0, 0) when none is there, None when it is not all here.

        Each answer rests on bytes that are here, never on how many more are: else the cut of the stream would matter.
        """
        begin = self._begin
        body = begin + _START_BYTES
        length = int(self._buffer[begin + 2 : body])
        by_length = body + length
        end = self._end_after(body, final)
        if end is not None and end[0] + 2 == by_length:
            return length, end[1] - begin
        if (end is None or end[0] + 2 > by_length) and length < self._limit:
            after = self._after_crc(body, by_length, final)
            if after is None:
                return None
            if after:
                return length, after - begin
        start = self._start_after(body)
        if start is not None and (end is None or start < end[0]):
            return 0, 0
        return None if end is None else (end[0] + 2 - body, end[1] - begin)

    def _after_crc(self, body: int, at: int, final: bool) -> int | None:
        """Where a frame is over whose CRC stands at `at`; 0 when no frame has it there, None when that is not known."""
        buffer = self._buffer
        if len(buffer) < at + 4:
            return 0 if final else None
        if _CRC.match(buffer, at) is None:
            return 0
        rest = bytes(buffer[at + 4 : at + 6])
        if rest == b"\r\n":
            return at + 6
        if rest[:1] == b"\n":
            return at + 5
        if rest in (b"", b"\r") and not final:
            return None
        closed = at - 2 >= body and buffer[at - 2 : at] == b"&&"
        return at + 4 + (rest[:1] == b"\r") if closed else 0

    def _start_after(self, position: int) -> int | None:
        if self._next_start is None or self._next_start < position:
            match = _START.search(self._buffer, max(position, self._starts_seen))
            if match is None:
                self._next_start = None
                self._starts_seen = max(position, len(self._buffer) - _START_BYTES + 1)
            else:
                self._next_start = match.start()
        return self._next_start

    def _end_after(self, position: int, final: bool) -> tuple[int, int] | None:
        if self._next_end is None or self._next_end[0] < position:
            match = (_LAST_END if final else _END).search(self._buffer, max(position, self._ends_seen))
            if match is None:
                self._next_end = None
                self._ends_seen = max(position, len(self._buffer) - _END_BYTES + 1)
            else:
                self._next_end = match.span()
        return self._next_end

    def _forget_ends(self) -> None:
        """Because the end of the stream is an end too, or was one only for a moment."""
        self._next_end, self._ends_seen = None, self._begin

    def _give_up(self) -> None:
        """No frame begins here after all."""
        self._in_frame = False
        self._begin += _START_BYTES

    def _make_room(self, found: list[Frame | Noise]) -> None:
        """The buffer is full: give noise back, else stop believing in the frame."""
        if self._in_frame and self._begin == 0:
            self._give_up()
            return
        if self._in_frame:
            size = self._begin
        else:
            partial = _PARTIAL_START.search(self._buffer, len(self._buffer) - _START_BYTES + 1)
            size = len(self._buffer) if partial is None else partial.start()
        found.append(Noise(bytes(self._buffer[:size])))
        self._drop(size)

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        if self._begin < size:
            self._in_frame = False
        self._begin = max(0, self._begin - size)
        self._starts_seen = max(0, self._starts_seen - size)
        self._ends_seen = max(0, self._ends_seen - size)
        if self._next_start is not None:
            self._next_start = self._next_start - size if self._next_start >= size else None
        if self._next_end is not None:
            start, end = self._next_end
            self._next_end = (start - size, end - size) if start >= size else None


def split(payload: bytes) -> list[Frame | Noise]:
    """Frames of a whole message, which may stand one after the other; an unfinished one at its end is noise."""
    found: list[Frame | Noise] = []
    at = 0
    while length := _regular(payload, at):
        end = at + _AROUND_SEGMENT + length
        found.append(_frame(payload[at:end], length))
        at = end
    if at < len(payload):
        reader = FrameReader()
        found += reader.feed(payload[at:])
        found += reader.close()
    return found


def _regular(payload: bytes, at: int) -> int:
    """Bytes of the segment of a frame that is as it should be; 0 leaves the question to `FrameReader`.

    Most are, and this is three times as fast; neither another end nor another start may be inside.
    """
    digits = payload[at + 2 : at + _START_BYTES]
    if payload[at : at + 2] != b"##" or not digits.isdigit() or len(digits) != 4:
        return 0
    length = int(digits)
    end = at + _START_BYTES + length
    if (
        length + _AROUND_SEGMENT > BUFFER_BYTES
        or payload[end + 4 : end + 6] != b"\r\n"
        or payload[end - 2 : end] != b"&&"
        or _CRC.match(payload, end) is None
        or payload.find(b"\n", at, end) >= 0
        or payload.find(b"##", at + 2, end) >= 0
    ):
        return 0
    return length


def _frame(raw: bytes, segment_bytes: int) -> Frame:
    crc_at = _START_BYTES + segment_bytes
    segment = raw[_START_BYTES:crc_at]
    framing: list[Quirk] = []
    try:
        text = segment.decode("utf-8")
    except UnicodeDecodeError:
        text = segment.decode("utf-8", "backslashreplace")
        framing.append(Quirk.ENCODING)
    crc_text, length = raw[crc_at : crc_at + 4].decode("ascii"), raw[2:_START_BYTES].decode("ascii")
    head, found, rest = text.partition("CP=&&")
    head = head if found else text
    header, quirks = read_header(head)
    cp = rest[:-2] if found and rest.endswith("&&") else None
    if cp is None or not cp.startswith(ENCRYPTED):  # an encrypted one keeps the length of its plain text
        # characters by HJ 212-2017 6.3, bytes by the guide to 2025: they differ only where Chinese is
        if int(length) != segment_bytes and int(length) != len(text):
            framing.append(Quirk.LENGTH_MISMATCH)
        if len(text) > SEGMENT_CHARACTERS:
            framing.append(Quirk.SEGMENT_TOO_LONG)
    if raw[crc_at + 4 :] != b"\r\n":
        framing.append(Quirk.TAIL)
    if not (crc_text.isupper() or crc_text.isdigit()):
        framing.append(Quirk.CRC_LOWER_CASE)
    return Frame(raw, segment, crc_text, length, head, header, cp, (*framing, *quirks))


def make_frame(segment: str) -> bytes:
    """The frame around a data segment, whose characters are ASCII in all that we write ourselves."""
    data = segment.encode("utf-8", "backslashreplace")
    return b"##%04d%s%04X\r\n" % (len(data), data, crc(data))


class Command(StrEnum):
    """CN of what the platform answers (HJ 212-2017 table 9)."""

    REQUEST_ANSWER = "9011"
    RESULT = "9012"
    NOTIFICATION_ANSWER = "9013"
    DATA_ANSWER = "9014"


class RequestResult(IntEnum):
    """What QnRtn of 9011 says (HJ 212-2017 tables 6 and 7)."""

    READY = 1
    REFUSED = 2
    PW = 3
    MN = 4
    ST = 5
    FLAG = 6
    QN = 7
    CN = 8
    CRC = 9
    UNKNOWN = 100


def make_answer(frame: Frame, command: str, edition: str, result: int | None = None) -> bytes:
    """The answer 9011, 9012, 9013 or 9014 to a frame, in the edition that the frame's station speaks.

    result: QnRtn of 9011 or ExeRtn of 9012 (HJ 212-2017 tables 6 and 7). From 2017 on the answer bears the QN of
    the frame (6.5); in 2005 it stands in the data area. A frame without QN is answered without one.
    """
    header = frame.header
    number = f"QN={header['QN']}" if "QN" in header else ""
    outcome = "" if result is None else f"{'ExeRtn' if command == Command.RESULT else 'QnRtn'}={result}"
    who = f"ST=91;CN={command};PW={header.get('PW', '')};MN={header.get('MN', '')};Flag={_ANSWER_FLAGS[edition]};"
    if edition == "2005":
        return make_frame(f"{who}CP=&&{';'.join(part for part in (number, outcome) if part)}&&")
    return make_frame(f"{number}{';' if number else ''}{who}CP=&&{outcome}&&")


#: Version of the edition in bits 7-2; no packet numbers, no answer to the answer.
_ANSWER_FLAGS = {"2005": 0, "2017": 4, "2025": 8}
