"""The texts of many alerts at once: reads what they rest on, and has them worded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from alerts.cautions import describe
from alerts.series import Series
from alerts.wording import Basis, Facts, Text, assemble
from domain.alerts import Breach, Resolution, Severity, Span
from domain.findings import SubjectKind
from storage import alertseries as store
from storage.database import Connection
from storage.limits import LimitBasis

#: Subjects of an alert that a text may tell one by one.
_TOLD = 50


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """An alert that is to be worded. breaches: those of its span, at least one."""

    series: Series
    alert_id: int
    span: Span
    breaches: Sequence[Breach]
    url: str

    @property
    def finding_id(self) -> int:
        """Of the latest finding that shows it."""
        return self.breaches[-1].finding.finding_id

    @property
    def severity(self) -> Severity:
        return self.series.settings.severity_of(self.span.condition)

    def told(self) -> list[int]:
        """Findings of a duty that its text is about: those that last, or all of them; none for what is no duty."""
        if not self.series.settings.duty:
            return []
        lasting = [breach.finding.finding_id for breach in self.breaches if breach.until_at is None]
        return lasting or [breach.finding.finding_id for breach in self.breaches]

    @property
    def is_of_components(self) -> bool:
        """Whether it is told component by component."""
        return self.series.settings.duty and self.breaches[-1].finding.subject.kind is SubjectKind.COMPONENT


async def texts(connection: Connection, drafts: Sequence[Draft]) -> list[Text]:
    """The text of each draft."""
    if not drafts:
        return []
    told = [draft.told() for draft in drafts]
    wanted = {draft.finding_id for draft in drafts} | {one for ids in told for one in ids[:_TOLD]}
    evidences = await store.evidences(connection, sorted(wanted))
    names = await store.subject_names(connection, (draft.series.subject for draft in drafts))
    of_components = [ids if draft.is_of_components else [] for draft, ids in zip(drafts, told, strict=True)]
    groups = await store.component_groups(connection, of_components)
    named = (evidences.get(draft.finding_id, {}).get("limit_id") for draft in drafts)
    bases = await store.limit_bases(connection, (one for one in named if isinstance(one, int)))
    out = []
    for draft, ids, own_groups in zip(drafts, told, groups, strict=True):
        series, evidence = draft.series, evidences.get(draft.finding_id, {})
        is_retired = draft.span.resolution is Resolution.RETIRED
        span = replace(draft.span, resolved_at=None, resolution=None) if is_retired else draft.span
        enterprise_name, subject_name = names[series.subject]
        text = describe(
            Facts(
                alert_id=draft.alert_id,
                rule_title=series.rule.title,
                standard=series.rule.standard,
                clause=series.rule.clause,
                severity=draft.severity,
                subject=series.subject,
                enterprise_name=enterprise_name,
                subject_name=subject_name,
                span=span,
                breaches=draft.breaches,
                evidence=evidence,
                url=draft.url,
                basis=_basis(evidence, bases),
                evidences={one: evidences[one] for one in ids[:_TOLD] if one in evidences},
                groups=own_groups,
            )
        )
        if is_retired:
            text = replace(text, summary=retired(text.summary, _why(series.rule), draft.url))
        out.append(text)
    return out


#: Why an alert about what its rule does not alert on any more is over.
NOT_ALERTED = "规则已不再就此告警"


def _why(rule: store.RuleRow) -> str:
    if rule.is_retired:
        return "规则已从规则包中撤下"
    return "规则已停用" if rule.is_off else "通道已从通道配置中移除"


def retired(summary: str, why: str, url: str) -> str:
    """What is said of an alert that nobody judges any more: it is over, and nobody knows whether the problem is."""
    lines = [f"{why}，之后不再判定，本告警到此为止；这不表示问题已经消除。"]
    lines += [f"原告警：{line}" for line in summary.splitlines()[:2]]
    return assemble(lines, url)


def _basis(evidence: Mapping[str, Any], bases: Mapping[int, LimitBasis]) -> Basis | None:
    """The limit that a finding was judged by, where it names one."""
    limit_id = evidence.get("limit_id")
    found = bases.get(limit_id) if isinstance(limit_id, int) else None
    return None if found is None else Basis(found.kind, found.averaging, found.standard, found.clause)
