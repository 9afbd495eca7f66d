-- district --
select district_name as "__text", district as "__value" from dash.district order by district

-- enterprise --
select enterprise_name as "__text", enterprise as "__value"
from dash.enterprise
where '__all__' in ($district) or district in ($district)
order by enterprise

-- outlet --
select enterprise_name || ' · ' || outlet_name as "__text", outlet as "__value"
from dash.outlet
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by outlet

-- pollutant --
select pollutant_name as "__text", pollutant as "__value" from dash.pollutant order by pollutant

-- water_rule --
select title as "__text", rule_id as "__value" from dash.rule_health where evaluator in ('installation_rate', 'online_rate', 'fit_rate') order by rule_id

-- ldar_rule --
select title as "__text", rule_id as "__value" from dash.rule_health where rule_id like 'ldar.%' order by rule_id

-- kind --
select kind_name as "__text", kind as "__value" from dash.judgement_kind order by kind

-- sign --
select title as "__text", split_part(rule_id, '.', 2) as "__value" from dash.rule_health where rule_id like 'sign.%' order by rule_id
