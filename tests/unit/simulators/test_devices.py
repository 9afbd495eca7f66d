"""Devices are deterministic, stay in their ranges, and registers wrap as the real ones do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest

from simulators.city import CounterSpec
from simulators.devices import cems, counter, ldar_gun
from simulators.effects import Effects, Lost
from simulators.field import Field
from simulators.plants import build_city
from tests.unit.simulators.conftest import Told

LIMITS = {"so2": 30.0, "nox": 150.0, "pm": 10.0}


@pytest.mark.parametrize("quantity", sorted(LIMITS))
def test_an_ordinary_minute_is_below_the_limit_even_when_converted(quantity: str) -> None:
    worst = cems.PROFILES[quantity].high * (21 - 8) / (21 - cems.PROFILES["o2"].high)
    assert worst < LIMITS[quantity] - 0.5


def test_an_analyser_is_the_same_again_and_differs_by_day_name_and_seed() -> None:
    first = cems.day_values(1, "a/S1-SO2", "so2", 3, 1440)
    assert (first == cems.day_values(1, "a/S1-SO2", "so2", 3, 1440)).all()
    for other in ((2, "a/S1-SO2", 3), (1, "b/S1-SO2", 3), (1, "a/S1-SO2", 4)):
        assert (first != cems.day_values(other[0], other[1], "so2", other[2], 1440)).mean() > 0.9


def test_an_analyser_has_a_daily_shape() -> None:
    days = np.mean([cems.day_values(1, "a/S1-NOX", "nox", day, 1440) for day in range(20)], axis=0)
    hours = days.reshape(24, 60).mean(axis=1)
    assert hours.max() - hours.min() > 8


def test_values_stay_in_their_profile() -> None:
    for name, profile in cems.PROFILES.items():
        process, _, quantity = name.rpartition("/")
        values = cems.day_values(7, "x", quantity, 0, 1440, process=process)
        assert profile.low <= values.min()
        assert values.max() <= profile.high
        assert np.unique(values).size > 20


def test_a_register_wraps_at_its_digits() -> None:
    shown = counter.shown(np.array([99_998, 99_999, 100_000, 100_003]), CounterSpec(5, 0.1))
    assert shown.tolist() == [9999.8, 9999.9, 0.0, 0.3]


def test_water_flows_in_every_part_of_a_day() -> None:
    counts = counter.day_increments(1, "a/W-01", CounterSpec(8, 0.1), 0.2, 0, 24)
    assert counts.min() >= 1
    mean = counter.day_increments(1, "a/W-01", CounterSpec(8, 0.1), 50.0, 0, 24).mean()
    assert 450 < mean < 550


def _readings(told: Told, key: str) -> list[float]:
    """The register's readings, one for each hour, from a field of its own."""
    field = Field(told.story.seed, told.story.city, told.story.effects)
    days = range(told.story.timeline.month_hours // 24)
    return [value for day in days for value in field.day(day).values[key]]


def test_the_rollover_happens_in_its_hour_and_keeps_the_water(told: Told) -> None:
    key = "tuoyan-power/W-01"
    hour = told.story.effects.rollovers[key]
    readings = _readings(told, key)
    drops = [n for n in range(1, len(readings)) if readings[n] < readings[n - 1]]
    assert drops == [hour]
    flowed = readings[hour] + 1_000_000 - readings[hour - 1]
    fact = told.truth.hours[(f"point:{key}", told.story.timeline.at(hour))]
    assert (fact.mark, fact.increment) == ("rollover", pytest.approx(flowed))
    assert readings[hour - 1] > 0.9 * 1_000_000
    assert readings[hour] < 0.1 * 1_000_000


def test_a_reset_drops_to_nearly_nothing(told: Told) -> None:
    key = "tuoyan-power/W-03"
    hour = told.story.effects.resets[key]
    readings = _readings(told, key)
    assert [n for n in range(1, len(readings)) if readings[n] < readings[n - 1]] == [hour]
    point = told.story.city.point(key)
    assert point.counter is not None
    assert 0 < readings[hour] < point.typical * 2
    assert readings[hour - 1] < 0.9 * 10**point.counter.digits * point.counter.scale  # no rollover's signature


def test_a_replacement_keeps_the_water(told: Told) -> None:
    (change,) = told.story.effects.replacements
    field = Field(told.story.seed, told.story.city, told.story.effects)
    point = told.story.city.point(change.point)
    assert point.counter is not None
    readings = _readings(told, change.point)
    assert [n for n in range(1, len(readings)) if readings[n] < readings[n - 1]] == [change.hour]
    initial = change.initial * point.counter.scale
    over = (field.final(point, change.hour) - readings[change.hour - 1]) + (readings[change.hour] - initial)
    assert over == pytest.approx(field.hour_volume(point, change.hour))


def test_sub_meters_of_neighbouring_parts_lose_no_count(told: Told) -> None:
    """Exact meters of all of the water that enters show, in each hour, what enters less the leak, to the litre."""
    city = build_city((2026, 9))
    exact = {p.key: replace(p, error=0.0) for p in city.points}
    field = Field(1, replace(city, points=tuple(exact.values())), Effects())
    entries = [exact[f"yunhe-coking/W-0{n}"] for n in (1, 2)]
    shops = [exact[f"yunhe-coking/W-0{n}"] for n in (4, 5, 6)]
    for day in (0, 11):
        litres = sum(field.increments(entry, day) for entry in entries) * 100
        below = sum(field.increments(shop, day) for shop in shops) * 100
        assert (abs(litres * 0.93 - below) <= 50).all()  # rounded once, to the meters' 100 litres


def test_a_stuck_meter_counts_the_same_whatever_passes(told: Told) -> None:
    field = Field(told.story.seed, told.story.city, told.story.effects)
    frozen, steady = told.story.city.point("heming-bdo/W-01"), told.story.city.point("jinlu-steel/W-02")
    assert set(field.increments(frozen, 16).tolist()) == {0}
    assert field.passed(frozen, 16).min() > 0
    assert set(field.increments(steady, 19).tolist()) == set(field.increments(steady, 20).tolist()) == {799}
    assert set(field.increments(steady, 21).tolist()) != {799}
    assert field.increments(told.story.city.point("heming-bdo/W-03"), 16).min() > 0


def test_no_other_register_ever_falls(told: Told) -> None:
    field = Field(told.story.seed, told.story.city, told.story.effects)
    counters = [point.key for point in told.story.city.points if point.kind == "counter"]
    last = dict.fromkeys(counters, -1.0)
    fallen = set()
    for day in range(told.story.timeline.hours // 24 + 1):
        for key in counters:
            values = [last[key], *field.day(day).values[key]]
            last[key] = values[-1]
            if any(later < earlier for earlier, later in pairwise(values)):
                fallen.add(key)
    effects = told.story.effects
    assert fallen == {*effects.rollovers, *effects.resets, *(change.point for change in effects.replacements)}


def test_days_can_be_made_in_any_order() -> None:
    city = build_city((2026, 10))
    forwards, backwards = Field(1, city, Effects()), Field(1, city, Effects())
    in_order = [forwards.day(day) for day in range(4)]
    assert backwards.day(3) == in_order[3]
    assert backwards.day(1) == in_order[1]


def test_readings_can_get_lost() -> None:
    field = Field(1, build_city((2026, 10)), Effects(lost=[Lost("a/W-01", 3, 5)]))
    assert [field.lost("a/W-01", hour) for hour in (2, 3, 4, 5)] == [False, True, True, False]


def test_the_gun_writes_the_same_record_again() -> None:
    at = datetime(2026, 4, 5, 2, tzinfo=UTC)
    assert ldar_gun.record(1, "a/V-1", at) == ldar_gun.record(1, "a/V-1", at)
    assert ldar_gun.record(1, "a/V-1", at, 17.0).net == 17.0
