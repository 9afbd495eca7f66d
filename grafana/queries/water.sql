-- overall --
select indicator as "指标", subject_name as "范围", rate_pct as "实际", target_pct as "目标",
       margin_pct_points as "差额", numerator as "分子", denominator as "分母", second_pct as "另一口径",
       verdict as "判定", reason as "原因", to_char(day, 'YYYY-MM-DD') as "判定日"
from dash.metering_coverage_latest
where subject_kind in ('city', 'district', 'park')
  and ('__all__' in ($rule) or rule_id in ($rule))
  and ('__all__' in ($district) or subject_kind = 'city' or district in ($district))
order by rule_id, array_position(array['city', 'district', 'park'], subject_kind), subject

-- map --
-- 没有坐标的旗县区和园区不上图
select g.longitude as "经度", g.latitude as "纬度", g.name as "名称", g.kind as "类别", o.rate_pct as "在线监控率",
       i.rate_pct as "安装率", o.target_pct as "在线目标", i.target_pct as "安装目标"
from (
    select 'district:' || district as subject, district, '旗县区' as kind, district_name as name, longitude, latitude
    from dash.district
    union all
    select 'park:' || park, district, '园区', park_name, longitude, latitude from dash.park
) g
left join dash.metering_coverage_latest o
       on o.subject = g.subject and o.rule_id = 'water.intake_online_rate.green_park_plan'
left join dash.metering_coverage_latest i on i.subject = g.subject and i.rule_id = 'water.meter_installation_rate'
where g.longitude is not null and g.latitude is not null
  and ('__all__' in ($district) or g.district in ($district))
order by g.subject

-- fit_levels --
select indicator as "指标", subject_name as "范围", medium as "介质", level as "级别", pct as "配备率", required_pct as "要求",
       met as "达到", fitted as "已装", required as "应装", status as "规则性质", enabled as "启用",
       to_char(day, 'YYYY-MM-DD') as "判定日"
from dash.fit_level
where ('__all__' in ($rule) or rule_id in ($rule))
  and (('__all__' in ($enterprise) and subject_kind in ('city', 'district', 'park')
        and ('__all__' in ($district) or subject_kind = 'city' or district in ($district)))
    or (subject_kind = 'enterprise' and enterprise in ($enterprise)))
order by rule_id desc, array_position(array['city', 'district', 'park', 'enterprise'], subject_kind), subject, medium,
         array_position(array['unit', 'secondary', 'equipment'], level)

-- arrivals --
select subject_name as "范围", arrival_pct as "到报率", min_arrival_pct as "要求", verdict as "判定", reason as "原因",
       hours as "有数小时", expected_hours as "应有小时", below as "不足的计量点", unconnected as "未联网的计量点", month as "月份",
       finding_id as "判定编号", enterprise as "企业代码"
from dash.arrival_latest
where (subject_kind = 'city' or '__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by array_position(array['city', 'district', 'park', 'enterprise'], subject_kind), arrival_pct nulls last, subject

-- arrival_trend --
select time, subject_name as metric, value
from dash.account_month
where rule_id = 'data.arrival_rate'
  and time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and (('__all__' in ($enterprise) and subject_kind in ('city', 'district', 'park')
        and ('__all__' in ($district) or subject_kind = 'city' or district in ($district)))
    or (subject_kind = 'enterprise' and enterprise in ($enterprise)))
order by time, metric

-- enterprises --
select subject_name as "企业", indicator as "指标", rate_pct as "实际", target_pct as "目标", margin_pct_points as "差额",
       numerator as "分子", denominator as "分母", verdict as "判定", reason as "原因",
       to_char(day, 'YYYY-MM-DD') as "判定日", enterprise as "企业代码"
from dash.metering_coverage_latest
where subject_kind = 'enterprise'
  and ('__all__' in ($rule) or rule_id in ($rule))
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by margin_pct_points nulls first, enterprise, rule_id

-- trend --
select time, metric, value
from (
    select time, subject_name || ' ' || indicator as metric, rate_pct as value
    from dash.metering_coverage
    where time >= dash.day_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
      and ('__all__' in ($rule) or rule_id in ($rule))
      and (('__all__' in ($enterprise) and subject_kind = 'city')
        or ('__all__' in ($enterprise) and subject_kind = 'district' and district in ($district))
        or (subject_kind = 'enterprise' and enterprise in ($enterprise)))
    union all
    select time, indicator || ' 目标', max(target_pct)
    from dash.metering_coverage
    where time >= dash.day_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
      and ('__all__' in ($rule) or rule_id in ($rule)) and subject_kind = 'city'
    group by time, indicator
) series
order by time, metric

-- gaps --
select enterprise_name as "企业", kind as "类别", item_name as "计量点或取水口", nullif(item, '') as "编号", medium as "介质", level as "级别",
       reason as "缺口原因", detail as "细节", since as "自", meter_serial as "表号", verification_due as "检定有效至",
       permitted_m3_a as "许可水量", must_be_online as "应在线", arrival_pct as "到报率", to_char(as_of, 'YYYY-MM-DD') as "按",
       enterprise as "企业代码"
from dash.coverage_gap
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by array_position(array['no_metering_place', 'no_meter', 'verification_expired', 'not_connected', 'intake_offline',
                              'silent', 'expiring'], reason), permitted_m3_a desc nulls last, since, enterprise, kind, item
limit 1000

-- meters --
select enterprise_name as "企业", point_name as "水表测点", reason as "状态", since as "自", last_measured_at as "最近测量",
       last_value as "表底", unit as "单位", extract(epoch from $__timeTo()::timestamptz - last_measured_at) as "静默"
from dash.point_online
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by verdict_code desc nulls last, last_measured_at nulls first
limit 1000

-- volume_daily --
select dash.day_floor(time) as time, enterprise_name as metric, sum(increment_m3) as "水量"
from dash.water_hourly
where time >= dash.day_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and coalesce(level, 'unit') = 'unit'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by 1, 2
order by 1, 2

-- volume_hourly --
-- 点数随水表数增长，只取所选时间范围的最后七天
select time, enterprise_name || ' ' || point_name as metric, increment_m3 as "水量"
from dash.water_hourly
where time >= greatest($__timeFrom()::timestamptz, $__timeTo()::timestamptz - interval '7 days')
  and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by time, metric

-- marked_hours --
select time as "小时", enterprise_name as "企业", point_name as "水表测点", increment_m3 as "水量", reading_count as "读数",
       dash.mark_names(marks) as "标记", gap_from as "缺口自"
from dash.water_hourly
where $__timeFilter(time) and cardinality(marks) > 0
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by time desc
limit 300

-- raw --
-- 读数很多，只看所选时间范围的最后一天；查更早的，先选那一天
select time as "测量时间", enterprise_name as "企业", point_name as "测点", value as "原值", effective_value as "采用值",
       unit as "单位", source_flag as "数据标记", qc_flag as "质控", corrections as "更正次数", received_at as "接收时间"
from dash.reading_raw
where time >= greatest($__timeFrom()::timestamptz, $__timeTo()::timestamptz - interval '1 day')
  and time <= $__timeTo()::timestamptz and quantity = 'water_volume'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by time desc
limit 500
