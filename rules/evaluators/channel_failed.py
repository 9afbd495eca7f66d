"""A channel that cannot reach people is itself a finding: nobody would be told that nobody is told.

The alert stage judges it, for it alone knows how channels answer; here are the rule's parameters and its cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field

from domain.channelhealth import ChannelRecord, judge_channel
from domain.findings import Subject, SubjectKind
from domain.periods import Period
from rules.evaluators.contract import Judgement, Params, evaluator


class ChannelFailedParams(Params):
    """failing_for_min: a channel that has failed for so long counts as failed, given up or not."""

    failing_for_min: float = Field(gt=0)


@dataclass(frozen=True, slots=True)
class ChannelWindow:
    """How a channel has answered until an instant. previous: verdict of its last such finding."""

    subject: Subject
    record: ChannelRecord
    now: datetime
    period: Period
    previous: str | None


@evaluator(
    "channel_failed",
    params=ChannelFailedParams,
    window=ChannelWindow,
    selects=set(),
    subjects={SubjectKind.CHANNEL},
)
def channel_failed(window: ChannelWindow, params: ChannelFailedParams) -> list[Judgement]:
    """A judgement when the state changes; working for the first time is no change."""
    found = judge_channel(window.record, window.now, timedelta(minutes=params.failing_for_min))
    if found is None or found[0] == (window.previous or "compliant"):
        return []
    return [Judgement(window.subject, window.period, *found)]
