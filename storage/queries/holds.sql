-- lock_holds --
-- one at a time changes the holds of a (rule, subject); released at the end of the transaction
select pg_advisory_xact_lock(hashtext('hold'), hashtext(%(rule_id)s::text || ' ' || %(subject)s::text))

-- standing_holds --
-- holds of a (rule, subject) that cover an instant
select hold_id, kind, from_at, until_at, author
from alert_hold
where rule_id = %(rule_id)s::text and subject = %(subject)s::text and ended_at is null
  and from_at <= %(now)s::timestamptz and (until_at is null or until_at > %(now)s::timestamptz)
order by hold_id

-- insert_hold --
-- a (rule, subject) is shelved, or taken out of service
insert into alert_hold (kind, rule_id, subject, enterprise_id, alert_id, from_at, until_at, author, reason)
values (%(kind)s::text, %(rule_id)s::text, %(subject)s::text, %(enterprise_id)s::int, %(alert_id)s::bigint,
        %(from_at)s::timestamptz, %(until_at)s::timestamptz, %(author)s::text, %(reason)s::text)
returning hold_id

-- end_hold --
-- somebody ends a hold before its time
update alert_hold set ended_at = %(at)s::timestamptz, ended_by = %(actor)s::text
where hold_id = %(hold_id)s::bigint and ended_at is null

-- open_alerts_of --
-- the open alert of a (rule, subject)
select alert_id from alert
where rule_id = %(rule_id)s::text and subject = %(subject)s::text and state in ('pending', 'firing')

-- insert_silence --
-- nobody is told of what these matchers fit, until the end
insert into silence (matchers, starts_at, ends_at, author, comment, created_at)
values (%(matchers)s::jsonb, %(starts_at)s::timestamptz, %(ends_at)s::timestamptz, %(author)s::text,
        %(comment)s::text, %(created_at)s::timestamptz)
returning silence_id

-- lock_silence --
-- a silence, held until the transaction ends
select silence_id, matchers, ends_at, ended_at, ended_by
from silence where silence_id = %(silence_id)s::bigint for update

-- end_silence --
-- somebody ends a silence before its time
update silence set ended_at = %(at)s::timestamptz, ended_by = %(actor)s::text
where silence_id = %(silence_id)s::bigint and ended_at is null

-- open_alerts --
-- every open alert
select alert_id from alert where state in ('pending', 'firing')
