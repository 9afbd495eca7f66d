"""An invented leak ledger for the LDAR bench, made in the database: components and three years of test records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from storage.database import Database

#: The day as of which everything is asked, and the first day of the records.
AS_OF = date(2026, 9, 30)
RECORDS_FROM = date(2023, 10, 1)
#: Of each enterprise; what an enterprise has does not depend on how many there are.
COMPONENTS = 5_000


@dataclass(frozen=True, slots=True)
class LedgerSize:
    """enterprises: each with `components` sealing points in four installations of eight units."""

    enterprises: int
    components: int = COMPONENTS

    @property
    def total(self) -> int:
        """Components of the city."""
        return self.enterprises * self.components


#: One statement each. Component k of an enterprise: six of ten kinds are due twice a year, four once; every 50th is
#: exempt, every 61st is gone, every 43rd cannot be reached, every 29th has skipped its last round.
_REGISTER = (
    "insert into city (code, name) values ('bench', 'bench')",
    "insert into district (code, name) values ('d', 'd')",
    """insert into enterprise (code, name, district, industry, is_industrial, registered_from)
       select 'e-' || lpad(n::text, 4, '0'), 'e' || n, 'd', 'bench', true, %(registered)s::date
       from generate_series(1, %(enterprises)s::int) n""",
    """insert into installation (enterprise_id, code, name, standard, started_on, in_service_from)
       select e.enterprise_id, 'I' || i, 'I' || i,
              case when i = 1 and e.enterprise_id %% 3 = 0 then 'GB31571' else 'GB37822' end,
              case when i = 4 then date '2022-06-01' end, '2022-01-01'
       from enterprise e cross join generate_series(1, 4) i""",
    """insert into process_unit (installation_id, code, name)
       select i.installation_id, 'U' || u, i.name || '-U' || u
       from installation i cross join generate_series(1, 8) u""",
    """insert into component (enterprise_id, code, name, unit_name, unit_id, kind, medium, in_service_from,
                              in_service_to, exempt_clause, reachable)
       select i.enterprise_id, 'C' || lpad(k::text, 5, '0'), 'C' || k, u.name, u.unit_id,
              (array['valve', 'flange', 'flange', 'connector', 'valve', 'pump', 'flange', 'sampling', 'open_end',
                     'relief'])[1 + k %% 10],
              (array['gas', 'light_liquid', 'light_liquid', 'heavy_liquid'])[1 + k %% 4],
              '2022-01-01', case when k %% 61 = 0 then date '2026-03-01' end,
              case when k %% 50 = 0 then 'GB 37822-2019 8.3.2' end, k %% 43 > 0
       from generate_series(1, %(components)s::int) k
       join installation i on i.code = 'I' || (1 + k %% 4)
       join process_unit u on u.installation_id = i.installation_id and u.code = 'U' || (1 + (k / 4) %% 8)
       order by i.enterprise_id, k""",
    """insert into component_event (enterprise_id, kind, installation_id, happened_at, author, origin, received_at)
       select enterprise_id, 'restart', installation_id, '2026-05-20 08:00+08', 'bench', 'file', '2026-05-20 08:00+08'
       from installation where code = 'I2' and enterprise_id %% 4 = 0""",
)
#: Rounds of tests every 175 days (or 345), from a day of the component's own on; those without a probe are looked at.
_TESTS = """
insert into leak_test (component_id, tested_at, revision, net_umol_mol, background_umol_mol, method, instrument, tester,
                       received_at)
select c.component_id,
       (%(from_day)s::date + c.first + n * c.every)::timestamp at time zone 'Asia/Shanghai'
           + interval '9 hours' + (c.component_id %% 28000) * interval '1 second',
       0, case when c.reachable then 3 + (c.component_id * 31 + n * 17) %% 90 end, 2,
       case when c.reachable then 'instrument' else 'ogi' end, 'FID-' || (1 + c.component_id %% 4),
       't' || (1 + c.component_id %% 6), %(from_day)s::date + c.first + n * c.every + 1
from (
    select component_id, in_service_to, reachable, component_id %% 29 = 0 as skips, component_id * 37 %% 160 as first,
           case when kind in ('flange', 'connector') then 345 else 175 end as every
    from component
) c
cross join lateral generate_series(0, (%(as_of)s::date - %(from_day)s::date - c.first) / c.every) n
where not (c.skips and n = (%(as_of)s::date - %(from_day)s::date - c.first) / c.every)
  and (c.in_service_to is null or %(from_day)s::date + c.first + n * c.every < c.in_service_to)
order by 2, 1
"""
#: Records that meet no schedule: retests, and a correction that says that the newest test was one.
_OTHERS = (
    """insert into leak_test (component_id, tested_at, revision, net_umol_mol, purpose, received_at)
       select component_id, '2026-09-20 10:00+08', 0, 12, 'retest', '2026-09-20 11:00+08'
       from component where component_id %% 97 = 0""",
    """insert into leak_test (component_id, tested_at, revision, net_umol_mol, background_umol_mol, method, purpose,
                              received_at)
       select component_id, max(tested_at), 1, 12, 2, 'instrument', 'retest', '2026-09-21 11:00+08'
       from leak_test where component_id %% 101 = 0 and purpose = 'routine' group by component_id""",
)


async def make_ledger(database: Database, size: LedgerSize) -> int:
    """Fill an empty database; the number of test records."""
    parameters = {
        "registered": AS_OF,
        "enterprises": size.enterprises,
        "components": size.components,
        "from_day": RECORDS_FROM,
        "as_of": AS_OF,
    }
    async with database.transaction() as connection:
        for statement in (*_REGISTER, _TESTS, *_OTHERS):
            await connection.execute(statement, parameters)
    async with database.autocommit() as connection:
        await connection.execute("vacuum (analyze)")
        row = await (await connection.execute("select count(*) from leak_test")).fetchone()
        assert row is not None
        return int(row[0])
