"""Products of production lines, and which row of the national energy limits speaks of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Product:
    """A product whose unit consumption is judged. unit: in which its output is counted.

    limits: names of the rows of the energy-limit table by charging of the oven (None where charging does not matter).
    """

    key: str
    name: str
    unit: str
    limits: Mapping[str | None, str]


def _one(key: str, name: str, limit: str | None, unit: str = "t") -> Product:
    return Product(key, name, unit, {} if limit is None else {None: limit})


PRODUCTS: Mapping[str, Product] = {
    product.key: product
    for product in (
        Product("coke", "焦炭", "t", {"top": "焦炭-顶装焦炉", "stamp": "焦炭-捣固焦炉"}),
        _one("carbide", "电石", "电石-综合能耗"),
        _one("bdo_reppe", "1,4-丁二醇（炔醛法）", "1,4-丁二醇-炔醛法"),
        _one("bdo_maleic", "1,4-丁二醇（顺酐法）", "1,4-丁二醇-顺酐法"),
        _one("bdo_allyl", "1,4-丁二醇（烯丙醇法）", "1,4-丁二醇-烯丙醇法"),
        _one("caustic_30", "液碱（≥30%）", "液碱≥30%"),
        _one("caustic_45", "液碱（≥45%）", "液碱≥45%"),
        _one("caustic_solid", "固碱（≥98%）", "固碱≥98%"),
        _one("pvc_general", "聚氯乙烯（电石法，通用型）", "电石法PVC-通用型"),
        _one("pvc_paste", "聚氯乙烯（电石法，糊用型）", "电石法PVC-糊用型"),
        _one("cement", "水泥", "水泥"),
        _one("clinker", "水泥熟料", "水泥熟料-综合能耗"),
        _one("ferrosilicon", "硅铁", "硅铁-综合能耗"),
        _one("silicomanganese", "锰硅合金", "锰硅合金-综合能耗"),
        _one("blast_furnace_iron", "高炉铁水", "高炉工序"),
        _one("converter_steel", "转炉粗钢", "转炉工序"),
        _one("silicon_mixed", "工业硅（石油焦和煤）", "工业硅-石油焦和煤混合"),
        _one("silicon_coal", "工业硅（煤）", "工业硅-煤"),
        _one("polysilicon", "硅多晶（三氯氢硅法）", "硅多晶-三氯氢硅法"),
        _one("methanol_cog", "甲醇（焦炉煤气制）", "焦炉煤气制甲醇"),
        _one("carbon_black", "炭黑", "炭黑(扣除原料)"),
        _one("semi_coke", "兰炭", "兰炭"),
        _one("ammonia_gas", "合成氨（天然气）", "合成氨-天然气"),
        _one("arc_furnace_steel", "电炉粗钢", None),
        _one("lime", "石灰", None),
        _one("power", "火电供电量", None, "MWh"),
        _one("other", "其他产品", None),
    )
}
