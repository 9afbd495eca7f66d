-- The register of limits, and what it judges: an outlet and a pollutant.
-- state: what a row is worth now. draft: shipped without effect until a person confirms it; who did so is the author of
-- the row that supersedes it.
create view dash.limit as
select l.limit_id, d.code as district, d.name as district_name, e.code as enterprise, e.name as enterprise_name,
       e.code || '/' || o.code as outlet, o.name as outlet_name, l.process, l.quantity as pollutant,
       dash.pollutant_name(l.quantity) as pollutant_name, l.kind, dash.kind_name(l.kind) as kind_name,
       l.averaging, l.region, l.value, l.unit, l.decimals, l.reference_o2_pct, l.exempt_process, l.standard, l.clause,
       l.source, l.confidence, l.status, l.enabled, l.valid_from, l.valid_to, l.origin, l.preset, l.author, l.reason,
       l.created_at, l.superseded_at,
       case when l.superseded_at is not null then 'superseded' when l.enabled then 'enabled'
            when l.origin = 'preset' then 'draft' else 'disabled' end as state
from emission_limit l
left join outlet o using (outlet_id)
left join enterprise e on e.enterprise_id = l.enterprise_id
left join district d on d.code = e.district;
comment on view dash.limit is 'district, enterprise and outlet are null in a row that holds for a whole process';

-- What findings on pollutants may be about: what an outlet measures, and what some limit in force, now or once, asks of it.
create view dash.outlet_pollutant as
select o.district, o.district_name, o.enterprise, o.enterprise_name, o.outlet, o.outlet_name, o.process, q.pollutant,
       dash.pollutant_name(q.pollutant) as pollutant_name, 'pollutant:' || o.outlet || '/' || q.pollutant as subject
from dash.outlet o
join (
    select p.outlet, p.quantity as pollutant
    from dash.point p join dash.substance s on s.pollutant = p.quantity where p.statistic is null
    union
    select coalesce(l.outlet, u.outlet), l.pollutant
    from dash.limit l left join dash.outlet u on u.process = l.process where l.enabled
) q using (outlet);

-- Pollutants that are measured or limited somewhere, as a choice for the boards.
create view dash.pollutant as
select distinct pollutant, pollutant_name from dash.outlet_pollutant;

create view dash.judgement_kind as
select kind, dash.kind_name(kind) as kind_name, rule_id
from (values ('legal', 'legal.hourly'), ('ule', 'ule.hourly')) as listed (kind, rule_id);

-- Which limit each hour was judged by; for questions that need no more of an hour than that.
create view dash.judged_hour as
select rule_id, subject, period_start as time, limit_value as limit_mg_m3, (evidence ->> 'limit_id')::bigint as limit_id
from finding where rule_id in ('legal.hourly', 'ule.hourly') and superseded_at is null;

-- Which row the newest judged hour of each outlet and pollutant used, before an instant.
create function dash.limit_in_use(at timestamptz) returns table (
    district text, enterprise text, enterprise_name text, outlet text, outlet_name text, process text, pollutant text,
    pollutant_name text, kind text, kind_name text, hour_at timestamptz, limit_id bigint, limit_mg_m3 double precision,
    value double precision, unit text, reference_o2_pct double precision, standard text, clause text, status text,
    origin text, author text, created_at timestamptz
) stable parallel safe language sql as $$
    select o.district, o.enterprise, o.enterprise_name, o.outlet, o.outlet_name, o.process, o.pollutant, o.pollutant_name,
           k.kind, k.kind_name, f.time, l.limit_id, f.limit_mg_m3, l.value, l.unit, l.reference_o2_pct,
           l.standard, l.clause, l.status, l.origin, l.author, l.created_at
    from dash.judgement_kind k
    cross join dash.outlet_pollutant o
    cross join lateral (
        select h.time, h.limit_mg_m3, h.limit_id from dash.judged_hour h
        where h.rule_id = k.rule_id and h.subject = o.subject and h.time < at
        order by h.time desc limit 1
    ) f
    left join dash.limit l on l.limit_id = f.limit_id
$$;

-- Operators' decisions on shipped rules, all that were ever made.
create view dash.rule_decision as
select r.decision_id, r.created_at as time, r.rule_id, coalesce(n.title, r.rule_id) as rule_title, r.effective_from,
       r.enabled, r.params, r.author, r.reason, r.source
from rule_decision r
left join rule n using (rule_id);
