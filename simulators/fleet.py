"""Which senders an enterprise has, and the secrets of its data loggers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from simulators import wire
from simulators.city import City, Station
from simulators.senders import JsonSender, LoggerSender, Sampler, Sender, SparkplugSender, ThingsBoardSender
from simulators.speech import SPARKPLUG_NODES, THINGSBOARD_GATEWAYS


@dataclass(frozen=True, slots=True)
class Secret:
    """What a data logger shares with the platform: PW of its frames, and an SM4 key from 2025 on."""

    password: str
    sm4_key: bytes | None = None


def secrets_from(stations: Iterable[Station], salt: str) -> dict[str, Secret]:
    """Secrets by MN that follow from the salt alone."""
    made = {}
    for station in stations:
        digest = hashlib.sha256(f"{salt} {station.mn}".encode()).digest()
        key = digest[:16] if station.edition == "2025" else None
        made[station.mn] = Secret(f"{int.from_bytes(digest[16:]) % 10**6:06d}", key)
    return made


class Senders:
    """Makes the senders of a city."""

    def __init__(self, city: City, sampler: Sampler, secrets: dict[str, Secret]) -> None:
        self._city = city
        self._sampler = sampler
        self._secrets = secrets
        styles = list(wire.TimeStyle)
        self._styles = {e.code: styles[n % len(styles)] for n, e in enumerate(city.enterprises)}

    def of(self, enterprise: str) -> list[Sender]:
        """All gateways and data loggers of one enterprise, in the order in which they send."""
        points = [point for point in self._city.points if point.enterprise == enterprise]
        tags = {tag.point: tag for tag in self._city.tags if tag.enterprise == enterprise}
        stations = [station for station in self._city.stations if station.enterprise == enterprise]
        logged = {station.outlet for station in stations}
        rest = [point for point in points if point.outlet not in logged]
        senders: list[Sender] = []
        if enterprise in SPARKPLUG_NODES:
            senders.append(SparkplugSender(enterprise, rest, self._sampler, tags))
        elif enterprise in THINGSBOARD_GATEWAYS:
            senders.append(ThingsBoardSender(enterprise, rest, self._sampler, tags))
        else:
            senders.append(JsonSender(enterprise, rest, self._sampler, self._styles[enterprise]))
        for station in stations:
            mine = [point for point in points if point.outlet == station.outlet]
            secret = self._secrets[station.mn]
            senders.append(LoggerSender(station, mine, self._sampler, tags, secret.password, secret.sm4_key))
        return senders
