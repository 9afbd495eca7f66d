"""What an alert's page says in words: what was seen, where, since when, against what. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from alerts.wording import period_text
from api.desk.words import against, clock_text, full_text, lasted_text, one_line
from api.naming import Names
from domain.findingwords import finding_word
from domain.periods import Period

Row = Mapping[str, Any]

_RESOLUTIONS = {
    "compliant": "恢复达标",
    "superseded": "数据更正后不再成立",
    "violation": "转为超标（无数据告警结束）",
    "retired": "不再判定（规则或对象已撤下）",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """what: its name. code: what it is called in registers and rules, for whoever has to look it up."""

    what: str
    text: str
    code: str = ""


def facts(alert: Row, now: datetime, names: Names, *, is_bureau: bool = True) -> list[Fact]:
    """In order: what was seen, where, since when, against what. is_bureau: whether what the bureau's people do among
    themselves may be told."""
    return list(_facts(alert, now, names, is_bureau))


def place(alert: Row, names: Names) -> str:
    """Whose an alert is: an enterprise and its district, the city, or the platform itself."""
    kind, _, code = alert["subject"].partition(":")
    if kind in ("rule", "channel"):
        return "平台自身"
    details = alert["details"] if isinstance(alert["details"], dict) else {}
    plant = alert["enterprise_name"] or details.get("enterprise_name") or ""
    parts = [one_line(plant, 60), alert["district_name"] or ""]
    if kind in ("city", "district", "park"):
        parts = [one_line(names.own(alert["subject"]) or details.get("subject_name") or code, 60)]
    return " · ".join(part for part in parts if part) or "全市"


def _facts(alert: Row, now: datetime, names: Names, is_bureau: bool) -> Iterator[Fact]:
    details = alert["details"] if isinstance(alert["details"], dict) else {}
    ended = alert["resolved_at"]
    yield Fact("地点", place(alert, names))
    subject = names.subject(alert["subject"], details.get("subject_name"))
    yield Fact("对象", one_line(subject, 120), one_line(alert["subject"], 120))
    lasted = lasted_text((ended or now) - alert["occurred_at"])
    yield Fact("开始", f"{full_text(alert['occurred_at'])[:-3]} 起，{'历时' if ended else '已'} {lasted}")
    if ended is not None:
        why = _RESOLUTIONS.get(alert["resolution"] or "", "")
        yield Fact("结束", f"{full_text(ended)[:-3]}{f'（{why}）' if why else ''}")
    elif alert["no_data_since"] is not None:
        yield Fact("注意", f"{clock_text(alert['no_data_since'], now)} 起没有有效数据，不能认为已经恢复")
    value, limit = against(details.get("value"), details.get("limit"), details.get("unit"))
    if limit:
        yield Fact("值 / 限值", f"{value or '—'} / {limit}")
    elif value:
        yield Fact("值", value)
    clause = " ".join(
        part
        for part in (details.get("standard") or alert["standard"], details.get("clause") or alert["clause"])
        if part
    )
    yield Fact("依据", one_line(clause, 200) or "平台规则")
    title = one_line(alert["rule_title"] or details.get("rule_title") or "", 80)
    yield Fact("规则", title or alert["rule_id"], alert["rule_id"] if title else "")
    yield Fact("发现", f"{full_text(alert['detected_at'])}（平台时间）")
    yield Fact("首次通知", full_text(alert["notified_at"]) or "尚未通知任何人")
    if alert["acknowledged_at"] is not None:
        again = alert["realarmed_at"] if (alert["realarmed_at"] or now) > alert["acknowledged_at"] else None
        since = "" if again is None else f"；此后一直未恢复，{clock_text(again, now)} 再次告警"
        yield Fact(
            "签收", f"{one_line(alert['acknowledged_by'] or '', 40)}，{full_text(alert['acknowledged_at'])}{since}"
        )
    if alert["assignee"] and is_bureau:
        yield Fact("处理人", one_line(alert["assignee_name"] or alert["assignee"], 40))
    if alert["hold"] is not None:
        word = "搁置" if alert["hold"] == "shelved" else "停用"
        until = f"，至 {clock_text(alert['hold_until'], now)}" if alert["hold_until"] else ""
        by = f"{one_line(alert['hold_author'], 40)} {clock_text(alert['hold_from'], now)}"
        whole = f"{by}{until}：{one_line(alert['hold_reason'], 200)}"
        yield Fact(word, whole if is_bureau else f"{clock_text(alert['hold_from'], now)} 起{until}")


def summary_lines(summary: str, *, is_bureau: bool = True) -> list[str]:
    """The text of the alert without its address: one is here already. What is to be done is said to the bureau's
    people: "ask the plant" is nothing to tell a plant."""
    left_out = ("详情：", "http") if is_bureau else ("详情：", "http", "处置：")
    return [one_line(line, 600) for line in summary.splitlines() if line.strip() and not line.startswith(left_out)]


def finding_line(rule_id: str, row: Row, names: Names) -> dict[str, str]:
    """A finding as a line of a table: for duties and leaks its period is the time allowed."""
    value, limit = against(row["value"], row["limit_value"], row["unit"])
    verdicts = {"violation": "不符合", "compliant": "符合", "undetermined": "无法判定"}
    period = Period(row["period_start"], row["period_end"]) if row["period_end"] > row["period_start"] else None
    return {
        "period": period_text(period) if period is not None else full_text(row["period_start"]),
        "subject": one_line(names.subject(row["subject"]), 80),
        "verdict": verdicts.get(str(row["verdict"]), str(row["verdict"])),
        "reason": finding_word(rule_id, row["reason"]),
        "value": value,
        "limit": limit,
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
