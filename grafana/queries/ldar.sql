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

-- overdue --
select enterprise_name as "企业", unit_name as "装置", component_code as "密封点", component_name as "名称", kind as "类型",
       medium as "介质", rule_title as "依据", to_char(due_on, 'YYYY-MM-DD') as "应检日期",
       dash.local_day($__timeTo()::timestamptz) - due_on as "逾期天数", last_tested_at as "最近检测", reason as "原因"
from dash.ldar_due
where verdict = 'violation'
  and ('__all__' in ($rule) or rule_id in ($rule))
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by due_on, enterprise, component
limit 1000

-- due_forecast --
-- 从所选时间范围末尾所在月起十二个月；仍有效的检测期限按月计数，早于该月的归入「已逾期」
select case when due_on < dash.local_day(dash.month_floor($__timeTo()::timestamptz)) then '已逾期'
            else to_char(due_on, 'YYYY-MM') end as "月份",
       count(*) filter (where kind in ('flange', 'connector', 'other')) as "法兰及其他",
       count(*) filter (where kind not in ('flange', 'connector', 'other')) as "泵、阀等动密封"
from dash.ldar_due
where verdict <> 'undetermined'
  and due_on < dash.local_day(dash.month_floor($__timeTo()::timestamptz) + interval '367 days')
  and ('__all__' in ($rule) or rule_id in ($rule))
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by 1
order by min(due_on)

-- by_rule --
select rule_title as "规则", standard || ' ' || clause as "依据", count(*) as "密封点",
       count(*) filter (where reason = 'scheduled') as "未到期", count(*) filter (where reason = 'due_soon') as "即将到期",
       count(*) filter (where verdict = 'violation') as "逾期", count(*) filter (where reason = 'tested') as "已检测",
       100.0 * count(*) filter (where verdict = 'compliant')
           / nullif(count(*) filter (where verdict <> 'undetermined'), 0) as "按期率"
from dash.ldar_due
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by rule_id, rule_title, standard, clause
order by rule_id

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
       medium as "介质", net_umol_mol as "净检测值", background_umol_mol as "背景值", instrument as "仪器",
       revision as "更正序号", received_at as "接收时间"
from dash.leak_test
where $__timeFilter(time)
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by net_umol_mol desc nulls last, time desc
limit 500
