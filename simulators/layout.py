"""Scenarios laid out over the hours of one story: from what the files say to what each device does and when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from domain.errors import BadInput
from domain.refusals import Reason
from simulators.city import City, Point
from simulators.effects import (
    Correction,
    Edit,
    Effects,
    LeakTest,
    LoggerSilence,
    Lost,
    Malformed,
    Marking,
    Misread,
    Outcome,
    Redelivery,
    Refused,
    Replacement,
    Silence,
    Stuck,
)
from simulators.scenario import Scenario
from simulators.standards import Limits
from simulators.timing import Timeline

#: What "all" means in a scenario file.
POLLUTANTS = ("so2", "nox", "pm")


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
        outlet = f"{scenario.enterprise}/{scenario.get('outlet', 'S1')}"
        spread = scenario.get("spread", 0.01)
        self._edits(outlet, hours, scenario.get("values", {}), "value", spread=spread)
        self._edits(outlet, hours, scenario.get("flat", {}), "value", spread=0.0)
        for name in ("factor", "offset", "cap"):
            self._edits(outlet, hours, scenario.get(name, {}), name)
        if "copied_from" in scenario.params:
            before = (self._timeline.hour(f"{scenario['copied_from']} 00:00")) // 24
            for point in self._city.outlet_points(outlet):
                self._effects.edits.append(Edit(point.key, hours.start, hours.stop, copied_from=before))
        for span in scenario.get("flags", []):
            self._spans(outlet, hours, span, flag=span["flag"])
        for span in scenario.get("spikes", []):
            self._spans(outlet, hours, span, value=span["value"], spread=0.0)
        for name in scenario.get("lost", []):
            self._effects.lost.append(Lost(self._point(outlet, name).key, hours.start, hours.stop))
        for sign in scenario.get("signs", []):
            for day in range(hours.start // 24, (hours.stop - 1) // 24 + 1):
                self._effects.signs[(outlet, sign, day)] = None
        for kind, key in (("ule", "expect"), ("legal", "legal")):
            for name, text in scenario.get(key, {}).items():
                for quantity in POLLUTANTS if name == "all" else (name,):
                    for hour in hours:
                        self._effects.claim(kind, outlet, quantity, hour, Outcome.parse(text))

    def _point(self, outlet: str, name: str) -> Point:
        """By quantity, or by a point's code."""
        if "-" in name:
            return self._city.point(f"{outlet.split('/')[0]}/{name}")
        return self._city.outlet_point(outlet, name)

    def _edits(self, outlet: str, hours: range, given: dict[str, float], what: str, **more: Any) -> None:
        for name, number in given.items():
            point = self._point(outlet, name)
            change: dict[str, Any] = {what: float(number), **more}
            self._effects.edits.append(Edit(point.key, hours.start, hours.stop, **change))

    def _spans(self, outlet: str, hours: range, span: dict[str, Any], **change: Any) -> None:
        for name in span["quantities"]:
            point = self._point(outlet, name).key
            self._effects.edits.append(Edit(point, hours.start, hours.stop, span["from"], span["to"], **change))

    def sawtooth(self, scenario: Scenario) -> None:
        """An analyser that creeps up between its daily calibrations, which take it back."""
        first, days = self._timeline.hour(scenario["start"]), scenario["days"]
        outlet = f"{scenario.enterprise}/{scenario['outlet']}"
        point = self._point(outlet, scenario["quantity"]).key
        for day in range(days):
            start = first + day * 24
            if start >= self._timeline.hours:
                return
            for hour in range(start - 23, start):
                part = 1 + scenario["rise"] * (hour - start + 24) / 24
                self._effects.edits.append(Edit(point, hour, hour + 1, factor=part))
            self._effects.edits.append(Edit(point, start, start + 1, 0, 15, flag="C"))
            if day + 1 >= scenario["known_after"]:
                self._effects.signs[(outlet, scenario["sign"], start // 24)] = None

    def sign(self, scenario: Scenario) -> None:
        """What another scenario brings about at some outlets."""
        hour = self._timeline.hour(f"{scenario['day']} 00:00")
        for outlet in scenario["outlets"] if hour < self._timeline.hours else ():
            self._effects.signs[(f"{scenario.enterprise}/{outlet}", scenario["sign"], hour // 24)] = None

    def mark(self, scenario: Scenario) -> None:
        posted = self._timeline.hour(scenario["posted"])
        if posted > self._timeline.hours:
            return
        outlet = f"{scenario.enterprise}/{scenario['outlet']}"
        start, end = (self._timeline.instant(scenario[name]) - self._timeline.at(0) for name in ("start", "end"))
        rejected = self._timeline.hour(scenario["rejected"]) if "rejected" in scenario.params else None
        point = scenario.get("point")
        self._effects.marks.append(
            Marking(
                outlet,
                None if point is None else f"{scenario.enterprise}/{point}",
                scenario["dimension"],
                scenario["mark"],
                start // timedelta(minutes=1),
                end // timedelta(minutes=1),
                posted,
                scenario["reason"],
                rejected if rejected is None or rejected <= self._timeline.hours else None,
                scenario.get("because", ""),
            )
        )
        for name, text in scenario.get("expect", {}).items():
            for quantity in POLLUTANTS if name == "all" else (name,):
                for hour in range(start // timedelta(hours=1), -(-end // timedelta(hours=1))):
                    self._effects.claim("ule", outlet, quantity, hour, Outcome.parse(text))

    def share(self, scenario: Scenario) -> None:
        """The number of hours follows from the month's length, everything else from the file."""
        outlet, quantity = f"{scenario.enterprise}/S1", scenario["quantity"]
        month = self._timeline.month_hours
        open_hours = sum(
            1 for (kind, o, q, hour), outcome in self._effects.outcomes.items()
            if (kind, o, q) == ("ule", outlet, quantity) and hour < month and outcome.verdict == "undetermined"
        )  # fmt: skip
        judged = month - open_hours
        if scenario["target"] == "at":
            pad = self._hours(scenario["pad"], judged % 20)
            point = self._city.outlet_point(outlet, quantity).key
            if len(pad):
                self._effects.edits.append(Edit(point, pad.start, pad.stop, flag=scenario["pad_flag"]))
            for hour in pad:
                self._effects.claim("ule", outlet, quantity, hour, Outcome("undetermined", "too_few_valid_minutes"))
            violating = (judged - len(pad)) // 20
        else:
            violating = judged // 20 + 1
        first, run = self._timeline.hour(scenario["first"]), scenario["run_hours"]
        outcome = Outcome.parse(scenario["expect"])
        while violating:
            length = min(run, violating)
            self._edits(outlet, range(first, first + length), scenario["values"], "value")
            for hour in range(first, first + length):
                self._effects.claim("ule", outlet, quantity, hour, outcome)
            violating -= length
            first += 72

    def correction(self, scenario: Scenario) -> None:
        hour, sent = self._timeline.hour(scenario["start"]), self._timeline.hour(scenario["sent"])
        if sent >= self._timeline.hours:
            return
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
        limits = Limits(self._city)
        judged = {outlet for kind in ("legal", "ule") for outlet, _, _ in limits.judged(kind, "hour")}
        if judged & {station.key for station in self._city.stations if station.enterprise == scenario.enterprise}:
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

    def meter_replaced(self, scenario: Scenario) -> None:
        point = self._city.point(f"{scenario.enterprise}/{scenario['point']}").key
        hour, posted = self._timeline.hour(scenario["at"]), self._timeline.hour(scenario["posted"])
        self._effects.replacements.append(Replacement(point, hour, scenario["initial"], posted, scenario["reason"]))

    def meter_misread(self, scenario: Scenario) -> None:
        point = self._city.point(f"{scenario.enterprise}/{scenario['point']}").key
        hour, sent = self._timeline.hour(scenario["at"]), self._timeline.hour(scenario["sent"])
        if hour % 24 == 0 or sent <= hour:
            raise BadInput(f"{point}: a misread hour is not the first of its day, and is put right later")
        if sent < self._timeline.hours:  # or nobody would ever put it right
            self._effects.misreads.append(Misread(point, hour, scenario["counts"], sent))

    def meter_stuck(self, scenario: Scenario) -> None:
        point = self._city.point(f"{scenario.enterprise}/{scenario['point']}").key
        hours = self._hours(scenario["start"], scenario["hours"])
        self._effects.stuck.append(Stuck(point, hours.start, hours.stop, scenario["counts"]))

    def refused(self, scenario: Scenario) -> None:
        sent = self._timeline.hour(scenario["sent"])
        start = self._timeline.at(sent)
        text = scenario["payload"]
        for name, at in (
            ("{start}", start),
            ("{five_past}", start + timedelta(minutes=5)),
            ("{in_two_days}", start + timedelta(days=2)),
            ("{an_hour_ahead}", start + timedelta(hours=2, minutes=5)),
        ):
            text = text.replace(name, self._timeline.local_text(at))
        payload = text.encode() + b" " * max(0, scenario.get("padding", 0) - len(text.encode()))
        topic = scenario["topic"].replace("{enterprise}", scenario.enterprise)
        self._effects.refused.append(
            Refused(
                scenario.enterprise, sent, topic, payload,
                Reason(scenario["reason"]) if scenario.kind == "refused" else None,
                scenario.get("items", 0), scenario.get("stored", 0),
            )
        )  # fmt: skip

    clock_ahead = refused

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

    def leak(self, scenario: Scenario) -> None:
        self._effects.leak_scenarios.append(scenario)

    leak_event = leak
    spot_check = leak
    campaign = leak
