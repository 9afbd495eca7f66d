-- Marks (标记), all that were ever made, and what became of each. Only an effective one changes an hour.
create view dash.mark as
select m.mark_id, m.start_at as time, m.end_at, d.code as district, e.code as enterprise, e.name as enterprise_name,
       e.code || '/' || o.code as outlet, o.name as outlet_name, e.code || '/' || p.code as point,
       p.name as point_name, p.quantity, m.dimension, m.kind, m.origin, m.author, m.reason, m.created_at,
       extract(epoch from m.end_at - m.start_at)::double precision as duration_s,
       extract(epoch from m.created_at - m.end_at)::double precision as delay_s,
       case when s.mark_id is not null then 'superseded' else coalesce(c.decision, 'effective') end as state,
       coalesce(s.created_at, c.decided_at) as state_at, coalesce(s.author, c.author) as state_by,
       coalesce(s.reason, c.reason) as state_reason, m.supersedes, s.mark_id as superseded_by
from mark m
join outlet o using (outlet_id)
join enterprise e on e.enterprise_id = m.enterprise_id
join district d on d.code = e.district
left join point p on p.point_id = m.point_id
left join mark_decision c on c.mark_id = m.mark_id
left join mark s on s.supersedes = m.mark_id;
comment on column dash.mark.point is 'null: all analysers of the outlet';
comment on column dash.mark.delay_s is 'from the end of the marked time to the mark; negative for work announced ahead';
comment on column dash.mark.state is 'effective, rejected (by the bureau), withdrawn (by the enterprise) or superseded (by superseded_by)';
