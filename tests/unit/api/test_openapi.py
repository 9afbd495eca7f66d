"""The document: fresh, and every answer has an example that its own schema accepts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from api.errors import PROBLEM_JSON
from api.snapshot import SNAPSHOT, render


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(render())
    return loaded


def _responses(document: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """(endpoint, status, media type, media) of every answer."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                for media_type, media in response.get("content", {}).items():
                    yield f"{method} {path}", status, media_type, media


def test_snapshot_is_fresh() -> None:
    assert render() == SNAPSHOT.read_text("utf-8"), "run `python -m api.snapshot` and review the difference"


def test_every_answer_has_an_example_that_fits(document: dict[str, Any]) -> None:
    checked = 0
    for endpoint, status, media_type, media in _responses(document):
        examples = [media["example"]] if "example" in media else [one["value"] for one in media["examples"].values()]
        assert examples, (endpoint, status)
        if "json" not in media_type:
            continue
        schema = media["schema"] | {"components": document["components"]}
        for example in examples:
            jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(example)
            checked += 1
    assert checked > 100


def test_errors_are_problems_only(document: dict[str, Any]) -> None:
    for endpoint, status, media_type, _ in _responses(document):
        assert (media_type == PROBLEM_JSON) == (int(status) >= 400), endpoint


def test_every_endpoint_below_v1_says_who_may_use_it(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert ("security" in operation) == (path.startswith("/v1/") or path == "/metrics"), path
