"""Properties of evaluators that no single case shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.findings import Subject, SubjectKind, Verdict
from domain.metering import Intake, Meter, Place, WaterUser
from domain.periods import month_period, numbered_hour
from rules.evaluators.contract import EVALUATORS, Params, evaluator
from rules.evaluators.coverage import CoverageWindow, Register
from rules.evaluators.installation_rate import InstallationRateParams, installation_rate
from rules.evaluators.monthly_share import HourCounts, MonthlyShareParams, MonthWindow, monthly_share
from rules.evaluators.offline import OfflineParams, SilenceWindow, offline
from rules.evaluators.online_rate import OnlineRateParams, online_rate
from rules.pack import load_packs

POINT = Subject(SubjectKind.POINT, "plant/W-1")
RULES = load_packs()


def params_of(rule_id: str, kind: type[Params]) -> Params:
    params = RULES.variants[rule_id][0].typed_params
    assert isinstance(params, kind)
    return params


def states(counts: list[int], first: int, previous: Verdict | None, n: int = 3) -> list[tuple[int, str]]:
    window = SilenceWindow(
        POINT, [numbered_hour(h) for h in range(len(counts))], np.array(counts, np.int64), first, previous
    )
    found = offline(window, OfflineParams(silent_hours=n))
    return [(window.hours.index(one.period), one.verdict.value) for one in found]


@given(st.lists(st.integers(0, 2), max_size=40), st.integers(1, 5))
def test_silence_hour_by_hour(counts: list[int], n: int) -> None:
    expected, previous = [], None
    for hour, count in enumerate(counts):
        silent = hour >= n - 1 and not any(counts[hour - n + 1 : hour + 1])
        verdict = "compliant" if count else "violation" if silent else previous
        if verdict is not None and verdict != previous:
            expected.append((hour, verdict))
        previous = verdict
    assert states(counts, 0, None, n) == expected


@given(st.lists(st.integers(0, 1), min_size=1, max_size=40), st.data())
def test_silence_in_pieces_is_silence_at_once(counts: list[int], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(counts)))
    whole = states(counts, 0, None)
    before = [(hour, verdict) for hour, verdict in whole if hour < cut]
    previous = Verdict(before[-1][1]) if before else None
    begin = max(0, cut - 2)
    after = states(counts[begin:], cut - begin, previous)
    assert before + [(hour + begin, verdict) for hour, verdict in after] == whole


@given(st.integers(0, 744), st.integers(0, 744), st.integers(0, 744), st.integers(0, 744))
def test_a_share_is_decided_on_whole_hours(compliant: int, violation: int, undetermined: int, stopped: int) -> None:
    operating = compliant + violation + undetermined
    reasons = {"no_data": undetermined, "excluded_stopped": stopped}
    window = MonthWindow(
        [Subject(SubjectKind.POLLUTANT, "plant/S1/so2")],
        [month_period(2026, 11)],
        [HourCounts(compliant, violation, {word: count for word, count in reasons.items() if count})],
    )
    params = params_of("ule.monthly", MonthlyShareParams)
    (found,) = monthly_share(window, params)
    judged = compliant + violation
    evidence = found.evidence
    assert evidence["hours_in_service"] == operating + stopped
    assert evidence["hours_operating"] == operating
    assert sum(evidence["hours_excluded"].values()) == stopped
    assert sum(evidence["hours_undetermined"].values()) == undetermined
    if operating == 0:
        assert (found.verdict, found.reason) == (Verdict.UNDETERMINED, "not_operating")
    elif judged == 0 or 4 * judged < 3 * operating:
        assert (found.verdict, found.reason) == (Verdict.UNDETERMINED, "insufficient_data")
    elif 20 * compliant >= 19 * judged:
        assert (found.verdict, found.reason) == (Verdict.COMPLIANT, "share_met")
    else:
        assert (found.verdict, found.reason) == (Verdict.VIOLATION, "share_not_met")


DAY = date(2026, 11, 10)
USERS = [WaterUser(code, district, True, date(2026, 1, 1)) for code, district in (("a", "d"), ("b", "d"), ("c", "e"))]
FITTED = st.lists(
    st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(1, 10**6), st.integers(0, 24)), max_size=8
)


def city(entries: list[tuple[str, bool, int, int]]) -> tuple[Register, Mapping[int, dict[date, int]]]:
    intakes, places, meters, hours = [], [], [], {}
    for n, (enterprise, has_meter, volume, hours_a_day) in enumerate(entries):
        intakes.append(Intake(enterprise, f"Q{n}", "surface", volume, False, date(2020, 1, 1)))
        places.append(Place(enterprise, f"P{n}", "unit", f"Q{n}", date(2020, 1, 1)))
        if has_meter:
            meters.append(
                Meter(
                    enterprise,
                    f"P{n}",
                    str(n),
                    date(2026, 1, 1),
                    24,
                    date(2025, 1, 1),
                    point_id=n,
                    point=f"W{n}",
                    point_in_service_from=date(2025, 1, 1),
                )
            )
        hours[n] = {DAY.replace(day=1) + timedelta(days=d): hours_a_day for d in range(10)}
    return Register(["city"], ["d", "e"], USERS, intakes, places, meters), hours


@settings(max_examples=60)
@given(FITTED)
def test_the_city_is_the_sum_of_its_enterprises(entries: list[tuple[str, bool, int, int]]) -> None:
    register, hours = city(entries)
    window = CoverageWindow([DAY], register, "unit", dict(hours))
    installed = {
        str(one.subject): one
        for one in installation_rate(window, params_of("water.meter_installation_rate", InstallationRateParams))
    }
    required = sum(installed[f"enterprise:{code}"].evidence["required"] for code in "abc")
    fitted = sum(installed[f"enterprise:{code}"].evidence["fitted"] for code in "abc")
    by_place = installed["city:city"].evidence["by_place"]
    assert (by_place["required"], by_place["fitted"]) == (required, fitted)
    assert required == len(entries)
    complete = sum(one.value == 100 for key, one in installed.items() if key.startswith("enterprise:"))
    assert installed["city:city"].evidence["by_enterprise"]["enterprises_complete"] == complete

    params = params_of("water.intake_online_rate.green_park_plan", OnlineRateParams)
    online = {str(one.subject): one for one in online_rate(window, params)}
    for key in ("permitted_m3_a", "permitted_online_m3_a"):
        parts = sum(one.evidence["by_volume"][key] for name, one in online.items() if name.startswith("enterprise:"))
        assert online["city:city"].evidence["by_volume"][key] == parts
        assert (
            online["district:d"].evidence["by_volume"][key] + online["district:e"].evidence["by_volume"][key] == parts
        )
    expected = sum(volume for _, has_meter, volume, hours_a_day in entries if has_meter and 10 * hours_a_day >= 216)
    assert online["city:city"].evidence["by_volume"]["permitted_online_m3_a"] == expected


def test_evaluators_have_one_name_each() -> None:
    known = EVALUATORS["offline"]
    register = evaluator("offline", params=known.params, window=known.window, selects=set(), subjects=set())
    with pytest.raises(ValueError, match="evaluator offline is given twice"):
        register(known.judge)
