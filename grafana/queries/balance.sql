-- cap_gauge --
select 100 * value / limit_value as "累计占控制目标",
       case when reason <> 'no_city_total' then 100 * (evidence ->> 'forecast_m3')::double precision / limit_value end
           as "预计全年占控制目标"
from dash.account_latest
where rule_id = 'water.cap' and subject_kind = 'city'

-- cap --
select a.value as "累计用水量",
       case when a.reason <> 'no_city_total' then (a.evidence ->> 'forecast_m3')::double precision end as "预计全年",
       a.limit_value as "控制目标",
       a.verdict as "判定", a.reason as "原因", w.verdict as "提前关注", a.month as "截至"
from dash.account_latest a
left join dash.account_latest w on w.rule_id = 'water.cap_watch' and w.subject = a.subject
where a.rule_id = 'water.cap' and a.subject_kind = 'city'

-- cap_trend --
select time, metric, value
from (
    select time, '累计用水量' as metric, value
    from dash.account_month
    where rule_id = 'water.cap' and subject_kind = 'city'
      and time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
    union all
    select time, '预计全年', (evidence ->> 'forecast_m3')::double precision
    from dash.account_month
    where rule_id = 'water.cap' and subject_kind = 'city' and reason <> 'no_city_total'
      and time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
    union all
    select time, '控制目标', limit_value
    from dash.account_month
    where rule_id = 'water.cap' and subject_kind = 'city'
      and time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
) series
order by time, metric

-- city_balance --
-- 各企业全企业边界的最近一个已判定月之和；不能判定的不计入水量
select sum((evidence ->> 'entry')::double precision) filter (where verdict <> 'undetermined') as "总表水量",
       sum((evidence ->> 'subs')::double precision) filter (where verdict <> 'undetermined') as "分表之和",
       sum((evidence ->> 'loss')::double precision) filter (where verdict <> 'undetermined') as "差额",
       100 * sum((evidence ->> 'loss')::double precision) filter (where verdict <> 'undetermined')
           / nullif(sum((evidence ->> 'entry')::double precision) filter (where verdict <> 'undetermined'), 0) as "差率",
       count(*) filter (where verdict = 'violation') as "超允许差", count(*) filter (where verdict = 'undetermined') as "无法判定",
       count(*) as "企业边界"
from dash.account_latest
where rule_id = 'water.balance' and subject_kind = 'enterprise'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))

-- balances --
select case a.subject_kind when 'place' then a.enterprise_name else a.subject_name end as "企业",
       case a.subject_kind when 'place' then a.subject_name else '全企业' end as "边界",
       (a.evidence ->> 'entry')::double precision as "总表水量", (a.evidence ->> 'subs')::double precision as "分表之和",
       (a.evidence ->> 'loss')::double precision as "差额", a.value as "差率", a.limit_value as "允许差",
       a.verdict as "判定", a.reason as "原因", w.limit_value as "关注线", w.verdict as "关注", k.value as "漏失率",
       a.month as "月份", a.finding_id as "判定编号", a.enterprise as "企业代码"
from dash.account_latest a
left join dash.account_latest w on w.rule_id = 'water.balance_watch' and w.subject = a.subject
left join dash.account_latest k on k.rule_id = 'water.leak_rate' and k.subject = a.subject
where a.rule_id = 'water.balance' and a.subject_kind in ('enterprise', 'place')
  and ('__all__' in ($district) or a.district in ($district))
  and ('__all__' in ($enterprise) or a.enterprise in ($enterprise))
order by array_position(array['violation', 'undetermined', 'compliant'], a.verdict), a.value desc nulls last, a.subject
limit 500

-- balance_months --
select time, case reason when 'closed' then '平衡' when 'loss_over_band' then '进大于出' when 'sub_exceeds_entry' then '分表大于总表'
                         else '无法判定' end as metric, count(*) as value
from dash.account_month
where rule_id = 'water.balance' and subject_kind in ('enterprise', 'place')
  and time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by 1, 2
order by 1, 2

-- balance_trend --
-- 只画差额最大的 20 个边界
select time, metric, value
from (
    select m.*, dense_rank() over (order by worst desc, subject) as place
    from (
        select time, subject,
               case subject_kind when 'place' then enterprise_name || ' ' || subject_name else subject_name end as metric,
               (evidence ->> 'loss')::double precision as value,
               max(abs((evidence ->> 'loss')::double precision)) over (partition by subject) as worst
        from dash.account_month
        where rule_id = 'water.balance' and verdict <> 'undetermined' and subject_kind in ('enterprise', 'place')
          and time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
          and ('__all__' in ($district) or district in ($district))
          and ('__all__' in ($enterprise) or enterprise in ($enterprise))
    ) m
) ranked
where place <= 20
order by time, metric

-- meters --
select enterprise_name as "企业", place_name as "计量点", level as "级别", flow as "方向", use as "用途", parent as "上级",
       total as "月水量", bridged as "其中跨缺口", hours as "有数小时", unknown_steps as "未说明的归零或突跳", serials as "表号",
       to_char(month, 'YYYY-MM') as "月份"
from (
    select p.*, max(month) over (partition by enterprise) as newest
    from dash.place_month p
    where medium = 'water'
      and month >= dash.local_day(dash.month_floor($__timeTo()::timestamptz)) - 62
      and ('__all__' in ($district) or district in ($district))
      and ('__all__' in ($enterprise) or enterprise in ($enterprise))
) latest
where month = newest
order by enterprise, coalesce(parent, place), parent nulls first, place
limit 1000

-- place_trend --
-- 只画水量最大的 20 条
select time, metric, value
from (
    select m.*, dense_rank() over (order by most desc, metric) as place
    from (
        select time, metric, sum(total) as value, max(sum(total)) over (partition by metric) as most
        from (
            select time, total,
                   case when '__all__' in ($enterprise) then enterprise_name else enterprise_name || ' ' || place_name end
                       as metric
            from dash.place_month
            where medium = 'water' and level in ('unit', 'secondary')
              and ('__all__' not in ($enterprise) or level = 'unit' and flow = 'in' and parent is null)
              and month >= dash.local_day(dash.month_floor($__timeFrom()::timestamptz))
              and month <= dash.local_day($__timeTo()::timestamptz)
              and ('__all__' in ($district) or district in ($district))
              and ('__all__' in ($enterprise) or enterprise in ($enterprise))
        ) p
        group by time, metric
    ) m
    where most is not null
) ranked
where place <= 20
order by time, metric

-- events --
select time as "时间", enterprise_name as "企业", point_name as "测点", event as "事件", old_serial as "原表号",
       new_serial as "新表号", old_final as "原表底", new_initial as "新表底", note as "原因", author as "登记人",
       finding_id as "判定编号"
from dash.meter_event
where quantity = 'water_volume' and time >= $__timeFrom()::timestamptz and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by time desc
limit 300

-- signs --
select enterprise_name as "企业", point_name as "测点", reason as "情况", count(*) as "天数", min(time) as "最早", max(time) as "最近",
       max(finding_id) as "判定编号"
from dash.meter_sign
where time >= $__timeFrom()::timestamptz and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by enterprise_name, point_name, reason, point
order by max(time) desc, point
limit 300

-- permits --
select p.subject_name as "企业", p.value as "年内取水量", p.limit_value as "许可水量",
       100 * p.value / p.limit_value as "占许可",
       case when p.verdict <> 'undetermined' then (p.evidence ->> 'forecast_m3')::double precision end as "预计全年",
       p.verdict as "许可判定", p.reason as "许可原因", c.limit_value as "计划水量", 100 * c.value / c.limit_value as "占计划",
       c.verdict as "计划判定", c.reason as "计划原因", p.month as "截至", p.finding_id as "判定编号", p.enterprise as "企业代码"
from dash.account_latest p
left join dash.account_latest c on c.rule_id = 'water.control_index' and c.subject = p.subject
where p.rule_id = 'water.permit' and p.subject_kind = 'enterprise'
  and ('__all__' in ($district) or p.district in ($district))
  and ('__all__' in ($enterprise) or p.enterprise in ($enterprise))
order by array_position(array['violation', 'undetermined', 'compliant'], p.verdict), p.value / p.limit_value desc nulls last,
         p.subject

-- permit_terms --
select enterprise_name as "企业", intake_name as "取水口", source as "水源", permitted_m3_a as "许可水量", permit_number as "许可证号",
       permit_from as "有效期自", permit_to as "有效期至", permit_to - dash.local_day($__timeTo()::timestamptz) as "剩余天数",
       enterprise as "企业代码"
from dash.intake
where not is_agricultural and in_service_from <= dash.local_day($__timeTo()::timestamptz)
  and (in_service_to is null or in_service_to > dash.local_day($__timeTo()::timestamptz))
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by permit_to nulls first, permitted_m3_a desc, intake
limit 1000

-- permit_trend --
-- 只画占比最高的 20 家
select time, metric, value
from (
    select m.*, dense_rank() over (order by most desc, subject) as place
    from (
        select time, subject, subject_name as metric, 100 * value / limit_value as value,
               max(value / limit_value) over (partition by subject) as most
        from dash.account_month
        where rule_id = 'water.permit' and subject_kind = 'enterprise' and limit_value > 0 and value is not null
          and time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
          and ('__all__' in ($district) or district in ($district))
          and ('__all__' in ($enterprise) or enterprise in ($enterprise))
    ) m
) ranked
where place <= 20
order by time, metric

-- reports --
select subject_name as "企业", (evidence -> 'metered' ->> 'm3')::double precision as "计量水量",
       (evidence ->> 'reported_m3')::double precision as "上报水量", value as "相差", limit_value as "允许差", verdict as "判定",
       reason as "原因", month as "月份", finding_id as "判定编号", enterprise as "企业代码"
from dash.account_latest
where rule_id = 'water.report_check' and subject_kind = 'enterprise'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by array_position(array['violation', 'undetermined', 'compliant'], verdict), value desc nulls last, subject

-- reuse --
select subject_name as "企业", value as "重复利用率", (evidence ->> 'cooling_circulation_pct')::double precision as "冷却水循环率",
       (evidence ->> 'condensate_pct')::double precision as "冷凝水回用率", reason as "结论", month as "月份",
       finding_id as "判定编号", enterprise as "企业代码"
from dash.account_latest
where rule_id = 'water.reuse_rate' and subject_kind = 'enterprise'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by value nulls last, subject

-- quotas --
select a.enterprise_name as "企业", l.line_name as "生产线", l.product as "产品", a.value as "单位产品取水量",
       a.limit_value as "定额", a.unit as "单位", a.evidence ->> 'grade' as "达到的等级", a.verdict as "判定", a.reason as "原因",
       a.month as "截至", a.finding_id as "判定编号", a.enterprise as "企业代码"
from dash.account_latest a
join dash.line l on a.subject = 'line:' || l.line
where a.rule_id = 'water.quota' and a.subject_kind = 'line'
  and ('__all__' in ($district) or a.district in ($district))
  and ('__all__' in ($enterprise) or a.enterprise in ($enterprise))
order by array_position(array['violation', 'undetermined', 'compliant'], a.verdict), a.subject
