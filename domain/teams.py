"""People and teams: who can be told, by what, after how long the next one is, and how much a team wants to hear.

What a team does not say holds as TeamPolicy.DEFAULT has it. Its numbers: EEMUA 191 for floods (more than ten alarms in
ten minutes), otherwise what duty rooms use; those are ours, and each team may set its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, ClassVar, Literal, get_args

from domain.alerts import Severity
from domain.errors import BadInput
from domain.periods import Period, day_start, local_day
from domain.workdays import is_workday

#: Local days: all of them, those that are worked, those that are not.
Days = Literal["all", "workdays", "restdays"]
#: What alerts may be grouped by; cause is the rule id up to its first dot.
GROUP_KEYS = ("enterprise", "rule", "cause", "severity", "district")

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_TO = re.compile(r"on_duty|next|lead|(team|person):[a-z0-9-]{1,64}")
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
_LONGEST = timedelta(days=31)
_ONE_DAY = timedelta(days=1)
_REPEAT = MappingProxyType({Severity.CRITICAL: 4 * _HOUR, Severity.WARNING: 24 * _HOUR, Severity.INFO: None})
_REALARM = MappingProxyType({Severity.CRITICAL: 24 * _HOUR, Severity.WARNING: 168 * _HOUR, Severity.INFO: None})


def falls_on(days: Days, day: date) -> bool:
    """Whether a local day is among those meant, by the State Council's working days."""
    return days == "all" or is_workday(day) is (days == "workdays")


def clock_time(text: str) -> time:
    """A local time of day such as 20:00. Raises BadInput."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise BadInput(f"{text[:20]!r} is no time of day: expected HH:MM from 00:00 to 23:59")
    return time(int(found[1]), int(found[2]))


def instant_of(day: date, clock: time) -> datetime:
    """A local time on a local day, in UTC. China has no daylight saving: every local time is there once."""
    return day_start(day) + timedelta(hours=clock.hour, minutes=clock.minute)


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to reach a person. channel: code of a channel; address: a phone number, a mail address; nobody sees it."""

    channel: str
    address: str

    def __repr__(self) -> str:
        return f"Contact({self.channel!r}, ...)"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be told. contacts: most preferred first; active: false for who has left."""

    code: str
    name: str
    enterprise: str | None = None
    contacts: tuple[Contact, ...] = ()
    active: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an escalation: after how long without acknowledgement who is told. No severities: all of them."""

    after: timedelta
    to: str
    severities: frozenset[Severity] = frozenset()

    def concerns(self, severity: Severity) -> bool:
        """Whether alerts of a severity take this step."""
        return not self.severities or severity in self.severities

    @classmethod
    def parse(cls, row: Mapping[str, Any]) -> Step:
        """From JSON or TOML: {"after_min": 15, "to": "next", "severities": ["critical"]}. Raises BadInput."""
        if not isinstance(row, Mapping) or row.keys() - {"after_min", "to", "severities"} or "to" not in row:
            raise BadInput(f"an escalation step has after_min, to and severities, got {str(row)[:80]}")
        to, named = row["to"], row.get("severities", ())
        if not isinstance(to, str) or _TO.fullmatch(to) is None:
            raise BadInput(f"to {to!r:.80}: expected on_duty, next, lead, team:CODE or person:CODE")
        if not isinstance(named, list | tuple):
            raise BadInput(f"severities {named!r:.80}: expected a list")
        return cls(_span("after_min", row.get("after_min", 0), _MINUTE), to, frozenset(map(_severity, named)))

    def row(self) -> dict[str, Any]:
        """As JSON; `parse` reads it back."""
        return {
            "after_min": self.after / _MINUTE,
            "to": self.to,
            "severities": [severity.value for severity in Severity if severity in self.severities],
        }


#: What a team does that says nothing of escalation.
DEFAULT_STEPS = (
    Step(timedelta(0), "on_duty"),
    Step(15 * _MINUTE, "next", frozenset({Severity.CRITICAL})),
    Step(30 * _MINUTE, "lead", frozenset({Severity.CRITICAL})),
)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local time in which only the highest severity is told. An end not after the start is on the next day; days: on
    which they begin."""

    start: str
    end: str
    days: Days = "all"

    def period(self, day: date) -> Period | None:
        """The quiet hours that begin on a local day, None when it is none of their days."""
        if not falls_on(self.days, day):
            return None
        start, end = clock_time(self.start), clock_time(self.end)
        return Period(instant_of(day, start), instant_of(day if end > start else day + _ONE_DAY, end))

    def until(self, at: datetime) -> datetime | None:
        """When the quiet hours end that hold an instant, None when none does."""
        today = local_day(at)
        periods = (self.period(day) for day in (today - _ONE_DAY, today))
        return max((period.end for period in periods if period is not None and at in period), default=None)


@dataclass(frozen=True, slots=True)
class TeamPolicy:
    """How much a team wants to hear. A mapping gives a time by severity, None for never.

    group_by: what makes alerts one message; group_interval: how long a group is not told again.
    repeat, realarm: told again after so long, unacknowledged or although acknowledged. More than flood_count alerts in
    flood_window are told as a digest, then every digest_every (digest_every_critical when a critical one is new), until
    fewer than flood_over come in a window; up to flood_count critical ones in a window are told at once all the same.
    flap_changes within flap_window: held until quiet for flap_quiet.
    """

    DEFAULT: ClassVar[TeamPolicy]

    group_by: tuple[str, ...] = ("enterprise",)
    group_interval: timedelta = 5 * _MINUTE
    repeat: Mapping[Severity, timedelta | None] = field(default_factory=lambda: _REPEAT)
    realarm: Mapping[Severity, timedelta | None] = field(default_factory=lambda: _REALARM)
    flood_count: int = 10
    flood_window: timedelta = 10 * _MINUTE
    flood_over: int = 5
    digest_every: timedelta = 10 * _MINUTE
    digest_every_critical: timedelta = 2 * _MINUTE
    flap_changes: int = 6
    flap_window: timedelta = 24 * _HOUR
    flap_quiet: timedelta = 6 * _HOUR
    quiet: tuple[QuietHours, ...] = ()

    def quiet_until(self, at: datetime) -> datetime | None:
        """When the quiet hours of an instant are over, None when there are none then. Adjoining ones count as one."""
        until: datetime | None = None
        for _ in range(2 * len(self.quiet)):
            ends = [end for hours in self.quiet if (end := hours.until(until or at)) is not None]
            if not ends:
                break
            until = max(ends)
        return until

    @classmethod
    def parse(cls, table: Mapping[str, Any]) -> TeamPolicy:
        """The defaults with what a team says differently, from JSON or TOML. Raises BadInput saying which key.

        Times have their unit in the key: group_interval_min, repeat_h and realarm_h (tables by severity, "never" or
        hours), flood_window_min, digest_every_min, digest_every_critical_min, flap_window_h, flap_quiet_h.
        """
        said: dict[str, Any] = {}
        for key, value in table.items():
            if key not in _READERS:
                raise BadInput(f"policy has no {key[:40]!r}: expected {', '.join(_READERS)}")
            name, read = _READERS[key]
            said[name] = read(key, value)
        for name in ("repeat", "realarm"):
            if name in said:
                said[name] = MappingProxyType({**getattr(cls.DEFAULT, name), **said[name]})
        return replace(cls.DEFAULT, **said)


TeamPolicy.DEFAULT = TeamPolicy()


@dataclass(frozen=True, slots=True)
class Team:
    """A group of people who are told together.

    district, enterprise: whose team it is, None for the city's. lead: a person's code. channels: codes of channels that
    reach the group as such (a robot). steps: the escalation, in order of time.
    """

    code: str
    name: str
    district: str | None = None
    enterprise: str | None = None
    lead: str | None = None
    channels: tuple[str, ...] = ()
    steps: tuple[Step, ...] = DEFAULT_STEPS
    policy: TeamPolicy = TeamPolicy.DEFAULT


def parse_steps(rows: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    """An escalation in order of time; none given: the default one. Raises BadInput saying which step."""
    steps = []
    for number, row in enumerate(rows, 1):
        try:
            steps.append(Step.parse(row))
        except BadInput as error:
            raise BadInput(f"escalation step {number}: {error}") from error
    if steps and all(step.after for step in steps):
        raise BadInput("escalation: no step has after_min = 0, so nobody would be told at first")
    return tuple(sorted(steps, key=lambda step: step.after)) or DEFAULT_STEPS


def _severity(value: object) -> Severity:
    try:
        return Severity(str(value))
    except ValueError as error:
        raise BadInput(f"severity {value!r:.40}: expected {', '.join(Severity)}") from error


def _span(key: str, value: object, unit: timedelta) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LONGEST / unit:
        raise BadInput(f"{key} {value!r:.40}: expected a number from 0 to {_LONGEST / unit:.0f}")
    return value * unit


def _spans(key: str, value: object, unit: timedelta) -> dict[Severity, timedelta | None]:
    if not isinstance(value, Mapping):
        raise BadInput(f'{key} {value!r:.40}: expected a table by severity, such as {{ warning = 12, info = "never" }}')
    return {
        _severity(name): None if told == "never" else _span(f"{key}.{name}", told, unit) for name, told in value.items()
    }


def _count(key: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10_000:
        raise BadInput(f"{key} {value!r:.40}: expected a whole number from 1 to 10000")
    return value


def _group_by(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not set(value) <= set(GROUP_KEYS):
        raise BadInput(f"{key} {value!r:.80}: expected a list of {', '.join(GROUP_KEYS)}")
    return tuple(dict.fromkeys(value))


def _quiet(key: str, value: object) -> tuple[QuietHours, ...]:
    found = []
    for row in value if isinstance(value, list | tuple) else [value]:
        if not isinstance(row, Mapping) or not {"start", "end"} <= row.keys() <= {"start", "end", "days"}:
            raise BadInput(f"{key} {row!r:.80}: expected start, end and days")
        days = row.get("days", "all")
        if days not in get_args(Days):
            raise BadInput(f"{key}: days {days!r:.40}: expected {', '.join(get_args(Days))}")
        for name in ("start", "end"):
            clock_time(str(row[name]))
        found.append(QuietHours(str(row["start"]), str(row["end"]), days))
    return tuple(found)


_Reader = Callable[[str, Any], Any]


def _in(unit: timedelta, read: Callable[[str, object, timedelta], Any]) -> _Reader:
    return lambda key, value: read(key, value, unit)


_READERS: Mapping[str, tuple[str, _Reader]] = {
    "group_by": ("group_by", _group_by),
    "group_interval_min": ("group_interval", _in(_MINUTE, _span)),
    "repeat_h": ("repeat", _in(_HOUR, _spans)),
    "realarm_h": ("realarm", _in(_HOUR, _spans)),
    "flood_count": ("flood_count", _count),
    "flood_window_min": ("flood_window", _in(_MINUTE, _span)),
    "flood_over": ("flood_over", _count),
    "digest_every_min": ("digest_every", _in(_MINUTE, _span)),
    "digest_every_critical_min": ("digest_every_critical", _in(_MINUTE, _span)),
    "flap_changes": ("flap_changes", _count),
    "flap_window_h": ("flap_window", _in(_HOUR, _span)),
    "flap_quiet_h": ("flap_quiet", _in(_HOUR, _span)),
    "quiet": ("quiet", _quiet),
}
assert {name for name, _ in _READERS.values()} == {part.name for part in fields(TeamPolicy)}
