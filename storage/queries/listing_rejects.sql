-- rejects --
-- one page of refused messages, newest first, with the head of each payload
select m.message_id, e.code as enterprise, m.gateway, m.client_id, m.topic, m.received_at,
       substring(m.payload from 1 for %(head_bytes)s::int) as payload_head,
       octet_length(m.payload) as payload_kept, m.payload_size
from refused_message m
join enterprise e on e.enterprise_id = m.enterprise_id
where (%(enterprise_id)s::int is null or m.enterprise_id = %(enterprise_id)s::int)
  and (%(from_at)s::timestamptz is null or m.received_at >= %(from_at)s::timestamptz)
  and (%(to_at)s::timestamptz is null or m.received_at < %(to_at)s::timestamptz)
  and (%(reason)s::text is null or exists (
      select from refusal r where r.message_id = m.message_id and r.reason = %(reason)s::text))
  and (%(after_id)s::bigint is null or m.message_id < %(after_id)s::bigint)
order by m.message_id desc
limit %(limit)s::int

-- refusals --
-- the refusals of the messages of one page
select message_id, reason, items, first_item, expected
from refusal
where message_id = any(%(message_ids)s::bigint[])
order by message_id, reason

-- payload --
-- the bytes of one refused message, as far as they were kept
select e.code as enterprise, m.payload
from refused_message m
join enterprise e on e.enterprise_id = m.enterprise_id
where m.message_id = %(message_id)s::bigint
