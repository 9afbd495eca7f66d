"""Terms of a rule-test case, and what reminders say of them day by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict

from rules.evaluators.contract import Judgement
from rules.families.contract import Job, judge
from rules.families.reminders import days_between, window_of
from storage.reminders import TermRow


class TermEntry(BaseModel):
    """A finding that is a term of component plant/C-1, or of another subject; the dates as `TermRow` has them."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    rule: str = "ldar.gb37822"
    evaluator: str = "leak_schedule"
    subject: str = "component:plant/C-1"
    step: str | None = None
    begins: date
    due: date
    done_on: date | None = None
    attempted_on: date | None = None
    repaired_on: date | None = None
    filed_on: date | None = None
    days: int | None = None
    moved_on: date | None = None
    in_service_to: date | None = None
    exempt_from: date | None = None
    exempt_to: date | None = None

    def row(self) -> TermRow:
        """As the store finds it."""
        return TermRow(1, self.rule, self.rule, **self.model_dump(exclude={"rule"}))


def judge_case_reminders(job: Job, entries: Sequence[TermEntry], days: Sequence[date]) -> list[Judgement]:
    """The days from the first to the last of `days`, before which nothing was due."""
    window = window_of("plant", days_between(min(days), max(days)), 0, [entry.row() for entry in entries])
    return judge(job.rule, window)
