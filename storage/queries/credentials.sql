-- password_hash --
-- how an enterprise proves who it is
select c.password_hash from credential c join enterprise e using (enterprise_id) where e.code = %(enterprise)s::text

-- set_password_hash --
-- give an enterprise a password, or another one; returns nothing for an unknown enterprise
insert into credential (enterprise_id, password_hash, set_at)
select e.enterprise_id, %(password_hash)s::text, %(at)s::timestamptz from enterprise e
where e.code = %(enterprise)s::text
on conflict (enterprise_id) do update set password_hash = excluded.password_hash, set_at = excluded.set_at
returning enterprise_id
