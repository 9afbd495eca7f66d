-- find_station --
-- the HJ 212 station of an MN, with what the TCP door has to know of it
select s.mn, e.code, s.gateway, s.edition, s.profile, s.crc, s.in_service_from, s.in_service_to, c.password_hash
from station s join enterprise e using (enterprise_id) left join station_secret c using (station_id)
where s.mn = %(mn)s::text

-- set_station_password --
-- give a station a password, or another one; returns nothing for an unknown MN
insert into station_secret (station_id, password_hash, set_at)
select s.station_id, %(password_hash)s::text, %(at)s::timestamptz from station s where s.mn = %(mn)s::text
on conflict (station_id) do update set password_hash = excluded.password_hash, set_at = excluded.set_at
returning station_id

-- set_station_key --
-- give a station an SM4 key, another one, or none; returns nothing for an unknown MN
insert into station_secret (station_id, sm4_key, set_at)
select s.station_id, %(sm4_key)s::bytea, %(at)s::timestamptz from station s where s.mn = %(mn)s::text
on conflict (station_id) do update set sm4_key = excluded.sm4_key, set_at = excluded.set_at
returning station_id
