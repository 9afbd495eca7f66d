"""The duty rooms of the simulated city, and who is on duty at a moment of the story, reckoned by hand.

Four rooms work day and night in turns of twelve hours. One plant has a person on call, by the week on working days,
and two others who take turns on days of rest: weekends and holidays, but not the Sundays that are worked for them.
Times are minutes since the story's start, which is local midnight of the month's first day; turns are counted in days
from there.
The room of the south (nantan) is left empty for one night: nobody wrote a shift for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from simulators.city_people import AlertRoute, DutyPerson, DutyShift, DutyTeam

#: Codes of channels; which of them are there, the demo says.
PHONE, SMS, ROBOT = "webhook", "sms", "dingtalk-yunhe"

LEAD = "city-lead"
CITY = "city-duty"
PLANT = "yunhe-env"
#: The plant with a team of its own.
PLANT_ENTERPRISE = "yunhe-coking"

#: Room: (name, district, lead, members in the order of their turns).
ROOMS: Mapping[str, tuple[str, str | None, str, tuple[str, ...]]] = {
    CITY: ("市级值班室", None, "qin-wanqing", ("bai-muzhou", "jiang-shuo", "wen-yuetong", "lu-jinxi")),
    "hewan-duty": ("河湾区值班室", "hewan", "shen-beichuan", ("gu-nanxing", "xu-zhiyao", "tan-ruohai", "yan-qiubai")),
    "beiling-duty": (
        "北岭区值班室", "beiling", "he-lanting", ("fang-yichen", "song-qinghe", "zhuo-xinran", "mei-shaoyu"),
    ),
    "nantan-duty": ("南滩区值班室", "nantan", "luo-jingming", ("pan-xuefei", "tang-yuanshan", "du-anran", "ye-zhiqiu")),
}  # fmt: skip

#: Code: (name, enterprise).
NAMES: Mapping[str, tuple[str, str | None]] = {
    "qin-wanqing": ("秦晚晴", None),
    "bai-muzhou": ("柏暮舟", None),
    "jiang-shuo": ("江朔", None),
    "wen-yuetong": ("闻月瞳", None),
    "lu-jinxi": ("陆今夕", None),
    "shen-beichuan": ("沈北川", None),
    "gu-nanxing": ("顾南星", None),
    "xu-zhiyao": ("许知遥", None),
    "tan-ruohai": ("谭若海", None),
    "yan-qiubai": ("言秋白", None),
    "he-lanting": ("何兰汀", None),
    "fang-yichen": ("方以辰", None),
    "song-qinghe": ("宋清禾", None),
    "zhuo-xinran": ("卓欣然", None),
    "mei-shaoyu": ("梅少愚", None),
    "luo-jingming": ("骆景明", None),
    "pan-xuefei": ("潘雪扉", None),
    "tang-yuanshan": ("唐远山", None),
    "du-anran": ("杜安然", None),
    "ye-zhiqiu": ("叶知秋", None),
    "cao-wenqian": ("曹闻谦", PLANT_ENTERPRISE),
    "ren-haoyu": ("任浩宇", PLANT_ENTERPRISE),
    "su-mingjing": ("苏明镜", PLANT_ENTERPRISE),
    "shang-zhiyuan": ("商知远", PLANT_ENTERPRISE),
    "ning-ruoxi": ("宁若溪", PLANT_ENTERPRISE),
}

#: (after minutes, to, severities; none: all).
Steps = tuple[tuple[int, str, tuple[str, ...]], ...]
#: What the platform does for a team that says nothing; the rooms say nothing.
ROOM_STEPS: Steps = ((0, "on_duty", ()), (15, "next", ("critical",)), (30, "lead", ("critical",)))
LEAD_STEPS: Steps = ((0, "lead", ()),)
PLANT_STEPS: Steps = ((0, "on_duty", ()), (90, "lead", ("critical", "warning")))

_PLANT_LEAD = "cao-wenqian"
_ON_CALL, ON_REST_DAYS = ("ren-haoyu", "su-mingjing"), ("shang-zhiyuan", "ning-ruoxi")

#: By the State Council's notice on the holidays of 2026, for the demo's month: the Mid-Autumn Festival and National
#: Day, and the days of weekends that are worked for them. Of other months weekends alone count.
_HOLIDAYS = frozenset({date(2026, 9, day) for day in (25, 26, 27)} | {date(2026, 10, day) for day in range(1, 8)})
_WORKED = frozenset({date(2026, 9, 20), date(2026, 10, 10)})

_DAY, _HALF_DAY, _WEEK = 24 * 60, 12 * 60, 7 * 24 * 60
_MORNING, _EVENING = 8 * 60, 20 * 60

#: Room and day of the month, from 0, whose night nobody wrote a shift for.
GAP = ("nantan-duty", 19)
#: The south sleeps: nothing but the gravest is told from 22:00 to 06:30.
QUIET_TEAM, QUIET = "nantan-duty", (22 * 60, 6 * 60 + 30)


@dataclass(frozen=True, slots=True)
class Relief:
    """Somebody takes another's turns in [start, end), minutes, because the lead says so at clock value `posted`."""

    team: str
    start: int
    end: int
    person: str
    replaces: str
    posted: int


def people() -> tuple[DutyPerson, ...]:
    """All of them, each with a phone number that nobody has."""
    return tuple(
        DutyPerson(code, name, enterprise, ({"channel": SMS, "address": phone(code)},))
        for code, (name, enterprise) in NAMES.items()
    )


def leads() -> frozenset[str]:
    """Who leads a room, or the city's duty."""
    return frozenset(lead for _, _, lead, _ in ROOMS.values())


def team_of(person: str) -> str:
    """The room, or the plant's team, that somebody belongs to."""
    found = (team for team, (_, _, lead, members) in ROOMS.items() if person in (lead, *members))
    return next(found, PLANT)


def phone(code: str) -> str:
    """The phone number of a person."""
    return f"1990000{list(NAMES).index(code):04d}"


def teams() -> tuple[DutyTeam, ...]:
    """The lead of the city, four rooms, and the plant's own people."""
    rooms = tuple(
        DutyTeam(code, name, district, None, lead, (PHONE,), (), _policy(code))
        for code, (name, district, lead, _) in ROOMS.items()
    )
    lead = DutyTeam(LEAD, "市级带班领导", None, None, "qin-wanqing", (PHONE,), _rows(LEAD_STEPS), {})
    plant = DutyTeam(
        PLANT, "云禾焦化环保组", None, PLANT_ENTERPRISE, _PLANT_LEAD, (PHONE, ROBOT), _rows(PLANT_STEPS), {}
    )
    return (lead, *rooms, plant)


def _policy(team: str) -> dict[str, Any]:
    """What a room wants otherwise: the south is small, more than five alerts at once are a flood to it."""
    if team != QUIET_TEAM:
        return {}
    start, end = (f"{minute // 60:02d}:{minute % 60:02d}" for minute in QUIET)
    return {"flood_count": 5, "quiet": ({"start": start, "end": end, "days": "all"},)}


def _rows(steps: Steps) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"after_min": after, "to": to} | ({"severities": severities} if severities else {})
        for after, to, severities in steps
    )


def steps_of(team: str) -> Steps:
    """Whom a team tells, and after how many minutes."""
    return {LEAD: LEAD_STEPS, PLANT: PLANT_STEPS}.get(team, ROOM_STEPS)


def shifts(first: date) -> tuple[DutyShift, ...]:
    """For a story month that begins on that day; they began a month before it."""
    since = first - timedelta(days=31)
    made: list[DutyShift] = []
    for team, (_, _, _, members) in ROOMS.items():
        made.append(DutyShift(team, "day", "白班", "08:00", 12, members, first, since))
        night = DutyShift(team, "night", "夜班", "20:00", 12, _at_night(members), first, since)
        if team == GAP[0]:
            empty = first + timedelta(days=GAP[1])
            made.append(DutyShift(team, "night", "夜班", "20:00", 12, _at_night(members), first, since, empty))
            after = empty + timedelta(days=1)
            night = DutyShift(team, "night", "夜班", "20:00", 12, _at_night(members), first, after)
        made.append(night)
    made += (
        DutyShift(PLANT, "on-call", "值守", "08:00", 24, _ON_CALL, first, since, None, "week", "workdays"),
        DutyShift(PLANT, "rest", "休息日值守", "08:00", 24, ON_REST_DAYS, first, since, None, "shift", "restdays"),
    )
    return tuple(made)


def is_rest_day(day: date) -> bool:
    """Whether a local day is one of rest."""
    return day not in _WORKED and (day in _HOLIDAYS or day.weekday() >= 5)


def _at_night(members: tuple[str, ...]) -> tuple[str, ...]:
    """Who has the night of a day on which the first member has the day: the third."""
    return members[2:] + members[:2]


def routes() -> tuple[AlertRoute, ...]:
    """What is gravest goes to the lead as well, what a plant with its own people has done to those as well; whatever is
    of no district to the city's room."""
    made = [
        AlertRoute("gravest", 10, ({"label": "severity", "op": "=", "value": "critical"},), LEAD, True),
        AlertRoute("yunhe", 20, ({"label": "enterprise", "op": "=", "value": PLANT_ENTERPRISE},), PLANT, True),
    ]
    for number, (team, (_, district, _, _)) in enumerate(ROOMS.items()):
        if district is not None:
            matcher = {"label": "district", "op": "=", "value": district}
            made.append(AlertRoute(district, 30 + number, (matcher,), team))
    return (*made, AlertRoute("others", 90, (), CITY))


class Rota:
    """Who is on duty, at a minute of the story. first: local day that it begins with."""

    def __init__(self, first: date, reliefs: Sequence[Relief] = ()) -> None:
        self._first = first
        self._reliefs = reliefs

    def told(self, team: str, to: str, minute: int) -> tuple[str, ...]:
        """Whom a step of an escalation reaches; posted reliefs only."""
        if to == "lead":
            return (self._lead(team),)
        if to == "on_duty":
            return self._on_duty(team, minute, minute) or (self._lead(team),)
        present = self._on_duty(team, minute, minute)
        for start in self._starts(team, minute):
            coming = self._on_duty(team, start, minute)
            if coming and not set(coming) <= set(present):
                return coming
        return (self._lead(team),)

    def _on_duty(self, team: str, minute: int, known: int) -> tuple[str, ...]:
        """At a minute, as the roster stands at another one."""
        person = self._on_call(minute) if team == PLANT else _by_shift(team, minute)
        if person is None:
            return ()
        for relief in self._reliefs:
            if relief.team == team and relief.start <= minute < relief.end and relief.posted * 60 <= known:
                person = relief.person if relief.replaces == person else person
        return (person,)

    def _starts(self, team: str, minute: int) -> Iterator[int]:
        """Minutes at which turns begin, after another one, for two months."""
        if team in (LEAD, ""):
            return
        length = _DAY if team == PLANT else _HALF_DAY
        start = (minute - _MORNING) // length * length + _MORNING + length
        edges = {start + length * number for number in range(62 * _DAY // length)}
        for relief in self._reliefs:
            if relief.team == team and relief.posted * 60 <= minute:
                edges |= {edge for edge in (relief.start, relief.end) if edge > minute}
        yield from sorted(edges)

    def _on_call(self, minute: int) -> str:
        """Of the plant; the turns of days of rest are counted in such days."""
        number = (minute - _MORNING) // _DAY
        if not is_rest_day(self._first + timedelta(days=number)):
            return _ON_CALL[number // 7 % len(_ON_CALL)]
        between = range(number) if number >= 0 else range(number, 0)
        passed = sum(is_rest_day(self._first + timedelta(days=day)) for day in between)
        return ON_REST_DAYS[(passed if number >= 0 else -passed) % len(ON_REST_DAYS)]

    @staticmethod
    def _lead(team: str) -> str:
        return {LEAD: "qin-wanqing", PLANT: _PLANT_LEAD}.get(team) or ROOMS[team][2]


def _by_shift(team: str, minute: int) -> str | None:
    """Who has the turn of a room that holds a minute by the shifts alone."""
    if team == LEAD:
        return None
    members = ROOMS[team][3]
    day, of_day = divmod(minute, _DAY)
    if _MORNING <= of_day < _EVENING:
        return members[day % len(members)]
    night = day if of_day >= _EVENING else day - 1
    return None if (team, night) == GAP else _at_night(members)[night % len(members)]


def quiet_until(team: str, minute: int) -> int | None:
    """When the quiet hours of a minute end, None where there are none."""
    start, end = QUIET
    day, of_day = divmod(minute, _DAY)
    if team != QUIET_TEAM or end <= of_day < start:
        return None
    return (day + (of_day >= start)) * _DAY + end
