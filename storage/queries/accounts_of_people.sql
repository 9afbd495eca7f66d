-- insert_account --
-- a new account; no row when the login is taken, or the code of an enterprise
insert into account (login, name, role, enterprise_id, person, team, password_hash, password_set_at, created_at,
                     created_by)
select %(login)s::text, %(name)s::text, %(role)s::text,
       (select e.enterprise_id from enterprise e where e.code = %(enterprise)s::text), %(person)s::text,
       %(team)s::text, %(password_hash)s::text, %(at)s::timestamptz, %(at)s::timestamptz, %(by)s::text
where not exists (select 1 from enterprise e where e.code = %(login)s::text)
on conflict (login) do nothing
returning account_id

-- list_accounts --
-- all accounts by login, or one; last_sign_in_at: of the sessions that are still kept; failures: attempts that failed
-- after an instant
select a.account_id, a.login, a.name, a.role, e.code as enterprise, a.person, a.team, a.created_at, a.created_by,
       a.password_set_at, a.disabled_at,
       (select max(s.created_at) from desk_session s where s.account_id = a.account_id) as last_sign_in_at,
       (select count(*) from sign_in_failure f where f.login = a.login and f.at > %(since)s::timestamptz)::int as failures
from account a
left join enterprise e using (enterprise_id)
where %(login)s::text is null or a.login = %(login)s::text
order by a.login

-- lock_account --
-- one account, held until the transaction ends
select account_id, role, disabled_at is null as is_active from account where login = %(login)s::text for update

-- lock_admins --
-- the administrators who may come in, held until the transaction ends: of two who disable each other, one is refused
select login from account where role = 'admin' and disabled_at is null order by account_id for update

-- set_profile --
-- another name, person and team
update account set name = %(name)s::text, person = %(person)s::text, team = %(team)s::text
where login = %(login)s::text returning account_id

-- forget_failures --
-- attempts that failed bear upon a login no more
delete from sign_in_failure where login = %(login)s::text

-- set_password --
-- another password
update account set password_hash = %(password_hash)s::text, password_set_at = %(at)s::timestamptz
where login = %(login)s::text returning account_id

-- set_role --
-- another role
update account set role = %(role)s::text where login = %(login)s::text returning account_id

-- set_disabled --
-- let an account in no longer, or again
update account set disabled_at = %(at)s::timestamptz where login = %(login)s::text returning account_id

-- credentials --
-- what is needed to let somebody in
select a.account_id, a.name, a.role, e.code as enterprise, a.person, a.team, a.password_hash,
       a.disabled_at is null as is_active
from account a
left join enterprise e using (enterprise_id)
where a.login = %(login)s::text

-- enterprise_of --
-- id and name of an enterprise
select enterprise_id, name from enterprise where code = %(code)s::text

-- insert_session --
-- somebody has come in
insert into desk_session (token_hash, account_id, enterprise_id, csrf, created_at, seen_at, expires_at, address, device)
values (%(token_hash)s::bytea, %(account_id)s::int, %(enterprise_id)s::int, %(csrf)s::text, %(at)s::timestamptz,
        %(at)s::timestamptz, %(expires_at)s::timestamptz, %(address)s::text, %(device)s::bytea)

-- find_session --
-- the session of a token, and whose it is
select s.csrf, s.seen_at, s.expires_at, s.ended_at, a.login, coalesce(a.name, e.name) as name, a.role,
       a.person, a.team, coalesce(plant.code, e.code) as enterprise, a.disabled_at is null as is_active
from desk_session s
left join account a using (account_id)
left join enterprise e on e.enterprise_id = s.enterprise_id
left join enterprise plant on plant.enterprise_id = a.enterprise_id
where s.token_hash = %(token_hash)s::bytea

-- touch_session --
-- somebody has been seen
update desk_session set seen_at = greatest(seen_at, %(at)s::timestamptz)
where token_hash = %(token_hash)s::bytea and ended_at is null

-- end_session --
-- somebody goes
update desk_session set ended_at = %(at)s::timestamptz where token_hash = %(token_hash)s::bytea and ended_at is null

-- end_sessions_of --
-- a person's account is out, wherever it was signed in
update desk_session set ended_at = %(at)s::timestamptz
where account_id = (select account_id from account where login = %(login)s::text) and ended_at is null
  and (%(but)s::bytea is null or token_hash <> %(but)s::bytea)

-- end_sessions_of_enterprise --
-- an enterprise's account is out, wherever it was signed in
update desk_session set ended_at = %(at)s::timestamptz
where enterprise_id = (select enterprise_id from enterprise where code = %(enterprise)s::text) and ended_at is null

-- lock_login --
-- attempts of one login are booked one after the other
select pg_advisory_xact_lock(hashtext('sign_in login'), hashtext(%(login)s::text))

-- lock_address --
-- and those from one address; after the login's lock, never before
select pg_advisory_xact_lock(hashtext('sign_in address'), hashtext(%(address)s::text))

-- knows_device --
-- whether a login came in from a browser within 30 days
select exists (
    select 1 from desk_session s
    left join account a using (account_id)
    left join enterprise e on e.enterprise_id = s.enterprise_id
    where s.device = %(device)s::bytea and coalesce(a.login, e.code) = %(login)s::text
      and s.created_at > %(now)s::timestamptz - interval '30 days')

-- failures --
-- what has failed lately that bears upon an attempt; a login that came in from the address within 30 days is known there
with came as (
    select max(s.created_at) as at
    from desk_session s
    left join account a using (account_id)
    left join enterprise e on e.enterprise_id = s.enterprise_id
    where s.address = %(address)s::text and coalesce(a.login, e.code) = %(login)s::text
      and s.created_at > %(now)s::timestamptz - interval '30 days'
), recent as (
    select f.login = %(login)s::text as of_login, f.address = %(address)s::text as of_address, f.at
    from sign_in_failure f
    where f.at > %(from_at)s::timestamptz and (f.login = %(login)s::text or f.address = %(address)s::text)
), pair as (
    select r.at from recent r, came c where r.of_login and r.of_address and (c.at is null or r.at > c.at)
)
select (select count(*) from pair)::int as pair, (select max(at) from pair) as pair_at,
       (select count(*) from recent where of_login)::int as login,
       (select max(at) from recent where of_login) as login_at,
       (select count(*) from recent where of_address)::int as address,
       (select max(at) from recent where of_address) as address_at,
       (select at is not null from came) as known

-- book_failure --
-- an attempt, booked as failed before it is looked at
insert into sign_in_failure (login, address, at)
values (%(login)s::text, %(address)s::text, %(at)s::timestamptz)
returning failure_id

-- unbook_failure --
-- it was no failure
delete from sign_in_failure where failure_id = %(failure_id)s::bigint

-- drop_failures --
-- attempts that bear upon nothing any more, some at a time
delete from sign_in_failure
where failure_id in (select failure_id from sign_in_failure where at < %(before)s::timestamptz limit 1000)

-- drop_sessions --
-- sessions that are long over, some at a time
delete from desk_session
where token_hash in (select token_hash from desk_session where expires_at < %(before)s::timestamptz limit 1000)

-- registers_have --
-- whether there is a person, a team, and an enterprise, of these codes
select exists (select 1 from person where code = %(person)s::text),
       exists (select 1 from team where code = %(team)s::text),
       exists (select 1 from enterprise where code = %(enterprise)s::text)
