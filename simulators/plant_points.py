"""The measuring points of one plant: water, electricity, steam, gas, vents and states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from simulators import air_register, mains
from simulators.city import CounterSpec, Point
from simulators.plant import Plant

#: Points are older than any story.
SINCE = date(2022, 1, 1)

#: Names of gases by what they are; a pipe's name ends with it.
GASES = {"天然气": "natural_gas", "焦炉煤气": "coke_oven_gas", "煤气总管": "coke_oven_gas", "加热煤气": "coke_oven_gas"}

_REGISTER, _SHORT, _LONG = CounterSpec(9, 1.0), CounterSpec(8, 0.1), CounterSpec(10, 0.1)
_WATER = ("water_volume", "m3")


def medium_of(name: str) -> str | None:
    """The kind of energy in a gas pipe, None for what no account knows."""
    return next((medium for end, medium in GASES.items() if name.endswith(end)), None)


def points_of(plant: Plant) -> Iterator[Point]:
    """All points of a plant, in the order in which its gateway sends them."""
    return iter([*_Maker(plant).all(), *air_register.points(plant.code)])


class _Maker:
    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._made: list[Point] = []

    def all(self) -> list[Point]:
        plant = self._plant
        self._water()
        self._counter("E-01", "总进线电量", ("energy", "kWh"), 900, plant.power, _REGISTER)
        self._gauge("E-01-KW", "总进线有功功率", "active_power", "kW", plant.power)
        for n, (name, _, permitted) in enumerate(plant.intakes, 1):
            self._gauge(f"W-{n:02d}-F", f"{name}瞬时流量", "water_flow", "m3/h", permitted / 8760 * 0.7)
            self._gauge(f"W-{n:02d}-MPA", f"{name}管道压力", "water_pressure", "MPa", 0.42)
        if plant.is_industrial:
            self._counter("CA-01", "压缩空气总管", ("air_volume", "m3"), 3600, 3400.0, _REGISTER)
        shares = mains.parts(len(plant.feeders), mains.POWER_LOSS.get(plant.code, 0.02))
        for n, (name, part) in enumerate(zip(plant.feeders, shares, strict=True), 2):
            self._counter(f"E-{n:02d}", name, ("energy", "kWh"), 3600, 0.0, _REGISTER, ("E-01",), part)
        self._steam()
        self._gas()
        for n, name in enumerate(plant.nmhc, 1):
            self._add(
                f"V-{n:02d}", name, "instantaneous", ("nmhc", "mg/m3"), 1800, 22.0,
                physical_min=0.0, physical_max=1000.0,
            )  # fmt: skip
        for n, name in enumerate(plant.states, 1):
            self._add(f"R-{n:02d}", f"{name}运行状态", "state", ("running_state", "1"), 3600, 0.97)
        return self._made

    def _water(self) -> None:
        """Intakes, waste water, water sold, workshops, equipment, circuits: numbered as the metering places."""
        plant = self._plant
        flows = [permitted / 8760 * 0.7 for _, _, permitted in plant.intakes]
        entries = tuple(f"W-{n:02d}" for n in range(1, len(flows) + 1))
        for (name, _, _), flow in zip(plant.intakes, flows, strict=True):
            self._water_meter(name, round(flow, 1))
        for name in plant.drains:
            self._water_meter(name, 0.0, entries, (0.0, 0.35))
        for name in plant.sold:
            self._water_meter(name, 0.0, entries, (0.05, 0.99))
        loss = 0.95 if plant.sold else mains.WATER_LOSS.get(plant.code, 0.012)
        shop: dict[str, str] = {}
        for name, part in zip(plant.secondary, mains.parts(len(plant.secondary), loss), strict=True):
            shop[name] = self._water_meter(name, 0.0, entries, part, error=mains.WATER_ERROR.get(plant.code))
        below = {n: (of, names) for (code, of), names in mains.BELOW.items() if code == plant.code for n in names}
        for number, name in enumerate(plant.equipment):
            if name in below:
                of, names = below[name]
                self._water_meter(name, 0.0, (shop[of],), mains.parts(len(names), 0.02)[names.index(name)])
            else:
                self._water_meter(name, 0.0, entries, (number / 10, (number * 10 + 8) / 100))
        for name, _, flow in plant.circuits:
            self._water_meter(name, flow)

    def _water_meter(
        self,
        name: str,
        flow: float,
        fed_by: tuple[str, ...] = (),
        part: tuple[float, float] = (0.0, 1.0),
        *,
        error: float | None = None,
    ) -> str:
        code = f"W-{sum(point.quantity == 'water_volume' for point in self._made) + 1:02d}"
        register = _SHORT if flow < 1000 else _LONG  # a circuit would run through the short one in weeks
        self._counter(code, f"{name}水表", _WATER, 3600, flow, register, fed_by, part, error)
        return code

    def _steam(self) -> None:
        loss = mains.GAS_LOSS.get((self._plant.code, "steam"), 0.03)
        bought = self._plant.steam[:1] == ("外购蒸汽",)
        shares = mains.parts(len(self._plant.steam) - 1, loss)
        for n, name in enumerate(self._plant.steam, 1):
            fed = (("ST-01",), shares[n - 2]) if bought and n > 1 else ((), (0.0, 1.0))
            self._counter(f"ST-{n:02d}", name, ("steam_mass", "t"), 3600, 38.0 + 7 * n, _SHORT, *fed)

    def _gas(self) -> None:
        """The first pipe of a gas is the main; those after it are fed by it."""
        main: dict[str | None, str] = {}
        branches: dict[str, list[str]] = {}
        for n, name in enumerate(self._plant.gas, 1):
            code, medium = f"G-{n:02d}", medium_of(name)
            if medium in main:
                branches[main[medium]].append(code)
            else:
                main[medium], branches[code] = code, []
        for n, name in enumerate(self._plant.gas, 1):
            code, medium = f"G-{n:02d}", medium_of(name)
            of = main[medium]
            if of == code:
                self._counter(code, name, ("gas_volume", "m3"), 3600, 5200.0 + 900 * len(branches[code]), _REGISTER)
            else:
                loss = mains.GAS_LOSS.get((self._plant.code, str(medium)), 0.03)
                part = mains.parts(len(branches[of]), loss)[branches[of].index(code)]
                self._counter(code, name, ("gas_volume", "m3"), 3600, 0.0, _REGISTER, (of,), part)

    def _counter(
        self,
        code: str,
        name: str,
        of: tuple[str, str],
        interval: int,
        flow: float,
        register: CounterSpec,
        fed_by: tuple[str, ...] = (),
        part: tuple[float, float] = (0.0, 1.0),
        error: float | None = None,
    ) -> None:
        """flow: units per hour; of what is fed by others it follows from theirs. error: None for a small one."""
        if fed_by:
            entering = sum(point.typical for point in self._made if point.code in fed_by)
            flow = round(entering * (part[1] - part[0]), 1)
            error = mains.error(f"{self._plant.code}/{code}") if error is None else error
        self._add(
            code, name, "counter", of, interval, flow,
            counter=replace(register, max_rate_per_h=round(max(flow, 2.0) * 4, 0)),
            fed_by=fed_by, part=part, error=error or 0.0,
        )  # fmt: skip

    def _gauge(self, code: str, name: str, quantity: str, unit: str, typical: float) -> None:
        self._add(
            code, name, "instantaneous", (quantity, unit), 3600, round(typical, 2),
            physical_min=0.0, physical_max=round(typical * 4, 2),
        )  # fmt: skip

    def _add(
        self,
        code: str,
        name: str,
        kind: str,
        of: tuple[str, str],
        interval: int,
        typical: float,
        *,
        physical_min: float | None = None,
        physical_max: float | None = None,
        counter: CounterSpec | None = None,
        fed_by: tuple[str, ...] = (),
        part: tuple[float, float] = (0.0, 1.0),
        error: float = 0.0,
    ) -> None:
        self._made.append(
            Point(
                self._plant.code, code, name, kind, *of, interval, SINCE, typical, physical_min=physical_min,
                physical_max=physical_max, counter=counter, fed_by=fed_by, part=part, error=error,
            )
        )  # fmt: skip
