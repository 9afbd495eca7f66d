"""A city full of open alerts, and the findings that change some of them; written in a few statements.

Series are pollutants at outlets. `open_city` leaves each of the first `open` series with a violation in one hour;
`change` adds the next hour's findings: some series comply, some go on, and some further ones begin.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rules.engine import Engine
from rules.pack import load_packs
from storage.database import Database

#: The hour in which all alerts begin; the changes are of the hour after it.
HOUR = datetime(2026, 11, 20, 2, tzinfo=UTC)
OPENED_AT = HOUR + timedelta(hours=1, minutes=11)
CHANGED_AT = OPENED_AT + timedelta(hours=1)
_OUTLETS, _QUANTITIES = 26, ("so2", "nox", "pm", "nmhc")
_PER_PLANT = _OUTLETS * len(_QUANTITIES)


@dataclass(frozen=True, slots=True)
class AlertLoad:
    """open: open alerts before; changes: findings of the evaluation, of which two fifths end an alert, two fifths open
    one, and the others say that one goes on."""

    open: int = 10_000
    changes: int = 1_000

    @property
    def ending(self) -> int:
        return self.changes * 2 // 5

    @property
    def beginning(self) -> int:
        return self.changes * 2 // 5

    @property
    def plants(self) -> int:
        return -(-(self.open + self.beginning) // _PER_PLANT)


_REGISTER = """
insert into district (code, name) values ('d0', '东河区'), ('d1', '西滩区'), ('d2', '北岭区');
insert into enterprise (code, name, district, industry, is_industrial, registered_from)
select 'plant-' || n, '试验' || n || '号焦化有限责任公司', 'd' || (n %% 3), 'coking', true, '2020-01-01'
from generate_series(0, %(plants)s - 1) n;
insert into outlet (enterprise_id, code, name, process, in_service_from)
select e.enterprise_id, 'S' || s, s || '号焦炉烟囱', 'coke_oven_stack', '2020-01-01'
from enterprise e cross join generate_series(0, %(outlets)s - 1) s;
insert into person (code, name, contacts)
select 'p' || n, '值班员' || n, '[{"channel": "phone", "address": "13900000000"}]' from generate_series(0, 5) n;
insert into team (code, name, district, lead, channels)
select 'd' || n, '第' || n || '值班组', 'd' || n, 'p5', '{phone}' from generate_series(0, 2) n;
insert into duty_shift (team_id, code, name, starts_at, hours, members, anchor_on, valid_from)
select team_id, 'all', '全天', '08:00', 24, '{p0,p1,p2,p3,p4}', '2026-01-01', '2026-01-01' from team;
insert into alert_route (code, position, matchers, team_id)
select code, team_id, jsonb_build_array(jsonb_build_object('label', 'district', 'value', code)), team_id from team;
"""

#: Findings of the series numbered from first to last, all with one verdict; they go onto the alert stage's work list.
_FINDINGS = """
with series as (
    select n, e.enterprise_id, format('pollutant:%%s/S%%s/%%s', e.code, n %% %(outlets)s,
           (%(quantities)s::text[])[n / %(outlets)s %% 4 + 1]) as subject
    from generate_series(%(first)s::int, %(last)s::int - 1) n
    join enterprise e on e.code = 'plant-' || n / %(per_plant)s
), made as (
    insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason,
                         value, limit_value, unit, evidence, computed_at)
    select 'legal.hourly', 1, subject, enterprise_id, %(hour)s, %(hour)s + interval '1 hour', %(verdict)s,
           %(reason)s, %(value)s + n * 1e-4, 30, 'mg/m3', %(evidence)s::jsonb, %(at)s
    from series returning finding_id
)
insert into alert_work (finding_id) select finding_id from made
"""


async def open_city(database: Database, load: AlertLoad) -> None:
    """Register, rules and the first hour's violations. The database must be new."""
    await Engine(database, load_packs()).sync(OPENED_AT)
    async with database.transaction() as connection:
        for statement in _REGISTER.split(";\n"):
            if statement.strip():
                await connection.execute(statement, {"plants": load.plants, "outlets": _OUTLETS})
    await _findings(database, 0, load.open, HOUR, "violation")
    await _tidy(database)


async def change(database: Database, load: AlertLoad) -> None:
    """The next hour's findings."""
    going_on = load.changes - load.ending - load.beginning
    hour = HOUR + timedelta(hours=1)
    await _findings(database, 0, load.ending, hour, "compliant")
    await _findings(database, load.ending, load.ending + going_on, hour, "violation")
    await _findings(database, load.open, load.open + load.beginning, hour, "violation")
    await _tidy(database)


async def _findings(database: Database, first: int, last: int, hour: datetime, verdict: str) -> None:
    violates = verdict == "violation"
    evidence: dict[str, object] = {"valid_minutes": 58, "reference_o2_pct": None, "excluded": [], "measured": 41.2}
    async with database.transaction() as connection:
        await connection.execute(
            _FINDINGS,
            {
                "outlets": _OUTLETS,
                "quantities": list(_QUANTITIES),
                "per_plant": _PER_PLANT,
                "first": first,
                "last": last,
                "hour": hour,
                "verdict": verdict,
                "reason": "over_limit" if violates else "within_limit",
                "value": 41.0 if violates else 21.0,
                "evidence": json.dumps(evidence),
                "at": hour + timedelta(hours=1, minutes=10),
            },
        )


async def _tidy(database: Database) -> None:
    async with database.autocommit() as connection:
        await connection.execute("vacuum analyze")
