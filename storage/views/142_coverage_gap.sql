-- What is missing for coverage, so that somebody can act: one row a gap. Places by the register as of a local day, silence
-- and intakes by the newest findings that had closed by the end of that day.

-- The meter that speaks for a place on a day: connected before fitted before installed, of several the one installed last.
create function dash.place_meter_on(of_place int, day date)
returns table (serial text, due date, is_installed boolean, is_fitted boolean, is_connected boolean, installed_on date,
               removed_on date, point_to date)
stable parallel safe language sql as $$
    select m.serial, m.due, m.is_installed, m.is_installed and day <= m.due as is_fitted,
           m.is_installed and day <= m.due and m.is_reporting as is_connected, m.installed_on, m.removed_on, m.point_to
    from (select m.serial, m.installed_on, m.removed_on,
                 (m.verified_on + m.verification_months * interval '1 month')::date as due,
                 m.installed_on <= day and (m.removed_on is null or m.removed_on > day) as is_installed,
                 p.point_id is not null and p.in_service_from <= day
                     and (p.in_service_to is null or p.in_service_to > day) as is_reporting,
                 p.in_service_to as point_to
          from meter m left join point p using (point_id)
          where m.place_id = of_place) m
    order by 5 desc, 4 desc, 3 desc, m.installed_on desc, m.serial desc
    limit 1
$$;

-- reason: no_meter, verification_expired, expiring (within 30 days), not_connected, silent (arrival of the newest closed
-- month), intake_offline (detail says why), no_metering_place. since: local day from which it has been so.
create function dash.coverage_gaps_on(day date)
returns table (enterprise text, enterprise_name text, district text, park text, kind text, item text, item_name text,
               level text, medium text, intake text, permitted_m3_a double precision, must_be_online boolean,
               reason text, detail text, meter_serial text, verification_due date, arrival_pct double precision,
               since date, as_of date)
stable parallel safe language sql as $$
    select e.code, e.name, e.district, e.park, 'place', l.code, l.name, l.level, l.medium, i.code,
           i.permitted_m3_a::double precision, null::boolean, r.reason, null::text, m.serial, m.due,
           null::double precision, greatest(r.since, l.in_service_from, e.registered_from), day
    from enterprise e
    join metering_place l using (enterprise_id)
    left join intake i on i.intake_id = l.intake_id
    left join lateral dash.place_meter_on(l.place_id, day) m on true
    cross join lateral (
        select 'no_meter' as reason, case when m.removed_on <= day then m.removed_on end as since
        where m.is_installed is not true
        union all
        select 'verification_expired', m.due + 1 where m.is_installed and not m.is_fitted
        union all
        select 'expiring', m.due - 30 where m.is_fitted and m.due <= day + 30
        union all
        select 'not_connected', case when m.point_to <= day then m.point_to else m.installed_on end
        where m.is_fitted and not m.is_connected
    ) r
    where e.registered_from <= day and l.in_service_from <= day and (l.in_service_to is null or l.in_service_to > day)
    union all
    select e.code, e.name, e.district, e.park, 'place', b.below ->> 'place', coalesce(l.name, b.below ->> 'place'),
           coalesce(l.level, b.below ->> 'level'), b.below ->> 'medium', i.code, i.permitted_m3_a::double precision,
           null, 'silent', null, m.serial, m.due, (b.below ->> 'arrival_pct')::double precision,
           dash.local_day(f.period_start), dash.local_day(f.period_end - interval '1 second')
    from enterprise e
    join rule r on r.evaluator = 'arrival_rate'
    cross join lateral (
        select f.period_start, f.period_end, f.evidence from finding f
        where f.rule_id = r.rule_id and f.subject = 'enterprise:' || e.code and f.superseded_at is null
          and f.period_end <= (day + 1)::timestamp at time zone 'Asia/Shanghai'
        order by f.period_start desc limit 1
    ) f
    cross join lateral jsonb_array_elements(f.evidence -> 'below') b (below)
    left join metering_place l on l.enterprise_id = e.enterprise_id and l.code = b.below ->> 'place'
    left join intake i on i.intake_id = l.intake_id
    left join lateral dash.place_meter_on(l.place_id, day) m on true
    where e.registered_from <= day
      -- the newest month of anybody: an enterprise whose meters are all gone must not be silent for ever
      and f.period_end > (day - 62)::timestamp at time zone 'Asia/Shanghai'
    union all
    select e.code, e.name, e.district, e.park, 'intake', q.intake ->> 'intake',
           coalesce(i.name, q.intake ->> 'intake'), 'unit', 'water', q.intake ->> 'intake',
           (q.intake ->> 'permitted_m3_a')::double precision, (q.intake ->> 'must_be_online')::boolean,
           'intake_offline', coalesce(p.place ->> 'why', 'no_metering_place'), p.place ->> 'serial',
           (p.place ->> 'verification_due')::date, (p.place ->> 'arrival_pct')::double precision,
           coalesce((p.place ->> 'counted_from')::date,
                    case when p.place ->> 'why' = 'no_verified_meter' and m.is_installed then m.due + 1
                         when p.place ->> 'why' = 'not_connected' then m.installed_on end,
                    greatest(i.in_service_from, e.registered_from)),
           dash.local_day(f.period_start)
    from enterprise e
    cross join lateral (
        select f.period_start, f.evidence
        from rule r
        join finding f on f.rule_id = r.rule_id and f.subject = 'enterprise:' || e.code and f.superseded_at is null
        where r.evaluator = 'online_rate' and f.period_end <= (day + 1)::timestamp at time zone 'Asia/Shanghai'
          and f.period_start > (day - 31)::timestamp at time zone 'Asia/Shanghai'
        order by f.period_start desc, r.rule_id limit 1
    ) f
    cross join lateral jsonb_array_elements(f.evidence -> 'intakes') q (intake)
    left join lateral (
        select p.place from jsonb_array_elements(q.intake -> 'places') p (place)
        order by array_position(array['too_few_arrivals', 'not_connected', 'no_verified_meter'], p.place ->> 'why'),
                 p.place ->> 'place'
        limit 1
    ) p on true
    left join intake i on i.enterprise_id = e.enterprise_id and i.code = q.intake ->> 'intake'
    left join metering_place l on l.enterprise_id = e.enterprise_id and l.code = p.place ->> 'place'
    left join lateral dash.place_meter_on(l.place_id, day) m on true
    where e.registered_from <= day and not (q.intake ->> 'online')::boolean
    union all
    select e.code, e.name, e.district, e.park, 'enterprise', '', e.name, 'unit', 'water', null, null, null,
           'no_metering_place', null, null, null, null, e.registered_from, day
    from enterprise e
    where e.registered_from <= day and e.is_industrial
      and not exists (select from metering_place l
                      where l.enterprise_id = e.enterprise_id and l.level = 'unit' and l.medium = 'water'
                        and l.in_service_from <= day and (l.in_service_to is null or l.in_service_to > day))
$$;

-- The newest local day of which a daily rate of the city is judged: as of when gaps are listed.
create function dash.coverage_day() returns date
stable parallel safe language sql as $$
    select dash.local_day(max(n.period_start))
    from rule r
    cross join city c
    cross join lateral (
        select f.period_start from finding f
        where f.rule_id = r.rule_id and f.subject = 'city:' || c.code and f.superseded_at is null
        order by f.period_start desc limit 1
    ) n
    where r.evaluator in ('installation_rate', 'online_rate', 'fit_rate')
$$;

-- A function that reads tables runs with the rights of whoever asks, also inside a view: this one lends its owner's, so
-- that dash_reader sees the list and nothing else.
create function dash.coverage_gaps_now()
returns table (enterprise text, enterprise_name text, district text, park text, kind text, item text, item_name text,
               level text, medium text, intake text, permitted_m3_a double precision, must_be_online boolean,
               reason text, detail text, meter_serial text, verification_due date, arrival_pct double precision,
               since date, as_of date)
stable parallel safe security definer language sql set search_path = public, pg_temp as $$
    select g.*
    from (select dash.coverage_day() as day offset 0) d  -- once, not for every row
    cross join lateral dash.coverage_gaps_on(d.day) g
$$;

create view dash.coverage_gap as select * from dash.coverage_gaps_now();
comment on view dash.coverage_gap is '缺口清单, as of dash.coverage_day()';
