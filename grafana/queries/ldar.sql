-- totals --
select sum(components) as "密封点", sum(exempt_components) as "豁免",
       100.0 * sum(judged_components - overdue_components) / nullif(sum(judged_components), 0) as "按期率",
       sum(overdue_components) as "逾期", sum(due_soon_components) as "即将到期"
from dash.ldar_summary
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))

-- enterprises --
select district_name as "旗县区", enterprise_name as "企业", components as "密封点", exempt_components as "豁免",
       judged_components as "应检", overdue_components as "逾期", due_soon_components as "即将到期", on_time_pct as "按期率",
       to_char(next_due_on, 'YYYY-MM-DD') as "最近到期日", enterprise as "企业代码"
from dash.ldar_summary
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by overdue_components desc, enterprise

-- by_rule --
select rule_title as "规则", standard || ' ' || clause as "依据", sum(components) as "密封点",
       sum(components - overdue - due_soon) as "未到期", sum(due_soon) as "即将到期", sum(overdue) as "逾期",
       100.0 * sum(components - overdue) / nullif(sum(components), 0) as "按期率",
       to_char(max(as_of), 'YYYY-MM-DD') as "判定至"
from dash.ldar_standing
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by rule_id, rule_title, standard, clause
having sum(components) > 0
order by rule_id

-- due_forecast --
-- 每个密封点按各规则中最早的到期日计一次；从所选时间范围末尾所在月起十二个月，已逾期的单列
select case when month is null then '已逾期' else to_char(month, 'YYYY-MM') end as "月份",
       sum(components - dynamic_components) as "法兰及其他", sum(dynamic_components) as "泵、阀等动密封"
from dash.ldar_due_month
where (month is null
       or month < dash.local_day(dash.month_floor($__timeTo()::timestamptz) + interval '367 days'))
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by month
order by month nulls first

-- heat --
-- 待检最多的40个单元；每个密封点按最早的到期日计一次，早于当月而未逾期的计入当月
select unit as "单元", label as "月份", nullif(components, 0) as "密封点"
from dash.ldar_due_grid($__timeTo()::timestamptz, array[$district], array[$enterprise], 40)
order by slot, unit_rank

-- coverage --
select district_name as "旗县区", enterprise_name as "企业", sum(components) as "应检密封点", sum(tested) as "本年已检",
       sum(components - tested) as "本年未检", 100.0 * sum(tested) / nullif(sum(components), 0) as "检测覆盖率",
       enterprise as "企业代码"
from dash.ldar_coverage_at($__timeTo()::timestamptz)
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by district_name, enterprise_name, enterprise
order by "检测覆盖率", enterprise

-- coverage_units --
select enterprise_name as "企业", unit_name as "单元", components as "应检密封点", tested as "本年已检",
       components - tested as "本年未检", 100.0 * tested / nullif(components, 0) as "检测覆盖率"
from dash.ldar_coverage_at($__timeTo()::timestamptz)
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by components - tested desc, enterprise, unit_name
limit 500

-- overdue --
select enterprise_name as "企业", unit_name as "装置", component_code as "密封点", component_name as "名称", kind as "类型",
       medium as "介质", rule_title as "依据", to_char(due_on, 'YYYY-MM-DD') as "应检日期",
       dash.local_day($__timeTo()::timestamptz) - due_on as "逾期天数", anchor as "起算", last_tested_at as "最近检测",
       enterprise as "企业代码"
from dash.ldar_overdue
where ('__all__' in ($rule) or rule_id in ($rule))
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by due_on, enterprise, component_code
limit 1000

-- tests_daily --
select dash.day_floor(time) as time, enterprise_name as metric, count(*) as "检测"
from dash.leak_test
where time >= dash.day_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz and revision = 0
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by 1, 2
order by 1, 2

-- tests --
select time as "检测时间", enterprise_name as "企业", unit_name as "装置", component_code as "密封点", kind as "类型",
       medium as "介质", purpose as "目的", method as "方法", net_umol_mol as "净检测值", background_umol_mol as "背景值",
       instrument as "仪器", tester as "检测人员", campaign as "轮次", revision as "更正序号", received_at as "接收时间"
from dash.leak_test
where $__timeFilter(time)
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by net_umol_mol desc nulls last, time desc
limit 500
