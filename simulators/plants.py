"""The invented city of 云川 (Yunchuan): thirteen enterprises in three districts and what hangs on their pipes.

Everything is a table on purpose, so that a reader can count: who has which stacks, intakes and meters. The oddities
that a scenario needs (a meter that is missing, one whose verification expires, ...) are made in `_oddities`, each with
its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from domain.periods import add_months, local_day
from simulators import air_register
from simulators.city import (
    City,
    CounterSpec,
    District,
    Enterprise,
    Intake,
    Meter,
    MeteringPlace,
    Point,
    story_month,
)
from simulators.leak_register import components
from simulators.speech import stations, tags

#: Stacks, pipes and places are older than any story.
SINCE = date(2022, 1, 1)

DISTRICTS = (
    District("hewan", "河湾区"),
    District("beiling", "北岭区"),
    District("nantan", "南滩区"),
)


@dataclass(frozen=True, slots=True)
class Plant:
    """One enterprise in a line or two.

    intakes: (name, source, permitted m3 a year); each has a unit-level metering place and meter.
    drains: further unit-level places without an intake (waste water and the like).
    power: kWh per hour of the main meter, which reports each 15 minutes; feeders report hourly.
    """

    code: str
    name: str
    district: str
    industry: str
    intakes: tuple[tuple[str, str, int], ...] = ()
    drains: tuple[str, ...] = ()
    secondary: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    power: int = 0
    feeders: tuple[str, ...] = ()
    steam: tuple[str, ...] = ()
    gas: tuple[str, ...] = ()
    nmhc: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    is_industrial: bool = True


_COKE_WATER = ("炼焦车间", "化产车间", "动力车间")
_COKE_EQUIPMENT = ("熄焦循环水补水", "初冷器循环水补水", "锅炉补水")
_COKE_FEEDERS = ("炼焦车间馈线", "化产车间馈线", "鼓风机馈线")

PLANTS = (
    Plant(
        "yunhe-coking", "云川市云禾焦化有限公司", "hewan", "coking",
        intakes=(("黄河地表水取水口", "surface", 1_200_000), ("1号深井", "ground", 180_000)),
        drains=("酚氰废水总排口",), secondary=_COKE_WATER, equipment=_COKE_EQUIPMENT,
        power=6200, feeders=_COKE_FEEDERS, steam=("外供蒸汽",), gas=("外供焦炉煤气",),
        nmhc=("苯贮槽尾气",), states=("1号焦炉", "2号焦炉"),
    ),
    Plant(
        "qinglan-coking", "云川青岚煤焦化有限责任公司", "beiling", "coking",
        intakes=(("地表水取水口", "surface", 900_000), ("园区再生水", "reclaimed", 300_000)),
        secondary=_COKE_WATER, equipment=_COKE_EQUIPMENT,
        power=5400, feeders=_COKE_FEEDERS, steam=("外供蒸汽",), gas=("外供焦炉煤气",),
        nmhc=("苯贮槽尾气",), states=("1号焦炉", "2号焦炉"),
    ),
    Plant(
        "shuoyuan-coking", "云川市朔垣焦化有限公司", "nantan", "coking",
        intakes=(("2号深井", "ground", 420_000),),
        drains=("酚氰废水总排口",), secondary=_COKE_WATER, equipment=_COKE_EQUIPMENT,
        power=4100, feeders=_COKE_FEEDERS, steam=("外供蒸汽",), gas=("外供焦炉煤气",),
        nmhc=("苯贮槽尾气",), states=("焦炉",),
    ),
    Plant(
        "lanxu-chloralkali", "云川岚旭氯碱化工有限公司", "hewan", "chlor_alkali",
        intakes=(("地表水取水口", "surface", 1_500_000), ("园区再生水", "reclaimed", 400_000)),
        secondary=("电解车间", "蒸发车间", "公用工程"), equipment=("盐水精制补水", "循环水补水", "脱盐水站"),
        power=42_000, feeders=("1号整流变", "2号整流变", "公用工程馈线"), steam=("外购蒸汽",),
        nmhc=("罐区尾气",), states=("1号电解槽", "2号电解槽"),
    ),
    Plant(
        "heming-bdo", "云川市鹤鸣新材料有限公司", "beiling", "bdo",
        intakes=(("地表水取水口", "surface", 2_000_000),),
        drains=("污水总排口",), secondary=("炔化车间", "加氢车间", "精馏车间"),
        equipment=("循环水补水", "脱盐水站", "锅炉补水", "洗涤塔补水"),
        power=18_000, feeders=("炔化馈线", "加氢馈线", "空压站馈线"), steam=("中压蒸汽", "低压蒸汽"),
        gas=("天然气",), nmhc=("精馏尾气", "罐区尾气", "污水站尾气"), states=("炔化反应器", "精馏塔"),
    ),
    Plant(
        "tuoyan-power", "云川拓岩热电有限公司", "nantan", "power",
        intakes=(("水库取水口", "surface", 3_200_000), ("园区再生水", "reclaimed", 800_000)),
        secondary=("汽机车间", "锅炉车间", "化水车间"), equipment=("凉水塔补水", "脱硫工艺水", "锅炉补水"),
        power=30_000, feeders=("1号厂用变", "2号厂用变", "脱硫馈线"), steam=("采暖供汽", "工业供汽"),
        states=("1号机组", "2号机组"),
    ),
    Plant(
        "baiheng-cement", "云川柏衡水泥有限公司", "nantan", "cement",
        intakes=(("3号深井", "ground", 150_000),), drains=("生活污水总排口",),
        secondary=("熟料车间", "粉磨车间"), equipment=("余热发电补水", "增湿塔喷水"),
        power=21_000, feeders=("生料磨", "水泥磨", "窑系统"), states=("回转窑",),
    ),
    Plant(
        "zhuohui-ferrosilicon", "云川卓辉硅铁冶炼有限公司", "beiling", "ferrosilicon",
        intakes=(("4号深井", "ground", 90_000),), secondary=("冶炼车间", "浇铸车间"), equipment=("循环水补水",),
        power=52_000, feeders=("1号矿热炉", "2号矿热炉", "除尘馈线"), states=("1号矿热炉", "2号矿热炉"),
    ),
    Plant(
        "ruichuan-pvc", "云川瑞川电石树脂有限公司", "hewan", "carbide_pvc",
        intakes=(("地表水取水口", "surface", 1_800_000), ("5号深井", "ground", 60_000)),
        secondary=("电石车间", "乙炔车间", "聚合车间"), equipment=("循环水补水", "脱盐水站", "聚合釜夹套水"),
        power=48_000, feeders=("电石炉", "聚合馈线", "空压站馈线"), steam=("外购蒸汽",),
        nmhc=("聚合尾气", "罐区尾气"), states=("电石炉", "1号聚合釜"),
    ),
    Plant(
        "xunfeng-semicoke", "云川迅丰兰炭有限公司", "nantan", "semi_coke",
        intakes=(("6号深井", "ground", 260_000),), drains=("剩余氨水总排口",),
        secondary=("干馏车间", "化产车间"), equipment=("熄焦补水", "循环水补水"),
        power=3600, feeders=("干馏馈线", "鼓风机馈线"), gas=("外供荒煤气",), nmhc=("焦油罐尾气",),
        states=("干馏炉",),
    ),
    Plant(
        "jinlu-steel", "云川劲麓特钢有限公司", "beiling", "steel",
        intakes=(("地表水取水口", "surface", 2_400_000), ("园区再生水", "reclaimed", 1_000_000)),
        secondary=("炼钢车间", "轧钢车间", "制氧车间"), equipment=("连铸循环水补水", "轧机冷却水", "制氧循环水补水"),
        power=56_000, feeders=("电弧炉", "轧机", "制氧机"), gas=("天然气",), states=("电弧炉", "轧线"),
    ),
    Plant(
        "qingyuan-water", "云川清沅供水有限公司", "hewan", "water_supply",
        intakes=(("水库取水口", "surface", 9_000_000), ("水源地井群", "ground", 2_500_000)),
        secondary=("净水车间",), equipment=("反冲洗水",), power=1500, feeders=("取水泵站", "加压泵站"),
        states=("1号送水泵", "2号送水泵"), is_industrial=False,
    ),
    Plant(
        "guangyi-solar", "云川光屹光伏发电有限公司", "nantan", "solar_power",
        power=12_000, feeders=("1号汇集线", "2号汇集线"), states=("1号逆变器", "2号逆变器"),
    ),
)  # fmt: skip


def build_city(month: tuple[int, int]) -> City:
    """The register as it stands for a story in that local month; registered_from is the month's first day."""
    period = story_month(month)
    first = local_day(period.start)
    points, places, meters = _Points(), _Places(), _Meters(first)
    intakes: list[Intake] = []
    for plant in PLANTS:
        points.of(plant)
        intakes += _intakes(plant)
        places.of(plant)
    meters.of(places.made)
    registered = _odd_points(tuple(points.made))
    outlets = tuple(air_register.outlets())
    loggers = tuple(stations(outlets))
    return City(
        code="yunchuan",
        name="云川市",
        month=period,
        districts=DISTRICTS,
        enterprises=tuple(Enterprise(p.code, p.name, p.district, p.industry, p.is_industrial, first) for p in PLANTS),
        outlets=outlets,
        points=registered,
        intakes=tuple(intakes),
        places=tuple(places.made),
        meters=_odd_meters(tuple(meters.made), first),
        components=tuple(components(first)),
        stations=loggers,
        tags=tuple(tags(registered, loggers)),
        limits=tuple(air_register.limits()),
    )


def _intakes(plant: Plant) -> Iterator[Intake]:
    for number, (name, source, permitted) in enumerate(plant.intakes, 1):
        yield Intake(plant.code, f"I-{number:02d}", name, source, permitted, False, SINCE)
    if plant.code == "qingyuan-water":  # farmland has its own permit and no duty to be online
        yield Intake(plant.code, "I-03", "农灌支渠取水口", "surface", 4_000_000, True, SINCE)


class _Places:
    """Metering places of the three levels; the n-th place of an enterprise is measured by point ``W-nn``."""

    def __init__(self) -> None:
        self.made: list[MeteringPlace] = []

    def of(self, plant: Plant) -> None:
        rows: list[tuple[str, str, str | None]] = []
        rows += [(name, "unit", f"I-{n:02d}") for n, (name, _, _) in enumerate(plant.intakes, 1)]
        rows += [(name, "unit", None) for name in plant.drains]
        rows += [(name, "secondary", None) for name in plant.secondary]
        rows += [(name, "equipment", None) for name in plant.equipment]
        for number, (name, level, intake) in enumerate(rows, 1):
            self.made.append(MeteringPlace(plant.code, f"MP-{number:02d}", name, level, SINCE, intake=intake))


class _Meters:
    def __init__(self, first: date) -> None:
        self._first = first
        self.made: list[Meter] = []

    def of(self, places: list[MeteringPlace]) -> None:
        for index, place in enumerate(places):
            # verified between 2 and 14 months before the story, for 24 months: none expires by itself
            verified = self._first - timedelta(days=60 + index * 37 % 360)
            self.made.append(
                Meter(
                    enterprise=place.enterprise,
                    place=place.code,
                    serial=f"YC{verified.year % 100:02d}-{1001 + index}",
                    accuracy_class="1" if place.level == "unit" else "2",
                    verified_on=verified,
                    verification_months=24,
                    installed_on=verified + timedelta(days=7),
                    point=f"W-{place.code[-2:]}",
                )
            )


class _Points:
    def __init__(self) -> None:
        self.made: list[Point] = []

    def of(self, plant: Plant) -> None:
        self._water(plant)
        self._counter(plant, "E-01", "总进线电量", "energy", "kWh", 900, plant.power, CounterSpec(9, 1.0))
        self._gauge(plant, "E-01-KW", "总进线有功功率", "active_power", "kW", plant.power)
        for n, (name, _, permitted) in enumerate(plant.intakes, 1):
            self._gauge(plant, f"W-{n:02d}-F", f"{name}瞬时流量", "water_flow", "m3/h", permitted / 8760 * 0.7)
            self._gauge(plant, f"W-{n:02d}-MPA", f"{name}管道压力", "water_pressure", "MPa", 0.42)
        if plant.is_industrial:
            self._counter(plant, "CA-01", "压缩空气总管", "air_volume", "m3", 3600, 3400.0, CounterSpec(9, 1.0))
        for n, name in enumerate(plant.feeders, 2):
            self._counter(plant, f"E-{n:02d}", name, "energy", "kWh", 3600, plant.power * 0.28, CounterSpec(9, 1.0))
        for n, name in enumerate(plant.steam, 1):
            self._counter(plant, f"ST-{n:02d}", name, "steam_mass", "t", 3600, 38.0 + 7 * n, CounterSpec(8, 0.1))
        for n, name in enumerate(plant.gas, 1):
            self._counter(plant, f"G-{n:02d}", name, "gas_volume", "m3", 3600, 5200.0, CounterSpec(9, 1.0))
        for n, name in enumerate(plant.nmhc, 1):
            self._add(
                plant, f"V-{n:02d}", name, "instantaneous", "nmhc", "mg/m3", 1800, 22.0,
                physical_min=0.0, physical_max=1000.0,
            )  # fmt: skip
        for n, name in enumerate(plant.states, 1):
            self._add(plant, f"R-{n:02d}", f"{name}运行状态", "state", "running_state", "1", 3600, 0.97)
        self.made += air_register.points(plant.code)

    def _water(self, plant: Plant) -> None:
        flows = [permitted / 8760 * 0.7 for _, _, permitted in plant.intakes]
        total = sum(flows)
        names = [f"{name}水表" for name, _, _ in plant.intakes]
        for group, share in ((plant.drains, 0.35), (plant.secondary, 0.3), (plant.equipment, 0.12)):
            names += [f"{name}水表" for name in group]
            flows += [max(total * share, 2.0)] * len(group)
        for number, (name, flow) in enumerate(zip(names, flows, strict=True), 1):
            counter = CounterSpec(8, 0.1)
            self._counter(plant, f"W-{number:02d}", name, "water_volume", "m3", 3600, round(flow, 1), counter)

    def _counter(
        self, plant: Plant, code: str, name: str, quantity: str, unit: str, interval: int, flow: float, of: CounterSpec
    ) -> None:
        self._add(
            plant, code, name, "counter", quantity, unit, interval, flow,
            counter=replace(of, max_rate_per_h=round(flow * 4, 0)),
        )  # fmt: skip

    def _gauge(self, plant: Plant, code: str, name: str, quantity: str, unit: str, typical: float) -> None:
        self._add(
            plant, code, name, "instantaneous", quantity, unit, 3600, round(typical, 2),
            physical_min=0.0, physical_max=round(typical * 4, 2),
        )  # fmt: skip

    def _add(
        self,
        plant: Plant,
        code: str,
        name: str,
        kind: str,
        quantity: str,
        unit: str,
        interval: int,
        typical: float,
        *,
        physical_min: float | None = None,
        physical_max: float | None = None,
        counter: CounterSpec | None = None,
    ) -> None:
        self.made.append(
            Point(
                plant.code, code, name, kind, quantity, unit, interval, SINCE, typical,
                physical_min=physical_min, physical_max=physical_max, counter=counter,
            )
        )  # fmt: skip


def _odd_points(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """The power plant's intake meter has a short register, so that it can roll over within a story."""
    short = CounterSpec(6, 1.0, 1200.0)
    kept = (p for p in points if p.key != "baiheng-cement/W-02")  # its place never got a meter
    return tuple(replace(p, counter=short) if p.key == "tuoyan-power/W-01" else p for p in kept)


def _odd_meters(meters: tuple[Meter, ...], first: date) -> tuple[Meter, ...]:
    """What the water scenarios need of the register; scenarios/water.toml tells the story of each."""
    made: list[Meter] = []
    for meter in meters:
        match (meter.enterprise, meter.place):
            case ("baiheng-cement", "MP-02"):
                continue  # a unit-level place that never got a meter
            case ("xunfeng-semicoke", "MP-01"):
                # due on the 12th of the story month, which still counts; from the 13th it is not fitted
                verified = add_months(first.replace(day=12), -24)
                made.append(replace(meter, verified_on=verified, installed_on=verified + timedelta(days=7)))
            case ("lanxu-chloralkali", "MP-02"):
                swapped = first.replace(day=20)
                made.append(replace(meter, removed_on=swapped))
                made.append(replace(meter, serial=f"{meter.serial}R", verified_on=swapped, installed_on=swapped))
            case _:
                made.append(meter)
    return tuple(made)
