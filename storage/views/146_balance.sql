-- Water of a month: what meters passed, what was replaced or is not explained, and what the monthly rules made of it.
-- What a metering place passed in a local month: the sum over its connected meters, as the rules take it.
create view dash.place_month as
select d.code as district, e.code as enterprise, e.name as enterprise_name, e.code || '/' || l.code as place,
       l.code as place_code, l.name as place_name, l.medium, l.level, l.flow, l.use, e.code || '/' || u.code as parent,
       t.month, t.month::timestamp at time zone 'Asia/Shanghai' as time, t.total, t.bridged, t.carried, t.hours,
       t.unknown_steps, t.serials
from metering_place l
join enterprise e using (enterprise_id)
join district d on d.code = e.district
left join metering_place u on u.place_id = l.parent_id
cross join lateral (
    select q.month, sum(q.total) as total, sum(q.bridged) as bridged, sum(q.carried) as carried,
           sum(q.hours)::int as hours, sum(q.unknown_steps)::int as unknown_steps,
           string_agg(q.serials, '、' order by q.point_id) as serials
    from (
        -- a point counts on when its meter is replaced: it passed its volume once, whatever number of meters
        select p.point_id, p.month, p.total, p.bridged, p.carried, p.hours, p.unknown_steps,
               string_agg(m.serial, '、' order by m.installed_on) as serials
        from meter m
        join point_month p on p.point_id = m.point_id
        where m.place_id = l.place_id and m.installed_on < p.month + interval '1 month'
          and (m.removed_on is null or m.removed_on > p.month)
        group by p.point_id, p.month
    ) q
    group by q.month
) t;
comment on column dash.place_month.unknown_steps is 'hours with a reset or jump that no record explains: what passed then is not in total';

-- What happened to registers: recorded replacements, steps that nothing explains (findings of data.meter_step), and
-- corrections by an order of magnitude (data.correction_magnitude): of those old_final is what came first.
create view dash.meter_event as
select c.changed_at as time, d.code as district, e.code as enterprise, e.name as enterprise_name,
       e.code || '/' || p.code as point, p.name as point_name, p.quantity, 'replaced' as event, c.old_serial, c.new_serial,
       c.old_final, c.new_initial, c.reason as note, c.author, null::bigint as finding_id
from meter_change c
join point p using (point_id)
join enterprise e using (enterprise_id)
join district d on d.code = e.district
where c.superseded_at is null
union all
select f.period_start, d.code, e.code, e.name, e.code || '/' || p.code, p.name, p.quantity, f.reason,
       f.evidence ->> 'serial', null,
       coalesce(f.evidence ->> 'before', f.evidence -> 'readings' -> 0 ->> 'first')::double precision,
       coalesce(f.evidence ->> 'first_value', f.evidence -> 'readings' -> 0 ->> 'corrected')::double precision,
       null, null, f.finding_id
from finding f
join enterprise e using (enterprise_id)
join district d on d.code = e.district
join point p on p.enterprise_id = e.enterprise_id and f.subject = 'point:' || e.code || '/' || p.code
where f.rule_id in ('data.meter_step', 'data.correction_magnitude') and f.superseded_at is null;

-- Days on which a water meter stood still while the plant ran, or counted the same hour after hour: a matter to look at,
-- no verdict on anybody.
create view dash.meter_sign as
select f.period_start as time, dash.local_day(f.period_start) as day, d.code as district, e.code as enterprise,
       e.name as enterprise_name, e.code || '/' || p.code as point, p.name as point_name, f.rule_id,
       r.title as indicator, f.reason, f.value, f.unit, f.finding_id
from rule r
join finding f on f.rule_id = r.rule_id and f.verdict = 'violation' and f.superseded_at is null
join enterprise e using (enterprise_id)
join district d on d.code = e.district
join point p on p.enterprise_id = e.enterprise_id and f.subject = 'point:' || e.code || '/' || p.code
where r.rule_id in ('data.meter_frozen', 'data.identical_increments');
