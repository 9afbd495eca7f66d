"""Whatever arrives is taken apart without an exception, and each item of it is accounted for.

The short form, for every run of the suite. The long one: `python -m tests.fuzz --messages 1000000 --seed 1`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.readings import to_us
from domain.refusals import Reason
from ingest.decode.instants import read_at
from ingest.delivery import Delivery
from storage.database import Database
from tests.fuzz.corpus import ENTERPRISE, load
from tests.fuzz.hj212_frames import annex_a, envelope
from tests.fuzz.mutations import FIRST_AT, make
from tests.fuzz.oracle import Oracle
from tests.fuzz.through_writer import audit, keep_births, make_plant, send

PLANT, SEEDS = load()
#: What a suite run takes of them; numbers make the same messages every time.
PURE_MESSAGES = 3_000
STORED_MESSAGES = 3_000

TOPICS = (
    *(f"plantwatch/v1/{ENTERPRISE}/gw1/{kind}" for kind in ("readings", "leak-tests", "production", "status", "hj212")),
    *(f"spBv1.0/{ENTERPRISE}/{kind}/n1" for kind in ("NBIRTH", "NDATA", "NDEATH")),
    *(f"spBv1.0/{ENTERPRISE}/{kind}/n1/d1" for kind in ("DBIRTH", "DDATA", "DDEATH")),
    *("v1/devices/me/telemetry", "v1/gateway/telemetry", "v1/gateway/connect", "v1/gateway/disconnect"),
)


def delivery(topic: str, payload: bytes, *, duplicate: bool = False) -> Delivery:
    return Delivery(ENTERPRISE, "client-7", topic, payload, len(payload), 1, False, duplicate, FIRST_AT)


@given(st.sampled_from(TOPICS), st.binary(max_size=300), st.booleans())
@settings(max_examples=400, derandomize=True, deadline=None, database=None)
def test_bytes_on_any_topic_are_taken_apart(topic: str, payload: bytes, duplicate: bool) -> None:
    assert Oracle(PLANT.registry()).examine(delivery(topic, payload, duplicate=duplicate)).problems == []


@given(st.text(min_size=1, max_size=200), st.binary(max_size=30))
@settings(max_examples=200, derandomize=True, deadline=None, database=None)
def test_a_topic_of_any_text_is_answered(topic: str, payload: bytes) -> None:
    verdict = Oracle(PLANT.registry()).examine(delivery(topic, payload))
    assert verdict.problems == []
    assert verdict.refused


@given(
    st.sampled_from(sorted(PLANT.stations)), st.sampled_from(("2011", "2061", "3020", "2013")), st.text(max_size=120)
)
@settings(max_examples=300, derandomize=True, deadline=None, database=None)
def test_a_data_area_of_any_text_is_taken_apart(mn: str, command: str, area: str) -> None:
    segment = f"QN=20261102085900123;ST=31;CN={command};PW=123456;MN={mn};Flag=5;CP=&&DataTime=20261102085900;{area}&&"
    payload = envelope(segment.encode())
    assert Oracle(PLANT.registry()).examine(delivery(f"plantwatch/v1/{ENTERPRISE}/gw1/hj212", payload)).problems == []


RFC3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?(?:([Zz])|([+-])(\d\d):(\d\d))?", re.ASCII)


def read_slowly(text: str) -> int | Reason:
    """RFC 3339, section 5.6, number by number."""
    parts = RFC3339.fullmatch(text)
    if parts is None:
        return Reason.BAD_TIME
    *calendar, fraction, zulu, sign, hours, minutes = parts.groups()
    if zulu is None and sign is None:
        return Reason.NAIVE_TIME
    behind = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    if int(minutes or 0) > 59:
        return Reason.BAD_TIME
    try:
        numbers = [*map(int, calendar), int(f"{fraction or '.'}000000"[1:7])]
        at_us = to_us(datetime(*numbers, tzinfo=timezone(behind)))  # type: ignore[arg-type, misc]
    except ValueError:
        return Reason.BAD_TIME
    return at_us if to_us(datetime.min.replace(tzinfo=UTC)) <= at_us <= to_us(LAST) else Reason.BAD_TIME


LAST = datetime.max.replace(tzinfo=UTC)
YEARS = st.sampled_from(("2026", "2024", "0001", "0000", "9999", "26"))
MONTHS = st.sampled_from(("01", "02", "11", "12", "00", "13"))
DAYS = st.sampled_from(("01", "28", "29", "30", "31", "00", "32"))
HOURS = st.sampled_from(("00", "08", "12", "23", "24"))
MINUTES = st.sampled_from(("00", "07", "30", "59", "60"))
FRACTIONS = st.sampled_from(("", "", "", ".", ".5", ".123456", ".1234567", ",5"))
OFFSETS = st.one_of(
    st.sampled_from(("Z", "z", "", "+08", "+0800")),
    st.builds("{}{}:{}".format, st.sampled_from("+-"), HOURS, st.sampled_from(("00", "30", "59", "60", "99"))),
)
TIMES = st.builds(
    "{}-{}-{}{}{}:{}:{}{}{}".format,
    *(YEARS, MONTHS, DAYS, st.sampled_from("TTTt "), HOURS, MINUTES, MINUTES, FRACTIONS, OFFSETS),
)


@given(TIMES, st.integers(0, 40), st.sampled_from("0123456789+-:.,TZ W１/\0"))
@settings(max_examples=600, derandomize=True, deadline=None, database=None)
def test_times_are_read_as_the_rfc_says(text: str, position: int, letter: str) -> None:
    for written in (text, text[:position] + letter + text[position + 1 :], text[:position] + letter + text[position:]):
        assert read_at(written) == read_slowly(written), written


def test_mutated_messages_are_taken_apart_alone() -> None:
    oracle = Oracle(PLANT.registry())
    problems = {}
    formats = set()
    for number in range(PURE_MESSAGES):
        mutation = make(SEEDS, 1, number)
        verdict = oracle.examine(mutation.delivery)
        formats.add(mutation.format)
        if verdict.problems:
            problems[number] = (mutation.seed, verdict.problems)
    assert problems == {}
    assert formats == set(SEEDS)


def test_a_message_is_the_same_whenever_it_is_made() -> None:
    assert [make(SEEDS, 5, number) for number in (70, 3, 71)] == [make(SEEDS, 5, number) for number in (70, 3, 71)]
    assert len({make(SEEDS, 5, number).delivery.payload for number in range(100)}) > 80


def test_the_checksum_is_that_of_the_standard() -> None:
    """The example of HJ 212-2017, Annex A."""
    segment = b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"
    assert envelope(segment) == b"##0101" + segment + b"1C80\r\n"
    assert annex_a(segment) == 0x1C80


@pytest.mark.parametrize("seed", [2])
async def test_mutated_messages_are_in_the_books(database: Database, seed: int) -> None:
    make_plant(database.url, PLANT)
    await keep_births(database, PLANT)
    tally = await send(database, PLANT, (make(SEEDS, seed, number) for number in range(STORED_MESSAGES)))
    books = await audit(database, tally)
    assert tally.problems == []
    assert tally.messages == STORED_MESSAGES
    assert min(books[fate] for fate in ("stored", "duplicates", "corrections", "refused")) > 0
