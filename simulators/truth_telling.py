"""Who must be told of alerts, when, and why not, by what the platform publishes of its duty desk.

Assumptions. The platform's clock stops at every whole hour, and in between wherever somebody is to be told something,
so that everything is told when it is due. Each team of an alert's routes is told by itself.

An alert is told when it fires, unless, in this order: the newest evidence ended more than 24 hours ago (told later if
it goes on into the present); its alarm is out of service; the plant stands still (of what its silence explains); an
alert that explains it fires; it is silenced, shelved, or comes and goes; for one team, it sleeps (never of what is
gravest). What is held is looked at again when that ends, ten minutes later where a cause ends, and told if it still
lasts; of what is over by then nobody is told, nor of what somebody acknowledged meanwhile. Who was told is told that
it is over; who sleeps, in the morning. Floods and groups only put off by minutes: the time that counts here is the
hour.

While it lasts and nobody has acknowledged it, the steps of a team's escalation follow, and it is repeated every 4
hours (critical) or 24 hours (warning) after the last telling; a day or a week after an acknowledgement it is told
anew, and counts as not acknowledged from then on.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from domain.periods import HOUR, local_day
from simulators.duty_officers import Act, Duty
from simulators.people import ROOMS, Rota, quiet_until, steps_of
from simulators.severities import CRITICAL, INFO, severity
from simulators.truth_alerts import AlertKey, News
from simulators.truth_flapping import Flapping
from simulators.truth_inhibition import Explanations
from simulators.truth_routes import Routing
from simulators.truth_told import Alert, TeamOf, Telling

HISTORICAL_AFTER = timedelta(hours=24)
#: Minutes after which an alert is told again, unacknowledged and although acknowledged.
REPEAT = {"critical": 4 * 60, "warning": 24 * 60}
REALARM = {"critical": 24 * 60, "warning": 168 * 60}
#: Minutes that what was explained by another alert stays held after that one is over.
SETTLE = 10

_REMINDERS = frozenset({"repeated", "realarmed", "escalated"})
#: Why nobody hears of what is over before it was told.
_UNTOLD = {"resolved": "resolved_while_held", "withdrawn": "withdrawn"}

#: Of one minute: what is due comes first, then what has become of alerts, then what people do about it.
_DUE, _NEWS, _ACTS = range(3)


class Desk:
    """Of one story, up to a clock value. `tellings`, `acts` and `withheld` say what came of it.

    withheld: by (rule, subject, reason) how many alerts were held before they were told, or not told, for it;
    withheld_open: how many more may have been. acts: what people did, which is what the simulators have them do.
    """

    def __init__(
        self,
        start: datetime,
        routing: Routing,
        explanations: Explanations,
        duty: Duty,
        news: Iterable[News],
        until: int,
        last_act: int,
    ) -> None:
        self._start = start
        self._routing = routing
        self._explanations = explanations
        self._duty = duty
        self._rota = Rota(local_day(start), duty.reliefs)
        self._last_act = last_act
        self._alerts: dict[AlertKey, Alert] = {}
        self._newest: dict[tuple[str, str], Alert] = {}
        self._flapping = Flapping()
        self._shelved: dict[tuple[str, str], int] = {}
        self._out_of_service: dict[tuple[str, str], list[Callable[[int], None]]] = {}  # and what waits for its return
        self._silences: list[Act] = []
        self._queue: list[tuple[int, int, int, Callable[[int], None]]] = []
        self._number = count()
        self.tellings: list[Telling] = []
        self.acts: list[Act] = []
        self._withheld: set[tuple[AlertKey, str]] = set()
        self._undecided: set[tuple[AlertKey, str]] = set()
        by_clock: dict[int, list[News]] = {}
        for one in news:
            by_clock.setdefault(one.clock, []).append(one)
        for clock, mine in by_clock.items():
            self._at(clock * 60, _NEWS, partial(self._hear, news=mine))
        for act in duty.acts:
            self._at(act.minute, _ACTS, partial(self._act, act=act))
        while self._queue and self._queue[0][0] <= until * 60:
            minute, _, _, what = heapq.heappop(self._queue)
            what(minute)
        self.tellings = [self._judged(telling) for telling in self.tellings]
        self.withheld = Counter((*key[:2], reason) for key, reason in self._withheld)
        self.withheld_open = Counter((*key[:2], reason) for key, reason in self._undecided - self._withheld)

    def _at(self, minute: int, order: int, what: Callable[[int], None]) -> None:
        heapq.heappush(self._queue, (minute, order, next(self._number), what))

    def _judged(self, telling: Telling) -> Telling:
        """What is due at the very instant at which the alert is over may or may not be told."""
        alert = self._alerts[telling.key]
        is_late = telling.event in _REMINDERS and telling.minute == alert.over
        return replace(telling, is_open=True) if alert.is_open or is_late else telling

    # What becomes of alerts ------------------------------------------------------------------------------------------

    def _hear(self, minute: int, news: list[News]) -> None:
        """All that becomes known at a clock value; what has ended by then explains nothing any more."""
        fired: list[Alert] = []
        for one in news:
            alert = self._alerts.get(one.key)
            if one.kind in ("fired", "resolved"):
                self._flapping.note(one.key[:2], minute)
            if one.kind == "fired":
                alert = self._open(one, minute)
                fired.append(alert)
            assert alert is not None
            alert.established = one.established_at
            if one.kind == "seen" and alert.is_silent:
                fired.append(alert)
            if one.kind in ("resolved", "withdrawn"):
                alert.is_firing = False
                alert.over = minute
        for alert in fired:
            self._first(minute, alert)
        for one in news:
            if one.kind in ("resolved", "withdrawn"):
                self._over(minute, self._alerts[one.key], _UNTOLD[one.kind])

    def _open(self, one: News, minute: int) -> Alert:
        rule, subject, _ = one.key
        teams = [TeamOf(code) for code in self._routing.teams(rule, subject, one.condition)]
        alert = Alert(one.key, one.condition, severity(rule, one.condition), teams, minute, one.established_at)
        self._alerts[one.key] = self._newest[(rule, subject)] = alert
        return alert

    def _first(self, minute: int, alert: Alert) -> None:
        """Tell of an alert, or note why not."""
        if self._start + minute // 60 * HOUR - alert.established > HISTORICAL_AFTER:
            if not alert.is_silent:
                self._withhold(alert, "historical")
            alert.is_silent = True
            return
        alert.is_silent = False
        self._look(minute, alert)

    def _look(self, minute: int, alert: Alert) -> None:
        """At one that nobody, or not every team, has been told of."""
        if alert.is_acknowledged or (not alert.is_firing and alert.fired != minute):
            return
        found = self._hold(minute, alert)
        if found is None and alert.held in ("inhibited", "plant_stopped"):
            alert.settling = alert.settling or minute + SETTLE
            if minute < alert.settling:
                self._at(alert.settling, _DUE, partial(self._look, alert=alert))
                return
        if found is not None:
            reason, until = found
            if reason != alert.held:
                self._withhold(alert, reason)
            alert.held, alert.settling = reason, None
            if until is not None:
                self._at(until, _DUE, partial(self._look_again, alert=alert, reason=reason))
            return
        alert.held = None
        for team in alert.teams:
            if team.told is None:
                self._tell_first(minute, alert, team)

    def _look_again(self, minute: int, alert: Alert, reason: str | None) -> None:
        """When quiet hours (None), or a hold of the alert, may be over."""
        if alert.is_firing and alert.held == reason:
            self._look(minute, alert)

    def _hold(self, minute: int, alert: Alert, *, is_told: bool = False) -> tuple[str, int | None] | None:
        """(reason, when to look again) of what keeps everybody from being told."""
        rule, subject, _ = alert.key
        if (rule, subject) in self._out_of_service:
            return "out_of_service", None
        if self._explanations.stands_still(alert.key, alert.condition, minute):
            return "plant_stopped", minute + 60
        for cause in self._explanations.of(alert.key, alert.condition):
            explaining = self._newest.get(cause)
            if explaining is None:
                continue
            if minute == alert.fired and minute in (explaining.fired, explaining.over):
                self._leave_open(minute, alert, explaining)
            elif explaining.is_firing:
                return "inhibited", None
        ends = [act.end for act in self._silences if self._routing.is_silenced(act, rule, subject) and minute < act.end]
        if ends:
            return "silenced", max(ends)
        if minute < self._shelved.get((rule, subject), 0):
            return "shelved", self._shelved[(rule, subject)]
        if is_told:
            return None
        quiet = self._flapping.held_until((rule, subject), minute, was_held=alert.held == "flapping")
        return None if quiet is None else ("flapping", quiet)

    def _leave_open(self, minute: int, alert: Alert, explaining: Alert) -> None:
        """It fires in the hour in which what explains it begins or ends: which comes first is open. Where that ends,
        and this one lasts, it is told at once or ten minutes later."""
        self._undecided.add((alert.key, "inhibited"))
        if minute == explaining.fired or not alert.is_firing:
            if alert.severity != INFO:
                raise AssertionError(f"{alert.key}: whether it is told must not be open, somebody would act on it")
            alert.is_open = True
            self._undecided.add((alert.key, "resolved_while_held"))

    def _tell_first(self, minute: int, alert: Alert, team: TeamOf) -> None:
        quiet = self._quiet(minute, alert, team)
        if quiet is not None:
            self._withhold(alert, "quiet_hours")
            if alert.is_firing:
                self._at(quiet, _DUE, partial(self._look_again, alert=alert, reason=None))
                team.waits = True
            else:
                self._withhold(alert, "resolved_while_held")
            return
        team.waits = False
        if not alert.is_firing and alert.severity != CRITICAL and self._is_grouped(minute, alert, team):
            alert.is_open = True
            self._undecided.add((alert.key, "resolved_while_held"))
        self._tell(minute, "firing", alert, team, self._people(team, 0, minute))
        self._begin(minute, alert, team)
        if not alert.is_acknowledged:
            self._plan_acknowledgement(minute, alert)

    def _begin(self, minute: int, alert: Alert, team: TeamOf) -> None:
        """Escalation counts from here."""
        team.told = minute
        for number, (after, _, severities) in enumerate(steps_of(team.code)):
            if after and (not severities or alert.severity in severities):
                what = partial(self._escalate, alert=alert, team=team, step=number, since=minute)
                self._at(minute + after, _DUE, what)

    def _plan_acknowledgement(self, minute: int, alert: Alert) -> None:
        after_h = self._duty.acknowledged_after(alert.severity, *alert.key[:2])
        clock = -(-minute // 60) + (after_h or 0)
        if after_h is not None and clock <= self._last_act:
            self._at(clock * 60, _ACTS, partial(self._acknowledge, alert=alert))

    def _is_grouped(self, minute: int, alert: Alert, team: TeamOf) -> bool:
        """Whether the team may have been told of another one of the enterprise a moment ago, so that this one waits."""
        enterprise = _enterprise(alert.key)
        return any(
            other is not alert and other.fired == minute and _enterprise(other.key) == enterprise
            and any(mine.code == team.code for mine in other.teams)
            for other in self._alerts.values()
        )  # fmt: skip

    @staticmethod
    def _quiet(minute: int, alert: Alert, team: TeamOf) -> int | None:
        return None if alert.severity == CRITICAL else quiet_until(team.code, minute)

    def _tell(self, minute: int, event: str, alert: Alert, team: TeamOf, people: tuple[str, ...]) -> None:
        self.tellings.append(Telling(minute, event, team.code, alert.key, people))
        team.people |= dict.fromkeys(people)
        if event != "resolved":
            team.last = minute
            gap = REPEAT.get(alert.severity)
            if gap is not None:
                self._at(minute + gap, _DUE, partial(self._repeat, alert=alert, team=team, since=minute))

    def _people(self, team: TeamOf, step: int, minute: int) -> tuple[str, ...]:
        return self._rota.told(team.code, steps_of(team.code)[step][1], minute)

    def _over(self, minute: int, alert: Alert, untold: str) -> None:
        for explained in self._alerts.values():
            if explained.held == "inhibited" and explained.is_firing and explained is not alert:
                self._at(minute, _ACTS, partial(self._look, alert=explained))
        if alert.held is not None or any(team.waits for team in alert.teams):
            self._withhold(alert, untold)
        for team in alert.teams:
            if team.told is None:
                continue
            quiet = self._quiet(minute, alert, team)
            people = tuple(team.people)
            if quiet is None:
                self._tell(minute, "resolved", alert, team, people)
            else:
                what = partial(self._tell, event="resolved", alert=alert, team=team, people=people)
                self._at(quiet, _DUE, what)

    def _withhold(self, alert: Alert, reason: str) -> None:
        self._withheld.add((alert.key, reason))

    # What is due -----------------------------------------------------------------------------------------------------

    def _is_waiting(self, alert: Alert) -> bool:
        return alert.is_firing and not alert.is_acknowledged

    def _escalate(self, minute: int, alert: Alert, team: TeamOf, step: int, since: int) -> None:
        if not self._is_waiting(alert) or team.told != since:
            return
        what = partial(self._escalate, alert=alert, team=team, step=step, since=since)
        if not self._is_put_off(minute, alert, team, what):
            self._tell(minute, "escalated", alert, team, self._people(team, step, minute))

    def _repeat(self, minute: int, alert: Alert, team: TeamOf, since: int) -> None:
        if not self._is_waiting(alert) or team.last != since:
            return
        if not self._is_put_off(minute, alert, team, partial(self._repeat, alert=alert, team=team, since=since)):
            self._tell(minute, "repeated", alert, team, self._people(team, 0, minute))

    def _realarm(self, minute: int, alert: Alert, team: TeamOf, since: int) -> None:
        """Told anew although acknowledged, and escalated from the beginning."""
        if not alert.is_firing or alert.acknowledged != since:
            return
        if self._is_put_off(minute, alert, team, partial(self._realarm, alert=alert, team=team, since=since)):
            return
        if not alert.is_realarmed:
            self._plan_acknowledgement(minute, alert)
        alert.is_realarmed = True
        self._tell(minute, "realarmed", alert, team, self._people(team, 0, minute))
        self._begin(minute, alert, team)

    def _is_put_off(self, minute: int, alert: Alert, team: TeamOf, what: Callable[[int], None]) -> bool:
        """Whether it has to wait: for the morning, or until what holds the alert is over; then the telling begins anew,
        as a repetition where nobody has acknowledged it."""
        hold = self._hold(minute, alert, is_told=True)
        if hold is not None:
            if not alert.is_acknowledged:
                what = partial(self._resume, alert=alert, team=team, since=team.last)
            if hold[0] == "out_of_service":
                self._out_of_service[alert.key[:2]].append(what)
            else:
                self._at(hold[1] or minute + 60, _DUE, what)
            return True
        quiet = self._quiet(minute, alert, team)
        if quiet is not None:
            self._at(quiet, _DUE, what)
        return quiet is not None

    def _resume(self, minute: int, alert: Alert, team: TeamOf, since: int) -> None:
        if not self._is_waiting(alert) or team.last != since:
            return
        if not self._is_put_off(minute, alert, team, partial(self._resume, alert=alert, team=team, since=since)):
            self._tell(minute, "repeated", alert, team, self._people(team, 0, minute))
            self._begin(minute, alert, team)

    # What people do --------------------------------------------------------------------------------------------------

    def _acknowledge(self, minute: int, alert: Alert) -> None:
        """By whoever is on duty."""
        if self._is_waiting(alert):
            rule, subject, _ = alert.key
            room = next(team for team in alert.teams if team.code in ROOMS)
            by = self._rota.told(room.code, "on_duty", minute)[0]
            self.acts.append(Act(minute // 60, "acknowledge", by, rule, subject))
            self._take_charge(minute, alert)

    def _take_charge(self, minute: int, alert: Alert) -> None:
        """Somebody has; who was not told by then, hears of it only when it lasts too long and nobody was."""
        alert.acknowledged, alert.is_realarmed = minute, False
        told = [team for team in alert.teams if team.told is not None]
        if len(told) < len(alert.teams):
            self._withhold(alert, "acknowledged")
            alert.held = alert.settling = None
        gap = REALARM.get(alert.severity)
        for team in alert.teams:
            team.waits = False
            if gap is not None and (team in told or not told):
                self._at(minute + gap, _DUE, partial(self._realarm, alert=alert, team=team, since=minute))

    def _act(self, minute: int, act: Act) -> None:
        self.acts.append(act)
        series = (act.rule, act.subject)
        if act.kind == "acknowledge":
            alert = self._newest[series]
            if not self._is_waiting(alert):
                raise AssertionError(f"{alert.key}: {act.by} can not acknowledge it, the story must not do that")
            self._take_charge(minute, alert)
        elif act.kind == "shelve":
            self._shelved[series] = act.end
        elif act.kind == "silence":
            self._silences.append(act)
        elif act.kind == "out_of_service":
            self._out_of_service[series] = []
        elif act.kind == "in_service":
            alert = self._newest[series]
            for what in self._out_of_service.pop(series):
                self._at(minute, _ACTS, what)
            self._at(minute, _ACTS, partial(self._look_again, alert=alert, reason="out_of_service"))
        elif act.kind == "hand_over":
            alert = self._newest[series]
            team = next(team for team in alert.teams if team.told is not None)
            self.tellings.append(Telling(minute, "handed_over", team.code, alert.key, (act["to"],)))
            team.people |= {act["to"]: None}  # who is told that it is over, too


def _enterprise(key: AlertKey) -> str:
    return key[1].partition(":")[2].split("/")[0]
