"""`plantwatch rules decide`: an operator puts a shipped rule into force, out of it, or changes its parameters."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.accounts import Action, Actor, Role
from domain.clock import Clock
from domain.errors import BadInput
from rules.decisions import DECIDED, check
from rules.pack import load_packs
from runtime.accountcommands import TERMINAL
from storage import audit
from storage.database import Database
from storage.decisions import NewDecision, add_decision, decisions


@dataclass(frozen=True, slots=True)
class Request:
    """What was typed: params as JSON, from_day as 2026-11-01."""

    rule_id: str
    from_day: str
    enabled: bool
    params: str
    author: str
    reason: str
    source: str


async def decide(database: Database, request: Request, now: Clock) -> str:
    """Write a decision down; a line that says what holds from then on.

    Raises BadInput for an unknown rule, a day or parameters that cannot be read or that the rule does not take, and
    for a decision without author, reason or source.
    """
    new = NewDecision(
        request.rule_id,
        _day(request.from_day),
        request.enabled,
        _params(request.params),
        request.author,
        request.reason,
        request.source,
    )
    shipped = load_packs()
    async with database.transaction() as connection:
        check(shipped, await decisions(connection), new)
        number = await add_decision(connection, new, now())
        actor = Actor(request.author, Role.ADMIN, address=TERMINAL)
        detail = {"decision": number, "enabled": new.enabled, "from": request.from_day, "reason": new.reason}
        await audit.write(connection, audit.Entry(now(), actor, Action.DECIDE, f"rule:{new.rule_id}", detail))
    changed = "".join(f" {name}={json.dumps(value)}" for name, value in sorted(new.params.items()))
    state = "enabled" if new.enabled else "disabled"
    return f"decision {number}: {new.rule_id} {state} from {new.effective_from}{changed}, version {DECIDED + number}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"--from: {text!r}: expected a day such as 2026-11-01") from None


def _params(text: str) -> dict[str, Any]:
    try:
        params = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(f"--params: {error}") from error
    if not isinstance(params, dict):
        raise BadInput('--params: expected an object such as {"min_valid_hours": 18}')
    return params
