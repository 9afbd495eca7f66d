"""A finding is the verdict of one rule on one subject for one period, with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: Key of evidence that enterprises do not see: what it says of others.
BUREAU_ONLY = "bureau_only"


class Verdict(StrEnum):
    """Too little data is never `compliant`."""

    COMPLIANT = "compliant"
    VIOLATION = "violation"
    UNDETERMINED = "undetermined"


class SubjectKind(StrEnum):
    CITY = "city"
    DISTRICT = "district"
    PARK = "park"
    ENTERPRISE = "enterprise"
    LINE = "line"  # a production line: what a unit consumption is judged of
    INTAKE = "intake"
    PLACE = "place"  # a metering place: one side of a balance
    OUTLET = "outlet"
    POLLUTANT = "pollutant"  # one quantity at one outlet: what limits judge
    POINT = "point"
    GATEWAY = "gateway"  # what sends the readings of some points
    COMPONENT = "component"
    CHANNEL = "channel"  # a way to reach people that fails is itself a subject
    RULE = "rule"  # a rule that could not be evaluated is itself a subject


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What a finding is about. `key` is unique within the kind.

    city, district, park, enterprise, rule, channel: their code; line, intake, place, outlet, point, component,
    gateway: ``{enterprise}/{code}``, a gateway's name being anything that can be printed but a slash;
    pollutant: ``{enterprise}/{outlet}/{quantity}``.
    """

    kind: SubjectKind
    key: str

    @property
    def enterprise(self) -> str | None:
        """The enterprise code, None for what belongs to no single enterprise."""
        if self.kind is SubjectKind.ENTERPRISE:
            return self.key
        if self.kind in _OF_ENTERPRISE:
            return self.key.split("/", 1)[0]
        return None

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"

    @classmethod
    def parse(cls, text: str) -> Subject:
        """The inverse of str(). Raises ValueError on anything else."""
        kind, separator, key = text.partition(":")
        if not separator or not key:
            raise ValueError(f"subject {text!r}: expected kind:key")
        return cls(SubjectKind(kind), key)


_OF_ENTERPRISE = frozenset(
    {
        SubjectKind.LINE,
        SubjectKind.INTAKE,
        SubjectKind.PLACE,
        SubjectKind.OUTLET,
        SubjectKind.POLLUTANT,
        SubjectKind.POINT,
        SubjectKind.GATEWAY,
        SubjectKind.COMPONENT,
    }
)
