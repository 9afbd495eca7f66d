"""Gateways that have fallen silent, with all their meters. A platform rule, no law: it tells people to look."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import Period
from rules.evaluators.contract import Ints, Judgement, Params, evaluator, json_instant

#: Points that evidence names; a gateway may have hundreds.
_NAMED = 20


class GatewayOfflineParams(Params):
    """silent_hours: whole hours without any reading that make a gateway offline; due_interval_s: points that are due
    less often tell nothing by their silence; missed_reports: so many of its most frequent point must be missing at
    least; forget_days: a point is another gateway's when that one has sent it for so long since this one did."""

    silent_hours: int = Field(ge=1, le=168)
    due_interval_s: int = Field(ge=60, le=86400)
    missed_reports: int = Field(ge=1, le=10)
    forget_days: int = Field(ge=1, le=365)

    def hours_needed(self, finest_s: int) -> int:
        """Silent hours that make a gateway offline whose most frequent point is due so often."""
        return max(self.silent_hours, math.ceil(self.missed_reports * finest_s / 3600))

    @property
    def most_hours(self) -> int:
        """Silent hours that are enough for any gateway."""
        return self.hours_needed(self.due_interval_s)


@dataclass(frozen=True, slots=True)
class GatewayWindow:
    """Consecutive hours of one gateway.

    hours[first:] are judged; those before are history, as many as there are since its first reading. readings: of all
    its points; finest_s: seconds between reports of its most frequent point in service, 0 where none is due often
    enough to tell; codes: of the points in service, by hour. previous: verdict before hours[first], None for none.
    """

    subject: Subject
    hours: list[Period]
    readings: Ints
    finest_s: Ints
    codes: Sequence[Sequence[str]]
    first: int
    previous: Verdict | None


@evaluator(
    "gateway_offline",
    params=GatewayOfflineParams,
    window=GatewayWindow,
    selects=set(),
    subjects={SubjectKind.GATEWAY},
)
def gateway_offline(window: GatewayWindow, params: GatewayOfflineParams) -> list[Judgement]:
    """Judgements only for hours at which the verdict changes.

    An hour without a reading is silent when as many hours as its most frequent point asks for, itself included, are
    without one; before that the former verdict holds, and so it does while no point is in service.
    """
    reporting = window.readings > 0
    empty = np.concatenate([[0], np.cumsum(~reporting)])
    silent = np.zeros(len(reporting), bool)
    for finest_s in np.unique(window.finest_s[window.finest_s > 0]).tolist():
        n = params.hours_needed(finest_s)
        enough = np.zeros(len(reporting), bool)
        enough[n - 1 :] = empty[n:] - empty[:-n] == n
        silent |= enough & (window.finest_s == finest_s)
    decided = np.flatnonzero(reporting | silent)
    out, previous = [], window.previous
    for row in decided[decided >= window.first].tolist():
        verdict = Verdict.COMPLIANT if reporting[row] else Verdict.VIOLATION
        if verdict is previous:
            continue
        previous = verdict
        evidence: dict[str, object] = {"readings": int(window.readings[row]), "points": len(window.codes[row])}
        if verdict is Verdict.VIOLATION:
            n = params.hours_needed(int(window.finest_s[row]))
            evidence["silent_hours"] = n
            evidence["silent_from"] = json_instant(window.hours[row - n + 1].start)
            evidence["codes"] = list(window.codes[row][:_NAMED])
        reason = "gateway_reporting" if verdict is Verdict.COMPLIANT else "gateway_silent"
        out.append(Judgement(window.subject, window.hours[row], verdict, reason, evidence=evidence))
    return out
