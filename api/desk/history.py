"""What happened to an alert, who was told of it and who was not, as lines that can be read. Pure.

What one look of the dispatcher told many people is one line: a critical alert that nobody takes is told to a dozen
receivers every few hours, and the line that matters must not drown in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from alerts.failures import failure_text
from api.desk.words import full_text, one_line
from api.naming import DEEDS, OCCASIONS, Names
from api.ownwords import BUREAUS, REMARKED
from domain.telling import DECISION_WORDS, REASON_WORDS, Reason

Row = Mapping[str, Any]

EVENTS = {
    "pending": "开始出现",
    "firing": "触发告警",
    "resolved": "恢复",
    "superseded": "不再成立（数据补报或更正）",
    "reopened": "并入更早的告警，继续",
    "corrected": "起止时间更正",
    "notify": "发出通知",
    "not_notified": "未通知",
    "notify_failed": "通知失败",
    "realarmed": "签收后仍未恢复，再次告警",
    "no_data": "无数据，看不到是否仍在持续",
    "data_returned": "数据恢复",
    **DEEDS,
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
_NUMBERED = re.compile(r"^#(\d+)(?: (.+))?$")
#: Of a run of these only the last is of interest.
_RUNS = frozenset({"repeated"})


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the history: when, what, who, and what they wrote. times: how many such lines are told as one, the
    first of them at `since`."""

    at: datetime
    kind: str
    what: str
    who: str
    comment: str
    times: int = 1
    since: datetime | None = None
    occasion: str = ""

    @property
    def text(self) -> str:
        """What is said behind the head of the line."""
        if self.times == 1 or self.since is None:
            return self.comment
        return f"共 {self.times} 次，第一次在 {full_text(self.since)[5:16]}。最近一次：{self.comment}"


def history(rows: Sequence[Row], people: Mapping[str, str], names: Names, *, is_bureau: bool = True) -> list[Line]:
    """Lines from rows of `storage.listing.desk_alert.alert_history`, newest first; repeated tellings that follow one
    another are one. people: by receiver. is_bureau: whether the bureau's own affairs may be told."""
    found: list[Line] = []
    for row in rows:
        line = _line(row, people, names, is_bureau=is_bureau)
        if found and line.occasion in _RUNS and found[-1].occasion == line.occasion:
            found[-1] = replace(found[-1], times=found[-1].times + 1, since=line.at)
        else:
            found.append(line)
    return found


def _line(row: Row, people: Mapping[str, str], names: Names, *, is_bureau: bool) -> Line:
    kind, comments = row["kind"], [comment or "" for comment in row["comments"]]
    who = "平台" if row["actor"] in ("plantwatch", "platform") else one_line(row["actor"], 40)
    what, occasion = EVENTS.get(kind, str(kind)), ""
    if not is_bureau and kind in BUREAUS | REMARKED:
        return Line(row["at"], kind, what, who if who == "平台" or kind in REMARKED else "管理部门", "")
    if kind in ("notify", "notify_failed"):
        occasion = comments[0].partition(" ")[0]
        what = f"{what} · {OCCASIONS.get(occasion, occasion)}"
        comment = _receivers(comments, people, names)
    elif kind == "not_notified":
        comment = "；".join(dict.fromkeys(REASONS.get(one, one) for one in comments))
    else:
        comment = "；".join(comments)
    return Line(row["at"], kind, what, who, one_line(comment, 1500), occasion=occasion if kind == "notify" else "")


def _receivers(comments: Iterable[str], people: Mapping[str, str], names: Names) -> str:
    """`firing sms/person:wang-wei`, with an error behind a colon where it failed, by channel: 短信：王维、李娜。"""
    by_channel: dict[str, list[str]] = {}
    strays: list[str] = []
    for comment in comments:
        channel, slash, rest = comment.partition(" ")[2].partition("/")
        if not slash:
            strays.append(comment)
            continue
        receiver, _, error = rest.partition(": ")
        name = receiver_name(receiver, people)
        failed = f"（{one_line(failure_text(error), 120)}）" if error else ""
        by_channel.setdefault(channel, []).append(name + failed)
    told = [f"{names.channel(channel)}：{'、'.join(to)}" for channel, to in by_channel.items()]
    return "；".join(told + strays)


def receiver_name(receiver: str | None, people: Mapping[str, str]) -> str:
    """`person:CODE` and `team:CODE` by name."""
    if not receiver:
        return ""
    kind, colon, code = receiver.partition(":")
    if colon and kind == "team":
        return f"{people.get(receiver, code)}（群）"
    return one_line(people.get(receiver, code if colon else receiver), 60)


@dataclass(slots=True)
class Told:
    """One decision about some receivers. code: send, hold or drop. to: (channel, what became of it, names)."""

    at: datetime
    what: str
    code: str
    why: str
    together: int = 1
    to: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def lines(self, names: Names) -> Iterator[str]:
        """Whom it was about: a line for each channel and outcome."""
        for (channel, became), receivers in self.to.items():
            head = f"{names.channel(channel)}：" if channel else ""
            yield f"{head}{'、'.join(receivers)}{f' · {became}' if became else ''}"


def told(rows: Sequence[Row], people: Mapping[str, str]) -> list[Told]:
    """From rows of `storage.listing.desk_alert.alert_decisions` in order: the newest decision first, what was decided
    at one instant for one reason together."""
    found: dict[tuple[object, ...], Told] = {}
    for row in rows:
        said = {name: str(row[name] or "") for name in ("event", "decision", "reason", "detail")}
        reason, detail = REASONS.get(said["reason"], said["reason"]), _detail(said["reason"], said["detail"])
        key = (row["at"], *said.values())
        if key not in found:
            what = (
                f"{_DECISIONS.get(said['decision'], said['decision'])} · {OCCASIONS.get(said['event'], said['event'])}"
            )
            why = one_line(f"{reason}（{detail}）" if detail else reason, 160)
            found[key] = Told(row["at"], what, said["decision"], why)
        one = found[key]
        one.together = max(one.together, row["together"] or 1)
        name = receiver_name(row["receiver"], people) or one_line(row["team_name"] or row["team"] or "", 40)
        one.to.setdefault((row["channel"] or "", _became(row)), []).append(name)
    return list(reversed(found.values()))


def _detail(reason: str, detail: str) -> str:
    """What goes with a reason. `#12` names the alert, or the silence, that it is about."""
    found = _NUMBERED.match(detail)
    if found is None:
        return REASONS.get(detail, detail)
    what = f"{'静默' if reason == Reason.SILENCED else '告警'} {found[1]}"
    return f"{what}：{found[2]}" if found[2] else what


def _became(row: Row) -> str:
    """What became of the message."""
    if row["state"] == "sent" and row["sent_at"] is not None:
        return f"已送达 {full_text(row['sent_at'])[11:]}"
    if row["state"] == "failed" and row["last_error"]:
        return f"发送失败：{one_line(failure_text(row['last_error']), 120)}"
    if row["state"] == "queued" and row["attempts"]:
        return f"第 {row['attempts']} 次没有成功，稍后再试"
    return _SENT.get(row["state"] or "", "")
