-- stations --
-- one page of HJ 212 stations with the presence of their gateway
select e.code as enterprise, s.mn, s.name, s.gateway, s.edition, s.profile, s.crc, s.missing_flag, s.ignored,
       s.in_service_from, s.in_service_to, c.password_hash is not null as has_password,
       c.sm4_key is not null as has_sm4_key,
       (select count(*) from tag t
        where t.enterprise_id = s.enterprise_id and t.protocol = 'hj212' and t.device = s.mn)::int as tags,
       g.online, g.changed_at
from station s
join enterprise e using (enterprise_id)
left join station_secret c using (station_id)
left join gateway_status g on g.enterprise_id = s.enterprise_id and g.gateway = s.gateway
where (%(enterprise_id)s::int is null or s.enterprise_id = %(enterprise_id)s::int)
  and (%(after_mn)s::text is null or s.mn > %(after_mn)s::text)
order by s.mn
limit %(limit)s::int

-- quirks --
-- one page of tolerated deviations, newest local day first
select q.day, e.code as enterprise, q.device, q.quirk, q.frames
from tolerated_quirk q
join enterprise e using (enterprise_id)
where (%(enterprise_id)s::int is null or q.enterprise_id = %(enterprise_id)s::int)
  and (%(from_day)s::date is null or q.day >= %(from_day)s::date)
  and (%(to_day)s::date is null or q.day < %(to_day)s::date)
  and (%(after_day)s::date is null or q.day < %(after_day)s::date
       or (q.day = %(after_day)s::date and (e.code, q.device, q.quirk)
           > (%(after_enterprise)s::text, %(after_device)s::text, %(after_quirk)s::text)))
order by q.day desc, e.code, q.device, q.quirk
limit %(limit)s::int

-- strays --
-- one page of messages of nobody in the register, newest first
select stray_id, door, sender, topic, received_at, reason, payload, payload_size
from stray_message
where (%(from_at)s::timestamptz is null or received_at >= %(from_at)s::timestamptz)
  and (%(to_at)s::timestamptz is null or received_at < %(to_at)s::timestamptz)
  and (%(after_id)s::bigint is null or stray_id < %(after_id)s::bigint)
order by stray_id desc
limit %(limit)s::int
