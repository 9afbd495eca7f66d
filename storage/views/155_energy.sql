-- Energy by the findings of monthly rules on the twelve months up to a month: lines against limits, enterprises in tce.
-- A line of energy.unit with its corrected levels; over_access says how it stands against level 2 (energy.unit_access).
create view dash.unit_energy as
select a.time, a.month, a.district, a.enterprise, a.enterprise_name, a.subject, l.line, l.line_name, l.product,
       l.charging, l.quenching, l.capacity_t_a, a.value as e, a.limit_value, v.level_1, v.level_2, v.level_3,
       (a.evidence ->> 'output')::double precision as output, (a.evidence ->> 'used_tce')::double precision as used_tce,
       (a.evidence ->> 'made_tce')::double precision as made_tce,
       (a.evidence ->> 'unconfirmed_kgce_per_t')::double precision as unconfirmed,
       a.evidence -> 'standard' ->> 'standard' as standard, a.evidence -> 'standard' ->> 'confidence' as confidence,
       a.evidence -> 'corrections' as corrections, a.evidence -> 'comparisons' as comparisons,
       a.evidence -> 'components' as components, a.verdict, a.reason, a.finding_id
from dash.account_latest a
join dash.line l on a.subject = 'line:' || l.line
cross join lateral (
    select max((c ->> 'limit')::double precision) filter (where starts_with(c ->> 'name', '1级')) as level_1,
           max((c ->> 'limit')::double precision) filter (where starts_with(c ->> 'name', '2级')) as level_2,
           max((c ->> 'limit')::double precision) filter (where starts_with(c ->> 'name', '3级')) as level_3
    from jsonb_array_elements(coalesce(a.evidence -> 'comparisons', '[]')) c
) v
where a.rule_id = 'energy.unit' and a.subject_kind = 'line';
comment on column dash.unit_energy.level_1 is 'kgce per t of product, corrected as the standard says; null where it cannot be';

-- A line beside every figure that some document gives for its product: none of them is another's.
create view dash.unit_energy_comparison as
select u.district, u.enterprise, u.enterprise_name, u.line, u.line_name, u.product, u.month, u.e, c.position,
       c.c ->> 'name' as name, c.c ->> 'document' as document, c.c ->> 'status' as document_status,
       c.c ->> 'confidence' as confidence, (c.c ->> 'printed')::double precision as printed,
       (c.c ->> 'limit')::double precision as limit_value, (c.c ->> 'met')::boolean as met
from dash.unit_energy u
cross join lateral jsonb_array_elements(u.comparisons) with ordinality as c (c, position);

-- An enterprise's energy of twelve months, equivalent (当量值) and equal value (等价值).
create view dash.energy_total as
select a.time, a.month, a.district, a.enterprise, a.subject_name as enterprise_name, a.value as equivalent_tce,
       (a.evidence ->> 'equal_value_tce')::double precision as equal_value_tce,
       (a.evidence ->> 'known_tce')::double precision as known_tce,
       (a.evidence ->> 'unconfirmed_tce')::double precision as unconfirmed_tce,
       a.evidence -> 'components' as components, a.reason, a.finding_id
from dash.account_latest a
where a.rule_id = 'energy.total' and a.subject_kind = 'enterprise';

-- What a line used and made, and what an enterprise took, by kind; tce is negative for what was given away.
create view dash.energy_component as
select s.district, s.enterprise, s.enterprise_name, s.whose, s.month, c ->> 'kind' as kind, c ->> 'name' as name,
       c ->> 'flow' as flow, (c ->> 'amount')::double precision as amount, c ->> 'unit' as unit,
       (c ->> 'tce')::double precision as tce, (c -> 'factors' -> 0 ->> 'kgce')::double precision as kgce,
       c -> 'factors' -> 0 ->> 'unit' as kgce_unit, c -> 'factors' -> 0 ->> 'edition' as edition,
       c -> 'factors' -> 0 ->> 'confidence' as confidence, jsonb_array_length(c -> 'missing') as missing_months
from (
    select district, enterprise, enterprise_name, '全企业' as whose, month, components from dash.energy_total
    union all
    select district, enterprise, enterprise_name, line_name, month, components from dash.unit_energy
) s
cross join lateral jsonb_array_elements(s.components) c;
