"""Tables with a column for each value of a result column: heat maps, and who stands where in what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grafana.panels import mappings, prepare
from grafana.sdk import dashboard_builder, table
from grafana.sdk import dashboard_model as model
from grafana.words import Words


@dataclass(frozen=True, slots=True)
class Matrix:
    """Which result column gives the rows, the columns and the cells. Rows and columns stand in the order in which they
    first come."""

    rows: str
    columns: str
    cells: str


def matrix_panel(
    title: str,
    description: str,
    sql: str,
    matrix: Matrix,
    *,
    words: Words | None = None,
    size: tuple[int, int] = (24, 12),
) -> table.Panel:
    """Cells painted by words, or, of figures, the darker the higher: none is left white."""
    panel = prepare(table.Panel(), title, description, sql, "table", "none", size)
    options = {"columnField": matrix.columns, "rowField": matrix.rows, "valueField": matrix.cells, "emptyValue": "null"}
    panel.with_transformation(model.DataTransformerConfig(id_val="groupingToMatrix", options=options))
    panel.no_value("")
    if words is not None:
        panel.mappings([*mappings(words)])
    else:
        panel.decimals(0).color_scheme(dashboard_builder.FieldColor().mode(model.FieldColorModeId.CONTINUOUS_YL_RD))
        panel.min(0)
    for properties, pattern in _painted(matrix):
        panel.override_by_regexp(pattern, properties)
    return panel


def _painted(matrix: Matrix) -> Sequence[tuple[list[model.DynamicConfigValue], str]]:
    """Every column but the first, which Grafana names after both fields."""
    paint = model.DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-background", "mode": "basic"})
    width = model.DynamicConfigValue(id_val="custom.width", value=260)
    return [([paint], rf"/^(?!{matrix.rows}\\).*$/"), ([width], rf"/^{matrix.rows}\\/")]
