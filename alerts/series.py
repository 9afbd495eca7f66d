"""The (rule, alert subject) that new findings belong to, and everything that is known of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.alerts import AlertSettings, CurrentFinding, Per
from domain.errors import BadInput
from domain.findings import Subject, SubjectKind
from storage import alertseries as store
from storage.database import Connection

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Series:
    """Everything of one rule on one alert subject."""

    rule: store.RuleRow
    settings: AlertSettings
    subject: Subject
    enterprise_id: int | None

    @property
    def key(self) -> tuple[str, Subject]:
        """What it is known and locked by; series are always taken in the order of their keys."""
        return self.rule.rule_id, self.subject

    @property
    def is_plain(self) -> bool:
        """Whether nothing but what is found of the period itself opens an alert."""
        return self.settings.per is Per.SUBJECT and not self.settings.duty and self.subject.kind is not SubjectKind.RULE


@dataclass(slots=True)
class Group:
    """A series with its new findings. changed_from: start of the earliest period that they change."""

    series: Series
    changed_from: datetime
    finding_ids: list[int]


def grouped(work: Iterable[store.Work], rules: Mapping[str, store.RuleRow]) -> list[Group]:
    """New findings by series, by key; those that do not alert are left out."""
    parsed = {rule_id: _settings(rule) for rule_id, rule in rules.items()}
    groups: dict[tuple[str, Subject], Group] = {}
    for one in work:
        settings = parsed.get(one.rule_id)
        subject = None if settings is None else settings.alert_subject(Subject.parse(one.subject))
        if settings is None or subject is None:
            continue
        series = Series(rules[one.rule_id], settings, subject, one.enterprise_id)
        group = groups.setdefault(series.key, Group(series, one.changed_from, []))
        group.changed_from = min(group.changed_from, one.changed_from)
        group.finding_ids.append(one.finding_id)
    # always in the same order: two workers that wait for each other's series would wait for ever
    return sorted(groups.values(), key=lambda group: (group.series.rule.rule_id, str(group.series.subject)))


def _settings(rule: store.RuleRow) -> AlertSettings | None:
    """A rule's alert settings; None, and an error in the log, when they cannot be read."""
    if rule.alert is None:
        return None
    try:
        return AlertSettings.parse(rule.alert)
    except BadInput:
        logger.exception("a rule's alert settings cannot be read: it does not alert", extra={"rule": rule.rule_id})
        return None


def former(opened: Iterable[store.OpenAlert], rules: Mapping[str, store.RuleRow]) -> list[store.OpenAlert]:
    """Those of open alerts that are about what their rule does not alert on any more. One whose settings cannot be read
    stays as it is."""
    found = []
    for one in opened:
        rule = rules.get(one.rule_id)
        if rule is None:
            continue
        settings = _settings(rule)
        is_about = rule.alert is not None if settings is None else settings.may_be_about(Subject.parse(one.subject))
        if not is_about:
            found.append(one)
    return found


async def loud(connection: Connection, groups: Sequence[Group]) -> list[Group]:
    """The groups that may change an alert, in order. Most findings say that all is well where all was well."""
    plain = [group for group in groups if group.series.is_plain]
    asked = [(*group.series.key, group.changed_from) for group in plain]
    heard = await store.loud(connection, asked, [group.series.settings.no_data_for for group in plain])
    quiet = {id(group) for number, group in enumerate(plain) if number not in heard}
    return [group for group in groups if id(group) not in quiet]


async def findings(
    connection: Connection, series: Sequence[Series], from_ats: Sequence[datetime]
) -> list[list[CurrentFinding]]:
    """Current findings of each series from an instant on, and as many before it as a judgement of it needs."""
    found: list[list[CurrentFinding]] = [[] for _ in series]
    numbered = list(zip(range(len(series)), series, from_ats, strict=True))
    singles = [one for one in numbered if one[1].settings.per is Per.SUBJECT]
    for is_duty, read in ((False, store.subject_findings), (True, store.duty_findings)):
        chosen = [one for one in singles if one[1].settings.duty is is_duty]
        rows = await read(connection, [(*one.key, from_at) for _, one, from_at in chosen])
        for (number, _, _), own in zip(chosen, rows, strict=True):
            found[number] = own
    owned = [one for one in numbered if one[1].settings.per is Per.ENTERPRISE]
    asked = [(one.rule.rule_id, one.enterprise_id, from_at) for _, one, from_at in owned]
    for (number, one, _), own in zip(owned, await store.enterprise_findings(connection, asked), strict=True):
        found[number] = [finding for finding in own if one.settings.alert_subject(finding.subject) == one.subject]
    return found
