"""Every route of the desk, NiceGUI's own among them, and who gets what there. A route without a row turns this red."""

from __future__ import annotations

import json
import subprocess
import sys

import httpx

from tests.integration.desk import city
from tests.integration.desk.city import add_alert
from tests.integration.desk.conftest import ROOT, DeskServer
from tests.integration.desk.wire import come_in, csrf

#: Routes of the desk by what lets one in. form: a form of its own; session: anybody signed in; pages: others are sent
#: to the form; act: by the right to it, with the token of the session, from a page of ours, as own does; open: files.
ROUTES = {
    "form": """
        GET /sign-in
        POST /sign-in
        POST /sign-out
    """,
    "session": """
        GET /desk/arrivals
        GET /desk/session
        MOUNT /_nicegui_ws
    """,
    "pages": """
        GET /
        GET /alerts/{alert_id}
        GET /duty
        GET /admin
        GET /me
    """,
    "act": """
        POST /desk/alerts/{alert_id}/{name}
        POST /desk/silences/{silence_id}/end
        POST /desk/teams/{team}/handover
        POST /desk/teams/{team}/override
        POST /desk/teams/{team}/override/preview
        POST /desk/teams/{team}/overrides/{override_id}/cancel
        POST /desk/teams/{team}/overrides/{override_id}/cancel/preview
        POST /desk/accounts
        POST /desk/accounts/{login}
        POST /desk/accounts/{login}/password
        POST /desk/accounts/{login}/{name}
        POST /desk/channels/{code}/test
    """,
    "own": """
        POST /desk/me/password
        POST /desk/me/sign-out
    """,
    "open": """
        MOUNT /desk/assets
        GET /desk/sounds/{name}.wav
        GET,HEAD,POST /desk/{rest:path}
        MOUNT /_nicegui/VERSION/static
        GET /_nicegui/VERSION/libraries/{key:path}
        GET /_nicegui/VERSION/components/{key:path}
        GET /_nicegui/VERSION/resources/{key}/{path:path}
        GET /_nicegui/VERSION/dynamic_resources/{name}
        GET /_nicegui/VERSION/esm/{key}/{path:path}
    """,
}
_LIST = """
import json, nicegui
from prometheus_client import CollectorRegistry
from api.app import create_app
from api.settings import ApiSettings
from storage.database import Database
app = create_app(Database("postgresql://nowhere"), clock=None, settings=ApiSettings(), registry=CollectorRegistry(),
                 verifier=None)
from api.desk.app import with_desk
front = with_desk(app)
found = set()
def walk(routes):
    for route in routes:
        contexts = getattr(route, "effective_route_contexts", None)
        for one in [route] if contexts is None else contexts():
            methods = getattr(one, "methods", None)
            head = "MOUNT" if methods is None else ",".join(sorted(methods - {"HEAD"} if "GET" in methods and
                len(methods) == 2 else methods))
            if one.path:
                found.add(f"{head} {one.path}".replace(nicegui.__version__, "VERSION"))
walk(front._shell._app.routes)
walk(nicegui.core.app.routes)
print(json.dumps(sorted(found)))
"""


def rows(kind: str) -> list[str]:
    return [line.strip() for line in ROUTES[kind].strip().splitlines()]


def test_every_route_of_the_desk_has_a_row() -> None:
    told = subprocess.run(
        [sys.executable, "-c", _LIST], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    served = set(json.loads(told.stdout.splitlines()[-1]))
    assert served == {row for kind in ROUTES for row in rows(kind)}


def _url(row: str, alert_id: int) -> str:
    path = row.partition(" ")[2]
    names = {"login": "nobody", "code": "nothing"} | ({"name": "disable"} if "accounts" in path else {})
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", value)
    for name, value in {"alert_id": alert_id, "name": "comment", "team": "city"}.items():
        path = path.replace(f"{{{name}}}", str(value))
    return path.replace("{silence_id}", "1").replace("{override_id}", "1")


def test_the_desk_lets_in_who_is_signed_in_and_nobody_else(desk: DeskServer) -> None:
    with desk.database() as connection:
        alert_id = add_alert(connection)
    with httpx.Client(base_url=desk.address) as nobody:
        for headers in ({}, {"Cookie": "plantwatch_session=guessed"}):
            for row in rows("pages"):
                answer = nobody.get(_url(row, alert_id), headers=headers)
                assert (answer.status_code, answer.headers["location"][:14]) == (303, "/sign-in?next="), row
            for row in rows("act") + rows("own"):
                assert nobody.post(_url(row, alert_id), json={}, headers=headers).status_code == 401, row
            for path in ("/desk/session", "/desk/arrivals", "/desk/arrivals?after=0"):
                assert nobody.get(path, headers=headers).status_code == 401, path
        for path in ("/desk/nothing", "/_nicegui/nothing", "/_nicegui/3/nothing", "/alerts", "/desk"):
            answer = nobody.get(path)
            assert answer.status_code == 404, path
            assert "nicegui" not in answer.text, path
    for login, own in (("guest", 200), ("wangwei", 200), ("zhaolei", 200), ("admin", 200), ("hx-coking", 200)):
        with come_in(desk, login) as http:
            for row in rows("pages"):
                expected = 403 if row == "GET /admin" and login != "admin" else own
                assert http.get(_url(row, alert_id)).status_code == expected, (row, login)


def test_an_act_needs_the_pages_token_and_a_page_of_ours(desk: DeskServer) -> None:
    with desk.database() as connection:
        alert_id = add_alert(connection)
    with come_in(desk, "admin") as http, come_in(desk, "zhaolei") as other:
        own, others = csrf(http), csrf(other)
        refused = [
            {},
            {"x-csrf-token": others},
            {"x-csrf-token": own, "Origin": "https://evil.example"},
            {"x-csrf-token": own, "Origin": "null"},
            {"x-csrf-token": own, "Origin": f"{desk.address}.evil.example"},
            {"x-csrf-token": own, "Sec-Fetch-Site": "cross-site"},
            {"x-csrf-token": own, "Sec-Fetch-Site": "same-site"},
            {"Content-Type": "text/plain"},
            {"Content-Type": "application/x-www-form-urlencoded"},
        ]
        for row in rows("act") + rows("own"):
            url = _url(row, alert_id)
            for headers in refused:
                assert http.post(url, content='{"comment": "x"}', headers=headers).status_code == 403, (row, headers)
        for row in rows("act"):
            url = _url(row, alert_id)
            assert http.post(url, json={}, headers={"x-csrf-token": own}).status_code in (404, 422), row
        assert http.post(_url(rows("act")[0], alert_id), content="x" * 70_000).status_code == 413
        # signing out needs the token as well: another site could send people away in the night
        http.post("/sign-out", data={"csrf": others})
        assert http.get("/desk/session").status_code == 204
    with desk.database() as connection:
        assert connection.execute("select count(*) from audit where object like 'alert:%'").fetchone() == (0,)


def test_the_form_leads_nowhere_else_and_takes_over_no_session(desk: DeskServer) -> None:
    with httpx.Client(base_url=desk.address, headers={"Origin": desk.address}) as http:
        page = http.get("/sign-in", params={"next": "//evil.example/"}).text
        assert 'name="next" value="/"' in page
        for path in ("//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "javascript:1"):
            http.cookies.delete("plantwatch_session")
            http.get("/sign-in")
            form = {
                "form": http.cookies["plantwatch_sign_in"],
                "login": "guest",
                "password": city.PASSWORD,
                "next": path,
            }
            answer = http.post("/sign-in", data=form)
            assert (answer.status_code, answer.headers["location"]) == (303, "/"), path
        cookies = answer.headers.get_list("set-cookie")
        assert any("plantwatch_session=" in cookie and "HttpOnly" in cookie for cookie in cookies)
        assert any("plantwatch_device=" in cookie and "Path=/sign-in;" in cookie for cookie in cookies)
        planted = http.cookies["plantwatch_session"]
        http.get("/sign-in")
        form["form"] = http.cookies["plantwatch_sign_in"]
        http.post("/sign-in", data=form)
        assert http.cookies["plantwatch_session"] != planted
        assert http.get("/desk/session", headers={"Cookie": f"plantwatch_session={planted}"}).status_code == 401
        big = http.post("/sign-in", content=b"login=" + b"x" * 100_000)
        assert big.status_code == 413
