-- What the boards of stacks show: limits, marks, hours judged twice, signs. n: hours since 1970. coke-a is over its ule
-- limit in hours n %% 24 = 3, and over the legal one too when n %% 120 = 3; coke-b never is. Both stand still for two hours in
-- 48 and start up in the one after.

-- Signs that the boards show, with titles; those that the packs ship stay as they are.
insert into rule (rule_id, version, pack, title, evaluator, standard, clause, status, document_status, confidence, enabled,
                  severity, definition)
select rule_id, 1, 'plant', title, 'none', '平台规则', '无', 'platform', '平台规则', 'DESIGN', true, 'info', '{}'
from (values ('sign.flatline', '恒值'), ('sign.clipping', '限值附近截断')) as listed (rule_id, title)
on conflict (rule_id) do nothing;

-- Limits ----

insert into emission_limit (origin, preset, process, quantity, kind, averaging, region, value, unit, decimals,
                            reference_o2_pct, exempt_process, standard, clause, source, confidence, status, enabled,
                            valid_from, author, reason, created_at)
select 'preset', 'plant.' || kind || '.' || quantity || '.' || averaging, 'coke_oven_stack', quantity, kind, averaging, 'any',
       value, 'mg/m3', 0, case kind when 'ule' then 8 end, array['start_up'], standard, '表5', '公开文本', 'V2', status,
       enabled, '2024-01-19', '随平台提供', '', %(now)s::timestamptz - interval '90 days'
from (values ('so2', 'ule', 'hour', 30, '环大气〔2024〕5号', 'policy', true),
             ('nox', 'ule', 'hour', 150, '环大气〔2024〕5号', 'policy', true),
             ('pm', 'ule', 'hour', 10, '环大气〔2024〕5号', 'policy', true),
             ('so2', 'legal', 'hour', 50, 'GB 16171-2012', 'law', true),
             ('nox', 'legal', 'hour', 500, 'GB 16171-2012', 'law', true),
             ('pm', 'legal', 'hour', 30, 'GB 16171-2012', 'law', true),
             ('nmhc', 'legal', 'hour', 80, 'GB 16171-2012', 'draft', false))
     as listed (quantity, kind, averaging, value, standard, status, enabled);
-- a permit of coke-a, mended once
insert into emission_limit (origin, preset, enterprise_id, outlet_id, quantity, kind, averaging, region, value, unit, decimals,
                            reference_o2_pct, exempt_process, standard, clause, source, confidence, status, enabled,
                            valid_from, author, reason, created_at, superseded_at)
select 'operator', 'plant.legal.so2.hour', o.enterprise_id, o.outlet_id, 'so2', 'legal', 'hour', 'any', v.value, 'mg/m3', 0,
       null, array['start_up', 'shutdown'], '排污许可证', '副本表12', '许可证扫描件', 'V1', 'permit', v.enabled, '2026-01-01', v.author,
       v.reason, v.created_at, v.superseded_at
from outlet o join enterprise e using (enterprise_id)
cross join lateral (values
    (45.0, true, '王工', '按许可证录入', %(now)s::timestamptz - interval '60 days', %(now)s::timestamptz - interval '55 days'),
    (40.0, true, '李工', '更正录入错误', %(now)s::timestamptz - interval '55 days', null)
) v (value, enabled, author, reason, created_at, superseded_at)
where e.code = 'coke-a';
insert into rule_decision (rule_id, effective_from, enabled, params, author, reason, source, created_at)
values ('qa.zero_drift', '2026-11-01', true, '{}', '李工', '经核对原文后启用', 'HJ 75-2017 11.2', %(now)s::timestamptz - interval '16 days');

-- Hours and months ----

insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason, value,
                     limit_value, unit, evidence, computed_at)
select v.kind || '.hourly', 1, 'pollutant:' || e.code || '/' || o.code || '/' || u.quantity, e.enterprise_id, h,
       h + interval '1 hour', v.verdict, v.reason, case when v.verdict <> 'undetermined' then v.value end, v.limit_value,
       'mg/m3', jsonb_build_object(
           'pollutant', jsonb_build_object('point', 'S1-' || upper(u.quantity), 'mean', v.value / 1.05, 'unit', 'mg/m3',
                                           'valid_minutes', 55, 'readings', 60, 'marked_minutes', 5, 'flags', '{}'::jsonb),
           'o2', case v.kind when 'ule' then jsonb_build_object('point', 'S1-O2', 'mean_pct', 9.0, 'valid_minutes', 60,
                                                                'readings', 60) end,
           'limit_id', v.limit_id, 'limit', v.limit_value, 'limit_unit', 'mg/m3', 'comparison', '<=', 'decimals', 0,
           'reference_o2_pct', case v.kind when 'ule' then 8 end, 'rounded', round(v.value::numeric),
           'marks', case when v.reason = 'excluded_start_up' then '[2]'::jsonb else '[]'::jsonb end,
           'process', case when starts_with(v.reason, 'excluded_')
                           then jsonb_build_object(substr(v.reason, 10), 60) else '{}'::jsonb end),
       h + interval '75 minutes'
from outlet o join enterprise e using (enterprise_id)
join emission_limit u on u.origin = 'preset' and u.kind = 'ule' and u.process = o.process
cross join generate_series(%(start)s::timestamptz, %(now)s::timestamptz - interval '2 hours', interval '1 hour') h
cross join lateral (select extract(epoch from h)::bigint / 3600 as n) c
cross join lateral (
    select k.kind, l.limit_id, l.value as limit_value, m.value, r.reason,
           case when r.reason = 'over_limit' then 'violation' when r.reason = 'within_limit' then 'compliant'
                else 'undetermined' end as verdict
    from (values ('ule'), ('legal')) k (kind)
    cross join lateral (
        select n.limit_id, n.value from emission_limit n
        where n.quantity = u.quantity and n.kind = k.kind and n.enabled and n.superseded_at is null
          and (n.outlet_id = o.outlet_id or n.process = o.process)
        order by n.outlet_id nulls last limit 1
    ) l
    cross join lateral (
        select u.value * case when e.code = 'coke-a' and c.n %% 120 = 3 then 5.5
                              when e.code = 'coke-a' and c.n %% 24 = 3 then 1.2 else 0.6 end as value
    ) m
    cross join lateral (
        select case when c.n %% 48 in (10, 11) then 'excluded_stopped' when c.n %% 48 = 12 then 'excluded_start_up'
                    when c.n %% 48 = 5 then 'no_data' when m.value > l.value then 'over_limit'
                    else 'within_limit' end as reason
    ) r
) v;
insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason, value,
                     limit_value, unit, evidence, computed_at)
select 'ule.monthly', 1, 'pollutant:' || e.code || '/' || o.code || '/' || l.quantity, e.enterprise_id,
       %(start)s::timestamptz, %(start)s::timestamptz + interval '31 days', 'compliant', 'share_met', 97.0, 95.0, '%%',
       '{"hours_in_service": 744, "hours_operating": 713, "hours_judged": 680, "hours_compliant": 660,
         "hours_violation": 20, "hours_excluded": {"excluded_stopped": 31, "excluded_start_up": 15},
         "hours_undetermined": {"no_data": 18}}',
       %(now)s::timestamptz
from outlet o join enterprise e using (enterprise_id)
join emission_limit l on l.origin = 'preset' and l.kind = 'ule' and l.process = o.process;

-- Marks, numbered in the order of their lines ----

insert into mark (enterprise_id, outlet_id, point_id, dimension, kind, start_at, end_at, origin, author, reason, created_at,
                  supersedes)
select e.enterprise_id, o.outlet_id, case v.dimension when 'equipment' then p.point_id end, v.dimension, v.kind,
       %(now)s::timestamptz - v.before * interval '1 hour', %(now)s::timestamptz - (v.before - 2) * interval '1 hour',
       v.origin, v.author, v.reason, %(now)s::timestamptz - (v.before - 3) * interval '1 hour', v.supersedes
from (values (1, 'coke-a', 'equipment', 'calibration', 40, 'manual', '甲焦化', '季度全系统校准', null::bigint),
             (2, 'coke-a', 'process', 'start_up', 60, 'manual', '甲焦化', '启炉', null),
             (3, 'coke-a', 'equipment', 'fault', 90, 'manual', '甲焦化', '采样管堵塞', null),
             (4, 'coke-a', 'equipment', 'maintenance', 80, 'manual', '甲焦化', '更换滤芯', null),
             (5, 'coke-a', 'equipment', 'fault', 20, 'manual', '甲焦化', '仪器故障', null),
             (6, 'coke-a', 'equipment', 'fault', 21, 'manual', '甲焦化', '更正开始时间', 5),
             (7, 'coke-b', 'process', 'stopped', 30, 'auto', '数采仪', '运行信号', null))
     as v (position, enterprise, dimension, kind, before, origin, author, reason, supersedes)
join enterprise e on e.code = v.enterprise join outlet o using (enterprise_id)
join point p on p.outlet_id = o.outlet_id and p.quantity = 'so2' and p.statistic is null
order by v.position;
insert into mark_decision values
    (3, 'rejected', '市生态环境局', '无维修记录', %(now)s::timestamptz - interval '1 day'),
    (4, 'withdrawn', '甲焦化', '标错排口', %(now)s::timestamptz - interval '2 days');
update hourly set marked_minutes = 60, mark_ids = '{1}' where hour_at = %(now)s::timestamptz - interval '40 hours'
   and point_id = (select point_id from point join enterprise using (enterprise_id)
                   where enterprise.code = 'coke-a' and quantity = 'so2' and statistic is null);

-- Points that state something of another, and what was made of it; warnings, days, signs ----

insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, outlet_id, of_point_id, statistic,
                   in_service_from)
select p.enterprise_id, p.code || s.suffix, p.name || s.name, 'instantaneous', p.quantity, s.unit, s.interval_s, p.outlet_id,
       p.point_id, s.statistic, '2026-01-01'
from point p
cross join (values ('-H', '数采仪小时均值', 'mg/m3', 3600, 'hour_mean'), ('-ZD', '零点漂移', '%%', 86400, 'zero_drift'),
                   ('-SD', '量程漂移', '%%', 86400, 'span_drift')) s (suffix, name, unit, interval_s, statistic)
where p.quantity = 'so2';
insert into hourly (point_id, hour_at, mean, valid_minutes, reading_count, valid_count, flag_counts, marks, computed_at)
select p.point_id, d, case p.statistic when 'zero_drift' then 0.4 else -1.1 end, 1, 1, 1, '{"N": 1}', '{}', d
from point p cross join generate_series(%(start)s::timestamptz, %(now)s::timestamptz, interval '1 day') d
where p.statistic in ('zero_drift', 'span_drift');
insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason, value,
                     limit_value, unit, evidence, computed_at)
select f.rule_id, 1,
       case when f.kind = 'outlet' then 'outlet:' || e.code || '/S1' when f.kind = 'point' then 'point:' || e.code || '/' || f.tail
            else 'pollutant:' || e.code || '/S1/' || f.tail end,
       e.enterprise_id, %(now)s::timestamptz - f.before * interval '1 hour',
       %(now)s::timestamptz - (f.before - f.hours) * interval '1 hour', f.verdict, f.reason, f.value, f.limit_value, f.unit,
       f.evidence::jsonb, %(now)s::timestamptz
from enterprise e join outlet o using (enterprise_id)
cross join (values
    ('warn.ule', 'pollutant', 'so2', 30, 1, 'violation', 'projected_over', 31.5, 30.0, 'mg/m3', '{}'),
    ('warn.ule', 'pollutant', 'so2', 28, 1, 'compliant', 'normal', 20.0, 30.0, 'mg/m3', '{}'),
    ('warn.legal', 'pollutant', 'nox', 3, 1, 'violation', 'minutes_over_80', 430.0, 500.0, 'mg/m3', '{}'),
    ('mass.yearly', 'pollutant', 'so2', 1064, 744, 'compliant', 'within_total', 41.5, 50.0, 't',
     '{"month_t": 4.5, "measured_h": 700, "substituted_h": {"180": 10, "720": 4}, "unsubstituted_h": 0, "stopped_h": 30,
       "capture_pct": 95.0}'),
    ('data.capture_rate', 'pollutant', 'so2', 3272, 2208, 'violation', 'capture_not_met', 71.0, 75.0, '%%', '{}'),
    ('data.transmission_rate', 'outlet', '', 1064, 744, 'compliant', 'transmission_met', 97.0, 90.0, '%%', '{}'),
    ('legal.daily', 'pollutant', 'so2', 48, 24, 'violation', 'over_limit', 52.0, 50.0, 'mg/m3', '{}'),
    ('legal.single', 'pollutant', 'nmhc', 9, 1, 'undetermined', 'no_data', null, 30.0, 'mg/m3', '{}'),
    ('qa.zero_drift', 'point', 'S1-SO2', 48, 24, 'violation', 'out_of_control', 6.0, 5.0, '%%', '{}'),
    ('data.reported_hour', 'point', 'S1-SO2-H', 12, 1, 'violation', 'differs', 22.0, null, 'mg/m3',
     '{"own": {"value": 20.0}, "difference": 2.0, "tolerance": 0.2}'),
    ('data.reported_hour', 'point', 'S1-SO2-H', 11, 1, 'compliant', 'same', 20.1, null, 'mg/m3',
     '{"own": {"value": 20.0}, "difference": 0.1, "tolerance": 0.2}'),
    ('data.reported_hour', 'point', 'S1-SO2-H', 10, 1, 'undetermined', 'no_own_value', 20.1, null, 'mg/m3',
     '{"own": {"value": null}, "why": "too_few_valid_minutes"}')
) f (rule_id, kind, tail, before, hours, verdict, reason, value, limit_value, unit, evidence);
insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason, value,
                     evidence, computed_at)
select s.rule_id, 1, 'outlet:' || e.code || '/S1', e.enterprise_id, d, d + interval '1 day', v.verdict, v.reason,
       case v.verdict when 'violation' then 2 end,
       jsonb_build_object('weight', s.weight, 'seen', case v.verdict when 'violation' then
           '[{"point": "S1-SO2", "detail": "flatline", "minutes": 200, "hours": ["2026-11-01T02:00:00Z"]},
             {"point": "S1-PM", "detail": "hard_maximum", "times": 7, "hours": []}]'::jsonb else '[]'::jsonb end), %(now)s::timestamptz
from enterprise e join outlet o using (enterprise_id)
cross join generate_series(dash.day_floor(%(now)s::timestamptz) - interval '40 days',
                           dash.day_floor(%(now)s::timestamptz) - interval '1 day', interval '1 day') d
cross join (values ('sign.flatline', 2.0), ('sign.clipping', 3.0)) s (rule_id, weight)
cross join lateral (select extract(epoch from d)::bigint / 86400 %% 10 as n) c
cross join lateral (
    select case when c.n = 4 and e.code = 'coke-a' then 'violation' when c.n = 7 then 'undetermined' else 'compliant' end,
           case when c.n = 4 and e.code = 'coke-a' then 'seen' when c.n = 7 then 'too_little_data' else 'not_seen' end
) v (verdict, reason);
