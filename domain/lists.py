"""Lists on which a bureau puts enterprises (名录), and which duties rest on."""

from __future__ import annotations

LISTS = {
    "soil_key_unit": "土壤污染重点监管单位",
    "cooling_water": "开式循环冷却水系统涉VOCs单位",
}
