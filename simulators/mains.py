"""What flows where behind the main meters: shares of sub-meters, losses, and which meters count wrong.

A loss is what entered and passes no sub-meter: a leak, or a consumer that nobody meters. Shares of sub-meters are
neighbouring parts of the entry, so that volumes add up to the last count however they are rounded.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from zlib import crc32

#: Share of the water that entered and passes no meter of a workshop; others lose 1.2 %.
WATER_LOSS = {"yunhe-coking": 0.07, "shuoyuan-coking": 0.15}
#: Meters of workshops that count too much, by so large a share: wrongly set, so that more leaves than entered.
WATER_ERROR = {"ruichuan-pvc": 0.14}
#: Share of the electricity that passes no feeder's meter; others lose 2 %.
POWER_LOSS = {"jinlu-steel": 0.08}
#: Share of steam and gas that passes no sub-meter, by (enterprise, what); others lose 3 %.
GAS_LOSS = {("heming-bdo", "steam"): 0.12, ("shuoyuan-coking", "coke_oven_gas"): 0.125}

#: Workshops with meters below theirs: (enterprise, workshop): what their equipment takes of their water.
BELOW = {
    ("yunhe-coking", "动力车间"): ("锅炉补水",),
    ("lanxu-chloralkali", "公用工程"): ("循环水补水", "脱盐水站"),
    ("tuoyan-power", "化水车间"): ("脱硫工艺水", "锅炉补水"),
}

#: What a feeder or a workshop's water serves: (enterprise, name of the place): line.
LINE_OF = {
    ("zhuohui-ferrosilicon", "1号矿热炉"): "L1",
    ("zhuohui-ferrosilicon", "2号矿热炉"): "L1",
    ("ruichuan-pvc", "电石车间"): "L1",
    ("ruichuan-pvc", "聚合车间"): "L2",
}


def parts(count: int, loss: float, *, first: float = 0.0) -> list[tuple[float, float]]:
    """Neighbouring parts of what enters for so many sub-meters, from `first` on, that leave `loss` at the end.

    The first of them takes twice the weight of the last, roughly.
    """
    weights = [2.0 - n / max(count, 1) for n in range(count)]
    whole = sum(weights)
    width = 1.0 - loss - first
    ends = [first, *(round(first + width * part / whole, 6) for part in accumulate(weights))]
    return list(pairwise(ends))


def error(key: str) -> float:
    """By which share an ordinary sub-meter counts too much: within half a per cent, each its own."""
    return round((crc32(f"error of {key}".encode()) % 1001 - 500) / 100_000, 5)
