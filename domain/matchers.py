"""Matchers on an alert's labels, after Alertmanager: what silences, routes and inhibition select by. Pure.

Labels of an alert: rule, severity, condition, subject, kind (of the subject), enterprise, district, park; one that an
alert has not counts as the empty text. All matchers of a list must fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from domain.errors import BadInput

LABELS = ("rule", "severity", "condition", "subject", "kind", "enterprise", "district", "park")

#: `=` the value; `!=` anything else; `in` one of several; `starts` begins with it.
Operator = Literal["=", "!=", "in", "starts"]

#: So many values, and letters in each, are somebody's list; more is a mistake.
_MOST_VALUES, _LONGEST = 500, 200


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition. values: exactly one, except for `in`."""

    label: str
    op: Operator
    values: tuple[str, ...]

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels is meant."""
        found = labels.get(self.label, "")
        if self.op == "!=":
            return found != self.values[0]
        if self.op == "starts":
            return found.startswith(self.values[0])
        return found in self.values

    def row(self) -> dict[str, Any]:
        """As JSON; `parse` reads it back."""
        return {"label": self.label, "op": self.op, "value": list(self.values) if self.op == "in" else self.values[0]}


def parse(rows: Iterable[Mapping[str, Any]]) -> tuple[Matcher, ...]:
    """Matchers from JSON or TOML: `{"label": "enterprise", "op": "=", "value": "hx-coking"}`, `=` when op is left out.

    Raises BadInput saying which one, what is wrong and what was expected.
    """
    return tuple(_matcher(number, row) for number, row in enumerate(rows, 1))


def fit(matchers: Sequence[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether all fit; no matcher fits everything."""
    return all(matcher.fits(labels) for matcher in matchers)


def _matcher(number: int, row: Mapping[str, Any]) -> Matcher:
    if (
        not isinstance(row, Mapping)
        or row.keys() - {"label", "op", "value"}
        or "label" not in row
        or "value" not in row
    ):
        raise BadInput(f"matcher {number}: expected label, op and value, got {_short(row)}")
    label, op, value = row["label"], row.get("op", "="), row["value"]
    if label not in LABELS:
        raise BadInput(f"matcher {number}: label {_short(label)} is none of {', '.join(LABELS)}")
    if op not in get_args(Operator):
        raise BadInput(f"matcher {number}: op {_short(op)} is none of {', '.join(get_args(Operator))}")
    values = value if op == "in" and isinstance(value, list | tuple) else [value]
    if not values or len(values) > _MOST_VALUES or not all(isinstance(v, str) and len(v) <= _LONGEST for v in values):
        raise BadInput(f"matcher {number}: value of {label} must be a text, or with `in` a list of 1 to {_MOST_VALUES}")
    return Matcher(label, op, tuple(values))


def _short(value: object) -> str:
    return repr(value)[:80]
