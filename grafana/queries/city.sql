-- intake_online_rate --
-- 一行：所选范围（全市或一个旗县区）最近一个已判定日的取水计量在线监控率、目标与判定
select rate_pct as "实际", target_pct as "目标", verdict as "判定", subject_name as "范围"
from dash.metering_coverage
where rule_id = 'water.intake_online_rate.green_park_plan' and time < $__timeTo()::timestamptz
  and (('__all__' in ($district) and subject_kind = 'city') or (subject_kind = 'district' and district in ($district)))
order by time desc, subject
limit 1

-- installation_rate --
select rate_pct as "实际", target_pct as "目标", verdict as "判定", subject_name as "范围"
from dash.metering_coverage
where rule_id = 'water.meter_installation_rate' and time < $__timeTo()::timestamptz
  and (('__all__' in ($district) and subject_kind = 'city') or (subject_kind = 'district' and district in ($district)))
order by time desc, subject
limit 1

-- emission_share --
select 100.0 * sum(compliant_hours) filter (where kind = 'ule')
           / nullif(sum(judged_hours) filter (where kind = 'ule'), 0) as "达标率",
       sum(compliant_hours) filter (where kind = 'ule') as "达标小时",
       sum(judged_hours) filter (where kind = 'ule') as "已判定小时",
       100.0 * sum(judged_hours) filter (where kind = 'ule')
           / nullif(sum(operating_hours) filter (where kind = 'ule'), 0) as "判定占比",
       sum(violation_hours) filter (where kind = 'legal') as "法定超标小时"
from dash.emission_month_to_date($__timeTo()::timestamptz)
where '__all__' in ($district) or district in ($district)

-- ldar_share --
select 100.0 * sum(judged_components - overdue_components) / nullif(sum(judged_components), 0) as "按期率",
       sum(judged_components - overdue_components) as "按期密封点", sum(overdue_components) as "逾期密封点"
from dash.ldar_summary
where '__all__' in ($district) or district in ($district)

-- open_alert_count --
select count(*) filter (where severity = 'critical') as "严重", count(*) filter (where severity <> 'critical') as "其他",
       count(*) filter (where acknowledged_at is null) as "未确认"
from dash.open_alert
where '__all__' in ($district) or district in ($district)

-- open_alerts --
select severity as "级别", state as "状态", title as "告警", coalesce(enterprise_name, subject) as "对象",
       occurred_at as "发生时间", detected_at as "发现时间",
       extract(epoch from $__timeTo()::timestamptz - occurred_at) as "已持续",
       coalesce(acknowledged_by, '未确认') as "确认人", summary as "说明", rule_title as "规则", enterprise as "企业代码"
from dash.open_alert
where '__all__' in ($district) or district in ($district)
order by case severity when 'critical' then 0 when 'warning' then 1 else 2 end, occurred_at
limit 500

-- alerts_daily --
select dash.day_floor(time) as time,
       case severity when 'critical' then '严重' when 'warning' then '警告' else '提示' end as metric,
       count(*) as "告警"
from dash.alert_history
where time >= dash.day_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
group by 1, 2
order by 1, 2

-- enterprises --
select e.district_name as "旗县区", e.enterprise_name as "企业",
       m.share_pct as "本月超低达标率", m.judged_pct as "判定占比", m.violation_hours as "法定超标小时",
       i.rate_pct as "计量安装率", i.verdict as "安装判定", o.rate_pct as "在线监控率", o.verdict as "在线判定",
       l.on_time_pct as "LDAR 按期率", l.overdue_components as "逾期密封点", coalesce(a.alerts, 0) as "未恢复告警",
       e.enterprise as "企业代码"
from dash.enterprise e
left join (
    select enterprise, 100.0 * sum(compliant_hours) filter (where kind = 'ule')
               / nullif(sum(judged_hours) filter (where kind = 'ule'), 0) as share_pct,
           100.0 * sum(judged_hours) / nullif(sum(operating_hours), 0) as judged_pct,
           sum(violation_hours) filter (where kind = 'legal') as violation_hours
    from dash.emission_month_to_date($__timeTo()::timestamptz) group by enterprise
) m using (enterprise)
left join dash.metering_coverage_latest i
       on i.enterprise = e.enterprise and i.subject_kind = 'enterprise' and i.rule_id = 'water.meter_installation_rate'
left join dash.metering_coverage_latest o
       on o.enterprise = e.enterprise and o.subject_kind = 'enterprise'
      and o.rule_id = 'water.intake_online_rate.green_park_plan'
left join dash.ldar_summary l on l.enterprise = e.enterprise
left join (select enterprise, count(*) as alerts from dash.open_alert group by enterprise) a
       on a.enterprise = e.enterprise
where '__all__' in ($district) or e.district in ($district)
order by "未恢复告警" desc, e.district, e.enterprise

-- districts --
select d.district_name as "旗县区", n.enterprises as "企业", m.share_pct as "本月超低达标率",
       m.judged_pct as "判定占比", m.violation_hours as "法定超标小时",
       i.rate_pct as "计量安装率", i.verdict as "安装判定", o.rate_pct as "在线监控率", o.verdict as "在线判定",
       l.on_time_pct as "LDAR 按期率", l.overdue as "逾期密封点", coalesce(a.alerts, 0) as "未恢复告警", d.district as "区代码"
from dash.district d
left join (select district, count(*) as enterprises from dash.enterprise group by district) n using (district)
left join (
    select district, 100.0 * sum(compliant_hours) filter (where kind = 'ule')
               / nullif(sum(judged_hours) filter (where kind = 'ule'), 0) as share_pct,
           100.0 * sum(judged_hours) / nullif(sum(operating_hours), 0) as judged_pct,
           sum(violation_hours) filter (where kind = 'legal') as violation_hours
    from dash.emission_month_to_date($__timeTo()::timestamptz) group by district
) m using (district)
left join dash.metering_coverage_latest i
       on i.subject = 'district:' || d.district and i.rule_id = 'water.meter_installation_rate'
left join dash.metering_coverage_latest o
       on o.subject = 'district:' || d.district and o.rule_id = 'water.intake_online_rate.green_park_plan'
left join (
    select district, sum(overdue_components) as overdue,
           100.0 * sum(judged_components - overdue_components) / nullif(sum(judged_components), 0) as on_time_pct
    from dash.ldar_summary group by district
) l on l.district = d.district
left join (select district, count(*) as alerts from dash.open_alert group by district) a on a.district = d.district
where '__all__' in ($district) or d.district in ($district)
order by d.district

-- accounting --
select coalesce(sum(received), 0) as "接收", coalesce(sum(stored), 0) as "入库", coalesce(sum(duplicates), 0) as "重复",
       coalesce(sum(corrections), 0) as "更正", coalesce(sum(refused), 0) as "拒收", coalesce(sum(difference), 0) as "差额"
from dash.accounting_daily
where time >= dash.day_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))

-- water_cap --
select 100 * value / limit_value as "累计占控制目标", reason as "结论", month as "截至"
from dash.account_latest
where rule_id = 'water.cap' and subject_kind = 'city'

-- over_limit_lines --
select count(*) filter (where verdict = 'violation') as "超过限定值", count(*) filter (where verdict = 'undetermined') as "无法判定",
       count(*) as "生产线"
from dash.unit_energy
where '__all__' in ($district) or district in ($district)

-- green_share --
select green_pct as "绿电占比", target_pct as "目标", reason as "结论", to_char(month, 'YYYY-MM') as "截至"
from dash.green_month
where rule_id = 'green.share' and subject_kind = 'city'
order by time desc
limit 1

-- target_states --
select count(*) filter (where state = 'met') as "已达到", count(*) filter (where state = 'on_track') as "进度正常",
       count(*) filter (where state in ('behind', 'missed')) as "落后或未达到", count(*) as "全部"
from dash.scoreboard

-- targets --
select indicator as "指标", target_year as "目标年", operator as "关系", target_value as "目标值", unit as "单位", state as "状态",
       value as "现值", gap as "差距", projected as "预计年末", why as "说明", bureau as "数据部门", document as "文件",
       document_status as "文件状态", quote as "原文"
from dash.scoreboard
where check_mode in ('auto', 'derived')
order by indicator, target_year, document
