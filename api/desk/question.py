"""What the list is asked for, as it stands in the page's address. Pure.

An address may be typed, cut or old: what cannot be read in it asks for nothing, and the list shows what it shows then.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from api.desk.words import ATTENTION
from domain.accounts import Actor
from domain.alerts import Severity
from storage.listing.desk import ORDER, LiveFilter, Position

_LONGEST_WORDS = 100
_CODE = re.compile(r"[a-z0-9_-]{1,64}")
_STATES = frozenset(str(state) for state in ORDER)
#: All states, where nothing named means those that want something of somebody; all teams, where it means one's own.
_ALL = "all"


@dataclass(frozen=True, slots=True)
class Question:
    """Empty texts: not narrowed. states: empty for those that want something of somebody, ("all",) for every one.

    team: empty for the person's own, unless an enterprise, words or `mine` say what is looked for; "all" for every one.
    """

    states: tuple[str, ...] = ()
    severity: str = ""
    district: str = ""
    enterprise: str = ""
    family: str = ""
    mine: bool = False
    words: str = ""
    team: str = ""
    after: str = ""


def question(pairs: Iterable[tuple[str, str]]) -> Question:
    """From the parameters of an address, in any order; the first of a name counts, of states all."""
    states: list[str] = []
    given: dict[str, str] = {}
    for name, value in pairs:
        if name == "states":
            states.append(value)
        else:
            given.setdefault(name, value)
    named = tuple(dict.fromkeys(state for state in states if state in _STATES))
    severity = given.get("severity", "")
    after = given.get("after", "")
    return Question(
        states=(_ALL,) if _ALL in states else named,
        severity=severity if severity in set(Severity) else "",
        district=_code(given, "district"),
        enterprise=_code(given, "enterprise"),
        family=_code(given, "family"),
        mine=given.get("mine") == "1",
        words=_words(given.get("words", "")),
        team=_code(given, "team"),
        after=after if position_of(after) is not None else "",
    )


def team_of(asked: Question, actor: Actor) -> str:
    """Whose alerts are asked for; empty for those of all teams."""
    if actor.enterprise is not None:  # whom the bureau told is its own affair
        return ""
    if asked.team:
        return "" if asked.team == _ALL else asked.team
    return "" if asked.enterprise or asked.words or asked.mine else actor.team or ""


def shown(asked: Question, actor: Actor) -> dict[str, object]:
    """For the browser's fields."""
    return {
        "states": list(asked.states),
        "team": team_of(asked, actor) or _ALL,
        **{name: getattr(asked, name) for name in ("severity", "district", "enterprise", "family", "words", "after")},
        "mine": asked.mine,
    }


def filter_of(asked: Question, actor: Actor) -> LiveFilter:
    """What the database is asked; an enterprise's account gets its own rows, whatever the address says."""
    states = asked.states or tuple(str(state) for state in ATTENTION)
    return LiveFilter(
        states=() if states == (_ALL,) else states,
        severities=(asked.severity,) if asked.severity else (),
        district=asked.district or None,
        enterprise=actor.enterprise or asked.enterprise or None,
        family=asked.family or None,
        words=asked.words or None,
        team=team_of(asked, actor) or None,
        is_mine=asked.mine,
        person=actor.person if asked.mine else None,
        names=(actor.name,) if asked.mine else (),
    )


def cursor(place: Position) -> str:
    """A row's place as a text for an address."""
    text = f"{place.rank} {place.occurred_at.isoformat()} {place.alert_id}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position_of(text: str) -> Position | None:
    """The place that a text names; None where it names none."""
    if not text or len(text) > 200:
        return None
    try:
        rank, at, alert_id = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(" ")
        found = Position(int(rank), datetime.fromisoformat(at), int(alert_id))
    except (ValueError, UnicodeError):
        return None
    if found.occurred_at.tzinfo is None or not 0 <= found.rank < 1000 or not 0 <= found.alert_id < 2**63:
        return None
    return found


def _code(given: dict[str, str], name: str) -> str:
    value = given.get(name, "")
    return value if _CODE.fullmatch(value) else ""


def _words(text: str) -> str:
    """Storable text: no NUL, no lone surrogate."""
    kept = "".join(letter for letter in text if letter.isprintable())
    return kept.strip()[:_LONGEST_WORDS]
