-- Who speaks HJ 212, what its frames were forgiven, and messages of nobody.
create view dash.station as
select d.code as district, e.code as enterprise, e.name as enterprise_name, s.mn, s.name, s.gateway, s.edition,
       s.profile, s.crc, g.online, g.changed_at,
       (select count(*) from tag t
        where t.enterprise_id = s.enterprise_id and t.protocol = 'hj212' and t.device = s.mn)::int as tags,
       s.in_service_from, s.in_service_to
from station s
join enterprise e using (enterprise_id)
join district d on d.code = e.district
left join gateway_status g on g.enterprise_id = s.enterprise_id and g.gateway = s.gateway;
comment on view dash.station is 'online is null until the station was connected once; secrets are not in it';

create view dash.tolerated_quirk as
select q.day::timestamp at time zone 'Asia/Shanghai' as time, q.day, d.code as district, e.code as enterprise,
       e.name as enterprise_name, q.device, q.quirk, q.frames
from tolerated_quirk q
join enterprise e using (enterprise_id)
join district d on d.code = e.district;

create view dash.stray_message as
select received_at as time, door, sender, topic, reason, payload_size as payload_bytes, stray_id
from stray_message;
comment on view dash.stray_message is 'of nobody in the register, so no district and no enterprise';
