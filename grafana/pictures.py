"""Panels that are pictures: maps and gauges."""

from __future__ import annotations

from collections.abc import Mapping

from grafana.panels import Column, prepare, show_columns
from grafana.sdk import common, common_model, dashboard_builder, gauge, geomap, geomap_model
from grafana.sdk import dashboard_model as model

#: A base layer that asks no server for anything: plants' intranets have no internet. Every tile is this transparent
#: picture of one pixel. Grafana has no layer for "none": a missing type, or `xyz` without an address, loads foreign
#: tiles.
_NO_TILES = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


def map_panel(
    title: str,
    description: str,
    sql: str,
    *,
    colour_by: str,
    label: str,
    latitude: str = "纬度",
    longitude: str = "经度",
    columns: Mapping[str, Column] | None = None,
    size: tuple[int, int] = (12, 11),
) -> geomap.Panel:
    """Markers at coordinates in degrees. colour_by: a column in %, red (0) to green (100); label: written beside."""
    panel = prepare(geomap.Panel(), title, description, sql, "table", "none", size)
    # where the view fits the data, `zoom` is the closest that it goes; the SDK's 1 would show the whole world
    panel.view(geomap.MapViewConfig().id(geomap_model.MapCenterID.FIT).all_layers(True).padding(20).zoom(13))
    panel.controls(geomap.ControlsOptions().show_zoom(True).mouse_wheel_zoom(False).show_scale(True))
    panel.tooltip(geomap.TooltipOptions().mode(geomap_model.TooltipMode.DETAILS))
    panel.basemap(
        common.MapLayerOptions().type("xyz").name("无底图").config({"url": _NO_TILES, "attribution": ""}).tooltip(False)
    )
    style = {
        "color": {"field": colour_by, "fixed": "#8e8e8e"},
        "opacity": 0.8,
        "size": {"fixed": 12, "min": 2, "max": 15},
        "symbol": {"fixed": "img/icons/marker/circle.svg", "mode": "fixed"},
        "text": {"field": label, "fixed": "", "mode": "field"},
        "textConfig": {"fontSize": 13, "offsetX": 0, "offsetY": 20, "textAlign": "center", "textBaseline": "middle"},
    }
    where = common.FrameGeometrySource().mode(common_model.FrameGeometrySourceMode.COORDS)
    panel.layers(
        [
            common.MapLayerOptions()
            .type("markers")
            .name(title)
            .config({"showLegend": True, "style": style})
            .location(where.latitude(latitude).longitude(longitude))
            .tooltip(True)
        ]
    )
    show_columns(panel, columns or {})
    panel.override_by_name(
        colour_by,
        [
            model.DynamicConfigValue(id_val="unit", value="percent"),
            model.DynamicConfigValue(id_val="decimals", value=2),
            model.DynamicConfigValue(id_val="min", value=0),
            model.DynamicConfigValue(id_val="max", value=100),
            model.DynamicConfigValue(id_val="color", value={"mode": model.FieldColorModeId.CONTINUOUS_RD_YL_GR}),
        ],
    )
    return panel


def gauge_panel(
    title: str, description: str, sql: str, *, decimals: int = 1, size: tuple[int, int] = (6, 8)
) -> gauge.Panel:
    """Columns of one row in %, each a dial from 0 to 100: what the 100 is of is a limit of the database."""
    panel = prepare(gauge.Panel(), title, description, sql, "table", "percent", size)
    panel.decimals(decimals).min(0).max(100)
    panel.color_scheme(dashboard_builder.FieldColor().mode(model.FieldColorModeId.CONTINUOUS_GR_YL_RD))
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("/.*/").values(False))
    panel.show_threshold_labels(False).show_threshold_markers(False)
    return panel
