"""Which alerts explain which, and what a plant that stands still explains, by the platform's published table.

A silent gateway explains what its points and outlets do not say; a silent meter, that its register stands still; an
hourly mean over its limit, the early warning of the same. A cause explains while it fires.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulators.city import GATEWAY, City
from simulators.effects import Effects
from simulators.speech import THINGSBOARD_GATEWAYS
from simulators.truth_alerts import AlertKey
from simulators.truth_episodes import NO_DATA

_SILENT_GATEWAY = "data.gateway_offline"
_UNHEARD = ("data.point_offline", "data.transmission_rate", "data.capture_rate")
#: Prefix of what is explained: rule that explains it, of the same subject.
_SAME_SUBJECT = {"data.meter_frozen": "data.point_offline", "warn.legal": "legal.hourly", "warn.ule": "ule.hourly"}


class Explanations:
    """Of one story."""

    def __init__(self, city: City, effects: Effects) -> None:
        self._city = city
        self._effects = effects
        self._gateways = {station.key: f"{station.enterprise}/{station.gateway}" for station in city.stations}

    def of(self, key: AlertKey, condition: str) -> Iterator[tuple[str, str]]:
        """(rule, subject) of alerts that explain this one while they fire."""
        rule, subject, _ = key
        name = subject.partition(":")[2]
        enterprise = name.split("/")[0]
        if rule.startswith(_UNHEARD) or condition == NO_DATA:
            outlet = self.outlet(subject)
            gateway = self._gateways.get(outlet or "", f"{enterprise}/{GATEWAY}")
            if enterprise not in THINGSBOARD_GATEWAYS:
                yield _SILENT_GATEWAY, f"gateway:{gateway}"
        if rule.startswith("data.arrival_rate"):
            for gateway in {f"{enterprise}/{GATEWAY}", *self._gateways.values()}:
                if gateway.startswith(f"{enterprise}/"):
                    yield _SILENT_GATEWAY, f"gateway:{gateway}"
        for prefix, cause in _SAME_SUBJECT.items():
            if rule.startswith(prefix):
                yield cause, subject

    def stands_still(self, key: AlertKey, condition: str, minute: int) -> bool:
        """Whether the plant is said to stand still at a minute, which explains that nothing is heard."""
        rule, subject, _ = key
        if rule == _SILENT_GATEWAY:
            outlets = self._served(subject.partition(":")[2])
            return bool(outlets) and all(outlet is not None and self._is_stopped(outlet, minute) for outlet in outlets)
        outlet = self.outlet(subject)
        if outlet is None or not (rule.startswith(_UNHEARD) or condition == NO_DATA):
            return False
        return self._is_stopped(outlet, minute)

    def _is_stopped(self, outlet: str, minute: int) -> bool:
        return any(
            (mark.outlet, mark.dimension, mark.kind) == (outlet, "process", "stopped")
            and mark.posted * 60 <= minute
            and (mark.rejected is None or minute < mark.rejected * 60)
            and mark.start <= minute < mark.end
            for mark in self._effects.marks
        )

    def _served(self, gateway: str) -> set[str | None]:
        """Outlets of what a gateway (``{enterprise}/{gateway}``) brings; None among them for what is at no outlet."""
        at_stations = {station for station, its in self._gateways.items() if its == gateway}
        if at_stations:
            return set(at_stations)
        enterprise = gateway.partition("/")[0]
        served = {
            None if point.outlet is None else f"{enterprise}/{point.outlet}"
            for point in self._city.points
            if point.enterprise == enterprise
        }
        return served - self._gateways.keys()

    def outlet(self, subject: str) -> str | None:
        """``{enterprise}/{outlet}`` of what an alert is about."""
        kind, _, name = subject.partition(":")
        if kind == "outlet":
            return name
        if kind == "pollutant":
            return name.rpartition("/")[0]
        if kind == "point":
            point = self._city.point(name)
            return None if point.outlet is None else f"{point.enterprise}/{point.outlet}"
        return None
