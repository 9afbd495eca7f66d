-- add_quirks --
-- add to the count of tolerated deviations
insert into tolerated_quirk (enterprise_id, device, day, quirk, frames)
select q.enterprise_id, q.device, q.day, q.quirk, q.frames
from unnest(%(enterprise_id)s::int[], %(device)s::text[], %(day)s::date[], %(quirk)s::text[], %(frames)s::bigint[])
     as q (enterprise_id, device, day, quirk, frames)
order by q.enterprise_id, q.device, q.day, q.quirk
on conflict (enterprise_id, device, day, quirk) do update set frames = tolerated_quirk.frames + excluded.frames
