"""The parts of the Grafana foundation SDK that the boards use, plus the PostgreSQL query that it lacks.

Everything of it is imported here: it deprecates its classic dashboard in favour of the resource schema, which
Grafana before 12 cannot load; we keep to the classic one, so its warning is silenced here and nowhere else.
"""

from __future__ import annotations

import warnings
from typing import Any, Self

from grafana_foundation_sdk.cog import builder as cogbuilder
from grafana_foundation_sdk.cog import runtime as cogruntime
from grafana_foundation_sdk.cog import variants as cogvariants

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.builders import barchart, common, gauge, geomap, stat, statetimeline, table, timeseries
    from grafana_foundation_sdk.builders import dashboard as dashboard_builder
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.cog.plugins import register_default_plugins
    from grafana_foundation_sdk.models import common as common_model
    from grafana_foundation_sdk.models import dashboard as dashboard_model
    from grafana_foundation_sdk.models import geomap as geomap_model

#: The uid that provisioning gives the data source; every target and variable names it.
DATASOURCE_UID = "plantwatch-postgres"

#: The plug-in's id up to Grafana 10.1 and its alias since (grafana-postgresql-datasource).
DATASOURCE_TYPE = "postgres"


def datasource() -> common_model.DataSourceRef:
    """The reference to our PostgreSQL."""
    return common_model.DataSourceRef(type_val=DATASOURCE_TYPE, uid=DATASOURCE_UID)


class PostgresQuery(cogvariants.Dataquery):
    """A raw SQL target. format: ``time_series`` (``time`` first, optional text ``metric``) or ``table``."""

    def __init__(self, raw_sql: str, *, format_val: str, ref_id: str = "A") -> None:
        self.raw_sql = raw_sql
        self.format_val = format_val
        self.ref_id = ref_id

    def to_json(self) -> dict[str, object]:
        return {
            "datasource": datasource(),
            "editorMode": "code",
            "format": self.format_val,
            "rawQuery": True,
            "rawSql": self.raw_sql,
            "refId": self.ref_id,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of to_json. Raises KeyError when a key is missing."""
        return cls(data["rawSql"], format_val=data["format"], ref_id=data["refId"])


class PostgresTarget(cogbuilder.Builder[PostgresQuery]):
    """The builder form of a query, as the SDK's panels take it."""

    def __init__(self, query: PostgresQuery) -> None:
        self._internal = query

    def build(self) -> PostgresQuery:
        return self._internal


def register() -> None:
    """Make the SDK able to read boards and our query back from JSON."""
    register_default_plugins()
    cogruntime.register_dataquery_variant(
        cogruntime.DataqueryConfig(identifier=DATASOURCE_TYPE, from_json_hook=PostgresQuery.from_json)
    )


__all__ = [
    "DATASOURCE_TYPE",
    "DATASOURCE_UID",
    "JSONEncoder",
    "PostgresQuery",
    "PostgresTarget",
    "barchart",
    "common",
    "common_model",
    "dashboard_builder",
    "dashboard_model",
    "datasource",
    "gauge",
    "geomap",
    "geomap_model",
    "register",
    "stat",
    "statetimeline",
    "table",
    "timeseries",
]
