"""What the store would give signs, made in memory from computed hours: for rule tests and for measuring false alarms.

The sums are those of `storage/queries/outlet_days.sql`; an integration test compares both.
"""

from __future__ import annotations

import numpy as np

from domain.hourly import MARKS, NO_DIGEST, Hours, Windows
from domain.limits import mg_m3_factor
from domain.quality import SourceFlag
from domain.readings import HOUR_US, Int64
from rules.evaluators.outlet_day import DAY_HOURS, OutletDayWindow, SignParams, at_reference, hour_limits
from rules.families.signwindows import SignOutlet
from storage.outlet_days import CalibrationRows, DayRows, FlaggedRows, HourRows, JudgedHour, TwinRows

_LETTERS = [flag.value for flag in SourceFlag]
_CORRECTED = 1 << MARKS.index("corrected")
_SITE_OFFSET_H = 8
#: From here on hourly rules judge nothing, see `domain.air`.
_AMBIENT_O2_PCT = 19.0


def _flags(hours: Hours, letters: str) -> Int64:
    columns = [_LETTERS.index(letter) for letter in letters]
    found: Int64 = hours.flag_counts[:, columns].sum(axis=1)
    return found


def hour_rows(windows: Windows, hours: Hours) -> HourRows:
    """Hourly rows of computed hours; hours without a reading have none."""
    there = hours.reading_count > 0
    point_id, hour = windows.point_id[there], windows.hour_us[there] // HOUR_US
    found = hours.take(there)
    return HourRows(
        point_id=point_id,
        hour=hour,
        mean=found.mean,
        valid_minutes=found.valid_minutes,
        reading_count=found.reading_count,
        valid_count=found.valid_count,
        minimum=found.minimum,
        maximum=found.maximum,
        first_value=found.first_value,
        last_value=found.last_value,
        deviation=found.deviation,
        marked_minutes=found.marked_minutes,
        flat_head_s=found.flat_head_s,
        flat_tail_s=found.flat_tail_s,
        flat_longest_s=found.flat_longest_s,
        zero_minutes=found.zero_minutes,
        negative_minutes=found.negative_minutes,
        maximum_count=found.maximum_count,
        late_count=found.late_count,
        flagged=_flags(found, "CMD"),
        calibrating=_flags(found, "C"),
        stopped=_flags(found, "Ff"),
        corrected=((found.marks & _CORRECTED) != 0).astype(np.int64),
    )


def twin_rows(windows: Windows, hours: Hours, back_h: int) -> TwinRows:
    """Hours with the last earlier hour of the same point and digest, at most back_h hours before."""
    last: dict[tuple[int, int], int] = {}
    found: list[tuple[int, int, int]] = []
    for point_id, hour, digest in zip(
        windows.point_id.tolist(), (windows.hour_us // HOUR_US).tolist(), hours.digest.tolist(), strict=True
    ):
        if digest == NO_DIGEST:
            continue
        earlier = last.get((point_id, digest))
        if earlier is not None and hour - earlier <= back_h:
            found.append((point_id, hour, earlier))
        last[point_id, digest] = hour
    columns = np.array(found, np.int64).reshape(-1, 3)
    return TwinRows(columns[:, 0], columns[:, 1], columns[:, 2])


def _days(rows: HourRows) -> tuple[Int64, Int64, Int64]:
    """Point and local day of each distinct pair, and for every row the position of its pair."""
    day = (rows.hour + _SITE_OFFSET_H) // DAY_HOURS
    keys, which = np.unique((rows.point_id << 32) + day, return_inverse=True)
    return keys >> 32, keys & 0xFFFFFFFF, which


def day_rows(rows: HourRows, min_valid_minutes: int) -> DayRows:
    """Sums over the hours of each local day with enough valid minutes."""
    good = (rows.valid_minutes >= min_valid_minutes) & np.isfinite(rows.mean)
    kept = HourRows(*(getattr(rows, name)[good] for name in HourRows.__slots__))
    point_id, day, which = _days(kept)
    size = len(point_id)
    return DayRows(
        point_id,
        day,
        np.bincount(which, minlength=size),
        np.bincount(which, kept.mean, minlength=size).astype(np.float64),
        np.bincount(which, kept.mean**2, minlength=size).astype(np.float64),
        np.bincount(which, kept.deviation**2, minlength=size).astype(np.float64),
    )


def flagged_rows(rows: HourRows) -> FlaggedRows:
    """Minutes of each local day that flags C, M, D or equipment marks took out, and its hours with a reading."""
    point_id, day, which = _days(rows)
    minutes = np.minimum(60.0, rows.marked_minutes + 60.0 * rows.flagged / rows.reading_count)
    size = len(point_id)
    taken = np.bincount(which, minutes, minlength=size).astype(np.float64)
    return FlaggedRows(point_id, day, taken, np.bincount(which, minlength=size))


def calibration_rows(rows: HourRows) -> CalibrationRows:
    """Hours with a calibration by flag and the two hours on either side of each, by point and hour."""
    order = np.lexsort((rows.hour, rows.point_id))
    keys = (rows.point_id[order] << 32) + rows.hour[order]
    events = keys[rows.calibrating[order] > 0]
    beside = np.isin(keys, np.concatenate([events + offset for offset in range(-2, 3)]))
    chosen = order[beside]
    return CalibrationRows(
        rows.point_id[chosen],
        rows.hour[chosen],
        rows.mean[chosen],
        rows.valid_minutes[chosen],
        (rows.calibrating[chosen] > 0).astype(np.int64),
    )


def judged_rows(window: OutletDayWindow, outlet: SignOutlet, params: SignParams) -> list[JudgedHour]:
    """About what the hourly rules say of a day: converted means of good hours in mg/m3 against limits, not rounded."""
    found = []
    oxygen = window.best("o2", params)
    for quantity in window.limits:
        point = window.best(quantity, params)
        factor = None if point is None else mg_m3_factor(point.unit)
        if point is None or factor is None:
            continue
        subject = outlet.pollutant(quantity)
        for limit, value in hour_limits(window, quantity):
            good, means, reference = point.good(params), point.hours.mean * factor, window.reference_of(limit)
            if reference is not None:
                if oxygen is None:
                    continue
                good = good & oxygen.good(params) & (oxygen.hours.mean < _AMBIENT_O2_PCT)
                means = at_reference(means, oxygen.hours.mean, reference)
            rule_id = f"{limit.kind}.hourly"
            found += [
                JudgedHour(rule_id, subject, window.first_hour + n, mean, value, mean > value)
                for n in np.flatnonzero(good & np.isfinite(means)).tolist()
                for mean in (float(means[n]),)
            ]
    return found
