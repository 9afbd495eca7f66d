-- history --
-- what was ever stored of some calibrations, oldest first: the key, then the content
select c.instrument_id, c.done_at, c.kind, c.expected, c.shown
from unnest(%(instrument_id)s::int[], %(done_at)s::timestamptz[], %(kind)s::text[], %(expected)s::double precision[])
     as k (instrument_id, done_at, kind, expected)
join instrument_calibration c on c.instrument_id = k.instrument_id and c.done_at = k.done_at and c.kind = k.kind
    and c.expected is not distinct from k.expected
order by c.calibration_id

-- supersede --
-- what is corrected stays and counts no more
update instrument_calibration c set superseded_at = k.received_at
from (select instrument_id, done_at, kind, expected, max(received_at) as received_at
      from unnest(%(instrument_id)s::int[], %(done_at)s::timestamptz[], %(kind)s::text[],
                  %(expected)s::double precision[], %(received_at)s::timestamptz[])
           as u (instrument_id, done_at, kind, expected, received_at)
      group by instrument_id, done_at, kind, expected) k
where c.instrument_id = k.instrument_id and c.done_at = k.done_at and c.kind = k.kind
  and c.expected is not distinct from k.expected and c.superseded_at is null

-- add --
-- keep calibrations, and tell the rules from when on their enterprises' instruments are to be looked at
with stored as (
    insert into instrument_calibration (instrument_id, done_at, kind, expected, shown, author, origin, received_at,
                                        superseded_at)
    select n.instrument_id, n.done_at, n.kind, n.expected, n.shown, n.author, n.origin, n.received_at,
           case when not n.is_current then n.received_at end
    from unnest(%(instrument_id)s::int[], %(done_at)s::timestamptz[], %(kind)s::text[],
                %(expected)s::double precision[], %(shown)s::double precision[], %(author)s::text[],
                %(origin)s::text[], %(received_at)s::timestamptz[], %(is_current)s::boolean[]) with ordinality
         as n (instrument_id, done_at, kind, expected, shown, author, origin, received_at, is_current, place)
    order by n.place
    returning instrument_id, done_at
)
insert into rule_work (kind, key, at)
select 'ldar', i.enterprise_id::bigint, min(s.done_at)
from stored s join instrument i using (instrument_id)
group by i.enterprise_id
