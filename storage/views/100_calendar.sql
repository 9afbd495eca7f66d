-- Everything in schema `dash` is made anew at each migration, so that a column may also go away.
do $$
declare
    relation text;
begin
    for relation in select format('%I.%I', schemaname, viewname) from pg_views where schemaname = 'dash' loop
        execute 'drop view if exists ' || relation || ' cascade';
    end loop;
    for relation in select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
                    where n.nspname = 'dash' loop
        execute 'drop function if exists ' || relation || ' cascade';
    end loop;
end $$;

-- Calendar buckets are Asia/Shanghai days and months; Grafana's $__timeGroup would cut them in UTC.
create function dash.local_day(at timestamptz) returns date
immutable parallel safe language sql as $$ select (at at time zone 'Asia/Shanghai')::date $$;

create function dash.local_hour(at timestamptz) returns int
immutable parallel safe language sql as $$ select extract(hour from at at time zone 'Asia/Shanghai')::int $$;

-- The instant at which the local day, month or year that holds an instant begins: an index can use it as a bound.
create function dash.day_floor(at timestamptz) returns timestamptz
immutable parallel safe language sql as $$
    select date_trunc('day', at at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai'
$$;

create function dash.month_floor(at timestamptz) returns timestamptz
immutable parallel safe language sql as $$
    select date_trunc('month', at at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai'
$$;

create function dash.year_floor(at timestamptz) returns timestamptz
immutable parallel safe language sql as $$
    select date_trunc('year', at at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai'
$$;

-- 0 undetermined, 1 compliant, 2 violation: a state timeline takes numbers only, colours are the panel's.
create function dash.verdict_code(verdict text) returns smallint
immutable parallel safe language sql as $$
    select case verdict when 'violation' then 2 when 'compliant' then 1 else 0 end::smallint
$$;
