"""Floods: more alerts for a team than anybody reads are told in digests. Pure. After EEMUA 191: ten in ten minutes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from alerts.dispatch.contract import Flood
from domain.alerts import Occasion
from domain.teams import TeamPolicy

_COUNTED = frozenset({Occasion.FIRING, Occasion.REPEATED, Occasion.REALARMED})
#: That a channel does not deliver is no part of the flood that it does not deliver.
_APART = frozenset({"platform.channel_failed"})


def is_counted(event: Occasion, rule_id: str) -> bool:
    """Whether a telling adds to a flood, and goes into its digests."""
    return event in _COUNTED and rule_id not in _APART


@dataclass(frozen=True, slots=True)
class Verdict:
    """flood: the one that stands, or has just ended (ended_at), None for none. digest_at: when the next digest is due;
    now or earlier: at once."""

    flood: Flood | None
    digest_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.flood is not None and self.flood.ended_at is None


def judge(
    team: str, flood: Flood | None, policy: TeamPolicy, *, came: int, new: int, is_critical: bool, now: datetime
) -> Verdict:
    """Whether a team is in a flood. came: alerts that came within the window before this step; new: that come now;
    is_critical: one that has not been told is of the highest severity."""
    if flood is None:
        if came + new <= policy.flood_count:
            return Verdict(None)
        return Verdict(Flood(team, now), now)
    if came + new < policy.flood_over:
        return Verdict(replace(flood, ended_at=now))
    if flood.last_digest_at is None:
        return Verdict(flood, now)
    # a clock that was set back: the last digest was now at the latest, and stays so
    last = min(flood.last_digest_at, now)
    return Verdict(
        replace(flood, last_digest_at=last),
        last + (policy.digest_every_critical if is_critical else policy.digest_every),
    )
