"""From what is known to what is written: all decisions of one step. Pure; the order of what is given does not matter.

First each alert by itself (looks.py), then each team: whether it is in a flood, which groups wait, who gets what in one
message; at the end how far each alert has come and when it is to be looked at again.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.dispatch import flood, grouping
from alerts.dispatch.audience import CHANNEL_FAILING, Audiences
from alerts.dispatch.contract import (
    AlertFacts,
    Flood,
    Plan,
    PlannedMessage,
    Progress,
    State,
    Subject,
    TeamState,
    Telling,
    World,
)
from alerts.dispatch.holds import LOOK_AGAIN, SETTLE, Holds
from alerts.dispatch.inhibit import Table, shipped
from alerts.dispatch.looks import Look, Looker
from alerts.dispatch.timing import dues, last_first_step
from alerts.messages import Receiver
from domain.alerts import Occasion, Severity
from domain.roster import Team
from domain.telling import Decision, Reason

#: What is to be looked at again is never due at once: time has to pass.
_LATER = timedelta(minutes=1)
#: Of these a receiver gets one at a time.
_REMINDERS = (Occasion.REPEATED, Occasion.REALARMED, Occasion.ESCALATED)


def plan(world: World, subjects: Iterable[Subject], table: Table | None = None) -> Plan:
    """What is to be told, written and remembered of alerts. table: of inhibition, the shipped one when left out."""
    result = Plan()
    audiences = Audiences(world)
    looker = Looker(world, Holds(world, table or shipped()), audiences, result)
    # those that last come first: of a series that flaps, it is one of them that is told
    ordered = sorted(subjects, key=lambda one: (not one.facts.is_firing, *one.facts.order))
    looks = [look for subject in ordered if (look := looker.look(subject)) is not None]
    Teams(world, audiences, result).tell(looks)
    for look in looks:
        _remember(world, audiences, result, look)
    return result


class Teams:
    """Makes messages of tellings, team by team."""

    def __init__(self, world: World, audiences: Audiences, result: Plan) -> None:
        self._world = world
        self._now = world.now
        self._audiences = audiences
        self._plan = result
        self._looks: dict[int, Look] = {}
        self._seen: set[tuple[int, Occasion, Receiver]] = set()

    def tell(self, looks: Sequence[Look]) -> None:
        """Decide about the tellings of all looks; floods that nobody adds to are judged as well."""
        self._looks = {look.facts.alert_id: look for look in looks}
        by_team: dict[str, list[Telling]] = {code: [] for code in self._world.floods}
        for look in looks:
            for telling in look.tellings:
                by_team.setdefault(telling.team.code, []).append(telling)
        for code in sorted(by_team):
            team = by_team[code][0].team if by_team[code] else self._audiences.team(code) or Team(code, code)
            self._team(team, by_team[code])

    def _team(self, team: Team, tellings: Sequence[Telling]) -> None:
        counted = [one for one in tellings if flood.is_counted(one.event, one.facts.rule_id)]
        others = [one for one in tellings if not flood.is_counted(one.event, one.facts.rule_id)]
        new = [one for one in counted if self._state(one).held is not Reason.FLOOD]
        came, critical = self._world.came.get(team.code, (0, 0))
        urgent = [one for one in new if _is_urgent(one)]
        if critical + len(urgent) > team.policy.flood_count:
            urgent = []  # these are a flood themselves
        alone = set(map(id, urgent))
        rest = [one for one in counted if id(one) not in alone]
        verdict = flood.judge(
            team.code,
            self._world.floods.get(team.code),
            team.policy,
            came=came,
            new=len(new),
            is_critical=any(one.facts.severity is Severity.CRITICAL for one in rest),
            now=self._now,
        )
        if verdict.flood is not None and verdict.is_open and verdict.digest_at is not None:
            told = [one for one in others if one.event is Occasion.RESOLVED and self._state(one).by_digest]
            others = [one for one in others if one not in told]
            self._send(urgent, as_one=False)
            others += self._digest(team, verdict.flood, verdict.digest_at, [*rest, *told], len(new))
            self._send(others, as_one=True)
            return
        if verdict.flood is not None:
            self._plan.floods.append(verdict.flood)
        self._send([*self._by_group(counted), *others], as_one=False)

    def _digest(
        self, team: Team, current: Flood, digest_at: datetime, entries: Sequence[Telling], new: int
    ) -> list[Telling]:
        """One message about all entries, or each is held until the next one. What is sent besides it is returned."""
        current = replace(current, alerts=current.alerts + new)
        if not entries or digest_at > self._now:
            for one in entries:
                self._hold(one, Reason.FLOOD, max(digest_at, self._now + _LATER))
            self._plan.floods.append(current)
            return []
        events = {}
        for one in sorted(entries, key=lambda one: one.facts.order):
            over = one.event is Occasion.FIRING and not one.facts.is_firing
            events[one.facts.alert_id] = Occasion.RESOLVED if over else one.event
        receivers = tuple(dict.fromkeys(receiver for one in entries for receiver in one.receivers))
        people = tuple(dict.fromkeys(person for one in entries for person in one.people))
        nth = f"{current.began_at.isoformat()} {current.digests}"
        first = len(self._plan.messages)
        for receiver in receivers:
            self._plan.messages.append(
                PlannedMessage(
                    Occasion.DIGEST, team, receiver, people, Reason.FLOOD, "flood", tuple(events.items()), nth
                )
            )
        for one in entries:
            detail = "waited" if self._state(one).held is Reason.FLOOD else one.detail
            for event in dict.fromkeys((one.event, events[one.facts.alert_id])):
                self._decide_sent(one, event, Reason.FLOOD, receivers, first, detail)
            self._told(one, bool(receivers), by_digest=True)
        self._plan.floods.append(replace(current, digests=current.digests + 1, last_digest_at=self._now))
        return []

    def _by_group(self, counted: Iterable[Telling]) -> Iterable[Telling]:
        """Those that no group's interval holds."""
        for one in counted:
            until = None
            if one.event is Occasion.FIRING:
                key = grouping.group_key(one.facts, one.team)
                until = grouping.held_until(one, key, self._state(one), self._world.group_last, self._now)
            if until is None:
                yield one
            else:
                self._hold(one, Reason.GROUP_INTERVAL, until)

    def _send(self, tellings: Iterable[Telling], *, as_one: bool) -> None:
        keyed = []
        for one in tellings:
            for telling in self._with_its_end(one):
                fresh = self._fresh(telling)
                if fresh is not None:
                    keyed.append((fresh, grouping.group_key(telling.facts, telling.team)))
        for key, group in grouping.grouped(keyed, as_one=as_one):
            self._message(key, group)

    def _with_its_end(self, telling: Telling) -> Iterable[Telling]:
        """An alert that is over when it is first told is told from its beginning."""
        yield telling
        if telling.event is Occasion.FIRING and not telling.facts.is_firing:
            yield replace(telling, event=Occasion.RESOLVED, reason=Reason.RESOLVED, detail="")

    def _fresh(self, telling: Telling) -> Telling | None:
        """A telling without the receivers that have it already, by another team or as another event of this step."""
        alert_id, left = telling.facts.alert_id, []
        for receiver in telling.receivers:
            events = {telling.event} if telling.event in (Occasion.FIRING, Occasion.RESOLVED) else _REMINDERS
            if any((alert_id, event, receiver) in self._seen for event in events):
                self._plan.decide(
                    telling.facts, telling.event, telling.team.code, Decision.DROP, Reason.DUPLICATE,
                    receivers=[receiver],
                )  # fmt: skip
            else:
                self._seen.add((alert_id, telling.event, receiver))
                left.append(receiver)
        before = self._looks[alert_id].before
        was_said = before is not None and before.reason is Reason.NO_RECEIVER
        if not telling.receivers and not was_said:
            self._plan.decide(
                telling.facts, telling.event, telling.team.code, Decision.DROP, Reason.NO_RECEIVER, telling.detail
            )
        if not left:
            self._told(telling, bool(telling.receivers))
            return None
        return replace(telling, receivers=tuple(left))

    def _message(self, key: str, group: Sequence[Telling]) -> None:
        one = group[0]
        alerts = tuple((telling.facts.alert_id, telling.event) for telling in group)
        people = tuple(dict.fromkeys(person for telling in group for person in telling.people))
        nth = f"{self._state(one).count} {one.step or 0}"
        if one.event is Occasion.HANDED_OVER:
            nth = self._now.isoformat()
        since = [(at, telling.facts.alert_id) for telling in group if (at := self._state(telling).told_at) is not None]
        waits = (min(since)[1], min(since)[0]) if one.event is Occasion.ESCALATED and since else None
        first = len(self._plan.messages)
        for receiver in one.receivers:
            self._plan.messages.append(
                PlannedMessage(one.event, one.team, receiver, people, one.reason, key, alerts, nth, one.step, waits)
            )
        for telling in group:
            self._decide_sent(telling, telling.event, telling.reason, one.receivers, first, telling.detail)
            self._told(telling, True)

    def _decide_sent(
        self, telling: Telling, event: Occasion, reason: Reason, receivers: Sequence[Receiver], first: int, detail: str
    ) -> None:
        """Note that each receiver gets a message, of those from number `first` on."""
        if not receivers:
            self._plan.decide(telling.facts, event, telling.team.code, Decision.DROP, Reason.NO_RECEIVER, detail)
        for number, receiver in enumerate(receivers, first):
            failing = CHANNEL_FAILING if self._audiences.is_failing(receiver) else ""
            said = " ".join(filter(None, (detail, failing)))
            self._plan.decide(telling.facts, event, telling.team.code, Decision.SEND, reason, said, [receiver], number)

    def _hold(self, telling: Telling, reason: Reason, until: datetime) -> None:
        look, state = self._looks[telling.facts.alert_id], self._state(telling)
        if telling.event is Occasion.FIRING and not telling.facts.is_firing:
            self._plan.decide(
                telling.facts, telling.event, telling.team.code, Decision.DROP, Reason.RESOLVED_WHILE_HELD, reason
            )
            return
        if state.held is not reason or state.waiting is not telling.event:
            self._plan.decide(telling.facts, telling.event, telling.team.code, Decision.HOLD, reason)
        look.teams[telling.team.code] = replace(state, held=reason, waiting=telling.event, next_at=until)

    def _told(self, telling: Telling, somebody: bool, *, by_digest: bool = False) -> None:
        """How far telling has come after this one; somebody: it reaches anybody at all."""
        look, state, now = self._looks[telling.facts.alert_id], self._state(telling), self._now
        event = telling.event
        if event is Occasion.FIRING and not somebody:
            look.teams[telling.team.code] = TeamState()
            return
        if event is Occasion.HANDED_OVER:
            return
        state = replace(
            state, count=state.count + 1, by_digest=state.by_digest or by_digest, held=None, waiting=None, next_at=None
        )
        if event is not Occasion.RESOLVED:
            state = replace(state, last_at=now)
        if event is Occasion.FIRING or telling.restarts:
            state = replace(state, told_at=now, step=last_first_step(telling.team))
        if event is Occasion.ESCALATED and telling.step is not None and not telling.restarts:
            state = replace(state, step=max(state.step, telling.step))
        if event is Occasion.REALARMED:
            self._plan.realarmed.add(telling.facts.alert_id)
        look.teams[telling.team.code] = state

    def _state(self, telling: Telling) -> TeamState:
        return self._looks[telling.facts.alert_id].teams.get(telling.team.code, TeamState())


def _is_urgent(telling: Telling) -> bool:
    """Whether a telling waits for no digest, as long as there are few such."""
    return telling.event is Occasion.FIRING and telling.facts.is_firing and telling.facts.severity is Severity.CRITICAL


def _remember(world: World, audiences: Audiences, result: Plan, look: Look) -> None:
    """Write down how far telling of an alert has come, where that has changed."""
    now, facts, before = world.now, look.facts, look.before
    if facts.alert_id in result.realarmed:
        facts = replace(facts, realarmed_at=now)
    teams = dict(sorted(look.teams.items()))
    routed = {team.code: team for team in audiences.teams(facts)}
    state, reason = _standing(look, teams, routed)
    if before is None and reason is Reason.NOT_TOLD_OF and state == "silent":
        return  # it has not fired yet: only somebody was asked to look after it
    next_at = look.next_at
    if state == "over":
        next_at = None
    elif next_at is None:
        waits = [one.next_at for one in teams.values() if one.held is not None and one.next_at is not None]
        if facts.is_firing and state in ("told", "held"):
            known = [(routed[code], one) for code, one in teams.items() if code in routed]
            waits += _coming(now, facts, [(team, one) for team, one in known if one.count and one.held is None])
        elif facts.is_firing and reason is Reason.ACKNOWLEDGED:
            asleep = {code for code, one in teams.items() if one.held is not None}
            due = [team for code, team in routed.items() if code not in asleep]
            waits += _coming(now, facts, [(team, TeamState()) for team in due])
        elif facts.is_firing and reason is Reason.NO_RECEIVER:
            waits.append(now + LOOK_AGAIN)
        elif facts.is_firing and reason is Reason.HISTORICAL:
            late = world.late.get(facts.alert_id)
            waits += [now + SETTLE] if late is not None and late.is_open else []
        next_at = min(waits, default=None)
    is_same = before is not None and (before.state, before.reason) == (state, reason)
    progress = Progress(
        state,
        reason,
        before.since_at if before is not None and is_same else now,
        teams,
        look.cause_alert_id if reason is Reason.INHIBITED else None,
        look.settle_at if state == "held" else None,
        None if next_at is None else max(next_at, now + _LATER),
    )
    if progress != before:
        result.progress[facts.alert_id] = progress


def _standing(look: Look, teams: Mapping[str, TeamState], routed: Container[str]) -> tuple[State, Reason]:
    """The standing of an alert in one word, from that of the teams that it goes to."""
    held = next((one.held for one in teams.values() if one.held is not None), None)
    if not look.facts.is_firing:
        if any(one.waiting is Occasion.RESOLVED for one in teams.values()) and held is not None:
            return "told", held
        return "over", look.reason
    if look.state != "told" or look.next_at is not None:
        return look.state, look.reason
    if any(one.count for code, one in teams.items() if code in routed):
        return "told", look.reason
    return ("silent", Reason.NO_RECEIVER) if held is None else ("held", held)


def _coming(now: datetime, facts: AlertFacts, teams: Iterable[tuple[Team, TeamState]]) -> list[datetime]:
    """When something is due for teams by the passing of time."""
    return [due.at for team, state in teams for due in dues(facts, team, state, now)]
