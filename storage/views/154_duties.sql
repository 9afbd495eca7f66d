-- Duties with a date (evaluator `duty`), one row a term: [from_day, to_day], to_day the last day in time with its grace.
create view dash.duty as
select f.period_start as time, dash.local_day(f.period_start) as from_day, dash.local_day(f.period_end) - 1 as to_day,
       coalesce((f.evidence ->> 'due_on')::date, dash.local_day(f.period_end) - 1) as due_on,
       d.code as district, d.name as district_name, e.code as enterprise, e.name as enterprise_name, f.subject,
       split_part(f.subject, ':', 1) as subject_kind,
       coalesce(e.name, p.name, n.name, substr(f.subject, strpos(f.subject, ':') + 1))
           || case when e.name is not null and f.subject like '%/%' then ' ' || split_part(f.subject, '/', 2) else '' end
           as subject_name,
       r.rule_id, r.title as duty_title, r.standard, r.clause, r.document_status, f.verdict, f.reason,
       (f.evidence ->> 'done_on')::date as done_on, f.finding_id
from rule r
join finding f on f.rule_id = r.rule_id and f.superseded_at is null
left join enterprise e using (enterprise_id)
left join park p on f.subject = 'park:' || p.code
left join city n on f.subject = 'city:' || n.code
left join district d on d.code = coalesce(e.district, p.district)
where r.evaluator = 'duty' and f.reason <> 'ended';
comment on column dash.duty.district is 'null: of the city';

-- The newest term of each duty and subject, and overdue ones before it that nothing has been done since: a week that was
-- missed stays overdue for ever, and is owed no more when the duty was done again.
create view dash.duty_open as
select t.*
from (
    select u.*, row_number() over w = 1 as is_newest,
           max(u.time) filter (where u.reason in ('done_in_time', 'done_late')) over (partition by u.rule_id, u.subject)
               as last_done_time
    from dash.duty u
    window w as (partition by u.rule_id, u.subject order by u.time desc)
) t
where t.is_newest or t.reason = 'done_without_evidence'
   or (t.reason = 'overdue' and (t.last_done_time is null or t.time > t.last_done_time));

-- What is due on which day: duties that are not done, components to be tested by their strictest schedule, open leaks to
-- be repaired. what: the duty's title; items: how many.
create view dash.duty_calendar as
select district, district_name, enterprise, enterprise_name, subject_name, rule_id as kind, duty_title as what, due_on,
       1::bigint as items
from dash.duty_open
where is_newest and reason in ('scheduled', 'due_soon', 'overdue')
union all
select d.code, d.name, e.code, e.name, e.name, 'ldar', '密封点检测', s.due_on, s.items
from (select enterprise_id, due_on, count(*) as items from dash.ldar_strictest group by enterprise_id, due_on) s
join enterprise e using (enterprise_id)
join district d on d.code = e.district
union all
select district, district_name, enterprise, enterprise_name, enterprise_name, 'leak', '泄漏修复', repair_due_on, count(*)
from dash.leak_open
where repair_due_on is not null
group by district, district_name, enterprise, enterprise_name, repair_due_on;
