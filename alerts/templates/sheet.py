"""A message as parts, most important first, before any channel lays them out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.messages import Message
from alerts.templates import clean, recall
from alerts.templates.moments import moment, stretch
from alerts.wording import SEVERITY_WORDS, WORK_LIST, over_word
from domain.alerts import Occasion

#: How a message begins, by its occasion; {severity} is that of its most severe alert, {times} says which telling it is,
#: {over} what has become of it.
_HEADS: Mapping[Occasion, str] = {
    Occasion.FIRING: "【{severity}】",
    Occasion.RESOLVED: "【{over}】",
    Occasion.REPEATED: "【{times}：无人签收·{severity}】",
    Occasion.REALARMED: "【已签收，至今未恢复·{severity}】",
    Occasion.ESCALATED: "【升级：无人签收·{severity}】",
    Occasion.HANDED_OVER: "【移交给您·{severity}】",
    Occasion.DIGEST: "【告警汇总·{severity}】",
    Occasion.TEST: "【测试】",
}
#: The same where every character is paid for.
_SHORT_HEADS: Mapping[Occasion, str] = {
    Occasion.REPEATED: "【{times}·{severity}】",
    Occasion.REALARMED: "【未恢复·{severity}】",
    Occasion.ESCALATED: "【升级·{severity}】",
    Occasion.HANDED_OVER: "【移交·{severity}】",
    Occasion.DIGEST: "【汇总·{severity}】",
}
_SEVERITIES = {str(severity): word for severity, word in SEVERITY_WORDS.items()}
_RANK = {"critical": 0, "warning": 1, "info": 2}
#: Lines of a summary that a sheet says elsewhere.
_ELSEWHERE = ("详情：", WORK_LIST)
#: What an early warning's title begins with; it belongs to the head, not to the place.
EARLY = "预警："
MAX_LINE = 240
MAX_HEAD = 20
MAX_TOLD = 8
MAX_CLAUSE = 36
#: An escalation names the most urgent of what nobody acknowledged; the list was told before.
MOST_ESCALATED = 5
_OWNERS = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """One of several alerts. mark: its severity, or what has become of it; owner: whose it is; what: without the owner;
    facts: since when, against which clause, what was told before; url: its own page."""

    mark: str
    owner: str
    what: str
    facts: tuple[str, ...]
    url: str

    @property
    def whole(self) -> str:
        """With its owner."""
        if not self.owner or self.what.startswith(self.owner):
            return self.what
        early = EARLY if self.what.startswith(EARLY) else ""
        rest = self.what.removeprefix(early)
        return f"{early}{self.owner}{'' if rest.startswith('：') else ' '}{rest}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """title: one line with all that matters; what: the same without its head; lines: what stands before the entries;
    entries: of several alerts, one each, the most urgent first; count: of alerts in all; told: whom it reached; sent:
    when it was written; next: what comes if nobody acknowledges; since: since when, or from when to when, it lasted.

    severity: critical, warning or info; is_over: nothing is to be done; repeat: it may have come before; kinds: how
    many of several are of which weight; shared: all entries have the owner that the title names; work_list: address of
    a list of what is to be done, of a single alert.
    """

    head: str
    short_head: str
    what: str
    lines: tuple[str, ...]
    entries: tuple[Entry, ...]
    count: int
    told: str
    sent: str
    next: str
    url: str
    severity: str
    is_over: bool
    may_repeat: bool
    since: str
    kinds: str = ""
    shared: bool = False
    work_list: str = ""

    @property
    def title(self) -> str:
        """The first line."""
        return f"{self.head}{self.what}"

    @property
    def tail(self) -> tuple[str, ...]:
        """Lines that stand below the facts."""
        told = "，".join(part for part in (f"本次通知：{self.told}" if self.told else "", self.sent) if part)
        said = [told, self.next, REPEAT if self.may_repeat else ""]
        return tuple(text for text in said if text)

    @property
    def texts(self) -> tuple[str, ...]:
        """The entries as numbered lines, without their addresses."""
        return tuple(
            f"{number}. 【{one.mark}】{'；'.join((one.what.lstrip('：') if self.shared else one.whole, *one.facts))}"
            for number, one in enumerate(self.entries, 1)
        )


REPEAT = "（可能重复：上次发送的结果未知）"
TEST = "这是一条测试消息，收到即说明本通道可用，无需处理。"


def sheet(message: Message) -> Sheet:
    """The parts of a message. A body that lacks something gives fewer lines, never an error: it must be told."""
    body = message.body
    alerts = _fair(_alerts(body))
    first: Mapping[str, Any] = alerts[0] if alerts else {}
    open_ = [alert for alert in alerts if not _is_over(alert)]
    count = max(_whole(body.get("count")), len(alerts))
    is_over = message.event is Occasion.RESOLVED or (bool(alerts) and not open_ and count == len(alerts))
    severity = min((str(a.get("severity")) for a in open_ or alerts), key=lambda s: _RANK.get(s, 3), default="info")
    ends = {_over_word(alert) for alert in alerts}
    over = ends.pop() if len(ends) == 1 else "已恢复"
    word = over if is_over else _SEVERITIES.get(severity, "提示")
    times = recall.times(alerts)
    single = count == 1 and message.event is not Occasion.DIGEST
    owners = Counter(_owner(alert) for alert in alerts)
    lines: tuple[str, ...]
    entries: tuple[Entry, ...] = ()
    kinds = ""
    if message.event is Occasion.TEST:
        what, lines = clean.line(body.get("title") or TEST, MAX_LINE), ()
    elif single:
        what = _what(first)
        lines = (*recall.reasons(message.event, body, first), *_lines(first), *recall.ending(message.event, first))
    else:
        kinds = _kinds(alerts, count)
        what = _several(message.event, owners, count, kinds)
        lines = recall.waited(body)
        if len(owners) > 1:
            lines = (*lines, _of_owners(owners))
        most = MOST_ESCALATED if message.event is Occasion.ESCALATED else len(alerts)
        entries = tuple(_entry(alert, message.event) for alert in alerts[:most])
    event = message.event
    head = _HEADS[event].format(severity=word, over=over, times=f"第 {times} 次通知" if times else "再次提醒")
    short_head = _SHORT_HEADS.get(event, head).format(severity=word, times=f"第{times}次" if times else "再次")
    return Sheet(
        head=head,
        short_head=short_head,
        what=what,
        lines=lines,
        entries=entries,
        count=count,
        told=_told(body),
        sent=f"{sent}发出" if (sent := moment(body.get("sent_at"))) else "",
        next="" if message.event is Occasion.RESOLVED else clean.line(body.get("next") or "", MAX_LINE),
        url=clean.link(body.get("url") or first.get("url")),
        severity=severity,
        is_over=is_over,
        may_repeat=message.may_repeat,
        since=_since(first),
        kinds=kinds,
        shared=len(owners) == 1 and bool(next(iter(owners))),
        work_list=_work_list(first) if single else "",
    )


def _alerts(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    several = body.get("alerts")
    if isinstance(several, Sequence) and not isinstance(several, str) and several:
        return [one for one in several if isinstance(one, Mapping)]
    one = body.get("alert", body)
    return [one] if isinstance(one, Mapping) and "title" in one else []


def _fair(alerts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What lasts before what is over, the most severe first; of equal weight each owner's first before anybody's
    second, so that what is cut off is not one plant's alone."""
    seen: Counter[tuple[bool, int, str]] = Counter()
    ranked = []
    for place, alert in enumerate(alerts):
        over, rank, owner = _is_over(alert), _RANK.get(str(alert.get("severity")), 3), _owner(alert)
        ranked.append((over, rank, seen[over, rank, owner], place))
        seen[over, rank, owner] += 1
    return [alerts[place] for *_, place in sorted(ranked)]


def _what(alert: Mapping[str, Any]) -> str:
    """An alert's title without what stands before it in brackets: the head says that."""
    title = clean.line(alert.get("title") or alert.get("rule_title") or "告警", MAX_LINE)
    return title.partition("】")[2] or title if title.startswith("【") else title


def _lines(alert: Mapping[str, Any]) -> tuple[str, ...]:
    summary = str(alert.get("summary") or "").splitlines()
    lines = [clean.line(text, MAX_LINE) for text in summary if not text.startswith(_ELSEWHERE)]
    return tuple(text for text in lines if text)


def _work_list(alert: Mapping[str, Any]) -> str:
    """The address of the work list that a summary names; only where the alert's own page is as well."""
    base, found, _ = clean.link(alert.get("url")).rpartition("/alerts/")
    for said in str(alert.get("summary") or "").splitlines():
        if found and said.startswith(f"{WORK_LIST}{base}/"):
            return clean.link(said.removeprefix(WORK_LIST))
    return ""


def _entry(alert: Mapping[str, Any], event: Occasion) -> Entry:
    if _is_over(alert):
        mark = _over_word(alert)
    else:
        mark = _SEVERITIES.get(str(alert.get("severity")), "提示")
        if event is Occasion.DIGEST:  # of one occasion the head of the message says it for all
            head, bracket, _ = str(alert.get("title") or "").partition("】")
            known = bracket and head.startswith("【") and len(head) <= MAX_HEAD
            mark = clean.line(head[1:]) if known else mark
    owner, what = _owner(alert), _what(alert)
    early = EARLY if what.startswith(EARLY) else ""
    rest = what.removeprefix(early)
    if owner and rest.startswith(owner):
        what = f"{early}{rest.removeprefix(owner).lstrip(' ')}"
    facts = [_since(alert), recall.again(alert), _clause(alert)]
    return Entry(mark, owner, what, tuple(one for one in facts if one), clean.link(alert.get("url")))


def _clause(alert: Mapping[str, Any]) -> str:
    """By which clause, short: what a clause is about is left out where it is long."""
    standard, clause = (clean.line(alert.get(key) or "", MAX_LINE) for key in ("standard", "clause"))
    said = f"{standard} {clause}".strip()
    if len(said) > MAX_CLAUSE and "：" in clause:
        said = f"{standard} {clause.partition('：')[0]}".strip()
    return clean.shorten(said, MAX_CLAUSE)


def _owner(alert: Mapping[str, Any]) -> str:
    """Whose an alert is; the platform's own, and the city's, are nobody's."""
    return clean.line(alert.get("enterprise_name") or alert.get("enterprise") or "", clean.MAX_OWNER)


def _several(event: Occasion, owners: Mapping[str, int], count: int, kinds: str) -> str:
    """What several alerts have in common, and how many of each kind."""
    named = [owner for owner in owners if owner]
    where = "" if not named else named[0] if len(owners) == 1 else f"{named[0]}等 {len(owners)} 处"
    unheard = "无人签收" if event in (Occasion.REPEATED, Occasion.ESCALATED) else ""
    return f"{where} {count} 条告警{unheard}".strip() + (f"（{kinds}）" if kinds else "")


def _kinds(alerts: Sequence[Mapping[str, Any]], count: int) -> str:
    lasting = Counter(_SEVERITIES.get(str(a.get("severity")), "提示") for a in alerts if not _is_over(a))
    over = Counter(_over_word(alert) for alert in alerts if _is_over(alert))
    if not lasting and len(over) == 1:
        return ""
    of = "" if count == len(alerts) else f"所列 {len(alerts)} 条："
    counted = [(word, lasting[word]) for word in _SEVERITIES.values() if lasting[word]]
    return of + "、".join(f"{word} {number}" for word, number in (*counted, *over.items()))


def _of_owners(owners: Mapping[str, int]) -> str:
    """How many alerts each has, the most first."""
    ordered = sorted(owners.items(), key=lambda item: -item[1])
    shown = "、".join(f"{owner or '其他'} {number} 条" for owner, number in ordered[:_OWNERS])
    return f"分布：{shown}{f' 等 {len(ordered)} 处' if len(ordered) > _OWNERS else ''}"


def _told(body: Mapping[str, Any]) -> str:
    people = [clean.name(person) for person in body.get("to") or () if person]
    shown = "、".join(people[:MAX_TOLD])
    return shown if len(people) <= MAX_TOLD else f"{shown} 等 {len(people)} 人"


def _since(alert: Mapping[str, Any]) -> str:
    """Since when, of one that is over from when to when; a reminder of a day is named by it already."""
    if alert.get("reason") == "due_today":
        return ""
    end = alert.get("resolved_at") if _is_over(alert) else None
    return stretch(alert.get("occurred_at"), end, alert.get("queued_at"))


def _over_word(alert: Mapping[str, Any]) -> str:
    return over_word(alert.get("resolution"), alert.get("condition"), str(alert.get("reason")))


def _is_over(alert: Mapping[str, Any]) -> bool:
    return str(alert.get("event") or alert.get("state")) == "resolved"


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
