"""Judges the channels themselves: one that cannot reach people is a finding, and so an alert to people by the others.

The rule (`platform.channel_failed`) and its parameter are the rules stage's, kept in table `rule`; how channels answer
is known here alone.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from domain.channelhealth import CHANNEL_REMOVED, ChannelRecord, judge_channel
from domain.findings import Subject, SubjectKind, Verdict
from storage import channels as store
from storage import findings
from storage.database import Database

CHANNEL_FAILED = "platform.channel_failed"

#: Where a decision on the rule left the parameter out; as shipped.
_FAILING_FOR_MIN = 10.0
_SECOND, _INSTANT = timedelta(seconds=1), timedelta(microseconds=1)


class ChannelWatch:
    """Any number may run on one database; one judges at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def step(self, now: datetime, unserved: Collection[str] = (), gone: Collection[str] = ()) -> int:
        """Write a finding for each channel whose state has changed; returns how many. now: the platform's clock.

        unserved: channels that no alert stage has at present: that they fail is found of none of them. gone: those of
        them that none will have again; what was found of them ends, and they are forgotten.

        Raises StorageUnavailable; then nothing has changed.
        """
        async with self._database.transaction() as connection:
            if not await store.try_lock_watch(connection):
                return 0
            rule = await store.rule(connection, CHANNEL_FAILED)
            if rule is None:
                return 0
            version, params = rule
            failing_for = timedelta(minutes=_minutes(params))
            states = await store.states(connection)
            subjects = {state.channel: str(Subject(SubjectKind.CHANNEL, state.channel)) for state in states}
            last = await store.last_findings(connection, CHANNEL_FAILED, subjects.values())
            new = []
            for state in states:
                record = ChannelRecord(state.last_ok_at, state.failing_since, state.gave_up_at)
                found = judge_channel(record, now, failing_for)
                subject = subjects[state.channel]
                before, started = last.get(subject, (Verdict.COMPLIANT, None))
                if state.failing_since is not None and state.channel in unserved:
                    is_over = state.channel in gone and before == Verdict.VIOLATION
                    found = (Verdict.UNDETERMINED, CHANNEL_REMOVED) if is_over else None
                if found is None or found[0] == before:
                    continue
                verdict, reason = found
                since = {Verdict.VIOLATION: state.failing_since, Verdict.COMPLIANT: state.last_ok_at}.get(verdict)
                start = since or now
                if started is not None and start <= started:  # a clock that stands still, as a simulated one may
                    start = started + _INSTANT
                new.append(
                    findings.NewFinding(
                        rule_id=CHANNEL_FAILED,
                        rule_version=version,
                        subject=subject,
                        enterprise_id=None,
                        period_start=start,
                        period_end=max(now, start + _SECOND),
                        verdict=verdict,
                        reason=reason,
                        value=None,
                        limit_value=None,
                        unit=None,
                        evidence=_evidence(state),
                    )
                )
            if new:
                await findings.record(connection, new, [], now)
            await store.forget(connection, [one.channel for one in states if one.failing_since and one.channel in gone])
            return len(new)


def _minutes(params: dict[str, Any]) -> float:
    minutes = params.get("failing_for_min", _FAILING_FOR_MIN)
    return float(minutes) if isinstance(minutes, int | float) else _FAILING_FOR_MIN


def _evidence(state: store.ChannelState) -> dict[str, Any]:
    """What a person who mends it must know. Errors of channels hold no address and no secret."""
    if state.failing_since is None:
        return {"kind": state.kind}
    return {
        "kind": state.kind,
        "error": state.last_error,
        "failures": state.failures,
        "failing_since": state.failing_since.isoformat(),
        "gave_up": state.gave_up_at is not None,
    }
