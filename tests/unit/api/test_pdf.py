"""Reports as PDF: whatever people wrote is text, and no text breaks the page."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.reports.document import Cell, Column, Document, Table
from api.reports.pdf import render

AT = datetime(2026, 11, 2, 3, tzinfo=UTC)
HOSTILE = [
    "<b>粗</b>&amp;<para><br/><img src='http://x/y.png'/>",
    "</para></font>",
    "一行\n二行\r\n三行\r四行",
    "\n" * 10_000,
    "长" * 10_000,
    "A" * 10_000,
    "l" * 10_000,
    "😀 emoji \u202e turned \x00\x07 bell \ud800 half",
    "&#x41; %s {0} \\",
    "=HYPERLINK(1)",
    "مرحبا ไทย",
]


def document(text: str, rows: int = 1, title: str = "交接班记录") -> Document:
    cells: list[list[Cell]] = [[text, 1.25, None]] * rows
    table = Table(text, (Column("内容", 40), Column("数", 8, 1), Column(text, 10)), cells, text)
    empty = Table("空", (Column("x", 1),), [], text)
    return Document(title, (("班组", text), (text, "值")), (table, empty), (text,), AT)


def pages(written: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", written))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_the_page(text: str) -> None:
    written = render(document(text, title=text))
    assert written.startswith(b"%PDF-")
    assert 1 <= pages(written) <= 6


@given(st.text(st.characters(exclude_categories=[]), max_size=300))
@settings(max_examples=40, deadline=None)
def test_any_text_can_be_written(text: str) -> None:
    assert pages(render(document(text))) >= 1


def test_the_same_report_gives_the_same_bytes() -> None:
    assert render(document("值班")) == render(document("值班"))


def test_a_long_table_goes_on_over_pages_and_says_what_it_leaves_out() -> None:
    written = render(document("海西焦化 二氧化硫小时均值超标", rows=1050))
    assert pages(written) > 20
    shorter = render(document("海西焦化 二氧化硫小时均值超标", rows=1000))
    assert pages(written) - pages(shorter) in (0, 1)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler) is not installed")
def test_a_long_table_begins_below_its_title_and_pages_say_how_many_there_are(tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(render(document("row", rows=100)))
    read = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True)
    first, *others = read.stdout.split("\f")[:-1]
    assert first.count("1.2") > 10
    if "Missing language pack" not in read.stderr:
        assert f"第1页，共{len(others) + 1}页" in first.replace(" ", "")


def test_no_font_is_embedded_and_no_program_is_in_it() -> None:
    written = render(document("值班"))
    assert b"/STSong-Light" in written
    for word in (b"/FontFile", b"/JavaScript", b"/OpenAction", b"/URI", b"/Launch"):
        assert word not in written


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler) is not installed")
def test_another_reader_finds_the_text_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(render(document("<b>2号焦炉</b> 二氧化硫 33.4 mg/m³ & 10℃ 😀")))
    read = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True)
    if "Missing language pack" in read.stderr:
        pytest.skip("poppler has no tables of Chinese (poppler-data)")
    assert "<b>2号焦炉</b>" in read.stdout.replace(" ", "")
    assert "33.4mg/m3&10℃□" in read.stdout.replace(" ", "").replace("\n", "")
