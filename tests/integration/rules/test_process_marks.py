"""Process marks and the running signal: they exclude hours, and what becomes of them judges again."""

from __future__ import annotations

from storage.database import Database
from storage.marks import NewMark, add_mark, decide_mark
from tests.integration.rules.world import City, at, engine, step

ULE, MONTH = "ule.hourly", "ule.monthly"


def plant(city: City, hours: int = 6) -> dict[str, int]:
    points = city.stack(city.enterprise("tianhe", since="2026-11-02"), "S1")
    city.hours(points["so2"], at("2026-11-02"), hours, 36)
    city.hours(points["o2"], at("2026-11-02"), hours, 8)
    return points


async def mark(database: Database, kind: str, start: str, end: str, now: str) -> int:
    new = NewMark("tianhe", "S1", None, "process", kind, at(start), at(end), "manual", "li", "检修")
    async with database.transaction() as connection:
        return await add_mark(connection, new, at(now))


async def test_a_mark_excludes_and_a_rejected_one_does_not(city: City, database: Database) -> None:
    plant(city)
    judging = engine(database, ULE)
    await step(judging, "2026-11-02 06:10")
    assert [row[2] for row in city.brief(ULE)] == ["over_limit"] * 6

    number = await mark(database, "stopped", "2026-11-02 01:00", "2026-11-02 03:30", "2026-11-02 06:20")
    await step(judging, "2026-11-02 06:30")
    assert [row[2] for row in city.brief(ULE)] == ["over_limit"] + ["excluded_stopped"] * 3 + ["over_limit"] * 2
    evidence = city.current(ULE)[3]["evidence"]
    assert (evidence["marks"], evidence["process"]) == ([number], {"stopped": 30.0})
    assert evidence["pollutant"]["mean"] == 36

    async with database.transaction() as connection:
        await decide_mark(connection, number, "rejected", "zhang", "与运行记录不符", at("2026-11-02 06:40"))
    await step(judging, "2026-11-02 06:50")
    assert [row[2] for row in city.brief(ULE)] == ["over_limit"] * 6
    assert {tuple(row["evidence"]["marks"]) for row in city.current(ULE)} == {()}
    assert city.count("finding") == 6 + 3 + 3


async def test_a_mark_that_came_before_its_hours_counts(city: City, database: Database) -> None:
    plant(city)
    await mark(database, "stopped", "2026-11-02 00:00", "2026-11-02 02:00", "2026-11-01 12:00")
    await step(engine(database, ULE), "2026-11-02 06:10")
    assert [row[2] for row in city.brief(ULE)] == ["excluded_stopped"] * 2 + ["over_limit"] * 4


async def test_a_limit_exempts_what_it_says(city: City, database: Database) -> None:
    plant(city)
    city.limit(30.0, exempt_process=["start_up"], work=False)
    await mark(database, "start_up", "2026-11-02 00:00", "2026-11-02 02:00", "2026-11-01 12:00")
    await step(engine(database, ULE, "legal.hourly"), "2026-11-02 06:10")
    assert [row[2] for row in city.brief("legal.hourly")] == ["excluded_start_up"] * 2 + ["over_limit"] * 4
    assert [row[2] for row in city.brief(ULE)] == ["over_limit"] * 6
    assert city.current(ULE)[0]["evidence"]["process"] == {"start_up": 60.0}


async def test_the_running_signal_of_an_outlet_excludes(city: City, database: Database) -> None:
    plant(city, 4)
    enterprise, outlet = city.one("select enterprise_id from enterprise"), city.one("select outlet_id from outlet")
    running = city.point(enterprise, "S1-RUN", "running_state", outlet=outlet)
    city.hours(running, at("2026-11-02 01:00"), 1, 0.0)
    city.hours(running, at("2026-11-02 02:00"), 1, 0.75)
    judging = engine(database, ULE)
    await step(judging, "2026-11-02 04:10")
    assert [row[2] for row in city.brief(ULE)] == ["over_limit", "excluded_stopped", "over_limit", "over_limit"]
    evidence = city.current(ULE)[2]["evidence"]
    assert (evidence["running"], evidence["process"]) == (
        {"point": "S1-RUN", "mean": 0.75, "valid_minutes": 60, "readings": 60},
        {"stopped": 15.0},
    )
    city.hours(running, at("2026-11-02 02:00"), 1, 0.5, work=True)  # late readings of the signal
    await step(judging, "2026-11-02 04:20")
    assert [row[2] for row in city.brief(ULE)] == ["over_limit", "excluded_stopped", "excluded_stopped", "over_limit"]


async def test_a_mark_changes_the_month(city: City, database: Database) -> None:
    points = plant(city, 0)
    city.hours(points["so2"], at("2026-11-02"), 696, 20)
    city.hours(points["so2"], at("2026-11-10"), 48, 90)
    city.hours(points["o2"], at("2026-11-02"), 696, 8)
    judging = engine(database, "ule.")
    await step(judging, "2026-12-01 00:10")
    assert [row[1:] for row in city.brief(MONTH)] == [("violation", "share_not_met")]
    await mark(database, "stopped", "2026-11-10 00:00", "2026-11-12 00:00", "2026-12-01 08:00")
    await step(judging, "2026-12-01 08:10")
    (month,) = city.current(MONTH)
    assert (month["verdict"], month["reason"], month["value"]) == ("compliant", "share_met", 100.0)
    evidence = month["evidence"]
    assert (evidence["hours_in_service"], evidence["hours_operating"], evidence["hours_excluded"]) == (
        696,
        648,
        {"excluded_stopped": 48},
    )
