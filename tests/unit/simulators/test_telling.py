"""Whom the truth wants to be told, when, and why not, on alerts made by hand. Hours count from the story's start."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from domain.periods import HOUR
from simulators.city import story_month
from simulators.duty_officers import Act, Duty, Left, load_duty
from simulators.effects import Effects
from simulators.people import GAP, ON_REST_DAYS, PLANT, QUIET_TEAM, ROOMS
from simulators.plants import build_city
from simulators.timing import Timeline
from simulators.truth_alerts import AlertKey, News
from simulators.truth_inhibition import Explanations
from simulators.truth_routes import Routing
from simulators.truth_telling import Desk
from tests.unit.simulators.conftest import Told

CITY = build_city((2026, 9))
START = story_month((2026, 9)).start
NOBODY = Duty({}, (), ())
UNTIL = 24 * 20
DAY = 24 * 60

PLANTS_STACK = ("ule.hourly", "pollutant:yunhe-coking/S1/so2")
GRAVE = ("legal.hourly", "pollutant:qinglan-coking/S1/so2")
METER = ("data.point_offline", "point:qinglan-coking/W-01")
ASLEEP = ("water.permit", "enterprise:shuoyuan-coking")


def story(*happened: tuple[int, str, tuple[str, str]], condition: str = "violation") -> list[News]:
    """News of alerts: (clock, kind, series); an alert's occurred_at is two hours before it fired."""
    news: list[News] = []
    open_: dict[tuple[str, str], datetime] = {}
    for clock, kind, series in happened:
        if kind == "fired":
            open_[series] = START + (clock - 2) * HOUR
        key: AlertKey = (*series, open_[series])
        news.append(News(clock, kind, key, START + (clock - 1) * HOUR, condition))  # type: ignore[arg-type]
    return news


def desk(news: list[News], duty: Duty = NOBODY, until: int = UNTIL) -> Desk:
    return Desk(START, Routing(CITY), Explanations(CITY, Effects()), duty, news, until, UNTIL)


def told(found: Desk, team: str) -> list[tuple[str, int]]:
    return [(one.event, one.minute) for one in found.tellings if one.team == team]


def test_each_team_of_the_routes_is_told_once_of_each() -> None:
    found = desk(story((10, "fired", PLANTS_STACK), (11, "resolved", PLANTS_STACK)))
    assert told(found, PLANT) == told(found, "hewan-duty") == [("firing", 600), ("resolved", 660)]
    assert {one.team for one in found.tellings} == {PLANT, "hewan-duty"}
    assert found.withheld == {}


def test_the_gravest_goes_to_the_lead_and_up_the_steps_until_somebody_answers() -> None:
    news = story((10, "fired", GRAVE), (20, "resolved", GRAVE))
    found = desk(news)
    assert told(found, "beiling-duty") == [
        ("firing", 600), ("escalated", 615), ("escalated", 630), ("repeated", 870), ("repeated", 1110),
        ("resolved", 1200),
    ]  # fmt: skip
    assert told(found, "city-lead") == [("firing", 600), ("repeated", 840), ("repeated", 1080), ("resolved", 1200)]
    people = [one.people for one in found.tellings if one.team == "beiling-duty"]
    # on duty, who comes next, the lead; whoever is on duty when it is repeated; all of them when it is over
    assert people[:4] == [("fang-yichen",), ("zhuo-xinran",), ("he-lanting",), ("fang-yichen",)]
    assert set(people[-1]) == {"fang-yichen", "zhuo-xinran", "he-lanting"}
    answered = desk(news, Duty({"critical": 0}, (), ()))
    assert told(answered, "beiling-duty") == [("firing", 600), ("resolved", 1200)]
    assert [(act.clock, act.kind, act.by) for act in answered.acts] == [(10, "acknowledge", "fang-yichen")]
    left = desk(news, Duty({"critical": 0}, (Left(GRAVE[0], GRAVE[1]),), ()))
    assert told(left, "beiling-duty") == told(found, "beiling-duty")


def test_what_lasts_long_after_an_acknowledgement_is_told_anew() -> None:
    news = story((10, "fired", GRAVE), (60, "resolved", GRAVE))
    found = desk(news, Duty({"critical": 0}, (), ()))
    assert told(found, "city-lead") == [("firing", 600), ("realarmed", 2040), ("realarmed", 3480), ("resolved", 3600)]
    assert [act.clock for act in found.acts] == [10, 34, 58]


def test_a_room_that_sleeps_hears_in_the_morning_of_what_still_lasts() -> None:
    over = story((23, "fired", ASLEEP), (29, "resolved", ASLEEP))
    assert told(desk(over), QUIET_TEAM) == []
    assert desk(over).withheld == {(*ASLEEP, "quiet_hours"): 1, (*ASLEEP, "resolved_while_held"): 1}
    lasting = story((23, "fired", ASLEEP), (47, "resolved", ASLEEP))
    assert told(desk(lasting), QUIET_TEAM) == [("firing", 30 * 60 + 30), ("resolved", 54 * 60 + 30)]
    grave = ("legal.daily", "pollutant:tuoyan-power/B1/so2")
    assert told(desk(story((23, "fired", grave))), QUIET_TEAM)[0] == ("firing", 23 * 60)


def test_a_silent_gateway_explains_its_meters() -> None:
    gateway = ("data.gateway_offline", "gateway:qinglan-coking/gw-1")
    both = story((8, "fired", gateway), (10, "fired", METER), (36, "withdrawn", METER), (36, "withdrawn", gateway))
    found = desk(both)
    assert {one.key[0] for one in found.tellings} == {gateway[0]}
    assert found.withheld == {(*METER, "inhibited"): 1, (*METER, "withdrawn"): 1}
    stays = story((8, "fired", gateway), (10, "fired", METER), (30, "resolved", gateway), (32, "resolved", METER))
    # ten minutes after the gateway is back
    mine = [(one.event, one.minute) for one in desk(stays).tellings if one.key[:2] == METER]
    assert mine == [("firing", 1810), ("resolved", 1920)]
    other = ("data.gateway_offline", "gateway:shuoyuan-coking/gw-1")
    elsewhere = desk(story((8, "fired", other), (10, "fired", METER)))
    assert ("firing", 600) in [(one.event, one.minute) for one in elsewhere.tellings if one.key[:2] == METER]


def test_which_of_two_at_once_comes_first_is_open_and_only_what_nobody_acts_on() -> None:
    limit, warning = ("legal.hourly", "pollutant:heming-bdo/FL1/nmhc"), ("warn.legal", "pollutant:heming-bdo/FL1/nmhc")
    found = desk(story((10, "fired", limit), (10, "fired", warning), (11, "resolved", warning)))
    assert {one.is_open for one in found.tellings if one.key[:2] == warning} == {True}
    assert {one.is_open for one in found.tellings if one.key[:2] == limit} == {False}
    assert found.withheld == {}
    assert found.withheld_open == {(*warning, "inhibited"): 1, (*warning, "resolved_while_held"): 1}
    later = desk(story((10, "fired", limit), (11, "fired", warning), (12, "resolved", warning)))
    assert not [one for one in later.tellings if one.key[:2] == warning]
    with pytest.raises(AssertionError, match="must not be open"):
        desk(story((8, "fired", ("data.gateway_offline", "gateway:qinglan-coking/gw-1")), (8, "fired", METER)))


def test_history_is_told_only_when_it_goes_on_into_the_present() -> None:
    key: AlertKey = (*METER, START)
    fired = News(40, "fired", key, START + 10 * HOUR, "violation")
    found = desk([fired, News(44, "resolved", key, START + 10 * HOUR, "violation")])
    assert found.tellings == []
    assert found.withheld == {(*METER, "historical"): 1}
    present = News(42, "seen", key, START + 41 * HOUR, "violation")
    assert told(desk([fired, present], until=43), "beiling-duty") == [("firing", 42 * 60)]


def flapping(*clocks: int) -> list[tuple[int, str, tuple[str, str]]]:
    return [(clock, "resolved" if number % 2 else "fired", METER) for number, clock in enumerate(clocks)]


def test_what_comes_and_goes_is_said_once_more_and_then_held_until_it_is_quiet() -> None:
    found = desk(story(*flapping(4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 34)))
    events = told(found, "beiling-duty")
    assert [minute // 60 for event, minute in events if event == "firing"] == [4, 8, 12, 16, 30]
    assert [minute // 60 for event, minute in events if event == "resolved"] == [5, 9, 13, 17, 34]
    assert found.withheld == {(*METER, "flapping"): 2, (*METER, "resolved_while_held"): 1}


def test_shelved_and_silenced_is_told_at_the_end_if_it_lasts() -> None:
    shelve = Act(8, "shelve", "song-qinghe", *METER, {}, 480, 480 + 90)
    found = desk(story(*flapping(4, 5, 8, 9), (9, "fired", METER)), Duty({}, (), (shelve,)), until=12)
    assert [minute for event, minute in told(found, "beiling-duty") if event == "firing"] == [240, 480, 570]
    assert found.withheld == {(*METER, "shelved"): 1}
    silence = Act(8, "silence", "he-lanting", params={"enterprise": "qinglan-coking"}, start=480, end=600)
    found = desk(story((9, "fired", METER), (9, "fired", ASLEEP)), Duty({}, (), (silence,)), until=12)
    assert told(found, "beiling-duty") == [("firing", 600)]
    assert told(found, QUIET_TEAM) == [("firing", 540)]


def test_out_of_service_is_told_when_it_is_back_in_service_if_it_lasts() -> None:
    out, back = (Act(clock, kind, "he-lanting", *METER) for clock, kind in ((6, "out_of_service"), (20, "in_service")))
    duty = Duty({}, (), (out, back))
    lasting = story((4, "fired", METER), (5, "resolved", METER), (8, "fired", METER), (9, "resolved", METER))
    lasting += story((12, "fired", METER), (30, "resolved", METER))
    found = desk(lasting, duty)
    assert told(found, "beiling-duty") == [("firing", 240), ("resolved", 300), ("firing", 1200), ("resolved", 1800)]
    assert found.withheld == {(*METER, "out_of_service"): 2, (*METER, "resolved_while_held"): 1}
    # who was told before is told once more when it is back, and a day after that
    found = desk(story((4, "fired", METER)), Duty({}, (), (out, replace(back, clock=40))), until=70)
    assert told(found, "beiling-duty") == [("firing", 240), ("repeated", 2400), ("repeated", 2400 + 1440)]
    assert found.withheld == {}


def test_who_acknowledges_what_is_held_hears_of_it_when_it_lasts_too_long() -> None:
    silence = Act(8, "silence", "he-lanting", params={"enterprise": "qinglan-coking"}, start=480, end=660)
    answer = Act(10, "acknowledge", "fang-yichen", *METER)
    news = story((9, "fired", METER), (210, "resolved", METER))
    found = desk(news, Duty({}, (), (silence, answer)), until=240)
    week = 600 + 168 * 60
    assert told(found, "beiling-duty") == [("realarmed", week), ("repeated", week + 1440), ("resolved", 12600)]
    assert found.withheld == {(*METER, "silenced"): 1, (*METER, "acknowledged"): 1}
    short = desk(story((9, "fired", METER), (100, "resolved", METER)), Duty({}, (), (silence, answer)))
    assert short.tellings == []


def test_an_answer_between_the_steps_stops_the_next_one() -> None:
    answer = Act(10, "acknowledge", "zhuo-xinran", *GRAVE, after=20)
    found = desk(story((10, "fired", GRAVE), (20, "resolved", GRAVE)), Duty({}, (), (answer,)))
    assert told(found, "beiling-duty") == [("firing", 600), ("escalated", 615), ("resolved", 1200)]
    over = desk(story((10, "fired", GRAVE), (20, "resolved", GRAVE)), Duty({"critical": 0}, (), ()))
    assert over.acts[0].clock == 10
    with pytest.raises(AssertionError, match="can not acknowledge"):
        desk(story((10, "fired", GRAVE)), Duty({"critical": 0}, (), (answer,)))


def test_who_is_handed_an_alert_is_told_and_told_that_it_is_over() -> None:
    act = Act(12, "hand_over", "fang-yichen", *GRAVE, {"to": "mei-shaoyu"})
    duty = Duty({"critical": 0}, (), (act,))
    found = desk(story((10, "fired", GRAVE), (14, "resolved", GRAVE)), duty)
    mine = [one for one in found.tellings if one.team == "city-lead"]  # the first that was told of it
    assert [(one.event, one.minute, one.people) for one in mine] == [
        ("firing", 600, ("qin-wanqing",)),
        ("handed_over", 720, ("mei-shaoyu",)),
        ("resolved", 840, ("qin-wanqing", "mei-shaoyu")),
    ]


def test_the_story_has_some_of_each(told: Told) -> None:
    """Otherwise the demo would show nothing of it."""
    truth = told.truth
    assert {one.event for one in truth.tellings} == {
        "firing", "resolved", "repeated", "realarmed", "escalated", "handed_over",
    }  # fmt: skip
    assert {reason for _, _, reason in truth.withheld} == {
        "historical", "out_of_service", "plant_stopped", "inhibited", "silenced", "shelved", "flapping", "quiet_hours",
        "resolved_while_held", "withdrawn", "acknowledged",
    }  # fmt: skip
    assert 0 < sum(one.is_open for one in truth.tellings) < len(truth.tellings) / 20
    teams = {one.team for one in truth.tellings}
    assert teams == {team.code for team in told.story.city.teams}
    deeds = {deed.kind for step in told.steps for deed in step.duty}
    deeds |= {deed.kind for step in told.steps for deed in step.between}
    assert deeds == {
        "acknowledge", "confirm", "shelve", "silence", "out_of_service", "in_service", "hand_over", "remark", "relief",
    }  # fmt: skip


def people_told(told: Told, team: str, start: int, end: int) -> set[str]:
    """Whom a team's first tellings reach, in minutes [start, end)."""
    mine = [one for one in told.truth.tellings if one.team == team and one.event == "firing"]
    return {person for one in mine if start <= one.minute < end for person in one.people}


def test_the_story_follows_the_roster_and_what_is_changed_of_it(told: Told) -> None:
    (relief,) = load_duty(Timeline(story_month((2026, 9)), 30)).reliefs
    assert people_told(told, relief.team, relief.start, relief.end) == {relief.person}
    # nobody wrote a shift for the night: its lead, of what is grave at once
    room, day = GAP
    night = day * DAY + 20 * 60, day * DAY + 32 * 60
    assert people_told(told, room, *night) == {ROOMS[room][2]}
    mine = [one for one in told.truth.tellings if one.team == room and night[0] <= one.minute < night[1]]
    assert {one.key[0] for one in mine} >= {"legal.hourly"}
    # the Sunday that is worked; the Friday of the Mid-Autumn Festival; National Day
    for number, people in ((20, {"ren-haoyu"}), (25, {ON_REST_DAYS[1]}), (31, {ON_REST_DAYS[0]})):
        start = (number - 1) * DAY + 8 * 60
        assert people_told(told, PLANT, start, start + DAY) == people, number


def test_the_story_has_a_night_on_which_the_lead_is_told_and_one_on_which_it_is_stopped_before(told: Told) -> None:
    for number, people in ((5, {"fang-yichen", "he-lanting"}), (8, {"mei-shaoyu"})):
        nights = [one for one in told.truth.tellings if one.event == "escalated" and one.minute // DAY == number - 1]
        assert {person for one in nights for person in one.people} == people, number


def test_nobody_is_told_of_a_logger_that_is_off_while_its_kiln_is_stopped(told: Told) -> None:
    series = ("data.gateway_offline", "gateway:baiheng-cement/cems-k1")
    assert told.truth.withheld[(*series, "plant_stopped")] == told.truth.withheld[(*series, "withdrawn")] == 1
    since = START + timedelta(days=21)
    assert not [one for one in told.truth.tellings if one.key[:2] == series and one.key[2] >= since]
    # where the data do not come back by the time that it is over, it is told ten minutes later
    dust = ("ule.hourly", "pollutant:qinglan-coking/P1/pm")
    mine = [(one.event, one.minute) for one in told.truth.tellings if one.key[:2] == dust and one.minute >= 12 * DAY]
    assert mine[:2] == [("firing", 12 * DAY + 20 * 60 + 10), ("resolved", 12 * DAY + 22 * 60)]
    assert told.truth.withheld[(*dust, "plant_stopped")] == 1


def test_nobody_is_told_twice_within_an_interval(told: Told) -> None:
    """Laws that hold of every telling: once firing and once over for each alert and team; repeats far enough apart."""
    by_alert: dict[tuple[AlertKey, str], list[tuple[int, str]]] = {}
    for one in told.truth.tellings:
        by_alert.setdefault((one.key, one.team), []).append((one.minute, one.event))
    for (key, _), mine in by_alert.items():
        events = [event for _, event in mine]
        # one that was acknowledged before anybody was told is told for the first time when it lasts too long
        was_acknowledged = (*key[:2], "acknowledged") in told.truth.withheld
        assert events.count("firing") == (not was_acknowledged), key
        assert events.count("resolved") <= 1, key
        assert mine == sorted(mine, key=lambda one: one[0])
        assert events[0] == ("realarmed" if was_acknowledged else "firing")
        assert "resolved" not in events[:-1]
        for (before, _), (minute, event) in pairwise(mine):
            if event == "repeated":
                assert minute - before >= 4 * 60


def test_every_act_of_the_file_can_be_done(told: Told) -> None:
    acts = load_duty(Timeline(story_month((2026, 9)), 30)).acts
    done = [deed for step in told.steps for deed in step.duty]
    done += [deed for step in told.steps for deed in step.between]
    assert all(act in done for act in acts)
    assert all(deed.minute == (step.index + 1) * 60 for step in told.steps for deed in step.duty)
    within = [(step, deed) for step in told.steps for deed in step.between]
    assert within
    assert all(step.index * 60 < deed.minute < (step.index + 1) * 60 for step, deed in within)


def test_want_of_data_is_an_alert_after_a_day(told: Told) -> None:
    """A gateway that is silent for thirty hours; it explains them, so nobody is told of six more problems."""
    since = START + timedelta(days=15, hours=6)
    mine = {key for key in told.truth.withdrawn if key[1].startswith("pollutant:qinglan-coking") and key[2] == since}
    assert {rule for rule, _, _ in mine} == {"legal.hourly", "ule.hourly"}
    assert not [one for one in told.truth.tellings if one.key in mine]
