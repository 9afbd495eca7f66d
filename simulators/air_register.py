"""Stacks, ducts and monitoring places of the city, what is measured there and which limits their permits add.

Tables on purpose, as in plants.py. Every permit figure is invented; the ones of a standard say which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from simulators.city import LimitRow, Outlet, Point

#: Stacks and places are older than any story.
SINCE = date(2022, 1, 1)

#: quantity: (unit, code suffix, name, physical_min, physical_max, range_top)
ANALYSERS: dict[str, tuple[str, str, str, float, float, float | None]] = {
    "so2": ("mg/m3", "SO2", "二氧化硫", 0.0, 500.0, 300.0),
    "nox": ("mg/m3", "NOX", "氮氧化物", 0.0, 1000.0, 600.0),
    "pm": ("mg/m3", "PM", "颗粒物", 0.0, 100.0, 50.0),
    "nmhc": ("mg/m3", "NMHC", "非甲烷总烃", 0.0, 1000.0, 1000.0),
    "benzene": ("ug/m3", "BZ", "苯", 0.0, 50_000.0, 5000.0),
    "toluene": ("ug/m3", "TOL", "甲苯", 0.0, 50_000.0, 5000.0),
    "xylene": ("ug/m3", "XYL", "二甲苯", 0.0, 50_000.0, 5000.0),
    "o2": ("%", "O2", "氧含量", 0.0, 25.0, 25.0),
    "o2_inlet": ("%", "O2IN", "进口氧含量", 0.0, 25.0, 25.0),
    "flue_temperature": ("degC", "T", "烟气温度", -20.0, 600.0, None),
    "flue_flow": ("m3/h", "Q", "烟气流量", 0.0, 1_000_000.0, None),
    "flue_pressure": ("kPa", "P", "烟气压力", -10.0, 10.0, None),
    "flue_humidity": ("%", "H", "烟气湿度", 0.0, 60.0, None),
    "furnace_temperature": ("degC", "FT", "炉膛温度", 0.0, 1400.0, None),
    "running_state": ("1", "RUN", "运行状态", 0.0, 1.0, None),
}


@dataclass(frozen=True, slots=True)
class Stack:
    """An outlet or place. measured: quantities by the interval at which they are read, in seconds.

    wet_flow: whether its flow is that of the wet gas as it is, to be turned into dry standard flow.
    """

    enterprise: str
    code: str
    name: str
    process: str
    measured: Mapping[int, tuple[str, ...]]
    duct_area_m2: float | None = None
    atmosphere_kpa: float | None = None
    makeup_air: bool | None = None
    wet_flow: bool = False


_MINUTES = ("so2", "nox", "pm", "o2")
_GAS = ("flue_temperature", "flue_flow", "flue_humidity")
_BOILER = {900: ("so2", "nox", "pm", "o2")}
_STATION = {900: ("pm", "so2")}


def _coking(enterprise: str, *, wet_flow: bool = False) -> tuple[Stack, ...]:
    gas = (*_GAS, "flue_pressure") if wet_flow else _GAS
    return (
        Stack(
            enterprise, "S1", "焦炉烟囱", "coke_oven_stack", {60: _MINUTES, 600: gas},
            duct_area_m2=12.6, atmosphere_kpa=89.2, wet_flow=wet_flow,
        ),
        Stack(enterprise, "C1", "装煤地面站", "charging", _STATION),
        Stack(enterprise, "P1", "推焦地面站", "pushing", _STATION),
    )  # fmt: skip


STACKS = (
    *_coking("yunhe-coking"),
    Stack("yunhe-coking", "Q1", "干熄焦地面站", "dry_quenching", _STATION),
    Stack("yunhe-coking", "WW1", "酚氰废水站排气口", "wastewater_treatment", {900: ("nmhc",)}),
    Stack("yunhe-coking", "FL1", "东厂界", "fenceline_coking", {3600: ("benzene",)}),
    *_coking("qinglan-coking", wet_flow=True),
    *_coking("shuoyuan-coking"),
    Stack(
        "lanxu-chloralkali", "B1", "燃气锅炉", "gas_boiler", {900: ("so2", "nox", "pm", "o2", "running_state")}
    ),
    # a thermal oxidiser whose waste gas brings all the oxygen that it burns with
    Stack(
        "heming-bdo", "R1", "RTO排口", "voc_incinerator",
        {900: ("nox", "nmhc", "o2", "o2_inlet", "furnace_temperature")}, makeup_air=False,
    ),
    Stack("heming-bdo", "IP1", "罐区厂内监控点", "in_plant", {900: ("nmhc",)}),
    Stack(
        "heming-bdo", "FL1", "南厂界", "fenceline_petrochemical", {3600: ("benzene", "toluene", "xylene", "nmhc")}
    ),
    Stack("tuoyan-power", "B1", "1号锅炉烟囱", "coal_boiler", _BOILER),
    Stack("tuoyan-power", "B2", "2号锅炉烟囱", "coal_boiler", _BOILER),
    Stack("baiheng-cement", "K1", "窑尾烟囱", "cement_kiln", _BOILER),
    Stack("zhuohui-ferrosilicon", "F1", "矿热炉除尘排口", "submerged_arc_furnace", _STATION),
    Stack("ruichuan-pvc", "F1", "电石炉尾气", "carbide_furnace", _STATION),
    # and one that is given combustion air: judged at 3 % oxygen (GB 37822 10.3.3)
    Stack(
        "ruichuan-pvc", "R1", "聚合尾气焚烧排口", "voc_incinerator",
        {900: ("nmhc", "o2", "flue_temperature", "furnace_temperature")}, makeup_air=True,
    ),
    Stack("xunfeng-semicoke", "D1", "半焦烘干排口", "semi_coke_drying", _BOILER),
    Stack("jinlu-steel", "A1", "电弧炉除尘排口", "electric_arc_furnace", {900: ("pm",)}),
    Stack("jinlu-steel", "H1", "轧钢加热炉烟囱", "reheating_furnace", _BOILER),
)  # fmt: skip

#: What a data logger or an analyser says besides: (enterprise, point, statistic, code suffix, name, interval in s).
STATEMENTS = (
    ("yunhe-coking", "S1-NOX", "minute_mean", "MM", "数采仪分钟均值", 600),
    ("yunhe-coking", "S1-SO2", "hour_mean", "HM", "数采仪小时均值", 3600),
    ("yunhe-coking", "S1-SO2", "hour_converted", "HZ", "数采仪小时折算均值", 3600),
    ("yunhe-coking", "S1-PM", "day_mean", "DM", "数采仪日均值", 86_400),
    ("yunhe-coking", "S1-Q", "hour_total", "HT", "数采仪小时累计", 3600),
    ("qinglan-coking", "S1-NOX", "zero_drift", "Z0", "零点漂移", 86_400),
    ("qinglan-coking", "S1-NOX", "span_drift", "SP", "量程漂移", 86_400),
)
#: Units that differ from those of the point spoken of.
_STATED_UNITS = {"hour_total": "m3", "zero_drift": "%", "span_drift": "%"}

_PERMIT = "排污许可证（虚构）"


def outlets() -> Iterator[Outlet]:
    """All outlets and places, in the order of the table."""
    for stack in STACKS:
        yield Outlet(
            stack.enterprise, stack.code, stack.name, stack.process, SINCE,
            duct_area_m2=stack.duct_area_m2, atmosphere_kpa=stack.atmosphere_kpa, makeup_air=stack.makeup_air,
        )  # fmt: skip


def points(enterprise: str) -> Iterator[Point]:
    """What is measured at the outlets of one enterprise, and what its loggers say of it."""
    made: dict[str, Point] = {}
    for stack in STACKS:
        if stack.enterprise != enterprise:
            continue
        for interval, quantities in stack.measured.items():
            for quantity in quantities:
                point = _point(stack, quantity, interval)
                made[point.code] = point
                yield point
    for of, code, statistic, suffix, name, interval in STATEMENTS:
        if of == enterprise:
            yield _statement(made[code], statistic, suffix, name, interval)


def _point(stack: Stack, quantity: str, interval: int) -> Point:
    unit, suffix, name, low, high, top = ANALYSERS[quantity]
    is_state = quantity == "running_state"
    return Point(
        stack.enterprise, f"{stack.code}-{suffix}", f"{stack.name}{name}",
        "state" if is_state else "instantaneous", quantity, unit, interval, SINCE, 1.0,
        outlet=stack.code,
        physical_min=None if is_state else low, physical_max=None if is_state else high,
        basis="wet_actual" if stack.wet_flow and quantity == "flue_flow" else None,
        range_top=top, process=stack.process,
    )  # fmt: skip


def _statement(of: Point, statistic: str, suffix: str, name: str, interval: int) -> Point:
    return Point(
        of.enterprise, f"{of.code}-{suffix}", f"{of.name}{name}", "instantaneous", of.quantity,
        _STATED_UNITS.get(statistic, of.unit), interval, SINCE, 0.0, outlet=of.outlet, of=of.code, statistic=statistic,
        process=of.process,
    )  # fmt: skip


def limits() -> Iterator[LimitRow]:
    """Limits of permits, beside those of standards.py."""
    for key, quantity, value, reference in (
        ("yunhe-coking/S1", "so2", 50.0, None),
        ("yunhe-coking/S1", "nox", 130.0, None),
        ("yunhe-coking/S1", "pm", 15.0, None),
        ("qinglan-coking/S1", "so2", 60.0, 8.0),
        ("qinglan-coking/S1", "nox", 250.0, 8.0),
        ("shuoyuan-coking/S1", "so2", 50.0, 8.0),
        ("lanxu-chloralkali/B1", "nox", 50.0, 3.5),
        ("heming-bdo/R1", "nmhc", 60.0, 3.0),
        ("ruichuan-pvc/R1", "nmhc", 60.0, 3.0),
        ("yunhe-coking/FL1", "benzene", 0.4, None),
    ):
        enterprise, outlet = key.split("/")
        yield LimitRow(
            quantity, "legal", "hour", value, "mg/m3", _PERMIT, "许可排放浓度", SINCE,
            enterprise=enterprise, outlet=outlet, decimals=1 if value < 10 else 0, reference_o2_pct=reference,
            exempt_process=("start_up", "shutdown") if outlet == "S1" else (),
        )  # fmt: skip
    yield _own("tuoyan-power/B1", "so2", "day", 30.0, "mg/m3", "许可日均排放浓度", reference=6.0)
    yield _own("yunhe-coking/S1", "so2", "year", 2.0, "t", "许可年排放量", decimals=2)
    yield _own("yunhe-coking/S1", "nox", "year", 160.0, "t", "许可年排放量", decimals=2)
    yield _own("qinglan-coking/S1", "so2", "hour", 2.5, "kg/h", "许可排放速率", decimals=1)


def _own(
    key: str,
    quantity: str,
    averaging: str,
    value: float,
    unit: str,
    clause: str,
    *,
    reference: float | None = None,
    decimals: int = 0,
) -> LimitRow:
    enterprise, outlet = key.split("/")
    return LimitRow(
        quantity, "legal", averaging, value, unit, _PERMIT, clause, SINCE,
        enterprise=enterprise, outlet=outlet, reference_o2_pct=reference, decimals=decimals,
    )  # fmt: skip
