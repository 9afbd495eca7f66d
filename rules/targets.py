"""The city's targets as rows of table `target`, for display beside what the rules find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rules.policy.loaders import load_policy
from rules.policy.tables import Target


def target_rows() -> list[dict[str, Any]]:
    """One row per target of the policy tables. A target that names a level or parts keeps these words in its note."""
    policy = load_policy()
    titles = {document.id: document.title for document in policy.documents}
    return [_row(target, titles[target.document_id]) for target in policy.targets]


def _row(target: Target, document: str) -> dict[str, Any]:
    return {
        "target_id": target.id,
        "document": document,
        "document_status": target.document_status.value,
        "indicator": target.indicator,
        "operator": "" if target.operator is None else target.operator.value,
        "value": target.value,
        "unit": target.unit,
        "baseline_year": target.baseline_year,
        "target_year": target.target_year,
        "bureau": target.bureau,
        "domain": ";".join(domain.value for domain in target.domains),
        "check_mode": target.check_mode.value,
        "quote": target.quote,
        "note": "；".join(_notes(target)),
    }


def _notes(target: Target) -> Sequence[str]:
    parts = "，".join(f"{part.label}{part.operator.value}{part.value}" for part in target.parts)
    return [note for note in (target.value_text, parts, target.unit_basis, target.remark) if note]
