"""Suppression by design: causes that explain other alerts, and what a plant that stands still explains. Pure.

The table is package data (inhibit.toml), read strictly: a mistake in it fails at start, not at night.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from alerts.dispatch.contract import AlertFacts, Cause
from domain.alerts import Condition
from domain.errors import BadInput

Scope = Literal["subject", "outlet", "enterprise", "gateway"]


@dataclass(frozen=True, slots=True)
class Targets:
    """Alerts meant: rule ids that begin so, of a condition (None: any)."""

    starts: tuple[str, ...]
    condition: Condition | None

    def mean(self, alert: AlertFacts) -> bool:
        """Whether an alert is among them."""
        return (self.condition is None or alert.condition is self.condition) and alert.rule_id.startswith(self.starts)


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While an alert of a cause fires, targets in its scope are not told."""

    causes: frozenset[str]
    targets: Targets
    scope: Scope
    why: str


@dataclass(frozen=True, slots=True)
class Table:
    """inhibit.toml."""

    inhibitions: tuple[Inhibition, ...]
    stopped: tuple[Targets, ...]

    @property
    def cause_rules(self) -> frozenset[str]:
        """Rules whose alerts may be causes."""
        return frozenset(rule for row in self.inhibitions for rule in row.causes)

    @property
    def gateway_rules(self) -> frozenset[str]:
        """Rules whose alerts are about a gateway."""
        return frozenset(rule for row in self.inhibitions if row.scope == "gateway" for rule in row.causes)

    def is_muted_by_stop(self, alert: AlertFacts) -> bool:
        """Whether an alert of an outlet that stands still is not told."""
        return any(targets.mean(alert) for targets in self.stopped)


def parse(table: Mapping[str, Any]) -> Table:
    """Raises BadInput saying which row, which key, and what was expected."""
    if table.keys() - {"inhibit", "stopped"}:
        raise BadInput(f"inhibit.toml: expected [[inhibit]] and [[stopped]], got {sorted(table)}")
    inhibitions = []
    for number, row in enumerate(table.get("inhibit", ()), 1):
        where = f"inhibit {number}"
        _keys(where, row, {"cause", "targets", "scope", "why"}, {"condition"})
        causes, targets = _rules(where, "cause", row["cause"]), _targets(where, row)
        if row["scope"] not in get_args(Scope):
            raise BadInput(f"{where}: scope {row['scope']!r}: expected {', '.join(get_args(Scope))}")
        if not isinstance(row["why"], str) or not row["why"]:
            raise BadInput(f"{where}: why: expected a text")
        if targets.condition is not Condition.NO_DATA and any(cause.startswith(targets.starts) for cause in causes):
            raise BadInput(f"{where}: a cause is among its own targets")
        inhibitions.append(Inhibition(frozenset(causes), targets, row["scope"], row["why"]))
    stopped = []
    for number, row in enumerate(table.get("stopped", ()), 1):
        _keys(f"stopped {number}", row, {"targets"}, {"condition"})
        stopped.append(_targets(f"stopped {number}", row))
    return Table(tuple(inhibitions), tuple(stopped))


@cache
def shipped() -> Table:
    """The table of the package."""
    return parse(tomllib.loads(files("alerts.dispatch").joinpath("inhibit.toml").read_text("utf-8")))


class Causes:
    """Open causes, to be asked about one alert after the other."""

    def __init__(self, table: Table, causes: Iterable[Cause], dark: Mapping[str, int]) -> None:
        self._table = table
        self._dark = dark
        self._found: dict[tuple[Scope, str, str], list[int]] = defaultdict(list)
        for cause in causes:
            for scope, key in (
                ("subject", cause.subject),
                ("outlet", cause.outlet),
                ("enterprise", cause.enterprise),
            ):
                if key is not None:
                    self._found[scope, cause.rule_id, key].append(cause.alert_id)  # type: ignore[index]

    def of(self, alert: AlertFacts) -> tuple[int, str] | None:
        """(number of the oldest alert that explains this one, why); None when none does. None explains itself."""
        best: tuple[int, str] | None = None
        for row in self._table.inhibitions:
            if not row.targets.mean(alert):
                continue
            for number in self._numbers(row, alert):
                if number != alert.alert_id and (best is None or number < best[0]):
                    best = number, row.why
        return best

    def _numbers(self, row: Inhibition, alert: AlertFacts) -> Iterable[int]:
        if row.scope == "gateway":
            is_point = alert.subject.startswith("point:")
            found = self._dark.get(alert.subject if is_point else f"outlet:{alert.outlet}")
            return () if found is None else (found,)
        key = {"subject": alert.subject, "outlet": alert.outlet, "enterprise": alert.enterprise}[row.scope]
        if key is None:
            return ()
        return [number for rule in row.causes for number in self._found.get((row.scope, rule, key), ())]


def _keys(where: str, row: Any, needed: set[str], allowed: set[str]) -> None:
    if not isinstance(row, Mapping) or not needed <= row.keys() or row.keys() - needed - allowed:
        expected = ", ".join(sorted(needed)) + "".join(f" and perhaps {key}" for key in sorted(allowed))
        raise BadInput(f"{where}: expected {expected}, got {sorted(row) if isinstance(row, Mapping) else row!r}")


def _rules(where: str, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise BadInput(f"{where}: {key}: expected a list of rule ids")
    return tuple(value)


def _targets(where: str, row: Mapping[str, Any]) -> Targets:
    condition = row.get("condition")
    if condition is not None and condition not in set(Condition):
        raise BadInput(f"{where}: condition {condition!r}: expected {', '.join(Condition)}")
    return Targets(_rules(where, "targets", row["targets"]), None if condition is None else Condition(condition))
