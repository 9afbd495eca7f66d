"""The scenarios laid out over the hours of one story: what each device does differently, and what must come of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from domain.errors import BadInput
from domain.refusals import Reason
from simulators.city import City
from simulators.scenario import Scenario
from simulators.timing import Timeline

POLLUTANTS = ("so2", "nox", "pm")


class Outcome(NamedTuple):
    """What a rule must say: verdict, reason and, where it is known, the value."""

    verdict: str
    reason: str
    value: float | None = None

    @classmethod
    def parse(cls, text: str) -> Outcome:
        verdict, reason, *value = text.split()
        if verdict not in ("compliant", "violation", "undetermined") or len(value) > 1:
            raise BadInput(f"outcome {text!r}: expected 'verdict reason [value]'")
        return cls(verdict, reason, float(value[0]) if value else None)


@dataclass(frozen=True, slots=True)
class Edit:
    """In each hour of [start, end), minutes [minute_from, minute_to) of a minute point show a value or a flag."""

    point: str
    start: int
    end: int
    minute_from: int = 0
    minute_to: int = 60
    value: float | None = None
    flag: str | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """Readings of a point that are never sent, hours [start, end)."""

    point: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Silence:
    """A gateway sends nothing in [start, end) and everything with the messages of hour `end`."""

    enterprise: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LoggerSilence:
    """The data loggers of an enterprise send nothing in [start, end) and everything with the frames of hour `end`.

    Only for loggers whose outlets no rule judges: when their data arrive changes nothing then.
    """

    enterprise: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Correction:
    """All minute values of a point in one hour sent again with another value, with the messages of hour `sent`."""

    enterprise: str
    point: str
    outlet: str
    quantity: str
    hour: int
    value: float
    sent: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Redelivery:
    """The messages of hours [start, end) sent again, byte by byte, with those of hour `sent`."""

    enterprise: str
    start: int
    end: int
    sent: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A message of which `items` are refused for `reason` and `stored` are kept."""

    enterprise: str
    sent: int
    topic: str
    payload: bytes
    reason: Reason
    items: int
    stored: int


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message made wrong on purpose in the format of its sender; `what` names the way, see malformed.py.

    reason: None when nothing of it is refused.
    """

    enterprise: str
    sent: int
    what: str
    reason: Reason | None
    items: int
    stored: int


@dataclass(frozen=True, slots=True)
class LeakTest:
    """A test record that arrives during the story; becomes: stored, correction or duplicate."""

    enterprise: str
    component: str
    tested_at: datetime
    sent: int
    net_umol_mol: float
    becomes: str


@dataclass(slots=True)
class Effects:
    """Everything that is not ordinary. outcomes: (outlet key, pollutant, hour) of what is not "compliant"."""

    edits: list[Edit] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    logger_silences: list[LoggerSilence] = field(default_factory=list)
    rollovers: dict[str, int] = field(default_factory=dict)
    resets: dict[str, int] = field(default_factory=dict)
    corrections: list[Correction] = field(default_factory=list)
    redeliveries: list[Redelivery] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    leak_tests: list[LeakTest] = field(default_factory=list)
    outcomes: dict[tuple[str, str, int], Outcome] = field(default_factory=dict)

    def claim(self, outlet: str, quantity: str, hour: int, outcome: Outcome) -> None:
        """Two scenarios may not speak of the same hour."""
        key = (outlet, quantity, hour)
        if key in self.outcomes:
            raise BadInput(f"two scenarios speak of {quantity} at {outlet} in hour {hour}")
        self.outcomes[key] = outcome


def lay_out(scenarios: Iterable[Scenario], city: City, timeline: Timeline) -> Effects:
    """The effects of all scenarios that begin before the story's end; later ones never happen."""
    effects = Effects()
    layout = _Layout(effects, city, timeline)
    ordered = sorted(scenarios, key=lambda scenario: scenario.kind == "share")  # shares count what the others left
    for scenario in ordered:
        getattr(layout, scenario.kind)(scenario)
    return effects


class _Layout:
    """One method for each kind of scenario."""

    def __init__(self, effects: Effects, city: City, timeline: Timeline) -> None:
        self._effects = effects
        self._city = city
        self._timeline = timeline

    def _hours(self, start: str, hours: int) -> range:
        first = self._timeline.hour(start)
        return range(first, min(first + hours, self._timeline.hours))

    def stack(self, scenario: Scenario) -> None:
        hours = self._hours(scenario["start"], scenario["hours"])
        outlet = f"{scenario.enterprise}/S1"
        self._constants(outlet, hours, scenario.get("values", {}))
        for span in scenario.get("flags", []):
            self._spans(outlet, hours, span, flag=span["flag"])
        for span in scenario.get("spikes", []):
            self._spans(outlet, hours, span, value=span["value"])
        for quantity in scenario.get("lost", []):
            point = self._city.outlet_point(outlet, quantity).key
            self._effects.lost.append(Lost(point, hours.start, hours.stop))
        for name, text in scenario["expect"].items():
            for quantity in POLLUTANTS if name == "all" else (name,):
                for hour in hours:
                    self._effects.claim(outlet, quantity, hour, Outcome.parse(text))

    def _constants(self, outlet: str, hours: range, values: dict[str, float]) -> None:
        for quantity, value in values.items():
            point = self._city.outlet_point(outlet, quantity).key
            self._effects.edits.append(Edit(point, hours.start, hours.stop, value=float(value)))

    def _spans(self, outlet: str, hours: range, span: dict[str, Any], **change: Any) -> None:
        for quantity in span["quantities"]:
            point = self._city.outlet_point(outlet, quantity).key
            self._effects.edits.append(Edit(point, hours.start, hours.stop, span["from"], span["to"], **change))

    def share(self, scenario: Scenario) -> None:
        """The number of hours follows from the month's length, everything else from the file."""
        outlet, quantity = f"{scenario.enterprise}/S1", scenario["quantity"]
        month = self._timeline.month_hours
        open_hours = sum(
            1 for (o, q, hour), outcome in self._effects.outcomes.items()
            if (o, q) == (outlet, quantity) and hour < month and outcome.verdict == "undetermined"
        )  # fmt: skip
        judged = month - open_hours
        if scenario["target"] == "at":
            pad = self._hours(scenario["pad"], judged % 20)
            point = self._city.outlet_point(outlet, quantity).key
            if len(pad):
                self._effects.edits.append(Edit(point, pad.start, pad.stop, flag=scenario["pad_flag"]))
            for hour in pad:
                self._effects.claim(outlet, quantity, hour, Outcome("undetermined", "too_few_valid_minutes"))
            violating = (judged - len(pad)) // 20
        else:
            violating = judged // 20 + 1
        first, run = self._timeline.hour(scenario["first"]), scenario["run_hours"]
        outcome = Outcome.parse(scenario["expect"])
        while violating:
            length = min(run, violating)
            self._constants(outlet, range(first, first + length), scenario["values"])
            for hour in range(first, first + length):
                self._effects.claim(outlet, quantity, hour, outcome)
            violating -= length
            first += 24

    def correction(self, scenario: Scenario) -> None:
        hour, sent = self._timeline.hour(scenario["start"]), self._timeline.hour(scenario["sent"])
        outlet = f"{scenario.enterprise}/S1"
        self._effects.corrections.append(
            Correction(
                scenario.enterprise,
                self._city.outlet_point(outlet, scenario["quantity"]).key,
                outlet,
                scenario["quantity"],
                hour,
                float(scenario["value"]),
                sent,
                Outcome.parse(scenario["expect"]),
            )
        )

    def redelivery(self, scenario: Scenario) -> None:
        hours = self._hours(scenario["start"], scenario["hours"])
        sent = self._timeline.hour(scenario["sent"])
        self._effects.redeliveries.append(Redelivery(scenario.enterprise, hours.start, hours.stop, sent))

    def gateway_silent(self, scenario: Scenario) -> None:
        hours = self._hours(scenario["start"], scenario["hours"])
        self._effects.silences.append(Silence(scenario.enterprise, hours.start, hours.stop))

    def logger_silent(self, scenario: Scenario) -> None:
        hours = self._hours(scenario["start"], scenario["hours"])
        processes = {o.process for o in self._city.outlets if o.enterprise == scenario.enterprise}
        if "coke_oven_stack" in processes:
            raise BadInput(f"{scenario.enterprise}: the hours of a judged stack would be judged twice")
        self._effects.logger_silences.append(LoggerSilence(scenario.enterprise, hours.start, hours.stop))

    def point_silent(self, scenario: Scenario) -> None:
        point = self._city.point(f"{scenario.enterprise}/{scenario['point']}").key
        start, end = self._timeline.hour(scenario["start"]), self._timeline.hour(scenario["until"])
        self._effects.lost.append(Lost(point, start, end))

    def register_rollover(self, scenario: Scenario) -> None:
        point = self._city.point(f"{scenario.enterprise}/{scenario['point']}").key
        self._effects.rollovers[point] = self._timeline.hour(scenario["at"])

    def register_reset(self, scenario: Scenario) -> None:
        point = self._city.point(f"{scenario.enterprise}/{scenario['point']}").key
        self._effects.resets[point] = self._timeline.hour(scenario["at"])

    def refused(self, scenario: Scenario) -> None:
        sent = self._timeline.hour(scenario["sent"])
        start = self._timeline.at(sent)
        text = scenario["payload"]
        for name, at in (
            ("{start}", start),
            ("{five_past}", start + timedelta(minutes=5)),
            ("{in_two_days}", start + timedelta(days=2)),
        ):
            text = text.replace(name, self._timeline.local_text(at))
        payload = text.encode() + b" " * max(0, scenario.get("padding", 0) - len(text.encode()))
        topic = scenario["topic"].replace("{enterprise}", scenario.enterprise)
        self._effects.refused.append(
            Refused(
                scenario.enterprise, sent, topic, payload, Reason(scenario["reason"]), scenario["items"],
                scenario.get("stored", 0),
            )
        )  # fmt: skip

    def malformed(self, scenario: Scenario) -> None:
        items = scenario.get("items", 0)
        self._effects.malformed.append(
            Malformed(
                scenario.enterprise,
                self._timeline.hour(scenario["sent"]),
                scenario["what"],
                Reason(scenario["reason"]) if items else None,
                items,
                scenario.get("stored", 0),
            )
        )

    def leak_test(self, scenario: Scenario) -> None:
        self._effects.leak_tests.append(
            LeakTest(
                scenario.enterprise,
                scenario["component"],
                self._timeline.instant(scenario["tested"]),
                self._timeline.hour(scenario["sent"]),
                float(scenario["net_umol_mol"]),
                scenario.get("becomes", "stored"),
            )
        )
