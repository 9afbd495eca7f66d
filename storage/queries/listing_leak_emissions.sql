-- total --
-- what sealing points emitted in the months [first, last], of one enterprise or of all
select coalesce(sum(kg), 0) as kg, coalesce(sum(avoided_kg), 0) as avoided_kg,
       coalesce(sum(kg) filter (where method = 'average_factor'), 0) as untested_kg, max(month) as through_month
from leak_emission
where month between %(first)s::date and %(last)s::date
  and (%(enterprise_id)s::int is null or enterprise_id = %(enterprise_id)s::int)

-- months --
-- the same by month and method
select month, method, sum(components)::int as components, sum(kg) as kg, sum(avoided_kg) as avoided_kg
from leak_emission
where month between %(first)s::date and %(last)s::date
  and (%(enterprise_id)s::int is null or enterprise_id = %(enterprise_id)s::int)
group by month, method
order by month, method

-- enterprises --
-- the same by enterprise, the highest first
select e.code as enterprise, e.name as enterprise_name, sum(o.kg) as kg, sum(o.avoided_kg) as avoided_kg
from leak_emission o join enterprise e using (enterprise_id)
where o.month between %(first)s::date and %(last)s::date
  and (%(enterprise_id)s::int is null or o.enterprise_id = %(enterprise_id)s::int)
group by e.code, e.name
order by kg desc, e.code

-- units --
-- the same of an enterprise by unit and kind, the highest first
select unit_name, kind, sum(kg) as kg, sum(avoided_kg) as avoided_kg
from leak_emission
where month between %(first)s::date and %(last)s::date and enterprise_id = %(enterprise_id)s::int
group by unit_name, kind
order by kg desc, unit_name, kind

-- factors --
-- how sure the figures are by which emissions are computed
select coalesce(array_agg(distinct confidence), '{}') as confidence, min(source) as source,
       count(*) filter (where is_borrowed) as borrowed_classes, count(*) as classes
from leak_factor

-- campaigns --
-- one page of campaigns that have a day in a span, by enterprise and code
select enterprise, enterprise_name, campaign, campaign_name, from_day, to_day, contractor, declared_components,
       declared_leaks, components, tested, tested_pct, leaking, leaking_pct, closed, found_kg_h, after_kg_h,
       untested_kg_h
from dash.campaign
where from_day <= %(last)s::date and to_day >= %(first)s::date
  and (%(enterprise)s::text is null or enterprise = %(enterprise)s::text)
  and (%(after_enterprise)s::text is null
       or (enterprise, campaign) > (%(after_enterprise)s::text, %(after_campaign)s::text))
order by enterprise, campaign
limit %(limit)s::int
