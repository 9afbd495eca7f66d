"""Which teams an alert belongs to, by the city's own routes."""

from __future__ import annotations

from simulators.city import City
from simulators.duty_officers import Act
from simulators.severities import severity

#: Kinds of subjects that are of an enterprise.
_OF_ENTERPRISE = frozenset(
    {"enterprise", "outlet", "pollutant", "point", "place", "line", "component", "intake", "gateway"}
)


class Routing:
    """Of one city."""

    def __init__(self, city: City) -> None:
        self._routes = sorted(city.routes, key=lambda route: route.position)
        self._district = {enterprise.code: enterprise.district for enterprise in city.enterprises}
        self._of_park = {park.code: park.district for park in city.parks}

    def teams(self, rule: str, subject: str, condition: str) -> list[str]:
        """Codes, in order, each once."""
        labels = self.labels(rule, subject) | {"severity": severity(rule, condition)}
        found: dict[str, None] = {}
        for route in self._routes:
            if route.fits(labels):
                found[route.team] = None
                if not route.goes_on:
                    break
        return list(found)

    def labels(self, rule: str, subject: str) -> dict[str, str]:
        """What an alert is matched by."""
        kind, _, name = subject.partition(":")
        labels = {"rule": rule, "subject": subject, "kind": kind}
        if kind in _OF_ENTERPRISE:
            code = name.split("/")[0]
            labels |= {"enterprise": code, "district": self._district[code]}
        elif kind == "park":
            labels["district"] = self._of_park[name]
        elif kind == "district":
            labels["district"] = name
        return labels

    def is_silenced(self, act: Act, rule: str, subject: str) -> bool:
        """Whether a silence means an alert."""
        labels = self.labels(rule, subject)
        params = act.params or {}
        return bool(labels.get("enterprise") == params["enterprise"] and params.get("rule", rule) == rule)
