"""A row of the live list as it is read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.desk.words import HOLDS, against, clock_text, figure, full_text, lasted_text, level_word, one_line, state_word
from domain.alarmstate import DisplayState

_LONGEST_TITLE = 160
#: Subjects that are the platform's own.
_OWN = ("rule:", "channel:")

#: What titles of early warnings begin with.
_EARLY = "预警："

#: What may be done in which state, the first of them the next thing to do.
_ACTS = {
    DisplayState.UNACKNOWLEDGED: ("acknowledge", "shelve", "hand_over"),
    DisplayState.ACKNOWLEDGED: ("comment", "shelve", "hand_over"),
    DisplayState.RETURNED_UNACKNOWLEDGED: ("confirm",),
    DisplayState.PENDING: ("shelve",),
    DisplayState.SHELVED: ("unshelve",),
    DisplayState.SUPPRESSED: ("shelve",),
    DisplayState.OUT_OF_SERVICE: ("return_to_service",),
}


def row_view(row: Mapping[str, Any], now: datetime, may: frozenset[str], *, is_bureau: bool = True) -> dict[str, Any]:
    """What the list shows of a row of `storage.listing.desk.live_alerts`. may: actions the person has the right to;
    is_bureau: whether it may be told to whom of its people the bureau has given an alert."""
    plant = one_line(row["enterprise_name"] or row["told_enterprise_name"] or row["district_name"] or "", 40)
    title = one_line(unheaded(row["title"]), _LONGEST_TITLE)
    where, what = _parts(title, plant)
    state = str(row["display"])
    ended = row["resolved_at"] if row["state"] == "resolved" else None
    lasted = lasted_text((ended or now) - row["occurred_at"])
    return {
        "id": row["alert_id"],
        "href": f"/alerts/{row['alert_id']}",
        "level": row["severity"],
        "level_word": level_word(row["severity"]),
        "plant": plant or ("平台自身" if row["subject"].startswith(_OWN) else "全市"),
        "title": title,
        "where": where,
        "what": what,
        **dict(zip(("value", "limit"), _figures(row), strict=True)),
        "since": clock_text(row["occurred_at"], now),
        "since_full": f"{full_text(row['occurred_at'])} 起",
        "lasted": f"历时 {lasted}" if ended else f"已 {lasted}",
        "state": state,
        "state_word": state_word(state),
        "who": _who(row, is_bureau),
        "tags": list(_tags(row, now, title)),
        "acts": [{"act": act, "word": ACT_WORDS[act]} for act in acts(state, may)],
    }


#: What the buttons read.
ACT_WORDS = {
    "acknowledge": "签收",
    "confirm": "确认恢复",
    "comment": "备注",
    "shelve": "搁置",
    "unshelve": "取消搁置",
    "hand_over": "转交",
    "silence": "静默",
    "out_of_service": "停用",
    "return_to_service": "恢复使用",
}


def acts(state: str, may: frozenset[str]) -> list[str]:
    """What a person with these rights can do to an alert in this state, the next thing to do first."""
    return [act for act in _ACTS.get(DisplayState(state), ()) if act in may]


#: What may be done at all in which state, beside what the list offers.
_MORE = {
    DisplayState.UNACKNOWLEDGED: ("comment", "silence", "out_of_service"),
    DisplayState.ACKNOWLEDGED: ("silence", "out_of_service"),
    DisplayState.RETURNED_UNACKNOWLEDGED: ("comment",),
    DisplayState.NORMAL: ("comment",),
    DisplayState.PENDING: ("comment", "silence", "out_of_service"),
    DisplayState.SHELVED: ("acknowledge", "comment", "hand_over"),
    DisplayState.SUPPRESSED: ("acknowledge", "comment", "hand_over"),
    DisplayState.OUT_OF_SERVICE: ("comment",),
}


def page_acts(state: str, may: frozenset[str]) -> list[str]:
    """What a person can do on the alert's own page: what the list offers, and the rest."""
    more = [act for act in _MORE.get(DisplayState(state), ()) if act in may]
    return [*acts(state, may), *more]


def unheaded(title: str) -> str:
    """A title without the level that it begins with: the level has a column of its own."""
    return title.partition("】")[2] if title.startswith("【") and "】" in title else title


def _figures(row: Mapping[str, Any]) -> tuple[str, str]:
    """Value and limit, the unit once."""
    value, limit = against(row["value"], row["limit_value"], row["unit"])
    return (figure(row["value"], None, row["limit_value"]) if limit else value), limit


def _parts(title: str, plant: str) -> tuple[str, str]:
    """Where, and what, of a title "plant outlet pollutant：what"; the plant has a column of its own."""
    title = title.removeprefix(_EARLY)
    rest = title.removeprefix(plant).strip() if plant else title
    where, colon, what = rest.partition("：")
    if not colon or len(where) > 60:
        return "", rest
    return where.strip(), what.strip()


def _who(row: Mapping[str, Any], is_bureau: bool) -> str:
    """Whoever has taken it: by a hand-over, or by acknowledging."""
    if row["assignee"] and is_bureau:
        return one_line(row["assignee_name"] or row["assignee"], 20)
    return one_line(row["acknowledged_by"] or "", 20)


def _tags(row: Mapping[str, Any], now: datetime, title: str) -> Any:
    if title.startswith(_EARLY):
        yield "预警"
    if row["condition"] == "no_data":
        yield "无数据"
    if row["no_data_since"] is not None:
        yield f"{clock_text(row['no_data_since'], now)} 起无数据"
    if row["realarmed_at"] is not None and row["display"] == DisplayState.UNACKNOWLEDGED:
        yield "再次告警"
    if row["display"] == DisplayState.SHELVED and row["until_at"] is not None:
        yield f"搁置至 {clock_text(row['until_at'], now)}"
    elif row["dispatch_state"] == "held" and row["dispatch_reason"] in HOLDS:
        yield HOLDS[row["dispatch_reason"]]
