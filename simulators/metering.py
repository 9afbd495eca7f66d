"""Where meters are required in the city, and which are fitted: water, electricity, steam, gas, coal.

The n-th place of water of an enterprise is measured by point ``W-nn``, that of electricity by ``E-nn``, of steam by
``ST-nn``, of gas by ``G-nn``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from domain.periods import add_months
from simulators import mains
from simulators.city import CounterSpec, Meter, MeteringPlace, Point
from simulators.plant import Plant
from simulators.plant_points import medium_of

#: Places are older than any story.
SINCE = date(2022, 1, 1)

#: Belt scales of coal at the entry: (enterprise, medium, name).
COAL_SCALES = (
    ("yunhe-coking", "washed_coal", "入炉煤皮带秤"),
    ("tuoyan-power", "raw_coal", "入厂煤皮带秤"),
)
#: Steam that leaves.
_STEAM_OUT = ("外供蒸汽", "采暖供汽", "工业供汽")
#: Points that do not exist: their places never got a meter, or one that is not connected.
_NO_POINT = {"baiheng-cement/W-02", "baiheng-cement/W-04", "jinlu-steel/W-08"}


def register(plants: Iterable[Plant], first: date) -> tuple[tuple[MeteringPlace, ...], tuple[Meter, ...]]:
    """Places and meters of all plants for a story that begins on `first`."""
    places: list[MeteringPlace] = []
    meters: list[Meter] = []
    for plant in plants:
        for place, point in _places(plant):
            meters += _odd(_meter(place, point, len(places), first), first)
            places.append(place)
    return tuple(places), tuple(meters)


def odd_points(points: Iterable[Point]) -> tuple[Point, ...]:
    """The power plant's intake meter has a short register, so that it can roll over within a story."""
    short = CounterSpec(6, 1.0, 1200.0)
    kept = (point for point in points if point.key not in _NO_POINT)
    return tuple(replace(p, counter=short) if p.key == "tuoyan-power/W-01" else p for p in kept)


def _places(plant: Plant) -> Iterator[tuple[MeteringPlace, str | None]]:
    """(place, point that measures it) of one plant."""
    yield from _water(plant)
    if plant.industry != "solar_power":  # what a solar farm generates is no energy that it is supplied with
        yield _place(plant, "EP-01", "总进线", "unit", "electricity"), "E-01"
        for n, name in enumerate(plant.feeders, 2):
            yield _place(plant, f"EP-{n:02d}", name, "secondary", "electricity"), f"E-{n:02d}"
    for n, name in enumerate(plant.steam, 1):
        level = "secondary" if plant.steam[0] == "外购蒸汽" and n > 1 else "unit"
        flow = "out" if name in _STEAM_OUT else "in"
        yield _place(plant, f"SP-{n:02d}", name, level, "steam", flow=flow), f"ST-{n:02d}"
    yield from _gas(plant)
    for enterprise, medium, name in COAL_SCALES:
        if enterprise == plant.code:
            yield _place(plant, "CP-01", name, "unit", medium), None


def _water(plant: Plant) -> Iterator[tuple[MeteringPlace, str]]:
    rows: list[tuple[str, str, dict[str, str | None]]] = []
    for n, (name, source, _) in enumerate(plant.intakes, 1):
        rows.append((name, "unit", {"intake": f"I-{n:02d}", "use": None if source == "reclaimed" else "fresh"}))
    rows += [(name, "unit", {"flow": "out", "use": "discharge"}) for name in plant.drains]
    rows += [(name, "unit", {"flow": "out", "use": "sold"}) for name in plant.sold]
    rows += [(name, "secondary", {}) for name in plant.secondary]
    code_of = {name: f"MP-{number:02d}" for number, (name, _, _) in enumerate(rows, 1)}
    above = {n: code_of[of] for (code, of), names in mains.BELOW.items() if code == plant.code for n in names}
    for name in plant.equipment:
        use = "cooling_makeup" if name.endswith("循环水补水") or name == "凉水塔补水" else None
        rows.append((name, "equipment", {"parent": above.get(name), "use": use}))
    rows += [(name, "equipment", {"use": use}) for name, use, _ in plant.circuits]
    for number, (name, level, more) in enumerate(rows, 1):
        yield _place(plant, f"MP-{number:02d}", name, level, "water", **more), f"W-{number:02d}"


def _gas(plant: Plant) -> Iterator[tuple[MeteringPlace, str]]:
    """Works that make gas have a main with its branches below; those that buy it have an entry and workshops."""
    main: dict[str, str] = {}
    for n, name in enumerate(plant.gas, 1):
        medium, code = medium_of(name), f"GP-{n:02d}"
        if medium is None:
            continue
        if plant.industry == "coking":
            level = {"焦炉煤气总管": "secondary", "外供焦炉煤气": "unit"}.get(name, "equipment")
            flow = "out" if name.startswith("外供") else "in"
            yield _place(plant, code, name, level, medium, flow=flow, parent=main.get(medium)), f"G-{n:02d}"
        else:
            level = "secondary" if medium in main else "unit"
            yield _place(plant, code, name, level, medium), f"G-{n:02d}"
        main.setdefault(medium, code)


def _place(
    plant: Plant,
    code: str,
    name: str,
    level: str,
    medium: str,
    *,
    flow: str | None = "in",
    use: str | None = None,
    intake: str | None = None,
    parent: str | None = None,
) -> MeteringPlace:
    return MeteringPlace(
        plant.code, code, name, level, SINCE, medium=medium, flow=flow or "in", use=use, intake=intake, parent=parent,
        line=mains.LINE_OF.get((plant.code, name)),
    )  # fmt: skip


def _meter(place: MeteringPlace, point: str | None, index: int, first: date) -> Meter:
    # verified between 2 and 14 months before the story, for 24 months: none expires by itself
    verified = first - timedelta(days=60 + index * 37 % 360)
    return Meter(
        enterprise=place.enterprise,
        place=place.code,
        serial=f"YC{verified.year % 100:02d}-{1001 + index}",
        accuracy_class={"electricity": "0.5S", "water": "1" if place.level == "unit" else "2"}.get(place.medium, "2"),
        verified_on=verified,
        verification_months=24,
        installed_on=verified + timedelta(days=7),
        point=None if f"{place.enterprise}/{point}" in _NO_POINT else point,
    )


def _odd(meter: Meter, first: date) -> Iterator[Meter]:
    """What the scenarios need of the register; scenarios/water.toml tells the story of each."""
    match (meter.enterprise, meter.place):
        case ("baiheng-cement", "MP-02") | ("jinlu-steel", "MP-08") | ("tuoyan-power", "CP-01"):
            return  # places that never got a meter: of a unit, of equipment, of coal
        case ("xunfeng-semicoke", "MP-01"):
            # due on the 12th of the story month, which still counts; from the 13th it is not fitted
            verified = add_months(first.replace(day=12), -24)
            yield replace(meter, verified_on=verified, installed_on=verified + timedelta(days=7))
        case ("qinglan-coking", "EP-03"):
            verified = add_months(first, -25)  # a feeder's meter that nobody had verified again
            yield replace(meter, verified_on=verified, installed_on=verified + timedelta(days=7))
        case ("lanxu-chloralkali", "MP-02"):
            swapped = first.replace(day=20)
            yield replace(meter, removed_on=swapped)
            yield replace(meter, serial=f"{meter.serial}R", verified_on=swapped, installed_on=swapped)
        case _:
            yield meter
