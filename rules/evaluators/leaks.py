"""What rules on leaks share: components with everything known of them, and by which definition a reading is a leak."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from pydantic import Field, field_validator

from domain.findings import Subject
from domain.leaks import MEDIA, Reached
from domain.leakstates import Fact, Measured
from domain.periods import local_day
from rules.evaluators.contract import Evidence, Params, json_instant


@dataclass(frozen=True, slots=True)
class LeakyComponent:
    """A component with its tests, repairs and filings. standard: of its installation, None where that is not given.
    name, unit, tag: as people find it.

    registered_from: of its enterprise. out_on: first local day without it, None while in service. in_service: how many
    components its enterprise has in service by day, at least on the days of leaking tests; counted no further than the
    greatest `min_components`.
    """

    subject: Subject
    kind: str
    medium: str
    standard: str | None
    registered_from: date
    out_on: date | None
    facts: Sequence[Fact]
    in_service: Mapping[date, int] = field(default_factory=dict)
    name: str = ""
    unit: str = ""
    tag: str | None = None


class LeakParams(Params):
    """definition: net umol/mol by medium above which a reading is a leak, or, with `reached`, which it need only reach;
    key_region_definition: in key regions (重点地区), None where the standard makes no difference. visible: what is seen
    dripping or seeping is a leak whatever the reading. standard: of installations, None: of all. min_components: in
    service at the enterprise on the day, from which the chapter applies.
    """

    definition: dict[str, float]
    key_region_definition: dict[str, float] | None = None
    reached: bool = False
    visible: bool = True
    standard: str | None = None
    min_components: int = Field(default=1, ge=1)

    @field_validator("definition", "key_region_definition")
    @classmethod
    def _every_medium(cls, definition: dict[str, float] | None) -> dict[str, float] | None:
        if definition is not None and set(definition) != set(MEDIA):
            raise ValueError(f"a definition for each of {', '.join(MEDIA)}")
        if definition is not None and min(definition.values()) <= 0:
            raise ValueError("a definition above 0")
        return definition

    def concerns(self, component: LeakyComponent, day: date) -> bool:
        """Whether the standard regulates the component on a day."""
        if self.standard is not None and component.standard != self.standard:
            return False
        return self.min_components <= 1 or component.in_service.get(day, 0) >= self.min_components

    def at(self, medium: str, when: datetime, key_region_from: date | None) -> float:
        """The definition that holds for a medium at an instant; key_region_from: since when the city is one."""
        if self.key_region_definition is None or not is_key_region(when, key_region_from):
            figure = self.definition[medium]
        else:
            figure = self.key_region_definition[medium]
        return Reached(figure) if self.reached else figure

    def seen(self, facts: Iterable[Fact]) -> list[Fact]:
        """Facts as the standard looks at them: where it speaks of readings only, nothing is a leak by being seen."""
        if self.visible:
            return list(facts)
        return [replace(one, visible=False) if isinstance(one, Measured) else one for one in facts]

    def both(self, test: Measured, medium: str) -> Evidence:
        """Whether a test shows a leak outside and inside key regions, where the standard makes a difference."""
        if self.key_region_definition is None:
            return {}
        definitions = {"other": self.definition[medium], "key_region": self.key_region_definition[medium]}
        return {
            "definitions": definitions,
            "is_leak": {region: test.is_leaking(value) for region, value in definitions.items()},
        }


def is_key_region(when: datetime, key_region_from: date | None) -> bool:
    """Whether the city is a key region at an instant."""
    return key_region_from is not None and local_day(when) >= key_region_from


def json_at(at: datetime | None) -> str | None:
    """An instant for evidence, where there is one."""
    return None if at is None else json_instant(at)
