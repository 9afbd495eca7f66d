"""The choices at the top of the boards. Each is chained to the ones before it."""

from __future__ import annotations

from grafana.panels import load_queries, variable
from grafana.sdk import dashboard_builder

Variable = dashboard_builder.QueryVariable

_SQL = load_queries("variables")


def district() -> Variable:
    """旗县区."""
    return variable("district", "旗县区", _SQL["district"], "只看所选旗县区；不选为全市")


def enterprise() -> Variable:
    """Enterprises of the chosen districts."""
    return variable("enterprise", "企业", _SQL["enterprise"], "只看所选企业")


def outlet() -> Variable:
    """Outlets of the chosen enterprises; the value is {enterprise}/{code}."""
    return variable("outlet", "排口", _SQL["outlet"], "只看所选固定源排口")


def pollutant() -> Variable:
    """Pollutants that some rule judges."""
    return variable("pollutant", "污染物", _SQL["pollutant"], "只看所选污染物")


def water_rule() -> Variable:
    """The metering rates."""
    return variable("rule", "指标", _SQL["water_rule"], "只看所选覆盖率指标")


def ldar_rule() -> Variable:
    """The LDAR schedules."""
    return variable("rule", "规则", _SQL["ldar_rule"], "只看所选检测频次规则")
