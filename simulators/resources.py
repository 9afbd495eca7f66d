"""What the city registers of water and energy besides meters: parks, production lines, permits, plans, a quota.

Everything is invented; that holds of the quota, too, which says so in its source.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from simulators.city import ControlIndex, District, Line, Park, Quota
from simulators.city_leaks import Listing

#: Lines and places are older than any story.
SINCE = date(2022, 1, 1)

DISTRICTS = (
    District("hewan", "河湾区", 107.62, 40.31),
    District("beiling", "北岭区", 107.71, 40.47),
    District("nantan", "南滩区", 107.55, 40.16),
)

PARKS = (
    Park("hewan-chemical", "河湾化工园区", "hewan", 107.66, 40.29),
    Park("beiling-industrial", "北岭工业园区", "beiling", 107.78, 40.49),
    Park("nantan-energy", "南滩能源园区", "nantan", 107.49, 40.13),
)

PARK_OF = {
    "yunhe-coking": "hewan-chemical",
    "lanxu-chloralkali": "hewan-chemical",
    "ruichuan-pvc": "hewan-chemical",
    "qinglan-coking": "beiling-industrial",
    "heming-bdo": "beiling-industrial",
    "zhuohui-ferrosilicon": "beiling-industrial",
    "jinlu-steel": "beiling-industrial",
    "shuoyuan-coking": "nantan-energy",
    "tuoyan-power": "nantan-energy",
    "xunfeng-semicoke": "nantan-energy",
}

#: By whose list an enterprise is a key user of water and of energy.
KEY_WATER = {"heming-bdo": "national", "tuoyan-power": "region", "jinlu-steel": "city", "lanxu-chloralkali": "city"}
KEY_ENERGY = {
    "yunhe-coking": "national",
    "qinglan-coking": "national",
    "lanxu-chloralkali": "national",
    "jinlu-steel": "national",
    "ruichuan-pvc": "region",
    "zhuohui-ferrosilicon": "region",
    "shuoyuan-coking": "city",
}


def _line(enterprise: str, code: str, name: str, product: str, capacity: int | None = None) -> Line:
    return Line(enterprise, code, name, product, SINCE, capacity_t_a=capacity)


def _ovens(enterprise: str, name: str, capacity: int, charging: str, quenching: str, commissioned: date) -> Line:
    return Line(enterprise, "L1", name, "coke", SINCE, None, capacity, charging, quenching, commissioned)


LINES = (
    _ovens("yunhe-coking", "1号、2号焦炉", 1_150_000, "top", "dry", date(2012, 6, 1)),
    _ovens("qinglan-coking", "1号、2号焦炉", 900_000, "stamp", "wet", date(2006, 8, 15)),
    _ovens("shuoyuan-coking", "焦炉", 650_000, "stamp", "dry", date(2009, 10, 1)),
    _line("lanxu-chloralkali", "L1", "32%液碱装置", "caustic_30", 150_000),
    Line("lanxu-chloralkali", "L2", "48%液碱装置", "caustic_45", date(2026, 3, 1), capacity_t_a=60_000),
    _line("lanxu-chloralkali", "L3", "聚氯乙烯装置", "pvc_general", 80_000),
    _line("heming-bdo", "L1", "1,4-丁二醇装置", "bdo_reppe", 110_000),
    _line("tuoyan-power", "L1", "1号、2号机组", "power"),
    _line("baiheng-cement", "L1", "熟料线", "clinker", 1_800_000),
    _line("baiheng-cement", "L2", "水泥粉磨线", "cement", 1_000_000),
    _line("zhuohui-ferrosilicon", "L1", "1号、2号矿热炉", "ferrosilicon", 52_000),
    _line("ruichuan-pvc", "L1", "电石炉", "carbide", 130_000),
    _line("ruichuan-pvc", "L2", "通用型树脂装置", "pvc_general", 100_000),
    _line("ruichuan-pvc", "L3", "糊树脂装置（停产）", "pvc_paste", 20_000),
    _line("xunfeng-semicoke", "L1", "干馏炉", "semi_coke", 50_000),
    _line("jinlu-steel", "L1", "电弧炉", "arc_furnace_steel", 700_000),
)

#: enterprise: m3 of the story's year (用水计划).
_PLANNED = {"yunhe-coking": 1_000_000, "qinglan-coking": 600_000, "heming-bdo": 1_500_000, "jinlu-steel": 2_600_000}


def control_indices(year: int) -> Iterator[ControlIndex]:
    """The plans of a year."""
    for enterprise, volume in _PLANNED.items():
        yield ControlIndex(enterprise, year, volume, "年度用水计划（虚构）")


def _quota(product: str, grade: str, value: float) -> Quota:
    return Quota(product, "云川市", "虚构2025版", grade, value, "m3/t", "虚构，仅供演示", "KL", date(2025, 1, 1))


QUOTAS = (
    _quota("coke", "general", 0.95),
    _quota("coke", "advanced", 0.8),
    _quota("semi_coke", "leading", 0.3),
)

#: Who is on which list of the bureau's (名录), with invented sources.
LISTINGS = (
    Listing("yunhe-coking", "soil_key_unit", date(2025, 3, 1), "云环发〔2025〕4号（虚构）"),
    Listing("qinglan-coking", "soil_key_unit", date(2025, 3, 1), "云环发〔2025〕4号（虚构）"),
    Listing("heming-bdo", "cooling_water", date(2026, 1, 1), "云环发〔2026〕1号（虚构）"),
)
