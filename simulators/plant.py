"""What is said of one simulated plant in the table of plants.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plant:
    """One enterprise in a line or two.

    intakes: (name, source, permitted m3 a year); each has a unit-level metering place and meter.
    drains: unit-level places of waste water; sold: of water that goes to others. circuits: (name, use, m3 per hour) of
    equipment through which water goes round.
    power: kWh per hour of the main meter, which reports each 15 minutes; feeders report hourly.
    """

    code: str
    name: str
    district: str
    industry: str
    intakes: tuple[tuple[str, str, int], ...] = ()
    drains: tuple[str, ...] = ()
    sold: tuple[str, ...] = ()
    secondary: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    circuits: tuple[tuple[str, str, float], ...] = ()
    power: int = 0
    feeders: tuple[str, ...] = ()
    steam: tuple[str, ...] = ()
    gas: tuple[str, ...] = ()
    nmhc: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    is_industrial: bool = True
