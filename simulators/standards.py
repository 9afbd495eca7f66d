"""Which limits hold at the outlets of the city: those of the standards, written down again here, and its permits.

The first table is what a correct platform ships enabled, as far as the city has such outlets. Figures: coking by
环大气〔2024〕5号, places within a plant by GB 37822-2019 annex A, fencelines by GB 31571-2015 table 7.
"""

from __future__ import annotations

from datetime import date

from simulators.city import City, LimitRow

_SINCE = date(2020, 7, 1)


def _row(
    process: str, quantity: str, value: float, kind: str, *, averaging: str = "hour", region: str = "any"
) -> LimitRow:
    return LimitRow(
        quantity, kind, averaging, value, "mg/m3", "", "", _SINCE, process=process, region=region,
        decimals=1 if value < 5 else 0, reference_o2_pct=8.0 if process == "coke_oven_stack" else None,
    )  # fmt: skip


SHIPPED = (
    _row("coke_oven_stack", "so2", 30.0, "ule"),
    _row("coke_oven_stack", "nox", 150.0, "ule"),
    _row("coke_oven_stack", "pm", 10.0, "ule"),
    _row("charging", "pm", 10.0, "ule"),
    _row("pushing", "pm", 10.0, "ule"),
    _row("dry_quenching", "pm", 10.0, "ule"),
    _row("wastewater_treatment", "nmhc", 100.0, "ule"),
    _row("in_plant", "nmhc", 10.0, "legal", region="general"),
    _row("in_plant", "nmhc", 30.0, "legal", averaging="single", region="general"),
    _row("in_plant", "nmhc", 6.0, "legal", region="key"),
    _row("in_plant", "nmhc", 20.0, "legal", averaging="single", region="key"),
    _row("fenceline_petrochemical", "benzene", 0.4, "legal"),
    _row("fenceline_petrochemical", "toluene", 0.8, "legal"),
    _row("fenceline_petrochemical", "xylene", 0.8, "legal"),
    _row("fenceline_petrochemical", "nmhc", 4.0, "legal"),
)


class Limits:
    """Of one city. No limit changes within a story."""

    def __init__(self, city: City) -> None:
        key_region = city.key_region_from is not None and city.key_region_from <= city.first_day
        foreign = "general" if key_region else "key"
        self._rows = [row for row in SHIPPED if row.region != foreign] + [
            row for row in city.limits if row.region != foreign and row.enabled
        ]
        self._process = {outlet.key: outlet.process for outlet in city.outlets}
        self._city = city

    def of(self, outlet: str, quantity: str, kind: str, averaging: str, *, unit: str = "mg/m3") -> LimitRow | None:
        """The limit of an outlet ``{enterprise}/{code}``: its own before that of its process, the city's before the
        standard's."""
        enterprise, code = outlet.split("/")
        best: LimitRow | None = None
        for row in self._rows:
            if (row.quantity, row.kind, row.averaging, row.unit) != (quantity, kind, averaging, unit):
                continue
            own = (row.enterprise, row.outlet) == (enterprise, code)
            speaks = own or (row.outlet is None and row.process == self._process[outlet])
            if speaks and (best is None or own or best.outlet is None):
                best = row
        return best

    def judged(self, kind: str, averaging: str, *, unit: str = "mg/m3") -> list[tuple[str, str, LimitRow]]:
        """(outlet, quantity, limit) of everything that is measured and limited so, in order of the register."""
        found = []
        for outlet in self._city.outlets:
            for quantity in dict.fromkeys(point.quantity for point in self._city.outlet_points(outlet.key)):
                limit = self.of(outlet.key, quantity, kind, averaging, unit=unit)
                if limit is not None:
                    found.append((outlet.key, quantity, limit))
        return found
