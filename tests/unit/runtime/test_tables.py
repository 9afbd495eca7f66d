"""Tables from CSV and XLSX: what people write comes through, what a spreadsheet does in silence is refused."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from domain.errors import BadInput
from runtime.celltext import iso_date, normal
from runtime.tables import read_table, read_tables


def csv_file(folder: Path, content: bytes | str, name: str = "meters.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def xlsx_file(folder: Path, *rows: list[Any], then: Callable[[Worksheet], None] = lambda _: None) -> Path:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "表具"
    for row in rows:
        sheet.append(row)
    then(sheet)
    path = folder / "meters.xlsx"
    book.save(path)
    return path


def told(path: Path, sheet: str | None = None) -> str:
    with pytest.raises(BadInput) as caught:
        read_table(path, sheet=sheet)
    message = str(caught.value)
    assert path.name in message
    return message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_csv_file_in_the_encodings_that_offices_write(tmp_path: Path, encoding: str, mark: str) -> None:
    text = "企业编码,名称,检定日期\r\ncoke-one,取水总表,2026年9月1日\r\n\r\ncoke-two,二号表,2026/9/12\r\n"
    table = read_table(csv_file(tmp_path, text.replace(",", mark).encode(encoding)))
    assert table.columns == ["企业编码", "名称", "检定日期"]
    assert [(row.line, row.cells) for row in table.rows] == [
        (2, {"企业编码": "coke-one", "名称": "取水总表", "检定日期": "2026-09-01"}),
        (4, {"企业编码": "coke-two", "名称": "二号表", "检定日期": "2026-09-12"}),
    ]


def test_full_width_characters_are_plain_in_cells_and_kept_in_raw(tmp_path: Path) -> None:
    table = read_table(csv_file(tmp_path, "ＣＯＤＥ,流量（ｍ³）\nＷ－０１, １２３．５\u200b\n"))
    assert table.columns == ["CODE", "流量(m3)"]
    assert table.rows[0].cells == {"CODE": "W-01", "流量(m3)": "123.5"}
    assert table.rows[0].raw == {"CODE": "Ｗ－０１", "流量(m3)": " １２３．５\u200b"}


def test_a_quoted_cell_holds_lines_and_the_next_row_has_its_true_line(tmp_path: Path) -> None:
    table = read_table(csv_file(tmp_path, 'code,name\na,"two\nlines"\nb,"a ""word"", and a comma"\n'))
    assert [(row.line, row.raw["name"]) for row in table.rows] == [(2, "two\nlines"), (4, 'a "word", and a comma')]
    assert table.where(4, "name") == "meters.csv: line 4, column name"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "is empty"),
        ("\n\n", "line 1: expected the headers"),
        ("code,name\na,one\nb,tw", "line 3: has no line end: the file may be cut off"),
        ('code,name\na,one\nb,"two\n', "line 3: a quoted cell never ends"),
        ("code,name\na,one\nb\n", "line 3: ends after cell 1 of 2"),
        ("code,name\na,one,more\n", "line 2, column C: 'more' stands in a column without a header"),
        ("code,,name\na,b,c\n", "line 1, column B: the header is empty"),
        ("code,name,ｃｏｄｅ\na,b,c\n", "line 1, column C: the header 'code' is there twice"),
        ("code，name\na，b\n", "expected the plain comma"),
        (b"code,name\na,\xff\xff\n", "line 2: neither UTF-8 nor GB 18030"),
        ("编码,检测人员\na,李四".encode()[:-1], "line 2: ends within a character: the file was cut off there"),
        ("编码,检测人员\na,李四".encode("gb18030")[:-1], "line 2: ends within a character: the file was cut off there"),
        ("code,name\n".encode("utf-16"), "UTF-16"),
        (b"\x00\x01\x02\x03", "neither text nor a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more", "an .xls workbook of old, or one with a password"),
        (b"PK\x03\x04 and nothing like a workbook", "damaged workbook, or one that was cut off"),
    ],
)
def test_a_csv_file_says_what_is_wrong_with_it(tmp_path: Path, content: bytes | str, what: str) -> None:
    assert what in told(csv_file(tmp_path, content))


def test_every_mistake_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    message = told(csv_file(tmp_path, "code,name\na\nb,c,d\n"))
    assert "line 2" in message
    assert "line 3" in message


def test_columns_without_header_and_content_are_passed_over(tmp_path: Path) -> None:
    table = read_table(csv_file(tmp_path, "code,name,,\na,one,,\n"))
    assert table.columns == ["code", "name"]
    assert table.rows[0].cells == {"code": "a", "name": "one"}


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "No such file" in told(tmp_path / "nowhere.csv")
    assert "is no workbook" in told(csv_file(tmp_path, "code\na\n", "meters.xlsx"))
    assert "is no workbook" in told(csv_file(tmp_path, "code\na\n"), "表具")
    big = csv_file(tmp_path, "")
    with big.open("r+b") as file:
        file.truncate(64 * 1_048_576 + 1)
    assert "bigger than 64 MB" in told(big)


def test_a_workbook_gives_text_dates_and_shortest_numbers(tmp_path: Path) -> None:
    def shape(sheet: Worksheet) -> None:
        sheet["G2"].number_format = "00000"

    table = read_table(
        xlsx_file(
            tmp_path,
            ["编码", "检定", "量程", "系数", "整", "公共", "序号", "时刻", "文本"],
            ["０07", date(2026, 9, 1), 0.1, 1e-7, 8.0, True, 42, datetime(2026, 9, 1, 8, 30), "2026/9/1"],  # noqa: DTZ001
            [None] * 9,
            ["b", None, -3, 1234567.25, 10**14, False, 7, None, " x "],
            then=shape,
        )
    )
    assert table.source == "meters.xlsx: sheet 表具"
    assert [row.line for row in table.rows] == [2, 4]
    assert list(table.rows[0].cells.values()) == [
        "007", "2026-09-01", "0.1", "1e-07", "8", "true", "00042", "2026-09-01T08:30:00", "2026-09-01",
    ]  # fmt: skip
    assert list(table.rows[1].cells.values()) == ["b", "", "-3", "1234567.25", "1" + 14 * "0", "false", "7", "", "x"]


def formula(sheet: Worksheet) -> None:
    sheet["B2"] = "=1+1"


def merge(sheet: Worksheet) -> None:
    sheet.merge_cells("A2:A3")


def another(sheet: Worksheet) -> None:
    assert sheet.parent is not None
    sheet.parent.create_sheet("别的")["A1"] = "code"


def far(sheet: Worksheet) -> None:
    sheet["A300001"] = "x"


def fault(sheet: Worksheet) -> None:
    sheet["B2"] = "#N/A"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (formula, "sheet 表具, cell B2: a formula without a stored value"),
        (merge, "sheet 表具: cells A2:A3 are merged"),
        (another, "has several sheets (表具, 别的): say which one"),
        (far, "sheet 表具: reaches to B300001"),
        (fault, "sheet 表具, cell B2: an error (#N/A)"),
        (
            lambda sheet: sheet.append(["c", 123456789012345678]),
            "cell B4: 1.234567890123457e+17 has more digits",
        ),
        (lambda sheet: sheet.append(["c", "d", "e"]), "row 4, column C: 'e' stands in a column without a header"),
        (lambda sheet: sheet.delete_rows(1, 9), "holds nothing"),
        (lambda sheet: sheet.insert_rows(1), "row 1: expected the headers"),
    ],
)
def test_a_workbook_says_what_is_wrong_with_it(tmp_path: Path, change: Callable[[Worksheet], None], what: str) -> None:
    assert what in told(xlsx_file(tmp_path, ["code", "name"], ["a", "one"], ["b", "two"], then=change))


def test_a_formula_counts_by_the_value_stored_with_it(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path, ["code", "digits"], ["a", 0], then=formula)
    content = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            content[name] = archive.read(name)
    page = "xl/worksheets/sheet1.xml"
    content[page] = content[page].replace(b"<v />", b"<v>2</v>").replace(b"<v></v>", b"<v>2</v>")
    assert b"<v>2</v>" in content[page]
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in content.items():
            archive.writestr(name, part)
    assert read_table(path).rows[0].cells == {"code": "a", "digits": "2"}


def test_the_size_that_a_workbook_says_it_has_is_not_believed(tmp_path: Path) -> None:
    """Some programs write a size of one cell, or none."""
    path = xlsx_file(tmp_path, ["code", "name"], ["a", "one"], ["b", None])
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    page = "xl/worksheets/sheet1.xml"
    for size in (b'<dimension ref="A1" />', b"", b'<dimension ref="A1:XFD1048576" />'):
        altered = content | {page: re.sub(rb"<dimension [^>]*>", size, content[page])}
        with zipfile.ZipFile(path, "w") as archive:
            for name, part in altered.items():
                archive.writestr(name, part)
        assert [row.cells for row in read_table(path).rows] == [{"code": "a", "name": "one"}, {"code": "b", "name": ""}]


@pytest.mark.parametrize("piece", [7, 64, 1_048_576])
def test_merged_cells_are_found_wherever_a_piece_ends(
    tmp_path: Path, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.tables._PIECE_BYTES", piece)

    def merge_two(sheet: Worksheet) -> None:
        sheet.merge_cells("A2:A3")
        sheet.merge_cells("B2:B3")

    message = told(xlsx_file(tmp_path, ["code", "name"], ["a", "one"], ["b", "two"], then=merge_two))
    assert message.count("are merged") == 2
    assert "A2:A3" in message


def test_one_sheet_of_several(tmp_path: Path) -> None:
    path = xlsx_file(tmp_path, ["code"], ["a"], then=another)
    assert read_table(path, sheet="表具").rows[0].cells == {"code": "a"}
    assert read_table(path, sheet="别的").columns == ["code"]
    assert "there is no sheet '第三'" in told(path, "第三")
    assert list(read_tables(path)) == ["表具", "别的"]
    assert list(read_tables(csv_file(tmp_path, "code\na\n"))) == [None]


def test_a_spare_sheet_with_nothing_on_it_does_not_count(tmp_path: Path) -> None:
    def spare(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        sheet.parent.create_sheet("Sheet2")

    assert read_table(xlsx_file(tmp_path, ["code"], ["a"], then=spare)).rows[0].cells == {"code": "a"}


def test_an_archive_that_is_no_workbook(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("content.xml", "<a/>")
    assert "no .xlsx workbook" in told(csv_file(tmp_path, packed.getvalue(), "meters.ods"))


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_workbook_cut_in_the_middle(tmp_path: Path, part: float) -> None:
    path = xlsx_file(tmp_path, ["code", "name"], *(["a", "one"] for _ in range(50)))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    assert "damaged workbook, or one that was cut off" in told(path)


def test_a_damaged_part_of_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "meters.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook")
    assert "damaged workbook" in told(path)


@pytest.mark.parametrize("text", ["2026/9/1", "2026-9-01", "2026年9月1日", "2026.09.1"])
def test_a_day_as_people_write_it(text: str) -> None:
    assert iso_date(text) == "2026-09-01"


@pytest.mark.parametrize("text", ["2026-09", "2026/13/1", "2026年9/1", "2026-9-1日", "20260901", "1.2.3", "", "W-01"])
def test_what_is_no_day_stays(text: str) -> None:
    assert iso_date(text) is None


@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert normal(normal(text)) == normal(text)


TEXT = st.text(st.characters(codec="gb18030", exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)


@given(rows=st.lists(st.tuples(TEXT, TEXT).filter(lambda row: any(cell.strip() for cell in row)), max_size=5))
def test_what_csv_writes_is_read_again(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> None:
    import csv

    written = io.StringIO(newline="")
    csv.writer(written).writerows([("one", "two"), *rows])
    path = csv_file(tmp_path_factory.mktemp("csv"), written.getvalue())
    assert [tuple(row.raw.values()) for row in read_table(path).rows] == rows
