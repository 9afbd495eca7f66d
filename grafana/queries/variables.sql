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
select title as "__text", rule_id as "__value" from dash.ldar_rule order by rule_id

-- kind --
select kind_name as "__text", kind as "__value" from dash.judgement_kind order by kind

-- sign --
select title as "__text", split_part(rule_id, '.', 2) as "__value" from dash.rule_health where rule_id like 'sign.%' order by rule_id

-- document --
select distinct document as "__text", document as "__value" from dash.target order by 1

-- domain --
select n.name as "__text", n.domain as "__value"
from (values ('water', '水'), ('energy', '能源'), ('carbon', '碳'), ('env', '环境'), ('voc', '挥发性有机物'), ('ldar', '泄漏检测'),
             ('solid', '固废'), ('green', '绿色制造'), ('digital', '数字化'), ('transport', '运输'), ('economy', '经济')) n (domain, name)
order by array_position(array['water', 'energy', 'carbon', 'solid', 'env', 'voc', 'ldar', 'green', 'digital',
                              'transport', 'economy'], n.domain)

-- mode --
select n.name as "__text", n.mode as "__value"
from (values (1, 'auto', '自动核算'), (2, 'derived', '由台账核算'), (3, 'schedule', '按期限'), (4, 'manual', '人工填报'),
             (5, 'check', '检查结果'), (6, 'display', '仅展示')) n (position, mode, name)
order by n.position

-- state --
select n.name as "__text", n.state as "__value"
from (values (1, 'met', '已达到'), (2, 'on_track', '进度正常'), (3, 'behind', '落后'), (4, 'missed', '到期未达到'),
             (5, 'unknown', '暂无数值'), (6, 'not_computable', '无法计算')) n (position, state, name)
order by n.position

-- team --
select team_name as "__text", team as "__value" from dash.alarm_team order by team
