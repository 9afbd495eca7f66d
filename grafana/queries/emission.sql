-- month_legal --
-- 法定限值：每个有效小时都不得超标
select sum(violation_hours) as "超标小时",
       count(*) filter (where violation_hours > 0) as "超标的排口·污染物", sum(compliant_hours) as "达标小时",
       sum(judged_hours) as "已判定小时", 100.0 * sum(judged_hours) / nullif(sum(operating_hours), 0) as "判定占比",
       sum(excluded_hours) as "排除小时", sum(undetermined_hours) as "无法判定小时"
from dash.emission_month_to_date($__timeTo()::timestamptz)
where kind = 'legal'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))

-- month_ule --
-- 超低排放：每月达标小时占已判定小时的比例，要求取自规则
select 100.0 * sum(compliant_hours) / nullif(sum(judged_hours), 0) as "达标率", max(target_pct) as "月度要求",
       count(*) filter (where share_pct < target_pct) as "未达要求的排口·污染物", sum(compliant_hours) as "达标小时",
       sum(judged_hours) as "已判定小时", 100.0 * sum(judged_hours) / nullif(sum(operating_hours), 0) as "判定占比",
       sum(excluded_hours) as "排除小时", sum(undetermined_hours) as "无法判定小时"
from dash.emission_month_to_date($__timeTo()::timestamptz)
where kind = 'ule'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))

-- enterprises --
select enterprise_name as "企业", district_name as "旗县区", count(distinct outlet) as "排口",
       sum(violation_hours) filter (where kind = 'legal') as "法定超标小时",
       sum(judged_hours) filter (where kind = 'legal') as "法定已判定小时",
       100.0 * sum(compliant_hours) filter (where kind = 'ule')
           / nullif(sum(judged_hours) filter (where kind = 'ule'), 0) as "超低达标率",
       min(share_pct) filter (where kind = 'ule') as "最差排口·污染物",
       count(*) filter (where kind = 'ule' and share_pct < target_pct) as "未达要求的排口·污染物",
       100.0 * sum(judged_hours) / nullif(sum(operating_hours), 0) as "判定占比",
       sum(excluded_hours) as "排除小时", sum(undetermined_hours) as "无法判定小时", enterprise as "企业代码"
from dash.emission_month_to_date($__timeTo()::timestamptz)
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
group by enterprise, enterprise_name, district_name
order by "法定超标小时" desc nulls last, "超低达标率" nulls last, enterprise

-- outlet_pollutants --
select enterprise_name as "企业", outlet_name as "排口", pollutant_name as "污染物",
       max(violation_hours) filter (where kind = 'legal') as "法定超标小时",
       max(judged_hours) filter (where kind = 'legal') as "法定已判定小时",
       max(limit_mg_m3) filter (where kind = 'legal') as "法定限值",
       max(share_pct) filter (where kind = 'ule') as "超低达标率", max(target_pct) filter (where kind = 'ule') as "月度要求",
       max(compliant_hours) filter (where kind = 'ule') as "超低达标小时",
       max(judged_hours) filter (where kind = 'ule') as "超低已判定小时",
       max(limit_mg_m3) filter (where kind = 'ule') as "超低限值",
       max(mean_mg_m3) filter (where kind = 'ule') as "折算均值", max(max_mg_m3) filter (where kind = 'ule') as "折算最大值",
       max(operating_hours) as "运行小时", max(stopped_hours) as "停运小时", max(excluded_hours - stopped_hours) as "其他排除小时",
       max(undetermined_hours) as "无法判定小时", min(judged_pct) as "判定占比",
       enterprise as "企业代码", outlet as "排口代码", pollutant as "污染物代码"
from dash.emission_month_to_date($__timeTo()::timestamptz)
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
group by enterprise, enterprise_name, outlet, outlet_name, pollutant, pollutant_name
order by "法定超标小时" desc nulls last, "超低达标率" nulls last, outlet, pollutant
limit 300

-- month_calendar --
-- 每格取该小时所选排口、污染物、口径中最差的判定：不达标 > 无法判定 > 达标；全部被排除才显示排除
select to_char(day, 'MM-DD') as "日期",
       max(code) filter (where hour_of_day = 0) as "00",
       max(code) filter (where hour_of_day = 1) as "01",
       max(code) filter (where hour_of_day = 2) as "02",
       max(code) filter (where hour_of_day = 3) as "03",
       max(code) filter (where hour_of_day = 4) as "04",
       max(code) filter (where hour_of_day = 5) as "05",
       max(code) filter (where hour_of_day = 6) as "06",
       max(code) filter (where hour_of_day = 7) as "07",
       max(code) filter (where hour_of_day = 8) as "08",
       max(code) filter (where hour_of_day = 9) as "09",
       max(code) filter (where hour_of_day = 10) as "10",
       max(code) filter (where hour_of_day = 11) as "11",
       max(code) filter (where hour_of_day = 12) as "12",
       max(code) filter (where hour_of_day = 13) as "13",
       max(code) filter (where hour_of_day = 14) as "14",
       max(code) filter (where hour_of_day = 15) as "15",
       max(code) filter (where hour_of_day = 16) as "16",
       max(code) filter (where hour_of_day = 17) as "17",
       max(code) filter (where hour_of_day = 18) as "18",
       max(code) filter (where hour_of_day = 19) as "19",
       max(code) filter (where hour_of_day = 20) as "20",
       max(code) filter (where hour_of_day = 21) as "21",
       max(code) filter (where hour_of_day = 22) as "22",
       max(code) filter (where hour_of_day = 23) as "23"
from (
    select day, hour_of_day, dash.worst_hour(array_agg(hour_code)) as code
    from dash.hourly_emission
    where time >= dash.month_floor($__timeTo()::timestamptz) and time < $__timeTo()::timestamptz
      and ('__all__' in ($district) or district in ($district))
      and ('__all__' in ($enterprise) or enterprise in ($enterprise))
      and ('__all__' in ($outlet) or outlet in ($outlet))
      and ('__all__' in ($pollutant) or pollutant in ($pollutant))
      and ('__all__' in ($kind) or kind in ($kind))
    group by day, hour_of_day
) cell
group by day
order by day

-- distribution --
select c.class_name as "占限值（%）", coalesce(sum(d.hours) filter (where d.verdict = 'compliant'), 0) as "达标小时",
       coalesce(sum(d.hours) filter (where d.verdict = 'violation'), 0) as "超过限值小时"
from dash.limit_share c
left join (
    select class, verdict, hours
    from dash.emission_distribution($__timeFrom()::timestamptz, $__timeTo()::timestamptz)
    where ('__all__' in ($district) or district in ($district))
      and ('__all__' in ($enterprise) or enterprise in ($enterprise))
      and ('__all__' in ($outlet) or outlet in ($outlet))
      and ('__all__' in ($pollutant) or pollutant in ($pollutant))
      and ('__all__' in ($kind) or kind in ($kind))
) d using (class)
group by c.class, c.class_name
order by c.class

-- unjudged_reasons --
select reason as "原因", case when is_excluded then '排除' else '无法判定' end as "性质",
       count(*) filter (where kind = 'legal') as "法定小时", count(*) filter (where kind = 'ule') as "超低小时",
       count(distinct outlet) as "涉及排口"
from dash.hourly_emission
where time >= dash.month_floor($__timeTo()::timestamptz) and time < $__timeTo()::timestamptz
  and verdict = 'undetermined'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
  and ('__all__' in ($kind) or kind in ($kind))
group by reason, is_excluded
order by is_excluded desc, count(*) desc

-- verdict_timeline --
select time, enterprise_name || ' ' || outlet_name || ' ' || pollutant_name || '（' || kind_name || '）' as metric,
       hour_code as "判定"
from dash.hourly_emission
where $__timeFilter(time)
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
  and ('__all__' in ($kind) or kind in ($kind))
order by time, metric

-- converted --
select e.time, e.enterprise_name || ' ' || e.outlet_name || ' ' || e.pollutant_name || ' ' || e.kind_name || s.name as metric, s.value
from dash.hourly_emission e
cross join lateral (values ('折算值', e.converted_mg_m3), ('限值', e.limit_mg_m3)) s (name, value)
where $__timeFilter(e.time)
  and ('__all__' in ($district) or e.district in ($district))
  and ('__all__' in ($enterprise) or e.enterprise in ($enterprise))
  and ('__all__' in ($outlet) or e.outlet in ($outlet))
  and ('__all__' in ($pollutant) or e.pollutant in ($pollutant))
  and ('__all__' in ($kind) or e.kind in ($kind))
order by e.time, metric

-- oxygen --
select time, enterprise_name || ' ' || outlet_name as metric, max(o2_pct) as "氧含量"
from dash.hourly_emission
where $__timeFilter(time)
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
group by time, enterprise_name, outlet_name
order by time, metric

-- hours --
select time as "小时", enterprise_name as "企业", outlet_name as "排口", pollutant_name as "污染物", kind_name as "口径",
       measured_mg_m3 as "实测均值", o2_pct as "氧含量", reference_o2_pct as "基准氧", converted_mg_m3 as "折算值",
       rounded_mg_m3 as "修约值", limit_mg_m3 as "限值", verdict as "判定", reason as "原因", is_excluded::text as "排除",
       valid_minutes as "有效分钟", o2_valid_minutes as "氧有效分钟", marked_minutes as "标记剔除分钟",
       array_to_string(array(select jsonb_array_elements_text(marks)), '、') as "标记编号",
       limit_standard as "限值依据", limit_clause as "条款", limit_status as "限值性质", finding_id as "判定编号",
       computed_at as "判定时间", outlet as "排口代码", pollutant as "污染物代码", kind as "口径代码",
       (extract(epoch from time) * 1000)::bigint as "起", (extract(epoch from time) * 1000)::bigint + 3600000 as "止"
from dash.hourly_emission
where $__timeFilter(time) and verdict <> 'compliant'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
  and ('__all__' in ($kind) or kind in ($kind))
order by time desc, outlet, pollutant, kind
limit 1000

-- both_judgements --
-- 同一小时的两种判定并列，只看所选时间范围的最后两天
select time as "小时", enterprise_name as "企业", outlet_name as "排口", pollutant_name as "污染物",
       max(measured_mg_m3) as "实测均值", max(o2_pct) as "氧含量",
       max(rounded_mg_m3) filter (where kind = 'legal') as "法定修约值", max(limit_mg_m3) filter (where kind = 'legal') as "法定限值",
       max(verdict) filter (where kind = 'legal') as "法定判定", max(reason) filter (where kind = 'legal') as "法定原因",
       max(rounded_mg_m3) filter (where kind = 'ule') as "超低修约值", max(limit_mg_m3) filter (where kind = 'ule') as "超低限值",
       max(verdict) filter (where kind = 'ule') as "超低判定", max(reason) filter (where kind = 'ule') as "超低原因"
from dash.hourly_emission
where time >= greatest($__timeFrom()::timestamptz, $__timeTo()::timestamptz - interval '2 days')
  and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
group by time, enterprise_name, outlet, outlet_name, pollutant, pollutant_name
order by time desc, outlet, pollutant
limit 1000

-- month_verdicts --
select month as "月份", enterprise_name as "企业", outlet_name as "排口", pollutant_name as "污染物", share_pct as "达标时段占比",
       target_pct as "要求", compliant_hours as "达标小时", judged_hours as "已判定小时", operating_hours as "运行小时",
       in_service_hours as "在役小时", excluded_hours as "排除小时", undetermined_hours as "无法判定小时", judged_pct as "判定占比",
       verdict as "判定", reason as "原因", finding_id as "判定编号", computed_at as "判定时间"
from dash.emission_month_verdict
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
order by time desc, share_pct nulls last
limit 200

-- other_verdicts --
select time as "起", period_end as "止", rule_title as "规则", enterprise_name as "企业", outlet_name as "排口",
       coalesce(pollutant_name, point_name) as "对象", value as "值", limit_value as "限值", unit as "单位", verdict as "判定",
       reason as "原因", standard as "依据", clause as "条款", finding_id as "判定编号"
from dash.air_finding
where $__timeFilter(time) and verdict <> 'compliant'
  and (rule_id in ('legal.single', 'legal.daily', 'legal.rate') or rule_id like 'voc.%' or rule_id like 'gc.%')
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant is null or pollutant in ($pollutant))
order by time desc, outlet
limit 500

-- raw --
-- 读数很多，只看所选时间范围的最后一天；查更早的，先选那一天
select time as "测量时间", enterprise_name as "企业", point_name as "测点", quantity as "量", statistic as "性质", value as "原值",
       effective_value as "采用值", unit as "单位", source_flag as "数据标记", qc_flag as "质控", corrections as "更正次数",
       received_at as "接收时间"
from dash.reading_raw
where time >= greatest($__timeFrom()::timestamptz, $__timeTo()::timestamptz - interval '1 day')
  and time <= $__timeTo()::timestamptz and outlet is not null
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or quantity in ($pollutant) or quantity = 'o2')
order by time desc
limit 500
