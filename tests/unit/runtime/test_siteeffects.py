"""From which day on a change of the register is judged again."""

from __future__ import annotations

from datetime import date

import pytest

from runtime.siteeffects import matters_from
from runtime.siteregister import Row

METER: Row = {
    "serial": "A",
    "accuracy_class": "2",
    "verified_on": date(2024, 3, 1),
    "verification_months": 24,
    "installed_on": date(2022, 1, 1),
    "removed_on": None,
}


@pytest.mark.parametrize(
    ("noun", "row", "old", "since"),
    [
        ("meter", METER, None, date(2022, 1, 1)),
        ("meter", METER | {"verified_on": date(2026, 2, 20)}, METER, date(2024, 3, 1)),
        ("meter", METER | {"verified_on": date(2021, 2, 20)}, METER, date(2022, 1, 1)),
        ("meter", METER | {"removed_on": date(2026, 2, 20)}, METER, date(2022, 1, 1)),
        ("meter", METER | {"accuracy_class": "1"}, METER, None),
        ("control_index", {"year": 2026, "water_m3": 5.0}, None, date(2026, 1, 1)),
        ("enterprise", {"registered_from": date(2026, 9, 1)}, {"registered_from": date(2026, 10, 1)}, date(2026, 9, 1)),
        (
            "line",
            {"name": "a", "in_service_from": date(2020, 1, 1)},
            {"name": "b", "in_service_from": date(2020, 1, 1)},
            None,
        ),
        ("tag", {"name": "a"}, None, None),
    ],
)
def test_the_first_day_that_may_change(noun: str, row: Row, old: Row | None, since: date | None) -> None:
    assert matters_from(noun, row, old) == since
