"""The plot of what an alert rests on, as ECharts options; and the table where there is nothing to plot. Pure.

Times go to the browser as local wall-clock texts, so that the axis reads like the clock on the wall of the duty room
whatever the browser's own zone is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from alerts.wording import quantity
from api.desk.words import COUNTED
from api.explain import POINT_ROLES, points_of
from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import HOUR, SITE_ZONE, Period

#: More cannot be told apart on a screen.
MOST_PERIODS = 400
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
#: The share of the picture that a word needs.
_ROOM = 0.09
_BEFORE, _AFTER, _LONGEST = timedelta(hours=24), timedelta(hours=12), timedelta(days=10)
_MISSING = frozenset({"no_data", "silent", "gateway_silent"})

#: Rules whose evidence is how many readings came, not what they read.
_COUNTED = ("data.point_offline", "data.gateway_offline", "data.arrival_rate", "data.capture_rate", "data.transmission")


@dataclass(frozen=True, slots=True)
class Curve:
    """Values by instant; None breaks the line. step: length of what a value stands for."""

    name: str
    unit: str
    values: Sequence[tuple[datetime, float | None]]
    kind: Literal["line", "bar"] = "line"
    is_shown: bool = True


@dataclass(frozen=True, slots=True)
class Picture:
    """limits: (from, to, value); bad: violating stretches; dark: stretches without enough data; window: what to show of
    the time, where that is less than was asked for."""

    curves: Sequence[Curve] = ()
    limits: Sequence[tuple[datetime, datetime, float]] = ()
    bad: Sequence[Period] = ()
    dark: Sequence[Period] = ()
    limit_unit: str = ""
    note: str = ""
    marks: Mapping[str, datetime] = field(default_factory=dict)
    window: Period | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that a line could be drawn through."""
        return not any(value is not None for curve in self.curves for _, value in curve.values)


def stretch(alert: Mapping[str, Any], now: datetime) -> Period:
    """The time to show around an alert: a day before it and half a day after; of a long one its last days."""
    end = min(now, (alert["resolved_at"] or max(alert["last_seen_at"], now)) + _AFTER)
    start = alert["occurred_at"] - _BEFORE
    if end - start > _LONGEST:
        start = end - _LONGEST
    return Period(start, max(end, start + HOUR))


def wide(period: Period, alert: Mapping[str, Any]) -> Period:
    """The time in which to look for findings of days, months and years: they are few."""
    return Period(min(period.start, alert["occurred_at"]) - 400 * _DAY, period.end)


def points_wanted(subject: Subject, evidence: Mapping[str, Any]) -> dict[str, str]:
    """What each point is to the verdict, by point code; a point's own alert rests on itself."""
    if subject.kind is SubjectKind.POINT:
        return {subject.key.partition("/")[2]: ""}
    return {code: POINT_ROLES.get(role, role) for role, code in points_of(evidence).items()}


def is_counted(rule_id: str) -> bool:
    """Whether the rule looks at how many readings came."""
    return rule_id.startswith(_COUNTED)


def hourly(findings: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the periods are hours or shorter."""
    return bool(findings) and all(row["period_end"] - row["period_start"] <= HOUR for row in findings)


def picture(
    rule_id: str,
    findings: Sequence[Mapping[str, Any]],
    hours: Sequence[Mapping[str, Any]],
    roles: Mapping[str, str],
    until: datetime | None = None,
) -> Picture:
    """From the findings of the alert's own series and the hourly rows of the points it rests on; until as of
    `counted`."""
    ends = {row["period_start"]: row["period_end"] for row in findings}
    judged = [(row["period_start"], row["value"]) for row in findings]
    unit = next((row["unit"] for row in findings if row["unit"]), "") or ""
    curves: list[Curve] = []
    if sum(value is not None for _, value in judged) > 0 and not is_counted(rule_id):
        if hourly(findings):
            curves.append(Curve("判定值", _unit(unit), _gapped(judged, ends)))
        else:
            curves.append(Curve("判定值", _unit(unit), [(_middle(row), row["value"]) for row in findings], "bar"))
    by_point: dict[str, list[Mapping[str, Any]]] = {}
    for row in hours:
        by_point.setdefault(row["point"], []).append(row)
    for code, rows in by_point.items():
        curves.append(_of_point(code, rows, roles.get(code, ""), is_counted(rule_id), is_shown=not curves))
    return Picture(
        curves=curves,
        # a limit on hours of silence is none on numbers of readings, and none at all on what there should be none of
        limits=() if is_counted(rule_id) else _joined(findings, unit),
        bad=_stretches(findings, Verdict.VIOLATION, until),
        dark=_stretches(findings, Verdict.UNDETERMINED),
        limit_unit=_unit(unit),
    )


def counted(
    hours: Sequence[Mapping[str, Any]], findings: Sequence[Mapping[str, Any]], until: datetime | None = None
) -> Picture:
    """Readings of a gateway by the hour. until: how long silence has lasted that nothing has ended."""
    curve = Curve("收到读数", "个", [(row["hour_at"], row["reading_count"]) for row in hours], "bar")
    return Picture(curves=[curve], bad=_stretches(findings, Verdict.VIOLATION, until))


def minutes(points: Sequence[Mapping[str, Any]], roles: Mapping[str, str], base: Picture) -> Picture:
    """Minutes of the hours around an early warning, instead of hourly rows."""
    curves: list[Curve] = []
    for point in points:
        values = [(slot["start"], slot["mean"]) for slot in point["minutes"]]
        name = roles.get(point["point"]) or point["name"]
        curves.append(Curve(f"{name} 分钟均值", _unit(point["unit"]), values, is_shown=not curves))
    slots = [slot["start"] for point in points for slot in point["minutes"]]
    if not slots:
        return Picture(curves=curves)
    shown = Period(min(slots), max(slots) + _MINUTE)
    limits = [one for one in base.limits if one[0] < shown.end and one[1] > shown.start]
    if limits:
        # a warning's own period is some minutes: its limit is to be seen beside all of them
        limits[0] = (min(shown.start, limits[0][0]), *limits[0][1:])
        limits[-1] = (limits[-1][0], max(shown.end, limits[-1][1]), limits[-1][2])
    return Picture(curves=curves, limits=limits, bad=base.bad, dark=base.dark, limit_unit=base.limit_unit, window=shown)


def _of_point(code: str, rows: Sequence[Mapping[str, Any]], role: str, counts: bool, *, is_shown: bool) -> Curve:
    name = f"{role or rows[0]['name']}（{code}）"
    if counts:
        return Curve(f"{name} 收到读数", "个", [(r["hour_at"], r["reading_count"]) for r in rows], "bar", is_shown)
    if rows[0]["kind"] == "counter":
        return Curve(
            f"{name} 小时增量", _unit(rows[0]["unit"]), [(r["hour_at"], r["increment"]) for r in rows], "bar", is_shown
        )
    values = _gapped([(r["hour_at"], r["mean"]) for r in rows], {r["hour_at"]: r["hour_at"] + HOUR for r in rows})
    return Curve(f"{name} 实测小时均值", _unit(rows[0]["unit"]), values, "line", is_shown)


def _gapped(
    values: Sequence[tuple[datetime, float | None]], ends: Mapping[datetime, datetime]
) -> list[tuple[datetime, float | None]]:
    """The values with a break where periods are missing between them: no line over what nobody measured."""
    found: list[tuple[datetime, float | None]] = []
    for at, value in values:
        if found:
            before = found[-1][0]
            expected = ends.get(before)
            if expected is not None and at - expected >= HOUR:
                found.append((expected, None))
        found.append((at, value))
    return found


def _stretches(findings: Sequence[Mapping[str, Any]], verdict: Verdict, until: datetime | None = None) -> list[Period]:
    """Touching periods of one verdict, joined. A verdict that is found only when it changes lasts until the next."""
    found: list[Period] = []
    for number, row in enumerate(findings):
        if row["verdict"] != verdict:
            continue
        end = row["period_end"]
        if row["reason"] in _MISSING and number + 1 < len(findings):
            end = max(end, findings[number + 1]["period_start"])
        elif row["reason"] in _MISSING and until is not None:
            end = max(end, until)
        if found and row["period_start"] <= found[-1].end:
            found[-1] = Period(found[-1].start, max(end, found[-1].end))
        else:
            found.append(Period(row["period_start"], end))
    return found


def _middle(row: Mapping[str, Any]) -> datetime:
    """Where a bar stands for its whole period."""
    start, end = row["period_start"], row["period_end"]
    middle: datetime = start + (end - start) / 2
    return middle


def _joined(findings: Sequence[Mapping[str, Any]], unit: str) -> list[tuple[datetime, datetime, float]]:
    """Stretches in which the limit was the same; findings without one have none."""
    found: list[tuple[datetime, datetime, float]] = []
    for row in findings:
        value = row["limit_value"]
        if value is None or (value == 0 and unit in COUNTED):
            continue
        if found and found[-1][2] == value:
            found[-1] = (found[-1][0], max(found[-1][1], row["period_end"]), value)
        else:
            found.append((row["period_start"], row["period_end"], value))
    return found


def _unit(unit: str) -> str:
    return unit.replace("m3", "m³")


def _local(at: datetime) -> str:
    return f"{at.astimezone(SITE_ZONE):%Y-%m-%dT%H:%M:%S}"


def options(made: Picture, period: Period) -> dict[str, Any]:
    """ECharts options: values, the limit as a red line, violating stretches shaded red, those without data grey."""
    units = list(dict.fromkeys(curve.unit for curve in made.curves if curve.is_shown)) or [""]
    axes = [*units, *(c.unit for c in made.curves if c.unit not in units)]
    axes = list(dict.fromkeys(axes))[:2]
    series: list[dict[str, Any]] = [_series(curve, axes) for curve in made.curves]
    if series:
        series[0]["markArea"] = {
            "silent": True,
            "data": [
                *_areas(made.bad, period, "rgba(198,40,40,.16)", "不符合"),
                *_areas(made.dark, period, "rgba(120,130,140,.16)", "无法判定"),
            ],
        }
        if made.marks:
            series[0]["markLine"] = {
                "silent": True,
                "symbol": "none",
                "lineStyle": {"color": "#5b6b7b", "type": "dotted"},
                "data": [
                    {"xAxis": _local(at), "label": {"formatter": word, "color": "#5b6b7b"}}
                    for word, at in made.marks.items()
                ],
            }
    if made.limits:
        limit_axis = axes.index(made.limit_unit) if made.limit_unit in axes else 0
        series.append(_limit(made, limit_axis))
    return {
        "animation": False,
        "grid": {"left": 56, "right": 84 if made.limits else 56 if len(axes) > 1 else 20, "top": 58, "bottom": 30},
        "legend": {
            "top": 0,
            "type": "scroll",
            "selected": {curve.name: curve.is_shown for curve in made.curves},
        },
        "tooltip": {"trigger": "axis"},
        "xAxis": {
            "type": "time",
            "min": _local(period.start),
            "max": _local(period.end),
            "axisLabel": {"hideOverlap": True, "formatter": "{MM}-{dd} {HH}:{mm}"},
        },
        "yAxis": [
            {"type": "value", "name": unit, "scale": False, "splitLine": {"show": number == 0}}
            for number, unit in enumerate(axes)
        ],
        "series": series,
    }


def _series(curve: Curve, axes: Sequence[str]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": curve.name,
        "type": curve.kind,
        "yAxisIndex": axes.index(curve.unit) if curve.unit in axes else 0,
        "data": [[_local(at), None if value is None else round(value, 4)] for at, value in curve.values],
    }
    if curve.kind == "line":
        made |= {"showSymbol": len(curve.values) < 60, "symbolSize": 4, "lineStyle": {"width": 1.6}, "step": "start"}
        del made["step"]
    else:
        made |= {"barMaxWidth": 14}
    return made


def _limit(made: Picture, axis: int) -> dict[str, Any]:
    data: list[list[Any]] = []
    for start, end, value in made.limits:
        if data:
            data.append([_local(start), None])
        data += [[_local(start), value], [_local(end), value]]
    return {
        "name": "限值",
        "type": "line",
        "yAxisIndex": axis,
        "data": data,
        "showSymbol": False,
        "endLabel": {
            "show": True,
            "formatter": f"限值 {quantity(made.limits[-1][2], None)}",
            "color": "#c62828",
        },
        "lineStyle": {"color": "#c62828", "type": "dashed", "width": 1.6},
        "itemStyle": {"color": "#c62828"},
    }


def _areas(stretches: Sequence[Period], period: Period, colour: str, word: str) -> list[list[dict[str, Any]]]:
    """Shaded stretches, the longest of them with its word: not everybody can tell the shades apart."""
    shown = [one for one in stretches if one.end >= period.start and one.start <= period.end]
    longest = max(shown, key=lambda one: _seen(one, period), default=None)
    is_wide = longest is not None and _seen(longest, period) >= _ROOM * (period.end - period.start)
    return [_area(one, period, colour, word if is_wide and one is longest else "") for one in shown]


def _seen(stretch_: Period, period: Period) -> timedelta:
    return min(stretch_.end, period.end) - max(stretch_.start, period.start)


def _area(stretch_: Period, period: Period, colour: str, word: str) -> list[dict[str, Any]]:
    start, end = max(stretch_.start, period.start), min(max(stretch_.end, stretch_.start), period.end)
    label = {"show": bool(word), "position": "insideTopLeft", "color": "#41505e", "fontSize": 12}
    return [
        {"xAxis": _local(start), "name": word, "itemStyle": {"color": colour}, "label": label},
        {"xAxis": _local(end)},
    ]
