"""The tables of energy, joined: which factor a kind takes, which limit holds when, what a product stands beside."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from domain.ledger import ENERGY
from domain.products import PRODUCTS
from rules.policy import Confidence, load_policy
from rules.policy.energy_data import energy_data, levels_of

D = Decimal
DAY = date(2026, 9, 1)
FACTORS = {
    "electricity": "0.1229",
    "raw_coal": "0.7143",
    "washed_coal": "0.9",
    "middlings": "0.2857",
    "coke": "0.9714",
    "coke_oven_gas": "0.59285",
    "blast_furnace_gas": "0.1286",
    "natural_gas": "1.2143",
    "steam": "0.1286",
    "heat": "0.03412",
    "diesel": "1.4571",
    "gasoline": "1.4714",
    "coal_tar": "1.1429",
    "crude_benzene": "1.4286",
}


def test_every_kind_has_its_factor() -> None:
    found = {kind: energy_data().factors.of(kind, DAY) for kind in ENERGY}
    assert {kind: str(factor.kgce) for kind, factor in found.items() if factor is not None} == FACTORS


def test_only_figures_that_somebody_has_seen_are_confirmed() -> None:
    found = {kind: energy_data().factors.of(kind, DAY) for kind in ENERGY}
    assert {kind for kind, one in found.items() if one is not None and not one.confirmed} == {
        "natural_gas",
        "crude_benzene",
    }


def test_coke_oven_gas_keeps_the_range() -> None:
    gas = energy_data().factors.of("coke_oven_gas", DAY)
    assert gas is not None
    assert (gas.reading, gas.low, gas.high) == ("mean_of_range", D("0.5714"), D("0.6143"))


def test_every_limit_of_a_product_is_a_row() -> None:
    rows = energy_data().limits
    assert [name for one in PRODUCTS.values() for name in one.limits.values() if name not in rows] == []


@pytest.mark.parametrize(
    ("product", "charging", "day", "level_3"),
    [
        ("coke", "stamp", date(2026, 4, 30), None),
        ("coke", "stamp", date(2026, 5, 1), "140"),
        ("coke", "top", date(2026, 5, 1), "135"),
        ("coke", None, date(2026, 5, 1), None),
        ("carbide", None, date(2024, 11, 30), None),
        ("carbide", None, date(2024, 12, 1), "940"),
        ("polysilicon", None, date(2026, 12, 31), None),
        ("polysilicon", None, date(2027, 1, 1), "6300.0"),
        ("lime", None, DAY, None),
    ],
)
def test_the_limit_in_force(product: str, charging: str | None, day: date, level_3: str | None) -> None:
    row = energy_data().limit(product, charging, day)
    assert (None if row is None else str(levels_of(row).third)) == level_3


def test_the_list_of_2022_is_not_merged() -> None:
    listed = energy_data().listed
    assert {product: [(str(one.access), str(one.advanced)) for one in rows] for product, rows in listed.items()} == {
        "coke": [("135.00", "115.00")],
        "carbide": [("823.00", "823.00")],
        "bdo_reppe": [("1080.00", "950.00")],
        "caustic_30": [("315.00", "315.00")],
        "caustic_45": [("450.00", "430.00")],
        "caustic_solid": [("650.00", "630.00")],
        "pvc_general": [("193.00", "193.00")],
        "clinker": [("115.00", "110.00")],
        "cement": [("93.00", "88.00")],
        "blast_furnace_iron": [("370.00", "361.00")],
        "converter_steel": [("-25.00", "-30.00")],
        "lime": [("115.00", "110.00"), ("220.00", "200.00")],
        "carbon_black": [("2250.00", "1990.00")],
        "ammonia_gas": [("1650.00", "1500.00")],
    }
    assert energy_data().list_document.number == "乌海政发〔2022〕18号"


def test_no_benchmark_has_been_read_in_its_document() -> None:
    rows = load_policy().energy_benchmarks
    assert {row.confidence for row in rows} == {Confidence.KNOWLEDGE, Confidence.DOUBTFUL}
    assert {(row.charging, str(row.benchmark), str(row.baseline)) for row in rows if row.product == "coke"} == {
        ("top", "110", "135"),
        ("stamp", "110", "140"),
    }
