"""A message as parts, most important first, before any channel lays them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.messages import Message
from alerts.templates import clean
from alerts.wording import SEVERITY_WORDS, over_word
from domain.alerts import Occasion
from domain.periods import SITE_ZONE

#: How a message begins, by its occasion; {severity} is that of its most severe alert.
_HEADS: Mapping[str, str] = {
    Occasion.FIRING: "【{severity}】",
    Occasion.RESOLVED: "【已恢复】",
    "withdrawn": "【已撤销】",
    "data_returned": "【数据已恢复】",
    Occasion.REPEATED: "【再次提醒：无人签收·{severity}】",
    Occasion.REALARMED: "【已签收，至今未恢复·{severity}】",
    Occasion.ESCALATED: "【升级：无人签收·{severity}】",
    Occasion.HANDED_OVER: "【移交给您·{severity}】",
    Occasion.DIGEST: "【告警汇总·{severity}】",
    Occasion.TEST: "【测试】",
}
#: The same where every character is paid for.
_SHORT_HEADS: Mapping[str, str] = {
    Occasion.REPEATED: "【再次·{severity}】",
    Occasion.REALARMED: "【未恢复·{severity}】",
    Occasion.ESCALATED: "【升级·{severity}】",
    Occasion.HANDED_OVER: "【移交·{severity}】",
    Occasion.DIGEST: "【汇总·{severity}】",
}
_SEVERITIES = {str(severity): word for severity, word in SEVERITY_WORDS.items()}
_RANK = {"critical": 0, "warning": 1, "info": 2}
#: Lines of a summary that a sheet says elsewhere.
_ELSEWHERE = ("详情：",)
MAX_LINE = 240
MAX_HEAD = 20
MAX_TOLD = 8


@dataclass(frozen=True, slots=True)
class Sheet:
    """title: one line with all that matters; what: the same without its head; lines: more of a single alert; entries:
    of several, one each; count: of alerts in all; told: whom it reached; next: what comes if nobody acknowledges.

    severity: critical, warning or info; is_over: nothing is to be done; repeat: it may have come before.
    """

    head: str
    short_head: str
    what: str
    lines: tuple[str, ...]
    entries: tuple[str, ...]
    count: int
    told: str
    next: str
    url: str
    severity: str
    is_over: bool
    may_repeat: bool
    since: str

    @property
    def title(self) -> str:
        """The first line."""
        return f"{self.head}{self.what}"

    @property
    def tail(self) -> tuple[str, ...]:
        """Lines that stand below the facts."""
        said = [f"已通知：{self.told}" if self.told else "", self.next, REPEAT if self.may_repeat else ""]
        return tuple(text for text in said if text)


REPEAT = "（可能重复：上次发送的结果未知）"
TEST = "这是一条测试消息，收到即说明本通道可用，无需处理。"


def sheet(message: Message) -> Sheet:
    """The parts of a message. A body that lacks something gives fewer lines, never an error: it must be told."""
    body = message.body
    alerts = _alerts(body)
    first: Mapping[str, Any] = alerts[0] if alerts else {}
    severity = min((str(a.get("severity")) for a in alerts), key=lambda s: _RANK.get(s, 3), default="info")
    is_withdrawn = message.event is Occasion.RESOLVED and bool(alerts) and all(_is_withdrawn(a) for a in alerts)
    event = "withdrawn" if is_withdrawn else message.event
    if event is Occasion.RESOLVED and alerts and all(a.get("condition") == "no_data" for a in alerts):
        event = "data_returned"
    word = _SEVERITIES.get(severity, "提示")
    head = _HEADS[event].format(severity=word)
    count = max(_whole(body.get("count")), len(alerts))
    url = clean.link(body.get("url") or first.get("url"))
    single = count == 1 and message.event is not Occasion.DIGEST
    lines: tuple[str, ...]
    entries: tuple[str, ...]
    if message.event is Occasion.TEST:
        what, lines, entries = clean.line(body.get("title") or TEST, MAX_LINE), (), ()
    elif single:
        what, lines, entries = _what(first), _lines(first), ()
    else:
        what, lines, entries = _several(alerts, count), (), tuple(map(_entry, alerts))
    return Sheet(
        head=head,
        short_head=_SHORT_HEADS[event].format(severity=word) if event in _SHORT_HEADS else head,
        what=what,
        lines=lines,
        entries=entries,
        count=count,
        told=_told(body),
        next="" if message.event is Occasion.RESOLVED else clean.line(body.get("next") or "", MAX_LINE),
        url=url,
        severity=severity,
        is_over=message.event is Occasion.RESOLVED,
        may_repeat=message.may_repeat,
        since=_since(first),
    )


def _alerts(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    several = body.get("alerts")
    if isinstance(several, Sequence) and not isinstance(several, str) and several:
        return [one for one in several if isinstance(one, Mapping)]
    one = body.get("alert", body)
    return [one] if isinstance(one, Mapping) and "title" in one else []


def _what(alert: Mapping[str, Any]) -> str:
    """An alert's title without what stands before it in brackets: the head says that."""
    title = clean.line(alert.get("title") or alert.get("rule_title") or "告警", MAX_LINE)
    return title.partition("】")[2] or title if title.startswith("【") else title


def _lines(alert: Mapping[str, Any]) -> tuple[str, ...]:
    summary = str(alert.get("summary") or "").splitlines()
    lines = [clean.line(text, MAX_LINE) for text in summary if not text.startswith(_ELSEWHERE)]
    by = alert.get("acknowledged_by")
    if by:
        lines.append(f"签收人：{clean.name(by)}")
    return tuple(text for text in lines if text)


def _entry(alert: Mapping[str, Any]) -> str:
    if str(alert.get("event") or alert.get("state")) == "resolved":
        mark = over_word(alert.get("resolution"), alert.get("condition"))
    else:  # the head of its title says what it is told for too: 严重·仍未签收
        head, bracket, _ = str(alert.get("title") or "").partition("】")
        known = bracket and head.startswith("【") and len(head) <= MAX_HEAD
        mark = clean.line(head[1:]) if known else _SEVERITIES.get(str(alert.get("severity")), "提示")
    since = _since(alert)
    return f"【{mark}】{_what(alert)}" + (f"（{since}起）" if since else "")


def _several(alerts: Sequence[Mapping[str, Any]], count: int) -> str:
    """What several alerts have in common, and how many of each kind."""
    plants = list(dict.fromkeys(clean.name(a.get("enterprise_name") or a.get("enterprise") or "") for a in alerts))
    plants = [plant for plant in plants if plant]
    where = "" if not plants else plants[0] if len(plants) == 1 else f"{plants[0]}等 {len(plants)} 家"
    open_ = [a for a in alerts if str(a.get("event") or a.get("state")) != "resolved"]
    kinds = [
        f"{word} {number}" for severity, word in _SEVERITIES.items()
        if (number := sum(str(a.get("severity")) == severity for a in open_))
    ]  # fmt: skip
    over = len(alerts) - len(open_)
    if over and open_:
        kinds.append(f"已恢复 {over}")
    of = "" if count == len(alerts) else f"所列 {len(alerts)} 条："
    return f"{where} {count} 条告警".strip() + (f"（{of}{'、'.join(kinds)}）" if kinds else "")


def _told(body: Mapping[str, Any]) -> str:
    people = [clean.name(person) for person in body.get("to") or () if person]
    shown = "、".join(people[:MAX_TOLD])
    return shown if len(people) <= MAX_TOLD else f"{shown} 等 {len(people)} 人"


def _since(alert: Mapping[str, Any]) -> str:
    """Local time at which it began, short."""
    try:
        at = datetime.fromisoformat(str(alert.get("occurred_at"))).astimezone(SITE_ZONE)
    except ValueError:
        return ""
    return f"{at.month}月{at.day}日 {at:%H:%M}"


def _is_withdrawn(alert: Mapping[str, Any]) -> bool:
    return alert.get("resolution") == "superseded"


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
