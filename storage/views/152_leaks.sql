-- Leaks, what is left of their terms, campaigns, and what sealing points emit.

create view dash.leak as
select d.code as district, d.name as district_name, e.code as enterprise, e.name as enterprise_name,
       e.code || '/' || c.code as component, c.code as component_code, c.name as component_name, c.unit_name, c.kind,
       c.medium, l.found_at as time, dash.local_day(l.found_at) as found_on, l.net_umol_mol, l.visible, l.state,
       l.state not in ('closed', 'removed') as is_open, l.attempts, l.first_attempt_at, l.last_repair_at, l.closed_at,
       l.closed_net_umol_mol, l.delay_ground, l.delay_filed_at, l.delay_until, l.leak_id
from leak l
join component c using (component_id)
join enterprise e using (enterprise_id)
join district d on d.code = e.district;

-- Terms of the leaks that are open: the earliest last day of the first attempt and of the repair over the standards that
-- call it a leak (null: none does, or nothing is judged yet), and whether that step is still to be done.
create view dash.leak_open as
select d.code as district, d.name as district_name, e.code as enterprise, e.name as enterprise_name,
       e.code || '/' || c.code as component, c.code as component_code, c.name as component_name, c.unit_name, c.kind,
       c.medium, l.found_at as time, dash.local_day(l.found_at) as found_on, l.net_umol_mol, l.visible, l.state,
       l.attempts, l.first_attempt_at, l.last_repair_at, l.delay_ground, l.delay_until, t.attempt_due_on,
       t.repair_due_on, t.standards
from leak l
join component c using (component_id)
join enterprise e using (enterprise_id)
join district d on d.code = e.district
left join lateral (
    select min(s.due_on) filter (where s.step = 'attempt') as attempt_due_on,
           min(s.due_on) filter (where s.step = 'repair') as repair_due_on,
           string_agg(distinct s.standard, '、') as standards
    from (
        -- the newest leak of the component by each standard: it may call a leak, or repaired, what another does not
        select distinct on (r.rule_id) r.definition #>> '{params,step}' as step, r.standard,
               dash.local_day(f.period_end) - 1 as due_on, f.evidence ->> 'closed_at' as closed_at
        from rule r
        join finding f on f.rule_id = r.rule_id and f.subject = 'component:' || e.code || '/' || c.code
            and f.period_start >= dash.day_floor(l.found_at) and f.superseded_at is null
        where r.evaluator = 'leak_repair'
        order by r.rule_id, f.period_start desc
    ) s
    where s.closed_at is null
    offset 0
) t on true
where l.state not in ('closed', 'removed');

-- Rate of one sealing point, kg/h, by its net reading; null: never tested. The figures are those of leak_factor.
create function dash.leak_kg_h(
    net double precision, a double precision, b double precision, zero double precision, pegged double precision,
    average double precision, zero_below double precision, pegged_from double precision
) returns double precision
immutable parallel safe language sql as $$
    select case when net is null then average when net < zero_below then zero when net >= pegged_from then pegged
                else a * net ^ b end
$$;

create view dash.leak_factor as
select family, kind, medium, coefficient_a, exponent_b, default_zero_kg_h, pegged_kg_h, average_kg_h,
       zero_below_umol_mol, pegged_from_umol_mol, correlation_row, average_row, is_borrowed, confidence, source
from leak_factor;

create view dash.campaign_unit as
select d.code as district, d.name as district_name, e.code as enterprise, e.name as enterprise_name,
       g.code as campaign, g.name as campaign_name, g.from_day, g.to_day, g.contractor, g.declared_components,
       g.declared_leaks, s.unit_name, s.components, s.tested, s.leaking, s.closed, s.found_kg_h, s.after_kg_h,
       s.untested_kg_h
from campaign g
join enterprise e using (enterprise_id)
join district d on d.code = e.district
join campaign_unit s using (campaign_id);

-- Campaigns as a whole. *_pct: tested of what there is, leaking of what was tested.
create view dash.campaign as
select d.code as district, d.name as district_name, e.code as enterprise, e.name as enterprise_name,
       g.code as campaign, g.name as campaign_name, g.from_day, g.to_day, g.contractor, g.declared_components,
       g.declared_leaks, s.components, s.tested,
       100.0::double precision * s.tested / nullif(s.components, 0) as tested_pct, s.leaking,
       100.0::double precision * s.leaking / nullif(s.tested, 0) as leaking_pct, s.closed, s.found_kg_h, s.after_kg_h,
       s.untested_kg_h
from campaign g
join enterprise e using (enterprise_id)
join district d on d.code = e.district
cross join lateral (
    select coalesce(sum(u.components), 0) as components, coalesce(sum(u.tested), 0) as tested,
           coalesce(sum(u.leaking), 0) as leaking, coalesce(sum(u.closed), 0) as closed,
           coalesce(sum(u.found_kg_h), 0) as found_kg_h, coalesce(sum(u.after_kg_h), 0) as after_kg_h,
           coalesce(sum(u.untested_kg_h), 0) as untested_kg_h
    from campaign_unit u where u.campaign_id = g.campaign_id
) s;

create view dash.leak_emission as
select d.code as district, d.name as district_name, e.code as enterprise, e.name as enterprise_name, o.month,
       o.month::timestamp at time zone 'Asia/Shanghai' as time, o.unit_name, o.kind, o.method, o.components, o.kg,
       o.avoided_kg
from leak_emission o
join enterprise e using (enterprise_id)
join district d on d.code = e.district;

-- Signs of invented records (platform rules `ldar.sign_*`): what was seen in the records of a day or a campaign, never why.
create view dash.ldar_sign as
select f.period_start as time, dash.local_day(f.period_start) as from_day, dash.local_day(f.period_end) - 1 as to_day,
       d.code as district, d.name as district_name, e.code as enterprise, e.name as enterprise_name, f.rule_id,
       r.title as sign_title, r.severity, f.verdict, f.reason, f.value, f.finding_id, f.computed_at
from rule r
join finding f on f.rule_id = r.rule_id and f.superseded_at is null
join enterprise e using (enterprise_id)
join district d on d.code = e.district
where r.rule_id like 'ldar.sign\_%';
