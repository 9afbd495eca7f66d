"""An enterprise's work list on its sealing points (密封点): rows to words, a workbook, a table of text. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from api.models.ldarwork import WorkDuty, WorkLeak, Worklist, WorkTest
from api.reports.document import Cell, Column, Document, Table, local_text
from domain.leaks import ANCHORS, COMPONENT_KINDS, DELAY_GROUNDS, LEAK_STATES, MEDIA

CSV_TYPE = "text/csv; charset=utf-8"

_SAME = ("code", "name", "installation", "unit_name", "kind", "medium", "tag")
_PLACE = (
    Column("密封点编码", 18),
    Column("名称", 24),
    Column("装置", 18),
    Column("单元", 18),
    Column("类型", 12),
    Column("介质状态", 14),
    Column("标识牌", 16),
)
_TESTS = (
    Column("状态", 14),
    Column("到期日", 12),
    Column("剩余天数", 10, 0),
    *_PLACE,
    Column("可达", 6),
    Column("上次检测", 17),
    Column("最严要求", 34),
    Column("各项要求及到期日", 60),
)
_LEAKS = (
    Column("状态", 20),
    Column("最近期限", 12),
    Column("剩余天数", 10, 0),
    *_PLACE,
    Column("检出时间", 17),
    Column("净检测值（μmol/mol）", 14, 0),
    Column("目测泄漏", 10),
    Column("修复进展", 18),
    Column("已维修次数", 10, 0),
    Column("首次维修期限", 12),
    Column("修复期限", 12),
    Column("延迟修复备案", 30),
)
_NOTES = (
    "到期日当天仍为按期，次日起为逾期；剩余天数为到期日减去制表日，负数为已逾期天数。",
    "同一密封点适用多项检测要求的，按最早到期的一项排序，其余各项一并列出；一次例行检测同时满足各项。",
    "泄漏的修复期限自检出之日起算，期限内备案延迟修复的为备案的计划修复日期；没有期限的，是净检测值未达到标准认定浓度的点，仍建议修复。",
    "检测、维修和复测记录上传后，本清单即时更新。",
)


def build(
    tests: Sequence[Mapping[str, Any]],
    leaks: Sequence[Mapping[str, Any]],
    *,
    enterprise: str,
    name: str,
    today: date,
    days: int,
) -> Worklist:
    """The work list from what the store gives, in its order. today: local."""
    listed = [_test(row, today) for row in tests]
    return Worklist(
        enterprise=enterprise,
        enterprise_name=name,
        as_of=today,
        days=days,
        overdue=sum(one.status == "overdue" for one in listed),
        tests=listed,
        leaks=[_leak(row, today) for row in leaks],
    )


def _common(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in _SAME} | {
        "kind_word": COMPONENT_KINDS[row["kind"]],
        "medium_word": MEDIA[row["medium"]],
    }


def _standing(due: date | None, today: date, what: str) -> dict[str, Any]:
    if due is None:
        return {"days_left": None, "status": "none", "status_word": "没有期限"}
    left = (due - today).days
    if left < 0:
        return {"days_left": left, "status": "overdue", "status_word": f"{what}已逾期 {-left} 天"}
    if left == 0:
        return {"days_left": 0, "status": "today", "status_word": f"{what}今日到期"}
    return {"days_left": left, "status": "due", "status_word": f"{what} {left} 天后到期".strip()}


def _test(row: Mapping[str, Any], today: date) -> WorkTest:
    duties = [WorkDuty(**duty, anchor_word=ANCHORS[duty["anchor"]]) for duty in row["duties"]]
    return WorkTest(
        **_common(row),
        **_standing(row["due_on"], today, ""),
        reachable=row["reachable"],
        last_tested_at=row["last_tested_at"],
        due_day=row["due_on"],
        duties=duties,
    )


def _leak(row: Mapping[str, Any], today: date) -> WorkLeak:
    attempt, repair = row["attempt_due_on"], row["repair_due_on"]
    first = attempt is not None and (repair is None or attempt <= repair)
    word = "首次维修" if first else "复测" if row["state"] == "attempted" else "修复"
    delay = DELAY_GROUNDS.get(row["delay_ground"] or "", "")
    state = LEAK_STATES[row["state"]] + (f"（{delay}）" if row["state"] == "delayed" and delay else "")
    kept = ("found_at", "net_umol_mol", "visible", "state", "attempts", "last_repair_at", "delay_until")
    return WorkLeak(
        **_common(row),
        **_standing(attempt if first else repair, today, word),
        **{name: row[name] for name in kept},
        state_word=state,
        attempt_due_day=attempt,
        repair_due_day=repair,
    )


def document(given: Worklist, made_at: datetime) -> Document:
    """For a workbook: a sheet of tests and one of leaks."""
    return Document(
        title=f"{given.enterprise_name} 密封点检测与修复工作清单",
        header=(
            ("企业", f"{given.enterprise_name}（{given.enterprise}）"),
            ("制表", f"{local_text(made_at)}（北京时间）"),
            ("范围", f"逾期的，以及 {given.days} 天内到期的检测 {len(given.tests)} 项，其中逾期 {given.overdue} 项"),
            ("泄漏", f"尚未修复的泄漏点 {len(given.leaks)} 个"),
        ),
        tables=(
            Table("待检测", _TESTS, [_test_cells(one) for one in given.tests], "没有逾期或将到期的检测。"),
            Table("待修复", _LEAKS, [_leak_cells(one) for one in given.leaks], "没有尚未修复的泄漏。"),
        ),
        notes=_NOTES,
        made_at=made_at,
    )


def _place(one: WorkTest | WorkLeak) -> list[Cell]:
    return [one.code, one.name, one.installation, one.unit_name, one.kind_word, one.medium_word, one.tag]


def _test_cells(one: WorkTest) -> list[Cell]:
    return [
        one.status_word,
        one.due_day.isoformat(),
        one.days_left,
        *_place(one),
        "是" if one.reachable else "否",
        local_text(one.last_tested_at),
        _duty_text(one.duties[0]),
        "；".join(f"{_duty_text(duty)} {duty.due_day}" for duty in one.duties),
    ]


def _duty_text(duty: WorkDuty) -> str:
    return f"{duty.standard}（{duty.anchor_word} {duty.anchor_on} 起算）"


def _leak_cells(one: WorkLeak) -> list[Cell]:
    due = [day for day in (one.attempt_due_day, one.repair_due_day) if day is not None]
    return [
        one.status_word,
        min(due).isoformat() if due else None,
        one.days_left,
        *_place(one),
        local_text(one.found_at),
        one.net_umol_mol,
        "是" if one.visible else "否",
        one.state_word,
        one.attempts,
        None if one.attempt_due_day is None else one.attempt_due_day.isoformat(),
        None if one.repair_due_day is None else one.repair_due_day.isoformat(),
        None if one.delay_until is None else f"计划 {one.delay_until} 前修复",
    ]


def table_text(given: Worklist) -> bytes:
    """All of it as one table of comma-separated text, with a byte order mark by which Excel knows Chinese."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    place = [column.title for column in _PLACE]
    writer.writerow(["事项", "状态", "到期日", "剩余天数", *place, "上次检测或检出时间", "依据与说明"])
    for test in given.tests:
        cells = _test_cells(test)
        writer.writerow(_plain(["检测", *cells[:3], *_place(test), local_text(test.last_tested_at), cells[-1]]))
    for leak in given.leaks:
        cells = _leak_cells(leak)
        net = "目测泄漏" if leak.net_umol_mol is None else f"净检测值 {leak.net_umol_mol:g} μmol/mol"
        said = "；".join(str(part) for part in (net, leak.state_word, cells[-1]) if part is not None)
        writer.writerow(_plain(["修复", *cells[:3], *_place(leak), local_text(leak.found_at), said]))
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def _plain(cells: Sequence[Cell]) -> list[Cell]:
    """What somebody named a component must not become a formula."""
    return [f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell for cell in cells]
