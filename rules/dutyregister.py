"""Which duties may be recorded of whom, by the register and the rules: what doors ask before they write records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.duties import Span
from domain.dutyrecords import DutyRecord, KnownDuty, RecordFault, concern_fault
from domain.findings import SubjectKind
from rules.evaluators.duty import DutyParams
from rules.families.dutyholders import NOBODY, holders
from storage import duties
from storage.database import Connection
from storage.duties import DutyRule, NewRecord


async def known_duties(connection: Connection) -> dict[str, KnownDuty]:
    """Duties that may be recorded, by rule id; those that are not in force too: records may come before a decision."""
    return {rule_id: _known(rule) for rule_id, rule in (await duties.duty_rules(connection)).items()}


async def city_code(connection: Connection) -> str | None:
    """The city that duties of the city are of, None before it is registered."""
    return next((one.code for one in await duties.groups(connection) if one.kind == "city"), None)


async def registered(connection: Connection, records: Sequence[DutyRecord]) -> list[NewRecord | RecordFault]:
    """Records ready to be written, or why a duty does not concern its subject on that day; one for each."""
    rules = await duties.duty_rules(connection)
    owners = {one.code: one for one in await duties.enterprises(connection, None)}
    first_days: dict[tuple[str, str], date | None] = {
        (one.kind, one.code): one.first_day for one in await duties.groups(connection)
    }
    spans: dict[tuple[str, str], Sequence[Span]] = {}
    for rule_id in {one.rule_id for one in records}:
        codes = {one.subject.enterprise for one in records if one.rule_id == rule_id}
        ids = sorted({owners[code].enterprise_id for code in codes if code is not None and code in owners} | {NOBODY})
        for held in await holders(connection, _params(rules[rule_id]).who, ids):
            spans[rule_id, str(held.holder.subject)] = held.holder.spans
    found: list[NewRecord | RecordFault] = []
    for record in records:
        code = record.subject.enterprise
        owner = None if code is None else owners.get(code)
        if code is None:
            first_day = first_days.get((record.subject.kind, record.subject.key))
        else:
            first_day = None if owner is None else owner.registered_from
        held_on = spans.get((record.rule_id, str(record.subject)), ())
        fault = concern_fault(record, _known(rules[record.rule_id]), first_day, held_on)
        found.append(
            fault
            or NewRecord(
                record.rule_id,
                str(record.subject),
                None if owner is None else owner.enterprise_id,
                record.done_on,
                record.documents,
                record.note,
            )
        )
    return found


def _params(rule: DutyRule) -> DutyParams:
    return DutyParams.model_validate(rule.params)


def _known(rule: DutyRule) -> KnownDuty:
    kind = _params(rule).who.kind
    return KnownDuty(rule.rule_id, rule.title, kind, by_register=kind is SubjectKind.PLACE)
