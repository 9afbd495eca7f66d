"""Early warning (预警) on minutes. Never says that a limit was exceeded: an hour that is not over cannot be judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from pydantic import Field

from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import Period
from domain.readings import Float64, Int64
from domain.rounding import round_gbt8170, without_noise
from domain.warning import MinuteColumns, Seen, Sign, WarningSigns, look, turns
from rules.evaluators.contract import Evidence, Judgement, Params, evaluator, json_instant, known

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
#: In EarlyWarningWindow.excluded: nothing excludes the minute.
NOT_EXCLUDED = -1


class EarlyWarningParams(Params):
    """See `domain.warning.WarningSigns`.

    grace_s: after a minute's end, before it is judged; independent of the engine's grace for hours.
    ambient_o2_from_pct: from this oxygen content on a minute is not converted. lookback_h: how far back a subject is
    looked at that was never looked at. revise_h: how far before what is judged late data still change a warning; what
    lies before is history.
    """

    grace_s: int = Field(default=120, ge=0, le=3600)
    window_min: int = Field(default=10, ge=2, le=15)
    share_pct: float = Field(default=80.0, gt=0, lt=100)
    projection_min_valid: int = Field(default=15, ge=1, le=60)
    min_valid_minutes: int = Field(default=45, ge=1, le=60)
    ambient_o2_from_pct: float = Field(default=19.0, gt=0, le=21)
    lookback_h: int = Field(default=2, ge=1, le=24)
    revise_h: int = Field(default=24, ge=1, le=168)


@dataclass(frozen=True, slots=True)
class EarlyWarningWindow:
    """Consecutive minutes of one pollutant; rows from `first` on are judged, which is the beginning of an hour.

    start: minutes since 1970 of row 0. warned: whether the last finding before row `first` is a warning. mean: as
    measured, NaN where the minute is not valid; ratio: to the unit of the limit, NaN where that cannot be. o2_pct: of
    the same minute, NaN where it is not valid. limit: in its own unit, NaN for none; mg_m3: what turns that unit into
    mg/m3; reference: NaN where the measured value stands; unit: position in `units`. excluded: position in `kinds`,
    NOT_EXCLUDED for none. point, o2_point: position in `points` and `o2_points`, -1 for none.
    """

    subject: Subject
    start: int
    first: int
    warned: bool
    mean: Float64
    ratio: Float64
    o2_pct: Float64
    limit: Float64
    mg_m3: Float64
    decimals: Int64
    reference: Float64
    limit_id: Int64
    unit: Int64
    units: Sequence[str]
    excluded: Int64
    kinds: Sequence[str]
    point: Int64
    points: Sequence[str]
    o2_point: Int64
    o2_points: Sequence[str]


@evaluator(
    "early_warning",
    params=EarlyWarningParams,
    window=EarlyWarningWindow,
    selects={"kind"},
    subjects={SubjectKind.POLLUTANT},
)
def early_warning(window: EarlyWarningWindow, params: EarlyWarningParams) -> list[Judgement]:
    """Judgements only for minutes after which a warning begins or ends; value and limit in mg/m3.

    value: the projected mean of the hour where that is what is seen, otherwise the mean of the minutes looked at.
    """
    minutes = MinuteColumns(
        window.start, converted(window, params), window.excluded >= 0, window.limit, window.decimals
    )
    signs = WarningSigns(params.window_min, params.share_pct, params.projection_min_valid, params.min_valid_minutes)
    seen = look(minutes, signs)
    rows = [window.first + row for row in turns(seen.sign[window.first :], warned=window.warned)]
    return [_judgement(window, params, minutes, seen, row) for row in rows]


def converted(window: EarlyWarningWindow, params: EarlyWarningParams) -> Float64:
    """Minutes in the unit of their limit at its reference oxygen (HJ 212-2017 D.2.3, equation 28), by the oxygen of the
    same minute; NaN where that is missing, negative or near that of air."""
    measured = window.mean * window.ratio
    needs = np.isfinite(window.reference)
    usable = (window.o2_pct >= 0) & (window.o2_pct < params.ambient_o2_from_pct)
    o2 = np.where(needs & usable, window.o2_pct, np.nan)
    value: Float64 = np.where(needs, measured * (21.0 - window.reference) / (21.0 - o2), measured)
    return value


def minute_period(number: int) -> Period:
    """The clock minute of a number of minutes since 1970."""
    start = _EPOCH + number * _MINUTE
    return Period(start, start + _MINUTE)


def _judgement(
    window: EarlyWarningWindow, params: EarlyWarningParams, minutes: MinuteColumns, seen: Seen, row: int
) -> Judgement:
    sign = Sign(int(seen.sign[row]))
    verdict = Verdict.VIOLATION if sign.warns else Verdict.COMPLIANT
    shown = range(row - params.window_min + 1, row + 1)
    value = seen.projected[row] if sign is Sign.PROJECTED_OVER else seen.recent[row]
    evidence: Evidence = {"window_min": params.window_min}
    if sign is Sign.EXCLUDED:
        value = np.nan
        evidence["excluded"] = window.kinds[int(window.excluded[row])]
    else:
        evidence |= _limit_evidence(window, params, row)
        evidence["minutes"] = [_minute(window, minutes, at) for at in shown if at >= 0]
    if sign is Sign.PROJECTED_OVER:
        evidence["projection"] = {
            "formula": "(sum+left*recent_mean)/(valid_minutes+left)",
            "valid_minutes": int(seen.count[row]),
            "sum": float(seen.total[row]),
            "left": int(seen.left[row]),
            "recent_mean": float(seen.recent[row]),
            "projected": float(value),
            "rounded": round_gbt8170(without_noise(float(value)), int(window.decimals[row])),
        }
    factor = float(window.mg_m3[row])
    limit = known(window.limit[row])
    period = minute_period(window.start + row)
    return Judgement(
        window.subject,
        period,
        verdict,
        sign.word,
        _in_mg(known(value), factor),
        _in_mg(limit, factor),
        "mg/m3",
        evidence,
    )


def _in_mg(value: float | None, factor: float) -> float | None:
    """A figure as findings give it, which compare outlets of any unit."""
    return value if value is None or factor == 1.0 else without_noise(value * factor)


def _limit_evidence(window: EarlyWarningWindow, params: EarlyWarningParams, row: int) -> Evidence:
    evidence: Evidence = {
        "pollutant": {"point": _code(window.points, window.point[row])},
        "limit_id": int(window.limit_id[row]),
        "limit": float(window.limit[row]),
        "limit_unit": window.units[int(window.unit[row])],
        "decimals": int(window.decimals[row]),
        "share_pct": params.share_pct,
        "comparison": "<=",
        "formula": "C",
    }
    reference = known(window.reference[row])
    if reference is not None:
        evidence["o2"] = {"point": _code(window.o2_points, window.o2_point[row])}
        evidence["reference_o2_pct"] = reference
        evidence["formula"] = f"C*(21-{reference:g})/(21-O2)"
    return evidence


def _minute(window: EarlyWarningWindow, minutes: MinuteColumns, row: int) -> Evidence:
    """What a person needs to compute a minute again."""
    shown: Evidence = {
        "minute": json_instant(minute_period(window.start + row).start),
        "mean": known(window.mean[row]),
    }
    if np.isfinite(window.reference[row]):
        shown["o2_pct"] = known(window.o2_pct[row])
    return shown | {"value": known(minutes.value[row])}


def _code(codes: Sequence[str], position: int) -> str | None:
    return codes[int(position)] if position >= 0 else None
