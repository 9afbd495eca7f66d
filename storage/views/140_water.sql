-- Metering coverage by the current findings of the daily rates (安装率, 在线监控率, 配备率): one row a subject, rule and
-- local day. A fit rate's row is that of the medium and level with the smallest margin; dash.fit_level has them all.
create view dash.metering_subject as
select 'city' as subject_kind, 'city:' || city as subject, city_name as subject_name,
       null::text as district, null::text as enterprise from dash.city
union all
select 'district', 'district:' || district, district_name, district, null from dash.district
union all
select 'park', 'park:' || park, park_name, district, null from dash.park
union all
select 'enterprise', 'enterprise:' || enterprise, enterprise_name, district, enterprise from dash.enterprise;

create view dash.metering_coverage as
select f.period_start as time, dash.local_day(f.period_start) as day, r.rule_id, r.title as indicator,
       s.subject_kind, s.subject, s.subject_name, s.district, s.enterprise,
       f.value as rate_pct, f.limit_value as target_pct, f.value - f.limit_value as margin_pct_points,
       coalesce(f.evidence ->> 'fitted', f.evidence -> 'by_enterprise' ->> 'enterprises_complete',
                f.evidence -> 'by_volume' ->> 'permitted_online_m3_a')::double precision as numerator,
       coalesce(f.evidence ->> 'required', f.evidence -> 'by_enterprise' ->> 'enterprises',
                f.evidence -> 'by_volume' ->> 'permitted_m3_a')::double precision as denominator,
       coalesce(f.evidence -> 'by_place' ->> 'pct', f.evidence -> 'by_count' ->> 'pct')::double precision as second_pct,
       f.verdict, dash.verdict_code(f.verdict) as verdict_code, f.reason, f.evidence, f.finding_id, f.computed_at
from rule r
cross join dash.metering_subject s
join finding f on f.rule_id = r.rule_id and f.subject = s.subject and f.superseded_at is null
where r.evaluator in ('installation_rate', 'online_rate', 'fit_rate');

create view dash.metering_coverage_latest as
select f.period_start as time, dash.local_day(f.period_start) as day, r.rule_id, r.title as indicator,
       s.subject_kind, s.subject, s.subject_name, s.district, s.enterprise,
       f.value as rate_pct, f.limit_value as target_pct, f.value - f.limit_value as margin_pct_points,
       coalesce(f.evidence ->> 'fitted', f.evidence -> 'by_enterprise' ->> 'enterprises_complete',
                f.evidence -> 'by_volume' ->> 'permitted_online_m3_a')::double precision as numerator,
       coalesce(f.evidence ->> 'required', f.evidence -> 'by_enterprise' ->> 'enterprises',
                f.evidence -> 'by_volume' ->> 'permitted_m3_a')::double precision as denominator,
       coalesce(f.evidence -> 'by_place' ->> 'pct', f.evidence -> 'by_count' ->> 'pct')::double precision as second_pct,
       f.verdict, dash.verdict_code(f.verdict) as verdict_code, f.reason, f.evidence, f.finding_id, f.computed_at
from rule r
cross join dash.metering_subject s
join lateral (
    select f.* from finding f
    where f.rule_id = r.rule_id and f.subject = s.subject and f.superseded_at is null
    order by f.period_start desc limit 1
) f on true
where r.evaluator in ('installation_rate', 'online_rate', 'fit_rate');

-- Fit rate by medium and level, from the newest finding.
create view dash.fit_level as
select c.rule_id, c.indicator, c.day, c.subject_kind, c.subject, c.subject_name, c.district, c.enterprise,
       l ->> 'medium' as medium, l ->> 'level' as level, (l ->> 'required')::int as required,
       (l ->> 'fitted')::int as fitted, (l ->> 'pct')::double precision as pct,
       (l ->> 'required_pct')::double precision as required_pct, (l ->> 'met')::boolean as met, r.enabled, r.status
from dash.metering_coverage_latest c
join rule r using (rule_id)
cross join lateral jsonb_array_elements(c.evidence -> 'levels') l
where r.evaluator = 'fit_rate';

-- Marks of an hour, in words: a list has no value mapping. Words as in domain.hourly.
create function dash.mark_names(marks text[]) returns text
immutable parallel safe language sql as $$
    select string_agg(coalesce('{"rollover": "翻转", "reset": "归零", "jump": "跳变", "spike": "尖峰", "gap": "缺口",
                                 "corrected": "更正", "over_range": "超量程", "suspect": "可疑", "stuck": "卡滞",
                                 "step": "突变", "replaced": "换表", "reversed": "倒流"}'::jsonb ->> mark, mark), '、')
    from unnest(marks) mark
$$;

-- Increments of water meters. The increment that bridges a gap stands in the hour of its later reading.
create view dash.water_hourly as
select h.hour_at as time, dash.local_day(h.hour_at) as day, d.code as district, e.code as enterprise,
       e.name as enterprise_name, e.code || '/' || p.code as point, p.name as point_name, m.place, m.place_name,
       m.level, m.serial as meter_serial,
       h.increment as increment_m3, h.reading_count, h.marks, 'gap' = any(h.marks) as bridges_gap, h.gap_from
from point p
join enterprise e on e.enterprise_id = p.enterprise_id
join district d on d.code = e.district
join hourly h on h.point_id = p.point_id
left join lateral (
    select l.code as place, l.name as place_name, l.level, m.serial
    from meter m join metering_place l using (place_id)
    where m.point_id = p.point_id and m.installed_on <= dash.local_day(h.hour_at)
      and (m.removed_on is null or m.removed_on > dash.local_day(h.hour_at))
    limit 1
) m on true
where p.quantity = 'water_volume';

-- Whether each water meter reports, by the newest finding of data.point_offline; since = when that changed.
create view dash.point_online as
select s.district, s.enterprise, s.enterprise_name, s.point, s.point_name, s.last_measured_at, s.last_value, s.unit,
       f.verdict, dash.verdict_code(f.verdict) as verdict_code, f.reason, f.period_start as since
from dash.point_status s
left join lateral (
    select f.verdict, f.reason, f.period_start from finding f
    where f.rule_id = 'data.point_offline' and f.subject = 'point:' || s.point and f.superseded_at is null
    order by f.period_start desc limit 1
) f on true
where s.quantity = 'water_volume';
