"""A team's card on the page `/duty`: who is on duty, what is wrong with the coming days, changes by hand, notes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from api.desk.dutywords import Line, change_text, field_instant, span_text, troubles
from api.desk.frame import node
from api.desk.strip import people_text, turn_text
from api.desk.words import clock_text, full_text, one_line
from api.fields import format_instant
from domain.periods import HOUR, SITE_ZONE, Period
from domain.roster import Override, Roster, Turn

#: For so long ahead the roster is shown, with its gaps and overlaps.
AHEAD = 14 * 24 * HOUR
_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_REASONS = ["换班", "请假", "出差", "身体不适", "重污染应急加强值班"]


@dataclass(frozen=True, slots=True)
class Card:
    """All that is shown of a team. troubles: gaps and overlaps of the coming days; changes: those by hand that count
    now or are to come, the next first; is_reckoned: holidays of some of the days are not published yet; gap: the first
    that is coming."""

    code: str
    now: tuple[Turn, ...]
    following: Turn | None
    coming: tuple[Turn, ...]
    troubles: tuple[Line, ...]
    changes: tuple[Override, ...]
    is_reckoned: bool
    is_rostered: bool
    gap: Period | None
    notes: tuple[int, ...] = ()


def card(roster: Roster, code: str, notes: Sequence[Mapping[str, Any]], now: datetime) -> Card:
    """What there is to show of a team at an instant."""
    ahead = Period(now, now + AHEAD)
    changes = [
        one for one in roster.overrides
        if one.team == code and one.cancelled_at is None and one.period.end > now
    ]  # fmt: skip
    return Card(
        code=code,
        now=roster.on_duty(code, now),
        following=roster.following(code, now),
        coming=tuple(roster.turns(code, ahead)),
        troubles=tuple(troubles(roster, code, ahead, now)),
        changes=tuple(sorted(changes, key=lambda one: (one.period, one.override_id))),
        is_reckoned=roster.is_reckoned(code, ahead),
        is_rostered=roster.has_shifts(code),
        gap=next(iter(roster.gaps(code, ahead)), None) if roster.has_shifts(code) else None,
        notes=tuple(note["handover_id"] for note in notes),
    )


def dialogs(roster: Roster, codes: Sequence[str]) -> dict[str, Any]:
    """The dialogues by which a lead changes the roster of these teams by hand."""
    found: dict[str, Any] = {f"override-{code}": _change(roster, code) for code in codes}
    path = "/desk/teams/{id}/cancel"
    found["cancel_override"] = {
        "title": "取消调班", "confirm": "取消调班", "fields": [], "focus": "", "path": path,
        "preview": f"{path}/preview", "explain": "恢复原来的排班；已经开始的，到现在为止的部分不变。",
    }  # fmt: skip
    return found


def _change(roster: Roster, code: str) -> dict[str, Any]:
    team = roster.teams[code]
    members = dict.fromkeys(person for shift in roster.shifts if shift.team == code for person in shift.members)
    others = sorted(one.code for one in roster.people.values() if one.enterprise in (None, team.enterprise))
    known = [person for person in dict.fromkeys((*members, *others)) if person in roster.people]
    active = [[person, one_line(roster.name_of(person), 20)] for person in known if roster.is_active(person)]
    held = {one.person for one in roster.overrides if one.team == code}
    replaced = [
        [person, one_line(roster.name_of(person), 20)] for person in known if person in members or person in held
    ]
    path = "/desk/teams/{id}/override"
    return {
        "title": "调班", "confirm": "保存", "focus": "", "path": path, "preview": f"{path}/preview", "stay": True,
        "explain": "替班：一人代替另一人值这段时间的班；增援：另加一人。长期的变动请改站点文件中的排班。",
        "fields": [
            {"name": "person", "label": "由谁值班", "kind": "select", "options": active, "required": True},
            {"name": "replaces", "label": "替下", "kind": "select", "options": replaced, "blank": "不替人（增援）"},
            {"name": "from_at", "label": "自", "kind": "time", "required": True},
            {"name": "until_at", "label": "至", "kind": "time", "required": True},
            {"name": "reason", "label": "原因", "kind": "text", "required": True, "hints": _REASONS, "longest": 500},
        ],
    }  # fmt: skip


def show(roster: Roster, made: Card, notes: Sequence[Mapping[str, Any]], now: datetime, *, may: frozenset[str]) -> None:
    """The card in the page. may: names of the actions that the person has the right to."""
    team = roster.teams[made.code]
    present = "、".join(turn_text(roster, turn, now) for turn in made.now)
    with node("div", "dk-card dk-team", data_team=made.code):
        with node("div", "dk-line"):
            node("h2", "", one_line(team.name, 40))
            node("span", "dk-right")
            if "override" in may:
                gap = made.gap
                values = {} if gap is None else _fields("", gap)
                node("button", "dk-button", "调班", type="button", **_opens(made.code, team.name, values))
            if "handover" in may and made.now:
                node(
                    "button", "dk-button dk-confirm", "交接班", type="button",
                    data_desk="act", data_act="handover", data_id=made.code,
                    data_title=f"{one_line(team.name, 40)}：{present}",
                )  # fmt: skip
        _facts(roster, made, present, now)
        _changes(roster, made, now, may_change="override" in may)
        _coming(roster, made, now, may_change="override" in may)
        _reports(made)
        _notes(roster, notes, now)


def _opens(code: str, name: str, values: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a button says that opens the dialogue of a change."""
    return {
        "data_desk": "act",
        "data_act": f"override-{code}",
        "data_id": code,
        "data_title": one_line(name, 40),
        "data_values": json.dumps(dict(values or {})),
    }


def _fields(replaces: str, when: Period) -> dict[str, str]:
    """What the dialogue begins with."""
    return {"replaces": replaces, "from_at": field_instant(when.start), "until_at": field_instant(when.end)}


def _facts(roster: Roster, made: Card, present: str, now: datetime) -> None:
    team, following = roster.teams[made.code], made.following
    with node("dl", "dk-facts"):
        node("dt", "", "现在")
        if not made.is_rostered and not made.now:
            # a plant's own team often has no shifts: that is how it is meant, and nobody is missing
            node("dd", "dk-now", "本组不排班，告警通知负责人" if team.lead else "本组不排班")
        else:
            node("dd", "dk-now" if made.now else "dk-now bad", present or "无人值班")
        if made.is_rostered:
            node("dt", "", "下一班")
            node(
                "dd", "",
                "没有排班" if following is None
                else f"{people_text(roster, following)}（{one_line(following.shift_name, 12)}，"
                f"{clock_text(following.period.start, now)} 至 {clock_text(following.period.end, now)}）",
            )  # fmt: skip
        if team.lead:
            node("dt", "", "负责人")
            node("dd", "", one_line(roster.name_of(team.lead), 20))
        if made.is_rostered:
            node("dt", "bad" if made.troubles else "", "今后 14 天")
            with node("dd", "dk-troubles"):
                for line in made.troubles:
                    node("p", line.tone, line.text)
                if not made.troubles:
                    node("p", "", "没有空缺，也没有重叠")
                if made.is_reckoned:
                    node("p", "warn", "有的日子节假日安排尚未公布，暂按周末推算")


def _changes(roster: Roster, made: Card, now: datetime, *, may_change: bool) -> None:
    if not made.changes:
        return
    with node("div", "dk-scroll dk-changes"), node("table", "dk-cells"):
        with node("tr"):
            for head in ("调班", "时间", "原因", "登记", ""):
                node("th", "", head)
        for one in made.changes:
            has_begun = one.period.start <= now
            what = change_text(roster, one)
            state = "" if has_begun else "（尚未开始）"
            with node("tr"):
                for cell in (
                    f"{what}{state}", span_text(one.period, now), one_line(one.reason, 120),
                    f"{one_line(one.author, 30)} {clock_text(one.created_at, now)}",
                ):  # fmt: skip
                    node("td", "", cell)
                with node("td"):
                    if may_change:
                        node(
                            "button", "dk-button dk-small", "结束" if has_begun else "取消", type="button",
                            data_desk="act", data_act="cancel_override",
                            data_id=f"{made.code}/overrides/{one.override_id}",
                            data_title=f"{what}，{span_text(one.period, now)}",
                        )  # fmt: skip


def _coming(roster: Roster, made: Card, now: datetime, *, may_change: bool) -> None:
    if not made.coming:
        return
    with node("details", "dk-steps"):
        node("summary", "", "今后 14 天的排班")
        with node("div", "dk-scroll"), node("table", "dk-cells dk-turns"):
            with node("tr"):
                for head in ("日期", "班次", "时间", "人员", *([""] if may_change else [])):
                    node("th", "", head)
            for turn in made.coming:
                weekday = _WEEKDAYS[turn.period.start.astimezone(SITE_ZONE).weekday()]
                day = f"{full_text(turn.period.start)[5:10]} {weekday}"
                times = f"{full_text(turn.period.start)[11:16]}—{full_text(turn.period.end)[11:16]}"
                names = people_text(roster, turn) + ("（调班）" if turn.overridden else "")
                with node("tr", "" if turn.people else "bad"):
                    for cell in (day, one_line(turn.shift_name, 12), times, names):
                        node("td", "", cell)
                    if may_change:
                        with node("td"):
                            when = Period(max(turn.period.start, now), turn.period.end)
                            values = _fields(turn.people[0] if turn.people else "", when)
                            about = f"{roster.teams[made.code].name} {one_line(turn.shift_name, 12)}"
                            word = "换人" if turn.people else "安排"
                            opens = _opens(made.code, about, values)
                            node("button", "dk-button dk-small", word, type="button", **opens)


def _reports(made: Card) -> None:
    with node("p", "dk-reports"):
        if made.now:
            node("span", "", "值班记录　本班")
            _files(made.code, None)
            node("span", "", "上一班")
            _files(made.code, made.now[0].whole.start - timedelta(minutes=1))
        node("a", "", "日历订阅", href=f"/v1/roster/{made.code}/calendar.ics")


def _files(code: str, at: datetime | None) -> None:
    for form, word in (("pdf", "PDF"), ("xlsx", "XLSX")):
        query = {"format": form} | ({} if at is None else {"at": format_instant(at)})
        node("a", "", word, href=f"/v1/roster/{code}/shift-report?{urlencode(query)}", target="_blank")


def _notes(roster: Roster, notes: Sequence[Mapping[str, Any]], now: datetime) -> None:
    if not notes:
        return
    node("h2", "", "最近的交接班")
    with node("div", "dk-events"):
        for note in notes:
            giver, taker = (one_line(roster.name_of(note[role]), 20) for role in ("giver", "taker"))
            with node("div", "dk-event dk-note-of-shift"):
                node("span", "t", full_text(note["at"]))
                node("span", "w", f"{giver} → {taker}")
                node("span", "p", f"{clock_text(note['from_at'], now)} 的班")
                node("span", "c", one_line(note["note"], 1000))
