-- marks --
select time as "开始", end_at as "结束", duration_s as "时长", enterprise_name as "企业", outlet_name as "排口",
       coalesce(point_name, '全部') as "测点", dimension as "类别", kind as "标记", state as "状态", origin as "来源", author as "标记人",
       reason as "理由", created_at as "标记时间", greatest(delay_s, 0) as "迟于结束", state_by as "处理人", state_at as "处理时间",
       state_reason as "处理理由", mark_id as "编号", superseded_by as "被取代为", outlet as "排口代码"
from dash.mark
where time <= $__timeTo()::timestamptz and end_at >= $__timeFrom()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
order by created_at desc, mark_id desc
limit 500

-- marked_minutes --
select dash.day_floor(time) as time, enterprise_name || ' ' || point_name as metric, sum(marked_minutes) as "标记剔除分钟"
from dash.hour
where time >= dash.day_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and outlet is not null and marked_minutes > 0
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or quantity in ($pollutant) or quantity = 'o2')
group by 1, 2
order by 1, 2

-- flags --
-- 一次读数一个标记；N 为正常，不列
select to_char(dash.local_day(time), 'MM-DD') as "日期", sum(readings) filter (where flag = 'C') as "C 校准",
       sum(readings) filter (where flag = 'M') as "M 维护", sum(readings) filter (where flag = 'D') as "D 故障",
       sum(readings) filter (where flag = 'B') as "B 通讯异常", sum(readings) filter (where flag = 'F') as "F 停运",
       sum(readings) filter (where flag = 'T') as "T 超量程", sum(readings) filter (where flag not in ('C', 'M', 'D', 'B', 'F', 'T')) as "其他"
from dash.hour_flag
where time >= dash.day_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz and flag <> 'N'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or quantity in ($pollutant) or quantity = 'o2')
group by dash.local_day(time)
order by dash.local_day(time)

-- drift --
select time, enterprise_name || ' ' || point_name as metric, drift_pct as "漂移"
from dash.drift
where $__timeFilter(time)
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or quantity in ($pollutant) or quantity = 'o2')
order by time, metric

-- warnings --
select time as "开始", until_at as "解除或变化", duration_s as "持续", enterprise_name as "企业", outlet_name as "排口",
       pollutant_name as "污染物", kind_name as "口径", reason as "预警", value as "预计或当前值", limit_value as "限值", unit as "单位",
       case when until_at is null then '未解除' else '已解除' end as "状态", finding_id as "判定编号", outlet as "排口代码",
       pollutant as "污染物代码", kind as "口径代码"
from dash.early_warning
where $__timeFilter(time) and is_warning
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
  and ('__all__' in ($kind) or kind in ($kind))
order by time desc, outlet, pollutant
limit 300

-- warnings_daily --
select dash.day_floor(time) as time, kind_name as metric, count(*) as "预警"
from dash.early_warning
where time >= dash.day_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz and is_warning
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
  and ('__all__' in ($kind) or kind in ($kind))
group by 1, 2
order by 1, 2

-- statements --
select time as "起", period_end as "止", enterprise_name as "企业", outlet_name as "排口", point_name as "自报测点",
       rule_title as "比对", value as "数采仪自报", (evidence -> 'own' ->> 'value')::double precision as "平台计算", unit as "单位",
       (evidence ->> 'difference')::double precision as "差", (evidence ->> 'tolerance')::double precision as "允许差",
       reason as "结论", evidence ->> 'why' as "平台无值的原因", finding_id as "判定编号"
from dash.air_finding
where $__timeFilter(time) and verdict <> 'compliant' and rule_id like 'data.reported_%'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant) or pollutant = 'o2')
order by time desc, outlet, point_name
limit 500

-- statements_daily --
select dash.day_floor(time) as time,
       case reason when 'same' then '一致' when 'differs' then '不一致' else '无法比对' end as metric, count(*) as "比对"
from dash.air_finding
where time >= dash.day_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and rule_id like 'data.reported_%'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant) or pollutant = 'o2')
group by 1, 2
order by 1, 2

-- calibration --
select time as "日期", rule_title as "检查", enterprise_name as "企业", outlet_name as "排口", point_name as "分析仪", value as "值",
       limit_value as "要求", unit as "单位", reason as "结论", standard as "依据", clause as "条款",
       finding_id as "判定编号"
from dash.air_finding
where $__timeFilter(time) and rule_id like 'qa.%' and verdict <> 'compliant'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant) or pollutant = 'o2')
order by time desc, outlet, point_name
limit 300

-- worst_outlets --
select m.enterprise_name as "企业", m.outlet_name as "排口", m.process as "工序", m.legal_violations as "法定超标小时",
       m.ule_share as "超低达标率（最差污染物）", m.ule_worst as "最差污染物", c.capture_pct as "本季捕集率（最差污染物）",
       c.target_pct as "捕集率要求", s.score as "可信度得分",
       array_to_string(s.sign_titles, '、') as "看到的迹象", m.undetermined as "无法判定小时", m.excluded as "排除小时",
       m.enterprise as "企业代码", m.outlet as "排口代码"
from (
    select enterprise, enterprise_name, outlet, outlet_name, process,
           sum(violation_hours) filter (where kind = 'legal') as legal_violations,
           min(share_pct) filter (where kind = 'ule') as ule_share,
           (array_agg(pollutant_name order by share_pct) filter (where kind = 'ule'))[1] as ule_worst,
           sum(undetermined_hours) as undetermined, sum(excluded_hours) as excluded
    from dash.emission_month_to_date($__timeTo()::timestamptz)
    where ('__all__' in ($district) or district in ($district))
      and ('__all__' in ($enterprise) or enterprise in ($enterprise))
      and ('__all__' in ($outlet) or outlet in ($outlet))
      and ('__all__' in ($pollutant) or pollutant in ($pollutant))
    group by enterprise, enterprise_name, outlet, outlet_name, process
) m
left join (
    select outlet, min(capture_pct) as capture_pct, max(target_pct) as target_pct
    from dash.capture_rate($__timeTo()::timestamptz) group by outlet
) c using (outlet)
left join dash.sign_score_at($__timeTo()::timestamptz) s using (outlet)
order by m.legal_violations desc nulls last, m.ule_share nulls last, s.score desc nulls last, m.outlet
limit 100

-- capture --
-- 本季（所选时间范围末尾所在季，季初至今）；要求取自规则
select enterprise_name as "企业", outlet_name as "排口", pollutant_name as "污染物", capture_pct as "捕集率", target_pct as "要求",
       case when capture_pct is null then 'not_operating' when capture_pct < target_pct then 'capture_not_met'
            else 'capture_met' end as "目前",
       valid_h as "有效小时", operating_h as "运行小时", invalid_h as "无效小时", stopped_h as "停运小时", in_service_h as "在役小时",
       outlet as "排口代码"
from dash.capture_rate($__timeTo()::timestamptz)
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
order by capture_pct - target_pct nulls last, outlet, pollutant
limit 300

-- transmission --
-- 本月（所选时间范围末尾所在月，月初至今）；要求取自规则
select enterprise_name as "企业", outlet_name as "排口", rate_pct as "传输有效率", target_pct as "要求",
       case when rate_pct is null then 'not_operating' when rate_pct < target_pct then 'transmission_not_met'
            else 'transmission_met' end as "目前",
       transmission_pct as "传输率", validity_pct as "有效率", received_h as "实传", due_h as "应传", valid_h as "有效", due_valid_h as "应有效",
       outlet as "排口代码"
from dash.transmission_rate($__timeTo()::timestamptz)
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
order by rate_pct - target_pct nulls last, outlet
limit 300

-- quality_verdicts --
select time as "起", period_end as "止", rule_title as "指标", enterprise_name as "企业", outlet_name as "排口",
       coalesce(pollutant_name, '全部') as "污染物", value as "比率", limit_value as "要求", reason as "结论", computed_at as "判定时间",
       finding_id as "判定编号"
from dash.air_finding
where rule_id in ('data.capture_rate', 'data.transmission_rate')
  and time >= dash.quarter_floor($__timeFrom()::timestamptz) - interval '1 year' and time < $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant is null or pollutant in ($pollutant))
order by time desc, verdict = 'compliant', outlet, pollutant
limit 300

-- mass --
select month as "月份", enterprise_name as "企业", outlet_name as "排口", pollutant_name as "污染物", month_t as "当月排放量",
       year_t as "年初至月末", permitted_t as "年许可排放量", used_pct as "已用", reason as "结论", measured_h as "实测小时",
       substituted_h as "替代小时", unsubstituted_h as "未能替代小时", stopped_h as "停运小时", capture_pct as "所在季捕集率",
       finding_id as "判定编号"
from dash.mass_month
where time >= dash.year_floor($__timeTo()::timestamptz) and time < $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
order by time desc, used_pct desc nulls last, outlet, pollutant
limit 300

-- mass_year --
-- 最近一个已判定月的年初累计与年许可排放量
select enterprise_name || ' ' || outlet_name || ' ' || pollutant_name as "排口·污染物",
       (array_agg(year_t order by time desc))[1] as "年初至今排放量", (array_agg(permitted_t order by time desc))[1] as "年许可排放量"
from dash.mass_month
where time >= dash.year_floor($__timeTo()::timestamptz) and time < $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
group by enterprise_name, outlet_name, pollutant_name
order by 2 desc nulls last
limit 20
