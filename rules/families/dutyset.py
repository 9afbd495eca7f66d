"""The families of rules on sealing points and on duties with a date, by evaluator."""

from __future__ import annotations

from collections.abc import Mapping

from rules.families.components import Components
from rules.families.contract import Family
from rules.families.duties import Duties
from rules.families.leakemissions import LeakEmissions
from rules.families.leaks import LeakRepairs, SpotChecks
from rules.families.reminders import Reminders

DUTY_FAMILIES: Mapping[str, Family] = {
    "leak_schedule": Components(),
    "yearly_campaign": Components(),
    "leak_repair": LeakRepairs(),
    "spot_check": SpotChecks(),
    "leak_emission": LeakEmissions(),
    "duty": Duties(),
    "due_reminder": Reminders(),  # after those whose terms they are made of
}
