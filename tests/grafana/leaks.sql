-- Sealing points of two works with a year of tests, leaks, campaigns and emissions; duties of three. Rules are shipped ones.
insert into installation (enterprise_id, code, name, family, in_service_from)
    select enterprise_id, 'BDO', 'BDO装置', 'socmi', '2026-01-01' from enterprise where code in ('chem-c', 'coke-b');
insert into process_unit (installation_id, code, name)
    select installation_id, 'U1', '精馏单元' from installation;
insert into component (enterprise_id, code, name, unit_id, unit_name, kind, medium, in_service_from, voc_share)
    select i.enterprise_id, 'B-' || n, '密封点' || n, u.unit_id, u.name, (array['valve', 'pump', 'flange', 'open_end'])[1 + n %% 4],
           (array['gas', 'light_liquid', 'heavy_liquid'])[1 + n %% 3], '2026-01-01', 0.9
    from process_unit u join installation i using (installation_id) cross join generate_series(1, 20) n;
insert into campaign (enterprise_id, code, name, from_day, to_day, contractor, installations, declared_components, declared_leaks)
    select enterprise_id, '2026-1', '2026年上半年', '2026-05-01', '2026-05-31', '某检测公司', '{BDO}', 20, 3
    from enterprise where code in ('chem-c', 'coke-b');
insert into campaign (enterprise_id, code, name, from_day, to_day)
    select enterprise_id, '2026-2', '2026年下半年', '2026-11-01', '2026-11-30' from enterprise where code = 'chem-c';
-- of 20 components 16 were tested in May: every eighth at 8,000, one at zero, the others at 100
insert into leak_test (component_id, tested_at, net_umol_mol, background_umol_mol, instrument, tester, campaign, received_at)
    select c.component_id, timestamptz '2026-05-10 02:00Z' + c.component_id * interval '40 seconds',
           case when substr(c.code, 3)::int %% 8 = 0 then 8000 when c.code = 'B-1' then 0 else 100 end, 2, 'FID-1', '检测员',
           '2026-1', timestamptz '2026-05-10 10:00Z'
    from component c where c.code like 'B-%%' and substr(c.code, 3)::int <= 16;
-- of each works the leak of B-8 was repaired, that of B-16 is delayed
insert into leak (component_id, found_at, net_umol_mol, visible, state, attempts, first_attempt_at, last_repair_at, closed_at,
                  closed_net_umol_mol, delay_ground, delay_filed_at, delay_until)
    select t.component_id, t.tested_at, t.net_umol_mol, false, case c.code when 'B-8' then 'closed' else 'delayed' end, 1,
           t.tested_at + interval '2 days', t.tested_at + interval '2 days',
           case c.code when 'B-8' then t.tested_at + interval '3 days' end, case c.code when 'B-8' then 50 end,
           case c.code when 'B-16' then 'shutdown' end, case c.code when 'B-16' then t.tested_at + interval '4 days' end,
           case c.code when 'B-16' then date '2026-12-20' end
    from component c join leak_test t using (component_id) where c.code in ('B-8', 'B-16');
insert into campaign_unit
    select g.campaign_id, '精馏单元', 20, 16, 2, 1, 0.0183, 0.0110, 0.0111 from campaign g where g.code = '2026-1'
    union all select g.campaign_id, '苯加氢', 29, 7, 0, 0, 0.001, 0.001, 0.2 from campaign g where g.code = '2026-2';
-- two that were found in November
insert into leak_test (component_id, tested_at, net_umol_mol, purpose, received_at)
    select component_id, timestamptz '2026-11-05 02:00Z', 30000, 'spot_check', timestamptz '2026-11-05 02:00Z'
    from component where code in ('B-2', 'B-3');
insert into leak (component_id, found_at, net_umol_mol, visible, state)
    select component_id, timestamptz '2026-11-05 02:00Z', 30000, code = 'B-3', 'found' from component
    where code in ('B-2', 'B-3');
insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason, evidence, computed_at)
    select r.rule_id, r.version, 'component:' || e.code || '/' || c.code, e.enterprise_id, l.found_at,
           (case when l.delay_until is not null and r.definition #>> '{params,step}' = 'repair' then l.delay_until + 1
                 else dash.local_day(l.found_at) + (r.definition #>> '{params,days}')::int + 1 end)::timestamp
               at time zone 'Asia/Shanghai',
           'compliant', 'scheduled', '{}', %(now)s::timestamptz
    from leak l join component c using (component_id) join enterprise e using (enterprise_id)
    cross join rule r
    where r.evaluator = 'leak_repair' and r.enabled and r.standard like 'GB 37822%%';

-- dues, as the schedules keep them; as_of is 14 November
insert into component_due (component_id, rule_id, enterprise_id, anchor, anchor_on, due_on)
    select c.component_id, r.rule_id, c.enterprise_id, 'test', date '2026-06-18', date '2026-06-18' + 99 + c.component_id * 7
    from component c join enterprise e using (enterprise_id) cross join rule r
    where r.evaluator in ('leak_schedule', 'yearly_campaign') and r.enabled and c.exempt_clause is null;
insert into rule_watermark (rule_id, subject, rule_version, through_at)
    select r.rule_id, 'enterprise:' || e.code, 1, timestamptz '2026-11-14 16:00Z'
    from rule r cross join enterprise e
    where r.evaluator in ('leak_schedule', 'yearly_campaign') and r.enabled
        and exists (select from component c where c.enterprise_id = e.enterprise_id);

insert into leak_emission (enterprise_id, month, unit_name, kind, method, components, kg, avoided_kg)
    select e.enterprise_id, m::date, '精馏单元', k, method, 5, kg * extract(month from m),
           case method when 'correlation' then 3 else 0 end
    from enterprise e cross join generate_series(date '2026-01-01', date '2026-10-01', interval '1 month') m
    cross join unnest(array['valve', 'flange']) k
    cross join (values ('correlation', 2.0), ('default_zero', 0.01), ('pegged', 9.0), ('average_factor', 4.0)) v (method, kg)
    where e.code in ('chem-c', 'coke-b');

insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason, value, evidence,
                     computed_at)
    select r.rule_id, r.version, 'enterprise:' || e.code, e.enterprise_id, timestamptz '2026-11-09 16:00Z',
           timestamptz '2026-11-10 16:00Z', case when r.rule_id like '%%speed' then 'violation' else 'compliant' end,
           case when r.rule_id like '%%speed' then 'fast' else 'no_sign' end, 812, '{}', %(now)s::timestamptz
    from rule r cross join enterprise e where r.rule_id like 'ldar.sign%%' and e.code in ('chem-c', 'coke-b');

-- duties: of each rule a term last month that chem-c did, others late or not, and one this month that is open; one before
-- that chem-c missed, and has done since
insert into finding (rule_id, rule_version, subject, enterprise_id, period_start, period_end, verdict, reason, evidence, computed_at)
    select r.rule_id, r.version, s.subject, s.enterprise_id, t.from_at, t.to_at,
           case s.reason when 'overdue' then 'violation' when 'done_without_evidence' then 'undetermined' else 'compliant' end,
           s.reason, jsonb_build_object('anchor_on', dash.local_day(t.from_at), 'due_on', dash.local_day(t.to_at) - 1)
               || case when s.reason like 'done%%' then jsonb_build_object('done_on', '2026-10-20') else '{}' end,
           %(now)s::timestamptz
    from rule r
    cross join (values (-1, timestamptz '2026-08-31 16:00Z', timestamptz '2026-09-30 16:00Z'),
                       (0, timestamptz '2026-09-30 16:00Z', timestamptz '2026-10-31 16:00Z'),
                       (1, timestamptz '2026-10-31 16:00Z', timestamptz '2026-11-30 16:00Z')) t (n, from_at, to_at)
    cross join lateral (
        select 'enterprise' as kind, 'enterprise:' || e.code as subject, e.enterprise_id,
               case when t.n = 1 then 'scheduled' when t.n = -1 then 'overdue' when e.code = 'chem-c' then 'done_in_time'
                    when e.code = 'coke-a' then 'done_without_evidence' else 'overdue' end as reason
        from enterprise e where e.code in ('chem-c', 'coke-a', 'coke-b') and (t.n >= 0 or e.code = 'chem-c')
        union all
        select 'city', 'city:wuhai', null, case when t.n = 1 then 'due_soon' else 'done_late' end where t.n >= 0
    ) s
    where r.evaluator = 'duty' and r.enabled and s.kind = r.definition #>> '{params,who,subjects}';
