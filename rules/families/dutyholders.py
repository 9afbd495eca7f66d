"""Whom a duty is asked of and since when, by the register: for the rules, and for whoever takes records of duties."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from domain.duties import Span, Verification, at_least, clipped, common, merged
from domain.findings import Subject, SubjectKind
from domain.periods import add_months
from rules.evaluators.duty import Holder, Who
from storage import duties
from storage.database import Connection
from storage.duties import Enterprise

#: Key of what belongs to no enterprise: the city's and the parks' duties.
NOBODY = 0


@dataclass(frozen=True, slots=True)
class Held:
    """A subject of a duty with its enterprise, None for a city or a park."""

    holder: Holder
    enterprise: Enterprise | None


def spans_of(
    who: Who,
    registered_from: date,
    industry: str,
    listed: Iterable[tuple[date, date | None]],
    steps: Iterable[tuple[date, int]],
    regulated: Iterable[Span] = (),
) -> list[Span]:
    """Days on which a duty holds of an enterprise. listed: its stays on the duty's list; steps: changes in the number
    of its components in service; regulated: service of installations under the duty's standard. Pure."""
    if who.industries and industry not in who.industries:
        return []
    spans = [Span(registered_from)]
    if who.on_list is not None:
        spans = common(spans, merged(Span(start, end) for start, end in listed))
    if who.min_components is not None:
        spans = common(spans, merged([*at_least(steps, who.min_components), *regulated]))
    return spans


async def holders(connection: Connection, who: Who, enterprise_ids: Sequence[int] | None = None) -> list[Held]:
    """Subjects of a duty with the days on which it holds, without records. enterprise_ids: only those of these, where
    `NOBODY` stands for the city and the parks."""
    if who.kind in (SubjectKind.CITY, SubjectKind.PARK):
        if enterprise_ids is not None and NOBODY not in enterprise_ids:
            return []
        return [
            Held(Holder(Subject(who.kind, group.code), [Span(group.first_day)]), None)
            for group in await duties.groups(connection)
            if group.kind == who.kind and group.first_day is not None
        ]
    ids = None if enterprise_ids is None else [one for one in enterprise_ids if one != NOBODY]
    if ids == []:
        return []
    owners = await duties.enterprises(connection, ids)
    spans = await _spans(connection, who, owners, ids)
    if who.kind is SubjectKind.ENTERPRISE:
        return [
            Held(Holder(Subject(SubjectKind.ENTERPRISE, owner.code), spans[owner.enterprise_id]), owner)
            for owner in owners
            if spans[owner.enterprise_id]
        ]
    by_id = {owner.enterprise_id: owner for owner in owners if spans[owner.enterprise_id]}
    if who.kind is SubjectKind.PLACE:
        return await _places(connection, by_id, spans, ids)
    found = []
    for point in await duties.analysers(connection, who.quantities, ids):
        if (known := by_id.get(point.enterprise_id)) is not None:
            served = common(spans[point.enterprise_id], [Span(point.in_service_from, point.in_service_to)])
            if served:
                found.append(Held(Holder(Subject(SubjectKind.POINT, f"{known.code}/{point.code}"), served), known))
    return found


async def _spans(
    connection: Connection, who: Who, owners: Sequence[Enterprise], ids: Sequence[int] | None
) -> dict[int, list[Span]]:
    listed: dict[int, list[tuple[date, date | None]]] = defaultdict(list)
    steps: dict[int, list[tuple[date, int]]] = defaultdict(list)
    regulated: dict[int, list[Span]] = defaultdict(list)
    if who.on_list is not None:
        for key, start, end in await duties.listings(connection, who.on_list, ids):
            listed[key].append((start, end))
    if who.min_components is not None:
        for key, day, step in await duties.component_steps(connection, ids):
            steps[key].append((day, step))
    if who.or_standard is not None:
        for key, start, end in await duties.installations(connection, who.or_standard, ids):
            regulated[key].append(Span(start, end))
    return {
        one.enterprise_id: spans_of(
            who,
            one.registered_from,
            one.industry,
            listed[one.enterprise_id],
            steps[one.enterprise_id],
            regulated[one.enterprise_id],
        )
        for one in owners
    }


async def _places(
    connection: Connection, owners: dict[int, Enterprise], spans: dict[int, list[Span]], ids: Sequence[int] | None
) -> list[Held]:
    """Metering places with the verifications that the register knows of their meters."""
    verified: dict[tuple[int, str], list[Verification]] = defaultdict(list)
    served: dict[tuple[int, str], Span] = {}
    for row in await duties.meters(connection, ids):
        if row.enterprise_id in owners:
            key = (row.enterprise_id, row.place)
            due = add_months(row.verified_on, row.verification_months)
            verified[key].append(Verification(row.serial, row.verified_on, due, row.removed_on))
            served[key] = Span(row.in_service_from, row.in_service_to)
    found = []
    for (enterprise_id, place), known in verified.items():
        owner = owners[enterprise_id]
        days = clipped(common(spans[enterprise_id], [served[enterprise_id, place]]), owner.registered_from)
        if days:
            subject = Subject(SubjectKind.PLACE, f"{owner.code}/{place}")
            found.append(Held(Holder(subject, days, verifications=known), owner))
    return found
