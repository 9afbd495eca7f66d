"""Silent gateways: known from what they sent, recorded on change only, judged again by late data."""

from __future__ import annotations

from storage.database import Database
from tests.integration.rules.world import City, at, engine, step

RULE = "data.gateway_offline"
START = "2026-11-02 00:00"


def sends(city: City, gateway: str, point: int, first: str = START, last: str | None = None) -> None:
    """As the writer notes it."""
    city.run(
        "insert into gateway_point select enterprise_id, %s, point_id, %s, %s from point where point_id = %s",
        gateway,
        at(first),
        at(last or first),
        point,
    )


def plant(city: City, *codes: str, gateway: str = "gw1") -> list[int]:
    enterprise = city.enterprise("tianhe", since="2026-11-01")
    points = [city.point(enterprise, code, "so2") for code in codes]
    for point in points:
        sends(city, gateway, point)
    return points


async def test_it_is_silent_when_all_its_points_are(city: City, database: Database) -> None:
    one, other = plant(city, "A", "B")
    city.hours(one, at(START), 4)
    city.hours(other, at(START), 6)
    city.hours(other, at("2026-11-02 09:00"), 1)
    judging = engine(database, RULE)
    for hour in range(12):
        await step(judging, f"2026-11-02 {hour:02}:10")
    expected = [
        ("11-02 00", "compliant", "gateway_reporting"),
        ("11-02 06", "violation", "gateway_silent"),
        ("11-02 09", "compliant", "gateway_reporting"),
        ("11-02 10", "violation", "gateway_silent"),
    ]
    assert city.brief(RULE, "gateway:tianhe/gw1") == expected
    hourwise = [row["evidence"] for row in city.current(RULE)]
    assert hourwise[1] == {
        "readings": 0,
        "points": 2,
        "silent_hours": 1,
        "silent_from": "2026-11-01T22:00:00Z",
        "codes": ["A", "B"],
    }
    city.run("delete from alert_work")
    city.run("delete from finding")
    city.run("delete from rule_watermark")
    await step(engine(database, RULE, batch_rows=3), "2026-11-02 11:10")  # two points an hour: hour by hour
    assert [row["evidence"] for row in city.current(RULE)] == hourwise


async def test_late_data_of_any_point_take_the_silence_away(city: City, database: Database) -> None:
    one, other = plant(city, "A", "B")
    city.hours(one, at(START), 2)
    city.hours(one, at("2026-11-02 05:00"), 3)
    judging = engine(database, RULE)
    await step(judging, "2026-11-02 08:10")
    assert [row[0] for row in city.brief(RULE)] == ["11-02 00", "11-02 02", "11-02 05"]
    city.run("delete from alert_work")
    city.hours(other, at("2026-11-02 02:00"), 2, work=True)
    await step(judging, "2026-11-02 08:11")
    assert city.brief(RULE) == [
        ("11-02 00", "compliant", "gateway_reporting"),
        ("11-02 04", "violation", "gateway_silent"),
        ("11-02 05", "compliant", "gateway_reporting"),
    ]
    city.hours(other, at("2026-11-02 04:00"), 1, work=True)
    report = await step(judging, "2026-11-02 08:12")
    assert city.brief(RULE) == [("11-02 00", "compliant", "gateway_reporting")]
    assert (report.written, report.superseded) == (0, 2)


async def test_late_data_before_the_first_that_was_known_are_judged(city: City, database: Database) -> None:
    (one,) = plant(city, "A")
    city.hours(one, at(START), 8)
    judging = engine(database, RULE)
    await step(judging, "2026-11-02 08:10")
    city.run("update gateway_point set first_at = %s", at("2026-11-01 20:00"))
    city.hours(one, at("2026-11-01 20:00"), 1, work=True)
    await step(judging, "2026-11-02 08:11")
    assert [row[:2] for row in city.brief(RULE)] == [
        ("11-01 20", "compliant"),
        ("11-01 21", "violation"),
        ("11-02 00", "compliant"),
    ]


async def test_an_unsettled_hour_of_any_point_is_waited_for(city: City, database: Database) -> None:
    one, other = plant(city, "A", "B")
    city.hours(one, at(START), 2)
    city.dirty(other, at("2026-11-02 02:00"))
    judging = engine(database, RULE)
    report = await step(judging, "2026-11-02 05:10")
    assert (report.deferred, len(city.current(RULE))) == ([RULE], 1)
    city.clean()
    report = await step(judging, "2026-11-02 05:11")
    assert (report.deferred, city.brief(RULE)[1:]) == ([], [("11-02 02", "violation", "gateway_silent")])


async def test_points_that_are_due_seldom_say_nothing_alone(city: City, database: Database) -> None:
    daily, minutely = plant(city, "D", "M")
    city.run("update point set interval_s = 86400 where point_id = %s", daily)
    city.run("update point set in_service_to = '2026-11-03' where point_id = %s", minutely)
    city.hours(minutely, at(START), 24)
    judging = engine(database, RULE)
    await step(judging, "2026-11-04 08:10")
    assert [row[1] for row in city.brief(RULE)] == ["compliant"]  # nothing in service is due hourly from the 3rd on
    city.run("delete from gateway_point where point_id = %s", minutely)
    city.run("delete from alert_work")
    city.run("delete from finding")
    await step(engine(database, RULE), "2026-11-05 08:10")
    assert city.current(RULE) == []


async def test_a_replaced_gateway_falls_asleep(city: City, database: Database) -> None:
    (point,) = plant(city, "A", gateway="old")
    city.run("update gateway_point set last_at = %s", at("2026-11-03 00:00"))
    sends(city, "new", point, "2026-11-03 00:00", "2026-11-20 00:00")
    city.hours(point, at(START), 18 * 24)
    await step(engine(database, RULE), "2026-11-20 06:10")
    assert city.brief(RULE, "gateway:tianhe/new")[-1] == ("11-20 00", "violation", "gateway_silent")
    assert city.brief(RULE, "gateway:tianhe/old") == [("11-02 00", "compliant", "gateway_reporting")]


async def test_gateways_that_share_a_point_are_judged_by_it(city: City, database: Database) -> None:
    (point,) = plant(city, "A", gateway="one")
    sends(city, "two", point, "2026-11-02 01:00", "2026-11-02 03:00")
    city.hours(point, at(START), 4)
    await step(engine(database, RULE), "2026-11-02 06:10")
    assert city.brief(RULE, "gateway:tianhe/one")[-1] == ("11-02 04", "violation", "gateway_silent")
    assert city.brief(RULE, "gateway:tianhe/two")[-1] == ("11-02 04", "violation", "gateway_silent")
