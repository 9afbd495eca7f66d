-- targets --
-- one page of the city's targets by id; a target may belong to several domains, written a;b
select target_id, document, document_status, indicator, operator, value::float8 as value, unit, baseline_year,
       target_year, bureau, domain, check_mode, quote, note
from target
where (%(document)s::text is null or document = %(document)s::text)
  and (%(domain)s::text is null or %(domain)s::text = any(string_to_array(domain, ';')))
  and (%(mode)s::text is null or check_mode = %(mode)s::text)
  and (%(after_target_id)s::text is null or target_id > %(after_target_id)s::text)
order by target_id
limit %(limit)s::int
