-- carbon_total --
-- 最新一个有账户的月；数据不全或缺因子的账户只有已知部分，不计入合计
select to_char(month, 'YYYY-MM') as "月份",
       sum(t_co2) filter (where reason not in ('incomplete_data', 'no_factor')) as "碳排放量",
       count(*) filter (where reason not in ('incomplete_data', 'no_factor')) as "计入企业",
       count(*) filter (where reason in ('incomplete_data', 'no_factor')) as "未计入企业"
from dash.carbon_month
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by month
order by month desc
limit 1

-- green_city --
select green_pct as "绿电占比", target_pct as "目标", verdict as "判定", reason as "原因",
       to_char(month, 'YYYY-MM') as "截至"
from dash.green_month
where rule_id = 'green.share' and subject_kind = 'city'
order by time desc
limit 1

-- green_chemical --
select green_pct as "绿电占比", target_pct as "目标", verdict as "判定", reason as "原因",
       to_char(month, 'YYYY-MM') as "截至"
from dash.green_month
where rule_id = 'green.share.chemical' and subject_kind = 'city'
order by time desc
limit 1

-- solid_city --
select rate_pct as "处置利用率", target_pct as "目标", utilisation_pct as "综合利用率", verdict as "判定",
       to_char(month, 'YYYY-MM') as "截至"
from dash.solid_month
where subject_kind = 'city'
order by time desc
limit 1

-- accounts --
select enterprise_name as "企业", to_char(month, 'YYYY-MM') as "月份", t_co2 as "碳排放量", budget_t as "预算",
       left_t as "结余", verdict as "判定", reason as "原因", t_per_output as "单位产品", product as "产品",
       t_per_10k_cny as "万元增加值", market_based_t as "市场法（并列）",
       nullif(translate(missing::text, '[]"', ''), '') as "缺少的数据", finding_id as "判定编号", enterprise as "企业代码"
from (
    select distinct on (enterprise) *
    from dash.carbon_month
    where ('__all__' in ($district) or district in ($district))
      and ('__all__' in ($enterprise) or enterprise in ($enterprise))
    order by enterprise, time desc
) latest
order by t_co2 desc nulls last, enterprise

-- components --
select enterprise_name as "企业", to_char(month, 'YYYY-MM') as "月份", source as "来源", name as "分项",
       activity as "活动数据", unit as "单位", factor as "因子", factor_unit as "因子单位", factor_edition as "因子版本",
       factor_confirmed as "因子已核对", t_co2 as "碳排放量"
from (
    select c.*, max(time) over (partition by enterprise) as newest
    from dash.carbon_component c
    where ('__all__' in ($district) or district in ($district))
      and ('__all__' in ($enterprise) or enterprise in ($enterprise))
) latest
where time = newest
order by enterprise, abs(t_co2) desc nulls last
limit 500

-- months --
select enterprise_name as "企业", to_char(month, 'YYYY-MM') as "月份", t_co2 as "碳排放量", fuel_t as "燃料燃烧",
       process_t as "生产过程", electricity_t as "净购入电力", heat_t as "净购入热力", recovered_t as "回收利用", budget_t as "预算",
       verdict as "判定", reason as "原因", finding_id as "判定编号", enterprise as "企业代码"
from dash.carbon_month
where time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by month desc, t_co2 desc nulls last, enterprise
limit 1000

-- carbon_trend --
select time, source as metric, sum(t_co2) as value
from (
    select time, t.source, t.t_co2
    from dash.carbon_month
    cross join lateral (values ('燃料燃烧', fuel_t), ('生产过程', process_t), ('净购入电力', electricity_t),
                               ('净购入热力', heat_t), ('回收利用', recovered_t)) t (source, t_co2)
    where reason not in ('incomplete_data', 'no_factor')
      and time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
      and ('__all__' in ($district) or district in ($district))
      and ('__all__' in ($enterprise) or enterprise in ($enterprise))
) parts
where t_co2 is not null
group by 1, 2
order by 1, 2

-- intensity_trend --
-- 只画排放最多的 20 家
select time, metric, value
from (
    select m.*, dense_rank() over (order by most desc, enterprise) as place
    from (
        select time, enterprise, enterprise_name as metric, t_per_output as value,
               max(t_co2) over (partition by enterprise) as most
        from dash.carbon_month
        where t_per_output is not null and reason not in ('incomplete_data', 'no_factor')
          and time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
          and ('__all__' in ($district) or district in ($district))
          and ('__all__' in ($enterprise) or enterprise in ($enterprise))
    ) m
) ranked
where place <= 20
order by time, metric

-- green_trend --
select time, metric, value
from (
    select time, indicator as metric, green_pct as value
    from dash.green_month
    where subject_kind = 'city'
      and time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
    union all
    select time, indicator || ' 目标', target_pct
    from dash.green_month
    where subject_kind = 'city' and target_pct is not null
      and time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
) series
order by time, metric

-- green_components --
select time, t.component as metric, t.kwh as value
from dash.green_month
cross join lateral (values ('自发自用', self_consumed_kwh), ('专线直供', direct_line_kwh), ('绿电交易', traded_kwh),
                           ('绿证', certificate_kwh)) t (component, kwh)
where rule_id = 'green.share' and subject_kind = 'city'
  and time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
order by time, metric

-- green_enterprises --
select subject_name as "企业", green_pct as "绿电占比", used_kwh as "用电量", green_kwh as "绿电量",
       self_consumed_kwh as "自发自用", direct_line_kwh as "专线直供", traded_kwh as "绿电交易", certificate_kwh as "绿证",
       reason as "原因", to_char(month, 'YYYY-MM') as "截至", finding_id as "判定编号", enterprise as "企业代码"
from (
    select distinct on (subject) *
    from dash.green_month
    where rule_id = 'green.share' and subject_kind = 'enterprise'
      and ('__all__' in ($district) or district in ($district))
      and ('__all__' in ($enterprise) or enterprise in ($enterprise))
    order by subject, time desc
) latest
order by green_pct desc nulls last, subject

-- solid_enterprises --
select subject_name as "企业", rate_pct as "处置利用率", utilisation_pct as "综合利用率", target_pct as "目标",
       verdict as "判定", reason as "原因", generated_t as "产生", utilised_t as "综合利用", disposed_t as "处置",
       stored_t as "贮存", to_char(month, 'YYYY-MM') as "截至", finding_id as "判定编号", enterprise as "企业代码"
from (
    select distinct on (subject) *
    from dash.solid_month
    where subject_kind = 'enterprise'
      and ('__all__' in ($district) or district in ($district))
      and ('__all__' in ($enterprise) or enterprise in ($enterprise))
    order by subject, time desc
) latest
order by rate_pct nulls first, subject
