"""What is exported brings the same register: as a site file, as CSV and as a workbook."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pydantic import ValidationError

from domain.errors import BadInput
from runtime.sitecolumns import Column, Kind, columns
from runtime.siteexport import csv_bytes, list_text, toml, workbook, write_csv, write_workbook
from runtime.sitefile import load_site
from runtime.siteimport import read_site_tables, take
from runtime.siteitems import Name
from runtime.sitemodels import MODELS
from runtime.siteregister import KEYS, Register, Row, key_of, row_of
from tests.unit.runtime.test_sitefile import GOOD, write

EMPTY: Register = {noun: {} for noun in MODELS}


@pytest.fixture
def good(tmp_path: Path) -> Register:
    return load_site(write(tmp_path, GOOD))


def rows(register: Register) -> dict[str, list[Row]]:
    return {noun: list(found.values()) for noun, found in register.items()}


def test_csv_files_bring_the_same_register(good: Register, tmp_path: Path) -> None:
    files = write_csv(rows(good), tmp_path / "tables")
    assert sorted(file.stem for file in files) == sorted(MODELS)
    taken = take(read_site_tables(files), EMPTY)
    assert (taken.problems, taken.register) == ([], good)


def test_a_workbook_brings_the_same_register(good: Register, tmp_path: Path) -> None:
    file = tmp_path / "台账.xlsx"
    write_workbook(rows(good), file)
    taken = take(read_site_tables([file]), EMPTY)
    assert (taken.problems, taken.register) == ([], good)


def test_a_workbook_is_one_that_a_bureau_can_fill_in(good: Register, tmp_path: Path) -> None:
    """Codes are text with their zeros, days are days, choices are words and offered as a list."""
    register = rows(good)
    register["meter"][0] |= {"serial": "000123"}
    file = tmp_path / "台账.xlsx"
    write_workbook(register, file)
    book = load_workbook(file)
    sheet = book["计量器具"]
    cells = {sheet.cell(1, number).value: sheet.cell(2, number) for number in range(1, sheet.max_column + 1)}
    assert (cells["出厂编号"].value, cells["出厂编号"].number_format) == ("000123", "@")
    assert cells["检定日期"].is_date
    assert cells["检定周期月数"].value == 24
    assert cells["检定周期月数"].data_type == "n"
    places = book["计量点"]
    assert [places.cell(2, number).value for number in range(4, 8)] == ["用水单位", "水", "流入", None]
    offered = {str(one.sqref)[:2]: one.formula1 for one in places.data_validations.dataValidation}
    assert offered["D2"] == '"用水单位,次级用水单位,主要用水设备"'
    assert places.freeze_panes == "A2"
    formats = [sheet.column_dimensions[cells[name].column_letter].number_format for name in ("出厂编号", "检定日期")]
    assert formats == ["@", "yyyy-mm-dd"]
    # a list of words with commas would offer their halves
    assert not any("丁二醇" in one.formula1 for one in book["生产线"].data_validations.dataValidation)


def test_an_empty_register_gives_tables_to_be_filled_in(tmp_path: Path) -> None:
    file = tmp_path / "空表.xlsx"
    write_workbook(rows(EMPTY), file)
    taken = take(read_site_tables([file]), EMPTY)
    assert (taken.problems, taken.register) == ([], EMPTY)


def test_where_nothing_can_be_written(good: Register, tmp_path: Path) -> None:
    for writing in (
        lambda: write_csv(rows(good), tmp_path / "a.csv" / "b"),
        lambda: write_workbook(rows(good), tmp_path),
    ):
        (tmp_path / "a.csv").write_text("x", "utf-8")
        with pytest.raises(BadInput):
            writing()


def test_text_that_no_cell_can_hold_is_named(good: Register) -> None:
    register = rows(good)
    register["tag"][0] |= {"name": "a\x01b"}
    with pytest.raises(BadInput, match=r"tag name = 'a\\x01b': no cell can hold it"):
        workbook(register)


@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1)))
def test_a_list_in_a_cell(items: list[str]) -> None:
    ignored = next(column for column in columns("station") if column.field == "ignored")
    text = list_text(items)
    assert (ignored.read(text) if text.strip() else []) == items


PROSE = st.text(
    st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("０１ＡＢ=+-@,;\"'\n\t 　"),
    min_size=1,
    max_size=20,
)
WIRE = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("０=,;\"' "), min_size=1, max_size=20)
POSITIVE = st.floats(1e-12, 1e18)
BOUNDED = {
    "x_m": (-1e5, 1e5),
    "y_m": (-1e5, 1e5),
    "elevation_m": (-1e3, 1e3),
    "size_mm": (1e-9, 9999.0),
    "voc_share": (1e-9, 1.0),
    "hours_per_year": (1e-9, 8784.0),
    "hours": (1e-9, 24.0),
}


def cells(noun: str, column: Column) -> st.SearchStrategy[Any] | None:
    """Other values that a field may have whatever the rest of the row is; None to leave it as it is."""
    annotation = MODELS[noun].model_fields.get(column.field)
    if column.kind is Kind.TEXT and column.field in ("serial", "accuracy_class", "exempt_clause"):
        return PROSE
    if (noun, column.field) in (("tag", "name"), ("tag", "device")):
        return WIRE.filter(str.strip)
    if column.kind is Kind.TEXT and annotation is not None and annotation.metadata and column.field not in KEYS[noun]:
        return PROSE if annotation.metadata[0] == Name.__metadata__[0] else None
    if column.field in BOUNDED:
        return st.floats(*BOUNDED[column.field])
    if column.kind is Kind.NUMBER and column.field not in ("longitude", "latitude", "atmosphere_kpa", "zero"):
        return POSITIVE if not column.field.startswith("physical") and column.field != "reference_o2_pct" else None
    if column.kind is Kind.DAY and column.field in ("in_service_from", "registered_from"):
        return st.dates(date(1970, 1, 1), date(2024, 1, 1))
    return None


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Register]:
    folder = tmp_path_factory.mktemp("tables")
    return folder, load_site(write(folder, GOOD))


@pytest.mark.parametrize("noun", MODELS)
@settings(max_examples=20)
@given(data=st.data())
def test_whatever_is_registered_comes_back(noun: str, data: st.DataObject, place: tuple[Path, Register]) -> None:
    folder, register = place
    row = dict(next(iter(register[noun].values())))
    for column in columns(noun):
        other = cells(noun, column)
        if other is not None and (row[column.field] is not None or data.draw(st.booleans())):
            row[column.field] = data.draw(other, column.field)
    row |= {"tag": {"protocol": "sparkplug"}, "line": {"commissioned_on": None}}.get(noun, {})
    if noun == "meter":
        row |= {"counter_digits": 8, "counter_scale": row["counter_scale"] or 1.0}
    try:
        row = row_of(noun, {name: value for name, value in _item(noun, row).items() if value is not None})
    except ValidationError:
        reject()
    wanted = EMPTY | {noun: {key_of(noun, row): row}}
    file, book = folder / f"{noun}.csv", folder / "book.xlsx"
    file.write_bytes(csv_bytes(noun, [row]))
    book.write_bytes(workbook({noun: [row]}))
    for path in (file, book):
        taken = take(read_site_tables([path]), EMPTY)
        assert (taken.problems, taken.register) == ([], wanted)
    (item,) = _listed(tomllib.loads(toml({noun: [row]}))[noun])
    assert row_of(noun, item) == row


def _item(noun: str, row: Row) -> dict[str, Any]:
    item = {name: value for name, value in row.items() if not name.startswith("counter_")}
    counter = {name.removeprefix("counter_"): value for name, value in row.items() if name.startswith("counter_")}
    return item | ({"counter": counter} if counter.get("digits") is not None else {})


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]
