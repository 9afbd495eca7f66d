"""Signs in flags and marks: too many of them, or beside exceedances, or that say `stopped` of a source that runs."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from rules.evaluators.contract import Evidence, Floats
from rules.evaluators.outlet_day import (
    DAY_HOURS,
    RUNNING_QUANTITIES,
    Bools,
    DayPoint,
    Look,
    Needs,
    OutletDayWindow,
    SignParams,
    figure,
    sign,
)
from rules.evaluators.running import RunningParams, running

_MINUTES = 60
_STOPPED = frozenset({"stopped"})


class FlagAbuseParams(SignParams):
    """share_pct of the reported minutes of 30 days flagged C, M or D or marked; or beside_hours hours with
    flagged_minutes, beside_pct of the day's, over a limit or next to such an hour."""

    share_pct: float = Field(gt=0, le=100)
    min_reported_hours: int = Field(default=240, ge=1, le=720)
    flagged_minutes: int = Field(default=10, ge=1, le=60)
    beside_hours: int = Field(default=2, ge=1, le=24)
    beside_pct: float = Field(default=50.0, gt=0, le=100)
    max_beside_pct: float = Field(default=50.0, gt=0, le=100)


@sign("flag_abuse", params=FlagAbuseParams, needs=Needs(flags=True, flagged=True, judged=True, marks=True))
def flag_abuse(window: OutletDayWindow, params: FlagAbuseParams) -> Look | None:
    """Calibration, maintenance, fault and marks take out more than they should, or just where limits are exceeded.

    Flagged hours are not good ones: hours with a reading count as data here.
    """
    points = window.pollutants()
    if not points:
        return None
    look = Look()
    for point in points:
        if int((point.hours.reading_count > 0).sum()) < params.min_valid_hours:
            look.left_out.append(point.code)
            continue
        look.spoke += 1
        minutes = flagged_minutes(point)
        look.seen += _share(window, point, minutes, params) + _beside(window, point, minutes, params)
    return look


def flagged_minutes(point: DayPoint) -> Floats:
    """Minutes of each hour flagged C, M or D, or taken out by equipment marks."""
    hours = point.hours
    share = hours.flagged / np.maximum(hours.reading_count, 1)
    return np.minimum(_MINUTES, _MINUTES * share + hours.marked_minutes)


def _share(window: OutletDayWindow, point: DayPoint, minutes: Floats, params: FlagAbuseParams) -> list[Evidence]:
    past = point.past
    reported = int((point.hours.reading_count > 0).sum()) + (0 if past is None else int(past.reported_hours.sum()))
    flagged = float(minutes.sum()) + (0.0 if past is None else float(past.flagged_minutes.sum()))
    share = 100 * flagged / (_MINUTES * reported)
    if reported < params.min_reported_hours or share <= params.share_pct or not (minutes > 0).any():
        return []
    return [
        {
            "point": point.code,
            "detail": "share",
            "flagged_minutes": figure(flagged),
            "reported_hours": reported,
            "share_pct": figure(share),
            "flagged_minutes_of_day": figure(float(minutes.sum())),
            "hours": window.hours_at(minutes > 0),
        }
    ]


def _beside(window: OutletDayWindow, point: DayPoint, minutes: Floats, params: FlagAbuseParams) -> list[Evidence]:
    over = np.zeros(DAY_HOURS + 2, bool)  # with the hours before and after the day
    for judged in window.judged:
        if judged.quantity == point.quantity:
            at = judged.hour[judged.over] - window.first_hour + 1
            over[at[(at >= 0) & (at < len(over))]] = True
    beside: Bools = over[:-2] | over[1:-1] | over[2:]
    flagged = minutes >= params.flagged_minutes
    both = flagged & beside
    if (
        int(both.sum()) < params.beside_hours
        or int(both.sum()) < int(flagged.sum()) * params.beside_pct / 100
        or int(beside.sum()) > DAY_HOURS * params.max_beside_pct / 100
    ):
        return []
    return [
        {
            "point": point.code,
            "detail": "beside_exceedance",
            "flagged_hours": int(flagged.sum()),
            "beside_hours": int(both.sum()),
            "over_limit_hours": window.hours_at(over[1:-1]),
            "hours": window.hours_at(both),
        }
    ]


class StoppedParams(RunningParams):
    """hours in which `minutes` are said to be stopped while the source runs; by running_state_pct where that is all."""

    hours: int = Field(gt=0, le=24)
    minutes: int = Field(gt=0, le=60)
    running_state_pct: float = Field(default=90.0, gt=0, le=100)


@sign("stopped_running", params=StoppedParams, needs=Needs(past=RUNNING_QUANTITIES, flags=True, marks=True))
def stopped_running(window: OutletDayWindow, params: StoppedParams) -> Look | None:
    """Flags F (instrument stopped; 2005: source stopped) or a stop mark, while the stack goes on."""
    points, source = window.pollutants(), running(window, params)
    state = window.best("running_state", params)
    if not points or (source is None and state is None):
        return None
    look = Look()
    if source is not None:
        look.evidence["running"] = source.evidence
        if not source.clear:
            return look
        look.spoke, runs = 1, source.running
    else:
        if state is None or not look.consider(state, params):
            return look
        runs = state.good(params) & (state.hours.mean >= params.running_state_pct / 100)
        look.evidence["running"] = {"running_state": {"point": state.code}, "running_hours": int(runs.sum())}
    marked = runs & (window.covered_minutes("process", _STOPPED) >= params.minutes)
    if int(marked.sum()) >= params.hours:
        look.seen.append({"point": None, "detail": "stop_mark", "hours": window.hours_at(marked)})
    for point in points:
        share = point.hours.stopped / np.maximum(point.hours.reading_count, 1)
        said = runs & (share * _MINUTES >= params.minutes)
        if int(said.sum()) >= params.hours:
            look.seen.append(
                {
                    "point": point.code,
                    "detail": "flag",
                    "readings": int(point.hours.stopped[said].sum()),
                    "hours": window.hours_at(said),
                }
            )
    return look
