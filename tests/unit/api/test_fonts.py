"""The font of a report on paper: embedded where there is one, refused with a reason where it will not do."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.reports.fonts import PLACES, Font, from_file, named, report_font
from api.reports.pdf import render
from domain.errors import BadInput, SettingsError
from runtime.services import api
from runtime.settings import Settings
from tests.unit.api.test_pdf import HOSTILE, document, pages
from tests.unit.api.tinyfont import tiny_font

NEEDED = "".join(map(chr, range(0x20, 0x7F))) + "值班交接记录报警签收，。：（）□"
MORE = "二氧化硫焦炉号测试说明第页过长全文见空³m℃"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("font") / "tiny.ttf"
    path.write_bytes(tiny_font(NEEDED + MORE))
    return path


@pytest.fixture(scope="module")
def font(file: Path) -> Font:
    return from_file(file)


def test_the_letters_are_in_the_file(font: Font) -> None:
    written = render(document("2号焦炉 二氧化硫"), font)
    assert b"/FontFile2" in written
    assert b"STSong" not in written
    for word in (b"/JavaScript", b"/OpenAction", b"/URI", b"/Launch"):
        assert word not in written
    assert render(document("2号焦炉 二氧化硫"), font) == written
    assert b"/FontFile" not in render(document("2号焦炉 二氧化硫"))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_the_page(font: Font, text: str) -> None:
    assert 1 <= pages(render(document(text, title=text), font)) <= 6


def test_a_letter_is_written_as_the_font_has_it(font: Font) -> None:
    assert "".join(map(font.letter, "g/m³ 汞\u202e\x07\n")) == "g/m³ □\n"
    assert "".join(map(named().letter, "g/m³ 汞\u202e\x07\n")) == "g/m3 汞\n"


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler) is not installed")
def test_another_reader_finds_the_text_without_tables_of_its_own(font: Font, tmp_path: Path) -> None:
    page = tmp_path / "report.pdf"
    page.write_bytes(render(document("2号焦炉 二氧化硫 33 mg/m³"), font))
    read = subprocess.run(["pdftotext", "-layout", str(page), "-"], capture_output=True, text=True, check=True)
    assert "2号焦炉二氧化硫33mg/m³" in re.sub(r"\s", "", read.stdout)


def test_a_font_that_will_not_do_says_why(tmp_path: Path) -> None:
    latin = tmp_path / "latin.ttf"
    latin.write_bytes(tiny_font("".join(map(chr, range(0x20, 0x7F)))))
    with pytest.raises(BadInput, match=r"latin\.ttf: the font lacks letters of every report: 值班"):
        report_font(latin)
    outlines = tmp_path / "outlines.otf"
    outlines.write_bytes(b"OTTO" + bytes(100))
    with pytest.raises(BadInput, match=r"outlines\.otf: not a font that can be embedded .* TrueType outlines"):
        report_font(outlines)
    cut = tmp_path / "cut.ttf"
    cut.write_bytes(tiny_font(NEEDED)[:2000])
    for wrong in (cut, tmp_path, tmp_path / "none.ttf"):
        with pytest.raises(BadInput, match="not a font that can be embedded"):
            report_font(wrong)


def test_the_first_place_that_will_do_is_taken(file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    wrong = tmp_path / "wrong.ttf"
    wrong.write_bytes(b"")
    assert report_font(None, (tmp_path / "none.ttf", wrong, file)) is from_file(file)
    assert str(wrong) in caplog.text
    assert report_font(None, (tmp_path / "none.ttf",)) is named()


@pytest.mark.skipif(not any(place.is_file() for place in PLACES), reason="no font is installed: fonts-wqy-microhei")
def test_a_font_that_is_installed_will_do() -> None:
    for place in PLACES:
        if place.is_file():
            assert b"/FontFile2" in render(document("2号焦炉 二氧化硫 33.4 mg/m³ ≤ 35"), from_file(place))


async def test_a_wrong_setting_stops_the_api(tmp_path: Path) -> None:
    settings = Settings(database_url=SecretStr("postgresql://nowhere"), report_font_file=tmp_path / "none.ttf")
    with pytest.raises(SettingsError, match=r"PLANTWATCH_REPORT_FONT_FILE: .*none\.ttf: not a font"):
        await api(settings)
