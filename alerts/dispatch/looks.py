"""One alert at a time: what keeps it from people, and which teams are to be told of what. Pure.

What a flood or a group does to it is decided afterwards, when all alerts of the step are known (plan.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from alerts.dispatch import flapping
from alerts.dispatch.audience import Audiences
from alerts.dispatch.contract import AlertFacts, AlertNews, Plan, Progress, State, Subject, TeamState, Telling, World
from alerts.dispatch.holds import Hold, Holds
from alerts.dispatch.timing import Due, dues
from domain.alerts import Occasion, Severity
from domain.roster import Team
from domain.telling import Decision, Reason

#: What nobody was told of is decided anew when there is news of it.
_RETRIED = frozenset({Reason.HISTORICAL, Reason.NO_RECEIVER})
_REASONS = {
    Occasion.REPEATED: Reason.REPEAT,
    Occasion.REALARMED: Reason.REALARM,
    Occasion.ESCALATED: Reason.ESCALATION,
}


@dataclass(slots=True)
class Look:
    """An alert while it is being decided about: its standing as it will be, and what is to be told."""

    facts: AlertFacts
    before: Progress | None
    state: State
    reason: Reason
    teams: dict[str, TeamState]
    cause_alert_id: int | None = None
    settle_at: datetime | None = None
    next_at: datetime | None = None
    tellings: list[Telling] = field(default_factory=list)

    def set(self, state: State, reason: Reason) -> None:
        self.state, self.reason = state, reason

    def is_held_for(self, reason: Reason) -> bool:
        """Whether it was held for this reason before."""
        return self.before is not None and self.before.state == "held" and self.before.reason is reason


class Looker:
    """Looks at the alerts of one step. Decisions that are final go into the plan at once."""

    def __init__(self, world: World, holds: Holds, audiences: Audiences, plan: Plan) -> None:
        self._world = world
        self._now = world.now
        self._holds = holds
        self._audiences = audiences
        self._plan = plan

    def look(self, subject: Subject) -> Look | None:
        """None when there is nothing to decide and nothing to remember."""
        facts, news, before = subject.facts, subject.news, subject.progress
        self._extend_flap(facts, news)
        teams = {} if before is None else {code: _not_ahead(team, self._now) for code, team in before.teams.items()}
        look = Look(facts, before, "silent", Reason.NOT_TOLD_OF, teams)
        if before is not None:
            look.set(before.state, before.reason)
            look.cause_alert_id = before.cause_alert_id
        if "handed_over" in news.kinds:
            self._hand_over(look)
        is_untold = before is None or (before.state == "silent" and before.reason in _RETRIED)
        if news.established_at is not None and (is_untold or (look.state == "over" and facts.is_firing)):
            self._first(look, news.established_at)
        elif before is None or (before.state == "silent" and before.reason is not Reason.ACKNOWLEDGED):
            if not facts.is_firing and (before is not None or news.is_over):
                self._over(look)
            elif before is None:
                if not look.tellings:
                    return None
            elif before.reason is Reason.NO_RECEIVER or self._is_news_after_all(facts, before):
                self._try_again(look, before)
        elif before.state != "over":
            if facts.is_firing:
                self._lasting(look, before)
            else:
                self._over(look)
        return look

    def _first(self, look: Look, established_at: datetime) -> None:
        facts = look.facts
        teams = self._audiences.teams(facts)
        look.teams = {}
        if facts.is_withdrawn:
            self._drop(look, teams, Reason.WITHDRAWN)
            look.set("over", Reason.WITHDRAWN)
            return
        if self._holds.historical(facts, established_at):
            if look.before is None or look.before.reason is not Reason.HISTORICAL:
                self._drop(look, teams, Reason.HISTORICAL)
            look.set("silent", Reason.HISTORICAL)
            if not facts.is_firing:
                self._over(look)
            return
        hold = self._holds.of(facts, None)
        if hold is None:
            self._tell_first(look, teams, was_held=False)
        elif facts.is_firing:
            self._hold(look, hold, teams)
        else:
            self._drop(look, teams, Reason.RESOLVED_WHILE_HELD, hold.reason)
            look.set("over", Reason.RESOLVED_WHILE_HELD)

    def _try_again(self, look: Look, before: Progress) -> None:
        """What reached nobody: somebody may have joined, a channel may be there now, or what seemed to be history is
        known to last."""
        facts, teams = look.facts, self._audiences.teams(look.facts)
        hold = self._holds.of(facts, before)
        if facts.is_acknowledged:
            self._drop(look, teams, Reason.ACKNOWLEDGED)
            look.set("silent", Reason.ACKNOWLEDGED)
        elif hold is not None:
            self._hold(look, hold, teams)
        else:
            self._tell_first(look, teams, was_held=False)

    def _is_news_after_all(self, facts: AlertFacts, before: Progress) -> bool:
        late = self._world.late.get(facts.alert_id)
        if before.reason is not Reason.HISTORICAL or late is None:
            return False
        return not self._holds.historical(facts, late.established_at)

    def _lasting(self, look: Look, before: Progress) -> None:
        facts, routed = look.facts, self._audiences.teams(look.facts)
        self._forget_others(look, routed)
        told = [team for team in routed if look.teams.get(team.code, TeamState()).count]
        untold: tuple[Team, ...]
        if before.state == "silent":
            untold = ()
        elif told:  # teams that nobody spoke of before have come by a new site file
            untold = tuple(
                team
                for team in routed
                if (one := look.teams.get(team.code)) is None or (not one.count and one.held is not None)
            )
        else:
            untold = routed
        if untold and facts.is_acknowledged:
            # whoever took charge at the desk knows; it comes back when it lasts too long
            self._drop(look, untold, Reason.ACKNOWLEDGED)
            for team in untold:
                look.teams[team.code] = TeamState()
            look.set("told" if told else "silent", Reason.ACKNOWLEDGED)
            untold = ()
        teams = told or routed
        due = []
        for team in () if untold and not told else teams:
            if found := self._due(look, team):
                due.append((team, found))
            elif team.code in look.teams:  # what was held back is not due any more: somebody took charge
                look.teams[team.code] = replace(look.teams[team.code], held=None, waiting=None, next_at=None)
        hold = self._holds.of(facts, before)
        if hold is not None:
            if untold or due:
                self._hold(look, hold, untold, due)
            elif look.state == "held":
                look.set("told", Reason.FIRST)
            return
        was_held = before.state == "held" and before.reason is not Reason.FLAPPING and bool(told)
        if look.state == "held":
            look.set("told", Reason.HOLD_ENDED)
        if untold:
            self._tell_first(look, untold, was_held=before.state == "held")
        for team, found in due:
            self._tell_due(look, team, found, was_held=was_held)

    def _forget_others(self, look: Look, routed: Iterable[Team]) -> None:
        """What was held back from teams that the alert no longer goes to."""
        codes = {team.code for team in routed}
        for code, state in list(look.teams.items()):
            if code not in codes and state.held is not None:
                look.teams[code] = replace(state, held=None, waiting=None, next_at=None)

    def _over(self, look: Look) -> None:
        """Whoever was told of it in any way is told that it is over; each team when its quiet hours are."""
        facts = look.facts
        told_to = self._world.told_to.get(facts.alert_id, {})
        waiting = {code for code, state in look.teams.items() if state.waiting is Occasion.RESOLVED}
        held = [code for code, state in look.teams.items() if not state.count and state.held is not None]
        if look.state == "held" and not held and not any(state.count for state in look.teams.values()):
            held = list(look.teams) or [team.code for team in self._audiences.teams(facts)]
        untold = Reason.WITHDRAWN if facts.is_withdrawn else Reason.RESOLVED_WHILE_HELD
        for code in held:
            reason = look.teams.get(code, TeamState()).held or look.reason
            self._plan.decide(facts, Occasion.FIRING, code, Decision.DROP, untold, detail=str(reason))
            look.teams[code] = TeamState()
        ended = Reason.WITHDRAWN if facts.is_withdrawn else Reason.RESOLVED
        if not told_to and not held:
            for team in self._audiences.teams(facts):
                self._plan.decide(facts, Occasion.RESOLVED, team.code, Decision.DROP, Reason.NOT_TOLD_OF)
        look.set("over", untold if held and not told_to else ended)
        for code, receivers in told_to.items():
            if waiting and code not in waiting:
                continue
            team = self._audiences.team(code) or Team(code, code)
            if self._is_quiet(look, team, Occasion.RESOLVED):
                look.set("told", Reason.QUIET_HOURS)
                continue
            found = tuple(receiver for receiver in receivers if self._audiences.is_configured(receiver))
            people = tuple(r.name.partition(":")[2] for r in found if r.name.startswith("person:"))
            look.tellings.append(Telling(facts, team, Occasion.RESOLVED, ended, found, people))

    def _tell_first(self, look: Look, teams: Sequence[Team], *, was_held: bool) -> None:
        """Tell teams that an alert fires, unless the series flaps or they have quiet hours."""
        facts = look.facts
        reason = Reason.HOLD_ENDED if was_held else Reason.FIRST
        key = (facts.rule_id, facts.subject)
        flap = self._plan.flaps.get(key) or self._world.flaps.get(key)
        is_open = flap is not None and flap.until > self._now
        if flap is not None and is_open and flap.until > self._now + teams[0].policy.flap_quiet:
            # written by a clock that was set back since: it lasts no longer than one that has just changed
            flap = self._plan.flaps[key] = replace(flap, until=self._now + teams[0].policy.flap_quiet)
        if flap is not None and is_open and flap.alert_id != facts.alert_id:
            if facts.is_firing:
                self._hold(look, Hold(Reason.FLAPPING, flap.until, detail=f"#{flap.alert_id}"), teams)
            else:
                self._drop(look, teams, Reason.RESOLVED_WHILE_HELD, Reason.FLAPPING)
                look.set("over", Reason.RESOLVED_WHILE_HELD)
            return
        if not is_open and not look.is_held_for(Reason.FLAPPING):
            begun = flapping.begun(facts, teams[0].policy, self._now)
            if begun is not None:
                self._plan.flaps[key] = begun
                reason = Reason.FLAPPING
        routed = "" if not self._world.routes.routes or self._audiences.is_routed(facts) else "no_route"
        look.set("told" if facts.is_firing else "over", reason)
        for team in teams:
            if facts.is_firing:
                if self._is_quiet(look, team, Occasion.FIRING):
                    continue
            elif self._quiet_until(facts, team) is not None:
                self._drop(look, [team], Reason.RESOLVED_WHILE_HELD, Reason.QUIET_HOURS)
                continue
            found = self._audiences.first(team, facts)
            # what a flood or a group held before has an end of its own
            state = look.teams.get(team.code)
            said = Reason.HOLD_ENDED if state is not None and state.held is not None else reason
            detail = " ".join(filter(None, (routed, found.note)))
            look.tellings.append(
                Telling(facts, team, Occasion.FIRING, said, found.receivers, found.people, detail=detail)
            )

    def _tell_due(self, look: Look, team: Team, found: Sequence[Due], *, was_held: bool) -> None:
        """Tell a team what is due; when the alert was held in the meantime the telling begins anew."""
        facts, state = look.facts, look.teams.get(team.code, TeamState())
        if was_held and not facts.is_acknowledged:
            found = [Due(self._now, Occasion.REPEATED)]
        if self._is_quiet(look, team, found[0].event):
            return
        if look.state == "silent":  # acknowledged before anybody was told: from now on it is an alert like any other
            look.set("told", Reason.REALARM)
        waited = state.held is not None or was_held
        for one in found:
            audience = (
                self._audiences.first(team, facts)
                if one.step is None
                else self._audiences.of(team, (team.steps[one.step],))
            )
            look.tellings.append(
                Telling(
                    facts,
                    team,
                    one.event,
                    Reason.HOLD_ENDED if waited else _REASONS[one.event],
                    audience.receivers,
                    audience.people,
                    step=one.step,
                    detail=audience.note,
                    restarts=one.event is Occasion.REALARMED or was_held,
                )
            )

    def _hand_over(self, look: Look) -> None:
        facts = look.facts
        if facts.assignee is None:
            return
        team = next(iter(self._known(look.teams)), None) or self._audiences.teams(facts)[0]
        look.tellings.append(
            Telling(
                facts,
                team,
                Occasion.HANDED_OVER,
                Reason.HANDED_OVER,
                self._audiences.person(facts.assignee),
                (facts.assignee,),
            )
        )

    def _hold(
        self, look: Look, hold: Hold, untold: Iterable[Team], due: Iterable[tuple[Team, Sequence[Due]]] = ()
    ) -> None:
        """Keep an alert from everybody; said once for each reason."""
        is_new = not look.is_held_for(hold.reason)
        look.set("held", hold.reason)
        look.cause_alert_id, look.settle_at, look.next_at = hold.cause_alert_id, hold.settle_at, hold.next_at
        held = [(team, Occasion.FIRING) for team in untold]
        for team, event in held + [(team, found[0].event) for team, found in due]:
            if is_new:
                self._plan.decide(look.facts, event, team.code, Decision.HOLD, hold.reason, hold.detail)
            state = look.teams.get(team.code, TeamState())
            look.teams[team.code] = replace(state, held=hold.reason, waiting=event, next_at=hold.next_at)

    def _drop(self, look: Look, teams: Iterable[Team], reason: Reason, detail: str = "") -> None:
        for team in teams:
            self._plan.decide(look.facts, Occasion.FIRING, team.code, Decision.DROP, reason, detail)

    def _due(self, look: Look, team: Team) -> list[Due]:
        state = look.teams.get(team.code, TeamState())
        return [due for due in dues(look.facts, team, state, self._now) if due.at <= self._now]

    def _is_quiet(self, look: Look, team: Team, event: Occasion) -> bool:
        """Whether a team's quiet hours keep it from being told; noted when they do."""
        until = self._quiet_until(look.facts, team)
        if until is None:
            return False
        state = look.teams.get(team.code, TeamState())
        if state.held is not Reason.QUIET_HOURS or state.waiting is not event:
            self._plan.decide(look.facts, event, team.code, Decision.HOLD, Reason.QUIET_HOURS)
        look.teams[team.code] = replace(state, held=Reason.QUIET_HOURS, waiting=event, next_at=until)
        return True

    def _quiet_until(self, facts: AlertFacts, team: Team) -> datetime | None:
        return None if facts.severity is Severity.CRITICAL else team.policy.quiet_until(self._now)

    def _known(self, codes: Iterable[str]) -> tuple[Team, ...]:
        return tuple(team for code in codes if (team := self._audiences.team(code)) is not None)

    def _extend_flap(self, facts: AlertFacts, news: AlertNews) -> None:
        key = (facts.rule_id, facts.subject)
        flap = self._plan.flaps.get(key) or self._world.flaps.get(key)
        if flap is None or flap.until <= self._now or not (news.kinds & {"fired", "resolved"}):
            return
        longer = flapping.extended(flap, facts, self._audiences.teams(facts)[0].policy, self._now)
        if longer is not flap:
            self._plan.flaps[key] = longer


def _not_ahead(state: TeamState, now: datetime) -> TeamState:
    """A team's standing by a clock that was set back: what was told tomorrow was told now."""
    if (state.told_at is None or state.told_at <= now) and (state.last_at is None or state.last_at <= now):
        return state
    return replace(
        state,
        told_at=None if state.told_at is None else min(state.told_at, now),
        last_at=None if state.last_at is None else min(state.last_at, now),
    )
