-- open_totals --
-- 期限取各标准中最早的；剩余天数小于 0 为超期
select count(*) as "未修复泄漏",
       count(*) filter (where first_attempt_at is null
                          and attempt_due_on < dash.local_day($__timeTo()::timestamptz)) as "首次维修超期",
       count(*) filter (where repair_due_on < dash.local_day($__timeTo()::timestamptz)) as "修复超期",
       count(*) filter (where repair_due_on between dash.local_day($__timeTo()::timestamptz)
                                                and dash.local_day($__timeTo()::timestamptz) + 2) as "3天内到期",
       count(*) filter (where state = 'delayed') as "延迟修复",
       count(*) filter (where state = 'still_leaking') as "复测仍泄漏",
       coalesce(max(dash.local_day($__timeTo()::timestamptz) - found_on), 0) as "最久未修复天数"
from dash.leak_open
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))

-- countdown --
select enterprise_name as "企业", unit_name as "单元", component_code as "密封点", kind as "类型", medium as "介质",
       net_umol_mol as "发现时净值", visible as "可见", to_char(found_on, 'YYYY-MM-DD') as "发现日期", state as "状态",
       case when least(case when first_attempt_at is null then attempt_due_on end, repair_due_on)
                 < dash.local_day($__timeTo()::timestamptz) then 'overdue'
            when least(case when first_attempt_at is null then attempt_due_on end, repair_due_on)
                 <= dash.local_day($__timeTo()::timestamptz) + 2 then 'due_soon'
            when repair_due_on is not null then 'scheduled' end as "期限", attempts as "维修次数",
       case when first_attempt_at is null then attempt_due_on - dash.local_day($__timeTo()::timestamptz) end
           as "距首次维修期限",
       repair_due_on - dash.local_day($__timeTo()::timestamptz) as "距修复期限",
       to_char(repair_due_on, 'YYYY-MM-DD') as "修复期限", delay_ground as "延迟理由", standards as "依据标准"
from dash.leak_open
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by repair_due_on nulls last, found_on, enterprise, component
limit 500

-- found_monthly --
select dash.month_floor(time) as time, count(*) as "发现", count(*) filter (where state = 'closed') as "其中已修复"
from dash.leak
where time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by 1
order by 1

-- campaigns --
select enterprise_name as "企业", campaign_name as "轮次", to_char(from_day, 'YYYY-MM-DD') as "开始",
       to_char(to_day, 'YYYY-MM-DD') as "结束", contractor as "检测单位", declared_components as "申报密封点",
       components as "应检密封点", tested as "已检测", tested_pct as "检测率", leaking as "泄漏点", declared_leaks as "申报泄漏点",
       leaking_pct as "泄漏率", closed as "已修复", found_kg_h as "检测时排放速率", after_kg_h as "修复后排放速率",
       untested_kg_h as "未检测部分"
from dash.campaign
where to_day >= dash.local_day($__timeFrom()::timestamptz) and from_day <= dash.local_day($__timeTo()::timestamptz)
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by from_day desc, enterprise, campaign
limit 200

-- leak_rate_units --
select enterprise_name || ' ' || unit_name as "单元", campaign_name as "轮次", components as "应检密封点", tested as "已检测",
       leaking as "泄漏点", 100.0 * leaking / nullif(tested, 0) as "泄漏率", closed as "已修复",
       found_kg_h as "检测时排放速率", after_kg_h as "修复后排放速率"
from dash.campaign_unit
where to_day >= dash.local_day($__timeFrom()::timestamptz) and from_day <= dash.local_day($__timeTo()::timestamptz)
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by "泄漏率" desc nulls last, "单元", from_day desc
limit 300

-- emission_totals --
-- 所选时间范围末尾所在日历年，已核算的月份
select sum(kg) as "本年排放量", sum(avoided_kg) as "修复减排量",
       100.0 * sum(kg) filter (where method = 'average_factor') / nullif(sum(kg), 0) as "未检测部分占比",
       100.0 * sum(kg) filter (where method = 'pegged') / nullif(sum(kg), 0) as "限定值占比",
       to_char(max(month), 'YYYY-MM') as "核算至"
from dash.leak_emission
where time >= dash.year_floor($__timeTo()::timestamptz) and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))

-- emission_monthly --
select time, case method when 'correlation' then '相关方程' when 'default_zero' then '默认零值' when 'pegged' then '限定值'
                         else '平均系数（未检测）' end as metric, sum(kg) as "kg"
from dash.leak_emission
where time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by 1, 2
order by 1, 2

-- avoided_monthly --
select time, sum(kg) as "排放量", sum(kg) + sum(avoided_kg) as "若未修复的排放量"
from dash.leak_emission
where time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by 1
order by 1

-- emission_units --
select enterprise_name as "企业", unit_name as "单元", sum(kg) as "本年排放量",
       sum(kg) filter (where kind not in ('flange', 'connector', 'other')) as "其中泵、阀等动密封",
       sum(kg) filter (where method = 'average_factor') as "其中未检测部分", sum(avoided_kg) as "修复减排量"
from dash.leak_emission
where time >= dash.year_floor($__timeTo()::timestamptz) and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by enterprise, enterprise_name, unit_name
order by "本年排放量" desc, enterprise, unit_name
limit 300

-- factors --
-- overall：系数不分企业
select family as "系数体系", kind as "类型", medium as "介质", coefficient_a as "系数A", exponent_b as "指数B",
       default_zero_kg_h as "默认零值", pegged_kg_h as "限定值", average_kg_h as "平均系数", correlation_row as "取自（相关方程）",
       average_row as "取自（平均系数）", is_borrowed as "行", confidence as "状态"
from dash.leak_factor
order by family desc, kind, medium

-- signs --
select to_char(from_day, 'YYYY-MM-DD') as "起", to_char(to_day, 'YYYY-MM-DD') as "止", enterprise_name as "企业",
       sign_title as "迹象", reason as "所见", severity as "级别", value as "数值", finding_id as "判定编号"
from dash.ldar_sign
where verdict = 'violation' and $__timeFilter(time)
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by time desc, enterprise, rule_id
limit 500

-- signs_by_enterprise --
select enterprise_name as "企业", sign_title as "迹象", count(*) filter (where verdict = 'violation') as "次数"
from dash.ldar_sign
where $__timeFilter(time)
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by enterprise, enterprise_name, rule_id, sign_title
having count(*) filter (where verdict = 'violation') > 0
order by rule_id, enterprise
