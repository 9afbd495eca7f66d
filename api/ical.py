"""iCalendar (RFC 5545) of days and turns: what telephones and mail programs subscribe to. Pure: events to octets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

MEDIA_TYPE = "text/calendar"
#: A content line has at most so many octets without its end (RFC 5545 3.1).
_OCTETS = 75
#: The zone of X-WR-TIMEZONE, without summer time since 1991. A calendar must have a component (3.6), an empty one too.
_ZONE = (
    "BEGIN:VTIMEZONE",
    "TZID:Asia/Shanghai",
    "BEGIN:STANDARD",
    "DTSTART:19910915T010000",
    "TZOFFSETFROM:+0900",
    "TZOFFSETTO:+0800",
    "TZNAME:CST",
    "END:STANDARD",
    "END:VTIMEZONE",
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something on a whole local day. uid: the same for the same thing for ever. remind_days: how many days before a
    reminder is shown (and one at nine on the day), None for no reminder."""

    uid: str
    day: date
    summary: str
    description: str
    category: str
    remind_days: int | None = None


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """Something from an instant to another. uid: the same for the same thing for ever. remind: how long before it a
    reminder is shown, None for no reminder."""

    uid: str
    start: datetime
    end: datetime
    summary: str
    description: str
    category: str
    remind: timedelta | None = None


def calendar(name: str, events: Iterable[Event | TimedEvent], made_at: datetime) -> bytes:
    """A calendar as a file. made_at: when it was made, for DTSTAMP."""
    stamp = _instant(made_at)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Plantwatch//Duties//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{text(name)}",
        "X-WR-TIMEZONE:Asia/Shanghai",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
        *_ZONE,
    ]
    for event in events:
        lines += _event(event, stamp) if isinstance(event, Event) else _timed(event, stamp)
    lines.append("END:VCALENDAR")
    return b"".join(part for line in lines for part in folded(line))


def _event(event: Event, stamp: str) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{text(event.summary)}"
    yield f"DESCRIPTION:{text(event.description)}"
    yield f"CATEGORIES:{text(event.category)}"
    yield "TRANSP:TRANSPARENT"
    if event.remind_days is not None:
        for trigger in (f"-P{event.remind_days}D", "PT9H") if event.remind_days else ("PT9H",):
            yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:{trigger}", f"DESCRIPTION:{text(event.summary)}")
            yield "END:VALARM"
    yield "END:VEVENT"


def _timed(event: TimedEvent, stamp: str) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART:{_instant(event.start)}"
    yield f"DTEND:{_instant(event.end)}"
    yield f"SUMMARY:{text(event.summary)}"
    yield f"DESCRIPTION:{text(event.description)}"
    yield f"CATEGORIES:{text(event.category)}"
    if event.remind is not None:
        minutes = round(event.remind / timedelta(minutes=1))
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:-PT{minutes}M", f"DESCRIPTION:{text(event.summary)}")
        yield "END:VALARM"
    yield "END:VEVENT"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def text(value: str) -> str:
    """A text as the value of a property (RFC 5545 3.3.11): nothing in it can end the line or begin another property."""
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        value = value.replace(plain, escaped)
    return "".join(letter for letter in value if letter == "\t" or (letter >= " " and letter != "\x7f"))


def folded(line: str) -> Iterator[bytes]:
    """A content line in octets, folded where it is too long and never within a character, each part with its CRLF."""
    part, room = bytearray(), _OCTETS
    for letter in line:
        octets = letter.encode("utf-8", "replace")
        if len(part) + len(octets) > room:
            yield bytes(part) + b"\r\n"
            part, room = bytearray(b" "), _OCTETS
        part += octets
    yield bytes(part) + b"\r\n"
