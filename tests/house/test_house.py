"""Laws of the house that no linter knows. A failure says which line breaks which law, and why it is one."""

from __future__ import annotations

import ast
import re
import subprocess
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("domain", "storage", "ingest", "rules", "alerts", "api", "simulators", "runtime")
SOURCES = sorted(path for room in (*ROOMS, "grafana") for path in (ROOT / room).rglob("*.py"))
QUERIES = sorted((ROOT / "storage" / "queries").glob("*.sql"))
BLOCK = re.compile(r"^-- ([a-z][a-z0-9_]*) --$", re.MULTILINE)


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def tracked() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in done.stdout.splitlines() if (ROOT / line).is_file()]


def text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_a_small_room(path: Path) -> None:
    assert len(text_of(path).splitlines()) <= 400, "would a reader find the rooms inside?"
    assert path.stem not in {"utils", "helpers", "common", "misc", "core"}


def calls(path: Path) -> list[str]:
    return [ast.unparse(node.func) for node in ast.walk(ast.parse(text_of(path))) if isinstance(node, ast.Call)]


@pytest.mark.parametrize("path", [p for p in SOURCES if room(p) != "runtime"], ids=lambda p: str(p.relative_to(ROOT)))
def test_time_and_environment_are_passed_in(path: Path) -> None:
    forbidden = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "os.getenv", "print"}
    assert not forbidden & set(calls(path)), "only runtime reads the clock and the environment"
    assert "os.environ" not in text_of(path)


def test_nothing_is_left_unfinished() -> None:
    mark = re.compile("NotImplemented" + "Error|TO" + "DO|FIX" + "ME")
    found = [f"{path.relative_to(ROOT)}" for path in SOURCES if mark.search(text_of(path))]
    assert found == []


def test_the_repository_stands_alone() -> None:
    """No path of any machine and no registry's address: a clone elsewhere must not depend on where this was written."""
    leak = re.compile(r"/(?:work|home|root)/\w|\.\./shared|/opt/pypi|" + "extra-index" + "-url|file:/" + "//(?!tmp)")
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in tracked()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if leak.search(line) and path != Path(__file__)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_pins_every_line_and_names_no_address(name: str) -> None:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    assert lines
    for line in lines:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+_-]+", line), f"{name}: {line}"


def test_no_dependency_ships_one_of_our_names() -> None:
    owners = packages_distributions()
    taken = {name: owners[name] for name in ROOMS if owners.get(name, ["plantwatch"]) != ["plantwatch"]}
    assert taken == {}


def blocks() -> dict[str, set[str]]:
    return {path.stem: set(BLOCK.findall(text_of(path))) for path in QUERIES}


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.name)
def test_sql_is_of_the_house(path: Path) -> None:
    text = re.sub(r"--[^\n]*", "", text_of(path)).lower()
    assert not re.search(r"\bnow\(\)|current_timestamp|clock_timestamp|current_date", text), "time is a parameter"
    assert "select *" not in text, "columns are named"
    assert not re.search(r"time_bucket|create_hypertable|drop_chunks", text), "TimescaleDB only in storage/timescale"
    uncast = re.findall(r"%\(\w+\)s(?!::)", text)
    assert uncast == [], "every parameter carries a cast, so that every block can be prepared"


def test_every_sql_block_is_used() -> None:
    code = "\n".join(text_of(path) for path in SOURCES if room(path) == "storage")
    pipeline = "\n".join(text_of(path) for path in SOURCES)
    unused = [
        f"{noun}.{name}"
        for noun, names in blocks().items()
        for name in names
        if f'"{name}"' not in code and f'"{name}"' not in pipeline and not _by_pattern(name, code)
    ]
    assert unused == []


def _by_pattern(name: str, code: str) -> bool:
    """Blocks named by noun, such as f"select_{noun}"."""
    verb = name.split("_", 1)[0]
    return f'f"{verb}_{{' in code


def test_no_password_or_token_is_written_down() -> None:
    secret = re.compile(r"""(?i)(password|token|secret)["']?\s*[:=]\s*["'][^"'{}$<>\s]{6,}["']""")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.suffix in {".py", ".toml", ".yaml", ".yml", ".env", ".md"} and "tests" not in path.parts
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if secret.search(line)
    ]
    assert found == []
