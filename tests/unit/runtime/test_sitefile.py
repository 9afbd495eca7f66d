"""Site files: strict, every mistake with its item."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import SiteError
from runtime.sitefile import load_site

PEOPLE = """
[[person]]
code = "wang-wei"
name = "王维"
contacts = [{ channel = "sms", address = "13800000001" }, { channel = "email", address = "wang@example.org" }]
[[person]]
code = "li-bai"
name = "李白"
enterprise = "coke-one"
contacts = [{ channel = "sms", address = "13800000002" }]
[[team]]
code = "duty"
name = "市值班室"
lead = "li-bai"
channels = ["dingtalk-duty"]
escalation = [{ after_min = 0, to = "on_duty" }, { after_min = 10, to = "person:li-bai", severities = ["critical"] }]
policy = { repeat_h = { warning = 12, info = "never" }, quiet = [{ start = "22:00", end = "07:00" }] }
[[shift]]
team = "duty"
code = "day"
name = "白班"
starts_at = 08:00:00
hours = 12.0
members = ["wang-wei", "li-bai"]
turn = "week"
valid_from = 2026-01-01
[[shift]]
team = "duty"
code = "night"
name = "夜班"
starts_at = "20:00"
hours = 12
members = ["li-bai", "wang-wei"]
turn = "week"
anchor_on = 2026-01-05
valid_from = 2026-01-01
[[route]]
code = "north"
position = 10
matchers = [{ label = "district", op = "in", value = ["north"] }, { label = "severity", op = "!=", value = "info" }]
team = "duty"
"""

GOOD = (
    """
[city]
code = "testcity"
name = "测试市"
[[district]]
code = "north"
name = "北区"
[[enterprise]]
code = "coke-one"
name = "一号焦化"
district = "north"
park = "east"
key_water = "region"
industry = "焦化"
is_industrial = true
registered_from = 2026-10-01
[[outlet]]
enterprise = "coke-one"
code = "S1"
name = "焦炉烟囱"
process = "coke_oven_stack"
in_service_from = 2020-01-01
[[point]]
enterprise = "coke-one"
code = "S1-SO2"
name = "二氧化硫"
kind = "instantaneous"
quantity = "so2"
unit = "mg/m3"
interval_s = 60
outlet = "S1"
range_top = 200.0
in_service_from = 2020-01-01
[[point]]
enterprise = "coke-one"
code = "S1-SO2-AVG"
name = "二氧化硫小时均值（数采仪）"
kind = "instantaneous"
quantity = "so2"
unit = "mg/m3"
interval_s = 3600
outlet = "S1"
of = "S1-SO2"
statistic = "hour_mean"
in_service_from = 2020-01-01
[[limit]]
enterprise = "coke-one"
outlet = "S1"
quantity = "so2"
kind = "legal"
averaging = "hour"
value = 50.0
unit = "mg/m3"
standard = "排污许可证"
clause = "有组织排放许可限值"
source = "许可证副本第12页"
status = "permit"
enabled = true
valid_from = 2026-01-01
[[point]]
enterprise = "coke-one"
code = "W-01"
name = "取水总表"
kind = "counter"
quantity = "water_volume"
unit = "m3"
interval_s = 3600
counter = { digits = 8, scale = 0.1, max_rate_per_h = 500.0 }
in_service_from = 2020-01-01
[[intake]]
enterprise = "coke-one"
code = "I1"
name = "地表取水口"
source = "surface"
permitted_m3_a = 600000.0
is_agricultural = false
in_service_from = 2020-01-01
[[metering_place]]
enterprise = "coke-one"
code = "P1"
name = "取水总管"
level = "unit"
intake = "I1"
in_service_from = 2020-01-01
[[meter]]
enterprise = "coke-one"
place = "P1"
serial = "SN-1"
accuracy_class = "2"
verified_on = 2025-06-01
verification_months = 24
installed_on = 2020-01-01
point = "W-01"
[[park]]
code = "east"
name = "东部园区"
district = "north"
longitude = 106.8
latitude = 39.6
[[control_index]]
enterprise = "coke-one"
year = 2026
water_m3 = 550000.0
source = "水务局2026年下达计划"
[[line]]
enterprise = "coke-one"
code = "L1"
name = "1号焦炉"
product = "coke"
capacity_t_a = 960000.0
charging = "top"
quenching = "dry"
commissioned_on = 2018-05-01
in_service_from = 2020-01-01
[[quota]]
product = "coke"
region = "测试地区"
edition = "2020"
grade = "general"
value = 1.5
unit = "m3/t"
source = "测试用，不是定额"
confidence = "KL"
valid_from = 2020-01-01
[[metering_place]]
enterprise = "coke-one"
code = "P2"
name = "化产工段"
level = "secondary"
use = "fresh"
parent = "P1"
line = "L1"
in_service_from = 2020-01-01
[[metering_place]]
enterprise = "coke-one"
code = "E1"
name = "总进线"
level = "unit"
medium = "electricity"
in_service_from = 2020-01-01
[[point]]
enterprise = "coke-one"
code = "E-01"
name = "总进线电能"
kind = "counter"
quantity = "energy"
unit = "kWh"
interval_s = 900
counter = { digits = 8, scale = 10.0 }
in_service_from = 2020-01-01
[[meter]]
enterprise = "coke-one"
place = "E1"
serial = "EM-7"
verified_on = 2025-06-02
verification_months = 72
installed_on = 2025-06-10
point = "E-01"
counter = { digits = 6, scale = 100.0 }
[[component]]
enterprise = "coke-one"
code = "C-1"
name = "一号泵"
unit_name = "粗苯工段"
kind = "pump"
medium = "light_liquid"
in_service_from = 2020-01-01
[[installation]]
enterprise = "coke-one"
code = "CP"
name = "化产装置"
standard = "GB31571"
started_on = 2019-12-01
hours_per_year = 8000.0
in_service_from = 2020-01-01
[[process_unit]]
enterprise = "coke-one"
installation = "CP"
code = "U1"
name = "脱苯单元"
x_m = 120.5
y_m = -40.0
[[component]]
enterprise = "coke-one"
code = "V-2"
name = "二号阀"
unit = "CP/U1"
kind = "valve"
medium = "gas"
service = "粗苯蒸汽"
tag = "000217"
size_mm = 25.0
reachable = false
elevation_m = 3.5
voc_share = 0.9
exempt_clause = "GB 37822-2019 8.3.2"
exempt_from = 2026-01-01
exempt_to = 2026-07-01
in_service_from = 2020-01-01
[[instrument]]
enterprise = "coke-one"
serial = "0071"
model = "FID-3000"
owner = "某检测公司"
response_time_s = 6.0
verified_until = 2027-03-31
in_use_from = 2026-01-01
[[leak_tester]]
enterprise = "coke-one"
name = "李四"
company = "某检测公司"
in_service_from = 2026-01-01
[[campaign]]
enterprise = "coke-one"
code = "2026-H2"
name = "2026年下半年检测"
from_day = 2026-07-01
to_day = 2026-09-30
contractor = "某检测公司"
installations = ["CP"]
declared_components = 2
declared_unreachable = 1
declared_leaks = 0
[[enterprise_list]]
enterprise = "coke-one"
list = "soil_key_unit"
listed_from = 2026-01-01
source = "2026年土壤污染重点监管单位名录"
[[station]]
enterprise = "coke-one"
mn = "010000A8900016F000169DC0"
name = "焦炉烟囱数采仪"
gateway = "logger-1"
edition = "2017"
profile = "lenient"
ignored = ["*/*-Min", "2031/*"]
in_service_from = 2020-01-01
[[tag]]
enterprise = "coke-one"
protocol = "hj212"
device = "010000A8900016F000169DC0"
name = "2011/a21026-Rtd"
point = "S1-SO2"
unit = "ug/m3"
scale = 0.001
"""
    + PEOPLE
)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(text, "utf-8")
    return path


def problems(tmp_path: Path, text: str) -> str:
    with pytest.raises(SiteError) as caught:
        load_site(write(tmp_path, text))
    return str(caught.value)


def test_a_good_file_loads(tmp_path: Path) -> None:
    register = load_site(write(tmp_path, GOOD))
    assert {noun: len(rows) for noun, rows in register.items()} == {
        "city": 1, "district": 1, "park": 1, "enterprise": 1, "outlet": 1, "point": 4, "limit": 1, "intake": 1,
        "control_index": 1, "line": 1, "quota": 1, "metering_place": 3, "meter": 2, "installation": 1,
        "process_unit": 1, "component": 2, "instrument": 1, "leak_tester": 1, "campaign": 1, "enterprise_list": 1,
        "station": 1, "tag": 1, "person": 2, "team": 1, "shift": 2, "route": 1,
    }  # fmt: skip
    assert register["point"][("coke-one", "W-01")]["counter_scale"] == 0.1


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[[outlet]]", "[[outlets]]", "outlets: there is no such table"),
        ('process = "coke', 'proces = "coke', "outlet 1 (coke-one/S1): proces: there is no such field; expected"),
        ('unit = "mg/m3"\n', "", "point 1 (coke-one/S1-SO2): unit: Field required"),
        ('outlet = "S1"', 'outlet = "S9"', "point coke-one/S1-SO2: outlet = 'S9': no such outlet"),
        ('district = "north"', 'district = "south"', "enterprise coke-one: district = 'south': no such district"),
        ("digits = 8", "digits = 99", "point 3 (coke-one/W-01): counter.digits"),
        ("counter = { digits = 8, scale = 0.1, max_rate_per_h = 500.0 }", "", "kind counter needs `counter`"),
        ('point = "W-01"', 'point = "S1-SO2"', "meter coke-one/SN-1/2020-01-01: point S1-SO2 is not a counter"),
        ("permitted_m3_a = 600000.0", "permitted_m3_a = 0", "permitted_m3_a: Input should be greater than 0"),
        ("permitted_m3_a = 600000.0", "permitted_m3_a = nan", "permitted_m3_a: Input should be"),
        ("registered_from = 2026-10-01", 'registered_from = "soon"', "registered_from: Input should be a valid date"),
        ("installed_on = 2020-01-01", "installed_on = 2020-01-01\nremoved_on = 2019-01-01", "removed_on must be after"),
        ('[city]\ncode = "testcity"\nname = "测试市"', "", "expected exactly one [city]"),
        ("[city]", "[city", "site.toml:"),
        ("scale = 0.001\n", "", "unit ug/m3 is not the point's mg/m3: give the scale between them"),
        ('unit = "ug/m3"', 'unit = "mg/m3"', "unit is the point's own (mg/m3): nothing is to be converted"),
        ("scale = 0.001", "scale = 0", "a scale of 0"),
        ('name = "2011/a21026-Rtd"', 'name = "a21026-Rtd"', "a name of hj212 is CN/FACTOR-KEY"),
        ('device = "010000A8900016F000169DC0"', 'device = "X"', "device = 'X': no such station of the enterprise"),
        ('mn = "010000A8900016F000169DC0"', 'mn = "01;02"', "an MN cannot hold"),
        ('edition = "2017"', 'edition = "2018"', "station 1 (01"),
        ("in_service_from = 2020-01-01\n[[point]]", "in_service_from = 2020-01-01\nmax_step = 5\n[[point]]",
         "outlet 1 (coke-one/S1): max_step"),
        ('kind = "counter"', 'kind = "counter"\nmax_step = 5.0', "belong to instantaneous points"),
    ],
)  # fmt: skip
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    assert told in problems(tmp_path, GOOD.replace(old, new, 1))


def test_an_item_given_twice_is_refused(tmp_path: Path) -> None:
    text = GOOD + GOOD[GOOD.index("[[intake]]") : GOOD.index("[[metering_place]]")]
    assert "intake 2 (coke-one/I1): given twice" in problems(tmp_path, text)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    text = problems(tmp_path, GOOD.replace('outlet = "S1"', 'outlet = "S9"').replace("digits = 8", "digits = 0"))
    assert "no such outlet" in text
    assert "counter.digits" in text


def test_components_from_a_csv_file(tmp_path: Path) -> None:
    (tmp_path / "parts.csv").write_text(
        "enterprise,code,name,unit_name,kind,medium,in_service_from,in_service_to,exempt_clause\n"
        "coke-one,C-2,二号阀,粗苯工段,valve,gas,2020-01-01,,8.3.2\n"
        "coke-one,C-3,三号阀,粗苯工段,tap,gas,2020-01-01,,\n",
        "utf-8",
    )
    text = problems(tmp_path, GOOD + '[[component_file]]\nfile = "parts.csv"\n')
    assert "parts.csv line 3 (coke-one/C-3): kind:" in text
    assert "C-2" not in text


def test_a_missing_csv_file_is_named(tmp_path: Path) -> None:
    assert "nowhere.csv" in problems(tmp_path, GOOD + '[[component_file]]\nfile = "nowhere.csv"\n')


LIMIT = GOOD[GOOD.index("[[limit]]") : GOOD.index('[[point]]\nenterprise = "coke-one"\ncode = "W-01"')]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('unit = "mg/m3"\nstandard', "standard", "unit: Field required"),
        ("value = 50.0", "value = 0.0", "value: Input should be greater than 0"),
        ('status = "permit"', 'status = "draft"', "a limit of status draft stays disabled"),
        ('outlet = "S1"\nquantity', "quantity", "give enterprise and outlet, or process alone"),
        ('outlet = "S1"\nquantity', 'outlet = "S9"\nquantity', "outlet = 'S9': no such outlet"),
        ('averaging = "hour"', 'averaging = "year"', "a yearly total is in t, and nothing else is"),
        ("valid_from = 2026-01-01", "valid_from = 2026-01-01\nvalid_to = 2025-12-31", "valid_to must not be before"),
        (LIMIT, LIMIT + LIMIT.replace("2026-01-01", "2026-06-01"), "overlaps the one from 2026-01-01"),
        ("enabled = true\nvalid", 'exempt_process = ["lunch"]\nenabled = true\nvalid', "exempt_process 'lunch'"),
    ],
)
def test_a_limit_says_what_it_lacks(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    assert said in problems(tmp_path, GOOD.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('statistic = "hour_mean"\n', "", "of and statistic belong together"),
        ('of = "S1-SO2"', 'of = "S1-CO"', "of = 'S1-CO': no such point"),
        ('of = "S1-SO2"', 'of = "S1-SO2-AVG"', "speaks of another point itself"),
        ('statistic = "hour_mean"', 'statistic = "zero_drift"', "unit 'mg/m3': a drift is in % of full scale"),
        ('of = "S1-SO2"', 'of = "W-01"', "quantity 'so2' is not that of W-01"),
    ],
)
def test_a_point_that_speaks_of_another_fits_it(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in problems(tmp_path, GOOD.replace(old, new))
