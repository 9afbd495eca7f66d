"""Who may come in, and what the others are told."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from ingest.hj212 import HjServer
from tests.integration.hj212.conftest import Open, Sample, Start
from tests.integration.hj212.support import (
    MN,
    PW,
    SIBLING,
    STRANGER,
    RecordingSink,
    Stations,
    Strays,
    acknowledgement,
    framed,
    gone,
    hashed,
    masked,
    qn,
    upload,
)

UNKNOWN = "0" * 24


@pytest.mark.parametrize(
    ("who", "change", "returned", "reason"),
    [
        ({"mn": UNKNOWN}, {}, 4, "unknown_mn"),
        ({"mn": ""}, {}, 4, "unknown_mn"),
        ({"mn": "X" * 65}, {}, 4, "unknown_mn"),
        ({"mn": MN.lower()}, {}, 4, "unknown_mn"),
        ({}, {"in_service_to": date(2026, 11, 2)}, 4, "out_of_service"),
        ({}, {"in_service_from": date(2026, 11, 3)}, 4, "out_of_service"),
        ({"pw": "654321"}, {}, 3, "wrong_password"),
        ({"pw": ""}, {}, 3, "wrong_password"),
        ({}, {"password_hash": None}, 3, "no_password_set"),
    ],
)
async def test_who_may_not_come_in_is_told_why_noted_and_sent_away(
    host: HjServer,
    raw: Open,
    stations: Stations,
    strays: Strays,
    sink: RecordingSink,
    sample: Sample,
    who: dict[str, Any],
    change: dict[str, Any],
    returned: int,
    reason: str,
) -> None:
    stations.change(**change)
    logger = await raw(host)
    logger.send(upload(1, **who), upload(2))
    assert await logger.answer() == acknowledgement(1, cn="9011", cp=f"QnRtn={returned}", **who)
    await logger.ended()
    await strays.received(1)
    sender = who.get("mn", MN)
    assert strays.noted == [(sender, masked(upload(1, **who), who.get("pw", PW)), reason)]
    assert sink.deliveries == []
    assert sink.statuses == []
    assert sample("admissions_total", result=reason) == 1


async def test_a_2005_logger_is_refused_in_its_own_way(host: HjServer, raw: Open) -> None:
    logger = await raw(host)
    logger.send(upload(1, mn=UNKNOWN, flag=1))
    assert await logger.answer() == framed(f"ST=91;CN=9011;PW={PW};MN={UNKNOWN};Flag=0;CP=&&QN={qn(1)};QnRtn=4&&")


async def test_who_wants_no_answer_is_sent_away_without_one(host: HjServer, raw: Open, strays: Strays) -> None:
    logger = await raw(host)
    logger.send(upload(1, mn=UNKNOWN, flag=4))
    await logger.ended()
    await strays.received(1)


async def test_a_first_frame_with_a_wrong_crc_proves_nothing_and_harms_nobody(
    host: HjServer, raw: Open, strays: Strays, sink: RecordingSink
) -> None:
    logger = await raw(host)
    bad = upload(1).replace(b"a21026", b"a21027")
    logger.send(bad, upload(2))
    assert await logger.answer() == acknowledgement(2)
    assert strays.noted == [(MN, masked(bad), "bad_crc")]
    assert sink.payloads == [upload(2)]


async def test_the_crc_is_the_one_of_the_station(host: HjServer, raw: Open, stations: Stations) -> None:
    stations.change(crc="none")
    logger = await raw(host)
    logger.send(upload(1)[:-6] + b"0000\r\n")
    assert await logger.answer() == acknowledgement(1)


async def test_noise_before_the_first_frame_is_a_stray(
    host: HjServer, raw: Open, strays: Strays, sink: RecordingSink
) -> None:
    logger = await raw(host)
    logger.send(b"AT+CIPSTART\r\n", upload(1))
    assert await logger.answer() == acknowledgement(1)
    assert strays.noted == [("", b"AT+CIPSTART\r\n", "no_frame")]
    assert sink.payloads == [upload(1)]


async def test_a_right_password_is_checked_once(
    host: HjServer, raw: Open, stations: Stations, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger = await raw(host)
    logger.send(upload(1))
    assert await logger.answer() == acknowledgement(1)
    monkeypatch.setattr("argon2.PasswordHasher.verify", None)  # calling it again would fail
    again = await raw(host)
    again.send(upload(2))
    assert await again.answer() == acknowledgement(2)
    assert stations.asked == [MN, MN], "the register is asked every time"


async def test_a_newer_connection_takes_over_and_gets_no_answers_of_the_older(
    host: HjServer, raw: Open, sink: RecordingSink, sample: Sample
) -> None:
    sink.held = True
    old = await raw(host)
    old.send(upload(1))
    await sink.received(1)
    new = await raw(host)
    new.send(upload(2))
    await old.ended()
    await sink.received(2)
    sink.release()
    assert await new.answer() == acknowledgement(2)
    await new.silent()
    assert sample("disconnects_total", reason="taken_over") == 1
    assert sample("stations") == 1
    assert sink.statuses == [("coke-1", "cems-1", True), ("coke-1", "cems-1", True)]


async def test_a_strict_station_speaks_for_nobody_else(
    host: HjServer, known: Open, strays: Strays, sink: RecordingSink
) -> None:
    logger = await known(host)
    logger.send(upload(1, mn=SIBLING), upload(2))
    assert await logger.answer() == acknowledgement(1, mn=SIBLING, cn="9011", cp="QnRtn=4")
    await logger.ended()
    await strays.received(1)
    assert strays.reasons == [(SIBLING, "foreign_mn")]
    assert sink.deliveries == []


async def test_a_lenient_station_may_speak_for_its_enterprise(
    host: HjServer, raw: Open, stations: Stations, sink: RecordingSink
) -> None:
    stations.change(strict=False)
    logger = await raw(host)
    logger.send(upload(1), upload(2, mn=SIBLING, pw="other"), upload(3), upload(4, mn=SIBLING), upload(5, pw=""))
    assert [await logger.answer() for _ in range(5)] == [
        acknowledgement(1),
        acknowledgement(2, mn=SIBLING, pw="other"),
        acknowledgement(3),
        acknowledgement(4, mn=SIBLING),
        acknowledgement(5, pw=""),
    ]
    assert [delivery.topic.split("/")[3] for delivery in sink.deliveries] == [
        *("cems-1", "cems-2", "cems-1", "cems-2", "cems-1")
    ]
    assert {(delivery.enterprise, delivery.client_id) for delivery in sink.deliveries} == {("coke-1", f"hj212:{MN}")}
    assert stations.asked == [MN, SIBLING], "and is asked for each once"


@pytest.mark.parametrize("foreign", [STRANGER, UNKNOWN])
async def test_a_lenient_station_never_speaks_for_another_enterprise(
    host: HjServer, raw: Open, stations: Stations, strays: Strays, sink: RecordingSink, foreign: str
) -> None:
    stations.change(strict=False)
    logger = await raw(host)
    logger.send(upload(1), upload(2, mn=foreign))
    assert await logger.answer() == acknowledgement(1)
    assert await logger.answer() == acknowledgement(2, mn=foreign, cn="9011", cp="QnRtn=4")
    await logger.ended()
    await strays.received(1)
    assert strays.reasons == [(foreign, "foreign_mn")]
    assert sink.payloads == [upload(1)]


async def test_the_password_counts_in_every_frame(host: HjServer, known: Open, strays: Strays) -> None:
    logger = await known(host)
    logger.send(upload(1, pw="654321"))
    assert await logger.answer() == acknowledgement(1, pw="654321", cn="9011", cp="QnRtn=3")
    await logger.ended()
    await strays.received(1)
    assert strays.reasons == [(MN, "wrong_password")]


@pytest.mark.parametrize(
    "change",
    [{"in_service_to": date(2026, 11, 2)}, {"password_hash": None}, {"password_hash": "another"}, {"strict": False}],
)
async def test_a_station_of_which_the_register_says_something_else_is_sent_away(
    start: Start, known: Open, stations: Stations, sample: Sample, change: dict[str, Any]
) -> None:
    host = await start(recheck_s=0.02)
    logger = await known(host)
    stations.change(**change)
    await logger.ended()
    assert sample("disconnects_total", reason="withdrawn") == 1


async def test_a_register_that_cannot_be_read_sends_nobody_away_who_is_in(
    start: Start, known: Open, stations: Stations
) -> None:
    host = await start(recheck_s=0.01)
    logger = await known(host)
    stations.unavailable = True
    asked = len(stations.asked)
    while len(stations.asked) < asked + 3:
        await logger.silent()


@pytest.mark.parametrize("trouble", ["unavailable", "broken"])
async def test_while_the_register_cannot_be_read_nobody_is_refused(
    host: HjServer, raw: Open, stations: Stations, strays: Strays, sample: Sample, trouble: str
) -> None:
    """A 9011 would say that the logger is at fault; without an answer it comes back."""
    setattr(stations, trouble, True)
    logger = await raw(host)
    logger.send(upload(1))
    await logger.ended()
    reason = "register_unavailable" if trouble == "unavailable" else "internal_error"
    assert sample("disconnects_total", reason=reason) == 1
    assert strays.noted == []
    setattr(stations, trouble, False)
    again = await raw(host)
    again.send(upload(1))
    assert await again.answer() == acknowledgement(1)


async def test_a_register_that_does_not_answer_holds_nobody_for_ever(
    start: Start, raw: Open, stations: Stations
) -> None:
    host = await start(admit_timeout_s=0.02)
    stations.gate = asyncio.Event()
    logger = await raw(host)
    logger.send(upload(1))
    await logger.ended()


async def test_who_leaves_while_the_register_is_asked_leaves_nothing_behind(
    host: HjServer, raw: Open, stations: Stations, sink: RecordingSink, sample: Sample
) -> None:
    stations.gate = asyncio.Event()
    logger = await raw(host)
    logger.send(upload(1))
    await stations.until_asked()
    logger.drop()
    await gone(host)
    stations.gate.set()
    assert sample("stations") == 0
    assert sink.statuses == []


async def test_strays_that_cannot_be_noted_hold_nobody(
    host: HjServer, raw: Open, strays: Strays, sample: Sample
) -> None:
    strays.unavailable = True
    logger = await raw(host)
    logger.send(upload(1, mn=UNKNOWN))
    assert await logger.answer() == acknowledgement(1, mn=UNKNOWN, cn="9011", cp="QnRtn=4")
    await logger.ended()
    assert sample("lost_strays_total") == 1


async def test_a_gateway_is_there_as_long_as_one_of_its_stations_is(
    host: HjServer, known: Open, stations: Stations, sink: RecordingSink
) -> None:
    stations.change(SIBLING, gateway="cems-1")
    first, second = await known(host), await known(host, mn=SIBLING)
    await first.close()
    third = await known(host, mn=MN)
    assert sink.statuses == [("coke-1", "cems-1", True)] * 3
    await second.close()
    await third.close()
    await sink.until(lambda: len(sink.statuses) == 4)
    assert sink.statuses[-1] == ("coke-1", "cems-1", False)


async def test_a_password_change_takes_effect_at_the_next_connection(
    host: HjServer, known: Open, raw: Open, stations: Stations
) -> None:
    await known(host)
    stations.change(password_hash=hashed("234567"))
    old, new = await raw(host), await raw(host)
    old.send(upload(1))
    assert await old.answer() == acknowledgement(1, cn="9011", cp="QnRtn=3")
    new.send(upload(2, pw="234567"))
    assert await new.answer() == acknowledgement(2, pw="234567")
