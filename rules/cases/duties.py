"""Rule-test cases of duties with a date: whom it is asked of, what was done; judged as at the end of `as_of`."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from domain.duties import Done, Span, Verification
from domain.findings import Subject
from rules.evaluators.contract import Judgement
from rules.evaluators.duty import DutyParams, Holder
from rules.families.contract import Job
from rules.families.duties import judge_duty
from rules.families.dutyholders import spans_of


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ListedEntry(_Strict):
    """A stay on the duty's list; `to`: the first day without."""

    start: date = Field(alias="from")
    end: date | None = Field(default=None, alias="to")


class CountEntry(_Strict):
    """How many sealing points are in service from a day on."""

    start: date = Field(alias="from")
    components: int


class DoneEntry(_Strict):
    """A record; kinds: of its evidence."""

    on: date
    kinds: list[str] = Field(default_factory=list)


class VerifiedEntry(_Strict):
    """A meter's verification."""

    on: date
    due: date
    serial: str = "M-1"
    removed_on: date | None = None


class DutyEntry(_Strict):
    """The subject of a duty with its records."""

    registered_from: date
    industry: str = ""
    listed: list[ListedEntry] = Field(default_factory=list)
    counts: list[CountEntry] = Field(default_factory=list)
    regulated: list[ListedEntry] = Field(default_factory=list)
    """Installations under the duty's standard."""
    done: list[DoneEntry] = Field(default_factory=list)
    verified: list[VerifiedEntry] = Field(default_factory=list)


def judge_case_duty(job: Job, entry: DutyEntry, at: date) -> list[Judgement]:
    """Judgements on one subject as at the end of a local day."""
    params = job.rule.typed_params
    assert isinstance(params, DutyParams)
    counts = [0, *(one.components for one in entry.counts)]
    steps = [(one.start, one.components - before) for one, before in zip(entry.counts, counts, strict=False)]
    spans = spans_of(
        params.who,
        entry.registered_from,
        entry.industry,
        [(one.start, one.end) for one in entry.listed],
        steps,
        [Span(one.start, one.end) for one in entry.regulated],
    )
    holder = Holder(
        Subject(params.who.kind, "plant"),
        spans,
        [Done(one.on, number, frozenset(one.kinds)) for number, one in enumerate(entry.done, 1)],
        [Verification(one.serial, one.on, one.due, one.removed_on) for one in entry.verified],
    )
    return [judgement for _, judgement in judge_duty(job, [holder], at)]
