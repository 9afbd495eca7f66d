"""The policy tables: complete, true to the printed totals, sourced on every row, and refused when damaged."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from domain.errors import BadInput
from rules.policy import (
    DATA,
    Comparison,
    Confidence,
    DocumentStatus,
    ElectricityQuantity,
    Policy,
    PolicyDataError,
    Target,
    TargetForm,
    YearRule,
    load_policy,
    read_policy,
)

COUNTS = {
    "documents": 5,
    "targets": 156,
    "conflicts": 11,
    "annex1_indicators": 16,
    "energy_saving": 77,
    "water_saving": 16,
    "coking_ule": 8,
    "capacity_retirement": 28,
    "key_projects": 36,
    "systems": 28,
    "printed_totals": 49,
    "energy_limits": 38,
    "coke_corrections": 28,
    "energy_benchmarks": 13,
    "energy_list_products": 17,
    "standard_coal": 33,
    "energy_kinds": 14,
    "carbon_fuel_factors": 16,
    "electricity_factors": 9,
    "epa_correlations": 10,
    "epa_average_factors": 10,
}
REFERENCE = [
    name
    for name in COUNTS
    if name.startswith(("energy_limits", "energy_benchmarks", "coke", "standard", "carbon", "electricity", "epa"))
    and name != "coking_ule"
]
NAMES = ["energy_kinds", "energy_list_products"]
SOURCED = [name for name in COUNTS if name not in {"documents", "conflicts", "systems", *NAMES, *REFERENCE}]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy()


@pytest.fixture(scope="module")
def targets(policy: Policy) -> dict[str, Target]:
    return {target.id: target for target in policy.targets}


# --- complete ---


def test_row_counts(policy: Policy) -> None:
    assert {field.name: len(getattr(policy, field.name)) for field in fields(policy)} == COUNTS


def test_every_file_is_loaded() -> None:
    assert {path.name for path in DATA.iterdir()} == {f"{name}.csv" for name in COUNTS}


def test_the_counts_behind_the_rows(policy: Policy) -> None:
    assert {row.seq for row in policy.energy_saving} == set(range(1, 39))
    assert {row.seq for row in policy.water_saving} == set(range(1, 15))
    assert [target.id for target in policy.targets] == [f"T{number:03}" for number in range(1, 157)]
    assert Counter(row.product_group for row in policy.capacity_retirement) == {"铁合金": 7, "电石": 13, "焦炭": 8}
    assert Counter((row.plan_year, row.annex) for row in policy.key_projects) == {
        (2025, "附件2"): 25,
        (2026, "附件3"): 11,
    }
    assert Counter(target.document_id for target in policy.targets) == {
        "coking-green-plan": 21,
        "chemical-green-plan": 21,
        "wuhai-gov-2022-18": 24,
        "wuhai-office-2025-38": 25,
        "green-park-plan": 65,
    }


def test_an_enterprise_has_one_annual_energy(policy: Policy) -> None:
    facts = {(row.seq, row.enterprise, row.industry, row.annual_energy_tce) for row in policy.energy_saving}
    assert len(facts) == 38


# --- the documents ---


def test_documents_and_their_status(policy: Policy) -> None:
    assert {document.id: document.status for document in policy.documents} == {
        "coking-green-plan": DocumentStatus.COMMENT_DRAFT,
        "chemical-green-plan": DocumentStatus.COMMENT_DRAFT,
        "wuhai-gov-2022-18": DocumentStatus.ISSUED,
        "wuhai-office-2025-38": DocumentStatus.ISSUED,
        "green-park-plan": DocumentStatus.REVIEW_DRAFT,
    }
    numbered = {document.number: document.issued_on for document in policy.documents if document.number}
    assert numbered == {"乌海政发〔2022〕18号": date(2022, 7, 22), "乌海政办发〔2025〕38号": date(2025, 12, 14)}


@pytest.mark.parametrize("table", SOURCED)
def test_every_row_carries_its_document_and_status(policy: Policy, table: str) -> None:
    statuses = {document.id: document.status for document in policy.documents}
    for row in getattr(policy, table):
        assert row.document_status is statuses[row.document_id]


def test_a_system_carries_a_status_for_each_document(policy: Policy) -> None:
    statuses = {document.id: document.status for document in policy.documents}
    for system in policy.systems:
        assert system.document_statuses == tuple(statuses[document_id] for document_id in system.document_ids)


@pytest.mark.parametrize("table", REFERENCE)
def test_every_reference_row_carries_its_source_and_confidence(policy: Policy, table: str) -> None:
    for row in getattr(policy, table):
        assert row.source
        assert isinstance(row.confidence, Confidence)


def test_sources_are_words_not_places_on_somebodys_disk() -> None:
    for path in DATA.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://|/[a-z]+/|\.txt|\.csv|github", text, re.IGNORECASE), path.name


# --- printed totals ---


def printed(policy: Policy, table: str, scope: str, quantity: str, unit: str) -> Decimal:
    (total,) = (
        row.value
        for row in policy.printed_totals
        if (row.table, row.scope, row.quantity, row.unit) == (table, scope, quantity, unit)
    )
    return total


def test_water_totals_are_the_printed_ones(policy: Policy) -> None:
    saved = sum((row.water_saving_t for row in policy.water_saving), Decimal(0))
    invested = sum(row.investment_10k_cny for row in policy.water_saving)
    assert saved == 2_566_992 == printed(policy, "water_saving", "全部", "water_saving", "t")
    assert invested == 17_244 == printed(policy, "water_saving", "全部", "investment", "万元")
    assert printed(policy, "water_saving", "全部", "enterprises", "个") == 14
    assert (saved / 10_000).quantize(Decimal("0.1")) == printed(policy, "water_saving", "全部", "water_saving", "万吨")


@pytest.mark.parametrize("industry", ["装备", "钢铁", "其他化工", "建材"])
def test_water_by_industry_is_the_printed_one(policy: Policy, industry: str) -> None:
    rows = [row for row in policy.water_saving if row.industry == industry]
    total = printed(policy, "water_saving", industry, "water_saving", "万吨")
    saved = sum((row.water_saving_t for row in rows), Decimal(0)) / 10_000
    assert saved.quantize(total) == total
    assert len({row.seq for row in rows}) == printed(policy, "water_saving", industry, "enterprises", "个")


def test_the_savings_column_sums_to_one_hundredth_less_than_printed(policy: Policy) -> None:
    """The hundredth is lost in the chemical industry: the plan's text says 31.22 where the rows give 31.21."""
    column = sum(row.savings_10k_tce or Decimal(0) for row in policy.energy_saving)
    assert str(column) == "78.39"
    assert str(printed(policy, "energy_saving", "全部", "savings", "万tce")) == "78.40"


@pytest.mark.parametrize(
    ("industry", "column"),
    [
        ("钢铁", "9.86"),
        ("其他化工", "31.21"),
        ("建材", "1.77"),
        ("冶金", "2.40"),
        ("焦炭", "33.15"),
        ("数据中心", "0.00"),
    ],
)
def test_savings_by_industry(policy: Policy, industry: str, column: str) -> None:
    rows = [row for row in policy.energy_saving if row.industry == industry]
    assert sum(row.savings_10k_tce or Decimal(0) for row in rows) == Decimal(column)
    assert len({row.seq for row in rows}) == printed(policy, "energy_saving", industry, "enterprises", "户")
    disagreeing = {"其他化工": Decimal("31.22"), "数据中心": Decimal("0.002")}
    total = printed(policy, "energy_saving", industry, "savings", "万tce")
    assert total == disagreeing.get(industry, Decimal(column))


@pytest.mark.parametrize(
    ("group", "capacity", "energy"), [("铁合金", "22.4", "26.8"), ("电石", "94.3", "28.2"), ("焦炭", "729", "70.33")]
)
def test_retirement_totals_are_the_printed_ones(policy: Policy, group: str, capacity: str, energy: str) -> None:
    rows = [row for row in policy.capacity_retirement if row.product_group == group]
    total = sum(row.capacity_10k_t for row in rows)
    assert total == Decimal(capacity) == printed(policy, "capacity_retirement", group, "capacity", "万吨")
    used = sum(row.energy_10k_tce or Decimal(0) for row in rows)
    assert used == Decimal(energy) == printed(policy, "capacity_retirement", group, "energy", "万tce")
    assert len(rows) == printed(policy, "capacity_retirement", group, "enterprises", "户")
    if group != "焦炭":
        furnaces = sum(row.equipment_units for row in rows)
        assert furnaces == printed(policy, "capacity_retirement", group, "equipment_units", "台")
    for year in {row.exit_year for row in rows}:
        leaving = sum((row.capacity_10k_t for row in rows if row.exit_year == year), Decimal(0))
        assert leaving == printed(policy, "capacity_retirement", f"{group}{year}", "capacity", "万吨")
        share = printed(policy, "capacity_retirement", f"{group}{year}", "capacity_share", "%")
        assert abs(leaving / total * 100 - share) <= Decimal("0.01")


def test_retired_energy_is_the_target(policy: Policy, targets: dict[str, Target]) -> None:
    used = sum(row.energy_10k_tce or Decimal(0) for row in policy.capacity_retirement)
    assert used == targets["T046"].value == printed(policy, "capacity_retirement", "全部", "energy", "万tce")
    assert used == Decimal("125.33")


# --- targets ---


def test_targets_that_are_not_one_number_keep_their_parts(targets: dict[str, Target]) -> None:
    parts = {
        target.id: [f"{part.label}{part.operator}{part.value}" for part in target.parts]
        for target in targets.values()
        if target.form is TargetForm.PARTS
    }
    assert parts == {
        "T097": ["基础级智能工厂=30", "先进级智能工厂=8", "卓越级智能工厂=1"],
        "T100": ["2022>=60", "2025>=100"],
        "T101": ["智能工厂=2", "数字化车间=5"],
        "T109": ["2026=60", "2027=100"],
        "T113": ["2026=3", "2027>=6"],
        "T122": ["重点培育家数>=3", "重点培育家数<=5"],
    }
    assert targets["T025"].value_text == "自治区下达管控指标"
    assert targets["T050"].value_text == "国家标杆水平"
    assert Counter(target.form for target in targets.values()) == {
        TargetForm.NUMBER: 134,
        TargetForm.NAMED_LEVEL: 2,
        TargetForm.PARTS: 6,
        TargetForm.QUALITATIVE: 9,
        TargetForm.LIST: 2,
        TargetForm.PERIODIC: 1,
        TargetForm.MONTHLY: 1,
        TargetForm.RANDOM: 1,
    }


def test_years_that_are_not_a_plain_target_year(targets: dict[str, Target]) -> None:
    assert (targets["T072"].target_year, targets["T072"].year_rule) == (None, YearRule.EVERY)
    assert (targets["T077"].target_year, targets["T077"].year_rule) == (2025, YearRule.FROM)
    assert (targets["T008"].baseline_year, targets["T013"].baseline_year) == (2025, 2020)


def test_the_online_rate_of_2027_stands_twice_and_unmerged(policy: Policy, targets: dict[str, Target]) -> None:
    rates = [t for t in policy.targets if t.indicator == "取水计量在线监控率" and t.target_year == 2027]
    assert [(t.document_id, t.document_status, t.operator, t.value) for t in rates] == [
        ("coking-green-plan", DocumentStatus.COMMENT_DRAFT, Comparison.MORE, Decimal(90)),
        ("green-park-plan", DocumentStatus.REVIEW_DRAFT, Comparison.AT_LEAST, Decimal(95)),
    ]
    (conflict,) = (row for row in policy.conflicts if row.id == "online-rate-2027")
    assert conflict.target_ids == tuple(t.id for t in rates)


@pytest.mark.parametrize(
    ("conflict_id", "values"),
    [
        ("green-power-share", {"35", "25"}),
        ("smart-parks", {"4", "3"}),
        ("zero-carbon-factories", {"3", "5"}),
        ("small-fast-light-solutions", {"40", "30"}),
        ("chemical-retrofit-count", {"7", "4"}),
    ],
)
def test_both_sides_of_a_conflict_keep_their_figure(
    policy: Policy, targets: dict[str, Target], conflict_id: str, values: set[str]
) -> None:
    (conflict,) = (row for row in policy.conflicts if row.id == conflict_id)
    assert {str(targets[target_id].value) for target_id in conflict.target_ids} == values


def test_a_target_taken_from_annex_1_has_the_annex_figure(policy: Policy) -> None:
    indicators = {row.seq: row for row in policy.annex1_indicators}
    linked = [target for target in policy.targets if target.annex1_seq is not None]
    assert len(linked) == 34
    for target in linked:
        assert target.annex1_seq is not None
        indicator = indicators[target.annex1_seq]
        assert target.indicator == indicator.indicator
        assert target.value == getattr(indicator, f"value_{target.target_year}")
        assert target.quote in (getattr(indicator, f"text_{target.target_year}"), indicator.text_2025)


# --- the lists point at each other ---


def test_coking_works_point_at_the_lists_they_were_matched_with(policy: Policy) -> None:
    coke = {row.seq: row for row in policy.energy_saving if row.product == "焦炭"}
    projects = {row.seq: row.project for row in policy.key_projects if row.plan_year == 2025}
    outputs = {}
    for works in policy.coking_ule:
        assert works.deadline == date(2025, 12, 31)
        if works.energy_list_seq is not None:
            assert works.enterprise_candidate.startswith(coke[works.energy_list_seq].enterprise)
            outputs[works.short_name] = coke[works.energy_list_seq].output_t
        if works.key_project_2025_seq is not None:
            assert projects[works.key_project_2025_seq].startswith(works.enterprise_candidate)
            assert "干熄焦" in projects[works.key_project_2025_seq]
    assert set(outputs) == {"千里山", "华信", "广纳", "美方", "西来峰", "榕鑫", "宏阳"}
    assert outputs["西来峰"] == Decimal("2532700")


# --- reference figures that rules lean on ---


def test_reference_figures(policy: Policy) -> None:
    limits = {row.product_zh: [row.level_1, row.level_2, row.level_3] for row in policy.energy_limits}
    assert limits["焦炭-捣固焦炉"] == [Decimal(115), Decimal(115), Decimal(140)]
    assert limits["转炉工序"] == [Decimal(-30), Decimal(-28), Decimal(-12)]
    coal = {row.energy_zh: row for row in policy.standard_coal}
    assert (coal["焦炉煤气"].factor_low, coal["焦炉煤气"].factor_high) == (Decimal("0.5714"), Decimal("0.6143"))
    assert coal["电力(等价值)"].factor_low is None
    assert coal["新水 (2008版)"].factor_low != coal["新水 (2020版)"].factor_low
    valve = policy.epa_correlations[0]
    assert valve.coefficient_a == Decimal("1.87e-6")


def test_a_carbon_footprint_is_not_an_emission_factor(policy: Policy) -> None:
    footprints = [row for row in policy.electricity_factors if row.quantity is ElectricityQuantity.CARBON_FOOTPRINT]
    assert [(row.year, row.kg_per_kwh) for row in footprints] == [(2024, Decimal("0.5777"))]


# --- damaged tables ---

Record = dict[str, str]
Damage = Callable[[list[str], list[Record]], None]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for source in DATA.iterdir():
        (folder / source.name).write_bytes(source.read_bytes())
    return folder


def damage(path: Path, change: Damage) -> None:
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        header, rows = list(reader.fieldnames or []), list(reader)
    change(header, rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def refusal(data: Path) -> PolicyDataError:
    with pytest.raises(PolicyDataError) as caught:
        read_policy(data)
    assert isinstance(caught.value, BadInput)
    assert isinstance(caught.value, ValueError)
    return caught.value


def test_an_undamaged_copy_reads_the_same(data: Path, policy: Policy) -> None:
    assert read_policy(data) == policy


# file, row (the header is row 1), column, damaged cell, what the message must say
CELLS = [
    ("targets.csv", 2, "value", "一百", "expected a decimal number, found '一百'"),
    ("targets.csv", 2, "value", "1_00", "expected a decimal number"),
    ("targets.csv", 2, "value", "１００", "expected a decimal number"),
    ("targets.csv", 2, "value", "NaN", "expected a decimal number"),
    ("targets.csv", 2, "value", " 100", "expected a decimal number"),
    ("targets.csv", 2, "value", "", "expected a value for the form number"),
    ("targets.csv", 2, "value_text", "100%", "expected nothing for the form number"),
    ("targets.csv", 2, "operator", "≥", "expected one of =, >, >=, <="),
    ("targets.csv", 2, "target_year", "2025年", "expected a whole number"),
    ("targets.csv", 2, "target_year", "", ""),  # a year rule is left without its year
    ("targets.csv", 2, "check_mode", "automatic", "expected one of auto"),
    ("targets.csv", 2, "domains", "", "expected at least one domain"),
    ("targets.csv", 2, "domains", "water;wine", "expected one of water"),
    ("targets.csv", 2, "indicator", "", "expected text"),
    ("targets.csv", 2, "indicator", "取水 ", "expected text without spaces around it"),
    ("targets.csv", 2, "document_id", "doc-0", "expected an id of documents.csv"),
    ("targets.csv", 2, "document_status", "issued", "expected 征求意见稿, the status of coking-green-plan"),
    ("targets.csv", 2, "document_status", "", "expected one of issued"),
    ("targets.csv", 3, "id", "T001", "expected a new id, found that of row 2 again"),
    ("targets.csv", 98, "parts", "30/8/1", "expected parts as 2026>=60;2027>=100"),
    ("conflicts.csv", 2, "target_ids", "T002;T999", "ids of targets.csv, which has no T999"),
    ("conflicts.csv", 2, "target_ids", "T002;T002", "expected at least 2 different target ids"),
    ("documents.csv", 2, "number", "乌海政发〔2026〕1号", "expected nothing for a 征求意见稿"),
    ("documents.csv", 4, "issued_on", "", "expected a value for an issued document"),
    ("documents.csv", 4, "issued_on", "2022-7-22", "expected a date as 2025-12-31"),
    ("documents.csv", 4, "issued_on", "2022-07-32", "expected a date as 2025-12-31"),
    ("energy_kinds.csv", 2, "kind", "plutonium", "expected an energy kind of the ledger"),
    ("energy_kinds.csv", 2, "energy_zh", "新水 (2020版)", "expected a row of the standard-coal table with a factor in"),
    ("energy_kinds.csv", 2, "energy_zh", "电力(等价值)", "expected a row of the standard-coal table with a factor in"),
    ("coke_corrections.csv", 2, "charging", "side", "expected top or stamp"),
    ("coke_corrections.csv", 2, "at", "25", "expected a value exactly of volatile and age_over"),
    ("energy_benchmarks.csv", 2, "charging", "", "expected a product of ours, and charging where"),
    ("energy_benchmarks.csv", 2, "baseline", "109", "expected at least the benchmark, 110"),
    ("energy_list_products.csv", 2, "product_zh", "焦碳", "expected a product as the list"),
    ("energy_list_products.csv", 2, "product", "coal", "expected one of coke"),
    ("energy_saving.csv", 3, "unit_energy_kgce_per_t", "—20.08", "expected a decimal number, found '—20.08'"),
    ("energy_saving.csv", 5, "product", "电石", "expected a new seq + product, found that of row 4 again"),
    ("water_saving.csv", 2, "end_month", "2022年12月", "expected a month as 2022-04"),
    ("water_saving.csv", 2, "end_month", "2022-03", "expected a month from 2022-04 on"),
    ("coking_ule.csv", 2, "also_document_id", "nobody", "expected an id of documents.csv"),
    ("capacity_retirement.csv", 2, "energy_text", "1.2", "expected 无 as in energy_10k_tce"),
    ("systems.csv", 2, "document_statuses", "issued", "expected 3 statuses, one for each document id"),
    ("systems.csv", 3, "document_statuses", "送审稿", "expected issued, the status of wuhai-gov-2022-18"),
    ("systems.csv", 3, "document_ids", "", "expected at least one document id"),
    ("energy_limits.csv", 2, "level_3", "100", "expected at least level 2, 110"),
    ("energy_limits.csv", 2, "confidence", "verified", "expected one of secondary, knowledge"),
    ("energy_limits.csv", 2, "source", "", "expected text"),
    ("standard_coal.csv", 2, "factor_high", "", "expected a value exactly where factor_low has one"),
    ("epa_correlations.csv", 2, "coefficient_a", "1.87E-06ppm", "expected a decimal number"),
]


@pytest.mark.parametrize(("file", "row", "column", "cell", "says"), CELLS)
def test_a_damaged_cell_is_refused_by_file_row_and_column(
    data: Path, file: str, row: int, column: str, cell: str, says: str
) -> None:
    damage(data / file, lambda header, rows: rows[row - 2].update({column: cell}))
    error = refusal(data)
    named = "year_rule" if (column, cell) == ("target_year", "") else column
    assert (error.file, error.row, error.column) == (file, row, named)
    assert str(error).startswith(f"{file}, row {row}, column {named!r}: expected ")
    assert says in str(error)


def rename(old: str, new: str) -> Damage:
    def change(header: list[str], rows: list[Record]) -> None:
        header[header.index(old)] = new
        for record in rows:
            record[new] = record.pop(old)

    return change


@pytest.mark.parametrize("name", COUNTS)
def test_an_unknown_column_is_refused_in_every_table(data: Path, name: str) -> None:
    damage(data / f"{name}.csv", lambda header, rows: header.append("comment"))
    error = refusal(data)
    assert (error.file, error.row, error.column) == (f"{name}.csv", 1, "comment")
    assert "unknown column; expected " in str(error)


@pytest.mark.parametrize("name", COUNTS)
def test_a_missing_column_is_refused_even_if_it_may_be_blank(data: Path, name: str) -> None:
    damage(data / f"{name}.csv", lambda header, rows: header.remove("remark"))
    error = refusal(data)
    assert (error.file, error.row, error.column) == (f"{name}.csv", 1, "remark")
    assert str(error).endswith("missing column")


def test_a_misspelt_column_is_named_as_it_stands(data: Path) -> None:
    damage(data / "targets.csv", rename("remark", "remarks"))
    error = refusal(data)
    assert (error.file, error.row, error.column) == ("targets.csv", 1, "remarks")


def edit(path: Path, change: Callable[[list[str]], None]) -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    change(lines)
    path.write_text("".join(lines), encoding="utf-8")


def test_a_column_given_twice_is_refused(data: Path) -> None:
    edit(data / "documents.csv", lambda lines: lines.__setitem__(0, lines[0].replace("remark", "title")))
    error = refusal(data)
    assert (error.file, error.row, error.column) == ("documents.csv", 1, "title")


def test_a_byte_order_mark_is_shown_in_the_message(data: Path) -> None:
    edit(data / "documents.csv", lambda lines: lines.insert(0, "\ufeff"))
    error = refusal(data)
    assert (error.row, error.column) == (1, "\ufeffid")
    assert r"'\ufeffid'" in str(error)


@pytest.mark.parametrize(
    ("line", "column"), [("\n", "region"), ("全国,2021\n", "basis"), ("a,b,c,d,e,f,g,h,i,j\n", "source")]
)
def test_a_row_of_another_length_is_refused_not_skipped(data: Path, line: str, column: str) -> None:
    edit(data / "electricity_factors.csv", lambda lines: lines.insert(2, line))
    error = refusal(data)
    assert (error.file, error.row, error.column) == ("electricity_factors.csv", 3, column)
    assert "expected 9 cells, found " in str(error)


def test_an_open_quote_is_refused(data: Path) -> None:
    edit(data / "electricity_factors.csv", lambda lines: lines.append('"全国,2025\n'))
    error = refusal(data)
    assert (error.file, error.row) == ("electricity_factors.csv", 11)


def test_an_empty_table_is_refused(data: Path) -> None:
    (data / "targets.csv").write_text("", encoding="utf-8")
    error = refusal(data)
    assert (error.file, error.row, error.column) == ("targets.csv", 1, "id")


def test_a_missing_table_is_refused(data: Path) -> None:
    (data / "systems.csv").unlink()
    assert str(refusal(data)) == "systems.csv: expected the table, found no such file"


def test_another_encoding_is_refused(data: Path) -> None:
    path = data / "systems.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    assert str(refusal(data)).startswith("systems.csv: expected UTF-8 text")


def test_issuing_a_draft_asks_for_every_row_of_it(data: Path) -> None:
    """Changing documents.csv alone is refused, so a status cannot go stale on the rows."""

    def issue(header: list[str], rows: list[Record]) -> None:
        rows[0].update(status="issued", number="乌海政发〔2026〕1号", issued_on="2026-12-01", issued_basis="印发日期")

    damage(data / "documents.csv", issue)
    error = refusal(data)
    assert (error.file, error.row, error.column) == ("targets.csv", 2, "document_status")
