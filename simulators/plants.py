"""The invented city of 云川 (Yunchuan): thirteen enterprises in three districts and what hangs on their pipes.

Everything is a table on purpose, so that a reader can count: who has which stacks, intakes and meters. The oddities
that a scenario needs (a meter that is missing, one whose verification expires, ...) are made in metering.py, each with
its reason; what flows where is said in mains.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from domain.periods import local_day
from simulators import air_register, people, resources
from simulators.city import City, Enterprise, Intake, story_month
from simulators.leak_register import INSTALLATIONS, LEDGERS, UNITS, components
from simulators.leak_rounds import instruments, rounds, rows, testers
from simulators.metering import odd_points, register
from simulators.plant import Plant
from simulators.plant_points import points_of
from simulators.speech import stations, tags

#: Intakes are older than any story.
SINCE = date(2022, 1, 1)

_COKE_WATER = ("炼焦车间", "化产车间", "动力车间")
_COKE_EQUIPMENT = ("熄焦循环水补水", "初冷器循环水补水", "锅炉补水")
_COKE_FEEDERS = ("炼焦车间馈线", "化产车间馈线", "鼓风机馈线")
_COKE_GAS = ("焦炉煤气总管", "回炉加热煤气", "外供焦炉煤气")

PLANTS = (
    Plant(
        "yunhe-coking", "云川市云禾焦化有限公司", "hewan", "coking",
        intakes=(("黄河地表水取水口", "surface", 1_200_000), ("1号深井", "ground", 180_000)),
        drains=("酚氰废水总排口",), secondary=_COKE_WATER, equipment=_COKE_EQUIPMENT,
        circuits=(("中水回用", "reused", 30.0),),
        power=6200, feeders=_COKE_FEEDERS, steam=("外供蒸汽",), gas=_COKE_GAS,
        nmhc=("苯贮槽尾气",), states=("1号焦炉", "2号焦炉"),
    ),
    Plant(
        "qinglan-coking", "云川青岚煤焦化有限责任公司", "beiling", "coking",
        intakes=(("地表水取水口", "surface", 900_000), ("园区再生水", "reclaimed", 300_000)),
        secondary=_COKE_WATER, equipment=_COKE_EQUIPMENT,
        power=5400, feeders=_COKE_FEEDERS, steam=("外供蒸汽",), gas=_COKE_GAS,
        nmhc=("苯贮槽尾气",), states=("1号焦炉", "2号焦炉"),
    ),
    Plant(
        "shuoyuan-coking", "云川市朔垣焦化有限公司", "nantan", "coking",
        intakes=(("2号深井", "ground", 420_000),),
        drains=("酚氰废水总排口",), secondary=_COKE_WATER, equipment=_COKE_EQUIPMENT,
        power=4100, feeders=_COKE_FEEDERS, steam=("外供蒸汽",), gas=_COKE_GAS,
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
        circuits=(("循环水总管", "cooling_circulating", 5200.0), ("蒸汽冷凝水回用", "condensate", 42.0),
                  ("锅炉产汽", "steam", 60.0)),
        power=18_000, feeders=("炔化馈线", "加氢馈线", "空压站馈线"),
        steam=("外购蒸汽", "炔化车间蒸汽", "精馏车间蒸汽"), gas=("天然气", "导热油炉天然气"),
        nmhc=("精馏尾气", "罐区尾气", "污水站尾气"), states=("炔化反应器", "精馏塔"),
    ),
    Plant(
        "tuoyan-power", "云川拓岩热电有限公司", "nantan", "power",
        intakes=(("水库取水口", "surface", 3_200_000), ("园区再生水", "reclaimed", 800_000)),
        secondary=("汽机车间", "锅炉车间", "化水车间"), equipment=("凉水塔补水", "脱硫工艺水", "锅炉补水"),
        circuits=(("凉水塔循环水", "cooling_circulating", 18_000.0),),
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
        power=48_000, feeders=("电石炉", "聚合馈线", "空压站馈线"), steam=("外购蒸汽", "聚合车间蒸汽"),
        nmhc=("聚合尾气", "罐区尾气"), states=("电石炉", "1号聚合釜"),
    ),
    Plant(
        "xunfeng-semicoke", "云川迅丰兰炭有限公司", "nantan", "semi_coke",
        intakes=(("6号深井", "ground", 260_000),), drains=("剩余氨水总排口",),
        secondary=("干馏车间", "化产车间"), equipment=("熄焦补水", "循环水补水"),
        power=1400, feeders=("干馏馈线", "鼓风机馈线"), gas=("外供荒煤气",), nmhc=("焦油罐尾气",),
        states=("干馏炉",),
    ),
    Plant(
        "jinlu-steel", "云川劲麓特钢有限公司", "beiling", "steel",
        intakes=(("地表水取水口", "surface", 2_400_000), ("园区再生水", "reclaimed", 1_000_000)),
        secondary=("炼钢车间", "轧钢车间", "制氧车间"), equipment=("连铸循环水补水", "轧机冷却水", "制氧循环水补水"),
        power=56_000, feeders=("电弧炉", "轧机", "制氧机"),
        gas=("天然气", "外购焦炉煤气", "加热炉天然气", "加热炉焦炉煤气", "烘烤焦炉煤气"), states=("电弧炉", "轧线"),
    ),
    Plant(
        "qingyuan-water", "云川清沅供水有限公司", "hewan", "water_supply",
        intakes=(("水库取水口", "surface", 9_000_000), ("水源地井群", "ground", 2_500_000)),
        sold=("供水总管",), secondary=("净水车间",), equipment=("反冲洗水",), power=1500,
        feeders=("取水泵站", "加压泵站"),
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
    points = odd_points(point for plant in PLANTS for point in points_of(plant))
    places, meters = register(PLANTS, first)
    outlets = tuple(air_register.outlets())
    loggers = tuple(stations(outlets))
    spots = tuple(components(first))
    campaigns = rounds(spots, first)
    return City(
        code="yunchuan",
        name="云川市",
        month=period,
        districts=resources.DISTRICTS,
        enterprises=tuple(_enterprise(plant, first) for plant in PLANTS),
        outlets=outlets,
        points=points,
        intakes=tuple(intake for plant in PLANTS for intake in _intakes(plant, first)),
        places=places,
        meters=meters,
        components=spots,
        stations=loggers,
        tags=tuple(tags(points, loggers)),
        limits=tuple(air_register.limits()),
        parks=resources.PARKS,
        lines=resources.LINES,
        control_indices=tuple(resources.control_indices(first.year)),
        quotas=resources.QUOTAS,
        installations=INSTALLATIONS,
        units=UNITS,
        instruments=tuple(instruments(tuple(LEDGERS), campaigns)),
        testers=tuple(testers(tuple(LEDGERS), campaigns)),
        campaigns=tuple(rows(campaigns)),
        listings=resources.LISTINGS,
        people=people.people(),
        teams=people.teams(),
        shifts=people.shifts(first),
        routes=people.routes(),
    )


def _enterprise(plant: Plant, first: date) -> Enterprise:
    return Enterprise(
        plant.code, plant.name, plant.district, plant.industry, plant.is_industrial, first,
        park=resources.PARK_OF.get(plant.code), key_water=resources.KEY_WATER.get(plant.code),
        key_energy=resources.KEY_ENERGY.get(plant.code),
    )  # fmt: skip


def _intakes(plant: Plant, first: date) -> Iterator[Intake]:
    """Permits hold for two years more; one runs out in the story month, and one enterprise never handed its in."""
    until: date | None = date(first.year + 2, 12, 31)
    if plant.code == "heming-bdo":
        until = first.replace(day=15)
    for number, (name, source, permitted) in enumerate(plant.intakes, 1):
        permit = f"云水许〔2022〕{plant.code.upper()[:3]}{number:02d}号"
        if plant.code == "zhuohui-ferrosilicon":
            yield Intake(plant.code, f"I-{number:02d}", name, source, permitted, False, SINCE)
        else:
            yield Intake(
                plant.code, f"I-{number:02d}", name, source, permitted, False, SINCE, None, permit, SINCE, until
            )
    if plant.code == "qingyuan-water":  # farmland has its own permit and no duty to be online
        yield Intake(plant.code, "I-03", "农灌支渠取水口", "surface", 4_000_000, True, SINCE)
