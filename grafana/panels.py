"""Panels and boards in our words: each function gives an SDK builder with everything a test demands already set."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TypeVar

from grafana.sdk import (
    JSONEncoder,
    PostgresQuery,
    PostgresTarget,
    barchart,
    common,
    common_model,
    dashboard_builder,
    datasource,
    gauge,
    geomap,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana.sdk import dashboard_model as model
from grafana.words import GREEN, GREY, ORANGE, RED, Words
from storage.sql import parse_blocks

#: Schema of Grafana 10.1. Later versions lift it when they load a board; a newer number would skip their steps.
SCHEMA_VERSION = 38

TAG = "plantwatch"

#: Instants in tables, in the board's time zone.
TIME_UNIT = "time:YYYY-MM-DD HH:mm"

CITY, WATER, BALANCE, ENERGY, CARBON, TARGETS, EMISSION, TRUST, LIMITS, LDAR, LEAKS, DUTIES, PLATFORM, ALARMS = (
    "plantwatch-city",
    "plantwatch-water",
    "plantwatch-balance",
    "plantwatch-energy",
    "plantwatch-carbon",
    "plantwatch-targets",
    "plantwatch-emission",
    "plantwatch-trust",
    "plantwatch-limits",
    "plantwatch-ldar",
    "plantwatch-leaks",
    "plantwatch-duties",
    "plantwatch-platform",
    "plantwatch-alarm-health",
)

#: Opens a finding in the API, down to its hours, minutes, marks, formula and limit; the board has a variable `api`.
FINDING_LINK = ("判定依据（接口）", '${api}/v1/findings/${__data.fields["判定编号"]}')

P = TypeVar(
    "P",
    stat.Panel,
    table.Panel,
    timeseries.Panel,
    barchart.Panel,
    statetimeline.Panel,
    geomap.Panel,
    gauge.Panel,
)
Variable = dashboard_builder.QueryVariable | dashboard_builder.TextBoxVariable
Panel = stat.Panel | table.Panel | timeseries.Panel | barchart.Panel | statetimeline.Panel | geomap.Panel | gauge.Panel


@dataclass(frozen=True, slots=True)
class Column:
    """How a table or stat shows one result column. background paints the cell in the word's colour; colour is fixed,
    for figures that are neither good nor bad. off_map: not in the tooltip of a map."""

    unit: str | None = None
    decimals: int | None = None
    words: Words | None = None
    background: bool = False
    links: tuple[tuple[str, str], ...] = ()
    hidden: bool = False
    width: int | None = None
    bad_above_zero: bool = False
    colour: str | None = None
    off_map: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A titled row of panels."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard; time_from/time_to as Grafana writes them (now-30d/d)."""

    uid: str
    title: str
    description: str
    sections: Sequence[Section]
    variables: Sequence[Variable] = field(default_factory=tuple)
    time_from: str = "now-30d/d"
    time_to: str = "now"


def load_queries(board: str) -> dict[str, str]:
    """The named SQL blocks of queries/{board}.sql, comment lines kept: they help whoever opens the panel."""
    return parse_blocks(files("grafana").joinpath("queries", f"{board}.sql").read_text("utf-8"))


def board_link(uid: str, **variables: str) -> str:
    """A link to another board with variables from fields of the clicked row, in the same time range."""
    parts = [f'var-{name}=${{__data.fields["{column}"]:percentencode}}' for name, column in variables.items()]
    return f"/d/{uid}?" + "&".join([*parts, "${__url_time_range}"])


def mappings(words: Words) -> list[model.ValueMap]:
    """Grafana value mappings for machine words."""
    results = {
        code: model.ValueMappingResult(text=word.text, color=word.colour, index=index)
        for index, (code, word) in enumerate(words.items())
    }
    return [model.ValueMap(options=results)]


def _thresholds(*steps: tuple[float | None, str]) -> dashboard_builder.ThresholdsConfig:
    return (
        dashboard_builder.ThresholdsConfig()
        .mode(model.ThresholdsMode.ABSOLUTE)
        .steps([model.Threshold(value=value, color=colour) for value, colour in steps])
    )


def _properties(column: Column) -> list[model.DynamicConfigValue]:
    properties: dict[str, object] = {}
    if column.unit is not None:
        properties["unit"] = column.unit
    if column.decimals is not None:
        properties["decimals"] = column.decimals
    if column.words is not None:
        properties["mappings"] = mappings(column.words)
    if column.background:
        properties["custom.cellOptions"] = {"type": "color-background", "mode": "basic"}
    elif column.words is not None and any(word.colour for word in column.words.values()):
        properties["custom.cellOptions"] = {"type": "color-text"}
    if column.bad_above_zero:
        # not a limit: none is good, any is bad
        properties["thresholds"] = _thresholds((None, GREEN), (1, RED)).build()
        properties["custom.cellOptions"] = {"type": "color-text"}
    if column.colour is not None:
        properties["color"] = {"mode": "fixed", "fixedColor": column.colour}
    if column.links:
        properties["links"] = [{"title": title, "url": url} for title, url in column.links]
    if column.hidden:
        properties["custom.hidden"] = True
    if column.off_map:
        properties["custom.hideFrom"] = {"legend": False, "tooltip": True, "viz": False}
    if column.width is not None:
        properties["custom.width"] = column.width
    return [model.DynamicConfigValue(id_val=name, value=value) for name, value in properties.items()]


def prepare(panel: P, title: str, description: str, sql: str, form: str, unit: str, size: tuple[int, int]) -> P:
    """Give a panel what every one of ours has. form: as `PostgresQuery`; size: width of 24, height."""
    width, height = size
    panel.title(title).description(description).datasource(datasource())
    panel.with_target(PostgresTarget(PostgresQuery(sql, format_val=form)))
    panel.unit(unit).span(width).height(height).no_value("无数据")
    # Grafana's own default turns everything from 80 on red
    panel.thresholds(_thresholds((None, "text")))
    return panel


def show_columns(panel: P, columns: Mapping[str, Column]) -> P:
    """Show result columns as said."""
    for name, column in columns.items():
        panel.override_by_name(name, _properties(column))
    return panel


def stat_panel(
    title: str,
    description: str,
    sql: str,
    *,
    unit: str = "none",
    decimals: int = 0,
    columns: Mapping[str, Column] | None = None,
    bad_above_zero: bool = False,
    size: tuple[int, int] = (6, 5),
    link: tuple[str, str] | None = None,
) -> stat.Panel:
    """Figures of one row, each under its column name; words and colours by `columns`."""
    panel = prepare(stat.Panel(), title, description, sql, "table", unit, size)
    panel.decimals(decimals).text_mode(common_model.BigValueTextMode.AUTO)
    panel.graph_mode(common_model.BigValueGraphMode.NONE).color_mode(common_model.BigValueColorMode.VALUE)
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("/.*/").values(False))
    if bad_above_zero:
        panel.thresholds(_thresholds((None, GREEN), (1, RED)))
    if link is not None:
        panel.links([dashboard_builder.DashboardLink(link[0]).type(model.DashboardLinkType.LINK).url(link[1])])
    return show_columns(panel, columns or {})


def table_panel(
    title: str,
    description: str,
    sql: str,
    *,
    columns: Mapping[str, Column] | None = None,
    size: tuple[int, int] = (24, 9),
) -> table.Panel:
    """A table with the query's columns in the query's order."""
    panel = prepare(table.Panel(), title, description, sql, "table", "none", size)
    panel.filterable(True)
    return show_columns(panel, columns or {})


def series_panel(
    title: str,
    description: str,
    sql: str,
    *,
    unit: str,
    decimals: int = 1,
    bars: bool = False,
    stacked: bool = False,
    colours: Mapping[str, str] | None = None,
    limits: bool = False,
    size: tuple[int, int] = (24, 9),
) -> timeseries.Panel:
    """Lines or bars over time. limits: series whose name ends in 限值 or 目标 become dashed red lines."""
    panel = prepare(timeseries.Panel(), title, description, sql, "time_series", unit, size)
    panel.decimals(decimals).span_nulls(False).line_width(1).fill_opacity(80 if bars else 0)
    panel.draw_style(common_model.GraphDrawStyle.BARS if bars else common_model.GraphDrawStyle.LINE)
    panel.color_scheme(dashboard_builder.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC))
    panel.legend(common.VizLegendOptions().show_legend(True).display_mode(common_model.LegendDisplayMode.LIST))
    panel.tooltip(common.VizTooltipOptions().mode(common_model.TooltipDisplayMode.MULTI))
    if stacked:
        panel.stacking(common.StackingConfig().mode(common_model.StackingMode.NORMAL).group("A"))
    for name, colour in (colours or {}).items():
        panel.override_by_name(name, [_fixed(colour)])
    if limits:
        panel.override_by_regexp(
            "/(限值|目标)$/",
            [
                _fixed(RED),
                model.DynamicConfigValue(id_val="custom.lineStyle", value={"fill": "dash", "dash": [10, 10]}),
            ],
        )
    return panel


def _fixed(colour: str) -> model.DynamicConfigValue:
    return model.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour})


def bars_panel(
    title: str,
    description: str,
    sql: str,
    *,
    unit: str,
    decimals: int = 0,
    x: str,
    colours: Mapping[str, str] | None = None,
    words: Words | None = None,
    stacked: bool = False,
    horizontal: bool = False,
    size: tuple[int, int] = (12, 9),
) -> barchart.Panel:
    """Bars over a text column `x`; words translate that column."""
    panel = prepare(barchart.Panel(), title, description, sql, "table", unit, size)
    panel.decimals(decimals).x_field(x).legend(common.VizLegendOptions().show_legend(True))
    panel.color_scheme(dashboard_builder.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC))
    panel.stacking(common_model.StackingMode.NORMAL if stacked else common_model.StackingMode.NONE)
    if horizontal:
        panel.orientation(common_model.VizOrientation.HORIZONTAL)
    for name, colour in (colours or {}).items():
        panel.override_by_name(name, [_fixed(colour)])
    if words is not None:
        panel.override_by_name(x, [model.DynamicConfigValue(id_val="mappings", value=mappings(words))])
    return panel


def timeline_panel(
    title: str, description: str, sql: str, *, words: Words, size: tuple[int, int] = (24, 10)
) -> statetimeline.Panel:
    """States over time: numeric codes, one lane a series, coloured by the words."""
    panel = prepare(statetimeline.Panel(), title, description, sql, "time_series", "none", size)
    panel.mappings([*mappings(words)]).merge_values(True).show_value(common_model.VisibilityMode.NEVER)
    panel.row_height(0.9).fill_opacity(90).line_width(0)
    panel.color_scheme(dashboard_builder.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
    panel.legend(common.VizLegendOptions().show_legend(True))
    return panel


def render(board: Board) -> str:
    """The board as the JSON that is checked in: sorted keys, ids by order, nothing that changes by itself."""
    builder = (
        dashboard_builder.Dashboard(board.title)
        .uid(board.uid)
        .description(board.description)
        .tags([TAG])
        .timezone("Asia/Shanghai")
        .week_start("monday")
        .refresh("1m")
        .time(board.time_from, board.time_to)
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .variables([*board.variables])
        .links([_boards_link()])
        .annotations([])
    )
    identity = 0
    for section in board.sections:
        identity += 1
        builder.with_row(dashboard_builder.Row(section.title).id(identity))
        for panel in section.panels:
            identity += 1
            builder.with_panel(panel.id(identity))
    built = builder.build()
    built.schema_version = SCHEMA_VERSION
    document = json.loads(json.dumps(built, cls=JSONEncoder))
    for owner in (document, *document["panels"]):
        for link in owner.get("links", []):
            del link["placement"]  # the SDK's only value hides the link in a menu of Grafana 12
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _boards_link() -> dashboard_builder.DashboardLink:
    return (
        dashboard_builder.DashboardLink("看板")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .include_vars(True)
        .keep_time(True)
    )


__all__ = [
    "ALARMS",
    "BALANCE",
    "CARBON",
    "CITY",
    "DUTIES",
    "EMISSION",
    "ENERGY",
    "FINDING_LINK",
    "GREEN",
    "GREY",
    "LDAR",
    "LEAKS",
    "LIMITS",
    "ORANGE",
    "PLATFORM",
    "RED",
    "TARGETS",
    "TIME_UNIT",
    "TRUST",
    "WATER",
    "Board",
    "Column",
    "Panel",
    "Section",
    "Variable",
    "bars_panel",
    "board_link",
    "load_queries",
    "prepare",
    "render",
    "series_panel",
    "show_columns",
    "stat_panel",
    "table_panel",
    "timeline_panel",
]
