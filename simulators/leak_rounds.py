"""The LDAR campaigns of the story month, and what the register says of those who carry them out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from simulators.city_leaks import CampaignRow, Component, DeclaredInstrument, DeclaredTester
from simulators.devices.ldar_gun import GUNS, HANDS, MODEL, RESPONSE_TIME_S, hand, serial
from simulators.leak_campaign import dishonest, honest
from simulators.leak_crew import MODELS
from simulators.leak_register import SINCE, UNITS
from simulators.leak_shapes import Campaign, Instrument, Spot
from simulators.scenario import Scenario, load

_UNITS = {(unit.enterprise, unit.path): unit for unit in UNITS}


@dataclass(frozen=True, slots=True)
class Round:
    """A campaign as it was made, and the scenario that it was made by."""

    scenario: Scenario
    made: Campaign

    @property
    def shows(self) -> dict[str, str]:
        """By sign what must be seen in it, as the scenario says."""
        return dict(self.scenario.get("shows", {}))


def rounds(components: Sequence[Component], first: date) -> list[Round]:
    """The campaigns of a story month that begins on `first`."""
    return [Round(scenario, _made(scenario, components, first)) for scenario in load() if scenario.kind == "campaign"]


def _made(scenario: Scenario, components: Sequence[Component], first: date) -> Campaign:
    """Of all components of the given units that are in service, the ones with a story left out."""
    day = first + timedelta(days=int(scenario["from"][1:]) - 1)
    spots = [
        _spot(component) for component in components
        if component.enterprise == scenario.enterprise and (component.unit or component.unit_name) in scenario["units"]
        and component.serves(day) and _is_ordinary(component)
    ]  # fmt: skip
    first_spot, last_spot = scenario.get("part", (0, len(spots)))
    elsewhere = scenario.get("elsewhere")
    how: dict[str, Any] = {
        "enterprise": scenario.enterprise, "code": scenario["code"], "from_day": day, "crews": scenario["crews"],
        "leaks": scenario.get("leaks", True), "mended": scenario.get("mended", True),
        "kit": [
            Instrument(f"{scenario.enterprise[:4].upper()}-FID-{n + 1:02d}", *MODELS[n % len(MODELS)])
            for n in range(scenario["crews"])
        ],
    }  # fmt: skip
    part = spots[first_spot:last_spot]
    if "sign" not in scenario.params:
        return honest(scenario["seed"], part, **how)
    if elsewhere is not None:
        how["elsewhere"] = (
            elsewhere,
            [_spot(one) for one in components if one.enterprise == elsewhere and _is_ordinary(one)],
        )
    return dishonest(scenario["sign"], scenario["seed"], part, variant=scenario.get("variant"), **how)


def _is_ordinary(component: Component) -> bool:
    return component.exempt_clause is None and not component.code.startswith("X-")


def _spot(component: Component) -> Spot:
    """A component as a campaign sees it."""
    unit = _UNITS.get((component.enterprise, component.unit or ""))
    x, y = (0.0, 0.0) if unit is None else (unit.x_m or 0.0, unit.y_m or 0.0)
    return Spot(
        component.code, component.unit or component.unit_name, component.kind, component.medium, x, y,
        component.elevation_m or 0.0, component.size_mm, component.reachable,
    )  # fmt: skip


def rows(made: Sequence[Round]) -> Iterator[CampaignRow]:
    """What the covers of the reports say."""
    pairs = [(each, one) for one in made for each in (one.made, one.made.also) if each is not None]
    for campaign, told in pairs:
        units = {unit.partition("/")[0] for unit in told.scenario["units"] if "/" in unit and campaign is told.made}
        yield CampaignRow(
            campaign.enterprise, campaign.code, told.scenario["name"], campaign.from_day, campaign.to_day,
            told.scenario.get("contractor"), tuple(sorted(units)), campaign.declared_components,
            campaign.declared_unreachable, campaign.declared_leaks,
        )  # fmt: skip


def instruments(enterprises: Sequence[str], made: Sequence[Round]) -> list[DeclaredInstrument]:
    """The enterprises' own, and those of the campaigns' teams."""
    found = {
        (enterprise, serial(enterprise, number)): DeclaredInstrument(
            enterprise, serial(enterprise, number), MODEL, RESPONSE_TIME_S, SINCE
        )
        for enterprise in enterprises
        for number in range(1, GUNS + 1)
    }
    for campaign, contractor in _teams(made):
        for one in campaign.instruments:
            row = DeclaredInstrument(campaign.enterprise, one.serial, one.model, one.response_time_s, SINCE, contractor)
            found.setdefault((campaign.enterprise, one.serial), row)
    return list(found.values())


def testers(enterprises: Sequence[str], made: Sequence[Round]) -> list[DeclaredTester]:
    """The enterprises' own people, and the campaigns' teams."""
    found = {
        (enterprise, hand(number)): DeclaredTester(enterprise, hand(number), SINCE)
        for enterprise in enterprises
        for number in range(1, HANDS + 1)
    }
    for campaign, contractor in _teams(made):
        for name in campaign.testers:
            row = DeclaredTester(campaign.enterprise, name, SINCE, contractor)
            found.setdefault((campaign.enterprise, name), row)
    return list(found.values())


def _teams(made: Sequence[Round]) -> Iterator[tuple[Campaign, str | None]]:
    """Every campaign, and where it has one its shadow at another works."""
    for one in made:
        yield one.made, one.scenario.get("contractor")
        if one.made.also is not None:
            yield one.made.also, one.scenario.get("contractor")
