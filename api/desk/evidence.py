"""What an alert rests on, read for its page: a plot where there are figures over time, a table of terms else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from api.desk import plot
from api.desk.words import full_text
from api.explain import explain
from domain.errors import BadInput, NotFound
from domain.findings import BUREAU_ONLY, Subject, SubjectKind
from domain.periods import HOUR, Period
from storage.database import Connection
from storage.listing.desk_alert import enterprise_violations, findings_around, gateway_hours_around, hours_around
from storage.listing.explain import explained_points
from storage.listing.findings import get_finding
from storage.listing.limits import limits_by_id

#: Subjects and rules of which there is no figure over time, but terms and things to do.
_TERMS = ("duty.", "remind.", "ldar.", "qa.")
_DUTIES = ("duty.", "remind.", "ldar.")
_TABLE_ROWS = 60
_DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Evidence:
    """options: of the plot, None where there is none. rows: findings, for a table. steps: how it was worked out."""

    title: str
    options: dict[str, Any] | None = None
    note: str = ""
    rows: Sequence[Mapping[str, Any]] = ()
    steps: Sequence[str] = ()


async def evidence_of(connection: Connection, alert: Mapping[str, Any], now: datetime, *, is_bureau: bool) -> Evidence:
    """For an alert of `storage.listing.desk_alert.alert_page`. is_bureau: whether what says something of others may be
    told."""
    finding = await _finding(connection, alert["finding_id"])
    said = dict(finding["evidence"]) if isinstance(finding.get("evidence"), dict) else {}
    if not is_bureau:
        said.pop(BUREAU_ONLY, None)
    steps = await _steps(connection, {**finding, "evidence": said}) if finding else []
    try:
        subject = Subject.parse(alert["subject"])
    except BadInput:
        return Evidence("证据", note="对象无法识别，证据见接口。", steps=steps)
    period = plot.stretch(alert, now)
    made = await _made(connection, alert, subject, said, period, finding)
    return replace(made, steps=steps)


async def _made(
    connection: Connection,
    alert: Mapping[str, Any],
    subject: Subject,
    said: Mapping[str, Any],
    period: Period,
    finding: Mapping[str, Any],
) -> Evidence:
    rule_id = alert["rule_id"]
    if alert["per"] == "enterprise" and subject.enterprise is not None:
        rows = await enterprise_violations(
            connection,
            rule_id=rule_id,
            enterprise=subject.enterprise,
            period=plot.wide(period, alert),
            limit=_TABLE_ROWS,
        )
        return Evidence("逐项情况", rows=rows, note=_cut_note(rows))
    found = await findings_around(
        connection, rule_id=rule_id, subject=alert["subject"], period=period, limit=plot.MOST_PERIODS
    )
    if not plot.hourly(found) and not (found and plot.is_counted(rule_id)):
        period = plot.wide(period, alert)
        found = await findings_around(connection, rule_id=rule_id, subject=alert["subject"], period=period, limit=60)
        if not found and finding:
            # nothing stands any more, or it is older than one looks: what the alert was raised on is shown all the same
            found = [dict(finding)]
        if found:
            period = Period(
                found[0]["period_start"] - _DAY, max(found[-1]["period_end"], found[0]["period_start"] + _DAY)
            )
    if rule_id.startswith(_TERMS) or subject.kind in (SubjectKind.COMPONENT, SubjectKind.RULE):
        rows = list(reversed(found))[:_TABLE_ROWS]
        title = "期限与办理情况" if rule_id.startswith(_DUTIES) else "判定"
        return Evidence(title, rows=rows, note=_cut_note(rows))
    made = await _picture(connection, rule_id, subject, said, period, found, finding)
    if made.is_empty:
        return Evidence("判定", rows=list(reversed(found))[:_TABLE_ROWS], note="这段时间没有可以画出的数值。")
    shown = made.window or period
    return Evidence("事件前后", plot.options(made, shown), note=_note(made, alert["occurred_at"], shown))


async def _picture(
    connection: Connection,
    rule_id: str,
    subject: Subject,
    said: Mapping[str, Any],
    period: Period,
    found: Sequence[Mapping[str, Any]],
    finding: Mapping[str, Any],
) -> plot.Picture:
    enterprise = subject.enterprise
    roles = plot.points_wanted(subject, said)
    if enterprise is None:
        return plot.picture(rule_id, found, [], roles)
    if subject.kind is SubjectKind.GATEWAY:
        gateway = subject.key.partition("/")[2]
        hours = await gateway_hours_around(connection, enterprise=enterprise, gateway=gateway, period=period)
        return plot.counted(hours, found, period.end)
    if rule_id.startswith("warn.") and finding:
        points = await _minutes(connection, enterprise, sorted(roles), finding["period_start"])
        base = plot.picture(rule_id, found, [], roles)
        by_minute = plot.minutes(points, roles, base)
        if not by_minute.is_empty:
            return by_minute
    hours = await hours_around(connection, enterprise=enterprise, codes=sorted(roles), period=period) if roles else []
    return plot.picture(rule_id, found, hours, roles, period.end)


async def _minutes(
    connection: Connection, enterprise: str, codes: Sequence[str], at: datetime
) -> list[Mapping[str, Any]]:
    """Points with the minutes of the hour of an instant and of the ones beside it."""
    start = at.replace(minute=0, second=0, microsecond=0) - HOUR
    merged: dict[str, dict[str, Any]] = {}
    for number in range(3):
        hour = Period(start + number * HOUR, start + (number + 1) * HOUR)
        for point in await explained_points(connection, enterprise=enterprise, codes=codes, hour=hour):
            kept = merged.setdefault(point["point"], {**point, "minutes": []})
            kept["minutes"] += point["minutes"]
    return list(merged.values())


async def _finding(connection: Connection, finding_id: int) -> Mapping[str, Any]:
    try:
        return await get_finding(connection, finding_id)
    except NotFound:
        return {}


async def _steps(connection: Connection, finding: Mapping[str, Any]) -> list[str]:
    """How the verdict came about, in words with the numbers filled in; nothing where it is not told."""
    evidence = finding["evidence"]
    limits = await limits_by_id(connection, [evidence["limit_id"]]) if "limit_id" in evidence else []
    try:
        worked = explain(finding, limits[0] if limits else None)
    except (KeyError, TypeError, ValueError):
        # evidence of another version: the interface shows it as it is
        return []
    return worked.steps


def _note(made: plot.Picture, began_at: datetime, shown: Period) -> str:
    parts = []
    if began_at < shown.start:
        parts.append(f"告警始于 {full_text(began_at)[:-3]}，图上是其中 {full_text(shown.start)[:-3]} 以后的部分")
    if made.bad:
        parts.append("红色底为不符合的时段")
    if made.dark:
        parts.append("灰色底为数据不足、无法判定的时段")
    if made.limits:
        parts.append("红色虚线为限值")
    return "；".join(parts) + "。时间为北京时间。" if parts else "时间为北京时间。"


def _cut_note(rows: Sequence[Mapping[str, Any]]) -> str:
    return f"列出最近 {_TABLE_ROWS} 项，其余见接口。" if len(rows) == _TABLE_ROWS else ""
