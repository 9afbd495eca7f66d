"""Who of the city speaks what on the wire, and what the points are called there.

Most gateways speak the platform's own JSON. The outlets of three plants have data loggers that speak HJ 212, one plant
has a Sparkplug B edge node and one a ThingsBoard gateway. The plants' instants and values are the same as they would
be in JSON, to the last bit; the exceptions are the few points of SCALED, which no rule judges.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from simulators.city import GATEWAY, Outlet, Point, Station, Tag


class Format(StrEnum):
    """Wire formats, as the demo's report calls them."""

    JSON = "json"
    LEAK_TESTS = "leak-tests"
    PRODUCTION = "production"
    HJ212_2005 = "hj212-2005"
    HJ212_2017 = "hj212-2017"
    HJ212_2025 = "hj212-2025"
    SPARKPLUG = "sparkplug"
    THINGSBOARD = "thingsboard"


@dataclass(frozen=True, slots=True)
class Loggers:
    """How the data loggers of one plant speak HJ 212: one at each of these outlets, because factor codes name none."""

    edition: str
    profile: str
    over_tcp: bool
    outlets: frozenset[str]
    frames_per_message: int = 1
    """Over MQTT; over TCP every frame travels alone."""

    @property
    def format(self) -> Format:
        """The edition as a format."""
        return Format(f"hj212-{self.edition}")


_COKING = frozenset({"S1", "C1", "P1"})
LOGGERS = {
    "yunhe-coking": Loggers("2017", "strict", over_tcp=True, outlets=_COKING),
    # an old logger with habits: CRC in lower case, now and then no CR LF or a superfluous semicolon
    "baiheng-cement": Loggers("2005", "lenient", over_tcp=True, outlets=frozenset({"K1"})),
    # encrypted with SM4, ten minutes in a message
    "shuoyuan-coking": Loggers("2025", "strict", over_tcp=False, outlets=_COKING, frames_per_message=10),
}
SPARKPLUG_NODES = {"heming-bdo": GATEWAY}
THINGSBOARD_GATEWAYS = frozenset({"xunfeng-semicoke"})

#: Factor codes of a quantity at an outlet: HJ 212-2017 annex B (2025 has the same), HJ/T 212-2005 annex B.
FACTORS = {
    "so2": ("a21026", "02"),
    "nox": ("a21002", "03"),
    "pm": ("a34013", "01"),
    "o2": ("a19001", "S01"),
    "flue_temperature": ("a01012", "S03"),
    "flue_flow": ("a00000", "B02"),
    "flue_pressure": ("a01013", "S08"),
    "flue_humidity": ("a01014", "S05"),
}

#: CN of real-time data, and CN and key of what a logger says of a point (HJ 212-2017 tables 4 and 9).
REAL_TIME = "2011"
_STATED = {
    "minute_mean": ("2051", "Avg"),
    "hour_mean": ("2061", "Avg"),
    "hour_converted": ("2061", "ZsAvg"),
    "hour_total": ("2061", "Cou"),
    "day_mean": ("2031", "Avg"),
    "day_converted": ("2031", "ZsAvg"),
}


def command(point: Point) -> str:
    """The CN under which a logger sends a point; drifts, which have none, count as real-time values."""
    return _STATED.get(point.statistic or "", (REAL_TIME, "Rtd"))[0]


def data_key(point: Point) -> str:
    """The key after the factor code."""
    return _STATED.get(point.statistic or "", (REAL_TIME, "Rtd"))[1]


#: (enterprise, point): (unit that the device sends, scale to the unit of the point). What is stored of them is the
#: double raw * scale, which now and then is a last bit away from what the instrument meant; no rule judges these.
SCALED = {
    ("yunhe-coking", "C1-PM"): ("ug/m3", 0.001),
    ("heming-bdo", "V-01"): ("ug/m3", 0.001),
    ("heming-bdo", "E-01-KW"): ("W", 0.001),
    ("xunfeng-semicoke", "W-01-MPA"): ("kPa", 0.001),
}


def stations(outlets: Iterable[Outlet]) -> Iterator[Station]:
    """The data loggers, one for each outlet named in LOGGERS."""
    for outlet in outlets:
        how = LOGGERS.get(outlet.enterprise)
        if how is not None and outlet.code in how.outlets:
            yield Station(
                outlet.enterprise,
                _mn(how.edition, f"{outlet.enterprise}/{outlet.code}"),
                f"{outlet.name}数采仪",
                f"cems-{outlet.code.lower()}",
                how.edition,
                how.profile,
                date(2022, 1, 1),
                outlet.code,
            )


def _mn(edition: str, key: str) -> str:
    """24 characters 0-9A-F (an EPC-96 code) from 2017 on, 14 digits before."""
    number = zlib.crc32(key.encode())
    return f"8888{number:010d}" if edition == "2005" else f"010000A8900016F0{number:08X}"


def tags(points: Iterable[Point], loggers: Iterable[Station]) -> Iterator[Tag]:
    """What the points of the plants that do not speak our JSON are called."""
    station_of = {(station.enterprise, station.outlet): station for station in loggers}
    for point in points:
        unit, scale = SCALED.get((point.enterprise, point.code), (point.unit, None))
        station = station_of.get((point.enterprise, point.outlet or ""))
        if station is not None:
            name = f"{command(point)}/{factor(station.edition, point.quantity)}-{data_key(point)}"
            yield Tag(point.enterprise, "hj212", station.mn, name, point.code, unit, scale)
        elif point.enterprise in SPARKPLUG_NODES:
            device = f"{SPARKPLUG_NODES[point.enterprise]}/{device_of(point)}"
            yield Tag(point.enterprise, "sparkplug", device, metric_name(point), point.code, unit, scale)
        elif point.enterprise in THINGSBOARD_GATEWAYS:
            key = point.code.lower().replace("-", "_")
            yield Tag(point.enterprise, "thingsboard", device_of(point), key, point.code, unit, scale)


def factor(edition: str, quantity: str) -> str:
    """The factor code of a quantity in an edition of HJ 212."""
    new, old = FACTORS[quantity]
    return old if edition == "2005" else new


def device_of(point: Point) -> str:
    """The device behind the gateway that measures a point."""
    if point.quantity.startswith("water_"):
        return "water-rtu"
    if point.quantity in ("energy", "active_power"):
        return "power-meter"
    return "process-dcs"


def metric_name(point: Point) -> str:
    """What a Sparkplug node calls a point: a path, as its makers like them."""
    return f"{point.quantity}/{point.code}"
