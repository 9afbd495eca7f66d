-- enterprises --
-- enterprises as duties look at them; of all, or of some
select enterprise_id, code, industry, park, registered_from
from enterprise
where %(enterprise_ids)s::int[] is null or enterprise_id = any(%(enterprise_ids)s::int[])
order by code

-- groups --
-- the city and the parks, each with the first registration among its enterprises
select 'city' as kind, c.code, (select min(registered_from) from enterprise) as first_day from city c
union all
select 'park', p.code, min(e.registered_from) from park p join enterprise e on e.park = p.code group by p.code
order by 1, 2

-- listings --
-- when enterprises were on a list
select enterprise_id, listed_from, listed_to
from enterprise_list
where list = %(list)s::text
  and (%(enterprise_ids)s::int[] is null or enterprise_id = any(%(enterprise_ids)s::int[]))
order by enterprise_id, listed_from

-- component_steps --
-- by how much the number of components in service changes, by enterprise and day
select enterprise_id, day, change
from component_change
where %(enterprise_ids)s::int[] is null or enterprise_id = any(%(enterprise_ids)s::int[])
order by enterprise_id, day

-- installations --
-- when installations under a standard are in service, not before they first ran
select enterprise_id, greatest(in_service_from, started_on) as since, in_service_to
from installation
where standard = %(standard)s::text and (in_service_to is null or in_service_to > greatest(in_service_from, started_on))
  and (%(enterprise_ids)s::int[] is null or enterprise_id = any(%(enterprise_ids)s::int[]))
order by enterprise_id, since

-- meters --
-- metering places with what is known of their meters' verifications
select p.enterprise_id, p.code, p.in_service_from, p.in_service_to, m.serial, m.verified_on,
       m.verification_months::int as verification_months, m.removed_on
from metering_place p
join meter m using (place_id)
where %(enterprise_ids)s::int[] is null or p.enterprise_id = any(%(enterprise_ids)s::int[])
order by p.enterprise_id, p.code, m.verified_on, m.serial

-- analysers --
-- points of some quantities at outlets
select enterprise_id, code, in_service_from, in_service_to
from point
where outlet_id is not null and quantity = any(%(quantities)s::text[])
  and (%(enterprise_ids)s::int[] is null or enterprise_id = any(%(enterprise_ids)s::int[]))
order by enterprise_id, code

-- records --
-- current records of a duty, with the kinds of what is attached to them; what was attached to a record that a correction
-- of the same day has replaced goes with the correction
with attached as (
    select o.subject, o.done_on, array_agg(distinct a.kind order by a.kind) as kinds
    from duty_record o
    join attachment a using (record_id)
    where o.rule_id = %(rule_id)s::text and o.withdrawn_by is null
      and (%(enterprise_ids)s::int[] is null or coalesce(o.enterprise_id, 0) = any(%(enterprise_ids)s::int[]))
    group by o.subject, o.done_on
)
select r.subject, r.record_id, r.done_on, r.documents, coalesce(a.kinds, '{}') as attached
from duty_record r
left join attached a on a.subject = r.subject and a.done_on = r.done_on
where r.rule_id = %(rule_id)s::text and r.superseded_at is null and r.done_on <= %(through)s::date
  and (%(enterprise_ids)s::int[] is null or coalesce(r.enterprise_id, 0) = any(%(enterprise_ids)s::int[]))
order by r.subject, r.done_on

-- past_terms --
-- first day, last day and meter of the terms that were found of meters at places
select f.subject, f.evidence ->> 'serial' as serial, f.evidence ->> 'anchor_on' as verified_on,
       f.evidence ->> 'due_on' as due_on
from finding f
where f.rule_id = %(rule_id)s::text and f.subject = any(%(subjects)s::text[]) and f.superseded_at is null
  and f.evidence ? 'serial'

-- duty_rules --
-- the duties that there are, as they are in force or shipped
select rule_id, title, standard, clause, enabled, definition -> 'params' as params
from rule where evaluator = 'duty' order by rule_id

-- lock --
-- one writer at a time of an enterprise's records (0: of what belongs to none), always in the same order
select count(pg_advisory_xact_lock(hashtext('duty'), o.owner))
from (select distinct w.owner from unnest(%(owners)s::int[]) as w (owner) order by w.owner) o

-- current_record --
-- what is recorded of a duty on a day
select record_id, documents, note
from duty_record
where rule_id = %(rule_id)s::text and subject = %(subject)s::text and done_on = %(done_on)s::date
  and superseded_at is null

-- supersede_record --
-- another record takes its place
update duty_record set superseded_at = %(at)s::timestamptz where record_id = %(record_id)s::bigint

-- insert_record --
-- a record, with work for the rules
with made as (
    insert into duty_record (rule_id, subject, enterprise_id, done_on, documents, note, author, origin, received_at)
    values (%(rule_id)s::text, %(subject)s::text, %(enterprise_id)s::int, %(done_on)s::date, %(documents)s::jsonb,
            %(note)s::text, %(author)s::text, %(origin)s::text, %(at)s::timestamptz)
    returning record_id, enterprise_id, done_on
), noted as (
    insert into rule_work (kind, key, at)
    select 'duty', coalesce(enterprise_id, 0)::bigint, done_on::timestamp at time zone 'Asia/Shanghai' from made
)
select record_id from made

-- lock_record --
-- a record, held until the transaction ends
select record_id, rule_id, subject, enterprise_id, done_on, superseded_at, withdrawn_by
from duty_record where record_id = %(record_id)s::bigint for update

-- withdraw_record --
-- a record that does not stand, with work for the rules
with gone as (
    update duty_record
    set superseded_at = %(at)s::timestamptz, withdrawn_by = %(author)s::text, withdrawn_because = %(reason)s::text
    where record_id = %(record_id)s::bigint
    returning enterprise_id, done_on
)
insert into rule_work (kind, key, at)
select 'duty', coalesce(enterprise_id, 0)::bigint, done_on::timestamp at time zone 'Asia/Shanghai' from gone

-- add_attachment --
-- what proves a record; the same content at the same record changes nothing. Work for the rules where it is new
with made as (
    insert into attachment (record_id, kind, name, media_type, sha256, content, author, received_at)
    values (%(record_id)s::bigint, %(kind)s::text, %(name)s::text, %(media_type)s::text, %(sha256)s::text,
            %(content)s::bytea, %(author)s::text, %(at)s::timestamptz)
    on conflict (record_id, sha256) do nothing
    returning attachment_id, record_id
), noted as (
    insert into rule_work (kind, key, at)
    select 'duty', coalesce(r.enterprise_id, 0)::bigint, r.done_on::timestamp at time zone 'Asia/Shanghai'
    from made join duty_record r using (record_id)
)
select attachment_id from made

-- attached_already --
-- the attachment of a record with the same content
select attachment_id from attachment where record_id = %(record_id)s::bigint and sha256 = %(sha256)s::text

-- attached_bytes --
-- how many attachments a record has, and how big they are together
select count(*), coalesce(sum(octet_length(content)), 0)::bigint
from attachment where record_id = %(record_id)s::bigint

-- attachment --
-- one attachment whole, with whose it is
select a.name, a.media_type, a.content, a.sha256, e.code as enterprise
from attachment a
join duty_record r using (record_id)
left join enterprise e on e.enterprise_id = r.enterprise_id
where a.attachment_id = %(attachment_id)s::bigint
