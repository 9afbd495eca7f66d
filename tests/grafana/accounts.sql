-- Water and energy of the same city: sub-meters, lines, a year of ledger and of monthly totals.
-- coke-a has everything; chem-c's sub-meters pass more than its entry; coke-b has an intake without a meter.
update enterprise set key_energy = 'region', key_water = 'city' where code in ('coke-a', 'coke-b', 'chem-c');
update intake set permit_number = 'B1502-' || intake_id, permit_from = '2021-01-01', permit_to = '2026-12-31';
insert into control_index
select enterprise_id, 2026, case code when 'coke-a' then 480000 else 700000 end, '市水务局下达' from enterprise
where code in ('coke-a', 'coke-b');
insert into line (enterprise_id, code, name, product, capacity_t_a, charging, quenching, commissioned_on, in_service_from)
select enterprise_id, 'L1', l.name, l.product, l.capacity, l.charging, l.quenching, '2012-06-01', '2012-06-01'
from enterprise e join (values
    ('coke-a', '1#焦炉', 'coke', 1200000, 'top', 'wet'), ('coke-b', '1#捣固焦炉', 'coke', 960000, 'stamp', 'dry'),
    ('chem-c', '电石炉', 'carbide', 300000, null, null)) l (code, name, product, capacity, charging, quenching) using (code);
insert into metering_place (enterprise_id, code, name, level, medium, flow, use, line_id, in_service_from)
select e.enterprise_id, p.code, p.name, p.level, p.medium, p.flow, p.use, null, '2026-01-01'
from enterprise e join (values
    ('coke-a', 'P-11', '化产车间', 'secondary', 'water', 'in', null),
    ('coke-a', 'P-12', '炼焦车间', 'secondary', 'water', 'in', null),
    ('coke-a', 'P-13', '生活区', 'secondary', 'water', 'in', null),
    ('coke-a', 'P-21', '中水回用', 'equipment', 'water', 'in', 'reused'),
    ('coke-a', 'P-22', '循环水', 'equipment', 'water', 'in', 'cooling_circulating'),
    ('coke-a', 'P-23', '循环水补水', 'equipment', 'water', 'in', 'cooling_makeup'),
    ('coke-a', 'E-01', '总进线', 'unit', 'electricity', 'in', null),
    ('coke-a', 'E-11', '炼焦变电所', 'secondary', 'electricity', 'in', null),
    ('coke-a', 'E-12', '化产变电所', 'secondary', 'electricity', 'in', null),
    ('coke-a', 'G-01', '回炉煤气总管', 'unit', 'coke_oven_gas', 'in', null),
    ('coke-a', 'G-11', '焦炉煤气支管', 'secondary', 'coke_oven_gas', 'in', null),
    ('chem-c', 'P-11', '生产车间', 'secondary', 'water', 'in', null),
    ('chem-c', 'E-01', '总进线', 'unit', 'electricity', 'in', null),
    ('chem-c', 'E-11', '电石炉变', 'secondary', 'electricity', 'in', null))
    p (enterprise, code, name, level, medium, flow, use) on p.enterprise = e.code;
update metering_place c set parent_id = p.place_id
from metering_place p
where p.enterprise_id = c.enterprise_id
  and (c.code, p.code) in (('P-11', 'P-01'), ('P-12', 'P-01'), ('E-11', 'E-01'), ('E-12', 'E-01'), ('G-11', 'G-01'));
insert into point (enterprise_id, code, name, kind, quantity, unit, interval_s, counter_digits, counter_scale,
                   in_service_from)
select enterprise_id, 'M-' || code, name, 'counter',
       case medium when 'water' then 'water_volume' when 'electricity' then 'energy' else 'gas_volume' end,
       case medium when 'electricity' then 'kWh' else 'm3' end, 3600, 9, 1, '2026-01-01'
from metering_place where code not in ('P-01', 'P-02');
-- the second one of electricity is not installed
insert into meter (enterprise_id, place_id, serial, verified_on, verification_months, installed_on, point_id)
select l.enterprise_id, l.place_id, 'N-' || e.code || '-' || l.code, '2025-12-01', 24, '2026-01-01', p.point_id
from metering_place l join enterprise e using (enterprise_id)
join point p on p.enterprise_id = l.enterprise_id and p.code = 'M-' || l.code;
update meter set installed_on = '2026-10-20' where serial = 'N-coke-a-P-11';
insert into meter (enterprise_id, place_id, serial, verified_on, verification_months, installed_on, removed_on, point_id)
select enterprise_id, place_id, 'N-OLD', '2025-12-01', 24, '2026-01-01', '2026-10-20', point_id from meter
where serial = 'N-coke-a-P-11';
insert into meter_change (point_id, changed_at, old_serial, new_serial, old_final, new_initial, author, reason, created_at)
select p.point_id, '2026-10-20T02:00:00Z', 'N-OLD', 'N-coke-a-P-11', 99000, 0, '计量员', '到期更换', '2026-10-20T03:00:00Z'
from point p join enterprise e using (enterprise_id) where e.code = 'coke-a' and p.code = 'M-P-11';
insert into hourly (point_id, hour_at, increment, valid_minutes, reading_count, valid_count, flag_counts, marks, computed_at)
select p.point_id, '2026-10-20T02:00:00Z', 40, 0, 1, 1, '{}', array['replaced'], '2026-10-20T04:00:00Z'
from point p join enterprise e using (enterprise_id) where e.code = 'coke-a' and p.code = 'M-P-11';
insert into hourly (point_id, hour_at, valid_minutes, reading_count, valid_count, flag_counts, marks, computed_at)
select p.point_id, '2026-10-22T02:00:00Z', 0, 1, 1, '{}', array['reset'], '2026-10-22T04:00:00Z'
from point p join enterprise e using (enterprise_id) where e.code = 'chem-c' and p.code = 'M-P-11';
insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason, value,
                     unit, evidence, computed_at)
select 'data.meter_frozen', 1, 'point:coke-a/M-P-12', enterprise_id, d, d + interval '1 day', 'violation', 'frozen', 24, 'h',
       '{}', d + interval '25 hours'
from enterprise cross join generate_series(timestamptz '2026-11-09T16:00:00Z', '2026-11-11T16:00:00Z', '1 day') d
where code = 'coke-a';
-- as the rule on steps writes it: evidence keys of rules.evaluators.meter_step
insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason, evidence,
                     computed_at)
select 'data.meter_step', 1, 'point:chem-c/M-P-11', enterprise_id, '2026-10-22T02:00:00Z', '2026-10-22T03:00:00Z',
       'violation', 'reset_without_record', '{"serial": "N-chem-c-P-11", "before": 51000, "first_value": 2}',
       '2026-10-22T04:00:00Z'
from enterprise where code = 'chem-c';
insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason, value,
                     evidence, computed_at)
select 'data.correction_magnitude', 1, 'point:chem-c/M-P-11', enterprise_id, '2026-10-23T02:00:00Z',
       '2026-10-23T03:00:00Z', 'violation', 'corrected_tenfold', 10,
       '{"serial": "N-chem-c-P-11", "readings": [{"first": 520, "corrected": 52}]}', '2026-10-23T04:00:00Z'
from enterprise where code = 'chem-c';
-- monthly totals of ten months; those of E-12 stop in the middle of October
insert into point_month (point_id, month, total, bridged, carried, hours, unknown_steps, first_hour, last_hour)
select p.point_id, m::date, t.total, 0, 0, 720, 0, m at time zone 'Asia/Shanghai',
       (m + interval '1 month') at time zone 'Asia/Shanghai'
           - case when e.code = 'coke-a' and p.code = 'M-G-11' and m = '2026-10-01' then interval '3 days'
                  else interval '1 hour' end
from (values
    ('coke-a', 'W-01', 50000), ('coke-a', 'M-P-11', 20000), ('coke-a', 'M-P-12', 24000), ('coke-a', 'M-P-13', 4000),
    ('coke-a', 'M-P-21', 30000),
    ('coke-a', 'M-P-22', 200000), ('coke-a', 'M-P-23', 10000), ('coke-a', 'M-E-01', 5000000),
    ('coke-a', 'M-E-11', 2600000), ('coke-a', 'M-E-12', 2200000), ('coke-a', 'M-G-01', 9000000),
    ('coke-a', 'M-G-11', 8900000), ('coke-b', 'W-01', 30000), ('chem-c', 'W-01', 20000), ('chem-c', 'M-P-11', 24000),
    ('chem-c', 'M-E-01', 80000000), ('chem-c', 'M-E-11', 70000000), ('inn-e', 'W-01', 900)) t (enterprise, point, total)
join enterprise e on e.code = t.enterprise
join point p on p.enterprise_id = e.enterprise_id and p.code = t.point
cross join generate_series(timestamp '2026-01-01', timestamp '2026-10-01', interval '1 month') m;
-- the ledger of the twelve months up to October 2026
insert into ledger_entry (enterprise_id, line_id, item, period_kind, period_from, value, unit, author, evidence, origin,
                          created_at)
select e.enterprise_id, l.line_id, t.item, 'month', m::date, t.value, t.unit, '统计员', '月报', 'api', '2026-11-05T00:00:00Z'
from (values
    ('coke-a', 'L1', 'output', 100000, 't'), ('coke-a', 'L1', 'coke.volatile', 26.5, '%'),
    ('coke-a', 'L1', 'coke.moisture', 11, '%'), ('coke-a', 'L1', 'used.washed_coal', 134000, 't'),
    ('coke-a', 'L1', 'used.electricity', 4000000, 'kWh'), ('coke-a', 'L1', 'made.coke', 100000, 't'),
    ('coke-a', 'L1', 'made.coke_oven_gas', 9000000, 'm3'), ('coke-a', 'L1', 'used.coke_oven_gas', 8000000, 'm3'),
    ('coke-a', 'L1', 'made.coal_tar', 3000, 't'),
    ('coke-b', 'L1', 'output', 80000, 't'), ('coke-b', 'L1', 'used.washed_coal', 110000, 't'),
    ('chem-c', 'L1', 'output', 25000, 't'), ('chem-c', 'L1', 'used.electricity', 77500000, 'kWh'),
    ('chem-c', 'L1', 'used.coke', 15000, 't'),
    ('coke-a', null, 'bought.washed_coal', 134000, 't'), ('coke-a', null, 'bought.coke', 0, 't'),
    ('coke-a', null, 'sold.coke', 100000, 't'), ('coke-a', null, 'bought.coal_tar', 0, 't'),
    ('coke-a', null, 'sold.coal_tar', 3000, 't'), ('coke-a', null, 'bought.electricity', 5000000, 'kWh'),
    ('coke-a', null, 'water.reported', 47000, 'm3'), ('coke-a', null, 'carbon.budget', 60000, 't'),
    ('coke-a', null, 'green.traded', 1000000, 'kWh'), ('coke-a', null, 'green.self_consumed', 250000, 'kWh'),
    ('coke-a', null, 'solid.generated', 4000, 't'), ('coke-a', null, 'solid.utilised', 3600, 't'),
    ('coke-a', null, 'solid.disposed', 360, 't'), ('coke-a', null, 'value_added', 9000, '万元'),
    ('coke-b', null, 'bought.washed_coal', 110000, 't'), ('coke-b', null, 'sold.coke', 80000, 't'),
    ('chem-c', null, 'bought.coke', 15000, 't'), ('chem-c', null, 'bought.electricity', 80000000, 'kWh'),
    ('chem-c', null, 'green.certificate', 8000000, 'kWh'),
    (null, null, 'water.total', 26000000, 'm3'), (null, null, 'gdp', 700000, '万元'))
    t (enterprise, line, item, value, unit)
left join enterprise e on e.code = t.enterprise
left join line l on l.enterprise_id = e.enterprise_id and l.code = t.line
cross join generate_series(timestamp '2025-11-01', timestamp '2026-10-01', interval '1 month') m;
-- of coal, coke-b reported no September
delete from ledger_entry d using enterprise e
where e.enterprise_id = d.enterprise_id and e.code = 'coke-b' and d.period_from = '2026-09-01' and d.item like '%washed_coal';
