"""What is wrong between the items of a register, and what is only odd: each said with the item and the way out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from runtime.sitechecks import faults, too_small, warnings
from runtime.sitefile import load_site
from runtime.siteregister import Register
from tests.unit.runtime.test_sitefile import GOOD, problems, write

TODAY = date(2026, 11, 2)


def item(noun: str, code: str) -> str:
    """The table of GOOD that holds a line."""
    return next(
        text for text in ("[[" + part for part in GOOD.split("[[")) if text.startswith(f"[[{noun}]]") and code in text
    )


WATER_METER = item("meter", "SN-1")
POWER_METER = item("meter", "EM-7")
WATER_PLACE = item("metering_place", '"P1"')
SUB_PLACE = item("metering_place", '"P2"')
SECOND = """
[[enterprise]]
code = "coke-two"
name = "二号焦化"
district = "north"
industry = "焦化"
is_industrial = true
registered_from = 2026-10-01
""" + WATER_PLACE.replace("coke-one", "coke-two").replace('intake = "I1"\n', "")


def altered(old: str, *changes: tuple[str, str], more: str = "") -> str:
    """GOOD with changes in one of its tables, and more below."""
    new = old
    for before, after in changes:
        assert before in new
        new = new.replace(before, after, 1)
    return GOOD.replace(old, new) + more


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (altered(POWER_METER, ('point = "E-01"', 'point = "W-01"\n'), ("counter = { digits = 6, scale = 100.0 }", "")),
         "meter coke-one/EM-7/2025-06-10: point W-01 is in m3; a place of electricity (E1) is measured in kWh"),
        (altered(item("point", '"W-01"'), ('unit = "m3"', 'unit = "L"')),
         "meter coke-one/SN-1/2020-01-01: point W-01 is in L; a place of water (P1) is measured in m3"),
        (altered(item("point", '"W-01"'), ('unit = "m3"\n', "")), "unit: Field required (without a unit no value"),
        (GOOD + SECOND + WATER_METER.replace("coke-one", "coke-two").replace('point = "W-01"\n', ""),
         "meter coke-two/SN-1/2020-01-01: the meter of this serial is installed at coke-one/P1 from 2020-01-01, "
         "it is not removed: expected one after the other; give the earlier one its removed_on"),
        (GOOD + WATER_METER.replace('"P1"', '"P2"').replace("2020-01-01", "2026-01-01").replace('point = "W-01"\n', ""),
         "meter coke-one/SN-1/2026-01-01: the meter of this serial is installed at coke-one/P1"),
        (GOOD + WATER_METER.replace("SN-1", "SN-2").replace("2020-01-01", "2026-01-01").replace('point = "W-01"\n', ""),
         "meter coke-one/SN-2/2026-01-01: another meter (SN-1) is installed at coke-one/P1 from 2020-01-01"),
        (GOOD + WATER_METER.replace("SN-1", "SN-2").replace("2020-01-01", "2026-01-01").replace('"P1"', '"P2"'),
         "meter coke-one/SN-2/2026-01-01: another meter (SN-1) is installed at coke-one/P1 (point W-01) from"),
        (altered(WATER_METER, ("installed_on = 2020-01-01", "installed_on = 2020-01-01\nremoved_on = 2025-01-01")),
         "verified_on must not be after removed_on"),
        (altered(POWER_METER, ("digits = 6, ", "")), "counter.digits: Field required (a register of its own needs"),
        (altered(item("point", '"E-01"'), ("interval_s", "physical_max = 2e8\ninterval_s")),
         "meter coke-one/EM-7/2025-06-10: a register of 6 digits at 100 ends below physical_max 2e+08"),
        (altered(item("point", '"W-01"'), ("interval_s", "physical_max = 2e8\ninterval_s")),
         "point coke-one/W-01: a register of 8 digits at 0.1 ends below physical_max 2e+08 of the point"),
        (altered(SUB_PLACE, ('level = "secondary"', 'level = "secondary"\nmedium = "steam"'), ('use = "fresh"\n', "")),
         "metering_place coke-one/P2: parent P1 measures water, the place steam: expected one medium"),
        (altered(WATER_PLACE, ('intake = "I1"', 'intake = "I1"\nparent = "P2"')),
         "metering_place coke-one/P1: its parents lead back to it: P1 -> P2 -> P1"),
        (altered(WATER_PLACE, ('intake = "I1"', 'intake = "I1"\nparent = "P1"')), "a place is not its own parent"),
        (GOOD + SECOND + SUB_PLACE.replace('"P2"', '"P3"').replace('"P1"', '"P2"').replace('line = "L1"\n', "")
         .replace("coke-one", "coke-two"),
         "metering_place coke-two/P3: parent = 'P2': no such metering_place of the enterprise (coke-one has one)"),
        (GOOD.replace('[[enterprise]]', '[[district]]\ncode = "south"\nname = "南区"\n[[enterprise]]', 1)
         .replace('district = "north"\npark', 'district = "south"\npark'),
         "enterprise coke-one: park east lies in district north, the enterprise in south"),
        (altered(item("line", "L1"), ("2018-05-01", "2020-01-02")), "commissioned_on must not be after in_service"),
        (GOOD.replace("permitted_m3_a = 600000.0", "permitted_m3_a = 0.0"), "an intake is registered with the volume"),
        (GOOD.replace("water_m3 = 550000.0", "water_m3 = 0.0"), "a plan of no water is no plan: leave the year out"),
        (GOOD + item("quota", "general").replace("2020-01-01", "2024-01-01"),
         "quota coke/测试地区/2020/general/2024-01-01: overlaps the one from 2020-01-01"),
    ],
)  # fmt: skip
def test_items_that_contradict_each_other(tmp_path: Path, text: str, said: str) -> None:
    assert said in problems(tmp_path, text)


@pytest.fixture
def good(tmp_path: Path) -> Register:
    return load_site(write(tmp_path, GOOD))


def test_a_good_register_has_no_faults_and_no_warnings(good: Register) -> None:
    assert list(faults(good, today=TODAY)) == []
    assert list(warnings(good, TODAY)) == []


def test_the_example_that_we_ship_is_good() -> None:
    example = load_site(Path(__file__).parents[3] / "deploy" / "site" / "example.toml")
    assert not [str(fault) for fault in faults(example, today=TODAY)]
    assert not [str(fault) for fault in warnings(example, TODAY)]
    assert {noun for noun, rows in example.items() if not rows} == {
        "quota", "installation", "process_unit", "component", "instrument", "leak_tester", "campaign",
        "enterprise_list",
    }  # fmt: skip  # no figures are confirmed; what leaks is shown in docs/ldar.zh-CN.md


def test_one_meter_after_another(tmp_path: Path) -> None:
    """The day of removal is the first without: the successor may be there that day."""
    after = WATER_METER.replace("SN-1", "SN-2").replace("2020-01-01", "2026-01-01").replace("2025-06-01", "2025-12-30")
    text = GOOD.replace("installed_on = 2020-01-01", "installed_on = 2020-01-01\nremoved_on = 2026-01-01") + after
    assert len(load_site(write(tmp_path, text))["meter"]) == 3


def test_a_broken_item_is_not_said_to_be_missing(tmp_path: Path) -> None:
    told = problems(tmp_path, altered(WATER_PLACE, ('level = "unit"', 'level = "first"')))
    assert "level: Input should be 'unit'" in told
    assert "no such metering_place" not in told


def test_verified_in_the_future(tmp_path: Path) -> None:
    register = load_site(write(tmp_path, GOOD.replace("verified_on = 2025-06-01", "verified_on = 2026-11-03", 1)))
    (fault,) = faults(register, today=TODAY)
    assert str(fault) == (
        "meter coke-one/SN-1/2020-01-01: verified_on 2026-11-03 lies after today (2026-11-02): "
        "expected the day it was verified"
    )
    assert not list(faults(register, today=date(2026, 11, 3)))


def test_a_meter_that_will_be_fitted_is_warned_of(tmp_path: Path) -> None:
    later = POWER_METER.replace("2025-06-02", "2026-12-01").replace("2025-06-10", "2026-12-05")
    register = load_site(write(tmp_path, GOOD.replace(POWER_METER, later)))
    assert not list(faults(register, today=TODAY))
    assert [str(one) for one in warnings(register, TODAY)] == [
        "meter coke-one/EM-7/2026-12-05: verified_on 2026-12-01 is still to come: not fitted before"
    ]


def test_odd_intakes_are_warned_of(tmp_path: Path) -> None:
    text = GOOD.replace("is_agricultural = false", "is_agricultural = false\npermit_to = 2026-11-01")
    register = load_site(write(tmp_path, text.replace('level = "unit"\nintake', 'level = "secondary"\nintake')))
    told = [str(one) for one in warnings(register, TODAY)]
    assert told == [
        "intake coke-one/I1: no metering place of level unit measures it: its volume will not be known",
        "intake coke-one/I1: the permit expired on 2026-11-01",
    ]
    assert len(list(warnings(register, date(2026, 11, 1)))) == 1  # the last day still counts


def test_a_register_too_small_for_what_it_showed(good: Register) -> None:
    water, power = ("coke-one", "W-01"), ("coke-one", "E-01")
    assert not list(too_small(good, {water: (TODAY, 9_999_999.9), power: (TODAY, 99_999_900.0)}))
    told = [str(one) for one in too_small(good, {water: (TODAY, 1e7), power: (TODAY, 1e8)})]
    assert told == [
        "point coke-one/W-01: a register of 8 digits at 0.1 m3 ends below 1e+07, but W-01 showed 1e+07 on 2026-11-02: "
        "expected more digits or another scale",
        "meter coke-one/EM-7/2025-06-10: a register of 6 digits at 100 kWh ends below 1e+08, but E-01 showed 1e+08 on "
        "2026-11-02: expected more digits or another scale",
    ]
    # before the meter with its own register it was the point's; on the day of the change nobody can tell
    assert not list(too_small(good, {power: (date(2025, 6, 9), 1e8)}))
    assert not list(too_small(good, {power: (date(2025, 6, 10), 1e9)}))
