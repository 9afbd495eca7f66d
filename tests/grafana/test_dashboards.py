"""The checked-in JSON: fresh, complete, loadable by the SDK, and every query runs as Grafana would send it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.alerts import Occasion
from domain.telling import Decision, Reason
from grafana import alarm_words, build
from grafana.panels import SCHEMA_VERSION, load_queries
from grafana.sdk import DATASOURCE_TYPE, DATASOURCE_UID, JSONEncoder, register
from grafana.sdk import dashboard_model as model
from runtime.settings import Settings
from tests.grafana.macros import UnknownMacro, expand
from tests.grafana.plant import NOW, START

Connection = psycopg.Connection[tuple[object, ...]]
DASHBOARDS = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(build.DASHBOARDS.glob("*.json"))}
ALL = "'__all__'"

#: Panels that may show nothing on the filled city, with the reason.
MAY_BE_EMPTY: dict[str, str] = {}


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def cases() -> list[Any]:
    return list(_cases())


def _cases() -> Iterator[Any]:
    for uid, dashboard in DASHBOARDS.items():
        for panel in panels(dashboard):
            for target in panel["targets"]:
                yield pytest.param(uid, panel, target, id=f"{uid}/{panel['title']}/{target['refId']}")


def declared(uid: str) -> list[dict[str, Any]]:
    return DASHBOARDS[uid]["templating"]["list"]


def variables(uid: str) -> list[dict[str, Any]]:
    """Those that a query fills."""
    return [variable for variable in declared(uid) if variable["type"] == "query"]


def variable_cases() -> list[Any]:
    return [
        pytest.param(uid, variable, id=f"{uid}/{variable['name']}") for uid in DASHBOARDS for variable in variables(uid)
    ]


def run(connection: Connection, sql: str, chosen: dict[str, Any]) -> tuple[list[str], list[tuple[Any, ...]]]:
    query = expand(sql, start=START + timedelta(days=1), end=NOW, chosen=chosen)
    assert "$" not in query, "Grafana would leave a variable or macro in the query"
    cursor = connection.execute(query.encode())
    assert cursor.description is not None
    return [column.name for column in cursor.description], cursor.fetchall()


def everything(uid: str) -> dict[str, Any]:
    return {variable["name"]: ALL for variable in variables(uid)}


def test_every_decision_about_telling_has_its_words() -> None:
    assert alarm_words.DECISION_REASONS.keys() == set(Reason)
    assert alarm_words.DECISIONS.keys() == set(Decision)
    assert alarm_words.OCCASIONS.keys() == set(Occasion)


def test_boards() -> None:
    assert sorted(dashboard["title"] for dashboard in DASHBOARDS.values()) == sorted(
        [
            "城市总览",
            "用水计量覆盖",
            "水量平衡",
            "能耗对标",
            "碳账户与绿电",
            "目标记分牌",
            "固定源排放",
            "数据可信度",
            "限值登记",
            "泄漏检测与修复 LDAR",
            "泄漏修复与排放",
            "定期事项",
            "平台运行",
            "告警健康",
        ]
    )


def test_checked_in_json_equals_a_rebuild() -> None:
    assert build.stale() == []


def test_check_finds_stale_missing_and_foreign_files(tmp_path: Path) -> None:
    build.write(tmp_path)
    assert build.stale(tmp_path) == []
    (tmp_path / "plantwatch-city.json").write_text("{}", "utf-8")
    (tmp_path / "plantwatch-ldar.json").unlink()
    (tmp_path / "old.json").write_text("{}", "utf-8")
    assert build.stale(tmp_path) == ["old.json", "plantwatch-city.json", "plantwatch-ldar.json"]
    assert build.main(["--check"], folder=tmp_path) == 1
    assert build.main([], folder=tmp_path) == 0
    assert build.main(["--check"], folder=tmp_path) == 0
    assert not (tmp_path / "old.json").exists()


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_board_is_as_a_stock_grafana_expects(uid: str) -> None:
    dashboard = DASHBOARDS[uid]
    assert dashboard["uid"] == uid
    assert len(uid) <= 40
    assert dashboard["schemaVersion"] == SCHEMA_VERSION
    assert dashboard["timezone"] == "Asia/Shanghai"
    assert dashboard["refresh"] == "1m"
    assert dashboard["editable"] is False
    assert not {"id", "version", "iteration"} & dashboard.keys()
    identities = [panel["id"] for panel in dashboard["panels"]]
    assert identities == list(range(1, len(identities) + 1))


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_sdk_reads_the_board_back_unchanged(uid: str) -> None:
    register()
    loaded = model.Dashboard.from_json(DASHBOARDS[uid])
    again = json.loads(json.dumps(loaded, cls=JSONEncoder))
    for link in again["links"]:
        del link["placement"]  # the SDK sets it whatever the file says
    assert again == DASHBOARDS[uid]


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_panels_fill_the_grid_without_overlap(uid: str) -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in DASHBOARDS[uid]["panels"]:
        grid = panel["gridPos"]
        assert grid["x"] + grid["w"] <= 24
        for x in range(grid["x"], grid["x"] + grid["w"]):
            for y in range(grid["y"], grid["y"] + grid["h"]):
                assert (x, y) not in taken, f"{panel['title']} lies on {taken[x, y]}"
                taken[x, y] = panel["title"]


def test_maps_ask_no_server_for_tiles_and_show_the_city() -> None:
    maps = [panel for board in DASHBOARDS.values() for panel in panels(board) if panel["type"] == "geomap"]
    assert maps
    for panel in maps:
        base = panel["options"]["basemap"]
        assert base["type"] == "xyz"
        assert base["config"]["url"].startswith("data:image/gif;base64,")
        assert "://" not in json.dumps(panel["options"])
        assert panel["options"]["view"]["zoom"] >= 10, "with `fit` it is the closest zoom: 1 is the world"


def test_uids_and_titles_are_unique() -> None:
    assert len({dashboard["uid"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)
    for dashboard in DASHBOARDS.values():
        titles = [panel["title"] for panel in panels(dashboard)]
        assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(("uid", "panel", "target"), cases())
def test_panel_says_what_it_shows(uid: str, panel: dict[str, Any], target: dict[str, Any]) -> None:
    assert re.search("[\u4e00-\u9fff]", panel["title"] + uid.removeprefix("plantwatch-ldar"))
    assert len(panel["description"]) >= 15
    assert panel["fieldConfig"]["defaults"]["unit"]
    source = {"type": DATASOURCE_TYPE, "uid": DATASOURCE_UID}
    assert panel["datasource"] == source
    assert target["datasource"] == source
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    # None and 1 only: limits come from the database
    assert {step["value"] for step in steps} <= {None, 1}


@pytest.mark.parametrize(("uid", "panel", "target"), cases())
def test_panel_query_runs_and_gives_what_the_panel_needs(
    uid: str, panel: dict[str, Any], target: dict[str, Any], reader: Connection
) -> None:
    names, rows = run(reader, target["rawSql"], everything(uid))
    assert len(set(names)) == len(names)
    if panel["title"] not in MAY_BE_EMPTY:
        assert rows
        assert any(value is not None for row in rows for value in row)
    if target["format"] == "time_series":
        assert names[0] == "time"
        assert all(row[0].tzinfo is not None for row in rows)
        assert [row[0] for row in rows] == sorted(row[0] for row in rows)
        keys = [row[:2] if "metric" in names else row[:1] for row in rows]
        assert len(set(keys)) == len(keys), "two values of one series at one instant"
        assert all(isinstance(row[-1], (int, float)) or row[-1] is None or hasattr(row[-1], "as_tuple") for row in rows)
    else:
        wanted = [
            override["matcher"]["options"]
            for override in panel["fieldConfig"].get("overrides", [])
            if override["matcher"]["id"] == "byName"
        ]
        assert set(wanted) <= set(names), "a column the panel formats is not in the result"


@pytest.mark.parametrize(("uid", "panel", "target"), cases())
def test_panel_query_obeys_every_choice(
    uid: str, panel: dict[str, Any], target: dict[str, Any], reader: Connection
) -> None:
    chosen = {
        "district": ["wuda", "it's"],
        "enterprise": ["coke-a", "chem-c"],
        "outlet": ["coke-a/S1"],
        "pollutant": ["so2"],
        "kind": ["ule"],
        "sign": ["flatline"],
        "rule": ["water.meter_installation_rate", "ldar.gb37822"],
        "document": ["乌海市绿色园区专项治理工作方案"],
        "domain": ["water", "energy"],
        "mode": ["auto", "derived"],
        "state": ["behind", "met"],
        "team": ["day"],
    }
    here = {variable["name"]: chosen[variable["name"]] for variable in variables(uid)}
    names, rows = run(reader, target["rawSql"], here)
    assert names
    shown = " ".join(str(value) for row in rows for value in row)
    if "team" not in here and "overall" not in target["rawSql"] and panel["title"] not in ("平台健康", "各渠道"):
        assert "乙焦化" not in shown
        assert "戊宾馆" not in shown


@pytest.mark.parametrize(("uid", "panel", "target"), cases())
def test_panel_query_runs_on_an_empty_database(
    uid: str, panel: dict[str, Any], target: dict[str, Any], empty_reader: Connection
) -> None:
    names, _ = run(empty_reader, target["rawSql"], everything(uid))
    assert names


@pytest.mark.parametrize(("uid", "variable"), variable_cases())
def test_variable_query_runs(uid: str, variable: dict[str, Any], reader: Connection) -> None:
    names, rows = run(reader, variable["query"], everything(uid))
    assert names == ["__text", "__value"]
    assert rows
    assert len({row[1] for row in rows}) == len(rows)
    assert variable["allValue"] == ALL
    assert variable["multi"]
    assert variable["includeAll"]
    assert variable["current"]["value"] == ["$__all"]


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_variables_are_declared_before_use(uid: str) -> None:
    before: set[str] = set()
    known = {"district", "enterprise", "outlet", "pollutant", "kind", "sign", "rule"}
    known |= {"document", "domain", "mode", "state", "team"}
    for variable in variables(uid):
        used = set(re.findall(r"\$(\w+)", variable["query"]))
        assert used <= before
        before.add(variable["name"])
    for panel in panels(DASHBOARDS[uid]):
        for target in panel["targets"]:
            assert set(re.findall(r"\$(\w+)", target["rawSql"])) & known <= before


def test_every_named_query_is_on_a_board() -> None:
    shown = {
        target["rawSql"] for board in DASHBOARDS.values() for panel in panels(board) for target in panel["targets"]
    }
    shown |= {variable["query"] for uid in DASHBOARDS for variable in variables(uid)}
    for path in (Path(build.__file__).parent / "queries").glob("*.sql"):
        for name, sql in load_queries(path.stem).items():
            assert sql in shown, f"{path.name}: {name} is on no board"


def test_queries_read_only_the_schema_dash() -> None:
    for uid, panel, target in (case.values for case in cases()):
        for relation in re.findall(r"\b(?:from|join)\s+([a-z_.]+)", target["rawSql"]):
            named = relation.startswith("dash.") or relation in {"time", "now", "lateral"}
            assert named or f"with {relation}" in target["rawSql"], (uid, panel["title"], relation)


def test_links_name_boards_and_variables_that_exist() -> None:
    text = json.dumps(DASHBOARDS, ensure_ascii=False)
    for uid, query in re.findall(r'/d/([\w-]+)\?([^"]*?)"', text.replace('\\"', "'")):
        assert uid in DASHBOARDS
        names = {variable["name"] for variable in variables(uid)}
        assert set(re.findall(r"var-(\w+)=", query)) <= names
    for uid, dashboard in DASHBOARDS.items():
        if "${api}" in json.dumps(dashboard):
            (box,) = [one for one in declared(uid) if one["type"] == "textbox"]
            assert (box["name"], box["query"]) == ("api", Settings.model_fields["public_url"].default)


@pytest.mark.parametrize(
    "relation",
    ["reading", "credential", "enterprise", "finding", "notification", "refused_message", "hourly", "alert", "rule"],
)
def test_reader_sees_nothing_outside_dash(relation: str, reader: Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute(f"select * from public.{relation} limit 1")


@pytest.mark.parametrize("statement", ["delete from dash.city", "create table dash.x (a int)", "drop view dash.city"])
def test_reader_changes_nothing(statement: str, reader: Connection) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState)):
        reader.execute(statement)


def test_unknown_macro_is_refused() -> None:
    with pytest.raises(UnknownMacro):
        expand("select $__timeBucket(time)", start=START, end=NOW, chosen={})
