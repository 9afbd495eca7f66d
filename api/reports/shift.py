"""The shift report (交接班记录): rows to words and figures, and to a document. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from alerts.dispatch.audience import DUTY
from alerts.failures import failure_text
from alerts.wording import SEVERITY_WORDS
from api.matcherwords import matched
from api.models.roster import HandoverItem, OverrideItem, handover_item, override_item, person
from api.models.shiftreport import ShiftAction, ShiftAlert, ShiftDelivery, ShiftEscalation, ShiftHold, ShiftReport
from api.naming import DEEDS, OCCASIONS
from api.reports.document import Cell, Column, Document, Table, local_text
from domain.alarmstate import WORDS, DisplayState
from domain.alerts import Resolution, Severity
from domain.periods import Period
from domain.roster import Override, Roster, Turn
from domain.routing import Routes
from storage.listing.shift import MOST, ShiftRows

#: Alerts that are listed; figures count all.
SHOWN = 5000
_MINUTE = timedelta(minutes=1)
#: What could be somebody's telephone number, address or account in a channel's word of failure.
_PRIVATE = re.compile(r"\S+@\S+|\+?[0-9][0-9 -]{5,}[0-9]")

_ALERTS = (
    Column("编号", 8, 0),
    Column("级别", 7),
    Column("告警", 52),
    Column("发生时间", 16),
    Column("发现时间", 16),
    Column("结束时间", 16),
    Column("状态", 13),
    Column("签收人", 12),
    Column("签收用时（分钟）", 10, 1),
    Column("转交给", 10),
)
_DONE = (
    Column("时间", 16),
    Column("告警编号", 9, 0),
    Column("告警", 60),
    Column("处理", 16),
    Column("处理人", 12),
    Column("说明", 50),
)
_HELD = (
    Column("类别", 8),
    Column("对象", 60),
    Column("起", 16),
    Column("止", 16),
    Column("提前结束", 16),
    Column("操作人", 12),
    Column("原因", 40),
)
_ESCALATED = (
    Column("时间", 16),
    Column("告警编号", 9, 0),
    Column("告警", 60),
    Column("事项", 10),
    Column("通知对象", 20),
    Column("渠道", 16),
)
_DELIVERED = (
    Column("渠道", 24),
    Column("消息数", 8, 0),
    Column("已送达渠道", 10, 0),
    Column("失败", 8, 0),
    Column("待发", 8, 0),
    Column("重试次数", 8, 0),
    Column("最近的失败", 60),
)
_CHANGED = (
    Column("起", 16),
    Column("止", 16),
    Column("值班人", 12),
    Column("替换", 12),
    Column("原因", 40),
    Column("登记人", 12),
    Column("登记时间", 16),
    Column("状态", 24),
)
_TOLD = (
    Column("方向", 10),
    Column("交班人", 12),
    Column("接班人", 12),
    Column("书写时间", 16),
    Column("内容", 90),
    Column("当时未结束告警", 10, 0),
)
_SIGNED = (Column("角色", 14), Column("姓名", 24), Column("签字", 40), Column("日期", 24))
_NOTES = (
    "时间均为北京时间。告警的发生时间是数据所在时段的开始，发现和结束时间以平台时钟为准；本记录按平台时钟归入班次。",
    "签收用时自第一条通知进入发送队列时起算，没有通知过的自平台发现时起算；中位数只计本班发生并已签收的告警。",
    "「已送达渠道」指服务方已接收，不表示有人已读。联系方式不在本记录中。",
    "值班人由排班表和排班变动得出；补录、订正的数据会改变告警，不改变已经写下的交接内容。",
)


def build(
    rows: ShiftRows,
    roster: Roster,
    routes: Routes,
    turn: Turn,
    *,
    overrides: Sequence[Override],
    handovers: Sequence[dict[str, Any]],
    now: datetime,
) -> ShiftReport:
    """The report of a turn's whole shift. handovers: notes of the team on shifts that end with this one or at its
    start. now: the platform's clock; of a shift that is not over everything until then is told."""
    shift = turn.whole
    as_of = min(now, shift.end)
    alerts = [_alert(row) for row in rows.alerts if row["labels"] is None or _is_of(turn.team, row["labels"], routes)]
    known = {alert.alert_id for alert in alerts}
    new = [alert for alert in alerts if alert.is_new]
    standing = [alert for alert in alerts if alert.ended_at is None]
    waits = [alert.taken_after_min for alert in new if alert.taken_after_min is not None]
    return ShiftReport(
        team=turn.team,
        team_name=roster.teams[turn.team].name,
        shift=turn.shift,
        shift_name=turn.shift_name,
        from_at=shift.start,
        until_at=shift.end,
        as_of=as_of,
        is_over=shift.end <= now,
        people=[person(roster, code) for code in _people(roster, turn)],
        taker=[person(roster, code) for code in _next(roster, turn)],
        fired=len(new),
        fired_critical=sum(alert.severity == Severity.CRITICAL for alert in new),
        ended=len(alerts) - len(standing),
        open=len(standing),
        open_untaken=sum(alert.taken_at is None for alert in standing),
        taken_median_min=round(median(waits), 1) if waits else None,
        taken_longest_min=max(waits, default=None),
        alerts=alerts[:SHOWN],
        actions=[_action(row) for row in rows.actions if row["is_told"] or row["alert_id"] in known],
        holds=[_hold(row) for row in rows.holds] + [_silence(row) for row in rows.silences],
        escalations=[_escalation(row, roster) for row in rows.escalations],
        deliveries=[_delivery(row) for row in rows.deliveries],
        overrides=[override_item(roster, one) for one in overrides],
        received=[handover_item(roster, row) for row in handovers if row["until_at"] == shift.start],
        given=[handover_item(roster, row) for row in handovers if row["until_at"] == shift.end],
        cut=len(alerts) > SHOWN
        or any(len(kind) == MOST for kind in (rows.alerts, rows.actions, rows.holds, rows.silences, rows.escalations)),
    )


def _is_of(team: str, labels: dict[str, str], routes: Routes) -> bool:
    """Whether an alert that nobody was told of yet would be told to a team."""
    return team in (routes.teams(labels) or (DUTY,))


def _people(roster: Roster, turn: Turn) -> list[str]:
    """Whoever was on duty in some part of the shift."""
    turns = [one for one in roster.turns(turn.team, turn.whole) if (one.shift, one.whole) == (turn.shift, turn.whole)]
    return list(dict.fromkeys(code for one in turns for code in one.people))


def _next(roster: Roster, turn: Turn) -> tuple[str, ...]:
    end = turn.whole.end
    following = roster.following(turn.team, end - timedelta(microseconds=1))
    return () if following is None else following.people


def _alert(row: dict[str, Any]) -> ShiftAlert:
    after = None if row["taken_at"] is None else round(max(row["taken_at"] - row["told_at"], timedelta(0)) / _MINUTE, 1)
    kept = (
        "alert_id", "severity", "title", "enterprise_name", "occurred_at", "fired_at", "ended_at", "taken_at",
        "taken_by", "assignee", "is_new",
    )  # fmt: skip
    return ShiftAlert(
        **{name: row[name] for name in kept},
        severity_word=SEVERITY_WORDS[Severity(row["severity"])],
        state_word=_state(row),
        taken_after_min=after,
    )


def _state(row: dict[str, Any]) -> str:
    if row["ended_at"] is None:
        word = WORDS[DisplayState.UNACKNOWLEDGED if row["taken_at"] is None else DisplayState.ACKNOWLEDGED]
        return word if row["was_told"] else f"{word}（未通知）"
    if row["ending"] == Resolution.SUPERSEDED:
        return "已撤销"
    untaken = row["taken_at"] is None and row["was_told"]
    return WORDS[DisplayState.RETURNED_UNACKNOWLEDGED if untaken else DisplayState.NORMAL]


def _action(row: dict[str, Any]) -> ShiftAction:
    word = DEEDS[row["kind"]]
    if row["to_name"] is not None:
        word = f"{word}给{row['to_name']}"
    elif row["until_at"] is not None:
        word = f"{word}至 {local_text(row['until_at'])}"
    return ShiftAction(
        action_word=word, **{name: row[name] for name in ("at", "alert_id", "title", "actor", "comment")}
    )


def _hold(row: dict[str, Any]) -> ShiftHold:
    return ShiftHold(
        kind_word=DEEDS[row["kind"]],
        what=row["title"] or f"{row['rule_id']} {row['subject']}",
        **{name: row[name] for name in ("from_at", "until_at", "ended_at", "author", "reason")},
    )


def _silence(row: dict[str, Any]) -> ShiftHold:
    return ShiftHold(
        kind_word="静默",
        what=matched(row["matchers"]),
        from_at=row["starts_at"],
        until_at=row["ends_at"],
        ended_at=row["ended_at"],
        author=row["author"],
        reason=row["comment"],
    )


def _escalation(row: dict[str, Any], roster: Roster) -> ShiftEscalation:
    kind, _, code = (row["receiver"] or "").partition(":")
    named: Any = {"person": roster.people, "team": roster.teams}.get(kind, {}).get(code)
    return ShiftEscalation(
        at=row["at"],
        alert_id=row["alert_id"],
        title=row["title"],
        event_word=OCCASIONS[row["event"]],
        receiver=code or "—" if named is None else named.name,
        channel=row["channel"] or "—",
    )


def _delivery(row: dict[str, Any]) -> ShiftDelivery:
    """Without addresses: a service may say whom it does not know."""
    error = row["last_error"]
    return ShiftDelivery(**row | {"last_error": None if error is None else failure_text(_PRIVATE.sub("…", error))})


def document(report: ShiftReport, made_at: datetime) -> Document:
    """For paper and for a workbook."""
    names = "、".join(one.name for one in report.people) or "无人"
    takers = "、".join(one.name for one in report.taker) or "无人"
    taken = "—"
    if report.taken_median_min is not None:
        taken = f"中位数 {report.taken_median_min:g} 分钟，最长 {report.taken_longest_min:g} 分钟"
    end = "" if report.is_over else f"（未结束，截至 {local_text(report.as_of)}）"
    notes = _NOTES if not report.cut else (f"告警超过 {SHOWN} 条的只列出前 {SHOWN} 条，条数统计包括全部。", *_NOTES)
    return Document(
        title=f"{report.team_name} 交接班记录",
        header=(
            ("班组", f"{report.team_name}（{report.team}）"),
            ("班次", f"{report.shift_name}　{local_text(report.from_at)} 至 {local_text(report.until_at)}{end}"),
            ("值班人", names),
            ("下一班", takers),
            ("告警", f"新发生 {report.fired} 条（严重 {report.fired_critical} 条），结束 {report.ended} 条"),
            ("班末", f"未结束 {report.open} 条，其中未签收 {report.open_untaken} 条"),
            ("签收用时", taken),
            ("制表", f"{local_text(made_at, seconds=True)}（北京时间）"),
        ),
        tables=(
            Table(
                "交接内容",
                _TOLD,
                [*_note_cells(report.received, "接班"), *_note_cells(report.given, "交班")],
                "没有书写交接内容。",
            ),
            Table(
                "班末未结束的告警", _ALERTS, [_cells(one) for one in report.alerts if one.ended_at is None], "没有。"
            ),
            Table("本班结束的告警", _ALERTS, [_cells(one) for one in report.alerts if one.ended_at], "没有。"),
            Table("本班处理", _DONE, [_done(one) for one in report.actions], "本班没有人处理告警。"),
            Table("升级与转交", _ESCALATED, [_escalated(one) for one in report.escalations], "没有。"),
            Table("搁置、停用与静默", _HELD, [_held(one) for one in report.holds], "没有。"),
            Table("通知发送", _DELIVERED, [_delivered(one) for one in report.deliveries], "本班没有发送通知。"),
            Table("排班变动", _CHANGED, [_changed(one) for one in report.overrides], "没有。"),
            Table(
                "签字确认", _SIGNED, [["交班人", names, None, None], ["接班人", takers, None, None]], "", to_sign=True
            ),
        ),
        notes=notes,
        made_at=made_at,
    )


def _note_cells(told: Sequence[HandoverItem], direction: str) -> list[list[Cell]]:
    return [[direction, one.giver.name, one.taker.name, one.at, one.note, one.open_alerts] for one in reversed(told)]


def _cells(one: ShiftAlert) -> list[Cell]:
    return [
        one.alert_id,
        one.severity_word,
        one.title,
        one.occurred_at,
        one.fired_at,
        one.ended_at,
        one.state_word,
        one.taken_by,
        one.taken_after_min,
        one.assignee,
    ]


def _done(one: ShiftAction) -> list[Cell]:
    return [one.at, one.alert_id, one.title, one.action_word, one.actor, one.comment]


def _escalated(one: ShiftEscalation) -> list[Cell]:
    return [one.at, one.alert_id, one.title, one.event_word, one.receiver, one.channel]


def _held(one: ShiftHold) -> list[Cell]:
    until = one.until_at or "未定"
    return [one.kind_word, one.what, one.from_at, until, one.ended_at, one.author, one.reason]


def _delivered(one: ShiftDelivery) -> list[Cell]:
    return [one.channel, one.messages, one.sent, one.failed, one.waiting, one.repeats, one.last_error]


def _changed(one: OverrideItem) -> list[Cell]:
    state = one.state_word
    if one.cancelled_at is not None:
        state = f"{local_text(one.cancelled_at)} 由 {one.cancelled_by} 取消"
    replaced = "增援" if one.replaces is None else one.replaces.name
    return [
        one.from_at,
        one.until_at,
        one.person.name,
        replaced,
        one.reason,
        one.author,
        one.created_at,
        state,
    ]


def stretch(turn: Turn, now: datetime) -> Period:
    """What a report of a turn's shift tells of: until now when it is not over."""
    return Period(turn.whole.start, min(turn.whole.end, now))
