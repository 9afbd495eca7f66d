"""The families of rules on meters, by evaluator."""

from __future__ import annotations

from collections.abc import Mapping

from rules.evaluators.meter_step import REASONS
from rules.families.contract import Family
from rules.families.corrections import MARKS, judge_corrections_of
from rules.families.markedhours import MarkedHours
from rules.families.meters import MeterDaySource, judge_steps_of
from rules.families.periodic import Periodic

METER_FAMILIES: Mapping[str, Family] = {
    "meter_step": MarkedHours(REASONS, judge_steps_of),
    "correction_magnitude": MarkedHours(MARKS, judge_corrections_of),
    "meter_frozen": Periodic(MeterDaySource(asks_running=True)),
    "identical_increments": Periodic(MeterDaySource(asks_running=False, days_before_first=1)),
}
