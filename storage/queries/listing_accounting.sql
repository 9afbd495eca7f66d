-- accounting --
-- one page of the accounting law, newest local day first
select a.day, e.code as enterprise, sum(a.messages)::bigint as messages, sum(a.received)::bigint as received,
       sum(a.stored)::bigint as stored, sum(a.duplicates)::bigint as duplicates,
       sum(a.corrections)::bigint as corrections, sum(a.refused)::bigint as refused
from accounting a
join enterprise e on e.enterprise_id = a.enterprise_id
where (%(enterprise_id)s::int is null or a.enterprise_id = %(enterprise_id)s::int)
  and (%(from_day)s::date is null or a.day >= %(from_day)s::date)
  and (%(to_day)s::date is null or a.day < %(to_day)s::date)
  and (%(after_day)s::date is null
       or a.day < %(after_day)s::date
       or (a.day = %(after_day)s::date and e.code > %(after_enterprise)s::text))
group by a.day, e.code
order by a.day desc, e.code
limit %(limit)s::int
