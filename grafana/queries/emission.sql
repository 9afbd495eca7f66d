-- month_share --
select 100.0 * sum(compliant_hours) / nullif(sum(judged_hours), 0) as "达标率",
       100.0 * sum(judged_hours) / nullif(sum(hours), 0) as "判定占比",
       sum(compliant_hours) as "达标小时", sum(violation_hours) as "超标小时", sum(undetermined_hours) as "无法判定小时"
from dash.emission_month_to_date($__timeTo()::timestamptz)
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))

-- worst_outlets --
select enterprise_name as "企业", outlet_name as "排口", pollutant_name as "污染物", share_pct as "达标率", target_pct as "月度要求",
       judged_hours as "已判定小时", violation_hours as "超标小时", undetermined_hours as "无法判定小时",
       capture_pct as "判定占比", mean_mg_m3 as "折算均值", max_mg_m3 as "折算最大值", limit_mg_m3 as "限值",
       enterprise as "企业代码", outlet as "排口代码", pollutant as "污染物代码"
from dash.emission_month_to_date($__timeTo()::timestamptz)
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
order by share_pct nulls last, violation_hours desc, outlet, pollutant
limit 200

-- verdict_timeline --
select time, enterprise_name || ' ' || outlet_name || ' ' || pollutant_name as metric, verdict_code as "判定"
from dash.hourly_emission
where $__timeFilter(time)
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
order by time, metric

-- month_calendar --
-- 每格取该小时各所选排口、污染物中最差的判定：不达标 > 无法判定 > 达标
select to_char(day, 'MM-DD') as "日期",
       max(worst) filter (where hour_of_day = 0) as "00",
       max(worst) filter (where hour_of_day = 1) as "01",
       max(worst) filter (where hour_of_day = 2) as "02",
       max(worst) filter (where hour_of_day = 3) as "03",
       max(worst) filter (where hour_of_day = 4) as "04",
       max(worst) filter (where hour_of_day = 5) as "05",
       max(worst) filter (where hour_of_day = 6) as "06",
       max(worst) filter (where hour_of_day = 7) as "07",
       max(worst) filter (where hour_of_day = 8) as "08",
       max(worst) filter (where hour_of_day = 9) as "09",
       max(worst) filter (where hour_of_day = 10) as "10",
       max(worst) filter (where hour_of_day = 11) as "11",
       max(worst) filter (where hour_of_day = 12) as "12",
       max(worst) filter (where hour_of_day = 13) as "13",
       max(worst) filter (where hour_of_day = 14) as "14",
       max(worst) filter (where hour_of_day = 15) as "15",
       max(worst) filter (where hour_of_day = 16) as "16",
       max(worst) filter (where hour_of_day = 17) as "17",
       max(worst) filter (where hour_of_day = 18) as "18",
       max(worst) filter (where hour_of_day = 19) as "19",
       max(worst) filter (where hour_of_day = 20) as "20",
       max(worst) filter (where hour_of_day = 21) as "21",
       max(worst) filter (where hour_of_day = 22) as "22",
       max(worst) filter (where hour_of_day = 23) as "23"
from (
    select day, hour_of_day,
           case max(case verdict when 'violation' then 3 when 'undetermined' then 2 else 1 end)
               when 3 then 2 when 2 then 0 else 1 end as worst
    from dash.hourly_emission
    where time >= dash.month_floor($__timeTo()::timestamptz) and time < $__timeTo()::timestamptz
      and ('__all__' in ($district) or district in ($district))
      and ('__all__' in ($enterprise) or enterprise in ($enterprise))
      and ('__all__' in ($outlet) or outlet in ($outlet))
      and ('__all__' in ($pollutant) or pollutant in ($pollutant))
    group by day, hour_of_day
) cell
group by day
order by day

-- converted --
select time, metric, value
from (
    select time, enterprise_name || ' ' || outlet_name || ' ' || pollutant_name as metric, converted_mg_m3 as value
    from dash.hourly_emission
    where $__timeFilter(time)
      and ('__all__' in ($district) or district in ($district))
      and ('__all__' in ($enterprise) or enterprise in ($enterprise))
      and ('__all__' in ($outlet) or outlet in ($outlet))
      and ('__all__' in ($pollutant) or pollutant in ($pollutant))
    union all
    select time, pollutant_name || ' 限值', max(limit_mg_m3)
    from dash.hourly_emission
    where $__timeFilter(time)
      and ('__all__' in ($district) or district in ($district))
      and ('__all__' in ($enterprise) or enterprise in ($enterprise))
      and ('__all__' in ($outlet) or outlet in ($outlet))
      and ('__all__' in ($pollutant) or pollutant in ($pollutant))
    group by time, pollutant_name
) series
order by time, metric

-- oxygen --
select time, enterprise_name || ' ' || outlet_name as metric, max(o2_pct) as "氧含量"
from dash.hourly_emission
where $__timeFilter(time)
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
group by time, enterprise_name, outlet_name
order by time, metric

-- month_verdicts --
select month as "月份", enterprise_name as "企业", outlet_name as "排口", pollutant_name as "污染物", share_pct as "达标时段占比",
       target_pct as "要求", compliant_hours as "达标小时", judged_hours as "已判定小时", in_service_hours as "在役小时",
       capture_pct as "判定占比", verdict as "判定", reason as "原因", computed_at as "判定时间"
from dash.emission_month_verdict
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
order by time desc, share_pct nulls last
limit 200

-- undetermined_reasons --
select to_char(day, 'MM-DD') as "日期",
       count(*) filter (where reason = 'no_data') as "无数据",
       count(*) filter (where reason = 'too_few_valid_minutes') as "有效分钟不足",
       count(*) filter (where reason in ('o2_missing', 'too_few_valid_o2_minutes', 'o2_invalid')) as "氧含量缺失或无效",
       count(*) filter (where reason = 'o2_near_ambient') as "氧含量接近空气",
       count(*) filter (where reason not in ('no_data', 'too_few_valid_minutes', 'o2_missing',
                                             'too_few_valid_o2_minutes', 'o2_invalid', 'o2_near_ambient')) as "其他"
from dash.hourly_emission
where time >= dash.day_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and verdict = 'undetermined'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
group by day
order by day

-- hours --
select time as "小时", enterprise_name as "企业", outlet_name as "排口", pollutant_name as "污染物",
       measured_mg_m3 as "实测均值", o2_pct as "氧含量", converted_mg_m3 as "折算值", limit_mg_m3 as "限值",
       valid_minutes as "有效分钟", o2_valid_minutes as "氧有效分钟", verdict as "判定", reason as "原因",
       finding_id as "判定编号", computed_at as "判定时间", outlet as "排口代码", pollutant as "污染物代码",
       (extract(epoch from time) * 1000)::bigint as "起", (extract(epoch from time) * 1000)::bigint + 3600000 as "止"
from dash.hourly_emission
where $__timeFilter(time) and verdict <> 'compliant'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
order by time desc, outlet, pollutant
limit 1000

-- raw --
-- 读数很多，只看所选时间范围的最后一天；查更早的，先选那一天
select time as "测量时间", enterprise_name as "企业", point_name as "测点", quantity as "量", value as "原值",
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
