"""The example of docs/roster.md is a site file that holds, and does what the page says of it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from domain.periods import SITE_ZONE
from domain.rosterrows import roster_of, routes_of
from runtime.rostercommands import shown
from runtime.sitefile import load_site
from runtime.siterosterchecks import roster_warnings

ROOT = Path(__file__).parents[3]
REST = """
[city]
code = "my-city"
name = "示例市"
[[district]]
code = "north"
name = "北区"
[[enterprise]]
code = "my-plant"
name = "示例焦化有限公司"
district = "north"
industry = "焦化"
is_industrial = true
registered_from = 2026-11-01
"""
LEFT_OUT = ("zhao-lei", "zhou-jie", "wu-min", "sun-mei", "he-ping", "gu-yue", "qian-jun")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SITE_ZONE)


def test_the_worked_example_does_what_the_page_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "roster.md").read_text("utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    people = "".join(
        f'[[person]]\ncode = "{code}"\nname = "{code}"\ncontacts = [{{ channel = "sms", address = "1" }}]\n'
        for code in LEFT_OUT
    )
    file = tmp_path / "site.toml"
    file.write_text(REST + people + example, "utf-8")
    register = load_site(file)
    rows = [list(register[noun].values()) for noun in ("person", "team", "shift")]
    roster, routes = roster_of(*rows), routes_of(register["route"].values())

    def on_duty(team: str, text: str) -> list[str]:
        return [person for turn in roster.on_duty(team, at(text)) for person in turn.people]

    assert on_duty("duty", "2026-01-01T12:00") == ["chen-yu"]
    assert on_duty("duty", "2026-01-01T23:00") == ["wu-min"]
    assert on_duty("duty", "2026-01-02T12:00") == ["zhao-lei"]
    assert on_duty("duty", "2026-01-03T03:00") == ["chen-yu"]
    assert on_duty("north", "2026-01-05T10:00") == ["he-ping"]
    assert on_duty("north", "2026-01-12T10:00") == ["gu-yue"]
    assert routes.teams({"enterprise": "my-plant", "district": "north"}) == ("my-plant", "north")
    assert routes.teams({"enterprise": "other", "district": "south"}) == ("duty",)

    (warning,) = roster_warnings(register, (), at("2026-11-27T12:00"))
    told = next(line for line in page.splitlines() if line.startswith("! team north"))
    assert f"! {warning}".startswith(told.removesuffix("..."))
    assert roster.people_for("north", "on_duty", at("2026-11-28T12:00")).people == ("he-ping",)

    lines = list(shown(roster, "north", at("2026-11-27T12:00"), 1))
    assert lines[0] == "北区值班（north）　负责人：he-ping"
    assert re.fullmatch("11-27 周五 09:00 至 11-27 17:00　工作日　[a-z-]+（当班）", lines[1])
    assert lines[2] == "11-27 周五 17:00 至 11-28 12:00　无人值班！"
