-- Quality of what stacks send, to date: hours due, received and valid; hours of a stopped source are none of operation.
-- Closed quarters and months have findings (data.capture_rate, data.transmission_rate, mass.yearly); the functions here
-- count the running ones in the same way, by the rules' own parameters. Keys as in findings; times are UTC instants.
create function dash.quarter_floor(at timestamptz) returns timestamptz
immutable parallel safe language sql as $$
    select date_trunc('quarter', at at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai'
$$;

-- A quantity at an outlet, in service from first_at to end_at; null while in service.
create view dash.measured_series as
select d.code as district, d.name as district_name, e.code as enterprise, e.name as enterprise_name,
       e.code || '/' || o.code as outlet, o.name as outlet_name, o.process, p.quantity,
       p.quantity in ('so2', 'nox', 'pm', 'co', 'nmhc', 'nh3', 'h2s', 'hcl', 'cl2', 'benzene', 'toluene', 'xylene', 'vcm',
                      'benzo_a_pyrene', 'hcn', 'phenols') as is_pollutant,
       min(greatest(p.in_service_from, o.in_service_from, e.registered_from)::timestamp at time zone 'Asia/Shanghai')
           as first_at,
       nullif(max(least(coalesce(p.in_service_to::timestamp, 'infinity'), coalesce(o.in_service_to::timestamp, 'infinity'))
                  at time zone 'Asia/Shanghai'), 'infinity') as end_at
from point p
join outlet o on o.outlet_id = p.outlet_id
join enterprise e on e.enterprise_id = o.enterprise_id
join district d on d.code = e.district
where p.statistic is null
group by d.code, d.name, e.code, e.name, o.outlet_id, o.code, o.name, o.process, p.quantity;

-- Hourly rows of measuring points at outlets, each as far as its point is in service.
create view dash.measured_hour as
select h.hour_at as time, e.code || '/' || o.code as outlet, p.quantity, e.code || '/' || p.code as point, h.mean,
       h.valid_minutes, h.reading_count, h.marked_minutes
from hourly h
join point p using (point_id)
join outlet o on o.outlet_id = p.outlet_id
join enterprise e on e.enterprise_id = o.enterprise_id
where p.statistic is null
  and h.hour_at >= p.in_service_from::timestamp at time zone 'Asia/Shanghai'
  and (p.in_service_to is null or h.hour_at < p.in_service_to::timestamp at time zone 'Asia/Shanghai');

-- Marks of a stopped source that have effect: neither decided nor superseded.
create view dash.stop_mark as
select m.mark_id, e.code || '/' || o.code as outlet, m.start_at, m.end_at, m.origin, m.author, m.reason, m.created_at
from mark m
join outlet o using (outlet_id)
join enterprise e on e.enterprise_id = m.enterprise_id
where m.dimension = 'process' and m.kind = 'stopped'
  and not exists (select from mark_decision d where d.mark_id = m.mark_id)
  and not exists (select from mark s where s.supersedes = m.mark_id);

-- What the rules demand, and what makes a valid hour; 45 where a rule is not loaded.
create view dash.quality_demand as
select (select (definition -> 'params' ->> 'min_valid_minutes')::int from rule where rule_id = 'data.capture_rate') as capture_minutes,
       (select (definition -> 'params' ->> 'min_capture_pct')::double precision from rule where rule_id = 'data.capture_rate') as capture_pct,
       (select (definition -> 'params' ->> 'min_valid_minutes')::int from rule where rule_id = 'data.transmission_rate') as transmission_minutes,
       (select (definition -> 'params' ->> 'min_rate_pct')::double precision from rule where rule_id = 'data.transmission_rate') as transmission_pct;

-- Hours of [from_at, to_at) in which too little was left between stops to make a valid hour. A mark and a running signal
-- are not added up: the longer counts.
create function dash.stopped_hours(from_at timestamptz, to_at timestamptz, min_valid_minutes int)
returns table (outlet text, "time" timestamptz, stopped_min double precision) stable language sql as $$
    select s.outlet, s.hour_at, max(s.minutes)
    from (
        select m.outlet, h.hour_at,
               sum(extract(epoch from least(m.end_at, h.hour_at + interval '1 hour') - greatest(m.start_at, h.hour_at))
                   / 60)::double precision as minutes
        from dash.stop_mark m
        cross join generate_series(date_trunc('hour', greatest(m.start_at, from_at), 'UTC'),
                                   least(m.end_at, to_at) - interval '1 microsecond', interval '1 hour') as h (hour_at)
        where m.start_at < to_at and m.end_at > from_at
        group by m.outlet, h.hour_at
        union all
        select r.outlet, r.time, r.valid_minutes * (1 - least(greatest(r.mean, 0), 1))
        from (
            select distinct on (q.outlet, q.time) q.outlet, q.time, q.mean, q.valid_minutes
            from dash.measured_hour q
            where q.quantity = 'running_state' and q.time >= from_at and q.time < to_at and q.reading_count > 0
            order by q.outlet, q.time, q.valid_minutes desc, q.reading_count desc
        ) r
        where r.mean is not null
    ) s
    group by s.outlet, s.hour_at
    having 60 - least(max(s.minutes), 60) < min_valid_minutes - 0.000001
$$;

-- Whole hours of [from_at, to_at) of every pollutant and of oxygen, counted.
create function dash.quality_hours(from_at timestamptz, to_at timestamptz, min_valid_minutes int)
returns table (
    district text, district_name text, enterprise text, enterprise_name text, outlet text, outlet_name text,
    process text, quantity text, is_pollutant boolean, in_service_h bigint, stopped_h bigint, due_h bigint,
    received_h bigint, valid_h bigint
) stable language sql as $$
    with stopped as materialized (
        select s.outlet, s.time from dash.stopped_hours(from_at, to_at, min_valid_minutes) s
    ), series as materialized (
        select m.*, greatest(m.first_at, from_at) as begin_at,
               least(coalesce(m.end_at, 'infinity'), date_trunc('hour', to_at, 'UTC')) as stop_at
        from dash.measured_series m
        where m.is_pollutant or m.quantity = 'o2'
    ), hours as materialized (
        select h.outlet, h.quantity, h.time, bool_or(h.reading_count > 0) as is_received,
               bool_or(h.valid_minutes >= min_valid_minutes and h.mean is not null and h.reading_count > 0) as is_valid
        from dash.measured_hour h
        where h.time >= from_at and h.time < to_at
        group by h.outlet, h.quantity, h.time
    ), counted as (
        select s.outlet, s.quantity, count(*) filter (where h.is_received) as received_h,
               count(*) filter (where h.is_valid) as valid_h
        from series s
        join hours h on h.outlet = s.outlet and h.quantity = s.quantity and h.time >= s.begin_at and h.time < s.stop_at
        where not exists (select from stopped o where o.outlet = h.outlet and o.time = h.time)
        group by s.outlet, s.quantity
    ), off as (
        select s.outlet, s.quantity, count(*) as stopped_h
        from series s join stopped o on o.outlet = s.outlet and o.time >= s.begin_at and o.time < s.stop_at
        group by s.outlet, s.quantity
    )
    select s.district, s.district_name, s.enterprise, s.enterprise_name, s.outlet, s.outlet_name, s.process, s.quantity,
           s.is_pollutant, n.in_service_h, coalesce(off.stopped_h, 0), n.in_service_h - coalesce(off.stopped_h, 0),
           coalesce(counted.received_h, 0), coalesce(counted.valid_h, 0)
    from series s
    cross join lateral (select (extract(epoch from s.stop_at - s.begin_at) / 3600)::bigint as in_service_h) n
    left join counted using (outlet, quantity)
    left join off using (outlet, quantity)
    where s.stop_at > s.begin_at
$$;

-- 有效数据捕集率 of each pollutant over [from_at, to_at).
create function dash.capture_between(from_at timestamptz, to_at timestamptz) returns table (
    district text, district_name text, enterprise text, enterprise_name text, outlet text, outlet_name text,
    process text, pollutant text, pollutant_name text, in_service_h bigint, stopped_h bigint, operating_h bigint,
    valid_h bigint, invalid_h bigint, capture_pct double precision, target_pct double precision
) stable language sql as $$
    select q.district, q.district_name, q.enterprise, q.enterprise_name, q.outlet, q.outlet_name, q.process, q.quantity,
           dash.pollutant_name(q.quantity), q.in_service_h, q.stopped_h, q.due_h, q.valid_h, q.due_h - q.valid_h,
           100.0 * q.valid_h / nullif(q.due_h, 0), (select d.capture_pct from dash.quality_demand d)
    from dash.quality_hours(from_at, to_at, (select coalesce(d.capture_minutes, 45) from dash.quality_demand d)) q
    where q.is_pollutant and q.process !~ '^(in_plant|fenceline)'
$$;

-- 数据传输有效率 of each outlet over [from_at, to_at): due_valid_h are the hours received.
create function dash.transmission_between(from_at timestamptz, to_at timestamptz) returns table (
    district text, district_name text, enterprise text, enterprise_name text, outlet text, outlet_name text,
    process text, due_h bigint, received_h bigint, due_valid_h bigint, valid_h bigint,
    transmission_pct double precision, validity_pct double precision, rate_pct double precision,
    target_pct double precision
) stable language sql as $$
    select q.district, q.district_name, q.enterprise, q.enterprise_name, q.outlet, q.outlet_name, q.process,
           sum(q.due_h)::bigint, sum(q.received_h)::bigint, sum(q.received_h)::bigint, sum(q.valid_h)::bigint,
           100.0 * sum(q.received_h) / nullif(sum(q.due_h), 0), 100.0 * sum(q.valid_h) / nullif(sum(q.received_h), 0),
           100.0 * sum(q.valid_h) / nullif(sum(q.due_h), 0), (select d.transmission_pct from dash.quality_demand d)
    from dash.quality_hours(from_at, to_at, (select coalesce(d.transmission_minutes, 45) from dash.quality_demand d)) q
    group by q.district, q.district_name, q.enterprise, q.enterprise_name, q.outlet, q.outlet_name, q.process
    having bool_or(q.is_pollutant)
$$;

-- The local quarter that holds `at`, up to `at`.
create function dash.capture_rate(at timestamptz) returns table (
    quarter_start timestamptz, district text, district_name text, enterprise text, enterprise_name text, outlet text,
    outlet_name text, process text, pollutant text, pollutant_name text, in_service_h bigint, stopped_h bigint,
    operating_h bigint, valid_h bigint, invalid_h bigint, capture_pct double precision, target_pct double precision
) stable language sql as $$
    select dash.quarter_floor(at), c.* from dash.capture_between(dash.quarter_floor(at), at) c
$$;

-- The local month that holds `at`, up to `at`.
create function dash.transmission_rate(at timestamptz) returns table (
    month_start timestamptz, district text, district_name text, enterprise text, enterprise_name text, outlet text,
    outlet_name text, process text, due_h bigint, received_h bigint, due_valid_h bigint, valid_h bigint,
    transmission_pct double precision, validity_pct double precision, rate_pct double precision,
    target_pct double precision
) stable language sql as $$
    select dash.month_floor(at), t.* from dash.transmission_between(dash.month_floor(at), at) t
$$;

-- Closed months of pollutants with a permitted total: t of the month and of the year so far, and what they rest on.
create view dash.mass_month as
select f.period_start as time, to_char(f.period_start at time zone 'Asia/Shanghai', 'YYYY-MM') as month,
       o.district, o.district_name, o.enterprise, o.enterprise_name, o.outlet, o.outlet_name, o.process,
       split_part(f.subject, '/', 3) as pollutant, dash.pollutant_name(split_part(f.subject, '/', 3)) as pollutant_name,
       (f.evidence ->> 'month_t')::double precision as month_t, f.value as year_t, f.limit_value as permitted_t,
       100.0 * f.value / nullif(f.limit_value, 0) as used_pct,
       (f.evidence ->> 'measured_h')::int as measured_h,
       coalesce((select sum(s.value::int) from jsonb_each_text(f.evidence -> 'substituted_h') s), 0)::int as substituted_h,
       (f.evidence ->> 'unsubstituted_h')::int as unsubstituted_h, (f.evidence ->> 'stopped_h')::int as stopped_h,
       (f.evidence ->> 'capture_pct')::double precision as capture_pct,
       f.verdict, dash.verdict_code(f.verdict) as verdict_code, f.reason, f.finding_id, f.computed_at
from finding f
join dash.outlet o on o.outlet = split_part(split_part(f.subject, ':', 2), '/', 1) || '/' || split_part(f.subject, '/', 2)
where f.rule_id = 'mass.yearly' and f.superseded_at is null;
