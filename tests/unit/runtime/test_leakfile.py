"""Tables with records of leak detection: as offices keep them, and every mistake with its line and column."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from domain.errors import BadInput
from domain.leakrecords import FIELDS, CalibrationRecord, DelayRecord, EventRecord, RepairRecord, TestRecord
from runtime.celltext import normal
from runtime.leakfile import Placed, Rows
from runtime.leakremarks import REMARKS
from runtime.leakwords import _ALSO, HEADERS, REQUIRED, WORDS, find_choice, find_field, find_kind
from runtime.sitewords import NOUN_NAMES
from runtime.tables import Row, Table, read_table

NOW = datetime(2026, 11, 20, tzinfo=UTC)
TESTS = """\
企业编码,密封点编码,检测时间,净值（umol/mol）,仪器编号,检测人员
works,P-101,2026-11-02 10:30:05,120.5,0071,李四
works,Ｐ-102,2026/11/2 10:31,０,0071,李四
"""


def rows(tmp_path: Path, text: str, kind: str | None = "test", *, enterprise: str | None = None) -> Rows:
    path = tmp_path / "records.csv"
    path.write_text(text, "utf-8")
    found = Rows()
    found.read(read_table(path), kind, NOW, enterprise=enterprise)
    return found


def problems(tmp_path: Path, text: str, kind: str | None = "test") -> list[str]:
    return rows(tmp_path, text, kind).problems


def test_a_table_of_tests(tmp_path: Path) -> None:
    found = rows(tmp_path, TESTS)
    assert found.problems == []
    assert [(one.line, one.enterprise, one.record) for one in found.records] == [
        (2, "works", TestRecord("P-101", datetime(2026, 11, 2, 2, 30, 5, tzinfo=UTC), 120.5, instrument="0071",
                                tester="李四")),
        (3, "works", TestRecord("P-102", datetime(2026, 11, 2, 2, 31, tzinfo=UTC), 0.0, instrument="0071",
                                tester="李四")),
    ]  # fmt: skip


def test_whose_records_they_are_may_be_said_beside_the_table(tmp_path: Path) -> None:
    text = "component,tested_at,net_umol_mol\nP-101,2026-11-02T10:30:05+08:00,1\n"
    (one,) = rows(tmp_path, text, enterprise="works").records
    assert one.enterprise == "works"
    with pytest.raises(BadInput, match="缺少列 企业编码（enterprise）；或用 --enterprise"):
        rows(tmp_path, text)
    own = rows(tmp_path, TESTS.replace("works,P-101", ",P-101"), enterprise="other").records
    assert [one.enterprise for one in own] == ["other", "works"]


def test_rows_that_say_what_they_are(tmp_path: Path) -> None:
    """One table of everything that happened: each row uses the columns of its kind, and the others are empty."""
    text = """\
企业编码,记录类型,密封点编码,检测时间,读数,背景值,检测目的,发现时间,维修时间,维修措施,备案日期,延迟原因,计划修复日期,备案文件,仪器编号,校准时间,校准类型,标准值,示值,事件类型,装置编码,发生时间
works,检测,P-101,2026-11-02 10:30,6002,2,,,,,,,,,0071,,,,,,,
works,维修,P-101,,,,,2026-11-02 10:30,2026-11-03 09:00,"更换垫片
重新紧固",,,,,,,,,,,,
works,检测,P-101,2026-11-03 11:00,5400,2,修复后复测,,,,,,,,,,,,,,,
works,延迟修复备案,P-101,,,,,2026-11-02 10:30,,,2026-11-05,停车（工）检修,2027-05-31,备案表-12,,,,,,,,
works,仪器校准,,,,,,,,,,,,,0071,2026-11-02 08:00,零点,0,0.3,,,
works,事件,,,,,,,,,,,,,,,,,,投用,CP,2026-11-06
"""
    found = rows(tmp_path, text, None)
    assert found.problems == []
    at = datetime(2026, 11, 2, 2, 30, tzinfo=UTC)
    assert [one.record for one in found.records] == [
        TestRecord("P-101", at, 6000.0, 6002.0, 2.0, instrument="0071"),
        RepairRecord("P-101", datetime(2026, 11, 3, 1, tzinfo=UTC), "更换垫片 重新紧固", found_at=at),
        TestRecord("P-101", datetime(2026, 11, 3, 3, tzinfo=UTC), 5398.0, 5400.0, 2.0, purpose="retest"),
        DelayRecord("P-101", at, datetime(2026, 11, 4, 16, tzinfo=UTC), "shutdown", date(2027, 5, 31), "备案表-12"),
        CalibrationRecord("0071", datetime(2026, 11, 2, tzinfo=UTC), "zero", 0.0, 0.3),
        EventRecord("restart", datetime(2026, 11, 5, 16, tzinfo=UTC), installation="CP"),
    ]
    wrong = text.replace("works,事件,,", "works,事件,,2026-11-06").replace("works,维修,", "works,保养,")
    assert problems(tmp_path, wrong, None) == [
        "records.csv: line 3, column 记录类型: '保养'：应为记录类型：检测记录（test）、维修记录（repair）、"
        "延迟修复（delay）、校准记录（calibration）、事件（event）",
        "records.csv: line 8, column 检测时间: '2026-11-06'：应为空：投用或泄压记录没有这一列",
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("120.5", "-3", "line 2, column 净值(umol/mol): '-3'：应为不小于 0 的数，umol/mol；读数低于背景值时不填净值"),
        (
            "120.5",
            "ND",
            "line 2, column 净值(umol/mol): 'ND'：应为数字，不带单位、千分位和 <、ND 等字样：不小于 0 的数",
        ),
        ("120.5", "1,200.5", "line 2"),
        ("120.5", "", "line 2, column 净值(umol/mol): 应为净值（net_umol_mol），或读数"),
        ("2026-11-02 10:30:05", "02/11/2026", "column 检测时间: '02/11/2026'：应为当地时间，例如 2026-11-02 10:30:05"),
        ("2026-11-02 10:30:05", "11-02-26", "应为当地时间"),
        ("2026-11-02 10:30:05", "2027-02-29 10:30", "应为存在的日期：2027 年不是闰年，没有 2 月 29 日"),
        ("2026-11-02 10:30:05", "2026-12-02 10:30", "应为不晚于现在的时间"),
        ("works,P-101", "works,", "line 2, column 密封点编码: 应为密封点编码"),
        ("works,P-101", ",P-101", "line 2, column 企业编码: 应为企业编码"),
        ("0071,李四", "0071" * 20 + ",李四", "应为仪器编号，1 至 64 个可见字符"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_column(tmp_path: Path, old: str, new: str, told: str) -> None:
    if "," in new and new[0].isdigit() and not new.startswith("0071"):
        new = f'"{new}"'
    found = problems(tmp_path, TESTS.replace(old, new, 1))
    assert len(found) == 1
    assert told in found[0]


def test_two_rows_of_one_test(tmp_path: Path) -> None:
    """The same row again is the same; another content beside it cannot be meant too."""
    again = TESTS + "works,P-101,2026-11-02 10:30:05,120.5,0071,李四\n"
    assert problems(tmp_path, again) == []
    assert problems(tmp_path, again + "works,P-101,2026-11-02T10:30:05+08:00,12.5,0071,李四\n") == [
        "records.csv: line 5: 与第 2 行是同一条检测记录而内容不同：只能有一条"
    ]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("企业编码,密封点编码,检测时间,浓度,仪器编号,检测人员", "不认识的列 '浓度'；可用：企业编码（enterprise）"),
        ("企业编码,密封点编码,检测时间,净值,净检测值,检测人员", "列 '净值' 和 '净检测值' 是同一列，只留一列"),
        ("企业编码,密封点编码,停留时间,净值,仪器编号,检测人员", "缺少列 检测时间（tested_at）；可用"),
    ],
)
def test_columns(tmp_path: Path, header: str, told: str) -> None:
    with pytest.raises(BadInput) as caught:
        rows(tmp_path, TESTS.replace(TESTS.splitlines()[0], header))
    assert told in str(caught.value)


def test_a_file_that_is_cut_off(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="line 3: has no line end: the file may be cut off there"):
        rows(tmp_path, TESTS[:-4])
    with pytest.raises(BadInput, match="line 3: ends after cell 3 of 6: the file may be cut off there"):
        rows(tmp_path, TESTS[: TESTS.rindex(",０")] + "\n")


def test_cells_of_a_workbook(tmp_path: Path) -> None:
    """Times are times, a midnight is a day alone, yes and no are words, numbers are numbers."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["企业编码", "密封点编码", "检测时间", "检测方法", "可见泄漏", "净值", "停留时间"])
    at = datetime.fromisoformat("2026-11-02 10:30:05")
    sheet.append(["works", "P-101", at, "红外成像", "是", None, None])
    sheet.append(["works", "P-102", at.replace(hour=0, minute=0, second=0), None, "否", 12, 15.5])
    book.save(tmp_path / "r.xlsx")
    found = Rows()
    found.read(read_table(tmp_path / "r.xlsx"), "test", NOW)
    assert found.problems == []
    assert [one.record for one in found.records] == [
        TestRecord("P-101", datetime(2026, 11, 2, 2, 30, 5, tzinfo=UTC), None, method="ogi", visible=True),
        TestRecord("P-102", datetime(2026, 11, 1, 16, tzinfo=UTC), 12.0, dwell_s=15.5, has_time=False),
    ]


def test_who_waits_is_told_how_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    lines = [f"works,V-{number},2026-11-02 10:30,1,1,x\n" for number in range(12_001)]
    path.write_text(TESTS.splitlines()[0] + "\n" + "".join(lines), "utf-8")
    steps: list[int] = []
    found = Rows()
    found.read(read_table(path), "test", NOW, step=steps.append)
    assert (sum(steps), len(steps) > 1, len(found.records)) == (12_001, True, 12_001)
    assert isinstance(found.records[0], Placed)


CELLS = st.text(max_size=12) | st.sampled_from(
    ["works", "P-101", "2026-11-02 10:30", "2026/11/2", "02/11/2026", "12.5", "-1", "1e999", "是", "复测", "检测",
     "维修", "事件", "投用", "校准", "零点", ""]
)  # fmt: skip


@given(
    kind=st.none() | st.sampled_from(sorted(HEADERS)),
    lines=st.lists(st.lists(CELLS, min_size=40, max_size=40), min_size=1, max_size=4),
)
def test_whatever_cells_hold_each_row_is_a_record_or_a_mistake(kind: str | None, lines: list[list[str]]) -> None:
    kinds = sorted(HEADERS) if kind is None else [kind]
    columns = list(dict.fromkeys(field for one in kinds for field in HEADERS[one] if kind is None or field != "record"))
    raws = [dict(zip(columns, cells, strict=False)) for cells in lines]
    table = Table(columns, [
        Row(line, {name: normal(cell) for name, cell in raw.items()}, raw) for line, raw in enumerate(raws, 2)
    ], "x.csv")  # fmt: skip
    found = Rows()
    found.read(table, kind, NOW)
    wrong = {int(problem.split("line ")[1].split(",")[0].split(":")[0]) for problem in found.problems}
    assert {one.line for one in found.records} | wrong == {row.line for row in table.rows}


def test_every_field_has_chinese_headers_that_mean_nothing_else() -> None:
    for kind, headers in HEADERS.items():
        assert set(headers) == {"enterprise", "record", *FIELDS[kind]}
        names = [normal(name) for found in headers.values() for name in found.split()]
        assert len(names) == len(set(names))
        for field, found in headers.items():
            assert all(find_field(kind, name) == field for name in (field, *found.split()))


def test_every_choice_has_words_that_mean_nothing_else() -> None:
    for (kind, field), words in WORDS.items():
        for code, word in words.items():
            assert find_choice(kind, field, normal(word)) == find_choice(kind, field, code) == code
        for word, code in _ALSO[kind, field].items():
            assert find_choice(kind, field, normal(word)) == code


def test_remarks_are_of_fields_that_exist() -> None:
    assert set(REMARKS) <= {(kind, field) for kind, fields in FIELDS.items() for field in fields}
    assert all(set(required) <= set(FIELDS[kind]) for kind, required in REQUIRED.items())


def test_no_name_means_a_kind_of_record_and_a_noun_of_the_register() -> None:
    assert not [name for names in NOUN_NAMES.values() for name in names if find_kind(name)]
    assert find_kind(" 检测记录 ") == find_kind("tests") == find_kind("test") == "test"
