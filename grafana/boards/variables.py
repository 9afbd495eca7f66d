"""The choices at the top of the boards. Each is chained to the ones before it."""

from __future__ import annotations

from grafana.panels import Variable, load_queries
from grafana.sdk import dashboard_builder, datasource
from grafana.sdk import dashboard_model as model

#: The default of PLANTWATCH_PUBLIC_URL: how people reach the API.
API_URL = "http://127.0.0.1:8080"

_SQL = load_queries("variables")


def district() -> Variable:
    """旗县区."""
    return _variable("district", "旗县区", _SQL["district"], "只看所选旗县区；不选为全市")


def enterprise() -> Variable:
    """Enterprises of the chosen districts."""
    return _variable("enterprise", "企业", _SQL["enterprise"], "只看所选企业")


def outlet() -> Variable:
    """Outlets of the chosen enterprises; the value is {enterprise}/{code}."""
    return _variable("outlet", "排口", _SQL["outlet"], "只看所选固定源排口")


def pollutant() -> Variable:
    """Pollutants that are measured or limited somewhere."""
    return _variable("pollutant", "污染物", _SQL["pollutant"], "只看所选污染物")


def kind() -> Variable:
    """The two judgements: legal limits and ultra-low emission."""
    return _variable("kind", "判定口径", _SQL["kind"], "法定限值或超低排放；不选为两者")


def sign() -> Variable:
    """Signs of false data."""
    return _variable("sign", "迹象", _SQL["sign"], "只看所选迹象")


def api() -> Variable:
    """Where links to findings lead."""
    return _text_variable("api", "接口地址", API_URL, "平台接口的地址（PLANTWATCH_PUBLIC_URL），判定依据的链接用它")


def document() -> Variable:
    """Documents that ask for targets."""
    return _variable("document", "文件", _SQL["document"], "只看所选文件的目标")


def domain() -> Variable:
    """What targets are about."""
    return _variable("domain", "领域", _SQL["domain"], "只看所选领域的目标；一个目标可属于几个领域")


def mode() -> Variable:
    """How targets are followed."""
    return _variable("mode", "核算方式", _SQL["mode"], "只看所选核算方式的目标")


def state() -> Variable:
    """Where targets stand."""
    return _variable("state", "状态", _SQL["state"], "只看所选状态的目标")


def water_rule() -> Variable:
    """The metering rates."""
    return _variable("rule", "指标", _SQL["water_rule"], "只看所选覆盖率指标")


def ldar_rule() -> Variable:
    """The LDAR schedules."""
    return _variable("rule", "规则", _SQL["ldar_rule"], "只看所选检测频次规则")


def team() -> Variable:
    """Teams that are told of alerts."""
    return _variable("team", "班组", _SQL["team"], "只看所选班组；不选为全市和各班组")


def _variable(name: str, label: str, sql: str, description: str) -> dashboard_builder.QueryVariable:
    """A multi-choice with `All`. All is the literal '__all__', so that a query is valid even before any choice
    exists: ``'__all__' in ($enterprise) or enterprise in ($enterprise)``."""
    return (
        dashboard_builder.QueryVariable(name)
        .label(label)
        .description(description)
        .datasource(datasource())
        .query(sql)
        .definition(sql)
        .multi(True)
        .include_all(True)
        .all_value("'__all__'")
        .current(model.VariableOption(selected=True, text=["All"], value=["$__all"]))
        .refresh(model.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(model.VariableSort.DISABLED)
    )


def _text_variable(name: str, label: str, value: str, description: str) -> dashboard_builder.TextBoxVariable:
    """A box to type in, filled with `value`."""
    box = dashboard_builder.TextBoxVariable(name).label(label).description(description).default_value(value)
    return box.current(model.VariableOption(selected=True, text=value, value=value))
