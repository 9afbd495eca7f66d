"""Capture and transmission rates: hours of a stopped source, late hours and marks; and the counters to date."""

from __future__ import annotations

from typing import Any

import pytest

from domain.periods import month_of, quarter_of
from storage.database import Database
from storage.listing.quality import outlet_quality, pollutant_capture
from storage.marks import NewMark, add_mark, decide_mark
from tests.integration.rules.world import City, at, engine, step

CAPTURE, TRANSMISSION = "data.capture_rate", "data.transmission_rate"


def stop(first: str, last: str) -> NewMark:
    return NewMark("tianhe", "S1", None, "process", "stopped", at(first), at(last), "manual", "厂", "检修", None)


def plant(city: City, since: str = "2026-01-01") -> dict[str, int]:
    return city.stack(city.enterprise("tianhe", since=since), "S1", ["so2", "running_state"])


async def counters(database: Database, when: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The outlet's counters of the month, and its pollutant's hours of the quarter, up to an instant."""
    async with database.transaction() as connection:
        (outlet,) = await outlet_quality(connection, month_of(at(when)), at(when), "tianhe")
        (so2,) = await pollutant_capture(connection, quarter_of(at(when)), at(when))
    return outlet, so2


async def test_capture_of_a_quarter(city: City, database: Database) -> None:
    """1620 valid of 2160 hours are 75 % and met; a late hour that turns invalid is not, until a stop is marked."""
    points = plant(city)
    city.hours(points["so2"], at("2026-01-01"), 1620, 20.0, minutes=45)
    city.hours(points["so2"], at("2026-03-09 12:00"), 100, 20.0, minutes=44)
    judging = engine(database, CAPTURE)
    await step(judging, "2026-04-01 00:09")
    assert city.current(CAPTURE) == []
    await step(judging, "2026-04-01 00:10")
    (finding,) = city.current(CAPTURE)
    assert finding["subject"] == "pollutant:tianhe/S1/so2"
    assert (finding["verdict"], finding["reason"], finding["value"]) == ("compliant", "capture_met", 75.0)
    assert (finding["period_start"], finding["period_end"]) == (at("2026-01-01"), at("2026-04-01"))
    assert finding["evidence"]["hours_invalid"] == {"no_data": 440, "too_few_valid_minutes": 100}

    city.hours(points["so2"], at("2026-02-01 05:00"), 1, 20.0, minutes=44, work=True)
    report = await step(judging, "2026-04-01 01:00")
    assert (report.judged, city.current(CAPTURE)[0]["reason"]) == (1, "capture_not_met")

    async with database.transaction() as connection:
        mark = await add_mark(connection, stop("2026-03-31 22:00", "2026-03-31 23:16"), at("2026-04-01 02:00"))
    await step(judging, "2026-04-01 02:00")
    (finding,) = city.current(CAPTURE)
    evidence = finding["evidence"]  # 22:00 is a stopped hour, and 23:00 with 16 minutes of it
    assert (evidence["hours_stopped"], evidence["hours_operating"], evidence["marks"]) == (2, 2158, [mark])
    assert (finding["reason"], finding["value"]) == ("capture_met", 100 * 1619 / 2158)

    async with database.transaction() as connection:
        await decide_mark(connection, mark, "rejected", "局", "生产记录不符", at("2026-04-01 03:00"))
    await step(judging, "2026-04-01 03:00")
    (finding,) = city.current(CAPTURE)
    assert (finding["reason"], finding["evidence"]["marks"]) == ("capture_not_met", [])


async def test_transmission_of_a_month(city: City, database: Database) -> None:
    """Two series of 720 hours; 72 hours of one never came, 72 of the other were not valid: 90 %."""
    points = plant(city)
    city.hours(points["so2"], at("2026-04-01"), 648, 20.0)
    city.hours(points["o2"], at("2026-04-01"), 720, 8.0)
    city.hours(points["o2"], at("2026-04-01"), 72, 8.0, minutes=44)
    judging = engine(database, TRANSMISSION)
    await step(judging, "2026-05-01 00:10")
    finding = city.current(TRANSMISSION)[-1]
    evidence = finding["evidence"]
    assert (finding["subject"], finding["value"], finding["reason"]) == ("outlet:tianhe/S1", 90.0, "transmission_met")
    assert [evidence[name] for name in ("due", "received", "due_valid", "valid")] == [1440, 1368, 1368, 1296]
    assert evidence["quantities"]["o2"] == {"due": 720, "received": 720, "valid": 648}
    assert evidence["transmission_pct"] * evidence["validity_pct"] / 100 == pytest.approx(finding["value"])

    outlet, so2 = await counters(database, "2026-04-30 23:59")
    assert [outlet[name] for name in ("due_h", "received_h", "due_valid_h", "valid_h")] == [1438, 1367, 1367, 1295]
    assert (so2["operating_h"], so2["valid_h"]) == (719, 648)

    city.hours(points["so2"], at("2026-04-10"), 1, None, minutes=0, work=True)
    assert (await step(judging, "2026-05-01 01:00")).judged == 1
    assert city.current(TRANSMISSION)[-1]["reason"] == "transmission_not_met"


async def test_a_running_signal_tells_of_stops_too(city: City, database: Database) -> None:
    points = plant(city)
    city.hours(points["so2"], at("2026-04-01"), 480, 20.0)
    city.hours(points["o2"], at("2026-04-01"), 480, 8.0)
    city.hours(points["running_state"], at("2026-04-01"), 480, 1.0)
    city.hours(points["running_state"], at("2026-04-10"), 1, 0.75)  # 15 minutes leave 45
    city.hours(points["running_state"], at("2026-04-11"), 1, 0.74)
    city.hours(points["running_state"], at("2026-04-21"), 240, 0.0)
    await step(engine(database, TRANSMISSION, CAPTURE), "2026-07-01 00:10")
    april = city.current(TRANSMISSION)[3]
    assert (april["value"], april["evidence"]["hours_stopped"], april["evidence"]["due"]) == (100.0, 241, 2 * 479)
    async with database.transaction() as connection:
        (outlet,) = await outlet_quality(connection, month_of(at("2026-04-05")), at("2026-07-01"))
    assert (outlet["due_h"], outlet["valid_h"], outlet["rate_pct"]) == (958, 958, 100.0)


async def test_an_outlet_that_never_ran(city: City, database: Database) -> None:
    points = plant(city, since="2026-04-01")
    city.hours(points["running_state"], at("2026-04-01"), 720, 0.0)
    await step(engine(database, TRANSMISSION), "2026-05-01 00:10")
    (finding,) = city.current(TRANSMISSION)
    assert (finding["verdict"], finding["reason"], finding["value"]) == ("undetermined", "not_operating", None)


async def test_an_unsettled_hour_holds_its_quarter_back(city: City, database: Database) -> None:
    points = plant(city)
    city.dirty(points["so2"], at("2026-02-03 04:00"))
    judging = engine(database, CAPTURE)
    assert (await step(judging, "2026-04-01 00:10")).deferred == [CAPTURE]
    city.clean()
    assert (await step(judging, "2026-04-01 00:11")).written == 1


@pytest.mark.parametrize("process", ["fenceline_petrochemical", "in_plant"])
async def test_places_that_measure_no_waste_gas_have_no_capture(city: City, database: Database, process: str) -> None:
    """HJ 75 is about continuous monitoring of stacks; the loggers' transmission is asked of every place."""
    plant(city)
    city.run("update outlet set process = %s", process)
    judging = engine(database, CAPTURE)
    await step(judging, "2026-04-01 00:10")
    assert city.current(CAPTURE) == []
