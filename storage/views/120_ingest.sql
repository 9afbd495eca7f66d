-- What arrived, what was refused, what is stored.
create view dash.accounting_daily as
select a.day::timestamp at time zone 'Asia/Shanghai' as time, a.day,
       e.district, e.district_name, e.enterprise, e.enterprise_name,
       a.messages, a.received, a.stored, a.duplicates, a.corrections, a.refused,
       a.received - a.stored - a.duplicates - a.corrections - a.refused as difference
from (
    select enterprise_id, day, sum(messages)::bigint as messages, sum(received)::bigint as received,
           sum(stored)::bigint as stored, sum(duplicates)::bigint as duplicates,
           sum(corrections)::bigint as corrections, sum(refused)::bigint as refused
    from accounting group by enterprise_id, day
) a
join enterprise r using (enterprise_id)
join dash.enterprise e on e.enterprise = r.code;
comment on view dash.accounting_daily is 'difference is 0: received = stored + duplicates + corrections + refused';

create view dash.refusals as
select m.received_at as time, dash.local_day(m.received_at) as day, d.code as district, e.code as enterprise,
       e.name as enterprise_name, m.gateway, m.topic, m.message_id, m.payload_size as payload_bytes,
       r.reason, r.items, r.first_item, r.expected
from refused_message m
join refusal r using (message_id)
join enterprise e using (enterprise_id)
join district d on d.code = e.district;

create view dash.gateway_status as
select d.code as district, e.code as enterprise, e.name as enterprise_name, g.gateway, g.online, g.changed_at
from gateway_status g
join enterprise e using (enterprise_id)
join district d on d.code = e.district;

-- What its data say of each gateway that ever sent any, by the newest finding of data.gateway_offline, beside its own
-- word where it gives one. since: when the data began, or stopped.
create view dash.gateway as
select d.code as district, e.code as enterprise, e.name as enterprise_name, g.gateway, g.points, s.online, s.changed_at,
       f.verdict = 'violation' as is_silent, coalesce((f.evidence ->> 'silent_from')::timestamptz, f.period_start) as since
from (select enterprise_id, gateway, count(*) as points from gateway_point group by enterprise_id, gateway) g
join enterprise e using (enterprise_id)
join district d on d.code = e.district
left join gateway_status s on s.enterprise_id = g.enterprise_id and s.gateway = g.gateway
left join lateral (
    select n.verdict, n.period_start, n.evidence
    from finding n
    where n.rule_id = 'data.gateway_offline' and n.subject = 'gateway:' || e.code || '/' || g.gateway
      and n.superseded_at is null
    order by n.period_start desc
    limit 1
) f on true;
comment on column dash.gateway.online is 'null: it says nothing of itself';
comment on column dash.gateway.is_silent is 'null: not judged yet';

-- One row a stored reading. The effective value is the newest correction's, the stored value stays beside it.
create view dash.reading_raw as
select r.measured_at as time, d.code as district, e.code as enterprise, e.name as enterprise_name,
       e.code || '/' || p.code as point, p.name as point_name, p.quantity, p.unit,
       e.code || '/' || o.code as outlet, p.statistic,
       r.value, r.source_flag::text as source_flag, r.qc_flag, r.received_at,
       coalesce((select c.value from correction c where c.point_id = r.point_id and c.measured_at = r.measured_at
                 order by c.correction_id desc limit 1), r.value) as effective_value,
       (select count(*) from correction c
        where c.point_id = r.point_id and c.measured_at = r.measured_at)::int as corrections
from point p
join enterprise e on e.enterprise_id = p.enterprise_id
join district d on d.code = e.district
left join outlet o on o.outlet_id = p.outlet_id
join reading r on r.point_id = p.point_id;

-- One row a point and hour: the figures that verdicts rest on.
create view dash.hour as
select h.hour_at as time, d.code as district, e.code as enterprise, e.name as enterprise_name,
       e.code || '/' || p.code as point, p.name as point_name, p.kind, p.quantity, p.unit,
       e.code || '/' || o.code as outlet,
       h.mean, h.increment, h.minimum, h.maximum, h.valid_minutes, h.reading_count, h.valid_count,
       (3600 / p.interval_s) as expected_count, h.marked_minutes, h.mark_ids, h.marks, h.gap_from, p.statistic, h.computed_at
from hourly h
join point p using (point_id)
join enterprise e on e.enterprise_id = p.enterprise_id
join district d on d.code = e.district
left join outlet o on o.outlet_id = p.outlet_id;

-- The newest reading of each point in service.
create view dash.point_status as
select d.code as district, e.code as enterprise, e.name as enterprise_name, e.code || '/' || p.code as point,
       p.name as point_name, p.quantity, p.unit, e.code || '/' || o.code as outlet, p.interval_s,
       l.measured_at as last_measured_at, l.received_at as last_received_at, l.value as last_value,
       l.source_flag::text as last_source_flag, l.qc_flag as last_qc_flag
from point p
join enterprise e on e.enterprise_id = p.enterprise_id
join district d on d.code = e.district
left join outlet o on o.outlet_id = p.outlet_id
left join lateral (
    select r.measured_at, r.received_at, r.value, r.source_flag, r.qc_flag
    from reading r where r.point_id = p.point_id order by r.measured_at desc limit 1
) l on true
where p.in_service_to is null;
