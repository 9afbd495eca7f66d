"""Provisioning and Prometheus files: they parse, and what they name exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg
import yaml

from grafana.build import DASHBOARDS
from grafana.sdk import DATASOURCE_TYPE, DATASOURCE_UID
from runtime.settings import Settings

ROOT = Path(__file__).parents[2]
GRAFANA = ROOT / "deploy" / "grafana"
PROMETHEUS = ROOT / "deploy" / "prometheus"

Connection = psycopg.Connection[tuple[object, ...]]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def readme_mounts() -> dict[str, str]:
    """Container path -> path in this repository, from the README's table."""
    text = (GRAFANA / "README.md").read_text("utf-8")
    return {inside: outside for outside, inside in re.findall(r"\| `([\w/]+):(/[\w/]+)` \|", text)}


def test_data_source_is_the_one_the_panels_name() -> None:
    (source,) = load(GRAFANA / "provisioning" / "datasources" / "plantwatch.yaml")["datasources"]
    assert source["uid"] == DATASOURCE_UID
    assert source["type"] == DATASOURCE_TYPE
    assert source["jsonData"]["timescaledb"] is False
    assert source["jsonData"]["database"] == source["database"]


def test_address_and_login_come_from_the_environment() -> None:
    text = (GRAFANA / "provisioning" / "datasources" / "plantwatch.yaml").read_text("utf-8")
    used = set(re.findall(r"\$\{(\w+)\}", text))
    assert {"DASH_DB_HOST", "DASH_DB_USER", "DASH_DB_PASSWORD"} <= used
    described = set(re.findall(r"`(DASH_\w+)`", (GRAFANA / "README.md").read_text("utf-8")))
    assert used == described


def test_provider_serves_the_generated_boards() -> None:
    (provider,) = load(GRAFANA / "provisioning" / "dashboards" / "plantwatch.yaml")["providers"]
    mounts = readme_mounts()
    assert (ROOT / mounts[provider["options"]["path"]]).resolve() == DASHBOARDS.resolve()
    assert (ROOT / mounts["/etc/grafana/provisioning"]).is_dir()
    assert provider["allowUiUpdates"] is False
    home = re.search(r"`(/var/lib/plantwatch/dashboards/[\w.-]+)`", (GRAFANA / "README.md").read_text("utf-8"))
    assert home is not None
    assert (DASHBOARDS / Path(home[1]).name).is_file()


def test_prometheus_scrapes_the_default_ports() -> None:
    config = load(PROMETHEUS / "prometheus.yml")
    found = {
        job["job_name"]: int(job["static_configs"][0]["targets"][0].rpartition(":")[2])
        for job in config["scrape_configs"]
    }
    fields = Settings.model_fields
    assert found == {
        "plantwatch-api": fields["api_port"].default,
        "plantwatch-ingest": fields["ingest_metrics_port"].default,
        "plantwatch-rules": fields["rules_metrics_port"].default,
        "plantwatch-alerts": fields["alerts_metrics_port"].default,
    }
    assert all((PROMETHEUS / name).is_file() for name in config["rule_files"])


def test_prometheus_rules_are_told_apart_and_speak_chinese() -> None:
    """What they ask for is held against the running services in tests/integration/runtime/test_prometheus.py."""
    (group,) = load(PROMETHEUS / "plantwatch.rules.yml")["groups"]
    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"])
    for rule in group["rules"]:
        assert re.search("[\u4e00-\u9fff]", rule["annotations"]["summary"])


def test_reader_has_no_right_on_any_table_of_ours(reader: Connection) -> None:
    found = reader.execute(
        "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm', 'S')"
        " and has_table_privilege('dash_reader', c.oid, 'select, insert, update, delete')"
    ).fetchall()
    assert found == []
