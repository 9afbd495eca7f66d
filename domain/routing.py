"""Routes: which teams are told of an alert, by its labels. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.matchers import Matcher, fit


@dataclass(frozen=True, slots=True)
class Route:
    """Alerts that all matchers fit go to a team. goes_on: whether routes behind it are looked at as well."""

    code: str
    position: int
    matchers: tuple[Matcher, ...]
    team: str
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Routes:
    """All routes, in any order."""

    routes: tuple[Route, ...] = ()

    def teams(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """Codes of the teams to tell, each once, in order of position; empty when no route fits."""
        found: dict[str, None] = {}
        for route in sorted(self.routes, key=lambda route: (route.position, route.code)):
            if fit(route.matchers, labels):
                found[route.team] = None
                if not route.goes_on:
                    break
        return tuple(found)
