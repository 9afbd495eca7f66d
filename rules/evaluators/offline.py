"""Points that have fallen silent. A platform rule, no law: it tells people to look, and says nothing of compliance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import Period
from rules.evaluators.contract import Ints, Judgement, Params, evaluator, json_instant


class OfflineParams(Params):
    """silent_hours: whole hours without a reading that make a point offline."""

    silent_hours: int = Field(ge=1, le=168)


@dataclass(frozen=True, slots=True)
class SilenceWindow:
    """Consecutive hours of one point.

    hours[first:] are judged; those before are at most silent_hours - 1 hours of history, as many as there are since
    the start of service. previous: verdict before hours[first], None for none.
    """

    subject: Subject
    hours: list[Period]
    reading_count: Ints
    first: int
    previous: Verdict | None


@evaluator(
    "offline",
    params=OfflineParams,
    window=SilenceWindow,
    selects={"quantity"},
    subjects={SubjectKind.POINT},
)
def offline(window: SilenceWindow, params: OfflineParams) -> list[Judgement]:
    """Judgements only for hours at which the verdict changes.

    An hour without a reading is silent when the hours before it, silent_hours with itself, are without one too;
    before that the former verdict holds. Only hours of the window count, so a new point is given its time.
    """
    reporting = window.reading_count > 0
    empty = np.concatenate([[0], np.cumsum(~reporting)])
    n = params.silent_hours
    silent = np.zeros(len(reporting), bool)
    silent[n - 1 :] = empty[n:] - empty[:-n] == n
    decided = np.flatnonzero(reporting | silent)
    out, previous = [], window.previous
    for row in decided[decided >= window.first]:
        verdict = Verdict.COMPLIANT if reporting[row] else Verdict.VIOLATION
        if verdict is previous:
            continue
        previous = verdict
        shown = range(max(0, row - n + 1), row + 1)
        evidence = {
            "silent_hours": n,
            "hours": [
                {"hour": json_instant(window.hours[at].start), "readings": int(window.reading_count[at])}
                for at in shown
            ],
        }
        reason = "reporting" if verdict is Verdict.COMPLIANT else "silent"
        out.append(Judgement(window.subject, window.hours[row], verdict, reason, evidence=evidence))
    return out
