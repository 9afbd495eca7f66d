"""People, teams, shifts and routes of a site file: what is refused, what is warned of, what ends."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from alerts.dispatch.contract import ChannelInfo
from domain.errors import SiteError
from domain.periods import SITE_ZONE, Period
from domain.roster import Override
from runtime.sitefile import load_site
from runtime.siteregister import Register, row_of
from runtime.siterosterchecks import retired, roster_warnings
from tests.unit.runtime.test_sitefile import GOOD, PEOPLE

NOW = datetime(2026, 11, 27, 4, tzinfo=UTC)  # a Friday, noon
TODAY = date(2026, 11, 27)
OTHER = GOOD.removesuffix(PEOPLE)


def register(folder: Path, people: str = PEOPLE) -> Register:
    file = folder / "site.toml"
    file.write_text(OTHER + people, "utf-8")
    return load_site(file)


def warned(known: Register, *overrides: Override, **more: Any) -> list[str]:
    return [str(fault) for fault in roster_warnings(known, overrides, NOW, **more)]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('members = ["wang-wei", "li-bai"]', 'members = ["wang-wei", "du-fu"]', "members: 'du-fu': no such person"),
        (
            'members = ["wang-wei", "li-bai"]',
            "members = []",
            "(duty/day/2026-01-01): members: List should have",
        ),
        ('lead = "li-bai"', 'lead = "du-fu"', "team duty: lead = 'du-fu': no such person"),
        ("person:li-bai", "person:du-fu", "escalation step 2: 'du-fu': no such person"),
        ("person:li-bai", "team:city", "escalation step 2: 'city': no such team"),
        ("person:li-bai", "li-bai", "escalation step 2: to 'li-bai': expected on_duty, next, lead"),
        ("person:li-bai", "team:duty", "an escalation step names the team itself"),
        ("after_min = 0, ", "after_min = 5, ", "no step has after_min = 0"),
        ('severities = ["critical"]', 'severities = ["urgent"]', "severity 'urgent': expected critical"),
        # as channels are called in their file
        ('channel = "sms", address', 'channel = "sms_two", address', "contacts.0.channel: String should match pattern"),
        ('channel = "sms", address = "13800000002"', 'address = "13800000002"', "contacts.0.channel: Field required"),
        ('channel = "sms", address = "13800000002"', 'channel = "sms"', "contacts.0.address: Field required"),
        ('starts_at = "20:00"', 'starts_at = "24:00"', "shift 2 (duty/night/2026-01-01): starts_at"),
        ("hours = 12.0", "hours = 25.0", "hours: Input should be less than or equal to 24"),
        ("hours = 12.0", "hours = 0", "hours: Input should be greater than 0"),
        ("hours = 12.0", "hours = 12.0\nseats = 3", "3 seats, but 2 members"),
        ("hours = 12.0", "hours = 12.0\nvalid_to = 2026-01-01", "valid_to must be after valid_from"),
        ('label = "district"', 'label = "colour"', "matcher 1: label 'colour' is none of rule"),
        ('op = "!="', 'op = "~"', "matcher 2: op '~' is none of"),
        ("warning = 12", 'warning = "rarely"', "repeat_h.warning 'rarely': expected a number"),
        ('start = "22:00", ', "", "quiet {'end': '07:00'}: expected start, end and days"),
        ('code = "night"', 'code = "day"\nanchor_on = 2026-01-02', "given twice"),
    ],
)
def test_what_is_wrong_is_refused_and_says_what_was_expected(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in PEOPLE
    with pytest.raises(SiteError) as refusal:
        register(tmp_path, PEOPLE.replace(old, new, 1).replace("anchor_on = 2026-01-05\n", "", "seats" not in new))
    assert says in str(refusal.value)
    assert "1380000" not in str(refusal.value)


def test_a_route_to_a_team_that_is_not_there(tmp_path: Path) -> None:
    head, _, _ = PEOPLE.rpartition('team = "duty"')
    with pytest.raises(SiteError, match="route north: team = 'nobody': no such team"):
        register(tmp_path, head + 'team = "nobody"\n')


def test_a_refusal_of_an_address_does_not_tell_it(tmp_path: Path) -> None:
    with pytest.raises(SiteError) as refusal:
        register(tmp_path, PEOPLE.replace('"13800000002"', f'"{"1380000" * 40}"'))
    assert str(refusal.value).count("\n") == 0  # nobody is told besides that the person does not exist
    assert "contacts.0.address: Value should have at most 200 items" in str(refusal.value)
    assert "1380000" not in str(refusal.value)


def test_two_versions_of_a_shift_may_not_overlap(tmp_path: Path) -> None:
    start = PEOPLE.index("[[shift]]")
    again = PEOPLE[start : PEOPLE.index("[[shift]]", start + 1)].replace("2026-01-01", "2026-12-01")
    with pytest.raises(SiteError, match="overlaps the one from 2026-01-01; give that one valid_to = 2026-12-01"):
        register(tmp_path, PEOPLE + again)
    ended = PEOPLE.replace("valid_from = 2026-01-01\n", "valid_from = 2026-01-01\nvalid_to = 2026-12-01\n", 1)
    assert len(register(tmp_path, ended + again)["shift"]) == 3


def test_a_roster_that_tiles_is_not_warned_of(tmp_path: Path) -> None:
    assert warned(register(tmp_path)) == []


def test_gaps_are_told_with_their_exact_spans(tmp_path: Path) -> None:
    ends = PEOPLE.replace("valid_from = 2026-01-01\n", "valid_from = 2026-01-01\nvalid_to = 2026-12-27\n", 1)
    assert warned(register(tmp_path, ends)) == [
        "team duty: nobody is on duty 2026-12-27 08:00 to 2026-12-27 20:00, 2026-12-28 08:00 to 2026-12-28 12:00"
    ]


def test_many_gaps_are_counted(tmp_path: Path) -> None:
    (found,) = warned(register(tmp_path, PEOPLE.replace("hours = 12\n", "hours = 11.5\n")))
    assert found.startswith("team duty: nobody is on duty 2026-11-28 07:30 to 2026-11-28 08:00, ")
    assert found.endswith(", and 21 times more until 2026-12-28 08:00")


def test_overlaps_are_told_with_their_exact_spans(tmp_path: Path) -> None:
    longer = PEOPLE.replace("hours = 12\n", "hours = 12.5\nvalid_to = 2026-11-29\n")
    later = PEOPLE[PEOPLE.rindex("[[shift]]") : PEOPLE.index("[[route]]")].replace("2026-01-01", "2026-11-29")
    assert warned(register(tmp_path, longer + later)) == [
        "team duty: shifts day and night are on duty at once 2026-11-28 08:00 to 2026-11-28 08:30, "
        "2026-11-29 08:00 to 2026-11-29 08:30"
    ]


def test_somebody_who_comes_in_addition_fills_a_gap(tmp_path: Path) -> None:
    ends = PEOPLE.replace("valid_from = 2026-01-01\n", "valid_from = 2026-01-01\nvalid_to = 2026-12-27\n", 1)
    span = Period(*(datetime(2026, 12, day, hour, tzinfo=SITE_ZONE) for day, hour in ((27, 8), (27, 20))))
    added = Override(1, "duty", span, "wang-wei", None, NOW)
    assert warned(register(tmp_path, ends), added) == [
        "team duty: nobody is on duty 2026-12-28 08:00 to 2026-12-28 12:00"
    ]


def test_who_has_left_and_who_cannot_be_reached(tmp_path: Path) -> None:
    left = PEOPLE.replace('name = "李白"\n', 'name = "李白"\nactive = false\n')
    assert warned(register(tmp_path, left)) == [
        "shift duty/day/2026-01-01: members li-bai are not active: the next of the order stands in for each",
        "shift duty/night/2026-01-01: members li-bai are not active: the next of the order stands in for each",
        "team duty: lead li-bai is not active: nobody is told in a gap",
        "team duty: escalation to person:li-bai: li-bai is not active: it reaches no person",
    ]
    dumb = PEOPLE.replace('contacts = [{ channel = "sms", address = "13800000002" }]\n', "")
    assert warned(register(tmp_path, dumb)) == ["team duty: li-bai have no contact, only its channels tell them"]
    assert warned(register(tmp_path, dumb.replace('channels = ["dingtalk-duty"]\n', ""))) == [
        "team duty: li-bai have no contact, and the team no channel: they are not told"
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('to = "on_duty" }', 'to = "on_duty" }, { after_min = 5, to = "lead" }'),
        ('lead = "li-bai"\n', ""),  # no step names the lead
        ('to = "person:li-bai"', 'to = "next"'),
    ],
)
def test_steps_that_somebody_takes(tmp_path: Path, old: str, new: str) -> None:
    assert old in PEOPLE
    assert warned(register(tmp_path, PEOPLE.replace(old, new, 1))) == []


def test_steps_that_reach_nobody(tmp_path: Path) -> None:
    shifts = PEOPLE[PEOPLE.index("[[shift]]") : PEOPLE.index("[[route]]")]
    default = PEOPLE.replace(PEOPLE[PEOPLE.index("escalation = ") : PEOPLE.index("policy = ")], "")
    assert warned(register(tmp_path, default)) == []
    assert warned(register(tmp_path, default.replace(shifts, ""))) == [
        "team duty: escalation to on_duty: the team has no shift: li-bai is told instead",
        "team duty: escalation to next: nobody else comes on: li-bai is told instead",
    ]
    assert warned(register(tmp_path, default.replace(shifts, "").replace('lead = "li-bai"\n', ""))) == [
        "team duty: escalation to on_duty: the team has no shift: it reaches no person",
        "team duty: escalation to next: nobody else comes on: it reaches no person",
        "team duty: escalation to lead: the team has no lead: it reaches no person",
    ]
    alone = default.replace('["wang-wei", "li-bai"]', '["wang-wei"]').replace('["li-bai", "wang-wei"]', '["wang-wei"]')
    assert warned(register(tmp_path, alone)) == [
        "team duty: escalation to next: nobody else comes on: li-bai is told instead"
    ]


def test_contacts_are_held_against_the_channels(tmp_path: Path) -> None:
    sms, robot = ChannelInfo("sms", "sms"), ChannelInfo("dingtalk-duty", "dingtalk", is_group=True)
    mail = ChannelInfo("email", "email")
    known = register(tmp_path)
    assert warned(known, channels=[sms, robot, mail]) == []
    assert warned(known, channels=[mail, ChannelInfo("dingtalk-duty", "sms")]) == [
        "team duty: li-bai have no contact of a configured channel that reaches people, only its channels tell them",
        "person li-bai: has a contact of channel 'sms', which is not configured, and 1 more",
        "team duty: channel 'dingtalk-duty' reaches people by their addresses: as a team's it reaches nobody",
    ]
    told = warned(known, channels=[ChannelInfo("sms", "dingtalk", is_group=True)])
    assert "team duty: channel 'dingtalk-duty' is not configured" in told
    assert "team duty: li-bai, wang-wei have no contact of a configured channel that reaches people" in told[0]


@pytest.mark.parametrize(
    ("matcher", "says"),
    [
        ('{ label = "severity", value = "urgent" }', "severity = urgent fits none that there is"),
        ('{ label = "severity", op = "in", value = ["urgent", "info"] }', None),
        ('{ label = "kind", op = "starts", value = "chimney" }', "kind starts chimney fits none that there is"),
        ('{ label = "condition", value = "no-data" }', "condition = no-data fits none that there is"),
        ('{ label = "rule", op = "starts", value = "legal." }', None),
        ('{ label = "rule", op = "starts", value = "lgeal." }', "rule starts lgeal. fits none that there is"),
        ('{ label = "rule", op = "!=", value = "lgeal" }', None),
        ('{ label = "subject", value = "outlet:a/S9" }', None),
    ],
)
def test_routes_that_fit_no_alert_there_can_be(tmp_path: Path, matcher: str, says: str | None) -> None:
    known = register(tmp_path, PEOPLE.replace('{ label = "district", op = "in", value = ["north"] }', matcher))
    rules = {"legal.hourly", "data.point_offline"}
    assert warned(known, rules=rules) == ([] if says is None else [f"route north: {says}"])


def test_routes_that_are_never_reached_or_match_nothing(tmp_path: Path) -> None:
    first = '[[route]]\ncode = "all"\nposition = 1\nteam = "duty"\n'
    assert warned(register(tmp_path, PEOPLE + first)) == [
        "route north: is never looked at: route all before it takes everything"
    ]
    assert warned(register(tmp_path, PEOPLE.replace('value = ["north"]', 'value = ["south"]'))) == [
        "route north: matches district 'south', which is not registered"
    ]


def test_the_year_after_the_notices_is_warned_of(tmp_path: Path) -> None:
    known = register(tmp_path, PEOPLE.replace("hours = 12\n", 'hours = 12\ndays = "workdays"\n'))
    later = datetime(2040, 3, 1, tzinfo=UTC)
    assert any("holidays are not known" in str(fault) for fault in roster_warnings(known, (), later))


def test_what_a_file_does_not_name_any_more_ends_and_stays(tmp_path: Path) -> None:
    present = register(tmp_path)
    smaller = register(tmp_path, PEOPLE[: PEOPLE.rindex("[[shift]]")])
    wanted, gone = retired(smaller, present, TODAY)
    night = ("duty", "night", date(2026, 1, 1))
    assert wanted["shift"][night] == present["shift"][night] | {"valid_to": TODAY}
    assert gone == {("route", ("north",))}
    without = {**smaller, "person": {("li-bai",): smaller["person"][("li-bai",)]}}
    wanted, _ = retired(without, present, TODAY)
    assert not wanted["person"][("wang-wei",)]["active"]


def test_a_shift_that_is_written_anew_ends_where_the_new_one_begins(tmp_path: Path) -> None:
    present = register(tmp_path)
    moved = register(tmp_path, PEOPLE.replace("valid_from = 2026-01-01", "valid_from = 2026-12-07", 1))
    wanted, gone = retired(moved, present, TODAY)
    assert wanted["shift"]["duty", "day", date(2026, 1, 1)]["valid_to"] == date(2026, 12, 7)
    back, also_gone = retired(present, {**present, "shift": wanted["shift"]}, TODAY)
    assert also_gone == {("shift", ("duty", "day", date(2026, 12, 7)))}
    assert back["shift"] == present["shift"]
    assert gone == set()


def test_a_shift_that_began_today_goes_on_until_midnight(tmp_path: Path) -> None:
    present = register(tmp_path)
    key = ("duty", "day", TODAY)
    row = row_of("shift", present["shift"]["duty", "day", date(2026, 1, 1)] | {"valid_from": TODAY})
    wanted, _ = retired(present, {**present, "shift": {key: row}}, TODAY)
    assert wanted["shift"][key]["valid_to"] == date(2026, 11, 28)
