"""The silences that stand or are to come, on the page `/duty`: who silenced what until when, and a button to end it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from api.desk.frame import node
from api.desk.words import clock_text, one_line
from api.matcherwords import matched, named_by
from api.naming import names_of
from storage.database import Connection
from storage.listing.holds import list_silences

_MOST = 100


async def standing(connection: Connection, now: datetime) -> list[Mapping[str, Any]]:
    """Silences that hold now, then those to come; the newest first, each with its conditions in `words`."""
    found: list[Mapping[str, Any]] = []
    for state in ("active", "scheduled"):
        found += await list_silences(connection, now=now, state=state, after=None, limit=_MOST)
    names = await names_of(connection, (one for row in found for one in named_by(row["matchers"])))
    return [{**row, "words": matched(row["matchers"], names)} for row in found]


def card(rows: Sequence[Mapping[str, Any]], now: datetime, *, may_end: bool) -> None:
    """The list; nothing where there is none."""
    if not rows:
        return
    with node("div", "dk-card dk-silences"):
        node("h2", "", f"静默（{len(rows)}）")
        node("p", "dk-explain", "符合条件的告警照常判定和显示，到时之前不通知任何人。")
        with node("div", "dk-scroll"), node("table", "dk-cells"):
            with node("tr"):
                for head in ("条件", "时间", "设置人", "原因", ""):
                    node("th", "", head)
            for row in rows:
                what = one_line(row["words"], 300)
                with node("tr"):
                    begins = f"{clock_text(row['starts_at'], now)} 起，" if row["state"] == "scheduled" else ""
                    for cell in (
                        what, f"{begins}至 {clock_text(row['ends_at'], now)}", one_line(row["author"], 40),
                        one_line(row["comment"], 120),
                    ):  # fmt: skip
                        node("td", "", cell)
                    with node("td"):
                        if may_end:
                            node(
                                "button", "dk-button", "结束", type="button", data_desk="act",
                                data_act="end_silence", data_id=str(row["silence_id"]), data_title=what,
                            )  # fmt: skip
