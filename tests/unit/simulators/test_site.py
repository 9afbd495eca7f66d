"""The site file is fresh, complete and about nobody who exists."""

from __future__ import annotations

import csv
import re
import tomllib
from pathlib import Path

import pytest

from simulators.city import City
from simulators.plants import build_city
from simulators.site import DEMO_MONTH, render

ROOT = Path(__file__).parents[3]
POINT_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")
ENTERPRISE_CODE = re.compile(r"[a-z0-9-]{1,64}")


@pytest.fixture(scope="module")
def city() -> City:
    return build_city(DEMO_MONTH)


def test_the_checked_in_files_are_fresh(city: City) -> None:
    for name, text in render(city).items():
        checked_in = (ROOT / "deploy" / "site" / name).read_text(encoding="utf-8")
        assert checked_in == text, f"{name} is stale: python -m simulators.site deploy/site"


def test_the_city_is_large_enough(city: City) -> None:
    industries = [enterprise.industry for enterprise in city.enterprises]
    assert len(city.districts) == 3
    assert industries.count("coking") == 3
    assert {"chlor_alkali", "bdo", "power", "cement", "ferrosilicon", "carbide_pvc", "semi_coke", "steel"} <= set(
        industries
    )
    assert len(city.points) >= 300
    assert {place.level for place in city.places} == {"unit", "secondary", "equipment"}


def test_codes_are_lawful_and_unique(city: City) -> None:
    assert all(ENTERPRISE_CODE.fullmatch(one.code) for one in (*city.enterprises, *city.districts, city))
    for records in (city.points, city.outlets, city.places, city.components, city.intakes):
        assert all(POINT_CODE.fullmatch(record.code) for record in records)
        keys = [(record.enterprise, record.code) for record in records]
        assert len(set(keys)) == len(keys)
    serials = [(meter.enterprise, meter.serial) for meter in city.meters]
    assert len(set(serials)) == len(serials)


def test_everything_refers_to_something(city: City) -> None:
    enterprises = {enterprise.code for enterprise in city.enterprises}
    outlets = {(outlet.enterprise, outlet.code) for outlet in city.outlets}
    points = {(point.enterprise, point.code) for point in city.points}
    intakes = {(intake.enterprise, intake.code) for intake in city.intakes}
    places = {(place.enterprise, place.code) for place in city.places}
    assert {enterprise.district for enterprise in city.enterprises} <= {district.code for district in city.districts}
    assert all(record.enterprise in enterprises for record in (*city.points, *city.components, *city.meters))
    assert all((p.enterprise, p.outlet) in outlets for p in city.points if p.outlet is not None)
    assert all((p.enterprise, p.intake) in intakes for p in city.places if p.intake is not None)
    assert all((m.enterprise, m.place) in places for m in city.meters)
    assert all((m.enterprise, m.point) in points for m in city.meters if m.point is not None)


def test_stations_and_tags_are_lawful(city: City) -> None:
    points = {(point.enterprise, point.code): point for point in city.points}
    assert len({station.mn for station in city.stations}) == len(city.stations)
    for station in city.stations:
        assert re.fullmatch(r"[0-9]{14}" if station.edition == "2005" else r"[0-9A-F]{24}", station.mn)
        assert (station.enterprise, station.outlet) in {(outlet.enterprise, outlet.code) for outlet in city.outlets}
    assert len({(tag.enterprise, tag.device, tag.name) for tag in city.tags}) == len(city.tags)
    for tag in city.tags:
        assert (tag.unit == points[tag.enterprise, tag.point].unit) == (tag.scale is None)
    # every point of those who do not speak our JSON has exactly one name
    named = {(tag.enterprise, tag.point) for tag in city.tags}
    assert len(named) == len(city.tags)
    assert {point for point in points if point[0] in ("heming-bdo", "xunfeng-semicoke")} < named


def test_the_toml_says_what_the_register_says(city: City) -> None:
    files = render(city)
    document = tomllib.loads(files["demo.toml"])
    assert set(document) == {
        "city", "district", "enterprise", "outlet", "point", "intake", "metering_place", "meter", "component",
        "component_file", "station", "tag", "limit", "park", "line", "control_index", "quota",
        "installation", "process_unit", "instrument", "leak_tester", "campaign",
        "enterprise_list", "person", "team", "shift", "route",
    }  # fmt: skip
    assert [point["code"] for point in document["point"]] == [point.code for point in city.points]
    assert not {"typical", "process", "fed_by", "part", "error"} & set(document["point"][0])
    assert [(row["quantity"], row["value"], row.get("outlet")) for row in document["limit"]] == [
        (row.quantity, row.value, row.outlet) for row in city.limits
    ]
    assert all("outlet" not in station for station in document["station"])
    counters = [point for point in document["point"] if point["kind"] == "counter"]
    assert all({"digits", "scale"} <= set(point["counter"]) for point in counters)
    ledgers = [csv.DictReader(files[one["file"]].splitlines()) for one in document["component_file"]]
    ledger = [row for rows in ledgers for row in rows]
    assert len(ledger) + len(document["component"]) == len(city.components)
    in_service = [row for row in ledger if not row["in_service_to"]]
    assert len([row for row in in_service if row["enterprise"] == "heming-bdo"]) == 5000


def test_no_name_is_a_real_one(city: City) -> None:
    """Neither a whole name nor the part of it that tells enterprises apart occurs in the policy tables."""
    tables = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "rules/policy/data").glob("*.csv"))]
    assert any("焦化" in table for table in tables)
    for enterprise in city.enterprises:
        own = enterprise.name.removeprefix(city.name).removeprefix(city.name[:2])[:2]
        for text in tables:
            assert enterprise.name not in text
            assert own not in text, f"{own} of {enterprise.name}"
    assert not any(city.name in text for text in tables)
    assert not any(area.name in text for text in tables for area in (*city.districts, *city.parks))
