"""Which row of the factor tables speaks of which kind of energy, unit by unit."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.carbon import CarbonBalance, CarbonFlow, Factor, market_based_electricity
from domain.findings import Verdict
from domain.ledger import ENERGY, Entry, Ledger, entry_fault
from domain.metering import WaterUser
from rules.evaluators.account import AccountWindow
from rules.evaluators.carbon_account import CarbonAccountParams, carbon_account
from rules.evaluators.carbon_factors import CARRIERS, FUELS, RAW_COAL, Measured, electricity_factor, fuel_factor
from rules.evaluators.coverage import Register
from rules.pack import load_packs
from rules.policy import load_policy

MONTH = date(2026, 6, 1)


def test_every_kind_of_energy_is_a_fuel_or_a_carrier() -> None:
    assert set(FUELS) | {RAW_COAL} | set(CARRIERS) == set(ENERGY)


@pytest.mark.parametrize("kind", FUELS)
def test_a_factor_is_per_unit_of_the_ledger(kind: str) -> None:
    row = next(row for row in load_policy().carbon_fuel_factors if row.fuel == FUELS[kind][0])
    per = {"t": 1, "m3": 10_000}[ENERGY[kind].unit]
    expected = float(row.ncv) * float(row.carbon_t_per_gj) * float(row.oxidation) * 44 / 12 / per
    factor = fuel_factor(kind, None, ())
    assert factor is not None
    assert factor.value == pytest.approx(expected, rel=1e-12)
    assert factor.unit == f"tCO2/{ENERGY[kind].unit}"
    assert row.ncv_unit == {1: "GJ/t", 10_000: "GJ/10^4Nm3"}[per]


def test_natural_gas_by_hand() -> None:
    """10,000 Nm3: 389.31 GJ x 0.0153 tC/GJ x 0.99 x 44/12 = 21.62 t."""
    factor = fuel_factor("natural_gas", None, ())
    assert factor is not None
    assert 10_000 * factor.value == pytest.approx(21.62189, abs=1e-5)


def test_unread_factors_judge_nothing_until_somebody_has_compared_them() -> None:
    coke = fuel_factor("coke", None, ())
    assert coke is not None
    assert not coke.confirmed
    compared = fuel_factor("coke", None, ("coke",))
    assert compared is not None
    assert compared.confirmed
    gas = fuel_factor("coke_oven_gas", None, ())
    assert gas is not None
    assert gas.confirmed


def test_a_measured_carbon_content_takes_the_place_of_defaults() -> None:
    factor = fuel_factor("coke", None, (), Measured(carbon=0.85))
    assert factor is not None
    assert factor.value == pytest.approx(0.85 * 0.93 * 44 / 12)


def test_a_measured_heating_value_takes_the_place_of_the_tables() -> None:
    """38.931 MJ/m3 of natural gas are the table's 389.31 GJ/10^4Nm3, 26.334 MJ/kg its 26.334 GJ/t of washed coal."""
    for kind, ncv in (("natural_gas", 38.931), ("washed_coal", 26.334)):
        table, measured = fuel_factor(kind, None, ()), fuel_factor(kind, None, (), Measured(ncv=ncv))
        assert table is not None
        assert measured is not None
        assert measured.value == pytest.approx(table.value, rel=1e-12)
        assert measured.edition.startswith("企业实测低位发热量")


def test_electricity_is_the_newest_year_up_to_the_activity_and_never_a_footprint() -> None:
    province = electricity_factor("内蒙古", "省级电力平均", 2026)
    assert province is not None
    assert (province.value, province.year) == (0.0006479, 2023)
    assert electricity_factor("内蒙古", "省级电力平均", 2022) is None
    country = electricity_factor("全国", "电力平均", 2022)
    assert country is not None
    assert (country.value, country.year) == (0.0005366, 2022)
    assert electricity_factor("全国", "电力平均碳足迹因子", 2026) is None


def shipped() -> CarbonAccountParams:
    params = load_packs().variants["carbon.account"][0].typed_params
    assert isinstance(params, CarbonAccountParams)
    return params


def account(items: dict[str, float], params: CarbonAccountParams | None = None) -> list:
    entries = [Entry("a", None, item, "month", MONTH, value) for item, value in items.items()]
    register = Register(["city"], ["d"], [WaterUser("a", "d", True, date(2026, 1, 1))])
    return carbon_account(AccountWindow([MONTH], register, {}, Ledger(entries)), params or shipped())


def test_raw_coal_has_no_factor_where_no_coal_is_named() -> None:
    params = shipped().model_copy(update={"raw_coal": None})
    (found,) = account({"bought.raw_coal": 10, "carbon.budget": 1}, params)
    assert (found.verdict, found.reason, found.value) == (Verdict.UNDETERMINED, "no_factor", 0)
    assert found.evidence["without_factor"] == ["raw_coal"]
    (unused,) = account({"bought.raw_coal": 0, "carbon.budget": 1}, params)
    assert unused.reason == "within_budget"


def test_green_electricity_changes_nothing_but_what_stands_beside() -> None:
    grey = {"bought.electricity": 1000.0, "carbon.budget": 10.0}
    (plain,) = account(grey)
    (own,) = account({**grey, "own.electricity": 500.0, "green.self_consumed": 500.0})
    (traded,) = account({**grey, "green.traded": 400.0})
    assert plain.value == own.value == traded.value == pytest.approx(0.6479)
    assert "market_based" not in plain.evidence
    assert "market_based" not in own.evidence, "what one generates oneself is no evidence about what one buys"
    market = traded.evidence["market_based"]
    assert market["remaining_kwh"] == 600
    assert market["account_t_co2"] == pytest.approx(600 * 0.0006096)


def test_the_components_add_up_and_carry_their_factors() -> None:
    (found,) = account({"bought.diesel": 3, "bought.electricity": 100, "bought.steam": 2, "carbon.recovered": 1})
    components = found.evidence["components"]
    assert sum(one["t_co2"] for one in components) == pytest.approx(found.value)
    assert {one["source"] for one in components} == {"fuel", "electricity", "heat", "recovered"}
    assert all(one["factor"]["edition"] and one["factor"]["confidence"] for one in components)


KWH = st.floats(0, 1e9)


@given(net=KWH, traded=KWH, certificate=KWH)
def test_no_certificate_makes_an_emission_negative(net: float, traded: float, certificate: float) -> None:
    residual = Factor(0.0006096, "tCO2/kWh", "", "", "secondary", True)
    market = market_based_electricity(net, {"traded": traded, "certificate": certificate}, residual)
    assert 0 <= market["t_co2"] <= net * residual.value


@given(amounts=st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1)), max_size=5))
def test_carbon_that_leaves_as_it_came_emits_nothing(amounts: list[tuple[float, float]]) -> None:
    flows = tuple(CarbonFlow("coke", amount, carbon) for amount, carbon in amounts)
    assert CarbonBalance(flows, flows).t_co2 == 0


def test_a_percentage_is_no_carbon_content() -> None:
    assert entry_fault("carbon_content.coke", "line", 0.85) is None
    assert "不大于 1 的数" in (entry_fault("carbon_content.coke", "line", 85) or "")
    assert "不大于 0.01 的数" in (entry_fault("carbon_content.coke_oven_gas", "enterprise", 0.2) or "")


def test_a_lacking_carbon_content_is_no_zero() -> None:
    balance = CarbonBalance((CarbonFlow("washed_coal", 10, 0.7),), (CarbonFlow("coke", 7, None),))
    assert balance.t_co2 is None
    assert balance.lacking == ["coke"]
