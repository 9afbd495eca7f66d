"""Signs in the records: hours that occur twice, values that were changed late, numbers that were used again."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from domain.air import POLLUTANTS
from rules.evaluators.outlet_day import (
    DAY_HOURS,
    Look,
    Needs,
    OutletDayWindow,
    SignParams,
    json_hour,
    sign,
)


class DuplicateParams(SignParams):
    """hours of the day that repeat an hour of at most `days` days before, all from the same distance, with min_readings
    together: an hour of four values meets its like by chance."""

    hours: int = Field(ge=1, le=24)
    days: int = Field(ge=1, le=400)
    min_readings: int = Field(ge=1)


@sign("duplicate_period", params=DuplicateParams, needs=Needs(twins=True))
def duplicate_period(window: OutletDayWindow, params: DuplicateParams) -> Look | None:
    """Whole hours whose minutes are, digit by digit, those of an earlier hour."""
    points = window.measured("o2", *POLLUTANTS)
    if not any(point.quantity in POLLUTANTS for point in points):
        return None
    look = Look()
    for point in points:
        if not look.consider(point, params):
            continue
        distance = np.where(point.hours.twin >= 0, window.first_hour + np.arange(DAY_HOURS) - point.hours.twin, 0)
        usual = np.bincount(distance[distance > 0]).argmax() if (distance > 0).any() else 0
        twins = (distance == usual) & (distance > 0)
        readings = int(point.hours.valid_count[twins].sum())
        if int(twins.sum()) >= params.hours and readings >= params.min_readings:
            look.seen.append(
                {
                    "point": point.code,
                    "detail": "duplicate_period",
                    "readings": readings,
                    "distance_h": int(usual),
                    "hours": window.hours_at(twins),
                    "equal_to": [json_hour(int(hour)) for hour in point.hours.twin[twins]],
                }
            )
    return look


class LateParams(SignParams):
    """hours of the day with late values that differ from those stored before."""

    hours: int = Field(ge=1, le=24)


@sign("late_changed", params=LateParams)
def late_changed(window: OutletDayWindow, params: LateParams) -> Look | None:
    """Values arrived more than an hour late and were not what had been stored. Both are kept, the newer one counts."""
    points = window.measured("o2", "flue_flow", *POLLUTANTS)
    if not any(point.quantity in POLLUTANTS for point in points):
        return None
    look = Look()
    for point in points:
        look.consider(point, params)
        changed = point.hours.corrected & (point.hours.late_count > 0)
        if int(changed.sum()) >= params.hours:
            look.seen.append(
                {
                    "point": point.code,
                    "detail": "late_changed",
                    "late_readings": int(point.hours.late_count[changed].sum()),
                    "hours": window.hours_at(changed),
                }
            )
    return look


class QnParams(SignParams):
    """frames of a day."""

    frames: int = Field(ge=1)


#: Deviations of data loggers that make the sign, as ingest counts them.
QN_QUIRKS = ("qn_reused", "qn_backwards")


@sign("qn", params=QnParams, needs=Needs(quirks=True))
def qn(window: OutletDayWindow, params: QnParams) -> Look | None:
    """The logger used a request number (QN) for another content again, or went back with it.

    A number belongs to a moment: a frame that bears an old one was made up or edited later. Counted on the day of
    reception, for the stations whose tags lead to points of the outlet.
    """
    pollutants = window.pollutants()
    if not window.quirks or not pollutants:
        return None
    look = Look(evidence={"stations": sorted(window.quirks)})
    for point in pollutants:
        look.consider(point, params)
    for station, counts in sorted(window.quirks.items()):
        frames = {name: counts.get(name, 0) for name in QN_QUIRKS}
        if sum(frames.values()) >= params.frames:
            look.seen.append({"point": None, "detail": "qn", "station": station, "frames": frames, "hours": []})
    return look
