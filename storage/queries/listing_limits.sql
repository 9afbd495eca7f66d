-- limits --
-- one page of limits by id: current rows, or those that were current at an instant; an enterprise sees its outlets'
-- own rows and those of the processes that it runs
select l.limit_id, l.origin, l.preset, e.code as enterprise, o.code as outlet, l.process, l.quantity, l.kind,
       l.averaging, l.region, l.value, l.unit, l.decimals, l.reference_o2_pct, l.exempt_process, l.standard, l.clause,
       l.source, l.confidence, l.status, l.enabled, l.valid_from, l.valid_to, l.author, l.reason, l.created_at,
       l.superseded_at
from emission_limit l
left join enterprise e on e.enterprise_id = l.enterprise_id
left join outlet o on o.outlet_id = l.outlet_id
where (case when %(as_known_at)s::timestamptz is null then l.superseded_at is null
            else l.created_at <= %(as_known_at)s::timestamptz
                 and (l.superseded_at is null or l.superseded_at > %(as_known_at)s::timestamptz) end)
  and (%(enterprise_id)s::int is null or l.enterprise_id = %(enterprise_id)s::int
       or l.process in (select p.process from outlet p where p.enterprise_id = %(enterprise_id)s::int))
  and (%(outlet)s::text is null or o.code = %(outlet)s::text)
  and (%(process)s::text is null or l.process = %(process)s::text)
  and (%(quantity)s::text is null or l.quantity = %(quantity)s::text)
  and (%(kind)s::text is null or l.kind = %(kind)s::text)
  and (%(status)s::text is null or l.status = %(status)s::text)
  and (%(enabled)s::boolean is null or l.enabled = %(enabled)s::boolean)
  and (%(after)s::bigint is null or l.limit_id > %(after)s::bigint)
order by l.limit_id
limit %(limit)s::int

-- by_id --
-- rows by id, current or superseded
select l.limit_id, l.origin, l.preset, e.code as enterprise, o.code as outlet, l.process, l.quantity, l.kind,
       l.averaging, l.region, l.value, l.unit, l.decimals, l.reference_o2_pct, l.exempt_process, l.standard, l.clause,
       l.source, l.confidence, l.status, l.enabled, l.valid_from, l.valid_to, l.author, l.reason, l.created_at,
       l.superseded_at
from emission_limit l
left join enterprise e on e.enterprise_id = l.enterprise_id
left join outlet o on o.outlet_id = l.outlet_id
where l.limit_id = any(%(limit_ids)s::bigint[])
order by l.limit_id

-- history --
-- every row ever written of the scope and first day of one, newest first
select l.limit_id
from emission_limit l
join emission_limit s on s.limit_id = %(limit_id)s::bigint
where l.outlet_id is not distinct from s.outlet_id and l.process is not distinct from s.process
  and l.quantity = s.quantity and l.kind = s.kind and l.averaging = s.averaging and l.region = s.region
  and (l.unit = 'kg/h') = (s.unit = 'kg/h') and l.valid_from = s.valid_from
  and (l.origin = 'preset') = (s.origin = 'preset')
  and (l.unit = 'kg/h') = (s.unit = 'kg/h')
order by l.limit_id desc
limit %(limit)s::int

-- of_outlet --
-- current rows that speak of an outlet: its own and its process's
select l.limit_id
from emission_limit l
where l.superseded_at is null
  and (l.outlet_id = %(outlet_id)s::int or (l.outlet_id is null and l.process = %(process)s::text))

-- scope --
-- current rows of persons of one scope; a rate stands beside a concentration
select l.limit_id
from emission_limit l
left join outlet o on o.outlet_id = l.outlet_id
left join enterprise e on e.enterprise_id = l.enterprise_id
where l.superseded_at is null and l.origin <> 'preset'
  and e.code is not distinct from %(enterprise)s::text and o.code is not distinct from %(outlet)s::text
  and l.process is not distinct from %(process)s::text and l.quantity = %(quantity)s::text
  and l.kind = %(kind)s::text and l.averaging = %(averaging)s::text and l.region = %(region)s::text
  and (l.unit = 'kg/h') = (%(unit)s::text = 'kg/h')

-- outlet --
-- an outlet by its codes
select o.outlet_id, o.enterprise_id, e.code as enterprise, o.code as outlet, o.name, o.process
from outlet o join enterprise e on e.enterprise_id = o.enterprise_id
where e.code = %(enterprise)s::text and o.code = %(outlet)s::text

-- one_writer --
-- two edits at once could each miss the other's overlap; reading goes on
lock table emission_limit in share row exclusive mode

-- preset --
-- whether something was ever shipped under a key
select 1 as found from emission_limit where origin = 'preset' and preset = %(preset)s::text limit 1
