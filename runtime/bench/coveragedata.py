"""An invented city for the coverage bench, made in the database: its register, a month of hourly rows, older months.

Everything is a statement of the bench's own PostgreSQL, so that thirty million rows take minutes, not hours. Increments
add up: what an entry meter passed is what its sub-meters passed and a loss, except at plants that are meant to fail.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.periods import add_months, month_period
from storage.database import Connection, Database

#: First local day of the measured month.
MONTH = date(2026, 10, 1)
ENTERPRISES = 403


@dataclass(frozen=True, slots=True)
class CitySize:
    """points: metering places with a meter and a point, in all. older_points: of these, with rows in older months."""

    points: int
    enterprises: int = ENTERPRISES
    older_months: int = 11
    older_points: int = 400
    days: int = 31
    """Of the measured month that have rows."""


#: One statement each. Enterprise n has the code e-00n; its first place is the entry of water, the second of
#: electricity, the others hang below them; every seventh is a secondary one, parentless at every second plant.
_REGISTER = (
    "insert into city (code, name) values ('bench', 'bench')",
    "insert into district (code, name) select 'd' || n, 'd' || n from generate_series(1, 3) n",
    """insert into park (code, name, district)
       select 'p' || n, 'p' || n, 'd' || (1 + n %% 3) from generate_series(1, 8) n""",
    """insert into enterprise (code, name, district, park, industry, is_industrial, registered_from)
       select 'e-' || lpad(n::text, 3, '0'), 'e' || n, 'd' || (1 + n %% 3),
              case when n %% 5 > 0 then 'p' || (1 + n %% 8) end, 'bench', true, %(since)s::date
       from generate_series(1, %(enterprises)s::int) n""",
    """create table bench_place as
       select e.enterprise_id, k, k %% 2 = 0 as is_water,
              case when k < 2 then 'unit' when (k / 2) %% 7 = 1 then 'secondary' else 'equipment' end as level,
              row_number() over (order by e.enterprise_id, k) as number
       from enterprise e
       cross join lateral generate_series(0, %(points)s::int / %(enterprises)s::int - 1
           + case when e.enterprise_id <= %(points)s::int %% %(enterprises)s::int then 1 else 0 end) k""",
    """insert into intake (enterprise_id, code, name, source, permitted_m3_a, is_agricultural, in_service_from)
       select enterprise_id, 'I1', 'I1', 'surface', 400000 + 1000 * enterprise_id, false, '2020-01-01'
       from enterprise""",
    """insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, counter_digits, counter_scale,
                          in_service_from)
       select enterprise_id, 'C' || k, 'C' || k, 'counter', case when is_water then 'water_volume' else 'energy' end,
              case when is_water then 'm3' else 'kWh' end, 3600, 9, 1, '2020-01-01'
       from bench_place order by number""",
    """insert into metering_place (enterprise_id, code, name, level, medium, intake_id, in_service_from)
       select b.enterprise_id, 'P' || b.k, 'P' || b.k, b.level,
              case when b.is_water then 'water' else 'electricity' end, i.intake_id, '2020-01-01'
       from bench_place b left join intake i on i.enterprise_id = b.enterprise_id and b.k = 0
       order by b.number""",
    """update metering_place m set parent_id = above.place_id
       from bench_place b, metering_place above
       where b.k >= 2 and m.enterprise_id = b.enterprise_id and m.code = 'P' || b.k
         and above.enterprise_id = b.enterprise_id
         and above.code = 'P' || case when b.level = 'equipment' then b.k - 2 * ((b.k / 2 - 1) %% 7) else b.k %% 2 end
         and (b.level = 'equipment' or b.enterprise_id %% 2 = 0)""",
    """insert into meter (enterprise_id, place_id, serial, accuracy_class, verified_on, verification_months,
                          installed_on, point_id)
       select b.enterprise_id, m.place_id, 'S' || b.number, '2',
              case when b.number %% 41 = 0 then date '2024-01-01' else date '2026-01-01' end, 24, '2024-01-01',
              p.point_id
       from bench_place b
       join metering_place m on m.enterprise_id = b.enterprise_id and m.code = 'P' || b.k
       join point p on p.enterprise_id = b.enterprise_id and p.code = 'C' || b.k""",
    # what a place passes in an hour: 1 for each piece of equipment, the sum for what is above it, and a loss there
    """create table bench_rate as
       with own as (
           select m.place_id, m.parent_id, m.enterprise_id, m.level, m.medium from metering_place m
       ), secondary as (
           select s.place_id, s.enterprise_id, s.medium, greatest(1, count(e.place_id)) as rate
           from own s left join own e on e.parent_id = s.place_id
           where s.level = 'secondary' group by 1, 2, 3
       ), entry as (
           select u.place_id, greatest(1, sum(s.rate)) * case when u.enterprise_id %% 17 = 0 then 1.15
               when u.enterprise_id %% 11 = 0 then 1.07 else 1.02 end as rate
           from own u left join secondary s on s.enterprise_id = u.enterprise_id and s.medium = u.medium
           where u.level = 'unit' group by u.place_id, u.enterprise_id
       )
       select t.point_id, coalesce(n.rate, s.rate, 1)::float8 as rate, t.point_id %% 53 = 0 as goes_silent
       from meter t left join secondary s using (place_id) left join entry n using (place_id)""",
)

_HOUR = """
insert into hourly (point_id, hour_at, increment, valid_minutes, reading_count, valid_count, minimum, maximum,
                    first_value, last_value, flag_counts, marks, computed_at)
select r.point_id, h, r.rate * (1 + 0.25 * ((extract(epoch from h) / 3600)::int %% 24)), 60, 1, 1, 1, 1, 1, 1,
       '{"N": 1}', '{}', h + interval '61 minutes'
from generate_series(%(from_at)s::timestamptz, %(last_at)s::timestamptz, interval '1 hour') h
cross join (select * from bench_rate order by point_id limit %(points)s::int) r
where not (r.goes_silent and h >= %(silent_from)s::timestamptz)
order by h, r.point_id
"""
_WITHOUT_INDEXES = (
    "alter table hourly drop constraint hourly_point_id_fkey",
    "alter table hourly drop constraint hourly_pkey",
    "drop index ix_hourly_hour",
)
_WITH_INDEXES = (
    "set maintenance_work_mem = '1GB'",
    "alter table hourly add primary key (point_id, hour_at)",
    "create index ix_hourly_hour on hourly (hour_at)",
    "alter table hourly add foreign key (point_id) references point (point_id) not valid",
)


async def make_city(database: Database, size: CitySize) -> int:
    """Fill an empty database; the number of hourly rows of the measured month."""
    since = add_months(MONTH, -size.older_months)
    async with database.transaction() as connection:
        parameters = {"since": since, "enterprises": size.enterprises, "points": size.points}
        for statement in (*_REGISTER, *_WITHOUT_INDEXES):
            await connection.execute(statement, parameters)
    for number in range(size.older_months):
        period = month_period(*_year_month(add_months(since, number)))
        await _fill(database, period.start, period.end, size.older_points, period.end)
    start = month_period(*_year_month(MONTH)).start
    for day in range(size.days):  # in the order in which hours come, as a roll-up writes them
        first = start + timedelta(days=day)
        await _fill(database, first, first + timedelta(days=1), size.points, start + timedelta(days=size.days - 5))
    async with database.autocommit() as connection:
        for statement in _WITH_INDEXES:
            await connection.execute(statement)
        await connection.execute("vacuum (analyze)")
        return await _count(connection, start)


async def _fill(database: Database, begin: datetime, end: datetime, points: int, silent_from: datetime) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            _HOUR,
            {
                "from_at": begin,
                "last_at": end - timedelta(hours=1),
                "points": points,
                "silent_from": silent_from,
            },
        )


async def _count(connection: Connection, start: datetime) -> int:
    row = await (await connection.execute("select count(*) from hourly where hour_at >= %s", (start,))).fetchone()
    assert row is not None
    return int(row[0])


def _year_month(first: date) -> tuple[int, int]:
    return first.year, first.month
