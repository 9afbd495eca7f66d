"""From judgements to findings: only what differs from the current finding is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from rules.evaluators.contract import Judgement
from rules.families.contract import Advance
from rules.pack import Rule
from storage import findings
from storage.database import Connection
from storage.findings import NewFinding, StoredFinding

_INSTANT = timedelta(microseconds=1)

#: Whether a current finding says the same as a judgement.
Same = Callable[[StoredFinding, Judgement], bool]

Window = tuple[str, datetime, datetime]


def same_in_full(stored: StoredFinding, judged: Judgement) -> bool:
    """Nothing differs, not even the evidence: an operator who recomputes must not meet figures of yesterday."""
    return (
        same_state(stored, judged)
        and stored.value == judged.value
        and stored.limit_value == judged.limit
        and stored.unit == judged.unit
        and stored.evidence == judged.evidence
    )


def same_state(stored: StoredFinding, judged: Judgement) -> bool:
    """Same period, verdict and reason: for findings whose evidence counts days."""
    return (stored.period_end, stored.verdict, stored.reason) == (judged.period.end, judged.verdict, judged.reason)


async def settle(
    connection: Connection,
    judged: Sequence[tuple[Rule, Judgement]],
    enterprise_ids: Mapping[str, int],
    now: datetime,
    *,
    same: Same = same_in_full,
    whole: Sequence[Window] | None = None,
    rule_id: str,
) -> Advance:
    """Write the judgements that differ from current findings of their period.

    whole: (subject, from, to) windows of which `judged` is the whole truth: current findings in them that no judgement
    confirms are superseded without successor. enterprise_ids: by enterprise code.
    """
    windows = _windows(judged) if whole is None else list(whole)
    current = {
        (stored.subject, stored.period_start): stored
        for stored in (await findings.current_in_windows(connection, rule_id, windows) if windows else [])
    }
    new: list[NewFinding] = []
    for rule, judgement in judged:
        subject = str(judgement.subject)
        stored = current.pop((subject, judgement.period.start), None)
        if stored is None or not same(stored, judgement):
            enterprise = judgement.subject.enterprise
            enterprise_id = None if enterprise is None else enterprise_ids[enterprise]
            new.append(_new(rule, judgement, subject, enterprise_id, stored))
    gone = [] if whole is None else [stored.finding_id for stored in current.values()]
    written, superseded = await findings.record(connection, new, gone, now)
    return Advance(judged=len(judged), written=written, superseded=superseded)


def _new(
    rule: Rule, judgement: Judgement, subject: str, enterprise_id: int | None, stored: StoredFinding | None
) -> NewFinding:
    return NewFinding(
        rule_id=rule.id,
        rule_version=rule.version,
        subject=subject,
        enterprise_id=enterprise_id,
        period_start=judgement.period.start,
        period_end=judgement.period.end,
        verdict=judgement.verdict,
        reason=judgement.reason,
        value=judgement.value,
        limit_value=judgement.limit,
        unit=judgement.unit,
        evidence=judgement.evidence,
        supersedes=None if stored is None else stored.finding_id,
    )


def _windows(judged: Iterable[tuple[Rule, Judgement]]) -> list[Window]:
    """The span of period starts of each subject."""
    spans: dict[str, tuple[datetime, datetime]] = {}
    for _, judgement in judged:
        subject, at = str(judgement.subject), judgement.period.start
        low, high = spans.get(subject, (at, at))
        spans[subject] = (min(low, at), max(high, at))
    return [(subject, low, high + _INSTANT) for subject, (low, high) in spans.items()]
