"""What an alert's page says in words: facts, what happened, who was told and why not. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from alerts.wording import period_text
from api.desk.plot import word_of
from api.desk.words import clock_text, figure, full_text, lasted_text, one_line
from domain.periods import Period
from domain.telling import DECISION_WORDS, REASON_WORDS

Row = Mapping[str, Any]

EVENTS = {
    "pending": "开始出现",
    "firing": "触发告警",
    "resolved": "恢复",
    "superseded": "不再成立（数据补报或更正）",
    "reopened": "并入更早的告警，继续",
    "corrected": "起止时间更正",
    "acknowledged": "签收",
    "notify": "发出通知",
    "not_notified": "未通知",
    "notify_failed": "通知失败",
    "realarmed": "签收后仍未恢复，再次告警",
    "return_confirmed": "确认恢复",
    "commented": "备注",
    "handed_over": "转交",
    "shelved": "搁置",
    "unshelved": "取消搁置",
    "out_of_service": "停用",
    "in_service": "恢复使用",
    "no_data": "无数据，看不到是否仍在持续",
    "data_returned": "数据恢复",
}

OCCASIONS = {
    "firing": "告警",
    "resolved": "恢复",
    "withdrawn": "撤销",
    "repeated": "重复提醒",
    "realarmed": "再次告警",
    "escalated": "升级",
    "handed_over": "转交",
    "digest": "汇总",
    "test": "测试",
}

_DECISIONS = {str(decision): word for decision, word in DECISION_WORDS.items()}

#: Why somebody is told, later, or not; and notes of the roster that go with it.
REASONS = {
    **{str(reason): word for reason, word in REASON_WORDS.items()},
    "roster_gap": "排班空缺，转值班长",
    "member_left": "值班人员已离岗，由他人代班",
    "no_next": "没有下一班，转值班长",
    "no_route": "没有匹配的路由",
    "channel_failing": "首选渠道故障",
    # histories of before
    "firing_not_notified": "未通知过其发生",
}

_SENT = {"queued": "待发", "sent": "已送达", "failed": "发送失败"}
_RESOLUTIONS = {"compliant": "恢复达标", "superseded": "数据更正后不再成立", "violation": "转为超标（无数据告警结束）"}


def facts(alert: Row, now: datetime) -> list[tuple[str, str]]:
    """(what, text) in order: what was seen, where, since when, against what."""
    return list(_facts(alert, now))


def _facts(alert: Row, now: datetime) -> Iterator[tuple[str, str]]:
    details = alert["details"] if isinstance(alert["details"], dict) else {}
    ended = alert["resolved_at"]
    where = " · ".join(
        part
        for part in (
            one_line(alert["enterprise_name"] or details.get("enterprise_name") or "", 60),
            one_line(details.get("subject_name") or "", 60),
            alert["district_name"] or "",
        )
        if part
    )
    yield "地点", where or "全市"
    yield "对象", one_line(alert["subject"], 120)
    lasted = lasted_text((ended or now) - alert["occurred_at"])
    yield "开始", f"{full_text(alert['occurred_at'])[:-3]} 起，{'历时' if ended else '已'} {lasted}"
    if ended is not None:
        why = _RESOLUTIONS.get(alert["resolution"] or "", "")
        yield "结束", f"{full_text(ended)[:-3]}{f'（{why}）' if why else ''}"
    elif alert["no_data_since"] is not None:
        yield "注意", f"{clock_text(alert['no_data_since'], now)} 起没有有效数据，不能认为已经恢复"
    value = figure(details.get("value"), details.get("unit"), details.get("limit"))
    limit = figure(details.get("limit"), details.get("unit"), details.get("value"))
    if value or limit:
        yield "值 / 限值", f"{value or '—'} / {limit or '—'}"
    clause = " ".join(
        part
        for part in (details.get("standard") or alert["standard"], details.get("clause") or alert["clause"])
        if part
    )
    yield "依据", one_line(clause, 200) or "平台规则"
    yield "规则", f"{one_line(alert['rule_title'] or details.get('rule_title') or '', 80)}（{alert['rule_id']}）"
    yield "发现", f"{full_text(alert['detected_at'])}（平台时间）"
    yield "首次通知", full_text(alert["notified_at"]) or "尚未通知任何人"
    if alert["acknowledged_at"] is not None:
        yield "签收", f"{one_line(alert['acknowledged_by'] or '', 40)}，{full_text(alert['acknowledged_at'])}"
    if alert["assignee"]:
        yield "处理人", one_line(alert["assignee_name"] or alert["assignee"], 40)
    if alert["hold"] is not None:
        word = "搁置" if alert["hold"] == "shelved" else "停用"
        until = f"，至 {clock_text(alert['hold_until'], now)}" if alert["hold_until"] else ""
        by = f"{one_line(alert['hold_author'], 40)} {clock_text(alert['hold_from'], now)}"
        yield word, f"{by}{until}：{one_line(alert['hold_reason'], 200)}"


def summary_lines(summary: str) -> list[str]:
    """The text of the alert without its address: one is here already."""
    return [
        one_line(line, 600) for line in summary.splitlines() if line.strip() and not line.startswith(("详情：", "http"))
    ]


def event_line(event: Row, names: Mapping[str, str]) -> dict[str, str]:
    """A line of the history: when, what, who, and what they wrote."""
    kind, comment = event["kind"], event["comment"] or ""
    if kind == "not_notified":
        comment = REASONS.get(comment, comment)
    elif kind == "notify":
        comment = _told(comment, names)
    who = "平台" if event["actor"] in ("plantwatch", "platform") else one_line(event["actor"], 40)
    return {
        "at": full_text(event["at"]),
        "kind": kind,
        "what": EVENTS.get(kind, kind),
        "who": who,
        "comment": one_line(comment, 1000),
    }


def _told(comment: str, names: Mapping[str, str]) -> str:
    """`firing dingtalk/person:wang-wei` as people read it."""
    occasion, _, rest = comment.partition(" ")
    channel, slash, receiver = rest.partition("/")
    if not slash:
        return comment
    return f"{OCCASIONS.get(occasion, occasion)}：{receiver_name(receiver, names)}（{channel}）"


def receiver_name(receiver: str | None, names: Mapping[str, str]) -> str:
    """`person:CODE` and `team:CODE` by name."""
    if not receiver:
        return ""
    kind, colon, code = receiver.partition(":")
    if colon and kind == "team":
        return f"{names.get(receiver, code)}（群）"
    return one_line(names.get(receiver, code if colon else receiver), 60)


def decision_line(row: Row, names: Mapping[str, str]) -> dict[str, str]:
    """Whom it was decided to tell or not, why, and what became of it."""
    said = {name: str(row[name] or "") for name in ("event", "decision", "reason", "detail")}
    became = _SENT.get(row["state"] or "", "")
    if row["state"] == "sent" and row["sent_at"] is not None:
        became = f"已送达 {full_text(row['sent_at'])[11:]}"
    elif row["state"] == "failed" and row["last_error"]:
        became = f"发送失败：{one_line(row['last_error'], 120)}"
    elif row["state"] == "queued" and row["attempts"]:
        became = f"第 {row['attempts']} 次没有成功，稍后再试"
    reason, detail = (REASONS.get(said[name], said[name]) for name in ("reason", "detail"))
    return {
        "at": full_text(row["at"]),
        "event": OCCASIONS.get(said["event"], said["event"]),
        "to": receiver_name(row["receiver"], names) or one_line(row["team_name"] or row["team"] or "", 40),
        "channel": row["channel"] or "",
        "decision": _DECISIONS.get(said["decision"], said["decision"]),
        "code": said["decision"],
        "reason": one_line(f"{reason}（{detail}）" if detail else reason, 160),
        "became": became,
    }


def finding_line(row: Row) -> dict[str, str]:
    """A finding as a line of a table: for duties and leaks its period is the time allowed."""
    subject = row["subject"].partition(":")[2]
    verdicts = {"violation": "不符合", "compliant": "符合", "undetermined": "无法判定"}
    period = Period(row["period_start"], row["period_end"]) if row["period_end"] > row["period_start"] else None
    return {
        "period": period_text(period) if period is not None else full_text(row["period_start"]),
        "subject": one_line(subject, 80),
        "verdict": verdicts.get(str(row["verdict"]), str(row["verdict"])),
        "reason": word_of(row["reason"]),
        "value": figure(row["value"], row["unit"], row["limit_value"]),
        "limit": figure(row["limit_value"], row["unit"], row["value"]),
    }


#: Boards by what rules are about; the alarm system's own board for the rest.
_BOARDS = {
    "ule": "emission",
    "legal": "emission",
    "warn": "emission",
    "mass": "emission",
    "voc": "emission",
    "data": "trust",
    "qa": "trust",
    "sign": "trust",
    "water": "water",
    "energy": "energy",
    "carbon": "carbon",
    "green": "carbon",
    "ldar": "leaks",
    "duty": "duties",
    "remind": "duties",
    "platform": "platform",
}


def board_url(grafana_url: str, rule_id: str, enterprise: str | None, period: Period) -> str:
    """The Grafana board about the alert's matter, at its enterprise and its time."""
    board = _BOARDS.get(rule_id.partition(".")[0], "alarm-health")
    query = {"from": str(int(period.start.timestamp() * 1000)), "to": str(int(period.end.timestamp() * 1000))}
    if enterprise is not None:
        query["var-enterprise"] = enterprise
    return f"{grafana_url}/d/plantwatch-{board}?{urlencode(query)}"
