"""What a page tells of new alerts, to whom."""

from __future__ import annotations

from typing import Any

from api.desk.arrivals import heard, own_team
from domain.accounts import Actor, Role

DUTY = Actor("王维", Role.DUTY, team="city")
PLANT = Actor("海西焦化", Role.ENTERPRISE, "hx-coking")


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "event_id": number,
        "alert_id": number,
        "severity": "warning",
        "title": f"【警告】告警 {number}\n第二行",
        "enterprise": "hx-coking",
        "teams": ["city"],
    } | changes


def test_a_single_alert_is_told_by_what_it_says_and_leads_to_its_page() -> None:
    one = {"newest": 7, "critical": False, "words": "告警 7 第二行", "href": "/alerts/7"}
    assert heard([row(7)], DUTY, "city") == one
    assert heard([row(7), row(9, alert_id=7)], DUTY, "") == one | {"newest": 9, "words": "告警 9 第二行"}


def test_several_are_counted_and_the_gravest_decides_the_sound() -> None:
    told = heard([row(7), row(8, severity="critical"), row(9)], DUTY, "city")
    assert told == {"newest": 9, "critical": True, "words": "3 条", "href": "/"}


def test_what_is_another_teams_or_another_plants_is_not_heard() -> None:
    assert heard([row(7, teams=["wuda"])], DUTY, "city") is None
    assert heard([row(7, teams=["wuda"])], DUTY, "") is not None
    assert heard([row(7, teams=None)], DUTY, "city") is not None, "nobody has decided yet whose it is"
    assert heard([row(7, enterprise="bl-coking")], PLANT, "") is None
    assert heard([row(7, enterprise=None)], PLANT, "") is None
    assert heard([], DUTY, "") is None


def test_a_plant_belongs_to_no_team() -> None:
    assert (own_team(DUTY), own_team(PLANT), own_team(Actor("局领导", Role.VIEWER))) == ("city", "", "")
