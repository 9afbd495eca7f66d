"""The shipped Prometheus rules: they fire when they should, and ask for nothing that no service tells."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from runtime.settings import PREFIX
from runtime.supervisor import Supervisor
from tests.conftest import TestServer

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "prometheus"
TESTS = sorted((FOLDER / "tests").glob("*.yml"))
SERVICES = ("api", "ingest", "rules", "alerts")
PORTS = ("API_PORT", "MQTT_PORT", "HJ212_PORT", *(f"{one}_METRICS_PORT" for one in ("INGEST", "RULES", "ALERTS")))
PROMTOOL = shutil.which("promtool")


AMTOOL = shutil.which("amtool")
#: Fires always: there are no series that keep it quiet, and it asks for none.
WATCHDOG = "PlantwatchWatchdog"


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((FOLDER / "plantwatch.rules.yml").read_text("utf-8"))["groups"]
    return list(group["rules"])


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: apt install prometheus)")
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_the_rules_fire_when_they_should(path: Path) -> None:
    done = subprocess.run([str(PROMTOOL), "test", "rules", path.name], cwd=path.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: apt install prometheus)")
def test_a_wrong_expectation_is_seen(tmp_path: Path) -> None:
    text = TESTS[0].read_text("utf-8").replace("../plantwatch.rules.yml", str(FOLDER / "plantwatch.rules.yml"))
    path = tmp_path / "wrong.yml"
    path.write_text(re.sub(r"(exp_alerts: )\[\]", r"\1[{exp_labels: {severity: none}}]", text, count=1), "utf-8")
    done = subprocess.run([str(PROMTOOL), "test", "rules", str(path)], capture_output=True, text=True)
    assert done.returncode != 0


def test_every_alert_has_series_that_make_it_fire_and_series_that_do_not() -> None:
    fires: set[str] = set()
    quiet: set[str] = set()
    for path in TESTS:
        for test in yaml.safe_load(path.read_text("utf-8"))["tests"]:
            checks = test["alert_rule_test"]
            fires |= {check["alertname"] for check in checks if check["exp_alerts"]}
            if not any(check["exp_alerts"] for check in checks):
                quiet |= {check["alertname"] for check in checks}
    assert fires == quiet | {WATCHDOG} == {rule["alert"] for rule in rules()}


def test_every_alert_says_what_is_wrong_and_what_to_do_in_chinese() -> None:
    for rule in rules():
        for name in ("summary", "description"):
            assert re.search(r"[\u4e00-\u9fff]{4}", rule["annotations"][name]), (rule["alert"], name)


def test_the_example_of_alertmanager_knows_the_alerts() -> None:
    text = (FOLDER / "alertmanager.example.yml").read_text("utf-8")
    named = set(re.findall(r"Plantwatch[A-Z]\w+", text))
    assert named <= {rule["alert"] for rule in rules()}
    assert WATCHDOG in named


@pytest.mark.skipif(AMTOOL is None, reason="amtool is not installed (Debian: apt install prometheus-alertmanager)")
def test_the_example_of_alertmanager_sends_each_alert_where_it_belongs() -> None:
    path = str(FOLDER / "alertmanager.example.yml")
    done = subprocess.run([str(AMTOOL), "check-config", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    for rule in rules():
        labels = [f"alertname={rule['alert']}", f"severity={rule['labels']['severity']}"]
        asked = [str(AMTOOL), "config", "routes", "test", f"--config.file={path}", *labels]
        receiver = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
        assert (receiver == "heartbeat") == (rule["alert"] == WATCHDOG), rule["alert"]
        if rule["alert"] in ("PlantwatchDown", "PlantwatchNobodyOnDuty"):
            assert receiver == "engineers-and-duty"


async def _told(url: str) -> dict[str, str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environ |= {PREFIX + name: "0" for name in PORTS} | {PREFIX + "DATABASE_URL": url}
    async with Supervisor(environ) as supervisor, httpx.AsyncClient(timeout=30, trust_env=False) as http:
        started = await asyncio.gather(*(supervisor.start(service) for service in SERVICES))
        texts = {}
        for service, ports in zip(SERVICES, started, strict=True):
            port = ports["api_port" if service == "api" else f"{service}_metrics_port"]
            answer = await http.get(f"http://127.0.0.1:{port}/metrics")
            texts[f"plantwatch-{service}"] = answer.raise_for_status().text
        return texts


@pytest.fixture(scope="module")
def told(server: TestServer) -> Iterator[dict[str, str]]:
    """What each service really tells Prometheus, as text, by job."""
    name = server.create(template=server.migrated())
    yield asyncio.run(_told(server.database_url(name)))
    server.drop(name)


def _asked() -> list[tuple[str, str, str]]:
    """(alert, metric, matchers) of every selector in the rules."""
    found = []
    for rule in rules():
        selectors = re.findall(r"([a-z_]\w*)\{([^}]*)\}", rule["expr"])
        assert bool(selectors) == (rule["alert"] != WATCHDOG), rule["alert"]
        found += [(rule["alert"], metric, matchers) for metric, matchers in selectors]
    return found


def test_every_metric_of_the_rules_is_told_by_the_service_it_is_asked_of(told: dict[str, str]) -> None:
    for alert, metric, text in _asked():
        matchers = {name: (op, value) for name, op, value in re.findall(r'(\w+)(=~|=)"([^"]*)"', text)}
        op, job = matchers.pop("job")
        jobs = [one for one in told if (re.fullmatch(job, one) if op == "=~" else one == job)]
        assert jobs, f"{alert}: no job {job}"
        if metric == "up":
            continue  # Prometheus' own
        for one in jobs:
            assert re.search(rf"^# TYPE {metric} ", told[one], re.MULTILINE), f"{alert}: {one} tells no {metric}"
            samples = re.findall(rf"^{metric}(?:\{{(.*)\}})? ", told[one], re.MULTILINE)
            for name, (kind, value) in matchers.items():
                values = {label for sample in samples for label in re.findall(rf'(?:^|,){name}="([^"]*)"', sample)}
                wanted = value.split("|") if kind == "=~" else [value]
                assert set(wanted) <= values, f"{alert}: {metric} of {one} has no {name} {wanted}"


def test_every_metric_that_is_written_of_is_told(told: dict[str, str]) -> None:
    known = set(re.findall(r"^# TYPE (\w+) ", "\n".join(told.values()), re.MULTILINE))
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "deploy").rglob("*.md")]:
        for name in re.findall(r"`(plantwatch_[a-z0-9_]+(?:\*|\b))", path.read_text("utf-8")):
            if name in ("plantwatch_session", "plantwatch_device", "plantwatch_alerts"):  # cookies, a channel
                continue
            fits = [one for one in known if one == name or (name.endswith("*") and one.startswith(name[:-1]))]
            assert fits, f"{path.name}: no service tells {name}"


def test_labels_that_texts_show_are_there(told: dict[str, str]) -> None:
    for rule in rules():
        metrics = [metric for metric, _ in re.findall(r"([a-z_]\w*)\{([^}]*)\}", rule["expr"])]
        labels = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values()))) - {"job", "instance"}
        samples = [
            labelled
            for text in told.values()
            for metric in metrics
            for labelled in re.findall(rf"^{metric}\{{(.*)\}} ", text, re.MULTILINE)
        ]
        for label in labels:
            if samples:  # a city without teams, rules or enterprises tells of none
                assert any(f'{label}="' in sample for sample in samples), f"{rule['alert']}: no label {label}"


def test_every_service_tells_of_its_machine(told: dict[str, str]) -> None:
    for job, text in told.items():
        (offset,) = re.findall(r"^plantwatch_clock_offset_seconds (\S+)", text, re.MULTILINE)
        assert abs(float(offset)) < 60, job
        (ratio,) = re.findall(r'^plantwatch_disk_free_ratio\{path="/"\} (\S+)', text, re.MULTILINE)
        assert 0 <= float(ratio) <= 1
        (size,) = re.findall(r"^plantwatch_database_bytes (\S+)", text, re.MULTILINE)
        assert float(size) > 1e6
