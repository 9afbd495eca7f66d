"""iCalendar as another program reads it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from api.ical import Event, TimedEvent, calendar, folded, text

AT = datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC)
EVENT = Event(
    "duty-1@plantwatch", date(2026, 12, 31), "土壤监测，截止日", "状态：即将到期\n依据：方案; 一, 二", "定期事项", 7
)


def test_another_reader_finds_what_was_written() -> None:
    written = calendar("定期事项 hx-coking", [EVENT, Event("b@plantwatch", date(2027, 1, 1), "已办", "", "x")], AT)
    read = Calendar.from_ical(written)
    assert read["X-WR-CALNAME"] == "定期事项 hx-coking"
    first, second = read.walk("VEVENT")
    assert (first["UID"], str(first["SUMMARY"])) == ("duty-1@plantwatch", EVENT.summary)
    assert str(first["DESCRIPTION"]) == EVENT.description
    assert first["DTSTART"].dt == date(2026, 12, 31)
    assert first["DTSTART"].params["VALUE"] == "DATE"
    assert first["DTEND"].dt == date(2027, 1, 1)
    assert first["DTSTAMP"].dt == AT
    assert [alarm["TRIGGER"].dt for alarm in first.walk("VALARM")] == [-timedelta(days=7), timedelta(hours=9)]
    assert second.walk("VALARM") == []


def test_another_reader_finds_from_when_to_when() -> None:
    hour = timedelta(hours=1)
    turn = TimedEvent("turn-1@plantwatch", AT, AT + 12 * hour, "夜班：李白；\n", "值班组：市值班室", "值班", hour / 2)
    first, second = Calendar.from_ical(
        calendar("值班", [turn, TimedEvent("b@plantwatch", AT, AT + hour, "白班", "", "值班")], AT)
    ).walk("VEVENT")
    assert (first["DTSTART"].dt, first["DTEND"].dt) == (AT, AT + 12 * hour)
    assert (str(first["SUMMARY"]), str(first["UID"])) == ("夜班：李白；\n", "turn-1@plantwatch")
    assert [alarm["TRIGGER"].dt for alarm in first.walk("VALARM")] == [-timedelta(minutes=30)]
    assert second.walk("VALARM") == []


def test_lines_are_folded_and_end_as_the_standard_says() -> None:
    written = calendar("x", [EVENT, Event("u", date(2026, 1, 1), "字" * 300, "a" * 500, "c")], AT)
    assert written.endswith(b"END:VCALENDAR\r\n")
    lines = written.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    for line in lines:
        line.decode("utf-8")  # no character is cut in two


def test_nothing_in_a_text_begins_another_property() -> None:
    event = Event("u", date(2026, 1, 1), "a\r\nEND:VEVENT\r\nBEGIN:VEVENT", "x\nATTACH:file\x00\x07", "c")
    (found,) = Calendar.from_ical(calendar("x\r\nX-EVIL:1", [event], AT)).walk("VEVENT")
    assert str(found["SUMMARY"]) == "a\nEND:VEVENT\nBEGIN:VEVENT"
    assert "ATTACH" not in found


PLAIN = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200)


@given(PLAIN)
def test_texts_come_back(value: str) -> None:
    (found,) = Calendar.from_ical(calendar("x", [Event("u", date(2026, 1, 1), value, value, "c")], AT)).walk("VEVENT")
    assert str(found["DESCRIPTION"]) == value


@given(PLAIN)
def test_folding_loses_nothing(value: str) -> None:
    parts = list(folded(text(value)))
    assert all(len(part) <= 77 and part.endswith(b"\r\n") for part in parts)
    assert b"".join(parts).replace(b"\r\n ", b"")[:-2].decode() == text(value)


def test_a_calendar_without_events_has_a_component_all_the_same() -> None:
    """RFC 5545 3.6: at least one; some programs refuse a file without."""
    read = Calendar.from_ical(calendar("值班", [], AT))
    (zone,) = read.walk("VTIMEZONE")
    assert str(zone["TZID"]) == str(read["X-WR-TIMEZONE"]) == "Asia/Shanghai"
    assert zone.to_tz().utcoffset(datetime(2026, 7, 1, 12)) == timedelta(hours=8)  # noqa: DTZ001
