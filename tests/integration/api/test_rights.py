"""Every route of the API, and what every kind of account gets there. A route without a row turns this red.

Requests are whole: bodies are the document's own examples, so that a refusal is one of rights (403) and nothing else
is found first. Roles are ordered, so each route is asked by the least role that it lets in and by the one below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from typing import Any

import httpx

from api.auth import COOKIE, CSRF_HEADER, Auth
from domain.accounts import STAFF, Role
from storage import accounts as store
from storage.database import Database, fetch_all
from tests.integration.api.conftest import HASH, NOW, PASSWORD, PASSWORDS, PEOPLE, TOKEN, Client

#: By what lets one in, as docs/access.md says. open: all; own: staff, and enterprises for their own rows; bureau:
#: staff; report: from duty on, and enterprises for their own; duty, lead, admin: from that role on; author:
#: who wrote it.
ROUTES = {
    "open": """
        GET /health/live
        GET /health/ready
    """,
    "own": """
        GET /v1/points
        GET /v1/points/{enterprise}/{code}
        GET /v1/readings
        GET /v1/hourly
        GET /v1/findings
        GET /v1/findings/{finding_id}
        GET /v1/alerts
        GET /v1/alerts/{alert_id}
        GET /v1/coverage/gaps
        GET /v1/accounts
        GET /v1/accounts/rules
        GET /v1/accounts/balance/{enterprise}
        GET /v1/emissions
        GET /v1/energy/lists
        GET /v1/duties
        GET /v1/duties/records
        GET /v1/duties/records/{record_id}
        GET /v1/duties/attachments/{attachment_id}
        GET /v1/duties/calendar
        GET /v1/duties/calendar.ics
        GET /v1/ldar
        GET /v1/ldar/tests
        GET /v1/ldar/repairs
        GET /v1/ldar/delays
        GET /v1/ldar/events
        GET /v1/ldar/calibrations
        GET /v1/ldar/instruments
        GET /v1/ldar/testers
        GET /v1/ldar/emissions
        GET /v1/ldar/campaigns
        GET /v1/leaks
        GET /v1/leaks/{leak_id}
        GET /v1/ldar/forecast
        GET /v1/ldar/worklist
        GET /v1/ldar/worklist.xlsx
        GET /v1/ldar/worklist.csv
        GET /v1/ledger
        GET /v1/ledger/items
        GET /v1/limits
        GET /v1/limits/effective
        GET /v1/limits/{limit_id}
        GET /v1/marks
        GET /v1/marks/automatic
        GET /v1/marks/{mark_id}
        GET /v1/meter-changes
        GET /v1/meter-changes/{change_id}
        GET /v1/accounting
        GET /v1/rejects
        GET /v1/rejects/{message_id}/payload
        GET /v1/reports/ule
        GET /v1/gateways
        GET /v1/stations
        GET /v1/quirks
        GET /v1/session
    """,
    "bureau": """
        GET /v1/enterprises
        GET /v1/enterprises/{code}
        GET /v1/rules
        GET /v1/rules/{rule_id}
        GET /v1/rules/{rule_id}/decisions
        GET /v1/signs
        GET /v1/signs/ldar
        GET /v1/silences
        POST /v1/silences/preview
        GET /v1/silences/{silence_id}
        GET /v1/holds
        GET /v1/channels
        GET /v1/channels/{code}/tests
        GET /v1/alarm-health
        GET /v1/roster
        GET /v1/roster/{team}/turns
        GET /v1/roster/{team}/calendar.ics
        GET /v1/roster/people/{code}/calendar.ics
        GET /v1/roster/{team}/overrides
        GET /v1/roster/{team}/handovers
        GET /v1/roster/{team}/shift-report
        GET /v1/coverage
        GET /v1/targets
        GET /v1/scoreboard
        GET /v1/targets/{target_id}
        GET /v1/reports/metering
        GET /v1/strays
        GET /metrics
    """,
    "report": """
        POST /v1/duties/records
        POST /v1/duties/records/{record_id}/withdraw
        POST /v1/duties/records/{record_id}/attachments
        POST /v1/ldar/records
        POST /v1/ledger
        POST /v1/marks
        POST /v1/meter-changes
    """,
    "duty": """
        POST /v1/alerts/{alert_id}/acknowledge
        POST /v1/alerts/{alert_id}/confirm
        POST /v1/alerts/{alert_id}/comment
        POST /v1/alerts/{alert_id}/shelve
        POST /v1/alerts/{alert_id}/unshelve
        POST /v1/alerts/{alert_id}/hand-over
        POST /v1/roster/{team}/handovers
        POST /v1/meter-changes/{change_id}/withdraw
    """,
    "lead": """
        POST /v1/rules/{rule_id}/decisions
        POST /v1/alerts/{alert_id}/out-of-service
        POST /v1/alerts/{alert_id}/in-service
        POST /v1/silences
        POST /v1/silences/{silence_id}/end
        POST /v1/roster/{team}/overrides
        POST /v1/roster/{team}/overrides/{override_id}/cancel
        POST /v1/limits
        POST /v1/limits/{limit_id}/disable
        POST /v1/limits/{limit_id}/enable
        POST /v1/marks/{mark_id}/reject
        POST /v1/targets/{target_id}/values
    """,
    "admin": """
        GET /v1/audit
        GET /v1/users
        POST /v1/users
        POST /v1/users/{login}
        POST /v1/users/{login}/password
        POST /v1/users/{login}/disable
        POST /v1/users/{login}/enable
        POST /v1/users/{login}/unlock
        POST /v1/channels/{code}/test
    """,
    "author": """
        POST /v1/marks/{mark_id}/withdraw
    """,
}
#: Not in the document, and open to all: they hold no data.
UNDOCUMENTED = {"/openapi.json", "/docs", "/about", "/docs-assets"}

#: Who has which role; a person of each.
STAFF_LOGINS = {role: login for login, role in PEOPLE.items()}
LEAST = {
    "own": Role.VIEWER,
    "bureau": Role.VIEWER,
    "report": Role.DUTY,
    "duty": Role.DUTY,
    "lead": Role.LEAD,
    "admin": Role.ADMIN,
}
#: What required parameters are given.
GIVEN = {
    "from": "2026-11-02T00:00:00Z",
    "to": "2026-11-03T00:00:00Z",
    "month": "2026-11",
    "district": "wuda",
    "enterprise": "hx-coking",
    "team": "duty",
}
REFUSED = (401, 403)


@dataclass(frozen=True)
class Question:
    """A request that is whole. parameters: names of all that may be in the query."""

    method: str
    path: str
    url: str
    query: dict[str, str]
    body: Any
    parameters: frozenset[str]
    is_for_enterprises: bool

    @property
    def route(self) -> str:
        return f"{self.method} {self.path}"

    async def asked(self, http: httpx.AsyncClient, login: str | None = None, **more: Any) -> httpx.Response:
        auth = None if login is None else (login, PASSWORDS.get(login, PASSWORD))
        body = {"content": self.body} if isinstance(self.body, bytes) else {"json": self.body} if self.body else {}
        query = self.query | more.pop("query", {})
        return await http.request(self.method, self.url, params=query, auth=auth, **body, **more)


def questions(document: dict[str, Any]) -> Iterator[Question]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            url, query = path, {}
            parameters = operation.get("parameters", [])
            for parameter in parameters:
                name, examples = parameter["name"], parameter.get("examples") or parameter["schema"].get("examples")
                if parameter["in"] == "path":
                    is_number = name.endswith("_id") and parameter["schema"].get("type") == "integer"
                    example = examples[0] if isinstance(examples, list) else "x"
                    url = url.replace(f"{{{name}}}", "1" if is_number else GIVEN.get(name, str(example)))
                elif parameter["in"] == "query" and parameter.get("required"):
                    query[name] = GIVEN.get(name, "x")
            yield Question(
                method.upper(),
                path,
                url,
                query,
                _body(document, operation),
                frozenset(parameter["name"] for parameter in parameters if parameter["in"] == "query"),
                {"enterprise": []} in operation.get("security", []),
            )


def _body(document: dict[str, Any], operation: dict[str, Any]) -> Any:
    content = operation.get("requestBody", {}).get("content")
    if content is None:
        return None
    if "application/json" not in content:
        return b"%PDF-1.7"
    schema = content["application/json"]["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema["examples"][0]


def rows() -> dict[str, str]:
    """What lets one in, by route."""
    return {route.strip(): kind for kind, text in ROUTES.items() for route in text.strip().splitlines()}


async def test_every_route_has_a_row(client: Client) -> None:
    async with client(token=TOKEN) as http:
        document = (await http.get("/openapi.json")).json()
        app = http._transport.app  # type: ignore[attr-defined]
    assert {question.route for question in questions(document)} == set(rows())
    documented = {question.path for question in questions(document)}
    assert {path for path in _served(app.routes) if path not in documented} == UNDOCUMENTED


def _served(routes: Any) -> Iterator[str]:
    """Paths of routes, those of included routers too."""
    for route in routes:
        contexts = getattr(route, "effective_route_contexts", None)
        yield from [route.path] if contexts is None else [context.path for context in contexts()]


async def test_every_kind_of_account_gets_what_is_written_and_nothing_else(client: Client, manned: Database) -> None:
    kinds, wrong = rows(), []
    async with manned.transaction() as connection:
        pat = store.NewAccount("pat", "Pat", Role.ENTERPRISE, HASH, enterprise="ly-chem")
        await store.insert_account(connection, pat, by="test", at=NOW)

    def expect(question: Question, who: str, right: bool, status: int) -> None:
        if not right:
            wrong.append((question.route, kinds[question.route], who, status))

    async with client(token=TOKEN) as http:
        asked = list(questions((await http.get("/openapi.json")).json()))
        for question in asked:
            kind = kinds[question.route]
            nobody = (await question.asked(http)).status_code
            expect(question, "nobody", (nobody == 401) == (kind != "open"), nobody)
            if kind == "open":
                continue
            for_enterprises = kind in ("own", "report", "author")
            expect(question, "document", question.is_for_enterprises == for_enterprises, 0)
            if kind in LEAST:
                least = STAFF.index(LEAST[kind])
                if least > 0:
                    status = (await question.asked(http, STAFF_LOGINS[STAFF[least - 1]])).status_code
                    expect(question, "the role below", status == 403, status)
                status = (await question.asked(http, STAFF_LOGINS[STAFF[least]])).status_code
                expect(question, "the least role", status not in REFUSED and status < 500, status)
            own = (await question.asked(http, "hx-coking")).status_code
            other = (await question.asked(http, "pat")).status_code
            if for_enterprises:
                expect(question, "an enterprise", not {own, other} <= set(REFUSED), own)
                if question.url != question.path and own == 200:
                    expect(question, "another enterprise", other in (403, 404), other)
                if question.method == "GET" and "enterprise" in question.parameters:
                    theirs = await question.asked(http, "pat", query={"enterprise": "hx-coking"})
                    expect(question, "another enterprise, by name", theirs.status_code == 403, theirs.status_code)
            else:
                expect(question, "an enterprise", own == other == 403, own)
    assert wrong == []
    async with manned.transaction() as connection:
        done = await fetch_all(connection, "select action from audit where role = 'viewer' and outcome = 'done'")
    assert {row["action"] for row in done} <= {"sign_in"}


async def test_an_ended_session_of_whatever_kind_is_nobody(client: Client, manned: Database) -> None:
    """Signed out, expired, of a disabled account, of an enterprise whose password was changed; with its CSRF token."""
    async with client(token=TOKEN) as http:
        auth: Auth = http._transport.app.state.auth  # type: ignore[attr-defined]
        tokens = [await auth.sign_in(login, PASSWORD, "10.0.0.7") for login in ("ada", "lea", "dan")]
        tokens.append(await auth.sign_in("hx-coking", PASSWORDS["hx-coking"], "10.0.0.7"))
        sessions = [(token, await auth.session_of(token)) for token in tokens]
        await auth.sign_out(tokens[0])
        async with manned.transaction() as connection:
            await connection.execute(
                "update desk_session set expires_at = %(at)s where account_id = (select account_id from account"
                " where login = 'lea')",
                {"at": NOW - timedelta(seconds=1)},
            )
            await store.set_disabled(connection, "dan", NOW)
            await store.end_sessions_of_enterprise(connection, "hx-coking", NOW)
        kinds, taking_turns = rows(), cycle(sessions)
        for question in questions((await http.get("/openapi.json")).json()):
            if kinds[question.route] == "open":
                continue
            token, session = next(taking_turns)
            assert session is not None
            headers = {"Cookie": f"{COOKIE}={token}", CSRF_HEADER: session.csrf}
            status = (await question.asked(http, headers=headers)).status_code
            assert status == 401, (question.route, session.actor.account, status)
