"""Family of silent gateways: a finding only where a gateway falls silent as a whole, or reports again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

import numpy as np

from domain.findings import Subject, SubjectKind, Verdict
from domain.periods import hour_number, numbered_hour
from rules.evaluators.contract import Judgement
from rules.evaluators.gateway_offline import GatewayOfflineParams, GatewayWindow
from rules.families.contract import Job, Worklist, judge
from rules.families.outlets import first_hour
from rules.families.silence import Silences, Watched
from rules.pack import Rule
from storage import gateways
from storage.database import Connection
from storage.gateways import WatchedPoint


@dataclass(frozen=True, slots=True)
class Member:
    """A point of a gateway in hours [first, end): in service, and sent by it."""

    point_id: int
    code: str
    interval_s: int
    first: int
    end: int | None

    def is_there(self, hour: int) -> bool:
        """Whether it belongs to the gateway in an hour."""
        return self.first <= hour and (self.end is None or hour < self.end)


@dataclass(frozen=True, slots=True)
class WatchedGateway(Watched):
    """A gateway with its points."""

    members: tuple[Member, ...] = ()


Stretch = tuple[WatchedGateway, int, int]


class SilentGateways(Silences[WatchedGateway]):
    """See `contract.Family`."""

    async def _watched(self, connection: Connection, job: Job, work: Worklist | None = None) -> list[WatchedGateway]:
        touched = None if work is None else (list(work.hours), list(work.registers))
        if touched == ([], []):
            return []
        rows = await gateways.points_of_gateways(
            connection, timedelta(days=params_of(job).forget_days), touched=touched
        )
        return select(rows, job)

    async def _changes(
        self, connection: Connection, job: Job, stretches: list[Stretch], previous: Mapping[str, Verdict]
    ) -> list[tuple[Rule, Judgement]]:
        spans = [
            (number, one.point_id, numbered_hour(max(one.first, first - history(job))).start, numbered_hour(stop).start)
            for number, (gateway, first, stop) in enumerate(stretches)
            for one in gateway.members
        ]
        counts = {(number, hour): n for number, hour, n in await gateways.gateway_hours(connection, spans)}
        return judge_gateways(job, stretches, counts, previous)


def params_of(job: Job) -> GatewayOfflineParams:
    """What the rule's points are looked up by."""
    params = job.rule.typed_params
    assert isinstance(params, GatewayOfflineParams)
    return params


def history(job: Job) -> int:
    """Hours before a stretch that its verdicts rest on."""
    lengths = [r.typed_params.most_hours for r in job.rules if isinstance(r.typed_params, GatewayOfflineParams)]
    return max(lengths) - 1


def select(rows: Iterable[WatchedPoint], job: Job) -> list[WatchedGateway]:
    """Gateways that the rule watches, of points in order of enterprise and gateway: those that have, or had, a point
    that is due often enough for its silence to tell."""
    valid_from, due_s = hour_number(job.valid_from_at), params_of(job).due_interval_s
    out = []
    for (enterprise_id, enterprise, name), group in groupby(rows, lambda r: (r.enterprise_id, r.enterprise, r.gateway)):
        members = tuple(
            member for row in group if (member := _member(row, valid_from)).end is None or member.end > member.first
        )
        due = [member.first for member in members if member.interval_s <= due_s]
        if due:
            subject = Subject(SubjectKind.GATEWAY, f"{enterprise}/{name}")
            ids = tuple(member.point_id for member in members)
            out.append(WatchedGateway(subject, ids, enterprise_id, min(due), None, members))
    return out


def _member(row: WatchedPoint, valid_from: int) -> Member:
    ends = [first_hour(row.in_service_to)] if row.in_service_to is not None else []
    ends += [hour_number(row.ends_at)] if row.ends_at is not None else []
    begin = max(first_hour(row.registered_from, row.in_service_from), hour_number(row.first_at))
    return Member(row.point_id, row.point, row.interval_s, max(begin, valid_from), min(ends, default=None))


def judge_gateways(
    job: Job,
    stretches: Sequence[Stretch],
    counts: Mapping[tuple[int, int], int],
    previous: Mapping[str, Verdict],
) -> list[tuple[Rule, Judgement]]:
    """Changes of state within stretches, from readings by (position of the stretch, hour). Pure."""
    due_s, out = params_of(job).due_interval_s, []
    for number, (gateway, first, stop) in enumerate(stretches):
        rule = job.variant_at(numbered_hour(first).start) or job.variant_at(numbered_hour(stop - 1).start)
        if rule is None:
            continue
        begin = max(gateway.first, first - history(job))
        there = [[one for one in gateway.members if one.is_there(hour)] for hour in range(begin, stop)]
        finest = [min((one.interval_s for one in hour if one.interval_s <= due_s), default=0) for hour in there]
        window = GatewayWindow(
            gateway.subject,
            [numbered_hour(hour) for hour in range(begin, stop)],
            np.array([counts.get((number, hour), 0) for hour in range(begin, stop)], np.int64),
            np.array(finest, np.int64),
            [[one.code for one in hour] for hour in there],
            first - begin,
            previous.get(gateway.key),
        )
        out += [(rule, one) for one in judge(rule, window) if job.variant_at(one.period.start) is not None]
    return out
